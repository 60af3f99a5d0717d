//! The request to the Terraform front end: which paths to scan, and which inputs to use.

pub(super) mod recorded;
pub(super) mod streams;

use crate::base::disk::{self, DirEntry, DiskError};
use crate::base::{Directories, Overlay, Repository};
use crate::eval::Limits;
use recorded::Recorded;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use streams::Streams;

/// How deep evaluation may recurse on threads with the stack of [`crate::terraform::deep`].
const DEPTH: u32 = 900;

/// One `--var`, `--var-file` or values file on the command line. Later ones win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputSource {
    /// `--var NAME=VALUE`.
    Var(String, String),
    /// `--var-file FILE`, relative to the working directory.
    File(PathBuf),
    /// A values file among the paths. It gets a run of its own, and no other run reads it.
    Passed(PathBuf),
}

/// An input that the environment adds to the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvInput {
    /// The name of the environment variable: `TF_CLI_ARGS_plan`.
    pub by: &'static str,
    /// The input.
    pub source: InputSource,
}

/// Which dialect's rules decide which files of a directory are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileDialect {
    /// The dialect is unknown: `.tofu` files are read if there are any.
    #[default]
    Either,
    /// Terraform ignores `.tofu` files.
    Terraform,
    /// OpenTofu prefers `a.tofu` to `a.tf`.
    OpenTofu,
}

/// What to read. Environment variables arrive here as values; the front end never reads the environment.
pub struct ScanRequest {
    /// Directories and files as the user passed them, relative to `cwd` unless absolute. Empty means `.`.
    pub paths: Vec<PathBuf>,
    /// The working directory, absolute: where Terraform would run.
    pub cwd: PathBuf,
    /// The original working directory if `--chdir` was used: Terraform's `path.cwd`. `cwd` is then a root module.
    pub started_in: Option<PathBuf>,
    /// `--var`, `--var-file` and values files among the paths, in their order.
    pub inputs: Vec<InputSource>,
    /// The inputs that a plan records. They replace all others.
    pub recorded: Option<Recorded>,
    /// The inputs that `TF_CLI_ARGS_plan` and `TF_CLI_ARGS` add before them, in Terraform's order.
    pub env_inputs: Vec<EnvInput>,
    /// The values of `TF_VAR_x`, by `x`.
    pub env_vars: BTreeMap<String, String>,
    /// `--workspace`.
    pub workspace: Option<String>,
    /// `TF_WORKSPACE`.
    pub env_workspace: Option<String>,
    /// `TF_DATA_DIR`, relative to each root module unless absolute.
    pub data_dir: Option<PathBuf>,
    /// `--dialect`.
    pub dialect: FileDialect,
    /// Returns whether the walk skips a directory, given as an absolute path without links. Modules that are called are read anyway.
    pub exclude: Box<dyn Fn(&Path) -> bool + Sync + Send>,
    /// Directories outside of the repository that file functions may read.
    pub allow_paths: Vec<PathBuf>,
    /// The contents of pipes, shared by all roots and all runs of the process.
    pub streams: Arc<Streams>,
    /// Texts of unsaved files in an editor. They replace the files on disk.
    pub overlay: Arc<Overlay>,
    /// More `--var-file`s for single root modules, by real directory. They come last.
    pub root_files: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// Cached directory listings.
    pub directories: Arc<Directories>,
    /// The limits of evaluation.
    pub limits: Limits,
    /// `--confined`: module calls that leave the repository are not followed.
    pub confined: bool,
    /// Recognizes plans and states by the beginning of a file. A walk lists them but does not read them.
    pub recognize: fn(&[u8]) -> Option<crate::key::NotReadKind>,
}

impl ScanRequest {
    /// A request for some paths without any inputs.
    #[must_use]
    pub fn new(cwd: PathBuf, paths: Vec<PathBuf>) -> Self {
        Self {
            paths,
            cwd,
            started_in: None,
            inputs: Vec::new(),
            recorded: None,
            env_inputs: Vec::new(),
            env_vars: BTreeMap::new(),
            workspace: None,
            env_workspace: None,
            data_dir: None,
            dialect: FileDialect::default(),
            exclude: Box::new(|_| false),
            allow_paths: Vec::new(),
            streams: Arc::default(),
            overlay: Arc::default(),
            root_files: BTreeMap::new(),
            directories: Arc::default(),
            limits: Limits { depth: DEPTH, ..Limits::default() },
            confined: false,
            recognize: |_| None,
        }
    }

    /// The directories that count as the repository: the repository of the working directory and the paths, the work trees of paths
    /// elsewhere, and `allow_paths`. Modules outside of them are followed, but no report quotes them.
    #[must_use]
    pub fn bounds(&self) -> Vec<PathBuf> {
        let repository = Repository::of(&self.cwd, &self.paths).bounds().to_path_buf();
        let around = |path: &PathBuf| {
            let real = self.directories.real(&self.cwd.join(path)).ok()?;
            let directory = if disk::is_dir(&real) { real } else { real.parent()?.to_path_buf() };
            let is_inside = directory.starts_with(&repository);
            (!is_inside).then(|| self.directories.repository_root(&directory).unwrap_or(directory))
        };
        let allowed = self.allow_paths.iter().filter_map(|path| self.directories.real(&self.cwd.join(path)).ok());
        let mut all: Vec<PathBuf> = self.paths.iter().filter_map(around).chain(allowed).collect();
        all.push(repository);
        all.sort();
        all.dedup();
        all
    }

    /// Whether `terraform init` creates a directory, in this root module or in another, so that edits in it would be lost.
    pub(crate) fn is_installed(&self, root: &Path, directory: &Path) -> bool {
        directory.components().any(|part| part.as_os_str() == ".terraform") || directory.starts_with(self.data_dir_of(root))
    }

    /// Whether a path in the data directory is outside of these directories because `TF_DATA_DIR` leads there, which it may. What is inside
    /// of them must not be a link to the outside.
    pub(crate) fn is_moved_outside<D: AsRef<[PathBuf]>>(&self, path: &Path, directories: impl FnOnce() -> D) -> bool {
        self.data_dir.is_some() && !directories().as_ref().iter().any(|directory| disk::tidy(path).starts_with(directory))
    }

    /// The entries of a directory, including unsaved files of an editor. Empty if the directory cannot be listed.
    #[must_use]
    pub fn entries(&self, directory: &Path) -> Arc<[DirEntry]> {
        self.directories.entries(directory).map_or_else(|_| Arc::default(), |entries| self.overlay.complete(directory, entries))
    }

    /// Whether a path below a directory is known to be missing, without a look at the disk.
    #[must_use]
    pub fn is_known_missing(&self, directory: &Path, path: impl AsRef<Path>) -> bool {
        self.directories.is_known_missing(directory, path.as_ref())
    }

    /// Reads a configuration or values file that a walk found. Links are followed until the run has read too much through them.
    ///
    /// # Errors
    /// The file is missing, too large or unreadable, or too much was read through links.
    pub fn read_found(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        self.directories.admit_linked(path)?;
        self.overlay.read(path, disk::CONFIG_CAP)
    }

    /// The data directory of a root module, in which `terraform init` installs modules.
    #[must_use]
    pub fn data_dir_of(&self, root: &Path) -> PathBuf {
        root.join(self.data_dir.as_deref().unwrap_or(Path::new(".terraform")))
    }

    /// A path as reports show it: relative to the working directory where possible.
    #[must_use]
    pub fn shown(&self, path: &Path) -> PathBuf {
        let path = disk::tidy(&self.cwd.join(path));
        let cwd = disk::tidy(&self.cwd);
        match path.strip_prefix(&cwd) {
            Ok(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
            Ok(inside) => inside.to_path_buf(),
            Err(_) => match disk::canonical(&cwd) {
                // The path of the working directory may contain links.
                Ok(real) if path.starts_with(&real) => path.strip_prefix(&real).map_or_else(|_| path.clone(), disk::tidy),
                Ok(real) => relative(&path, &cwd).or_else(|| relative(&path, &real)).unwrap_or(path),
                Err(_) => relative(&path, &cwd).unwrap_or(path),
            },
        }
    }
}

/// `../x` for a path that shares at least one directory with the working directory.
fn relative(path: &Path, cwd: &Path) -> Option<PathBuf> {
    let shared = path.components().zip(cwd.components()).take_while(|(a, b)| a == b).count();
    let up = cwd.components().count() - shared;
    if shared < 2 || up > 8 {
        return None;
    }
    let mut out: PathBuf = std::iter::repeat_n("..", up).collect();
    out.extend(path.components().skip(shared));
    Some(out)
}

/// The path of a file in a directory as reports show it: `main.tf`, not `./main.tf`.
pub(super) fn join_shown(directory: &Path, name: &str) -> PathBuf {
    disk::tidy(&directory.join(name))
}

/// The answer to one expression of `kmslint eval`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalAnswer {
    /// The expression has a known value.
    Value {
        /// The value as JSON.
        json: String,
        /// Whether the value, or a part of it, may not be shown.
        sensitive: bool,
    },
    /// The value is unknown; the reason, as a clause.
    Unknown(String),
    /// Terraform would reject the expression.
    Error {
        /// What is wrong.
        message: String,
        /// The place of the error.
        place: Option<crate::base::Place>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_relative_to_the_working_directory() {
        let request = ScanRequest::new("/home/me/repo".into(), Vec::new());
        for (path, shown) in [(".", "."), ("a/../b", "b"), ("/home/me/repo/x", "x"), ("../other/x", "../other/x"), ("/etc/x", "/etc/x")] {
            assert_eq!(request.shown(Path::new(path)), Path::new(shown));
        }
    }
}
