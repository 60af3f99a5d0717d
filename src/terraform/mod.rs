//! Terraform and OpenTofu configuration → `Inventory`: roots, inputs, module tree, instances, keys.
//!
//! Read `request` and `session` first: what is asked, and the order in which it is answered. The rest is in layers, each of which imports
//! only those above it in this list:
//!
//! * `blocks`: what is decided about a block before anything is evaluated; `schema`: what resource types have.
//! * `discovery`: directories and files; `modules`: one directory, parsed; `inputs`: the values of a run.
//! * `world`: a root that is being evaluated; `facts`: what is read from it, with its trail; `scope`: what names mean in it.
//! * `keys`: an instance of `oci_kms_key` → `KeyFacts`; `roots`: which directories are roots, and how often each is evaluated.
//!
//! `read` puts a run together; `answer` is `kmslint eval`, `inspect` an editor's tooltip.

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
pub(crate) use discovery::directory::holds_configuration;
pub(crate) use inspect::{Inspected, InspectedValue, Inspection};
pub(crate) use request::EnvInput;
pub use request::streams::Streams;
pub use request::{EvalAnswer, FileDialect, InputSource, ScanRequest};
pub(crate) use schema::{SchemaArgument, arguments};
pub use session::{Session, read};
pub use stack::deep;
