//! Finds out whether Terraform may create a key version again after some time. A plan alone never proves it: it shows neither
//! `replace_triggered_by` nor function calls such as `plantimestamp()`, and a reference to a `time_rotating` may be in a branch that is not
//! taken. The answer is no, or a doubt.

use super::configuration::ConfiguredResource;
use super::items::DocumentResource;
use super::node::{Node, NodeValue};
use super::resolve::{ExpressionScope, Resolver};
use super::values::ValueAt;
use crate::base::Address;

/// The arguments that set the period of a `time_rotating`: name, length in days, and length in months or 0.
/// A month counts as 31 days and a year as 366, unless the limit is a year.
const UNITS: [(&str, f64, i64); 5] = [
    ("rotation_minutes", 1.0 / 1440.0, 0),
    ("rotation_hours", 1.0 / 24.0, 0),
    ("rotation_days", 1.0, 0),
    ("rotation_months", 31.0, 1),
    ("rotation_years", 366.0, 12),
];

/// Whether a `time_rotating` may rotate within the limit, in days. If several periods are set, the shortest counts.
pub(super) fn is_within(item: &DocumentResource, limit: i64) -> bool {
    UNITS.iter().any(|&(name, days, months)| {
        let text = match item.values.at(&[name]) {
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

/// Why Terraform may create a key version again after some time, as a clause; `None` if the plan shows that it does not. `key`: the
/// key that it is a version of, if known. `drivers`: the `time_rotating` resources within the limit.
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
    // A `time_rotating` that `replace_triggered_by` names directly replaces nothing, but a resource between the two may, in any module.
    let other = drivers.first().map(ToString::to_string).or_else(|| trigger(&scope, resolver))?;
    Some(format!("`{other}` may replace `{name}` over time: a plan does not record `replace_triggered_by`; {SOURCES}"))
}

/// Whether an expression sets the number of instances of the resource, or of a module that does not contain the key.
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
        // The endpoint usually comes from a vault. Only an expression without references may call `plantimestamp()`.
        "management_endpoint" => expressions.iter().any(|it| !it.is_constant() && it.references.is_empty()),
        _ => expressions.iter().any(|it| !it.is_constant()),
    };
    resource.arguments.iter().find(|(name, argument)| changing(name, &argument.expressions())).map(|(name, _)| name.as_str())
}

/// A resource of the version's module that may change over time, and that `replace_triggered_by` may name.
fn trigger(scope: &ExpressionScope<'_>, resolver: &Resolver) -> Option<String> {
    // The answer is the same for all instances of the module and all key versions in it.
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
    let triggers = module.resources.iter().filter(|(_, resource)| resource.can_trigger_replacement);
    let mut changing = triggers.filter(|(_, resource)| {
        let scope = ExpressionScope { repeat: resource.repeat.as_ref(), ..ExpressionScope::plain(scope.modules.clone()) };
        resource
            .arguments
            .values()
            .flat_map(super::configuration::ConfiguredArgument::expressions)
            .any(|expression| resolver.reachable_from(expression, &scope, "time_rotating").has_unrecorded_source)
    });
    changing.next().map(|(address, _)| address.clone())
}
