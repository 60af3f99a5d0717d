//! Tooltips: the value of an expression with its trail, and the summary of a rule.

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

/// How many values a tooltip shows.
const VALUES_SHOWN: usize = 8;
/// How many instances of each value are named.
const INSTANCES_SHOWN: usize = 4;

/// The tooltip for a rule's id or name in a comment or the config file.
pub(super) fn of_rule(source: &Source, offset: usize, encoding: Encoding, is_markdown: bool) -> Option<Hover> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (before, after) = (source.text().get(..offset)?, source.text().get(offset..)?);
    let start =
        before.rfind(|c| !is_word(c)).map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    let end = offset + after.find(|c| !is_word(c)).unwrap_or(after.len());
    let rule = rules::by_id(source.text().get(start..end)?)?;
    // In a configuration, a rule's name may also be an ordinary word.
    let line = source.line(source.line_index(offset));
    if !line.contains("kmslint") && source.path().extension().is_none_or(|extension| extension != "toml") {
        return None;
    }
    let start = encoding.position(source, start);
    Some(hover(rule_page(rule, is_markdown), is_markdown, Range::new(start, encoding.position(source, end))))
}

/// The title and summary of a rule.
pub(super) fn rule_page(rule: &Rule, is_markdown: bool) -> String {
    let mut page = Tooltip::new(is_markdown);
    page.code(rule.id).literal(" · ").sentence(rule.title).literal("\n\n").sentence(&rule.summary());
    if let Some(address) = rules::documentation_url(rule.id) {
        page.literal("\n\n").link("documentation", &address);
    }
    page.finish()
}

/// The tooltip for an expression or a name that has a value.
pub(super) fn of_value(
    project: &Project,
    context: &ReadingContext<'_>,
    path: &Path,
    offset: usize,
    (encoding, is_markdown): (Encoding, bool),
) -> Option<Hover> {
    let inspection = inspect(project, context, path, offset)?;
    let range = encoding.range(&project.sources.get(inspection.span.source), inspection.span);
    Some(hover(page(project, &inspection, is_markdown, encoding), is_markdown, range))
}

/// Inspects the configuration at a position.
pub(super) fn inspect(project: &Project, context: &ReadingContext<'_>, path: &Path, offset: usize) -> Option<Inspection> {
    project.session()?.inspect(&project.request(context), &project.sources, path, offset)
}

fn page(project: &Project, inspection: &Inspection, is_markdown: bool, encoding: Encoding) -> String {
    let mut page = Tooltip::new(is_markdown);
    page.sentence(&inspection.subject);
    if inspection.values.is_empty() {
        page.literal("\n\nno instances with these inputs");
    }
    for one in inspection.values.iter().take(VALUES_SHOWN) {
        value(&mut page, one, project, encoding);
    }
    let more = inspection.values.len().saturating_sub(VALUES_SHOWN);
    if more > 0 {
        page.literal("\n\n… and ").sentence(&report::count(more, "other value", "other values"));
    }
    if inspection.is_cut {
        page.literal("\n\nOnly some of the instances were evaluated.");
    }
    page.finish()
}

fn value(page: &mut Tooltip, one: &Inspected, project: &Project, encoding: Encoding) {
    page.literal("\n\n");
    match &one.value {
        InspectedValue::Value(text) => page.code(text),
        InspectedValue::Hidden => page.literal("hidden value"),
        InspectedValue::Unknown(why) => page.literal("unknown: ").sentence(why),
        InspectedValue::Rejected(why) => page.literal("rejected by Terraform: ").sentence(why),
    };
    for (at, instance) in one.instances.iter().take(INSTANCES_SHOWN).enumerate() {
        page.literal(if at == 0 { " in " } else { ", " }).code(instance);
    }
    let more = one.instances.len().saturating_sub(INSTANCES_SHOWN);
    if more > 0 {
        page.literal(" and ").sentence(&format!("{more} more"));
    }
    for step in &one.trail {
        let label = step.label();
        page.literal("\n- ").sentence(if label.is_empty() { "set here" } else { &label });
        if let Some(found) = location(project, &step.place, encoding) {
            let (line, path) = (found.range.start.line + 1, project.file_and_span(&step.place).map(|(path, _)| path));
            let name = path.as_deref().map_or("", |path| path.strip_prefix(&project.directory).unwrap_or(path).to_str().unwrap_or(""));
            page.literal(": ").link(&format!("{name}:{line}"), &format!("{}#L{line}", found.uri.as_str()));
        }
    }
}

fn hover(value: String, is_markdown: bool, range: Range) -> Hover {
    let kind = if is_markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
    Hover { contents: HoverContents::Markup(MarkupContent { kind, value }), range: Some(range) }
}

/// The origins of the inspected values, each place once.
pub(super) fn origins(inspection: &Inspection) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    for span in inspection.values.iter().filter_map(|one| one.trail.iter().rev().find_map(|step| step.place.span())) {
        if span != inspection.span && !found.contains(&span) {
            found.push(span);
        }
    }
    found
}
