//! Bars that lie: a share of a width, to an eighth of a column where the characters allow it.

use super::{Charset, Scale};

const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// A bar of `width` characters, `share` of it filled; below 0 and unknown it is empty, above 1 full.
pub fn bar(share: f64, width: usize, charset: Charset) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let steps = match charset {
        Charset::Unicode => 8,
        Charset::Narrow => 2,
        Charset::Ascii => 1,
    };
    let filled = (share * (width * steps) as f64 + 1e-9) as usize;
    let (full, part) = (filled / steps, filled % steps);
    let mut out: String = std::iter::repeat_n(full_char(charset), full).collect();
    if part > 0 {
        out.push(if charset == Charset::Unicode { EIGHTHS[part - 1] } else { '⡇' });
    }
    let used = full + usize::from(part > 0);
    out.extend(std::iter::repeat_n(empty_char(charset), width - used));
    out
}

/// A bar on a scale with an upright mark at a threshold; the mark is seen on both sides of the bar's end.
pub fn marked(value: f64, mark: Option<f64>, scale: Scale, width: usize, charset: Charset) -> String {
    let place = scale.place(value);
    let filled = if place.is_nan() { 0 } else { (place * width as f64).round() as usize };
    let mark = mark.map(|m| ((scale.place(m) * width as f64) as usize).min(width.saturating_sub(1)));
    let (on, off) = if charset == Charset::Unicode { ('╋', '┃') } else { ('+', '|') };
    (0..width)
        .map(|i| match (mark == Some(i), i < filled) {
            (true, true) => on,
            (true, false) => off,
            (false, true) => full_char(charset),
            (false, false) => empty_char(charset),
        })
        .collect()
}

const fn full_char(charset: Charset) -> char {
    match charset {
        Charset::Unicode => '█',
        Charset::Narrow => '⣿',
        Charset::Ascii => '#',
    }
}

const fn empty_char(charset: Charset) -> char {
    match charset {
        Charset::Unicode | Charset::Narrow => '░',
        Charset::Ascii => '-',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bars_are_filled_to_an_eighth() {
        assert_eq!(bar(0.579, 12, Charset::Unicode), "██████▉░░░░░");
        assert_eq!(bar(0.5, 5, Charset::Narrow), "⣿⣿⡇░░");
        assert_eq!(bar(0.579, 12, Charset::Ascii), "######------");
        assert_eq!(bar(-0.124, 4, Charset::Unicode), "░░░░");
        assert_eq!(bar(f64::NAN, 2, Charset::Ascii), "--");
        assert_eq!(bar(7.0, 2, Charset::Ascii), "##");
    }

    #[test]
    fn a_threshold_is_seen_inside_and_outside_the_bar() {
        assert_eq!(marked(100.0, Some(1.0), Scale::BURN, 9, Charset::Ascii), "###+#####");
        assert_eq!(marked(0.1, Some(1.0), Scale::BURN, 9, Charset::Unicode), "░░░┃░░░░░");
        assert_eq!(marked(f64::NAN, None, Scale::BURN, 3, Charset::Ascii), "---");
    }

    proptest! {
        #[test]
        fn a_bar_has_its_width(share in -2.0_f64..3.0, mark in prop::option::of(0.0_f64..200.0), width in 0_usize..60) {
            for charset in [Charset::Unicode, Charset::Narrow, Charset::Ascii] {
                prop_assert_eq!(bar(share, width, charset).chars().count(), width);
                prop_assert_eq!(marked(share, mark, Scale::BURN, width, charset).chars().count(), width);
            }
        }
    }
}
