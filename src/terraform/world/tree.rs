//! The module instances of a root, created on demand, with their callers and paths. Nothing is evaluated here: callers pass the targets of
//! module calls.

use super::files::Files;
use super::instance::{Each, ModuleInstance};
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

/// The maximum number of module instances in one root. Twenty modules that each call the next one twice have a million.
pub(crate) const MAX_MODULES: usize = 20_000;

/// The maximum depth of nested module calls. Terraform has no limit; real configurations stay below 10.
pub(crate) const MAX_DEPTH: usize = 64;

/// The module instances of one root, created on demand.
pub(crate) struct ModuleTree<'w> {
    pub loader: &'w Loader<'w>,
    /// The directory of the root module.
    pub root: PathBuf,
    /// The dialect of the root, as far as it is known.
    pub dialect: request::FileDialect,
    /// The files that file functions may read.
    pub files: Files,
    top: OnceCell<Rc<ModuleInstance>>,
    children: RefCell<HashMap<ChildName, Rc<ModuleInstance>>>,
    orders: RefCell<HashMap<PathBuf, Arc<Order>>>,
}

/// An instance of a module call: the ID of the calling instance, the call's name, its key.
type ChildName = (usize, Arc<str>, Option<InstanceKey>);

/// A module call in a module instance.
#[derive(Clone, Copy)]
pub(crate) struct InstanceCall<'a> {
    /// The calling instance.
    pub at: &'a Rc<ModuleInstance>,
    pub name: &'a Arc<str>,
    pub block: &'a Block,
}

impl<'w> ModuleTree<'w> {
    /// A tree with nothing but the root.
    pub(super) fn new(loader: &'w Loader<'w>, root: &Path) -> Self {
        Self {
            loader,
            root: root.to_path_buf(),
            dialect: loader.dialect(root),
            files: Files::new(root, loader.request),
            top: OnceCell::new(),
            children: RefCell::default(),
            orders: RefCell::default(),
        }
    }

    /// The root module's only instance.
    pub(crate) fn top(&self) -> Rc<ModuleInstance> {
        let make = || {
            Rc::new(ModuleInstance {
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

    /// The instance of a call with a key, if it exists already.
    pub(crate) fn get(&self, call: InstanceCall<'_>, key: Option<&InstanceKey>) -> Option<Rc<ModuleInstance>> {
        let name = (call.at.id, Arc::clone(call.name), key.cloned());
        self.children.borrow().get(&name).map(Rc::clone)
    }

    /// Whether the tree has the maximum number of module instances.
    pub(crate) fn is_full(&self) -> bool {
        self.count() >= MAX_MODULES
    }

    /// The number of module instances, without the root.
    pub(crate) fn count(&self) -> usize {
        self.children.borrow().len()
    }

    /// Creates the instance of a call with a key. `located`: the target of the call. `symbolic`: why this instance represents many, if it
    /// does.
    ///
    /// # Errors
    /// The reason why the target cannot be followed.
    pub(crate) fn create(
        &self,
        call: InstanceCall<'_>,
        key: Option<&InstanceKey>,
        each: Each,
        located: Located,
        symbolic: impl FnOnce() -> Option<Rc<Symbolic>>,
    ) -> Result<Rc<ModuleInstance>, Reason> {
        let InstanceCall { at, name, block } = call;
        let (directory, installed) = match located.target {
            CallTarget::Directory { path, installed } => (path, installed),
            CallTarget::Missing => return Err(format!("the directory of module `{name}` does not exist").into()),
            CallTarget::Unavailable(why) => return Err(why.reworded(format!("module `{name}` was not followed: {why}"))),
        };
        let callers = std::iter::successors(Some(at), |instance| instance.parent.as_ref().map(|(parent, _)| parent));
        if callers.clone().any(|instance| instance.module.path == directory) || callers.count() > MAX_DEPTH {
            return Err(format!("the call of module `{name}` forms a cycle").into());
        }
        let symbolic = symbolic();
        let steps = at.steps.iter().cloned().chain([ModuleStep { name: name.to_string(), key: key.cloned() }]).collect();
        let module = self.loader.module(&directory, self.dialect);
        // The modules that an installed module calls by a local path were installed with it.
        let is_in_installed = at.calls.last().is_some_and(|outer| outer.is_external);
        let calls = at.calls.iter().cloned().chain([base::ModuleCall {
            name: format!("{}module.{name}", at.prefix).into(),
            header: Place::Source(block.header),
            block: Place::Source(block.span),
            is_external: is_in_installed
                || module.is_outside
                || (installed.is_some() && self.loader.request.is_installed(&self.root, &directory)),
        }]);
        let calls = calls.collect();
        let shown = key.map(InstanceKey::to_string).unwrap_or_default();
        let mut children = self.children.borrow_mut();
        let child = Rc::new(ModuleInstance {
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

    /// The order of references in an instance's module. `make` computes it on the first call; all instances of a module share it.
    pub(crate) fn order(&self, at: &ModuleInstance, make: impl FnOnce() -> Arc<Order>) -> Arc<Order> {
        if let Some(known) = self.orders.borrow().get(&at.module.path) {
            return Arc::clone(known);
        }
        let order = make();
        self.orders.borrow_mut().insert(at.module.path.clone(), Arc::clone(&order));
        order
    }

    /// The text of a span, shortened for messages.
    pub(crate) fn text(&self, span: Span) -> String {
        base::brief_of(self.loader.sources.get(span.source).slice(span))
    }

    /// The text of a span; `None` if it may not be shown.
    pub(crate) fn quote(&self, span: Span) -> Option<String> {
        self.loader.sources.quote(span)
    }

    /// Whether a file is in JSON syntax.
    pub(crate) fn is_json(&self, source: base::SourceId) -> bool {
        self.loader.sources.get(source).path().extension().is_some_and(|extension| extension == "json")
    }

    /// `path.module` of a called module, relative to the root module as in Terraform.
    fn module_path(&self, at: &ModuleInstance, installed: Option<String>, source: Option<&str>, directory: &Path) -> String {
        let path = match (installed, source) {
            (Some(installed), _) => {
                self.files.add_link(&installed, directory);
                return installed;
            }
            (None, Some(source)) => {
                let path = base::disk::tidy(&Path::new(&at.directory).join(source));
                super::files::without_links(&self.root, &path, &self.loader.request.directories).unwrap_or_else(|| directory.to_path_buf())
            }
            (None, None) => directory.to_path_buf(),
        };
        path.to_string_lossy().replace('\\', "/")
    }
}
