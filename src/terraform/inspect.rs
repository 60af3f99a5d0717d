//! What is written at a position comes to, in every instance: what an editor shows in a tooltip.

use crate::base::{InstanceKey, Sources, Span, Step, brief, secrecy};
use crate::eval::{Account, Data, EvalError, Value};
use crate::hcl::{Attribute, Block, Body, Expr, ExprKind};
use crate::key::{ProtectionMode, VaultType};
use crate::terraform::discovery::directory::is_configuration;
use crate::terraform::inputs;
use crate::terraform::inputs::workspace;
use crate::terraform::modules::loader::Loader;
use crate::terraform::modules::module::{Module, Resources};
use crate::terraform::modules::secrets;
use crate::terraform::request::ScanRequest;
use crate::terraform::roots::runs::Run;
use crate::terraform::roots::survey::survey;
use crate::terraform::scope::descend;
use crate::terraform::scope::expand;
use crate::terraform::scope::values;
use crate::terraform::scope::variables;
use crate::terraform::session::Session;
use crate::terraform::stack::deep;
use crate::terraform::world::World;
use crate::terraform::world::budget::{InstanceBudget, MAX_VISITS};
use crate::terraform::world::frame::Frame;
use crate::terraform::world::instance::{Each, Instance, ResourceName, address};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// How many runs of root modules are evaluated for one position.
const MOST_RUNS: usize = 20;
/// How many module instances are looked through in each.
const MOST_INSTANCES: usize = 2000;
/// How many values are kept.
const MOST_VALUES: usize = 200;
/// The longest text of a value, in bytes.
const LONGEST: usize = 400;
/// How many steps of a value's way are kept.
const MOST_STEPS: usize = 10;

/// What is written at a position.
#[derive(Debug)]
pub struct Inspection {
    /// What it is, in words, names in backticks: "argument `protection_mode` of `oci_kms_key.k`".
    pub what: String,
    /// Where it is written.
    pub span: Span,
    /// What it comes to. Instances with the same value and way are one entry.
    pub values: Vec<Inspected>,
    /// Whether there are more instances than were looked at.
    pub is_cut: bool,
}

/// One value, and the instances that have it.
#[derive(Debug)]
pub struct Inspected {
    /// What can be said of it.
    pub value: InspectedValue,
    /// The way it took, nearest first.
    pub way: Vec<Step>,
    /// The addresses of the instances, or the root module's directory where there is none.
    pub instances: Vec<String>,
}

/// What can be said of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectedValue {
    /// The value as Terraform writes it; long ones are cut.
    Value(String),
    /// It may not be shown.
    Hidden,
    /// It is unknown: why, as a clause.
    Unknown(String),
    /// Terraform would reject it: why, as a clause.
    Rejected(String),
}

/// What is looked at in every instance of a module.
struct Aim<'m> {
    /// The module's directory.
    directory: &'m Path,
    target: InspectionTarget<'m>,
    /// The reference at the position, where it is not the complete expression.
    part: Option<&'m Expr>,
}

/// What was found so far, and how many instances may still be looked at.
struct InspectionResult {
    values: Vec<Inspected>,
    left: usize,
}

/// What a position is in.
enum InspectionTarget<'m> {
    Variable(&'m Arc<str>),
    Local(&'m Arc<str>),
    Output(&'m Arc<str>),
    /// An argument of a module call.
    Argument(&'m Arc<str>, &'m Block, &'m Attribute),
    /// An argument of a resource or data source.
    Resource(ResourceName, &'m Block, &'m Attribute),
}

impl Session {
    /// What is written at an offset of a file, in bytes, and what it comes to; `path` is real. `None` where nothing there has a value.
    #[must_use]
    pub fn inspect(&self, request: &ScanRequest, sources: &Arc<Sources>, path: &Path, offset: usize) -> Option<Inspection> {
        deep(|| inspect(self, request, sources, path, offset))
    }
}

fn inspect(session: &Session, request: &ScanRequest, sources: &Arc<Sources>, path: &Path, offset: usize) -> Option<Inspection> {
    let name = path.file_name()?.to_str()?;
    let is_values = !is_configuration(name);
    let runs: Vec<&Run> = if is_values { session.runs_of_values(path) } else { session.runs_with(path.parent()?) };
    let is_cut = runs.len() > MOST_RUNS;
    let mut scan = session.manifests();
    let loader = Loader::new(request, sources, &mut scan);
    let mut found: Option<Inspection> = None;
    for run in runs.into_iter().take(MOST_RUNS) {
        let looked = RunInspection { session, loader: &loader, run, path, offset }.run(is_values);
        let Some(mut looked) = looked else { continue };
        match &mut found {
            Some(found) => {
                found.is_cut |= looked.is_cut;
                for one in looked.values {
                    add(&mut found.values, one);
                }
            }
            None => {
                looked.is_cut |= is_cut;
                found = Some(looked);
            }
        }
    }
    found
}

/// Adds a value; false where there is no room for it.
fn add(values: &mut Vec<Inspected>, one: Inspected) -> bool {
    if let Some(same) = values.iter_mut().find(|known| known.value == one.value && known.way == one.way) {
        same.instances.extend(one.instances);
        return same.instances.len() < MOST_INSTANCES;
    }
    let has_room = values.len() < MOST_VALUES;
    if has_room {
        values.push(one);
    }
    has_room
}

/// One run, looked at for a position.
struct RunInspection<'l> {
    session: &'l Session,
    loader: &'l Loader<'l>,
    run: &'l Run,
    path: &'l Path,
    offset: usize,
}

impl RunInspection<'_> {
    fn run(&self, is_values: bool) -> Option<Inspection> {
        let (loader, run) = (self.loader, self.run);
        let limits = loader.request.limits;
        let budget = InstanceBudget::new(MAX_VISITS, Account::new(limits, limits.run_work, limits.run_kept));
        let root = self.session.root(&run.root);
        let survey = survey(loader, &root, run.passed.as_deref(), &budget);
        secrets::veil(&survey.modules, loader.sources, &loader.veiled);
        let module = loader.root(&run.root);
        let read = inputs::read(loader.request, loader.sources, &run.root, &module.shown, run.passed.as_deref());
        secrets::veil_inputs(read.inputs.written(), &module, loader.sources);
        let named = is_values.then(|| read.inputs.written().find(|(_, span)| self.is_in_line(*span)).map(|(name, _)| name.to_owned()));
        let (space, _) = workspace::find(loader.request, &module, loader.sources);
        let world = World::new(loader, &run.root, read.inputs.of(&root), space, &budget);
        world.resources.passing.know(&survey.modules);
        if let Some(named) = named {
            let (name, block) = module.variables.get_key_value(named?.as_str())?;
            let mut inspection =
                Inspection { what: brief(format!("variable `{name}`")), span: block.header, values: Vec::new(), is_cut: false };
            add(&mut inspection.values, self.seen(variables::value(&world, &world.tree.top(), name), self.root_name()));
            return Some(inspection);
        }
        let directory = self.path.parent()?;
        let module = survey.modules.iter().find(|module| module.path == directory)?;
        let target = self.target(module)?;
        let mut inspection = Inspection { what: what(&target), span: span(&target, module), values: Vec::new(), is_cut: false };
        let part = match &target {
            InspectionTarget::Argument(.., attribute) | InspectionTarget::Resource(.., attribute) => self.part(&attribute.value),
            InspectionTarget::Local(name) => module.locals.get(*name).and_then(|local| self.part(&local.value)),
            InspectionTarget::Output(_) | InspectionTarget::Variable(_) => None,
        };
        if let Some(text) = part.and_then(|part| loader.sources.quote(part.span).map(|text| (part, text))) {
            (inspection.span, inspection.what) = (text.0.span, brief(format!("`{}`", text.1)));
        }
        let mut gathered = InspectionResult { values: Vec::new(), left: MOST_INSTANCES };
        self.visit(&world, &world.tree.top(), &Aim { directory, target, part }, &mut gathered);
        Some(Inspection { values: gathered.values, is_cut: gathered.left == 0, ..inspection })
    }

    /// Visits all instances of the module.
    fn visit(&self, world: &World<'_>, at: &Rc<Instance>, aim: &Aim<'_>, found: &mut InspectionResult) {
        if found.left == 0 {
            return;
        }
        found.left -= 1;
        if at.module.path == aim.directory {
            self.evaluate(world, at, aim, found);
        }
        for (name, call) in &at.module.calls {
            let Ok(expansion) = expand::call(world, at, name, call) else { continue };
            for (key, each) in expansion.instances() {
                if let Ok(child) = descend::child(world, at, name, call, key.as_ref(), each) {
                    self.visit(world, &child, aim, found);
                }
            }
        }
    }

    /// Evaluates the target in one instance of its module.
    fn evaluate(&self, world: &World<'_>, at: &Rc<Instance>, aim: &Aim<'_>, found: &mut InspectionResult) {
        let part = aim.part;
        let within = |expr: &Expr, each: &Each| {
            let frame = Frame::new(world, at, each);
            // A part may use a name that only has a meaning around it.
            let value = part.map(|part| frame.eval(part)).filter(Result::is_ok);
            value.unwrap_or_else(|| frame.eval(expr))
        };
        let module_name = || if at.prefix.is_empty() { self.root_name() } else { at.prefix.trim_end_matches('.').to_owned() };
        let mut put = |value: Result<Value, EvalError>, instance: String| {
            found.left = found.left.saturating_sub(1);
            add(&mut found.values, self.seen(value, instance)) && found.left > 0
        };
        match &aim.target {
            InspectionTarget::Variable(name) => drop(put(variables::value(world, at, name), module_name())),
            InspectionTarget::Output(name) => drop(put(values::output(world, at, name), module_name())),
            InspectionTarget::Local(name) => {
                let value = part.map(|part| Frame::of_module(world, at).eval(part)).filter(Result::is_ok);
                put(value.unwrap_or_else(|| values::local(world, at, name)), module_name());
            }
            InspectionTarget::Argument(name, call, attribute) => {
                let Ok(expansion) = expand::call(world, at, name, call) else { return };
                for (key, each) in expansion.instances() {
                    let key = key.as_ref().map(InstanceKey::to_string).unwrap_or_default();
                    if !put(within(&attribute.value, &each), format!("{}module.{name}{key}", at.prefix)) {
                        return;
                    }
                }
            }
            InspectionTarget::Resource(of, block, attribute) => {
                let Ok(expansion) = expand::resource(world, at, of, block) else { return };
                for (key, each) in expansion.instances() {
                    let address = address(at, of.data, &of.kind, &of.name, key.as_ref());
                    if !put(within(&attribute.value, &each), address) {
                        return;
                    }
                }
            }
        }
    }

    fn seen(&self, value: Result<Value, EvalError>, instance: String) -> Inspected {
        // A name of a megabyte would be kept for each of thousands of instances.
        let instances = vec![brief(instance)];
        match value {
            Ok(value) => Inspected { way: value.steps().take(MOST_STEPS).cloned().collect(), value: seen(&value), instances },
            Err(error) => Inspected { value: InspectedValue::Rejected(brief(error.message)), way: Vec::new(), instances },
        }
    }

    fn root_name(&self) -> String {
        self.loader.request.shown(&self.run.root).to_string_lossy().replace('\\', "/")
    }

    /// What of a module is written at the position.
    fn target<'m>(&self, module: &'m Module) -> Option<InspectionTarget<'m>> {
        if let Some((name, _)) = module.variables.iter().find(|(_, block)| self.is_in(block.span)) {
            return Some(InspectionTarget::Variable(name));
        }
        if let Some((name, _)) = module.locals.iter().find(|(_, local)| self.is_in(local.span)) {
            return Some(InspectionTarget::Local(name));
        }
        if let Some((name, _)) = module.outputs.iter().find(|(_, block)| self.is_in(block.span)) {
            return Some(InspectionTarget::Output(name));
        }
        if let Some(found) =
            module.calls.iter().find_map(|(name, call)| Some(InspectionTarget::Argument(name, call, self.argument(&call.body)?)))
        {
            return Some(found);
        }
        let of = |data: bool, resources: &'m Resources| {
            resources.iter().find_map(|(kind, named)| {
                named.iter().find_map(|(name, block)| {
                    let of = ResourceName { data, kind: Arc::clone(kind), name: Arc::clone(name) };
                    Some(InspectionTarget::Resource(of, block, self.argument(&block.body)?))
                })
            })
        };
        of(false, &module.managed).or_else(|| of(true, &module.data))
    }

    /// The argument at the position, also of nested blocks. What a `dynamic` block makes depends on its iterator.
    fn argument<'m>(&self, body: &'m Body) -> Option<&'m Attribute> {
        let own = body.attributes.iter().find(|attribute| self.is_in(attribute.span));
        own.or_else(|| body.blocks.iter().filter(|block| &*block.kind.text != "dynamic").find_map(|block| self.argument(&block.body)))
    }

    /// The smallest reference in an expression that is at the position, where it is not all of it.
    fn part<'e>(&self, expr: &'e Expr) -> Option<&'e Expr> {
        let mut found = None;
        let mut open = Some(expr);
        while let Some(expr) = open {
            if matches!(expr.kind, ExprKind::Traversal(..)) {
                found = Some(expr);
            }
            open = expr.find_child(|child| self.is_in(child.span).then_some(child));
        }
        found.filter(|found| found.span != expr.span)
    }

    /// Whether the position is in a span of the file that was asked about.
    fn is_in(&self, span: Span) -> bool {
        span.range().start <= self.offset && self.offset <= span.range().end && self.is_here(span)
    }

    /// Whether the position is on a line of a values file whose value this is.
    fn is_in_line(&self, value: Span) -> bool {
        let source = self.loader.sources.get(value.source);
        let (at, first, last) =
            (source.line_index(self.offset), source.line_index(value.start as usize), source.line_index(value.end as usize));
        (first..=last).contains(&at) && self.is_here(value)
    }

    fn is_here(&self, span: Span) -> bool {
        let source = self.loader.sources.get(span.source);
        let full = crate::base::disk::tidy(&self.loader.request.cwd.join(source.path()));
        full == self.path || crate::base::disk::canonical(&full).is_ok_and(|real| real == self.path)
    }
}

fn what(target: &InspectionTarget<'_>) -> String {
    brief(match target {
        InspectionTarget::Variable(name) => format!("variable `{name}`"),
        InspectionTarget::Local(name) => format!("local value `{name}`"),
        InspectionTarget::Output(name) => format!("output `{name}`"),
        InspectionTarget::Argument(call, _, attribute) => format!("argument `{}` of module call `{call}`", attribute.name.text),
        InspectionTarget::Resource(of, _, attribute) => {
            let mode = if of.data { "data." } else { "" };
            format!("argument `{}` of `{mode}{}.{}`", attribute.name.text, of.kind, of.name)
        }
    })
}

fn span(target: &InspectionTarget<'_>, module: &Module) -> Span {
    let header = |block: Option<&Block>| block.map_or(Span::new(crate::base::SourceId::UNSHOWN, 0..0), |block| block.header);
    match target {
        InspectionTarget::Variable(name) => header(module.variables.get(*name)),
        InspectionTarget::Output(name) => header(module.outputs.get(*name)),
        InspectionTarget::Local(name) => module.locals.get(*name).map_or_else(|| header(None), |local| local.name.span),
        InspectionTarget::Argument(.., attribute) | InspectionTarget::Resource(.., attribute) => attribute.name.span,
    }
}

/// What may be said of a value.
fn seen(value: &Value) -> InspectedValue {
    let marks = value.deep_marks();
    if !secrecy::may_show(marks.is_secret(), marks.from_file, is_harmless(value)) {
        return InspectedValue::Hidden;
    }
    if let Some(why) = value.first_why() {
        return InspectedValue::Unknown(brief(why.to_string()));
    }
    let mut text = crate::terraform::answer::json(value);
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
    }
    InspectedValue::Value(text)
}

/// Whether a value is a number or one of the service's own words, which no secret is.
fn is_harmless(value: &Value) -> bool {
    match &value.data {
        Data::Null(_) | Data::Bool(_) | Data::Number(_) | Data::Unknown(_) => true,
        Data::String(text) => ProtectionMode::read(text).is_documented() || VaultType::read(text).is_documented(),
        _ => false,
    }
}
