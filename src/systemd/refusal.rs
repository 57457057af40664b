//! Units that systemd does not load: one line of these, and the unit has `LoadState=bad-setting`, whatever a later line says.
//!
//! Measured with systemd 247, 252 and 257 (load-fragment.c, service.c). What systemd only warns of and ignores is not among
//! them: an unknown `Type=`, `Restart=` or limit, a quote that is not closed in a line that is not needed.

use super::command::{self, CommandLine};
use super::{Setting, Unit};

/// Lines with commands beside `ExecStart=` (systemd.service(5)).
const COMMANDS: [&str; 6] =
    ["ExecCondition", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost"];

impl Unit {
    /// Why systemd does not load the unit, with the line; `ExecStart=` has its own answer ([`Unit::command`]).
    #[must_use]
    pub(crate) fn refusal(&self) -> Option<(&'static str, Setting<'_>)> {
        let lines = self.files.iter().flat_map(|file| {
            let of_service = file.assignments.iter().filter(|found| found.section == "Service");
            of_service.map(move |found| (found.key.as_str(), Setting { value: &found.value, file, line: found.line }))
        });
        let fatal = lines.into_iter().find_map(|(key, setting)| Some((self.fault(key, setting.value)?, setting)));
        fatal.or_else(|| self.contradiction())
    }

    fn fault(&self, key: &str, value: &str) -> Option<&'static str> {
        if value.is_empty() {
            return None;
        }
        if key == "ExecStart" && !value.starts_with('-') && has_no_specifier(value) {
            return Some("a `%` in its `ExecStart=` begins no specifier (`%%` means one)");
        }
        if COMMANDS.contains(&key) {
            let parsed = CommandLine::parse(value, |text| self.expand(text));
            return parsed.err().filter(|why| *why != command::NOT_CLOSED);
        }
        let path = self.expand(value);
        match key {
            "WorkingDirectory" if path != "~" && !path.starts_with(['/', '-', '%']) => {
                Some("`WorkingDirectory=` is no absolute path")
            }
            "RootDirectory" if !path.starts_with(['/', '-', '%']) => Some("`RootDirectory=` is no absolute path"),
            _ => None,
        }
    }

    /// Settings that do not go together.
    fn contradiction(&self) -> Option<(&'static str, Setting<'_>)> {
        let kind = self.setting("Service", "Type");
        if kind.as_ref().is_none_or(|kind| kind.value != "oneshot")
            && let [_, .., last] = self.settings("Service", "ExecStart").as_slice()
        {
            return Some(("it has more than one `ExecStart=`, which only `Type=oneshot` may", *last));
        }
        let kind = kind?;
        if kind.value == "dbus" && self.setting("Service", "BusName").is_none() {
            return Some(("`Type=dbus` needs a `BusName=`", kind));
        }
        let restart = self.setting("Service", "Restart")?;
        let again = matches!(restart.value, "always" | "on-success");
        (kind.value == "oneshot" && again).then_some(("`Type=oneshot` goes with no such `Restart=`", restart))
    }
}

/// Whether a `%` stands before a letter or digit for which no version of systemd has a specifier (systemd.unit(5),
/// "Specifiers"; specifier.c, EBADSLT).
fn has_no_specifier(value: &str) -> bool {
    const NONE: &str = "0123456789cekrxzFKOQRXZ";
    let mut marks = value.chars();
    while let Some(mark) = marks.next() {
        if mark == '%' && marks.next().is_some_and(|of| NONE.contains(of)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_refused_as_systemd_refuses_them() {
        for (line, refused) in [
            ("", false),
            ("ExecStartPre=. x", true),
            ("ExecStartPre=-/bin/sh -c true", false),
            ("ExecStartPre=\"/bin/true", false),
            ("ExecStopPost=./x", true),
            ("ExecStop=~/stop", true),
            ("ExecReload=kill -HUP $MAINPID", false),
            ("WorkingDirectory=agent-bundle", true),
            ("WorkingDirectory=agent-bundle\nWorkingDirectory=/root", true),
            ("WorkingDirectory=\"/root/x\"", true),
            ("WorkingDirectory=-agent-bundle", false),
            ("WorkingDirectory=~", false),
            ("WorkingDirectory=%h/x", false),
            ("WorkingDirectory=", false),
            ("RootDirectory=x", true),
            ("Type=dbus", true),
            ("Type=dbus\nBusName=a.b", false),
            ("Type=oneshot\nRestart=always", true),
            ("Type=oneshot\nRestart=on-failure", false),
            ("Type=smple", false),
            ("Restart=sometimes", false),
            ("User=a b", false),
            ("LimitNOFILE=abc", false),
            ("EnvironmentFile=x", false),
            ("ExecStart=/usr/bin/node y.js", true),
            ("ExecStart=\nExecStart=/usr/bin/node y.js --url http://cp/%20x", true),
            ("ExecStart=\nExecStart=/usr/bin/node y.js --url http://cp/%%20x %h %i 100%", false),
            ("ExecStart=\nExecStart=/usr/bin/node y.js", false),
            ("Type=oneshot\nExecStart=/usr/bin/node y.js", false),
        ] {
            let unit = Unit::of_text("x.service", "x", &format!("[Service]\nExecStart=/usr/bin/node x.js\n{line}\n"));
            assert_eq!(unit.refusal().is_some(), refused, "{line}");
        }
    }
}
