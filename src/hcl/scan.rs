//! Text → tokens, with exactly the boundaries of HashiCorp's scanner (`hclsyntax/scan_tokens.rl`): trim markers and heredoc indentation
//! work on tokens, so token boundaries are part of the language.

use std::ops::Range;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Ident,
    Number,
    Newline,
    Comment,
    Comma,
    Equal,
    Colon,
    Question,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    /// `"`
    OpenQuote,
    CloseQuote,
    /// The end of a line inside a quoted string, where error recovery ends the string. Empty.
    CutQuote,
    /// `<<EOT` or `<<-EOT` with its newline.
    OpenHeredoc,
    /// The line of the end marker without its newline.
    CloseHeredoc,
    /// Literal text of a template: a line, or a part of one.
    Literal,
    /// `${` or `${~`
    Interpolation,
    /// `%{` or `%{~`
    Control,
    /// `}` or `~}` at the end of an interpolation or directive.
    SequenceEnd,
    /// Any other operator.
    Other,
    /// A character that is not part of the language, or an unclosed comment.
    Invalid,
}

/// A token. Between two tokens there are only spaces and tabs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token {
    pub(super) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// What a text contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanStart {
    /// A body or an expression.
    Code,
    /// A template without quotes.
    Template,
}

/// How many tokens a text may have. The largest real files have a tenth as many; a larger tree would take gigabytes.
pub(super) const MAX_TOKENS: usize = 2_000_000;

/// Splits a text into tokens. Never fails: everything after [`MAX_TOKENS`] tokens is one invalid token.
pub(super) fn scan(text: &str, start: ScanStart) -> Vec<Token> {
    let base = match start {
        ScanStart::Code => Mode::Code { braces: 0 },
        ScanStart::Template => Mode::Template,
    };
    let mut scanner = Scanner { text, at: 0, modes: vec![base], tokens: Vec::with_capacity((text.len() / 4).min(MAX_TOKENS)) };
    if start == ScanStart::Code && text.starts_with('\u{feff}') {
        scanner.at = '\u{feff}'.len_utf8();
    }
    scanner.run();
    scanner.tokens
}

/// How many openers are searched for the one that a closer matches, so that the time for hostile texts is linear.
const MAX_LOOKBACK: usize = 256;

/// For each opening token, the index of its closing token.
pub(super) fn pair(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut closers = vec![None; tokens.len()];
    let mut open: Vec<(usize, TokenKind)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if let Some(closer) = closer_of(token.kind) {
            open.push((index, closer));
        } else if is_closer(token.kind) {
            // An unclosed string ends with its line, so that a forgotten quote does not unbalance the rest of the file.
            let wanted = if token.kind == TokenKind::CutQuote { TokenKind::CloseQuote } else { token.kind };
            // A closer that does not match the innermost opener leaves openers unclosed, so that a forgotten `)` does not affect what is
            // outside of the braces around it. A closing bracket never leaves an opening brace unclosed.
            let back = open.iter().rev().take(MAX_LOOKBACK).position(|&(_, closer)| closer == wanted || closer == TokenKind::CloseBrace);
            if let Some(&(opener, closer)) = back.and_then(|back| open.iter().rev().nth(back))
                && closer == wanted
            {
                if let Some(slot) = closers.get_mut(opener) {
                    *slot = Some(index);
                }
                open.truncate(open.len() - back.unwrap_or(0) - 1);
            }
        }
    }
    closers
}

/// Pairs each `?` with its `:`, in source order. Done once for all, because nested conditionals would search the same tokens repeatedly.
pub(super) fn pair_conditionals(tokens: &[Token], closers: &[Option<usize>]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut questions: Vec<usize> = Vec::new();
    // The closers of the brackets around a token, and how many `?` were open before each bracket.
    let mut brackets: Vec<(usize, usize)> = Vec::new();
    for (index, (token, closer)) in tokens.iter().zip(closers).enumerate() {
        let outside = brackets.last().map_or(0, |&(_, open)| open);
        match (token.kind, closer) {
            (_, Some(closer)) => brackets.push((*closer, questions.len())),
            (TokenKind::Question, _) => questions.push(index),
            (TokenKind::Colon, _) if questions.len() > outside => pairs.extend(questions.pop().map(|question| (question, index))),
            _ if brackets.last().is_some_and(|&(closer, _)| closer == index) => {
                brackets.pop();
                questions.truncate(outside);
            }
            _ => {}
        }
    }
    pairs.sort_unstable();
    pairs
}

fn closer_of(kind: TokenKind) -> Option<TokenKind> {
    match kind {
        TokenKind::OpenParen => Some(TokenKind::CloseParen),
        TokenKind::OpenBracket => Some(TokenKind::CloseBracket),
        TokenKind::OpenBrace => Some(TokenKind::CloseBrace),
        TokenKind::OpenQuote => Some(TokenKind::CloseQuote),
        TokenKind::OpenHeredoc => Some(TokenKind::CloseHeredoc),
        TokenKind::Interpolation | TokenKind::Control => Some(TokenKind::SequenceEnd),
        _ => None,
    }
}

/// Whether a token of this kind needs a closing token.
pub(super) fn is_opener(kind: TokenKind) -> bool {
    closer_of(kind).is_some()
}

/// Whether a token of this kind closes another.
pub(super) fn is_closer(kind: TokenKind) -> bool {
    use TokenKind::{CloseBrace, CloseBracket, CloseHeredoc, CloseParen, CloseQuote, CutQuote, SequenceEnd};
    matches!(kind, CloseParen | CloseBracket | CloseBrace | CloseQuote | CutQuote | CloseHeredoc | SequenceEnd)
}

/// Whether a character may begin a name. For characters beyond ASCII, the expression parser is stricter.
pub(super) fn is_name_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn is_name_part(c: char) -> bool {
    c == '_' || c == '-' || c.is_alphanumeric() || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
}

enum Mode {
    Code { braces: usize },
    Quote,
    Heredoc { marker: Range<usize>, line_start: bool },
    Template,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    modes: Vec<Mode>,
    tokens: Vec<Token>,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) {
        while self.at < self.text.len() {
            if self.tokens.len() >= MAX_TOKENS {
                return self.emit(TokenKind::Invalid, self.text.len() - self.at);
            }
            match self.modes.last() {
                Some(Mode::Code { .. }) | None => self.code(),
                Some(Mode::Quote) => self.quote(),
                Some(Mode::Heredoc { .. } | Mode::Template) => self.template_line(),
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn emit(&mut self, kind: TokenKind, len: usize) {
        self.tokens.push(Token { kind, start: self.at, end: self.at + len });
        self.at += len;
    }

    fn code(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        match first {
            ' ' | '\t' => self.at += rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count(),
            '\n' => self.emit(TokenKind::Newline, 1),
            '\r' if rest.starts_with("\r\n") => self.emit(TokenKind::Newline, 2),
            '#' => self.emit(TokenKind::Comment, line_len(rest)),
            '/' if rest.starts_with("//") => self.emit(TokenKind::Comment, line_len(rest)),
            '/' if rest.starts_with("/*") => match rest.get(2..).and_then(|inner| inner.find("*/")) {
                Some(inner) => self.emit(TokenKind::Comment, inner + 4),
                None => self.emit(TokenKind::Invalid, rest.len()),
            },
            '"' => {
                self.emit(TokenKind::OpenQuote, 1);
                self.modes.push(Mode::Quote);
            }
            '<' if rest.starts_with("<<") => self.heredoc(rest),
            '{' => {
                self.emit(TokenKind::OpenBrace, 1);
                if let Some(Mode::Code { braces }) = self.modes.last_mut() {
                    *braces += 1;
                }
            }
            '}' => self.close_brace(1),
            '~' if rest.starts_with("~}") && self.ends_sequence() => self.close_brace(2),
            '0'..='9' => self.emit(TokenKind::Number, number_len(rest)),
            c if is_name_start(c) => {
                self.emit(TokenKind::Ident, name_len(rest));
            }
            _ => self.operator(rest, first),
        }
    }

    fn operator(&mut self, rest: &str, first: char) {
        if rest.starts_with("...") {
            return self.emit(TokenKind::Other, 3);
        }
        if let Some(b"==" | b"=>" | b"!=" | b"<=" | b">=" | b"&&" | b"||" | b"::") = rest.as_bytes().first_chunk() {
            return self.emit(TokenKind::Other, 2);
        }
        let kind = match first {
            ',' => TokenKind::Comma,
            '=' => TokenKind::Equal,
            ':' => TokenKind::Colon,
            '?' => TokenKind::Question,
            '(' => TokenKind::OpenParen,
            ')' => TokenKind::CloseParen,
            '[' => TokenKind::OpenBracket,
            ']' => TokenKind::CloseBracket,
            '.' | '*' | '/' | '%' | '+' | '-' | '<' | '>' | '!' | '&' | '|' => TokenKind::Other,
            _ => TokenKind::Invalid,
        };
        self.emit(kind, first.len_utf8());
    }

    /// Whether a `}` at this point ends an interpolation or directive.
    fn ends_sequence(&self) -> bool {
        self.modes.len() > 1 && matches!(self.modes.last(), Some(Mode::Code { braces: 0 }))
    }

    fn close_brace(&mut self, len: usize) {
        if self.ends_sequence() {
            self.emit(TokenKind::SequenceEnd, len);
            self.modes.pop();
        } else {
            self.emit(TokenKind::CloseBrace, len);
            if let Some(Mode::Code { braces }) = self.modes.last_mut() {
                *braces = braces.saturating_sub(1);
            }
        }
    }

    fn heredoc(&mut self, rest: &str) {
        let dash = usize::from(rest.starts_with("<<-"));
        let marker_start = 2 + dash;
        let marker = rest.get(marker_start..).unwrap_or_default();
        let len = if marker.starts_with(is_name_start) { marker.find(|c| !is_name_part(c)).unwrap_or(marker.len()) } else { 0 };
        let after = marker.get(len..).unwrap_or_default();
        let end = if after.starts_with("\r\n") { 2 } else { usize::from(after.starts_with('\n')) };
        if len == 0 || end == 0 {
            return self.emit(TokenKind::Other, 1);
        }
        let marker = self.at + marker_start..self.at + marker_start + len;
        self.emit(TokenKind::OpenHeredoc, marker_start + len + end);
        self.modes.push(Mode::Heredoc { marker, line_start: true });
    }

    /// Scans an interpolation, a directive, or literal text that begins with `$` or `%`; false if the text begins with none of them.
    fn sequence(&mut self, rest: &str) -> bool {
        let Some(sign @ ('$' | '%')) = rest.chars().next() else { return false };
        let after = rest.get(1..).unwrap_or_default();
        if let Some(inner) = after.strip_prefix('{') {
            let kind = if sign == '$' { TokenKind::Interpolation } else { TokenKind::Control };
            self.leave_line_start();
            self.emit(kind, 2 + usize::from(inner.starts_with('~')));
            self.modes.push(Mode::Code { braces: 0 });
            return true;
        }
        let doubled = after.strip_prefix(sign).and_then(|after| after.strip_prefix('{'));
        let len = doubled.map_or(1, |inner| 3 + usize::from(inner.starts_with('~')));
        self.leave_line_start();
        self.emit(TokenKind::Literal, len);
        true
    }

    fn quote(&mut self) {
        let rest = self.rest();
        if rest.starts_with('"') {
            self.emit(TokenKind::CloseQuote, 1);
            self.modes.pop();
        } else if rest.starts_with(['\n', '\r']) {
            self.cut_quote();
        } else if !self.sequence(rest) {
            self.emit(TokenKind::Literal, quoted_len(rest));
        }
    }

    /// Ends a quoted string that is not closed on its line. HashiCorp's scanner continues inside the string and loses the rest of the file;
    /// this one continues after all strings that begin on the line.
    fn cut_quote(&mut self) {
        self.emit(TokenKind::CutQuote, 0);
        let heredoc = self.modes.iter().rposition(|mode| matches!(mode, Mode::Heredoc { .. }));
        self.modes.truncate(heredoc.map_or(1, |at| at + 1));
    }

    fn leave_line_start(&mut self) {
        if let Some(Mode::Heredoc { line_start, .. }) = self.modes.last_mut() {
            *line_start = false;
        }
    }

    /// Scans literal text of a heredoc or an unquoted template, up to the end of the line or the next `$` or `%`.
    fn template_line(&mut self) {
        let rest = self.rest();
        if self.sequence(rest) {
            return;
        }
        let len = rest.find(['$', '%', '\n']).unwrap_or(rest.len());
        let ends_line = rest.as_bytes().get(len) == Some(&b'\n');
        let line = rest.get(..len).unwrap_or_default();
        if let Some(Mode::Heredoc { marker, line_start }) = self.modes.last_mut() {
            let is_complete_line = *line_start && (ends_line || len == rest.len());
            // An indented marker also ends a plain `<<EOT`: HashiCorp's scanner trims the line for both forms.
            if is_complete_line && line.trim() == self.text.get(marker.clone()).unwrap_or_default() {
                self.modes.pop();
                let len = line.strip_suffix('\r').unwrap_or(line).len();
                return self.emit(TokenKind::CloseHeredoc, len);
            }
            *line_start = ends_line;
        }
        self.emit(TokenKind::Literal, len + usize::from(ends_line));
    }
}

/// The length of the name at the start of a text.
fn name_len(text: &str) -> usize {
    let is_ascii = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let len = text.bytes().take_while(|byte| is_ascii(byte)).count();
    let rest = text.get(len..).unwrap_or_default();
    len + rest.find(|c| !is_name_part(c)).unwrap_or(rest.len())
}

/// The length of the first line, without its line ending.
fn line_len(text: &str) -> usize {
    text.split('\n').next().map_or(0, |line| line.strip_suffix('\r').unwrap_or(line).len())
}

/// The length of literal text in a quoted string, including escapes.
fn quoted_len(text: &str) -> usize {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' | '$' | '%' | '\n' | '\r' => return at,
            '\\' if !chars.as_str().starts_with(['\n', '\r']) => {
                chars.next();
            }
            _ => {}
        }
    }
    text.len()
}

/// The length of a number, as greedy as in HashiCorp's scanner: `0.0` after a dot is one number. A number never ends with a dot.
fn number_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let (mut at, mut end) = (0, 0);
    loop {
        match bytes.get(at) {
            Some(b'0'..=b'9') => {
                at += 1;
                end = at;
            }
            Some(b'.') => at += 1,
            Some(b'e' | b'E') if digit(at + 1) => at += 1,
            Some(b'e' | b'E') if matches!(bytes.get(at + 1), Some(b'+' | b'-')) && digit(at + 2) => at += 2,
            _ => return end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str, start: ScanStart) -> Vec<(TokenKind, &str)> {
        scan(text, start).into_iter().map(|token| (token.kind, &text[token.range()])).collect()
    }

    #[test]
    fn template_is_split_at_lines_and_sequences() {
        use TokenKind::{Control, Ident, Interpolation, Literal, SequenceEnd};
        let text = "5 % $${~ a\r\n ${~ x ~}%{ b }$";
        assert_eq!(
            tokens(text, ScanStart::Template),
            [
                (Literal, "5 "),
                (Literal, "%"),
                (Literal, " "),
                (Literal, "$${~"),
                (Literal, " a\r\n"),
                (Literal, " "),
                (Interpolation, "${~"),
                (Ident, "x"),
                (SequenceEnd, "~}"),
                (Control, "%{"),
                (Ident, "b"),
                (SequenceEnd, "}"),
                (Literal, "$"),
            ]
        );
    }

    #[test]
    fn heredoc_ends_at_a_line_with_only_its_marker() {
        use TokenKind::{CloseHeredoc, CloseParen, Equal, Ident, Literal, Newline, OpenHeredoc, OpenParen};
        let text = "a = f(<<-E\n E,\n${x}E\n\tE \r\n)\n";
        let kinds: Vec<TokenKind> = tokens(text, ScanStart::Code).into_iter().map(|(kind, _)| kind).collect();
        let expected =
            [Ident, Equal, Ident, OpenParen, OpenHeredoc, Literal, TokenKind::Interpolation, Ident, TokenKind::SequenceEnd, Literal];
        assert_eq!(kinds, [&expected[..], &[CloseHeredoc, Newline, CloseParen, Newline]].concat());
    }

    #[test]
    fn unclosed_quote_ends_with_its_line() {
        let text = "a = \"x\nb = 1\n";
        let tokens = scan(text, ScanStart::Code);
        let closers = pair(&tokens);
        assert_eq!(closers[2], Some(4));
        assert_eq!(tokens[4].kind, TokenKind::CutQuote);
        assert_eq!(&text[tokens[6].range()], "b");
    }

    #[test]
    fn unclosed_bracket_does_not_affect_text_outside_of_its_braces() {
        let tokens = scan("a { b = [1 } c { }", ScanStart::Code);
        let closers = pair(&tokens);
        let open: Vec<_> = tokens.iter().zip(&closers).filter(|(token, _)| is_opener(token.kind)).map(|(_, closer)| *closer).collect();
        assert_eq!(open, [Some(6), None, Some(9)]);
    }

    #[test]
    fn numbers_are_as_long_as_in_the_hashicorp_scanner() {
        for (text, number) in [("0.b", "0"), ("0.0.b", "0.0"), ("1e5x", "1e5"), ("1e-5", "1e-5"), ("1e", "1"), ("1...", "1"), ("12", "12")]
        {
            assert_eq!(&text[..number_len(text)], number, "{text}");
        }
    }
}
