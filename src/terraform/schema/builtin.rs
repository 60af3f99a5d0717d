//! The types of Terraform's built-in provider and of small providers that are often used together with keys, in the table's notation.
//!
//! Sources: Terraform 1.15 (`internal/builtin/providers/terraform`), hashicorp/null 3.2, random 3.7, time 0.13, tls 4.1, local 2.5.

/// Whether the attributes of a type are the same in all versions of its provider.
pub(super) fn is_complete(kind: &str) -> bool {
    matches!(kind, "terraform_data" | "terraform_remote_state")
}

/// The schemas, one line for each type.
pub(super) const LINES: &str = "\
resource terraform_data {id:cs,input:oa,output:ca,triggers_replace:oa}
data terraform_remote_state {backend:rs,config:oa,defaults:oa,outputs:ca,workspace:os}
resource null_resource {id:cs,triggers:oMs}
resource time_rotating {day:cn,hour:cn,id:cs,minute:cn,month:cn,rfc3339:bs,rotation_days:on,rotation_hours:on,rotation_minutes:on,rotation_months:on,rotation_rfc3339:bs,rotation_years:on,second:cn,triggers:oMs,unix:cn,year:cn}
resource time_static {day:cn,hour:cn,id:cs,minute:cn,month:cn,rfc3339:bs,second:cn,triggers:oMs,unix:cn,year:cn}
resource time_offset {base_rfc3339:bs,day:cn,hour:cn,id:cs,minute:cn,month:cn,offset_days:on,offset_hours:on,offset_minutes:on,offset_months:on,offset_seconds:on,offset_years:on,rfc3339:cs,second:cn,triggers:oMs,unix:cn,year:cn}
resource time_sleep {create_duration:os,destroy_duration:os,id:cs,triggers:oMs}
resource random_id {b64_std:cs,b64_url:cs,byte_length:rn,dec:cs,hex:cs,id:cs,keepers:oMs,prefix:os}
resource random_string {id:cs,keepers:oMs,length:rn,lower:ob=t,min_lower:on=0,min_numeric:on=0,min_special:on=0,min_upper:on=0,number:?ob,numeric:?ob,override_special:os,result:cs,special:ob=t,upper:ob=t}
resource random_password {bcrypt_hash:!cs,id:cs,keepers:oMs,length:rn,lower:ob=t,min_lower:on=0,min_numeric:on=0,min_special:on=0,min_upper:on=0,number:?ob,numeric:?ob,override_special:os,result:!cs,special:ob=t,upper:ob=t}
resource random_pet {id:cs,keepers:oMs,length:on=2,prefix:os,separator:os=\"-\"}
resource random_integer {id:cs,keepers:oMs,max:rn,min:rn,result:cn,seed:os}
resource random_shuffle {id:cs,input:rLs,keepers:oMs,result:cLs,result_count:on,seed:os}
resource random_uuid {id:cs,keepers:oMs,result:cs}
resource random_bytes {base64:!cs,hex:!cs,keepers:oMs,length:rn}
resource tls_private_key {algorithm:rs,ecdsa_curve:os=\"P224\",id:cs,private_key_openssh:!cs,private_key_pem:!cs,private_key_pem_pkcs8:!cs,public_key_fingerprint_md5:cs,public_key_fingerprint_sha256:cs,public_key_openssh:cs,public_key_pem:cs,rsa_bits:on=2048}
resource local_file {content:os,content_base64:os,content_base64sha256:cs,content_base64sha512:cs,content_md5:cs,content_sha1:cs,content_sha256:cs,content_sha512:cs,directory_permission:os=\"0777\",file_permission:os=\"0777\",filename:rs,id:cs,sensitive_content:!os,source:os}
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terraform::schema;

    #[test]
    fn every_line_is_a_valid_schema() {
        for line in LINES.lines() {
            let mut words = line.split(' ');
            let (mode, kind) = (words.next().unwrap(), words.next().unwrap());
            assert!(schema::of(mode == "data", kind).is_some(), "{line}");
        }
        assert!(schema::of(true, "terraform_data").is_none() && schema::of(false, "aws_s3_bucket").is_none());
    }
}
