//! The burn rate over the incident, drawn in text.

use crate::chart::{Scale, pool_max};
use crate::domain::base::Ms;
use crate::domain::review::BurnSeries;
use crate::words::{Zone, units};

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
