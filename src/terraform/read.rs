//! One run of a root module: its inputs chosen, its tree evaluated, its keys read. It never fails: what could not be read is among the
//! problems.

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
use crate::terraform::keys::switched_off::{KeyBlock, Off};
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
use crate::terraform::world::instance::{Each, Instance, Visit};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// What one run of a root finds.
#[derive(Clone, Default)]
pub(super) struct RunReading {
    pub inventory: Inventory,
    /// How many module calls were followed.
    pub calls: usize,
    /// The directories of all modules of its tree.
    pub directories: Vec<PathBuf>,
    /// The modules of its tree, if it may have keys.
    pub tree: Vec<Arc<Module>>,
    /// The modules of its tree, if it has any key.
    pub modules: Vec<Arc<Module>>,
    /// The values files that it used, and those that it could have used.
    pub used: Vec<PathBuf>,
    pub near: Vec<(PathBuf, PathBuf)>,
    /// What file functions looked at.
    pub seen: Vec<PathBuf>,
}

/// The `--var`s that no root module declares; roots without keys may declare them, too.
pub(super) fn undeclared(loader: &Loader<'_>, scan: &Scan, roots: &Roots, runs: &[Run]) -> Vec<Problem> {
    let own: Vec<Arc<Module>> = runs.iter().map(|run| loader.root(&run.root)).collect();
    let is_called = |path: &&PathBuf| scan.candidates.contains(*path) && !roots.has(path);
    inputs::undeclared(loader.request, &own, || scan.walked.iter().filter(|path| !is_called(path)).map(|path| loader.root(path)).collect())
}

/// What is reported where the limits of a run were too small.
pub(super) fn too_costly(request: &ScanRequest, runs: &[Run], short: &[usize]) -> Option<Problem> {
    let first = request.shown(&runs.get(*short.first()?)?.root);
    let message = match short.len() {
        1 => format!("the expressions of root module `{}` are too costly to evaluate", first.display()),
        count => format!("the expressions of {count} root modules are too costly to evaluate, the first is `{}`", first.display()),
    };
    let help = "Values that were not evaluated are unknown. Check fewer root modules at a time, or simplify their expressions.";
    Some(Problem::new(ProblemKind::Structure, message).help(help))
}

pub(super) fn one_run(loader: &Loader<'_>, root: &Root, run: &Run, budget: &InstanceBudget) -> RunReading {
    let survey = survey(loader, root, run.passed.as_deref(), budget);
    budget.is_exceeded.set(budget.is_exceeded.get() || survey.is_cut);
    let calls = survey.calls;
    let directories: Vec<PathBuf> = survey.modules.iter().map(|module| module.path.clone()).collect();
    let mut inventory = Inventory { problems: survey.refused.clone(), ..Inventory::default() };
    if !survey.may_have_keys() {
        return RunReading { inventory, calls, directories, ..RunReading::default() };
    }
    secrets::veil(&survey.modules, loader.sources, &loader.veiled);
    inventory.modules_not_followed.clone_from(&survey.not_followed);
    if !survey.has_keys() {
        inventory.problems.extend(survey.problems);
        return RunReading { inventory, calls, directories, tree: survey.modules, ..RunReading::default() };
    }
    let module = loader.root(&root.path);
    let read = inputs::read(loader.request, loader.sources, &root.path, &module.shown, run.passed.as_deref());
    // Values that are passed are those of a root.
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
    secrets::veil_inputs(read.inputs.written(), &module, loader.sources);
    let inputs = read.inputs.of(root);
    let shown: Arc<str> = shown(&module).into();
    let problems = Problems::default();
    let off = Off::default();
    let mut seen = Vec::new();
    (inventory.keys, inventory.hidden_keys) = keys(loader, root, &shown, &survey, &inputs, (&problems, &off, &mut seen), budget);
    let declared: HashSet<KeyBlock> = inventory.keys.iter().filter_map(|key| key.address.as_ref().map(declared)).collect();
    inventory.switched_off = off.take(&shown, run.label.as_ref(), |block| declared.contains(block));
    for key in &mut inventory.keys {
        key.id.inputs.clone_from(&run.label);
    }
    inventory.notices.extend(problems.take_notices());
    let old = crate::terraform::modules::provider::old(loader.request, loader.sources, &root.path, &survey.modules).map(Arc::new);
    inventory.keys.iter_mut().for_each(|key| key.old_provider.clone_from(&old));
    inventory.problems.extend(problems.take());
    inventory.log.extend(used(&survey, &inputs, &name(&shown, run), inventory.keys.len()));
    let near = runs::values_near(&root.path, &module.shown, loader.request);
    RunReading { inventory, calls, directories, tree: survey.modules.clone(), modules: survey.modules, used: read.used, near, seen }
}

/// A run as people name it: `prod (prod.tfvars)`.
fn name(shown: &str, run: &Run) -> String {
    run.label.as_ref().map_or_else(|| shown.to_owned(), |label| format!("{shown} ({label})"))
}

/// What a root is made of, for those who wonder where a value came from.
fn used(survey: &Survey, inputs: &Inputs, shown_root: &str, keys: usize) -> Vec<String> {
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

/// The block that a key is declared by.
fn declared(address: &Address) -> KeyBlock {
    let path: Vec<&str> = address.modules.iter().map(|step| step.name.as_str()).collect();
    (path.join("."), Arc::clone(&address.name))
}

fn keys(
    loader: &Loader<'_>,
    root: &Root,
    shown: &Arc<str>,
    survey: &Survey,
    inputs: &Inputs,
    (problems, off, seen): (&Problems, &Off, &mut Vec<PathBuf>),
    budget: &InstanceBudget,
) -> (Keys, HiddenKeys) {
    let (workspace, problem) = workspace::find(loader.request, &loader.root(&root.path), loader.sources);
    if let Some(problem) = problem {
        problems.add(problem);
    }
    let world = |inputs: Inputs| {
        let world = World::new(loader, &root.path, inputs, workspace.clone(), budget);
        world.resources.passing.know(&survey.modules);
        world
    };
    let own = Problems::default();
    let given = world(inputs.clone());
    let WorldReading { mut found, mut refused } = read_world(&given, shown, survey, (&own, Some(off)), seen, &|_, _| true);
    let hidden_keys = given.memo.take_hidden_keys();
    drop(given);
    problems.adopt(&own);
    let own = own.take();
    if root.is_final || !inputs.has_open(&loader.root(&root.path).variables) {
        own.into_iter().for_each(|problem| problems.add(problem));
        return (found.into_iter().map(|(_, facts)| facts).collect(), hidden_keys);
    }
    // Keys that come of inputs which no one sets: the root may be a library, and silence would be wrong.
    for fill in [LibraryInputs::Shallow, LibraryInputs::Deep, LibraryInputs::Open] {
        let mut settled: HashMap<&KeyBlock, bool> = HashMap::new();
        for (declared, facts) in &found {
            *settled.entry(declared).or_default() |= facts.symbolic.is_none();
        }
        let wanted = |declared: &KeyBlock, is_filled: bool| match settled.get(declared) {
            None => true,
            Some(is_certain) => !is_certain && fill == LibraryInputs::Shallow && (is_filled || refused.contains_key(declared)),
        };
        let all = survey.modules.iter().any(|module| module.managed.contains_key(kinds::KEY));
        if !all {
            break;
        }
        let library = inputs.as_library(fill);
        // What Terraform would reject of a made-up input is no one's fault. What it refuses of an empty one, and not of the made-up one, is
        // no fault either: the caller will give another.
        let made_up = Problems::default();
        let more = read_world(&world(library), shown, survey, (&made_up, None), seen, &wanted);
        problems.adopt(&made_up);
        let made_up: HashSet<(String, Option<Place>)> =
            made_up.take().into_iter().map(|problem| (problem.message, problem.place)).collect();
        let replaced: HashSet<KeyBlock> = more.found.iter().map(|(declared, _)| declared.clone()).collect();
        for (declared, problems) in &mut refused {
            if replaced.contains(declared) {
                problems.retain(|at| own.get(*at).is_some_and(|own| made_up.contains(&(own.message.clone(), own.place.clone()))));
            }
        }
        found.retain(|(declared, _)| !replaced.contains(declared));
        found.extend(more.found);
    }
    let kept: HashSet<usize> = refused.into_values().flatten().collect();
    for (at, problem) in own.into_iter().enumerate() {
        if kept.contains(&at) {
            problems.add(problem);
        }
    }
    (found.into_iter().map(|(_, facts)| facts).collect(), hidden_keys)
}

/// What one look at a world finds.
#[derive(Default)]
struct WorldReading {
    /// The keys.
    found: Vec<(KeyBlock, Box<KeyFacts>)>,
    /// The positions of the problems that were found on the way to each key; those of no key are under the empty name.
    refused: HashMap<KeyBlock, Vec<usize>>,
}

/// Reads the keys of a world that are wanted.
fn read_world(
    world: &World<'_>,
    root: &Arc<str>,
    survey: &Survey,
    (problems, off): (&Problems, Option<&Off>),
    files: &mut Vec<PathBuf>,
    wanted: &dyn Fn(&KeyBlock, bool) -> bool,
) -> WorldReading {
    let walk = InstanceWalk::new(world, &survey.leads, problems).noting(off);
    let mut keys: Option<KeyReader<'_>> = None;
    let mut seen = WorldReading::default();
    let mut before = 0;
    let is_library = world.inputs.library.is_some();
    walk.each(&kinds::KEY.into(), &mut |visit| {
        let declared = (visit.at.path.clone(), Arc::clone(&visit.of.name));
        if (is_library && visit.symbolic.is_none()) || !wanted(&declared, is_filled(&visit)) {
            return;
        }
        let keys = keys.get_or_insert_with(|| KeyReader::new(root, Relations::read(&InstanceWalk::new(world, &survey.leads, problems))));
        let reader = BlockReader { world, at: visit.at, each: &visit.each, problems };
        let symbolic = visit.symbolic.as_deref().cloned();
        let key = KeyInstance { of: visit.of, block: visit.block, key: visit.key.clone(), symbolic };
        let facts = keys.facts(&reader, &key);
        walk.weigh(&facts);
        let after = problems.count();
        if after > before {
            seen.refused.entry(declared.clone()).or_default().extend(before..after);
        }
        before = after;
        seen.found.push((declared, facts));
    });
    if problems.count() > before {
        seen.refused.entry((String::new(), "".into())).or_default().extend(before..problems.count());
    }
    files.extend(world.tree.files.seen());
    seen
}

/// Whether an instance comes of an entry that was put into an empty input.
fn is_filled(visit: &Visit<'_>) -> bool {
    let filled = |each: &Each| match each {
        Each::Element(value, _) | Each::Index(value) => value.marks.by_caller && !value.is_unknown(),
        Each::None => false,
    };
    let mut around = std::iter::successors(Some(visit.at), |at: &&Rc<Instance>| at.parent.as_ref().map(|(parent, _)| parent));
    filled(&visit.each) || around.any(|at| filled(&at.each))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Sources;
    use crate::terraform::request::ScanRequest;
    use crate::terraform::session::read;
    use crate::terraform::world::budget::MAX_VISITS;

    /// Reads root modules `a`, `b`, … with this many keys each: how many were read, and what was reported.
    fn of(keys: &[usize]) -> (usize, Vec<String>) {
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
    fn a_root_that_needs_more_than_its_share_gets_what_the_others_leave() {
        assert_eq!(of(&[500, 2000, 100]), (2600, Vec::new()));
        assert_eq!(of(&[2900]), (2900, Vec::new()));
    }

    #[test]
    fn roots_that_fill_the_memory_together_are_cut_at_the_same_key_on_every_run() {
        let (count, said) = of(&[1500, 1400, 1300]);
        assert!((2900..3000).contains(&count), "{count}");
        assert!(matches!(said.as_slice(), [one] if one.contains("more than 3000 instances") && one.contains("`c`")), "{said:?}");
        assert_eq!(of(&[1500, 1400, 1300]), (count, said));
    }

    #[test]
    fn a_tree_that_many_roots_share_is_followed_as_often_as_there_is_room_for_and_that_is_said_once() {
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
        let (count, said) = read();
        assert!((1000..MAX_VISITS).contains(&count), "{count}");
        let of_calls = said.iter().filter(|message| message.contains("module calls together; the rest was not followed")).count();
        assert_eq!(of_calls, 1, "{said:?}");
        assert_eq!(read(), (count, said), "nothing depends on threads");
    }
}
