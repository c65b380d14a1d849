//! The overview's list: order, filter and selection. Rows are named by SLO and group, never by their place.

use crate::domain::base::Severity;
use crate::domain::judge::{TrackState, Verdict};
use crate::domain::view::{SloRow, Snapshot, TrackId};
use regex::{Regex, RegexBuilder};
use std::cmp::Ordering;

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// Worst first, then by the burn over an hour.
    #[default]
    Severity,
    /// By name.
    Name,
    /// Least budget first.
    Budget,
    /// Highest burn over 5 minutes first.
    Burn,
    /// Soonest exhausted first.
    Exhausts,
}

impl SortBy {
    /// In the order of `o`.
    pub const ALL: [Self; 5] = [Self::Severity, Self::Name, Self::Budget, Self::Burn, Self::Exhausts];

    /// As the screen says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Severity => "severity, burn 1h",
            Self::Name => "name",
            Self::Budget => "budget left",
            Self::Burn => "burn 5m",
            Self::Exhausts => "exhausts",
        }
    }

    /// The next column.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|s| *s == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }
}

/// The list's state.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Places in the snapshot's `slos`, filtered and in order.
    pub order: Vec<usize>,
    /// The selected row.
    pub selected: Option<TrackId>,
    /// Its place in `order` when it was last seen there.
    pub at: usize,
    /// The person has moved or acted: the selection stays with its row from now on.
    pub touched: bool,
    /// Place in `order` of the first row shown.
    pub top: usize,
    /// Sorted by.
    pub sort: SortBy,
    /// The other way round.
    pub reverse: bool,
    /// Words to filter by.
    pub filter: String,
}

impl List {
    /// Orders anew for a snapshot. The selection stays with its row; when that is gone, it goes to the row in its place.
    pub fn refresh(&mut self, snapshot: &Snapshot) {
        let filter = Filter::read(&self.filter);
        self.order = (0..snapshot.slos.len()).filter(|i| filter.meets(&snapshot.slos[*i])).collect();
        let (sort, reverse) = (self.sort, self.reverse);
        self.order.sort_by(|a, b| {
            let order = compare(&snapshot.slos[*a], &snapshot.slos[*b], sort);
            let order = if reverse { order.reverse() } else { order };
            order.then(a.cmp(b))
        });
        let selected = self.place(snapshot);
        let follows = !self.touched && self.selected_row(snapshot).is_none_or(|row| severity(row).is_none());
        match selected {
            Some(place) if !follows => self.at = place,
            _ => self.select(snapshot, if follows { 0 } else { self.at }),
        }
    }

    /// Selects the row at a place, or the last one.
    pub fn select(&mut self, snapshot: &Snapshot, place: usize) {
        let place = place.min(self.order.len().saturating_sub(1));
        self.at = place;
        self.selected = self.order.get(place).and_then(|i| snapshot.slos.get(*i)).map(TrackId::of);
    }

    /// The selection's place in the order.
    pub fn place(&self, snapshot: &Snapshot) -> Option<usize> {
        let key = self.selected.as_ref()?;
        self.order.iter().position(|i| snapshot.slos.get(*i).is_some_and(|row| is(row, key)))
    }

    /// The selected row.
    pub fn selected_row<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a SloRow> {
        let key = self.selected.as_ref()?;
        snapshot.slos.iter().find(|row| is(row, key))
    }

    /// Moves the window over the list so that the selection lies within `height` rows and no room is wasted.
    pub fn follow(&mut self, snapshot: &Snapshot, height: usize) {
        let place = self.place(snapshot).unwrap_or(0);
        let height = height.max(1);
        self.top = self.top.min(place).max((place + 1).saturating_sub(height)).min(self.order.len().saturating_sub(height));
    }
}

fn is(row: &SloRow, key: &TrackId) -> bool {
    row.slo.id == key.slo && row.group == key.group
}

/// The row's severity as last known.
pub fn severity(row: &SloRow) -> Option<Severity> {
    row.verdict.as_ref().and_then(|v| v.severity)
}

/// The burn over a window of so many seconds.
pub fn burn_over(verdict: &Verdict, seconds: i64) -> Option<f64> {
    verdict.windows.iter().find(|w| w.window.0 == seconds * 1000).and_then(|w| w.burn_rate).filter(|b| b.is_finite())
}

/// Less is worse: severities, then a spent budget, then no data, then what makes no sense, then fine.
pub fn rank(row: &SloRow) -> u8 {
    let Some(verdict) = &row.verdict else { return 6 };
    match (verdict.severity, verdict.state) {
        (Some(Severity::P0), _) => 0,
        (Some(Severity::P1), _) => 1,
        (Some(Severity::P2), _) => 2,
        _ if verdict.budget.remaining.is_some_and(|r| r <= 0.0) => 3,
        (_, TrackState::NoData) => 4,
        (_, TrackState::DataError) => 5,
        _ => 7,
    }
}

fn compare(a: &SloRow, b: &SloRow, sort: SortBy) -> Ordering {
    let value = |row: &SloRow, of: fn(&Verdict) -> Option<f64>| row.verdict.as_deref().and_then(of);
    // Unknown sorts last whichever way is meant.
    let by = |of: fn(&Verdict) -> Option<f64>, falling: bool| match (value(a, of), value(b, of)) {
        (Some(x), Some(y)) if falling => y.total_cmp(&x),
        (Some(x), Some(y)) => x.total_cmp(&y),
        (x, y) => y.is_some().cmp(&x.is_some()),
    };
    match sort {
        SortBy::Severity => rank(a).cmp(&rank(b)).then_with(|| by(|v| burn_over(v, 3600), true)),
        SortBy::Name => (&a.slo.id, &a.group).cmp(&(&b.slo.id, &b.group)),
        SortBy::Budget => by(|v| v.budget.remaining, false),
        SortBy::Burn => by(|v| burn_over(v, 300), true),
        SortBy::Exhausts => by(|v| v.budget.exhausts_in_seconds, false),
    }
}

/// The words of a filter, all of which are to be met: part of the name or group or a regular expression that finds something in
/// it, `sev:p0`, `team:payments`, `state:no_data`; `!` in front turns a word round.
#[derive(Debug, Default)]
pub struct Filter(Vec<Word>);

#[derive(Debug)]
struct Word {
    turned: bool,
    means: Means,
}

#[derive(Debug)]
enum Means {
    Severity(String),
    State(String),
    Team(String),
    Part(String),
    Found(Regex),
}

/// What an expression may take to be kept ready: a filter is typed by hand.
const MOST: usize = 64 * 1024;

impl Filter {
    /// Reads what a person typed. What is no expression, such as one that is being typed, is taken as it stands.
    pub fn read(text: &str) -> Self {
        let word = |word: &str| {
            let (turned, rest) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
            let low = rest.to_lowercase();
            let means = match low.split_once(':') {
                Some(("sev", wanted)) => Means::Severity(wanted.into()),
                Some(("state", wanted)) => Means::State(wanted.into()),
                Some(("team", wanted)) => Means::Team(wanted.into()),
                _ => found(rest).map_or(Means::Part(low), Means::Found),
            };
            (!rest.is_empty()).then_some(Word { turned, means })
        };
        Self(text.split_whitespace().filter_map(word).collect())
    }

    /// All words are met.
    pub fn meets(&self, row: &SloRow) -> bool {
        if self.0.is_empty() {
            return true;
        }
        // Without a group the name ends where it ends: an expression may say so.
        let name = format!("{} {}", row.slo.id, row.group).to_lowercase();
        let name = name.trim_end();
        self.0.iter().all(|word| word.means.meets(row, name) != word.turned)
    }
}

/// An expression, where the word is one: with a sign that means more than itself in one.
fn found(word: &str) -> Option<Regex> {
    let is_one = word.contains(['*', '+', '?', '[', '(', '|', '^', '$', '\\']);
    is_one.then(|| RegexBuilder::new(word).case_insensitive(true).size_limit(MOST).build().ok()).flatten()
}

impl Means {
    fn meets(&self, row: &SloRow, name: &str) -> bool {
        match self {
            Self::Severity(wanted) => severity(row).map_or("none".into(), |s| s.name().to_lowercase()).starts_with(wanted),
            Self::State(wanted) => row.verdict.as_ref().map_or("none", |v| v.state.name()).starts_with(wanted),
            Self::Team(wanted) => row.owner.as_ref().is_some_and(|owner| owner.to_lowercase().starts_with(wanted)),
            Self::Part(part) => name.contains(part),
            Self::Found(expression) => expression.is_match(name),
        }
    }
}
