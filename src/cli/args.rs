//! The command line as it is typed. `run_context` and the subcommands decide what it means.

use crate::live::{self, AuthKind};
use crate::rules::{self, Level};
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  kmslint                          check every root module below the working directory
  kmslint infra/prod --var-file prod.tfvars
  terraform show -json tfplan | kmslint -
  kmslint plan.json --source infra/prod --format sarif=kmslint.sarif --format human
  kmslint explain OCI-KMS-004";

const EXIT_CODES: &str = "Exit codes: 0 nothing to report · 1 findings · 2 something could not be checked";

const CHOICES: &str = "\
Choosing rules:
  `kmslint explain` lists the rules. `--level OCI-KMS-001=off` turns one off for this run, `level`
  in `[rules.OCI-KMS-001]` of kmslint.toml for the repository; exemptions are for single keys.

Choosing files:
  .gitignore is not honored, on purpose: Terraform reads ignored files, too, and an ignored
  terraform.tfvars often decides. `--exclude GLOB` and `exclude` in kmslint.toml leave paths out.";

const LIVE_EXAMPLES: &str = "\
Examples:
  kmslint live --print-policy                            what the auditor's group must be allowed to read
  kmslint live --profile audit --all-regions
  kmslint live --against infra/prod --save tenancy.json  compare with the code, keep what was read";

const EVAL_EXAMPLES: &str = "\
Examples:
  kmslint eval 'var.protection_mode' 'local.keys'
  kmslint eval --chdir infra/prod --var-file prod.tfvars 'module.vault.management_endpoint'

Exit codes: 0 evaluated, also to an unknown value · 2 an expression is invalid, or something could not be read";

/// The text after the options of `-h`.
fn short_footer() -> String {
    format!("{EXAMPLES}\n\n{EXIT_CODES}\n`--help` shows all options, and how to choose rules and files.")
}

/// The text after the options of `--help`, and the end of the manual page.
fn long_footer() -> String {
    format!("{EXAMPLES}\n\n{CHOICES}\n\n{EXIT_CODES}")
}

/// Finds OCI KMS keys that will be HSM-protected where SOFTWARE would do, or that nothing rotates within a year, before the keys exist.
#[derive(Debug, Parser)]
#[command(
    name = "kmslint",
    version,
    about,
    after_help = short_footer(), after_long_help = long_footer(),
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    max_term_width = 100
)]
pub(super) struct Arguments {
    /// What to do [default: check].
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Arguments of `check`.
    #[command(flatten)]
    pub check: Box<Check>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check the keys of Terraform/OpenTofu directories, plans and states (the default).
    #[command(after_help = short_footer(), after_long_help = long_footer())]
    Check(Box<Check>),
    /// Check the keys of the live tenancy, and compare them with the code.
    #[command(after_help = format!("{LIVE_EXAMPLES}\n\n{EXIT_CODES}"))]
    Live(Box<Live>),
    /// Run the language server for editors, over standard input and output.
    Lsp(Lsp),
    /// Explain the rules, or one rule.
    Explain(Explain),
    /// Evaluate expressions in a root module, as Terraform would see them.
    #[command(after_help = EVAL_EXAMPLES)]
    Eval(Eval),
    /// Print the JSON Schema of the config file or of the JSON report.
    Schema(SchemaArguments),
    /// Write shell completions to standard output.
    Completions(Completions),
    /// Compare two JSON reports: which findings are new, fixed and unchanged.
    #[command(after_help = "Exit codes: 0 nothing is new · 1 something is new · 2 the new report is incomplete, or a file is not a report")]
    Compare(Compare),
    /// Write manual pages (roff).
    Man(Man),
}

/// `kmslint check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Directories, .tf/.tofu/.tfvars files, plan or state JSON; `-` for standard input.
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,

    /// Input of root modules.
    #[command(flatten)]
    pub inputs: InputArguments,

    /// The configuration of the plans and states: findings point at its lines, and it resolves what they do not record
    #[arg(long, value_name = "DIR", help_heading = "Input", hide_short_help = true)]
    pub source: Option<PathBuf>,

    /// Check only keys that a plan creates, updates or replaces
    #[arg(long, help_heading = "Input", hide_short_help = true)]
    pub changed_only: bool,

    /// The time to check by (RFC 3339, or a date in UTC), for reproducible runs of states and live inventories
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Input", hide_short_help = true)]
    pub now: Option<jiff::Timestamp>,

    /// What is reported and how.
    #[command(flatten)]
    pub report: Reporting,

    /// What the user decided.
    #[command(flatten)]
    pub policy: Policy,

    /// Edits.
    #[command(flatten)]
    pub fix: Fix,

    /// Terminal.
    #[command(flatten)]
    pub terminal: Terminal,
}

/// `kmslint live`.
#[derive(Debug, Args)]
pub(super) struct Live {
    /// Compare with these directories, plans and states: report keys that differ from the code, that no code declares, or that are gone
    #[arg(long, value_name = "PATH", num_args = 1.., help_heading = "Drift")]
    pub against: Vec<PathBuf>,

    /// Report every key that no code declares, not only those in vaults and compartments that the code uses
    #[arg(long, requires = "against", help_heading = "Drift", hide_short_help = true)]
    pub all_unmanaged: bool,

    /// Input of root modules.
    #[command(flatten)]
    pub inputs: InputArguments,

    /// The profile of the OCI config file [default: OCI_CLI_PROFILE, or DEFAULT]
    #[arg(long, value_name = "NAME", help_heading = "Credentials")]
    pub profile: Option<String>,

    /// The OCI config file [default: OCI_CLI_CONFIG_FILE, or ~/.oci/config]
    #[arg(long, value_name = "FILE", help_heading = "Credentials", hide_short_help = true)]
    pub config_file: Option<PathBuf>,

    /// How to authenticate.
    #[arg(
        long,
        value_name = "KIND",
        value_parser = auth,
        help_heading = "Credentials",
        hide_short_help = true,
        help = format!("How to authenticate: {} [default: OCI_CLI_AUTH, or by the profile]", AuthKind::accepted_values())
    )]
    pub auth: Option<AuthKind>,

    /// A region to audit, by name or code; repeatable [default: the profile's]
    #[arg(long = "region", value_name = "REGION", conflicts_with = "all_regions", help_heading = "Extent")]
    pub regions: Vec<String>,

    /// Audit every region the tenancy has subscribed to
    #[arg(long, help_heading = "Extent")]
    pub all_regions: bool,

    /// A compartment whose keys to audit, by OCID; repeatable [default: the entire tenancy]
    #[arg(long = "compartment", value_name = "OCID", help_heading = "Extent")]
    pub compartments: Vec<String>,

    /// Include the compartments below those
    #[arg(long, requires = "compartments", help_heading = "Extent", hide_short_help = true)]
    pub recursive: bool,

    /// Base URL of the services instead of the realm's; `{region}` and `{service}` in it are replaced
    #[arg(long, value_name = "URL", help_heading = "Network", hide_short_help = true)]
    pub endpoint: Option<String>,

    /// Trust the certificates of this PEM file instead of the system's
    #[arg(long, value_name = "FILE", help_heading = "Network", hide_short_help = true)]
    pub ca_bundle: Option<PathBuf>,

    /// Requests per second; the service allows 10 for the entire tenancy
    #[arg(long, value_name = "NUMBER", default_value_t = live::DEFAULT_RPS, value_parser = rps, help_heading = "Network", hide_short_help = true)]
    pub rps: f64,

    /// The timeout of each request, for example `20s` [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Network", hide_short_help = true)]
    pub timeout: Option<Duration>,

    /// How long the audit may take, for example `30m` or `2h`; what was read by then is reported [default: 6h]
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Network", hide_short_help = true)]
    pub deadline: Option<Duration>,

    /// Print the minimal IAM policy that an audit needs, and exit
    #[arg(long)]
    pub print_policy: bool,

    /// Write what was found as JSON (facts only), to be checked again with `kmslint check FILE`; written while the audit goes on
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub save: Option<PathBuf>,

    /// Continue the audit that a saved inventory is of: read only what is missing, and save to it unless `--save` names another file
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub resume: Option<PathBuf>,

    /// The time to check by (RFC 3339, or a date in UTC), for reproducible runs
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Report", hide_short_help = true)]
    pub now: Option<jiff::Timestamp>,

    /// What is reported and how.
    #[command(flatten)]
    pub report: Reporting,

    /// What the user decided.
    #[command(flatten)]
    pub policy: Policy,

    /// Terminal.
    #[command(flatten)]
    pub terminal: Terminal,
}

fn auth(text: &str) -> Result<AuthKind, String> {
    AuthKind::read(text).ok_or_else(|| format!("expected one of {}", AuthKind::accepted_values()))
}

/// The longest duration that the command line accepts: longer ones are mistakes, and sums of times must not overflow.
const MAX_DURATION: Duration = Duration::from_secs(30 * 86_400);

/// Parses a point in time: RFC 3339, or a date, which starts at midnight in UTC.
fn time(text: &str) -> Result<jiff::Timestamp, String> {
    let date = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse()
        .ok()
        .or_else(date)
        .ok_or_else(|| "expected a time such as `2026-01-31T12:00:00Z`, or a date such as `2026-01-31`".to_owned())
}

/// Parses a duration: seconds, or numbers with a unit: `90`, `90s`, `15m`, `2h 30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let seconds = || text.parse().ok().map(Duration::from_secs);
    let with_unit = || Duration::try_from(text.parse::<jiff::SignedDuration>().ok()?).ok();
    let found = seconds().or_else(with_unit).filter(|found| !found.is_zero() && *found <= MAX_DURATION);
    found.ok_or_else(|| "expected a duration such as `90s`, `15m` or `2h`, at most 720 hours".to_owned())
}

/// The fewest requests per second: one in about 17 minutes.
const MIN_RPS: f64 = 0.001;

fn rps(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number >= MIN_RPS => Ok(number),
        _ => Err(format!("expected a number of at least {MIN_RPS}")),
    }
}

/// Where a root module's values come from.
#[derive(Clone, Debug, Args)]
pub(super) struct InputArguments {
    /// Set an input variable, as for `terraform plan`; repeatable
    #[arg(long = "var", value_name = "NAME=VALUE", help_heading = "Input")]
    pub vars: Vec<String>,

    /// Read input variables from a file, as for `terraform plan`; repeatable
    #[arg(long = "var-file", value_name = "FILE", help_heading = "Input")]
    pub var_files: Vec<PathBuf>,

    /// Work as if started in this directory
    #[arg(long, value_name = "DIR", help_heading = "Input", hide_short_help = true)]
    pub chdir: Option<PathBuf>,

    /// `terraform.workspace`
    #[arg(long, value_name = "NAME", help_heading = "Input", hide_short_help = true)]
    pub workspace: Option<String>,

    /// Which dialect's file rules to use: Terraform ignores .tofu files, OpenTofu prefers them [default: use every file]
    #[arg(long, value_enum, value_name = "DIALECT", help_heading = "Input", hide_short_help = true)]
    pub dialect: Option<DialectArgument>,

    /// Do not follow modules outside of the repository
    #[arg(long, help_heading = "Input", hide_short_help = true)]
    pub confined: bool,

    /// Allow file functions to read below this directory too; repeatable
    #[arg(long = "allow-path", value_name = "DIR", help_heading = "Input", hide_short_help = true)]
    pub allow_paths: Vec<PathBuf>,
}

/// Terraform or OpenTofu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DialectArgument {
    /// Terraform.
    Terraform,
    /// OpenTofu.
    Opentofu,
}

/// What is reported and how.
#[derive(Debug, Args)]
pub(super) struct Reporting {
    /// How to report, and where to.
    #[arg(
        long = "format",
        value_name = "FORMAT[=FILE]",
        help_heading = "Report",
        help = "How to report, and where to; repeatable",
        value_parser = Suggested(|| crate::report::Format::names().map(PossibleValue::new).collect())
    )]
    pub formats: Vec<String>,

    /// Exit with 1 if a finding is at or above this level [default: warning]
    #[arg(long, value_name = "LEVEL", value_enum, help_heading = "Report")]
    pub fail_on: Option<FailOnArgument>,

    /// Report undetermined verdicts as errors, and modules not followed as findings
    #[arg(long, help_heading = "Report")]
    pub strict: bool,

    /// Set a rule's level: error, warning, note or off; repeatable
    #[arg(
        long = "level",
        value_name = "RULE=LEVEL",
        help_heading = "Report",
        hide_possible_values = true,
        value_parser = Suggested(levels)
    )]
    pub levels: Vec<String>,

    /// Count findings by rule and kind instead of listing them
    #[arg(long, help_heading = "Report")]
    pub statistics: bool,

    /// List keys that pass too
    #[arg(long, help_heading = "Report", hide_short_help = true)]
    pub show_passes: bool,

    /// Keep exempted findings in SARIF, marked as suppressed
    #[arg(long, help_heading = "Report", hide_short_help = true)]
    pub sarif_include_suppressed: bool,
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOnArgument {
    /// Errors only.
    Error,
    /// Warnings and errors.
    Warning,
    /// Anything reported.
    Note,
    /// Findings never fail the run; problems still do.
    Never,
}

/// What the user decided.
#[derive(Debug, Args)]
pub(super) struct Policy {
    /// The config file [default: the nearest kmslint.toml or .kmslint.toml upwards, within the repository]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Policy", hide_short_help = true)]
    pub config: Option<PathBuf>,

    /// Read no config file
    #[arg(long, help_heading = "Policy", hide_short_help = true)]
    pub no_config: bool,

    /// Leave out paths that match, relative to the working directory, and what is in them (`*` is any text, `?` one character); repeatable
    #[arg(long, value_name = "GLOB", help_heading = "Policy")]
    pub exclude: Vec<String>,

    /// Report only findings that are not in this baseline
    #[arg(long, value_name = "FILE", help_heading = "Policy")]
    pub baseline: Option<PathBuf>,

    /// Write the current findings as a baseline and exit
    #[arg(long, value_name = "FILE", conflicts_with = "baseline", help_heading = "Policy", hide_short_help = true)]
    pub write_baseline: Option<PathBuf>,

    /// Report exempted findings too: ignore comments, config entries and the baseline
    #[arg(long, help_heading = "Policy", hide_short_help = true)]
    pub no_exemptions: bool,
}

/// Edits.
#[derive(Debug, Args)]
pub(super) struct Fix {
    /// Apply the safe fixes
    #[arg(long, help_heading = "Fix")]
    pub fix: bool,

    /// With `--fix` or `--diff`: include fixes that change what protects an existing key
    #[arg(long, help_heading = "Fix", hide_short_help = true)]
    pub unsafe_fixes: bool,

    /// Show the fixes as a unified diff and write nothing
    #[arg(long, help_heading = "Fix")]
    pub diff: bool,
}

/// Terminal.
#[derive(Clone, Debug, Args)]
pub(super) struct Terminal {
    /// When to use color
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = "Terminal", hide_short_help = true)]
    pub color: Color,

    /// Print findings only: no summary, no notes on exemptions
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Terminal")]
    pub quiet: bool,

    /// Show which root modules, inputs and modules were used, every explanation and every list in full
    #[arg(short, long, help_heading = "Terminal")]
    pub verbose: bool,
}

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `kmslint lsp`.
#[derive(Debug, Args)]
pub(super) struct Lsp {
    /// What many clients pass; there is no other way.
    #[arg(long, hide = true)]
    pub stdio: bool,

    /// Input of root modules.
    #[command(flatten)]
    pub inputs: InputArguments,
}

/// `kmslint explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A rule's id or name; without one, a list of the rules
    #[arg(hide_possible_values = true, value_parser = Suggested(rule_names))]
    pub rule: Option<String>,
}

/// `kmslint eval`.
#[derive(Debug, Args)]
pub(super) struct Eval {
    /// Expressions; `-` reads one a line from standard input
    #[arg(value_name = "EXPR", required = true)]
    pub expressions: Vec<String>,

    /// Input of the root module.
    #[command(flatten)]
    pub inputs: InputArguments,
}

/// `kmslint schema`.
#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    /// What the schema describes
    #[arg(value_enum)]
    pub of: SchemaOf,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaOf {
    /// `kmslint.toml`
    Config,
    /// The report of `--format json`
    Report,
}

/// `kmslint completions`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `kmslint compare`.
#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The earlier report, as `--format json=FILE` writes it; `-` for standard input
    pub old: PathBuf,

    /// The later report
    pub new: PathBuf,

    /// How to report
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = CompareFormat::Human)]
    pub format: CompareFormat,
}

/// How a comparison is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CompareFormat {
    /// One line for each finding that changed, and counts.
    Human,
    /// Everything, what is unchanged included.
    Json,
}

/// `kmslint man`.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The subcommand whose page to print; without one, the program's own
    #[arg(value_name = "SUBCOMMAND")]
    pub page: Option<String>,

    /// Write the pages of the program and of all subcommands into this directory, which must exist
    #[arg(long, value_name = "DIR", conflicts_with = "page")]
    pub dir: Option<PathBuf>,
}

/// Accepts any text, and offers possible values to shell completions only. Invalid values are reported later, with a suggestion.
#[derive(Clone)]
struct Suggested(fn() -> Vec<PossibleValue>);

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(&self, command: &clap::Command, argument: Option<&clap::Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.0)().into_iter()))
    }
}

/// All values of `RULE=LEVEL`.
fn levels() -> Vec<PossibleValue> {
    let of_rule = |id: &'static str| Level::WORDS.into_iter().map(move |level| PossibleValue::new(format!("{id}={level}")));
    rules::ids().flat_map(of_rule).collect()
}

/// The values of `kmslint explain`.
fn rule_names() -> Vec<PossibleValue> {
    rules::ids().chain(rules::ALL.iter().map(|rule| rule.name)).map(PossibleValue::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_seconds_or_has_a_unit() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("15m", 900), ("2h 30m", 9000), ("PT1M", 60), ("720h", 2_592_000)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "0", "0s", "-5s", "soon", "721h", "99999999999999999999", "1mo"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rate_must_be_a_positive_number() {
        assert_eq!(rps("0.5"), Ok(0.5));
        for text in ["0", "-1", "NaN", "x"] {
            assert!(rps(text).is_err(), "{text}");
        }
    }
}
