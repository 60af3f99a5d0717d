//! The config file: `kmslint.toml` → settings, levels and exemptions. Every mistake is a problem that points into the file.

use super::exempt::ExemptEntry;
use super::outcome::FailOn;
use super::words::{matches, nearest};
use crate::base::{Place, Problem, ProblemKind, SourceId, Sources, Span, disk};
use crate::rules::{self, ChosenSettings, DaysSetting, Level, SettingRow, Settings};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The names under which the config file is found, the first one before the second.
pub const NAMES: [&str; 2] = ["kmslint.toml", ".kmslint.toml"];
/// The largest config file that is read, in bytes.
const CAP: u64 = 4 << 20;

/// How many patterns of `exclude` are used.
const MOST_EXCLUDED: usize = 10_000;
/// How many of them may begin with a wildcard: only the others are compared with most paths at a glance.
const MOST_WILD: usize = 200;
/// How many of them the summary names.
const MOST_NAMED: usize = 20;
/// The longest of them, in bytes: longer than paths are.
const LONGEST_PATTERN: usize = 4096;

/// What the config file says, checked. Without a file: the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The file as shown; `None` without one.
    pub path: Option<PathBuf>,
    /// The file's directory, to which its paths are relative.
    pub folder: PathBuf,
    /// Paths that are not looked at.
    pub exclude: Vec<String>,
    /// As `exclude`, of the command line: relative to the working directory.
    pub typed_exclude: Vec<String>,
    /// The level at which a run fails.
    pub fail_on: Option<FailOn>,
    /// The level of undetermined verdicts.
    pub undetermined: Option<Level>,
    /// Levels by the id of the rule.
    pub levels: BTreeMap<&'static str, Level>,
    /// The rules' own settings.
    pub chosen: ChosenSettings,
    /// `[[exempt]]`.
    pub exempt: Vec<ExemptEntry>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            path: None,
            folder: PathBuf::from("."),
            exclude: Vec::new(),
            typed_exclude: Vec::new(),
            fail_on: None,
            undetermined: None,
            levels: BTreeMap::new(),
            chosen: ChosenSettings::default(),
            exempt: Vec::new(),
        }
    }
}

impl Config {
    /// What the rules may ask.
    #[must_use]
    pub fn settings(&self, now: Timestamp) -> Settings {
        self.chosen.at(now)
    }

    /// What the file turns off, as clauses: a pull request may have brought it along. What the command line decides is not the file's.
    #[must_use]
    pub fn turns_off(&self, levels: &BTreeMap<&'static str, Level>, fail_on: Option<FailOn>) -> Vec<String> {
        let mut all = Vec::new();
        for (rule, level) in self.levels.iter().filter(|(rule, _)| !levels.contains_key(*rule)) {
            if *level < Level::Warning {
                all.push(format!("sets {rule} to {}", level.word()));
            }
        }
        if self.undetermined == Some(Level::Off) {
            all.push("hides what is undetermined".to_owned());
        }
        match self.fail_on.filter(|_| fail_on.is_none()) {
            Some(FailOn::Never) => all.push("never fails".to_owned()),
            Some(FailOn::At(Level::Error)) => all.push("fails on errors only".to_owned()),
            _ => {}
        }
        for row in rules::ALL.iter().flat_map(|rule| rule.settings) {
            if let SettingRow::Switch(switch) = row
                && self.chosen.is_on(switch)
            {
                all.push(switch.when_on.to_owned());
            }
        }
        if !self.exclude.is_empty() {
            let patterns: Vec<_> = self.exclude.iter().take(MOST_NAMED).map(|pattern| format!("`{pattern}`")).collect();
            let more = self.exclude.len() - patterns.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            all.push(format!("excludes {}{more}", patterns.join(", ")));
        }
        all
    }

    /// Whether a path, relative to the config's directory, is not to be looked at: it or a directory it is in matches an `exclude`.
    #[must_use]
    pub fn excludes(&self, path: &Path) -> bool {
        is_excluded(&self.exclude, path)
    }

    /// As [`Config::excludes`], of absolute paths whose links are resolved, and by the patterns of the command line, too. `cwd`: what those
    /// and the path of the config file are relative to.
    #[must_use]
    pub fn excluder(&self, cwd: &Path) -> Box<dyn Fn(&Path) -> bool + Sync + Send> {
        let directory = cwd.join(&self.folder);
        let (directory, config) = (disk::canonical(&directory).unwrap_or(directory), self.clone());
        let typed = self.typed_excluder(cwd);
        Box::new(move |path| path.strip_prefix(&directory).is_ok_and(|inside| config.excludes(inside)) || typed(path))
    }

    /// As [`Config::excluder`], by the patterns of the command line only.
    #[must_use]
    pub fn typed_excluder(&self, cwd: &Path) -> Box<dyn Fn(&Path) -> bool + Sync + Send> {
        let cwd = disk::canonical(cwd).unwrap_or_else(|_| cwd.to_path_buf());
        let typed: Vec<(PathBuf, Vec<String>)> = self.typed_exclude.iter().map(|pattern| rooted(&cwd, pattern)).collect();
        Box::new(move |path| {
            typed.iter().any(|(directory, pattern)| path.strip_prefix(directory).is_ok_and(|inside| is_excluded(pattern, inside)))
        })
    }
}

/// A pattern with the directory that it is relative to: it may be absolute, or begin with `../`.
fn rooted(cwd: &Path, pattern: &str) -> (PathBuf, Vec<String>) {
    let (mut directory, mut rest) = (cwd.to_path_buf(), pattern.trim_start_matches("./"));
    if let Some(absolute) = Path::new(pattern).ancestors().last().filter(|root| root.has_root()) {
        rest = pattern.get(absolute.as_os_str().len()..).unwrap_or_default();
        directory = absolute.to_path_buf();
    }
    while let Some(above) = rest.strip_prefix("../") {
        directory.pop();
        rest = above;
    }
    (directory, vec![rest.to_owned()])
}

/// Whether a relative path, or a directory that it is in, matches one of the patterns.
fn is_excluded(patterns: &[String], path: &Path) -> bool {
    // Asked of every directory of a repository.
    if patterns.is_empty() {
        return false;
    }
    let mut names = path.ancestors().filter_map(Path::to_str).map(|name| name.replace('\\', "/")).filter(|name| !name.is_empty());
    names.any(|name| patterns.iter().any(|pattern| matches(directory_of(pattern), &name)))
}

/// A pattern without what only says "everything in it": of a directory nothing but what is in it is read.
fn directory_of(pattern: &str) -> &str {
    let mut rest = pattern.trim_start_matches("./");
    while let Some(shorter) = ["/", "/*", "/**"].iter().find_map(|end| rest.strip_suffix(end)).filter(|rest| !rest.is_empty()) {
        rest = shorter;
    }
    rest
}

/// The nearest config file upwards from an input, not above the repository's root.
#[must_use]
pub fn locate(input: &Path) -> Option<PathBuf> {
    let start = disk::canonical(input).ok()?;
    let top = disk::repository_root(input);
    for folder in start.ancestors() {
        if let Some(found) = NAMES.iter().map(|name| folder.join(name)).find(|path| disk::is_there(path)) {
            return Some(found);
        }
        if top.as_deref() == Some(folder) {
            return None;
        }
    }
    None
}

/// Reads the config file at `path`, which is shown as `shown`. What is wrong in it is among the problems, and the rest holds.
#[must_use]
pub fn read(sources: &Sources, path: &Path, shown: &Path) -> (Config, Vec<Problem>) {
    match disk::read_stream(path, CAP).and_then(disk::text) {
        Ok(text) => parse(sources, shown, text),
        Err(error) => unreadable(shown, &error),
    }
}

/// Reads a config file that was found at `real` and not named: links may not lead out of the repository. `shown` is its path as shown.
#[must_use]
pub fn read_found(sources: &Sources, real: &Path, shown: &Path) -> (Config, Vec<Problem>) {
    let folder = real.parent().unwrap_or(Path::new("."));
    let top = disk::repository_root(folder).or_else(|| disk::canonical(folder).ok()).unwrap_or_else(|| folder.to_path_buf());
    match disk::read_found(real, CAP, &[top]).and_then(disk::text) {
        // What a link leads to is not what is shown as the file.
        Ok(text) if disk::is_link(real) => of_source(sources, sources.add_hidden(shown, text), shown),
        Ok(text) => parse(sources, shown, text),
        Err(error) => unreadable(shown, &error),
    }
}

fn unreadable(path: &Path, error: &disk::DiskError) -> (Config, Vec<Problem>) {
    let problem = Problem::new(ProblemKind::Policy, format!("cannot read the config file: {error}"));
    (Config::default(), vec![problem.at(Place::File(path.to_string_lossy().into()))])
}

/// Reads the text of a config file.
#[must_use]
pub fn parse(sources: &Sources, path: &Path, text: String) -> (Config, Vec<Problem>) {
    of_source(sources, sources.add(path, text), path)
}

fn of_source(sources: &Sources, source: SourceId, path: &Path) -> (Config, Vec<Problem>) {
    let kept = sources.get(source);
    let (table, errors) = DeTable::parse_recoverable(kept.text());
    let mut reader = ConfigReader { source, problems: Vec::new() };
    for error in errors {
        reader.mistake(error.span().unwrap_or(0..0), format!("the config file is not TOML: {}", error.message()), None);
    }
    let mut config =
        Config { path: Some(path.to_path_buf()), folder: path.parent().unwrap_or(Path::new(".")).to_path_buf(), ..Config::default() };
    reader.document(table.get_ref(), &mut config);
    (config, reader.problems)
}

/// Reads values out of the TOML and notes what is wrong with them.
struct ConfigReader {
    source: SourceId,
    problems: Vec<Problem>,
}

type TomlValue<'a> = Spanned<DeValue<'a>>;

impl ConfigReader {
    fn document(&mut self, table: &DeTable<'_>, config: &mut Config) {
        self.known(table, "", &["exclude", "fail-on", "undetermined", "rules", "exempt"]);
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

    /// `exclude`, as far as every path can be compared with it.
    fn exclusions(&mut self, value: &TomlValue<'_>) -> Vec<String> {
        let mut wild = 0;
        let mut kept = Vec::new();
        for (text, span) in self.texts(value, "exclude") {
            wild += usize::from(text.starts_with(['*', '?']));
            if kept.len() == MOST_EXCLUDED || wild > MOST_WILD || text.len() > LONGEST_PATTERN {
                let message = format!(
                    "`exclude` holds more than {MOST_EXCLUDED} patterns, more than {MOST_WILD} that begin with a wildcard, or one of more than \
                     {LONGEST_PATTERN} bytes; it is not used from here on"
                );
                self.mistake(span, message, Some("exclude directories instead of the files in them".to_owned()));
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
        self.known(table, &format!("[rules.{id}]"), &known);
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
                    if let Some(on) = self.yes_or_no(value, row.name) {
                        config.chosen.switch(row, on);
                    }
                }
            }
        }
    }

    /// One `[[exempt]]`. An entry with a mistake exempts nothing: better one finding too many than one hidden by a slip.
    fn entry(&mut self, value: &TomlValue<'_>) -> Option<ExemptEntry> {
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
                        "the exemption does not name a rule".to_owned(),
                        Some("write `rules = [\"OCI-KMS-004\"]`".to_owned()),
                    );
                }
                named.into_iter().filter_map(|(id, span)| self.rule(&id, span)).collect()
            }
            None => {
                self.mistake(
                    value.span(),
                    "the exemption does not name a rule".to_owned(),
                    Some("add `rules = [\"OCI-KMS-004\"]`".to_owned()),
                );
                Vec::new()
            }
        };
        let reason = table.get("reason").and_then(|value| self.text(value, "reason")).filter(|reason| !reason.trim().is_empty());
        if reason.is_none() {
            self.mistake(
                value.span(),
                "the exemption has no reason".to_owned(),
                Some("add `reason = \"…\"`: who accepted this, and why".to_owned()),
            );
        }
        let until = table.get("until").and_then(|value| self.date(value));
        let [address, path, name, compartment, key, tag] = SELECTORS.map(|key| table.get(key).and_then(|value| self.text(value, key)));
        // A misspelt selector has been told already.
        let is_misspelt = table.keys().any(|key| !known.contains(&key.get_ref().as_ref()));
        if !is_misspelt && SELECTORS.iter().all(|key| table.get(*key).is_none()) {
            let help = format!("add one or more of {}; `address = \"*\"` is every key", SELECTORS.map(|key| format!("`{key}`")).join(", "));
            self.mistake(value.span(), "the exemption does not name any keys".to_owned(), Some(help));
        }
        if let (Some(tag), Some(value)) = (&tag, table.get("tag"))
            && !tag.contains('=')
        {
            self.mistake(value.span(), "`tag` has no `=`".to_owned(), Some(format!("write `tag = \"{tag}=*\"` for any value")));
        }
        let place = Place::Source(Span::new(self.source, value.span()));
        let entry = ExemptEntry { rules, address, path, name, compartment, key, tag, reason: reason.unwrap_or_default(), until, place };
        (self.problems.len() == before).then_some(entry)
    }

    /// Notes every key that is none of the known ones.
    fn known(&mut self, table: &DeTable<'_>, of: &str, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let message = if of.is_empty() { format!("unknown setting `{name}`") } else { format!("unknown setting `{name}` in `{of}`") };
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("use one of {}", known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
            };
            self.mistake(key.span(), message, Some(help));
        }
    }

    fn rule(&mut self, id: &str, span: std::ops::Range<usize>) -> Option<&'static str> {
        let found = super::exempt::directive::rule_id(id);
        if let Err(error) = &found {
            self.mistake(span, format!("unknown rule `{id}`"), Some(error.to_string()));
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
        self.mistake(value.span(), format!("invalid value `{text}` for `{name}`; expected one of {}", words.join(", ")), help);
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
            let message = format!("`{name}` is {} to {} days, not {}", range.start(), range.end(), number.as_str());
            self.mistake(value.span(), message, None);
        }
        days
    }

    fn yes_or_no(&mut self, value: &TomlValue<'_>, name: &str) -> Option<bool> {
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
            self.mistake(value.span(), "`until` is not a date".to_owned(), Some(help));
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
        self.mistake(value.span(), format!("`{name}` is {wanted}, and here is a TOML {}", found.type_str()), None);
    }

    fn mistake(&mut self, span: std::ops::Range<usize>, message: String, help: Option<String>) {
        let problem = Problem::new(ProblemKind::Policy, message).at(Place::Source(Span::new(self.source, span)));
        self.problems.push(Problem { help, ..problem });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The config of `SEMANTICS`, every setting in it.
    const WHOLE: &str = r#"exclude = ["examples/**", "./vendor/"]
fail-on = "error"
undetermined = "warning"

[rules.OCI-KMS-001]
level = "error"
max-rotation-days = 180
due-soon-days = 14
accept-manual-versions = true

[rules.OCI-KMS-004]
level = "off"
accept-hsm-in-private-vault = true

[rules.OCI-KMS-DRIFT]
level = "note"

[[exempt]]
rules = ["OCI-KMS-004", "key-rotation"]
address = "module.pci.*"
tag = "HsmRequired=*"
reason = "FIPS 140-2 level 3 contract"
until = 2027-01-31
"#;

    /// Problems as `line:column: message (help)`.
    fn mistakes(text: &str) -> Vec<String> {
        let sources = Sources::default();
        let (_, problems) = parse(&sources, Path::new("kmslint.toml"), text.to_owned());
        let told = |problem: &Problem| {
            let span = problem.place.as_ref().and_then(Place::span).unwrap();
            let at = sources.get(span.source).position(span.start as usize);
            format!("{}:{}: {} ({})", at.line, at.column, problem.message, problem.help.as_deref().unwrap_or("-"))
        };
        problems.iter().map(told).collect()
    }

    #[test]
    fn every_setting_is_read() {
        let (config, problems) = parse(&Sources::default(), Path::new("infra/kmslint.toml"), WHOLE.to_owned());
        assert_eq!(problems, []);
        assert_eq!(config.folder, Path::new("infra"));
        assert_eq!((config.fail_on, config.undetermined), (Some(FailOn::At(Level::Error)), Some(Level::Warning)));
        let levels: Vec<_> = config.levels.iter().map(|(id, level)| (*id, *level)).collect();
        assert_eq!(levels, [("OCI-KMS-001", Level::Error), ("OCI-KMS-004", Level::Off), ("OCI-KMS-DRIFT", Level::Note)]);
        let settings = config.settings(Timestamp::UNIX_EPOCH);
        assert_eq!((rules::max_rotation_days(&settings), rules::fresh_days(&settings)), (180, 180 - 14));
        let known = |id| rules::by_id(id).unwrap().settings;
        let is_on = |row: &&SettingRow| matches!(row, SettingRow::Switch(row) if settings.is_on(row));
        let on: Vec<&str> = ["OCI-KMS-001", "OCI-KMS-004"].iter().flat_map(|id| known(id)).filter(is_on).map(|row| row.name()).collect();
        assert_eq!(on, ["accept-manual-versions", "accept-hsm-in-private-vault"]);
        let [entry] = config.exempt.as_slice() else { panic!("{:?}", config.exempt) };
        assert_eq!(entry.rules, ["OCI-KMS-004", "OCI-KMS-001"]);
        assert_eq!((entry.address.as_deref(), entry.tag.as_deref()), (Some("module.pci.*"), Some("HsmRequired=*")));
        assert_eq!(entry.until, Some(Date::constant(2027, 1, 31)));
    }

    #[test]
    fn folders_and_what_is_in_them_are_excluded() {
        let (config, _) = parse(&Sources::default(), Path::new("kmslint.toml"), WHOLE.to_owned());
        for (path, excluded) in
            [("examples/a/main.tf", true), ("vendor/x/y.tf", true), ("vendor", true), ("vendors/x.tf", false), ("main.tf", false)]
        {
            assert_eq!(config.excludes(Path::new(path)), excluded, "{path}");
        }
    }

    #[test]
    fn mistakes_point_into_the_file_and_say_what_is_meant() {
        let ids: Vec<String> = rules::ids().map(|id| format!("`{id}`")).collect();
        let unknown = format!("1:8: unknown rule `OCI-KMS-000` (use one of {})", ids.join(", "));
        for (text, expected) in [
            ("exlude = []", "1:1: unknown setting `exlude` (did you mean `exclude`?)"),
            (
                "[rules.OCI-KMS-001]\nmax-rotation-day = 90",
                "2:1: unknown setting `max-rotation-day` in `[rules.OCI-KMS-001]` (did you mean `max-rotation-days`?)",
            ),
            ("[rules.OCI-KMS-001]\nmax-rotation-days = 400", "2:21: `max-rotation-days` is 60 to 365 days, not 400 (-)"),
            ("[rules.OCI-KMS-001]\nmax-rotation-days = 59", "2:21: `max-rotation-days` is 60 to 365 days, not 59 (-)"),
            (
                "[rules.OCI-KMS-001]\nmax-rotation-days = \"90\"",
                "2:21: `max-rotation-days` is a number of days, and here is a TOML string (-)",
            ),
            (
                "[rules.OCI-KMS-004]\naccept-manual-versions = true",
                "2:1: unknown setting `accept-manual-versions` in `[rules.OCI-KMS-004]` (use one of `level`, `accept-hsm-in-private-vault`)",
            ),
            ("[rules.OCI-KMS-000]\nlevel = \"off\"", &unknown),
            (
                "fail-on = \"warn\"",
                "1:11: invalid value `warn` for `fail-on`; expected one of error, warning, note, never (did you mean `warning`?)",
            ),
            (
                "undetermined = \"warnings\"",
                "1:16: invalid value `warnings` for `undetermined`; expected one of error, warning, note, off (did you mean `warning`?)",
            ),
            ("exclude = \"a\"", "1:11: `exclude` is a list of strings, and here is a TOML string (-)"),
            ("rules = 1", "1:9: `rules` is a table, and here is a TOML integer (-)"),
        ] {
            assert_eq!(mistakes(text), [expected], "{text}");
        }
        let broken = mistakes("fail-on = \nexclude = []");
        assert!(broken.iter().any(|told| told.starts_with("1:") && told.contains("the config file is not TOML")), "{broken:?}");
    }

    #[test]
    fn an_exemption_with_a_mistake_exempts_nothing() {
        let whole = [("rules", "[\"OCI-KMS-004\"]"), ("name", "\"x\""), ("reason", "\"because\""), ("until", "2027-01-31")];
        let entry = |change: &dyn Fn(&str, &str) -> Option<String>| {
            let lines: Vec<String> = whole.iter().filter_map(|(key, value)| change(key, value)).collect();
            format!("[[exempt]]\n{}\n", lines.join("\n"))
        };
        let kept = |key: &str, value: &str| Some(format!("{key} = {value}"));
        assert_eq!(mistakes(&entry(&kept)), Vec::<String>::new());
        let without = |name: &'static str| entry(&|key, value| if key == name { None } else { kept(key, value) });
        let with = |name: &'static str, new: &'static str| entry(&|key, value| kept(key, if key == name { new } else { value }));
        for (text, expected) in [
            (without("reason"), "the exemption has no reason"),
            (with("reason", "\" \""), "the exemption has no reason"),
            (without("rules"), "the exemption does not name a rule"),
            (with("rules", "[]"), "the exemption does not name a rule"),
            (with("rules", "[\"OCI-KMS-000\"]"), "unknown rule `OCI-KMS-000`"),
            (without("name"), "the exemption does not name any keys"),
            (with("name", "3"), "`name` is a string, and here is a TOML integer"),
            (with("until", "\"soon\""), "`until` is not a date"),
            (with("until", "2027-01-31T10:00:00Z"), "`until` is not a date"),
            (format!("{}nmae = \"y\"\n", without("until")), "unknown setting `nmae` in `[[exempt]]`"),
            (format!("{}tag = \"Hsm\"\n", without("until")), "`tag` has no `=`"),
        ] {
            let told = mistakes(&text);
            assert!(told.len() == 1 && told[0].contains(expected), "{text}\n{told:?}");
            assert_eq!(parse(&Sources::default(), Path::new("kmslint.toml"), text.clone()).0.exempt, [], "{text}");
        }
    }

    #[test]
    fn the_schema_and_the_reader_know_the_same_settings() {
        let schema: serde_json::Value = serde_json::from_str(&super::super::schema()).unwrap();
        let value: serde_json::Value =
            toml::from_str::<toml::Table>(&WHOLE.replace("until = 2027-01-31", "until = \"2027-01-31\"")).unwrap().try_into().unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|error| error.to_string()).filter(|error| !error.contains("key-rotation")).collect();
        assert_eq!(errors, Vec::<String>::new());
        for (name, text) in [
            ("rules", "[rules.OCI-KMS-001]\nx = 1"),
            ("top", "x = 1"),
            ("exempt", "[[exempt]]\nx = 1"),
            ("limit", "[rules.OCI-KMS-001]\nmax-rotation-days = 400"),
        ] {
            let value: serde_json::Value = toml::from_str::<toml::Table>(text).unwrap().try_into().unwrap();
            assert!(!validator.is_valid(&value), "{name}");
            assert!(!mistakes(text).is_empty(), "{name}");
        }
        // Every key that the schema lists is one that the reader takes.
        let mut listed = 0;
        for id in rules::ids() {
            let table = &schema["$defs"]["Rules"]["properties"][id];
            for key in table["properties"].as_object().unwrap_or_else(|| panic!("the schema does not know {id}: {table}")).keys() {
                let told = mistakes(&format!("[rules.{id}]\n{key} = []"));
                assert!(!told.iter().any(|told| told.contains("is no setting")), "{told:?}");
                listed += 1;
            }
        }
        // One level for each, and the rows.
        assert_eq!(listed, rules::ids().count() + rules::ALL.iter().map(|rule| rule.settings.len()).sum::<usize>());
        assert!(listed >= 8);
    }

    #[test]
    fn the_nearest_file_upwards_is_found_and_none_above_the_repository() -> Result<(), Box<dyn std::error::Error>> {
        let top = tempfile::tempdir()?;
        let inner = top.path().join("repo/a/b");
        std::fs::create_dir_all(&inner)?;
        std::fs::create_dir(top.path().join("repo/.git"))?;
        std::fs::write(top.path().join("kmslint.toml"), "")?;
        assert_eq!(locate(&inner), None);
        let file = top.path().join("repo/.kmslint.toml");
        std::fs::write(&file, "fail-on = \"never\"")?;
        assert_eq!(locate(&inner), Some(file.canonicalize()?));
        let nearer = top.path().join("repo/a/kmslint.toml");
        std::fs::write(&nearer, "")?;
        assert_eq!(locate(&inner), Some(nearer.canonicalize()?));
        assert_eq!(read(&Sources::default(), &file, &file).0.fail_on, Some(FailOn::Never));
        assert_eq!(read(&Sources::default(), &inner, &inner).1.len(), 1);
        Ok(())
    }

    #[test]
    fn exclusions_beyond_what_can_be_compared_are_a_problem() {
        let list = |count: usize, start: &str| (0..count).map(|at| format!("\"{start}{at}\"")).collect::<Vec<_>>().join(", ");
        for (count, start, kept) in
            [(MOST_WILD + 3, "*", MOST_WILD), (MOST_WILD + 3, "a*", MOST_WILD + 3), (MOST_EXCLUDED + 1, "a", MOST_EXCLUDED)]
        {
            let text = format!("exclude = [{}]\n", list(count, start));
            let (config, problems) = parse(&Sources::default(), Path::new("kmslint.toml"), text);
            assert_eq!((config.exclude.len(), problems.len()), (kept, usize::from(kept < count)), "{start}");
            assert!(problems.iter().all(|problem| problem.message.contains("it is not used from here on")), "{problems:?}");
            let told = config.turns_off(&BTreeMap::new(), None).join("; ");
            assert!(told.ends_with(&format!("and {} more", kept - MOST_NAMED)), "{told}");
        }
    }
}
