//! What the configuration in a plan settles: omitted, null or really unknown; and which resources an expression reaches.
//!
//! The plan marks an omitted optional attribute of a new key and one that is known after apply alike. Only the configuration
//! tells them apart, and it lists what an expression refers to, not the expression. An expression that refers to nothing but
//! known values is itself known, unless it calls `timestamp()`, `uuid()` or `bcrypt()`; so where the plan does not know it, it is
//! null. A mode that changed with every run would replace the key with every run: for the mode this is proof enough. For all
//! else one of the values referred to must be null.

use super::configuration::{ConfiguredArgument, ConfiguredCall, ConfiguredModule, ConfiguredResource, Expression, GivenConstant};
use super::items::DocumentResource;
use super::node::{Node, NodeValue};
use super::reference::ReferenceTarget;
use crate::base::{Address, InstanceKey, ModuleStep, Step};
use crate::key::PlannedAction;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// References through modules are followed this far.
const DEPTH: usize = 50;
/// And this many of them for one question.
const STEPS: usize = 10_000;
/// And this many for all questions about a document, parts of values that are looked at among them.
const ALL_STEPS: usize = 10_000_000;

/// Why a value was not followed to its end.
const TOO_LONG: &str = "the way of the value through modules is too long";

/// The configuration and what else a question about it needs.
pub(super) struct Resolver<'a> {
    pub file: &'a Arc<str>,
    pub configuration: Option<&'a ConfiguredModule>,
    /// The variables of the root module.
    variables: &'a BTreeMap<String, GivenConstant>,
    /// How many references may still be followed in this document.
    left: Cell<usize>,
    /// What [`super::schedule`] found in modules, by the names of their calls.
    pub triggers: RefCell<HashMap<Vec<String>, Option<String>>>,
}

/// What an attribute that the plan does not know turns out to be.
pub(super) enum Settled {
    Unset,
    Unknown { why: String, step: Option<Step> },
}

/// What is known of an expression's value.
#[derive(Clone, Debug)]
enum Weight {
    /// It is null, as far as an expression that only refers to one null value is.
    Null,
    /// Every value it refers to is known, and one of them is null.
    OneNull,
    /// Every value it refers to is known. The value is there if the expression refers to one value only, and is then at least
    /// made from it.
    Known(Option<Arc<Node>>),
    /// It is unknown, and why.
    Open(String),
}

/// Where an expression stands.
#[derive(Clone)]
pub(super) struct ExpressionScope<'a> {
    pub modules: Vec<ModuleStep>,
    /// `for_each` or `count` of the block around it.
    pub repeat: Option<&'a Expression>,
    /// The instance of that block.
    pub own: Option<InstanceKey>,
}

/// The resources an expression may get its value from.
#[derive(Debug, Default)]
pub(super) struct ReachableResources {
    /// Addresses; a key that is not written is [`InstanceKey::Any`].
    pub found: Vec<Address>,
    /// What it may get its value from, if anything.
    pub blocked: Option<String>,
    /// Something unknown that it depends on and that cannot itself be what is looked for: it may decide which of `found` counts.
    pub decided_by: Option<String>,
    /// Whether it may get its value from what a plan does not hold: a local, or a call without references.
    pub hides: bool,
    /// Whether it refers to `each.key` or `count.index`, and otherwise only to `found`.
    pub by_own_key: bool,
    steps: usize,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        file: &'a Arc<str>,
        configuration: Option<&'a ConfiguredModule>,
        variables: &'a BTreeMap<String, GivenConstant>,
    ) -> Self {
        Self { file, configuration, variables, left: Cell::new(ALL_STEPS), triggers: RefCell::default() }
    }

    /// Pays for looking at a number of things; false where nothing is left.
    fn pay(&self, steps: usize) -> bool {
        let left = self.left.get().checked_sub(steps);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Decides about an attribute that the plan does not know. `path`: the attribute, or a block and its attribute.
    pub(super) fn settle(&self, item: &DocumentResource, path: &[&str], whole_block: bool) -> Settled {
        let unknown = |why: String, step| Settled::Unknown { why, step };
        // What exists keeps what is omitted: only what is written can be unknown.
        let is_new = !matches!(item.planned_action, PlannedAction::Update | PlannedAction::NoOp);
        let Some((resource, scope)) = self.resource(item) else {
            return unknown("the plan does not record whether it is set: its configuration is not in the plan".to_owned(), None);
        };
        let name = path.last().copied().unwrap_or_default();
        let argument = match path {
            [block, name] => match (resource.block(block), whole_block) {
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
        match self.weigh(expression, &scope, &mut 0, 0) {
            Weight::Null => Settled::Unset,
            Weight::Known(Some(value)) if is_zero(&value) => Settled::Unset,
            Weight::OneNull if name != "time_of_schedule_start" => Settled::Unset,
            Weight::Known(_) if name == "protection_mode" => Settled::Unset,
            Weight::OneNull | Weight::Known(_) => {
                let why =
                    format!("a plan does not show whether `{name}` is null or known after apply here; pass the sources with `--source`");
                unknown(why, Some(step()))
            }
            Weight::Open(why) => unknown(why, Some(step())),
        }
    }

    /// Whether a block is written for a resource, other than by `dynamic`.
    pub(super) fn writes_block(&self, item: &DocumentResource, block: &str) -> bool {
        self.resource(item).is_none_or(|(resource, _)| resource.block(block).is_some())
    }

    /// The label and place of an expression.
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

    /// What an argument of a resource reaches of a type.
    pub(super) fn reachable(&self, item: &DocumentResource, name: &str, kind: &str) -> Option<ReachableResources> {
        self.reachable_at(item.parsed.as_ref()?, name, kind)
    }

    /// What an argument of the resource with this address reaches of a type.
    pub(super) fn reachable_at(&self, address: &Address, name: &str, kind: &str) -> Option<ReachableResources> {
        let (resource, scope) = self.resource_at(address)?;
        let expression = resource.expression(name)?;
        let mut reachable = ReachableResources::default();
        self.follow(expression, &scope, kind, &mut reachable, 0);
        let own = expression.references.iter().all(|reference| match &reference.target {
            Some(ReferenceTarget::Known) => matches!(&*reference.text, "each.key" | "count.index"),
            Some(ReferenceTarget::Resource { kind: found, .. }) => found == kind,
            _ => false,
        });
        reachable.by_own_key = own && expression.references.iter().any(|reference| reference.target == Some(ReferenceTarget::Known));
        Some(reachable)
    }

    /// What an expression reaches of a type.
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
        let resource = self.configuration?.at(&address.modules)?.resources.get(&block(address))?;
        Some((resource, ExpressionScope { modules: address.modules.to_vec(), repeat: resource.repeat.as_ref(), own: address.key.clone() }))
    }

    /// The call that leads to a module, and its scope; `None` for the root.
    pub(super) fn call(&self, modules: &[ModuleStep]) -> Option<(&'a ConfiguredCall, ExpressionScope<'a>)> {
        let (last, above) = modules.split_last()?;
        let call = self.configuration?.at(above)?.calls.get(&last.name)?;
        Some((call, ExpressionScope { modules: above.to_vec(), repeat: call.repeat.as_ref(), own: last.key.clone() }))
    }

    /// What a variable of a module is given.
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

    /// What is known of an expression's value.
    fn weigh(&self, expression: &Expression, scope: &ExpressionScope<'a>, steps: &mut usize, depth: usize) -> Weight {
        *steps += 1;
        if depth > DEPTH || *steps > STEPS || !self.pay(1 + expression.references.len()) {
            return Weight::Open(TOO_LONG.to_owned());
        }
        match &expression.constant {
            GivenConstant::Null => return Weight::Null,
            GivenConstant::Value(value) => return Weight::Known(value.clone()),
            GivenConstant::Nothing => {}
        }
        let mut weights = Vec::new();
        for reference in &expression.references {
            let text = &reference.text;
            let weight = match &reference.target {
                Some(ReferenceTarget::Variable(name)) => match self.variable(name, &scope.modules) {
                    Variable::Given(GivenConstant::Null) => self.within(Weight::Null, &reference.path),
                    Variable::Given(GivenConstant::Value(value)) => self.within(Weight::Known(value.clone()), &reference.path),
                    Variable::Argument(expression, above) => self.within(self.weigh(expression, &above, steps, depth + 1), &reference.path),
                    Variable::Given(GivenConstant::Nothing) => Weight::Open(format!("`{text}` has no value in the plan")),
                },
                Some(ReferenceTarget::EachValue) => match scope.repeat {
                    Some(repeat) => {
                        let all = self.weigh(repeat, &ExpressionScope::plain(scope.modules.clone()), steps, depth + 1);
                        // The value of the own instance is what `for_each` has under its key.
                        let path: Vec<InstanceKey> = scope.own.iter().chain(&reference.path).cloned().collect();
                        self.within(all, &path)
                    }
                    None => Weight::Open(format!("the plan does not record `{text}`")),
                },
                Some(ReferenceTarget::Known) => Weight::Known(None),
                Some(ReferenceTarget::Module { name, key, output }) => {
                    self.weigh_output(name, key.as_ref(), output.as_deref(), scope, steps, depth)
                }
                Some(ReferenceTarget::Local(_)) => Weight::Open(format!(
                    "it comes from `{text}`, and a plan does not record locals, so null cannot be distinguished from known after apply; pass the sources with `--source`"
                )),
                Some(ReferenceTarget::Resource { .. }) => {
                    Weight::Open(format!("it depends on `{text}`, which may be known only after apply"))
                }
                None => Weight::Open(format!("it depends on `{text}`")),
            };
            // What is open about one reference is open about all of them.
            if let Weight::Open(_) = weight {
                return weight;
            }
            weights.push(weight);
        }
        match weights.as_slice() {
            [] => {
                Weight::Open("it is computed by an expression that the plan does not record; pass the sources with `--source`".to_owned())
            }
            [one] => one.clone(),
            many if many.iter().any(|weight| matches!(weight, Weight::Null | Weight::OneNull)) => Weight::OneNull,
            _ => Weight::Known(None),
        }
    }

    fn weigh_output(
        &self,
        name: &str,
        key: Option<&InstanceKey>,
        output: Option<&str>,
        scope: &ExpressionScope<'a>,
        steps: &mut usize,
        depth: usize,
    ) -> Weight {
        let modules = inside(&scope.modules, name, key.cloned());
        let module = self.configuration.and_then(|root| root.at(&modules));
        match (module, output.and_then(|output| module?.outputs.get(output))) {
            (Some(_), Some(expression)) => self.weigh(expression, &ExpressionScope::plain(modules), steps, depth + 1),
            _ => Weight::Open(format!("it depends on `module.{name}`, whose outputs may be known only after apply")),
        }
    }

    /// What is known of a part of a value.
    fn within(&self, whole: Weight, path: &[InstanceKey]) -> Weight {
        let value = match (whole, path) {
            // A part of null cannot be: the reference is guarded by `try` or the like.
            (Weight::Null, [_, ..]) => return Weight::OneNull,
            (Weight::Known(Some(value)), [_, ..]) => value,
            (whole, _) => return whole,
        };
        let mut part = &*value;
        for step in path {
            // Members are looked through one by one.
            if !self.pay(part.members().len() / 16) {
                return Weight::Open(TOO_LONG.to_owned());
            }
            let next = match (&part.value, step) {
                (NodeValue::Object(_), InstanceKey::Text(name)) => part.get(name),
                (NodeValue::List(list), InstanceKey::Number(index)) => usize::try_from(*index).ok().and_then(|index| list.get(index)),
                // A set or something that a function made of the value.
                _ => return Weight::Known(None),
            };
            match next {
                // An optional attribute that is not given is null; one with a default would be known.
                None => return Weight::OneNull,
                Some(next) if next.is_null() => return Weight::Null,
                Some(next) => part = next,
            }
        }
        if self.pay(part.size()) { Weight::Known(Some(Arc::new(part.clone()))) } else { Weight::Open(TOO_LONG.to_owned()) }
    }

    /// Collects what an expression may get a value of a type from.
    fn follow(&self, expression: &Expression, scope: &ExpressionScope<'a>, kind: &str, reachable: &mut ReachableResources, depth: usize) {
        reachable.steps += 1;
        if depth > DEPTH || reachable.steps > STEPS || !self.pay(1 + expression.references.len()) {
            reachable.block(TOO_LONG);
            return;
        }
        if !matches!(expression.constant, GivenConstant::Nothing) {
            return;
        }
        if expression.references.is_empty() {
            reachable.hides = true;
            reachable.block("it is computed by an expression that the plan does not record");
        }
        for reference in &expression.references {
            let text = &reference.text;
            match &reference.target {
                Some(ReferenceTarget::Variable(name)) => match self.variable(name, &scope.modules) {
                    Variable::Argument(expression, above) => self.follow(expression, &above, kind, reachable, depth + 1),
                    Variable::Given(GivenConstant::Null | GivenConstant::Value(_)) => {}
                    Variable::Given(GivenConstant::Nothing) => reachable.block(format!("`{text}` has no value in the plan")),
                },
                Some(ReferenceTarget::EachValue) => match scope.repeat {
                    Some(repeat) => self.follow(repeat, &ExpressionScope::plain(scope.modules.clone()), kind, reachable, depth + 1),
                    None => reachable.block(format!("it comes from `{text}`")),
                },
                Some(ReferenceTarget::Known) => {}
                Some(ReferenceTarget::Local(_)) => {
                    reachable.hides = true;
                    reachable.block(format!("it comes from `{text}`, and a plan does not record locals"));
                }
                Some(ReferenceTarget::Module { name, key, output }) => {
                    let key = key.clone().or_else(|| {
                        let call = self.configuration?.at(&scope.modules)?.calls.get(name)?;
                        call.repeat.as_ref().map(|_| InstanceKey::Any)
                    });
                    let modules = inside(&scope.modules, name, key);
                    let Some(module) = self.configuration.and_then(|root| root.at(&modules)) else {
                        reachable.block(format!("it comes from `{text}`, which the plan does not record"));
                        continue;
                    };
                    let scope = ExpressionScope::plain(modules);
                    // Without a named output, any of them may be meant.
                    let outputs: Vec<&Expression> = match output {
                        Some(output) => module.outputs.get(output).into_iter().collect(),
                        None => module.outputs.values().take(STEPS + 1).collect(),
                    };
                    if outputs.is_empty() {
                        reachable.block(format!("it comes from `{text}`, which the plan does not record"));
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
                    let resource = self.configuration.and_then(|root| root.at(&scope.modules)?.resources.get(&block(&address)));
                    let key = key.clone().or_else(|| resource?.repeat.as_ref().map(|_| InstanceKey::Any));
                    let address = Address { key, ..address };
                    if found == kind {
                        reachable.found.push(address);
                        continue;
                    }
                    // The output of a `terraform_data` is its input.
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
                        _ => reachable.block(format!("it depends on `{text}`")),
                    }
                }
                None => reachable.block(format!("it depends on `{text}`")),
            }
        }
    }
}

impl ReachableResources {
    fn block(&mut self, why: impl Into<String>) {
        self.blocked.get_or_insert_with(|| why.into());
    }
}

/// What a variable is given.
enum Variable<'a> {
    Given(GivenConstant),
    Argument(&'a Expression, ExpressionScope<'a>),
}

impl ExpressionScope<'_> {
    /// Where nothing is repeated.
    pub(super) fn plain(modules: Vec<ModuleStep>) -> Self {
        Self { modules, repeat: None, own: None }
    }
}

/// The provider's SDK takes an empty text for an omitted one.
fn is_zero(node: &Node) -> bool {
    node.text().is_some_and(str::is_empty)
}

/// The modules of a call inside of a module.
fn inside(modules: &[ModuleStep], name: &str, key: Option<InstanceKey>) -> Vec<ModuleStep> {
    modules.iter().cloned().chain(std::iter::once(ModuleStep { name: name.to_owned(), key })).collect()
}

/// A resource's address inside of its module, without instance.
fn block(address: &Address) -> String {
    format!("{}{}.{}", if address.data { "data." } else { "" }, address.kind, address.name)
}

/// Whether an address is among those that a reference means.
pub(super) fn means(reference: &Address, address: &Address) -> bool {
    let same = |meant: &Option<InstanceKey>, key: &Option<InstanceKey>| *meant == Some(InstanceKey::Any) || meant == key;
    reference.data == address.data
        && reference.kind == address.kind
        && reference.name == address.name
        && same(&reference.key, &address.key)
        && reference.modules.len() == address.modules.len()
        && reference.modules.iter().zip(address.modules.iter()).all(|(meant, step)| meant.name == step.name && same(&meant.key, &step.key))
}

#[cfg(test)]
mod tests {
    use super::super::reference::{PlanReference, ReferenceTarget};
    use super::super::scan::ScanPosition;
    use super::*;

    /// An expression that refers to a variable again and again.
    fn referring(times: usize) -> Expression {
        let target = Some(ReferenceTarget::Variable("v".to_owned()));
        let reference = PlanReference { text: "var.v".into(), target, path: Vec::new() };
        Expression {
            constant: GivenConstant::Nothing,
            references: vec![reference; times],
            pointer: Arc::from("/configuration"),
            position: ScanPosition { line: 1, column: 1 },
        }
    }

    #[test]
    fn every_reference_that_is_followed_is_paid_for() {
        let file = Arc::from("plan.json");
        let variables = BTreeMap::from([("v".to_owned(), GivenConstant::Null)]);
        let (expression, scope) = (referring(1_000), ExpressionScope::plain(Vec::new()));
        let weighed = |resolver: &Resolver<'_>| match resolver.weigh(&expression, &scope, &mut 0, 0) {
            Weight::OneNull => None,
            Weight::Open(why) => Some(why),
            other => panic!("{other:?}"),
        };
        let followed = |resolver: &Resolver<'_>| {
            let mut reachable = ReachableResources::default();
            resolver.follow(&expression, &scope, "oci_kms_vault", &mut reachable, 0);
            reachable.blocked
        };
        let too_long = || Some(TOO_LONG.to_owned());
        let resolver = || Resolver { left: Cell::new(1_500), ..Resolver::new(&file, None, &variables) };
        let (first, second) = (resolver(), resolver());
        assert_eq!([weighed(&first), weighed(&first)], [None, too_long()]);
        assert_eq!([followed(&second), followed(&second)], [None, too_long()]);
    }
}
