//! The rarer entries in Chinese: silences and changes, held pages, other tools' alerts, merging, evidence, corrections.

use super::{because, ours};
use crate::domain::base::{Severity, SloId, Text};
use crate::domain::incident::{
    Absorbed, Change, Correction, Entry, Evidence, HeardAlert, HeldPages, IncidentRef, Note, Notice, Outcome, Scope,
    SilenceRecord,
};
use crate::words::Zone;
use crate::words::timeline::actor;

pub(super) fn notice(entry: &Entry, told: &Notice, zone: Zone) -> String {
    let who = actor(entry);
    match told {
        Notice::Silenced(s) => {
            format!("静默 {}：{}的通知暂缓至 {}，由 {who} 设置：{}", entry.seq.0, scope(&s.scope), zone.full(s.until), s.reason)
        }
        Notice::SilenceEnded { silence, reason } => format!("静默 {} 由 {who} 结束{}", silence.0, because(reason)),
        Notice::Changed(change) => changed(change, who),
    }
}

/// A change, by whom.
pub(in crate::words::timeline) fn changed(change: &Change, who: &str) -> String {
    let of = change.service.as_ref().map(|service| format!("{service} 的")).unwrap_or_default();
    let version = change.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    format!("{of}变更（{}{version}），{who}：{}", kind(&change.kind), ours(&change.title))
}

/// A change that comes as the sentence of [`crate::domain::incident::ChangeRecord::words`], whatever its title says.
pub(in crate::words) fn changed_by_words(text: &str) -> Option<String> {
    let (head, title) = text.split_once(": ")?;
    let (what, by) = head.rsplit_once(" by ")?;
    let (kind, rest) = what.split_once(' ').unwrap_or((what, ""));
    let (service, version) = match rest.strip_prefix("of ") {
        Some(of) => of.split_once(' ').map_or((Some(of), None), |(service, version)| (Some(service), Some(version))),
        None => (None, Some(rest).filter(|version| !version.is_empty())),
    };
    let change = Change {
        title: title.into(),
        service: service.map(Text::from),
        kind: kind.into(),
        version: version.map(Text::from),
        url: None,
    };
    Some(changed(&change, by))
}

/// Kinds of changes and of evidence that are known; one's own keep their word.
fn kind(word: &str) -> &str {
    match word {
        "trace" => "链路",
        "profile" => "性能剖析",
        "dashboard" => "看板",
        "deploy" => "发布",
        "change" => "变更",
        "config" => "配置",
        "migration" => "迁移",
        "measuring" => "测量方式",
        "rollback" => "回滚",
        "ticket" => "工单",
        "other" => "其他",
        "log" => "日志",
        other => other,
    }
}

/// A silence that holds pages back.
pub(in crate::words::timeline) fn silenced(record: &SilenceRecord) -> String {
    let s = &record.silence;
    format!("静默 {}：{}的通知暂缓，由 {} 设置：{}", record.id.0, scope(&s.scope), record.author, s.reason)
}

fn scope(scope: &Scope) -> String {
    let named = [("服务", &scope.service), ("目标", &scope.slo), ("负责人", &scope.owner)];
    let mut parts: Vec<String> =
        named.into_iter().filter_map(|(word, name)| name.as_ref().map(|name| format!("{word} {name}"))).collect();
    if !scope.severities.is_empty() {
        parts.push(scope.severities.iter().map(|s| s.name()).collect::<Vec<_>>().join(" 和 "));
    }
    if parts.is_empty() { "一切".into() } else { format!("{} ", parts.join("、")) }
}

pub(super) fn held(pages: &HeldPages, zone: Zone) -> String {
    let whom = pages.owner.as_ref().map(|owner| format!("发给 {owner} 的 ")).unwrap_or_default();
    let until = pages.until.map(|at| format!("至 {}", zone.full(at))).unwrap_or_default();
    format!("{whom}{} 通知因 {} 暂缓{until}：{}", pages.severity, ours(&pages.by), ours(&pages.why))
}

pub(super) fn alerted(entry: &Entry, alert: &HeardAlert) -> String {
    let verb = if alert.firing { "触发" } else { "已结束" };
    let severity = if alert.severity.is_empty() { String::new() } else { format!("（{}）", alert.severity) };
    format!("{} 的告警 {} {verb}{severity}：{}", entry.source, alert.name, alert.text)
}

pub(super) fn absorbed(other: &Absorbed) -> String {
    let names: Vec<&str> = other.services.iter().map(|(name, _)| &**name).collect();
    format!("{} 并入本次事故：{}{}", other.from, names.join("、"), because(&other.reason))
}

pub(super) fn split_off(into: IncidentRef, services: &[Text], reason: &str) -> String {
    let into = match into {
        IncidentRef::Known(id) => id.to_string(),
        IncidentRef::Opens(_) => "独立的事故".into(),
    };
    format!("{} 分出为 {into}{}", services.join("、"), because(reason))
}

pub(super) fn noted(note: &Note) -> String {
    let marks = [(note.action_item, "行动项"), (note.customer_visible, "客户可见")];
    let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
    if marks.is_empty() { note.text.to_string() } else { format!("{}：{}", marks.join("、"), note.text) }
}

pub(super) fn evidence(e: &Evidence) -> String {
    let url = e.url.as_deref().unwrap_or_default();
    let gap = if e.text.is_empty() || url.is_empty() { "" } else { " " };
    format!("证据（{}）：{}{gap}{url}", kind(&e.kind), e.text)
}

pub(super) fn corrected(entry: &Entry, change: &Correction, reason: &str, zone: Zone) -> String {
    let value = match change {
        Correction::Moment(_, at) => at.map_or_else(|| "未知".into(), |at| zone.full(at)),
        Correction::Drill(drill) => if *drill { "演练" } else { "真实事故" }.into(),
        other => other.value().map_or_else(|| "未知".into(), |v| v.to_string()),
    };
    let what = match change {
        Correction::Moment(moment, _) => match moment.name() {
            "impact_start" => "影响开始时间",
            "detected" => "发现时间",
            "acknowledged" => "确认时间",
            "mitigated" => "缓解时间",
            "impact_end" => "影响结束时间",
            _ => "结束时间",
        },
        Correction::Severity(_) => "级别",
        Correction::Bad(_) => "失败事件数",
        Correction::Total(_) => "事件总数",
        Correction::Drill(_) => "本次事故",
        Correction::RootCause(_) => "根因",
        Correction::Effort(_) => "人力投入",
    };
    let of = entry.corrects.filter(|_| change.needs_reason()).map_or_else(String::new, |seq| format!("（更正第 {} 条）", seq.0));
    format!("{} 更正：{what}改为 {value}{}{of}", actor(entry), because(reason))
        .replace("改为 演练", "改为演练")
        .replace("改为 真实事故", "改为真实事故")
}

pub(super) fn response(receiver: &str, severity: Severity, outcome: &Outcome, detail: &str) -> String {
    let name = receiver.strip_prefix("response:").unwrap_or(receiver);
    let how = match outcome {
        Outcome::Delivered => "已执行",
        Outcome::Failed => "执行失败",
        Outcome::Dropped => "未执行",
    };
    format!("响应动作 {name} 在 {severity} 时{how}：{}", ours(detail))
}

pub(super) fn list(slos: &[SloId]) -> String {
    match slos {
        [] => "没有目标".into(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} 等 {} 项", rest.len() + 1),
    }
}
