//! The baseline file: fingerprints of findings that were there when kmslint was introduced.

use super::outcome::{ExemptedBy, Outcome};
use crate::base::{Place, Problem, ProblemKind, disk};
use crate::key::InputKind;
use crate::rules::{Finding, FindingInstance, Paths};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// The version of the format that is written.
const VERSION: u64 = 2;
/// The version that kmslint 0.1.0 wrote: its fingerprints are made of the path of the place of use, too.
const OLD: u64 = 1;
/// The largest baseline that is read, in bytes.
const CAP: u64 = 64 << 20;

/// The accepted findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The file's path as it is shown.
    pub path: String,
    version: u64,
    fingerprints: HashSet<String>,
}

/// The file, as it is read.
#[derive(Deserialize)]
struct BaselineFile {
    version: u64,
    findings: Vec<BaselineEntry>,
}

#[derive(Deserialize)]
struct BaselineEntry {
    fingerprint: String,
}

/// The file, as it is written. Everything but the fingerprints is for people.
#[derive(Serialize)]
struct WrittenBaseline {
    version: u64,
    findings: BTreeSet<Accepted>,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Accepted {
    root: String,
    address: String,
    rule: String,
    kind: String,
    fingerprint: String,
}

/// Reads the baseline file at `path`, which is shown as `shown`.
///
/// # Errors
/// A problem, where the file cannot be read or is not a baseline.
pub fn read(path: &Path, shown: &Path) -> Result<Baseline, Box<Problem>> {
    let shown = shown.to_string_lossy();
    let text = disk::read_stream(path, CAP).and_then(disk::text).map_err(|error| {
        let problem = Problem::new(ProblemKind::Policy, format!("cannot read the baseline: {error}"));
        Box::new(problem.at(Place::File(shown.as_ref().into())).help("create one with `--write-baseline FILE`"))
    })?;
    parse(&shown, &text)
}

/// Reads the text of a baseline file, which is shown as `path`.
///
/// # Errors
/// A problem, where it is not a baseline.
pub fn parse(path: &str, text: &str) -> Result<Baseline, Box<Problem>> {
    let wrong = |message: String| {
        let problem = Problem::new(ProblemKind::Policy, message).at(Place::File(path.into()));
        Box::new(problem.help("create a new one with `--write-baseline FILE`"))
    };
    let document: BaselineFile = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| wrong(format!("the file is not a kmslint baseline: {error}")))?;
    if ![OLD, VERSION].contains(&document.version) {
        let known = format!("this kmslint reads the versions {OLD} and {VERSION}");
        return Err(wrong(format!("the baseline has version {}, and {known}", document.version)));
    }
    let fingerprints = document.findings.into_iter().map(|accepted| accepted.fingerprint).collect();
    Ok(Baseline { path: path.to_owned(), version: document.version, fingerprints })
}

/// The baseline of an outcome: what is reported, and what an earlier baseline accepted and is still there. Sorted, with a line end. And how
/// many findings it holds.
#[must_use]
pub fn write(outcome: &Outcome, paths: &Paths<'_>) -> (String, usize) {
    let accepted = outcome.exempted.iter().filter(|exempted| exempted.by == ExemptedBy::Baseline).map(|exempted| &exempted.finding);
    let findings: BTreeSet<Accepted> = outcome
        .findings
        .iter()
        .filter(|finding| finding.verdict != "advice")
        .chain(accepted)
        .flat_map(|finding| finding.instances.iter().map(|instance| of(finding, instance, paths)))
        .collect();
    let count = findings.len();
    let mut text = serde_json::to_string_pretty(&WrittenBaseline { version: VERSION, findings }).unwrap_or_default();
    text.push('\n');
    (text, count)
}

fn of(finding: &Finding, instance: &FindingInstance, paths: &Paths<'_>) -> Accepted {
    let root = &instance.key.root;
    Accepted {
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
        self.version == OLD
    }

    /// The fingerprint by which it would know an instance of a finding.
    #[must_use]
    pub fn known_as<'a>(&self, instance: &'a FindingInstance) -> &'a str {
        if self.is_old() { instance.fingerprints.earlier.as_str() } else { instance.fingerprints.current.as_str() }
    }

    /// Whether an instance of a finding is accepted.
    #[must_use]
    pub fn holds(&self, instance: &FindingInstance) -> bool {
        self.fingerprints.contains(self.known_as(instance))
    }

    /// How many entries none of these fingerprints is.
    #[must_use]
    pub fn unused(&self, seen: &HashSet<&str>) -> usize {
        self.fingerprints.iter().filter(|known| !seen.contains(known.as_str())).count()
    }
}
