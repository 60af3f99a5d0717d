//! `kmslint lsp`: the language server, and the only room that names its protocol.
//!
//! Read `server` (three threads: who reads, who works, who writes) and `worker` (what each message does) first. `project` is one workspace
//! directory, read once and renewed where files change, and `part` is what is checked again together; `diagnostics`, `actions`, `hover`, `inlay`,
//! `definition` and `completion` answer from them. `markdown` is the one door through which foreign text reaches a tooltip.
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
