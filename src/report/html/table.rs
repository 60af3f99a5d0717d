//! The table of all keys and verdicts, with those that need attention first.

use super::page::{HtmlPage, code, escaped, place_link, prose};
use crate::base::Place;
use crate::key::KeyId;
use crate::policy::{Exempted, Outcome};
use crate::report::rows::{OtherFinding, Row, Rows, days_since, display_name, version_age_days};
use crate::report::status::Status;
use crate::report::text::count;

use crate::report::context::ReportContext;
use crate::rules::Verdict;
use std::collections::BTreeSet;
use std::io;

/// The most rows of the table, so that a browser can sort it quickly.
const MAX_ROWS: usize = 20_000;

/// Writes the table. Rows without room are counted.
pub(super) fn keys(outcome: &Outcome, rows: &Rows<'_>, context: &ReportContext<'_>, page: &mut HtmlPage<'_>) -> io::Result<()> {
    page.section("keys", "All keys")?;
    let of_keys = rows.of_keys().map(|row| (Status::of_row(&row), row.rule.id));
    let others = rows.others().map(|other| (Status::of_other(&other), other.finding.rule));
    let (mut all, mut statuses, mut ids) = (0, BTreeSet::new(), BTreeSet::new());
    for (status, id) in of_keys.chain(others) {
        all += 1;
        statuses.insert(status);
        ids.insert(id);
    }
    if all == 0 {
        return page.line("<p>No key was found.</p>");
    }
    controls(statuses.into_iter().map(Status::word), ids.into_iter(), page)?;
    let has_ages = outcome.keys.iter().any(|key| key.facts.current_version_time().or(key.facts.times.created).is_some());
    let age = if has_ages { "<th scope=\"col\">Version age</th>" } else { "" };
    page.line("<table class=\"keys stack\">")?;
    let columns: String =
        ["Verdict", "Rule", "Key", "Place", "Reason"].iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
    page.line(&format!("<thead><tr>{columns}{age}</tr></thead><tbody>"))?;
    let mut shown = 0;
    let mut is_full = false;
    for status in Status::ALL {
        let of_keys = rows.of_keys().filter(|row| Status::of_row(row) == status).map(|row| of_key(&row, status, has_ages, context));
        let others =
            rows.others().filter(|other| Status::of_other(other) == status).map(|other| of_other(&other, status, has_ages, context));
        for row in of_keys.chain(others) {
            is_full = is_full || shown == MAX_ROWS || !page.reserve(row.len());
            if is_full {
                break;
            }
            page.line(&row)?;
            shown += 1;
        }
    }
    page.line("</tbody></table>")?;
    if shown < all {
        let more = count(all - shown, "row is", "rows are");
        page.line(&format!(
            "<p><strong>{more} not in this table</strong>, those that need attention last. <code>--format csv</code> lists all of them.</p>"
        ))?;
    }
    Ok(())
}

/// The filters. They are hidden until the script shows them, because they do not work without it.
fn controls<'t>(statuses: impl Iterator<Item = &'t str>, ids: impl Iterator<Item = &'t str>, page: &mut HtmlPage<'_>) -> io::Result<()> {
    let option = |word: &str| format!("<option value=\"{0}\">{0}</option>", escaped(word));
    let (verdicts, ids): (String, String) = (statuses.map(option).collect(), ids.map(option).collect());
    page.line("<div class=\"controls\" id=\"filter\" hidden>")?;
    page.line("<div class=\"wide\"><label for=\"filter-words\">Filter by words</label><input type=\"search\" id=\"filter-words\"/></div>")?;
    for (id, label, options) in [("filter-verdict", "Verdict", verdicts), ("filter-rule", "Rule", ids)] {
        page.line(&format!(
            "<div><label for=\"{id}\">{label}</label><select id=\"{id}\"><option value=\"\">all</option>{options}</select></div>"
        ))?;
    }
    page.line("<output id=\"filter-shown\"></output>\n</div>")
}

fn of_key(row: &Row<'_>, status: Status, has_ages: bool, context: &ReportContext<'_>) -> String {
    let facts = &*row.key.facts;
    let place = row.finding.map_or(&facts.place, |finding| &finding.place);
    let days = |days: u64| count(usize::try_from(days).unwrap_or(usize::MAX), "day", "days");
    let of_version = version_age_days(facts, context.now).map(days);
    // States do not list versions: show the age of the key instead.
    let age = of_version.or_else(|| facts.times.created.map(|time| format!("key: {}", days(days_since(time, context.now)))));
    let advice = match row.verdict {
        Verdict::Pass { advice: Some(advice), .. } => line(&format!("Advice: {}", prose(&advice.message))),
        _ => String::new(),
    };
    let reason = format!("{}{advice}", prose(row.verdict.message()));
    Cells {
        status,
        rule: row.rule.id,
        key: key(&facts.id, row.key.names_root, display_name(facts), facts.ocid.as_deref()),
        place: place_cell(place, context),
        reason: format!("{reason}{}", accepted(row.exempted)),
        age: has_ages.then(|| age.unwrap_or_default()),
    }
    .markup()
}

fn of_other(other: &OtherFinding<'_>, status: Status, has_ages: bool, context: &ReportContext<'_>) -> String {
    let OtherFinding { finding, instance, exempted } = other;
    let wording = finding.wording(instance.map_or(0, |instance| instance.wording));
    Cells {
        status,
        rule: finding.rule,
        key: instance.map_or_else(String::new, |instance| key(&instance.key, instance.names_root, instance.name.as_deref(), None)),
        place: place_link(&finding.place, context),
        reason: format!("{}{}", prose(&wording.message), accepted(*exempted)),
        age: has_ages.then(String::new),
    }
    .markup()
}

/// The place of a key. For a live key that is its region: the cell before has its OCID.
fn place_cell(place: &Place, context: &ReportContext<'_>) -> String {
    match place {
        Place::Cloud(at) => escaped(&at.region),
        place => place_link(place, context),
    }
}

/// The cells of a row, as markup.
struct Cells {
    status: Status,
    rule: &'static str,
    key: String,
    place: String,
    reason: String,
    /// The age as text; `None` if the table does not have this column.
    age: Option<String>,
}

impl Cells {
    fn markup(&self) -> String {
        let Self { status, rule, key, place, reason, age } = self;
        let (word, rule) = (status.word(), escaped(rule));
        let age = age.as_ref().map_or_else(String::new, |age| format!("<td>{}</td>", escaped(age)));
        // On small screens a cell is a grid, so its content must be one element.
        format!(
            "<tr><td class=\"verdict {word}\">{word}</td><td>{rule}</td><td><div>{key}</div></td><td><div>{place}</div></td><td><div>{reason}</div></td>{age}</tr>"
        )
    }
}

/// A key's label. For a live key, the display name is more useful than the OCID.
fn key(id: &KeyId, names_root: bool, name: Option<&str>, ocid: Option<&str>) -> String {
    let label = id.label(names_root);
    let name = name.map_or_else(String::new, |name| line(&format!("<strong>{}</strong>", escaped(name))));
    let ocid = ocid.filter(|ocid| *ocid != label).map_or_else(String::new, |ocid| line(&format!("<small>{}</small>", code(ocid))));
    format!("{name}{}{ocid}", code(&label))
}

fn accepted(exempted: Option<&Exempted>) -> String {
    let Some(exempted) = exempted else { return String::new() };
    let until = exempted.until.map_or_else(String::new, |day| format!(", until {day}"));
    line(&format!("Accepted in the {}: {}{until}", exempted.by.word(), prose(&exempted.reason)))
}

fn line(markup: &str) -> String {
    format!("<span class=\"line\">{markup}</span>")
}
