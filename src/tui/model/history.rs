//! The screen of past incidents: what of the ledger it shows, in which order, and which one is selected.

use super::fetch::Fetch;
use super::reckoning::{Range, Reckoning};
use crate::domain::base::{Currency, IncidentId, Money, Ms, Severity, Span, Text};
use crate::domain::incident::{ImpactRecord, Incident, Phase};
use crate::domain::review::stats::{Dimension, Record};
use crate::domain::view::{Answer, Snapshot};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Spans that `t` steps through.
pub const RANGES: [Span; 4] = [Span::from_days(90), Span::from_days(365), Span::from_days(7), Span::from_days(30)];
/// Incidents read from the ledger; older ones are counted, not shown.
pub const MOST: usize = 2_000;
/// A range ends now, so figures are reckoned anew after so much time, also where nothing was recorded.
const RECKON_EVERY: Span = Span::from_mins(1);

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

/// What times and costs are grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryGroup {
    /// Times by severity, costs by service.
    #[default]
    Severity,
    /// By service.
    Service,
    /// By the SLO it began with.
    Slo,
    /// By the team that owns the service.
    Team,
    /// By the class of the root cause.
    Cause,
    /// By the month of detection.
    Month,
}

impl HistoryGroup {
    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Severity => Self::Service,
            Self::Service => Self::Slo,
            Self::Slo => Self::Team,
            Self::Team => Self::Cause,
            Self::Cause => Self::Month,
            Self::Month => Self::Severity,
        }
    }

    /// As the statistics call it.
    pub const fn dimension(self) -> Dimension {
        match self {
            Self::Severity => Dimension::Severity,
            Self::Service => Dimension::Service,
            Self::Slo => Dimension::Slo,
            Self::Team => Dimension::Team,
            Self::Cause => Dimension::RootCause,
            Self::Month => Dimension::Month,
        }
    }
}

/// What the ledger does not say of the present.
#[derive(Clone, Debug, Default)]
pub struct Present {
    /// What open incidents cost by now.
    pub running: BTreeMap<IncidentId, Money>,
    /// The share of a budget that open incidents have spent by now.
    pub spent: BTreeMap<IncidentId, f64>,
    /// The team of each service.
    pub owners: BTreeMap<Text, Text>,
}

/// What began within a stretch of time.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    /// Its begin.
    pub from: Ms,
    /// The highest severity of each incident, least grave first.
    pub severities: Vec<Severity>,
    /// What they cost, in the currency of [`HistoryTab::costs`].
    pub cost: Decimal,
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
    /// Words to filter by.
    pub filter: String,
    /// What times and costs are grouped by.
    pub group: HistoryGroup,
    /// What incidents are held against.
    pub standards: Fetch,
    /// What statistics say of the range.
    pub reckoning: Reckoning,
    /// When that was reckoned.
    reckoned: Option<Ms>,
    /// Incidents within the range that are only suspected so far: nobody was paged, so they are not listed.
    suspected: Vec<IncidentId>,
    /// Incidents within the range, in order.
    sorted: Vec<Arc<Incident>>,
    /// What each group cost in the currency most incidents are priced in, dearest first.
    costs: (Option<Currency>, Vec<(Text, Decimal)>),
    /// Incidents within the range, whatever the filter says.
    unfiltered: usize,
    present: Present,
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
            self.standards.again();
        }
    }

    /// How far back the list goes.
    pub fn range(&self) -> Span {
        RANGES[self.range.min(RANGES.len() - 1)]
    }

    /// Reckons anew: after an answer, and when range, filter or grouping have changed.
    pub fn recount(&mut self, now: Ms) {
        let Some(Answer::Incidents(all)) = self.list.answer() else { return };
        let records: Vec<Record> = all.iter().filter(|i| self.matches(i)).filter_map(|i| self.record(i)).collect();
        let standards = match self.standards.answer() {
            Some(Answer::Standards(standards)) => Arc::clone(standards),
            _ => Arc::default(),
        };
        let range = Range { now, span: self.range(), reaches: reaches(all) };
        self.reckoning = Reckoning::of(&records, &standards, range, self.group);
        self.reckoned = Some(now);
    }

    /// An incident as statistics see it, with the team that owns its service now.
    fn record(&self, incident: &Incident) -> Option<Record> {
        Some(Record { team: self.present.owners.get(&incident.service).cloned(), ..Record::of(incident)? })
    }

    /// Chooses and orders what is within the range that ends at `now`, once for all who ask until time has passed. Those that
    /// were only suspected are left out, and those that the filter does not name.
    pub fn arrange(&mut self, now: Ms, present: Present) {
        let owners = std::mem::replace(&mut self.present, present).owners;
        if owners != self.present.owners || self.reckoned.is_some_and(|at| now.since(at).0.abs() > RECKON_EVERY.0) {
            self.recount(now);
        }
        let since = now - self.range();
        let within = |i: &&Arc<Incident>| placed(i).is_some_and(|at| at >= since);
        let all = match self.list.answer() {
            Some(Answer::Incidents(all)) => all.as_slice(),
            _ => &[],
        };
        let mut rows: Vec<Arc<Incident>> = all.iter().filter(|i| i.peak_severity.is_some()).filter(within).cloned().collect();
        self.suspected = all.iter().filter(|i| i.phase == Phase::Suspected).filter(within).map(|i| i.id).collect();
        self.unfiltered = rows.len();
        rows.retain(|i| self.matches(i));
        rows.sort_by(|a, b| self.compare(a, b, now).then(began(b).cmp(&began(a))).then(b.id.cmp(&a.id)));
        self.costs = self.sum_up(&rows);
        self.sorted = rows;
    }

    /// Incidents within the range that are only suspected.
    pub fn suspected(&self) -> &[IncidentId] {
        &self.suspected
    }

    /// The greatest share of a budget that an incident has spent: of an open one by now, else as recorded. Absent until it was
    /// measured.
    pub fn spent_of(&self, incident: &Incident) -> Option<f64> {
        let recorded = || incident.impact.as_ref().and_then(most_spent);
        self.present.spent.get(&incident.id).copied().or_else(recorded)
    }

    /// The cost of an incident that is no drill: of an open one as of now, else as recorded.
    pub fn cost_of(&self, incident: &Incident) -> Option<(Decimal, Currency)> {
        self.present.running.get(&incident.id).map(|m| (m.amount, m.currency)).or_else(|| total(incident))
    }

    /// It is open and its cost still grows.
    pub fn is_running(&self, incident: &Incident) -> bool {
        self.present.running.contains_key(&incident.id)
    }

    /// How many incidents are within the range, whatever the filter says.
    pub const fn unfiltered(&self) -> usize {
        self.unfiltered
    }

    /// Every word of the filter is met: part of the number, of a service or of an SLO; `sev:p0`, `state:resolved`,
    /// `team:payments`, `cause:change`; `!` in front turns a word round.
    fn matches(&self, incident: &Incident) -> bool {
        self.filter.to_lowercase().split_whitespace().all(|word| match word.strip_prefix('!') {
            Some("") => true,
            Some(rest) => !self.meets(incident, rest),
            None => self.meets(incident, word),
        })
    }

    fn meets(&self, incident: &Incident, word: &str) -> bool {
        let begins = |text: &str, wanted: &str| text.to_lowercase().starts_with(wanted);
        let Some((field, wanted)) = word.split_once(':') else {
            let slos = incident
                .services
                .iter()
                .flat_map(|(service, slos)| std::iter::once(service.to_string()).chain(slos.iter().map(ToString::to_string)));
            let mut names = slos.chain([incident.id.to_string(), incident.service.to_string()]);
            return names.any(|name| name.to_lowercase().contains(word));
        };
        match field {
            "sev" => begins(incident.peak_severity.map_or("none", |s| s.name()), wanted),
            "state" => begins(incident.phase.name(), wanted),
            "cause" => begins(incident.root_cause.as_deref().unwrap_or("none"), wanted),
            "team" => {
                let services = incident.services.iter().map(|(service, _)| service).chain([&incident.service]);
                services.filter_map(|s| self.present.owners.get(s)).any(|owner| begins(owner, wanted))
            }
            _ => false,
        }
    }

    /// Incidents within the range, in order, as of the last message.
    pub fn rows(&self) -> &[Arc<Incident>] {
        &self.sorted
    }

    /// The selected incident, else the first.
    pub fn chosen(&self) -> Option<&Arc<Incident>> {
        self.sorted.iter().find(|i| Some(i.id) == self.selected).or(self.sorted.first())
    }

    /// What is listed, by even stretches up to `now`, oldest first, and how long a stretch is: days, weeks or months by the range.
    pub fn stretches(&self, now: Ms) -> (Span, Vec<Stretch>) {
        let days = self.range().0 / Span::from_days(1).0;
        let (long, many) = match days {
            ..=7 => (Span::from_days(1), 7),
            8..=30 => (Span::from_days(3), 10),
            31..=90 => (Span::from_days(7), 13),
            _ => (Span::from_days(28), 13),
        };
        let from = now - long * many;
        let mut all: Vec<Stretch> = (0..many).map(|i| Stretch { from: from + long * i, ..Stretch::default() }).collect();
        let currency = self.costs.0;
        for incident in &self.sorted {
            let place = began(incident).map(|at| at.since(from).0.div_euclid(long.0)).and_then(|i| usize::try_from(i).ok());
            let Some(stretch) = place.and_then(|i| all.get_mut(i)) else { continue };
            if let Some(severity) = incident.peak_severity {
                stretch.severities.push(severity);
            }
            if let Some((amount, _)) = self.cost_of(incident).filter(|(_, c)| Some(*c) == currency) {
                stretch.cost = stretch.cost.saturating_add(amount);
            }
        }
        for stretch in &mut all {
            stretch.severities.sort_unstable();
        }
        (long, all)
    }

    /// The currency most incidents are priced in, and what each group cost in it, dearest first.
    pub const fn costs(&self) -> &(Option<Currency>, Vec<(Text, Decimal)>) {
        &self.costs
    }

    /// What is no drill and did not go into another one, in the currency that most are in; of equally frequent ones the first
    /// by its letters, as statistics have it.
    fn sum_up(&self, rows: &[Arc<Incident>]) -> (Option<Currency>, Vec<(Text, Decimal)>) {
        let priced: Vec<(&Arc<Incident>, Decimal, Currency)> = rows
            .iter()
            .filter(|i| i.merged_into.is_none())
            .filter_map(|i| self.cost_of(i).map(|(amount, currency)| (i, amount, currency)))
            .collect();
        let mut many: BTreeMap<Currency, usize> = BTreeMap::new();
        for (_, _, currency) in &priced {
            *many.entry(*currency).or_default() += 1;
        }
        let currency = many.iter().rev().max_by_key(|(_, n)| **n).map(|(currency, _)| *currency);
        let mut by: HashMap<Text, Decimal> = HashMap::new();
        for (incident, amount, _) in priced.iter().filter(|(_, _, c)| Some(*c) == currency) {
            let sum = by.entry(self.group_of(incident)).or_default();
            *sum = sum.saturating_add(*amount);
        }
        let mut by: Vec<(Text, Decimal)> = by.into_iter().collect();
        by.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        (currency, by)
    }

    /// What an incident's cost is added up under.
    fn group_of(&self, incident: &Incident) -> Text {
        let known = match self.group {
            HistoryGroup::Severity | HistoryGroup::Service => Some(incident.service.clone()),
            group => self.record(incident).and_then(|record| group.dimension().value(&record)),
        };
        known.unwrap_or_else(|| "other".into())
    }

    fn compare(&self, a: &Incident, b: &Incident, now: Ms) -> std::cmp::Ordering {
        let cost = |i: &Incident| self.cost_of(i).map(|(amount, _)| amount);
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

/// The moment that puts an incident into a range, as statistics have it: its detection, else its impact start.
fn placed(incident: &Incident) -> Option<Ms> {
    incident.milestones.detected.or(incident.milestones.impact_start)
}

/// How far back a list goes that may have been cut at its end; absent where it holds everything.
fn reaches(all: &[Arc<Incident>]) -> Option<Ms> {
    let cut = all.len() >= MOST;
    all.iter().filter_map(|i| placed(i)).min().filter(|_| cut)
}

/// The greatest share of a budget among the SLOs of an incident.
pub fn most_spent(impact: &ImpactRecord) -> Option<f64> {
    impact.budget_spent.iter().map(|(_, share)| *share).filter(|share| share.is_finite()).reduce(f64::max)
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
