//! Serves the small tenancy for Oracle's own client: `tests/live_sdk.py` compares what both see.

use super::server::{Behaviour, Server};
use super::tenancy::Small;
use jiff::Timestamp;
use std::io::Read;

/// A server in the shape of a test, because only tests have it; `.ci/run` runs it by `tests/live_sdk.py`, which needs Oracle's client.
#[test]
#[ignore = "serves until standard input ends; run by tests/live_sdk.py"]
fn serve() {
    let server = Server::start(Small::at(Timestamp::now()), Behaviour { page: Some(2), ..Behaviour::default() });
    println!("\nserving {}", server.base);
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    println!("refused {}", server.refused.lock().unwrap().len());
}
