//! How time reaches resources: what expires, what is updated or replaced because of it, and which of their attributes change then.

use super::rotating::rotating;
use super::triggers;
use crate::eval::{Drivers, Value, references};
use crate::hcl::{Block, Body, Expr};
use crate::terraform::blocks::lifecycle::ignored;
use crate::terraform::modules::module::Module;
use crate::terraform::scope::dynamic;
use crate::terraform::scope::expand;
use crate::terraform::world::World;
use crate::terraform::world::changes::TimeChange;
use crate::terraform::world::driver::function;
use crate::terraform::world::frame::{Frame, ResourceInstance};
use crate::terraform::world::instance::{Instance, ResourceName};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// What changes a computed attribute of an instance in time.
pub(crate) fn drivers(one: &ResourceInstance<'_>, attribute: &str) -> Drivers {
    if !(one.of.data || passes_on(&one.of.kind)) || !is_relevant(one.world) {
        return Drivers::NONE;
    }
    if one.of.data {
        // Arguments that are unknown while Terraform plans put the reading off, and all that is read is unknown then.
        let change = change(one);
        return change.updated.union(change.replaced).without(Drivers::PLAN_TIME).union(change.deferred);
    }
    own(one).union(computed(one, attribute))
}

/// What an instance drives itself.
fn own(one: &ResourceInstance<'_>) -> Drivers {
    let own = if &*one.of.kind == "time_rotating" { rotating(&one.frame(), &one.of.name, one.block) } else { None };
    own.map_or(Drivers::NONE, |driver| one.world.resources.time.register(driver))
}

/// What changes a computed attribute of an instance because the instance is updated or replaced.
pub(super) fn computed(one: &ResourceInstance<'_>, attribute: &str) -> Drivers {
    let change = change(one);
    match (&*one.of.kind, attribute) {
        // Sources: terraform's `resource_data.go`, and `resource_time_*.go` of hashicorp/time, where only an offset is computed again by an
        // update.
        ("terraform_data", "output") => {
            let input = one.block.body.attribute("input").map(|input| one.frame().eval(&input.value));
            if input.is_none_or(|input| input.is_ok_and(|input| input.is_null())) {
                return Drivers::NONE;
            }
            change.updated.union(change.replaced)
        }
        ("time_offset", _) => change.updated.union(change.replaced),
        _ => change.replaced,
    }
}

/// Whether a type passes time on: its computed attributes change with its arguments.
pub(crate) fn passes_on(kind: &str) -> bool {
    matches!(kind, "terraform_data" | "null_resource") || kind.starts_with("time_") || kind.starts_with("random_")
}

/// Whether another value of an argument replaces the resource. Of types we do not know, it is enough that they are updated.
fn replaces(kind: &str, argument: &str) -> bool {
    match kind {
        "terraform_data" => argument == "triggers_replace",
        "time_rotating" | "time_static" | "time_offset" | "time_sleep" => matches!(argument, "triggers" | "rfc3339"),
        _ => passes_on(kind),
    }
}

/// Whether another value of an argument changes a computed attribute.
pub(crate) fn is_changed_by(kind: &str, attribute: &str, argument: &str) -> bool {
    replaces(kind, argument) || kind == "time_offset" || (kind == "terraform_data" && attribute == "output")
}

/// What happens to an instance in time. Where resources refer to each other in a circle, nothing.
pub(super) fn change(one: &ResourceInstance<'_>) -> TimeChange {
    let ResourceInstance { world, at, of, block, .. } = *one;
    let changes = &world.resources.time.changes;
    let name = (at.id, of.clone(), one.key.cloned());
    if let Some(done) = changes.borrow().get(&name) {
        return done.clone();
    }
    changes.borrow_mut().insert(name.clone(), TimeChange::default());
    let mut change = TimeChange::default();
    let frame = one.frame();
    let ignored = ignored(&block.body);
    // What is ignored keeps the value that the state has, however its expression changes in time.
    let is_ignored = |argument: &str| ignored.iter().any(|own| own == argument || own == "*");
    for attribute in &block.body.attributes {
        let argument = &*attribute.name.text;
        if matches!(argument, "count" | "for_each" | "provider" | "depends_on") || is_ignored(argument) {
            continue;
        }
        let drivers = frame.eval(&attribute.value).map_or(Drivers::NONE, |value| value.drivers());
        if replaces(&of.kind, argument) {
            change.replaced = change.replaced.union(drivers);
        } else {
            change.updated = change.updated.union(drivers);
        }
    }
    for kind in nested_kinds(block).into_iter().filter(|kind| !is_ignored(kind)) {
        change.updated = change.updated.union(nested(&frame, block, &kind));
    }
    if of.data {
        change.deferred = pending(world, at, block);
    }
    let triggers = triggers::of(&frame, block);
    change.replaced = change.replaced.union(triggers.drivers);
    change.idle = triggers.idle;
    changes.borrow_mut().insert(name, change.clone());
    change
}

/// What puts off the reading of a data source: pending changes of the managed resources that it names itself, whichever of their attributes it
/// names. Source: Terraform's `dependenciesHavePendingChanges` and `attachDataResourceDependsOnTransformer`.
fn pending(world: &World<'_>, at: &Rc<Instance>, block: &Block) -> Drivers {
    let mut names = BTreeSet::new();
    named_in(&block.body, &mut names);
    let mut drivers = Drivers::NONE;
    for (kind, name) in names {
        let Some(block) = at.module.managed.get(&kind).and_then(|named| named.get(&name)) else { continue };
        let of = ResourceName { data: false, kind, name };
        let Ok(expansion) = expand::resource(world, at, &of, block) else { continue };
        for key in expansion.keys() {
            let Some(each) = expansion.each(key.as_ref()) else { continue };
            let one = ResourceInstance { world, at, of: &of, block, key: key.as_ref(), each: &each };
            let change = change(&one);
            drivers = drivers.union(own(&one)).union(change.updated).union(change.replaced);
        }
    }
    drivers
}

/// The managed resources that a body names, by type and name; other references are among them, and name none.
fn named_in(body: &Body, names: &mut BTreeSet<(Arc<str>, Arc<str>)>) {
    for reference in body.attributes.iter().flat_map(|attribute| references(&attribute.value)) {
        let found = reference.names();
        match (&**reference.root, found.as_slice()) {
            ("resource", [kind, name, ..]) => drop(names.insert((Arc::clone(&kind.text), Arc::clone(&name.text)))),
            (_, [name, ..]) => drop(names.insert((Arc::clone(reference.root), Arc::clone(&name.text)))),
            _ => {}
        }
    }
    body.blocks.iter().for_each(|nested| named_in(&nested.body, names));
}

/// Whether anything in the module tree changes in time.
fn is_relevant(world: &World<'_>) -> bool {
    let in_module = |module: &Module| {
        let resources = module.managed.values().chain(module.data.values()).flat_map(BTreeMap::values);
        let blocks = resources.chain(module.calls.values()).chain(module.outputs.values());
        module.managed.contains_key("time_rotating")
            || module.locals.values().any(|local| calls_driver(&local.value))
            || blocks.into_iter().any(|block| calls_driver_in(&block.body))
    };
    // Where no one has the modules at hand, anything may.
    let passing = &world.resources.time;
    let modules = passing.modules.get();
    *passing.is_relevant.get_or_init(|| modules.is_none_or(|modules| modules.iter().any(|module| in_module(module))))
}

fn calls_driver_in(body: &Body) -> bool {
    body.attributes.iter().any(|attribute| calls_driver(&attribute.value)) || body.blocks.iter().any(|nested| calls_driver_in(&nested.body))
}

fn calls_driver(expr: &Expr) -> bool {
    expr.find_call(&|name| function(name).is_some()).is_some()
}

/// The types of the blocks in a resource, those included that `dynamic` blocks make.
fn nested_kinds(block: &Block) -> BTreeSet<Arc<str>> {
    let kinds = block.body.blocks.iter().filter_map(|nested| match &*nested.kind.text {
        "lifecycle" | "provisioner" | "connection" => None,
        "dynamic" => nested.labels.first().map(|label| Arc::clone(&label.text)),
        _ => Some(Arc::clone(&nested.kind.text)),
    });
    kinds.collect()
}

fn nested(frame: &Frame<'_>, block: &Block, kind: &str) -> Drivers {
    let Ok(blocks) = dynamic::blocks(frame, &block.body, kind) else { return Drivers::NONE };
    let unsure = blocks.unsure.as_ref().map_or(Drivers::NONE, |(for_each, ..)| Value::drivers(for_each));
    let within = blocks.made.iter().flat_map(|nested| nested.body.attributes.iter().map(move |attribute| (nested, attribute)));
    within.fold(unsure, |drivers, (nested, attribute)| {
        let value = frame.within(&nested.bound).eval(&attribute.value);
        drivers.union(value.map_or(Drivers::NONE, |value| value.drivers()))
    })
}
