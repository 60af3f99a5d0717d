//! What is known of directories: where links on the way to them lead, the repository around them, and whether they are git's own. Each is
//! asked of the disk once in a run, for many files lie in one directory, and most directories in a few others.

use super::disk::{self, DirEntry, DiskError};
use super::walk::Listing;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The directories of a run.
#[derive(Debug, Default)]
pub struct Directories {
    /// Where paths lead that have no `.` and no `..`.
    real: Mutex<HashMap<PathBuf, Arc<Path>>>,
    /// What is around real directories.
    around: Mutex<HashMap<Arc<Path>, GitContext>>,
    /// What is in real directories that were walked, sorted by name; what links lead to was not asked.
    listed: RwLock<HashMap<PathBuf, Arc<[DirEntry]>>>,
    /// What was read through links.
    linked: Mutex<Linked>,
}

/// What is read through links.
#[derive(Debug, Default)]
struct Linked {
    /// How many bytes.
    bytes: u64,
    /// The links that were asked about, and whether they may be followed.
    admitted: HashMap<PathBuf, bool>,
}

/// What is around a real directory, itself included.
#[derive(Clone, Debug, Default)]
struct GitContext {
    /// The nearest directory upwards that holds `.git`.
    repository: Option<Arc<Path>>,
    /// Whether it is git's, or lies in a directory that is.
    is_git: bool,
}

impl Directories {
    /// Forgets everything: the disk may have changed.
    pub fn forget(&self) {
        lock(&self.real).clear();
        lock(&self.around).clear();
        self.listed.write().unwrap_or_else(PoisonError::into_inner).clear();
        *lock(&self.linked) = Linked::default();
    }

    /// Admits a file that was found to be read: through links, at most [`disk::LINKED_CAP`] bytes are read in a run, and a file counts once for
    /// each link that leads to it.
    ///
    /// # Errors
    /// Too much is read through links.
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
        if is_admitted { Ok(()) } else { Err(DiskError::Linked(disk::LINKED_CAP)) }
    }

    /// Takes in what a walk has listed completely. The way to the directory leads through no link.
    pub fn learn(&self, listing: &Listing) {
        if listing.error.is_none() && listing.directory.is_some() {
            let entries = Arc::clone(&listing.entries);
            self.listed.write().unwrap_or_else(PoisonError::into_inner).insert(listing.path.clone(), entries);
        }
    }

    fn listed(&self, directory: &Path) -> Option<Arc<[DirEntry]>> {
        self.listed.read().unwrap_or_else(PoisonError::into_inner).get(directory).cloned()
    }

    /// What is in a directory, as [`disk::entries`].
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

    /// What is asked of the entry that a path leads to, where its directory was walked and has one.
    fn entry<T>(&self, path: &Path, ask: impl FnOnce(&DirEntry) -> T) -> Option<T> {
        let entries = self.listed(path.parent()?)?;
        let name = path.file_name()?;
        let at = entries.binary_search_by(|entry| entry.name.as_os_str().cmp(name)).ok()?;
        entries.get(at).map(ask)
    }

    /// Whether a path is known to be a real one: that of a directory that was walked, or of something in one that is no link.
    fn is_real(&self, path: &Path) -> bool {
        self.entry(path, |entry| entry.is_link) == Some(false) || self.listed(path).is_some()
    }

    /// Whether a directory is there.
    #[must_use]
    pub fn is_dir(&self, path: &Path) -> bool {
        self.entry(path, |entry| entry.is_dir) == Some(true) || disk::is_dir(path)
    }

    /// Whether what a directory that was walked has shows that nothing is at a path in it. On some file systems a name may be written in
    /// capital letters, too: where only those differ, the disk has to be asked.
    #[must_use]
    pub fn is_known_missing(&self, directory: &Path, path: &Path) -> bool {
        let Some(Component::Normal(name)) = path.components().next() else { return false };
        self.listed(directory).is_some_and(|entries| lacks(&entries, name))
    }

    /// The path with all links resolved, as [`disk::canonical`].
    ///
    /// # Errors
    /// Missing, or what the system says.
    pub fn real(&self, path: &Path) -> Result<PathBuf, DiskError> {
        let is_plain = |part: Component<'_>| matches!(part, Component::RootDir | Component::Normal(_));
        // What ends with `/` is a directory to the system, and the same as without to a map.
        let ends_open = [b"/".as_slice(), b"/."].iter().any(|end| path.as_os_str().as_encoded_bytes().ends_with(end));
        if !path.is_absolute() || ends_open || !path.components().all(is_plain) {
            return disk::canonical(path);
        }
        // From the nearest that is known downwards, without recursion: paths are as long as someone wants them.
        let mut unknown = Vec::new();
        let mut real: Option<Arc<Path>> = None;
        for above in path.ancestors() {
            let known = lock(&self.real).get(above).cloned();
            real = known.or_else(|| self.is_real(above).then(|| above.into()));
            if real.is_some() {
                break;
            }
            unknown.push(above);
        }
        for path in unknown.into_iter().rev() {
            let found: Arc<Path> = match (real.take(), path.file_name()) {
                (Some(parent), Some(name)) if disk::is_no_link(path) => parent.join(name).into(),
                _ => disk::canonical(path)?.into(),
            };
            lock(&self.real).insert(path.to_path_buf(), Arc::clone(&found));
            real = Some(found);
        }
        real.map(|real| real.to_path_buf()).ok_or(DiskError::Missing)
    }

    /// The repository that a path lies in, as [`disk::repository_root`].
    #[must_use]
    pub fn repository_root(&self, path: &Path) -> Option<PathBuf> {
        let real = self.real(path).ok()?;
        self.around(&real).repository.as_deref().map(Path::to_path_buf)
    }

    fn around(&self, real: &Path) -> GitContext {
        let mut unknown = Vec::new();
        let mut around = GitContext::default();
        for above in real.ancestors() {
            if let Some(known) = lock(&self.around).get(above).cloned() {
                around = known;
                break;
            }
            unknown.push(above);
        }
        for path in unknown.into_iter().rev() {
            let listed = self.listed(path);
            let lacks = |name: &str| listed.as_ref().is_some_and(|entries| lacks(entries, name.as_ref()));
            if !lacks(".git") && disk::is_present(&path.join(".git")) {
                around.repository = Some(path.into());
            }
            around.is_git = around.is_git || disk::is_git(path) || (!lacks("HEAD") && disk::is_git_directory(path));
            lock(&self.around).insert(path.into(), around.clone());
        }
        around
    }

    /// The real path of something that was found, as [`disk::admit`].
    ///
    /// # Errors
    /// Missing, outside, in `.git`, or what the system says.
    pub fn admit(&self, path: &Path, within: &[PathBuf]) -> Result<PathBuf, DiskError> {
        let real = self.real(path)?;
        if self.is_in_git_directory(&real) {
            return Err(DiskError::Git);
        }
        if within.iter().any(|directory| real.starts_with(directory)) { Ok(real) } else { Err(DiskError::Outside) }
    }

    /// Whether a real path lies in a git directory, as [`disk::is_in_git_directory`].
    #[must_use]
    pub fn is_in_git_directory(&self, real: &Path) -> bool {
        let holds_nothing = || self.entry(real, |entry| entry.is_file) == Some(true);
        let is_own = disk::is_git(real) || (!holds_nothing() && disk::is_git_directory(real));
        is_own || real.parent().is_some_and(|parent| self.around(parent).is_git)
    }

    /// Whether something that was found leads, through links, out of these directories or into `.git`.
    #[must_use]
    pub fn leads_out(&self, path: &Path, within: &[PathBuf]) -> bool {
        matches!(self.admit(path, within), Err(DiskError::Outside | DiskError::Git))
    }
}

fn lacks(entries: &[DirEntry], name: &OsStr) -> bool {
    // Other letters have capitals by tables of the file system's own, and several forms: for these the disk is asked.
    name.is_ascii() && !entries.iter().any(|entry| entry.name.eq_ignore_ascii_case(name))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    #[test]
    fn what_is_known_is_what_the_disk_says() -> Result<(), Box<dyn std::error::Error>> {
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
        super::super::walk(&disk::canonical(top.path())?, |_| true).for_each(|listing| walked.learn(&listing));
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
        // The second time everything is known.
        for known in [&fresh, &fresh, &walked] {
            for path in paths.iter().map(|path| at(path)) {
                let shown = |result: Result<PathBuf, DiskError>| result.map_err(|error| error.to_string());
                assert_eq!(shown(known.real(&path)), shown(disk::canonical(&path)), "{path:?}");
                assert_eq!(shown(known.admit(&path, &within)), shown(disk::admit(&path, &within)), "{path:?}");
                assert_eq!(known.repository_root(&path), disk::repository_root(&path), "{path:?}");
                assert_eq!(known.is_dir(&path), disk::is_dir(&path), "{path:?}");
                assert_eq!(known.entries(&path).ok().map(|list| list.to_vec()), disk::entries(&path).ok(), "{path:?}");
            }
        }
        let (repository, part) = (disk::canonical(&at("repo"))?, Path::new);
        assert!(walked.is_known_missing(&repository, part(".terraform/environment")) && !fresh.is_known_missing(&repository, part("x")));
        for there in ["a/x", "A", ".GIT", "\u{e9}", "../x"] {
            assert!(!walked.is_known_missing(&repository, part(there)), "{there}");
        }
        walked.forget();
        assert!(!walked.is_known_missing(&repository, part("x")));
        Ok(())
    }
}
