//! Comma-separated values as Go's `encoding/csv` reads them.
//!
//! The crate `csv` cannot be used: it accepts quotes in the middle of a field and text after a closing quote, which Go rejects with a line
//! number.

use super::row::FunctionError;

/// Why a text is not valid CSV.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CsvError {
    /// A quote within a field that does not begin with one.
    #[error("CSV parse error on line {0}: bare \" in non-quoted field")]
    BareQuote(usize),
    /// Text after a closing quote.
    #[error("CSV parse error on line {0}: extraneous or missing \" in quoted-field")]
    TextAfterQuote(usize),
    /// The text ends within quotes.
    #[error("CSV parse error: a quoted field is not closed")]
    UnclosedField,
}

impl From<CsvError> for FunctionError {
    fn from(error: CsvError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// The records of a text. Empty lines are skipped; quoted fields may contain line breaks.
pub(super) fn records(text: &str) -> Result<Vec<Vec<String>>, CsvError> {
    let mut lines = CsvLines { rest: text, number: 0 };
    let mut records = Vec::new();
    while let Some((line, is_ended)) = lines.next_line() {
        if !line.is_empty() {
            records.push(record(line, is_ended, &mut lines)?);
        }
    }
    Ok(records)
}

struct CsvLines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> CsvLines<'a> {
    /// The next line without its end, and whether it has one.
    fn next_line(&mut self) -> Option<(&'a str, bool)> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let (line, rest, is_ended) = match self.rest.split_once('\n') {
            Some((line, rest)) => (line, rest, true),
            None => (self.rest, "", false),
        };
        self.rest = rest;
        Some((line.strip_suffix('\r').unwrap_or(line), is_ended))
    }
}

fn record<'a>(line: &'a str, is_ended: bool, lines: &mut CsvLines<'a>) -> Result<Vec<String>, CsvError> {
    let mut fields = Vec::new();
    let (mut line, mut is_ended) = (line, is_ended);
    loop {
        let rest = if let Some(quoted) = line.strip_prefix('"') {
            let (field, rest, ended) = quoted_field(quoted, is_ended, lines)?;
            fields.push(field);
            is_ended = ended;
            rest
        } else {
            let (field, rest) = match line.split_once(',') {
                Some((field, rest)) => (field, Some(rest)),
                None => (line, None),
            };
            if field.contains('"') {
                return Err(CsvError::BareQuote(lines.number));
            }
            fields.push(field.to_owned());
            rest
        };
        match rest {
            Some(rest) => line = rest,
            None => return Ok(fields),
        }
    }
}

/// After an opening quote: the field, the rest after its comma, and whether the line of that rest ends with a line break.
fn quoted_field<'a>(line: &'a str, is_ended: bool, lines: &mut CsvLines<'a>) -> Result<(String, Option<&'a str>, bool), CsvError> {
    let (mut line, mut is_ended) = (line, is_ended);
    let mut field = String::new();
    loop {
        match line.split_once('"') {
            Some((part, rest)) => {
                field.push_str(part);
                if let Some(rest) = rest.strip_prefix('"') {
                    field.push('"');
                    line = rest;
                } else if let Some(rest) = rest.strip_prefix(',') {
                    return Ok((field, Some(rest), is_ended));
                } else if rest.is_empty() {
                    return Ok((field, None, is_ended));
                } else {
                    return Err(CsvError::TextAfterQuote(lines.number));
                }
            }
            None => {
                field.push_str(line);
                if is_ended {
                    field.push('\n');
                }
                (line, is_ended) = lines.next_line().ok_or(CsvError::UnclosedField)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CsvError, records};

    #[test]
    fn quotes_and_line_breaks_are_handled_as_in_go() {
        let read = records("a,\"b\"\"c\"\r\n\r\n\"d\r\ne\",\r\n").unwrap();
        assert_eq!(read, [["a", "b\"c"], ["d\ne", ""]]);
        for (text, error) in [
            ("a\"b", CsvError::BareQuote(1)),
            ("a\n\"a\"b", CsvError::TextAfterQuote(2)),
            ("\"a\"b", CsvError::TextAfterQuote(1)),
            ("\"a", CsvError::UnclosedField),
        ] {
            assert_eq!(records(text), Err(error), "{text}");
        }
    }
}
