//! The engine's state: the board, the incidents as committed, and the few things that are remembered between ticks.
//!
//! What is remembered beside the ledger can be lost: after a restart the clear timers begin anew, nothing else changes.

use super::board::Board;
use super::harm::{ACCOUNT_WITHIN, Impact, Runs};
use crate::domain::base::{CommitId, IncidentId, Ms, Seq, Severity, Span, Text};
use crate::domain::incident::{Incident, Incidents, Phase};
use crate::domain::objective::Rulebook;
use crate::domain::paging::{Dispatch, DispatchKind, DispatchState, Routes, Told};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What the engine is told once.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Who is paged.
    pub routes: Routes,
    /// The environment's name, for pages.
    pub environment: Option<Text>,
    /// Where entries come from: `watch`, `demo`, `backtest`.
    pub source: Text,
    /// A random text that makes this process' commit ids unique.
    pub nonce: Text,
    /// Incidents are drills: kept out of cost statistics.
    pub drill: bool,
}

/// The engine's state.
#[derive(Debug)]
pub struct State {
    /// Rules in force.
    pub book: Arc<Rulebook>,
    /// Feeds and verdicts.
    pub board: Board,
    /// Incidents, folded from committed entries.
    pub incidents: Incidents,
    /// Whether this process decides.
    pub leading: bool,
    /// What it was told once.
    pub settings: Settings,
    /// Who is paged by the process that leads, as far as this one can know; nobody is paged by it from here.
    expected: Routes,
    /// Where samples come from.
    pub metric_source: Text,
    pub(super) memory: Memory,
    told: BTreeMap<IncidentId, (Told, Vec<Text>)>,
    /// The last entry that was looked at to know when incidents have nothing more to come, and that instant.
    settled: (Seq, Ms),
    commits: u64,
    /// Impacts of this instant: several rules, pages and screens ask for the same one.
    pub(super) impacts: Mutex<BTreeMap<ImpactKey, Arc<Impact>>>,
    /// Bad stretches of live incidents so far, so that a long one is not measured from its beginning every time.
    pub(super) runs: Mutex<Runs>,
}

/// An incident as it stood after an entry, and the instant through which its impact is asked for.
pub(super) type ImpactKey = (IncidentId, Seq, Ms);

/// What is remembered between ticks beside the ledger.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Since when nothing above this severity fires on an incident.
    pub lower_since: BTreeMap<(IncidentId, Severity), Ms>,
    /// Since when a suspected incident shows no breach.
    pub quiet_since: BTreeMap<IncidentId, Ms>,
}

impl State {
    /// What people know a source by: its name in the configuration, the default one by its address.
    pub(super) fn source_name(&self, name: Option<&Text>) -> Text {
        name.unwrap_or(&self.metric_source).clone()
    }

    /// The same, where another process pages, and whom.
    #[must_use]
    pub fn expecting(self, expected: Routes) -> Self {
        Self { expected, ..self }
    }

    /// Others are paged from now on.
    pub(super) fn take_routes(&mut self, routes: Routes) {
        self.expected = routes.clone();
        self.settings.routes = routes;
    }

    /// By what pages are told of: one's own routes while this process decides, else those of the one that does.
    pub(super) const fn routes(&self) -> &Routes {
        if self.leading { &self.settings.routes } else { &self.expected }
    }

    /// A fresh state: no history, no incidents, not leading.
    pub fn new(book: Arc<Rulebook>, settings: Settings) -> Self {
        Self {
            expected: settings.routes.clone(),
            board: Board::new(&book),
            book,
            incidents: Incidents::default(),
            leading: false,
            settings,
            metric_source: Text::from(""),
            memory: Memory::default(),
            told: BTreeMap::new(),
            settled: (Seq(0), Ms(i64::MIN)),
            commits: 0,
            impacts: Mutex::default(),
            runs: Mutex::default(),
        }
    }

    /// No incident lives, and none that ended has anything to come: an evaluation in which nothing is true decides nothing.
    /// For drivers without people and pages.
    pub(super) fn rests(&mut self, at: Ms) -> bool {
        let last = self.incidents.last_seq();
        if self.settled.0 != last {
            self.settled = (last, self.settles());
        }
        at > self.settled.1 && self.told_nobody() && self.settings.routes.routes.is_empty()
    }

    /// After this instant nothing more comes of the incidents there are, as far as is known now.
    fn settles(&self) -> Ms {
        if self.incidents.live().next().is_some() {
            return Ms(i64::MAX);
        }
        // Without prices an incident that ended by rule has been accounted for.
        let priced = self.incidents.iter().filter(|_| self.book.business.is_some());
        let through = priced.map(|i| {
            let provisional = i.cost.as_ref().is_some_and(|cost| cost.provisional_until.is_some());
            let ended = i.milestones.resolved.max(i.milestones.closed).unwrap_or(Ms(i64::MIN));
            if provisional { Ms(i64::MAX) } else { ended + ACCOUNT_WITHIN + Span::from_mins(2) }
        });
        through.max().unwrap_or(Ms(i64::MIN))
    }

    /// The name of the next commit of this process.
    pub(super) fn next_commit(&mut self) -> CommitId {
        self.commits += 1;
        CommitId(format!("{}-{}", self.settings.nonce, self.commits).into())
    }

    /// Pages of an incident so far, and the receivers whose last page still waits; absent when the outbox has no row of it.
    pub fn told(&self, id: IncidentId) -> Option<&(Told, Vec<Text>)> {
        self.told.get(&id)
    }

    /// No page of any incident is known.
    pub(super) fn told_nobody(&self) -> bool {
        self.told.is_empty()
    }

    /// Nobody will be paged by what was heard of pages.
    pub(super) fn forget_pages(&mut self) {
        self.told.clear();
    }

    /// Rules may open it again: its next pages are numbered after those that were sent.
    fn ended_lately(&self, incident: &Incident) -> bool {
        let since = incident.milestones.resolved.zip(self.board.at).map(|(end, at)| at.since(end));
        incident.phase == Phase::Resolved && since.is_some_and(|since| since <= self.book.timing.reopen)
    }

    /// Takes the outbox' rows of an incident. Of one that ended and cannot reopen by itself nothing is kept once everybody has
    /// heard so.
    pub(super) fn hear_rows(&mut self, id: IncidentId, rows: &[Dispatch]) {
        let waits = |r: &&Dispatch| matches!(r.state, DispatchState::Pending | DispatchState::Sending);
        let waiting = rows.iter().filter(waits).map(|r| r.receiver.clone()).collect();
        let told = Told::from_rows(rows);
        let matters = self.incidents.get(id).is_some_and(|i| i.phase.is_live() || self.ended_lately(i));
        if !rows.is_empty() && (matters || told.has_open_run()) {
            self.told.insert(id, (told, waiting));
        } else {
            self.told.remove(&id);
        }
    }

    /// Incidents whose pages matter to what is planned next: live ones, those that may reopen, and ended ones of which somebody
    /// was told and not yet that they ended. The ledger's entries tell which those are, so a long past costs no reading.
    pub(super) fn follows_pages(&self, incident: &Incident) -> bool {
        let may_page = incident.phase.is_live() || self.ended_lately(incident);
        may_page || self.told.contains_key(&incident.id) || believes_it_lives(incident)
    }

    /// Forgets everything that samples told, as a new process would: it is read again.
    pub(super) fn begin_anew(&mut self) {
        let draws = self.board.draws;
        self.board = Board::new(&self.book);
        self.board.draws = draws;
        self.memory = Memory::default();
        self.forget_runs();
    }

    /// Forgets the bad stretches of incidents: other rules have other levels, and feeds other places.
    pub(super) fn forget_runs(&mut self) {
        self.runs.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }

    /// Forgets what was worked out for an instant: something changed.
    pub(super) fn forget_impacts(&mut self) {
        self.impacts.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }
}

/// A receiver of the incident heard of trouble, and no page that it ended has come to its own end.
fn believes_it_lives(incident: &Incident) -> bool {
    let mut last: BTreeMap<&Text, bool> = BTreeMap::new();
    for page in
        incident.pages.iter().filter(|p| *p.kind != *DispatchKind::Test.name() && *p.kind != *DispatchKind::Response.name())
    {
        last.insert(&page.receiver, *page.kind == *DispatchKind::Resolved.name());
    }
    last.values().any(|over| !over)
}
