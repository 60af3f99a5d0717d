//! Values files that are pipes (`--var-file <(sops -d prod.tfvars)`). A pipe can be read only once, but every root needs its contents.

use crate::base::disk::{self, DiskError};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The contents of pipes, by path.
#[derive(Debug, Default)]
pub struct Streams(Mutex<HashMap<PathBuf, Content>>);

type Content = Result<Arc<[u8]>, Arc<DiskError>>;

impl Streams {
    /// Reads a values file that the user passed. Regular files are read each time because `--fix` may change them; others are read once.
    pub(crate) fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        if disk::is_file(path) || !disk::has_entry(path) {
            return disk::read(path, disk::CONFIG_CAP);
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || disk::read_stream(path, disk::CONFIG_CAP).map(Arc::from).map_err(Arc::new);
        let bytes = known.entry(path.to_path_buf()).or_insert_with(read);
        bytes.as_ref().map(|bytes| bytes.to_vec()).map_err(|error| DiskError::System(io::Error::other(Arc::clone(error))))
    }
}
