//! Series in Prometheus' notation for rule tests: `0+10x60`, `5x3`, `_`, `_x4`, `stale`, `NaN`; and `..+10x60`, which goes on
//! from the last value.
//!
//! `a+bxn` is a, a+b, ..., a+n*b: n + 1 values, as in Prometheus. `..+bxn` adds n values.

use crate::query::STALE;
use std::ops::Range;

/// Most values of one series: a year of 15 s.
pub(super) const MAX_VALUES: usize = 2_200_000;

/// Why a text is no series.
#[derive(Debug, PartialEq)]
pub(super) struct SeriesError {
    pub(super) message: String,
    /// Bytes of the word.
    pub(super) at: Range<usize>,
}

/// The values in order; `None` where there is no sample.
pub(super) fn values(text: &str) -> Result<Vec<Option<f64>>, SeriesError> {
    let mut out: Vec<Option<f64>> = Vec::new();
    for (at, word) in words(text) {
        let fail = |message: String| SeriesError { message, at: at..at + word.len() };
        let piece = piece(word).ok_or_else(|| fail(format!("`{}` is no value of a series", short(word))))?;
        if out.len().saturating_add(piece.times) > MAX_VALUES {
            return Err(fail(format!("the series has more than {MAX_VALUES} values")));
        }
        let start = match piece.start {
            Start::At(value) => Some(value),
            Start::Missing => None,
            Start::GoOn => {
                let last = out.iter().rev().find_map(|v| v.filter(|v| !v.is_nan()));
                let last = last.ok_or_else(|| fail("`..` goes on from a value, and there is none before it".into()))?;
                Some(last + piece.step)
            }
        };
        out.extend((0..piece.times).map(|i| start.map(|value| if i == 0 { value } else { value + piece.step * i as f64 })));
    }
    Ok(out)
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

enum Start {
    At(f64),
    Missing,
    GoOn,
}

struct Piece {
    start: Start,
    step: f64,
    times: usize,
}

fn piece(word: &str) -> Option<Piece> {
    let one = |start, times| Some(Piece { start, step: 0.0, times });
    if word == "stale" {
        return one(Start::At(f64::from_bits(STALE)), 1);
    }
    if let Some(rest) = word.strip_prefix('_') {
        let times = if rest.is_empty() { 1 } else { rest.strip_prefix('x')?.parse().ok()? };
        return one(Start::Missing, times);
    }
    if let Some(rest) = word.strip_prefix("..") {
        let (step, rest) = number(rest)?;
        return Some(Piece { start: Start::GoOn, step, times: rest.strip_prefix('x')?.parse().ok()? });
    }
    let (start, rest) = number(word)?;
    if rest.is_empty() {
        return one(Start::At(start), 1);
    }
    let (step, rest) = if rest.starts_with('x') { (0.0, rest) } else { number(rest)? };
    let more: usize = rest.strip_prefix('x')?.parse().ok()?;
    Some(Piece { start: Start::At(start), step, times: more.checked_add(1)? })
}

/// The number at the front, and what follows.
fn number(text: &str) -> Option<(f64, &str)> {
    let signed = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = text.len() - signed.len();
    if let Some(rest) = signed.strip_prefix("Inf") {
        return Some((if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }, rest));
    }
    if let Some(rest) = signed.strip_prefix("NaN") {
        return Some((f64::NAN, rest));
    }
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = sign + digits(sign);
    if text[end..].starts_with('.') {
        end += 1 + digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let after = end + 1 + usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(after);
        end = if exponent > 0 { after + exponent } else { end };
    }
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn short(word: &str) -> String {
    word.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        match values(text) {
            Ok(list) => {
                let one = |v: &Option<f64>| match v {
                    None => "_".into(),
                    Some(v) if v.to_bits() == STALE => "stale".into(),
                    Some(v) => v.to_string(),
                };
                list.iter().map(one).collect::<Vec<String>>().join(" ")
            }
            Err(error) => format!("{}: {}", &text[error.at.clone()], error.message),
        }
    }

    #[test]
    fn values_are_written_as_in_prometheus() {
        assert_eq!(shown("1 2.5 -3 1e3 .5"), "1 2.5 -3 1000 0.5");
        assert_eq!(shown("0+10x3 7x2 5-2x2"), "0 10 20 30 7 7 7 5 3 1");
        assert_eq!(shown("-1-1x1 0+0.25x2 1e2+1e1x1"), "-1 -2 0 0.25 0.5 100 110");
        assert_eq!(shown("_ 1 _x3 stale NaN Inf -Inf"), "_ 1 _ _ _ stale NaN inf -inf");
        assert_eq!(shown(""), "");
    }

    #[test]
    fn two_points_go_on_from_the_last_value() {
        assert_eq!(shown("0+10x2 ..+5x2 _ ..+1x1 ..-3x2 ..+0x1"), "0 10 20 25 30 _ 31 28 25 25");
        assert_eq!(shown("..+1x2"), "..+1x2: `..` goes on from a value, and there is none before it");
    }

    #[test]
    fn what_is_no_value_is_named() {
        for word in ["1x", "x3", "1+x3", "_3", "1+2", "one", "..3x", "..", "1+2x3y", "1+2x-3", "--1", "1e", "ü"] {
            let told = shown(&format!("5 {word} 6"));
            assert_eq!(told, format!("{word}: `{word}` is no value of a series"));
        }
        assert!(shown("0x99999999999999999999").contains("is no value"));
        assert!(shown("0x99999999").contains("more than 2200000 values"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-+.0-9exInfNa_ü ]{0,40}") {
            let _ = values(&text);
        }
    }
}
