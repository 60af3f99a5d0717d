//! `--format FORMAT[=FILE]`: what to write, and where to.

use crate::policy::nearest;
use crate::report::Format;
use std::path::PathBuf;

/// One report to be written.
#[derive(Clone, Debug)]
pub struct Target {
    /// The format.
    pub format: &'static Format,
    /// The file; standard output without one.
    pub file: Option<PathBuf>,
}

/// The help of the option: every format by its name.
pub fn help() -> String {
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.name).collect();
    format!("How to report, and where to: {}; repeatable", names.join(", "))
}

/// Reads the options; without any, `human` to standard output.
///
/// # Errors
/// A sentence about the first option that does not fit.
pub fn targets(options: &[String]) -> Result<Vec<Target>, String> {
    if options.is_empty() {
        return Ok(vec![Target { format: &Format::HUMAN, file: None }]);
    }
    options
        .iter()
        .map(|option| {
            let (name, file) = option.split_once('=').map_or((option.as_str(), None), |(name, file)| (name, Some(PathBuf::from(file))));
            let names = || Format::ALL.iter().map(|format| format.name);
            let format = Format::by_name(name).ok_or_else(|| {
                let hint = nearest(name, names()).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
                format!("there is no format `{name}`{hint}; the formats are {}", names().collect::<Vec<_>>().join(", "))
            })?;
            if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
                return Err(format!("`--format {option}` names no file"));
            }
            Ok(Target { format, file })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_format_is_an_error_with_a_hint() {
        let said = targets(&["sariff=x".to_owned()]);
        assert!(said.as_ref().is_err_and(|said| said.contains("did you mean `sarif`?")), "{said:?}");
        assert!(targets(&["json=".to_owned()]).is_err());
        let both = targets(&["sarif=a.sarif".to_owned(), "human".to_owned()]);
        assert_eq!(both.map(|both| both.len()), Ok(2));
    }
}
