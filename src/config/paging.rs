//! When pages are held back, what is run, and the sign of life, as the file has them.
//!
//! Deliberately absent: receivers and routes (`receivers`), and carrying any of it out.

use super::receivers::{ReceiverSettings, Way, read_runner, read_severities};
use crate::domain::base::{Ms, Severity, Span, Text, Zone, zone};
use crate::domain::incident::Scope;
use crate::domain::measure::Recurrence;
use crate::domain::paging::{PlannedSilence, Recurring, ResponseRule, SilenceTime};
use crate::kit::yaml::{Fields, Findings, Node};
use chrono::Weekday;
use chrono_tz::Tz;
use std::path::Path;

const SILENCE_FIELDS: [&str; 12] =
    ["service", "slo", "owner", "severity", "from", "until", "every", "rrule", "duration", "zone", "reason", "author"];
/// Longest occurrence of a recurring silence.
const LONGEST_OCCURRENCE: Span = Span::from_days(7);
const EVERY_FIELDS: [&str; 3] = ["days", "hours", "zone"];
const RESPONSE_FIELDS: [&str; 7] = ["severity", "service", "owner", "cool_down", "dry_run", "webhook", "exec"];
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];
/// How long a response is not run again.
const COOL_DOWN: Span = Span::from_mins(30);
/// The distance of signs of life.
const BEAT: Span = Span::from_mins(1);

/// A response: when it is run, and by what.
#[derive(Clone, Debug)]
pub struct ResponseSettings {
    /// When.
    pub rule: ResponseRule,
    /// A webhook or a command.
    pub runner: ReceiverSettings,
    /// It only says what it would run.
    pub dry_run: bool,
}

/// A sign of life to receivers that notice its absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatSettings {
    /// How often.
    pub every: Span,
    /// To whom.
    pub receivers: Vec<Text>,
}

/// Reads `silences:`.
pub(super) fn read_silences(out: &mut Findings<'_>, node: &Node) -> Vec<PlannedSilence> {
    let items = out.list(node, "`silences`").unwrap_or_default();
    items.iter().filter_map(|item| read_silence(out, item)).collect()
}

fn read_silence(out: &mut Findings<'_>, node: &Node) -> Option<PlannedSilence> {
    let fields = out.fields(node, "a silence", &SILENCE_FIELDS)?;
    let severities = fields.get(out, "severity").map(|n| read_severities(out, n)).unwrap_or_default();
    let scope = Scope {
        service: text(out, &fields, "service"),
        slo: text(out, &fields, "slo"),
        owner: text(out, &fields, "owner"),
        severities,
    };
    if scope.is_everything() {
        let names = ["service", "slo", "owner", "severity"];
        let message = "a silence must say what for: `service`, `slo`, `owner` or `severity`";
        fields.missing(out, &names, message, "for everything, list the severities: [P0, P1, P2]");
    }
    let reason = fields.need(out, "reason", "a silence").and_then(|n| out.text(n, "`reason`").cloned());
    let author = fields.need(out, "author", "a silence").and_then(|n| out.text(n, "`author`").cloned());
    let time = read_time(out, &fields);
    Some(PlannedSilence { scope, time: time?, reason: reason?, author: author? })
}

fn read_time(out: &mut Findings<'_>, fields: &Fields<'_>) -> Option<SilenceTime> {
    if let Some(node) = fields.get(out, "every") {
        if let Some(span) = fields.key_span("until").or_else(|| fields.key_span("from")).or_else(|| fields.key_span("rrule")) {
            out.error_hint("two-meanings", &span, "`every` and one stretch are both given", "make two silences of them");
        }
        return read_every(out, node);
    }
    if fields.has("rrule") {
        return read_recurring(out, fields);
    }
    for name in ["duration", "zone"] {
        if let Some(span) = fields.key_span(name) {
            out.error_hint("not-used", &span, format!("`{name}` belongs to `rrule`"), "write `until: ...` for one stretch");
        }
    }
    let from = fields.get(out, "from").map(|n| read_instant(out, n, "`from`"));
    let until = fields.need(out, "until", "a silence").and_then(|n| read_instant(out, n, "`until`"));
    let from = match from {
        Some(None) => return None,
        Some(from) => from,
        None => None,
    };
    Some(SilenceTime::Once { from, until: until? })
}

/// `rrule`, `duration`, and the first start `from` with its `zone` where the rule has no DTSTART: as exclusions of SLO files have it.
fn read_recurring(out: &mut Findings<'_>, fields: &Fields<'_>) -> Option<SilenceTime> {
    if let Some(span) = fields.key_span("until") {
        let hint = "say how long it lasts with `duration`, and when the rule ends with UNTIL or COUNT in it";
        out.error_hint("two-meanings", &span, "`rrule` and `until` are both given", hint);
    }
    let zone = match fields.get(out, "zone") {
        Some(node) => {
            let name = out.text(node, "`zone`")?.trim().to_owned();
            let zone = Zone::parse(&name);
            if zone.is_none() {
                let hint = "zones look like Asia/Shanghai or UTC";
                out.error_hint("unknown-zone", &node.span, format!("`{name}` is no time zone"), hint);
                return None;
            }
            zone
        }
        None => None,
    };
    let start = match fields.get(out, "from") {
        Some(node) => {
            let local = zone::local_time(out.text(node, "`from`")?);
            if local.is_none() {
                let hint = "the first start is a local time such as 2026-01-04T02:00, with its zone under `zone`";
                out.error_hint("bad-time", &node.span, "`from` of a recurring silence must be a local time", hint);
                return None;
            }
            local
        }
        None => None,
    };
    let lasts = fields.need(out, "duration", "a recurring silence").and_then(|node| {
        let lasts = out.span(node, "`duration`")?;
        if lasts > LONGEST_OCCURRENCE {
            out.error("bad-duration", &node.span, format!("an occurrence may last {LONGEST_OCCURRENCE} at most"));
            return None;
        }
        Some(lasts)
    });
    let node = fields.get(out, "rrule")?;
    let text = out.text(node, "`rrule`")?.clone();
    match Recurrence::parse(&text, start, zone, lasts?) {
        Ok(rule) => Some(SilenceTime::Recurring(Box::new(Recurring::new(rule)))),
        Err(why) => {
            let shown: String = why.chars().take(300).collect();
            let hint = "rules look like `DTSTART;TZID=Europe/Berlin:20260104T020000 RRULE:FREQ=WEEKLY;BYDAY=SU`";
            out.error_hint("bad-rrule", &node.span, format!("`rrule` cannot be used: {shown}"), hint);
            None
        }
    }
}

fn read_every(out: &mut Findings<'_>, node: &Node) -> Option<SilenceTime> {
    let fields = out.fields(node, "`every`", &EVERY_FIELDS)?;
    let days = fields.get(out, "days").map(|n| n.one_or_many()).unwrap_or_default();
    let days: Vec<Weekday> = days.into_iter().filter_map(|n| out.choice(n, "day", &DAYS)).collect();
    let hours = fields.need(out, "hours", "`every`");
    let zone = fields.need(out, "zone", "`every`");
    let (hours, zone) = (hours?, zone?);
    let name = out.text(zone, "`zone`")?.trim().to_owned();
    let Ok(zone_found) = name.parse::<Tz>() else {
        out.error_hint("unknown-zone", &zone.span, format!("`{name}` is no time zone"), "zones look like Asia/Shanghai or UTC");
        return None;
    };
    let text = out.text(hours, "`hours`")?.clone();
    let Some((from, to)) = text.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?))) else {
        out.error_hint("bad-hours", &hours.span, "`hours` must be a stretch of the day", "hours look like 02:00-04:30");
        return None;
    };
    Some(SilenceTime::Weekly { days, from, to, zone: zone_found })
}

/// `02:30` as a minute of the day; `24:00` is its end.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    let all = hour * 60 + minute;
    (minute < 60 && hour <= 24 && all <= 24 * 60).then_some(all)
}

fn read_instant(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Ms> {
    let text = out.text(node, what)?.clone();
    let at = Ms::parse_rfc3339(text.trim());
    if at.is_none() {
        let hint = "instants look like 2026-03-02T02:00:00+08:00";
        out.error_hint("bad-instant", &node.span, format!("{what} must be an instant with its zone"), hint);
    }
    at
}

fn text(out: &mut Findings<'_>, fields: &Fields<'_>, name: &str) -> Option<Text> {
    fields.get(out, name).and_then(|n| out.text(n, &format!("`{name}`")).cloned())
}

/// Reads `responses:`, a mapping of names to what is run.
pub(super) fn read_responses(out: &mut Findings<'_>, node: &Node, folder: &Path) -> Vec<ResponseSettings> {
    let entries = out.entries(node, "`responses`").unwrap_or_default();
    entries.iter().filter_map(|entry| read_response(out, &entry.key, &entry.value, folder)).collect()
}

fn read_response(out: &mut Findings<'_>, name: &Text, node: &Node, folder: &Path) -> Option<ResponseSettings> {
    let fields = out.fields(node, "a response", &RESPONSE_FIELDS)?;
    let severities: Vec<Severity> = fields.need(out, "severity", "a response").map(|n| read_severities(out, n))?;
    let cool_down = fields.get(out, "cool_down").and_then(|n| out.span(n, "`cool_down`")).unwrap_or(COOL_DOWN);
    let choices = [("true", true), ("false", false)];
    let dry_run = fields.get(out, "dry_run").and_then(|n| out.choice(n, "dry_run", &choices)).unwrap_or(true);
    let (service, owner) = (text(out, &fields, "service"), text(out, &fields, "owner"));
    let runner = match (fields.get(out, "webhook"), fields.get(out, "exec")) {
        (Some(node), None) => read_runner(out, "webhook", node, folder),
        (None, Some(node)) => read_runner(out, "exec", node, folder),
        (Some(_), Some(node)) => {
            let message = "a response runs either a `webhook` or an `exec`";
            out.error_hint("two-meanings", &node.span, message, "make two responses of them");
            None
        }
        (None, None) => {
            fields.missing(out, &["webhook", "exec"], "a response needs `webhook` or `exec`", "add `exec: {command: [...]}`");
            None
        }
    };
    let rule = ResponseRule { name: name.clone(), severities, service, owner, cool_down };
    Some(ResponseSettings { rule, runner: runner?, dry_run })
}

/// Reads `heartbeat:` against the receivers there are.
pub(super) fn read_heartbeat(
    out: &mut Findings<'_>,
    node: &Node,
    receivers: &std::collections::BTreeMap<Text, ReceiverSettings>,
    known: &[&str],
) -> Option<HeartbeatSettings> {
    let fields = out.fields(node, "`heartbeat`", &["every", "receivers"])?;
    let every = fields.get(out, "every").and_then(|n| out.span(n, "`every`")).unwrap_or(BEAT);
    let names = fields.need(out, "receivers", "`heartbeat`")?;
    let mut list = Vec::new();
    for node in names.one_or_many() {
        let Some(name) = out.text(node, "`receivers`").cloned() else { continue };
        if !known.contains(&&*name) {
            out.unknown("unknown-receiver", "receiver", &name, &node.span, known, "");
            continue;
        }
        let fits = |r: &ReceiverSettings| matches!(r.way, Way::Alertmanager { .. } | Way::Webhook { .. } | Way::Exec(_));
        if receivers.get(&name).is_some_and(|r| !fits(r)) {
            let message = format!("`{name}` cannot notice that a sign of life stays away");
            let hint = "use an `alertmanager`, or the `webhook` of a service that watches for silence";
            out.error_hint("no-watcher", &node.span, message, hint);
            continue;
        }
        list.push(name);
    }
    Some(HeartbeatSettings { every, receivers: list })
}
