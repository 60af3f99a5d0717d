//! Three threads: this one reads messages, one handles them in order, one writes. The reader itself answers requests that must not
//! wait for a scan.

use super::capabilities::ClientSupport;
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

/// How long to wait for pending writes after `exit`: a client that no longer reads does not need them.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves a client until it sends `exit` or disconnects. Returns whether it sent `shutdown` first, as the protocol requires.
pub fn serve(process: Process, from: &mut dyn BufRead, to: impl Write + Send + 'static) -> bool {
    let (send, outbox) = mpsc::channel();
    let (done, finished) = mpsc::channel();
    let writer = thread::Builder::new().name("lsp writer".to_owned()).spawn(move || write_all(&outbox, to, &done));
    if writer.is_err() {
        return false;
    }
    let was_shut_down = handle_messages(process, from, &Outbox(send));
    let _ = finished.recv_timeout(WRITE_TIMEOUT);
    was_shut_down
}

/// Writes messages until all senders are dropped or the client is gone.
fn write_all(outbox: &Receiver<Outgoing>, mut to: impl Write, done: &Sender<()>) {
    while let Ok(outgoing) = outbox.recv() {
        if wire::write(&outgoing, &mut to).is_err() {
            break;
        }
    }
    let _ = done.send(());
}

/// The stage of the server's life cycle.
enum ServerStage {
    /// Before `initialize`.
    Uninitialized(Process),
    /// The worker takes jobs.
    Running(Sender<Job>),
    /// After `shutdown`.
    ShutDown,
}

fn handle_messages(process: Process, from: &mut dyn BufRead, outbox: &Outbox) -> bool {
    let mut stage = ServerStage::Uninitialized(process);
    let requests = Requests::default();
    loop {
        let message = match wire::read(from) {
            Ok(Some(Incoming::Message(message))) => message,
            Ok(Some(Incoming::Malformed(why))) => {
                let _ = outbox.0.send(Outgoing::Malformed(why));
                continue;
            }
            // The client is gone.
            Ok(None) | Err(_) => return false,
        };
        match message {
            Message::Notification(notification) if notification.method == "exit" => return matches!(stage, ServerStage::ShutDown),
            Message::Notification(notification) if notification.method == "$/cancelRequest" => {
                if let Some(id) = notification.params.get("id").and_then(|id| serde_json::from_value(id.clone()).ok()) {
                    requests.cancel(id);
                }
            }
            Message::Notification(notification) => forward(&stage, Job::Notification(notification)),
            Message::Response(response) => forward(&stage, Job::Response(response)),
            Message::Request(request) => stage = handle_request(stage, request, &requests, outbox),
        }
    }
}

fn forward(stage: &ServerStage, job: Job) {
    if let ServerStage::Running(jobs) = stage {
        let _ = jobs.send(job);
    }
}

/// Answers a request or passes it to the worker.
fn handle_request(stage: ServerStage, request: Request, requests: &Requests, outbox: &Outbox) -> ServerStage {
    let reject = |id: RequestId, code: ErrorCode, why: &str| outbox.answer(id, Err(RequestError::new(code, why)));
    match (stage, request.method.as_str()) {
        (ServerStage::Uninitialized(process), "initialize") => match serde_json::from_value(request.params.clone()) {
            Ok(params) => {
                // Snippet edits, which place the cursor, are new in version 3.18 of the protocol, which `lsp_types` does not support.
                let snippets = request.params.pointer("/capabilities/workspace/workspaceEdit/snippetEditSupport");
                let has_snippets = snippets.and_then(serde_json::Value::as_bool) == Some(true);
                initialize(process, request.id, (params, has_snippets), requests, outbox)
            }
            Err(error) => {
                reject(request.id, ErrorCode::InvalidParams, &format!("invalid `initialize` parameters: {error}"));
                ServerStage::Uninitialized(process)
            }
        },
        (ServerStage::Uninitialized(process), _) => {
            reject(request.id, ErrorCode::ServerNotInitialized, "the first request must be `initialize`");
            ServerStage::Uninitialized(process)
        }
        (ServerStage::Running(_), "shutdown") => {
            outbox.answer(request.id, Ok(serde_json::Value::Null));
            ServerStage::ShutDown
        }
        (ServerStage::Running(jobs), "initialize") => {
            reject(request.id, ErrorCode::InvalidRequest, "`initialize` was already sent");
            ServerStage::Running(jobs)
        }
        (ServerStage::Running(jobs), _) => {
            requests.open(&request.id);
            let _ = jobs.send(Job::Request(request));
            ServerStage::Running(jobs)
        }
        (ServerStage::ShutDown, _) => {
            reject(request.id, ErrorCode::InvalidRequest, "the server was shut down");
            ServerStage::ShutDown
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
    let support = ClientSupport::of(&params.capabilities, has_snippets);
    let (settings, mistakes) = params.initialization_options.as_ref().map(EditorSettings::read).unwrap_or_default();
    let directories = directories(&params);
    let mut worker = Worker::new(process, support, settings, directories, requests.clone(), outbox.clone());
    let result = InitializeResult {
        capabilities: support.server_capabilities(),
        server_info: Some(ServerInfo { name: "kmslint".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) }),
    };
    outbox.answer(id, serde_json::to_value(result).map_err(|error| RequestError::new(ErrorCode::InternalError, error.to_string())));
    mistakes.iter().for_each(|text| worker.warn(text));
    let (jobs, inbox) = mpsc::channel();
    match thread::Builder::new().name("lsp worker".to_owned()).spawn(move || worker.run(&inbox)) {
        Ok(_) => ServerStage::Running(jobs),
        Err(_) => ServerStage::ShutDown,
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
