//! The vocabulary of every room: source texts and places, resource addresses, facts with their trails, problems, and disk access.
//!
//! Read `source` (texts and spans), `place`, `trail` (where a value comes from) and `fact` (what is known about an attribute) first;
//! `problem` is something that could not be checked. `secrecy` decides what may be shown; only `disk` and `walk` access the file system.

pub mod address;
mod amount;
mod brief;
pub mod directories;
pub mod disk;
pub mod fact;
pub mod file_name;
mod hidden_keys;
pub mod json;
pub(crate) mod near;
pub(crate) mod overlay;
pub mod place;
pub mod problem;
pub mod reason;
pub mod repository;
pub(crate) mod secrecy;
pub mod source;
pub mod trail;
pub mod walk;

pub(crate) use address::{Address, InstanceKey, ModuleStep};
pub(crate) use amount::article;
pub use amount::{count, duration};
pub use brief::{brief, brief_of, sentence};
pub(crate) use directories::Directories;
pub(crate) use fact::DefaultSite;
pub use fact::{Bounds, Case, Claim, Fact, Unknown};
pub(crate) use file_name::{FileKind, FileName};
pub(crate) use hidden_keys::HiddenKeys;
pub use near::nearest;
pub(crate) use near::{MAX_WORDS, closest};
pub(crate) use overlay::Overlay;
pub use place::Place;
pub(crate) use problem::Problem;
pub use problem::ProblemKind;
pub(crate) use reason::{Cause, Reason};
pub(crate) use repository::Provenance;
pub use repository::Repository;
pub(crate) use source::Position;
pub use source::{Source, SourceId, Sources, Span};
pub use trail::{Calls, ModuleCall, Step};
pub(crate) use trail::{ChoiceReason, StepKind, Trail, TrailLink};
pub(crate) use walk::Listing;
pub use walk::{walk, walk_all};
