//! INI files as Python's `configparser` reads them, which the OCI CLI uses: sections inherit `[DEFAULT]`, option names are
//! case-insensitive, values can continue on indented lines, comments are on lines of their own, duplicates are errors.

use crate::live::tenancy::fault::IniError;
use std::collections::BTreeMap;

/// The section whose values all other sections inherit.
const DEFAULT: &str = "DEFAULT";

/// A parsed file.
#[derive(Default)]
pub(crate) struct Ini {
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

impl Ini {
    /// Parses a text.
    ///
    /// # Errors
    /// A line does not parse, or repeats a section or an option.
    pub(crate) fn read(text: &str) -> Result<Self, IniError> {
        let mut ini = Self::default();
        ini.sections.insert(DEFAULT.to_owned(), BTreeMap::new());
        let mut section: Option<String> = None;
        let mut option: Option<String> = None;
        let mut option_indent = 0;
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let number = index + 1;
            let content = line.trim();
            if content.starts_with(['#', ';']) {
                continue;
            }
            let indent = line.len() - line.trim_start().len();
            if let (Some(section), Some(option)) = (&section, &option)
                // As in Python's `configparser`, and so in Oracle's tools: an indented or an empty line continues the value above
                // it.
                && (content.is_empty() || indent > option_indent)
            {
                if let Some(value) = ini.sections.get_mut(section).and_then(|values| values.get_mut(option)) {
                    value.push('\n');
                    value.push_str(content);
                }
                continue;
            }
            if content.is_empty() {
                continue;
            }
            // Up to the last bracket, ignoring text after it: Python's regex for a section is greedy and not anchored at the end.
            if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.rfind(']').and_then(|end| rest.get(..end))) {
                // Python does not treat `[DEFAULT]` as a section and allows it to be repeated.
                if name != DEFAULT && ini.sections.contains_key(name) {
                    return Err(IniError::TwoSections { line: number, name: name.to_owned() });
                }
                ini.sections.entry(name.to_owned()).or_default();
                section = Some(name.to_owned());
                option = None;
                continue;
            }
            let Some(name) = &section else {
                return Err(IniError::NoSection(number));
            };
            let Some((key, value)) = content.split_once(['=', ':']) else {
                return Err(IniError::NotAValue(number));
            };
            let key = key.trim().to_lowercase();
            let values = ini.sections.entry(name.clone()).or_default();
            if values.insert(key.clone(), value.trim().to_owned()).is_some() {
                return Err(IniError::SetTwice { line: number, key, section: name.clone() });
            }
            option = Some(key);
            option_indent = indent;
        }
        for value in ini.sections.values_mut().flat_map(BTreeMap::values_mut) {
            value.truncate(value.trim_end().len());
        }
        Ok(ini)
    }

    /// The values of a section, including those of `[DEFAULT]`. `None` if the section does not exist.
    pub(crate) fn section(&self, name: &str) -> Option<BTreeMap<String, String>> {
        let section_values = self.sections.get(name)?;
        let mut values = self.sections.get(DEFAULT).cloned().unwrap_or_default();
        values.extend(section_values.clone());
        Some(values)
    }

    /// The names of all sections except `[DEFAULT]`, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.sections.keys().map(String::as_str).filter(|name| *name != DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, section: &str, name: &str) -> Option<String> {
        Ini::read(text).unwrap().section(section)?.get(name).cloned()
    }

    #[test]
    fn sections_inherit_default_and_option_names_are_case_insensitive() {
        let text = "# mine\n[DEFAULT]\nUser = a\nregion: r=1\n\n[ADMIN]\n; theirs\nuser=b = c\n  d\nempty =\n";
        assert_eq!(value(text, "DEFAULT", "user").as_deref(), Some("a"));
        assert_eq!(value(text, "ADMIN", "user").as_deref(), Some("b = c\nd"));
        assert_eq!(value(text, "ADMIN", "region").as_deref(), Some("r=1"));
        assert_eq!(value(text, "ADMIN", "empty").as_deref(), Some(""));
        assert_eq!(value(text, "NOSUCH", "user"), None);
        assert_eq!(value("\u{feff}[DEFAULT]\r\nuser = 100%\r\n", "DEFAULT", "user").as_deref(), Some("100%"));
        assert_eq!(value("[DEFAULT]\npass_phrase = a # b\n", "DEFAULT", "pass_phrase").as_deref(), Some("a # b"));
    }

    #[test]
    fn lines_that_python_rejects_are_errors_without_values() {
        for (text, line) in
            [("user = a\n", "line 1"), ("[A]\nuser = a\nuser = b\n", "line 3"), ("[A]\n[A]\n", "line 2"), ("[A]\nhunter2\n", "line 2")]
        {
            let error = Ini::read(text).err().unwrap().to_string();
            assert!(error.starts_with(line) && !error.contains("hunter2"), "{error}");
        }
    }
}
