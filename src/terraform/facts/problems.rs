//! What went wrong while the keys of a root were read.

use crate::base::{Place, Problem, ProblemKind};
use crate::eval::{EvalError, EvalErrorKind};
use crate::key::Notice;
use std::cell::RefCell;
use std::collections::HashSet;

/// What went wrong while keys were read; each thing is reported once, however many keys it touches.
#[derive(Default)]
pub(crate) struct Problems {
    list: RefCell<Vec<Problem>>,
    seen: RefCell<HashSet<ReportedMessage>>,
    certain: RefCell<Vec<Problem>>,
    seen_certain: RefCell<HashSet<ReportedMessage>>,
    notices: RefCell<Vec<Notice>>,
    seen_notices: RefCell<HashSet<ReportedMessage>>,
}

/// What is reported once: a message, and where.
type ReportedMessage = (String, Option<Place>);

impl Problems {
    /// Notes what Terraform would reject.
    pub(crate) fn refused(&self, error: &EvalError) {
        let kind = if error.kind == EvalErrorKind::Cycle { ProblemKind::Structure } else { ProblemKind::Refused };
        let mut problem = Problem::new(kind, error.message.clone());
        problem.place = error.span.map(Place::Source);
        self.add(problem);
    }

    /// Notes a problem.
    pub(crate) fn add(&self, problem: Problem) {
        if self.seen.borrow_mut().insert((problem.message.clone(), problem.place.clone())) {
            self.list.borrow_mut().push(problem);
        }
    }

    /// Notes a problem that does not depend on any input.
    pub(crate) fn certain(&self, problem: Problem) {
        if self.seen_certain.borrow_mut().insert((problem.message.clone(), problem.place.clone())) {
            self.certain.borrow_mut().push(problem);
        }
    }

    /// Notes something that may be a mistake.
    pub(crate) fn notice(&self, notice: Notice) {
        if self.seen_notices.borrow_mut().insert((notice.message.clone(), notice.place.clone())) {
            self.notices.borrow_mut().push(notice);
        }
    }

    /// Takes over what does not depend on any input.
    pub(crate) fn adopt(&self, other: &Self) {
        other.certain.take().into_iter().for_each(|problem| self.certain(problem));
        other.notices.take().into_iter().for_each(|notice| self.notice(notice));
    }

    /// The notices.
    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        self.notices.take()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.list.borrow().len()
    }

    /// All of them, in the order in which they were found.
    pub(crate) fn take(self) -> Vec<Problem> {
        let (mut all, certain) = (self.certain.into_inner(), self.seen_certain.into_inner());
        let is_new = |problem: &Problem| !certain.contains(&(problem.message.clone(), problem.place.clone()));
        all.extend(self.list.into_inner().into_iter().filter(is_new));
        all
    }
}
