//! Why is this server down? Questions are asked, facts come of the answers, causes are recognised in the facts, and a
//! diagnosis is made of them.

pub mod causes;
pub mod diagnose;
pub mod facts;
pub mod probe;
pub mod questions;
pub mod recording;
pub mod report;
