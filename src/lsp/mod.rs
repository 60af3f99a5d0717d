//! `kmslint lsp`: the language server, and the only room that names its protocol.
//!
//! Read `server` (three threads: reader, worker, writer) and `worker` (what each message does) first. `project` is one workspace directory,
//! read once and updated when files change, and `part` is the unit that is checked again after a change; `diagnostics`, `actions`, `hover`,
//! `inlay` and `completion` answer from them. All text from configurations that goes into a tooltip goes through `markdown`.
//!
//! It never writes a file: edits are sent to the editor, which owns the texts.

mod actions;
mod answers;
mod capabilities;
mod channel;
mod completion;
mod diagnostics;
mod documents;
mod hover;
mod inlay;
mod markdown;
mod part;
mod position;
mod project;
mod server;
mod settings;
mod uri;
mod wire;
mod worker;

pub use channel::Process;
pub use project::MakeRequest;
pub use server::serve;
