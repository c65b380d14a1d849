//! The screen of past incidents: what of the ledger it shows, in which order, and which one is selected.

use super::fetch::Fetch;
use crate::domain::base::{IncidentId, Ms, Span};
use crate::domain::incident::Incident;
use crate::domain::review::stats::{Dimension, Group, Record, StatsQuestion, stats};
use crate::domain::view::{Answer, Snapshot};
use std::sync::Arc;

/// Spans that `t` steps through.
pub const RANGES: [Span; 4] = [Span::from_days(90), Span::from_days(365), Span::from_days(7), Span::from_days(30)];
/// Incidents read from the ledger; older ones are counted, not shown.
pub const MOST: usize = 2_000;

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryOrder {
    /// Newest first.
    #[default]
    Newest,
    /// Gravest first.
    Severity,
    /// Most expensive first.
    Cost,
    /// Longest first.
    Longest,
}

impl HistoryOrder {
    /// The next order.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Newest => Self::Severity,
            Self::Severity => Self::Cost,
            Self::Cost => Self::Longest,
            Self::Longest => Self::Newest,
        }
    }

    /// As the screen names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Severity => "severity",
            Self::Cost => "cost",
            Self::Longest => "longest",
        }
    }
}

/// The screen's own state.
#[derive(Clone, Debug, Default)]
pub struct HistoryTab {
    /// Incidents of the ledger.
    pub list: Fetch,
    /// The selected one.
    pub selected: Option<IncidentId>,
    /// First row shown.
    pub top: usize,
    /// Place in [`RANGES`].
    pub range: usize,
    /// The order.
    pub order: HistoryOrder,
    /// Times by severity, then over all, for the range.
    pub times: Vec<(String, Group)>,
    /// What the ledger held when it was asked last: incidents, and the newest happening.
    seen: Option<(usize, Option<Ms>)>,
}

impl HistoryTab {
    /// Forgets the answer when the ledger holds more by now.
    pub fn renew(&mut self, snapshot: &Snapshot) {
        let now = (snapshot.incident_count, snapshot.recent.first().map(|line| line.at));
        if self.seen != Some(now) {
            self.seen = Some(now);
            self.list.again();
        }
    }

    /// How far back the list goes.
    pub fn range(&self) -> Span {
        RANGES[self.range.min(RANGES.len() - 1)]
    }

    /// Computes the times anew: after an answer, and when the range has changed.
    pub fn recount(&mut self, now: Ms) {
        let Some(Answer::Incidents(all)) = self.list.answer() else { return };
        let records: Vec<Record> = all.iter().filter_map(|i| Record::of(i)).collect();
        let asked = |by: Vec<Dimension>| StatsQuestion { from: now - self.range(), to: now, by, ..StatsQuestion::default() };
        let name = |g: &Group| g.key.first().and_then(|(_, v)| v.clone()).map_or_else(|| "other".into(), |v| v.to_string());
        let mut times: Vec<(String, Group)> =
            stats(&records, asked(vec![Dimension::Severity])).groups.into_iter().map(|g| (name(&g), g)).collect();
        times.sort_by(|a, b| a.0.cmp(&b.0));
        times.extend(stats(&records, asked(Vec::new())).groups.into_iter().map(|g| ("all".into(), g)));
        self.times = times;
    }

    /// Incidents within the range that ends at `now`, in order. Those that were only suspected are left out.
    pub fn rows(&self, now: Ms) -> Vec<&Arc<Incident>> {
        let Some(Answer::Incidents(all)) = self.list.answer() else { return Vec::new() };
        let since = now - self.range();
        let mut rows: Vec<&Arc<Incident>> =
            all.iter().filter(|i| i.peak_severity.is_some() && began(i).is_some_and(|at| at >= since)).collect();
        rows.sort_by(|a, b| self.compare(a, b, now).then(began(b).cmp(&began(a))).then(b.id.cmp(&a.id)));
        rows
    }

    fn compare(&self, a: &Incident, b: &Incident, now: Ms) -> std::cmp::Ordering {
        let cost = |i: &Incident| i.cost.as_ref().and_then(|s| s.total);
        let lasted = |i: &Incident| {
            let end = i.milestones.resolved.unwrap_or(now);
            began(i).map(|at| end.since(at))
        };
        match self.order {
            HistoryOrder::Newest => std::cmp::Ordering::Equal,
            HistoryOrder::Severity => b.peak_severity.cmp(&a.peak_severity),
            HistoryOrder::Cost => cost(b).cmp(&cost(a)),
            HistoryOrder::Longest => lasted(b).cmp(&lasted(a)),
        }
    }
}

/// When an incident began: its impact start, else its detection.
pub fn began(incident: &Incident) -> Option<Ms> {
    incident.milestones.impact_start.or(incident.milestones.detected)
}
