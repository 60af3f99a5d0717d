//! Runs an audit of the test server, with a clock that does not wait, and records its progress.

use super::server::{Behavior, FINGERPRINT, Faults, KEY_PEM, Server, TENANCY, USER, hash};
use super::tenancy::{FRA, SmallTenancy};
use jiff::Timestamp;
use kmslint::key::{Inventory, KeyFacts};
use kmslint::live::{self, AuditRequest, AuditStep, Clock, InventorySink, Progress, Retry, Timeouts};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// A clock that only advances while the audit sleeps, without waiting.
#[derive(Default)]
pub struct SkippingClock {
    now: Mutex<Duration>,
    is_interrupted: AtomicBool,
}

impl SkippingClock {
    /// Interrupts the audit like Ctrl-C.
    pub fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
    }
}

impl Clock for SkippingClock {
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

/// Records what the audit reports while it runs.
#[derive(Default)]
pub struct RecordingProgress {
    pub warnings: Mutex<Vec<String>>,
    pub retries: Mutex<Vec<String>>,
    pub steps: Mutex<Vec<String>>,
}

impl Progress for RecordingProgress {
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

/// Records all saved inventories.
#[derive(Default)]
pub struct SavedTexts(pub Mutex<Vec<String>>);

impl InventorySink for SavedTexts {
    fn replace(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

/// A request with all credentials in the environment, and its clock.
pub fn request(endpoint: &str) -> (AuditRequest, Arc<SkippingClock>) {
    let clock = Arc::new(SkippingClock::default());
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
        test_signer: None,
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

/// As [`request`], signed by [`hash`]. Its calls take a third of the time.
pub fn hashed_request(endpoint: &str) -> (AuditRequest, Arc<SkippingClock>) {
    let (request, clock) = request(endpoint);
    (AuditRequest { test_signer: Some(hash), ..request }, clock)
}

/// The result of an audit.
pub struct Trial {
    pub inventory: Inventory,
    pub warnings: Vec<String>,
    /// Reported retries.
    pub retries: Vec<String>,
    /// Progress steps in debug form.
    pub steps: Vec<String>,
    pub log: Vec<String>,
    pub rejected: Vec<String>,
    /// The time on the audit's clock.
    pub elapsed: Duration,
}

/// Audits the small tenancy on a server with these faults; `change` modifies the request.
pub fn trial(faults: Faults, page_size: Option<usize>, change: impl FnOnce(&mut AuditRequest)) -> Trial {
    let (mut request, clock) = hashed_request("");
    let started = SystemTime::from(request.now);
    let server_clock = Arc::clone(&clock);
    let behavior = Behavior { page_size, faults, now: Box::new(move || started + server_clock.elapsed()), ..Behavior::default() };
    let server = Server::start(SmallTenancy::at(request.now), behavior);
    request.endpoint = Some(server.endpoint());
    change(&mut request);
    run(&request, &clock, &server)
}

/// Runs an audit of a server without saving.
pub fn run(request: &AuditRequest, clock: &SkippingClock, server: &Server) -> Trial {
    run_with_sink(request, clock, server, None)
}

/// Runs an audit of a server and saves to `sink`.
pub fn run_with_sink(request: &AuditRequest, clock: &SkippingClock, server: &Server, sink: Option<&dyn InventorySink>) -> Trial {
    let progress = RecordingProgress::default();
    let inventory = live::audit(request, &progress, sink);
    Trial {
        inventory,
        warnings: progress.warnings.into_inner().unwrap(),
        retries: progress.retries.into_inner().unwrap(),
        steps: progress.steps.into_inner().unwrap(),
        log: server.log.lock().unwrap().clone(),
        rejected: server.rejected.lock().unwrap().clone(),
        elapsed: clock.elapsed(),
    }
}

impl Trial {
    /// Whether there are neither problems nor gaps.
    pub fn is_complete(&self) -> bool {
        self.inventory.problems.is_empty() && self.inventory.not_audited.is_empty()
    }

    /// Keys by display name.
    pub fn keys(&self) -> BTreeMap<&str, &KeyFacts> {
        self.inventory.keys.iter().map(|key| (key.display_name.value().map(String::as_str).unwrap_or_default(), &**key)).collect()
    }

    /// The names of all keys, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.keys().into_keys().collect()
    }

    /// The texts of all problems, gaps and warnings.
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
