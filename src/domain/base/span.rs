//! Spans of time, written as Prometheus writes durations: `90s`, `1h30m`, `250ms`, `30d`.
//!
//! promql-parser's own duration reader panics on some texts and drops parts of others, so it is not used.

use std::fmt;
use std::ops::{Add, Mul, Sub};
use thiserror::Error;

/// A span of time in milliseconds; never negative where it is read from text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub i64);

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct SpanError {
    /// What is wrong, in words.
    pub message: String,
    /// Byte offset of the offending part.
    pub at: usize,
}

const UNITS: [(&str, i64); 7] =
    [("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of whole seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * 1000)
    }

    /// A span of whole minutes.
    pub const fn from_mins(minutes: i64) -> Self {
        Self(minutes * 60_000)
    }

    /// A span of whole hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self(hours * 3_600_000)
    }

    /// A span of days of 24 hours.
    pub const fn from_days(days: i64) -> Self {
        Self(days * 86_400_000)
    }

    /// The span in seconds, with its fraction.
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Whole milliseconds as an unsigned number; zero when negative.
    pub const fn millis(self) -> u64 {
        if self.0 < 0 { 0 } else { self.0.unsigned_abs() }
    }

    /// Reads Prometheus' duration grammar: units from large to small, each at most once (`1d12h`, `250ms`), or `0`.
    ///
    /// # Errors
    /// The text is empty, has an unknown unit, units out of order, or is longer than about 292 million years.
    pub fn parse(text: &str) -> Result<Self, SpanError> {
        let fail = |at: usize, message: String| SpanError { message, at };
        if text.is_empty() {
            return Err(fail(0, "a duration is missing, such as 30d, 1h30m or 250ms".into()));
        }
        if text == "0" {
            return Ok(Self(0));
        }
        let (bytes, mut at, mut last, mut sum) = (text.as_bytes(), 0, None, 0_i64);
        while at < bytes.len() {
            let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 {
                return Err(fail(at, format!("a number was expected in the duration `{text}`")));
            }
            let number: i64 = text[at..at + digits].parse().map_err(|_| fail(at, format!("`{text}` is too long a time")))?;
            let unit_at = at + digits;
            let letters = bytes[unit_at..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
            let unit = &text[unit_at..unit_at + letters];
            let Some(rank) = UNITS.iter().position(|(name, _)| *name == unit) else {
                let what = if unit.is_empty() { "a unit is missing after".into() } else { format!("unknown unit `{unit}` in") };
                return Err(fail(unit_at, format!("{what} `{text}`; units are y, w, d, h, m, s, ms")));
            };
            if last.is_some_and(|l| l >= rank) {
                return Err(fail(at, format!("units of `{text}` must go from large to small, each once")));
            }
            last = Some(rank);
            sum = number
                .checked_mul(UNITS[rank].1)
                .and_then(|ms| sum.checked_add(ms))
                .ok_or_else(|| fail(at, format!("`{text}` is too long a time")))?;
            at = unit_at + letters;
        }
        Ok(Self(sum))
    }
}

impl fmt::Display for Span {
    /// The shortest exact form of days and smaller units: `5m`, `1h30m`, `3d`, `30d`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let mut rest = self.0.unsigned_abs();
        for (name, size) in &UNITS[2..] {
            let size = size.unsigned_abs();
            let count = rest / size;
            rest %= size;
            if count > 0 {
                write!(f, "{count}{name}")?;
            }
        }
        Ok(())
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<i64> for Span {
    type Output = Self;
    fn mul(self, times: i64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_durations() {
        for (text, ms, shown) in [
            ("5m", 300_000, "5m"),
            ("1h30m", 5_400_000, "1h30m"),
            ("30d", 2_592_000_000, "30d"),
            ("4w", 2_419_200_000, "28d"),
            ("250ms", 250, "250ms"),
            ("0", 0, "0s"),
        ] {
            assert_eq!(Span::parse(text), Ok(Span(ms)), "{text}");
            assert_eq!(Span(ms).to_string(), shown);
        }
    }

    #[test]
    fn refuses_what_is_no_duration_and_says_where() {
        for (text, at) in [
            ("", 0),
            ("5", 1),
            ("m5", 0),
            ("1m1h", 2),
            ("5x", 1),
            ("99999999999999999999s", 0),
            ("-5m", 0),
            ("5.5m", 1),
            ("1m1m", 2),
        ] {
            assert_eq!(Span::parse(text).unwrap_err().at, at, "{text}");
        }
    }
}
