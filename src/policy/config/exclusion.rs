//! `exclude`: which paths are not looked at, by the patterns of the config file and of the command line.

use super::Config;
use crate::base::disk;
use crate::policy::words::matches;
use std::path::{Path, PathBuf};

impl Config {
    /// Whether a path, relative to the config's directory, is not to be looked at: it or a directory it is in matches an `exclude`.
    #[must_use]
    pub fn excludes(&self, path: &Path) -> bool {
        is_excluded(&self.exclude, path)
    }

    /// As [`Config::excludes`], of absolute paths whose links are resolved, and by the patterns of the command line, too. `cwd`: what those
    /// and the path of the config file are relative to.
    #[must_use]
    pub fn excluder(&self, cwd: &Path) -> Box<dyn Fn(&Path) -> bool + Sync + Send> {
        let here = cwd.join(&self.directory);
        let (directory, config) = (disk::canonical(&here).unwrap_or(here), self.clone());
        let typed = self.typed_excluder(cwd);
        Box::new(move |path| path.strip_prefix(&directory).is_ok_and(|inside| config.excludes(inside)) || typed(path))
    }

    /// As [`Config::excluder`], by the patterns of the command line only.
    #[must_use]
    pub fn typed_excluder(&self, cwd: &Path) -> Box<dyn Fn(&Path) -> bool + Sync + Send> {
        let cwd = disk::canonical(cwd).unwrap_or_else(|_| cwd.to_path_buf());
        let typed: Vec<(PathBuf, Vec<String>)> = self.typed_exclude.iter().map(|pattern| rooted(&cwd, pattern)).collect();
        Box::new(move |path| {
            typed.iter().any(|(directory, pattern)| path.strip_prefix(directory).is_ok_and(|inside| is_excluded(pattern, inside)))
        })
    }
}

/// A pattern with the directory that it is relative to: it may be absolute, or begin with `../`.
fn rooted(cwd: &Path, pattern: &str) -> (PathBuf, Vec<String>) {
    let (mut directory, mut rest) = (cwd.to_path_buf(), pattern.trim_start_matches("./"));
    if let Some(absolute) = Path::new(pattern).ancestors().last().filter(|root| root.has_root()) {
        rest = pattern.get(absolute.as_os_str().len()..).unwrap_or_default();
        directory = absolute.to_path_buf();
    }
    while let Some(above) = rest.strip_prefix("../") {
        directory.pop();
        rest = above;
    }
    (directory, vec![rest.to_owned()])
}

/// Whether a relative path, or a directory that it is in, matches one of the patterns.
fn is_excluded(patterns: &[String], path: &Path) -> bool {
    // Asked of every directory of a repository.
    if patterns.is_empty() {
        return false;
    }
    let mut names = path.ancestors().filter_map(Path::to_str).map(|name| name.replace('\\', "/")).filter(|name| !name.is_empty());
    names.any(|name| patterns.iter().any(|pattern| matches(directory_of(pattern), &name)))
}

/// A pattern without what only says "everything in it": of a directory nothing but what is in it is read.
fn directory_of(pattern: &str) -> &str {
    let mut rest = pattern.trim_start_matches("./");
    while let Some(shorter) = ["/", "/*", "/**"].iter().find_map(|end| rest.strip_suffix(end)).filter(|rest| !rest.is_empty()) {
        rest = shorter;
    }
    rest
}
