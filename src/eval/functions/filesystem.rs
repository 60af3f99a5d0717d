//! Functions that read files, and functions for paths. Values from files are marked as such.

use super::row::{BOOL, BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, Returns, STRING, TypeSpec, string, text};
use super::{base_64, crypto, glob};
use crate::eval::{FileError, Marks, Type, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

const BAD_PATTERN: &str = "failed to glob pattern: syntax error in pattern";
const FROM_FILE: Marks = Marks { from_file: true, ..Marks::NONE };

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("abspath", &[string("path")], STRING, FunctionBody::Values(absolute)),
    BuiltIn::new("basename", &[string("path")], STRING, FunctionBody::Text(|path| glob::base(path).to_owned())),
    BuiltIn::new("dirname", &[string("path")], STRING, FunctionBody::Text(glob::directory)),
    BuiltIn::new("file", &[string("path")], STRING, FunctionBody::Values(file)),
    BuiltIn::new("filebase64", &[string("path")], STRING, FunctionBody::Values(|call, args| digest(call, args, base_64::encode))),
    BuiltIn::new(
        "filebase64sha256",
        &[string("path")],
        STRING,
        FunctionBody::Values(|call, args| digest(call, args, crypto::base64_sha256)),
    ),
    BuiltIn::new(
        "filebase64sha512",
        &[string("path")],
        STRING,
        FunctionBody::Values(|call, args| digest(call, args, crypto::base64_sha512)),
    ),
    BuiltIn::new("fileexists", &[string("path")], BOOL, FunctionBody::Values(exists)),
    BuiltIn::new("filemd5", &[string("path")], STRING, FunctionBody::Values(|call, args| digest(call, args, crypto::md5))),
    BuiltIn::new("fileset", &[string("path"), string("pattern")], Returns::Always(TypeSpec::StringSet), FunctionBody::Values(file_set)),
    BuiltIn::new("filesha1", &[string("path")], STRING, FunctionBody::Values(|call, args| digest(call, args, crypto::sha1))),
    BuiltIn::new("filesha256", &[string("path")], STRING, FunctionBody::Values(|call, args| digest(call, args, crypto::sha256))),
    BuiltIn::new("filesha512", &[string("path")], STRING, FunctionBody::Values(|call, args| digest(call, args, crypto::sha512))),
    BuiltIn::new("pathexpand", &[string("path")], STRING, FunctionBody::Values(expand)),
];

/// Whether a function of this family reads the disk; templates of `templatestring` must not call it.
pub(super) fn reads(name: &str) -> bool {
    name.starts_with("file")
}

/// Expands a leading `~`, which is unknown: the home directory depends on the user who runs Terraform.
fn expand_home(path: &str) -> Result<&str, FunctionError> {
    match path.strip_prefix('~') {
        None => Ok(path),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            Err(FunctionError::Unknown("it depends on the home directory of whoever runs Terraform".into()))
        }
        Some(_) => Err("cannot expand user-specific home dir".into()),
    }
}

fn expand(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [path, ..] = args else { return Err(FunctionError::arity()) };
    expand_home(text(path)).map(Value::string)
}

fn absolute(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [path, ..] = args else { return Err(FunctionError::arity()) };
    Ok(Value::string(glob::clean(&call.host.files.absolute(text(path)))))
}

/// Pays for a look-up on the disk, which visits every directory of the path.
fn pay_for_lookup(call: &BodyContext<'_>, path: &str) -> Result<(), FunctionError> {
    call.work(1000 + 64 * path.len() as u64)
}

/// The bytes of the file that the first argument names.
pub(super) fn read(call: &BodyContext<'_>, args: &[Value]) -> Result<Arc<[u8]>, FunctionError> {
    let [path, ..] = args else { return Err(FunctionError::arity()) };
    let path = expand_home(text(path))?;
    pay_for_lookup(call, path)?;
    let bytes = call.host.files.read(path).map_err(|error| match error {
        FileError::Missing => FunctionError::Invalid(format!("no file exists at `{path}`")),
        FileError::Withheld(why) => FunctionError::Unknown(why),
    })?;
    call.pay(bytes.len())?;
    Ok(bytes)
}

/// The text of the file that the first argument names.
pub(super) fn read_text(call: &BodyContext<'_>, args: &[Value]) -> Result<String, FunctionError> {
    String::from_utf8(read(call, args)?.to_vec()).map_err(|_| "contents are not valid UTF-8; use the filebase64 function instead".into())
}

fn file(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    Ok(Value::string(read_text(call, args)?).with_marks(Marks::FILE))
}

fn digest(call: &BodyContext<'_>, args: &[Value], digest: fn(&[u8]) -> String) -> FunctionResult {
    Ok(Value::string(digest(&read(call, args)?)).with_marks(Marks { piece: true, ..Marks::FILE }))
}

fn exists(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [path, ..] = args else { return Err(FunctionError::arity()) };
    let path = expand_home(text(path))?;
    pay_for_lookup(call, path)?;
    call.host.files.exists(path).map(Value::bool).map_err(|error| match error {
        FileError::Withheld(why) => FunctionError::Unknown(why),
        FileError::Missing => FunctionError::Invalid(format!("`{path}` is not a regular file")),
    })
}

/// All files that match, relative to the first argument.
fn file_set(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [path, pattern, ..] = args else { return Err(FunctionError::arity()) };
    let (path, pattern) = (text(path), text(pattern));
    let from = glob::clean(path);
    let full = if path.is_empty() { pattern.to_owned() } else { format!("{path}/{pattern}") };
    let mut found = BTreeSet::new();
    // Braces must not contain slashes.
    if full.split('/').any(|part| glob::alternatives(part).is_none()) {
        return Err(BAD_PATTERN.into());
    }
    for pattern in glob::alternatives(&glob::clean(&full)).ok_or_else(FunctionError::too_large)? {
        if !glob::is_valid(&pattern) {
            return Err(BAD_PATTERN.into());
        }
        for file in matching(call, &pattern)? {
            let file = glob::relative(&from, &file);
            found.insert(file.ok_or_else(|| FunctionError::Unknown("the paths of the files are unknown".into()))?);
        }
    }
    let files = found.into_iter().map(Value::string).collect();
    Ok(Value::set(Type::String, files).with_marks(FROM_FILE))
}

/// The files that match a clean pattern. Looks at all files below the directory before its first wildcard.
fn matching(call: &BodyContext<'_>, pattern: &str) -> Result<Vec<String>, FunctionError> {
    let withheld = |error| match error {
        FileError::Withheld(why) => Err(FunctionError::Unknown(why)),
        FileError::Missing => Ok(Vec::new()),
    };
    pay_for_lookup(call, pattern)?;
    let parts: Vec<&str> = pattern.split('/').collect();
    let plain = parts.iter().take_while(|part| glob::is_plain(part)).count();
    if plain == parts.len() {
        return match call.host.files.exists(pattern) {
            Ok(true) => Ok(vec![pattern.to_owned()]),
            Ok(false) => Ok(Vec::new()),
            Err(error) => withheld(error),
        };
    }
    let (fixed, wild) = parts.split_at(plain);
    let directory = match fixed {
        [] => ".".to_owned(),
        [""] => "/".to_owned(),
        fixed => fixed.join("/"),
    };
    let list = match call.host.files.list(&directory) {
        Ok(list) => list,
        Err(error) => return withheld(error),
    };
    call.pay(list.files.len() + list.withheld.len())?;
    call.work((list.files.len() + list.withheld.len()) as u64 * (32 + pattern.len() as u64 / 4))?;
    let (mut found, mut steps) = (Vec::new(), 0);
    for withheld in &list.withheld {
        let names: Vec<&str> = withheld.path.split('/').collect();
        let matches =
            if withheld.is_git { glob::may_match_in_git(wild, &names, &mut steps) } else { glob::matches(wild, &names, &mut steps) };
        call.work(steps as u64)?;
        if matches.ok_or_else(FunctionError::too_large)? {
            return Err(FunctionError::Unknown(withheld.why.clone()));
        }
    }
    for file in list.files.iter().filter(|file| !file.is_empty()) {
        let names: Vec<&str> = file.split('/').collect();
        let is_match = glob::matches(wild, &names, &mut steps);
        call.work(steps as u64)?;
        if is_match.ok_or_else(FunctionError::too_large)? {
            found.push(if directory == "." { file.clone() } else { format!("{}/{file}", directory.trim_end_matches('/')) });
        }
    }
    Ok(found)
}
