//! The front end's entry: a request in, an inventory out. A session is a reading that is kept, so that an editor's change reads only those
//! root modules again that the changed file belongs to.

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

/// Reads all keys of the roots that a request names.
#[must_use]
pub fn read(request: &ScanRequest, sources: &Arc<Sources>) -> Inventory {
    deep(|| Session::begin(request, sources, false).into_inventory(sources))
}

/// What was read of a request: which root modules there are, and what each of them holds.
pub struct Session {
    scan: Scan,
    roots: Roots,
    runs: Vec<Run>,
    /// What was read of each run.
    readings: Vec<RunReading>,
    /// The positions of runs whose share was too small for their expressions.
    short: Vec<usize>,
    too_costly: Option<Problem>,
    /// `--var`s that no root module declares.
    undeclared: Vec<Problem>,
    not_read: Vec<NotRead>,
    /// What decides which directories are roots, by directory from which keys can be reached.
    shapes: HashMap<PathBuf, ModuleShape>,
}

/// What of a module decides which directories it calls and whether it is a root.
#[derive(Debug, PartialEq)]
struct ModuleShape {
    is_surely_a_root: bool,
    has_provider: bool,
    has_tofu: bool,
    named: NamedProviders,
    broken_sources: Vec<String>,
    /// Source and version of each call; `None` where they are not plain strings.
    calls: BTreeMap<Arc<str>, Option<(String, Option<String>)>>,
}

impl ModuleShape {
    fn of(module: &Module) -> Self {
        let call = |call: &Block| {
            let version = call.body.attribute("version").and_then(|version| literal(&version.value));
            literal_source(call).map(|source| (source.to_owned(), version.map(str::to_owned)))
        };
        Self {
            is_surely_a_root: module.is_surely_a_root,
            has_provider: module.has_provider,
            has_tofu: module.has_tofu,
            named: module.named,
            broken_sources: module.broken_sources.clone(),
            calls: module.calls.iter().map(|(name, block)| (Arc::clone(name), call(block))).collect(),
        }
    }

    /// Whether where a call leads depends on inputs.
    fn is_odd(&self) -> bool {
        self.calls.values().any(Option::is_none)
    }
}

impl Session {
    /// Reads everything that a request names.
    #[must_use]
    pub fn open(request: &ScanRequest, sources: &Arc<Sources>) -> Self {
        deep(|| Self::begin(request, sources, true))
    }

    /// Reads everything that a request names, on threads with a deep stack. `is_kept`: whether it may be renewed later.
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
        let read = |run: &Run, budget: &InstanceBudget| read::one_run(&loader, &roots.of(&run.root), run, budget);
        let (readings, short) = shares::read_all(&runs, request.limits, read, visits);
        let too_costly = read::too_costly(request, &runs, &short);
        let undeclared = read::undeclared(&loader, &scan, &roots, &runs);
        let shaped = scan.candidates.iter().filter(|_| is_kept);
        let shapes = shaped.map(|path| (path.clone(), ModuleShape::of(&loader.root(path)))).collect();
        scan.manifests = loader.into_manifests();
        Self { scan, roots, runs, readings, short, too_costly, undeclared, not_read, shapes }
    }

    /// Reads those root modules again that files belong to which changed, were created or were deleted; `changed` holds their real paths.
    /// Returns the positions of their runs; `None` where everything has to be read again, because other directories may be root modules
    /// now: nothing was read then.
    pub fn renew(&mut self, request: &ScanRequest, sources: &Arc<Sources>, changed: &[PathBuf]) -> Option<Vec<usize>> {
        deep(|| self.renew_here(request, sources, changed))
    }

    fn renew_here(&mut self, request: &ScanRequest, sources: &Arc<Sources>, changed: &[PathBuf]) -> Option<Vec<usize>> {
        // Where a source that is not a plain string leads depends on values, and any change may change those.
        if self.shapes.values().any(ModuleShape::is_odd) || changed.iter().any(|path| self.decides_more(path)) {
            return None;
        }
        request.directories.forget();
        let mut scan = self.manifests();
        let loader = Loader::new(request, sources, &mut scan);
        let directories: HashSet<&Path> = changed.iter().filter(|path| is_ours(path)).filter_map(|path| path.parent()).collect();
        if !directories.iter().all(|directory| self.keeps_shape(&loader, directory)) {
            return None;
        }
        let belongs = |one: &RunReading| {
            one.directories.iter().any(|own| directories.contains(own.as_path()))
                || changed.iter().any(|path| one.used.contains(path) || one.seen.iter().any(|seen| path.starts_with(seen)))
        };
        let stale: Vec<usize> = self.readings.iter().enumerate().filter(|(_, one)| belongs(one)).map(|(at, _)| at).collect();
        let runs: Vec<Run> = stale.iter().filter_map(|at| self.runs.get(*at)).cloned().collect();
        // The limits are those of all runs together, of which the few that are read again get their part.
        let parts = self.runs.len().checked_div(runs.len()).unwrap_or(1).max(1) as u64;
        let read = |run: &Run, budget: &InstanceBudget| read::one_run(&loader, &self.roots.of(&run.root), run, budget);
        let (readings, short) = shares::read_all(&runs, request.limits.share(parts), read, visits);
        self.short.retain(|at| !stale.contains(at));
        self.short.extend(short.iter().filter_map(|at| stale.get(*at)));
        self.short.sort_unstable();
        self.too_costly = read::too_costly(request, &self.runs, &self.short);
        for (at, reading) in stale.iter().zip(readings) {
            if let Some(one) = self.readings.get_mut(*at) {
                *one = reading;
            }
        }
        Some(stale)
    }

    /// Whether a file may change more than the root modules that it belongs to.
    fn decides_more(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return true };
        let is_installed = || path.components().any(|part| part.as_os_str() == ".terraform");
        is_foreign_caller(name)
            || name == crate::terraform::discovery::lock::NAME
            || is_installed()
            || self.runs.iter().any(|run| run.passed.is_some())
    }

    /// Whether what a directory calls, and whether it is a root module, is what it was.
    fn keeps_shape(&self, loader: &Loader<'_>, directory: &Path) -> bool {
        let Some(old) = self.scan.hints.get(directory) else {
            // A directory without configuration of its own may hold values files.
            let entries = loader.request.entries(directory);
            return !entries.iter().any(|entry| !entry.is_dir && entry.name.to_str().is_some_and(is_configuration));
        };
        let now: ScannedDirectory =
            discover::directory_not_walked(directory.to_path_buf(), loader.request.shown(directory), loader.request);
        if !now.is_module() || now.hints != *old {
            return false;
        }
        match self.shapes.get(directory) {
            Some(shape) => *shape == ModuleShape::of(&loader.root(directory)),
            None => !old.is_unclear() && old.sources.iter().all(|source| is_local(source)),
        }
    }

    /// Whether a file outside of the directories that were named is read for one of the root modules.
    #[must_use]
    pub fn reads(&self, path: &Path) -> bool {
        let directory = path.parent();
        self.readings.iter().any(|one| {
            let is_module = one.directories.iter().any(|own| Some(own.as_path()) == directory);
            is_module || one.used.iter().any(|own| own == path) || one.seen.iter().any(|seen| path.starts_with(seen))
        })
    }

    /// The runs of root modules whose trees a directory is in.
    pub(super) fn runs_with(&self, directory: &Path) -> Vec<&Run> {
        self.runs_where(|one| one.directories.iter().any(|own| own == directory))
    }

    /// The runs that use a values file.
    pub(super) fn runs_of_values(&self, path: &Path) -> Vec<&Run> {
        self.runs_where(|one| one.used.iter().any(|own| own == path))
    }

    fn runs_where(&self, is_wanted: impl Fn(&RunReading) -> bool) -> Vec<&Run> {
        self.runs.iter().zip(&self.readings).filter(|(_, one)| is_wanted(one)).map(|(run, _)| run).collect()
    }

    /// What is known of a root module and its callers.
    pub(super) fn root(&self, path: &Path) -> Root {
        self.roots.of(path)
    }

    /// What a loader of the same root modules begins with.
    pub(super) fn manifests(&self) -> Scan {
        Scan { manifests: self.scan.manifests.clone(), ..Scan::default() }
    }

    /// The positions of runs that share a file, together, so that each part can be reported on alone. Sorted.
    #[must_use]
    pub fn parts(&self) -> Vec<Vec<usize>> {
        // The first run that a path was seen in stands for all that share it.
        let mut first: HashMap<&Path, usize> = HashMap::new();
        let mut part_of: Vec<usize> = Vec::with_capacity(self.readings.len());
        for (at, one) in self.readings.iter().enumerate() {
            part_of.push(at);
            for path in one.directories.iter().chain(&one.used) {
                let other = *first.entry(path).or_insert(at);
                join(&mut part_of, other, at);
            }
        }
        let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in 0..part_of.len() {
            parts.entry(part(&mut part_of, at)).or_default().push(at);
        }
        parts.into_values().collect()
    }

    /// What some runs found, by their positions.
    #[must_use]
    pub fn inventory(&self, runs: &[usize], sources: &Sources) -> Inventory {
        let readings = runs.iter().filter_map(|at| self.readings.get(*at)).cloned();
        merged(readings, Inventory::default(), Rest::default(), None, sources)
    }

    /// Whether a file belongs to one of some runs.
    #[must_use]
    pub fn holds(&self, runs: &[usize], path: &Path) -> bool {
        let is_of = |one: &RunReading| {
            one.used.iter().any(|own| own == path) || path.parent().is_some_and(|parent| one.directories.iter().any(|own| own == parent))
        };
        runs.iter().filter_map(|at| self.readings.get(*at)).any(is_of)
    }

    /// What is to be said of no single run.
    #[must_use]
    pub fn rest(&self, sources: &Sources) -> Inventory {
        let rest = Rest { not_read: self.not_read.clone(), undeclared: self.undeclared.clone(), problems: self.scan.problems.clone() };
        merged(std::iter::empty(), self.first(), rest, self.too_costly.clone(), sources)
    }

    /// Everything that was read.
    pub(super) fn into_inventory(self, sources: &Sources) -> Inventory {
        let first = self.first();
        let rest = Rest { not_read: self.not_read, undeclared: self.undeclared, problems: self.scan.problems };
        let trees: Vec<Arc<Module>> = self.readings.iter().flat_map(|one| one.tree.iter().map(Arc::clone)).collect();
        let inventory = merged(self.readings.into_iter(), first, rest, self.too_costly, sources);
        // A twentieth of a large run is spent on giving back the trees of syntax: another thread does that while the keys are checked.
        rayon::spawn(move || drop(trees));
        inventory
    }

    /// What is reported first.
    fn first(&self) -> Inventory {
        let checked = self.roots.checked.len();
        let log = vec![format!("configuration files: {}; root modules that may have keys: {checked}", self.scan.files)];
        Inventory { files: self.scan.files, log, ..Inventory::default() }
    }
}

/// The smallest position of the part that a position is in. Ways there are shortened as they are walked.
fn part(part_of: &mut [usize], mut at: usize) -> usize {
    while let Some(&next) = part_of.get(at).filter(|next| **next != at) {
        let after = part_of.get(next).copied().unwrap_or(next);
        if let Some(entry) = part_of.get_mut(at) {
            *entry = after;
        }
        at = after;
    }
    at
}

/// Makes one part of the parts of two positions.
fn join(part_of: &mut [usize], a: usize, b: usize) {
    let (a, b) = (part(part_of, a), part(part_of, b));
    if let Some(entry) = part_of.get_mut(a.max(b)) {
        *entry = a.min(b);
    }
}

/// What is reported of no single run.
#[derive(Default)]
struct Rest {
    not_read: Vec<NotRead>,
    undeclared: Vec<Problem>,
    problems: Vec<Problem>,
}

/// What all runs found, each fault once.
fn merged(
    readings: impl Iterator<Item = RunReading>,
    first: Inventory,
    rest: Rest,
    too_costly: Option<Problem>,
    sources: &Sources,
) -> Inventory {
    let mut inventory = Inventory { not_read: rest.not_read, ..first };
    inventory.problems.extend(too_costly);
    let (mut seen, mut faulty): (HashSet<PathBuf>, HashSet<PathBuf>) = Default::default();
    let mut near = HashMap::new();
    let mut used = HashSet::new();
    for one in readings {
        inventory.absorb(one.inventory);
        near.extend(one.near);
        used.extend(one.used);
        for module in one.tree {
            // A module that several roots call has its faults once.
            if faulty.insert(module.path.clone()) {
                inventory.problems.extend(module.problems.iter().chain(&module.refused).cloned());
            }
        }
        for module in one.modules {
            if seen.insert(module.path.clone()) {
                inventory.comments.extend(crate::terraform::modules::comments::of(&module, sources));
            }
        }
    }
    inventory.not_read.extend(runs::unused(near, &used));
    inventory.problems.extend(rest.undeclared);
    inventory.problems.extend(rest.problems);
    // A values file that several runs read has its comments once.
    let mut known = HashSet::new();
    inventory.comments.retain(|comment| known.insert((comment.place.clone(), comment.text.clone())));
    // A module that several roots call has its faults once.
    let mut known = HashSet::new();
    inventory.problems.retain(|problem| known.insert((problem.kind, problem.message.clone(), problem.place.clone())));
    let mut known = HashSet::new();
    inventory.notices.retain(|notice| known.insert((notice.message.clone(), notice.place.clone())));
    inventory
}

fn visits(one: &RunReading) -> usize {
    one.inventory.keys.len().max(one.calls)
}

/// Whether a file is configuration or values.
fn is_ours(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| is_configuration(name) || is_values(name))
}
