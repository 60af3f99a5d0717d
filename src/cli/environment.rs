//! What the process finds around it: environment, clock, working directory, streams. Read here and nowhere else, handed down as values.

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

/// The surroundings of a run.
#[derive(Clone)]
pub(super) struct Environment {
    /// Environment variables that are valid Unicode.
    pub env: BTreeMap<String, String>,
    /// The working directory: `--chdir` where that was given.
    pub cwd: PathBuf,
    /// The directory in which the process was started, where `--chdir` chose another.
    pub started_in: Option<PathBuf>,
    /// What was read from pipes: `--fix` reads everything twice.
    pub streams: Arc<Streams>,
    /// The clock.
    pub now: Timestamp,
    /// Whether standard output is a terminal.
    pub out_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub err_is_terminal: bool,
    /// The terminal's width in columns.
    pub columns: Option<usize>,
    /// Whether standard output understands hyperlinks.
    pub out_has_links: bool,
    /// Whether standard error does.
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
    /// The process's own.
    pub(super) fn of_process() -> std::io::Result<Self> {
        Ok(Self {
            // `std::env::vars` panics at a variable that is not Unicode.
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

    /// The surroundings as they would be if the process had been started in the directory that `--chdir` names. The process stays where it
    /// is: everything that opens a file joins its path to `cwd`.
    ///
    /// # Errors
    /// `--chdir` names something else than a directory.
    pub(super) fn changed_by(&self, inputs: &InputArguments) -> Result<Self, CliError> {
        let Some(chdir) = &inputs.chdir else { return Ok(self.clone()) };
        let named = self.cwd.join(chdir);
        match disk::canonical(&named).ok().filter(|real| disk::is_dir(real)) {
            Some(cwd) => Ok(Self { cwd, started_in: Some(self.cwd.clone()), ..self.clone() }),
            None => Err(CliError::NoDirectory { option: "--chdir", path: chdir.clone() }),
        }
    }

    /// The values of `TF_VAR_…`, by variable name.
    pub(super) fn tf_vars(&self) -> BTreeMap<String, String> {
        self.env.iter().filter_map(|(name, value)| Some((name.strip_prefix("TF_VAR_")?.to_owned(), value.clone()))).collect()
    }

    /// A variable that is set and not empty.
    pub(super) fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Where the CI service shows the files of the commit that it runs for: the address before a path in the repository. Sources: GitHub's
    /// and GitLab's lists of predefined variables.
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
        // Nothing that ends a link in Markdown or an attribute in HTML.
        let is_address = |url: &String| url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/%@".contains(&byte));
        github().or_else(gitlab).filter(is_address)
    }

    /// Whether a stream is colored: the option, then the variables that others agree on (<https://no-color.org>,
    /// <https://bixense.com/clicolors>, <https://force-color.org>), then whether it is a terminal that understands color.
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

    /// What a stream's reader sees it on. `link` makes the address of a file.
    pub(super) fn screen<'l>(&self, output: Output, terminal: &Terminal, link: &'l dyn Fn(&str) -> String) -> Screen<'l> {
        let (is_terminal, has_links) = match output {
            Output::Out => (self.out_is_terminal, self.out_has_links),
            Output::Err => (self.err_is_terminal, self.err_has_links),
        };
        let given = self.var("COLUMNS").and_then(|text| text.parse().ok()).filter(|columns| *columns > 0);
        let has_links = has_links && terminal.color != Color::Never && self.var("TERM") != Some("dumb");
        Screen {
            color: self.color(terminal, is_terminal),
            // `terminal_size` asks standard error, too: a report in a pipe must not get the width of the terminal
            // that errors are shown on.
            columns: given.or_else(|| self.columns.filter(|_| is_terminal)),
            link: has_links.then_some(link),
        }
    }

    /// The address of a file by its path as shown. Everything but letters, digits and a few signs is escaped.
    pub(super) fn file_url(&self, path: &str) -> String {
        const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');
        let path = self.cwd.join(path).to_string_lossy().replace('\\', "/");
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("file://{slash}{}", utf8_percent_encode(&path, &KEPT))
    }
}

/// Writes to standard output in one go. A reader that went away (`| head`) is no trouble of ours.
///
/// # Errors
/// What the system says, a closed pipe excepted.
pub(super) fn print(bytes: &[u8]) -> std::io::Result<()> {
    print_through(|out| out.write_all(bytes))
}

/// Lets something write to standard output, in large pieces.
///
/// # Errors
/// What the system says, a closed pipe excepted.
pub(super) fn print_through(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes to standard error, with anything that a CI service would read as a command broken. A failure is ignored: nothing is left to
/// report it with.
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
    fn color_follows_the_option_then_the_environment_then_the_terminal() {
        let link = |path: &str| path.to_owned();
        let auto = |env: &[(&str, &str)], is_terminal| screen(env, is_terminal, Color::Auto, &link).color;
        assert!(auto(&[], true) && !auto(&[], false));
        for quiet in [[("NO_COLOR", "1")], [("TERM", "dumb")], [("CLICOLOR", "0")], [("FORCE_COLOR", "0")]] {
            assert!(!auto(&quiet, true), "{quiet:?}");
        }
        for loud in [[("FORCE_COLOR", "1")], [("FORCE_COLOR", "3")], [("CLICOLOR_FORCE", "1")]] {
            assert!(auto(&loud, false), "{loud:?}");
        }
        assert!(auto(&[("NO_COLOR", "")], true) && !auto(&[("CLICOLOR_FORCE", "0")], false));
        assert!(!auto(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], true));
        assert!(auto(&[("TERM", "dumb"), ("FORCE_COLOR", "1")], false));
        assert!(screen(&[("NO_COLOR", "1")], false, Color::Always, &link).color);
        assert!(!screen(&[("FORCE_COLOR", "1")], true, Color::Never, &link).color);
    }

    #[test]
    fn width_is_the_terminals_unless_the_environment_names_another() {
        let link = |path: &str| path.to_owned();
        let columns = |env: &[(&str, &str)], is_terminal| screen(env, is_terminal, Color::Auto, &link).columns;
        assert_eq!(columns(&[], true), Some(123));
        assert_eq!(columns(&[], false), None);
        assert_eq!(columns(&[("COLUMNS", "72")], false), Some(72));
        assert_eq!(columns(&[("COLUMNS", "many")], true), Some(123));
    }

    #[test]
    fn links_need_a_terminal_that_has_them_and_have_no_control_characters() {
        let link = |path: &str| path.to_owned();
        let has_links = |env: &[(&str, &str)], is_terminal, color| screen(env, is_terminal, color, &link).link.is_some();
        assert!(has_links(&[], true, Color::Auto) && !has_links(&[], false, Color::Always));
        assert!(!has_links(&[], true, Color::Never) && !has_links(&[("TERM", "dumb")], true, Color::Auto));
        let url = environment(&[], true).file_url("x\u{1b}]8;;evil\u{7}#\u{9c}ä.tf");
        assert_eq!(url, "file:///home/a%20b/x%1B%5D8%3B%3Bevil%07%23%C2%9C%C3%A4.tf");
    }
}
