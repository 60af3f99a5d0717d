//! Template pieces → templates: applies trim markers and heredoc indentation, and nests directives. The order of the steps is that of
//! HashiCorp's `hclsyntax/parser_template.go`.

use super::origin::Origin;
use super::tree::{Expr, ExprKind, Name, Part, SyntaxError, Template, TemplateDirective};
use super::values::normalized;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// How deep directives may nest.
const MAX_DIRECTIVES: usize = 64;

/// A piece of a template, in source order.
pub(super) struct Piece {
    pub(super) kind: PieceKind,
    /// The range in the text.
    pub(super) range: Range<usize>,
    /// Whether it trims the end of the literal before it (`${~`).
    pub(super) trim_before: bool,
    /// Whether it trims the start of the literal after it (`~}`).
    pub(super) trim_after: bool,
}

pub(super) enum PieceKind {
    /// Unescaped text of one token.
    Literal(String),
    Interpolation(Expr),
    If(Expr),
    Else,
    EndIf,
    For {
        key_var: Option<Name>,
        value_var: Name,
        collection: Expr,
    },
    EndFor,
}

/// The syntax of a template.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In quotes, with backslash escapes.
    Quoted,
    /// A heredoc or a separate template, without backslash escapes.
    Plain,
    /// `<<-`: the smallest indentation of its lines is removed from all lines.
    Flush,
}

/// Assembles a template from its pieces. Without sequences it is a string.
pub(super) fn assemble(mut pieces: Vec<Piece>, form: Form, origin: &Origin, range: Range<usize>) -> Result<Expr, SyntaxError> {
    trim(&mut pieces);
    if form == Form::Flush {
        remove_indentation(&mut pieces);
    }
    let span = origin.span(range);
    let mut parts = nest(merge_literals(pieces), origin)?;
    let kind = match parts.as_slice() {
        [] => ExprKind::String("".into()),
        [Part::Literal(_)] => match parts.pop() {
            Some(Part::Literal(text)) => ExprKind::String(text),
            _ => ExprKind::String("".into()),
        },
        _ => ExprKind::Template(Template { parts }),
    };
    Ok(Expr { kind, span })
}

/// Applies trim markers (`~`). They affect only one token, so they do not trim beyond the end of a line.
fn trim(pieces: &mut [Piece]) {
    for at in 0..pieces.len() {
        let Some((before, [piece, after @ ..])) = pieces.split_at_mut_checked(at) else { return };
        if piece.trim_before
            && let Some(Piece { kind: PieceKind::Literal(text), .. }) = before.last_mut()
        {
            text.truncate(text.trim_end().len());
        }
        if piece.trim_after
            && let Some(Piece { kind: PieceKind::Literal(text), .. }) = after.first_mut()
        {
            *text = text.trim_start().to_owned();
        }
    }
}

/// Removes the smallest indentation from all lines that begin with text. Blank lines neither count nor change.
fn remove_indentation(pieces: &mut [Piece]) {
    let mut smallest = usize::MAX;
    let mut line_start = true;
    let mut lines = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        if line_start {
            line_start = false;
            if let PieceKind::Literal(text) = &piece.kind {
                let after = text.trim_start();
                if !(after.is_empty() && text.ends_with('\n')) {
                    let indent = text.get(..text.len() - after.len()).unwrap_or_default();
                    smallest = smallest.min(indent.graphemes(true).count());
                    lines.push(at);
                }
            } else {
                // A line that begins with a sequence has no indentation, so nothing is removed from the others.
                smallest = 0;
            }
        }
        if let PieceKind::Literal(text) = &piece.kind {
            line_start |= text.ends_with('\n');
        }
    }
    for at in lines {
        if let Some(Piece { kind: PieceKind::Literal(text), .. }) = pieces.get_mut(at) {
            *text = text.graphemes(true).skip(smallest).collect();
        }
    }
}

/// Merges adjacent literals. An empty literal stays, so that `"${x ~} "` does not become a single interpolation.
fn merge_literals(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        if let PieceKind::Literal(text) = &piece.kind
            && let Some(Piece { kind: PieceKind::Literal(before), range, .. }) = merged.last_mut()
        {
            before.push_str(text);
            range.end = piece.range.end;
        } else {
            merged.push(piece);
        }
    }
    merged
}

/// A directive whose end has not been reached.
enum OpenDirective {
    If { condition: Expr, then: Option<Vec<Part>>, start: usize },
    For { key_var: Option<Name>, value_var: Name, collection: Expr, start: usize },
}

/// Nests the parts between the beginnings and ends of directives.
fn nest(pieces: Vec<Piece>, origin: &Origin) -> Result<Vec<Part>, SyntaxError> {
    let mut open: Vec<(OpenDirective, Vec<Part>)> = Vec::new();
    let mut parts = Vec::new();
    let unbalanced = |range: Range<usize>, message: &str| SyntaxError { message: message.to_owned(), span: origin.span(range) };
    for Piece { kind, range, .. } in pieces {
        match kind {
            PieceKind::Literal(text) => parts.push(Part::Literal(normalized(&text))),
            PieceKind::Interpolation(expr) => parts.push(Part::Interpolation(expr)),
            PieceKind::If(_) | PieceKind::For { .. } if open.len() >= MAX_DIRECTIVES => {
                return Err(unbalanced(range, "the directives of this template are nested too deeply"));
            }
            PieceKind::If(condition) => {
                open.push((OpenDirective::If { condition, then: None, start: range.start }, std::mem::take(&mut parts)));
            }
            PieceKind::For { key_var, value_var, collection } => {
                open.push((OpenDirective::For { key_var, value_var, collection, start: range.start }, std::mem::take(&mut parts)));
            }
            PieceKind::Else => match open.last_mut() {
                Some((OpenDirective::If { then: then @ None, .. }, _)) => *then = Some(std::mem::take(&mut parts)),
                _ => return Err(unbalanced(range, "`else` without `if`")),
            },
            PieceKind::EndIf => {
                let Some((OpenDirective::If { condition, then, start }, before)) = open.pop() else {
                    return Err(unbalanced(range, "`endif` without `if`"));
                };
                let last = std::mem::replace(&mut parts, before);
                let (then, otherwise) = match then {
                    Some(then) => (then, last),
                    None => (last, Vec::new()),
                };
                let span = origin.span(start..range.end);
                let directive =
                    TemplateDirective::If { condition, then: Template { parts: then }, otherwise: Template { parts: otherwise }, span };
                parts.push(Part::Directive(Box::new(directive)));
            }
            PieceKind::EndFor => {
                let Some((OpenDirective::For { key_var, value_var, collection, start }, before)) = open.pop() else {
                    return Err(unbalanced(range, "`endfor` without `for`"));
                };
                let body = Template { parts: std::mem::replace(&mut parts, before) };
                let span = origin.span(start..range.end);
                parts.push(Part::Directive(Box::new(TemplateDirective::For { key_var, value_var, collection, body, span })));
            }
        }
    }
    match open.pop() {
        None => Ok(parts),
        Some((OpenDirective::If { start, .. }, _)) => Err(unbalanced(start..start + 2, "this `if` directive has no `endif`")),
        Some((OpenDirective::For { start, .. }, _)) => Err(unbalanced(start..start + 2, "this `for` directive has no `endfor`")),
    }
}
