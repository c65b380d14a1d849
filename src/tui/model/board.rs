//! Screens of one's own: which one is shown, and what its tiles wait for or have.

use super::fetch::Fetch;
use super::slo::{SPANS, moved};
use crate::domain::base::{Ms, Span};
use crate::domain::view::{Dashboard, Dashboards, Tile};
use std::sync::Arc;

/// The state of these screens.
#[derive(Clone, Debug, Default)]
pub struct BoardTab {
    /// All of them, and what is wrong with their files.
    pub all: Arc<Dashboards>,
    /// Which one is shown.
    pub at: usize,
    /// The tiles of that one, row by row, each with its answer.
    pub tiles: Vec<(Tile, Fetch)>,
    /// The first row of tiles in view.
    pub top: usize,
    /// How far back its series go; as its file says when absent.
    pub span: Option<Span>,
    /// The end of what is shown; the present when absent.
    pub end: Option<Ms>,
}

impl BoardTab {
    /// The one that is shown.
    pub fn shown(&self) -> Option<&Arc<Dashboard>> {
        self.all.all.get(self.at)
    }

    /// How far back its series go.
    pub fn span(&self) -> Span {
        self.span.or(self.shown().map(|shown| shown.last)).unwrap_or(Span::from_hours(1))
    }

    /// The end of what is shown, where `now` is the newest instant there is.
    pub fn end(&self, now: Ms) -> Ms {
        self.end.map_or(now, |end| end.min(now))
    }

    /// Moves its time by quarters of the stretch; an end at the present follows the present again.
    pub fn pan(&mut self, quarters: i64, now: Ms) {
        self.end = moved(self.end(now), self.span(), quarters, now);
    }

    /// A longer (positive) or shorter stretch: the usual ones, and its own among them.
    pub fn widen(&mut self, by: i64) {
        let Some(own) = self.shown().map(|shown| shown.last) else { return };
        let now = self.span();
        let mut steps: Vec<Span> = SPANS.into_iter().chain([own]).collect();
        steps.sort_unstable();
        steps.dedup();
        let at = steps.iter().position(|step| *step == now).unwrap_or(0) as i64;
        let wanted = steps[(at + by).clamp(0, steps.len() as i64 - 1) as usize];
        self.span = (wanted != own).then_some(wanted);
    }

    /// Shows another one from its top and up to the present.
    pub fn open(&mut self, at: usize) {
        (self.top, self.span, self.end) = (0, None, None);
        self.fill(at);
    }

    /// The tiles of a dashboard. One that stays the same keeps its answer.
    fn fill(&mut self, at: usize) {
        self.at = at.min(self.all.all.len().saturating_sub(1));
        let mut before = std::mem::take(&mut self.tiles);
        let mut kept = |tile: &Tile| before.iter().position(|(old, _)| old == tile).map(|place| before.swap_remove(place).1);
        self.tiles = match self.all.all.get(self.at) {
            Some(shown) => shown.tiles().map(|tile| (tile.clone(), kept(tile).unwrap_or_default())).collect(),
            None => Vec::new(),
        };
    }

    /// Takes over what the files say now; the screen that is shown stays, by its file.
    pub fn renew(&mut self, all: Arc<Dashboards>) {
        let file = self.shown().map(|shown| shown.file.clone());
        self.all = all;
        match self.all.all.iter().position(|d| Some(&d.file) == file.as_ref()) {
            Some(at) => self.fill(at),
            None => self.open(self.at),
        }
    }
}
