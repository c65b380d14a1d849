//! Screens of one's own: rows of tiles, each of one kind, as a file describes them.
//!
//! Deliberately absent: reading files (`formats`), asking for values (the desk) and drawing (`tui`).

use crate::domain::base::{Labels, Ms, Problem, SloId, Span, Text};
use std::sync::Arc;

/// What a tile shows.
#[derive(Clone, Debug, PartialEq)]
pub enum TileKind {
    /// Burn of an SLO over time against its levels.
    Burn {
        /// The SLO.
        slo: SloId,
        /// The window.
        window: Span,
    },
    /// How the budget of an SLO was spent, and what is left of it.
    Budget {
        /// The SLO.
        slo: SloId,
    },
    /// One expression over time, a line a series.
    Sparkline {
        /// PromQL without placeholders.
        expr: Text,
    },
    /// One expression now.
    Value {
        /// PromQL without placeholders.
        expr: Text,
    },
    /// The series of an expression now, greatest first.
    Table {
        /// PromQL without placeholders.
        expr: Text,
        /// Labels that become columns; all that differ when empty.
        by: Vec<Text>,
    },
    /// The series of an expression by time.
    Heatmap {
        /// PromQL without placeholders.
        expr: Text,
        /// Labels that name a row; all that differ when empty.
        by: Vec<Text>,
    },
    /// Words.
    Text(Text),
}

impl TileKind {
    /// The name of its key in a file.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Burn { .. } => "burn",
            Self::Budget { .. } => "budget",
            Self::Sparkline { .. } => "sparkline",
            Self::Value { .. } => "value",
            Self::Table { .. } => "table",
            Self::Heatmap { .. } => "heatmap",
            Self::Text(_) => "text",
        }
    }

    /// The expression that it asks a source for.
    pub const fn expr(&self) -> Option<&Text> {
        match self {
            Self::Sparkline { expr } | Self::Value { expr } | Self::Table { expr, .. } | Self::Heatmap { expr, .. } => Some(expr),
            Self::Burn { .. } | Self::Budget { .. } | Self::Text(_) => None,
        }
    }

    /// The SLO that it is about.
    pub const fn slo(&self) -> Option<&SloId> {
        match self {
            Self::Burn { slo, .. } | Self::Budget { slo } => Some(slo),
            _ => None,
        }
    }

    /// Columns and rows it needs at least, its title included: below that it says too little.
    pub const fn least(&self) -> (usize, usize) {
        match self {
            Self::Burn { .. } | Self::Budget { .. } => (26, 7),
            Self::Sparkline { .. } => (20, 2),
            Self::Value { .. } => (12, 3),
            Self::Table { .. } => (20, 3),
            Self::Heatmap { .. } => (30, 4),
            Self::Text(_) => (8, 2),
        }
    }
}

/// What the numbers of an expression are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Plain numbers.
    #[default]
    Number,
    /// Shares, shown as percent.
    Ratio,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Something per second.
    PerSecond,
    /// Something per minute.
    PerMinute,
    /// Burn rates.
    Burn,
}

impl Unit {
    /// All of them, with the words of files.
    pub const ALL: [(&'static str, Self); 7] = [
        ("number", Self::Number),
        ("ratio", Self::Ratio),
        ("seconds", Self::Seconds),
        ("bytes", Self::Bytes),
        ("per_second", Self::PerSecond),
        ("per_minute", Self::PerMinute),
        ("burn", Self::Burn),
    ];
}

/// From where on a value is bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// Above this.
    Above(f64),
    /// Below this.
    Below(f64),
}

impl Bound {
    /// The value is on its bad side. What is not a number is on no side.
    pub fn is_crossed(self, value: f64) -> bool {
        match self {
            Self::Above(level) => value > level,
            Self::Below(level) => value < level,
        }
    }
}

/// A part of a screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// What it shows.
    pub kind: TileKind,
    /// Its title; made of its kind when absent.
    pub title: Option<Text>,
    /// Its share of the row's width, at least 1.
    pub width: usize,
    /// What its numbers are.
    pub unit: Unit,
    /// From where on they are bad.
    pub bad: Option<Bound>,
    /// The source its expression asks, by name; the default one when absent.
    pub source: Option<Text>,
}

/// Tiles beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct TileRow {
    /// Rows of text, titles included; what others leave when absent.
    pub height: Option<usize>,
    /// From left to right, at least one.
    pub tiles: Vec<Tile>,
}

impl TileRow {
    /// Rows of text it needs at least.
    pub fn least(&self) -> usize {
        let needed = self.tiles.iter().map(|tile| tile.kind.least().1).max().unwrap_or(1);
        self.height.map_or(needed, |height| height.max(needed))
    }

    /// Columns of each tile on a row of so many, by their shares; [`GAP`] columns stay free between two.
    pub fn widths(&self, columns: usize) -> Vec<usize> {
        let room = columns.saturating_sub(GAP * self.tiles.len().saturating_sub(1));
        let all: usize = self.tiles.iter().map(|tile| tile.width).sum::<usize>().max(1);
        let mut before = 0;
        let ends = self.tiles.iter().scan(0, |sum, tile| {
            *sum += tile.width;
            Some(room * *sum / all)
        });
        ends.map(|end| end - std::mem::replace(&mut before, end)).collect()
    }
}

/// Columns between two tiles.
pub const GAP: usize = 2;

/// A screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Dashboard {
    /// Its file, as it was named.
    pub file: Text,
    /// Its name on tabs.
    pub title: Text,
    /// How far back its series go.
    pub last: Span,
    /// From top to bottom, at least one.
    pub rows: Vec<TileRow>,
}

impl Dashboard {
    /// Rows of text of each row on a screen of so many that begins with row `top`: first what each needs; what is left goes to
    /// those without a height of their own. Rows above it and those below that find no room any more get none.
    pub fn heights(&self, top: usize, rows: usize) -> Vec<usize> {
        let (mut left, mut full) = (rows, false);
        let fitting = |(i, row): (usize, &TileRow)| {
            full |= i >= top && row.least() > left;
            let least = if full || i < top { 0 } else { row.least() };
            left -= least;
            least
        };
        let mut heights: Vec<usize> = self.rows.iter().enumerate().map(fitting).collect();
        let free: Vec<usize> = (0..self.rows.len()).filter(|i| heights[*i] > 0 && self.rows[*i].height.is_none()).collect();
        for (n, i) in free.iter().enumerate() {
            let more = left / (free.len() - n);
            heights[*i] += more;
            left -= more;
        }
        heights
    }

    /// The first row from which on all others fit a screen of so many rows of text; the last row when not even that one does.
    pub fn last_top(&self, rows: usize) -> usize {
        let mut left = rows;
        let fit = self.rows.iter().rev().take_while(|row| {
            let fits = row.least() <= left;
            left = left.saturating_sub(row.least());
            fits
        });
        self.rows.len() - fit.count().clamp(1.min(self.rows.len()), self.rows.len())
    }

    /// Its tiles, row by row.
    pub fn tiles(&self) -> impl Iterator<Item = &Tile> {
        self.rows.iter().flat_map(|row| row.tiles.iter())
    }
}

/// Every screen of one's own, and what is wrong with their files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dashboards {
    /// By file name. Of a file that was sound once and is not now, the former one.
    pub all: Vec<Arc<Dashboard>>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// A question for the values of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ValuesAsk {
    /// The source, by name; the default one when absent.
    pub source: Option<Text>,
    /// PromQL without placeholders.
    pub expr: Text,
    /// The last instant; a multiple of `cell`.
    pub to: Ms,
    /// Distance of the instants.
    pub cell: Span,
    /// How many instants, at least 1 and at most [`ValuesAsk::MOST_CELLS`].
    pub cells: usize,
}

impl ValuesAsk {
    /// More instants than a wide terminal has half columns are of no use.
    pub const MOST_CELLS: usize = 1_000;
    /// Series that an answer has at most; the rest is counted.
    pub const MOST_SERIES: usize = 200;
}

/// One series of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ValuesRow {
    /// Its labels.
    pub labels: Labels,
    /// One value an instant, oldest first; NaN where there is no sample, and where it is NaN.
    pub values: Arc<[f64]>,
    /// The last instant has a sample, be it NaN.
    pub is_present: bool,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// First instant.
    pub from: Ms,
    /// Last instant.
    pub to: Ms,
    /// Series, the one with the greatest last value first.
    pub rows: Vec<ValuesRow>,
    /// Series that were left out.
    pub more: usize,
    /// Warnings of the source.
    pub warnings: Vec<Text>,
}
