//! Impact, from samples: which minutes were bad, when the bad run began and ended, and what was lost in it (SEMANTICS 7).
//!
//! Deliberately absent: firing. Windows remember long after the last bad minute; impact looks at buckets alone.

mod so_far;
mod stretches;

pub use so_far::BadSoFar;
pub use stretches::Stretches;

use super::entry::ImpactRecord;
use crate::domain::base::{Interval, Ms, Span};
use crate::domain::judge::RuleRef;
use crate::domain::measure::{Counts, Track};
use crate::domain::objective::{BreachRule, Level, Sli, Slo};
use rust_decimal::prelude::ToPrimitive;

/// Width of a bucket, but for tiers that look back a day or longer.
const BUCKET: Span = Span::from_mins(1);
/// Tiers with a long window of at least this use buckets of their short window.
const SLOW_TIER: Span = Span::from_days(1);
/// Bad buckets at most so far apart are one run.
const APART: Span = Span::from_mins(5);
/// What a track's own error ratio is taken over.
const NORMAL: Span = Span::from_hours(24);
/// How far a run reaches back from a breach rule, which has no long window of its own.
const BREACH_REACH: Span = Span::from_hours(1);

/// What makes a bucket bad for one rule on one track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BucketTest {
    width: Span,
    reach: Span,
    level: BadAbove,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum BadAbove {
    /// bad / total.
    Ratio(f64),
    /// Events a bucket.
    Count(f64),
    /// The value at the bucket's end, in averages over this.
    Spike(f64, Span),
}

impl BucketTest {
    /// The test of `rule`, which fired (or was true) at `detected`. `left_out` are stretches of other incidents, which say
    /// nothing of how the track normally is.
    pub fn new(slo: &Slo, track: &Track, rule: RuleRef, detected: Ms, left_out: &[Interval]) -> Self {
        let (long, width, own) = shape(slo, rule);
        let reach = long.unwrap_or(BREACH_REACH);
        let spike = match rule {
            RuleRef::Breach(i) => slo.breach.get(i).and_then(spike_of),
            RuleRef::Tier(_) => None,
        };
        if let Some(level) = spike {
            return Self { width, reach, level };
        }
        let level = match &slo.sli {
            Sli::Occurrences { allowed, per, .. } => {
                let share = width.secs_f64() / per.secs_f64().max(f64::MIN_POSITIVE);
                BadAbove::Count((allowed.to_f64().unwrap_or(f64::INFINITY) * share).ceil())
            }
            Sli::Threshold { .. } => BadAbove::Ratio(0.5),
            _ => BadAbove::Ratio(level(slo, track, own, width, detected - reach.max(BREACH_REACH), left_out)),
        };
        Self { width, reach, level }
    }

    /// Width of its buckets.
    pub const fn width(&self) -> Span {
        self.width
    }

    /// Whether the bucket that ends at `end` was bad. What came over a gap makes no bucket bad by itself. A bucket that is
    /// not over yet is bad when it would be with no further bad event and as many events as the bucket before it: a
    /// handful of ordinary failures in its first seconds says nothing.
    pub fn is_bad(&self, track: &Track, end: Ms) -> bool {
        self.tells(track, end, &track.history.counts(end - self.width, end))
    }

    /// The same whatever was excluded: what users met stays.
    fn was_bad(&self, track: &Track, end: Ms) -> bool {
        self.tells(track, end, &track.history.counts_as_happened(end - self.width, end))
    }

    fn tells(&self, track: &Track, end: Ms, counts: &Counts) -> bool {
        let (bad, mut total) = (counts.bad - counts.bridged_bad, counts.total - counts.bridged_total);
        if track.history.end().is_some_and(|known| known < end) {
            let before = track.history.counts(end - self.width * 2, end - self.width);
            total = total.max(before.total - before.bridged_total);
        }
        match self.level {
            BadAbove::Ratio(level) => total > 0.0 && bad / total > level,
            BadAbove::Count(level) => bad > level,
            BadAbove::Spike(times, average) => {
                let pair = track.value(end, self.width).zip(track.average(end, average));
                pair.is_some_and(|(value, average)| value > average * times)
            }
        }
    }

    /// The bad run that led to `detected`: bad buckets at most 5 minutes apart, never beyond the rule's long window and never
    /// before `after`. Ascending; empty when no bucket was bad.
    pub fn run(&self, track: &Track, detected: Ms, after: Option<Ms>) -> Vec<Interval> {
        let oldest = (detected - self.reach).max(after.unwrap_or(Ms(i64::MIN)));
        let apart = APART.max(self.width);
        let (mut end, mut last) = (detected.slice_end(self.width), None);
        let mut buckets = Vec::new();
        while end > oldest && last.is_none_or(|bad: Ms| bad.since(end) <= apart) {
            let from = end - self.width;
            if from >= after.unwrap_or(from) && self.is_bad(track, end) {
                buckets.push(Interval { from, to: end });
                last = Some(from);
            }
            end = from;
        }
        Interval::union(buckets)
    }

    /// Every bad stretch among the buckets that begin at or after `from` and began before `to`. Further back than slices are
    /// kept (3 days) whole blocks of a quarter of an hour are judged instead.
    pub fn intervals(&self, track: &Track, from: Ms, to: Ms) -> Vec<Interval> {
        let mut start = (from - Span(1)).slice_end(self.width);
        let mut bad = Vec::new();
        while start < to {
            let block = self.block(track, start);
            let end = match block {
                Some(block) if block.is_clean => block.to,
                Some(block) if block.is_old => {
                    if block.is_bad {
                        bad.push(Interval { from: start.max(block.from), to: block.to });
                    }
                    block.to
                }
                _ => {
                    let end = start + self.width;
                    if self.was_bad(track, end) {
                        bad.push(Interval { from: start, to: end });
                    }
                    end
                }
            };
            start = end;
        }
        Interval::union(bad)
    }

    /// The block of slices that `start` lies in, when it decides for all its buckets: nothing was bad in it, or its slices
    /// are not kept any more.
    fn block(&self, track: &Track, start: Ms) -> Option<Block> {
        let history = &track.history;
        let span = history.block_width();
        if span.0 % self.width.0.max(1) != 0 || matches!(self.level, BadAbove::Spike(..)) {
            return None;
        }
        let (from, to) = (start.floor_to(span), start.floor_to(span) + span);
        let is_old = history.exact_from().is_some_and(|exact| from < exact);
        if !is_old && (from != start || history.end().is_none_or(|known| known < to)) {
            return None;
        }
        let counts = history.counts_as_happened(from, to);
        let bad = counts.bad - counts.bridged_bad;
        let is_bad = match self.level {
            BadAbove::Ratio(level) => bad > level * (counts.total - counts.bridged_total),
            BadAbove::Count(level) => bad > level * (span.0 / self.width.0) as f64,
            BadAbove::Spike(..) => return None,
        };
        Some(Block { from, to, is_old, is_bad: is_bad && bad > 0.0, is_clean: bad <= 0.0 })
    }
}

/// A block of slices, judged as one.
struct Block {
    from: Ms,
    to: Ms,
    is_old: bool,
    is_bad: bool,
    is_clean: bool,
}

/// A rule's long window, the width of its buckets, and the error ratio it waits for.
fn shape(slo: &Slo, rule: RuleRef) -> (Option<Span>, Span, f64) {
    let unknown = (None, BUCKET, f64::INFINITY);
    match rule {
        RuleRef::Tier(i) => slo.tiers.get(i).map_or(unknown, |tier| {
            let width = if tier.long >= SLOW_TIER { tier.short } else { BUCKET };
            (Some(tier.long), width, slo.target.map_or(f64::INFINITY, |t| tier.level(t)))
        }),
        RuleRef::Breach(i) => slo.breach.get(i).map_or(unknown, |rule| (None, BUCKET, breach_level(slo, rule))),
    }
}

/// How many averages over what make a bucket bad for a rule that looks at a value's own past.
fn spike_of(rule: &BreachRule) -> Option<BadAbove> {
    match &rule.level {
        Level::Spike(spike) => Some(BadAbove::Spike(spike.times.to_f64().unwrap_or(f64::INFINITY), spike.average)),
        _ => None,
    }
}

fn breach_level(slo: &Slo, rule: &BreachRule) -> f64 {
    match &rule.level {
        Level::ErrorRatio(ratio) => ratio.to_f64().unwrap_or(f64::INFINITY),
        Level::Burn(factor) => slo.target.map_or(f64::INFINITY, |t| t.level(*factor)),
        Level::QuantileTimes(of, _) | Level::QuantileSeconds(of, _) => 1.0 - of.share(),
        Level::Value(_) | Level::Spike(_) => 0.5,
    }
}

/// min(f*b, max(b, 3*n0)): a service that lives near its budget must still be able to recover. Buckets of slow tiers use f*b.
fn level(slo: &Slo, track: &Track, own: f64, width: Span, before: Ms, left_out: &[Interval]) -> f64 {
    let Some(target) = slo.target else { return own };
    if width != BUCKET {
        return own;
    }
    let normal = ratio_without(track, Interval { from: before - NORMAL, to: before }, left_out).unwrap_or(0.0);
    own.min(target.budget().max(3.0 * normal))
}

/// bad / total over a stretch without the stretches left out; absent without traffic.
fn ratio_without(track: &Track, over: Interval, left_out: &[Interval]) -> Option<f64> {
    let whole = track.history.counts(over.from, over.to);
    let clipped = left_out.iter().map(|i| Interval { from: i.from.max(over.from), to: i.to.min(over.to) });
    let (bad, total) = Interval::union(clipped).iter().fold((whole.bad, whole.total), |(bad, total), i| {
        let out = track.history.counts(i.from, i.to);
        (bad - out.bad, total - out.total)
    });
    (total > 0.0).then(|| (bad / total).max(0.0))
}

/// What happened on these tracks within the intervals. `has_total` is false for occurrences.
pub fn measure<'a>(tracks: impl Iterator<Item = &'a Track>, intervals: &[Interval]) -> ImpactRecord {
    let mut record = ImpactRecord { intervals: intervals.to_vec(), ..ImpactRecord::default() };
    for track in tracks {
        for i in intervals {
            let Counts { bad, total, hidden_bad, .. } = track.history.counts_as_happened(i.from, i.to);
            record.bad += bad;
            record.bad_high += bad + hidden_bad;
            if track.has_total() {
                *record.total.get_or_insert(0.0) += total;
            }
        }
    }
    record.bad_low = record.bad;
    record
}

#[cfg(test)]
mod tests;
