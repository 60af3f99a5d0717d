//! Times in plans and states: RFC 3339, or the format in which Go prints a time.

use jiff::Timestamp;

/// Reads `2023-05-24T10:25:53.87Z` or `2023-05-24 10:25:53.87 +0000 UTC`. The provider writes the latter for `time_created`
/// and `time_of_deletion`. `None` for any other format.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    // The zone's name may be followed by a monotonic clock reading such as `m=+0.01`.
    let mut parts = text.split_ascii_whitespace();
    let (date, time, offset) = (parts.next()?, parts.next()?, parts.next()?);
    let (hours, minutes) = offset.split_at_checked(3)?;
    format!("{date}T{time}{hours}:{}", minutes.trim_start_matches(':')).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_and_go_times_are_read_and_others_are_not() {
        for (text, wanted) in [
            ("2023-05-24 10:25:53.87 +0000 UTC", "2023-05-24T10:25:53.87Z"),
            ("2024-01-01 00:00:00 +0000 UTC", "2024-01-01T00:00:00Z"),
            ("2024-02-29 12:00:00.000000001 +0000 UTC", "2024-02-29T12:00:00.000000001Z"),
            ("2024-01-01 02:00:00 +0200 CEST m=+0.01", "2024-01-01T00:00:00Z"),
            ("2024-01-01T02:00:00.5+02:00", "2024-01-01T00:00:00.5Z"),
        ] {
            assert_eq!(read(text), wanted.parse().ok(), "{text}");
        }
        for text in ["", "2024-01-01", "yesterday", "2024-13-01 00:00:00 +0000 UTC", "2024-01-01 00:00:00 é UTC", "0001-01-01"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
