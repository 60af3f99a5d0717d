//! One instance of `oci_kms_key` → its `KeyFacts`.
//!
//! Read `walk` first (visits the instances of a resource type in a module tree), then `key` (arguments → facts), `refusals` (faults that
//! Terraform rejects), `relations` (vaults, versions, certificates), `schedule` (rotation by code), `imports` and `switched_off`.

pub(super) mod imports;
pub(super) mod key;
pub(super) mod refusals;
pub(super) mod relations;
pub(super) mod schedule;
pub(super) mod switched_off;
pub(super) mod walk;
