//! Terraform and OpenTofu configuration → `Inventory`: roots, inputs, module tree, instances, keys.
//!
//! Read `request` and `session` first: what is asked, and the order in which it is answered. Then, in the order of a run: directories
//! (`discover`, `graph`, `early`, `roots`), one module (`folder`, `module`, `refusals`), inputs (`runs`, `inputs`), evaluation (`world` with
//! its parts `memo`, `tree` and `resources`; `variables`, `values`, `expand`, `descend`, `resource`; `frame` and `scope`), and keys (`read`,
//! `walk`, `key`, `facts`, `relations`, `schedule`).

mod address;
mod answer;
mod arguments;
mod budget;
mod calls;
mod comments;
mod conditions;
mod constants;
mod cycles;
mod defaults;
mod descend;
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
mod frame;
mod graph;
mod hints;
mod imports;
mod inputs;
mod inspect;
mod instance;
mod key;
mod lifecycle;
mod loader;
mod lock;
mod memo;
mod merge;
mod module;
mod nearby;
mod problems;
mod provider;
mod providers;
mod read;
mod recorded;
mod refusals;
mod refused;
mod relations;
mod request;
mod resource;
mod resources;
mod root;
mod roots;
mod runs;
mod schedule;
mod schema;
mod scope;
mod secrets;
mod session;
mod shares;
mod stack;
mod streams;
mod subject;
mod survey;
mod switched_off;
mod symbolic;
mod time;
mod trails;
mod tree;
mod unread;
mod values;
mod variables;
mod walk;
mod workspace;
mod world;

pub use answer::evaluate;
pub(crate) use answer::input_problems;
pub(crate) use folder::holds_configuration;
pub(crate) use inspect::{Inspected, InspectedValue, Inspection};
pub(crate) use request::EnvInput;
pub use request::{EvalAnswer, FileDialect, InputSource, ScanRequest};
pub(crate) use schema::{SchemaArgument, arguments};
pub use session::{Session, read};
pub use stack::deep;
pub use streams::Streams;
