//! Functions that read files, and those on paths. What comes out of a file is marked so.

use super::row::{BOOL, Body, Call, Function, Outcome, Returns, STRING, Trouble, Want, string, text};
use super::{base_64, crypto, glob};
use crate::eval::{FileTrouble, Marks, Type, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

const BAD_PATTERN: &str = "failed to glob pattern: syntax error in pattern";
const FROM_FILE: Marks = Marks { from_file: true, ..Marks::NONE };

pub(super) const TABLE: &[Function] = &[
    Function::new("abspath", &[string("path")], STRING, Body::Values(absolute)),
    Function::new("basename", &[string("path")], STRING, Body::Text(|path| glob::base(path).to_owned())),
    Function::new("dirname", &[string("path")], STRING, Body::Text(glob::folder)),
    Function::new("file", &[string("path")], STRING, Body::Values(file)),
    Function::new("filebase64", &[string("path")], STRING, Body::Values(|call, args| digest(call, args, base_64::encode))),
    Function::new("filebase64sha256", &[string("path")], STRING, Body::Values(|call, args| digest(call, args, crypto::base64_sha256))),
    Function::new("filebase64sha512", &[string("path")], STRING, Body::Values(|call, args| digest(call, args, crypto::base64_sha512))),
    Function::new("fileexists", &[string("path")], BOOL, Body::Values(exists)),
    Function::new("filemd5", &[string("path")], STRING, Body::Values(|call, args| digest(call, args, crypto::md5))),
    Function::new("fileset", &[string("path"), string("pattern")], Returns::Always(Want::StringSet), Body::Values(file_set)),
    Function::new("filesha1", &[string("path")], STRING, Body::Values(|call, args| digest(call, args, crypto::sha1))),
    Function::new("filesha256", &[string("path")], STRING, Body::Values(|call, args| digest(call, args, crypto::sha256))),
    Function::new("filesha512", &[string("path")], STRING, Body::Values(|call, args| digest(call, args, crypto::sha512))),
    Function::new("pathexpand", &[string("path")], STRING, Body::Values(expand)),
];

/// Whether a function of this family reads the disk; templates of `templatestring` may not call it.
pub(super) fn reads(name: &str) -> bool {
    name.starts_with("file")
}

/// The path with a home directory in front: whose, depends on who runs Terraform.
fn at_home(path: &str) -> Result<&str, Trouble> {
    match path.strip_prefix('~') {
        None => Ok(path),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            Err(Trouble::Unknown("it depends on the home directory of whoever runs Terraform".into()))
        }
        Some(_) => Err("cannot expand user-specific home dir".into()),
    }
}

fn expand(_: &Call<'_>, args: &[Value]) -> Outcome {
    let [path, ..] = args else { return Err(Trouble::arity()) };
    at_home(text(path)).map(Value::string)
}

fn absolute(call: &Call<'_>, args: &[Value]) -> Outcome {
    let [path, ..] = args else { return Err(Trouble::arity()) };
    Ok(Value::string(glob::clean(&call.host.files.absolute(text(path)))))
}

/// Pays for asking the disk about a path: every directory on the way is looked at.
fn ask(call: &Call<'_>, path: &str) -> Result<(), Trouble> {
    call.work(1000 + 64 * path.len() as u64)
}

/// The bytes of the file that the first argument names.
pub(super) fn read(call: &Call<'_>, args: &[Value]) -> Result<Arc<[u8]>, Trouble> {
    let [path, ..] = args else { return Err(Trouble::arity()) };
    let path = at_home(text(path))?;
    ask(call, path)?;
    let bytes = call.host.files.read(path).map_err(|trouble| match trouble {
        FileTrouble::Missing => Trouble::Wrong(format!("no file exists at `{path}`")),
        FileTrouble::Withheld(why) => Trouble::Unknown(why),
    })?;
    call.pay(bytes.len())?;
    Ok(bytes)
}

/// The text of the file that the first argument names.
pub(super) fn read_text(call: &Call<'_>, args: &[Value]) -> Result<String, Trouble> {
    String::from_utf8(read(call, args)?.to_vec()).map_err(|_| "contents are not valid UTF-8; use the filebase64 function instead".into())
}

fn file(call: &Call<'_>, args: &[Value]) -> Outcome {
    Ok(Value::string(read_text(call, args)?).with_marks(Marks::FILE))
}

fn digest(call: &Call<'_>, args: &[Value], digest: fn(&[u8]) -> String) -> Outcome {
    Ok(Value::string(digest(&read(call, args)?)).with_marks(Marks { piece: true, ..Marks::FILE }))
}

fn exists(call: &Call<'_>, args: &[Value]) -> Outcome {
    let [path, ..] = args else { return Err(Trouble::arity()) };
    let path = at_home(text(path))?;
    ask(call, path)?;
    call.host.files.exists(path).map(Value::bool).map_err(|trouble| match trouble {
        FileTrouble::Withheld(why) => Trouble::Unknown(why),
        FileTrouble::Missing => Trouble::Wrong(format!("`{path}` is not a regular file")),
    })
}

/// All files that match, relative to the first argument.
fn file_set(call: &Call<'_>, args: &[Value]) -> Outcome {
    let [path, pattern, ..] = args else { return Err(Trouble::arity()) };
    let (path, pattern) = (text(path), text(pattern));
    let from = glob::clean(path);
    let whole = if path.is_empty() { pattern.to_owned() } else { format!("{path}/{pattern}") };
    let mut found = BTreeSet::new();
    // Braces may not reach across folders.
    if whole.split('/').any(|part| glob::alternatives(part).is_none()) {
        return Err(BAD_PATTERN.into());
    }
    for pattern in glob::alternatives(&glob::clean(&whole)).ok_or_else(Trouble::too_large)? {
        if !glob::is_valid(&pattern) {
            return Err(BAD_PATTERN.into());
        }
        for file in matching(call, &pattern)? {
            let file = glob::relative(&from, &file);
            found.insert(file.ok_or_else(|| Trouble::Unknown("the paths of the files are unknown".into()))?);
        }
    }
    let files = found.into_iter().map(Value::string).collect();
    Ok(Value::set(Type::String, files).with_marks(FROM_FILE))
}

/// The files that match a clean pattern: all below the folder in front of its first wildcard are looked at.
fn matching(call: &Call<'_>, pattern: &str) -> Result<Vec<String>, Trouble> {
    let withheld = |trouble| match trouble {
        FileTrouble::Withheld(why) => Err(Trouble::Unknown(why)),
        FileTrouble::Missing => Ok(Vec::new()),
    };
    ask(call, pattern)?;
    let parts: Vec<&str> = pattern.split('/').collect();
    let plain = parts.iter().take_while(|part| glob::is_plain(part)).count();
    if plain == parts.len() {
        return match call.host.files.exists(pattern) {
            Ok(true) => Ok(vec![pattern.to_owned()]),
            Ok(false) => Ok(Vec::new()),
            Err(trouble) => withheld(trouble),
        };
    }
    let (front, back) = parts.split_at(plain);
    let folder = match front {
        [] => ".".to_owned(),
        [""] => "/".to_owned(),
        front => front.join("/"),
    };
    let list = match call.host.files.list(&folder) {
        Ok(list) => list,
        Err(trouble) => return withheld(trouble),
    };
    call.pay(list.files.len() + list.withheld.len())?;
    call.work((list.files.len() + list.withheld.len()) as u64 * (32 + pattern.len() as u64 / 4))?;
    let (mut found, mut steps) = (Vec::new(), 0);
    for one in &list.withheld {
        let names: Vec<&str> = one.path.split('/').collect();
        let matches = if one.is_git { glob::reaches_git(back, &names, &mut steps) } else { glob::matches(back, &names, &mut steps) };
        call.work(steps as u64)?;
        if matches.ok_or_else(Trouble::too_large)? {
            return Err(Trouble::Unknown(one.why.clone()));
        }
    }
    for file in list.files.iter().filter(|file| !file.is_empty()) {
        let names: Vec<&str> = file.split('/').collect();
        let is_match = glob::matches(back, &names, &mut steps);
        call.work(steps as u64)?;
        if is_match.ok_or_else(Trouble::too_large)? {
            found.push(if folder == "." { file.clone() } else { format!("{}/{file}", folder.trim_end_matches('/')) });
        }
    }
    Ok(found)
}
