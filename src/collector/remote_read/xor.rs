//! Decodes Prometheus' XOR chunks: differences of differences of times, and XOR of neighbouring values.
//!
//! The format is that of prometheus/tsdb/chunkenc/xor.go (after Facebook's Gorilla). Stale markers are left out.

use crate::domain::base::Ms;

/// The NaN by which Prometheus says that a series has ended.
pub(super) const STALE: u64 = 0x7ff0_0000_0000_0002;

/// Hands out a chunk's samples in order; `None` when the chunk is damaged.
pub(super) fn decode(chunk: &[u8], mut take: impl FnMut(Ms, f64)) -> Option<()> {
    let (count, bytes) = chunk.split_first_chunk::<2>()?;
    let count = u16::from_be_bytes(*count);
    let mut bits = Bits { bytes, word: 0, have: 0 };
    let (mut at, mut delta, mut value) = (0_i64, 0_i64, 0_u64);
    let (mut leading, mut trailing) = (0_u32, 0_u32);
    for i in 0..count {
        match i {
            0 => {
                at = bits.varint()?;
                value = bits.take(64)?;
            }
            1 => {
                delta = bits.uvarint()? as i64;
                at = at.wrapping_add(delta);
                value ^= bits.xor(&mut leading, &mut trailing)?;
            }
            _ => {
                delta = delta.wrapping_add(bits.delta_of_delta()?);
                at = at.wrapping_add(delta);
                value ^= bits.xor(&mut leading, &mut trailing)?;
            }
        }
        if value != STALE {
            take(Ms(at), f64::from_bits(value));
        }
    }
    Some(())
}

struct Bits<'a> {
    /// Bytes of which no bit is among `have`.
    bytes: &'a [u8],
    /// The next bits, uppermost first.
    word: u64,
    /// So many of them; what follows in `word` are bits that come after them, or zeros.
    have: u32,
}

impl Bits<'_> {
    /// Makes sure of 57 bits and more, as far as there are any.
    fn fill(&mut self) {
        if let Some(next) = self.bytes.first_chunk::<8>() {
            self.word |= u64::from_be_bytes(*next) >> self.have;
            let whole = (63 - self.have) / 8;
            self.bytes = &self.bytes[whole as usize..];
            self.have += whole * 8;
            return;
        }
        while let (true, Some((byte, rest))) = (self.have <= 56, self.bytes.split_first()) {
            self.word |= u64::from(*byte) << (56 - self.have);
            (self.bytes, self.have) = (rest, self.have + 8);
        }
    }

    /// Leaves `n` bits behind, at most 63.
    fn skip(&mut self, n: u32) -> Option<()> {
        self.have = self.have.checked_sub(n)?;
        self.word <<= n;
        Some(())
    }

    /// The next `n` bits, 1 to 64.
    fn take(&mut self, n: u32) -> Option<u64> {
        if n > 56 {
            let high = self.take(n - 32)?;
            return Some(high << 32 | self.take(32)?);
        }
        if self.have < n {
            self.fill();
        }
        let taken = self.word >> (64 - n);
        self.skip(n)?;
        Some(taken)
    }

    fn bit(&mut self) -> Option<bool> {
        self.take(1).map(|b| b == 1)
    }

    fn uvarint(&mut self) -> Option<u64> {
        let (mut n, mut shift) = (0, 0);
        while shift < 64 {
            let byte = self.take(8)?;
            n |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(n);
            }
            shift += 7;
        }
        None
    }

    fn varint(&mut self) -> Option<i64> {
        let n = self.uvarint()?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    fn delta_of_delta(&mut self) -> Option<i64> {
        if self.have < 4 {
            self.fill();
        }
        let ones = self.word.leading_ones().min(4);
        self.skip((ones + 1).min(4))?;
        let size = match ones {
            0 => return Some(0),
            1 => 14,
            2 => 17,
            3 => 20,
            _ => return self.take(64).map(|n| n as i64),
        };
        let n = self.take(size)? as i64;
        Some(if n > 1 << (size - 1) { n - (1 << size) } else { n })
    }

    /// What the value is XORed with.
    fn xor(&mut self, leading: &mut u32, trailing: &mut u32) -> Option<u64> {
        if !self.bit()? {
            return Some(0);
        }
        if self.bit()? {
            *leading = self.take(5)? as u32;
            let significant = match self.take(6)? as u32 {
                0 => 64,
                n => n,
            };
            *trailing = 64_u32.checked_sub(*leading + significant)?;
        }
        let significant = 64 - *leading - *trailing;
        Some(self.take(significant)? << *trailing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The encoder of the same format, to have something to decode.
    #[derive(Default)]
    struct Writer(Vec<bool>);

    impl Writer {
        fn put(&mut self, n: u64, size: u32) {
            self.0.extend((0..size).rev().map(|i| n >> i & 1 == 1));
        }
        fn uvarint(&mut self, mut n: u64) {
            while n >= 0x80 {
                self.put(n & 0x7f | 0x80, 8);
                n >>= 7;
            }
            self.put(n, 8);
        }
        fn xor(&mut self, x: u64, window: &mut Option<(u32, u32)>) {
            if x == 0 {
                return self.put(0, 1);
            }
            self.put(1, 1);
            let (leading, trailing) = (x.leading_zeros().min(31), x.trailing_zeros());
            let (leading, trailing) = match *window {
                Some((l, t)) if leading >= l && trailing >= t => {
                    self.put(0, 1);
                    (l, t)
                }
                _ => {
                    self.put(1, 1);
                    self.put(u64::from(leading), 5);
                    self.put(u64::from(64 - leading - trailing) & 63, 6);
                    *window = Some((leading, trailing));
                    (leading, trailing)
                }
            };
            self.put(x >> trailing, 64 - leading - trailing);
        }
        fn bytes(&self, count: u16) -> Vec<u8> {
            let packed = self.0.chunks(8).map(|c| c.iter().enumerate().fold(0, |b, (i, on)| b | u8::from(*on) << (7 - i)));
            count.to_be_bytes().into_iter().chain(packed).collect()
        }
    }

    fn encode(samples: &[(i64, f64)]) -> Vec<u8> {
        let (mut out, mut window) = (Writer::default(), None);
        for (i, (at, value)) in samples.iter().enumerate() {
            if i == 0 {
                out.uvarint(((at << 1) ^ (at >> 63)) as u64);
                out.put(value.to_bits(), 64);
                continue;
            }
            let delta = at - samples[i - 1].0;
            if i == 1 {
                out.uvarint(delta as u64);
            } else {
                let dod = delta - (samples[i - 1].0 - samples[i - 2].0);
                let fits = |size: u32| (-((1_i64 << (size - 1)) - 1)..=1_i64 << (size - 1)).contains(&dod);
                match dod {
                    0 => out.put(0, 1),
                    _ if fits(14) => (out.put(0b10, 2), out.put(dod as u64, 14)).1,
                    _ if fits(17) => (out.put(0b110, 3), out.put(dod as u64, 17)).1,
                    _ if fits(20) => (out.put(0b1110, 4), out.put(dod as u64, 20)).1,
                    _ => (out.put(0b1111, 4), out.put(dod as u64, 64)).1,
                }
            }
            out.xor(value.to_bits() ^ samples[i - 1].1.to_bits(), &mut window);
        }
        out.bytes(samples.len() as u16)
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(
            start in 0_i64..2_000_000_000_000,
            steps in proptest::collection::vec((prop_oneof![Just(15_000_i64), 1_i64..2_000_000], any::<f64>()), 0..200),
        ) {
            let mut at = start;
            let samples: Vec<(i64, f64)> = steps.into_iter().map(|(step, v)| { at += step; (at, v) }).collect();
            let mut got = Vec::new();
            prop_assert_eq!(decode(&encode(&samples), |t, v| got.push((t.0, v.to_bits()))), Some(()));
            let want: Vec<_> = samples.iter().map(|(t, v)| (*t, v.to_bits())).filter(|(_, b)| *b != STALE).collect();
            prop_assert_eq!(got, want);
        }

        #[test]
        fn damaged_chunks_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = decode(&bytes, |_, _| {});
        }
    }

    #[test]
    fn stale_markers_are_left_out_and_cuts_are_seen() {
        let samples = [(0, 1.0), (15_000, f64::from_bits(STALE)), (30_000, 2.0)];
        let chunk = encode(&samples);
        let mut got = Vec::new();
        assert_eq!(decode(&chunk, |t, v| got.push((t.0, v))), Some(()));
        assert_eq!(got, [(0, 1.0), (30_000, 2.0)]);
        assert_eq!(decode(&chunk[..chunk.len() - 2], |_, _| {}), None);
        assert_eq!(decode(&[], |_, _| {}), None);
        assert_eq!(decode(&[0, 0], |_, _| {}), Some(()));
    }
}
