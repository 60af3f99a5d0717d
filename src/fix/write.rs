//! From edits to new texts, and writing them to files.

use super::edit::Edit;
use crate::base::Sources;
use crate::base::disk::{self, DiskError};
use crate::hcl;
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

/// Files that were written, with the bytes that they had before.
#[derive(Debug, Default)]
pub struct WrittenFiles(Vec<(PathBuf, Vec<u8>)>);

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
) -> Result<WrittenFiles, ApplyError> {
    let mut contents = Vec::with_capacity(files.len());
    for file in files {
        let path = &file.path;
        verify(&path.to_string_lossy(), &file.new)?;
        let error = |error| ApplyError::Disk { path: path.clone(), error };
        let old = disk::read(&directory.join(path), disk::CONFIG_CAP).map_err(error)?;
        // An editor or a formatter may have saved the file since it was read: the edits would be at the wrong offsets.
        let new = spliced(&old, file).ok_or_else(|| ApplyError::Changed(path.clone()))?;
        contents.push((old, new));
    }
    let mut applied = WrittenFiles::default();
    for (file, (old, new)) in files.iter().zip(contents) {
        if let Err(error) = disk::replace(&directory.join(&file.path), &new, within) {
            return Err(applied.revert(directory, within).err().unwrap_or(ApplyError::Disk { path: file.path.clone(), error }));
        }
        applied.0.push((file.path.clone(), old));
    }
    Ok(applied)
}

impl WrittenFiles {
    /// Writes the old contents back.
    ///
    /// # Errors
    /// The last file that cannot be written.
    pub fn revert(&self, directory: &Path, within: &Path) -> Result<(), ApplyError> {
        let mut done = Ok(());
        for (path, old) in &self.0 {
            if let Err(error) = disk::replace(&directory.join(path), old, within) {
                done = Err(ApplyError::Disk { path: path.clone(), error });
            }
        }
        done
    }
}

/// The new bytes of a file that holds `old`; `None` if that is not the text that was read. What is not edited keeps its bytes, including
/// those that are not UTF-8: Terraform accepts any in comments and in JSON strings.
fn spliced(old: &[u8], file: &RewrittenFile) -> Option<Vec<u8>> {
    let is_json = file.path.extension().is_some_and(|extension| extension == "json");
    if hcl::decode(old.to_vec(), is_json).ok()? != file.old {
        return None;
    }
    let mut encoded_offset = hcl::encoded_offsets(old, is_json);
    let (mut new, mut done) = (Vec::with_capacity(file.new.len()), 0);
    for (replaced, replacement) in &file.changes {
        new.extend_from_slice(old.get(done..encoded_offset(replaced.start))?);
        new.extend_from_slice(file.new.get(replacement.clone())?.as_bytes());
        done = encoded_offset(replaced.end);
    }
    new.extend_from_slice(old.get(done..)?);
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(name: &str, old: &str, replaced: Range<usize>, replacement: &str) -> RewrittenFile {
        let mut new = old.to_owned();
        new.replace_range(replaced.clone(), replacement);
        let start = replaced.start;
        RewrittenFile { path: name.into(), old: old.to_owned(), new, changes: vec![(replaced, start..start + replacement.len())] }
    }

    #[test]
    fn bytes_that_are_not_utf_8_stay_as_they_are() {
        let directory = tempfile::tempdir().unwrap();
        let cases: [(&str, &[u8], &[u8]); 2] = [
            ("a.tf", b"# caf\xe9\na = 1 # \xff\n", b"# caf\xe9\na = 23 # \xff\n"),
            ("a.tf.json", b"{\"//\": \"caf\xe9\", \"a\": 1, \"b\": \"\xff\"}", b"{\"//\": \"caf\xe9\", \"a\": 23, \"b\": \"\xff\"}"),
        ];
        for (name, old, new) in cases {
            std::fs::write(directory.path().join(name), old).unwrap();
            let text = hcl::decode(old.to_vec(), name.ends_with(".json")).unwrap();
            let at = text.find('1').unwrap();
            let applied = apply(&[edited(name, &text, at..at + 1, "23")], directory.path(), directory.path(), &|_, _| Ok(())).unwrap();
            assert_eq!(std::fs::read(directory.path().join(name)).unwrap(), new, "{name}");
            applied.revert(directory.path(), directory.path()).unwrap();
            assert_eq!(std::fs::read(directory.path().join(name)).unwrap(), old, "{name}");
        }
    }

    #[test]
    fn files_are_written_all_or_none() {
        let directory = tempfile::tempdir().unwrap();
        let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
        let file = |name: &str| edited(name, "old", 0..3, "new");
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
        let file = |name: &str| edited(name, "old", 0..3, "new");
        let done = apply(&[file("a.tf"), file("b.tf")], directory.path(), directory.path(), &|_, _| Ok(()));
        assert!(matches!(done, Err(ApplyError::Disk { error: DiskError::Outside, .. })));
        for path in [directory.path().join("a.tf"), outside.path().join("b.tf")] {
            assert_eq!(std::fs::read_to_string(path).unwrap(), "old");
        }
    }
}
