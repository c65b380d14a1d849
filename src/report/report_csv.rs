//! Reports for a spreadsheet: of an incident one fact a row, of a period one incident a row. Empty is unknown.

use crate::domain::base::{Ms, Span};
use crate::domain::incident::Incident;
use crate::domain::review::{PeriodFacts, PostmortemFacts};
use crate::words::escape::csv;
use crate::words::{Zone, timeline};

fn at(moment: Option<Ms>) -> String {
    moment.map_or_else(String::new, Ms::rfc3339)
}

fn seconds(span: Option<Span>) -> String {
    span.map_or_else(String::new, |s| s.secs_f64().to_string())
}

fn row(cells: &[String]) -> String {
    cells.join(",") + "\r\n"
}

/// Facts, clocks in seconds, timeline and cost lines: `section,at,name,value,unit,detail`.
pub(super) fn incident(facts: &PostmortemFacts) -> String {
    let i = &facts.incident;
    let mut out = "section,at,name,value,unit,detail\r\n".to_owned();
    let mut add = |section: &str, moment: Option<Ms>, name: &str, value: &str, unit: &str, detail: &str| {
        // Times and numbers of ours begin with a digit; they and empty cells need no guard.
        out.push_str(&row(&[section.into(), at(moment), csv(name), value.to_owned(), csv(unit), csv(detail)]));
    };
    add("fact", None, "id", &i.id.to_string(), "", "");
    add("fact", None, "service", &csv(&i.service), "", "");
    add("fact", None, "state", i.phase.name(), "", "");
    add("fact", None, "peak_severity", i.peak_severity.map_or("", |s| s.name()), "", "");
    for clock in &facts.clocks {
        add("clock", None, clock.kind.name(), &seconds(clock.value), "seconds", clock.kind.definition());
    }
    if let Some(impact) = &i.impact {
        add("impact", None, "bad", &impact.bad.to_string(), "events", "");
        add("impact", None, "total", &impact.total.map_or_else(String::new, |n| n.to_string()), "events", "");
        add("impact", None, "lasted", &seconds(facts.impact_span), "seconds", "");
        for (slo, share) in &impact.budget_spent {
            add("budget", None, slo.as_str(), &share.to_string(), "share of the period", "");
        }
    }
    for entry in &i.entries {
        add(
            "timeline",
            Some(entry.at),
            timeline::word(&entry.fact),
            "",
            timeline::actor(entry),
            &timeline::sentence(entry, Zone::Utc),
        );
    }
    if let Some(sheet) = &i.cost {
        let currency = sheet.currency.code();
        for line in &sheet.lines {
            let name =
                line.subject.as_deref().map_or_else(|| line.component.to_string(), |s| format!("{} ({s})", line.component));
            let section = if line.memo { "cost memo" } else { "cost" };
            add(section, None, &name, &line.amount.amount.to_string(), line.amount.currency.code(), &line.formula);
        }
        let state = if sheet.complete { "complete" } else { "partial: at least" };
        add("cost", None, "total", &sheet.total.map_or_else(String::new, |t| t.to_string()), currency, state);
        for why in &sheet.not_estimated {
            add("not estimated", None, why, "", "", "");
        }
    }
    out
}

const HEAD: &str = "id,service,severity,state,drill,impact_start,detected,paged,acknowledged,mitigated,resolved,ttd,tta,ttm,ttr,bad,total,cost,currency,cost_complete\r\n";

/// One incident a row.
pub(super) fn period(facts: &PeriodFacts) -> String {
    facts.incidents.iter().fold(HEAD.to_owned(), |all, i| all + &one(i))
}

fn one(i: &Incident) -> String {
    let m = &i.milestones;
    let impact = i.impact.as_ref();
    let cost = i.cost.as_ref().and_then(|c| Some((c, c.total?)));
    row(&[
        i.id.to_string(),
        csv(&i.service),
        i.peak_severity.map_or_else(String::new, |s| s.name().into()),
        i.phase.name().into(),
        i.drill.to_string(),
        at(m.impact_start),
        at(m.detected),
        at(m.paged),
        at(m.acknowledged),
        at(m.mitigated),
        at(m.resolved),
        seconds(i.time_to_detect()),
        seconds(i.time_to_acknowledge()),
        seconds(i.time_to_mitigate()),
        seconds(i.time_to_resolve()),
        impact.map_or_else(String::new, |r| r.bad.to_string()),
        impact.and_then(|r| r.total).map_or_else(String::new, |n| n.to_string()),
        cost.map_or_else(String::new, |(_, total)| total.to_string()),
        cost.map_or_else(String::new, |(c, _)| c.currency.code().into()),
        cost.map_or_else(String::new, |(c, _)| c.complete.to_string()),
    ])
}
