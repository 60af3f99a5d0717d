//! The headers of a file's outermost blocks, without parsing what is in them.

use super::scan::{Kind, Start, Token, is_closer, is_opener, scan};
use super::values::quoted;
use std::borrow::Cow;

/// Calls `visit` with the type and the first label of each outermost block that is certainly one, until it returns true; whether it did.
pub fn headers(text: &str, visit: &mut dyn FnMut(&str, &str) -> bool) -> bool {
    let tokens = scan(text, Start::Code);
    let slice = |token: &Token| text.get(token.range()).unwrap_or_default();
    let (mut depth, mut begins) = (0_usize, true);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Newline => begins = true,
            // A comment to the end of the line holds the line's end.
            Kind::Comment => begins |= slice(token).ends_with('\n'),
            kind => {
                if begins && depth == 0 && kind == Kind::Ident {
                    let mut rest = tokens.iter().skip(at + 1).filter(|token| token.kind != Kind::Comment);
                    let label = match rest.next() {
                        Some(next) if next.kind == Kind::Ident => Some(Cow::Borrowed(slice(next))),
                        Some(next) if next.kind == Kind::OpenQuote => {
                            rest.next().filter(|label| label.kind == Kind::Literal).and_then(|label| quoted(slice(label)).ok())
                        }
                        _ => None,
                    };
                    if label.is_some_and(|label| visit(slice(token), &label)) {
                        return true;
                    }
                }
                begins = false;
                if is_opener(kind) {
                    depth += 1;
                } else if is_closer(kind) {
                    depth = depth.saturating_sub(1);
                }
            }
        }
    }
    false
}
