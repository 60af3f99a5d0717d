//! The types of the format. The schema is generated from them, with their doc comments as descriptions. Only these types are serialized.

use crate::base::{Problem, Sources};
use crate::key::{ModuleNotFollowed, NotAudited, NotRead, SwitchedOff};
use crate::policy::{CheckedKey, Exempted, Notice};
use crate::rules::{Finding, Rule, Verdict};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// A report of kmslint, version 1. Within a version fields are only added.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "kmslint report")]
pub(super) struct JsonReport<'a> {
    /// The version of this format.
    pub version: u32,
    /// kmslint's own version.
    pub kmslint: &'static str,
    /// Every key that was checked.
    #[schemars(with = "Vec<KeyOut<'a>>")]
    pub keys: Streamed<'a, CheckedKey, KeyOut<'a>>,
    /// Everything reported: violations, undetermined verdicts, advice and drift.
    #[schemars(with = "Vec<FindingOut<'a>>")]
    pub findings: Streamed<'a, Finding, FindingOut<'a>>,
    /// Findings that are not reported because the user accepted them.
    #[schemars(with = "Vec<ExemptedOut<'a>>")]
    pub exempted: Streamed<'a, Exempted, ExemptedOut<'a>>,
    /// What is reported about exemptions: unused, expired.
    #[schemars(with = "Vec<NoticeOut<'a>>")]
    pub notices: Streamed<'a, Notice, NoticeOut<'a>>,
    /// What kept kmslint from doing the complete job; any of them makes the exit code 2.
    #[schemars(with = "Vec<ProblemOut<'a>>")]
    pub problems: Streamed<'a, Problem, ProblemOut<'a>>,
    /// Module calls whose source is not available.
    #[schemars(with = "Vec<ModuleOut<'a>>")]
    pub modules_not_followed: Streamed<'a, ModuleNotFollowed, ModuleOut<'a>>,
    /// Blocks that create no key with these inputs. Never a finding.
    #[schemars(with = "Vec<SwitchedOffOut<'a>>")]
    pub switched_off: Streamed<'a, SwitchedOff, SwitchedOffOut<'a>>,
    /// Plans, states, values files, Terragrunt units and Stacks that were found but not read.
    #[schemars(with = "Vec<NotReadOut<'a>>")]
    pub not_read: Streamed<'a, NotRead, NotReadOut<'a>>,
    /// Parts of a tenancy that could not be read.
    #[schemars(with = "Vec<NotAuditedOut<'a>>")]
    pub not_audited: Streamed<'a, NotAudited, NotAuditedOut<'a>>,
    /// Vaults of a tenancy that have HSM key versions, those where SOFTWARE keys would save the most first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub hsm_vaults: Vec<HsmVaultOut<'a>>,
    /// The config file in effect, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<ConfigOut<'a>>,
    /// Totals.
    pub summary: Summary,
}

/// A list that makes its elements while it is serialized: a report may have hundreds of thousands of them.
pub(super) struct Streamed<'a, T, O> {
    pub of: &'a [T],
    pub sources: &'a Sources,
    pub make: fn(&'a T, &'a Sources) -> O,
}

impl<T, O: Serialize> Serialize for Streamed<'_, T, O> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.of.iter().map(|one| (self.make)(one, self.sources)))
    }
}

/// A key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub(super) struct KeyOut<'a> {
    /// The address as Terraform prints it; the OCID of a live key.
    pub address: &'a str,
    /// The root module's directory relative to the working directory, or the file's path.
    pub root: &'a str,
    /// The values files that were passed for this run of the root, where they distinguish it from another run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<&'a str>,
    /// `hcl`, `plan`, `state` or `live`.
    pub input: &'static str,
    /// The resource's header.
    pub place: PlaceOut,
    /// The key's OCID, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocid: Option<&'a str>,
    /// What will happen to it: `create`, `update`, `no-op`, `replace`, `delete`, `forget` or `unknown`.
    pub fate: &'static str,
    /// Why this instance represents any number of instances: which ones there will be is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbolic: Option<&'a str>,
    /// `HSM`, `SOFTWARE`, `EXTERNAL`, or another word as it is written.
    pub protection_mode: FactOut<String>,
    /// The switch of automatic rotation.
    pub is_auto_rotation_enabled: FactOut<bool>,
    /// Days between automatic rotations.
    pub rotation_interval_in_days: FactOut<i64>,
    /// When the schedule begins, RFC 3339.
    pub time_of_schedule_start: FactOut<String>,
    /// `DEFAULT`, `VIRTUAL_PRIVATE` or `EXTERNAL`.
    pub vault_type: FactOut<String>,
    /// The vault's OCID or address, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault: Option<&'a str>,
    /// `desired_state`, or the lifecycle state where the key exists.
    pub lifecycle_state: FactOut<String>,
    /// AES, RSA, ECDSA.
    pub key_algorithm: FactOut<String>,
    /// Length in bytes.
    pub key_length: FactOut<i64>,
    /// Curve of ECDSA keys.
    pub key_curve_id: FactOut<String>,
    /// Identifier of the key in the external key manager.
    pub external_key_reference: FactOut<String>,
    /// The name.
    pub display_name: FactOut<String>,
    /// The compartment's OCID.
    pub compartment_id: FactOut<String>,
    /// Freeform tags that are known; `null` where the value may not be shown.
    pub freeform_tags: BTreeMap<&'a str, Option<&'a str>>,
    /// Defined tags that are known, `Namespace.Key`; `null` where the value may not be shown.
    pub defined_tags: BTreeMap<&'a str, Option<&'a str>>,
    /// Versions that are written in code or listed by the service.
    pub key_versions: Vec<VersionOut<'a>>,
    /// Rotations that Terraform itself repeats.
    pub schedules: Vec<ScheduleOut<'a>>,
    /// Certificate authorities that use the key: addresses or OCIDs.
    pub certificate_authorities: Vec<&'a str>,
    /// Attributes in `lifecycle.ignore_changes`.
    pub ignore_changes: &'a [String],
    /// Times that only a state, a plan of an existing key or the service knows; RFC 3339.
    pub times: TimesOut,
    /// The verdicts, by rule.
    #[schemars(with = "BTreeMap<&'static str, VerdictOut<'a>>")]
    pub verdicts: VerdictsOut<'a>,
    /// Present and true where a finding of this key was exempted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub exempted: bool,
}

/// A fact.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "claim", rename_all = "lowercase")]
pub(super) enum FactOut<T> {
    /// It has this value.
    Known {
        /// The value; omitted if it is sensitive, or if it comes from a file and is not one of the service's own words.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<T>,
        /// Present and true where the value is sensitive.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        #[schemars(default)]
        sensitive: bool,
    },
    /// It is omitted or null.
    Unset,
    /// It is unknown.
    Unknown {
        /// Why.
        why: String,
        /// The only values it can have, where they are known; `null` is unset.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schemars(default)]
        possible: Vec<CaseOut<T>>,
    },
}

/// A possible value.
#[derive(Serialize, JsonSchema)]
pub(super) struct CaseOut<T> {
    /// The value; `null` is unset.
    pub value: Option<T>,
    /// When.
    pub when: String,
}

/// A place.
#[derive(Serialize, JsonSchema, Default)]
pub(super) struct PlaceOut {
    /// Path relative to the working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Last line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<usize>,
    /// Column after the last character, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<usize>,
    /// JSON pointer (RFC 6901) in a plan or state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// OCID of a live resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocid: Option<String>,
    /// Region of a live resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// A place that a value comes from or passes through.
#[derive(Serialize, JsonSchema)]
pub(super) struct StepOut {
    /// Where.
    pub place: PlaceOut,
    /// What happens there.
    pub label: String,
}

/// The verdicts on a key, which are in the order of the rules' ids.
pub(super) struct VerdictsOut<'a>(pub &'a [(&'static Rule, Verdict)]);

/// A verdict.
#[derive(Serialize, JsonSchema)]
pub(super) struct VerdictOut<'a> {
    /// `pass`, `violation`, `undetermined` or `not-applicable`.
    pub verdict: &'static str,
    /// The kind, a word.
    pub kind: &'static str,
    /// One sentence.
    pub message: &'a str,
    /// Advice next to a pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'a str>,
}

/// A key version.
#[derive(Serialize, JsonSchema)]
pub(super) struct VersionOut<'a> {
    /// Address or OCID.
    pub id: &'a str,
    /// When it was made, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_created: Option<String>,
    /// Whether it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_current: Option<bool>,
}

/// A rotation that Terraform repeats.
#[derive(Serialize, JsonSchema)]
pub(super) struct ScheduleOut<'a> {
    /// The longest time between rotations, in days; absent where every run rotates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_days: Option<f64>,
    /// What drives it.
    pub driver: &'a str,
    /// `accumulating` or `replacing`.
    pub form: &'static str,
}

/// Times, RFC 3339.
#[derive(Serialize, JsonSchema)]
pub(super) struct TimesOut {
    /// The key's creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Creation of the version in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<String>,
    /// The schedule's last rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_rotation: Option<String>,
    /// The schedule's next rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_rotation: Option<String>,
    /// How the last one ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_rotation_status: Option<String>,
    /// Planned deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion: Option<String>,
}

/// A finding.
#[derive(Serialize, JsonSchema)]
pub(super) struct FindingOut<'a> {
    /// The rule's id.
    pub rule: &'static str,
    /// `error`, `warning` or `note`.
    pub level: &'static str,
    /// `violation`, `undetermined` or `advice`.
    pub verdict: &'static str,
    /// The kind, a word.
    pub kind: &'static str,
    /// One sentence.
    pub message: &'a str,
    /// Where.
    pub place: PlaceOut,
    /// The other places that the value passes through, in the order in which it passes them.
    pub trail: Vec<StepOut>,
    /// Why it matters for this key.
    pub note: &'a str,
    /// What to write.
    pub help: &'a str,
    /// What is reported instead of some of the keys, where that differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub variants: Vec<VariantOut<'a>>,
    /// The keys' addresses.
    pub addresses: Vec<&'a str>,
    /// The keys, in the order of `addresses`, by what identifies them in `keys` of the report.
    pub keys: Vec<KeyRef<'a>>,
    /// The same from run to run as long as the edit is the same; it does not depend on line numbers, keys or message texts.
    pub fingerprint: &'a str,
    /// The fingerprint of each key, in the order of `addresses`: what a baseline file contains.
    pub fingerprints: Vec<&'a str>,
}

/// What is reported of some of the keys of a finding.
#[derive(Serialize, JsonSchema)]
pub(super) struct VariantOut<'a> {
    /// One sentence.
    pub message: &'a str,
    /// Why it matters for these keys.
    pub note: &'a str,
    /// What to write.
    pub help: &'a str,
    /// The keys.
    pub keys: Vec<KeyRef<'a>>,
}

/// What identifies a key.
#[derive(Serialize, JsonSchema)]
pub(super) struct KeyRef<'a> {
    /// As the key's own.
    pub root: &'a str,
    /// As the key's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<&'a str>,
    /// As the key's own.
    pub address: &'a str,
}

/// An exempted finding.
#[derive(Serialize, JsonSchema)]
pub(super) struct ExemptedOut<'a> {
    /// The finding.
    #[serde(flatten)]
    pub finding: FindingOut<'a>,
    /// `comment`, `config` or `baseline`.
    pub by: &'static str,
    /// The reason given.
    pub reason: &'a str,
    /// The last day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Where the exemption is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exemption: Option<PlaceOut>,
}

/// A remark that is not a problem.
#[derive(Serialize, JsonSchema)]
pub(super) struct NoticeOut<'a> {
    /// `unused-exemption`, `expired-exemption`, `old-baseline`, `unknown-argument`, `ignored-argument`.
    pub kind: &'static str,
    /// One sentence.
    pub message: &'a str,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceOut>,
}

/// A problem.
#[derive(Serialize, JsonSchema)]
pub(super) struct ProblemOut<'a> {
    /// `unreadable`, `unparsable`, `refused`, `structure`, `partial`, `policy` or `service`.
    pub kind: &'static str,
    /// One sentence.
    pub message: &'a str,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceOut>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'a str>,
}

/// A module call that was not followed.
#[derive(Serialize, JsonSchema)]
pub(super) struct ModuleOut<'a> {
    /// The call's address.
    pub address: &'a str,
    /// The root module's directory.
    pub root: &'a str,
    /// The source as written.
    pub source: &'a str,
    /// Why it was not followed.
    pub why: &'a str,
    /// The call's header.
    pub place: PlaceOut,
}

/// A block that creates no key with these inputs.
#[derive(Serialize, JsonSchema)]
pub(super) struct SwitchedOffOut<'a> {
    /// The block's address, without instance keys of its own.
    pub address: &'a str,
    /// The root module's directory.
    pub root: &'a str,
    /// The values files of this run, where they distinguish it from another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<&'a str>,
    /// Why, and what decides.
    pub why: &'a str,
    /// The block's header.
    pub place: PlaceOut,
}

/// Something that was found but not read.
#[derive(Serialize, JsonSchema)]
pub(super) struct NotReadOut<'a> {
    /// The path relative to the working directory.
    pub path: &'a str,
    /// `plan`, `state`, `values-file`, `terragrunt-unit` or `stack`.
    pub kind: &'static str,
    /// Why, and how to have it read.
    pub why: &'a str,
}

/// A config file.
#[derive(Serialize, JsonSchema)]
pub(super) struct ConfigOut<'a> {
    /// Its path.
    pub path: &'a str,
    /// What it turns off, as clauses.
    pub turns_off: &'a [String],
}

/// A part of a tenancy that could not be read.
#[derive(Serialize, JsonSchema)]
pub(super) struct NotAuditedOut<'a> {
    /// The OCID.
    pub ocid: &'a str,
    /// The region.
    pub region: &'a str,
    /// `compartment`, `vault` or `key`.
    pub what: &'static str,
    /// Why.
    pub why: &'a str,
}

/// A vault of a tenancy that holds HSM key versions.
#[derive(Serialize, JsonSchema)]
pub(super) struct HsmVaultOut<'a> {
    /// The OCID.
    pub vault: &'a str,
    /// The region.
    pub region: &'a str,
    /// All HSM key versions in it, as the service counts them.
    pub hsm_key_versions: u64,
    /// Keys that OCI-KMS-004 reports as violations.
    pub reported_keys: usize,
    /// HSM key versions of these keys: what SOFTWARE keys in their place would save.
    pub reported_key_versions: usize,
    /// Present and true where `reported_key_versions` is a lower bound, because the versions of some of these keys were not read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub is_lower_bound: bool,
}

/// Totals.
#[derive(Serialize, JsonSchema)]
pub(super) struct Summary {
    /// Files looked at.
    pub files: usize,
    /// Keys checked.
    pub keys: usize,
    /// Findings: places that are reported, each for one or more keys.
    pub findings: usize,
    /// Keys with a violation, counted once for each rule.
    pub violations: usize,
    /// Keys with an undetermined verdict, counted once for each rule.
    pub undetermined: usize,
    /// Keys that pass, counted once for each rule.
    pub passes: usize,
    /// Keys that a rule does not apply to, counted once for each rule.
    pub not_applicable: usize,
    /// Exempted findings, counted by key.
    pub exempted: usize,
    /// Problems.
    pub problems: usize,
    /// Blocks that create no key with these inputs.
    pub switched_off: usize,
    /// What was found but not read.
    pub not_read: usize,
    /// The exit code.
    pub exit_code: u8,
}
