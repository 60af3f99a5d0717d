//! The syntax tree. Every node has its exact span; the tree is independent of the syntax of the file.

use crate::base::{SourceId, Span};
use std::sync::Arc;

/// A parsed file. With an error, it is incomplete.
#[derive(Clone, Debug)]
pub struct File {
    /// The text.
    pub source: SourceId,
    /// The attributes and blocks that could be read.
    pub body: Body,
    /// Comments addressed to kmslint.
    pub comments: Vec<CommentText>,
    /// The first syntax error.
    pub error: Option<SyntaxError>,
}

/// A syntax error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong, as a sentence without a final period.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// A comment that contains `kmslint:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentText {
    /// The text after `kmslint:`, trimmed, without comment marks.
    pub text: String,
    /// The complete comment.
    pub span: Span,
}

/// The contents of a file or block.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Attributes, in source order.
    pub attributes: Vec<Attribute>,
    /// Blocks, in source order.
    pub blocks: Vec<Block>,
}

impl Body {
    /// The attribute with this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name.text == name)
    }

    /// Frees unused capacity: a growing list reserves four places, and most blocks have one argument.
    pub(super) fn shrink(&mut self) {
        self.attributes.shrink_to_fit();
        self.blocks.shrink_to_fit();
    }

    /// The blocks of this type.
    pub fn blocks_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |block| &*block.kind.text == kind)
    }
}

/// A name with its span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name, unquoted and unescaped.
    pub text: Arc<str>,
    /// The span, including quotes.
    pub span: Span,
}

/// `name = value`.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Expr,
    /// From the name to the end of the value.
    pub span: Span,
}

/// `kind "label" { … }`.
#[derive(Clone, Debug)]
pub struct Block {
    /// The type.
    pub kind: Name,
    /// The labels.
    pub labels: Vec<Name>,
    /// The contents.
    pub body: Body,
    /// Type and labels: reports point here if something is missing inside.
    pub header: Span,
    /// The complete block, including the closing brace.
    pub span: Span,
    /// Whether a block of an override file was merged into it.
    pub is_overridden: bool,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// The kind of expression.
    pub kind: ExprKind,
    /// The complete expression. Parentheses are part of the span of [`ExprKind::Parens`].
    pub span: Span,
}

impl Expr {
    /// The expression without the parentheses around it.
    #[must_use]
    pub fn without_parens(&self) -> &Self {
        let mut bare = self;
        while let ExprKind::Parens(inner) = &bare.kind {
            bare = inner;
        }
        bare
    }
}

/// The kinds of expression of HCL's native syntax. JSON configuration uses a subset.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as text, so that no digit is lost.
    Number(Arc<str>),
    /// A string without interpolation, unescaped.
    String(Arc<str>),
    /// A quoted template, heredoc or JSON string with interpolation or directives.
    Template(Template),
    /// `[a, b]`.
    Tuple(Vec<Expr>),
    /// `{ a = 1 }`.
    Object(Vec<ObjectItem>),
    /// The root name of a traversal: `var`, `local`, `oci_kms_vault`, a `for` variable.
    Variable(Arc<str>),
    /// `(a)`.
    Parens(Box<Expr>),
    /// `-a`, `!a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a ? b : c`.
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `[for …]`, `{for …}`.
    For(Box<ForExpr>),
    /// `f(a, b...)`.
    Call {
        /// The name, including namespaces (`provider::oci::f`).
        name: Name,
        /// The arguments.
        arguments: Vec<Expr>,
        /// Whether the last argument is expanded (`...`).
        expand: bool,
    },
    /// `base` followed by steps: `.a`, `["k"]`, `.0`, `[*]`, `.*`.
    Traversal(Box<Expr>, Vec<TraversalStep>),
    /// An expression with an error; evaluating it fails with this message.
    Invalid(Arc<str>),
}

/// One step of a traversal.
#[derive(Clone, Debug)]
pub enum TraversalStep {
    /// `.name`.
    Attr(Name),
    /// `[expr]`.
    Index(Expr, Span),
    /// `.0`.
    LegacyIndex(u64, Span),
    /// `[*]`; applies all following steps to each element.
    FullSplat(Span),
    /// `.*`; applies the following attribute steps to each element.
    AttrSplat(Span),
}

impl TraversalStep {
    /// The span of the step.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Attr(name) => name.span,
            Self::Index(_, span) | Self::LegacyIndex(_, span) | Self::FullSplat(span) | Self::AttrSplat(span) => *span,
        }
    }
}

/// One entry of an object constructor.
#[derive(Clone, Debug)]
pub struct ObjectItem {
    /// The key. A bare identifier is an [`ExprKind::String`]; a parenthesized one is an [`ExprKind::Parens`].
    pub key: Expr,
    /// The value.
    pub value: Expr,
}

/// `for k, v in collection : key => value if condition`.
#[derive(Clone, Debug)]
pub struct ForExpr {
    /// The first of two variables.
    pub key_var: Option<Name>,
    /// The only or second variable.
    pub value_var: Name,
    /// The collection.
    pub collection: Expr,
    /// The key expression; set for `{for …}`.
    pub key: Option<Expr>,
    /// The value expression.
    pub value: Expr,
    /// Whether values are grouped (`...`).
    pub group: bool,
    /// The `if` condition.
    pub condition: Option<Expr>,
}

/// A template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its parts. Trim markers and heredoc indentation have been applied to the literals.
    pub parts: Vec<Part>,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub enum Part {
    /// Literal text, unescaped.
    Literal(Arc<str>),
    /// `${ … }`.
    Interpolation(Expr),
    /// `%{ … }`.
    Directive(Box<TemplateDirective>),
}

/// A template directive.
#[derive(Clone, Debug)]
pub enum TemplateDirective {
    /// `%{ if c }…%{ else }…%{ endif }`.
    If {
        /// The condition.
        condition: Expr,
        /// The output if it is true.
        then: Template,
        /// The output if it is false.
        otherwise: Template,
        /// The complete directive.
        span: Span,
    },
    /// `%{ for k, v in c }…%{ endfor }`.
    For {
        /// The first of two variables.
        key_var: Option<Name>,
        /// The only or second variable.
        value_var: Name,
        /// The collection.
        collection: Expr,
        /// The output for each element.
        body: Template,
        /// The complete directive.
        span: Span,
    },
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}
