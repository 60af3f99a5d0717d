//! The static module tree of a root: follows all module calls, whatever their `count` evaluates to.

use crate::base::{Place, Problem, ProblemKind, Reason, Span, disk};
use crate::eval::Account;
use crate::hcl::Block;
use crate::key::ModuleNotFollowed;
use crate::terraform::blocks::constants::literal_source;
use crate::terraform::discovery::calls::{CallSource, CallTarget, Located};
use crate::terraform::discovery::providers::{NamedProviders, named_by_lock};
use crate::terraform::inputs;
use crate::terraform::inputs::workspace;
use crate::terraform::modules::loader::{CONFINED, Loader};
use crate::terraform::modules::module::Module;
use crate::terraform::modules::root::Root;
use crate::terraform::modules::secrets;
use crate::terraform::request::FileDialect;
use crate::terraform::scope::descend;
use crate::terraform::scope::early;
use crate::terraform::world::World;
use crate::terraform::world::budget::{InstanceBudget, MAX_VISITS};
use crate::terraform::world::instance::{Each, ModuleInstance};
use crate::terraform::world::tree::MAX_DEPTH;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// The maximum number of module calls in the tree of one root.
const MAX_CALLS: usize = 20_000;

/// The module tree of one root.
#[derive(Default)]
pub(crate) struct Survey {
    /// All modules of the tree, each once, the root first.
    pub modules: Vec<Arc<Module>>,
    /// Directories whose trees have a key or a resource related to keys.
    pub key_directories: HashSet<PathBuf>,
    /// Missing directories and cycles. Problems with the files of a module are in [`Module::problems`].
    pub problems: Vec<Problem>,
    /// Calls that `--confined` refuses. They are problems even if the root has no keys.
    pub refused: Vec<Problem>,
    /// Whether the tree has more calls than were followed.
    pub is_cut: bool,
    /// The number of calls followed.
    pub calls: usize,
    /// Calls of modules that are not on disk.
    pub not_followed: Vec<ModuleNotFollowed>,
    /// The providers that the tree names.
    named: NamedProviders,
}

impl Survey {
    /// Whether the tree declares a key.
    pub(crate) fn has_keys(&self) -> bool {
        self.modules.iter().any(|module| module.has_keys())
    }

    /// Whether the tree declares a key, or may have one in a part that could not be read.
    pub(crate) fn may_have_keys(&self) -> bool {
        self.named.may_have_keys() || self.has_keys()
    }
}

/// Surveys the tree of a root, within a budget. `passed`: the values file that the run is for.
pub(crate) fn survey(loader: &Loader<'_>, root: &Root, passed: Option<&Path>, budget: &InstanceBudget) -> Survey {
    let dialect = loader.dialect(&root.path);
    let module = loader.module(&root.path, dialect);
    let shown = module.shown.display().to_string();
    let mut surveyor = Surveyor {
        loader,
        root,
        passed,
        dialect,
        shown,
        budget,
        source_world: OnceCell::new(),
        survey: Survey::default(),
        done: HashMap::new(),
        stack: Vec::new(),
        calls: 0,
        reported: HashSet::new(),
    };
    surveyor.visit(&module, "");
    let mut survey = Survey { calls: surveyor.calls, ..surveyor.survey };
    survey.modules.iter().for_each(|module| survey.named.add(module.named));
    // Read the lock file only if it makes a difference.
    let is_faulty = |module: &Arc<Module>| !module.problems.is_empty() || !module.refused.is_empty();
    let is_complete = survey.problems.is_empty() && survey.not_followed.is_empty() && !survey.modules.iter().any(is_faulty);
    if !survey.named.oci && !is_complete {
        survey.named.add(named_by_lock(&root.path, loader.request));
    }
    survey
}

/// A directory on the path of calls to the current module.
struct Visited {
    path: PathBuf,
    /// Whether users can edit it: it is in the repository and not installed.
    is_editable: bool,
    /// The call of the next directory, and its header.
    next: Option<(Arc<str>, Span)>,
}

struct Surveyor<'s> {
    loader: &'s Loader<'s>,
    root: &'s Root,
    passed: Option<&'s Path>,
    dialect: FileDialect,
    shown: String,
    budget: &'s InstanceBudget,
    /// Evaluates the sources that are not plain strings.
    source_world: OnceCell<World<'s>>,
    survey: Survey,
    /// Visited directories, and whether anything in their trees depends on the path of calls.
    done: HashMap<PathBuf, bool>,
    /// The directories on the path of calls to the current module.
    stack: Vec<Visited>,
    calls: usize,
    /// The problems already reported.
    reported: HashSet<(String, Span)>,
}

impl Surveyor<'_> {
    /// Visits a module. Returns whether anything in its tree depends on the path of calls.
    fn visit(&mut self, module: &Arc<Module>, path: &str) -> bool {
        let is_first = !self.done.contains_key(&module.path);
        if is_first {
            self.survey.modules.push(Arc::clone(module));
        }
        let mut depends_on_path = false;
        let mut has_any = module.has_key_relatives();
        let is_editable = !module.is_outside && !self.loader.request.is_installed(&self.root.path, &module.path);
        self.stack.push(Visited { path: module.path.clone(), is_editable, next: None });
        for (name, call) in &module.calls {
            if self.calls >= self.budget.max_visits && self.budget.max_visits < MAX_CALLS {
                self.report_too_many_calls();
                break;
            }
            self.calls += 1;
            if self.calls > MAX_CALLS {
                let message = format!("root module `{}` has more than {MAX_CALLS} module calls", self.shown);
                self.report(message, call.header, None);
                break;
            }
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            let located = self.locate(module, &path, name, call);
            depends_on_path |= located.depends_on_path;
            has_any |= self.follow(module, name, call, &path, located, &mut depends_on_path);
        }
        self.stack.pop();
        if has_any {
            self.survey.key_directories.insert(module.path.clone());
        }
        self.done.insert(module.path.clone(), depends_on_path);
        depends_on_path
    }

    /// The header of a call, or of the innermost call around it that users can edit: they cannot edit an installed module.
    fn editable_call(&self, call: Span) -> Span {
        match self.stack.last() {
            Some(here) if !here.is_editable => {
                let editable = self.stack.iter().rev().find(|around| around.is_editable);
                editable.and_then(|around| around.next.as_ref()).map_or(call, |(_, header)| *header)
            }
            _ => call,
        }
    }

    /// Follows a call. Returns whether the tree of its target has keys or related resources.
    fn follow(
        &mut self,
        module: &Arc<Module>,
        name: &Arc<str>,
        call: &Block,
        path: &str,
        located: Located,
        depends_on_path: &mut bool,
    ) -> bool {
        let place = call.body.attribute("source").map_or(call.header, |source| source.value.span);
        let is_place_hidden = self.loader.sources.quote(place).is_none();
        match located.target {
            CallTarget::Directory { path: directory, .. } => {
                if self.stack.iter().any(|around| around.path == directory) {
                    let message = format!("the call of module `{name}` forms a cycle");
                    self.report(message, place, Some("Break the cycle: Terraform cannot load such a tree".to_owned()));
                } else if self.stack.len() >= MAX_DEPTH {
                    let message = format!("module calls nest deeper than {MAX_DEPTH} levels; modules below `{name}` were not checked");
                    self.report(message, place, None);
                } else {
                    // A directory is followed once, unless something in its tree depends on the path of calls: an installed module, or a
                    // source that is not a plain string.
                    if self.done.get(&directory) != Some(&false) {
                        if let Some(here) = self.stack.last_mut() {
                            here.next = Some((Arc::clone(name), call.header));
                        }
                        let below = self.loader.module(&directory, self.dialect);
                        *depends_on_path |= self.visit(&below, path);
                    }
                    return self.survey.key_directories.contains(&directory);
                }
            }
            CallTarget::Missing => {
                let source = located.source.filter(|source| !source.is_hidden && !is_place_hidden).map(|source| source.text);
                let message = match &source {
                    Some(source) => format!("the directory `{source}` of module `{name}` does not exist"),
                    None => format!("the directory of module `{name}` does not exist"),
                };
                let help = source.and_then(|source| self.loader.nearby.suggest(&module.path, &source)).map_or_else(
                    || "Correct the `source`, or check out the directory (a git submodule, a sparse checkout)".to_owned(),
                    |near| format!("Did you mean `{near}`?"),
                );
                self.report(message, place, Some(help));
            }
            CallTarget::Unavailable(why) => {
                if call.body.attribute("source").is_none() {
                    let message = format!("module call `{name}` has no `source`");
                    self.report(message, call.header, Some("Add the `source` of the module, or remove the call".to_owned()));
                }
                if &*why == CONFINED {
                    let problem = Problem::new(ProblemKind::Structure, format!("module `{name}` was not followed: {CONFINED}"));
                    self.survey.refused.push(problem.at(Place::Source(place)));
                }
                if let Some(error) = located.refused {
                    self.report(error.message, error.span.unwrap_or(place), Some("Make the source a constant".to_owned()));
                }
                let quoted = || {
                    let source = &call.body.attribute("source")?.value;
                    secrets::hide_calls(source, self.loader.sources);
                    self.loader.sources.quote(source.span)
                };
                let source = located.source.filter(|source| !source.is_hidden && !is_place_hidden);
                let source = source.map(|source| source.text.to_string()).or_else(quoted);
                self.survey.not_followed.push(ModuleNotFollowed {
                    address: format!("module.{}", path.replace('.', ".module.")),
                    root: self.shown.clone(),
                    source: source.unwrap_or_default(),
                    place: Place::Source(self.editable_call(call.header)),
                    why: why.to_string(),
                });
            }
        }
        false
    }

    /// The target of a call. Most sources are plain strings, which need no evaluation.
    fn locate(&self, module: &Arc<Module>, path: &str, name: &str, call: &Block) -> Located {
        if let Some(source) = literal_source(call) {
            let target = self.loader.locate(&self.root.path, path, module, source, call);
            return Located {
                target,
                source: Some(CallSource::literal(source)),
                refused: None,
                depends_on_path: !crate::terraform::discovery::directory::is_local(source),
            };
        }
        match self.current_instance() {
            Ok((world, at)) => early::locate(world, &at, name, call),
            Err(why) => Located { target: CallTarget::Unavailable(why), source: None, refused: None, depends_on_path: true },
        }
    }

    /// An instance of the current module, good enough to evaluate sources, which must be constant.
    fn current_instance(&self) -> Result<(&World<'_>, Rc<ModuleInstance>), Reason> {
        let world = self.source_world.get_or_init(|| source_world(self.loader, self.root, self.passed, self.budget));
        let mut at = world.tree.top();
        let around = self.stack.len().saturating_sub(1);
        for name in self.stack.iter().take(around).filter_map(|around| around.next.as_ref().map(|(name, _)| name)) {
            let module = Arc::clone(&at.module);
            let call = module.calls.get(name).ok_or("its caller is unknown")?;
            at = descend::child(world, &at, name, call, None, Each::None)?;
        }
        Ok((world, at))
    }

    /// Reports that the root modules have too many calls. The message names no root module, so that it is reported once for all of them.
    fn report_too_many_calls(&mut self) {
        if !std::mem::replace(&mut self.survey.is_cut, true) {
            let message = format!("the root modules have more than {MAX_VISITS} module calls together; the rest was not followed");
            self.survey.problems.push(Problem::new(ProblemKind::Structure, message));
        }
    }

    fn report(&mut self, message: String, span: Span, help: Option<String>) {
        let problem = Problem::new(ProblemKind::Structure, message).at(Place::Source(span));
        let problem = match help {
            Some(help) => problem.help(help),
            None => problem,
        };
        if self.reported.insert((problem.message.clone(), span)) {
            self.survey.problems.push(problem);
        }
    }
}

/// The budget for evaluating the sources of one directory before the roots are known: a small part of a run.
fn source_budget(loader: &Loader<'_>) -> InstanceBudget {
    let limits = loader.request.limits;
    let account = Account::new(limits, limits.run_work / SOURCE_BUDGET_DIVISOR, limits.run_kept / SOURCE_BUDGET_DIVISOR);
    InstanceBudget::new(MAX_VISITS, account)
}

const SOURCE_BUDGET_DIVISOR: u64 = 10_000;

/// A world that evaluates nothing but the sources of module calls.
fn source_world<'s>(loader: &'s Loader<'s>, root: &Root, passed: Option<&Path>, budget: &'s InstanceBudget) -> World<'s> {
    let module = loader.root(&root.path);
    let inputs = inputs::read(loader.request, loader.sources, &root.path, &module.shown, passed).inputs;
    let (workspace, _) = workspace::find(loader.request, &module, loader.sources);
    World::new(loader, &root.path, inputs.for_root(root), workspace, budget)
}

/// The targets of a directory's calls.
#[derive(Default)]
pub(super) struct Targets {
    pub found: Vec<PathBuf>,
    /// Whether the target of a call was not found.
    pub has_unresolved: bool,
    /// Directories below which the target of a call with an unknown source may be.
    pub below: Vec<PathBuf>,
}

/// The targets of the calls of a directory, as if it were a root.
pub(super) fn targets(loader: &Loader<'_>, path: &Path) -> Targets {
    let root = Root::alone(path);
    let module = loader.root(path);
    let budget = source_budget(loader);
    let world = OnceCell::new();
    let mut targets = Targets::default();
    for (name, call) in &module.calls {
        let target = match literal_source(call) {
            Some(source) => loader.locate(path, name, &module, source, call),
            None => {
                let world = world.get_or_init(|| source_world(loader, &root, None, &budget));
                let located = early::locate(world, &world.tree.top(), name, call);
                if located.source.is_none() && matches!(located.target, CallTarget::Unavailable(_)) {
                    targets.below.push(disk::tidy(&path.join(early::constant_prefix(call))));
                }
                located.target
            }
        };
        match target {
            CallTarget::Directory { path, .. } => targets.found.push(path),
            CallTarget::Missing | CallTarget::Unavailable(_) => targets.has_unresolved = true,
        }
    }
    targets
}
