//! Operators, signs and brackets → expressions. The expression parser gets one operand at a time, so that its limits on nesting and
//! operators (64 levels, 128 operators) do not apply: generated code exceeds them, and Terraform accepts it.

use super::expression::{ExprWithHeight, MAX_HEIGHT, Masked, Parsed, Tokens};
use super::native;
use super::scan::{Token, TokenKind, is_opener};
use super::tree::{BinaryOp, Expr, ExprKind, UnaryOp};
use std::ops::Range;

impl Tokens<'_> {
    /// The range without leading and trailing newlines and comments.
    pub(super) fn trim(&self, tokens: Range<usize>) -> Range<usize> {
        let list = self.list.get(tokens.clone()).unwrap_or_default();
        let is_trivia = |token: &&Token| matches!(token.kind, TokenKind::Newline | TokenKind::Comment);
        let leading = list.iter().take_while(is_trivia).count();
        let trailing = list.iter().rev().take_while(is_trivia).count();
        tokens.start + leading..tokens.end.saturating_sub(trailing).max(tokens.start + leading)
    }

    /// Parses `condition ? a : b`, or an expression of higher precedence.
    pub(super) fn conditional(&self, tokens: Range<usize>, depth: usize) -> Parsed<ExprWithHeight> {
        // Conditionals are right-associative; a chain of them is parsed in a loop, not recursively.
        let mut chain = Vec::new();
        let mut rest = tokens;
        while let Some(question) = self.find(rest.clone(), |token| token.kind == TokenKind::Question) {
            let condition = self.binary(rest.start..question, depth)?;
            let Some(colon) = self.colon_of(question).filter(|colon| *colon < rest.end) else {
                let range = self.get(question).map_or(0..0, Token::range);
                return self.error(range, "expected `:` and a second result in this conditional");
            };
            let then = self.expression(question + 1..colon, depth + 1)?;
            chain.push((condition, then));
            rest = colon + 1..rest.end;
        }
        let mut last = self.binary(rest, depth)?;
        while let Some((condition, then)) = chain.pop() {
            let height = condition.height.max(then.height).max(last.height) + 1;
            let span = condition.expr.span.to(last.expr.span);
            let kind = ExprKind::Conditional(Box::new(condition.expr), Box::new(then.expr), Box::new(last.expr));
            last = self.bounded(ExprWithHeight { expr: Expr { kind, span }, height })?;
        }
        Ok(last)
    }

    /// The index of the first wanted token outside of brackets.
    pub(super) fn find(&self, tokens: Range<usize>, wanted: impl Fn(Token) -> bool) -> Option<usize> {
        let mut at = tokens.start;
        while at < tokens.end {
            let Some(token) = self.get(at) else { break };
            if wanted(token) {
                return Some(at);
            }
            at = self.after(at);
        }
        None
    }

    /// The index after a token, or after its closing token. Unclosed tokens are reported when they are parsed.
    fn after(&self, at: usize) -> usize {
        self.closer(at).unwrap_or(at) + 1
    }

    /// The index of the first `:` that does not belong to a conditional in these tokens.
    pub(super) fn colon(&self, tokens: Range<usize>) -> Option<usize> {
        let mut questions = 0_usize;
        let mut at = tokens.start;
        while at < tokens.end {
            let Some(token) = self.get(at) else { break };
            match token.kind {
                TokenKind::Question => questions += 1,
                TokenKind::Colon if questions == 0 => return Some(at),
                TokenKind::Colon => questions -= 1,
                _ => {}
            }
            at = self.after(at);
        }
        None
    }

    /// Parses operands with binary operators between them; all operators are left-associative.
    fn binary(&self, tokens: Range<usize>, depth: usize) -> Parsed<ExprWithHeight> {
        let mut operands: Vec<ExprWithHeight> = Vec::new();
        let mut operators: Vec<BinaryOp> = Vec::new();
        let mut start = tokens.start;
        let mut at = tokens.start;
        // Whether an operand has begun, and its latest token.
        let (mut has_operand, mut before) = (false, "");
        while at < tokens.end {
            let Some(token) = self.get(at) else { break };
            let next = self.after(at);
            let text = self.slice(token.range());
            match (token.kind, operator(text)) {
                (TokenKind::Newline | TokenKind::Comment, _) => {}
                // The star of `a.*` is a splat, not a multiplication.
                (TokenKind::Other, Some(operator)) if has_operand && !(text == "*" && before == ".") => {
                    operands.push(self.operand(start..at, depth)?);
                    while let Some(last) = operators.last().filter(|last| precedence(**last) >= precedence(operator)).copied() {
                        operators.pop();
                        self.combine(last, &mut operands)?;
                    }
                    operators.push(operator);
                    (start, has_operand, before) = (next, false, "");
                }
                // A sign belongs to the operand after it.
                (TokenKind::Other, _) if !has_operand && matches!(text, "-" | "!") => {}
                _ => (has_operand, before) = (true, text),
            }
            at = next;
        }
        operands.push(self.operand(start..tokens.end, depth)?);
        while let Some(last) = operators.pop() {
            self.combine(last, &mut operands)?;
        }
        match operands.pop() {
            Some(only) => Ok(only),
            None => self.missing(&tokens),
        }
    }

    /// Replaces the last two operands by the operation on them.
    fn combine(&self, operator: BinaryOp, operands: &mut Vec<ExprWithHeight>) -> Parsed<()> {
        let (Some(right), Some(left)) = (operands.pop(), operands.pop()) else { return self.error(0..0, "expected a value") };
        let span = left.expr.span.to(right.expr.span);
        let height = left.height.max(right.height) + 1;
        let kind = ExprKind::Binary(operator, Box::new(left.expr), Box::new(right.expr));
        operands.push(self.bounded(ExprWithHeight { expr: Expr { kind, span }, height })?);
        Ok(())
    }

    /// Rejects an expression that exceeds [`MAX_HEIGHT`].
    pub(super) fn bounded(&self, parsed: ExprWithHeight) -> Parsed<ExprWithHeight> {
        if parsed.height > MAX_HEIGHT {
            let message = format!("this expression is more than {MAX_HEIGHT} levels deep");
            return Err(super::tree::SyntaxError { message, span: parsed.expr.span });
        }
        Ok(parsed)
    }

    /// The error for a missing value in the place of these tokens.
    pub(super) fn missing<T>(&self, tokens: &Range<usize>) -> Parsed<T> {
        let before = tokens.start.checked_sub(1).and_then(|at| self.get(at));
        match (before.filter(|token| matches!(token.kind, TokenKind::Other | TokenKind::Question | TokenKind::Colon)), self.get(tokens.end))
        {
            (Some(token), None) => self.error(token.range(), format!("unexpected end of expression after `{}`", self.slice(token.range()))),
            (Some(token), Some(_)) => self.error(token.range(), format!("missing value after `{}`", self.slice(token.range()))),
            _ => self.error(self.gap(tokens.start), "expected a value"),
        }
    }

    /// Parses one operand with its signs.
    fn operand(&self, tokens: Range<usize>, depth: usize) -> Parsed<ExprWithHeight> {
        let tokens = self.trim(tokens);
        let mut signs = Vec::new();
        let mut at = tokens.start;
        while at < tokens.end {
            let Some(token) = self.get(at) else { break };
            match self.slice(token.range()) {
                "-" => signs.push((UnaryOp::Negate, token)),
                "!" => signs.push((UnaryOp::Not, token)),
                _ if matches!(token.kind, TokenKind::Newline | TokenKind::Comment) => {}
                _ => break,
            }
            at += 1;
        }
        let inner = self.trim(at..tokens.end);
        if inner.is_empty() {
            return self.missing(&(at..tokens.end));
        }
        let mut operand = self.term(inner, depth)?;
        for (operator, token) in signs.into_iter().rev() {
            let span = self.origin.span(token.range()).to(operand.expr.span);
            let kind = ExprKind::Unary(operator, Box::new(operand.expr));
            operand = self.bounded(ExprWithHeight { expr: Expr { kind, span }, height: operand.height + 1 })?;
        }
        Ok(operand)
    }

    /// Parses a value and the steps after it.
    fn term(&self, tokens: Range<usize>, depth: usize) -> Parsed<ExprWithHeight> {
        let Some(first) = self.get(tokens.start) else { return self.missing(&tokens) };
        let plain = self.single_token(&tokens, first).map(Ok).or_else(|| self.plain(&tokens, first, depth));
        plain.unwrap_or_else(|| self.parse_masked(tokens, depth))
    }

    /// Parses a value and the steps after it with the expression parser, which gets an empty string in the place of every number, object,
    /// template, and expression in brackets.
    pub(super) fn parse_masked(&self, tokens: Range<usize>, depth: usize) -> Parsed<ExprWithHeight> {
        let mut masked = Masked::default();
        let mut at = tokens.start;
        while at < tokens.end {
            let Some(token) = self.get(at) else { break };
            match token.kind {
                TokenKind::Newline | TokenKind::Comment => {}
                TokenKind::Invalid => return self.invalid(token),
                TokenKind::OpenQuote | TokenKind::OpenHeredoc | TokenKind::OpenBrace if !self.is_for(at) => {
                    let (closer, part) = self.object_or_template(at, depth)?;
                    if (at, closer + 1) == (tokens.start, tokens.end) {
                        return Ok(part);
                    }
                    masked.mask(part, token.start..self.get(closer).map_or(token.end, |token| token.end));
                    at = closer;
                }
                TokenKind::Number if at == tokens.start => {
                    let kind = ExprKind::Number(self.slice(token.range()).into());
                    masked.mask(ExprWithHeight { expr: Expr { kind, span: self.origin.span(token.range()) }, height: 1 }, token.range());
                }
                kind if is_opener(kind) => {
                    let Some(close) = self.closer(at) else { return self.unclosed(token) };
                    masked.push(self.slice(token.range()), token.range());
                    let is_tuple = at == tokens.start && self.is_for(at);
                    if is_tuple || kind == TokenKind::OpenBrace {
                        self.mask_for(at + 1..close, &mut masked, depth + 1)?;
                    } else {
                        self.mask_list(at + 1..close, &mut masked, depth + 1)?;
                    }
                    let last = self.get(close).map_or(token.range(), Token::range);
                    masked.push(self.slice(last.clone()), last);
                    at = close;
                }
                _ => masked.push(self.slice(token.range()), token.range()),
            }
            at += 1;
        }
        self.bounded(native::expression(masked, self)?)
    }

    /// Masks elements, arguments, or an index: expressions between commas.
    fn mask_list(&self, tokens: Range<usize>, masked: &mut Masked, depth: usize) -> Parsed<()> {
        let is_splat =
            |range: &Range<usize>| range.len() == 1 && self.get(range.start).is_some_and(|token| self.slice(token.range()) == "*");
        let mut start = tokens.start;
        loop {
            let comma = self.find(start..tokens.end, |token| token.kind == TokenKind::Comma);
            let range = self.trim(start..comma.unwrap_or(tokens.end));
            let last = range.end.checked_sub(1).and_then(|at| self.get(at)).filter(|_| !range.is_empty());
            let expansion = last.filter(|token| self.slice(token.range()) == "...");
            if is_splat(&range) {
                last.into_iter().for_each(|token| masked.push("*", token.range()));
            } else if !range.is_empty() {
                let end = range.end - usize::from(expansion.is_some());
                self.mask_expression(range.start..end, masked, depth)?;
                expansion.into_iter().for_each(|token| masked.push("...", token.range()));
            }
            let Some(comma) = comma else { return Ok(()) };
            let range = self.get(comma).map_or(0..0, Token::range);
            masked.push(",", range);
            start = comma + 1;
        }
    }

    /// Parses an expression and masks it.
    fn mask_expression(&self, tokens: Range<usize>, masked: &mut Masked, depth: usize) -> Parsed<()> {
        let range = self.trim(tokens.clone());
        let ends = self.get(range.start).zip(range.end.checked_sub(1).and_then(|at| self.get(at)));
        let part = self.expression(tokens, depth)?;
        if let Some((first, last)) = ends {
            masked.mask(part, first.start..last.end);
        }
        Ok(())
    }

    /// Masks the expressions inside `[for …]` or `{for …}`.
    fn mask_for(&self, tokens: Range<usize>, masked: &mut Masked, depth: usize) -> Parsed<()> {
        let word =
            |at: usize, word: &str| self.get(at).is_some_and(|token| token.kind == TokenKind::Ident && self.slice(token.range()) == word);
        let mut at = tokens.start;
        // `for k, v in`
        while at < tokens.end {
            let Some(token) = self.get(at) else { break };
            match token.kind {
                TokenKind::Newline | TokenKind::Comment => {}
                TokenKind::Ident | TokenKind::Comma => masked.push(self.slice(token.range()), token.range()),
                _ => return self.error(token.range(), "a `for` expression begins with `for`, the names of its variables, and `in`"),
            }
            at += 1;
            // A variable may be named `in`: `[for in in x : in]`.
            if word(at - 1, "in") && at > tokens.start + 2 {
                break;
            }
        }
        let Some(colon) = self.colon(at..tokens.end) else {
            return self.error(self.gap(tokens.end), "expected `:` after the collection of this `for` expression");
        };
        self.mask_expression(at..colon, masked, depth)?;
        let push = |at: usize, masked: &mut Masked| {
            let token = self.get(at).map_or(0..0, Token::range);
            masked.push(self.slice(token.clone()), token);
        };
        push(colon, masked);
        let mut start = colon + 1;
        let arrow = |token: Token| token.kind == TokenKind::Other && self.slice(token.range()) == "=>";
        if let Some(arrow) = self.find(start..tokens.end, arrow) {
            self.mask_expression(start..arrow, masked, depth)?;
            push(arrow, masked);
            start = arrow + 1;
        }
        let start_of_value = self.trim(start..tokens.end).start;
        let mut end = start_of_value;
        let mut after_dot = false;
        let mut group = None;
        while end < tokens.end {
            let Some(token) = self.get(end) else { break };
            if token.kind == TokenKind::Other && self.slice(token.range()) == "..." {
                group.get_or_insert(end);
            }
            // An attribute (`x.if`) or variable (`[for if in x : if]`) of this name does not begin the condition.
            if word(end, "if") && !after_dot && end > start_of_value {
                break;
            }
            after_dot = token.kind == TokenKind::Other && self.slice(token.range()) == ".";
            end = self.after(end);
        }
        self.mask_expression(start..group.unwrap_or(end), masked, depth)?;
        if let Some(group) = group {
            push(group, masked);
            if let Some(extra) = self.get(self.trim(group + 1..end).start).filter(|_| !self.trim(group + 1..end).is_empty()) {
                return self.error(extra.range(), "expected `if` or the end of the `for` expression after `...`");
            }
        }
        if end < tokens.end {
            push(end, masked);
            self.mask_expression(end + 1..tokens.end, masked, depth)?;
        }
        Ok(())
    }
}

fn operator(text: &str) -> Option<BinaryOp> {
    Some(match text {
        "||" => BinaryOp::Or,
        "&&" => BinaryOp::And,
        "==" => BinaryOp::Equal,
        "!=" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterEqual,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        "%" => BinaryOp::Modulo,
        _ => return None,
    })
}

/// The precedence of an operator; a higher one binds tighter. Source: `binaryOps` in HashiCorp's `hclsyntax/expression_ops.go`.
fn precedence(operator: BinaryOp) -> u8 {
    match operator {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Equal | BinaryOp::NotEqual => 3,
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => 4,
        BinaryOp::Add | BinaryOp::Subtract => 5,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => 6,
    }
}
