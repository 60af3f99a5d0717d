//! Why a value is unknown: the sentence, and the cause as data, so that advice never depends on a wording.

use super::brief::{brief, brief_of};
use std::fmt;
use std::sync::Arc;

/// What an unknown value depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// A variable of the root module without a value.
    Variable(Arc<str>),
    /// The caller of a module that no scanned directory calls.
    Caller,
    /// A module that is not installed.
    NotInstalled,
    /// A file outside of the repository, which may not be read.
    Outside,
    /// A configuration that Terraform would reject: a plan cannot have the value either.
    Rejected,
    /// Anything else.
    #[default]
    Other,
}

/// Why a value is unknown, as a clause without a final period: "variable `level` has no value", "known after apply". Cheap to clone,
/// because every value that is computed from the unknown one has the same reason.
#[derive(Clone, PartialEq, Eq)]
pub struct Reason(Arc<ReasonParts>);

#[derive(Clone, PartialEq, Eq)]
struct ReasonParts {
    text: Box<str>,
    cause: Cause,
}

impl Reason {
    /// The text is shortened: it may quote megabytes of a hostile file.
    fn new(text: String, cause: Cause) -> Self {
        Self(Arc::new(ReasonParts { text: brief(text).into(), cause }))
    }

    /// A variable of a root module has no value.
    #[must_use]
    pub fn no_value(variable: &str) -> Self {
        let variable = brief_of(variable);
        Self::new(format!("variable `{variable}` has no value"), Cause::Variable(variable.into()))
    }

    /// A variable of a library is set by its callers, which are not in the scanned directories.
    #[must_use]
    pub fn caller_decides(variable: &str) -> Self {
        Self::new(format!("the caller decides `var.{variable}`"), Cause::Caller)
    }

    /// A default of a library may be overridden by its callers.
    #[must_use]
    pub fn caller_may_set(input: &str) -> Self {
        Self::new(format!("the caller of the module may set `{input}`"), Cause::Caller)
    }

    /// `count` or `for_each` of a library's block depends on callers that are not in the scanned directories.
    #[must_use]
    pub fn no_caller(argument: &str) -> Self {
        let text = format!("no caller in the scanned directories sets the value that its `{argument}` depends on");
        Self::new(text, Cause::Caller)
    }

    /// A caller that is not in the scanned directories decides; the text is not one of those above.
    #[must_use]
    pub fn by_caller(text: impl Into<String>) -> Self {
        Self::new(text.into(), Cause::Caller)
    }

    /// The source of a module call does not exist before `terraform init`.
    #[must_use]
    pub fn not_installed() -> Self {
        Self::new("not installed".to_owned(), Cause::NotInstalled)
    }

    /// A file is outside of the repository, where nothing may be read.
    #[must_use]
    pub fn outside(path: &str) -> Self {
        Self::new(format!("`{path}` is outside of the repository"), Cause::Outside)
    }

    /// Terraform would reject what the value depends on.
    #[must_use]
    pub fn rejected(text: impl Into<String>) -> Self {
        Self::new(text.into(), Cause::Rejected)
    }

    /// The same cause in another sentence, which may quote this one.
    #[must_use]
    pub fn reworded(&self, text: impl Into<String>) -> Self {
        Self::new(text.into(), self.0.cause.clone())
    }

    /// What the value depends on.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.0.cause
    }
}

impl std::ops::Deref for Reason {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.text
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({:?})", &*self.0.text, self.0.cause)
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::new(text, Cause::Other)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned(), Cause::Other)
    }
}

impl From<&Self> for Reason {
    fn from(reason: &Self) -> Self {
        reason.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reworded_reason_keeps_its_cause() {
        let quoted = |reason: Reason| reason.reworded(format!("`for_each` is unknown: {reason}"));
        let variable = quoted(Reason::no_value("level"));
        assert_eq!(variable.cause(), &Cause::Variable("level".into()));
        assert_eq!(&*variable, "`for_each` is unknown: variable `level` has no value");
        for reason in [Reason::caller_decides("keys"), Reason::caller_may_set("mode"), Reason::no_caller("count")] {
            assert_eq!(quoted(reason).cause(), &Cause::Caller);
        }
        assert_eq!(quoted(Reason::not_installed()).cause(), &Cause::NotInstalled);
        assert_eq!(quoted(Reason::outside("../keys.json")).cause(), &Cause::Outside);
        assert_eq!(quoted(Reason::rejected("`count` cannot be evaluated")).cause(), &Cause::Rejected);
        let long = Reason::no_value(&"x".repeat(9000));
        assert!(long.len() < 9000 && matches!(long.cause(), Cause::Variable(name) if name.len() < 9000), "{long}");
    }

    #[test]
    fn text_that_reads_like_a_cause_has_cause_other() {
        assert_eq!(Reason::from("variable `level` has no value").cause(), &Cause::Other);
    }
}
