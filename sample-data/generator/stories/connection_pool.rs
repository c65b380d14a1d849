//! Connection pool: 02:17 first errors, 02:23 P1, 02:41 downstream timeouts, 03:05 pool exhausted, 03:31 recovered.
//! 83,419 payments fail, exactly; the success rate falls from 99.98 % to 82.3 %.

use super::super::count::Indicator;
use super::super::rng::Rng;
use super::super::scenario::{Other, Price, Rule, Scenario, at, away, release, share};
use super::super::season::Season;
use super::super::world::{Gap, Restart, Story, World};

const JOB: &str = "payments";
const ONSET: i64 = at(2026, 3, 17, 2, 17, 0);
const WORSE: i64 = at(2026, 3, 17, 2, 20, 35);
const TIMEOUTS: i64 = at(2026, 3, 17, 2, 41, 0);
const EXHAUSTED: i64 = at(2026, 3, 17, 3, 5, 0);
const FIXED: i64 = at(2026, 3, 17, 3, 30, 40);
const END: i64 = at(2026, 3, 17, 3, 31, 0);
const FAILED: u64 = 83_419;
/// Requests that the gateway turns away for every payment that fails: clients try again. 2,168,894 in all, which are no
/// payments and must not be priced.
const TRIES: u64 = 26;
const USUAL: f64 = 0.0002;
const POOL: f64 = 50.0;

pub(crate) fn scenario(seed: u64) -> Scenario {
    let mut world = World::new(at(2026, 2, 15, 1, 0, 0), at(2026, 3, 17, 4, 30, 0), &[("pay-1", 7), ("pay-2", 12)]);
    let metrics = at(2026, 3, 16, 1, 40, 0);
    let ok = [0, 1].map(|i| world.counter("payments_total", i, JOB, "outcome=\"ok\"", 48_210_733 + 977 * i as u64));
    let failed = [0, 1].map(|i| world.counter("payments_total", i, JOB, "outcome=\"failed\"", 31_946 + 83 * i as u64));
    let in_use = [0, 1].map(|i| world.gauge("db_pool_connections", i, JOB, "state=\"in_use\"", metrics));
    let timeouts = [0, 1].map(|i| world.counter("downstream_timeouts_total", i, JOB, "", 0));
    let intercepted = [0, 1].map(|i| world.counter("gateway_requests_total", i, JOB, "outcome=\"intercepted\"", 0));
    for n in timeouts.into_iter().chain(intercepted) {
        world.series[n].from = metrics;
    }
    world.restarts = [release(at(2026, 2, 20, 10, 12, 20)), release(at(2026, 3, 5, 8, 30, 10)), release(metrics)].concat();
    world.restarts.push(Restart { instance: 0, at: at(2026, 2, 27, 13, 41, 33), down: 21 });
    world.gaps = away(at(2026, 2, 18, 3, 10, 0), at(2026, 2, 18, 3, 13, 0)).to_vec();
    world.gaps.extend(away(at(2026, 2, 24, 22, 4, 0), at(2026, 2, 24, 22, 11, 0)));
    world.gaps.push(Gap { instance: 1, from: at(2026, 3, 9, 17, 20, 0), to: at(2026, 3, 9, 17, 21, 40) });
    let total = [ok, failed].concat();
    let story = Pool {
        rng: Rng::new(seed),
        season: Season::new(158.6, 8),
        ok,
        failed,
        in_use,
        timeouts,
        intercepted,
        planned: Vec::new(),
    };
    Scenario {
        name: "connection-pool",
        title: "a connection pool runs dry and payments fail",
        seed,
        world,
        story: Box::new(story),
        indicators: vec![Indicator { id: "payments/success", bad: failed.to_vec(), less: Vec::new(), total }],
        budget: 0.001,
        rules: vec![
            Rule { name: "error ratio > 1% for 2m", severity: "P1", level: 0.01, hold: 120, p99: false },
            Rule { name: "error ratio > 5% for 30s", severity: "P0", level: 0.05, hold: 30, p99: false },
        ],
        buckets: Vec::new(),
        price: Price {
            stream: "payments",
            failed: 0,
            currency: "CNY",
            cents: 8_000,
            recovered_percent: 40,
            others: vec![
                Other::Credits {
                    subject: "merchants (2026-01)",
                    fees: 260_000_000,
                    month_seconds: 31 * 86_400,
                    tiers: &[(999_500, 5), (999_000, 10), (990_000, 25)],
                },
                Other::Capacity { subject: "payments", an_hour: 960_000, extra_percent: 50 },
            ],
        },
        onset: ONSET,
        end: END,
    }
}

/// Share of payments that fail in the second that starts at `t`.
fn failing(t: i64) -> f64 {
    let along = |from: i64, to: i64, a: f64, b: f64| a + (b - a) * (t - from) as f64 / (to - from) as f64;
    match t {
        _ if !(ONSET..FIXED).contains(&t) => USUAL,
        _ if t < WORSE => 0.004,
        _ if t < TIMEOUTS => along(WORSE, TIMEOUTS, 0.030, 0.038),
        _ if t < EXHAUSTED => along(TIMEOUTS, EXHAUSTED, 0.065, 0.130),
        _ => 0.177,
    }
}

struct Pool {
    rng: Rng,
    season: Season,
    ok: [usize; 2],
    failed: [usize; 2],
    in_use: [usize; 2],
    timeouts: [usize; 2],
    intercepted: [usize; 2],
    /// The incident's seconds, drawn together so that the failures add up: (payments, failures) of each process.
    planned: Vec<[(u64, u64); 2]>,
}

impl Pool {
    fn arrivals(&mut self, t: i64, up: &[bool]) -> [u64; 2] {
        let rate = self.season.rate(t, &mut self.rng);
        [0, 1].map(|i| self.rng.events(share(rate, up, i)))
    }

    /// Draws every second of the incident and hands out the failures in proportion to what each second would have.
    fn plan(&mut self) {
        let arrivals: Vec<[u64; 2]> = (ONSET..END).map(|t| self.arrivals(t, &[true, true])).collect();
        let mut weights = Vec::new();
        for (t, pair) in (ONSET..END).zip(&arrivals) {
            weights.extend(pair.map(|n| n as f64 * failing(t) * (1.0 + 0.1 * self.rng.normal())));
        }
        let whole: f64 = weights.iter().sum();
        let (mut sum, mut given) = (0.0, 0_u64);
        let mut parts = weights.iter().map(|w| {
            sum += w;
            let due = (FAILED as f64 * sum / whole + 0.5) as u64;
            let part = due - given;
            given = due;
            part
        });
        self.planned = arrivals.iter().map(|pair| pair.map(|n| (n, parts.next().unwrap_or(0).min(n)))).collect();
    }
}

impl Story for Pool {
    fn second(&mut self, t: i64, up: &[bool], world: &mut World) {
        if t == ONSET {
            self.plan();
        }
        let planned = usize::try_from(t - ONSET).ok().and_then(|n| self.planned.get(n).copied());
        let arrivals = if planned.is_none() { self.arrivals(t, up) } else { [0, 0] };
        for (i, count) in arrivals.into_iter().enumerate() {
            let (count, bad) = match planned {
                Some(pairs) => pairs[i],
                None => (count, self.rng.events(count as f64 * USUAL).min(count)),
            };
            world.add(self.ok[i], count - bad);
            world.add(self.failed[i], bad);
            if (ONSET..END).contains(&t) {
                world.add(self.intercepted[i], bad * TRIES);
            }
            if (TIMEOUTS..FIXED).contains(&t) {
                world.add(self.timeouts[i], bad / 2);
            }
            let busy = POOL * (0.25 + 5.0 * failing(t).min(0.15)) + 2.0 * self.rng.normal();
            world.series[self.in_use[i]].value =
                if (EXHAUSTED..FIXED).contains(&t) { POOL as u64 } else { busy.clamp(1.0, POOL) as u64 };
        }
    }
}
