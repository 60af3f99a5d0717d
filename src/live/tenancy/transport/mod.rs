//! Transport: the domains of regions, the hosts that may be called, retries and rate limits, and HTTP.

pub(super) mod circuit;
pub(super) mod endpoint;
pub(super) mod http;
pub(super) mod regions;
pub(super) mod response;
pub(super) mod retry;
