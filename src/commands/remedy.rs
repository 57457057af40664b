//! What to do about a path that could not be read or written: worked out from why, where whoever failed did not say.

use crate::host::nearest::{Lacking, lacking};
use crate::text;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// What was tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tried {
    /// It was to be there.
    Reading,
    /// It was to be made.
    Writing,
}

impl Tried {
    /// By the words that an error's message begins with.
    pub(super) fn of(message: &str) -> Self {
        let writes = ["cannot write", "cannot update", "cannot make", "cannot put"];
        if writes.iter().any(|words| message.starts_with(words)) { Self::Writing } else { Self::Reading }
    }
}

/// What to do about it; nothing where the reason says it all.
pub(super) fn remedy(tried: Tried, path: &str, error: &Error) -> Option<String> {
    match (tried, error.kind()) {
        (Tried::Reading, ErrorKind::NotFound | ErrorKind::NotADirectory) => nearest(Path::new(path)),
        (Tried::Reading, ErrorKind::PermissionDenied) => Some("run it as a user who may read it".to_owned()),
        (Tried::Reading, ErrorKind::IsADirectory) => Some("give the path of a file in it".to_owned()),
        (Tried::Writing, ErrorKind::NotFound | ErrorKind::NotADirectory) => Some(folder_for(Path::new(path))),
        (Tried::Writing, ErrorKind::PermissionDenied) => {
            Some("choose a place that you may write to, or run it as a user who may write there".to_owned())
        }
        (Tried::Writing, ErrorKind::IsADirectory) => Some("it is a folder: give the name of a file in it".to_owned()),
        (Tried::Writing, ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) => {
            Some("make room, or choose a place on another disk".to_owned())
        }
        (Tried::Writing, ErrorKind::ReadOnlyFilesystem) => Some("choose a place on another file system".to_owned()),
        _ => None,
    }
}

/// What was meant by a path that leads nowhere, or what of it is not there.
pub(super) fn nearest(path: &Path) -> Option<String> {
    match lacking(path) {
        Lacking::Meant(meant) => Some(format!("did you mean {}?", typed(&meant))),
        Lacking::Folder(folder) => Some(format!("there is no {}", text::printable_path(&folder))),
        Lacking::Name => None,
    }
}

fn folder_for(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if matches!(lacking(path), Lacking::Name) {
        return "its folder is there, and takes no new files: give a path elsewhere".to_owned();
    }
    match folder.map(lacking) {
        Some(Lacking::Meant(meant)) => {
            format!("did you mean {}?", typed(&meant.join(path.file_name().unwrap_or_default())))
        }
        _ => {
            let folder = folder.map(Path::to_path_buf).unwrap_or_else(|| PathBuf::from("."));
            format!("make its folder first: mkdir -p -- {}", typed(&folder))
        }
    }
}

fn typed(path: &Path) -> String {
    text::typed([path.to_string_lossy().as_ref()])
}

/// What to say of a path that is an address: files are read, and stdin.
pub(super) fn of_address(command: &str, path: &str) -> Option<String> {
    let is_address = ["http://", "https://", "ftp://", "file://"].iter().any(|scheme| path.starts_with(scheme));
    if !is_address {
        return None;
    }
    if let Some(path) = path.strip_prefix("file://") {
        return Some(format!("addresses are not fetched; give the path: {}", text::printable(path)));
    }
    let fetched = text::typed(["curl", "-fsSL", "--", path]);
    Some(match command {
        "check" | "manifest" => format!("addresses are not fetched; pipe it: {fetched} | bundle-doctor {command} -"),
        _ => format!("addresses are not fetched; get it first: {}", text::typed(["curl", "-fsSLO", "--", path])),
    })
}
