//! Configuration files → one small syntax tree with spans, the same for native syntax and JSON.
//!
//! Read `tree` first. Native syntax: `scan` (tokens) → `structure` (attributes and blocks, with error recovery) → `expression` and
//! `operators` → `plain` (common operands) or `native` (all others, with `hcl-edit`). JSON: `json_text` → `json`.

mod children;
mod comments;
mod encoding;
mod expression;
mod headers;
pub mod json;
mod json_text;
pub mod native;
mod operators;
mod origin;
pub(crate) mod outline;
mod plain;
mod scan;
mod structure;
mod template;
#[cfg(test)]
mod tests;
mod tree;
mod values;

pub use encoding::{decode, encoded_offsets};
pub use headers::headers;
pub(crate) use headers::{has_computed_source, has_template_marks};
pub(crate) use native::is_identifier;
pub(crate) use origin::Origin;
pub(crate) use tree::{
    Attribute, BinaryOp, CommentText, Expr, ExprKind, ForExpr, ObjectItem, Part, SyntaxError, Template, TemplateDirective, TraversalStep,
    UnaryOp,
};
pub use tree::{Block, Body, File, Name};
