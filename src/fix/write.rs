//! Edits → new texts, a diff of them, and files.

use super::edit::Edit;
use crate::base::Sources;
use crate::base::disk::{self, DiskError};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A file as it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// The path as shown.
    pub path: PathBuf,
    /// What was read.
    pub old: String,
    /// What will stand there.
    pub new: String,
    /// What changes, in order: the bytes of the old text and those of the new one.
    pub changes: Vec<(Range<usize>, Range<usize>)>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The new text did not stand the test.
    #[error("`{path}` would no longer be valid: {why}", path = path.display())]
    Rejected {
        /// The file.
        path: PathBuf,
        /// What is wrong, as a clause.
        why: String,
    },
    /// The file is not what was checked.
    #[error("`{path}` was changed by another program in the meantime", path = .0.display())]
    Changed(PathBuf),
    /// The disk refused.
    #[error("cannot write `{path}`: {error}", path = path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: DiskError,
    },
}

/// The files with the edits made, sorted by path. The edits do not overlap, as those of a [`Plan`](super::Plan).
#[must_use]
pub fn rewritten(edits: &[Edit], sources: &Sources) -> Vec<Rewritten> {
    let mut files: Vec<(Rewritten, usize)> = Vec::new();
    for edit in edits {
        let source = sources.get(edit.span.source);
        let range = edit.span.range();
        if !matches!(files.last(), Some((file, _)) if file.path == source.path()) {
            files.push((
                Rewritten { path: source.path().to_path_buf(), old: source.text().to_owned(), new: String::new(), changes: Vec::new() },
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
    let end = |(mut file, at): (Rewritten, usize)| {
        file.new.push_str(file.old.get(at..).unwrap_or_default());
        file
    };
    files.into_iter().map(end).collect()
}

/// Writes files, all or none: each is tested first (`verify` gets its path as shown and its new text), and
/// one that cannot be written takes those before it back. `directory` is what the paths are relative to, `within` where links may lead.
///
/// # Errors
/// The first file that is not right, was changed since it was read, or cannot be written.
pub fn apply(
    files: &[Rewritten],
    directory: &Path,
    within: &Path,
    verify: &dyn Fn(&str, &str) -> Result<(), ApplyError>,
) -> Result<(), ApplyError> {
    for file in files {
        verify(&file.path.to_string_lossy(), &file.new)?;
        let now = disk::read_text(&directory.join(&file.path), disk::CONFIG_CAP);
        let now = now.map_err(|error| ApplyError::Disk { path: file.path.clone(), error })?;
        // An editor or a formatter may have saved it since it was read: offsets of the old text would cut into the new one.
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

/// Takes written files back: what they held before stands there again.
///
/// # Errors
/// The last file that cannot be written.
pub(crate) fn revert(files: &[Rewritten], directory: &Path, within: &Path) -> Result<(), ApplyError> {
    let mut done = Ok(());
    for file in files {
        if let Err(error) = disk::replace(&directory.join(&file.path), file.old.as_bytes(), within) {
            done = Err(ApplyError::Disk { path: file.path.clone(), error });
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_are_written_or_none() {
        let directory = tempfile::tempdir().unwrap();
        let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
        let file = |name: &str| Rewritten { path: name.into(), old: "old".to_owned(), new: "new".to_owned(), changes: Vec::new() };
        for name in ["a.tf", "b.tf"] {
            std::fs::write(directory.path().join(name), "old").unwrap();
        }
        let fine = |_: &str, _: &str| Ok(());
        let picky = |path: &str, _: &str| match path {
            "b.tf" => Err(ApplyError::Rejected { path: path.into(), why: "no".to_owned() }),
            _ => Ok(()),
        };
        let both = [file("a.tf"), file("b.tf")];
        assert!(matches!(apply(&both, directory.path(), directory.path(), &picky), Err(ApplyError::Rejected { .. })));
        std::fs::write(directory.path().join("b.tf"), "other").unwrap();
        assert!(
            matches!(apply(&both, directory.path(), directory.path(), &fine), Err(ApplyError::Changed(path)) if path == Path::new("b.tf"))
        );
        assert_eq!((read("a.tf"), read("b.tf")), ("old".to_owned(), "other".to_owned()));
        std::fs::write(directory.path().join("b.tf"), "old").unwrap();
        apply(&both, directory.path(), directory.path(), &fine).unwrap();
        assert_eq!((read("a.tf"), read("b.tf")), ("new".to_owned(), "new".to_owned()));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_written_takes_the_others_back() {
        let (directory, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(directory.path().join("a.tf"), "old").unwrap();
        std::fs::write(outside.path().join("b.tf"), "old").unwrap();
        std::os::unix::fs::symlink(outside.path().join("b.tf"), directory.path().join("b.tf")).unwrap();
        let file = |name: &str| Rewritten { path: name.into(), old: "old".to_owned(), new: "new".to_owned(), changes: Vec::new() };
        let done = apply(&[file("a.tf"), file("b.tf")], directory.path(), directory.path(), &|_, _| Ok(()));
        assert!(matches!(done, Err(ApplyError::Disk { error: DiskError::Outside, .. })));
        for path in [directory.path().join("a.tf"), outside.path().join("b.tf")] {
            assert_eq!(std::fs::read_to_string(path).unwrap(), "old");
        }
    }
}
