//! The waist: one model of a key, whoever brought it, and what a front end returns.
//!
//! Read `facts` first, then `inventory`. `settle` completes the key of a plan or state from the configuration of the same address.

mod endpoint;
mod facts;
mod inventory;
pub mod kinds;
mod provider;
mod settle;
mod words;

pub use endpoint::wrong_endpoint;
pub use facts::{
    AutoRotation, CaUse, Declared, Fate, IdleSchedule, Importance, KeyFacts, KeyId, KeyShape, KeyVersion, Schedule, ScheduleForm, Stage,
    Symbolic, Times, VaultUsage,
};
pub use inventory::{Comment, Covers, Inventory, Keys, ModuleNotFollowed, NotAudited, NotRead, NotReadKind, Notice, Reach, SwitchedOff};
pub use provider::{OldProvider, is_oci_provider};
pub use settle::{Listed, contradicts, settle};
pub use words::{InputKind, Lifecycle, ProtectionMode, RotationStatus, VaultType};
