//! The screen of past incidents: what of the ledger it shows, in which order, and which one is selected.

use super::fetch::Fetch;
use crate::domain::base::{Currency, IncidentId, Ms, Span, Text};
use crate::domain::incident::Incident;
use crate::domain::review::stats::{Dimension, Group, Record, StatsQuestion, stats};
use crate::domain::view::{Answer, Snapshot};
use rust_decimal::Decimal;
use std::collections::HashMap;
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
    /// Incidents within the range, in order.
    sorted: Vec<Arc<Incident>>,
    /// What each service cost in the currency most incidents are priced in, dearest first.
    costs: (Option<Currency>, Vec<(Text, Decimal)>),
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

    /// Chooses and orders what is within the range that ends at `now`, once for all who ask until time has passed. Those that
    /// were only suspected are left out.
    pub fn arrange(&mut self, now: Ms) {
        let since = now - self.range();
        let within = |i: &&Arc<Incident>| i.peak_severity.is_some() && began(i).is_some_and(|at| at >= since);
        let mut rows: Vec<Arc<Incident>> = match self.list.answer() {
            Some(Answer::Incidents(all)) => all.iter().filter(within).cloned().collect(),
            _ => Vec::new(),
        };
        rows.sort_by(|a, b| self.compare(a, b, now).then(began(b).cmp(&began(a))).then(b.id.cmp(&a.id)));
        self.costs = costs(&rows);
        self.sorted = rows;
    }

    /// Incidents within the range, in order, as of the last message.
    pub fn rows(&self) -> &[Arc<Incident>] {
        &self.sorted
    }

    /// The selected incident, else the first.
    pub fn chosen(&self) -> Option<&Arc<Incident>> {
        self.sorted.iter().find(|i| Some(i.id) == self.selected).or(self.sorted.first())
    }

    /// The currency most incidents are priced in, and what each service cost in it, dearest first.
    pub const fn costs(&self) -> &(Option<Currency>, Vec<(Text, Decimal)>) {
        &self.costs
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

/// The recorded cost of an incident that is no drill.
pub fn total(incident: &Incident) -> Option<(Decimal, Currency)> {
    let sheet = incident.cost.as_ref().filter(|_| !incident.drill)?;
    Some((sheet.total?, sheet.currency))
}

fn costs(rows: &[Arc<Incident>]) -> (Option<Currency>, Vec<(Text, Decimal)>) {
    let currency = rows.iter().find_map(|i| total(i)).map(|(_, c)| c);
    let mut by: HashMap<&Text, Decimal> = HashMap::new();
    for incident in rows {
        let Some((amount, _)) = total(incident).filter(|(_, c)| Some(*c) == currency) else { continue };
        let sum = by.entry(&incident.service).or_default();
        *sum = sum.saturating_add(amount);
    }
    let mut by: Vec<(Text, Decimal)> = by.into_iter().map(|(service, sum)| (service.clone(), sum)).collect();
    by.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    (currency, by)
}
