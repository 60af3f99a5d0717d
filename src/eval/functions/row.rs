//! A row of a function table: parameters, result type and body, for the single caller in `call`.

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
    /// The parameter of further arguments, if any number of them may follow.
    pub rest: Option<Param>,
    pub returns: Returns,
    /// Whether the result can be null. Terraform refines the unknown results of all other functions to not be null.
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

/// A parameter. Unless allowed here, the caller rejects null, returns unknown for unknown arguments, and moves marks from the arguments to
/// the result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Param {
    pub name: &'static str,
    pub spec: TypeSpec,
    pub allow_null: bool,
    pub allow_unknown: bool,
    /// The body handles the marks of this argument itself.
    pub allow_marked: bool,
    /// The body also accepts values of unknown type.
    pub allow_untyped: bool,
}

/// The types that parameters and results can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeSpec {
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

/// The type that a function returns.
#[derive(Debug)]
pub(super) enum Returns {
    /// Always the same type.
    Always(TypeSpec),
    /// A type computed from the arguments, known or not; an error here is an error even if arguments are unknown.
    Computed(fn(&[Value]) -> Result<Type, FunctionError>),
}

/// The implementation of a function. Arguments have the types that the row requires, and are known and not null unless it allows otherwise.
#[derive(Debug)]
pub(super) enum FunctionBody {
    /// Maps a text to a text.
    Text(fn(&str) -> String),
    /// Computes a value from values.
    Values(fn(&BodyContext<'_>, &[Value]) -> FunctionResult),
    /// The result is unknown, for this reason.
    Unknown(&'static str),
}

pub(super) type FunctionResult = Result<Value, FunctionError>;

/// Why a function has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FunctionError {
    /// Terraform rejects the call: a sentence without a period.
    #[error("{0}")]
    Invalid(String),
    /// The result is unknown, for this reason.
    #[error("{0}")]
    Unknown(Reason),
}

impl FunctionError {
    /// For bodies that get fewer arguments than their row requires; the caller guarantees that this never happens.
    pub(super) fn arity() -> Self {
        Self::from("an argument is missing")
    }

    /// The result exceeds the budget.
    pub(super) fn too_large() -> Self {
        Self::Unknown(TOO_LARGE.into())
    }
}

impl From<String> for FunctionError {
    fn from(message: String) -> Self {
        Self::Invalid(message)
    }
}

impl From<&str> for FunctionError {
    fn from(message: &str) -> Self {
        Self::Invalid(message.to_owned())
    }
}

impl From<crate::eval::EvalError> for FunctionError {
    fn from(error: crate::eval::EvalError) -> Self {
        Self::Invalid(error.message)
    }
}

impl From<crate::eval::NumError> for FunctionError {
    fn from(error: crate::eval::NumError) -> Self {
        match error {
            crate::eval::NumError::TooLarge => Self::too_large(),
            error => Self::Invalid(error.to_string()),
        }
    }
}

/// What a body can use in addition to its arguments.
pub(super) struct BodyContext<'a> {
    pub host: &'a FunctionHost<'a>,
    /// The type determined by [`Returns`].
    pub returns: Type,
}

impl BodyContext<'_> {
    /// Pays for `amount` elements or bytes of a result.
    pub(super) fn pay(&self, amount: usize) -> Result<(), FunctionError> {
        // A single value that is too large must not use up the budget of others.
        if amount <= MAX_RESULT_SIZE && (self.host.spend)(amount as u64) { Ok(()) } else { Err(FunctionError::too_large()) }
    }

    /// Pays for looking at `elements`, if that is more than the size of the arguments.
    pub(super) fn work(&self, elements: u64) -> Result<(), FunctionError> {
        if (self.host.work)(elements) { Ok(()) } else { Err(FunctionError::too_large()) }
    }

    /// Pays for a result whose size is known only after it is made. A result that is too large costs the maximum, because it was made up to
    /// that size: otherwise a loop could make it again and again.
    pub(super) fn pay_for_result(&self, amount: usize) -> Result<(), FunctionError> {
        self.pay(amount.min(MAX_RESULT_SIZE))?;
        if amount <= MAX_RESULT_SIZE { Ok(()) } else { Err(FunctionError::too_large()) }
    }

    /// An unknown result, for the reason of the first unknown value among the inputs.
    pub(super) fn unknown(&self, inputs: &[Value]) -> Value {
        unknown(self.returns.clone(), inputs)
    }

    /// The element type of the returned list, set or map.
    pub(super) fn element(&self) -> Type {
        self.returns.element().cloned().unwrap_or(Type::Any)
    }
}

/// An unknown value of a type, for the reason of the first unknown value among the inputs.
pub(super) fn unknown(ty: Type, inputs: &[Value]) -> Value {
    match inputs.iter().find_map(Value::first_why) {
        Some(why) => Value::unknown(ty, why.clone()),
        None => Value::unknown(ty, "it depends on a value that is unknown"),
    }
}

impl BuiltIn {
    /// A function with fixed parameters whose result is never null.
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

    /// Only OpenTofu has the function.
    pub(super) const fn opentofu(self) -> Self {
        Self { availability: Availability::OpenTofu, ..self }
    }
}

impl Param {
    pub(super) const fn new(name: &'static str, spec: TypeSpec) -> Self {
        Self { name, spec, allow_null: false, allow_unknown: false, allow_marked: false, allow_untyped: false }
    }

    /// Null is allowed.
    pub(super) const fn null(self) -> Self {
        Self { allow_null: true, ..self }
    }

    /// Unknown is allowed.
    pub(super) const fn unknown(self) -> Self {
        Self { allow_unknown: true, ..self }
    }

    /// The body handles marks.
    pub(super) const fn marked(self) -> Self {
        Self { allow_marked: true, ..self }
    }

    /// Values of an unknown type are allowed.
    pub(super) const fn untyped(self) -> Self {
        Self { allow_untyped: true, ..self }
    }
}

pub(super) const fn any(name: &'static str) -> Param {
    Param::new(name, TypeSpec::Any)
}

pub(super) const fn string(name: &'static str) -> Param {
    Param::new(name, TypeSpec::String)
}

pub(super) const fn number(name: &'static str) -> Param {
    Param::new(name, TypeSpec::Number)
}

pub(super) const STRING: Returns = Returns::Always(TypeSpec::String);
pub(super) const NUMBER: Returns = Returns::Always(TypeSpec::Number);
pub(super) const BOOL: Returns = Returns::Always(TypeSpec::Bool);

impl TypeSpec {
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

/// The text of an argument that the row requires to be a known string.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The elements of an argument that is a known list, set or tuple.
pub(super) fn elements(value: &Value) -> &[Value] {
    value.as_sequence().unwrap_or_default()
}

/// An integer of 64 bits, as Go's `int`.
pub(super) fn integer(value: &Value) -> Result<i64, FunctionError> {
    value
        .as_number()
        .and_then(crate::eval::Num::to_i64)
        .ok_or_else(|| FunctionError::from("value must be a whole number, between -9223372036854775808 and 9223372036854775807"))
}
