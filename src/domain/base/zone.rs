//! Places with their clocks: local time to instants, and the calendar's weeks, months and quarters as stretches of time.
//!
//! Deliberately absent: how a time reads on a screen (see `words`), and the zone of this machine.

use super::{Interval, Ms, Span};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use std::fmt;

/// A zone of the IANA database, with its summer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

/// What a calendar period is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CalendarUnit {
    /// Monday through Sunday.
    Week,
    /// From the first of a month.
    Month,
    /// From the first of January, April, July or October.
    Quarter,
}

impl CalendarUnit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Week, Self::Month, Self::Quarter];

    /// The word in files and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }

    /// The usual length, which burn-rate factors are for: 7, 30 or 90 days.
    pub const fn usual(self) -> Span {
        match self {
            Self::Week => Span::from_days(7),
            Self::Month => Span::from_days(30),
            Self::Quarter => Span::from_days(90),
        }
    }

    /// No period of this unit is longer: the most days, and two hours for clocks that were put back.
    pub const fn longest(self) -> Span {
        let days = match self {
            Self::Week => 7,
            Self::Month => 31,
            Self::Quarter => 92,
        };
        Span(Span::from_days(days).0 + Span::from_hours(2).0)
    }

    /// The first day of the unit that holds `day`.
    fn first_day(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Week => day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))),
            Self::Month => day.with_day(1),
            Self::Quarter => NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1),
        }
    }

    /// The first day after a unit that begins with `first`.
    fn next(self, first: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
            Self::Quarter => first.checked_add_months(Months::new(3)),
        }
    }
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// Reads an IANA name: `Asia/Shanghai`, `UTC`.
    pub fn parse(name: &str) -> Option<Self> {
        name.trim().parse().ok().map(Self)
    }

    /// The zone as chrono knows it.
    pub const fn tz(self) -> Tz {
        self.0
    }

    /// The instant at which clocks there show `local`: the earlier of two, and the first one after a time that was skipped.
    pub fn instant(self, local: NaiveDateTime) -> Option<Ms> {
        // Clocks are put forward by three hours at most, at a whole quarter of an hour.
        let mut tries = (0..=12).filter_map(|i| local.checked_add_signed(chrono::TimeDelta::minutes(15 * i)));
        let found = tries.find_map(|at| self.0.from_local_datetime(&at).earliest())?;
        Some(Ms(found.timestamp_millis()))
    }

    /// The calendar's week, month or quarter that holds `at`, as `(from, to]` reads it: an instant on the edge belongs to the
    /// unit that ends there, because a slice is named by its end.
    pub fn unit(self, unit: CalendarUnit, at: Ms) -> Option<Interval> {
        let inside = DateTime::from_timestamp_millis(at.0.checked_sub(1)?)?.with_timezone(&self.0);
        let first = unit.first_day(inside.date_naive())?;
        let midnight = |day: NaiveDate| self.instant(day.and_time(NaiveTime::MIN));
        Some(Interval { from: midnight(first)?, to: midnight(unit.next(first)?)? })
    }

    /// Reads a local time (`2026-03-01T02:00`, with or without seconds, or a date alone) or RFC 3339 with its own offset.
    pub fn read(self, text: &str) -> Option<Ms> {
        Ms::parse_rfc3339(text).or_else(|| self.instant(local_time(text)?))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// A time without a zone: `2026-03-01T02:00:00`, `2026-03-01 02:00` or `2026-03-01`.
pub fn local_time(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
    let time = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    time.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(zone: &str, unit: CalendarUnit, at: &str) -> String {
        let found = Zone::parse(zone).unwrap().unit(unit, Ms::parse_rfc3339(at).unwrap()).unwrap();
        format!("{} {} {}", found.from, found.to, found.span())
    }

    #[test]
    fn calendar_units_begin_at_midnight_of_their_place_across_summer_time() {
        use CalendarUnit::{Month, Quarter, Week};
        for (zone, of, at, told) in [
            ("Asia/Shanghai", Month, "2026-03-31T15:59:00Z", "2026-02-28T16:00:00Z 2026-03-31T16:00:00Z 31d"),
            ("Asia/Shanghai", Month, "2026-03-31T16:00:15Z", "2026-03-31T16:00:00Z 2026-04-30T16:00:00Z 30d"),
            // An hour is missing in March and one is there twice in October.
            ("Europe/Berlin", Month, "2026-03-15T00:00:00Z", "2026-02-28T23:00:00Z 2026-03-31T22:00:00Z 30d23h"),
            ("Europe/Berlin", Month, "2026-10-15T00:00:00Z", "2026-09-30T22:00:00Z 2026-10-31T23:00:00Z 31d1h"),
            ("Europe/Berlin", Week, "2026-03-29T12:00:00Z", "2026-03-22T23:00:00Z 2026-03-29T22:00:00Z 6d23h"),
            ("America/New_York", Quarter, "2026-02-01T00:00:00Z", "2026-01-01T05:00:00Z 2026-04-01T04:00:00Z 89d23h"),
            ("UTC", Quarter, "2026-12-31T23:59:59Z", "2026-10-01T00:00:00Z 2027-01-01T00:00:00Z 92d"),
            // The instant on the edge is the end of the unit before.
            ("UTC", Month, "2026-03-01T00:00:00Z", "2026-02-01T00:00:00Z 2026-03-01T00:00:00Z 28d"),
            // Midnight was skipped in Cairo that day.
            ("Africa/Cairo", Week, "2026-04-24T12:00:00Z", "2026-04-19T22:00:00Z 2026-04-26T21:00:00Z 6d23h"),
        ] {
            let got = unit(zone, of, at).replace("d0h", "d");
            assert_eq!(got, told, "{zone} {at}");
        }
        assert_eq!(Zone::parse("Mars/Olympus"), None);
    }

    #[test]
    fn skipped_and_doubled_times_have_one_instant() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let read = |text: &str| berlin.read(text).unwrap().rfc3339();
        assert_eq!(read("2026-03-29T02:30"), "2026-03-29T01:00:00Z");
        assert_eq!(read("2026-10-25 02:30:00"), "2026-10-25T00:30:00Z");
        assert_eq!(read("2026-07-01"), "2026-06-30T22:00:00Z");
        assert_eq!(read("2026-07-01T02:00:00Z"), "2026-07-01T02:00:00Z");
        assert_eq!(berlin.read("tomorrow"), None);
    }
}
