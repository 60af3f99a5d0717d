//! The resource model of a root: its resource types, and everything that is the same for all instances of a block, computed once.

use super::changes::TimeChanges;
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

/// The properties of a root's resources that do not depend on the instance.
pub(crate) struct ResourceModel<'w> {
    request: &'w ScanRequest,
    root: PathBuf,
    /// The changes over time.
    pub time: TimeChanges,
    pinned: OnceCell<bool>,
    first_steps: RefCell<HashMap<Span, StepKind>>,
    refusals: RefCell<HashMap<Span, Rc<Refusals>>>,
}

impl<'w> ResourceModel<'w> {
    /// An empty model of a root's resources.
    pub(super) fn new(request: &'w ScanRequest, root: &Path) -> Self {
        Self {
            request,
            root: root.to_path_buf(),
            time: TimeChanges::default(),
            pinned: OnceCell::new(),
            first_steps: RefCell::default(),
            refusals: RefCell::default(),
        }
    }

    /// Whether the lock file pins the oci provider to a version that is not newer than the schema's.
    pub(crate) fn is_pinned(&self) -> bool {
        *self.pinned.get_or_init(|| lock::pins_at_most(&self.root, schema::version(), self.request))
    }

    /// The error of a reference to an attribute that the schema does not have. `None` if a newer version of the provider may have it.
    pub(crate) fn unknown_attribute(&self, resource: &ResourceName, name: &str, schema: &Schema) -> Option<EvalError> {
        let near = closest(name, schema.fields.keys().map(|field| &**field));
        let is_certain = near.is_some() || schema.is_complete || (schema.is_sdk && self.is_pinned());
        let mode = if resource.data { "data." } else { "" };
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let message = format!("`{mode}{}.{}` has no attribute `{name}`{hint}", resource.kind, resource.name);
        is_certain.then_some(EvalError::refused(message, None))
    }

    /// The refusals of a resource's block. `make` computes them on the first call; they are the same for every instance.
    pub(crate) fn refusals(&self, header: Span, make: impl FnOnce() -> Refusals) -> Rc<Refusals> {
        if let Some(known) = self.refusals.borrow().get(&header) {
            return Rc::clone(known);
        }
        let made = Rc::new(make());
        self.refusals.borrow_mut().insert(header, Rc::clone(&made));
        made
    }

    /// The first trail step of an expression's value. `make` computes its kind on the first call; it is the same for every instance.
    pub(crate) fn first_step(&self, span: Span, make: impl FnOnce() -> StepKind) -> Step {
        Step::of(Place::Source(span), self.first_steps.borrow_mut().entry(span).or_insert_with(make).clone())
    }
}
