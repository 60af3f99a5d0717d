//! What the threads of the server share: the process, the requests that are open, and the way to the client.

use super::MakeRequest;
use super::wire::Outgoing;
use jiff::Timestamp;
use lsp_server::{ErrorCode, Message, Notification, RequestId, Response};
use std::collections::HashSet;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the server needs of the process.
pub struct Process {
    /// Makes requests with the inputs of the command line and the environment.
    pub make: Box<MakeRequest>,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

/// Requests that are not answered yet, and whether the client still wants to know.
#[derive(Debug, Default)]
struct Pending {
    open: HashSet<RequestId>,
    canceled: HashSet<RequestId>,
}

/// What both threads know of pending requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests(Arc<Mutex<Pending>>);

impl Requests {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn opened(&self, id: &RequestId) {
        self.lock().open.insert(id.clone());
    }

    pub(super) fn cancel(&self, id: RequestId) {
        let mut pending = self.lock();
        // A cancellation that crosses its answer would be kept for good.
        if pending.open.contains(&id) {
            pending.canceled.insert(id);
        }
    }

    /// Closes a request; whether it was canceled.
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
    /// An error of this code, with a message for a person.
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Where messages to the client are put.
#[derive(Clone, Debug)]
pub(super) struct Outbox(pub(super) Sender<Outgoing>);

impl Outbox {
    /// Sends a message. Where the client is gone, nothing is left to do.
    pub(super) fn send(&self, message: impl Into<Message>) {
        let _ = self.0.send(Outgoing::Message(message.into()));
    }

    /// Sends an answer.
    pub(super) fn answer(&self, id: RequestId, answer: Result<serde_json::Value, RequestError>) {
        self.send(match answer {
            Ok(value) => Response::new_ok(id, value),
            Err(RequestError { code, message }) => Response::new_err(id, code as i32, message),
        });
    }
}

/// A message to the log of the client.
pub(super) fn log(text: &str) -> Notification {
    let params = lsp_types::LogMessageParams { typ: lsp_types::MessageType::WARNING, message: text.to_owned() };
    Notification { method: "window/logMessage".to_owned(), params: serde_json::to_value(params).unwrap_or_default() }
}
