//! What happens second by second: processes with counters, restarts that lose them, and a collector that scrapes them.
//!
//! Two things are kept of every series: all events that ever happened, and the samples that scrapes could see.

/// Distance of scrapes in seconds.
pub(crate) const STEP: i64 = 15;

/// A process.
pub(crate) struct Instance {
    pub(crate) name: &'static str,
    /// Seconds after a multiple of [`STEP`] at which it is scraped.
    pub(crate) phase: i64,
    down_until: i64,
}

/// A counter or gauge of one process.
pub(crate) struct Series {
    pub(crate) metric: &'static str,
    /// Labels as they are written, sorted.
    pub(crate) labels: String,
    pub(crate) instance: usize,
    pub(crate) gauge: bool,
    /// Shown only once it is not zero, as labelled children of client libraries are.
    pub(crate) lazy: bool,
    /// Not scraped before: came with a release.
    pub(crate) from: i64,
    pub(crate) value: u64,
    /// Events since the recording began, restarts or not.
    ever: u64,
    /// `ever` at each full minute from the start.
    minutes: Vec<u64>,
    pub(crate) samples: Vec<(i64, u64)>,
}

/// A process that ends and starts anew.
#[derive(Clone, Copy)]
pub(crate) struct Restart {
    pub(crate) instance: usize,
    pub(crate) at: i64,
    pub(crate) down: i64,
}

/// Scrapes of a process that never came.
#[derive(Clone, Copy)]
pub(crate) struct Gap {
    pub(crate) instance: usize,
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// What a restart hid from everyone.
pub(crate) struct Lost {
    pub(crate) restart: Restart,
    pub(crate) last_scrape: i64,
    /// Events after the last scrape, by series that lost any.
    pub(crate) events: Vec<(usize, u64)>,
}

/// Everything that is simulated.
pub(crate) struct World {
    pub(crate) start: i64,
    pub(crate) stop: i64,
    pub(crate) instances: Vec<Instance>,
    pub(crate) series: Vec<Series>,
    pub(crate) restarts: Vec<Restart>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) lost: Vec<Lost>,
}

/// What a scenario does in a second.
pub(crate) trait Story {
    /// Adds the events of the second that starts at `t`; `up` says which processes run.
    fn second(&mut self, t: i64, up: &[bool], world: &mut World);
}

impl World {
    pub(crate) fn new(start: i64, stop: i64, instances: &[(&'static str, i64)]) -> Self {
        let instances = instances.iter().map(|(name, phase)| Instance { name, phase: *phase, down_until: 0 }).collect();
        Self { start, stop, instances, series: Vec::new(), restarts: Vec::new(), gaps: Vec::new(), lost: Vec::new() }
    }

    /// Adds a counter that stands at `value` when the recording begins; gives its number.
    pub(crate) fn counter(&mut self, metric: &'static str, instance: usize, job: &str, more: &str, value: u64) -> usize {
        let comma = if more.is_empty() { "" } else { "," };
        let labels = format!("instance=\"{}\",job=\"{job}\"{comma}{more}", self.instances[instance].name);
        self.series.push(Series {
            metric,
            labels,
            instance,
            gauge: false,
            lazy: false,
            from: self.start,
            value,
            ever: 0,
            minutes: Vec::new(),
            samples: Vec::new(),
        });
        self.series.len() - 1
    }

    /// Adds a gauge that is scraped from `from` on.
    pub(crate) fn gauge(&mut self, metric: &'static str, instance: usize, job: &str, more: &str, from: i64) -> usize {
        let number = self.counter(metric, instance, job, more, 0);
        (self.series[number].gauge, self.series[number].from) = (true, from);
        number
    }

    /// Events happen.
    pub(crate) fn add(&mut self, series: usize, events: u64) {
        self.series[series].value += events;
        self.series[series].ever += events;
    }

    /// Events that truly happened in [from, to), both full minutes.
    pub(crate) fn happened(&self, series: usize, from: i64, to: i64) -> u64 {
        let s = &self.series[series];
        let at = |t: i64| s.minutes.get(((t - self.start) / 60) as usize).copied().unwrap_or(s.ever);
        at(to) - at(from)
    }

    /// Plays the whole recording.
    pub(crate) fn run(&mut self, story: &mut dyn Story) {
        for t in self.start..self.stop {
            self.restart(t);
            let up: Vec<bool> = self.instances.iter().map(|i| i.down_until <= t).collect();
            if (t - self.start) % 60 == 0 {
                self.series.iter_mut().for_each(|s| s.minutes.push(s.ever));
            }
            self.scrape(t, &up);
            story.second(t, &up, self);
        }
    }

    fn restart(&mut self, t: i64) {
        let now: Vec<Restart> = self.restarts.iter().copied().filter(|r| r.at == t).collect();
        for restart in now {
            self.instances[restart.instance].down_until = t + restart.down;
            let mut lost = Lost { restart, last_scrape: 0, events: Vec::new() };
            for (number, s) in self.series.iter_mut().enumerate().filter(|(_, s)| s.instance == restart.instance && !s.gauge) {
                let (at, seen) = s.samples.last().copied().unwrap_or((0, s.value));
                lost.last_scrape = lost.last_scrape.max(at);
                // A child that was not exposed yet has lost all it had.
                let unseen = if seen > s.value { s.value } else { s.value - seen };
                lost.events.extend((unseen > 0).then_some((number, unseen)));
                s.value = 0;
            }
            self.lost.push(lost);
        }
    }

    fn scrape(&mut self, t: i64, up: &[bool]) {
        for (i, instance) in self.instances.iter().enumerate() {
            let due = t.rem_euclid(STEP) == instance.phase && up[i];
            if !due || self.gaps.iter().any(|g| g.instance == i && g.from <= t && t < g.to) {
                continue;
            }
            let seen = self.series.iter_mut().filter(|s| s.instance == i && t >= s.from && !(s.lazy && s.value == 0));
            seen.for_each(|s| s.samples.push((t, s.value)));
        }
    }
}
