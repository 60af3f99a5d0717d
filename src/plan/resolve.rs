//! What the configuration in a plan settles: whether a value is omitted, null or really unknown, and which resources an expression
//! may get its value from.
//!
//! A plan marks an omitted optional attribute of a new key the same way as one that is known after apply. Only the configuration
//! distinguishes them, and it lists the references of an expression, not the expression. An expression that refers only to
//! known values is itself known, unless it calls `timestamp()`, `uuid()` or `bcrypt()`; so if the plan does not know it, it is
//! null. A mode that changed with every run would replace the key with every run, so for the mode this is proof enough. For other
//! attributes, one of the values referred to must be null.

use super::configuration::{ConfiguredArgument, ConfiguredCall, ConfiguredModule, ConfiguredResource, Expression, GivenConstant};
use super::items::DocumentResource;
use super::node::{Node, NodeValue};
use super::reference::ReferenceTarget;
use crate::base::{Address, InstanceKey, ModuleStep, Step};
use crate::key::PlannedAction;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How deeply references are followed.
const DEPTH: usize = 50;
/// How many references are followed for one question.
const STEPS: usize = 10_000;
/// How many references are followed for all questions about a document, including the parts of values that are visited.
const ALL_STEPS: usize = 10_000_000;

/// Why the origin of a value was not found.
const TOO_LONG: &str = "the value passes through too many references to follow";

/// The configuration and the values of variables.
pub(super) struct Resolver<'a> {
    pub file: &'a Arc<str>,
    pub configuration: Option<&'a ConfiguredModule>,
    /// The variables of the root module.
    variables: &'a BTreeMap<String, GivenConstant>,
    /// How many more references may be followed in this document.
    budget: Cell<usize>,
    /// Results of [`super::schedule`] for modules, by the names of their calls.
    pub triggers: RefCell<HashMap<Vec<String>, Option<String>>>,
}

/// What the configuration shows about an attribute that the plan does not know.
pub(super) enum Settled {
    Unset,
    Unknown { why: String, step: Option<Step> },
}

/// What is known about an expression's value.
#[derive(Clone, Debug)]
enum Assessment {
    /// It is null, or its only reference is to a null value.
    Null,
    /// Every value it refers to is known, and one of them is null.
    OneNull,
    /// Every value it refers to is known. If that is a single value, it is given; the result is this value or computed from it.
    Known(Option<Arc<Node>>),
    /// It may be unknown, and why.
    Open(String),
}

/// The block that an expression is in.
#[derive(Clone)]
pub(super) struct ExpressionScope<'a> {
    pub modules: Vec<ModuleStep>,
    /// `for_each` or `count` of the block.
    pub repeat: Option<&'a Expression>,
    /// The instance of the block.
    pub instance: Option<InstanceKey>,
}

/// The resources an expression may get its value from.
#[derive(Debug, Default)]
pub(super) struct ReachableResources {
    /// Addresses; an instance key that the reference does not have is [`InstanceKey::Any`].
    pub found: Vec<Address>,
    /// Another source that it may get its value from, as a clause.
    pub blocked: Option<String>,
    /// An unknown value that it depends on and that cannot come from such a resource: it may decide which of `found` is used.
    pub decided_by: Option<String>,
    /// Whether it may get its value from something that a plan does not record: a local, or an expression without references.
    pub has_unrecorded_source: bool,
    /// Whether it refers to `each.key` or `count.index`, and otherwise only to `found`.
    pub uses_own_key: bool,
    steps: usize,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        file: &'a Arc<str>,
        configuration: Option<&'a ConfiguredModule>,
        variables: &'a BTreeMap<String, GivenConstant>,
    ) -> Self {
        Self { file, configuration, variables, budget: Cell::new(ALL_STEPS), triggers: RefCell::default() }
    }

    /// Spends part of the budget; false if it is used up.
    fn spend(&self, steps: usize) -> bool {
        let left = self.budget.get().checked_sub(steps);
        self.budget.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Settles an attribute that the plan does not know. `path`: the attribute, or a block and its attribute.
    pub(super) fn settle(&self, item: &DocumentResource, path: &[&str], is_entire_block: bool) -> Settled {
        let unknown = |why: String, step| Settled::Unknown { why, step };
        // An existing resource keeps the values of omitted attributes, so only attributes that are set can be unknown.
        let is_new = !matches!(item.planned_action, PlannedAction::Update | PlannedAction::NoOp);
        let Some((resource, scope)) = self.resource(item) else {
            return unknown("the plan does not record whether it is set: its configuration is not in the plan".to_owned(), None);
        };
        let name = path.last().copied().unwrap_or_default();
        let argument = match path {
            [block, name] => match (resource.block(block), is_entire_block) {
                (Some(block), _) => block.get(*name),
                (None, true) => {
                    let why = format!(
                        "a plan does not distinguish an omitted `{block}` block from a dynamic one that is known after apply; pass the sources with `--source`"
                    );
                    return unknown(why, None);
                }
                (None, false) => {
                    let why =
                        format!("the `{block}` block is dynamic, and a plan does not record its content; pass the sources with `--source`");
                    return unknown(why, None);
                }
            },
            _ => resource.arguments.get(name),
        };
        let expression = match argument {
            None if is_new => return Settled::Unset,
            Some(ConfiguredArgument::Expression(expression)) => expression,
            _ => return unknown("known after apply".to_owned(), None),
        };
        let step = || self.step(name, expression);
        if !is_new {
            return unknown(format!("`{name}` is known only after apply"), Some(step()));
        }
        match self.assess(expression, &scope, &mut 0, 0) {
            Assessment::Null => Settled::Unset,
            Assessment::Known(Some(value)) if is_zero(&value) => Settled::Unset,
            Assessment::OneNull if name != "time_of_schedule_start" => Settled::Unset,
            Assessment::Known(_) if name == "protection_mode" => Settled::Unset,
            Assessment::OneNull | Assessment::Known(_) => {
                let why =
                    format!("a plan does not show whether `{name}` is null or known after apply here; pass the sources with `--source`");
                unknown(why, Some(step()))
            }
            Assessment::Open(why) => unknown(why, Some(step())),
        }
    }

    /// Whether the configuration of a resource has this block, other than by `dynamic`.
    pub(super) fn writes_block(&self, item: &DocumentResource, block: &str) -> bool {
        self.resource(item).is_none_or(|(resource, _)| resource.block(block).is_some())
    }

    /// The step of a trail through an expression.
    pub(super) fn step(&self, name: &str, expression: &Expression) -> Step {
        let list: Vec<String> = expression.references.iter().take(3).map(|reference| format!("`{}`", reference.text)).collect();
        let label = match list.as_slice() {
            [] => format!("`{name}` is computed here"),
            list => format!("`{name}` refers to {}", list.join(", ")),
        };
        Step::new(expression.position.place(self.file, &expression.pointer), label)
    }

    /// The expression of a resource's argument.
    pub(super) fn expression(&self, item: &DocumentResource, name: &str) -> Option<&'a Expression> {
        self.resource(item)?.0.expression(name)
    }

    /// The resources of a type that an argument of a resource may get its value from.
    pub(super) fn reachable(&self, item: &DocumentResource, name: &str, kind: &str) -> Option<ReachableResources> {
        self.reachable_at(item.parsed.as_ref()?, name, kind)
    }

    /// The resources of a type that an argument of the resource with this address may get its value from.
    pub(super) fn reachable_at(&self, address: &Address, name: &str, kind: &str) -> Option<ReachableResources> {
        let (resource, scope) = self.resource_at(address)?;
        let expression = resource.expression(name)?;
        let mut reachable = ReachableResources::default();
        self.follow(expression, &scope, kind, &mut reachable, 0);
        let is_direct = expression.references.iter().all(|reference| match &reference.target {
            Some(ReferenceTarget::Known) => matches!(&*reference.text, "each.key" | "count.index"),
            Some(ReferenceTarget::Resource { kind: found, .. }) => found == kind,
            _ => false,
        });
        reachable.uses_own_key =
            is_direct && expression.references.iter().any(|reference| reference.target == Some(ReferenceTarget::Known));
        Some(reachable)
    }

    /// The resources of a type that an expression may get its value from.
    pub(super) fn reachable_from(&self, expression: &Expression, scope: &ExpressionScope<'a>, kind: &str) -> ReachableResources {
        let mut reachable = ReachableResources::default();
        self.follow(expression, scope, kind, &mut reachable, 0);
        reachable
    }

    /// The block of a resource, and its scope.
    pub(super) fn resource(&self, item: &DocumentResource) -> Option<(&'a ConfiguredResource, ExpressionScope<'a>)> {
        self.resource_at(item.parsed.as_ref()?)
    }

    fn resource_at(&self, address: &Address) -> Option<(&'a ConfiguredResource, ExpressionScope<'a>)> {
        let resource = self.configuration?.at(&address.modules)?.resources.get(&block_address(address))?;
        Some((
            resource,
            ExpressionScope { modules: address.modules.to_vec(), repeat: resource.repeat.as_ref(), instance: address.key.clone() },
        ))
    }

    /// The call of a module, and its scope; `None` for the root.
    pub(super) fn call(&self, modules: &[ModuleStep]) -> Option<(&'a ConfiguredCall, ExpressionScope<'a>)> {
        let (last, above) = modules.split_last()?;
        let call = self.configuration?.at(above)?.calls.get(&last.name)?;
        Some((call, ExpressionScope { modules: above.to_vec(), repeat: call.repeat.as_ref(), instance: last.key.clone() }))
    }

    /// The value of a variable of a module.
    fn variable(&self, name: &str, modules: &[ModuleStep]) -> Variable<'a> {
        if modules.is_empty() {
            return Variable::Given(self.variables.get(name).cloned().unwrap_or(GivenConstant::Nothing));
        }
        let Some((call, scope)) = self.call(modules) else { return Variable::Given(GivenConstant::Nothing) };
        match call.arguments.get(name) {
            Some(expression) => Variable::Argument(expression, scope),
            None => Variable::Given(call.module.variables.get(name).cloned().unwrap_or(GivenConstant::Nothing)),
        }
    }

    /// What is known about an expression's value.
    fn assess(&self, expression: &Expression, scope: &ExpressionScope<'a>, steps: &mut usize, depth: usize) -> Assessment {
        *steps += 1;
        if depth > DEPTH || *steps > STEPS || !self.spend(1 + expression.references.len()) {
            return Assessment::Open(TOO_LONG.to_owned());
        }
        match &expression.constant {
            GivenConstant::Null => return Assessment::Null,
            GivenConstant::Value(value) => return Assessment::Known(value.clone()),
            GivenConstant::Nothing => {}
        }
        let mut assessments = Vec::new();
        for reference in &expression.references {
            let text = &reference.text;
            let assessment = match &reference.target {
                Some(ReferenceTarget::Variable(name)) => match self.variable(name, &scope.modules) {
                    Variable::Given(GivenConstant::Null) => self.part_of(Assessment::Null, &reference.path),
                    Variable::Given(GivenConstant::Value(value)) => self.part_of(Assessment::Known(value.clone()), &reference.path),
                    Variable::Argument(expression, above) => {
                        self.part_of(self.assess(expression, &above, steps, depth + 1), &reference.path)
                    }
                    Variable::Given(GivenConstant::Nothing) => Assessment::Open(format!("`{text}` has no value in the plan")),
                },
                Some(ReferenceTarget::EachValue) => match scope.repeat {
                    Some(repeat) => {
                        let all = self.assess(repeat, &ExpressionScope::plain(scope.modules.clone()), steps, depth + 1);
                        // `each.value` is the element of `for_each` under the instance's key.
                        let path: Vec<InstanceKey> = scope.instance.iter().chain(&reference.path).cloned().collect();
                        self.part_of(all, &path)
                    }
                    None => Assessment::Open(format!("the plan does not record `{text}`")),
                },
                Some(ReferenceTarget::Known) => Assessment::Known(None),
                Some(ReferenceTarget::Module { name, key, output }) => {
                    self.assess_output(name, key.as_ref(), output.as_deref(), scope, steps, depth)
                }
                Some(ReferenceTarget::Local(_)) => Assessment::Open(format!(
                    "it comes from `{text}`, and a plan does not record locals, so null cannot be distinguished from known after apply; pass the sources with `--source`"
                )),
                Some(ReferenceTarget::Resource { .. }) => {
                    Assessment::Open(format!("it depends on `{text}`, which may be known only after apply"))
                }
                None => Assessment::Open(format!("it depends on `{text}`")),
            };
            // One open reference leaves the expression open.
            if let Assessment::Open(_) = assessment {
                return assessment;
            }
            assessments.push(assessment);
        }
        match assessments.as_slice() {
            [] => Assessment::Open(
                "it is computed by an expression that the plan does not record; pass the sources with `--source`".to_owned(),
            ),
            [one] => one.clone(),
            many if many.iter().any(|assessment| matches!(assessment, Assessment::Null | Assessment::OneNull)) => Assessment::OneNull,
            _ => Assessment::Known(None),
        }
    }

    fn assess_output(
        &self,
        name: &str,
        key: Option<&InstanceKey>,
        output: Option<&str>,
        scope: &ExpressionScope<'a>,
        steps: &mut usize,
        depth: usize,
    ) -> Assessment {
        let modules = child_modules(&scope.modules, name, key.cloned());
        let module = self.configuration.and_then(|root| root.at(&modules));
        match (module, output.and_then(|output| module?.outputs.get(output))) {
            (Some(_), Some(expression)) => self.assess(expression, &ExpressionScope::plain(modules), steps, depth + 1),
            _ => Assessment::Open(format!("it depends on `module.{name}`, whose outputs may be known only after apply")),
        }
    }

    /// What is known about a part of a value.
    fn part_of(&self, value: Assessment, path: &[InstanceKey]) -> Assessment {
        let value = match (value, path) {
            // Null has no parts: the reference must be inside `try` or the like.
            (Assessment::Null, [_, ..]) => return Assessment::OneNull,
            (Assessment::Known(Some(value)), [_, ..]) => value,
            (value, _) => return value,
        };
        let mut part = &*value;
        for step in path {
            // `get` searches the members one by one.
            if !self.spend(part.members().len() / 16) {
                return Assessment::Open(TOO_LONG.to_owned());
            }
            let next = match (&part.value, step) {
                (NodeValue::Object(_), InstanceKey::Text(name)) => part.get(name),
                (NodeValue::List(list), InstanceKey::Number(index)) => usize::try_from(*index).ok().and_then(|index| list.get(index)),
                // A set, or a value that a function computed from this one.
                _ => return Assessment::Known(None),
            };
            match next {
                // An optional attribute that is not set is null; one with a default would be known.
                None => return Assessment::OneNull,
                Some(next) if next.is_null() => return Assessment::Null,
                Some(next) => part = next,
            }
        }
        if self.spend(part.size()) { Assessment::Known(Some(Arc::new(part.clone()))) } else { Assessment::Open(TOO_LONG.to_owned()) }
    }

    /// Collects the resources of a type that an expression may get its value from.
    fn follow(&self, expression: &Expression, scope: &ExpressionScope<'a>, kind: &str, reachable: &mut ReachableResources, depth: usize) {
        reachable.steps += 1;
        if depth > DEPTH || reachable.steps > STEPS || !self.spend(1 + expression.references.len()) {
            reachable.set_blocked(TOO_LONG);
            return;
        }
        if !matches!(expression.constant, GivenConstant::Nothing) {
            return;
        }
        if expression.references.is_empty() {
            reachable.has_unrecorded_source = true;
            reachable.set_blocked("it is computed by an expression that the plan does not record");
        }
        for reference in &expression.references {
            let text = &reference.text;
            match &reference.target {
                Some(ReferenceTarget::Variable(name)) => match self.variable(name, &scope.modules) {
                    Variable::Argument(expression, above) => self.follow(expression, &above, kind, reachable, depth + 1),
                    Variable::Given(GivenConstant::Null | GivenConstant::Value(_)) => {}
                    Variable::Given(GivenConstant::Nothing) => reachable.set_blocked(format!("`{text}` has no value in the plan")),
                },
                Some(ReferenceTarget::EachValue) => match scope.repeat {
                    Some(repeat) => self.follow(repeat, &ExpressionScope::plain(scope.modules.clone()), kind, reachable, depth + 1),
                    None => reachable.set_blocked(format!("it comes from `{text}`")),
                },
                Some(ReferenceTarget::Known) => {}
                Some(ReferenceTarget::Local(_)) => {
                    reachable.has_unrecorded_source = true;
                    reachable.set_blocked(format!("it comes from `{text}`, and a plan does not record locals"));
                }
                Some(ReferenceTarget::Module { name, key, output }) => {
                    let key = key.clone().or_else(|| {
                        let call = self.configuration?.at(&scope.modules)?.calls.get(name)?;
                        call.repeat.as_ref().map(|_| InstanceKey::Any)
                    });
                    let modules = child_modules(&scope.modules, name, key);
                    let Some(module) = self.configuration.and_then(|root| root.at(&modules)) else {
                        reachable.set_blocked(format!("it comes from `{text}`, which the plan does not record"));
                        continue;
                    };
                    let scope = ExpressionScope::plain(modules);
                    // A reference to `module.x` without an output may use any of them.
                    let outputs: Vec<&Expression> = match output {
                        Some(output) => module.outputs.get(output).into_iter().collect(),
                        None => module.outputs.values().take(STEPS + 1).collect(),
                    };
                    if outputs.is_empty() {
                        reachable.set_blocked(format!("it comes from `{text}`, which the plan does not record"));
                    }
                    outputs.into_iter().for_each(|expression| self.follow(expression, &scope, kind, reachable, depth + 1));
                }
                Some(ReferenceTarget::Resource { data, kind: found, name, key, attribute }) => {
                    let address = Address {
                        modules: scope.modules.as_slice().into(),
                        data: *data,
                        kind: found.as_str().into(),
                        name: name.as_str().into(),
                        key: None,
                    };
                    let resource = self.configuration.and_then(|root| root.at(&scope.modules)?.resources.get(&block_address(&address)));
                    let key = key.clone().or_else(|| resource?.repeat.as_ref().map(|_| InstanceKey::Any));
                    let address = Address { key, ..address };
                    if found == kind {
                        reachable.found.push(address);
                        continue;
                    }
                    // `output` of a `terraform_data` is its `input`.
                    let attribute = match (found.as_str(), attribute.as_deref()) {
                        ("terraform_data", Some("output")) => {
                            reachable.decided_by.get_or_insert_with(|| text.to_string());
                            match resource.and_then(|resource| resource.expression("input")) {
                                Some(input) if matches!(input.constant, GivenConstant::Nothing) => Some("input".to_owned()),
                                _ => continue,
                            }
                        }
                        ("terraform_data" | "null_resource", Some("id")) => {
                            reachable.decided_by.get_or_insert_with(|| text.to_string());
                            continue;
                        }
                        (kind, _) if kind.starts_with("random_") => {
                            reachable.decided_by.get_or_insert_with(|| text.to_string());
                            continue;
                        }
                        _ => attribute.clone(),
                    };
                    let passed = attribute.as_ref().and_then(|attribute| resource?.expression(attribute).zip(resource));
                    match passed {
                        Some((expression, resource)) if !data => {
                            let scope =
                                ExpressionScope { repeat: resource.repeat.as_ref(), ..ExpressionScope::plain(scope.modules.clone()) };
                            self.follow(expression, &scope, kind, reachable, depth + 1);
                        }
                        _ => reachable.set_blocked(format!("it depends on `{text}`")),
                    }
                }
                None => reachable.set_blocked(format!("it depends on `{text}`")),
            }
        }
    }
}

impl ReachableResources {
    fn set_blocked(&mut self, why: impl Into<String>) {
        self.blocked.get_or_insert_with(|| why.into());
    }
}

/// The value of a variable: given in the plan, or by an argument of the module call.
enum Variable<'a> {
    Given(GivenConstant),
    Argument(&'a Expression, ExpressionScope<'a>),
}

impl ExpressionScope<'_> {
    /// A scope without `for_each` and `count`.
    pub(super) fn plain(modules: Vec<ModuleStep>) -> Self {
        Self { modules, repeat: None, instance: None }
    }
}

/// Whether it is the empty string, which the provider's SDK treats as omitted.
fn is_zero(node: &Node) -> bool {
    node.text().is_some_and(str::is_empty)
}

/// The path of a module that is called in a module.
fn child_modules(modules: &[ModuleStep], name: &str, key: Option<InstanceKey>) -> Vec<ModuleStep> {
    modules.iter().cloned().chain(std::iter::once(ModuleStep { name: name.to_owned(), key })).collect()
}

/// A resource's address inside its module, without instance key.
fn block_address(address: &Address) -> String {
    format!("{}{}.{}", if address.data { "data." } else { "" }, address.kind, address.name)
}

/// Whether a reference matches an address.
pub(super) fn reference_matches(reference: &Address, address: &Address) -> bool {
    let same = |wanted: &Option<InstanceKey>, key: &Option<InstanceKey>| *wanted == Some(InstanceKey::Any) || wanted == key;
    reference.data == address.data
        && reference.kind == address.kind
        && reference.name == address.name
        && same(&reference.key, &address.key)
        && reference.modules.len() == address.modules.len()
        && reference
            .modules
            .iter()
            .zip(address.modules.iter())
            .all(|(wanted, step)| wanted.name == step.name && same(&wanted.key, &step.key))
}

#[cfg(test)]
mod tests {
    use super::super::reference::{PlanReference, ReferenceTarget};
    use super::super::scan::ScanPosition;
    use super::*;

    /// An expression with this number of references to a variable.
    fn expression_with_references(count: usize) -> Expression {
        let target = Some(ReferenceTarget::Variable("v".to_owned()));
        let reference = PlanReference { text: "var.v".into(), target, path: Vec::new() };
        Expression {
            constant: GivenConstant::Nothing,
            references: vec![reference; count],
            pointer: Arc::from("/configuration"),
            position: ScanPosition { line: 1, column: 1 },
        }
    }

    #[test]
    fn each_followed_reference_is_charged_to_the_budget() {
        let file = Arc::from("plan.json");
        let variables = BTreeMap::from([("v".to_owned(), GivenConstant::Null)]);
        let (expression, scope) = (expression_with_references(1_000), ExpressionScope::plain(Vec::new()));
        let assessed = |resolver: &Resolver<'_>| match resolver.assess(&expression, &scope, &mut 0, 0) {
            Assessment::OneNull => None,
            Assessment::Open(why) => Some(why),
            other => panic!("{other:?}"),
        };
        let followed = |resolver: &Resolver<'_>| {
            let mut reachable = ReachableResources::default();
            resolver.follow(&expression, &scope, "oci_kms_vault", &mut reachable, 0);
            reachable.blocked
        };
        let too_long = || Some(TOO_LONG.to_owned());
        let resolver = || Resolver { budget: Cell::new(1_500), ..Resolver::new(&file, None, &variables) };
        let (first, second) = (resolver(), resolver());
        assert_eq!([assessed(&first), assessed(&first)], [None, too_long()]);
        assert_eq!([followed(&second), followed(&second)], [None, too_long()]);
    }
}
