//! An open directory: what is in it, and its files, which are opened relative to it. The way to the directory is looked up once, and a
//! file that was listed as a regular one is not opened through a link that has taken its place.

use super::{DirEntry, DiskError, first_bytes, small};
use std::ffi::OsStr;
use std::path::Path;

/// A directory that was opened.
#[derive(Debug)]
pub struct OpenDirectory(system::Handle);

impl OpenDirectory {
    /// Opens a directory; the path may be a link.
    ///
    /// # Errors
    /// Missing, not a directory, or what the system says.
    pub fn open(path: &Path) -> Result<Self, DiskError> {
        system::open(path, true).map(Self)
    }

    /// Opens a directory that a listing has just shown to be one, and not a link to one.
    ///
    /// # Errors
    /// As [`Self::open`], and where it is a link now.
    pub fn open_listed(path: &Path) -> Result<Self, DiskError> {
        system::open(path, false).map(Self)
    }

    /// What is in it, sorted by name, and why that is not everything. What links lead to is not asked. Once for each directory: the
    /// system remembers how far it was read.
    #[must_use]
    pub fn entries(&self) -> (Vec<DirEntry>, Option<DiskError>) {
        let mut entries = Vec::new();
        let error = system::list(&self.0, &mut entries).err();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        (entries, error)
    }

    /// Reads a file of at most `cap` bytes that was listed as a regular one.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn read(&self, name: &OsStr, cap: u64) -> Result<Vec<u8>, DiskError> {
        small(system::file(&self.0, name)?, cap)
    }

    /// The first bytes of a file that was listed as a regular one.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn head(&self, name: &OsStr, most: usize) -> Result<Vec<u8>, DiskError> {
        first_bytes(system::file(&self.0, name)?, most)
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

    /// Bytes of a directory that are asked for at a time, as the C library does.
    const BLOCK: usize = 32 << 10;

    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn open(path: &Path, may_be_link: bool) -> Result<Handle, DiskError> {
        let link = if may_be_link { OFlags::empty() } else { OFlags::NOFOLLOW };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | link;
        Ok(openat(CWD, path, flags, Mode::empty()).map_err(io::Error::from)?)
    }

    /// A file that has become a FIFO is not waited for, a terminal does not become ours, and a link is not followed.
    pub(super) fn file(directory: &Handle, name: &OsStr) -> Result<File, DiskError> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        // Relative to the open directory: the system does not resolve the same path again for each of its files.
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
        statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).map_or(FileType::Unknown, |about| FileType::from_raw_mode(about.st_mode))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::super::{open_without_waiting, unresolved};
    use super::{DirEntry, DiskError, OsStr, Path};
    use std::fs::{self, File};
    use std::path::PathBuf;

    pub(super) type Handle = PathBuf;

    pub(super) fn open(path: &Path, may_be_link: bool) -> Result<Handle, DiskError> {
        let about = if may_be_link { fs::metadata(path)? } else { fs::symlink_metadata(path)? };
        if about.is_dir() { Ok(path.to_path_buf()) } else { Err(std::io::Error::from(std::io::ErrorKind::NotADirectory).into()) }
    }

    pub(super) fn file(directory: &Handle, name: &OsStr) -> Result<File, DiskError> {
        Ok(open_without_waiting(&directory.join(name))?)
    }

    pub(super) fn list(directory: &Handle, entries: &mut Vec<DirEntry>) -> Result<(), DiskError> {
        for entry in fs::read_dir(directory)? {
            entries.push(unresolved(&entry?)?);
        }
        Ok(())
    }
}
