//! The server that `doctor` looks at, behind one question at a time: live, on a mounted disk, or recorded.
//!
//! Every question only reads. The commands are those of [`Diagnostic`] and no others, so `doctor` has no way to change
//! anything: a test goes through all of them.

mod diagnostic;
mod disk;
mod journal_files;
mod server;

pub(crate) use diagnostic::{Diagnostic, OF_PROCESSES, journal_fields, names_control_plane};
pub(crate) use disk::{Disk, PATH, follow, places_of};
pub(crate) use server::{AnsweredEnd, Effort, Look, Server, Situation, Space, Spoken, Unanswered};
