//! Finds the exemptions that may cover a finding without comparing all of them: hostile input can have tens of thousands of both.

use super::entry::{ExemptEntry, Exemption, ExemptionScope, Selector};
use crate::base::{Place, SourceId, Span};
use crate::key::Covers;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The first exemption in force for each rule: among exemptions with the same scope, only the first is ever used.
type ByRule = BTreeMap<&'static str, usize>;

/// Positions in a list of exemptions, by what they cover.
#[derive(Debug, Default)]
pub(super) struct Index {
    lines: HashMap<(SourceId, &'static str), LineIndex>,
    /// Blocks by source and start, with their end; blocks of the same source do not overlap.
    blocks: BTreeMap<(SourceId, u32), (u32, ByRule)>,
    calls: HashMap<Place, ByRule>,
    exact: HashMap<(Selector, String), Vec<usize>>,
    prefixes: HashMap<(Selector, String), Vec<usize>>,
    /// The lengths of the prefixes of each selector, in bytes.
    prefix_lengths: BTreeSet<(Selector, usize)>,
    suffixes: HashMap<(Selector, String), Vec<usize>>,
    /// The lengths of the suffixes of each selector, in bytes.
    suffix_lengths: BTreeSet<(Selector, usize)>,
    /// Entries whose selectors all begin and end with a wildcard.
    others: Vec<usize>,
}

fn add_to(by_rule: &mut ByRule, at: usize, exemption: &Exemption) {
    for rule in &exemption.rules {
        by_rule.entry(*rule).or_insert(at);
    }
}

/// The lines that a comment covers, both included, and its position in the list.
#[derive(Clone, Copy, Debug)]
struct CoveredLines {
    first: usize,
    last: usize,
    at: usize,
}

/// The first comment that covers each line, as the lines at which it changes. Listing every covered line would be quadratic: a comment also
/// covers the comments below it, up to the next line of code.
#[derive(Debug)]
struct LineIndex(Vec<(usize, Option<usize>)>);

impl LineIndex {
    fn new(covered: &[CoveredLines]) -> Self {
        let mut changes: BTreeMap<usize, Vec<(bool, usize)>> = BTreeMap::new();
        for lines in covered {
            changes.entry(lines.first).or_default().push((true, lines.at));
            changes.entry(lines.last.saturating_add(1)).or_default().push((false, lines.at));
        }
        let mut open = BTreeSet::new();
        let mut first_from = |(line, changes): (usize, Vec<(bool, usize)>)| {
            for (begins, at) in changes {
                if begins {
                    open.insert(at)
                } else {
                    open.remove(&at)
                };
            }
            (line, open.first().copied())
        };
        Self(changes.into_iter().map(&mut first_from).collect())
    }

    fn at(&self, line: usize) -> Option<usize> {
        let after = self.0.partition_point(|(from, _)| *from <= line);
        self.0.get(after.checked_sub(1)?)?.1
    }
}

impl Index {
    /// Indexes the exemptions that are in force on a day.
    pub(super) fn new(exemptions: &[Exemption], today: Date) -> Self {
        let mut index = Self::default();
        let mut lines: HashMap<(SourceId, &'static str), Vec<CoveredLines>> = HashMap::new();
        for (at, exemption) in exemptions.iter().enumerate().filter(|(_, exemption)| exemption.is_in_force(today)) {
            match &exemption.scope {
                ExemptionScope::Comment(Covers::Lines(first, last)) => {
                    let source = exemption.place.span().map(|span| span.source);
                    for (source, rule) in source.into_iter().flat_map(|source| exemption.rules.iter().map(move |rule| (source, *rule))) {
                        lines.entry((source, rule)).or_default().push(CoveredLines { first: *first, last: *last, at });
                    }
                }
                ExemptionScope::Comment(Covers::Resource(block)) => index.add_block(at, exemption, block),
                ExemptionScope::Comment(Covers::Call(header)) => {
                    add_to(index.calls.entry(header.clone()).or_default(), at, exemption);
                }
                ExemptionScope::Entry(entry) => index.add_entry(at, entry),
            }
        }
        index.lines = lines.into_iter().map(|(key, covered)| (key, LineIndex::new(&covered))).collect();
        index
    }

    fn add_block(&mut self, at: usize, exemption: &Exemption, block: &Place) {
        if let Some(Span { source, start, end }) = block.span() {
            add_to(&mut self.blocks.entry((source, start)).or_insert_with(|| (end, ByRule::new())).1, at, exemption);
        }
    }

    fn add_entry(&mut self, at: usize, entry: &ExemptEntry) {
        // One selector is enough to find the entry: all given ones must match, and the others are compared afterwards.
        let selectors = entry.selectors();
        let wildcard = |pattern: &str| pattern.find(['*', '?']);
        if let Some((selector, pattern)) = selectors.iter().find(|(_, pattern)| wildcard(pattern).is_none()) {
            self.exact.entry((*selector, (*pattern).to_owned())).or_default().push(at);
            return;
        }
        let prefix = selectors.iter().filter_map(|(selector, pattern)| Some((*selector, pattern.get(..wildcard(pattern)?)?)));
        if let Some((selector, prefix)) = prefix.max_by_key(|(_, prefix)| prefix.len()).filter(|(_, prefix)| !prefix.is_empty()) {
            self.prefix_lengths.insert((selector, prefix.len()));
            self.prefixes.entry((selector, prefix.to_owned())).or_default().push(at);
            return;
        }
        let suffix = selectors.iter().filter_map(|(selector, pattern)| Some((*selector, pattern.rsplit(['*', '?']).next()?)));
        match suffix.max_by_key(|(_, suffix)| suffix.len()).filter(|(_, suffix)| !suffix.is_empty()) {
            Some((selector, suffix)) => {
                self.suffix_lengths.insert((selector, suffix.len()));
                self.suffixes.entry((selector, suffix.to_owned())).or_default().push(at);
            }
            None => self.others.push(at),
        }
    }

    /// The first comment that covers a line for a rule.
    pub(super) fn comment_on_line(&self, source: SourceId, line: usize, rule: &'static str) -> Option<usize> {
        self.lines.get(&(source, rule))?.at(line)
    }

    /// The first comment on the block that contains a place.
    pub(super) fn comment_on_block(&self, place: &Place, rule: &str) -> Option<usize> {
        let Span { source, start, end } = place.span()?;
        let (_, (block_end, by_rule)) = self.blocks.range((source, 0)..=(source, start)).next_back()?;
        by_rule.get(rule).copied().filter(|_| end <= *block_end)
    }

    /// The first comment on a module call.
    pub(super) fn comment_on_call(&self, header: &Place, rule: &str) -> Option<usize> {
        self.calls.get(header)?.get(rule).copied()
    }

    /// The entries of the config file that may cover a key with one of these texts, in the file's order.
    pub(super) fn entries(&self, texts: &[(Selector, String)]) -> Vec<usize> {
        let mut found = self.others.clone();
        for (selector, text) in texts {
            let exact = (*selector, text.clone());
            found.extend(self.exact.get(&exact).into_iter().flatten());
            for (_, length) in self.prefix_lengths.range((*selector, 0)..=(*selector, text.len())) {
                let start = text.get(..*length).and_then(|prefix| self.prefixes.get(&(*selector, prefix.to_owned())));
                found.extend(start.into_iter().flatten());
            }
            for (_, length) in self.suffix_lengths.range((*selector, 0)..=(*selector, text.len())) {
                let end = text.get(text.len() - length..).and_then(|suffix| self.suffixes.get(&(*selector, suffix.to_owned())));
                found.extend(end.into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether there are any entries of the config file.
    pub(super) fn has_entries(&self) -> bool {
        !(self.exact.is_empty() && self.prefixes.is_empty() && self.suffixes.is_empty() && self.others.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_comment_that_covers_a_line_is_found() {
        let covered = [(4, 9, 7), (0, 2, 3), (5, 5, 1), (2, 4, 5), (9, 9, 2), (5, usize::MAX, 9)];
        let index = LineIndex::new(&covered.map(|(first, last, at)| CoveredLines { first, last, at }));
        for line in 0..12 {
            let expected = covered.iter().filter(|(first, last, _)| (*first..=*last).contains(&line)).map(|(.., at)| *at).min();
            assert_eq!(index.at(line), expected, "{line}");
        }
        assert_eq!(LineIndex::new(&[]).at(3), None);
    }
}
