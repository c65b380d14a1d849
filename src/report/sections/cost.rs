//! The cost annex: every line with formula, inputs and where they come from.

use super::Told;
use super::head::cost_words;
use crate::chart::amounts::{self, Amount};
use crate::domain::base::{Language, Money};
use crate::domain::cost::{CostLine, CostSheet};
use crate::domain::incident::Fact;
use crate::domain::review::Restated;
use crate::report::doc::{Block, Line, Table};
use crate::words::screen::OfCost;
use crate::words::{Words, escape, money, report as names, timeline};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

pub(in crate::report) fn annex(t: &Told<'_>) -> Vec<Block> {
    let Some(sheet) = &t.facts.incident.cost else {
        return vec![Block::say(t.say(
            "No cost is recorded for this incident: not estimated, which does not mean that it was free.",
            "此事故没有记录损失：未估算，这不表示没有损失。",
        ))];
    };
    let total = Line::say(t.say("Total: ", "总计：")).and_strong(cost_words(t, Some(sheet))).and(rounded(t, sheet));
    let mut blocks = vec![Block::Paragraph(total)];
    blocks.extend(provisional(t, sheet));
    blocks.extend(picture(t, sheet));
    blocks.push(column(t, sheet));
    blocks.extend(sheet.lines.iter().flat_map(|l| line(t, l)));
    blocks.extend(missing(t, sheet));
    blocks.push(basis(t, sheet));
    blocks.extend(restated(t));
    blocks
}

/// The headline without false precision: two figures.
fn rounded(t: &Told<'_>, sheet: &CostSheet) -> String {
    let Some(total) = sheet.total else { return t.say(".", "。") };
    let about = money::two_figures(Money::new(total, sheet.currency));
    t.say(format!(", about {about}."), format!("，约 {about}。"))
}

/// Figures that are not final say so before anything else.
fn provisional(t: &Told<'_>, sheet: &CostSheet) -> Option<Block> {
    let until = t.instant(Some(sheet.provisional_until?));
    Some(Block::say(t.say(
        format!("Provisional until {until}: orders may come back until then, and the figures are restated."),
        format!("在 {until} 之前为暂定：在此之前订单可能恢复，之后将重述数字。"),
    )))
}

/// Amounts beside each other, for the eye; the table below holds the figures.
fn picture(t: &Told<'_>, sheet: &CostSheet) -> Option<Block> {
    if sheet.lines.is_empty() {
        return None;
    }
    let plain = |d: Decimal| d.to_f64().unwrap_or(f64::NAN);
    let bars: Vec<Amount> = sheet
        .lines
        .iter()
        .map(|l| Amount {
            name: plain_name(t, l),
            value: plain(l.amount.amount),
            range: l.low.zip(l.high).map(|(low, high)| (plain(low), plain(high))),
            told: money::brief(l.amount),
            faint: l.memo,
        })
        .collect();
    let caption = t.say("What each line amounts to; the whiskers are bounds.", "每行的金额；须线为界限。");
    let svg = amounts::svg("cost", &t.say("Cost by line", "损失构成"), &caption, &bars);
    Some(Block::Picture { caption: Line::default(), svg, text: Vec::new() })
}

/// The column that adds up.
fn column(t: &Told<'_>, sheet: &CostSheet) -> Block {
    if sheet.lines.is_empty() {
        return Block::say(t.say("No line could be estimated.", "没有任何一行可以估算。"));
    }
    let shown = |d: Decimal| money::exact(Money::new(d, sheet.currency));
    let maybe = |d: Option<Decimal>| Line::say(d.map_or_else(|| "-".into(), shown));
    let row = |l: &CostLine| {
        let memo = if l.memo { t.say(" (memo: shown, not added)", "（备忘：列出，不计入）") } else { String::new() };
        let month = l.booked_month.as_deref().map_or_else(|| Line::say(t.unknown()), Line::text);
        let amount = Line::say(format!("{}{memo}", shown(l.amount.amount)));
        let basis = Line::say(names::basis(l.basis, t.language));
        vec![name(t, l), amount, maybe(l.low), maybe(l.high), basis, Line::say(names::kind(l, t.language)), month]
    };
    let mut rows: Vec<Vec<Line>> = sheet.lines.iter().map(row).collect();
    let sum = sheet.total.map_or_else(|| t.say(money::NOT_ESTIMATED, "未估算"), shown);
    let partial = if sheet.complete { String::new() } else { t.say(", partial", "，不完整") };
    let total = t.say(format!("total{partial}"), format!("总计{partial}"));
    let blank = Line::default;
    rows.push(vec![Line::strong(total), Line::strong(sum), maybe(sheet.low), maybe(sheet.high), blank(), blank(), blank()]);
    let head = [
        t.say("component", "组成"),
        t.say("amount", "金额"),
        t.say("low", "下限"),
        t.say("high", "上限"),
        t.say("basis", "依据"),
        t.say("kind", "性质"),
        t.say("booked in", "入账月份"),
    ];
    let caption = t.say("Cost of the incident; the amounts add up to the total", "事故损失；各行相加等于总计");
    Block::Table(Table::new(caption, &head.each_ref().map(|h| &**h), rows).numbers(&[1, 2, 3]))
}

fn name(t: &Told<'_>, line: &CostLine) -> Line {
    let value = line.value_is.map_or_else(String::new, |v| {
        let value = names::value_is(v, t.language);
        t.say(format!(", valued as {value}"), format!("，按{value}计"))
    });
    let name = Line::text(&names::component(&line.component, t.language));
    line.subject.as_deref().map_or(name.clone(), |s| name.and(" (").and_text(s).and(")")).and(value)
}

/// The same for a picture, whose text passes no other door.
fn plain_name(t: &Told<'_>, line: &CostLine) -> String {
    let subject = line.subject.as_deref().map_or_else(String::new, |s| format!(" ({s})"));
    escape::terminal(&format!("{}{subject}", names::component(&line.component, t.language)))
}

fn line(t: &Told<'_>, line: &CostLine) -> Vec<Block> {
    let w = Words::of(t.language);
    let row = |i: &crate::domain::cost::CostInput| {
        let told = |text: &str, what| Line::text(&w.of_cost(text, what));
        let basis = Line::say(names::basis(i.basis, t.language));
        vec![told(&i.name, OfCost::Input), told(&i.value, OfCost::Remark), basis, told(&i.source, OfCost::Remark)]
    };
    let head = [t.say("input", "输入"), t.say("value", "值"), t.say("basis", "依据"), t.say("source", "来源")];
    let caption = t.say(format!("Inputs of {}", plain_name(t, line)), format!("{} 的输入", plain_name(t, line)));
    let table = Table::new(caption, &head.each_ref().map(|h| &**h), line.inputs.iter().map(row).collect()).numbers(&[1]);
    let note = line.note.as_deref().map(|note| Block::Paragraph(Line::text(&w.of_cost(note, OfCost::Remark))));
    let blocks = [Block::Sub(name(t, line)), Block::Formula(w.of_cost(&line.formula, OfCost::Formula)), Block::Table(table)];
    blocks.into_iter().chain(note).collect()
}

fn missing(t: &Told<'_>, sheet: &CostSheet) -> Vec<Block> {
    if sheet.not_estimated.is_empty() {
        return vec![Block::say(t.say("Nothing that applies is missing.", "适用的部分没有缺失。"))];
    }
    let said = t.say("Not estimated (unknown, not zero):", "未估算（未知，不是零）：");
    let told = |text: &crate::domain::base::Text| {
        if t.language == Language::En {
            return Line::text(text);
        }
        let (what, why) = names::missing(text, t.language);
        Line::text(&format!("{what}：{why}"))
    };
    vec![Block::say(said), Block::List(sheet.not_estimated.iter().map(told).collect())]
}

/// What the figures rest on.
fn basis(t: &Told<'_>, sheet: &CostSheet) -> Block {
    let unit = 10_u32.pow(sheet.currency.minor_units().min(6));
    let currency = sheet.currency;
    let (en, zh) = if unit == 1 {
        ("the whole unit".to_owned(), "整数".to_owned())
    } else {
        (format!("1/{unit} of the unit"), format!("1/{unit}"))
    };
    let rounding = Line::say(t.say(
        format!("Rounding: each line once, half-even, to the currency's minor unit ({currency}, {en}); the total adds the rounded lines. Low and high are bounds, not quantiles."),
        format!("舍入：每行一次，四舍六入五成双，至货币最小单位（{currency}，{zh}）；总计为舍入后各行之和。下限和上限是界限，不是分位数。"),
    ));
    let (end, w) = (t.say(".", "。"), Words::of(t.language));
    let methods = (!sheet.method_versions.is_empty()).then(|| {
        let all = Line::joined(sheet.method_versions.iter().map(|m| Line::code(m)), ", ");
        Line::say(t.say("Methods: ", "方法：")).and_line(all).and(end.clone())
    });
    let assumption = |a: &crate::domain::base::Text| {
        Line::say(t.say("Assumption: ", "假设：")).and_text(&w.of_cost(a, OfCost::Assumption)).and(end.clone())
    };
    Block::List(sheet.assumptions.iter().map(assumption).chain([rounding]).chain(methods).collect())
}

/// Earlier figures stay visible, with who changed them and by how much.
fn restated(t: &Told<'_>) -> Vec<Block> {
    let all = &t.facts.restated;
    if all.len() < 2 {
        return Vec::new();
    }
    let rows = all.iter().enumerate().map(|(i, r)| restated_row(t, r, i.checked_sub(1).map(|b| &all[b]))).collect();
    let said = t.say("Restated: earlier figures are kept, the last one is in force.", "重述：早先的数字保留，最后一个有效。");
    let head = [
        t.say("entry", "条目"),
        t.say("recorded", "记录于"),
        t.say("by", "由"),
        t.say("total", "总计"),
        t.say("difference", "差额"),
        t.say("why", "原因"),
    ];
    let table = Table::new(t.say("Versions of the cost", "损失的版本"), &head.each_ref().map(|h| &**h), rows).numbers(&[4]);
    vec![Block::say(said), Block::Table(table)]
}

fn restated_row(t: &Told<'_>, r: &Restated, before: Option<&Restated>) -> Vec<Line> {
    let entry = t.facts.incident.entries.iter().find(|e| e.seq == r.seq && matches!(e.fact, Fact::Costed(_)));
    let difference = before.and_then(|b| {
        let same = b.sheet.currency == r.sheet.currency;
        let change = r.sheet.total.filter(|_| same)? - b.sheet.total?;
        Some(money::exact(Money::new(change, r.sheet.currency)))
    });
    vec![
        Line::say(r.seq.0.to_string()),
        Line::say(t.instant(Some(r.at))),
        Line::text(entry.map_or("", timeline::actor)),
        Line::say(cost_words(t, Some(&r.sheet))),
        Line::say(difference.unwrap_or_else(|| "-".into())),
        r.sheet.restates.as_ref().map_or_else(|| Line::say("-"), |replaced| Line::text(&replaced.reason)),
    ]
}
