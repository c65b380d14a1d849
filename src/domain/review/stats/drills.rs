//! Drills and chaos exercises: detection and recovery against the ones before, and a score whose formula is printed.

use super::record::{Record, Timed};
use crate::domain::base::{Ms, Text};
use crate::domain::review::ClockKind;

/// The score's parts: a clock and the seconds in which it should be over.
pub const PARTS: [(ClockKind, f64); 3] =
    [(ClockKind::Detect, 300.0), (ClockKind::Acknowledge, 300.0), (ClockKind::Mitigate, 1800.0)];
/// The score as it is printed.
pub const FORMULA: &str = "score = 100 x mean of min(1, 5m / TTD), min(1, 5m / TTA), min(1, 30m / TTM); \
                           what never happened counts 0, what is unknown is left out; overall: mean of the last 5 drills";
/// Drills that the overall score looks at.
pub const LAST: usize = 5;

/// One drill.
#[derive(Clone, Debug, PartialEq)]
pub struct DrillRow {
    /// Its name in the ledger.
    pub id: Text,
    /// The service.
    pub service: Text,
    /// When it was detected (or paged, or began).
    pub at: Ms,
    /// Seconds to detection, acknowledgement and mitigation; absent where unknown or never.
    pub clocks: [Option<f64>; 3],
    /// The same clocks of the last drill of this service before it.
    pub before: [Option<f64>; 3],
    /// 0 to 100; absent when no part is known.
    pub score: Option<f64>,
}

/// All drills of the period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drills {
    /// Oldest first.
    pub rows: Vec<DrillRow>,
    /// Mean score of the last ones; absent without any.
    pub score: Option<f64>,
}

/// The table of the drills among the records.
pub fn drills(records: &[Record], to: Ms) -> Drills {
    let mut found: Vec<(Ms, &Record)> = records.iter().filter(|r| r.drill).filter_map(|r| Some((r.placed()?, r))).collect();
    found.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
    let mut rows: Vec<DrillRow> = Vec::with_capacity(found.len());
    for (at, record) in found {
        let timed = PARTS.map(|(kind, _)| record.clock(kind, to));
        let before = rows.iter().rev().find(|r| r.service == record.service).map_or([None; 3], |r| r.clocks);
        let (id, service) = (record.id.clone(), record.service.clone());
        rows.push(DrillRow { id, service, at, clocks: timed.map(known), before, score: score(timed) });
    }
    let last: Vec<f64> = rows.iter().rev().take(LAST).filter_map(|r| r.score).collect();
    Drills { rows, score: mean(&last) }
}

const fn known(timed: Timed) -> Option<f64> {
    match timed {
        Timed::Known(seconds) => Some(seconds),
        Timed::Censored(_) | Timed::Unknown => None,
    }
}

fn score(timed: [Timed; 3]) -> Option<f64> {
    let part = |(timed, (_, within)): (Timed, (ClockKind, f64))| match timed {
        Timed::Known(seconds) if seconds <= within => Some(1.0),
        Timed::Known(seconds) => Some(within / seconds),
        Timed::Censored(_) => Some(0.0),
        Timed::Unknown => None,
    };
    let parts: Vec<f64> = timed.into_iter().zip(PARTS).filter_map(part).collect();
    mean(&parts).map(|m| 100.0 * m)
}

fn mean(numbers: &[f64]) -> Option<f64> {
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}
