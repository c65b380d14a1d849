//! Pixels in red, green and blue. Deliberately absent: what is drawn, and files.

use crate::chart::svg::Rgb;

/// A picture that is being drawn.
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Three bytes a pixel, row by row.
    pub(super) bytes: Vec<u8>,
}

impl Canvas {
    pub(super) fn new((width, height): (usize, usize), ground: Rgb) -> Self {
        Self { width, height, bytes: [ground.0, ground.1, ground.2].repeat(width * height) }
    }

    /// A rectangle from its upper left pixel; what lies outside is left out.
    pub(super) fn fill(&mut self, (x, y): (usize, usize), (w, h): (usize, usize), ink: Rgb, strength: u8) {
        for row in y..(y + h).min(self.height) {
            for column in x..(x + w).min(self.width) {
                self.blend(column, row, ink, strength);
            }
        }
    }

    /// A letter: how much of each pixel it covers.
    pub(super) fn stamp(&mut self, (x, y): (i32, i32), width: usize, cover: &[u8], ink: Rgb) {
        for (row, line) in cover.chunks(width.max(1)).enumerate() {
            for (column, strength) in line.iter().enumerate().filter(|(_, s)| **s > 0) {
                let at = (usize::try_from(x + column as i32), usize::try_from(y + row as i32));
                if let (Ok(column), Ok(row)) = at
                    && column < self.width
                    && row < self.height
                {
                    self.blend(column, row, ink, *strength);
                }
            }
        }
    }

    fn blend(&mut self, column: usize, row: usize, (r, g, b): Rgb, strength: u8) {
        let at = (row * self.width + column) * 3;
        for (under, ink) in self.bytes.iter_mut().skip(at).take(3).zip([r, g, b]) {
            let (a, b, s) = (u32::from(*under), u32::from(ink), u32::from(strength));
            *under = u8::try_from((a * (255 - s) + b * s + 127) / 255).unwrap_or(ink);
        }
    }
}
