//! Made-up pasts: targets that are born, die, restart and miss scrapes, with errors in bursts; and a recount of what their
//! samples show in the plainest way. Shares no counting code with the library.

use std::fmt::Write;

/// 2026-01-05T00:00:00Z in milliseconds.
pub(super) const START: i64 = 1_767_571_200_000;
const DAY: i64 = 86_400_000;

/// A small generator of chance with a seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n.max(1)
    }

    fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// One series: instance, whether it counts errors, and its samples (milliseconds, value).
pub(super) struct Series {
    pub(super) instance: usize,
    pub(super) errors: bool,
    pub(super) samples: Vec<(i64, u64)>,
}

/// A past, and what really happened in it from each target's first scrape on.
#[derive(Default)]
pub(super) struct Past {
    pub(super) series: Vec<Series>,
    pub(super) true_bad: u64,
    pub(super) true_total: u64,
    pub(super) restarts: u64,
}

/// What a past is made of.
pub(super) struct Plan {
    pub(super) days: i64,
    /// Distance of scrapes, milliseconds.
    pub(super) scrape: i64,
    pub(super) targets: usize,
    pub(super) seed: u64,
    /// Targets restart, miss scrapes, are born late and die early.
    pub(super) rough: bool,
}

impl Past {
    pub(super) fn make(plan: &Plan) -> Self {
        let mut dice = Dice::new(plan.seed);
        let mut past = Self::default();
        let bursts: Vec<(i64, u64)> =
            (0..3 + plan.days / 3).map(|_| (dice.below(plan.days as u64 * 24) as i64, 1 + dice.below(99))).collect();
        for instance in 0..plan.targets {
            past.target(&mut dice, plan, instance, &bursts);
        }
        past
    }

    fn target(&mut self, dice: &mut Dice, plan: &Plan, instance: usize, bursts: &[(i64, u64)]) {
        let scrapes = plan.days * DAY / plan.scrape;
        // The first target is always there from the beginning.
        let rough = plan.rough && instance > 0;
        let birth = if rough { dice.below(scrapes as u64 / 2) as i64 } else { 0 };
        let death = if rough && dice.once_in(2) { scrapes / 2 + dice.below(scrapes as u64 / 2) as i64 } else { scrapes };
        let jitter = if dice.once_in(2) { 0 } else { dice.below(plan.scrape as u64) as i64 };
        let (busy, mut total, mut bad, mut missing) = (2 + dice.below(40), 0, 0, 0);
        let (mut all, mut errors) = (Vec::new(), Vec::new());
        for i in birth..=death {
            let burst = bursts.iter().find(|(hour, _)| i * plan.scrape / 3_600_000 == *hour).map_or(0, |(_, percent)| *percent);
            let events = dice.below(busy);
            let wrong = (0..events).filter(|_| dice.below(100) < burst || dice.once_in(2_000)).count() as u64;
            let seen_before = !all.is_empty();
            if seen_before {
                (self.true_total, self.true_bad) = (self.true_total + events, self.true_bad + wrong);
            }
            (total, bad) = (total + events, bad + wrong);
            if plan.rough && seen_before && dice.once_in(3_000) {
                // What came before the restart is lost; a part of this interval's events comes after it.
                let kept = dice.below(events + 1);
                (total, bad) = (kept, wrong.min(dice.below(kept + 1)));
                self.restarts += 1;
            }
            if plan.rough && missing == 0 && dice.once_in(1_500) {
                missing = 1 + dice.below(30);
            }
            if missing > 0 {
                missing -= 1;
                continue;
            }
            let at = START + i * plan.scrape + jitter;
            all.push((at, total));
            if bad > 0 {
                errors.push((at, bad));
            }
        }
        self.series.push(Series { instance, errors: false, samples: all });
        self.series.push(Series { instance, errors: true, samples: errors });
    }

    /// Each series' increases by definition, at the later sample.
    pub(super) fn recount(&self, from_zero: bool) -> Recount {
        let sums = |errors: bool| {
            let of = self.series.iter().filter(|s| s.errors == errors);
            let mut all: Vec<(i64, u64)> = of.flat_map(|s| s.increases(from_zero)).collect();
            all.sort_unstable();
            let mut sum = 0;
            for (_, by) in &mut all {
                sum += *by;
                *by = sum;
            }
            all
        };
        Recount { bad: sums(true), total: sums(false) }
    }

    /// All targets are there before the second sample of any, which would tell how much is usual.
    pub(super) fn begins_at_once(&self) -> bool {
        let slice = |place: usize| move |s: &Series| s.samples.get(place).map(|(at, _)| (at - 1).div_euclid(15_000));
        let totals = || self.series.iter().filter(|s| !s.errors);
        totals().filter_map(slice(0)).max() < totals().filter_map(slice(1)).min()
    }

    /// The same where a target's first values count by what is known of it (`births: auto`), for a past that is not rough: a
    /// series that comes later than others of its target counts from 0; those that come first count when all of them are at
    /// most 10, as no sibling has a rate yet.
    pub(super) fn recount_auto(&self) -> Recount {
        let first = |s: &Series| s.samples.first().copied();
        let of_target = |instance: usize| self.series.iter().filter(move |s| s.instance == instance).filter_map(first);
        let counts = |s: &Series| {
            let born = of_target(s.instance).map(|(at, _)| at).min();
            let small = of_target(s.instance).filter(|(at, _)| Some(*at) == born).all(|(_, value)| value <= 10);
            first(s).map(|(at, _)| at) != born || small
        };
        let sums = |errors: bool| {
            let of = self.series.iter().filter(|s| s.errors == errors);
            let mut all: Vec<(i64, u64)> = of.flat_map(|s| s.increases(counts(s))).collect();
            all.sort_unstable();
            let mut sum = 0;
            for (_, by) in &mut all {
                sum += *by;
                *by = sum;
            }
            all
        };
        Recount { bad: sums(true), total: sums(false) }
    }

    /// As OpenMetrics text.
    pub(super) fn openmetrics(&self) -> String {
        let mut out = String::new();
        for series in &self.series {
            let name = if series.errors { "errors_total" } else { "requests_total" };
            for (at, value) in &series.samples {
                let instance = series.instance;
                writeln!(out, "{name}{{instance=\"{instance}\"}} {value} {}.{:03}", at / 1000, at % 1000).unwrap();
            }
        }
        out + "# EOF\n"
    }
}

/// Sums of increases from the beginning up to each of them.
pub(super) struct Recount {
    bad: Vec<(i64, u64)>,
    total: Vec<(i64, u64)>,
}

impl Recount {
    /// (bad, all) in `(from, to]`.
    pub(super) fn within(&self, from: i64, to: i64) -> (u64, u64) {
        let upto = |sums: &[(i64, u64)], at: i64| match sums.partition_point(|(t, _)| *t <= at) {
            0 => 0,
            n => sums[n - 1].1,
        };
        let between = |sums: &[(i64, u64)]| upto(sums, to) - upto(sums, from);
        (between(&self.bad), between(&self.total))
    }
}

impl Series {
    fn increases(&self, from_zero: bool) -> impl Iterator<Item = (i64, u64)> + '_ {
        let mut last: Option<(i64, u64)> = None;
        self.samples.iter().map(move |(at, value)| {
            // A series that was silent for a day is a new one.
            let by = match last.filter(|(before, _)| at - before <= DAY) {
                Some((_, before)) if *value < before => *value,
                Some((_, before)) => value - before,
                None if from_zero => *value,
                None => 0,
            };
            last = Some((*at, *value));
            (*at, by)
        })
    }
}
