//! What is put in place comes back from every state between.

use super::*;
use crate::host::held::tested::folder;
use std::fs;
use std::path::PathBuf;

struct Scene {
    _top: tempfile::TempDir,
    at: PathBuf,
    user: Option<UserOwner>,
}

impl Scene {
    fn new() -> Self {
        let (top, at, user) = folder();
        fs::create_dir(at.join("work")).unwrap();
        Self { _top: top, at, user }
    }

    fn path(&self, name: &str) -> String {
        self.at.join(name).to_string_lossy().into_owned()
    }

    fn thing(&self, at: &str, is_at: &str) -> Option<Thing> {
        let id = identity(&self.path(at), self.user).unwrap()?;
        Some(Thing { id, path: self.path(is_at) })
    }

    fn put(&self, back_to: Option<&str>) -> Put {
        Put {
            what: "it".to_owned(),
            place: self.path("place"),
            new: self.thing("work/new", "work/new"),
            old: self.thing("place", "kept"),
            back_to: back_to.map(|name| self.path(name)),
            written: None,
        }
    }

    /// What is there, by content.
    fn seen(&self) -> Vec<(String, String)> {
        let mut seen = Vec::new();
        for folder in ["", "work"] {
            for entry in fs::read_dir(self.at.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let name = path.strip_prefix(&self.at).unwrap().to_string_lossy().into_owned();
                    seen.push((name, fs::read_to_string(&path).unwrap()));
                }
            }
        }
        seen.sort();
        seen
    }
}

fn shown(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned())).collect()
}

#[test]
fn whatever_was_there_is_kept_and_comes_back() {
    for (has_old, has_new) in [(true, true), (true, false), (false, true)] {
        let scene = Scene::new();
        if has_old {
            fs::write(scene.at.join("place"), "old").unwrap();
        }
        if has_new {
            fs::write(scene.at.join("work/new"), "new").unwrap();
        }
        let mut put = scene.put(Some("failed"));
        put.carry_out(scene.user).unwrap();
        let kept = has_old.then_some(("kept", "old"));
        let placed = has_new.then_some(("place", "new"));
        assert_eq!(scene.seen(), shown(&kept.into_iter().chain(placed).collect::<Vec<_>>()));
        assert!(put.take_back(scene.user).unwrap());
        let failed = has_new.then_some(("failed", "new"));
        let back = has_old.then_some(("place", "old"));
        let expected = shown(&failed.into_iter().chain(back).collect::<Vec<_>>());
        assert_eq!(scene.seen(), expected, "{has_old} {has_new}");
        let _ = put.take_back(scene.user).unwrap();
        assert_eq!(scene.seen(), expected, "a second time: {has_old} {has_new}");
    }
}

/// Each state that a kill can leave, with one rename or two.
#[test]
fn it_is_taken_back_from_every_state_between() {
    let states: [&[(&str, &str)]; 4] = [
        &[],
        // The exchange was done, and what was there not yet kept.
        &[("place", "x"), ("work/new", "place"), ("x", "work/new")],
        // In two renames: between them.
        &[("place", "kept")],
        &[("place", "kept"), ("work/new", "place")],
    ];
    for (number, renames) in states.iter().enumerate() {
        for back_to in [Some("failed"), Some("work/new"), None] {
            let scene = Scene::new();
            fs::write(scene.at.join("place"), "old").unwrap();
            fs::write(scene.at.join("work/new"), "new").unwrap();
            let mut put = scene.put(back_to);
            for (from, to) in *renames {
                fs::rename(scene.at.join(from), scene.at.join(to)).unwrap();
            }
            put.take_back(scene.user).unwrap();
            let left: Vec<_> = scene.seen().into_iter().filter(|(_, content)| content == "old").collect();
            assert_eq!(left, shown(&[("place", "old")]), "state {number}, {back_to:?}");
            let news: Vec<_> = scene.seen().into_iter().filter(|(_, content)| content == "new").collect();
            let at = match (back_to, number) {
                (None, _) => vec![],
                (Some("failed"), 1 | 3) => vec![("failed", "new")],
                _ => vec![("work/new", "new")],
            };
            assert_eq!(news, shown(&at), "state {number}, {back_to:?}");
        }
    }
}

/// A folder that a repair made is taken away again, but not with what somebody has put into it since.
#[test]
fn a_folder_goes_back_only_where_nothing_is_in_it() {
    for has_more in [false, true] {
        let scene = Scene::new();
        let work = HeldFolder::open(&scene.at.join("work"), scene.user).unwrap();
        work.make("new", 0o755).unwrap();
        let mut put = scene.put(None);
        put.carry_out(scene.user).unwrap();
        assert!(scene.at.join("place").is_dir());
        if has_more {
            fs::write(scene.at.join("place/theirs.conf"), "theirs").unwrap();
        }
        put.take_back(scene.user).unwrap();
        assert_eq!(scene.at.join("place/theirs.conf").exists(), has_more);
        assert_eq!(scene.at.join("place").exists(), has_more);
    }
}

#[test]
fn what_somebody_else_has_put_there_is_left_alone() {
    for is_put in [false, true] {
        let scene = Scene::new();
        fs::write(scene.at.join("place"), "old").unwrap();
        fs::write(scene.at.join("work/new"), "new").unwrap();
        let mut put = scene.put(Some("failed"));
        if is_put {
            put.carry_out(scene.user).unwrap();
            put.may_be_taken_back(&[], scene.user).unwrap();
        }
        fs::rename(scene.at.join("place"), scene.at.join("elsewhere")).unwrap();
        fs::write(scene.at.join("place"), "theirs").unwrap();
        assert!(put.carry_out(scene.user).is_err());
        // What was never put needs not be taken back; what was cannot be.
        assert_eq!(put.may_be_taken_back(&[], scene.user).is_err(), is_put);
        assert_eq!(put.take_back(scene.user).ok(), (!is_put).then_some(false));
        let others = if is_put { ("kept", "old") } else { ("work/new", "new") };
        let moved = if is_put { "new" } else { "old" };
        let mut expected = vec![("elsewhere", moved), ("place", "theirs"), others];
        expected.sort_unstable();
        assert_eq!(scene.seen(), shown(&expected), "{is_put}");
    }
}

/// A mask is removed, and a unit written in its place.
#[test]
fn what_was_put_in_one_place_after_the_other_is_taken_back_in_turn() {
    let scene = Scene::new();
    fs::write(scene.at.join("place"), "old").unwrap();
    let mut first = Put { new: None, ..scene.put(None) };
    first.carry_out(scene.user).unwrap();
    fs::write(scene.at.join("work/new"), "new").unwrap();
    let mut second = Put { old: None, ..scene.put(None) };
    second.carry_out(scene.user).unwrap();
    assert_eq!(scene.seen(), shown(&[("kept", "old"), ("place", "new")]));
    first.may_be_taken_back(std::slice::from_ref(&second), scene.user).unwrap();
    second.may_be_taken_back(&[], scene.user).unwrap();
    assert!(second.take_back(scene.user).unwrap());
    assert!(first.take_back(scene.user).unwrap());
    assert_eq!(scene.seen(), shown(&[("place", "old")]));
}

/// The backup makes room for the bundle, which then becomes the backup.
#[test]
fn what_made_room_for_another_comes_back_behind_it() {
    let scene = Scene::new();
    fs::write(scene.at.join("kept"), "backup").unwrap();
    let mut first = Put { place: scene.path("kept"), new: None, old: scene.thing("kept", "older"), ..scene.put(None) };
    first.carry_out(scene.user).unwrap();
    fs::write(scene.at.join("place"), "bundle").unwrap();
    fs::write(scene.at.join("work/new"), "new").unwrap();
    let mut second = scene.put(Some("failed"));
    second.carry_out(scene.user).unwrap();
    assert_eq!(scene.seen(), shown(&[("kept", "bundle"), ("older", "backup"), ("place", "new")]));
    first.may_be_taken_back(std::slice::from_ref(&second), scene.user).unwrap();
    assert!(second.take_back(scene.user).unwrap());
    assert!(first.take_back(scene.user).unwrap());
    assert_eq!(scene.seen(), shown(&[("failed", "new"), ("kept", "backup"), ("place", "bundle")]));
}

/// What an administrator has added to a unit that a repair wrote is not lost when that is taken back.
#[test]
fn what_was_changed_since_is_kept() {
    for changed in [false, true] {
        let scene = Scene::new();
        fs::write(scene.at.join("place"), "old").unwrap();
        fs::write(scene.at.join("work/new"), "new").unwrap();
        let written = Some(WrittenFile::of(b"new", scene.path("place.failed-1")));
        let mut put = Put { written, ..scene.put(None) };
        put.carry_out(scene.user).unwrap();
        if changed {
            fs::write(scene.at.join("place"), "new and theirs").unwrap();
            fs::write(scene.at.join("place.failed-1"), "taken").unwrap();
        }
        assert!(put.take_back(scene.user).unwrap());
        let mut expected = vec![("place", "old")];
        if changed {
            expected.extend([("place.failed-1", "taken"), ("place.failed-1-2", "new and theirs")]);
            assert_eq!(put.back_to, Some(scene.path("place.failed-1-2")));
        }
        assert_eq!(scene.seen(), shown(&expected), "{changed}");
    }
}
