//! The members of maps and objects.

use super::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values by name, sorted by name. A flat slice, because a `BTreeMap` takes a thousand bytes for an object of one attribute, and a
/// `for_each` over thousands of objects is common.
#[derive(Clone, Debug, Default)]
pub struct Members(Box<[(Arc<str>, Value)]>);

impl Members {
    /// The value with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.0.binary_search_by(|(own, _)| (**own).cmp(name)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Whether there is a value with this name.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names and values.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Arc<str>, &Value)> + ExactSizeIterator {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The names.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Arc<str>> + ExactSizeIterator {
        self.0.iter().map(|(name, _)| name)
    }

    /// The values.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.0.iter().map(|(_, value)| value)
    }
}

impl From<BTreeMap<Arc<str>, Value>> for Members {
    fn from(members: BTreeMap<Arc<str>, Value>) -> Self {
        Self(members.into_iter().collect())
    }
}

impl FromIterator<(Arc<str>, Value)> for Members {
    /// For repeated names, the last value counts.
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Value)>>(members: I) -> Self {
        let mut members: Vec<(Arc<str>, Value)> = members.into_iter().collect();
        if !members.is_sorted_by(|(a, _), (b, _)| a < b) {
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            members.dedup_by(|later, earlier| {
                let is_same = later.0 == earlier.0;
                if is_same {
                    std::mem::swap(later, earlier);
                }
                is_same
            });
        }
        Self(members.into())
    }
}

impl<'a> IntoIterator for &'a Members {
    type Item = (&'a Arc<str>, &'a Value);
    type IntoIter = std::iter::Map<std::slice::Iter<'a, (Arc<str>, Value)>, fn(&'a (Arc<str>, Value)) -> (&'a Arc<str>, &'a Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl IntoIterator for Members {
    type Item = (Arc<str>, Value);
    type IntoIter = std::vec::IntoIter<(Arc<str>, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_sorted_and_the_last_value_of_a_name_counts() {
        let of = |names: &[&str]| -> Members { names.iter().enumerate().map(|(at, name)| (Arc::from(*name), Value::number(at))).collect() };
        let members = of(&["b", "a", "b", "c", "a", "b"]);
        assert_eq!(members.keys().map(|name| &**name).collect::<Vec<_>>(), ["a", "b", "c"]);
        let found = |name| members.get(name).and_then(Value::as_number).and_then(crate::eval::Num::to_i64);
        assert_eq!([found("a"), found("b"), found("c"), found("d")], [Some(4), Some(5), Some(3), None]);
        assert!(of(&[]).is_empty() && !members.contains_key("") && members.len() == 3);
    }
}
