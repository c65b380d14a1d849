//! What scrapes could show, counted in the plainest way: one pass over the samples of each series.
//!
//! Shares no code with burnledger, on purpose: the truth files are there to catch its mistakes.

use super::world::World;

/// What is counted: bad = sum of `bad` less sum of `less`; total = sum of `total`.
pub(crate) struct Indicator {
    pub(crate) id: &'static str,
    pub(crate) bad: Vec<usize>,
    pub(crate) less: Vec<usize>,
    pub(crate) total: Vec<usize>,
}

/// Bad and all events.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Counts {
    pub(crate) bad: i64,
    pub(crate) total: i64,
}

/// Increases of one series: (time of the later sample, increase). A first value counts from zero when its process had been
/// scraped in the five minutes before; otherwise it is only a start.
pub(crate) fn increases(world: &World, number: usize) -> Vec<(i64, i64)> {
    let series = &world.series[number];
    let mut out = Vec::with_capacity(series.samples.len());
    let mut before = None;
    for (t, v) in series.samples.iter().map(|(t, v)| (*t, *v as i64)) {
        match before {
            Some(old) if v >= old => out.push((t, v - old)),
            Some(_) => out.push((t, v)),
            None if known_before(world, series.instance, t) => out.push((t, v)),
            None => {}
        }
        before = Some(v);
    }
    out
}

fn known_before(world: &World, instance: usize, t: i64) -> bool {
    world
        .series
        .iter()
        .any(|s| s.instance == instance && s.samples.iter().take_while(|(at, _)| *at < t).any(|(at, _)| *at >= t - 300))
}

/// Increases of an indicator, added up per scrape and sorted by time.
pub(crate) struct Seen(Vec<(i64, Counts)>);

impl Seen {
    pub(crate) fn of(world: &World, indicator: &Indicator) -> Self {
        let mut all: Vec<(i64, Counts)> = Vec::new();
        let mut take = |numbers: &[usize], make: fn(i64) -> Counts| {
            for number in numbers {
                all.extend(increases(world, *number).into_iter().map(|(t, n)| (t, make(n))));
            }
        };
        take(&indicator.bad, |n| Counts { bad: n, total: 0 });
        take(&indicator.less, |n| Counts { bad: -n, total: 0 });
        take(&indicator.total, |n| Counts { bad: 0, total: n });
        all.sort_by_key(|(t, _)| *t);
        Self(all)
    }

    /// Counts at samples in (from, to].
    pub(crate) fn over(&self, from: i64, to: i64) -> Counts {
        let first = self.0.partition_point(|(t, _)| *t <= from);
        let inside = self.0[first..].iter().take_while(|(t, _)| *t <= to);
        inside.fold(Counts::default(), |sum, (_, c)| Counts { bad: sum.bad + c.bad, total: sum.total + c.total })
    }

    /// bad / total over (from, to]; absent without traffic.
    pub(crate) fn ratio(&self, from: i64, to: i64) -> Option<f64> {
        let counts = self.over(from, to);
        (counts.total > 0).then(|| counts.bad as f64 / counts.total as f64)
    }
}

/// Events that truly happened in [from, to), both full minutes.
pub(crate) fn happened(world: &World, indicator: &Indicator, from: i64, to: i64) -> Counts {
    let sum = |numbers: &[usize]| numbers.iter().map(|n| world.happened(*n, from, to) as i64).sum::<i64>();
    Counts { bad: sum(&indicator.bad) - sum(&indicator.less), total: sum(&indicator.total) }
}

/// The bad run around `detected`: full minutes whose ratio is above `level`, at most five minutes apart backwards, until
/// fifteen minutes pass without one. Gives the bad minutes joined to stretches.
pub(crate) fn bad_run(seen: &Seen, level: f64, detected: i64, stop: i64) -> Vec<(i64, i64)> {
    let bad = |minute: i64| seen.ratio(minute, minute + 60).is_some_and(|r| r > level);
    let mut first = detected.div_euclid(60) * 60;
    let mut minute = first;
    while first - minute <= 300 {
        minute -= 60;
        if bad(minute) {
            first = minute;
        }
    }
    let (mut out, mut last): (Vec<(i64, i64)>, i64) = (Vec::new(), first);
    for minute in (first..stop).step_by(60).take_while(|m| m + 60 <= stop) {
        if !bad(minute) {
            if minute + 60 - last >= 900 {
                break;
            }
            continue;
        }
        last = minute + 60;
        match out.last_mut() {
            Some(stretch) if stretch.1 == minute => stretch.1 = minute + 60,
            _ => out.push((minute, minute + 60)),
        }
    }
    out
}

/// First evaluation at which `value` has been above `level` at every step for `hold` seconds.
pub(crate) fn first_held(from: i64, to: i64, hold: i64, above: impl Fn(i64) -> bool) -> Option<i64> {
    let mut since = None;
    for t in (from.div_euclid(15) * 15..=to).step_by(15) {
        match (above(t), since) {
            (false, _) => since = None,
            (true, None) => since = Some(t),
            (true, Some(start)) if t - start >= hold => return Some(t),
            (true, Some(_)) => {}
        }
    }
    None
}
