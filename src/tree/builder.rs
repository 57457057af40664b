//! A tree that grows entry by entry, within limits: what the readers of archives and of folders share.

use super::defect::{Defect, DefectKind};
use super::limits::{Limits, MAX_COMPONENT, MAX_DEFECTS, MAX_NAME_BYTES, MAX_PATH};
use super::nodes::Tree;
use super::path::RelPath;
use crate::text::beginning;

/// The tree so far, and what was found wrong.
pub(crate) struct TreeBuilder {
    /// What was read so far.
    pub tree: Tree,
    /// What was found wrong.
    pub defects: Vec<Defect>,
    /// Entries that made a path.
    pub entries: u64,
    limits: Limits,
}

/// A defect behind which the replay cannot go on.
pub(crate) struct Stop(pub Defect);

impl TreeBuilder {
    /// An empty tree.
    #[must_use]
    pub(crate) fn new(limits: Limits) -> Self {
        Self { tree: Tree::new(), defects: Vec::new(), entries: 0, limits }
    }

    /// Notes a defect that does not keep the replay from going on.
    pub(crate) fn note(&mut self, defect: Defect) {
        let same = |known: &&mut Defect| known.kind == defect.kind && known.what == defect.what;
        if let Some(known) = self.defects.iter_mut().find(same) {
            known.count += 1;
            known.hides_tree |= defect.hides_tree;
        } else if self.defects.len() < MAX_DEFECTS {
            self.defects.push(defect);
        }
    }

    /// Counts an entry against the limit.
    pub(crate) fn count_entry(&mut self) -> Result<(), Stop> {
        self.entries += 1;
        if self.entries > self.limits.max_entries {
            let what = format!("more than {} entries", self.limits.max_entries);
            return Err(Stop(Defect::hiding(DefectKind::TooLarge, None, what)));
        }
        Ok(())
    }

    /// Counts an entry and checks its name against the limits.
    pub(crate) fn admit(&mut self, raw_name: &[u8], path: &RelPath) -> Result<(), Stop> {
        self.count_entry()?;
        let (depth, longest) = path.measures();
        if depth > self.limits.max_depth {
            return Err(too_long(path, format!("a path {depth} levels deep, more than {}", self.limits.max_depth)));
        }
        if raw_name.len() > MAX_PATH {
            return Err(too_long(
                path,
                format!("a path of {} bytes, more than Linux takes ({MAX_PATH})", raw_name.len()),
            ));
        }
        if longest > MAX_COMPONENT {
            return Err(too_long(path, format!("a name of more than {MAX_COMPONENT} bytes, more than Linux takes")));
        }
        self.room_for_a_node()
    }

    /// Folders that no entry names are nodes too, and an entry can bring a hundred of them.
    ///
    /// # Errors
    /// [`Stop`] where there is no room for another.
    pub(crate) fn room_for_a_node(&self) -> Result<(), Stop> {
        let what = if self.tree.name_bytes() > MAX_NAME_BYTES {
            "more than 12 MiB of names".to_owned()
        } else if self.tree.len() as u64 > self.limits.max_entries {
            format!("more than {} entries and folders", self.limits.max_entries)
        } else {
            return Ok(());
        };
        Err(Stop(Defect::hiding(DefectKind::TooLarge, None, what)))
    }
}

/// A path beyond a limit, shortened where it is shown.
#[must_use]
pub(crate) fn too_long(path: &RelPath, what: String) -> Stop {
    Stop(Defect::hiding(DefectKind::TooLarge, Some(beginning(&path.to_string(), 200)), what))
}
