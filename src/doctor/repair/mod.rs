//! `repair`: what `doctor` would print, carried out as one transaction. What is fetched or built is proven beside what is
//! there; then it is put in its place by renames that can be taken back; then the service is started and watched. Whatever
//! happens in between, the journal says how to take it back.

pub(crate) mod carry;
pub(crate) mod error;
pub(crate) mod journal;
pub(crate) mod plan;
mod prove;
mod replace;
mod stage;
pub(crate) mod swap;
pub(crate) mod tools;
pub(crate) mod undo;
pub(crate) mod update;
pub(crate) mod watch;
