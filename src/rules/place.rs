//! Decides where a finding is placed: at the code to edit. Findings, fixes, formats and exemptions share this decision.
//!
//! | the value | the place |
//! | --- | --- |
//! | is a literal | that literal |
//! | comes from a file | the call of the function that reads it |
//! | comes from the environment or the command line | its use in the root module |
//! | was chosen by a condition | the literal of the branch; if a caller decides the condition, the argument of the innermost call |
//! | is the default of a variable of the root module | the default |
//! | is a default because a caller does not set it | the innermost call that could set it |
//! | is the default of an optional attribute | the element that omits the attribute |
//! | is fixed by a called module, or omitted there | the line in that module, or the resource's header |
//! | comes from a module that is installed or outside of the repository | the innermost call in the repository |
//! | is unknown | the variable, call or expression that is unknown |

use crate::base::{Calls, ChoiceReason, Fact, ModuleCall, Place, Step, StepKind, TrailLink};
use crate::key::KeyFacts;
use std::sync::Arc;

/// The address of a place in the configuration, which does not change when lines move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditAddress {
    /// The block, local value or variable: `module.key`, `local.modes`, `var.keys`, `oci_kms_key.k`.
    pub block: String,
    /// The path within it: `protection_mode`, `["a"].mode`. Empty for the block itself.
    pub path: String,
}

/// Where a finding is placed, and how to edit the value there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The place to edit, with the label next to the caret.
    pub at: Step,
    /// The other steps that the value took, from its origin to the resource.
    pub trail: Vec<Step>,
    /// How many steps of the trail come before the place.
    pub before: usize,
    /// Where the resource uses the value: the value of the argument, or the resource's header.
    pub used: Place,
    /// What to edit there.
    pub edit: EditTarget,
    /// The complete block of the module call to edit, if it omits the argument.
    pub call: Option<Place>,
    /// The argument or attribute to edit. With its block, it identifies a finding independent of lines.
    pub argument: Arc<str>,
    /// The variable's default that applies because the call does not set it; it may apply to other calls as well.
    pub shared: Option<Step>,
    /// Whether no step is known: the argument is omitted.
    pub is_omitted: bool,
}

/// What to edit at the place of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditTarget {
    /// The resource's own argument, which is here or belongs here.
    Own,
    /// A value here.
    Value,
    /// The argument for this variable in a module call, which is here or belongs here.
    Argument(Arc<str>),
    /// The default of this variable.
    Default(Arc<str>),
    /// An attribute that the object here omits.
    LeftOut(Arc<str>),
    /// A variable set on the command line.
    CommandLine(Arc<str>),
    /// An environment variable that sets a variable, in backticks.
    Environment(Arc<str>),
    /// A variable with a value that a plan records.
    Recorded(Arc<str>),
    /// The file that the call here reads.
    File,
    /// An argument of a module call that decides the value without being it.
    Toggle(Arc<str>),
    /// A call of a module that cannot be edited and that fixes the value.
    Fixed,
    /// Something that is not configuration: an entry of a plan or state, a resource of the service.
    Document,
}

/// Places a finding on a fact of a key. `argument`: the resource's argument.
#[must_use]
pub(crate) fn of<T>(key: &KeyFacts, fact: &Fact<T>, argument: &'static str) -> Placement {
    TracedArgument { key, trail: &fact.trail, argument }.place(false)
}

/// Places a finding on an unknown fact: at the variable, call or expression that makes it unknown.
#[must_use]
pub(super) fn of_unknown<T>(key: &KeyFacts, fact: &Fact<T>, argument: &'static str) -> Placement {
    TracedArgument { key, trail: &fact.trail, argument }.place(true)
}

/// Places a finding on the key itself.
#[must_use]
pub(super) fn of_key(key: &KeyFacts, argument: &'static str) -> Placement {
    TracedArgument { key, trail: &[], argument }.place(false)
}

/// Places a finding by these steps, nearest first.
#[must_use]
pub(super) fn of_steps(key: &KeyFacts, trail: &[Step], argument: &'static str) -> Placement {
    TracedArgument { key, trail, argument }.place(false)
}

/// Places a finding on a nested block that a `dynamic` block does not generate; `None` unless a caller decides that. `trail`: the steps
/// of its `for_each`.
pub(super) fn of_absent(key: &KeyFacts, trail: &[Step], argument: &'static str) -> Option<Placement> {
    let at = (!trail.is_empty() && !key.declared.calls.is_empty()).then(|| of_steps(key, trail, argument))?;
    let toggle = match &at.edit {
        EditTarget::Argument(name) | EditTarget::LeftOut(name) | EditTarget::Toggle(name) => EditTarget::Toggle(Arc::clone(name)),
        EditTarget::Fixed => EditTarget::Fixed,
        _ => return None,
    };
    Some(Placement { edit: toggle, call: None, ..at })
}

/// Places advice: at the first of these steps, or at the key.
pub(super) fn at_steps(key: &KeyFacts, steps: &[Step], argument: &'static str) -> Placement {
    let (at, trail) = match steps {
        [] => (Step::new(key.place.clone(), ""), &[][..]),
        [first, rest @ ..] => (first.clone(), rest),
    };
    let used = at.place.clone();
    Placement {
        at,
        trail: trail.to_vec(),
        before: 0,
        used,
        edit: EditTarget::Own,
        call: None,
        argument: argument.into(),
        shared: None,
        is_omitted: steps.is_empty(),
    }
}

/// Places something that is about this place and not about a key.
pub(super) fn at_place(place: &Place, argument: &'static str) -> Placement {
    Placement {
        at: Step::new(place.clone(), ""),
        trail: Vec::new(),
        before: 0,
        used: place.clone(),
        edit: EditTarget::Own,
        call: None,
        argument: argument.into(),
        shared: None,
        is_omitted: false,
    }
}

impl From<Placement> for Option<Box<Placement>> {
    fn from(placement: Placement) -> Self {
        Some(Box::new(placement))
    }
}

impl Placement {
    /// The edit that gives the resource's argument this value, as an imperative clause: "set `protection_mode = "SOFTWARE"`", "set the
    /// default of `mode` to `90`". The value is in Terraform syntax.
    #[must_use]
    pub fn set(&self, argument: &str, value: &str) -> String {
        let raw = value.trim_matches('"');
        let clause = match &self.edit {
            EditTarget::Own | EditTarget::Document => format!("set `{argument} = {value}`"),
            EditTarget::Value => format!("change this value to `{value}`"),
            EditTarget::Argument(name) => format!("set `{name} = {value}` in this call"),
            EditTarget::Default(variable) => format!("set the default of `{variable}` to `{value}`"),
            EditTarget::LeftOut(attribute) => format!("set `{attribute} = {value}` in this element"),
            EditTarget::CommandLine(variable) => format!("pass `--var {variable}={raw}`"),
            EditTarget::Environment(by) => format!("set {by} to `{raw}`"),
            EditTarget::Recorded(variable) => format!("give `var.{variable}` the value `{value}`"),
            EditTarget::File => format!("change the value to `{value}` in the file that is read here"),
            EditTarget::Toggle(name) => format!("change `{name}` in this call so that `{argument}` is `{value}`"),
            EditTarget::Fixed => format!("use a version of this module that sets `{argument} = {value}`"),
        };
        match self.shared.as_ref().map(|step| &step.kind) {
            Some(StepKind::Default(variable)) => format!("{clause} (or change the default of `{variable}`)"),
            _ => clause,
        }
    }

    /// Whether the edit is in the resource's own block.
    #[must_use]
    pub fn is_own(&self) -> bool {
        matches!(self.edit, EditTarget::Own | EditTarget::Document)
    }

    /// Sets the label of the place, unless it has one or the argument is omitted.
    #[must_use]
    pub fn labeled(mut self, label: &str) -> Self {
        if self.at.is_silent() && !self.is_omitted {
            self.at.kind = StepKind::Note(label.into());
        }
        self
    }

    /// Adds steps that explain the finding.
    #[must_use]
    pub fn with(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        for step in steps {
            if step != self.at && !self.trail.contains(&step) {
                self.trail.push(step);
            }
        }
        self
    }
}

/// An argument of a key, with the steps that its value took.
struct TracedArgument<'a> {
    key: &'a KeyFacts,
    /// Nearest first.
    trail: &'a [Step],
    argument: &'static str,
}

/// The place that was chosen: a step of the trail, or another place.
struct Candidate {
    /// The index of the step in the trail; `None` for another place.
    index: Option<usize>,
    at: Step,
    edit: EditTarget,
    call: Option<Place>,
    shared: Option<Step>,
}

impl TracedArgument<'_> {
    fn place(&self, is_unknown: bool) -> Placement {
        let found = self.find(is_unknown);
        let found = match found.at.calls.as_ref().filter(|calls| is_external_module(calls)).and_then(innermost_editable_call) {
            // `terraform init` overwrites an installed module, so the place to edit is the call, which chooses the version.
            Some((call, _)) => self.fixed_by_call(call),
            None => found,
        };
        let (mut trail, mut before) = (Vec::with_capacity(self.trail.len()), 0);
        for (index, step) in self.trail.iter().enumerate().rev() {
            // The values that decided a step come before it.
            let mut deciding = Vec::new();
            collect_deciding_steps(step, &mut deciding, MAX_DECIDING_STEPS);
            for step in deciding.into_iter().filter(|step| step.place != found.at.place) {
                if !trail.contains(step) && !self.trail.contains(step) {
                    trail.push(step.clone());
                }
            }
            if found.index == Some(index) {
                before = trail.len();
            } else if step.place != found.at.place {
                trail.push(step.clone());
            }
        }
        let argument = match &found.edit {
            EditTarget::Argument(name) | EditTarget::Default(name) | EditTarget::LeftOut(name) | EditTarget::Toggle(name) => {
                Arc::clone(name)
            }
            _ => self.argument.into(),
        };
        let used = self.trail.first().map_or(&self.key.place, |step| &step.place).clone();
        Placement {
            at: found.at,
            trail,
            before,
            used,
            edit: found.edit,
            call: found.call,
            argument,
            shared: found.shared,
            is_omitted: self.trail.is_empty(),
        }
    }

    fn find(&self, is_unknown: bool) -> Candidate {
        let key = self.key;
        if key.declared.block.is_none() {
            return match self.trail.first() {
                Some(first) => Candidate { index: Some(0), at: first.clone(), edit: EditTarget::Document, call: None, shared: None },
                None => {
                    Candidate { index: None, at: Step::new(key.place.clone(), ""), edit: EditTarget::Document, call: None, shared: None }
                }
            };
        }
        let Some((index, origin)) = self.origin() else {
            return match innermost_editable_call(&key.declared.calls) {
                Some((call, _)) if is_external_module(&key.declared.calls) => self.fixed_by_call(call),
                _ => Candidate { index: None, at: Step::new(key.place.clone(), ""), edit: EditTarget::Own, call: None, shared: None },
            };
        };
        let calls = origin.calls.clone().unwrap_or_else(|| Arc::clone(&key.declared.calls));
        let found = |index: usize, edit: EditTarget| match self.trail.get(index) {
            Some(step) => Candidate { index: Some(index), at: step.clone(), edit, call: None, shared: None },
            None => Candidate { index: None, at: origin.clone(), edit, call: None, shared: None },
        };
        if is_unknown && let Some(step) = unknown_source(origin) {
            let called = step.calls.as_ref().and_then(|calls| innermost_editable_call(calls));
            return match (&step.kind, called) {
                (StepKind::NoDefault(variable), Some((call, _))) => self.unset_in_call(call, variable, None),
                _ => Candidate { index: None, at: step.clone(), edit: EditTarget::Value, call: None, shared: None },
            };
        }
        match &origin.kind {
            // A value from the command line is not in a file: the finding is placed at its first use.
            StepKind::CommandLine { variable, .. } => found(index.saturating_sub(1), EditTarget::CommandLine(Arc::clone(variable))),
            StepKind::Environment { by, .. } => found(index.saturating_sub(1), EditTarget::Environment(Arc::clone(by))),
            StepKind::Recorded(variable) => found(index.saturating_sub(1), EditTarget::Recorded(Arc::clone(variable))),
            StepKind::NoValue(variable) | StepKind::Variable(variable) | StepKind::ByCaller(variable) => {
                found(index, EditTarget::Default(Arc::clone(variable)))
            }
            StepKind::Note(_) if is_unknown && index > 0 => found(index - 1, EditTarget::Value),
            StepKind::Default(variable) | StepKind::NoDefault(variable) => match innermost_editable_call(&calls) {
                Some((call, _)) => self.unset_in_call(call, variable, Some(origin)),
                None if origin.left_out.is_some() || origin.is_part => found(index, self.target_of_origin(origin, index)),
                None => found(index, EditTarget::Default(Arc::clone(variable))),
            },
            _ => match (self.toggle(origin, &calls), innermost_editable_call(&calls)) {
                (Some(toggle), _) => toggle,
                (None, Some((call, _))) if is_external_module(&calls) => self.fixed_by_call(call),
                _ => found(index, self.target_of_origin(origin, index)),
            },
        }
    }

    /// The step where the value originates: the last one, or the one before it if the last is a type that supplies a default.
    fn origin(&self) -> Option<(usize, &Step)> {
        let last = self.trail.len().checked_sub(1)?;
        let is_type = |index: usize| self.trail.get(index).is_some_and(|step| matches!(step.kind, StepKind::Optional(_)));
        let index = if last > 0 && is_type(last) { last - 1 } else { last };
        Some((index, self.trail.get(index)?))
    }

    /// What to edit at the step where the value originates.
    fn target_of_origin(&self, origin: &Step, index: usize) -> EditTarget {
        match (&origin.left_out, &origin.kind) {
            (Some(attribute), _) => EditTarget::LeftOut(Arc::clone(attribute)),
            (None, StepKind::File) => EditTarget::File,
            (None, StepKind::Argument { name, .. }) if !origin.is_part => EditTarget::Argument(Arc::clone(name)),
            (None, _) if index == 0 => EditTarget::Own,
            _ => EditTarget::Value,
        }
    }

    /// The call that does not set a variable.
    fn unset_in_call(&self, call: &ModuleCall, variable: &Arc<str>, default: Option<&Step>) -> Candidate {
        let label = format!("`{variable}` is not set in this call");
        // The default of an installed module cannot be edited.
        let is_editable = |step: &&Step| !step.calls.as_ref().is_some_and(is_external_module);
        let shared = default.filter(|step| matches!(step.kind, StepKind::Default(_))).filter(is_editable).cloned();
        let is_part = default.is_some_and(|step| step.is_part || step.left_out.is_some());
        let edit = if is_part { EditTarget::Toggle(Arc::clone(variable)) } else { EditTarget::Argument(Arc::clone(variable)) };
        let block = matches!(edit, EditTarget::Argument(_)).then(|| call.block.clone());
        Candidate { index: None, at: Step::new(call.header.clone(), label), edit, call: block, shared }
    }

    /// The call of a module that cannot be edited.
    fn fixed_by_call(&self, call: &ModuleCall) -> Candidate {
        Candidate { index: None, at: call.step(), edit: EditTarget::Fixed, call: None, shared: None }
    }

    /// The argument by which a caller decides the value in a called module, or the call that leaves the decision to a default.
    fn toggle(&self, origin: &Step, calls: &Calls) -> Option<Candidate> {
        let choice = origin.chosen_by.as_ref()?;
        let (call, depth) = innermost_editable_call(calls)?;
        let is_argument = |step: &Step, at: &Calls| matches!(step.kind, StepKind::Argument { .. }) && at.len() == depth;
        let mut reads = Vec::new();
        for link in &choice.reads {
            let first = reads.len();
            collect_steps(link, calls, &mut reads, MAX_STEPS_SEARCHED);
            // A caller passes an object that omits the attribute: the edit belongs in the object.
            let is_passed = reads.iter().skip(first).any(|(step, at)| is_argument(step, at));
            let element = link.steps().last().filter(|_| is_passed);
            if let Some((element, attribute)) = element.and_then(|step| Some((step, step.left_out.as_ref()?))) {
                let at = Step { chosen_by: None, ..element.clone() };
                return Some(Candidate { index: None, at, edit: EditTarget::LeftOut(Arc::clone(attribute)), call: None, shared: None });
            }
        }
        let passed = reads.iter().find(|(step, at)| is_argument(step, at));
        if let Some((step, _)) = passed {
            let name = match &step.kind {
                StepKind::Argument { name, .. } => Arc::clone(name),
                _ => self.argument.into(),
            };
            return Some(Candidate {
                index: None,
                at: Step { chosen_by: None, ..(*step).clone() },
                edit: EditTarget::Toggle(name),
                call: None,
                shared: None,
            });
        }
        let unset = reads.iter().find_map(|(step, at)| match &step.kind {
            StepKind::Default(variable) if at.len() > depth => Some(variable),
            _ => None,
        })?;
        let found = self.unset_in_call(call, unset, None);
        Some(Candidate { edit: EditTarget::Toggle(Arc::clone(unset)), call: None, ..found })
    }
}

/// How many steps are searched for the argument that decides a value.
const MAX_STEPS_SEARCHED: usize = 64;

/// How many steps that decided a value are shown, and how deep they are followed.
const MAX_DECIDING_STEPS: usize = 4;

/// Collects the origins of the values that decided a step.
fn collect_deciding_steps<'a>(step: &'a Step, found: &mut Vec<&'a Step>, depth: usize) {
    for link in step.chosen_by.iter().flat_map(|choice| &choice.reads) {
        let Some(last) = link.steps().last() else { continue };
        if depth > 0 {
            collect_deciding_steps(last, found, depth - 1);
        }
        let is_computed = last.chosen_by.as_ref().is_some_and(|choice| choice.reason == ChoiceReason::Computation);
        if !is_computed && found.len() < MAX_DECIDING_STEPS {
            found.push(last);
        }
    }
}

/// Collects the steps of a value and of the values that decided it, each with the module calls that contain it.
fn collect_steps<'a>(link: &'a TrailLink, calls: &Calls, found: &mut Vec<(&'a Step, Calls)>, most: usize) {
    let mut calls = Arc::clone(calls);
    for step in link.steps() {
        if found.len() >= most {
            return;
        }
        calls = step.calls.clone().unwrap_or(calls);
        found.push((step, Arc::clone(&calls)));
        for inner in step.chosen_by.iter().flat_map(|choice| &choice.reads) {
            collect_steps(inner, &calls, found, most);
        }
    }
}

/// The variable that makes a computed value unknown.
fn unknown_source(origin: &Step) -> Option<&Step> {
    let choice = origin.chosen_by.as_ref()?;
    let mut found = Vec::new();
    choice.reads.iter().for_each(|link| collect_steps(link, &Arc::from([]), &mut found, MAX_STEPS_SEARCHED));
    let is_unknown = |step: &&Step| matches!(step.kind, StepKind::NoValue(_) | StepKind::Variable(_) | StepKind::NoDefault(_));
    found.into_iter().map(|(step, _)| step).find(is_unknown)
}

/// Whether the module at the end of these calls cannot be edited: it is installed or outside of the repository.
fn is_external_module(calls: &Calls) -> bool {
    calls.last().is_some_and(|call| call.is_external)
}

/// The innermost call in a module that can be edited, and the number of calls around it.
fn innermost_editable_call(calls: &Calls) -> Option<(&ModuleCall, usize)> {
    let is_editable = |index: usize| index.checked_sub(1).and_then(|outer| calls.get(outer)).is_none_or(|outer| !outer.is_external);
    calls.iter().enumerate().rev().find(|(index, _)| is_editable(*index)).map(|(index, call)| (call, index))
}
