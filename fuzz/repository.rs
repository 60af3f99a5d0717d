//! Builds a repository from bytes below a directory, and compares the directory before and after a run.
//!
//! The first two bytes are options of the run. The rest are entries, each after `\n== `: a line with its kind (`file`, `link`, `fifo`,
//! `dir`, `eval`) and its path, then its content, its target, or an expression.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

/// The maximum number of entries of an input, for speed.
const MAX_ENTRIES: usize = 40;

/// A parsed input.
pub struct Repository {
    /// The first two bytes.
    pub options: u16,
    /// The expressions to evaluate.
    pub expressions: Vec<String>,
    entries: Vec<Entry>,
}

struct Entry {
    kind: Kind,
    path: PathBuf,
    content: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Link,
    Fifo,
    Directory,
}

impl Repository {
    /// Parses an input. Never fails: invalid entries are skipped.
    #[must_use]
    pub fn read(data: &[u8]) -> Self {
        let (options, rest) = data.split_at_checked(2).unwrap_or_default();
        let options = u16::from_le_bytes(options.try_into().unwrap_or_default());
        let mut repository = Self { options, expressions: Vec::new(), entries: Vec::new() };
        for part in split(rest, b"\n== ").into_iter().skip(1).take(MAX_ENTRIES) {
            let (head, content) = part.split_at(part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len()));
            let content = content.get(1..).unwrap_or_default();
            let (word, path) = head.split_at(head.iter().position(|byte| *byte == b' ').unwrap_or(head.len()));
            let kind = match word {
                b"file" => Kind::File,
                b"link" => Kind::Link,
                b"fifo" => Kind::Fifo,
                b"dir" => Kind::Directory,
                b"eval" => {
                    // An argument of a process has no NUL.
                    let text = String::from_utf8_lossy(content).replace('\0', "");
                    if repository.expressions.len() < 2 && text != "-" {
                        repository.expressions.push(text);
                    }
                    continue;
                }
                _ => continue,
            };
            if let Some(path) = inside(path.get(1..).unwrap_or_default()) {
                repository.entries.push(Entry { kind, path, content: content.to_vec() });
            }
        }
        repository
    }

    /// Whether the input may remove the mark from the planted variable, or redefine it, instead of only using it.
    #[must_use]
    pub fn may_unmark(&self) -> bool {
        let texts = || self.entries.iter().map(|entry| entry.content.as_slice()).chain(self.expressions.iter().map(String::as_bytes));
        let count = |needle: &[u8]| texts().map(|text| split(text, needle).len() - 1).sum::<usize>();
        count(b"nonsensitive") > 0 || count(b"planted") != count(b"var.planted") || count(b"\\u") > 0
    }

    /// The paths of files, as pre-commit passes them; paths that are not Unicode are skipped.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let listed = self.entries.iter().filter(|entry| matches!(entry.kind, Kind::File | Kind::Link));
        listed.filter_map(|entry| entry.path.to_str().map(ToOwned::to_owned)).collect()
    }

    /// Writes all entries below a directory. Nothing is written through a link, and no link points outside of the directory's parent,
    /// except to a few harmless places.
    pub fn write(&self, root: &Path) {
        fs::create_dir_all(root).expect("a directory");
        for entry in &self.entries {
            let path = root.join(&entry.path);
            let parents = path.ancestors().skip(1).take_while(|parent| parent.starts_with(root));
            let is_plain = |path: &Path| fs::symlink_metadata(path).map_or(true, |metadata| metadata.is_dir());
            if !parents.into_iter().all(is_plain) || fs::symlink_metadata(&path).is_ok() {
                continue;
            }
            // Entries whose names are too long for the system are skipped.
            if path.parent().is_some_and(|parent| fs::create_dir_all(parent).is_err()) {
                continue;
            }
            let _ = match entry.kind {
                Kind::File => fs::write(&path, &entry.content),
                Kind::Directory => fs::create_dir(&path),
                Kind::Link => target(&entry.content, root, &path).map_or(Ok(()), |target| symlink(target, &path)),
                Kind::Fifo => {
                    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o644), 0)
                        .map_err(Into::into)
                }
            };
        }
    }
}

/// The path without components that could leave the directory.
fn inside(bytes: &[u8]) -> Option<PathBuf> {
    if bytes.contains(&0) {
        return None;
    }
    let names = Path::new(OsStr::from_bytes(bytes)).components().filter(|part| matches!(part, Component::Normal(_)));
    Some(names.collect::<PathBuf>()).filter(|path| !path.as_os_str().is_empty() && path.components().count() <= 8)
}

/// The target of a link, if it is allowed.
fn target(bytes: &[u8], root: &Path, link: &Path) -> Option<PathBuf> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() || bytes.contains(&0) || bytes.len() > 300 {
        return None;
    }
    let target = Path::new(OsStr::from_bytes(bytes));
    let harmless = ["/proc/self/environ", "/proc/self/fd/0", "/dev/zero", "/dev/null", "/dev/tty"];
    if harmless.iter().any(|path| target == Path::new(path)) {
        return Some(target.to_path_buf());
    }
    let around = root.parent()?;
    if target.is_absolute() {
        let names: PathBuf = target.components().filter(|part| matches!(part, Component::Normal(_))).collect();
        return Some(around.join("outside").join(names));
    }
    // The target must not go above the parent, as far as its text shows. Links in it point to places that are allowed themselves.
    let mut depth = link.parent()?.strip_prefix(around).ok()?.components().count();
    for part in target.components() {
        match part {
            Component::ParentDir => depth = depth.checked_sub(1)?,
            Component::Normal(_) => depth += 1,
            _ => {}
        }
        // After a link that goes up, the text alone does not show the depth: only short targets are allowed there.
        if depth == 0 && target.components().count() > 4 {
            return None;
        }
    }
    Some(target.to_path_buf())
}

/// The pieces between occurrences of a separator.
fn split<'d>(data: &'d [u8], separator: &[u8]) -> Vec<&'d [u8]> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    for at in aho_corasick::AhoCorasick::new([separator]).expect("a short text").find_iter(data) {
        pieces.push(&data[start..at.start()]);
        start = at.end();
    }
    pieces.push(&data[start..]);
    pieces
}

/// The contents of a directory: the mode of each path, and a file's content or a link's target. Reports are left out.
#[derive(PartialEq, Eq)]
pub struct Snapshot(BTreeMap<PathBuf, (u32, Vec<u8>)>);

impl Snapshot {
    /// The snapshot of everything except `out`.
    #[must_use]
    pub fn of(base: &Path) -> Self {
        let mut all = BTreeMap::new();
        let mut open = vec![base.to_path_buf()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(&directory).expect("a directory") {
                let path = entry.expect("an entry").path();
                let short = path.strip_prefix(base).expect("below").to_path_buf();
                let metadata = fs::symlink_metadata(&path).expect("metadata");
                let content = if metadata.is_symlink() {
                    fs::read_link(&path).expect("a link").into_os_string().as_bytes().to_vec()
                } else if metadata.is_file() {
                    fs::read(&path).expect("a file")
                } else {
                    Vec::new()
                };
                if metadata.is_dir() && short != Path::new("out") {
                    open.push(path);
                }
                all.insert(short, (metadata.permissions().mode(), content));
            }
        }
        Self(all)
    }

    /// Fails on any change that was not requested: with `fixes`, the contents of configuration in the repository may change; `outputs` are
    /// files that may be written, each with whether it was requested.
    pub fn compare(&self, after: &Self, fixes: bool, outputs: &[(bool, &str)]) {
        let may_be_written = |path: &Path| outputs.iter().any(|(is_requested, output)| *is_requested && path == Path::new(output));
        let is_configuration = |path: &Path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            path.starts_with("repo") && [".tf", ".tofu", ".json", ".tfvars"].iter().any(|end| name.ends_with(end))
        };
        for (path, (mode, content)) in &after.0 {
            match self.0.get(path) {
                None => assert!(may_be_written(path), "{} is new", path.display()),
                Some((old_mode, old)) if (old_mode, old) != (mode, content) => {
                    let is_link = mode & 0o170_000 == 0o120_000 || old_mode & 0o170_000 == 0o120_000;
                    let is_fixed = fixes && mode == old_mode && !is_link && is_configuration(path);
                    assert!(may_be_written(path) || is_fixed, "{} was changed", path.display());
                }
                Some(_) => {}
            }
        }
        for path in self.0.keys() {
            assert!(after.0.contains_key(path), "{} is gone", path.display());
        }
    }
}
