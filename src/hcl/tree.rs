//! The tree. Every node has its exact span; nothing in it knows which syntax it was written in.

use crate::base::{SourceId, Span};
use std::sync::Arc;

/// A file that was parsed, wholly or up to its first error.
#[derive(Clone, Debug)]
pub struct File {
    /// The text.
    pub source: SourceId,
    /// What it holds; what stands before the error where there is one.
    pub body: Body,
    /// Comments that speak to kmslint.
    pub comments: Vec<CommentText>,
    /// Why the rest could not be read.
    pub error: Option<SyntaxError>,
}

/// A syntax error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong, as a sentence without a full stop.
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

/// The inside of a file or block.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Attributes in the order they are written.
    pub attributes: Vec<Attribute>,
    /// Blocks in the order they are written.
    pub blocks: Vec<Block>,
}

impl Body {
    /// The attribute with this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name.text == name)
    }

    /// Gives back the memory that a growing list takes in advance: four places for the one argument that most blocks have.
    pub(super) fn shrink(&mut self) {
        self.attributes.shrink_to_fit();
        self.blocks.shrink_to_fit();
    }

    /// The blocks of this type.
    pub fn blocks_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |block| &*block.kind.text == kind)
    }
}

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name, unquoted and unescaped.
    pub text: Arc<str>,
    /// The place, quotes included.
    pub span: Span,
}

/// `name = value`.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Expr,
    /// Name to value.
    pub span: Span,
}

/// `kind "label" { … }`.
#[derive(Clone, Debug)]
pub struct Block {
    /// The type.
    pub kind: Name,
    /// The labels.
    pub labels: Vec<Name>,
    /// The inside.
    pub body: Body,
    /// Type and labels: what a caret goes under where something is missing inside.
    pub header: Span,
    /// The complete block, closing brace included.
    pub span: Span,
    /// Whether a block of an override file was merged into it.
    pub is_overridden: bool,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// The text it is written in. Parentheses are part of the span of [`ExprKind::Parens`].
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
    /// A number as it is written, so that no digit is lost.
    Number(Arc<str>),
    /// A string without interpolation, unescaped.
    String(Arc<str>),
    /// A quoted template, heredoc or JSON string with interpolation or directives.
    Template(Template),
    /// `[a, b]`.
    Tuple(Vec<Expr>),
    /// `{ a = 1 }`.
    Object(Vec<ObjectItem>),
    /// A name at the beginning of a traversal: `var`, `local`, `oci_kms_vault`, a `for` variable.
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
        /// The name; with namespaces (`provider::oci::f`) as written.
        name: Name,
        /// The arguments.
        arguments: Vec<Expr>,
        /// Whether the last argument is expanded (`...`).
        expand: bool,
    },
    /// `base` followed by steps: `.a`, `["k"]`, `.0`, `[*]`, `.*`.
    Traversal(Box<Expr>, Vec<TraversalStep>),
    /// Something the parser cannot express; evaluating it is an error with this sentence.
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
    /// `[*]`; applies all steps that follow to each element.
    FullSplat(Span),
    /// `.*`; applies the attribute steps that follow to each element.
    AttrSplat(Span),
}

impl TraversalStep {
    /// The text of the step.
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
    /// The key. A bare identifier is a [`ExprKind::String`]; a parenthesised one is [`ExprKind::Parens`].
    pub key: Expr,
    /// The value.
    pub value: Expr,
}

/// `for k, v in collection : key => value if condition`.
#[derive(Clone, Debug)]
pub struct ForExpr {
    /// First variable where two are written.
    pub key_var: Option<Name>,
    /// The only or second variable.
    pub value_var: Name,
    /// What is iterated.
    pub collection: Expr,
    /// Key expression: set for `{for …}`.
    pub key: Option<Expr>,
    /// Value expression.
    pub value: Expr,
    /// Whether values are grouped (`...`).
    pub group: bool,
    /// `if`.
    pub condition: Option<Expr>,
}

/// A template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its parts, with trims and heredoc indentation already applied to the literals.
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
        /// What is written when it is true.
        then: Template,
        /// What is written when it is false.
        otherwise: Template,
        /// The complete directive.
        span: Span,
    },
    /// `%{ for k, v in c }…%{ endfor }`.
    For {
        /// First variable where two are written.
        key_var: Option<Name>,
        /// The only or second variable.
        value_var: Name,
        /// What is iterated.
        collection: Expr,
        /// What is written for each element.
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
