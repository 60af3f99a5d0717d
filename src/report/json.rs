//! kmslint's own JSON, version 1. These types are the format: the schema next to this file is made from them and nothing else is serialized.

use super::context::ReportContext;
use super::lines::write_json;
use super::location::{self, Columns};
use super::totals::totals;
use super::vaults::hsm_vaults;
use crate::base::{Bounds, Claim, Fact, Place, Problem, Sources, Step};
use crate::key::{KeyFacts, ModuleNotFollowed, NotAudited, NotRead, ScheduleForm, SwitchedOff};
use crate::policy::{CheckedKey, Exempted, Notice, Outcome};
use crate::rules::{Finding, FindingInstance, Rule, Verdict, Wording};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A report of kmslint, version 1. Within a version fields are only added.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "kmslint report")]
struct JsonReport<'a> {
    /// The version of this format.
    version: u32,
    /// kmslint's own version.
    kmslint: &'static str,
    /// Every key that was checked.
    #[schemars(with = "Vec<KeyOut<'a>>")]
    keys: Streamed<'a, CheckedKey, KeyOut<'a>>,
    /// Everything reported: violations, undetermined verdicts, advice and drift.
    #[schemars(with = "Vec<FindingOut<'a>>")]
    findings: Streamed<'a, Finding, FindingOut<'a>>,
    /// Findings that are not reported because the user said so.
    #[schemars(with = "Vec<ExemptedOut<'a>>")]
    exempted: Streamed<'a, Exempted, ExemptedOut<'a>>,
    /// What is reported about exemptions: unused, expired.
    #[schemars(with = "Vec<NoticeOut<'a>>")]
    notices: Streamed<'a, Notice, NoticeOut<'a>>,
    /// What kept kmslint from doing the complete job; any of them makes the exit code 2.
    #[schemars(with = "Vec<ProblemOut<'a>>")]
    problems: Streamed<'a, Problem, ProblemOut<'a>>,
    /// Module calls whose source is not at hand.
    #[schemars(with = "Vec<ModuleOut<'a>>")]
    modules_not_followed: Streamed<'a, ModuleNotFollowed, ModuleOut<'a>>,
    /// Blocks that create no key with these inputs. Never a finding.
    #[schemars(with = "Vec<SwitchedOffOut<'a>>")]
    switched_off: Streamed<'a, SwitchedOff, SwitchedOffOut<'a>>,
    /// Plans, states, values files, Terragrunt units and Stacks that were seen and not read.
    #[schemars(with = "Vec<NotReadOut<'a>>")]
    not_read: Streamed<'a, NotRead, NotReadOut<'a>>,
    /// Parts of a tenancy that could not be read.
    #[schemars(with = "Vec<NotAuditedOut<'a>>")]
    not_audited: Streamed<'a, NotAudited, NotAuditedOut<'a>>,
    /// Vaults of a tenancy that hold HSM key versions, those where SOFTWARE keys would save the most first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    hsm_vaults: Vec<HsmVaultOut<'a>>,
    /// The config file that holds, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<ConfigOut<'a>>,
    /// Totals.
    summary: Summary,
}

/// A list whose elements are made when they are written: hundreds of thousands of them are never in memory a second time.
struct Streamed<'a, T, O> {
    of: &'a [T],
    sources: &'a Sources,
    make: fn(&'a T, &'a Sources) -> O,
}

impl<T, O: Serialize> Serialize for Streamed<'_, T, O> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.of.iter().map(|one| (self.make)(one, self.sources)))
    }
}

/// A key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Key")]
struct KeyOut<'a> {
    /// The address as Terraform prints it; the OCID of a live key.
    address: &'a str,
    /// The root module's directory relative to the working directory, or the file's path.
    root: &'a str,
    /// The values files that were passed for this run of the root, where they distinguish it from another run.
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<&'a str>,
    /// `hcl`, `plan`, `state` or `live`.
    input: &'static str,
    /// The resource's header.
    place: PlaceOut,
    /// The key's OCID, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    ocid: Option<&'a str>,
    /// What will happen to it: `create`, `update`, `no-op`, `replace`, `delete`, `forget` or `unknown`.
    fate: &'static str,
    /// Why this instance represents any number of instances: which ones there will be is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    symbolic: Option<&'a str>,
    /// `HSM`, `SOFTWARE`, `EXTERNAL`, or another word as it is written.
    protection_mode: FactOut<String>,
    /// The switch of automatic rotation.
    is_auto_rotation_enabled: FactOut<bool>,
    /// Days between automatic rotations.
    rotation_interval_in_days: FactOut<i64>,
    /// When the schedule begins, RFC 3339.
    time_of_schedule_start: FactOut<String>,
    /// `DEFAULT`, `VIRTUAL_PRIVATE` or `EXTERNAL`.
    vault_type: FactOut<String>,
    /// The vault's OCID or address, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    vault: Option<&'a str>,
    /// `desired_state`, or the lifecycle state where the key exists.
    lifecycle_state: FactOut<String>,
    /// AES, RSA, ECDSA.
    key_algorithm: FactOut<String>,
    /// Length in bytes.
    key_length: FactOut<i64>,
    /// Curve of ECDSA keys.
    key_curve_id: FactOut<String>,
    /// Identifier of the key in the external key manager.
    external_key_reference: FactOut<String>,
    /// The name.
    display_name: FactOut<String>,
    /// The compartment's OCID.
    compartment_id: FactOut<String>,
    /// Freeform tags that are known; `null` where the value may not be shown.
    freeform_tags: BTreeMap<&'a str, Option<&'a str>>,
    /// Defined tags that are known, `Namespace.Key`; `null` where the value may not be shown.
    defined_tags: BTreeMap<&'a str, Option<&'a str>>,
    /// Versions that are written in code or listed by the service.
    key_versions: Vec<VersionOut<'a>>,
    /// Rotations that Terraform itself repeats.
    schedules: Vec<ScheduleOut<'a>>,
    /// Certificate authorities that use the key: addresses or OCIDs.
    certificate_authorities: Vec<&'a str>,
    /// Attributes in `lifecycle.ignore_changes`.
    ignore_changes: &'a [String],
    /// Times that only a state, a plan of an existing key or the service knows; RFC 3339.
    times: TimesOut,
    /// The verdicts, by rule.
    #[schemars(with = "BTreeMap<&'static str, VerdictOut<'a>>")]
    verdicts: VerdictsOut<'a>,
    /// Present and true where a finding of this key was exempted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    exempted: bool,
}

/// A fact.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "claim", rename_all = "lowercase")]
enum FactOut<T> {
    /// It has this value.
    Known {
        /// The value; left out where it is sensitive, or came out of a file and is not one of the service's own words.
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
struct CaseOut<T> {
    /// The value; `null` is unset.
    value: Option<T>,
    /// When.
    when: String,
}

/// A place.
#[derive(Serialize, JsonSchema, Default)]
struct PlaceOut {
    /// Path relative to the working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// Last line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    /// Column after the last character, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
    /// JSON pointer (RFC 6901) in a plan or state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// OCID of a live resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    ocid: Option<String>,
    /// Region of a live resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
}

/// A step of a value's way.
#[derive(Serialize, JsonSchema)]
struct StepOut {
    /// Where.
    place: PlaceOut,
    /// What happens there.
    label: String,
}

/// The verdicts on a key, which are in the order of the rules' ids.
struct VerdictsOut<'a>(&'a [(&'static Rule, Verdict)]);

impl Serialize for VerdictsOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(rule, verdict)| (rule.id, verdict_out(verdict))))
    }
}

/// A verdict.
#[derive(Serialize, JsonSchema)]
struct VerdictOut<'a> {
    /// `pass`, `violation`, `undetermined` or `not-applicable`.
    verdict: &'static str,
    /// The kind, a word.
    kind: &'static str,
    /// One sentence.
    message: &'a str,
    /// Advice next to a pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'a str>,
}

/// A key version.
#[derive(Serialize, JsonSchema)]
struct VersionOut<'a> {
    /// Address or OCID.
    id: &'a str,
    /// When it was made, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_created: Option<String>,
    /// Whether it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_current: Option<bool>,
}

/// A rotation that Terraform repeats.
#[derive(Serialize, JsonSchema)]
struct ScheduleOut<'a> {
    /// The longest time between rotations, in days; absent where every run rotates.
    #[serde(skip_serializing_if = "Option::is_none")]
    period_days: Option<f64>,
    /// What drives it.
    driver: &'a str,
    /// `accumulating` or `replacing`.
    form: &'static str,
}

/// Times, RFC 3339.
#[derive(Serialize, JsonSchema)]
struct TimesOut {
    /// The key's creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    /// Creation of the version in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_version: Option<String>,
    /// The schedule's last rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_rotation: Option<String>,
    /// The schedule's next rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_rotation: Option<String>,
    /// How the last one ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_rotation_status: Option<String>,
    /// Planned deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion: Option<String>,
}

/// A finding.
#[derive(Serialize, JsonSchema)]
struct FindingOut<'a> {
    /// The rule's id.
    rule: &'static str,
    /// `error`, `warning` or `note`.
    level: &'static str,
    /// `violation`, `undetermined` or `advice`.
    verdict: &'static str,
    /// The kind, a word.
    kind: &'static str,
    /// One sentence.
    message: &'a str,
    /// Where.
    place: PlaceOut,
    /// The rest of the value's way, in the order in which it traveled.
    trail: Vec<StepOut>,
    /// Why it matters for this key.
    note: &'a str,
    /// What to write.
    help: &'a str,
    /// What is reported instead of some of the keys, where that differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    variants: Vec<VariantOut<'a>>,
    /// The keys' addresses.
    addresses: Vec<&'a str>,
    /// The keys, in the order of `addresses`, by what identifies them in `keys` of the report.
    keys: Vec<KeyRef<'a>>,
    /// The same edit has the same one from run to run; it holds no line number, no keys and no words.
    fingerprint: &'a str,
    /// The fingerprint of each key, in the order of `addresses`: what a baseline file holds.
    fingerprints: Vec<&'a str>,
}

/// What is reported of some of the keys of a finding.
#[derive(Serialize, JsonSchema)]
struct VariantOut<'a> {
    /// One sentence.
    message: &'a str,
    /// Why it matters for these keys.
    note: &'a str,
    /// What to write.
    help: &'a str,
    /// The keys.
    keys: Vec<KeyRef<'a>>,
}

/// What identifies a key.
#[derive(Serialize, JsonSchema)]
struct KeyRef<'a> {
    /// As the key's own.
    root: &'a str,
    /// As the key's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<&'a str>,
    /// As the key's own.
    address: &'a str,
}

/// An exempted finding.
#[derive(Serialize, JsonSchema)]
struct ExemptedOut<'a> {
    /// The finding.
    #[serde(flatten)]
    finding: FindingOut<'a>,
    /// `comment`, `config` or `baseline`.
    by: &'static str,
    /// The reason given.
    reason: &'a str,
    /// The last day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Where the exemption is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    exemption: Option<PlaceOut>,
}

/// Something about an exemption.
#[derive(Serialize, JsonSchema)]
struct NoticeOut<'a> {
    /// `unused-exemption`, `expired-exemption`, `old-baseline`.
    kind: &'static str,
    /// One sentence.
    message: &'a str,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceOut>,
}

/// A problem.
#[derive(Serialize, JsonSchema)]
struct ProblemOut<'a> {
    /// `unreadable`, `unparsable`, `refused`, `structure`, `partial`, `policy` or `service`.
    kind: &'static str,
    /// One sentence.
    message: &'a str,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceOut>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

/// A module call that was not followed.
#[derive(Serialize, JsonSchema)]
struct ModuleOut<'a> {
    /// The call's address.
    address: &'a str,
    /// The root module's directory.
    root: &'a str,
    /// The source as written.
    source: &'a str,
    /// Why it was not followed.
    why: &'a str,
    /// The call's header.
    place: PlaceOut,
}

/// A block that creates no key with these inputs.
#[derive(Serialize, JsonSchema)]
struct SwitchedOffOut<'a> {
    /// The block's address, without instance keys of its own.
    address: &'a str,
    /// The root module's directory.
    root: &'a str,
    /// The values files of this run, where they distinguish it from another.
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<&'a str>,
    /// Why, and what decides.
    why: &'a str,
    /// The block's header.
    place: PlaceOut,
}

/// Something that was seen and not read.
#[derive(Serialize, JsonSchema)]
struct NotReadOut<'a> {
    /// The path relative to the working directory.
    path: &'a str,
    /// `plan`, `state`, `values-file`, `terragrunt-unit` or `stack`.
    kind: &'static str,
    /// Why, and how to have it read.
    why: &'a str,
}

/// A config file.
#[derive(Serialize, JsonSchema)]
struct ConfigOut<'a> {
    /// Its path.
    path: &'a str,
    /// What it turns off, as clauses.
    turns_off: &'a [String],
}

/// A part of a tenancy that could not be read.
#[derive(Serialize, JsonSchema)]
struct NotAuditedOut<'a> {
    /// The OCID.
    ocid: &'a str,
    /// The region.
    region: &'a str,
    /// `compartment`, `vault` or `key`.
    what: &'static str,
    /// Why.
    why: &'a str,
}

/// A vault of a tenancy that holds HSM key versions.
#[derive(Serialize, JsonSchema)]
struct HsmVaultOut<'a> {
    /// The OCID.
    vault: &'a str,
    /// The region.
    region: &'a str,
    /// All HSM key versions in it, as the service counts them.
    hsm_key_versions: u64,
    /// Keys that OCI-KMS-004 reports as violations.
    reported_keys: usize,
    /// HSM key versions of these keys: what SOFTWARE keys in their place would save.
    reported_key_versions: usize,
    /// Present and true where `reported_key_versions` is a lower bound, because the versions of some of these keys were not read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    is_lower_bound: bool,
}

/// Totals.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Files looked at.
    files: usize,
    /// Keys checked.
    keys: usize,
    /// Findings: places that are reported, each for one or more keys.
    findings: usize,
    /// Keys with a violation, counted once for each rule.
    violations: usize,
    /// Keys with an undetermined verdict, counted once for each rule.
    undetermined: usize,
    /// Keys that pass, counted once for each rule.
    passes: usize,
    /// Keys that a rule does not apply to, counted once for each rule.
    not_applicable: usize,
    /// Exempted findings, counted by key.
    exempted: usize,
    /// Problems.
    problems: usize,
    /// Blocks that create no key with these inputs.
    switched_off: usize,
    /// What was seen and not read.
    not_read: usize,
    /// The exit code.
    exit_code: u8,
}

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let sources = context.sources;
    let totals = totals(outcome);
    let report = JsonReport {
        version: 1,
        kmslint: env!("CARGO_PKG_VERSION"),
        keys: Streamed { of: &outcome.keys, sources, make: key },
        findings: Streamed { of: &outcome.findings, sources, make: finding },
        exempted: Streamed { of: &outcome.exempted, sources, make: exempted },
        notices: Streamed {
            of: &outcome.notices,
            sources,
            make: |notice, sources| NoticeOut {
                kind: notice.kind,
                message: &notice.message,
                place: notice.place.as_ref().map(|at| place(at, sources)),
            },
        },
        problems: Streamed { of: &outcome.problems, sources, make: problem },
        modules_not_followed: Streamed {
            of: &outcome.modules_not_followed,
            sources,
            make: |module, sources| ModuleOut {
                address: &module.address,
                root: &module.root,
                source: &module.source,
                why: &module.why,
                place: place(&module.place, sources),
            },
        },
        switched_off: Streamed {
            of: &outcome.switched_off,
            sources,
            make: |block, sources| SwitchedOffOut {
                address: &block.address,
                root: &block.root,
                inputs: block.inputs.as_deref(),
                why: &block.why,
                place: place(&block.place, sources),
            },
        },
        not_read: Streamed {
            of: &outcome.not_read,
            sources,
            make: |one, _| NotReadOut { path: &one.path, kind: one.kind.word(), why: &one.why },
        },
        not_audited: Streamed {
            of: &outcome.not_audited,
            sources,
            make: |part, _| NotAuditedOut { ocid: &part.ocid, region: &part.region, what: part.what, why: &part.why },
        },
        hsm_vaults: hsm_vaults(outcome)
            .into_iter()
            .map(|one| HsmVaultOut {
                vault: one.vault,
                region: one.region,
                hsm_key_versions: one.total,
                reported_keys: one.keys,
                reported_key_versions: one.versions,
                is_lower_bound: one.is_at_least,
            })
            .collect(),
        config: outcome.config.as_ref().map(|config| ConfigOut { path: &config.path, turns_off: &config.turns_off }),
        summary: Summary {
            files: outcome.files,
            keys: outcome.keys.len(),
            findings: outcome.findings.len(),
            violations: outcome.instances("violation"),
            undetermined: outcome.instances("undetermined"),
            passes: totals.iter().map(|rule| rule.passes).sum(),
            not_applicable: totals.iter().map(|rule| rule.not_applicable).sum(),
            exempted: outcome.exempted.iter().map(|one| one.finding.instances.len()).sum(),
            problems: outcome.problems.len(),
            switched_off: outcome.switched_off.len(),
            not_read: outcome.not_read.len(),
            exit_code: context.exit_code,
        },
    };
    write_json(&report, out)
}

/// The JSON Schema (draft 2020-12) of the format, ending in a line feed.
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(JsonReport<'static>);
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

fn key<'a>(checked: &'a CheckedKey, sources: &'a Sources) -> KeyOut<'a> {
    let KeyFacts { id, planned_action, rotation, times, .. } = &*checked.facts;
    let facts = &*checked.facts;
    let time = |time: &Option<jiff::Timestamp>| time.map(|time| time.to_string());
    KeyOut {
        address: &id.address,
        root: &id.root,
        inputs: id.inputs.as_deref(),
        input: id.input.word(),
        place: place(&facts.place, sources),
        ocid: facts.ocid.as_deref(),
        fate: planned_action.word(),
        symbolic: facts.symbolic.as_ref().map(|symbolic| &*symbolic.why),
        protection_mode: word(&facts.protection_mode, |mode| mode.is_documented()),
        is_auto_rotation_enabled: plain(&rotation.enabled),
        rotation_interval_in_days: plain(&rotation.interval_days),
        time_of_schedule_start: word(&rotation.start, |_| false),
        vault_type: word(&facts.vault_type, |kind| kind.is_documented()),
        vault: facts.vault.as_deref(),
        lifecycle_state: word(&facts.lifecycle, |state| state.is_documented()),
        key_algorithm: word(&facts.shape.algorithm, |name| matches!(name.as_str(), "AES" | "RSA" | "ECDSA")),
        key_length: plain(&facts.shape.length),
        key_curve_id: word(&facts.shape.curve, |curve| matches!(curve.as_str(), "NIST_P256" | "NIST_P384" | "NIST_P521")),
        external_key_reference: word(&facts.external_key_reference, |_| false),
        display_name: word(&facts.display_name, |_| false),
        compartment_id: word(&facts.compartment, |_| false),
        freeform_tags: tags(&facts.freeform_tags, facts),
        defined_tags: tags(&facts.defined_tags, facts),
        key_versions: facts
            .versions
            .iter()
            .map(|version| VersionOut { id: &version.id, time_created: time(&version.time_created), is_current: version.is_current })
            .collect(),
        schedules: facts
            .schedules
            .iter()
            .map(|schedule| ScheduleOut {
                period_days: schedule.period_days,
                driver: &schedule.driver,
                form: match schedule.form {
                    ScheduleForm::Accumulating => "accumulating",
                    ScheduleForm::Replacing => "replacing",
                },
            })
            .collect(),
        certificate_authorities: facts.authorities.iter().map(|authority| authority.id.as_str()).collect(),
        ignore_changes: &facts.declared.ignore_changes,
        times: TimesOut {
            created: time(&times.created),
            current_version: time(&times.current_version),
            last_rotation: time(&times.last_rotation),
            next_rotation: time(&times.next_rotation),
            last_rotation_status: times.last_status.as_ref().map(ToString::to_string),
            deletion: time(&times.deletion),
        },
        verdicts: VerdictsOut(&checked.verdicts),
        exempted: checked.exempted,
    }
}

fn tags<'a>(tags: &'a BTreeMap<String, String>, facts: &KeyFacts) -> BTreeMap<&'a str, Option<&'a str>> {
    tags.iter().map(|(name, value)| (name.as_str(), (!facts.hidden_tags.contains(name)).then_some(value.as_str()))).collect()
}

fn verdict_out(verdict: &Verdict) -> VerdictOut<'_> {
    let advice = if let Verdict::Pass { advice: Some(advice), .. } = verdict { Some(advice.message.as_str()) } else { None };
    VerdictOut { verdict: verdict.word(), kind: verdict.kind().word(), message: verdict.message(), advice }
}

/// A fact whose value is a word; `shown` says whether a value that came out of a file may be seen.
fn word<T: ToString>(fact_in: &Fact<T>, shown: impl Fn(&T) -> bool) -> FactOut<String> {
    fact(fact_in, |value| shown(value), ToString::to_string)
}

/// A fact whose value is a number or a switch.
fn plain<T: Copy>(fact_in: &Fact<T>) -> FactOut<T> {
    fact(fact_in, |_| true, |value| *value)
}

/// A fact; `show` gives the value as it is written.
fn fact<T, U>(fact: &Fact<T>, is_harmless: impl Fn(&T) -> bool, show: impl Fn(&T) -> U) -> FactOut<U> {
    let show = |value: &T| fact.shows(is_harmless(value)).then(|| show(value));
    match &fact.claim {
        Claim::Known(value) => FactOut::Known { value: show(value), sensitive: fact.sensitive },
        Claim::Unset => FactOut::Unset,
        Claim::Unknown(unknown) => FactOut::Unknown {
            why: unknown.why.to_string(),
            possible: match &unknown.bounds {
                Bounds::OneOf(cases) if !fact.sensitive => {
                    cases.iter().map(|case| CaseOut { value: case.value.as_ref().and_then(&show), when: case.when.clone() }).collect()
                }
                _ => Vec::new(),
            },
        },
    }
}

fn finding<'a>(finding: &'a Finding, sources: &'a Sources) -> FindingOut<'a> {
    FindingOut {
        rule: finding.rule,
        level: finding.level.word(),
        verdict: finding.verdict,
        kind: finding.kind.word(),
        message: &finding.message,
        place: place(&finding.place, sources),
        trail: finding.trail.iter().map(|one| step(one, sources)).collect(),
        note: &finding.note,
        help: &finding.help,
        variants: finding
            .variants
            .iter()
            .zip(1..)
            .map(|(Wording { message, note, help }, wording)| VariantOut {
                message,
                note,
                help,
                keys: finding.instances.iter().filter(|instance| instance.wording == wording).map(key_ref).collect(),
            })
            .collect(),
        addresses: finding.instances.iter().map(|instance| instance.key.address.as_str()).collect(),
        keys: finding.instances.iter().map(key_ref).collect(),
        fingerprint: &finding.fingerprint,
        fingerprints: finding.instances.iter().map(|instance| instance.fingerprints.current.as_str()).collect(),
    }
}

fn key_ref(FindingInstance { key, .. }: &FindingInstance) -> KeyRef<'_> {
    KeyRef { root: &key.root, inputs: key.inputs.as_deref(), address: &key.address }
}

fn exempted<'a>(one: &'a Exempted, sources: &'a Sources) -> ExemptedOut<'a> {
    ExemptedOut {
        finding: finding(&one.finding, sources),
        by: one.by.word(),
        reason: &one.reason,
        until: one.until.map(|day| day.to_string()),
        exemption: one.place.as_ref().map(|at| place(at, sources)),
    }
}

fn problem<'a>(problem: &'a Problem, sources: &'a Sources) -> ProblemOut<'a> {
    ProblemOut {
        kind: problem.kind.word(),
        message: &problem.message,
        place: problem.place.as_ref().map(|at| place(at, sources)),
        help: problem.help.as_deref(),
    }
}

fn step(step: &Step, sources: &Sources) -> StepOut {
    StepOut { place: place(&step.place, sources), label: step.label().into_owned() }
}

fn place(at: &Place, sources: &Sources) -> PlaceOut {
    if let Place::Cloud(at) = at {
        return PlaceOut { ocid: Some(at.ocid.to_string()), region: Some(at.region.to_string()), ..PlaceOut::default() };
    }
    let location = location::locate(at, sources, Columns::Characters);
    let (start, end) = location.range.unzip();
    PlaceOut {
        path: Some(location.path),
        line: start.map(|at| at.line),
        column: start.map(|at| at.column),
        end_line: end.map(|at| at.line),
        end_column: end.map(|at| at.column),
        pointer: location.pointer,
        ..PlaceOut::default()
    }
}
