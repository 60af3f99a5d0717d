//! INI files as Python's `configparser` reads them, which is what OCI's own command line does: `[DEFAULT]` is inherited, names are
//! read in any case, values may go on over indented lines, comments are whole lines, duplicates are errors.

use crate::live::tenancy::fault::IniError;
use std::collections::BTreeMap;

/// The section whose values every other one inherits.
const DEFAULT: &str = "DEFAULT";

/// A file that was read.
#[derive(Default)]
pub(crate) struct Ini {
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

impl Ini {
    /// Reads a text.
    ///
    /// # Errors
    /// A line that cannot be read, or says again what is reported already.
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
                // As Python's `configparser` reads it, and so Oracle's tools: an indented line continues the value above it,
                // and so does an empty one.
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
            // Up to the last bracket, with anything after it: Python's pattern for a section is greedy and not anchored at the end.
            if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.rfind(']').and_then(|end| rest.get(..end))) {
                // Python does not count `[DEFAULT]` among the sections and lets it come twice.
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

    /// The values of a section, those of `[DEFAULT]` included. `None`: there is no such section.
    pub(crate) fn section(&self, name: &str) -> Option<BTreeMap<String, String>> {
        let own = self.sections.get(name)?;
        let mut values = self.sections.get(DEFAULT).cloned().unwrap_or_default();
        values.extend(own.clone());
        Some(values)
    }

    /// The names of all sections but `[DEFAULT]`, sorted.
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
    fn default_is_inherited_and_names_are_read_in_any_case() {
        let text = "# mine\n[DEFAULT]\nUser = a\nregion: r=1\n\n[ADMIN]\n; theirs\nuser=b = c\n  d\nempty =\n";
        assert_eq!(value(text, "DEFAULT", "user").as_deref(), Some("a"));
        assert_eq!(value(text, "ADMIN", "user").as_deref(), Some("b = c\nd"));
        assert_eq!(value(text, "ADMIN", "region").as_deref(), Some("r=1"));
        assert_eq!(value(text, "ADMIN", "empty").as_deref(), Some(""));
        assert_eq!(value(text, "NOBODY", "user"), None);
        assert_eq!(value("\u{feff}[DEFAULT]\r\nuser = 100%\r\n", "DEFAULT", "user").as_deref(), Some("100%"));
        assert_eq!(value("[DEFAULT]\npass_phrase = a # b\n", "DEFAULT", "pass_phrase").as_deref(), Some("a # b"));
    }

    #[test]
    fn what_python_refuses_is_refused_without_showing_values() {
        for (text, line) in
            [("user = a\n", "line 1"), ("[A]\nuser = a\nuser = b\n", "line 3"), ("[A]\n[A]\n", "line 2"), ("[A]\nhunter2\n", "line 2")]
        {
            let error = Ini::read(text).err().unwrap().to_string();
            assert!(error.starts_with(line) && !error.contains("hunter2"), "{error}");
        }
    }
}
