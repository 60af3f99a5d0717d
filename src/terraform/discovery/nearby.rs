//! Suggests a source for a module call whose directory does not exist: a directory with a similar name, or with the same name elsewhere.

use super::directory::has_configuration;
use crate::base::{MAX_WORDS, disk, nearest};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How many levels upwards a directory with the same name is searched.
const MAX_LEVELS_UP: usize = 6;

/// The names of subdirectories, cached by directory.
#[derive(Default)]
pub(crate) struct Nearby(Mutex<HashMap<PathBuf, Arc<[String]>>>);

impl Nearby {
    /// A source with configuration that is similar to one that does not exist.
    pub(crate) fn suggest(&self, caller: &Path, source: &str) -> Option<String> {
        self.misspelled(caller, source).or_else(|| misplaced(caller, source))
    }

    /// The same path with its first missing part replaced by the name of an existing directory, if the result has configuration.
    fn misspelled(&self, caller: &Path, source: &str) -> Option<String> {
        let parts: Vec<Component<'_>> = Path::new(source).components().collect();
        let repository = disk::repository_root(caller);
        let mut existing = PathBuf::new();
        for (at, part) in parts.iter().enumerate() {
            let Component::Normal(name) = part else {
                existing.push(part);
                continue;
            };
            if disk::is_dir(&caller.join(&existing).join(name)) {
                existing.push(name);
                continue;
            }
            // Never show names of directories outside of the repository.
            let directory = disk::canonical(&caller.join(&existing)).ok()?;
            if repository.is_some_and(|root| !directory.starts_with(root)) {
                return None;
            }
            let names = self.names(directory);
            let near = nearest(name.to_str()?, names.iter().map(String::as_str))?;
            let fixed: PathBuf = [existing.join(near)].into_iter().chain(parts.iter().skip(at + 1).map(PathBuf::from)).collect();
            return has_configuration(&caller.join(&fixed)).then(|| as_source(&fixed));
        }
        None
    }

    /// The names of subdirectories; empty if there are too many to compare.
    fn names(&self, directory: PathBuf) -> Arc<[String]> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let list = |directory: &Path| -> Arc<[String]> {
            let entries = disk::entries(directory).unwrap_or_default();
            let names = entries.iter().filter(|entry| entry.is_dir).filter_map(|entry| entry.name.to_str());
            let names: Vec<String> = names.take(MAX_WORDS + 1).map(str::to_owned).collect();
            if names.len() > MAX_WORDS { Arc::default() } else { names.into() }
        };
        Arc::clone(known.entry(directory).or_insert_with_key(|directory| list(directory)))
    }
}

/// The same path with another number of `..`, if it has configuration.
fn misplaced(caller: &Path, source: &str) -> Option<String> {
    let inner: PathBuf = Path::new(source).components().filter(|part| matches!(part, Component::Normal(_))).collect();
    if inner.as_os_str().is_empty() {
        return None;
    }
    let mut up = PathBuf::from(".");
    for _ in 0..MAX_LEVELS_UP {
        let candidate = disk::tidy(&up.join(&inner));
        if has_configuration(&caller.join(&candidate)) {
            return Some(as_source(&candidate));
        }
        // Do not search outside of the repository.
        if disk::has_entry(&caller.join(&up).join(".git")) {
            break;
        }
        up.push("..");
    }
    None
}

/// A relative path in the form of a module source.
fn as_source(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    if text.starts_with("..") || text.starts_with("./") { text } else { format!("./{text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_with_misspelled_or_misplaced_directory_gets_a_suggestion() -> Result<(), Box<dyn std::error::Error>> {
        let top = tempfile::tempdir()?;
        for module in ["modules/vault", "modules/network", "live/keys"] {
            std::fs::create_dir_all(top.path().join(module))?;
            std::fs::write(top.path().join(module).join("main.tf"), "")?;
        }
        std::fs::create_dir_all(top.path().join("live/prod"))?;
        let caller = top.path().join("live/prod");
        for (source, near) in [
            ("../../modules/vualt", Some("../../modules/vault")),
            ("../../module/vault", Some("../../modules/vault")),
            ("../modules/vault", Some("../../modules/vault")),
            ("./keys", Some("../keys")),
            ("../../modules/storage", None),
        ] {
            assert_eq!(Nearby::default().suggest(&caller, source).as_deref(), near, "{source}");
        }
        Ok(())
    }
}
