//! Title, the table of facts and the sentence that sums them up.

use super::Told;
use crate::domain::base::Money;
use crate::domain::cost::CostSheet;
use crate::domain::incident::{ImpactRecord, Phase};
use crate::report::doc::{Block, Line, Table};
use crate::words::{money, plural, report as names, time, units};

/// `INC-0001: payments, P0`.
pub(in crate::report) fn title(t: &Told<'_>) -> Line {
    let incident = &t.facts.incident;
    let severity = incident.peak_severity.map_or_else(|| t.say("suspected", "疑似"), |s| s.to_string());
    let drill = if incident.drill { t.say(" (drill)", "（演练）") } else { String::new() };
    Line::say(format!("{}: ", incident.id)).and_text(&incident.service).and(format!(", {severity}{drill}"))
}

pub(in crate::report) fn table(t: &Told<'_>) -> Block {
    let m = t.facts.milestones();
    let row = |en: &str, zh: &str, value: Line| vec![Line::say(t.say(en, zh)), value];
    let to = t.say("to", "至");
    let mut rows = vec![
        row("Status", "状态", status(t)),
        row("Severity", "级别", severity(t)),
        row("Services", "服务", services(t)),
        row("Impact", "影响时段", Line::say(format!("{} {to} {}", t.instant(m.impact_start), t.instant(m.impact_end)))),
        row("Impact lasted", "影响时长", Line::say(t.length(t.facts.impact_span))),
        row("Detected", "发现", Line::say(t.instant(m.detected))),
        row("Cost", "损失", Line::say(cost_words(t, t.facts.incident.cost.as_ref()))),
    ];
    let flaps = t.facts.incident.flaps;
    if flaps > 0 {
        let times = plural::counted(flaps as usize, "time", "times");
        rows.push(row("Reopened", "重开", Line::say(t.say(times, format!("{flaps} 次")))));
    }
    if t.facts.incident.drill {
        let what = t.say("practised, not real: no part of cost or statistics", "演练，并非真实：不计入损失和统计");
        rows.push(row("Drill", "演练", Line::say(what)));
    }
    Block::Table(Table::new(t.say("The incident in short", "事故概况"), &["", ""], rows))
}

/// Facts in one sentence.
pub(in crate::report) fn summary(t: &Told<'_>) -> Block {
    let incident = &t.facts.incident;
    let what = match &incident.impact {
        Some(impact) => failed(t, impact),
        None => t.say("what users lost has not been measured", "用户的损失尚未测量"),
    };
    let long = t
        .facts
        .impact_span
        .map_or_else(String::new, |s| t.say(format!(" within {}", time::span(s)), format!("，历时 {}", time::span(s))));
    let open = if incident.phase.is_live() { t.say(" It is not over.", "尚未结束。") } else { String::new() };
    let cost = cost_words(t, incident.cost.as_ref());
    let rest = t.say(format!(": {what}{long}. Cost: {cost}.{open}"), format!("：{what}{long}。损失：{cost}。{open}"));
    Block::Paragraph(Line::text(&incident.service).and(rest))
}

/// `83,419 of 861,382 events failed (9.68%)`.
pub(super) fn failed(t: &Told<'_>, impact: &ImpactRecord) -> String {
    let bad = units::count(impact.bad);
    if let Some(total) = impact.total.filter(|t| *t > 0.0) {
        let (all, share) = (units::count(total), units::percent_auto(impact.bad / total));
        let events = plural::noun_of(total, "event", "events");
        t.say(format!("{bad} of {all} {events} failed ({share})"), format!("{all} 个事件中 {bad} 个失败（{share}）"))
    } else {
        let events = plural::noun_of(impact.bad, "event", "events");
        t.say(format!("{bad} bad {events}"), format!("{bad} 个失败事件"))
    }
}

/// The total in words: exact, "at least" when parts are missing, or not estimated.
pub(super) fn cost_words(t: &Told<'_>, sheet: Option<&CostSheet>) -> String {
    let Some((sheet, total)) = sheet.and_then(|s| Some((s, s.total?))) else {
        return t.say(money::NOT_ESTIMATED, "未估算");
    };
    let amount = money::exact(Money::new(total, sheet.currency));
    let kinds: Vec<&str> = sheet.value_kinds().iter().map(|k| names::value_is(*k, t.language)).collect();
    let kinds = if kinds.is_empty() {
        String::new()
    } else {
        t.say(format!(", lost revenue valued as {}", kinds.join(" and ")), format!("，收入损失按{}计", kinds.join("和")))
    };
    if sheet.complete {
        format!("{amount}{kinds}")
    } else {
        t.say(format!("at least {amount} (partial{kinds})"), format!("至少 {amount}（不完整{kinds}）"))
    }
}

fn status(t: &Told<'_>) -> Line {
    let no_data = t.facts.incident.no_data_since.map_or_else(String::new, |at| {
        let at = t.instant(Some(at));
        t.say(format!("; no data since {at}"), format!("；自 {at} 起没有数据"))
    });
    let suspected = t.facts.phase() == Phase::Suspected;
    let hint = if suspected { t.say(" (no rule pages for it)", "（没有规则为此通知）") } else { String::new() };
    Line::say(format!("{}{hint}{no_data}", names::phase(t.facts.phase(), t.language)))
}

fn severity(t: &Told<'_>) -> Line {
    let Some(peak) = t.facts.incident.peak_severity else { return Line::say(t.say("none", "无")) };
    let since = t.facts.peak_at.map_or_else(String::new, |at| {
        let at = t.instant(Some(at));
        t.say(format!(" since {at}"), format!("，自 {at}"))
    });
    let reasons = t.facts.peak_reasons.iter().map(|r| Line::text(&r.text));
    let why = if t.facts.peak_reasons.is_empty() {
        Line::say(t.say("reason unknown", "原因未知"))
    } else {
        Line::joined(reasons, "; ")
    };
    Line::say(format!("{peak}{since}: ")).and_line(why)
}

fn services(t: &Told<'_>) -> Line {
    let told = t.facts.incident.services.iter().map(|(service, slos)| {
        if slos.is_empty() { Line::text(service) } else { Line::joined(slos.iter().map(|s| Line::text(s.as_str())), ", ") }
    });
    let told: Vec<Line> = told.collect();
    if told.is_empty() { Line::text(&t.facts.incident.service) } else { Line::joined(told, "; ") }
}
