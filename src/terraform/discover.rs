//! Finds the folders that may have to do with keys, by bytes and before parsing anything: cost grows with the keys, not with the repository.

use super::calls::Manifest;
use super::folder::{Folder, PRUNED, is_configuration, is_values};
use super::inputs::is_automatic;
use super::request::Request;
use crate::base::disk::{self, DiskError};
use crate::base::{Place, Problem, ProblemKind};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// All folders with configuration that were read, by their real path.
    pub folders: HashMap<PathBuf, Folder>,
    /// Those below a folder that the user named: the only ones that may be roots.
    pub walked: BTreeSet<PathBuf>,
    /// What `terraform init` installed, by root folder.
    pub manifests: HashMap<PathBuf, Manifest>,
    /// Folders from which a key or a remote module can be reached.
    pub candidates: BTreeSet<PathBuf>,
    /// Directories that the user named.
    pub named: Vec<PathBuf>,
    /// Directories of the configuration files that the user named.
    pub focus: BTreeSet<PathBuf>,
    /// Values files that the user named and that Terraform does not read by itself, as they were named.
    pub values: Vec<PathBuf>,
    /// How many files were looked at.
    pub files: usize,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
}

/// Where a walk begins.
struct Start {
    real: PathBuf,
    shown: PathBuf,
}

/// One folder as listed.
struct Listed {
    folder: Folder,
    manifest: Option<Manifest>,
    below: Vec<Start>,
    problem: Option<Problem>,
}

/// Walks what the request names.
pub(super) fn scan(request: &Request) -> Scan {
    let mut scan = Scan::default();
    let mut level = starts(request, &mut scan);
    let mut seen: HashSet<PathBuf> = level.iter().map(|start| start.real.clone()).collect();
    while !level.is_empty() {
        let listed: Vec<Listed> = level.into_par_iter().map(|start| list(start, request)).collect();
        level = Vec::new();
        for Listed { folder, manifest, below, problem } in listed {
            scan.problems.extend(problem);
            level.extend(below.into_iter().filter(|start| seen.insert(start.real.clone())));
            if folder.is_module() {
                scan.walked.insert(folder.path.clone());
                scan.take(folder, manifest);
            }
        }
    }
    let edges = follow(request, &mut scan);
    scan.candidates = reaching(&scan, &edges);
    // What nothing else needs is let go: large repositories have much that has nothing to do with keys.
    let reachable = reached(&scan.candidates, &edges);
    scan.folders.retain(|path, folder| reachable.contains(path) && folder.is_module());
    scan
}

impl Scan {
    /// Takes in one root without looking at anything else; what it calls is read when it is needed.
    pub(super) fn add_root(&mut self, root: &Path, request: &Request) {
        let shown = request.shown(Path::new("."));
        if let Some(manifest) = Manifest::read(root, &shown, request) {
            self.manifests.insert(root.to_path_buf(), manifest);
        }
        let folder = beside(root.to_path_buf(), shown, request);
        self.files += folder.files.len();
        self.folders.insert(folder.path.clone(), folder);
    }

    fn take(&mut self, mut folder: Folder, manifest: Option<Manifest>) {
        self.files += folder.files.len();
        folder.forget();
        if let Some(manifest) = manifest {
            self.manifests.insert(folder.path.clone(), manifest);
        }
        self.folders.insert(folder.path.clone(), folder);
    }
}

/// The folders to walk: those named, and for a named file the repository it lies in, because its callers may be anywhere there.
fn starts(request: &Request, scan: &mut Scan) -> Vec<Start> {
    let here = [PathBuf::from(".")];
    let paths = if request.paths.is_empty() { here.as_slice() } else { &request.paths };
    let mut starts = Vec::new();
    for path in paths {
        let full = request.base().join(path);
        let shown = request.shown(path);
        let missing = |error: &DiskError| {
            let text = shown.display().to_string();
            Problem::new(ProblemKind::Unreadable, format!("cannot read `{text}`: {error}")).at(Place::File(text.into()))
        };
        let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_ours = is_configuration(&name) || is_values(&name);
        // A file that was deleted still stands for the folder it was in.
        let deleted = || disk::canonical(full.parent().filter(|_| is_ours)?).ok().map(|folder| folder.join(&name));
        let Some(real) = disk::canonical(&full).ok().or_else(deleted) else {
            scan.problems.push(missing(&DiskError::Missing));
            continue;
        };
        if (request.exclude)(&real) {
            continue;
        }
        if disk::is_dir(&real) {
            scan.named.push(real.clone());
            starts.push(Start { real, shown });
            continue;
        }
        if !is_ours {
            continue;
        }
        // A values file belongs to where it is, not to where it links to.
        let own = full.parent().filter(|_| is_values(&name)).and_then(|folder| disk::canonical(folder).ok());
        let Some(folder) = own.as_deref().or_else(|| real.parent()) else { continue };
        if is_values(&name) && !(is_automatic(&name) && holds_configuration(folder)) {
            scan.values.push(path.clone());
        } else {
            scan.focus.insert(folder.to_path_buf());
        }
        let walk =
            if is_values(&name) { top(folder, request) } else { disk::repository_root(folder).unwrap_or_else(|| folder.to_path_buf()) };
        starts.push(Start { shown: request.shown(&walk), real: walk });
    }
    starts.sort_by(|a, b| a.real.cmp(&b.real));
    starts.dedup_by(|a, b| a.real == b.real);
    starts
}

/// Where the root module of a values file is looked for: in the repository; without one, below the working directory or the nearest
/// directory upwards that holds configuration, whichever is higher.
pub(super) fn top(folder: &Path, request: &Request) -> PathBuf {
    let cwd = || disk::canonical(&request.cwd).ok().filter(|cwd| folder.starts_with(cwd));
    let nearest = || folder.ancestors().take(UP).find(|above| holds_configuration(above)).map(Path::to_path_buf);
    let higher = || cwd().into_iter().chain(nearest()).min_by_key(|top| top.components().count());
    disk::repository_root(folder).or_else(higher).unwrap_or_else(|| folder.to_path_buf())
}

/// How many directories upwards configuration is looked for where nothing else bounds the search.
const UP: usize = 5;

/// Whether there is configuration in a directory itself.
fn holds_configuration(folder: &Path) -> bool {
    let entries = disk::entries(folder).unwrap_or_default();
    entries.iter().any(|entry| !entry.is_dir && entry.name.to_str().is_some_and(is_configuration))
}

/// Reads one folder: its configuration, its installed modules, its sub-folders.
fn list(start: Start, request: &Request) -> Listed {
    let Start { real, shown } = start;
    let entries = match disk::entries(&real) {
        Ok(entries) => entries,
        Err(error) => {
            let text = shown.display().to_string();
            let problem = Problem::new(ProblemKind::Unreadable, format!("cannot list the folder `{text}`: {error}"));
            let problem = Some(problem.at(Place::File(text.into())));
            return Listed { folder: Folder { path: real, shown, ..Folder::default() }, manifest: None, below: Vec::new(), problem };
        }
    };
    let mut below = Vec::new();
    for entry in entries.iter().filter(|entry| entry.is_dir && !entry.is_link) {
        let path = real.join(&entry.name);
        let is_data = request.data_dir.as_ref().is_some_and(|data| path.ends_with(data) || path == *data);
        if is_data || PRUNED.iter().any(|pruned| entry.name == *pruned) || (request.exclude)(&path) {
            continue;
        }
        below.push(Start { real: path, shown: disk::tidy(&shown.join(&entry.name)) });
    }
    let folder = Folder::read(real, shown, &entries, request);
    let has_data = request.data_dir.is_some() || entries.iter().any(|entry| entry.name == ".terraform");
    let manifest = (folder.is_module() && has_data).then(|| Manifest::read(&folder.path, &folder.shown, request)).flatten();
    Listed { folder, manifest, below, problem: None }
}

/// Which folder may call which: local sources and installed modules. Reads the targets that no walk has read.
fn follow(request: &Request, scan: &mut Scan) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
    let mut edges: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    let mut fresh: Vec<PathBuf> = scan.folders.keys().cloned().collect();
    let mut tried: HashSet<PathBuf> = HashSet::new();
    while !fresh.is_empty() {
        let mut wanted: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        for path in fresh.drain(..) {
            let Some(folder) = scan.folders.get(&path) else { continue };
            let installed = scan.manifests.get(&path).into_iter().flat_map(Manifest::folders);
            for target in folder.local_targets().chain(installed) {
                // Most lead to a folder that was walked: its path is a real one.
                let real = if scan.folders.contains_key(&target) { Ok(target) } else { disk::canonical(&target) };
                let Ok(target) = real else { continue };
                if !scan.folders.contains_key(&target) && tried.insert(target.clone()) {
                    wanted.insert(target.clone(), request.shown(&target));
                }
                edges.entry(path.clone()).or_default().insert(target);
            }
        }
        let wanted: Vec<_> = wanted.into_iter().collect();
        let read: Vec<Folder> = wanted.into_par_iter().map(|(real, shown)| beside(real, shown, request)).collect();
        for folder in read.into_iter().filter(Folder::is_module) {
            fresh.push(folder.path.clone());
            scan.take(folder, None);
        }
    }
    edges
}

/// Reads the configuration of a folder that is called but was not walked.
pub(super) fn beside(real: PathBuf, shown: PathBuf, request: &Request) -> Folder {
    let entries = disk::entries(&real).unwrap_or_default();
    Folder::read(real, shown, &entries, request)
}

/// The folders from which a key, or a module that is not there, can be reached.
fn reaching(scan: &Scan, edges: &BTreeMap<PathBuf, BTreeSet<PathBuf>>) -> BTreeSet<PathBuf> {
    let mut callers: HashMap<&Path, Vec<&Path>> = HashMap::new();
    for (caller, targets) in edges {
        for target in targets {
            callers.entry(target).or_default().push(caller);
        }
    }
    let matters = |folder: &&Folder| folder.mentions_key || (folder.mentions_oci && folder.sources.iter().any(|source| is_remote(source)));
    let mut open: Vec<&Path> = scan.folders.values().filter(matters).map(|folder| folder.path.as_path()).collect();
    let mut found = BTreeSet::new();
    while let Some(path) = open.pop() {
        if found.insert(path.to_path_buf()) {
            open.extend(callers.get(path).into_iter().flatten());
        }
    }
    found
}

/// Everything that can be reached from these folders, they included.
fn reached(from: &BTreeSet<PathBuf>, edges: &BTreeMap<PathBuf, BTreeSet<PathBuf>>) -> HashSet<PathBuf> {
    let mut open: Vec<&PathBuf> = from.iter().collect();
    let mut found = HashSet::new();
    while let Some(path) = open.pop() {
        if found.insert(path.clone()) {
            open.extend(edges.get(path).into_iter().flatten());
        }
    }
    found
}

/// Whether a source may be that of a module elsewhere that makes OCI resources: a provider's source has two parts or a host and two,
/// and a registry module names its main provider last.
fn is_remote(source: &str) -> bool {
    if super::folder::is_local(source) {
        return false;
    }
    if source.contains("::") || source.contains("://") || source.starts_with("git@") {
        return true;
    }
    let address = source.split("//").next().unwrap_or_default();
    match address.split('/').collect::<Vec<_>>().as_slice() {
        [host, _, _, ..] if matches!(*host, "github.com" | "bitbucket.org") => true,
        [first, _, provider] => !first.contains('.') && *provider == "oci",
        [_, _, _, provider] => *provider == "oci",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_providers_and_of_other_clouds_are_not_remote_modules_of_ours() {
        for source in ["oracle/oci", "registry.terraform.io/oracle/oci", "./m", "terraform-aws-modules/vpc/aws", "x"] {
            assert!(!is_remote(source), "{source}");
        }
        for source in ["git::https://x/y.git?ref=v1", "github.com/o/r", "oracle/kms/oci", "app.terraform.io/o/kms/oci//sub", "git@x:y.git"]
        {
            assert!(is_remote(source), "{source}");
        }
    }
}
