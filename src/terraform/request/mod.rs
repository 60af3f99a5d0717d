//! What the Terraform front end is asked: where to look, which inputs to use, how to read them.

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

/// How deep evaluation may go on threads with the stack that [`crate::terraform::read()`] gives them.
const DEPTH: u32 = 900;

/// One `--var`, `--var-file` or values file on the command line; their order decides which wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputSource {
    /// `--var NAME=VALUE`.
    Var(String, String),
    /// `--var-file FILE`, relative to the working directory.
    File(PathBuf),
    /// A values file among the paths: it is read in the run that it is passed for, and in no other.
    Passed(PathBuf),
}

/// An input that the environment adds to the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvInput {
    /// The name of the environment variable: `TF_CLI_ARGS_plan`.
    pub by: &'static str,
    /// What it adds.
    pub source: InputSource,
}

/// Whose rules decide which files count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileDialect {
    /// No one said: `.tofu` files are read where they are there.
    #[default]
    Either,
    /// Terraform does not know `.tofu` files.
    Terraform,
    /// OpenTofu takes `a.tofu` instead of `a.tf`.
    OpenTofu,
}

/// What to read. Everything that comes from the environment is in here as a value.
pub struct ScanRequest {
    /// Directories and files as the user named them; relative ones are relative to `cwd`. Empty means `.`.
    pub paths: Vec<PathBuf>,
    /// The working directory, absolute: where Terraform would be run.
    pub cwd: PathBuf,
    /// The directory before `--chdir` chose the working directory, which then is a root module: Terraform's `path.cwd`.
    pub started_in: Option<PathBuf>,
    /// `--var`, `--var-file` and values files among the paths in their order.
    pub inputs: Vec<InputSource>,
    /// The inputs that a plan records: they count instead of all others.
    pub recorded: Option<Recorded>,
    /// What `TF_CLI_ARGS_plan` and `TF_CLI_ARGS` add before them, in Terraform's order.
    pub env_inputs: Vec<EnvInput>,
    /// The values of `TF_VAR_x`, by `x`.
    pub env_vars: BTreeMap<String, String>,
    /// `--workspace`.
    pub workspace: Option<String>,
    /// `TF_WORKSPACE`.
    pub env_workspace: Option<String>,
    /// `TF_DATA_DIR`; relative ones are relative to each root module.
    pub data_dir: Option<PathBuf>,
    /// The dialect.
    pub dialect: FileDialect,
    /// Which directories are not walked into, asked with absolute paths whose links are resolved. Called modules are read.
    pub exclude: Box<dyn Fn(&Path) -> bool + Sync + Send>,
    /// Directories outside of the repository that file functions may read.
    pub allow_paths: Vec<PathBuf>,
    /// What was read from pipes, for all roots and for every run of the same process.
    pub streams: Arc<Streams>,
    /// Texts that count instead of files: what is open in an editor and not saved.
    pub overlay: Arc<Overlay>,
    /// More `--var-file`s for single root modules, by real directory; they come last.
    pub root_files: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// What is known of directories: each is asked about once.
    pub directories: Arc<Directories>,
    /// What evaluation may cost.
    pub limits: Limits,
    /// `--confined`: modules outside of the repository are refused.
    pub confined: bool,
    /// Recognizes a plan or a state by the beginning of a file: a walk lists them, and does not read them.
    pub recognize: fn(&[u8]) -> Option<crate::key::NotReadKind>,
}

impl ScanRequest {
    /// A request for these paths without any inputs.
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

    /// What counts as the repository: the one around the working directory and what was named; what was named elsewhere, with the work tree
    /// around it; and what the user allows. What lies outside is followed, but nothing of it is quoted.
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

    /// What is in a directory, with what was not saved yet; nothing where it cannot be listed.
    #[must_use]
    pub fn entries(&self, directory: &Path) -> Arc<[DirEntry]> {
        self.directories.entries(directory).map_or_else(|_| Arc::default(), |entries| self.overlay.complete(directory, entries))
    }

    /// Whether it is known without asking the disk that a module directory has nothing at this path below it.
    #[must_use]
    pub fn lacks(&self, directory: &Path, path: impl AsRef<Path>) -> bool {
        self.directories.is_known_missing(directory, path.as_ref())
    }

    /// Reads a file of configuration or values that was found, through a link too while the run may read more through links.
    ///
    /// # Errors
    /// Too much is read through links, missing, too large, or what the system says.
    pub fn read_found(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        self.directories.admit_linked(path)?;
        self.overlay.read(path, disk::CONFIG_CAP)
    }

    /// Where `terraform init` keeps what it installs for a root module.
    #[must_use]
    pub fn data_of(&self, root: &Path) -> PathBuf {
        root.join(self.data_dir.as_deref().unwrap_or(Path::new(".terraform")))
    }

    /// A path as it is shown: relative to the working directory where it lies in it.
    #[must_use]
    pub fn shown(&self, path: &Path) -> PathBuf {
        let path = disk::tidy(&self.cwd.join(path));
        let cwd = disk::tidy(&self.cwd);
        match path.strip_prefix(&cwd) {
            Ok(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
            Ok(inside) => inside.to_path_buf(),
            Err(_) => match disk::canonical(&cwd) {
                // The working directory may be known under a name that leads through links.
                Ok(real) if path.starts_with(&real) => path.strip_prefix(&real).map_or_else(|_| path.clone(), disk::tidy),
                Ok(real) => below(&path, &cwd).or_else(|| below(&path, &real)).unwrap_or(path),
                Err(_) => below(&path, &cwd).unwrap_or(path),
            },
        }
    }
}

/// `../x` for a path that shares at least one directory with the working directory.
fn below(path: &Path, cwd: &Path) -> Option<PathBuf> {
    let shared = path.components().zip(cwd.components()).take_while(|(a, b)| a == b).count();
    let up = cwd.components().count() - shared;
    if shared < 2 || up > 8 {
        return None;
    }
    let mut out: PathBuf = std::iter::repeat_n("..", up).collect();
    out.extend(path.components().skip(shared));
    Some(out)
}

/// A file in a directory as it is shown: `main.tf`, not `./main.tf`.
pub(super) fn join_shown(directory: &Path, name: &str) -> PathBuf {
    disk::tidy(&directory.join(name))
}

/// The answer to one expression of `kmslint eval`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalAnswer {
    /// The value as JSON; `sensitive` values carry no text worth showing.
    Value {
        /// The value as JSON.
        json: String,
        /// Whether it, or something in it, may not be shown.
        sensitive: bool,
    },
    /// It is unknown, and why.
    Unknown(String),
    /// Terraform would reject it.
    Error {
        /// What is wrong.
        message: String,
        /// Where.
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
