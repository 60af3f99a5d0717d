//! What is known of directories: where links on the way to them lead, the repository around them, and whether they are git's own. Each is
//! asked of the disk once in a run, for many files lie in one directory, and most directories in a few others.

use super::disk::{self, DiskError};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The directories of a run.
#[derive(Debug, Default)]
pub struct Directories {
    /// Where paths lead that have no `.` and no `..`.
    real: Mutex<HashMap<PathBuf, Arc<Path>>>,
    /// What is around real directories.
    around: Mutex<HashMap<Arc<Path>, GitContext>>,
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
        // From the nearest that is known downwards, without recursion: paths are as long as somebody wants them.
        let mut unknown = Vec::new();
        let mut real: Option<Arc<Path>> = None;
        for above in path.ancestors() {
            real = lock(&self.real).get(above).cloned();
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
            if disk::is_present(&path.join(".git")) {
                around.repository = Some(path.into());
            }
            around.is_git = around.is_git || disk::is_git_folder(path);
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
        if self.is_git_directory(&real) {
            return Err(DiskError::Git);
        }
        if within.iter().any(|folder| real.starts_with(folder)) { Ok(real) } else { Err(DiskError::Outside) }
    }

    /// Whether a real path lies in a git directory, as [`disk::is_git_directory`].
    #[must_use]
    pub fn is_git_directory(&self, real: &Path) -> bool {
        disk::is_git_folder(real) || real.parent().is_some_and(|parent| self.around(parent).is_git)
    }

    /// Whether something that was found leads, through links, out of these directories or into `.git`.
    #[must_use]
    pub fn leads_out(&self, path: &Path, within: &[PathBuf]) -> bool {
        matches!(self.admit(path, within), Err(DiskError::Outside | DiskError::Git))
    }
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
        let known = Directories::default();
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
        for path in paths.iter().chain(&paths).map(|path| at(path)) {
            let shown = |result: Result<PathBuf, DiskError>| result.map_err(|error| error.to_string());
            assert_eq!(shown(known.real(&path)), shown(disk::canonical(&path)), "{path:?}");
            assert_eq!(shown(known.admit(&path, &within)), shown(disk::admit(&path, &within)), "{path:?}");
            assert_eq!(known.repository_root(&path), disk::repository_root(&path), "{path:?}");
        }
        Ok(())
    }
}
