//! Edits → new texts, a diff of them, and files.

use super::Edit;
use crate::base::Sources;
use crate::base::disk::{self, DiskError};
use similar::TextDiff;
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
    /// The file is not what was judged.
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
            files.push((Rewritten { path: source.path().to_path_buf(), old: source.text().to_owned(), new: String::new() }, 0));
        }
        if let Some((file, at)) = files.last_mut()
            && let Some(between) = file.old.get(*at..range.start)
        {
            file.new.push_str(between);
            file.new.push_str(&edit.replacement);
            *at = range.end;
        }
    }
    let end = |(mut file, at): (Rewritten, usize)| {
        file.new.push_str(file.old.get(at..).unwrap_or_default());
        file
    };
    files.into_iter().map(end).collect()
}

/// How many lines around a change a diff shows.
const CONTEXT: usize = 3;

/// A unified diff, as `git apply` takes it. `shows` tells whether a line (from 0) of a file may be shown: next to one that may not there is
/// less context, and a change of one is only mentioned.
#[must_use]
pub fn diff(files: &[Rewritten], shows: &dyn Fn(&Path, usize) -> bool) -> String {
    let mut out = String::new();
    for file in files {
        let path = file.path.to_string_lossy().replace('\\', "/");
        let diff = TextDiff::from_lines(&file.old, &file.new);
        let is_shown = |context: &usize| {
            let mut lines = diff.grouped_ops(*context).into_iter().flatten().flat_map(|change| change.old_range());
            lines.all(|line| shows(&file.path, line))
        };
        match (0..=CONTEXT).rev().find(is_shown) {
            Some(context) => {
                let header = (format!("a/{path}"), format!("b/{path}"));
                out.push_str(&diff.unified_diff().context_radius(context).header(&header.0, &header.1).to_string());
            }
            None => out.push_str(&format!("# {path}: the diff contains a value that may not be shown\n")),
        }
    }
    out
}

/// Writes files, all or none: each is tested first (`verify` gets its path as shown and its new text), and
/// one that cannot be written takes those before it back. `folder` is what the paths are relative to, `within` where links may lead.
///
/// # Errors
/// The first file that is not right, was changed since it was read, or cannot be written.
pub fn apply(
    files: &[Rewritten],
    folder: &Path,
    within: &Path,
    verify: &dyn Fn(&str, &str) -> Result<(), ApplyError>,
) -> Result<(), ApplyError> {
    for file in files {
        verify(&file.path.to_string_lossy(), &file.new)?;
        let now = disk::read_text(&folder.join(&file.path), disk::CONFIG_CAP);
        let now = now.map_err(|error| ApplyError::Disk { path: file.path.clone(), error })?;
        if now != file.old {
            return Err(ApplyError::Changed(file.path.clone()));
        }
    }
    for (at, file) in files.iter().enumerate() {
        if let Err(error) = disk::replace(&folder.join(&file.path), file.new.as_bytes(), within) {
            let written = files.get(..at).unwrap_or_default();
            return Err(revert(written, folder, within).err().unwrap_or(ApplyError::Disk { path: file.path.clone(), error }));
        }
    }
    Ok(())
}

/// Takes written files back: what they held before stands there again.
///
/// # Errors
/// The last file that cannot be written.
pub fn revert(files: &[Rewritten], folder: &Path, within: &Path) -> Result<(), ApplyError> {
    let mut done = Ok(());
    for file in files {
        if let Err(error) = disk::replace(&folder.join(&file.path), file.old.as_bytes(), within) {
            done = Err(ApplyError::Disk { path: file.path.clone(), error });
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::fix::Safety;

    fn edit(span: Span, replacement: &str) -> Edit {
        let (addresses, findings) = (Vec::new(), Vec::new());
        Edit { span, replacement: replacement.to_owned(), safety: Safety::Safe, rule: "R", addresses, findings, description: String::new() }
    }

    #[test]
    fn a_diff_shows_what_changes() {
        let sources = Sources::default();
        let (a, b) = (sources.add("a.tf", "x = 1\ny = 2".to_owned()), sources.add("m/b.tf", "z\n".to_owned()));
        let edits = [edit(Span::new(a, 4..5), "3"), edit(Span::new(a, 6..6), "n = 0\n"), edit(Span::new(b, 2..2), "w\n")];
        let files = rewritten(&edits, &sources);
        assert_eq!(files.iter().map(|file| file.new.as_str()).collect::<Vec<_>>(), ["x = 3\nn = 0\ny = 2", "z\nw\n"]);
        assert_eq!(
            diff(&files, &|_, _| true),
            "--- a/a.tf\n+++ b/a.tf\n@@ -1,2 +1,3 @@\n-x = 1\n+x = 3\n+n = 0\n y = 2\n\\ No newline at end of file\n\
             --- a/m/b.tf\n+++ b/m/b.tf\n@@ -1 +1,2 @@\n z\n+w\n"
        );
    }

    #[test]
    fn all_files_are_written_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let file = |name: &str| Rewritten { path: name.into(), old: "old".to_owned(), new: "new".to_owned() };
        for name in ["a.tf", "b.tf"] {
            std::fs::write(folder.path().join(name), "old").unwrap();
        }
        let fine = |_: &str, _: &str| Ok(());
        let picky = |path: &str, _: &str| match path {
            "b.tf" => Err(ApplyError::Rejected { path: path.into(), why: "no".to_owned() }),
            _ => Ok(()),
        };
        let both = [file("a.tf"), file("b.tf")];
        assert!(matches!(apply(&both, folder.path(), folder.path(), &picky), Err(ApplyError::Rejected { .. })));
        std::fs::write(folder.path().join("b.tf"), "other").unwrap();
        assert!(matches!(apply(&both, folder.path(), folder.path(), &fine), Err(ApplyError::Changed(path)) if path == Path::new("b.tf")));
        assert_eq!((read("a.tf"), read("b.tf")), ("old".to_owned(), "other".to_owned()));
        std::fs::write(folder.path().join("b.tf"), "old").unwrap();
        apply(&both, folder.path(), folder.path(), &fine).unwrap();
        assert_eq!((read("a.tf"), read("b.tf")), ("new".to_owned(), "new".to_owned()));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_written_takes_the_others_back() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("a.tf"), "old").unwrap();
        std::fs::write(outside.path().join("b.tf"), "old").unwrap();
        std::os::unix::fs::symlink(outside.path().join("b.tf"), folder.path().join("b.tf")).unwrap();
        let file = |name: &str| Rewritten { path: name.into(), old: "old".to_owned(), new: "new".to_owned() };
        let done = apply(&[file("a.tf"), file("b.tf")], folder.path(), folder.path(), &|_, _| Ok(()));
        assert!(matches!(done, Err(ApplyError::Disk { error: DiskError::Outside, .. })));
        for path in [folder.path().join("a.tf"), outside.path().join("b.tf")] {
            assert_eq!(std::fs::read_to_string(path).unwrap(), "old");
        }
    }
}
