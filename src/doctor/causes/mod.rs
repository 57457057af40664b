//! The root causes of `doctor`: one file each, and the table that names them all.
//!
//! A cause is a pure function from [`Facts`](crate::doctor::facts::Facts) to what it recognises, with evidence and a fix.
//! It does not know of other causes that fired, of severities that the user changed, or of formats. To add one, see
//! `docs/contributing.md`.

pub(super) mod agent_outside_unit;
mod backup_nested;
pub(super) mod bundle_fix;
mod cause;
mod confinement;
pub(crate) mod control_plane_unreachable;
pub(super) mod crash;
mod cwd_deleted;
mod dependencies_not_installed;
mod dependency_failed;
mod deployment_missing;
mod deployment_nested;
mod disk_full;
mod download_not_an_archive;
mod drop_in_overrides;
mod entry_point_missing;
pub(super) mod evidence;
mod executable_missing;
mod explained;
pub(super) mod findings;
pub(super) mod fix;
mod halted_update;
mod helper_command_failed;
mod mended;
mod missing_export;
mod module_format_mismatch;
mod module_not_found;
mod module_syntax_error;
pub(super) mod new_bundle;
mod node_too_old;
mod of_manager;
mod out_of_memory;
mod permission_denied;
mod port_in_use;
mod process_frozen;
mod recovered;
mod restart_would_fail;
mod secret_in_unit;
mod service_crash_loop;
mod service_starting;
mod service_stopped;
mod shared_file;
mod shared_package_linked;
mod shared_package_missing;
mod start_limit_hit;
pub(crate) mod started;
mod systemd_unavailable;
mod tampered_files;
mod told_of;
mod unit_confinement;
mod unit_disabled;
mod unit_fix;
mod unit_invalid;
mod unit_lines;
mod unit_masked;
mod unit_missing;
mod unit_nested_paths;
mod unit_not_reloaded;
mod unit_other_command;
mod unknown_crash;
mod update_interrupted;
mod user_missing;
mod working_directory_missing;

pub(crate) use cause::{Area, Cause, Stands, ToldBy};

/// Every cause, in the order in which a start meets them: the manager, the unit, what an update left, the directory, the
/// program, the script, its modules, the running agent, and what is only worth a warning.
pub(crate) static CAUSES: &[&Cause] = &[
    &restart_would_fail::CAUSE,
    &systemd_unavailable::CAUSE,
    &unit_masked::CAUSE,
    &unit_missing::CAUSE,
    &unit_invalid::CAUSE,
    &dependency_failed::CAUSE,
    &disk_full::CAUSE,
    &drop_in_overrides::CAUSE,
    &unit_not_reloaded::CAUSE,
    &unit_confinement::CAUSE,
    &user_missing::CAUSE,
    &download_not_an_archive::CAUSE,
    &update_interrupted::CAUSE,
    &deployment_missing::CAUSE,
    &deployment_nested::CAUSE,
    &unit_other_command::CAUSE,
    &unit_nested_paths::CAUSE,
    &working_directory_missing::CAUSE,
    &executable_missing::CAUSE,
    &helper_command_failed::CAUSE,
    &permission_denied::CAUSE,
    &entry_point_missing::CAUSE,
    &dependencies_not_installed::CAUSE,
    &shared_package_missing::CAUSE,
    &shared_package_linked::CAUSE,
    &tampered_files::CAUSE,
    &node_too_old::CAUSE,
    &missing_export::CAUSE,
    &module_format_mismatch::CAUSE,
    &module_syntax_error::CAUSE,
    &module_not_found::CAUSE,
    &out_of_memory::CAUSE,
    &port_in_use::CAUSE,
    &unknown_crash::CAUSE,
    &start_limit_hit::CAUSE,
    &service_crash_loop::CAUSE,
    &service_stopped::CAUSE,
    &service_starting::CAUSE,
    &process_frozen::CAUSE,
    &cwd_deleted::CAUSE,
    &control_plane_unreachable::CAUSE,
    &agent_outside_unit::CAUSE,
    &backup_nested::CAUSE,
    &unit_disabled::CAUSE,
    &secret_in_unit::CAUSE,
];

/// The first cause that may follow from any finding of a rule: what Node cannot find follows from what is wrong on the
/// disk, and so those findings stand right before it.
pub(crate) static RULES_STAND_BEFORE: &Cause = &module_not_found::CAUSE;

/// The cause of that id.
#[must_use]
pub(crate) fn find(id: &str) -> Option<&'static Cause> {
    CAUSES.iter().copied().find(|cause| cause.id == id)
}
