//! The settings that a client sends, as `initializationOptions` or as the section `kmslint` of its configuration.

use crate::policy::FailOn;
use serde_json::Value;
use std::collections::BTreeMap;

/// The section of the client's configuration.
pub(super) const SECTION: &str = "kmslint";

/// What the user set in the editor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EditorSettings {
    /// More values files by the path of a root module's directory from the workspace directory; their paths are relative to that directory.
    pub var_files: BTreeMap<String, Vec<String>>,
    /// Findings at or above this level are shown as errors.
    pub fail_on: Option<FailOn>,
    /// Whether the value of an expression is shown after it.
    pub inlay_hints: bool,
}

/// The names of the settings.
const VAR_FILES: &str = "varFiles";
const FAIL_ON: &str = "failOn";
const INLAY_HINTS: &str = "inlayHints";
const NAMES: [&str; 3] = [VAR_FILES, FAIL_ON, INLAY_HINTS];

impl EditorSettings {
    /// Reads what a client sent, and what is wrong with it: sentences for the log. What is right holds in any case.
    pub(super) fn read(sent: &Value) -> (Self, Vec<String>) {
        let mut settings = Self::default();
        let mut wrong = Vec::new();
        // A client may send all of its sections.
        let Some(sent) = sent.get(SECTION).filter(|section| section.is_object()).unwrap_or(sent).as_object() else {
            return (settings, wrong);
        };
        // Clients send null for what the user has not set.
        for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
            match name.as_str() {
                VAR_FILES => match files(value) {
                    Some(files) => settings.var_files = files,
                    None => wrong.push(format!(
                        "`{VAR_FILES}` is not an object of lists of paths by root module, for example {{\"infra/prod\": [\"prod.tfvars\"]}}"
                    )),
                },
                FAIL_ON => match value.as_str().and_then(FailOn::read) {
                    Some(level) => settings.fail_on = Some(level),
                    None => wrong.push(format!("`{FAIL_ON}` is not one of {}", FailOn::WORDS.join(", "))),
                },
                INLAY_HINTS => match value.as_bool() {
                    Some(on) => settings.inlay_hints = on,
                    None => wrong.push(format!("`{INLAY_HINTS}` is not true or false")),
                },
                other => {
                    let near = crate::base::nearest(other, NAMES).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    wrong.push(format!("unknown setting `{}`{near}", crate::report::clean(&crate::base::brief(other.to_owned()))));
                }
            }
        }
        (settings, wrong)
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
    fn settings_are_read_alone_and_as_a_section() {
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
    fn mistakes_are_named_and_the_rest_holds() {
        let (settings, wrong) = EditorSettings::read(&json!({ "varFiles": ["a"], "failOn": "loud", "inlayHint": 1, "inlayHints": true }));
        assert!(settings.inlay_hints && settings.var_files.is_empty());
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(wrong.iter().any(|text| text == "unknown setting `inlayHint`; did you mean `inlayHints`?"), "{wrong:?}");
    }
}
