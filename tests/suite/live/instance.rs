//! Instance principals: metadata, certificate, tokens and their renewal.

use super::server::{Behaviour, Fault, Faults, Instance, KEY_PEM, Server, TENANCY, jwt};
use super::tenancy::{FRA, KEYS, Small};
use super::trial::{self, Trial, healthy, run};
use kmslint::live::{AuditRequest, AuthKind, Clock};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

/// The server's key again, in the form that rcgen reads.
const KEY_PKCS8: &str = include_str!("../../../testdata/live/vectors/pkcs8.pem");

/// An instance with a certificate for this key, issued by a throw-away authority.
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
    Instance { metadata, certificate: leaf.der().to_vec(), lives: Vec::new() }
}

/// The instance that has the server's key.
pub fn own() -> Instance {
    instance(&KeyPair::from_pem(KEY_PKCS8).unwrap())
}

/// Audits as an instance, with nothing else in the environment.
fn audit(instance: Instance, faults: Faults, change: impl FnOnce(&mut AuditRequest)) -> Trial {
    let (mut request, clock) = trial::request("");
    // The server's time is the audit's: making a key takes real seconds, which must not eat up a token's life.
    let (started, theirs) = (SystemTime::from(request.now), Arc::clone(&clock));
    let now = Box::new(move || started + theirs.elapsed());
    let server = Server::start(Small::at(request.now), Behaviour { instance: Some(instance), faults, now, ..Behaviour::default() });
    request.env = BTreeMap::from([("OCI_METADATA_BASE_URL".to_owned(), format!("{}/opc/v2", server.base))]);
    request.auth = Some(AuthKind::InstancePrincipal);
    request.all_regions = false;
    request.endpoint = Some(server.endpoint());
    change(&mut request);
    run(&request, &clock, &server)
}

/// How many tokens were asked for, all in the instance's region.
fn tokens(trial: &Trial) -> usize {
    trial.log.iter().filter(|target| **target == format!("/{FRA}/auth/v1/x509")).count()
}

#[track_caller]
fn assert_fine(trial: &Trial, with_tokens: usize) {
    assert!(trial.is_whole() && trial.warnings.is_empty(), "{}", trial.messages());
    assert_eq!(trial.refused, [] as [&str; 0]);
    assert_eq!(trial.inventory.keys.len(), KEYS.len() - 1);
    assert_eq!(tokens(trial), with_tokens);
}

#[test]
fn an_instance_audits_with_nothing_but_its_certificate() {
    let trial = audit(own(), healthy(), |request| request.connections = 4);
    assert_fine(&trial, 1);
    assert_eq!(trial.inventory.log[0], "credentials: the instance principal");
    assert_eq!(trial.log.iter().filter(|target| target.starts_with("/opc/v2/")).count(), 4);
}

#[test]
fn the_command_lines_variable_chooses_it_and_no_proxy_is_asked() {
    let trial = audit(own(), healthy(), |request| {
        request.auth = None;
        request.env.insert("OCI_CLI_AUTH".to_owned(), "instance_principal".to_owned());
        request.env.insert("HTTPS_PROXY".to_owned(), "http://127.0.0.1:1".to_owned());
    });
    assert_fine(&trial, 1);
}

#[test]
fn a_token_is_replaced_a_minute_before_its_end() {
    let trial = audit(Instance { lives: vec![59], ..own() }, healthy(), |_| {});
    assert_fine(&trial, 2);
}

#[test]
fn a_token_that_is_withdrawn_is_replaced_once() {
    let withdrawn = Fault::Status(401, "NotAuthenticated");
    let once: Faults = Box::new(move |ask, before| {
        (ask.path.ends_with("/vaults") && before == 0 && ask.get("compartmentId") == TENANCY).then_some(withdrawn)
    });
    assert_fine(&audit(own(), once, |_| {}), 2);
    let trial = audit(own(), Box::new(move |_, _| Some(withdrawn)), |_| {});
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

/// What is said where nothing can begin.
#[track_caller]
fn refused(instance: Instance, expected: &str) {
    let trial = audit(instance, healthy(), |_| {});
    assert!(trial.messages().contains(expected), "{}", trial.messages());
    assert_eq!((trial.inventory.problems.len(), trial.inventory.keys.len()), (1, 0));
    assert!(trial.log.iter().all(|target| !target.contains("compartments")));
    assert!(!trial.messages().contains("BEGIN") && !trial.messages().contains("eyJ"), "{}", trial.messages());
}

#[test]
fn a_certificate_that_is_not_the_keys_or_not_known_is_told() {
    refused(
        instance(&KeyPair::generate().unwrap()),
        "the certificate of the instance's metadata service cannot be used: it does not belong to the private key there",
    );
    let unknown = Instance { certificate: vec![0x30, 0], ..own() };
    refused(unknown, "127.0.0.1 returned no session token: the service answered 401 NotAuthenticated");
}

#[test]
fn a_token_that_is_over_when_it_comes_is_told() {
    refused(Instance { lives: vec![-1], ..own() }, "the session token of 127.0.0.1 expired at ");
}

#[test]
fn metadata_that_are_lacking_or_out_of_reach_are_told() {
    let mut bare = own();
    bare.metadata.remove("/identity/key.pem");
    refused(bare, "it answers 404 for /identity/key.pem");
    let trial = audit(own(), healthy(), |request| {
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

/// Audits on behalf of a user, as in a Cloud Shell: with its config file, and a delegation token in a file.
fn on_behalf(delegation: &str, sent: &str, change: impl FnOnce(&mut AuditRequest)) -> Trial {
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
    let behaviour = Behaviour { instance: Some(own()), delegation: Some(sent.to_owned()), ..Behaviour::default() };
    let server = Server::start(Small::at(request.now), behaviour);
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

/// A user's delegation token that expires then.
pub fn delegation(expires: i64) -> String {
    jwt(&json!({"exp": expires, "tenant": TENANCY}))
}

#[test]
fn a_cloud_shell_asks_on_behalf_of_its_user() {
    let now = jiff::Timestamp::now().as_second();
    let token = delegation(now + 3600);
    // The profile says so itself, as in a Cloud Shell; and the variable and the option of Oracle's command line do.
    for choice in [None, Some(AuthKind::InstanceOboUser)] {
        let trial = on_behalf(&token, &token, |request| request.auth = choice);
        assert_fine(&trial, 1);
        assert!(trial.inventory.log[0].starts_with("credentials: the delegation token of profile `DEFAULT`"), "{:?}", trial.inventory.log);
    }
    let trial = on_behalf(&token, &token, |request| {
        request.env.insert("OCI_CLI_AUTH".to_owned(), "instance_obo_user".to_owned());
    });
    assert_fine(&trial, 1);
    // A profile that has nothing else.
    let trial = on_behalf(&token, &token, |request| {
        let text = std::fs::read_to_string(&request.env["OCI_CLI_CONFIG_FILE"]).unwrap();
        std::fs::write(&request.env["OCI_CLI_CONFIG_FILE"], text.replace("authentication_type = instance_principal\n", "")).unwrap();
    });
    assert_fine(&trial, 1);
}

#[test]
fn a_cloud_shell_is_understood_by_the_variables_that_oracles_scripts_read() {
    let token = delegation(jiff::Timestamp::now().as_second() + 3600);
    let rename = |request: &mut AuditRequest, profile: &str| {
        let config = request.env.remove("OCI_CLI_CONFIG_FILE").unwrap();
        let text = std::fs::read_to_string(&config).unwrap().replace("[DEFAULT]", "[DEFAULT]\nregion = nowhere\n[eu-frankfurt-1]");
        std::fs::write(&config, text).unwrap();
        request.env.insert("OCI_CONFIG_FILE".to_owned(), config);
        request.env.insert("OCI_CONFIG_PROFILE".to_owned(), profile.to_owned());
    };
    let trial = on_behalf(&token, &token, |request| rename(request, "eu-frankfurt-1"));
    assert_fine(&trial, 1);
    assert!(
        trial.inventory.log[0].starts_with("credentials: the delegation token of profile `eu-frankfurt-1`"),
        "{:?}",
        trial.inventory.log
    );
    let trial = on_behalf(&token, &token, |request| rename(request, "us-ashburn-1"));
    assert!(format!("{:?}", trial.inventory.problems).contains("us-ashburn-1"), "{:?}", trial.inventory.problems);
}

#[test]
fn a_delegation_token_that_cannot_be_used_is_named_and_not_shown() {
    let now = jiff::Timestamp::now().as_second();
    let (over, other) = (delegation(now - 1), delegation(now + 7200));
    for (token, words) in [
        (over.as_str(), "the delegation token "),
        ("hunter2", "does not hold a delegation token"),
        ("", "does not hold a delegation token"),
        ("a.b.c\r\nx: y", "does not hold a delegation token"),
    ] {
        let trial = on_behalf(token, token, |_| {});
        assert!(trial.messages().contains(words), "{token}: {}", trial.messages());
        assert_eq!((trial.inventory.problems.len(), trial.log.len()), (1, 0), "{token}");
        assert!(!trial.messages().contains("hunter2") && !trial.messages().contains("eyJ"), "{}", trial.messages());
    }
    // The service knows another user.
    let trial = on_behalf(&other, &delegation(now + 60), |_| {});
    assert!(trial.messages().contains("401 NotAuthenticated") && !trial.messages().contains(&other), "{}", trial.messages());
}
