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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spark_keeps_its_peak_and_shows_its_gap() {
        let values = [0.1, 0.1, 1.0, 1.0, f32::NAN, f32::NAN, 0.1, 58.0];
        assert_eq!(spark(&values, 4, Scale::BURN, Charset::Unicode), "▁▃·█");
        assert_eq!(spark(&values, 4, Scale::BURN, Charset::Narrow), "⡀⣄.⣿");
        assert_eq!(spark(&values, 4, Scale::BURN, Charset::Ascii), ".- @");
        assert_eq!(spark(&values, 0, Scale::BURN, Charset::Ascii), "");
    }
}
