//! What was judged: findings, diagnoses, verdicts, and what the user wants of them. Plain data, ready to be rendered.

pub(crate) mod action;
pub(crate) mod baseline;
pub(crate) mod bundle_layout;
pub(crate) mod diagnosis;
pub(crate) mod finding;
pub(crate) mod fix_command;
pub(crate) mod fleet;
pub(crate) mod format;
pub(crate) mod id;
pub(crate) mod identity;
pub(crate) mod moment;
pub(crate) mod policy;
pub(crate) mod release;
pub(crate) mod run_error;
pub(crate) mod server;
pub(crate) mod server_report;
pub(crate) mod signature;
pub(crate) mod subject;
pub(crate) mod timeline;
pub(crate) mod transaction;
pub(crate) mod untrusted;
pub(crate) mod verdict;
pub(crate) mod words;
