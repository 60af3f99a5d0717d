//! The thread that has all state: it handles messages in order, so an answer always takes the changes sent before the request into account.

use super::capabilities::{ClientSupport, watch};
use super::channel::{Outbox, Process, RequestError, Requests, log};
use super::diagnostics;
use super::documents::{Documents, real_path};
use super::project::{Project, ReadingContext, is_relevant};
use super::settings::{EditorSettings, SECTION};
use super::uri;
use crate::base::disk;
use crate::policy::config;
use lsp_server::{ErrorCode, Notification, Request, RequestId, Response};
use lsp_types::{
    ConfigurationItem, ConfigurationParams, Diagnostic, DidChangeConfigurationParams, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams, ProgressParams, ProgressParamsValue, ProgressToken, PublishDiagnosticsParams, RegistrationParams, Uri,
    WorkDoneProgress, WorkDoneProgressBegin, WorkDoneProgressCreateParams, WorkDoneProgressEnd, WorkDoneProgressReport,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// How many directories outside of all workspace directories are read, for documents in them.
const MAX_ADOPTED: usize = 16;

/// The id of our request for settings.
const CONFIGURATION_REQUEST: &str = "kmslint/configuration";
/// The token of the progress of a scan.
const SCAN_TOKEN: &str = "kmslint/scan";

/// A message for the worker.
pub(super) enum Job {
    /// A request of the client.
    Request(Request),
    /// A notification.
    Notification(Notification),
    /// The client's answer to a request of ours.
    Response(Response),
}

/// The state of the server.
pub(super) struct Worker {
    process: Process,
    /// What the client can do.
    pub support: ClientSupport,
    /// What the user set in the editor.
    pub settings: EditorSettings,
    /// The open documents.
    pub documents: Documents,
    /// The workspace directories, and after them the directories that were adopted for a document.
    pub projects: Vec<Project>,
    /// How many projects are workspace directories.
    workspace_count: usize,
    requests: Requests,
    outbox: Outbox,
    /// Files that changed since the last check.
    changed: BTreeSet<PathBuf>,
    /// Whether everything must be read again.
    is_stale: bool,
    /// Whether diagnostics may be sent to the client.
    is_initialized: bool,
    /// The diagnostics that were last sent to the client, by URI.
    published: BTreeMap<String, Published>,
    /// The messages in the log, which are not repeated.
    logged: HashSet<String>,
}

impl Worker {
    pub(super) fn new(
        process: Process,
        support: ClientSupport,
        settings: EditorSettings,
        folders: Vec<PathBuf>,
        requests: Requests,
        outbox: Outbox,
    ) -> Self {
        let mut worker = Self {
            process,
            support,
            settings,
            documents: Documents::default(),
            projects: Vec::new(),
            workspace_count: 0,
            requests,
            outbox,
            changed: BTreeSet::new(),
            is_stale: true,
            is_initialized: false,
            published: BTreeMap::new(),
            logged: HashSet::new(),
        };
        worker.add_workspaces(folders);
        worker
    }

    /// Handles jobs until the client is gone.
    pub(super) fn run(mut self, inbox: &Receiver<Job>) {
        while let Ok(first) = inbox.recv() {
            self.handle(first);
            // Changes that arrived in the meantime are checked together.
            while let Ok(next) = inbox.try_recv() {
                self.handle(next);
            }
            self.refresh();
        }
    }

    fn handle(&mut self, job: Job) {
        match job {
            Job::Notification(notification) => self.notification(notification),
            Job::Response(response) => self.response(response),
            Job::Request(request) => {
                let Request { id, method, params } = request;
                if self.requests.is_canceled(&id) {
                    self.requests.close(&id);
                    return self.outbox.answer(id, Err(RequestError::new(ErrorCode::RequestCanceled, "the request was canceled")));
                }
                // The client expects the answer to include the changes that it sent before.
                self.refresh();
                let answer = self.answer_request(&method, params);
                self.requests.close(&id);
                self.outbox.answer(id, answer);
            }
        }
    }

    fn notification(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        match method.as_str() {
            "initialized" => self.initialized(),
            "textDocument/didOpen" => {
                if let Some(DidOpenTextDocumentParams { text_document: document }) = parse_params(params) {
                    let path = self.documents.open(document.uri, document.version, document.text);
                    if let Some(path) = path {
                        self.adopt_directory_of(&path);
                        self.note_opened(path);
                    }
                }
            }
            "textDocument/didChange" => {
                if let Some(DidChangeTextDocumentParams { text_document: document, content_changes }) = parse_params(params) {
                    let encoding = self.support.client.encoding;
                    let path = self.documents.change(&document.uri, document.version, content_changes, encoding);
                    self.changed.extend(path);
                }
            }
            "textDocument/didClose" => {
                if let Some(DidCloseTextDocumentParams { text_document: document }) = parse_params(params) {
                    let path = self.documents.close(&document.uri);
                    self.changed.extend(path);
                }
            }
            "textDocument/didSave" => {
                if let Some(DidSaveTextDocumentParams { text_document: document, .. }) = parse_params(params)
                    && let Some(path) = uri::path(&document.uri)
                    && is_relevant(&path)
                {
                    // A complete reading on save also finds what incremental updates of incomplete texts may have missed.
                    self.is_stale = true;
                }
            }
            "workspace/didChangeWatchedFiles" => {
                if let Some(DidChangeWatchedFilesParams { changes }) = parse_params(params) {
                    let paths = changes.iter().filter_map(|change| uri::path(&change.uri)).map(|path| real_path(&path));
                    // For open documents, the text in the editor counts.
                    let closed: Vec<PathBuf> = paths.filter(|path| self.documents.at(path).is_none()).collect();
                    self.changed.extend(closed);
                }
            }
            "workspace/didChangeWorkspaceFolders" => {
                if let Some(DidChangeWorkspaceFoldersParams { event }) = parse_params(params) {
                    let gone: Vec<PathBuf> =
                        event.removed.iter().filter_map(|folder| uri::path(&folder.uri)).map(|path| real_path(&path)).collect();
                    let before = self.workspace_count;
                    let mut at = 0;
                    self.projects.retain(|project| {
                        at += 1;
                        at > before || !gone.contains(&project.directory)
                    });
                    self.workspace_count = before.saturating_sub(at - self.projects.len());
                    self.add_workspaces(event.added.iter().filter_map(|folder| uri::path(&folder.uri)).collect());
                    self.is_stale = true;
                }
            }
            "workspace/didChangeConfiguration" => {
                if let Some(DidChangeConfigurationParams { settings }) = parse_params(params) {
                    match settings.get(SECTION).is_some_and(Value::is_object) {
                        true => self.configure(&settings),
                        false => self.ask_for_settings(),
                    }
                }
            }
            _ => {}
        }
    }

    fn initialized(&mut self) {
        self.is_initialized = true;
        self.ask_for_settings();
        if self.support.watches_files {
            self.ask("kmslint/watch", "client/registerCapability", RegistrationParams { registrations: vec![watch()] });
        }
    }

    fn ask_for_settings(&self) {
        if self.support.has_configuration {
            let item = ConfigurationItem { scope_uri: None, section: Some(SECTION.to_owned()) };
            self.ask(CONFIGURATION_REQUEST, "workspace/configuration", ConfigurationParams { items: vec![item] });
        }
    }

    fn response(&mut self, response: Response) {
        if response.id == RequestId::from(CONFIGURATION_REQUEST.to_owned())
            && let Ok(Value::Array(sections)) = response.response_result
            // A client without such a section answers null or an empty object: the settings of `initializationOptions` are kept.
            && let Some(section) = sections.first().filter(|section| section.as_object().is_some_and(|section| !section.is_empty()))
        {
            self.configure(section);
        }
    }

    fn configure(&mut self, sent: &Value) {
        let (settings, mistakes) = EditorSettings::read(sent);
        mistakes.iter().for_each(|text| self.warn(text));
        if settings != self.settings {
            self.is_stale |= settings.var_files != self.settings.var_files;
            self.settings = settings;
            // The diagnostics depend on the settings too.
            self.projects.iter_mut().for_each(Project::clear_diagnostics);
            self.publish();
        }
    }

    fn add_workspaces(&mut self, paths: Vec<PathBuf>) {
        for path in paths {
            let project = Project::new(path);
            let is_known = self.projects.iter().take(self.workspace_count).any(|known| known.directory == project.directory);
            if !is_known && disk::is_dir(&project.directory) {
                // Before the adopted directories: the count is of the first projects, which are the client's own.
                self.projects.insert(self.workspace_count, project);
                self.workspace_count += 1;
            }
        }
    }

    /// Adopts the repository of a document that is not in a workspace directory, or its directory if it has no repository.
    fn adopt_directory_of(&mut self, path: &Path) {
        let is_uncovered = is_relevant(path) && !self.projects.iter().any(|project| project.contains(path));
        if is_uncovered
            && self.projects.len() < self.workspace_count + MAX_ADOPTED
            && let Some(directory) = path.parent().filter(|directory| disk::is_dir(directory))
        {
            let root = disk::repository_root(directory);
            self.projects.push(root.map_or_else(|| Project::single_directory(directory.to_path_buf()), Project::new));
        }
    }

    /// Notes that a document was opened. Most documents have the same text as the file, which was read already.
    fn note_opened(&mut self, path: PathBuf) {
        let text = self.documents.at(&path).map(|document| Arc::clone(document.text()));
        let is_same = text.is_some_and(|text| {
            // The size limits the read: a longer file has a different text.
            let size = text.len() as u64;
            disk::read(&path, size).is_ok_and(|bytes| bytes == text.as_bytes())
        });
        if !is_same {
            self.changed.insert(path);
        } else if self.projects.iter().all(Project::is_read) {
            // Its diagnostics get its version. Projects that were not read yet are published when they are.
            self.publish();
        }
    }

    /// The current inputs of a reading.
    pub(super) fn reading_context(&self) -> ReadingContext<'_> {
        let overlay = Arc::new(self.documents.overlay());
        ReadingContext { make: &*self.process.make, overlay, settings: &self.settings, now: (self.process.clock)() }
    }

    /// Checks everything that changed, and sends new diagnostics to the client.
    fn refresh(&mut self) {
        if !self.is_initialized {
            return;
        }
        let changed: Vec<PathBuf> = std::mem::take(&mut self.changed).into_iter().collect();
        let is_stale = std::mem::take(&mut self.is_stale);
        let unread = self.projects.iter().filter(|project| is_stale || !project.is_read()).count();
        if unread == 0 && changed.is_empty() {
            return;
        }
        let is_first = self.projects.iter().any(|project| !project.is_read());
        let progress = (is_first && unread > 0).then(|| self.begin_progress());
        let overlay = Arc::new(self.documents.overlay());
        let context = ReadingContext { make: &*self.process.make, overlay, settings: &self.settings, now: (self.process.clock)() };
        let total = self.projects.len();
        for (at, project) in self.projects.iter_mut().enumerate() {
            if progress.is_some() {
                report_progress(&self.outbox, &project.directory, at, total);
            }
            if is_stale || !project.is_read() {
                project.read(&context);
            } else {
                project.refresh(&changed, &context);
            }
        }
        if progress.is_some() {
            let end = WorkDoneProgress::End(WorkDoneProgressEnd { message: None });
            notify_progress(&self.outbox, end);
        }
        self.publish();
    }

    fn begin_progress(&self) {
        if self.support.has_progress {
            let token = ProgressToken::String(SCAN_TOKEN.to_owned());
            self.ask(SCAN_TOKEN, "window/workDoneProgress/create", WorkDoneProgressCreateParams { token });
            let begin = WorkDoneProgressBegin { title: "kmslint".to_owned(), percentage: Some(0), ..WorkDoneProgressBegin::default() };
            notify_progress(&self.outbox, WorkDoneProgress::Begin(begin));
        }
    }

    /// Sends the diagnostics of files whose diagnostics differ from those that the client shows.
    fn publish(&mut self) {
        if !self.is_initialized {
            return;
        }
        let mut all: BTreeMap<PathBuf, (PathBuf, Arc<Vec<Diagnostic>>)> = BTreeMap::new();
        let mut unplaced: Vec<String> = Vec::new();
        let client = self.support.client;
        for project in self.projects.iter().filter(|project| project.is_read()) {
            let of_config = diagnostics::of_exemptions(project, client);
            let of_parts = project.parts.iter().map(|part| diagnostics::of_part(project, part, &self.settings, client));
            for part_diagnostics in of_parts.chain([&of_config]) {
                unplaced.extend(part_diagnostics.unplaced.iter().cloned());
                for (path, diagnostics) in &part_diagnostics.found {
                    match all.get_mut(path) {
                        None => drop(all.insert(path.clone(), (project.as_client_path(path), Arc::clone(diagnostics)))),
                        // Workspace directories may be nested.
                        Some((_, known)) => {
                            let more: Vec<_> = diagnostics.iter().filter(|one| !known.contains(one)).cloned().collect();
                            Arc::make_mut(known).extend(more);
                        }
                    }
                }
            }
        }
        for (path, document) in self.documents.all() {
            let is_config = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| config::NAMES.contains(&name));
            if is_config && !self.projects.iter().any(|project| project.uses_config(path)) {
                let found = diagnostics::of_config(path, document.text(), self.support.client);
                all.insert(path.to_path_buf(), (path.to_path_buf(), Arc::new(found)));
            }
        }
        unplaced.iter().for_each(|text| self.warn(text));
        let mut current: BTreeMap<String, Published> = BTreeMap::new();
        for (path, (named, diagnostics)) in all {
            let document = self.documents.at(&path);
            let uri = document.map(|document| document.uri.clone()).or_else(|| uri::of(&named));
            let version = document.map(|document| document.version);
            current.extend(uri.map(|uri| (uri.to_string(), Published { uri, diagnostics, version })));
        }
        for (_, document) in self.documents.all() {
            let empty = || Published { uri: document.uri.clone(), diagnostics: Arc::default(), version: Some(document.version) };
            current.entry(document.uri.to_string()).or_insert_with(empty);
        }
        // A client shows the diagnostics of a file until it gets others, so files without any need an empty list.
        for (name, old) in &self.published {
            let empty = || Published { uri: old.uri.clone(), diagnostics: Arc::default(), version: None };
            current.entry(name.clone()).or_insert_with(empty);
        }
        for (name, new) in &current {
            if self.published.get(name) != Some(new) {
                let Published { uri, diagnostics, version } = new.clone();
                let diagnostics = Arc::unwrap_or_clone(diagnostics);
                self.notify("textDocument/publishDiagnostics", PublishDiagnosticsParams { uri, diagnostics, version });
            }
        }
        current.retain(|_, published| !published.diagnostics.is_empty() || published.version.is_some());
        self.published = current;
    }

    /// Writes a message to the client's log, once.
    pub(super) fn warn(&mut self, text: &str) {
        if self.logged.len() < 1000 && self.logged.insert(text.to_owned()) {
            self.outbox.send(log(text));
        }
    }

    fn notify(&self, method: &str, params: impl Serialize) {
        notify(&self.outbox, method, params);
    }

    /// Sends a request to the client.
    pub(super) fn ask(&self, id: &str, method: &str, params: impl Serialize) {
        let params = serde_json::to_value(params).unwrap_or_default();
        self.outbox.send(Request { id: RequestId::from(id.to_owned()), method: method.to_owned(), params });
    }
}

/// What was last sent to the client for a file.
#[derive(Clone, PartialEq)]
struct Published {
    uri: Uri,
    diagnostics: Arc<Vec<Diagnostic>>,
    version: Option<i32>,
}

/// The parameters of a message; `None` if they are malformed.
fn parse_params<T: DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

fn notify(outbox: &Outbox, method: &str, params: impl Serialize) {
    outbox.send(Notification { method: method.to_owned(), params: serde_json::to_value(params).unwrap_or_default() });
}

fn notify_progress(outbox: &Outbox, progress: WorkDoneProgress) {
    let token = ProgressToken::String(SCAN_TOKEN.to_owned());
    notify(outbox, "$/progress", ProgressParams { token, value: ProgressParamsValue::WorkDone(progress) });
}

fn report_progress(outbox: &Outbox, directory: &Path, at: usize, total: usize) {
    let percentage = u32::try_from(at * 100 / total.max(1)).ok();
    let name = directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy();
    let message = Some(format!("reading `{}`", crate::report::clean(&name)));
    notify_progress(outbox, WorkDoneProgress::Report(WorkDoneProgressReport { cancellable: None, message, percentage }));
}
