//! `--rehearse`: the update run for real, with the archive that is published.

use super::ReleaseJob;
use crate::check::engine;
use crate::commands::rehearse::waited_for;
use crate::release::workspace::UpdateTrial;
use crate::update::rehearse::{Choice, Leave, Network, RehearsalError, RehearsalPlan, RehearsalSubject, rehearse};
use anyhow::Result;
use std::time::Duration;

/// How long an agent must stay up once it has connected.
const HOLD: Duration = Duration::from_secs(5);
/// How long it has to connect.
const PATIENCE: Duration = Duration::from_secs(30);

impl ReleaseJob<'_> {
    /// Tries the update, if it was asked for. What stands in the way of trying leaves the line open.
    pub(super) fn trial(&self) -> Result<UpdateTrial> {
        if !self.options.rehearse {
            return Ok(UpdateTrial::NotTried);
        }
        let Ok(archive) = self.repo.join(&self.places.published).canonicalize() else {
            return Ok(UpdateTrial::Impossible(format!("{} is not there", self.places.published)));
        };
        let plan = RehearsalPlan {
            subject: RehearsalSubject::Archive(archive),
            from: None,
            updates: self.updates(),
            choice: Choice::AsProcedure,
            network: if self.options.offline { Network::CachesOnly } else { Network::Registry },
            hold: HOLD,
            patience: PATIENCE,
            shown_variables: Vec::new(),
            leave: Leave::Nothing,
        };
        let waiting = self.session.waiting();
        let done =
            rehearse(&plan, self.interrupt.stop(), &|generation, step| waiting.say(waited_for(generation, step)));
        drop(waiting);
        match done {
            Ok(mut rehearsal) => {
                let verdict = engine::weigh(&mut rehearsal, &self.policy);
                Ok(UpdateTrial::Tried(Box::new(rehearsal), verdict))
            }
            Err(error @ RehearsalError::Missing { .. }) => {
                Ok(UpdateTrial::Impossible(crate::text::printable(&error.to_string()).into_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }
}
