//! A fact: what is known about one attribute, and where its value comes from.

use super::place::Place;
use super::reason::Reason;
use super::secrecy;
use super::trail::Trail;

/// What is known about the value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim<T> {
    /// It has this value.
    Known(T),
    /// It is omitted, `null`, or one of the service's zero values.
    Unset,
    /// It is unknown. Boxed, because most claims are known or unset.
    Unknown(Box<Unknown<T>>),
}

impl<T> Claim<T> {
    /// An unknown value within bounds.
    #[must_use]
    pub fn unknown(why: impl Into<Reason>, bounds: Bounds<T>) -> Self {
        Self::Unknown(Box::new(Unknown { why: why.into(), bounds }))
    }
}

/// Why a value is unknown, and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown<T> {
    /// The reason as a clause without a final period: "variable `level` has no value", "known after apply".
    pub why: Reason,
    /// What the value can still be.
    pub bounds: Bounds<T>,
}

/// What an unknown value can still be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bounds<T> {
    /// Anything.
    Anything,
    /// Nothing: Terraform would reject the configuration, so no input and no plan can give it a value.
    Nothing,
    /// One of these and nothing else.
    OneOf(Vec<Case<T>>),
    /// This, unless the caller of the module sets `input`.
    Default {
        /// The default; `None` is unset.
        value: Option<T>,
        /// What the caller may set: "protection_mode", "var.keys[*].mode".
        input: String,
    },
}

/// One possible value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case<T> {
    /// The value; `None` is unset.
    pub value: Option<T>,
    /// The condition for it, as a clause after "when": "`var.level >= 3`", "not `var.level >= 3`".
    pub when: String,
}

/// Where to edit a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultSite {
    /// In this literal.
    Literal(Place),
    /// In this `optional(…)` of a variable's type, which has no default yet.
    Optional(Place),
}

/// A claim with its trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact<T> {
    /// What is known about the value.
    pub claim: Claim<T>,
    /// Where the value comes from, nearest step first; empty if nothing in the configuration sets it.
    pub trail: Trail,
    /// The value may be checked but never shown.
    pub sensitive: bool,
    /// The value comes from a file function: it is shown only if it is one of the service's own words or a number.
    pub from_file: bool,
    /// Where the deciding default is or would be; only for a value that the caller of a module may change.
    pub default: Option<Box<DefaultSite>>,
    /// The value is the default of a variable in a directory that is not known to be a root module: a caller may set another value.
    pub by_default: bool,
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self::unset()
    }
}

impl<T> Fact<T> {
    /// An unset value without a trail.
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
    pub fn rejected(why: impl Into<Reason>) -> Self {
        Self { claim: Claim::unknown(why, Bounds::Nothing), ..Self::unset() }
    }

    /// The same fact with this trail.
    #[must_use]
    pub fn with_trail(mut self, trail: impl Into<Trail>) -> Self {
        self.trail = trail.into();
        self
    }

    /// The value, if it is known.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        if let Claim::Known(value) = &self.claim { Some(value) } else { None }
    }

    /// The value, if it is known and may be shown. `is_harmless`: whether it is one of the service's own words, or a number.
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

    /// Why the value is unknown, if it is.
    #[must_use]
    pub fn as_unknown(&self) -> Option<&Unknown<T>> {
        if let Claim::Unknown(unknown) = &self.claim { Some(unknown) } else { None }
    }

    /// The place of the nearest step.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.trail.first().map(|step| &step.place)
    }

    /// Converts the value and keeps everything else. A value that `change` maps to `None` becomes unset.
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
