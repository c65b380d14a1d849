//! The data annex: what anyone needs to check the figures.

use super::Told;
use crate::domain::cost::Basis;
use crate::domain::review::SloQuery;
use crate::report::doc::{Block, Line, Table};
use crate::wire::report::hex;
use crate::words::{plural, report as names};

pub(in crate::report) fn annex(t: &Told<'_>) -> Vec<Block> {
    [vec![rules(t)], queries(t), sources(t), hashes(t)].into_iter().flatten().collect()
}

/// The rules the incident opened under.
fn rules(t: &Told<'_>) -> Block {
    let opened = &t.facts.incident.rulebook;
    let said = t.say("Rulebook in force when it opened: ", "打开时生效的规则：");
    if opened.is_empty() {
        return Block::say(t.say("Rulebook: unknown.", "规则：未知。"));
    }
    let changed = match &t.facts.rulebook_now {
        Some(now) if now != opened => t.say(
            " The rules at hand for this report have another hash; the queries below are theirs.",
            "本报告所用规则的哈希不同；下面的查询来自它们。",
        ),
        _ => String::new(),
    };
    Block::Paragraph(Line::say(said).and_code(opened).and(t.say(".", "。")).and(changed))
}

fn queries(t: &Told<'_>) -> Vec<Block> {
    if t.facts.queries.is_empty() {
        return vec![Block::say(t.say(
            "Queries of the SLOs: the SLO files were not at hand when this report was made.",
            "SLO 的查询：生成本报告时没有 SLO 文件。",
        ))];
    }
    let one = |q: &SloQuery| {
        let parts = q.queries.iter().map(|(name, query)| Line::say(format!("{name} ")).and_code(query));
        let line = Line::text(q.slo.as_str()).and(": ").and_line(Line::joined(parts, ", "));
        let Some(how) = &q.summed else { return line };
        // It names a selector, which is not ours.
        line.and(t.say("; ", "；")).and_text(&names::sentence(how, t.language))
    };
    vec![Block::say(t.say("Queries of the SLOs:", "SLO 的查询：")), Block::List(t.facts.queries.iter().map(one).collect())]
}

/// Queries behind the cost's measured inputs.
fn sources(t: &Told<'_>) -> Vec<Block> {
    let lines = t.facts.incident.cost.iter().flat_map(|sheet| &sheet.lines);
    let measured = lines.flat_map(|l| &l.inputs).filter(|i| i.basis == Basis::Measured);
    let items: Vec<Line> =
        measured.map(|i| Line::text(&i.name).and(" = ").and_text(&i.value).and(": ").and_code(&i.source)).collect();
    if items.is_empty() {
        return Vec::new();
    }
    vec![Block::say(t.say("Samples behind the cost:", "损失依据的样本：")), Block::List(items)]
}

/// The chain of entries, so that a copy can be checked against the ledger.
fn hashes(t: &Told<'_>) -> Vec<Block> {
    let (Some(first), Some(last)) = (t.facts.hashes.first(), t.facts.hashes.last()) else {
        return vec![Block::say(t.say("No entries.", "没有条目。"))];
    };
    let n = t.facts.hashes.len();
    let (count, first, last) = (plural::counted(n, "entry", "entries"), first.0.0, last.0.0);
    let rows = t.facts.hashes.iter().map(|(seq, hash)| vec![Line::say(seq.0.to_string()), Line::code(&hex(hash))]).collect();
    let said = t.say(
        format!("{count} of the ledger, {first} to {last}, each with the SHA-256 of its stored bytes and the hash before it:"),
        format!("账本条目 {n} 条，{first} 至 {last}，各附其存储字节与前一哈希的 SHA-256："),
    );
    let head = [t.say("entry", "条目"), t.say("hash", "哈希")];
    let caption = t.say("Hashes of the ledger's entries", "账本条目的哈希");
    vec![Block::say(said), Block::Table(Table::new(caption, &[&head[0], &head[1]], rows))]
}
