//! The disk with an editor's unsaved texts on top. Without unsaved texts, it is the disk itself.

use super::disk::{self, DirEntry, DiskError, OpenDirectory};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Texts that replace files on disk, by real path.
#[derive(Clone, Debug, Default)]
pub struct Overlay(BTreeMap<PathBuf, Arc<str>>);

impl Overlay {
    /// Replaces a file by a text. `path` must have its links resolved; the file may not exist.
    pub fn set(&mut self, path: PathBuf, text: Arc<str>) {
        self.0.insert(path, text);
    }

    /// Restores the file on disk.
    pub fn remove(&mut self, path: &Path) {
        self.0.remove(path);
    }

    /// The text that replaces a file. Links are resolved.
    #[must_use]
    pub fn text(&self, path: &Path) -> Option<&Arc<str>> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(path).or_else(|| self.0.get(&disk::canonical(path).ok()?))
    }

    /// As [`disk::read`].
    ///
    /// # Errors
    /// As [`disk::read`].
    pub fn read(&self, path: &Path, cap: u64) -> Result<Vec<u8>, DiskError> {
        match self.text(path) {
            Some(text) => capped(text, cap),
            None => disk::read(path, cap),
        }
    }

    /// Reads a listed file of at most `cap` bytes. The path must have no links to resolve.
    ///
    /// # Errors
    /// As [`disk::read`].
    pub fn read_listed(&self, path: &Path, directory: Option<&OpenDirectory>, cap: u64) -> Result<Vec<u8>, DiskError> {
        match (self.0.get(path), directory, path.file_name()) {
            (Some(text), ..) => capped(text, cap),
            (None, Some(directory), Some(name)) => directory.read(name, cap),
            _ => Err(DiskError::Missing),
        }
    }

    /// As [`disk::read_text`].
    ///
    /// # Errors
    /// As [`disk::read_text`].
    pub fn read_text(&self, path: &Path, cap: u64) -> Result<String, DiskError> {
        disk::text(self.read(path, cap)?)
    }

    /// As [`disk::is_file`].
    #[must_use]
    pub fn is_file(&self, path: &Path) -> bool {
        self.text(path).is_some() || disk::is_file(path)
    }

    /// Adds the files that were never saved to the entries of a directory, sorted by name.
    #[must_use]
    pub fn complete(&self, directory: &Path, entries: Arc<[DirEntry]>) -> Arc<[DirEntry]> {
        if self.0.is_empty() {
            return entries;
        }
        let mut entries = entries.to_vec();
        let below = self.0.range(directory.to_path_buf()..).map(|(path, _)| path).take_while(|path| path.starts_with(directory));
        for path in below.filter(|path| path.parent() == Some(directory)) {
            let Some(name) = path.file_name() else { continue };
            if let Err(at) = entries.binary_search_by(|entry| entry.name.as_os_str().cmp(name)) {
                entries.insert(at, DirEntry { name: name.to_owned(), is_dir: false, is_link: false, is_file: true });
            }
        }
        entries.into()
    }
}

fn capped(text: &str, cap: u64) -> Result<Vec<u8>, DiskError> {
    if text.len() as u64 > cap { Err(DiskError::TooLarge(cap)) } else { Ok(text.as_bytes().to_vec()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsaved_text_replaces_an_existing_or_missing_file() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let real = disk::canonical(directory.path())?;
        std::fs::write(real.join("a.tf"), "saved")?;
        let mut overlay = Overlay::default();
        overlay.set(real.join("a.tf"), "typed".into());
        overlay.set(real.join("b.tf"), "new".into());
        overlay.set(real.join("below/c.tf"), "elsewhere".into());
        assert_eq!(overlay.read_text(&real.join("a.tf"), 10)?, "typed");
        assert_eq!(overlay.read_listed(&real.join("b.tf"), None, 10)?, b"new");
        assert!(matches!(overlay.read(&real.join("a.tf"), 2), Err(DiskError::TooLarge(2))));
        let names: Vec<_> = overlay.complete(&real, disk::entries(&real)?.into()).iter().map(|entry| entry.name.clone()).collect();
        assert_eq!(names, ["a.tf", "b.tf"]);
        overlay.remove(&real.join("a.tf"));
        let open = OpenDirectory::open(&real)?;
        assert_eq!(overlay.read_listed(&real.join("a.tf"), Some(&open), 10)?, b"saved");
        assert_eq!(overlay.read_text(&real.join("a.tf"), 10)?, "saved");
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn link_has_the_unsaved_text_of_its_target() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let real = disk::canonical(directory.path())?;
        std::fs::write(real.join("a.tf"), "saved")?;
        std::os::unix::fs::symlink("a.tf", real.join("link.tf"))?;
        let mut overlay = Overlay::default();
        overlay.set(real.join("a.tf"), "typed".into());
        assert_eq!(overlay.read_text(&real.join("link.tf"), 10)?, "typed");
        Ok(())
    }
}
