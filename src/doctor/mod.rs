//! Why is this server down? Questions are asked, facts come of the answers, causes are recognised in the facts, and a
//! diagnosis is made of them.

pub(crate) mod capture;
pub(crate) mod causes;
pub(crate) mod diagnose;
pub(crate) mod facts;
pub(crate) mod meanings;
pub(crate) mod probe;
pub(crate) mod questions;
pub(crate) mod recording;
pub(crate) mod repair;
pub(crate) mod report;
pub(crate) mod shown;
mod state;
pub(crate) mod timeline;
