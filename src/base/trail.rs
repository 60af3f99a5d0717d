//! Trails: the way a value took, one step for each thing that happened to it on the way. The text of a step is made when it is reported.

use super::brief::{brief, is_long};
use super::place::Place;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// One step of a value's way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Where.
    pub place: Place,
    /// What happens there.
    pub kind: StepKind,
    /// Why the value there was chosen among others, if it was.
    pub chosen_by: Option<Arc<Choice>>,
}

/// The way a value took, nearest first: the use in the resource, the module argument, the variable's default or tfvars line.
pub type Trail = Vec<Step>;

/// What happens to a value at one step of its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// It is written here.
    Set,
    /// An expression makes it.
    Expression,
    /// A reference is used here; its text, where it may be shown and is short.
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
        /// The calls on the way to the module, joined by dots.
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
    /// A line of a values file, which is named.
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
        /// The environment's variable, in backticks.
        by: Arc<str>,
    },
    /// A variable whose value a plan records.
    Recorded(Arc<str>),
    /// A variable of which nothing gives a value that is known.
    Variable(Arc<str>),
    /// A variable that has neither a value nor a default.
    NoValue(Arc<str>),
    /// A variable of a called module that the call does not set and that has no default.
    NoDefault(Arc<str>),
    /// A variable that the caller of the module sets.
    ByCaller(Arc<str>),
    /// Anything else, in words.
    Note(Arc<str>),
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
            Self::NoValue(variable) => f.write_str(&super::cause::no_value(variable)),
            Self::NoDefault(variable) => write!(f, "variable `{variable}` has no default"),
            Self::ByCaller(variable) => write!(f, "variable `{variable}`, which the caller sets"),
            Self::Note(text) => f.write_str(text),
        }
    }
}

/// Why a value was chosen among others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Choice {
    /// A conditional chose it.
    Condition {
        /// The condition's text, where it may be shown.
        text: Option<Arc<str>>,
        /// What the condition came to.
        decision: bool,
    },
    /// The `if` of a `for` let it in.
    Filter,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Condition { text: Some(text), decision } => write!(f, "chosen because `{text}` is {decision}"),
            Self::Condition { text: None, .. } => f.write_str("chosen because of a condition that is not shown"),
            Self::Filter => f.write_str("chosen because of the `if` of this `for`"),
        }
    }
}

impl Step {
    /// A step at a place that is described in words.
    pub fn new(place: Place, label: impl Into<Arc<str>>) -> Self {
        let label: Arc<str> = label.into();
        // It may quote a name of megabytes, and every key has its own.
        let label = if is_long(&label) { brief(label.to_string()).into() } else { label };
        Self::of(place, StepKind::Note(label))
    }

    /// A step of a kind at a place.
    #[must_use]
    pub fn of(place: Place, kind: StepKind) -> Self {
        Self { place, kind, chosen_by: None }
    }

    /// What happens there, as a label: "`var.level` is used here", "default of variable `mode`", "set by `terraform.tfvars`".
    #[must_use]
    pub fn label(&self) -> Cow<'_, str> {
        Cow::Owned(brief(match (&self.kind, &self.chosen_by) {
            (StepKind::Note(text), None) => return Cow::Borrowed(text),
            (kind, None) => kind.to_string(),
            (StepKind::Set, Some(choice)) => choice.to_string(),
            (kind, Some(choice)) => format!("{kind}, {choice}"),
        }))
    }

    /// Whether nothing is said of what happens there.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.chosen_by.is_none() && matches!(&self.kind, StepKind::Note(text) if text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_names_the_step_and_then_the_choice() {
        let at = || Place::File("main.tf".into());
        let chosen = |kind| Step {
            chosen_by: Some(Arc::new(Choice::Condition { text: Some("var.x".into()), decision: true })),
            ..Step::of(at(), kind)
        };
        assert_eq!(Step::of(at(), StepKind::Local("mode".into())).label(), "`local.mode`");
        assert_eq!(chosen(StepKind::Set).label(), "chosen because `var.x` is true");
        assert_eq!(chosen(StepKind::Local("mode".into())).label(), "`local.mode`, chosen because `var.x` is true");
        assert!(Step::new(at(), "").is_silent() && !chosen(StepKind::Note("".into())).is_silent());
    }
}
