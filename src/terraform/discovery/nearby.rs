//! What a module source that leads nowhere may have meant: a directory of a similar name, or one of the same name elsewhere.

use super::directory::holds_configuration;
use crate::base::{MAX_WORDS, disk, nearest};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How many directories upwards one of the same name is looked for.
const UP: usize = 6;

/// The names of the directories in a directory, for each that a call was looked for in.
#[derive(Default)]
pub(crate) struct Nearby(Mutex<HashMap<PathBuf, Arc<[String]>>>);

impl Nearby {
    /// A source that exists and is close to one that does not.
    pub(crate) fn suggest(&self, caller: &Path, source: &str) -> Option<String> {
        self.similar(caller, source).or_else(|| elsewhere(caller, source))
    }

    /// The same path with its first missing part spelled as a directory that is there, if that leads to configuration.
    fn similar(&self, caller: &Path, source: &str) -> Option<String> {
        let parts: Vec<Component<'_>> = Path::new(source).components().collect();
        let repository = disk::repository_root(caller);
        let mut there = PathBuf::new();
        for (at, part) in parts.iter().enumerate() {
            let Component::Normal(name) = part else {
                there.push(part);
                continue;
            };
            if disk::is_dir(&caller.join(&there).join(name)) {
                there.push(name);
                continue;
            }
            // What lies outside of the repository is not told.
            let directory = disk::canonical(&caller.join(&there)).ok()?;
            if repository.is_some_and(|root| !directory.starts_with(root)) {
                return None;
            }
            let names = self.names(directory);
            let near = nearest(name.to_str()?, names.iter().map(String::as_str))?;
            let fixed: PathBuf = [there.join(near)].into_iter().chain(parts.iter().skip(at + 1).map(PathBuf::from)).collect();
            return holds_configuration(&caller.join(&fixed)).then(|| written(&fixed));
        }
        None
    }

    /// The directories in a directory; none where there are more than are compared.
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

/// The same directory from fewer or more levels up.
fn elsewhere(caller: &Path, source: &str) -> Option<String> {
    let inner: PathBuf = Path::new(source).components().filter(|part| matches!(part, Component::Normal(_))).collect();
    if inner.as_os_str().is_empty() {
        return None;
    }
    let mut up = PathBuf::from(".");
    for _ in 0..UP {
        let candidate = disk::tidy(&up.join(&inner));
        if holds_configuration(&caller.join(&candidate)) {
            return Some(written(&candidate));
        }
        // What lies outside of the repository is not looked for.
        if disk::has_entry(&caller.join(&up).join(".git")) {
            break;
        }
        up.push("..");
    }
    None
}

/// A relative path as a source is written.
fn written(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    if text.starts_with("..") || text.starts_with("./") { text } else { format!("./{text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_or_misplaced_directory_is_suggested() -> Result<(), Box<dyn std::error::Error>> {
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
