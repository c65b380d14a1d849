//! Resize storm: a map grows step by step and every resize stops the world. The 99th percentile goes from 186 ms to 3.2 s;
//! hardly anything fails.

use super::super::count::Indicator;
use super::super::rng::Rng;
use super::super::scenario::{Price, Rule, Scenario, at, away, release, share};
use super::super::season::Season;
use super::super::world::{Gap, Restart, Story, World};

const JOB: &str = "catalog";
const ONSET: i64 = at(2026, 3, 24, 9, 40, 0);
const STORM: i64 = at(2026, 3, 24, 9, 44, 0);
const FIXED: i64 = at(2026, 3, 24, 10, 11, 40);
const END: i64 = at(2026, 3, 24, 10, 12, 0);

/// Upper bounds as they are written, and the share of operations at or under each: usually, at first, in the storm.
const BUCKETS: [(&str, f64, [f64; 3]); 8] = [
    ("0.05", 0.05, [0.9000, 0.40, 0.15]),
    ("0.1", 0.1, [0.976_56, 0.60, 0.25]),
    ("0.25", 0.25, [1.0, 0.80, 0.45]),
    ("0.5", 0.5, [1.0, 1.0, 0.58]),
    ("1.0", 1.0, [1.0, 1.0, 0.72]),
    ("2.5", 2.5, [1.0, 1.0, 0.986_11]),
    ("5.0", 5.0, [1.0, 1.0, 1.0]),
    ("+Inf", f64::INFINITY, [1.0, 1.0, 1.0]),
];
/// Index of the SLO's threshold, 250 ms.
const UNDER: usize = 2;
/// Resizes a second of both processes together: usually, at first, in the storm.
const RESIZES: [f64; 3] = [1.4 / 3600.0, 1.0 / 60.0, 5.0 / 60.0];
/// Share of operations that fail.
const ERRORS: [f64; 3] = [0.000_002, 0.001, 0.004];

pub(crate) fn scenario(seed: u64) -> Scenario {
    let mut world = World::new(at(2026, 2, 22, 9, 0, 0), at(2026, 3, 24, 11, 30, 0), &[("cat-1", 7), ("cat-2", 12)]);
    let start = |i: usize, share: f64| ((5_210_400 + 30_011 * i as u64) as f64 * share) as u64;
    let buckets: [[usize; 8]; 2] = [0, 1].map(|i| {
        BUCKETS.map(|(le, _, [usual, ..])| {
            world.counter("map_op_duration_seconds_bucket", i, JOB, &format!("le=\"{le}\""), start(i, usual))
        })
    });
    let resizes = [0, 1].map(|i| world.counter("map_resize_total", i, JOB, "", 1_240 + 31 * i as u64));
    let errors = [0, 1].map(|i| world.counter("map_op_errors_total", i, JOB, "", 2_310 + 17 * i as u64));
    world.restarts = [release(at(2026, 3, 2, 11, 20, 10)), release(at(2026, 3, 17, 14, 5, 35))].concat();
    world.restarts.push(Restart { instance: 0, at: at(2026, 3, 11, 23, 56, 18), down: 27 });
    world.gaps = away(at(2026, 3, 7, 5, 30, 0), at(2026, 3, 7, 5, 40, 0)).to_vec();
    world.gaps.push(Gap { instance: 1, from: at(2026, 3, 20, 12, 1, 0), to: at(2026, 3, 20, 12, 3, 0) });
    let all = |le: usize| vec![buckets[0][le], buckets[1][le]];
    Scenario {
        name: "resize-storm",
        title: "map resizes stop the world and operations crawl",
        seed,
        indicators: vec![
            Indicator { id: "catalog/latency", bad: all(7), less: all(UNDER), total: all(7) },
            Indicator { id: "catalog/resizes", bad: resizes.to_vec(), less: Vec::new(), total: Vec::new() },
            Indicator { id: "catalog/availability", bad: errors.to_vec(), less: Vec::new(), total: all(7) },
        ],
        buckets: BUCKETS.iter().enumerate().map(|(n, (_, bound, _))| (*bound, all(n))).collect(),
        world,
        story: Box::new(Storm {
            rng: Rng::new(seed),
            season: Season::new(4.0, 0),
            buckets,
            resizes,
            errors,
            spread: [Spread::default(); 2],
        }),
        budget: 0.01,
        rules: vec![
            Rule { name: "p99 > 1.5x for 2m", severity: "P1", level: 0.375, hold: 120, p99: true },
            Rule { name: "p99 > 3x for 30s", severity: "P0", level: 0.75, hold: 30, p99: true },
        ],
        price: Price { stream: "lookups", failed: 2, currency: "USD", cents: 475, recovered_percent: 0, others: Vec::new() },
        onset: ONSET,
        end: END,
    }
}

/// Hands operations out to buckets so that the shares hold at every moment, not only on average.
#[derive(Clone, Copy, Default)]
struct Spread {
    stage: usize,
    operations: u64,
    under: [u64; 8],
}

impl Spread {
    /// More operations at or under each bound.
    fn next(&mut self, stage: usize, count: u64) -> [u64; 8] {
        if self.stage != stage {
            *self = Self { stage, ..Self::default() };
        }
        self.operations += count;
        let due = BUCKETS.map(|(_, _, shares)| (self.operations as f64 * shares[stage] + 0.5) as u64);
        let more = std::array::from_fn(|n| due[n] - self.under[n]);
        self.under = due;
        more
    }
}

struct Storm {
    rng: Rng,
    season: Season,
    buckets: [[usize; 8]; 2],
    resizes: [usize; 2],
    errors: [usize; 2],
    spread: [Spread; 2],
}

impl Story for Storm {
    fn second(&mut self, t: i64, up: &[bool], world: &mut World) {
        let rate = self.season.rate(t, &mut self.rng);
        let stage = if (ONSET..FIXED).contains(&t) { 1 + usize::from(t >= STORM) } else { 0 };
        for i in 0..2 {
            let count = self.rng.events(share(rate, up, i));
            let mut under = self.spread[i].next(stage, count);
            // Now and then something is a little slow on any day.
            if stage == 0 && under[UNDER] > 0 && self.rng.unit() < 0.000_02 * count as f64 {
                under[..=UNDER].iter_mut().for_each(|n| *n = n.saturating_sub(1));
            }
            self.buckets[i].iter().zip(under).for_each(|(series, n)| world.add(*series, n));
            world.add(self.resizes[i], self.rng.events(share(RESIZES[stage], up, i)));
            world.add(self.errors[i], self.rng.events(count as f64 * ERRORS[stage]).min(count));
        }
    }
}
