//! Screens of one's own: which one is shown, and what its tiles wait for or have.

use super::fetch::Fetch;
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
}

impl BoardTab {
    /// The one that is shown.
    pub fn shown(&self) -> Option<&Arc<Dashboard>> {
        self.all.all.get(self.at)
    }

    /// Shows another one, or the same after its file has changed. A tile that stays the same keeps its answer.
    pub fn open(&mut self, at: usize) {
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
        let at = self.all.all.iter().position(|d| Some(&d.file) == file.as_ref());
        self.open(at.unwrap_or(self.at));
    }
}
