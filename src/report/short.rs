//! `path:line:col: level RULE address: message`, one finding per line: for editors and `grep`.

use super::context::ReportContext;
use super::location;
use super::text::clean;
use crate::policy::Outcome;
use crate::rules::{Finding, FindingInstance, Verdict, Wording};
use std::io::{self, Write};

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in &outcome.findings {
        let at = location::short(&finding.place, context.sources);
        // Vim's `errorformat`, Emacs's compilation mode and problem matchers parse this form: docs/editors.md has the patterns.
        writeln!(out, "{at}: {} {} {}: {}", finding.level.word(), finding.rule, addresses(finding), clean(&finding.message))?;
    }
    if context.show_passes {
        for key in &outcome.keys {
            for (rule, verdict) in &key.verdicts {
                if let Verdict::Pass { message, .. } | Verdict::NotApplicable { message, .. } = verdict {
                    let at = location::short(&key.facts.place, context.sources);
                    writeln!(out, "{at}: {} {} {}: {}", verdict.word(), rule.id, clean(&key.label()), clean(message))?;
                }
            }
        }
    }
    Ok(())
}

/// The first of the instances' addresses, and how many more there are.
pub(super) fn addresses(finding: &Finding) -> String {
    listed(&finding.instances.iter().collect::<Vec<_>>())
}

/// One text for each variant of a finding, with its keys.
pub(super) fn variants(finding: &Finding) -> Vec<String> {
    variant_parts(finding)
        .map(|(keys, parts)| {
            let texts: Vec<&str> = parts.iter().map(|(_, text)| text.as_str()).collect();
            format!("For {keys}: {}", texts.join(" "))
        })
        .collect()
}

/// The keys of each variant, and the notes and helps that differ from the finding's.
pub(super) fn variant_parts(finding: &Finding) -> impl Iterator<Item = (String, Vec<(&'static str, String)>)> {
    finding.variants.iter().zip(1..).map(|(Wording { message, note, help }, wording)| {
        let keys: Vec<&FindingInstance> = finding.instances.iter().filter(|instance| instance.wording == wording).collect();
        let message = if *message == finding.message { String::new() } else { format!("{message}.") };
        let differing = |text: &str, own: &str| if text == own { String::new() } else { text.to_owned() };
        let parts = [("note", message), ("note", differing(note, &finding.note)), ("help", differing(help, &finding.help))];
        (listed(&keys), parts.into_iter().filter(|(_, text)| !text.is_empty()).collect())
    })
}

/// The first address, and how many more there are.
fn listed(instances: &[&FindingInstance]) -> String {
    match instances {
        [] => String::new(),
        [one] => address(one),
        [first, rest @ ..] => format!("{} and {} more", address(first), rest.len()),
    }
}

/// A key's address. For a live key, the display name is more useful than the OCID.
fn address(instance: &FindingInstance) -> String {
    let address = instance.label();
    let address = clean(&address);
    instance.name.as_deref().map_or_else(|| address.to_string(), |name| format!("{} ({address})", clean(name)))
}
