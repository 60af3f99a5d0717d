//! How time reaches resources: what expires, what is updated or replaced because of it, and which of their attributes change then.

use super::super::dynamic;
use super::super::instance::{Each, Instance};
use super::super::key::ignored;
use super::super::module::Module;
use super::super::scope::Frame;
use super::super::world::{ResourceName, World};
use super::driver::{Driver, FUNCTIONS, function, rotating};
use super::triggers::{self, Idle};
use crate::base::InstanceKey;
use crate::eval::{Drivers, Value, references};
use crate::hcl::{Block, Body, Expr};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// What changes in time within one root.
#[derive(Default)]
pub(in super::super) struct Passing {
    drivers: RefCell<Vec<Driver>>,
    changes: RefCell<HashMap<InstanceName, PassingChange>>,
    modules: OnceCell<Vec<Arc<Module>>>,
    is_relevant: OnceCell<bool>,
}

/// An instance of a resource: the module instance it is in, its name, its key.
type InstanceName = (usize, ResourceName, Option<InstanceKey>);

/// What happens to an instance of a resource in time although the configuration does not change.
#[derive(Clone, Debug, Default)]
pub(super) struct PassingChange {
    /// What updates it in place.
    pub updated: Drivers,
    /// What replaces it.
    pub replaced: Drivers,
    /// What puts off the reading of a data source, whatever its arguments are.
    pub deferred: Drivers,
    /// A `time_rotating` that it names, and that does not trigger it.
    pub idle: Option<Idle>,
}

impl Passing {
    /// Takes the modules of the tree from who has them at hand.
    pub(in super::super) fn know(&self, modules: &[Arc<Module>]) {
        self.modules.get_or_init(|| modules.to_vec());
    }

    /// The number of a driver; those beyond the last number are one of which the period is unknown.
    fn register(&self, driver: Driver) -> Drivers {
        let mut drivers = self.drivers.borrow_mut();
        if let Some(at) = drivers.iter().position(|own| *own == driver) {
            return Drivers::resource(at);
        }
        if drivers.len() >= Drivers::MOST_RESOURCES {
            if let Some(last) = drivers.last_mut() {
                last.period = Err(format!("there are more than {} periods", Drivers::MOST_RESOURCES - 1).into());
            }
            return Drivers::resource(Drivers::MOST_RESOURCES - 1);
        }
        drivers.push(driver);
        Drivers::resource(drivers.len() - 1)
    }

    /// The resources of a set.
    pub(super) fn resources(&self, drivers: Drivers) -> Vec<Driver> {
        let all = self.drivers.borrow();
        drivers.resources().filter_map(|number| all.get(number).cloned()).collect()
    }

    /// How the members of a set are called.
    pub(in super::super) fn names(&self, drivers: Drivers) -> Vec<String> {
        let functions = FUNCTIONS.into_iter().filter(|(_, own)| drivers.contains(*own)).map(|(name, _)| format!("{name}()"));
        functions.chain(self.resources(drivers).into_iter().map(|driver| driver.name)).collect()
    }
}

/// What changes a computed attribute of an instance in time.
pub(in super::super) fn drivers(
    world: &World<'_>,
    at: &Rc<Instance>,
    of: &ResourceName,
    block: &Block,
    key: Option<&InstanceKey>,
    each: &Each,
    attribute: &str,
) -> Drivers {
    if !(of.data || passes_on(&of.kind)) || !is_relevant(world) {
        return Drivers::NONE;
    }
    if of.data {
        // Arguments that are unknown while Terraform plans put the reading off, and all that is read is unknown then.
        let change = change(world, at, of, block, key, each);
        return change.updated.union(change.replaced).without(Drivers::PLAN_TIME).union(change.deferred);
    }
    let own = if &*of.kind == "time_rotating" { rotating(world, at, &of.name, block, each) } else { None };
    let own = own.map_or(Drivers::NONE, |driver| world.passing.register(driver));
    own.union(computed(world, at, of, block, key, each, attribute))
}

/// What changes a computed attribute of an instance because the instance is updated or replaced.
pub(super) fn computed(
    world: &World<'_>,
    at: &Rc<Instance>,
    of: &ResourceName,
    block: &Block,
    key: Option<&InstanceKey>,
    each: &Each,
    attribute: &str,
) -> Drivers {
    let change = change(world, at, of, block, key, each);
    match (&*of.kind, attribute) {
        // Sources: terraform's `resource_data.go`, and `resource_time_*.go` of hashicorp/time, where only an offset is computed again by an
        // update.
        ("terraform_data", "output") => {
            let input = block.body.attribute("input").map(|input| world.eval(&input.value, &Frame::new(world, at, each)));
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
pub(super) fn passes_on(kind: &str) -> bool {
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
pub(super) fn is_changed_by(kind: &str, attribute: &str, argument: &str) -> bool {
    replaces(kind, argument) || kind == "time_offset" || (kind == "terraform_data" && attribute == "output")
}

/// What happens to an instance in time. Where resources refer to each other in a circle, nothing.
pub(super) fn change(
    world: &World<'_>,
    at: &Rc<Instance>,
    of: &ResourceName,
    block: &Block,
    key: Option<&InstanceKey>,
    each: &Each,
) -> PassingChange {
    let name = (at.id, of.clone(), key.cloned());
    if let Some(done) = world.passing.changes.borrow().get(&name) {
        return done.clone();
    }
    world.passing.changes.borrow_mut().insert(name.clone(), PassingChange::default());
    let mut change = PassingChange::default();
    let ignored = ignored(&block.body);
    let is_ignored = |argument: &str| ignored.iter().any(|own| own == argument || own == "*");
    for attribute in &block.body.attributes {
        let argument = &*attribute.name.text;
        if matches!(argument, "count" | "for_each" | "provider" | "depends_on") || is_ignored(argument) {
            continue;
        }
        let drivers = world.eval(&attribute.value, &Frame::new(world, at, each)).map_or(Drivers::NONE, |value| value.drivers());
        if replaces(&of.kind, argument) {
            change.replaced = change.replaced.union(drivers);
        } else {
            change.updated = change.updated.union(drivers);
        }
    }
    for kind in nested_kinds(block).into_iter().filter(|kind| !is_ignored(kind)) {
        change.updated = change.updated.union(nested(world, at, block, each, &kind));
    }
    if of.data {
        change.deferred = pending(world, at, block);
    }
    let triggers = triggers::of(world, at, block, each);
    change.replaced = change.replaced.union(triggers.drivers);
    change.idle = triggers.idle;
    world.passing.changes.borrow_mut().insert(name, change.clone());
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
        let Ok(expansion) = world.resource_expansion(at, &of, block) else { continue };
        for key in expansion.keys() {
            let Some(each) = expansion.each(key.as_ref()) else { continue };
            let change = change(world, at, &of, block, key.as_ref(), &each);
            let own = if &*of.kind == "time_rotating" { rotating(world, at, &of.name, block, &each) } else { None };
            let own = own.map_or(Drivers::NONE, |driver| world.passing.register(driver));
            drivers = drivers.union(own).union(change.updated).union(change.replaced);
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
    let modules = world.passing.modules.get();
    *world.passing.is_relevant.get_or_init(|| modules.is_none_or(|modules| modules.iter().any(|module| in_module(module))))
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

fn nested(world: &World<'_>, at: &Rc<Instance>, block: &Block, each: &Each, kind: &str) -> Drivers {
    let Ok(blocks) = dynamic::blocks(world, at, each, &block.body, kind, &[]) else { return Drivers::NONE };
    let unsure = blocks.unsure.as_ref().map_or(Drivers::NONE, |(for_each, ..)| Value::drivers(for_each));
    let within = blocks.made.iter().flat_map(|nested| nested.body.attributes.iter().map(move |attribute| (nested, attribute)));
    within.fold(unsure, |drivers, (nested, attribute)| {
        let value = world.eval(&attribute.value, &world.frame(at, each, &nested.bound));
        drivers.union(value.map_or(Drivers::NONE, |value| value.drivers()))
    })
}
