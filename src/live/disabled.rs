//! Replaces the audit in a build without the feature `live`, which has no network code.

use super::{AuditRequest, InventorySink, Progress};
use crate::base::{Problem, ProblemKind};
use crate::key::Inventory;

/// Reports that this build cannot audit a tenancy.
#[must_use]
pub fn audit(_: &AuditRequest, _: &dyn Progress, _: Option<&dyn InventorySink>) -> Inventory {
    let problem = Problem::new(ProblemKind::Service, "this build of kmslint cannot audit a tenancy: it has no feature `live`")
        .help("Install it with `cargo install kmslint`, or check a saved inventory with `kmslint check FILE`");
    Inventory { problems: vec![problem], ..Inventory::default() }
}
