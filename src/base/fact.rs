//! A fact: what is known of one attribute, and the way its value took.

use super::place::Place;
use super::reason::Reason;
use super::secrecy;
use super::trail::Trail;

/// What can be said of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim<T> {
    /// It has this value.
    Known(T),
    /// It is omitted, `null`, or one of the service's zero values.
    Unset,
    /// It is unknown. Boxed, because most claims are of another kind.
    Unknown(Box<Unknown<T>>),
}

impl<T> Claim<T> {
    /// An unknown value.
    #[must_use]
    pub fn unknown(why: impl Into<Reason>, bounds: Bounds<T>) -> Self {
        Self::Unknown(Box::new(Unknown { why: why.into(), bounds }))
    }
}

/// Why a fact is not known, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown<T> {
    /// The reason as a clause without a full stop: "variable `level` has no value", "known after apply".
    pub why: Reason,
    /// What the value can still be.
    pub bounds: Bounds<T>,
}

/// What an unknown value can still be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bounds<T> {
    /// Anything.
    Anything,
    /// Nothing: as it is written Terraform would reject it, and no input and no plan will give it a value.
    Nothing,
    /// One of these and nothing else.
    OneOf(Vec<Case<T>>),
    /// This, unless the caller of the module sets `input`.
    Default {
        /// The value without the caller's doing; `None` is unset.
        value: Option<T>,
        /// What the caller may set, as it is written: "protection_mode", "var.keys[*].mode".
        input: String,
    },
}

/// One possible value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case<T> {
    /// The value; `None` is unset.
    pub value: Option<T>,
    /// When it is this one, as a clause after "when": "`var.level >= 3`", "not `var.level >= 3`".
    pub when: String,
}

/// Where a person edits a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultSite {
    /// This literal.
    Literal(Place),
    /// This `optional(…)` in a variable's type has no default yet.
    Optional(Place),
}

/// A claim with its trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact<T> {
    /// What is reported.
    pub claim: Claim<T>,
    /// The way the value took, nearest first; empty where nothing is written.
    pub trail: Trail,
    /// The value may be checked but never shown.
    pub sensitive: bool,
    /// The value came out of a file function: shown only if it is one of the service's own words or a number.
    pub from_file: bool,
    /// Where the default that decides is written, or would be; only of a value that the caller of a module may change.
    pub default: Option<Box<DefaultSite>>,
    /// The value is a default of a directory's variable, and nothing shows that the directory is a root module: a caller may set another.
    pub by_default: bool,
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self::unset()
    }
}

impl<T> Fact<T> {
    /// Nothing is written.
    #[must_use]
    pub fn unset() -> Self {
        Self { claim: Claim::Unset, trail: Trail::default(), sensitive: false, from_file: false, default: None, by_default: false }
    }

    /// A known value without a trail.
    #[must_use]
    pub fn known(value: T) -> Self {
        Self { claim: Claim::Known(value), ..Self::unset() }
    }

    /// An unknown value that can be anything.
    #[must_use]
    pub fn unknown(why: impl Into<Reason>) -> Self {
        Self { claim: Claim::unknown(why, Bounds::Anything), ..Self::unset() }
    }

    /// An expression that Terraform would reject.
    #[must_use]
    pub fn refused(why: impl Into<Reason>) -> Self {
        Self { claim: Claim::unknown(why, Bounds::Nothing), ..Self::unset() }
    }

    /// The same fact with this trail.
    #[must_use]
    pub fn with_trail(mut self, trail: impl Into<Trail>) -> Self {
        self.trail = trail.into();
        self
    }

    /// The value, where it is known.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        if let Claim::Known(value) = &self.claim { Some(value) } else { None }
    }

    /// The value, where it is known and may be shown. `is_harmless`: whether it is one of the service's own words, or a number.
    #[must_use]
    pub fn shown(&self, is_harmless: impl Fn(&T) -> bool) -> Option<&T> {
        self.value().filter(|value| self.shows(is_harmless(value)))
    }

    /// Whether a value of this fact may be shown, known or possible.
    #[must_use]
    pub fn shows(&self, is_harmless: bool) -> bool {
        secrecy::may_show(self.sensitive, self.from_file, is_harmless)
    }

    /// Whether the fact is unset.
    #[must_use]
    pub fn is_unset(&self) -> bool {
        matches!(self.claim, Claim::Unset)
    }

    /// The unknown, where it is one.
    #[must_use]
    pub fn as_unknown(&self) -> Option<&Unknown<T>> {
        if let Claim::Unknown(unknown) = &self.claim { Some(unknown) } else { None }
    }

    /// The nearest place of the value.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.trail.first().map(|step| &step.place)
    }

    /// Changes the value's type and keeps all else. A value that `change` cannot take becomes unset.
    pub fn map<U>(self, mut change: impl FnMut(T) -> Option<U>) -> Fact<U> {
        let claim = match self.claim {
            Claim::Known(value) => change(value).map_or(Claim::Unset, Claim::Known),
            Claim::Unset => Claim::Unset,
            Claim::Unknown(unknown) => {
                let bounds = match unknown.bounds {
                    Bounds::Anything => Bounds::Anything,
                    Bounds::Nothing => Bounds::Nothing,
                    Bounds::OneOf(cases) => Bounds::OneOf(
                        cases.into_iter().map(|case| Case { value: case.value.and_then(&mut change), when: case.when }).collect(),
                    ),
                    Bounds::Default { value, input } => Bounds::Default { value: value.and_then(&mut change), input },
                };
                Claim::unknown(unknown.why, bounds)
            }
        };
        let Self { trail, sensitive, from_file, default, by_default, .. } = self;
        Fact { claim, trail, sensitive, from_file, default, by_default }
    }
}
