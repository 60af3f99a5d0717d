//! The targets of module calls: a directory next to the caller, a directory that `terraform init` installed, or an unavailable module.

use super::address::{absolute_path, is_same_source, satisfies};
use super::directory::is_local;
use crate::base::{Directories, Reason, disk};
use crate::eval::EvalError;
use crate::terraform::request::ScanRequest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `modules.json`: the modules that `terraform init` installed for one root module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifest {
    /// By call path (`a.b`).
    entries: BTreeMap<String, InstalledModule>,
}

/// One installed module.
#[derive(Clone, Debug)]
struct InstalledModule {
    source: String,
    version: String,
    directory: PathBuf,
    /// The directory relative to the root module, as the manifest has it.
    relative: String,
}

/// The part of `modules.json` that is read.
#[derive(serde::Deserialize)]
struct ManifestFile {
    #[serde(rename = "Modules", default)]
    modules: Vec<ManifestEntry>,
}

#[derive(serde::Deserialize)]
struct ManifestEntry {
    #[serde(rename = "Key", default)]
    key: String,
    #[serde(rename = "Source", default)]
    source: String,
    #[serde(rename = "Version", default)]
    version: String,
    #[serde(rename = "Dir", default)]
    dir: String,
}

impl Manifest {
    /// Reads the manifest of a root directory. An unreadable manifest is treated as missing: nothing is installed.
    pub(super) fn read(root: &Path, request: &ScanRequest) -> Option<Self> {
        let path = request.data_dir_of(root).join("modules").join("modules.json");
        let read_found = || disk::read_found(&path, disk::CONFIG_CAP, &request.bounds());
        let bytes = match request.is_moved_outside(&path, || request.bounds()) {
            true => disk::read(&path, disk::CONFIG_CAP),
            false => request.directories.admit_linked(&path).and_then(|()| read_found()),
        };
        let text = bytes.and_then(disk::text).ok()?;
        let file: ManifestFile = serde_json::from_str(&text).ok()?;
        let entries = file.modules.into_iter().filter(|entry| !entry.key.is_empty());
        let installed = |ManifestEntry { key, source, version, dir }| {
            let relative = dir.replace('\\', "/");
            (key, InstalledModule { source, version, directory: root.join(dir), relative })
        };
        Some(Self { entries: entries.map(installed).collect() })
    }

    /// All installed directories.
    pub(crate) fn directories(&self) -> impl Iterator<Item = PathBuf> {
        self.entries.values().map(|installed| installed.directory.clone())
    }
}

/// The target of a module call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallTarget {
    /// A directory that exists.
    Directory {
        /// The directory, links resolved.
        path: PathBuf,
        /// The path of an installed module relative to the root module; `None` for a local source.
        installed: Option<String>,
    },
    /// A local directory that does not exist.
    Missing,
    /// A module that cannot be followed; the reason, as a clause.
    Unavailable(Reason),
}

/// A module call whose source is known.
pub(crate) struct SourcedCall<'c> {
    /// The path of calls from the root, `a.b`.
    pub path: &'c str,
    /// The directory of the calling module.
    pub caller: &'c Path,
    /// The source.
    pub source: &'c str,
    /// The version constraint, if there is one.
    pub version: Option<&'c str>,
    /// Cached directory listings.
    pub directories: &'c Directories,
}

/// Finds the target of a call.
pub(crate) fn locate(call: &SourcedCall<'_>, manifest: Option<&Manifest>) -> CallTarget {
    let installed = manifest.and_then(|manifest| manifest.entries.get(call.path));
    let unavailable = |why: &str| CallTarget::Unavailable(why.into());
    if is_local(call.source) {
        // Terraform joins the paths as text before it resolves links, so `x/../mod` does not need a directory `x`.
        return match call.directories.real(&disk::tidy(&call.caller.join(call.source))) {
            Ok(path) if call.directories.is_dir(&path) => CallTarget::Directory { path, installed: None },
            _ => CallTarget::Missing,
        };
    }
    let Some(installed) = installed else {
        return match absolute_path(call.source) {
            Some((package, subdirectory)) => absolute_target(call.path, &package, subdirectory.as_deref()),
            None => CallTarget::Unavailable(Reason::not_installed()),
        };
    };
    // After a change of the source or version, Terraform refuses to plan until `terraform init` is run again.
    if !is_same_source(&installed.source, call.source) {
        return unavailable("module source has changed since it was installed");
    }
    if call.version.is_some_and(|version| !satisfies(&installed.version, version)) {
        return unavailable("module version requirements have changed since it was installed");
    }
    installed.target().unwrap_or_else(|| CallTarget::Unavailable(Reason::not_installed()))
}

/// The directory that `terraform init` installed for a call, whatever its source was.
pub(crate) fn installed(path: &str, manifest: Option<&Manifest>) -> Option<CallTarget> {
    manifest?.entries.get(path)?.target()
}

impl InstalledModule {
    fn target(&self) -> Option<CallTarget> {
        let path = disk::canonical(&self.directory).ok().filter(|path| disk::is_dir(path))?;
        Some(CallTarget::Directory { path, installed: Some(self.relative.clone()) })
    }
}

/// The target of a call with an absolute path, to which `terraform init` would create a link in the data directory.
fn absolute_target(path: &str, package: &str, subdirectory: Option<&str>) -> CallTarget {
    let full = subdirectory.map_or_else(|| PathBuf::from(package), |subdirectory| Path::new(package).join(subdirectory));
    match disk::canonical(&full) {
        Ok(directory) if disk::is_dir(&directory) => {
            let subdirectory = subdirectory.map_or_else(String::new, |subdirectory| format!("/{subdirectory}"));
            CallTarget::Directory { path: directory, installed: Some(format!(".terraform/modules/{path}{subdirectory}")) }
        }
        _ => CallTarget::Unavailable("the directory does not exist".into()),
    }
}

/// A located module call.
pub(crate) struct Located {
    pub target: CallTarget,
    /// The source, if it is known.
    pub source: Option<CallSource>,
    /// The error in the source that Terraform would report.
    pub refused: Option<EvalError>,
    /// Whether the target depends on more than the caller's directory: on inputs, or on the modules installed for a root.
    pub depends_on_path: bool,
}

/// The source of a call.
pub(crate) struct CallSource {
    pub text: Arc<str>,
    /// Whether it contains parts of a value that may not be shown.
    pub is_hidden: bool,
}

impl CallSource {
    /// A source that is a literal.
    pub(crate) fn literal(text: &str) -> Self {
        Self { text: text.into(), is_hidden: false }
    }
}
