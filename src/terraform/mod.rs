//! Terraform and OpenTofu configuration → `Inventory`: roots, inputs, module tree, instances, keys.
//!
//! Start with `request` (the input) and `session` (the steps of a run). The rest is layered; each layer imports only those above it in
//! this list:
//!
//! * `blocks`: what Terraform decides about a block before evaluation; `schema`: the arguments and attributes of resource types.
//! * `discovery`: directories and files; `modules`: one parsed directory; `inputs`: the values of a run.
//! * `world`: a root being evaluated; `facts`: facts read from it, with their trails; `scope`: name resolution in it.
//! * `keys`: an instance of `oci_kms_key` → `KeyFacts`; `roots`: which directories are roots, and how often each is evaluated.
//!
//! `read` performs one run; `answer` implements `kmslint eval`, `inspect` the tooltips of editors.

mod answer;
mod blocks;
mod discovery;
mod facts;
mod inputs;
mod inspect;
mod keys;
mod modules;
mod read;
mod request;
mod roots;
mod schema;
mod scope;
mod session;
mod stack;
mod world;

pub use answer::evaluate;
pub(crate) use answer::input_problems;
pub(crate) use discovery::directory::has_configuration;
pub(crate) use inspect::{Inspected, InspectedValue, Inspection};
pub(crate) use request::EnvInput;
pub use request::streams::Streams;
pub use request::{EvalAnswer, FileDialect, InputSource, ScanRequest};
pub(crate) use schema::{SchemaArgument, arguments};
pub use session::{Session, read};
pub use stack::deep;
