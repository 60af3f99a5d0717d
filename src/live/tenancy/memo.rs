//! What was answered, by the address it was asked at: an audit that did not finish goes on from here.

use crate::live::saved::Answers;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::{Mutex, PoisonError};

/// Complete answers, reduced to what kmslint reads of them. Nothing in them is secret that the inventory itself does not hold.
#[derive(Default)]
pub(super) struct AnswerMemo {
    /// `None`: nothing is kept, because nothing is saved.
    answers: Option<Mutex<Answers>>,
}

impl AnswerMemo {
    /// A memo that begins with these answers and keeps all that follow.
    pub(super) fn of(answers: Answers) -> Self {
        Self { answers: Some(Mutex::new(answers)) }
    }

    /// An answer that is kept. One that cannot be read is asked for again: the file may have been edited.
    pub(super) fn get<T: DeserializeOwned>(&self, address: &str) -> Option<T> {
        let answers = self.answers.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = answers.get(address)?.clone();
        drop(answers);
        serde_json::from_value(kept).ok()
    }

    /// Keeps an answer.
    pub(super) fn put<T: Serialize>(&self, address: String, answer: &T) {
        if let Some(answers) = &self.answers
            && let Ok(value) = serde_json::to_value(answer)
        {
            answers.lock().unwrap_or_else(PoisonError::into_inner).insert(address, value);
        }
    }

    /// All that is kept now.
    pub(super) fn answers(&self) -> Answers {
        self.answers.as_ref().map(|answers| answers.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }
}
