//! `replace_triggered_by`: the resources that a block refers to, and the drivers that make them trigger a replacement. A resource triggers
//! when it is updated or replaced; a reference to an attribute triggers when the attribute's value changes. Source:
//! `EvaluateReplaceTriggeredBy` of Terraform's `eval_context_builtin.go`.

use super::passing::{change, computed, passes_on};
use super::rotating::rotating;
use crate::base::{InstanceKey, Reason};
use crate::eval::{Data, Drivers, EvalError, Value};
use crate::hcl::{Block, Expr, ExprKind, TraversalStep};
use crate::terraform::blocks::lifecycle::ignored;
use crate::terraform::blocks::subject::Subject;
use crate::terraform::scope::expand;
use crate::terraform::world::changes::Idle;
use crate::terraform::world::frame::{Frame, ResourceInstance};
use crate::terraform::world::instance::{Each, Expansion, ResourceName};
use std::sync::Arc;

/// The drivers that trigger a replacement over time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Triggers {
    pub drivers: Drivers,
    pub idle: Option<Idle>,
    /// Why there may be more.
    pub unsure: Option<Reason>,
}

/// An instance that `replace_triggered_by` refers to.
pub(crate) struct TriggerInstance<'b> {
    pub resource: ResourceName,
    pub block: &'b Block,
    pub key: Option<InstanceKey>,
    pub each: Each,
    /// Whether the reference has an instance key.
    pub is_indexed: bool,
    /// The attribute that the reference names.
    pub attribute: Option<Arc<str>>,
    /// The reference.
    pub expr: &'b Expr,
}

impl<'b> TriggerInstance<'b> {
    fn instance(&'b self, frame: &'b Frame<'b>) -> ResourceInstance<'b> {
        let Self { resource, block, key, each, .. } = self;
        ResourceInstance { world: frame.world, at: frame.at, resource, block, key: key.as_ref(), each }
    }
}

/// Finds the triggers of an instance of a block. `frame`: the frame of that instance.
pub(crate) fn find(frame: &Frame<'_>, block: &Block) -> Triggers {
    let mut found = Triggers::default();
    for trigger in instances(frame, block) {
        let drivers = drivers_of(frame, &trigger, &mut found);
        found.drivers = found.drivers.union(drivers);
        if drivers.is_none() && &*trigger.resource.kind == "time_rotating" {
            found.idle.get_or_insert_with(|| idle(frame, &trigger));
        }
    }
    found
}

fn idle(frame: &Frame<'_>, trigger: &TriggerInstance<'_>) -> Idle {
    let name = &trigger.resource.name;
    let key = trigger.key.as_ref().map(InstanceKey::to_string).unwrap_or_default();
    let (driver, reference) = match (&trigger.key, trigger.is_indexed) {
        // A reference to all instances cannot name `id`, but the value of all changes when one of them expires.
        (Some(_), false) => (format!("time_rotating.{name}"), format!("time_rotating.{name}")),
        _ => (format!("time_rotating.{name}{key}"), format!("time_rotating.{name}{key}.id")),
    };
    let period = rotating(&trigger.instance(frame).frame(), name, trigger.block).and_then(|driver| driver.period.ok());
    Idle { driver, trigger: reference, period, at: trigger.expr.span }
}

/// The drivers that make one instance trigger.
fn drivers_of(frame: &Frame<'_>, trigger: &TriggerInstance<'_>, found: &mut Triggers) -> Drivers {
    let TriggerInstance { resource, block, attribute, expr, .. } = trigger;
    let instance = trigger.instance(frame);
    let change = change(&instance);
    let any = change.updated.union(change.replaced);
    if let Some(idle) = change.idle {
        found.idle.get_or_insert(idle);
    }
    let Some(attribute) = attribute else { return any };
    if block.body.attribute(attribute).is_some() {
        let is_ignored = ignored(&block.body).iter().any(|name| **name == **attribute || name == "*");
        let value = if is_ignored { None } else { frame.eval(expr).ok() };
        return value.map_or(Drivers::NONE, |value| value.drivers()).intersection(any);
    }
    if passes_on(&resource.kind) {
        return computed(&instance, attribute);
    }
    // Computed attributes of OCI resources do not change on updates.
    if !any.is_none() && !resource.kind.starts_with("oci_") {
        found
            .unsure
            .get_or_insert_with(|| format!("it is unknown whether `{attribute}` of `{}.{}` changes", resource.kind, resource.name).into());
    }
    Drivers::NONE
}

/// The instances that `replace_triggered_by` of a block refers to. Invalid references are skipped.
pub(crate) fn instances<'b>(frame: &Frame<'b>, block: &'b Block) -> Vec<TriggerInstance<'b>> {
    let mut found = Vec::new();
    for lifecycle in block.body.blocks_of("lifecycle") {
        let items = lifecycle.body.attribute("replace_triggered_by").map(|attribute| &attribute.value.without_parens().kind);
        let Some(ExprKind::Tuple(items)) = items else { continue };
        for item in items {
            add_instances(frame, item, &mut found);
        }
    }
    found
}

/// The first error in `replace_triggered_by` that Terraform would report.
pub(crate) fn invalid_trigger(frame: &Frame<'_>, block: &Block) -> Option<EvalError> {
    let error = |message: String, span| Some(EvalError::refused(message, Some(span)));
    for lifecycle in block.body.blocks_of("lifecycle") {
        let Some(attribute) = lifecycle.body.attribute("replace_triggered_by") else { continue };
        let ExprKind::Tuple(items) = &attribute.value.without_parens().kind else {
            return error("`replace_triggered_by` must be a list of references to resources".to_owned(), attribute.value.span);
        };
        for item in items {
            let Some((resource, steps)) = resource_reference(item) else {
                return error("`replace_triggered_by` takes references to managed resources of this module only".to_owned(), item.span);
            };
            let ResourceName { kind, name, .. } = &resource;
            let Some(block) = frame.at.module.managed.get(kind).and_then(|named| named.get(name)) else {
                let is_readable = frame.at.module.problems.is_empty();
                return is_readable.then(|| error(format!("there is no resource `{kind}.{name}` in this module"), item.span)).flatten();
            };
            let text = frame.world.tree.text(item.span);
            let is_repeated = block.body.attribute("count").or_else(|| block.body.attribute("for_each")).is_some();
            if is_repeated && matches!(steps.first(), Some(TraversalStep::Attr(_))) {
                return error(format!("`{kind}.{name}` has `count` or `for_each`: `{text}` needs the key of one instance"), item.span);
            }
            let mut found = Vec::new();
            add_instances(frame, item, &mut found);
            if found.is_empty() && expand::resource(frame.world, frame.at, &resource, block).is_ok() {
                let message = match steps {
                    [] => format!("`{text}` has no instances, and Terraform rejects a plan in which it has no change to look at"),
                    _ => format!("`{text}` does not exist: `{kind}.{name}` has no such instance"),
                };
                return error(message, item.span);
            }
        }
    }
    None
}

/// Adds the instances that an item of `replace_triggered_by` refers to.
fn add_instances<'b>(frame: &Frame<'b>, item: &'b Expr, found: &mut Vec<TriggerInstance<'b>>) {
    let Some((resource, steps)) = resource_reference(item) else { return };
    let Some(block) = frame.at.module.managed.get(&resource.kind).and_then(|named| named.get(&resource.name)) else { return };
    let Ok(expansion) = expand::resource(frame.world, frame.at, &resource, block) else { return };
    let (index, steps) = match steps {
        [TraversalStep::Index(index, _), rest @ ..] if !matches!(*expansion, Expansion::One) => (Some(frame.eval(index)), rest),
        [TraversalStep::LegacyIndex(index, _), rest @ ..] => (Some(Ok(Value::number(i64::try_from(*index).unwrap_or(i64::MAX)))), rest),
        steps => (None, steps),
    };
    let attribute = match steps.first() {
        Some(TraversalStep::Attr(name)) => Some(Arc::clone(&name.text)),
        Some(TraversalStep::Index(Expr { kind: ExprKind::String(name), .. }, _)) => Some(Arc::clone(name)),
        _ => None,
    };
    // Terraform rejects an attribute of all instances at once.
    if attribute.is_some() && index.is_none() && !matches!(*expansion, Expansion::One) {
        return;
    }
    for key in expansion.keys().into_iter().filter(|key| may_select(index.as_ref(), key.as_ref())) {
        let Some(each) = expansion.each(key.as_ref()) else { continue };
        let is_indexed = index.is_some();
        found.push(TriggerInstance { resource: resource.clone(), block, key, each, is_indexed, attribute: attribute.clone(), expr: item });
    }
}

/// The managed resource that a reference names, and the steps after its name.
fn resource_reference(item: &Expr) -> Option<(ResourceName, &[TraversalStep])> {
    let ExprKind::Traversal(base, steps) = &item.without_parens().kind else { return None };
    let ExprKind::Variable(first) = &base.kind else { return None };
    let Subject::Managed(named) = Subject::traversed(first, steps) else { return None };
    Some((ResourceName::new(false, named), steps.get(named.taken..).unwrap_or_default()))
}

/// Whether an index selects an instance, or may because it is unknown.
fn may_select(index: Option<&Result<Value, EvalError>>, key: Option<&InstanceKey>) -> bool {
    match (index, key) {
        (None, _) | (_, Some(InstanceKey::Any)) => true,
        (Some(Err(_)), _) => false,
        (Some(Ok(index)), Some(InstanceKey::Number(number))) => match &index.data {
            Data::Number(index) => index.to_string() == number.to_string(),
            Data::String(index) => **index == number.to_string(),
            data => matches!(data, Data::Unknown(_)),
        },
        (Some(Ok(index)), Some(InstanceKey::Text(text))) => match &index.data {
            Data::String(index) => **index == **text,
            Data::Number(index) => index.to_string() == **text,
            data => matches!(data, Data::Unknown(_)),
        },
        (Some(Ok(_)), None) => false,
    }
}
