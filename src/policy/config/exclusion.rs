//! `exclude`: which paths are ignored, by the patterns of the config file and of the command line.

use super::Config;
use crate::base::disk;
use crate::policy::words::matches;
use std::path::{Path, PathBuf};

impl Config {
    /// Whether a path, relative to the config file's directory, is ignored: an `exclude` matches it or a directory that contains it.
    #[must_use]
    pub fn excludes(&self, path: &Path) -> bool {
        is_excluded(&self.exclude, path)
    }

    /// As [`Config::excludes`], for absolute paths with links resolved, including the patterns of the command line. These patterns and the
    /// path of the config file are relative to `cwd`.
    #[must_use]
    pub fn excluder(&self, cwd: &Path) -> Box<dyn Fn(&Path) -> bool + Sync + Send> {
        let here = cwd.join(&self.directory);
        let (directory, config) = (disk::canonical(&here).unwrap_or(here), self.clone());
        let from_cli = self.cli_excluder(cwd);
        Box::new(move |path| path.strip_prefix(&directory).is_ok_and(|inside| config.excludes(inside)) || from_cli(path))
    }

    /// As [`Config::excluder`], with the patterns of the command line only.
    #[must_use]
    pub fn cli_excluder(&self, cwd: &Path) -> Box<dyn Fn(&Path) -> bool + Sync + Send> {
        let cwd = disk::canonical(cwd).unwrap_or_else(|_| cwd.to_path_buf());
        let patterns: Vec<(PathBuf, Vec<String>)> = self.cli_exclude.iter().map(|pattern| rooted(&cwd, pattern)).collect();
        Box::new(move |path| {
            patterns.iter().any(|(directory, pattern)| path.strip_prefix(directory).is_ok_and(|inside| is_excluded(pattern, inside)))
        })
    }
}

/// Splits a pattern into the directory that it is relative to and the rest: it may be absolute, or begin with `../`.
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

/// Whether one of the patterns matches a relative path, or a directory that contains it.
fn is_excluded(patterns: &[String], path: &Path) -> bool {
    // Called for every directory of a repository.
    if patterns.is_empty() {
        return false;
    }
    let mut names = path.ancestors().filter_map(Path::to_str).map(|name| name.replace('\\', "/")).filter(|name| !name.is_empty());
    names.any(|name| patterns.iter().any(|pattern| matches(directory_of(pattern), &name)))
}

/// A pattern without `/`, `/*` and `/**` at its end: to exclude a directory is to exclude its contents.
fn directory_of(pattern: &str) -> &str {
    let mut rest = pattern.trim_start_matches("./");
    while let Some(shorter) = ["/", "/*", "/**"].iter().find_map(|end| rest.strip_suffix(end)).filter(|rest| !rest.is_empty()) {
        rest = shorter;
    }
    rest
}
