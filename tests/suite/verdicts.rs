//! Real plans and states through the complete pipeline: verdicts and exit codes match the hand-written `expected.json` files.

use crate::harness::{Output, TESTED_RULES, directories, in_parallel, local_reduction, read_json, report, root};
use kmslint::base::{Repository, Sources};
use kmslint::check::{self, CheckRequest, Decisions, InputDocument};
use kmslint::key::Inventory;
use kmslint::plan::PlanOptions;
use kmslint::policy::baseline::{self, Baseline};
use kmslint::policy::{Config, Input, Outcome, PolicyOptions};
use kmslint::rules::{self, Level};
use kmslint::terraform::ScanRequest;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NOW: &str = "2026-11-21T00:00:00Z";

/// The verdicts of a report, by address and rule.
fn verdicts(report: &Value) -> BTreeMap<String, Value> {
    let keys = report["keys"].as_array().expect("keys");
    keys.iter().map(|key| (key["address"].as_str().expect("an address").to_owned(), key["verdicts"].clone())).collect()
}

/// Whether a verdict is the expected one. `or` is another accepted verdict, as a verdict or as `verdict kind`.
fn fits(wanted: &Value, found: &Value) -> bool {
    let is = |verdict: &str| found["verdict"] == verdict;
    let kind_fits = wanted.get("kind").is_none_or(|kind| found["kind"] == *kind) || !is("violation");
    (is(wanted["verdict"].as_str().expect("a verdict")) && kind_fits)
        || wanted["or"].as_str().is_some_and(|or| is(or.split([' ', '…']).next().unwrap_or_default()))
}

/// The differences between the expected and the actual verdicts of a case.
fn differences(wanted: &[(String, Value)], found: &BTreeMap<String, Value>) -> Vec<String> {
    let mut list = Vec::new();
    for (address, rules) in wanted {
        for (rule, verdict) in rules.as_object().into_iter().flatten() {
            let here = found.get(address).map_or(&Value::Null, |verdicts| &verdicts[rule]);
            if !fits(verdict, here) {
                list.push(format!("{address} {rule}: wanted {verdict}, found {here}"));
            }
        }
    }
    list
}

fn expectation(case: &Path) -> Value {
    read_json(&std::fs::read_to_string(case.join("expected.json")).expect("expected.json")).expect("JSON")
}

fn wanted(expected: &Value) -> Vec<(String, Value)> {
    let keys = expected["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    keys.iter().map(|key| (key["address"].as_str().expect("an address").to_owned(), key["verdicts"].clone())).collect()
}

/// Runs every case of a directory. Returns the differences, and the number of compared verdicts.
fn run(kind: &str) -> (Vec<String>, usize) {
    let results = in_parallel(directories(&root().join("testdata").join(kind)), |case| {
        let name = format!("{kind}/{}", case.file_name().expect("a name").to_string_lossy());
        let expected = expectation(&case);
        let input = expected["input"].as_str().unwrap_or("plan.json");
        let now = expected["now"].as_str().unwrap_or(NOW);
        let (output, report): (Output, Value) = report(&case, &["--no-config", "--now", now, input]);
        if expected.get("refused").is_some() {
            let is_rejected = output.code == 2 && report["problems"][0]["help"].as_str().is_some_and(|help| !help.is_empty());
            return (if is_rejected { Vec::new() } else { vec![format!("{name}: it is not rejected with a help: {output:#?}")] }, 1);
        }
        let wanted = wanted(&expected);
        let mut wrong: Vec<_> = differences(&wanted, &verdicts(&report)).into_iter().map(|one| format!("{name}: {one}")).collect();
        if let Some(exit) = expected["exit"].as_i64()
            && i64::from(output.code) != exit
        {
            wrong.push(format!("{name}: exit code {} instead of {exit}\n{}", output.code, output.err));
        }
        (wrong, wanted.len())
    });
    let compared = results.iter().map(|(_, compared)| compared).sum();
    (results.into_iter().flat_map(|(wrong, _)| wrong).collect(), compared)
}

#[test]
fn plans_have_the_expected_verdicts() {
    let (wrong, compared) = run("plans");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(compared > 120, "{compared}");
}

#[test]
fn states_have_the_expected_verdicts() {
    let (wrong, compared) = run("states");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(compared > 60, "{compared}");
}

#[test]
fn plan_with_its_source_has_more_verdicts_and_places_in_the_source() {
    let cases: Vec<(PathBuf, Value)> =
        directories(&root().join("testdata/plans")).into_iter().map(|case| (case.clone(), expectation(&case))).collect();
    let with_source = cases.iter().filter(|(case, expected)| case.join("src").is_dir() && expected.get("refused").is_none());
    let (mut compared, mut located) = (0, 0);
    let mut wrong = Vec::new();
    let reports = in_parallel(with_source, |(case, expected)| {
        (case, expected, report(case, &["--no-config", "--now", NOW, "--source", "src", "plan.json"]).1)
    });
    for (case, expected, report) in reports {
        let name = case.file_name().expect("a name").to_string_lossy().into_owned();
        let found = verdicts(&report);
        if let Some(with_source) = expected["with_source"].as_object() {
            let wanted: Vec<_> = with_source.iter().map(|(address, verdicts)| (address.clone(), verdicts.clone())).collect();
            compared += wanted.len();
            wrong.extend(differences(&wanted, &found).into_iter().map(|one| format!("{name}: {one}")));
        }
        for finding in report["findings"].as_array().expect("findings") {
            located += usize::from(finding["place"]["path"].as_str().is_some_and(|path| path.starts_with("src/")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(compared >= 3 && located >= 40, "{compared} {located}");
}

/// Findings of a configuration and of its plan are the same, so a baseline of one accepts those of the other.
#[test]
fn baseline_of_a_configuration_applies_to_its_plan() {
    let cases = directories(&root().join("testdata/parity"));
    let compared: usize = in_parallel(cases.iter().step_by(local_reduction(3)), |case| count_accepted_in_plan(case)).iter().sum();
    assert!(compared > 120 / local_reduction(3), "{compared}");
}

/// Accepts the findings of a case's configuration. Returns how many violations of its plan that accepts, or 0 if they cannot be compared.
fn count_accepted_in_plan(case: &Path) -> usize {
    let expected = expectation(case);
    let is_plain = ["vars", "var_files", "flags", "env", "workspace"].iter().all(|kind| expected["args"].get(kind).is_none());
    if !case.join("plan.json").exists() || !is_plain || expected.get("hand").is_some() {
        return 0;
    }
    let name = case.file_name().expect("a name").to_string_lossy().into_owned();
    let case = case.canonicalize().expect("a path");
    let repository = Repository::around(&case);
    let levels = rules::ALL.iter().filter(|rule| !TESTED_RULES.contains(&rule.id)).map(|rule| (rule.id, Level::Off)).collect();
    let options = PolicyOptions { levels, ..PolicyOptions::default() };
    let sources = Arc::new(Sources::default());
    let decide = |inventory: &Inventory, baseline: Option<&Baseline>| {
        let now = NOW.parse().expect("a time");
        let decisions = Decisions { config: &Config::default(), baseline, options: &options, now, repository: &repository };
        check::decide(Input { inventory: inventory.clone(), ..Input::default() }, &decisions, &sources)
    };
    let count = |outcome: &Outcome, verdict: &str| {
        let found = outcome.keys.iter().flat_map(|key| &key.verdicts);
        found.filter(|(_, found)| found.word() == verdict).count()
    };
    let reported = |outcome: &Outcome| -> Vec<String> {
        let above = outcome.findings.iter().filter(|finding| finding.level != Level::Note);
        above.map(|finding| format!("{} {}", finding.rule, finding.message)).collect()
    };
    // The configuration of a plan is one directory, without its subdirectories.
    let code = |directory: &Path| {
        let root = directory.to_path_buf();
        ScanRequest { exclude: Box::new(move |path| path != root), ..ScanRequest::new(case.clone(), vec![directory.to_path_buf()]) }
    };
    let request = |documents: Vec<InputDocument>| {
        let terraform = documents.is_empty().then(|| ScanRequest::new(case.clone(), vec![PathBuf::from(".")]));
        CheckRequest { terraform, code: &code, documents, plan: PlanOptions::default(), changed_only: false }
    };
    let written = check::read(request(Vec::new()), &sources);
    let (text, _) = check::with_paths(&repository, &sources, |paths| baseline::write(&decide(&written, None), paths));
    let baseline = baseline::parse("baseline.json", &text).unwrap_or_else(|problem| panic!("{name}: {problem:?}"));
    let accepted = decide(&written, Some(&baseline));
    assert_eq!(reported(&accepted), Vec::<String>::new(), "{name}");
    // Only the plan has the results of data sources, so it may have more findings.
    if count(&accepted, "undetermined") > 0 {
        return 0;
    }
    let input = Box::new(std::fs::File::open(case.join("plan.json")).expect("a plan"));
    let plan = InputDocument { name: "plan.json".to_owned(), input, sources: vec![case.clone()], is_source_named: true };
    let planned = decide(&check::read(request(vec![plan]), &sources), Some(&baseline));
    assert_eq!(reported(&planned), Vec::<String>::new(), "{name}: findings on the plan alone");
    count(&planned, "violation")
}

#[test]
fn changed_only_checks_the_changes_of_a_plan() {
    let planned_actions = |case: &str| {
        let case = root().join("testdata/plans").join(case);
        let (_, all) = report(&case, &["--no-config", "--now", NOW, "plan.json"]);
        let (_, changed) = report(&case, &["--no-config", "--now", NOW, "--changed-only", "plan.json"]);
        let list = |report: &Value| -> Vec<String> {
            report["keys"].as_array().expect("keys").iter().map(|key| key["fate"].as_str().expect("a fate").to_owned()).collect()
        };
        (list(&all), list(&changed))
    };
    let (all, changed) = planned_actions("update");
    assert!(all.iter().any(|fate| fate == "no-op") && all.iter().any(|fate| fate == "update"), "{all:?}");
    assert!(changed.iter().all(|fate| fate == "update") && !changed.is_empty(), "{changed:?}");
    let (all, changed) = planned_actions("replace");
    assert_eq!(all.iter().filter(|fate| *fate == "replace").count(), changed.len());
    let (all, changed) = planned_actions("destroy");
    assert!(!all.is_empty() && changed.is_empty(), "{all:?} {changed:?}");
}
