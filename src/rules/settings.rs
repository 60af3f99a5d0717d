//! Settings of rules. A rule declares each setting as a row; the config file, its schema and the documents derive from the rows.

use jiff::Timestamp;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The rule's id and the setting's name: two rules may have settings with the same name.
type Id = (&'static str, &'static str);

/// A setting that is a number of days.
#[derive(Debug)]
pub struct DaysSetting {
    /// The rule's id.
    pub rule: &'static str,
    /// The key in the rule's table of the config file.
    pub name: &'static str,
    /// The value if the config file does not set it.
    pub default: i64,
    /// The values that the config file may set.
    pub range: RangeInclusive<i64>,
    /// What it decides, as one sentence without a final period.
    pub doc: &'static str,
}

/// A setting that is off unless the config file switches it on.
#[derive(Debug)]
pub struct SwitchSetting {
    /// The rule's id.
    pub rule: &'static str,
    /// The key in the rule's table of the config file.
    pub name: &'static str,
    /// What it decides, as one sentence without a final period.
    pub doc: &'static str,
    /// What a config file does by switching it on, as a clause. Reports mention it because a pull request may have added the file.
    pub when_on: &'static str,
}

/// One setting of a rule.
#[derive(Clone, Copy, Debug)]
pub enum SettingRow {
    /// A number of days.
    Days(&'static DaysSetting),
    /// `true` or `false`.
    Switch(&'static SwitchSetting),
}

impl SettingRow {
    /// The rule's id.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Days(days) => days.rule,
            Self::Switch(switch) => switch.rule,
        }
    }

    /// The key in the rule's table of the config file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Days(days) => days.name,
            Self::Switch(switch) => switch.name,
        }
    }

    /// The default, as TOML.
    #[must_use]
    pub fn default_value(self) -> String {
        match self {
            Self::Days(days) => days.default.to_string(),
            Self::Switch(_) => false.to_string(),
        }
    }

    /// What it decides and its range, as one sentence without a final period.
    #[must_use]
    pub fn meaning(self) -> String {
        match self {
            Self::Days(days) => format!("{}, {} to {}", days.doc, days.range.start(), days.range.end()),
            Self::Switch(switch) => switch.doc.to_owned(),
        }
    }
}

/// What a rule may use in addition to the key: the current time and the config file's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The current time, read once by the command line.
    pub now: Timestamp,
    chosen: ChosenSettings,
}

/// The settings that a config file sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChosenSettings {
    days: BTreeMap<Id, i64>,
    switches: BTreeMap<Id, bool>,
}

impl ChosenSettings {
    /// Sets a number of days. The caller has checked that it is in the row's range.
    pub fn set_days(&mut self, row: &DaysSetting, days: i64) {
        self.days.insert((row.rule, row.name), days);
    }

    /// Switches a setting on or off.
    pub fn switch(&mut self, row: &SwitchSetting, on: bool) {
        self.switches.insert((row.rule, row.name), on);
    }

    /// Combines these settings with the current time.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Settings {
        Settings { now, chosen: self.clone() }
    }

    /// Whether a setting is switched on.
    #[must_use]
    pub fn is_on(&self, row: &SwitchSetting) -> bool {
        self.switches.get(&(row.rule, row.name)) == Some(&true)
    }

    fn days(&self, row: &DaysSetting) -> i64 {
        self.days.get(&(row.rule, row.name)).copied().unwrap_or(row.default)
    }
}

impl Settings {
    /// The settings of a run without a config file.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        ChosenSettings::default().at(now)
    }

    /// The value of a setting in days.
    #[must_use]
    pub fn days(&self, row: &DaysSetting) -> i64 {
        self.chosen.days(row)
    }

    /// Whether a setting is switched on.
    #[must_use]
    pub fn is_on(&self, row: &SwitchSetting) -> bool {
        self.chosen.is_on(row)
    }
}
