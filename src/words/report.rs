//! Names that reports show for the contract's own words, in both languages.

use crate::domain::base::Language;
use crate::domain::cost::{Basis, CostLine};
use crate::domain::incident::Phase;
use crate::domain::objective::ValueIs;
use crate::domain::review::ClockKind;
use crate::domain::review::stats::ShareKind;

/// Components of the cost model with their Chinese names.
const COMPONENTS: [(&str, &str); 14] = [
    ("total", "合计"),
    ("lost_revenue", "收入损失"),
    ("recovered_revenue", "挽回的收入"),
    ("sla_credits", "服务等级赔付"),
    ("responder_labour", "响应人力"),
    ("extra_capacity", "额外容量"),
    ("refunds", "退款"),
    ("refunds_goodwill", "退款与补偿"),
    ("support", "客服"),
    ("churn", "客户流失"),
    ("penalties", "罚款"),
    ("penalties_regulatory", "监管罚款"),
    ("avoided_cost", "避免的成本"),
    ("overlaps", "重叠事故"),
];

/// A cost component: `lost revenue`. One's own keep their name.
pub fn component(id: &str, language: Language) -> String {
    let known = COMPONENTS.iter().find(|(name, _)| *name == id).filter(|_| language == Language::Zh);
    known.map_or_else(|| id.replace('_', " "), |(_, zh)| (*zh).to_owned())
}

/// A sentence of ours that comes as text.
pub fn sentence(text: &str, language: Language) -> String {
    let known = (language == Language::Zh).then(|| super::retold::in_chinese(text)).flatten();
    known.unwrap_or_else(|| text.to_owned())
}

/// `lost_revenue (orders): its counter is not read`: what is missing of a cost, with its subject, and why.
pub fn missing(text: &str, language: Language) -> (String, String) {
    let (what, why) = text.split_once(": ").unwrap_or((text, ""));
    let (id, subject) = what.split_once(' ').map_or((what, String::new()), |(id, subject)| (id, format!(" {subject}")));
    (format!("{}{subject}", component(id, language)), sentence(why, language))
}

/// How a number is known.
pub const fn basis(basis: Basis, language: Language) -> &'static str {
    match (language, basis) {
        (Language::En, basis) => basis.name(),
        (Language::Zh, Basis::Measured) => "实测",
        (Language::Zh, Basis::Derived) => "推算",
        (Language::Zh, Basis::Declared) => "声明",
    }
}

/// Whether money moved for a line: it was paid out, it was saved (a cost that was avoided), or it is an opportunity lost.
pub fn kind(line: &CostLine, language: Language) -> &'static str {
    let zh = language == Language::Zh;
    match (line.cash, line.amount.amount.is_sign_negative()) {
        (false, _) => {
            if zh {
                "机会成本"
            } else {
                "opportunity"
            }
        }
        (true, true) => {
            if zh {
                "节省"
            } else {
                "saved"
            }
        }
        (true, false) => {
            if zh {
                "支出"
            } else {
                "paid out"
            }
        }
    }
}

/// What a revenue value is.
pub const fn value_is(value: ValueIs, language: Language) -> &'static str {
    match (language, value) {
        (Language::En, value) => value.name(),
        (Language::Zh, ValueIs::Gmv) => "成交额 GMV",
        (Language::Zh, ValueIs::Revenue) => "净收入",
        (Language::Zh, ValueIs::Margin) => "毛利",
    }
}

/// Where an incident stands.
pub const fn phase(phase: Phase, language: Language) -> &'static str {
    match (language, phase) {
        (Language::En, phase) => phase.name(),
        (Language::Zh, Phase::Suspected) => "疑似",
        (Language::Zh, Phase::Open) => "进行中",
        (Language::Zh, Phase::Acknowledged) => "已确认",
        (Language::Zh, Phase::Mitigated) => "已缓解",
        (Language::Zh, Phase::Resolved) => "已结束",
        (Language::Zh, Phase::Closed) => "已关闭",
    }
}

/// From what to what a clock runs.
pub const fn definition(clock: ClockKind, language: Language) -> &'static str {
    match (language, clock) {
        (Language::En, clock) => clock.definition(),
        (Language::Zh, ClockKind::Detect) => "发现 - 影响开始",
        (Language::Zh, ClockKind::Acknowledge) => "首次人工确认 - 首次通知（未通知则为发现）",
        (Language::Zh, ClockKind::Mitigate) => "缓解 - 影响开始",
        (Language::Zh, ClockKind::Resolve) => "结束 - 影响开始",
    }
}

/// A share of incidents.
pub const fn share(kind: ShareKind, language: Language) -> &'static str {
    match (language, kind) {
        (Language::En, ShareKind::ChangeFailure) => "change failure rate",
        (Language::En, ShareKind::Proactive) => "found proactively",
        (Language::En, ShareKind::AcknowledgedIn5) => "acknowledged in 5m",
        (Language::En, ShareKind::MitigatedIn30) => "mitigated in 30m",
        (Language::En, ShareKind::WithPostmortem) => "with a postmortem",
        (Language::En, ShareKind::ChangeCaused) => "caused by a change",
        (Language::Zh, ShareKind::ChangeFailure) => "变更失败率",
        (Language::Zh, ShareKind::Proactive) => "主动发现",
        (Language::Zh, ShareKind::AcknowledgedIn5) => "5 分钟内确认",
        (Language::Zh, ShareKind::MitigatedIn30) => "30 分钟内缓解",
        (Language::Zh, ShareKind::WithPostmortem) => "有复盘",
        (Language::Zh, ShareKind::ChangeCaused) => "由变更引起",
    }
}
