//! The truth file of a scenario: what happened, what scrapes could show of it, and what it cost.

use super::count::{Counts, Indicator, Seen, bad_run, first_held, happened};
use super::scenario::{Other, Price, Rule, Scenario};
use super::world::{STEP, World};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// The incident as a careful reader of the samples would tell it.
struct Impact {
    detected: i64,
    rule: &'static str,
    level: f64,
    stretches: Vec<(i64, i64)>,
    firings: Vec<Value>,
}

/// The whole file.
pub(crate) fn truth(scenario: &Scenario) -> Value {
    let seen: Vec<Seen> = scenario.indicators.iter().map(|i| Seen::of(&scenario.world, i)).collect();
    let Some(impact) = impact(scenario, &seen[0]) else {
        return json!({"error": "no rule fires: the scenario's rates are wrong"});
    };
    let counts: Vec<Value> = scenario.indicators.iter().zip(&seen).map(|(i, s)| counted(scenario, i, s, &impact)).collect();
    let priced = scenario.price.failed;
    let failed: i64 = impact.stretches.iter().map(|(from, to)| seen[priced].over(*from, *to).bad).sum();
    let truly = |from, to| happened(&scenario.world, &scenario.indicators[priced], from, to).bad;
    let truly: i64 = impact.stretches.iter().map(|(from, to)| truly(*from, *to)).sum();
    json!({
        "version": 1,
        "scenario": scenario.name,
        "title": scenario.title,
        "seed": scenario.seed,
        "recording": recording(&scenario.world),
        "restarts": restarts(&scenario.world),
        "gaps": gaps(&scenario.world),
        "incident": {
            "true_onset": time(scenario.onset),
            "true_end": time(scenario.end),
            "true_seconds": scenario.end - scenario.onset,
            "detected": time(impact.detected),
            "first_rule": impact.rule,
            "firings": impact.firings,
            "bucket_level": impact.level,
            "usual_ratio": seen[0].ratio(scenario.onset - DAY, scenario.onset),
            "worst_ratio_5m": worst(scenario, &impact, |t| seen[0].ratio(t - 300, t)),
            "impact_start": impact.stretches.first().map(|s| time(s.0)),
            "impact_end": impact.stretches.last().map(|s| time(s.1)),
            "impact_seconds": impact.stretches.iter().map(|(from, to)| to - from).sum::<i64>(),
            "intervals": impact.stretches.iter().map(|s| span(s.0, s.1)).collect::<Vec<_>>(),
        },
        "indicators": counts,
        "cost": cost(scenario, failed, truly, i128::from(impact.stretches.iter().map(|(from, to)| to - from).sum::<i64>())),
    })
}

/// Detection by the page rules over one minute, and the bad minutes around it.
fn impact(scenario: &Scenario, seen: &Seen) -> Option<Impact> {
    let quantiles: Vec<(f64, Seen)> =
        scenario.buckets.iter().map(|(bound, series)| (*bound, bucket(&scenario.world, series))).collect();
    let fires = |rule: &Rule| {
        let value = |t: i64| if rule.p99 { p99(&quantiles, t - 60, t) } else { seen.ratio(t - 60, t) };
        let above = |t: i64| value(t).is_some_and(|v| v > rule.level);
        first_held(scenario.onset - 600, scenario.world.stop, rule.hold, above)
    };
    let mut firings: Vec<(i64, &Rule)> = scenario.rules.iter().filter_map(|r| Some((fires(r)?, r))).collect();
    firings.sort_by_key(|(t, _)| *t);
    let (detected, first) = firings.first()?;
    let usual = seen.ratio(scenario.onset - DAY, scenario.onset).unwrap_or(0.0);
    let floor = scenario.budget.max(3.0 * usual);
    let level = if first.p99 { floor } else { first.level.min(floor) };
    Some(Impact {
        detected: *detected,
        rule: first.name,
        level,
        stretches: bad_run(seen, level, *detected, scenario.world.stop),
        firings: firings.iter().map(|(t, r)| json!({"at": time(*t), "rule": r.name, "severity": r.severity})).collect(),
    })
}

fn bucket(world: &World, series: &[usize]) -> Seen {
    Seen::of(world, &Indicator { id: "", bad: series.to_vec(), less: Vec::new(), total: Vec::new() })
}

/// The 99th percentile over (from, to], straight lines within buckets.
fn p99(buckets: &[(f64, Seen)], from: i64, to: i64) -> Option<f64> {
    let counts: Vec<f64> = buckets.iter().map(|(_, seen)| seen.over(from, to).bad as f64).collect();
    let rank = 0.99 * counts.last().filter(|n| **n > 0.0)?;
    let n = counts.iter().position(|c| *c >= rank)?;
    let (low, below) = if n == 0 { (0.0, 0.0) } else { (buckets[n - 1].0, counts[n - 1]) };
    let high = buckets[n].0;
    if high.is_infinite() { Some(low) } else { Some(low + (high - low) * (rank - below) / (counts[n] - below)) }
}

/// True and observable counts of one indicator over the whole recording, its last 30 days and the impact.
fn counted(scenario: &Scenario, indicator: &Indicator, seen: &Seen, impact: &Impact) -> Value {
    let world = &scenario.world;
    let both = |from: i64, to: i64| json!({"from": time(from), "to": time(to), "true": counts(happened(world, indicator, from, to)), "observable": counts(seen.over(from, to))});
    let sum = |count: &dyn Fn(i64, i64) -> Counts| {
        let parts = impact.stretches.iter().map(|(from, to)| count(*from, *to));
        counts(parts.fold(Counts::default(), |s, c| Counts { bad: s.bad + c.bad, total: s.total + c.total }))
    };
    let names = |list: &[usize]| {
        list.iter().map(|n| format!("{}{{{}}}", world.series[*n].metric, world.series[*n].labels)).collect::<Vec<_>>()
    };
    let mut value = json!({
        "id": indicator.id,
        "series": {"bad": names(&indicator.bad), "less": names(&indicator.less), "total": names(&indicator.total)},
        "whole": both(world.start, world.stop),
        "last_30d": both(world.stop - 30 * DAY, world.stop),
        "impact": {"true": sum(&|from, to| happened(world, indicator, from, to)), "observable": sum(&|from, to| seen.over(from, to))},
    });
    if indicator.id == scenario.indicators[0].id && !scenario.buckets.is_empty() {
        value["p99_seconds"] = p99_told(scenario, impact);
    }
    value
}

/// The 99th percentile of the day before and at its worst over five minutes.
fn p99_told(scenario: &Scenario, impact: &Impact) -> Value {
    let buckets: Vec<(f64, Seen)> = scenario.buckets.iter().map(|(b, series)| (*b, bucket(&scenario.world, series))).collect();
    let day = p99(&buckets, scenario.onset - DAY, scenario.onset);
    json!({"day_before": day, "worst_5m": worst(scenario, impact, |t| p99(&buckets, t - 300, t))})
}

/// The highest value at any evaluation from five minutes after the onset to the end of the impact.
fn worst(scenario: &Scenario, impact: &Impact, value: impl Fn(i64) -> Option<f64>) -> f64 {
    let to = impact.stretches.last().map_or(scenario.end, |s| s.1);
    (scenario.onset + 300..=to).step_by(15).filter_map(value).fold(0.0, f64::max)
}

fn recording(world: &World) -> Value {
    let times = || world.series.iter().flat_map(|s| s.samples.iter().map(|(t, _)| *t));
    json!({
        "from": time(world.start),
        "to": time(world.stop),
        "first_sample": times().min().map(time),
        "last_sample": times().max().map(time),
        "scrape_seconds": STEP,
        "instances": world.instances.iter().map(|i| i.name).collect::<Vec<_>>(),
        "series": world.series.len(),
        "samples": world.series.iter().map(|s| s.samples.len()).sum::<usize>(),
    })
}

fn restarts(world: &World) -> Vec<Value> {
    let lost = |events: &[(usize, u64)]| {
        let name = |n: &usize| format!("{}{{{}}}", world.series[*n].metric, world.series[*n].labels);
        events.iter().map(|(n, count)| (name(n), json!(count))).collect::<serde_json::Map<_, _>>()
    };
    let told = world.lost.iter().map(|l| {
        let r = l.restart;
        json!({"instance": world.instances[r.instance].name, "at": time(r.at), "down_seconds": r.down, "last_scrape": time(l.last_scrape), "lost_events": lost(&l.events)})
    });
    told.collect()
}

fn gaps(world: &World) -> Vec<Value> {
    world
        .gaps
        .iter()
        .map(|g| json!({"instance": world.instances[g.instance].name, "from": time(g.from), "to": time(g.to)}))
        .collect()
}

/// Every line in hundredths of the currency, rounded half-even to one: F * v * (1 - r), and what downtime costs beside it.
fn cost(scenario: &Scenario, failed: i64, truly: i64, down: i128) -> Value {
    let price = &scenario.price;
    let amount = priced(price, failed);
    let mut lines = vec![json!({
        "component": "lost_revenue",
        "subject": price.stream,
        "method": "failed_transactions",
        "indicator": scenario.indicators[price.failed].id,
        "failed": failed,
        "value": hundredths(price.cents),
        "recovered_fraction": format!("0.{:02}", price.recovered_percent),
        "amount": hundredths(amount),
        "true_amount": hundredths(priced(price, truly)),
    })];
    let mut total = amount;
    for other in &price.others {
        let (component, subject, amount) = beside(other, down);
        total += amount;
        lines.push(json!({"component": component, "subject": subject, "amount": hundredths(amount)}));
    }
    json!({
        "currency": price.currency,
        "lines": lines,
        "total": hundredths(total),
        "complete": false,
        "not_estimated": ["responder_labour"],
    })
}

fn beside(other: &Other, down: i128) -> (&'static str, &'static str, i128) {
    match other {
        Other::Credits { subject, fees, month_seconds, tiers } => {
            let up = (month_seconds - down) * 1_000_000;
            let held = tiers.iter().filter(|(below, _)| up < below * month_seconds).map(|(_, percent)| *percent);
            ("sla_credits", subject, half_even(fees * held.max().unwrap_or(0), 100))
        }
        Other::Capacity { subject, an_hour, extra_percent } => {
            ("extra_capacity", subject, half_even(an_hour * extra_percent * down, 100 * 3600))
        }
    }
}

fn priced(price: &Price, failed: i64) -> i128 {
    half_even(i128::from(failed) * price.cents * (100 - price.recovered_percent), 100)
}

fn half_even(amount: i128, by: i128) -> i128 {
    let (whole, rest) = (amount / by, amount % by);
    whole + i128::from(2 * rest > by || (2 * rest == by && whole % 2 == 1))
}

fn hundredths(amount: i128) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

fn counts(c: Counts) -> Value {
    json!({"bad": c.bad, "total": c.total})
}

fn span(from: i64, to: i64) -> Value {
    json!({"from": time(from), "to": time(to)})
}

fn time(t: i64) -> String {
    chrono::DateTime::from_timestamp(t, 0).map_or_else(String::new, |d| d.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}
