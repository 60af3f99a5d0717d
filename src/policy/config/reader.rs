//! TOML → `Config`: every setting has a name, a type and a range, and every mistake is a problem at its place.

use super::{Config, NAMES};
use crate::base::{Place, Problem, ProblemKind, SourceId, Sources, Span, disk};
use crate::policy::exempt::ExemptEntry;
use crate::policy::outcome::FailOn;
use crate::policy::words::nearest;
use crate::rules::{self, DaysSetting, Level, SettingRow};
use jiff::civil::Date;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The size limit for a config file, in bytes.
const CAP: u64 = 4 << 20;
/// How many patterns of `exclude` are used.
pub(super) const MAX_PATTERNS: usize = 10_000;
/// How many of them may begin with a wildcard: the others fail at the first character of most paths.
pub(super) const MAX_WILDCARDS: usize = 200;
/// The length limit for a pattern, in bytes: longer than any path.
const MAX_PATTERN_BYTES: usize = 4096;

/// Searches for the config file in an input's directory and its parents, up to the repository's root.
#[must_use]
pub fn locate(input: &Path) -> Option<PathBuf> {
    let start = disk::canonical(input).ok()?;
    let top = disk::repository_root(input);
    for directory in start.ancestors() {
        // A dangling link counts, so that it is reported instead of the settings being ignored silently.
        if let Some(found) = NAMES.iter().map(|name| directory.join(name)).find(|path| disk::has_entry(path)) {
            return Some(found);
        }
        if top.as_deref() == Some(directory) {
            return None;
        }
    }
    None
}

/// Reads the config file at `path`; messages show the path as `shown`. Mistakes are problems; valid settings still apply.
#[must_use]
pub fn read(sources: &Sources, path: &Path, shown: &Path) -> (Config, Vec<Problem>) {
    match disk::read_stream(path, CAP).and_then(disk::text) {
        Ok(text) => parse(sources, shown, text),
        Err(error) => unreadable(shown, &error),
    }
}

/// Reads a config file that was found at `real`, not named by the user: links must not lead out of the repository. Messages show the path
/// as `shown`.
#[must_use]
pub fn read_found(sources: &Sources, real: &Path, shown: &Path) -> (Config, Vec<Problem>) {
    let directory = real.parent().unwrap_or(Path::new("."));
    let top = disk::repository_root(directory).or_else(|| disk::canonical(directory).ok()).unwrap_or_else(|| directory.to_path_buf());
    match disk::read_found(real, CAP, &[top]).and_then(disk::text) {
        // Reports do not quote a link's target: it is not the file that they show.
        Ok(text) if disk::is_link(real) => parse_source(sources, sources.add_hidden(shown, text), shown),
        Ok(text) => parse(sources, shown, text),
        Err(error) => unreadable(shown, &error),
    }
}

fn unreadable(path: &Path, error: &disk::DiskError) -> (Config, Vec<Problem>) {
    let problem = Problem::new(ProblemKind::Policy, format!("cannot read the config file: {error}"));
    (Config::default(), vec![problem.at(Place::File(path.to_string_lossy().into()))])
}

/// Parses the text of a config file.
#[must_use]
pub fn parse(sources: &Sources, path: &Path, text: String) -> (Config, Vec<Problem>) {
    parse_source(sources, sources.add(path, text), path)
}

fn parse_source(sources: &Sources, source: SourceId, path: &Path) -> (Config, Vec<Problem>) {
    let kept = sources.get(source);
    let (table, errors) = DeTable::parse_recoverable(kept.text());
    let mut reader = ConfigReader { source, problems: Vec::new() };
    for error in errors {
        reader.report(error.span().unwrap_or(0..0), format!("the config file is not TOML: {}", error.message()), None);
    }
    let mut config =
        Config { path: Some(path.to_path_buf()), directory: path.parent().unwrap_or(Path::new(".")).to_path_buf(), ..Config::default() };
    reader.document(table.get_ref(), &mut config);
    (config, reader.problems)
}

/// Reads values from the TOML and collects problems.
struct ConfigReader {
    source: SourceId,
    problems: Vec<Problem>,
}

type TomlValue<'a> = Spanned<DeValue<'a>>;

impl ConfigReader {
    fn document(&mut self, table: &DeTable<'_>, config: &mut Config) {
        self.check_keys(table, "", &["exclude", "fail-on", "undetermined", "rules", "exempt"]);
        if let Some(value) = table.get("exclude") {
            config.exclude = self.exclusions(value);
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
                other => self.wrong_type(value, "exempt", "a list of tables, each under `[[exempt]]`", other),
            }
        }
    }

    /// The patterns of `exclude`, up to the limits within which every path can be compared with all of them.
    fn exclusions(&mut self, value: &TomlValue<'_>) -> Vec<String> {
        let mut wildcards = 0;
        let mut kept = Vec::new();
        for (text, span) in self.texts(value, "exclude") {
            wildcards += usize::from(text.starts_with(['*', '?']));
            if kept.len() == MAX_PATTERNS || wildcards > MAX_WILDCARDS || text.len() > MAX_PATTERN_BYTES {
                let message = format!(
                    "`exclude` has more than {MAX_PATTERNS} patterns, more than {MAX_WILDCARDS} that begin with a wildcard, or one \
                     of more than {MAX_PATTERN_BYTES} bytes; this pattern and those after it are ignored"
                );
                self.report(span, message, Some("exclude directories instead of the files in them".to_owned()));
                break;
            }
            kept.push(text);
        }
        kept
    }

    fn rule_table(&mut self, id: &'static str, value: &TomlValue<'_>, config: &mut Config) {
        let Some(table) = self.table(value, id) else { return };
        let rule = rules::by_id(id);
        let known: Vec<&str> = rule.map_or_else(|| vec!["level"], |rule| rule.config_keys().collect());
        self.check_keys(table, &format!("[rules.{id}]"), &known);
        if let Some(level) = table.get("level").and_then(|value| self.level(value, "level")) {
            config.levels.insert(id, level);
        }
        for row in rule.into_iter().flat_map(|rule| rule.settings) {
            let Some(value) = table.get(row.name()) else { continue };
            match row {
                SettingRow::Days(row) => {
                    if let Some(days) = self.days(value, row) {
                        config.chosen.set_days(row, days);
                    }
                }
                SettingRow::Switch(row) => {
                    if let Some(on) = self.boolean(value, row.name) {
                        config.chosen.switch(row, on);
                    }
                }
            }
        }
    }

    /// Reads one `[[exempt]]`. An entry with a mistake exempts nothing: a finding too many is better than one hidden by a typo.
    fn entry(&mut self, value: &TomlValue<'_>) -> Option<ExemptEntry> {
        const SELECTORS: [&str; 6] = ["address", "path", "name", "compartment", "key", "tag"];
        let before = self.problems.len();
        let table = self.table(value, "exempt")?;
        let known: Vec<&str> = ["rules", "reason", "until"].into_iter().chain(SELECTORS).collect();
        self.check_keys(table, "[[exempt]]", &known);
        let rules = match table.get("rules") {
            Some(rules) => {
                let named = self.texts(rules, "rules");
                if named.is_empty() && matches!(rules.get_ref(), DeValue::Array(_)) {
                    self.report(
                        rules.span(),
                        "the exemption does not name a rule".to_owned(),
                        Some("write `rules = [\"OCI-KMS-004\"]`".to_owned()),
                    );
                }
                named.into_iter().filter_map(|(id, span)| self.rule(&id, span)).collect()
            }
            None => {
                self.report(
                    value.span(),
                    "the exemption does not name a rule".to_owned(),
                    Some("add `rules = [\"OCI-KMS-004\"]`".to_owned()),
                );
                Vec::new()
            }
        };
        let reason = table.get("reason").and_then(|value| self.text(value, "reason")).filter(|reason| !reason.trim().is_empty());
        if reason.is_none() {
            self.report(
                value.span(),
                "the exemption has no reason".to_owned(),
                Some("add `reason = \"…\"`: who accepted this, and why".to_owned()),
            );
        }
        let until = table.get("until").and_then(|value| self.date(value));
        let [address, path, name, compartment, key, tag] = SELECTORS.map(|key| table.get(key).and_then(|value| self.text(value, key)));
        // An unknown key is probably a misspelled selector, and has been reported.
        let has_unknown_key = table.keys().any(|key| !known.contains(&key.get_ref().as_ref()));
        if !has_unknown_key && SELECTORS.iter().all(|key| table.get(*key).is_none()) {
            let help = format!("add one or more of {}; `address = \"*\"` is every key", SELECTORS.map(|key| format!("`{key}`")).join(", "));
            self.report(value.span(), "the exemption does not name any keys".to_owned(), Some(help));
        }
        if let (Some(tag), Some(value)) = (&tag, table.get("tag"))
            && !tag.contains('=')
        {
            self.report(value.span(), "`tag` has no `=`".to_owned(), Some(format!("write `tag = \"{tag}=*\"` for any value")));
        }
        let place = Place::Source(Span::new(self.source, value.span()));
        let entry = ExemptEntry { rules, address, path, name, compartment, key, tag, reason: reason.unwrap_or_default(), until, place };
        (self.problems.len() == before).then_some(entry)
    }

    /// Reports every unknown key of a table.
    fn check_keys(&mut self, table: &DeTable<'_>, of: &str, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let message = if of.is_empty() { format!("unknown setting `{name}`") } else { format!("unknown setting `{name}` in `{of}`") };
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("use one of {}", known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
            };
            self.report(key.span(), message, Some(help));
        }
    }

    fn rule(&mut self, id: &str, span: std::ops::Range<usize>) -> Option<&'static str> {
        let found = crate::policy::exempt::directive::rule_id(id);
        if let Err(error) = &found {
            self.report(span, format!("unknown rule `{id}`"), Some(error.to_string()));
        }
        found.ok()
    }

    fn level(&mut self, value: &TomlValue<'_>, name: &str) -> Option<Level> {
        self.word(value, name, &["error", "warning", "note", "off"]).and_then(Level::read)
    }

    fn word<'a>(&mut self, value: &'a TomlValue<'_>, name: &str, words: &[&str]) -> Option<&'a str> {
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(value, name, &format!("one of {}", words.join(", ")), value.get_ref());
            return None;
        };
        if words.contains(&text.as_ref()) {
            return Some(text.as_ref());
        }
        let help = nearest(text, words.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        self.report(value.span(), format!("invalid value `{text}` for `{name}`; expected one of {}", words.join(", ")), help);
        None
    }

    fn days(&mut self, value: &TomlValue<'_>, row: &DaysSetting) -> Option<i64> {
        let DaysSetting { name, range, .. } = row;
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong_type(value, name, "a number of days", value.get_ref());
            return None;
        };
        let days = i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|days| range.contains(days));
        if days.is_none() {
            let message = format!("`{name}`: expected {} to {} days, found {}", range.start(), range.end(), number.as_str());
            self.report(value.span(), message, None);
        }
        days
    }

    fn boolean(&mut self, value: &TomlValue<'_>, name: &str) -> Option<bool> {
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.wrong_type(value, name, "`true` or `false`", value.get_ref());
        }
        found
    }

    fn date(&mut self, value: &TomlValue<'_>) -> Option<Date> {
        let found = match value.get_ref() {
            DeValue::Datetime(time) if time.time.is_none() => time.date.and_then(|date| {
                Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
            }),
            DeValue::String(text) => text.parse().ok(),
            _ => None,
        };
        if found.is_none() {
            let help = "write the last day of the exemption, for example `until = 2027-01-31`".to_owned();
            self.report(value.span(), "`until` is not a date".to_owned(), Some(help));
        }
        found
    }

    fn text(&mut self, value: &TomlValue<'_>, name: &str) -> Option<String> {
        let found = value.get_ref().as_str().map(str::to_owned);
        if found.is_none() {
            self.wrong_type(value, name, "a string", value.get_ref());
        }
        found
    }

    fn texts(&mut self, value: &TomlValue<'_>, name: &str) -> Vec<(String, std::ops::Range<usize>)> {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value, name, "a list of strings", value.get_ref());
            return Vec::new();
        };
        items.iter().filter_map(|item| Some((self.text(item, name)?, item.span()))).collect()
    }

    fn table<'v, 'a>(&mut self, value: &'v TomlValue<'a>, name: &str) -> Option<&'v DeTable<'a>> {
        let found = value.get_ref().as_table();
        if found.is_none() {
            self.wrong_type(value, name, "a table", value.get_ref());
        }
        found
    }

    fn wrong_type(&mut self, value: &TomlValue<'_>, name: &str, wanted: &str, found: &DeValue<'_>) {
        self.report(value.span(), format!("`{name}`: expected {wanted}, found a TOML {}", found.type_str()), None);
    }

    fn report(&mut self, span: std::ops::Range<usize>, message: String, help: Option<String>) {
        let problem = Problem::new(ProblemKind::Policy, message).at(Place::Source(Span::new(self.source, span)));
        self.problems.push(Problem { help, ..problem });
    }
}
