//! Terraform and OpenTofu configuration → `Inventory`: roots, inputs, module tree, instances, keys.
//!
//! Read `request` and `read` first: what is asked, and the order in which it is answered. Then, in the order of a run: directories
//! (`discover`, `graph`, `early`, `roots`), one module (`folder`, `module`, `refusals`), inputs (`runs`, `inputs`), evaluation (`world`,
//! `scope`, `expand`, `resource`), and keys (`walk`, `key`, `facts`, `relations`, `schedule`).

mod address;
mod answer;
mod arguments;
mod calls;
mod comments;
mod conditions;
mod constants;
mod cycles;
mod defaults;
mod discover;
mod disguised;
mod dynamic;
mod early;
mod escape;
mod expand;
mod facts;
mod files;
mod folder;
mod foreign;
mod graph;
mod hints;
mod imports;
mod inputs;
mod inspect;
mod instance;
mod key;
mod loader;
mod lock;
mod merge;
mod module;
mod nearby;
mod provider;
mod providers;
mod read;
mod recorded;
mod refusals;
mod relations;
mod request;
mod resource;
mod roots;
mod runs;
mod schedule;
mod schema;
mod scope;
mod secrets;
mod session;
mod shares;
mod streams;
mod subject;
mod survey;
mod switched_off;
mod symbolic;
mod trails;
mod unread;
mod walk;
mod workspace;
mod world;

pub use answer::evaluate;
pub(crate) use answer::input_problems;
pub(crate) use discover::holds_configuration;
pub(crate) use inspect::{Inspected, InspectedValue, Inspection};
pub use read::{deep, read};
pub(crate) use request::EnvInput;
pub use request::{EvalAnswer, FileDialect, InputSource, ScanRequest};
pub(crate) use schema::{SchemaArgument, arguments};
pub use session::Session;
pub use streams::Streams;
