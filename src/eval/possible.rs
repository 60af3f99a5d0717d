//! What we know beyond Terraform: the few values that an unknown value can have, and when it has which. Results never depend on it.

use super::{Data, Possible, Value};
use std::sync::Arc;

/// The maximum number of values in a list: longer lists do not help users.
pub(super) const MAX_CASES: usize = 16;

/// Adds to an unknown result the values that it can have, if exactly one of the `inputs` is unknown with a list of values and the others
/// are known: `compute` is called for each value of the list. If it fails for one of them, the result has no list.
pub(super) fn by_cases(result: &Value, inputs: &[&Value], compute: impl Fn(&[Value]) -> Option<Value>) -> Value {
    let has_cases = |value: &Value| value.as_unknown().is_some_and(|unknown| !unknown.possible.is_empty());
    let mut varying = inputs.iter().enumerate().filter(|(_, value)| has_cases(value));
    let (Data::Unknown(unknown), Some((at, input)), None) = (&result.data, varying.next(), varying.next()) else {
        return result.clone();
    };
    if !unknown.possible.is_empty() || unknown.origin.is_some() || inputs.iter().any(|value| !has_cases(value) && !value.is_wholly_known())
    {
        return result.clone();
    }
    let cases = input.as_unknown().map(|unknown| Arc::clone(&unknown.possible)).unwrap_or_default();
    let computed: Option<Vec<Possible>> = cases
        .iter()
        .map(|case| {
            let values: Vec<Value> = inputs
                .iter()
                .enumerate()
                .map(|(position, value)| if position == at { case.value.clone() } else { (*value).clone() })
                .collect();
            Some(Possible { value: compute(&values)?, when: Arc::clone(&case.when) })
        })
        .collect();
    match computed {
        Some(cases) => with_possible(result.clone(), cases),
        None => result.clone(),
    }
}

/// The unknown value with this list of possible values. Lists that are too long are dropped.
pub(super) fn with_possible(mut value: Value, cases: Vec<Possible>) -> Value {
    if let Data::Unknown(unknown) = &mut value.data
        && cases.len() <= MAX_CASES
    {
        Arc::make_mut(unknown).possible = cases.into();
    }
    value
}

/// The possible values of a branch that is taken if `when` is true: its own list with `when` in front, or the value itself.
pub(super) fn cases_of(value: &Value, when: &Arc<str>) -> Vec<Possible> {
    match value.as_unknown() {
        Some(unknown) if !unknown.possible.is_empty() => unknown
            .possible
            .iter()
            .map(|case| Possible {
                value: case.value.clone().with_marks(value.marks),
                when: if case.when.contains(&**when) { Arc::clone(&case.when) } else { format!("{when} and {}", case.when).into() },
            })
            .collect(),
        _ => vec![Possible { value: value.clone(), when: Arc::clone(when) }],
    }
}
