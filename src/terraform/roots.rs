//! Which folders are root modules, and what hangs below each: the static tree of module calls.

use super::calls::{self, Manifest, Target};
use super::discover::{self, Scan};
use super::folder::{Folder, is_local};
use super::module::{Module, source_of};
use super::request::Request;
use crate::base::{Place, Problem, ProblemKind, Sources, Span};
use crate::key::ModuleNotFollowed;
use crate::terraform::syntax::Block;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How deep module calls may nest. Terraform has no limit; people's deepest are below 10.
pub(super) const MAX_DEPTH: usize = 64;
/// How many module calls one root may have in all, repeated ones counted where they matter.
const MAX_CALLS: usize = 20_000;

/// Why a call is not followed out of the repository.
const CONFINED: &str = "it lies outside of the repository, and `--confined` refuses to leave it";

/// Parses each folder once, for all roots that need it.
pub(super) struct Loader<'r> {
    pub request: &'r Request,
    pub sources: &'r Sources,
    manifests: HashMap<PathBuf, Manifest>,
    folders: Mutex<HashMap<PathBuf, Folder>>,
    modules: Mutex<HashMap<PathBuf, Arc<OnceLock<Arc<Module>>>>>,
    /// What counts as the repository.
    bounds: OnceLock<Vec<PathBuf>>,
}

impl<'r> Loader<'r> {
    /// A loader over what a scan has read.
    pub(super) fn new(request: &'r Request, sources: &'r Sources, scan: &mut Scan) -> Self {
        Self {
            request,
            sources,
            manifests: std::mem::take(&mut scan.manifests),
            folders: Mutex::new(std::mem::take(&mut scan.folders)),
            modules: Mutex::default(),
            bounds: OnceLock::new(),
        }
    }

    /// The module in a folder.
    pub(super) fn module(&self, path: &Path) -> Arc<Module> {
        let cell = {
            let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(modules.entry(path.to_path_buf()).or_default())
        };
        let parse = || {
            let folder = self.folders.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
            let folder = folder.unwrap_or_else(|| discover::beside(path.to_path_buf(), self.request.shown(path), self.request));
            let mut module = Module::parse(folder, self.sources);
            if self.is_outside(path) {
                module.is_outside = true;
                module.texts.iter().for_each(|text| self.sources.mark_outside(*text));
            }
            Arc::new(module)
        };
        Arc::clone(cell.get_or_init(parse))
    }

    /// Whether a directory lies outside of the repository.
    fn is_outside(&self, path: &Path) -> bool {
        !self.bounds.get_or_init(|| self.request.bounds()).iter().any(|folder| path.starts_with(folder))
    }

    /// Why a directory is not entered, where it must not be.
    fn refusal(&self, path: &Path) -> Option<&'static str> {
        if crate::base::disk::is_git(path) {
            Some("it lies in `.git`, which is never read")
        } else if self.request.confined && self.is_outside(path) {
            Some(CONFINED)
        } else {
            None
        }
    }

    /// Where a call leads. `path` is the call's path from the root, `a.b`.
    pub(super) fn target(&self, root: &Path, path: &str, caller: &Module, call: &Block) -> Target {
        let target = match source_of(call) {
            Some((source, _)) => calls::locate(source, path, &caller.path, self.manifests.get(root)),
            None if call.body.attribute("source").is_some() => Target::Elsewhere("its source is not a literal"),
            None => Target::Elsewhere("it has no source"),
        };
        match &target {
            Target::Folder(folder) => self.refusal(folder).map_or(target, Target::Elsewhere),
            _ => target,
        }
    }
}

/// The root modules among what was scanned, each list sorted by path.
pub(super) struct Roots {
    /// All that may have keys.
    pub all: Vec<PathBuf>,
    /// Those that are checked with the inputs that every root has.
    pub checked: Vec<PathBuf>,
}

/// The roots among what was scanned.
pub(super) fn find(loader: &Loader<'_>, scan: &Scan) -> Roots {
    let candidates: Vec<&PathBuf> = scan.candidates.iter().collect();
    let calls: Vec<(&PathBuf, Vec<PathBuf>)> = candidates.par_iter().map(|path| (*path, local_calls(&loader.module(path)))).collect();
    let called: HashSet<&PathBuf> = calls.iter().flat_map(|(path, targets)| targets.iter().filter(move |target| target != path)).collect();
    let edges: HashMap<&PathBuf, &Vec<PathBuf>> = calls.iter().map(|(path, targets)| (*path, targets)).collect();
    let walked = || candidates.iter().copied().filter(|path| scan.walked.contains(*path));

    let mut roots: Vec<&PathBuf> = walked().filter(|path| !called.contains(path)).collect();
    let mut covered: HashSet<&PathBuf> = HashSet::new();
    roots.iter().for_each(|root| cover(root, &edges, &mut covered));
    // Folders that call each other in a circle have no root: the first of them stands for one, so that they are not passed over.
    for path in walked() {
        if !covered.contains(path) {
            roots.push(path);
            cover(path, &edges, &mut covered);
        }
    }
    roots.sort();
    let all: Vec<PathBuf> = roots.iter().copied().cloned().collect();
    if !scan.focus.is_empty() || !scan.values.is_empty() {
        let focus: Vec<&Path> = scan.focus.iter().map(|folder| nearest_module(folder, scan)).collect();
        roots.retain(|root| {
            let mut tree = HashSet::new();
            cover(root, &edges, &mut tree);
            scan.named.iter().any(|named| root.starts_with(named))
                || focus.iter().any(|folder| tree.iter().any(|path| path.as_path() == *folder))
        });
    }
    Roots { checked: roots.into_iter().cloned().collect(), all }
}

/// The last file of a directory may have been deleted.
fn nearest_module<'p>(folder: &'p Path, scan: &Scan) -> &'p Path {
    folder.ancestors().find(|folder| scan.walked.contains(*folder)).unwrap_or(folder)
}

fn cover<'p>(root: &'p PathBuf, edges: &HashMap<&'p PathBuf, &'p Vec<PathBuf>>, covered: &mut HashSet<&'p PathBuf>) {
    let mut open = vec![root];
    while let Some(path) = open.pop() {
        if covered.insert(path) {
            open.extend(edges.get(path).into_iter().flat_map(|targets| targets.iter()));
        }
    }
}

fn local_calls(module: &Module) -> Vec<PathBuf> {
    let sources = module.calls.values().filter_map(source_of).filter(|(source, _)| is_local(source));
    sources.filter_map(|(source, _)| crate::base::disk::canonical(&module.path.join(source)).ok()).collect()
}

/// What hangs below one root.
#[derive(Default)]
pub(super) struct Survey {
    /// All modules of the tree, each once, the root first.
    pub modules: Vec<Arc<Module>>,
    /// Folders from which a key, or something that is related to keys, can be reached.
    pub leads: HashSet<PathBuf>,
    /// Files that do not parse, folders that are not there, circles.
    pub problems: Vec<Problem>,
    /// Calls that `--confined` refuses: a problem even where no key is found.
    pub refused: Vec<Problem>,
    /// Modules that are not there.
    pub not_followed: Vec<ModuleNotFollowed>,
}

impl Survey {
    /// Whether the tree declares a key.
    pub(super) fn has_keys(&self) -> bool {
        self.modules.iter().any(|module| module.has_keys())
    }
}

/// Follows all calls of a root, whatever their `count` will be.
pub(super) fn survey(loader: &Loader<'_>, root: &Path) -> Survey {
    let module = loader.module(root);
    let shown = module.shown.display().to_string();
    let mut surveyor = Surveyor { loader, root, shown, survey: Survey::default(), done: HashMap::new(), stack: Vec::new(), calls: 0 };
    surveyor.visit(&module, "");
    surveyor.survey
}

struct Surveyor<'s> {
    loader: &'s Loader<'s>,
    root: &'s Path,
    shown: String,
    survey: Survey,
    /// Folders that were visited, and whether anything below them depends on the path of calls that leads there.
    done: HashMap<PathBuf, bool>,
    stack: Vec<PathBuf>,
    calls: usize,
}

impl Surveyor<'_> {
    /// Visits a module; says whether a remote module is called somewhere below.
    fn visit(&mut self, module: &Arc<Module>, path: &str) -> bool {
        let is_first = !self.done.contains_key(&module.path);
        if is_first {
            self.survey.problems.extend(module.problems.iter().chain(&module.refused).cloned());
            self.survey.modules.push(Arc::clone(module));
        }
        let mut has_remote = false;
        let mut has_any = module.has_relatives();
        self.stack.push(module.path.clone());
        for (name, call) in &module.calls {
            self.calls += 1;
            if self.calls > MAX_CALLS {
                let message = format!("root module `{}` has more than {MAX_CALLS} module calls", self.shown);
                self.problem(message, call.header, None);
                break;
            }
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            let place = source_of(call).map_or(call.header, |(_, span)| span);
            match self.loader.target(self.root, &path, module, call) {
                Target::Folder(folder) => {
                    has_remote |= source_of(call).is_some_and(|(source, _)| !is_local(source));
                    if self.stack.contains(&folder) {
                        let message = format!("module `{name}` calls a folder that it is called from itself");
                        self.problem(message, place, Some("Break the circle: Terraform cannot load such a tree"));
                    } else if self.stack.len() >= MAX_DEPTH {
                        let message = format!("module calls nest deeper than {MAX_DEPTH} levels; what is below `{name}` was not judged");
                        self.problem(message, place, None);
                    } else {
                        if self.done.get(&folder) != Some(&false) {
                            let below = self.loader.module(&folder);
                            has_remote |= self.visit(&below, &path);
                        }
                        has_any |= self.survey.leads.contains(&folder);
                    }
                }
                Target::Missing => {
                    let source = source_of(call).map_or("", |(source, _)| source);
                    let message = format!("the folder `{source}` of module `{name}` does not exist");
                    self.problem(message, place, Some("Correct the `source`, or check the folder out"));
                }
                Target::Elsewhere(why) => {
                    if call.body.attribute("source").is_none() {
                        let message = format!("module call `{name}` has no `source`");
                        self.problem(message, call.header, Some("Add the `source` of the module, or remove the call"));
                    }
                    if why == CONFINED {
                        let problem = Problem::new(ProblemKind::Structure, format!("module `{name}` was not followed: {CONFINED}"));
                        self.survey.refused.push(problem.at(Place::Source(place)));
                    }
                    has_remote = true;
                    let attribute = call.body.attribute("source").map(|attribute| attribute.value.span);
                    let source = source_of(call).map(|(source, _)| source.to_owned());
                    let source = source.or_else(|| attribute.map(|span| self.loader.sources.get(span.source).slice(span).to_owned()));
                    self.survey.not_followed.push(ModuleNotFollowed {
                        address: format!("module.{}", path.replace('.', ".module.")),
                        root: self.shown.clone(),
                        source: source.unwrap_or_default(),
                        place: Place::Source(call.header),
                        why: why.to_owned(),
                    });
                }
            }
        }
        self.stack.pop();
        if has_any {
            self.survey.leads.insert(module.path.clone());
        }
        self.done.insert(module.path.clone(), has_remote);
        has_remote
    }

    fn problem(&mut self, message: String, span: Span, help: Option<&str>) {
        let mut problem = Problem::new(ProblemKind::Structure, message).at(Place::Source(span));
        problem.help = help.map(str::to_owned);
        if !self.survey.problems.contains(&problem) {
            self.survey.problems.push(problem);
        }
    }
}
