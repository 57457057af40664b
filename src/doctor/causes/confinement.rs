//! Lines of the unit that confine the agent so that it cannot start, although every path is right: sandboxing, limits and
//! variables, in the unit itself and in a drop-in.
//!
//! Measured with the lab's servers: `ProtectHome=` looks like a missing directory, which root sees all the same;
//! `MemoryDenyWriteExecute=` ends Node by SIGTRAP, `LimitAS=` by SIGTRAP or SIGABRT, `SystemCallFilter=` by SIGSYS without a
//! word; what `NODE_OPTIONS` asks for and is not there looks like a package that is missing.

use super::cause::Cause;
use super::crash::{Crash, CrashKind};
use super::unit_fix::{self, SettingSyntax, UnitChange};
use super::unit_lines::{is_drop_in, without};
use super::{crash, evidence, fix, started, told_of, unit_lines, unit_other_command};
use crate::doctor::facts::{Condition, Exit, Facts, JournalEntry, JournalRun, Presence, ReachedPath};
use crate::report::diagnosis::{Diagnosis, Evidence, FixStep};
use crate::systemd::seen_paths::SeenPaths;
use crate::systemd::{Setting, Unit, UnitFile, normal};

/// Where the line stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LineIn {
    /// In the unit's own file.
    Unit,
    /// In a drop-in.
    DropIn,
}

/// How a confined service ends, and the settings that do it (systemd.exec(5), systemd.service(5),
/// systemd.resource-control(5)).
struct ConfinementMark {
    /// Whether it ended so.
    is: fn(&ServiceEnd<'_>) -> bool,
    /// The settings that are known for it.
    keys: &'static [&'static str],
}

/// What is known of an end.
struct ServiceEnd<'a> {
    facts: &'a Facts,
    exit: Option<Exit>,
    result: &'a str,
    crash: Option<&'a Crash<'a>>,
}

static MARKS: [ConfinementMark; 12] = [
    ConfinementMark {
        is: is_out_of_sight,
        keys: &[
            "ProtectHome",
            "InaccessiblePaths",
            "InaccessibleDirectories",
            "TemporaryFileSystem",
            "RootDirectory",
            "RootImage",
            "BindPaths",
            "BindReadOnlyPaths",
            "ProtectSystem",
            "PrivateUsers",
            "NoExecPaths",
            "DynamicUser",
            "ReadWritePaths",
            "ReadOnlyPaths",
            // Root without its powers is a user as any other (capabilities(7)).
            "CapabilityBoundingSet",
        ],
    },
    ConfinementMark { is: |end| is_out_of_sight(end) && is_in_tmp(end), keys: &["PrivateTmp"] },
    ConfinementMark {
        is: |end| matches!(end.exit, Some(Exit::Signal(4..=6 | 11))),
        keys: &[
            "MemoryDenyWriteExecute",
            "LimitAS",
            "LimitDATA",
            "LimitSTACK",
            "LimitNPROC",
            "TasksMax",
            "LimitNOFILE",
        ],
    },
    ConfinementMark {
        is: |end| end.exit == Some(Exit::Signal(31)),
        keys: &["SystemCallFilter", "SystemCallArchitectures", "RestrictNamespaces", "RestrictRealtime"],
    },
    // Where the hard limit is the soft one, the kernel does not warn first (setrlimit(2)).
    ConfinementMark { is: used_its_time_up, keys: &["LimitCPU"] },
    ConfinementMark { is: |end| end.exit == Some(Exit::Signal(25)), keys: &["LimitFSIZE"] },
    ConfinementMark { is: |end| says(end, "EFBIG"), keys: &["LimitFSIZE"] },
    ConfinementMark { is: |end| ran_out(end, "runtime time limit"), keys: &["RuntimeMaxSec"] },
    // Of a type for which the agent would have to tell that it is up, the type is what is wrong.
    ConfinementMark {
        is: |end| ran_out(end, "start operation timed out"),
        keys: &["Type", "TimeoutStartSec", "TimeoutSec"],
    },
    ConfinementMark {
        is: |end| end.result == "watchdog" || ended_by(end, &["Watchdog timeout"]),
        keys: &["WatchdogSec"],
    },
    ConfinementMark {
        is: |end| says(end, "EROFS"),
        keys: &["ReadOnlyPaths", "ReadOnlyDirectories", "ProtectSystem", "ProtectHome", "BindReadOnlyPaths"],
    },
    ConfinementMark {
        is: |end| says(end, "EAFNOSUPPORT") || says(end, "EMFILE") || says(end, "EAGAIN") || says(end, "EPERM"),
        keys: &[
            "RestrictAddressFamilies",
            "LimitNOFILE",
            "TasksMax",
            "LimitNPROC",
            "SystemCallFilter",
            "CapabilityBoundingSet",
            "SocketBindDeny",
        ],
    },
];

/// What the manager's own steps before exec end with, and the settings that they are about (systemd.exec(5), "Process Exit
/// Codes").
static STEPS: [(u32, &[&str]); 32] = [
    (201, &["Nice"]),
    (205, &["LimitNOFILE", "LimitNPROC", "LimitAS", "LimitDATA", "LimitMEMLOCK", "LimitCORE", "LimitSTACK"]),
    (206, &["OOMScoreAdjust"]),
    (208, &["StandardInput"]),
    (209, &["StandardOutput"]),
    (210, &["RootDirectory"]),
    (211, &["IOSchedulingClass", "IOSchedulingPriority"]),
    (212, &["TimerSlackNSec"]),
    (213, &["SecureBits"]),
    (214, &["CPUSchedulingPolicy", "CPUSchedulingPriority"]),
    (215, &["CPUAffinity"]),
    (218, &["CapabilityBoundingSet", "AmbientCapabilities"]),
    (219, &["Slice", "Delegate"]),
    (222, &["StandardError", "StandardOutput"]),
    (224, &["PAMName"]),
    (225, &["PrivateNetwork", "NetworkNamespacePath", "PrivateIPC", "IPCNamespacePath"]),
    (226, &["RootImage", "MountImages", "ExtensionImages", "ExtensionDirectories"]),
    (227, &["NoNewPrivileges"]),
    (228, &["SystemCallFilter", "SystemCallArchitectures"]),
    (229, &["SELinuxContext"]),
    (230, &["Personality"]),
    (231, &["AppArmorProfile"]),
    (232, &["RestrictAddressFamilies"]),
    (233, &["RuntimeDirectory"]),
    (236, &["SmackProcessLabel"]),
    (237, &["KeyringMode"]),
    (238, &["StateDirectory"]),
    (239, &["CacheDirectory"]),
    (240, &["LogsDirectory"]),
    (241, &["ConfigurationDirectory"]),
    (242, &["NUMAPolicy", "NUMAMask"]),
    (243, &CREDENTIALS),
];

/// Settings that hand the agent a credential (systemd.exec(5), "Credentials").
const CREDENTIALS: [&str; 5] =
    ["LoadCredential", "LoadCredentialEncrypted", "SetCredential", "SetCredentialEncrypted", "ImportCredential"];

/// The variable with Node's options, where it stands in a file of variables.
const VARIABLE: &str = "NODE_OPTIONS";

/// The line that is known for the way in which the service ends, if it stands there.
pub(super) fn diagnose(cause: &Cause, facts: &Facts, place: LineIn) -> Option<Diagnosis> {
    let unit = &started::unit(facts)?.unit;
    let crash = crash::crash(facts);
    let variables = &started::unit(facts)?.variables;
    let found = of_node(unit, variables, crash.as_ref());
    let found = found
        .or_else(|| of_a_path(facts, unit))
        .or_else(|| of_a_mount(facts, unit, crash.as_ref()))
        .or_else(|| of_the_end(facts, unit, crash.as_ref()))?;
    let in_unit = found.key == VARIABLE || !is_drop_in(unit, &found.setting);
    let stands = if !in_unit { LineIn::DropIn } else { LineIn::Unit };
    if stands != place {
        return None;
    }
    let (key, value) = (found.key, found.setting.value);
    let line = if key == "ExecStart" { "its options for node".to_owned() } else { format!("`{key}={value}`") };
    let words = match place {
        LineIn::DropIn => format!("A drop-in confines the agent so that it cannot start: {line}"),
        LineIn::Unit => format!("A line of the unit keeps the agent from starting: {line}"),
    };
    let hidden = found.crash.is_none() && is_out_of_sight_key(key) && not_there(facts).is_none();
    let there = started::directory(facts).filter(|_| hidden);
    let said = found.crash.map(|crash| crash.headline).or_else(|| deciding(facts));
    let diagnosis = cause
        .found(facts, words, evidence::unit_line(key, &found.setting))
        .and(said.map(evidence::journal))
        .and(told_of::seen(facts, &told_of::FORBIDDEN_CALL))
        .and(there.map(evidence::reached))
        .and(evidence::state(facts));
    Some(diagnosis.steps(remedy(facts, &found)))
}

/// A line that is found, and the words of Node's that led to it.
struct ConfinedLine<'a> {
    key: &'static str,
    setting: Setting<'a>,
    /// The other keys of its kind: they are taken out with it.
    keys: Vec<&'static str>,
    crash: Option<&'a Crash<'a>>,
}

/// systemd's deciding line.
pub(super) fn deciding(facts: &Facts) -> Option<&JournalEntry> {
    let words =
        [NAMESPACING, "Failed at step", "timed out", "runtime time limit", "Watchdog timeout", "Main process exited"];
    evidence::deciding_line(facts, &words)
}

fn is_out_of_sight_key(key: &str) -> bool {
    MARKS.first().is_some_and(|mark| mark.keys.contains(&key))
}

/// An option that Node refuses, or a module that one of its options asks for: in `NODE_OPTIONS`, or in the command.
fn of_node<'a>(unit: &'a Unit, files: &'a [UnitFile], crash: Option<&'a Crash<'a>>) -> Option<ConfinedLine<'a>> {
    let crash = crash?;
    let asked = FatalOption::of(crash)?;
    let (key, setting) = line_with(unit, files, &asked)?;
    Some(ConfinedLine { key, setting, keys: vec![key], crash: Some(crash) })
}

/// The line with an option of Node's: of a file of variables, of `Environment=`, or of the command.
fn line_with<'a>(
    unit: &'a Unit,
    files: &'a [UnitFile],
    asked: &FatalOption<'_>,
) -> Option<(&'static str, Setting<'a>)> {
    let asks = |setting: &Setting<'a>| asked.is_in(setting.value);
    let variable = unit.settings("Service", "Environment").into_iter().rev();
    let variable = variable.filter(|setting| setting.value.contains("NODE_OPTIONS=")).find(asks);
    // What a file says counts for more than `Environment=` (systemd.exec(5), `EnvironmentFile=`).
    let in_file = files.iter().rev().find_map(|file| {
        let found = file.assignments.iter().rev().find(|found| found.key == VARIABLE && asked.is_in(&found.value))?;
        Some(Setting { value: &found.value, file, line: found.line })
    });
    Some(match (in_file, variable) {
        (Some(setting), _) => (VARIABLE, setting),
        (None, Some(setting)) => ("Environment", setting),
        (None, None) => ("ExecStart", unit.exec_start().filter(asks)?),
    })
}

/// The line that gives Node an option, and what takes it away.
pub(super) fn option(facts: &Facts, name: &str) -> Option<(Evidence, Vec<FixStep>)> {
    let unit = started::unit(facts)?;
    let asked = FatalOption::Word(name);
    let (key, setting) = line_with(&unit.unit, &unit.variables, &asked)?;
    Some((evidence::unit_line(key, &setting), without_option(facts, key, &setting, &asked)?))
}

/// What an option says by which Node dies.
pub(super) enum FatalOption<'a> {
    /// This, somewhere in it: the option's own name, or a path.
    Word(&'a str),
    /// One of Node's own restrictions of what a program may do (nodejs.org, "Permissions").
    Restriction,
    /// That a debugger may connect at this port.
    Debugger(u16),
}

impl<'a> FatalOption<'a> {
    pub(super) fn of(crash: &'a Crash<'_>) -> Option<Self> {
        match &crash.kind {
            CrashKind::Outside(name) => Some(Self::Word(name)),
            CrashKind::Option => {
                let option = crash.text.split_whitespace().find(|word| word.starts_with('-'));
                // Of a debugger's port Node says no more (`--inspect-port=99`).
                let of_port = crash.text.ends_with("must be 0 or in range 1024 to 65535.").then_some("--inspect");
                option.or(of_port).or_else(|| crash::absent_file(&crash.text)).map(Self::Word)
            }
            CrashKind::Restricted => Some(Self::Restriction),
            CrashKind::PortInUse(Some(port)) => Some(Self::Debugger(*port)),
            _ => None,
        }
    }

    pub(super) fn is_in(&self, value: &str) -> bool {
        match self {
            Self::Word(word) => value.contains(word),
            Self::Restriction => words(value).any(|word| matches!(word, "--permission" | "--experimental-permission")),
            Self::Debugger(port) => words(value).any(|word| debugger_at(word) == Some(*port)),
        }
    }
}

/// The words of a command, or of a variable's value.
fn words(value: &str) -> impl Iterator<Item = &str> {
    let words = value.split([' ', '\t', '"', '\'']);
    words.map(|word| word.strip_prefix("NODE_OPTIONS=").unwrap_or(word))
}

/// Whether what follows such an option is neither another one nor a script: a value that is not joined to it by `=`.
fn has_value_apart(value: &str, is_it: impl Fn(&str) -> bool) -> bool {
    let mut behind = words(value).skip_while(|word| !is_it(word)).skip(1);
    behind.next().is_some_and(|word| !word.starts_with('-') && !word.contains(['/', '.']))
}

/// The port at which an option lets a debugger connect (node(1), `--inspect`).
fn debugger_at(word: &str) -> Option<u16> {
    const USUAL: u16 = 9229;
    let (option, place) = word.split_once('=').unwrap_or((word, ""));
    let is_it = matches!(option, "--inspect" | "--inspect-brk" | "--inspect-wait" | "--inspect-port" | "--debug-port");
    let port = place.rsplit(':').next().unwrap_or_default();
    is_it.then(|| port.parse().unwrap_or(USUAL))
}

/// What systemd says of a path that it was to hide, to show or to open to the agent, and that is not there (namespace.c).
const NAMESPACING: &str = "set up mount namespacing: ";

/// Settings with paths that have to be there, unless a `-` forgives it (systemd.exec(5)).
const PATHS: [&str; 7] = [
    "ReadWritePaths",
    "ReadOnlyPaths",
    "InaccessiblePaths",
    "ExecPaths",
    "NoExecPaths",
    "BindPaths",
    "BindReadOnlyPaths",
];

/// The line with the path that systemd did not find when it made what the agent sees of the disk.
fn of_a_path<'a>(facts: &'a Facts, unit: &'a Unit) -> Option<ConfinedLine<'a>> {
    let path = not_there(facts)?;
    PATHS.into_iter().find_map(|key| {
        let names = |setting: &Setting<'_>| setting.value.split_whitespace().any(|word| is_path(unit, word, &path));
        let setting = unit.settings("Service", key).into_iter().find(names)?;
        Some(ConfinedLine { key, setting, keys: vec![key], crash: None })
    })
}

/// The line that mounts something else over a part of the bundle, where Node does not find there what it loads.
fn of_a_mount<'a>(facts: &'a Facts, unit: &'a Unit, crash: Option<&'a Crash<'a>>) -> Option<ConfinedLine<'a>> {
    let absent = |kind: &CrashKind| matches!(kind, CrashKind::Package(_) | CrashKind::File(_) | CrashKind::Export(_));
    let crash = crash.filter(|crash| absent(&crash.kind))?;
    let paths = SeenPaths::of(unit);
    let line = paths.inside(&facts.places.bundle)?;
    let setting = unit.settings("Service", line.key).into_iter().find(|setting| setting.place() == line.place)?;
    Some(ConfinedLine { key: line.key, setting, keys: vec![line.key], crash: Some(crash) })
}

/// The path that systemd names.
fn not_there(facts: &Facts) -> Option<String> {
    let said = evidence::manager_line(facts, &[NAMESPACING])?;
    let (_, rest) = said.message.split_once(NAMESPACING)?;
    let path = rest.split_once(": ").map_or(rest, |(path, _)| path);
    Some(normal(path.strip_prefix("/run/systemd/unit-root").unwrap_or(path)))
}

/// Whether a word of such a setting is about that path: `PATH`, `+PATH`, `PATH:PLACE`.
fn is_path(unit: &Unit, word: &str, path: &str) -> bool {
    word.split(':').take(2).any(|part| normal(&unit.expand(part.trim_start_matches('+'))) == path)
}

/// The groups of settings that are known for how it ends.
fn groups_of_the_end(facts: &Facts, crash: Option<&Crash<'_>>) -> Vec<&'static [&'static str]> {
    let service = facts.service.known();
    let exit = match facts.condition() {
        Condition::Looping | Condition::Down => service.and_then(|service| service.exit),
        Condition::Unknown => facts.runs().last().filter(|run| run.died()).and_then(JournalRun::exit),
        _ => return Vec::new(),
    };
    let end = ServiceEnd { facts, exit, result: service.map_or("", |service| service.result.as_str()), crash };
    let step = STEPS.iter().find(|(code, _)| exit == Some(Exit::Code(*code))).map(|(_, keys)| *keys);
    let marks = MARKS.iter().filter(|mark| (mark.is)(&end)).map(|mark| mark.keys);
    step.into_iter().chain(marks).collect()
}

/// The settings that are known for how it ends.
pub(super) fn keys_of_the_end(facts: &Facts, crash: Option<&Crash<'_>>) -> Vec<&'static str> {
    groups_of_the_end(facts, crash).into_iter().flatten().copied().collect()
}

/// The line that is known for how it ends.
fn of_the_end<'a>(facts: &'a Facts, unit: &'a Unit, crash: Option<&'a Crash<'a>>) -> Option<ConfinedLine<'a>> {
    let groups = groups_of_the_end(facts, crash);
    let confines = |setting: &Setting<'_>| {
        !matches!(setting.value, "no" | "false" | "off" | "0" | "infinity" | "simple" | "exec" | "idle")
    };
    groups.into_iter().find_map(|keys| {
        let of = |key: &&'static str| Some((*key, unit.setting("Service", key).filter(confines)?));
        let found = keys.iter().filter_map(of);
        // What a drop-in adds is what the unit could do without.
        let (key, setting) = found.min_by_key(|(_, setting)| !is_drop_in(unit, setting))?;
        Some(ConfinedLine { key, setting, keys: keys.to_vec(), crash: crash.filter(|_| key != "Type") })
    })
}

/// Whether a time has run out, by the manager's words for it. Those of a command before the agent are about that command.
fn ran_out(end: &ServiceEnd<'_>, words: &str) -> bool {
    let told = |words: &[&str]| evidence::manager_line(end.facts, words).is_some();
    match end.facts.service.known() {
        // The line may be lost (journald, systemd 247).
        Some(_) => end.result == "timeout" && (told(&[words]) || !told(&["runtime time limit", "timed out"])),
        None => told(&[words]),
    }
}

/// Whether the manager says so of the end: of a disk, the stored journal alone tells.
fn ended_by(end: &ServiceEnd<'_>, words: &[&str]) -> bool {
    end.facts.service.known().is_none() && evidence::manager_line(end.facts, words).is_some()
}

fn says(end: &ServiceEnd<'_>, code: &str) -> bool {
    end.crash.is_some_and(|crash| crash.text.contains(&format!("{code}:")) || crash.text.ends_with(code))
}

/// 200/CHDIR, 203/EXEC or 226/NAMESPACE, or Node does not find its script, and what is named is there.
fn is_out_of_sight(end: &ServiceEnd<'_>) -> bool {
    let is_there = |reached: Option<&ReachedPath>| {
        reached.is_some_and(|reached| matches!(reached.presence, Presence::Directory | Presence::File { .. }))
    };
    let there = is_there(started::directory(end.facts)) && is_there(started::program(end.facts));
    let script = started::script(end.facts).filter(|script| is_there(Some(*script)));
    let unseen = end.crash.is_some_and(|crash| match &crash.kind {
        CrashKind::File(path) => script.is_some_and(|script| script.path == *path),
        CrashKind::Denied => script.is_some_and(|script| crash.text.contains(&script.path)),
        _ => false,
    });
    there && (matches!(end.exit, Some(Exit::Code(200 | 203 | 226))) || unseen)
}

/// Whether a limit of time on a processor may have ended it: nothing else is known to have killed it.
fn used_its_time_up(end: &ServiceEnd<'_>) -> bool {
    let by_hand = evidence::manager_line(end.facts, &["on client request"]).is_some();
    match end.exit {
        Some(Exit::Signal(24)) => true,
        Some(Exit::Signal(9)) => !by_hand && matches!(end.result, "signal" | ""),
        _ => false,
    }
}

/// Whether what the unit names lies where a unit may have a folder of its own (systemd.exec(5), `PrivateTmp=`).
fn is_in_tmp(end: &ServiceEnd<'_>) -> bool {
    let directory = started::directory(end.facts);
    let paths = [directory, started::script(end.facts), started::program(end.facts)];
    paths
        .into_iter()
        .flatten()
        .any(|reached| ["/tmp", "/var/tmp"].iter().any(|tmp| started::is_below(&reached.path, tmp)))
}

fn remedy(facts: &Facts, found: &ConfinedLine<'_>) -> Vec<FixStep> {
    let setting = &found.setting;
    if let Some(path) = not_there(facts).filter(|_| PATHS.contains(&found.key))
        && let Some(unit) = started::unit(facts).map(|unit| &unit.unit)
    {
        let forgiven = |_: usize, word: &str| is_path(unit, word, &path).then(|| format!("-{word}"));
        let edited = UnitChange::of(setting.file).word(setting.line, SettingSyntax::Words, forgiven);
        let commands = edited.and_then(|change| change.commands(facts));
        return unit_fix::step_and_restart(facts, "let the unit start without what is not there", commands);
    }
    let asked = found.crash.and_then(FatalOption::of);
    if let Some(steps) = asked.and_then(|asked| without_option(facts, found.key, setting, &asked)) {
        return steps;
    }
    without(facts, setting, &found.keys)
}

/// What takes an option of Node's out of a line.
fn without_option(facts: &Facts, key: &str, setting: &Setting<'_>, asked: &FatalOption<'_>) -> Option<Vec<FixStep>> {
    if key == "ExecStart" {
        // One word that begins an option and says all of it; another may belong to the one before it.
        let is_it = |word: &str| word.starts_with("--") && asked.is_in(word);
        if has_value_apart(setting.value, is_it) {
            return Some(unit_other_command::as_documented(facts));
        }
        if words(setting.value).any(is_it) {
            let drop = |_: usize, word: &str| is_it(word).then(String::new);
            let edited = UnitChange::of(setting.file).word(setting.line, SettingSyntax::Words, drop);
            let commands = edited.and_then(|change| change.commands(facts));
            return Some(unit_fix::step_and_restart(facts, "take the option out of the command", commands));
        }
        let text = format!("take the option out of the command, at {}", setting.place());
        return Some(vec![FixStep::looks(text, fix::systemctl("cat", facts).into_iter().collect())]);
    }
    if key == VARIABLE {
        let commands = unit_lines::without_options(facts, setting);
        return Some(unit_fix::step_and_restart(facts, unit_lines::taking_options_out(facts, setting), commands));
    }
    (key == "Environment").then(|| {
        let commands = unit_fix::without_variable(facts, setting, VARIABLE);
        unit_fix::step_and_restart(facts, "take `NODE_OPTIONS` out", commands)
    })
}
