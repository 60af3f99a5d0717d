//! The environment of the process: variables, clock, working directory, streams. It is read only here and passed on as values.

use super::args::{Color, InputArguments, Terminal};
use super::error::CliError;
use crate::base::disk;
use crate::report::Screen;
use crate::terraform::Streams;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// The environment of a run.
#[derive(Clone)]
pub(super) struct Environment {
    /// Environment variables that are valid Unicode.
    pub env: BTreeMap<String, String>,
    /// The working directory, or the directory of `--chdir`.
    pub cwd: PathBuf,
    /// The directory in which the process was started, if `--chdir` is given.
    pub started_in: Option<PathBuf>,
    /// The contents of pipes, because `--fix` reads everything twice.
    pub streams: Arc<Streams>,
    /// The current time.
    pub now: Timestamp,
    /// Whether standard output is a terminal.
    pub out_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub err_is_terminal: bool,
    /// The terminal's width in columns.
    pub columns: Option<usize>,
    /// Whether standard output supports hyperlinks.
    pub out_has_links: bool,
    /// Whether standard error supports hyperlinks.
    pub err_has_links: bool,
}

/// A stream of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

impl Environment {
    /// The environment of the process.
    pub(super) fn of_process() -> std::io::Result<Self> {
        Ok(Self {
            // `std::env::vars` panics if a variable is not Unicode.
            env: std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect(),
            cwd: std::env::current_dir()?,
            started_in: None,
            streams: Arc::default(),
            now: Timestamp::now(),
            out_is_terminal: std::io::stdout().is_terminal(),
            err_is_terminal: std::io::stderr().is_terminal(),
            columns: terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| usize::from(columns)),
            out_has_links: supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout),
            err_has_links: supports_hyperlinks::on(supports_hyperlinks::Stream::Stderr),
        })
    }

    /// The environment with the directory of `--chdir` as working directory. The process does not change its directory: all code that opens
    /// files joins their paths to `cwd`.
    ///
    /// # Errors
    /// `--chdir` is not a directory.
    pub(super) fn changed_by(&self, inputs: &InputArguments) -> Result<Self, CliError> {
        let Some(chdir) = &inputs.chdir else { return Ok(self.clone()) };
        let named = self.cwd.join(chdir);
        match disk::canonical(&named).ok().filter(|real| disk::is_dir(real)) {
            Some(cwd) => Ok(Self { cwd, started_in: Some(self.cwd.clone()), ..self.clone() }),
            None => Err(CliError::NoDirectory { option: "--chdir", path: chdir.clone() }),
        }
    }

    /// The values of `TF_VAR_…` by name of the input variable.
    pub(super) fn tf_vars(&self) -> BTreeMap<String, String> {
        self.env.iter().filter_map(|(name, value)| Some((name.strip_prefix("TF_VAR_")?.to_owned(), value.clone()))).collect()
    }

    /// The value of a variable, unless it is empty.
    pub(super) fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The URL where the CI service shows the files of the current commit, without the path in the repository. Sources: GitHub's and
    /// GitLab's lists of predefined variables.
    pub(super) fn files_url(&self) -> Option<String> {
        let is_commit = |commit: &&str| commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_web = |url: &&str| url.starts_with("https://") || url.starts_with("http://");
        let github = || {
            let server = self.var("GITHUB_SERVER_URL").filter(is_web)?;
            Some(format!("{server}/{}/blob/{}/", self.var("GITHUB_REPOSITORY")?, self.var("GITHUB_SHA").filter(is_commit)?))
        };
        let gitlab = || {
            let project = self.var("CI_PROJECT_URL").filter(is_web)?;
            Some(format!("{project}/-/blob/{}/", self.var("CI_COMMIT_SHA").filter(is_commit)?))
        };
        // Without characters that end a link in Markdown or an attribute in HTML.
        let is_address = |url: &String| url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/%@".contains(&byte));
        github().or_else(gitlab).filter(is_address)
    }

    /// Whether to color a stream: by the option, then by the common variables (<https://no-color.org>, <https://bixense.com/clicolors>,
    /// <https://force-color.org>), then by whether it is a terminal with colors.
    fn color(&self, terminal: &Terminal, is_terminal: bool) -> bool {
        let is_forced = |name| self.var(name).map(|value| !matches!(value, "0" | "false"));
        match terminal.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if self.var("NO_COLOR").is_some() => false,
            Color::Auto => is_forced("FORCE_COLOR").unwrap_or_else(|| {
                let is_asked = self.var("CLICOLOR") != Some("0") && self.var("TERM") != Some("dumb");
                is_forced("CLICOLOR_FORCE") == Some(true) || (is_terminal && is_asked)
            }),
        }
    }

    /// The screen of a stream. `link` turns a path into a URL.
    pub(super) fn screen<'l>(&self, output: Output, terminal: &Terminal, link: &'l dyn Fn(&str) -> String) -> Screen<'l> {
        let (is_terminal, has_links) = match output {
            Output::Out => (self.out_is_terminal, self.out_has_links),
            Output::Err => (self.err_is_terminal, self.err_has_links),
        };
        let set_columns = self.var("COLUMNS").and_then(|text| text.parse().ok()).filter(|columns| *columns > 0);
        let has_links = has_links && terminal.color != Color::Never && self.var("TERM") != Some("dumb");
        Screen {
            color: self.color(terminal, is_terminal),
            // `terminal_size` also tries standard error, but a report in a pipe must not get the width of the terminal that shows errors.
            columns: set_columns.or_else(|| self.columns.filter(|_| is_terminal)),
            link: has_links.then_some(link),
        }
    }

    /// The URL of a file by its path as shown. All characters except letters, digits and a few others are escaped.
    pub(super) fn file_url(&self, path: &str) -> String {
        const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');
        let path = self.cwd.join(path).to_string_lossy().replace('\\', "/");
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("file://{slash}{}", utf8_percent_encode(&path, &KEPT))
    }
}

/// Writes to standard output. A closed pipe (`| head`) is not an error.
///
/// # Errors
/// The error of the system, except for a closed pipe.
pub(super) fn print(bytes: &[u8]) -> std::io::Result<()> {
    print_through(|out| out.write_all(bytes))
}

/// Runs a function that writes to standard output, with a large buffer.
///
/// # Errors
/// The error of the system, except for a closed pipe.
pub(super) fn print_through(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes to standard error, with the commands of CI services broken. A failure is ignored: nothing else could report it.
pub(super) fn write_stderr(bytes: &[u8]) {
    let _ = std::io::stderr().lock().write_all(&crate::report::guarded(bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(env: &[(&str, &str)], is_terminal: bool) -> Environment {
        Environment {
            env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            cwd: PathBuf::from("/home/a b"),
            started_in: None,
            streams: Arc::default(),
            now: Timestamp::UNIX_EPOCH,
            out_is_terminal: is_terminal,
            err_is_terminal: false,
            columns: Some(123),
            out_has_links: is_terminal,
            err_has_links: false,
        }
    }

    fn screen<'l>(env: &[(&str, &str)], is_terminal: bool, color: Color, link: &'l dyn Fn(&str) -> String) -> Screen<'l> {
        let terminal = Terminal { color, quiet: false, verbose: false };
        environment(env, is_terminal).screen(Output::Out, &terminal, link)
    }

    #[test]
    fn color_depends_on_the_option_then_the_environment_then_the_terminal() {
        let link = |path: &str| path.to_owned();
        let auto = |env: &[(&str, &str)], is_terminal| screen(env, is_terminal, Color::Auto, &link).color;
        assert!(auto(&[], true) && !auto(&[], false));
        for env in [[("NO_COLOR", "1")], [("TERM", "dumb")], [("CLICOLOR", "0")], [("FORCE_COLOR", "0")]] {
            assert!(!auto(&env, true), "{env:?}");
        }
        for env in [[("FORCE_COLOR", "1")], [("FORCE_COLOR", "3")], [("CLICOLOR_FORCE", "1")]] {
            assert!(auto(&env, false), "{env:?}");
        }
        assert!(auto(&[("NO_COLOR", "")], true) && !auto(&[("CLICOLOR_FORCE", "0")], false));
        assert!(!auto(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], true));
        assert!(auto(&[("TERM", "dumb"), ("FORCE_COLOR", "1")], false));
        assert!(screen(&[("NO_COLOR", "1")], false, Color::Always, &link).color);
        assert!(!screen(&[("FORCE_COLOR", "1")], true, Color::Never, &link).color);
    }

    #[test]
    fn width_is_that_of_the_terminal_unless_columns_is_set() {
        let link = |path: &str| path.to_owned();
        let columns = |env: &[(&str, &str)], is_terminal| screen(env, is_terminal, Color::Auto, &link).columns;
        assert_eq!(columns(&[], true), Some(123));
        assert_eq!(columns(&[], false), None);
        assert_eq!(columns(&[("COLUMNS", "72")], false), Some(72));
        assert_eq!(columns(&[("COLUMNS", "many")], true), Some(123));
    }

    #[test]
    fn links_need_a_supporting_terminal_and_have_no_control_characters() {
        let link = |path: &str| path.to_owned();
        let has_links = |env: &[(&str, &str)], is_terminal, color| screen(env, is_terminal, color, &link).link.is_some();
        assert!(has_links(&[], true, Color::Auto) && !has_links(&[], false, Color::Always));
        assert!(!has_links(&[], true, Color::Never) && !has_links(&[("TERM", "dumb")], true, Color::Auto));
        let url = environment(&[], true).file_url("x\u{1b}]8;;evil\u{7}#\u{9c}ä.tf");
        assert_eq!(url, "file:///home/a%20b/x%1B%5D8%3B%3Bevil%07%23%C2%9C%C3%A4.tf");
    }
}
