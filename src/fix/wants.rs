//! Findings → what each key wants changed, and where that is written.

use super::text::{Literal, literal};
use super::{Note, Options, Safety};
use crate::base::{CHOSEN, Claim, Fact, Place, Sources, Span};
use crate::key::{Fate, InputKind, KeyFacts, KeyId, ProtectionMode, VaultType};
use crate::rules::Finding;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// The shortest interval that the service accepts, in days. Source: AutoKeyRotationDetails of the KMS management API.
const SHORTEST: i64 = 60;

/// What one key wants so that one finding goes away: all of it or nothing.
pub(super) struct Request {
    /// Index of the finding.
    pub finding: usize,
    /// Index of the key.
    pub key: usize,
    pub changes: Vec<Change>,
}

/// One change of the text.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub site: Site,
    pub action: Action,
    pub safety: Safety,
    pub description: String,
}

/// Where something is written. A file that was read twice has two ids and one path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Site {
    pub path: PathBuf,
    pub start: u32,
    pub end: u32,
}

impl Site {
    pub(super) fn of(span: Span, sources: &Sources) -> Self {
        Self { path: sources.get(span.source).path().to_path_buf(), start: span.start, end: span.end }
    }
}

/// What is done at a site.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Action {
    /// The literal there is replaced.
    Replace(String),
    /// An argument is inserted into the resource's block there.
    InsertArgument { name: &'static str, value: String },
    /// `auto_key_rotation_details` is inserted into the resource's block there.
    InsertSchedule(i64),
    /// The interval is inserted into the `auto_key_rotation_details` whose header is there.
    InsertInterval(i64),
}

impl Action {
    /// The argument or block that it is about: a site may want one thing for each.
    pub(super) fn slot(&self) -> &'static str {
        match self {
            Self::Replace(_) => "",
            Self::InsertArgument { name, .. } => name,
            Self::InsertSchedule(_) => "auto_key_rotation_details",
            Self::InsertInterval(_) => "rotation_interval_in_days",
        }
    }
}

/// What all findings want, and why some cannot have it.
pub(super) fn requests(findings: &[Finding], keys: &[&KeyFacts], sources: &Sources, options: Options) -> (Vec<Request>, Vec<Note>) {
    let known: HashMap<&KeyId, usize> = keys.iter().enumerate().map(|(at, key)| (&key.id, at)).collect();
    let mut requests = Vec::new();
    let mut notes = Vec::new();
    for (at, finding) in findings.iter().enumerate().filter(|(_, finding)| finding.verdict == "violation") {
        for instance in &finding.instances {
            let Some((index, key)) = known.get(&instance.key).and_then(|&index| Some((index, *keys.get(index)?))) else { continue };
            let wanted = Wants { key, sources, options }.of(finding.kind).and_then(|changes| permitted(changes, options));
            match wanted {
                Ok(changes) if changes.is_empty() => {}
                Ok(changes) => requests.push(Request { finding: at, key: index, changes }),
                Err(message) => notes.push(note(finding, key, message)),
            }
        }
    }
    (requests, notes)
}

/// Why a finding of a key is not mended.
pub(super) fn note(finding: &Finding, key: &KeyFacts, message: String) -> Note {
    Note { rule: finding.rule, addresses: vec![key.id.address.clone()], place: finding.place.clone(), message }
}

fn permitted(changes: Vec<Change>, options: Options) -> Result<Vec<Change>, String> {
    match changes.iter().find(|change| change.safety == Safety::Unsafe) {
        Some(change) if !options.unsafe_fixes => Err(format!("left to `--unsafe-fixes`: {}", change.description)),
        _ => Ok(changes),
    }
}

struct Wants<'a> {
    key: &'a KeyFacts,
    sources: &'a Sources,
    options: Options,
}

impl Wants<'_> {
    /// The changes that mend a finding of this kind; none where no edit can.
    fn of(&self, kind: &str) -> Result<Vec<Change>, String> {
        let limit = self.options.max_rotation_days;
        let private = self.key.vault_type.value() == Some(&VaultType::VirtualPrivate);
        match kind {
            "hsm" | "hsm-by-default" | "invalid-protection-mode" => Ok(vec![self.mode()?]),
            // Outside of a VIRTUAL_PRIVATE vault the service refuses a schedule, and where the vault is not known, it may.
            "no-rotation" | "schedule-not-enabled" if private => {
                let mut changes = vec![self.switch()?];
                if !self.key.rotation.interval_days.value().is_some_and(|days| (SHORTEST..=limit).contains(days)) {
                    changes.push(self.interval(limit)?);
                }
                Ok(changes)
            }
            "interval-missing" | "interval-too-long" => Ok(vec![self.interval(limit)?]),
            "interval-rejected" => Ok(vec![self.interval(SHORTEST)?]),
            _ => Ok(Vec::new()),
        }
    }

    fn mode(&self) -> Result<Change, String> {
        self.not_ignored("protection_mode")?;
        let fact = &self.key.protection_mode;
        let new = self.key.fate == Fate::Create && self.key.id.input == InputKind::Plan;
        let (safety, description) = if new {
            (Safety::Safe, "set `protection_mode` to SOFTWARE before the key is made".to_owned())
        } else {
            let consequence =
                "a key that exists is replaced, the old one is deleted after 7 to 30 days, and what it encrypted becomes unreadable";
            (Safety::Unsafe, format!("set `protection_mode` to SOFTWARE; {consequence}"))
        };
        let (site, action) = if fact.trail.is_empty() {
            (self.block()?, Action::InsertArgument { name: "protection_mode", value: "\"SOFTWARE\"".to_owned() })
        } else {
            let found = |literal: &Literal<'_>| match (&fact.claim, literal) {
                (Claim::Known(mode), Literal::Text(text)) => ProtectionMode::read(text) == *mode,
                (Claim::Unset, Literal::Null) => true,
                (Claim::Unset, Literal::Text(text)) => text.is_empty(),
                _ => false,
            };
            (self.literal(fact, "protection_mode", found)?, Action::Replace("\"SOFTWARE\"".to_owned()))
        };
        Ok(Change { site, action, safety, description })
    }

    fn switch(&self) -> Result<Change, String> {
        let name = "is_auto_rotation_enabled";
        self.not_ignored(name)?;
        let fact = &self.key.rotation.enabled;
        let (site, action) = if fact.trail.is_empty() {
            (self.block()?, Action::InsertArgument { name, value: "true".to_owned() })
        } else {
            let found = |literal: &Literal<'_>| matches!(literal, Literal::Null | Literal::Bool(false) | Literal::Text("false"));
            (self.literal(fact, name, found)?, Action::Replace("true".to_owned()))
        };
        Ok(Change { site, action, safety: Safety::Safe, description: "turn automatic rotation on".to_owned() })
    }

    fn interval(&self, days: i64) -> Result<Change, String> {
        self.not_ignored("auto_key_rotation_details")?;
        let fact = &self.key.rotation.interval_days;
        let (site, action) = if !fact.trail.is_empty() {
            let found = |literal: &Literal<'_>| match (&fact.claim, literal) {
                (Claim::Known(days), Literal::Number(number)) => number == days,
                (Claim::Known(days), Literal::Text(text)) => text.parse() == Ok(*days),
                (Claim::Unset, Literal::Null | Literal::Number(0)) => true,
                _ => false,
            };
            (self.literal(fact, "rotation_interval_in_days", found)?, Action::Replace(days.to_string()))
        } else if let Some(header) = &self.key.rotation.block {
            (self.editable(header)?, Action::InsertInterval(days))
        } else {
            (self.block()?, Action::InsertSchedule(days))
        };
        Ok(Change { site, action, safety: Safety::Safe, description: format!("rotate the key every {days} days") })
    }

    fn block(&self) -> Result<Site, String> {
        match &self.key.declared.block {
            Some(place) => self.editable(place),
            None => Err("the code that declares the key is not at hand; name its folder with `--source`".to_owned()),
        }
    }

    fn not_ignored(&self, name: &str) -> Result<(), String> {
        let ignored = self.key.declared.ignore_changes.iter().any(|ignored| ignored == "*" || ignored == name);
        if ignored && self.key.fate.is_existing() {
            return Err(format!("the key exists, and `ignore_changes` keeps Terraform from changing `{name}`"));
        }
        Ok(())
    }

    /// The literal that a fact comes from, which stands farthest on its way.
    fn literal<T>(&self, fact: &Fact<T>, name: &str, found: impl Fn(&Literal<'_>) -> bool) -> Result<Site, String> {
        if fact.sensitive {
            return Err(format!("`{name}` is sensitive, so its value is not touched"));
        }
        let Some(last) = fact.trail.last() else { return Err(format!("it is not known where `{name}` is written")) };
        if last.label.contains(CHOSEN) {
            return Err(format!("a condition chooses `{name}`, and what it should choose is yours to say"));
        }
        let site = self.editable(&last.place)?;
        let source = last.place.span().map(|span| (self.sources.get(span.source), span));
        let text = source.as_ref().map_or("", |(source, span)| source.slice(*span));
        if literal(text).is_some_and(|literal| found(&literal)) {
            return Ok(site);
        }
        // A way that ends at a variable's header leads out of the configuration.
        if text.starts_with("variable ") {
            return Err("the value is given on the command line or in the environment".to_owned());
        }
        Err(format!("`{name}` is computed, so there is no value to write anew"))
    }

    /// The site of a place in a file that is the user's own.
    fn editable(&self, place: &Place) -> Result<Site, String> {
        let Some(span) = place.span() else { return Err("it is not written in a file of configuration".to_owned()) };
        let site = Site::of(span, self.sources);
        let shown = site.path.display().to_string();
        if shown.is_empty() || shown.starts_with('<') {
            return Err("the value is given on the command line or in the environment".to_owned());
        }
        if is_installed(&site.path) {
            return Err(format!("`{shown}` is part of an installed module, which `terraform init` writes anew"));
        }
        Ok(site)
    }
}

/// Whether a file is Terraform's own copy of a module.
fn is_installed(path: &Path) -> bool {
    path.components().any(|part| part == Component::Normal(".terraform".as_ref()))
}
