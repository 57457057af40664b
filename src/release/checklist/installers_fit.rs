//! Whether the units that the repository's installers write would start the bundle that is published.

use super::compared;
use crate::check::inspect::Inspected;
use crate::check::rules::misfits;
use crate::release::workspace::Workspace;
use crate::report::finding::{Observation, Severity};
use crate::report::release::Judgement;

/// The line's failure, where a unit does not start the bundle for certain; else what may be wrong, or could not be told.
pub(super) fn judge(workspace: &Workspace, bundle: &Inspected) -> Result<Judgement, Vec<String>> {
    let (mut wrong, mut doubtful) = (Vec::new(), Vec::new());
    let mut help = None;
    let bundle = bundle.bundle_unfollowed();
    for installer in &workspace.installers {
        let place = &installer.place;
        let unit = match &installer.unit {
            Ok(unit) => unit,
            Err(why) => {
                doubtful.push(format!("{place}  whether its unit starts the bundle cannot be told: {why}"));
                continue;
            }
        };
        for Observation { message, severity, help: mends, .. } in misfits(&bundle, unit) {
            let words = format!("{place}  {message}");
            if severity.is_none_or(|severity| severity == Severity::Error) {
                wrong.push(words);
                help.get_or_insert(mends);
            } else {
                doubtful.push(words);
            }
        }
    }
    match help {
        None => Err(compared::bounded(doubtful)),
        Some(help) => {
            let message = "a unit that the repository's installer writes does not start this bundle";
            Ok(Judgement::fail(message, help).evidence(compared::bounded([wrong, doubtful].concat())))
        }
    }
}
