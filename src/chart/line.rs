//! Line charts in characters: braille gives each cell two columns and four rows of dots.

use super::{Charset, Scale, pool_max};

/// A chart as rows of characters, top row first; a space where nothing is drawn.
pub type Rows = Vec<Vec<char>>;

/// The dot of a braille cell at column 0..2 and row 0..4 (Unicode's numbering of dots).
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Draws values at even steps across `width` x `height` cells. Peaks stay (columns are pooled by their greatest value); a
/// gap breaks the line.
pub fn line(values: &[f32], scale: Scale, width: usize, height: usize, charset: Charset) -> Rows {
    if width == 0 || height == 0 {
        return vec![Vec::new(); height];
    }
    match charset {
        Charset::Unicode | Charset::Narrow => braille(values, scale, width, height),
        Charset::Ascii => ascii(values, scale, width, height),
    }
}

/// The row of a chart of `height` rows at which a level lies; `None` when it is off the scale's ends.
pub fn level_row(level: f64, scale: Scale, height: usize) -> Option<usize> {
    let place = scale.place(level);
    let (low, high) = match scale {
        Scale::Linear { low, high } | Scale::Log { low, high } => (low, high),
    };
    (height > 0 && level >= low && level <= high && !place.is_nan()).then(|| row_of(place, height))
}

fn row_of(place: f64, rows: usize) -> usize {
    (((1.0 - place) * rows as f64) as usize).min(rows - 1)
}

fn braille(values: &[f32], scale: Scale, width: usize, height: usize) -> Rows {
    let mut cells = vec![vec![0_u8; width]; height];
    for (x, top, bottom) in spans(&pool_max(values, width * 2), scale, height * 4) {
        for y in top..=bottom {
            cells[y / 4][x / 2] |= DOTS[y % 4][x % 2];
        }
    }
    let glyph = |dots: u8| if dots == 0 { ' ' } else { char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' ') };
    cells.into_iter().map(|row| row.into_iter().map(glyph).collect()).collect()
}

fn ascii(values: &[f32], scale: Scale, width: usize, height: usize) -> Rows {
    let mut rows = vec![vec![' '; width]; height];
    for (x, top, bottom) in spans(&pool_max(values, width), scale, height) {
        for row in &mut rows[top..=bottom] {
            row[x] = if top == bottom { '*' } else { '|' };
        }
    }
    rows
}

/// For each known column the rows it covers: its own, and half the way to its neighbours, so that the line is connected.
fn spans(columns: &[f32], scale: Scale, rows: usize) -> Vec<(usize, usize, usize)> {
    let at = |i: usize| {
        let place = scale.place(f64::from(*columns.get(i)?));
        (!place.is_nan()).then(|| row_of(place, rows))
    };
    (0..columns.len())
        .filter_map(|x| {
            let own = at(x)?;
            let left = x.checked_sub(1).and_then(at).map_or(own, |other| towards(own, other));
            let right = at(x + 1).map_or(own, |other| towards(own, other));
            Some((x, own.min(left).min(right), own.max(left).max(right)))
        })
        .collect()
}

/// The last row on the own side of the middle between two rows.
const fn towards(own: usize, other: usize) -> usize {
    if other > own { own + (other - own) / 2 } else { own - (own - other).saturating_sub(1) / 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rows: &Rows) -> String {
        rows.iter().map(|r| r.iter().collect::<String>().trim_end().to_string()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_step_is_one_connected_line() {
        let values: Vec<f32> = [0.1; 8].into_iter().chain([90.0; 8]).collect();
        assert_eq!(text(&line(&values, Scale::BURN, 8, 3, Charset::Unicode)), "    ⡏⠉⠉⠉\n   ⢠⠃\n⣀⣀⣀⣸");
        assert_eq!(text(&line(&values, Scale::BURN, 8, 3, Charset::Ascii)), "    |***\n    |\n****");
    }

    #[test]
    fn a_gap_breaks_the_line() {
        let values = [1.0, 1.0, f32::NAN, f32::NAN, 1.0, 1.0];
        assert_eq!(text(&line(&values, Scale::BURN, 3, 1, Charset::Unicode)), "⠤ ⠤");
        assert_eq!(text(&line(&values, Scale::BURN, 3, 1, Charset::Ascii)), "* *");
    }

    #[test]
    fn levels_beyond_the_scale_have_no_row() {
        assert_eq!(level_row(100.0, Scale::BURN, 7), Some(0));
        assert_eq!(level_row(0.1, Scale::BURN, 7), Some(6));
        assert_eq!(level_row(1.0, Scale::BURN, 6), Some(4));
        assert_eq!(level_row(500.0, Scale::BURN, 6), None);
        assert_eq!(level_row(1.0, Scale::BURN, 0), None);
    }
}
