//! Lines that stand in a file which other units read as well: a template, a drop-in of a template, of a beginning of the name,
//! of all services (systemd.unit(5)). A fix of one unit leaves them alone and says otherwise for that unit in a drop-in.

use super::fix;
use crate::doctor::facts::{Facts, OWN_DROP_IN};
use crate::report::action::{Action, Replace, WasFile};
use crate::report::words::{CheckedDocument, RefusedWord, UnitName};
use crate::systemd::{Unit, UnitFile, split};
use std::collections::BTreeSet;

/// Whether systemd reads a file for other units, too.
pub(super) fn is_shared(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let (file, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match folder.strip_suffix(".d") {
        Some("service") => true,
        Some(name) => name.contains("@.") || name.ends_with("-.service"),
        None => file.contains("@."),
    }
}

const SHARED: &str = "is read for other units, too, and what it says cannot be said otherwise for this one alone";

/// The commands that write a drop-in of this unit's own, with which it is as if the file said `after`.
///
/// # Errors
/// Where no drop-in can do that.
pub(super) fn overridden(facts: &Facts, after: &UnitFile) -> Result<Vec<Action>, RefusedWord> {
    let refused = || RefusedWord::new(&after.path, SHARED);
    let unit = super::started::unit(facts).map(|unit| &unit.unit).ok_or_else(refused)?;
    let before = unit.files.iter().find(|file| file.path == after.path).ok_or_else(refused)?;
    let name = UnitName::new(&facts.places.unit)?.file().beside(".d").below(OWN_DROP_IN);
    let file = fix::roots(facts, name.as_str())?;
    let old = unit.files.iter().find(|known| known.path == file.as_str());
    let later = |file: &&UnitFile| file.path.rsplit('/').next().is_some_and(|name| name > OWN_DROP_IN);
    if let Some(later) = unit.files.iter().skip(1).find(later) {
        return Err(RefusedWord::new(&later.path, "is read behind every drop-in that a fix could write"));
    }
    let lines = lines(unit, before, after)?;
    let mut text = CheckedDocument::default()
        .fixed("# For this unit alone: the file that says otherwise is read for other units, too.\n[Service]\n");
    let kept = old.into_iter().flat_map(|old| &old.assignments);
    let kept = kept.filter(|found| found.section == "Service" && !lines.iter().any(|(key, _)| *key == found.key));
    for (key, value) in
        kept.map(|found| (&found.key, &found.value)).chain(lines.iter().map(|(key, value)| (key, value)))
    {
        if crate::redact::Redactor::is_redacted(value) {
            return Err(RefusedWord::new(value, "holds a secret, which is not shown"));
        }
        text = text.line(key, value)?;
    }
    let was = old.map_or(WasFile::Absent, |_| WasFile::File(file.beside(&fix::aside(facts))));
    Ok(vec![Replace::DropIns { folder: file.folder() }.into(), Replace::Write { file, was, lines: text }.into()])
}

/// A drop-in of the unit's own with this line, where there is none yet: against what other services are told as well.
///
/// # Errors
/// Where one is there, or another than root may write it.
pub(super) fn own_drop_in(facts: &Facts, line: &'static str) -> Result<Vec<Action>, RefusedWord> {
    let name = UnitName::new(&facts.places.unit)?.file().beside(".d").below(OWN_DROP_IN);
    let file = fix::roots(facts, name.as_str())?;
    let unit = super::started::unit(facts);
    if unit.is_some_and(|unit| unit.unit.files.iter().any(|known| known.path == file.as_str())) {
        return Err(RefusedWord::new(file.as_str(), "is there already: add the line to it"));
    }
    let lines = CheckedDocument::default()
        .fixed("# Against what is set for other services of this machine, too.\n[Service]\n")
        .fixed(line);
    Ok(vec![
        Replace::DropIns { folder: file.folder() }.into(),
        Replace::Write { file, was: WasFile::Absent, lines }.into(),
    ])
}

/// What a drop-in says so that the unit comes to the same as with the file changed.
fn lines(unit: &Unit, before: &UnitFile, after: &UnitFile) -> Result<Vec<(String, String)>, RefusedWord> {
    let said = |file: &UnitFile, key: &str| -> Vec<String> {
        file.assignments.iter().filter(|found| found.key == key).map(|found| found.value.clone()).collect()
    };
    let of_service = |file: &UnitFile| file.assignments.iter().filter(|found| found.section != "Service").count();
    if of_service(before) != of_service(after) {
        return Err(RefusedWord::new(&before.path, SHARED));
    }
    let files = unit.files.iter().map(|file| if file.path == after.path { after.clone() } else { file.clone() });
    let wanted = Unit { name: unit.name.clone(), files: files.collect() };
    let keys: BTreeSet<&str> = before.assignments.iter().map(|found| found.key.as_str()).collect();
    let mut lines = Vec::new();
    for key in keys.into_iter().filter(|key| said(before, key) != said(after, key)) {
        let line = |value: &str| (key.to_owned(), value.to_owned());
        if key == "Environment" {
            lines.push(("UnsetEnvironment".to_owned(), gone(unit, &wanted, before)?));
        } else if is_list(key) {
            lines.push(line(""));
            lines.extend(wanted.settings("Service", key).iter().map(|setting| line(setting.value)));
        } else {
            let value = wanted.setting("Service", key).map(|setting| setting.value);
            let value = value.or_else(|| usual(key)).ok_or_else(|| RefusedWord::new(&before.path, SHARED))?;
            lines.push(line(value));
        }
    }
    Ok(lines)
}

/// The variables that are no longer set; `UnsetEnvironment=` is the last word on them, whoever set them (systemd.exec(5)).
fn gone(unit: &Unit, wanted: &Unit, before: &UnitFile) -> Result<String, RefusedWord> {
    let left = wanted.environment();
    let same = unit.environment().iter().filter(|variable| left.contains(variable)).count() == left.len();
    let names: Vec<String> = unit.environment().into_iter().map(|(name, _)| name).collect();
    let gone: Vec<String> = names.into_iter().filter(|name| left.iter().all(|(other, _)| other != name)).collect();
    let words = split(&gone.join(" ")).unwrap_or_default();
    if !same || words.is_empty() || words != gone {
        return Err(RefusedWord::new(&before.path, SHARED));
    }
    Ok(gone.join(" "))
}

/// Whether each line of a setting adds to those before it, and an empty one drops them (systemd.exec(5), systemd.service(5)).
fn is_list(key: &str) -> bool {
    const LISTS: [&str; 12] = [
        "EnvironmentFile",
        "SystemCallFilter",
        "SystemCallArchitectures",
        "TemporaryFileSystem",
        "InaccessibleDirectories",
        "ReadOnlyDirectories",
        "RuntimeDirectory",
        "StateDirectory",
        "CacheDirectory",
        "LogsDirectory",
        "SocketBindDeny",
        "SupplementaryGroups",
    ];
    key.starts_with("Exec") && key != "ExecSearchPath" || key.ends_with("Paths") || LISTS.contains(&key)
}

/// What a setting of one value is where nothing sets it.
fn usual(key: &str) -> Option<&'static str> {
    Some(match key {
        "ProtectHome"
        | "ProtectSystem"
        | "PrivateUsers"
        | "DynamicUser"
        | "MemoryDenyWriteExecute"
        | "RestrictRealtime"
        | "RestrictNamespaces" => "no",
        "TasksMax" | "RuntimeMaxSec" => "infinity",
        "WatchdogSec" | "Nice" | "OOMScoreAdjust" => "0",
        "Type" => "simple",
        "StandardInput" => "null",
        "StandardOutput" => "journal",
        "StandardError" => "inherit",
        "WorkingDirectory" => "/",
        "User" => "root",
        key if key.starts_with("Limit") => "infinity",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGENT: &str = "/etc/systemd/system/sf-agent@.service";

    fn said(files: &[(&str, &str)], after: &str) -> Result<Vec<String>, String> {
        let files: Vec<_> = files.iter().map(|(path, text)| UnitFile::parse(path, text)).collect();
        let before = files.first().unwrap().clone();
        let unit = Unit { name: "sf-agent@prod.service".into(), files };
        let after = UnitFile::parse(&before.path, after);
        let lines = lines(&unit, &before, &after).map_err(|refused| refused.to_string())?;
        Ok(lines.into_iter().map(|(key, value)| format!("{key}={value}")).collect())
    }

    #[test]
    fn a_drop_in_says_what_the_file_would() {
        let own = "/etc/systemd/system/sf-agent@prod.service.d/a.conf";
        for (case, files, after, wanted) in [
            (
                "one value",
                vec![(AGENT, "[Service]\nWorkingDirectory=/a\nExecStart=/x\n")],
                "[Service]\nWorkingDirectory=/b\nExecStart=/x\n",
                vec!["WorkingDirectory=/b"],
            ),
            (
                "a command",
                vec![(AGENT, "[Service]\nExecStart=/x a\n")],
                "[Service]\nExecStart=/x b\n",
                vec!["ExecStart=", "ExecStart=/x b"],
            ),
            (
                "a line taken out, and nothing else sets it",
                vec![(AGENT, "[Service]\nProtectHome=yes\nLimitAS=9\n")],
                "[Service]\n# ProtectHome=yes\n# LimitAS=9\n",
                vec!["LimitAS=infinity", "ProtectHome=no"],
            ),
            (
                "a line of a list",
                vec![(AGENT, "[Service]\nExecStartPre=/a\nExecStartPre=/b\n"), (own, "[Service]\nExecStartPre=/c\n")],
                "[Service]\nExecStartPre=/b\n",
                vec!["ExecStartPre=", "ExecStartPre=/b", "ExecStartPre=/c"],
            ),
            (
                "a variable",
                vec![(AGENT, "[Service]\nEnvironment=A=1 NODE_OPTIONS=--x\n")],
                "[Service]\nEnvironment=A=1\n",
                vec!["UnsetEnvironment=NODE_OPTIONS"],
            ),
        ] {
            assert_eq!(said(&files, after).unwrap(), wanted, "{case}");
        }
        for (case, before, after) in [
            ("a variable of another value", "[Service]\nEnvironment=A=1\n", "[Service]\nEnvironment=A=2\n"),
            ("a setting whose usual value is not known", "[Service]\nPAMName=x\n", "[Service]\n# PAMName=x\n"),
            ("another section", "[Unit]\nConditionHost=x\n[Service]\nNice=1\n", "[Service]\nNice=1\n"),
        ] {
            assert!(said(&[(AGENT, before)], after).is_err(), "{case}");
        }
    }

    #[test]
    fn files_of_others_are_told_from_the_units_own() {
        for (path, shared) in [
            ("/etc/systemd/system/sf-agent@.service", true),
            ("/etc/systemd/system/sf-agent@prod.service", false),
            ("/etc/systemd/system/sf-agent.service", false),
            ("/etc/systemd/system/sf-agent@.service.d/x.conf", true),
            ("/etc/systemd/system/sf-agent@prod.service.d/x.conf", false),
            ("/etc/systemd/system/sf-.service.d/x.conf", true),
            ("/etc/systemd/system/service.d/x.conf", true),
            ("/opt/units/sf.service", false),
        ] {
            assert_eq!(is_shared(path), shared, "{path}");
        }
    }
}
