//! From edits to new texts, and writing them to files.

use super::edit::Edit;
use crate::base::Sources;
use crate::base::disk::{self, DiskError};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A file with its old and new text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewrittenFile {
    /// The path as shown.
    pub path: PathBuf,
    /// The text that was read.
    pub old: String,
    /// The text to write.
    pub new: String,
    /// The changes in order: byte ranges of the old text and of the new one.
    pub changes: Vec<(Range<usize>, Range<usize>)>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The new text is not valid.
    #[error("`{path}` would no longer be valid: {why}", path = path.display())]
    Rejected {
        /// The file.
        path: PathBuf,
        /// What is wrong, as a clause.
        why: String,
    },
    /// The file is not the one that was checked.
    #[error("`{path}` was changed by another program in the meantime", path = .0.display())]
    Changed(PathBuf),
    /// The file cannot be read or written.
    #[error("cannot write `{path}`: {error}", path = path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: DiskError,
    },
}

/// Makes the edits and returns the new files, sorted by path. The edits must not overlap, like those of a [`FixPlan`](super::FixPlan).
#[must_use]
pub fn rewrite(edits: &[Edit], sources: &Sources) -> Vec<RewrittenFile> {
    let mut files: Vec<(RewrittenFile, usize)> = Vec::new();
    for edit in edits {
        let source = sources.get(edit.span.source);
        let range = edit.span.range();
        if !matches!(files.last(), Some((file, _)) if file.path == source.path()) {
            files.push((
                RewrittenFile { path: source.path().to_path_buf(), old: source.text().to_owned(), new: String::new(), changes: Vec::new() },
                0,
            ));
        }
        if let Some((file, at)) = files.last_mut()
            && let Some(between) = file.old.get(*at..range.start)
        {
            file.new.push_str(between);
            let start = file.new.len();
            file.new.push_str(&edit.replacement);
            file.changes.push((range.clone(), start..file.new.len()));
            *at = range.end;
        }
    }
    let end = |(mut file, at): (RewrittenFile, usize)| {
        file.new.push_str(file.old.get(at..).unwrap_or_default());
        file
    };
    files.into_iter().map(end).collect()
}

/// Writes all files or none. Each file is verified first (`verify` gets its path as shown and its new text), and if one cannot be written,
/// those before it are reverted. Paths are relative to `directory`, and links must not lead out of `within`.
///
/// # Errors
/// If a file is rejected by `verify`, was changed since it was read, or cannot be written.
pub fn apply(
    files: &[RewrittenFile],
    directory: &Path,
    within: &Path,
    verify: &dyn Fn(&str, &str) -> Result<(), ApplyError>,
) -> Result<(), ApplyError> {
    for file in files {
        verify(&file.path.to_string_lossy(), &file.new)?;
        let now = disk::read_text(&directory.join(&file.path), disk::CONFIG_CAP);
        let now = now.map_err(|error| ApplyError::Disk { path: file.path.clone(), error })?;
        // An editor or a formatter may have saved the file since it was read: the edits would be at the wrong offsets.
        if now != file.old {
            return Err(ApplyError::Changed(file.path.clone()));
        }
    }
    for (at, file) in files.iter().enumerate() {
        if let Err(error) = disk::replace(&directory.join(&file.path), file.new.as_bytes(), within) {
            let written = files.get(..at).unwrap_or_default();
            return Err(revert(written, directory, within).err().unwrap_or(ApplyError::Disk { path: file.path.clone(), error }));
        }
    }
    Ok(())
}

/// Restores the old text of written files.
///
/// # Errors
/// If a file cannot be written; the error is that of the last one.
pub(crate) fn revert(files: &[RewrittenFile], directory: &Path, within: &Path) -> Result<(), ApplyError> {
    let mut result = Ok(());
    for file in files {
        if let Err(error) = disk::replace(&directory.join(&file.path), file.old.as_bytes(), within) {
            result = Err(ApplyError::Disk { path: file.path.clone(), error });
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_all_or_none() {
        let directory = tempfile::tempdir().unwrap();
        let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
        let file = |name: &str| RewrittenFile { path: name.into(), old: "old".to_owned(), new: "new".to_owned(), changes: Vec::new() };
        for name in ["a.tf", "b.tf"] {
            std::fs::write(directory.path().join(name), "old").unwrap();
        }
        let accept_all = |_: &str, _: &str| Ok(());
        let reject_one = |path: &str, _: &str| match path {
            "b.tf" => Err(ApplyError::Rejected { path: path.into(), why: "no".to_owned() }),
            _ => Ok(()),
        };
        let both = [file("a.tf"), file("b.tf")];
        assert!(matches!(apply(&both, directory.path(), directory.path(), &reject_one), Err(ApplyError::Rejected { .. })));
        std::fs::write(directory.path().join("b.tf"), "other").unwrap();
        assert!(
            matches!(apply(&both, directory.path(), directory.path(), &accept_all), Err(ApplyError::Changed(path)) if path == Path::new("b.tf"))
        );
        assert_eq!((read("a.tf"), read("b.tf")), ("old".to_owned(), "other".to_owned()));
        std::fs::write(directory.path().join("b.tf"), "old").unwrap();
        apply(&both, directory.path(), directory.path(), &accept_all).unwrap();
        assert_eq!((read("a.tf"), read("b.tf")), ("new".to_owned(), "new".to_owned()));
    }

    #[cfg(unix)]
    #[test]
    fn unwritable_file_reverts_the_files_before_it() {
        let (directory, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(directory.path().join("a.tf"), "old").unwrap();
        std::fs::write(outside.path().join("b.tf"), "old").unwrap();
        std::os::unix::fs::symlink(outside.path().join("b.tf"), directory.path().join("b.tf")).unwrap();
        let file = |name: &str| RewrittenFile { path: name.into(), old: "old".to_owned(), new: "new".to_owned(), changes: Vec::new() };
        let result = apply(&[file("a.tf"), file("b.tf")], directory.path(), directory.path(), &|_, _| Ok(()));
        assert!(matches!(result, Err(ApplyError::Disk { error: DiskError::Outside, .. })));
        for path in [directory.path().join("a.tf"), outside.path().join("b.tf")] {
            assert_eq!(std::fs::read_to_string(path).unwrap(), "old");
        }
    }
}
