//! Where a key is, and whether it stays: what pairs a declared key with one of the service.

use crate::key::{KeyFacts, Lifecycle};
use crate::rules::subject::always;

/// The vault, where it is known by OCID; configuration knows vaults by address.
pub(super) fn vault_ocid(key: &KeyFacts) -> Option<&str> {
    key.vault.as_deref().filter(|vault| vault.starts_with("ocid1."))
}

/// Where a key is, as far as that is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Home<'a> {
    vault: Option<&'a str>,
    compartment: Option<&'a str>,
}

impl<'a> Home<'a> {
    pub(super) fn of(key: &'a KeyFacts) -> Self {
        Self { vault: vault_ocid(key), compartment: key.compartment.value().map(String::as_str) }
    }

    /// How code may know this of one of its keys. It may hold one of them twice.
    pub(super) fn as_far_as_known(self) -> [Self; 4] {
        let (nowhere, vault, compartment) =
            (Self { vault: None, compartment: None }, Self { compartment: None, ..self }, Self { vault: None, ..self });
        [nowhere, vault, compartment, self]
    }

    pub(super) fn is_known(self) -> bool {
        self.vault.is_some() || self.compartment.is_some()
    }
}

/// Whether a key is deleted, or pending deletion.
pub(super) fn is_ending(key: &KeyFacts) -> bool {
    always(&key.lifecycle, |state| state.is_some_and(Lifecycle::is_ending))
}
