//! How drivers affect resources: which resources are updated or replaced because of them, and which of their attributes change.

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
use crate::terraform::world::instance::{ModuleInstance, ResourceName};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// The drivers of a computed attribute of an instance.
pub(crate) fn drivers(instance: &ResourceInstance<'_>, attribute: &str) -> Drivers {
    if !(instance.resource.data || passes_on(&instance.resource.kind)) || !is_relevant(instance.world) {
        return Drivers::NONE;
    }
    if instance.resource.data {
        // An argument that is unknown when Terraform plans defers reading the data source, and then all its attributes are unknown.
        let change = change(instance);
        return change.updated.union(change.replaced).without(Drivers::PLAN_TIME).union(change.deferred);
    }
    own_driver(instance).union(computed(instance, attribute))
}

/// The driver that an instance is itself.
fn own_driver(instance: &ResourceInstance<'_>) -> Drivers {
    let is_rotating = &*instance.resource.kind == "time_rotating";
    let driver = if is_rotating { rotating(&instance.frame(), &instance.resource.name, instance.block) } else { None };
    driver.map_or(Drivers::NONE, |driver| instance.world.resources.time.register(driver))
}

/// The drivers that change a computed attribute of an instance by updating or replacing the instance.
pub(super) fn computed(instance: &ResourceInstance<'_>, attribute: &str) -> Drivers {
    let change = change(instance);
    match (&*instance.resource.kind, attribute) {
        // Sources: Terraform's `resource_data.go`, and `resource_time_*.go` of hashicorp/time, where an update only recomputes an offset.
        ("terraform_data", "output") => {
            let input = instance.block.body.attribute("input").map(|input| instance.frame().eval(&input.value));
            if input.is_none_or(|input| input.is_ok_and(|input| input.is_null())) {
                return Drivers::NONE;
            }
            change.updated.union(change.replaced)
        }
        ("time_offset", _) => change.updated.union(change.replaced),
        _ => change.replaced,
    }
}

/// Whether a type passes drivers on: its computed attributes change with its arguments.
pub(crate) fn passes_on(kind: &str) -> bool {
    matches!(kind, "terraform_data" | "null_resource") || kind.starts_with("time_") || kind.starts_with("random_")
}

/// Whether a new value of an argument replaces the resource. Types without known rules count as updated.
fn replaces(kind: &str, argument: &str) -> bool {
    match kind {
        "terraform_data" => argument == "triggers_replace",
        "time_rotating" | "time_static" | "time_offset" | "time_sleep" => matches!(argument, "triggers" | "rfc3339"),
        _ => passes_on(kind),
    }
}

/// Whether a new value of an argument changes a computed attribute.
pub(crate) fn is_changed_by(kind: &str, attribute: &str, argument: &str) -> bool {
    replaces(kind, argument) || kind == "time_offset" || (kind == "terraform_data" && attribute == "output")
}

/// How an instance changes over time. Resources that refer to each other in a cycle do not change.
pub(super) fn change(instance: &ResourceInstance<'_>) -> TimeChange {
    let ResourceInstance { world, at, resource, block, .. } = *instance;
    let changes = &world.resources.time.changes;
    let name = (at.id, resource.clone(), instance.key.cloned());
    if let Some(done) = changes.borrow().get(&name) {
        return done.clone();
    }
    changes.borrow_mut().insert(name.clone(), TimeChange::default());
    let mut change = TimeChange::default();
    let frame = instance.frame();
    let ignored = ignored(&block.body);
    // An ignored argument keeps its value in the state.
    let is_ignored = |argument: &str| ignored.iter().any(|name| name == argument || name == "*");
    for attribute in &block.body.attributes {
        let argument = &*attribute.name.text;
        if matches!(argument, "count" | "for_each" | "provider" | "depends_on") || is_ignored(argument) {
            continue;
        }
        let drivers = frame.eval(&attribute.value).map_or(Drivers::NONE, |value| value.drivers());
        if replaces(&resource.kind, argument) {
            change.replaced = change.replaced.union(drivers);
        } else {
            change.updated = change.updated.union(drivers);
        }
    }
    for kind in nested_kinds(block).into_iter().filter(|kind| !is_ignored(kind)) {
        change.updated = change.updated.union(nested_drivers(&frame, block, &kind));
    }
    if resource.data {
        change.deferred = pending_changes(world, at, block);
    }
    let triggers = triggers::find(&frame, block);
    change.replaced = change.replaced.union(triggers.drivers);
    change.idle = triggers.idle;
    changes.borrow_mut().insert(name, change.clone());
    change
}

/// The drivers that defer reading a data source: those with pending changes of the managed resources that its block refers to, whichever
/// attributes it uses. Source: Terraform's `dependenciesHavePendingChanges` and `attachDataResourceDependsOnTransformer`.
fn pending_changes(world: &World<'_>, at: &Rc<ModuleInstance>, block: &Block) -> Drivers {
    let mut names = BTreeSet::new();
    collect_names(&block.body, &mut names);
    let mut drivers = Drivers::NONE;
    for (kind, name) in names {
        let Some(block) = at.module.managed.get(&kind).and_then(|named| named.get(&name)) else { continue };
        let resource = ResourceName { data: false, kind, name };
        let Ok(expansion) = expand::resource(world, at, &resource, block) else { continue };
        for key in expansion.keys() {
            let Some(each) = expansion.each(key.as_ref()) else { continue };
            let instance = ResourceInstance { world, at, resource: &resource, block, key: key.as_ref(), each: &each };
            let change = change(&instance);
            drivers = drivers.union(own_driver(&instance)).union(change.updated).union(change.replaced);
        }
    }
    drivers
}

/// Adds the types and names of the managed resources that a body refers to. Other references are added too; they match no resource.
fn collect_names(body: &Body, names: &mut BTreeSet<(Arc<str>, Arc<str>)>) {
    for reference in body.attributes.iter().flat_map(|attribute| references(&attribute.value)) {
        let found = reference.names();
        match (&**reference.root, found.as_slice()) {
            ("resource", [kind, name, ..]) => drop(names.insert((Arc::clone(&kind.text), Arc::clone(&name.text)))),
            (_, [name, ..]) => drop(names.insert((Arc::clone(reference.root), Arc::clone(&name.text)))),
            _ => {}
        }
    }
    body.blocks.iter().for_each(|nested| collect_names(&nested.body, names));
}

/// Whether the module tree has any drivers.
fn is_relevant(world: &World<'_>) -> bool {
    let in_module = |module: &Module| {
        let resources = module.managed.values().chain(module.data.values()).flat_map(BTreeMap::values);
        let blocks = resources.chain(module.calls.values()).chain(module.outputs.values());
        module.managed.contains_key("time_rotating")
            || module.locals.values().any(|local| calls_driver(&local.value))
            || blocks.into_iter().any(|block| calls_driver_in(&block.body))
    };
    // If the modules are not known, there may be drivers.
    let time = &world.resources.time;
    let modules = time.modules.get();
    *time.is_relevant.get_or_init(|| modules.is_none_or(|modules| modules.iter().any(|module| in_module(module))))
}

fn calls_driver_in(body: &Body) -> bool {
    body.attributes.iter().any(|attribute| calls_driver(&attribute.value)) || body.blocks.iter().any(|nested| calls_driver_in(&nested.body))
}

fn calls_driver(expr: &Expr) -> bool {
    expr.find_call(&|name| function(name).is_some()).is_some()
}

/// The types of nested blocks in a resource, including those that `dynamic` blocks generate.
fn nested_kinds(block: &Block) -> BTreeSet<Arc<str>> {
    let kinds = block.body.blocks.iter().filter_map(|nested| match &*nested.kind.text {
        "lifecycle" | "provisioner" | "connection" => None,
        "dynamic" => nested.labels.first().map(|label| Arc::clone(&label.text)),
        _ => Some(Arc::clone(&nested.kind.text)),
    });
    kinds.collect()
}

/// The drivers of the arguments in the nested blocks of a type.
fn nested_drivers(frame: &Frame<'_>, block: &Block, kind: &str) -> Drivers {
    let Ok(blocks) = dynamic::blocks(frame, &block.body, kind) else { return Drivers::NONE };
    let unsure = blocks.unsure.as_ref().map_or(Drivers::NONE, |(for_each, ..)| Value::drivers(for_each));
    let arguments = blocks.blocks.iter().flat_map(|nested| nested.body.attributes.iter().map(move |attribute| (nested, attribute)));
    arguments.fold(unsure, |drivers, (nested, attribute)| {
        let value = frame.within(&nested.iterators).eval(&attribute.value);
        drivers.union(value.map_or(Drivers::NONE, |value| value.drivers()))
    })
}
