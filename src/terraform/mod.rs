//! Terraform and OpenTofu configuration → `Inventory`: roots, inputs, module tree, instances, keys.

mod answer;
mod calls;
mod comments;
mod discover;
mod dynamic;
pub mod eval;
mod expand;
mod facts;
mod files;
mod folder;
mod inputs;
mod instance;
mod key;
mod merge;
mod module;
mod names;
mod read;
mod recorded;
mod relations;
mod request;
mod roots;
mod schedule;
mod schema;
mod scope;
mod symbolic;
pub mod syntax;
mod trails;
mod walk;
mod world;

pub use answer::evaluate;
pub use read::read;
pub use recorded::Recorded;
pub use request::{Answer, Dialect, InputSource, Request};
