//! Comma-separated values as Go's `encoding/csv` reads them.

/// The records of a text. Empty lines are none; quoted fields may hold line breaks.
pub(super) fn records(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut lines = Lines { rest: text, number: 0 };
    let mut records = Vec::new();
    while let Some(line) = lines.next_line() {
        if line != "\n" && !line.is_empty() {
            records.push(record(line, &mut lines)?);
        }
    }
    Ok(records)
}

struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl Lines<'_> {
    /// The next line, its end brought to `\n`; without one at the end of the text.
    fn next_line(&mut self) -> Option<String> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        match self.rest.split_once('\n') {
            Some((line, rest)) => {
                self.rest = rest;
                Some(format!("{}\n", line.strip_suffix('\r').unwrap_or(line)))
            }
            None => {
                let line = self.rest.strip_suffix('\r').unwrap_or(self.rest);
                self.rest = "";
                Some(line.to_owned())
            }
        }
    }
}

fn record(line: String, lines: &mut Lines<'_>) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut line = line;
    loop {
        let Some(quoted) = line.strip_prefix('"') else {
            let (field, rest) = match line.split_once(',') {
                Some((field, rest)) => (field, Some(rest)),
                None => (line.strip_suffix('\n').unwrap_or(&line), None),
            };
            if field.contains('"') {
                return Err(format!("CSV parse error on line {}: bare \" in non-quoted field", lines.number));
            }
            fields.push(field.to_owned());
            match rest {
                Some(rest) => line = rest.to_owned(),
                None => return Ok(fields),
            }
            continue;
        };
        let (field, rest) = quoted_field(quoted.to_owned(), lines)?;
        fields.push(field);
        match rest {
            Some(rest) => line = rest,
            None => return Ok(fields),
        }
    }
}

/// Behind an opening quote: the field, and what follows its comma.
fn quoted_field(line: String, lines: &mut Lines<'_>) -> Result<(String, Option<String>), String> {
    let mut line = line;
    let mut field = String::new();
    loop {
        match line.split_once('"') {
            Some((part, rest)) => {
                field.push_str(part);
                if let Some(rest) = rest.strip_prefix('"') {
                    field.push('"');
                    line = rest.to_owned();
                } else if let Some(rest) = rest.strip_prefix(',') {
                    return Ok((field, Some(rest.to_owned())));
                } else if rest.is_empty() || rest == "\n" {
                    return Ok((field, None));
                } else {
                    return Err(format!("CSV parse error on line {}: extraneous or missing \" in quoted-field", lines.number));
                }
            }
            None => {
                field.push_str(&line);
                line = lines.next_line().ok_or_else(|| "CSV parse error: a quoted field is not closed".to_owned())?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn quotes_and_line_ends_are_those_of_go() {
        let read = records("a,\"b\"\"c\"\r\n\r\n\"d\r\ne\",\r\n").unwrap();
        assert_eq!(read, [["a", "b\"c"], ["d\ne", ""]]);
        for text in ["a\"b", "\"a\"b", "\"a"] {
            assert!(records(text).is_err(), "{text}");
        }
    }
}
