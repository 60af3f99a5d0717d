//! The value of the expression at a position, in every instance of its module. Editors show it in a tooltip.

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
use crate::terraform::world::instance::{Each, ModuleInstance, ResourceName, address};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// The maximum number of runs evaluated for one position.
const MAX_RUNS: usize = 20;
/// The maximum number of module instances visited in each run.
const MAX_INSTANCES: usize = 2000;
/// The maximum number of values kept.
const MAX_VALUES: usize = 200;
/// The maximum length of a value's text, in bytes.
const MAX_TEXT: usize = 400;
/// The maximum number of trail steps kept for each value.
const MAX_STEPS: usize = 10;

/// The configuration at a position, and its values.
#[derive(Debug)]
pub struct Inspection {
    /// A description, names in backticks: "argument `protection_mode` of `oci_kms_key.k`".
    pub subject: String,
    /// Its place in the configuration.
    pub span: Span,
    /// Its values. Instances with the same value and trail share an entry.
    pub values: Vec<Inspected>,
    /// Whether there are more instances than were visited.
    pub is_cut: bool,
}

/// One value, and the instances that have it.
#[derive(Debug)]
pub struct Inspected {
    /// The value, as far as it is known and may be shown.
    pub value: InspectedValue,
    /// The trail of the value, nearest step first.
    pub trail: Vec<Step>,
    /// The addresses of the instances; the directory of the root module where an instance has no address.
    pub instances: Vec<String>,
}

/// A value, as far as it is known and may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectedValue {
    /// The value as JSON; long ones are cut.
    Value(String),
    /// The value may not be shown.
    Hidden,
    /// The value is unknown; the reason, as a clause.
    Unknown(String),
    /// Terraform would reject the value; the reason, as a clause.
    Rejected(String),
}

/// What to evaluate in every instance of a module.
struct InspectionQuery<'m> {
    /// The module's directory.
    directory: &'m Path,
    target: InspectionTarget<'m>,
    /// The reference at the position, unless it is the complete expression.
    part: Option<&'m Expr>,
}

/// The values found so far, and the number of instances that may still be visited.
struct InspectionResult {
    values: Vec<Inspected>,
    left: usize,
}

/// The declaration or argument that a position is in.
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
    /// Inspects the configuration at a byte offset of a file; `path` is its real path. `None` if nothing at the offset has a value.
    #[must_use]
    pub fn inspect(&self, request: &ScanRequest, sources: &Arc<Sources>, path: &Path, offset: usize) -> Option<Inspection> {
        deep(|| inspect(self, request, sources, path, offset))
    }
}

fn inspect(session: &Session, request: &ScanRequest, sources: &Arc<Sources>, path: &Path, offset: usize) -> Option<Inspection> {
    let name = path.file_name()?.to_str()?;
    let is_values = !is_configuration(name);
    let runs: Vec<&Run> = if is_values { session.runs_with_values(path) } else { session.runs_with_module(path.parent()?) };
    let is_cut = runs.len() > MAX_RUNS;
    let mut scan = session.manifests();
    let loader = Loader::new(request, sources, &mut scan);
    let mut found: Option<Inspection> = None;
    for run in runs.into_iter().take(MAX_RUNS) {
        let inspected = RunInspection { session, loader: &loader, run, path, offset }.run(is_values);
        let Some(mut inspected) = inspected else { continue };
        match &mut found {
            Some(found) => {
                found.is_cut |= inspected.is_cut;
                for value in inspected.values {
                    add(&mut found.values, value);
                }
            }
            None => {
                inspected.is_cut |= is_cut;
                found = Some(inspected);
            }
        }
    }
    found
}

/// Adds a value. Returns whether there is room for more.
fn add(values: &mut Vec<Inspected>, new: Inspected) -> bool {
    if let Some(same) = values.iter_mut().find(|known| known.value == new.value && known.trail == new.trail) {
        same.instances.extend(new.instances);
        return same.instances.len() < MAX_INSTANCES;
    }
    let has_room = values.len() < MAX_VALUES;
    if has_room {
        values.push(new);
    }
    has_room
}

/// Inspects a position in one run.
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
        secrets::hide_in_modules(&survey.modules, loader.sources, &loader.hidden);
        let module = loader.root(&run.root);
        let read = inputs::read(loader.request, loader.sources, &run.root, &module.shown, run.passed.as_deref());
        secrets::hide_inputs(read.inputs.file_values(), &module, loader.sources);
        let named = is_values.then(|| read.inputs.file_values().find(|(_, span)| self.is_in_line(*span)).map(|(name, _)| name.to_owned()));
        let (workspace, _) = workspace::find(loader.request, &module, loader.sources);
        let world = World::new(loader, &run.root, read.inputs.for_root(&root), workspace, &budget);
        world.resources.time.set_modules(&survey.modules);
        if let Some(named) = named {
            let (name, block) = module.variables.get_key_value(named?.as_str())?;
            let mut inspection =
                Inspection { subject: brief(format!("variable `{name}`")), span: block.header, values: Vec::new(), is_cut: false };
            add(&mut inspection.values, self.inspected(variables::value(&world, &world.tree.top(), name), self.root_name()));
            return Some(inspection);
        }
        let directory = self.path.parent()?;
        let module = survey.modules.iter().find(|module| module.path == directory)?;
        let target = self.target(module)?;
        let mut inspection = Inspection { subject: subject(&target), span: span(&target, module), values: Vec::new(), is_cut: false };
        let part = match &target {
            InspectionTarget::Argument(.., attribute) | InspectionTarget::Resource(.., attribute) => self.part(&attribute.value),
            InspectionTarget::Local(name) => module.locals.get(*name).and_then(|local| self.part(&local.value)),
            InspectionTarget::Output(_) | InspectionTarget::Variable(_) => None,
        };
        if let Some((part, text)) = part.and_then(|part| loader.sources.quote(part.span).map(|text| (part, text))) {
            (inspection.span, inspection.subject) = (part.span, brief(format!("`{text}`")));
        }
        let mut result = InspectionResult { values: Vec::new(), left: MAX_INSTANCES };
        self.visit(&world, &world.tree.top(), &InspectionQuery { directory, target, part }, &mut result);
        Some(Inspection { values: result.values, is_cut: result.left == 0, ..inspection })
    }

    /// Visits all instances of the module.
    fn visit(&self, world: &World<'_>, at: &Rc<ModuleInstance>, query: &InspectionQuery<'_>, found: &mut InspectionResult) {
        if found.left == 0 {
            return;
        }
        found.left -= 1;
        if at.module.path == query.directory {
            self.evaluate(world, at, query, found);
        }
        for (name, call) in &at.module.calls {
            let Ok(expansion) = expand::call(world, at, name, call) else { continue };
            for (key, each) in expansion.instances() {
                if let Ok(child) = descend::child(world, at, name, call, key.as_ref(), each) {
                    self.visit(world, &child, query, found);
                }
            }
        }
    }

    /// Evaluates the target in one instance of its module.
    fn evaluate(&self, world: &World<'_>, at: &Rc<ModuleInstance>, query: &InspectionQuery<'_>, found: &mut InspectionResult) {
        let part = query.part;
        let eval = |expr: &Expr, each: &Each| {
            let frame = Frame::new(world, at, each);
            // The part alone fails if it uses a name that only the expression around it defines, such as that of a `for`.
            let value = part.map(|part| frame.eval(part)).filter(Result::is_ok);
            value.unwrap_or_else(|| frame.eval(expr))
        };
        let module_name = || if at.prefix.is_empty() { self.root_name() } else { at.prefix.trim_end_matches('.').to_owned() };
        let mut record = |value: Result<Value, EvalError>, instance: String| {
            found.left = found.left.saturating_sub(1);
            add(&mut found.values, self.inspected(value, instance)) && found.left > 0
        };
        match &query.target {
            InspectionTarget::Variable(name) => drop(record(variables::value(world, at, name), module_name())),
            InspectionTarget::Output(name) => drop(record(values::output(world, at, name), module_name())),
            InspectionTarget::Local(name) => {
                let value = part.map(|part| Frame::of_module(world, at).eval(part)).filter(Result::is_ok);
                record(value.unwrap_or_else(|| values::local(world, at, name)), module_name());
            }
            InspectionTarget::Argument(name, call, attribute) => {
                let Ok(expansion) = expand::call(world, at, name, call) else { return };
                for (key, each) in expansion.instances() {
                    let key = key.as_ref().map(InstanceKey::to_string).unwrap_or_default();
                    if !record(eval(&attribute.value, &each), format!("{}module.{name}{key}", at.prefix)) {
                        return;
                    }
                }
            }
            InspectionTarget::Resource(resource, block, attribute) => {
                let Ok(expansion) = expand::resource(world, at, resource, block) else { return };
                for (key, each) in expansion.instances() {
                    let address = address(at, resource.data, &resource.kind, &resource.name, key.as_ref());
                    if !record(eval(&attribute.value, &each), address) {
                        return;
                    }
                }
            }
        }
    }

    fn inspected(&self, value: Result<Value, EvalError>, instance: String) -> Inspected {
        // A hostile name of a megabyte would otherwise be kept for each of thousands of instances.
        let instances = vec![brief(instance)];
        match value {
            Ok(value) => Inspected { trail: value.steps().take(MAX_STEPS).cloned().collect(), value: shown_value(&value), instances },
            Err(error) => Inspected { value: InspectedValue::Rejected(brief(error.message)), trail: Vec::new(), instances },
        }
    }

    fn root_name(&self) -> String {
        self.loader.request.shown(&self.run.root).to_string_lossy().replace('\\', "/")
    }

    /// The declaration or argument of a module at the position.
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
        let find_in = |data: bool, resources: &'m Resources| {
            resources.iter().find_map(|(kind, named)| {
                named.iter().find_map(|(name, block)| {
                    let resource = ResourceName { data, kind: Arc::clone(kind), name: Arc::clone(name) };
                    Some(InspectionTarget::Resource(resource, block, self.argument(&block.body)?))
                })
            })
        };
        find_in(false, &module.managed).or_else(|| find_in(true, &module.data))
    }

    /// The argument at the position, also in nested blocks. `dynamic` blocks are skipped: their arguments depend on an iterator.
    fn argument<'m>(&self, body: &'m Body) -> Option<&'m Attribute> {
        let attribute = body.attributes.iter().find(|attribute| self.is_in(attribute.span));
        attribute.or_else(|| body.blocks.iter().filter(|block| &*block.kind.text != "dynamic").find_map(|block| self.argument(&block.body)))
    }

    /// The smallest reference of an expression at the position, unless it is the complete expression.
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

    /// Whether the position is in a span.
    fn is_in(&self, span: Span) -> bool {
        span.range().start <= self.offset && self.offset <= span.range().end && self.is_in_file(span)
    }

    /// Whether the position is on a line of this value in a values file.
    fn is_in_line(&self, value: Span) -> bool {
        let source = self.loader.sources.get(value.source);
        let (at, first, last) =
            (source.line_index(self.offset), source.line_index(value.start as usize), source.line_index(value.end as usize));
        (first..=last).contains(&at) && self.is_in_file(value)
    }

    /// Whether a span is in the inspected file.
    fn is_in_file(&self, span: Span) -> bool {
        let source = self.loader.sources.get(span.source);
        let full = crate::base::disk::tidy(&self.loader.request.cwd.join(source.path()));
        full == self.path || crate::base::disk::canonical(&full).is_ok_and(|real| real == self.path)
    }
}

fn subject(target: &InspectionTarget<'_>) -> String {
    brief(match target {
        InspectionTarget::Variable(name) => format!("variable `{name}`"),
        InspectionTarget::Local(name) => format!("local value `{name}`"),
        InspectionTarget::Output(name) => format!("output `{name}`"),
        InspectionTarget::Argument(call, _, attribute) => format!("argument `{}` of module call `{call}`", attribute.name.text),
        InspectionTarget::Resource(resource, _, attribute) => {
            let mode = if resource.data { "data." } else { "" };
            format!("argument `{}` of `{mode}{}.{}`", attribute.name.text, resource.kind, resource.name)
        }
    })
}

fn span(target: &InspectionTarget<'_>, module: &Module) -> Span {
    let header = |block: Option<&Block>| block.map_or(Span::new(crate::base::SourceId::UNSTORED, 0..0), |block| block.header);
    match target {
        InspectionTarget::Variable(name) => header(module.variables.get(*name)),
        InspectionTarget::Output(name) => header(module.outputs.get(*name)),
        InspectionTarget::Local(name) => module.locals.get(*name).map_or_else(|| header(None), |local| local.name.span),
        InspectionTarget::Argument(.., attribute) | InspectionTarget::Resource(.., attribute) => attribute.name.span,
    }
}

/// A value, as far as it is known and may be shown.
fn shown_value(value: &Value) -> InspectedValue {
    let marks = value.deep_marks();
    if !secrecy::may_show(marks.is_secret(), marks.from_file, is_harmless(value)) {
        return InspectedValue::Hidden;
    }
    if let Some(why) = value.first_why() {
        return InspectedValue::Unknown(brief(why.to_string()));
    }
    let mut text = crate::terraform::answer::to_json(value);
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
    }
    InspectedValue::Value(text)
}

/// Whether a value is of a kind that cannot be a secret: a number, a boolean, or one of the service's enum values.
fn is_harmless(value: &Value) -> bool {
    match &value.data {
        Data::Null(_) | Data::Bool(_) | Data::Number(_) | Data::Unknown(_) => true,
        Data::String(text) => ProtectionMode::read(text).is_documented() || VaultType::read(text).is_documented(),
        _ => false,
    }
}
