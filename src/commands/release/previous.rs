//! Which release came before: what the user says, else git's tags, else the archive that was committed, else the one
//! that is served as long as it is not the new one.

use super::Job;
use crate::check::contents::Depth;
use crate::commands::failure::Failure;
use crate::host::git::{self, Tag};
use crate::node::package_file::{PackageFile, read_package};
use crate::release::workspace::Previous;
use anyhow::{Context, Result, bail};
use semver::Version;
use std::fs;
use std::path::Path;

impl Job<'_> {
    pub(super) fn previous(&self, agent: &PackageFile) -> Result<Previous> {
        let current = agent.package().and_then(crate::node::package::Package::version);
        if let Some(named) = &self.options.previous {
            return self.named(named);
        }
        let tags = git::tags(&self.repo);
        if let Some((version, name)) = latest(&tags, self.places.tag_prefix.as_deref(), current.as_ref()) {
            return Ok(Previous::Known { version, from: format!("git tag {name}") });
        }
        let published = &self.places.published;
        if let Some(version) = git::committed(&self.repo, published).and_then(|bytes| self.version_in(&bytes)) {
            return Ok(Previous::Known { version, from: format!("{published} at HEAD") });
        }
        let served = self.version_of(&self.repo.join(published)).filter(|version| Some(version) != current.as_ref());
        Ok(served
            .map_or(Previous::Unknown, |version| Previous::Known { version, from: format!("{published} as it is") }))
    }

    fn named(&self, named: &str) -> Result<Previous> {
        if let Ok(version) = Version::parse(named.strip_prefix('v').unwrap_or(named)) {
            return Ok(Previous::Known { version, from: "--previous".to_owned() });
        }
        let place = Path::new(named);
        if !place.exists() {
            let help = "give a version such as 0.1.26, or the path of an archive or of a bundle's folder";
            bail!(Failure::new("--previous is no version, and there is nothing of that path").at(named).help(help));
        }
        self.read_quietly(place, Depth::Judge)?;
        let version = self.version_of(place).with_context(|| {
            let help = format!("give the version itself, or look at it: `bundle-doctor check {named}`");
            Failure::new("the version of --previous cannot be told").at(named).help(help)
        })?;
        Ok(Previous::Known { version, from: crate::text::printable(named).into_owned() })
    }

    /// The version that a bundle states; nothing where it is none.
    fn version_of(&self, place: &Path) -> Option<Version> {
        let read = self.read_quietly(place, Depth::Judge).ok().filter(|read| read.snapshot.tree_is_known())?;
        match read_package(read.tree(), "package.json") {
            PackageFile::Read(package) => package.version(),
            PackageFile::Missing | PackageFile::Invalid(_) => None,
        }
    }

    fn version_in(&self, archive: &[u8]) -> Option<Version> {
        let folder = tempfile::tempdir().ok()?;
        let place = folder.path().join("archive.tar.gz");
        fs::write(&place, archive).ok()?;
        let version = self.version_of(&place);
        drop(folder);
        version
    }
}

/// The highest version that the agent's tags name. The tag of the release that is being made, at the commit that is
/// checked out, is not one before it.
fn latest(tags: &[Tag], prefix: Option<&str>, current: Option<&Version>) -> Option<(Version, String)> {
    let of = |tag: &Tag, prefixes: &dyn Fn(&str) -> bool| {
        let start = tag.name.char_indices().find_map(|(at, _)| {
            let (before, version) = tag.name.split_at(at);
            prefixes(before).then(|| Version::parse(version).ok()).flatten()
        })?;
        let made_now = tag.at_head && Some(&start) == current;
        (!made_now).then(|| (start, tag.name.clone()))
    };
    let highest = |prefixes: &dyn Fn(&str) -> bool| {
        tags.iter().filter_map(|tag| of(tag, prefixes)).max_by(|a, b| a.0.cmp_precedence(&b.0))
    };
    match prefix {
        Some(prefix) => highest(&|before| before == prefix),
        None => highest(&|before| before.contains("agent")).or_else(|| highest(&|before| matches!(before, "" | "v"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_tag_of_the_agent_before_this_release_is_found() {
        let tags = |names: &[&str]| -> Vec<Tag> {
            let tag = |name: &&str| Tag { name: name.trim_end_matches('!').to_owned(), at_head: name.ends_with('!') };
            names.iter().map(tag).collect()
        };
        let now = Version::parse("0.1.27").ok();
        for (case, names, prefix, expected) in [
            ("plain", &["v0.1.25", "v0.1.26", "0.1.9"][..], None, Some("v0.1.26")),
            ("by number, not by letter", &["v0.1.9", "v0.1.10"], None, Some("v0.1.10")),
            ("the agent's before all others", &["v9.0.0", "agent-v0.1.26"], None, Some("agent-v0.1.26")),
            ("scoped", &["@server-flow/agent@0.1.26", "web@3.0.0"], None, Some("@server-flow/agent@0.1.26")),
            ("another package's", &["control-plane-v2.0.0"], None, None),
            ("a prefix", &["v9.0.0", "rel/0.1.26", "agent-v3.0.0"], Some("rel/"), Some("rel/0.1.26")),
            ("no versions", &["latest", "agent-latest", "v1"], None, None),
            ("this release's own", &["v0.1.27!", "v0.1.26"], None, Some("v0.1.26")),
            ("this version, released before", &["v0.1.27", "v0.1.26"], None, Some("v0.1.27")),
            ("a release candidate", &["v0.1.27-rc.1", "v0.1.26"], None, Some("v0.1.27-rc.1")),
            ("not ASCII", &["é0.1.26"], None, None),
        ] {
            let found = latest(&tags(names), prefix, now.as_ref()).map(|(_, name)| name);
            assert_eq!(found.as_deref(), expected, "{case}");
        }
    }
}
