//! Values files that are pipes (`--var-file <(sops -d prod.tfvars)`): they can be read once, and every root needs what was in them.

use crate::base::disk::{self, DiskError};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What was read from pipes, by path.
#[derive(Debug, Default)]
pub struct Streams(Mutex<HashMap<PathBuf, Content>>);

type Content = Result<Arc<[u8]>, Arc<DiskError>>;

impl Streams {
    /// Reads a values file that the user named. A regular file is read each time, for `--fix` changes it; anything else only once.
    pub(crate) fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        if disk::is_file(path) || !disk::is_there(path) {
            return disk::read(path, disk::CONFIG_CAP);
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || disk::read_stream(path, disk::CONFIG_CAP).map(Arc::from).map_err(Arc::new);
        let bytes = known.entry(path.to_path_buf()).or_insert_with(read);
        bytes.as_ref().map(|bytes| bytes.to_vec()).map_err(|error| DiskError::System(io::Error::other(Arc::clone(error))))
    }
}
