//! Verdicts → findings: instances that one edit resolves are one finding.

use super::finding::{Finding, FindingInstance, Wording};
use super::place::{EditAddress, EditTarget};
use super::verdict::{Advice, Report, Verdict};
use super::{Kind, Level, Placement, Rule, identity};
use crate::base::{Place, Step};
use crate::key::{InputKind, KeyFacts, KeyId};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Turns places and roots into repository paths, with forward slashes. The caller provides it, because rules do not read the disk.
pub struct Paths<'a> {
    /// The repository path of the file that a place is in; the OCID for a place in the service.
    pub place: &'a dyn Fn(&Place) -> String,
    /// The repository path of a root module's directory, a plan or a state.
    pub root: &'a dyn Fn(&str) -> String,
    /// The address of the configuration at a place; `None` if it is not configuration. Called from several threads.
    pub address: &'a (dyn Fn(&Place) -> Option<EditAddress> + Sync),
}

impl std::fmt::Debug for Paths<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Paths")
    }
}

/// A verdict on a key, with its levels.
#[derive(Clone, Copy, Debug)]
pub struct LeveledVerdict<'a> {
    /// The key.
    pub facts: &'a KeyFacts,
    /// The rule.
    pub rule: &'static Rule,
    /// The verdict.
    pub verdict: &'a Verdict,
    /// The level of a violation.
    pub level: Level,
    /// The level of an undetermined verdict.
    pub undetermined: Level,
}

/// The findings of these verdicts, sorted by place. Verdicts with the level `off` are omitted.
#[must_use]
pub fn findings<'a>(verdicts: impl IntoIterator<Item = LeveledVerdict<'a>>, paths: &Paths<'_>) -> Vec<Finding> {
    let mut collector = FindingCollector::new(paths);
    verdicts.into_iter().for_each(|verdict| collector.add(&verdict));
    collector.finish()
}

/// How many steps one finding shows at most, for all of its instances.
const MAX_STEPS_SHOWN: usize = 200;

/// Builds findings from verdicts, one at a time. A verdict can be dropped after it is added.
pub(crate) struct FindingCollector<'p> {
    paths: &'p Paths<'p>,
    groups: Vec<GrowingFinding>,
    /// Indices into `groups`.
    by_subject: HashMap<FindingSubject, usize>,
    /// The same indices by the reader's place: looking them up does not need the repository path.
    by_place: HashMap<SubjectAtPlace, usize>,
    /// The repository paths of roots.
    roots: HashMap<Arc<str>, Arc<str>>,
    /// Texts that several keys share, each stored once.
    texts: HashSet<Arc<str>>,
}

impl std::fmt::Debug for FindingCollector<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FindingCollector").field("groups", &self.groups.len()).finish_non_exhaustive()
    }
}

impl<'p> FindingCollector<'p> {
    /// An empty collector.
    #[must_use]
    pub(crate) fn new(paths: &'p Paths<'p>) -> Self {
        Self {
            paths,
            groups: Vec::new(),
            by_subject: HashMap::new(),
            by_place: HashMap::new(),
            roots: HashMap::new(),
            texts: HashSet::new(),
        }
    }

    /// Adds a verdict, if it is to be reported.
    pub(crate) fn add(&mut self, verdict: &LeveledVerdict<'_>) {
        let Some(reported) = reported(verdict) else { return };
        let key = verdict.facts;
        let notes = if reported.verdict == "advice" { &[] } else { key.notes.as_slice() };
        let root = key.source_root.as_ref().unwrap_or(&key.id.root);
        let name = key.service_name().map(str::to_owned);
        self.put(ReportedInstance { key: &key.id, root, name, notes }, reported);
    }

    /// Adds a module call or file that was not followed or not read and may contain keys. `key`: its identity, instead of a key's.
    pub(crate) fn add_skipped(&mut self, key: &KeyId, place: &Place, kind: Kind, (message, note, help): (&str, &str, &str)) {
        let reported = ReportedVerdict {
            rule: super::MODULES_NOT_FOLLOWED,
            verdict: "undetermined",
            kind,
            attribute: None,
            level: Level::Error,
            at: Cow::Owned(super::place::at_place(place, "source")),
            message,
            note,
            help,
        };
        self.put(ReportedInstance { key, root: &key.root, name: None, notes: &[] }, reported);
    }

    /// Adds a report on one key.
    pub(super) fn put(&mut self, instance: ReportedInstance<'_>, reported: ReportedVerdict<'_>) {
        let ReportedVerdict { rule, verdict, kind, attribute, level, at, message, note, help } = reported;
        let ReportedInstance { key, root, name, notes } = instance;
        let at_place = SubjectAtPlace { place: at.at.place.clone(), rule, verdict, kind, attribute };
        let index = self.by_place.get(&at_place).copied().unwrap_or_else(|| self.group_index(at_place, level, &at));
        let root = self.root_path(key, root);
        let paths = self.paths;
        let Some(group) = self.groups.get_mut(index) else { return };
        let fingerprints = identity::of_instance(rule, &root, &(paths.place)(&at.used), key, &group.subject.word());
        for step in at.trail.iter().chain(notes) {
            group.add_step(step);
        }
        let wording = group.wording_index([message, note, help], &mut self.texts);
        group.instances.push(FindingInstance { key: key.clone(), name, fingerprints, used: at.used.clone(), wording, names_root: false });
    }

    /// The index of the group for reports at this place, which is created if there is none.
    fn group_index(&mut self, at_place: SubjectAtPlace, level: Level, at: &Placement) -> usize {
        let SubjectAtPlace { ref place, rule, verdict, kind, attribute } = at_place;
        let spot = FindingSpot::of(place, self.paths);
        let spot = FindingSpot { path: interned(&spot.path, &mut self.texts), ..spot };
        let subject = FindingSubject { spot, rule, verdict, kind, attribute };
        let next = self.groups.len();
        let index = *self.by_subject.entry(subject.clone()).or_insert(next);
        if index == next {
            let Placement { at, before, edit, argument, shared, .. } = at;
            let at = FindingPlacement {
                at: at.clone(),
                before: *before,
                edit: edit.clone(),
                argument: interned(argument, &mut self.texts),
                shared: shared.clone().map(Box::new),
            };
            // Most findings of a large plan are about one key, and an empty `Vec` would grow to four.
            let instances = Vec::with_capacity(1);
            self.groups.push(GrowingFinding {
                subject,
                level,
                at,
                trail: Vec::new(),
                wordings: Vec::new(),
                last: 0,
                lookup: None,
                instances,
            });
        }
        self.by_place.insert(at_place, index);
        index
    }

    /// The repository path of a key's root.
    fn root_path(&mut self, key: &KeyId, root: &Arc<str>) -> Arc<str> {
        if let Some(path) = self.roots.get(root) {
            return Arc::clone(path);
        }
        // The root of a live key is a region and not a path.
        let path = if key.input == InputKind::Live { Arc::clone(root) } else { (self.paths.root)(root).into() };
        self.roots.insert(Arc::clone(root), Arc::clone(&path));
        path
    }

    /// The findings, sorted by place.
    #[must_use]
    pub(crate) fn finish(self) -> Vec<Finding> {
        let Self { groups, paths, by_subject, by_place, texts, .. } = self;
        // These are as large as the findings, and not used below.
        drop((by_subject, by_place, texts));
        // `address` parses the file at the place again, which takes most of the time: do it in parallel.
        let address = paths.address;
        let groups: Vec<(GrowingFinding, Option<EditAddress>)> = groups
            .into_par_iter()
            .map(|group| {
                let address = address(&group.at.at.place);
                (group, address)
            })
            .collect();
        let to_finding = |(group, address): (GrowingFinding, Option<EditAddress>)| {
            let GrowingFinding { subject, level, at, trail, wordings, mut instances, .. } = group;
            instances.sort_by(|a, b| a.key.cmp(&b.key));
            let identity = |first: &FindingInstance| {
                let edited = (&at.edit, &*at.argument);
                identity::of_finding(subject.rule, &subject.word(), &subject.spot.path, edited, &first.key, address)
            };
            let fingerprint = instances.first().map(identity).unwrap_or_default();
            let finding = Finding {
                level,
                label: at.at.label().into(),
                before: at.before,
                shared: at.shared.map(|shared| *shared),
                trail,
                fingerprint,
                ..plain(subject.rule, subject.verdict, subject.kind, String::new(), at.at.place)
            };
            (subject, finding.with_wordings(wordings, instances))
        };
        let mut found: Vec<(FindingSubject, Finding)> = groups.into_iter().map(to_finding).collect();
        found.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
        let mut found: Vec<Finding> = found.into_iter().map(|(_, finding)| finding).collect();
        identity::number_duplicates(&mut found);
        found
    }
}

/// The subject of a report by the reader's place. Two places may be the same [`FindingSpot`].
#[derive(PartialEq, Eq, Hash)]
struct SubjectAtPlace {
    place: Place,
    rule: &'static str,
    verdict: &'static str,
    kind: Kind,
    attribute: Option<&'static str>,
}

/// The subject of a finding: verdicts with the same subject become one finding.
#[derive(Clone, PartialEq, Eq, Hash)]
struct FindingSubject {
    spot: FindingSpot,
    rule: &'static str,
    verdict: &'static str,
    kind: Kind,
    /// The attribute that differs; drift reports each separately.
    attribute: Option<&'static str>,
}

impl FindingSubject {
    fn order(&self) -> impl Ord + '_ {
        (&self.spot, self.rule, self.verdict, self.kind.word(), self.attribute)
    }

    /// The kind as it goes into fingerprints.
    fn word(&self) -> Cow<'static, str> {
        let kind = self.kind.word();
        self.attribute.map_or(Cow::Borrowed(kind), |attribute| Cow::Owned(format!("{kind}:{attribute}")))
    }
}

/// The part of a [`Placement`] that a finding needs.
struct FindingPlacement {
    at: Step,
    before: usize,
    edit: EditTarget,
    argument: Arc<str>,
    shared: Option<Box<Step>>,
}

/// A finding under construction. A plan or a state may have hundreds of thousands of them.
struct GrowingFinding {
    subject: FindingSubject,
    level: Level,
    at: FindingPlacement,
    trail: Vec<Step>,
    /// The texts of the instances, by index.
    wordings: Vec<Wording>,
    /// The index of the last instance's wording: the next one usually has the same.
    last: usize,
    /// Lookup tables for `trail` and `wordings`, made when one of them becomes long.
    lookup: Option<Box<FindingLookup>>,
    instances: Vec<FindingInstance>,
}

/// The known steps, and the indices of wordings.
#[derive(Default)]
struct FindingLookup {
    steps: HashSet<Step>,
    wordings: HashMap<Wording, usize>,
}

/// Up to this many steps or wordings are searched linearly.
const MAX_LINEAR_SEARCH: usize = 16;

impl GrowingFinding {
    /// The index of the wording with this message, note and help, which is added if it is new. Each text is stored once.
    fn wording_index(&mut self, texts: [&str; 3], shared: &mut HashSet<Arc<str>>) -> usize {
        if let Some(Wording { message, note, help }) = self.wordings.get(self.last)
            && [&**message, &**note, &**help] == texts
        {
            return self.last;
        }
        let [message, note, help] = texts.map(|text| interned(text, shared));
        let wording = Wording { message, note, help };
        let next = self.wordings.len();
        let index = if next <= MAX_LINEAR_SEARCH {
            self.wordings.iter().position(|known| *known == wording)
        } else {
            let known = &mut self.lookup.get_or_insert_default().wordings;
            if known.is_empty() {
                known.extend(self.wordings.iter().cloned().zip(0..));
            }
            let index = *known.entry(wording.clone()).or_insert(next);
            (index < next).then_some(index)
        };
        if index.is_none() {
            // The first push would allocate room for four: findings with one key each then waste 2.5 KB.
            self.wordings.reserve_exact(usize::from(next == 0));
            self.wordings.push(wording);
        }
        self.last = index.unwrap_or(next);
        self.last
    }

    /// Adds a step to the trail, if it is new: the values of most instances took the same steps.
    fn add_step(&mut self, step: &Step) {
        if self.trail.len() > MAX_STEPS_SHOWN {
            return;
        }
        let is_new = if self.trail.len() <= MAX_LINEAR_SEARCH {
            !self.trail.contains(step)
        } else {
            let known = &mut self.lookup.get_or_insert_default().steps;
            if known.is_empty() {
                known.extend(self.trail.iter().cloned());
            }
            known.insert(step.clone())
        };
        if is_new && self.trail.len() == MAX_STEPS_SHOWN {
            self.trail.push(Step::new(step.place.clone(), "further steps are omitted"));
        } else if is_new {
            self.trail.reserve_exact(usize::from(self.trail.is_empty()));
            self.trail.push(step.clone());
        }
    }
}

/// The shared copy of a text.
fn interned(text: &str, shared: &mut HashSet<Arc<str>>) -> Arc<str> {
    if let Some(known) = shared.get(text) {
        return Arc::clone(known);
    }
    let text: Arc<str> = text.into();
    shared.insert(Arc::clone(&text));
    text
}

/// The key that a report is about.
pub(super) struct ReportedInstance<'a> {
    pub key: &'a KeyId,
    /// The root module's directory, or the plan or state, as shown.
    pub root: &'a Arc<str>,
    /// The display name of a live key.
    pub name: Option<String>,
    /// Notes of the reader about the key.
    pub notes: &'a [Step],
}

/// The report on a verdict, its level and its place.
pub(super) struct ReportedVerdict<'a> {
    pub rule: &'static str,
    pub verdict: &'static str,
    pub kind: Kind,
    pub attribute: Option<&'static str>,
    pub level: Level,
    pub at: Cow<'a, Placement>,
    pub message: &'a str,
    pub note: &'a str,
    pub help: &'a str,
}

/// The report on a verdict; `None` if there is nothing to report.
fn reported<'a>(leveled: &LeveledVerdict<'a>) -> Option<ReportedVerdict<'a>> {
    let (rule, verdict) = (leveled.rule.id, leveled.verdict.word());
    let with_level = |report: &'a Report, level| {
        let Report { kind, message, note, help, at } = report;
        Some(ReportedVerdict { rule, verdict, kind: *kind, attribute: None, level, at: Cow::Borrowed(at.as_deref()?), message, note, help })
    };
    let reported = match leveled.verdict {
        Verdict::Violation(report) => with_level(report, leveled.level)?,
        Verdict::Undetermined(report) => with_level(report, leveled.undetermined)?,
        Verdict::Pass { advice: Some(Advice { kind, message, at }), .. } => {
            let at = Cow::Owned(super::place::at_steps(leveled.facts, at, kind.word()));
            let (verdict, level) = ("advice", Level::Note);
            ReportedVerdict { rule, verdict, kind: *kind, attribute: None, level, at, message, note: "", help: "" }
        }
        Verdict::Pass { .. } | Verdict::NotApplicable { .. } => return None,
    };
    (reported.level != Level::Off).then_some(reported)
}

/// The sort key of a finding's place: the path, then the position in the file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct FindingSpot {
    path: Arc<str>,
    start: usize,
    end: usize,
    pointer: Arc<str>,
}

impl FindingSpot {
    fn of(place: &Place, paths: &Paths<'_>) -> Self {
        let (start, end, pointer) = match place {
            Place::Source(span) => (span.start as usize, span.end as usize, Arc::default()),
            Place::Json(json) => {
                let (line, column) = json.line.unwrap_or_default();
                (line, column, Arc::clone(&json.pointer))
            }
            Place::Cloud(at) => (0, 0, Arc::clone(&at.ocid)),
            Place::File(_) => (0, 0, Arc::default()),
        };
        Self { path: (paths.place)(place).into(), start, end, pointer }
    }
}

/// A key to sort places by: the path, then the position in the file.
#[must_use]
pub(crate) fn place_order(place: &Place, paths: &Paths<'_>) -> impl Ord + Clone + use<> {
    FindingSpot::of(place, paths)
}

/// A finding without keys and optional texts, such as one about a module call that was not followed.
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

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::super::testing::{declared, now, rotated, sample_rules, with};
    use super::*;
    use crate::base::{Fact, Sources, Span};
    use crate::key::ProtectionMode;

    fn path(place: &Place) -> String {
        if let Place::File(path) = place { path.to_string() } else { "source.tf".to_owned() }
    }

    fn findings_of(keys: &[KeyFacts]) -> Vec<Finding> {
        let verdicts: Vec<(&KeyFacts, &'static Rule, Verdict)> =
            keys.iter().flat_map(|key| sample_rules().map(|rule| (key, rule, (rule.check)(key, &Settings::new(now()))))).collect();
        let verdicts = verdicts.iter().map(|(facts, rule, verdict)| LeveledVerdict {
            facts,
            rule,
            verdict,
            level: Level::Warning,
            undetermined: Level::Note,
        });
        findings(verdicts, &Paths { place: &path, root: &str::to_owned, address: &|_| None })
    }

    fn named(address: &str) -> KeyFacts {
        with(rotated(declared(), 90), |key| key.id.address = address.to_owned())
    }

    #[test]
    fn instances_with_the_same_verdict_at_one_place_become_one_finding() {
        let found = findings_of(&[named("oci_kms_key.k[\"b\"]"), named("oci_kms_key.k[\"a\"]")]);
        assert_eq!(found.len(), 1);
        let addresses: Vec<&str> = found[0].instances.iter().map(|instance| instance.key.address.as_str()).collect();
        assert_eq!(addresses, ["oci_kms_key.k[\"a\"]", "oci_kms_key.k[\"b\"]"]);
        let alone = findings_of(&[named("oci_kms_key.k[\"a\"]")]);
        assert_eq!(alone[0].fingerprint, found[0].fingerprint, "another instance does not change the fingerprint");
        assert_eq!(alone[0].instances[0], found[0].instances[0], "another instance does not change this one");
    }

    #[test]
    fn verdicts_of_other_kinds_or_places_become_separate_findings_sorted_by_place() {
        let elsewhere = with(named("oci_kms_key.z"), |key| key.place = Place::File("a.tf".into()));
        let written = with(named("oci_kms_key.w"), |key| key.protection_mode = Fact::known(ProtectionMode::Hsm));
        let found = findings_of(&[named("oci_kms_key.k"), elsewhere, written]);
        let spots: Vec<(String, &str)> = found.iter().map(|finding| (path(&finding.place), finding.kind.word())).collect();
        assert_eq!(
            spots,
            [("a.tf".to_owned(), "hsm-by-default"), ("infra/main.tf".to_owned(), "hsm"), ("infra/main.tf".to_owned(), "hsm-by-default")]
        );
    }

    #[test]
    fn first_step_becomes_the_place_and_the_others_the_trail() {
        let sources = Sources::default();
        let id = sources.add("main.tf", "x".repeat(20));
        let at = |start: usize, label: &str| Step::new(Place::Source(Span::new(id, start..start + 1)), label);
        let key = |caller: usize| {
            with(named(&format!("module.m{caller}.oci_kms_key.k")), |key| {
                key.protection_mode = Fact::known(ProtectionMode::Hsm).with_trail(vec![at(1, "the value"), at(caller, "set by the call")]);
            })
        };
        let found = findings_of(&[key(5), key(9)]);
        assert_eq!(found.len(), 1, "both come from the same line of the module");
        assert_eq!((&found[0].place, &*found[0].label), (&at(1, "").place, "the value"));
        assert_eq!(found[0].trail, [at(5, "set by the call"), at(9, "set by the call")]);
    }

    #[test]
    fn notes_of_a_reader_are_shown_with_violations_and_not_with_advice() {
        let noted = |key| {
            with(key, |key: &mut KeyFacts| key.notes.push(Step::new(Place::File("drift.json".into()), "changed outside of Terraform")))
        };
        let violated = findings_of(&[noted(named("oci_kms_key.k"))]);
        assert_eq!(violated[0].trail.len(), 1);
        let advised = noted(with(named("oci_kms_key.k"), |key| {
            key.protection_mode = Fact::known(ProtectionMode::Software);
            key.rotation = crate::key::AutoRotation::default();
            key.times.created = Some(super::super::testing::days_ago(360));
            key.stage = crate::key::Stage::Actual;
        }));
        let found = findings_of(&[advised]);
        assert_eq!((found[0].verdict, found[0].trail.len()), ("advice", 0), "{found:?}");
    }

    #[test]
    fn plan_of_a_root_has_the_same_fingerprints_as_its_configuration() {
        let key = named("oci_kms_key.k");
        let planned = with(key.clone(), |key| {
            key.source_root = Some(key.id.root.clone());
            key.id.root = "plan.json".into();
        });
        let fingerprints = |key: KeyFacts| findings_of(&[key])[0].instances[0].fingerprints.clone();
        assert_eq!(fingerprints(key), fingerprints(planned));
    }

    #[test]
    fn trail_of_many_instances_is_truncated_with_a_note() {
        let sources = Sources::default();
        let id = sources.add("main.tf", "x".repeat(2000));
        let at = |start: usize, label: &str| Step::new(Place::Source(Span::new(id, start..start + 1)), label);
        let key = |caller: usize| {
            with(named(&format!("module.m{caller}.oci_kms_key.k")), |key| {
                key.protection_mode = Fact::known(ProtectionMode::Hsm).with_trail(vec![at(1, "the value"), at(caller, "set by the call")]);
            })
        };
        let found = findings_of(&(2..1002).map(key).collect::<Vec<_>>());
        assert_eq!((found.len(), found[0].instances.len()), (1, 1000), "no instance is left out");
        let trail = &found[0].trail;
        assert_eq!((trail.len(), &*trail[MAX_STEPS_SHOWN].label()), (MAX_STEPS_SHOWN + 1, "further steps are omitted"));
    }
}
