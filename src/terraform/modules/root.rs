//! A root module, and what is known about its callers.

use crate::base::Reason;
use std::path::{Path, PathBuf};

/// A root module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Root {
    /// Its directory.
    pub path: PathBuf,
    /// Whether it certainly has no caller. The values of its variables are then final, and zero instances mean no key.
    pub is_final: bool,
    /// Why its variables are unknown: it has, or may have, a caller that cannot be read.
    pub elsewhere: Option<Reason>,
}

impl Root {
    /// A root with no known callers.
    pub(crate) fn alone(path: &Path) -> Self {
        Self { path: path.to_path_buf(), ..Self::default() }
    }
}
