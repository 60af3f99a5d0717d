//! From outcomes to diagnostics by file.

use super::capabilities::EditorClient;
use super::part::{PartDiagnostics, ProjectPart};
use super::position::Encoding;
use super::project::Project;
use super::settings::EditorSettings;
use super::uri;
use crate::base::{Place, Problem, Sources, Step, brief};
use crate::policy::{FailOn, Notice, config};
use crate::report;
use crate::rules::{self, Finding, Level};
use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, NumberOrString, Range, Uri,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// The source that the client shows with a diagnostic.
const SOURCE: &str = "kmslint";
/// How many diagnostics a file gets; the rest is only counted, because editors redraw all of them with every keystroke.
const MAX_PER_FILE: usize = 1000;
/// How many steps of a trail are shown.
const MAX_RELATED: usize = 20;
/// How many keys of a finding are named.
const KEYS_SHOWN: usize = 8;

/// The diagnostics of a part, built on first use.
pub(super) fn of_part<'p>(
    project: &Project,
    part: &'p ProjectPart,
    settings: &EditorSettings,
    client: EditorClient,
) -> &'p PartDiagnostics {
    part.diagnostics.get_or_init(|| build_part(project, part, settings, client))
}

fn build_part(project: &Project, part: &ProjectPart, settings: &EditorSettings, client: EditorClient) -> PartDiagnostics {
    let mut builder = DiagnosticBuilder { project, client, found: BTreeMap::new(), more: BTreeMap::new(), unplaced: Vec::new() };
    let outcome = &part.outcome;
    for finding in &outcome.findings {
        builder.finding(finding, settings);
    }
    for problem in &outcome.problems {
        builder.problem(problem);
    }
    for notice in outcome.notices.iter().filter(|notice| !project.is_about_config(notice)) {
        builder.notice(notice);
    }
    for module in &outcome.modules_not_followed {
        let message =
            format!("{} was not followed: {}; run `terraform init`, or check a plan", one_line(&module.address), one_line(&module.why));
        let made = diagnostic(DiagnosticSeverity::INFORMATION, Some(rules::MODULES_NOT_FOLLOWED), message);
        builder.add(Some(&module.place), made);
    }
    for block in &outcome.switched_off {
        let message = format!("`{}` creates no key with these inputs: {}", one_line(&block.address), one_line(&block.why));
        builder.add(Some(&block.place), diagnostic(DiagnosticSeverity::HINT, Some("switched-off"), message));
    }
    builder.finish()
}

/// The diagnostics of a directory's config file: an exemption in it is unused only if it is unused in every part.
pub(super) fn of_exemptions(project: &Project, client: EditorClient) -> PartDiagnostics {
    let mut builder = DiagnosticBuilder { project, client, found: BTreeMap::new(), more: BTreeMap::new(), unplaced: Vec::new() };
    let mut seen: BTreeMap<(Option<u32>, &str), (usize, &Notice)> = BTreeMap::new();
    for notice in project.parts.iter().flat_map(|part| &part.outcome.notices).filter(|notice| project.is_about_config(notice)) {
        let start = notice.place.as_ref().and_then(Place::span).map(|span| span.start);
        seen.entry((start, &notice.message)).or_insert((0, notice)).0 += 1;
    }
    for (_, notice) in seen.into_values().filter(|(count, _)| *count == project.parts.len()) {
        builder.notice(notice);
    }
    builder.finish()
}

/// The mistakes in a config file that does not apply to any open directory.
pub(super) fn of_config(path: &Path, text: &str, client: EditorClient) -> Vec<Diagnostic> {
    let sources = Sources::default();
    let (_, problems) = config::parse(&sources, path, text.to_owned());
    let to_diagnostic = |problem: &Problem| {
        let mut made = diagnostic(DiagnosticSeverity::ERROR, None, message_of(problem));
        if let Some(span) = problem.place.as_ref().and_then(Place::span) {
            made.range = client.encoding.range(&sources.get(span.source), span);
        }
        made
    };
    problems.iter().take(MAX_PER_FILE).map(to_diagnostic).collect()
}

struct DiagnosticBuilder<'a> {
    project: &'a Project,
    client: EditorClient,
    found: BTreeMap<PathBuf, Vec<Diagnostic>>,
    /// How many diagnostics of a file are only counted.
    more: BTreeMap<PathBuf, usize>,
    unplaced: Vec<String>,
}

impl DiagnosticBuilder<'_> {
    fn finding(&mut self, finding: &Finding, settings: &EditorSettings) {
        let subject = match finding.instances.as_slice() {
            [] => String::new(),
            [one] => format!("`{}`: ", one_line(&one.label())),
            many => format!("{}: ", report::count(many.len(), "key", "keys")),
        };
        let mut text = format!("{subject}{}", one_line(&finding.message));
        if finding.instances.len() > 1 {
            let named: Vec<_> = finding.instances.iter().take(KEYS_SHOWN).map(|key| format!("`{}`", one_line(&key.label()))).collect();
            let more = finding.instances.len() - named.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            text.push_str(&format!("\nkeys: {}{more}", named.join(", ")));
        }
        for (word, message_of) in [("note", &finding.note), ("help", &finding.help)] {
            if !message_of.is_empty() {
                text.push_str(&format!("\n{word}: {}", lines(message_of)));
            }
        }
        let fails = match settings.fail_on {
            Some(FailOn::At(level)) => finding.verdict != "advice" && finding.level >= level,
            Some(FailOn::Never) | None => false,
        };
        let severity = match finding.level {
            _ if fails => DiagnosticSeverity::ERROR,
            Level::Error => DiagnosticSeverity::ERROR,
            Level::Warning => DiagnosticSeverity::WARNING,
            Level::Note | Level::Off => DiagnosticSeverity::INFORMATION,
        };
        let mut made = diagnostic(severity, Some(finding.rule), text);
        if self.client.has_links {
            let page = rules::documentation_url(finding.rule).and_then(|page| Uri::from_str(&page).ok());
            made.code_description = page.map(|href| CodeDescription { href });
        }
        made.related_information = self.related(&finding.trail);
        self.add(Some(&finding.place), made);
    }

    fn notice(&mut self, notice: &Notice) {
        let is_unused = notice.kind == "unused-exemption";
        let severity = if is_unused { DiagnosticSeverity::HINT } else { DiagnosticSeverity::INFORMATION };
        let mut made = diagnostic(severity, Some(notice.kind), one_line(&notice.message));
        made.tags = (is_unused && self.client.has_tags).then(|| vec![DiagnosticTag::UNNECESSARY]);
        self.add(notice.place.as_ref(), made);
    }

    fn problem(&mut self, problem: &Problem) {
        let mut made = diagnostic(DiagnosticSeverity::ERROR, None, message_of(problem));
        made.related_information = self.related(&problem.related);
        self.add(problem.place.as_ref(), made);
    }

    fn related(&self, steps: &[Step]) -> Option<Vec<DiagnosticRelatedInformation>> {
        if !self.client.has_related {
            return None;
        }
        let one = |step: &Step| {
            let label = step.label();
            let message = if label.is_empty() { "here".to_owned() } else { one_line(&label) };
            Some(DiagnosticRelatedInformation { location: self.location(&step.place)?, message })
        };
        Some(steps.iter().filter_map(one).take(MAX_RELATED).collect()).filter(|steps: &Vec<_>| !steps.is_empty())
    }

    fn location(&self, place: &Place) -> Option<Location> {
        location(self.project, place, self.client.encoding)
    }

    /// Adds a diagnostic to the file of its place.
    fn add(&mut self, place: Option<&Place>, mut made: Diagnostic) {
        let Some((path, span)) = place.and_then(|place| self.project.file_and_span(place)) else {
            self.unplaced.push(made.message);
            return;
        };
        let found = self.found.entry(path.clone()).or_default();
        if found.len() == MAX_PER_FILE {
            *self.more.entry(path).or_default() += 1;
            return;
        }
        if let Some(span) = span {
            made.range = self.client.encoding.range(&self.project.sources.get(span.source), span);
        }
        found.push(made);
    }

    fn finish(mut self) -> PartDiagnostics {
        for (path, more) in self.more {
            let message = format!("… and {more} more; run `kmslint` to list all of them");
            self.found.entry(path).or_default().push(diagnostic(DiagnosticSeverity::INFORMATION, None, message));
        }
        let found = self.found.into_iter().map(|(path, diagnostics)| (path, Arc::new(diagnostics))).collect();
        PartDiagnostics { found, unplaced: self.unplaced }
    }
}

/// The location of a place, under the client's name for the file.
pub(super) fn location(project: &Project, place: &Place, encoding: Encoding) -> Option<Location> {
    let (path, span) = project.file_and_span(place)?;
    let range = span.map(|span| encoding.range(&project.sources.get(span.source), span)).unwrap_or_default();
    Some(Location { uri: uri::of(&project.as_client_path(&path))?, range })
}

fn message_of(problem: &Problem) -> String {
    let message = one_line(&problem.message);
    problem.help.as_ref().map_or_else(|| message.clone(), |help| format!("{message}\nhelp: {}", lines(help)))
}

/// Escapes and shortens foreign text to one line: a name of a megabyte could otherwise be in a thousand diagnostics.
fn one_line(text: &str) -> String {
    report::clean(&brief(text.to_owned())).into_owned()
}

/// Like [`one_line`], but for each line of a text.
fn lines(text: &str) -> String {
    text.lines().map(one_line).collect::<Vec<_>>().join("\n")
}

fn diagnostic(severity: DiagnosticSeverity, code: Option<&str>, message: String) -> Diagnostic {
    Diagnostic {
        range: Range::default(),
        severity: Some(severity),
        code: code.map(|code| NumberOrString::String(code.to_owned())),
        source: Some(SOURCE.to_owned()),
        message,
        ..Diagnostic::default()
    }
}
