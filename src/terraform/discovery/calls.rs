//! Where a module call leads: a directory next to the caller, a directory that `terraform init` installed, or nowhere that we can go.

use super::address::{absolute, meets, same_source};
use super::directory::is_local;
use crate::base::{Directories, Reason, disk};
use crate::eval::EvalError;
use crate::terraform::request::ScanRequest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `modules.json`: what `terraform init` installed for one root module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifest {
    /// By call path (`a.b`).
    entries: BTreeMap<String, Installed>,
}

/// One installed module.
#[derive(Clone, Debug)]
struct Installed {
    source: String,
    version: String,
    /// Where it is, and how the root module names it.
    directory: PathBuf,
    written: String,
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
    /// Reads the manifest of a root directory, where there is one that can be read; a broken one counts as none, as if nothing were
    /// installed.
    pub(super) fn read(root: &Path, request: &ScanRequest) -> Option<Self> {
        let path = request.data_dir_of(root).join("modules").join("modules.json");
        // A data directory that the user names may be anywhere; what lies in the repository must not lead out of it.
        let is_named = request.data_dir.is_some() && !request.bounds().iter().any(|directory| disk::tidy(&path).starts_with(directory));
        let read_found = || disk::read_found(&path, disk::CONFIG_CAP, &request.bounds());
        let bytes = match is_named {
            true => disk::read(&path, disk::CONFIG_CAP),
            false => request.directories.admit_linked(&path).and_then(|()| read_found()),
        };
        let text = bytes.and_then(disk::text).ok()?;
        let file: ManifestFile = serde_json::from_str(&text).ok()?;
        let entries = file.modules.into_iter().filter(|entry| !entry.key.is_empty());
        let installed = |ManifestEntry { key, source, version, dir }| {
            let written = dir.replace('\\', "/");
            (key, Installed { source, version, directory: root.join(dir), written })
        };
        Some(Self { entries: entries.map(installed).collect() })
    }

    /// All installed directories.
    pub(crate) fn directories(&self) -> impl Iterator<Item = PathBuf> {
        self.entries.values().map(|installed| installed.directory.clone())
    }
}

/// Where a call leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallTarget {
    /// To this directory, which exists.
    Directory {
        /// The directory, links resolved.
        path: PathBuf,
        /// How `init` names it from the root module, where that is not the source next to the caller.
        installed: Option<String>,
    },
    /// To a local directory that does not exist.
    Missing,
    /// To somewhere we cannot go; the reason as a clause.
    Elsewhere(Reason),
}

/// A module call whose source is known.
pub(crate) struct SourcedCall<'c> {
    /// The path of calls from the root, `a.b`.
    pub path: &'c str,
    /// The directory of the file that it is written in.
    pub caller: &'c Path,
    /// The source.
    pub source: &'c str,
    /// The version constraint, where there is one.
    pub version: Option<&'c str>,
    /// What is known of directories.
    pub directories: &'c Directories,
}

/// Finds the directory of a call.
pub(crate) fn locate(call: &SourcedCall<'_>, manifest: Option<&Manifest>) -> CallTarget {
    let installed = manifest.and_then(|manifest| manifest.entries.get(call.path));
    let elsewhere = |why: &str| CallTarget::Elsewhere(why.into());
    if is_local(call.source) {
        // Terraform joins the two as text before it follows links, so that `x/../mod` needs no `x`.
        return match call.directories.real(&disk::tidy(&call.caller.join(call.source))) {
            Ok(path) if call.directories.is_dir(&path) => CallTarget::Directory { path, installed: None },
            _ => CallTarget::Missing,
        };
    }
    let Some(installed) = installed else {
        return match absolute(call.source) {
            Some((package, inner)) => outside(call.path, &package, inner.as_deref()),
            None => CallTarget::Elsewhere(Reason::not_installed()),
        };
    };
    // Terraform refuses to plan with an entry of the time before the call was changed, until `init` is run again.
    if !same_source(&installed.source, call.source) {
        return elsewhere("module source has changed since it was installed");
    }
    if call.version.is_some_and(|version| !meets(&installed.version, version)) {
        return elsewhere("module version requirements have changed since it was installed");
    }
    installed.target().unwrap_or_else(|| CallTarget::Elsewhere(Reason::not_installed()))
}

/// The directory that `init` installed for a call, whatever its source was.
pub(crate) fn installed(path: &str, manifest: Option<&Manifest>) -> Option<CallTarget> {
    manifest?.entries.get(path)?.target()
}

impl Installed {
    fn target(&self) -> Option<CallTarget> {
        let path = disk::canonical(&self.directory).ok().filter(|path| disk::is_dir(path))?;
        Some(CallTarget::Directory { path, installed: Some(self.written.clone()) })
    }
}

/// An absolute directory: `init` would put a link to it under the call's name.
fn outside(path: &str, package: &str, inner: Option<&str>) -> CallTarget {
    let inside = inner.map_or_else(|| PathBuf::from(package), |inner| Path::new(package).join(inner));
    match disk::canonical(&inside) {
        Ok(directory) if disk::is_dir(&directory) => {
            let inner = inner.map_or_else(String::new, |inner| format!("/{inner}"));
            CallTarget::Directory { path: directory, installed: Some(format!(".terraform/modules/{path}{inner}")) }
        }
        _ => CallTarget::Elsewhere("the directory does not exist".into()),
    }
}

/// Where a call leads, and what its source has to do with it.
pub(crate) struct Located {
    pub target: CallTarget,
    /// The source, where it is known.
    pub source: Option<CallSource>,
    /// What Terraform refuses about the source.
    pub refused: Option<EvalError>,
    /// Whether all of this depends on more than the caller's directory: on inputs, or on what was installed for a root.
    pub depends_on_path: bool,
}

/// The source of a call.
pub(crate) struct CallSource {
    pub text: Arc<str>,
    /// Whether it holds something of a value that is not shown.
    pub is_hidden: bool,
}

impl CallSource {
    /// A source that stands in the call as it is.
    pub(crate) fn literal(text: &str) -> Self {
        Self { text: text.into(), is_hidden: false }
    }
}
