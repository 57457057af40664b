//! `systemd-unavailable`: systemd cannot be asked, so whether the agent runs is not known.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix};
use crate::doctor::facts::{EXHAUSTED, Facts};
use crate::report::diagnosis::{Diagnosis, FixStep, command};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
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
    let why = facts.service.why_unknown().filter(|_| facts.is_live() && !facts.has_no_agent())?;
    let help = why.help.as_ref().map(evidence::systemctl);
    let step = if why.because == EXHAUSTED {
        let most = command!("ps", "-e", "-o", "nlwp,rss,pid,ppid,comm", "--sort", "-nlwp");
        FixStep::looks("end what takes up all processes or memory", vec![most, command!("free", "-m")])
    } else {
        FixStep::looks(
            "ask where systemd is process 1: on the server itself, not in a container or chroot of it",
            [command!("ps", "-p", "1", "-o", "comm=")].into_iter().chain(fix::systemctl("status", facts)).collect(),
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
