//! Where a module call leads: a folder beside the caller, a folder that `terraform init` installed, or nowhere that we can go.

use super::folder::is_local;
use super::request::Request;
use crate::base::cause::NOT_INSTALLED;
use crate::base::disk;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `modules.json`: what `terraform init` installed for one root module.
#[derive(Clone, Debug, Default)]
pub(super) struct Manifest {
    /// By call path (`a.b`): the source it was installed for, and the folder.
    entries: BTreeMap<String, (String, PathBuf)>,
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
    #[serde(rename = "Dir", default)]
    dir: String,
}

impl Manifest {
    /// Reads the manifest of a root folder, where there is one that can be read; a broken one counts as none, as if nothing were installed.
    pub(super) fn read(root: &Path, _shown: &Path, request: &Request) -> Option<Self> {
        let data = request.data_dir.as_deref().unwrap_or(Path::new(".terraform"));
        let path = root.join(data).join("modules").join("modules.json");
        // A data directory that the user names may be anywhere; one that is found must not lead out of the repository.
        let is_named = request.data_dir.is_some();
        let bytes =
            if is_named { disk::read(&path, disk::CONFIG_CAP) } else { disk::read_found(&path, disk::CONFIG_CAP, &request.bounds()) };
        let text = bytes.and_then(disk::text).ok()?;
        let file: ManifestFile = serde_json::from_str(&text).ok()?;
        let entries = file.modules.into_iter().filter(|entry| !entry.key.is_empty());
        Some(Self { entries: entries.map(|entry| (entry.key, (entry.source, root.join(entry.dir)))).collect() })
    }

    /// All installed folders.
    pub(super) fn folders(&self) -> impl Iterator<Item = PathBuf> {
        self.entries.values().map(|(_, folder)| folder.clone())
    }
}

/// Where a call leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// To this folder, which is there.
    Folder(PathBuf),
    /// To a local folder that is not there.
    Missing,
    /// To somewhere we cannot go; the reason as a clause.
    Elsewhere(&'static str),
}

/// Finds the folder of a call. `path` is the call's path from the root, `caller` the folder it is written in.
pub(super) fn locate(source: &str, path: &str, caller: &Path, manifest: Option<&Manifest>) -> Target {
    if is_local(source) {
        return match disk::canonical(&caller.join(source)) {
            Ok(folder) if disk::is_dir(&folder) => Target::Folder(folder),
            _ => Target::Missing,
        };
    }
    let Some((installed, folder)) = manifest.and_then(|manifest| manifest.entries.get(path)) else {
        return Target::Elsewhere(NOT_INSTALLED);
    };
    // `init` writes registry sources with their host; an entry for another source is of a time before the source was changed.
    if !same_source(installed, source) {
        return Target::Elsewhere("installed for another source");
    }
    match disk::canonical(folder) {
        Ok(folder) if disk::is_dir(&folder) => Target::Folder(folder),
        _ => Target::Elsewhere(NOT_INSTALLED),
    }
}

/// Whether the manifest's source is that of the call. Only the registry's shorthand is written differently.
fn same_source(installed: &str, source: &str) -> bool {
    if installed == source {
        return true;
    }
    let address = source.split("//").next().unwrap_or_default();
    let is_shorthand = matches!(address.split('/').collect::<Vec<_>>().as_slice(), [owner, _, _] if !owner.contains(['.', ':', '@']));
    // Everything that is not the registry's shorthand is normalised by go-getter in ways that are not ours to repeat.
    !is_shorthand || installed.ends_with(&format!("/{source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_entry_for_another_source_is_not_followed() {
        assert!(same_source("registry.terraform.io/o/kms/oci", "o/kms/oci"));
        assert!(same_source("registry.terraform.io/o/kms/oci//sub", "o/kms/oci//sub"));
        assert!(!same_source("registry.terraform.io/o/vault/oci", "o/kms/oci"));
        assert!(same_source("git::https://github.com/o/r.git", "github.com/o/r"));
    }
}
