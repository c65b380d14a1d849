//! Histogram buckets: their bounds in every spelling, and which one is meant by a threshold.
//!
//! `le` is text: `0.25`, `0.250` and `2.5e-1` are the same bucket. Bounds are compared as decimals, so a threshold of 250 ms
//! finds its bucket exactly or not at all; there is no nearest one.

use super::{MatchOp, Selector};
use rust_decimal::Decimal;

/// A bucket's upper bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Bound {
    Finite(Decimal),
    Infinite,
}

impl Bound {
    /// Reads an `le` text; `None` for what is no number.
    pub(super) fn parse(le: &str) -> Option<Self> {
        let text = le.trim();
        if matches!(text.trim_start_matches('+'), "Inf" | "inf" | "INF" | "Infinity") {
            return Some(Self::Infinite);
        }
        let exact = if text.contains(['e', 'E']) { Decimal::from_scientific(text).ok() } else { text.parse().ok() };
        exact.map(|d| Self::Finite(d.normalize()))
    }

    /// The bound in seconds; infinite for the last bucket.
    pub(super) fn seconds(self) -> f64 {
        use rust_decimal::prelude::ToPrimitive;
        match self {
            Self::Finite(d) => d.to_f64().unwrap_or(f64::INFINITY),
            Self::Infinite => f64::INFINITY,
        }
    }
}

/// The selector of the two buckets that counting needs: the threshold's, in whatever spelling, and the last one.
pub(super) fn counting_selector(buckets: &Selector, under: Decimal) -> Selector {
    buckets.and("le", MatchOp::Regex, &format!(r"{}|\+?Inf", spellings(under)))
}

/// A pattern of every usual spelling of a number: trailing zeros, a leading zero left out, powers of ten.
fn spellings(number: Decimal) -> String {
    let number = number.normalize();
    let plain = number.to_string();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let decimal = match (whole, fraction) {
        (whole, "") => format!(r"{whole}(\.0*)?"),
        ("0", fraction) => format!(r"0?\.{fraction}0*"),
        (whole, fraction) => format!(r"{whole}\.{fraction}0*"),
    };
    let digits = number.mantissa().unsigned_abs().to_string();
    let exponent = digits.len() as i64 - 1 - i64::from(number.scale());
    let digits = digits.trim_end_matches('0');
    let (lead, rest) = digits.split_at(digits.len().min(1));
    let mantissa = if rest.is_empty() { format!(r"{lead}(\.0*)?") } else { format!(r"{lead}\.{rest}0*") };
    let sign = if exponent < 0 { "-" } else { r"\+?" };
    format!("{decimal}|{mantissa}[eE]{sign}0*{}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    #[test]
    fn a_threshold_finds_its_bucket_in_every_spelling_and_no_other() {
        for (under, spelled, others) in [
            ("0.25", vec!["0.25", "0.250", ".25", "2.5e-1", "2.5E-01", "2.50e-1"], vec!["0.2", "0.255", "1.25", "0x25", "25e-1"]),
            ("1", vec!["1", "1.0", "1.", "1e0", "1e+00", "1.0e0"], vec!["10", "11", "1.01", "0.1", "1e1"]),
            ("0.00001", vec!["0.00001", "1e-05", "1e-5", "1.0e-5"], vec!["1e-06", "0.0001"]),
            ("10", vec!["10", "10.0", "1e+01", "1e1"], vec!["1", "100", "1e2"]),
            ("2.5", vec!["2.5", "2.50", "2.5e0", "2.5e+00"], vec!["2", "25", "2.55"]),
        ] {
            let pattern = Regex::new(&format!("^(?:{})$", spellings(under.parse().unwrap()))).unwrap();
            let wanted = Bound::parse(under).unwrap();
            for text in spelled {
                assert!(pattern.is_match(text), "{under} as {text}: {pattern}");
                let read = text.strip_prefix('.').map_or(text.to_owned(), |rest| format!("0.{rest}"));
                assert_eq!(Bound::parse(&read), Some(wanted), "{text}");
            }
            for text in others {
                assert!(!pattern.is_match(text), "{under} is not {text}: {pattern}");
            }
        }
        assert_eq!(Bound::parse("+Inf"), Some(Bound::Infinite));
        assert_eq!(Bound::parse("fast"), None);
    }
}
