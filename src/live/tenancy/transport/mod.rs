//! The way to the service: which region is where, which hosts may be called, how often, and HTTP itself.

pub(super) mod answer;
pub(super) mod circuit;
pub(super) mod endpoint;
pub(super) mod http;
pub(super) mod regions;
pub(super) mod retry;
