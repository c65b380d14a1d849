//! Clocks, timeline, detection and pages.

use super::Told;
use crate::domain::base::{Ms, Span};
use crate::domain::incident::{Entry, Outcome, PageRecord};
use crate::domain::review::{Clock, ClockKind};
use crate::report::doc::{Block, Line, Table};
use crate::words::{Zone, report as names, time, timeline as sentences};

pub(in crate::report) fn clocks(t: &Told<'_>) -> Block {
    let row =
        |c: &Clock| vec![Line::say(c.kind.name()), Line::say(told(t, *c)), Line::say(names::definition(c.kind, t.language))];
    let head = [t.say("clock", "时钟"), t.say("value", "值"), t.say("definition", "定义")];
    let rows = t.facts.clocks.iter().map(row).collect();
    Block::Table(Table::new(t.say("Clocks of the incident", "事故时钟"), &head.each_ref().map(|h| &**h), rows))
}

fn told(t: &Told<'_>, clock: Clock) -> String {
    match (clock.kind, clock.value) {
        (ClockKind::Detect, Some(_)) if t.facts.incident.is_proactive() => {
            t.say("0s (found before users were hurt)", "0s（在用户受影响之前发现）")
        }
        (ClockKind::Acknowledge, None) => t.say("unknown: nobody acknowledged it", "未知：无人确认"),
        (ClockKind::Mitigate | ClockKind::Resolve, None) if t.facts.phase().is_live() => t.say("not yet", "尚未"),
        (_, value) => t.length(value),
    }
}

/// Entries in the order in which things happened.
pub(in crate::report) fn timeline(t: &Told<'_>) -> Block {
    let mut entries: Vec<&Entry> = t.facts.incident.entries.iter().collect();
    entries.sort_by_key(|e| (e.at, e.seq));
    let local = entries.iter().any(|e| t.zone.offset(e.at) != "UTC");
    let rows: Vec<Vec<Line>> = entries.iter().map(|e| row(t, e, local)).collect();
    if rows.is_empty() {
        return Block::say(t.say("Nothing is recorded.", "没有记录。"));
    }
    let (here, who, what) = (t.say("local", "本地"), t.say("who", "谁"), t.say("what", "什么"));
    let head: Vec<&str> = if local { vec!["UTC", &here, &who, &what] } else { vec!["UTC", &who, &what] };
    Block::Table(Table::new(t.say("Timeline", "时间线"), &head, rows))
}

fn row(t: &Told<'_>, entry: &Entry, local: bool) -> Vec<Line> {
    let corrects = entry
        .corrects
        .map_or_else(String::new, |seq| t.say(format!(" (corrects entry {})", seq.0), format!("（更正条目 {}）", seq.0)));
    let late = if entry.recorded_at.since(entry.at) > LATE {
        let at = t.instant(Some(entry.recorded_at));
        t.say(format!(" (recorded {at})"), format!("（记录于 {at}）"))
    } else {
        String::new()
    };
    let what = Line::text(&sentences::sentence_in(entry, Zone::Utc, t.language)).and(corrects).and(late);
    let here = local.then(|| Line::say(format!("{} {}", t.zone.clock(entry.at), t.zone.offset(entry.at))));
    let utc = Line::say(Zone::Utc.full(entry.at).replace(" UTC", ""));
    [Some(utc), here, Some(Line::text(sentences::actor(entry))), Some(what)].into_iter().flatten().collect()
}

/// An entry recorded so much after the fact says when.
const LATE: Span = Span::from_mins(1);

pub(in crate::report) fn detection(t: &Told<'_>) -> Vec<Block> {
    let m = t.facts.milestones();
    let rules = t
        .facts
        .first_rules
        .iter()
        .map(|r| Line::text(&r.rule).and(t.say(" on ", "，")).and_text(r.slo.as_str()).and(format!(" ({})", r.severity)));
    let rules = if t.facts.first_rules.is_empty() { Line::say(t.unknown()) } else { Line::joined(rules, "; ") };
    let detected = t.instant(m.detected);
    let by = t.say(format!("Detected {detected} by the rule: "), format!("{detected} 由规则发现："));
    let items = vec![
        Line::say(by).and_line(rules).and(t.say(".", "。")),
        told_or(t, m.paged, ("First page made", "首次通知生成于"), ("No page was made.", "没有生成通知。")),
        told_or(
            t,
            m.delivered,
            ("Accepted by a receiver", "首次被接收于"),
            ("No receiver accepted a page.", "没有接收方接收通知。"),
        ),
        acknowledged(t),
        told_or(
            t,
            m.impact_end,
            ("Users were served again", "用户恢复于"),
            ("The end of the impact is unknown.", "影响的结束时间未知。"),
        ),
        told_or(t, m.resolved, ("Resolved", "结束于"), ("It is not resolved.", "尚未结束。")),
    ];
    vec![Block::List(items), pages(t)]
}

fn acknowledged(t: &Told<'_>) -> Line {
    let Some(at) = t.facts.milestones().acknowledged else {
        return Line::say(t.say("Nobody acknowledged it.", "无人确认。"));
    };
    let line = Line::say(format!("{} {}", t.say("Acknowledged", "确认于"), t.instant(Some(at))));
    let person = t.facts.incident.acknowledged_by.as_ref();
    person.map_or(line.clone(), |(who, _)| line.and(t.say(" by ", "，")).and_text(who)).and(t.say(".", "。"))
}

fn told_or(t: &Told<'_>, at: Option<Ms>, what: (&str, &str), otherwise: (&str, &str)) -> Line {
    Line::say(at.map_or_else(
        || t.say(otherwise.0, otherwise.1),
        |at| {
            let at = t.instant(Some(at));
            t.say(format!("{} {at}.", what.0), format!("{} {at}。", what.1))
        },
    ))
}

fn pages(t: &Told<'_>) -> Block {
    if t.facts.pages().is_empty() {
        return Block::say(t.say("No page has reached its end.", "没有已完成的通知。"));
    }
    let rows = t.facts.pages().iter().map(|p| page(t, p)).collect();
    let head = [
        t.say("page", "通知"),
        t.say("severity", "级别"),
        t.say("receiver", "接收方"),
        t.say("made (UTC)", "生成（UTC）"),
        t.say("accepted after", "接收用时"),
        t.say("tries", "次数"),
        t.say("outcome", "结果"),
    ];
    let table = Table::new(t.say("Pages", "通知"), &head.each_ref().map(|h| &**h), rows);
    Block::Table(table.numbers(&[5]))
}

fn page(t: &Told<'_>, p: &PageRecord) -> Vec<Line> {
    let outcome = match p.outcome {
        Outcome::Delivered => t.say("delivered", "已送达"),
        Outcome::Failed => t.say("failed", "失败"),
        Outcome::Dropped => t.say("dropped", "放弃"),
    };
    let detail = if p.detail.is_empty() { Line::default() } else { Line::say(": ").and_text(&p.detail) };
    vec![
        Line::text(&p.kind.replace('_', " ")),
        Line::say(p.severity.to_string()),
        Line::text(&p.receiver),
        Line::say(Zone::Utc.full(p.created).replace(" UTC", "")),
        Line::say(p.delivered.map_or_else(|| t.say("never", "从未"), |at| time::span(at.since(p.created)))),
        Line::say(p.attempts.to_string()),
        Line::say(outcome).and_line(detail),
    ]
}
