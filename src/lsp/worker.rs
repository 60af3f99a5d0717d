//! The thread that knows everything: it takes messages in their order, so that no answer is older than what it answers.

use super::capabilities::{Abilities, watch};
use super::channel::{Outbox, Process, RequestError, Requests, log};
use super::diagnostics;
use super::documents::{Documents, real};
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

/// How many directories without a workspace directory are read for documents in them.
const MOST_ADOPTED: usize = 16;

/// The id of our request for settings.
const CONFIGURATION: &str = "kmslint/configuration";
/// The token of the progress of a scan.
const SCAN: &str = "kmslint/scan";

/// What the worker is given.
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
    pub abilities: Abilities,
    /// What the user set in the editor.
    pub settings: EditorSettings,
    /// What is open.
    pub documents: Documents,
    /// The workspace directories, and directories that were adopted for a document.
    pub projects: Vec<Project>,
    /// How many projects are workspace directories; the others were adopted for a document.
    folders: usize,
    requests: Requests,
    outbox: Outbox,
    /// Files that changed since everything was checked.
    changed: BTreeSet<PathBuf>,
    /// Whether everything is to be read again.
    is_stale: bool,
    /// Whether the client may be sent diagnostics.
    is_initialized: bool,
    /// What the client shows, by URI, and the version that it was reported of.
    published: BTreeMap<String, Published>,
    /// What was reported in the log.
    shown: HashSet<String>,
}

impl Worker {
    pub(super) fn new(
        process: Process,
        abilities: Abilities,
        settings: EditorSettings,
        folders: Vec<PathBuf>,
        requests: Requests,
        outbox: Outbox,
    ) -> Self {
        let mut worker = Self {
            process,
            abilities,
            settings,
            documents: Documents::default(),
            projects: Vec::new(),
            folders: 0,
            requests,
            outbox,
            changed: BTreeSet::new(),
            is_stale: true,
            is_initialized: false,
            published: BTreeMap::new(),
            shown: HashSet::new(),
        };
        worker.add_folders(folders);
        worker
    }

    /// Works until the client is gone.
    pub(super) fn run(mut self, inbox: &Receiver<Job>) {
        while let Ok(first) = inbox.recv() {
            self.take(first);
            // What was typed meanwhile is checked at once.
            while let Ok(next) = inbox.try_recv() {
                self.take(next);
            }
            self.settle();
        }
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Notification(notification) => self.notification(notification),
            Job::Response(response) => self.response(response),
            Job::Request(request) => {
                let Request { id, method, params } = request;
                if self.requests.is_canceled(&id) {
                    self.requests.close(&id);
                    return self.outbox.answer(id, Err(RequestError::new(ErrorCode::RequestCanceled, "the request was canceled")));
                }
                // The client counts the changes that it sent before in the answer.
                self.settle();
                let answer = self.request(&method, params);
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
                if let Some(DidOpenTextDocumentParams { text_document: document }) = read(params) {
                    let path = self.documents.open(document.uri, document.version, document.text);
                    if let Some(path) = path {
                        self.adopt(&path);
                        self.touch(path);
                    }
                }
            }
            "textDocument/didChange" => {
                if let Some(DidChangeTextDocumentParams { text_document: document, content_changes }) = read(params) {
                    let encoding = self.abilities.client.encoding;
                    let path = self.documents.change(&document.uri, document.version, content_changes, encoding);
                    self.changed.extend(path);
                }
            }
            "textDocument/didClose" => {
                if let Some(DidCloseTextDocumentParams { text_document: document }) = read(params) {
                    let path = self.documents.close(&document.uri);
                    self.changed.extend(path);
                }
            }
            "textDocument/didSave" => {
                if let Some(DidSaveTextDocumentParams { text_document: document, .. }) = read(params)
                    && let Some(path) = uri::path(&document.uri)
                    && is_relevant(&path)
                {
                    // What was hidden or missed while the text was incomplete is seen with fresh eyes.
                    self.is_stale = true;
                }
            }
            "workspace/didChangeWatchedFiles" => {
                if let Some(DidChangeWatchedFilesParams { changes }) = read(params) {
                    let paths = changes.iter().filter_map(|change| uri::path(&change.uri)).map(|path| real(&path));
                    // What is open counts as it is there.
                    let closed: Vec<PathBuf> = paths.filter(|path| self.documents.at(path).is_none()).collect();
                    self.changed.extend(closed);
                }
            }
            "workspace/didChangeWorkspaceFolders" => {
                if let Some(DidChangeWorkspaceFoldersParams { event }) = read(params) {
                    let gone: Vec<PathBuf> =
                        event.removed.iter().filter_map(|folder| uri::path(&folder.uri)).map(|path| real(&path)).collect();
                    let before = self.folders;
                    let mut at = 0;
                    self.projects.retain(|project| {
                        at += 1;
                        at > before || !gone.contains(&project.directory)
                    });
                    self.folders = before.saturating_sub(at - self.projects.len());
                    self.add_folders(event.added.iter().filter_map(|folder| uri::path(&folder.uri)).collect());
                    self.is_stale = true;
                }
            }
            "workspace/didChangeConfiguration" => {
                if let Some(DidChangeConfigurationParams { settings }) = read(params) {
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
        if self.abilities.watches_files {
            self.ask("kmslint/watch", "client/registerCapability", RegistrationParams { registrations: vec![watch()] });
        }
    }

    fn ask_for_settings(&self) {
        if self.abilities.has_configuration {
            let item = ConfigurationItem { scope_uri: None, section: Some(SECTION.to_owned()) };
            self.ask(CONFIGURATION, "workspace/configuration", ConfigurationParams { items: vec![item] });
        }
    }

    fn response(&mut self, response: Response) {
        if response.id == RequestId::from(CONFIGURATION.to_owned())
            && let Ok(Value::Array(sections)) = response.response_result
            // A client without such a section answers null or an empty object: what `initializationOptions` set stays.
            && let Some(section) = sections.first().filter(|section| section.as_object().is_some_and(|section| !section.is_empty()))
        {
            self.configure(section);
        }
    }

    fn configure(&mut self, sent: &Value) {
        let (settings, wrong) = EditorSettings::read(sent);
        wrong.iter().for_each(|text| self.warn(text));
        if settings != self.settings {
            self.is_stale |= settings.var_files != self.settings.var_files;
            self.settings = settings;
            // What is shown depends on them, too.
            self.projects.iter_mut().for_each(Project::forget_diagnosed);
            self.publish();
        }
    }

    fn add_folders(&mut self, named: Vec<PathBuf>) {
        for path in named {
            let project = Project::new(path);
            let is_known = self.projects.iter().take(self.folders).any(|known| known.directory == project.directory);
            if !is_known && disk::is_dir(&project.directory) {
                // Before the adopted ones: the counter is of the first projects, which are the client's own.
                self.projects.insert(self.folders, project);
                self.folders += 1;
            }
        }
    }

    /// Reads the repository around a document that is in no workspace directory.
    fn adopt(&mut self, path: &Path) {
        let is_ours = is_relevant(path) && !self.projects.iter().any(|project| project.contains(path));
        if is_ours
            && self.projects.len() < self.folders + MOST_ADOPTED
            && let Some(directory) = path.parent().filter(|directory| disk::is_dir(directory))
        {
            let root = disk::repository_root(directory);
            self.projects.push(root.map_or_else(|| Project::alone(directory.to_path_buf()), Project::new));
        }
    }

    /// Notes that a document was opened. Most are opened as they are on the disk, which was read.
    fn touch(&mut self, path: PathBuf) {
        let text = self.documents.at(&path).map(|document| Arc::clone(document.text()));
        let is_same = text.is_some_and(|text| {
            // The size caps the read: a longer file is another text anyway.
            let size = text.len() as u64;
            disk::read(&path, size).is_ok_and(|bytes| bytes == text.as_bytes())
        });
        if !is_same {
            self.changed.insert(path);
        } else if self.projects.iter().all(Project::is_read) {
            // Its diagnostics get its version. What was not read yet is reported when it is.
            self.publish();
        }
    }

    /// What readings depend on now.
    pub(super) fn around(&self) -> ReadingContext<'_> {
        let overlay = Arc::new(self.documents.overlay());
        ReadingContext { make: &*self.process.make, overlay, settings: &self.settings, now: (self.process.clock)() }
    }

    /// Checks what changed, and tells the client what is new.
    fn settle(&mut self) {
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
        let around = ReadingContext { make: &*self.process.make, overlay, settings: &self.settings, now: (self.process.clock)() };
        let total = self.projects.len();
        for (at, project) in self.projects.iter_mut().enumerate() {
            if progress.is_some() {
                report_progress(&self.outbox, &project.directory, at, total);
            }
            if is_stale || !project.is_read() {
                project.read(&around);
            } else {
                project.renew(&changed, &around);
            }
        }
        if progress.is_some() {
            let end = WorkDoneProgress::End(WorkDoneProgressEnd { message: None });
            notify_progress(&self.outbox, end);
        }
        self.publish();
    }

    fn begin_progress(&self) {
        if self.abilities.has_progress {
            let token = ProgressToken::String(SCAN.to_owned());
            self.ask(SCAN, "window/workDoneProgress/create", WorkDoneProgressCreateParams { token });
            let begin = WorkDoneProgressBegin { title: "kmslint".to_owned(), percentage: Some(0), ..WorkDoneProgressBegin::default() };
            notify_progress(&self.outbox, WorkDoneProgress::Begin(begin));
        }
    }

    /// Sends the diagnostics of files that have others than the client shows.
    fn publish(&mut self) {
        if !self.is_initialized {
            return;
        }
        let mut all: BTreeMap<PathBuf, (PathBuf, Arc<Vec<Diagnostic>>)> = BTreeMap::new();
        let mut unplaced: Vec<String> = Vec::new();
        let client = self.abilities.client;
        for project in self.projects.iter().filter(|project| project.is_read()) {
            let of_config = diagnostics::of_exemptions(project, client);
            let of_parts = project.parts.iter().map(|part| diagnostics::of(project, part, &self.settings, client));
            for diagnosed in of_parts.chain([&of_config]) {
                unplaced.extend(diagnosed.unplaced.iter().cloned());
                for (path, diagnostics) in &diagnosed.found {
                    match all.get_mut(path) {
                        None => drop(all.insert(path.clone(), (project.as_named(path), Arc::clone(diagnostics)))),
                        // Directories may lie in each other.
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
            if is_config && !self.projects.iter().any(|project| project.holds_config(path)) {
                let found = diagnostics::of_config(path, document.text(), self.abilities.client);
                all.insert(path.to_path_buf(), (path.to_path_buf(), Arc::new(found)));
            }
        }
        unplaced.iter().for_each(|text| self.warn(text));
        let mut fresh: BTreeMap<String, Published> = BTreeMap::new();
        for (path, (named, diagnostics)) in all {
            let document = self.documents.at(&path);
            let uri = document.map(|document| document.uri.clone()).or_else(|| uri::of(&named));
            let version = document.map(|document| document.version);
            fresh.extend(uri.map(|uri| (uri.to_string(), Published { uri, diagnostics, version })));
        }
        for (_, document) in self.documents.all() {
            let empty = || Published { uri: document.uri.clone(), diagnostics: Arc::default(), version: Some(document.version) };
            fresh.entry(document.uri.to_string()).or_insert_with(empty);
        }
        // A client shows what it has until it is sent something else for the file, if only an empty list.
        for (name, old) in &self.published {
            let empty = || Published { uri: old.uri.clone(), diagnostics: Arc::default(), version: None };
            fresh.entry(name.clone()).or_insert_with(empty);
        }
        for (name, new) in &fresh {
            if self.published.get(name) != Some(new) {
                let Published { uri, diagnostics, version } = new.clone();
                let diagnostics = Arc::unwrap_or_clone(diagnostics);
                self.notify("textDocument/publishDiagnostics", PublishDiagnosticsParams { uri, diagnostics, version });
            }
        }
        fresh.retain(|_, published| !published.diagnostics.is_empty() || published.version.is_some());
        self.published = fresh;
    }

    /// Writes something to the log, once.
    pub(super) fn warn(&mut self, text: &str) {
        if self.shown.len() < 1000 && self.shown.insert(text.to_owned()) {
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

/// What the client was last sent for a file.
#[derive(Clone, PartialEq)]
struct Published {
    uri: Uri,
    diagnostics: Arc<Vec<Diagnostic>>,
    version: Option<i32>,
}

/// The parameters of a message; `None` where they are others.
fn read<T: DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

fn notify(outbox: &Outbox, method: &str, params: impl Serialize) {
    outbox.send(Notification { method: method.to_owned(), params: serde_json::to_value(params).unwrap_or_default() });
}

fn notify_progress(outbox: &Outbox, progress: WorkDoneProgress) {
    let token = ProgressToken::String(SCAN.to_owned());
    notify(outbox, "$/progress", ProgressParams { token, value: ProgressParamsValue::WorkDone(progress) });
}

fn report_progress(outbox: &Outbox, directory: &Path, at: usize, total: usize) {
    let percentage = u32::try_from(at * 100 / total.max(1)).ok();
    let name = directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy();
    let message = Some(format!("reading `{}`", crate::report::clean(&name)));
    notify_progress(outbox, WorkDoneProgress::Report(WorkDoneProgressReport { cancellable: None, message, percentage }));
}
