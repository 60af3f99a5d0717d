//! `--statistics`: how many keys each kind of finding has, most frequent first, instead of the findings.

use crate::policy::Outcome;
use crate::report::totals::totals;
use std::cmp::Reverse;
use std::io::{self, Write};

/// Writes the table; nothing if there are no findings.
pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let all = totals(outcome);
    let of_verdicts = all.iter().flat_map(|rule| {
        [("violation", &rule.violations), ("undetermined", &rule.undetermined), ("advice", &rule.advice)]
            .into_iter()
            .flat_map(move |(verdict, kinds)| kinds.iter().map(move |(kind, keys)| (*keys, rule.id, verdict, *kind)))
    });
    let mut lines: Vec<_> = of_verdicts.collect();
    if lines.is_empty() {
        return Ok(());
    }
    // The sort is stable: with equal numbers, the order of rules, verdicts and kinds is kept.
    lines.sort_by_key(|(keys, ..)| Reverse(*keys));
    let width = |text: fn(&(usize, &'static str, &'static str, &'static str)) -> &'static str, title: &str| {
        lines.iter().map(|line| text(line).len()).max().unwrap_or_default().max(title.len())
    };
    let (rules, verdicts) = (width(|line| line.1, "rule"), width(|line| line.2, "verdict"));
    writeln!(out, "{:>7}  {:rules$}  {:verdicts$}  kind", "keys", "rule", "verdict")?;
    for (keys, rule, verdict, kind) in &lines {
        writeln!(out, "{keys:>7}  {rule:rules$}  {verdict:verdicts$}  {kind}")?;
    }
    writeln!(out)
}
