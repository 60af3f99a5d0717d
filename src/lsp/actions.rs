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

/// The kind of "fix all".
pub(super) const FIX_ALL: &str = "source.fixAll.kmslint";
/// The command that puts the cursor where the reason of an exemption goes.
pub(super) const SELECT: &str = "kmslint.select";
/// How many findings at one place get actions.
const MOST: usize = 20;

/// What the client can do with edits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Editing {
    /// It takes edits with the version of the text that they are for.
    pub has_versions: bool,
    /// It takes edits with a place for the cursor.
    pub has_snippets: bool,
    /// It can be asked to show a place.
    pub shows_places: bool,
}

/// What is asked for.
pub(super) struct Asked<'a> {
    /// The document.
    pub path: &'a Path,
    pub document: &'a OpenDocument,
    /// The range of bytes.
    pub range: std::ops::Range<usize>,
    /// The kinds that are wanted; all quick fixes where nothing is named.
    pub only: Option<Vec<CodeActionKind>>,
    /// The diagnostics that the client shows there.
    pub diagnostics: Vec<Diagnostic>,
}

impl Asked<'_> {
    fn wants(&self, kind: &str) -> bool {
        // Kinds are a hierarchy with dots: a client that asks for `source.fixAll` wants all below it,
        // and the empty kind is the root of all.
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
    pub editing: Editing,
    pub encoding: Encoding,
}

impl Actions<'_> {
    /// The actions at a place of a document.
    pub(super) fn of(&self, asked: &Asked<'_>) -> Vec<Value> {
        let mut found: Vec<Value> = Vec::new();
        if asked.wants(CodeActionKind::QUICKFIX.as_str()) {
            let mut is_asked = HashMap::new();
            let all = self.project.parts.iter().flat_map(|part| part.outcome.findings.iter().map(move |finding| (part, finding)));
            let here: Vec<_> = all.filter(|(_, finding)| self.is_at(finding, asked, &mut is_asked)).take(MOST).collect();
            let offsets: Vec<usize> = here.iter().map(|(_, finding)| finding.place.span().map_or(0, |span| span.start as usize)).collect();
            let (text, path) = (asked.document.text(), asked.path);
            let places = terraform::deep(|| comment_places(text, &offsets, path));
            for ((part, finding), place) in here.into_iter().zip(places) {
                found.extend(self.fixes(part, finding, asked).into_iter().filter_map(|action| as_json(&action)));
                found.extend(place.and_then(|place| self.exemption(finding, place, asked)));
            }
        }
        if asked.wants(FIX_ALL) {
            found.extend(self.fix_all(asked).and_then(|action| as_json(&action)));
        }
        found
    }

    /// Whether a finding is in the range that was asked for; `is_asked`: which texts are the document's.
    fn is_at(&self, finding: &Finding, asked: &Asked<'_>, is_asked: &mut HashMap<SourceId, bool>) -> bool {
        let Some(span) = finding.place.span() else { return false };
        let range = span.range();
        if range.start > asked.range.end || range.end < asked.range.start {
            return false;
        }
        *is_asked.entry(span.source).or_insert_with(|| {
            let source = self.project.sources.get(span.source);
            self.project.path(&source) == asked.path && source.text() == &**asked.document.text()
        })
    }

    /// What fixes a finding.
    fn fixes(&self, part: &ProjectPart, finding: &Finding, asked: &Asked<'_>) -> Vec<CodeAction> {
        let mut found = Vec::new();
        let Some((rule, key)) = rules::by_id(finding.rule).zip(key(part, finding)) else { return found };
        if finding.verdict != "violation" {
            return found;
        }
        let settings = self.project.rules();
        let sources = &self.project.sources;
        let remedies = (rule.remedies)(&key.facts, finding.kind, &settings).unwrap_or_default();
        let diagnostics = shown(finding, asked);
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
        // Whether one of these is right, only a person knows.
        // `remedy_edits` looks at one key alone, and a place that decides about several must suit them all.
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

    /// All safe fixes in a document. A fix that changes another document, too, is made where it is looked at.
    fn fix_all(&self, asked: &Asked<'_>) -> Option<CodeAction> {
        let sources = &self.project.sources;
        let settings = self.project.rules();
        let is_here = |edit: &Edit| self.project.path(&sources.get(edit.span.source)) == asked.path;
        let session = self.project.session()?;
        let parts = self.project.parts.iter().filter(|part| session.uses_file(&part.runs, asked.path));
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

    /// Edits as the client takes them; `None` where there are none, or where a text is not what the editor has.
    fn workspace_edit(&self, edits: &[&Edit]) -> Option<WorkspaceEdit> {
        let mut files: BTreeMap<PathBuf, Vec<TextEdit>> = BTreeMap::new();
        let mut is_current = HashMap::new();
        for edit in edits {
            let source = self.project.sources.get(edit.span.source);
            let path = self.project.path(&source);
            // The client applies offsets to the text that it has: those of another text would hit anything.
            let is_same = || self.documents.at(&path).is_none_or(|document| **document.text() == *source.text());
            if !*is_current.entry(edit.span.source).or_insert_with(is_same) {
                return None;
            }
            let text = TextEdit { range: self.encoding.range(&source, edit.span), new_text: edit.replacement.clone() };
            files.entry(path).or_default().push(text);
        }
        (!files.is_empty()).then(|| self.of_files(files)).flatten()
    }

    fn of_files(&self, files: BTreeMap<PathBuf, Vec<TextEdit>>) -> Option<WorkspaceEdit> {
        let named = |path: &Path| -> Option<(Uri, Option<i32>)> {
            match self.documents.at(path) {
                Some(document) => Some((document.uri.clone(), Some(document.version))),
                None => Some((uri::of(&self.project.as_named(path))?, None)),
            }
        };
        if !self.editing.has_versions {
            let changes: Option<HashMap<Uri, Vec<TextEdit>>> =
                files.into_iter().map(|(path, edits)| Some((named(&path)?.0, edits))).collect();
            return Some(WorkspaceEdit { changes: Some(changes?), ..WorkspaceEdit::default() });
        }
        let one = |(path, edits): (PathBuf, Vec<TextEdit>)| {
            let (uri, version) = named(&path)?;
            let text_document = OptionalVersionedTextDocumentIdentifier { uri, version };
            Some(TextDocumentEdit { text_document, edits: edits.into_iter().map(OneOf::Left).collect() })
        };
        let changes: Option<Vec<TextDocumentEdit>> = files.into_iter().map(one).collect();
        Some(WorkspaceEdit { document_changes: Some(DocumentChanges::Edits(changes?)), ..WorkspaceEdit::default() })
    }

    /// "Exempt with a reason…": the comment, with the cursor where the reason goes. Without one it is an error, so that it is not forgotten.
    fn exemption(&self, finding: &Finding, (at, indent): CommentPlace, asked: &Asked<'_>) -> Option<Value> {
        let span = finding.place.span()?;
        let text = &**asked.document.text();
        let comment = format!("{indent}# kmslint: ignore[{}] ", finding.rule);
        let source = self.project.sources.get(span.source);
        let start = self.encoding.position(&source, at);
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let cursor = Position::new(start.line, u32::try_from(comment.len()).unwrap_or(0));
        let action = CodeAction {
            title: format!("Exempt from {} with a reason…", finding.rule),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(shown(finding, asked)),
            ..CodeAction::default()
        };
        let range = Range::new(start, start);
        if self.editing.has_snippets && self.editing.has_versions {
            let mut action = as_json(&action)?;
            let snippet = format!("{}${{1:reason}}{end}", comment.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}"));
            let edit = json!({ "range": range, "snippet": { "kind": "snippet", "value": snippet } });
            let document = json!({ "uri": asked.document.uri, "version": asked.document.version });
            let changes = json!({ "documentChanges": [{ "textDocument": document, "edits": [edit] }] });
            action.as_object_mut()?.insert("edit".to_owned(), changes);
            return Some(action);
        }
        let edit = TextEdit { range, new_text: format!("{comment}{end}") };
        let command = self.editing.shows_places.then(|| Command {
            title: "Put the cursor where the reason goes".to_owned(),
            command: SELECT.to_owned(),
            arguments: Some(vec![json!(asked.document.uri), json!(cursor)]),
        });
        let files = BTreeMap::from([(asked.path.to_path_buf(), vec![edit])]);
        as_json(&CodeAction { edit: Some(self.of_files(files)?), command, ..action })
    }
}

/// The first key of a finding.
fn key<'a>(part: &'a ProjectPart, finding: &Finding) -> Option<&'a CheckedKey> {
    let first = finding.instances.first()?;
    part.outcome.keys.iter().find(|key| key.facts.id == first.key)
}

fn as_json(action: &CodeAction) -> Option<Value> {
    serde_json::to_value(CodeActionOrCommand::CodeAction(action.clone())).ok()
}

/// What a remedy writes: "Set `protection_mode = "SOFTWARE"`".
fn title(remedy: &Remedy) -> String {
    let one = |change: &rules::ArgumentChange| format!("`{} = {}`", change.to.argument(), change.to.value());
    format!("Set {}", remedy.changes.iter().map(one).collect::<Vec<_>>().join(" and "))
}

/// The diagnostics that the client shows of a finding.
fn shown(finding: &Finding, asked: &Asked<'_>) -> Vec<Diagnostic> {
    let is_of = |diagnostic: &&Diagnostic| matches!(&diagnostic.code, Some(NumberOrString::String(code)) if code == finding.rule);
    asked.diagnostics.iter().filter(is_of).cloned().collect()
}

/// Where a comment goes: an offset in bytes, and the line's indentation.
type CommentPlace = (usize, String);

/// Where comments that exempt go, for findings by their offsets: above the line, or above the block that the line is in; with the line's
/// indentation. A place counts if the comment is one there: the line may be one of a heredoc.
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
    let around = |offset: usize| blocks.iter().find(|block| block.span.range().contains(&offset)).map(|block| block.span.start as usize);
    let possible = |offset: usize| [Some(start_of(offset)), around(offset).map(start_of)];
    // All of them in one text: a comment changes nothing for the others.
    let tried: BTreeSet<usize> = offsets.iter().flat_map(|offset| possible(*offset)).flatten().collect();
    let (mut with, mut done, mut places) = (String::with_capacity(text.len() + 4096), 0, HashMap::new());
    for at in tried {
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
    fn an_exemption_goes_above_the_line_or_above_the_block_where_the_line_takes_no_comment() {
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
