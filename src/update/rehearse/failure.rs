//! A step that failed, and what it may be.

use crate::update::UpdateStep;

/// What stood at the shared package's place once the archive was extracted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ShippedPackage {
    /// A copy with its entry point.
    Copy,
    /// A copy without it.
    Hollow,
    /// A link.
    Link,
    /// Nothing.
    Nothing,
}

/// What the extracted bundle looked like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// With a `package.json` or `dist/` at its root.
    Flat,
    /// With `apps/agent/`.
    Nested,
    /// Everything below one folder.
    Wrapped,
}

/// A step that failed.
#[derive(Clone, Debug)]
pub(super) struct AgentDeath<'a> {
    /// Which.
    pub step: UpdateStep,
    /// What the failing command wrote.
    pub output: &'a str,
    /// The deployed bundle's path.
    pub bundle: &'a str,
    /// The shared package, as shipped.
    pub shipped: ShippedPackage,
    /// The layout, as shipped.
    pub shape: Shape,
    /// Whether the entry point is a file with nothing in it.
    pub empty_entry: bool,
    /// The bundle's name in its package.json, where that can be read.
    pub package: Option<&'a str>,
    /// Whether there is no package.json, so that nothing was installed.
    pub no_manifest: bool,
    /// Whether the shared package is another build now than the copy that was shipped.
    pub replaced: bool,
}

/// What a failure is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum RehearsalDiagnosis {
    /// A fault that a rule of `check` knows.
    Rule {
        /// Its id.
        id: &'static str,
        /// Where, relative to the bundle.
        path: Option<String>,
    },
    /// Not the bundle's fault, or not known to be: what stands in the way, and what to do.
    Machine {
        /// What was seen.
        what: String,
        /// What to do.
        help: String,
    },
    /// Something that no rule names.
    Other,
}

/// A fault of the whole bundle.
pub(super) const fn rule(id: &'static str) -> RehearsalDiagnosis {
    RehearsalDiagnosis::Rule { id, path: None }
}

/// Something that stands in the way.
pub(super) fn machine(what: &str, help: &str) -> RehearsalDiagnosis {
    RehearsalDiagnosis::Machine { what: what.to_owned(), help: help.to_owned() }
}
