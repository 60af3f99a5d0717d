//! Which exemptions may cover a finding, without asking each of them: tens of thousands of both are hostile but possible.

use super::entry::{ExemptEntry, Exemption, ExemptionScope, Selector};
use crate::base::{Place, SourceId, Span};
use crate::key::Covers;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// For each rule the first exemption that is in force: of several with the same scope, only that one is ever used.
type ByRule = BTreeMap<&'static str, usize>;

/// Positions in a list of exemptions, by what they cover.
#[derive(Debug, Default)]
pub(super) struct Index {
    lines: HashMap<(SourceId, usize), ByRule>,
    /// Blocks by source and start, with their end; the blocks of one text do not overlap.
    blocks: BTreeMap<(SourceId, u32), (u32, ByRule)>,
    calls: HashMap<Place, ByRule>,
    exact: HashMap<(Selector, String), Vec<usize>>,
    prefixes: HashMap<(Selector, String), Vec<usize>>,
    /// The lengths in bytes that occur among the prefixes of a selector.
    lengths: BTreeSet<(Selector, usize)>,
    /// Entries in which every selector begins with a wildcard.
    others: Vec<usize>,
}

impl Index {
    /// The index of the exemptions that are in force on a day.
    pub(super) fn new(exemptions: &[Exemption], today: Date) -> Self {
        let mut index = Self::default();
        for (at, exemption) in exemptions.iter().enumerate().filter(|(_, exemption)| exemption.is_in_force(today)) {
            match &exemption.scope {
                ExemptionScope::Comment(covers) => index.add_comment(at, exemption, covers),
                ExemptionScope::Entry(entry) => index.add_entry(at, entry),
            }
        }
        index
    }

    fn add_comment(&mut self, at: usize, exemption: &Exemption, covers: &Covers) {
        let add = |by_rule: &mut ByRule| {
            for rule in &exemption.rules {
                by_rule.entry(*rule).or_insert(at);
            }
        };
        match covers {
            Covers::Lines(first, last) => {
                if let Some(span) = exemption.place.span() {
                    (*first..=*last).for_each(|line| add(self.lines.entry((span.source, line)).or_default()));
                }
            }
            Covers::Resource(block) => {
                if let Some(Span { source, start, end }) = block.span() {
                    add(&mut self.blocks.entry((source, start)).or_insert_with(|| (end, ByRule::new())).1);
                }
            }
            Covers::Call(header) => add(self.calls.entry(header.clone()).or_default()),
        }
    }

    fn add_entry(&mut self, at: usize, entry: &ExemptEntry) {
        let selectors = entry.selectors();
        let literal = |pattern: &str| pattern.find(['*', '?']);
        if let Some((selector, pattern)) = selectors.iter().find(|(_, pattern)| literal(pattern).is_none()) {
            self.exact.entry((*selector, (*pattern).to_owned())).or_default().push(at);
            return;
        }
        let prefix = selectors.iter().filter_map(|(selector, pattern)| Some((*selector, pattern.get(..literal(pattern)?)?)));
        match prefix.max_by_key(|(_, prefix)| prefix.len()).filter(|(_, prefix)| !prefix.is_empty()) {
            Some((selector, prefix)) => {
                self.lengths.insert((selector, prefix.len()));
                self.prefixes.entry((selector, prefix.to_owned())).or_default().push(at);
            }
            None => self.others.push(at),
        }
    }

    /// The comment on a line that covers it for a rule.
    pub(super) fn on_line(&self, source: SourceId, line: usize, rule: &str) -> Option<usize> {
        self.lines.get(&(source, line))?.get(rule).copied()
    }

    /// The comment above the block that holds a place.
    pub(super) fn around(&self, place: &Place, rule: &str) -> Option<usize> {
        let Span { source, start, end } = place.span()?;
        let (_, (block_end, by_rule)) = self.blocks.range((source, 0)..=(source, start)).next_back()?;
        by_rule.get(rule).copied().filter(|_| end <= *block_end)
    }

    /// The comment on a module call.
    pub(super) fn at_call(&self, header: &Place, rule: &str) -> Option<usize> {
        self.calls.get(header)?.get(rule).copied()
    }

    /// Entries of the config file that may cover a key with one of these texts, in their order.
    pub(super) fn entries(&self, texts: &[(Selector, String)]) -> Vec<usize> {
        let mut found = self.others.clone();
        for (selector, text) in texts {
            let same = (*selector, text.clone());
            found.extend(self.exact.get(&same).into_iter().flatten());
            for (_, length) in self.lengths.range((*selector, 0)..=(*selector, text.len())) {
                let begin = text.get(..*length).and_then(|prefix| self.prefixes.get(&(*selector, prefix.to_owned())));
                found.extend(begin.into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether there is nothing that could cover a finding.
    pub(super) fn has_entries(&self) -> bool {
        !(self.exact.is_empty() && self.prefixes.is_empty() && self.others.is_empty())
    }
}
