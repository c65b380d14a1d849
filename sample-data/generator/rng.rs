//! Randomness that gives the same numbers on every machine: xoshiro256** and distributions made of plain arithmetic.
//!
//! Deliberately absent: logarithms and other functions whose last bit differs between platforms.

/// xoshiro256** (Blackman and Vigna), seeded by splitmix64.
pub(crate) struct Rng([u64; 4]);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        Self([next(), next(), next(), next()])
    }

    fn bits(&mut self) -> u64 {
        let s = &mut self.0;
        let out = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// Even on [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal, mean 0, deviation 1: 256 coin flips.
    pub(crate) fn normal(&mut self) -> f64 {
        let ones: u32 = (0..4).map(|_| self.bits().count_ones()).sum();
        (f64::from(ones) - 128.0) / 8.0
    }

    /// How many events happen when `mean` are expected: Poisson below 12, its normal likeness above.
    pub(crate) fn events(&mut self, mean: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        if mean >= 12.0 {
            return (mean + mean.sqrt() * self.normal() + self.unit()).max(0.0) as u64;
        }
        let (mut left, mut count) = (self.unit(), 0_u64);
        let mut share = exp_of_minus(mean);
        while left >= share && count < 200 {
            left -= share;
            count += 1;
            share *= mean / count as f64;
        }
        count
    }
}

/// e to the power -x for 0 <= x < 12 by its series: exact enough, and the same everywhere.
fn exp_of_minus(x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..80 {
        term *= x / f64::from(n);
        sum += term;
    }
    1.0 / sum
}
