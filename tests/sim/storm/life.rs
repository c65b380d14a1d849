//! The life of a watch through a past: scrape by scrape, with crashes at any call, a clock that jumps, files that are read
//! again, weather, and people; what stands after each judged instant is written down for the auditor.

use super::doom::Weather;
use super::far::Far;
use super::house::{Ground, Process, TIMING, books, owner_of};
use super::people::{Deed, People};
use super::truth::{STEP, Scale, Truth, time};
use crate::sim::faulty::{Source, Trouble};
use crate::sim::past::Dice;
use burnledger::clock::ManualClock;
use burnledger::domain::base::{IncidentId, Ms, Seq, Severity, Span, Text};
use burnledger::domain::incident::{Actor, Entry, Fact, Incident, Incidents, Phase};
use burnledger::domain::objective::Rulebook;
use burnledger::domain::paging::{Dispatch, DispatchId, DispatchKind};
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Clock, Ledger};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What may happen beside what happens to the services.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    /// Source, ledger and receivers fail.
    pub(crate) faults: bool,
    pub(crate) crashes: bool,
    pub(crate) jumps: bool,
    pub(crate) reloads: bool,
    pub(crate) people: bool,
}

/// What stood after an instant was judged.
pub(crate) struct Seen {
    /// The right time.
    pub(crate) now: Ms,
    /// What the watch's own clock showed.
    pub(crate) wall: Ms,
    /// The instant that was judged last.
    pub(crate) judged: Option<Ms>,
    /// The watch lived, led, read everything, recorded, and its clock was right.
    pub(crate) sound: bool,
    /// The source answered, the clock was right and the watch led, but the ledger could not be written.
    pub(crate) mute: bool,
    /// Receivers took what they were told.
    pub(crate) heard: bool,
    /// The last entry then.
    pub(crate) last: Seq,
    /// Rules in force.
    pub(crate) book: usize,
    pub(crate) live: Vec<LiveSeen>,
}

/// A live incident as it stood.
pub(crate) struct LiveSeen {
    pub(crate) id: IncidentId,
    pub(crate) services: Vec<Text>,
    pub(crate) phase: Phase,
    pub(crate) severity: Option<Severity>,
    /// Somebody has taken it and not given it back.
    pub(crate) taken: bool,
    /// ... and that holds off repeats and the next level.
    pub(crate) covered: bool,
    /// Owners who hold a page that is not taken back, with the time of the first page and the highest level.
    pub(crate) told: BTreeMap<Text, (Ms, u8)>,
    /// Owners whose pages something held back.
    pub(crate) held: BTreeSet<Text>,
    /// Pages that came about in this very instant.
    pub(crate) fresh: Vec<(DispatchKind, Severity)>,
    pub(crate) by_person: bool,
}

/// What a life left behind.
pub(crate) struct Left {
    pub(crate) truth: Truth,
    pub(crate) entries: Vec<Entry>,
    pub(crate) acknowledged: Vec<Entry>,
    pub(crate) rows: Vec<Dispatch>,
    /// As the last process has them.
    pub(crate) incidents: Incidents,
    pub(crate) far: Arc<Far>,
    pub(crate) seen: Vec<Seen>,
    pub(crate) deeds: Vec<Deed>,
    /// How often what happened, for telling that the weather was bad enough.
    pub(crate) counts: BTreeMap<&'static str, usize>,
}

struct Life {
    truth: Truth,
    dice: Dice,
    ground: Ground,
    process: Option<Process>,
    starts: u64,
    /// Scrapes until the next process starts.
    down: usize,
    /// Scrapes that the present trouble goes on for.
    troubled: usize,
    far_troubled: usize,
    skew: Span,
    skewed: usize,
    books: [Arc<Rulebook>; 3],
    book: usize,
    people: People,
    /// Pages up to here had come about before this instant.
    rows: DispatchId,
    seen: Vec<Seen>,
    counts: BTreeMap<&'static str, usize>,
}

/// Lives through the whole past of a seed.
pub(crate) async fn live(seed: u64, scale: Scale, fate: Fate) -> Left {
    let mut truth = Truth::of(seed, scale);
    let recorded = Arc::new(truth.recorded());
    let clock = Arc::new(ManualClock::new(time(scale.lead_in)));
    let ground = Ground {
        recorded,
        ledger: MemoryLedger::new("simulated"),
        clock: Arc::clone(&clock),
        far: Arc::new(Far::default()),
        weather: Arc::new(Weather::default()),
    };
    let people = People::new(ground.ledger.handle(), clock);
    let mut life = Life {
        truth,
        dice: Dice(seed ^ 0x5AFE),
        ground,
        process: None,
        starts: 0,
        down: 0,
        troubled: 0,
        far_troubled: 0,
        skew: Span::ZERO,
        skewed: 0,
        books: books(),
        book: 0,
        people,
        rows: DispatchId(0),
        seen: Vec::new(),
        counts: BTreeMap::new(),
    };
    let mut scrape = scale.lead_in;
    while scrape + 1 < scale.scrapes {
        let steps = life.stride(scrape).min(scale.scrapes - 1 - scrape);
        scrape += steps;
        let calm = scrape + scale.calm - 20 > scale.scrapes;
        life.tick(scrape, steps, fate, calm).await;
    }
    life.leave().await
}

impl Life {
    /// Every instant is judged, or some are left out as by a machine that is slow; where nothing happens and nobody is paged,
    /// it sleeps through minutes at once.
    fn stride(&mut self, scrape: usize) -> usize {
        let live = self.process.as_ref().is_some_and(|p| p.live.state().incidents.live().next().is_some());
        let idle = self.troubled == 0 && self.far_troubled == 0 && self.skewed == 0 && self.down == 0;
        let quiet = |i: usize| self.truth.busy.get(i).is_some_and(|busy| !busy);
        if live || !idle || scrape == self.truth.scale.lead_in {
            return [1, 1, 1, 2, 2, 3, 4, 6][self.dice.between(0, 8)];
        }
        (1..=20).take_while(|n| quiet(scrape + n)).count().max(1)
    }

    async fn tick(&mut self, scrape: usize, steps: usize, fate: Fate, calm: bool) {
        self.ground.clock.advance(Span::from_secs(STEP * steps as i64));
        self.ground.recorded.horizon().set(time(scrape));
        self.befall(scrape, fate, calm).await;
        self.settle().await;
        self.judge(scrape).await;
        if fate.people && self.dice.one_in(5) && !calm {
            self.people.act(time(scrape), &mut self.dice).await;
        }
        self.settle().await;
        if self.process.as_ref().is_some_and(|p| p.doom.is_dead()) {
            self.count("crashes");
            self.down = self.dice.between(0, 4);
            if let Some(dead) = self.process.take() {
                dead.bury().await;
            }
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// What the world does next.
    async fn befall(&mut self, scrape: usize, fate: Fate, calm: bool) {
        self.weather(fate.faults && !calm);
        self.jump(scrape, fate.jumps && !calm);
        if self.process.is_none() {
            self.down = self.down.saturating_sub(1);
            if self.down == 0 || calm {
                self.start().await;
            }
            return;
        }
        if fate.crashes && !calm && self.dice.one_in(18) {
            let (calls, works_first) = (self.dice.between(1, 60) as i64, self.dice.one_in(2));
            if let Some(process) = &self.process {
                process.doom.set(calls, works_first);
            }
        }
        let wanted = if calm {
            0
        } else if fate.reloads && self.dice.one_in(20) {
            self.dice.between(0, 3)
        } else {
            self.book
        };
        if wanted != self.book {
            self.count("reloads");
            self.book = wanted;
            if let Some(process) = &mut self.process {
                process.reload(&self.ground, &self.books[wanted]);
            }
        }
    }

    async fn start(&mut self) {
        self.starts += 1;
        // Half of the machines give a process the name of the one before it.
        let name = if self.dice.one_in(2) { "watch".to_owned() } else { format!("watch-{}", self.starts) };
        let book = &self.books[self.book];
        self.process = Process::start(&self.ground, self.starts, name, book).await;
    }

    /// Source, ledger and receivers are in trouble for some scrapes, each by itself.
    fn weather(&mut self, bad: bool) {
        let dice = &mut self.dice;
        if self.troubled > 0 {
            self.troubled -= 1;
        } else if bad && dice.one_in(7) {
            self.troubled = dice.between(0, 5);
            let sources = [Source::Refuses, Source::Hangs, Source::Answers(2), Source::Answers(5)];
            let mut ledger = Trouble::default();
            match dice.between(0, 8) {
                0..=2 => *self.ground.weather.source.lock().unwrap() = sources[dice.between(0, 4)],
                3 | 4 => ledger.fails = true,
                5 => ledger.loses_answer = true,
                6 => ledger = Trouble { loses_answer: true, blind: true, ..ledger },
                _ => ledger = Trouble { note_first: true, no_rows: dice.one_in(2), ..ledger },
            }
            *self.ground.weather.ledger.lock().unwrap() = ledger;
            self.count("troubles");
        } else {
            self.ground.weather.clear();
        }
        let dice = &mut self.dice;
        if self.far_troubled > 0 {
            self.far_troubled -= 1;
        } else if bad && dice.one_in(10) {
            self.far_troubled = dice.between(1, 9);
            self.ground.far.turn(dice);
        } else {
            self.ground.far.clear();
        }
    }

    /// The machine's clock jumps, and is set right again after a while.
    fn jump(&mut self, scrape: usize, may: bool) {
        if self.skewed > 0 {
            self.skewed -= 1;
            if self.skewed == 0 || !may {
                (self.skewed, self.skew) = (0, Span::ZERO);
                self.ground.clock.set_wall(time(scrape));
            }
        } else if may && self.dice.one_in(26) {
            let by = Span::from_secs([20, 50, 200, 700, 4_000][self.dice.between(0, 5)] + self.dice.between(0, 15) as i64);
            self.skew = if self.dice.one_in(2) { by } else { Span(-by.0) };
            self.skewed = self.dice.between(1, 7);
            self.ground.clock.set_wall(time(scrape) + self.skew);
            self.count("jumps");
        }
    }

    /// Lets the courier work until everybody waits for time to pass.
    async fn settle(&self) {
        let Some(process) = &self.process else { return };
        loop {
            let before = process.doom.calls.load(Ordering::Relaxed);
            for _ in 0..16 {
                tokio::task::yield_now().await;
            }
            if process.doom.calls.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }

    async fn judge(&mut self, scrape: usize) {
        let Some(process) = &mut self.process else { return };
        let before = process.live.state().board.at;
        tokio::select! {
            biased;
            () = process.doom.died() => {}
            () = process.live.advance() => {}
        }
        let (now, wall) = (time(scrape), self.ground.clock.now().wall);
        let process = self.process.as_ref();
        let Some(process) = process else { return };
        let state = process.live.state();
        let expected = (now - TIMING.settle).floor_to(TIMING.step);
        let leads = state.leading && process.live.fence().borrow().is_some();
        let last = self.ground.ledger.since(state.incidents.last_seq(), 1).await.is_ok_and(|more| more.is_empty());
        let right = !process.doom.is_dead()
            && leads
            && self.skew == Span::ZERO
            && state.board.at == Some(expected)
            && before != Some(expected);
        let sound = right && last && self.ground.weather.is_fine();
        let trouble = *self.ground.weather.ledger.lock().unwrap();
        let mute = right && trouble.fails && *self.ground.weather.source.lock().unwrap() == Source::Well;
        let (mut live, before) = (Vec::new(), self.rows);
        for incident in state.incidents.live() {
            let rows = self.ground.ledger.dispatches(Some(incident.id)).await.unwrap_or_default();
            self.rows = rows.iter().map(|row| row.id).max().unwrap_or(before).max(self.rows);
            live.extend(sound.then(|| look(incident, rows, before, wall)));
        }
        let seen = Seen {
            now,
            wall,
            judged: state.board.at,
            sound,
            mute,
            heard: self.ground.far.is_fine(),
            last: state.incidents.last_seq(),
            book: self.book,
            live,
        };
        self.seen.push(seen);
    }

    async fn leave(mut self) -> Left {
        let mut incidents = Incidents::default();
        if let Some(process) = self.process.take() {
            incidents = process.live.state().incidents.clone();
            process.bury().await;
        }
        let entries = self.ground.ledger.since(Seq(0), usize::MAX).await.unwrap_or_default();
        let mut rows = Vec::new();
        for incident in Incidents::replay(&entries).iter() {
            rows.extend(self.ground.ledger.dispatches(Some(incident.id)).await.unwrap_or_default());
        }
        rows.sort_by_key(|row| row.id);
        let mut acknowledged = std::mem::take(&mut *self.ground.weather.acknowledged.lock().unwrap());
        acknowledged.append(&mut self.people.acknowledged);
        Left {
            truth: self.truth,
            entries,
            acknowledged,
            rows,
            incidents,
            far: self.ground.far,
            seen: self.seen,
            deeds: self.people.deeds,
            counts: self.counts,
        }
    }
}

fn look(incident: &Incident, mut rows: Vec<Dispatch>, before: DispatchId, wall: Ms) -> LiveSeen {
    rows.sort_by_key(|row| row.id);
    let mut told: BTreeMap<(Text, Text), Option<(Ms, u8)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.kind.is_page()) {
        let owner = row.content.owner.clone().unwrap_or_default();
        let run = told.entry((owner, row.receiver.clone())).or_default();
        *run = match (*run, row.kind) {
            (_, DispatchKind::Resolved) => None,
            (Some((first, level)), _) => Some((first, level.max(row.level))),
            (None, _) => Some((row.created, row.level)),
        };
    }
    let mut by_owner: BTreeMap<Text, (Ms, u8)> = BTreeMap::new();
    for ((owner, _), run) in told {
        let Some((first, level)) = run else { continue };
        let sum = by_owner.entry(owner).or_insert((first, level));
        *sum = (sum.0.min(first), sum.1.max(level));
    }
    let begins = |e: &&Entry| matches!(e.fact, Fact::Opened(_) | Fact::Reopened { .. } | Fact::Suspected(_));
    let begun = incident.entries.iter().rev().find(begins);
    LiveSeen {
        id: incident.id,
        services: incident.services.iter().map(|(name, _)| name.clone()).collect(),
        phase: incident.phase,
        severity: incident.severity,
        taken: incident.acknowledged_by.is_some(),
        covered: incident.acknowledged_until().is_some_and(|until| wall < until),
        told: by_owner,
        held: incident.held.iter().filter_map(|(_, h)| h.owner.clone()).collect(),
        fresh: rows.iter().filter(|row| row.id > before && row.created == wall).map(|row| (row.kind, row.severity)).collect(),
        by_person: begun.is_some_and(|e| e.actor != Actor::Auto),
    }
}

/// Owners of services.
pub(crate) fn owners(services: &[Text]) -> BTreeSet<Text> {
    services.iter().map(|service| owner_of(service).into()).collect()
}
