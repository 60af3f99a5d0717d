//! The configuration files of one module directory, and their texts.

use super::hints::Hints;
use super::other_formats::{is_binary, is_encrypted};
use crate::base::disk::{self, DirEntry, DiskError, OpenDirectory};
use crate::base::{FileKind, FileName};
use crate::hcl;
use crate::terraform::request::{FileDialect, ScanRequest};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Directories to skip: they contain copies of configuration, or none.
pub(crate) const PRUNED: [&str; 4] = [".git", ".terraform", ".terragrunt-cache", "node_modules"];

/// One configuration file.
#[derive(Debug)]
pub(crate) struct FileText {
    /// Its name.
    pub name: String,
    /// Its text, or why it could not be read.
    pub text: Result<LoadedText, DiskError>,
    /// Whether it is a link to a file that is not configuration. Reports must not quote it.
    pub is_foreign: bool,
}

/// The text of a file that could be read.
#[derive(Debug)]
pub(crate) enum LoadedText {
    /// The text itself.
    Kept(String),
    /// The text was dropped. Few such texts are needed again, and all of them would not fit into memory.
    OnDisk,
}

/// One directory with configuration, read but not parsed.
#[derive(Debug, Default)]
pub(crate) struct ScannedDirectory {
    /// The directory, links resolved.
    pub path: PathBuf,
    /// The directory as reports show it.
    pub shown: PathBuf,
    /// Its configuration files of all dialects, sorted by name.
    pub files: Vec<FileText>,
    /// The hints from the bytes of the files.
    pub hints: Hints,
    /// Whether it has values files that Terraform loads automatically.
    pub has_values: bool,
}

impl ScannedDirectory {
    /// Reads the configuration files among the entries of a directory. `open` is `None` if the directory could not be opened.
    pub(super) fn read(path: PathBuf, shown: PathBuf, entries: &[DirEntry], open: Option<&OpenDirectory>, request: &ScanRequest) -> Self {
        let mut directory = Self { path, shown, ..Self::default() };
        let mut found = Vec::new();
        for entry in entries.iter().filter(|entry| !entry.is_dir) {
            let Some(name) = entry.name.to_str() else {
                let name = entry.name.to_string_lossy();
                if is_configuration(&name) {
                    directory.hints.key = true;
                    found.push((name.into_owned(), Err(DiskError::NonUnicodeName), false));
                }
                continue;
            };
            directory.has_values |= is_automatic(name);
            // A link to a directory is not a file.
            if is_configuration(name) && !(entry.is_link && disk::is_dir(&directory.path.join(name))) {
                let bytes = directory.read_file(name, entry.is_file, open, request);
                let is_foreign = !entry.is_file && links_to_other_kind(&directory.path.join(name), request, is_configuration);
                found.push((name.to_owned(), bytes, is_foreign));
            }
        }
        let is_kept = directory.hints.key || directory.hints.is_unclear();
        let text = |bytes, name: &str| if is_kept { decode(bytes, name).map(LoadedText::Kept) } else { Ok(LoadedText::OnDisk) };
        let file = |(name, bytes, is_foreign): (String, Result<_, _>, _)| {
            let text = bytes.and_then(|bytes| text(bytes, &name));
            FileText { name, text, is_foreign }
        };
        directory.files = found.into_iter().map(file).collect();
        directory
    }

    /// Reads a file and adds its hints.
    fn read_file(&mut self, name: &str, is_file: bool, open: Option<&OpenDirectory>, request: &ScanRequest) -> Result<Vec<u8>, DiskError> {
        let full = self.path.join(name);
        // Links, pipes and devices need more checks than files.
        let bytes = match is_file {
            true => request.overlay.read_listed(&full, open, disk::CONFIG_CAP),
            false if request.directories.escapes(&full, &allowed_directories(&self.path, request)) => Err(DiskError::Outside),
            false => request.read_found(&full),
        };
        match &bytes {
            // An encrypted file may declare keys.
            Ok(bytes) if is_encrypted(bytes) => self.hints.key = true,
            Ok(bytes) => self.hints.add(bytes, name.ends_with(".json")),
            // So may an unreadable one.
            Err(_) => self.hints.key = true,
        }
        bytes
    }

    /// Whether the directory has configuration.
    pub(crate) fn is_module(&self) -> bool {
        !self.files.is_empty()
    }

    /// Drops the files if they do not mention OCI, which saves memory in large repositories. If a module with keys in its tree calls this
    /// directory, it is read again.
    pub(crate) fn drop_irrelevant(&mut self) {
        if !self.hints.key && !self.hints.oci && !self.hints.is_unclear() {
            self.files = Vec::new();
        }
    }
}

/// The directories that files of a directory may link into: its repository, and `allow_paths`. Without a repository, the scanned paths and
/// the working directory that contain it. A pull request that adds a link to someone's secrets must not get them quoted in a syntax error.
pub(crate) fn allowed_directories(directory: &Path, request: &ScanRequest) -> Vec<PathBuf> {
    let known = &request.directories;
    let allowed = known.repository_root(directory).map_or_else(
        || {
            let named = request.paths.iter().map(|path| request.cwd.join(path));
            let named = named.chain([request.cwd.clone()]).filter_map(|path| known.real(&path).ok());
            // Not the root of the file system, which contains everything.
            let around: Vec<PathBuf> = named.filter(|path| path.parent().is_some() && directory.starts_with(path)).collect();
            if around.is_empty() { vec![directory.to_path_buf()] } else { around }
        },
        |repository| vec![repository],
    );
    allowed.into_iter().chain(request.allow_paths.iter().filter_map(|path| known.real(&request.cwd.join(path)).ok())).collect()
}

/// Whether a link points to a file whose name is not of this kind. Credentials behind an untrusted link must not be quoted as if they were
/// configuration.
pub(crate) fn links_to_other_kind(path: &Path, request: &ScanRequest, is_kind: impl Fn(&str) -> bool) -> bool {
    let real = request.directories.real(path).ok();
    let name = real.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
    name.is_some_and(|name| !is_kind(name))
}

/// Decodes the text of a configuration file.
pub(crate) fn decode(bytes: Vec<u8>, name: &str) -> Result<String, DiskError> {
    if is_encrypted(&bytes) {
        return Err(DiskError::GitCrypt);
    }
    let is_binary = is_binary(&bytes);
    hcl::decode(bytes, name.ends_with(".json")).map_err(|at| if is_binary { DiskError::Binary } else { DiskError::NotText(at) })
}

/// Whether a module source is a directory next to the caller.
pub(crate) fn is_local(source: &str) -> bool {
    source == "." || source == ".." || ["./", "../", ".\\", "..\\"].iter().any(|start| source.starts_with(start))
}

/// The names of the configuration files among sorted `names`: ordinary files, then override files, each in the order in which Terraform
/// reads them.
pub(crate) fn configuration_files<'n>(names: &[&'n str], dialect: FileDialect) -> (Vec<&'n str>, Vec<&'n str>) {
    let all: BTreeSet<&str> = names.iter().copied().collect();
    let (mut primary, mut overrides) = (Vec::new(), Vec::new());
    for name in all.iter().copied().filter(|name| !is_ignored(name)) {
        let Some(FileName { stem: base, kind, is_json }) = FileName::of(name).filter(|name| name.is_configuration()) else { continue };
        let tofu = kind == FileKind::OpenTofu;
        let is_replaced = || {
            let twin = if is_json { format!("{base}.tofu.json") } else { format!("{base}.tofu") };
            all.contains(twin.as_str())
        };
        let is_read = if dialect == FileDialect::Terraform { !tofu } else { tofu || !is_replaced() };
        if is_read {
            if base == "override" || base.ends_with("_override") { overrides.push(name) } else { primary.push(name) }
        }
    }
    (primary, overrides)
}

/// Whether a file name is that of a configuration file.
pub(crate) fn is_configuration(name: &str) -> bool {
    !is_ignored(name) && FileName::of(name).is_some_and(FileName::is_configuration)
}

/// Whether a file name is that of a values file. Terraform reads hidden ones as well.
pub(crate) fn is_values(name: &str) -> bool {
    FileName::of(name).is_some_and(|name| name.kind == FileKind::Values)
}

/// Whether Terraform loads a values file of this name automatically.
pub(crate) fn is_automatic(name: &str) -> bool {
    FileName::of(name).is_some_and(FileName::is_automatic)
}

/// Whether a directory itself has configuration files; false if it cannot be listed.
#[must_use]
pub(crate) fn has_configuration(directory: &Path) -> bool {
    let entries = disk::entries(directory).unwrap_or_default();
    entries.iter().any(|entry| !entry.is_dir && entry.name.to_str().is_some_and(is_configuration))
}

/// Whether a file may call modules in a language other than Terraform's.
pub(crate) fn is_foreign_caller(name: &str) -> bool {
    name == "terragrunt.hcl" || is_stack(name)
}

/// Whether a file belongs to a Terraform Stack.
pub(super) fn is_stack(name: &str) -> bool {
    [".tfcomponent.hcl", ".tfstack.hcl"].iter().any(|end| name.ends_with(end))
}

/// Whether Terraform ignores a file: backups of editors, and hidden files.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_files_of_each_dialect_are_chosen() {
        let names = [
            "#x.tf#",
            ".hidden.tf",
            "a.tf",
            "a.tf~",
            "b.tf.json",
            "c.tofu",
            "c.tf",
            "d.tftest.hcl",
            "main.tfvars",
            "override.tf",
            "z_override.tf.json",
            "c.tf.json",
            "e.tofu.json",
            "e.tf.json",
            "f.tfx.tf",
            "f.tfx.tofu",
        ];
        let (primary, overrides) = configuration_files(&names, FileDialect::Either);
        assert_eq!(primary, ["a.tf", "b.tf.json", "c.tf.json", "c.tofu", "e.tofu.json", "f.tfx.tofu"]);
        assert_eq!(overrides, ["override.tf", "z_override.tf.json"]);
        let (primary, _) = configuration_files(&names, FileDialect::Terraform);
        assert_eq!(primary, ["a.tf", "b.tf.json", "c.tf", "c.tf.json", "e.tf.json", "f.tfx.tf"]);
    }

    #[test]
    fn local_sources_begin_with_dots() {
        assert!(is_local("./m") && is_local("..") && !is_local("oracle/kms/oci") && !is_local(".m"));
    }
}
