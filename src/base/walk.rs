//! The only place that walks directories. Symbolic links are not followed; the caller decides which directories to enter.

use super::disk::{DirEntry, DiskError, OpenDirectory};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// One directory of a walk.
#[derive(Debug)]
pub struct Listing {
    /// Its path: the top of the walk, joined with the names of directories below.
    pub path: PathBuf,
    /// Its entries, including directories that are not entered, sorted by name and with links unresolved.
    pub entries: Arc<[DirEntry]>,
    /// Why the list is incomplete.
    pub error: Option<DiskError>,
    /// The open directory, for reading its files; `None` if it could not be opened.
    pub directory: Option<OpenDirectory>,
}

impl Listing {
    /// Lists a directory. The top may be a link, because the user named it.
    fn of(path: PathBuf, is_top: bool) -> Self {
        match if is_top { OpenDirectory::open(&path) } else { OpenDirectory::open_listed(&path) } {
            Ok(directory) => {
                let (entries, error) = directory.entries();
                Self { path, entries: entries.into(), error, directory: Some(directory) }
            }
            Err(error) => {
                // A file is an empty listing, and so is a directory that was removed since it was listed.
                let is_file = matches!(&error, DiskError::System(error) if error.kind() == io::ErrorKind::NotADirectory);
                let is_gone = matches!(error, DiskError::Missing) && !is_top;
                Self { path, entries: Arc::default(), error: (!is_file && !is_gone).then_some(error), directory: None }
            }
        }
    }

    /// The paths of the directories in it.
    fn subdirectories(&self) -> impl DoubleEndedIterator<Item = PathBuf> {
        self.entries.iter().filter(|entry| entry.is_dir).map(|entry| self.path.join(&entry.name))
    }
}

/// Walks a directory and all directories below that `enter` accepts.
pub fn walk(top: &Path, enter: impl Fn(&Path) -> bool) -> impl Iterator<Item = Listing> {
    let mut open = vec![(top.to_path_buf(), true)];
    std::iter::from_fn(move || {
        let (path, is_top) = open.pop()?;
        let listing = Listing::of(path, is_top);
        open.extend(listing.subdirectories().rev().filter(|path| enter(path)).map(|path| (path, false)));
        Some(listing)
    })
}

/// As [`walk`], in parallel. Returns the results of `visit` for the directories, in no particular order.
pub fn walk_all<T: Send>(top: &Path, enter: impl Fn(&Path) -> bool + Sync, visit: impl Fn(Listing) -> T + Sync) -> Vec<T> {
    let walk = Walk { enter, visit, results: Mutex::default() };
    rayon::scope(|scope| walk.walk(top.to_path_buf(), true, scope));
    walk.results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

struct Walk<E, F, T> {
    enter: E,
    visit: F,
    results: Mutex<Vec<T>>,
}

impl<E: Fn(&Path) -> bool + Sync, F: Fn(Listing) -> T + Sync, T: Send> Walk<E, F, T> {
    fn walk<'s>(&'s self, path: PathBuf, is_top: bool, scope: &rayon::Scope<'s>) {
        let listing = Listing::of(path, is_top);
        // No recursion: subdirectories wait in the thread pool's queue, at any depth.
        for path in listing.subdirectories().filter(|path| (self.enter)(path)) {
            scope.spawn(move |scope| self.walk(path, false, scope));
        }
        let result = (self.visit)(listing);
        self.results.lock().unwrap_or_else(PoisonError::into_inner).push(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accepted_directory_is_listed_once() -> Result<(), Box<dyn std::error::Error>> {
        let top = tempfile::tempdir()?;
        for directory in ["a/b/c", "a/d", "skipped/below", "e"] {
            std::fs::create_dir_all(top.path().join(directory))?;
        }
        for file in ["x", "a/y", "a/b/z", "skipped/w"] {
            std::fs::write(top.path().join(file), "")?;
        }
        let enter = |path: &Path| !path.ends_with("skipped");
        let shown = |listing: Listing| {
            let names = listing.entries.iter().map(|entry| entry.name.to_string_lossy().into_owned()).collect::<Vec<_>>();
            (listing.path.strip_prefix(top.path()).unwrap_or(&listing.path).to_string_lossy().into_owned(), names)
        };
        let names = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let expected = [
            ("", names(&["a", "e", "skipped", "x"])),
            ("a", names(&["b", "d", "y"])),
            ("a/b", names(&["c", "z"])),
            ("a/b/c", Vec::new()),
            ("a/d", Vec::new()),
            ("e", Vec::new()),
        ];
        let expected = expected.map(|(path, names)| (path.to_owned(), names));
        for mut seen in [walk(top.path(), enter).map(shown).collect(), walk_all(top.path(), enter, shown)] {
            seen.sort();
            assert_eq!(seen, expected);
        }
        let missing: Vec<_> = walk(&top.path().join("nowhere"), |_| true).collect();
        assert!(matches!(missing.as_slice(), [Listing { error: Some(DiskError::Missing), .. }]), "{missing:?}");
        Ok(())
    }

    #[test]
    fn tree_as_deep_as_paths_allow_is_walked_completely() -> Result<(), Box<dyn std::error::Error>> {
        let top = tempfile::tempdir()?;
        let deepest = top.path().join("d/".repeat(1500));
        std::fs::create_dir_all(&deepest)?;
        std::fs::write(deepest.join("f"), "deep")?;
        let read = |listing: Listing| listing.directory?.read("f".as_ref(), 10).ok();
        let (one, all) = (walk(top.path(), |_| true).filter_map(read), walk_all(top.path(), |_| true, read).into_iter().flatten());
        assert!(one.eq([b"deep"]) && all.eq([b"deep"]));
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn links_are_listed_but_neither_entered_nor_read() -> Result<(), Box<dyn std::error::Error>> {
        let (top, outside) = (tempfile::tempdir()?, tempfile::tempdir()?);
        std::fs::write(outside.path().join("secret"), "theirs\n")?;
        std::os::unix::fs::symlink(outside.path(), top.path().join("directory"))?;
        std::os::unix::fs::symlink(outside.path().join("secret"), top.path().join("file"))?;
        let listings: Vec<Listing> = walk(top.path(), |_| true).collect();
        let [Listing { entries, directory: Some(directory), .. }] = listings.as_slice() else { return Err("one directory".into()) };
        assert!(entries.iter().all(|entry| entry.is_link && !entry.is_dir && !entry.is_file), "{entries:?}");
        // As if the links had replaced a listed file and directory.
        assert!(matches!(directory.read("file".as_ref(), 10), Err(DiskError::NotAFile)));
        assert!(OpenDirectory::open_listed(&top.path().join("directory")).is_err());
        assert_eq!(OpenDirectory::open(&top.path().join("directory"))?.read("secret".as_ref(), 10)?, b"theirs\n");
        Ok(())
    }
}
