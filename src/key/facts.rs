//! `KeyFacts`: everything a rule may know about a key.

use super::provider::OldProvider;
use super::words::{InputKind, Lifecycle, ProtectionMode, RotationStatus, VaultType};
use crate::base::{Address, Calls, Fact, Place, Reason, Step, Trail};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Which key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId {
    /// The root module's directory relative to the working directory (`.` for itself), the path of the plan or state file, or
    /// `live/REGION` for the service.
    pub root: Arc<str>,
    /// The values file that was passed for this run of the root, by its path from the root module's directory.
    pub inputs: Option<Arc<str>>,
    /// The address of the instance as Terraform prints it; the OCID where the key is known from the service only.
    pub address: String,
    /// The reader.
    pub input: InputKind,
}

impl KeyId {
    /// The address, and the values file of the run where one was passed: `oci_kms_key.k (prod.tfvars)`.
    #[must_use]
    pub fn labeled_address(&self) -> Cow<'_, str> {
        self.labeled(&self.address)
    }

    /// The address as reports show it: with the root where several are checked, `teams/web/dev: oci_kms_key.k`. An OCID names its key
    /// everywhere.
    #[must_use]
    pub fn label(&self, names_root: bool) -> Cow<'_, str> {
        let address = self.labeled_address();
        if names_root && self.input != InputKind::Live { Cow::Owned(format!("{}: {address}", self.root)) } else { address }
    }

    /// The root, and the values file of the run where one was passed: `prod (prod.tfvars)`.
    #[must_use]
    pub fn labeled_root(&self) -> Cow<'_, str> {
        self.labeled(&self.root)
    }

    fn labeled<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.inputs.as_ref().map_or(Cow::Borrowed(text), |inputs| Cow::Owned(format!("{text} ({inputs})")))
    }
}

/// Whether the facts say what will be or what is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Configuration and plan: will it be rotated?
    Declared,
    /// State and live service: has it been rotated?
    Actual,
}

/// What will happen to the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlannedAction {
    /// It will be made.
    Create,
    /// It exists and will be changed in place.
    Update,
    /// It exists and stays as it is. States and live keys too.
    NoOp,
    /// It exists, will be deleted, and a new one made.
    Replace,
    /// It will be deleted.
    Delete,
    /// Terraform will forget it; the key stays.
    Forget,
    /// Configuration alone cannot tell whether it exists.
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

    /// Whether the key exists already and will go on to exist as the same key: its mode cannot be changed.
    #[must_use]
    pub fn is_existing(self) -> bool {
        matches!(self, Self::Update | Self::NoOp | Self::Forget)
    }
}

/// The facts of `auto_key_rotation_details` and its switch.
#[derive(Clone, Debug, Default)]
pub struct AutoRotation {
    /// `is_auto_rotation_enabled`.
    pub enabled: Fact<bool>,
    /// `rotation_interval_in_days`. 0 is a value: Terraform plans it and the provider sends it. A fraction is not a number of days: it is
    /// unknown.
    pub interval_days: Fact<i64>,
    /// `time_of_schedule_start`.
    pub start: Fact<Timestamp>,
    /// The block `auto_key_rotation_details`, where one is written.
    pub block: Option<Place>,
    /// The way of the `for_each` by which a `dynamic` block makes no `auto_key_rotation_details`; empty where there is no such block.
    pub absent_by: Trail,
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

/// A version of the key: an `oci_kms_key_version` resource, or one of the service's list.
#[derive(Clone, Debug)]
pub struct KeyVersion {
    /// Its address or OCID.
    pub id: String,
    /// Where it is written.
    pub place: Option<Place>,
    /// When it was made, where that is known.
    pub time_created: Option<Timestamp>,
    /// Whether it is the version in use, where that is known.
    pub is_current: Option<bool>,
    /// Whether a schedule made it, where that is known.
    pub is_auto_rotated: Option<bool>,
}

/// How code makes the next version in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScheduleForm {
    /// Old versions stay.
    Accumulating,
    /// The previous version resource is destroyed: its key version is scheduled for deletion.
    Replacing,
}

/// A rotation that Terraform itself repeats.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The longest time between two rotations in days, months counted as 31 days and years as 366 unless the limit is 365
    /// (see [`Schedule::period_months`]); `None` where every run rotates (`timestamp()`).
    pub period_days: Option<f64>,
    /// The period in whole months where it is given in months or years; 12 is within a limit of 365 days.
    pub period_months: Option<i64>,
    /// Whether old versions stay.
    pub form: ScheduleForm,
    /// What drives it: the address of the `time_rotating`, or `timestamp()`.
    pub driver: String,
    /// The address of the key version that is made again.
    pub version: String,
    /// The places on the way: the key version, the `time_rotating`.
    pub trail: Vec<Step>,
}

/// A `time_rotating` in `replace_triggered_by` of a key version. It never triggers: when it expires, its provider drops it from the state,
/// Terraform plans to create it, and only an update or a replacement triggers (Terraform, `EvaluateReplaceTriggeredBy`).
#[derive(Clone, Debug)]
pub struct IdleSchedule {
    /// The reference to the `time_rotating`, as it is written within its module.
    pub driver: String,
    /// What changes when it expires: an expression for another resource's trigger.
    pub trigger: String,
    /// Its period in days, where it is known.
    pub period_days: Option<f64>,
    /// Its period in months, where it is given in months or years.
    pub period_months: Option<i64>,
    /// Where `replace_triggered_by` names it.
    pub at: Step,
}

/// A certificate authority that uses the key.
#[derive(Clone, Debug)]
pub struct CaUse {
    /// Its address or OCID.
    pub id: String,
    /// Where it is written.
    pub place: Option<Place>,
}

/// Times that only a state, a plan of an existing key, or the service knows.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// When the key was made.
    pub created: Option<Timestamp>,
    /// When the version in use was made.
    pub current_version: Option<Timestamp>,
    /// When the schedule rotated last.
    pub last_rotation: Option<Timestamp>,
    /// When the schedule will rotate next.
    pub next_rotation: Option<Timestamp>,
    /// How the last scheduled rotation ended.
    pub last_status: Option<RotationStatus>,
    /// What the service says about it.
    pub last_message: Option<String>,
    /// When the key will be deleted.
    pub deletion: Option<Timestamp>,
}

/// Why an instance represents any number of instances: which ones there will be is unknown.
#[derive(Clone, Debug)]
pub struct Symbolic {
    /// The reason as a clause: "`for_each` is known only after apply", "no caller in the scanned directories".
    pub why: Reason,
    /// Where the unknown `count` or `for_each` is written.
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

/// How far a key's own text can be pointed at and changed: what the fixes need.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// The complete resource block.
    pub block: Option<Place>,
    /// Calls on the way, outermost first.
    pub calls: Calls,
    /// `lifecycle.ignore_changes`: attribute names; `*` is all.
    pub ignore_changes: Vec<String>,
}

/// Whether the key is the primary one of a replicated pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Importance {
    /// The key that is managed.
    #[default]
    Primary,
    /// A read-only copy in another region.
    Replica,
}

/// Everything a rule may know about a key.
#[derive(Clone, Debug)]
pub struct KeyFacts {
    /// Which key.
    pub id: KeyId,
    /// The parsed address, where the key has one.
    pub address: Option<Address>,
    /// The key's OCID, where it exists and is known.
    pub ocid: Option<String>,
    /// The service's region, where it is known.
    pub region: Option<String>,
    /// Will be or is.
    pub stage: Stage,
    /// The resource's header, its entry in the JSON, or its OCID.
    pub place: Place,
    /// The resource's entry in the document when `place` was moved to the sources: plans and states with `--source`.
    pub document: Option<Place>,
    /// The root module's directory whose configuration declares the key, relative to the working directory; the part of a
    /// fingerprint that holds for plan and configuration alike.
    pub source_root: Option<Arc<str>>,
    /// Block, calls, lifecycle.
    pub declared: Declared,
    /// Set where this instance stands for many.
    pub symbolic: Option<Symbolic>,
    /// What will happen to it.
    pub planned_action: PlannedAction,
    /// `restore_from_file` or `restore_from_object_store`: the key comes from a backup, whose mode wins. Unset where neither is written.
    pub restored: Fact<bool>,
    /// An `import` block of the configuration names the key, so it exists. Unset where none does.
    pub imported: Fact<bool>,
    /// `protection_mode`; `""` is unset.
    pub protection_mode: Fact<ProtectionMode>,
    /// The switch, the interval, the start.
    pub rotation: AutoRotation,
    /// Type of the vault the key is in.
    pub vault_type: Fact<VaultType>,
    /// The vault's OCID or the address of the vault's resource, where it is known.
    pub vault: Option<String>,
    /// `desired_state`, or the lifecycle state where the key exists.
    pub lifecycle: Fact<Lifecycle>,
    /// `key_shape`.
    pub shape: KeyShape,
    /// `external_key_reference.external_key_id`.
    pub external_key_reference: Fact<String>,
    /// `display_name`.
    pub display_name: Fact<String>,
    /// `compartment_id`.
    pub compartment: Fact<String>,
    /// `freeform_tags`; a tag whose value is not known is left out.
    pub freeform_tags: BTreeMap<String, String>,
    /// `defined_tags`, keys `Namespace.Key`.
    pub defined_tags: BTreeMap<String, String>,
    /// The names of tags whose value may not be shown: it is sensitive, or comes from a file.
    pub hidden_tags: BTreeSet<String>,
    /// `is_primary`.
    pub importance: Importance,
    /// Versions that are written or listed.
    pub versions: Vec<KeyVersion>,
    /// Rotation that Terraform itself repeats; `Unknown` where a plan shows a key version and a `time_rotating` without
    /// the sources that would relate them.
    pub schedules: Vec<Schedule>,
    /// Set where it is unknown whether `schedules` is whole; the reason as a clause.
    pub schedules_unsure: Option<Reason>,
    /// Whether that is because Terraform would reject the configuration: then no plan will tell.
    pub is_schedule_refused: bool,
    /// What looks like a schedule and rotates nothing.
    pub idle_schedule: Option<Box<IdleSchedule>>,
    /// Certificate authorities that use it.
    pub authorities: Vec<CaUse>,
    /// Set where a certificate authority may use the key that is not in `authorities`; the reason as a clause.
    pub authorities_unsure: Option<Reason>,
    /// Set where the configuration keeps the provider below the version that rotates keys.
    pub old_provider: Option<Arc<OldProvider>>,
    /// Set where `management_endpoint` is known not to be a vault's management endpoint.
    pub wrong_endpoint: Option<Box<Step>>,
    /// Times.
    pub times: Times,
    /// The vault's count of versions, where the service told it.
    pub vault_usage: Option<VaultUsage>,
    /// What else a reader should say next to the key: drift outside of Terraform, a provider pinned below 5.31.
    pub notes: Vec<Step>,
}

impl KeyFacts {
    /// A key of which nothing is known but where it is: readers fill in the rest.
    #[must_use]
    pub fn new(id: KeyId, stage: Stage, planned_action: PlannedAction, place: Place) -> Self {
        Self { address: Address::parse(&id.address), ..Self::without_address(id, stage, planned_action, place) }
    }

    /// The same for a reader that knows the parsed address.
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
            importance: Importance::Primary,
            versions: Vec::new(),
            schedules: Vec::new(),
            schedules_unsure: None,
            is_schedule_refused: false,
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

    /// When the version in use was created, where that is known.
    #[must_use]
    pub fn current_version_time(&self) -> Option<Timestamp> {
        let listed = || self.versions.iter().find(|version| version.is_current == Some(true))?.time_created;
        self.times.current_version.or_else(listed)
    }

    /// The display name of a key of the service, whose address is but an OCID. `None` also where the name may not be shown.
    #[must_use]
    pub fn service_name(&self) -> Option<&str> {
        let is_live = self.id.input == InputKind::Live;
        self.display_name.shown(|_| false).filter(|name| is_live && !name.is_empty()).map(String::as_str)
    }
}
