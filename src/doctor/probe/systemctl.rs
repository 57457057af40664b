//! What `systemctl` prints, to the service's properties.

use crate::doctor::facts::{Bond, Exit, Service, UnitDependency};
use crate::doctor::questions::Situation;
use crate::report::moment::Moment;
use crate::report::words::UnitName;
use crate::systemd::split;
use crate::text;
use std::collections::BTreeMap;

/// Reads the `KEY=VALUE` lines of `systemctl show`. Times are systemd's monotonic ones, which no time zone distorts.
#[must_use]
pub(super) fn service(text: &str, situation: &Situation) -> Service {
    let properties: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let word = |key: &str| properties.get(key).copied().unwrap_or_default();
    let owned = |key: &str| word(key).to_owned();
    let some = |key: &str| Some(word(key)).filter(|value| !value.is_empty()).map(str::to_owned);
    let moment = |key: &str| {
        let ticks = word(key).parse::<u64>().ok().filter(|ticks| *ticks > 0)?;
        Some(Moment(situation.now.saturating_sub(situation.monotonic.saturating_sub(ticks))))
    };
    let status = word("ExecMainStatus").parse().ok();
    // CLD_EXITED, CLD_KILLED and CLD_DUMPED of waitid(2).
    let exit = match word("ExecMainCode") {
        "1" => status.map(Exit::Code),
        "2" | "3" => status.map(Exit::Signal),
        _ => None,
    };
    let active_state = owned("ActiveState");
    let active_since = moment("ActiveEnterTimestampMonotonic").filter(|_| active_state == "active");
    Service {
        load_state: owned("LoadState"),
        load_error: word("LoadError").trim_matches('"').to_owned(),
        sub_state: owned("SubState"),
        unit_file_state: owned("UnitFileState"),
        result: owned("Result"),
        exit,
        restarts: word("NRestarts").parse().ok(),
        need_daemon_reload: word("NeedDaemonReload") == "yes",
        fragment_path: some("FragmentPath"),
        drop_in_paths: paths(word("DropInPaths")),
        working_directory: some("WorkingDirectory"),
        exec_start: words_of_command(word("ExecStart")),
        user: owned("User"),
        restart: owned("Restart"),
        restart_pause: timespan(word("RestartUSec")),
        main_pid: word("MainPID").parse().ok().filter(|pid| *pid > 0),
        last_pid: word("ExecMainPID").parse().ok().filter(|pid| *pid > 0),
        active_since,
        state_since: moment("StateChangeTimestampMonotonic"),
        started: moment("ExecMainStartTimestampMonotonic"),
        ended: moment("ExecMainExitTimestampMonotonic"),
        invocation: some("InvocationID"),
        kind: owned("Type"),
        control_pid: word("ControlPID").parse().ok().filter(|pid| *pid > 0),
        freezer: owned("FreezerState"),
        // Both are `no` of a unit that was never to be started.
        job: word("Job").parse().ok().filter(|job| *job > 0),
        at_work: Vec::new(),
        unmet: ["Condition", "Assert"].iter().any(|kind| {
            word(&format!("{kind}Result")) == "no" && moment(&format!("{kind}TimestampMonotonic")).is_some()
        }),
        needs: needs(&["Requires", "Requisite", "BindsTo"].map(word)),
        active_state,
    }
}

/// What the manager has loaded, and by which names.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct LoadedUnit {
    /// The unit's own name (`Id`).
    pub id: String,
    /// All its names (`Names`).
    pub names: Vec<String>,
    /// Its file (`FragmentPath`).
    pub fragment: String,
    /// Its drop-ins, in order (`DropInPaths`).
    pub drop_ins: Vec<String>,
    /// Whether it would find the same on the disk.
    pub is_current: bool,
}

/// Reads the same lines for what is loaded; nothing where there is no such unit, or an older program wrote them down.
#[must_use]
pub(super) fn loaded(text: &str) -> Option<LoadedUnit> {
    let word = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default();
    let id = word("Id");
    let is_loaded = word("LoadState") == "loaded" && UnitName::new(id).is_ok();
    let names = word("Names").split_whitespace().map(str::to_owned).collect();
    let fragment = word("FragmentPath").to_owned();
    let is_current = word("NeedDaemonReload") == "no" && !fragment.is_empty();
    is_loaded.then(|| LoadedUnit {
        id: id.to_owned(),
        names,
        fragment,
        drop_ins: paths(word("DropInPaths")),
        is_current,
    })
}

/// A list of paths or names, of which those with blanks or backslashes are quoted.
fn paths(value: &str) -> Vec<String> {
    split(value).unwrap_or_else(|_| value.split_whitespace().map(str::to_owned).collect())
}

/// The units that are needed, without those that systemd adds to every service (systemd.service(5), "Implicit
/// Dependencies", "Default Dependencies").
fn needs(lists: &[&str]) -> Vec<String> {
    let names = lists.iter().flat_map(|list| paths(list));
    // A slice is always there; that of an instance has a name that is quoted: `"system-sf\\x2dagent.slice"`.
    let own = |name: &String| !matches!(name.as_str(), "sysinit.target" | "-.mount") && !name.ends_with(".slice");
    let mut needs: Vec<_> = names.filter(own).collect();
    needs.sort();
    needs.dedup();
    needs
}

/// The units of [`Diagnostic::States`](crate::doctor::questions::Diagnostic::States): blocks of `KEY=VALUE` lines, with an
/// empty line between them.
#[must_use]
pub(super) fn dependencies(text: &str, bond: impl Fn(&String) -> Bond) -> Vec<UnitDependency> {
    let block = |block: &str| {
        let word = |key: &str| {
            let lines = block.lines().filter_map(|line| line.split_once('='));
            let mut values =
                lines.filter(|(name, _)| *name == key).map(|(_, value)| text::printable(value).into_owned());
            values.next()
        };
        let unit = word("Id")?;
        let (load_state, active_state) = (word("LoadState")?, word("ActiveState")?);
        let result = word("Result").unwrap_or_default();
        Some(UnitDependency { bond: bond(&unit), unit, load_state, active_state, result })
    };
    text.split("\n\n").filter_map(block).collect()
}

/// `{ path=/usr/bin/node ; argv[]=/usr/bin/node x --url y ; ignore_errors=no ; … }`: systemd does not quote, so words
/// with blanks come apart.
fn words_of_command(value: &str) -> Vec<String> {
    let start = value.split_once("argv[]=").map_or("", |(_, rest)| rest);
    let words = start.split_once(" ; ignore_errors=").map_or(start, |(words, _)| words);
    words.split_whitespace().map(str::to_owned).collect()
}

/// Microseconds of a span as systemd writes it: `10s`, `1min 30s`, `100ms` (systemd.time(7)); nothing for `infinity`.
fn timespan(text: &str) -> Option<u64> {
    let parts: Vec<_> = text.split_whitespace().collect();
    let part = |part: &&str| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = part.get(..digits)?.parse().ok()?;
        let unit: u64 = match part.get(digits..)? {
            "us" => 1,
            "ms" => 1000,
            "s" => 1_000_000,
            "min" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return None,
        };
        number.checked_mul(unit)
    };
    if parts.is_empty() {
        return None;
    }
    parts.iter().map(part).sum()
}

/// `systemd 252 (252.39-1~deb12u1)` to `252 (252.39-1~deb12u1)`.
#[must_use]
pub(super) fn version(text: &str) -> Option<String> {
    let rest = text.lines().next()?.strip_prefix("systemd ")?;
    Some(rest.trim().to_owned())
}

/// The units that the manager is at work on, in lines of `systemctl list-jobs`: `68 net-wait.service start running`.
#[must_use]
pub(super) fn at_work(text: &str) -> Vec<String> {
    let running = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        match *fields.as_slice() {
            [number, unit, kind, "running"] if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(format!("{} ({kind})", crate::text::printable(unit)))
            }
            _ => None,
        }
    };
    text.lines().filter_map(running).take(MAX_AT_WORK).collect()
}

/// Units that are named of those that a start waits behind.
const MAX_AT_WORK: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_loop_is_read() {
        let text = "Restart=always\nRestartUSec=10s\nMainPID=0\nResult=exit-code\nNRestarts=142\nExecMainCode=1\n\
            ExecMainStatus=200\nExecStart={ path=/usr/bin/node ; argv[]=/usr/bin/node dist/index.js --url http://cp ; ignore_errors=no ; start_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }\n\
            WorkingDirectory=/root/x\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\n\
            FragmentPath=/etc/systemd/system/server-flow-agent.service\nDropInPaths=/etc/a.conf /etc/b.conf\n\
            NeedDaemonReload=yes\nInvocationID=abc\nActiveEnterTimestampMonotonic=5\nExecMainExitTimestampMonotonic=1500000\n";
        let situation = Situation { uid: 0, now: 1_000_000_000, monotonic: 2_000_000, name: None };
        let service = service(text, &situation);
        assert!(service.waits_for_restart() && service.need_daemon_reload);
        assert_eq!(service.exit, Some(Exit::Code(200)));
        assert_eq!((service.restarts, service.restart_pause, service.main_pid), (Some(142), Some(10_000_000), None));
        assert_eq!(service.exec_start, ["/usr/bin/node", "dist/index.js", "--url", "http://cp"]);
        assert_eq!(service.drop_in_paths, ["/etc/a.conf", "/etc/b.conf"]);
        assert_eq!(service.ended, Some(Moment(999_500_000)));
        assert_eq!(service.active_since, None);
    }

    #[test]
    fn what_is_loaded_goes_by_its_own_name() {
        let text = "Id=real.service\nNames=real.service alias.service\nLoadState=loaded\nNeedDaemonReload=no\n\
            FragmentPath=/etc/systemd/system/real.service\nDropInPaths=\"/etc/a b.conf\" /etc/c.conf\n";
        let found = loaded(text).unwrap();
        assert_eq!((found.id.as_str(), found.names.len(), found.is_current), ("real.service", 2, true));
        assert_eq!(found.drop_ins, ["/etc/a b.conf", "/etc/c.conf"]);
        assert!(!loaded(&text.replace("NeedDaemonReload=no", "NeedDaemonReload=yes")).unwrap().is_current);
        assert_eq!(loaded(&text.replace("LoadState=loaded", "LoadState=not-found")), None);
        assert_eq!(loaded("LoadState=loaded\n"), None);
        assert_eq!(needs(&["sysinit.target \"system-sf\\\\x2dagent.slice\" a.service", "a.service"]), ["a.service"]);
    }

    #[test]
    fn spans_and_versions() {
        for (text, span) in [
            ("10s", Some(10_000_000)),
            ("1min 30s", Some(90_000_000)),
            ("100ms", Some(100_000)),
            ("infinity", None),
            ("", None),
        ] {
            assert_eq!(timespan(text), span, "{text}");
        }
        assert_eq!(version("systemd 252 (252.39-1~deb12u1)\n+PAM\n").as_deref(), Some("252 (252.39-1~deb12u1)"));
        assert_eq!(version("busybox"), None);
    }
}
