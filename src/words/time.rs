//! Time in words: spans in two units, and instants in a zone that is always named.

use crate::domain::base::{Ms, Span};
use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, NaiveTime, Offset, Utc};
use chrono_tz::Tz;

/// The zone that instants are shown in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// UTC.
    #[default]
    Utc,
    /// The machine's own.
    Local,
    /// An IANA zone.
    Named(Tz),
}

impl Zone {
    /// Reads `UTC`, `local` or an IANA name such as `Asia/Shanghai`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "UTC" | "utc" => Some(Self::Utc),
            "local" => Some(Self::Local),
            name => name.parse().ok().map(Self::Named),
        }
    }

    /// The instant in this zone; `None` outside the calendar.
    fn at(self, at: Ms) -> Option<DateTime<FixedOffset>> {
        let utc = at.utc()?;
        let offset = match self {
            Self::Utc => Utc.fix(),
            Self::Local => utc.with_timezone(&Local).offset().fix(),
            Self::Named(tz) => utc.with_timezone(&tz).offset().fix(),
        };
        Some(utc.with_timezone(&offset))
    }

    fn form(self, at: Ms, form: &str) -> String {
        self.at(at).map_or_else(|| "?".into(), |t| t.format(form).to_string())
    }

    /// `14:31:07`.
    pub fn clock(self, at: Ms) -> String {
        self.form(at, "%H:%M:%S")
    }

    /// `14:31`.
    pub fn minute(self, at: Ms) -> String {
        self.form(at, "%H:%M")
    }

    /// `10-20 14:31`.
    pub fn day_minute(self, at: Ms) -> String {
        self.form(at, "%m-%d %H:%M")
    }

    /// `2026-10-20 14:31:07 +08:00`, or ` UTC`.
    pub fn full(self, at: Ms) -> String {
        format!("{} {}", self.form(at, "%Y-%m-%d %H:%M:%S"), self.offset(at))
    }

    /// The zone's name at an instant: `+08:00`, or `UTC` when the offset is none.
    pub fn offset(self, at: Ms) -> String {
        match self.at(at) {
            Some(t) if t.offset().local_minus_utc() != 0 => t.format("%:z").to_string(),
            _ => "UTC".into(),
        }
    }

    /// Instants whose clock shows this time of day (`14:31` or `14:31:07`): of the day of `near`, the one before and the one
    /// after, nearest first. A time that a day leaves out, when clocks are set forward, is not there.
    pub fn clock_near(self, text: &str, near: Ms) -> Vec<Ms> {
        let clock = ["%H:%M:%S", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok());
        let (Some(clock), Some(today)) = (clock, self.at(near).map(|t| t.date_naive())) else { return Vec::new() };
        let days = [Some(today), today.pred_opt(), today.succ_opt()];
        let mut found: Vec<Ms> = days.into_iter().flatten().filter_map(|day| self.clock_on(day.and_time(clock), near)).collect();
        found.sort_by_key(|at| at.0.abs_diff(near.0));
        found
    }

    /// The instant of a local time. The offset may be another one there than at `near`, and is looked up there.
    fn clock_on(self, local: NaiveDateTime, near: Ms) -> Option<Ms> {
        let by = |offset: FixedOffset| Some(Ms(local.and_local_timezone(offset).single()?.timestamp_millis()));
        let guess = by(*self.at(near)?.offset())?;
        let at = by(*self.at(guess)?.offset())?;
        (self.at(at)?.naive_local() == local).then_some(at)
    }

    /// Clock time, with the day in front when it is another day than `now`: `14:31` or `10-19 14:31`.
    pub fn near(self, at: Ms, now: Ms) -> String {
        if self.same_day(at, now) { self.minute(at) } else { self.day_minute(at) }
    }

    /// Both instants are on one calendar day here.
    pub fn same_day(self, a: Ms, b: Ms) -> bool {
        matches!((self.at(a), self.at(b)), (Some(a), Some(b)) if a.date_naive() == b.date_naive())
    }
}

/// A span in at most two units, cut, never rounded up: `45s`, `29m07s`, `7h11m`, `10d03h`. Under a second: `0s`.
pub fn span(span: Span) -> String {
    let (sign, secs) = (if span.0 <= -1000 { "-" } else { "" }, span.0.unsigned_abs() / 1000);
    let (days, hours, mins, rest) = (secs / 86_400, secs / 3600 % 24, secs / 60 % 60, secs % 60);
    match (days, hours, mins) {
        (0, 0, 0) => format!("{sign}{rest}s"),
        (0, 0, m) => format!("{sign}{m}m{rest:02}s"),
        (0, h, m) => format!("{sign}{h}h{m:02}m"),
        (d, h, _) => format!("{sign}{d}d{h:02}h"),
    }
}

/// A span in its greatest unit: `45s`, `29m`, `7h`, `10d`.
pub fn brief(span: Span) -> String {
    let secs = span.millis() / 1000;
    match secs {
        s if s < 60 => format!("{s}s"),
        s if s < 3600 => format!("{}m", s / 60),
        s if s < 86_400 => format!("{}h", s / 3600),
        s => format!("{}d", s / 86_400),
    }
}

/// A span as a stopwatch shows it: `00:29:07`, `123:04:05`.
pub fn stopwatch(span: Span) -> String {
    let secs = span.millis() / 1000;
    format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

/// A span given in seconds, for values that are computed; absent when it is no number or beyond a thousand years.
pub fn from_secs(seconds: f64) -> Option<Span> {
    (seconds.is_finite() && seconds.abs() < 3.2e10).then_some(Span((seconds * 1000.0) as i64))
}

/// The name of a window as people say it: one day is `24h`, others as they are written.
pub fn window(span: Span) -> String {
    if span == Span::from_days(1) { "24h".into() } else { span.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_the_nearest_one_also_where_clocks_change() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let utc = |text: &str| Ms::parse_rfc3339(text).unwrap();
        let near = |text: &str, at: &str| berlin.clock_near(text, utc(at)).first().map(|at| at.to_string());
        assert_eq!(near("21:06", "2026-10-09T19:00:00Z").as_deref(), Some("2026-10-09T19:06:00Z"));
        assert_eq!(near("23:50", "2026-10-08T22:10:00Z").as_deref(), Some("2026-10-08T21:50:00Z"), "of the evening before");
        // Clocks go from +01:00 to +02:00 at 01:00 UTC, and back on the 25th of October.
        assert_eq!(near("01:30", "2026-03-29T02:00:00Z").as_deref(), Some("2026-03-29T00:30:00Z"));
        assert_eq!(near("03:30:15", "2026-03-29T00:30:00Z").as_deref(), Some("2026-03-29T01:30:15Z"));
        assert_eq!(near("04:00", "2026-10-25T00:10:00Z").as_deref(), Some("2026-10-25T03:00:00Z"));
        let gap = berlin.clock_near("02:30", utc("2026-03-29T01:10:00Z"));
        assert!(gap.iter().all(|at| *at < utc("2026-03-28T12:00:00Z") || *at > utc("2026-03-29T12:00:00Z")), "{gap:?}");
        assert!(berlin.clock_near("25:00", utc("2026-03-29T01:10:00Z")).is_empty());
    }

    #[test]
    fn spans_have_two_units_at_most() {
        for (secs, two, one) in [
            (0, "0s", "0s"),
            (45, "45s", "45s"),
            (1747, "29m07s", "29m"),
            (25_860, "7h11m", "7h"),
            (126_000, "1d11h", "1d"),
            (874_800, "10d03h", "10d"),
        ] {
            assert_eq!((span(Span::from_secs(secs)), brief(Span::from_secs(secs))), (two.into(), one.into()));
        }
        assert_eq!(span(Span::from_secs(-90)), "-1m30s");
        assert_eq!(span(Span(-1)), "0s");
        assert_eq!(stopwatch(Span::from_secs(1747)), "00:29:07");
        assert_eq!(from_secs(f64::NAN), None);
        assert_eq!(window(Span::from_days(1)), "24h");
        assert_eq!(window(Span::from_days(3)), "3d");
    }

    #[test]
    fn instants_name_their_zone() {
        let at = Ms::parse_rfc3339("2026-10-20T06:31:07Z").unwrap();
        let shanghai = Zone::parse("Asia/Shanghai").unwrap();
        assert_eq!(shanghai.full(at), "2026-10-20 14:31:07 +08:00");
        assert_eq!(Zone::Utc.full(at), "2026-10-20 06:31:07 UTC");
        assert_eq!(shanghai.near(at, at), "14:31");
        assert_eq!(shanghai.near(at - Span::from_days(1), at), "10-19 14:31");
        assert_eq!(Zone::Utc.clock(Ms(i64::MAX)), "?");
        assert_eq!(Zone::parse("Mars/Olympus"), None);
    }
}
