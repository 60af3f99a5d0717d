//! Rotation by code: the drivers that make Terraform re-create an `oci_kms_key_version` over time. Expressions are evaluated and their
//! values carry the drivers that they depend on. Expressions are searched only to find out whether an unknown value could depend on time.

mod reach;

use crate::base::{Place, Reason, Span, Step};
use crate::eval::{Data, Drivers, EvalError, Value};
use crate::hcl::{Block, Expr};
use crate::key::{IdleSchedule, Schedule, ScheduleForm};
use crate::terraform::blocks::lifecycle::ignored;
use crate::terraform::facts::BlockReader;
use crate::terraform::facts::problems::Problems;
use crate::terraform::scope::time::triggers;
use crate::terraform::world::World;
use crate::terraform::world::driver::FUNCTIONS;
use crate::terraform::world::frame::Frame;
use crate::terraform::world::instance::{Each, ModuleInstance, Visit, address};
use std::rc::Rc;

/// The arguments of a key version whose change forces a new version. `time_of_deletion` is updated in place. Source: provider oracle/oci,
/// `kms_key_version_resource.go`.
const FORCE_NEW: [&str; 3] = ["key_id", "management_endpoint", "external_key_version_id"];

/// The schedules that re-create an instance of a key version.
#[derive(Clone, Default)]
pub(super) struct SchedulesFound {
    /// The schedules.
    pub schedules: Vec<Schedule>,
    /// Why there may be more.
    pub unsure: Option<Reason>,
    /// Whether there may be more because Terraform would reject the configuration.
    pub is_refused: bool,
    /// A `time_rotating` that looks like a schedule but triggers nothing.
    pub idle: Option<Box<IdleSchedule>>,
    /// The error in `replace_triggered_by` that Terraform would report.
    pub refused: Option<EvalError>,
    /// Whether `count` or `for_each` changes over time. An unknown number of instances then does not make the schedule uncertain.
    pub by_instances: bool,
}

/// Finds the schedules of an instance of a key version.
pub(super) fn find(world: &World<'_>, visit: &Visit<'_>) -> SchedulesFound {
    let id = address(visit.at, false, &visit.resource.kind, &visit.resource.name, visit.key.as_ref());
    let mut search = ScheduleSearch { world, id, header: visit.block.header, found: SchedulesFound::default() };
    search.search_expansion(visit.at, visit.block);
    // A module call whose instances change over time creates new versions over time as well.
    let mut around = Some(visit.at);
    while let Some((parent, call)) = around.and_then(|at| at.parent.as_ref()) {
        if let Some(call) = parent.module.calls.get(call) {
            search.search_expansion(parent, call);
        }
        around = Some(parent);
    }
    search.found.by_instances = !search.found.schedules.is_empty();
    let ignored = ignored(&visit.block.body);
    for argument in FORCE_NEW {
        let attribute = visit.block.body.attribute(argument);
        if let Some(attribute) = attribute.filter(|_| !ignored.iter().any(|name| name == argument || name == "*")) {
            search.search_argument(&attribute.value, visit.at, &visit.each);
        }
    }
    search.search_triggers(visit);
    if let Some(error) = triggers::invalid_trigger(&Frame::new(world, visit.at, &visit.each), visit.block) {
        search.set_refused("replace_triggered_by", "of");
        search.found.refused = Some(error);
    }
    search.found
}

struct ScheduleSearch<'w> {
    world: &'w World<'w>,
    /// The address of the key version.
    id: String,
    /// The header of its block.
    header: Span,
    found: SchedulesFound,
}

impl ScheduleSearch<'_> {
    /// Searches `count` and `for_each` of a block. Terraform rejects all drivers in them but `plantimestamp()`, whose value is known when
    /// it plans.
    fn search_expansion(&mut self, at: &Rc<ModuleInstance>, block: &Block) {
        for argument in ["count", "for_each"] {
            let Some(attribute) = block.body.attribute(argument) else { continue };
            let expr = &attribute.value;
            let Ok(value) = Frame::of_module(self.world, at).eval(expr) else {
                self.set_refused(argument, "that creates");
                continue;
            };
            let drivers = key_drivers(&value);
            if !drivers.without(Drivers::PLAN_TIME).is_none() {
                self.set_refused(argument, "that creates");
            } else if drivers.is_none() || value.marks.by_caller {
                let is_open = match &value.data {
                    Data::Map(..) | Data::Object(_) => value.marks.by_caller,
                    _ => !value.is_wholly_known() || value.marks.by_caller,
                };
                if is_open {
                    self.check_unknown(expr, &value, at, &Each::None);
                }
            } else {
                self.add_schedules(drivers, ScheduleForm::Accumulating, expr);
            }
        }
    }

    /// Notes that schedules are unknown because Terraform would reject an argument.
    fn set_refused(&mut self, argument: &str, role: &str) {
        let id = &self.id;
        if self.found.unsure.is_none() {
            self.found.unsure = Some(format!("Terraform would reject the `{argument}` {role} `{id}`").into());
            self.found.is_refused = true;
        }
    }

    /// Searches an argument whose change forces a new version.
    fn search_argument(&mut self, expr: &Expr, at: &Rc<ModuleInstance>, each: &Each) {
        let Ok(value) = Frame::new(self.world, at, each).eval(expr) else { return };
        let drivers = value.drivers();
        if drivers.is_none() || value.marks.by_caller {
            if !value.is_wholly_known() || value.marks.by_caller {
                self.check_unknown(expr, &value, at, each);
            }
        } else {
            self.add_schedules(drivers, ScheduleForm::Replacing, expr);
        }
    }

    /// Searches `replace_triggered_by`.
    fn search_triggers(&mut self, visit: &Visit<'_>) {
        let frame = Frame::new(self.world, visit.at, &visit.each);
        let found = triggers::find(&frame, visit.block);
        let named = triggers::instances(&frame, visit.block);
        if let Some(first) = named.first().filter(|_| !found.drivers.is_none()) {
            self.add_schedules(found.drivers, ScheduleForm::Replacing, first.expr);
        }
        if let Some(why) = found.unsure {
            self.found.unsure.get_or_insert(why);
        }
        self.found.idle = found.idle.map(|idle| {
            Box::new(IdleSchedule {
                at: Step::new(Place::Source(idle.at), format!("`{}` never triggers here", idle.driver)),
                driver: idle.driver,
                trigger: idle.trigger,
                period_days: idle.period.map(|period| period.days),
                period_months: idle.period.and_then(|period| period.months),
            })
        });
        // An argument of a trigger that is unknown for another reason may still depend on time.
        for trigger in named {
            for attribute in &trigger.block.body.attributes {
                let Ok(value) = Frame::new(self.world, visit.at, &trigger.each).eval(&attribute.value) else { continue };
                if !value.is_wholly_known() && value.drivers().is_none() {
                    self.check_unknown(&attribute.value, &value, visit.at, &trigger.each);
                }
            }
        }
    }

    /// Notes that there may be more schedules if a value that is unknown, or that a caller may change, could depend on time.
    fn check_unknown(&mut self, expr: &Expr, value: &Value, at: &Rc<ModuleInstance>, each: &Each) {
        if self.found.unsure.is_some() {
            return;
        }
        let Some(driver) = reach::possible_driver(self.world, expr, at, each) else { return };
        let why = if value.marks.by_caller {
            let problems = Problems::default();
            let input = BlockReader { world: self.world, at, each, problems: &problems }.input(expr, &[]);
            Reason::caller_may_set(&input)
        } else {
            value.first_why().cloned().unwrap_or_else(|| "its value is unknown".into())
        };
        self.found.unsure = Some(why.reworded(format!("`{}` may depend on `{driver}`: {why}", self.id)));
    }

    /// Adds one schedule for each driver.
    fn add_schedules(&mut self, drivers: Drivers, form: ScheduleForm, expr: &Expr) {
        let first = Step::new(Place::Source(self.header), "this version is re-created in time");
        let step = |place: Span, name: &str| Step::new(Place::Source(place), format!("`{name}` drives it"));
        for (function, driver) in FUNCTIONS {
            if drivers.contains(driver) {
                let name = format!("{function}()");
                let place = expr.find_call(&|name| name == function).unwrap_or(expr.span);
                let trail = vec![first.clone(), step(place, &name)];
                self.found.schedules.push(Schedule {
                    period_days: None,
                    period_months: None,
                    form,
                    driver: name,
                    version: self.id.clone(),
                    trail,
                });
            }
        }
        for driver in self.world.resources.time.resources(drivers) {
            match driver.period {
                Ok(period) => self.found.schedules.push(Schedule {
                    period_days: Some(period.days),
                    period_months: period.months,
                    form,
                    trail: vec![first.clone(), step(driver.place, &driver.name)],
                    driver: driver.name,
                    version: self.id.clone(),
                }),
                Err(why) => {
                    self.found.unsure.get_or_insert(why);
                }
            }
        }
    }
}

/// The drivers that change the instance keys of a `for_each` value. The values of a map do not affect its keys.
fn key_drivers(value: &Value) -> Drivers {
    match &value.data {
        Data::Unknown(_) => value.marks.time,
        Data::Set(..) => value.drivers(),
        _ => Drivers::NONE,
    }
}
