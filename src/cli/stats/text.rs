//! Statistics for people: tables of at most 80 columns, each figure with its n and interval, and in words what cannot be told.
//!
//! Text from outside is escaped here before it reaches the terminal.

use crate::cli::Out;
use crate::domain::base::{Money, Ms};
use crate::domain::review::ClockKind;
use crate::domain::review::stats::compare::{Compared, Finding};
use crate::domain::review::stats::drills::FORMULA;
use crate::domain::review::stats::summary::{CHANGE_WINDOW, ClockStats, Comparison, Group, RateStats, TREND_CLOCK};
use crate::domain::review::stats::trend::Trend;
use crate::domain::review::stats::{CostStats, Drills, Key, ShareKind, ShareStats, Skew, Stats};
use crate::words::plural::{counted, noun_of};
use crate::words::units::{UNKNOWN, percent_auto};
use crate::words::{Zone, escape, money, time, units, width};
use rust_decimal::prelude::ToPrimitive;

/// Widest line; a wider terminal is not filled.
const WIDE: usize = 80;

pub(super) fn print(stats: &Stats, zone: Zone, out: &mut Out) {
    head(stats, zone, out);
    if stats.groups.iter().all(|g| g.n == 0) {
        out.line("\nNo incident was detected in this period, so there is nothing to say about recovery.");
    } else {
        if stats.groups.len() > 1 {
            overview(&stats.groups, out);
        }
        for group in &stats.groups {
            block(group, out);
        }
        definitions(stats, out);
    }
    backwards(stats, zone, out);
    drills(&stats.drills, zone, out);
}

fn say(text: &str, indent: usize, out: &mut Out) {
    for (i, line) in width::wrap(text, WIDE - indent - 2).into_iter().enumerate() {
        out.line(format!("{}{}{line}", " ".repeat(indent), if i == 0 { "" } else { "  " }).trim_end());
    }
}

/// `30 days`, `1 day`
fn days(n: f64) -> String {
    format!("{} {}", units::number(n), noun_of(n, "day", "days"))
}

fn head(stats: &Stats, zone: Zone, out: &mut Out) {
    let asked = &stats.asked;
    let days = days(stats.groups.first().map_or_else(|| asked.to.since(asked.from).secs_f64() / 86_400.0, |g| g.rate.days));
    out.line(&format!("RECOVERY  {} to {}, {days}", zone.full(asked.from), zone.full(asked.to)));
    let left = stats.left_out;
    let parts = [
        (left.outside, "outside the period", "outside the period"),
        (left.drills, "drill", "drills"),
        (left.merged, "merged into another", "merged into others"),
        (left.undated, "without any time", "without any time"),
    ];
    let told: Vec<String> = parts.iter().filter(|p| p.0 > 0).map(|(n, one, many)| counted(*n, one, many)).collect();
    let told = if told.is_empty() { "nothing".into() } else { told.join(", ") };
    say(&format!("Counted: incidents detected in the period. Left out: {told}."), 0, out);
}

/// `checkout, P0`; `all incidents` without grouping.
fn name(key: &Key) -> String {
    if key.is_empty() {
        return "all incidents".into();
    }
    let parts = key.iter().map(|(d, value)| match value {
        Some(value) => escape::terminal(value),
        None => format!("unknown {}", d.name().replace('_', " ")),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// One line for each group, so that groups can be seen beside each other.
fn overview(groups: &[Group], out: &mut Out) {
    out.line(&format!(
        "\n{:<24} {:>5} {:>5} {:>8} {:>8} {:>13} {:>9}",
        "GROUP", "N", "OPEN", "TTA", "TTM", "95% INTERVAL", "PER 30D"
    ));
    for g in groups {
        let [_, tta, ttm, _] = &g.clocks;
        out.line(&format!(
            "{} {:>5} {:>5} {:>8} {:>8} {:>13} {:>9}",
            width::left(&name(&g.key), 24, "…"),
            g.n,
            g.n_open,
            span(tta.median),
            span(ttm.median),
            range(ttm.median_interval),
            per_30_days(g.rate.count as f64, &g.rate)
        ));
    }
    out.line("TTA and TTM are medians.");
}

fn block(g: &Group, out: &mut Out) {
    let title = width::cut(&name(&g.key).to_uppercase(), 40, "…");
    out.line(&format!("\n{title}: {}, {} not over, {} never acknowledged", g.n, g.n_open, g.n_never_acked));
    let interval = "95% INTERVAL";
    out.line(&format!(
        "     {:>5} {:>8} {interval:>13} {:>8} {interval:>13} {:>8} {interval:>13}",
        "N", "MEDIAN", "P90", "GEOMEAN"
    ));
    for c in &g.clocks {
        out.line(&format!(
            "  {} {:>4} {:>8} {:>13} {:>8} {:>13} {:>8} {:>13}",
            c.kind.name(),
            c.n,
            span(c.median),
            range(c.median_interval),
            span(c.p90),
            range(c.p90_interval),
            span(c.geomean),
            range(c.geomean_interval)
        ));
    }
    censored(&g.clocks, out);
    totals(&g.clocks, out);
    if let Some(s) = &g.skew {
        fact("mean without", &skew(s), out);
    }
    fact("how often", &how_often(&g.rate), out);
    fact("trend", &g.trend.as_ref().map_or_else(|| "nothing can be said under 5 ended incidents".into(), trend), out);
    for s in &g.shares {
        fact(share_name(s.kind), &share(s), out);
    }
    fact("cost", &g.cost.as_ref().map_or_else(|| format!("{}: no incident has one", money::NOT_ESTIMATED), cost), out);
    if let Some(c) = &g.comparison {
        comparison(c, out);
    }
}

/// A name and its words, which continue under themselves.
fn fact(name: &str, words: &str, out: &mut Out) {
    for (i, line) in width::wrap(words, WIDE - 24).into_iter().enumerate() {
        out.line(format!("  {:<21} {line}", if i == 0 { name } else { "" }).trim_end());
    }
}

fn censored(clocks: &[ClockStats; 4], out: &mut Out) {
    let open = clocks.iter().filter(|c| c.censored > 0);
    let told: Vec<String> = open
        .map(|c| {
            let median = c.km_median.map_or_else(|| "not reached".into(), |m| span(Some(m)));
            format!("{} {median} ({} of {} still ran)", c.kind.name(), c.censored, c.n + c.censored)
        })
        .collect();
    if !told.is_empty() {
        fact("medians with those", &format!("{} (Kaplan-Meier)", told.join("; ")), out);
    }
}

/// The mean is right for totals and misleading as a typical time, so it never stands alone.
fn totals(clocks: &[ClockStats; 4], out: &mut Out) {
    let told: Vec<String> = clocks
        .iter()
        .filter_map(|c| Some(format!("{} {} / {} = {}", c.kind.name(), span(Some(c.total)), c.n, span(Some(c.mean()?)))))
        .collect();
    if !told.is_empty() {
        fact("total / n", &format!("{} (for totals and cost only)", told.join("; ")), out);
    }
}

fn skew(s: &Skew) -> String {
    let (clock, id) = (TREND_CLOCK.name(), escape::terminal(&s.id));
    format!("{clock} {} without {id}, which took {}", span(Some(s.mean_without)), span(Some(s.seconds)))
}

fn how_often(r: &RateStats) -> String {
    if r.days <= 0.0 {
        return format!("{} in no time at all", r.count);
    }
    format!(
        "{} per 30 days (95%: {} to {}); {} in {}",
        per_30_days(r.count as f64, r),
        per_30_days(r.interval.0, r),
        per_30_days(r.interval.1, r),
        r.count,
        days(r.days)
    )
}

fn per_30_days(count: f64, r: &RateStats) -> String {
    if r.days > 0.0 { units::number(count * 30.0 / r.days) } else { UNKNOWN.into() }
}

fn trend(t: &Trend) -> String {
    let clock = TREND_CLOCK.name();
    if t.p >= 0.05 {
        return format!("none can be told: {clock} of {} in a row, p = {} (Mann-Kendall)", t.n, p(t.p));
    }
    let way = if t.s > 0 { "grow" } else { "shrink" };
    let slope = span(Some(t.sen_slope.abs()));
    format!("{clock} {way} by about {slope} an incident (Sen), p = {} (Mann-Kendall, {} in a row)", p(t.p), t.n)
}

fn p(p: f64) -> String {
    if p < 0.001 { "under 0.001".into() } else { format!("{p:.3}") }
}

const fn share_name(kind: ShareKind) -> &'static str {
    match kind {
        ShareKind::ChangeFailure => "change failure rate",
        ShareKind::Proactive => "found proactively",
        ShareKind::AcknowledgedIn5 => "acknowledged in 5m",
        ShareKind::MitigatedIn30 => "mitigated in 30m",
        ShareKind::WithPostmortem => "with a postmortem",
        ShareKind::ChangeCaused => "caused by a change",
    }
}

fn share(s: &ShareStats) -> String {
    let Some((share, (low, high))) = s.share().zip(s.interval()) else {
        return match s.kind {
            ShareKind::ChangeFailure => "unknown: no change is recorded".into(),
            ShareKind::ChangeCaused => "unknown: nobody told a cause, and no change is recorded".into(),
            _ => "unknown".into(),
        };
    };
    let target = s.target.zip(s.standing()).map_or_else(String::new, |(target, standing)| {
        let side = if s.kind.at_most() { "at most" } else { "at least" };
        format!(", target {side} {}: {}", units::percent_level(target), standing.name())
    });
    format!("{} of {}, {} (95%: {} to {}){target}", s.k, s.n, percent_auto(share), percent_auto(low), percent_auto(high))
}

fn cost(c: &CostStats) -> String {
    let shown = |amount| money::exact(Money::new(amount, c.currency));
    let partial = if c.n_partial > 0 { format!("at least ({} partial) ", c.n_partial) } else { String::new() };
    let p90 = c.p90.map_or_else(String::new, |p| format!(", P90 {}", shown(p)));
    let carried = c.concentration.map_or_else(String::new, |(k, share)| {
        let percent = percent_auto(share.to_f64().unwrap_or(f64::NAN));
        format!("; {k} of {} carry {percent}", c.n)
    });
    let others: Vec<&str> = c.others.iter().map(|o| o.code()).collect();
    let others = if others.is_empty() { String::new() } else { format!("; without those in {}", others.join(", ")) };
    format!(
        "{partial}{} in {}, median {}{p90}{carried}{others}",
        shown(c.total),
        counted(c.n, "incident", "incidents"),
        shown(c.median)
    )
}

fn comparison(c: &Comparison, out: &mut Out) {
    out.line(&format!("  BEFORE AND AFTER {}", Zone::Utc.full(c.split)));
    for (kind, compared) in ClockKind::ALL.iter().zip(&c.clocks) {
        fact(&format!("  {}", kind.name()), &compared_words(compared), out);
    }
    let rate = c.rate_p.map_or_else(
        || "cannot tell".into(),
        |value| {
            let told = if value < 0.05 { "changed" } else { "cannot tell" };
            format!(
                "{told}: {} in {}, then {} in {}, p = {}",
                c.before.0,
                days(c.before.1),
                c.after.0,
                units::number(c.after.1),
                p(value)
            )
        },
    );
    fact("  how often", &rate, out);
}

fn compared_words(c: &Compared) -> String {
    let Some(ratio) = c.ratio else {
        return format!("{}: {} before, {} after", Finding::CannotTell.name(), c.n_before, c.n_after);
    };
    let times = |x: f64| units::number(x);
    let interval = c.interval.map_or_else(String::new, |(low, high)| format!(" (95%: {} to {})", times(low), times(high)));
    let test = c.p.map_or_else(String::new, |value| format!(", p = {} (Mann-Whitney)", p(value)));
    let needed =
        c.needed.map_or_else(String::new, |n| format!("; a change of that size needs {} a side", units::whole(n as f64)));
    format!(
        "{}: geometric mean x{}{interval}{test}; {} before, {} after{needed}",
        c.finding.name(),
        times(ratio),
        c.n_before,
        c.n_after
    )
}

fn definitions(stats: &Stats, out: &mut Out) {
    out.line("\nWHAT IS COUNTED");
    for kind in ClockKind::ALL {
        say(&format!("{} = {}", kind.name(), kind.definition()), 2, out);
    }
    say(
        "Median: exact interval from 6 on; P90 from 10, its interval from 36; quantiles of type 7. Never acknowledged and open ones are censored, not dropped.",
        2,
        out,
    );
    if !stats.asked.changes.is_empty() {
        say(&format!("A change failed when an incident of its service began within {CHANGE_WINDOW} after it."), 2, out);
    }
}

fn backwards(stats: &Stats, zone: Zone, out: &mut Out) {
    if stats.flagged.is_empty() {
        return;
    }
    out.line("\nTIMES THAT RUN BACKWARDS (their clocks are unknown)");
    for (id, b) in &stats.flagged {
        let words = format!(
            "{}: {} {} is before {} {}",
            escape::terminal(id),
            b.then,
            zone.full(b.then_at),
            b.first,
            zone.full(b.first_at)
        );
        say(&words, 2, out);
    }
}

fn drills(drills: &Drills, zone: Zone, out: &mut Out) {
    if drills.rows.is_empty() {
        return;
    }
    out.line("\nDRILLS (in brackets: against the last one of the service)");
    out.line(
        format!("  {:<10} {:<9} {:<12} {:>12} {:>12} {:>12} {:>5}", "DAY", "ID", "SERVICE", "TTD", "TTA", "TTM", "SCORE")
            .trim_end(),
    );
    for row in &drills.rows {
        let cell = |i: usize| width::right(&against(row.clocks[i], row.before[i]), 12, "…");
        let score = row.score.map_or_else(|| UNKNOWN.into(), |s| format!("{s:.0}"));
        out.line(&format!(
            "  {:<10} {} {} {} {} {} {score:>5}",
            day(row.at, zone),
            width::left(&escape::terminal(&row.id), 9, "…"),
            width::left(&escape::terminal(&row.service), 12, "…"),
            cell(0),
            cell(1),
            cell(2)
        ));
    }
    let score = drills.score.map_or_else(|| UNKNOWN.into(), |s| format!("{s:.0}"));
    out.line(&format!("  resilience score {score} of 100"));
    say(FORMULA, 2, out);
}

fn day(at: Ms, zone: Zone) -> String {
    zone.full(at).chars().take(10).collect()
}

/// `6m00s(-2m)`: how long, and how much longer or shorter than before.
fn against(now: Option<f64>, before: Option<f64>) -> String {
    let change = now.zip(before).and_then(|(now, before)| time::from_secs(now - before));
    let change = change.map_or_else(String::new, |c| {
        let sign = if c.0 < 0 { "-" } else { "+" };
        format!("({sign}{})", time::brief(crate::domain::base::Span(c.0.abs())))
    });
    format!("{}{change}", span(now))
}

fn span(seconds: Option<f64>) -> String {
    seconds.and_then(time::from_secs).map_or_else(|| UNKNOWN.into(), time::span)
}

fn range(ends: Option<(f64, f64)>) -> String {
    ends.map_or_else(|| UNKNOWN.into(), |(low, high)| format!("{}-{}", span(Some(low)), span(Some(high))))
}
