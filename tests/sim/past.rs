//! A past made from a seed: services with outages, bursts, flaps, restarts, scrape gaps and silence, as a recording and as a
//! plain list of what each scrape showed. The list is what the auditor counts from; it shares no code with the library.

use burnledger::domain::base::{Ms, Span};
use std::fmt::Write;

/// Distance of scrapes, seconds.
pub(crate) const STEP: i64 = 15;
/// Scrapes before the engine is switched on.
pub(crate) const LEAD_IN: usize = 720;
/// Scrapes in all: three hours of lead-in, four and a half to watch.
pub(crate) const SCRAPES: usize = 720 + 1080;

/// Chance with a seed (SplitMix64).
#[derive(Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In `[from, to)`.
    pub(crate) fn between(&mut self, from: usize, to: usize) -> usize {
        from + (self.roll() % (to - from) as u64) as usize
    }

    /// True once in `n` throws.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.between(0, n) == 0
    }
}

/// What a service (or one zone of it) showed: bad and all events per scrape, nothing where no scrape came.
pub(crate) struct Cast {
    pub(crate) service: &'static str,
    pub(crate) zone: Option<&'static str>,
    pub(crate) seen: Vec<Option<(u64, u64)>>,
    usual: usize,
    noise: bool,
}

/// A whole past.
pub(crate) struct Past {
    pub(crate) casts: Vec<Cast>,
    pub(crate) recording: String,
}

/// The time of a scrape.
pub(crate) fn time(scrape: usize) -> Ms {
    Ms::from_secs(1_772_600_400) + Span::from_secs(scrape as i64 * STEP)
}

/// What goes wrong with a service at a scrape.
#[derive(Clone, Copy, Default)]
struct Trouble {
    /// Failing share in percent.
    failing: u64,
    silent: bool,
    unscraped: bool,
    restarted: bool,
}

impl Past {
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let cast = |service, zone, usual, noise| Cast { service, zone, seen: Vec::new(), usual, noise };
        let noise = dice.one_in(2);
        let mut casts = vec![
            cast("web", None, 200, noise),
            cast("api", None, 150, false),
            cast("db", Some("east"), 300, noise),
            cast("db", Some("west"), 100, false),
            cast("mail", None, 3, true),
        ];
        let mut recording = "# TYPE requests counter\n".to_owned();
        let plans = plan(&mut dice);
        for (cast, troubles) in casts.iter_mut().zip(plans) {
            cast.live(&troubles, &mut dice, &mut recording);
        }
        recording.push_str("# EOF\n");
        Self { casts, recording }
    }

    /// Bad and all events that scrapes in `(from, to]` showed of a service, zone by zone.
    pub(crate) fn counts<'a>(&'a self, service: &'a str, from: Ms, to: Ms) -> impl Iterator<Item = (u64, u64)> + 'a {
        self.casts.iter().filter(move |c| c.service == service).map(move |cast| {
            let inside = cast.seen.iter().enumerate().filter(|(i, _)| from < time(*i) && time(*i) <= to);
            inside.filter_map(|(_, seen)| *seen).fold((0, 0), |sum, seen| (sum.0 + seen.0, sum.1 + seen.1))
        })
    }
}

/// Stretches of trouble for each cast: something every half hour to hour and a half.
fn plan(dice: &mut Dice) -> Vec<Vec<Trouble>> {
    let mut plans = vec![vec![Trouble::default(); SCRAPES]; 5];
    let mut at = LEAD_IN + dice.between(20, 120);
    while at + 300 < SCRAPES {
        let who = dice.between(0, 4);
        let long = dice.between(32, 120);
        match dice.between(0, 7) {
            0 | 1 => fail(&mut plans, who, at, long, dice),
            // The trouble of one reaches the one that needs it.
            2 => {
                fail(&mut plans, 1, at, long, dice);
                fail(&mut plans, 0, at + dice.between(0, 12), long, dice);
            }
            // Again after it was mitigated, or after it was resolved.
            3 => {
                let pause = if dice.one_in(2) { dice.between(26, 40) } else { dice.between(84, 100) };
                fail(&mut plans, who, at, 32, dice);
                fail(&mut plans, who, at + 32 + pause, 32, dice);
            }
            4 => (at..at + dice.between(2, 5)).for_each(|i| plans[who][i].failing = 100),
            5 => {
                fail(&mut plans, who, at, 60, dice);
                let unscraped = dice.one_in(2);
                for trouble in &mut plans[who][at + 30..at + 60 + dice.between(0, 60)] {
                    (trouble.unscraped, trouble.silent) = (unscraped, !unscraped);
                }
            }
            _ => {
                fail(&mut plans, who, at, long, dice);
                plans[who][at + dice.between(0, long)].restarted = true;
            }
        }
        at += dice.between(200, 460);
    }
    plans
}

fn fail(plans: &mut [Vec<Trouble>], who: usize, at: usize, long: usize, dice: &mut Dice) {
    let share = [8, 25, 60, 100][dice.between(0, 4)];
    plans[who][at..at + long].iter_mut().for_each(|t| t.failing = share);
}

impl Cast {
    /// Lives through its troubles; what scrapes show is written down twice, as samples and as differences.
    fn live(&mut self, troubles: &[Trouble], dice: &mut Dice, recording: &mut String) {
        let (mut counters, mut shown) = ([0_u64; 2], [0_u64; 2]);
        let mut lines = [String::new(), String::new()];
        for (i, trouble) in troubles.iter().enumerate() {
            if trouble.restarted {
                counters = [0, 0];
            }
            let total = if trouble.silent { 0 } else { dice.between(self.usual * 2 / 3, self.usual * 4 / 3) as u64 };
            let stray = u64::from(self.noise && total > 0 && dice.one_in(400));
            let bad = (total * trouble.failing).div_ceil(100).max(stray);
            counters[0] += total - bad;
            counters[1] += bad;
            if trouble.unscraped {
                self.seen.push(None);
                continue;
            }
            let mut grown = [0, 0];
            for (k, code) in [200, 500].into_iter().enumerate() {
                grown[k] = if counters[k] < shown[k] { counters[k] } else { counters[k] - shown[k] };
                let zone = self.zone.map(|z| format!(",zone=\"{z}\"")).unwrap_or_default();
                let (service, value, seconds) = (self.service, counters[k], time(i).0 / 1000);
                let labels = format!("job=\"{service}\",instance=\"a\",code=\"{code}\"{zone}");
                writeln!(lines[k], "requests_total{{{labels}}} {value} {seconds}").unwrap();
            }
            shown = counters;
            self.seen.push(Some((grown[1], grown[0] + grown[1])));
        }
        recording.push_str(&lines.concat());
    }
}
