//! HTML: one page for auditors, with every key and verdict, the exemptions, and the parameters of the run. It never uses the network.
//!
//! The page is also well-formed XML, so that tests can check with a parser that names from a repository do not become markup.

mod page;
mod table;

use super::context::ReportContext;
use super::rows::Rows;
use super::status::Status;
use super::text::count;
use super::todo;
use super::totals::{RuleTotals, totals};
use super::vaults::{hsm_vaults, sum, versions};
use crate::policy::Outcome;
use crate::report::lines::config_line;
use crate::rules::{self, RuleReference};
use page::{HtmlPage, code, escaped, link, place_link, prose};
use std::io::{self, Write};

/// The most entries of a list; the rest is counted.
const MAX_LISTED: usize = 2_000;

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = Rows::new(outcome);
    let totals = totals(outcome);
    let mut page = HtmlPage::new(out);
    page.begin(&format!("kmslint: {}", headline(outcome, &totals)))?;
    head(outcome, &totals, &mut page)?;
    run(outcome, context, &mut page)?;
    by_rule(&totals, &mut page)?;
    by_vault(outcome, &mut page)?;
    not_seen(outcome, context, &mut page)?;
    to_do(outcome, context, &mut page)?;
    exemptions(outcome, context, &mut page)?;
    table::keys(outcome, &rows, context, &mut page)?;
    page.end()
}

/// The result, in a few words.
fn headline(outcome: &Outcome, totals: &[RuleTotals]) -> String {
    let keys = count(outcome.keys.len(), "key", "keys");
    format!("{} in {keys}", count(total(totals, Status::Violation), "violation", "violations"))
}

/// How many keys have a status, counted once for each rule.
fn total(totals: &[RuleTotals], status: Status) -> usize {
    totals.iter().map(|rule| status.count_in(rule)).sum()
}

fn head(outcome: &Outcome, totals: &[RuleTotals], page: &mut HtmlPage<'_>) -> io::Result<()> {
    page.line(&format!("<h1>{}</h1>", escaped(&headline(outcome, totals))))?;
    let unread = outcome.problems.len() + outcome.not_audited.len();
    if unread > 0 {
        let what = count(unread, "part of the input was", "parts of the input were");
        page.line(&format!(
            "<p class=\"banner\"><strong>This report is incomplete</strong>: {what} not checked. See <a href=\"#not-checked\">the list</a>.</p>"
        ))?;
    }
    page.line("<dl class=\"totals\">")?;
    let mut entry = |name: &str, number: usize| page.line(&format!("<div><dt>{name}</dt><dd>{number}</dd></div>"));
    entry("Keys", outcome.keys.len())?;
    for status in Status::ALL {
        let number = total(totals, status);
        if status != Status::Advice || number > 0 {
            entry(status.title(), number)?;
        }
    }
    entry("Problems", unread)?;
    page.line("</dl>")?;
    page.line("<p class=\"soft\">Verdicts are counted by key and rule. An exempted one is a violation or an undetermined verdict that was accepted.</p>")
}

/// The parameters of the run.
fn run(outcome: &Outcome, context: &ReportContext<'_>, page: &mut HtmlPage<'_>) -> io::Result<()> {
    page.section("run", "How it was run")?;
    page.line("<dl class=\"run\">")?;
    let mut entry = |name: &str, html: String| page.line(&format!("<dt>{name}</dt><dd>{html}</dd>"));
    entry("Command", code(context.command))?;
    entry("Checked as of", escaped(&context.now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()))?;
    entry("kmslint", env!("CARGO_PKG_VERSION").to_owned())?;
    if let Some(provenance) = context.provenance {
        let parts = [("Repository", &provenance.repository_uri), ("Commit", &provenance.revision), ("Branch", &provenance.branch)];
        for (name, text) in parts.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?))) {
            entry(name, code(text))?;
        }
    }
    if outcome.files > 0 {
        entry("Files", outcome.files.to_string())?;
    }
    let config =
        outcome.config.as_ref().map_or_else(|| "none".to_owned(), |config| prose(config_line(config).trim_start_matches("config: ")));
    entry("Config file", config)?;
    let meaning = match context.exit_code {
        0 => "nothing to report at or above the limit",
        1 => "findings",
        _ => "something could not be checked",
    };
    entry("Exit code", format!("{}: {meaning}", context.exit_code))?;
    page.line("</dl>")
}

fn by_rule(totals: &[RuleTotals], page: &mut HtmlPage<'_>) -> io::Result<()> {
    page.section("rules", "Rules")?;
    let columns: String =
        Status::COUNTED.iter().map(|status| format!("<th scope=\"col\" class=\"number\">{}</th>", status.title())).collect();
    page.line("<table class=\"rules stack\">")?;
    page.line(&format!("<thead><tr><th scope=\"col\">Rule</th><th scope=\"col\">Published as</th>{columns}</tr></thead><tbody>"))?;
    for rule_totals in totals {
        let id = rule_totals.id;
        let rule = rules::by_id(id);
        let title = rule.map_or_else(String::new, |rule| format!("<span class=\"line\">{}</span>", escaped(rule.title)));
        let name = rules::documentation_url(id).map_or_else(|| escaped(id), |url| link(&url, &escaped(id)));
        let published: String = rule.map_or(&[][..], |rule| rule.references).iter().map(reference).collect();
        let numbers: String =
            Status::COUNTED.iter().map(|status| format!("<td class=\"number\">{}</td>", status.count_in(rule_totals))).collect();
        page.line(&format!("<tr><th scope=\"row\"><div>{name}{title}</div></th><td><div>{published}</div></td>{numbers}</tr>"))?;
    }
    page.line("</tbody></table>")
}

/// The vaults of a tenancy with HSM key versions, and how many of them SOFTWARE keys would save.
fn by_vault(outcome: &Outcome, page: &mut HtmlPage<'_>) -> io::Result<()> {
    let vaults = hsm_vaults(outcome);
    if vaults.is_empty() {
        return Ok(());
    }
    page.section("hsm", "HSM key versions")?;
    let total = sum(&vaults);
    let in_all = count(vaults.len(), "vault", "vaults");
    page.line(&format!(
        "<p>{} in {in_all}; SOFTWARE keys in place of those reported would save {}.</p>",
        versions(total.total),
        total.saving
    ))?;
    page.line("<table class=\"vaults stack\"><thead><tr><th scope=\"col\">Vault</th><th scope=\"col\">Region</th>")?;
    page.line(
        "<th scope=\"col\" class=\"number\">HSM key versions</th><th scope=\"col\">SOFTWARE keys would save</th></tr></thead><tbody>",
    )?;
    let mut shown = 0;
    for vault in &vaults {
        let row = format!(
            "<tr><td><div>{}</div></td><td>{}</td><td class=\"number\">{}</td><td>{}</td></tr>",
            code(vault.vault),
            escaped(vault.region),
            vault.total,
            vault.saving()
        );
        if shown == MAX_LISTED || !page.reserve(row.len()) {
            break;
        }
        page.line(&row)?;
        shown += 1;
    }
    page.line("</tbody></table>")?;
    if shown < vaults.len() {
        page.line(&format!("<p>… and {} more; <code>--format json</code> lists all of them.</p>", vaults.len() - shown))?;
    }
    Ok(())
}

/// A published rule or control, as a link to its page.
fn reference(one: &RuleReference) -> String {
    format!("<span class=\"line\">{}: {}</span>", link(one.url, &escaped(&one.label())), escaped(one.title))
}

/// Everything because of which the list of keys may be incomplete.
fn not_seen(outcome: &Outcome, context: &ReportContext<'_>, page: &mut HtmlPage<'_>) -> io::Result<()> {
    page.section("not-checked", "What was not checked")?;
    let place = |place| place_link(place, context);
    let problems = outcome.problems.iter().map(|problem| {
        let at = problem.place.as_ref().map_or_else(String::new, |at| format!("{}: ", place(at)));
        let help = problem.help.as_deref().map_or_else(String::new, |help| format!(" <small>{}</small>", prose(help)));
        format!("{at}{}{help}", prose(&problem.message))
    });
    let not_audited = outcome
        .not_audited
        .iter()
        .map(|part| format!("{} {} in {}: {}", escaped(part.what), code(&part.ocid), code(&part.region), prose(&part.why)));
    let modules = outcome.calls_not_followed().into_iter().map(|one| {
        let module = one.call;
        let (address, source) = (code(&module.address), code(&module.source));
        format!("{address} ({}, source {source}): {}{}", place(&module.place), prose(&module.why), one.roots())
    });
    let switched_off =
        outcome.switched_off.iter().map(|block| format!("{} ({}): {}", code(&block.address), place(&block.place), prose(&block.why)));
    let not_read = outcome.not_read.iter().map(|one| format!("{}: {}", code(&one.path), prose(&one.why)));
    let notices = outcome.notices.iter().map(|notice| {
        let at = notice.place.as_ref().map_or_else(String::new, |at| format!("{}: ", place(at)));
        format!("{at}{}", prose(&notice.message))
    });
    let listed = list("Problems", problems, page)?
        + list("Parts of the tenancy that were not audited", not_audited, page)?
        + list("Module calls that were not followed", modules, page)?
        + list("Files that were not read", not_read, page)?
        + list("Blocks that create no key with these inputs", switched_off, page)?;
    if listed == 0 {
        page.line("<p>Nothing: all inputs were read, and every module call was followed.</p>")?;
    }
    list("Notices", notices, page).map(drop)
}

/// Writes a list with a title, unless it is empty. Returns the number of entries.
fn list(title: &str, items: impl ExactSizeIterator<Item = String>, page: &mut HtmlPage<'_>) -> io::Result<usize> {
    let all = items.len();
    if all == 0 {
        return Ok(0);
    }
    page.line(&format!("<h3>{title}</h3>\n<ul>"))?;
    let mut shown = 0;
    for item in items.take(MAX_LISTED) {
        if !page.reserve(item.len()) {
            break;
        }
        page.line(&format!("<li>{item}</li>"))?;
        shown += 1;
    }
    if shown < all {
        page.line(&format!("<li>… and {} more; <code>--format json</code> lists all of them</li>", all - shown))?;
    }
    page.line("</ul>")?;
    Ok(all)
}

/// The advice, each text once with the keys that it applies to.
fn to_do(outcome: &Outcome, context: &ReportContext<'_>, page: &mut HtmlPage<'_>) -> io::Result<()> {
    page.section("to-do", "What to do")?;
    let groups = todo::group_by_advice(&outcome.findings);
    if groups.is_empty() {
        return page.line("<p>Nothing: no rule reports anything.</p>");
    }
    let mut cut = 0;
    for group in &groups {
        let title = format!("{} · {} · {}", group.rule, group.level.word(), count(group.keys.len().max(1), "key", "keys"));
        let text = format!("<h3>{}</h3>\n<p>{}</p>\n<p>{}</p>", escaped(&title), prose(&group.note), prose(&group.help));
        if !page.reserve(text.len()) {
            cut += 1;
            continue;
        }
        page.line(&format!("<div class=\"todo\">{}", text.replace("<p></p>\n", "").replace("\n<p></p>", "")))?;
        page.line("<details><summary>Where</summary><ul>")?;
        let mut shown = 0;
        for key in &group.keys {
            let item = format!(
                "<li>{}: {}, {}</li>",
                key.name().map_or_else(String::new, |name| code(&name)),
                prose(&key.message),
                place_link(key.place, context)
            );
            if shown == MAX_LISTED || !page.reserve(item.len()) {
                break;
            }
            page.line(&item.replace("<li>: ", "<li>"))?;
            shown += 1;
        }
        if shown < group.keys.len() {
            page.line(&format!("<li>… and {} more; <code>--format csv</code> lists all of them</li>", group.keys.len() - shown))?;
        }
        page.line("</ul></details></div>")?;
    }
    if cut > 0 {
        page.line(&format!("<p>… and {}; <code>--format json</code> has all of them.</p>", count(cut, "text more", "texts more")))?;
    }
    Ok(())
}

fn exemptions(outcome: &Outcome, context: &ReportContext<'_>, page: &mut HtmlPage<'_>) -> io::Result<()> {
    page.section("exemptions", "Exemptions")?;
    if outcome.exempted.is_empty() {
        return page.line("<p>None.</p>");
    }
    let columns: String =
        ["Rule", "Keys", "Reason", "Accepted in", "Ends"].iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
    page.line(&format!("<table class=\"exemptions stack\"><thead><tr>{columns}</tr></thead><tbody>"))?;
    let today = context.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut shown = 0;
    for one in &outcome.exempted {
        let mut keys: String = one
            .finding
            .instances
            .iter()
            .take(20)
            .map(|instance| format!("<span class=\"line\">{}</span>", code(&instance.label())))
            .collect();
        if one.finding.instances.len() > 20 {
            keys.push_str(&format!("<span class=\"line\">… and {} more, listed below</span>", one.finding.instances.len() - 20));
        }
        let until = one.until.map_or_else(
            || "no end".to_owned(),
            |day| {
                format!(
                    "{day} <small>({})</small>",
                    count(usize::try_from((day - today).get_days()).unwrap_or_default(), "day left", "days left")
                )
            },
        );
        let at = one.place.as_ref().map_or_else(String::new, |place| place_link(place, context));
        let by = one.by.word();
        let row = format!(
            "<tr><td>{}</td><td><div>{keys}</div></td><td><div>{}</div></td><td><div>{by} {at}</div></td><td><div>{until}</div></td></tr>",
            escaped(one.finding.rule),
            prose(&one.reason)
        );
        if shown == MAX_LISTED || !page.reserve(row.len()) {
            break;
        }
        page.line(&row)?;
        shown += 1;
    }
    page.line("</tbody></table>")?;
    if shown < outcome.exempted.len() {
        page.line(&format!("<p>… and {} more; <code>--format csv</code> lists all of them.</p>", outcome.exempted.len() - shown))?;
    }
    Ok(())
}
