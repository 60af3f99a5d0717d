//! `count` and `for_each`: the instances of a block, by Terraform's rules.

use crate::base::{Place, Reason, Span, secrecy};
use crate::eval::{Data, Dialect, Drivers, EvalError, Marks, Type, Value, convert};
use crate::hcl::{Attribute, Block};
use crate::terraform::blocks::merge::repeated_twice;
use crate::terraform::world::World;
use crate::terraform::world::frame::Frame;
use crate::terraform::world::instance::{Each, Expansion, ForEachEntry, ModuleInstance, ResourceName, address};
use crate::terraform::world::memo::ExpansionSite;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

/// The maximum number of instances of one block. Terraform has no limit, but untrusted configuration must not exhaust memory.
const MAX_INSTANCES: u64 = 100_000;

/// The expansion of a module call.
pub(crate) fn call(world: &World<'_>, at: &Rc<ModuleInstance>, name: &Arc<str>, block: &Block) -> Result<Rc<Expansion>, EvalError> {
    let address = || format!("{}module.{name}", at.prefix);
    world.memo.expansion(ExpansionSite::Call(at.id, Arc::clone(name)), address, || expand(world, at, block))
}

/// The expansion of a resource.
pub(crate) fn resource(
    world: &World<'_>,
    at: &Rc<ModuleInstance>,
    resource: &ResourceName,
    block: &Block,
) -> Result<Rc<Expansion>, EvalError> {
    let address = || address(at, resource.data, &resource.kind, &resource.name, None);
    world.memo.expansion(ExpansionSite::Resource(at.id, resource.clone()), address, || expand(world, at, block))
}

/// Evaluates the `count`, `for_each` or `enabled` of a block.
pub(crate) fn expand(world: &World<'_>, at: &Rc<ModuleInstance>, block: &Block) -> Expansion {
    let frame = Frame::of_module(world, at);
    if let Some(enabled) = block.body.blocks_of("lifecycle").find_map(|lifecycle| lifecycle.body.attribute("enabled")) {
        return expand_enabled(&frame, block, enabled);
    }
    if let Some((count, for_each)) = repeated_twice(block) {
        let message = "`count` and `for_each` may not be used together";
        return or_symbolic(world, "count", count.value.span, Err(expansion_error(message, for_each.name.span)));
    }
    if let Some(count) = block.body.attribute("count") {
        let value = frame.eval(&count.value);
        return or_symbolic(world, "count", count.value.span, value.and_then(|value| expand_count(world, value, count.value.span)));
    }
    if let Some(for_each) = block.body.attribute("for_each") {
        let value = frame.eval(&for_each.value);
        let expansion = value.and_then(|value| expand_for_each(world, value, for_each.value.span));
        return or_symbolic(world, "for_each", for_each.value.span, expansion);
    }
    Expansion::One
}

/// Turns an error into one instance that represents all: a key must not disappear because of an error.
fn or_symbolic(world: &World<'_>, argument: &str, span: Span, expansion: Result<Expansion, EvalError>) -> Expansion {
    expansion.unwrap_or_else(|error| {
        let why = rejected(world, format!("`{argument}` cannot be evaluated"));
        let each = match argument {
            "count" => Each::Index(Value::unknown(Type::Number, why.clone())),
            _ => Each::unknown(&why, Type::String, Type::Any),
        };
        Expansion::unknown(why, Some(Place::Source(span)), each, Some(error.at(span)))
    })
}

/// The reason for an unknown value that Terraform would reject. In a library, a made-up input may have caused the error, so the reason does
/// not count as a rejection.
pub(super) fn rejected(world: &World<'_>, text: String) -> Reason {
    if world.inputs.library.is_some() { text.into() } else { Reason::rejected(text) }
}

/// Expands `lifecycle { enabled = … }`, which OpenTofu has had since 1.11: one instance without a key, or none.
fn expand_enabled(frame: &Frame<'_>, block: &Block, enabled: &Attribute) -> Expansion {
    let span = enabled.value.span;
    let unknown = |why: Reason, error: Option<EvalError>| Expansion::unknown(why, Some(Place::Source(span)), Each::None, error);
    let refused = |error: EvalError| unknown(rejected(frame.world, "`enabled` cannot be evaluated".to_owned()), Some(error.at(span)));
    if frame.world.dialect == Dialect::Terraform {
        let message = "unsupported argument `enabled` in `lifecycle`: only OpenTofu has it; use `count`";
        return refused(expansion_error(message, enabled.name.span));
    }
    if let Some(other) = ["count", "for_each"].iter().find_map(|name| block.body.attribute(name)) {
        return refused(expansion_error(format!("`enabled` and `{}` may not be used together", other.name.text), other.name.span));
    }
    let value = match frame.eval(&enabled.value).and_then(|value| convert(value, &Type::Bool)) {
        Ok(value) => value,
        Err(error) => return refused(error),
    };
    if value.marks.is_secret() || value.is_null() {
        return refused(expansion_error("`enabled` must be true or false, and neither sensitive nor ephemeral", span));
    }
    match value.as_bool() {
        Some(true) if value.marks.by_caller => unknown(Reason::no_caller("enabled"), None),
        Some(true) => Expansion::One,
        Some(false) => Expansion::Disabled,
        None => {
            let why = value.why_dependent();
            unknown(why.reworded(format!("`enabled` is unknown: {why}")), None)
        }
    }
}

fn expansion_error(message: impl Into<String>, span: Span) -> EvalError {
    EvalError::refused(message.into(), Some(span))
}

fn expand_count(world: &World<'_>, value: Value, span: Span) -> Result<Expansion, EvalError> {
    if value.is_null() {
        return Err(expansion_error("`count` is null; it must be a whole number", span));
    }
    let value = convert(value, &Type::Number)
        .map_err(|error| expansion_error(format!("`count` must be a whole number: {}", error.message), span))?;
    let marks = value.marks;
    if marks.ephemeral {
        return Err(expansion_error("`count` is ephemeral, which Terraform does not allow", span));
    }
    match &value.data {
        Data::Unknown(unknown) => {
            check_timeless(world, "count", marks, span)?;
            let each = Each::Index(Value::unknown(Type::Number, unknown.why.clone()).with_marks(timeless(marks)));
            let why = unknown.why.reworded(format!("`count` is unknown: {}", unknown.why));
            Ok(Expansion::unknown(why, Some(Place::Source(span)), each, None))
        }
        Data::Number(number) => {
            let count = number
                .is_integer()
                .then(|| number.to_i64())
                .flatten()
                .ok_or_else(|| expansion_error("`count` must be a whole number", span))?;
            let count = u64::try_from(count).map_err(|_| expansion_error("`count` must not be negative", span))?;
            if count > MAX_INSTANCES {
                return Ok(too_many("count", span, Each::Index(Value::unknown(Type::Number, "there are too many instances"))));
            }
            // A caller may set another number, so one instance represents all.
            if marks.by_caller && count > 0 {
                let each = Each::Index(Value::number(0_i64).with_marks(marks));
                return Ok(Expansion::unknown(Reason::no_caller("count"), Some(Place::Source(span)), each, None));
            }
            Ok(Expansion::Count(count))
        }
        _ => Err(expansion_error("`count` must be a whole number", span)),
    }
}

fn too_many(argument: &str, span: Span, each: Each) -> Expansion {
    let why = format!("`{argument}` makes more than {MAX_INSTANCES} instances");
    Expansion::unknown(why, Some(Place::Source(span)), each, None)
}

fn expand_for_each(world: &World<'_>, value: Value, span: Span) -> Result<Expansion, EvalError> {
    let (marks, trail) = (value.marks, value.trail.clone());
    if marks.sensitive {
        return Err(expansion_error("`for_each` is sensitive: instance keys are shown in the plan, so Terraform rejects it", span));
    }
    if marks.ephemeral {
        return Err(expansion_error("`for_each` is ephemeral: Terraform rejects it", span));
    }
    let entries: Vec<(Arc<str>, Value)> = match &value.data {
        Data::Null(_) => return Err(expansion_error("`for_each` is null; it must be a map, or a set of strings", span)),
        Data::Unknown(unknown) => {
            check_timeless(world, "for_each", marks, span)?;
            let (key, element) = match &unknown.ty {
                Type::List(_) | Type::Tuple(_) | Type::Bool | Type::Number | Type::String => return Err(wrong_type(&unknown.ty, span)),
                Type::Map(element) => (Type::String, (**element).clone()),
                Type::Set(_) => (Type::String, Type::String),
                _ => (Type::String, Type::Any),
            };
            let each = match Each::unknown(&unknown.why, key, element) {
                Each::Element(key, value) => Each::Element(key.with_marks(timeless(marks)), value.with_marks(marks)),
                each => each,
            };
            let why = unknown.why.reworded(format!("`for_each` is unknown: {}", unknown.why));
            return Ok(Expansion::unknown(why, Some(Place::Source(span)), each, None));
        }
        Data::Map(_, entries) | Data::Object(entries) => {
            entries.iter().map(|(key, value)| (Arc::clone(key), value.clone().or_trail(&trail))).collect()
        }
        Data::Set(element, elements) => {
            // `toset([])` has no element type. Terraform checks the element type only if there are elements.
            if elements.is_empty() {
                return Ok(Expansion::ForEach(Vec::new()));
            }
            if !matches!(element, Type::String | Type::Any) {
                return Err(expansion_error(format!("`for_each` is a set of {element}; it must be a map, or a set of strings"), span));
            }
            if let Some(unknown) = elements.iter().find_map(Value::as_unknown) {
                check_timeless(world, "for_each", Marks { time: value.drivers(), ..marks }, span)?;
                let each = Each::unknown(&unknown.why, Type::String, Type::String);
                let why = unknown.why.reworded(format!("`for_each` contains values that are unknown: {}", unknown.why));
                return Ok(Expansion::unknown(why, Some(Place::Source(span)), with_marks(each, marks), None));
            }
            let text = |value: &Value| value.as_str().map(|key| (Arc::from(key), value.clone().or_trail(&trail)));
            let entries: Option<Vec<_>> = elements.iter().map(text).collect();
            entries.ok_or_else(|| expansion_error("`for_each` contains null; all elements of the set must be strings", span))?
        }
        _ => return Err(wrong_type(&value.ty(), span)),
    };
    expand_entries(entries, marks, span)
}

fn expand_entries(mut entries: Vec<(Arc<str>, Value)>, marks: Marks, span: Span) -> Result<Expansion, EvalError> {
    if entries.len() as u64 > MAX_INSTANCES {
        return Ok(too_many("for_each", span, Each::unknown(&"there are too many instances".into(), Type::String, Type::Any)));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    // A caller may pass other elements. The first one represents all, so that values which do not depend on the element are known.
    if marks.by_caller
        && let Some((key, value)) = entries.first()
    {
        let each = Each::Element(Value::string(key).with_marks(marks), value.clone().with_marks(marks));
        return Ok(Expansion::unknown(Reason::no_caller("for_each"), Some(Place::Source(span)), each, None));
    }
    Ok(Expansion::ForEach(with_shown_keys(entries, marks)))
}

/// Adds the keys that addresses show. Keys that come from a file and may contain more than a name are replaced by `…1`, `…2` and so on.
fn with_shown_keys(entries: Vec<(Arc<str>, Value)>, marks: Marks) -> Vec<ForEachEntry> {
    let is_shown = |key: &str| !marks.from_file || (!marks.raw && !marks.piece && secrecy::may_show_name(key));
    let taken: HashSet<Arc<str>> = entries.iter().filter(|(key, _)| key.starts_with('…')).map(|(key, _)| Arc::clone(key)).collect();
    let mut numbers = (1_usize..).map(|number| Arc::from(format!("…{number}"))).filter(|name| !taken.contains(name));
    let mut entry = |(key, value): (Arc<str>, Value)| ForEachEntry {
        shown: if is_shown(&key) { Arc::clone(&key) } else { numbers.next().unwrap_or_else(|| Arc::clone(&key)) },
        each: Value::string(&key).with_marks(marks.of_text()),
        value: value.with_marks(marks.of_text()),
        key,
    };
    entries.into_iter().map(&mut entry).collect()
}

/// The marks of `each.key` and `count.index`: they never change during the life of an instance, so they depend on no driver.
fn timeless(marks: Marks) -> Marks {
    Marks { time: Drivers::NONE, ..marks }
}

/// Rejects an expansion that depends on time. Terraform must know instance keys when it plans; `plantimestamp()` is the only driver whose
/// value it knows then.
fn check_timeless(world: &World<'_>, argument: &str, marks: Marks, span: Span) -> Result<(), EvalError> {
    match world.resources.time.names(marks.time.without(Drivers::PLAN_TIME)).first() {
        None => Ok(()),
        Some(name) => Err(expansion_error(
            format!(
                "`{argument}` depends on `{name}`, which is known only after apply; the only time it may depend on is `plantimestamp()`"
            ),
            span,
        )),
    }
}

fn with_marks(each: Each, marks: Marks) -> Each {
    match each {
        Each::Element(key, value) => Each::Element(key.with_marks(timeless(marks)), value.with_marks(timeless(marks))),
        each => each,
    }
}

fn wrong_type(ty: &Type, span: Span) -> EvalError {
    expansion_error(format!("`for_each` is a {ty}; it must be a map, or a set of strings"), span)
}
