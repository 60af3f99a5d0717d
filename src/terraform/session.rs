//! The entry point of the front end: turns a request into an inventory. A language server keeps the session, so that a changed file only
//! causes the root modules that use it to be read again.

use crate::base::{Problem, Sources};
use crate::hcl::Block;
use crate::key::{Inventory, NotRead};
use crate::terraform::blocks::constants::{literal, literal_source};
use crate::terraform::discovery::directory::{ScannedDirectory, is_configuration, is_foreign_caller, is_local, is_values};
use crate::terraform::discovery::discover::{self, Scan};
use crate::terraform::discovery::foreign;
use crate::terraform::discovery::providers::NamedProviders;
use crate::terraform::modules::loader::Loader;
use crate::terraform::modules::module::Module;
use crate::terraform::modules::root::Root;
use crate::terraform::read::{self, RunReading};
use crate::terraform::request::ScanRequest;
use crate::terraform::roots::graph;
use crate::terraform::roots::runs::{self, Run, Runs};
use crate::terraform::roots::shares;
use crate::terraform::roots::{self, Roots};
use crate::terraform::stack::deep;
use crate::terraform::world::budget::InstanceBudget;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads all keys of the roots in a request.
#[must_use]
pub fn read(request: &ScanRequest, sources: &Arc<Sources>) -> Inventory {
    deep(|| Session::begin(request, sources, false).into_inventory(sources))
}

/// The root modules of a request, and the result of each of their runs.
pub struct Session {
    scan: Scan,
    roots: Roots,
    runs: Vec<Run>,
    /// The result of each run, in the same order.
    readings: Vec<RunReading>,
    /// The positions of runs whose share of the budget was too small for their expressions.
    short: Vec<usize>,
    too_costly: Option<Problem>,
    /// `--var`s that no root module declares.
    undeclared: Vec<Problem>,
    not_read: Vec<NotRead>,
    /// The shapes of all modules that may have keys in their trees, by directory.
    shapes: HashMap<PathBuf, ModuleShape>,
}

/// The properties of a module that decide which directories it calls and whether it is a root.
#[derive(Debug, PartialEq)]
struct ModuleShape {
    is_evident_root: bool,
    has_provider: bool,
    has_tofu: bool,
    named: NamedProviders,
    broken_sources: Vec<String>,
    /// The source and version of each call; `None` if the source is not a plain string.
    calls: BTreeMap<Arc<str>, Option<(String, Option<String>)>>,
}

impl ModuleShape {
    fn of(module: &Module) -> Self {
        let call = |call: &Block| {
            let version = call.body.attribute("version").and_then(|version| literal(&version.value));
            literal_source(call).map(|source| (source.to_owned(), version.map(str::to_owned)))
        };
        Self {
            is_evident_root: module.is_evident_root,
            has_provider: module.has_provider,
            has_tofu: module.has_tofu,
            named: module.named,
            broken_sources: module.broken_sources.clone(),
            calls: module.calls.iter().map(|(name, block)| (Arc::clone(name), call(block))).collect(),
        }
    }

    /// Whether the source of a call depends on inputs.
    fn has_dynamic_source(&self) -> bool {
        self.calls.values().any(Option::is_none)
    }
}

impl Session {
    /// Reads everything in a request, and keeps what a later refresh needs.
    #[must_use]
    pub fn open(request: &ScanRequest, sources: &Arc<Sources>) -> Self {
        deep(|| Self::begin(request, sources, true))
    }

    /// Reads everything in a request; must be called on a thread with a deep stack. `is_kept`: whether it may be refreshed later.
    pub(super) fn begin(request: &ScanRequest, sources: &Arc<Sources>, is_kept: bool) -> Self {
        request.directories.forget();
        let mut scan = discover::scan(request);
        let loader = Loader::new(request, sources, &mut scan);
        graph::build(&loader, &mut scan);
        let callers = foreign::read(&scan, request);
        let roots = roots::find(&loader, &scan, &callers);
        let Runs { runs, mut not_read } = runs::plan(&loader, &scan, &roots);
        not_read.append(&mut scan.not_read);
        not_read.extend(callers.not_read);
        let read = |run: &Run, budget: &InstanceBudget| read::read_run(&loader, &roots.root(&run.root), run, budget);
        let (readings, short) = shares::read_all(&runs, request.limits, read, visits);
        let too_costly = read::too_costly(request, &runs, &short);
        let undeclared = read::undeclared(&loader, &scan, &roots, &runs);
        let shapes = scan.candidates.iter().filter(|_| is_kept).map(|path| (path.clone(), ModuleShape::of(&loader.root(path)))).collect();
        scan.manifests = loader.into_manifests();
        Self { scan, roots, runs, readings, short, too_costly, undeclared, not_read, shapes }
    }

    /// Reads the root modules that use a changed, created or deleted file again; `changed` has the real paths of such files. Returns the
    /// positions of the runs that were read. Returns `None` and reads nothing if the set of root modules may have changed, so that
    /// everything must be read again.
    pub fn refresh(&mut self, request: &ScanRequest, sources: &Arc<Sources>, changed: &[PathBuf]) -> Option<Vec<usize>> {
        deep(|| self.refresh_inner(request, sources, changed))
    }

    fn refresh_inner(&mut self, request: &ScanRequest, sources: &Arc<Sources>, changed: &[PathBuf]) -> Option<Vec<usize>> {
        // A source that is not a plain string depends on values, and any changed file may change those.
        if self.shapes.values().any(ModuleShape::has_dynamic_source) || changed.iter().any(|path| self.affects_other_roots(path)) {
            return None;
        }
        request.directories.forget();
        let mut scan = self.manifests();
        let loader = Loader::new(request, sources, &mut scan);
        let directories: HashSet<&Path> =
            changed.iter().filter(|path| is_configuration_or_values(path)).filter_map(|path| path.parent()).collect();
        if !directories.iter().all(|directory| self.has_same_shape(&loader, directory)) {
            return None;
        }
        let is_stale = |reading: &RunReading| {
            reading.directories.iter().any(|directory| directories.contains(directory.as_path()))
                || changed.iter().any(|path| reading.used.contains(path) || reading.seen.iter().any(|seen| path.starts_with(seen)))
        };
        let stale: Vec<usize> = self.readings.iter().enumerate().filter(|(_, reading)| is_stale(reading)).map(|(at, _)| at).collect();
        let runs: Vec<Run> = stale.iter().filter_map(|at| self.runs.get(*at)).cloned().collect();
        // The limits apply to all runs together, so the runs that are read again get only their part.
        let parts = self.runs.len().checked_div(runs.len()).unwrap_or(1).max(1) as u64;
        let read = |run: &Run, budget: &InstanceBudget| read::read_run(&loader, &self.roots.root(&run.root), run, budget);
        let (readings, short) = shares::read_all(&runs, request.limits.share(parts), read, visits);
        self.short.retain(|at| !stale.contains(at));
        self.short.extend(short.iter().filter_map(|at| stale.get(*at)));
        self.short.sort_unstable();
        self.too_costly = read::too_costly(request, &self.runs, &self.short);
        for (at, reading) in stale.iter().zip(readings) {
            if let Some(old) = self.readings.get_mut(*at) {
                *old = reading;
            }
        }
        Some(stale)
    }

    /// Whether a change of a file may affect root modules that do not use it.
    fn affects_other_roots(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return true };
        let is_installed = || path.components().any(|part| part.as_os_str() == ".terraform");
        is_foreign_caller(name)
            || name == crate::terraform::discovery::lock::NAME
            || is_installed()
            || self.runs.iter().any(|run| run.passed.is_some())
    }

    /// Whether a directory still calls the same modules, and is still a root module or not, as before.
    fn has_same_shape(&self, loader: &Loader<'_>, directory: &Path) -> bool {
        let Some(old) = self.scan.hints.get(directory) else {
            // A directory without configuration may have values files.
            let entries = loader.request.entries(directory);
            return !entries.iter().any(|entry| !entry.is_dir && entry.name.to_str().is_some_and(is_configuration));
        };
        let now: ScannedDirectory = discover::read_directory(directory.to_path_buf(), loader.request.shown(directory), loader.request);
        if !now.is_module() || now.hints != *old {
            return false;
        }
        match self.shapes.get(directory) {
            Some(shape) => *shape == ModuleShape::of(&loader.root(directory)),
            None => !old.is_unclear() && old.sources.iter().all(|source| is_local(source)),
        }
    }

    /// Whether a root module reads a file, which may be outside of the scanned directories.
    #[must_use]
    pub fn reads(&self, path: &Path) -> bool {
        self.readings.iter().any(|reading| reading.contains(path) || reading.seen.iter().any(|seen| path.starts_with(seen)))
    }

    /// The runs of root modules that have a directory in their trees.
    pub(super) fn runs_with_module(&self, directory: &Path) -> Vec<&Run> {
        self.runs_where(|reading| reading.directories.iter().any(|module| module == directory))
    }

    /// The runs that use a values file.
    pub(super) fn runs_with_values(&self, path: &Path) -> Vec<&Run> {
        self.runs_where(|reading| reading.used.iter().any(|values| values == path))
    }

    fn runs_where(&self, is_wanted: impl Fn(&RunReading) -> bool) -> Vec<&Run> {
        self.runs.iter().zip(&self.readings).filter(|(_, reading)| is_wanted(reading)).map(|(run, _)| run).collect()
    }

    /// The root module in a directory.
    pub(super) fn root(&self, path: &Path) -> Root {
        self.roots.root(path)
    }

    /// A scan with nothing but the manifests of installed modules, for a new loader of the same root modules.
    pub(super) fn manifests(&self) -> Scan {
        Scan { manifests: self.scan.manifests.clone(), ..Scan::default() }
    }

    /// The positions of runs, sorted and grouped: runs that share a file are in one group, so that each group can be reported alone.
    #[must_use]
    pub fn groups(&self) -> Vec<Vec<usize>> {
        // The first run that uses a path represents all that share it.
        let mut first: HashMap<&Path, usize> = HashMap::new();
        let mut group_of: Vec<usize> = Vec::with_capacity(self.readings.len());
        for (at, reading) in self.readings.iter().enumerate() {
            group_of.push(at);
            for path in reading.directories.iter().chain(&reading.used) {
                let other = *first.entry(path).or_insert(at);
                join_groups(&mut group_of, other, at);
            }
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in 0..group_of.len() {
            groups.entry(find_group(&mut group_of, at)).or_default().push(at);
        }
        groups.into_values().collect()
    }

    /// The inventory of the runs at the given positions.
    #[must_use]
    pub fn inventory(&self, runs: &[usize], sources: &Sources) -> Inventory {
        let readings = runs.iter().filter_map(|at| self.readings.get(*at)).cloned();
        merge(readings, Inventory::default(), SharedResults::default(), None, sources)
    }

    /// Whether one of the runs at the given positions uses a file as configuration or values.
    #[must_use]
    pub fn uses_file(&self, runs: &[usize], path: &Path) -> bool {
        runs.iter().filter_map(|at| self.readings.get(*at)).any(|reading| reading.contains(path))
    }

    /// The inventory of everything that belongs to no single run.
    #[must_use]
    pub fn shared_inventory(&self, sources: &Sources) -> Inventory {
        let shared =
            SharedResults { not_read: self.not_read.clone(), undeclared: self.undeclared.clone(), problems: self.scan.problems.clone() };
        merge(std::iter::empty(), self.summary(), shared, self.too_costly.clone(), sources)
    }

    /// The inventory of all runs and of everything that belongs to no single run.
    pub(super) fn into_inventory(self, sources: &Sources) -> Inventory {
        let summary = self.summary();
        let shared = SharedResults { not_read: self.not_read, undeclared: self.undeclared, problems: self.scan.problems };
        let trees: Vec<Arc<Module>> = self.readings.iter().flat_map(|reading| reading.tree.iter().map(Arc::clone)).collect();
        let inventory = merge(self.readings.into_iter(), summary, shared, self.too_costly, sources);
        // Freeing the syntax trees takes a twentieth of a large run; another thread does it while the keys are checked.
        rayon::spawn(move || drop(trees));
        inventory
    }

    /// An inventory with the number of files and the first log line.
    fn summary(&self) -> Inventory {
        let checked = self.roots.checked.len();
        let log = vec![format!("configuration files: {}; root modules that may have keys: {checked}", self.scan.files)];
        Inventory { files: self.scan.files, log, ..Inventory::default() }
    }
}

/// The smallest position in the group of a position: the find step of union-find, with path halving.
fn find_group(group_of: &mut [usize], mut at: usize) -> usize {
    while let Some(&next) = group_of.get(at).filter(|next| **next != at) {
        let after = group_of.get(next).copied().unwrap_or(next);
        if let Some(entry) = group_of.get_mut(at) {
            *entry = after;
        }
        at = after;
    }
    at
}

/// Joins the groups of two positions.
fn join_groups(group_of: &mut [usize], a: usize, b: usize) {
    let (a, b) = (find_group(group_of, a), find_group(group_of, b));
    if let Some(entry) = group_of.get_mut(a.max(b)) {
        *entry = a.min(b);
    }
}

/// Results that belong to no single run.
#[derive(Default)]
struct SharedResults {
    not_read: Vec<NotRead>,
    undeclared: Vec<Problem>,
    problems: Vec<Problem>,
}

/// Merges the results of runs; each problem, notice and comment is kept once.
fn merge(
    readings: impl Iterator<Item = RunReading>,
    summary: Inventory,
    shared: SharedResults,
    too_costly: Option<Problem>,
    sources: &Sources,
) -> Inventory {
    let mut inventory = Inventory { not_read: shared.not_read, ..summary };
    inventory.problems.extend(too_costly);
    let (mut with_comments, mut with_problems): (HashSet<PathBuf>, HashSet<PathBuf>) = Default::default();
    let mut nearby = HashMap::new();
    let mut used = HashSet::new();
    for reading in readings {
        inventory.absorb(reading.inventory);
        nearby.extend(reading.nearby);
        used.extend(reading.used);
        for module in reading.tree {
            // Several roots may call one module.
            if with_problems.insert(module.path.clone()) {
                inventory.problems.extend(module.problems.iter().chain(&module.refused).cloned());
            }
        }
        for module in reading.modules {
            if with_comments.insert(module.path.clone()) {
                inventory.comments.extend(crate::terraform::modules::comments::of_module(&module, sources));
            }
        }
    }
    inventory.not_read.extend(runs::unused(nearby, &used));
    inventory.problems.extend(shared.undeclared);
    inventory.problems.extend(shared.problems);
    // Several runs may read one values file.
    let mut known = HashSet::new();
    inventory.comments.retain(|comment| known.insert((comment.place.clone(), comment.text.clone())));
    // Several roots may call one module.
    let mut known = HashSet::new();
    inventory.problems.retain(|problem| known.insert((problem.kind, problem.message.clone(), problem.place.clone())));
    let mut known = HashSet::new();
    inventory.notices.retain(|notice| known.insert((notice.message.clone(), notice.place.clone())));
    inventory
}

fn visits(reading: &RunReading) -> usize {
    reading.inventory.keys.len().max(reading.calls)
}

fn is_configuration_or_values(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| is_configuration(name) || is_values(name))
}
