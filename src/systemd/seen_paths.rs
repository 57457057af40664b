//! Where the paths that a service uses are on the server's disk: what it is shown in other places, and what it is not shown at all
//! (systemd.exec(5), "Sandboxing" and "Paths").

use super::{Setting, Unit, from_directory, normal, split};

/// Where a path of the service's is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum SeenPath {
    /// Where everybody sees it.
    Same,
    /// At this path of the server's, by this line.
    At(String, PathLine),
    /// In an image, by this line.
    InImage(PathLine),
    /// The service is not shown it, by a line of the unit.
    Hidden,
}

/// A line of the unit that says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PathLine {
    /// Such as `BindPaths`.
    pub key: &'static str,
    /// `BindPaths=/srv/release:/opt/agent`.
    pub text: String,
    /// `FILE:LINE`.
    pub place: String,
}

impl PathLine {
    fn of(key: &'static str, setting: &Setting<'_>) -> Self {
        Self { key, text: format!("{key}={}", setting.value), place: setting.place() }
    }
}

/// What a unit shows its service of the disk.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct SeenPaths {
    root: Option<(String, PathLine)>,
    image: Option<PathLine>,
    mounts: Vec<(String, SeenMount)>,
}

/// What is mounted for a service.
#[derive(Clone, PartialEq, Eq, Debug)]
enum SeenMount {
    /// What is at this path of the server's.
    Of(String, PathLine),
    /// An image.
    Image(PathLine),
    /// Nothing.
    Nothing(PathLine),
}

/// Settings whose paths a service does not see.
const HIDING: [&str; 3] = ["InaccessiblePaths", "InaccessibleDirectories", "TemporaryFileSystem"];
/// The folders of a bundle that code is loaded from.
const LOADED: [&str; 4] = ["dist", "node_modules", "packages", "apps"];
/// What `ProtectHome=` hides (systemd.exec(5)).
const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];

impl SeenPaths {
    /// What a unit's settings come to.
    #[must_use]
    pub(crate) fn of(unit: &Unit) -> Self {
        let mut mounts = Vec::new();
        for key in HIDING {
            for setting in unit.settings("Service", key) {
                let words = split(setting.value).unwrap_or_default();
                let paths = words.iter().map(|word| parts(&unit.expand(word)).swap_remove(0));
                mounts.extend(paths.map(|path| (normal(bare(&path)), SeenMount::Nothing(PathLine::of(key, &setting)))));
            }
        }
        let hides = |value: &str| matches!(value.to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1" | "tmpfs");
        if let Some(setting) = unit.setting("Service", "ProtectHome").filter(|setting| hides(setting.value)) {
            let hidden = |path: &str| (path.to_owned(), SeenMount::Nothing(PathLine::of("ProtectHome", &setting)));
            mounts.extend(HOMES.map(hidden));
        }
        let root = unit.setting("Service", "RootDirectory");
        let root = root.map(|setting| (normal(&unit.expand(setting.value)), PathLine::of("RootDirectory", &setting)));
        let root = root.filter(|(path, _)| path != "/");
        for key in ["BindPaths", "BindReadOnlyPaths"] {
            for setting in unit.settings("Service", key) {
                for word in split(setting.value).unwrap_or_default() {
                    let mut parts = parts(&unit.expand(&word)).into_iter();
                    let Some(source) = parts.next() else { continue };
                    let target = parts.next().unwrap_or_else(|| source.clone());
                    // `+` is about the folder of `RootDirectory=`.
                    let inside = source.trim_start_matches('-').starts_with('+');
                    let within = root.as_ref().filter(|_| inside).map_or("", |(root, _)| root.as_str());
                    let source = normal(&format!("{within}{}", bare(&source)));
                    let of = SeenMount::Of(source, PathLine::of(key, &setting));
                    mounts.push((normal(bare(&target)), of));
                }
            }
        }
        for setting in unit.settings("Service", "MountImages") {
            let words = split(setting.value).unwrap_or_default();
            let targets = words.iter().filter_map(|word| parts(&unit.expand(word)).into_iter().nth(1));
            let of = |target: String| (normal(bare(&target)), SeenMount::Image(PathLine::of("MountImages", &setting)));
            mounts.extend(targets.map(of));
        }
        let image = unit.setting("Service", "RootImage").map(|setting| PathLine::of("RootImage", &setting));
        mounts.retain(|(target, _)| target.starts_with('/'));
        Self { root, image, mounts }
    }

    /// Whether all is where everybody sees it.
    #[must_use]
    pub(crate) const fn is_plain(&self) -> bool {
        self.root.is_none() && self.image.is_none() && self.mounts.is_empty()
    }

    /// Without the folder of `RootDirectory=`, where that is none that the unit could start in.
    #[must_use]
    pub(crate) fn without_root(self) -> Self {
        Self { root: None, ..self }
    }

    /// Whether something is mounted below a path.
    #[must_use]
    pub(crate) fn leads_to_a_mount(&self, path: &str) -> bool {
        let folder = format!("{}/", normal(path).trim_end_matches('/'));
        self.mounts.iter().any(|(target, mount)| matches!(mount, SeenMount::Of(..)) && target.starts_with(&folder))
    }

    /// The line that mounts something else over a part of a bundle that Node loads from.
    #[must_use]
    pub(crate) fn inside(&self, bundle: &str) -> Option<&PathLine> {
        let bundle = normal(bundle);
        let is_loaded = |target: &str| {
            let part = target.strip_prefix(&bundle).and_then(|rest| rest.strip_prefix('/'));
            part.is_some_and(|part| LOADED.iter().any(|folder| part.split('/').next() == Some(folder)))
        };
        self.mounts.iter().find_map(|(target, mount)| match mount {
            SeenMount::Of(source, line) => (source != target && is_loaded(target)).then_some(line),
            SeenMount::Image(line) | SeenMount::Nothing(line) => is_loaded(target).then_some(line),
        })
    }

    /// Where a path of the service's is. Sources that are not there, and that a `-` forgives, are for `is_there` to tell.
    #[must_use]
    pub(crate) fn of_path(&self, path: &str, is_there: impl Fn(&str) -> bool) -> SeenPath {
        let path = normal(path);
        let below = |target: &str| match target {
            "/" => Some(path.as_str()),
            _ => path.strip_prefix(target).filter(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        let is_made = |mount: &SeenMount| match mount {
            SeenMount::Of(source, _) => is_there(source),
            SeenMount::Image(_) | SeenMount::Nothing(_) => true,
        };
        let over = self.mounts.iter().filter(|(target, mount)| below(target).is_some() && is_made(mount));
        // What is deeper is mounted later, and over what is above it.
        let deepest = over.max_by_key(|(target, _)| target.len());
        match (deepest, &self.image, &self.root) {
            (Some((target, SeenMount::Of(source, line))), ..) => {
                let rest = below(target).unwrap_or_default();
                let found = from_directory(source, rest.trim_start_matches('/'));
                if found == path { SeenPath::Same } else { SeenPath::At(found, line.clone()) }
            }
            (Some((_, SeenMount::Image(line))), ..) | (None, Some(line), _) => SeenPath::InImage(line.clone()),
            (Some((_, SeenMount::Nothing(_))), ..) => SeenPath::Hidden,
            (None, None, Some((root, line))) => SeenPath::At(normal(&format!("{root}{path}")), line.clone()),
            (None, None, None) => SeenPath::Same,
        }
    }
}

/// A path without the marks before it: `-` forgives, `+` is about the root folder.
fn bare(path: &str) -> &str {
    path.trim_start_matches(['-', '+', '!'])
}

/// The parts of a word between colons, of which a `\` takes away the meaning.
fn parts(word: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = word.chars();
    while let Some(c) = rest.next() {
        match (c, parts.last_mut()) {
            (':', _) => parts.push(String::new()),
            ('\\', Some(part)) => part.extend(rest.next()),
            (c, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_where_the_deepest_mount_has_it() {
        use SeenPath::{At, Hidden, Same};
        const B: &str = "/root/.server-flow/agent-bundle";
        let at = |path: &str, line: &str| {
            let key = if line.starts_with("Root") { "RootDirectory" } else { "BindPaths" };
            At(path.to_owned(), PathLine { key, text: line.to_owned(), place: "u:2".to_owned() })
        };
        for (lines, path, wanted) in [
            ("User=root", B, Same),
            (
                "BindPaths=/srv/release:/root/.server-flow/agent-bundle",
                "/root/.server-flow/agent-bundle/dist",
                at("/srv/release/dist", "BindPaths=/srv/release:/root/.server-flow/agent-bundle"),
            ),
            ("BindPaths=/srv/release:/root/.server-flow/agent", B, Same),
            ("BindPaths=-/srv/none:/root/.server-flow/agent-bundle", B, Same),
            ("BindReadOnlyPaths=/root/.server-flow", B, Same),
            ("ProtectHome=read-only", B, Same),
            ("ProtectHome=tmpfs", B, Hidden),
            ("ProtectHome=tmpfs\nBindPaths=/root/.server-flow", B, Same),
            ("TemporaryFileSystem=/root:ro\nTemporaryFileSystem=", B, Same),
            ("InaccessiblePaths=-/srv /root/.server-flow", B, Hidden),
            ("RootDirectory=/srv/jail", B, at("/srv/jail/root/.server-flow/agent-bundle", "RootDirectory=/srv/jail")),
            ("RootDirectory=/srv/jail\nBindReadOnlyPaths=/usr /root", B, Same),
            ("RootDirectory=/", B, Same),
            (
                "RootImage=/srv/a.raw",
                B,
                SeenPath::InImage(PathLine {
                    key: "RootImage",
                    text: "RootImage=/srv/a.raw".into(),
                    place: "u:2".into(),
                }),
            ),
            ("BindPaths=\"/srv/a\\:b:/root\"", "/root/x", at("/srv/a:b/x", "BindPaths=\"/srv/a\\:b:/root\"")),
        ] {
            let unit = Unit::of_text("a.service", "u", &format!("[Service]\n{lines}\n"));
            let found = SeenPaths::of(&unit).of_path(path, |source| source != "/srv/none");
            assert_eq!(found, wanted, "{lines}");
        }
    }

    #[test]
    fn what_is_mounted_into_a_bundle_is_seen() {
        for (lines, is_inside) in [
            ("BindPaths=/srv/modules:/b/node_modules", true),
            ("TemporaryFileSystem=/b/dist", true),
            ("InaccessiblePaths=/b/node_modules/ws", true),
            ("BindPaths=/b/node_modules", false),
            ("BindPaths=/var/lib/agent:/b/data", false),
            ("TemporaryFileSystem=/b/cache", false),
            ("BindPaths=/srv/b:/b", false),
        ] {
            let unit = Unit::of_text("a.service", "u", &format!("[Service]\n{lines}\n"));
            assert_eq!(SeenPaths::of(&unit).inside("/b").is_some(), is_inside, "{lines}");
        }
    }
}
