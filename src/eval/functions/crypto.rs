//! Hashes, UUIDs and decryption.

use super::base_64;
use super::row::{BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, STRING, number, string, text};
use super::rsa;
use crate::eval::{Drivers, Marks, Type, Value};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use uuid::Uuid;

/// Why the results of impure functions are unknown.
const IMPURE: &str = "its result differs from run to run";

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("base64sha256", &[string("str")], STRING, FunctionBody::Text(|text| base64_sha256(text.as_bytes()))),
    BuiltIn::new("base64sha512", &[string("str")], STRING, FunctionBody::Text(|text| base64_sha512(text.as_bytes()))),
    BuiltIn::new("bcrypt", &[string("str")], STRING, FunctionBody::Unknown(IMPURE)).rest(number("cost")),
    BuiltIn::new("md5", &[string("str")], STRING, FunctionBody::Text(|text| md5(text.as_bytes()))),
    BuiltIn::new("rsadecrypt", &[string("ciphertext"), string("privatekey")], STRING, FunctionBody::Values(rsa_decrypt)),
    BuiltIn::new("sha1", &[string("str")], STRING, FunctionBody::Text(|text| sha1(text.as_bytes()))),
    BuiltIn::new("sha256", &[string("str")], STRING, FunctionBody::Text(|text| sha256(text.as_bytes()))),
    BuiltIn::new("sha512", &[string("str")], STRING, FunctionBody::Text(|text| sha512(text.as_bytes()))),
    BuiltIn::new("uuid", &[], STRING, FunctionBody::Values(uuid)),
    BuiltIn::new("uuidv5", &[string("namespace"), string("name")], STRING, FunctionBody::Values(uuid_v5)),
];

/// The result of a function that returns a new value on every run.
pub(super) fn changing_result(time: Drivers) -> Value {
    Value::unknown(Type::String, IMPURE).with_marks(Marks { time, ..Marks::NONE })
}

fn uuid(_: &BodyContext<'_>, _: &[Value]) -> FunctionResult {
    Ok(changing_result(Drivers::UUID))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn md5(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

pub(super) fn sha1(bytes: &[u8]) -> String {
    hex(&Sha1::digest(bytes))
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn sha512(bytes: &[u8]) -> String {
    hex(&Sha512::digest(bytes))
}

pub(super) fn base64_sha256(bytes: &[u8]) -> String {
    base_64::encode(&Sha256::digest(bytes))
}

pub(super) fn base64_sha512(bytes: &[u8]) -> String {
    base_64::encode(&Sha512::digest(bytes))
}

fn rsa_decrypt(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [encrypted, key, ..] = args else { return Err(FunctionError::arity()) };
    rsa::decrypt(text(encrypted), text(key), |elements| call.work(elements)).map(Value::string)
}

fn uuid_v5(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [namespace, name, ..] = args else { return Err(FunctionError::arity()) };
    let namespace = match text(namespace) {
        "dns" => Uuid::NAMESPACE_DNS,
        "url" => Uuid::NAMESPACE_URL,
        "oid" => Uuid::NAMESPACE_OID,
        "x500" => Uuid::NAMESPACE_X500,
        other => Uuid::parse_str(other).map_err(|_| format!("uuidv5() doesn't support namespace {other}"))?,
    };
    Ok(Value::string(Uuid::new_v5(&namespace, text(name).as_bytes()).to_string()))
}
