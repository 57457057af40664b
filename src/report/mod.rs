//! What was judged: findings, diagnoses, verdicts, and what the user wants of them. Plain data, ready to be rendered.

pub mod bundle_layout;
pub mod diagnosis;
pub mod finding;
pub mod format;
pub mod moment;
pub mod policy;
pub mod release;
pub mod run_error;
pub mod server;
pub mod signature;
pub mod subject;
pub mod verdict;
