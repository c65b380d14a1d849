//! Silences of the configuration: once, at the same hours of the week again and again, or by a recurrence rule (maintenance windows).
//!
//! Deliberately absent: silences that people make meanwhile, which are entries (`incident/notice`).

use crate::domain::base::{Interval, Ms, Span, Text};
use crate::domain::incident::Scope;
use crate::domain::measure::{Exclude, Recurrence};
use chrono::{DateTime, Datelike, Days, NaiveTime, TimeZone, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use std::sync::{Mutex, PoisonError};

/// When a silence of the configuration holds.
#[derive(Clone, Debug, PartialEq)]
pub enum SilenceTime {
    /// One stretch.
    Once {
        /// From when; for ever before `until` when absent.
        from: Option<Ms>,
        /// Until when.
        until: Ms,
    },
    /// The same hours on some days of the week, by the clocks of a zone.
    Weekly {
        /// The days on which it begins; every day when empty.
        days: Vec<Weekday>,
        /// From this minute of the day.
        from: u16,
        /// To this minute of the day; one that is not later is on the day after.
        to: u16,
        /// By whose clocks.
        zone: Tz,
    },
    /// By a recurrence rule (RFC 5545).
    Recurring(Box<Recurring>),
}

/// A recurrence rule, with its stretches around the time that was asked for last: rules are asked at every page and every picture.
#[derive(Debug)]
pub struct Recurring {
    rule: Exclude,
    known: Mutex<Option<(Interval, Vec<Interval>)>>,
}

impl Recurring {
    /// So much of the calendar is known at once.
    const KNOWN: Span = Span::from_days(7);

    /// Nothing is unfolded yet.
    pub fn new(rule: Recurrence) -> Self {
        Self { rule: Exclude::Recurring(Box::new(rule)), known: Mutex::default() }
    }

    fn active_until(&self, now: Ms) -> Option<Ms> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.take().filter(|(span, _)| span.from <= now && now < span.to);
        let (_, stretches) = known.insert(fresh.unwrap_or_else(|| {
            let span = Interval { from: now, to: now + Self::KNOWN };
            (span, self.rule.within(span.from, span.to))
        }));
        stretches.iter().filter(|i| i.from <= now && now < i.to).map(|i| i.to).max()
    }
}

impl Clone for Recurring {
    fn clone(&self) -> Self {
        Self { rule: self.rule.clone(), known: Mutex::default() }
    }
}

impl PartialEq for Recurring {
    /// By the rule alone.
    fn eq(&self, other: &Self) -> bool {
        self.rule == other.rule
    }
}

impl SilenceTime {
    /// Until when it holds, when it holds at `now`.
    pub fn active_until(&self, now: Ms) -> Option<Ms> {
        match self {
            Self::Once { from, until } => (from.is_none_or(|from| from <= now) && now < *until).then_some(*until),
            Self::Weekly { days, from, to, zone } => weekly(days, *from, *to, *zone, now),
            Self::Recurring(rule) => rule.active_until(now),
        }
    }
}

fn weekly(days: &[Weekday], from: u16, to: u16, zone: Tz, now: Ms) -> Option<Ms> {
    let local = DateTime::<Utc>::from_timestamp_millis(now.0)?.with_timezone(&zone);
    let minute = u16::try_from(local.hour() * 60 + local.minute()).ok()?;
    let begins = |day: Weekday| days.is_empty() || days.contains(&day);
    let over_midnight = to <= from;
    let (today, yesterday) = (local.weekday(), local.weekday().pred());
    let end = if begins(today) && minute >= from && (over_midnight || minute < to) {
        local.date_naive().checked_add_days(Days::new(u64::from(over_midnight)))?
    } else if over_midnight && begins(yesterday) && minute < to {
        local.date_naive()
    } else {
        return None;
    };
    let time = NaiveTime::from_hms_opt(u32::from(to) / 60 % 24, u32::from(to) % 60, 0)?;
    let end = end.checked_add_days(Days::new(u64::from(to >= 24 * 60)))?.and_time(time);
    // Clocks that are turned may leave that minute out: then it ends an hour later.
    let end = zone.from_local_datetime(&end).earliest().map(|t| Ms(t.timestamp_millis()));
    Some(end.unwrap_or(now + Span::from_hours(1)))
}

/// A silence of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedSilence {
    /// What for.
    pub scope: Scope,
    /// When.
    pub time: SilenceTime,
    /// Why.
    pub reason: Text,
    /// Who says so.
    pub author: Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Ms {
        Ms::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_window_follows_the_clocks_of_its_zone_and_crosses_midnight() {
        let nights = SilenceTime::Weekly { days: vec![Weekday::Sat], from: 23 * 60, to: 60, zone: Tz::Asia__Shanghai };
        for (now, until) in [
            ("2026-03-07T14:59:59Z", None),
            ("2026-03-07T15:00:00Z", Some("2026-03-07T17:00:00Z")),
            ("2026-03-07T16:59:59Z", Some("2026-03-07T17:00:00Z")),
            ("2026-03-07T17:00:00Z", None),
            ("2026-03-08T15:30:00Z", None),
        ] {
            assert_eq!(nights.active_until(at(now)), until.map(at), "{now}");
        }
        let daily = SilenceTime::Weekly { days: vec![], from: 120, to: 180, zone: Tz::Europe__Berlin };
        assert_eq!(daily.active_until(at("2026-07-01T00:30:00Z")), Some(at("2026-07-01T01:00:00Z")));
        assert_eq!(daily.active_until(at("2026-01-01T00:30:00Z")), None, "in winter it is an hour later");
        let whole = SilenceTime::Weekly { days: vec![Weekday::Sun], from: 0, to: 24 * 60, zone: Tz::UTC };
        assert_eq!(whole.active_until(at("2026-03-08T12:00:00Z")), Some(at("2026-03-09T00:00:00Z")));
    }

    #[test]
    fn a_rule_holds_for_its_duration_whenever_it_comes() {
        let zone = crate::domain::base::Zone::parse("Europe/Berlin");
        let text = "DTSTART:20260101T020000 RRULE:FREQ=MONTHLY;BYDAY=1SU EXDATE;TZID=Europe/Berlin:20260503T020000";
        let rule = Recurrence::parse(text, None, zone, Span::from_hours(3)).unwrap();
        let window = SilenceTime::Recurring(Box::new(Recurring::new(rule)));
        for (now, until) in [
            ("2026-04-05T00:00:00Z", Some("2026-04-05T03:00:00Z")),
            ("2026-04-04T23:59:59Z", None),
            ("2026-04-05T02:59:59Z", Some("2026-04-05T03:00:00Z")),
            ("2026-04-05T03:00:00Z", None),
            ("2026-04-12T01:00:00Z", None),
            ("2026-02-01T01:30:00Z", Some("2026-02-01T04:00:00Z")),
            ("2026-05-03T01:00:00Z", None),
        ] {
            assert_eq!(window.active_until(at(now)), until.map(at), "{now}");
        }
        assert_eq!(window.clone(), window);
    }

    #[test]
    fn a_stretch_holds_from_its_beginning_to_before_its_end() {
        let once = SilenceTime::Once { from: Some(Ms(10)), until: Ms(20) };
        assert_eq!([9, 10, 19, 20].map(|n| once.active_until(Ms(n)).is_some()), [false, true, true, false]);
    }
}
