//! The waist: one model of a key for all front ends, and the inventory that a front end returns.
//!
//! Read `facts` first, then `inventory`. `settle` completes the key of a plan or state from the configuration with the same address.

mod endpoint;
mod facts;
mod inventory;
pub mod kinds;
mod provider;
mod settle;
mod words;

pub(crate) use endpoint::wrong_endpoint;
pub(crate) use facts::{AutoRotation, CaUse, IdleSchedule, KeyShape, KeyVersion, Symbolic, VaultUsage};
pub use facts::{Declared, KeyFacts, KeyId, PlannedAction, ReplicationRole, Schedule, ScheduleForm, Stage, Times};
pub(crate) use inventory::{AuditCoverage, ModuleNotFollowed, NotAudited, NotRead, NotReadKind, Notice, SwitchedOff};
pub use inventory::{Comment, Covers, Inventory, Keys};
pub(crate) use provider::{OldProvider, is_oci_provider};
pub use settle::settle;
pub(crate) use settle::{ListedResources, contradicts};
pub use words::{InputKind, Lifecycle, ProtectionMode, RotationStatus, VaultType};
