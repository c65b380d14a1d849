//! Kaplan and Meier (1958): the share of clocks still running, with those that were not seen to end.

/// A clock: how long it was seen running, and whether it ended then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Seconds.
    pub seconds: f64,
    /// It ended; otherwise it is censored.
    pub ended: bool,
}

/// The curve: after each time at which some ended, the share still running. `S(t) = prod(1 - d/r)`, ends before censorings
/// at ties.
pub fn curve(clocks: &[Seen]) -> Vec<(f64, f64)> {
    let mut sorted = clocks.to_vec();
    sorted.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let (mut at_risk, mut share, mut out) = (sorted.len(), 1.0, Vec::new());
    for same in sorted.chunk_by(|a, b| a.seconds == b.seconds) {
        let ended = same.iter().filter(|s| s.ended).count();
        if ended > 0 {
            share *= 1.0 - ended as f64 / at_risk as f64;
            out.push((same[0].seconds, share));
        }
        at_risk -= same.len();
    }
    out
}

/// The first time at which at most half still run. `None` when it was not reached.
pub fn median(clocks: &[Seen]) -> Option<f64> {
    // A half that is a product of fractions may miss 0.5 by a rounding.
    curve(clocks).into_iter().find(|(_, share)| *share <= 0.5 + 1e-12).map(|(at, _)| at)
}
