//! `responder_labour`: intervals with rates by role, premium hours and reviews; or hours x people x rate.

use super::ask::{Ask, Home, Takes, number};
use super::components::plain;
use crate::domain::base::{Interval, Ms, Span, Text};
use crate::domain::cost::estimate::{Component, DayZone, Hours, Kind, Premium, Review, Shift};
use crate::kit::yaml::{Findings, Node};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

const WHAT: &str = "`responder_labour`";
const FLAT: [&str; 4] = ["engineers", "hours_each", "rate", "currency"];
const SHIFTS: [&str; 5] = ["rates", "premium", "intervals", "review", "currency"];
/// Longest stretch of one person's work.
const LONGEST: Span = Span::from_days(31);
/// Most stretches and reviews.
const MOST: usize = 1_000;

pub(super) fn read(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Option<Component> {
    let is_flat = ["engineers", "hours_each", "rate"].iter().any(|f| node.get(f).is_some());
    let is_shifts = ["rates", "intervals", "review", "premium"].iter().any(|f| node.get(f).is_some());
    if is_flat && !is_shifts {
        let mut ask = Ask::open(out, node, WHAT, &FLAT)?;
        let currency = ask.currency(home);
        let [engineers, hours_each, rate] = ["engineers", "hours_each", "rate"].map(|f| ask.need(f, Takes::Positive));
        let flat = Hours::Flat { engineers: engineers?, hours_each: hours_each?, rate: rate? };
        return Some(plain(currency?, Kind::Labour(flat)));
    }
    let mut ask = Ask::open(out, node, WHAT, &SHIFTS)?;
    let before = ask.out.errors();
    let currency = ask.currency(home);
    let rates = ask.node("rates").and_then(|n| rates(ask.out, n)).unwrap_or_default();
    let premium = ask.fields.get(ask.out, "premium").and_then(|n| premium(ask.out, n));
    let mut shifts = Vec::new();
    let mut reviews = Vec::new();
    if !ask.fields.has("intervals") && !ask.fields.has("review") {
        let hint = "add `intervals: [{person, role, start, end}]`, or `engineers`, `hours_each` and `rate`";
        ask.fields.missing(ask.out, &["intervals"], &format!("{WHAT} needs `intervals`"), hint);
    }
    if ask.fields.has("intervals") {
        let items = ask.list("intervals")?;
        not_too_many(&mut ask, "intervals", items.len())?;
        shifts = items.iter().filter_map(|n| shift(ask.out, n, &rates)).collect();
    }
    if ask.fields.has("review") {
        let items = ask.list("review")?;
        not_too_many(&mut ask, "review", items.len())?;
        reviews = items.iter().filter_map(|n| review(ask.out, n, &rates)).collect();
    }
    let fine = ask.out.errors() == before;
    fine.then_some(plain(currency?, Kind::Labour(Hours::Shifts { rates, premium, shifts, reviews })))
}

fn not_too_many(ask: &mut Ask<'_, '_, '_>, name: &str, count: usize) -> Option<()> {
    if count <= MOST {
        return Some(());
    }
    let span = ask.span(name);
    ask.out.error("too-many", &span, format!("`{name}` has {count} entries, at most {MOST} are read"));
    None
}

fn rates(out: &mut Findings<'_>, node: &Node) -> Option<BTreeMap<Text, Decimal>> {
    let mut rates = BTreeMap::new();
    for entry in out.entries(node, "`rates`")? {
        if let Some(rate) = number(out, &entry.value, "a rate", Takes::Positive) {
            rates.insert(entry.key.clone(), rate);
        }
    }
    Some(rates)
}

/// Who, and in which role, which must have a rate.
fn who(ask: &mut Ask<'_, '_, '_>, rates: &BTreeMap<Text, Decimal>) -> Option<(Text, Text)> {
    let person = ask.node("person").and_then(|n| ask.out.text(n, "`person`").cloned());
    let node = ask.node("role")?;
    let role: Text = ask.out.text(node, "`role`")?.trim().into();
    if !rates.contains_key(&role) {
        let known: Vec<&str> = rates.keys().map(|k| &**k).collect();
        ask.out.unknown("unknown-role", "role", &role, &node.span, &known, "`rates`");
        return None;
    }
    Some((person?, role))
}

fn shift(out: &mut Findings<'_>, node: &Node, rates: &BTreeMap<Text, Decimal>) -> Option<Shift> {
    let mut ask = Ask::open(out, node, "an interval", &["person", "role", "start", "end"])?;
    let who = who(&mut ask, rates);
    let time = stretch(&mut ask)?;
    if time.span() > LONGEST {
        let span = ask.span("end");
        ask.out.error("bad-interval", &span, "nobody works longer than 31 days at a stretch");
        return None;
    }
    let (person, role) = who?;
    Some(Shift { person, role, time })
}

fn review(out: &mut Findings<'_>, node: &Node, rates: &BTreeMap<Text, Decimal>) -> Option<Review> {
    let mut ask = Ask::open(out, node, "a review", &["person", "role", "hours"])?;
    let (who, hours) = (who(&mut ask, rates), ask.need("hours", Takes::Positive));
    let (person, role) = who?;
    Some(Review { person, role, hours: hours? })
}

/// `start` and `end`, in this order.
pub(super) fn stretch(ask: &mut Ask<'_, '_, '_>) -> Option<Interval> {
    let (from, to) = (instant(ask, "start"), instant(ask, "end"));
    let time = Interval { from: from?, to: to? };
    if time.from >= time.to {
        let span = ask.span("end");
        ask.out.error_hint("bad-interval", &span, "`end` must be after `start`", "check the dates and the zones");
        return None;
    }
    Some(time)
}

fn instant(ask: &mut Ask<'_, '_, '_>, name: &str) -> Option<Ms> {
    let node = ask.node(name)?;
    let text = ask.out.text(node, &format!("`{name}`"))?.clone();
    let at = Ms::parse_rfc3339(&text);
    if at.is_none() {
        let hint = "times look like 2026-03-02T21:30:00+08:00 or 2026-03-02T13:30:00Z";
        ask.out.error_hint("bad-time", &node.span, format!("`{name}` must be a time with its zone"), hint);
    }
    at
}

pub(in crate::formats) fn premium(out: &mut Findings<'_>, node: &Node) -> Option<Premium> {
    let mut ask = Ask::open(out, node, "`premium`", &["from", "to", "zone", "multiplier"])?;
    let (from, to) = (clock(&mut ask, "from"), clock(&mut ask, "to"));
    let multiplier = ask.need("multiplier", Takes::AboveZero);
    let node = ask.node("zone")?;
    let text = ask.out.text(node, "`zone`")?.clone();
    let zone = DayZone::parse(text.trim());
    if zone.is_none() {
        let hint = "zones look like +08:00, UTC or Asia/Shanghai";
        ask.out.error_hint("unknown-zone", &node.span, "`zone` is no time zone", hint);
    }
    let multiplier = multiplier?;
    if multiplier < Decimal::ONE {
        let span = ask.span("multiplier");
        ask.out.error_hint("bad-number", &span, "a premium below 1 is none", "1.5 is half as much again");
        return None;
    }
    Some(Premium { from: from?, to: to?, zone: zone?, multiplier })
}

/// `22:00`, or `24:00` for the end of the day.
fn clock(ask: &mut Ask<'_, '_, '_>, name: &str) -> Option<Span> {
    let node = ask.node(name)?;
    let text = ask.out.text(node, &format!("`{name}`"))?.clone();
    let span = parse_clock(text.trim());
    if span.is_none() {
        let hint = "write it in quotes: \"22:00\"";
        ask.out.error_hint("bad-time", &node.span, format!("`{name}` must be a time of day"), hint);
    }
    span
}

fn parse_clock(text: &str) -> Option<Span> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |t: &str| (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<i64>().ok()).flatten();
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (minutes < 60 && (hours < 24 || (hours == 24 && minutes == 0))).then(|| Span::from_mins(hours * 60 + minutes))
}
