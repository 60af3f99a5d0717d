//! What every room speaks in: source texts and places, resource addresses, facts with their trails, problems, and the one file that reads the disk.
//!
//! Read `source` (texts and spans), `place` (places and trails) and `fact` (what is known of an attribute) first; `problem` is what could
//! not be looked at. `secrecy` decides what may be shown, `disk` and `walk` are the only doors to the file system.

pub mod address;
mod amount;
mod brief;
pub mod directories;
pub mod disk;
pub mod fact;
pub mod file_name;
mod hidden_keys;
pub mod json;
pub mod near;
pub mod overlay;
pub mod place;
pub mod problem;
pub mod reason;
pub mod repository;
pub mod secrecy;
pub mod source;
pub mod trail;
pub mod walk;

pub use address::{Address, InstanceKey, ModuleStep};
pub use amount::{count, duration};
pub use brief::brief;
pub use directories::Directories;
pub use fact::{Bounds, Case, Claim, DefaultSite, Fact, Unknown};
pub use file_name::{FileKind, FileName};
pub use hidden_keys::HiddenKeys;
pub use near::{MOST_WORDS, closest, nearest};
pub use overlay::Overlay;
pub use place::{CloudPlace, JsonPlace, Place};
pub use problem::{Problem, ProblemKind};
pub use reason::{Cause, Reason};
pub use repository::{Provenance, Repository};
pub use source::{Position, Source, SourceId, Sources, Span};
pub use trail::{Because, Call, Calls, Choice, Step, StepKind, Trail, TrailLink};
pub use walk::{Listing, walk};
