//! Trails: where a value comes from, with one step for each place that it passes through. A step becomes text only when it is reported.

use super::brief::{brief, brief_of, is_long};
use super::place::Place;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One step of a value's trail. Two steps are equal if they have the same text at the same place, for whatever value.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where.
    pub place: Place,
    /// What happens there.
    pub kind: StepKind,
    /// Whether the value is only a part of the expression there: an element of a map, an attribute of an object.
    pub is_part: bool,
    /// The attribute that the object there omits.
    pub left_out: Option<Arc<str>>,
    /// The module calls from the root to the module of the place. `None`: the same as for the step before it.
    pub calls: Option<Calls>,
    /// Why the value there was chosen, or what it was computed from.
    pub chosen_by: Option<Arc<Choice>>,
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        (&self.place, &self.kind, &self.left_out, &self.chosen_by) == (&other.place, &other.kind, &other.left_out, &other.chosen_by)
    }
}

impl Eq for Step {}

impl Hash for Step {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.place, &self.kind, &self.left_out, &self.chosen_by).hash(state);
    }
}

/// A step and those after it: the form of a trail during evaluation.
#[derive(Clone, Debug)]
pub struct TrailLink {
    /// The step.
    pub step: Step,
    /// The step after it.
    pub next: Option<Arc<Self>>,
    /// The number of steps.
    length: usize,
    /// The last step, if there are more than [`MAX_STEPS`].
    last: Option<Arc<Step>>,
}

/// How many steps of a trail are used: the nearest ones, and the last one, where the value comes from. Hostile code can pass a value on a
/// hundred thousand times, with a key at each step.
const MAX_STEPS: usize = 64;

impl TrailLink {
    /// A step followed by others.
    #[must_use]
    pub fn new(step: Step, next: Option<Arc<Self>>) -> Arc<Self> {
        let length = next.as_ref().map_or(0, |next| next.length) + 1;
        let last = next.as_deref().filter(|_| length > MAX_STEPS).and_then(|next| next.last.clone().or_else(|| next.last_step()));
        Arc::new(Self { step, next, length, last })
    }

    /// The last step, with the calls that it inherits from the steps before it.
    fn last_step(&self) -> Option<Arc<Step>> {
        let calls = self.steps().filter_map(|step| step.calls.as_ref()).last().cloned();
        self.steps().last().map(|step| Arc::new(Step { calls, ..step.clone() }))
    }

    /// This step and those after it; if there are too many, the nearest ones and the last one.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let nearest = if self.last.is_some() { MAX_STEPS - 1 } else { self.length };
        let nearest = std::iter::successors(Some(self), |link| link.next.as_deref()).take(nearest);
        nearest.map(|link| &link.step).chain(self.last.as_deref())
    }
}

/// One of the module calls from the root to a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModuleCall {
    /// Its address: `module.a["x"].module.b`.
    pub name: Arc<str>,
    /// Its header.
    pub header: Place,
    /// The complete block.
    pub block: Place,
    /// Whether the module that it calls cannot be edited here: it is installed, or outside of the repository.
    pub is_external: bool,
}

impl ModuleCall {
    /// The call as a step.
    #[must_use]
    pub fn step(&self) -> Step {
        Step::new(self.header.clone(), format!("called here as `{}`", self.name))
    }
}

/// The calls from the root to a module, outermost first; empty for the root.
pub type Calls = Arc<[ModuleCall]>;

/// Where a value comes from, nearest step first: the use in the resource, the module argument, the variable's default or tfvars line.
/// Shared, because the instances of a block get most of their values from the same place.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Trail(Option<Arc<[Step]>>);

impl std::ops::Deref for Trail {
    type Target = [Step];

    fn deref(&self) -> &[Step] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl From<Vec<Step>> for Trail {
    fn from(steps: Vec<Step>) -> Self {
        Self((!steps.is_empty()).then(|| steps.into()))
    }
}

impl FromIterator<Step> for Trail {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        steps.into_iter().collect::<Vec<_>>().into()
    }
}

impl<'a> IntoIterator for &'a Trail {
    type Item = &'a Step;
    type IntoIter = std::slice::Iter<'a, Step>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&**self).finish()
    }
}

/// What happens to a value at one step of its trail.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// It is set here.
    Set,
    /// It is the result of an expression.
    Expression,
    /// A reference is used here; its text, if it is short and may be shown.
    Used(Option<Arc<str>>),
    /// An argument of a module call.
    Argument {
        /// The argument.
        name: Arc<str>,
        /// The call.
        call: Arc<str>,
    },
    /// A local value.
    Local(Arc<str>),
    /// An output of a module.
    Output {
        /// The output.
        name: Arc<str>,
        /// The calls to the module, joined by dots.
        module: Arc<str>,
    },
    /// An argument of another resource, or of a data source.
    Attribute {
        /// The argument.
        name: Arc<str>,
        /// The resource: `oci_kms_vault.v`.
        of: Arc<str>,
    },
    /// The default of a variable.
    Default(Arc<str>),
    /// A line of a values file; the file's name.
    ValuesFile(Arc<str>),
    /// A variable that the command line sets.
    CommandLine {
        /// The variable.
        variable: Arc<str>,
        /// The option, in backticks.
        by: Arc<str>,
    },
    /// A variable that the environment sets.
    Environment {
        /// The variable.
        variable: Arc<str>,
        /// The environment variable, in backticks.
        by: Arc<str>,
    },
    /// A variable whose value a plan records.
    Recorded(Arc<str>),
    /// A variable whose value is unknown.
    Variable(Arc<str>),
    /// A variable that has neither a value nor a default.
    NoValue(Arc<str>),
    /// A variable of a called module that the call does not set and that has no default.
    NoDefault(Arc<str>),
    /// A variable that the caller of the module sets.
    ByCaller(Arc<str>),
    /// A file that a function reads here.
    File,
    /// The default of an optional attribute in a variable's type.
    Optional(Arc<str>),
    /// Anything else, as text.
    Note(Arc<str>),
}

impl StepKind {
    /// The names and texts that it contains.
    fn names(&mut self) -> [Option<&mut Arc<str>>; 2] {
        match self {
            Self::Set | Self::Expression | Self::Used(None) | Self::File => [None, None],
            Self::Argument { name, call: other }
            | Self::Output { name, module: other }
            | Self::Attribute { name, of: other }
            | Self::CommandLine { variable: name, by: other }
            | Self::Environment { variable: name, by: other } => [Some(name), Some(other)],
            Self::Used(Some(name))
            | Self::Local(name)
            | Self::Default(name)
            | Self::ValuesFile(name)
            | Self::Recorded(name)
            | Self::Variable(name)
            | Self::NoValue(name)
            | Self::NoDefault(name)
            | Self::ByCaller(name)
            | Self::Optional(name)
            | Self::Note(name) => [Some(name), None],
        }
    }
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set => f.write_str("set here"),
            Self::Expression => f.write_str("comes from this expression"),
            Self::Used(None) => f.write_str("used here"),
            Self::Used(Some(text)) => write!(f, "`{text}` is used here"),
            Self::Argument { name, call } => write!(f, "argument `{name}` of module call `{call}`"),
            Self::Local(name) => write!(f, "`local.{name}`"),
            Self::Output { name, module } => write!(f, "output `{name}` of module `{module}`"),
            Self::Attribute { name, of } => write!(f, "`{name}` of `{of}`"),
            Self::Default(variable) => write!(f, "default of variable `{variable}`"),
            Self::ValuesFile(file) => write!(f, "set by `{file}`"),
            Self::CommandLine { variable, by } | Self::Environment { variable, by } => write!(f, "variable `{variable}`, set by {by}"),
            Self::Recorded(variable) => write!(f, "variable `{variable}`, set in the plan"),
            Self::Variable(variable) => write!(f, "variable `{variable}`"),
            Self::NoValue(variable) => f.write_str(&super::reason::Reason::no_value(variable)),
            Self::NoDefault(variable) => write!(f, "variable `{variable}` has no default"),
            Self::ByCaller(variable) => write!(f, "variable `{variable}`, which the caller sets"),
            Self::File => f.write_str("read from a file here"),
            Self::Optional(attribute) => write!(f, "default of the optional attribute `{attribute}`"),
            Self::Note(text) => f.write_str(text),
        }
    }
}

/// Why a value was chosen, or what it was computed from.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Why.
    pub reason: ChoiceReason,
    /// The trails of the values that decided.
    pub reads: Vec<Arc<TrailLink>>,
}

impl PartialEq for Choice {
    fn eq(&self, other: &Self) -> bool {
        self.reason == other.reason
    }
}

impl Eq for Choice {}

impl Hash for Choice {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.reason.hash(state);
    }
}

/// How other values decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ChoiceReason {
    /// A conditional chose it.
    Condition {
        /// The condition's text, if it may be shown.
        text: Option<Arc<str>>,
        /// The condition's result.
        decision: bool,
    },
    /// The `if` of a `for` included it.
    Filter,
    /// A function or an index selected it, or an operator computed it.
    Computation,
}

impl fmt::Display for ChoiceReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Condition { text: Some(text), decision } => write!(f, "chosen because `{text}` is {decision}"),
            Self::Condition { text: None, .. } => f.write_str("chosen because of a condition that is not shown"),
            Self::Filter => f.write_str("chosen because of the `if` of this `for`"),
            Self::Computation => Ok(()),
        }
    }
}

/// How many deciding values a step keeps.
const MAX_READS: usize = 4;

impl Step {
    /// A step at a place, with a text.
    pub fn new(place: Place, label: impl Into<Arc<str>>) -> Self {
        Self::of(place, StepKind::Note(label.into()))
    }

    /// A step of a kind at a place.
    #[must_use]
    pub fn of(place: Place, mut kind: StepKind) -> Self {
        // A hostile name may have megabytes, and every key may have a step with it.
        kind.names().into_iter().flatten().filter(|name| is_long(name)).for_each(|name| *name = brief_of(name).into());
        Self { place, kind, is_part: false, left_out: None, calls: None, chosen_by: None }
    }

    /// What happens there, as a label: "`var.level` is used here", "default of variable `mode`", "set by `terraform.tfvars`".
    #[must_use]
    pub fn label(&self) -> Cow<'_, str> {
        if let Some(attribute) = &self.left_out {
            return Cow::Owned(brief(match &self.kind {
                StepKind::Set => format!("leaves out `{attribute}`"),
                kind => format!("{kind}, which leaves out `{attribute}`"),
            }));
        }
        Cow::Owned(brief(match (&self.kind, self.condition()) {
            (StepKind::Note(text), None) => return Cow::Borrowed(text),
            (kind, None) => kind.to_string(),
            (StepKind::Set, Some(condition)) => condition.to_string(),
            (kind, Some(condition)) => format!("{kind}, {condition}"),
        }))
    }

    /// The condition or filter by which the value there was chosen.
    #[must_use]
    pub fn condition(&self) -> Option<&ChoiceReason> {
        self.chosen_by.as_ref().map(|choice| &choice.reason).filter(|reason| **reason != ChoiceReason::Computation)
    }

    /// The same step, with the values that decided there.
    #[must_use]
    pub fn chosen(mut self, reason: ChoiceReason, mut reads: Vec<Arc<TrailLink>>) -> Self {
        let earlier = self.chosen_by.take();
        let (reason, more) = match earlier.as_deref() {
            Some(earlier) if reason == ChoiceReason::Computation => (earlier.reason.clone(), earlier.reads.as_slice()),
            Some(earlier) => (reason, earlier.reads.as_slice()),
            None => (reason, [].as_slice()),
        };
        reads.extend(more.iter().take(MAX_READS.saturating_sub(reads.len())).cloned());
        reads.truncate(MAX_READS);
        self.chosen_by = Some(Arc::new(Choice { reason, reads }));
        self
    }

    /// Whether reports omit the step because it has no text.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.condition().is_none() && matches!(&self.kind, StepKind::Note(text) if text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_and_last_steps_of_a_long_trail_are_kept() {
        let at = |number: usize| Place::File(number.to_string().into());
        let calls: Calls = [ModuleCall { name: "module.m".into(), header: at(0), block: at(0), is_external: false }].into();
        let in_call = |step| Step { calls: Some(Arc::clone(&calls)), ..step };
        let mut link = TrailLink::new(Step::of(at(0), StepKind::Set), None);
        for number in 1..=100_000 {
            let step = Step::of(at(number), StepKind::Expression);
            link = TrailLink::new(if number == 1 { in_call(step) } else { step }, Some(link));
            let steps: Vec<&Step> = if number % 1000 < 70 { link.steps().collect() } else { continue };
            assert_eq!(steps.len(), (number + 1).min(MAX_STEPS));
            assert!(steps.iter().take(MAX_STEPS - 1).enumerate().all(|(near, step)| step.place == at(number - near)));
            let last = steps.last().map(|step| (&step.place, &step.calls));
            assert_eq!(last, Some((&at(0), &(number >= MAX_STEPS).then(|| Arc::clone(&calls)))));
        }
        // Dropped one link at a time: dropping them recursively would overflow the stack.
        while let Some(next) = Arc::into_inner(link).and_then(|link| link.next) {
            link = next;
        }
    }

    #[test]
    fn label_names_the_step_and_then_the_choice() {
        let at = || Place::File("main.tf".into());
        let condition = || ChoiceReason::Condition { text: Some("var.x".into()), decision: true };
        let chosen = |kind| Step::of(at(), kind).chosen(condition(), Vec::new());
        assert_eq!(Step::of(at(), StepKind::Local("mode".into())).label(), "`local.mode`");
        assert_eq!(chosen(StepKind::Set).label(), "chosen because `var.x` is true");
        assert_eq!(chosen(StepKind::Local("mode".into())).label(), "`local.mode`, chosen because `var.x` is true");
        let long = Step::of(at(), StepKind::NoValue("v".repeat(1 << 20).into()));
        assert!(long.label().len() < 5_000 && matches!(&long.kind, StepKind::NoValue(name) if name.len() < 5_000));
        assert!(Step::new(at(), "").is_silent() && !chosen(StepKind::Note("".into())).is_silent());
    }
}
