//! Stretches of time that are left out of every count: once, or again and again by a recurrence rule (RFC 5545).
//!
//! Rules are unfolded a stretch of the calendar at a time and never without end. Deliberately absent: who excluded them and
//! why (see `objective`).

use crate::domain::base::{Interval, Ms, Span, Zone};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use rrule::{Frequency, RRuleSet};
use std::fmt;

/// So much of the calendar is unfolded at once.
const UNFOLDED: Span = Span::from_days(32);
/// Most occurrences that are looked at within one stretch of the calendar.
const MOST: u16 = 20_000;
/// Longest text of a rule.
const LONGEST_TEXT: usize = 2_000;
/// Rules begin within these years: earlier ones would be walked through for nothing.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2200;

/// When something is left out.
#[derive(Clone, Debug, PartialEq)]
pub enum Exclude {
    /// From one instant to another: slices that end in `(from, to]`.
    Once(Interval),
    /// Again and again.
    Recurring(Box<Recurrence>),
}

/// A recurrence rule, and how long each occurrence lasts.
#[derive(Clone, Debug, PartialEq)]
pub struct Recurrence {
    set: RRuleSet,
    duration: Span,
}

impl Exclude {
    /// Its stretches that overlap `(from, to]`, ascending.
    pub fn within(&self, from: Ms, to: Ms) -> Vec<Interval> {
        match self {
            Self::Once(once) => Some(*once).filter(|i| i.from < to && i.to > from).into_iter().collect(),
            Self::Recurring(rule) => rule.within(from, to),
        }
    }
}

impl Recurrence {
    /// Reads `FREQ=WEEKLY;BYDAY=SU` or whole lines (`DTSTART;TZID=Europe/Berlin:20260104T020000 RRULE:...`, also `EXDATE` and
    /// `RDATE`). `start` and `zone` are taken where the text has no DTSTART, or one without a zone.
    ///
    /// # Errors
    /// What is wrong with the rule, in words.
    pub fn parse(text: &str, start: Option<NaiveDateTime>, zone: Option<Zone>, duration: Span) -> Result<Self, String> {
        if text.len() > LONGEST_TEXT {
            return Err(format!("the rule is longer than {LONGEST_TEXT} bytes"));
        }
        let (mut begins, mut lines) = (None, Vec::new());
        for line in text.split_whitespace() {
            let name = line.split([':', ';']).next().unwrap_or_default().to_ascii_uppercase();
            match &*name {
                "DTSTART" => begins = Some(dtstart(line, zone)?),
                "EXDATE" | "RDATE" if !line.contains("TZID=") && !line.ends_with(['Z', 'z']) => {
                    return Err(format!("`{name}` needs a zone: {name};TZID=Europe/Berlin:..., or times that end in Z"));
                }
                "RRULE" | "EXDATE" | "RDATE" => lines.push(line.to_owned()),
                _ if line.contains('=') && !line.contains(':') => lines.push(format!("RRULE:{line}")),
                _ => return Err(format!("`{name}` is no part of a recurrence rule; RRULE, DTSTART, EXDATE and RDATE are")),
            }
        }
        let given = start.map(|local| in_zone(local, zone)).transpose()?;
        let begins = begins.or(given).ok_or("nobody knows when it begins: add `from`, the first start, or a DTSTART")?;
        let set = RRuleSet::new(begins).set_from_string(&lines.join("\n")).map_err(|error| error.to_string())?;
        let too_often = |rule: &rrule::RRule| matches!(rule.get_freq(), Frequency::Secondly | Frequency::Minutely);
        if set.get_rrule().iter().any(too_often) {
            return Err("rules by the second or the minute are not read; the most frequent is FREQ=HOURLY".into());
        }
        if set.get_rrule().is_empty() {
            return Err("there is no rule in it; a rule looks like FREQ=WEEKLY;BYDAY=SU".into());
        }
        let rule = Self { set, duration };
        if rule.set.clone().all(1).dates.is_empty() {
            return Err("it never happens".into());
        }
        Ok(rule)
    }

    /// How long an occurrence lasts.
    pub const fn duration(&self) -> Span {
        self.duration
    }

    fn within(&self, from: Ms, to: Ms) -> Vec<Interval> {
        let zone = self.set.get_dt_start().timezone();
        let local = |at: Ms| at.utc().map(|t| t.with_timezone(&zone));
        let (Some(after), Some(before)) = (local(from - self.duration), local(to)) else { return Vec::new() };
        let starts = self.set.clone().after(after).before(before).all(MOST).dates;
        let stretch = |start: i64| Interval { from: Ms(start), to: Ms(start) + self.duration };
        let all = starts.iter().map(|start| stretch(start.timestamp_millis()));
        all.filter(|i| i.from < to && i.to > from).collect()
    }
}

impl fmt::Display for Recurrence {
    /// The rule on one line, with the length of an occurrence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.set.to_string().replace('\n', " "), self.duration)
    }
}

/// `DTSTART;TZID=Europe/Berlin:20260104T020000`, `DTSTART:20260104T020000Z`, or without either in the zone given beside it.
fn dtstart(line: &str, zone: Option<Zone>) -> Result<chrono::DateTime<rrule::Tz>, String> {
    let (head, value) = line.split_once(':').ok_or("DTSTART has no time; it looks like DTSTART:20260104T020000Z")?;
    let named = head.split(';').find_map(|part| part.strip_prefix("TZID="));
    let zone = match named {
        Some(name) => Some(Zone::parse(name).ok_or_else(|| format!("`{name}` is no IANA zone, such as Europe/Berlin"))?),
        None if value.ends_with(['Z', 'z']) => Some(Zone::UTC),
        None => zone,
    };
    let digits = value.trim_end_matches(['Z', 'z']);
    let time = NaiveDateTime::parse_from_str(digits, "%Y%m%dT%H%M%S").ok();
    let day = || NaiveDate::parse_from_str(digits, "%Y%m%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    let local = time.or_else(day).ok_or_else(|| format!("`{value}` is no time; times look like 20260104T020000"))?;
    in_zone(local, zone)
}

fn in_zone(local: NaiveDateTime, zone: Option<Zone>) -> Result<chrono::DateTime<rrule::Tz>, String> {
    let zone = zone.ok_or("the zone of its start is not known: add `zone`, such as Europe/Berlin or UTC")?;
    if !YEARS.contains(&chrono::Datelike::year(&local)) {
        return Err(format!("it begins in {}; years from {} are read", chrono::Datelike::year(&local), YEARS.start()));
    }
    let start = zone.instant(local).and_then(Ms::utc).ok_or("its start is no time")?;
    Ok(start.with_timezone(&zone.tz().into()))
}

/// A list of exclusions that can be asked slice after slice.
#[derive(Clone, Debug, Default)]
pub(super) struct Excluded {
    rules: Vec<Exclude>,
    /// The stretch of the calendar that is unfolded.
    known: Option<Interval>,
    list: Vec<Interval>,
}

impl Excluded {
    pub(super) fn new(rules: &[Exclude]) -> Self {
        Self { rules: rules.to_vec(), ..Self::default() }
    }

    /// Whether the slice that ends at `end` is left out.
    pub(super) fn covers(&mut self, end: Ms) -> bool {
        if self.rules.is_empty() {
            return false;
        }
        if !self.known.is_some_and(|known| known.from < end && end <= known.to) {
            let from = (end - Span(1)).floor_to(UNFOLDED);
            self.known = Some(Interval { from, to: from + UNFOLDED });
            self.list = Interval::union(self.rules.iter().flat_map(|rule| rule.within(from, from + UNFOLDED)));
        }
        let next = self.list.partition_point(|i| i.to < end);
        self.list.get(next).is_some_and(|i| i.from < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::zone::local_time;

    fn at(text: &str) -> Ms {
        Ms::parse_rfc3339(text).unwrap()
    }

    fn told(rule: &Recurrence, from: &str, to: &str) -> Vec<String> {
        rule.within(at(from), at(to)).iter().map(|i| format!("{} {}", i.from, i.span())).collect()
    }

    #[test]
    fn a_weekly_window_stays_at_its_local_hour_across_summer_time() {
        let rule = "DTSTART;TZID=Europe/Berlin:20260104T020000\nRRULE:FREQ=WEEKLY;BYDAY=SU";
        let rule = Recurrence::parse(rule, None, None, Span::from_hours(2)).unwrap();
        assert_eq!(
            told(&rule, "2026-03-20T00:00:00Z", "2026-04-06T00:00:00Z"),
            ["2026-03-22T01:00:00Z 2h", "2026-03-29T01:00:00Z 2h", "2026-04-05T00:00:00Z 2h"]
        );
        // The same from a start and a zone beside a bare rule; a folded text has spaces for line ends.
        let bare = Recurrence::parse(
            "FREQ=WEEKLY;BYDAY=SU",
            local_time("2026-01-04T02:00"),
            Zone::parse("Europe/Berlin"),
            Span::from_hours(2),
        );
        assert_eq!(bare.as_ref(), Ok(&rule));
        let folded = "DTSTART:20260104T020000 RRULE:FREQ=WEEKLY;BYDAY=SU";
        assert_eq!(Recurrence::parse(folded, None, Zone::parse("Europe/Berlin"), Span::from_hours(2)).as_ref(), Ok(&rule));
    }

    #[test]
    fn an_occurrence_that_began_before_the_stretch_is_part_of_it() {
        let rule = Recurrence::parse("DTSTART:20260101T230000Z RRULE:FREQ=DAILY", None, None, Span::from_hours(3)).unwrap();
        assert_eq!(told(&rule, "2026-01-03T00:30:00Z", "2026-01-03T02:30:00Z"), ["2026-01-02T23:00:00Z 3h"]);
        let over = Recurrence::parse("DTSTART:20260101T230000Z RRULE:FREQ=DAILY;COUNT=2", None, None, Span::from_hours(1));
        assert_eq!(told(&over.unwrap(), "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z").len(), 2);
    }

    #[test]
    fn what_is_no_rule_is_refused_in_words() {
        for (text, why) in [
            ("FREQ=WEEKLY", "nobody knows when it begins"),
            ("DTSTART:20260104T020000 RRULE:FREQ=DAILY", "the zone of its start is not known"),
            ("DTSTART;TZID=Mars/Olympus:20260104T020000 RRULE:FREQ=DAILY", "is no IANA zone"),
            ("DTSTART:20260104T020000Z RRULE:FREQ=MINUTELY", "by the second or the minute"),
            ("DTSTART:20260104T020000Z RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31", "it never happens"),
            ("DTSTART:20260104T020000Z", "at least one `RRULE`"),
            ("DTSTART:20260104T020000Z RDATE:20260105T020000Z", "there is no rule in it"),
            ("DTSTART:20260104T020000Z RRULE:FREQ=DAILY EXDATE:20260105T020000", "`EXDATE` needs a zone"),
            ("DTSTART:20260104T020000Z EXRULE:FREQ=DAILY", "`EXRULE` is no part"),
            ("DTSTART:18000104T020000Z RRULE:FREQ=DAILY", "years from 1990"),
            ("every sunday", "`EVERY` is no part"),
        ] {
            let got = Recurrence::parse(text, None, None, Span::from_hours(1)).unwrap_err();
            assert!(got.contains(why), "{text}: {got}");
        }
        assert!(Recurrence::parse(&"x".repeat(3000), None, None, Span::from_hours(1)).is_err());
    }

    #[test]
    fn slices_are_asked_one_by_one_over_the_edges_of_what_is_unfolded() {
        let daily = Recurrence::parse("DTSTART:20260101T000000Z RRULE:FREQ=DAILY", None, None, Span::from_mins(1)).unwrap();
        let once = Interval { from: at("2026-02-03T10:00:00Z"), to: at("2026-02-03T10:00:30Z") };
        let mut excluded = Excluded::new(&[Exclude::Recurring(Box::new(daily)), Exclude::Once(once)]);
        let step = Span::from_secs(15);
        let mut end = at("2026-01-01T00:00:00Z");
        let mut found = 0;
        while end < at("2026-03-02T00:00:00Z") {
            end = end + step;
            found += i64::from(excluded.covers(end));
        }
        assert_eq!(found, 60 * 4 + 2);
        assert!(!excluded.covers(at("2026-02-03T10:00:00Z")) && excluded.covers(at("2026-02-03T10:00:15Z")));
    }
}
