//! Entries in Chinese. Reasons and notes stand as they were written; kinds without a sentence here are told in English.

use crate::domain::base::Interval;
use crate::domain::base::Money;
use crate::domain::incident::{Actor, Entry, Fact, ImpactRecord, Outcome, ReasonText, RuleFired};
use crate::words::money;
use crate::words::units::{count, percent_auto};
use crate::words::{Zone, time};

/// What an entry says, in one Chinese sentence without a full stop.
pub(super) fn sentence(entry: &Entry, zone: Zone) -> String {
    let who = super::actor(entry);
    match &entry.fact {
        Fact::Suspected(onset) => format!("{} 可能有问题：{}", onset.service, why(&onset.reasons, &onset.rules)),
        Fact::Opened(onset) => {
            let severity = onset.severity.map_or_else(String::new, |s| format!("{s} "));
            let drill = if onset.drill { "（演练）" } else { "" };
            let since = zone.clock(onset.impact_start);
            format!("{severity}{}{drill}，自 {since} 起异常：{}", onset.service, why(&onset.reasons, &onset.rules))
        }
        Fact::SeverityChanged { from, to, rules, reasons } => {
            let verb = if to > from { "升至" } else { "降至" };
            format!("级别由 {from} {verb} {to}：{}", why(reasons, rules))
        }
        Fact::Acknowledged => format!("{who} 已确认"),
        Fact::Unacknowledged => match &entry.actor {
            Actor::Auto => "确认已过期".into(),
            Actor::Person(name) => format!("{name} 撤回确认"),
        },
        Fact::Mitigated { impact, .. } => mitigated(impact),
        Fact::Resolved { reason, .. } => {
            let by = match &entry.actor {
                Actor::Auto => "按规则结束：此后没有异常分钟".to_owned(),
                Actor::Person(name) => format!("由 {name} 结束"),
            };
            if reason.is_empty() { by } else { format!("{by}：{reason}") }
        }
        Fact::Closed { not_paged: true } => "在呼叫任何人之前恢复".into(),
        Fact::Closed { not_paged: false } => "已关闭".into(),
        Fact::NoData { since } => format!("自 {} 起没有数据；这不说明用户是否受影响", zone.clock(*since)),
        Fact::DataBack => "数据恢复".into(),
        Fact::Note(text) => text.to_string(),
        Fact::Paged { .. } => paged(&entry.fact),
        Fact::Measured(record) => format!("重新测量影响：{}", impact(record)),
        Fact::Costed(sheet) => match sheet.total {
            None => "成本未估算".into(),
            Some(total) => {
                let amount = money::exact(Money::new(total, sheet.currency));
                if sheet.complete { format!("成本 {amount}") } else { format!("成本至少 {amount}") }
            }
        },
        _ => super::sentence(entry, zone),
    }
}

fn mitigated<'a>(record: impl Into<Option<&'a ImpactRecord>>) -> String {
    record.into().map_or_else(|| "用户恢复正常".into(), |record| format!("用户恢复正常；{}", impact(record)))
}

fn paged(fact: &Fact) -> String {
    let Fact::Paged { receiver, kind, severity, attempts, outcome, detail, .. } = fact else { return String::new() };
    let end = match outcome {
        Outcome::Delivered => "已接收",
        Outcome::Failed => "拒绝了",
        Outcome::Dropped => "未收到",
    };
    let tries = if *attempts > 1 { format!("（共 {attempts} 次）") } else { String::new() };
    let detail = if detail.is_empty() { String::new() } else { format!("：{detail}") };
    format!("{receiver} {end} {severity} 通知 {}{tries}{detail}", kind.replace('_', " "))
}

fn impact(record: &ImpactRecord) -> String {
    let span = time::span(Interval::union_span(record.intervals.iter().copied()));
    match record.total {
        Some(total) if total > 0.0 => {
            let share = percent_auto(record.bad / total);
            format!("{span} 内 {} 个事件中 {} 个失败（{share}）", count(total), count(record.bad))
        }
        _ => format!("{span} 内 {} 个事件失败", count(record.bad)),
    }
}

fn why(reasons: &[ReasonText], rules: &[RuleFired]) -> String {
    let told: Vec<&str> =
        if reasons.is_empty() { rules.iter().map(|r| &*r.rule).collect() } else { reasons.iter().map(|r| &*r.text).collect() };
    if told.is_empty() { "没有记录原因".into() } else { told.join("；") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::{CommitId, IncidentId, Ms, Seq, Severity};

    #[test]
    fn entries_are_told_in_chinese() {
        let tell = |actor, fact| {
            let (commit, hash) = (CommitId("c".into()), [0; 32]);
            let (incident, corrects) = (IncidentId(1), None);
            let (at, recorded_at, source) = (Ms(0), Ms(0), "cli".into());
            sentence(&Entry { seq: Seq(1), incident, fact, at, recorded_at, actor, source, corrects, commit, hash }, Zone::Utc)
        };
        let ann = || Actor::Person("ann".into());
        let reasons = vec![];
        let changed = Fact::SeverityChanged { from: Severity::P1, to: Severity::P0, rules: vec![], reasons };
        assert_eq!(tell(Actor::Auto, changed), "级别由 P1 升至 P0：没有记录原因");
        assert_eq!(tell(ann(), Fact::Acknowledged), "ann 已确认");
        assert_eq!(tell(ann(), Fact::Resolved { reason: "回滚".into(), impact: None }), "由 ann 结束：回滚");
        assert_eq!(tell(Actor::Auto, Fact::DataBack), "数据恢复");
        assert_eq!(tell(ann(), Fact::Note("看图".into())), "看图");
    }
}
