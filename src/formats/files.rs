//! Finds and reads the files that were named.
//!
//! Hidden entries are left out, which also keeps the `..data` folders of Kubernetes' ConfigMaps from being read twice.

use crate::domain::base::{Problem, Text};
use crate::kit::yaml::MAX_BYTES;
use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// The path as it was given, for messages.
    pub name: Text,
    /// The name that goes into the rulebook's hash: below the folder that was named, with `/`.
    pub id: Text,
    /// Its bytes; of an oversized file a little more than the limit.
    pub bytes: Vec<u8>,
}

impl InputFile {
    /// A file that is in memory already.
    pub fn new(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), id: name.into(), bytes: bytes.into() }
    }
}

/// Deepest folder below the one that was named.
const MAX_FOLDERS_DEEP: usize = 16;
/// Most files of one run.
const MAX_FILES: usize = 10_000;

/// How files look from outside: equal as long as none of them was written, added or taken away. Times of files are coarse
/// (milliseconds), so a file that was just written is to be looked at once more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    files: Vec<(PathBuf, Option<Stamp>)>,
    problems: Vec<Problem>,
}

/// Which file it is, when it was last changed in any way (seconds, nanoseconds), and how long it is.
type Stamp = (u64, i64, i64, u64);

/// Looks at the files that [`super::load`] would read, without reading them: hundreds of files cost hundreds of
/// milliseconds to read, and a few to look at.
pub fn sight(paths: &[PathBuf]) -> Sight {
    let search = Search::of(paths, false);
    let stamp = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.ino(), m.ctime(), m.ctime_nsec(), m.len()));
    let files = search.found.into_iter().map(|(path, _)| (path.clone(), stamp(&path))).collect();
    Sight { files, problems: search.problems }
}

struct Search {
    found: BTreeSet<(PathBuf, Text)>,
    /// Files and folders as they really are: nothing is read twice, and a link back does not go round in circles.
    seen: BTreeSet<PathBuf>,
    problems: Vec<Problem>,
    /// The files are those of other tools.
    foreign: bool,
}

/// All files of the paths, sorted by path, each once.
pub(super) fn collect(paths: &[PathBuf]) -> (Vec<InputFile>, Vec<Problem>) {
    gather(paths, false)
}

/// Files of other tools: in folders JSON too, and nothing beside what was named.
pub(super) fn collect_foreign(paths: &[PathBuf]) -> (Vec<InputFile>, Vec<Problem>) {
    gather(paths, true)
}

fn gather(paths: &[PathBuf], foreign: bool) -> (Vec<InputFile>, Vec<Problem>) {
    let Search { found, mut problems, .. } = Search::of(paths, foreign);
    let mut files = Vec::with_capacity(found.len());
    for (path, id) in found {
        match read(&path) {
            Ok(bytes) => files.push(InputFile { name: path.display().to_string().into(), id, bytes }),
            Err(error) => problems.push(unreadable(&path, &error, whose(foreign))),
        }
    }
    (files, problems)
}

impl Search {
    fn of(paths: &[PathBuf], foreign: bool) -> Self {
        let mut search = Self { found: BTreeSet::new(), seen: BTreeSet::new(), problems: Vec::new(), foreign };
        for path in paths {
            search.named(path);
        }
        search
    }

    fn named(&mut self, path: &Path) {
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => {
                let before = self.seen.len();
                self.folder(path, path, 0);
                // Only folders were seen: there is nothing in them. None was seen: they have been read already.
                if self.seen.len() > before && !self.found.iter().any(|(p, _)| p.starts_with(path)) {
                    let message = format!("there are no SLO files in {}", path.display());
                    let hint = if self.foreign {
                        "put *.yaml, *.yml or *.json files of the other tool there, or name another folder"
                    } else {
                        "`burnledger init` writes a first one there; `--slos DIR` names another folder"
                    };
                    self.problems.push(Problem::error("no-files", message).hint(hint));
                }
            }
            Ok(_) => self.file(path),
            Err(error) => self.problems.push(unreadable(path, &error, whose(self.foreign))),
        }
    }

    /// A file that was named itself, and the business file beside it.
    fn file(&mut self, path: &Path) {
        self.add(path, path.file_name().map_or(path, Path::new));
        if self.foreign {
            return;
        }
        for name in ["business.yaml", "business.yml"] {
            let beside = path.with_file_name(name);
            if beside.is_file() {
                self.add(&beside, Path::new(name));
            }
        }
    }

    fn folder(&mut self, root: &Path, folder: &Path, depth: usize) {
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        if depth > MAX_FOLDERS_DEEP || !self.seen.insert(real) {
            return;
        }
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(unreadable(folder, &error, whose(self.foreign))),
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
        paths.sort();
        for path in paths.iter().filter(|p| !is_hidden(p)) {
            if path.is_dir() {
                self.folder(root, path, depth + 1);
            } else if (is_yaml(path) || self.foreign && is_json(path)) && path.is_file() {
                self.add(path, path.strip_prefix(root).unwrap_or(path));
            }
        }
    }

    fn add(&mut self, path: &Path, id: &Path) {
        if self.found.len() < MAX_FILES {
            if !self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
                return;
            }
            let id: Vec<_> = id.components().map(|c| c.as_os_str().to_string_lossy()).collect();
            self.found.insert((path.to_owned(), id.join("/").into()));
        } else if self.found.len() == MAX_FILES && !self.problems.iter().any(|p| p.code == "too-many-files") {
            let message = format!("more than {MAX_FILES} files; the rest is not read");
            self.problems.push(Problem::error("too-many-files", message));
        }
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'))
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "json")
}

/// At most a byte more than the limit, so that an endless file ends.
pub(super) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What files are looked for, for advice.
const fn whose(foreign: bool) -> &'static str {
    if foreign {
        "`import` takes files and folders of Sloth, OpenSLO and Pyrra, and the rules that Sloth and Pyrra generate"
    } else {
        "`--slos DIR` names the folder of SLO files; `burnledger init` writes a first one"
    }
}

/// A file or folder that cannot be read; `wants` says what is looked for.
pub(super) fn unreadable(path: &Path, error: &std::io::Error, wants: &str) -> Problem {
    let code = if error.kind() == std::io::ErrorKind::NotFound { "missing-file" } else { "unreadable-file" };
    let what = if error.kind() == std::io::ErrorKind::NotFound {
        "does not exist".to_owned()
    } else {
        format!("cannot be read: {error}")
    };
    Problem::error(code, format!("{} {what}", path.display())).hint(format!("check the path and its permissions; {wants}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sight_changes_with_whatever_would_be_read_and_with_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [dir.path().to_path_buf()];
        let (a, b) = (dir.path().join("a.yaml"), dir.path().join("b.yaml"));
        std::fs::write(&a, "one").unwrap();
        let first = sight(&paths);
        assert_eq!(first, sight(&paths));
        std::fs::write(dir.path().join("notes.txt"), "not ours").unwrap();
        assert_eq!(first, sight(&paths));
        std::fs::write(&a, "longer").unwrap();
        let second = sight(&paths);
        assert_ne!(first, second, "written");
        std::fs::write(&b, "two").unwrap();
        let third = sight(&paths);
        assert_ne!(second, third, "added");
        // The usual way to replace a file: another one takes its name.
        std::fs::write(dir.path().join(".new"), "owt").unwrap();
        std::fs::rename(dir.path().join(".new"), &b).unwrap();
        let fourth = sight(&paths);
        assert_ne!(third, fourth, "replaced");
        std::fs::remove_file(&b).unwrap();
        assert_ne!(fourth, sight(&paths), "taken away");
        assert_ne!(sight(&paths), sight(&[dir.path().join("absent")]));
    }
}
