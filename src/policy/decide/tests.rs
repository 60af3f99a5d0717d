//! What is reported and what is not, with constructed keys.

use super::super::baseline;
use super::super::exempt::ExemptEntry;
use super::*;
use crate::base::{Fact, Problem, ProblemKind, SourceId, Span, Step};
use crate::key::{Comment, Covers, ProtectionMode};
use crate::rules::testing::{days_ago, declared, now, rotated, sample_rules, with};
use jiff::civil::Date;

/// A run with one source text of ten lines, each of ten bytes including the newline.
struct Run {
    sources: Sources,
    source: SourceId,
    input: Input,
    config: Config,
    baseline: Option<Baseline>,
    options: PolicyOptions,
}

const PATH: &str = "infra/main.tf";

fn path(place: &Place) -> String {
    match place {
        Place::Source(_) => PATH.to_owned(),
        Place::File(path) => path.to_string(),
        Place::Json(at) => at.file.to_string(),
        Place::Cloud(at) => at.ocid.to_string(),
    }
}

fn paths() -> Paths<'static> {
    Paths { place: &path, root: &str::to_owned, address: &|_| None }
}

/// The default options, with all rules off except those that these tests are about.
fn options() -> PolicyOptions {
    let is_sample = |rule: &&Rule| sample_rules().iter().any(|sample| sample.id == rule.id);
    let levels = rules::ALL.iter().filter(|rule| !is_sample(rule)).map(|rule| (rule.id, Level::Off)).collect();
    PolicyOptions { levels, ..PolicyOptions::default() }
}

impl Run {
    fn new() -> Self {
        let sources = Sources::default();
        let source = sources.add(PATH, "123456789\n".repeat(10));
        Self { sources, source, input: Input::default(), config: Config::default(), baseline: None, options: options() }
    }

    /// A range of lines, from 0 and inclusive.
    fn lines(&self, first: usize, last: usize) -> Place {
        Place::Source(Span::new(self.source, first * 10..last * 10 + 9))
    }

    /// Adds a rotated HSM key: one finding of OCI-KMS-004 at its header's line.
    fn key(mut self, address: &str, line: usize) -> Self {
        let key = with(rotated(declared(), 90), |key| {
            key.id.address = address.to_owned();
            key.place = self.lines(line, line);
            key.declared.block = Some(self.lines(line, line + 2));
        });
        self.input.inventory.keys.push(Box::new(key));
        self
    }

    fn change(mut self, change: impl FnOnce(&mut KeyFacts)) -> Self {
        change(self.input.inventory.keys.last_mut().unwrap());
        self
    }

    fn comment(mut self, text: &str, covers: Covers) -> Self {
        let place = self.lines(0, 0);
        self.input.inventory.comments.push(Comment { text: text.to_owned(), place, covers });
        self
    }

    fn entry(mut self, change: impl FnOnce(&mut ExemptEntry)) -> Self {
        let mut entry = ExemptEntry {
            rules: vec!["OCI-KMS-004"],
            address: None,
            path: None,
            name: None,
            compartment: None,
            key: None,
            tag: None,
            reason: "a reason".to_owned(),
            until: None,
            place: Place::File("kmslint.toml".into()),
        };
        change(&mut entry);
        self.config.exempt.push(entry);
        self
    }

    fn decide(&self) -> Outcome {
        let context = DecisionContext { now: now(), sources: &self.sources, paths: &paths() };
        decide(self.input.clone(), &self.config, self.baseline.as_ref(), &self.options, &context)
    }
}

/// The reported addresses, and the exempted ones with what exempted them.
fn split(outcome: &Outcome) -> (Vec<&str>, Vec<(&str, ExemptedBy)>) {
    let of = |finding: &'_ Finding| finding.instances.iter().map(|instance| instance.key.address.clone()).collect::<Vec<_>>();
    let mut reported = Vec::new();
    for finding in &outcome.findings {
        assert!(!of(finding).is_empty());
        reported.extend(finding.instances.iter().map(|instance| instance.key.address.as_str()));
    }
    let exempted = outcome
        .exempted
        .iter()
        .flat_map(|exempted| exempted.finding.instances.iter().map(|instance| (instance.key.address.as_str(), exempted.by)))
        .collect();
    (reported, exempted)
}

fn notices(outcome: &Outcome) -> Vec<&str> {
    outcome.notices.iter().map(|notice| notice.kind).collect()
}

#[test]
fn levels_come_from_the_command_line_then_the_config_then_the_default() {
    let mut run = Run::new().key("oci_kms_key.k", 1);
    let level = |run: &Run| run.decide().findings.first().map(|finding| finding.level);
    assert_eq!(level(&run), Some(Level::Warning));
    run.config.levels.insert("OCI-KMS-004", Level::Error);
    assert_eq!(level(&run), Some(Level::Error));
    run.options.levels.insert("OCI-KMS-004", Level::Note);
    assert_eq!(level(&run), Some(Level::Note));
    run.options.levels.insert("OCI-KMS-004", Level::Off);
    let outcome = run.decide();
    assert_eq!(outcome.findings, []);
    assert_eq!(
        outcome.keys[0].verdicts.iter().map(|(rule, _)| rule.id).collect::<Vec<_>>(),
        ["OCI-KMS-001"],
        "a rule that is off is not checked"
    );
}

#[test]
fn undetermined_is_a_note_unless_settings_or_strict_raise_it() {
    let mut run = Run::new().key("oci_kms_key.k", 1).change(|key| key.protection_mode = Fact::unknown("variable `m` has no value"));
    let level = |run: &Run| run.decide().findings.iter().map(|finding| (finding.verdict, finding.level)).collect::<Vec<_>>();
    assert_eq!(level(&run), [("undetermined", Level::Note)]);
    run.config.undetermined = Some(Level::Warning);
    assert_eq!(level(&run), [("undetermined", Level::Warning)]);
    run.options.strict = true;
    assert_eq!(level(&run), [("undetermined", Level::Error)]);
    run.options.strict = false;
    run.config.undetermined = Some(Level::Off);
    assert_eq!(level(&run), []);
    assert_eq!(run.decide().keys[0].verdicts.len(), 2, "the verdict stays");
}

#[test]
fn run_fails_at_the_chosen_level_and_never_on_advice() {
    let mut run = Run::new().key("oci_kms_key.k", 1);
    let outcome = run.decide();
    assert_eq!(fail_on(&run.config, &run.options), FailOn::At(Level::Warning));
    run.config.fail_on = Some(FailOn::Never);
    assert_eq!(fail_on(&run.config, &run.options), FailOn::Never);
    run.options.fail_on = Some(FailOn::At(Level::Error));
    assert_eq!(fail_on(&run.config, &run.options), FailOn::At(Level::Error));
    for (word, fails) in [("error", false), ("warning", true), ("note", true), ("never", false)] {
        assert_eq!(outcome.fails(FailOn::read(word).unwrap()), fails, "{word}");
    }
    assert_eq!(FailOn::read("off"), None);
    let advised = Run::new().key("oci_kms_key.k", 1).change(|key| {
        key.stage = crate::key::Stage::Actual;
        key.protection_mode = Fact::known(ProtectionMode::Software);
        key.rotation.enabled = Fact::unset();
        key.times.current_version = Some(days_ago(350));
    });
    let outcome = advised.decide();
    assert_eq!(outcome.findings.iter().map(|finding| finding.verdict).collect::<Vec<_>>(), ["advice"]);
    assert!(!outcome.fails(FailOn::At(Level::Note)), "advice never affects the exit code");
}

#[test]
fn module_not_followed_is_a_finding_with_strict() {
    let mut run = Run::new();
    let place = run.lines(3, 3);
    run.input.inventory.modules_not_followed.push(ModuleNotFollowed {
        address: "module.vault".to_owned(),
        root: "infra".to_owned(),
        source: "acme/vault/oci".to_owned(),
        place,
        why: "it is not installed".to_owned(),
    });
    assert_eq!(run.decide().findings, []);
    assert_eq!(run.decide().modules_not_followed.len(), 1);
    run.options.strict = true;
    let outcome = run.decide();
    assert_eq!(&*outcome.findings[0].message, "the module `acme/vault/oci` was not followed: it is not installed");
    assert_eq!((outcome.findings[0].rule, outcome.findings[0].level), (MODULES_NOT_FOLLOWED, Level::Error));
    run = run.comment("ignore[modules-not-followed] vendored elsewhere", Covers::Call(outcome.findings[0].place.clone()));
    assert_eq!(split(&run.decide()), (vec![], vec![("module.vault", ExemptedBy::Comment)]));
}

#[test]
fn comment_covers_its_lines_its_resource_or_the_keys_of_its_call() {
    let base = || Run::new().key("oci_kms_key.a", 1).key("oci_kms_key.b", 5);
    let by = |address| (vec!["oci_kms_key.b"], vec![(address, ExemptedBy::Comment)]);
    let text = "ignore[OCI-KMS-004] a reason";
    assert_eq!(split(&base().comment(text, Covers::Lines(0, 1)).decide()), by("oci_kms_key.a"));
    let block = Run::new().lines(1, 3);
    assert_eq!(split(&base().comment(text, Covers::Resource(block.clone())).decide()), by("oci_kms_key.a"));
    let call = Place::File("call".into());
    let run = Run::new()
        .key("oci_kms_key.a", 1)
        .change(|key| {
            key.declared.calls =
                [crate::base::ModuleCall { name: "module.m".into(), header: call.clone(), block: call.clone(), is_external: false }].into()
        })
        .key("oci_kms_key.b", 5);
    assert_eq!(split(&run.comment(text, Covers::Call(call)).decide()), by("oci_kms_key.a"));
    // A finding inside the resource's block is covered, wherever the key's header is.
    let inside = Run::new().lines(2, 2);
    let run = base().key("oci_kms_key.c", 8).change(|key| {
        key.protection_mode = Fact::known(ProtectionMode::Hsm).with_trail(vec![Step::new(inside, "")]);
    });
    let (reported, exempted) =
        (vec!["oci_kms_key.b"], vec![("oci_kms_key.a", ExemptedBy::Comment), ("oci_kms_key.c", ExemptedBy::Comment)]);
    assert_eq!(split(&run.comment(text, Covers::Resource(block)).decide()), (reported, exempted));
}

#[test]
fn instances_of_one_finding_are_exempted_separately() {
    let run = Run::new().key("oci_kms_key.k[0]", 1).key("oci_kms_key.k[1]", 1).key("oci_kms_key.k[2]", 1);
    assert_eq!(run.decide().findings.len(), 1);
    let outcome = run.entry(|entry| entry.address = Some("oci_kms_key.k[1]".to_owned())).decide();
    assert_eq!(split(&outcome), (vec!["oci_kms_key.k[0]", "oci_kms_key.k[2]"], vec![("oci_kms_key.k[1]", ExemptedBy::Config)]));
    assert_eq!(outcome.keys.iter().map(|key| key.exempted).collect::<Vec<_>>(), [false, true, false]);
    assert!(
        outcome.keys.iter().all(|key| key.verdicts.iter().any(|(_, verdict)| verdict.word() == "violation")),
        "an exempted key keeps its verdict"
    );
    assert_eq!(outcome.exempted[0].finding.fingerprint, outcome.findings[0].fingerprint, "the place to edit is the same");
}

#[test]
fn all_selectors_of_an_entry_must_match() {
    let base = || {
        Run::new().key("module.pci.oci_kms_key.k[\"a\"]", 1).change(|key| {
            key.ocid = Some("ocid1.key.oc1..a".to_owned());
            key.display_name = Fact::known("orders".to_owned());
            key.compartment = Fact::known("ocid1.compartment.oc1..c".to_owned());
            key.freeform_tags.insert("HsmRequired".to_owned(), "yes".to_owned());
            key.defined_tags.insert("Ops.Tier".to_owned(), "gold".to_owned());
        })
    };
    type Set = fn(&mut ExemptEntry, String);
    let selectors: [(Set, &[&str], &[&str]); 6] = [
        (|entry, text| entry.address = Some(text), &["module.pci.*", "*[\"?\"]"], &["module.p.*", "*[a]", "oci_kms_key.*"]),
        (|entry, text| entry.path = Some(text), &["infra/*", "*.tf", "infra/main.tf"], &["main.tf", "infra"]),
        (|entry, text| entry.name = Some(text), &["orders", "o*"], &["order"]),
        (|entry, text| entry.compartment = Some(text), &["ocid1.compartment.oc1..c"], &["ocid1.compartment.oc1..d"]),
        (|entry, text| entry.key = Some(text), &["ocid1.key.*"], &["ocid1.vault.*"]),
        (
            |entry, text| entry.tag = Some(text),
            &["HsmRequired=*", "Ops.Tier=gold", "*=yes"],
            &["HsmRequired=no", "Tier=gold", "Ops.Tier=*silver"],
        ),
    ];
    for (set, matching, others) in selectors {
        for (patterns, count) in [(matching, 1), (others, 0)] {
            for pattern in patterns {
                let outcome = base().entry(|entry| set(entry, (*pattern).to_owned())).decide();
                assert_eq!(outcome.exempted.len(), count, "{pattern}");
                assert_eq!(notices(&outcome).len(), 1 - count, "{pattern}");
            }
        }
    }
    let both = |name: &str| {
        let entry = |entry: &mut ExemptEntry| (entry.address, entry.name) = (Some("module.pci.*".to_owned()), Some(name.to_owned()));
        base().entry(entry).decide().exempted.len()
    };
    assert_eq!((both("orders"), both("carts")), (1, 0));
    let unknown =
        base().change(|key| key.display_name = Fact::unknown("variable `n` has no value")).entry(|entry| entry.name = Some("*".to_owned()));
    assert_eq!(unknown.decide().exempted.len(), 0, "an unknown value matches nothing");
}

#[test]
fn exemption_is_found_among_many_by_each_form_of_pattern() {
    let key = || {
        let run = Run::new().key("module.pci.oci_kms_key.k[\"a\"]", 1);
        run.change(|key| {
            key.ocid = Some("ocid1.key.oc1..a".to_owned());
            key.display_name = Fact::known("orders".to_owned());
            key.compartment = Fact::known("ocid1.compartment.oc1..c".to_owned());
            key.freeform_tags.insert("Hsm".to_owned(), "yes".to_owned());
        })
    };
    // Many entries of each kind that cover nothing, before and after the one that does.
    let crowd = |mut run: Run, kind: &str| {
        for at in 0..300 {
            run = run.entry(|entry| match at % 6 {
                0 => entry.address = Some(format!("module.pci{at}.*")),
                1 => entry.name = Some(format!("orders{at}")),
                2 => entry.key = Some(format!("*{kind}{at}")),
                3 => entry.tag = Some(format!("Hsm{at}=*")),
                4 => entry.path = Some(format!("infra/{at}/*.tf")),
                _ => entry.compartment = Some(format!("ocid1.compartment.oc1..c{at}")),
            });
        }
        run
    };
    let selectors: [fn(&mut ExemptEntry, &str); 6] = [
        |entry, text| entry.address = Some(text.to_owned()),
        |entry, text| entry.name = Some(text.to_owned()),
        |entry, text| entry.key = Some(text.to_owned()),
        |entry, text| entry.tag = Some(text.to_owned()),
        |entry, text| entry.path = Some(text.to_owned()),
        |entry, text| entry.compartment = Some(text.to_owned()),
    ];
    let texts = [
        ["module.pci.oci_kms_key.k[\"a\"]", "module.pci.*", "*[\"a\"]", "?odule*"],
        ["orders", "ord*", "*ers", "?rders"],
        ["ocid1.key.oc1..a", "ocid1.*", "*..a", "ocid?.key*"],
        ["Hsm=yes", "Hsm=*", "*=yes", "Hs?=yes"],
        ["infra/main.tf", "infra/*", "*.tf", "infra/mai?.tf"],
        ["ocid1.compartment.oc1..c", "ocid1.c*", "*..c", "*"],
    ];
    for (select, patterns) in selectors.iter().zip(texts) {
        for pattern in patterns {
            let run = crowd(crowd(key(), "x").entry(|entry| select(entry, pattern)), "y");
            let outcome = run.decide();
            assert_eq!((outcome.exempted.len(), outcome.findings.len()), (1, 0), "{pattern}");
            assert_eq!(outcome.notices.len(), 600, "{pattern}");
        }
    }
}

#[test]
fn path_may_be_relative_to_the_directory_of_the_config_file() {
    let mut run = Run::new().key("oci_kms_key.k", 1).entry(|entry| entry.path = Some("main.tf".to_owned()));
    assert_eq!(run.decide().exempted.len(), 0);
    run.config.directory = "infra".into();
    assert_eq!(run.decide().exempted.len(), 1);
}

#[test]
fn exemption_applies_up_to_and_including_until() {
    let until = |day: i8| {
        Run::new()
            .key("oci_kms_key.k", 1)
            .entry(|entry| (entry.address, entry.until) = (Some("*".to_owned()), Some(Date::constant(2026, 11, day))))
            .decide()
    };
    for (day, exempted, notice) in [(20, 0, vec!["expired-exemption"]), (21, 1, vec![]), (22, 1, vec![])] {
        let outcome = until(day);
        assert_eq!((outcome.exempted.len(), notices(&outcome)), (exempted, notice), "2026-11-{day}");
    }
    let expired = until(20);
    assert_eq!(expired.notices[0].message, "exemption for `OCI-KMS-004` expired on 2026-11-20");
    assert_eq!(expired.findings.len(), 1);
}

#[test]
fn unused_exemption_is_reported_for_each_rule_that_was_checked() {
    let run = Run::new().key("oci_kms_key.k", 1).comment("ignore[OCI-KMS-001, OCI-KMS-004] a reason", Covers::Lines(1, 1));
    let outcome = run.decide();
    assert_eq!(outcome.exempted.len(), 1);
    assert_eq!(
        outcome.notices.iter().map(|notice| notice.message.as_str()).collect::<Vec<_>>(),
        ["unused exemption for `OCI-KMS-001`; remove it"]
    );
    let mut off = Run::new().key("oci_kms_key.k", 1).comment("ignore[OCI-KMS-004] a reason", Covers::Lines(1, 1));
    off.config.levels.insert("OCI-KMS-004", Level::Off);
    assert_eq!(notices(&off.decide()), Vec::<&str>::new(), "a rule that is off cannot match");
}

#[test]
fn invalid_comment_is_one_problem_and_hides_nothing() {
    let covers = || Covers::Lines(1, 1);
    let run = Run::new().key("oci_kms_key.k", 1).comment("ignore[OCI-KMS-004]", covers()).comment("ignore[OCI-KMS-004]", covers());
    let outcome = run.decide();
    assert_eq!(outcome.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>(), ["the exemption has no reason"]);
    assert_eq!((outcome.exempted.len(), outcome.findings.len()), (0, 1));
}

#[test]
fn everything_is_reported_with_no_exemptions() {
    let mut run = Run::new()
        .key("oci_kms_key.k", 1)
        .comment("ignore[OCI-KMS-004] a reason", Covers::Lines(1, 1))
        .entry(|entry| entry.address = Some("x".to_owned()));
    run.baseline = Some(baseline::parse("b.json", &baseline::write(&run.decide(), &paths()).0).unwrap());
    run.options.no_exemptions = true;
    let outcome = run.decide();
    assert_eq!((outcome.findings.len(), outcome.exempted.len(), outcome.notices.len()), (1, 0, 0));
    assert!(!outcome.keys[0].exempted);
}

#[test]
fn baseline_exempts_its_entries_and_nothing_else() {
    let mut run = Run::new().key("oci_kms_key.k[0]", 1).key("oci_kms_key.k[1]", 1);
    let text = baseline::write(&run.decide(), &paths()).0;
    run.baseline = Some(baseline::parse("baseline.json", &text).unwrap());
    let accepted = run.decide();
    assert_eq!((accepted.findings.len(), accepted.exempted.len()), (0, 1));
    assert_eq!(accepted.exempted[0].by, ExemptedBy::Baseline);
    assert_eq!(baseline::write(&accepted, &paths()).0, text, "rewriting it does not change it");
    let run = run.key("oci_kms_key.k[2]", 1);
    assert_eq!(split(&run.decide()).0, ["oci_kms_key.k[2]"], "a new instance of a known finding");
    let moved = Run { baseline: run.baseline.clone(), ..Run::new().key("oci_kms_key.k[0]", 7) };
    let outcome = moved.decide();
    assert_eq!(outcome.findings, [], "line numbers do not matter");
    assert_eq!(outcome.notices[0].message, "1 baseline entry is stale; refresh it with `--write-baseline`");
    let other = Run {
        baseline: run.baseline.clone(),
        ..Run::new().key("oci_kms_key.k[0]", 1).change(|key| key.protection_mode = Fact::known(ProtectionMode::Hsm))
    };
    assert_eq!(other.decide().findings.len(), 1, "a different kind is a different finding");
}

#[test]
fn baseline_is_sorted_and_invalid_baselines_are_problems() {
    let run = Run::new().key("oci_kms_key.z", 1).key("oci_kms_key.a", 5);
    let text = baseline::write(&run.decide(), &paths()).0;
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let addresses: Vec<&str> = document["findings"].as_array().unwrap().iter().map(|entry| entry["address"].as_str().unwrap()).collect();
    assert_eq!(addresses, ["oci_kms_key.a", "oci_kms_key.z"]);
    assert_eq!((&document["version"], &document["findings"][0]["rule"]), (&2.into(), &"OCI-KMS-004".into()));
    assert!(text.ends_with("}\n"));
    for (broken, message) in
        [("", "not a kmslint baseline"), ("[]", "not a kmslint baseline"), ("{\"version\": 3, \"findings\": []}", "version 3")]
    {
        let problem = baseline::parse("b.json", broken).unwrap_err();
        assert!(problem.message.contains(message) && problem.kind == ProblemKind::Policy, "{}", problem.message);
    }
}

#[test]
fn outcome_is_sorted_by_place_without_duplicates() {
    let mut run = Run::new().key("oci_kms_key.z", 5).key("oci_kms_key.a", 1);
    let problem = |path: &str| Problem::new(ProblemKind::Unparsable, "it does not parse").at(Place::File(path.into()));
    run.input.inventory.problems = vec![problem("b.tf"), problem("a.tf"), problem("b.tf")];
    let outcome = run.decide();
    assert_eq!(split(&outcome).0, ["oci_kms_key.a", "oci_kms_key.z"]);
    assert_eq!(outcome.keys.iter().map(|key| key.facts.id.address.as_str()).collect::<Vec<_>>(), ["oci_kms_key.a", "oci_kms_key.z"]);
    assert_eq!(outcome.problems, [problem("a.tf"), problem("b.tf")]);
}

#[test]
fn drift_findings_have_levels_and_exemptions() {
    let mut run = Run::new();
    let code = with(rotated(declared(), 90), |key| key.ocid = Some("ocid1.key.oc1.eu-frankfurt-1.gone".to_owned()));
    let drifts = rules::compare(&[], std::slice::from_ref(&code), &rules::DriftScope::default());
    run.input.drift = rules::drift_findings(&drifts, &paths());
    run.input.declared.push(Box::new(code));
    assert_eq!(run.decide().findings.iter().map(|finding| finding.kind.word()).collect::<Vec<_>>(), ["missing"]);
    let exempting = Run { input: run.input.clone(), ..Run::new() }
        .entry(|entry| (entry.rules, entry.key) = (vec![rules::DRIFT], Some("*gone".to_owned())));
    assert_eq!(exempting.decide().exempted.len(), 1);
    run.config.levels.insert(rules::DRIFT, Level::Off);
    assert_eq!(run.decide().findings, []);
}

#[test]
fn keys_beyond_the_limit_are_not_checked_and_are_a_problem() {
    let run = |count: usize| (0..count).fold(Run::new(), |run, at| run.key(&format!("oci_kms_key.k{at}"), at % 8)).decide();
    let (fits, cut) = (run(MAX_KEYS), run(MAX_KEYS + 5));
    assert_eq!((fits.keys.len(), fits.problems.len()), (MAX_KEYS, 0));
    assert_eq!(cut.keys.len(), MAX_KEYS);
    let messages: Vec<_> = cut.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, [format!("there are {} keys; the first {MAX_KEYS} of them were checked", MAX_KEYS + 5)]);
}
