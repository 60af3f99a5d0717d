//! Answers to the requests of the editor, from the state of the worker.

use super::actions::{ActionRequest, Actions, SELECT};
use super::capabilities::ClientSupport;
use super::channel::RequestError;
use super::completion;
use super::diagnostics;
use super::documents::OpenDocument;
use super::hover;
use super::inlay;
use super::project::Project;
use super::worker::Worker;
use crate::base::{FileName, Place, Sources};
use crate::policy::config;
use lsp_server::ErrorCode;
use lsp_types::{
    CodeActionParams, CompletionItem, CompletionParams, ExecuteCommandParams, GotoDefinitionParams, Hover, HoverParams, InlayHint,
    InlayHintParams, Location, Position, Range, ShowDocumentParams, Uri,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

impl Worker {
    /// Answers a request.
    pub(super) fn answer_request(&self, method: &str, params: Value) -> Result<Value, RequestError> {
        match method {
            "textDocument/codeAction" => answer(params, |params| self.code_actions(params)),
            "textDocument/hover" => answer(params, |params| self.hover(&params)),
            "textDocument/definition" => answer(params, |params| self.definition(&params)),
            "textDocument/inlayHint" => answer(params, |params| self.inlay_hints(&params)),
            "textDocument/completion" => answer(params, |params| self.completion(&params)),
            "workspace/executeCommand" => answer(params, |params| self.command(&params)),
            _ => Err(RequestError::new(ErrorCode::MethodNotFound, format!("unknown method `{}`", crate::report::clean(method)))),
        }
    }

    fn code_actions(&self, params: CodeActionParams) -> Vec<Value> {
        let Some((path, document)) = self.documents.of(&params.text_document.uri) else { return Vec::new() };
        let offset = |at| self.offset(document, at);
        let request = ActionRequest {
            path: &path,
            document,
            range: offset(params.range.start)..offset(params.range.end),
            only: params.context.only,
            diagnostics: params.context.diagnostics,
        };
        let ClientSupport { editing, client, .. } = self.support;
        let mut found: Vec<Value> = Vec::new();
        for project in self.read_projects() {
            let actions = Actions { project, documents: &self.documents, editing, encoding: client.encoding };
            for action in actions.of(&request) {
                if !found.contains(&action) {
                    found.push(action);
                }
            }
        }
        found
    }

    fn hover(&self, params: &HoverParams) -> Option<Hover> {
        let at = &params.text_document_position_params;
        let (path, document) = self.documents.of(&at.text_document.uri)?;
        let offset = self.offset(document, at.position);
        let shown = (self.support.client.encoding, self.support.has_markdown);
        let sources = Sources::default();
        let source = sources.get(sources.add(&path, document.text().to_string()));
        let context = self.reading_context();
        hover::of_rule(&source, offset, shown.0, shown.1)
            .or_else(|| self.read_projects().find_map(|project| hover::of_value(project, &context, &path, offset, shown)))
    }

    fn definition(&self, params: &GotoDefinitionParams) -> Vec<Location> {
        let at = &params.text_document_position_params;
        let Some((path, document)) = self.documents.of(&at.text_document.uri) else { return Vec::new() };
        let (offset, context) = (self.offset(document, at.position), self.reading_context());
        let encoding = self.support.client.encoding;
        let found = self.read_projects().find_map(|project| {
            let origins = hover::origins(&hover::inspect(project, &context, &path, offset)?);
            let places = origins.into_iter().map(Place::Source);
            let places: Vec<Location> = places.filter_map(|place| diagnostics::location(project, &place, encoding)).collect();
            (!places.is_empty()).then_some(places)
        });
        found.unwrap_or_default()
    }

    fn inlay_hints(&self, params: &InlayHintParams) -> Vec<InlayHint> {
        let Some((path, document)) = self.documents.of(&params.text_document.uri) else { return Vec::new() };
        if !self.settings.inlay_hints {
            return Vec::new();
        }
        let range = self.offset(document, params.range.start)..self.offset(document, params.range.end);
        let encoding = self.support.client.encoding;
        let found = self.read_projects().map(|project| inlay::hints(project, &path, &range, encoding)).find(|hints| !hints.is_empty());
        found.unwrap_or_default()
    }

    fn completion(&self, params: &CompletionParams) -> Vec<CompletionItem> {
        let at = &params.text_document_position;
        let Some((path, document)) = self.documents.of(&at.text_document.uri) else { return Vec::new() };
        let offset = self.offset(document, at.position);
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
        if config::NAMES.contains(&name) {
            return completion::in_config(document.text(), offset);
        }
        match FileName::of(name) {
            Some(file) if !file.is_json => completion::in_configuration(document.text(), offset, self.support.has_markdown),
            _ => Vec::new(),
        }
    }

    /// Asks the client to put the cursor at the reason of an exemption.
    fn command(&self, params: &ExecuteCommandParams) -> Option<()> {
        let [uri, position] = params.arguments.as_slice() else { return None };
        let uri: Uri = serde_json::from_value(uri.clone()).ok()?;
        let position: Position = serde_json::from_value(position.clone()).ok()?;
        if params.command == SELECT && self.documents.of(&uri).is_some() {
            let selection = Some(Range::new(position, position));
            self.ask(
                "kmslint/select",
                "window/showDocument",
                ShowDocumentParams { uri, external: None, take_focus: Some(true), selection },
            );
        }
        None
    }

    fn read_projects(&self) -> impl Iterator<Item = &Project> {
        self.projects.iter().filter(|project| project.is_read())
    }

    fn offset(&self, document: &OpenDocument, at: Position) -> usize {
        self.support.client.encoding.offset(document.text(), &super::position::line_starts(document.text()), at)
    }
}

/// Answers a request, or returns an error if its parameters are invalid.
fn answer<P: DeserializeOwned, R: Serialize>(params: Value, make: impl FnOnce(P) -> R) -> Result<Value, RequestError> {
    let params = serde_json::from_value(params).map_err(|error| RequestError::new(ErrorCode::InvalidParams, error.to_string()))?;
    serde_json::to_value(make(params)).map_err(|error| RequestError::new(ErrorCode::InternalError, error.to_string()))
}
