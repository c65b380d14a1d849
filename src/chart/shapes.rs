//! Blocks, braille dots and box lines as rectangles in a cell: fonts disagree about them, so pictures draw them as shapes.
//!
//! Deliberately absent: characters that are rare on screens (double lines, quadrants, darker shades); those stay letters.

/// Width of a cell, in a picture's own units.
pub const CELL_W: f64 = 8.4;
/// Height of a cell, in the same units.
pub const CELL_H: f64 = 18.0;
/// How much of a faint shape's colour is seen.
pub const FAINT: f64 = 0.22;

/// A rectangle, from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// From the cell's left.
    pub x: f64,
    /// From the cell's top.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// What a character looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its parts.
    pub areas: Vec<Area>,
    /// Drawn with [`FAINT`] of its colour.
    pub faint: bool,
}

/// Whether a character is a shape here; everything else is a letter.
pub const fn is_shape(c: char) -> bool {
    let (left, right, up, down) = arms(c);
    left || right || up || down || is_dashed(c) || matches!(c, '░' | '▀' | '▐' | '▁'..='▏' | '\u{2800}'..='\u{28FF}')
}

/// The rectangles of a character; none for letters.
pub fn shape(c: char) -> Shape {
    let bar = |x, y, w, h| vec![Area { x, y, w, h }];
    let areas = match c {
        '░' => bar(0.0, 1.0, CELL_W, CELL_H - 1.0),
        '▀' => bar(0.0, 1.0, CELL_W, (CELL_H - 1.0) / 2.0),
        '▐' => bar(CELL_W / 2.0, 1.0, CELL_W / 2.0, CELL_H - 1.0),
        '▁'..='█' => {
            let height = (CELL_H - 1.0) * f64::from(c as u32 - 0x2580) / 8.0;
            bar(0.0, CELL_H - height, CELL_W, height)
        }
        '▉'..='▏' => bar(0.0, 1.0, CELL_W * f64::from(0x2590 - c as u32) / 8.0, CELL_H - 1.0),
        '\u{2800}'..='\u{28FF}' => braille(c as u32 - 0x2800),
        c => lines(c),
    };
    Shape { areas, faint: c == '░' }
}

fn braille(dots: u32) -> Vec<Area> {
    const PLACE: [(f64, f64); 8] =
        [(0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (1.0, 0.0), (1.0, 1.0), (1.0, 2.0), (0.0, 3.0), (1.0, 3.0)];
    let dot = |(column, row): (f64, f64)| Area { x: 1.0 + column * CELL_W / 2.0, y: 1.2 + row * CELL_H / 4.0, w: 2.4, h: 2.4 };
    PLACE.into_iter().enumerate().filter(|(bit, _)| dots >> bit & 1 == 1).map(|(_, place)| dot(place)).collect()
}

const fn is_dashed(c: char) -> bool {
    matches!(c, '┄' | '╌' | '┈')
}

/// Which of the four arms a character has, drawn thin (or thick for heavy ones), dashed where it is dashed.
fn lines(c: char) -> Vec<Area> {
    let (cx, cy) = (CELL_W / 2.0, CELL_H / 2.0);
    let thick = if matches!(c, '━' | '┃' | '╋') { 2.2 } else { 1.0 };
    let half = thick / 2.0;
    if is_dashed(c) {
        let dash = |k: f64| Area { x: 0.8 + k * CELL_W / 2.0, y: cy - half, w: CELL_W / 2.0 - 1.6, h: thick };
        return vec![dash(0.0), dash(1.0)];
    }
    let (left, right, up, down) = arms(c);
    [
        (left, Area { x: 0.0, y: cy - half, w: CELL_W / 2.0 + half, h: thick }),
        (right, Area { x: cx - half, y: cy - half, w: CELL_W / 2.0 + half, h: thick }),
        (up, Area { x: cx - half, y: 0.0, w: thick, h: CELL_H / 2.0 + half }),
        (down, Area { x: cx - half, y: cy - half, w: thick, h: CELL_H / 2.0 + half }),
    ]
    .into_iter()
    .filter_map(|(has, arm)| has.then_some(arm))
    .collect()
}

/// Left, right, up, down.
const fn arms(c: char) -> (bool, bool, bool, bool) {
    match c {
        '─' | '━' => (true, true, false, false),
        '│' | '┃' => (false, false, true, true),
        '┌' | '╭' => (false, true, false, true),
        '┐' | '╮' => (true, false, false, true),
        '└' | '╰' => (false, true, true, false),
        '┘' | '╯' => (true, false, true, false),
        '├' => (false, true, true, true),
        '┤' => (true, false, true, true),
        '┬' => (true, true, false, true),
        '┴' => (true, true, true, false),
        '┼' | '╋' => (true, true, true, true),
        _ => (false, false, false, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_parts_inside_its_cell_and_letters_have_none() {
        for c in ('\u{2500}'..='\u{25FF}').chain('\u{2801}'..='\u{28FF}').chain(' '..='~') {
            let parts = shape(c).areas;
            assert_eq!(is_shape(c), !parts.is_empty(), "{c}");
            let inside = |a: &Area| a.x >= 0.0 && a.y >= 0.0 && a.x + a.w <= CELL_W + 0.01 && a.y + a.h <= CELL_H + 0.01;
            assert!(parts.iter().all(inside), "{c}: {parts:?}");
        }
        assert!(is_shape('\u{2800}'), "blank braille is no letter that some font may lack");
    }
}
