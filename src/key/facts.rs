//! `KeyFacts`: everything a rule may know about a key.

use super::provider::OldProvider;
use super::words::{InputKind, Lifecycle, ProtectionMode, RotationStatus, VaultType};
use crate::base::{Address, Calls, Fact, Place, Reason, Step, Trail};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Identifies a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId {
    /// The root module's directory relative to the working directory (`.` for itself), the path of the plan or state file, or
    /// `live/REGION` for the service.
    pub root: Arc<str>,
    /// The values file that this run of the root used, relative to the root module's directory.
    pub inputs: Option<Arc<str>>,
    /// The address of the instance as Terraform prints it; the OCID if only the service knows the key.
    pub address: String,
    /// The kind of input that it was read from.
    pub input: InputKind,
}

impl KeyId {
    /// The address, with the values file of the run if there is one: `oci_kms_key.k (prod.tfvars)`.
    #[must_use]
    pub fn labeled_address(&self) -> Cow<'_, str> {
        self.labeled(&self.address)
    }

    /// The address as reports show it, with the root if several are checked: `teams/web/dev: oci_kms_key.k`. An OCID is unique without a
    /// root.
    #[must_use]
    pub fn label(&self, names_root: bool) -> Cow<'_, str> {
        let address = self.labeled_address();
        if names_root && self.input != InputKind::Live { Cow::Owned(format!("{}: {address}", self.root)) } else { address }
    }

    /// The root, with the values file of the run if there is one: `prod (prod.tfvars)`.
    #[must_use]
    pub fn labeled_root(&self) -> Cow<'_, str> {
        self.labeled(&self.root)
    }

    fn labeled<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.inputs.as_ref().map_or(Cow::Borrowed(text), |inputs| Cow::Owned(format!("{text} ({inputs})")))
    }
}

/// Whether the facts describe the future or the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Configuration and plan: will it be rotated?
    Declared,
    /// State and live service: has it been rotated?
    Actual,
}

/// What Terraform will do with the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlannedAction {
    /// Create it.
    Create,
    /// Update it in place.
    Update,
    /// Leave it unchanged. Keys of states and of the service have this action.
    NoOp,
    /// Delete it and create a new one.
    Replace,
    /// Delete it.
    Delete,
    /// Remove it from the state; the key stays.
    Forget,
    /// Unknown: configuration alone does not determine whether the key exists.
    Unknown,
}

impl PlannedAction {
    /// The word in JSON reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::NoOp => "no-op",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Forget => "forget",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the key already exists and will not be replaced or deleted: its protection mode cannot be changed.
    #[must_use]
    pub fn is_existing(self) -> bool {
        matches!(self, Self::Update | Self::NoOp | Self::Forget)
    }
}

/// `is_auto_rotation_enabled` and the arguments of `auto_key_rotation_details`.
#[derive(Clone, Debug, Default)]
pub struct AutoRotation {
    /// `is_auto_rotation_enabled`.
    pub enabled: Fact<bool>,
    /// `rotation_interval_in_days`. 0 is a value: Terraform plans it and the provider sends it. A fraction is unknown, because it is not a
    /// number of days.
    pub interval_days: Fact<i64>,
    /// `time_of_schedule_start`.
    pub start: Fact<Timestamp>,
    /// The block `auto_key_rotation_details`, if there is one.
    pub block: Option<Place>,
    /// The trail of an empty `for_each`, by which a `dynamic` block generates no `auto_key_rotation_details`; empty if there is no such
    /// block.
    pub absence_trail: Trail,
}

/// `key_shape`.
#[derive(Clone, Debug, Default)]
pub struct KeyShape {
    /// `algorithm`: AES, RSA, ECDSA.
    pub algorithm: Fact<String>,
    /// `length` in bytes.
    pub length: Fact<i64>,
    /// `curve_id`.
    pub curve: Fact<String>,
}

/// A version of the key: an `oci_kms_key_version` resource, or one that the service lists.
#[derive(Clone, Debug)]
pub struct KeyVersion {
    /// Its address or OCID.
    pub id: String,
    /// Where it is declared.
    pub place: Option<Place>,
    /// When it was created, if known.
    pub time_created: Option<Timestamp>,
    /// Whether it is the current version, if known.
    pub is_current: Option<bool>,
    /// Whether automatic rotation created it, if known.
    pub is_auto_rotated: Option<bool>,
}

/// How a schedule in the configuration creates the next key version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScheduleForm {
    /// Old versions stay.
    Accumulating,
    /// The previous version resource is destroyed: its key version is scheduled for deletion.
    Replacing,
}

/// A rotation that Terraform repeats: a resource such as `time_rotating` replaces or adds key versions.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The longest time between two rotations in days, with a month as 31 days and a year as 366 unless the limit is 365
    /// (see [`Schedule::period_months`]); `None` if every run rotates (`timestamp()`).
    pub period_days: Option<f64>,
    /// The period in months if it is given in months or years; 12 is within a limit of 365 days.
    pub period_months: Option<i64>,
    /// Whether old versions stay.
    pub form: ScheduleForm,
    /// What drives it: the address of the `time_rotating`, or `timestamp()`.
    pub driver: String,
    /// The address of the key version that is created again.
    pub version: String,
    /// The steps from the key version to its driver.
    pub trail: Vec<Step>,
}

/// A `time_rotating` in `replace_triggered_by` of a key version. It never triggers: when it expires, its provider removes it from the
/// state and Terraform plans to create it, but only an update or a replacement triggers (Terraform, `EvaluateReplaceTriggeredBy`).
#[derive(Clone, Debug)]
pub struct IdleSchedule {
    /// The reference to the `time_rotating` within its module.
    pub driver: String,
    /// An expression whose value changes when it expires: the trigger that works instead.
    pub trigger: String,
    /// Its period in days, if known.
    pub period_days: Option<f64>,
    /// Its period in months, if it is given in months or years.
    pub period_months: Option<i64>,
    /// Where `replace_triggered_by` names it.
    pub at: Step,
}

/// A certificate authority that uses the key.
#[derive(Clone, Debug)]
pub struct CaUse {
    /// Its address or OCID.
    pub id: String,
    /// Where it is declared.
    pub place: Option<Place>,
}

/// Times that only a state, a plan of an existing key, or the service knows.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// When the key was created.
    pub created: Option<Timestamp>,
    /// When the current version was created.
    pub current_version: Option<Timestamp>,
    /// When the last scheduled rotation happened.
    pub last_rotation: Option<Timestamp>,
    /// When the next scheduled rotation is due.
    pub next_rotation: Option<Timestamp>,
    /// How the last scheduled rotation ended.
    pub last_status: Option<RotationStatus>,
    /// The service's message about it.
    pub last_message: Option<String>,
    /// When the key will be deleted.
    pub deletion: Option<Timestamp>,
}

/// Why an instance represents any number of instances: their number or keys are unknown.
#[derive(Clone, Debug)]
pub struct Symbolic {
    /// The reason as a clause: "`for_each` is known only after apply", "no caller in the scanned directories".
    pub why: Reason,
    /// Where the unknown `count` or `for_each` is.
    pub place: Option<Place>,
}

/// How the vault counts its key versions. Source: VaultUsage of the KMS vault API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultUsage {
    /// HSM key versions that are not deleted.
    pub hsm_versions: u64,
    /// Software key versions that are not deleted.
    pub software_versions: u64,
}

/// Where and how the key is declared: what fixes need to know.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// The complete resource block.
    pub block: Option<Place>,
    /// The module calls around it, outermost first.
    pub calls: Calls,
    /// `lifecycle.ignore_changes`: attribute names; `*` is all of them.
    pub ignore_changes: Vec<String>,
}

/// The part of a key in replication between regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplicationRole {
    /// The key that can be managed; keys without replicas are primary.
    #[default]
    Primary,
    /// A read-only copy in another region.
    Replica,
}

/// Everything a rule may know about a key.
#[derive(Clone, Debug)]
pub struct KeyFacts {
    /// Identifies the key.
    pub id: KeyId,
    /// The parsed address, if the key has one.
    pub address: Option<Address>,
    /// The key's OCID, if it exists and is known.
    pub ocid: Option<String>,
    /// The service's region, if known.
    pub region: Option<String>,
    /// Whether the facts describe the future or the present.
    pub stage: Stage,
    /// The resource's header, its entry in the JSON, or its OCID.
    pub place: Place,
    /// The resource's entry in the plan or state, once `place` points into the configuration.
    pub document: Option<Place>,
    /// The directory of the root module that declares the key, relative to the working directory; the part of a fingerprint that is the
    /// same for a plan and its configuration.
    pub source_root: Option<Arc<str>>,
    /// Block, calls, lifecycle.
    pub declared: Declared,
    /// Set if this instance represents any number of instances.
    pub symbolic: Option<Symbolic>,
    /// What Terraform will do with it.
    pub planned_action: PlannedAction,
    /// `restore_from_file` or `restore_from_object_store`: the key comes from a backup and has the backup's mode. Unset without either.
    pub restored: Fact<bool>,
    /// An `import` block of the configuration names the key, so it exists. Unset without one.
    pub imported: Fact<bool>,
    /// `protection_mode`; `""` is unset.
    pub protection_mode: Fact<ProtectionMode>,
    /// Automatic rotation: whether it is enabled, its interval, its start.
    pub rotation: AutoRotation,
    /// The type of the key's vault.
    pub vault_type: Fact<VaultType>,
    /// The vault's OCID or the address of the vault's resource, if known.
    pub vault: Option<String>,
    /// `desired_state`, or the lifecycle state if the key exists.
    pub lifecycle: Fact<Lifecycle>,
    /// `key_shape`.
    pub shape: KeyShape,
    /// `external_key_reference.external_key_id`.
    pub external_key_reference: Fact<String>,
    /// `display_name`.
    pub display_name: Fact<String>,
    /// `compartment_id`.
    pub compartment: Fact<String>,
    /// `freeform_tags`; a tag whose value is unknown is omitted.
    pub freeform_tags: BTreeMap<String, String>,
    /// `defined_tags`, keys `Namespace.Key`.
    pub defined_tags: BTreeMap<String, String>,
    /// The names of tags whose value may not be shown, because it is sensitive or comes from a file.
    pub hidden_tags: BTreeSet<String>,
    /// `is_primary`.
    pub replication_role: ReplicationRole,
    /// Versions that are declared or that the service lists.
    pub versions: Vec<KeyVersion>,
    /// Rotations that Terraform repeats.
    pub schedules: Vec<Schedule>,
    /// Set if `schedules` may be incomplete, for example because a plan shows a key version and a `time_rotating` without the
    /// configuration that relates them; the reason as a clause.
    pub schedules_unsure: Option<Reason>,
    /// Whether that is because Terraform would reject the configuration: then no plan resolves it either.
    pub is_schedule_rejected: bool,
    /// What looks like a schedule but rotates nothing.
    pub idle_schedule: Option<Box<IdleSchedule>>,
    /// Certificate authorities that use it.
    pub authorities: Vec<CaUse>,
    /// Set if `authorities` may be incomplete; the reason as a clause.
    pub authorities_unsure: Option<Reason>,
    /// Set if the configuration allows only provider versions from before automatic rotation.
    pub old_provider: Option<Arc<OldProvider>>,
    /// Set if `management_endpoint` is known not to be a vault's management endpoint.
    pub wrong_endpoint: Option<Box<Step>>,
    /// Times.
    pub times: Times,
    /// The vault's count of versions, if the service returned it.
    pub vault_usage: Option<VaultUsage>,
    /// Further notes to show with the key: drift outside of Terraform, a provider pinned below 5.31.
    pub notes: Vec<Step>,
}

impl KeyFacts {
    /// A key of which only the place is known: front ends fill in the rest.
    #[must_use]
    pub fn new(id: KeyId, stage: Stage, planned_action: PlannedAction, place: Place) -> Self {
        Self { address: Address::parse(&id.address), ..Self::without_address(id, stage, planned_action, place) }
    }

    /// As [`Self::new`], for a front end that sets the parsed address.
    #[must_use]
    pub(crate) fn without_address(id: KeyId, stage: Stage, planned_action: PlannedAction, place: Place) -> Self {
        Self {
            address: None,
            id,
            ocid: None,
            region: None,
            stage,
            place,
            document: None,
            source_root: None,
            declared: Declared::default(),
            symbolic: None,
            planned_action,
            restored: Fact::unset(),
            imported: Fact::unset(),
            protection_mode: Fact::unset(),
            rotation: AutoRotation::default(),
            vault_type: Fact::unset(),
            vault: None,
            lifecycle: Fact::unset(),
            shape: KeyShape::default(),
            external_key_reference: Fact::unset(),
            display_name: Fact::unset(),
            compartment: Fact::unset(),
            freeform_tags: BTreeMap::new(),
            defined_tags: BTreeMap::new(),
            hidden_tags: BTreeSet::new(),
            replication_role: ReplicationRole::Primary,
            versions: Vec::new(),
            schedules: Vec::new(),
            schedules_unsure: None,
            is_schedule_rejected: false,
            idle_schedule: None,
            authorities: Vec::new(),
            authorities_unsure: None,
            old_provider: None,
            wrong_endpoint: None,
            times: Times::default(),
            vault_usage: None,
            notes: Vec::new(),
        }
    }

    /// When the current version was created, if known.
    #[must_use]
    pub fn current_version_time(&self) -> Option<Timestamp> {
        let listed = || self.versions.iter().find(|version| version.is_current == Some(true))?.time_created;
        self.times.current_version.or_else(listed)
    }

    /// The display name of a key of the service, whose address is only an OCID. `None` also if the name may not be shown.
    #[must_use]
    pub fn service_name(&self) -> Option<&str> {
        let is_live = self.id.input == InputKind::Live;
        self.display_name.shown(|_| false).filter(|name| is_live && !name.is_empty()).map(String::as_str)
    }
}
