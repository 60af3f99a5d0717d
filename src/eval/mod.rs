//! Terraform's expression language: values with unknowns, types, operators, functions. What it says equals what Terraform says, or is unknown with the reason.
//!
//! Read `value` and `types` first, then `evaluate`, which leads to one file for each kind of expression, and `scope`, which is all that the
//! evaluator knows of the world around an expression. `convert`, `unify` and `refine` are cty's rules; `budget` is what it may cost.

mod budget;
mod call;
mod conditional;
mod constraint;
mod context;
mod convert;
mod digits;
mod drivers;
mod equality;
mod evaluate;
pub mod functions;
mod iteration;
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

pub use budget::{Account, Budget, Deeper, Limits, Price, TOO_LARGE};
pub use constraint::{Defaults, TypeConstraint, parse_constraint};
pub use context::Context;
pub use convert::{convert, convertible};
pub use drivers::Drivers;
use equality::Distinct;
pub use equality::equals;
pub use evaluate::{eval_constant, eval_text, evaluate};
pub use functions::Dialect;
pub use num::{Num, NumError};
pub use references::{Reference, references};
pub use scope::{FileAccess, FileError, FileList, RefStep, Scope, WithheldPath};
pub use types::{ObjectAttr, Type};
pub use unify::unify;
pub use value::{Data, EvalError, EvalErrorKind, Marks, Possible, Refinement, ResourceRef, UnknownValue, Value};
