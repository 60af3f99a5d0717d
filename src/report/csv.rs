//! CSV for spreadsheets and auditors: one row for each key and rule, and one for each thing that was not checked.

use super::context::ReportContext;
use super::location;
use super::rows::{OtherFinding, Row, Rows, display_name, version_age_days};
use super::text::clean;
use crate::base::Place;
use crate::key::KeyId;
use crate::policy::{Exempted, Outcome};
use jiff::Timestamp;
use std::borrow::Cow;
use std::io::{self, Write};

/// A row of the table. Cells that do not apply are empty.
#[derive(Default)]
struct CsvRow<'a> {
    record: &'static str,
    root: &'a str,
    inputs: &'a str,
    input: &'static str,
    address: Cow<'a, str>,
    display_name: &'a str,
    ocid: &'a str,
    place: String,
    rule: &'a str,
    verdict: &'static str,
    kind: &'static str,
    level: &'static str,
    reason: Cow<'a, str>,
    edit_place: String,
    exempted_by: &'static str,
    exemption_reason: &'a str,
    exemption_until: String,
    key_created: String,
    version_created: String,
    version_age_days: String,
    fingerprint: &'a str,
}

impl CsvRow<'_> {
    /// The cells with the names of their columns.
    fn cells(&self) -> [(&'static str, &str); 21] {
        [
            ("record", self.record),
            ("root", self.root),
            ("inputs", self.inputs),
            ("input", self.input),
            ("address", &self.address),
            ("display_name", self.display_name),
            ("ocid", self.ocid),
            ("place", &self.place),
            ("rule", self.rule),
            ("verdict", self.verdict),
            ("kind", self.kind),
            ("level", self.level),
            ("reason", &self.reason),
            ("edit_place", &self.edit_place),
            ("exempted_by", self.exempted_by),
            ("exemption_reason", self.exemption_reason),
            ("exemption_until", &self.exemption_until),
            ("key_created", &self.key_created),
            ("version_created", &self.version_created),
            ("version_age_days", &self.version_age_days),
            ("fingerprint", self.fingerprint),
        ]
    }
}

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(CsvRow::default().cells().map(|(name, _)| name))?;
    let mut add = |line: CsvRow<'_>| table.write_record(line.cells().map(|(_, text)| cell(text).into_owned())).map_err(io::Error::from);
    let rows = Rows::new(outcome);
    rows.of_keys().try_for_each(|row| add(of_key(&row, context)))?;
    rows.others().try_for_each(|other| add(of_other(&other, context)))?;
    // Readers of the list must see that it is incomplete.
    for problem in &outcome.problems {
        add(CsvRow {
            record: "problem",
            place: problem.place.as_ref().map_or_else(String::new, |place| shown(place, context)),
            kind: problem.kind.word(),
            reason: problem.message.as_str().into(),
            ..CsvRow::default()
        })?;
    }
    for part in &outcome.not_audited {
        add(CsvRow { record: "not-audited", ocid: &part.ocid, kind: part.what, reason: part.why.as_str().into(), ..CsvRow::default() })?;
    }
    for module in &outcome.modules_not_followed {
        add(CsvRow {
            record: "module-not-followed",
            root: &module.root,
            address: module.address.as_str().into(),
            place: shown(&module.place, context),
            reason: module.why.as_str().into(),
            ..CsvRow::default()
        })?;
    }
    for one in &outcome.not_read {
        add(CsvRow {
            record: "not-read",
            place: one.path.clone(),
            kind: one.kind.word(),
            reason: one.why.as_str().into(),
            ..CsvRow::default()
        })?;
    }
    table.flush()
}

fn of_key<'a>(row: &Row<'a>, context: &ReportContext<'_>) -> CsvRow<'a> {
    let facts = &*row.key.facts;
    let time = |time: Option<Timestamp>| time.map_or_else(String::new, |time| time.to_string());
    CsvRow {
        record: "key",
        display_name: display_name(facts).unwrap_or_default(),
        ocid: facts.ocid.as_deref().unwrap_or_default(),
        place: shown(&facts.place, context),
        rule: row.rule.id,
        verdict: row.verdict.word(),
        kind: row.verdict.kind().word(),
        level: row.finding.map_or("", |finding| finding.level.word()),
        reason: row.verdict.message().into(),
        edit_place: row.finding.map_or_else(String::new, |finding| shown(&finding.place, context)),
        key_created: time(facts.times.created),
        version_created: time(facts.current_version_time()),
        version_age_days: version_age_days(facts, context.now).map_or_else(String::new, |days| days.to_string()),
        fingerprint: row.instance.map_or("", |instance| instance.fingerprints.current.as_str()),
        ..exempted(row.exempted, of_id(&facts.id))
    }
}

fn of_other<'a>(other: &OtherFinding<'a>, context: &ReportContext<'_>) -> CsvRow<'a> {
    let OtherFinding { finding, instance, exempted: exemption } = other;
    let place = shown(&finding.place, context);
    CsvRow {
        record: "finding",
        display_name: instance.and_then(|instance| instance.name.as_deref()).unwrap_or_default(),
        edit_place: place.clone(),
        place,
        rule: finding.rule,
        verdict: finding.verdict,
        kind: finding.kind.word(),
        level: finding.level.word(),
        reason: finding.wording(instance.map_or(0, |instance| instance.wording)).message.to_string().into(),
        fingerprint: instance.map_or(&finding.fingerprint, |instance| instance.fingerprints.current.as_str()),
        ..exempted(*exemption, instance.map_or_else(CsvRow::default, |instance| of_id(&instance.key)))
    }
}

fn of_id(id: &KeyId) -> CsvRow<'_> {
    CsvRow {
        root: &id.root,
        inputs: id.inputs.as_deref().unwrap_or_default(),
        input: id.input.word(),
        address: id.address.as_str().into(),
        ..CsvRow::default()
    }
}

fn exempted<'a>(exempted: Option<&'a Exempted>, line: CsvRow<'a>) -> CsvRow<'a> {
    let Some(exempted) = exempted else { return line };
    CsvRow {
        exempted_by: exempted.by.word(),
        exemption_reason: &exempted.reason,
        exemption_until: exempted.until.map_or_else(String::new, |day| day.to_string()),
        ..line
    }
}

fn shown(place: &Place, context: &ReportContext<'_>) -> String {
    location::short(place, context.sources)
}

/// Prevents spreadsheets from reading a cell as a formula (OWASP, "CSV Injection"): an apostrophe at the start marks it as text. In locales
/// with the semicolon as separator, a formula may also start after a semicolon.
fn cell(text: &str) -> Cow<'_, str> {
    // This escapes tabs and line ends.
    let text = clean(text);
    if !text.split(';').any(is_formula) {
        return text;
    }
    let pieces = text.split(';').map(|piece| if is_formula(piece) { format!("'{piece}") } else { piece.to_owned() });
    Cow::Owned(pieces.collect::<Vec<_>>().join(";"))
}

/// Whether a text starts like a formula, including the full-width characters of East Asian keyboards.
fn is_formula(text: &str) -> bool {
    text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_never_start_like_a_formula() {
        for (text, expected) in [
            ("oci_kms_key.k", "oci_kms_key.k"),
            ("=cmd|'/c calc'!A0", "'=cmd|'/c calc'!A0"),
            ("  +1", "'  +1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\\t=1"),
            ("\r=1", "\\r=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("a; b;=1;\u{ff0b}2", "a; b;'=1;'\u{ff0b}2"),
            ("a = b - c @ d", "a = b - c @ d"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }
}
