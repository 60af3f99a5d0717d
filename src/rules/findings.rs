//! Verdicts → findings: instances that one edit settles are one finding; fingerprints hold across edits.

use super::finding::{Finding, FindingInstance, Wording};
use super::verdict::{Advice, Report, Verdict};
use super::{Edit, Kind, Level, Placement, Rule};
use crate::base::{Place, Step};
use crate::key::{KeyFacts, KeyId};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How places and roots are named in the repository: relative to its root, with forward slashes. The caller knows the disk.
pub struct Paths<'a> {
    /// The repository path of the file a place is in; the OCID for a place in the service.
    pub place: &'a dyn Fn(&Place) -> String,
    /// The repository path of a root: of a root module's folder, a plan or a state.
    pub root: &'a dyn Fn(&str) -> String,
    /// What is written at a place; `None` where it is not configuration. Asked on several threads.
    pub address: &'a (dyn Fn(&Place) -> Option<EditAddress> + Sync),
}

impl std::fmt::Debug for Paths<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Paths")
    }
}

/// What is written at a place of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditAddress {
    /// The block, local value or variable: `module.key`, `local.modes`, `var.keys`, `oci_kms_key.k`.
    pub block: String,
    /// The way from there: `protection_mode`, `["a"].mode`. Empty for the block itself.
    pub path: String,
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
    let mut gathered = Gathered::new(paths);
    judged.into_iter().for_each(|one| gathered.add(&one));
    gathered.finish()
}

/// How many stations of all ways are shown of one finding.
const MOST_STATIONS: usize = 200;

/// Findings that grow while verdicts come in. Nothing of a verdict is needed after it was added.
pub struct Gathered<'p> {
    paths: &'p Paths<'p>,
    groups: HashMap<Subject, Group>,
    /// How roots are named in the repository.
    roots: HashMap<Arc<str>, String>,
    /// What is said of many keys alike.
    texts: HashSet<Arc<str>>,
}

impl std::fmt::Debug for Gathered<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gathered").field("groups", &self.groups.len()).finish_non_exhaustive()
    }
}

impl<'p> Gathered<'p> {
    /// Nothing yet.
    #[must_use]
    pub fn new(paths: &'p Paths<'p>) -> Self {
        Self { paths, groups: HashMap::new(), roots: HashMap::new(), texts: HashSet::new() }
    }

    /// Adds what a verdict says, if there is anything to report.
    pub fn add(&mut self, one: &Judged<'_>) {
        let Some(Said { verdict, kind, level, at, message, note, help }) = said(one) else { return };
        let (key, paths, rule) = (one.facts, self.paths, one.rule.id);
        let wording = Wording { message: self.text(message), note: self.text(note), help: self.text(help) };
        let subject = Subject { spot: Spot::of(&at.at.place, paths), rule, verdict, kind };
        let root = one.facts.source_root.as_ref().unwrap_or(&one.facts.id.root);
        if !self.roots.contains_key(root) {
            self.roots.insert(Arc::clone(root), (paths.root)(root));
        }
        let root = self.roots.get(root).map_or("", String::as_str);
        let fingerprint = fingerprint(rule, root, &(paths.place)(&at.used), &key.id, kind.word());
        let used = at.used.clone();
        let notes = if verdict == "advice" { &[] } else { key.notes.as_slice() };
        let group = self.groups.entry(subject).or_insert_with(|| Group {
            level,
            at: at.clone().into_owned(),
            trail: Vec::new(),
            known: HashSet::new(),
            wordings: HashMap::new(),
            instances: Vec::new(),
        });
        for step in at.way.iter().chain(notes) {
            group.pass(step);
        }
        let next = group.wordings.len();
        let wording = *group.wordings.entry(wording).or_insert(next);
        let name = key.service_name().map(str::to_owned);
        group.instances.push(FindingInstance { key: key.id.clone(), name, fingerprint, used, wording, names_root: false });
    }

    /// A text that is kept once.
    fn text(&mut self, text: &str) -> Arc<str> {
        match self.texts.get(text) {
            Some(known) => Arc::clone(known),
            None => {
                let text: Arc<str> = text.into();
                self.texts.insert(Arc::clone(&text));
                text
            }
        }
    }

    /// What there is to report, sorted by place.
    #[must_use]
    pub fn finish(self) -> Vec<Finding> {
        let Self { groups, paths, .. } = self;
        // To know what is written at a place, it is parsed again: that takes most of the time here.
        let address = paths.address;
        let groups: Vec<(Subject, Group, Option<EditAddress>)> = groups
            .into_iter()
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|(subject, group)| {
                let written = address(&group.at.at.place);
                (subject, group, written)
            })
            .collect();
        let made = |(subject, group, written): (Subject, Group, Option<EditAddress>)| {
            let Group { level, at, trail, wordings, mut instances, .. } = group;
            instances.sort_by(|a, b| a.key.cmp(&b.key));
            let mut spoken: Vec<(Wording, usize)> = wordings.into_iter().collect();
            spoken.sort_by_key(|(_, at)| *at);
            let fingerprint = instances.first().map_or_else(String::new, |first| identity(&subject, &at, &first.key, written));
            let finding = Finding {
                level,
                label: at.at.label().into(),
                before: at.before,
                shared: at.shared,
                trail,
                fingerprint,
                ..plain(subject.rule, subject.verdict, subject.kind, String::new(), at.at.place)
            };
            (subject, finding.spoken(spoken.into_iter().map(|(wording, _)| wording).collect(), instances))
        };
        let mut found: Vec<(Subject, Finding)> = groups.into_iter().map(made).collect();
        found.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
        let mut found: Vec<Finding> = found.into_iter().map(|(_, finding)| finding).collect();
        number(&mut found);
        found
    }
}

/// What a finding is about: verdicts that share it are one finding.
#[derive(PartialEq, Eq, Hash)]
struct Subject {
    spot: Spot,
    rule: &'static str,
    verdict: &'static str,
    kind: Kind,
}

impl Subject {
    fn order(&self) -> impl Ord + '_ {
        (&self.spot, self.rule, self.verdict, self.kind.word())
    }
}

/// A finding that grows.
struct Group {
    level: Level,
    at: Placement,
    trail: Vec<Step>,
    /// The stations of the trail, where they are many.
    known: HashSet<Step>,
    /// What is said of the instances, numbered.
    wordings: HashMap<Wording, usize>,
    instances: Vec<FindingInstance>,
}

/// How many stations are looked through one by one.
const FEW: usize = 16;

impl Group {
    /// Adds a station of the way, if it is new: most instances came the same way.
    fn pass(&mut self, step: &Step) {
        if self.trail.len() > MOST_STATIONS {
            return;
        }
        let is_new = if self.trail.len() <= FEW {
            !self.trail.contains(step)
        } else {
            if self.known.is_empty() {
                self.known.extend(self.trail.iter().cloned());
            }
            self.known.insert(step.clone())
        };
        if is_new && self.trail.len() == MOST_STATIONS {
            self.trail.push(Step::new(step.place.clone(), "further steps are omitted"));
        } else if is_new {
            self.trail.push(step.clone());
        }
    }
}

/// What a verdict says, how loud, and where.
struct Said<'a> {
    verdict: &'static str,
    kind: Kind,
    level: Level,
    at: Cow<'a, Placement>,
    message: &'a str,
    note: &'a str,
    help: &'a str,
}

/// What a verdict says; `None` where there is nothing to report.
fn said<'a>(judged: &Judged<'a>) -> Option<Said<'a>> {
    let verdict = judged.verdict.word();
    let of = |report: &'a Report, level| {
        let Report { kind, message, note, help, at } = report;
        Some(Said { verdict, kind: *kind, level, at: Cow::Borrowed(at.as_deref()?), message, note, help })
    };
    let said = match judged.verdict {
        Verdict::Violation(report) => of(report, judged.level)?,
        Verdict::Undetermined(report) => of(report, judged.undetermined)?,
        Verdict::Pass { advice: Some(Advice { kind, message, at }), .. } => {
            let at = Cow::Owned(super::place::at_steps(judged.facts, at, kind.word()));
            Said { verdict: "advice", kind: *kind, level: Level::Note, at, message, note: "", help: "" }
        }
        Verdict::Pass { .. } | Verdict::NotApplicable { .. } => return None,
    };
    (said.level != Level::Off).then_some(said)
}

/// What tells a finding from all others whatever its lines are, and however many keys it covers.
fn identity(subject: &Subject, at: &Placement, key: &KeyId, written: Option<EditAddress>) -> String {
    let Subject { spot, rule, kind, .. } = subject;
    let address = match written {
        None => format!("{}.{}", key.address, at.argument),
        Some(EditAddress { block, path }) if path.is_empty() => format!("{block}.{}", at.argument),
        Some(EditAddress { block, path }) => match &at.edit {
            Edit::LeftOut(attribute) => format!("{block}.{path}.{attribute}"),
            _ => format!("{block}.{path}"),
        },
    };
    digest(&[rule, kind.word(), &spot.path, &address])
}

/// Findings with the same edit address, such as two branches of one conditional, are told apart by their order in the file.
fn number(findings: &mut [Finding]) {
    let mut known: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let earlier = known.entry(finding.fingerprint.clone()).or_default();
        if *earlier > 0 {
            finding.fingerprint = digest(&[&finding.fingerprint, &earlier.to_string()]);
        }
        *earlier += 1;
    }
}

/// The fingerprint of one instance: rule, root, path of the place of use, address, kind, and the values file where one was passed; no
/// lines. 32 hexadecimal digits.
fn fingerprint(rule: &str, root: &str, path: &str, key: &KeyId, kind: &str) -> String {
    match &key.inputs {
        None => digest(&[rule, root, path, &key.address, kind]),
        Some(inputs) => digest(&[rule, root, path, &key.address, kind, inputs]),
    }
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
    let first = hash.finalize().first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes));
    format!("{first:032x}")
}

/// Where a finding stands among all: by path, then by the spot in the file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
            Place::Json(json) => {
                let (line, column) = json.line.unwrap_or_default();
                (line, column, json.pointer.to_string())
            }
            Place::Cloud(at) => (0, 0, at.ocid.to_string()),
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
pub fn plain(rule: &'static str, verdict: &'static str, kind: Kind, message: String, place: Place) -> Finding {
    Finding {
        rule,
        level: Level::Warning,
        verdict,
        kind,
        message: message.into(),
        place,
        label: "".into(),
        trail: Vec::new(),
        before: 0,
        shared: None,
        note: "".into(),
        help: "".into(),
        instances: Vec::new(),
        variants: Vec::new(),
        fingerprint: String::new(),
    }
}

/// The instance of a finding on something that is no judged key: a module call, a key that only one side knows.
#[must_use]
pub fn instance(rule: &str, key: &KeyId, root: &str, place: &Place, kind: &str, paths: &Paths<'_>) -> FindingInstance {
    let fingerprint = fingerprint(rule, &(paths.root)(root), &(paths.place)(place), key, kind);
    FindingInstance { key: key.clone(), name: None, fingerprint, used: place.clone(), wording: 0, names_root: false }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{chosen, declared, now, rotated, with};
    use super::super::{Settings, by_id};
    use super::*;
    use crate::base::{Fact, Sources, Span};
    use crate::key::ProtectionMode;

    fn path(place: &Place) -> String {
        if let Place::File(path) = place { path.to_string() } else { "source.tf".to_owned() }
    }

    fn made(keys: &[KeyFacts]) -> Vec<Finding> {
        let verdicts: Vec<(&KeyFacts, &'static Rule, Verdict)> =
            keys.iter().flat_map(|key| chosen().map(|rule| (key, rule, (rule.judge)(key, &Settings::new(now()))))).collect();
        let judged =
            verdicts.iter().map(|(facts, rule, verdict)| Judged { facts, rule, verdict, level: Level::Warning, undetermined: Level::Note });
        findings(judged, &Paths { place: &path, root: &str::to_owned, address: &|_| None })
    }

    fn named(address: &str) -> KeyFacts {
        with(rotated(declared(), 90), |key| key.id.address = address.to_owned())
    }

    #[test]
    fn instances_that_say_the_same_at_one_place_are_one_finding() {
        let found = made(&[named("oci_kms_key.k[\"b\"]"), named("oci_kms_key.k[\"a\"]")]);
        assert_eq!(found.len(), 1);
        let addresses: Vec<&str> = found[0].instances.iter().map(|instance| instance.key.address.as_str()).collect();
        assert_eq!(addresses, ["oci_kms_key.k[\"a\"]", "oci_kms_key.k[\"b\"]"]);
        let alone = made(&[named("oci_kms_key.k[\"a\"]")]);
        assert_eq!(alone[0].fingerprint, found[0].fingerprint, "a neighbor changes nothing");
        assert_eq!(alone[0].instances[0], found[0].instances[0], "a neighbor changes nothing");
    }

    #[test]
    fn another_kind_or_place_is_another_finding_and_all_are_sorted_by_place() {
        let elsewhere = with(named("oci_kms_key.z"), |key| key.place = Place::File("a.tf".into()));
        let written = with(named("oci_kms_key.w"), |key| key.protection_mode = Fact::known(ProtectionMode::Hsm));
        let found = made(&[named("oci_kms_key.k"), elsewhere, written]);
        let spots: Vec<(String, &str)> = found.iter().map(|finding| (path(&finding.place), finding.kind.word())).collect();
        assert_eq!(
            spots,
            [("a.tf".to_owned(), "hsm-by-default"), ("infra/main.tf".to_owned(), "hsm"), ("infra/main.tf".to_owned(), "hsm-by-default")]
        );
    }

    #[test]
    fn the_first_station_is_the_place_and_the_rest_the_trail() {
        let sources = Sources::default();
        let id = sources.add("main.tf", "x".repeat(20));
        let at = |start: usize, label: &str| Step::new(Place::Source(Span::new(id, start..start + 1)), label);
        let key = |caller: usize| {
            with(named(&format!("module.m{caller}.oci_kms_key.k")), |key| {
                key.protection_mode = Fact::known(ProtectionMode::Hsm).with_trail(vec![at(1, "the value"), at(caller, "set by the call")]);
            })
        };
        let found = made(&[key(5), key(9)]);
        assert_eq!(found.len(), 1, "both come from the same line of the module");
        assert_eq!((&found[0].place, &*found[0].label), (&at(1, "").place, "the value"));
        assert_eq!(found[0].trail, [at(5, "set by the call"), at(9, "set by the call")]);
    }

    #[test]
    fn what_a_reader_noted_stands_beside_findings_and_not_beside_advice() {
        let noted = |key| {
            with(key, |key: &mut KeyFacts| key.notes.push(Step::new(Place::File("drift.json".into()), "changed outside of Terraform")))
        };
        let violated = made(&[noted(named("oci_kms_key.k"))]);
        assert_eq!(violated[0].trail.len(), 1);
        let advised = noted(with(named("oci_kms_key.k"), |key| {
            key.protection_mode = Fact::known(ProtectionMode::Software);
            key.rotation = crate::key::AutoRotation::default();
            key.times.created = Some(super::super::testing::days_ago(360));
            key.stage = crate::key::Stage::Actual;
        }));
        let found = made(&[advised]);
        assert_eq!((found[0].verdict, found[0].trail.len()), ("advice", 0), "{found:?}");
    }

    #[test]
    fn fingerprints_hold_across_lines_and_change_with_what_matters() {
        let key = named("oci_kms_key.k");
        let paths = Paths { place: &path, root: &str::to_owned, address: &|_| None };
        let of = |rule: &str, key: &KeyFacts, place: &str, kind: &str| {
            instance(rule, &key.id, key.source_root.as_deref().unwrap_or(&key.id.root), &Place::File(place.into()), kind, &paths)
                .fingerprint
        };
        let base = of("OCI-KMS-004", &key, "a.tf", "hsm");
        assert_eq!(base.len(), 32);
        assert!(base.chars().all(|c| c.is_ascii_hexdigit()));
        assert_eq!(base, of("OCI-KMS-004", &with(key.clone(), |key| key.place = Place::File("moved".into())), "a.tf", "hsm"));
        let planned = with(key.clone(), |key| {
            key.source_root = Some(key.id.root.clone());
            key.id.root = "plan.json".into();
        });
        assert_eq!(base, of("OCI-KMS-004", &planned, "a.tf", "hsm"), "the plan of the same root");
        let others = [
            of("OCI-KMS-001", &key, "a.tf", "hsm"),
            of("OCI-KMS-004", &key, "b.tf", "hsm"),
            of("OCI-KMS-004", &key, "a.tf", "hsm-by-default"),
            of("OCI-KMS-004", &with(key.clone(), |key| key.id.root = "other".into()), "a.tf", "hsm"),
            of("OCI-KMS-004", &named("oci_kms_key.l"), "a.tf", "hsm"),
            of("OCI-KMS-004", &with(key.clone(), |key| key.id.inputs = Some("dev.tfvars".into())), "a.tf", "hsm"),
            of("OCI-KMS-004", &with(key.clone(), |key| key.id.inputs = Some("prod.tfvars".into())), "a.tf", "hsm"),
            of("OCI-KMS-004", &key, "a.tfo", "ci_kms_key.khsm"),
        ];
        assert!(others.iter().all(|other| *other != base));
        assert_eq!(others.iter().collect::<HashSet<_>>().len(), others.len(), "each of them is another");
        assert!(by_id("oci-kms-004").is_some());
    }

    #[test]
    fn the_way_of_many_instances_is_cut_and_that_is_said() {
        let sources = Sources::default();
        let id = sources.add("main.tf", "x".repeat(2000));
        let at = |start: usize, label: &str| Step::new(Place::Source(Span::new(id, start..start + 1)), label);
        let key = |caller: usize| {
            with(named(&format!("module.m{caller}.oci_kms_key.k")), |key| {
                key.protection_mode = Fact::known(ProtectionMode::Hsm).with_trail(vec![at(1, "the value"), at(caller, "set by the call")]);
            })
        };
        let found = made(&(2..1002).map(key).collect::<Vec<_>>());
        assert_eq!((found.len(), found[0].instances.len()), (1, 1000), "no instance is left out");
        let trail = &found[0].trail;
        assert_eq!((trail.len(), &*trail[MOST_STATIONS].label()), (MOST_STATIONS + 1, "further steps are omitted"));
    }
}
