//! Sparklines: one character a column, eight levels, gaps visible.

use super::{Charset, Scale, pool_max};

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const BRAILLE: [char; 8] = ['⡀', '⣀', '⣄', '⣤', '⣦', '⣶', '⣷', '⣿'];
const ASCII: [char; 8] = ['.', ':', '-', '=', '+', '*', '#', '@'];

/// The values as one line of `width` characters, the greatest value of each column. A column without a known value shows a
/// gap, which no level looks like.
pub fn spark(values: &[f32], width: usize, scale: Scale, charset: Charset) -> String {
    pool_max(values, width).into_iter().map(|v| level(f64::from(v), scale, charset)).collect()
}

/// The character for one value.
pub fn level(value: f64, scale: Scale, charset: Charset) -> char {
    let (ramp, gap) = match charset {
        Charset::Unicode => (&BLOCKS, '·'),
        Charset::Narrow => (&BRAILLE, '.'),
        Charset::Ascii => (&ASCII, ' '),
    };
    let place = scale.place(value);
    if place.is_nan() { gap } else { ramp[((place * 8.0) as usize).min(7)] }
}

/// The values as a chart of `height` rows, top row first, each column filled to its value. One row is [`spark`].
pub fn tall(values: &[f32], width: usize, height: usize, scale: Scale, charset: Charset) -> Vec<String> {
    if height <= 1 {
        return vec![spark(values, width, scale, charset)];
    }
    let (ramp, gap) = match charset {
        Charset::Unicode => (&BLOCKS, '·'),
        Charset::Narrow => (&BRAILLE, '.'),
        Charset::Ascii => (&ASCII, ' '),
    };
    let places: Vec<f64> = pool_max(values, width).into_iter().map(|v| scale.place(f64::from(v))).collect();
    let cell = |place: f64, from_bottom: usize| {
        let filled = (place * (8 * height) as f64) as usize;
        match (place.is_nan(), filled.saturating_sub(8 * from_bottom), from_bottom) {
            (true, _, 0) => gap,
            (true, ..) | (false, 0, 1..) => ' ',
            (false, level, _) => ramp[level.clamp(1, 8) - 1],
        }
    };
    (0..height).rev().map(|row| places.iter().map(|place| cell(*place, row)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spark_keeps_its_peak_and_shows_its_gap() {
        let values = [0.1, 0.1, 1.0, 1.0, f32::NAN, f32::NAN, 0.1, 58.0];
        assert_eq!(spark(&values, 4, Scale::BURN, Charset::Unicode), "▁▃·█");
        assert_eq!(spark(&values, 4, Scale::BURN, Charset::Narrow), "⡀⣄.⣿");
        assert_eq!(spark(&values, 4, Scale::BURN, Charset::Ascii), ".- @");
        assert_eq!(tall(&values, 4, 2, Scale::BURN, Charset::Unicode), ["   ▆", "▁▅·█"]);
        assert_eq!(spark(&values, 0, Scale::BURN, Charset::Ascii), "");
    }
}
