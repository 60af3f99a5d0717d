//! The files that file functions may read: files of limited size in the root module's repository. Links are resolved before the check.

use crate::base::disk::{self, DiskError};
use crate::base::{Directories, Overlay, Reason, walk};
use crate::eval::{FileAccess, FileError, FileList, WithheldPath};
use crate::terraform::discovery::directory::allowed_directories;
use crate::terraform::request::ScanRequest;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The maximum number of entries below a directory that `fileset` lists.
const MAX_LISTED: usize = 50_000;

/// The files that a root module may read.
pub(crate) struct Files {
    /// The root module's directory: Terraform's working directory.
    root: PathBuf,
    /// The directories that may be read.
    within: Vec<PathBuf>,
    /// Cached directory listings.
    directories: Arc<Directories>,
    /// Paths that exist only after `terraform init`, each with the directory of the module that it would contain.
    links: RefCell<Vec<(PathBuf, PathBuf)>>,
    read: RefCell<HashMap<PathBuf, Arc<[u8]>>>,
    /// Texts of unsaved files in an editor. They replace the files on disk.
    overlay: Arc<Overlay>,
    /// The files below directories, cached because a loop may list one directory many times.
    listed: RefCell<HashMap<PathBuf, Result<Arc<FileList>, FileError>>>,
}

impl Files {
    /// The files that a root module may read.
    pub(super) fn new(root: &Path, request: &ScanRequest) -> Self {
        Self {
            root: root.to_path_buf(),
            within: allowed_directories(root, request),
            directories: Arc::clone(&request.directories),
            overlay: Arc::clone(&request.overlay),
            links: RefCell::default(),
            read: RefCell::default(),
            listed: RefCell::default(),
        }
    }

    /// The files and directories read so far, links resolved.
    pub(crate) fn seen(&self) -> Vec<PathBuf> {
        self.read.borrow().keys().chain(self.listed.borrow().keys()).cloned().collect()
    }

    /// Adds the directory of a module that `terraform init` would install at this path.
    pub(super) fn add_link(&self, path: &str, target: &Path) {
        let full = self.root.join(path);
        if !disk::has_entry(&full) {
            self.links.borrow_mut().push((full, target.to_path_buf()));
        }
    }

    /// The full path of a file or directory, also in modules that are not installed yet.
    fn full(&self, path: &str) -> PathBuf {
        let full = self.root.join(path);
        let links = self.links.borrow();
        let through = links.iter().find_map(|(link, target)| Some(target.join(full.strip_prefix(link).ok()?)));
        through.unwrap_or(full)
    }

    /// The real path of a file or directory that may be read.
    fn admit(&self, path: &str) -> Result<PathBuf, FileError> {
        if path == "~" || path.starts_with("~/") {
            return Err(FileError::withheld(format!("`{path}` is in a user's home directory")));
        }
        let full = self.full(path);
        if disk::has_git_component(&full) {
            return Err(in_git(path));
        }
        // Do not touch a path outside of the repository: even its existence is information.
        if !self.is_within(&disk::tidy(&full)) {
            return Err(outside(path));
        }
        self.admit_real(path, &full)
    }

    /// The real path of a file or directory, unless a link leads to a place that may not be read.
    fn admit_real(&self, path: &str, full: &Path) -> Result<PathBuf, FileError> {
        match self.directories.real(full) {
            Ok(real) if !self.is_within(&real) => Err(outside(path)),
            Ok(real) if self.directories.is_in_git_directory(&real) => Err(in_git(path)),
            Ok(real) => Ok(real),
            Err(DiskError::Missing) => Err(FileError::Missing),
            Err(error) => Err(FileError::withheld(format!("`{path}` cannot be read: {error}"))),
        }
    }

    fn is_within(&self, path: &Path) -> bool {
        self.within.iter().any(|directory| path.starts_with(directory))
    }

    /// Lists the files below a real directory.
    fn list_below(&self, real: &Path) -> Result<FileList, FileError> {
        let mut found = FileList::default();
        let mut seen = 0;
        for listing in walk(real, |path| !disk::is_git_directory(path)) {
            if listing.error.is_some() {
                return Err(FileError::Missing);
            }
            let inside = listing.path.strip_prefix(real).unwrap_or(&listing.path);
            for entry in listing.entries.iter() {
                let Some(path) = inside.join(&entry.name).to_str().map(|path| path.replace('\\', "/")) else { continue };
                let full = listing.path.join(&entry.name);
                if entry.is_dir {
                    if disk::is_git_directory(&full) {
                        let why = format!("`{path}` is one of git's directories, which are never read").into();
                        found.withheld.push(WithheldPath { path, is_git: true, why });
                    }
                } else if entry.is_file {
                    found.files.push(path);
                } else {
                    // A link: do not find out what is at the end of a link out of the repository.
                    match self.admit_real(&path, &full) {
                        Ok(real) if disk::is_file(&real) => found.files.push(path),
                        Ok(_) | Err(FileError::Missing) => {}
                        Err(FileError::Withheld(why)) => found.withheld.push(WithheldPath { path, is_git: false, why }),
                    }
                }
            }
            seen += listing.entries.len();
            if seen > MAX_LISTED {
                return Err(FileError::withheld(format!("there are more than {MAX_LISTED} files below it")));
            }
        }
        found.files.sort();
        Ok(found)
    }
}

fn outside(path: &str) -> FileError {
    FileError::Withheld(Reason::outside(path))
}

fn in_git(path: &str) -> FileError {
    FileError::withheld(format!("`{path}` is in `.git`, which is never read"))
}

/// Resolves symbolic links in a path relative to a root module, as Go's `filepath.EvalSymlinks` does, which Terraform uses for
/// `path.module`. `None` if the path does not exist.
pub(super) fn without_links(root: &Path, path: &Path, directories: &Directories) -> Option<PathBuf> {
    let (full, tidied) = (root.join(path), disk::tidy(path));
    // Fast path: most paths have no links.
    if tidied == path && directories.real(&full).is_ok_and(|real| real == disk::tidy(&full)) {
        return Some(tidied);
    }
    if !disk::has_entry(&root.join(path)) {
        return None;
    }
    let mut done = PathBuf::new();
    let mut open: Vec<PathBuf> = path.components().rev().map(|part| PathBuf::from(part.as_os_str())).collect();
    let mut links = 0;
    while let Some(part) = open.pop() {
        match part.components().next() {
            Some(Component::ParentDir) if matches!(done.components().next_back(), Some(Component::Normal(_))) => drop(done.pop()),
            Some(Component::CurDir) | None => {}
            Some(Component::Normal(_)) => {
                done.push(&part);
                if let Some(target) = disk::link(&root.join(&done)) {
                    links += 1;
                    if links > MAX_LINKS {
                        return None;
                    }
                    done.pop();
                    open.extend(target.components().rev().map(|part| PathBuf::from(part.as_os_str())));
                }
            }
            // The root of the file system replaces everything before it.
            Some(_) => done.push(&part),
        }
    }
    Some(if done.as_os_str().is_empty() { PathBuf::from(".") } else { done })
}

/// The maximum number of links in a path, as in Go.
const MAX_LINKS: usize = 255;

impl FileAccess for Files {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        let real = self.admit(path)?;
        if let Some(bytes) = self.read.borrow().get(&real) {
            return Ok(Arc::clone(bytes));
        }
        let bytes: Arc<[u8]> = self
            .overlay
            .read(&real, disk::FUNCTION_CAP)
            .map_err(|error| match error {
                DiskError::Missing => FileError::Missing,
                error => FileError::withheld(format!("`{path}` cannot be read: {error}")),
            })?
            .into();
        self.read.borrow_mut().insert(real, Arc::clone(&bytes));
        Ok(bytes)
    }

    fn exists(&self, path: &str) -> Result<bool, FileError> {
        match self.admit(path) {
            Ok(real) => Ok(disk::is_file(&real)),
            Err(FileError::Missing) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn list(&self, directory: &str) -> Result<Arc<FileList>, FileError> {
        let real = self.admit(directory)?;
        if let Some(known) = self.listed.borrow().get(&real) {
            return known.clone();
        }
        let found = self.list_below(&real).map(Arc::new);
        self.listed.borrow_mut().insert(real, found.clone());
        found
    }

    fn absolute(&self, path: &str) -> String {
        disk::tidy(&self.root.join(path)).to_string_lossy().into_owned()
    }
}
