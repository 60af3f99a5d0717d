//! Inventory → outcome: every key checked, every finding given its level, the user's exemptions taken off.

use super::baseline::Baseline;
use super::config::Config;
use super::exempt::{self, ExemptionContext, Exemptions};
use super::outcome::{CheckedKey, ConfigInUse, Exempted, ExemptedBy, FailOn, Notice, Outcome};
use crate::base::{Place, Problem, ProblemKind, Sources};
use crate::key::{InputKind, Inventory, KeyFacts, KeyId, Keys, ModuleNotFollowed, NotRead, NotReadKind};
use crate::rules::{self, Finding, FindingCollector, Kind, Level, LeveledVerdict, MODULES_NOT_FOLLOWED, Paths, Rule, Verdict};
use jiff::{Timestamp, tz::TimeZone};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// What the command line decides over the config file.
#[derive(Clone, Debug, Default)]
pub struct PolicyOptions {
    /// Exemptions and baseline hide nothing.
    pub no_exemptions: bool,
    /// What is undetermined or not followed is an error.
    pub strict: bool,
    /// Levels by the id of the rule.
    pub levels: BTreeMap<&'static str, Level>,
    /// The level at which the run fails.
    pub fail_on: Option<FailOn>,
}

/// What a run's surroundings are, handed down.
#[derive(Clone, Copy, Debug)]
pub struct DecisionContext<'a> {
    /// The clock.
    pub now: Timestamp,
    /// The texts.
    pub sources: &'a Sources,
    /// How places and roots are named in the repository.
    pub paths: &'a Paths<'a>,
}

/// What is to be decided on.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Keys to be checked, comments, problems.
    pub inventory: Inventory,
    /// Findings on drift.
    pub drift: Vec<Finding>,
    /// Keys that are not checked but that findings on drift speak of.
    pub declared: Keys,
}

/// The level at which a run fails: the command line's, else the config file's, else `warning`.
#[must_use]
pub(crate) fn fail_on(config: &Config, options: &PolicyOptions) -> FailOn {
    options.fail_on.or(config.fail_on).unwrap_or(FailOn::At(Level::Warning))
}

/// Decides what is reported. Everything in the outcome is sorted by place.
#[must_use]
pub(crate) fn decide(
    input: Input,
    config: &Config,
    baseline: Option<&Baseline>,
    options: &PolicyOptions,
    context: &DecisionContext<'_>,
) -> Outcome {
    let levels = Levels { config, options };
    let paths = context.paths;
    let Input { inventory, drift, declared } = input;
    let (mut keys, mut findings, cut) = check(inventory.keys, config, &levels, context);
    findings.extend(drift.into_iter().filter_map(|finding| levels.of_drift(finding)));
    if options.strict && levels.of(MODULES_NOT_FOLLOWED) != Level::Off {
        let mut gathered = FindingCollector::new(paths);
        inventory.modules_not_followed.iter().for_each(|module| not_followed(module, &mut gathered));
        inventory.not_read.iter().filter(|one| one.may_hide_keys).for_each(|one| not_read(one, paths, &mut gathered));
        findings.extend(gathered.finish());
    }

    let names_root = has_several_roots(keys.iter().map(|key| &key.facts.id).chain(declared.iter().map(|key| &key.id)));
    keys.iter_mut().for_each(|key| key.names_root = names_root);
    findings.iter_mut().flat_map(|finding| &mut finding.instances).for_each(|instance| instance.names_root = names_root);

    let today = context.now.to_zoned(TimeZone::UTC).date();
    let (mut exemptions, mistakes) = exempt::gather(&inventory.comments, &config.exempt, today);
    let mut problems = inventory.problems;
    problems.extend(mistakes);
    problems.extend(cut);
    let mut exempted = Vec::new();
    let mut notices = inventory.notices;
    if !options.no_exemptions {
        let config_directory = (paths.root)(&config.directory.to_string_lossy());
        let facts: HashMap<&KeyId, &KeyFacts> = keys.iter().map(|key| &key.facts).chain(&declared).map(|key| (&key.id, &**key)).collect();
        let config_directory = if config_directory == "." { "" } else { config_directory.as_str() };
        let around = ExemptionContext { sources: context.sources, paths, config_directory };
        (findings, exempted) = take_off(findings, &mut exemptions, baseline, &facts, around);
        problems.extend(exemptions.problem());
        notices.extend(exemptions.notices(|rule| levels.of(rule) != Level::Off));
        notices.extend(baseline.iter().flat_map(|baseline| about(baseline, &exempted)));
    }
    let accepted: HashSet<KeyId> =
        exempted.iter().flat_map(|exempted| exempted.finding.instances.iter().map(|instance| instance.key.clone())).collect();
    for key in &mut keys {
        key.exempted = accepted.contains(&key.facts.id);
    }

    let order = |place: &Place| rules::place_order(place, paths);
    findings.sort_by_cached_key(|finding| (order(&finding.place), finding.rule, Arc::clone(&finding.message)));
    exempted.sort_by_cached_key(|exempted| (order(&exempted.finding.place), exempted.finding.rule, Arc::clone(&exempted.finding.message)));
    notices.sort_by_cached_key(|notice| (notice.place.as_ref().map(order), notice.message.clone()));
    problems.sort_by_cached_key(|problem| (problem.place.as_ref().map(order), problem.kind, problem.message.clone()));
    // A module that several roots call has its problems once for each of them.
    problems.dedup();
    let mut modules_not_followed = inventory.modules_not_followed;
    modules_not_followed.sort_by_cached_key(|module| {
        (order(&module.place), module.source.clone(), module.why.clone(), module.root.clone(), module.address.clone())
    });
    modules_not_followed.dedup();
    let mut switched_off = inventory.switched_off;
    switched_off.sort_by_cached_key(|block| (order(&block.place), block.root.clone(), block.inputs.clone(), block.address.clone()));
    switched_off.dedup();
    let mut not_read = inventory.not_read;
    not_read.sort_by(|a, b| (a.kind, &a.path, &a.why).cmp(&(b.kind, &b.path, &b.why)));
    not_read.dedup();
    let mut not_audited = inventory.not_audited;
    not_audited.sort_by(|a, b| (&a.region, &a.ocid, &a.why).cmp(&(&b.region, &b.ocid, &b.why)));
    not_audited.dedup();
    Outcome {
        keys,
        findings,
        exempted,
        notices,
        problems,
        modules_not_followed,
        switched_off,
        not_read,
        not_audited,
        config: config.path.as_ref().map(|path| ConfigInUse {
            path: path.to_string_lossy().replace('\\', "/"),
            turns_off: config.turns_off(&options.levels, options.fail_on),
        }),
        log: inventory.log,
        files: inventory.files,
    }
}

/// Whether keys are of more than one root.
fn has_several_roots<'k>(keys: impl Iterator<Item = &'k KeyId>) -> bool {
    let mut roots = keys.filter(|key| key.input != InputKind::Live).map(|key| &key.root);
    let first = roots.next();
    roots.any(|root| Some(root) != first)
}

/// From how many keys on several threads check.
const MANY: usize = 500;
/// How many keys are checked before what is reported of them is gathered: of all of them it would take much memory.
const AT_ONCE: usize = 1_000;

/// How many keys are checked in one run: what is reported of them is kept until it is written, and takes 5 KB for each.
const MOST_KEYS: usize = if cfg!(test) { 3_000 } else { 150_000 };

/// Every key by every rule that is not off, what there is to report, and whether there were too many.
fn check(
    keys: Keys,
    config: &Config,
    levels: &Levels<'_>,
    context: &DecisionContext<'_>,
) -> (Vec<CheckedKey>, Vec<Finding>, Option<Problem>) {
    let settings = config.settings(context.now);
    let asked: Vec<&'static Rule> = rules::ALL.iter().filter(|rule| levels.of(rule.id) != Level::Off).collect();
    let leveled = |facts: Box<KeyFacts>| {
        let verdicts = asked.iter().map(|rule| (*rule, (rule.check)(&facts, &settings))).collect();
        CheckedKey { facts, verdicts, names_root: false, exempted: false }
    };
    let mut all: Vec<CheckedKey> = Vec::with_capacity(keys.len());
    let mut gathered = FindingCollector::new(context.paths);
    let mut keys = in_order(keys, context.paths);
    let cut = (keys.len() > MOST_KEYS).then(|| {
        let message = format!("there are {} keys; the first {MOST_KEYS} of them were checked", keys.len());
        Problem::new(ProblemKind::Partial, message).help("Check fewer plans, states or root modules at a time")
    });
    keys.truncate(MOST_KEYS);
    let mut keys = keys.into_iter();
    loop {
        let some: Keys = keys.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            return (all, gathered.finish(), cut);
        }
        let from = all.len();
        // A few keys are checked sooner than threads begin.
        if some.len() < MANY {
            all.extend(some.into_iter().map(leveled));
        } else {
            all.extend(some.into_par_iter().map(leveled).collect::<Vec<_>>());
        }
        for key in all.get_mut(from..).unwrap_or_default() {
            for (rule, verdict) in &mut key.verdicts {
                gathered.add(&levels.leveled(&key.facts, rule, verdict));
                // The findings have what of it is shown: a second copy would only take memory.
                verdict.forget_report();
            }
        }
    }
}

/// The keys by place, those of one place by their names.
fn in_order(keys: Keys, paths: &Paths<'_>) -> Keys {
    // Many keys share a place: what orders places is made once for each.
    let places: HashSet<&Place> = keys.iter().map(|key| &key.place).collect();
    let mut places: Vec<_> = places.into_iter().map(|place| (rules::place_order(place, paths), place.clone())).collect();
    places.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut ranks = HashMap::new();
    let mut before = None;
    let mut rank = 0;
    for (order, place) in places {
        rank += usize::from(before.as_ref().is_some_and(|before| *before != order));
        ranks.insert(place, rank);
        before = Some(order);
    }
    let mut ranked: Vec<_> = keys.into_iter().map(|key| (ranks.get(&key.place), key)).collect();
    ranked.sort_by(|(a, left), (b, right)| a.cmp(b).then_with(|| left.id.cmp(&right.id)));
    ranked.into_iter().map(|(_, key)| key).collect()
}

/// How loud what is.
struct Levels<'a> {
    config: &'a Config,
    options: &'a PolicyOptions,
}

impl Levels<'_> {
    /// The level of a rule's violations.
    fn of(&self, rule: &str) -> Level {
        let default = if rule == MODULES_NOT_FOLLOWED { Level::Error } else { Level::Warning };
        self.options.levels.get(rule).or_else(|| self.config.levels.get(rule)).copied().unwrap_or(default)
    }

    /// The level of undetermined verdicts.
    fn undetermined(&self) -> Level {
        if self.options.strict { Level::Error } else { self.config.undetermined.unwrap_or(Level::Note) }
    }

    fn leveled<'k>(&self, facts: &'k KeyFacts, rule: &'static Rule, verdict: &'k Verdict) -> LeveledVerdict<'k> {
        LeveledVerdict { facts, rule, verdict, level: self.of(rule.id), undetermined: self.undetermined() }
    }

    fn of_drift(&self, mut finding: Finding) -> Option<Finding> {
        let level = self.of(finding.rule);
        finding.level = if finding.verdict == "undetermined" && level != Level::Off { self.undetermined() } else { level };
        (finding.level != Level::Off).then_some(finding)
    }
}

/// The finding on a module call that was not followed, under `--strict`. Roots that share the call share the finding.
fn not_followed(module: &ModuleNotFollowed, gathered: &mut FindingCollector<'_>) {
    let key = KeyId { root: module.root.as_str().into(), inputs: None, address: module.address.clone(), input: InputKind::Hcl };
    let message = format!("the module `{}` was not followed: {}", module.source, module.why);
    let help = "Run `terraform init` first, which installs the module, or check the plan.";
    gathered.add_unseen(&key, &module.place, Kind::ModuleNotFollowed, (&message, "Keys in it are not checked.", help));
}

/// The finding on something that was seen and not read and that may hide keys, under `--strict`.
fn not_read(one: &NotRead, paths: &Paths<'_>, gathered: &mut FindingCollector<'_>) {
    let path: Arc<str> = one.path.as_str().into();
    // Its name is the same wherever kmslint is started.
    let key = KeyId { root: Arc::clone(&path), inputs: None, address: (paths.root)(&one.path), input: InputKind::Hcl };
    // Every report shows the path with it.
    let what = match one.kind {
        NotReadKind::Plan => "this plan",
        NotReadKind::State => "this state",
        NotReadKind::ValuesFile => "this values file",
        NotReadKind::TerragruntUnit => "this Terragrunt unit",
        NotReadKind::Stack => "this Stack",
        NotReadKind::Excluded => "this path",
    };
    let message = format!("{what} was not read: {}", one.why);
    gathered.add_unseen(&key, &Place::File(path), Kind::NotRead, (&message, "Keys that depend on it are not checked.", ""));
}

/// Splits findings, instance by instance, into what is reported and what the user accepted.
fn take_off(
    findings: Vec<Finding>,
    exemptions: &mut Exemptions,
    baseline: Option<&Baseline>,
    facts: &HashMap<&KeyId, &KeyFacts>,
    around: ExemptionContext<'_>,
) -> (Vec<Finding>, Vec<Exempted>) {
    if exemptions.is_empty() && baseline.is_none() {
        return (findings, Vec::new());
    }
    let mut reported = Vec::new();
    let mut exempted: Vec<Exempted> = Vec::new();
    for mut finding in findings {
        // Taken out first: each group copies the finding, and to copy its instances as well took quadratic time.
        let instances = std::mem::take(&mut finding.instances);
        let is_about_keys = !instances.is_empty();
        let mut left = Vec::new();
        // Instances with the same exemption stay together, in the order in which the exemptions are met.
        let mut groups: Vec<Exempted> = Vec::new();
        let mut known: HashMap<(ExemptedBy, Option<Place>), usize> = HashMap::new();
        for instance in instances {
            let accepted = match exemptions.find(&finding, &instance, facts.get(&instance.key).copied(), around) {
                Some(exemption) => (exemption.by, Some(exemption.place.clone()), exemption.reason.clone(), exemption.until),
                None => match baseline.filter(|baseline| baseline.holds(&instance)) {
                    Some(baseline) => {
                        let place = Place::File(baseline.path.as_str().into());
                        (ExemptedBy::Baseline, Some(place), "accepted in the baseline".to_owned(), None)
                    }
                    None => {
                        left.push(instance);
                        continue;
                    }
                },
            };
            let (by, place, reason, until) = accepted;
            let at = *known.entry((by, place.clone())).or_insert_with(|| {
                groups.push(Exempted { finding: finding.clone(), by, place, reason, until });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(at) {
                group.finding.instances.push(instance);
            }
        }
        for mut group in groups {
            let instances = std::mem::take(&mut group.finding.instances);
            group.finding = group.finding.of(instances);
            exempted.push(group);
        }
        if !left.is_empty() || !is_about_keys {
            reported.push(if is_about_keys { finding.of(left) } else { finding });
        }
    }
    (reported, exempted)
}

/// What is to be said about a baseline: that it is of an old version, and that nothing matches some of its entries.
fn about(baseline: &Baseline, exempted: &[Exempted]) -> Vec<Notice> {
    let notice = |message: String| Notice { kind: "unused-exemption", message, place: Some(Place::File(baseline.path.as_str().into())) };
    let seen: HashSet<&str> = exempted
        .iter()
        .filter(|exempted| exempted.by == ExemptedBy::Baseline)
        .flat_map(|exempted| exempted.finding.instances.iter().map(|instance| baseline.known_as(instance)))
        .collect();
    let stale = match baseline.unused(&seen) {
        0 => None,
        1 => Some("1 baseline entry is stale; refresh it with `--write-baseline`".to_owned()),
        count => Some(format!("{count} baseline entries are stale; refresh them with `--write-baseline`")),
    };
    let old = baseline.is_old().then(|| {
        let text = "this baseline was written by kmslint 0.1.0 and depends on where files are; refresh it with `--write-baseline`";
        Notice { kind: "old-baseline", ..notice(text.to_owned()) }
    });
    old.into_iter().chain(stale.map(notice)).collect()
}

#[cfg(test)]
mod tests;
