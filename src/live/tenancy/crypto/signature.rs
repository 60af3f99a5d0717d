//! Request signatures: version 1 of OCI's scheme, draft-cavage-http-signatures-08 with RSA PKCS#1 v1.5 and SHA-256.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The value of `Authorization` for these headers, signed in this order. One of them is `(request-target)`: the lower-case method, a space,
/// path and query exactly as sent. `None` only if `sign`, which gets the text to sign, returns `None`.
pub(crate) fn authorization(sign: &dyn Fn(&str) -> Option<Vec<u8>>, key_id: &str, headers: &[(&str, &str)]) -> Option<String> {
    let signature = STANDARD.encode(sign(&signing_string(headers))?);
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ");
    Some(format!(r#"Signature algorithm="rsa-sha256",headers="{names}",keyId="{key_id}",signature="{signature}",version="1""#))
}

/// The text to sign: one line for each header, without a final line break.
fn signing_string(headers: &[(&str, &str)]) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::key::PrivateKey;
    use super::*;

    #[test]
    fn signature_equals_that_of_oracles_sdk() {
        let pem = include_str!("../../../../testdata/live/vectors/pkcs8.pem");
        let key = PrivateKey::read(pem, None).unwrap();
        let key_id = format!("ocid1.tenancy.oc1..aaaatenancy/ocid1.user.oc1..aaaauser/{}", key.fingerprint());
        let headers = [
            ("date", "Thu, 05 Jan 2023 21:31:40 GMT"),
            ("(request-target)", "get /20180608/keys?compartmentId=ocid1.compartment.oc1..aaaacomp&limit=100&page=AAA%2B%2Fb%3Dc+d%3Ae"),
            ("host", "abcdefghijklm-management.kms.us-ashburn-1.oraclecloud.com"),
        ];
        assert_eq!(signing_string(&headers), include_str!("../../../../testdata/live/vectors/signing_string.txt"));
        assert_eq!(
            authorization(&|text| key.sign(text.as_bytes()), &key_id, &headers).unwrap(),
            include_str!("../../../../testdata/live/vectors/authorization.txt").trim_end()
        );
    }
}
