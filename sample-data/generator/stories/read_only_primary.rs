//! Read-only primary: a configuration push points the order service at a read replica, and writes fail. Order volume is down
//! 92 % for 47 minutes, until a rollback restarts both processes.

use super::super::count::Indicator;
use super::super::rng::Rng;
use super::super::scenario::{Price, Rule, Scenario, at, away, release, share};
use super::super::season::Season;
use super::super::world::{Gap, Restart, Story, World};

const JOB: &str = "orders";
const ONSET: i64 = at(2026, 3, 11, 14, 5, 0);
const ROLLBACK: [Restart; 2] = [
    Restart { instance: 0, at: at(2026, 3, 11, 14, 51, 30), down: 5 },
    Restart { instance: 1, at: at(2026, 3, 11, 14, 51, 49), down: 6 },
];
const END: i64 = at(2026, 3, 11, 14, 52, 0);
const USUAL: f64 = 0.0002;

pub(crate) fn scenario(seed: u64) -> Scenario {
    let mut world = World::new(at(2026, 2, 9, 13, 0, 0), at(2026, 3, 11, 16, 0, 0), &[("orders-1", 7), ("orders-2", 12)]);
    let placed = [0, 1].map(|i| world.counter("orders_total", i, JOB, "status=\"placed\"", 3_118_412 + 5_021 * i as u64));
    let failed = [0, 1].map(|i| world.counter("orders_total", i, JOB, "status=\"failed\"", 4_871 + 59 * i as u64));
    for n in failed {
        world.series[n].lazy = true;
    }
    let read_only = [0, 1].map(|i| world.gauge("db_target_read_only", i, JOB, "", at(2026, 3, 10, 9, 30, 0)));
    world.restarts =
        [release(at(2026, 2, 13, 15, 2, 40)), release(at(2026, 2, 26, 9, 47, 5)), release(at(2026, 3, 10, 9, 30, 0))].concat();
    world.restarts.push(Restart { instance: 1, at: at(2026, 3, 4, 4, 18, 51), down: 33 });
    world.restarts.extend(ROLLBACK);
    world.gaps = away(at(2026, 2, 21, 2, 0, 0), at(2026, 2, 21, 2, 4, 0)).to_vec();
    world.gaps.push(Gap { instance: 0, from: at(2026, 3, 2, 20, 41, 0), to: at(2026, 3, 2, 20, 43, 30) });
    let total = [placed, failed].concat();
    Scenario {
        name: "read-only-primary",
        title: "writes go to a read-only database and orders fail",
        seed,
        world,
        story: Box::new(Orders { rng: Rng::new(seed), season: Season::new(5.2, 1), placed, failed, read_only }),
        indicators: vec![Indicator { id: "orders/placed", bad: failed.to_vec(), less: Vec::new(), total }],
        budget: 0.005,
        rules: vec![
            Rule { name: "error ratio > 5% for 30s", severity: "P0", level: 0.05, hold: 30, p99: false },
            Rule { name: "error ratio > 1% for 2m", severity: "P1", level: 0.01, hold: 120, p99: false },
        ],
        buckets: Vec::new(),
        price: Price { stream: "orders", failed: 0, currency: "EUR", cents: 5_820, recovered_percent: 25, others: Vec::new() },
        onset: ONSET,
        end: END,
    }
}

struct Orders {
    rng: Rng,
    season: Season,
    placed: [usize; 2],
    failed: [usize; 2],
    read_only: [usize; 2],
}

impl Story for Orders {
    fn second(&mut self, t: i64, up: &[bool], world: &mut World) {
        let rate = self.season.rate(t, &mut self.rng);
        for restart in ROLLBACK {
            let i = restart.instance;
            let wrong = (ONSET..restart.at).contains(&t);
            let count = self.rng.events(share(rate, up, i));
            let failing = if wrong { 0.92 } else { USUAL };
            let bad = (0..count).filter(|_| self.rng.unit() < failing).count() as u64;
            world.add(self.placed[i], count - bad);
            world.add(self.failed[i], bad);
            world.series[self.read_only[i]].value = u64::from(wrong);
        }
    }
}
