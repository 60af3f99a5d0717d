//! Configuration files → one small spanned tree, the same for native syntax and JSON.
//!
//! Read `tree` first. Native syntax goes `scan` (tokens) → `structure` (attributes and blocks, and the way on after an error) →
//! `expression` and `operators` → `plain` (common operands) or `native` (the others, by `hcl-edit`); JSON goes `json_text` → `json`.

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
pub mod outline;
mod plain;
mod scan;
mod structure;
mod template;
#[cfg(test)]
mod tests;
mod tree;
mod values;

pub use encoding::decode;
pub use headers::{has_odd_source, has_template_marks, headers};
pub use native::is_identifier;
pub use origin::{OffsetMap, Origin};
pub use tree::{
    Attribute, BinaryOp, Block, Body, CommentText, Directive, Expr, ExprKind, File, ForExpr, Name, ObjectItem, Part, SyntaxError, Template,
    TraversalStep, UnaryOp,
};
