//! Terraform's expression language: values with unknowns, types, operators, functions. What it says equals what Terraform says, or is unknown with the reason.

pub mod functions;
mod num;
mod scope;
mod types;
mod value;

pub use num::Num;
pub use scope::{FileAccess, FileTrouble, RefStep, Scope};
pub use types::{ObjectAttr, Type};
pub use value::{Data, EvalError, Marks, Possible, Refinement, ResourceRef, TrailLink, UnknownValue, Value};
