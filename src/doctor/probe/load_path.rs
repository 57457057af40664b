//! Where the manager looks for units, and which unit a name means there: links to other names, links to files elsewhere,
//! templates (systemd.unit(5), "Unit File Load Path").
//!
//! Measured with systemd 247, 252 and 257, which agree: a link whose target stands in a folder of the path makes another
//! name of that unit; one to anywhere else is the unit's file; one to nothing is no unit. A name without an instance that is a
//! link to a template is no unit either. Of drop-ins with one file name the folder of the path counts first, then the name.

use crate::doctor::questions::{Server, Unanswered};
use crate::systemd::from_directory;
use std::collections::BTreeMap;

/// Folders of the system's manager, the first winning over the later ones.
const LOAD_PATH: [&str; 11] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
];

/// More names than any unit has, and more links than anyone makes in a row.
const MAX_NAMES: usize = 16;
/// More folders of drop-ins, and more services that are named, than a server has that is one.
const MAX_FOLDERS: usize = 1000;
const MAX_SERVICES: usize = 20_000;

/// What could not be looked at, and why.
pub(super) type UnreadPath = (String, Unanswered);

/// The unit that a name means.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct NamedUnit {
    /// Its own name.
    pub id: String,
    /// All its names that are known, its own among them.
    pub names: Vec<String>,
    /// Its file, links out of the load path followed.
    pub fragment: Option<String>,
    /// The link in the load path through which that is reached, or that leads to nothing, with where it leads.
    pub link: Option<(String, String)>,
    /// The path that masks it.
    pub masked_by: Option<String>,
}

/// What stands at a name in the load path.
enum AtName {
    Nothing,
    File(String),
    Name(String),
}

/// Finds the unit of a name.
///
/// # Errors
/// The path that could not be looked at.
pub(super) fn named(server: &dyn Server, asked: &str) -> Result<NamedUnit, UnreadPath> {
    let mut named = NamedUnit { id: asked.to_owned(), names: vec![asked.to_owned()], ..NamedUnit::default() };
    let mut name = asked.to_owned();
    loop {
        match look_for(server, &name, &mut named)? {
            AtName::Name(other) if named.names.contains(&other) || named.names.len() >= MAX_NAMES => break,
            AtName::Name(other) => {
                named.names.push(other.clone());
                name = other;
            }
            AtName::File(path) => {
                named.id = name;
                named.fragment = Some(path);
                break;
            }
            AtName::Nothing => break,
        }
    }
    Ok(named)
}

/// The first file or link of that name, or of its template, in the folders of the path.
fn look_for(server: &dyn Server, name: &str, named: &mut NamedUnit) -> Result<AtName, UnreadPath> {
    for candidate in std::iter::once(name.to_owned()).chain(template(name)) {
        for folder in LOAD_PATH {
            let path = format!("{folder}/{candidate}");
            let look = match server.look(&path) {
                Ok(look) => look,
                Err(Unanswered::NotFound | Unanswered::Unlike) => continue,
                Err(refusal) => return Err((path, refusal)),
            };
            match look.kind {
                // A file further down is what unmasking would bring back.
                'f' if look.size == 0 => drop(named.masked_by.get_or_insert(path)),
                'f' => return Ok(AtName::File(path)),
                'l' => match linked(server, folder, name, &candidate, named)? {
                    AtName::Nothing => {}
                    found => return Ok(found),
                },
                _ => {}
            }
        }
    }
    Ok(AtName::Nothing)
}

/// What a link in the load path means.
fn linked(
    server: &dyn Server,
    folder: &str,
    name: &str,
    file: &str,
    named: &mut NamedUnit,
) -> Result<AtName, UnreadPath> {
    let path = format!("{folder}/{file}");
    let Ok(target) = server.target(&path) else { return Ok(AtName::Nothing) };
    let target = super::reach::resolved(&from_directory(folder, &target));
    if target == "/dev/null" {
        named.masked_by.get_or_insert(path);
        return Ok(AtName::Nothing);
    }
    let (above, other) = target.rsplit_once('/').unwrap_or(("", &target));
    if LOAD_PATH.contains(&above) && other != file {
        let other = match (instance(name), instance(other)) {
            (Some(of), Some("")) => other.replacen('@', &format!("@{of}"), 1),
            (None, Some(_)) => return Ok(AtName::Nothing),
            _ => other.to_owned(),
        };
        named.link.get_or_insert((path, target));
        return Ok(AtName::Name(other));
    }
    // Whether anything is at its end, through whatever other links there are.
    match server.read(&target, 1) {
        Ok(_) => {
            named.link.get_or_insert((path, target.clone()));
            Ok(AtName::File(target))
        }
        Err(Unanswered::NotFound | Unanswered::Unlike) => {
            named.link.get_or_insert((path, target));
            Ok(AtName::Nothing)
        }
        Err(refusal) => Err((target, refusal)),
    }
}

/// `sf-agent@.service` of `sf-agent@prod.service`.
pub(super) fn template(name: &str) -> Option<String> {
    let (prefix, rest) = name.split_once('@')?;
    let (instance, kind) = rest.rsplit_once('.')?;
    (!instance.is_empty()).then(|| format!("{prefix}@.{kind}"))
}

/// `prod` of `sf-agent@prod.service`, nothing in it for a template, none for a name without `@`.
fn instance(name: &str) -> Option<&str> {
    let (_, rest) = name.split_once('@')?;
    rest.rsplit_once('.').map(|(instance, _)| instance)
}

/// The drop-ins of a unit, in the order in which they are read. Of those with one file name the first folder counts: each
/// folder of the path with what stands there for the name itself, for its template, and for each beginning of the name
/// that ends in a dash; then likewise for its other names; then what stands for all services.
///
/// # Errors
/// The folder that could not be listed.
pub(super) fn drop_ins(server: &dyn Server, named: &NamedUnit) -> Result<Vec<String>, UnreadPath> {
    let kind = named.id.rsplit_once('.').map_or("service", |(_, kind)| kind);
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |folder: String| {
        let listed = match server.list(&folder) {
            Ok(listed) => listed,
            Err(Unanswered::NotFound | Unanswered::Unlike) => return Ok(()),
            Err(refusal) => return Err((folder, refusal)),
        };
        for file in listed.into_iter().filter(|file| file.ends_with(".conf")) {
            let path = format!("{folder}/{file}");
            files.entry(file).or_insert(path);
        }
        Ok(())
    };
    let others = other_names(server, named)?;
    let aliases = named.names.iter().filter(|name| **name != named.id).chain(&others);
    for name in std::iter::once(&named.id).chain(aliases) {
        let particular = std::iter::once(name.clone()).chain(template(name));
        let folders: Vec<String> = particular.chain(prefixes(name, kind)).collect();
        for path in LOAD_PATH {
            folders.iter().try_for_each(|name| add(format!("{path}/{name}.d")))?;
        }
    }
    LOAD_PATH.iter().try_for_each(|path| add(format!("{path}/{kind}.d")))?;
    Ok(files.into_values().collect())
}

/// `sf-agent-.service`, `sf-.service` of `sf-agent-x.service`: the most particular first.
fn prefixes(name: &str, kind: &str) -> Vec<String> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.split_once('@').map_or(stem, |(prefix, _)| prefix);
    let dashes = stem.char_indices().filter(|(at, c)| *c == '-' && *at + 1 < stem.len());
    let mut prefixes: Vec<_> =
        dashes.filter_map(|(at, _)| stem.get(..=at)).map(|prefix| format!("{prefix}.{kind}")).collect();
    prefixes.reverse();
    prefixes
}

/// Other names of the unit for which there are drop-ins: a folder of drop-ins whose name is a link to the unit.
///
/// # Errors
/// The folder in which there are too many.
fn other_names(server: &dyn Server, of: &NamedUnit) -> Result<Vec<String>, UnreadPath> {
    let mut names: Vec<String> = Vec::new();
    for folder in LOAD_PATH {
        let listed = match server.list(folder) {
            Err(Unanswered::TooMuch) => return Err((folder.to_owned(), Unanswered::TooMuch)),
            listed => listed.unwrap_or_default(),
        };
        let stems = listed.iter().filter_map(|file| file.strip_suffix(".d"));
        let others = stems.filter(|name| name.ends_with(".service") && !name.ends_with("-.service"));
        names.extend(others.map(str::to_owned));
        names.sort();
        names.dedup();
        // Each is looked for in all folders of the path.
        if names.len() > MAX_FOLDERS {
            return Err((folder.to_owned(), Unanswered::TooMuch));
        }
    }
    // Of a template's drop-ins it is the instance's name that is another.
    let names = names.into_iter().map(|name| match (instance(&name), instance(&of.id)) {
        (Some(""), Some(of)) => name.replacen('@', &format!("@{of}"), 1),
        _ => name,
    });
    let is_other = |name: &String| {
        !of.names.contains(name) && named(server, name).is_ok_and(|found| found.fragment.is_some() && found.id == of.id)
    };
    Ok(names.filter(is_other).take(MAX_NAMES).collect())
}

/// Whether a target wants a unit of one of these names: a link in a `.wants` or `.requires` folder of the path.
pub(super) fn is_wanted(server: &dyn Server, names: &[String], folders: &[String]) -> bool {
    let places = LOAD_PATH.iter().flat_map(|path| folders.iter().map(move |folder| format!("{path}/{folder}")));
    places.into_iter().any(|place| names.iter().any(|name| server.look(&format!("{place}/{name}")).is_ok()))
}

/// The services that the folders of the path hold or name, instances of templates and links of targets included.
pub(super) fn services(server: &dyn Server) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for folder in LOAD_PATH {
        let listed = server.list(folder).unwrap_or_default();
        for below in listed.iter().filter(|name| name.ends_with(".wants") || name.ends_with(".requires")) {
            if names.len() < MAX_SERVICES {
                names.extend(server.list(&format!("{folder}/{below}")).unwrap_or_default());
            }
        }
        names.extend(listed);
    }
    names.retain(|name| name.ends_with(".service"));
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::recording::Recorded;

    const E: &str = "/etc/systemd/system";

    /// A server of these files, and links where there is a target.
    fn server(paths: &[(&str, &str)]) -> Recorded<'static> {
        let mut lines = Vec::new();
        let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (path, target) in paths {
            let path = if path.starts_with('/') { (*path).to_owned() } else { format!("{E}/{path}") };
            let kind = if target.is_empty() { 'f' } else { 'l' };
            let look = format!(r#"{{"kind":"{kind}","mode":420,"uid":0,"gid":0,"size":9,"changed":0}}"#);
            lines.push(format!(r#"{{"ask":"look {path}","ok":{look}}}"#));
            if target.is_empty() {
                lines.push(format!(r#"{{"ask":"read {path}","ok":"[Service]"}}"#));
            } else {
                lines.push(format!(r#"{{"ask":"target {path}","ok":"{target}"}}"#));
            }
            let mut below = path.as_str();
            while let Some((folder, name)) = below.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) {
                folders.entry(folder.to_owned()).or_default().push(name.to_owned());
                below = folder;
            }
        }
        for (folder, mut names) in folders {
            names.sort();
            names.dedup();
            lines.push(format!(r#"{{"ask":"list {folder}","ok":{}}}"#, serde_json::to_string(&names).unwrap()));
        }
        Recorded::parse(lines.join("\n")).unwrap()
    }

    #[test]
    fn a_name_means_what_systemd_takes_it_for() {
        let server = server(&[
            ("real.service", ""),
            ("alias.service", "real.service"),
            ("alias2.service", "/etc/systemd/system/alias.service"),
            ("over.service", "/usr/lib/systemd/system/real.service"),
            ("sf-agent@.service", ""),
            ("other@.service", "sf-agent@.service"),
            ("agent.service", "sf-agent@.service"),
            ("agent2.service", "sf-agent@prod.service"),
            ("sf-agent@bad.service", "/dev/null"),
            ("sf-agent@own.service", ""),
            ("sf-agent@here.service", "sf-agent@.service"),
            ("linked.service", "/opt/units/linked.service"),
            ("/opt/units/linked.service", ""),
            ("linked2.service", "../../../opt/units/other.service"),
            ("/opt/units/other.service", ""),
            ("gone.service", "/opt/units/gone.service"),
            ("nowhere.service", "missing.service"),
            ("a.service", "b.service"),
            ("b.service", "a.service"),
            ("half.service", "/opt/units/gone.service"),
            ("/usr/lib/systemd/system/half.service", ""),
        ]);
        for (asked, id, fragment) in [
            ("real.service", "real.service", Some("/etc/systemd/system/real.service")),
            ("alias.service", "real.service", Some("/etc/systemd/system/real.service")),
            ("alias2.service", "real.service", Some("/etc/systemd/system/real.service")),
            ("over.service", "real.service", Some("/etc/systemd/system/real.service")),
            ("sf-agent@prod.service", "sf-agent@prod.service", Some("/etc/systemd/system/sf-agent@.service")),
            ("other@prod.service", "sf-agent@prod.service", Some("/etc/systemd/system/sf-agent@.service")),
            ("agent.service", "agent.service", None),
            ("agent2.service", "agent2.service", None),
            ("sf-agent@own.service", "sf-agent@own.service", Some("/etc/systemd/system/sf-agent@own.service")),
            ("linked.service", "linked.service", Some("/opt/units/linked.service")),
            ("linked2.service", "linked2.service", Some("/opt/units/other.service")),
            ("gone.service", "gone.service", None),
            ("nowhere.service", "nowhere.service", None),
            ("a.service", "a.service", None),
            ("half.service", "half.service", Some("/usr/lib/systemd/system/half.service")),
            ("nothing.service", "nothing.service", None),
        ] {
            let named = named(&server, asked).unwrap();
            assert_eq!((named.id.as_str(), named.fragment.as_deref()), (id, fragment), "{asked}");
        }
        let bad = named(&server, "sf-agent@bad.service").unwrap();
        assert_eq!(bad.masked_by.as_deref(), Some("/etc/systemd/system/sf-agent@bad.service"));
        let gone = named(&server, "gone.service").unwrap();
        assert_eq!(gone.link.map(|(_, target)| target).as_deref(), Some("/opt/units/gone.service"));
    }

    #[test]
    fn drop_ins_are_found_as_systemd_finds_them() {
        let server = server(&[
            ("sf-agent@.service", ""),
            ("sf-agent@prod.service.d/x.conf", ""),
            ("sf-agent@.service.d/x.conf", ""),
            ("sf-agent@.service.d/t.conf", ""),
            ("sf-.service.d/x.conf", ""),
            ("sf-.service.d/y.conf", ""),
            ("service.d/x.conf", ""),
            ("service.d/all.conf", ""),
            ("/run/systemd/system/sf-agent@prod.service.d/y.conf", ""),
            ("real.service", ""),
            ("alias.service", "real.service"),
            ("alias.service.d/alias.conf", ""),
            ("real.service.d/same.conf", ""),
            ("alias.service.d/same.conf", ""),
            ("stranger.service.d/z.conf", ""),
        ]);
        let found = |asked: &str| {
            let named = named(&server, asked).unwrap();
            let paths = drop_ins(&server, &named).unwrap();
            paths.iter().map(|path| path.trim_start_matches("/etc/systemd/system/").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            found("sf-agent@prod.service"),
            [
                "service.d/all.conf",
                "sf-agent@.service.d/t.conf",
                "sf-agent@prod.service.d/x.conf",
                "sf-.service.d/y.conf"
            ]
        );
        for asked in ["real.service", "alias.service"] {
            let all =
                ["alias.service.d/alias.conf", "service.d/all.conf", "real.service.d/same.conf", "service.d/x.conf"];
            assert_eq!(found(asked), all, "{asked}");
        }
    }
}
