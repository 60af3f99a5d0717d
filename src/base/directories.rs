//! Caches what is known about directories: their real paths, the repository around them, and whether they are git directories. Many files
//! share a directory, and many directories a parent, so a run queries the disk once for each.

use super::disk::{self, DirEntry, DiskError};
use super::walk::Listing;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The directories of a run.
#[derive(Debug, Default)]
pub struct Directories {
    /// Real paths by paths without `.` and `..`.
    real: Mutex<HashMap<PathBuf, Arc<Path>>>,
    /// The git context of real directories.
    git_contexts: Mutex<HashMap<Arc<Path>, GitContext>>,
    /// The entries of real directories that were walked, sorted by name, with links unresolved.
    listed: RwLock<HashMap<PathBuf, Arc<[DirEntry]>>>,
    /// What was read through links.
    linked: Mutex<LinkedFiles>,
}

/// The files that are read through links.
#[derive(Debug, Default)]
struct LinkedFiles {
    /// Their size, in bytes.
    bytes: u64,
    /// Whether they may be read, by path.
    admitted: HashMap<PathBuf, bool>,
}

/// The git directories at and above a real directory.
#[derive(Clone, Debug, Default)]
struct GitContext {
    /// The nearest directory upwards that contains `.git`.
    repository: Option<Arc<Path>>,
    /// Whether the directory is a git directory, or is inside one.
    is_git: bool,
}

impl Directories {
    /// Forgets everything, because the disk may have changed.
    pub fn forget(&self) {
        lock(&self.real).clear();
        lock(&self.git_contexts).clear();
        self.listed.write().unwrap_or_else(PoisonError::into_inner).clear();
        *lock(&self.linked) = LinkedFiles::default();
    }

    /// Admits a file that is not reached through links, or that is within the limit: a run reads at most [`disk::LINKED_CAP`] bytes through
    /// links, and a file counts once for each link to it.
    ///
    /// # Errors
    /// The limit is exceeded.
    pub fn admit_linked(&self, path: &Path) -> Result<(), DiskError> {
        if self.real(path).is_ok_and(|real| real == path) {
            return Ok(());
        }
        let mut linked = lock(&self.linked);
        let is_admitted = linked.admitted.get(path).copied().unwrap_or_else(|| {
            let bytes = linked.bytes.saturating_add(disk::size(path));
            let is_admitted = bytes <= disk::LINKED_CAP;
            if is_admitted {
                linked.bytes = bytes;
            }
            linked.admitted.insert(path.to_path_buf(), is_admitted);
            is_admitted
        });
        if is_admitted { Ok(()) } else { Err(DiskError::TooMuchLinked(disk::LINKED_CAP)) }
    }

    /// Records a complete listing of a walk. The path of the directory must not contain links.
    pub fn record(&self, listing: &Listing) {
        if listing.error.is_none() && listing.directory.is_some() {
            let entries = Arc::clone(&listing.entries);
            self.listed.write().unwrap_or_else(PoisonError::into_inner).insert(listing.path.clone(), entries);
        }
    }

    fn listed(&self, directory: &Path) -> Option<Arc<[DirEntry]>> {
        self.listed.read().unwrap_or_else(PoisonError::into_inner).get(directory).cloned()
    }

    /// The entries of a directory, as [`disk::entries`].
    ///
    /// # Errors
    /// As [`disk::entries`].
    pub fn entries(&self, directory: &Path) -> Result<Arc<[DirEntry]>, DiskError> {
        let Some(listed) = self.listed(directory) else { return Ok(disk::entries(directory)?.into()) };
        if !listed.iter().any(|entry| entry.is_link) {
            return Ok(listed);
        }
        let is_dir = |entry: &DirEntry| entry.is_dir || entry.is_link && disk::is_dir(&directory.join(&entry.name));
        Ok(listed.iter().map(|entry| DirEntry { is_dir: is_dir(entry), ..entry.clone() }).collect())
    }

    /// A property of the entry at a path, if its directory was walked and has such an entry.
    fn entry<T>(&self, path: &Path, property: impl FnOnce(&DirEntry) -> T) -> Option<T> {
        let entries = self.listed(path.parent()?)?;
        let name = path.file_name()?;
        let at = entries.binary_search_by(|entry| entry.name.as_os_str().cmp(name)).ok()?;
        entries.get(at).map(property)
    }

    /// Whether a path is known to contain no links: a directory that was walked, or an entry of one that is not a link.
    fn is_real(&self, path: &Path) -> bool {
        self.entry(path, |entry| entry.is_link) == Some(false) || self.listed(path).is_some()
    }

    /// Whether a directory exists at a path.
    #[must_use]
    pub fn is_dir(&self, path: &Path) -> bool {
        self.entry(path, |entry| entry.is_dir) == Some(true) || disk::is_dir(path)
    }

    /// Whether the listing of a walked directory shows that nothing exists at a path in it. Names that differ only in case count as
    /// possible matches, because some file systems ignore case.
    #[must_use]
    pub fn is_known_missing(&self, directory: &Path, path: &Path) -> bool {
        let Some(Component::Normal(name)) = path.components().next() else { return false };
        self.listed(directory).is_some_and(|entries| is_missing(&entries, name))
    }

    /// The path with all links resolved, as [`disk::canonical`].
    ///
    /// # Errors
    /// Missing, or a system error.
    pub fn real(&self, path: &Path) -> Result<PathBuf, DiskError> {
        let is_plain = |part: Component<'_>| matches!(part, Component::RootDir | Component::Normal(_));
        // To the system, a path that ends with `/` must be a directory; as a map key it equals the path without it.
        let names_directory = [b"/".as_slice(), b"/."].iter().any(|end| path.as_os_str().as_encoded_bytes().ends_with(end));
        if !path.is_absolute() || names_directory || !path.components().all(is_plain) {
            return disk::canonical(path);
        }
        // From the nearest known ancestor downwards, without recursion: hostile paths can be arbitrarily long.
        let mut unknown = Vec::new();
        let mut real: Option<Arc<Path>> = None;
        for ancestor in path.ancestors() {
            let known = lock(&self.real).get(ancestor).cloned();
            real = known.or_else(|| self.is_real(ancestor).then(|| ancestor.into()));
            if real.is_some() {
                break;
            }
            unknown.push(ancestor);
        }
        for path in unknown.into_iter().rev() {
            let found: Arc<Path> = match (real.take(), path.file_name()) {
                (Some(parent), Some(name)) if disk::is_non_link(path) => parent.join(name).into(),
                _ => disk::canonical(path)?.into(),
            };
            lock(&self.real).insert(path.to_path_buf(), Arc::clone(&found));
            real = Some(found);
        }
        real.map(|real| real.to_path_buf()).ok_or(DiskError::Missing)
    }

    /// The repository that contains a path, as [`disk::repository_root`].
    #[must_use]
    pub fn repository_root(&self, path: &Path) -> Option<PathBuf> {
        let real = self.real(path).ok()?;
        self.git_context(&real).repository.as_deref().map(Path::to_path_buf)
    }

    fn git_context(&self, real: &Path) -> GitContext {
        let mut unknown = Vec::new();
        let mut context = GitContext::default();
        for ancestor in real.ancestors() {
            if let Some(known) = lock(&self.git_contexts).get(ancestor).cloned() {
                context = known;
                break;
            }
            unknown.push(ancestor);
        }
        for path in unknown.into_iter().rev() {
            let listed = self.listed(path);
            let is_missing = |name: &str| listed.as_ref().is_some_and(|entries| is_missing(entries, name.as_ref()));
            if !is_missing(".git") && disk::exists(&path.join(".git")) {
                context.repository = Some(path.into());
            }
            context.is_git = context.is_git || disk::has_git_component(path) || (!is_missing("HEAD") && disk::is_git_directory(path));
            lock(&self.git_contexts).insert(path.into(), context.clone());
        }
        context
    }

    /// The real path of a file or directory that was found, as [`disk::admit`].
    ///
    /// # Errors
    /// Missing, outside, in `.git`, or a system error.
    pub fn admit(&self, path: &Path, within: &[PathBuf]) -> Result<PathBuf, DiskError> {
        let real = self.real(path)?;
        if self.is_in_git_directory(&real) {
            return Err(DiskError::Git);
        }
        if within.iter().any(|directory| real.starts_with(directory)) { Ok(real) } else { Err(DiskError::Outside) }
    }

    /// Whether a real path is inside a git directory, as [`disk::is_in_git_directory`].
    #[must_use]
    pub fn is_in_git_directory(&self, real: &Path) -> bool {
        let is_known_file = || self.entry(real, |entry| entry.is_file) == Some(true);
        let is_git = disk::has_git_component(real) || (!is_known_file() && disk::is_git_directory(real));
        is_git || real.parent().is_some_and(|parent| self.git_context(parent).is_git)
    }

    /// Whether links of a path that was found point out of these directories or into `.git`.
    #[must_use]
    pub fn escapes(&self, path: &Path, within: &[PathBuf]) -> bool {
        matches!(self.admit(path, within), Err(DiskError::Outside | DiskError::Git))
    }
}

fn is_missing(entries: &[DirEntry], name: &OsStr) -> bool {
    // Case folding and normalization of other letters depend on the file system: only the disk knows whether such names match.
    name.is_ascii() && !entries.iter().any(|entry| entry.name.eq_ignore_ascii_case(name))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    #[test]
    fn cached_answers_equal_those_of_the_disk() -> Result<(), Box<dyn std::error::Error>> {
        use super::*;
        use std::fs;
        use std::os::unix::fs::symlink;

        let top = tempfile::tempdir()?;
        let at = |path: &str| top.path().join(path);
        for directory in ["repo/.git", "repo/a/b", "repo/bare/objects", "repo/bare/refs", "other/c"] {
            fs::create_dir_all(at(directory))?;
        }
        for file in ["repo/a/b/f", "repo/bare/HEAD", "repo/bare/config", "other/c/f"] {
            fs::write(at(file), "")?;
        }
        for (link, target) in [
            ("repo/out", "../other"),
            ("repo/in", "a/b"),
            ("repo/a/f", "b/f"),
            ("repo/broken", "nowhere"),
            ("repo/a/loop", "loop"),
            ("other/git", "../repo/.git"),
        ] {
            symlink(target, at(link))?;
        }
        let (fresh, walked) = (Directories::default(), Directories::default());
        super::super::walk(&disk::canonical(top.path())?, |_| true).for_each(|listing| walked.record(&listing));
        let within = [disk::canonical(&at("repo"))?];
        let paths = [
            "repo",
            "repo/a/b/f",
            "repo/a/b/f/",
            "repo/a/b/f/.",
            "repo/a/b/f/g",
            "repo/in/f",
            "repo/out/c/f",
            "repo/a/f",
            "repo/a/../a/f",
            "repo/./a/f",
            "repo/broken",
            "repo/broken/x",
            "repo/a/loop",
            "repo/a/loop/x",
            "repo/bare/config",
            "repo/bare",
            "repo/.git",
            "repo/.git/x",
            "other/git",
            "other/c/f",
            "none/x",
            "",
        ];
        // `fresh` twice: the second time its cache is filled.
        for directories in [&fresh, &fresh, &walked] {
            for path in paths.iter().map(|path| at(path)) {
                let shown = |result: Result<PathBuf, DiskError>| result.map_err(|error| error.to_string());
                assert_eq!(shown(directories.real(&path)), shown(disk::canonical(&path)), "{path:?}");
                assert_eq!(shown(directories.admit(&path, &within)), shown(disk::admit(&path, &within)), "{path:?}");
                assert_eq!(directories.repository_root(&path), disk::repository_root(&path), "{path:?}");
                assert_eq!(directories.is_dir(&path), disk::is_dir(&path), "{path:?}");
                assert_eq!(directories.entries(&path).ok().map(|list| list.to_vec()), disk::entries(&path).ok(), "{path:?}");
            }
        }
        let (repository, part) = (disk::canonical(&at("repo"))?, Path::new);
        assert!(walked.is_known_missing(&repository, part(".terraform/environment")) && !fresh.is_known_missing(&repository, part("x")));
        for unknown in ["a/x", "A", ".GIT", "\u{e9}", "../x"] {
            assert!(!walked.is_known_missing(&repository, part(unknown)), "{unknown}");
        }
        walked.forget();
        assert!(!walked.is_known_missing(&repository, part("x")));
        Ok(())
    }
}
