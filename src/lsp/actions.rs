//! Code actions: the edits of `--fix`, and exemptions.

use super::documents::{Documents, OpenDocument};
use super::part::ProjectPart;
use super::position::Encoding;
use super::project::Project;
use super::uri;
use crate::base::{SourceId, Sources};
use crate::fix::{self, Edit, Safety};
use crate::hcl;
use crate::policy::CheckedKey;
use crate::rules::{self, Finding, Remedy};
use crate::terraform;
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Command, Diagnostic, DocumentChanges, NumberOrString, OneOf,
    OptionalVersionedTextDocumentIdentifier, Position, Range, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The code action kind of "fix all".
pub(super) const FIX_ALL: &str = "source.fixAll.kmslint";
/// The command that puts the cursor at the reason of an exemption.
pub(super) const SELECT: &str = "kmslint.select";
/// How many findings at one place get actions.
const MAX_FINDINGS: usize = 20;

/// The capabilities of the client for edits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EditSupport {
    /// Whether it accepts edits for a certain version of a document.
    pub has_versions: bool,
    /// Whether it accepts snippet edits, which place the cursor.
    pub has_snippets: bool,
    /// Whether it can show a place on request.
    pub shows_places: bool,
}

/// A request for code actions.
pub(super) struct ActionRequest<'a> {
    pub path: &'a Path,
    pub document: &'a OpenDocument,
    /// The range in bytes.
    pub range: std::ops::Range<usize>,
    /// The requested kinds; `None` for all quick fixes.
    pub only: Option<Vec<CodeActionKind>>,
    /// The diagnostics that the client shows in the range.
    pub diagnostics: Vec<Diagnostic>,
}

impl ActionRequest<'_> {
    fn wants(&self, kind: &str) -> bool {
        // Kinds are a hierarchy with dots: a client that requests `source.fixAll` wants all kinds below it, and the empty kind is the root.
        let is_within = |wanted: &CodeActionKind| {
            kind.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || wanted.as_str().is_empty())
        };
        match &self.only {
            Some(only) => only.iter().any(is_within),
            None => kind == CodeActionKind::QUICKFIX.as_str(),
        }
    }
}

/// Makes actions for one workspace directory.
pub(super) struct Actions<'a> {
    pub project: &'a Project,
    pub documents: &'a Documents,
    pub editing: EditSupport,
    pub encoding: Encoding,
}

impl Actions<'_> {
    /// The actions at a place of a document.
    pub(super) fn of(&self, request: &ActionRequest<'_>) -> Vec<Value> {
        let mut found: Vec<Value> = Vec::new();
        if request.wants(CodeActionKind::QUICKFIX.as_str()) {
            let mut is_document = HashMap::new();
            let all = self.project.parts.iter().flat_map(|part| part.outcome.findings.iter().map(move |finding| (part, finding)));
            let here: Vec<_> = all.filter(|(_, finding)| self.is_at(finding, request, &mut is_document)).take(MAX_FINDINGS).collect();
            let offsets: Vec<usize> = here.iter().map(|(_, finding)| finding.place.span().map_or(0, |span| span.start as usize)).collect();
            let (text, path) = (request.document.text(), request.path);
            let places = terraform::deep(|| comment_places(text, &offsets, path));
            for ((part, finding), place) in here.into_iter().zip(places) {
                found.extend(self.fixes(part, finding, request).into_iter().filter_map(|action| as_json(&action)));
                found.extend(place.and_then(|place| self.exemption(finding, place, request)));
            }
        }
        if request.wants(FIX_ALL) {
            found.extend(self.fix_all(request).and_then(|action| as_json(&action)));
        }
        found
    }

    /// Whether a finding is in the requested range. `is_document` caches which sources have the text of the document.
    fn is_at(&self, finding: &Finding, request: &ActionRequest<'_>, is_document: &mut HashMap<SourceId, bool>) -> bool {
        let Some(span) = finding.place.span() else { return false };
        let range = span.range();
        if range.start > request.range.end || range.end < request.range.start {
            return false;
        }
        *is_document.entry(span.source).or_insert_with(|| {
            let source = self.project.sources.get(span.source);
            self.project.path(&source) == request.path && source.text() == &**request.document.text()
        })
    }

    /// The actions that fix a finding.
    fn fixes(&self, part: &ProjectPart, finding: &Finding, request: &ActionRequest<'_>) -> Vec<CodeAction> {
        let mut found = Vec::new();
        let Some((rule, key)) = rules::by_id(finding.rule).zip(first_key(part, finding)) else { return found };
        if finding.verdict != "violation" {
            return found;
        }
        let settings = self.project.rule_settings();
        let sources = &self.project.sources;
        let remedies = (rule.remedies)(&key.facts, finding.kind, &settings).unwrap_or_default();
        let diagnostics = shown_diagnostics(finding, request);
        if let Some(remedy) = remedies.iter().find(|remedy| remedy.safety != Safety::Choice) {
            let safe: Vec<&Edit> = part.safe_fixes(&settings, sources).edits_of(finding).collect();
            let is_safe = !safe.is_empty();
            let edits = if is_safe { safe } else { part.all_fixes(&settings, sources).edits_of(finding).collect() };
            let why = edits.iter().find(|edit| edit.safety == Safety::Unsafe).map(|edit| edit.description.as_str());
            let title = match why {
                Some(why) => format!("{} (unsafe: {why})", title(remedy)),
                None => title(remedy),
            };
            found.extend(self.action(title, &edits, &diagnostics, is_safe));
        }
        // Only the user can decide whether one of these is right. They are offered for single keys only, because `remedy_edits` does
        // not check that other keys agree.
        if let [_] = finding.instances.as_slice() {
            for remedy in remedies.iter().filter(|remedy| remedy.safety == Safety::Choice) {
                let Ok(edits) = fix::remedy_edits(remedy, rule.id, &key.facts, &self.project.sources) else { continue };
                let only_if = remedy.condition.map_or_else(String::new, |condition| format!(" (if {condition})"));
                found.extend(self.action(format!("{}{only_if}", title(remedy)), &edits.iter().collect::<Vec<_>>(), &diagnostics, false));
            }
        }
        found
    }

    fn action(&self, title: String, edits: &[&Edit], diagnostics: &[Diagnostic], is_preferred: bool) -> Option<CodeAction> {
        Some(CodeAction {
            title: crate::report::clean(&title).into_owned(),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(diagnostics.to_vec()),
            edit: Some(self.workspace_edit(edits)?),
            is_preferred: is_preferred.then_some(true),
            ..CodeAction::default()
        })
    }

    /// All safe fixes in a document, except those that also change another document.
    fn fix_all(&self, request: &ActionRequest<'_>) -> Option<CodeAction> {
        let sources = &self.project.sources;
        let settings = self.project.rule_settings();
        let is_here = |edit: &Edit| self.project.path(&sources.get(edit.span.source)) == request.path;
        let session = self.project.session()?;
        let parts = self.project.parts.iter().filter(|part| session.uses_file(&part.runs, request.path));
        let of_parts = parts.flat_map(|part| &part.safe_fixes(&settings, sources).edits);
        let (here, rest): (Vec<&Edit>, Vec<&Edit>) = of_parts.partition(|edit| is_here(edit));
        let elsewhere: HashSet<&String> = rest.iter().flat_map(|edit| &edit.findings).collect();
        let edits: Vec<&Edit> = here.into_iter().filter(|edit| !edit.findings.iter().any(|it| elsewhere.contains(it))).collect();
        Some(CodeAction {
            title: "Fix all that is safe to fix in this file".to_owned(),
            kind: Some(CodeActionKind::from(FIX_ALL.to_owned())),
            edit: Some(self.workspace_edit(&edits)?),
            ..CodeAction::default()
        })
    }

    /// Edits in the form that the client accepts; `None` if there are none, or if a text differs from the editor's.
    fn workspace_edit(&self, edits: &[&Edit]) -> Option<WorkspaceEdit> {
        let mut files: BTreeMap<PathBuf, Vec<TextEdit>> = BTreeMap::new();
        let mut is_current = HashMap::new();
        for edit in edits {
            let source = self.project.sources.get(edit.span.source);
            let path = self.project.path(&source);
            // The client applies offsets to its own text: those of another text would edit the wrong place.
            let is_same = || self.documents.at(&path).is_none_or(|document| **document.text() == *source.text());
            if !*is_current.entry(edit.span.source).or_insert_with(is_same) {
                return None;
            }
            let text = TextEdit { range: self.encoding.range(&source, edit.span), new_text: edit.replacement.clone() };
            files.entry(path).or_default().push(text);
        }
        (!files.is_empty()).then(|| self.edit_of_files(files)).flatten()
    }

    fn edit_of_files(&self, files: BTreeMap<PathBuf, Vec<TextEdit>>) -> Option<WorkspaceEdit> {
        let named = |path: &Path| -> Option<(Uri, Option<i32>)> {
            match self.documents.at(path) {
                Some(document) => Some((document.uri.clone(), Some(document.version))),
                None => Some((uri::of(&self.project.as_client_path(path))?, None)),
            }
        };
        if !self.editing.has_versions {
            let changes: Option<HashMap<Uri, Vec<TextEdit>>> =
                files.into_iter().map(|(path, edits)| Some((named(&path)?.0, edits))).collect();
            return Some(WorkspaceEdit { changes: Some(changes?), ..WorkspaceEdit::default() });
        }
        let to_document_edit = |(path, edits): (PathBuf, Vec<TextEdit>)| {
            let (uri, version) = named(&path)?;
            let text_document = OptionalVersionedTextDocumentIdentifier { uri, version };
            Some(TextDocumentEdit { text_document, edits: edits.into_iter().map(OneOf::Left).collect() })
        };
        let changes: Option<Vec<TextDocumentEdit>> = files.into_iter().map(to_document_edit).collect();
        Some(WorkspaceEdit { document_changes: Some(DocumentChanges::Edits(changes?)), ..WorkspaceEdit::default() })
    }

    /// "Exempt with a reason…": inserts the comment, with the cursor at the reason. A comment without a reason is an error, so it is not
    /// forgotten.
    fn exemption(&self, finding: &Finding, (at, indent): CommentPlace, request: &ActionRequest<'_>) -> Option<Value> {
        let span = finding.place.span()?;
        let text = &**request.document.text();
        let comment = format!("{indent}# kmslint: ignore[{}] ", finding.rule);
        let source = self.project.sources.get(span.source);
        let start = self.encoding.position(&source, at);
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let cursor = Position::new(start.line, u32::try_from(comment.len()).unwrap_or(0));
        let action = CodeAction {
            title: format!("Exempt from {} with a reason…", finding.rule),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(shown_diagnostics(finding, request)),
            ..CodeAction::default()
        };
        let range = Range::new(start, start);
        if self.editing.has_snippets && self.editing.has_versions {
            let mut action = as_json(&action)?;
            let snippet = format!("{}${{1:reason}}{end}", comment.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}"));
            let edit = json!({ "range": range, "snippet": { "kind": "snippet", "value": snippet } });
            let document = json!({ "uri": request.document.uri, "version": request.document.version });
            let changes = json!({ "documentChanges": [{ "textDocument": document, "edits": [edit] }] });
            action.as_object_mut()?.insert("edit".to_owned(), changes);
            return Some(action);
        }
        let edit = TextEdit { range, new_text: format!("{comment}{end}") };
        let command = self.editing.shows_places.then(|| Command {
            title: "Put the cursor where the reason goes".to_owned(),
            command: SELECT.to_owned(),
            arguments: Some(vec![json!(request.document.uri), json!(cursor)]),
        });
        let files = BTreeMap::from([(request.path.to_path_buf(), vec![edit])]);
        as_json(&CodeAction { edit: Some(self.edit_of_files(files)?), command, ..action })
    }
}

/// The first key of a finding.
fn first_key<'a>(part: &'a ProjectPart, finding: &Finding) -> Option<&'a CheckedKey> {
    let first = finding.instances.first()?;
    part.outcome.keys.iter().find(|key| key.facts.id == first.key)
}

fn as_json(action: &CodeAction) -> Option<Value> {
    serde_json::to_value(CodeActionOrCommand::CodeAction(action.clone())).ok()
}

/// The title of a remedy: "Set `protection_mode = "SOFTWARE"`".
fn title(remedy: &Remedy) -> String {
    let assignment = |change: &rules::ArgumentChange| format!("`{} = {}`", change.to.argument(), change.to.value());
    format!("Set {}", remedy.changes.iter().map(assignment).collect::<Vec<_>>().join(" and "))
}

/// The diagnostics of a finding that the client shows.
fn shown_diagnostics(finding: &Finding, request: &ActionRequest<'_>) -> Vec<Diagnostic> {
    let is_of = |diagnostic: &&Diagnostic| matches!(&diagnostic.code, Some(NumberOrString::String(code)) if code == finding.rule);
    request.diagnostics.iter().filter(is_of).cloned().collect()
}

/// Where to insert a comment: a byte offset, and the indentation of the line.
type CommentPlace = (usize, String);

/// Where to insert exemption comments for findings at these offsets: above the line, or above the block that contains the line. A place is
/// used only if the text there would be read as a comment: the line may be part of a heredoc.
fn comment_places(text: &str, offsets: &[usize], path: &Path) -> Vec<Option<CommentPlace>> {
    if path.extension().is_some_and(|extension| extension == "json") {
        return vec![None; offsets.len()];
    }
    let start_of = |offset: usize| text.get(..offset).map_or(0, |before| before.rfind('\n').map_or(0, |at| at + 1));
    let parse = |text: &str| {
        let sources = Sources::default();
        hcl::native::parse(sources.add("", text.to_owned()), text)
    };
    let blocks = parse(text).body.blocks;
    let enclosing_block =
        |offset: usize| blocks.iter().find(|block| block.span.range().contains(&offset)).map(|block| block.span.start as usize);
    let possible = |offset: usize| [Some(start_of(offset)), enclosing_block(offset).map(start_of)];
    // All candidates are tried in one text, because comments do not affect each other.
    let candidates: BTreeSet<usize> = offsets.iter().flat_map(|offset| possible(*offset)).flatten().collect();
    let (mut with, mut done, mut places) = (String::with_capacity(text.len() + 4096), 0, HashMap::new());
    for at in candidates {
        let indent: String = text.get(at..).unwrap_or_default().chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        with.push_str(text.get(done..at).unwrap_or_default());
        with.push_str(&indent);
        places.insert(with.len(), (at, indent));
        with.push_str("# kmslint: ignore[X] reason\n");
        done = at;
    }
    with.push_str(text.get(done..).unwrap_or_default());
    let are_comments: HashMap<usize, String> =
        parse(&with).comments.iter().filter_map(|comment| places.remove(&(comment.span.start as usize))).collect();
    let place = |offset: usize| possible(offset).into_iter().flatten().find_map(|at| Some((at, are_comments.get(&at)?.clone())));
    offsets.iter().map(|offset| place(*offset)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exemption_is_inserted_above_the_line_or_above_its_block_in_a_heredoc() {
        let place = |text: &str, part: &str| comment_places(text, &[text.find(part).unwrap()], Path::new("a.tf")).remove(0);
        let text = "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\"\n}\n";
        assert_eq!(place(text, "\"HSM\""), Some((text.find("  protection").unwrap(), "  ".to_owned())));
        assert_eq!(place(text, "resource"), Some((0, String::new())));
        let heredoc = "locals {\n  a = <<E\n${var.x}\nE\n}\n";
        assert_eq!(place(heredoc, "var.x"), Some((0, String::new())));
        assert_eq!(comment_places("{}", &[0], Path::new("a.tf.json")), [None]);
        let all = [text, heredoc].concat();
        let at = |part: &str| all.find(part).unwrap();
        let found = comment_places(&all, &["var.x", "\"HSM\"", "resource"].map(at), Path::new("a.tf"));
        assert_eq!(found, [Some((at("locals"), String::new())), Some((at("  protection"), "  ".to_owned())), Some((0, String::new()))]);
    }
}
