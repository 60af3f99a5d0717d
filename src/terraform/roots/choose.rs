//! Which directories are root modules, and what each root has to do with those who call it.

use super::survey;
use crate::base::Reason;
use crate::base::disk;
use crate::eval::Account;
use crate::terraform::blocks::constants::literal_source;
use crate::terraform::discovery::discover::Scan;
use crate::terraform::discovery::foreign::Callers;
use crate::terraform::modules::loader::Loader;
use crate::terraform::modules::module::Module;
use crate::terraform::modules::root::Root;
use crate::terraform::request::ScanRequest;
use crate::terraform::world::budget::{InstanceBudget, MAX_VISITS};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The root modules among what was scanned.
pub(crate) struct Roots {
    /// All that may have keys, by path.
    all: BTreeMap<PathBuf, Root>,
    /// Those that are checked with the inputs that every root has, sorted by path.
    pub checked: Vec<PathBuf>,
}

impl Roots {
    /// Whether a directory is one.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.all.contains_key(path)
    }

    /// The root in a directory.
    pub(crate) fn of(&self, path: &Path) -> Root {
        self.all.get(path).cloned().unwrap_or_else(|| Root::alone(path))
    }
}

/// What is known about the calls of one candidate.
struct CandidateCalls {
    /// Where they lead.
    targets: Vec<PathBuf>,
    /// Where calls may lead that a file may hold that does not parse.
    broken_sources: Vec<PathBuf>,
    /// Directories below which calls may lead whose source is not known.
    below: Vec<PathBuf>,
}

/// The roots among what was scanned.
pub(crate) fn find(loader: &Loader<'_>, scan: &Scan, callers: &Callers) -> Roots {
    let candidates: Vec<&PathBuf> = scan.candidates.iter().collect();
    let calls: HashMap<&PathBuf, CandidateCalls> = candidates.par_iter().map(|path| (*path, calls(loader, path))).collect();
    // A directory is not its own caller: a call that leads back to it makes it no less a root.
    let others = |path: &PathBuf, list: &[PathBuf]| -> Vec<PathBuf> { list.iter().filter(|target| *target != path).cloned().collect() };
    let called: HashSet<PathBuf> = calls.iter().flat_map(|(path, calls)| others(path, &calls.targets)).collect();
    let broken_sources: BTreeMap<PathBuf, &PathBuf> = candidates
        .iter()
        .flat_map(|path| {
            calls.get(*path).into_iter().flat_map(|calls| others(path, &calls.broken_sources)).map(move |target| (target, *path))
        })
        .collect();

    let unclear = Unclear::new(&calls);
    let mut all: BTreeMap<PathBuf, Root> = BTreeMap::new();
    let mut covered: HashSet<PathBuf> = HashSet::new();
    let walked: Vec<&PathBuf> = candidates.iter().copied().filter(|path| scan.walked.contains(*path)).collect();
    for path in &walked {
        let is_called = called.contains(*path);
        let foreign = callers.of(path);
        let is_shown = shows(loader, path);
        // Its keys are checked where it is called, with the arguments that it is called with.
        if is_called && !is_shown && foreign.is_none() && !scan.named_roots.contains(*path) {
            continue;
        }
        let broken_sources = || broken_sources.get(*path).map(|caller| broken_caller(loader, caller));
        let unclear = || unclear.caller(loader, path);
        let elsewhere = foreign.or_else(|| if is_called { None } else { broken_sources().or_else(unclear) }).filter(|_| !is_shown);
        // A module that others are to call configures no provider.
        let is_final = is_shown || (!is_called && elsewhere.is_none() && loader.root(path).has_provider);
        all.insert((*path).clone(), Root { path: (*path).clone(), is_final, elsewhere });
        cover(path, &calls, &mut covered);
    }
    // Directories that call each other in a cycle have no root: the first of them is one, so that they are not passed over.
    for path in &walked {
        if !covered.contains(*path) {
            all.insert((*path).clone(), Root::alone(path));
            cover(path, &calls, &mut covered);
        }
    }
    drop_called(loader, scan, callers, &mut all, &calls);

    let mut checked: Vec<PathBuf> = all.keys().cloned().collect();
    // A single file was named: only the roots from which calls lead to it can change its verdicts.
    if !scan.focus.is_empty() || !scan.values.is_empty() {
        let focus: Vec<&Path> = scan.focus.iter().map(|directory| nearest_module(directory, scan)).collect();
        let reaching = reaching(focus.into_iter(), &calls);
        let named: HashSet<&Path> = scan.named.iter().map(PathBuf::as_path).collect();
        checked.retain(|root| reaching.contains(root.as_path()) || root.ancestors().any(|around| named.contains(around)));
    }
    Roots { all, checked }
}

/// Whether a directory shows that it is a root, whatever calls it.
fn shows(loader: &Loader<'_>, path: &Path) -> bool {
    loader.root(path).is_surely_a_root || is_initialized(loader.request, path)
}

/// Whether `terraform init` has set up a backend in a directory. That it was run proves nothing: hooks run it in every module.
fn is_initialized(request: &ScanRequest, path: &Path) -> bool {
    let data = request.data_of(path);
    let is_missing = data.strip_prefix(path).is_ok_and(|inside| request.lacks(path, inside));
    !is_missing && disk::is_file(&data.join("terraform.tfstate"))
}

fn calls(loader: &Loader<'_>, path: &Path) -> CandidateCalls {
    let module = loader.root(path);
    let broken_sources = module.broken_sources.iter().filter_map(|source| disk::canonical(&module.path.join(source)).ok()).collect();
    let targets = survey::targets(loader, path);
    CandidateCalls { targets: targets.found, broken_sources, below: targets.below }
}

fn broken_caller(loader: &Loader<'_>, caller: &Path) -> Reason {
    format!("a file in `{}`, which may call this module, does not parse", name(&loader.root(caller))).into()
}

/// Callers whose calls may lead to directories below others: the first two of each, for a directory is not its own caller.
struct Unclear<'c>(HashMap<&'c Path, [Option<&'c PathBuf>; 2]>);

impl<'c> Unclear<'c> {
    fn new(calls: &'c HashMap<&'c PathBuf, CandidateCalls>) -> Self {
        let mut callers: BTreeMap<&PathBuf, &CandidateCalls> = BTreeMap::new();
        callers.extend(calls.iter().map(|(caller, calls)| (*caller, calls)));
        let mut below: HashMap<&Path, [Option<&PathBuf>; 2]> = HashMap::new();
        for (caller, directory) in callers.into_iter().flat_map(|(caller, calls)| calls.below.iter().map(move |below| (caller, below))) {
            let [first, second] = below.entry(directory).or_default();
            if first.is_none() {
                *first = Some(caller);
            } else if *first != Some(caller) && second.is_none() {
                *second = Some(caller);
            }
        }
        Self(below)
    }

    /// A module call that may lead here: its source is not known.
    fn caller(&self, loader: &Loader<'_>, path: &Path) -> Option<Reason> {
        let around = path.ancestors().skip(1).filter_map(|around| self.0.get(around));
        let caller = around.flatten().flatten().copied().filter(|caller| caller.as_path() != path).min()?;
        Some(format!("a module call in `{}`, whose source is unknown, may lead to this module", name(&loader.root(caller))).into())
    }
}

fn name(module: &Module) -> String {
    module.shown.to_string_lossy().replace('\\', "/")
}

/// Takes out what only the evaluation of another root shows to be called: sources may depend on what a caller passes.
fn drop_called(
    loader: &Loader<'_>,
    scan: &Scan,
    callers: &Callers,
    all: &mut BTreeMap<PathBuf, Root>,
    calls: &HashMap<&PathBuf, CandidateCalls>,
) {
    let covered: HashSet<&PathBuf> = calls.iter().flat_map(|(path, calls)| calls.targets.iter().chain([*path])).chain(all.keys()).collect();
    let is_odd = |path: &&&PathBuf| loader.root(path).calls.values().any(|call| literal_source(call).is_none());
    let reaching = reaching(covered.iter().filter(is_odd).map(|path| path.as_path()), calls);
    let open: Vec<Root> = all.values().filter(|root| reaching.contains(root.path.as_path())).cloned().collect();
    // Shares are fixed before anything is evaluated: what one root spends must not change what another one may.
    let parts = open.len().max(1);
    let reached: BTreeSet<PathBuf> = open
        .par_iter()
        .flat_map_iter(|root| {
            let (limits, share) = (loader.request.limits, parts as u64);
            let account = Account::new(limits, limits.run_work / share, limits.run_kept / share);
            let survey = survey::survey(loader, root, None, &InstanceBudget::new(MAX_VISITS / parts, account));
            survey.modules.iter().map(|module| module.path.clone()).filter(|path| *path != root.path).collect::<Vec<_>>()
        })
        .collect();
    let stays = |path: &PathBuf| scan.named_roots.contains(path) || callers.of(path).is_some() || shows(loader, path);
    all.retain(|path, _| !reached.contains(path) || stays(path));
}

/// The last file of a directory may have been deleted.
fn nearest_module<'p>(directory: &'p Path, scan: &Scan) -> &'p Path {
    directory.ancestors().find(|directory| scan.walked.contains(*directory)).unwrap_or(directory)
}

/// These directories, and those from which calls lead to them.
fn reaching<'c>(from: impl Iterator<Item = &'c Path>, calls: &'c HashMap<&PathBuf, CandidateCalls>) -> HashSet<&'c Path> {
    let mut callers: HashMap<&Path, Vec<&Path>> = HashMap::new();
    for (caller, target) in calls.iter().flat_map(|(caller, calls)| calls.targets.iter().map(move |target| (caller, target))) {
        callers.entry(target).or_default().push(caller);
    }
    let mut open: Vec<&Path> = from.collect();
    let mut found = HashSet::new();
    while let Some(path) = open.pop() {
        if found.insert(path) {
            open.extend(callers.get(path).into_iter().flatten());
        }
    }
    found
}

fn cover(root: &Path, calls: &HashMap<&PathBuf, CandidateCalls>, covered: &mut HashSet<PathBuf>) {
    let mut open = vec![root.to_path_buf()];
    while let Some(path) = open.pop() {
        // Thousands of roots may share one that calls thousands.
        if !covered.contains(&path) {
            let targets = calls.get(&path).map(|calls| calls.targets.as_slice()).unwrap_or_default();
            open.extend(targets.iter().filter(|target| !covered.contains(*target)).cloned());
            covered.insert(path);
        }
    }
}
