//! Our own metrics: one table of names, and the counters behind them.
//!
//! Values that a snapshot knows (burn rates, budgets, open incidents) are not counted here: `serve` reads them from the
//! snapshot at each scrape. Deliberately absent: serving them.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricName {
    /// The name as registered, without the suffix that OpenMetrics adds (`_total`, `_info`).
    pub name: &'static str,
    /// `counter`, `gauge`, `histogram` or `info`.
    pub kind: &'static str,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub help: &'static str,
}

impl MetricName {
    /// The name as scraped.
    pub fn scraped(&self) -> String {
        let suffix = match self.kind {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        format!("{}{suffix}", self.name)
    }
}

macro_rules! names {
    ($($id:ident = $name:literal, $kind:literal, [$($label:literal),*], $help:literal;)*) => {
        $(#[doc = $help] pub const $id: MetricName =
            MetricName { name: $name, kind: $kind, labels: &[$($label),*], help: $help };)*
        /// Every metric of ours.
        pub const TABLE: &[MetricName] = &[$($id),*];
    };
}

names! {
    BUILD = "burnledger_build", "info", ["version"], "The program that runs";
    UP_TO = "burnledger_data_through_seconds", "gauge", [], "Latest sample time that is counted";
    EVALUATED = "burnledger_evaluated_seconds", "gauge", [], "Instant evaluated last";
    SOURCE_UP = "burnledger_source_up", "gauge", ["source"], "1 when the last read of a source came";
    LEDGER_UP = "burnledger_ledger_up", "gauge", [], "1 while the ledger can be written";
    LEADING = "burnledger_leading", "gauge", [], "1 while this process evaluates and records";
    PROBLEMS = "burnledger_problems", "gauge", [], "Problems of the files in force";
    SEVERITY = "burnledger_slo_firing", "gauge", ["slo", "group", "severity"],
        "1 for the severity that fires, 0 for the others";
    STATE = "burnledger_slo_state", "gauge", ["slo", "group", "state"], "1 for the state of the track";
    BURN = "burnledger_slo_burn_rate", "gauge", ["slo", "group", "window"],
        "Error ratio over the window divided by the error budget";
    BUDGET = "burnledger_slo_budget_remaining_ratio", "gauge", ["slo", "group"],
        "Share of the period's error budget that is left; negative when overspent";
    HELD = "burnledger_slo_held_back", "gauge", ["slo", "group"],
        "Rules that are true and held back, such as by missing evidence or a silence";
    COST_RATE = "burnledger_incident_cost_per_minute", "gauge", ["incident", "service", "currency"],
        "What a live incident costs a minute, where the business file tells it";
    COST = "burnledger_incident_cost_so_far", "gauge", ["incident", "service", "currency"],
        "What a live incident has cost so far, where the business file tells it";
    INCIDENTS = "burnledger_incidents_live", "gauge", ["severity"], "Incidents that are not resolved";
    WAITING = "burnledger_pages_waiting", "gauge", ["receiver"], "Pages that wait for a receiver";
    FAILING = "burnledger_receiver_failing", "gauge", ["receiver"],
        "1 when the last try of a receiver failed";
    PAGES = "burnledger_pages", "counter", ["receiver", "kind", "outcome"],
        "Tries to deliver a page, by their outcome: delivered, retry or refused";
    DELIVERY = "burnledger_page_delivery_seconds", "histogram", ["receiver"],
        "Time from a page's making to its acceptance";
    EMERGENCIES = "burnledger_emergency_pages", "counter", ["receiver", "outcome"],
        "Pages sent although the ledger could not be written";
    EVALUATIONS = "burnledger_evaluations", "counter", [], "Evaluations of all objectives";
    SKIPPED = "burnledger_ticks_skipped", "counter", [],
        "Evaluations that were left out because the one before took too long";
    TICK = "burnledger_tick_seconds", "histogram", [], "Time from a tick's first question to its verdicts";
    HISTORY_UP = "burnledger_history_up", "gauge", [], "1 while nothing is wrong with the history on disk";
    REQUESTS = "burnledger_http_requests", "counter", ["route", "status"],
        "Requests answered by this program";
}

/// Labels of [`PAGES`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PageLabels {
    /// Receiver's name.
    pub receiver: String,
    /// Kind of page.
    pub kind: &'static str,
    /// `delivered`, `retry` or `refused`.
    pub outcome: &'static str,
}

/// Labels of [`DELIVERY`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReceiverLabels {
    /// Receiver's name.
    pub receiver: String,
}

/// Labels of [`EMERGENCIES`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct EmergencyLabels {
    /// Receiver's name.
    pub receiver: String,
    /// `delivered`, `retry` or `refused`.
    pub outcome: &'static str,
}

/// Labels of [`REQUESTS`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The route's pattern, or `other`.
    pub route: &'static str,
    /// HTTP status.
    pub status: u16,
}

type Delays = Family<ReceiverLabels, Histogram, fn() -> Histogram>;

/// What the program counts while it runs. Clones share their values.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// See [`PAGES`].
    pub pages: Family<PageLabels, Counter>,
    /// See [`DELIVERY`].
    pub delivery: Delays,
    /// See [`EMERGENCIES`].
    pub emergencies: Family<EmergencyLabels, Counter>,
    /// See [`EVALUATIONS`].
    pub evaluations: Counter,
    /// See [`SKIPPED`].
    pub skipped: Counter,
    /// See [`TICK`].
    pub tick: Histogram,
    /// See [`REQUESTS`].
    pub requests: Family<RequestLabels, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            pages: Family::default(),
            delivery: Family::new_with_constructor(delays),
            emergencies: Family::default(),
            evaluations: Counter::default(),
            skipped: Counter::default(),
            tick: Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0]),
            requests: Family::default(),
        }
    }
}

/// A page is early within a second, late after a minute, and worth knowing of after an hour.
fn delays() -> Histogram {
    Histogram::new([0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0])
}

impl Metrics {
    /// Puts the counters into a registry under the names of the table.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(PAGES.name, PAGES.help, self.pages.clone());
        registry.register(DELIVERY.name, DELIVERY.help, self.delivery.clone());
        registry.register(EMERGENCIES.name, EMERGENCIES.help, self.emergencies.clone());
        registry.register(EVALUATIONS.name, EVALUATIONS.help, self.evaluations.clone());
        registry.register(SKIPPED.name, SKIPPED.help, self.skipped.clone());
        registry.register(TICK.name, TICK.help, self.tick.clone());
        registry.register(REQUESTS.name, REQUESTS.help, self.requests.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_follow_prometheus_habits() {
        for (i, row) in TABLE.iter().enumerate() {
            assert!(row.name.starts_with("burnledger_"), "{}", row.name);
            assert!(!row.name.ends_with("_total") && !row.name.ends_with("_info"), "{}", row.name);
            assert!(TABLE[..i].iter().all(|other| other.name != row.name), "{} twice", row.name);
            assert!(!row.help.ends_with('.'), "{}", row.help);
        }
        assert_eq!(PAGES.scraped(), "burnledger_pages_total");
    }
}
