//! Shared by the threads of the server: the process, pending requests, and the outbox to the client.

use super::MakeRequest;
use super::wire::Outgoing;
use jiff::Timestamp;
use lsp_server::{ErrorCode, Message, Notification, RequestId, Response};
use std::collections::HashSet;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the server needs from the process.
pub struct Process {
    /// Makes requests with the inputs of the command line and the environment.
    pub make: Box<MakeRequest>,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

/// Requests that are not answered yet, and those of them that the client canceled.
#[derive(Debug, Default)]
struct Pending {
    open: HashSet<RequestId>,
    canceled: HashSet<RequestId>,
}

/// Pending requests, shared by the reader and the worker.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests(Arc<Mutex<Pending>>);

impl Requests {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open(&self, id: &RequestId) {
        self.lock().open.insert(id.clone());
    }

    pub(super) fn cancel(&self, id: RequestId) {
        let mut pending = self.lock();
        // A cancellation that arrives after the answer would never be removed.
        if pending.open.contains(&id) {
            pending.canceled.insert(id);
        }
    }

    /// Closes a request, and returns whether it was canceled.
    pub(super) fn close(&self, id: &RequestId) -> bool {
        let mut pending = self.lock();
        pending.open.remove(id);
        pending.canceled.remove(id)
    }

    /// Whether a request was canceled.
    pub(super) fn is_canceled(&self, id: &RequestId) -> bool {
        self.lock().canceled.contains(id)
    }
}

/// Why a request has no result.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct RequestError {
    code: ErrorCode,
    message: String,
}

impl RequestError {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The queue of messages to the client.
#[derive(Clone, Debug)]
pub(super) struct Outbox(pub(super) Sender<Outgoing>);

impl Outbox {
    /// Sends a message. If the client is gone, the message is dropped.
    pub(super) fn send(&self, message: impl Into<Message>) {
        let _ = self.0.send(Outgoing::Message(message.into()));
    }

    /// Sends the answer to a request.
    pub(super) fn answer(&self, id: RequestId, answer: Result<serde_json::Value, RequestError>) {
        self.send(match answer {
            Ok(value) => Response::new_ok(id, value),
            Err(RequestError { code, message }) => Response::new_err(id, code as i32, message),
        });
    }
}

/// A warning for the client's log.
pub(super) fn log(text: &str) -> Notification {
    let params = lsp_types::LogMessageParams { typ: lsp_types::MessageType::WARNING, message: text.to_owned() };
    Notification { method: "window/logMessage".to_owned(), params: serde_json::to_value(params).unwrap_or_default() }
}
