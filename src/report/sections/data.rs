//! The data annex: what anyone needs to check the figures.

use super::UNKNOWN;
use crate::domain::review::{PostmortemFacts, SloQuery};
use crate::report::md::{self, code, text};
use crate::wire::report::hex;
use crate::words::plural;

pub(in crate::report) fn annex(facts: &PostmortemFacts) -> String {
    md::join([rules(facts), queries(facts), sources(facts), hashes(facts)])
}

/// The rules the incident opened under.
fn rules(facts: &PostmortemFacts) -> String {
    let opened = &facts.incident.rulebook;
    if opened.is_empty() {
        return format!("Rulebook: {UNKNOWN}.");
    }
    let changed = match &facts.rulebook_now {
        Some(now) if now != opened => " The rules at hand for this report have another hash; the queries below are theirs.",
        _ => "",
    };
    format!("Rulebook in force when it opened: {}.{changed}", code(opened))
}

fn queries(facts: &PostmortemFacts) -> String {
    if facts.queries.is_empty() {
        return "Queries of the SLOs: the SLO files were not at hand when this report was made.".into();
    }
    let one = |q: &SloQuery| {
        let parts: Vec<String> = q.queries.iter().map(|(name, query)| format!("{name} {}", code(query))).collect();
        format!("{}: {}", text(q.slo.as_str()), parts.join(", "))
    };
    md::join(["Queries of the SLOs:".into(), md::list(facts.queries.iter().map(one))])
}

/// Queries behind the cost's measured inputs.
fn sources(facts: &PostmortemFacts) -> String {
    let lines = facts.incident.cost.iter().flat_map(|sheet| &sheet.lines);
    let measured = lines.flat_map(|l| &l.inputs).filter(|i| i.basis == crate::domain::cost::Basis::Measured);
    let items: Vec<String> = measured.map(|i| format!("{} = {}: {}", text(&i.name), text(&i.value), code(&i.source))).collect();
    if items.is_empty() { String::new() } else { md::join(["Samples behind the cost:".into(), md::list(items)]) }
}

/// The chain of entries, so that a copy can be checked against the ledger.
fn hashes(facts: &PostmortemFacts) -> String {
    let (Some(first), Some(last)) = (facts.hashes.first(), facts.hashes.last()) else { return "No entries.".into() };
    let count = plural::counted(facts.hashes.len(), "entry", "entries");
    let rows: Vec<Vec<String>> = facts.hashes.iter().map(|(seq, hash)| vec![seq.0.to_string(), code(&hex(hash))]).collect();
    md::join([
        format!(
            "{count} of the ledger, {} to {}, each with the SHA-256 of its stored bytes and the hash before it:",
            first.0.0, last.0.0
        ),
        md::table(&["entry", "hash"], &rows),
    ])
}
