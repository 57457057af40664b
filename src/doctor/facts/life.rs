//! How the service fares, from what its manager says and what its journal tells of the runs before.

use super::Facts;
use super::condition::{Condition, SETTLED};
use super::journal::{JournalEntry, JournalRun, Speaker, id};
use super::service::Service;

/// Seconds after which a death says nothing of a service that is up at this moment.
const LOOP_WINDOW: u64 = 300;
/// Seconds of life beyond which deaths are no loop, however often they come.
const LONG_LIFE: u64 = 6 * 3600;

impl Facts {
    /// How the service fares now.
    #[must_use]
    pub(crate) fn condition(&self) -> Condition {
        let Some(service) = self.service.known() else { return Condition::Unknown };
        if service.waits_for_restart() {
            return Condition::Looping;
        }
        if service.runs() {
            return if self.dies_again(service) { Condition::Looping } else { Condition::Running };
        }
        if service.is_queued() {
            return Condition::Starting;
        }
        match service.active_state.as_str() {
            // One death does not make a loop of the start that follows it.
            "activating" | "deactivating" | "reloading" | "refreshing" => {
                let runs = self.dead_runs();
                let again = runs.len() > 1 && alike(&runs);
                if again { Condition::Looping } else { Condition::Starting }
            }
            // `RemainAfterExit=`: the process has ended, and its unit counts as active all the same.
            "active" if service.sub_state == "exited" && service.exit_code() == Some(0) => Condition::Stopped,
            "active" if self.streak() > 0 => Condition::Looping,
            "inactive" if self.ended_by_itself() => Condition::Down,
            "inactive" => Condition::Stopped,
            // A handler of SIGTERM that exits with a code of its own, or an agent that had to be killed in the end.
            "failed" if self.was_being_stopped(service) => Condition::Stopped,
            _ => Condition::Down,
        }
    }

    /// Seconds since the main process was started; nothing where it does not run, or that is not known.
    #[must_use]
    pub(crate) fn up(&self) -> Option<u64> {
        let service = self.service.known().filter(|service| service.runs())?;
        service.started.or(service.active_since).map(|since| self.at.seconds_since(since))
    }

    /// Whether a service that is up at this moment is in a loop that shows `active` for a moment: restarted by its
    /// manager after deaths of the same kind, and not yet up for longer than the runs before it lived.
    fn dies_again(&self, service: &Service) -> bool {
        // A start by hand sets the counter back to 0 (`NRestarts`, org.freedesktop.systemd1(5)).
        let restarts = service.restarts.unwrap_or(0);
        if restarts == 0 {
            return false;
        }
        let up = self.up().unwrap_or(u64::MAX);
        let runs = self.runs();
        // Restarts were counted, and no run before this one was written down: a journal that is off or may not be read.
        if runs.iter().all(|run| Some(run.invocation) == service.invocation.as_deref()) {
            return restarts > 1 && up < SETTLED;
        }
        if self.was_started_by_hand() {
            return false;
        }
        let dead = self.dead_runs();
        let recent = dead.first().is_some_and(|run| self.at.seconds_since(run.end()) <= LOOP_WINDOW);
        let lived = dead.first().map_or(0, JournalRun::lived).min(LOOP_WINDOW);
        // An agent that was killed once, and is back, is in no loop; one that has died right after its start, and has not
        // lived since, is.
        let again = if restarts > 1 { alike(&dead) } else { lived < SETTLED };
        recent && again && up < SETTLED.max(lived.saturating_mul(2))
    }

    /// Whether the run that is up was started by somebody, and not by `Restart=`: systemd says of each of its own starts that
    /// it is scheduled, as the last word on the run before. The counter does not tell, since a start by hand in the pause
    /// between two runs keeps it (measured with systemd 252).
    fn was_started_by_hand(&self) -> bool {
        let scheduled = |run: &JournalRun<'_>| run.entries.iter().any(|entry| entry.is(id::RESTART_SCHEDULED));
        let dead = self.dead_runs();
        // Where no run has that word, it is the journal that has not kept it.
        dead.first().is_some_and(|run| !scheduled(run)) && dead.iter().any(scheduled)
    }

    /// The last death of an agent that is up again by itself, while that death is recent, or the agent has not yet been up
    /// for longer than it took to die several times before.
    #[must_use]
    pub(crate) fn recovered_from(&self) -> Option<JournalRun<'_>> {
        let service = self.service.known().filter(|service| service.runs() && service.restarts.unwrap_or(0) > 0)?;
        let up = self.up()?;
        let dead = self.dead_runs();
        let last = dead.first().filter(|_| !self.was_started_by_hand())?;
        let lived = last.lived();
        let several = service.restarts > Some(1) && dead.len() > 1 && alike(&dead);
        let shaky = up < LOOP_WINDOW || (several && lived < LONG_LIFE && up <= lived);
        shaky.then(|| last.clone())
    }

    /// Whether its manager was stopping the last run when that ended, however it ended.
    fn was_being_stopped(&self, service: &Service) -> bool {
        let last = self.runs().into_iter().next_back();
        last.is_some_and(|run| {
            Some(run.invocation) == service.invocation.as_deref()
                && run.entries.iter().any(|entry| entry.is(id::STOPPING))
        })
    }

    /// Whether the last run ended without being stopped by hand.
    fn ended_by_itself(&self) -> bool {
        let failed = self.service.known().is_some_and(|service| !matches!(service.result.as_str(), "" | "success"));
        failed && self.runs().last().is_none_or(JournalRun::died)
    }

    /// The runs of the service, oldest first.
    #[must_use]
    pub(crate) fn runs(&self) -> Vec<JournalRun<'_>> {
        self.journal.known().map(super::Journal::runs).unwrap_or_default()
    }

    /// The runs in a row that have died by themselves up to now, newest first, as far as the journal was read, without the
    /// run that is up now.
    fn dead_runs(&self) -> Vec<JournalRun<'_>> {
        // In the pause between two runs the id is still that of the run that died.
        let up = |service: &&Service| {
            service.runs() || (service.active_state == "activating" && !service.waits_for_restart())
        };
        let current = self.service.known().filter(up).and_then(|service| service.invocation.clone());
        let mut runs = self.runs();
        runs.retain(|run| Some(run.invocation) != current.as_deref());
        runs.into_iter().rev().take_while(JournalRun::died).collect()
    }

    /// How many runs in a row have died by themselves up to now, as far as the journal was read. The run that is up now
    /// is not counted.
    #[must_use]
    pub(crate) fn streak(&self) -> usize {
        let current =
            self.service.known().filter(|service| service.runs()).and_then(|service| service.invocation.clone());
        let runs = self.runs();
        let past = runs.iter().rev().filter(|run| Some(run.invocation) != current.as_deref());
        past.take_while(|run| run.died()).count()
    }

    /// Whether the bundle was replaced, or parts of it, after the last death: what that death said is of another bundle, and
    /// whether this one starts is not known yet.
    #[must_use]
    pub(crate) fn was_replaced_since(&self) -> bool {
        let replaced = self.deployment.inspected().and_then(|inspected| inspected.replaced);
        let died = self.dead_runs().first().and_then(|run| run.ended());
        replaced.zip(died).is_some_and(|(replaced, died)| replaced > died)
    }

    /// What the manager has said of the unit in the boot that runs, oldest first.
    #[must_use]
    pub(crate) fn manager_now(&self) -> Vec<&JournalEntry> {
        let entries = self.journal.known().map(|journal| journal.entries.as_slice()).unwrap_or_default();
        let boot = self.host.boot.as_deref();
        let now = |entry: &&JournalEntry| boot.is_none() || entry.boot.is_none() || entry.boot.as_deref() == boot;
        entries.iter().filter(|entry| entry.speaker == Speaker::Manager).filter(now).collect()
    }

    /// The death that is the only one in a row, of an agent that had been up for long enough: systemd starts it again, and
    /// whether it comes back is not known yet.
    #[must_use]
    pub(crate) fn only_death(&self) -> Option<JournalRun<'_>> {
        let service = self.service.known()?;
        let mut dead = self.dead_runs();
        let first = dead.len() == 1 && service.waits_for_restart() && service.restarts.unwrap_or(0) <= 1;
        first.then(|| dead.pop()).flatten().filter(|run| run.lived() >= SETTLED)
    }
}

/// Whether the two newest deaths are of the same kind; one that the journal has lost is taken for the same.
fn alike(dead: &[JournalRun<'_>]) -> bool {
    let mut exits = dead.iter().take(2).filter_map(JournalRun::exit);
    let first = exits.next();
    exits.all(|exit| Some(exit) == first)
}
