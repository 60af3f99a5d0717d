//! The service's audit against a server that behaves as OCI does.

/// `kmslint live` as a user meets it.
mod command;
/// Credentials: what is found, and the sentence for everything that can be wrong with them.
mod credentials;
/// Dead hosts, throttling, interruptions: what is said, what it costs, what is kept.
mod endurance;
/// Each call in turn goes wrong: nothing is lost silently, nothing hangs.
mod faults;
/// Instance principals: metadata, certificate, tokens and their renewal.
mod instance;
/// What is found in a healthy tenancy, and in how many calls.
mod inventory;
/// Resource principals of all versions, workloads of Kubernetes Engine, and what a profile says of itself.
mod principals;
/// Serves for Oracle's own client.
mod sdk;
/// The server: signatures, pages, faults.
mod server;
/// A small tenancy with everything in it that is told apart.
mod tenancy;
/// An audit of the server, with a clock that does not wait.
mod trial;
