//! The only place that reads and writes the disk. Files that kmslint finds must be regular and of bounded size; FIFOs and devices are
//! rejected.

mod directory;
mod writing;

pub use directory::OpenDirectory;
pub use writing::{replace, write_named};

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

/// The size limit for configuration files: 64 MiB. Terraform has no limit; the largest real files are below 1 MiB.
pub const CONFIG_CAP: u64 = 64 << 20;
/// How much configuration a run reads through links: 16 MiB. A small repository can have ten thousand links to one large file.
pub const LINKED_CAP: u64 = 16 << 20;
/// The size limit for files that file functions read: 8 MiB.
pub const FUNCTION_CAP: u64 = 8 << 20;

/// Why a file or directory cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// Nothing exists at the path.
    #[error("no such file or directory")]
    Missing,
    /// A directory, FIFO, socket or device instead of a file.
    #[error("it is not a regular file")]
    NotAFile,
    /// Larger than the cap, in bytes.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
    /// Too much would be read through links; the cap, in bytes.
    #[error("symbolic links lead to more than {} MiB of configuration", .0 >> 20)]
    TooMuchLinked(u64),
    /// Not UTF-8; the offset of the first invalid byte.
    #[error("it is not UTF-8 text (byte {0})")]
    NotText(usize),
    /// Encrypted by git-crypt, in a locked checkout.
    #[error("it is encrypted by git-crypt")]
    GitCrypt,
    /// Not text at all.
    #[error("it is binary")]
    Binary,
    /// A symbolic link points out of the directories that may be read or written.
    #[error("it leads outside the repository")]
    Outside,
    /// It is in a git directory, which contains credentials and nothing to check.
    #[error("it is in `.git`, which is never read")]
    Git,
    /// Its name is not Unicode, so it cannot be reported.
    #[error("its name is not Unicode")]
    NonUnicodeName,
    /// Any other system error.
    #[error("{0}")]
    System(io::Error),
}

impl From<io::Error> for DiskError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            // From `open_nonblocking`, for example of a socket.
            _ if error.get_ref().is_some_and(|inner| inner.is::<Self>()) => Self::NotAFile,
            _ => Self::System(error),
        }
    }
}

/// Opens a regular file and returns its size in bytes. The kind is checked after opening, so that the file cannot be replaced in between;
/// opening a FIFO does not wait for a writer.
///
/// # Errors
/// Missing, not a regular file, or a system error.
pub fn open(path: &Path) -> Result<(File, u64), DiskError> {
    regular(open_nonblocking(path)?)
}

/// An open file and its size, if it is a regular file.
fn regular(file: File) -> Result<(File, u64), DiskError> {
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata.len())) } else { Err(DiskError::NotAFile) }
}

#[cfg(unix)]
fn open_nonblocking(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    // NOCTTY: a terminal must not become the controlling terminal. NXIO: sockets cannot be opened.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC).bits();
    match fs::OpenOptions::new().read(true).custom_flags(i32::from_ne_bytes(flags.to_ne_bytes())).open(path) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => Err(io::Error::other(DiskError::NotAFile)),
        opened => opened,
    }
}

#[cfg(not(unix))]
fn open_nonblocking(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Opens a file that the user named for reading it once; it may also be a pipe, as in `<(terraform show -json …)`.
///
/// # Errors
/// Missing, a directory, a FIFO without a writer, or a system error.
pub fn open_stream(path: &Path) -> Result<Box<dyn Read + Send>, DiskError> {
    let file = open_nonblocking(path)?;
    if file.metadata()?.is_dir() {
        return Err(DiskError::NotAFile);
    }
    blocking_stream(file, path)
}

/// Makes reads of a file opened with `O_NONBLOCK` block again. Rejects a FIFO without a writer, which would block forever; the shell's own
/// pipes always had one.
#[cfg(unix)]
fn blocking_stream(mut file: File, path: &Path) -> Result<Box<dyn Read + Send>, DiskError> {
    use std::os::unix::fs::FileTypeExt;
    let mut first = Vec::new();
    if file.metadata()?.file_type().is_fifo() {
        let mut buffer = [0; 4096];
        match file.read(&mut buffer) {
            Ok(0) if !["/dev/fd", "/dev/stdin", "/proc"].iter().any(|directory| path.starts_with(directory)) => {
                return Err(DiskError::NotAFile);
            }
            Ok(length) => first.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
    rustix::fs::fcntl_setfl(&file, rustix::fs::OFlags::empty()).map_err(io::Error::from)?;
    Ok(Box::new(io::Cursor::new(first).chain(file)))
}

#[cfg(not(unix))]
fn blocking_stream(file: File, _: &Path) -> Result<Box<dyn Read + Send>, DiskError> {
    Ok(Box::new(file))
}

/// Reads a file or pipe of at most `cap` bytes that the user named.
///
/// # Errors
/// Missing, a directory, too large, or a system error.
pub fn read_stream(path: &Path, cap: u64) -> Result<Vec<u8>, DiskError> {
    read_bounded(open_stream(path)?, cap)
}

/// Reads a stream of at most `cap` bytes to its end.
///
/// # Errors
/// Too large, or a system error.
pub fn read_bounded(stream: impl Read, cap: u64) -> Result<Vec<u8>, DiskError> {
    let mut bytes = Vec::new();
    stream.take(cap + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > cap { Err(DiskError::TooLarge(cap)) } else { Ok(bytes) }
}

/// The real path of a file or directory that was found, not named by the user: its links may point into these directories, but not out of
/// them and not into `.git`.
///
/// # Errors
/// Missing, outside, in `.git`, or a system error.
pub fn admit(path: &Path, within: &[PathBuf]) -> Result<PathBuf, DiskError> {
    let real = canonical(path)?;
    if is_in_git_directory(&real) {
        return Err(DiskError::Git);
    }
    if within.iter().any(|directory| real.starts_with(directory)) { Ok(real) } else { Err(DiskError::Outside) }
}

/// Whether a real path is inside a git directory: one named `.git`, or one that looks like it (`git init --separate-git-dir`).
#[must_use]
pub fn is_in_git_directory(real: &Path) -> bool {
    if has_git_component(real) {
        return true;
    }
    real.ancestors().any(has_git_layout)
}

/// Whether a directory is a git directory, by its name or its contents.
#[must_use]
pub fn is_git_directory(directory: &Path) -> bool {
    directory.file_name().is_some_and(|name| name.eq_ignore_ascii_case(".git")) || has_git_layout(directory)
}

fn has_git_layout(directory: &Path) -> bool {
    // The check that git itself makes (`is_git_directory` in its `setup.c`).
    ["HEAD", "objects", "refs"].iter().all(|part| directory.join(part).exists())
}

/// Whether a component of a path is `.git`. Does not access the disk.
#[must_use]
pub fn has_git_component(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
}

/// Whether links of a path that was found point out of these directories or into `.git`.
#[must_use]
pub fn escapes(path: &Path, within: &[PathBuf]) -> bool {
    matches!(admit(path, within), Err(DiskError::Outside | DiskError::Git))
}

/// Reads a regular file that was found, not named by the user.
///
/// # Errors
/// As [`admit`] and [`read`].
pub fn read_found(path: &Path, cap: u64, within: &[PathBuf]) -> Result<Vec<u8>, DiskError> {
    read(&admit(path, within)?, cap)
}

/// Reads a regular file of at most `cap` bytes.
///
/// # Errors
/// Missing, not a regular file, too large, or a system error.
pub fn read(path: &Path, cap: u64) -> Result<Vec<u8>, DiskError> {
    let (file, size) = open(path)?;
    read_rest(Vec::new(), file, size, cap)
}

/// The target of a symbolic link; `None` if the path is not a link.
#[must_use]
pub fn link(path: &Path) -> Option<PathBuf> {
    fs::read_link(path).ok()
}

/// Whether something other than a symbolic link exists at a path. False on systems where this cannot be determined.
#[must_use]
pub fn is_non_link(path: &Path) -> bool {
    // `readlink` fails with EINVAL if the path exists and is not a link.
    cfg!(unix) && fs::read_link(path).is_err_and(|error| error.kind() == io::ErrorKind::InvalidInput)
}

/// Whether something exists at a path; links are followed.
#[must_use]
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Reads an open file of the given size, whose first bytes were already read.
fn read_rest(mut bytes: Vec<u8>, file: File, size: u64, cap: u64) -> Result<Vec<u8>, DiskError> {
    if size > cap {
        return Err(DiskError::TooLarge(cap));
    }
    // Stopping at the known size saves the system call that would return 0 at the end of the file. The kernel's own files (`/proc`) report
    // a size of 0.
    let limit = if size == 0 { cap + 1 } else { size };
    let left = limit.saturating_sub(bytes.len() as u64);
    bytes.reserve_exact(usize::try_from(size).unwrap_or(0).saturating_sub(bytes.len()));
    if left > 0 {
        file.take(left).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > cap { Err(DiskError::TooLarge(cap)) } else { Ok(bytes) }
}

thread_local! {
    /// The buffer for a file's first bytes, before its size is known.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The size of the first read, in bytes. Nearly all configuration is smaller.
const FIRST_READ: usize = 64 << 10;

/// Reads a file of at most `cap` bytes that was listed as a regular file. Most files need no further system call: a read of a regular file
/// that returns less than requested has reached the end (POSIX, `read`). FUSE file systems have been seen to return less before the end, so
/// this is only trusted if the text ends with a newline.
fn read_small(mut file: File, cap: u64) -> Result<Vec<u8>, DiskError> {
    let (start, is_complete) = SCRATCH.with_borrow_mut(|scratch| {
        if scratch.is_empty() {
            // Zeroed pages come from the system without being touched: only the part that a file fills takes memory.
            *scratch = vec![0; FIRST_READ];
        }
        let length = read_once(&mut file, scratch).unwrap_or(0);
        let start = scratch.get(..length).unwrap_or_default();
        (start.to_vec(), length < FIRST_READ && start.ends_with(b"\n"))
    });
    if is_complete && start.len() as u64 <= cap {
        return Ok(start);
    }
    // The file may have been replaced since it was listed: check what it is.
    let (file, size) = regular(file)?;
    read_rest(start, file, size, cap)
}

/// Reads the first bytes of a file that was listed as a regular file.
fn read_head(mut file: File, length: usize) -> Result<Vec<u8>, DiskError> {
    let mut bytes = vec![0; length];
    let length = read_once(&mut file, &mut bytes)?;
    bytes.truncate(length);
    Ok(bytes)
}

fn read_once(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Reads a regular file of UTF-8 text of at most `cap` bytes.
///
/// # Errors
/// As [`read`], and not UTF-8.
pub fn read_text(path: &Path, cap: u64) -> Result<String, DiskError> {
    text(read(path, cap)?)
}

/// Converts bytes to text.
///
/// # Errors
/// Not UTF-8.
pub fn text(bytes: Vec<u8>) -> Result<String, DiskError> {
    String::from_utf8(bytes).map_err(|error| DiskError::NotText(error.utf8_error().valid_up_to()))
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// Its name.
    pub name: OsString,
    /// Whether it is a directory. A link to a directory counts if the listing resolves links.
    pub is_dir: bool,
    /// Whether it is a symbolic link.
    pub is_link: bool,
    /// Whether it is a regular file, not a link to one.
    pub is_file: bool,
}

/// The entries of a directory, sorted by name, so that no result depends on their order on disk. A link to a directory counts as a
/// directory.
///
/// # Errors
/// Missing, or a system error.
pub fn entries(directory: &Path) -> Result<Vec<DirEntry>, DiskError> {
    let mut list = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let unresolved = unresolved(&entry)?;
        list.push(DirEntry { is_dir: unresolved.is_dir || unresolved.is_link && entry.path().is_dir(), ..unresolved });
    }
    list.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(list)
}

/// An entry with links unresolved.
fn unresolved(entry: &fs::DirEntry) -> io::Result<DirEntry> {
    let kind = entry.file_type()?;
    Ok(DirEntry { name: entry.file_name(), is_dir: kind.is_dir(), is_link: kind.is_symlink(), is_file: kind.is_file() })
}

/// Whether a directory exists at a path; links are followed.
#[must_use]
pub fn is_dir(path: &Path) -> bool {
    path.is_dir()
}

/// Whether anything exists at a path, including a broken link.
#[must_use]
pub fn has_entry(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The size of a file in bytes; 0 if there is none.
#[must_use]
pub fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Whether a path is itself a symbolic link.
#[must_use]
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// Whether a regular file exists at a path; links are followed.
#[must_use]
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// A file's permission bits, if the system has them.
#[cfg(unix)]
#[must_use]
pub fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).ok().map(|metadata| metadata.permissions().mode())
}

/// A file's permission bits, if the system has them.
#[cfg(not(unix))]
#[must_use]
pub fn mode(_: &Path) -> Option<u32> {
    None
}

/// The path with all links resolved.
///
/// # Errors
/// Missing, or a system error.
pub fn canonical(path: &Path) -> Result<PathBuf, DiskError> {
    Ok(fs::canonicalize(path)?)
}

/// The path without `.`, and without `..` after a name. Does not access the disk.
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

/// The outermost directory at or above a real path that contains `.git`: a directory, or the file of a linked work tree or submodule.
#[must_use]
pub fn outermost_work_tree(path: &Path) -> Option<PathBuf> {
    path.ancestors().filter(|directory| directory.join(".git").exists()).last().map(Path::to_path_buf)
}

/// The repository that contains a path: the nearest directory at or above it that contains `.git`. Links are resolved first.
#[must_use]
pub fn repository_root(path: &Path) -> Option<PathBuf> {
    let start = canonical(path).ok()?;
    start.ancestors().find(|directory| directory.join(".git").exists()).map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tidy_removes_dots_and_parents_after_names() {
        for (path, tidied) in [("./a/../b", "b"), (".", "."), ("../a/./b", "../a/b"), ("a/..", "."), ("/../a", "/../a")] {
            assert_eq!(tidy(Path::new(path)), Path::new(tidied), "{path}");
        }
    }

    #[test]
    fn replaced_file_has_the_new_text_and_leaves_no_temporary_file() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("a.tf");
        fs::write(&path, "old")?;
        replace(&path, b"new", directory.path())?;
        assert_eq!(read_text(&path, 10)?, "new");
        assert_eq!(entries(directory.path())?.len(), 1);
        assert!(matches!(read(&path, 2), Err(DiskError::TooLarge(2))));
        assert!(matches!(read(directory.path(), 2), Err(DiskError::NotAFile)));
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link_out_of_the_repository() -> Result<(), Box<dyn std::error::Error>> {
        let (inside, outside) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let target = outside.path().join("a.tf");
        fs::write(&target, "theirs")?;
        std::os::unix::fs::symlink(&target, inside.path().join("a.tf"))?;
        assert!(matches!(replace(&inside.path().join("a.tf"), b"ours", inside.path()), Err(DiskError::Outside)));
        assert!(matches!(write_named(&inside.path().join("a.tf"), inside.path(), |out| out.write_all(b"ours")), Err(DiskError::Outside)));
        assert_eq!(fs::read_to_string(&target)?, "theirs");
        // The link may be a directory of the path, and the file in it may not exist yet.
        std::os::unix::fs::symlink(outside.path(), inside.path().join("out"))?;
        assert!(matches!(
            write_named(&inside.path().join("out/new"), inside.path(), |out| out.write_all(b"ours")),
            Err(DiskError::Outside)
        ));
        std::os::unix::fs::symlink(outside.path().join("none"), inside.path().join("broken"))?;
        write_named(&inside.path().join("broken"), inside.path(), |out| out.write_all(b"ours"))?;
        assert_eq!(entries(outside.path())?.len(), 1);
        // A path outside of the repository is followed.
        std::os::unix::fs::symlink(&target, outside.path().join("link"))?;
        write_named(&outside.path().join("link"), inside.path(), |out| out.write_all(b"ours"))?;
        assert_eq!(fs::read_to_string(&target)?, "ours");
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_to_or_read_from_git_directories() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let root = fs::canonicalize(directory.path())?;
        fs::create_dir_all(root.join(".git/hooks"))?;
        fs::write(root.join(".git/config"), "token")?;
        std::os::unix::fs::symlink(".git/hooks/pre-commit", root.join("hook"))?;
        std::os::unix::fs::symlink(".git/hooks", root.join("hooks"))?;
        std::os::unix::fs::symlink(".git/config", root.join("kmslint.toml"))?;
        assert!(matches!(write_named(&root.join("hooks/post-commit"), &root, |out| out.write_all(b"ours")), Err(DiskError::Git)));
        assert!(matches!(read_found(&root.join("kmslint.toml"), 10, std::slice::from_ref(&root)), Err(DiskError::Git)));
        for part in ["objects", "refs"] {
            fs::create_dir_all(root.join("data").join(part))?;
        }
        fs::write(root.join("data/HEAD"), "")?;
        assert!(is_in_git_directory(&root.join("data/config")) && !is_in_git_directory(&root.join("main.tf")));
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn pipes_sockets_and_directories_are_rejected_without_blocking() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let pipe = temporary.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status()?.success());
        let _socket = std::os::unix::net::UnixListener::bind(temporary.path().join("socket"))?;
        fs::create_dir(temporary.path().join("directory"))?;
        // Each may have replaced a file since the file was listed.
        let directory = OpenDirectory::open(temporary.path())?;
        for name in ["pipe", "socket", "directory"] {
            let path = temporary.path().join(name);
            assert!(matches!(read(&path, 10), Err(DiskError::NotAFile)), "{path:?}: {:?}", read(&path, 10));
            assert!(matches!(directory.read(name.as_ref(), 10), Err(DiskError::NotAFile)), "{name}");
        }
        Ok(())
    }

    #[test]
    fn files_of_all_sizes_are_read_completely() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let directory = OpenDirectory::open(temporary.path())?;
        for size in [0, 1, 2, FIRST_READ - 1, FIRST_READ, FIRST_READ + 1, 3 * FIRST_READ + 7] {
            for end in ["", "\n"] {
                let text = format!("{}{end}", "x".repeat(size));
                fs::write(temporary.path().join("f"), &text)?;
                let cap = text.len() as u64;
                assert_eq!(directory.read("f".as_ref(), cap)?, text.as_bytes());
                assert!(cap == 0 || matches!(directory.read("f".as_ref(), cap - 1), Err(DiskError::TooLarge(_))), "{cap}");
                assert_eq!(directory.head("f".as_ref(), 5)?, &text.as_bytes()[..text.len().min(5)]);
            }
        }
        assert!(matches!(directory.read("none".as_ref(), 10), Err(DiskError::Missing)));
        Ok(())
    }
}
