//! The graph of module calls, and which directories may have keys in their trees. It may include too many directories, never too few; only
//! the included ones are parsed.

use super::survey::{self, Targets};
use crate::base::disk;
use crate::terraform::discovery::calls::Manifest;
use crate::terraform::discovery::directory::{ScannedDirectory, is_local};
use crate::terraform::discovery::discover::{self, Scan};
use crate::terraform::discovery::providers;
use crate::terraform::modules::loader::Loader;
use crate::terraform::request::ScanRequest;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The directories that each directory calls.
type CallEdges = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

/// The calls that could be followed, and the directories with calls that could not.
#[derive(Default)]
struct Followed {
    edges: CallEdges,
    /// Directories with a call whose target is not a directory with configuration.
    unresolved: BTreeSet<PathBuf>,
    /// Directories with a call whose source depends on inputs.
    dynamic: BTreeSet<PathBuf>,
}

/// Follows everything that may be a call, also to directories outside of the walk, and drops directories that certainly have no keys in
/// their trees.
pub(crate) fn build(loader: &Loader<'_>, scan: &mut Scan) {
    let followed = follow(loader, scan);
    let mut seeds: BTreeSet<&Path> = BTreeSet::new();
    seeds.extend(scan.hints.iter().filter(|(_, hints)| hints.key).map(|(path, _)| path.as_path()));
    seeds.extend(followed.dynamic.iter().map(PathBuf::as_path));
    // A label may spell `oci_kms_key` with an escape.
    let escaped: Vec<&Path> = scan.hints.iter().filter(|(_, hints)| hints.escape && !hints.key).map(|(path, _)| path.as_path()).collect();
    let escaped = escaped.into_par_iter().filter(|path| loader.root(path).has_keys()).collect::<Vec<_>>();
    seeds.extend(escaped);
    let unresolved = relevant_unresolved(loader, scan, &followed);
    seeds.extend(unresolved.iter().map(PathBuf::as_path));
    let edges = followed.edges.iter().flat_map(|(caller, targets)| targets.iter().map(|target| (caller.as_path(), target.as_path())));
    let candidates = transitive_callers(seeds, edges).into_iter().map(Path::to_path_buf).collect();
    let reachable = transitive_targets(&candidates, &followed.edges);
    loader.retain(&reachable);
    scan.candidates = candidates;
}

/// Follows calls until no new directory is found.
fn follow(loader: &Loader<'_>, scan: &mut Scan) -> Followed {
    let mut followed = Followed::default();
    let mut fresh: Vec<PathBuf> = scan.hints.keys().cloned().collect();
    let mut real: HashMap<PathBuf, Option<PathBuf>> = HashMap::new();
    while !fresh.is_empty() {
        let unclear = fresh.iter().filter(|path| scan.hints.get(*path).is_some_and(|hints| hints.is_unclear()));
        let unclear: Vec<&PathBuf> = unclear.collect();
        let parsed: HashMap<PathBuf, Targets> = unclear.into_par_iter().map(|path| (path.clone(), survey::targets(loader, path))).collect();
        let mut calls: Vec<(PathBuf, PathBuf, bool)> = Vec::new();
        for path in fresh.drain(..) {
            let Some(hints) = scan.hints.get(&path) else { continue };
            let local = hints.sources.iter().filter(|source| is_local(source)).map(|source| disk::tidy(&path.join(source)));
            calls.extend(local.map(|target| (path.clone(), target, true)));
            if hints.sources.iter().any(|source| !is_local(source)) {
                followed.unresolved.insert(path.clone());
            }
            if let Some(targets) = parsed.get(&path) {
                calls.extend(targets.found.iter().map(|target| (path.clone(), target.clone(), true)));
                if targets.has_unresolved {
                    followed.dynamic.insert(path.clone());
                }
            }
            // The manifest may list modules that are no longer called, so a missing directory is not an unresolved call.
            let installed = loader.manifest(&path).into_iter().flat_map(Manifest::directories);
            calls.extend(installed.map(|target| (path.clone(), target, false)));
        }
        // Most targets were walked, so their paths are already real.
        let mut wanted: BTreeSet<PathBuf> = BTreeSet::new();
        for (_, target, _) in &calls {
            if !scan.hints.contains_key(target) && !real.contains_key(target) {
                let found = disk::canonical(target).ok();
                wanted.extend(found.iter().filter(|found| !scan.hints.contains_key(*found)).cloned());
                real.insert(target.clone(), found);
            }
        }
        let wanted: Vec<PathBuf> = wanted.into_iter().collect();
        let request = loader.request;
        let read: Vec<ScannedDirectory> =
            wanted.into_par_iter().map(|real| discover::read_directory(real.clone(), request.shown(&real), request)).collect();
        for directory in read.into_iter().filter(ScannedDirectory::is_module) {
            fresh.push(directory.path.clone());
            scan.files += directory.files.len();
            scan.hints.insert(directory.path.clone(), directory.hints.clone());
            loader.add_directory(directory);
        }
        for (path, target, is_call) in calls {
            let target = if scan.hints.contains_key(&target) { Some(target) } else { real.get(&target).cloned().flatten() };
            match target.filter(|target| scan.hints.contains_key(target)) {
                Some(target) => drop(followed.edges.entry(path).or_default().insert(target)),
                None if is_call => drop(followed.unresolved.insert(path)),
                None => {}
            }
        }
    }
    followed
}

/// The directories with an unresolved call whose tree may have keys.
fn relevant_unresolved(loader: &Loader<'_>, scan: &Scan, followed: &Followed) -> Vec<PathBuf> {
    if followed.unresolved.is_empty() {
        return Vec::new();
    }
    let mut groups = DirectoryGroups::new(scan, followed, loader.request);
    let unresolved: Vec<(&PathBuf, bool)> = followed.unresolved.iter().map(|path| (path, groups.names_oci(path))).collect();
    let names_other = |path: &PathBuf| loader.any_text(path, &|name, text| providers::names_other(text, name));
    unresolved.into_par_iter().filter(|(path, names_oci)| *names_oci || !names_other(path)).map(|(path, _)| path.clone()).collect()
}

/// Groups of directories connected by calls, and whether one of each group may name the OCI provider: a union-find structure.
struct DirectoryGroups<'g> {
    index: HashMap<&'g Path, usize>,
    parents: Vec<usize>,
    oci: Vec<bool>,
}

impl<'g> DirectoryGroups<'g> {
    fn new(scan: &'g Scan, followed: &Followed, request: &ScanRequest) -> Self {
        let index: HashMap<&Path, usize> = scan.hints.keys().enumerate().map(|(at, path)| (path.as_path(), at)).collect();
        let mut groups = Self { parents: (0..index.len()).collect(), oci: vec![false; index.len()], index };
        for (caller, targets) in &followed.edges {
            for target in targets {
                groups.join(caller, target);
            }
        }
        let unresolved: HashSet<usize> = followed.unresolved.iter().filter_map(|path| groups.find(path)).collect();
        for (path, hints) in &scan.hints {
            let Some(group) = groups.find(path).filter(|group| unresolved.contains(group)) else { continue };
            if hints.oci || hints.escape || (scan.locked.contains(path) && providers::named_by_lock(path, request).oci) {
                groups.oci.get_mut(group).into_iter().for_each(|oci| *oci = true);
            }
        }
        groups
    }

    fn find(&mut self, path: &Path) -> Option<usize> {
        let mut at = *self.index.get(path)?;
        loop {
            let parent = *self.parents.get(at)?;
            if parent == at {
                return Some(at);
            }
            let above = *self.parents.get(parent)?;
            // Path halving: a chain of thousands of calls is not followed from its start for each of them.
            *self.parents.get_mut(at)? = above;
            at = parent;
        }
    }

    fn join(&mut self, a: &Path, b: &Path) {
        if let (Some(a), Some(b)) = (self.find(a), self.find(b))
            && let Some(parent) = self.parents.get_mut(a)
        {
            *parent = b;
        }
    }

    fn names_oci(&mut self, path: &Path) -> bool {
        self.find(path).and_then(|group| self.oci.get(group)).is_none_or(|oci| *oci)
    }
}

/// These directories and all their direct and indirect callers. `calls` are pairs of a caller and a target.
pub(super) fn transitive_callers<'p>(
    from: impl IntoIterator<Item = &'p Path>,
    calls: impl Iterator<Item = (&'p Path, &'p Path)>,
) -> HashSet<&'p Path> {
    let mut callers: HashMap<&Path, Vec<&Path>> = HashMap::new();
    for (caller, target) in calls {
        callers.entry(target).or_default().push(caller);
    }
    let mut open: Vec<&Path> = from.into_iter().collect();
    let mut found = HashSet::new();
    while let Some(path) = open.pop() {
        if found.insert(path) {
            open.extend(callers.get(path).into_iter().flatten());
        }
    }
    found
}

/// These directories and everything that they call, directly or indirectly.
fn transitive_targets(from: &BTreeSet<PathBuf>, edges: &CallEdges) -> HashSet<PathBuf> {
    let mut open: Vec<&PathBuf> = from.iter().collect();
    let mut found = HashSet::new();
    while let Some(path) = open.pop() {
        if found.insert(path.clone()) {
            open.extend(edges.get(path).into_iter().flatten());
        }
    }
    found
}
