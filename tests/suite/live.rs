//! Audits of a test server that behaves like OCI.

/// `kmslint live` from the command line.
mod command;
/// Credentials: where they are found, and the messages for invalid ones.
mod credentials;
/// Dead hosts, throttling, interruptions: progress, cost, and the saved inventory.
mod endurance;
/// Each call fails in turn: nothing is lost silently, nothing hangs.
mod faults;
/// Instance principals: metadata, certificate, tokens and their renewal.
mod instance;
/// The inventory of a healthy tenancy, and the number of calls that it takes.
mod inventory;
/// Resource principals of all versions, and workload identities of Kubernetes Engine.
mod principals;
/// A server for Oracle's client.
mod sdk;
/// The test server: signatures, pages, faults.
mod server;
/// A small tenancy with every kind of key and vault.
mod tenancy;
/// Runs an audit of the test server, with a clock that does not wait.
mod trial;
