//! `systemd-unavailable`: systemd cannot be asked, so whether the agent runs is not known.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix};
use crate::doctor::facts::{EXHAUSTED, Facts};
use crate::report::diagnosis::{Diagnosis, Step};
use crate::report::finding::Severity;

pub static CAUSE: Cause = Cause {
    id: "systemd-unavailable",
    severity: Severity::Warning,
    summary: "systemd cannot be asked, so whether the agent runs is not known",
    page: include_str!("../../../docs/causes/systemd-unavailable.md"),
    stands: Stands::Beside,
    areas: &[Area::Service],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let why = facts.service.why_unknown().filter(|_| facts.is_live())?;
    let help = why.help.as_ref().map(evidence::systemctl);
    let step = if why.because == EXHAUSTED {
        let most = fix::command(&["ps", "-e", "-o", "nlwp,rss,pid,ppid,comm", "--sort", "-nlwp"]);
        Step::safe("end what takes up all processes or memory", vec![most, fix::command(&["free", "-m"])])
    } else {
        Step::safe(
            "ask where systemd is process 1: on the server itself, not in a container or chroot of it",
            vec![fix::command(&["ps", "-p", "1", "-o", "comm="]), fix::systemctl("status", facts)],
        )
    };
    Some(
        CAUSE
            .found(
                facts,
                "systemd cannot be asked, so only the disk was judged",
                evidence::systemctl(format!("systemctl show {}: {}", facts.places.unit, why.because)),
            )
            .and(help)
            .step(step),
    )
}
