//! The screen of one SLO: which one, what stretch of time, and the charts it waits for.

use super::fetch::Fetch;
use crate::domain::base::{Ms, Span};
use crate::domain::view::{Lookback, PastOf, Question, TrackId};

/// Stretches that `+` and `-` step through.
pub const SPANS: [Span; 8] = [
    Span::from_mins(30),
    Span::from_hours(1),
    Span::from_hours(3),
    Span::from_hours(6),
    Span::from_days(1),
    Span::from_days(3),
    Span::from_days(7),
    Span::from_days(30),
];
/// Windows that `w` steps through.
pub const WINDOWS: [Span; 4] = [Span::from_hours(1), Span::from_mins(5), Span::from_hours(6), Span::from_days(1)];

/// Panels of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SloPanel {
    /// Burn over time.
    #[default]
    Burn,
    /// How the budget was spent, and when it will be gone.
    Budget,
    /// Windows and rules.
    Windows,
}

impl SloPanel {
    /// In the order of `Tab`.
    pub const ALL: [Self; 3] = [Self::Burn, Self::Budget, Self::Windows];
}

/// A stretch of time that can be moved and widened; its end follows the present until it is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Place in [`SPANS`].
    pub zoom: usize,
    /// Its end; the present when absent.
    pub end: Option<Ms>,
}

impl Stretch {
    /// A stretch up to the present.
    pub const fn live(zoom: usize) -> Self {
        Self { zoom, end: None }
    }

    /// How long it is.
    pub fn span(&self) -> Span {
        SPANS[self.zoom.min(SPANS.len() - 1)]
    }

    /// Its end, where `now` is the newest instant there is.
    pub fn end(&self, now: Ms) -> Ms {
        self.end.map_or(now, |end| end.min(now))
    }

    /// Moves it by a share of its length; an end at the present follows the present again.
    pub fn pan(&mut self, quarters: i64, now: Ms) {
        self.end = moved(self.end(now), self.span(), quarters, now);
    }

    /// Widens (positive) or narrows it around its end.
    pub fn widen(&mut self, by: i64) {
        self.zoom = (self.zoom as i64 + by).clamp(0, SPANS.len() as i64 - 1) as usize;
    }

    /// The question about it in so many cells; its end is floored to a cell, so that the same question serves for a while.
    pub fn ask(&self, of: PastOf, cells: usize, now: Ms) -> Question {
        let cell = Span((self.span().0 / cells.max(1) as i64).max(1000));
        let to = self.end(now).floor_to(cell);
        Question::Past(Lookback { of, from: to - self.span(), to, cells })
    }
}

/// The end of a stretch after it was moved by quarters of its length; nothing where it follows the present again.
pub(super) fn moved(end: Ms, span: Span, quarters: i64, now: Ms) -> Option<Ms> {
    let moved = Ms(end.0.saturating_add((span.0 / 4).saturating_mul(quarters)));
    (moved < now).then_some(moved)
}

/// The screen's own state.
#[derive(Clone, Debug)]
pub struct SloTab {
    /// Which SLO; chosen when the screen is opened.
    pub track: Option<TrackId>,
    /// The stretch of the burn chart.
    pub stretch: Stretch,
    /// Place in [`WINDOWS`] of the burn chart's window.
    pub window: usize,
    /// The burn's scale is linear.
    pub linear: bool,
    /// Levels are drawn.
    pub levels: bool,
    /// The panel that a small screen shows.
    pub panel: SloPanel,
    /// The instant whose values are told.
    pub cursor: Option<Ms>,
    /// Burn over the window.
    pub burn: Fetch,
    /// Burn over 5 minutes.
    pub strip: Fetch,
    /// The budget's way.
    pub budget: Fetch,
}

impl Default for SloTab {
    fn default() -> Self {
        Self {
            track: None,
            stretch: Stretch::live(3),
            window: 0,
            linear: false,
            levels: true,
            panel: SloPanel::Burn,
            cursor: None,
            burn: Fetch::default(),
            strip: Fetch::default(),
            budget: Fetch::default(),
        }
    }
}

impl SloTab {
    /// Shows another SLO: nothing of the one before stays.
    pub fn open(&mut self, track: TrackId) {
        if self.track.as_ref() != Some(&track) {
            for fetch in [&mut self.burn, &mut self.strip, &mut self.budget] {
                fetch.clear();
            }
            self.cursor = None;
            self.track = Some(track);
        }
    }

    /// The burn chart's window.
    pub fn window(&self) -> Span {
        WINDOWS[self.window.min(WINDOWS.len() - 1)]
    }
}
