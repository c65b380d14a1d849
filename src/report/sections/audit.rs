//! What a finance department or an auditor asks, each question with its answer or the place of it.
//!
//! The list is the checklist that the cost model was designed against; a test holds it against the report.

use super::Told;
use crate::domain::base::Money;
use crate::domain::cost::{Basis, CostInput, CostLine, CostSheet};
use crate::report::doc::{Block, Line, Table};
use crate::words::plural::counted;
use crate::words::{money, report as names};
use rust_decimal::Decimal;

/// How many questions there are.
#[cfg(test)]
pub(in crate::report) const QUESTIONS: usize = 17;

pub(in crate::report) fn annex(t: &Told<'_>) -> Vec<Block> {
    let Some(sheet) = &t.facts.incident.cost else {
        return vec![Block::say(t.say("Without a cost there is nothing to audit.", "没有损失，无可审计。"))];
    };
    let answers = [first(t, sheet), second(t, sheet), third(t, sheet)].concat();
    let row =
        |(i, (question, answer)): (usize, (String, Line))| vec![Line::say((i + 1).to_string()), Line::say(question), answer];
    let rows = answers.into_iter().enumerate().map(row).collect();
    let head = ["#".to_owned(), t.say("question", "问题"), t.say("answer", "回答")];
    vec![Block::Table(Table::new(t.say("Questions of an audit", "审计问题"), &head.each_ref().map(|h| &**h), rows))]
}

type Answer = (String, Line);

fn first(t: &Told<'_>, sheet: &CostSheet) -> Vec<Answer> {
    let kinds: Vec<&str> = sheet.value_kinds().iter().map(|k| names::value_is(*k, t.language)).collect();
    let value = if kinds.is_empty() { t.say("no revenue line", "没有收入行") } else { kinds.join(", ") };
    let inputs: Vec<_> = sheet.lines.iter().flat_map(|l| &l.inputs).collect();
    let count = |b: Basis| inputs.iter().filter(|i| i.basis == b).count();
    let (measured, declared) = (count(Basis::Measured), count(Basis::Declared));
    let (formulas, assumptions) = (sheet.lines.len(), sheet.assumptions.len());
    vec![
        (t.say("Is the headline GMV, revenue or margin?", "总计是成交额、收入还是毛利？"), Line::say(value)),
        (
            t.say("What is assumed, by whom, since when?", "假设了什么、谁、何时？"),
            Line::say(t.say(
                format!(
                    "{}, with owner and date where the business file has them, and {} with their source, in the annex on cost",
                    counted(assumptions, "assumption", "assumptions"),
                    counted(declared, "declared input", "declared inputs")
                ),
                format!("损失附录中有 {assumptions} 条假设（业务文件写明时附负责人和日期）和 {declared} 个附来源的声明输入"),
            )),
        ),
        (
            t.say("By which formulas?", "按什么公式？"),
            Line::say(t.say(format!("{}, each with its formula and the numbers in it", counted(formulas, "line", "lines")), format!("{formulas} 行，各附填入数字的公式"))),
        ),
        (
            t.say("From which data?", "来自什么数据？"),
            Line::say(t.say(
                format!("each measured input ({measured}) with query, span, source and number of samples; `burnledger cost verify {}` recomputes them", t.facts.incident.id.0),
                format!("{measured} 个实测输入，附查询、时段、来源和样本数；`burnledger cost verify {}` 可重算", t.facts.incident.id.0),
            )),
        ),
        (
            t.say("What would have happened anyway?", "本来也会发生什么？"),
            methods(t, sheet, "Each revenue line's method says whether normal failures are taken off", "每个收入行的方法说明是否扣除正常失败"),
        ),
    ]
}

fn second(t: &Told<'_>, sheet: &CostSheet) -> Vec<Answer> {
    let share = |i: &CostInput| i.name.contains("recovered") || i.source.contains("recovered fraction");
    let counts = |i: &CostInput| share(i) && i.value.parse::<Decimal>().is_ok_and(|v| !v.is_zero());
    let recovered = |l: &&CostLine| l.component.starts_with("recovered") || l.inputs.iter().any(counts);
    let recovered = sheet.lines.iter().filter(recovered).count();
    let missing = sheet.not_estimated.len();
    let lost = sheet.lines.iter().filter(|l| &*l.component == "lost_revenue" && !l.memo).count();
    let fx =
        sheet.lines.iter().flat_map(|l| &l.inputs).filter(|i| i.name.contains("exchange") || i.name.contains("rate of")).count();
    let currency = sheet.currency;
    vec![
        (
            t.say("What came back later?", "后来挽回了什么？"),
            Line::say(came_back(t, sheet, recovered)),
        ),
        (
            t.say("Is anything counted twice?", "有无重复计算？"),
            Line::say(t.say(
                format!("lost revenue lines: {lost}; one method for each stream; overlapping incidents share their minutes; memo lines are not added"),
                format!("{lost} 行收入损失，每条收入流只用一种方法；重叠事故分摊分钟；备忘行不计入"),
            )),
        ),
        (
            t.say("What is missing?", "缺少什么？"),
            Line::say(match missing {
                0 => t.say("nothing that applies", "适用的部分没有缺失"),
                n => t.say(format!("not estimated, by name: {n}; the total is partial"), format!("{n} 项列为未估算；总计不完整")),
            }),
        ),
        (t.say("How wide is the range, and why?", "范围多宽，为什么？"), Line::say(range(t, sheet))),
        (
            t.say("Which currency, exchange and rounding?", "什么货币、汇率和舍入？"),
            Line::say(t.say(
                format!("{currency}; exchange rates with their dates: {fx}; each line rounded once, the column adds up"),
                format!("{currency}；{fx} 个附日期的汇率；每行舍入一次，各行相加等于总计"),
            )),
        ),
        (t.say("Which versions were there?", "有哪些版本？"), Line::say(versions(t))),
    ]
}

fn came_back(t: &Told<'_>, sheet: &CostSheet, lines: usize) -> String {
    let state = match sheet.provisional_until.map(|until| t.instant(Some(until))) {
        Some(until) => t.say(format!("provisional until {until}, then restated"), format!("在 {until} 之前为暂定，之后重述")),
        None => t.say("no figure is provisional", "没有暂定的数字"),
    };
    t.say(
        format!("lines that take recovered revenue into account: {lines}; {state}"),
        format!("{lines} 行计入了挽回的收入；{state}"),
    )
}

/// What was paid out, what was saved, and what is left: opportunities.
fn cash(t: &Told<'_>, sheet: &CostSheet) -> String {
    let shown = |d: Decimal| money::exact(Money::new(d, sheet.currency));
    let added = || sheet.lines.iter().filter(|l| !l.memo && l.cash).map(|l| l.amount.amount);
    let (paid, saved) = (added().filter(|a| !a.is_sign_negative()).sum(), added().filter(Decimal::is_sign_negative).sum());
    let other = sheet.total.map_or_else(|| t.unknown(), |total| shown(total - paid - saved));
    let less = if Decimal::is_zero(&saved) {
        String::new()
    } else {
        t.say(format!(", saved {}", shown(-saved)), format!("，节省 {}", shown(-saved)))
    };
    t.say(format!("paid out {}{less}, opportunity {other}", shown(paid)), format!("支出 {}{less}，机会成本 {other}", shown(paid)))
}

fn third(t: &Told<'_>, sheet: &CostSheet) -> Vec<Answer> {
    let mut months: Vec<&str> = sheet.lines.iter().filter_map(|l| l.booked_month.as_deref()).collect();
    months.sort_unstable();
    months.dedup();
    let months = if months.is_empty() { Line::say(t.unknown()) } else { Line::text(&months.join(", ")) };
    let about = sheet.total.map_or_else(|| t.unknown(), |total| money::two_figures(Money::new(total, sheet.currency)));
    vec![
        (t.say("Which period is it booked in?", "记入哪个期间？"), months),
        (
            t.say("Is it paid out or an opportunity cost?", "是支出还是机会成本？"),
            Line::say(cash(t, sheet)),
        ),
        (
            t.say("What is an incident?", "什么是一个事故？"),
            Line::say(t.say(
                "one for each service and its dependencies, from the first bad minute in the samples; bad again within the reopen window is the same one",
                "每个服务及其依赖为一个，自样本中第一个异常分钟起；在重开窗口内再次异常仍是同一个",
            )),
        ),
        (t.say("What moves the total most?", "什么对总计影响最大？"), sensitivity(t, sheet)),
        (
            t.say("Who may change the rates?", "谁可以改费率？"),
            Line::say(t.say(
                "whoever may change `business.yaml`; every cost is an entry of the append-only ledger with its actor",
                "可修改 `business.yaml` 的人；每个损失都是只追加账本中的条目，附操作者",
            )),
        ),
        (
            t.say("How precise is the headline?", "总计有多精确？"),
            Line::say(t.say(format!("two figures: about {about}; the exact column stands above"), format!("两位有效数字：约 {about}；精确列见上"))),
        ),
    ]
}

fn methods(t: &Told<'_>, sheet: &CostSheet, en: &str, zh: &str) -> Line {
    let all = Line::joined(sheet.method_versions.iter().map(|m| Line::code(m)), ", ");
    Line::say(t.say(format!("{en}: "), format!("{zh}："))).and_line(all)
}

fn range(t: &Told<'_>, sheet: &CostSheet) -> String {
    let shown = |d: Decimal| money::exact(Money::new(d, sheet.currency));
    let Some((low, high)) = sheet.low.zip(sheet.high).filter(|(low, high)| low != high) else {
        return t.say("no line has a range", "没有一行有范围");
    };
    let widest = sheet.lines.iter().filter(|l| !l.memo).filter_map(|l| Some((l.high? - l.low?, l))).max_by_key(|(wide, _)| *wide);
    let why = widest.map_or_else(String::new, |(_, l)| names::component(&l.component, t.language));
    t.say(
        format!("{} to {}, bounds; most of the width comes from {why}", shown(low), shown(high)),
        format!("{} 至 {}，界限；宽度主要来自{why}", shown(low), shown(high)),
    )
}

fn versions(t: &Told<'_>) -> String {
    match t.facts.restated.len() {
        0 | 1 => t.say("one; nothing was restated", "一个；没有重述"),
        n => t.say(
            format!("{n}, with who and the difference, in the annex on cost"),
            format!("{n} 个，附操作者和差额，见损失附录"),
        ),
    }
}

/// One at a time, a fifth up or down: the two lines that move the total most.
fn sensitivity(t: &Told<'_>, sheet: &CostSheet) -> Line {
    let mut lines: Vec<&CostLine> = sheet.lines.iter().filter(|l| !l.memo).collect();
    lines.sort_by_key(|l| std::cmp::Reverse(l.amount.amount.abs()));
    let fifth = |l: &&CostLine| {
        let by = money::exact(Money::new(l.amount.amount.abs() / Decimal::from(5), sheet.currency));
        let subject = l.subject.as_deref().unwrap_or_default();
        let name = Line::text(&names::component(&l.component, t.language))
            .and(if subject.is_empty() { "" } else { " " })
            .and_text(subject);
        name.and(format!(" ±{by}"))
    };
    let told = Line::joined(lines.iter().take(2).map(fifth), "; ");
    Line::say(t.say("each a fifth up or down: ", "各上下浮动五分之一：")).and_line(told)
}
