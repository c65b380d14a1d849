//! The seasonal baseline from samples (reference 3.2): the same weekday and quarter of an hour of earlier weeks.
//!
//! Quarters of an hour are what history keeps of the past; a piece of one counts for its share of it. Weeks that were inside
//! an incident, on a holiday or barely observed are left out. Deliberately absent: medians and tests (`domain/cost`).

use super::super::board::StreamFeed;
use crate::domain::base::{Interval, Ms, Span, Text};
use crate::domain::cost::estimate::{Baseline, Beside, median};
use crate::domain::cost::{BUCKET_MINUTES, SeasonalCounts, exact, minutes};
use crate::words::plural;
use rust_decimal::Decimal;

const BUCKET: Span = Span::from_mins(BUCKET_MINUTES);
/// Weeks that a median needs.
const LEAST_WEEKS: usize = 3;
/// Buckets before the impact that tell the level.
const LEVEL: i64 = 4;
/// Buckets before the impact that stand in for earlier weeks: three hours.
const FALLBACK: i64 = 12;
/// Fewest known buckets of the fallback.
const LEAST_FALLBACK: usize = 4;
/// A bucket that was observed less is a gap.
const OBSERVED: f64 = 0.5;
/// Decimals of a piece's baseline: what is printed is what is used.
const DIGITS: u32 = 6;

/// Orders of one feed, and the stretches that say nothing of a normal week.
pub(super) struct Baselines<'a> {
    feed: &'a StreamFeed,
    left_out: Vec<Interval>,
}

impl<'a> Baselines<'a> {
    pub(super) const fn new(feed: &'a StreamFeed, left_out: Vec<Interval>) -> Self {
        Self { feed, left_out }
    }

    /// Orders within the stretches against their baseline. `first` is where the trouble begins.
    pub(super) fn against(&self, all: &[Interval], first: Ms) -> Result<SeasonalCounts, Text> {
        let pieces: Vec<Interval> = all.iter().flat_map(|i| pieces(*i)).collect();
        let actual = pieces.iter().map(|p| self.orders(*p)).collect();
        let weeks: Vec<Vec<Option<Decimal>>> = pieces.iter().map(|p| self.weeks(*p)).collect();
        let fewest = weeks.iter().map(|w| w.iter().flatten().count()).min().unwrap_or(0);
        if fewest >= LEAST_WEEKS {
            return Ok(SeasonalCounts { baseline: Baseline::History(weeks), actual, before: self.before(first), note: None });
        }
        let usual = self.hours_before(first).ok_or("neither three earlier weeks nor the hours before are known")?;
        let weeks = plural::counted(fewest, "earlier week is", "earlier weeks are");
        let note =
            format!("fallback: {weeks} usable, {LEAST_WEEKS} are needed; the baseline is the median of the three hours before");
        let stated = pieces.iter().map(|p| part_of(usual, *p)).collect();
        Ok(SeasonalCounts { baseline: Baseline::Stated(stated), actual, before: None, note: Some(note.into()) })
    }

    /// Orders after the trouble against their baseline, and the hour before it. `None` where no baseline is known.
    pub(super) fn after(&self, over: Interval, first: Ms) -> Option<(Beside, Option<Beside>)> {
        let pieces = pieces(over);
        let weekly: Vec<Option<Decimal>> = pieces.iter().map(|p| self.usual(*p)).collect();
        let actual = pieces.iter().map(|p| self.orders(*p)).collect();
        if let Some(baseline) = weekly.into_iter().collect() {
            return Some((Beside { baseline, actual }, self.before(first)));
        }
        let usual = self.hours_before(first)?;
        Some((Beside { baseline: pieces.iter().map(|p| part_of(usual, *p)).collect(), actual }, None))
    }

    /// The hour before, bucket by bucket; `None` where nothing of it can be compared.
    fn before(&self, first: Ms) -> Option<Beside> {
        let start = first.floor_to(BUCKET);
        let buckets = (1..=LEVEL).rev().map(|n| Interval { from: start - BUCKET * n, to: start - BUCKET * (n - 1) });
        let known = buckets.filter(|b| !self.is_left_out(*b)).filter_map(|b| Some((self.usual(b)?, self.orders(b)?)));
        let (baseline, actual): (Vec<Decimal>, Vec<Option<Decimal>>) =
            known.filter(|(b, _)| !b.is_zero()).map(|(b, a)| (b, Some(a))).unzip();
        (!baseline.is_empty()).then_some(Beside { baseline, actual })
    }

    /// The median of the quarters of an hour before.
    fn hours_before(&self, first: Ms) -> Option<Decimal> {
        let start = first.floor_to(BUCKET);
        let buckets = (1..=FALLBACK).map(|n| Interval { from: start - BUCKET * n, to: start - BUCKET * (n - 1) });
        let known: Vec<Decimal> = buckets.filter(|b| !self.is_left_out(*b)).filter_map(|b| self.orders(b)).collect();
        if known.len() < LEAST_FALLBACK { None } else { median(known) }
    }

    /// The median of the usable weeks, where there are enough.
    fn usual(&self, piece: Interval) -> Option<Decimal> {
        let weeks = self.weeks(piece);
        if weeks.iter().flatten().count() < LEAST_WEEKS { None } else { median(weeks.into_iter().flatten()) }
    }

    /// What came in the same piece of each earlier week; `None` for a week that may not be used.
    fn weeks(&self, piece: Interval) -> Vec<Option<Decimal>> {
        (1..=i64::from(self.feed.stream.seasonal.weeks)).map(|n| self.week(piece, n)).collect()
    }

    fn week(&self, piece: Interval, back: i64) -> Option<Decimal> {
        let rules = &self.feed.stream.seasonal;
        let bucket = piece.from.floor_to(BUCKET);
        let local = rules.zone.local(bucket)?.checked_sub_signed(chrono::TimeDelta::weeks(back))?;
        if rules.holidays.contains(&local.date()) {
            return None;
        }
        let from = rules.zone.instant(local)?;
        let then = Interval { from, to: from + BUCKET };
        if self.is_left_out(then) {
            return None;
        }
        Some(part_of(self.orders(then)?, piece))
    }

    fn is_left_out(&self, bucket: Interval) -> bool {
        self.left_out.iter().any(|i| i.from < bucket.to && bucket.from < i.to)
    }

    /// Orders within a stretch; `None` where it was hardly observed: a gap is no outage.
    fn orders(&self, over: Interval) -> Option<Decimal> {
        let counts = self.feed.meter.tracks().first()?.history.counts(over.from, over.to);
        if counts.coverage() < OBSERVED { None } else { exact(counts.bad) }
    }
}

/// A stretch, cut at quarters of an hour.
fn pieces(stretch: Interval) -> Vec<Interval> {
    let mut list = Vec::new();
    let mut from = stretch.from;
    while from < stretch.to {
        let to = (from.floor_to(BUCKET) + BUCKET).min(stretch.to);
        list.push(Interval { from, to });
        from = to;
    }
    list
}

/// The share of a bucket's orders that falls into a piece of it.
fn part_of(orders: Decimal, piece: Interval) -> Decimal {
    (orders * minutes(piece.span()) / Decimal::from(BUCKET_MINUTES)).round_dp(DIGITS).normalize()
}
