//! The postmortem of an incident: its order and its headings. The sections are in `sections`.

use super::doc::{Block, Doc, Section, pick};
use super::sections::{Told, audit, cost, data, head, impact, notes, times};
use crate::domain::base::Language;
use crate::domain::review::PostmortemFacts;
use crate::words::Zone;

/// The report as a document. Instants are told in UTC and, where it differs, in `zone`.
pub(super) fn document(facts: &PostmortemFacts, zone: Zone, language: Language) -> Doc {
    let told = &Told { facts, zone, language };
    let section = |id, en: &str, zh: &str, blocks| Section { id, heading: pick(language, en, zh), blocks };
    let yours = |name, en: &str, zh: &str| Block::Yours { name, todo: pick(language, en, zh) };
    let mut detection = times::detection(told);
    detection.push(yours(
        "response",
        "TODO: how people found the cause, who did what, what helped.",
        "TODO：人们如何找到原因、谁做了什么、什么起了作用。",
    ));
    let first = vec![
        section(
            "summary",
            "Summary",
            "摘要",
            vec![
                head::summary(told),
                yours(
                    "summary",
                    "TODO: what happened, in three sentences a stranger understands.",
                    "TODO：用三句话让外人明白发生了什么。",
                ),
            ],
        ),
        section("impact", "Impact", "影响", impact::impact(told)),
        section("clocks", "How long it took", "用时", vec![times::clocks(told)]),
        section("timeline", "Timeline", "时间线", vec![times::timeline(told)]),
        section("detection", "Detection and response", "发现与响应", detection),
        section("burn", "Burn rate", "燃烧率", vec![impact::burn(told)]),
    ];
    let last = vec![
        section("cost", "Annex: cost", "附录：损失", cost::annex(told)),
        section("audit", "Annex: what an auditor asks", "附录：审计问题", audit::annex(told)),
        section("data", "Annex: data", "附录：数据", data::annex(told)),
    ];
    let lead = vec![head::table(told)];
    let told_customers = notes::for_customers(told)
        .map(|block| section("customers", "What customers may be told", "可向客户说明的内容", vec![block]));
    let sections = first.into_iter().chain(told_customers).chain(judgement(told)).chain(last).collect();
    Doc { of: facts.incident.id.to_string(), title: head::title(told), language, lead, sections }
}

/// What only people can write; what they noted as action items during the incident stands before theirs.
fn judgement(told: &Told<'_>) -> Vec<Section> {
    const ACTIONS: &str = "|---|---|---|---|---|---|\n| TODO | | | | | |";
    let language = told.language;
    let actions = pick(
        language,
        "| action | type (prevent, mitigate, process) | owner | priority | due | ticket |",
        "| 行动 | 类型（预防、缓解、流程） | 负责人 | 优先级 | 期限 | 工单 |",
    );
    let parts = [
        ("trigger", "Trigger", "触发原因", pick(language, "TODO: what set it off.", "TODO：是什么触发的。")),
        (
            "causes",
            "Contributing causes",
            "促成因素",
            pick(language, "- TODO: what made it possible, what made it worse.", "- TODO：什么使它成为可能，什么使它更糟。"),
        ),
        ("went-well", "What went well", "做得好的", "- TODO".into()),
        ("went-badly", "What went badly", "做得不好的", "- TODO".into()),
        ("luck", "Where we were lucky", "侥幸之处", "- TODO".into()),
        ("actions", "Action items", "行动项", format!("{actions}\n{ACTIONS}")),
    ];
    let one = |(name, en, zh, todo): (&'static str, &str, &str, String)| Section {
        id: name,
        heading: pick(language, en, zh),
        blocks: vec![Block::Yours { name, todo }],
    };
    let mut sections: Vec<Section> = parts.map(one).into();
    if let Some(actions) = sections.last_mut() {
        actions.blocks.splice(0..0, notes::action_items(told));
    }
    sections
}
