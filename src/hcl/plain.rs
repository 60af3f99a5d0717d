//! Parses common operands without the expression parser: names joined by dots, calls, lists and parentheses. Most operands are of these
//! kinds, and parsing them here takes a third of the time. Anything unusual goes to the expression parser.

use super::expression::{ExprWithHeight, Parsed, Tokens};
use super::scan::{Token, TokenKind};
use super::tree::{Expr, ExprKind, TraversalStep};
use std::ops::Range;

/// How many steps are parsed here: few enough that the parser's own limits do not matter.
const MAX_STEPS: usize = 32;

impl Tokens<'_> {
    /// Parses the operand; `None` if it is not of these kinds.
    pub(super) fn plain(&self, tokens: &Range<usize>, first: Token, depth: usize) -> Option<Parsed<ExprWithHeight>> {
        match first.kind {
            TokenKind::Ident if tokens.len() >= 3 => match self.get(tokens.start + 1)?.kind {
                TokenKind::OpenParen => self.bracketed(tokens.start + 1, tokens).map(|parts| self.call(tokens, parts, depth)),
                TokenKind::Other => self.path(tokens).map(Ok),
                _ => None,
            },
            TokenKind::OpenParen => match self.bracketed(tokens.start, tokens)?.as_slice() {
                [only] => Some(self.expression(only.clone(), depth + 1).and_then(|inner| {
                    let height = inner.height + 2;
                    self.node(tokens, ExprKind::Parens(Box::new(inner.expr)), height)
                })),
                _ => None,
            },
            TokenKind::OpenBracket if !self.is_for(tokens.start) => {
                let parts = self.bracketed(tokens.start, tokens)?;
                Some(self.expressions(parts, depth).and_then(|(elements, height)| self.node(tokens, ExprKind::Tuple(elements), height)))
            }
            _ => None,
        }
    }

    /// Parses `a.b.c`, without spaces.
    fn path(&self, tokens: &Range<usize>) -> Option<ExprWithHeight> {
        if tokens.len() > 2 * MAX_STEPS + 1 {
            return None;
        }
        let (base, steps) = self.list.get(tokens.clone())?.split_first()?;
        let name = self.slice(base.range());
        // The parser decides which letters beyond ASCII are allowed in names, and what steps after a keyword mean.
        if !name.is_ascii() || matches!(name, "true" | "false" | "null") {
            return None;
        }
        let (pairs, []) = steps.as_chunks::<2>() else { return None };
        let mut end = base.end;
        let mut path = Vec::with_capacity(pairs.len());
        for [dot, step] in pairs {
            let is_dot = dot.kind == TokenKind::Other && self.slice(dot.range()) == ".";
            if !is_dot || step.kind != TokenKind::Ident || dot.start != end || step.start != dot.end || !self.slice(step.range()).is_ascii()
            {
                return None;
            }
            end = step.end;
            path.push(TraversalStep::Attr(self.name(*step)));
        }
        let base = Expr { kind: ExprKind::Variable(name.into()), span: self.origin.span(base.range()) };
        let kind = ExprKind::Traversal(Box::new(base), path);
        Some(ExprWithHeight { expr: Expr { kind, span: self.span(tokens) }, height: 2 })
    }

    fn call(&self, tokens: &Range<usize>, parts: Vec<Range<usize>>, depth: usize) -> Parsed<ExprWithHeight> {
        let Some(name) = self.get(tokens.start) else { return self.missing(tokens) };
        let (arguments, height) = self.expressions(parts, depth)?;
        self.node(tokens, ExprKind::Call { name: self.name(name), arguments, expand: false }, height)
    }

    /// The parts between the commas in the brackets that open at `open`. `None` unless the brackets close at the end of the tokens, and no
    /// part is missing, a splat, or expanded.
    fn bracketed(&self, open: usize, tokens: &Range<usize>) -> Option<Vec<Range<usize>>> {
        let close = self.closer(open).filter(|close| close + 1 == tokens.end)?;
        let (bracket, before) = (self.get(open)?, self.get(tokens.start)?);
        if open > tokens.start && (before.end != bracket.start || !self.slice(before.range()).is_ascii()) {
            return None;
        }
        let mut parts = Vec::new();
        let mut start = open + 1;
        loop {
            let comma = self.find(start..close, |token| token.kind == TokenKind::Comma);
            let part = self.trim(start..comma.unwrap_or(close));
            let Some(last) = part.end.checked_sub(1).and_then(|at| self.get(at)).filter(|_| !part.is_empty()) else {
                // Empty brackets, or the trailing comma of a list.
                let may_end = if parts.is_empty() { start == open + 1 } else { bracket.kind == TokenKind::OpenBracket };
                let is_end = comma.is_none() && may_end;
                return is_end.then_some(parts);
            };
            if matches!(self.slice(last.range()), "..." | "*") {
                return None;
            }
            parts.push(part);
            match comma {
                Some(comma) => start = comma + 1,
                None => return Some(parts),
            }
        }
    }

    /// Parses these parts; also returns the height of a node with these children.
    fn expressions(&self, parts: Vec<Range<usize>>, depth: usize) -> Parsed<(Vec<Expr>, usize)> {
        let mut list = Vec::with_capacity(parts.len());
        let mut height = 1;
        for part in parts {
            let part = self.expression(part, depth + 1)?;
            height = height.max(part.height + 2);
            list.push(part.expr);
        }
        Ok((list, height))
    }

    fn node(&self, tokens: &Range<usize>, kind: ExprKind, height: usize) -> Parsed<ExprWithHeight> {
        self.bounded(ExprWithHeight { expr: Expr { kind, span: self.span(tokens) }, height })
    }

    fn span(&self, tokens: &Range<usize>) -> crate::base::Span {
        let start = self.get(tokens.start).map_or(0, |token| token.start);
        let end = tokens.end.checked_sub(1).and_then(|at| self.get(at)).map_or(start, |token| token.end);
        self.origin.span(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::origin::Origin;
    use super::super::scan::{ScanStart, scan};
    use super::*;
    use crate::base::Sources;

    /// The results of `plain` and of the expression parser for a text.
    fn both(text: &str) -> (Option<String>, String) {
        let sources = Sources::default();
        let origin = Origin::At(sources.add("a.tf", text.to_owned()), 0);
        let tokens = Tokens::new(text, &origin, scan(text, ScanStart::Code));
        let all = 0..tokens.list.len();
        let shown = |parsed: Parsed<ExprWithHeight>| match parsed {
            Ok(parsed) => format!("{} {:?}", parsed.height, parsed.expr),
            Err(error) => format!("{error:?}"),
        };
        let first = tokens.get(0).unwrap();
        (tokens.plain(&all, first, 0).map(shown), shown(tokens.parse_masked(all, 0)))
    }

    #[test]
    fn plain_operands_are_parsed_as_by_the_expression_parser() {
        let operands = [
            "var.a",
            "a-b.c_d.e0",
            "data.oci_kms_vault.v.management_endpoint",
            "for.in.if.else.null.true",
            "f()",
            "f(\n)",
            "null()",
            "f(var.a, 1, \"x\", null, [1], { a = 1 }, -1, !b, a ? b : c)",
            "f(\n  a, # one\n  /* two */ b\n)",
            "f(g(h(1)))",
            "f(1 +)",
            "f(a[)",
            "(a)",
            "(\n  a + 1\n)",
            "(a ? b : c)",
            "()",
            "[]",
            "[\n]",
            "[a]",
            "[a, \"b\", [c], 1,]",
            "[\n  a,\n  b, # c\n]",
            "[a b]",
            "[1 + ]",
        ];
        for text in operands {
            let (plain, parser) = both(text);
            if let Some(plain) = plain {
                assert_eq!(plain, parser, "{text}");
            }
        }
        let parsed = operands.iter().filter(|text| both(text).0.is_some()).count();
        assert!(parsed + 2 >= operands.len(), "{parsed}");
    }

    #[test]
    fn unusual_operands_are_left_to_the_expression_parser() {
        let chain = format!("a{}", ".b".repeat(MAX_STEPS + 1));
        for text in [
            "true.a",
            "null.a",
            "a. b",
            "a .b",
            "a.é",
            "é.a",
            "a.0",
            "a.*",
            "a[0]",
            "a.b[0]",
            "f(a...)",
            "f(a,)",
            "f(,)",
            "f(*)",
            "f (a)",
            "a::f(b)",
            "f(a).b",
            "[,]",
            "[a,,b]",
            "[for a in b : a]",
            "(a, b)",
            "(a,)",
            "[a][0]",
            "(a).b",
            "[*]",
            &chain,
        ] {
            assert_eq!(both(text).0, None, "{text}");
        }
    }
}
