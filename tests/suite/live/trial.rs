//! An audit of the server, with a clock that does not wait and somebody who writes down what is said.

use super::server::{Behaviour, FINGERPRINT, Faults, KEY_PEM, Server, TENANCY, USER};
use super::tenancy::{FRA, Small};
use jiff::Timestamp;
use kmslint::key::{Inventory, KeyFacts};
use kmslint::live::{self, AuditRequest, AuditStep, Clock, InventorySink, Progress, Retry, SignatureMemo, Timeouts};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime};

/// Time that passes only while the audit sleeps.
#[derive(Default)]
pub struct Skipping {
    now: Mutex<Duration>,
    is_interrupted: AtomicBool,
}

impl Skipping {
    /// As Ctrl-C does.
    pub fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
    }
}

impl Clock for Skipping {
    fn elapsed(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) {
        *self.now.lock().unwrap() += duration;
    }

    fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Ordering::SeqCst)
    }
}

/// Writes down what the audit reports while it works.
#[derive(Default)]
pub struct Listener {
    pub warnings: Mutex<Vec<String>>,
    pub retries: Mutex<Vec<String>>,
    pub steps: Mutex<Vec<String>>,
}

impl Progress for Listener {
    fn step(&self, step: &AuditStep<'_>) {
        assert!(step.done <= step.total);
        self.steps.lock().unwrap().push(format!("{step:?}"));
    }

    fn retry(&self, retry: &Retry<'_>) {
        let first = if retry.is_first { "first: " } else { "" };
        self.retries.lock().unwrap().push(format!("{first}{} ({} of {})\n{}", retry.why, retry.attempt, retry.attempts, retry.help));
    }

    fn warn(&self, sentence: &str) {
        self.warnings.lock().unwrap().push(sentence.to_owned());
    }
}

/// Keeps what is saved.
#[derive(Default)]
pub struct Kept(pub Mutex<Vec<String>>);

impl InventorySink for Kept {
    fn replace(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

/// When the audits of [`repeated`] requests begin: all at the same time, so that they send the same calls.
static STARTED: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);

/// The signatures that were made with [`KEY_PEM`].
#[derive(Default)]
struct Signatures(Mutex<HashMap<String, Vec<u8>>>);

impl SignatureMemo for Signatures {
    fn signature(&self, text: &str, sign: &dyn Fn() -> Option<Vec<u8>>) -> Option<Vec<u8>> {
        let known = self.0.lock().unwrap().get(text).cloned();
        known.or_else(|| {
            let signature = sign()?;
            self.0.lock().unwrap().insert(text.to_owned(), signature.clone());
            Some(signature)
        })
    }
}

/// A request with everything in the environment, and its clock.
pub fn request(endpoint: &str) -> (AuditRequest, Arc<Skipping>) {
    let clock = Arc::new(Skipping::default());
    let env = [
        ("OCI_CLI_USER", USER),
        ("OCI_CLI_TENANCY", TENANCY),
        ("OCI_CLI_FINGERPRINT", FINGERPRINT.trim()),
        ("OCI_CLI_KEY_CONTENT", KEY_PEM),
        ("OCI_CLI_REGION", FRA),
    ];
    let request = AuditRequest {
        env: env.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        home: None,
        now: Timestamp::now(),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        signatures: None,
        profile: None,
        config_file: None,
        auth: None,
        regions: Vec::new(),
        all_regions: true,
        compartments: Vec::new(),
        recursive: false,
        endpoint: Some(endpoint.to_owned()),
        ca_bundle: None,
        rps: f64::INFINITY,
        deadline: live::DEFAULT_DEADLINE,
        connections: 1,
        timeouts: Timeouts { connect: Duration::from_secs(10), read: Duration::from_secs(10) },
        thorough: false,
        resume: None,
        fresh_days: 335,
    };
    (request, clock)
}

/// A request whose calls are signed once, for servers that [`Server::restart`] starts.
pub fn repeated() -> (AuditRequest, Arc<Skipping>) {
    static SIGNATURES: LazyLock<Arc<Signatures>> = LazyLock::new(Arc::default);
    let (usual, clock) = request("");
    (AuditRequest { now: *STARTED, signatures: Some(Arc::clone(&*SIGNATURES) as Arc<dyn SignatureMemo>), ..usual }, clock)
}

/// What came of an audit.
pub struct Trial {
    pub inventory: Inventory,
    pub warnings: Vec<String>,
    /// Calls that were tried again.
    pub retries: Vec<String>,
    /// Progress, in its debug form.
    pub steps: Vec<String>,
    pub log: Vec<String>,
    pub refused: Vec<String>,
    /// How long it would have taken.
    pub took: Duration,
}

/// Audits the small tenancy behind a server with these faults, after `change` changed the request.
pub fn trial(faults: Faults, page: Option<usize>, change: impl FnOnce(&mut AuditRequest)) -> Trial {
    let (mut request, clock) = repeated();
    let started = SystemTime::from(request.now);
    let theirs = Arc::clone(&clock);
    let behaviour = Behaviour { page, faults, now: Box::new(move || started + theirs.elapsed()), ..Behaviour::default() };
    let server = Server::restart(Small::at(request.now), behaviour);
    request.endpoint = Some(server.endpoint());
    change(&mut request);
    run(&request, &clock, &server)
}

/// Runs an audit of a server.
pub fn run(request: &AuditRequest, clock: &Skipping, server: &Server) -> Trial {
    keep(request, clock, server, None)
}

/// The same, with somebody who saves.
pub fn keep(request: &AuditRequest, clock: &Skipping, server: &Server, sink: Option<&dyn InventorySink>) -> Trial {
    let listener = Listener::default();
    let inventory = live::audit(request, &listener, sink);
    Trial {
        inventory,
        warnings: listener.warnings.into_inner().unwrap(),
        retries: listener.retries.into_inner().unwrap(),
        steps: listener.steps.into_inner().unwrap(),
        log: server.log.lock().unwrap().clone(),
        refused: server.refused.lock().unwrap().clone(),
        took: clock.elapsed(),
    }
}

impl Trial {
    /// Whether anything could not be done.
    pub fn is_whole(&self) -> bool {
        self.inventory.problems.is_empty() && self.inventory.not_audited.is_empty()
    }

    /// Keys by display name.
    pub fn keys(&self) -> BTreeMap<&str, &KeyFacts> {
        self.inventory.keys.iter().map(|key| (key.display_name.value().map(String::as_str).unwrap_or_default(), &**key)).collect()
    }

    /// Names of keys, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.keys().into_keys().collect()
    }

    /// Everything that was said about what did not work.
    pub fn messages(&self) -> String {
        let problems =
            self.inventory.problems.iter().map(|problem| format!("{}\n{}", problem.message, problem.help.as_deref().unwrap_or("")));
        let gaps = self.inventory.not_audited.iter().map(|gap| format!("{} {} {}: {}", gap.what, gap.ocid, gap.region, gap.why));
        problems.chain(gaps).chain(self.warnings.iter().cloned()).collect::<Vec<_>>().join("\n")
    }
}

/// No faults.
pub fn healthy() -> Faults {
    Box::new(|_, _| None)
}
