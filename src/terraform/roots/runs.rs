//! The runs of each root: one with the inputs that Terraform finds, and one more for each values file that was passed as a path.

use super::choose::Roots;
use crate::base::{Sources, disk};
use crate::key::{NotRead, NotReadKind};
use crate::terraform::discovery::directory::{PRUNED, is_automatic, is_configuration, is_values};
use crate::terraform::discovery::discover::{Scan, search_top};
use crate::terraform::inputs;
use crate::terraform::modules::loader::Loader;
use crate::terraform::request::{ScanRequest, join_shown};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// One evaluation of a root module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    /// The root module's directory.
    pub root: PathBuf,
    /// The values file that this run is for, as the user passed it.
    pub passed: Option<PathBuf>,
    /// The name of the values file in reports: its path relative to the root module.
    pub label: Option<Arc<str>>,
}

/// The runs of a request, sorted by root.
pub(crate) struct Runs {
    pub runs: Vec<Run>,
    /// Values files whose root module could not be determined.
    pub not_read: Vec<NotRead>,
}

/// Plans one run for each root, and one for each values file that was passed.
pub(crate) fn plan(loader: &Loader<'_>, scan: &Scan, roots: &Roots) -> Runs {
    let mut runs: Vec<Run> = roots.checked.iter().map(|root| Run { root: root.clone(), passed: None, label: None }).collect();
    let mut not_read = Vec::new();
    for path in &scan.values {
        match root_of(path, loader, scan, roots) {
            Ok(root) => {
                let label = label(&root, &loader.request.cwd.join(path));
                runs.push(Run { root, passed: Some(path.clone()), label: Some(label) });
            }
            Err(error) => {
                let why = format!("{error}; check the root module with `--var-file {}`", path.display());
                let path = loader.request.shown(path).display().to_string();
                not_read.push(NotRead { path, kind: NotReadKind::ValuesFile, why, may_hide_keys: true });
            }
        }
    }
    runs.sort();
    // The same file may have been passed by two different paths.
    runs.dedup_by(|a, b| a.root == b.root && a.label == b.label);
    Runs { runs, not_read }
}

/// Why the root module of a values file cannot be determined, as a clause.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum RunError {
    /// No directory above the file has configuration.
    #[error("no parent directory has configuration")]
    NoConfiguration,
    /// Two of the modules that declare its variables and are equally near.
    #[error("`{0}`, `{1}` and maybe others declare its variables")]
    Several(String, String),
    /// No module declares its variables.
    #[error("no root module near it declares its variables")]
    NoneDeclares,
}

/// The root module of a values file: the nearest directory upwards whose module declares all its variables, else the only module below
/// the nearest common directory that does.
fn root_of(path: &Path, loader: &Loader<'_>, scan: &Scan, roots: &Roots) -> Result<PathBuf, RunError> {
    let full = loader.request.cwd.join(path);
    let directory = full.parent().unwrap_or(Path::new("."));
    let directory = disk::canonical(directory).unwrap_or_else(|_| directory.to_path_buf());
    let names = variable_names(&full, loader.request);
    let declared = |module: &Path| {
        let module = loader.root(module);
        names.iter().filter(|name| module.variables.contains_key(name.as_str())).count()
    };
    let above: Vec<&Path> = directory.ancestors().filter(|above| scan.walked.contains(*above)).collect();
    if names.is_empty() {
        return above.first().map(|root| root.to_path_buf()).ok_or(RunError::NoConfiguration);
    }
    if let Some(root) = above.iter().find(|module| declared(module) == names.len()) {
        return Ok(root.to_path_buf());
    }
    let called: HashSet<&PathBuf> = scan.candidates.iter().filter(|module| !roots.contains(module)).collect();
    let top = search_top(&directory, loader.request);
    for around in directory.ancestors().take_while(|around| around.starts_with(&top)) {
        let below = scan.walked.range(around.to_path_buf()..).take_while(|module| module.starts_with(around));
        let below = below.filter(|module| !called.contains(module) && !above.contains(&module.as_path()));
        let found: Vec<&PathBuf> = below.filter(|module| declared(module) == names.len()).collect();
        match found.as_slice() {
            [] => {}
            [only] => return Ok((*only).clone()),
            [first, second, ..] => {
                let shown = |path: &Path| loader.request.shown(path).display().to_string();
                return Err(RunError::Several(shown(first), shown(second)));
            }
        }
    }
    let nearest = above.iter().rev().max_by_key(|module| declared(module));
    match nearest {
        Some(module) if declared(module) > 0 || **module == directory => Ok(module.to_path_buf()),
        _ => Err(RunError::NoneDeclares),
    }
}

/// The variables that a values file sets.
fn variable_names(path: &Path, request: &ScanRequest) -> BTreeSet<String> {
    let Ok(text) = inputs::read_named(request, path).and_then(disk::text) else { return BTreeSet::new() };
    // A store of its own: the file's text is not kept for reports.
    let sources = Sources::default();
    let source = sources.add(path.to_path_buf(), text);
    let file = inputs::parse(&path.to_string_lossy(), source, sources.get(source).text());
    file.body.attributes.iter().map(|attribute| attribute.name.text.to_string()).collect()
}

/// A values file's path relative to the root module, with forward slashes. It does not depend on the working directory or the platform.
fn label(root: &Path, file: &Path) -> Arc<str> {
    let directory = file.parent().and_then(|directory| disk::canonical(directory).ok()).unwrap_or_default();
    let shared = root.components().zip(directory.components()).take_while(|(a, b)| a == b).count();
    let up = root.components().count().saturating_sub(shared);
    let mut path: PathBuf = std::iter::repeat_n(Component::ParentDir, up).collect();
    path.extend(directory.components().skip(shared));
    path.extend(file.file_name());
    path.to_string_lossy().replace('\\', "/").into()
}

/// How many levels below a root module are searched for values files.
const MAX_DEPTH: usize = 2;
/// The maximum number of directories searched for each root module.
const MAX_DIRECTORIES: usize = 200;

/// The values files next to a root module and in directories below it that have no configuration, as real and shown paths. Files that
/// Terraform loads automatically are left out.
pub(crate) fn nearby_values_files(root: &Path, shown: &Path, request: &ScanRequest) -> Vec<(PathBuf, PathBuf)> {
    let mut found = Vec::new();
    let mut open = vec![(root.to_path_buf(), shown.to_path_buf(), 0)];
    let mut at = 0;
    while let Some((directory, shown, depth)) = open.get(at).cloned().filter(|_| at < MAX_DIRECTORIES) {
        at += 1;
        let entries = request.entries(&directory);
        let names = || entries.iter().filter(|entry| !entry.is_dir).filter_map(|entry| entry.name.to_str());
        // Values files next to configuration belong to that configuration.
        if depth > 0 && names().any(is_configuration) {
            continue;
        }
        let values = names().filter(|name| is_values(name) && !(depth == 0 && is_automatic(name)));
        found.extend(values.map(|name| (directory.join(name), join_shown(&shown, name))));
        if depth == MAX_DEPTH {
            continue;
        }
        for entry in entries.iter().filter(|entry| entry.is_dir && !entry.is_link && !PRUNED.iter().any(|pruned| entry.name == *pruned)) {
            let path = directory.join(&entry.name);
            if !(request.exclude)(&path) {
                open.push((path, join_shown(&shown, &entry.name.to_string_lossy()), depth + 1));
            }
        }
    }
    found
}

/// The values files that no run used.
pub(crate) fn unused(nearby: HashMap<PathBuf, PathBuf>, used: &HashSet<PathBuf>) -> Vec<NotRead> {
    let unused = nearby.into_iter().filter(|(real, _)| !disk::canonical(real).is_ok_and(|real| used.contains(&real)));
    let why = "pass it to check it";
    unused
        .map(|(_, shown)| NotRead {
            path: shown.display().to_string(),
            kind: NotReadKind::ValuesFile,
            why: why.to_owned(),
            may_hide_keys: false,
        })
        .collect()
}
