//! Reads the certificate of an instance: the tenancy in its subject, its public key, its fingerprint.

use super::key::colon_hex;
use super::pem;
use crate::live::tenancy::fault::CertificateError;
use crate::live::tenancy::wire::is_ocid;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, TagMode, TagNumber, Tagged};
use sha1::{Digest, Sha1};
use spki::AlgorithmIdentifierRef;

/// Prefixes of the subject's attributes that name the tenancy. Source: `auth_utils.py` of Oracle's Python SDK.
const TENANCY_PREFIXES: [&str; 2] = ["opc-tenant:", "opc-identity:"];

/// The certificate of an instance.
pub(crate) struct Certificate {
    der: Vec<u8>,
    /// The tenancy's OCID.
    pub tenancy: String,
    /// The public key as SubjectPublicKeyInfo DER.
    pub public_der: Vec<u8>,
}

impl Certificate {
    /// Reads the first certificate in a PEM text.
    ///
    /// # Errors
    /// There is no certificate, it is invalid, or it does not name a tenancy.
    pub(crate) fn read(text: &str) -> Result<Self, CertificateError> {
        let der = pem::certificates(text).into_iter().next().ok_or(CertificateError::NotPem)?;
        let (subject, public) = subject_and_key(&der).map_err(|_| CertificateError::NotX509)?;
        let tenancy = tenancy(subject).map_err(|_| CertificateError::NotX509)?.ok_or(CertificateError::NoTenancy)?;
        let public_der = public.to_vec();
        Ok(Self { der, tenancy, public_der })
    }

    /// SHA-1 of the certificate, as upper-case hexadecimal digits with colons.
    pub(crate) fn fingerprint(&self) -> String {
        colon_hex(&Sha1::digest(&self.der)).to_uppercase()
    }

    /// The certificate in the form that the service expects: base64 of DER, without line breaks.
    pub(crate) fn base64(&self) -> String {
        STANDARD.encode(&self.der)
    }
}

/// The subject, and the SubjectPublicKeyInfo with its header (RFC 5280, section 4.1). Only the service verifies signature and validity.
fn subject_and_key(der: &[u8]) -> der::Result<(AnyRef<'_>, &[u8])> {
    SliceReader::new(der)?.sequence(|certificate| {
        let found = certificate.sequence(|signed| {
            signed.context_specific::<u8>(TagNumber(0), TagMode::Explicit)?;
            let _serial_number = AnyRef::decode(signed)?;
            let _signature = AlgorithmIdentifierRef::decode(signed)?;
            let _issuer = AnyRef::decode(signed)?;
            let _validity = AnyRef::decode(signed)?;
            let subject = AnyRef::decode(signed)?;
            Tag::peek(signed)?.assert_eq(Tag::Sequence)?;
            let public = signed.tlv_bytes()?;
            signed.drain(signed.remaining_len())?;
            Ok::<_, der::Error>((subject, public))
        })?;
        certificate.drain(certificate.remaining_len())?;
        Ok(found)
    })
}

/// Finds the tenancy in a subject, which is a sequence of sets of type and value pairs. OCI's attributes have no type of their own, so
/// all values are searched.
fn tenancy(subject: AnyRef<'_>) -> der::Result<Option<String>> {
    subject.sequence(|names| {
        let mut found = None;
        while !names.is_finished() {
            let set = AnyRef::decode(names)?;
            set.tag().assert_eq(Tag::Set)?;
            let mut pairs = SliceReader::new(set.value())?;
            while !pairs.is_finished() {
                let text = pairs.sequence(|pair| {
                    let _type: ObjectIdentifier = pair.decode()?;
                    AnyRef::decode(pair)
                })?;
                found = found.or_else(|| tenancy_ocid(text));
            }
        }
        Ok(found)
    })
}

/// The tenancy's OCID, if this is the value of an attribute that names it.
fn tenancy_ocid(text: AnyRef<'_>) -> Option<String> {
    let text = std::str::from_utf8(text.value()).ok()?;
    TENANCY_PREFIXES.into_iter().find_map(|prefix| text.strip_prefix(prefix)).filter(|ocid| is_ocid(ocid)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A self-signed certificate with these attributes in its subject.
    fn certificate(attributes: &[&str]) -> String {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "ocid1.instance.oc1.eu-frankfurt-1.a");
        for (at, attribute) in attributes.iter().enumerate() {
            let kind = if at == 0 { rcgen::DnType::OrganizationalUnitName } else { rcgen::DnType::OrganizationName };
            parameters.distinguished_name.push(kind, *attribute);
        }
        parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn tenancy_is_read_from_any_attribute_of_the_subject() {
        for attributes in [&["opc-tenant:ocid1.tenancy.oc1..a"] as &[_], &["opc-certtype:instance", "opc-identity:ocid1.tenancy.oc1..a"]] {
            let read = Certificate::read(&certificate(attributes)).unwrap();
            assert_eq!(read.tenancy, "ocid1.tenancy.oc1..a");
            assert_eq!(read.fingerprint().len(), 59);
            assert_eq!(read.public_der.first(), Some(&0x30));
        }
    }

    #[test]
    fn invalid_or_truncated_certificate_is_an_error() {
        let valid = certificate(&["opc-tenant:ocid1.tenancy.oc1..a"]);
        let der = pem::certificates(&valid).remove(0);
        for text in ["", "<html>", &certificate(&[]), &certificate(&["opc-tenant:a/b"]), &valid.replace('M', "!")] {
            assert!(Certificate::read(text).is_err());
        }
        // Truncated at any byte, it is an error and not a panic.
        for length in 0..der.len() {
            assert!(subject_and_key(&der[..length]).is_err(), "{length}");
        }
    }
}
