//! Serves the small tenancy to Oracle's client: `tests/live_sdk.py` compares its results with kmslint's for each kind of credentials.

use super::instance;
use super::principals;
use super::server::{Behavior, Principals, Server, TENANCY};
use super::tenancy::SmallTenancy;
use jiff::Timestamp;
use serde_json::json;
use std::io::Read;

/// The resource with the test key.
const RESOURCE: &str = "ocid1.fnfunc.oc1.fra.a";

/// The behavior of the server for a kind of credentials, and the facts that the clients need.
fn behavior(kind: &str) -> (Behavior, serde_json::Value) {
    let token = instance::delegation_token(Timestamp::now().as_second() + 3600);
    let paged = || Behavior { page_size: Some(2), ..Behavior::default() };
    let resource = |key_id: String, path: &str, context: Option<&str>| Behavior {
        principals: Some(Principals {
            key_id,
            path: format!("/20180711/{path}/{RESOURCE}"),
            context: context.map(str::to_owned),
            parents: 1,
            ..Principals::default()
        }),
        ..paged()
    };
    let facts = json!({"token": token, "resource": RESOURCE});
    match kind {
        "api_key" => (paged(), facts),
        "session" | "2.2" => (Behavior { key_id: format!("ST${token}"), ..paged() }, facts),
        "instance" => (Behavior { instance: Some(instance::test_key_instance()), ..paged() }, facts),
        "delegation" => (Behavior { instance: Some(instance::test_key_instance()), delegation: Some(token), ..paged() }, facts),
        "2.1" => (resource(format!("resource/v2.1/{RESOURCE}"), "resourcePrincipalTokenV2", None), facts),
        "2.1.1" => (resource(format!("resource/v2.1.1/{TENANCY}/{RESOURCE}"), "resourcePrincipalTokenV2", None), facts),
        "2.1.2" => (resource(format!("resource/v2.1.2/{TENANCY}/{RESOURCE}"), "resourcePrincipalTokenV212", Some("context")), facts),
        "3.0" => (resource(format!("ST${token}"), "", None), facts),
        "workload" => {
            let (behavior, host, certificate) = principals::cluster_server(&token, None);
            (Behavior { page_size: Some(2), ..behavior }, json!({"token": token, "host": host, "certificate": certificate}))
        }
        other => panic!("there is no kind {other}"),
    }
}

/// Serves until standard input ends. It is a test because only tests can use the test server. `.ci/run` runs it through
/// `tests/live_sdk.py`, which needs Oracle's client.
#[test]
#[ignore = "serves until standard input ends; run by tests/live_sdk.py"]
fn serve() {
    let (behavior, facts) = behavior(&std::env::var("KMSLINT_CREDENTIALS").unwrap_or_else(|_| "api_key".to_owned()));
    let server = Server::start(SmallTenancy::at(Timestamp::now()), behavior);
    println!("\nfacts {facts}");
    println!("serving {}", server.base);
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    println!("refused {}", server.rejected.lock().unwrap().join(" | "));
}
