//! The config file: `kmslint.toml` → settings, levels and exemptions. Every mistake is a problem that points into the file.

use super::exempt::Entry;
use super::outcome::FailOn;
use super::words::{matches, nearest};
use crate::base::{Place, Problem, ProblemKind, SourceId, Sources, Span, disk};
use crate::rules::{self, Level, Settings};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The names under which the config file is found, the first one before the second.
pub const NAMES: [&str; 2] = ["kmslint.toml", ".kmslint.toml"];
/// The largest config file that is read, in bytes.
const CAP: u64 = 4 << 20;
/// What the limit of OCI-KMS-001 may be, in days: what the service accepts as an interval.
const LIMITS: RangeInclusive<i64> = 60..=365;

/// What the config file says, checked. Without a file: the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The file's folder, to which its paths are relative.
    pub folder: PathBuf,
    /// Paths that are not looked at.
    pub exclude: Vec<String>,
    /// The level at which a run fails.
    pub fail_on: Option<FailOn>,
    /// The level of undetermined verdicts.
    pub undetermined: Option<Level>,
    /// Levels by the id of the rule.
    pub levels: BTreeMap<&'static str, Level>,
    /// `max-rotation-days`.
    pub max_rotation_days: i64,
    /// `due-soon-days`.
    pub due_soon_days: i64,
    /// `accept-manual-versions`.
    pub accept_manual_versions: bool,
    /// `accept-hsm-in-private-vault`.
    pub accept_hsm_in_private_vault: bool,
    /// `[[exempt]]`.
    pub exempt: Vec<Entry>,
}

impl Default for Config {
    fn default() -> Self {
        let defaults = Settings::new(Timestamp::UNIX_EPOCH);
        Self {
            folder: PathBuf::from("."),
            exclude: Vec::new(),
            fail_on: None,
            undetermined: None,
            levels: BTreeMap::new(),
            max_rotation_days: defaults.max_rotation_days,
            due_soon_days: defaults.due_soon_days,
            accept_manual_versions: defaults.accept_manual_versions,
            accept_hsm_in_private_vault: defaults.accept_hsm_in_private_vault,
            exempt: Vec::new(),
        }
    }
}

impl Config {
    /// What the rules may ask.
    #[must_use]
    pub fn settings(&self, now: Timestamp) -> Settings {
        Settings {
            now,
            max_rotation_days: self.max_rotation_days,
            due_soon_days: self.due_soon_days,
            accept_manual_versions: self.accept_manual_versions,
            accept_hsm_in_private_vault: self.accept_hsm_in_private_vault,
        }
    }

    /// Whether a path, relative to the config's folder, is not to be looked at: it or a folder it is in matches an `exclude`.
    #[must_use]
    pub fn excludes(&self, path: &Path) -> bool {
        let names = path.ancestors().filter_map(Path::to_str).map(|name| name.replace('\\', "/")).filter(|name| !name.is_empty());
        names
            .into_iter()
            .any(|name| self.exclude.iter().any(|pattern| matches(pattern.trim_start_matches("./").trim_end_matches('/'), &name)))
    }
}

/// The nearest config file upwards from an input, not above the repository's root.
#[must_use]
pub fn locate(input: &Path) -> Option<PathBuf> {
    let start = disk::canonical(input).ok()?;
    let top = disk::repository_root(input);
    for folder in start.ancestors() {
        if let Some(found) = NAMES.iter().map(|name| folder.join(name)).find(|path| disk::is_file(path)) {
            return Some(found);
        }
        if top.as_deref() == Some(folder) {
            return None;
        }
    }
    None
}

/// Reads a config file. What is wrong in it is among the problems, and the rest holds.
#[must_use]
pub fn read(sources: &Sources, path: &Path) -> (Config, Vec<Problem>) {
    match disk::read_text(path, CAP) {
        Ok(text) => parse(sources, path, text),
        Err(error) => {
            let problem = Problem::new(ProblemKind::Policy, format!("the config file cannot be read: {error}"));
            (Config::default(), vec![problem.at(Place::File(path.to_string_lossy().into()))])
        }
    }
}

/// Reads the text of a config file.
#[must_use]
pub fn parse(sources: &Sources, path: &Path, text: String) -> (Config, Vec<Problem>) {
    let source = sources.add(path, text);
    let kept = sources.get(source);
    let (table, errors) = DeTable::parse_recoverable(kept.text());
    let mut reader = Reader { source, problems: Vec::new() };
    for error in errors {
        reader.mistake(error.span().unwrap_or(0..0), format!("the config file is not TOML: {}", error.message()), None);
    }
    let mut config = Config { folder: path.parent().unwrap_or(Path::new(".")).to_path_buf(), ..Config::default() };
    reader.document(table.get_ref(), &mut config);
    (config, reader.problems)
}

/// Reads values out of the TOML and notes what is wrong with them.
struct Reader {
    source: SourceId,
    problems: Vec<Problem>,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl Reader {
    fn document(&mut self, table: &DeTable<'_>, config: &mut Config) {
        self.known(table, "", &["exclude", "fail-on", "undetermined", "rules", "exempt"]);
        if let Some(value) = table.get("exclude") {
            config.exclude = self.texts(value, "exclude").into_iter().map(|(text, _)| text).collect();
        }
        if let Some(value) = table.get("fail-on") {
            config.fail_on = self.word(value, "fail-on", &["error", "warning", "note", "never"]).and_then(FailOn::read);
        }
        if let Some(value) = table.get("undetermined") {
            config.undetermined = self.level(value, "undetermined");
        }
        if let Some(value) = table.get("rules") {
            for (id, value) in self.table(value, "rules").into_iter().flatten() {
                if let Some(id) = self.rule(id.get_ref(), id.span()) {
                    self.rule_table(id, value, config);
                }
            }
        }
        if let Some(value) = table.get("exempt") {
            match value.get_ref() {
                DeValue::Array(entries) => config.exempt = entries.iter().filter_map(|entry| self.entry(entry)).collect(),
                other => self.wrong(value, "exempt", "a list of tables, each under `[[exempt]]`", other),
            }
        }
    }

    fn rule_table(&mut self, id: &'static str, value: &Value<'_>, config: &mut Config) {
        let Some(table) = self.table(value, id) else { return };
        let known = rules::by_id(id).map_or(["level"].as_slice(), |rule| rule.config_keys);
        self.known(table, &format!("[rules.{id}]"), known);
        let allowed = |key: &str| table.get(key).filter(|_| known.contains(&key));
        if let Some(level) = allowed("level").and_then(|value| self.level(value, "level")) {
            config.levels.insert(id, level);
        }
        if let Some(days) = allowed("max-rotation-days").and_then(|value| self.days(value, "max-rotation-days", LIMITS)) {
            config.max_rotation_days = days;
        }
        if let Some(days) = allowed("due-soon-days").and_then(|value| self.days(value, "due-soon-days", 0..=*LIMITS.end())) {
            config.due_soon_days = days;
        }
        if let Some(accept) = allowed("accept-manual-versions").and_then(|value| self.yes_or_no(value, "accept-manual-versions")) {
            config.accept_manual_versions = accept;
        }
        if let Some(accept) = allowed("accept-hsm-in-private-vault").and_then(|value| self.yes_or_no(value, "accept-hsm-in-private-vault"))
        {
            config.accept_hsm_in_private_vault = accept;
        }
    }

    /// One `[[exempt]]`. An entry with a mistake exempts nothing: better one finding too many than one hidden by a slip.
    fn entry(&mut self, value: &Value<'_>) -> Option<Entry> {
        const SELECTORS: [&str; 6] = ["address", "path", "name", "compartment", "key", "tag"];
        let before = self.problems.len();
        let table = self.table(value, "exempt")?;
        let known: Vec<&str> = ["rules", "reason", "until"].into_iter().chain(SELECTORS).collect();
        self.known(table, "[[exempt]]", &known);
        let rules = match table.get("rules") {
            Some(rules) => {
                let named = self.texts(rules, "rules");
                if named.is_empty() && matches!(rules.get_ref(), DeValue::Array(_)) {
                    self.mistake(
                        rules.span(),
                        "the exemption names no rule".to_owned(),
                        Some("write `rules = [\"OCI-KMS-004\"]`".to_owned()),
                    );
                }
                named.into_iter().filter_map(|(id, span)| self.rule(&id, span)).collect()
            }
            None => {
                self.mistake(value.span(), "the exemption names no rule".to_owned(), Some("add `rules = [\"OCI-KMS-004\"]`".to_owned()));
                Vec::new()
            }
        };
        let reason = table.get("reason").and_then(|value| self.text(value, "reason")).filter(|reason| !reason.trim().is_empty());
        if reason.is_none() {
            self.mistake(
                value.span(),
                "the exemption gives no reason".to_owned(),
                Some("add `reason = \"…\"`: who decided it, and why".to_owned()),
            );
        }
        let until = table.get("until").and_then(|value| self.date(value));
        let [address, path, name, compartment, key, tag] = SELECTORS.map(|key| table.get(key).and_then(|value| self.text(value, key)));
        if SELECTORS.iter().all(|key| table.get(*key).is_none()) {
            let help = format!("add one or more of {}; `address = \"*\"` is every key", SELECTORS.map(|key| format!("`{key}`")).join(", "));
            self.mistake(value.span(), "the exemption does not say which keys it is for".to_owned(), Some(help));
        }
        if let (Some(tag), Some(value)) = (&tag, table.get("tag"))
            && !tag.contains('=')
        {
            self.mistake(value.span(), "`tag` has no `=`".to_owned(), Some(format!("write `tag = \"{tag}=*\"` for any value")));
        }
        let place = Place::Source(Span::new(self.source, value.span()));
        let entry = Entry { rules, address, path, name, compartment, key, tag, reason: reason.unwrap_or_default(), until, place };
        (self.problems.len() == before).then_some(entry)
    }

    /// Notes every key that is none of the known ones.
    fn known(&mut self, table: &DeTable<'_>, of: &str, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let message = if of.is_empty() { format!("`{name}` is no setting") } else { format!("`{name}` is no setting of `{of}`") };
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the settings here are {}", known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
            };
            self.mistake(key.span(), message, Some(help));
        }
    }

    fn rule(&mut self, id: &str, span: std::ops::Range<usize>) -> Option<&'static str> {
        let found = super::exempt::rule_id(id);
        if let Err(help) = &found {
            self.mistake(span, format!("there is no rule `{id}`"), Some(help.clone()));
        }
        found.ok()
    }

    fn level(&mut self, value: &Value<'_>, name: &str) -> Option<Level> {
        self.word(value, name, &["error", "warning", "note", "off"]).and_then(Level::read)
    }

    fn word<'a>(&mut self, value: &'a Value<'_>, name: &str, words: &[&str]) -> Option<&'a str> {
        let DeValue::String(text) = value.get_ref() else {
            self.wrong(value, name, &format!("one of {}", words.join(", ")), value.get_ref());
            return None;
        };
        if words.contains(&text.as_ref()) {
            return Some(text.as_ref());
        }
        let help = nearest(text, words.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        self.mistake(value.span(), format!("`{name}` is one of {}, not `{text}`", words.join(", ")), help);
        None
    }

    fn days(&mut self, value: &Value<'_>, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong(value, name, "a number of days", value.get_ref());
            return None;
        };
        let days = i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|days| range.contains(days));
        if days.is_none() {
            let message = format!("`{name}` is {} to {} days, not {}", range.start(), range.end(), number.as_str());
            self.mistake(value.span(), message, None);
        }
        days
    }

    fn yes_or_no(&mut self, value: &Value<'_>, name: &str) -> Option<bool> {
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.wrong(value, name, "`true` or `false`", value.get_ref());
        }
        found
    }

    fn date(&mut self, value: &Value<'_>) -> Option<Date> {
        let found = match value.get_ref() {
            DeValue::Datetime(time) if time.time.is_none() => time.date.and_then(|date| {
                Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
            }),
            DeValue::String(text) => text.parse().ok(),
            _ => None,
        };
        if found.is_none() {
            let help = "write the last day on which it holds, as `until = 2027-01-31`".to_owned();
            self.mistake(value.span(), "`until` is not a date".to_owned(), Some(help));
        }
        found
    }

    fn text(&mut self, value: &Value<'_>, name: &str) -> Option<String> {
        let found = value.get_ref().as_str().map(str::to_owned);
        if found.is_none() {
            self.wrong(value, name, "a string", value.get_ref());
        }
        found
    }

    fn texts(&mut self, value: &Value<'_>, name: &str) -> Vec<(String, std::ops::Range<usize>)> {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, name, "a list of strings", value.get_ref());
            return Vec::new();
        };
        items.iter().filter_map(|item| Some((self.text(item, name)?, item.span()))).collect()
    }

    fn table<'v, 'a>(&mut self, value: &'v Value<'a>, name: &str) -> Option<&'v DeTable<'a>> {
        let found = value.get_ref().as_table();
        if found.is_none() {
            self.wrong(value, name, "a table", value.get_ref());
        }
        found
    }

    fn wrong(&mut self, value: &Value<'_>, name: &str, wanted: &str, found: &DeValue<'_>) {
        self.mistake(value.span(), format!("`{name}` is {wanted}, and here is a TOML {}", found.type_str()), None);
    }

    fn mistake(&mut self, span: std::ops::Range<usize>, message: String, help: Option<String>) {
        let problem = Problem::new(ProblemKind::Policy, message).at(Place::Source(Span::new(self.source, span)));
        self.problems.push(Problem { help, ..problem });
    }
}
