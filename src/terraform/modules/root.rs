//! A root module, and what is known of those who call it.

use crate::base::Reason;
use std::path::{Path, PathBuf};

/// A root module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Root {
    /// Its directory.
    pub path: PathBuf,
    /// Whether it shows that it has no caller: then Terraform's answer is final, and zero instances mean no key.
    pub is_final: bool,
    /// Why its variables are unknown: something calls it that could not be read.
    pub elsewhere: Option<Reason>,
}

impl Root {
    /// A directory of which nothing but its path is known.
    pub(crate) fn alone(path: &Path) -> Self {
        Self { path: path.to_path_buf(), ..Self::default() }
    }
}
