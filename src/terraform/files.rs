//! The files that file functions may read: those of the root module's repository, links resolved first, of a bounded size.

use crate::base::disk::{self, DiskError};
use crate::terraform::eval::{FileAccess, FileTrouble};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many files `fileset` may see.
const MAX_LISTED: usize = 50_000;

/// The disk as a root module may see it.
pub(super) struct Files {
    /// The root module's folder: Terraform's working directory.
    root: PathBuf,
    /// What may be read.
    within: Vec<PathBuf>,
    read: RefCell<HashMap<PathBuf, Arc<[u8]>>>,
}

impl Files {
    /// The files of the repository that `root` lies in, and those in `allow`.
    pub(super) fn new(root: &Path, allow: &[PathBuf]) -> Self {
        let own = disk::repository_root(root).unwrap_or_else(|| root.to_path_buf());
        let within = std::iter::once(own).chain(allow.iter().filter_map(|path| disk::canonical(path).ok())).collect();
        Self { root: root.to_path_buf(), within, read: RefCell::default() }
    }

    /// The real path of something that may be looked at.
    fn admit(&self, path: &str) -> Result<PathBuf, FileTrouble> {
        if path == "~" || path.starts_with("~/") {
            return Err(FileTrouble::Withheld(format!("`{path}` lies in somebody's home folder")));
        }
        let full = self.root.join(path);
        let outside = || FileTrouble::Withheld(crate::base::cause::outside(path));
        let in_git = || FileTrouble::Withheld(format!("`{path}` lies in `.git`, which is never read"));
        if full.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git")) {
            return Err(in_git());
        }
        // What lies outside is not even asked for: whether it exists would be an answer.
        if !self.is_within(&disk::tidy(&full)) {
            return Err(outside());
        }
        match disk::canonical(&full) {
            Ok(real) if self.is_within(&real) => {
                if disk::is_git(&real) {
                    Err(in_git())
                } else {
                    Ok(real)
                }
            }
            Ok(_) => Err(outside()),
            Err(DiskError::Missing) => Err(FileTrouble::Missing),
            Err(error) => Err(FileTrouble::Withheld(format!("`{path}` cannot be read: {error}"))),
        }
    }

    fn is_within(&self, path: &Path) -> bool {
        self.within.iter().any(|folder| path.starts_with(folder))
    }
}

impl FileAccess for Files {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileTrouble> {
        let real = self.admit(path)?;
        if let Some(bytes) = self.read.borrow().get(&real) {
            return Ok(Arc::clone(bytes));
        }
        let bytes: Arc<[u8]> = disk::read(&real, disk::FUNCTION_CAP)
            .map_err(|error| match error {
                DiskError::Missing => FileTrouble::Missing,
                error => FileTrouble::Withheld(format!("`{path}` cannot be read: {error}")),
            })?
            .into();
        self.read.borrow_mut().insert(real, Arc::clone(&bytes));
        Ok(bytes)
    }

    fn exists(&self, path: &str) -> Result<bool, FileTrouble> {
        match self.admit(path) {
            Ok(real) => Ok(disk::is_file(&real)),
            Err(FileTrouble::Missing) => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FileTrouble> {
        let real = self.admit(folder)?;
        let mut found = Vec::new();
        let mut open = vec![(real, String::new())];
        while let Some((folder, prefix)) = open.pop() {
            for entry in disk::entries(&folder).map_err(|_| FileTrouble::Missing)? {
                let Some(name) = entry.name.to_str() else { continue };
                let path = format!("{prefix}{name}");
                if entry.is_dir && !entry.is_link {
                    open.push((folder.join(name), format!("{path}/")));
                } else if disk::is_file(&folder.join(name)) {
                    found.push(path);
                }
                if found.len() + open.len() > MAX_LISTED {
                    return Err(FileTrouble::Withheld(format!("there are more than {MAX_LISTED} files below it")));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn absolute(&self, path: &str) -> String {
        disk::tidy(&self.root.join(path)).to_string_lossy().into_owned()
    }
}
