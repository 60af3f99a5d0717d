//! Instance principals: metadata, certificate, tokens and their renewal.

use super::server::{Behavior, Fault, Faults, Instance, KEY_PEM, Server, TENANCY, jwt};
use super::tenancy::{FRA, KEYS, SmallTenancy};
use super::trial::{self, Trial, healthy, run};
use kmslint::live::{AuditRequest, AuthKind, Clock};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

/// The test key in the format that rcgen reads.
const KEY_PKCS8: &str = include_str!("../../../testdata/live/vectors/pkcs8.pem");

/// An instance with a certificate for this key, issued by a new test CA.
fn instance(key: &KeyPair) -> Instance {
    let authority = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new([]).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let intermediate = root.self_signed(&authority).unwrap();
    let mut leaf = CertificateParams::new([]).unwrap();
    leaf.distinguished_name = DistinguishedName::new();
    leaf.distinguished_name.push(DnType::CommonName, "ocid1.instance.oc1.eu-frankfurt-1.a");
    leaf.distinguished_name.push(DnType::OrganizationalUnitName, format!("opc-tenant:{TENANCY}"));
    let leaf = leaf.signed_by(key, &Issuer::from_params(&root, &authority)).unwrap();
    let metadata = BTreeMap::from([
        ("/instance/region", "fra".to_owned()),
        ("/identity/cert.pem", leaf.pem()),
        ("/identity/key.pem", KEY_PEM.to_owned()),
        ("/identity/intermediate.pem", intermediate.pem()),
    ]);
    Instance { metadata, certificate: leaf.der().to_vec(), token_lifetimes: Vec::new() }
}

/// An instance with the test key.
pub fn test_key_instance() -> Instance {
    instance(&KeyPair::from_pem(KEY_PKCS8).unwrap())
}

/// Audits as an instance, without other credentials in the environment.
fn audit(instance: Instance, faults: Faults, change: impl FnOnce(&mut AuditRequest)) -> Trial {
    let (mut request, clock) = trial::request("");
    // The server uses the audit's clock: generating a key takes real seconds, in which a token could expire.
    let (started, server_clock) = (SystemTime::from(request.now), Arc::clone(&clock));
    let now = Box::new(move || started + server_clock.elapsed());
    let server = Server::start(SmallTenancy::at(request.now), Behavior { instance: Some(instance), faults, now, ..Behavior::default() });
    request.env = BTreeMap::from([("OCI_METADATA_BASE_URL".to_owned(), format!("{}/opc/v2", server.base))]);
    request.auth = Some(AuthKind::InstancePrincipal);
    request.all_regions = false;
    request.endpoint = Some(server.endpoint());
    change(&mut request);
    run(&request, &clock, &server)
}

/// The number of token requests, all in the instance's region.
fn tokens(trial: &Trial) -> usize {
    trial.log.iter().filter(|target| **target == format!("/{FRA}/auth/v1/x509")).count()
}

#[track_caller]
fn assert_healthy(trial: &Trial, expected_tokens: usize) {
    assert!(trial.is_complete() && trial.warnings.is_empty(), "{}", trial.messages());
    assert_eq!(trial.rejected, [] as [&str; 0]);
    assert_eq!(trial.inventory.keys.len(), KEYS.len() - 1);
    assert_eq!(tokens(trial), expected_tokens);
}

#[test]
fn instance_audits_with_its_certificate_only() {
    let trial = audit(test_key_instance(), healthy(), |request| request.connections = 4);
    assert_healthy(&trial, 1);
    assert_eq!(trial.inventory.log[0], "credentials: the instance principal");
    assert_eq!(trial.log.iter().filter(|target| target.starts_with("/opc/v2/")).count(), 4);
}

#[test]
fn oci_cli_auth_selects_the_instance_and_metadata_bypasses_the_proxy() {
    let trial = audit(test_key_instance(), healthy(), |request| {
        request.auth = None;
        request.env.insert("OCI_CLI_AUTH".to_owned(), "instance_principal".to_owned());
        request.env.insert("HTTPS_PROXY".to_owned(), "http://127.0.0.1:1".to_owned());
    });
    assert_healthy(&trial, 1);
}

#[test]
fn token_is_renewed_a_minute_before_it_expires() {
    let trial = audit(Instance { token_lifetimes: vec![59], ..test_key_instance() }, healthy(), |_| {});
    assert_healthy(&trial, 2);
}

#[test]
fn revoked_token_is_renewed_once() {
    let revoked = Fault::Status(401, "NotAuthenticated");
    let once: Faults = Box::new(move |call, before| {
        (call.path.ends_with("/vaults") && before == 0 && call.get("compartmentId") == TENANCY).then_some(revoked)
    });
    assert_healthy(&audit(test_key_instance(), once, |_| {}), 2);
    let trial = audit(test_key_instance(), Box::new(move |_, _| Some(revoked)), |_| {});
    assert_eq!(tokens(&trial), 2, "{:?}", trial.log);
    assert_eq!(trial.inventory.keys.len(), 0);
    assert!(
        trial
            .messages()
            .contains("the session token of the instance principal is not accepted in eu-frankfurt-1: the service answered 401"),
        "{}",
        trial.messages()
    );
}

/// Asserts that an audit as this instance fails with one problem before it lists compartments.
#[track_caller]
fn assert_rejected(instance: Instance, expected: &str) {
    let trial = audit(instance, healthy(), |_| {});
    assert!(trial.messages().contains(expected), "{}", trial.messages());
    assert_eq!((trial.inventory.problems.len(), trial.inventory.keys.len()), (1, 0));
    assert!(trial.log.iter().all(|target| !target.contains("compartments")));
    assert!(!trial.messages().contains("BEGIN") && !trial.messages().contains("eyJ"), "{}", trial.messages());
}

#[test]
fn mismatched_or_unknown_certificate_is_an_error() {
    assert_rejected(
        instance(&KeyPair::generate().unwrap()),
        "the certificate of the instance's metadata service cannot be used: it does not match the service's private key",
    );
    let unknown = Instance { certificate: vec![0x30, 0], ..test_key_instance() };
    assert_rejected(unknown, "127.0.0.1 returned no session token: the service answered 401 NotAuthenticated");
}

#[test]
fn token_that_is_already_expired_is_an_error() {
    assert_rejected(Instance { token_lifetimes: vec![-1], ..test_key_instance() }, "the session token of 127.0.0.1 expired at ");
}

#[test]
fn missing_or_unreachable_metadata_is_an_error() {
    let mut without_key = test_key_instance();
    without_key.metadata.remove("/identity/key.pem");
    assert_rejected(without_key, "it answers 404 for /identity/key.pem");
    let trial = audit(test_key_instance(), healthy(), |request| {
        request.env.insert("OCI_METADATA_BASE_URL".to_owned(), "http://127.0.0.1:1/opc/v2".to_owned());
    });
    let output = trial.messages();
    assert!(
        output.contains("the instance's metadata service at http://127.0.0.1:1/opc/v2 cannot be used: the connection was refused"),
        "{output}"
    );
    assert!(output.contains("Instance principals work on OCI's compute instances only"), "{output}");
    assert_eq!(trial.log, [] as [&str; 0]);
}

/// Audits for a user, as in a Cloud Shell: with its config file, and a delegation token in a file. The server expects the token `sent`.
fn audit_for_user(delegation: &str, sent: &str, change: impl FnOnce(&mut AuditRequest)) -> Trial {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("delegation_token");
    std::fs::write(&file, format!("{delegation}\n")).unwrap();
    let config = home.path().join("config");
    let text = format!(
        "[DEFAULT]\nauthentication_type = instance_principal\ndelegation_token_file = {}\ntenancy = {TENANCY}\nregion = {FRA}\n",
        file.display()
    );
    std::fs::write(&config, text).unwrap();
    let (mut request, clock) = trial::request("");
    let behavior = Behavior { instance: Some(test_key_instance()), delegation: Some(sent.to_owned()), ..Behavior::default() };
    let server = Server::start(SmallTenancy::at(request.now), behavior);
    request.env = BTreeMap::from([
        ("OCI_METADATA_BASE_URL".to_owned(), format!("{}/opc/v2", server.base)),
        ("OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING".to_owned(), "true".to_owned()),
        ("OCI_CLI_CONFIG_FILE".to_owned(), config.display().to_string()),
    ]);
    request.all_regions = false;
    request.endpoint = Some(server.endpoint());
    change(&mut request);
    run(&request, &clock, &server)
}

/// A user's delegation token that expires at this time, in seconds since 1970.
pub fn delegation_token(expires: i64) -> String {
    jwt(&json!({"exp": expires, "tenant": TENANCY}))
}

#[test]
fn cloud_shell_acts_for_its_user() {
    let now = jiff::Timestamp::now().as_second();
    let token = delegation_token(now + 3600);
    // Selected by the profile, as in a Cloud Shell, or by the option or the variable of the OCI CLI.
    for choice in [None, Some(AuthKind::InstanceOboUser)] {
        let trial = audit_for_user(&token, &token, |request| request.auth = choice);
        assert_healthy(&trial, 1);
        assert!(trial.inventory.log[0].starts_with("credentials: the delegation token of profile `DEFAULT`"), "{:?}", trial.inventory.log);
    }
    let trial = audit_for_user(&token, &token, |request| {
        request.env.insert("OCI_CLI_AUTH".to_owned(), "instance_obo_user".to_owned());
    });
    assert_healthy(&trial, 1);
    // Selected by a profile without `authentication_type`, because it has no other credentials.
    let trial = audit_for_user(&token, &token, |request| {
        let text = std::fs::read_to_string(&request.env["OCI_CLI_CONFIG_FILE"]).unwrap();
        std::fs::write(&request.env["OCI_CLI_CONFIG_FILE"], text.replace("authentication_type = instance_principal\n", "")).unwrap();
    });
    assert_healthy(&trial, 1);
}

#[test]
fn cloud_shell_is_found_by_the_variables_that_oracles_scripts_read() {
    let token = delegation_token(jiff::Timestamp::now().as_second() + 3600);
    let rename = |request: &mut AuditRequest, profile: &str| {
        let config = request.env.remove("OCI_CLI_CONFIG_FILE").unwrap();
        let text = std::fs::read_to_string(&config).unwrap().replace("[DEFAULT]", "[DEFAULT]\nregion = nowhere\n[eu-frankfurt-1]");
        std::fs::write(&config, text).unwrap();
        request.env.insert("OCI_CONFIG_FILE".to_owned(), config);
        request.env.insert("OCI_CONFIG_PROFILE".to_owned(), profile.to_owned());
    };
    let trial = audit_for_user(&token, &token, |request| rename(request, "eu-frankfurt-1"));
    assert_healthy(&trial, 1);
    assert!(
        trial.inventory.log[0].starts_with("credentials: the delegation token of profile `eu-frankfurt-1`"),
        "{:?}",
        trial.inventory.log
    );
    let trial = audit_for_user(&token, &token, |request| rename(request, "us-ashburn-1"));
    assert!(format!("{:?}", trial.inventory.problems).contains("us-ashburn-1"), "{:?}", trial.inventory.problems);
}

#[test]
fn invalid_delegation_token_is_an_error_that_does_not_show_it() {
    let now = jiff::Timestamp::now().as_second();
    let (expired, other) = (delegation_token(now - 1), delegation_token(now + 7200));
    for (token, words) in [
        (expired.as_str(), "the delegation token "),
        ("hunter2", "does not contain a delegation token"),
        ("", "does not contain a delegation token"),
        ("a.b.c\r\nx: y", "does not contain a delegation token"),
    ] {
        let trial = audit_for_user(token, token, |_| {});
        assert!(trial.messages().contains(words), "{token}: {}", trial.messages());
        assert_eq!((trial.inventory.problems.len(), trial.log.len()), (1, 0), "{token}");
        assert!(!trial.messages().contains("hunter2") && !trial.messages().contains("eyJ"), "{}", trial.messages());
    }
    // The service expects another token.
    let trial = audit_for_user(&other, &delegation_token(now + 60), |_| {});
    assert!(trial.messages().contains("401 NotAuthenticated") && !trial.messages().contains(&other), "{}", trial.messages());
}
