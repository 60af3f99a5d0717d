//! The JSON Schema of the config file, for editors. A test compares it with the reader.
//!
//! The doc comments of the types are the descriptions in the schema: users see them.

use crate::rules::{self, SettingRow, capitalized};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// The schema of `kmslint.toml`, as JSON with a final newline.
#[must_use]
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(ConfigFile)).unwrap_or_default();
    text.push('\n');
    text
}

/// The settings of kmslint, for the directory of this file and everything below.
#[derive(JsonSchema)]
#[schemars(title = "kmslint.toml", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "only used to generate the schema; the reader needs spans")]
struct ConfigFile {
    /// Paths, relative to this file, to exclude; `*` and `?` are wildcards.
    exclude: Option<Vec<String>>,
    /// The level at which kmslint exits with 1.
    fail_on: Option<FailOnSchema>,
    /// The level of undetermined verdicts.
    undetermined: Option<LevelSchema>,
    /// Settings by rule.
    rules: Option<Rules>,
    /// Findings that are accepted, each with a reason.
    exempt: Option<Vec<Exempt>>,
}

/// Settings by rule, generated from the rules' rows.
struct Rules;

impl JsonSchema for Rules {
    fn schema_name() -> Cow<'static, str> {
        "Rules".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut level = generator.subschema_for::<LevelSchema>();
        level.insert("description".to_owned(), "The level of its findings.".into());
        let table = |id: &str| {
            let rule = rules::by_id(id);
            let about = rule.map_or_else(|| "Reports that only have a level.".to_owned(), |rule| format!("{} · {}", rule.id, rule.name));
            let rows = rule.into_iter().flat_map(|rule| rule.settings).map(|row| (row.name().to_owned(), setting(*row)));
            let properties: Map<String, Value> = std::iter::once(("level".to_owned(), level.clone().to_value())).chain(rows).collect();
            json!({ "description": about, "type": "object", "properties": properties, "additionalProperties": false })
        };
        let tables: Map<String, Value> = rules::ids().map(|id| (id.to_owned(), table(id))).collect();
        json_schema!({ "description": "Settings by rule.", "type": "object", "properties": tables, "additionalProperties": false })
    }
}

/// The schema of a row.
fn setting(row: SettingRow) -> Value {
    let description = format!("{}.", capitalized(&row.meaning()));
    match row {
        SettingRow::Days(days) => json!({
            "description": description,
            "type": "integer",
            "minimum": days.range.start(),
            "maximum": days.range.end(),
            "default": days.default,
        }),
        SettingRow::Switch(_) => json!({ "description": description, "type": "boolean", "default": false }),
    }
}

/// An exemption. All selectors that are given must match; `*` and `?` are wildcards, everything else is itself.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only used to generate the schema; the reader needs spans")]
struct Exempt {
    /// The rules that it applies to.
    #[schemars(length(min = 1))]
    rules: Vec<String>,
    /// The key's address, as Terraform prints it.
    address: Option<String>,
    /// The file of the finding or of the key, relative to the repository or to this file.
    path: Option<String>,
    /// The key's display name.
    name: Option<String>,
    /// The compartment's OCID.
    compartment: Option<String>,
    /// The key's OCID.
    key: Option<String>,
    /// A freeform tag `Key=Value` or a defined tag `Namespace.Key=Value`.
    #[schemars(regex(pattern = "="))]
    tag: Option<String>,
    /// Who accepted this, and why.
    #[schemars(length(min = 1))]
    reason: String,
    /// The last day on which it applies, for example `2027-01-31`.
    until: Option<String>,
}

/// The level of a finding.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only used to generate the schema; the reader needs spans")]
#[schemars(rename = "Level")]
enum LevelSchema {
    Error,
    Warning,
    Note,
    Off,
}

/// When kmslint exits with 1.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only used to generate the schema; the reader needs spans")]
#[schemars(rename = "FailOn")]
enum FailOnSchema {
    Error,
    Warning,
    Note,
    Never,
}
