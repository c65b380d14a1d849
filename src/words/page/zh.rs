//! The text of a page in Chinese: the same facts in the same order as the English one.
//!
//! Deliberately absent: names of services, SLOs and runbooks, which stay as their owners wrote them.

use super::{cut, slo_list, take_command};
use crate::domain::base::{Money, Ms, Text};
use crate::domain::paging::{Dispatch, DispatchKind, PageContent};
use crate::words::reason::zh::recorded;
use crate::words::timeline::changed_by_words;
use crate::words::{Zone, money, time, units};

/// `[P0] checkout：availability 不达标 (INC-0017)`.
pub(super) fn title(page: &Dispatch) -> String {
    let c = &page.content;
    let mark = match (c.not_recorded, c.drill) {
        (true, _) => "【未记录】",
        (false, true) => "【演练】",
        (false, false) => "",
    };
    let place = c.environment.as_deref().filter(|e| !e.is_empty()).map(|e| format!("（{}）", cut(e, 30))).unwrap_or_default();
    let number = if page.incident.0 == 0 { String::new() } else { format!(" ({})", page.incident) };
    cut(&format!("{mark}{}{place}{number}", headline(page)), super::TITLE_MAX)
}

fn headline(page: &Dispatch) -> String {
    let (severity, service) = (page.severity, cut(&page.content.service, 40));
    let slos = cut(&slos(page), 40);
    let ended = || page.content.impact_start.zip(page.content.resolved).map(|(from, to)| time::span(to.since(from)));
    if page.is_combined() {
        let after = ended().map(|s| format!("，持续 {s}")).unwrap_or_default();
        return format!("[{severity}，已结束] {service}：{slos} 曾不达标{after}，在本消息送达之前已恢复");
    }
    match page.kind {
        DispatchKind::First => format!("[{severity}] {service}：{slos} 不达标"),
        DispatchKind::Raised => format!("[{severity}] {service}：升级为 {severity}，{slos} 不达标"),
        DispatchKind::Repeat => format!("[{severity}] {service}：{slos} 仍不达标，无人确认"),
        DispatchKind::Escalated => format!("[{severity}] {service}：{slos} 不达标且无人确认，已上报"),
        DispatchKind::Reopened => format!("[{severity}] {service}：{slos} 再次不达标"),
        DispatchKind::NoData => format!("[{severity}] {service}：{slos} 的数据中断"),
        DispatchKind::Resolved => {
            format!("[已恢复] {service}：{slos} 已恢复{}", ended().map(|s| format!("，历时 {s}")).unwrap_or_default())
        }
        DispatchKind::Response => format!("[{severity}] {service}：执行响应动作，{slos} 不达标"),
        DispatchKind::Heartbeat => "burnledger 正在运行；如果不再收到本消息，说明无人值守".into(),
        DispatchKind::Test => "[测试] burnledger 可以联系到你；一切正常".into(),
    }
}

fn slos(page: &Dispatch) -> String {
    let (names, more) = slo_list(&page.content.slos);
    match (names.is_empty(), more) {
        (true, _) => "某个目标".into(),
        (false, 0) => names.join("、"),
        (false, more) => format!("{} 等另外 {more} 项", names.join("、")),
    }
}

/// Why, since when, how much, what it costs, what to do.
pub(super) fn lines(page: &Dispatch, zone: Zone) -> Vec<String> {
    let c = &page.content;
    let mut out: Vec<String> = Vec::new();
    if c.not_recorded {
        out.push("账本无法写入：本次事故没有被记录。请修复账本，然后补录该事故。".into());
    }
    if c.drill {
        out.push("这是一次演练。".into());
    }
    if page.possible_repeat {
        out.push("你可能已经收到过本消息：burnledger 在发送过程中停止过。".into());
    }
    out.extend(c.reasons.iter().take(super::REASONS_MAX).map(|r| format!("原因：{}", recorded(r))));
    if c.reasons.len() > super::REASONS_MAX {
        out.push(format!("原因：另有 {} 条", c.reasons.len() - super::REASONS_MAX));
    }
    out.extend(labelled("疑似根因", c.suspect.as_ref()));
    out.extend(when(c, zone));
    out.extend(impact(c));
    out.extend(cost(c.cost_so_far, c.cost_per_minute));
    out.extend(labelled("处理手册", c.runbook.as_ref()));
    out.extend(labelled("负责人", c.owner.as_ref()));
    out.extend(c.changes.iter().take(super::CHANGES_MAX).map(|change| format!("变更：{}", changed(change))));
    out.extend(take_command(page).map(|command| format!("确认：{command}")));
    out
}

/// `12m before, deploy of checkout v2 by ci: new cart`: told again from its parts; what has another form stands as it was written.
fn changed(text: &str) -> String {
    let told = || {
        let (span, rest) = text.split_once(' ')?;
        let before = rest.strip_prefix("before, ").map(|rest| (format!("{span} 前"), rest));
        let (when, rest) =
            before.or_else(|| rest.strip_prefix("after it began, ").map(|rest| (format!("开始后 {span}"), rest)))?;
        Some(format!("{when}，{}", changed_by_words(rest)?))
    };
    told().unwrap_or_else(|| text.to_owned())
}

fn when(c: &PageContent, zone: Zone) -> Option<String> {
    let at = |ms: Ms| zone.full(ms);
    let since = c.impact_start.map(|s| format!("影响始于 {}", at(s)));
    let until = c.resolved.map(|s| format!("结束于 {}", at(s)));
    let detected = c.detected.map(|s| format!("发现于 {}", at(s)));
    let parts: Vec<String> = [since, until, detected].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("，"))
}

fn impact(c: &PageContent) -> Option<String> {
    let failed = c.bad.map(|bad| match c.total {
        Some(total) if total > 0.0 => {
            format!("{} 个事件中 {} 个失败（{}）", units::count(total), units::count(bad), units::percent_auto(bad / total))
        }
        _ => format!("{} 个事件失败", units::count(bad)),
    });
    let budget = c.budget_remaining.map(|left| match left {
        left if left < 0.0 => format!("错误预算已耗尽，已用 {}", units::percent_auto(1.0 - left)),
        left => format!("错误预算剩余 {}", units::percent_auto(left)),
    });
    let parts: Vec<String> = [failed, budget].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("影响：{}", parts.join("，")))
}

fn cost(so_far: Option<Money>, per_minute: Option<Money>) -> Option<String> {
    match (so_far, per_minute) {
        (None, None) => None,
        (Some(sum), None) => Some(format!("目前损失：{}", money::exact(sum))),
        (None, Some(rate)) => Some(format!("损失：每分钟 {}", money::exact(rate))),
        (Some(sum), Some(rate)) => Some(format!("目前损失：{}，每分钟 {}", money::exact(sum), money::exact(rate))),
    }
}

fn labelled(label: &str, value: Option<&Text>) -> Option<String> {
    value.filter(|v| !v.is_empty()).map(|v| format!("{label}：{v}"))
}
