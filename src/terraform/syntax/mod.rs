//! Configuration files → one small spanned tree, the same for native syntax and JSON.

mod tree;

pub use tree::{
    Attribute, BinaryOp, Block, Body, CommentText, Directive, Expr, ExprKind, File, ForExpr, Name, ObjectItem, Part, SyntaxError, Template,
    TraversalStep, UnaryOp,
};
