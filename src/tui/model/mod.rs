//! Everything the screens are drawn from: the latest snapshot, what the person did with it, and the time.
//!
//! The model is changed by [`crate::tui::update()`] only and read by [`crate::tui::view()`] only; neither does IO.

pub mod board;
pub mod dialog;
pub mod fetch;
pub mod heat;
pub mod history;
pub mod list;
pub mod reckoning;
pub mod replay;
pub mod slo;
pub mod sparks;
pub mod state;
pub mod ticker;

pub use board::BoardTab;
pub use dialog::{Input, NoteField, NoteForm, Overlay, ResolveField, ResolveForm, Sheet};
pub use fetch::Fetch;
pub use heat::{HeatKind, HeatTab};
pub use history::HistoryTab;
pub use list::{List, SortBy};
pub use replay::Replay;
pub use slo::{SloPanel, SloTab};
pub use sparks::Sparks;
pub use state::{Link, Tone};

use crate::domain::base::{IncidentId, Mono, Ms, Now, Severity, Span, Text};
use crate::domain::incident::Phase;
use crate::domain::view::{Command, IncidentView, Role, SloRow, Snapshot, TrackId};
use crate::tui::glyphs::Glyphs;
use crate::tui::keymap::Keymap;
use crate::tui::keys::Scope;
use crate::tui::theme::Theme;
use crate::words::{Words, Zone};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How the screens look and who sits before them; fixed for a session.
#[derive(Clone, Debug)]
pub struct Look {
    /// Characters.
    pub glyphs: Glyphs,
    /// Colours.
    pub theme: Theme,
    /// Words, in a language.
    pub words: Words,
    /// The zone instants are shown in.
    pub zone: Zone,
    /// The person's name, for acknowledgements and notes.
    pub who: Text,
    /// Keys.
    pub keys: Keymap,
}

/// The screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// All SLOs.
    #[default]
    Overview,
    /// One SLO.
    Slo,
    /// One incident.
    Incident,
    /// Incidents of the past.
    History,
    /// SLOs by time, and latency by time.
    Heat,
    /// The past, played.
    Replay,
    /// A screen of one's own.
    Board,
}

impl Tab {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Overview, Self::Slo, Self::Incident, Self::History, Self::Heat, Self::Replay, Self::Board];

    /// Where keys go, narrow scopes first.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Overview => &[Scope::Overview, Scope::Time, Scope::OnIncident, Scope::List, Scope::Global],
            Self::Slo => &[Scope::Slo, Scope::Time, Scope::OnIncident, Scope::List, Scope::Global],
            Self::Incident => &[Scope::Incident, Scope::OnIncident, Scope::List, Scope::Global],
            Self::History => &[Scope::History, Scope::List, Scope::Global],
            Self::Heat => &[Scope::Heat, Scope::Time, Scope::List, Scope::Global],
            Self::Replay => &[Scope::Replay, Scope::List, Scope::Global],
            Self::Board => &[Scope::Board, Scope::Time, Scope::List, Scope::Global],
        }
    }
}

/// Panels of the incident screen, for scrolling and small terminals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// What happened.
    #[default]
    Timeline,
    /// What it costs.
    Cost,
    /// Series.
    Signals,
    /// What comes.
    Next,
}

impl Panel {
    /// In the order of `Tab`.
    pub const ALL: [Self; 4] = [Self::Timeline, Self::Cost, Self::Signals, Self::Next];
}

/// The incident screen's own state.
#[derive(Clone, Debug, Default)]
pub struct IncidentTab {
    /// Which one was chosen; the worst live one otherwise.
    pub chosen: Option<IncidentId>,
    /// Where keys go.
    pub panel: Panel,
    /// First line shown of that panel.
    pub scroll: usize,
    /// The instant whose values the signals tell; the newest ones otherwise.
    pub cursor: Option<Ms>,
}

/// A held picture.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// What was seen then.
    pub snapshot: Option<Arc<Snapshot>>,
    /// When it was held.
    pub at: Ms,
}

/// How a message to the person is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It worked.
    Done,
    /// Worth knowing.
    Told,
    /// It did not work; stays until a key is pressed.
    Failed,
}

/// A message that goes away by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What stands above it in a box of its own, where there is room for one.
    pub title: Option<String>,
    /// What it says.
    pub text: String,
    /// How it is meant.
    pub mood: Mood,
    /// Until when it is shown; without end when absent.
    pub until: Option<Mono>,
}

/// An acknowledgement that can still be taken back with one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undo {
    /// Which incident.
    pub incident: IncidentId,
    /// Until when.
    pub until: Mono,
}

/// Instants further apart than this were no steps of an engine.
const SLOWEST: Span = Span::from_mins(2);
/// A read may take so much longer than a step without anybody being told.
const GRACE: Span = Span::from_secs(5);

/// Everything.
#[derive(Clone, Debug)]
pub struct Model {
    /// Looks.
    pub look: Look,
    /// The time of the last message.
    pub now: Now,
    /// When the session began.
    pub started: Mono,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The newest snapshot.
    pub live: Option<Arc<Snapshot>>,
    /// When it came.
    pub live_at: Mono,
    /// When one came that judges a later instant than the one before.
    pub judged_at: Mono,
    /// How far such instants lie apart; absent until two came.
    pub pace: Option<Span>,
    /// Incidents that paged in any snapshot of this session.
    pub paging: BTreeSet<IncidentId>,
    /// The desk is gone: no more snapshots will come.
    pub cut_off: bool,
    /// The held picture.
    pub frozen: Option<Frozen>,
    /// The screen.
    pub tab: Tab,
    /// No key was pressed and nothing was shown yet: the session may still choose its first screen.
    pub fresh: bool,
    /// The overview's list.
    pub list: List,
    /// The burn over time on the overview.
    pub sparks: Sparks,
    /// The screen of one SLO.
    pub slo: SloTab,
    /// The incident screen.
    pub incident: IncidentTab,
    /// The screen of past incidents.
    pub history: HistoryTab,
    /// The heatmap.
    pub heat: HeatTab,
    /// Screens of one's own.
    pub board: BoardTab,
    /// The replay that is on.
    pub replay: Option<Replay>,
    /// An incident of the ledger that no snapshot shows any more.
    pub opened: Option<IncidentView>,
    /// The dialog in front; it owns the keys.
    pub overlay: Option<Overlay>,
    /// Esc was pressed once although the dialog holds words.
    pub leaving: bool,
    /// Classes of causes that the team tells apart.
    pub causes: Vec<Text>,
    /// Messages.
    pub toast: Option<Toast>,
    /// What can be undone.
    pub undo: Option<Undo>,
    /// Orders under way.
    pub pending: BTreeMap<u64, Command>,
    /// The next order's number.
    pub next_ticket: u64,
    /// The screen before this one.
    pub last: Tab,
    /// The question for an incident that `:open` named.
    pub opening: Option<u64>,
    /// The person has chosen colours.
    pub chose_colours: bool,
}

impl Model {
    /// A session that begins at `now` on a terminal of `size`.
    pub fn new(look: Look, size: (u16, u16), now: Now) -> Self {
        Self {
            look,
            now,
            started: now.mono,
            size,
            live: None,
            live_at: now.mono,
            judged_at: now.mono,
            pace: None,
            paging: BTreeSet::new(),
            cut_off: false,
            frozen: None,
            tab: Tab::default(),
            fresh: true,
            list: List::default(),
            sparks: Sparks::default(),
            slo: SloTab::default(),
            incident: IncidentTab::default(),
            history: HistoryTab::default(),
            heat: HeatTab::default(),
            board: BoardTab::default(),
            replay: None,
            opened: None,
            overlay: None,
            leaving: false,
            causes: Vec::new(),
            toast: None,
            undo: None,
            pending: BTreeMap::new(),
            next_ticket: 1,
            last: Tab::default(),
            opening: None,
            chose_colours: false,
        }
    }

    /// What is shown: the held picture, else the replay's frame, else the newest.
    pub fn shown(&self) -> Option<&Arc<Snapshot>> {
        match (&self.frozen, &self.replay) {
            (Some(frozen), _) => frozen.snapshot.as_ref(),
            (None, Some(replay)) => replay.frame(self.now.mono).or(self.live.as_ref()),
            (None, None) => self.live.as_ref(),
        }
    }

    /// The time on the screen. A replay has its own: the snapshot's, moved on at its speed, but never far beyond what came.
    pub fn wall(&self) -> Ms {
        if let Some(frozen) = &self.frozen {
            return frozen.at;
        }
        match &self.replay {
            Some(replay) if replay.film().is_some() => replay.at(self.now.mono),
            _ => self.live_wall(),
        }
    }

    /// The time outside of a held picture.
    pub fn live_wall(&self) -> Ms {
        match &self.live {
            Some(s) if s.role == Role::Replaying => {
                let passed = self.now.mono.0.saturating_sub(self.live_at.0).min(1500);
                let speed = if s.ended { 0.0 } else { s.speed.unwrap_or(1.0).clamp(0.0, 100_000.0) };
                s.made + Span((passed as f64 * speed) as i64)
            }
            _ => self.now.wall,
        }
    }

    /// Takes a newer snapshot. True when an incident pages that none before has shown: the first one shows what was going on
    /// anyway, and a recording wakes nobody.
    pub fn take(&mut self, snapshot: Arc<Snapshot>) -> bool {
        let before = self.live.as_ref().and_then(|s| s.at);
        if snapshot.at != before {
            let apart = snapshot.at.zip(before).map(|(new, old)| new.since(old)).filter(|apart| *apart > Span::ZERO);
            self.pace = apart.map_or(self.pace, |apart| Some(apart.min(SLOWEST)));
            self.judged_at = self.now.mono;
        }
        let pages = |v: &&IncidentView| v.incident.phase.is_live() && v.incident.severity.is_some_and(Severity::pages);
        let paging = snapshot.incidents.iter().filter(pages).filter(|v| !v.incident.drill).map(|v| v.incident.id);
        let known = self.paging.len();
        self.paging.extend(paging);
        let rings = self.paging.len() > known && before.is_some() && snapshot.role != Role::Replaying;
        self.live = Some(snapshot);
        self.live_at = self.now.mono;
        rings
    }

    /// For how long no judgement came although two should have come by now: a read hangs, or the engine does.
    pub fn overdue(&self) -> Option<Span> {
        let waited = Span(self.now.mono.0.saturating_sub(self.judged_at.0).cast_signed());
        self.pace.filter(|pace| waited > *pace * 2 + GRACE).map(|_| waited)
    }

    /// A replay is on and has a picture.
    pub fn is_replaying(&self) -> bool {
        self.replay.as_ref().is_some_and(|r| r.film().is_some())
    }

    /// A replay is all there is: no engine stands behind it, and it has no present to go back to.
    pub fn is_film_alone(&self) -> bool {
        self.cut_off && self.replay.is_some() && self.live.as_ref().is_none_or(|s| s.at.is_none() && s.problems.is_empty())
    }

    /// Orders are taken here: the picture is no recording, and a server that it comes from knows who we are.
    pub fn may_order(&self) -> bool {
        let attached = self.live.as_ref().and_then(|s| s.attached.as_ref());
        !self.is_replaying() && attached.is_none_or(|a| a.read_only.is_none() || a.who.is_some())
    }

    /// The picture changes by itself more often than once a second.
    pub fn is_moving(&self) -> bool {
        self.replay.as_ref().is_some_and(Replay::is_running)
    }

    /// Incidents that are not over, worst first.
    pub fn live_incidents(&self) -> impl Iterator<Item = &IncidentView> {
        self.shown().into_iter().flat_map(|s| s.incidents.iter()).filter(|v| v.incident.phase.is_live())
    }

    /// The incident of a number in what is shown.
    pub fn incident_of(&self, id: IncidentId) -> Option<&IncidentView> {
        self.shown()?.incidents.iter().find(|v| v.incident.id == id)
    }

    /// The incident that the incident screen shows.
    pub fn on_screen(&self) -> Option<&IncidentView> {
        let opened = |id| self.opened.as_ref().filter(|v| v.incident.id == id);
        let chosen = self.incident.chosen.and_then(|id| self.incident_of(id).or_else(|| opened(id)));
        chosen.or_else(|| self.live_incidents().next()).or_else(|| self.shown()?.incidents.first())
    }

    /// The incident that `a`, `n` and `R` act on: the one on the incident screen; on the SLO's screen the SLO's; on the overview
    /// the selected row's, else the one the banner names.
    pub fn target(&self) -> Option<&IncidentView> {
        match self.tab {
            Tab::Incident => self.on_screen(),
            Tab::Slo => self.slo_row().and_then(|r| self.incident_of(r.incident?)),
            Tab::History | Tab::Board => None,
            Tab::Overview | Tab::Heat | Tab::Replay => self.row_incident().or_else(|| self.live_incidents().next()),
        }
    }

    /// The row of a track in what is shown.
    pub fn row_of(&self, track: &TrackId) -> Option<&SloRow> {
        self.shown()?.slos.iter().find(|row| row.slo.id == track.slo && row.group == track.group)
    }

    /// The row that the SLO screen shows.
    pub fn slo_row(&self) -> Option<&SloRow> {
        self.row_of(self.slo.track.as_ref()?)
    }

    /// The open incident of the selected row.
    pub fn row_incident(&self) -> Option<&IncidentView> {
        let id = self.list.selected_row(self.shown()?)?.incident?;
        self.incident_of(id)
    }

    /// Incidents that page and opened after the picture was held: they break through.
    pub fn broke_through(&self) -> Vec<&IncidentView> {
        let (Some(frozen), Some(live)) = (&self.frozen, &self.live) else { return Vec::new() };
        let known = |v: &&IncidentView| {
            let before = frozen.snapshot.iter().flat_map(|s| s.incidents.iter()).find(|o| o.incident.id == v.incident.id);
            let was = before.filter(|o| o.incident.phase.is_live()).and_then(|o| o.incident.severity);
            v.incident.severity.is_none_or(|s| Some(s) <= was)
        };
        let pages = |v: &&IncidentView| v.incident.phase.is_live() && v.incident.severity.is_some_and(Severity::pages);
        live.incidents.iter().filter(pages).filter(|v| !known(v)).collect()
    }

    /// Since when an incident has hurt: its impact start, else its detection.
    pub fn since(view: &IncidentView) -> Option<Ms> {
        view.incident.milestones.impact_start.or(view.incident.milestones.detected)
    }

    /// The person has it or it is over: nothing to acknowledge.
    pub fn is_handled(view: &IncidentView) -> bool {
        view.incident.acknowledged_by.is_some() || !matches!(view.incident.phase, Phase::Open | Phase::Suspected)
    }
}
