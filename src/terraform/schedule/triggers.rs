//! `replace_triggered_by`: which resources a block names there, and what makes them trigger. Only an update or a replacement does, and with an
//! attribute behind the name, only another value of it. Source: `EvaluateReplaceTriggeredBy` of Terraform's `eval_context_builtin.go`.

use super::super::instance::{Each, Expansion, Instance};
use super::super::scope::Frame;
use super::super::subject::Subject;
use super::super::world::{ResourceName, World};
use super::driver::{Period, rotating};
use super::passing::{change, computed, passes_on};
use crate::base::{InstanceKey, Reason, Span};
use crate::eval::{Data, Drivers, EvalError, Value};
use crate::hcl::{Block, Expr, ExprKind, TraversalStep};
use std::rc::Rc;
use std::sync::Arc;

/// A `time_rotating` in `replace_triggered_by`: it expires, and triggers nothing.
#[derive(Clone, Debug)]
pub(super) struct Idle {
    /// The reference to it, as it is written within its module.
    pub driver: String,
    /// What changes when it expires.
    pub trigger: String,
    /// Its period, where it is known.
    pub period: Option<Period>,
    /// Where it is named.
    pub at: Span,
}

/// What triggers a replacement in time.
#[derive(Clone, Debug, Default)]
pub(super) struct Triggers {
    pub drivers: Drivers,
    pub idle: Option<Idle>,
    /// Why there may be more.
    pub unsure: Option<Reason>,
}

/// An instance that is named in `replace_triggered_by`.
pub(super) struct TriggerInstance<'b> {
    pub of: ResourceName,
    pub block: &'b Block,
    pub key: Option<InstanceKey>,
    pub each: Each,
    /// Whether its key is written.
    pub is_indexed: bool,
    /// The attribute behind it.
    pub attribute: Option<Arc<str>>,
    /// The reference.
    pub expr: &'b Expr,
}

/// What triggers the replacement of an instance of a block.
pub(super) fn of(world: &World<'_>, at: &Rc<Instance>, block: &Block, each: &Each) -> Triggers {
    let mut found = Triggers::default();
    for named in named(world, at, block, each) {
        let drivers = by_one(world, at, each, &named, &mut found);
        found.drivers = found.drivers.union(drivers);
        if drivers.is_none() && &*named.of.kind == "time_rotating" {
            found.idle.get_or_insert_with(|| idle(world, at, &named));
        }
    }
    found
}

fn idle(world: &World<'_>, at: &Rc<Instance>, named: &TriggerInstance<'_>) -> Idle {
    let name = &named.of.name;
    let key = named.key.as_ref().map(InstanceKey::to_string).unwrap_or_default();
    let (driver, trigger) = match (&named.key, named.is_indexed) {
        // All instances at once have no `id`; the whole changes when one of them expires.
        (Some(_), false) => (format!("time_rotating.{name}"), format!("time_rotating.{name}")),
        _ => (format!("time_rotating.{name}{key}"), format!("time_rotating.{name}{key}.id")),
    };
    let period = rotating(world, at, name, named.block, &named.each).and_then(|driver| driver.period.ok());
    Idle { driver, trigger, period, at: named.expr.span }
}

fn by_one(world: &World<'_>, at: &Rc<Instance>, each: &Each, named: &TriggerInstance<'_>, found: &mut Triggers) -> Drivers {
    let TriggerInstance { of, block, key, each: own, attribute, expr, .. } = named;
    let change = change(world, at, of, block, key.as_ref(), own);
    let any = change.updated.union(change.replaced);
    if let Some(idle) = change.idle {
        found.idle.get_or_insert(idle);
    }
    let Some(attribute) = attribute else { return any };
    if block.body.attribute(attribute).is_some() {
        let is_ignored = super::super::key::ignored(&block.body).iter().any(|name| **name == **attribute || name == "*");
        let value = if is_ignored { None } else { world.eval(expr, &Frame::new(world, at, each)).ok() };
        return value.map_or(Drivers::NONE, |value| value.drivers()).intersection(any);
    }
    if passes_on(&of.kind) {
        return computed(world, at, of, block, key.as_ref(), own, attribute);
    }
    // What OCI computes of a resource stays what it is when the resource is updated.
    if !any.is_none() && !of.kind.starts_with("oci_") {
        found.unsure.get_or_insert_with(|| format!("it is unknown whether `{attribute}` of `{}.{}` changes", of.kind, of.name).into());
    }
    Drivers::NONE
}

/// The instances that are named in `replace_triggered_by` of a block. What Terraform would reject of it names nothing.
pub(super) fn named<'b>(world: &World<'_>, at: &'b Rc<Instance>, block: &'b Block, each: &Each) -> Vec<TriggerInstance<'b>> {
    let mut found = Vec::new();
    for lifecycle in block.body.blocks_of("lifecycle") {
        let items = lifecycle.body.attribute("replace_triggered_by").map(|attribute| &attribute.value.without_parens().kind);
        let Some(ExprKind::Tuple(items)) = items else { continue };
        for item in items {
            named_by(world, at, each, item, &mut found);
        }
    }
    found
}

/// What Terraform would reject of `replace_triggered_by`.
pub(super) fn wrong(world: &World<'_>, at: &Rc<Instance>, block: &Block, each: &Each) -> Option<EvalError> {
    let error = |message: String, span| Some(EvalError::refused(message, Some(span)));
    for lifecycle in block.body.blocks_of("lifecycle") {
        let Some(attribute) = lifecycle.body.attribute("replace_triggered_by") else { continue };
        let ExprKind::Tuple(items) = &attribute.value.without_parens().kind else {
            return error("`replace_triggered_by` must be a list of references to resources".to_owned(), attribute.value.span);
        };
        for item in items {
            let Some((of, steps)) = resource(item) else {
                return error("`replace_triggered_by` takes references to managed resources of this module only".to_owned(), item.span);
            };
            let ResourceName { kind, name, .. } = &of;
            let Some(named) = at.module.managed.get(kind).and_then(|named| named.get(name)) else {
                let is_readable = at.module.problems.is_empty();
                return is_readable.then(|| error(format!("there is no resource `{kind}.{name}` in this module"), item.span)).flatten();
            };
            let text = world.text(item.span);
            let is_many = named.body.attribute("count").or_else(|| named.body.attribute("for_each")).is_some();
            if is_many && matches!(steps.first(), Some(TraversalStep::Attr(_))) {
                return error(format!("`{kind}.{name}` has `count` or `for_each`: `{text}` needs the key of one instance"), item.span);
            }
            let mut found = Vec::new();
            named_by(world, at, each, item, &mut found);
            if found.is_empty() && world.resource_expansion(at, &of, named).is_ok() {
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

fn named_by<'b>(world: &World<'_>, at: &'b Rc<Instance>, each: &Each, item: &'b Expr, found: &mut Vec<TriggerInstance<'b>>) {
    let Some((of, steps)) = resource(item) else { return };
    let Some(block) = at.module.managed.get(&of.kind).and_then(|named| named.get(&of.name)) else { return };
    let Ok(expansion) = world.resource_expansion(at, &of, block) else { return };
    let (index, steps) = match steps {
        [TraversalStep::Index(index, _), rest @ ..] if !matches!(*expansion, Expansion::One) => {
            (Some(world.eval(index, &Frame::new(world, at, each))), rest)
        }
        [TraversalStep::LegacyIndex(index, _), rest @ ..] => (Some(Ok(Value::number(i64::try_from(*index).unwrap_or(i64::MAX)))), rest),
        steps => (None, steps),
    };
    let attribute = match steps.first() {
        Some(TraversalStep::Attr(name)) => Some(Arc::clone(&name.text)),
        Some(TraversalStep::Index(Expr { kind: ExprKind::String(name), .. }, _)) => Some(Arc::clone(name)),
        _ => None,
    };
    // Terraform refuses an attribute of all instances at once.
    if attribute.is_some() && index.is_none() && !matches!(*expansion, Expansion::One) {
        return;
    }
    for key in expansion.keys().into_iter().filter(|key| is_picked(index.as_ref(), key.as_ref())) {
        let Some(own) = expansion.each(key.as_ref()) else { continue };
        let is_indexed = index.is_some();
        found.push(TriggerInstance { of: of.clone(), block, key, each: own, is_indexed, attribute: attribute.clone(), expr: item });
    }
}

/// The managed resource that a reference names, and what follows its name.
fn resource(item: &Expr) -> Option<(ResourceName, &[TraversalStep])> {
    let ExprKind::Traversal(base, steps) = &item.without_parens().kind else { return None };
    let ExprKind::Variable(first) = &base.kind else { return None };
    let Subject::Managed(named) = Subject::traversed(first, steps) else { return None };
    Some((ResourceName::of(false, named), steps.get(named.taken..).unwrap_or_default()))
}

/// Whether an index picks an instance; an unknown one may pick any.
fn is_picked(index: Option<&Result<Value, EvalError>>, key: Option<&InstanceKey>) -> bool {
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
