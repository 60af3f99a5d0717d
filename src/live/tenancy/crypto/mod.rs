//! Private keys, the certificate of an instance, and signatures of requests.

pub(super) mod certificate;
pub(super) mod key;
pub(super) mod pem;
mod session_key;
pub(super) mod signature;
