//! Terraform's expression language: values with unknowns, types, operators, functions. A result equals Terraform's, or is unknown with the
//! reason.
//!
//! Read `value` and `types` first, then `evaluate`, which dispatches to one file for each kind of expression, and `scope`, the evaluator's
//! only view of anything outside of an expression. `convert`, `unify` and `refine` implement cty's rules; `budget` limits the cost.

mod budget;
mod call;
mod conditional;
mod constraint;
mod context;
mod convert;
mod digits;
mod drivers;
mod equality;
mod error;
mod evaluate;
pub mod functions;
mod iteration;
mod marks;
mod members;
mod num;
mod operators;
mod possible;
mod references;
mod refine;
mod scope;
mod template;
#[cfg(test)]
mod tests;
mod tfvars;
mod traversal;
mod types;
mod unify;
mod value;

pub(crate) use budget::{Account, Budget, Price};
pub use budget::{Limits, TOO_LARGE};
pub(crate) use constraint::{TypeConstraint, parse_constraint};
pub use context::EvalContext;
pub(crate) use convert::{convert, convertible};
pub(crate) use drivers::Drivers;
use equality::Distinct;
pub(crate) use equality::equals;
pub use error::EvalError;
pub(crate) use error::EvalErrorKind;
pub use evaluate::{eval_constant, eval_text, evaluate};
pub(crate) use marks::Marks;
pub(crate) use members::Members;
pub(crate) use num::{Num, NumError};
pub(crate) use references::Reference;
pub use references::references;
pub(crate) use scope::WithheldPath;
pub use scope::{Dialect, FileAccess, FileError, FileList, RefStep, Scope};
pub use types::{ObjectAttr, Type};
pub(crate) use unify::unify;
pub use value::{Data, Value};
pub(crate) use value::{Possible, Refinement, ResourceRef, UnknownValue};
