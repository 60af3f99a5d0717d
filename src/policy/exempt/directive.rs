//! Parses exemption comments: `ignore[RULE, …] until=DATE the reason`.

use super::entry::rule_list;
use crate::base::nearest;
use crate::rules;
use jiff::civil::Date;

/// A parsed exemption comment.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::policy) struct Directive {
    /// The rules' ids.
    pub rules: Vec<&'static str>,
    /// The last day on which it applies.
    pub until: Option<Date>,
    /// Who accepted it, and why.
    pub reason: String,
}

/// What is wrong with a comment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::policy) enum DirectiveError {
    /// Meant as an exemption, but not spelled `kmslint: ignore[…]`.
    #[error("`{0}` has no effect: unknown spelling")]
    Misspelled(String),
    /// A word other than `ignore`.
    #[error("unknown comment `{0}`")]
    UnknownWord(String),
    /// No rule in brackets.
    #[error("the exemption does not name a rule")]
    NoRule,
    /// A rule that does not exist.
    #[error("unknown rule `{word}`")]
    UnknownRule {
        /// The word.
        word: String,
        /// What to write instead.
        #[source]
        error: RuleNameError,
    },
    /// `until=` without a date.
    #[error("`{0}` is not a date")]
    NotADate(String),
    /// `until=` twice.
    #[error("the exemption has more than one `until=`")]
    TwoDates,
    /// Nothing after the rules.
    #[error("the exemption has no reason")]
    NoReason,
}

impl DirectiveError {
    /// What to do, as a sentence without a final period.
    pub(super) fn help(&self) -> String {
        match self {
            Self::Misspelled(_) | Self::UnknownWord(_) | Self::NoRule | Self::TwoDates => {
                "write `kmslint: ignore[OCI-KMS-004] until=2027-01-31 the reason`; `until` may be left out".to_owned()
            }
            Self::UnknownRule { error, .. } => error.to_string(),
            Self::NotADate(_) => "write the last day of the exemption, for example `until=2027-01-31`".to_owned(),
            Self::NoReason => "add a reason after the rule: who accepted this, and why".to_owned(),
        }
    }
}

/// The error for a word that is not a rule's id or name. Its message suggests what to write instead.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::policy) enum RuleNameError {
    /// A rule has a similar name.
    #[error("did you mean `{0}`?")]
    Near(&'static str),
    /// No rule has a similar name.
    #[error("use one of {}", rule_list(&rules::ids().collect::<Vec<_>>()))]
    Unknown,
}

/// The id of a rule, from its id or name.
pub(in crate::policy) fn rule_id(word: &str) -> Result<&'static str, RuleNameError> {
    if let Some(rule) = rules::by_id(word) {
        return Ok(rule.id);
    }
    let found = rules::ids().find(|id| id.eq_ignore_ascii_case(word));
    found.ok_or_else(|| match nearest(word, rules::ids()) {
        // Ids of rules differ by one digit: a similar id is probably a different rule.
        Some(near) if rules::by_id(near).is_none() => RuleNameError::Near(near),
        _ => RuleNameError::Unknown,
    })
}

/// Parses a comment's text.
///
/// # Errors
/// The first mistake in it.
pub(super) fn parse_directive(text: &str) -> Result<Directive, DirectiveError> {
    if let Some(word) = near_miss(text) {
        return Err(DirectiveError::Misspelled(word.to_owned()));
    }
    let Some(rest) = text.strip_prefix("ignore") else {
        let word = text.split(|c: char| c.is_whitespace() || c == '[').next().unwrap_or_default();
        return Err(DirectiveError::UnknownWord(word.to_owned()));
    };
    let (named, rest) = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or(DirectiveError::NoRule)?;
    let mut rules = Vec::new();
    for word in named.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let id = rule_id(word).map_err(|error| DirectiveError::UnknownRule { word: word.to_owned(), error })?;
        if !rules.contains(&id) {
            rules.push(id);
        }
    }
    if rules.is_empty() {
        return Err(DirectiveError::NoRule);
    }
    const UNTIL: &str = "until=";
    let (dates, words): (Vec<&str>, Vec<&str>) = rest.split_whitespace().partition(|word| word.starts_with(UNTIL));
    let until = match dates.as_slice() {
        [] => None,
        [date] => Some(date.strip_prefix(UNTIL).unwrap_or(date).parse().map_err(|_| DirectiveError::NotADate((*date).to_owned()))?),
        _ => return Err(DirectiveError::TwoDates),
    };
    let reason = words.join(" ");
    // A dash before the reason is punctuation, and punctuation is not a reason.
    let reason = reason.trim_start_matches(['-', '–', '—', ':', ' ']).to_owned();
    if !reason.chars().any(char::is_alphanumeric) {
        return Err(DirectiveError::NoReason);
    }
    Ok(Directive { rules, until, reason })
}

/// The first words of a comment that was probably meant as an exemption, but does not begin with `kmslint: `.
fn near_miss(text: &str) -> Option<&str> {
    text.to_ascii_lowercase().find("kmslint")?;
    let words = text.split_inclusive([' ', '[', '=']);
    let mut end = 0;
    for word in words {
        end += word.len();
        if end > "kmslint".len() + 1 {
            break;
        }
    }
    let is_at_start = text.to_ascii_lowercase().find("kmslint").is_some_and(|at| at < 12);
    is_at_start.then(|| text.get(..end).unwrap_or(text).trim_end_matches([' ', '[', '=']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_comments_are_parsed() {
        for (text, rules, until, reason) in [
            (
                "ignore[OCI-KMS-004] until=2027-01-31 FIPS 140-2 level 3 contract",
                vec!["OCI-KMS-004"],
                Some((2027, 1, 31)),
                "FIPS 140-2 level 3 contract",
            ),
            ("ignore[OCI-KMS-001, OCI-KMS-004] both", vec!["OCI-KMS-001", "OCI-KMS-004"], None, "both"),
            ("ignore [key-rotation,oci-kms-001] - by hand  until=2026-12-01", vec!["OCI-KMS-001"], Some((2026, 12, 1)), "by hand"),
            ("ignore[modules-not-followed]\n  vendored", vec!["modules-not-followed"], None, "vendored"),
        ] {
            let until = until.map(|(year, month, day)| Date::constant(year, month, day));
            assert_eq!(parse_directive(text), Ok(Directive { rules, until, reason: reason.to_owned() }), "{text}");
        }
    }

    #[test]
    fn invalid_comments_are_errors() {
        for (text, expected) in [
            ("ignore", "the exemption does not name a rule"),
            ("ignore all of it", "the exemption does not name a rule"),
            ("ignore[] reason", "the exemption does not name a rule"),
            ("ignore[OCI-KMS-004", "the exemption does not name a rule"),
            ("ignore[OCI-KMS-044] reason", "unknown rule `OCI-KMS-044`"),
            ("ignore[OCI-KMS-004]", "the exemption has no reason"),
            ("ignore[OCI-KMS-004] until=2027-01-31", "the exemption has no reason"),
            ("ignore[OCI-KMS-004] -- …", "the exemption has no reason"),
            ("ignore[OCI-KMS-004] until=2027-13-31 reason", "`until=2027-13-31` is not a date"),
            ("ignore[OCI-KMS-004] until=until=2027-01-31 reason", "`until=until=2027-01-31` is not a date"),
            ("ignore[OCI-KMS-004] until=2027-01-31 until=2028-01-31 reason", "the exemption has more than one `until=`"),
            ("skip[OCI-KMS-004] reason", "unknown comment `skip`"),
        ] {
            assert_eq!(parse_directive(text).map_err(|error| error.to_string()), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn similar_name_is_suggested_but_similar_id_is_not() {
        assert_eq!(rule_id("OCI-KMS-DRIF"), Err(RuleNameError::Near("OCI-KMS-DRIFT")));
        assert!(rule_id("OCI-KMS-000").unwrap_err().to_string().starts_with("use one of `OCI-KMS-001`"));
    }
}
