//! The only place that reads and writes the disk. Everything it opens is a regular file of a bounded size; FIFOs and devices are refused.

mod directory;
mod writing;

pub use directory::OpenDirectory;
pub use writing::{replace, write_named};

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

/// The largest configuration file that is read: 64 MiB. Terraform has no limit, people's largest are below 1 MiB.
pub const CONFIG_CAP: u64 = 64 << 20;
/// How much configuration is read through links in a run: 16 MiB. Ten thousand links to one large file take no room in a repository.
pub const LINKED_CAP: u64 = 16 << 20;
/// The largest file that a file function reads: 8 MiB.
pub const FUNCTION_CAP: u64 = 8 << 20;

/// Why the disk did not give what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// Nothing is there.
    #[error("no such file or directory")]
    Missing,
    /// A directory, FIFO, socket or device where a file was wanted.
    #[error("it is not a regular file")]
    NotAFile,
    /// Larger than the cap, in bytes.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
    /// Too much was read through links already; the cap, in bytes.
    #[error("symbolic links lead to more than {} MiB of configuration", .0 >> 20)]
    Linked(u64),
    /// Not UTF-8; the offset of the first byte that is not.
    #[error("it is not UTF-8 text (byte {0})")]
    NotText(usize),
    /// Encrypted by git-crypt, in a checkout that was not unlocked.
    #[error("it is encrypted by git-crypt")]
    GitCrypt,
    /// Not text at all.
    #[error("it is binary")]
    Binary,
    /// It resolves, through a symbolic link, to a place outside of where we may read or write.
    #[error("it leads out of the repository")]
    Outside,
    /// It is git's own: credentials are in there, and nothing that we check is.
    #[error("it is in `.git`, which is never read")]
    Git,
    /// Its name is not Unicode, so that it cannot be told nor reported.
    #[error("its name is not Unicode")]
    StrangeName,
    /// Anything else the system says.
    #[error("{0}")]
    System(io::Error),
}

impl From<io::Error> for DiskError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            // What cannot be opened at all, as a socket.
            _ if error.get_ref().is_some_and(|inner| inner.is::<Self>()) => Self::NotAFile,
            _ => Self::System(error),
        }
    }
}

/// Opens a regular file and returns its size in bytes. The kind is asked of the open file, so that nothing can be swapped in between,
/// and opening a FIFO does not wait for a writer.
///
/// # Errors
/// Missing, not a regular file, or what the system says.
pub fn open(path: &Path) -> Result<(File, u64), DiskError> {
    regular(open_without_waiting(path)?)
}

/// An open file and its size, if it is a regular one.
fn regular(file: File) -> Result<(File, u64), DiskError> {
    let about = file.metadata()?;
    if about.is_file() { Ok((file, about.len())) } else { Err(DiskError::NotAFile) }
}

#[cfg(unix)]
fn open_without_waiting(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    // A terminal must not become ours; a socket cannot be opened at all.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC).bits();
    match fs::OpenOptions::new().read(true).custom_flags(i32::from_ne_bytes(flags.to_ne_bytes())).open(path) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => Err(io::Error::other(DiskError::NotAFile)),
        opened => opened,
    }
}

#[cfg(not(unix))]
fn open_without_waiting(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Opens something that the user named to be read from its beginning to its end: a file, but also the pipe of `<(terraform show -json …)`.
///
/// # Errors
/// Missing, a directory, a FIFO that nothing writes to, or what the system says.
pub fn open_stream(path: &Path) -> Result<Box<dyn Read + Send>, DiskError> {
    let file = open_without_waiting(path)?;
    if file.metadata()?.is_dir() {
        return Err(DiskError::NotAFile);
    }
    flowing(file, path)
}

/// A stream that waits for what is yet to come. A FIFO without a writer, which would be waited for in vain, is refused; the shell's own pipes
/// always had one.
#[cfg(unix)]
fn flowing(mut file: File, path: &Path) -> Result<Box<dyn Read + Send>, DiskError> {
    use std::os::unix::fs::FileTypeExt;
    let mut first = Vec::new();
    if file.metadata()?.file_type().is_fifo() {
        let mut buffer = [0; 4096];
        match file.read(&mut buffer) {
            Ok(0) if !["/dev", "/proc"].iter().any(|directory| path.starts_with(directory)) => return Err(DiskError::NotAFile),
            Ok(length) => first.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
    rustix::fs::fcntl_setfl(&file, rustix::fs::OFlags::empty()).map_err(io::Error::from)?;
    Ok(Box::new(io::Cursor::new(first).chain(file)))
}

#[cfg(not(unix))]
fn flowing(file: File, _: &Path) -> Result<Box<dyn Read + Send>, DiskError> {
    Ok(Box::new(file))
}

/// Reads something that the user named to its end, of at most `cap` bytes: a file, or a pipe.
///
/// # Errors
/// Missing, a directory, too large, or what the system says.
pub fn read_stream(path: &Path, cap: u64) -> Result<Vec<u8>, DiskError> {
    read_bounded(open_stream(path)?, cap)
}

/// Reads a stream to its end, of at most `cap` bytes.
///
/// # Errors
/// Too large, or what the system says.
pub fn read_bounded(stream: impl Read, cap: u64) -> Result<Vec<u8>, DiskError> {
    let mut bytes = Vec::new();
    stream.take(cap + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > cap { Err(DiskError::TooLarge(cap)) } else { Ok(bytes) }
}

/// The real path of something that was found and not named by the user: links may lead about within these directories, but not out of
/// them, and not into `.git`.
///
/// # Errors
/// Missing, outside, in `.git`, or what the system says.
pub fn admit(path: &Path, within: &[PathBuf]) -> Result<PathBuf, DiskError> {
    let real = canonical(path)?;
    if is_in_git_directory(&real) {
        return Err(DiskError::Git);
    }
    if within.iter().any(|directory| real.starts_with(directory)) { Ok(real) } else { Err(DiskError::Outside) }
}

/// Whether a real path lies in a git directory: one named `.git`, or one that looks like it (`git init --separate-git-dir`).
#[must_use]
pub fn is_in_git_directory(real: &Path) -> bool {
    if is_git(real) {
        return true;
    }
    real.ancestors().any(has_git)
}

/// Whether a directory is git's: by its name, or by what is in it.
#[must_use]
pub fn is_git_directory(directory: &Path) -> bool {
    directory.file_name().is_some_and(|name| name.eq_ignore_ascii_case(".git")) || has_git(directory)
}

fn has_git(directory: &Path) -> bool {
    // What git itself takes for a git directory (`is_git_directory` in its `setup.c`).
    ["HEAD", "objects", "refs"].iter().all(|part| directory.join(part).exists())
}

/// Whether a path goes through a directory named `.git`. Does not ask the disk.
#[must_use]
pub fn is_git(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
}

/// Whether something that was found leads, through links, out of these directories or into `.git`.
#[must_use]
pub fn leads_out(path: &Path, within: &[PathBuf]) -> bool {
    matches!(admit(path, within), Err(DiskError::Outside | DiskError::Git))
}

/// Reads a regular file that was found and not named by the user.
///
/// # Errors
/// As [`admit`] and [`read`].
pub fn read_found(path: &Path, cap: u64, within: &[PathBuf]) -> Result<Vec<u8>, DiskError> {
    read(&admit(path, within)?, cap)
}

/// Reads a regular file of at most `cap` bytes.
///
/// # Errors
/// Missing, not a regular file, too large, or what the system says.
pub fn read(path: &Path, cap: u64) -> Result<Vec<u8>, DiskError> {
    let (file, size) = open(path)?;
    whole(file, size, cap)
}

/// The target of a symbolic link; `None` if the path is not a link.
#[must_use]
pub fn link(path: &Path) -> Option<PathBuf> {
    fs::read_link(path).ok()
}

/// Whether something is there that is no symbolic link. Where the system cannot tell, it is not.
#[must_use]
pub fn is_no_link(path: &Path) -> bool {
    // What is no link is an invalid argument.
    cfg!(unix) && fs::read_link(path).is_err_and(|error| error.kind() == io::ErrorKind::InvalidInput)
}

/// Whether something is there, behind links, too.
#[must_use]
pub fn is_present(path: &Path) -> bool {
    path.exists()
}

/// The bytes of an open file of this size.
fn whole(file: File, size: u64, cap: u64) -> Result<Vec<u8>, DiskError> {
    rest(Vec::new(), file, size, cap)
}

/// The bytes of an open file of this size of which the first were read.
fn rest(mut bytes: Vec<u8>, file: File, size: u64, cap: u64) -> Result<Vec<u8>, DiskError> {
    if size > cap {
        return Err(DiskError::TooLarge(cap));
    }
    // What a file grows by while it is read is not asked for: one call of the system less for each of a repository's many files. Files
    // of the kernel's say that they are empty.
    let limit = if size == 0 { cap + 1 } else { size };
    let left = limit.saturating_sub(bytes.len() as u64);
    bytes.reserve_exact(usize::try_from(size).unwrap_or(0).saturating_sub(bytes.len()));
    if left > 0 {
        file.take(left).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > cap { Err(DiskError::TooLarge(cap)) } else { Ok(bytes) }
}

thread_local! {
    /// Where a file is read to before its size is known.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Bytes that are asked for at first. Nearly all configuration is smaller.
const FIRST: usize = 64 << 10;

/// Reads a file that was listed as a regular one, of at most `cap` bytes. Opening, reading and closing it is all that most files need:
/// a read of a regular file that returns less than it was asked for has reached the end (POSIX, `read`). File systems of user space have
/// been seen to return less before it, so that is believed only of a text that ends with a line.
fn small(mut file: File, cap: u64) -> Result<Vec<u8>, DiskError> {
    let (begun, is_all) = SCRATCH.with_borrow_mut(|scratch| {
        if scratch.is_empty() {
            // Zeros that the system gives: only what a file fills is ever touched.
            *scratch = vec![0; FIRST];
        }
        let length = read_once(&mut file, scratch).unwrap_or(0);
        let begun = scratch.get(..length).unwrap_or_default();
        (begun.to_vec(), length < FIRST && begun.ends_with(b"\n"))
    });
    if is_all && begun.len() as u64 <= cap {
        return Ok(begun);
    }
    // Nothing came, so it may have become something else: it is asked what it is.
    let (file, size) = regular(file)?;
    rest(begun, file, size, cap)
}

/// The first bytes of a file that was listed as a regular one.
fn first_bytes(mut file: File, most: usize) -> Result<Vec<u8>, DiskError> {
    let mut bytes = vec![0; most];
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

/// Bytes as text.
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
    /// Whether it is a directory; through a link only where the listing says that it resolves links.
    pub is_dir: bool,
    /// Whether it is a symbolic link.
    pub is_link: bool,
    /// Whether it is a regular file itself, not through a link.
    pub is_file: bool,
}

/// The entries of a directory, sorted by name, so that no result depends on their order on disk. A link to a directory is one.
///
/// # Errors
/// Missing, or what the system says.
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

/// An entry, of which it is not asked where a link leads.
fn unresolved(entry: &fs::DirEntry) -> io::Result<DirEntry> {
    let kind = entry.file_type()?;
    Ok(DirEntry { name: entry.file_name(), is_dir: kind.is_dir(), is_link: kind.is_symlink(), is_file: kind.is_file() })
}

/// Whether a directory is there.
#[must_use]
pub fn is_dir(path: &Path) -> bool {
    path.is_dir()
}

/// Whether something is there, a broken link too.
#[must_use]
pub fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// How many bytes a file has; none where nothing is there.
#[must_use]
pub fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |about| about.len())
}

/// Whether a path is a symbolic link itself.
#[must_use]
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.is_symlink())
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

/// The outermost directory upwards from a real path that holds `.git`, be it a directory or the file of a linked work tree or submodule.
#[must_use]
pub fn work_tree(path: &Path) -> Option<PathBuf> {
    path.ancestors().filter(|directory| directory.join(".git").exists()).last().map(Path::to_path_buf)
}

/// The repository a path lies in: the nearest directory upwards that holds `.git`. Links are resolved first.
#[must_use]
pub fn repository_root(path: &Path) -> Option<PathBuf> {
    let start = canonical(path).ok()?;
    start.ancestors().find(|directory| directory.join(".git").exists()).map(Path::to_path_buf)
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
        // A directory may be the link, and what it leads to need not be there yet.
        std::os::unix::fs::symlink(outside.path(), inside.path().join("out"))?;
        assert!(matches!(
            write_named(&inside.path().join("out/new"), inside.path(), |out| out.write_all(b"ours")),
            Err(DiskError::Outside)
        ));
        std::os::unix::fs::symlink(outside.path().join("none"), inside.path().join("broken"))?;
        write_named(&inside.path().join("broken"), inside.path(), |out| out.write_all(b"ours"))?;
        assert_eq!(entries(outside.path())?.len(), 1);
        // What the user names elsewhere is followed.
        std::os::unix::fs::symlink(&target, outside.path().join("link"))?;
        write_named(&outside.path().join("link"), inside.path(), |out| out.write_all(b"ours"))?;
        assert_eq!(fs::read_to_string(&target)?, "ours");
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_into_git_and_nothing_read_from_it() -> Result<(), Box<dyn std::error::Error>> {
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
    fn what_is_not_a_regular_file_is_refused_without_waiting() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let pipe = temporary.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status()?.success());
        let _socket = std::os::unix::net::UnixListener::bind(temporary.path().join("socket"))?;
        fs::create_dir(temporary.path().join("directory"))?;
        // Each may have taken the place of a file since that was listed.
        let directory = OpenDirectory::open(temporary.path())?;
        for name in ["pipe", "socket", "directory"] {
            let path = temporary.path().join(name);
            assert!(matches!(read(&path, 10), Err(DiskError::NotAFile)), "{path:?}: {:?}", read(&path, 10));
            assert!(matches!(directory.read(name.as_ref(), 10), Err(DiskError::NotAFile)), "{name}");
        }
        Ok(())
    }

    #[test]
    fn files_of_every_size_are_read_to_their_end() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let directory = OpenDirectory::open(temporary.path())?;
        for size in [0, 1, 2, FIRST - 1, FIRST, FIRST + 1, 3 * FIRST + 7] {
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
