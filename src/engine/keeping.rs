//! Keeps history on disk: brings it back at a start, saves what changed, reads again what was damaged.
//!
//! Nothing waits for the disk: saves are written beside the loop, and one that fails is made again later. Only who leads
//! saves. Without a store, or with one that fails, everything goes on; a restart reads more from the source then.

use super::board::{FeedRef, Stretch};
use super::event::Event;
use super::reading::read_together;
use super::state::State;
use super::step::step;
use crate::domain::base::{Interval, Ms, Now, Span, Text};
use crate::domain::measure::{Detail, EXACT, Meter};
use crate::ports::{FeedKey, FeedParts, FeedSave, FeedWish, MetricSource, SliceStore, SourceError, StoreError, source_of};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// How often a feed is saved. A process that dies without a word costs its successor so much reading.
const EVERY: Span = Span::from_mins(15);
/// Feeds saved in one tick at most: what they cost must not make a tick late.
const MOST_SAVES: usize = 128;
/// After a save failed.
const PAUSE: Span = Span::from_mins(1);
/// Feeds brought back at once.
const BATCH: usize = 256;
/// History is kept for five weeks, so that a month can be compared with the one before, and longer where a period is longer.
const RETENTION: Span = Span::from_days(35);
/// Damaged stretches read again side by side.
const MOST_MENDS: usize = 16;
/// Remarks that are shown.
const MOST_REMARKS: usize = 5;
/// What is kept must not be newer than this beyond the present: a clock that went back would look into the future.
const AHEAD: Span = Span::from_mins(1);

/// A feed and where it stands.
struct Slot {
    feed: FeedRef,
    key: FeedKey,
    /// What people know it by.
    name: Text,
    /// Another feed of the same key is saved for both.
    twin: bool,
    looked_for: bool,
    saved: Option<Ms>,
}

/// A save under way, and whose it is.
struct Writing {
    feeds: Vec<FeedRef>,
    done: JoinHandle<Result<(), StoreError>>,
}

/// A damaged stretch of a feed, and how it was read again.
struct Mended {
    key: FeedKey,
    span: Interval,
    result: Result<Meter, SourceError>,
}

/// Keeps the history of an engine.
pub(super) struct Keeper {
    store: Arc<dyn SliceStore>,
    book: Text,
    slots: Vec<Slot>,
    writing: Option<Writing>,
    lost: BTreeSet<(FeedKey, Interval)>,
    mending: Option<JoinHandle<Vec<Mended>>>,
    /// No save before this.
    not_before: Ms,
    trouble: Option<Text>,
    remarks: Vec<Text>,
}

impl Keeper {
    pub(super) fn new(store: Arc<dyn SliceStore>, remark: Option<Text>) -> Self {
        Self {
            store,
            book: Text::from(""),
            slots: Vec::new(),
            writing: None,
            lost: BTreeSet::new(),
            mending: None,
            not_before: Ms(i64::MIN),
            trouble: None,
            remarks: remark.into_iter().collect(),
        }
    }

    /// Feeds know nothing any more: what is on disk is looked for again.
    pub(super) fn forget(&mut self) {
        self.slots.clear();
    }

    /// What people should know: trouble first, then what was damaged.
    pub(super) fn tell(&self) -> Vec<Text> {
        self.trouble.iter().chain(&self.remarks).cloned().collect()
    }

    /// Brings back feeds that know nothing yet; `told` hears how many of how many.
    pub(super) async fn restore(
        &mut self,
        state: &mut State,
        source: &Arc<dyn MetricSource>,
        now: Now,
        mut told: impl FnMut(&State, usize, usize),
    ) {
        self.enter(state, source);
        let wanted: Vec<usize> = (0..self.slots.len()).filter(|i| !self.slots[*i].looked_for).collect();
        for (done, part) in wanted.chunks(BATCH).enumerate() {
            let keys: BTreeSet<FeedKey> = part.iter().map(|i| self.slots[*i].key.clone()).collect();
            for i in part {
                self.slots[*i].looked_for = true;
            }
            let wish = |feed: FeedKey| {
                let of = self.slots.iter().find(|slot| slot.key == feed).and_then(|slot| state.board.meter(slot.feed));
                let slices_from = of.map_or(0, |meter| meter.page_at(now.wall - EXACT - meter.spec().slack - Span::from_days(1)));
                FeedWish { feed, slices_from }
            };
            match self.store.scan(keys.into_iter().map(wish).collect()).await {
                Ok(found) => found.iter().for_each(|parts| self.bring_back(state, now, part, parts)),
                Err(error) => self.trouble = Some(format!("history on disk: {error}").into()),
            }
            told(state, (done * BATCH + part.len()).min(wanted.len()), wanted.len());
        }
    }

    /// Learns which feeds there are.
    fn enter(&mut self, state: &State, source: &Arc<dyn MetricSource>) {
        let stamp = state.book.stamp();
        if self.book == stamp && !self.slots.is_empty() {
            return;
        }
        let mut old: BTreeMap<FeedKey, Slot> = std::mem::take(&mut self.slots).into_iter().map(|s| (s.key.clone(), s)).collect();
        let mut feeds: Vec<(FeedRef, &Meter)> = state.board.feeds().collect();
        // Of twins the one with the longest period is saved: it knows what the others know.
        feeds.sort_by_key(|(_, meter)| std::cmp::Reverse(meter.spec().period));
        let mut met = BTreeSet::new();
        for (feed, meter) in feeds {
            let from = source_of(source, meter.spec().source.as_deref()).name();
            let key = FeedKey(format!("{from}; {}", meter.spec().identity()).into());
            let known = meter.sealed().is_some();
            let before = old.remove(&key);
            self.slots.push(Slot {
                feed,
                name: state.board.name(feed),
                twin: !met.insert(key.clone()),
                looked_for: known,
                saved: before.filter(|_| known).and_then(|slot| slot.saved),
                key,
            });
        }
        self.book = stamp;
    }

    /// Gives a feed back what was kept of it.
    fn bring_back(&mut self, state: &mut State, now: Now, of: &[usize], found: &FeedParts) {
        let slots: Vec<(FeedRef, Text)> =
            of.iter().map(|i| &self.slots[*i]).filter(|s| s.key == found.feed).map(|s| (s.feed, s.name.clone())).collect();
        for (feed, name) in slots {
            let Some(meter) = state.board.meter(feed) else { continue };
            let (spec, oldest) = (meter.spec().clone(), now.wall - meter.spec().period);
            let Some(back) = Meter::restore(spec, &found.parts) else {
                self.remark(format!("{name}: its history on disk is damaged as a whole and is read from the source again"));
                continue;
            };
            if back.meter.sealed().is_none_or(|sealed| sealed < oldest || sealed > now.wall + AHEAD) {
                continue;
            }
            if back.series_lost {
                self.remark(format!("{name}: the counters' last values on disk are damaged; counting goes on from first sights"));
            }
            for span in &back.lost {
                self.lost.insert((found.feed.clone(), *span));
                if !found.damaged.is_empty() {
                    self.remark(format!("{name}: history of {} to {} is damaged on disk; it is read again", span.from, span.to));
                }
            }
            step(state, now, Event::Restored { feed, meter: Box::new(back.meter) });
        }
    }

    fn remark(&mut self, text: String) {
        tracing::warn!("{text}");
        if self.remarks.len() < MOST_REMARKS {
            self.remarks.push(text.into());
        }
    }

    /// Takes what was read again, and starts to read what is still to be; waits for it when it is told to.
    pub(super) async fn mend(&mut self, state: &mut State, source: &Arc<dyn MetricSource>, now: Now, wait: bool) {
        self.take_all_mended(state, now, false).await;
        if self.mending.is_none() && !self.lost.is_empty() {
            self.start_mending(state, source);
        }
        self.take_all_mended(state, now, wait).await;
    }

    async fn take_all_mended(&mut self, state: &mut State, now: Now, wait: bool) {
        if let Some(done) = self.mending.take_if(|job| wait || job.is_finished()) {
            for mended in done.await.unwrap_or_default() {
                self.take_mended(state, mended, now);
            }
        }
    }

    fn start_mending(&mut self, state: &State, source: &Arc<dyn MetricSource>) {
        let mut jobs = Vec::new();
        for (key, span) in self.lost.iter().take(MOST_MENDS) {
            let slot = self.slots.iter().find(|slot| slot.key == *key);
            if let Some(meter) = slot.and_then(|slot| state.board.meter(slot.feed)) {
                jobs.push((key.clone(), *span, meter.apart(span.from)));
            }
        }
        if jobs.is_empty() {
            self.lost.clear();
            return;
        }
        let source = Arc::clone(source);
        self.mending = Some(tokio::spawn(async move {
            let mut out = Vec::new();
            for (key, span, meter) in jobs {
                let from = source_of(&source, meter.spec().source.as_deref());
                let result = read_span(&from, meter, span).await;
                out.push(Mended { key, span, result });
            }
            out
        }));
    }

    fn take_mended(&mut self, state: &mut State, mended: Mended, now: Now) {
        let Mended { key, span, result } = mended;
        // A source that does not answer is asked again at the next tick.
        let meter = match result {
            Ok(meter) => meter,
            Err(error) if error.is_transient() => return,
            Err(error) => return self.give_up(&(key, span), &error.to_string()),
        };
        if meter.series_count() == 0 {
            return self.give_up(&(key, span), "the source no longer has it");
        }
        let feeds: Vec<FeedRef> = self.slots.iter().filter(|slot| slot.key == key).map(|slot| slot.feed).collect();
        for feed in feeds {
            step(state, now, Event::Mended { feed, with: Box::new(meter.clone()), span });
        }
        self.lost.remove(&(key, span));
    }

    fn give_up(&mut self, lost: &(FeedKey, Interval), why: &str) {
        let name = self.slots.iter().find(|slot| slot.key == lost.0).map(|slot| slot.name.clone()).unwrap_or_default();
        let (from, to) = (lost.1.from, lost.1.to);
        self.remark(format!("{name}: history of {from} to {to} is missing and stays unknown: {why}"));
        self.lost.remove(lost);
    }

    /// Saves feeds whose time has come, those first that were not saved for longest; waits until it is written when told to.
    pub(super) async fn save(&mut self, state: &mut State, now: Ms, wait: bool) {
        if self.writing.as_ref().is_some_and(|writing| !writing.done.is_finished()) {
            return;
        }
        self.hear(state, now).await;
        if now < self.not_before {
            return;
        }
        let saves = self.due(state, now, MOST_SAVES);
        if !saves.is_empty() {
            self.write(saves, now);
        }
        if wait {
            self.hear(state, now).await;
        }
    }

    /// Saves everything and waits until it is written: at a stop.
    pub(super) async fn save_all(&mut self, state: &mut State, now: Ms) {
        self.hear(state, now).await;
        self.slots.iter_mut().for_each(|slot| slot.saved = None);
        while self.trouble.is_none() {
            let saves = self.due(state, now, BATCH);
            if saves.is_empty() {
                return;
            }
            self.write(saves, now);
            self.hear(state, now).await;
        }
    }

    /// What is due, taken out of the meters.
    fn due(&mut self, state: &mut State, now: Ms, most: usize) -> Vec<(FeedRef, FeedSave)> {
        let is_due = |slot: &Slot| !slot.twin && slot.saved.is_none_or(|saved| now.since(saved) >= EVERY);
        let mut due: Vec<usize> = (0..self.slots.len()).filter(|i| is_due(&self.slots[*i])).collect();
        due.sort_by_key(|i| self.slots[*i].saved);
        let mut saves = Vec::new();
        for slot in due.into_iter().take(most) {
            let slot = &mut self.slots[slot];
            slot.saved = Some(now);
            let Some(meter) = state.board.meter_mut(slot.feed) else { continue };
            let parts = meter.unsaved();
            if parts.is_empty() {
                continue;
            }
            meter.saved();
            let oldest = now - RETENTION.max(meter.spec().period + Span::from_days(1));
            saves.push((slot.feed, FeedSave { feed: slot.key.clone(), parts, forget_before: meter.page_at(oldest) }));
        }
        saves
    }

    fn write(&mut self, saves: Vec<(FeedRef, FeedSave)>, now: Ms) {
        let (feeds, saves) = saves.into_iter().unzip();
        let store = Arc::clone(&self.store);
        self.writing = Some(Writing { feeds, done: tokio::spawn(async move { store.append(saves, now).await }) });
    }

    /// Waits for the save under way and hears how it went.
    async fn hear(&mut self, state: &mut State, now: Ms) {
        let Some(writing) = self.writing.take() else { return };
        let broken = |e| StoreError { path: self.store.name().to_string(), why: format!("the work on it was broken off ({e})") };
        match writing.done.await.unwrap_or_else(|e| Err(broken(e))) {
            Ok(()) => self.trouble = None,
            Err(error) => {
                tracing::warn!("history is not kept: {error}");
                self.trouble = Some(format!("history is not kept on disk: {error}").into());
                self.not_before = now + PAUSE;
                for feed in writing.feeds {
                    if let Some(meter) = state.board.meter_mut(feed) {
                        meter.unsaved_all();
                    }
                    self.slots.iter_mut().filter(|slot| slot.feed == feed).for_each(|slot| slot.saved = None);
                }
            }
        }
    }
}

/// Reads and counts one stretch of a feed apart from its history.
async fn read_span(source: &Arc<dyn MetricSource>, mut meter: Meter, span: Interval) -> Result<Meter, SourceError> {
    let asks = meter.asks(span.from, span.to, Detail::Counts);
    // Whose feed it is does not matter here: there is only one.
    let stretch = Stretch { through: span.to, asks };
    for done in read_together(source, vec![(FeedRef::Slo(0), stretch)]).await {
        for (role, batch) in done.result? {
            meter.take(role, &batch);
        }
    }
    meter.seal(span.to);
    Ok(meter)
}
