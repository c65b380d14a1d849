//! `exclude:`: time that does not count, `{from, to | rrule, duration, zone, reason, author}`.

use super::words;
use crate::domain::base::{Interval, Ms, Span, Zone, zone};
use crate::domain::measure::{Exclude, Recurrence};
use crate::domain::objective::Exclusion;
use crate::kit::yaml::{Fields, Findings, Node};

const FIELDS: [&str; 7] = ["from", "to", "rrule", "duration", "zone", "reason", "author"];
/// Most exclusions of one SLO or document.
const MOST: usize = 500;
/// Longest occurrence of a recurring exclusion.
const LONGEST: Span = Span::from_days(31);

/// The exclusions of a list; those with errors are told and left out.
pub(super) fn read(out: &mut Findings<'_>, node: &Node) -> Vec<Exclusion> {
    let items = out.list(node, "`exclude`").unwrap_or_default();
    if let Some(first) = items.get(MOST) {
        out.error("too-many-exclusions", &first.span, format!("more than {MOST} exclusions in one list"));
    }
    items.iter().take(MOST).filter_map(|item| read_one(out, item)).collect()
}

fn read_one(out: &mut Findings<'_>, node: &Node) -> Option<Exclusion> {
    let what = "an exclusion";
    let fields = out.fields(node, what, &FIELDS)?;
    let zone = match fields.get(out, "zone") {
        Some(node) => Some(super::period::read_zone(out, node)?),
        None => None,
    };
    let when = match (fields.has("rrule"), fields.has("to")) {
        (true, true) => {
            let span = fields.key_span("to").unwrap_or_else(|| fields.head());
            let hint = "say how long it lasts with `duration`, and when the rule ends with UNTIL or COUNT in it";
            out.error_hint("two-meanings", &span, "`rrule` and `to` are both given", hint);
            None
        }
        (true, false) => recurring(out, &fields, zone),
        (false, _) => once(out, &fields, zone),
    };
    let reason = fields.need(out, "reason", what).and_then(|n| words(out, n, "`reason`"));
    let author = fields.get(out, "author").and_then(|n| words(out, n, "`author`"));
    Some(Exclusion { when: when?, reason: reason?, author })
}

fn once(out: &mut Findings<'_>, fields: &Fields<'_>, zone: Option<Zone>) -> Option<Exclude> {
    let what = "an exclusion without `rrule`";
    let from = fields.need(out, "from", what).and_then(|n| read_time(out, n, "`from`", zone));
    let to = match (fields.get(out, "to"), fields.get(out, "duration")) {
        (Some(to), None) => read_time(out, to, "`to`", zone),
        (None, Some(lasts)) => out.span(lasts, "`duration`").zip(from).map(|(lasts, from)| from + lasts),
        (Some(_), Some(lasts)) => {
            let hint = "keep one of them; the other one follows";
            out.error_hint("two-meanings", &lasts.span, "`to` and `duration` are both given", hint);
            None
        }
        (None, None) => {
            fields.missing(out, &["to", "duration"], "an exclusion needs `to` or `duration`", "add `to: ...` or `duration: 2h`");
            None
        }
    };
    let (from, to) = (from?, to?);
    if from >= to {
        let span = fields.key_span("to").unwrap_or_else(|| fields.head());
        out.error_hint("bad-interval", &span, "the exclusion ends before it begins", "write `from` before `to`");
        return None;
    }
    Some(Exclude::Once(Interval { from, to }))
}

fn recurring(out: &mut Findings<'_>, fields: &Fields<'_>, zone: Option<Zone>) -> Option<Exclude> {
    let what = "a recurring exclusion";
    let lasts = fields.need(out, "duration", what).and_then(|n| {
        let lasts = out.span(n, "`duration`")?;
        if lasts > LONGEST {
            out.error("bad-duration", &n.span, format!("an occurrence may last {LONGEST} at most"));
            return None;
        }
        Some(lasts)
    });
    let start = match fields.get(out, "from") {
        Some(node) => {
            let text = out.text(node, "`from`")?;
            let Some(local) = zone::local_time(text) else {
                let hint = "the first start is a local time such as 2026-01-04T02:00, with its zone under `zone`";
                out.error_hint("bad-time", &node.span, "`from` of a recurring exclusion must be a local time", hint);
                return None;
            };
            Some(local)
        }
        None => None,
    };
    let node = fields.get(out, "rrule")?;
    let text = out.text(node, "`rrule`")?.clone();
    match Recurrence::parse(&text, start, zone, lasts?) {
        Ok(rule) => Some(Exclude::Recurring(Box::new(rule))),
        Err(why) => {
            let shown: String = why.chars().take(300).collect();
            let hint = "rules look like `DTSTART;TZID=Europe/Berlin:20260104T020000 RRULE:FREQ=WEEKLY;BYDAY=SU`";
            out.error_hint("bad-rrule", &node.span, format!("`rrule` cannot be used: {shown}"), hint);
            None
        }
    }
}

/// RFC 3339, or a local time with a zone beside it.
fn read_time(out: &mut Findings<'_>, node: &Node, what: &str, zone: Option<Zone>) -> Option<Ms> {
    let text = out.text(node, what)?.clone();
    let found = Ms::parse_rfc3339(&text).or_else(|| zone.and_then(|zone| zone.read(&text)));
    if found.is_none() {
        let message = if zone.is_none() && zone::local_time(&text).is_some() {
            format!("{what} has no zone: nobody knows which instant it is")
        } else {
            format!("{what} is no time")
        };
        let hint = "write 2026-03-01T02:00:00Z, 2026-03-01T02:00:00+08:00, or a local time with `zone: Asia/Shanghai` beside it";
        out.error_hint("bad-time", &node.span, message, hint);
    }
    found
}
