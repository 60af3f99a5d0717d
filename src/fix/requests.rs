//! From findings to requests: the changes that each key needs, and where the text to change is.

use super::edit::{FixOptions, Note};
use super::refusal::FixError;
use super::text::{Literal, literal};
use crate::base::{Claim, Place, Sources, Span};
use crate::key::{InputKind, KeyFacts, KeyId, ProtectionMode};
use crate::rules::{self, Finding, Remedy, Safety, Setting};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The changes that fix one finding for one key: all of them, or none.
pub(super) struct FixRequest {
    /// Index of the finding.
    pub finding: usize,
    /// Index of the key.
    pub key: usize,
    pub changes: Vec<TextChange>,
}

/// One change of the text.
#[derive(Clone, Debug)]
pub(super) struct TextChange {
    pub site: EditSite,
    pub action: Action,
    pub safety: Safety,
    pub description: String,
}

/// The text range of an edit. It has a path and not a source id, because a file that was read twice has two ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct EditSite {
    pub path: PathBuf,
    pub start: u32,
    pub end: u32,
}

impl EditSite {
    pub(super) fn of(span: Span, sources: &Sources) -> Self {
        Self { path: sources.get(span.source).path().to_path_buf(), start: span.start, end: span.end }
    }
}

/// The edit to make at a site.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Action {
    /// Replaces the literal.
    Replace(String),
    /// Inserts an argument into the block of a resource or module call.
    InsertArgument { name: Arc<str>, value: String },
    /// Inserts an attribute into an object.
    InsertAttribute { name: Arc<str>, value: String },
    /// Inserts `auto_key_rotation_details` with this interval into the block of a resource.
    InsertSchedule(i64),
    /// Inserts the interval into the `auto_key_rotation_details` whose header is at the site.
    InsertInterval(i64),
    /// Makes the value the default of an `optional(…)`.
    InsertDefault(String),
}

impl Action {
    /// The argument or block that it sets: a site can have one action for each.
    pub(super) fn slot(&self) -> Arc<str> {
        match self {
            Self::Replace(_) | Self::InsertDefault(_) => "".into(),
            Self::InsertArgument { name, .. } | Self::InsertAttribute { name, .. } => Arc::clone(name),
            Self::InsertSchedule(_) => "auto_key_rotation_details".into(),
            Self::InsertInterval(_) => "rotation_interval_in_days".into(),
        }
    }
}

/// The requests of all findings, and notes about findings that have none.
pub(super) fn collect(findings: &[Finding], keys: &[&KeyFacts], sources: &Sources, options: &FixOptions) -> (Vec<FixRequest>, Vec<Note>) {
    let known: HashMap<&KeyId, usize> = keys.iter().enumerate().map(|(at, key)| (&key.id, at)).collect();
    let mut requests = Vec::new();
    let mut notes = Vec::new();
    for (at, finding) in findings.iter().enumerate().filter(|(_, finding)| finding.verdict != "advice") {
        let Some(rule) = rules::by_id(finding.rule).filter(|_| finding.verdict == "violation") else {
            let why = if finding.verdict == "violation" { FixError::NoEdit } else { FixError::Undetermined };
            let addresses = finding.instances.iter().map(|instance| instance.key.address.clone()).collect();
            notes.push(Note { rule: finding.rule, addresses, place: finding.place.clone(), message: why.to_string() });
            continue;
        };
        for instance in &finding.instances {
            let Some((index, key)) = known.get(&instance.key).and_then(|&index| Some((index, *keys.get(index)?))) else { continue };
            let remedies = (rule.remedies)(key, finding.kind, &options.settings).map_err(FixError::from);
            let wanted = remedies.and_then(|remedies| {
                let remedy = applicable(&remedies)?;
                let changes = check_safety(changes(remedy, key, sources)?, options)?;
                match changes.iter().find(|change| options.broken.contains(&change.site.path)) {
                    Some(change) => Err(FixError::Broken(change.site.path.display().to_string())),
                    None => Ok(changes),
                }
            });
            match wanted {
                Ok(changes) => requests.push(FixRequest { finding: at, key: index, changes }),
                Err(error) => notes.push(note(finding, key, &error)),
            }
        }
    }
    (requests, notes)
}

/// The remedy that may be applied without a decision by the user, or why there is none.
fn applicable(remedies: &[Remedy]) -> Result<&Remedy, FixError> {
    let applicable = remedies.iter().find(|remedy| remedy.safety != Safety::Choice);
    let condition = remedies.iter().find_map(|remedy| remedy.condition);
    applicable.ok_or_else(|| condition.map_or(FixError::NoEdit, FixError::Choice))
}

/// Why a finding of a key is not fixed.
pub(super) fn note(finding: &Finding, key: &KeyFacts, error: &FixError) -> Note {
    Note { rule: finding.rule, addresses: vec![key.id.address.clone()], place: finding.place.clone(), message: error.to_string() }
}

fn check_safety(changes: Vec<TextChange>, options: &FixOptions) -> Result<Vec<TextChange>, FixError> {
    match changes.iter().find(|change| change.safety == Safety::Unsafe) {
        Some(change) if !options.unsafe_fixes => Err(FixError::Unsafe(change.description.clone())),
        _ => Ok(changes),
    }
}

/// The text changes of a remedy.
pub(super) fn changes(remedy: &Remedy, key: &KeyFacts, sources: &Sources) -> Result<Vec<TextChange>, FixError> {
    let text_change = |change: &rules::ArgumentChange| {
        let (site, action) = site_and_action(change, key, sources)?;
        Ok(TextChange { site, action, safety: remedy.safety, description: description(change.to, remedy, key) })
    };
    remedy.changes.iter().map(text_change).collect()
}

/// What a change does, as one sentence without a period.
fn description(to: Setting, remedy: &Remedy, key: &KeyFacts) -> String {
    let only_if = |text: String| match remedy.condition {
        Some(condition) if remedy.safety != Safety::Safe => format!("{text}, only if {condition}"),
        _ => text,
    };
    match to {
        Setting::Software if remedy.safety == Safety::Safe => "set `protection_mode` to SOFTWARE before the key is created".to_owned(),
        Setting::Software if key.planned_action == crate::key::PlannedAction::Create && key.id.input == InputKind::Plan => {
            only_if("set `protection_mode` to SOFTWARE before the key is created".to_owned())
        }
        Setting::Software => {
            let consequence =
                "an existing key is replaced, the old one is deleted after 7 to 30 days, and data that it encrypted becomes unreadable";
            format!("set `protection_mode` to SOFTWARE; {consequence}")
        }
        Setting::Switch(true) => only_if("turn automatic rotation on".to_owned()),
        Setting::Switch(false) => only_if("turn automatic rotation off".to_owned()),
        Setting::Interval(days) => only_if(format!("rotate the key every {days} days")),
        Setting::NoStart => only_if("start the schedule today".to_owned()),
    }
}

/// Where and how a change is made in the text.
fn site_and_action(change: &rules::ArgumentChange, key: &KeyFacts, sources: &Sources) -> Result<(EditSite, Action), FixError> {
    let (name, value) = (change.to.argument(), change.to.value());
    let days = if let Setting::Interval(days) = change.to { days } else { 0 };
    Ok(match &change.at {
        rules::RemedySite::Value(place) => (literal_site(place, change.to, key, sources)?, Action::Replace(value)),
        rules::RemedySite::Block(place) => (editable_site(place, sources)?, Action::InsertArgument { name: name.into(), value }),
        rules::RemedySite::Call(block, argument) => {
            (editable_site(block, sources)?, Action::InsertArgument { name: Arc::clone(argument), value })
        }
        rules::RemedySite::Element(object, attribute) => {
            let site = editable_site(object, sources)?;
            // Equal elements of a set are one element, so an edit of one of them could add an element.
            let is_listed = object.span().map(|span| {
                sources.get(span.source).text().get(..span.start as usize).is_some_and(|text| text.trim_end().ends_with(['[', ',']))
            });
            if is_listed == Some(true) {
                return Err(FixError::Listed(name));
            }
            (site, Action::InsertAttribute { name: Arc::clone(attribute), value })
        }
        rules::RemedySite::Details(place) => (editable_site(place, sources)?, Action::InsertInterval(days)),
        rules::RemedySite::NewDetails(place) => (editable_site(place, sources)?, Action::InsertSchedule(days)),
        rules::RemedySite::Optional(place) => (editable_site(place, sources)?, Action::InsertDefault(value)),
    })
}

/// The site of the literal that a fact comes from, or an error if it does not come from a literal.
fn literal_site(place: &Place, to: Setting, key: &KeyFacts, sources: &Sources) -> Result<EditSite, FixError> {
    let site = editable_site(place, sources)?;
    let source = place.span().map(|span| (sources.get(span.source), span));
    let text = source.as_ref().map_or("", |(source, span)| source.slice(*span));
    if literal(text).is_some_and(|literal| is_current_value(&literal, to, key)) {
        return Ok(site);
    }
    // A trail that ends at the header of a variable continues outside of the configuration.
    if text.starts_with("variable ") {
        return Err(FixError::NotInAFile);
    }
    Err(FixError::Computed(to.argument()))
}

/// Whether a literal is the current value of the key, or null or empty where the key has the default.
fn is_current_value(literal: &Literal<'_>, to: Setting, key: &KeyFacts) -> bool {
    match to {
        Setting::Software => match (known_or_default(&key.protection_mode.claim), literal) {
            (Some(Some(mode)), Literal::Text(text)) => ProtectionMode::read(text) == *mode,
            (Some(None), Literal::Null) => true,
            (Some(None), Literal::Text(text)) => text.is_empty(),
            _ => false,
        },
        Setting::Switch(on) => match literal {
            // Null leaves the switch at its default, which is off.
            Literal::Null => on,
            Literal::Bool(value) => *value != on,
            Literal::Text(text) => text.parse() == Ok(!on),
            Literal::Number(_) => false,
        },
        Setting::Interval(_) => match (known_or_default(&key.rotation.interval_days.claim), literal) {
            (Some(Some(days)), Literal::Number(number)) => number == days,
            (Some(Some(days)), Literal::Text(text)) => text.parse() == Ok(*days),
            (Some(None), Literal::Null) => true,
            _ => false,
        },
        Setting::NoStart => matches!(literal, Literal::Text(_)),
    }
}

/// The value of a claim, or its default; `None` if neither is known.
fn known_or_default<T>(claim: &Claim<T>) -> Option<Option<&T>> {
    match claim {
        Claim::Known(value) => Some(Some(value)),
        Claim::Unset => Some(None),
        Claim::Unknown(unknown) => match &unknown.bounds {
            crate::base::Bounds::Default { value, .. } => Some(value.as_ref()),
            _ => None,
        },
    }
}

/// The site of a place, or an error if it is not in a file of the user.
fn editable_site(place: &Place, sources: &Sources) -> Result<EditSite, FixError> {
    let Some(span) = place.span() else { return Err(FixError::NotConfiguration) };
    let site = EditSite::of(span, sources);
    let shown = site.path.display().to_string();
    // The texts of the command line and the environment have such names.
    if shown.is_empty() || shown.starts_with('<') {
        return Err(FixError::NotInAFile);
    }
    if is_installed(&site.path) {
        return Err(FixError::Installed(shown));
    }
    Ok(site)
}

/// Whether a file is Terraform's own copy of a module.
fn is_installed(path: &Path) -> bool {
    path.components().any(|part| part == Component::Normal(".terraform".as_ref()))
}
