//! Outcome → diagnostics, by file.

use super::capabilities::EditorClient;
use super::part::{Diagnosed, ProjectPart};
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

/// What the client calls us.
const SOURCE: &str = "kmslint";
/// How many diagnostics one file gets; the rest is counted. No one reads more, and editors draw them with every keystroke.
const MOST: usize = 1000;
/// How many places of a value's way are shown.
const MOST_RELATED: usize = 20;
/// How many keys of a finding are named.
const KEYS_SHOWN: usize = 8;

/// What the client is reported of a part, made the first time.
pub(super) fn of<'p>(project: &Project, part: &'p ProjectPart, settings: &EditorSettings, client: EditorClient) -> &'p Diagnosed {
    part.diagnosed.get_or_init(|| of_part(project, part, settings, client))
}

/// The diagnostics of a part of a workspace directory.
fn of_part(project: &Project, part: &ProjectPart, settings: &EditorSettings, client: EditorClient) -> Diagnosed {
    let mut maker = Maker { project, client, found: BTreeMap::new(), more: BTreeMap::new(), unplaced: Vec::new() };
    let outcome = &part.outcome;
    for finding in &outcome.findings {
        maker.finding(finding, settings);
    }
    for problem in &outcome.problems {
        maker.problem(problem);
    }
    for notice in outcome.notices.iter().filter(|notice| !project.is_of_config(notice)) {
        maker.notice(notice);
    }
    for module in &outcome.modules_not_followed {
        let message = format!("{} was not followed: {}; run `terraform init`, or check a plan", shown(&module.address), shown(&module.why));
        let made = diagnostic(DiagnosticSeverity::INFORMATION, Some(rules::MODULES_NOT_FOLLOWED), message);
        maker.put(Some(&module.place), made);
    }
    for block in &outcome.switched_off {
        let message = format!("`{}` creates no key with these inputs: {}", shown(&block.address), shown(&block.why));
        maker.put(Some(&block.place), diagnostic(DiagnosticSeverity::HINT, Some("switched-off"), message));
    }
    maker.finish()
}

/// What is to be said of a directory's config file: an exemption in it is unused where it is in every part.
pub(super) fn of_exemptions(project: &Project, client: EditorClient) -> Diagnosed {
    let mut maker = Maker { project, client, found: BTreeMap::new(), more: BTreeMap::new(), unplaced: Vec::new() };
    let mut seen: BTreeMap<(Option<u32>, &str), (usize, &Notice)> = BTreeMap::new();
    for notice in project.parts.iter().flat_map(|part| &part.outcome.notices).filter(|notice| project.is_of_config(notice)) {
        let start = notice.place.as_ref().and_then(Place::span).map(|span| span.start);
        seen.entry((start, &notice.message)).or_insert((0, notice)).0 += 1;
    }
    for (_, notice) in seen.into_values().filter(|(count, _)| *count == project.parts.len()) {
        maker.notice(notice);
    }
    maker.finish()
}

/// The mistakes in a config file that holds for no directory that is open.
pub(super) fn of_config(path: &Path, text: &str, client: EditorClient) -> Vec<Diagnostic> {
    let sources = Sources::default();
    let (_, problems) = config::parse(&sources, path, text.to_owned());
    let one = |problem: &Problem| {
        let mut made = diagnostic(DiagnosticSeverity::ERROR, None, message_of(problem));
        if let Some(span) = problem.place.as_ref().and_then(Place::span) {
            made.range = client.encoding.range(&sources.get(span.source), span);
        }
        made
    };
    problems.iter().take(MOST).map(one).collect()
}

struct Maker<'a> {
    project: &'a Project,
    client: EditorClient,
    found: BTreeMap<PathBuf, Vec<Diagnostic>>,
    /// How many diagnostics of a file are only counted.
    more: BTreeMap<PathBuf, usize>,
    unplaced: Vec<String>,
}

impl Maker<'_> {
    fn finding(&mut self, finding: &Finding, settings: &EditorSettings) {
        let who = match finding.instances.as_slice() {
            [] => String::new(),
            [one] => format!("`{}`: ", shown(&one.label())),
            many => format!("{}: ", report::count(many.len(), "key", "keys")),
        };
        let mut text = format!("{who}{}", shown(&finding.message));
        if finding.instances.len() > 1 {
            let named: Vec<_> = finding.instances.iter().take(KEYS_SHOWN).map(|key| format!("`{}`", shown(&key.label()))).collect();
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
        self.put(Some(&finding.place), made);
    }

    fn notice(&mut self, notice: &Notice) {
        let is_unused = notice.kind == "unused-exemption";
        let severity = if is_unused { DiagnosticSeverity::HINT } else { DiagnosticSeverity::INFORMATION };
        let mut made = diagnostic(severity, Some(notice.kind), shown(&notice.message));
        made.tags = (is_unused && self.client.has_tags).then(|| vec![DiagnosticTag::UNNECESSARY]);
        self.put(notice.place.as_ref(), made);
    }

    fn problem(&mut self, problem: &Problem) {
        let mut made = diagnostic(DiagnosticSeverity::ERROR, None, message_of(problem));
        made.related_information = self.related(&problem.related);
        self.put(problem.place.as_ref(), made);
    }

    fn related(&self, steps: &[Step]) -> Option<Vec<DiagnosticRelatedInformation>> {
        if !self.client.has_related {
            return None;
        }
        let one = |step: &Step| {
            let label = step.label();
            let message = if label.is_empty() { "here".to_owned() } else { shown(&label) };
            Some(DiagnosticRelatedInformation { location: self.location(&step.place)?, message })
        };
        Some(steps.iter().filter_map(one).take(MOST_RELATED).collect()).filter(|steps: &Vec<_>| !steps.is_empty())
    }

    fn location(&self, place: &Place) -> Option<Location> {
        location(self.project, place, self.client.encoding)
    }

    /// Puts a diagnostic where it belongs.
    fn put(&mut self, place: Option<&Place>, mut made: Diagnostic) {
        let Some((path, span)) = place.and_then(|place| self.project.spot(place)) else {
            self.unplaced.push(made.message);
            return;
        };
        let found = self.found.entry(path.clone()).or_default();
        if found.len() == MOST {
            *self.more.entry(path).or_default() += 1;
            return;
        }
        if let Some(span) = span {
            made.range = self.client.encoding.range(&self.project.sources.get(span.source), span);
        }
        found.push(made);
    }

    fn finish(mut self) -> Diagnosed {
        for (path, more) in self.more {
            let message = format!("… and {more} more; `kmslint` lists all of them");
            self.found.entry(path).or_default().push(diagnostic(DiagnosticSeverity::INFORMATION, None, message));
        }
        let found = self.found.into_iter().map(|(path, diagnostics)| (path, Arc::new(diagnostics))).collect();
        Diagnosed { found, unplaced: self.unplaced }
    }
}

/// A place as the client knows it.
pub(super) fn location(project: &Project, place: &Place, encoding: Encoding) -> Option<Location> {
    let (path, span) = project.spot(place)?;
    let range = span.map(|span| encoding.range(&project.sources.get(span.source), span)).unwrap_or_default();
    Some(Location { uri: uri::of(&project.as_named(&path))?, range })
}

fn message_of(problem: &Problem) -> String {
    let message = shown(&problem.message);
    problem.help.as_ref().map_or_else(|| message.clone(), |help| format!("{message}\nhelp: {}", lines(help)))
}

/// Foreign text in one line. A name of a megabyte may be in a thousand diagnostics.
fn shown(text: &str) -> String {
    report::clean(&brief(text.to_owned())).into_owned()
}

/// A text of several lines, each as [`shown`].
fn lines(text: &str) -> String {
    text.lines().map(shown).collect::<Vec<_>>().join("\n")
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
