//! kmslint's own JSON, version 1: converts an outcome to the types in `shape`.

mod shape;

use self::shape::{
    CaseOut, ConfigOut, ExemptedOut, FactOut, FindingOut, HsmVaultOut, JsonReport, KeyOut, KeyRef, ModuleOut, NotAuditedOut, NotReadOut,
    NoticeOut, PlaceOut, ProblemOut, ScheduleOut, StepOut, Streamed, Summary, SwitchedOffOut, TimesOut, VariantOut, VerdictOut,
    VerdictsOut, VersionOut,
};
use super::context::ReportContext;
use super::lines::write_json;
use super::location::{self, Columns};
use super::totals::totals;
use super::vaults::hsm_vaults;
use crate::base::{Bounds, Claim, Fact, Place, Problem, Sources, Step};
use crate::key::{KeyFacts, ScheduleForm};
use crate::policy::{CheckedKey, Exempted, Outcome};
use crate::rules::{Finding, FindingInstance, Verdict, Wording};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::io::{self, Write};

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
        // Version 1 of the format has this name, so it cannot change.
        fate: planned_action.word(),
        symbolic: facts.symbolic.as_ref().map(|symbolic| &*symbolic.why),
        protection_mode: text_fact(&facts.protection_mode, |mode| mode.is_documented()),
        is_auto_rotation_enabled: scalar_fact(&rotation.enabled),
        rotation_interval_in_days: scalar_fact(&rotation.interval_days),
        time_of_schedule_start: text_fact(&rotation.start, |_| false),
        vault_type: text_fact(&facts.vault_type, |kind| kind.is_documented()),
        vault: facts.vault.as_deref(),
        lifecycle_state: text_fact(&facts.lifecycle, |state| state.is_documented()),
        key_algorithm: text_fact(&facts.shape.algorithm, |name| matches!(name.as_str(), "AES" | "RSA" | "ECDSA")),
        key_length: scalar_fact(&facts.shape.length),
        key_curve_id: text_fact(&facts.shape.curve, |curve| matches!(curve.as_str(), "NIST_P256" | "NIST_P384" | "NIST_P521")),
        external_key_reference: text_fact(&facts.external_key_reference, |_| false),
        display_name: text_fact(&facts.display_name, |_| false),
        compartment_id: text_fact(&facts.compartment, |_| false),
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

impl Serialize for VerdictsOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(rule, verdict)| (rule.id, verdict_out(verdict))))
    }
}

fn verdict_out(verdict: &Verdict) -> VerdictOut<'_> {
    let advice = if let Verdict::Pass { advice: Some(advice), .. } = verdict { Some(advice.message.as_str()) } else { None };
    VerdictOut { verdict: verdict.word(), kind: verdict.kind().word(), message: verdict.message(), advice }
}

/// A fact as text. `is_harmless`: whether a value that comes from a file may be shown.
fn text_fact<T: ToString>(fact_in: &Fact<T>, is_harmless: impl Fn(&T) -> bool) -> FactOut<String> {
    fact(fact_in, |value| is_harmless(value), ToString::to_string)
}

/// A fact that is a number or a boolean.
fn scalar_fact<T: Copy>(fact_in: &Fact<T>) -> FactOut<T> {
    fact(fact_in, |_| true, |value| *value)
}

/// A fact. `show` converts a value to that of the format.
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
