//! Inventory → outcome: checks every key, gives every finding its level, and applies the user's exemptions.

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

/// The command line's settings, which override the config file.
#[derive(Clone, Debug, Default)]
pub struct PolicyOptions {
    /// Report exempted and baselined findings, too.
    pub no_exemptions: bool,
    /// Treat undetermined verdicts, and modules and files that were not read, as errors.
    pub strict: bool,
    /// Levels by rule id.
    pub levels: BTreeMap<&'static str, Level>,
    /// The level at which the run fails.
    pub fail_on: Option<FailOn>,
}

/// What a decision depends on in addition to its input and the settings.
#[derive(Clone, Copy, Debug)]
pub struct DecisionContext<'a> {
    /// The time of the run.
    pub now: Timestamp,
    /// The source texts.
    pub sources: &'a Sources,
    /// The repository's names of places and roots.
    pub paths: &'a Paths<'a>,
}

/// What to decide on.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The keys to check, comments, problems.
    pub inventory: Inventory,
    /// Findings about drift.
    pub drift: Vec<Finding>,
    /// Keys that are not checked, but that findings about drift name.
    pub declared: Keys,
}

/// The level at which a run fails: from the command line, else from the config file, else `warning`.
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
    let (mut keys, mut findings, too_many_keys) = check(inventory.keys, config, &levels, context);
    findings.extend(drift.into_iter().filter_map(|finding| levels.of_drift(finding)));
    if options.strict && levels.of(MODULES_NOT_FOLLOWED) != Level::Off {
        let mut collector = FindingCollector::new(paths);
        inventory.modules_not_followed.iter().for_each(|module| add_not_followed(module, &mut collector));
        inventory.not_read.iter().filter(|item| item.may_hide_keys).for_each(|item| add_not_read(item, paths, &mut collector));
        findings.extend(collector.finish());
    }

    let names_root = has_several_roots(keys.iter().map(|key| &key.facts.id).chain(declared.iter().map(|key| &key.id)));
    keys.iter_mut().for_each(|key| key.names_root = names_root);
    findings.iter_mut().flat_map(|finding| &mut finding.instances).for_each(|instance| instance.names_root = names_root);

    let today = context.now.to_zoned(TimeZone::UTC).date();
    let (mut exemptions, mistakes) = exempt::collect(&inventory.comments, &config.exempt, today);
    let mut problems = inventory.problems;
    problems.extend(mistakes);
    problems.extend(too_many_keys);
    let mut exempted = Vec::new();
    let mut notices = inventory.notices;
    if !options.no_exemptions {
        let config_directory = (paths.root)(&config.directory.to_string_lossy());
        let facts: HashMap<&KeyId, &KeyFacts> = keys.iter().map(|key| &key.facts).chain(&declared).map(|key| (&key.id, &**key)).collect();
        let config_directory = if config_directory == "." { "" } else { config_directory.as_str() };
        let context = ExemptionContext { sources: context.sources, paths, config_directory };
        (findings, exempted) = split_exempted(findings, &mut exemptions, baseline, &facts, context);
        problems.extend(exemptions.problem());
        notices.extend(exemptions.notices(|rule| levels.of(rule) != Level::Off));
        notices.extend(baseline.iter().flat_map(|baseline| baseline_notices(baseline, &exempted)));
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
    // A module that several roots call has the same problems in each of them.
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

/// Whether the keys belong to more than one root.
fn has_several_roots<'k>(keys: impl Iterator<Item = &'k KeyId>) -> bool {
    let mut roots = keys.filter(|key| key.input != InputKind::Live).map(|key| &key.root);
    let first = roots.next();
    roots.any(|root| Some(root) != first)
}

/// The number of keys from which they are checked in parallel: threads start more slowly than fewer keys are checked.
const MIN_PARALLEL: usize = 500;
/// How many keys are checked before their findings are collected; the reports in the verdicts of all keys would take too much memory.
const BATCH: usize = 1_000;

/// How many keys are checked in one run: their findings are kept until the report is written, and take 5 KB per key.
const MAX_KEYS: usize = if cfg!(test) { 3_000 } else { 150_000 };

/// Checks every key with every rule that is not off. Returns the keys, the findings, and a problem if there are too many keys.
fn check(
    keys: Keys,
    config: &Config,
    levels: &Levels<'_>,
    context: &DecisionContext<'_>,
) -> (Vec<CheckedKey>, Vec<Finding>, Option<Problem>) {
    let settings = config.settings(context.now);
    let active: Vec<&'static Rule> = rules::ALL.iter().filter(|rule| levels.of(rule.id) != Level::Off).collect();
    let check_key = |facts: Box<KeyFacts>| {
        let verdicts = active.iter().map(|rule| (*rule, (rule.check)(&facts, &settings))).collect();
        CheckedKey { facts, verdicts, names_root: false, exempted: false }
    };
    let mut all: Vec<CheckedKey> = Vec::with_capacity(keys.len());
    let mut collector = FindingCollector::new(context.paths);
    let mut keys = sort_keys(keys, context.paths);
    let too_many = (keys.len() > MAX_KEYS).then(|| {
        let message = format!("there are {} keys; the first {MAX_KEYS} of them were checked", keys.len());
        Problem::new(ProblemKind::Partial, message).help("Check fewer plans, states or root modules at a time")
    });
    keys.truncate(MAX_KEYS);
    let mut keys = keys.into_iter();
    loop {
        let batch: Keys = keys.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return (all, collector.finish(), too_many);
        }
        let from = all.len();
        if batch.len() < MIN_PARALLEL {
            all.extend(batch.into_iter().map(check_key));
        } else {
            all.extend(batch.into_par_iter().map(check_key).collect::<Vec<_>>());
        }
        for key in all.get_mut(from..).unwrap_or_default() {
            for (rule, verdict) in &mut key.verdicts {
                collector.add(&levels.leveled(&key.facts, rule, verdict));
                // The findings have copied what they show: a second copy would only take memory.
                verdict.clear_details();
            }
        }
    }
}

/// Sorts keys by place, and keys of the same place by their ids.
fn sort_keys(keys: Keys, paths: &Paths<'_>) -> Keys {
    // Many keys share a place: the sort key is computed once per place.
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

/// The levels of findings, from the command line and the config file.
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

/// Adds the finding about a module call that was not followed, with `--strict`. Roots that share the call share the finding.
fn add_not_followed(module: &ModuleNotFollowed, collector: &mut FindingCollector<'_>) {
    let key = KeyId { root: module.root.as_str().into(), inputs: None, address: module.address.clone(), input: InputKind::Hcl };
    let message = format!("the module `{}` was not followed: {}", module.source, module.why);
    let help = "Run `terraform init` first, which installs the module, or check the plan.";
    collector.add_skipped(&key, &module.place, Kind::ModuleNotFollowed, (&message, "Keys in it are not checked.", help));
}

/// Adds the finding about something that was found but not read and that may hide keys, with `--strict`.
fn add_not_read(item: &NotRead, paths: &Paths<'_>, collector: &mut FindingCollector<'_>) {
    let path: Arc<str> = item.path.as_str().into();
    // The repository path is the same in every working directory.
    let key = KeyId { root: Arc::clone(&path), inputs: None, address: (paths.root)(&item.path), input: InputKind::Hcl };
    // Without the path: every report shows it with the finding.
    let what = match item.kind {
        NotReadKind::Plan => "this plan",
        NotReadKind::State => "this state",
        NotReadKind::ValuesFile => "this values file",
        NotReadKind::TerragruntUnit => "this Terragrunt unit",
        NotReadKind::Stack => "this Stack",
        NotReadKind::Excluded => "this path",
    };
    let message = format!("{what} was not read: {}", item.why);
    collector.add_skipped(&key, &Place::File(path), Kind::NotRead, (&message, "Keys that depend on it are not checked.", ""));
}

/// Splits findings, instance by instance, into those to report and those that the user accepted.
fn split_exempted(
    findings: Vec<Finding>,
    exemptions: &mut Exemptions,
    baseline: Option<&Baseline>,
    facts: &HashMap<&KeyId, &KeyFacts>,
    context: ExemptionContext<'_>,
) -> (Vec<Finding>, Vec<Exempted>) {
    if exemptions.is_empty() && baseline.is_none() {
        return (findings, Vec::new());
    }
    let mut reported = Vec::new();
    let mut exempted: Vec<Exempted> = Vec::new();
    for mut finding in findings {
        // Each group clones the finding: cloning the instances with it took quadratic time.
        let instances = std::mem::take(&mut finding.instances);
        let is_about_keys = !instances.is_empty();
        let mut remaining = Vec::new();
        // One group for each exemption, in the order in which the exemptions first match.
        let mut groups: Vec<Exempted> = Vec::new();
        let mut group_of: HashMap<(ExemptedBy, Option<Place>), usize> = HashMap::new();
        for instance in instances {
            let accepted = match exemptions.find(&finding, &instance, facts.get(&instance.key).copied(), context) {
                Some(exemption) => (exemption.by, Some(exemption.place.clone()), exemption.reason.clone(), exemption.until),
                None => match baseline.filter(|baseline| baseline.accepts(&instance)) {
                    Some(baseline) => {
                        let place = Place::File(baseline.path.as_str().into());
                        (ExemptedBy::Baseline, Some(place), "accepted in the baseline".to_owned(), None)
                    }
                    None => {
                        remaining.push(instance);
                        continue;
                    }
                },
            };
            let (by, place, reason, until) = accepted;
            let at = *group_of.entry((by, place.clone())).or_insert_with(|| {
                groups.push(Exempted { finding: finding.clone(), by, place, reason, until });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(at) {
                group.finding.instances.push(instance);
            }
        }
        for mut group in groups {
            let instances = std::mem::take(&mut group.finding.instances);
            group.finding = group.finding.with_instances(instances);
            exempted.push(group);
        }
        if !remaining.is_empty() || !is_about_keys {
            reported.push(if is_about_keys { finding.with_instances(remaining) } else { finding });
        }
    }
    (reported, exempted)
}

/// Notices about a baseline: it has an old version, or stale entries.
fn baseline_notices(baseline: &Baseline, exempted: &[Exempted]) -> Vec<Notice> {
    let notice = |message: String| Notice { kind: "unused-exemption", message, place: Some(Place::File(baseline.path.as_str().into())) };
    let seen: HashSet<&str> = exempted
        .iter()
        .filter(|exempted| exempted.by == ExemptedBy::Baseline)
        .flat_map(|exempted| exempted.finding.instances.iter().map(|instance| baseline.fingerprint_of(instance)))
        .collect();
    let stale = match baseline.stale_entries(&seen) {
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
