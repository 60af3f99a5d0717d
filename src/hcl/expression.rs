//! Tokens → expressions. Objects and templates are parsed here, innermost first, operators and brackets in `operators`. The rest, one
//! operand with its steps or one call, goes to the expression parser (`native`), with an empty string in the place of each parsed part.
//!
//! Two reasons: `hcl-edit` rejects objects that repeat a key, which Terraform accepts (martinohmann/hcl-rs#511), and it applies trim
//! markers and indentation of templates before token boundaries are known.

use super::origin::Origin;
use super::scan::{Token, TokenKind, is_closer, is_opener, pair, pair_conditionals};
use super::template::{Form, Piece, PieceKind, assemble};
use super::tree::{Expr, ExprKind, Name, ObjectItem, SyntaxError, TraversalStep};
use super::values::{normalized, unescape_quoted, unescape_template};
use std::collections::HashMap;
use std::ops::Range;

/// How deep brackets, objects and templates may nest in each other.
const MAX_NESTING: usize = 200;
/// How deep the tree of one expression may be: walking and dropping it are recursive.
pub(super) const MAX_HEIGHT: usize = 1500;

/// The tokens of a text.
pub(super) struct Tokens<'a> {
    pub(super) text: &'a str,
    pub(super) origin: &'a Origin,
    pub(super) list: Vec<Token>,
    /// The closing token of each opening token.
    closers: Vec<Option<usize>>,
    /// Each `?` with its `:`, in source order.
    conditionals: Vec<(usize, usize)>,
}

/// An expression and the height of its tree.
pub(super) struct ExprWithHeight {
    pub(super) expr: Expr,
    pub(super) height: usize,
}

pub(super) type Parsed<T> = Result<T, SyntaxError>;

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str, origin: &'a Origin, list: Vec<Token>) -> Self {
        let closers = pair(&list);
        let conditionals = pair_conditionals(&list, &closers);
        Self { text, origin, list, closers, conditionals }
    }

    pub(super) fn get(&self, at: usize) -> Option<Token> {
        self.list.get(at).copied()
    }

    pub(super) fn closer(&self, at: usize) -> Option<usize> {
        self.closers.get(at).copied().flatten()
    }

    /// The index of the `:` that belongs to the `?` at an index.
    pub(super) fn colon_of(&self, question: usize) -> Option<usize> {
        let at = self.conditionals.binary_search_by_key(&question, |&(question, _)| question).ok()?;
        self.conditionals.get(at).map(|&(_, colon)| colon)
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// A token as a name. Unlike strings, names are not normalized by Terraform.
    pub(super) fn name(&self, token: Token) -> Name {
        Name { text: self.slice(token.range()).into(), span: self.origin.span(token.range()) }
    }

    pub(super) fn error<T>(&self, range: Range<usize>, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError { message: message.into(), span: self.origin.span(range) })
    }

    /// The error for an opening token without a closing one.
    pub(super) fn unclosed<T>(&self, token: Token) -> Parsed<T> {
        let opener = self.slice(token.range()).trim_end();
        match token.kind {
            TokenKind::OpenHeredoc => {
                let marker = opener.trim_start_matches(['<', '-']);
                self.error(token.range(), format!("unclosed heredoc: expected a line with only `{marker}`"))
            }
            TokenKind::OpenQuote => self.error(token.range(), "unclosed string"),
            _ => self.error(token.range(), format!("unclosed `{opener}`")),
        }
    }

    /// The index after the last token of an expression that begins with token `at`. It ends with its line, at `end`, or at a comma if
    /// `comma_ends`.
    ///
    /// # Errors
    /// An unclosed or unmatched bracket: the end of the expression is then unknown.
    pub(super) fn line_end(&self, mut at: usize, end: usize, comma_ends: bool) -> Parsed<usize> {
        while at < end {
            let Some(token) = self.get(at) else { break };
            match token.kind {
                TokenKind::Newline => break,
                TokenKind::Comma if comma_ends => break,
                kind if is_opener(kind) => match self.closer(at) {
                    Some(closer) => at = closer,
                    None => return self.unclosed(token),
                },
                kind if is_closer(kind) => {
                    return self.error(token.range(), format!("unmatched `{}`", self.slice(token.range())));
                }
                _ => {}
            }
            at += 1;
        }
        Ok(at)
    }

    /// Parses these tokens as an expression.
    pub(super) fn expression(&self, tokens: Range<usize>, depth: usize) -> Parsed<ExprWithHeight> {
        let inner = self.trim(tokens.clone());
        let Some(first) = self.get(inner.start).filter(|_| !inner.is_empty()) else {
            return self.missing(&tokens);
        };
        if depth > MAX_NESTING {
            return self.error(first.range(), format!("this is nested more than {MAX_NESTING} levels deep"));
        }
        match self.single_token(&inner, first) {
            Some(parsed) => Ok(parsed),
            None => self.conditional(inner, depth),
        }
    }

    /// Parses an expression of one token: it needs no parser.
    pub(super) fn single_token(&self, tokens: &Range<usize>, token: Token) -> Option<ExprWithHeight> {
        if tokens.len() != 1 {
            return None;
        }
        let text = self.slice(token.range());
        let kind = match (token.kind, text) {
            (TokenKind::Number, _) => ExprKind::Number(text.into()),
            (TokenKind::Ident, "true") => ExprKind::Bool(true),
            (TokenKind::Ident, "false") => ExprKind::Bool(false),
            (TokenKind::Ident, "null") => ExprKind::Null,
            (TokenKind::Ident, _) if text.is_ascii() => ExprKind::Variable(text.into()),
            _ => return None,
        };
        Some(ExprWithHeight { expr: Expr { kind, span: self.origin.span(token.range()) }, height: 1 })
    }

    pub(super) fn invalid<T>(&self, token: Token) -> Parsed<T> {
        let text = self.slice(token.range());
        if text.starts_with("/*") {
            return self.error(token.start..token.start + 2, "unclosed comment");
        }
        self.error(token.range(), format!("`{}` is not part of the language", text.escape_debug()))
    }

    /// The empty range before a token, or after the last one.
    pub(super) fn gap(&self, at: usize) -> Range<usize> {
        let before = at.checked_sub(1).and_then(|at| self.get(at));
        let end = before.map_or_else(|| self.get(at).map_or(self.text.len(), |token| token.start), |token| token.end);
        end..end
    }

    /// Whether this brace or bracket begins `{for …}` or `[for …]`.
    pub(super) fn is_for(&self, at: usize) -> bool {
        let first = self.list.iter().skip(at + 1).find(|token| !matches!(token.kind, TokenKind::Newline | TokenKind::Comment));
        self.get(at).is_some_and(|token| matches!(token.kind, TokenKind::OpenBrace | TokenKind::OpenBracket))
            && first.is_some_and(|token| token.kind == TokenKind::Ident && self.slice(token.range()) == "for")
    }

    /// Parses the object or template that begins with token `at`; also returns the index of its last token.
    pub(super) fn object_or_template(&self, at: usize, depth: usize) -> Parsed<(usize, ExprWithHeight)> {
        let Some(token) = self.get(at) else { return self.error(0..0, "expected a value") };
        let Some(closer) = self.closer(at) else { return self.unclosed(token) };
        let end = self.get(closer).map_or(token.end, |token| token.end);
        let parsed = if token.kind == TokenKind::OpenBrace {
            self.object(at, closer, token.start..end, depth + 1)?
        } else {
            if self.get(closer).is_some_and(|token| token.kind == TokenKind::CutQuote) {
                return self.error(token.start..end, "unclosed string: close it on its line, or use a heredoc");
            }
            let form = match token.kind {
                TokenKind::OpenQuote => Form::Quoted,
                _ if self.slice(token.range()).starts_with("<<-") => Form::Flush,
                _ => Form::Plain,
            };
            self.template(at + 1..closer, form, token.start..end, depth + 1)?
        };
        Ok((closer, parsed))
    }

    fn object(&self, open: usize, close: usize, range: Range<usize>, depth: usize) -> Parsed<ExprWithHeight> {
        let mut items = Vec::new();
        let mut height = 0;
        let mut at = open + 1;
        while at < close {
            let Some(token) = self.get(at) else { break };
            if matches!(token.kind, TokenKind::Newline | TokenKind::Comment) {
                at += 1;
                continue;
            }
            let equal = self.separator(at, close)?;
            let end = self.line_end(equal + 1, close, true)?;
            let key = self.key(at..equal, depth)?;
            let value = self.expression(equal + 1..end, depth)?;
            height = height.max(key.height).max(value.height);
            items.push(ObjectItem { key: key.expr, value: value.expr });
            at = end + 1;
        }
        Ok(ExprWithHeight { expr: Expr { kind: ExprKind::Object(items), span: self.origin.span(range) }, height: height + 1 })
    }

    /// The index of the `=` or `:` after the key that begins with token `at`.
    fn separator(&self, at: usize, close: usize) -> Parsed<usize> {
        let mut questions = 0_usize;
        let end = self.line_end(at, close, true)?;
        let mut here = at;
        while here < end {
            match self.get(here).map(|token| token.kind) {
                Some(TokenKind::Equal) => return Ok(here),
                // A key may be a conditional, whose `:` is not the separator.
                Some(TokenKind::Question) => questions += 1,
                Some(TokenKind::Colon) if questions == 0 => return Ok(here),
                Some(TokenKind::Colon) => questions -= 1,
                Some(kind) if is_opener(kind) => here = self.closer(here).unwrap_or(here),
                _ => {}
            }
            here += 1;
        }
        let start = self.get(at).map_or(0, |token| token.start);
        let last = self.get(end.saturating_sub(1)).map_or(start, |token| token.end);
        self.error(start..last.max(start), "expected a key, `=` and a value")
    }

    fn key(&self, tokens: Range<usize>, depth: usize) -> Parsed<ExprWithHeight> {
        // Keywords are names here: `{ null = 1 }` has the attribute `null`. A single name is not a reference.
        if let (1, Some(token)) = (tokens.len(), self.get(tokens.start))
            && token.kind == TokenKind::Ident
        {
            let span = self.origin.span(token.range());
            let text = normalized(self.slice(token.range()));
            return Ok(ExprWithHeight { expr: Expr { kind: ExprKind::String(text), span }, height: 1 });
        }
        let mut key = self.expression(tokens, depth)?;
        if let ExprKind::Traversal(base, steps) = &key.expr.kind
            && matches!(base.kind, ExprKind::Variable(_))
            && steps.iter().all(is_fixed)
        {
            let message = "a key of several parts is ambiguous: write it in parentheses if it is a reference, in quotes if it is a name";
            key.expr.kind = ExprKind::Invalid(message.into());
        }
        Ok(key)
    }

    /// Parses these tokens as a template.
    pub(super) fn template(&self, tokens: Range<usize>, form: Form, range: Range<usize>, depth: usize) -> Parsed<ExprWithHeight> {
        let mut pieces = Vec::new();
        let mut height = 0;
        let mut at = tokens.start;
        while at < tokens.end {
            let Some(token) = self.get(at) else { break };
            let text = self.slice(token.range());
            let mut piece = Piece {
                kind: PieceKind::Literal(String::new()),
                range: token.range(),
                trim_before: token.kind != TokenKind::Literal && text.ends_with('~'),
                trim_after: false,
            };
            match token.kind {
                TokenKind::Literal => {
                    let text = if form == Form::Quoted {
                        unescape_quoted(text)
                            .or_else(|error| self.error(token.start + error.range.start..token.start + error.range.end, error.message))?
                    } else {
                        unescape_template(text)
                    };
                    piece.kind = PieceKind::Literal(text.into_owned());
                }
                TokenKind::Interpolation | TokenKind::Control => {
                    let Some(closer) = self.closer(at) else { return self.unclosed(token) };
                    if token.kind == TokenKind::Interpolation {
                        let inner = self.expression(at + 1..closer, depth)?;
                        height = height.max(inner.height);
                        piece.kind = PieceKind::Interpolation(inner.expr);
                    } else {
                        let (kind, inner) = self.directive(at, closer, depth)?;
                        height = height.max(inner + 1);
                        piece.kind = kind;
                    }
                    if let Some(end) = self.get(closer) {
                        piece.range.end = end.end;
                        piece.trim_after = end.end - end.start == 2;
                    }
                    at = closer;
                }
                _ => return self.error(token.range(), "unclosed string"),
            }
            pieces.push(piece);
            at += 1;
        }
        let directives = pieces.iter().filter(|piece| matches!(piece.kind, PieceKind::If(_) | PieceKind::For { .. })).count();
        let expr = assemble(pieces, form, self.origin, range)?;
        Ok(ExprWithHeight { expr, height: height + 1 + directives.min(MAX_NESTING) })
    }

    /// Parses the directive between `%{` and `}`; also returns the height of its expression.
    fn directive(&self, open: usize, close: usize, depth: usize) -> Parsed<(PieceKind, usize)> {
        let mut at = open + 1;
        let mut next = |kind: TokenKind| {
            while self.get(at).is_some_and(|token| matches!(token.kind, TokenKind::Newline | TokenKind::Comment)) {
                at += 1;
            }
            let token = self.get(at).filter(|token| at < close && token.kind == kind)?;
            at += 1;
            Some((token, at))
        };
        let range = self.get(open).map_or(0, |token| token.start)..self.get(close).map_or(0, |token| token.end);
        let Some((keyword, after)) = next(TokenKind::Ident) else {
            return self.error(range, "a directive begins with `if`, `else`, `endif`, `for` or `endfor`");
        };
        let word = self.slice(keyword.range());
        if word == "if" {
            let condition = self.expression(after..close, depth)?;
            return Ok((PieceKind::If(condition.expr), condition.height));
        }
        if word == "for" {
            let Some((first, _)) = next(TokenKind::Ident) else {
                return self.error(range, "a `for` directive needs the name of a variable after `for`");
            };
            let second = next(TokenKind::Comma).and_then(|_| next(TokenKind::Ident));
            let Some((_, after)) = next(TokenKind::Ident).filter(|(token, _)| self.slice(token.range()) == "in") else {
                return self.error(range, "a `for` directive needs `in` and a collection after its variables");
            };
            let collection = self.expression(after..close, depth)?;
            let (key_var, value_var) = match second {
                Some((second, _)) => (Some(self.name(first)), self.name(second)),
                None => (None, self.name(first)),
            };
            return Ok((PieceKind::For { key_var, value_var, collection: collection.expr }, collection.height));
        }
        let kind = match word {
            "else" => PieceKind::Else,
            "endif" => PieceKind::EndIf,
            "endfor" => PieceKind::EndFor,
            _ => {
                return self
                    .error(keyword.range(), format!("unknown directive `{word}`; expected `if`, `else`, `endif`, `for` or `endfor`"));
            }
        };
        let mut rest = self.list.get(after..close).unwrap_or_default().iter();
        match rest.find(|token| !matches!(token.kind, TokenKind::Newline | TokenKind::Comment)) {
            Some(extra) => self.error(extra.range(), format!("unexpected text after `{word}` in a directive")),
            None => Ok((kind, 0)),
        }
    }
}

/// Whether a step has a literal name or index.
fn is_fixed(step: &TraversalStep) -> bool {
    match step {
        TraversalStep::Attr(_) | TraversalStep::LegacyIndex(..) => true,
        TraversalStep::Index(key, _) => matches!(key.kind, ExprKind::String(_) | ExprKind::Number(_)),
        TraversalStep::FullSplat(_) | TraversalStep::AttrSplat(_) => false,
    }
}

/// An expression in which parsed parts are masked by empty strings.
#[derive(Default)]
pub(super) struct Masked {
    /// The text for the expression parser.
    pub(super) text: String,
    /// The masked parts, by their offset in the complete text.
    pub(super) parts: HashMap<usize, ExprWithHeight>,
    /// Each token's offset in the masked text and range in the complete text.
    tokens: Vec<(usize, Range<usize>)>,
}

impl Masked {
    /// Appends an empty string in the place of a parsed expression.
    pub(super) fn mask(&mut self, part: ExprWithHeight, range: Range<usize>) {
        self.parts.insert(range.start, part);
        self.push("\"\"", range);
    }

    pub(super) fn push(&mut self, text: &str, range: Range<usize>) {
        // Without a space, two names would become one. Newlines are omitted: they have no meaning in brackets, and do not occur outside.
        if self.tokens.last().is_some_and(|(_, before)| before.end < range.start) {
            self.text.push(' ');
        }
        self.tokens.push((self.text.len(), range));
        self.text.push_str(text);
    }

    /// Converts a range of the masked text to a range of the complete text.
    pub(super) fn range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.find(range.start).map_or(0, |(at, token)| (token.start + range.start - at).min(token.end));
        let last = self.find(range.end.saturating_sub(1).max(range.start));
        let end = last.map_or(start, |(at, token)| {
            if self.parts.contains_key(&token.start) { token.end } else { (token.start + range.end - at).min(token.end) }
        });
        start..end.max(start)
    }

    fn find(&self, offset: usize) -> Option<(usize, Range<usize>)> {
        let after = self.tokens.partition_point(|(at, _)| *at <= offset);
        self.tokens.get(after.checked_sub(1)?).cloned()
    }
}
