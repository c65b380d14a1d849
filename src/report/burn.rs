//! The burn rate over the incident, drawn in text and as SVG.

use super::sections::Told;
use crate::chart::plot::{self, Plot};
use crate::chart::{Scale, pool_max};
use crate::domain::base::Ms;
use crate::domain::review::BurnSeries;
use crate::words::plural::{counted, noun};
use crate::words::{Zone, escape, units};

const COLUMNS: usize = 72;
const ROWS: usize = 10;
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The chart as lines of text: a logarithmic scale, the levels at the left, the clock below. Columns keep their greatest
/// value; a gap shows as a dot at the bottom.
pub(super) fn chart(series: &BurnSeries, zone: Zone) -> Vec<String> {
    let columns: Vec<f64> = pool_max(&series.values, COLUMNS).into_iter().map(f64::from).collect();
    let scale = scale(&columns, series);
    let rows = (0..ROWS).rev().map(|row| format!("{:>8} │{}", label(row, scale, series), drawn(&columns, row, scale)));
    let axis = format!("{:>8} └{}", "", "─".repeat(COLUMNS));
    rows.map(|r| r.trim_end().to_owned()).chain([axis, clock(series.from, series.to, zone)]).collect()
}

/// From a tenth of the lowest level to a little above the highest value.
fn scale(columns: &[f64], series: &BurnSeries) -> Scale {
    let known = columns.iter().copied().filter(|v| v.is_finite());
    let high = known.chain(series.levels.iter().map(|(_, v)| *v)).fold(1.0, f64::max);
    Scale::Log { low: 0.1, high: high * 1.25 }
}

/// The name of the level that lies in a row, or the row's own burn rate at the top and bottom.
fn label(row: usize, scale: Scale, series: &BurnSeries) -> String {
    let in_row = |value: f64| ((scale.place(value) * ROWS as f64) as usize).min(ROWS - 1) == row;
    if let Some((name, value)) = series.levels.iter().find(|(_, v)| in_row(*v)) {
        let short: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).take(2).collect();
        return format!("{short} {}", units::burn_x(*value));
    }
    match row {
        0 => "0.1x".into(),
        _ if in_row(1.0) => "1x".into(),
        _ => String::new(),
    }
}

fn drawn(columns: &[f64], row: usize, scale: Scale) -> String {
    columns
        .iter()
        .map(|v| {
            let height = scale.place(*v) * ROWS as f64 - row as f64;
            match (v.is_finite(), row) {
                (false, 0) => '·',
                (false, _) => ' ',
                (true, _) => EIGHTHS[(height.clamp(0.0, 1.0) * 8.0) as usize],
            }
        })
        .collect()
}

/// Clock times at the left, the middle and the right.
fn clock(from: Ms, to: Ms, zone: Zone) -> String {
    let middle = zone.minute(Ms(from.0 + (to.0 - from.0) / 2));
    let gap = (COLUMNS - 15) / 2;
    format!(
        "{:>10}{}{}{middle}{}{} {}",
        "",
        zone.minute(from),
        " ".repeat(gap),
        " ".repeat(gap),
        zone.minute(to),
        zone.offset(to)
    )
}

/// The chart for a browser: the burn rate, its levels, when users were hurt, and the incident's moments.
pub(super) fn svg(t: &Told<'_>, series: &BurnSeries) -> String {
    let place = |at: Ms| (at.0 - series.from.0) as f64 / (series.to.0 - series.from.0).max(1) as f64;
    let slo = escape::terminal(series.slo.as_str());
    let known: Vec<f64> = series.values.iter().map(|v| f64::from(*v)).filter(|v| v.is_finite()).collect();
    let m = t.facts.milestones();
    let marks = [
        (m.impact_start, t.say("impact", "影响")),
        (m.detected, t.say("detected", "发现")),
        (m.acknowledged, t.say("acknowledged", "确认")),
        (m.mitigated, t.say("mitigated", "缓解")),
        (m.resolved, t.say("resolved", "结束")),
    ];
    let marks = marks.into_iter().filter_map(|(at, name)| Some((place(at?), name))).filter(|(x, _)| (0.0..=1.0).contains(x));
    let intervals = t.facts.incident.impact.iter().flat_map(|i| &i.intervals);
    let plot = Plot {
        id: "burn",
        title: t.say(format!("Burn rate of {slo}"), format!("{slo} 的燃烧率")),
        words: told(t, series, &known),
        values: &series.values,
        scale: scale(&known, series),
        levels: series.levels.iter().map(|(name, v)| (*v, escape::terminal(&format!("{name} {}", units::burn_x(*v))))).collect(),
        bands: intervals.map(|i| (place(i.from).clamp(0.0, 1.0), place(i.to).clamp(0.0, 1.0))).collect(),
        marks: marks.collect(),
        times: (0..=4)
            .map(|q| (f64::from(q) / 4.0, t.zone.minute(Ms(series.from.0 + (series.to.0 - series.from.0) * i64::from(q) / 4))))
            .collect(),
        unit: t.zone.offset(series.to),
    };
    plot::svg(&plot)
}

/// The picture in words, for those who cannot see it.
fn told(t: &Told<'_>, series: &BurnSeries, known: &[f64]) -> String {
    let peak = units::burn_x(known.iter().copied().fold(0.0, f64::max));
    let (from, to) = (t.zone.full(series.from), t.zone.full(series.to));
    let gaps = series.values.iter().filter(|v| !v.is_finite()).count();
    t.say(
        format!(
            "From {from} to {to} the burn rate reached {peak} at most; {gaps} of {} {} unknown.",
            counted(series.values.len(), "point", "points"),
            noun(gaps, "is", "are")
        ),
        format!("{from} 至 {to}，燃烧率最高 {peak}；{} 个点中 {gaps} 个未知。", series.values.len()),
    )
}
