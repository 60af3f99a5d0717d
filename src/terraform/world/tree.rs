//! The module instances of a root: which there are, where each came from, and what its paths are. Nothing is evaluated here: where a call
//! leads is handed in.

use super::files::Files;
use super::instance::{Each, Instance};
use crate::base::{self, InstanceKey, ModuleStep, Place, Reason, Span};
use crate::hcl::Block;
use crate::key::Symbolic;
use crate::terraform::discovery::calls::{CallTarget, Located};
use crate::terraform::modules::loader::Loader;
use crate::terraform::modules::order::Order;
use crate::terraform::request;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// How many instances of modules one root may have: modules that call the next one twice make a million of them within twenty directories.
pub(crate) const MAX_MODULES: usize = 20_000;

/// How deep module calls may nest. Terraform has no limit; people's deepest are below 10.
pub(crate) const MAX_DEPTH: usize = 64;

/// The module instances of one root, as far as they were entered.
pub(crate) struct ModuleTree<'w> {
    pub loader: &'w Loader<'w>,
    /// The directory of the root module.
    pub root: PathBuf,
    /// Whose language the root is written in, where anything shows it.
    pub language: request::FileDialect,
    /// What file functions read, at the paths that modules have here.
    pub files: Files,
    top: OnceCell<Rc<Instance>>,
    children: RefCell<HashMap<ChildName, Rc<Instance>>>,
    orders: RefCell<HashMap<PathBuf, Arc<Order>>>,
}

/// An instance of a module call: the module instance it is in, its name, its key.
type ChildName = (usize, Arc<str>, Option<InstanceKey>);

/// A module call of an instance.
#[derive(Clone, Copy)]
pub(crate) struct CallOf<'a> {
    /// The module instance that it is in.
    pub at: &'a Rc<Instance>,
    pub name: &'a Arc<str>,
    pub block: &'a Block,
}

impl<'w> ModuleTree<'w> {
    /// A tree of which only the root is known.
    pub(super) fn new(loader: &'w Loader<'w>, root: &Path) -> Self {
        Self {
            loader,
            root: root.to_path_buf(),
            language: loader.dialect(root),
            files: Files::new(root, loader.request),
            top: OnceCell::new(),
            children: RefCell::default(),
            orders: RefCell::default(),
        }
    }

    /// The root module's only instance.
    pub(crate) fn top(&self) -> Rc<Instance> {
        let make = || {
            Rc::new(Instance {
                id: 0,
                module: self.loader.root(&self.root),
                parent: None,
                each: Each::None,
                steps: Arc::from([]),
                calls: Arc::from([]),
                prefix: String::new(),
                path: String::new(),
                directory: ".".to_owned(),
                symbolic: None,
            })
        };
        Rc::clone(self.top.get_or_init(make))
    }

    /// An instance of a call that was entered before.
    pub(crate) fn entered(&self, call: CallOf<'_>, key: Option<&InstanceKey>) -> Option<Rc<Instance>> {
        let name = (call.at.id, Arc::clone(call.name), key.cloned());
        self.children.borrow().get(&name).map(Rc::clone)
    }

    /// Whether no further module instance may be made.
    pub(crate) fn is_full(&self) -> bool {
        self.count() >= MAX_MODULES
    }

    /// How many module instances were made.
    pub(crate) fn count(&self) -> usize {
        self.children.borrow().len()
    }

    /// Makes the instance of a call with a key; why there is none to look into, where its source is not at hand. `located`: where the call
    /// leads. `symbolic`: why this instance represents many, where it does.
    pub(crate) fn enter(
        &self,
        call: CallOf<'_>,
        key: Option<&InstanceKey>,
        each: Each,
        located: Located,
        symbolic: impl FnOnce() -> Option<Rc<Symbolic>>,
    ) -> Result<Rc<Instance>, Reason> {
        let CallOf { at, name, block } = call;
        let (directory, installed) = match located.target {
            CallTarget::Directory { path, installed } => (path, installed),
            CallTarget::Missing => return Err(format!("the directory of module `{name}` does not exist").into()),
            CallTarget::Elsewhere(why) => return Err(why.reworded(format!("module `{name}` was not followed: {why}"))),
        };
        let is_around = std::iter::successors(Some(at), |instance| instance.parent.as_ref().map(|(parent, _)| parent));
        if is_around.clone().any(|instance| instance.module.path == directory) || is_around.count() > MAX_DEPTH {
            return Err(format!("module `{name}` calls itself").into());
        }
        let symbolic = symbolic();
        let steps = at.steps.iter().cloned().chain([ModuleStep { name: name.to_string(), key: key.cloned() }]).collect();
        let module = self.loader.module(&directory, self.language);
        // What an installed module calls by a local path was installed with it.
        let is_in_installed = at.calls.last().is_some_and(|outer| outer.is_external);
        let calls = at.calls.iter().cloned().chain([base::ModuleCall {
            name: format!("{}module.{name}", at.prefix).into(),
            header: Place::Source(block.header),
            block: Place::Source(block.span),
            is_external: is_in_installed || module.is_outside || (installed.is_some() && self.is_installed(&directory)),
        }]);
        let calls = calls.collect();
        let shown = key.map(InstanceKey::to_string).unwrap_or_default();
        let mut children = self.children.borrow_mut();
        let child = Rc::new(Instance {
            id: children.len() + 1,
            module,
            parent: Some((Rc::clone(at), Arc::clone(name))),
            each,
            steps,
            calls,
            prefix: format!("{}module.{name}{shown}.", at.prefix),
            directory: self.module_path(at, installed, located.source.as_ref().map(|source| &*source.text), &directory),
            path: at.path_to(name),
            symbolic: at.symbolic.clone().or(symbolic),
        });
        children.insert((at.id, Arc::clone(name), key.cloned()), Rc::clone(&child));
        Ok(child)
    }

    /// What refers to what in a module, found the first time. The instances of a directory are alike, wherever they are called.
    pub(crate) fn order(&self, at: &Instance, make: impl FnOnce() -> Arc<Order>) -> Arc<Order> {
        if let Some(known) = self.orders.borrow().get(&at.module.path) {
            return Arc::clone(known);
        }
        let order = make();
        self.orders.borrow_mut().insert(at.module.path.clone(), Arc::clone(&order));
        order
    }

    /// The text of a span, cut to a length that people read.
    pub(crate) fn text(&self, span: Span) -> String {
        base::brief_of(self.loader.sources.get(span.source).slice(span))
    }

    /// The text of a span for others to see; `None` where it may not be shown.
    pub(crate) fn quote(&self, span: Span) -> Option<String> {
        self.loader.sources.quote(span)
    }

    /// Whether a file is written in JSON syntax.
    pub(crate) fn is_json(&self, source: base::SourceId) -> bool {
        self.loader.sources.get(source).path().extension().is_some_and(|extension| extension == "json")
    }

    /// Whether `terraform init` made a directory, and makes it again.
    fn is_installed(&self, directory: &Path) -> bool {
        directory.components().any(|part| part.as_os_str() == ".terraform")
            || directory.starts_with(self.loader.request.data_dir_of(&self.root))
    }

    /// `path.module` of a called module: relative to the root module, as Terraform writes it.
    fn module_path(&self, at: &Instance, installed: Option<String>, source: Option<&str>, directory: &Path) -> String {
        let path = match (installed, source) {
            (Some(installed), _) => {
                self.files.link(&installed, directory);
                return installed;
            }
            (None, Some(source)) => {
                let written = base::disk::tidy(&Path::new(&at.directory).join(source));
                super::files::without_links(&self.root, &written, &self.loader.request.directories)
                    .unwrap_or_else(|| directory.to_path_buf())
            }
            (None, None) => directory.to_path_buf(),
        };
        path.to_string_lossy().replace('\\', "/")
    }
}
