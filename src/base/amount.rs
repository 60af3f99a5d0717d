//! Formats counts, articles and durations for people.

use std::time::Duration;

/// `1 key`, `2 keys`.
#[must_use]
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// `a` or `an`, whichever the word takes by its first letter.
#[must_use]
pub(crate) fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

/// A duration in at most two units, rounded down: `850 ms`, `45 s`, `3 min 9 s`, `2 h 5 min`, `3 days 4 h`.
#[must_use]
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let join = |main: String, rest: u64, unit: &str| if rest == 0 { main } else { format!("{main} {rest} {unit}") };
    match seconds {
        0 if time.subsec_millis() > 0 => format!("{} ms", time.subsec_millis()),
        0..60 => format!("{seconds} s"),
        60..3600 => join(format!("{} min", seconds / 60), seconds % 60, "s"),
        3600..86_400 => join(format!("{} h", seconds / 3600), seconds % 3600 / 60, "min"),
        _ => {
            let days = usize::try_from(seconds / 86_400).unwrap_or(usize::MAX);
            join(count(days, "day", "days"), seconds % 86_400 / 3600, "h")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_at_most_two_units() {
        for (millis, text) in [
            (0, "0 s"),
            (850, "850 ms"),
            (1_000, "1 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (189_000, "3 min 9 s"),
            (3_600_000, "1 h"),
            (7_530_000, "2 h 5 min"),
            (86_400_000, "1 day"),
            (273_600_000, "3 days 4 h"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), text);
        }
        assert!(duration(Duration::MAX).ends_with(" h"));
        assert_eq!((count(1, "key", "keys"), count(0, "key", "keys")), ("1 key".to_owned(), "0 keys".to_owned()));
    }
}
