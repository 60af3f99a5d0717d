//! The settings that a client sends, in `initializationOptions` or in the section `kmslint` of its configuration.

use crate::policy::FailOn;
use serde_json::Value;
use std::collections::BTreeMap;

/// The section of the client's configuration.
pub(super) const SECTION: &str = "kmslint";

/// The settings of the user in the editor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EditorSettings {
    /// Additional values files by root module, whose path is relative to the workspace directory; file paths are relative to the root
    /// module.
    pub var_files: BTreeMap<String, Vec<String>>,
    /// Findings at or above this level are shown as errors.
    pub fail_on: Option<FailOn>,
    /// Whether the value of an expression is shown after it.
    pub inlay_hints: bool,
}

const VAR_FILES: &str = "varFiles";
const FAIL_ON: &str = "failOn";
const INLAY_HINTS: &str = "inlayHints";
const NAMES: [&str; 3] = [VAR_FILES, FAIL_ON, INLAY_HINTS];

impl EditorSettings {
    /// Reads settings, and returns them with the mistakes in them as sentences for the log. Valid settings apply in any case.
    pub(super) fn read(sent: &Value) -> (Self, Vec<String>) {
        let mut settings = Self::default();
        let mut mistakes = Vec::new();
        // A client may send all its sections.
        let Some(sent) = sent.get(SECTION).filter(|section| section.is_object()).unwrap_or(sent).as_object() else {
            return (settings, mistakes);
        };
        // Clients send null for settings that the user has not set.
        for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
            match name.as_str() {
                VAR_FILES => match files(value) {
                    Some(files) => settings.var_files = files,
                    None => mistakes.push(format!(
                        "`{VAR_FILES}` is not an object of lists of paths by root module, for example {{\"infra/prod\": [\"prod.tfvars\"]}}"
                    )),
                },
                FAIL_ON => match value.as_str().and_then(FailOn::read) {
                    Some(level) => settings.fail_on = Some(level),
                    None => mistakes.push(format!("`{FAIL_ON}` is not one of {}", FailOn::WORDS.join(", "))),
                },
                INLAY_HINTS => match value.as_bool() {
                    Some(on) => settings.inlay_hints = on,
                    None => mistakes.push(format!("`{INLAY_HINTS}` is not true or false")),
                },
                other => {
                    let near = crate::base::nearest(other, NAMES).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    mistakes.push(format!("unknown setting `{}`{near}", crate::report::clean(&crate::base::brief(other.to_owned()))));
                }
            }
        }
        (settings, mistakes)
    }
}

fn files(value: &Value) -> Option<BTreeMap<String, Vec<String>>> {
    let list = |value: &Value| value.as_array()?.iter().map(|path| path.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>();
    value.as_object()?.iter().map(|(root, paths)| Some((root.clone(), list(paths)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Level;
    use serde_json::json;

    #[test]
    fn settings_are_read_directly_and_in_their_section() {
        let sent = json!({ "varFiles": { "infra": ["a.tfvars"] }, "failOn": "note", "inlayHints": true });
        let expected = EditorSettings {
            var_files: BTreeMap::from([("infra".to_owned(), vec!["a.tfvars".to_owned()])]),
            fail_on: Some(FailOn::At(Level::Note)),
            inlay_hints: true,
        };
        assert_eq!(EditorSettings::read(&sent), (expected.clone(), Vec::new()));
        assert_eq!(EditorSettings::read(&json!({ "kmslint": sent, "other": 1 })), (expected, Vec::new()));
        assert_eq!(EditorSettings::read(&Value::Null), (EditorSettings::default(), Vec::new()));
    }

    #[test]
    fn mistakes_are_reported_and_valid_settings_apply() {
        let (settings, mistakes) =
            EditorSettings::read(&json!({ "varFiles": ["a"], "failOn": "loud", "inlayHint": 1, "inlayHints": true }));
        assert!(settings.inlay_hints && settings.var_files.is_empty());
        assert_eq!(mistakes.len(), 3, "{mistakes:?}");
        assert!(mistakes.iter().any(|text| text == "unknown setting `inlayHint`; did you mean `inlayHints`?"), "{mistakes:?}");
    }
}
