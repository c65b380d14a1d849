//! The facts of a period: its incidents and their statistics.

use super::stats::{Record, Stats, StatsQuestion, stats};
use crate::domain::incident::{Incident, Incidents};
use std::sync::Arc;

/// Everything a report on a period tells as fact.
#[derive(Clone, Debug, PartialEq)]
pub struct PeriodFacts {
    /// Incidents detected in the period, drills included, by number.
    pub incidents: Vec<Arc<Incident>>,
    /// Their figures.
    pub stats: Stats,
}

impl PeriodFacts {
    /// The facts of the period that is asked for.
    pub fn of(all: &Incidents, asked: StatsQuestion) -> Self {
        let records: Vec<Record> = all.iter().filter_map(|i| Record::of(i)).collect();
        let inside = |i: &Arc<Incident>| i.milestones.detected.is_some_and(|at| at >= asked.from && at < asked.to);
        Self { incidents: all.iter().filter(|i| inside(i)).cloned().collect(), stats: stats(&records, asked) }
    }
}
