//! What drives values in time: the functions, and `time_rotating` with its period.

use super::super::instance::{Each, Instance};
use super::super::scope::Frame;
use super::super::world::World;
use crate::base::{Reason, Span};
use crate::eval::{Drivers, Num, Type, Value, convert};
use crate::hcl::Block;
use std::rc::Rc;

/// A resource that expires in time.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Driver {
    /// Its address; that of all its instances.
    pub name: String,
    /// Its block.
    pub place: Span,
    /// How long it lasts, or why that is unknown.
    pub period: Result<Period, Reason>,
}

/// A time between two rotations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Period {
    /// In days, a month counted as 31 and a year as 366.
    pub days: f64,
    /// In months, where it is given in months or years.
    pub months: Option<i64>,
}

/// The functions that drive, by the name they have in messages.
pub(super) const FUNCTIONS: [(&str, Drivers); 3] =
    [("plantimestamp", Drivers::PLAN_TIME), ("timestamp", Drivers::RUN_TIME), ("uuid", Drivers::UUID)];

/// The function that a name calls, where it drives.
pub(super) fn function(name: &str) -> Option<(&'static str, Drivers)> {
    let plain = name.strip_prefix("core::").unwrap_or(name);
    FUNCTIONS.into_iter().find(|(own, _)| *own == plain)
}

/// An instance of `time_rotating` as a driver; `None` where it never expires. The smallest period counts where several are given.
pub(super) fn rotating(world: &World<'_>, at: &Rc<Instance>, name: &str, block: &Block, each: &Each) -> Option<Driver> {
    let address = format!("{}time_rotating.{name}", at.prefix);
    let units = [
        ("rotation_minutes", 1.0 / 1440.0, 0),
        ("rotation_hours", 1.0 / 24.0, 0),
        ("rotation_days", 1.0, 0),
        ("rotation_months", 31.0, 1),
        ("rotation_years", 366.0, 12),
    ];
    let mut smallest: Option<Period> = None;
    let mut open = None;
    for (unit, days, months) in units {
        let Some(attribute) = block.body.attribute(unit) else { continue };
        let value = world.eval(&attribute.value, &Frame::new(world, at, each));
        match value.and_then(|value| convert(value, &Type::Number)) {
            Ok(value) if value.is_null() => {}
            Ok(value) => match whole(&value) {
                Ok(amount) => {
                    #[expect(clippy::cast_precision_loss, reason = "periods are far below 2^52 days")]
                    let period = Period { days: amount as f64 * days, months: (months > 0).then(|| amount.saturating_mul(months)) };
                    if smallest.is_none_or(|own| period.days < own.days) {
                        smallest = Some(period);
                    }
                }
                Err(why) => open = Some(why.reworded(format!("the period of `{address}` is unknown: {why}"))),
            },
            Err(error) => open = Some(format!("the period of `{address}` cannot be evaluated: {}", error.message).into()),
        }
    }
    let period = open.map_or_else(|| smallest.map(Ok), |why| Some(Err(why)))?;
    Some(Driver { name: address, place: block.header, period })
}

fn whole(value: &Value) -> Result<i64, Reason> {
    match value.as_number().and_then(Num::to_i64) {
        Some(_) if value.marks.by_caller => Err(Reason::by_caller("the caller of the module may set another one")),
        Some(amount) => Ok(amount),
        None => Err(value.why().cloned().unwrap_or_else(|| "it is not a whole number".into())),
    }
}
