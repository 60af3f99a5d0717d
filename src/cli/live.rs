//! `kmslint live`: the keys of the tenancy by the same two rules, and drift against the code.

use super::args::{Inputs, Policy, Reporting, Terminal};
use super::check;
use super::desk::{self, Desk, refuse};
use super::surroundings::{Surroundings, complain, print};
use super::{Exit, inputs};
use crate::base::Sources;
use crate::key::{Inventory, Reach};
use crate::live::{self, AuthKind, Clock, Progress, Timeouts};
use crate::policy;
use crate::report;
use crate::rules::{self, Scope};
use clap::{ArgMatches, Args};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many calls may be under way at once.
const CONNECTIONS: usize = 4;
/// How often a progress line is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// `kmslint live`.
#[derive(Debug, Args)]
pub struct Live {
    /// Compare with these folders, plans and states: report keys that differ from the code, that no code declares, that are gone
    #[arg(long, value_name = "PATH", num_args = 1.., help_heading = "Drift")]
    pub against: Vec<PathBuf>,

    /// Report every key that no code declares, not only those in vaults and compartments the code speaks of
    #[arg(long, requires = "against", help_heading = "Drift")]
    pub all_unmanaged: bool,

    /// Input of root modules.
    #[command(flatten)]
    pub inputs: Inputs,

    /// The profile of the OCI config file [default: OCI_CLI_PROFILE, or DEFAULT]
    #[arg(long, value_name = "NAME", help_heading = "Credentials")]
    pub profile: Option<String>,

    /// The OCI config file [default: OCI_CLI_CONFIG_FILE, or ~/.oci/config]
    #[arg(long, value_name = "FILE", help_heading = "Credentials")]
    pub config_file: Option<PathBuf>,

    /// How to authenticate: api_key, security_token, resource_principal or instance_principal [default: by the profile]
    #[arg(long, value_name = "KIND", value_parser = auth, help_heading = "Credentials")]
    pub auth: Option<AuthKind>,

    /// A region to audit, by name or code; repeatable [default: the profile's]
    #[arg(long = "region", value_name = "REGION", conflicts_with = "all_regions", help_heading = "Extent")]
    pub regions: Vec<String>,

    /// Audit every region the tenancy has subscribed to
    #[arg(long, help_heading = "Extent")]
    pub all_regions: bool,

    /// A compartment whose keys to audit, by OCID; repeatable [default: the whole tenancy]
    #[arg(long = "compartment", value_name = "OCID", help_heading = "Extent")]
    pub compartments: Vec<String>,

    /// The compartments below those, too
    #[arg(long, requires = "compartments", help_heading = "Extent")]
    pub recursive: bool,

    /// The base of the services' addresses in place of the realm's; `{region}` and `{service}` in it are filled in
    #[arg(long, value_name = "URL", help_heading = "Network")]
    pub endpoint: Option<String>,

    /// Trust the certificates of this PEM file in place of the system's
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub ca_bundle: Option<PathBuf>,

    /// Requests a second; the service allows 10 for everybody in the tenancy together
    #[arg(long, value_name = "NUMBER", default_value_t = live::DEFAULT_RPS, value_parser = rps, help_heading = "Network")]
    pub rps: f64,

    /// Print the least IAM policy that an audit needs, and exit
    #[arg(long)]
    pub print_policy: bool,

    /// Write what was found as JSON (facts only), to be judged again with `kmslint check FILE`
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub save: Option<PathBuf>,

    /// The time to judge by (RFC 3339), for reproducible runs
    #[arg(long, value_name = "TIME", help_heading = "Report")]
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
    AuthKind::read(text).ok_or_else(|| "use api_key, security_token, resource_principal or instance_principal".to_owned())
}

fn rps(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 => Ok(number),
        _ => Err("a number above 0".to_owned()),
    }
}

/// Runs the subcommand.
pub fn run(arguments: &Live, matches: &ArgMatches, surroundings: &Surroundings) -> io::Result<Exit> {
    if arguments.print_policy {
        return print(live::policy_text(&arguments.compartments).as_bytes()).map(|()| Exit::Clean);
    }
    let clock = desk::Clock { now: arguments.now.unwrap_or(surroundings.now), started: Instant::now() };
    let sources = Arc::new(Sources::default());
    let desk = match Desk::new(&arguments.report, &arguments.policy, &arguments.terminal, surroundings, arguments.inputs.chdir.as_deref()) {
        Ok(desk) => desk,
        Err(said) => return Ok(refuse(&said)),
    };
    let base = inputs::base(&arguments.inputs, surroundings);
    let (config, mut problems) = desk.config(&arguments.policy, &base, &arguments.against, &sources);
    let declared = if arguments.against.is_empty() {
        Inventory::default()
    } else {
        let wanted = check::Wanted { paths: &arguments.against, inputs: &arguments.inputs, matches, source: None, changed_only: false };
        match check::read(&desk, &wanted, &config, clock, &sources) {
            Ok((declared, _)) => declared,
            Err(said) => return Ok(refuse(&said)),
        }
    };
    let watcher = Watcher::new(surroundings.err_is_terminal && !arguments.terminal.quiet);
    let fresh_days = rules::fresh_days(&config.settings(clock.now));
    let mut inventory = live::audit(&request(arguments, surroundings, fresh_days), &watcher);
    watcher.clear();
    if let (Some(file), Some(_)) = (&arguments.save, &inventory.reach) {
        let text = live::saved::write(&inventory, surroundings.now);
        if let Err(error) = desk.repository.write(&surroundings.cwd.join(file), text.as_bytes()) {
            return Ok(refuse(&format!("the inventory `{}` cannot be written: {error}", file.display())));
        }
    }
    let drift = match &inventory.reach {
        Some(reach) if !arguments.against.is_empty() => {
            let drifts = rules::compare(&inventory.keys, &declared.keys, &scope(arguments, reach, &inventory));
            crate::check::with_paths(&desk.repository, &sources, |paths| rules::drift_findings(&drifts, paths))
        }
        _ => Vec::new(),
    };
    inventory.problems.append(&mut problems);
    let declared_keys = declared.keys.clone();
    inventory.absorb(Inventory { keys: Vec::new(), ..declared });
    let input = policy::Input { inventory, drift, declared: declared_keys };
    let outcome = desk.judge(input, &config, clock.now, &arguments.policy, &sources);
    desk.finish(&outcome, &config, &arguments.policy, clock, &sources)
}

/// What the arguments ask of the audit.
fn request(arguments: &Live, surroundings: &Surroundings, fresh_days: i64) -> live::Request {
    let path = |path: &PathBuf| surroundings.cwd.join(path);
    live::Request {
        env: surroundings.env.clone(),
        home: surroundings.var("HOME").or_else(|| surroundings.var("USERPROFILE")).map(PathBuf::from),
        now: surroundings.now,
        clock: Arc::new(Machine(Instant::now())),
        profile: arguments.profile.clone(),
        config_file: arguments.config_file.as_ref().map(path),
        auth: arguments.auth,
        regions: arguments.regions.clone(),
        all_regions: arguments.all_regions,
        compartments: arguments.compartments.clone(),
        recursive: arguments.recursive,
        endpoint: arguments.endpoint.clone(),
        ca_bundle: arguments.ca_bundle.as_ref().map(path),
        rps: arguments.rps,
        deadline: live::DEFAULT_DEADLINE,
        connections: CONNECTIONS,
        timeouts: Timeouts::default(),
        thorough: arguments.save.is_some() || !arguments.against.is_empty(),
        fresh_days,
    }
}

/// Nothing is missing from where nobody looked.
fn scope(arguments: &Live, reach: &Reach, inventory: &Inventory) -> Scope {
    Scope {
        regions: reach.regions.clone(),
        compartments: reach.compartments.clone(),
        unread: inventory.not_audited.iter().map(|part| part.ocid.clone()).collect(),
        all_unmanaged: arguments.all_unmanaged,
    }
}

/// The machine's time.
struct Machine(Instant);

impl Clock for Machine {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// Shows a person how far the audit is, in one line that goes away again.
struct Watcher {
    wanted: bool,
    drawn: Mutex<Option<Instant>>,
}

impl Watcher {
    fn new(wanted: bool) -> Self {
        Self { wanted, drawn: Mutex::new(None) }
    }

    /// Takes the line away.
    fn clear(&self) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.take().is_some() {
            complain(b"\r\x1b[K");
        }
    }
}

impl Progress for Watcher {
    fn step(&self, what: &str, done: usize, total: usize) {
        const WIDTH: usize = 30;
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.wanted || (drawn.is_some_and(|last| last.elapsed() < TICK) && done < total) {
            return;
        }
        *drawn = Some(Instant::now());
        let filled = done * WIDTH / total.max(1);
        complain(format!("\r\x1b[K[{}{}] {what} {done}/{total}", "=".repeat(filled), " ".repeat(WIDTH - filled)).as_bytes());
    }

    fn warn(&self, sentence: &str) {
        self.clear();
        complain(format!("warning: {}\n", report::clean(sentence)).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_positive() {
        assert_eq!(rps("0.5"), Ok(0.5));
        for text in ["0", "-1", "NaN", "x"] {
            assert!(rps(text).is_err(), "{text}");
        }
    }
}
