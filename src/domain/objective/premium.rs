//! Days, months and hours in the zone of a place, and the hours of the day that are paid more.

use crate::domain::base::{Interval, Ms, Span};
use chrono::{Datelike, FixedOffset, Months, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// Hours that are paid at a multiple.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Premium {
    /// First millisecond of the day, local time.
    pub from: Span,
    /// First millisecond after; before `from` when the hours go past midnight.
    pub to: Span,
    /// Whose day.
    pub zone: DayZone,
    /// How much more: 1.5.
    pub multiplier: Decimal,
}

/// The zone of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayZone {
    /// A fixed distance from UTC.
    Fixed(FixedOffset),
    /// A place, with its summer time.
    Named(Tz),
}

const DAY: i64 = 86_400_000;
/// Offsets of zones change at multiples of this.
const QUARTER: i64 = 15 * 60_000;

impl DayZone {
    /// The zone of the stars and of files.
    pub const UTC: Self = Self::Named(Tz::UTC);

    /// How it is written.
    pub fn name(self) -> String {
        match self {
            Self::Fixed(offset) => offset.to_string(),
            Self::Named(zone) => zone.name().to_owned(),
        }
    }

    /// The clock on the wall there; `None` outside the calendar.
    pub fn local(self, at: Ms) -> Option<NaiveDateTime> {
        let utc = at.utc()?.naive_utc();
        Some(match self {
            Self::Fixed(offset) => offset.from_utc_datetime(&utc).naive_local(),
            Self::Named(zone) => zone.from_utc_datetime(&utc).naive_local(),
        })
    }

    /// The instant of a clock on the wall: the first of two, and the one an hour later where the clock skips it.
    pub fn instant(self, local: NaiveDateTime) -> Option<Ms> {
        let find = |local: &NaiveDateTime| match self {
            Self::Fixed(offset) => offset.from_local_datetime(local).earliest().map(|t| t.timestamp_millis()),
            Self::Named(zone) => zone.from_local_datetime(local).earliest().map(|t| t.timestamp_millis()),
        };
        find(&local).or_else(|| find(&(local + chrono::TimeDelta::hours(1)))).map(Ms)
    }

    /// The calendar month that holds an instant: its first moment, and that of the next one.
    pub fn month(self, at: Ms) -> Option<Interval> {
        let local = self.local(at)?;
        let first = NaiveDate::from_ymd_opt(local.year(), local.month(), 1)?;
        let start = |day: NaiveDate| self.instant(day.and_hms_opt(0, 0, 0)?);
        Some(Interval { from: start(first)?, to: start(first.checked_add_months(Months::new(1))?)? })
    }

    /// Reads `+08:00`, `UTC` or `Asia/Shanghai`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with(['+', '-']) {
            return text.parse().ok().map(Self::Fixed);
        }
        text.parse().ok().map(Self::Named)
    }

    /// Milliseconds since local midnight.
    fn time_of_day(self, at: Ms) -> i64 {
        let Some(utc) = at.utc() else { return 0 };
        let offset = match self {
            Self::Fixed(offset) => offset,
            Self::Named(zone) => zone.offset_from_utc_datetime(&utc.naive_utc()).fix(),
        };
        (at.0 + i64::from(offset.local_minus_utc()) * 1000).rem_euclid(DAY)
    }
}

impl Premium {
    fn holds(&self, time: i64) -> bool {
        let (from, to) = (self.from.0, self.to.0);
        if from <= to { from <= time && time < to } else { time >= from || time < to }
    }

    /// How much of a stretch lies in the hours. Walks it in steps within which neither hours nor offset can change.
    pub fn within(&self, stretch: Interval) -> Span {
        let (mut at, mut sum) = (stretch.from, Span::ZERO);
        while at < stretch.to {
            let time = self.zone.time_of_day(at);
            let to_bound = |bound: Span| match (bound.0 - time).rem_euclid(DAY) {
                0 => DAY,
                ms => ms,
            };
            let to_quarter = QUARTER - at.0.rem_euclid(QUARTER);
            let step = Span(to_quarter.min(to_bound(self.from)).min(to_bound(self.to)));
            let next = (at + step).min(stretch.to);
            if self.holds(time) {
                sum = sum + next.since(at);
            }
            at = next;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: i64, to: i64, zone: &str) -> Premium {
        let zone = DayZone::parse(zone).unwrap();
        Premium { from: Span::from_hours(from), to: Span::from_hours(to), zone, multiplier: Decimal::TWO }
    }

    fn stretch(from: &str, to: &str) -> Interval {
        Interval { from: Ms::parse_rfc3339(from).unwrap(), to: Ms::parse_rfc3339(to).unwrap() }
    }

    #[test]
    fn hours_go_past_midnight_in_their_own_zone() {
        let night = hours(22, 8, "+08:00");
        let evening = stretch("2026-03-02T21:30:00+08:00", "2026-03-02T23:00:00+08:00");
        assert_eq!(night.within(evening), Span::from_hours(1));
        assert_eq!(hours(22, 8, "UTC").within(evening), Span::ZERO);
        let whole = stretch("2026-03-02T00:00:00+08:00", "2026-03-04T00:00:00+08:00");
        assert_eq!(night.within(whole), Span::from_hours(20));
        assert_eq!(hours(22, 8, "Asia/Shanghai").within(whole), Span::from_hours(20));
        assert_eq!(hours(9, 17, "+08:00").within(whole), Span::from_hours(16));
    }

    #[test]
    fn months_are_those_of_the_zone_with_their_summer_time() {
        let month = |zone: &str, at: &str| {
            let zone = DayZone::parse(zone).unwrap();
            let month = zone.month(Ms::parse_rfc3339(at).unwrap()).unwrap();
            (month.from.rfc3339(), month.span().0 / 60_000)
        };
        assert_eq!(month("UTC", "2026-02-28T23:30:00Z"), ("2026-02-01T00:00:00Z".into(), 28 * 1440));
        assert_eq!(month("Asia/Shanghai", "2026-02-28T23:30:00Z"), ("2026-02-28T16:00:00Z".into(), 31 * 1440));
        assert_eq!(month("Europe/Berlin", "2026-03-10T00:00:00Z").1, 31 * 1440 - 60);
        assert_eq!(month("+08:00", "2026-12-31T20:00:00Z"), ("2026-12-31T16:00:00Z".into(), 31 * 1440));
    }

    #[test]
    fn a_night_of_summer_time_is_an_hour_shorter_and_one_in_autumn_longer() {
        let night = hours(22, 8, "Europe/Berlin");
        assert_eq!(night.within(stretch("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z")), Span::from_hours(9));
        assert_eq!(night.within(stretch("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z")), Span::from_hours(11));
    }
}
