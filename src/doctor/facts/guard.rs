//! Who may change what is at a path: root runs, replaces and removes nothing that another may put there.

/// A path and who may change what it leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Guard {
    /// Absolute.
    pub path: String,
    /// Who may change it.
    pub hold: Hold,
}

/// Who may change what a path leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Hold {
    /// Nobody but root.
    Roots,
    /// Root and the user that the unit runs as.
    UnitsUser,
    /// It goes through a link: this one.
    Link(String),
    /// Someone else may: at this component, for this reason.
    Anyones {
        /// The component.
        at: String,
        /// Its owner and mode.
        why: String,
    },
    /// The unit shows its service something else there, by this line.
    ShownElsewhere(String),
    /// That could not be looked at.
    Unseen,
}
