//! Values of options that are not just any text, each refused with what is expected.

use crate::text;
use std::str::FromStr;

/// A version, as `package.json` has it.
///
/// # Errors
/// What is expected.
pub(super) fn version(given: &str) -> Result<semver::Version, String> {
    let expected = |what: &str| format!("expected a version such as 0.1.27{what}");
    given.parse().map_err(|_| match given.strip_prefix('v').map(semver::Version::parse) {
        Some(Ok(version)) => expected(&format!("; without the `v` it is {version}")),
        _ if given.split('.').count() < 3 => expected(": three numbers"),
        _ => expected(""),
    })
}

/// [`version`], as it was typed: a bundle has it to the letter.
///
/// # Errors
/// What is expected.
pub(super) fn version_text(given: &str) -> Result<String, String> {
    version(given).map(|_| given.to_owned())
}

/// A whole number.
///
/// # Errors
/// What is expected.
pub(super) fn number<N: FromStr>(given: &str) -> Result<N, String> {
    given.parse().map_err(|_| "expected a whole number such as 500".to_owned())
}

/// [`number`], in a range.
///
/// # Errors
/// What is expected.
pub(super) fn number_in<N>(range: std::ops::RangeInclusive<N>) -> impl Fn(&str) -> Result<N, String> + Clone
where
    N: FromStr + PartialOrd + std::fmt::Display + Clone + Send + Sync + 'static,
{
    move |given| {
        let expected = || format!("expected a whole number from {} to {}", range.start(), range.end());
        given.parse().ok().filter(|number| range.contains(number)).ok_or_else(expected)
    }
}

/// A time as journalctl takes it (systemd.time(7), "Parsing Timestamps"): what it would refuse is refused here, since it
/// says so only by showing nothing.
///
/// # Errors
/// What is expected.
pub(super) fn moment(given: &str) -> Result<String, String> {
    if is_moment(given.trim()) {
        return Ok(given.to_owned());
    }
    let words = ["yesterday", "today", "tomorrow", "now"];
    let near = words.into_iter().find(|word| text::is_like(&given.to_lowercase(), word));
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(format!("expected a time such as `yesterday`, `-2h`, `03:00` or `2026-11-23 03:00`{near}"))
}

fn is_moment(given: &str) -> bool {
    if ["now", "today", "yesterday", "tomorrow"].contains(&given) {
        return true;
    }
    if let Some(seconds) = given.strip_prefix('@') {
        return !seconds.is_empty() && seconds.chars().all(|c| c.is_ascii_digit() || c == '.');
    }
    let span =
        given.strip_prefix(['+', '-']).or_else(|| given.strip_suffix(" ago")).or_else(|| given.strip_suffix(" left"));
    match span {
        Some(span) => is_span(span.trim()),
        None => is_date(given),
    }
}

/// Units of systemd.time(7), "Parsing Time Spans".
const UNITS: &[&str] = &[
    "usec", "us", "μs", "µs", "msec", "ms", "seconds", "second", "sec", "s", "minutes", "minute", "min", "m", "hours",
    "hour", "hr", "h", "days", "day", "d", "weeks", "week", "w", "months", "month", "M", "years", "year", "y",
];

/// `2h`, `1h 30min`, `90`: numbers, each with its unit, seconds without.
fn is_span(span: &str) -> bool {
    let mut rest = span;
    while !rest.is_empty() {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = rest.get(..rest.len() - digits.len()).unwrap_or_default();
        let behind = digits.trim_start();
        let unit_ends = behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len());
        let (unit, next) = behind.split_at_checked(unit_ends).unwrap_or((behind, ""));
        if number.parse::<f64>().is_err() || !(unit.is_empty() || UNITS.contains(&unit)) {
            return false;
        }
        rest = next.trim_start();
    }
    !span.is_empty()
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A day, a time of day, or both, with a weekday before and a time zone behind.
fn is_date(given: &str) -> bool {
    let given = without_weekday(given);
    // RFC 3339, as systemd reads it from 255 on.
    let given = match given.split_once('T') {
        Some((day, time)) if is_day(day) => format!("{day} {}", time.strip_suffix('Z').unwrap_or(time)),
        _ => given.to_owned(),
    };
    let words: Vec<_> = given.split_whitespace().collect();
    match words.as_slice() {
        [one] => is_day(one) || is_time(one),
        [one, two] => (is_day(one) && (is_time(two) || is_zone(two))) || (is_time(one) && is_zone(two)),
        [day, time, zone] => is_day(day) && is_time(time) && is_zone(zone),
        _ => false,
    }
}

fn without_weekday(given: &str) -> &str {
    let Some((word, rest)) = given.split_once(' ') else { return given };
    let word = word.trim_end_matches(',').to_lowercase();
    let is_weekday = WEEKDAYS.iter().any(|day| *day == word || (word.len() == 3 && day.starts_with(&word)));
    if is_weekday { rest.trim_start() } else { given }
}

fn is_day(word: &str) -> bool {
    let parts: Vec<_> =
        word.split('-').map(|part| part.parse::<u32>().ok().filter(|_| !part.starts_with('+'))).collect();
    matches!(parts.as_slice(), [Some(year), Some(1..=12), Some(1..=31)] if *year <= 9999)
}

fn is_time(word: &str) -> bool {
    // An offset may stand right behind it.
    let time = word.split_once(['+', '-']).filter(|(_, offset)| is_offset(offset)).map_or(word, |(time, _)| time);
    let parts: Vec<_> = time.split(':').collect();
    let below = |text: &str, most: f64| text.parse::<f64>().is_ok_and(|number| (0.0..most).contains(&number));
    match parts.as_slice() {
        [hour, minute] => below(hour, 24.0) && below(minute, 60.0) && !time.contains('.'),
        [hour, minute, second] => below(hour, 24.0) && below(minute, 60.0) && below(second, 61.0),
        _ => false,
    }
}

fn is_offset(offset: &str) -> bool {
    offset.len() >= 2 && offset.chars().all(|c| c.is_ascii_digit() || c == ':')
}

/// A name of tzdata, or an offset.
fn is_zone(word: &str) -> bool {
    let is_name = word.starts_with(|c: char| c.is_ascii_uppercase());
    word.strip_prefix(['+', '-']).map_or(is_name, is_offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Judged by `systemd-analyze timestamp` of systemd 252 and 257; the lab asks it again.
    #[test]
    fn a_time_is_what_journalctl_takes() {
        for good in [
            "now",
            "today",
            "yesterday",
            "tomorrow",
            "-2h",
            "+1min",
            "2h ago",
            "1h 30min ago",
            "-1h30min",
            "@1395716396",
            "-90",
            "2026-11-23",
            "2026-11-23 03:00",
            "26-11-23 03:00:15",
            "03:00",
            "03:00:15.5",
            "Mon 2026-11-23",
            "2026-11-23 03:00 UTC",
            "2026-11-23 03:00 Europe/Paris",
            "2026-11-23T03:00:15Z",
            "2026-11-23T03:00:15+02:00",
            "-1 week",
            "2 days ago",
            "03:00 UTC",
        ] {
            assert!(is_moment(good), "{good}");
        }
        for bad in [
            "",
            "yesterdayy",
            "soon",
            "2h",
            "-",
            "-2x",
            "2026-13-01",
            "2026-11-32",
            "25:00",
            "03:60",
            "@",
            "ago",
            " ago",
            "Mon",
            "2026-11-23 noon",
            "-2h ago",
            "2026/11/23",
        ] {
            assert!(!is_moment(bad), "{bad}");
        }
        assert!(moment("yesterdayy").unwrap_err().ends_with("did you mean `yesterday`?"));
    }

    #[test]
    fn a_version_is_a_whole_one() {
        assert!(version("0.1.27").is_ok() && version_text("1.0.0-rc.1+x").is_ok());
        for (given, wanted) in [
            ("abc", "expected a version such as 0.1.27: three numbers"),
            ("1.2", "expected a version such as 0.1.27: three numbers"),
            ("v1.2.3", "expected a version such as 0.1.27; without the `v` it is 1.2.3"),
            ("1.2.x", "expected a version such as 0.1.27"),
        ] {
            assert_eq!(version(given).unwrap_err(), wanted, "{given}");
        }
    }

    #[test]
    fn a_number_is_in_its_range() {
        assert_eq!(number_in(1..=5_u32)("5"), Ok(5));
        assert_eq!(number_in(1..=5_u32)("6").unwrap_err(), "expected a whole number from 1 to 5");
        assert_eq!(number::<u64>("x").unwrap_err(), "expected a whole number such as 500");
    }
}
