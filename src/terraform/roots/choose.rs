//! Decides which directories are root modules, and what is known about their callers.

use super::graph::transitive_callers;
use super::survey;
use crate::base::Reason;
use crate::base::disk;
use crate::eval::Account;
use crate::terraform::blocks::constants::literal_source;
use crate::terraform::discovery::discover::Scan;
use crate::terraform::discovery::foreign::ForeignCallers;
use crate::terraform::modules::loader::Loader;
use crate::terraform::modules::module::Module;
use crate::terraform::modules::root::Root;
use crate::terraform::request::ScanRequest;
use crate::terraform::world::budget::{InstanceBudget, MAX_VISITS};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The root modules of a scan.
pub(crate) struct Roots {
    /// All roots that may have keys, by path.
    all: BTreeMap<PathBuf, Root>,
    /// The roots to check with the inputs that Terraform finds, sorted by path.
    pub checked: Vec<PathBuf>,
}

impl Roots {
    /// Whether a directory is a root.
    pub(crate) fn contains(&self, path: &Path) -> bool {
        self.all.contains_key(path)
    }

    /// The root in a directory.
    pub(crate) fn root(&self, path: &Path) -> Root {
        self.all.get(path).cloned().unwrap_or_else(|| Root::alone(path))
    }
}

/// What is known about the calls of one candidate.
struct CandidateCalls {
    /// The directories that it calls.
    targets: Vec<PathBuf>,
    /// The directories that it may call from a file that does not parse.
    broken_sources: Vec<PathBuf>,
    /// Directories below which the target of a call with an unknown source may be.
    below: Vec<PathBuf>,
}

/// Finds the roots of a scan.
pub(crate) fn find(loader: &Loader<'_>, scan: &Scan, callers: &ForeignCallers) -> Roots {
    let candidates: Vec<&PathBuf> = scan.candidates.iter().collect();
    let calls: HashMap<&PathBuf, CandidateCalls> = candidates.par_iter().map(|path| (*path, calls(loader, path))).collect();
    // A directory that calls itself can still be a root.
    let others = |path: &PathBuf, list: &[PathBuf]| -> Vec<PathBuf> { list.iter().filter(|target| *target != path).cloned().collect() };
    let called: HashSet<PathBuf> = calls.iter().flat_map(|(path, calls)| others(path, &calls.targets)).collect();
    let broken_sources: BTreeMap<PathBuf, &PathBuf> = candidates
        .iter()
        .flat_map(|path| {
            calls.get(*path).into_iter().flat_map(|calls| others(path, &calls.broken_sources)).map(move |target| (target, *path))
        })
        .collect();

    let unknown_sources = UnknownSourceCallers::new(&calls);
    let mut all: BTreeMap<PathBuf, Root> = BTreeMap::new();
    let mut covered: HashSet<PathBuf> = HashSet::new();
    let walked: Vec<&PathBuf> = candidates.iter().copied().filter(|path| scan.walked.contains(*path)).collect();
    for path in &walked {
        let is_called = called.contains(*path);
        let foreign = callers.reason(path);
        let is_evident = is_evident_root(loader, path);
        // The keys of a called module are checked through its callers, with the arguments that they pass.
        if is_called && !is_evident && foreign.is_none() && !scan.named_roots.contains(*path) {
            continue;
        }
        let broken_sources = || broken_sources.get(*path).map(|caller| broken_caller(loader, caller));
        let unknown_sources = || unknown_sources.caller(loader, path);
        let elsewhere = foreign.or_else(|| if is_called { None } else { broken_sources().or_else(unknown_sources) });
        let elsewhere = elsewhere.filter(|_| !is_evident);
        // Modules that are meant to be called do not configure providers.
        let is_final = is_evident || (!is_called && elsewhere.is_none() && loader.root(path).has_provider);
        all.insert((*path).clone(), Root { path: (*path).clone(), is_final, elsewhere });
        mark_covered(path, &calls, &mut covered);
    }
    // Directories that call each other in a cycle have no root. The first of them becomes one, so that they are checked at all.
    for path in &walked {
        if !covered.contains(*path) {
            all.insert((*path).clone(), Root::alone(path));
            mark_covered(path, &calls, &mut covered);
        }
    }
    drop_called(loader, scan, callers, &mut all, &calls);

    let mut checked: Vec<PathBuf> = all.keys().cloned().collect();
    // If the user passed single files, only the roots that call their directories can have findings in them.
    if !scan.focus.is_empty() || !scan.values.is_empty() {
        let focus: Vec<&Path> = scan.focus.iter().map(|directory| nearest_module(directory, scan)).collect();
        let callers = transitive_callers(focus, callers_and_targets(&calls));
        let named: HashSet<&Path> = scan.named.iter().map(PathBuf::as_path).collect();
        checked.retain(|root| callers.contains(root.as_path()) || root.ancestors().any(|around| named.contains(around)));
    }
    Roots { all, checked }
}

/// Whether a directory is a root even if something calls it.
fn is_evident_root(loader: &Loader<'_>, path: &Path) -> bool {
    loader.root(path).is_evident_root || is_initialized(loader.request, path)
}

/// Whether `terraform init` has set up a backend in a directory. A data directory alone proves nothing: pre-commit hooks run
/// `terraform init` in every module.
fn is_initialized(request: &ScanRequest, path: &Path) -> bool {
    let data = request.data_dir_of(path);
    let is_missing = data.strip_prefix(path).is_ok_and(|inside| request.is_known_missing(path, inside));
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

/// The callers with unknown sources, by the directory below which their targets may be. Two of each are enough: at most one of them is the
/// directory in question, and a directory does not count as its own caller.
struct UnknownSourceCallers<'c>(HashMap<&'c Path, [Option<&'c PathBuf>; 2]>);

impl<'c> UnknownSourceCallers<'c> {
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

    /// The first directory with a call of unknown source that may call this one, as a reason.
    fn caller(&self, loader: &Loader<'_>, path: &Path) -> Option<Reason> {
        let around = path.ancestors().skip(1).filter_map(|around| self.0.get(around));
        let caller = around.flatten().flatten().copied().filter(|caller| caller.as_path() != path).min()?;
        Some(format!("a module call in `{}`, whose source is unknown, may call this module", name(&loader.root(caller))).into())
    }
}

fn name(module: &Module) -> String {
    module.shown.to_string_lossy().replace('\\', "/")
}

/// Drops the roots that turn out to be called once the sources of calls are evaluated: a source may depend on what a caller passes.
fn drop_called(
    loader: &Loader<'_>,
    scan: &Scan,
    foreign: &ForeignCallers,
    all: &mut BTreeMap<PathBuf, Root>,
    calls: &HashMap<&PathBuf, CandidateCalls>,
) {
    let covered: HashSet<&PathBuf> = calls.iter().flat_map(|(path, calls)| calls.targets.iter().chain([*path])).chain(all.keys()).collect();
    let has_dynamic_source = |path: &&&PathBuf| loader.root(path).calls.values().any(|call| literal_source(call).is_none());
    let callers = transitive_callers(covered.iter().filter(has_dynamic_source).map(|path| path.as_path()), callers_and_targets(calls));
    let open: Vec<Root> = all.values().filter(|root| callers.contains(root.path.as_path())).cloned().collect();
    // Shares are fixed before evaluation, so that the cost of one root does not affect another.
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
    let is_kept = |path: &PathBuf| scan.named_roots.contains(path) || foreign.reason(path).is_some() || is_evident_root(loader, path);
    all.retain(|path, _| !reached.contains(path) || is_kept(path));
}

/// The nearest directory upwards with a module: a directory whose last file was deleted is not a module itself.
fn nearest_module<'p>(directory: &'p Path, scan: &Scan) -> &'p Path {
    directory.ancestors().find(|directory| scan.walked.contains(*directory)).unwrap_or(directory)
}

/// All calls as pairs of a caller and a target.
fn callers_and_targets<'c>(calls: &'c HashMap<&PathBuf, CandidateCalls>) -> impl Iterator<Item = (&'c Path, &'c Path)> {
    calls.iter().flat_map(|(caller, calls)| calls.targets.iter().map(|target| (caller.as_path(), target.as_path())))
}

/// Adds a directory and everything that it calls, directly or indirectly.
fn mark_covered(root: &Path, calls: &HashMap<&PathBuf, CandidateCalls>, covered: &mut HashSet<PathBuf>) {
    let mut open = vec![root.to_path_buf()];
    while let Some(path) = open.pop() {
        // Thousands of roots may share a module with thousands of calls.
        if !covered.contains(&path) {
            let targets = calls.get(&path).map(|calls| calls.targets.as_slice()).unwrap_or_default();
            open.extend(targets.iter().filter(|target| !covered.contains(*target)).cloned());
            covered.insert(path);
        }
    }
}
