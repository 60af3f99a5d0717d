//! `time_rotating`: the time until an instance expires.

use crate::base::Reason;
use crate::eval::{Num, Type, Value, convert};
use crate::hcl::Block;
use crate::terraform::world::driver::{Driver, Period};
use crate::terraform::world::frame::Frame;

/// An instance of `time_rotating` as a driver; `None` if it never expires. If several periods are set, the shortest counts.
pub(crate) fn rotating(frame: &Frame<'_>, name: &str, block: &Block) -> Option<Driver> {
    let address = format!("{}time_rotating.{name}", frame.at.prefix);
    let units = [
        ("rotation_minutes", 1.0 / 1440.0, 0),
        ("rotation_hours", 1.0 / 24.0, 0),
        ("rotation_days", 1.0, 0),
        ("rotation_months", 31.0, 1),
        ("rotation_years", 366.0, 12),
    ];
    let mut smallest: Option<Period> = None;
    let mut unknown = None;
    for (unit, days, months) in units {
        let Some(attribute) = block.body.attribute(unit) else { continue };
        let value = frame.eval(&attribute.value);
        match value.and_then(|value| convert(value, &Type::Number)) {
            Ok(value) if value.is_null() => {}
            Ok(value) => match whole_number(&value) {
                Ok(amount) => {
                    #[expect(clippy::cast_precision_loss, reason = "periods are far below 2^52 days")]
                    let period = Period { days: amount as f64 * days, months: (months > 0).then(|| amount.saturating_mul(months)) };
                    if smallest.is_none_or(|smallest| period.days < smallest.days) {
                        smallest = Some(period);
                    }
                }
                Err(why) => unknown = Some(why.reworded(format!("the period of `{address}` is unknown: {why}"))),
            },
            Err(error) => unknown = Some(format!("the period of `{address}` cannot be evaluated: {}", error.message).into()),
        }
    }
    let period = unknown.map_or_else(|| smallest.map(Ok), |why| Some(Err(why)))?;
    Some(Driver { name: address, place: block.header, period })
}

fn whole_number(value: &Value) -> Result<i64, Reason> {
    match value.as_number().and_then(Num::to_i64) {
        Some(_) if value.marks.by_caller => Err(Reason::by_caller("the caller of the module may set another one")),
        Some(amount) => Ok(amount),
        None => Err(value.why().cloned().unwrap_or_else(|| "it is not a whole number".into())),
    }
}
