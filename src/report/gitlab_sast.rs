//! GitLab's security report of type `sast`, schema 15.

use super::context::ReportContext;
use super::lines::{Lazy, write_json};
use super::location::{Columns, locate};
use super::{markdown::message, short};
use crate::policy::Outcome;
use crate::rules::{self, Finding, Level, RuleReference};
use serde::Serialize;
use std::io::{self, Write};
use uuid::Uuid;

/// The report's schema version.
const VERSION: &str = "15.0.7";

#[derive(Serialize)]
struct SastReport<V> {
    version: &'static str,
    scan: ScanInfo,
    vulnerabilities: V,
}

#[derive(Serialize)]
struct ScanInfo {
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    start_time: String,
    end_time: String,
    analyzer: Tool,
    scanner: Tool,
}

#[derive(Serialize)]
struct Tool {
    id: &'static str,
    name: &'static str,
    version: &'static str,
    vendor: Vendor,
}

#[derive(Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(Serialize)]
struct Vulnerability {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    solution: String,
    identifiers: Vec<Identifier>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
    location: SastLocation,
}

#[derive(Serialize)]
struct Identifier {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    value: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Link {
    name: String,
    url: &'static str,
}

#[derive(Serialize)]
struct SastLocation {
    file: String,
    start_line: usize,
    end_line: usize,
}

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let tool = || Tool { id: "kmslint", name: "kmslint", version: env!("CARGO_PKG_VERSION"), vendor: Vendor { name: "kmslint" } };
    // The schema does not allow a time zone. Both times are the same, because the same input must produce the same bytes.
    let time = context.now.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let report = SastReport {
        version: VERSION,
        scan: ScanInfo {
            kind: "sast",
            status: if outcome.problems.is_empty() { "success" } else { "failure" },
            start_time: time.clone(),
            end_time: time,
            analyzer: tool(),
            scanner: tool(),
        },
        vulnerabilities: Lazy(|| outcome.findings.iter().map(|finding| vulnerability(finding, context))),
    };
    write_json(&report, out)
}

fn vulnerability(finding: &Finding, context: &ReportContext<'_>) -> Vulnerability {
    let at = locate(&finding.place, context.sources, Columns::Characters);
    let (start_line, end_line) = at.range.map_or((1, 1), |(start, end)| (start.line, end.line));
    Vulnerability {
        // GitLab recognizes a vulnerability by its id, so it must be stable between runs.
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, finding.fingerprint.as_bytes()).to_string(),
        name: rules::by_id(finding.rule).map_or(finding.rule, |rule| rule.title).to_owned(),
        description: message(format!("{}: {}. {}", short::addresses(finding), finding.message, finding.note).trim_end()),
        severity: severity(finding),
        solution: std::iter::once(finding.help.to_string())
            .chain(short::variants(finding))
            .map(|text| message(&text))
            .collect::<Vec<_>>()
            .join("\n"),
        identifiers: vec![Identifier {
            kind: "kmslint_rule",
            name: finding.rule,
            value: finding.rule,
            url: rules::documentation_url(finding.rule),
        }],
        links: rules::by_id(finding.rule).map_or(&[][..], |rule| rule.references).iter().map(link).collect(),
        location: SastLocation { file: (context.repository_path)(&at.path), start_line, end_line },
    }
}

/// A published rule or control.
fn link(reference: &RuleReference) -> Link {
    Link { name: reference.label(), url: reference.url }
}

/// The published risk of the rule; notes are informational.
fn severity(finding: &Finding) -> &'static str {
    match (finding.level, rules::by_id(finding.rule).map(|rule| rule.risk)) {
        (Level::Note | Level::Off, _) => "Info",
        (_, Some(risk)) => risk,
        (_, None) => "Medium",
    }
}
