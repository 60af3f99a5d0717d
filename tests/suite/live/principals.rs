//! Resource principals of all versions, and workload identities of Kubernetes Engine.

use super::server::{Behavior, KEY_PEM, Principals, Server, TENANCY};
use super::tenancy::{FRA, KEYS, SmallTenancy};
use super::trial::{self, Trial, run};
use kmslint::live::AuthKind;
use std::collections::BTreeMap;
use std::sync::Arc;

const ID: &str = "ocid1.fnfunc.oc1.fra.a";

/// Audits with these variables, without their prefix. `{}` in a value is replaced by the URL of the server.
fn audit(principals: Principals, variables: &[(&str, &str)]) -> Trial {
    let (mut request, clock) = trial::request("");
    let server = Server::start(SmallTenancy::at(request.now), Behavior { principals: Some(principals), ..Behavior::default() });
    request.env = variables
        .iter()
        .map(|(name, value)| (format!("OCI_RESOURCE_PRINCIPAL_{name}"), value.replace("{}", &server.base)))
        .collect::<BTreeMap<_, _>>();
    request.auth = Some(AuthKind::ResourcePrincipal);
    request.all_regions = false;
    request.endpoint = Some(server.endpoint());
    run(&request, &clock, &server)
}

#[track_caller]
fn assert_healthy(trial: &Trial, source: &str) {
    assert!(trial.is_complete() && trial.warnings.is_empty(), "{}", trial.messages());
    assert_eq!(trial.rejected, [] as [&str; 0]);
    assert_eq!(trial.inventory.keys.len(), KEYS.len() - 1);
    assert_eq!(trial.inventory.log[0], format!("credentials: {source}"));
}

const SOURCE: &str = "the resource principal of the environment";

/// The variables of a resource that exchanges its key for a token.
fn exchange_variables(version: &str) -> Vec<(&str, &str)> {
    vec![
        ("VERSION", version),
        ("RPT_ENDPOINT", "{}/rp"),
        ("RPST_ENDPOINT", "{}/rp/auth"),
        ("RESOURCE_ID", ID),
        ("PRIVATE_PEM", KEY_PEM),
        ("REGION", "fra"),
    ]
}

#[test]
fn resource_exchanges_its_key_for_a_token() {
    let cases = [
        ("2.1", format!("resource/v2.1/{ID}"), format!("/20180711/resourcePrincipalTokenV2/{ID}")),
        ("2.1.1", format!("resource/v2.1.1/{TENANCY}/{ID}"), format!("/20180711/resourcePrincipalTokenV2/{ID}")),
        ("2.1.2", format!("resource/v2.1.2/{TENANCY}/{ID}"), format!("/20180711/resourcePrincipalTokenV212/{ID}")),
    ];
    for (version, key_id, path) in cases {
        let context = (version == "2.1.2").then(|| "context".to_owned());
        let principals = Principals { key_id, path, context: context.clone(), ..Principals::default() };
        let mut variables = exchange_variables(version);
        variables.push(("TENANCY_ID", TENANCY));
        variables.extend(context.as_deref().map(|context| ("SECURITY_CONTEXT", context)));
        let trial = audit(principals, &variables);
        assert_healthy(&trial, SOURCE);
        assert_eq!(trial.log.iter().filter(|target| target.starts_with("/rp/")).count(), 2, "{version}");
    }
    let principals = |path: &str| Principals {
        key_id: format!("resource/v2.1.2/{TENANCY}/{ID}"),
        path: path.replace("{}", ID),
        ..Principals::default()
    };
    for (path, requested_path) in
        [("/2020/tokens/{id}", "/2020/tokens/{}"), ("/2020/tokens", "/2020/tokens/{}"), ("/2020/tokens/", "/2020/tokens/{}")]
    {
        let mut variables = exchange_variables("2.1.2");
        // Set separately, because `audit` would replace `{}` by the URL of the server.
        let path = path.replace("{id}", "\u{7b}\u{7d}");
        variables.extend([("TENANCY_ID", TENANCY)]);
        let (mut request, clock) = trial::request("");
        let server =
            Server::start(SmallTenancy::at(request.now), Behavior { principals: Some(principals(requested_path)), ..Behavior::default() });
        request.env =
            variables.iter().map(|(name, value)| (format!("OCI_RESOURCE_PRINCIPAL_{name}"), value.replace("{}", &server.base))).collect();
        request.env.insert("OCI_RESOURCE_PRINCIPAL_RPT_PATH".to_owned(), path);
        request.auth = Some(AuthKind::ResourcePrincipal);
        request.all_regions = false;
        request.endpoint = Some(server.endpoint());
        assert_healthy(&run(&request, &clock, &server), SOURCE);
    }
}

/// Audits as a resource of version 2.1.1 that is nested in others.
fn nested(principals: Principals) -> Trial {
    let principals = Principals {
        key_id: format!("resource/v2.1.1/{TENANCY}/{ID}"),
        path: format!("/20180711/resourcePrincipalTokenV2/{ID}"),
        ..principals
    };
    audit(
        principals,
        &[
            ("VERSION", "3.0"),
            ("VERSION_FOR_LEAF_RESOURCE", "2.1.1"),
            ("RPT_ENDPOINT_FOR_LEAF_RESOURCE", "{}/rp"),
            ("RPST_ENDPOINT_FOR_LEAF_RESOURCE", "{}/rp/auth"),
            ("RESOURCE_ID_FOR_LEAF_RESOURCE", ID),
            ("TENANCY_ID_FOR_LEAF_RESOURCE", TENANCY),
            ("PRIVATE_PEM_FOR_LEAF_RESOURCE", KEY_PEM),
            ("REGION_FOR_LEAF_RESOURCE", FRA),
            ("RPT_URL_FOR_PARENT_RESOURCE", "{}/rp/parent/1"),
            ("RPST_ENDPOINT_FOR_PARENT_RESOURCE", "{}/rp/auth"),
        ],
    )
}

#[test]
fn nested_resource_gets_the_token_of_the_outermost_resource() {
    for parents in [1, 3] {
        let trial = nested(Principals { parents, ..Principals::default() });
        assert_healthy(&trial, SOURCE);
        // Two requests for the resource, and two for each resource that contains it.
        assert_eq!(trial.log.iter().filter(|target| target.starts_with("/rp/")).count(), 2 + 2 * parents);
    }
    let endless = nested(Principals { parents: 1000, ..Principals::default() });
    assert!(endless.messages().contains("the nested resource principals do not end"), "{}", endless.messages());
    // A signed request reveals a token, so none is sent to a host outside of the realm, even if a response names it.
    let foreign = nested(Principals { parents: 2, foreign_parent: Some("https://evil.example/rp".to_owned()), ..Principals::default() });
    assert!(foreign.messages().contains("is at evil.example, outside of oraclecloud.com"), "{}", foreign.messages());
}

#[test]
fn invalid_resource_principal_is_one_problem_with_a_specific_message() {
    let without = |name: &str| exchange_variables("2.1.1").into_iter().filter(|(variable, _)| *variable != name).collect::<Vec<_>>();
    for (variables, words) in [
        (without("RESOURCE_ID"), "the resource principal is missing `OCI_RESOURCE_PRINCIPAL_RESOURCE_ID`"),
        (without(""), "the resource principal is missing `OCI_RESOURCE_PRINCIPAL_TENANCY_ID`"),
        (vec![("VERSION", "1.1")], "use `--auth instance_principal`"),
        (vec![("VERSION", "9")], "which is not supported: only 2.1, 2.1.1, 2.1.2, 2.2 and 3.0 are"),
        (vec![("VERSION", "3.0")], "`OCI_RESOURCE_PRINCIPAL_VERSION_FOR_LEAF_RESOURCE` is not set"),
        (vec![("VERSION", "3.0"), ("VERSION_FOR_LEAF_RESOURCE", "3.0")], "`OCI_RESOURCE_PRINCIPAL_VERSION_FOR_LEAF_RESOURCE` is 3.0"),
        (
            vec![("VERSION", "2.1"), ("RESOURCE_ID", ID), ("RPT_ENDPOINT", "http://example.com"), ("PRIVATE_PEM", KEY_PEM)],
            "`OCI_RESOURCE_PRINCIPAL_RPT_ENDPOINT` is not an address that begins with `https://`",
        ),
    ] {
        let trial = audit(Principals::default(), &variables);
        assert!(trial.messages().contains(words), "{words}: {}", trial.messages());
        assert_eq!((trial.inventory.problems.len(), trial.log.len()), (1, 0), "{words}");
    }
    let rejected = audit(Principals::default(), &exchange_variables("2.1"));
    assert!(
        rejected.messages().contains("127.0.0.1 returned no session token: the service answered 401 NotAuthenticated"),
        "{}",
        rejected.messages()
    );
}

#[test]
fn pkcs11_is_an_error_with_help() {
    let (mut request, clock) = trial::request("");
    let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
    request.env.insert("OCI_CLI_AUTH".to_owned(), "pkcs11".to_owned());
    let trial = run(&request, &clock, &server);
    assert!(
        trial.messages().contains("kmslint does not sign with keys of PKCS#11 tokens\nRun `oci session authenticate`"),
        "{}",
        trial.messages()
    );
}

/// The server of a cluster that issues tokens to this service account: its behavior, its host, and its certificate as PEM. The port is
/// fixed, so each server has its own loopback address.
pub fn cluster_server(service_account: &str, status: Option<u16>) -> (Behavior, String, String) {
    use std::sync::atomic::{AtomicU8, Ordering};
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let process = std::process::id();
    let host = format!("127.{}.{}.{}", NEXT.fetch_add(1, Ordering::SeqCst), process >> 8 & 255, process & 255);
    let generated = rcgen::generate_simple_self_signed(vec![host.clone()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(generated.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![generated.cert.der().clone()], key)
        .unwrap();
    let behavior = Behavior {
        principals: Some(Principals { service_account: service_account.to_owned(), status, ..Principals::default() }),
        listen: Some(format!("{host}:12250")),
        tls: Some(Arc::new(config)),
        ..Behavior::default()
    };
    (behavior, host, generated.cert.pem())
}

/// Audits as a pod with the service account token `account`. The cluster accepts `service_account`.
#[cfg(target_os = "linux")]
fn pod(service_account: &str, status: Option<u16>) -> Trial {
    let (behavior, host, certificate) = cluster_server(service_account, status);
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("ca.crt");
    std::fs::write(&bundle, certificate).unwrap();
    std::fs::write(directory.path().join("token"), "account\n").unwrap();
    let (mut request, clock) = trial::request("");
    let server = Server::start(SmallTenancy::at(request.now), behavior);
    request.env = [
        ("OCI_CLI_AUTH", "oke_workload_identity"),
        ("KUBERNETES_SERVICE_HOST", &host),
        ("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH", &bundle.display().to_string()),
        ("OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH", &directory.path().join("token").display().to_string()),
        ("OCI_RESOURCE_PRINCIPAL_REGION", "fra"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    request.all_regions = false;
    request.endpoint = Some(server.endpoint());
    request.ca_bundle = Some(bundle);
    run(&request, &clock, &server)
}

#[cfg(target_os = "linux")]
#[test]
fn pod_exchanges_its_service_account_token_for_a_session_token() {
    assert_healthy(&pod("account", None), "the workload identity");
    let basic_cluster = pod("account", Some(403));
    assert!(basic_cluster.messages().contains("workload identity needs an enhanced cluster"), "{}", basic_cluster.messages());
    let unknown_account = pod("another", None);
    assert!(unknown_account.messages().contains("returned no session token: the service answered 401"), "{}", unknown_account.messages());
    let (mut request, clock) = trial::request("");
    let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
    request.auth = Some(AuthKind::OkeWorkloadIdentity);
    let outside_cluster = run(&request, &clock, &server);
    assert!(
        outside_cluster.messages().contains("there is no workload identity: `KUBERNETES_SERVICE_HOST`"),
        "{}",
        outside_cluster.messages()
    );
}
