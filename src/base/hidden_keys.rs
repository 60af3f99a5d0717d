//! The real values of instance keys that addresses hide.

use super::{Address, InstanceKey};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The real instance keys that addresses replace by others, because they come from a file. A plan or state has the real ones: they are
/// kept for comparison only, and never shown.
#[derive(Clone, Default)]
pub struct HiddenKeys(HashMap<String, Option<Box<str>>>);

impl HiddenKeys {
    /// Adds a key of a block by the block's address as shown. If several runs have different keys, none of them is known.
    pub fn add(&mut self, block: &str, shown: &str, real: &str) {
        let instance = format!("{block}{}", InstanceKey::Text(shown.into()));
        let known = self.0.entry(instance).or_insert_with(|| Some(real.into()));
        // Once two runs differ, a third one does not bring a key back: `None` stays.
        *known = known.take().filter(|known| **known == *real);
    }

    /// Adds the keys of another root.
    pub fn absorb(&mut self, other: Self) {
        if self.0.is_empty() {
            self.0 = other.0;
            return;
        }
        for (instance, key) in other.0 {
            let known = self.0.entry(instance).or_insert_with(|| key.clone());
            *known = known.take().filter(|known| Some(known) == key.as_ref());
        }
    }

    /// The address as Terraform prints it, for an address as shown.
    #[must_use]
    pub fn real<'a>(&self, shown: &'a str) -> Cow<'a, str> {
        // Replacement keys begin with an ellipsis: without one there is nothing to look up.
        let parsed = if self.0.is_empty() || !shown.contains("[\"…") { None } else { Address::parse(shown) };
        parsed.map_or(Cow::Borrowed(shown), |address| Cow::Owned(self.without_hidden(address)))
    }

    fn without_hidden(&self, mut address: Address) -> String {
        // Keys are looked up by the block's address as shown, so the keys of the calls around it are replaced afterwards.
        let replaced = |block: &str, key: &Option<InstanceKey>| {
            let real = self.0.get(&format!("{block}{}", key.as_ref()?))?.as_deref();
            Some(InstanceKey::Text(real?.into()))
        };
        let block = Address { key: None, ..address.clone() }.to_string();
        let own = replaced(&block, &address.key);
        let mut prefix = String::new();
        for step in Arc::make_mut(&mut address.modules) {
            let call = format!("{prefix}module.{}", step.name);
            let key = step.key.as_ref().map(InstanceKey::to_string).unwrap_or_default();
            prefix = format!("{call}{key}.");
            step.key = replaced(&call, &step.key).or_else(|| step.key.take());
        }
        address.key = own.or_else(|| address.key.take());
        address.to_string()
    }
}

impl fmt::Debug for HiddenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HiddenKeys({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_keys_of_calls_and_resources_are_restored() {
        let mut keys = HiddenKeys::default();
        keys.add("module.m", "…1", "secret");
        keys.add("module.m[\"…1\"].oci_kms_key.k", "…2", "in\"side");
        assert_eq!(keys.real("module.m[\"…1\"].oci_kms_key.k[\"…2\"]"), "module.m[\"secret\"].oci_kms_key.k[\"in\\\"side\"]");
        assert_eq!(keys.real("module.m[\"…2\"].oci_kms_key.k[\"…2\"]"), "module.m[\"…2\"].oci_kms_key.k[\"…2\"]", "another instance");
        assert_eq!(keys.real("oci_kms_key.k[0]"), "oci_kms_key.k[0]");
        assert!(!format!("{keys:?}").contains("secret"));
    }

    #[test]
    fn keys_that_differ_between_runs_are_not_restored() {
        let with = |real: &str| {
            let mut keys = HiddenKeys::default();
            keys.add("oci_kms_key.k", "…1", real);
            keys
        };
        let (mut same, mut other) = (with("a"), with("a"));
        same.absorb(with("a"));
        assert_eq!(same.real("oci_kms_key.k[\"…1\"]"), "oci_kms_key.k[\"a\"]");
        other.absorb(with("b"));
        other.absorb(with("b"));
        assert_eq!(other.real("oci_kms_key.k[\"…1\"]"), "oci_kms_key.k[\"…1\"]");
    }
}
