//! The changes of a root over time: the drivers, and how each instance of a resource changes because of them.

use super::driver::{Driver, FUNCTIONS, Period};
use crate::base::{InstanceKey, Span};
use crate::eval::Drivers;
use crate::terraform::modules::module::Module;
use crate::terraform::world::instance::ResourceName;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

/// The changes over time within one root, computed on demand.
#[derive(Default)]
pub(crate) struct TimeChanges {
    drivers: RefCell<Vec<Driver>>,
    pub changes: RefCell<HashMap<InstanceName, TimeChange>>,
    /// The modules of the root's tree, if they are known.
    pub modules: OnceCell<Vec<Arc<Module>>>,
    /// Whether the root has any drivers.
    pub is_relevant: OnceCell<bool>,
}

/// An instance of a resource: the ID of its module instance, its name, its key.
pub(crate) type InstanceName = (usize, ResourceName, Option<InstanceKey>);

/// How an instance of a resource changes over time although the configuration does not.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeChange {
    /// The drivers that update it in place.
    pub updated: Drivers,
    /// The drivers that replace it.
    pub replaced: Drivers,
    /// The drivers that defer the reading of a data source until apply, whatever its arguments are.
    pub deferred: Drivers,
    /// A `time_rotating` that it refers to but that does not trigger it.
    pub idle: Option<Idle>,
}

impl TimeChanges {
    /// Sets the modules of the root's tree.
    pub(crate) fn set_modules(&self, modules: &[Arc<Module>]) {
        self.modules.get_or_init(|| modules.to_vec());
    }

    /// Adds a driver and returns a set with only it. Drivers beyond the maximum share the last number, and their period is unknown.
    pub(crate) fn register(&self, driver: Driver) -> Drivers {
        let mut drivers = self.drivers.borrow_mut();
        if let Some(at) = drivers.iter().position(|known| *known == driver) {
            return Drivers::resource(at);
        }
        if drivers.len() >= Drivers::MAX_RESOURCES {
            if let Some(last) = drivers.last_mut() {
                last.period = Err(format!("there are more than {} periods", Drivers::MAX_RESOURCES - 1).into());
            }
            return Drivers::resource(Drivers::MAX_RESOURCES - 1);
        }
        drivers.push(driver);
        Drivers::resource(drivers.len() - 1)
    }

    /// The resources in a set of drivers.
    pub(crate) fn resources(&self, drivers: Drivers) -> Vec<Driver> {
        let all = self.drivers.borrow();
        drivers.resources().filter_map(|number| all.get(number).cloned()).collect()
    }

    /// The names of the drivers in a set, as messages show them.
    pub(crate) fn names(&self, drivers: Drivers) -> Vec<String> {
        let functions = FUNCTIONS.into_iter().filter(|(_, own)| drivers.contains(*own)).map(|(name, _)| format!("{name}()"));
        functions.chain(self.resources(drivers).into_iter().map(|driver| driver.name)).collect()
    }
}

/// A `time_rotating` in `replace_triggered_by` that expires without triggering anything.
#[derive(Clone, Debug)]
pub(crate) struct Idle {
    /// The reference to it in its module.
    pub driver: String,
    /// The reference that would trigger when it expires.
    pub trigger: String,
    /// Its period, if known.
    pub period: Option<Period>,
    /// The place of the reference.
    pub at: Span,
}
