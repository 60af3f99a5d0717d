//! Which directories may call which, and from which a key can be reached. Errs on the side of "maybe"; what is left is parsed.

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

/// Calls by directory.
type CallEdges = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

/// Where calls were followed, and where they could not be.
#[derive(Default)]
struct Followed {
    edges: CallEdges,
    /// Directories with a call that leads to no directory with configuration.
    loose: BTreeSet<PathBuf>,
    /// Directories with a call whose source depends on inputs.
    unclear: BTreeSet<PathBuf>,
}

/// Follows everything that may be a call, also to directories that no walk has read, and drops what certainly does not matter.
pub(crate) fn build(loader: &Loader<'_>, scan: &mut Scan) {
    let followed = follow(loader, scan);
    let mut seeds: BTreeSet<&Path> = BTreeSet::new();
    seeds.extend(scan.hints.iter().filter(|(_, hints)| hints.key).map(|(path, _)| path.as_path()));
    seeds.extend(followed.unclear.iter().map(PathBuf::as_path));
    // A label that spells the type with an escape.
    let escaped: Vec<&Path> = scan.hints.iter().filter(|(_, hints)| hints.escape && !hints.key).map(|(path, _)| path.as_path()).collect();
    let escaped = escaped.into_par_iter().filter(|path| loader.root(path).has_keys()).collect::<Vec<_>>();
    seeds.extend(escaped);
    let loose = loose_ends(loader, scan, &followed);
    seeds.extend(loose.iter().map(PathBuf::as_path));
    let candidates = reaching(seeds, &followed.edges);
    let reachable = reached(&candidates, &followed.edges);
    loader.retain(&reachable);
    scan.candidates = candidates;
}

fn follow(loader: &Loader<'_>, scan: &mut Scan) -> Followed {
    let mut followed = Followed::default();
    let mut fresh: Vec<PathBuf> = scan.hints.keys().cloned().collect();
    let mut real: HashMap<PathBuf, Option<PathBuf>> = HashMap::new();
    while !fresh.is_empty() {
        let unclear: Vec<&PathBuf> = fresh.iter().filter(|path| scan.hints.get(*path).is_some_and(|hints| hints.is_unclear())).collect();
        let parsed: HashMap<PathBuf, Targets> = unclear.into_par_iter().map(|path| (path.clone(), survey::targets(loader, path))).collect();
        let mut calls: Vec<(PathBuf, PathBuf, bool)> = Vec::new();
        for path in fresh.drain(..) {
            let Some(hints) = scan.hints.get(&path) else { continue };
            let local = hints.sources.iter().filter(|source| is_local(source)).map(|source| disk::tidy(&path.join(source)));
            calls.extend(local.map(|target| (path.clone(), target, true)));
            if hints.sources.iter().any(|source| !is_local(source)) {
                followed.loose.insert(path.clone());
            }
            if let Some(targets) = parsed.get(&path) {
                calls.extend(targets.found.iter().map(|target| (path.clone(), target.clone(), true)));
                if targets.is_loose {
                    followed.unclear.insert(path.clone());
                }
            }
            // What was installed once may no longer be called: where its directory is missing, this is not a call that leads nowhere.
            let installed = loader.manifest(&path).into_iter().flat_map(Manifest::directories);
            calls.extend(installed.map(|target| (path.clone(), target, false)));
        }
        // Most calls lead to a directory that was walked: its path is a real one.
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
            wanted.into_par_iter().map(|real| discover::directory_not_walked(real.clone(), request.shown(&real), request)).collect();
        for directory in read.into_iter().filter(ScannedDirectory::is_module) {
            fresh.push(directory.path.clone());
            scan.files += directory.files.len();
            scan.hints.insert(directory.path.clone(), directory.hints.clone());
            loader.take(directory);
        }
        for (path, target, is_call) in calls {
            let target = if scan.hints.contains_key(&target) { Some(target) } else { real.get(&target).cloned().flatten() };
            match target.filter(|target| scan.hints.contains_key(target)) {
                Some(target) => drop(followed.edges.entry(path).or_default().insert(target)),
                None if is_call => drop(followed.loose.insert(path)),
                None => {}
            }
        }
    }
    followed
}

/// The directories with a call that leads nowhere and that may be in a tree that may have keys.
fn loose_ends(loader: &Loader<'_>, scan: &Scan, followed: &Followed) -> Vec<PathBuf> {
    if followed.loose.is_empty() {
        return Vec::new();
    }
    let mut groups = DirectoryGroups::of(scan, followed, loader.request);
    let loose: Vec<(&PathBuf, bool)> = followed.loose.iter().map(|path| (path, groups.names_oci(path))).collect();
    let names_other = |path: &PathBuf| loader.any_text(path, &|name, text| providers::names_other(text, name));
    loose.into_par_iter().filter(|(path, names_oci)| *names_oci || !names_other(path)).map(|(path, _)| path.clone()).collect()
}

/// Directories that call each other, in whatever direction, and whether one of them may name the OCI provider.
struct DirectoryGroups<'g> {
    index: HashMap<&'g Path, usize>,
    parents: Vec<usize>,
    oci: Vec<bool>,
}

impl<'g> DirectoryGroups<'g> {
    fn of(scan: &'g Scan, followed: &Followed, request: &ScanRequest) -> Self {
        let index: HashMap<&Path, usize> = scan.hints.keys().enumerate().map(|(at, path)| (path.as_path(), at)).collect();
        let mut groups = Self { parents: (0..index.len()).collect(), oci: vec![false; index.len()], index };
        for (caller, targets) in &followed.edges {
            for target in targets {
                groups.join(caller, target);
            }
        }
        let loose: HashSet<usize> = followed.loose.iter().filter_map(|path| groups.find(path)).collect();
        for (path, hints) in &scan.hints {
            let Some(group) = groups.find(path).filter(|group| loose.contains(group)) else { continue };
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
            // Halving the way keeps a chain of thousands of calls from being followed from its start for each of them.
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

/// The directories from which one of these can be reached, they included.
fn reaching(seeds: BTreeSet<&Path>, edges: &CallEdges) -> BTreeSet<PathBuf> {
    let mut callers: HashMap<&Path, Vec<&Path>> = HashMap::new();
    for (caller, targets) in edges {
        for target in targets {
            callers.entry(target).or_default().push(caller);
        }
    }
    let mut open: Vec<&Path> = seeds.into_iter().collect();
    let mut found = BTreeSet::new();
    while let Some(path) = open.pop() {
        if found.insert(path.to_path_buf()) {
            open.extend(callers.get(path).into_iter().flatten());
        }
    }
    found
}

/// Everything that can be reached from these directories, they included.
fn reached(from: &BTreeSet<PathBuf>, edges: &CallEdges) -> HashSet<PathBuf> {
    let mut open: Vec<&PathBuf> = from.iter().collect();
    let mut found = HashSet::new();
    while let Some(path) = open.pop() {
        if found.insert(path.clone()) {
            open.extend(edges.get(path).into_iter().flatten());
        }
    }
    found
}
