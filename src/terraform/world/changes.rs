//! What is known of a root's changes in time: the drivers, and what each instance of a resource undergoes because of them.

use super::driver::{Driver, FUNCTIONS, Period};
use crate::base::{InstanceKey, Span};
use crate::eval::Drivers;
use crate::terraform::modules::module::Module;
use crate::terraform::world::instance::ResourceName;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

/// What changes in time within one root.
#[derive(Default)]
pub(crate) struct Passing {
    drivers: RefCell<Vec<Driver>>,
    pub changes: RefCell<HashMap<InstanceName, PassingChange>>,
    pub modules: OnceCell<Vec<Arc<Module>>>,
    pub is_relevant: OnceCell<bool>,
}

/// An instance of a resource: the module instance it is in, its name, its key.
pub(crate) type InstanceName = (usize, ResourceName, Option<InstanceKey>);

/// What happens to an instance of a resource in time although the configuration does not change.
#[derive(Clone, Debug, Default)]
pub(crate) struct PassingChange {
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
    pub(crate) fn know(&self, modules: &[Arc<Module>]) {
        self.modules.get_or_init(|| modules.to_vec());
    }

    /// The number of a driver; those beyond the last number are one of which the period is unknown.
    pub(crate) fn register(&self, driver: Driver) -> Drivers {
        let mut drivers = self.drivers.borrow_mut();
        if let Some(at) = drivers.iter().position(|own| *own == driver) {
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

    /// The resources of a set.
    pub(crate) fn resources(&self, drivers: Drivers) -> Vec<Driver> {
        let all = self.drivers.borrow();
        drivers.resources().filter_map(|number| all.get(number).cloned()).collect()
    }

    /// How the members of a set are called.
    pub(crate) fn names(&self, drivers: Drivers) -> Vec<String> {
        let functions = FUNCTIONS.into_iter().filter(|(_, own)| drivers.contains(*own)).map(|(name, _)| format!("{name}()"));
        functions.chain(self.resources(drivers).into_iter().map(|driver| driver.name)).collect()
    }
}

/// A `time_rotating` in `replace_triggered_by`: it expires, and triggers nothing.
#[derive(Clone, Debug)]
pub(crate) struct Idle {
    /// The reference to it, as it is written within its module.
    pub driver: String,
    /// What changes when it expires.
    pub trigger: String,
    /// Its period, where it is known.
    pub period: Option<Period>,
    /// Where it is named.
    pub at: Span,
}
