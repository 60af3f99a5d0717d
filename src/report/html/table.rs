//! The list of all keys and verdicts, what needs attention first.

use super::page::{Page, code, escaped, prose};
use crate::key::KeyId;
use crate::policy::{Exempted, Outcome};
use crate::report::rows::{Other, Row, Rows, display_name, version_age_days};
use crate::report::text::count;
use crate::report::{Context, html};
use crate::rules::Verdict;
use std::collections::BTreeMap;
use std::io;

/// How many rows the table has at most; a browser sorts these in a moment.
const MOST_ROWS: usize = 20_000;

/// What became of a verdict, what needs attention first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It is reported.
    Violation,
    /// It is reported as unknown.
    Undetermined,
    /// A note on a difference between code and service.
    Advice,
    /// It was accepted.
    Exempted,
    /// The rule does not apply.
    NotApplicable,
    /// The key meets the rule.
    Pass,
}

impl Status {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Violation, Self::Undetermined, Self::Advice, Self::Exempted, Self::NotApplicable, Self::Pass];

    /// The word in the table, which is also its class.
    pub fn word(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Undetermined => "undetermined",
            Self::Advice => "advice",
            Self::Exempted => "exempted",
            Self::NotApplicable => "not-applicable",
            Self::Pass => "pass",
        }
    }

    /// The name of its total.
    pub fn title(self) -> &'static str {
        match self {
            Self::Violation => "Violations",
            Self::Undetermined => "Undetermined",
            Self::Advice => "Advice",
            Self::Exempted => "Exempted",
            Self::NotApplicable => "Not applicable",
            Self::Pass => "Passes",
        }
    }

    fn of_row(row: &Row<'_>) -> Self {
        match (row.exempted, row.verdict) {
            (Some(_), _) => Self::Exempted,
            (None, Verdict::Violation(_)) => Self::Violation,
            (None, Verdict::Undetermined(_)) => Self::Undetermined,
            (None, Verdict::Pass { .. }) => Self::Pass,
            (None, Verdict::NotApplicable { .. }) => Self::NotApplicable,
        }
    }

    fn of_other(other: &Other<'_>) -> Self {
        match (other.exempted, other.finding.verdict) {
            (Some(_), _) => Self::Exempted,
            (None, "violation") => Self::Violation,
            (None, "undetermined") => Self::Undetermined,
            (None, _) => Self::Advice,
        }
    }
}

/// How many rows have each status.
#[derive(Clone, Copy, Default)]
pub struct Numbers([usize; 6]);

impl Numbers {
    /// How many have this one.
    pub fn of(&self, status: Status) -> usize {
        self.0.get(status as usize).copied().unwrap_or_default()
    }

    fn add(&mut self, status: Status) {
        if let Some(number) = self.0.get_mut(status as usize) {
            *number += 1;
        }
    }
}

/// How many rows each rule has, by status.
pub struct Totals(BTreeMap<&'static str, Numbers>);

impl Totals {
    /// Counts the rows.
    pub fn of(rows: &Rows<'_>) -> Self {
        let mut totals: BTreeMap<&'static str, Numbers> = BTreeMap::new();
        rows.of_keys().for_each(|row| totals.entry(row.rule.id).or_default().add(Status::of_row(&row)));
        rows.others().for_each(|other| totals.entry(other.finding.rule).or_default().add(Status::of_other(&other)));
        Self(totals)
    }

    /// How many rows have a status.
    pub fn all(&self, status: Status) -> usize {
        self.0.values().map(|numbers| numbers.of(status)).sum()
    }

    /// The rules with their numbers, by id.
    pub fn by_rule(&self) -> impl Iterator<Item = (&'static str, &Numbers)> {
        self.0.iter().map(|(id, numbers)| (*id, numbers))
    }
}

/// Writes the table. What has no room is counted.
pub fn keys(outcome: &Outcome, rows: &Rows<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.section("keys", "All keys")?;
    let totals = Totals::of(rows);
    let all: usize = Status::ALL.into_iter().map(|status| totals.all(status)).sum();
    if all == 0 {
        return page.line("<p>No key was found.</p>");
    }
    controls(&totals, page)?;
    let has_ages = outcome.keys.iter().any(|key| key.facts.current_version_time().is_some());
    let age = if has_ages { "<th scope=\"col\">Version age</th>" } else { "" };
    page.line("<table class=\"keys stack\">")?;
    let columns: String =
        ["Verdict", "Rule", "Key", "Place", "Reason"].iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
    page.line(&format!("<thead><tr>{columns}{age}</tr></thead><tbody>"))?;
    let mut shown = 0;
    let mut is_full = false;
    for status in Status::ALL {
        let of_keys = rows.of_keys().filter(|row| Status::of_row(row) == status).map(|row| of_key(&row, status, has_ages, context));
        let others = rows.others().filter(|other| Status::of_other(other) == status).map(|other| of_other(&other, status, has_ages, context));
        for row in of_keys.chain(others) {
            is_full = is_full || shown == MOST_ROWS || !page.spend(row.len());
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

/// The filters; the script shows them, for they need it.
fn controls(totals: &Totals, page: &mut Page<'_>) -> io::Result<()> {
    let option = |word: &str| format!("<option value=\"{0}\">{0}</option>", escaped(word));
    let verdicts: String = Status::ALL.into_iter().filter(|status| totals.all(*status) > 0).map(|status| option(status.word())).collect();
    let ids: String = totals.by_rule().map(|(id, _)| option(id)).collect();
    page.line("<div class=\"controls\" id=\"filter\" hidden>")?;
    page.line("<div class=\"wide\"><label for=\"filter-words\">Filter by words</label><input type=\"search\" id=\"filter-words\"/></div>")?;
    for (id, label, options) in [("filter-verdict", "Verdict", verdicts), ("filter-rule", "Rule", ids)] {
        page.line(&format!(
            "<div><label for=\"{id}\">{label}</label><select id=\"{id}\"><option value=\"\">all</option>{options}</select></div>"
        ))?;
    }
    page.line("<output id=\"filter-shown\"></output>\n</div>")
}

fn of_key(row: &Row<'_>, status: Status, has_ages: bool, context: &Context<'_>) -> String {
    let facts = &*row.key.facts;
    let place = row.finding.map_or(&facts.place, |finding| &finding.place);
    let age = version_age_days(facts, context.now).map(|days| count(usize::try_from(days).unwrap_or(usize::MAX), "day", "days"));
    let advice = match row.verdict {
        Verdict::Pass { advice: Some(advice), .. } => line(&format!("Advice: {}", prose(&advice.message))),
        _ => String::new(),
    };
    let reason = format!("{}{advice}", prose(row.verdict.message()));
    Cells {
        status,
        rule: row.rule.id,
        key: key(&facts.id, row.key.names_root, display_name(facts), facts.ocid.as_deref()),
        place: html::link_to(place, context),
        reason: format!("{reason}{}", accepted(row.exempted)),
        age: has_ages.then(|| age.unwrap_or_default()),
    }
    .markup()
}

fn of_other(other: &Other<'_>, status: Status, has_ages: bool, context: &Context<'_>) -> String {
    let Other { finding, instance, exempted } = other;
    let wording = finding.wording(instance.map_or(0, |instance| instance.wording));
    Cells {
        status,
        rule: finding.rule,
        key: instance.map_or_else(String::new, |instance| key(&instance.key, instance.names_root, instance.name.as_deref(), None)),
        place: html::link_to(&finding.place, context),
        reason: format!("{}{}", prose(&wording.message), accepted(*exempted)),
        age: has_ages.then(String::new),
    }
    .markup()
}

/// The cells of a row as markup, the age as text; `None` where the table has no such column.
struct Cells {
    status: Status,
    rule: &'static str,
    key: String,
    place: String,
    reason: String,
    age: Option<String>,
}

impl Cells {
    fn markup(&self) -> String {
        let Self { status, rule, key, place, reason, age } = self;
        let (word, rule) = (status.word(), escaped(rule));
        let age = age.as_ref().map_or_else(String::new, |age| format!("<td>{}</td>", escaped(age)));
        // A cell is a grid on small screens: its content has to be one element.
        format!(
            "<tr><td class=\"verdict {word}\">{word}</td><td>{rule}</td><td><div>{key}</div></td><td><div>{place}</div></td><td><div>{reason}</div></td>{age}</tr>"
        )
    }
}

/// What a key is known by: for one of the service's, its name says more than its OCID.
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
