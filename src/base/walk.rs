//! Walks directories, the only place that does. Symbolic links are not followed; what may be entered is the caller's choice.

use super::disk::{DirEntry, DiskError};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// One directory of a walk.
#[derive(Debug)]
pub struct Listing {
    /// Where it is: the top of the walk, joined with the names on the way.
    pub path: PathBuf,
    /// What is in it, directories that were not entered included, sorted by name.
    pub entries: Vec<DirEntry>,
    /// Why it could not be listed completely.
    pub error: Option<DiskError>,
}

/// Walks a directory and everything below that `enter` lets it enter. A directory comes after those below it.
pub fn walk<'w>(top: &Path, enter: impl Fn(&Path) -> bool + Send + 'w) -> impl Iterator<Item = Listing> + Send + 'w {
    DirectoryWalk { inner: WalkDir::new(top).into_iter(), enter, open: Vec::new(), done: VecDeque::new() }
}

struct DirectoryWalk<F> {
    inner: walkdir::IntoIter,
    enter: F,
    /// The directories on the way to where the walk is.
    open: Vec<Listing>,
    /// Directories that are complete.
    done: VecDeque<Listing>,
}

impl<F: Fn(&Path) -> bool> DirectoryWalk<F> {
    /// Closes the directories that lie deeper than this.
    fn close(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some(mut listing) = self.open.pop() {
                listing.entries.sort_by(|a, b| a.name.cmp(&b.name));
                self.done.push_back(listing);
            }
        }
    }

    fn entry(&mut self, entry: walkdir::DirEntry) {
        let depth = entry.depth();
        self.close(depth);
        let kind = entry.file_type();
        if let Some(around) = self.open.last_mut() {
            let name = entry.file_name().to_owned();
            // What a link leads to is asked only where it matters.
            around.entries.push(DirEntry { name, is_dir: kind.is_dir(), is_link: kind.is_symlink(), is_file: kind.is_file() });
        }
        // The top may be a link: it was named.
        if kind.is_dir() || depth == 0 {
            if depth == 0 || (self.enter)(entry.path()) {
                self.open.push(Listing { path: entry.into_path(), entries: Vec::new(), error: None });
            } else {
                self.inner.skip_current_dir();
            }
        }
    }

    fn failed(&mut self, error: walkdir::Error) {
        let path = error.path().map(Path::to_path_buf);
        let depth = error.depth();
        let error: DiskError = error.into_io_error().map_or(DiskError::Missing, DiskError::from);
        match self.open.iter_mut().find(|listing| Some(&listing.path) == path.as_ref()) {
            Some(listing) => listing.error = Some(error),
            None if depth == 0 => self.done.extend(path.map(|path| Listing { path, entries: Vec::new(), error: Some(error) })),
            // An entry that vanished while the walk went on.
            None => {}
        }
    }
}

impl<F: Fn(&Path) -> bool> Iterator for DirectoryWalk<F> {
    type Item = Listing;

    fn next(&mut self) -> Option<Listing> {
        loop {
            if let Some(listing) = self.done.pop_front() {
                return Some(listing);
            }
            match self.inner.next() {
                Some(Ok(entry)) => self.entry(entry),
                Some(Err(error)) => self.failed(error),
                None => {
                    self.close(0);
                    return self.done.pop_front();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_lists_every_directory_that_it_may_enter_once() -> Result<(), Box<dyn std::error::Error>> {
        let top = tempfile::tempdir()?;
        for directory in ["a/b/c", "a/d", "skipped/below", "e"] {
            std::fs::create_dir_all(top.path().join(directory))?;
        }
        for file in ["x", "a/y", "a/b/z", "skipped/w"] {
            std::fs::write(top.path().join(file), "")?;
        }
        let mut seen: Vec<(String, Vec<String>)> = walk(top.path(), |path| !path.ends_with("skipped"))
            .map(|listing| {
                let names = listing.entries.iter().map(|entry| entry.name.to_string_lossy().into_owned()).collect();
                (listing.path.strip_prefix(top.path()).unwrap_or(&listing.path).to_string_lossy().into_owned(), names)
            })
            .collect();
        seen.sort();
        let names = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let expected = [
            ("", names(&["a", "e", "skipped", "x"])),
            ("a", names(&["b", "d", "y"])),
            ("a/b", names(&["c", "z"])),
            ("a/b/c", Vec::new()),
            ("a/d", Vec::new()),
            ("e", Vec::new()),
        ];
        assert_eq!(seen, expected.map(|(path, names)| (path.to_owned(), names)));
        let missing: Vec<_> = walk(&top.path().join("nowhere"), |_| true).collect();
        assert!(matches!(missing.as_slice(), [Listing { error: Some(DiskError::Missing), .. }]), "{missing:?}");
        Ok(())
    }
}
