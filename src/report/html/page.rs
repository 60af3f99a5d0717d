//! The frame of the page, and the only functions that convert text to markup.

use crate::base::Place;
use crate::report::context::ReportContext;
use crate::report::location;
use crate::report::text::clean;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// The stylesheet with the line ends that a browser hashes: it normalizes the `\r\n` of a checkout on Windows.
fn style() -> String {
    include_str!("style.css").replace("\r\n", "\n")
}

/// The script, normalized in the same way.
fn script() -> String {
    include_str!("script.js").replace("\r\n", "\n")
}

/// The most bytes of entries in a page: browsers take very long to show more.
const MAX_BYTES: usize = 32 << 20;

/// A page being written.
pub(super) struct HtmlPage<'w> {
    out: &'w mut dyn Write,
    left: usize,
}

impl<'w> HtmlPage<'w> {
    /// A page that is written to `out`.
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self { out, left: MAX_BYTES }
    }

    /// Writes everything before the content. The policy allows only the page's own style and script, so that it never sends a request.
    pub(super) fn begin(&mut self, title: &str) -> io::Result<()> {
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
            hash(&script()),
            hash(&style())
        );
        self.line("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>")?;
        self.line(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"/>"))?;
        self.line(
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>",
        )?;
        self.line("<meta name=\"color-scheme\" content=\"light dark\"/>")?;
        self.line(&format!("<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>", escaped(title), style()))
    }

    /// Writes everything after the content.
    pub(super) fn end(&mut self) -> io::Result<()> {
        let home = env!("CARGO_PKG_REPOSITORY");
        self.line(&format!("</main>\n<footer><p>Written by {}.</p></footer>", link(home, "kmslint")))?;
        self.line(&format!("<script>{}</script>\n</body>\n</html>", script()))
    }

    /// Writes a title that links can refer to.
    pub(super) fn section(&mut self, id: &str, title: &str) -> io::Result<()> {
        self.line(&format!("<h2 id=\"{id}\">{title}</h2>"))
    }

    /// Writes a line of markup.
    pub(super) fn line(&mut self, markup: &str) -> io::Result<()> {
        writeln!(self.out, "{markup}")
    }

    /// Reserves room for an entry of this many bytes; `false` if there is not enough.
    pub(super) fn reserve(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

/// The hash by which a Content Security Policy allows a text.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// Escapes a text.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A name in a `code` element.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<code>{}</code>", escaped(text)) }
}

/// A sentence with the parts between backticks as code. With an odd number of backticks, some of them belong to a name.
pub(super) fn prose(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return escaped(text);
    }
    pieces.into_iter().enumerate().map(|(at, piece)| if at % 2 == 1 { code(piece) } else { escaped(piece) }).collect()
}

/// A link with this markup as its text. The URL must be our own or the CI service's.
pub(super) fn link(url: &str, markup: &str) -> String {
    format!("<a href=\"{}\" rel=\"noreferrer\">{markup}</a>", escaped(url))
}

/// A place, as a link to its line on the CI service if possible.
pub(super) fn place_link(place: &Place, context: &ReportContext<'_>) -> String {
    let text = code(&location::short(place, context.sources));
    location::url(place, context).map_or_else(|| text.clone(), |url| link(&url, &text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(escaped("<b a=\"1\" c='2'>&\u{1b}"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\\u{1b}");
        assert_eq!(prose("see `<a>` and <b>"), "see <code>&lt;a&gt;</code> and &lt;b&gt;");
        assert_eq!(prose("odd ` <b>"), "odd ` &lt;b&gt;");
        assert_eq!(link("https://x/\"onclick=\"y", "z"), "<a href=\"https://x/&quot;onclick=&quot;y\" rel=\"noreferrer\">z</a>");
    }

    #[test]
    fn script_and_style_need_no_escapes_in_xml() {
        assert!(!script().contains(['<', '&']) && !style().contains(['<', '&']));
    }
}
