//! Instants: wall time in milliseconds since the Unix epoch, and a monotonic reading beside it.
//!
//! Deliberately absent: reading a clock. Whoever needs the time is handed a [`Now`].

use super::Span;
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt;
use std::ops::{Add, Sub};

/// An instant of wall time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ms(pub i64);

/// A reading of a monotonic clock: milliseconds since an arbitrary start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(pub u64);

/// Both clocks, read together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Wall time: for everything that is recorded or shown.
    pub wall: Ms,
    /// Monotonic time: for waits and time-outs only.
    pub mono: Mono,
}

impl Ms {
    /// The instant `seconds` after the epoch.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * 1000)
    }

    /// The greatest multiple of `step` that is not after this instant. A zero step returns the instant itself.
    #[must_use]
    pub const fn floor_to(self, step: Span) -> Self {
        if step.0 == 0 { self } else { Self(self.0.div_euclid(step.0) * step.0) }
    }

    /// The end of the slice `(k*step, (k+1)*step]` that holds this instant.
    #[must_use]
    pub const fn slice_end(self, step: Span) -> Self {
        if step.0 == 0 { self } else { Self((self.0 - 1).div_euclid(step.0) * step.0 + step.0) }
    }

    /// Time from `earlier` to this instant; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0).max(0))
    }

    /// RFC 3339 in UTC, with milliseconds only when there are some: `2026-03-02T02:17:00Z`.
    pub fn rfc3339(self) -> String {
        let form = if self.0 % 1000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
        self.utc().map_or_else(|| format!("{}ms", self.0), |t| t.to_rfc3339_opts(form, true))
    }

    /// Reads RFC 3339 with any offset. `None` when the text is something else.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text.trim()).ok().map(|t| Self(t.timestamp_millis()))
    }

    /// The same instant as a chrono value; `None` outside chrono's range.
    pub fn utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }
}

impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Add<Span> for Ms {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Ms {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add<Span> for Mono {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0.unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_open_on_the_left_and_closed_on_the_right() {
        let step = Span::from_secs(15);
        assert_eq!(Ms::from_secs(15).slice_end(step), Ms::from_secs(15));
        assert_eq!(Ms(15_001).slice_end(step), Ms::from_secs(30));
        assert_eq!(Ms(1).slice_end(step), Ms::from_secs(15));
        assert_eq!(Ms(0).slice_end(step), Ms(0));
        assert_eq!(Ms(29_999).floor_to(step), Ms::from_secs(15));
    }

    #[test]
    fn instants_are_written_and_read_as_rfc_3339() {
        let at = Ms::parse_rfc3339("2026-03-02T10:17:00+08:00").unwrap();
        assert_eq!(at.rfc3339(), "2026-03-02T02:17:00Z");
        assert_eq!(Ms(1_500).rfc3339(), "1970-01-01T00:00:01.500Z");
        assert_eq!(Ms::parse_rfc3339("yesterday"), None);
    }
}
