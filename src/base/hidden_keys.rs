//! What stands after instance keys that are not shown.

use super::{Address, InstanceKey};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The instance keys for which addresses show others, since they come from a file. A plan or state has the real ones: they are here to be
/// compared with, and never to be shown.
#[derive(Clone, Default)]
pub struct HiddenKeys(HashMap<String, Option<Box<str>>>);

impl HiddenKeys {
    /// Adds a key of a block by the block's address, as shown. Of several runs that differ none is known.
    pub fn add(&mut self, block: &str, shown: &str, real: &str) {
        let instance = format!("{block}{}", InstanceKey::Text(shown.into()));
        let known = self.0.entry(instance).or_insert_with(|| Some(real.into()));
        // Once two runs have differed, no third brings a key back: `None` stays.
        *known = known.take().filter(|known| **known == *real);
    }

    /// Takes in those of another root.
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

    /// The address as Terraform has it, of one as it is shown.
    #[must_use]
    pub fn real<'a>(&self, shown: &'a str) -> Cow<'a, str> {
        // Only the keys that are shown in place of others begin like this, as far as we are concerned.
        let parsed = if self.0.is_empty() || !shown.contains("[\"…") { None } else { Address::parse(shown) };
        parsed.map_or(Cow::Borrowed(shown), |address| Cow::Owned(self.without_hidden(address)))
    }

    fn without_hidden(&self, mut address: Address) -> String {
        // A block is known by its address as shown, so what is around it is replaced after it.
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
    fn each_step_of_an_address_is_looked_up_by_what_is_shown_around_it() {
        let mut keys = HiddenKeys::default();
        keys.add("module.m", "…1", "secret");
        keys.add("module.m[\"…1\"].oci_kms_key.k", "…2", "in\"side");
        assert_eq!(keys.real("module.m[\"…1\"].oci_kms_key.k[\"…2\"]"), "module.m[\"secret\"].oci_kms_key.k[\"in\\\"side\"]");
        assert_eq!(keys.real("module.m[\"…2\"].oci_kms_key.k[\"…2\"]"), "module.m[\"…2\"].oci_kms_key.k[\"…2\"]", "another instance");
        assert_eq!(keys.real("oci_kms_key.k[0]"), "oci_kms_key.k[0]");
        assert!(!format!("{keys:?}").contains("secret"));
    }

    #[test]
    fn of_runs_that_differ_none_is_known() {
        let of = |real: &str| {
            let mut keys = HiddenKeys::default();
            keys.add("oci_kms_key.k", "…1", real);
            keys
        };
        let (mut same, mut other) = (of("a"), of("a"));
        same.absorb(of("a"));
        assert_eq!(same.real("oci_kms_key.k[\"…1\"]"), "oci_kms_key.k[\"a\"]");
        other.absorb(of("b"));
        other.absorb(of("b"));
        assert_eq!(other.real("oci_kms_key.k[\"…1\"]"), "oci_kms_key.k[\"…1\"]");
    }
}
