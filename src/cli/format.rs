//! `--format FORMAT[=FILE]`: which reports to write, and where.

use super::error::CliError;
use crate::report::Format;
use std::path::PathBuf;

/// One report to write.
#[derive(Clone, Debug)]
pub(super) struct ReportTarget {
    /// The format.
    pub format: &'static Format,
    /// The file; `None` for standard output.
    pub file: Option<PathBuf>,
}

/// Parses the options. Without any, `human` goes to standard output.
///
/// # Errors
/// The first option that is invalid.
pub(super) fn targets(options: &[String]) -> Result<Vec<ReportTarget>, CliError> {
    if options.is_empty() {
        return Ok(vec![ReportTarget { format: &Format::HUMAN, file: None }]);
    }
    options
        .iter()
        .map(|option| {
            let (name, file) = option.split_once('=').map_or((option.as_str(), None), |(name, file)| (name, Some(PathBuf::from(file))));
            let format = Format::by_name(name).ok_or_else(|| CliError::UnknownFormat(name.to_owned()))?;
            if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
                return Err(CliError::NoReportFile(option.clone()));
            }
            Ok(ReportTarget { format, file })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_format_is_an_error_with_a_suggestion() {
        let error = targets(&["sariff=x".to_owned()]);
        assert!(error.as_ref().is_err_and(|error| error.to_string().contains("did you mean `sarif`?")), "{error:?}");
        assert!(targets(&["json=".to_owned()]).is_err());
        let both = targets(&["sarif=a.sarif".to_owned(), "human".to_owned()]);
        assert_eq!(both.map(|both| both.len()), Ok(2));
    }
}
