//! The config file: `kmslint.toml` → settings, levels and exemptions. Every mistake is a problem at its place in the file.

mod exclusion;
mod reader;

pub use self::reader::{locate, parse, read, read_found};

use super::exempt::ExemptEntry;
use super::outcome::FailOn;
use crate::rules::{self, ChosenSettings, Level, SettingRow, Settings};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The names of the config file, the first one preferred.
pub const NAMES: [&str; 2] = ["kmslint.toml", ".kmslint.toml"];
/// How many patterns of `exclude` a summary lists.
const MAX_NAMED: usize = 20;

/// The validated config file. Without a file: the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The file as shown; `None` without one.
    pub path: Option<PathBuf>,
    /// The file's directory, to which its paths are relative.
    pub directory: PathBuf,
    /// Patterns of paths to ignore, relative to `directory`.
    pub exclude: Vec<String>,
    /// Patterns from the command line's `--exclude`, relative to the working directory.
    pub cli_exclude: Vec<String>,
    /// The level at which a run fails.
    pub fail_on: Option<FailOn>,
    /// The level of undetermined verdicts.
    pub undetermined: Option<Level>,
    /// Levels by rule id.
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
            directory: PathBuf::from("."),
            exclude: Vec::new(),
            cli_exclude: Vec::new(),
            fail_on: None,
            undetermined: None,
            levels: BTreeMap::new(),
            chosen: ChosenSettings::default(),
            exempt: Vec::new(),
        }
    }
}

impl Config {
    /// The settings for the rules.
    #[must_use]
    pub fn settings(&self, now: Timestamp) -> Settings {
        self.chosen.at(now)
    }

    /// What the file turns off, as clauses for reports, because a pull request can change the file. Settings that the command line
    /// overrides are not included.
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
            let patterns: Vec<_> = self.exclude.iter().take(MAX_NAMED).map(|pattern| format!("`{pattern}`")).collect();
            let more = self.exclude.len() - patterns.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            all.push(format!("excludes {}{more}", patterns.join(", ")));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::reader::{MAX_PATTERNS, MAX_WILDCARDS};
    use super::*;
    use crate::base::{Place, Problem, Sources};
    use jiff::civil::Date;
    use std::path::Path;

    /// A config file with every setting.
    const FULL_CONFIG: &str = r#"exclude = ["examples/**", "./vendor/"]
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
        let describe = |problem: &Problem| {
            let span = problem.place.as_ref().and_then(Place::span).unwrap();
            let at = sources.get(span.source).position(span.start as usize);
            format!("{}:{}: {} ({})", at.line, at.column, problem.message, problem.help.as_deref().unwrap_or("-"))
        };
        problems.iter().map(describe).collect()
    }

    #[test]
    fn every_setting_is_read() {
        let (config, problems) = parse(&Sources::default(), Path::new("infra/kmslint.toml"), FULL_CONFIG.to_owned());
        assert_eq!(problems, []);
        assert_eq!(config.directory, Path::new("infra"));
        assert_eq!((config.fail_on, config.undetermined), (Some(FailOn::At(Level::Error)), Some(Level::Warning)));
        let levels: Vec<_> = config.levels.iter().map(|(id, level)| (*id, *level)).collect();
        assert_eq!(levels, [("OCI-KMS-001", Level::Error), ("OCI-KMS-004", Level::Off), ("OCI-KMS-DRIFT", Level::Note)]);
        let settings = config.settings(Timestamp::UNIX_EPOCH);
        assert_eq!((rules::max_rotation_days(&settings), rules::fresh_days(&settings)), (180, 180 - 14));
        let settings_of = |id| rules::by_id(id).unwrap().settings;
        let is_on = |row: &&SettingRow| matches!(row, SettingRow::Switch(row) if settings.is_on(row));
        let on: Vec<&str> =
            ["OCI-KMS-001", "OCI-KMS-004"].iter().flat_map(|id| settings_of(id)).filter(is_on).map(|row| row.name()).collect();
        assert_eq!(on, ["accept-manual-versions", "accept-hsm-in-private-vault"]);
        let [entry] = config.exempt.as_slice() else { panic!("{:?}", config.exempt) };
        assert_eq!(entry.rules, ["OCI-KMS-004", "OCI-KMS-001"]);
        assert_eq!((entry.address.as_deref(), entry.tag.as_deref()), (Some("module.pci.*"), Some("HsmRequired=*")));
        assert_eq!(entry.until, Some(Date::constant(2027, 1, 31)));
    }

    #[test]
    fn excluded_directories_exclude_their_contents() {
        let (config, _) = parse(&Sources::default(), Path::new("kmslint.toml"), FULL_CONFIG.to_owned());
        for (path, excluded) in
            [("examples/a/main.tf", true), ("vendor/x/y.tf", true), ("vendor", true), ("vendors/x.tf", false), ("main.tf", false)]
        {
            assert_eq!(config.excludes(Path::new(path)), excluded, "{path}");
        }
    }

    #[test]
    fn mistakes_point_into_the_file_and_suggest_a_fix() {
        let ids: Vec<String> = rules::ids().map(|id| format!("`{id}`")).collect();
        let unknown = format!("1:8: unknown rule `OCI-KMS-000` (use one of {})", ids.join(", "));
        let keys: Vec<String> = rules::by_id("OCI-KMS-004").unwrap().config_keys().map(|key| format!("`{key}`")).collect();
        let foreign_setting =
            format!("2:1: unknown setting `accept-manual-versions` in `[rules.OCI-KMS-004]` (use one of {})", keys.join(", "));
        for (text, expected) in [
            ("exlude = []", "1:1: unknown setting `exlude` (did you mean `exclude`?)"),
            (
                "[rules.OCI-KMS-001]\nmax-rotation-day = 90",
                "2:1: unknown setting `max-rotation-day` in `[rules.OCI-KMS-001]` (did you mean `max-rotation-days`?)",
            ),
            ("[rules.OCI-KMS-001]\nmax-rotation-days = 400", "2:21: `max-rotation-days`: expected 60 to 365 days, found 400 (-)"),
            ("[rules.OCI-KMS-001]\nmax-rotation-days = 59", "2:21: `max-rotation-days`: expected 60 to 365 days, found 59 (-)"),
            (
                "[rules.OCI-KMS-001]\nmax-rotation-days = \"90\"",
                "2:21: `max-rotation-days`: expected a number of days, found a TOML string (-)",
            ),
            ("[rules.OCI-KMS-004]\naccept-manual-versions = true", &foreign_setting),
            ("[rules.OCI-KMS-000]\nlevel = \"off\"", &unknown),
            (
                "fail-on = \"warn\"",
                "1:11: invalid value `warn` for `fail-on`; expected one of error, warning, note, never (did you mean `warning`?)",
            ),
            (
                "undetermined = \"warnings\"",
                "1:16: invalid value `warnings` for `undetermined`; expected one of error, warning, note, off (did you mean `warning`?)",
            ),
            ("exclude = \"a\"", "1:11: `exclude`: expected a list of strings, found a TOML string (-)"),
            ("rules = 1", "1:9: `rules`: expected a table, found a TOML integer (-)"),
        ] {
            assert_eq!(mistakes(text), [expected], "{text}");
        }
        let broken = mistakes("fail-on = \nexclude = []");
        let is_toml_error = |mistake: &String| mistake.starts_with("1:") && mistake.contains("the config file is not TOML");
        assert!(broken.iter().any(is_toml_error), "{broken:?}");
    }

    #[test]
    fn exemption_with_a_mistake_exempts_nothing() {
        let valid = [("rules", "[\"OCI-KMS-004\"]"), ("name", "\"x\""), ("reason", "\"because\""), ("until", "2027-01-31")];
        let entry = |change: &dyn Fn(&str, &str) -> Option<String>| {
            let lines: Vec<String> = valid.iter().filter_map(|(key, value)| change(key, value)).collect();
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
            (with("name", "3"), "`name`: expected a string, found a TOML integer"),
            (with("until", "\"soon\""), "`until` is not a date"),
            (with("until", "2027-01-31T10:00:00Z"), "`until` is not a date"),
            (format!("{}nmae = \"y\"\n", without("until")), "unknown setting `nmae` in `[[exempt]]`"),
            (format!("{}tag = \"Hsm\"\n", without("until")), "`tag` has no `=`"),
        ] {
            let found = mistakes(&text);
            assert!(found.len() == 1 && found[0].contains(expected), "{text}\n{found:?}");
            assert_eq!(parse(&Sources::default(), Path::new("kmslint.toml"), text.clone()).0.exempt, [], "{text}");
        }
    }

    #[test]
    fn schema_and_reader_know_the_same_settings() {
        let schema: serde_json::Value = serde_json::from_str(&super::super::schema()).unwrap();
        let value: serde_json::Value = toml::from_str::<toml::Table>(&FULL_CONFIG.replace("until = 2027-01-31", "until = \"2027-01-31\""))
            .unwrap()
            .try_into()
            .unwrap();
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
        // The reader knows every key that the schema lists.
        let mut listed = 0;
        for id in rules::ids() {
            let table = &schema["$defs"]["Rules"]["properties"][id];
            for key in table["properties"].as_object().unwrap_or_else(|| panic!("the schema does not know {id}: {table}")).keys() {
                let found = mistakes(&format!("[rules.{id}]\n{key} = []"));
                assert!(!found.iter().any(|mistake| mistake.contains("unknown setting")), "{found:?}");
                listed += 1;
            }
        }
        // `level` for each rule, and the rows.
        assert_eq!(listed, rules::ids().count() + rules::ALL.iter().map(|rule| rule.settings.len()).sum::<usize>());
        assert!(listed >= 8);
    }

    #[test]
    fn nearest_config_file_up_to_the_repository_root_is_found() -> Result<(), Box<dyn std::error::Error>> {
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
    fn too_many_exclude_patterns_are_a_problem() {
        let list = |count: usize, start: &str| (0..count).map(|at| format!("\"{start}{at}\"")).collect::<Vec<_>>().join(", ");
        for (count, start, kept) in
            [(MAX_WILDCARDS + 3, "*", MAX_WILDCARDS), (MAX_WILDCARDS + 3, "a*", MAX_WILDCARDS + 3), (MAX_PATTERNS + 1, "a", MAX_PATTERNS)]
        {
            let text = format!("exclude = [{}]\n", list(count, start));
            let (config, problems) = parse(&Sources::default(), Path::new("kmslint.toml"), text);
            assert_eq!((config.exclude.len(), problems.len()), (kept, usize::from(kept < count)), "{start}");
            assert!(problems.iter().all(|problem| problem.message.contains("this pattern and those after it are ignored")), "{problems:?}");
            let summary = config.turns_off(&BTreeMap::new(), None).join("; ");
            assert!(summary.ends_with(&format!("and {} more", kept - MAX_NAMED)), "{summary}");
        }
    }
}
