//! What would settle an unknown value. The sentences that say why a value is unknown and what is read from them are here together.

/// What decides about an unknown value, as far as its reason says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A variable of the root module that no one gives a value.
    Variable(String),
    /// The caller of a module that no scanned directory calls.
    Caller,
    /// A module that is not installed.
    NotInstalled,
    /// A file that may not be read.
    Outside,
    /// Anything else.
    Other,
}

/// Why a variable of a root module is unknown.
#[must_use]
pub fn no_value(variable: &str) -> String {
    format!("variable `{variable}` has no value")
}

/// Why a variable of a library is unknown.
#[must_use]
pub fn caller_decides(variable: &str) -> String {
    format!("the caller decides `var.{variable}`")
}

/// Why what may be set from outside of a library is unknown.
#[must_use]
pub fn caller_may_set(input: &str) -> String {
    format!("the caller of the module may set `{input}`")
}

/// Why `count` or `for_each` of a library's block is unknown.
#[must_use]
pub fn no_caller(argument: &str) -> String {
    format!("no caller in the scanned directories sets the value that its `{argument}` depends on")
}

/// Why the source of a module call leads nowhere.
pub const NOT_INSTALLED: &str = "not installed";

/// Why the contents of a file are unknown.
#[must_use]
pub fn outside(path: &str) -> String {
    format!("`{path}` lies outside of the repository")
}

impl Cause {
    /// Reads a reason, which may be part of another one.
    #[must_use]
    pub fn of(why: &str) -> Self {
        let variable = || {
            let name = why.split_once("variable `")?.1.split_once('`')?.0;
            why.contains(&no_value(name)).then(|| Self::Variable(name.to_owned()))
        };
        let by_caller = ["the caller decides `var.", "the caller of the module ", "no caller in the scanned directories "];
        if by_caller.iter().any(|part| why.contains(part)) {
            Self::Caller
        } else if why.contains("was not followed: ") && why.ends_with(NOT_INSTALLED) {
            Self::NotInstalled
        } else if why.contains("` lies outside of the repository") {
            Self::Outside
        } else {
            variable().unwrap_or(Self::Other)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_what_would_settle_it() {
        let within = |why: String| Cause::of(&format!("`for_each` is not known: {why}"));
        assert_eq!(within(no_value("level")), Cause::Variable("level".to_owned()));
        for why in [caller_decides("keys"), caller_may_set("mode"), no_caller("count")] {
            assert_eq!(within(why), Cause::Caller);
        }
        assert_eq!(Cause::of(&format!("module `v` was not followed: {NOT_INSTALLED}")), Cause::NotInstalled);
        assert_eq!(within(outside("../keys.json")), Cause::Outside);
        assert_eq!(Cause::of("module call `m` does not set `mode`"), Cause::Other);
        assert_eq!(Cause::of("`oci_kms_vault.v.id` is known after apply"), Cause::Other);
    }
}
