//! Templates: literals unescaped, trims and heredoc indentation applied, directives nested. The order of the steps and their borders are
//! those of HashiCorp's `hclsyntax/parser_template.go`.

use super::origin::Origin;
use super::tree::{Expr, ExprKind, Name, Part, SyntaxError, Template, TemplateDirective};
use super::values::normalised;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// How deep directives may nest.
const MAX_DIRECTIVES: usize = 64;

/// A piece of a template in the order of the text.
pub(super) struct Piece {
    pub(super) kind: PieceKind,
    /// The range in the text.
    pub(super) range: Range<usize>,
    /// Whether it eats the spaces of the literal before it (`${~`).
    pub(super) trim_before: bool,
    /// Whether it eats the spaces of the literal after it (`~}`).
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

/// How the text of a template is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In quotes: backslash escapes.
    Quoted,
    /// A heredoc or a template of its own: no backslash escapes.
    Plain,
    /// `<<-`: the smallest indentation of its lines is taken from all lines.
    Flush,
}

/// Makes the template of its pieces. What has no sequences is a string.
pub(super) fn assemble(mut pieces: Vec<Piece>, form: Form, origin: &Origin, range: Range<usize>) -> Result<Expr, SyntaxError> {
    trim(&mut pieces);
    if form == Form::Flush {
        flush(&mut pieces);
    }
    let span = origin.span(range);
    let mut parts = nest(meld(pieces), origin)?;
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

/// Applies `~`: it reaches over one token only, i.e. not over the end of a line.
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

/// Takes the smallest indentation from all lines that begin with text. Lines of nothing but spaces neither count nor change.
fn flush(pieces: &mut [Piece]) {
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
                // A line that begins with a sequence has no indentation, which leaves nothing to take from the others.
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

/// Joins neighbouring literals. An empty literal stays: it keeps `"${x} "` with a trim from being a lone interpolation.
fn meld(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut melded: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        if let PieceKind::Literal(text) = &piece.kind
            && let Some(Piece { kind: PieceKind::Literal(before), range, .. }) = melded.last_mut()
        {
            before.push_str(text);
            range.end = piece.range.end;
        } else {
            melded.push(piece);
        }
    }
    melded
}

/// A directive whose end has not come yet.
enum Open {
    If { condition: Expr, then: Option<Vec<Part>>, start: usize },
    For { key_var: Option<Name>, value_var: Name, collection: Expr, start: usize },
}

/// Nests what stands between directives.
fn nest(pieces: Vec<Piece>, origin: &Origin) -> Result<Vec<Part>, SyntaxError> {
    let mut open: Vec<(Open, Vec<Part>)> = Vec::new();
    let mut parts = Vec::new();
    let unbalanced = |range: Range<usize>, message: &str| SyntaxError { message: message.to_owned(), span: origin.span(range) };
    for Piece { kind, range, .. } in pieces {
        match kind {
            PieceKind::Literal(text) => parts.push(Part::Literal(normalised(&text))),
            PieceKind::Interpolation(expr) => parts.push(Part::Interpolation(expr)),
            PieceKind::If(_) | PieceKind::For { .. } if open.len() >= MAX_DIRECTIVES => {
                return Err(unbalanced(range, "the directives of this template are nested too deeply"));
            }
            PieceKind::If(condition) => {
                open.push((Open::If { condition, then: None, start: range.start }, std::mem::take(&mut parts)));
            }
            PieceKind::For { key_var, value_var, collection } => {
                open.push((Open::For { key_var, value_var, collection, start: range.start }, std::mem::take(&mut parts)));
            }
            PieceKind::Else => match open.last_mut() {
                Some((Open::If { then: then @ None, .. }, _)) => *then = Some(std::mem::take(&mut parts)),
                _ => return Err(unbalanced(range, "`else` without `if`")),
            },
            PieceKind::EndIf => {
                let Some((Open::If { condition, then, start }, before)) = open.pop() else {
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
                let Some((Open::For { key_var, value_var, collection, start }, before)) = open.pop() else {
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
        Some((Open::If { start, .. }, _)) => Err(unbalanced(start..start + 2, "this `if` directive has no `endif`")),
        Some((Open::For { start, .. }, _)) => Err(unbalanced(start..start + 2, "this `for` directive has no `endfor`")),
    }
}
