//! Native syntax (`.tf`, `.tofu`, `.tfvars`) → the tree, with `hcl-edit`'s expression parser. The only file that uses `hcl-edit`.

use super::comments;
use super::expression::{ExprWithHeight, Masked, Tokens};
use super::origin::Origin;
use super::scan::{ScanStart, scan};
use super::structure;
use super::template::Form;
use super::tree::{Body, Expr, ExprKind, File, ForExpr, Name, SyntaxError, TraversalStep};
use crate::base::{SourceId, Span as Place};
use hcl_edit::expr::{Expression, FuncCall, Traversal, TraversalOperator};
use hcl_edit::{Decorated, Ident, Span};
use std::ops::Range;

/// Parses a file. Blocks and arguments with a syntax error are kept if their end is known; the rest of the file is parsed.
#[must_use]
pub fn parse(source: SourceId, text: &str) -> File {
    let (body, error) = structure::file(source, text);
    File { source, body, comments: comments::find(source, text), error }
}

/// Whether a text is a valid name: a letter or `_`, then letters, digits, marks, `_` and `-`.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    Ident::try_new(text).is_ok()
}

/// Parses a text that is one expression, which may span lines as in parentheses.
///
/// # Errors
/// The text is not an expression.
pub fn parse_expression(source: SourceId, text: &str) -> Result<Expr, SyntaxError> {
    parse_expression_at(text, &Origin::At(source, 0))
}

/// As [`parse_expression`], for a text of any origin.
///
/// # Errors
/// The text is not an expression.
pub fn parse_expression_at(text: &str, origin: &Origin) -> Result<Expr, SyntaxError> {
    let tokens = Tokens::new(text, origin, scan(text, ScanStart::Code));
    tokens.expression(0..tokens.list.len(), 0).map(|parsed| parsed.expr)
}

/// Parses the text of a template: a string of JSON configuration, or the argument of `templatefile` and `templatestring`. A single
/// interpolation is an [`ExprKind::Template`] of that one part; text without sequences is an [`ExprKind::String`].
///
/// # Errors
/// The text is not a template.
pub fn parse_template(text: &str, origin: &Origin) -> Result<Expr, SyntaxError> {
    let tokens = Tokens::new(text, origin, scan(text, ScanStart::Template));
    tokens.template(0..tokens.list.len(), Form::Plain, 0..text.len(), 0).map(|parsed| parsed.expr)
}

/// Parses values of variables from a text that was computed during evaluation: everything in it has this span.
///
/// # Errors
/// The text does not parse.
pub fn parse_values(text: &str, span: Place) -> Result<Body, SyntaxError> {
    let (body, error) = structure::read(text, &|_| Origin::Within(span));
    error.map_or(Ok(body), Err)
}

/// Parses a masked expression.
pub(super) fn expression(masked: Masked, tokens: &Tokens<'_>) -> Result<ExprWithHeight, SyntaxError> {
    match hcl_edit::parser::parse_expr(&masked.text) {
        Ok(parsed) => {
            let mut reader = OperandReader { tokens, masked, height: 0 };
            let expr = reader.expr(parsed, 1)?;
            Ok(ExprWithHeight { expr, height: reader.height })
        }
        Err(error) => {
            let (message, range) = explain(&masked.text, error.location().offset());
            tokens.error(masked.range(range), message)
        }
    }
}

/// A message for an error of the parser, and its range.
fn explain(masked: &str, at: usize) -> (String, Range<usize>) {
    let at = masked.floor_char_boundary(at);
    let rest = masked.get(at..).unwrap_or_default();
    let here = rest.trim_start();
    let start = masked.len() - here.len();
    let is_word = |c: char| c == '_' || c == '-' || c.is_alphanumeric();
    let first = here.chars().next().unwrap_or(' ');
    let len = if is_word(first) { here.find(|c| !is_word(c)).unwrap_or(here.len()) } else { first.len_utf8().min(here.len()) };
    let word = here.get(..len).unwrap_or_default();
    let range = start..start + len;
    // The parser reports the same offset for the last character and for the end after it.
    let is_last = range.end >= masked.len();
    let message = match (at + 1 >= masked.len(), word) {
        (_, "=" | "&" | "|" | ":" | "." | ",") if is_last => format!("unexpected end of expression after `{word}`"),
        (true, "\"") => "incomplete expression, or unexpected string, template or object".to_owned(),
        (true, word) => format!("incomplete expression, or unexpected `{word}`"),
        (false, "\"") => "unexpected string, template or object; an operator or a comma is missing before it".to_owned(),
        (false, word) => format!("unexpected `{word}`"),
    };
    (message, range)
}

/// Converts the tree of `hcl-edit` to ours.
struct OperandReader<'a> {
    tokens: &'a Tokens<'a>,
    masked: Masked,
    height: usize,
}

impl OperandReader<'_> {
    fn range(&self, node: &impl Span) -> Range<usize> {
        self.masked.range(node.span().unwrap_or(0..0))
    }

    fn span(&self, node: &impl Span) -> Place {
        self.tokens.origin.span(self.range(node))
    }

    fn name(&self, ident: &Decorated<Ident>) -> Name {
        Name { text: ident.as_str().into(), span: self.span(ident) }
    }

    fn boxed(&mut self, expr: Expression, depth: usize) -> Result<Box<Expr>, SyntaxError> {
        self.expr(expr, depth + 1).map(Box::new)
    }

    fn all(&mut self, list: impl IntoIterator<Item = Expression>, depth: usize) -> Result<Vec<Expr>, SyntaxError> {
        list.into_iter().map(|expr| self.expr(expr, depth + 1)).collect()
    }

    fn expr(&mut self, expr: Expression, depth: usize) -> Result<Expr, SyntaxError> {
        self.height = self.height.max(depth);
        let range = self.range(&expr);
        let span = self.tokens.origin.span(range.clone());
        let kind = match expr {
            Expression::Null(_) => ExprKind::Null,
            Expression::Bool(value) => ExprKind::Bool(*value.value()),
            Expression::String(_) => {
                let Some(part) = self.masked.parts.get_mut(&range.start) else { return self.unexpected(range) };
                self.height = self.height.max(depth + part.height);
                // The entry stays, because `Masked::range` needs it for spans that end here.
                return Ok(std::mem::replace(&mut part.expr, Expr { kind: ExprKind::Null, span }));
            }
            Expression::Variable(name) => ExprKind::Variable(name.as_str().into()),
            Expression::Array(array) => ExprKind::Tuple(self.all(array, depth)?),
            Expression::Parenthesis(inner) => ExprKind::Parens(self.boxed(inner.into_inner(), depth)?),
            Expression::FuncCall(call) => self.call(*call, depth)?,
            Expression::Traversal(traversal) => self.traversal(*traversal, depth)?,
            Expression::ForExpr(for_expr) => {
                let intro = for_expr.intro;
                ExprKind::For(Box::new(ForExpr {
                    key_var: intro.key_var.as_ref().map(|name| self.name(name)),
                    value_var: self.name(&intro.value_var),
                    collection: self.expr(intro.collection_expr, depth + 1)?,
                    key: for_expr.key_expr.map(|key| self.expr(key, depth + 1)).transpose()?,
                    value: self.expr(for_expr.value_expr, depth + 1)?,
                    group: for_expr.grouping,
                    condition: for_expr.cond.map(|condition| self.expr(condition.expr, depth + 1)).transpose()?,
                }))
            }
            // All others are masked, or parsed by `expression` and `operators`.
            _ => return self.unexpected(range),
        };
        Ok(Expr { kind, span })
    }

    fn unexpected(&self, range: Range<usize>) -> Result<Expr, SyntaxError> {
        self.tokens.error(range, "expected an expression")
    }

    fn call(&mut self, call: FuncCall, depth: usize) -> Result<ExprKind, SyntaxError> {
        let last = self.name(&call.name.name);
        let namespace: Vec<Name> = call.name.namespace.iter().map(|part| self.name(part)).collect();
        let name = match namespace.first() {
            None => last,
            Some(first) => {
                let words: Vec<&str> = namespace.iter().chain([&last]).map(|part| &*part.text).collect();
                Name { text: words.join("::").into(), span: first.span.to(last.span) }
            }
        };
        let expand = call.args.expand_final();
        Ok(ExprKind::Call { name, arguments: self.all(call.args, depth)?, expand })
    }

    fn traversal(&mut self, traversal: Traversal, depth: usize) -> Result<ExprKind, SyntaxError> {
        let base = self.boxed(traversal.expr, depth)?;
        let mut steps = Vec::with_capacity(traversal.operators.len());
        let mut legacy_end = None;
        for operator in traversal.operators {
            let range = self.range(&operator);
            let span = self.tokens.origin.span(range.clone());
            let step = match operator.into_value() {
                TraversalOperator::GetAttr(name) => TraversalStep::Attr(self.name(&name)),
                TraversalOperator::Index(key) => TraversalStep::Index(self.expr(key, depth + 1)?, span),
                TraversalOperator::LegacyIndex(index) => {
                    // HashiCorp's scanner splits `.0.1` into a dot and the number 0.1, which its parser rejects; `hcl-edit` reads two
                    // indexes.
                    if legacy_end == Some(range.start) {
                        return self.tokens.error(range, "two indexes in a row must be written in brackets: `[0][1]`, not `.0.1`");
                    }
                    legacy_end = Some(range.end);
                    TraversalStep::LegacyIndex(*index.value(), span)
                }
                TraversalOperator::FullSplat(_) => TraversalStep::FullSplat(span),
                TraversalOperator::AttrSplat(_) => TraversalStep::AttrSplat(span),
            };
            steps.push(step);
        }
        Ok(ExprKind::Traversal(base, steps))
    }
}
