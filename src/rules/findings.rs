//! Verdicts → findings: instances that say the same at one place are one finding; fingerprints hold across edits.

use super::finding::{Finding, FindingInstance};
use super::verdict::{Report, Verdict};
use super::{Level, Rule};
use crate::base::{Place, Step};
use crate::key::{KeyFacts, KeyId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How places and roots are named in the repository: relative to its root, with forward slashes. The caller knows the disk.
pub struct Paths<'a> {
    /// The repository path of the file a place is in; the OCID for a place in the service.
    pub place: &'a dyn Fn(&Place) -> String,
    /// The repository path of a root: of a root module's folder, a plan or a state.
    pub root: &'a dyn Fn(&str) -> String,
}

impl std::fmt::Debug for Paths<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Paths")
    }
}

/// A verdict on a key, and how loud it is.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The key.
    pub facts: &'a KeyFacts,
    /// The rule.
    pub rule: &'static Rule,
    /// What it says.
    pub verdict: &'a Verdict,
    /// The level of a violation.
    pub level: Level,
    /// The level of an undetermined verdict.
    pub undetermined: Level,
}

/// What there is to report, sorted by place. What has the level `off` is left out.
#[must_use]
pub fn findings<'a>(judged: impl IntoIterator<Item = Judged<'a>>, paths: &Paths<'_>) -> Vec<Finding> {
    let mut groups: BTreeMap<(Spot, &'static str, Spoken), Finding> = BTreeMap::new();
    for one in judged {
        let Some(finding) = finding(&one, paths) else { continue };
        let spoken = Spoken {
            verdict: finding.verdict,
            kind: finding.kind,
            message: finding.message.clone(),
            note: finding.note.clone(),
            help: finding.help.clone(),
        };
        match groups.entry((Spot::of(&finding.place, paths), finding.rule, spoken)) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(finding);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let group = entry.get_mut();
                group.instances.extend(finding.instances);
                let known: std::collections::HashSet<Step> = group.trail.iter().cloned().collect();
                group.trail.extend(finding.trail.into_iter().filter(|step| !known.contains(step)));
            }
        }
    }
    groups
        .into_values()
        .map(|mut finding| {
            finding.instances.sort_by(|a, b| a.key.cmp(&b.key));
            finding.fingerprint = fingerprint_of(&finding.instances);
            finding
        })
        .collect()
}

/// What a finding says: only those that say the same are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spoken {
    verdict: &'static str,
    kind: &'static str,
    message: String,
    note: String,
    help: String,
}

/// One verdict as a finding of one instance.
fn finding(judged: &Judged<'_>, paths: &Paths<'_>) -> Option<Finding> {
    let key = judged.facts;
    let (level, report) = match judged.verdict {
        Verdict::Violation(report) => (judged.level, report.clone()),
        Verdict::Undetermined(report) => (judged.undetermined, report.clone()),
        Verdict::Pass { advice: Some(advice), .. } => (
            Level::Note,
            Report { kind: advice.kind, message: advice.message.clone(), at: advice.at.clone(), note: String::new(), help: String::new() },
        ),
        Verdict::Pass { .. } | Verdict::NotApplicable { .. } => return None,
    };
    if level == Level::Off {
        return None;
    }
    let verdict = if matches!(judged.verdict, Verdict::Pass { .. }) { "advice" } else { judged.verdict.word() };
    let mut at = report.at.into_iter();
    let (place, label) = at.next().map_or_else(|| (key.place.clone(), String::new()), |step| (step.place, step.label.to_string()));
    let mut trail: Vec<Step> = at.collect();
    if verdict != "advice" {
        trail.extend(key.notes.iter().cloned());
    }
    let instance = FindingInstance { key: key.id.clone(), fingerprint: fingerprint(judged.rule.id, key, &place, report.kind, paths) };
    Some(Finding {
        rule: judged.rule.id,
        level,
        verdict,
        kind: report.kind,
        message: report.message,
        place,
        label,
        trail,
        calls: key.declared.calls.clone(),
        note: report.note,
        help: report.help,
        fingerprint: instance.fingerprint.clone(),
        instances: vec![instance],
    })
}

/// The fingerprint of one instance: rule, root, path of the finding's place, address and kind; no lines. 32 hexadecimal digits.
#[must_use]
pub fn fingerprint(rule: &str, key: &KeyFacts, place: &Place, kind: &str, paths: &Paths<'_>) -> String {
    let root = key.source_root.as_deref().unwrap_or(&key.id.root);
    digest(&[rule, &(paths.root)(root), &(paths.place)(place), &key.id.address, kind])
}

/// The fingerprint of a finding: its one instance's, or the hash of all of them.
#[must_use]
pub fn fingerprint_of(instances: &[FindingInstance]) -> String {
    if let [one] = instances {
        return one.fingerprint.clone();
    }
    let mut all: Vec<&str> = instances.iter().map(|instance| instance.fingerprint.as_str()).collect();
    all.sort_unstable();
    digest(&all)
}

/// SHA-256 over the parts, each with its length before it so that no two lists look alike; the first 128 bits.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Where a finding stands among all: by path, then by the spot in the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    path: String,
    start: usize,
    end: usize,
    pointer: String,
}

impl Spot {
    fn of(place: &Place, paths: &Paths<'_>) -> Self {
        let (start, end, pointer) = match place {
            Place::Source(span) => (span.start as usize, span.end as usize, String::new()),
            Place::Json { pointer, line, .. } => {
                let (line, column) = line.unwrap_or_default();
                (line, column, pointer.to_string())
            }
            Place::Cloud { ocid, .. } => (0, 0, ocid.to_string()),
            Place::File(_) => (0, 0, String::new()),
        };
        Self { path: (paths.place)(place), start, end, pointer }
    }
}

/// A key to sort places by: path first, then the spot in the file.
#[must_use]
pub fn place_order(place: &Place, paths: &Paths<'_>) -> impl Ord + Clone + use<> {
    Spot::of(place, paths)
}

/// A finding that no rule's verdict stands behind: drift, modules not followed.
#[must_use]
pub fn plain(rule: &'static str, verdict: &'static str, kind: &'static str, message: String, place: Place) -> Finding {
    Finding {
        rule,
        level: Level::Warning,
        verdict,
        kind,
        message,
        place,
        label: String::new(),
        trail: Vec::new(),
        calls: Vec::new(),
        note: String::new(),
        help: String::new(),
        instances: Vec::new(),
        fingerprint: String::new(),
    }
}

/// The instance of a finding on something that is no judged key: a module call, a key that only one side knows.
#[must_use]
pub fn instance(rule: &str, key: &KeyId, root: &str, place: &Place, kind: &str, paths: &Paths<'_>) -> FindingInstance {
    let fingerprint = digest(&[rule, &(paths.root)(root), &(paths.place)(place), &key.address, kind]);
    FindingInstance { key: key.clone(), fingerprint }
}
