//! `replace_triggered_by`: which resources a block names there, and what makes them trigger. Only an update or a replacement does, and with an
//! attribute after the name, only another value of it. Source: `EvaluateReplaceTriggeredBy` of Terraform's `eval_context_builtin.go`.

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

/// What triggers a replacement in time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Triggers {
    pub drivers: Drivers,
    pub idle: Option<Idle>,
    /// Why there may be more.
    pub unsure: Option<Reason>,
}

/// An instance that is named in `replace_triggered_by`.
pub(crate) struct TriggerInstance<'b> {
    pub of: ResourceName,
    pub block: &'b Block,
    pub key: Option<InstanceKey>,
    pub each: Each,
    /// Whether its key is written.
    pub is_indexed: bool,
    /// The attribute after it.
    pub attribute: Option<Arc<str>>,
    /// The reference.
    pub expr: &'b Expr,
}

impl<'b> TriggerInstance<'b> {
    fn instance(&'b self, frame: &'b Frame<'b>) -> ResourceInstance<'b> {
        let Self { of, block, key, each, .. } = self;
        ResourceInstance { world: frame.world, at: frame.at, of, block, key: key.as_ref(), each }
    }
}

/// What triggers the replacement of an instance of a block. `frame`: that of the block.
pub(crate) fn of(frame: &Frame<'_>, block: &Block) -> Triggers {
    let mut found = Triggers::default();
    for named in named(frame, block) {
        let drivers = by_one(frame, &named, &mut found);
        found.drivers = found.drivers.union(drivers);
        if drivers.is_none() && &*named.of.kind == "time_rotating" {
            found.idle.get_or_insert_with(|| idle(frame, &named));
        }
    }
    found
}

fn idle(frame: &Frame<'_>, named: &TriggerInstance<'_>) -> Idle {
    let name = &named.of.name;
    let key = named.key.as_ref().map(InstanceKey::to_string).unwrap_or_default();
    let (driver, trigger) = match (&named.key, named.is_indexed) {
        // All instances at once have no `id`; the value of all changes when one of them expires.
        (Some(_), false) => (format!("time_rotating.{name}"), format!("time_rotating.{name}")),
        _ => (format!("time_rotating.{name}{key}"), format!("time_rotating.{name}{key}.id")),
    };
    let period = rotating(&named.instance(frame).frame(), name, named.block).and_then(|driver| driver.period.ok());
    Idle { driver, trigger, period, at: named.expr.span }
}

fn by_one(frame: &Frame<'_>, named: &TriggerInstance<'_>, found: &mut Triggers) -> Drivers {
    let TriggerInstance { of, block, attribute, expr, .. } = named;
    let one = named.instance(frame);
    let change = change(&one);
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
    if passes_on(&of.kind) {
        return computed(&one, attribute);
    }
    // What OCI computes of a resource stays what it is when the resource is updated.
    if !any.is_none() && !of.kind.starts_with("oci_") {
        found.unsure.get_or_insert_with(|| format!("it is unknown whether `{attribute}` of `{}.{}` changes", of.kind, of.name).into());
    }
    Drivers::NONE
}

/// The instances that are named in `replace_triggered_by` of a block. What Terraform would reject of it names nothing.
pub(crate) fn named<'b>(frame: &Frame<'b>, block: &'b Block) -> Vec<TriggerInstance<'b>> {
    let mut found = Vec::new();
    for lifecycle in block.body.blocks_of("lifecycle") {
        let items = lifecycle.body.attribute("replace_triggered_by").map(|attribute| &attribute.value.without_parens().kind);
        let Some(ExprKind::Tuple(items)) = items else { continue };
        for item in items {
            named_by(frame, item, &mut found);
        }
    }
    found
}

/// What Terraform would reject of `replace_triggered_by`.
pub(crate) fn invalid_trigger(frame: &Frame<'_>, block: &Block) -> Option<EvalError> {
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
            let Some(named) = frame.at.module.managed.get(kind).and_then(|named| named.get(name)) else {
                let is_readable = frame.at.module.problems.is_empty();
                return is_readable.then(|| error(format!("there is no resource `{kind}.{name}` in this module"), item.span)).flatten();
            };
            let text = frame.world.tree.text(item.span);
            let is_many = named.body.attribute("count").or_else(|| named.body.attribute("for_each")).is_some();
            if is_many && matches!(steps.first(), Some(TraversalStep::Attr(_))) {
                return error(format!("`{kind}.{name}` has `count` or `for_each`: `{text}` needs the key of one instance"), item.span);
            }
            let mut found = Vec::new();
            named_by(frame, item, &mut found);
            if found.is_empty() && expand::resource(frame.world, frame.at, &of, named).is_ok() {
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

fn named_by<'b>(frame: &Frame<'b>, item: &'b Expr, found: &mut Vec<TriggerInstance<'b>>) {
    let Some((of, steps)) = resource(item) else { return };
    let Some(block) = frame.at.module.managed.get(&of.kind).and_then(|named| named.get(&of.name)) else { return };
    let Ok(expansion) = expand::resource(frame.world, frame.at, &of, block) else { return };
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
