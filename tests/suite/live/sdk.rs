//! Serves the small tenancy for Oracle's own client: `tests/live_sdk.py` compares what both see, for each kind of credentials.

use super::instance;
use super::principals;
use super::server::{Behaviour, Principals, Server, TENANCY};
use super::tenancy::Small;
use jiff::Timestamp;
use serde_json::json;
use std::io::Read;

/// The resource that has the server's key.
const RESOURCE: &str = "ocid1.fnfunc.oc1.fra.a";

/// How the server behaves for a kind of credentials, and what the clients need to know.
fn behaviour(kind: &str) -> (Behaviour, serde_json::Value) {
    let token = instance::delegation(Timestamp::now().as_second() + 3600);
    let usual = || Behaviour { page: Some(2), ..Behaviour::default() };
    let resource = |key_id: String, path: &str, context: Option<&str>| Behaviour {
        principals: Some(Principals {
            key_id,
            path: format!("/20180711/{path}/{RESOURCE}"),
            context: context.map(str::to_owned),
            parents: 1,
            ..Principals::default()
        }),
        ..usual()
    };
    let facts = json!({"token": token, "resource": RESOURCE});
    match kind {
        "api_key" => (usual(), facts),
        "session" | "2.2" => (Behaviour { key_id: format!("ST${token}"), ..usual() }, facts),
        "instance" => (Behaviour { instance: Some(instance::own()), ..usual() }, facts),
        "delegation" => (Behaviour { instance: Some(instance::own()), delegation: Some(token), ..usual() }, facts),
        "2.1" => (resource(format!("resource/v2.1/{RESOURCE}"), "resourcePrincipalTokenV2", None), facts),
        "2.1.1" => (resource(format!("resource/v2.1.1/{TENANCY}/{RESOURCE}"), "resourcePrincipalTokenV2", None), facts),
        "2.1.2" => (resource(format!("resource/v2.1.2/{TENANCY}/{RESOURCE}"), "resourcePrincipalTokenV212", Some("context")), facts),
        "3.0" => (resource(format!("ST${token}"), "", None), facts),
        "workload" => {
            let (behaviour, host, certificate) = principals::cluster(&token, None);
            (Behaviour { page: Some(2), ..behaviour }, json!({"token": token, "host": host, "certificate": certificate}))
        }
        other => panic!("there is no kind {other}"),
    }
}

/// A server in the shape of a test, because only tests have it; `.ci/run` runs it by `tests/live_sdk.py`, which needs Oracle's client.
#[test]
#[ignore = "serves until standard input ends; run by tests/live_sdk.py"]
fn serve() {
    let (behaviour, facts) = behaviour(&std::env::var("KMSLINT_CREDENTIALS").unwrap_or_else(|_| "api_key".to_owned()));
    let server = Server::start(Small::at(Timestamp::now()), behaviour);
    println!("\nfacts {facts}");
    println!("serving {}", server.base);
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    println!("refused {}", server.refused.lock().unwrap().join(" | "));
}
