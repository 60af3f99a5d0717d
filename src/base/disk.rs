//! The only file that reads and writes the disk. Everything it opens is a regular file of a bounded size; FIFOs and devices are refused.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

/// The largest configuration file that is read: 64 MiB. Terraform has no limit, people's largest are below 1 MiB.
pub const CONFIG_CAP: u64 = 64 << 20;
/// The largest file that a file function reads: 8 MiB.
pub const FUNCTION_CAP: u64 = 8 << 20;

/// Why the disk did not give what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// Nothing is there.
    #[error("there is no such file or folder")]
    Missing,
    /// A folder, FIFO, socket or device where a file was wanted.
    #[error("it is not a regular file")]
    NotAFile,
    /// Larger than the cap, in bytes.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
    /// Not UTF-8; the offset of the first byte that is not.
    #[error("it is not UTF-8 text (byte {0})")]
    NotText(usize),
    /// It resolves, through a symbolic link, to a place outside of where we may read or write.
    #[error("it leads out of the repository")]
    Outside,
    /// Its name is not Unicode, so that it cannot be told nor reported.
    #[error("its name is not Unicode")]
    StrangeName,
    /// Anything else the system says.
    #[error("{0}")]
    System(io::Error),
}

impl From<io::Error> for DiskError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::System(error) }
    }
}

/// Opens a regular file and tells its size in bytes.
///
/// # Errors
/// Missing, not a regular file, or what the system says.
pub fn open(path: &Path) -> Result<(File, u64), DiskError> {
    // The kind is asked before opening: opening a FIFO blocks until somebody writes to it.
    let about = fs::metadata(path)?;
    if !about.is_file() {
        return Err(DiskError::NotAFile);
    }
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

/// Opens something that the user named to be read from its beginning to its end: a file, but also the pipe of `<(terraform show -json …)`.
///
/// # Errors
/// Missing, a folder, or what the system says.
pub fn open_stream(path: &Path) -> Result<File, DiskError> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() { Err(DiskError::NotAFile) } else { Ok(file) }
}

/// Reads something that the user named to its end, of at most `cap` bytes: a file, or a pipe.
///
/// # Errors
/// Missing, a folder, too large, or what the system says.
pub fn read_stream(path: &Path, cap: u64) -> Result<Vec<u8>, DiskError> {
    let mut bytes = Vec::new();
    open_stream(path)?.take(cap + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > cap { Err(DiskError::TooLarge(cap)) } else { Ok(bytes) }
}

/// Whether a path that somebody may have put there leads, through links, out of these folders.
#[must_use]
pub fn leads_out(path: &Path, within: &[PathBuf]) -> bool {
    fs::canonicalize(path).is_ok_and(|real| !within.iter().any(|folder| real.starts_with(folder)))
}

/// Reads a regular file of at most `cap` bytes.
///
/// # Errors
/// Missing, not a regular file, too large, or what the system says.
pub fn read(path: &Path, cap: u64) -> Result<Vec<u8>, DiskError> {
    let (file, size) = open(path)?;
    whole(file, size, cap)
}

/// Reads a file that a listing of its folder has just told to be a regular one, of at most `cap` bytes.
///
/// # Errors
/// As [`read`].
pub fn read_listed(path: &Path, cap: u64) -> Result<Vec<u8>, DiskError> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    whole(file, size, cap)
}

/// The bytes of an open file of this size.
fn whole(file: File, size: u64, cap: u64) -> Result<Vec<u8>, DiskError> {
    if size > cap {
        return Err(DiskError::TooLarge(cap));
    }
    // What a file grows by while it is read is not asked for: one call of the system less for each of a repository's many files. Files
    // of the kernel's say that they are empty.
    let limit = if size == 0 { cap + 1 } else { size };
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > cap {
        return Err(DiskError::TooLarge(cap));
    }
    Ok(bytes)
}

/// Reads a regular file of UTF-8 text of at most `cap` bytes.
///
/// # Errors
/// As [`read`], and not UTF-8.
pub fn read_text(path: &Path, cap: u64) -> Result<String, DiskError> {
    text(read(path, cap)?)
}

/// Bytes as text.
///
/// # Errors
/// Not UTF-8.
pub fn text(bytes: Vec<u8>) -> Result<String, DiskError> {
    String::from_utf8(bytes).map_err(|error| DiskError::NotText(error.utf8_error().valid_up_to()))
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: OsString,
    /// Whether it is a folder (symbolic links to folders are not followed in walks but count here).
    pub is_dir: bool,
    /// Whether it is a symbolic link.
    pub is_link: bool,
    /// Whether it is a regular file itself, not through a link.
    pub is_file: bool,
}

/// The entries of a folder, sorted by name, so that no result depends on their order on disk.
///
/// # Errors
/// Missing, or what the system says.
pub fn entries(folder: &Path) -> Result<Vec<Entry>, DiskError> {
    let mut list = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let is_dir = if kind.is_symlink() { entry.path().is_dir() } else { kind.is_dir() };
        list.push(Entry { name: entry.file_name(), is_dir, is_link: kind.is_symlink(), is_file: kind.is_file() });
    }
    list.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(list)
}

/// Whether a folder is there.
#[must_use]
pub fn is_dir(path: &Path) -> bool {
    path.is_dir()
}

/// Whether something is there, a broken link too.
#[must_use]
pub fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether a regular file is there.
#[must_use]
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Who may do what with a file: the permission bits, where the system has them.
#[cfg(unix)]
#[must_use]
pub fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).ok().map(|about| about.permissions().mode())
}

/// Who may do what with a file: the permission bits, where the system has them.
#[cfg(not(unix))]
#[must_use]
pub fn mode(_: &Path) -> Option<u32> {
    None
}

/// The path with all links resolved.
///
/// # Errors
/// Missing, or what the system says.
pub fn canonical(path: &Path) -> Result<PathBuf, DiskError> {
    Ok(fs::canonicalize(path)?)
}

/// The path without `.` and with `..` taken back where the text allows it. Does not ask the disk.
#[must_use]
pub fn tidy(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

/// The repository a path lies in: the nearest folder upwards that holds `.git`. Links are resolved first.
#[must_use]
pub fn repository_root(path: &Path) -> Option<PathBuf> {
    let start = canonical(path).ok()?;
    start.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_path_buf)
}

/// Replaces a file, whole or not at all, keeping its permissions. `within`: where links may lead.
///
/// # Errors
/// The target leads out of `within`, or what the system says; the file is untouched then.
pub fn replace(path: &Path, bytes: &[u8], within: Option<&Path>) -> Result<(), DiskError> {
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::path::absolute(path)?,
        Err(error) => return Err(error.into()),
    };
    if let Some(within) = within
        && !target.starts_with(canonical(within)?)
    {
        return Err(DiskError::Outside);
    }
    match fs::metadata(&target) {
        // `--format sarif=/dev/stdout`, a named pipe: nothing to keep whole.
        Ok(about) if !about.is_file() => {
            let mut file = fs::OpenOptions::new().write(true).open(&target)?;
            file.write_all(bytes)?;
            return Ok(file.flush()?);
        }
        // A rename would not ask, but whoever took the permission away from the file meant it.
        Ok(about) if about.permissions().readonly() => return Err(DiskError::System(io::ErrorKind::PermissionDenied.into())),
        _ => {}
    }
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(".kmslint-").tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    match fs::metadata(&target) {
        Ok(about) => temporary.as_file().set_permissions(about.permissions())?,
        Err(_) => fresh_permissions(temporary.as_file())?,
    }
    temporary.persist(&target).map_err(|error| DiskError::System(error.error))?;
    Ok(())
}

/// A new file is readable by all, as `touch` would make it; temporary files are not.
#[cfg(unix)]
fn fresh_permissions(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn fresh_permissions(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tidy_takes_back_what_it_can() {
        for (path, tidied) in [("./a/../b", "b"), (".", "."), ("../a/./b", "../a/b"), ("a/..", "."), ("/../a", "/../a")] {
            assert_eq!(tidy(Path::new(path)), Path::new(tidied), "{path}");
        }
    }

    #[test]
    fn a_replaced_file_is_whole_and_keeps_its_permissions() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.tf");
        fs::write(&path, "old")?;
        replace(&path, b"new", Some(folder.path()))?;
        assert_eq!(read_text(&path, 10)?, "new");
        assert_eq!(entries(folder.path())?.len(), 1);
        assert!(matches!(read(&path, 2), Err(DiskError::TooLarge(2))));
        assert!(matches!(read(folder.path(), 2), Err(DiskError::NotAFile)));
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link_out_of_the_repository() -> Result<(), Box<dyn std::error::Error>> {
        let (inside, outside) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let target = outside.path().join("a.tf");
        fs::write(&target, "theirs")?;
        std::os::unix::fs::symlink(&target, inside.path().join("a.tf"))?;
        assert!(matches!(replace(&inside.path().join("a.tf"), b"ours", Some(inside.path())), Err(DiskError::Outside)));
        assert_eq!(fs::read_to_string(target)?, "theirs");
        Ok(())
    }
}
