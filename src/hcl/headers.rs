//! Facts about a file from its tokens alone, without parsing it: the headers of its outermost blocks, and the sources of its module calls.

use super::scan::{ScanStart, Token, TokenKind, is_closer, is_opener, scan};
use super::values::unescape_quoted;

/// Calls `visit` with the type and first label of the outermost blocks, until it returns true. Returns whether it did. Skips items that
/// might not be blocks.
pub fn headers(text: &str, visit: &mut dyn FnMut(&str, &str) -> bool) -> bool {
    let tokens = scan(text, ScanStart::Code);
    let slice = |token: &Token| text.get(token.range()).unwrap_or_default();
    let mut found = false;
    outermost(&tokens, &mut |at| {
        let mut rest = tokens.iter().skip(at + 1).filter(|token| token.kind != TokenKind::Comment);
        let label = match rest.next() {
            Some(next) if next.kind == TokenKind::Ident => Some(slice(next).into()),
            Some(next) if next.kind == TokenKind::OpenQuote => {
                rest.next().filter(|label| label.kind == TokenKind::Literal).and_then(|label| unescape_quoted(slice(label)).ok())
            }
            _ => None,
        };
        found = label.is_some_and(|label| visit(tokens.get(at).map_or("", slice), &label));
        found
    });
    found
}

/// Whether the code of a file contains `{{` or `{%`, the delimiters of another template language. Strings and comments may contain them.
#[must_use]
pub(crate) fn has_template_marks(text: &str) -> bool {
    let is_marked = ["{{", "{%"].iter().any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some());
    is_marked
        && scan(text, ScanStart::Code).iter().any(|token| {
            let after = || text.as_bytes().get(token.range().end);
            token.kind == TokenKind::OpenBrace && after().is_some_and(|byte| matches!(byte, b'{' | b'%'))
        })
}

/// Whether a module call of a file may have a source that is not a literal string.
#[must_use]
pub(crate) fn has_computed_source(text: &str) -> bool {
    let tokens = scan(text, ScanStart::Code);
    let slice = |token: &Token| text.get(token.range()).unwrap_or_default();
    let mut is_computed = false;
    let is_complete = outermost(&tokens, &mut |at| {
        if tokens.get(at).is_some_and(|token| slice(token) == "module") {
            is_computed = has_computed_source_in_block(tokens.get(at..).unwrap_or_default(), &slice);
        }
        is_computed
    });
    // If in doubt, true: after true, the parser decides; a false negative would hide a call.
    is_computed || !is_complete
}

/// Whether a `source` in the block that begins with the first token is anything but a literal string.
fn has_computed_source_in_block<'t>(tokens: &[Token], slice: &dyn Fn(&Token) -> &'t str) -> bool {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if is_opener(token.kind) {
            depth += 1;
        } else if is_closer(token.kind) {
            depth = depth.saturating_sub(1);
            // The end of the block. A quoted label also returns to depth 0, but does not end with a brace.
            if depth == 0 && token.kind == TokenKind::CloseBrace {
                return false;
            }
        }
        if token.kind == TokenKind::Ident && slice(token) == "source" {
            let kinds: Vec<TokenKind> = tokens.iter().skip(at + 1).take(5).map(|token| token.kind).collect();
            let is_literal = match kinds.as_slice() {
                [TokenKind::Equal, TokenKind::OpenQuote, TokenKind::Literal, TokenKind::CloseQuote, end, ..] => {
                    let text_of = |skip: usize| tokens.get(at + skip).map_or("", slice);
                    let ends = match end {
                        TokenKind::Comment => !text_of(5).starts_with("/*"),
                        end => matches!(end, TokenKind::Newline | TokenKind::CloseBrace),
                    };
                    ends && !["\\", "${", "%{"].iter().any(|special| text_of(3).contains(special))
                }
                [TokenKind::Equal | TokenKind::Comment, ..] => false,
                _ => true,
            };
            if !is_literal {
                return true;
            }
        }
    }
    false
}

/// Calls `visit` with the index of each name that begins an item of the outermost body, until it returns true. Returns whether it did, or
/// whether the brackets are balanced, so that all items were visited.
fn outermost(tokens: &[Token], visit: &mut dyn FnMut(usize) -> bool) -> bool {
    let (mut depth, mut is_line_start) = (0_usize, true);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Newline => is_line_start = true,
            TokenKind::Comment => {}
            TokenKind::Invalid => return false,
            kind => {
                if is_line_start && depth == 0 && kind == TokenKind::Ident && visit(at) {
                    return true;
                }
                is_line_start = false;
                if is_opener(kind) {
                    depth += 1;
                } else if is_closer(kind) {
                    let Some(less) = depth.checked_sub(1) else { return false };
                    depth = less;
                }
            }
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_literal_sources_of_module_calls_are_not_computed() {
        for text in [
            "module \"m\" {\n  source = \"./m\"\n}\nresource \"x\" \"y\" {\n  source = cidrsubnet(var.c, 8, 1)\n}\n",
            "module \"m\" {\n  source = \"./m\" # one\n}\n",
            "module m {\n  version = \"1\"\n  source = \"./m\" }\n",
        ] {
            assert!(!has_computed_source(text), "{text}");
        }
        for text in [
            "module \"m\" {\n  source = /* x */ \"./m\"\n}\n",
            "module \"m\" {\n  source /* x */ = \"./m\"\n}\n",
            "module \"m\" {\n  source = (\"./m\")\n}\n",
            "module \"m\" {\n  source = \"./m\" /* x */\n}\n",
            "module \"m\" {\n  source = \"./$${m}\"\n}\n",
            "module \"m\" {\n  source = \"./\\u006d\"\n}\n",
            "module \"m\" {\n  source = \"./${var.m}\"\n}\n",
            "module \"m\" {\n  source = \"./m\" == \"\" ? \"a\" : \"b\"\n}\n",
            "module \"m\" {\n  _ {\n    source = local.m\n  }\n}\n",
            "module /* x */ \"m\" {\n  source = local.m\n}\n",
            "/* x */ module \"m\" {\n  source = local.m\n}\n",
            "module \"m\" {\n  source = \"./m\"\n",
            "}\nmodule \"m\" {\n  source = local.m\n}\n",
        ] {
            assert!(has_computed_source(text), "{text}");
        }
    }
}
