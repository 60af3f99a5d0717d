//! The baseline file: fingerprints of the findings that existed when kmslint was introduced.

use super::outcome::{ExemptedBy, Outcome};
use crate::base::{Place, Problem, ProblemKind, disk};
use crate::key::InputKind;
use crate::rules::{Finding, FindingInstance, Paths};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// The format version that this kmslint writes.
const VERSION: u64 = 2;
/// The format version of kmslint 0.1.0, whose fingerprints include the path of the place of use.
const OLD_VERSION: u64 = 1;
/// The size limit for a baseline, in bytes.
const CAP: u64 = 64 << 20;

/// The accepted findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The file's path as shown.
    pub path: String,
    version: u64,
    fingerprints: HashSet<String>,
}

/// The file as read.
#[derive(Deserialize)]
struct BaselineFile {
    version: u64,
    findings: Vec<BaselineEntry>,
}

#[derive(Deserialize)]
struct BaselineEntry {
    fingerprint: String,
}

/// The file as written. Everything but the fingerprints is for people.
#[derive(Serialize)]
struct WrittenBaseline {
    version: u64,
    findings: BTreeSet<WrittenEntry>,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct WrittenEntry {
    root: String,
    address: String,
    rule: String,
    kind: String,
    fingerprint: String,
}

/// Reads the baseline file at `path`; messages show the path as `shown`.
///
/// # Errors
/// A problem if the file cannot be read or is not a baseline.
pub fn read(path: &Path, shown: &Path) -> Result<Baseline, Box<Problem>> {
    let shown = shown.to_string_lossy();
    let text = disk::read_stream(path, CAP).and_then(disk::text).map_err(|error| {
        let problem = Problem::new(ProblemKind::Policy, format!("cannot read the baseline: {error}"));
        Box::new(problem.at(Place::File(shown.as_ref().into())).help("create one with `--write-baseline FILE`"))
    })?;
    parse(&shown, &text)
}

/// Parses the text of a baseline file; messages show its path as `path`.
///
/// # Errors
/// A problem if it is not a baseline.
pub fn parse(path: &str, text: &str) -> Result<Baseline, Box<Problem>> {
    let invalid = |message: String| {
        let problem = Problem::new(ProblemKind::Policy, message).at(Place::File(path.into()));
        Box::new(problem.help("create a new one with `--write-baseline FILE`"))
    };
    let document: BaselineFile = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| invalid(format!("the file is not a kmslint baseline: {error}")))?;
    if ![OLD_VERSION, VERSION].contains(&document.version) {
        let known = format!("this kmslint reads the versions {OLD_VERSION} and {VERSION}");
        return Err(invalid(format!("the baseline has version {}, and {known}", document.version)));
    }
    let fingerprints = document.findings.into_iter().map(|entry| entry.fingerprint).collect();
    Ok(Baseline { path: path.to_owned(), version: document.version, fingerprints })
}

/// The text of a new baseline, sorted and with a final newline, and the number of its entries. It accepts the reported findings, and those
/// that an earlier baseline accepted and that still exist.
#[must_use]
pub fn write(outcome: &Outcome, paths: &Paths<'_>) -> (String, usize) {
    let accepted = outcome.exempted.iter().filter(|exempted| exempted.by == ExemptedBy::Baseline).map(|exempted| &exempted.finding);
    let findings: BTreeSet<WrittenEntry> = outcome
        .findings
        .iter()
        .filter(|finding| finding.verdict != "advice")
        .chain(accepted)
        .flat_map(|finding| finding.instances.iter().map(|instance| entry(finding, instance, paths)))
        .collect();
    let count = findings.len();
    let mut text = serde_json::to_string_pretty(&WrittenBaseline { version: VERSION, findings }).unwrap_or_default();
    text.push('\n');
    (text, count)
}

fn entry(finding: &Finding, instance: &FindingInstance, paths: &Paths<'_>) -> WrittenEntry {
    let root = &instance.key.root;
    WrittenEntry {
        // The root of a live key is its region, which is not a path.
        root: if instance.key.input == InputKind::Live { root.to_string() } else { (paths.root)(root) },
        address: instance.key.labeled_address().into_owned(),
        rule: finding.rule.to_owned(),
        kind: finding.kind.word().to_owned(),
        fingerprint: instance.fingerprints.current.as_str().to_owned(),
    }
}

impl Baseline {
    /// Whether kmslint 0.1.0 wrote it.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.version == OLD_VERSION
    }

    /// The fingerprint of an instance in this baseline's version.
    #[must_use]
    pub fn fingerprint_of<'a>(&self, instance: &'a FindingInstance) -> &'a str {
        if self.is_old() { instance.fingerprints.earlier.as_str() } else { instance.fingerprints.current.as_str() }
    }

    /// Whether the baseline accepts an instance of a finding.
    #[must_use]
    pub fn accepts(&self, instance: &FindingInstance) -> bool {
        self.fingerprints.contains(self.fingerprint_of(instance))
    }

    /// How many entries match none of these fingerprints.
    #[must_use]
    pub fn stale_entries(&self, seen: &HashSet<&str>) -> usize {
        self.fingerprints.iter().filter(|known| !seen.contains(known.as_str())).count()
    }
}
