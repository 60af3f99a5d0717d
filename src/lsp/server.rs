//! Three threads: this one reads messages, one works on them in their order, one writes. The reader answers what must not wait for a scan.

use super::capabilities::Abilities;
use super::channel::{Outbox, Process, RequestError, Requests};
use super::settings::EditorSettings;
use super::uri;
use super::wire::{self, Incoming, Outgoing};
use super::worker::{Job, Worker};
use lsp_server::{ErrorCode, Message, Request, RequestId};
use lsp_types::{InitializeParams, InitializeResult, ServerInfo};
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

/// How long what is still to be written is waited for after `exit`: a client that does not read it has no use for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Speaks the protocol until the client says `exit` or is gone. True where it said `shutdown` before, as it should.
pub fn serve(process: Process, from: &mut dyn BufRead, to: impl Write + Send + 'static) -> bool {
    let (send, outbox) = mpsc::channel();
    let (done, is_done) = mpsc::channel();
    let writer = thread::Builder::new().name("lsp writer".to_owned()).spawn(move || write_all(&outbox, to, &done));
    if writer.is_err() {
        return false;
    }
    let ended = talk(process, from, &Outbox(send));
    let _ = is_done.recv_timeout(PATIENCE);
    ended
}

/// Writes what there is to write until no one has anything more, or the client is gone.
fn write_all(outbox: &Receiver<Outgoing>, mut to: impl Write, done: &Sender<()>) {
    while let Ok(outgoing) = outbox.recv() {
        if wire::write(&outgoing, &mut to).is_err() {
            break;
        }
    }
    let _ = done.send(());
}

/// How far the talk is.
enum ServerStage {
    /// Nothing was agreed on.
    Fresh(Process),
    /// The worker takes jobs.
    Running(Sender<Job>),
    /// `shutdown` was requested.
    Over,
}

fn talk(process: Process, from: &mut dyn BufRead, outbox: &Outbox) -> bool {
    let mut stage = ServerStage::Fresh(process);
    let requests = Requests::default();
    loop {
        let message = match wire::read(from) {
            Ok(Some(Incoming::Message(message))) => message,
            Ok(Some(Incoming::Malformed(why))) => {
                let _ = outbox.0.send(Outgoing::Malformed(why));
                continue;
            }
            // The client is gone: whoever started it is gone, too.
            Ok(None) | Err(_) => return false,
        };
        match message {
            Message::Notification(notification) if notification.method == "exit" => return matches!(stage, ServerStage::Over),
            Message::Notification(notification) if notification.method == "$/cancelRequest" => {
                if let Some(id) = notification.params.get("id").and_then(|id| serde_json::from_value(id.clone()).ok()) {
                    requests.cancel(id);
                }
            }
            Message::Notification(notification) => forward(&stage, Job::Notification(notification)),
            Message::Response(response) => forward(&stage, Job::Response(response)),
            Message::Request(request) => stage = request_at(stage, request, &requests, outbox),
        }
    }
}

fn forward(stage: &ServerStage, job: Job) {
    if let ServerStage::Running(jobs) = stage {
        let _ = jobs.send(job);
    }
}

/// Takes a request.
fn request_at(stage: ServerStage, request: Request, requests: &Requests, outbox: &Outbox) -> ServerStage {
    let reject = |id: RequestId, code: ErrorCode, why: &str| outbox.answer(id, Err(RequestError::new(code, why)));
    match (stage, request.method.as_str()) {
        (ServerStage::Fresh(process), "initialize") => match serde_json::from_value(request.params.clone()) {
            Ok(params) => {
                // Edits with a place for the cursor are of version 3.18 of the protocol, which `lsp_types` does not have.
                let snippets = request.params.pointer("/capabilities/workspace/workspaceEdit/snippetEditSupport");
                let has_snippets = snippets.and_then(serde_json::Value::as_bool) == Some(true);
                initialize(process, request.id, (params, has_snippets), requests, outbox)
            }
            Err(error) => {
                reject(request.id, ErrorCode::InvalidParams, &format!("`initialize` has other parameters: {error}"));
                ServerStage::Fresh(process)
            }
        },
        (ServerStage::Fresh(process), _) => {
            reject(request.id, ErrorCode::ServerNotInitialized, "the first request must be `initialize`");
            ServerStage::Fresh(process)
        }
        (ServerStage::Running(_), "shutdown") => {
            outbox.answer(request.id, Ok(serde_json::Value::Null));
            ServerStage::Over
        }
        (ServerStage::Running(jobs), "initialize") => {
            reject(request.id, ErrorCode::InvalidRequest, "`initialize` was sent before");
            ServerStage::Running(jobs)
        }
        (ServerStage::Running(jobs), _) => {
            requests.opened(&request.id);
            let _ = jobs.send(Job::Request(request));
            ServerStage::Running(jobs)
        }
        (ServerStage::Over, _) => {
            reject(request.id, ErrorCode::InvalidRequest, "the server was shut down");
            ServerStage::Over
        }
    }
}

fn initialize(
    process: Process,
    id: RequestId,
    (params, has_snippets): (InitializeParams, bool),
    requests: &Requests,
    outbox: &Outbox,
) -> ServerStage {
    let abilities = Abilities::of(&params.capabilities, has_snippets);
    let (settings, wrong) = params.initialization_options.as_ref().map(EditorSettings::read).unwrap_or_default();
    let directories = directories(&params);
    let mut worker = Worker::new(process, abilities, settings, directories, requests.clone(), outbox.clone());
    let result = InitializeResult {
        capabilities: abilities.answer(),
        server_info: Some(ServerInfo { name: "kmslint".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) }),
    };
    outbox.answer(id, serde_json::to_value(result).map_err(|error| RequestError::new(ErrorCode::InternalError, error.to_string())));
    wrong.iter().for_each(|text| worker.warn(text));
    let (jobs, inbox) = mpsc::channel();
    match thread::Builder::new().name("lsp worker".to_owned()).spawn(move || worker.run(&inbox)) {
        Ok(_) => ServerStage::Running(jobs),
        Err(_) => ServerStage::Over,
    }
}

/// The directories that the client has open.
#[expect(deprecated, reason = "older clients send only this one")]
fn directories(params: &InitializeParams) -> Vec<PathBuf> {
    let named: Vec<PathBuf> = params.workspace_folders.iter().flatten().filter_map(|directory| uri::path(&directory.uri)).collect();
    if !named.is_empty() {
        return named;
    }
    params.root_uri.as_ref().and_then(uri::path).or_else(|| params.root_path.as_ref().map(PathBuf::from)).into_iter().collect()
}
