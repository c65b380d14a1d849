//! Panels over one axis of time: lines with levels, strips of stretches below them, and the axis itself, as rows of inked
//! characters. One drawing serves a terminal and, cell by cell, a picture.
//!
//! Deliberately absent: colours. An ink says what a character is; whoever shows it knows how that looks.

use super::{Charset, Scale, line};

/// What a character is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// Words.
    #[default]
    Plain,
    /// Levels, axes.
    Faint,
    /// A measured line.
    Line,
    /// The gravest stretches.
    Grave,
    /// Grave stretches.
    Serious,
    /// Stretches that can wait.
    Mild,
}

/// A row of inked characters.
pub type Row = Vec<(char, Ink)>;

/// A line chart.
#[derive(Clone, Debug)]
pub struct Panel<'a> {
    /// Above it.
    pub title: &'a str,
    /// Even steps through time; NaN breaks the line.
    pub values: &'a [f32],
    /// Where values lie.
    pub scale: Scale,
    /// Rows.
    pub height: usize,
    /// Levels with their labels at the left.
    pub levels: Vec<(f64, String)>,
}

/// Stretches of one kind, as shares of the axis, 0..=1.
#[derive(Clone, Debug)]
pub struct Strip<'a> {
    /// At the left.
    pub name: &'a str,
    /// From and to.
    pub stretches: Vec<(f64, f64)>,
    /// How they are inked.
    pub ink: Ink,
}

/// Columns for labels at the left.
const GUTTER: usize = 8;
/// Narrower than this nothing can be seen.
const LEAST: usize = 24;

/// Draws a panel in `width` columns (24 at least).
pub fn panel(panel: &Panel<'_>, width: usize, charset: Charset) -> Vec<Row> {
    let columns = width.max(LEAST) - GUTTER;
    let lines = line::line(panel.values, panel.scale, columns, panel.height, charset);
    let dash = if charset == Charset::Unicode { '┈' } else { '.' };
    let mut rows = vec![words(panel.title, width.max(LEAST), Ink::Plain)];
    for (y, cells) in lines.into_iter().enumerate() {
        let level = panel.levels.iter().find(|(level, _)| line::level_row(*level, panel.scale, panel.height) == Some(y));
        let mut row = gutter(level.map_or("", |(_, label)| label.as_str()));
        let ground = if level.is_some() { (dash, Ink::Faint) } else { (' ', Ink::Plain) };
        row.extend(cells.into_iter().map(|c| if c == ' ' { ground } else { (c, Ink::Line) }));
        rows.push(row);
    }
    rows
}

/// Draws a strip; every stretch is seen, however short.
pub fn strip(strip: &Strip<'_>, width: usize, charset: Charset) -> Row {
    let columns = width.max(LEAST) - GUTTER;
    let mark = if charset == Charset::Unicode { '━' } else { '=' };
    let mut row = gutter(strip.name);
    let place = |share: f64| (share.clamp(0.0, 1.0) * columns as f64) as usize;
    let covers = |x: usize| strip.stretches.iter().any(|(from, to)| x >= place(*from).min(columns - 1) && x <= place(*to));
    row.extend((0..columns).map(|x| if covers(x) { (mark, strip.ink) } else { (' ', Ink::Plain) }));
    row
}

/// The axis: the first, the middle and the last instant.
pub fn axis(labels: [&str; 3], width: usize) -> Row {
    let columns = width.max(LEAST) - GUTTER;
    let mut cells = vec![' '; columns];
    let lengths = labels.map(|label| label.chars().count());
    let fits = lengths.iter().sum::<usize>() + 4 <= columns;
    let starts = [0, columns.saturating_sub(lengths[1]) / 2, columns.saturating_sub(lengths[2])];
    for i in [0, 1, 2].into_iter().filter(|i| fits || *i == 0) {
        for (k, c) in labels[i].chars().enumerate().take(columns - starts[i]) {
            cells[starts[i] + k] = c;
        }
    }
    let mut row = gutter("");
    row.extend(cells.into_iter().map(|c| (c, Ink::Faint)));
    row
}

/// Words cut to a width.
pub fn words(text: &str, width: usize, ink: Ink) -> Row {
    text.chars().take(width).map(|c| (c, ink)).collect()
}

fn gutter(label: &str) -> Row {
    let label: String = label.chars().take(GUTTER - 1).collect();
    format!("{label:>width$} ", width = GUTTER - 1).chars().map(|c| (c, Ink::Faint)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rows: &[Row]) -> String {
        rows.iter().map(|row| row.iter().map(|(c, _)| *c).collect::<String>().trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn a_panel_has_its_levels_and_stays_in_its_width() {
        let values = [1.0, 1.0, 1.0, 1.0, 50.0, 50.0, 1.0, 1.0];
        let levels = vec![(1.0, "1x".to_owned()), (14.4, "14.4x".to_owned())];
        let drawn = panel(&Panel { title: "burn", values: &values, scale: Scale::BURN, height: 3, levels }, 24, Charset::Ascii);
        assert_eq!(text(&drawn), "burn\n  14.4x ........|**|....\n                |  |\n     1x ********....****\n");
        assert!(drawn.iter().all(|row| row.len() <= 24));
    }

    #[test]
    fn the_shortest_stretch_is_seen() {
        let drawn =
            strip(&Strip { name: "P0", stretches: vec![(0.5, 0.500_01), (1.0, 1.0)], ink: Ink::Grave }, 28, Charset::Ascii);
        assert_eq!(text(std::slice::from_ref(&drawn)), "     P0           =        =\n");
        assert_eq!(drawn.iter().filter(|(_, ink)| *ink == Ink::Grave).count(), 2);
    }

    #[test]
    fn an_axis_that_is_too_narrow_keeps_its_beginning() {
        assert_eq!(text(&[axis(["a", "b", "c"], 24)]), "        a      b       c\n");
        assert_eq!(text(&[axis(["2026-03-17", "2026-03-18", "2026-03-19"], 24)]), "        2026-03-17\n");
    }
}
