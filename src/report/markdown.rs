//! The postmortem as Markdown: its order and its headings. The sections are in `sections`.

use super::md::join;
use super::regions::{region, stamp};
use super::sections::{cost, data, head, impact, times};
use crate::domain::review::PostmortemFacts;
use crate::words::Zone;

/// The whole report. Instants are told in UTC and, where it differs, in `zone`.
pub fn markdown(facts: &PostmortemFacts, zone: Zone) -> String {
    let blocks = [
        stamp(&facts.incident.id.to_string()),
        format!("# {}", head::title(facts)),
        head::table(facts),
        "## Summary".into(),
        head::summary(facts),
        region("summary", "TODO: what happened, in three sentences a stranger understands."),
        "## Impact".into(),
        impact::impact(facts),
        "## How long it took".into(),
        times::clocks(facts),
        "## Timeline".into(),
        times::timeline(facts, zone),
        "## Detection and response".into(),
        times::detection(facts),
        times::pages(facts),
        region("response", "TODO: how people found the cause, who did what, what helped."),
        "## Burn rate".into(),
        impact::burn(facts, zone),
        judgement(),
        "## Annex: cost".into(),
        cost::annex(facts),
        "## Annex: data".into(),
        data::annex(facts),
    ];
    join(blocks) + "\n"
}

/// What only people can write.
fn judgement() -> String {
    let parts = [
        ("Trigger", "trigger", "TODO: what set it off."),
        ("Contributing causes", "causes", "- TODO: what made it possible, what made it worse."),
        ("What went well", "went-well", "- TODO"),
        ("What went badly", "went-badly", "- TODO"),
        ("Where we were lucky", "luck", "- TODO"),
        (
            "Action items",
            "actions",
            "| action | type (prevent, mitigate, process) | owner | priority | due | ticket |\n|---|---|---|---|---|---|\n| TODO | | | | | |",
        ),
    ];
    join(parts.map(|(heading, name, todo)| format!("## {heading}\n\n{}", region(name, todo))))
}
