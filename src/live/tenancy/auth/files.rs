//! Files with keys, tokens and settings.

use crate::base::disk;
use crate::live::AuditRequest;
use crate::live::tenancy::fault::LiveError;
use std::path::Path;

/// The maximum size of a key, token or config file: 1 MiB.
pub(super) const FILE_CAP: u64 = 1 << 20;

/// Reads a file, and warns if other users can read it.
pub(super) fn read_secret(request: &AuditRequest, what: &str, path: &Path, warn: &mut dyn FnMut(String)) -> Result<String, LiveError> {
    let text = disk::read_text(path, FILE_CAP).map_err(|error| LiveError::Unreadable {
        what: what.to_owned(),
        path: path.to_path_buf(),
        error,
    })?;
    let is_suppressed = request.var("OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if let Some(mode) = disk::mode(path)
        // The OCI CLI's mask: any permission but the owner's to read and write.
        && mode & 0o177 != 0
        && !is_suppressed
    {
        let path = path.display();
        warn(format!("{what} {path} can be read by others (mode {:03o}); run `chmod 600 {path}`", mode & 0o777));
    }
    Ok(text)
}
