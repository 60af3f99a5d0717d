//! Compares two JSON reports: which findings are new, fixed or unchanged.
//!
//! Findings are compared key by key, as in a baseline: another key at a known place is new.

use super::lines::write_json;
use super::text::{clean, count};
use crate::base::brief;
use crate::rules;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Write};

/// The supported version of the JSON report.
const VERSION: u64 = 1;

/// Why a file cannot be compared; a clause without its name.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// It is another kind of text, or truncated.
    #[error("it is not a JSON report of kmslint ({}); create one with `--format json=FILE`", brief(.0.to_string()))]
    NotReport(#[from] serde_json::Error),
    /// Keys and fingerprints of a finding cannot be paired.
    #[error(
        "it is not a JSON report of kmslint: a finding has {keys} keys and {fingerprints} fingerprints; create one with `--format json=FILE`"
    )]
    Fingerprints {
        /// How many keys the finding has.
        keys: usize,
        /// How many fingerprints it has.
        fingerprints: usize,
    },
    /// It has a version that this kmslint does not support.
    #[error("it is a JSON report of version {0}, and this kmslint reads version {VERSION}; create both with the same kmslint")]
    OtherVersion(u64),
}

/// The part of a JSON report that a comparison needs.
#[derive(Deserialize)]
pub struct SavedReport {
    version: u64,
    // Not used, but required: it distinguishes a report from other JSON.
    #[serde(rename = "kmslint")]
    _kmslint: String,
    keys: Vec<ReportedKey>,
    findings: Vec<SavedFinding>,
    exempted: Vec<SavedFinding>,
    problems: Vec<SavedProblem>,
    #[serde(default)]
    not_audited: Vec<SavedGap>,
}

#[derive(Deserialize)]
struct ReportedKey {
    root: String,
    #[serde(default)]
    inputs: Option<String>,
    address: String,
    verdicts: HashMap<String, SavedVerdict>,
}

#[derive(Deserialize)]
struct SavedVerdict {
    verdict: String,
}

/// The identity of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct SavedKeyRef {
    root: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inputs: Option<String>,
    address: String,
}

/// A finding. Its texts are truncated, because they are repeated for each of its keys and the report may be untrusted.
#[derive(Deserialize)]
struct SavedFinding {
    #[serde(deserialize_with = "brief_text")]
    rule: String,
    #[serde(deserialize_with = "brief_text")]
    level: String,
    #[serde(deserialize_with = "brief_text")]
    verdict: String,
    #[serde(deserialize_with = "brief_text")]
    kind: String,
    #[serde(deserialize_with = "brief_text")]
    message: String,
    place: SavedPlace,
    #[serde(default)]
    variants: Vec<SavedVariant>,
    keys: Vec<SavedKeyRef>,
    fingerprint: String,
    fingerprints: Vec<String>,
}

#[derive(Deserialize)]
struct SavedVariant {
    #[serde(deserialize_with = "brief_text")]
    message: String,
    keys: Vec<SavedKeyRef>,
}

#[derive(Deserialize)]
struct SavedProblem {
    message: String,
    #[serde(default)]
    place: Option<SavedPlace>,
}

#[derive(Deserialize)]
struct SavedGap {
    ocid: String,
    region: String,
    what: String,
    why: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct SavedPlace {
    #[serde(default, deserialize_with = "brief_text_if_any", skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<u64>,
    #[serde(default, deserialize_with = "brief_text_if_any", skip_serializing_if = "Option::is_none")]
    ocid: Option<String>,
}

fn brief_text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(brief)
}

fn brief_text_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(from).map(|text| text.map(brief))
}

impl SavedPlace {
    /// `path:line:column`, or as much of it as is known.
    fn shown(&self) -> String {
        let path = self.path.as_deref().or(self.ocid.as_deref()).unwrap_or_default();
        let numbers = [self.line, self.column].into_iter().flatten().map(|number| format!(":{number}")).collect::<String>();
        format!("{}{numbers}", clean(path))
    }
}

impl SavedReport {
    /// Reads a report.
    ///
    /// # Errors
    /// It is not a report, or has another version.
    pub fn read(input: impl Read) -> Result<Self, CompareError> {
        let report: Self = serde_json::from_reader(io::BufReader::with_capacity(64 << 10, input))?;
        if report.version != VERSION {
            return Err(CompareError::OtherVersion(report.version));
        }
        // Keys and fingerprints are paired by position: the rest of a longer list would be lost silently.
        let is_incomplete = |finding: &&SavedFinding| !finding.keys.is_empty() && finding.keys.len() != finding.fingerprints.len();
        match report.findings.iter().chain(&report.exempted).find(is_incomplete) {
            Some(finding) => Err(CompareError::Fingerprints { keys: finding.keys.len(), fingerprints: finding.fingerprints.len() }),
            None => Ok(report),
        }
    }
}

/// A finding of one key.
#[derive(Clone, Serialize)]
struct KeyFinding<'a> {
    rule: &'a str,
    level: &'a str,
    verdict: &'a str,
    kind: &'a str,
    message: &'a str,
    place: &'a SavedPlace,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a SavedKeyRef>,
    fingerprint: &'a str,
}

/// The identity of a key: root, values file, address.
type KeyName<'a> = (&'a str, Option<&'a str>, &'a str);

/// The verdicts on the keys of a report.
type Verdicts<'a> = HashMap<KeyName<'a>, &'a HashMap<String, SavedVerdict>>;

/// A rule and a key.
type RuleAndKey<'a> = (&'a str, &'a SavedKeyRef);

impl<'a> KeyFinding<'a> {
    /// The findings of a report, key by key.
    fn all(findings: &'a [SavedFinding]) -> Vec<Self> {
        findings.iter().flat_map(Self::of).collect()
    }

    fn of(finding: &'a SavedFinding) -> Vec<Self> {
        let others: HashMap<&SavedKeyRef, &str> =
            finding.variants.iter().flat_map(|variant| variant.keys.iter().map(|key| (key, variant.message.as_str()))).collect();
        let entry = |key: Option<&'a SavedKeyRef>, fingerprint| KeyFinding {
            rule: &finding.rule,
            level: &finding.level,
            verdict: &finding.verdict,
            kind: &finding.kind,
            message: key.and_then(|key| others.get(key).copied()).unwrap_or(&finding.message),
            place: &finding.place,
            key,
            fingerprint,
        };
        if finding.keys.is_empty() {
            return vec![entry(None, &finding.fingerprint)];
        }
        finding.keys.iter().zip(&finding.fingerprints).map(|(key, fingerprint)| entry(Some(key), fingerprint.as_str())).collect()
    }

    fn subject(&self) -> Option<RuleAndKey<'a>> {
        Some((self.rule, self.key?))
    }

    /// Advice never fails a run.
    fn is_advice(&self) -> bool {
        self.verdict == "advice"
    }
}

/// The differences between the findings of two reports.
#[derive(Serialize)]
pub struct Comparison<'a> {
    version: u64,
    kmslint: &'static str,
    /// Findings that only the new report has.
    new: Vec<KeyFinding<'a>>,
    /// Findings of the old report with keys that pass now.
    fixed: Vec<KeyFinding<'a>>,
    /// Findings of both reports, as in the new one.
    unchanged: Vec<KeyFinding<'a>>,
    /// Findings of the old report that the new one exempts.
    exempted: Vec<KeyFinding<'a>>,
    /// Findings of the old report with a key, or a rule on that key, that the new report does not have.
    gone: Vec<KeyFinding<'a>>,
    /// Why the new report is incomplete.
    problems: Vec<ProblemEntry<'a>>,
}

#[derive(Serialize)]
struct ProblemEntry<'a> {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a SavedPlace>,
}

/// Compares two reports.
#[must_use]
pub fn compare<'a>(old: &'a SavedReport, new: &'a SavedReport) -> Comparison<'a> {
    let (before, after, accepted) = (KeyFinding::all(&old.findings), KeyFinding::all(&new.findings), KeyFinding::all(&new.exempted));
    let fingerprints = |entries: &[KeyFinding<'a>]| entries.iter().map(|entry| entry.fingerprint).collect::<HashSet<_>>();
    let (known, present, accepted) = (fingerprints(&before), fingerprints(&after), fingerprints(&accepted));
    // A finding has another fingerprint if its kind or place changed: rule and key show that it is the same finding.
    let by_subject = |entries: &[KeyFinding<'a>]| {
        let reported = entries.iter().filter(|entry| !entry.is_advice()).filter_map(|entry| Some((entry.subject()?, entry.verdict)));
        reported.collect::<HashMap<_, _>>()
    };
    let (old_subjects, new_subjects) = (by_subject(&before), by_subject(&after));
    let verdicts: Verdicts<'_> =
        new.keys.iter().map(|key| ((key.root.as_str(), key.inputs.as_deref(), key.address.as_str()), &key.verdicts)).collect();

    let mut comparison = Comparison {
        version: VERSION,
        kmslint: env!("CARGO_PKG_VERSION"),
        new: Vec::new(),
        fixed: Vec::new(),
        unchanged: Vec::new(),
        exempted: Vec::new(),
        gone: Vec::new(),
        problems: problems(new),
    };
    for entry in after {
        let old_verdict = || entry.subject().and_then(|subject| old_subjects.get(&subject).copied()).filter(|_| !entry.is_advice());
        // A violation that was undetermined before is new.
        let is_known = known.contains(entry.fingerprint) || old_verdict().is_some_and(|old| old == entry.verdict || old == "violation");
        if is_known { comparison.unchanged.push(entry) } else { comparison.new.push(entry) }
    }
    for entry in before {
        let is_still_reported = !entry.is_advice() && entry.subject().is_some_and(|subject| new_subjects.contains_key(&subject));
        if present.contains(entry.fingerprint) || is_still_reported {
            continue;
        }
        let list = if accepted.contains(entry.fingerprint) {
            &mut comparison.exempted
        } else if is_checked(&entry, &verdicts) {
            &mut comparison.fixed
        } else {
            &mut comparison.gone
        };
        list.push(entry);
    }
    comparison
}

/// Whether the new report checked the subject of an old finding, so that the finding is fixed if it is absent.
fn is_checked(entry: &KeyFinding<'_>, verdicts: &Verdicts<'_>) -> bool {
    let Some(key) = entry.key else { return true };
    // Drift and module calls do not have verdicts.
    if rules::by_id(entry.rule).is_none() {
        return true;
    }
    // Without a verdict, the rule is off or the key is not in the input: that does not show that it was fixed.
    let verdict = || verdicts.get(&(key.root.as_str(), key.inputs.as_deref(), key.address.as_str()))?.get(entry.rule);
    verdict().is_some_and(|one| entry.is_advice() || ["pass", "not-applicable"].contains(&one.verdict.as_str()))
}

fn problems(report: &SavedReport) -> Vec<ProblemEntry<'_>> {
    let problems = report.problems.iter().map(|problem| ProblemEntry { message: problem.message.clone(), place: problem.place.as_ref() });
    let gaps = report.not_audited.iter().map(|gap| ProblemEntry {
        message: format!("{} {} in {} was not audited: {}", gap.what, gap.ocid, gap.region, gap.why),
        place: None,
    });
    problems.chain(gaps).collect()
}

impl Comparison<'_> {
    /// Whether the new report has a finding that the old one does not have. Advice does not count.
    #[must_use]
    pub fn has_new(&self) -> bool {
        self.new.iter().any(|entry| !entry.is_advice())
    }

    /// Whether the new report is incomplete, so that missing findings may only not have been detected.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Writes the comparison as JSON.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(self, out)
    }

    /// Writes the comparison for people. Unchanged findings are only counted.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn write_human(&self, out: &mut dyn Write) -> io::Result<()> {
        for problem in &self.problems {
            let at = problem.place.map_or_else(String::new, |place| format!("{}: ", place.shown()));
            writeln!(out, "not checked: {at}{}", clean(&problem.message))?;
        }
        let lists = [("new", &self.new), ("fixed", &self.fixed), ("exempted", &self.exempted), ("gone", &self.gone)];
        for (word, entries) in lists {
            for entry in entries {
                let key = entry.key.map_or_else(String::new, |key| format!(" {}", clean(&label(key))));
                let (at, message) = (entry.place.shown(), clean(entry.message));
                writeln!(out, "{word}: {at}: {} {}{key}: {message}", clean(entry.level), clean(entry.rule))?;
            }
        }
        let gone = if self.gone.is_empty() {
            String::new()
        } else {
            format!(", {} with a key or rule that is no longer checked", self.gone.len())
        };
        let exempted = if self.exempted.is_empty() { String::new() } else { format!(", {} exempted", self.exempted.len()) };
        let problems = if self.problems.is_empty() {
            String::new()
        } else {
            format!("; {} in the new report", count(self.problems.len(), "problem", "problems"))
        };
        let (new, fixed, unchanged) = (count(self.new.len(), "new finding", "new findings"), self.fixed.len(), self.unchanged.len());
        writeln!(out, "{new}, {fixed} fixed, {unchanged} unchanged{exempted}{gone}{problems}")
    }
}

/// A key's label, as reports show it.
fn label(key: &SavedKeyRef) -> String {
    let inputs = key.inputs.as_ref().map_or_else(String::new, |inputs| format!(" ({inputs})"));
    let root = if key.root == "." || key.address.starts_with("ocid1.") { String::new() } else { format!("{}: ", key.root) };
    format!("{root}{}{inputs}", key.address)
}
