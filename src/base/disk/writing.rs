//! Writing files: complete or not at all, with the permissions that they had, and never through a link out of the repository.

use super::{DiskError, canonical, is_in_git_directory, tidy};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Replaces a file, complete or not at all, keeping its permissions. `within`: where links may lead.
///
/// # Errors
/// The target leads out of `within` or into `.git`, or what the system says; the file is untouched then.
pub fn replace(path: &Path, bytes: &[u8], within: &Path) -> Result<(), DiskError> {
    let target = target(path)?;
    if !target.starts_with(canonical(within)?) {
        return Err(DiskError::Outside);
    }
    if is_in_git_directory(&target) {
        return Err(DiskError::Git);
    }
    put(&target, |out| out.write_all(bytes))
}

/// Writes a file that the user named, with what `write` writes. A path inside of the repository never leads out of it or into `.git`: a link may have been
/// committed there. A path elsewhere (`/dev/stdout`, a pipe) is followed.
///
/// # Errors
/// The path leads out of the repository, or what the system says; the file is untouched then.
pub fn write_named(path: &Path, repository: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), DiskError> {
    let named = tidy(&std::path::absolute(path)?);
    let root = canonical(repository)?;
    let target = target(path)?;
    if [&root, repository].iter().any(|root| named.starts_with(root)) {
        if !target.starts_with(&root) {
            return Err(DiskError::Outside);
        }
        if is_in_git_directory(&target) {
            return Err(DiskError::Git);
        }
    }
    put(&target, write)
}

/// Where a path leads, also where nothing is there yet. A broken link is replaced itself.
fn target(path: &Path) -> Result<PathBuf, DiskError> {
    let path = std::path::absolute(path)?;
    match fs::canonicalize(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match (path.parent(), path.file_name()) {
            (Some(directory), Some(name)) => Ok(canonical(directory)?.join(name)),
            _ => Err(DiskError::Missing),
        },
        found => Ok(found?),
    }
}

/// Writes a file whose real path is known.
fn put(target: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), DiskError> {
    let through = |file: &mut dyn Write| {
        let mut out = io::BufWriter::with_capacity(64 << 10, file);
        write(&mut out)?;
        out.flush()
    };
    match fs::metadata(target) {
        // `--format sarif=/dev/stdout`, a named pipe: nothing to keep complete.
        Ok(about) if !about.is_file() => {
            let mut file = fs::OpenOptions::new().write(true).open(target)?;
            return Ok(through(&mut file)?);
        }
        // A rename would not ask, but whoever took the permission away from the file meant it.
        Ok(about) if about.permissions().readonly() => return Err(DiskError::System(io::ErrorKind::PermissionDenied.into())),
        _ => {}
    }
    let directory = target.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kmslint-");
    fresh_permissions(&mut builder);
    // In the same directory: a rename does not cross file systems.
    let mut temporary = builder.tempfile_in(directory)?;
    through(&mut temporary)?;
    // Without this a crash may leave the new name with an empty file: the rename may reach the disk before the text does.
    temporary.as_file().sync_all()?;
    if let Ok(about) = fs::metadata(target) {
        temporary.as_file().set_permissions(about.permissions())?;
    }
    temporary.persist(target).map_err(|error| DiskError::System(error.error))?;
    Ok(())
}

/// A new file has the permissions that the umask leaves, as one that `touch` makes; temporary files have fewer.
#[cfg(unix)]
fn fresh_permissions(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn fresh_permissions(_: &mut tempfile::Builder<'_, '_>) {}
