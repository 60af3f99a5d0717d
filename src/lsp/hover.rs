//! Tooltips: what something comes to and the way its value took; what a rule demands.

use super::diagnostics::location;
use super::markdown::Tooltip;
use super::position::Encoding;
use super::project::{Project, ReadingContext};
use crate::base::{Source, Span};
use crate::report;
use crate::rules::{self, Rule};
use crate::terraform::{Inspected, InspectedValue, Inspection};
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Range};
use std::path::Path;

/// How many values one tooltip has.
const VALUES_SHOWN: usize = 8;
/// How many instances are named of each.
const INSTANCES_SHOWN: usize = 4;

/// The tooltip over a rule's id or name, wherever it is written.
pub(super) fn of_rule(source: &Source, offset: usize, encoding: Encoding, is_markdown: bool) -> Option<Hover> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (before, after) = (source.text().get(..offset)?, source.text().get(offset..)?);
    let start =
        before.rfind(|c| !is_word(c)).map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    let end = offset + after.find(|c| !is_word(c)).unwrap_or(after.len());
    let rule = rules::by_id(source.text().get(start..end)?)?;
    // In configuration a rule's name may be a word like any other.
    let line = source.line(source.line_index(offset));
    if !line.contains("kmslint") && source.path().extension().is_none_or(|extension| extension != "toml") {
        return None;
    }
    let start = encoding.position(source, start);
    Some(made(page_of(rule, is_markdown), is_markdown, Range::new(start, encoding.position(source, end))))
}

/// What a rule demands.
pub(super) fn page_of(rule: &Rule, is_markdown: bool) -> String {
    let mut page = Tooltip::new(is_markdown);
    page.code(rule.id).own(" · ").sentence(rule.title).own("\n\n").sentence(&rule.summary());
    if let Some(address) = rules::documentation_url(rule.id) {
        page.own("\n\n").link("documentation", &address);
    }
    page.finish()
}

/// The tooltip over something that has a value.
pub(super) fn of_value(
    project: &Project,
    around: &ReadingContext<'_>,
    path: &Path,
    offset: usize,
    (encoding, is_markdown): (Encoding, bool),
) -> Option<Hover> {
    let inspection = inspect(project, around, path, offset)?;
    let range = encoding.range(&project.sources.get(inspection.span.source), inspection.span);
    Some(made(page(project, &inspection, is_markdown, encoding), is_markdown, range))
}

/// What is written at a position.
pub(super) fn inspect(project: &Project, around: &ReadingContext<'_>, path: &Path, offset: usize) -> Option<Inspection> {
    project.session()?.inspect(&project.request(around), &project.sources, path, offset)
}

fn page(project: &Project, inspection: &Inspection, is_markdown: bool, encoding: Encoding) -> String {
    let mut page = Tooltip::new(is_markdown);
    page.sentence(&inspection.subject);
    if inspection.values.is_empty() {
        page.own("\n\nno instance with these inputs");
    }
    for one in inspection.values.iter().take(VALUES_SHOWN) {
        value(&mut page, one, project, encoding);
    }
    let more = inspection.values.len().saturating_sub(VALUES_SHOWN);
    if more > 0 {
        page.own("\n\n… and ").sentence(&report::count(more, "other value", "other values"));
    }
    if inspection.is_cut {
        page.own("\n\nThere are more instances than were evaluated.");
    }
    page.finish()
}

fn value(page: &mut Tooltip, one: &Inspected, project: &Project, encoding: Encoding) {
    page.own("\n\n");
    match &one.value {
        InspectedValue::Value(text) => page.code(text),
        InspectedValue::Hidden => page.own("a value that is not shown"),
        InspectedValue::Unknown(why) => page.own("unknown: ").sentence(why),
        InspectedValue::Rejected(why) => page.own("rejected by Terraform: ").sentence(why),
    };
    for (at, instance) in one.instances.iter().take(INSTANCES_SHOWN).enumerate() {
        page.own(if at == 0 { " in " } else { ", " }).code(instance);
    }
    let more = one.instances.len().saturating_sub(INSTANCES_SHOWN);
    if more > 0 {
        page.own(" and ").sentence(&format!("{more} more"));
    }
    for step in &one.trail {
        let label = step.label();
        page.own("\n- ").sentence(if label.is_empty() { "written here" } else { &label });
        if let Some(found) = location(project, &step.place, encoding) {
            let (line, path) = (found.range.start.line + 1, project.spot(&step.place).map(|(path, _)| path));
            let name = path.as_deref().map_or("", |path| path.strip_prefix(&project.directory).unwrap_or(path).to_str().unwrap_or(""));
            page.own(": ").link(&format!("{name}:{line}"), &format!("{}#L{line}", found.uri.as_str()));
        }
    }
}

fn made(value: String, is_markdown: bool, range: Range) -> Hover {
    let kind = if is_markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
    Hover { contents: HoverContents::Markup(MarkupContent { kind, value }), range: Some(range) }
}

/// Where the values of something are written, nearest to their origin, each place once.
pub(super) fn origins(inspection: &Inspection) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    for span in inspection.values.iter().filter_map(|one| one.trail.iter().rev().find_map(|step| step.place.span())) {
        if span != inspection.span && !found.contains(&span) {
            found.push(span);
        }
    }
    found
}
