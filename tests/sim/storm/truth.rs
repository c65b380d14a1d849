//! What really happened: services with outages of every shape, made from a seed, and what each scrape of them showed. The
//! auditor counts from here; nothing of it is shared with the library.

use crate::sim::past::Dice;
use burnledger::collector::Recorded;
use burnledger::domain::base::{Interval, Labels, Ms, Span};
use burnledger::domain::measure::Sample;

/// Distance of scrapes and of evaluations, seconds.
pub(crate) const STEP: i64 = 15;
/// A minute with a larger share of failures is a bad one: what the objective of 99.9 % allows.
pub(crate) const ALLOWED: f64 = 0.001;

/// How long a past is, in scrapes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Before anybody watches.
    pub(crate) lead_in: usize,
    /// In all.
    pub(crate) scrapes: usize,
    /// At the end, when neither services nor the world around the watch are in trouble.
    pub(crate) calm: usize,
    /// Between the beginnings of two troubles, at most.
    pub(crate) apart: usize,
}

impl Scale {
    /// An hour and a quarter: a thousand of them are six weeks.
    pub(crate) const HOUR: Self = Self { lead_in: 170, scrapes: 170 + 310, calm: 110, apart: 110 };
}

/// A service, or one zone of it: bad and all events that each scrape showed, nothing where none came.
pub(crate) struct Strand {
    pub(crate) service: &'static str,
    zone: Option<&'static str>,
    usual: usize,
    noise: bool,
    pub(crate) seen: Vec<Option<(u64, u64)>>,
}

/// A whole past.
pub(crate) struct Truth {
    pub(crate) scale: Scale,
    pub(crate) strands: Vec<Strand>,
    /// Scrapes around which something happens.
    pub(crate) busy: Vec<bool>,
    samples: Vec<(Labels, Vec<Sample>)>,
}

/// The time of a scrape.
pub(crate) fn time(scrape: usize) -> Ms {
    Ms::from_secs(1_772_600_400) + Span::from_secs(scrape as i64 * STEP)
}

/// The scrape of a time, when one was due then.
pub(crate) fn scrape_at(at: Ms) -> Option<usize> {
    let since = at.since(time(0)).0;
    (since >= 0 && since % (STEP * 1000) == 0).then_some((since / (STEP * 1000)) as usize)
}

#[derive(Clone, Copy, Default)]
struct Trouble {
    /// Failing share in percent.
    failing: u64,
    silent: bool,
    unscraped: bool,
    restarted: bool,
}

impl Truth {
    pub(crate) fn of(seed: u64, scale: Scale) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9) ^ 0x7274);
        let noise = dice.one_in(2);
        let strand = |service, zone, usual, noise| Strand { service, zone, usual, noise, seen: Vec::new() };
        let strands = vec![
            strand("web", None, 200, noise),
            strand("api", None, 150, false),
            strand("db", Some("east"), 300, noise),
            strand("db", Some("west"), 120, false),
            strand("mail", None, 140, false),
        ];
        let mut truth = Self { scale, strands, busy: vec![false; scale.scrapes], samples: Vec::new() };
        let plans = truth.plan(&mut dice);
        for (strand, troubles) in truth.strands.iter_mut().zip(&plans) {
            truth.samples.extend(strand.live(troubles, scale.scrapes - scale.calm, &mut dice));
        }
        truth
    }

    /// What the source of samples holds.
    pub(crate) fn recorded(&mut self) -> Recorded {
        Recorded::from_series("truth", std::mem::take(&mut self.samples))
    }

    /// Bad and all events that scrapes in `(from, to]` showed of a service, zone by zone.
    pub(crate) fn counts<'a>(&'a self, service: &'a str, from: Ms, to: Ms) -> impl Iterator<Item = (u64, u64)> + 'a {
        self.of_service(service).map(move |strand| strand.count(from, to))
    }

    pub(crate) fn of_service<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Strand> + 'a {
        self.strands.iter().filter(move |s| s.service == service)
    }

    /// Troubles of each strand: something every few minutes, and a calm end.
    fn plan(&mut self, dice: &mut Dice) -> Vec<Vec<Trouble>> {
        let mut plans = vec![vec![Trouble::default(); self.scale.scrapes]; self.strands.len()];
        let mut at = self.scale.lead_in + dice.between(6, 30);
        while at + self.scale.calm + 100 < self.scale.scrapes {
            let (who, long) = (dice.between(0, 5), dice.between(10, 50));
            let through = at
                + match dice.between(0, 8) {
                    0..=2 => fail(&mut plans[who], at, long, dice),
                    // The trouble of one reaches the one that needs it.
                    3 => {
                        let late = dice.between(0, 12);
                        fail(&mut plans[1], at, long, dice).max(fail(&mut plans[0], at + late, long, dice) + late)
                    }
                    // Again after it was mitigated, or after it was resolved.
                    4 => {
                        let pause = if dice.one_in(2) { dice.between(8, 18) } else { dice.between(26, 44) };
                        fail(&mut plans[who], at, 14, dice);
                        fail(&mut plans[who], at + 14 + pause, 14, dice) + 14 + pause
                    }
                    5 => {
                        let long = dice.between(2, 5);
                        (at..at + long).for_each(|i| plans[who][i].failing = 100);
                        long
                    }
                    6 => {
                        let (unscraped, more) = (dice.one_in(2), dice.between(0, 20));
                        fail(&mut plans[who], at, 24, dice);
                        for trouble in &mut plans[who][at + 12..at + 24 + more] {
                            (trouble.unscraped, trouble.silent) = (unscraped, !unscraped);
                        }
                        24 + more
                    }
                    _ => {
                        plans[who][at + dice.between(0, long)].restarted = true;
                        fail(&mut plans[who], at, long, dice)
                    }
                };
            let end = self.busy.len().min(through + 100);
            self.busy[at.saturating_sub(4)..end].fill(true);
            at = at.max(if dice.one_in(3) { at } else { through }) + dice.between(20, self.scale.apart);
        }
        plans
    }
}

/// Fails for so long; by how much is chance. Returns how long.
fn fail(plan: &mut [Trouble], at: usize, long: usize, dice: &mut Dice) -> usize {
    let share = [1, 8, 25, 60, 100][dice.between(0, 5)];
    plan[at..at + long].iter_mut().for_each(|t| t.failing = share);
    long
}

impl Strand {
    /// Lives through its troubles; what scrapes show is written down twice, as samples and as differences.
    fn live(&mut self, troubles: &[Trouble], noisy: usize, dice: &mut Dice) -> [(Labels, Vec<Sample>); 2] {
        let (mut counters, mut shown) = ([0_u64; 2], [0_u64; 2]);
        let mut samples = [Vec::with_capacity(troubles.len()), Vec::with_capacity(troubles.len())];
        for (i, trouble) in troubles.iter().enumerate() {
            if trouble.restarted {
                counters = [0, 0];
            }
            let total = if trouble.silent { 0 } else { dice.between(self.usual * 2 / 3, self.usual * 4 / 3) as u64 };
            let stray = u64::from(self.noise && total > 0 && i < noisy && dice.one_in(400));
            let bad = (total * trouble.failing).div_ceil(100).max(stray);
            counters[0] += total - bad;
            counters[1] += bad;
            if trouble.unscraped {
                self.seen.push(None);
                continue;
            }
            let mut grown = [0, 0];
            for k in 0..2 {
                grown[k] = if counters[k] < shown[k] { counters[k] } else { counters[k] - shown[k] };
                samples[k].push(Sample { at: time(i), value: counters[k] as f64 });
            }
            shown = counters;
            self.seen.push(Some((grown[1], grown[0] + grown[1])));
        }
        let [good, bad] = samples;
        [(self.labels("200"), good), (self.labels("500"), bad)]
    }

    fn labels(&self, code: &'static str) -> Labels {
        let fixed = [("__name__", "requests_total"), ("job", self.service), ("instance", "a"), ("code", code)];
        Labels::new(fixed.into_iter().chain(self.zone.map(|zone| ("zone", zone))))
    }

    /// Bad and all events in `(from, to]`.
    pub(crate) fn count(&self, from: Ms, to: Ms) -> (u64, u64) {
        let step = STEP * 1000;
        let first = (from.since(time(0)).0.div_euclid(step) + 1).clamp(0, self.seen.len() as i64) as usize;
        let last = (to.since(time(0)).0.div_euclid(step) + 1).clamp(first as i64, self.seen.len() as i64) as usize;
        self.seen[first..last].iter().flatten().fold((0, 0), |sum, seen| (sum.0 + seen.0, sum.1 + seen.1))
    }

    /// Every scrape of the last `over` came, with what they showed together.
    fn whole(&self, scrape: usize, over: usize) -> Option<(u64, u64)> {
        let all: Option<Vec<(u64, u64)>> = self.seen.get((scrape + 1).checked_sub(over)?..=scrape)?.iter().copied().collect();
        Some(all?.into_iter().fold((0, 0), |sum, seen| (sum.0 + seen.0, sum.1 + seen.1)))
    }

    /// The P0 rule (14.4 over 10 and 2 minutes) is true beyond any doubt at a scrape, and the minute before it was plainly bad.
    pub(crate) fn is_plain(&self, scrape: usize) -> bool {
        let above = |over, level: f64, least: u64| {
            self.whole(scrape, over).is_some_and(|(bad, total)| bad >= least && bad as f64 > level * total as f64)
        };
        above(40, 0.018, 30) && above(8, 0.018, 30) && above(4, 0.05, 1)
    }

    /// Minutes in `(from, to]` in which too much failed, by scrapes that follow each other.
    pub(crate) fn bad_minutes(&self, from: Ms, to: Ms) -> Vec<Interval> {
        let minute = Span::from_mins(1);
        let mut end = from.floor_to(minute) + minute;
        let mut bad = Vec::new();
        while end <= to {
            let Some(scrape) = scrape_at(end) else { break };
            let sum = self.whole(scrape, 5).and(self.whole(scrape, 4));
            if sum.is_some_and(|(bad, total)| bad as f64 > ALLOWED * total as f64) {
                bad.push(Interval { from: end - minute, to: end });
            }
            end = end + minute;
        }
        bad
    }
}
