//! The way to the service: which region is where, which hosts may be called, how often, and HTTP itself.

pub mod answer;
pub mod circuit;
pub mod endpoint;
pub mod http;
pub mod regions;
pub mod retry;
