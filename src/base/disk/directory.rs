//! An open directory: lists its entries and opens its files relative to it. The system resolves the directory's path once, and a link that
//! has replaced a listed file is not followed.

use super::{DirEntry, DiskError, read_head, read_small};
use std::ffi::OsStr;
use std::path::Path;

/// An open directory.
#[derive(Debug)]
pub struct OpenDirectory(system::Handle);

impl OpenDirectory {
    /// Opens a directory; the path may be a link.
    ///
    /// # Errors
    /// Missing, not a directory, or a system error.
    pub fn open(path: &Path) -> Result<Self, DiskError> {
        system::open(path, true).map(Self)
    }

    /// Opens a directory that was listed as a directory, not as a link to one.
    ///
    /// # Errors
    /// As [`Self::open`], or it has become a link.
    pub fn open_listed(path: &Path) -> Result<Self, DiskError> {
        system::open(path, false).map(Self)
    }

    /// The entries, sorted by name and with links unresolved, and the error if the list is incomplete. Can be called only once: the system
    /// remembers how far the directory was read.
    #[must_use]
    pub fn entries(&self) -> (Vec<DirEntry>, Option<DiskError>) {
        let mut entries = Vec::new();
        let error = system::list(&self.0, &mut entries).err();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        (entries, error)
    }

    /// Reads a file of at most `cap` bytes that was listed as a regular file.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn read(&self, name: &OsStr, cap: u64) -> Result<Vec<u8>, DiskError> {
        read_small(system::file(&self.0, name)?, cap)
    }

    /// Reads the first bytes of a file that was listed as a regular file.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn head(&self, name: &OsStr, length: usize) -> Result<Vec<u8>, DiskError> {
        read_head(system::file(&self.0, name)?, length)
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::{DirEntry, DiskError, OsStr, Path};
    use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, openat, statat};
    use rustix::io::Errno;
    use std::cell::RefCell;
    use std::ffi::CStr;
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt;

    pub(super) type Handle = OwnedFd;

    /// The buffer size for directory entries, in bytes; the same as glibc's.
    const BLOCK: usize = 32 << 10;

    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn open(path: &Path, may_be_link: bool) -> Result<Handle, DiskError> {
        let link = if may_be_link { OFlags::empty() } else { OFlags::NOFOLLOW };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | link;
        Ok(openat(CWD, path, flags, Mode::empty()).map_err(io::Error::from)?)
    }

    /// Opens a file. The flags matter if it was replaced since it was listed: a FIFO must not block, a terminal must not become the
    /// controlling terminal, and a link must not be followed.
    pub(super) fn file(directory: &Handle, name: &OsStr) -> Result<File, DiskError> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        // Relative to the open directory, so that the system does not resolve its path again for every file.
        match openat(directory, name, flags, Mode::empty()) {
            Ok(file) => Ok(file.into()),
            Err(Errno::NXIO | Errno::LOOP) => Err(DiskError::NotAFile),
            Err(error) => Err(io::Error::from(error).into()),
        }
    }

    pub(super) fn list(directory: &Handle, entries: &mut Vec<DirEntry>) -> Result<(), DiskError> {
        BUFFER.with_borrow_mut(|buffer| {
            buffer.reserve(BLOCK);
            let mut listed = RawDir::new(directory, buffer.spare_capacity_mut());
            while let Some(entry) = listed.next() {
                let entry = entry.map_err(io::Error::from)?;
                let name = entry.file_name();
                if matches!(name.to_bytes(), b"." | b"..") {
                    continue;
                }
                let kind = match entry.file_type() {
                    FileType::Unknown => kind(directory, name),
                    kind => kind,
                };
                entries.push(DirEntry {
                    name: OsStr::from_bytes(name.to_bytes()).to_owned(),
                    is_dir: kind == FileType::Directory,
                    is_link: kind == FileType::Symlink,
                    is_file: kind == FileType::RegularFile,
                });
            }
            Ok(())
        })
    }

    /// The kind of an entry on a file system that does not list kinds.
    fn kind(directory: &Handle, name: &CStr) -> FileType {
        statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::super::{open_nonblocking, unresolved};
    use super::{DirEntry, DiskError, OsStr, Path};
    use std::fs::{self, File};
    use std::path::PathBuf;

    pub(super) type Handle = PathBuf;

    pub(super) fn open(path: &Path, may_be_link: bool) -> Result<Handle, DiskError> {
        let metadata = if may_be_link { fs::metadata(path)? } else { fs::symlink_metadata(path)? };
        if metadata.is_dir() { Ok(path.to_path_buf()) } else { Err(std::io::Error::from(std::io::ErrorKind::NotADirectory).into()) }
    }

    pub(super) fn file(directory: &Handle, name: &OsStr) -> Result<File, DiskError> {
        Ok(open_nonblocking(&directory.join(name))?)
    }

    pub(super) fn list(directory: &Handle, entries: &mut Vec<DirEntry>) -> Result<(), DiskError> {
        for entry in fs::read_dir(directory)? {
            entries.push(unresolved(&entry?)?);
        }
        Ok(())
    }
}
