//! What may make a key version again in time. A plan alone never proves it: it shows neither `replace_triggered_by` nor function calls such as
//! `plantimestamp()`, and a reference to a `time_rotating` may be in a branch that is not taken. It can only leave the question open.

use super::configuration::ConfiguredResource;
use super::items::DocumentResource;
use super::node::{Node, NodeValue};
use super::resolve::{ExpressionScope, Resolver};
use super::values::ValueAt;
use crate::base::Address;

/// The arguments that set the period of a `time_rotating`, their length in days, and in months where they are months.
/// A month counts 31 days and a year 366, unless the limit is a year.
const UNITS: [(&str, f64, i64); 5] = [
    ("rotation_minutes", 1.0 / 1440.0, 0),
    ("rotation_hours", 1.0 / 24.0, 0),
    ("rotation_days", 1.0, 0),
    ("rotation_months", 31.0, 1),
    ("rotation_years", 366.0, 12),
];

/// Whether a `time_rotating` may rotate at least as often as the limit demands. The smallest period counts if several are set.
pub(super) fn is_within(item: &DocumentResource, limit: i64) -> bool {
    UNITS.iter().any(|&(name, days, months)| {
        let text = match item.values.cell(&[name]) {
            ValueAt::Value { node: Node { value: NodeValue::Number(number), .. }, .. } => &**number,
            ValueAt::Value { node, .. } => node.text().unwrap_or_default(),
            ValueAt::Unknown { .. } => return true,
            ValueAt::Absent | ValueAt::Null => return false,
        };
        let Some(number) = text.parse::<f64>().ok().filter(|&number| number > 0.0) else { return false };
        #[expect(clippy::cast_precision_loss, reason = "a number of days or months")]
        let is_within = if months > 0 && limit == 365 { number * months as f64 <= 12.0 } else { number * days <= limit as f64 };
        is_within
    })
}

/// Why Terraform may make a key version again in time, as a clause; `None` where the plan shows that it does not. `key`: the key that it is a
/// version of, where that is known. `drivers`: the `time_rotating` resources within the limit.
pub(super) fn doubt(item: &DocumentResource, key: Option<&Address>, drivers: &[&Address], resolver: &Resolver) -> Option<String> {
    const SOURCES: &str = "pass the sources with `--source`";
    let name = &item.address;
    let Some((address, (resource, scope))) = item.parsed.as_ref().zip(resolver.resource(item)) else {
        return Some(format!("the plan does not record the configuration of `{name}`; {SOURCES}"));
    };
    if is_repeated(address, resource, key, resolver) {
        return Some(format!(
            "`{name}` is one instance of several, and a plan does not show whether their number depends on the time (`plantimestamp()`); {SOURCES}"
        ));
    }
    if let Some(argument) = changing_argument(resource) {
        return Some(format!(
            "a plan does not show whether `{argument}` of `{name}` depends on the time (`plantimestamp()`, a `time_rotating`); {SOURCES}"
        ));
    }
    // One that `replace_triggered_by` names directly drives nothing, but what is between them may be in any module.
    let other = drivers.first().map(ToString::to_string).or_else(|| trigger(&scope, resolver))?;
    Some(format!("`{other}` may replace `{name}` in time: a plan does not record `replace_triggered_by`; {SOURCES}"))
}

/// Whether the number of instances comes from an expression: of the resource, or of a module that the key is not in.
fn is_repeated(address: &Address, resource: &ConfiguredResource, key: Option<&Address>, resolver: &Resolver) -> bool {
    if address.key.is_some() && resource.repeat.as_ref().is_none_or(|repeat| !repeat.is_constant()) {
        return true;
    }
    let shared = key.map_or(0, |key| address.modules.iter().zip(key.modules.iter()).take_while(|(a, b)| a == b).count());
    (shared..address.modules.len()).any(|depth| {
        let path = address.modules.get(..=depth).unwrap_or_default();
        let has_key = path.last().is_some_and(|step| step.key.is_some());
        has_key && resolver.call(path).and_then(|(call, _)| call.repeat.as_ref()).is_none_or(|repeat| !repeat.is_constant())
    })
}

/// An argument that is not a literal, other than the key and its vault.
fn changing_argument(resource: &ConfiguredResource) -> Option<&str> {
    let changing = |name: &str, expressions: &[&super::configuration::Expression]| match name {
        "key_id" => false,
        // A vault's endpoint is passed on; only a call that refers to nothing is odd.
        "management_endpoint" => expressions.iter().any(|it| !it.is_constant() && it.references.is_empty()),
        _ => expressions.iter().any(|it| !it.is_constant()),
    };
    resource.arguments.iter().find(|(name, argument)| changing(name, &argument.expressions())).map(|(name, _)| name.as_str())
}

/// A resource of the version's module that may change in time, and that `replace_triggered_by` may name.
fn trigger(scope: &ExpressionScope<'_>, resolver: &Resolver) -> Option<String> {
    // What the module holds is the same for each of its instances and key versions.
    let names: Vec<String> = scope.modules.iter().map(|step| step.name.clone()).collect();
    if let Some(known) = resolver.triggers.borrow().get(&names) {
        return known.clone();
    }
    let found = find_trigger(scope, resolver);
    resolver.triggers.borrow_mut().insert(names, found.clone());
    found
}

fn find_trigger(scope: &ExpressionScope<'_>, resolver: &Resolver) -> Option<String> {
    let module = resolver.configuration?.at(&scope.modules)?;
    let passing = module.resources.iter().filter(|(_, resource)| resource.passes_time_on);
    let mut changing = passing.filter(|(_, resource)| {
        let scope = ExpressionScope { repeat: resource.repeat.as_ref(), ..ExpressionScope::plain(scope.modules.clone()) };
        resource
            .arguments
            .values()
            .flat_map(super::configuration::ConfiguredArgument::expressions)
            .any(|expression| resolver.reachable_from(expression, &scope, "time_rotating").hides)
    });
    changing.next().map(|(address, _)| address.clone())
}
