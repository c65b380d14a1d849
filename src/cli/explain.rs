//! `explain`: how an SLO is measured and why it is judged so, in words and numbers.

use super::look::{self, LookArgs};
use super::status::name;
use super::{Common, Exit, Format, Out};
use crate::domain::base::{Ms, Span};
use crate::domain::judge::Verdict;
use crate::domain::objective::{Combine, Composite, Sli, Slo};
use crate::domain::view::{SloRow, Snapshot};
use crate::query::plan_lines;
use crate::wire::status::{Status, status};
use crate::words::{self, plural, units};
use clap::Args;
use serde::Serialize;

/// Arguments of `explain`.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// The SLO, as service/name (the name alone when it is unique)
    #[arg(value_name = "SLO")]
    slo: String,
    #[command(flatten)]
    look: LookArgs,
}

/// The JSON answer.
#[derive(Serialize)]
struct Explained {
    id: String,
    file: String,
    source: Option<String>,
    queries: Vec<Query>,
    plan: &'static str,
    plan_lines: Vec<String>,
    #[serde(flatten)]
    status: Status,
}

#[derive(Serialize)]
struct Query {
    field: &'static str,
    promql: String,
}

/// Runs the verb.
pub async fn run(args: &ExplainArgs, common: &Common, out: &mut Out) -> Exit {
    let setup = match super::setup(common, out) {
        Ok(setup) => setup,
        Err(exit) => return exit,
    };
    let ids: Vec<&str> = setup.rulebook().slos.iter().map(|s| s.id.as_str()).collect();
    let Some(id) = find(&ids, &args.slo) else {
        let near = words_like(&ids, &args.slo);
        out.error(&format!("there is no SLO `{}`", words::escape::terminal(&args.slo)), Some(&near));
        return Exit::Usage;
    };
    let id = id.to_owned();
    let (mut snapshot, reached) = match look::look_with(&setup.only(&id), &args.look, out).await {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    snapshot.slos.retain(|row| row.slo.id.as_str() == id);
    match common.format {
        Format::Json => {
            if let Some(answer) = explained(&snapshot) {
                look::print_json(out, &answer);
            }
        }
        _ => print(&snapshot, out),
    }
    if reached { Exit::Fine } else { Exit::Unreachable }
}

/// The SLO of that id, or the only one of that name.
fn find<'a>(ids: &[&'a str], text: &str) -> Option<&'a str> {
    if let Some(id) = ids.iter().find(|id| **id == text) {
        return Some(id);
    }
    let mut named = ids.iter().filter(|id| id.rsplit('/').next() == Some(text));
    named.next().filter(|_| named.next().is_none()).copied()
}

fn words_like(ids: &[&str], text: &str) -> String {
    let close = ids.iter().max_by(|a, b| strsim::jaro_winkler(a, text).total_cmp(&strsim::jaro_winkler(b, text)));
    close.map_or_else(|| "no SLO is loaded; see `check`".into(), |id| format!("did you mean `{id}`? `status` lists all"))
}

fn explained(snapshot: &Snapshot) -> Option<Explained> {
    let slo = &snapshot.slos.first()?.slo;
    Some(Explained {
        id: slo.id.to_string(),
        file: slo.file.to_string(),
        source: slo.source.as_ref().map(ToString::to_string),
        queries: queries(slo).into_iter().map(|(field, promql)| Query { field, promql }).collect(),
        plan: slo.plan.name(),
        plan_lines: plan_lines(&slo.plan),
        status: status(snapshot, &words::reason::reason),
    })
}

/// The PromQL as written, by field.
fn queries(slo: &Slo) -> Vec<(&'static str, String)> {
    match &slo.sli {
        Sli::Events { bad, good, total } => {
            let one = |field, text: &Option<_>| text.as_ref().map(|t: &crate::domain::base::Text| (field, t.to_string()));
            one("bad", bad).into_iter().chain(one("good", good)).chain([("total", total.to_string())]).collect()
        }
        Sli::Latency { histogram, .. } => vec![("histogram", histogram.to_string())],
        Sli::Occurrences { count, .. } => vec![("count", count.to_string())],
        Sli::Threshold { value, .. } => vec![("value", value.to_string())],
        Sli::Ratio { errors, total } => vec![("errors", errors.to_string()), ("total", total.to_string())],
        Sli::Composite(_) => Vec::new(),
    }
}

fn print(snapshot: &Snapshot, out: &mut Out) {
    let Some(first) = snapshot.slos.first() else { return };
    let slo = &first.slo;
    let safe = words::escape::terminal;
    let target = slo.target.map_or_else(|| objective_of(&slo.sli), |t| format!("{t} of events good"));
    out.line(&format!("{}  {} over {}  ({})", safe(slo.id.as_str()), target, slo.period, safe(&slo.file)));
    out.line("");
    out.line("measured");
    for (field, promql) in queries(slo) {
        out.line(&format!("  {field:<9} {}", safe(&promql)));
    }
    if let Some(composite) = slo.sli.composite() {
        made_of(composite, out);
    } else {
        if let Some(source) = &slo.source {
            out.line(&format!("  source    {}", safe(source)));
        }
        out.line(&format!("  plan      {}", slo.plan.name()));
        for line in plan_lines(&slo.plan) {
            out.line(&format!("    {}", safe(&line)));
        }
    }
    for row in &snapshot.slos {
        out.line("");
        if let (Some(verdict), Some(at)) = (&row.verdict, snapshot.at) {
            judged(row, verdict, at, out);
        } else {
            out.line("not judged: nothing could be read");
            row.doubts.iter().for_each(|doubt| out.line(&format!("  {}", words::escape::terminal(doubt))));
        }
    }
}

/// The members of a composite and how they combine.
fn made_of(composite: &Composite, out: &mut Out) {
    out.line(match composite.how {
        Combine::Worst => "  made of, by the worst of their burn rates and budgets",
        Combine::Weighted => "  made of, by the mean of their burn rates and budgets",
    });
    for (id, weight) in &composite.of {
        let weight = if composite.how == Combine::Weighted { format!("  weight {}", weight.normalize()) } else { String::new() };
        out.line(&format!("    {}{weight}", words::escape::terminal(id.as_str())));
    }
}

fn objective_of(sli: &Sli) -> String {
    match sli {
        Sli::Occurrences { allowed, per, .. } => format!("{} per {per} allowed", allowed.normalize()),
        Sli::Composite(composite) => {
            format!("{} of {}", composite.how.name(), plural::counted(composite.of.len(), "SLO", "SLOs"))
        }
        _ => "no target".into(),
    }
}

fn judged(row: &SloRow, verdict: &Verdict, at: Ms, out: &mut Out) {
    let severity = verdict.severity.map_or("no severity", |s| s.name());
    out.line(&format!("{}: {severity}, {} at {}", name(row), verdict.state.name(), words::Zone::Local.full(at)));
    for reason in &verdict.reasons {
        out.line(&format!("  {} because {}", reason.severity, words::reason::reason(&row.slo, reason)));
    }
    for doubt in row.doubts.iter() {
        out.line(&format!("  {}", words::escape::terminal(doubt)));
    }
    if verdict.errors_never_seen {
        out.line("  no error series has been seen yet: zero errors, or a selector that matches nothing");
    }
    out.line("");
    out.line("  window         bad        total   error ratio     burn  coverage  from");
    for w in &verdict.windows {
        let total = w.total.map_or_else(|| "-".into(), units::count);
        let ratio = w.error_ratio.map_or_else(|| "-".into(), units::percent_auto);
        let burn = w.burn_rate.map_or_else(|| "-".into(), units::burn_x);
        let (bad, from) = (units::count(w.bad), words::Zone::Local.full(w.from));
        let coverage = units::percent(w.coverage, 1);
        out.line(&format!("  {:<6} {bad:>11} {total:>12} {ratio:>13} {burn:>8} {coverage:>9}  {from}", w.window.to_string()));
    }
    budget(&row.slo, verdict, out);
    rules(&row.slo, verdict, out);
}

/// Exclusions that are listed.
const MOST_EXCLUSIONS: usize = 10;

fn budget(slo: &Slo, verdict: &Verdict, out: &mut Out) {
    let b = &verdict.budget;
    if b.excluded > Span::ZERO {
        out.line(&format!("  excluded: {} of the period does not count", words::time::span(b.excluded)));
    }
    for line in words::budget::exclusions(slo, b.from, verdict.at, words::Zone::Local, MOST_EXCLUSIONS) {
        out.line(&format!("    {}", words::escape::terminal(&line)));
    }
    let (Some(spent), Some(remaining)) = (words::budget::spent(b), b.remaining) else {
        match b.remaining {
            Some(left) => out.line(&format!("  budget: {} left", units::percent_auto(left))),
            None => out.line("  budget: nothing to count yet"),
        }
        return;
    };
    let exhausts = match b.exhausts_in_seconds {
        Some(seconds) if seconds > 0.0 => {
            let left = words::time::from_secs(seconds).map_or_else(|| "-".into(), words::time::span);
            format!("; exhausted in {left} at the 1h rate")
        }
        Some(_) => "; exhausted".into(),
        None => String::new(),
    };
    out.line(&format!("  budget: {spent}, {} left{exhausts}", units::percent_auto(remaining)));
    if let Some(line) = words::budget::calendar(slo, b, words::Zone::Local) {
        out.line(&format!("  {line}"));
    }
}

fn rules(slo: &Slo, verdict: &Verdict, out: &mut Out) {
    for t in &verdict.tiers {
        let Some(rule) = slo.tiers.get(t.tier) else { continue };
        let burn = |b: Option<f64>| b.map_or_else(|| "-".into(), units::burn_x);
        let state = match (t.firing, t.held_back_by, t.undetermined) {
            (true, _, true) => "FIRING (undetermined, kept)".into(),
            (true, _, _) => "FIRING".into(),
            (false, Some(held), _) => format!("true, held back: {}", words::reason::held(held)),
            (false, None, true) => "undetermined".into(),
            (false, None, false) => "quiet".into(),
        };
        out.line(&format!("  {} {rule}: {} and {}, {state}", rule.severity, burn(t.long_burn), burn(t.short_burn)));
    }
    for b in &verdict.breaches {
        let Some(rule) = slo.breach.get(b.rule) else { continue };
        let value = b.value.map_or_else(|| "-".into(), units::number);
        let state = match (b.firing, b.held_back_by, b.is_true) {
            (true, ..) => "FIRING".into(),
            (false, Some(held), _) => format!("held back: {}", words::reason::held(held)),
            (false, None, true) if rule.after > 1 => format!("above, {} of {} in a row", b.in_a_row.min(rule.after), rule.after),
            (false, None, true) => "above, waiting for its hold".into(),
            (false, None, false) => "quiet".into(),
        };
        let least = if b.at_least { "at least " } else { "" };
        let confirming = match (&rule.confirm, b.confirming) {
            (None, _) => String::new(),
            (Some(_), Some(value)) => format!(", confirming signal {}", units::number(value)),
            (Some(_), None) => ", confirming signal not known".into(),
        };
        let level = if b.level.is_finite() { units::number(b.level) } else { units::UNKNOWN.into() };
        let name = words::escape::terminal(&rule.to_string());
        out.line(&format!("  {} {name}: {least}{value} against {level}{confirming}, {state}", rule.severity));
    }
}
