//! What could not be learnt, why, and what would help.

use crate::doctor::facts::{Condition, Fact, Facts, Hold, Journal, LogKind, SETTLED, SignatureDemand};
use crate::report::server::NotChecked;
use crate::report::signature::SignatureStatus;

/// Everything that is not known and would have been looked at.
pub(super) fn not_checked(facts: &Facts) -> Vec<NotChecked> {
    let mut missing = Vec::new();
    push(&mut missing, "the service", &facts.service);
    push(&mut missing, "the unit file", &facts.unit);
    push(&mut missing, "the journal", &facts.journal);
    push(&mut missing, "the running process", &facts.process);
    push(&mut missing, "the deployed bundle", &facts.deployment.state);
    push(&mut missing, "the backup", &facts.backup.state);
    push(&mut missing, "the download", &facts.download);
    push(&mut missing, "node", &facts.node);
    missing.extend(not_run(facts));
    missing.extend(not_signed(facts));
    push(&mut missing, "who listens on which port", &facts.listeners);
    let speaks = matches!(facts.condition(), Condition::Running | Condition::Looping | Condition::Down);
    if let Some(journal) = facts.journal.known().filter(|journal| speaks && journal.entries.is_empty()) {
        let (because, help) = match journal.is_volatile {
            true => (
                "it is kept in memory only, and holds no line of the unit",
                "mkdir -p /var/log/journal && systemctl restart systemd-journald",
            ),
            false => ("it holds no line of the unit", "see `Storage=` in /etc/systemd/journald.conf"),
        };
        missing.push(NotChecked { what: "the journal", because: because.to_owned(), help: Some(help.to_owned()) });
    }
    missing.extend(facts.journal.known().and_then(unread));
    missing.extend(elsewhere(facts));
    if let Some(up) = facts.up().filter(|up| *up < SETTLED && facts.condition() == Condition::Running) {
        let because = format!("it was started {up} s ago");
        let help = Some(format!("ask again in {} s", SETTLED.saturating_sub(up)));
        missing.push(NotChecked { what: "whether the agent stays up", because, help });
    }
    missing.extend(connection(facts));
    missing.extend(turning(facts));
    // Who is root already is not helped by it.
    if facts.is_root() {
        missing.iter_mut().for_each(|one| one.help = one.help.take().filter(|help| !help.starts_with(AS_ROOT)));
    }
    missing
}

/// Files of the journal that were passed over, or that this journalctl cannot read.
fn unread(journal: &Journal) -> Option<NotChecked> {
    let (first, others) = journal.unread.split_first()?;
    let more = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
    Some(NotChecked { what: "a part of the journal", because: format!("{first}{more}"), help: None })
}

/// The agent's own words, where the unit sends them to where they cannot be read.
fn elsewhere(facts: &Facts) -> Vec<NotChecked> {
    let places = facts.journal.known().map(|journal| journal.elsewhere.as_slice()).unwrap_or_default();
    let runs = facts.condition() == Condition::Running;
    let unread = places.iter().filter_map(|place| {
        let (because, help) = match (&place.kind, &place.unread) {
            (LogKind::Nowhere(key), _) if !runs => (format!("the unit has `{key}=null`, so it is thrown away"), None),
            (LogKind::Dropped(line), _) if !runs => {
                (format!("the unit has `{line}`, so that the journal keeps little of it"), None)
            }
            (LogKind::File(path), Some(why)) => (format!("{path}: {}", why.because), why.help.clone()),
            _ => return None,
        };
        Some(NotChecked { what: "what the agent prints", because, help })
    });
    unread.collect()
}

/// The Node that was not asked for its version, since root would have run what another may have put there.
fn not_run(facts: &Facts) -> Option<NotChecked> {
    let node = facts.node.known()?.as_ref().filter(|node| node.version.is_none() && facts.is_live())?;
    let guard = facts.guards.iter().find(|guard| guard.path == node.path)?;
    let may = match guard.hold {
        Hold::UnitsUser | Hold::Anyones { .. } => "may be changed by another than root",
        Hold::Link(_) => {
            "is reached through a link that leads to what another than root may change, or does not answer"
        }
        Hold::ShownElsewhere(_) => "is the agent's alone, by its unit",
        Hold::Roots | Hold::Unseen => return None,
    };
    let because = format!("{} {may}, so it was not run", node.path);
    Some(NotChecked { what: "the version of node", because, help: None })
}

/// Whose files the bundle's are, where a key was named to tell and there is nothing to be told by. What says that it was
/// otherwise before is `tampered-files`.
fn not_signed(facts: &Facts) -> Option<NotChecked> {
    let bundle = facts.deployment.inspected()?;
    let report = &bundle.report.signature;
    let id = report.key_id.as_deref().unwrap_or("unknown");
    let (because, help) = match (report.status, facts.policy.signed) {
        (SignatureStatus::Missing, SignatureDemand::Expected) => (
            "the bundle has no signed manifest (SHA256SUMS and SHA256SUMS.minisig)".to_owned(),
            "deploy a signed release: `bundle-doctor sign --help`",
        ),
        (SignatureStatus::Untrusted, SignatureDemand::None) => (
            format!("its manifest is signed by the key {id}, which is not among the trusted ones"),
            "give that key, if it is the release's: `--key FILE`",
        ),
        _ => return None,
    };
    Some(NotChecked { what: "whether the bundle is as it was signed", because, help: Some(help.to_owned()) })
}

/// Whether the agent is connected, where that could not be told.
fn connection(facts: &Facts) -> Option<NotChecked> {
    let process = facts.process.known()?.as_ref().filter(|_| facts.condition() == Condition::Running)?;
    let what = "whether the agent reaches its control plane";
    let unseen = facts.control_plane.why_unknown().or_else(|| process.connections.why_unknown());
    if let Some(why) = unseen {
        return Some(NotChecked { what, because: why.because.clone(), help: why.help.clone() });
    }
    let up = facts.up().filter(|up| *up < SETTLED && process.is_connected() == Some(false))?;
    let because = format!("it was started {up} s ago, and is not connected yet");
    Some(NotChecked { what, because, help: Some(format!("ask again in {} s", SETTLED.saturating_sub(up))) })
}

/// Whether the event loop turns, where only asking the agent would tell.
fn turning(facts: &Facts) -> Option<NotChecked> {
    let process = facts.process.known()?.as_ref().filter(|_| facts.up().is_some_and(|up| up >= SETTLED))?;
    let ran = process.busy()?;
    let because = format!(
        "it computed for {}.{} s without a pause, and nothing came for it meanwhile",
        ran / 1000,
        ran % 1000 / 100
    );
    let help =
        format!("ask again; if that lasts, see what it is at: ps -L -o tid,stat,pcpu,wchan:20,comm -p {}", process.pid);
    Some(NotChecked { what: "whether the agent's event loop turns", because, help: Some(help) })
}

/// What those are told who are not root.
const AS_ROOT: &str = "run it as root";

fn push<T>(missing: &mut Vec<NotChecked>, what: &'static str, fact: &Fact<T>) {
    if let Some(why) = fact.why_unknown() {
        missing.push(NotChecked { what, because: why.because.clone(), help: why.help.clone() });
    }
}
