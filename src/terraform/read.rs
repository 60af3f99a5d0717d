//! One run of a root module: chooses its inputs, evaluates its module tree, and reads its keys. It never fails: anything that cannot be
//! read becomes a problem in the inventory.

use crate::base::{Address, HiddenKeys, Place, Problem, ProblemKind};
use crate::key::{Inventory, KeyFacts, Keys, kinds};
use crate::terraform::discovery::discover::Scan;
use crate::terraform::facts::BlockReader;
use crate::terraform::facts::problems::Problems;
use crate::terraform::inputs::symbolic::LibraryInputs;
use crate::terraform::inputs::workspace;
use crate::terraform::inputs::{self, Inputs};
use crate::terraform::keys::key::{KeyInstance, KeyReader};
use crate::terraform::keys::relations::Relations;
use crate::terraform::keys::switched_off::{KeyBlock, SwitchedOffBlocks};
use crate::terraform::keys::walk::InstanceWalk;
use crate::terraform::modules::loader::Loader;
use crate::terraform::modules::module::Module;
use crate::terraform::modules::root::Root;
use crate::terraform::modules::secrets;
use crate::terraform::request::ScanRequest;
use crate::terraform::request::recorded;
use crate::terraform::roots::Roots;
use crate::terraform::roots::runs::{self, Run};
use crate::terraform::roots::survey::{Survey, survey};
use crate::terraform::world::World;
use crate::terraform::world::budget::InstanceBudget;
use crate::terraform::world::instance::{Each, ModuleInstance, Visit};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// The result of one run of a root.
#[derive(Clone, Default)]
pub(super) struct RunReading {
    pub inventory: Inventory,
    /// The number of module calls followed.
    pub calls: usize,
    /// The directories of all modules in the tree.
    pub directories: Vec<PathBuf>,
    /// The modules in the tree, if the tree may have keys.
    pub tree: Vec<Arc<Module>>,
    /// The modules in the tree, if the tree has keys.
    pub modules: Vec<Arc<Module>>,
    /// The values files that this run used.
    pub used: Vec<PathBuf>,
    /// The values files near the root that a run could use, as real and shown paths.
    pub nearby: Vec<(PathBuf, PathBuf)>,
    /// The paths that file functions read or looked for.
    pub seen: Vec<PathBuf>,
}

impl RunReading {
    /// Whether a file is one of the run's values files, or in the directory of one of its modules.
    pub(super) fn contains(&self, path: &Path) -> bool {
        let is_in_module = |parent: &Path| self.directories.iter().any(|module| module == parent);
        self.used.iter().any(|values| values == path) || path.parent().is_some_and(is_in_module)
    }
}

/// The `--var`s that no root module declares. Roots without keys count too.
pub(super) fn undeclared(loader: &Loader<'_>, scan: &Scan, roots: &Roots, runs: &[Run]) -> Vec<Problem> {
    let checked: Vec<Arc<Module>> = runs.iter().map(|run| loader.root(&run.root)).collect();
    let is_called = |path: &&PathBuf| scan.candidates.contains(*path) && !roots.contains(path);
    inputs::undeclared(loader.request, &checked, || {
        scan.walked.iter().filter(|path| !is_called(path)).map(|path| loader.root(path)).collect()
    })
}

/// The problem to report if some runs exceeded their evaluation limits. `short` has the positions of those runs.
pub(super) fn too_costly(request: &ScanRequest, runs: &[Run], short: &[usize]) -> Option<Problem> {
    let first = request.shown(&runs.get(*short.first()?)?.root);
    let message = match short.len() {
        1 => format!("the expressions of root module `{}` are too costly to evaluate", first.display()),
        count => format!("the expressions of {count} root modules are too costly to evaluate, the first is `{}`", first.display()),
    };
    let help = "Values that were not evaluated are unknown. Check fewer root modules at a time, or simplify their expressions.";
    Some(Problem::new(ProblemKind::Structure, message).help(help))
}

/// Performs one run of a root.
pub(super) fn read_run(loader: &Loader<'_>, root: &Root, run: &Run, budget: &InstanceBudget) -> RunReading {
    let survey = survey(loader, root, run.passed.as_deref(), budget);
    budget.is_exceeded.set(budget.is_exceeded.get() || survey.is_cut);
    let calls = survey.calls;
    let directories: Vec<PathBuf> = survey.modules.iter().map(|module| module.path.clone()).collect();
    let mut inventory = Inventory { problems: survey.refused.clone(), ..Inventory::default() };
    if !survey.may_have_keys() {
        return RunReading { inventory, calls, directories, ..RunReading::default() };
    }
    secrets::hide_in_modules(&survey.modules, loader.sources, &loader.hidden);
    inventory.modules_not_followed.clone_from(&survey.not_followed);
    if !survey.has_keys() {
        inventory.problems.extend(survey.problems);
        return RunReading { inventory, calls, directories, tree: survey.modules, ..RunReading::default() };
    }
    let module = loader.root(&root.path);
    let read = inputs::read(loader.request, loader.sources, &root.path, &module.shown, run.passed.as_deref());
    // A values file that the user passed shows that this module is a root.
    let root = &Root { is_final: root.is_final || run.passed.is_some(), ..root.clone() };
    if let Some(why) = loader.request.recorded.as_ref().and_then(|recorded| recorded::mismatch(&module.variables, recorded, loader.sources))
    {
        let message = format!("this configuration is not the one that the plan was created from: {why}");
        let place = Place::File(shown(&module).into());
        inventory.problems.push(Problem::new(ProblemKind::Structure, message).at(place));
        return RunReading { inventory, calls, directories, ..RunReading::default() };
    }
    inventory.problems.extend(survey.problems.iter().cloned());
    inventory.problems.extend(read.problems);
    inventory.comments.extend(read.comments);
    secrets::hide_inputs(read.inputs.file_values(), &module, loader.sources);
    let inputs = read.inputs.for_root(root);
    let shown: Arc<str> = shown(&module).into();
    let problems = Problems::default();
    let switched_off = SwitchedOffBlocks::default();
    let mut seen = Vec::new();
    (inventory.keys, inventory.hidden_keys) =
        read_keys(loader, root, &shown, &survey, &inputs, (&problems, &switched_off, &mut seen), budget);
    let found: HashSet<KeyBlock> = inventory.keys.iter().filter_map(|key| key.address.as_ref().map(key_block)).collect();
    inventory.switched_off = switched_off.take(&shown, run.label.as_ref(), |block| found.contains(block));
    for key in &mut inventory.keys {
        key.id.inputs.clone_from(&run.label);
    }
    inventory.notices.extend(problems.take_notices());
    let old = crate::terraform::modules::provider::old(loader.request, loader.sources, &root.path, &survey.modules).map(Arc::new);
    inventory.keys.iter_mut().for_each(|key| key.old_provider.clone_from(&old));
    inventory.problems.extend(problems.take());
    inventory.log.extend(log_lines(&survey, &inputs, &run_name(&shown, run), inventory.keys.len()));
    let nearby = runs::nearby_values_files(&root.path, &module.shown, loader.request);
    RunReading { inventory, calls, directories, tree: survey.modules.clone(), modules: survey.modules, used: read.used, nearby, seen }
}

/// The name of a run in the log: `prod (prod.tfvars)`.
fn run_name(shown: &str, run: &Run) -> String {
    run.label.as_ref().map_or_else(|| shown.to_owned(), |label| format!("{shown} ({label})"))
}

/// Log lines with the modules and inputs of a root.
fn log_lines(survey: &Survey, inputs: &Inputs, shown_root: &str, keys: usize) -> Vec<String> {
    let mut lines = vec![format!("root module `{shown_root}`: keys: {keys}")];
    if let [root, called @ ..] = survey.modules.as_slice() {
        lines.extend(called.iter().map(|module| format!("  module `{}`", shown(module))));
        lines.extend(inputs.shown_values(&root.variables).map(|(name, origin)| format!("  input `{name}` from {origin}")));
    }
    lines
}

fn shown(module: &Module) -> String {
    module.shown.to_string_lossy().replace('\\', "/")
}

/// The block that declares the key at an address.
fn key_block(address: &Address) -> KeyBlock {
    let path: Vec<&str> = address.modules.iter().map(|step| step.name.as_str()).collect();
    (path.join("."), Arc::clone(&address.name))
}

fn read_keys(
    loader: &Loader<'_>,
    root: &Root,
    shown: &Arc<str>,
    survey: &Survey,
    inputs: &Inputs,
    (problems, switched_off, seen): (&Problems, &SwitchedOffBlocks, &mut Vec<PathBuf>),
    budget: &InstanceBudget,
) -> (Keys, HiddenKeys) {
    let (workspace, problem) = workspace::find(loader.request, &loader.root(&root.path), loader.sources);
    if let Some(problem) = problem {
        problems.add(problem);
    }
    let world = |inputs: Inputs| {
        let world = World::new(loader, &root.path, inputs, workspace.clone(), budget);
        world.resources.time.set_modules(&survey.modules);
        world
    };
    let given_problems = Problems::default();
    let given = world(inputs.clone());
    let WorldReading { mut found, mut problems_by_key } =
        read_world(&given, shown, survey, (&given_problems, Some(switched_off)), seen, &|_, _| true);
    let hidden_keys = given.memo.take_hidden_keys();
    drop(given);
    problems.adopt(&given_problems);
    let given_problems = given_problems.take();
    if root.is_final || !inputs.has_open_variables(&loader.root(&root.path).variables) {
        given_problems.into_iter().for_each(|problem| problems.add(problem));
        return (found.into_iter().map(|(_, facts)| facts).collect(), hidden_keys);
    }
    // The root may be a library whose keys exist only with inputs that its callers set, so it is read again with made-up inputs.
    for fill in [LibraryInputs::Shallow, LibraryInputs::Deep, LibraryInputs::Open] {
        let mut settled: HashMap<&KeyBlock, bool> = HashMap::new();
        for (block, facts) in &found {
            *settled.entry(block).or_default() |= facts.symbolic.is_none();
        }
        let is_wanted = |block: &KeyBlock, is_filled: bool| match settled.get(block) {
            None => true,
            Some(is_certain) => !is_certain && fill == LibraryInputs::Shallow && (is_filled || problems_by_key.contains_key(block)),
        };
        let has_keys = survey.modules.iter().any(|module| module.managed.contains_key(kinds::KEY));
        if !has_keys {
            break;
        }
        let library = inputs.as_library(fill);
        // Faults that only a made-up input has are not reported. Neither are those of an empty input that the made-up one does not have:
        // the caller will pass another value.
        let made_up = Problems::default();
        let more = read_world(&world(library), shown, survey, (&made_up, None), seen, &is_wanted);
        problems.adopt(&made_up);
        let made_up: HashSet<(String, Option<Place>)> =
            made_up.take().into_iter().map(|problem| (problem.message, problem.place)).collect();
        let replaced: HashSet<KeyBlock> = more.found.iter().map(|(block, _)| block.clone()).collect();
        for (block, positions) in &mut problems_by_key {
            if replaced.contains(block) {
                positions.retain(|at| {
                    given_problems.get(*at).is_some_and(|problem| made_up.contains(&(problem.message.clone(), problem.place.clone())))
                });
            }
        }
        found.retain(|(block, _)| !replaced.contains(block));
        found.extend(more.found);
    }
    let kept: HashSet<usize> = problems_by_key.into_values().flatten().collect();
    for (at, problem) in given_problems.into_iter().enumerate() {
        if kept.contains(&at) {
            problems.add(problem);
        }
    }
    (found.into_iter().map(|(_, facts)| facts).collect(), hidden_keys)
}

/// The keys of one world.
#[derive(Default)]
struct WorldReading {
    found: Vec<(KeyBlock, Box<KeyFacts>)>,
    /// The positions of the problems that were found while each key was read. Problems that belong to no key have an empty block.
    problems_by_key: HashMap<KeyBlock, Vec<usize>>,
}

/// Reads those keys of a world for which `is_wanted` is true; it gets the key's block and whether its instance comes from a made-up entry.
fn read_world(
    world: &World<'_>,
    root: &Arc<str>,
    survey: &Survey,
    (problems, switched_off): (&Problems, Option<&SwitchedOffBlocks>),
    files: &mut Vec<PathBuf>,
    is_wanted: &dyn Fn(&KeyBlock, bool) -> bool,
) -> WorldReading {
    let walk = InstanceWalk::new(world, &survey.key_directories, problems).collecting(switched_off);
    let mut keys: Option<KeyReader<'_>> = None;
    let mut reading = WorldReading::default();
    let mut before = 0;
    let is_library = world.inputs.library.is_some();
    walk.visit_all(&kinds::KEY.into(), &mut |visit| {
        let block = (visit.at.path.clone(), Arc::clone(&visit.resource.name));
        if (is_library && visit.symbolic.is_none()) || !is_wanted(&block, is_filled(&visit)) {
            return;
        }
        let relations = || Relations::read(&InstanceWalk::new(world, &survey.key_directories, problems));
        let keys = keys.get_or_insert_with(|| KeyReader::new(root, relations()));
        let reader = BlockReader { world, at: visit.at, each: &visit.each, problems };
        let symbolic = visit.symbolic.as_deref().cloned();
        let key = KeyInstance { resource: visit.resource, block: visit.block, key: visit.key.clone(), symbolic };
        let facts = keys.facts(&reader, &key);
        walk.count_tags(&facts);
        let after = problems.count();
        if after > before {
            reading.problems_by_key.entry(block.clone()).or_default().extend(before..after);
        }
        before = after;
        reading.found.push((block, facts));
    });
    if problems.count() > before {
        reading.problems_by_key.entry((String::new(), "".into())).or_default().extend(before..problems.count());
    }
    files.extend(world.tree.files.seen());
    reading
}

/// Whether an instance exists because of an entry that was added to an empty input.
fn is_filled(visit: &Visit<'_>) -> bool {
    let is_made_up = |each: &Each| match each {
        Each::Element(value, _) | Each::Index(value) => value.marks.by_caller && !value.is_unknown(),
        Each::None => false,
    };
    let mut around = std::iter::successors(Some(visit.at), |at: &&Rc<ModuleInstance>| at.parent.as_ref().map(|(parent, _)| parent));
    is_made_up(&visit.each) || around.any(|at| is_made_up(&at.each))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Sources;
    use crate::terraform::request::ScanRequest;
    use crate::terraform::session::read;
    use crate::terraform::world::budget::MAX_VISITS;

    /// Reads root modules `a`, `b`, … with the given numbers of keys. Returns the number of keys read and the messages of all problems.
    fn read_roots(keys: &[usize]) -> (usize, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        for (name, count) in ["a", "b", "c"].iter().zip(keys) {
            std::fs::create_dir(directory.path().join(name)).unwrap();
            let text = format!("resource \"oci_kms_key\" \"k\" {{\n  count = {count}\n}}\n");
            std::fs::write(directory.path().join(name).join("main.tf"), text).unwrap();
        }
        let read = read(&ScanRequest::new(directory.path().to_path_buf(), Vec::new()), &Arc::new(Sources::default()));
        (read.keys.len(), read.problems.into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn root_above_its_share_gets_what_other_roots_leave() {
        assert_eq!(read_roots(&[500, 2000, 100]), (2600, Vec::new()));
        assert_eq!(read_roots(&[2900]), (2900, Vec::new()));
    }

    #[test]
    fn roots_with_too_many_instances_together_are_cut_at_the_same_key_in_every_run() {
        let (count, messages) = read_roots(&[1500, 1400, 1300]);
        assert!((2900..3000).contains(&count), "{count}");
        assert!(
            matches!(messages.as_slice(), [message] if message.contains("more than 3000 instances") && message.contains("`c`")),
            "{messages:?}"
        );
        assert_eq!(read_roots(&[1500, 1400, 1300]), (count, messages));
    }

    #[test]
    fn tree_shared_by_too_many_roots_is_cut_and_reported_once() {
        let directory = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let calls: String = (0..200).map(|at| format!("module \"m{at}\" {{\n  source = \"../leaf\"\n}}\n")).collect();
        write("tree/main.tf", &calls);
        write("leaf/main.tf", "resource \"oci_kms_key\" \"k\" {}\n");
        (0..30).for_each(|at| write(&format!("r{at}/main.tf"), "module \"tree\" {\n  source = \"../tree\"\n}\n"));
        let read = || {
            let read = read(&ScanRequest::new(directory.path().to_path_buf(), Vec::new()), &Arc::new(Sources::default()));
            (read.keys.len(), read.problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>())
        };
        let (count, messages) = read();
        assert!((1000..MAX_VISITS).contains(&count), "{count}");
        let reports = messages.iter().filter(|message| message.contains("module calls together; the rest was not followed")).count();
        assert_eq!(reports, 1, "{messages:?}");
        assert_eq!(read(), (count, messages), "the result does not depend on threads");
    }
}
