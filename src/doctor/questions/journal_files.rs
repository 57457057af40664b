//! The journal of a mounted disk: regular files of that disk, held open, and handed to journalctl in a private folder of links
//! to them. Given the disk's own folder, journalctl would open whatever links in it lead to, as root.
//!
//! Measured with systemd 247, 252 and 257: of `--directory` a link to `/proc/PID/fd/N` is read as the file would be, and one
//! that is no journal is passed over with a line on stderr; with `--file` one such file ends it.

use super::server::Unanswered;
use crate::host::files::NOT_REGULAR;
use crate::host::folders;
use crate::host::paths::FileKind;
use crate::host::rooted::{Last, Rooted, SharedFile};
use crate::text;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Most names in a folder of journals: journald keeps 100 archived files of each kind (`SystemMaxFiles=`, journald.conf(5)).
const MAX_NAMES: usize = 20_000;
/// Most folders of machines.
const MAX_MACHINES: usize = 64;
/// Most files that are handed over, the newest. Each is a descriptor, of which there are 1024 (getrlimit(2)), and two questions are
/// asked at a time, with twice as many held while they are sorted.
const MAX_FILES: usize = 150;
/// Most bytes of one: an eighth of what all may take, which is 4 GiB at most (`SystemMaxFileSize=`), and no offset in a compact one is
/// longer than 32 bits.
const MAX_OF_A_FILE: u64 = 4 << 30;
/// Files that are not read are named up to so many.
const MAX_NAMED: usize = 5;

/// Files of a journal, for as long as it is there.
pub(super) struct JournalFiles {
    /// The private folder of links.
    folder: Private,
    /// What the links lead to, with their names and where the files are on the disk.
    held: Vec<(SharedFile, String, String)>,
    /// What was passed over, and why.
    passed_over: Vec<String>,
}

/// A folder of our own, gone when it is dropped.
struct Private(PathBuf);

impl Drop for Private {
    fn drop(&mut self) {
        folders::discard(&self.0);
    }
}

/// A file that may be handed over.
struct Candidate {
    found: Rooted,
    path: String,
    modified: u64,
}

impl JournalFiles {
    /// Holds the files of a folder of journals below a root.
    ///
    /// # Errors
    /// Where there is no such folder, or no folder for the links can be made.
    pub(super) fn hold(root: &Path, directory: &str) -> Result<Self, Unanswered> {
        let folder = Rooted::find(root, directory, Last::Followed)?;
        let mut passed_over = Vec::new();
        let mut candidates = Vec::new();
        let mut machines = 0;
        for name in named(&folder)? {
            let path = format!("{directory}/{name}");
            if is_journal(&name) {
                consider(&folder, &name, path, &mut candidates, &mut passed_over);
            } else if is_machine(&name) && machines < MAX_MACHINES {
                machines += 1;
                of_machine(&folder, &name, &path, &mut candidates, &mut passed_over);
            }
        }
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.modified));
        if let Some(more) = candidates.get(MAX_FILES) {
            let count = candidates.len() - MAX_FILES;
            passed_over.push(format!("{} and {count} in all: older than the {MAX_FILES} newest", shown(&more.path)));
            candidates.truncate(MAX_FILES);
        }
        let mut files =
            Self { folder: Private(folders::make_temporary("bundle-doctor-journal-")?), held: Vec::new(), passed_over };
        candidates.into_iter().enumerate().for_each(|(number, candidate)| files.link(number, candidate));
        Ok(files)
    }

    fn link(&mut self, number: usize, Candidate { found, path, .. }: Candidate) {
        let name = format!("{number}.journal");
        let linked =
            found.share().and_then(|file| folders::link(&file.path(), &self.folder.0.join(&name)).map(|()| file));
        match linked {
            Ok(file) => self.held.push((file, name, path)),
            Err(error) => self.passed_over.push(format!("{}: {error}", shown(&path))),
        }
    }

    /// The folder to be given to journalctl.
    pub(super) fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// What was not read, a line for each, and what journalctl says with the paths of the disk instead of ours.
    pub(super) fn told(&self, stderr: &str) -> String {
        let mut told = String::new();
        for line in self.passed_over.iter().take(MAX_NAMED) {
            told.push_str(line);
            told.push('\n');
        }
        if let Some(more) = self.passed_over.len().checked_sub(MAX_NAMED + 1) {
            told.push_str(&format!("and {} more\n", more + 1));
        }
        let folder = self.folder.0.display().to_string();
        for line in stderr.lines() {
            let named = self.held.iter().find(|(_, name, _)| line.contains(&format!("{folder}/{name}")));
            told.push_str(&match named {
                Some((_, name, path)) => line.replace(&format!("{folder}/{name}"), &shown(path)),
                None => line.to_owned(),
            });
            told.push('\n');
        }
        told
    }
}

fn shown(path: &str) -> String {
    text::printable(path).into_owned()
}

/// The names in a folder that are text, sorted.
fn named(folder: &Rooted) -> Result<Vec<String>, Unanswered> {
    let names = folder.names(MAX_NAMES)?.ok_or(Unanswered::TooMuch)?;
    let mut names: Vec<String> = names.into_iter().filter_map(|name| name.into_string().ok()).collect();
    names.sort();
    Ok(names)
}

/// The files in the folder of one machine.
fn of_machine(above: &Rooted, name: &str, path: &str, candidates: &mut Vec<Candidate>, passed_over: &mut Vec<String>) {
    let folder = match above.entry(OsStr::new(name)) {
        Ok(folder) if folder.stat().is_ok_and(|stat| stat.kind == FileKind::Link) => {
            passed_over.push(format!("{}: {A_LINK}", shown(path)));
            return;
        }
        Ok(folder) => folder,
        Err(error) => return passed_over.push(format!("{}: {error}", shown(path))),
    };
    match named(&folder) {
        Ok(names) => names.iter().filter(|name| is_journal(name)).for_each(|name| {
            consider(&folder, name, format!("{path}/{name}"), candidates, passed_over);
        }),
        // A file of that name is no folder of journals.
        Err(Unanswered::Unlike) => {}
        Err(refusal) => passed_over.push(format!("{}: {refusal}", shown(path))),
    }
}

const A_LINK: &str = "it is a link, which journald does not make";

fn consider(folder: &Rooted, name: &str, path: String, candidates: &mut Vec<Candidate>, passed_over: &mut Vec<String>) {
    let found = folder.entry(OsStr::new(name)).and_then(|found| found.stat().map(|stat| (found, stat)));
    let because = match found {
        Ok((found, stat)) if stat.kind == FileKind::File && stat.size <= MAX_OF_A_FILE => {
            // More are never handed over, and each is held.
            if candidates.len() >= 2 * MAX_FILES {
                candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.modified));
                candidates.truncate(MAX_FILES);
            }
            candidates.push(Candidate { found, path, modified: stat.modified });
            return;
        }
        Ok((_, stat)) => match stat.kind {
            FileKind::Link => A_LINK.to_owned(),
            FileKind::File => format!("it is larger than {}, which no journal is", text::size(MAX_OF_A_FILE)),
            FileKind::Directory | FileKind::Other => NOT_REGULAR.to_owned(),
        },
        Err(error) => error.to_string(),
    };
    passed_over.push(format!("{}: {because}", shown(&path)));
}

/// What journalctl takes for a journal in a folder (systemd's `dirent_is_journal_file`).
fn is_journal(name: &str) -> bool {
    name.ends_with(".journal") || name.ends_with(".journal~")
}

/// The name of a machine's folder: its id (machine-id(5)), without a namespace.
fn is_machine(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use std::fs;
    use std::os::unix::fs::symlink;

    const MACHINE: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "fedcba9876543210fedcba9876543210";
    const LINKED: &str = "00000000000000000000000000000000";

    #[test]
    fn only_files_of_the_disk_itself_are_handed_over() {
        let top = tempfile::tempdir().unwrap();
        let root = top.path().join("disk");
        let journals = root.join("var/log/journal");
        let machine = journals.join(MACHINE);
        let outside = top.path().join("host");
        for folder in [&machine, &journals.join(format!("{OTHER}.other")), &outside, &journals.join("remote")] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(outside.join("system.journal"), "host's").unwrap();
        for own in ["system.journal", "system@1.journal", "user-1000.journal~"] {
            fs::write(machine.join(own), own).unwrap();
        }
        fs::write(journals.join("own.journal"), "own.journal").unwrap();
        fs::write(machine.join("notes"), "no journal").unwrap();
        fs::write(journals.join(format!("{OTHER}.other/system.journal")), "of a namespace").unwrap();
        fs::write(journals.join("remote/system.journal"), "of others").unwrap();
        symlink(outside.join("system.journal"), machine.join("absolute.journal")).unwrap();
        symlink("../../../../../host/system.journal", machine.join("up.journal")).unwrap();
        symlink(&outside, journals.join(LINKED)).unwrap();
        mknodat(CWD, machine.join("pipe.journal"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        fs::create_dir(machine.join("folder.journal")).unwrap();
        fs::File::create(machine.join("huge.journal")).unwrap().set_len(10 << 30).unwrap();

        let files = JournalFiles::hold(&root, "/var/log/journal").unwrap();
        let folder = files.folder().to_owned();
        let read = |entry: fs::DirEntry| fs::read_to_string(entry.path()).unwrap();
        let mut handed: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| read(entry.unwrap())).collect();
        handed.sort();
        assert_eq!(handed, ["own.journal", "system.journal", "system@1.journal", "user-1000.journal~"]);
        let said = format!("Journal file {}/0.journal is truncated, ignoring file.\n", folder.display());
        let told = files.told(&said);
        let machine = format!("/var/log/journal/{MACHINE}");
        for told_of in [
            format!("/var/log/journal/{LINKED}: it is a link"),
            format!("{machine}/absolute.journal: it is a link"),
            format!("{machine}/folder.journal: it is not a regular file"),
            format!("{machine}/huge.journal: it is larger than 4"),
            format!("{machine}/pipe.journal: it is not a regular file"),
            "and 1 more\n".to_owned(),
            " is truncated, ignoring file.".to_owned(),
        ] {
            assert!(told.contains(&told_of), "{told_of} in:\n{told}");
        }
        assert!(!told.contains(folder.to_str().unwrap()), "{told}");
        drop(files);
        assert!(!folder.exists());
    }

    #[test]
    fn of_very_many_the_newest_are_handed_over() {
        let root = tempfile::tempdir().unwrap();
        let machine = root.path().join("journal").join(MACHINE);
        fs::create_dir_all(&machine).unwrap();
        let began = std::time::SystemTime::UNIX_EPOCH;
        let most = u32::try_from(3 * MAX_FILES).unwrap();
        for age in 0..most {
            let file = fs::File::create(machine.join(format!("{age}.journal"))).unwrap();
            file.set_modified(began + std::time::Duration::from_secs(u64::from(most - age))).unwrap();
        }
        let files = JournalFiles::hold(root.path(), "/journal").unwrap();
        let oldest =
            files.held.iter().filter_map(|(_, _, path)| path.rsplit_once('/')?.1.split_once('.')?.0.parse().ok());
        assert_eq!((files.held.len(), oldest.max()), (MAX_FILES, Some(MAX_FILES - 1)));
        assert!(files.told("").contains("older than the 150 newest"), "{}", files.told(""));
        assert_eq!(JournalFiles::hold(root.path(), "/nothing").err(), Some(Unanswered::NotFound));
    }
}
