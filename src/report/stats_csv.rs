//! Statistics for a spreadsheet: one row for each group and clock, durations in seconds, empty where unknown.

use crate::domain::review::stats::summary::ClockStats;
use crate::domain::review::stats::{Dimension, Group, Stats};
use crate::words::escape::csv;

const FIGURES: &str = "n_members,n_open,n_never_acked,clock,n,censored,zeros,median,median_low,median_high,p90,p90_low,p90_high,\
                       geomean,geomean_low,geomean_high,total_seconds,km_median";

/// The figures as CSV with a head, lines ended by CRLF.
pub fn stats_csv(stats: &Stats) -> String {
    let keys: Vec<&str> = stats.asked.by.iter().map(|d| Dimension::name(*d)).collect();
    let head = keys.into_iter().chain([FIGURES]).collect::<Vec<_>>().join(",");
    let rows = stats.groups.iter().flat_map(|g| g.clocks.iter().map(|c| row(g, c)));
    std::iter::once(head).chain(rows).fold(String::new(), |all, row| all + &row + "\r\n")
}

fn row(g: &Group, c: &ClockStats) -> String {
    let keys = g.key.iter().map(|(_, value)| value.as_deref().map_or_else(String::new, csv));
    let counts = [g.n, g.n_open, g.n_never_acked].map(|n| n.to_string());
    let clock = [c.kind.name().to_lowercase(), c.n.to_string(), c.censored.to_string(), c.zeros.to_string()];
    let with = |point: Option<f64>, ends: Option<(f64, f64)>| [point, ends.map(|e| e.0), ends.map(|e| e.1)].map(number);
    let figures = [with(c.median, c.median_interval), with(c.p90, c.p90_interval), with(c.geomean, c.geomean_interval)];
    let last = [c.total.to_string(), number(c.km_median)];
    keys.chain(counts).chain(clock).chain(figures.into_iter().flatten()).chain(last).collect::<Vec<_>>().join(",")
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| ((v * 1000.0).round() / 1000.0).to_string())
}
