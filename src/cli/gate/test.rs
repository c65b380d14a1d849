//! `gate --from T --to T`: a load test judged by the SLOs that page.

use super::{GateArgs, exit, named, time, verdict};
use crate::app::{Setup, Wanted};
use crate::cli::backtest::text::{show, table};
use crate::cli::{Exit, Format, Out, look};
use crate::domain::base::{Labels, Severity};
use crate::domain::judge::{Quantile, RuleRef};
use crate::domain::objective::Slo;
use crate::domain::review::gate::{Answer, Trial, of_test};
use crate::wire::gate as wire;
use crate::words::units::{self, UNKNOWN};
use comfy_table::CellAlignment;

/// Judges the test.
pub(super) async fn run(args: &GateArgs, from: &str, setup: &Setup, format: Format, out: &mut Out) -> Exit {
    let samples: Vec<_> = args.samples.iter().cloned().collect();
    let past = match setup.past(&samples) {
        Ok(past) => past,
        Err(error) => return super::super::tell(&error, out),
    };
    let (from, to) = match (time("--from", from, past.end, out), time("--to", &args.to, past.end, out)) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(exit), _) | (_, Err(exit)) => return exit,
    };
    let done = match setup.backtest(&past, Wanted { from, to, ..Wanted::default() }).await {
        Ok(done) => done,
        Err(error) => return super::super::tell(&error, out),
    };
    for error in &done.errors {
        out.error(&error.to_string(), Some("nothing can be said of SLOs that need this read"));
    }
    let trials: Vec<Trial> = done.backtest.tracks.iter().map(|track| of_test(track, rule)).collect();
    let answer = trials.iter().map(|t| t.answer).max().unwrap_or(Answer::Unknown);
    let reasons: Vec<String> = trials.iter().filter(|t| t.answer != Answer::Open).map(reason).collect();
    match format {
        Format::Json => {
            let slos = trials.iter().map(wire::trial).collect();
            let (from, to) = (done.backtest.from.rfc3339(), done.backtest.to.rfc3339());
            look::print_json(out, &wire::TrialsJson { answer: answer.name(), from, to, slos, reasons });
        }
        _ => print(&trials, &verdict(answer, args.unknown), &reasons, out),
    }
    exit(answer, args.unknown, done.errors.is_empty())
}

fn rule(slo: &Slo, rule: RuleRef) -> String {
    crate::words::rule(slo, rule)
}

fn reason(trial: &Trial) -> String {
    let name = named(trial.slo.as_str(), &trial.group);
    let page = trial.breaches.iter().find(|(severity, ..)| severity.pages());
    match (trial.answer, page, trial.error_ratio.zip(trial.allowed_ratio)) {
        (Answer::Unknown, ..) => format!("{name}: no events were seen, so nothing can be said"),
        (_, Some((severity, rule, at)), _) => format!("{name}: {severity} {rule} at {at}"),
        (_, None, Some((ratio, allowed))) => {
            let [ratio, allowed] = [ratio, allowed].map(units::percent_auto);
            format!("{name}: {ratio} of events were bad, more than {allowed}")
        }
        (_, None, None) => name,
    }
}

fn print(trials: &[Trial], verdict: &str, reasons: &[String], out: &mut Out) {
    let heads =
        ["SLO", "HELD", "BAD", "TOTAL", "BAD SHARE", "ALLOWED", "BUDGET SPENT", "P50", "P95", "P99", "BOUND", "BREACHES", "DATA"];
    let mut table = table(&heads);
    for trial in trials {
        table.add_row(row(trial));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    show(&table, out);
    out.line("");
    out.line(verdict);
    for reason in reasons {
        out.line(&format!("  {reason}"));
    }
}

fn row(trial: &Trial) -> Vec<String> {
    let share = |share: Option<f64>| share.map_or_else(|| UNKNOWN.into(), units::percent_auto);
    let quantile = |pick: fn(&crate::domain::judge::LatencyStatus) -> Quantile| {
        trial.latency.as_ref().map(pick).map_or_else(|| UNKNOWN.into(), seconds)
    };
    let fired = |severity: Severity| trial.breaches.iter().filter(|(s, ..)| *s == severity).count();
    let breaches: Vec<String> = Severity::ALL.iter().filter(|s| fired(**s) > 0).map(|s| format!("{} {s}", fired(*s))).collect();
    vec![
        named(trial.slo.as_str(), &trial.group as &Labels),
        match trial.answer {
            Answer::Open => "yes".into(),
            Answer::Shut => "NO".into(),
            Answer::Unknown => "unknown".into(),
        },
        units::count(trial.bad),
        trial.total.map_or_else(|| UNKNOWN.into(), units::count),
        share(trial.error_ratio),
        share(trial.allowed_ratio),
        share(trial.spent),
        quantile(|l| l.p50),
        quantile(|l| l.p95),
        quantile(|l| l.p99),
        trial.under_seconds.map_or_else(|| UNKNOWN.into(), units::latency),
        if breaches.is_empty() { "0".into() } else { breaches.join(", ") },
        units::percent(trial.coverage, 0),
    ]
}

fn seconds(quantile: Quantile) -> String {
    let text = units::latency(quantile.seconds);
    if quantile.at_least { format!(">= {text}") } else { text }
}
