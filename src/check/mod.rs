//! Is this bundle fit? A bundle as the rules see it, the table of rules, and the engine that runs it.

pub mod authentication;
pub mod bundle;
pub mod contents;
pub mod engine;
pub mod inspect;
pub mod rules;
pub mod secret;
