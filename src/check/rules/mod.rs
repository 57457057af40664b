//! The rules of `check`: one file each, and the table that names them all.
//!
//! A rule is a pure function from a [`Bundle`](crate::check::bundle::Bundle) to what it saw. It does not know of severities that the user changed,
//! of allowances or of formats. To add one, see `docs/contributing.md`.

mod archive_ambiguous;
mod archive_link_escape;
mod archive_special_file;
mod archive_too_large;
mod archive_unreadable;
mod archive_unsafe_path;
mod archive_wrapped;
mod asset_missing;
mod bounded;
mod checksum_mismatch;
mod dangling_link;
mod defects;
mod development_file;
mod ends_at_start;
mod entry_point_missing;
mod faults;
mod foreign_owner;
mod install_script;
mod links;
mod local_protocol;
mod missing_export;
mod modes;
mod module_format_mismatch;
mod module_not_judged;
mod module_syntax_error;
mod nested_layout;
mod node_feature_missing;
mod package_json_invalid;
mod package_json_missing;
mod path_not_portable;
mod rule;
mod runtime_dependency_missing;
mod secret_file;
mod setuid_file;
mod shared_entry_missing;
mod shared_package_json_invalid;
mod shared_package_linked;
mod shared_package_missing;
mod signature_binding;
mod signature_invalid;
mod signature_missing;
mod signature_untrusted;
mod specifiers;
mod undeclared_dependency;
mod undefined_name;
mod unit_mismatch;
mod unresolved_import;
mod unsettled_await;
mod update_drops_shared;
mod version_mismatch;
mod workspace_link;
mod workspace_protocol;
mod world_writable;

pub(crate) use rule::{Judges, Rule, StopsStart};
pub(crate) use unit_mismatch::misfits;

/// Every rule, in the order in which findings are reported: the archive, who made it, its layout, the agent, the shared package,
/// what is installed, and what should not be shipped.
pub(crate) static RULES: &[&Rule] = &[
    &archive_unreadable::RULE,
    &archive_too_large::RULE,
    &archive_unsafe_path::RULE,
    &archive_ambiguous::RULE,
    &archive_link_escape::RULE,
    &archive_special_file::RULE,
    &signature_missing::RULE,
    &signature_invalid::RULE,
    &signature_untrusted::RULE,
    &signature_binding::RULE,
    &checksum_mismatch::RULE,
    &archive_wrapped::RULE,
    &nested_layout::RULE,
    &entry_point_missing::RULE,
    &package_json_missing::RULE,
    &package_json_invalid::RULE,
    &version_mismatch::RULE,
    &shared_package_missing::RULE,
    &shared_package_linked::RULE,
    &shared_entry_missing::RULE,
    &shared_package_json_invalid::RULE,
    &workspace_protocol::RULE,
    &local_protocol::RULE,
    &workspace_link::RULE,
    &dangling_link::RULE,
    &runtime_dependency_missing::RULE,
    &module_syntax_error::RULE,
    &module_not_judged::RULE,
    &module_format_mismatch::RULE,
    &unresolved_import::RULE,
    &undeclared_dependency::RULE,
    &missing_export::RULE,
    &undefined_name::RULE,
    &unsettled_await::RULE,
    &ends_at_start::RULE,
    &asset_missing::RULE,
    &node_feature_missing::RULE,
    &update_drops_shared::RULE,
    &unit_mismatch::RULE,
    &install_script::RULE,
    &secret_file::RULE,
    &setuid_file::RULE,
    &world_writable::RULE,
    &foreign_owner::RULE,
    &path_not_portable::RULE,
    &development_file::RULE,
];

/// The rule of that id.
#[must_use]
pub(crate) fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}
