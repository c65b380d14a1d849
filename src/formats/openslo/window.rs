//! Time windows: rolling spans and calendar units, in the spellings of both versions.

use super::{Part, World};
use crate::domain::base::{CalendarUnit, Span, clean_line};
use crate::formats::import::Val;
use chrono::{Datelike, NaiveDateTime, Timelike, Weekday};

/// The period as it will be written, and its length.
pub(super) fn read<'n>(w: &mut World<'_, '_, 'n>, spec: Part<'n>, alpha: bool) -> Option<(Val, Span)> {
    let key = if alpha { "timeWindows" } else { "timeWindow" };
    let list = w.need(spec, key, "an SLO")?;
    let items = w.r(list).out.list(list.node, "the time window")?;
    let [one] = items else {
        w.error(
            list,
            "one-window",
            format!("an SLO needs exactly one time window, this has {}", items.len()),
            "keep one of them",
        );
        return None;
    };
    let item = Part { node: one, ..list };
    w.known(item, "a time window", &["duration", "unit", "count", "isRolling", "calendar"])?;
    let (number, unit, at) = if alpha { counted(w, item)? } else { duration(w, item)? };
    let calendar = item.get("calendar");
    let rolling = item.get("isRolling").and_then(Part::text).map_or(calendar.is_none(), |t| t.trim() == "true");
    match (rolling, calendar) {
        (true, _) => {
            if matches!(unit, 'M' | 'Q' | 'Y') {
                w.note(at, "rolling months, quarters and years are 30, 90 and 365 days, as OpenSLO's own tools count them");
            }
            let days = Span(number.checked_mul(length(unit).0).unwrap_or(i64::MAX));
            Some((w.val(days.to_string(), at), days))
        }
        (false, Some(calendar)) => by_calendar(w, number, unit, at, calendar),
        (false, None) => {
            w.error(item, "missing-field", "a window that does not roll needs `calendar`", "add startTime and timeZone");
            None
        }
    }
}

const fn length(unit: char) -> Span {
    match unit {
        's' => Span::from_secs(1),
        'm' => Span::from_mins(1),
        'h' => Span::from_hours(1),
        'd' => Span::from_days(1),
        'w' => Span::from_days(7),
        'M' => Span::from_days(30),
        'Q' => Span::from_days(90),
        _ => Span::from_days(365),
    }
}

/// `4w`: an integer and one of m, h, d, w, M, Q, Y.
fn duration<'n>(w: &mut World<'_, '_, 'n>, item: Part<'n>) -> Option<(i64, char, Part<'n>)> {
    let (text, at) = w.need_text(item, "duration", "a time window")?;
    let parsed = parse(text);
    if parsed.is_none() {
        let message = format!("`{}` is no duration of OpenSLO", clean_line(text, 40));
        w.error(at, "bad-duration", message, "durations are a number and m (minutes), h, d, w, M (months), Q or Y");
    }
    parsed.map(|(number, unit)| (number, unit, at))
}

/// A number and a unit.
pub(super) fn parse(text: &str) -> Option<(i64, char)> {
    let text = text.trim();
    let unit = text.chars().next_back().filter(|c| "mhdwMQY".contains(*c))?;
    let number = text[..text.len() - 1].parse::<i64>().ok().filter(|n| (0..100_000).contains(n))?;
    Some((number, unit))
}

/// A duration as a span.
pub(super) fn span(text: &str) -> Option<Span> {
    parse(text).and_then(|(number, unit)| Some(Span(number.checked_mul(length(unit).0)?)))
}

/// `{unit: Day, count: 28}` of v1alpha.
fn counted<'n>(w: &mut World<'_, '_, 'n>, item: Part<'n>) -> Option<(i64, char, Part<'n>)> {
    let (unit, at) = w.need_text(item, "unit", "a time window")?;
    let (count, count_at) = w.need_text(item, "count", "a time window")?;
    let known = [
        ("Second", 's'),
        ("Minute", 'm'),
        ("Hour", 'h'),
        ("Day", 'd'),
        ("Week", 'w'),
        ("Month", 'M'),
        ("Quarter", 'Q'),
        ("Year", 'Y'),
    ];
    let Some((_, letter)) = known.into_iter().find(|(name, _)| *name == unit.trim()) else {
        w.error(
            at,
            "unknown-word",
            format!("`{}` is no unit of time", clean_line(unit, 40)),
            "units are Second, Day, Week, Month and Quarter",
        );
        return None;
    };
    let number = count.trim().parse::<i64>().ok().filter(|n| (1..100_000).contains(n));
    if number.is_none() {
        w.error(count_at, "bad-number", format!("`{}` is no count", clean_line(count, 40)), "counts are whole numbers above 0");
    }
    Some((number?, letter, count_at))
}

fn by_calendar<'n>(w: &mut World<'_, '_, 'n>, number: i64, unit: char, at: Part<'n>, calendar: Part<'n>) -> Option<(Val, Span)> {
    w.known(calendar, "`calendar`", &["startTime", "timeZone"])?;
    let ours = match (number, unit) {
        (1, 'w') | (7, 'd') => CalendarUnit::Week,
        (1, 'M') => CalendarUnit::Month,
        (1, 'Q') | (3, 'M') => CalendarUnit::Quarter,
        (_, 'm') => {
            w.error(at, "bad-duration", format!("`{number}m` is minutes, no calendar's unit"), "a month is written 1M");
            return None;
        }
        _ => {
            w.error(
                at,
                "no-calendar-unit",
                "calendars here are of one week, month or quarter",
                "use one of them, or a rolling window",
            );
            return None;
        }
    };
    let (start, start_at) = w.need_text(calendar, "startTime", "a calendar")?;
    let (zone, zone_at) = w.need_text(calendar, "timeZone", "a calendar")?;
    let Ok(start) = NaiveDateTime::parse_from_str(start.trim(), "%Y-%m-%d %H:%M:%S") else {
        w.error(
            start_at,
            "bad-time",
            format!("`{}` is no time of a calendar", clean_line(start, 40)),
            "it looks like 2026-01-01 00:00:00",
        );
        return None;
    };
    let begins = match ours {
        CalendarUnit::Week => start.weekday() == Weekday::Mon,
        CalendarUnit::Month => start.day() == 1,
        CalendarUnit::Quarter => start.day() == 1 && start.month0().is_multiple_of(3),
    };
    if !begins || start.num_seconds_from_midnight() != 0 {
        let usual = if ours == CalendarUnit::Week { "on Monday" } else { "on its first day" };
        w.warn(
            start_at,
            format!("a {} begins {usual} at midnight here, the file's at {}", ours.name(), start.format("%A, %d %B, %H:%M")),
        );
    }
    let val = Val::map([("calendar", w.val(ours.name(), at)), ("zone", w.val(zone.trim(), zone_at))]);
    Some((val, ours.usual()))
}
