//! Time in words: spans in two units, and instants in a zone that is always named.

use crate::domain::base::{Ms, Span};
use chrono::{DateTime, Days, FixedOffset, Local, NaiveTime, Offset, Utc};
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

    /// The first instant from `from` on whose clock shows this time of day (`14:31` or `14:31:07`).
    pub fn next_clock(self, text: &str, from: Ms) -> Option<Ms> {
        let clock = ["%H:%M:%S", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok())?;
        let day = self.at(from)?;
        (0..2).find_map(|days| {
            let local = (day.date_naive() + Days::new(days)).and_time(clock).and_local_timezone(*day.offset()).single()?;
            let at = Ms(local.timestamp_millis());
            (at >= from.floor_to(Span::from_secs(1))).then_some(at)
        })
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
