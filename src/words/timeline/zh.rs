//! Entries in Chinese. Reasons are told from their numbers; notes and what other tools said stand as they were written.
//!
//! Every kind has its sentence here: a new one does not compile without it.

mod more;

pub(in crate::words) use more::changed_by_words;
pub(super) use more::{changed, silenced};

use crate::domain::base::{Interval, Language, Money};
use crate::domain::cost::CostSheet;
use crate::domain::incident::{Actor, Entry, Fact, ImpactRecord, Outcome, ReasonText, RuleFired};
use crate::words::money;
use crate::words::reason::zh::{recorded, rule};
use crate::words::retold;
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
        Fact::Mitigated { reason, impact } => mitigated(entry, reason, impact.as_ref()),
        Fact::Resolved { reason, impact } => {
            let by = match &entry.actor {
                Actor::Auto => "按规则结束：此后没有异常分钟".to_owned(),
                Actor::Person(name) => format!("由 {name} 结束"),
            };
            format!("{by}{}{}", because(&ours(reason)), with(impact.as_ref()))
        }
        Fact::Reopened { impact_start, rules, reasons } => {
            let by = match &entry.actor {
                Actor::Auto => "再次异常".to_owned(),
                Actor::Person(name) => format!("由 {name} 重开"),
            };
            format!("{by}，自 {} 起：{}", zone.clock(*impact_start), why(reasons, rules))
        }
        Fact::Joined { service, slos, .. } => format!("{service} 加入：{}", more::list(slos)),
        Fact::Closed { not_paged: true } => "通知任何人之前已恢复".into(),
        Fact::Closed { not_paged: false } => "已关闭".into(),
        Fact::NoData { since } => format!("自 {} 起没有数据；这不说明用户是否受影响", zone.clock(*since)),
        Fact::DataBack => "数据恢复".into(),
        Fact::Note(note) => more::noted(note),
        Fact::Paged { .. } => paged(&entry.fact),
        Fact::Measured(record) => format!("重新测量影响：{}", impact(record)),
        Fact::Costed(sheet) => costed(sheet),
        Fact::Notice(told) => more::notice(entry, told, zone),
        Fact::Held(pages) => more::held(pages, zone),
        Fact::Alerted(alert) => more::alerted(entry, alert),
        Fact::Absorbed(other) => more::absorbed(other),
        Fact::Merged { into, reason } => format!("并入 {into}{}", because(reason)),
        Fact::SplitOff { into, services, reason } => more::split_off(*into, services, reason),
        Fact::SplitFrom { from } => format!("此前属于 {from}"),
        Fact::SuspectNamed { service } => format!("{service} 疑似根因：它所依赖的服务都正常"),
        Fact::Evidence(e) => more::evidence(e),
        Fact::Corrected { change, reason } => more::corrected(entry, change, reason, zone),
    }
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!("：{reason}") }
}

fn with(record: Option<&ImpactRecord>) -> String {
    record.map_or_else(String::new, |record| format!("；{}", impact(record)))
}

fn costed(sheet: &CostSheet) -> String {
    let Some(total) = sheet.total else { return "损失未估算".into() };
    let shown = |amount| money::exact(Money::new(amount, sheet.currency));
    let told = if sheet.complete {
        format!("损失 {}", shown(total))
    } else {
        let missing: Vec<String> = sheet.not_estimated.iter().map(|m| missing(m)).collect();
        format!("损失至少 {}；未估算：{}", shown(total), missing.join("；"))
    };
    let provisional = sheet.provisional_until.map_or_else(String::new, |at| format!("；{at} 之前为暂定"));
    let restated = sheet.restates.as_ref().map_or_else(String::new, |r| {
        let was = r.total.map_or_else(|| "未估算".to_owned(), shown);
        format!("；重新计算（{}），此前为 {was}", ours(&r.reason))
    });
    told + &provisional + &restated
}

fn mitigated(entry: &Entry, reason: &str, record: Option<&ImpactRecord>) -> String {
    let who = match &entry.actor {
        Actor::Auto => String::new(),
        Actor::Person(name) => format!("（{name}{}）", because(reason)),
    };
    format!("用户恢复正常{who}{}", with(record))
}

fn paged(fact: &Fact) -> String {
    let Fact::Paged { receiver, kind, severity, attempts, outcome, detail, .. } = fact else { return String::new() };
    if **kind == *"response" {
        return more::response(receiver, *severity, outcome, detail);
    }
    let end = match outcome {
        Outcome::Delivered => "已接收",
        Outcome::Failed => "拒绝了",
        Outcome::Dropped => "未收到",
    };
    let tries = if *attempts > 1 { format!("（共 {attempts} 次）") } else { String::new() };
    let detail = if detail.is_empty() { String::new() } else { format!("：{}", ours(detail)) };
    format!("{receiver} {end} {severity} {}{tries}{detail}", kind_of(kind))
}

/// What a page was about.
fn kind_of(kind: &str) -> String {
    let told = match kind {
        "first" => "首次通知",
        "raised" => "升级通知",
        "repeat" => "重复通知",
        "escalated" => "上报通知",
        "reopened" => "重开通知",
        "no_data" => "无数据通知",
        "resolved" => "恢复通知",
        "test" => "测试通知",
        "heartbeat" => "心跳",
        other => return format!("通知 {other}"),
    };
    told.into()
}

/// A sentence of ours that was recorded as text; what others said stays as it is.
fn ours(text: &str) -> String {
    retold::in_chinese(text).unwrap_or_else(|| text.to_owned())
}

/// `lost_revenue (orders): why`: what is missing of a cost, and why.
fn missing(text: &str) -> String {
    let (what, why) = crate::words::report::missing(text, Language::Zh);
    if why.is_empty() { what } else { format!("{what}：{why}") }
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
    let told: Vec<String> =
        if reasons.is_empty() { rules.iter().map(|r| rule(&r.rule)).collect() } else { reasons.iter().map(recorded).collect() };
    if told.is_empty() { "没有记录原因".into() } else { told.join("；") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::{CommitId, IncidentId, Ms, Seq, Severity, SloId};
    use crate::domain::incident::{Change, Correction, Evidence, HeldPages, IncidentRef, Moment, Notice, Scope, Silence};

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
        let silence = Silence {
            scope: Scope { service: Some("checkout".into()), severities: vec![Severity::P1, Severity::P2], ..Scope::default() },
            from: Ms(0),
            until: Ms(60_000),
            reason: "迁移".into(),
        };
        for (actor, fact, want) in [
            (
                ann(),
                Fact::Notice(Notice::Silenced(silence)),
                "静默 1：服务 checkout、P1 和 P2 的通知暂缓至 1970-01-01 00:01:00 UTC，由 ann 设置：迁移",
            ),
            (ann(), Fact::Notice(Notice::SilenceEnded { silence: Seq(1), reason: "".into() }), "静默 1 由 ann 结束"),
            (
                ann(),
                Fact::Notice(Notice::Changed(Change {
                    title: "新购物车".into(),
                    service: Some("checkout".into()),
                    kind: "deploy".into(),
                    version: Some("v2".into()),
                    url: None,
                })),
                "checkout 的变更（发布 v2），ann：新购物车",
            ),
            (
                Actor::Auto,
                Fact::Held(HeldPages {
                    owner: Some("payments".into()),
                    severity: Severity::P1,
                    by: "silence 1".into(),
                    why: "silenced by ann: x".into(),
                    until: None,
                }),
                "发给 payments 的 P1 通知因 静默 1 暂缓：ann 设置静默：x",
            ),
            (Actor::Auto, Fact::Merged { into: IncidentId(2), reason: "".into() }, "并入 INC-0002"),
            (Actor::Auto, Fact::SuspectNamed { service: "pay".into() }, "pay 疑似根因：它所依赖的服务都正常"),
            (
                ann(),
                Fact::SplitOff { into: IncidentRef::Known(IncidentId(3)), services: vec!["pay".into()], reason: "无关".into() },
                "pay 分出为 INC-0003：无关",
            ),
            (Actor::Auto, Fact::SplitFrom { from: IncidentId(1) }, "此前属于 INC-0001"),
            (
                ann(),
                Fact::Evidence(Evidence { kind: "trace".into(), text: "慢查询".into(), url: Some("https://t".into()) }),
                "证据（链路）：慢查询 https://t",
            ),
            (
                ann(),
                Fact::Corrected { change: Correction::Drill(true), reason: "演习".into() },
                "ann 更正：本次事故改为演练：演习",
            ),
            (
                ann(),
                Fact::Corrected { change: Correction::Moment(Moment::ImpactStart, Some(Ms(0))), reason: "日志".into() },
                "ann 更正：影响开始时间改为 1970-01-01 00:00:00 UTC：日志",
            ),
            (
                Actor::Auto,
                Fact::Joined {
                    service: "pay".into(),
                    slos: vec![SloId::new("pay", "latency")],
                    rules: vec![],
                    impact_start: None,
                },
                "pay 加入：pay/latency",
            ),
        ] {
            assert_eq!(tell(actor, fact), want);
        }
    }
}
