//! The files of one module folder: which of them count, and their texts.

use super::request::{Dialect, Request};
use crate::base::disk::{self, DiskError, Entry};
use memchr::memmem;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folders nobody keeps configuration of their own in.
pub(super) const PRUNED: [&str; 3] = [".git", ".terraform", "node_modules"];

/// One configuration file.
#[derive(Debug)]
pub(super) struct FileText {
    /// Its name.
    pub name: String,
    /// Its text, or why it could not be read.
    pub text: Result<Text, DiskError>,
}

/// The text of a file that could be read.
#[derive(Debug)]
pub(super) enum Text {
    /// Here it is.
    Kept(String),
    /// Let go: the folder says nothing of keys, so that few such texts are needed, and all of them would not fit into memory.
    OnDisk,
}

/// One folder with configuration, read but not parsed.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// Where it is; links are resolved.
    pub path: PathBuf,
    /// Where it is as people see it.
    pub shown: PathBuf,
    /// Its files in the order in which Terraform reads them: overrides last.
    pub files: Vec<FileText>,
    /// How many of the files (from the end) are overrides.
    pub overrides: usize,
    /// Whether the word `oci_kms_key` stands somewhere in them.
    pub mentions_key: bool,
    /// Whether something of the OCI provider stands somewhere in them.
    pub mentions_oci: bool,
    /// What stands behind `source =`; more than the module calls, comments included.
    pub sources: Vec<String>,
}

impl Folder {
    /// Reads the configuration files among the entries of a folder.
    pub(super) fn read(path: PathBuf, shown: PathBuf, entries: &[Entry], request: &Request) -> Self {
        let files = || entries.iter().filter(|entry| !entry.is_dir);
        let names: Vec<&str> = files().filter_map(|entry| entry.name.to_str()).collect();
        // Links, pipes and devices.
        let odd: BTreeSet<&str> = files().filter(|entry| !entry.is_file).filter_map(|entry| entry.name.to_str()).collect();
        let (primary, overrides) = configuration(&names, request.dialect);
        let mut folder = Self { overrides: overrides.len(), path, shown, ..Self::default() };
        let strange = files().filter(|entry| entry.name.to_str().is_none()).map(|entry| entry.name.to_string_lossy());
        for name in strange.filter(|name| is_configuration(name)) {
            folder.mentions_key = true;
            folder.files.push(FileText { name: name.into_owned(), text: Err(DiskError::StrangeName) });
        }
        for name in primary.into_iter().chain(overrides) {
            let full = folder.path.join(name);
            let bytes = match odd.contains(name) {
                false => disk::read_listed(&full, disk::CONFIG_CAP),
                true if disk::leads_out(&full, &within(&folder.path, request)) => Err(DiskError::Outside),
                true => disk::read(&full, disk::CONFIG_CAP),
            };
            // Where not even bytes can be had, or not those of text, it may be about keys.
            let is_utf16 = |bytes: &[u8]| bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
            folder.mentions_key |= bytes.as_ref().map_or(true, |bytes| mentions_key(bytes) || is_utf16(bytes));
            let text = bytes.and_then(disk::text);
            if let Ok(text) = &text {
                folder.mentions_oci = folder.mentions_oci || mentions_oci(text);
                folder.sources.extend(sources(text).map(str::to_owned));
            }
            folder.files.push(FileText { name: name.to_owned(), text: text.map(Text::Kept) });
        }
        if !folder.mentions_key {
            folder.files.iter_mut().filter_map(|file| file.text.as_mut().ok()).for_each(|text| *text = Text::OnDisk);
        }
        folder
    }

    /// Whether there is configuration in it.
    pub(super) fn is_module(&self) -> bool {
        !self.files.is_empty()
    }

    /// Lets go of the texts where nothing of OCI is in them: large repositories have much of that. A folder that turns out to be
    /// called on the way to a key is read again.
    pub(super) fn forget(&mut self) {
        if !self.mentions_key && !self.mentions_oci {
            self.files = Vec::new();
        }
    }

    /// The folders that its local sources lead to.
    pub(super) fn local_targets(&self) -> impl Iterator<Item = PathBuf> {
        self.sources.iter().filter(|source| is_local(source)).map(|source| disk::tidy(&self.path.join(source)))
    }
}

/// Where the files of a folder may come from: its repository, and what the user allows. A pull request that lays in a link to somebody's
/// secrets must not have them shown in a syntax error.
pub(super) fn within(folder: &Path, request: &Request) -> Vec<PathBuf> {
    let own = disk::repository_root(folder).unwrap_or_else(|| {
        let cwd = disk::canonical(&request.cwd).unwrap_or_else(|_| request.cwd.clone());
        if folder.starts_with(&cwd) { cwd } else { folder.to_path_buf() }
    });
    std::iter::once(own).chain(request.allow_paths.iter().filter_map(|path| disk::canonical(&request.base().join(path)).ok())).collect()
}

/// Whether a module source is a folder beside the caller.
pub(super) fn is_local(source: &str) -> bool {
    source == "." || source == ".." || ["./", "../", ".\\", "..\\"].iter().any(|start| source.starts_with(start))
}

/// Splits the configuration files among sorted `names` into ordinary and override files, in the order in which they are read.
fn configuration<'n>(names: &[&'n str], dialect: Dialect) -> (Vec<&'n str>, Vec<&'n str>) {
    let all: BTreeSet<&str> = names.iter().copied().collect();
    let mut primary = Vec::new();
    let mut overrides = Vec::new();
    for name in all.iter().copied().filter(|name| !is_ignored(name)) {
        let Some((base, tofu)) = stem(name) else { continue };
        if tofu && dialect == Dialect::Terraform {
            continue;
        }
        if !tofu && dialect != Dialect::Terraform && all.contains(name.replace(".tf", ".tofu").as_str()) {
            let twin = name.strip_suffix(".tf").map(|base| format!("{base}.tofu"));
            let twin = twin.or_else(|| name.strip_suffix(".tf.json").map(|base| format!("{base}.tofu.json")));
            if twin.is_some_and(|twin| all.contains(twin.as_str())) {
                continue;
            }
        }
        if base == "override" || base.ends_with("_override") { overrides.push(name) } else { primary.push(name) }
    }
    (primary, overrides)
}

/// The name without its ending, and whether the ending is OpenTofu's.
fn stem(name: &str) -> Option<(&str, bool)> {
    let endings = [(".tf", false), (".tf.json", false), (".tofu", true), (".tofu.json", true)];
    endings.iter().find_map(|(ending, tofu)| Some((name.strip_suffix(ending)?, *tofu)))
}

/// Whether a file name is that of a configuration file.
pub(super) fn is_configuration(name: &str) -> bool {
    !is_ignored(name) && stem(name).is_some()
}

/// Whether a file holds values of variables. Terraform reads hidden ones, too.
pub(super) fn is_values(name: &str) -> bool {
    name.ends_with(".tfvars") || name.ends_with(".tfvars.json")
}

/// Editors' backups and hidden files, as Terraform ignores them.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}

/// Whether a text names the resource type, and not only a longer one that begins with it.
fn mentions_key(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, "oci_kms_key").any(|at| {
        let after = bytes.get(at + "oci_kms_key".len());
        !after.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    })
}

/// Whether a text names the OCI provider: `oci_…`, `"oci"`, `oracle/oci`.
fn mentions_oci(text: &str) -> bool {
    let bytes = text.as_bytes();
    memmem::find_iter(bytes, "oci").any(|at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + 3);
        !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') && !after.is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// What stands in quotes behind `source =` or `"source":`.
fn sources(text: &str) -> impl Iterator<Item = &str> {
    memmem::find_iter(text.as_bytes(), "source").filter_map(move |at| {
        let rest = text.get(at + "source".len()..)?;
        let rest = rest.strip_prefix('"').unwrap_or(rest).trim_start_matches([' ', '\t', '\r', '\n']);
        let rest = rest.strip_prefix(['=', ':'])?.trim_start_matches([' ', '\t', '\r', '\n']);
        let (source, _) = rest.strip_prefix('"')?.split_once(['"', '\n'])?;
        Some(source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_that_count_are_terraforms() {
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
        ];
        let (primary, overrides) = configuration(&names, Dialect::Either);
        assert_eq!(primary, ["a.tf", "b.tf.json", "c.tf.json", "c.tofu", "e.tofu.json"]);
        assert_eq!(overrides, ["override.tf", "z_override.tf.json"]);
        let (primary, _) = configuration(&names, Dialect::Terraform);
        assert_eq!(primary, ["a.tf", "b.tf.json", "c.tf", "c.tf.json", "e.tf.json"]);
    }

    #[test]
    fn only_the_whole_word_is_a_candidate() {
        assert!(mentions_key(br#"resource "oci_kms_key" "k" {}"#));
        assert!(mentions_key(b"resource oci_kms_key k {}"));
        assert!(!mentions_key(br#"resource "oci_kms_key_version" "k" {}"#));
        assert!(mentions_oci(r#"source = "oracle/oci""#) && mentions_oci("provider oci {}") && mentions_oci("oci_core_vcn"));
        assert!(!mentions_oci("association social"));
    }

    #[test]
    fn sources_are_found_in_both_syntaxes() {
        let found: Vec<_> = sources("module \"m\" {\n source = \"./m\"\n}\n{\"source\": \"../n\"} # source of it").collect();
        assert_eq!(found, ["./m", "../n"]);
        assert!(is_local("./m") && is_local("..") && !is_local("oracle/kms/oci") && !is_local(".m"));
    }
}
