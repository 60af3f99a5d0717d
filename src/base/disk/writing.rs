//! Writes files atomically, keeping their permissions, and never through a link out of the repository.

use super::{DiskError, canonical, is_in_git_directory, tidy};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Replaces a file atomically, keeping its permissions. `within`: the directory that links must not point out of.
///
/// # Errors
/// The path points out of `within` or into `.git`, or a system error. The file is then unchanged.
pub fn replace(path: &Path, bytes: &[u8], within: &Path) -> Result<(), DiskError> {
    let target = target(path)?;
    if !target.starts_with(canonical(within)?) {
        return Err(DiskError::Outside);
    }
    if is_in_git_directory(&target) {
        return Err(DiskError::Git);
    }
    write_target(&target, |out| out.write_all(bytes))
}

/// Writes a file that the user named; `write` writes its contents. A path inside the repository must not point out of it or into `.git`,
/// because the repository may contain a hostile link. A path elsewhere (`/dev/stdout`, a pipe) is followed.
///
/// # Errors
/// The path points out of the repository or into `.git`, or a system error. The file is then unchanged.
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
    write_target(&target, write)
}

/// The real path to write to, which may not exist yet. A broken link is replaced, not followed.
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

/// Writes a file with a known real path.
fn write_target(target: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), DiskError> {
    let write_buffered = |file: &mut dyn Write| {
        let mut out = io::BufWriter::with_capacity(64 << 10, file);
        write(&mut out)?;
        out.flush()
    };
    match fs::metadata(target) {
        // `--format sarif=/dev/stdout`, a named pipe: cannot be replaced.
        Ok(metadata) if !metadata.is_file() => {
            let mut file = fs::OpenOptions::new().write(true).open(target)?;
            return Ok(write_buffered(&mut file)?);
        }
        // A rename would succeed, but the file is read-only on purpose.
        Ok(metadata) if metadata.permissions().readonly() => return Err(DiskError::System(io::ErrorKind::PermissionDenied.into())),
        _ => {}
    }
    let directory = target.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kmslint-");
    fresh_permissions(&mut builder);
    // In the same directory: a rename does not cross file systems.
    let mut temporary = builder.tempfile_in(directory)?;
    write_buffered(&mut temporary)?;
    // Without this, a crash may leave an empty file: the rename may reach the disk before the text does.
    temporary.as_file().sync_all()?;
    if let Ok(metadata) = fs::metadata(target) {
        temporary.as_file().set_permissions(metadata.permissions())?;
    }
    temporary.persist(target).map_err(|error| DiskError::System(error.error))?;
    Ok(())
}

/// Gives a new file the permissions of the umask, like any other new file; by default temporary files have fewer.
#[cfg(unix)]
fn fresh_permissions(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn fresh_permissions(_: &mut tempfile::Builder<'_, '_>) {}
