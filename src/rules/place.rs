//! Where a finding stands: where the edit belongs. Findings, fixes, every format and exemptions share this one decision.
//!
//! | the value | the place |
//! | --- | --- |
//! | is written somewhere on the way | that literal |
//! | comes out of a file | the call of the function that reads it |
//! | comes from the environment or the command line | the use in the root module |
//! | was chosen by a condition | the literal of the branch; where a caller decides about it, the argument of the innermost call |
//! | is the default of a root's variable | the default |
//! | is a default that a caller leaves | the innermost call that could have set it |
//! | is the default of an optional attribute | the element that leaves the attribute out |
//! | is fixed by a called module, or omitted there | its own line, or the resource's header |
//! | comes from a module that is installed or outside of the repository | the innermost call in the repository |
//! | is unknown | the variable, call or expression that is unknown |

use crate::base::{Because, Calls, Fact, ModuleCall, Place, Step, StepKind, TrailLink};
use crate::key::KeyFacts;
use std::sync::Arc;

/// What is written at a place of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditAddress {
    /// The block, local value or variable: `module.key`, `local.modes`, `var.keys`, `oci_kms_key.k`.
    pub block: String,
    /// The way from there: `protection_mode`, `["a"].mode`. Empty for the block itself.
    pub path: String,
}

/// Where a finding stands, and how it can be edited there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Where the edit belongs; the label says what the caret shows.
    pub at: Step,
    /// The rest of the value's way, in the order in which it traveled.
    pub way: Vec<Step>,
    /// How many steps of the way come before the place.
    pub before: usize,
    /// Where the resource uses the value: the value of its argument, or its header.
    pub used: Place,
    /// What is edited there.
    pub edit: EditTarget,
    /// The complete block of the module call that leaves the argument out, where that is what is edited.
    pub call: Option<Place>,
    /// The argument or attribute that is edited there: with the block that it is in, it tells findings apart whatever their lines are.
    pub argument: Arc<str>,
    /// The default that the call leaves, which other calls may leave too.
    pub shared: Option<Step>,
    /// Whether nothing is written on the way.
    pub is_omitted: bool,
}

/// What is edited where a finding stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditTarget {
    /// The resource's own argument, which is written here or belongs here.
    Own,
    /// A value that is written here.
    Value,
    /// An argument of a module call, which is written here or belongs here. The name of the variable.
    Argument(Arc<str>),
    /// The default of a variable.
    Default(Arc<str>),
    /// An attribute that this object leaves out.
    LeftOut(Arc<str>),
    /// A variable that the command line sets.
    CommandLine(Arc<str>),
    /// A variable that the environment sets; the environment's variable, in backticks.
    Environment(Arc<str>),
    /// A variable whose value a plan records.
    Recorded(Arc<str>),
    /// A file that is read here.
    File,
    /// What decides about the value: an argument of a module call.
    Toggle(Arc<str>),
    /// A call of a module that cannot be edited, and that fixes the value.
    Fixed,
    /// Something that is not configuration: an entry of a plan or state, a resource of the service.
    Document,
}

/// Where a finding on a fact of a key stands. `argument`: the resource's argument.
#[must_use]
pub(crate) fn of<T>(key: &KeyFacts, fact: &Fact<T>, argument: &'static str) -> Placement {
    Way { key, trail: &fact.trail, argument }.place(false)
}

/// Where a finding stands that says that a fact of a key is unknown: at the variable, call or expression by which it is.
#[must_use]
pub(super) fn of_unknown<T>(key: &KeyFacts, fact: &Fact<T>, argument: &'static str) -> Placement {
    Way { key, trail: &fact.trail, argument }.place(true)
}

/// Where a finding stands that is about the key as such.
#[must_use]
pub(super) fn of_key(key: &KeyFacts, argument: &'static str) -> Placement {
    Way { key, trail: &[], argument }.place(false)
}

/// Where a finding stands whose way is this one, nearest first.
#[must_use]
pub(super) fn of_steps(key: &KeyFacts, trail: &[Step], argument: &'static str) -> Placement {
    Way { key, trail, argument }.place(false)
}

/// Where a finding stands on a nested block that a `dynamic` block does not make, where a caller decides about that. `trail`: the way of
/// its `for_each`.
pub(super) fn of_absent(key: &KeyFacts, trail: &[Step], argument: &'static str) -> Option<Placement> {
    let at = (!trail.is_empty() && !key.declared.calls.is_empty()).then(|| of_steps(key, trail, argument))?;
    let toggle = match &at.edit {
        EditTarget::Argument(name) | EditTarget::LeftOut(name) | EditTarget::Toggle(name) => EditTarget::Toggle(Arc::clone(name)),
        EditTarget::Fixed => EditTarget::Fixed,
        _ => return None,
    };
    Some(Placement { edit: toggle, call: None, ..at })
}

/// Where advice stands: at the first of these steps, or at the key.
pub(super) fn at_steps(key: &KeyFacts, steps: &[Step], argument: &'static str) -> Placement {
    let (at, way) = match steps {
        [] => (Step::new(key.place.clone(), ""), &[][..]),
        [first, rest @ ..] => (first.clone(), rest),
    };
    let used = at.place.clone();
    Placement {
        at,
        way: way.to_vec(),
        before: 0,
        used,
        edit: EditTarget::Own,
        call: None,
        argument: argument.into(),
        shared: None,
        is_omitted: steps.is_empty(),
    }
}

/// Where something stands that is about this place and no key.
pub(super) fn at_place(place: &Place, argument: &'static str) -> Placement {
    Placement {
        at: Step::new(place.clone(), ""),
        way: Vec::new(),
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
    /// What to do at the place so that the resource's argument has this value, as a clause with an imperative: "set
    /// `protection_mode = "SOFTWARE"`", "set the default of `mode` to `90`". The value is as Terraform writes it.
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

    /// Whether the edit is one of the resource's own block.
    #[must_use]
    pub fn is_own(&self) -> bool {
        matches!(self.edit, EditTarget::Own | EditTarget::Document)
    }

    /// The same placement, with another label under the place where nothing is reported of it yet.
    #[must_use]
    pub fn labeled(mut self, label: &str) -> Self {
        if self.at.is_silent() && !self.is_omitted {
            self.at.kind = StepKind::Note(label.into());
        }
        self
    }

    /// The same placement, with more places that explain the finding.
    #[must_use]
    pub fn with(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        for step in steps {
            if step != self.at && !self.way.contains(&step) {
                self.way.push(step);
            }
        }
        self
    }
}

/// The way of a value to a key.
struct Way<'a> {
    key: &'a KeyFacts,
    /// Nearest first.
    trail: &'a [Step],
    argument: &'static str,
}

/// What stands out of a way: a step of it, or a place that is none of its steps.
struct Candidate {
    /// Its position on the way, where it is a step.
    index: Option<usize>,
    at: Step,
    edit: EditTarget,
    call: Option<Place>,
    shared: Option<Step>,
}

impl Way<'_> {
    fn place(&self, is_unknown: bool) -> Placement {
        let found = self.find(is_unknown);
        let found = match found.at.calls.as_ref().filter(|calls| leads_out(calls)).and_then(innermost) {
            // An installed module is overwritten by `terraform init`: what can be edited is the call that chooses its version.
            Some((call, _)) => self.fixed(call),
            None => found,
        };
        let (mut way, mut before) = (Vec::with_capacity(self.trail.len()), 0);
        for (index, step) in self.trail.iter().enumerate().rev() {
            // What decided comes before what it decided about.
            let mut deciding = Vec::new();
            deciders(step, &mut deciding, MOST_DECIDING);
            for step in deciding.into_iter().filter(|step| step.place != found.at.place) {
                if !way.contains(step) && !self.trail.contains(step) {
                    way.push(step.clone());
                }
            }
            if found.index == Some(index) {
                before = way.len();
            } else if step.place != found.at.place {
                way.push(step.clone());
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
            way,
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
            return match innermost(&key.declared.calls) {
                Some((call, _)) if leads_out(&key.declared.calls) => self.fixed(call),
                _ => Candidate { index: None, at: Step::new(key.place.clone(), ""), edit: EditTarget::Own, call: None, shared: None },
            };
        };
        let calls = origin.calls.clone().unwrap_or_else(|| Arc::clone(&key.declared.calls));
        let found = |index: usize, edit: EditTarget| match self.trail.get(index) {
            Some(step) => Candidate { index: Some(index), at: step.clone(), edit, call: None, shared: None },
            None => Candidate { index: None, at: origin.clone(), edit, call: None, shared: None },
        };
        if is_unknown && let Some(step) = unknown_of(origin) {
            let called = step.calls.as_ref().and_then(|calls| innermost(calls));
            return match (&step.kind, called) {
                (StepKind::NoDefault(variable), Some((call, _))) => self.left(call, variable, None),
                _ => Candidate { index: None, at: step.clone(), edit: EditTarget::Value, call: None, shared: None },
            };
        }
        match &origin.kind {
            // A text of the command line is in no file: the finding is where the value is used first.
            StepKind::CommandLine { variable, .. } => found(index.saturating_sub(1), EditTarget::CommandLine(Arc::clone(variable))),
            StepKind::Environment { by, .. } => found(index.saturating_sub(1), EditTarget::Environment(Arc::clone(by))),
            StepKind::Recorded(variable) => found(index.saturating_sub(1), EditTarget::Recorded(Arc::clone(variable))),
            StepKind::NoValue(variable) | StepKind::Variable(variable) | StepKind::ByCaller(variable) => {
                found(index, EditTarget::Default(Arc::clone(variable)))
            }
            StepKind::Note(_) if is_unknown && index > 0 => found(index - 1, EditTarget::Value),
            StepKind::Default(variable) | StepKind::NoDefault(variable) => match innermost(&calls) {
                Some((call, _)) => self.left(call, variable, Some(origin)),
                None if origin.left_out.is_some() || origin.is_part => found(index, self.written(origin, index)),
                None => found(index, EditTarget::Default(Arc::clone(variable))),
            },
            _ => match (self.toggle(origin, &calls), innermost(&calls)) {
                (Some(toggle), _) => toggle,
                (None, Some((call, _))) if leads_out(&calls) => self.fixed(call),
                _ => found(index, self.written(origin, index)),
            },
        }
    }

    /// The step at which the value comes into being: the last one, or the one before the type that gave it a default.
    fn origin(&self) -> Option<(usize, &Step)> {
        let last = self.trail.len().checked_sub(1)?;
        let is_type = |index: usize| self.trail.get(index).is_some_and(|step| matches!(step.kind, StepKind::Optional(_)));
        let index = if last > 0 && is_type(last) { last - 1 } else { last };
        Some((index, self.trail.get(index)?))
    }

    /// What is edited where a value is written.
    fn written(&self, origin: &Step, index: usize) -> EditTarget {
        match (&origin.left_out, &origin.kind) {
            (Some(attribute), _) => EditTarget::LeftOut(Arc::clone(attribute)),
            (None, StepKind::File) => EditTarget::File,
            (None, StepKind::Argument { name, .. }) if !origin.is_part => EditTarget::Argument(Arc::clone(name)),
            (None, _) if index == 0 => EditTarget::Own,
            _ => EditTarget::Value,
        }
    }

    /// The call that leaves a variable to its default.
    fn left(&self, call: &ModuleCall, variable: &Arc<str>, default: Option<&Step>) -> Candidate {
        let label = format!("`{variable}` is not set in this call");
        // The default of an installed module is no one's to change.
        let is_ours = |step: &&Step| !step.calls.as_ref().is_some_and(leads_out);
        let shared = default.filter(|step| matches!(step.kind, StepKind::Default(_))).filter(is_ours).cloned();
        let is_part = default.is_some_and(|step| step.is_part || step.left_out.is_some());
        let edit = if is_part { EditTarget::Toggle(Arc::clone(variable)) } else { EditTarget::Argument(Arc::clone(variable)) };
        let block = matches!(edit, EditTarget::Argument(_)).then(|| call.block.clone());
        Candidate { index: None, at: Step::new(call.header.clone(), label), edit, call: block, shared }
    }

    /// The call of a module that cannot be edited.
    fn fixed(&self, call: &ModuleCall) -> Candidate {
        Candidate { index: None, at: call.step(), edit: EditTarget::Fixed, call: None, shared: None }
    }

    /// The argument by which a caller decides which value a called module takes, or the call that leaves that to a default.
    fn toggle(&self, origin: &Step, calls: &Calls) -> Option<Candidate> {
        let choice = origin.chosen_by.as_ref()?;
        let (call, depth) = innermost(calls)?;
        let is_argument = |step: &Step, at: &Calls| matches!(step.kind, StepKind::Argument { .. }) && at.len() == depth;
        let mut reads = Vec::new();
        for link in &choice.reads {
            let first = reads.len();
            collect(link, calls, &mut reads, MOST_STEPS);
            // A caller passes an object that leaves the attribute out: the edit belongs into the object.
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
        let left = reads.iter().find_map(|(step, at)| match &step.kind {
            StepKind::Default(variable) if at.len() > depth => Some(variable),
            _ => None,
        })?;
        let found = self.left(call, left, None);
        Some(Candidate { edit: EditTarget::Toggle(Arc::clone(left)), call: None, ..found })
    }
}

/// How many steps are looked at to find who decides.
const MOST_STEPS: usize = 64;

/// How many values that decided are shown, and how many times one of them was decided about by another.
const MOST_DECIDING: usize = 4;

/// Where the values come from that decided about a step.
fn deciders<'a>(step: &'a Step, found: &mut Vec<&'a Step>, depth: usize) {
    for link in step.chosen_by.iter().flat_map(|choice| &choice.reads) {
        let Some(last) = link.steps().last() else { continue };
        if depth > 0 {
            deciders(last, found, depth - 1);
        }
        let is_computed = last.chosen_by.as_ref().is_some_and(|choice| choice.because == Because::Computation);
        if !is_computed && found.len() < MOST_DECIDING {
            found.push(last);
        }
    }
}

/// The steps of a value's way and of what decided about it, each with the calls to the module that it is in.
fn collect<'a>(link: &'a TrailLink, calls: &Calls, found: &mut Vec<(&'a Step, Calls)>, most: usize) {
    let mut calls = Arc::clone(calls);
    for step in link.steps() {
        if found.len() >= most {
            return;
        }
        calls = step.calls.clone().unwrap_or(calls);
        found.push((step, Arc::clone(&calls)));
        for inner in step.chosen_by.iter().flat_map(|choice| &choice.reads) {
            collect(inner, &calls, found, most);
        }
    }
}

/// The variable or call by which a computed value is unknown.
fn unknown_of(origin: &Step) -> Option<&Step> {
    let choice = origin.chosen_by.as_ref()?;
    let mut found = Vec::new();
    choice.reads.iter().for_each(|link| collect(link, &Arc::from([]), &mut found, MOST_STEPS));
    let is_open = |step: &&Step| matches!(step.kind, StepKind::NoValue(_) | StepKind::Variable(_) | StepKind::NoDefault(_));
    found.into_iter().map(|(step, _)| step).find(is_open)
}

/// Whether the module that these calls lead to cannot be edited.
fn leads_out(calls: &Calls) -> bool {
    calls.last().is_some_and(|call| call.leads_out)
}

/// The innermost call that is written in a module that can be edited, and how many calls are around it.
fn innermost(calls: &Calls) -> Option<(&ModuleCall, usize)> {
    let is_ours = |index: usize| index.checked_sub(1).and_then(|outer| calls.get(outer)).is_none_or(|outer| !outer.leads_out);
    calls.iter().enumerate().rev().find(|(index, _)| is_ours(*index)).map(|(index, call)| (call, index))
}
