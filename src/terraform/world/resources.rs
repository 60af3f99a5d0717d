//! The resource model: what one root knows of its resources' types, and what is the same for all instances of a block, found once.

use super::changes::Passing;
use super::instance::ResourceName;
use crate::base::{Place, Span, Step, StepKind, closest};
use crate::eval::EvalError;
use crate::terraform::discovery::lock;
use crate::terraform::request::ScanRequest;
use crate::terraform::schema::{self, Schema};
use crate::terraform::world::refused::Refusals;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What is known of the resources of one root, whichever instance of them it is about.
pub(crate) struct ResourceModel<'w> {
    request: &'w ScanRequest,
    root: PathBuf,
    /// What changes in time.
    pub passing: Passing,
    pinned: OnceCell<bool>,
    first_steps: RefCell<HashMap<Span, StepKind>>,
    refusals: RefCell<HashMap<Span, Rc<Refusals>>>,
}

impl<'w> ResourceModel<'w> {
    /// A model of a root's resources of which nothing was asked yet.
    pub(super) fn new(request: &'w ScanRequest, root: &Path) -> Self {
        Self {
            request,
            root: root.to_path_buf(),
            passing: Passing::default(),
            pinned: OnceCell::new(),
            first_steps: RefCell::default(),
            refusals: RefCell::default(),
        }
    }

    /// Whether the lock file pins the oci provider to a version that is not newer than the one whose types are known.
    pub(crate) fn is_pinned(&self) -> bool {
        *self.pinned.get_or_init(|| lock::is_not_newer(&self.root, schema::version(), self.request))
    }

    /// Why a reference to an attribute that the schema does not have is an error: no other version has it, or it is a misspelled one.
    pub(crate) fn wrong_attribute(&self, of: &ResourceName, name: &str, schema: &Schema) -> Option<EvalError> {
        let near = closest(name, schema.fields.keys().map(|own| &**own));
        let is_certain = near.is_some() || schema.is_complete || (schema.is_sdk && self.is_pinned());
        let mode = if of.data { "data." } else { "" };
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let message = format!("`{mode}{}.{}` has no attribute `{name}`{hint}", of.kind, of.name);
        is_certain.then_some(EvalError::refused(message, None))
    }

    /// What is refused of a resource's block, found the first time: it is the same for every instance.
    pub(crate) fn refusals(&self, header: Span, make: impl FnOnce() -> Refusals) -> Rc<Refusals> {
        if let Some(known) = self.refusals.borrow().get(&header) {
            return Rc::clone(known);
        }
        let made = Rc::new(make());
        self.refusals.borrow_mut().insert(header, Rc::clone(&made));
        made
    }

    /// The first step of an expression's value, made the first time: it is the same for every instance of the block that it is in.
    pub(crate) fn first_step(&self, span: Span, make: impl FnOnce() -> StepKind) -> Step {
        Step::of(Place::Source(span), self.first_steps.borrow_mut().entry(span).or_insert_with(make).clone())
    }
}
