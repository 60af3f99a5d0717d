//! One root module being evaluated: everything is evaluated when it is asked for, once, and nothing else is.

use super::calls::CallTarget;
use super::cycles::Order;
use super::files::Files;
use super::inputs::Inputs;
use super::instance::{Each, Expansion, Instance, address};
use super::loader::Loader;
use super::module::{DeclarationKind, Module};
use super::refusals::Refusals;
use super::request;
use super::resource::ResourceInstance;
use super::schedule::Passing;
use super::schema;
use super::scope::{Bound, Frame};
use super::subject;
use super::trails::through;
use super::workspace::Workspace;
use crate::base::{self, HiddenKeys, InstanceKey, ModuleStep, Place, Reason, Span, Step, StepKind};
use crate::eval::{
    Account, Budget, Data, Dialect, EvalContext, EvalError, Marks, Scope, Type, TypeConstraint, Value, evaluate, parse_constraint,
};
use crate::hcl::{Block, Expr};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// A root module with its inputs.
pub(super) struct World<'w> {
    pub loader: &'w Loader<'w>,
    pub root: PathBuf,
    pub workspace: Workspace,
    /// Whose language the root is written in, where anything shows it.
    pub says: request::FileDialect,
    pub dialect: Dialect,
    pub files: Files,
    pub inputs: Inputs,
    pub ration: &'w InstanceBudget,
    pinned: OnceCell<bool>,
    /// Variables whose validations are being evaluated.
    pub validated: super::conditions::Validated,
    top: OnceCell<Rc<Instance>>,
    values: RefCell<HashMap<MemoKey, Result<Value, EvalError>>>,
    running: RefCell<Vec<(MemoKey, String)>>,
    expansions: RefCell<HashMap<Site, Rc<Expansion>>>,
    /// The instance keys that are not shown.
    hidden_keys: RefCell<HiddenKeys>,
    children: RefCell<HashMap<ChildName, Rc<Instance>>>,
    constraints: RefCell<HashMap<VariableName, Result<TypeConstraint, EvalError>>>,
    first_steps: RefCell<HashMap<Span, StepKind>>,
    refusals: RefCell<HashMap<Span, Rc<Refusals>>>,
    orders: RefCell<HashMap<PathBuf, Arc<Order>>>,
    /// What changes in time.
    pub passing: Passing,
}

/// How many instances of modules one root may have: modules that call the next one twice make a million of them within twenty folders.
pub(super) const MAX_MODULES: usize = 20_000;

/// How many instances of modules and resources all roots together may have: their keys are kept until they are reported.
/// Tests of what happens then need fewer.
pub(super) const MAX_VISITS: usize = if cfg!(test) { 3_000 } else { 90_000 };

/// How many attributes the instances of one resource may have together where they are used as a whole: large types have hundreds.
const MAX_ATTRIBUTES: usize = 500_000;

/// How many instances one root may have, whether it has more, and what its expressions may cost.
#[derive(Debug)]
pub(super) struct InstanceBudget {
    pub most: usize,
    pub is_exceeded: Cell<bool>,
    pub account: Rc<Account>,
}

impl InstanceBudget {
    pub(super) fn new(most: usize, account: Account) -> Self {
        Self { most, is_exceeded: Cell::new(false), account: Rc::new(account) }
    }
}

/// An instance of a module call: the module instance it is in, its name, its key.
type ChildName = (usize, Arc<str>, Option<InstanceKey>);
/// A variable: its module's folder and its name.
type VariableName = (PathBuf, Arc<str>);

/// Something that is evaluated once. The number is that of the module instance.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum MemoKey {
    Variable(usize, Arc<str>),
    Local(usize, Arc<str>),
    Output(usize, Arc<str>),
    Argument(usize, ResourceName, Option<InstanceKey>, Arc<str>),
    Whole(usize, ResourceName),
    Module(usize, Arc<str>),
    Expansion(Site),
}

/// A resource within its module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ResourceName {
    /// Whether it is a data source.
    pub data: bool,
    /// Its type.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl ResourceName {
    /// The resource or data source that a reference names.
    pub(super) fn of(data: bool, named: subject::NamedResource<'_>) -> Self {
        Self { data, kind: named.kind.into(), name: Arc::clone(named.name) }
    }
}

/// A block that expands, within one module instance.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Site {
    /// A module call.
    Call(usize, Arc<str>),
    /// A resource.
    Resource(usize, ResourceName),
}

impl<'w> World<'w> {
    /// A world of which nothing is evaluated yet.
    pub(super) fn new(loader: &'w Loader<'w>, root: &Path, inputs: Inputs, workspace: Workspace, ration: &'w InstanceBudget) -> Self {
        Self {
            loader,
            root: root.to_path_buf(),
            workspace,
            says: loader.dialect(root),
            dialect: dialect(loader.dialect(root)),
            files: Files::new(root, loader.request),
            inputs,
            ration,
            pinned: OnceCell::new(),
            validated: super::conditions::Validated::default(),
            top: OnceCell::new(),
            values: RefCell::default(),
            running: RefCell::default(),
            expansions: RefCell::default(),
            hidden_keys: RefCell::default(),
            children: RefCell::default(),
            constraints: RefCell::default(),
            first_steps: RefCell::default(),
            refusals: RefCell::default(),
            orders: RefCell::default(),
            passing: Passing::default(),
        }
    }

    /// The root module's only instance.
    pub(super) fn top(&self) -> Rc<Instance> {
        let make = || {
            Rc::new(Instance {
                id: 0,
                module: self.loader.root(&self.root),
                parent: None,
                each: Each::None,
                steps: Vec::new(),
                calls: Arc::from([]),
                prefix: String::new(),
                path: String::new(),
                folder: ".".to_owned(),
                symbolic: None,
            })
        };
        Rc::clone(self.top.get_or_init(make))
    }

    /// The budget of one expression.
    fn budget(&self) -> Budget {
        Budget::of(&self.ration.account)
    }

    /// Evaluates an expression.
    pub(super) fn eval(&self, expr: &Expr, frame: &Frame<'_>) -> Result<Value, EvalError> {
        self.eval_in(expr, frame.at, frame)
    }

    /// Evaluates an expression of a module instance in a scope of its own.
    pub(super) fn eval_in(&self, expr: &Expr, at: &Instance, scope: &dyn Scope) -> Result<Value, EvalError> {
        let budget = self.budget();
        let value = evaluate(expr, &EvalContext::new(scope, &budget)).map_err(|error| error.at(expr.span))?;
        Ok(if at.module.is_outside { value.with_marks(OUTSIDE) } else { value })
    }

    /// The value of a slot, evaluated the first time. An error in there is not for `try` of whoever refers to it to catch.
    pub(super) fn once(
        &self,
        slot: MemoKey,
        name: impl FnOnce() -> String,
        make: impl FnOnce() -> Result<Value, EvalError>,
    ) -> Result<Value, EvalError> {
        if let Some(done) = self.values.borrow().get(&slot) {
            return done.clone();
        }
        self.guard(slot.clone(), name)?;
        let account = &self.ration.account;
        let mark = account.mark();
        let result = match account.deeper() {
            Some(_deeper) => make().map_err(EvalError::uncatchable),
            None => Ok(self.budget().too_large()),
        };
        let result = if account.keep(mark) { result } else { Ok(self.budget().too_large()) };
        self.running.borrow_mut().pop();
        self.values.borrow_mut().insert(slot, result.clone());
        result
    }

    /// The value of a slot that is only made of other slots, which find circles and count the depth: without a memory, a chain of n would
    /// be followed n times.
    pub(super) fn remembered(&self, slot: MemoKey, make: impl FnOnce() -> Result<Value, EvalError>) -> Result<Value, EvalError> {
        if let Some(done) = self.values.borrow().get(&slot) {
            return done.clone();
        }
        let result = make();
        self.values.borrow_mut().insert(slot, result.clone());
        result
    }

    /// Notes that something is being evaluated; an error where it already is.
    fn guard(&self, slot: MemoKey, name: impl FnOnce() -> String) -> Result<(), EvalError> {
        let mut running = self.running.borrow_mut();
        if let Some(at) = running.iter().position(|(own, _)| *own == slot) {
            let names: Vec<&str> = running.iter().skip(at).map(|(_, name)| name.as_str()).collect();
            let message = match names.as_slice() {
                [only] => format!("{only} refers to itself"),
                [first, ..] => format!("cycle: {} refer to each other: {} → {first}", "these values", names.join(" → ")),
                [] => "a value refers to itself".to_owned(),
            };
            return Err(EvalError::cycle(message));
        }
        running.push((slot, name()));
        Ok(())
    }

    /// `var.name`.
    pub(super) fn variable(&self, at: &Rc<Instance>, name: &Arc<str>) -> Result<Value, EvalError> {
        if let Some(value) = self.validated.value(at.id, name) {
            return Ok(value);
        }
        if let Some(fault) = at.module.fault(DeclarationKind::Variable, name) {
            return Err(fault);
        }
        let Some(block) = at.module.variables.get(name) else {
            return self.undeclared(at, format!("there is no variable `{name}` in this module"));
        };
        let label = || format!("`{}var.{name}`", at.prefix);
        self.once(MemoKey::Variable(at.id, Arc::clone(name)), label, || {
            if let Some(error) = super::arguments::declaration(block) {
                return Err(error);
            }
            let marks = self.written_marks(block)?;
            let constraint = self.constraint(&at.module, block, name)?;
            let value = match &at.parent {
                None => self.inputs.value(name, block, &constraint, self),
                Some((parent, call)) => self.argument(parent, call, at, name, block, &constraint),
            };
            // What is wrong with a sensitive value may quote it.
            let value = value.map_err(|error| match super::secrets::may_be_secret(block) {
                true => EvalError {
                    message: format!("the value of variable `{name}` is invalid; the reason is not shown because it is sensitive"),
                    ..error
                },
                false => error,
            })?;
            if value.deep_marks().ephemeral && !marks.ephemeral {
                let message = format!("an ephemeral value is given to variable `{name}`, which is not declared `ephemeral = true`");
                return Err(EvalError::refused(message, value.trail.as_ref().and_then(|link| link.step.place.span())));
            }
            // To convert it to the type of the variable creates all of it again.
            if !self.budget().charge_all(&value) {
                return Ok(self.budget().too_large());
            }
            let value = value.with_marks(if at.module.is_outside { marks.union(OUTSIDE) } else { marks });
            super::conditions::validate(self, at, name, block, &value)?;
            Ok(value)
        })
    }

    /// The marks that a variable or an output declares.
    fn written_marks(&self, block: &Block) -> Result<Marks, EvalError> {
        let flag = |name| Ok(super::constants::flag(block, name, self.loader.sources)?.unwrap_or(false));
        Ok(Marks { sensitive: flag("sensitive")?, ephemeral: flag("ephemeral")?, ..Marks::NONE })
    }

    /// Whether a variable may be null; otherwise null stands for its default.
    pub(super) fn is_nullable(&self, variable: &Block) -> Result<bool, EvalError> {
        Ok(super::constants::flag(variable, "nullable", self.loader.sources)?.unwrap_or(true))
    }

    /// What a module call gives a variable.
    fn argument(
        &self,
        parent: &Rc<Instance>,
        call: &Arc<str>,
        at: &Rc<Instance>,
        name: &Arc<str>,
        variable: &Block,
        constraint: &TypeConstraint,
    ) -> Result<Value, EvalError> {
        if let Some(fault) = parent.module.fault(DeclarationKind::Call, call) {
            return Err(fault);
        }
        let block = parent.module.calls.get(call);
        let written = block.and_then(|call| call.body.attribute(name));
        if written.is_none()
            && let Some(error) = block.and_then(|block| super::arguments::refused(call, block, name, &at.module))
        {
            return Err(error);
        }
        if let Some(written) = written {
            let value = self.eval(&written.value, &Frame::new(self, parent, &at.each))?;
            if !value.is_null() || self.is_nullable(variable)? {
                let value = match self.inputs.library {
                    // An input of which the root says nothing is what the module that it is for lets it be.
                    Some(how) if value.marks.by_caller && matches!(&value.data, Data::Unknown(unknown) if unknown.ty == Type::Any) => {
                        let trail = value.trail.clone();
                        super::symbolic::fill(None, variable, constraint, name, how).or_trail(&trail)
                    }
                    _ => conform(value, constraint, name, written.value.span)?,
                };
                let kind = StepKind::Argument { name: Arc::clone(name), call: Arc::clone(call) };
                return Ok(through(value, written.value.span, kind, &parent.calls));
            }
        }
        match super::inputs::default(variable, constraint, name, self, &at.calls)? {
            Some(value) => Ok(value),
            None => {
                let value = Value::unknown(constraint.ty.without_optional(), format!("module call `{call}` does not set `{name}`"));
                Ok(value.through(Step {
                    calls: Some(Arc::clone(&at.calls)),
                    ..Step::of(Place::Source(variable.header), StepKind::NoDefault(Arc::clone(name)))
                }))
            }
        }
    }

    /// The type of a variable.
    pub(super) fn constraint(&self, module: &Module, block: &Block, name: &Arc<str>) -> Result<TypeConstraint, EvalError> {
        let Some(attribute) = block.body.attribute("type") else { return Ok(TypeConstraint::any()) };
        let key = (module.path.clone(), Arc::clone(name));
        if let Some(done) = self.constraints.borrow().get(&key) {
            return done.clone();
        }
        let parsed = parse_constraint(&attribute.value, &mut |default| self.constant(default));
        let parsed = parsed.map_err(|error| error.at(attribute.value.span).uncatchable());
        self.constraints.borrow_mut().insert(key, parsed.clone());
        parsed
    }

    /// Evaluates an expression in which nothing may be referred to.
    pub(super) fn constant(&self, expr: &Expr) -> Result<Value, EvalError> {
        let scope = super::scope::Closed { world: self };
        let budget = self.budget();
        evaluate(expr, &EvalContext::new(&scope, &budget)).map_err(|error| error.at(expr.span))
    }

    /// Evaluates an expression that must be a constant: in it, not even functions may be called.
    pub(super) fn literal(&self, expr: &Expr) -> Result<Value, EvalError> {
        match expr.find_call(&|_| true) {
            Some(span) => Err(EvalError::refused("functions may not be called here".to_owned(), Some(span))),
            None => self.constant(expr),
        }
    }

    /// `local.name`.
    pub(super) fn local(&self, at: &Rc<Instance>, name: &Arc<str>) -> Result<Value, EvalError> {
        if let Some(fault) = at.module.fault(DeclarationKind::Local, name) {
            return Err(fault);
        }
        let Some(local) = at.module.locals.get(name) else {
            return self.undeclared(at, format!("there is no local value `{name}` in this module"));
        };
        let label = || format!("`{}local.{name}`", at.prefix);
        self.once(MemoKey::Local(at.id, Arc::clone(name)), label, || {
            let value = self.eval(&local.value, &Frame::new(self, at, &Each::None))?;
            Ok(through(value, local.value.span, StepKind::Local(Arc::clone(name)), &at.calls))
        })
    }

    /// An output of a module instance.
    pub(super) fn output(&self, at: &Rc<Instance>, name: &Arc<str>) -> Result<Value, EvalError> {
        if let Some(fault) = at.module.fault(DeclarationKind::Output, name) {
            return Err(fault);
        }
        let Some(block) = at.module.outputs.get(name) else {
            return self.undeclared(at, format!("module `{}` has no output `{name}`", at.path));
        };
        let Some(written) = block.body.attribute("value") else {
            return Ok(Value::unknown(Type::Any, format!("output `{name}` has no value")));
        };
        let label = || format!("`{}output.{name}`", at.prefix);
        self.once(MemoKey::Output(at.id, Arc::clone(name)), label, || {
            if let Some(error) = super::arguments::declaration(block) {
                return Err(error);
            }
            super::conditions::of_output(self, at, name, block)?;
            let value = self.eval(&written.value, &Frame::new(self, at, &Each::None))?;
            let marks = self.written_marks(block)?;
            let kind = StepKind::Output { name: Arc::clone(name), module: at.path.as_str().into() };
            Ok(through(value.with_marks(marks), written.value.span, kind, &at.calls))
        })
    }

    /// What is said of a name that is not declared: where a file could not be read, it may be declared there.
    pub(super) fn undeclared(&self, at: &Instance, message: String) -> Result<Value, EvalError> {
        if at.module.problems.is_empty() {
            return Err(EvalError::refused(message, None));
        }
        Ok(Value::unknown(Type::Any, format!("{message}, but a file of it could not be read")))
    }

    /// How a module call expands.
    pub(super) fn call_expansion(&self, at: &Rc<Instance>, name: &Arc<str>, call: &Block) -> Result<Rc<Expansion>, EvalError> {
        self.expansion(Site::Call(at.id, Arc::clone(name)), at, call, || format!("{}module.{name}", at.prefix))
    }

    /// How a resource expands.
    pub(super) fn resource_expansion(&self, at: &Rc<Instance>, of: &ResourceName, block: &Block) -> Result<Rc<Expansion>, EvalError> {
        let address = || address(at, of.data, &of.kind, &of.name, None);
        self.expansion(Site::Resource(at.id, of.clone()), at, block, address)
    }

    /// The instance keys that were not shown so far.
    pub(super) fn take_hidden_keys(&self) -> HiddenKeys {
        self.hidden_keys.take()
    }

    fn expansion(&self, site: Site, at: &Rc<Instance>, block: &Block, address: impl Fn() -> String) -> Result<Rc<Expansion>, EvalError> {
        if let Some(done) = self.expansions.borrow().get(&site) {
            return Ok(Rc::clone(done));
        }
        self.guard(MemoKey::Expansion(site.clone()), || format!("`{}`", address()))?;
        let expansion = Rc::new(super::expand::expand(self, at, block));
        self.running.borrow_mut().pop();
        for (shown, real) in expansion.hidden_keys() {
            self.hidden_keys.borrow_mut().add(&address(), shown, real);
        }
        self.expansions.borrow_mut().insert(site, Rc::clone(&expansion));
        Ok(expansion)
    }

    /// One instance of a module call; why there is none to look into, where its source is not at hand.
    pub(super) fn child(
        &self,
        at: &Rc<Instance>,
        name: &Arc<str>,
        call: &Block,
        key: Option<&InstanceKey>,
        each: Each,
    ) -> Result<Rc<Instance>, Reason> {
        let slot = (at.id, Arc::clone(name), key.cloned());
        if let Some(child) = self.children.borrow().get(&slot) {
            return Ok(Rc::clone(child));
        }
        if self.is_full() {
            return Err(format!("module `{name}` was not followed: there are more than {MAX_MODULES} module instances").into());
        }
        let path = if at.path.is_empty() { name.to_string() } else { format!("{}.{name}", at.path) };
        let located = super::early::locate(self, at, name, call);
        let (folder, installed) = match located.target {
            CallTarget::Folder { path, installed } => (path, installed),
            CallTarget::Missing => return Err(format!("the directory of module `{name}` does not exist").into()),
            CallTarget::Elsewhere(why) => return Err(why.reworded(format!("module `{name}` was not followed: {why}"))),
        };
        let is_around = std::iter::successors(Some(at), |instance| instance.parent.as_ref().map(|(parent, _)| parent));
        if is_around.clone().any(|instance| instance.module.path == folder) || is_around.count() > super::survey::MAX_DEPTH {
            return Err(format!("module `{name}` calls itself").into());
        }
        let symbolic = key.filter(|key| **key == InstanceKey::Any).and_then(|_| {
            let expansion = self.call_expansion(at, name, call).ok()?;
            expansion.symbolic().cloned()
        });
        let mut steps = at.steps.clone();
        steps.push(ModuleStep { name: name.to_string(), key: key.cloned() });
        let module = self.loader.module(&folder, self.says);
        let is_in_installed = at.calls.last().is_some_and(|outer| outer.leads_out);
        let calls = at.calls.iter().cloned().chain([base::ModuleCall {
            name: format!("{}module.{name}", at.prefix).into(),
            header: Place::Source(call.header),
            block: Place::Source(call.span),
            leads_out: is_in_installed || module.is_outside || (installed.is_some() && self.is_installed(&folder)),
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
            folder: self.module_path(at, installed, located.source.as_ref().map(|source| &*source.text), &folder),
            path,
            symbolic: at.symbolic.clone().or(symbolic),
        });
        children.insert(slot, Rc::clone(&child));
        Ok(child)
    }

    /// What refers to what in a module. The instances of a directory are alike, wherever they are called.
    pub(super) fn order(&self, at: &Rc<Instance>) -> Arc<Order> {
        if let Some(known) = self.orders.borrow().get(&at.module.path) {
            return Arc::clone(known);
        }
        let callee = |name: &Arc<str>, call: &Block| self.child(at, name, call, None, Each::None).ok().map(|child| self.order(&child));
        let order = Arc::new(super::cycles::order(&at.module, &callee));
        self.orders.borrow_mut().insert(at.module.path.clone(), Arc::clone(&order));
        order
    }

    /// Whether `terraform init` made a directory, and makes it again.
    fn is_installed(&self, folder: &Path) -> bool {
        folder.components().any(|part| part.as_os_str() == ".terraform") || folder.starts_with(self.loader.request.data_of(&self.root))
    }

    /// Whether no further module instance may be made.
    pub(super) fn is_full(&self) -> bool {
        self.children.borrow().len() >= MAX_MODULES
    }

    /// `path.module` of a called module: relative to the root module, as Terraform writes it.
    fn module_path(&self, at: &Instance, installed: Option<String>, source: Option<&str>, folder: &Path) -> String {
        let path = match (installed, source) {
            (Some(installed), _) => {
                self.files.link(&installed, folder);
                return installed;
            }
            (None, Some(source)) => {
                let written = base::disk::tidy(&Path::new(&at.folder).join(source));
                super::files::without_links(&self.root, &written, &self.loader.request.directories).unwrap_or_else(|| folder.to_path_buf())
            }
            (None, None) => folder.to_path_buf(),
        };
        path.to_string_lossy().replace('\\', "/")
    }

    /// A resource as a whole: an object, or a tuple or object of them.
    pub(super) fn whole(&self, at: &Rc<Instance>, of: &ResourceName, block: &Block) -> Result<Value, EvalError> {
        let label = || format!("`{}`", address(at, of.data, &of.kind, &of.name, None));
        self.once(MemoKey::Whole(at.id, of.clone()), label, || {
            let expansion = self.resource_expansion(at, of, block)?;
            let attributes = schema::of(of.data, &of.kind).map_or(1, |schema| schema.fields.len());
            if expansion.keys().len().saturating_mul(attributes) > MAX_ATTRIBUTES {
                return Ok(self.budget().too_large());
            }
            self.gather(&expansion, |key, each| self.object(ResourceInstance { at, of, block, key, each: &each }))
        })
    }

    /// A module call as a whole: an object of its outputs, or a tuple or object of them.
    pub(super) fn whole_module(&self, at: &Rc<Instance>, name: &Arc<str>, call: &Block) -> Result<Value, EvalError> {
        let label = || format!("`{}module.{name}`", at.prefix);
        self.once(MemoKey::Module(at.id, Arc::clone(name)), label, || {
            let expansion = self.call_expansion(at, name, call)?;
            self.gather(&expansion, |key, each| match self.child(at, name, call, key, each) {
                Err(why) => Value::unknown(Type::Any, why),
                Ok(child) => {
                    let output = |output: &Arc<str>| {
                        let value = self.output(&child, output);
                        let value = value.unwrap_or_else(|error| {
                            Value::unknown(Type::Any, format!("output `{output}` cannot be evaluated: {}", error.message))
                        });
                        (Arc::clone(output), value)
                    };
                    Value::object(child.module.outputs.keys().map(output).collect())
                }
            })
        })
    }

    fn gather(&self, expansion: &Expansion, make: impl Fn(Option<&InstanceKey>, Each) -> Value) -> Result<Value, EvalError> {
        let one = |key: Option<InstanceKey>| make(key.as_ref(), expansion.each(key.as_ref()).unwrap_or(Each::None));
        Ok(match expansion {
            Expansion::One => one(None),
            Expansion::Disabled => Value::null(Type::Any),
            Expansion::Count(_) => Value::tuple(expansion.keys().into_iter().map(one).collect()),
            Expansion::ForEach(list) => {
                let entries: BTreeMap<Arc<str>, Value> =
                    list.iter().map(|entry| (Arc::clone(&entry.key), one(Some(InstanceKey::Text(entry.shown.to_string()))))).collect();
                let is_hidden = list.iter().any(|entry| entry.key != entry.shown);
                Value::object(entries).with_marks(if is_hidden { Marks { piece: true, ..Marks::FILE } } else { Marks::NONE })
            }
            Expansion::Symbolic { error: Some(error), .. } => return Err(error.clone()),
            Expansion::Symbolic { symbolic, each, .. } => match each {
                // In a library the one instance is all there is to look at.
                Each::Element(key, _) if key.marks.by_caller && key.as_str().is_some() => {
                    let name: Arc<str> = key.as_str().unwrap_or_default().into();
                    Value::object(BTreeMap::from([(name, one(Some(InstanceKey::Any)))])).with_marks(key.marks)
                }
                Each::Index(index) if index.marks.by_caller && !index.is_unknown() => {
                    Value::tuple(vec![one(Some(InstanceKey::Any))]).with_marks(index.marks)
                }
                _ => Value::unknown(Type::Any, symbolic.why.clone()),
            },
        })
    }

    /// Whether the lock file pins the oci provider to a version that is not newer than the one whose types are known.
    pub(super) fn is_pinned(&self) -> bool {
        *self.pinned.get_or_init(|| super::lock::is_not_newer(&self.root, schema::version(), self.loader.request))
    }

    /// What is refused of a resource's block, found the first time: it is the same for every instance.
    pub(super) fn refusals(&self, header: Span, make: impl FnOnce() -> Refusals) -> Rc<Refusals> {
        if let Some(known) = self.refusals.borrow().get(&header) {
            return Rc::clone(known);
        }
        let made = Rc::new(make());
        self.refusals.borrow_mut().insert(header, Rc::clone(&made));
        made
    }

    /// The text of a span.
    pub(super) fn text(&self, span: Span) -> String {
        self.loader.sources.get(span.source).slice(span).to_owned()
    }

    /// The text of a span for others to see; `None` where it may not be shown.
    pub(super) fn quote(&self, span: Span) -> Option<String> {
        self.loader.sources.quote(span)
    }

    /// The first step of an expression's value, made the first time: it is the same for every instance of the block that it is in.
    pub(super) fn first_step(&self, span: Span, make: impl FnOnce() -> StepKind) -> Step {
        Step::of(Place::Source(span), self.first_steps.borrow_mut().entry(span).or_insert_with(make).clone())
    }

    /// A frame with the variables of enclosing `dynamic` blocks.
    pub(super) fn frame<'a>(&'a self, at: &'a Rc<Instance>, each: &'a Each, bound: &'a [Bound]) -> Frame<'a> {
        Frame { world: self, at, each, bound }
    }
}

/// The mark of what is written in a module outside of the repository.
const OUTSIDE: Marks = Marks { from_file: true, ..Marks::NONE };

/// Whose functions there are; in an unknown dialect, those of both.
fn dialect(says: request::FileDialect) -> Dialect {
    match says {
        request::FileDialect::Terraform => Dialect::Terraform,
        request::FileDialect::OpenTofu | request::FileDialect::Either => Dialect::OpenTofu,
    }
}

/// Brings a value into a variable's type.
pub(super) fn conform(value: Value, constraint: &TypeConstraint, name: &str, span: Span) -> Result<Value, EvalError> {
    constraint
        .conform(value)
        .map_err(|error| EvalError::refused(format!("the value of variable `{name}` does not fit its type: {}", error.message), Some(span)))
}
