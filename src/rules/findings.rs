//! Verdicts → findings: instances that one edit settles are one finding.

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

/// How places and roots are named in the repository: relative to its root, with forward slashes. The caller knows the disk.
pub struct Paths<'a> {
    /// The repository path of the file a place is in; the OCID for a place in the service.
    pub place: &'a dyn Fn(&Place) -> String,
    /// The repository path of a root: of a root module's directory, a plan or a state.
    pub root: &'a dyn Fn(&str) -> String,
    /// What is written at a place; `None` where it is not configuration. Asked on several threads.
    pub address: &'a (dyn Fn(&Place) -> Option<EditAddress> + Sync),
}

impl std::fmt::Debug for Paths<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Paths")
    }
}

/// A verdict on a key, and how loud it is.
#[derive(Clone, Copy, Debug)]
pub struct LeveledVerdict<'a> {
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
pub fn findings<'a>(verdicts: impl IntoIterator<Item = LeveledVerdict<'a>>, paths: &Paths<'_>) -> Vec<Finding> {
    let mut gathered = FindingCollector::new(paths);
    verdicts.into_iter().for_each(|one| gathered.add(&one));
    gathered.finish()
}

/// How many steps of all ways are shown of one finding.
const MOST_STEPS_SHOWN: usize = 200;

/// Findings that grow while verdicts come in. Nothing of a verdict is needed after it was added.
pub(crate) struct FindingCollector<'p> {
    paths: &'p Paths<'p>,
    groups: Vec<GrowingFinding>,
    /// The positions of the groups.
    by_subject: HashMap<FindingSubject, usize>,
    /// The same, found without naming the place's file.
    by_place: HashMap<SubjectAtPlace, usize>,
    /// How roots are named in the repository.
    roots: HashMap<Arc<str>, Arc<str>>,
    /// What is reported of many keys alike.
    texts: HashSet<Arc<str>>,
}

impl std::fmt::Debug for FindingCollector<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FindingCollector").field("groups", &self.groups.len()).finish_non_exhaustive()
    }
}

impl<'p> FindingCollector<'p> {
    /// Nothing yet.
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

    /// Adds what a verdict says, if there is anything to report.
    pub(crate) fn add(&mut self, one: &LeveledVerdict<'_>) {
        let Some(reported) = reported(one) else { return };
        let key = one.facts;
        let notes = if reported.verdict == "advice" { &[] } else { key.notes.as_slice() };
        let root = key.source_root.as_ref().unwrap_or(&key.id.root);
        let name = key.service_name().map(str::to_owned);
        self.put(ReportedInstance { key: &key.id, root, name, notes }, reported);
    }

    /// Adds that something was seen and not looked into, which may hold keys. `key`: what it is, in place of a key.
    pub(crate) fn add_unseen(&mut self, key: &KeyId, place: &Place, kind: Kind, (message, note, help): (&str, &str, &str)) {
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

    /// Adds one report on one key.
    pub(super) fn put(&mut self, instance: ReportedInstance<'_>, reported: ReportedVerdict<'_>) {
        let ReportedVerdict { rule, verdict, kind, attribute, level, at, message, note, help } = reported;
        let ReportedInstance { key, root, name, notes } = instance;
        let at_place = SubjectAtPlace { place: at.at.place.clone(), rule, verdict, kind, attribute };
        let index = self.by_place.get(&at_place).copied().unwrap_or_else(|| self.group(at_place, level, &at));
        let root = self.root(key, root);
        let paths = self.paths;
        let Some(group) = self.groups.get_mut(index) else { return };
        let fingerprints = identity::of_instance(rule, &root, &(paths.place)(&at.used), key, &group.subject.word());
        for step in at.way.iter().chain(notes) {
            group.pass(step);
        }
        let wording = group.wording([message, note, help], &mut self.texts);
        group.instances.push(FindingInstance { key: key.clone(), name, fingerprints, used: at.used.clone(), wording, names_root: false });
    }

    /// The position of the group of a report at this place.
    fn group(&mut self, at_place: SubjectAtPlace, level: Level, at: &Placement) -> usize {
        let SubjectAtPlace { ref place, rule, verdict, kind, attribute } = at_place;
        let spot = FindingSpot::of(place, self.paths);
        let spot = FindingSpot { path: kept_once(&spot.path, &mut self.texts), ..spot };
        let subject = FindingSubject { spot, rule, verdict, kind, attribute };
        let next = self.groups.len();
        let index = *self.by_subject.entry(subject.clone()).or_insert(next);
        if index == next {
            let Placement { at, before, edit, argument, shared, .. } = at;
            let at = FindingPlacement {
                at: at.clone(),
                before: *before,
                edit: edit.clone(),
                argument: kept_once(argument, &mut self.texts),
                shared: shared.clone().map(Box::new),
            };
            // Most findings of a large document are about one key each.
            let instances = Vec::with_capacity(1);
            self.groups.push(GrowingFinding {
                subject,
                level,
                at,
                trail: Vec::new(),
                wordings: Vec::new(),
                last: 0,
                many: None,
                instances,
            });
        }
        self.by_place.insert(at_place, index);
        index
    }

    /// How a key's root is named in the repository.
    fn root(&mut self, key: &KeyId, root: &Arc<str>) -> Arc<str> {
        if let Some(named) = self.roots.get(root) {
            return Arc::clone(named);
        }
        // The service's regions are no paths.
        let named = if key.input == InputKind::Live { Arc::clone(root) } else { (self.paths.root)(root).into() };
        self.roots.insert(Arc::clone(root), Arc::clone(&named));
        named
    }

    /// What there is to report, sorted by place.
    #[must_use]
    pub(crate) fn finish(self) -> Vec<Finding> {
        let Self { groups, paths, by_subject, by_place, texts, .. } = self;
        // These are as large as the findings, and nothing looks them up below.
        drop((by_subject, by_place, texts));
        // To know what is written at a place, it is parsed again: that takes most of the time here.
        let address = paths.address;
        let groups: Vec<(GrowingFinding, Option<EditAddress>)> = groups
            .into_par_iter()
            .map(|group| {
                let written = address(&group.at.at.place);
                (group, written)
            })
            .collect();
        let made = |(group, written): (GrowingFinding, Option<EditAddress>)| {
            let GrowingFinding { subject, level, at, trail, wordings, mut instances, .. } = group;
            instances.sort_by(|a, b| a.key.cmp(&b.key));
            let identity = |first: &FindingInstance| {
                let edited = (&at.edit, &*at.argument);
                identity::of_finding(subject.rule, &subject.word(), &subject.spot.path, edited, &first.key, written)
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
        let mut found: Vec<(FindingSubject, Finding)> = groups.into_iter().map(made).collect();
        found.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
        let mut found: Vec<Finding> = found.into_iter().map(|(_, finding)| finding).collect();
        identity::number(&mut found);
        found
    }
}

/// What a report is about, with its place as the reader gave it: two places may be one spot.
#[derive(PartialEq, Eq, Hash)]
struct SubjectAtPlace {
    place: Place,
    rule: &'static str,
    verdict: &'static str,
    kind: Kind,
    attribute: Option<&'static str>,
}

/// What a finding is about: verdicts that share it are one finding.
#[derive(Clone, PartialEq, Eq, Hash)]
struct FindingSubject {
    spot: FindingSpot,
    rule: &'static str,
    verdict: &'static str,
    kind: Kind,
    /// The attribute that differs, of drift: each is a difference of its own.
    attribute: Option<&'static str>,
}

impl FindingSubject {
    fn order(&self) -> impl Ord + '_ {
        (&self.spot, self.rule, self.verdict, self.kind.word(), self.attribute)
    }

    /// The kind in fingerprints.
    fn word(&self) -> Cow<'static, str> {
        let kind = self.kind.word();
        self.attribute.map_or(Cow::Borrowed(kind), |attribute| Cow::Owned(format!("{kind}:{attribute}")))
    }
}

/// What a finding keeps of where it stands.
struct FindingPlacement {
    at: Step,
    before: usize,
    edit: EditTarget,
    argument: Arc<str>,
    shared: Option<Box<Step>>,
}

/// A finding that grows. A plan or a state may have hundreds of thousands of them.
struct GrowingFinding {
    subject: FindingSubject,
    level: Level,
    at: FindingPlacement,
    trail: Vec<Step>,
    /// What is reported of the instances, by number.
    wordings: Vec<Wording>,
    /// What was reported last: mostly the next instance has the same.
    last: usize,
    /// Finds what is in the lists above, where one of them is long.
    many: Option<Box<KnownOfFinding>>,
    instances: Vec<FindingInstance>,
}

/// Steps, and the numbers of wordings.
#[derive(Default)]
struct KnownOfFinding {
    steps: HashSet<Step>,
    wordings: HashMap<Wording, usize>,
}

/// How many steps, or wordings, are looked through one by one.
const FEW: usize = 16;

impl GrowingFinding {
    /// The number of what is reported of an instance: message, note and help. Each text is kept once.
    fn wording(&mut self, texts: [&str; 3], kept: &mut HashSet<Arc<str>>) -> usize {
        if let Some(Wording { message, note, help }) = self.wordings.get(self.last)
            && [&**message, &**note, &**help] == texts
        {
            return self.last;
        }
        let [message, note, help] = texts.map(|text| kept_once(text, kept));
        let wording = Wording { message, note, help };
        let next = self.wordings.len();
        let number = if next <= FEW {
            self.wordings.iter().position(|known| *known == wording)
        } else {
            let known = &mut self.many.get_or_insert_default().wordings;
            if known.is_empty() {
                known.extend(self.wordings.iter().cloned().zip(0..));
            }
            let number = *known.entry(wording.clone()).or_insert(next);
            (number < next).then_some(number)
        };
        if number.is_none() {
            // The first push would make room for four: findings of one key each took 2.5 KB of empty room.
            self.wordings.reserve_exact(usize::from(next == 0));
            self.wordings.push(wording);
        }
        self.last = number.unwrap_or(next);
        self.last
    }

    /// Adds a step of the way, if it is new: most instances came the same way.
    fn pass(&mut self, step: &Step) {
        if self.trail.len() > MOST_STEPS_SHOWN {
            return;
        }
        let is_new = if self.trail.len() <= FEW {
            !self.trail.contains(step)
        } else {
            let known = &mut self.many.get_or_insert_default().steps;
            if known.is_empty() {
                known.extend(self.trail.iter().cloned());
            }
            known.insert(step.clone())
        };
        if is_new && self.trail.len() == MOST_STEPS_SHOWN {
            self.trail.push(Step::new(step.place.clone(), "further steps are omitted"));
        } else if is_new {
            self.trail.reserve_exact(usize::from(self.trail.is_empty()));
            self.trail.push(step.clone());
        }
    }
}

/// A text that is kept once.
fn kept_once(text: &str, kept: &mut HashSet<Arc<str>>) -> Arc<str> {
    if let Some(known) = kept.get(text) {
        return Arc::clone(known);
    }
    let text: Arc<str> = text.into();
    kept.insert(Arc::clone(&text));
    text
}

/// Whom a report is about.
pub(super) struct ReportedInstance<'a> {
    pub key: &'a KeyId,
    /// The root module's directory, or the document, as shown.
    pub root: &'a Arc<str>,
    /// The name of a key of the service.
    pub name: Option<String>,
    /// What the reader noted about it.
    pub notes: &'a [Step],
}

/// What is reported, at which level, and where.
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

/// What a verdict reports; `None` where it reports nothing.
fn reported<'a>(leveled: &LeveledVerdict<'a>) -> Option<ReportedVerdict<'a>> {
    let (rule, verdict) = (leveled.rule.id, leveled.verdict.word());
    let of = |report: &'a Report, level| {
        let Report { kind, message, note, help, at } = report;
        Some(ReportedVerdict { rule, verdict, kind: *kind, attribute: None, level, at: Cow::Borrowed(at.as_deref()?), message, note, help })
    };
    let reported = match leveled.verdict {
        Verdict::Violation(report) => of(report, leveled.level)?,
        Verdict::Undetermined(report) => of(report, leveled.undetermined)?,
        Verdict::Pass { advice: Some(Advice { kind, message, at }), .. } => {
            let at = Cow::Owned(super::place::at_steps(leveled.facts, at, kind.word()));
            let (verdict, level) = ("advice", Level::Note);
            ReportedVerdict { rule, verdict, kind: *kind, attribute: None, level, at, message, note: "", help: "" }
        }
        Verdict::Pass { .. } | Verdict::NotApplicable { .. } => return None,
    };
    (reported.level != Level::Off).then_some(reported)
}

/// Where a finding stands among all: by path, then by the spot in the file.
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

/// A key to sort places by: path first, then the spot in the file.
#[must_use]
pub(crate) fn place_order(place: &Place, paths: &Paths<'_>) -> impl Ord + Clone + use<> {
    FindingSpot::of(place, paths)
}

/// A finding that comes from no rule's verdict: drift, modules not followed.
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
    use super::super::testing::{chosen, declared, now, rotated, with};
    use super::*;
    use crate::base::{Fact, Sources, Span};
    use crate::key::ProtectionMode;

    fn path(place: &Place) -> String {
        if let Place::File(path) = place { path.to_string() } else { "source.tf".to_owned() }
    }

    fn made(keys: &[KeyFacts]) -> Vec<Finding> {
        let verdicts: Vec<(&KeyFacts, &'static Rule, Verdict)> =
            keys.iter().flat_map(|key| chosen().map(|rule| (key, rule, (rule.check)(key, &Settings::new(now()))))).collect();
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
    fn the_plan_of_a_root_has_the_fingerprints_of_its_code() {
        let key = named("oci_kms_key.k");
        let planned = with(key.clone(), |key| {
            key.source_root = Some(key.id.root.clone());
            key.id.root = "plan.json".into();
        });
        let fingerprints = |key: KeyFacts| made(&[key])[0].instances[0].fingerprints.clone();
        assert_eq!(fingerprints(key), fingerprints(planned));
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
        assert_eq!((trail.len(), &*trail[MOST_STEPS_SHOWN].label()), (MOST_STEPS_SHOWN + 1, "further steps are omitted"));
    }
}
