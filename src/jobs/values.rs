//! The values of an expression at even instants, for the tiles of dashboards.
//!
//! Deliberately absent: keeping them, and deciding when they are asked anew.

use crate::domain::base::{Ms, Text, clean_line};
use crate::domain::measure::{Ask, Batch, Sample};
use crate::domain::view::{Values, ValuesAsk, ValuesRow};
use crate::ports::{MetricSource, SourceError};

/// Warnings that are told, and how long each may be.
const WARNINGS: (usize, usize) = (3, 200);

/// Asks the source.
///
/// # Errors
/// As the source has them; a query that it refuses is one.
pub async fn values(source: &dyn MetricSource, ask: &ValuesAsk) -> Result<Values, SourceError> {
    let cells = ask.cells.clamp(1, ValuesAsk::MOST_CELLS);
    let cell = ask.cell.max(crate::domain::base::Span::from_secs(1));
    let to = ask.to.floor_to(cell);
    let from = to - cell * (cells as i64 - 1);
    // Spans leave their start out.
    let wanted = Ask::Eval { expr: ask.expr.clone(), from: from - cell, to, step: cell };
    let mut batch = Batch::default();
    let coverage = source.read(&wanted, &mut batch).await?;
    let place = |at: Ms| usize::try_from(at.since(from).0.div_euclid(cell.0)).ok().filter(|place| *place < cells);
    let mut rows: Vec<ValuesRow> = batch.iter().map(|(labels, samples)| row(labels.clone(), samples, cells, place)).collect();
    rows.sort_by(|a, b| order(b).total_cmp(&order(a)).then_with(|| a.labels.cmp(&b.labels)));
    let more = rows.len().saturating_sub(ValuesAsk::MOST_SERIES);
    rows.truncate(ValuesAsk::MOST_SERIES);
    let warnings: Vec<Text> = coverage.warnings.iter().take(WARNINGS.0).map(|w| clean_line(w, WARNINGS.1)).collect();
    Ok(Values { from, to, rows, more, warnings })
}

fn row(labels: crate::domain::base::Labels, samples: &[Sample], cells: usize, place: impl Fn(Ms) -> Option<usize>) -> ValuesRow {
    let mut values = vec![f64::NAN; cells];
    let mut is_present = false;
    for sample in samples {
        if let Some(place) = place(sample.at) {
            values[place] = sample.value;
            is_present |= place + 1 == cells;
        }
    }
    ValuesRow { labels, values: values.into(), is_present }
}

/// By the last value; what is not a number comes last.
fn order(row: &ValuesRow) -> f64 {
    row.values.last().copied().filter(|v| !v.is_nan()).unwrap_or(f64::NEG_INFINITY)
}
