//! Samples of one series, packed: differences of differences of times, differences of whole values, two to three bytes a sample.
//!
//! Chunks of 256 samples can be found by time, so that a replay reads its few samples without unpacking a month.

use crate::domain::base::Ms;
use crate::domain::measure::Sample;

const CHUNK: usize = 256;
/// Whole numbers below 2^53 survive the way through an integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

#[derive(Clone, Copy, Debug)]
struct Chunk {
    first: Ms,
    last: Ms,
    offset: usize,
    count: usize,
    whole: bool,
}

/// A packed series.
#[derive(Debug, Default)]
pub(super) struct Column {
    bytes: Vec<u8>,
    chunks: Vec<Chunk>,
    open: Vec<Sample>,
    last: Option<Ms>,
}

impl Column {
    /// Adds a sample; false when it is not later than the last one.
    pub(super) fn push(&mut self, at: Ms, value: f64) -> bool {
        if self.last.is_some_and(|last| at <= last) {
            return false;
        }
        self.last = Some(at);
        self.open.push(Sample { at, value });
        if self.open.len() == CHUNK {
            self.pack();
        }
        true
    }

    /// Packs what is still open and gives spare memory back.
    pub(super) fn seal(&mut self) {
        self.pack();
        self.open = Vec::new();
        self.bytes.shrink_to_fit();
        self.chunks.shrink_to_fit();
    }

    /// First and last time.
    pub(super) fn range(&self) -> Option<(Ms, Ms)> {
        let first = self.chunks.first().map(|c| c.first).or_else(|| self.open.first().map(|s| s.at))?;
        Some((first, self.last?))
    }

    /// True when there is a sample in `(from, to]`.
    pub(super) fn has(&self, from: Ms, to: Ms) -> bool {
        let mut found = false;
        self.read(from, to, |_, _| found = true);
        found
    }

    /// Hands out the samples of `(from, to]` in order. The column must be sealed.
    pub(super) fn read(&self, from: Ms, to: Ms, mut take: impl FnMut(Ms, f64)) {
        let start = self.chunks.partition_point(|c| c.last <= from);
        for chunk in self.chunks[start..].iter().take_while(|c| c.first <= to) {
            self.unpack(chunk, |at, value| {
                if at > from && at <= to {
                    take(at, value);
                }
                at <= to
            });
        }
    }

    fn pack(&mut self) {
        let (Some(first), Some(last)) = (self.open.first().copied(), self.open.last().copied()) else { return };
        let whole = self.open.iter().all(|s| s.value.abs() < EXACT && (s.value as i64) as f64 == s.value && !minus_zero(s.value));
        let offset = self.bytes.len();
        let (mut at, mut step, mut value) = (first.at.0, 0_i64, 0_i64);
        for sample in &self.open {
            let delta = sample.at.0 - at;
            put(&mut self.bytes, delta.wrapping_sub(step));
            (at, step) = (sample.at.0, delta);
            if whole {
                put(&mut self.bytes, sample.value as i64 - value);
                value = sample.value as i64;
            } else {
                self.bytes.extend_from_slice(&sample.value.to_le_bytes());
            }
        }
        self.chunks.push(Chunk { first: first.at, last: last.at, offset, count: self.open.len(), whole });
        self.open.clear();
    }

    /// Hands out a chunk's samples until `take` says no.
    fn unpack(&self, chunk: &Chunk, mut take: impl FnMut(Ms, f64) -> bool) {
        let mut bytes = &self.bytes[chunk.offset..];
        let (mut at, mut step, mut value) = (chunk.first.0, 0_i64, 0_i64);
        for _ in 0..chunk.count {
            step = step.wrapping_add(get(&mut bytes));
            at += step;
            let number = if chunk.whole {
                value += get(&mut bytes);
                value as f64
            } else {
                let (head, tail) = bytes.split_first_chunk().unwrap_or((&[0; 8], &[]));
                bytes = tail;
                f64::from_le_bytes(*head)
            };
            if !take(Ms(at), number) {
                return;
            }
        }
    }
}

fn minus_zero(value: f64) -> bool {
    value == 0.0 && value.is_sign_negative()
}

/// Writes a signed number, small ones in one byte (zigzag varint).
fn put(out: &mut Vec<u8>, number: i64) {
    let mut n = ((number << 1) ^ (number >> 63)) as u64;
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn get(bytes: &mut &[u8]) -> i64 {
    let (mut n, mut shift) = (0_u64, 0);
    while let Some((byte, rest)) = bytes.split_first() {
        *bytes = rest;
        n |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if *byte < 0x80 || shift > 63 {
            break;
        }
    }
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(column: &Column, from: i64, to: i64) -> Vec<(i64, u64)> {
        let mut out = Vec::new();
        column.read(Ms(from), Ms(to), |at, v| out.push((at.0, v.to_bits())));
        out
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_for_every_span(
            steps in proptest::collection::vec((1_i64..40_000, prop_oneof![
                3 => (0_i64..1 << 52).prop_map(|n| n as f64),
                1 => any::<f64>(),
                1 => Just(-0.0),
            ]), 0..900),
            start in -1_000_000_i64..1_000_000_000_000,
            whole in any::<bool>(),
            cut in (0_i64..20_000_000, 0_i64..20_000_000),
        ) {
            let (mut column, mut at, mut want) = (Column::default(), start, Vec::new());
            for (step, value) in steps {
                let value = if whole { value.abs().floor() } else { value };
                at += step;
                prop_assert!(column.push(Ms(at), value));
                want.push((at, value.to_bits()));
            }
            column.seal();
            prop_assert_eq!(all(&column, i64::MIN, i64::MAX), want.clone());
            let (from, to) = (start + cut.0, start + cut.0 + cut.1);
            let inside: Vec<_> = want.iter().copied().filter(|(t, _)| *t > from && *t <= to).collect();
            prop_assert_eq!(column.has(Ms(from), Ms(to)), !inside.is_empty());
            prop_assert_eq!(all(&column, from, to), inside);
        }
    }

    #[test]
    fn times_must_rise() {
        let mut column = Column::default();
        assert!(column.push(Ms(5), 1.0));
        assert!(!column.push(Ms(5), 2.0));
        assert!(!column.push(Ms(4), 2.0));
        column.seal();
        assert_eq!(column.range(), Some((Ms(5), Ms(5))));
    }

    #[test]
    fn regular_counters_take_few_bytes() {
        let mut column = Column::default();
        for i in 0..10_000_i64 {
            column.push(Ms(i * 15_000), (i * 37) as f64);
        }
        column.seal();
        assert!(column.bytes.len() < 22_000, "{}", column.bytes.len());
    }
}
