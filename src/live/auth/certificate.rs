//! What is read of an instance's certificate: the tenancy in its subject, its public key, its fingerprint.

use super::key::{self, colons};
use super::pem;
use crate::live::errors::{self, Trouble};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

const SEQUENCE: u8 = 0x30;
/// `[0] EXPLICIT`: the version, in front of all others.
const VERSION: u8 = 0xa0;
/// Prefixes of attributes in the subject that name the tenancy. Source: `auth_utils.py` of Oracle's Python SDK.
const TENANCY: [&str; 2] = ["opc-tenant:", "opc-identity:"];

/// A certificate.
pub struct Certificate {
    der: Vec<u8>,
    /// The tenancy's OCID.
    pub tenancy: String,
    /// The public key as SubjectPublicKeyInfo DER.
    pub public_der: Vec<u8>,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// There is none, it is broken, or it names no tenancy.
    pub fn read(text: &str) -> Result<Self, Trouble> {
        let der = pem::certificates(text).into_iter().next().ok_or_else(|| errors::bad_certificate("it is no PEM certificate"))?;
        let (subject, public) = subject_and_key(&der).ok_or_else(|| errors::bad_certificate("it is no X.509 certificate"))?;
        let tenancy = tenancy(subject).ok_or_else(|| errors::bad_certificate("its subject names no tenancy"))?;
        let public_der = public.to_vec();
        Ok(Self { der, tenancy, public_der })
    }

    /// SHA-1 of the certificate, pairs of upper-case hexadecimal digits with colons.
    pub fn fingerprint(&self) -> String {
        colons(&Sha1::digest(&self.der)).to_uppercase()
    }

    /// The certificate as the service wants it: base64 of DER, without line ends.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.der)
    }
}

/// The content of the subject, and the whole SubjectPublicKeyInfo.
fn subject_and_key(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let certificate = key::der(der).filter(|one| one.tag == SEQUENCE)?;
    let signed = key::der(certificate.content).filter(|one| one.tag == SEQUENCE)?;
    let mut fields = signed.content;
    let first = key::der(fields)?;
    if first.tag == VERSION {
        fields = first.rest;
    }
    // Serial number, algorithm, issuer, validity.
    for _ in 0..4 {
        fields = key::der(fields)?.rest;
    }
    let subject = key::der(fields).filter(|one| one.tag == SEQUENCE)?;
    let public = key::der(subject.rest).filter(|one| one.tag == SEQUENCE)?;
    Some((subject.content, public.whole))
}

/// A subject is a sequence of sets of pairs of name and text; the names say nothing here.
fn tenancy(subject: &[u8]) -> Option<String> {
    let mut sets = subject;
    while let Some(set) = key::der(sets) {
        let mut pairs = set.content;
        while let Some(pair) = key::der(pairs) {
            let text = key::der(pair.content).and_then(|name| key::der(name.rest)).and_then(|text| std::str::from_utf8(text.content).ok());
            let found = TENANCY.into_iter().find_map(|prefix| text?.strip_prefix(prefix));
            if let Some(ocid) = found.filter(|ocid| super::is_ocid(ocid)) {
                return Some(ocid.to_owned());
            }
            pairs = pair.rest;
        }
        sets = set.rest;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A self-signed certificate with these attributes as organisational units.
    fn certificate(units: &[&str]) -> String {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "ocid1.instance.oc1.eu-frankfurt-1.a");
        for (at, unit) in units.iter().enumerate() {
            let kind = if at == 0 { rcgen::DnType::OrganizationalUnitName } else { rcgen::DnType::OrganizationName };
            parameters.distinguished_name.push(kind, *unit);
        }
        parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn the_tenancy_is_read_from_the_subject_wherever_it_stands() {
        for units in [&["opc-tenant:ocid1.tenancy.oc1..a"] as &[_], &["opc-certtype:instance", "opc-identity:ocid1.tenancy.oc1..a"]] {
            let read = Certificate::read(&certificate(units)).unwrap();
            assert_eq!(read.tenancy, "ocid1.tenancy.oc1..a");
            assert_eq!(read.fingerprint().len(), 59);
            assert_eq!(read.public_der.first(), Some(&SEQUENCE));
        }
    }

    #[test]
    fn what_is_no_instances_certificate_is_refused() {
        let whole = certificate(&["opc-tenant:ocid1.tenancy.oc1..a"]);
        let der = pem::certificates(&whole).remove(0);
        for text in ["", "<html>", &certificate(&[]), &certificate(&["opc-tenant:a/b"]), &whole.replace('M', "!")] {
            assert!(Certificate::read(text).is_err());
        }
        // Cut anywhere, it is an error and no panic.
        for length in 0..der.len() {
            assert!(subject_and_key(&der[..length]).is_none(), "{length}");
        }
    }
}
