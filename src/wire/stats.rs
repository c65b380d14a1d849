//! JSON of `stats` (SEMANTICS 9): seconds, shares as numbers, money as text, unknown as null.

use super::number::Number;
use crate::domain::base::Ms;
use crate::domain::review::ClockKind;
use crate::domain::review::stats::compare::Compared;
use crate::domain::review::stats::drills::FORMULA;
use crate::domain::review::stats::share::Standing;
use crate::domain::review::stats::summary::{ClockStats, Comparison, Group, TREND_CLOCK};
use crate::domain::review::stats::{CostStats, DrillRow, Drills, ShareStats, Stats};
use serde_json::{Map, Value, json};

/// The contract's name of a clock.
pub const fn clock_name(kind: ClockKind) -> &'static str {
    match kind {
        ClockKind::Detect => "ttd",
        ClockKind::Acknowledge => "tta",
        ClockKind::Mitigate => "ttm",
        ClockKind::Resolve => "ttr",
    }
}

/// The answer as JSON.
pub fn stats(stats: &Stats) -> Value {
    let asked = &stats.asked;
    let flagged = stats.flagged.iter().map(|(id, b)| {
        json!({"id": &**id, "first": b.first, "first_at": b.first_at.rfc3339(), "then": b.then, "then_at": b.then_at.rfc3339()})
    });
    let left = stats.left_out;
    json!({
        "from": asked.from.rfc3339(),
        "to": asked.to.rfc3339(),
        "by": asked.by.iter().map(|d| d.name()).collect::<Vec<_>>(),
        "groups": stats.groups.iter().map(group).collect::<Vec<_>>(),
        "backwards": flagged.collect::<Vec<_>>(),
        "left_out": {"outside": left.outside, "drills": left.drills, "merged": left.merged, "undated": left.undated},
        "drills": drills(&stats.drills),
    })
}

fn group(group: &Group) -> Value {
    let key: Map<String, Value> = group.key.iter().map(|(d, value)| (d.name().into(), json!(value.as_deref()))).collect();
    let clocks: Map<String, Value> = group.clocks.iter().map(|c| (clock_name(c.kind).into(), clock(c))).collect();
    let trend = group.trend.map(|t| {
        json!({"clock": clock_name(TREND_CLOCK), "n": t.n, "s": t.s, "z": t.z, "p": t.p, "sen_slope": t.sen_slope, "slope_per": "incident"})
    });
    let skew = group.skew.as_ref().map(|s| {
        json!({"clock": clock_name(TREND_CLOCK), "id": &*s.id, "seconds": Number(s.seconds), "mean_without": Number(s.mean_without)})
    });
    let rate = &group.rate;
    json!({
        "key": key,
        "n": group.n,
        "n_open": group.n_open,
        "n_never_acked": group.n_never_acked,
        "clocks": clocks,
        "trend": trend,
        "skewed_by": skew,
        "rate": {"count": rate.count, "days": Number(rate.days), "low": Number(rate.interval.0), "high": Number(rate.interval.1)},
        "shares": group.shares.iter().map(share).collect::<Vec<_>>(),
        "cost": group.cost.as_ref().map(cost),
        "comparison": group.comparison.as_ref().map(comparison),
    })
}

fn clock(c: &ClockStats) -> Value {
    let ends = |range: Option<(f64, f64)>| (range.map(|r| Number(r.0)), range.map(|r| Number(r.1)));
    let (median, p90, geomean) = (ends(c.median_interval), ends(c.p90_interval), ends(c.geomean_interval));
    json!({
        "definition": c.kind.definition(),
        "n": c.n,
        "censored": c.censored,
        "zeros": c.zeros,
        "median": c.median.map(Number),
        "median_low": median.0,
        "median_high": median.1,
        "p90": c.p90.map(Number),
        "p90_low": p90.0,
        "p90_high": p90.1,
        "geomean": c.geomean.map(Number),
        "geomean_low": geomean.0,
        "geomean_high": geomean.1,
        "total_seconds": Number(c.total),
        "mean": c.mean().map(Number),
        "km_median": c.km_median.map(Number),
    })
}

fn share(s: &ShareStats) -> Value {
    let (low, high) = s.interval().map_or((None, None), |(low, high)| (Some(low), Some(high)));
    json!({
        "name": s.kind.name(),
        "k": s.k,
        "n": s.n,
        "share": s.share().map(Number),
        "low": low.map(Number),
        "high": high.map(Number),
        "target": s.target.map(Number),
        "standing": s.standing().map(Standing::name),
    })
}

fn cost(c: &CostStats) -> Value {
    let concentration =
        c.concentration.map(|(k, share)| json!({"incidents": k, "of": c.n, "share": share.round_dp(4).to_string()}));
    json!({
        "currency": c.currency.code(),
        "n": c.n,
        "total": c.total.to_string(),
        "median": c.median.to_string(),
        "p90": c.p90.map(|p| p.to_string()),
        "n_partial": c.n_partial,
        "concentration": concentration,
        "other_currencies": c.others.iter().map(|o| o.code()).collect::<Vec<_>>(),
    })
}

fn comparison(c: &Comparison) -> Value {
    let clocks: Map<String, Value> = ClockKind::ALL
        .iter()
        .zip(&c.clocks)
        .map(|(kind, compared)| (clock_name(*kind).into(), compared_json(compared)))
        .collect();
    let side = |(count, days): (u64, f64)| json!({"count": count, "days": Number(days)});
    json!({
        "split": c.split.rfc3339(),
        "clocks": clocks,
        "rate": {"before": side(c.before), "after": side(c.after), "p": c.rate_p.map(Number)},
    })
}

fn compared_json(c: &Compared) -> Value {
    json!({
        "n_before": c.n_before,
        "n_after": c.n_after,
        "geomean_ratio": c.ratio.map(Number),
        "ratio_low": c.interval.map(|i| Number(i.0)),
        "ratio_high": c.interval.map(|i| Number(i.1)),
        "mann_whitney_p": c.p.map(Number),
        "needed_per_side": c.needed,
        "finding": c.finding.name(),
    })
}

fn drills(d: &Drills) -> Value {
    json!({"score": d.score.map(Number), "formula": FORMULA, "rows": d.rows.iter().map(drill).collect::<Vec<_>>()})
}

fn drill(row: &DrillRow) -> Value {
    let clocks = |c: [Option<f64>; 3]| json!({"ttd": c[0].map(Number), "tta": c[1].map(Number), "ttm": c[2].map(Number)});
    json!({
        "id": &*row.id,
        "service": &*row.service,
        "at": Ms::rfc3339(row.at),
        "clocks": clocks(row.clocks),
        "before": clocks(row.before),
        "score": row.score.map(Number),
    })
}
