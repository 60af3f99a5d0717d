//! JUnit XML: a test case for each key and rule, so that passes are visible; problems are errors.

use super::context::ReportContext;
use super::location::short as at;
use super::text::clean;
use crate::key::KeyId;
use crate::policy::Outcome;
use crate::rules::{Finding, FindingInstance, Level, Verdict, Wording};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How many keys have test cases, because the complete document is in memory. Unit tests use fewer.
const MAX_KEYS: usize = if cfg!(test) { 20 } else { 20_000 };

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<&'static str, TestSuite> = BTreeMap::new();
    // Findings decide what fails: verdicts know neither levels nor exemptions.
    let mut failing: BTreeMap<(&str, &KeyId), (&Finding, &FindingInstance)> = BTreeMap::new();
    for finding in outcome.findings.iter().filter(|finding| finding.verdict != "advice") {
        for instance in &finding.instances {
            failing.insert((finding.rule, &instance.key), (finding, instance));
        }
    }
    let mut left_out = 0_usize;
    for (at, checked) in outcome.keys.iter().enumerate() {
        for (rule, verdict) in &checked.verdicts {
            if at >= MAX_KEYS {
                failing.remove(&(rule.id, &checked.facts.id));
                left_out += 1;
                continue;
            }
            let id = &checked.facts.id;
            let suite = suites.entry(rule.id).or_insert_with(|| TestSuite::new(rule.id));
            let status = match (failing.remove(&(rule.id, id)), verdict) {
                (Some((finding, instance)), Verdict::Violation(_)) => failure(finding, instance, context),
                (Some((finding, instance)), _) if finding.level >= Level::Warning => failure(finding, instance, context),
                (_, Verdict::Pass { .. }) => TestCaseStatus::success(),
                _ => skipped(verdict.message()),
            };
            // CI servers merge test cases with the same name and class.
            let mut case = TestCase::new(clean(&checked.label()).into_owned(), status);
            case.set_classname(clean(&id.root).into_owned());
            suite.add_test_case(case);
        }
    }
    left_out += failing.len().saturating_sub(MAX_KEYS);
    // The rest is drift and module calls that were not followed: they have no verdicts.
    for ((rule, id), (finding, instance)) in failing.into_iter().take(MAX_KEYS) {
        let suite = suites.entry(finding.rule).or_insert_with(|| TestSuite::new(rule));
        let mut case = TestCase::new(clean(&instance.label()).into_owned(), failure(finding, instance, context));
        case.set_classname(clean(&id.root).into_owned());
        suite.add_test_case(case);
    }
    let mut report = Report::new("kmslint");
    report.add_test_suites(suites.into_values());
    if !outcome.problems.is_empty() || left_out > 0 {
        let mut suite = TestSuite::new("kmslint");
        if left_out > 0 {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status
                .set_message(format!("{left_out} test cases are omitted: a report has those of {MAX_KEYS} keys at most"))
                .set_type("left-out");
            suite.add_test_case(TestCase::new("omitted", status));
        }
        for (number, problem) in outcome.problems.iter().enumerate() {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            let place = problem.place.as_ref().map(|place| format!("{}: ", at(place, context.sources))).unwrap_or_default();
            status.set_message(format!("{place}{}", clean(&problem.message))).set_type("problem");
            suite.add_test_case(TestCase::new(format!("problem {}", number + 1), status));
        }
        report.add_test_suite(suite);
    }
    let mut out = ErrorKeepingWriter { out, error: None };
    let written = report.serialize(&mut out);
    let error = out.error.take();
    written.map_err(|other| error.unwrap_or_else(|| io::Error::other(other)))
}

/// A writer that keeps its error: the serializer's error does not show whether it is a broken pipe.
struct ErrorKeepingWriter<'w> {
    out: &'w mut dyn Write,
    error: Option<io::Error>,
}

impl Write for ErrorKeepingWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(|error| {
            let kind = error.kind();
            self.error = Some(error);
            kind.into()
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn failure(finding: &Finding, instance: &FindingInstance, context: &ReportContext<'_>) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let Wording { message, note, help } = finding.wording(instance.wording);
    status.set_message(clean(&message).into_owned()).set_type(finding.kind.word());
    let lines: Vec<_> = [&*note, &*help].into_iter().filter(|text| !text.is_empty()).map(clean).collect();
    status.set_description(format!("{}\n{}", at(&finding.place, context.sources), lines.join("\n")).trim_end().to_owned());
    status
}

fn skipped(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(clean(message).into_owned());
    status
}
