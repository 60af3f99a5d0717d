//! Rotation by code: what makes Terraform itself create an `oci_kms_key_version` again in time. Expressions are evaluated, and the values say
//! what they depend on; nothing is searched in their text, except to find out whether a value that is unknown could depend on time.

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
use crate::terraform::world::instance::{Each, Instance, Visit, address};
use std::rc::Rc;

/// The arguments of a key version that force a new one. `time_of_deletion` is updated in place. Source: provider oracle/oci,
/// `kms_key_version_resource.go`.
const FORCE_NEW: [&str; 3] = ["key_id", "management_endpoint", "external_key_version_id"];

/// What makes an instance of a key version again.
#[derive(Clone, Default)]
pub(super) struct SchedulesFound {
    /// The schedules.
    pub schedules: Vec<Schedule>,
    /// Why there may be more.
    pub unsure: Option<Reason>,
    /// Whether that is because Terraform would reject the configuration.
    pub is_refused: bool,
    /// What looks like a schedule and is none.
    pub idle: Option<Box<IdleSchedule>>,
    /// What Terraform would reject of `replace_triggered_by`.
    pub refused: Option<EvalError>,
    /// Whether the instances themselves are made in time: an unknown number of them is no doubt about the schedule then.
    pub by_instances: bool,
}

/// The schedules of an instance of a key version.
pub(super) fn of(world: &World<'_>, visit: &Visit<'_>) -> SchedulesFound {
    let id = address(visit.at, false, &visit.of.kind, &visit.of.name, visit.key.as_ref());
    let mut search = Search { world, id, header: visit.block.header, found: SchedulesFound::default() };
    search.instances(visit.at, visit.block);
    // A module call whose instances are made in time makes the versions in them in time.
    let mut around = Some(visit.at);
    while let Some((parent, call)) = around.and_then(|at| at.parent.as_ref()) {
        if let Some(call) = parent.module.calls.get(call) {
            search.instances(parent, call);
        }
        around = Some(parent);
    }
    search.found.by_instances = !search.found.schedules.is_empty();
    let ignored = ignored(&visit.block.body);
    for argument in FORCE_NEW {
        let attribute = visit.block.body.attribute(argument);
        if let Some(attribute) = attribute.filter(|_| !ignored.iter().any(|own| own == argument || own == "*")) {
            search.argument(&attribute.value, visit.at, &visit.each);
        }
    }
    search.triggers(visit);
    if let Some(error) = triggers::invalid_trigger(&Frame::new(world, visit.at, &visit.each), visit.block) {
        search.refused("replace_triggered_by", "of");
        search.found.refused = Some(error);
    }
    search.found
}

struct Search<'w> {
    world: &'w World<'w>,
    id: String,
    header: Span,
    found: SchedulesFound,
}

impl Search<'_> {
    /// `count` or `for_each` of a block: of what changes in time, Terraform knows only `plantimestamp()` there.
    fn instances(&mut self, at: &Rc<Instance>, block: &Block) {
        for argument in ["count", "for_each"] {
            let Some(attribute) = block.body.attribute(argument) else { continue };
            let expr = &attribute.value;
            let Ok(value) = Frame::of_module(self.world, at).eval(expr) else {
                self.refused(argument, "that creates");
                continue;
            };
            let drivers = of_keys(&value);
            if !drivers.without(Drivers::PLAN_TIME).is_none() {
                self.refused(argument, "that creates");
            } else if drivers.is_none() || value.marks.by_caller {
                let is_open = match &value.data {
                    Data::Map(..) | Data::Object(_) => value.marks.by_caller,
                    _ => !value.is_wholly_known() || value.marks.by_caller,
                };
                if is_open {
                    self.perhaps(expr, &value, at, &Each::None);
                }
            } else {
                self.driven(drivers, ScheduleForm::Accumulating, expr);
            }
        }
    }

    fn refused(&mut self, argument: &str, role: &str) {
        let id = &self.id;
        if self.found.unsure.is_none() {
            self.found.unsure = Some(format!("Terraform would reject the `{argument}` {role} `{id}`").into());
            self.found.is_refused = true;
        }
    }

    /// An argument that forces a new version.
    fn argument(&mut self, expr: &Expr, at: &Rc<Instance>, each: &Each) {
        let Ok(value) = Frame::new(self.world, at, each).eval(expr) else { return };
        let drivers = value.drivers();
        if drivers.is_none() || value.marks.by_caller {
            if !value.is_wholly_known() || value.marks.by_caller {
                self.perhaps(expr, &value, at, each);
            }
        } else {
            self.driven(drivers, ScheduleForm::Replacing, expr);
        }
    }

    fn triggers(&mut self, visit: &Visit<'_>) {
        let frame = Frame::new(self.world, visit.at, &visit.each);
        let found = triggers::of(&frame, visit.block);
        let named = triggers::named(&frame, visit.block);
        if let Some(first) = named.first().filter(|_| !found.drivers.is_none()) {
            self.driven(found.drivers, ScheduleForm::Replacing, first.expr);
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
                    self.perhaps(&attribute.value, &value, visit.at, &trigger.each);
                }
            }
        }
    }

    /// Notes that a value which is unknown here, or which the caller may change, could depend on time.
    fn perhaps(&mut self, expr: &Expr, value: &Value, at: &Rc<Instance>, each: &Each) {
        if self.found.unsure.is_some() {
            return;
        }
        let Some(driver) = reach::driver(self.world, expr, at, each) else { return };
        let why = if value.marks.by_caller {
            let problems = Problems::default();
            let input = BlockReader { world: self.world, at, each, problems: &problems }.input(expr, &[]);
            Reason::caller_may_set(&input)
        } else {
            value.first_why().cloned().unwrap_or_else(|| "its value is unknown".into())
        };
        self.found.unsure = Some(why.reworded(format!("`{}` may depend on `{driver}`: {why}", self.id)));
    }

    /// Notes the schedules that drivers make.
    fn driven(&mut self, drivers: Drivers, form: ScheduleForm, expr: &Expr) {
        let made = Step::new(Place::Source(self.header), "this version is re-created in time");
        let step = |place: Span, name: &str| Step::new(Place::Source(place), format!("`{name}` drives it"));
        for (function, own) in FUNCTIONS {
            if drivers.contains(own) {
                let name = format!("{function}()");
                let place = expr.find_call(&|name| name == function).unwrap_or(expr.span);
                let trail = vec![made.clone(), step(place, &name)];
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
                    trail: vec![made.clone(), step(driver.place, &driver.name)],
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

/// What changes the instance keys that a value makes: not the values of a map.
fn of_keys(value: &Value) -> Drivers {
    match &value.data {
        Data::Unknown(_) => value.marks.time,
        Data::Set(..) => value.drivers(),
        _ => Drivers::NONE,
    }
}
