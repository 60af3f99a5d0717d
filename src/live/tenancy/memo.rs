//! The answers of the service by URL, from which an unfinished audit can be resumed.

use crate::live::saved::Answers;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::{Mutex, PoisonError};

/// Complete answers, reduced to the properties that kmslint reads. They are no more sensitive than the inventory.
#[derive(Default)]
pub(super) struct AnswerMemo {
    /// `None` if the inventory is not saved, so that no answer needs to be kept.
    answers: Option<Mutex<Answers>>,
}

impl AnswerMemo {
    /// A memo that starts with these answers and keeps all later ones.
    pub(super) fn with_answers(answers: Answers) -> Self {
        Self { answers: Some(Mutex::new(answers)) }
    }

    /// The answer for a URL. `None` also if it does not parse, as the file may have been edited: the caller asks the service again.
    pub(super) fn get<T: DeserializeOwned>(&self, url: &str) -> Option<T> {
        let answers = self.answers.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let value = answers.get(url)?.clone();
        drop(answers);
        serde_json::from_value(value).ok()
    }

    /// Keeps an answer.
    pub(super) fn put<T: Serialize>(&self, url: String, answer: &T) {
        if let Some(answers) = &self.answers
            && let Ok(value) = serde_json::to_value(answer)
        {
            answers.lock().unwrap_or_else(PoisonError::into_inner).insert(url, value);
        }
    }

    /// A copy of all answers.
    pub(super) fn answers(&self) -> Answers {
        self.answers.as_ref().map(|answers| answers.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }
}
