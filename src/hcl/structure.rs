//! Tokens → attributes and blocks, with recovery from syntax errors.
//!
//! An argument whose value does not parse becomes [`ExprKind::Invalid`], so that its block is checked and the argument is unknown. With
//! unbalanced brackets, the block of an argument is ambiguous: the complete outermost block is omitted, never a part of it.

use super::expression::Tokens;
use super::origin::Origin;
use super::scan::{MAX_TOKENS, ScanStart, Token, TokenKind, is_closer, is_name_start, is_opener, pair, scan};
use super::tree::{Attribute, Block, Body, Expr, ExprKind, Name, SyntaxError};
use super::values::{EscapeError, unescape_quoted};
use crate::base::{SourceId, Span};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

/// How deep blocks may nest.
const MAX_BLOCKS: usize = 64;
/// How often reading restarts after an unclosed block.
const MAX_RESTARTS: usize = 20;

/// Reads a file: everything that can be read, and the first error.
pub(super) fn file(source: SourceId, text: &str) -> (Body, Option<SyntaxError>) {
    read(text, &|start| Origin::At(source, start))
}

/// Reads a text of any origin as the contents of a file. `origin` returns the origin of the text from an offset on.
pub(super) fn read(text: &str, origin: &dyn Fn(usize) -> Origin) -> (Body, Option<SyntaxError>) {
    let mut body = Body::default();
    let mut errors = SyntaxErrors::default();
    let (mut start, mut unread) = (0, None);
    // Each iteration scans the rest of the text again, and a hostile file may have an unclosed block on every line.
    for _ in 0..=MAX_RESTARTS {
        let part = text.get(start..).unwrap_or_default();
        let origin = origin(start);
        let tokens = Tokens::new(part, &origin, scan(part, ScanStart::Code));
        unread = unread.or_else(|| tokens.get(MAX_TOKENS).map(|token| origin.span(token.start..token.start)));
        let mut reader = StructureReader { tokens: &tokens, errors: &mut errors };
        let unclosed = reader.body(0..tokens.list.len(), 0, &mut body).err();
        // Only an unclosed block stops reading the outermost body; reading restarts at the next line that looks like an item.
        let Some(next) = unclosed.and_then(|UnknownEnd(at)| next_item(part, at)) else { break };
        start += next;
    }
    // Errors after the limit of tokens come from the limit, so it is reported first.
    let too_long =
        |span| SyntaxError { message: format!("only the beginning of this file was read: it has more than {MAX_TOKENS} tokens"), span };
    (body, unread.map(too_long).or(errors.first))
}

/// The range of an argument or block in a text.
pub(super) struct ItemRange {
    pub(super) range: Range<usize>,
    /// The text between the braces of a block.
    pub(super) inside: Option<Range<usize>>,
}

/// The ranges of the outermost arguments and blocks of a text. `None` if its brackets are unbalanced: then only reading the complete text
/// determines which block an argument belongs to.
pub(super) fn items(text: &str) -> Option<Vec<ItemRange>> {
    let list = scan(text, ScanStart::Code);
    let closers = pair(&list);
    let mut items: Vec<ItemRange> = Vec::new();
    let (mut at, mut is_open, mut is_header) = (0, false, false);
    while let Some(token) = list.get(at) {
        let closer = if is_opener(token.kind) { closers.get(at).copied().flatten()? } else { at };
        let end = list.get(closer).map_or(token.end, |token| token.end);
        match (token.kind, items.last_mut()) {
            (TokenKind::Newline, _) => is_open = false,
            (TokenKind::Invalid | TokenKind::CutQuote, _) => return None,
            (kind, _) if is_closer(kind) => return None,
            (kind, Some(item)) if is_open => {
                item.range.end = end;
                if is_header && kind == TokenKind::OpenBrace {
                    item.inside = Some(token.end..list.get(closer).map_or(end, |closer| closer.start));
                }
                is_header &= matches!(kind, TokenKind::Ident | TokenKind::OpenQuote | TokenKind::Comment);
            }
            (TokenKind::Comment, _) => {}
            (kind, _) => {
                items.push(ItemRange { range: token.start..end, inside: None });
                (is_open, is_header) = (true, kind == TokenKind::Ident);
            }
        }
        at = closer + 1;
    }
    Some(items)
}

/// The first error in source order, and the one added last.
#[derive(Default)]
struct SyntaxErrors {
    first: Option<SyntaxError>,
    latest: Option<SyntaxError>,
}

impl SyntaxErrors {
    /// The latest error, if it is within a span.
    fn within(&self, span: Span) -> Option<&SyntaxError> {
        self.latest.as_ref().filter(|latest| span.start <= latest.span.start && latest.span.end <= span.end)
    }

    fn add(&mut self, error: SyntaxError) {
        self.latest = Some(error.clone());
        if self.first.as_ref().is_none_or(|first| error.span.start < first.span.start) {
            self.first = Some(error);
        }
    }
}

/// The end of the item that begins at this offset is unknown.
struct UnknownEnd(usize);

struct StructureReader<'a> {
    tokens: &'a Tokens<'a>,
    errors: &'a mut SyntaxErrors,
}

impl StructureReader<'_> {
    fn error(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.errors.add(SyntaxError { message: message.into(), span: self.tokens.origin.span(range) });
    }

    fn kind(&self, at: usize, end: usize) -> Option<TokenKind> {
        self.tokens.get(at).filter(|_| at < end).map(|token| token.kind)
    }

    /// The index of the first token from `at` on that is not a comment.
    fn skip_comments(&self, mut at: usize, end: usize) -> usize {
        while self.kind(at, end) == Some(TokenKind::Comment) {
            at += 1;
        }
        at
    }

    fn body(&mut self, tokens: Range<usize>, depth: usize, body: &mut Body) -> Result<(), UnknownEnd> {
        let end = tokens.end;
        let mut at = tokens.start;
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        while at < end {
            let Some(token) = self.tokens.get(at) else { break };
            if matches!(token.kind, TokenKind::Newline | TokenKind::Comment) {
                at += 1;
                continue;
            }
            let after = self.skip_comments(at + 1, end);
            let unclosed = UnknownEnd(token.start);
            let next = if token.kind == TokenKind::Ident { self.kind(after, end) } else { None };
            let item = match next {
                Some(TokenKind::Equal) => self.attribute(at, after, end).map(|(attributes, next)| {
                    for (token, attribute) in attributes {
                        match names.entry(self.tokens.slice(token.range())) {
                            Entry::Vacant(entry) => {
                                entry.insert(body.attributes.len());
                                body.attributes.push(attribute);
                            }
                            Entry::Occupied(first) => {
                                let message = format!("`{}` is already set above; an argument may be set only once", attribute.name.text);
                                // Terraform rejects the file, and which of the two values was meant is unknown: use neither.
                                if let Some(first) = body.attributes.get_mut(*first.get()) {
                                    first.value.kind = ExprKind::Invalid(message.as_str().into());
                                }
                                self.error(token.range(), message);
                            }
                        }
                    }
                    next
                }),
                Some(TokenKind::OpenQuote | TokenKind::OpenBrace | TokenKind::Ident) => match self.block(at, after, end, depth) {
                    Ok((block, next)) => {
                        body.blocks.extend(block);
                        Ok(next)
                    }
                    Err(unclosed) => Err(unclosed),
                },
                _ => {
                    self.unexpected(at);
                    self.skip(at, end)
                }
            };
            match item {
                Ok(next) => at = next,
                // The outermost block is omitted, and its end is known: continue after it.
                Err(_) if depth == 0 && self.end_of_block(at, end).is_some() => at = self.end_of_block(at, end).unwrap_or(end),
                Err(_) => return Err(unclosed),
            }
        }
        Ok(())
    }

    fn unexpected(&mut self, at: usize) {
        let Some(token) = self.tokens.get(at) else { return };
        let text = self.tokens.slice(token.range());
        match token.kind {
            TokenKind::Ident => self.error(token.range(), format!("expected an argument (`{text} = …`) or a block (`{text} {{ … }}`)")),
            TokenKind::Invalid if text.starts_with("/*") => self.error(token.start..token.start + 2, "unclosed comment"),
            TokenKind::OpenQuote => self.error(token.range(), "an argument name must not be in quotes"),
            kind if is_closer(kind) => self.error(token.range(), format!("unmatched `{text}`")),
            _ => self.error(token.range(), format!("expected an argument or a block, found `{}`", text.trim_end().escape_debug())),
        }
    }

    /// The index after the line, and after everything that is opened on it.
    fn skip(&self, mut at: usize, end: usize) -> Result<usize, UnknownEnd> {
        while let Some(kind) = self.kind(at, end) {
            if kind == TokenKind::Newline {
                // The brace of a block header on the next line.
                if self.kind(at + 1, end) != Some(TokenKind::OpenBrace) {
                    break;
                }
            } else if is_opener(kind) {
                at = self.tokens.closer(at).ok_or(UnknownEnd(0))?;
            }
            at += 1;
        }
        Ok(at)
    }

    /// The index after the first block that opens on the line of token `at`, if it is closed.
    fn end_of_block(&self, mut at: usize, end: usize) -> Option<usize> {
        while let Some(kind) = self.kind(at, end) {
            match kind {
                TokenKind::Newline | TokenKind::Equal => return None,
                TokenKind::OpenBrace => return self.tokens.closer(at).map(|closer| closer + 1),
                _ => at += 1,
            }
        }
        None
    }

    /// Reads the attribute whose name is token `at`. If its value is invalid, further attributes on the line are part of the value and are
    /// returned, too. Also returns the index after them.
    fn attribute(&mut self, at: usize, equal: usize, end: usize) -> Result<(Vec<(Token, Attribute)>, usize), UnknownEnd> {
        let Some(name) = self.tokens.get(at) else { return Err(UnknownEnd(0)) };
        let next = match self.tokens.line_end(equal + 1, end, false) {
            Ok(next) => next,
            Err(error) => {
                self.errors.add(error);
                return Err(UnknownEnd(name.start));
            }
        };
        let value_end = next.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(name.end, |token| token.end);
        let make = |name: Token, value: Expr| {
            let name = self.tokens.name(name);
            let span = name.span.to(value.span);
            Attribute { name, value, span }
        };
        let error = match self.tokens.expression(equal + 1..next, 0) {
            Ok(parsed) => return Ok((vec![(name, make(name, parsed.expr))], next)),
            Err(error) => error,
        };
        let start = self.tokens.get(equal + 1).filter(|_| equal + 1 < next).map_or(value_end, |token| token.start);
        let span = self.tokens.origin.span(start..value_end);
        let kind = ExprKind::Invalid(self.errors.within(span).unwrap_or(&error).message.as_str().into());
        let names = std::iter::once(name).chain(self.further_names(equal + 1, next));
        let attributes = names.map(|name| (name, make(name, Expr { kind: kind.clone(), span }))).collect();
        self.errors.add(error);
        Ok((attributes, next))
    }

    /// The names of further arguments on the line of one whose value does not parse. They must not count as unset.
    fn further_names(&self, mut at: usize, end: usize) -> Vec<Token> {
        let mut names = Vec::new();
        while at < end {
            let Some(token) = self.tokens.get(at) else { break };
            if token.kind == TokenKind::Ident && self.kind(at + 1, end) == Some(TokenKind::Equal) {
                names.push(token);
            }
            at = self.tokens.closer(at).unwrap_or(at) + 1;
        }
        names
    }

    /// Reads the block whose type is token `at`; returns it and the index after it. No block if its header is invalid.
    fn block(&mut self, at: usize, mut here: usize, end: usize, depth: usize) -> Result<(Option<Block>, usize), UnknownEnd> {
        let Some(first) = self.tokens.get(at) else { return Err(UnknownEnd(0)) };
        let kind = self.tokens.name(first);
        let mut labels: Vec<Name> = Vec::new();
        loop {
            let Some(token) = self.tokens.get(here).filter(|_| here < end) else {
                self.error(first.range(), "expected `{` after the block header");
                return Ok((None, end));
            };
            match token.kind {
                TokenKind::OpenBrace => break,
                TokenKind::Ident => labels.push(self.tokens.name(token)),
                TokenKind::Comment => {}
                TokenKind::OpenQuote => {
                    let Some(closer) = self.tokens.closer(here) else { return Err(UnknownEnd(first.start)) };
                    match self.label(here, closer) {
                        Some(label) => labels.push(label),
                        None => return self.skip(here, end).map(|next| (None, next)),
                    }
                    here = closer;
                }
                _ => {
                    let message = match token.kind {
                        TokenKind::Newline => "the `{` of a block must be on the line of its header",
                        TokenKind::Equal => "unexpected `=`: an argument has one name, and a block has no `=`",
                        _ => "expected a label in quotes or `{`",
                    };
                    self.error(first.start..token.start.max(first.end), message);
                    return self.skip(here, end).map(|next| (None, next));
                }
            }
            here += 1;
        }
        let open = here;
        let brace = self.tokens.get(open).map_or(first.range(), Token::range);
        let Some(close) = self.tokens.closer(open) else {
            self.unclosed_block(open, brace);
            return Err(UnknownEnd(first.start));
        };
        if depth >= MAX_BLOCKS {
            self.error(first.range(), format!("blocks are nested more than {MAX_BLOCKS} levels deep"));
            return Ok((None, close + 1));
        }
        let mut body = Body::default();
        self.check_single_line(open, close);
        self.body(open + 1..close, depth + 1, &mut body)?;
        body.shrink();
        labels.shrink_to_fit();
        let header = labels.last().map_or(kind.span, |label| kind.span.to(label.span));
        let last = self.tokens.get(close).map_or(brace.end, |token| token.end);
        let span = self.tokens.origin.span(first.start..last);
        let next = self.skip_comments(close + 1, end);
        // The block itself is complete and kept; only the file has an error.
        if !matches!(self.kind(next, end), None | Some(TokenKind::Newline)) {
            let range = self.tokens.get(next).map_or(brace, Token::range);
            self.error(range, "expected a newline after the closing `}`");
        }
        Ok((Some(Block { kind, labels, body, header, span, is_overridden: false }), close + 1))
    }

    /// Reports an unclosed block, or the unclosed heredoc that contains its end.
    fn unclosed_block(&mut self, open: usize, brace: Range<usize>) {
        let heredoc = (open..self.tokens.list.len())
            .filter(|&at| self.tokens.closer(at).is_none())
            .find_map(|at| self.tokens.get(at).filter(|token| token.kind == TokenKind::OpenHeredoc));
        match heredoc.map(|token| self.tokens.unclosed::<()>(token)) {
            Some(Err(error)) => self.errors.add(error),
            _ => self.error(brace, "unclosed block"),
        }
    }

    /// Reports a block with an argument on the line of its brace if it has further arguments or does not end on that line.
    fn check_single_line(&mut self, open: usize, close: usize) {
        let first = self.skip_comments(open + 1, close);
        let Some(token) = self.tokens.get(first).filter(|token| first < close && token.kind != TokenKind::Newline) else { return };
        let line_end = self.tokens.line_end(first, close, false).unwrap_or(close);
        if line_end < close {
            return self.error(token.range(), "the first argument of a multi-line block must be on a new line");
        }
        if matches!(
            self.kind(self.skip_comments(first + 1, close), close),
            Some(TokenKind::OpenBrace | TokenKind::OpenQuote | TokenKind::Ident)
        ) {
            let message = "a single-line block can have only one argument and no block; write this block on separate lines";
            return self.error(token.range(), message);
        }
        let value_end = self.tokens.line_end(first, close, true).unwrap_or(close);
        let second = if value_end < close { self.tokens.get(value_end) } else { self.further_names(first + 2, close).first().copied() };
        if let Some(second) = second {
            let message = "a single-line block can have only one argument; write each argument on a separate line";
            self.error(second.range(), message);
        }
    }

    fn label(&mut self, open: usize, close: usize) -> Option<Name> {
        let (first, last) = (self.tokens.get(open)?, self.tokens.get(close)?);
        if last.kind == TokenKind::CutQuote {
            self.error(first.start..last.end, "unclosed label");
            return None;
        }
        let mut text = String::new();
        for at in open + 1..close {
            let token = self.tokens.get(at)?;
            if token.kind != TokenKind::Literal {
                self.error(first.start..last.end, "a label cannot contain a template; write `$${` for a literal `${`");
                return None;
            }
            match unescape_quoted(self.tokens.slice(token.range())) {
                Ok(literal) => text.push_str(&literal),
                Err(EscapeError { message, range }) => {
                    self.error(token.start + range.start..token.start + range.end, message);
                    return None;
                }
            }
        }
        Some(Name { text: text.into(), span: self.tokens.origin.span(first.start..last.end) })
    }
}

/// The offset of the next line after `from` with an argument or block that begins in the first column.
fn next_item(text: &str, from: usize) -> Option<usize> {
    let mut at = from + text.get(from..)?.find('\n')? + 1;
    loop {
        let rest = text.get(at..)?;
        let line = rest.split('\n').next()?;
        let after = line.trim_start_matches(|c: char| c == '_' || c == '-' || c.is_alphanumeric());
        let is_item = line.starts_with(is_name_start) && {
            let after = after.trim_start();
            (after.starts_with('=') && !after.starts_with("==")) || after.starts_with(['"', '{']) || line.trim_end().ends_with('{')
        };
        if is_item {
            return Some(at);
        }
        at += rest.find('\n')? + 1;
    }
}
