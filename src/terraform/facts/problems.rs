//! Collects problems and notices while the keys of a root are read.

use crate::base::{Place, Problem, ProblemKind};
use crate::eval::{EvalError, EvalErrorKind};
use crate::key::Notice;
use std::cell::RefCell;
use std::collections::HashSet;

/// Problems and notices, each once, however many keys they affect.
#[derive(Default)]
pub(crate) struct Problems {
    list: RefCell<Vec<Problem>>,
    seen: RefCell<HashSet<ReportedMessage>>,
    certain: RefCell<Vec<Problem>>,
    seen_certain: RefCell<HashSet<ReportedMessage>>,
    notices: RefCell<Vec<Notice>>,
    seen_notices: RefCell<HashSet<ReportedMessage>>,
}

/// The identity of a problem or notice: its message and place.
type ReportedMessage = (String, Option<Place>);

impl Problems {
    /// Adds an error that Terraform would report.
    pub(crate) fn add_refused(&self, error: &EvalError) {
        let kind = if error.kind == EvalErrorKind::Cycle { ProblemKind::Structure } else { ProblemKind::Refused };
        let mut problem = Problem::new(kind, error.message.clone());
        problem.place = error.span.map(Place::Source);
        self.add(problem);
    }

    /// Adds a problem.
    pub(crate) fn add(&self, problem: Problem) {
        if self.seen.borrow_mut().insert((problem.message.clone(), problem.place.clone())) {
            self.list.borrow_mut().push(problem);
        }
    }

    /// Adds a problem that does not depend on any input.
    pub(crate) fn add_certain(&self, problem: Problem) {
        if self.seen_certain.borrow_mut().insert((problem.message.clone(), problem.place.clone())) {
            self.certain.borrow_mut().push(problem);
        }
    }

    /// Adds a notice about a possible mistake.
    pub(crate) fn add_notice(&self, notice: Notice) {
        if self.seen_notices.borrow_mut().insert((notice.message.clone(), notice.place.clone())) {
            self.notices.borrow_mut().push(notice);
        }
    }

    /// Moves the problems that do not depend on any input, and the notices, from another collection into this one.
    pub(crate) fn adopt(&self, other: &Self) {
        other.certain.take().into_iter().for_each(|problem| self.add_certain(problem));
        other.notices.take().into_iter().for_each(|notice| self.add_notice(notice));
    }

    /// Removes and returns the notices.
    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        self.notices.take()
    }

    /// The number of problems that may depend on inputs.
    pub(crate) fn count(&self) -> usize {
        self.list.borrow().len()
    }

    /// All problems: first those that do not depend on any input, then the others, each in the order in which they were added.
    pub(crate) fn take(self) -> Vec<Problem> {
        let (mut all, certain) = (self.certain.into_inner(), self.seen_certain.into_inner());
        let is_new = |problem: &Problem| !certain.contains(&(problem.message.clone(), problem.place.clone()));
        all.extend(self.list.into_inner().into_iter().filter(is_new));
        all
    }
}
