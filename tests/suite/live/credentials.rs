//! Credentials: where they are found, and the messages for invalid ones, which never show a secret.

use super::server::{Behavior, FINGERPRINT, KEY_PEM, Server, TENANCY, USER, jwt};
use super::tenancy::{FRA, KEYS, SmallTenancy};
use super::trial::{self, Trial, run};
use jiff::{SignedDuration, Timestamp};
use kmslint::live::{AuditRequest, AuthKind};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

const ENCRYPTED: &str = include_str!("../../../testdata/live/vectors/trad_aes256.pem");

/// A home directory with a config file and a key.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".oci")).unwrap();
        Self(home)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(".oci").join(name);
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        path.display().to_string()
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

fn config() -> String {
    format!("[DEFAULT]\nuser={USER}\nfingerprint={}\ntenancy={TENANCY}\nregion={FRA}\nkey_file=~/.oci/key.pem\n", FINGERPRINT.trim())
}

fn token(expires: Timestamp) -> String {
    jwt(&json!({"exp": expires.as_second(), "res_tenant": TENANCY}))
}

fn hours_from_now(hours: i64) -> Timestamp {
    Timestamp::now().checked_add(SignedDuration::from_hours(hours)).unwrap()
}

/// Audits with an empty environment that `change` modifies. The server accepts only this `keyId`.
fn audit_with(home: &Home, key_id: Option<String>, change: impl FnOnce(&mut AuditRequest)) -> Trial {
    let (mut request, clock) = trial::request("");
    request.env = BTreeMap::new();
    request.home = Some(home.path().to_path_buf());
    request.all_regions = false;
    let mut behavior = Behavior::default();
    behavior.key_id = key_id.unwrap_or(behavior.key_id);
    let server = Server::start(SmallTenancy::at(request.now), behavior);
    request.endpoint = Some(server.endpoint());
    change(&mut request);
    run(&request, &clock, &server)
}

fn set(request: &mut AuditRequest, name: &str, value: &str) {
    request.env.insert(name.to_owned(), value.to_owned());
}

#[track_caller]
fn assert_healthy(trial: &Trial) {
    assert!(trial.is_complete() && trial.warnings.is_empty(), "{}", trial.messages());
    assert_eq!(trial.inventory.keys.len(), KEYS.len() - 1);
}

#[test]
fn default_profile_is_found() {
    let home = Home::new();
    home.file("config", &config());
    home.file("key.pem", KEY_PEM);
    let trial = audit_with(&home, None, |_| {});
    assert_healthy(&trial);
    assert!(trial.inventory.log[0].starts_with("credentials: profile `DEFAULT` of "), "{:?}", trial.inventory.log);
}

#[test]
fn profiles_inherit_and_are_selected_as_in_the_oci_cli() {
    let home = Home::new();
    home.file("config", &format!("{}\n[GOOD]\nkey_file = ~/.oci/other.pem\npass_phrase=hunter2\n", config()));
    home.file("other.pem", ENCRYPTED);
    assert_healthy(&audit_with(&home, None, |request| request.profile = Some("GOOD".to_owned())));
    assert_healthy(&audit_with(&home, None, |request| set(request, "OCI_CLI_PROFILE", "GOOD")));
    home.file("oci_cli_rc", "[OCI_CLI_SETTINGS]\ndefault_profile = GOOD\n");
    assert_healthy(&audit_with(&home, None, |_| {}));
    let elsewhere = home.file("elsewhere", &config().replace("key.pem", "other.pem"));
    std::fs::remove_file(home.path().join(".oci/oci_cli_rc")).unwrap();
    std::fs::remove_file(home.path().join(".oci/config")).unwrap();
    for name in ["OCI_CLI_CONFIG_FILE", "OCI_CONFIG_FILE"] {
        assert_healthy(&audit_with(&home, None, |request| {
            set(request, name, &elsewhere);
            set(request, "OCI_CLI_PASSPHRASE", "hunter2");
        }));
    }
}

#[test]
fn invalid_credentials_are_one_problem_with_a_specific_message() {
    let other = FINGERPRINT.trim().replace("e0:", "e1:");
    let cases: Vec<(&str, String, &str, &str)> = vec![
        ("no key", config(), "", "the private key {key} cannot be read: no such file or directory"),
        ("junk", config(), "junk", "the private key {key} cannot be read: it has no `-----BEGIN … PRIVATE KEY-----` block"),
        ("locked", config(), ENCRYPTED, "the private key {key} is encrypted and there is no passphrase"),
        ("wrong", format!("{}pass_phrase=hunter3\n", config()), ENCRYPTED, "cannot be decrypted: the passphrase is wrong"),
        (
            "print",
            config().replace(FINGERPRINT.trim(), &other),
            KEY_PEM,
            "does not belong to the private key {key}, whose fingerprint is e0:",
        ),
        ("user", config().replace("user=", "usr="), KEY_PEM, "profile `DEFAULT` of {config} has no `user`"),
        ("tenancy", config().replace(TENANCY, "mine"), KEY_PEM, "`tenancy` of profile `DEFAULT` of {config} is not an OCID"),
        ("region", config().replace("region=", "regio="), KEY_PEM, "there is no region"),
        (
            "twice",
            format!("{}user=again\n", config()),
            KEY_PEM,
            "is not a valid OCI config file: line 7: `user` is set twice in `[DEFAULT]`",
        ),
        ("content", format!("{}key_content=x\n", config()), KEY_PEM, "`key_content` is only allowed as `OCI_CLI_KEY_CONTENT`"),
    ];
    for (name, text, key, expected) in cases {
        let home = Home::new();
        let config = home.file("config", &text);
        if !key.is_empty() {
            home.file("key.pem", key);
        }
        let trial = audit_with(&home, None, |_| {});
        let expected = expected.replace("{key}", &home.path().join(".oci/key.pem").display().to_string()).replace("{config}", &config);
        assert!(trial.messages().contains(&expected), "{name}: {}", trial.messages());
        assert_eq!((trial.inventory.problems.len(), trial.log.len()), (1, 0), "{name}");
        assert!(!trial.messages().contains("hunter3"), "{name} shows a passphrase");
    }
    let home = Home::new();
    let trial = audit_with(&home, None, |_| {});
    assert!(trial.messages().contains("there are no credentials:"), "{}", trial.messages());
    home.file("config", &format!("{}[A]\n[B]\n", config()));
    let trial = audit_with(&home, None, |request| request.profile = Some("C".to_owned()));
    assert!(trial.messages().contains("has no profile `C`\nIt has `DEFAULT`, `A`, `B`."), "{}", trial.messages());
}

#[cfg(unix)]
#[test]
fn files_readable_by_others_are_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.file("config", &config());
    let key = home.file("key.pem", KEY_PEM);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let trial = audit_with(&home, None, |_| {});
    assert!(trial.is_complete());
    assert_eq!(trial.warnings, [format!("the private key {key} can be read by others (mode 644); run `chmod 600 {key}`")]);
    let quiet = audit_with(&home, None, |request| set(request, "OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING", "True"));
    assert_healthy(&quiet);
}

#[test]
fn session_token_signs_until_it_expires() {
    let home = Home::new();
    home.file("key.pem", KEY_PEM);
    let session = format!("[DEFAULT]\nregion={FRA}\n[S]\ntenancy={TENANCY}\nkey_file=~/.oci/key.pem\nsecurity_token_file=~/.oci/token\n");
    home.file("config", &session);
    let valid = token(hours_from_now(1));
    home.file("token", &format!("{valid}\n"));
    let choose = |request: &mut AuditRequest| request.profile = Some("S".to_owned());
    assert_healthy(&audit_with(&home, Some(format!("ST${valid}")), choose));
    let expired = token(hours_from_now(-1));
    home.file("token", &expired);
    let trial = audit_with(&home, Some(format!("ST${expired}")), choose);
    let output = trial.messages();
    assert!(output.contains("the session token") && output.contains("expired at"), "{output}");
    assert!(output.contains("oci session authenticate --profile-name S"), "{output}");
    assert!(!output.contains(&expired) && trial.log.is_empty());
    home.file("token", "<html>");
    assert!(audit_with(&home, None, choose).messages().contains("does not contain a session token"));
}

#[test]
fn resource_principal_is_read_from_values_and_files() {
    let home = Home::new();
    let valid = token(hours_from_now(1));
    let (token_file, key_file) = (home.file("rpst", &valid), home.file("rp.pem", ENCRYPTED));
    let accepted = Some(format!("ST${valid}"));
    let base = |request: &mut AuditRequest| {
        request.auth = Some(AuthKind::ResourcePrincipal);
        set(request, "OCI_RESOURCE_PRINCIPAL_VERSION", "2.2");
        set(request, "OCI_RESOURCE_PRINCIPAL_REGION", "fra");
    };
    assert_healthy(&audit_with(&home, accepted.clone(), |request| {
        base(request);
        set(request, "OCI_RESOURCE_PRINCIPAL_RPST", &valid);
        set(request, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", KEY_PEM);
    }));
    assert_healthy(&audit_with(&home, accepted, |request| {
        base(request);
        set(request, "OCI_RESOURCE_PRINCIPAL_RPST", &token_file);
        set(request, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", &key_file);
        set(request, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE", "hunter2");
    }));
    let trial = audit_with(&home, None, |request| {
        base(request);
        set(request, "OCI_RESOURCE_PRINCIPAL_VERSION", "1.1");
    });
    assert!(trial.messages().contains("`OCI_RESOURCE_PRINCIPAL_VERSION` is 1.1, which is not supported"), "{}", trial.messages());
    let trial = audit_with(&home, None, |request| request.auth = Some(AuthKind::ResourcePrincipal));
    assert!(trial.messages().contains("there is no resource principal"), "{}", trial.messages());
}

#[test]
fn key_unknown_to_the_service_is_reported_with_its_profile() {
    let home = Home::new();
    home.file("config", &config());
    home.file("key.pem", KEY_PEM);
    let trial = audit_with(&home, Some("another/key".to_owned()), |_| {});
    assert_eq!(trial.rejected.len(), 1);
    assert!(trial.messages().contains("of profile `DEFAULT`") && trial.messages().contains("401 NotAuthenticated"), "{}", trial.messages());
    assert!(trial.inventory.keys.is_empty());
}

#[test]
fn debug_form_of_a_request_shows_no_secrets() {
    let (request, _) = trial::request("");
    let shown = format!("{request:?}");
    assert!(shown.contains("Request") && !shown.contains("PRIVATE KEY") && !shown.contains(FINGERPRINT.trim()));
}
