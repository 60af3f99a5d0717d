//! Two JSON reports compared: which findings are new, which are fixed, which are still there.
//!
//! What is compared is a finding of one key, as in a baseline: another key at an accepted place is new.

use super::lines::write_json;
use super::text::{clean, count};
use crate::base::brief;
use crate::rules;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Write};

/// The version of the JSON report that is read.
const VERSION: u64 = 1;

/// Why a file is not a report that can be compared; a clause without its name.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// Another kind of text, or cut off.
    #[error("it is not a JSON report of kmslint ({}); create one with `--format json=FILE`", brief(.0.to_string()))]
    NotReport(#[from] serde_json::Error),
    /// Findings whose keys have no fingerprints: they cannot be told from others.
    #[error(
        "it is not a JSON report of kmslint: a finding has {keys} keys and {fingerprints} fingerprints; create one with `--format json=FILE`"
    )]
    Fingerprints {
        /// How many keys the finding has.
        keys: usize,
        /// How many fingerprints.
        fingerprints: usize,
    },
    /// A report of a version that this kmslint does not know.
    #[error("it is a JSON report of version {0}, and this kmslint reads version {VERSION}; create both with the same kmslint")]
    OtherVersion(u64),
}

/// As much of a JSON report as a comparison needs.
#[derive(Deserialize)]
pub struct SavedReport {
    version: u64,
    // The rest of what tells a report from any other JSON.
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

/// What identifies a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct SavedKeyRef {
    root: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inputs: Option<String>,
    address: String,
}

/// What the keys of a finding share is repeated for each of them, so it is short: a report may be a stranger's.
#[derive(Deserialize)]
struct SavedFinding {
    #[serde(deserialize_with = "short")]
    rule: String,
    #[serde(deserialize_with = "short")]
    level: String,
    #[serde(deserialize_with = "short")]
    verdict: String,
    #[serde(deserialize_with = "short")]
    kind: String,
    #[serde(deserialize_with = "short")]
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
    #[serde(deserialize_with = "short")]
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
    #[serde(default, deserialize_with = "short_if_any", skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<u64>,
    #[serde(default, deserialize_with = "short_if_any", skip_serializing_if = "Option::is_none")]
    ocid: Option<String>,
}

fn short<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(brief)
}

fn short_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
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
    /// It is something else, or of another version.
    pub fn read(input: impl Read) -> Result<Self, CompareError> {
        let report: Self = serde_json::from_reader(io::BufReader::with_capacity(64 << 10, input))?;
        if report.version != VERSION {
            return Err(CompareError::OtherVersion(report.version));
        }
        // Keys and fingerprints are paired by position: the rest of the longer list would be lost without a word.
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

/// What identifies a key: root, values file, address.
type KeyName<'a> = (&'a str, Option<&'a str>, &'a str);

/// The verdicts on the keys of a report.
type Verdicts<'a> = HashMap<KeyName<'a>, &'a HashMap<String, SavedVerdict>>;

/// A rule and the key that it speaks about.
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

/// What became of the findings of one report in another.
#[derive(Serialize)]
pub struct Comparison<'a> {
    version: u64,
    kmslint: &'static str,
    /// Findings that the old report does not have.
    new: Vec<KeyFinding<'a>>,
    /// Findings of the old report whose keys pass now.
    fixed: Vec<KeyFinding<'a>>,
    /// Findings of both; as the new report has them.
    unchanged: Vec<KeyFinding<'a>>,
    /// Findings of the old report that the new one exempts.
    exempted: Vec<KeyFinding<'a>>,
    /// Findings of the old report whose key, or whose rule on it, is not in the new one.
    gone: Vec<KeyFinding<'a>>,
    /// What kept the new report from being complete.
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
    // A finding whose kind or place changed has another fingerprint and is the same demand on the same key.
    let demands = |entries: &[KeyFinding<'a>]| {
        let demands = entries.iter().filter(|entry| !entry.is_advice()).filter_map(|entry| Some((entry.subject()?, entry.verdict)));
        demands.collect::<HashMap<_, _>>()
    };
    let (demanded, demands) = (demands(&before), demands(&after));
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
        let was_demanded = || entry.subject().and_then(|subject| demanded.get(&subject).copied()).filter(|_| !entry.is_advice());
        // What was unknown and is a violation now is new.
        let is_known = known.contains(entry.fingerprint) || was_demanded().is_some_and(|was| was == entry.verdict || was == "violation");
        if is_known { comparison.unchanged.push(entry) } else { comparison.new.push(entry) }
    }
    for entry in before {
        let is_demanded = !entry.is_advice() && entry.subject().is_some_and(|subject| demands.contains_key(&subject));
        if present.contains(entry.fingerprint) || is_demanded {
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

/// Whether the new report speaks about what a finding was about: then its absence means that it is fixed.
fn is_checked(entry: &KeyFinding<'_>, verdicts: &Verdicts<'_>) -> bool {
    let Some(key) = entry.key else { return true };
    // Drift and module calls have no verdicts.
    if rules::by_id(entry.rule).is_none() {
        return true;
    }
    // A rule that is off, or a key that is in no input now, has no verdict: nothing shows that it was fixed.
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

    /// Whether the new report is not complete: then what it lacks may only not have been seen.
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

    /// Writes the comparison for people: what is unchanged is only counted.
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
                let key = entry.key.map_or_else(String::new, |key| format!(" {}", clean(&named(key))));
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

/// A key as reports show it.
fn named(key: &SavedKeyRef) -> String {
    let inputs = key.inputs.as_ref().map_or_else(String::new, |inputs| format!(" ({inputs})"));
    let root = if key.root == "." || key.address.starts_with("ocid1.") { String::new() } else { format!("{}: ", key.root) };
    format!("{root}{}{inputs}", key.address)
}
