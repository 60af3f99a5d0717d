//! What a table says of a function: its parameters, what it returns, and its body. The one caller reads it.

use super::host::FunctionHost;
use crate::base::Reason;
use crate::eval::{TOO_LARGE, Type, Value};

/// The largest single result, in elements or bytes.
pub(super) const MAX_RESULT_SIZE: usize = 8 << 20;

/// A built-in function.
#[derive(Debug)]
pub(super) struct BuiltIn {
    pub name: &'static str,
    pub params: &'static [Param],
    /// What further arguments must be, where any number of them may follow.
    pub rest: Option<Param>,
    pub returns: Returns,
    /// Whether the result can be null. Of all others Terraform knows even while they are unknown that they are not.
    pub nullable: bool,
    pub availability: Availability,
    pub body: FunctionBody,
}

/// Where a function exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Availability {
    Everywhere,
    OpenTofu,
}

/// A parameter. Unless it says otherwise the caller refuses null, answers unknown with unknown, and takes marks off and puts them on the
/// result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Param {
    pub name: &'static str,
    pub want: Want,
    pub null: bool,
    pub unknown: bool,
    /// The body sees and keeps the marks itself.
    pub marked: bool,
    /// The body takes values whose type is not known, too.
    pub untyped: bool,
}

/// The types that parameters and results can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    Any,
    Bool,
    Number,
    String,
    Bools,
    Numbers,
    Strings,
    List,
    Set,
    Map,
    StringSet,
    StringLists,
}

/// What a function returns.
#[derive(Debug)]
pub(super) enum Returns {
    /// Always this.
    Always(Want),
    /// What the arguments say, known or not; an error here is an error even while arguments are unknown.
    By(fn(&[Value]) -> Result<Type, FunctionError>),
}

/// What a function does. Arguments are of the types the row demands, known and not null unless the row allows it.
#[derive(Debug)]
pub(super) enum FunctionBody {
    /// One text to another.
    Text(fn(&str) -> String),
    /// Anything else.
    Values(fn(&BodyContext<'_>, &[Value]) -> FunctionResult),
    /// Its result is unknown, for this reason.
    Unknown(&'static str),
}

pub(super) type FunctionResult = Result<Value, FunctionError>;

/// Why a function has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FunctionError {
    /// Terraform refuses the call: a sentence without a full stop.
    #[error("{0}")]
    Wrong(String),
    /// The result is unknown, for this reason.
    #[error("{0}")]
    Unknown(Reason),
}

impl FunctionError {
    /// For bodies that get fewer arguments than their row promises them; the caller sees to it that this never happens.
    pub(super) fn arity() -> Self {
        Self::from("an argument is missing")
    }

    /// Beyond the budget.
    pub(super) fn too_large() -> Self {
        Self::Unknown(TOO_LARGE.into())
    }
}

impl From<String> for FunctionError {
    fn from(message: String) -> Self {
        Self::Wrong(message)
    }
}

impl From<&str> for FunctionError {
    fn from(message: &str) -> Self {
        Self::Wrong(message.to_owned())
    }
}

impl From<crate::eval::EvalError> for FunctionError {
    fn from(error: crate::eval::EvalError) -> Self {
        Self::Wrong(error.message)
    }
}

impl From<crate::eval::NumError> for FunctionError {
    fn from(error: crate::eval::NumError) -> Self {
        match error {
            crate::eval::NumError::TooLarge => Self::too_large(),
            error => Self::Wrong(error.to_string()),
        }
    }
}

/// What a body may ask in addition to its arguments.
pub(super) struct BodyContext<'a> {
    pub host: &'a FunctionHost<'a>,
    /// The type that [`Returns`] settled.
    pub returns: Type,
}

impl BodyContext<'_> {
    /// Pays for `amount` elements or bytes of a result.
    pub(super) fn pay(&self, amount: usize) -> Result<(), FunctionError> {
        // One value that is too large alone does not use up what others may need.
        if amount <= MAX_RESULT_SIZE && (self.host.spend)(amount as u64) { Ok(()) } else { Err(FunctionError::too_large()) }
    }

    /// Pays for looking at `elements`, where that is more than the arguments are large.
    pub(super) fn work(&self, elements: u64) -> Result<(), FunctionError> {
        if (self.host.work)(elements) { Ok(()) } else { Err(FunctionError::too_large()) }
    }

    /// Pays for a result whose size no one could tell before it was made. One that is too large was made up to there, and has its price:
    /// otherwise a loop could make it again and again.
    pub(super) fn pay_for_made(&self, amount: usize) -> Result<(), FunctionError> {
        self.pay(amount.min(MAX_RESULT_SIZE))?;
        if amount <= MAX_RESULT_SIZE { Ok(()) } else { Err(FunctionError::too_large()) }
    }

    /// An unknown result, for the reason of the first unknown among the values.
    pub(super) fn unknown(&self, because: &[Value]) -> Value {
        unknown(self.returns.clone(), because)
    }

    /// The element type of the list, set or map that is returned.
    pub(super) fn element(&self) -> Type {
        self.returns.element().cloned().unwrap_or(Type::Any)
    }
}

/// An unknown value of a type, for the reason of the first unknown among the values.
pub(super) fn unknown(ty: Type, because: &[Value]) -> Value {
    match because.iter().find_map(Value::first_why) {
        Some(why) => Value::unknown(ty, why.clone()),
        None => Value::unknown(ty, "it depends on a value that is unknown"),
    }
}

impl BuiltIn {
    /// A function of fixed parameters whose result is never null.
    pub(super) const fn new(name: &'static str, params: &'static [Param], returns: Returns, body: FunctionBody) -> Self {
        Self { name, params, rest: None, returns, nullable: false, availability: Availability::Everywhere, body }
    }

    /// Further arguments may follow.
    pub(super) const fn rest(self, param: Param) -> Self {
        Self { rest: Some(param), ..self }
    }

    /// The result can be null.
    pub(super) const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// Only OpenTofu has it.
    pub(super) const fn opentofu(self) -> Self {
        Self { availability: Availability::OpenTofu, ..self }
    }
}

impl Param {
    pub(super) const fn new(name: &'static str, want: Want) -> Self {
        Self { name, want, null: false, unknown: false, marked: false, untyped: false }
    }

    /// Null is allowed.
    pub(super) const fn null(self) -> Self {
        Self { null: true, ..self }
    }

    /// Unknown is allowed.
    pub(super) const fn unknown(self) -> Self {
        Self { unknown: true, ..self }
    }

    /// Marks are the body's.
    pub(super) const fn marked(self) -> Self {
        Self { marked: true, ..self }
    }

    /// Values of an unknown type are allowed.
    pub(super) const fn untyped(self) -> Self {
        Self { untyped: true, ..self }
    }
}

pub(super) const fn any(name: &'static str) -> Param {
    Param::new(name, Want::Any)
}

pub(super) const fn string(name: &'static str) -> Param {
    Param::new(name, Want::String)
}

pub(super) const fn number(name: &'static str) -> Param {
    Param::new(name, Want::Number)
}

pub(super) const STRING: Returns = Returns::Always(Want::String);
pub(super) const NUMBER: Returns = Returns::Always(Want::Number);
pub(super) const BOOL: Returns = Returns::Always(Want::Bool);

impl Want {
    /// The type itself.
    pub(super) fn ty(self) -> Type {
        match self {
            Self::Any => Type::Any,
            Self::Bool => Type::Bool,
            Self::Number => Type::Number,
            Self::String => Type::String,
            Self::Bools => Type::list(Type::Bool),
            Self::Numbers => Type::list(Type::Number),
            Self::Strings => Type::list(Type::String),
            Self::List => Type::list(Type::Any),
            Self::Set => Type::set(Type::Any),
            Self::Map => Type::map(Type::Any),
            Self::StringSet => Type::set(Type::String),
            Self::StringLists => Type::map(Type::list(Type::String)),
        }
    }
}

/// The text of an argument that the row promised to be a known string.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The elements of an argument that is a known list, set or tuple.
pub(super) fn elements(value: &Value) -> &[Value] {
    value.as_sequence().unwrap_or_default()
}

/// A whole number of 64 bits, as Go's `int`.
pub(super) fn whole(value: &Value) -> Result<i64, FunctionError> {
    value
        .as_number()
        .and_then(crate::eval::Num::to_i64)
        .ok_or_else(|| FunctionError::from("value must be a whole number, between -9223372036854775808 and 9223372036854775807"))
}
