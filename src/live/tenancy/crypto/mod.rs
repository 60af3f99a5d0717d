//! Private keys, the certificate of an instance, and signatures of requests.

pub mod certificate;
pub mod key;
pub mod pem;
mod session_key;
pub mod signature;
