//! Rotation by code: what makes an `oci_kms_key_version` anew in time.

use super::instance::{Each, Instance};
use super::names::children;
use super::scope::Frame;
use super::world::World;
use crate::base::{Place, Span, Step};
use crate::key::{Schedule, ScheduleForm};
use crate::terraform::eval::{Type, Value, convert};
use crate::terraform::syntax::{Block, Expr, ExprKind, TraversalStep};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

/// How long a chain of references is followed.
const MAX_DEPTH: usize = 200;

/// The schedules of a key version, and why there may be more.
pub(super) fn of(world: &World<'_>, at: &Rc<Instance>, version: &Block) -> (Vec<Schedule>, Option<String>) {
    let mut accumulating = Search::new(world);
    let mut replacing = Search::new(world);
    for attribute in &version.body.attributes {
        match &*attribute.name.text {
            "count" | "for_each" => accumulating.expression(&attribute.value, at),
            // Changing it updates the version in place.
            "time_of_deletion" | "depends_on" | "provider" => {}
            _ => replacing.expression(&attribute.value, at),
        }
    }
    for lifecycle in version.body.blocks_of("lifecycle") {
        if let Some(triggers) = lifecycle.body.attribute("replace_triggered_by") {
            replacing.expression(&triggers.value, at);
        }
    }
    let unsure = accumulating.unsure.take().or(replacing.unsure.take());
    let first = Step::new(Place::Source(version.header), "this version is made anew in time");
    let mut schedules = accumulating.schedules(ScheduleForm::Accumulating, &first);
    schedules.extend(replacing.schedules(ScheduleForm::Replacing, &first));
    (schedules, unsure)
}

/// What passes time on: resources that are made anew, or change, when what they are given changes.
fn passes_on(kind: &str) -> bool {
    matches!(kind, "terraform_data" | "null_resource" | "time_static" | "time_offset") || kind.starts_with("random_")
}

struct Driver {
    name: String,
    place: Span,
    period_days: Option<f64>,
    period_months: Option<i64>,
}

/// Follows references until it meets time.
struct Search<'w> {
    world: &'w World<'w>,
    seen: HashSet<(usize, String)>,
    depth: usize,
    drivers: Vec<Driver>,
    unsure: Option<String>,
}

impl<'w> Search<'w> {
    fn new(world: &'w World<'w>) -> Self {
        Self { world, seen: HashSet::new(), depth: 0, drivers: Vec::new(), unsure: None }
    }

    fn schedules(self, form: ScheduleForm, first: &Step) -> Vec<Schedule> {
        let schedule = |driver: Driver| Schedule {
            period_days: driver.period_days,
            period_months: driver.period_months,
            form,
            trail: vec![first.clone(), Step::new(Place::Source(driver.place), format!("`{}` drives it", driver.name))],
            driver: driver.name,
            version: String::new(),
        };
        self.drivers.into_iter().map(schedule).collect()
    }

    fn expression(&mut self, expr: &Expr, at: &Rc<Instance>) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        match &expr.kind {
            ExprKind::Call { name, .. } if matches!(&*name.text, "timestamp" | "plantimestamp") => {
                let name = format!("{}()", name.text);
                self.drivers.push(Driver { name, place: expr.span, period_days: None, period_months: None });
            }
            ExprKind::Traversal(base, steps) => {
                if let ExprKind::Variable(name) = &base.kind {
                    let names = steps.iter().filter_map(|step| match step {
                        TraversalStep::Attr(name) => Some(&name.text),
                        _ => None,
                    });
                    self.reference(name, &names.take(2).collect::<Vec<_>>(), at);
                }
            }
            _ => {}
        }
        children(expr, &mut |child| self.expression(child, at));
        self.depth -= 1;
    }

    fn reference(&mut self, first: &Arc<str>, names: &[&Arc<str>], at: &Rc<Instance>) {
        let Some(name) = names.first() else { return };
        if !self.seen.insert((at.id, format!("{first}.{name}"))) {
            return;
        }
        let module = Arc::clone(&at.module);
        match &**first {
            "local" => {
                if let Some(local) = module.locals.get(*name) {
                    self.expression(&local.value, at);
                }
            }
            "var" => {
                let Some((parent, call)) = &at.parent else { return };
                if let Some(argument) = parent.module.calls.get(call).and_then(|call| call.body.attribute(name)) {
                    self.expression(&argument.value, parent);
                }
            }
            "module" => {
                let (Some((call_name, call)), Some(output)) = (module.calls.get_key_value(*name), names.get(1)) else { return };
                let Ok(expansion) = self.world.call_expansion(at, call_name, call) else { return };
                let Some(key) = expansion.keys().into_iter().next() else { return };
                let Some(each) = expansion.each(key.as_ref()) else { return };
                let Ok(child) = self.world.child(at, call_name, call, key.as_ref(), each) else { return };
                if let Some(value) = child.module.outputs.get(*output).and_then(|output| output.body.attribute("value")) {
                    self.expression(&value.value, &child);
                }
            }
            "each" | "count" | "path" | "terraform" | "data" | "self" => {}
            kind => {
                let Some(block) = module.managed.get(kind).and_then(|named| named.get(*name)) else { return };
                if kind == "time_rotating" {
                    self.rotating(block, name, at);
                } else if passes_on(kind) {
                    for attribute in &block.body.attributes {
                        self.expression(&attribute.value, at);
                    }
                    for lifecycle in block.body.blocks_of("lifecycle") {
                        lifecycle.body.attributes.iter().for_each(|attribute| self.expression(&attribute.value, at));
                    }
                }
            }
        }
    }

    /// The period of a `time_rotating`; the smallest counts where several are given.
    fn rotating(&mut self, block: &Block, name: &str, at: &Rc<Instance>) {
        let driver = format!("{}time_rotating.{name}", at.prefix);
        let units = [
            ("rotation_minutes", 1.0 / 1440.0, 0),
            ("rotation_hours", 1.0 / 24.0, 0),
            ("rotation_days", 1.0, 0),
            ("rotation_months", 31.0, 1),
            ("rotation_years", 366.0, 12),
        ];
        let mut smallest: Option<(f64, Option<i64>)> = None;
        for (unit, days, months) in units {
            let Some(attribute) = block.body.attribute(unit) else { continue };
            let value = self.world.eval(&attribute.value, &Frame::new(self.world, at, &Each::None));
            match value.and_then(|value| convert(value, &Type::Number)) {
                Ok(value) if value.is_null() => {}
                Ok(value) => {
                    let Some(amount) = value.as_number().and_then(crate::terraform::eval::Num::to_i64) else {
                        self.unsure = Some(unsure(&driver, &value));
                        continue;
                    };
                    #[allow(clippy::cast_precision_loss, reason = "periods are far below 2^52 days")]
                    let period = amount as f64 * days;
                    if smallest.is_none_or(|(own, _)| period < own) {
                        smallest = Some((period, (months > 0).then(|| amount.saturating_mul(months))));
                    }
                }
                Err(_) => self.unsure = Some(format!("the period of `{driver}` cannot be evaluated")),
            }
        }
        if let Some((days, months)) = smallest {
            self.drivers.push(Driver { name: driver, place: block.header, period_days: Some(days), period_months: months });
        }
    }
}

fn unsure(driver: &str, value: &Value) -> String {
    let why = value.why().map_or("it is not a whole number", |why| why);
    format!("the period of `{driver}` is not known: {why}")
}
