//! The location of a key and whether it ends: used to pair declared keys with live ones.

use crate::key::{KeyFacts, Lifecycle};
use crate::rules::subject::always;

/// The vault's OCID, if it is known. In configuration, vaults have addresses.
pub(super) fn vault_ocid(key: &KeyFacts) -> Option<&str> {
    key.vault.as_deref().filter(|vault| vault.starts_with("ocid1."))
}

/// The vault and the compartment of a key, as far as they are known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyLocation<'a> {
    vault: Option<&'a str>,
    compartment: Option<&'a str>,
}

impl<'a> KeyLocation<'a> {
    pub(super) fn of(key: &'a KeyFacts) -> Self {
        Self { vault: vault_ocid(key), compartment: key.compartment.value().map(String::as_str) }
    }

    /// This location with each combination of parts unknown, as code may know it. Some may be equal.
    pub(super) fn generalizations(self) -> [Self; 4] {
        let (nowhere, vault, compartment) =
            (Self { vault: None, compartment: None }, Self { compartment: None, ..self }, Self { vault: None, ..self });
        [nowhere, vault, compartment, self]
    }

    pub(super) fn is_known(self) -> bool {
        self.vault.is_some() || self.compartment.is_some()
    }
}

/// Whether a key is deleted or pending deletion.
pub(super) fn is_ending(key: &KeyFacts) -> bool {
    always(&key.lifecycle, |state| state.is_some_and(Lifecycle::is_ending))
}
