//! `path:line:col: level RULE message`, one finding a line: for editors and `grep`.

use super::text::clean;
use super::{Context, location};
use crate::policy::Outcome;
use crate::rules::{Finding, FindingInstance, Verdict};
use std::io::{self, Write};

/// Writes the report.
pub fn write(outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in &outcome.findings {
        let at = location::short(&finding.place, context.sources);
        writeln!(out, "{at}: {} {} {}: {}", finding.level.word(), finding.rule, addresses(finding), clean(&finding.message))?;
    }
    if context.show_passes {
        for key in &outcome.keys {
            for (rule, verdict) in &key.verdicts {
                if let Verdict::Pass { message, .. } | Verdict::NotApplicable { message, .. } = verdict {
                    let at = location::short(&key.facts.place, context.sources);
                    writeln!(out, "{at}: {} {} {}: {}", verdict.word(), rule.id, clean(&key.facts.id.labeled_address()), clean(message))?;
                }
            }
        }
    }
    Ok(())
}

/// The instances' addresses: the first, and how many more there are.
pub fn addresses(finding: &Finding) -> String {
    match finding.instances.as_slice() {
        [] => String::new(),
        [one] => address(one),
        [first, rest @ ..] => format!("{} and {} more", address(first), rest.len()),
    }
}

/// A key's address; one of the service's has a name that says more than its OCID.
fn address(instance: &FindingInstance) -> String {
    let address = instance.key.labeled_address();
    let address = clean(&address);
    instance.name.as_deref().map_or_else(|| address.to_string(), |name| format!("{} ({address})", clean(name)))
}
