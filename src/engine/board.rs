//! The board: every feed with its history, judged at one instant. It knows nothing of incidents.
//!
//! A failed read seals nothing: the next good read fills the gap, and until then the tracks say "no data".

use super::beside::{self, SignalFeed};
use super::sparks::{SPARK_STEP, Spark};
use crate::domain::base::{Interval, Labels, Ms, SloId, Span, Text};
use crate::domain::judge::{Beside, CompositeJudge, Judge, Lull, Part, RuleRef, Verdict};
use crate::domain::measure::{Ask, Batch, CountedPlan, Counts, Detail, Meter, MeterSpec, Plan, Role, Track};
use crate::domain::objective::{
    BreachRule, CapacityHow, CapacityPrice, Counter, Level, RevenueStream, Rulebook, Side, Sli, Slo, StreamMethod,
};
use rust_decimal::prelude::ToPrimitive;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How far back transactions are known: incidents are costed while they are young.
const STREAM_HISTORY: Span = Span::from_days(3);
/// How far back orders are known where they are compared with earlier weeks: five of them, and the rebound.
const SEASONS: Span = Span::from_days(38);
/// How far back single values of replicas are known.
const REPLICA_HISTORY: Span = Span::from_hours(24);
/// How far back a first read asks for every detail.
const DETAILED: Span = Span::from_hours(2);
/// History is read in stretches of this, so that a feed of many series never holds its whole period as samples.
const STRETCH: Span = Span::from_days(5);
/// A feed of more series is read in shorter stretches: 14 million samples of 15 s at once, 230 MB.
const MANY_SERIES: usize = 500;

/// Composites of composites end here.
const DEEPEST: usize = 16;

/// Which feed a read is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedRef {
    /// Of an SLO, by its place in the rulebook.
    Slo(usize),
    /// Of a counter of a revenue stream, by its place on the board.
    Stream(usize),
    /// Of an expression that rules ask beside their SLIs, by its place on the board.
    Signal(usize),
    /// Of a number of replicas, by its place on the board.
    Replicas(usize),
}

/// What a feed must read so that everything is known: stretches of time in order, each taken before the next is read.
#[derive(Clone, Debug)]
pub struct FeedRead {
    /// Whose it is.
    pub feed: FeedRef,
    /// The source by name; the default one when absent.
    pub source: Option<Text>,
    /// Stretches, oldest first.
    pub stretches: Vec<Stretch>,
}

/// One stretch of time. All of its answers count or none.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Everything through here is known with it.
    pub through: Ms,
    /// What to ask, in the order in which answers must be taken.
    pub asks: Vec<(Role, Ask)>,
}

/// An SLO with its history, its judges (one a track) and its latest verdicts.
#[derive(Debug)]
pub struct SloFeed {
    /// The SLO.
    pub slo: Arc<Slo>,
    /// Its history.
    pub meter: Meter,
    judges: Vec<(Labels, Judge)>,
    /// Judges a composite from its members.
    whole: Option<CompositeJudge>,
    /// Latest verdicts, in the order of the meter's tracks.
    pub verdicts: Vec<Arc<Verdict>>,
    /// Verdicts before those, in the same order: memory for the next ones once nobody looks at them any more.
    spare: Vec<Option<Arc<Verdict>>>,
    /// Small charts, in the same order.
    pub sparks: Vec<Spark>,
    /// Burn rates over the last hour of tracks whose verdicts were left as they are, in the same order; empty where nobody
    /// follows them.
    pub hours: Vec<Option<f64>>,
}

/// Which counters of a stream a feed reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamPart {
    /// Those its method finds a loss by.
    Loss,
    /// Orders that came, to see them come back.
    Orders,
}

/// A revenue stream with the history of one part of its counters.
#[derive(Debug)]
pub struct StreamFeed {
    /// The stream.
    pub stream: RevenueStream,
    /// Which part.
    pub part: StreamPart,
    /// Its history.
    pub meter: Meter,
}

/// Replicas behind a price of capacity.
#[derive(Debug)]
pub struct ReplicaFeed {
    /// The price's name.
    pub name: Text,
    /// Their history.
    pub meter: Meter,
}

/// All feeds.
#[derive(Debug)]
pub struct Board {
    step: Span,
    /// SLOs, in the rulebook's order.
    pub slos: Vec<SloFeed>,
    /// Revenue streams, in the business file's order, each with one or two parts.
    pub streams: Vec<StreamFeed>,
    /// Expressions that rules look at beside their SLIs.
    pub signals: Vec<SignalFeed>,
    /// Replicas that are metered.
    pub replicas: Vec<ReplicaFeed>,
    /// The instant judged last.
    pub at: Option<Ms>,
    /// Whether small charts are drawn: not where nobody looks at them.
    pub draws: bool,
    /// Whether tracks of which it is sure that nothing new is to be said keep the verdict they have.
    pub(super) skips: bool,
    /// Whether the burn rate over the last hour is wanted of those, too.
    pub(super) follows: bool,
    spark_at: Option<Ms>,
}

impl Board {
    /// An empty board for a rulebook: no history, nothing judged.
    pub fn new(book: &Rulebook) -> Self {
        let step = book.timing.step;
        let slos = book.slos.iter().map(|slo| SloFeed::new(slo, step)).collect();
        let signals = beside::feeds(&book.slos, step);
        let streams = book.business.iter().flat_map(|b| &b.streams).flat_map(|s| StreamFeed::all(s, step)).collect();
        let replicas = book.business.iter().flat_map(|b| &b.capacity).filter_map(|c| ReplicaFeed::new(c, step)).collect();
        Self { step, slos, streams, signals, replicas, at: None, draws: true, skips: false, follows: false, spark_at: None }
    }

    /// A board for a new rulebook that keeps the history of feeds whose measuring did not change.
    #[must_use]
    pub fn renewed(self, book: &Rulebook) -> Self {
        let mut old = self;
        let mut new = Self::new(book);
        if new.step != old.step {
            return new;
        }
        for feed in &mut new.slos {
            if let Some(i) = old.slos.iter().position(|o| o.meter.spec() == feed.meter.spec()) {
                feed.meter = old.slos.swap_remove(i).meter;
            } else if let Some(i) = old.slos.iter().position(|o| o.meter.spec().measures_like(feed.meter.spec())) {
                feed.meter.go_on_from(old.slos.swap_remove(i).meter);
            }
        }
        for feed in &mut new.streams {
            if let Some(i) = old.streams.iter().position(|o| o.meter.spec() == feed.meter.spec()) {
                feed.meter = old.streams.swap_remove(i).meter;
            }
        }
        for feed in &mut new.signals {
            if let Some(i) = old.signals.iter().position(|o| o.meter.spec() == feed.meter.spec()) {
                feed.meter = old.signals.swap_remove(i).meter;
            }
        }
        for feed in &mut new.replicas {
            if let Some(i) = old.replicas.iter().position(|o| o.meter.spec() == feed.meter.spec()) {
                feed.meter = old.replicas.swap_remove(i).meter;
            }
        }
        new
    }

    /// Distance of evaluations.
    pub const fn step(&self) -> Span {
        self.step
    }

    /// What must be read so that everything is known through `at`. A feed without history asks for its whole period: counts
    /// for most of it, every detail for the last hours.
    pub fn reads(&mut self, at: Ms) -> Vec<FeedRead> {
        let stretches: Vec<Span> = self.slos.iter().map(|f| stretch(f.slo.series)).collect();
        let stretch = |feed| match feed {
            FeedRef::Slo(i) => stretches.get(i).copied().unwrap_or(STRETCH),
            _ => STRETCH,
        };
        self.meters().filter_map(|(feed, meter)| feed_read(feed, meter, at, stretch(feed))).collect()
    }

    /// What must be read so that everything in `(from, through]` is known in every detail, one stretch a feed: for drivers
    /// that read ahead of the instant they judge.
    pub fn reads_ahead(&mut self, from: Ms, through: Ms) -> Vec<FeedRead> {
        let stretch = |meter: &mut Meter| Stretch { through, asks: meter.asks(from, through, Detail::Full) };
        self.meters()
            .map(|(feed, meter)| FeedRead { feed, source: meter.spec().source.clone(), stretches: vec![stretch(meter)] })
            .collect()
    }

    /// The sources that feeds name; `None` is the default one. Composites have no samples of their own.
    pub fn sources(&self) -> BTreeSet<Option<Text>> {
        let slos = self.slos.iter().filter(|f| f.whole.is_none()).map(|f| &f.meter);
        let streams = self.streams.iter().map(|f| &f.meter);
        let signals = self.signals.iter().map(|f| &f.meter);
        let replicas = self.replicas.iter().map(|f| &f.meter);
        slos.chain(streams).chain(signals).chain(replicas).map(|meter| meter.spec().source.clone()).collect()
    }

    fn meters(&mut self) -> impl Iterator<Item = (FeedRef, &mut Meter)> {
        let slos = self.slos.iter_mut().enumerate().map(|(i, f)| (FeedRef::Slo(i), &mut f.meter));
        let streams = self.streams.iter_mut().enumerate().map(|(i, f)| (FeedRef::Stream(i), &mut f.meter));
        let signals = self.signals.iter_mut().enumerate().map(|(i, f)| (FeedRef::Signal(i), &mut f.meter));
        let replicas = self.replicas.iter_mut().enumerate().map(|(i, f)| (FeedRef::Replicas(i), &mut f.meter));
        slos.chain(streams).chain(signals).chain(replicas)
    }

    /// Takes all answers of a feed, in the order of its asks, and seals it through `through`.
    pub fn take(&mut self, feed: FeedRef, through: Ms, answers: &[(Role, Arc<Batch>)]) {
        if let Some(meter) = self.meter_mut(feed) {
            for (role, batch) in answers {
                meter.take(*role, batch);
            }
            meter.seal(through);
        }
    }

    /// The latest instant that anything is known through: rules that were read again have judged nothing yet and know it all the
    /// same.
    pub(super) fn known_through(&self) -> Option<Ms> {
        let slos = self.slos.iter().map(|f| &f.meter).chain(self.streams.iter().map(|f| &f.meter));
        let beside = self.signals.iter().map(|f| &f.meter).chain(self.replicas.iter().map(|f| &f.meter));
        slos.chain(beside).filter_map(Meter::sealed).max().max(self.at)
    }

    /// A tick of a feed that is counted here brought more series than it may count. A fill holds series that are long gone.
    pub(super) fn is_crowded(&self, feed: FeedRef, answers: &[(Role, Arc<Batch>)]) -> bool {
        let FeedRef::Slo(place) = feed else { return false };
        let Some(slo) = self.slos.get(place).map(|feed| &feed.slo).filter(|_| self.at.is_some()) else { return false };
        matches!(slo.plan, Plan::Counted(_)) && answers.iter().any(|(_, batch)| batch.series_count() > slo.count_up_to)
    }

    /// A feed that knows nothing yet gets back what was kept of it.
    pub(super) fn restore(&mut self, feed: FeedRef, meter: Meter) {
        if let Some(own) = self.meter_mut(feed).filter(|own| own.sealed().is_none() && own.spec() == meter.spec()) {
            *own = meter;
        }
    }

    /// A stretch that was damaged is known again.
    pub(super) fn mend(&mut self, feed: FeedRef, with: &Meter, span: Interval) {
        if let Some(meter) = self.meter_mut(feed).filter(|own| own.spec() == with.spec()) {
            meter.mend(with, span);
        }
    }

    /// All feeds whose history is kept on disk: expressions beside SLIs are read anew within seconds, composites have none, and
    /// numbers of replicas are of interest for a day.
    pub(super) fn feeds(&self) -> impl Iterator<Item = (FeedRef, &Meter)> {
        let slos = self.slos.iter().enumerate().filter(|(_, f)| f.whole.is_none()).map(|(i, f)| (FeedRef::Slo(i), &f.meter));
        let streams = self.streams.iter().enumerate().map(|(i, f)| (FeedRef::Stream(i), &f.meter));
        slos.chain(streams)
    }

    /// What people know a feed by.
    pub(super) fn name(&self, feed: FeedRef) -> Text {
        let name = match feed {
            FeedRef::Slo(i) => self.slos.get(i).map(|f| f.slo.id.0.clone()),
            FeedRef::Signal(i) => self.signals.get(i).map(|f| f.signal.text.clone()),
            FeedRef::Stream(i) => self.streams.get(i).map(|f| match f.part {
                StreamPart::Loss => f.stream.name.clone(),
                StreamPart::Orders => format!("{} (orders)", f.stream.name).into(),
            }),
            FeedRef::Replicas(i) => self.replicas.get(i).map(|f| f.name.clone()),
        };
        name.unwrap_or_else(|| Text::from(""))
    }

    pub(super) fn meter(&self, feed: FeedRef) -> Option<&Meter> {
        match feed {
            FeedRef::Slo(i) => self.slos.get(i).map(|f| &f.meter),
            FeedRef::Stream(i) => self.streams.get(i).map(|f| &f.meter),
            FeedRef::Signal(i) => self.signals.get(i).map(|f| &f.meter),
            FeedRef::Replicas(i) => self.replicas.get(i).map(|f| &f.meter),
        }
    }

    pub(super) fn meter_mut(&mut self, feed: FeedRef) -> Option<&mut Meter> {
        match feed {
            FeedRef::Slo(i) => self.slos.get_mut(i).map(|f| &mut f.meter),
            FeedRef::Stream(i) => self.streams.get_mut(i).map(|f| &mut f.meter),
            FeedRef::Signal(i) => self.signals.get_mut(i).map(|f| &mut f.meter),
            FeedRef::Replicas(i) => self.replicas.get_mut(i).map(|f| &mut f.meter),
        }
    }

    /// How long before an instant evaluations must begin so that every hold is known at it.
    pub fn warm_up(&self) -> Span {
        self.slos.iter().map(|f| Judge::memory(&f.slo)).max().unwrap_or_default() + self.step * 2
    }

    /// Judges every track at `at`, which should rise by one step from call to call. Bounded by tracks x windows; allocates
    /// only when a track is new or a small chart moves.
    pub fn judge(&mut self, at: Ms) {
        let beside = self.read_beside(at);
        // Composites are made of their members' verdicts, so these must be fresh.
        let (skips, follows) = (self.skips && self.slos.iter().all(|feed| feed.whole.is_none()), self.follows);
        for (i, feed) in self.slos.iter_mut().enumerate().filter(|(_, feed)| feed.whole.is_none()) {
            if skips && feed.rests(None, at, follows) {
                continue;
            }
            let known = beside.iter().find(|(of, _)| *of == i).map_or(&[][..], |(_, list)| list);
            feed.judge(at, self.step, known);
        }
        self.judge_composites(at, &beside);
        self.at = Some(at);
        if !self.draws {
            return;
        }
        let spark_at = at.floor_to(SPARK_STEP);
        let grew = self.slos.iter().any(|f| f.sparks.len() != f.verdicts.len());
        if self.spark_at != Some(spark_at) || grew {
            for feed in &mut self.slos {
                feed.draw_sparks(spark_at);
            }
            for i in (0..self.slos.len()).filter(|i| self.slos[*i].whole.is_some()).collect::<Vec<_>>() {
                let part = self.part(&self.slos[i]);
                let spark = Spark::new(spark_at, |end, window| part.burn(end, window));
                self.slos[i].sparks = vec![spark];
            }
            self.spark_at = Some(spark_at);
        }
    }

    /// True when every SLO rests at `at`: nothing that a verdict decides by is new. With burn rates where they are followed.
    pub(super) fn rests(&mut self, at: Ms) -> bool {
        let follows = self.follows;
        self.slos.iter_mut().all(|feed| feed.rests(None, at, follows))
    }

    /// Composites come after their members, whose verdicts they are made of.
    fn judge_composites(&mut self, at: Ms, beside: &[(usize, Vec<Vec<Beside>>)]) {
        for i in 0..self.slos.len() {
            let Some(mut judge) = self.slos[i].whole.take() else { continue };
            let mut verdict = Arc::unwrap_or_clone(std::mem::take(&mut self.slos[i].verdicts[0]));
            let known = beside.iter().find(|(of, _)| *of == i).and_then(|(_, list)| list.first());
            judge.evaluate(&self.slos[i].slo, &self.part(&self.slos[i]), at, known.map_or(&[], Vec::as_slice), &mut verdict);
            self.slos[i].verdicts[0] = Arc::new(verdict);
            self.slos[i].whole = Some(judge);
        }
    }

    /// An SLO as a part of composites. Cycles were refused when the files were read, and end here in any case.
    fn part<'a>(&'a self, feed: &'a SloFeed) -> Part<'a> {
        self.part_within(feed, DEEPEST)
    }

    fn part_within<'a>(&'a self, feed: &'a SloFeed, deep: usize) -> Part<'a> {
        let Some(composite) = feed.slo.sli.composite().filter(|_| deep > 0) else {
            let tracks = feed.meter.tracks().iter().zip(&feed.verdicts).map(|(track, verdict)| (track, &**verdict));
            return Part::One { slo: &feed.slo, tracks: tracks.collect() };
        };
        let member = |(id, weight): &(SloId, rust_decimal::Decimal)| {
            let feed = self.slo(id.as_str())?;
            Some((weight.to_f64().unwrap_or(1.0), self.part_within(feed, deep - 1)))
        };
        Part::Many { how: composite.how, parts: composite.of.iter().filter_map(member).collect() }
    }

    /// The SLOs that a composite is made of in the end.
    pub fn leaves<'a>(&'a self, feed: &'a SloFeed) -> Vec<&'a SloFeed> {
        let mut found: Vec<&SloFeed> = Vec::new();
        for (slo, ..) in self.part(feed).tracks() {
            if !found.iter().any(|f| f.slo.id == slo.id) {
                found.extend(self.slo(slo.id.as_str()));
            }
        }
        found
    }

    /// What rules of SLOs look at beside their tracks: for each SLO that has such rules, by track and rule.
    fn read_beside(&self, at: Ms) -> Vec<(usize, Vec<Vec<Beside>>)> {
        let asking = self.slos.iter().enumerate().filter(|(_, feed)| feed.slo.breach.iter().any(BreachRule::looks_beside));
        let of_track = |feed: &SloFeed, track: &Track| beside::beside(&feed.slo, &track.group, &self.signals, &self.slos, at);
        asking.map(|(i, feed)| (i, feed.meter.tracks().iter().map(|track| of_track(feed, track)).collect())).collect()
    }

    /// The track whose buckets a rule is told from: the SLO's own, but for spikes of another expression that one's.
    pub fn bucket_track<'a>(&'a self, slo: &Slo, rule: RuleRef, own: &'a Track) -> &'a Track {
        let RuleRef::Breach(i) = rule else { return own };
        match slo.breach.get(i).map(|rule| &rule.level) {
            Some(Level::Spike(spike)) => {
                spike.of.as_ref().and_then(|signal| beside::track_of(&self.signals, slo, signal)).unwrap_or(own)
            }
            _ => own,
        }
    }

    /// The instant through which every SLO is known; absent before the first good read of all.
    pub fn sealed(&self) -> Option<Ms> {
        self.slos.iter().map(|f| f.meter.sealed()).min().flatten()
    }

    /// The feed of an SLO.
    pub fn slo(&self, id: &str) -> Option<&SloFeed> {
        self.slos.iter().find(|f| f.slo.id.as_str() == id)
    }
}

impl SloFeed {
    fn new(slo: &Arc<Slo>, step: Span) -> Self {
        let meter = Meter::new(slo.meter_spec(step));
        let whole = slo.sli.composite().map(|_| CompositeJudge::new(slo, step));
        let verdicts = whole.iter().map(|_| Arc::default()).collect();
        let (judges, spare) = (Vec::new(), Vec::new());
        Self { slo: Arc::clone(slo), meter, judges, whole, verdicts, spare, sparks: Vec::new(), hours: Vec::new() }
    }

    /// True when the verdicts it has may stay at `at`, told from its own tracks or from those of another feed that measures
    /// the same.
    pub(super) fn rests(&mut self, lent: Option<&[Track]>, at: Ms, follows: bool) -> bool {
        let rests = self.lulls(lent, at, &mut Vec::new()).is_some();
        if rests && follows {
            self.follow(lent, at);
        }
        rests
    }

    /// For how long each of the tracks is calm, together with what is in `all` already, in their order; `None` when one is
    /// not, or nothing can be told.
    pub(super) fn lulls(&mut self, lent: Option<&[Track]>, at: Ms, all: &mut Vec<Lull>) -> Option<()> {
        let Self { meter, judges, whole, .. } = self;
        let tracks = lent.unwrap_or_else(|| meter.tracks());
        if whole.is_some() || tracks.len() != judges.len() {
            return None;
        }
        for (i, (track, (group, judge))) in tracks.iter().zip(judges).enumerate() {
            let lull = judge.lull(track, at).filter(|_| track.group == *group)?;
            match all.get_mut(i) {
                Some(known) => *known = known.and(lull)?,
                None => all.push(lull),
            }
        }
        Some(())
    }

    /// Burn rates over the last hour, of verdicts that are left as they are.
    pub(super) fn follow(&mut self, lent: Option<&[Track]>, at: Ms) {
        let Self { meter, judges, hours, .. } = self;
        let tracks = lent.unwrap_or_else(|| meter.tracks());
        hours.clear();
        hours.extend(tracks.iter().zip(judges).map(|(track, (_, judge))| judge.hour_burn(track, at)));
    }

    fn judge(&mut self, at: Ms, step: Span, beside: &[Vec<Beside>]) {
        let tracks = self.meter.tracks();
        let same = tracks.len() == self.judges.len() && tracks.iter().zip(&self.judges).all(|(t, (g, _))| t.group == *g);
        if !same {
            let mut old = std::mem::take(&mut self.judges);
            for track in tracks {
                let kept = old.iter().position(|(g, _)| *g == track.group).map(|i| old.swap_remove(i));
                self.judges.push(kept.unwrap_or_else(|| (track.group.clone(), Judge::new(&self.slo, step))));
            }
            self.verdicts = tracks.iter().map(|_| Arc::default()).collect();
            self.spare = tracks.iter().map(|_| None).collect();
            self.sparks.clear();
        }
        let verdicts = self.verdicts.iter_mut().zip(&mut self.spare);
        for (i, ((track, (_, judge)), (verdict, spare))) in tracks.iter().zip(&mut self.judges).zip(verdicts).enumerate() {
            let beside = beside.get(i).map_or(&[][..], Vec::as_slice);
            judge.evaluate_beside(&self.slo, track, at, beside, writable(verdict, spare));
        }
    }

    fn draw_sparks(&mut self, at: Ms) {
        let before = std::mem::take(&mut self.sparks);
        let tracks = self.meter.tracks().iter().enumerate();
        self.sparks = tracks.map(|(i, track)| Spark::of_track(before.get(i), &self.slo, track, at)).collect();
    }

    /// Tracks with their verdicts.
    pub fn judged(&self) -> impl Iterator<Item = (&Track, &Arc<Verdict>)> {
        self.meter.tracks().iter().zip(&self.verdicts)
    }
}

impl StreamFeed {
    /// The feeds of a stream: what its method needs, and orders where they are watched coming back.
    fn all(stream: &RevenueStream, step: Span) -> Vec<Self> {
        let count = |c: &Option<Counter>| c.as_ref().map(|c| c.count.clone()).unwrap_or_default();
        let some = |c: &Option<Counter>| c.as_ref().map(|c| c.count.clone());
        let (bad, total, period) = match stream.method {
            StreamMethod::FailedTransactions => (count(&stream.failed), None, STREAM_HISTORY),
            StreamMethod::Excess => (count(&stream.failed), some(&stream.total), STREAM_HISTORY),
            StreamMethod::Conversion => (count(&stream.orders), some(&stream.sessions), STREAM_HISTORY),
            StreamMethod::Seasonal => (count(&stream.orders), None, SEASONS),
        };
        let feed = |part, bad, total, period| {
            let plan = Plan::Counted(CountedPlan::Events { bad, total });
            let spec = MeterSpec { step, period, source: stream.source.clone(), ..MeterSpec::new(plan) };
            Self { stream: stream.clone(), part, meter: Meter::new(spec) }
        };
        let mut feeds = vec![feed(StreamPart::Loss, bad, total, period)];
        if stream.rebound.is_some() && stream.method != StreamMethod::Seasonal {
            feeds.push(feed(StreamPart::Orders, count(&stream.orders), None, SEASONS));
        }
        feeds
    }

    /// Slices of the step that had samples within a stretch.
    pub fn observed(&self, over: Interval) -> usize {
        self.meter.tracks().iter().map(|t| t.history.counts(over.from, over.to).observed as usize).sum()
    }
}

impl ReplicaFeed {
    /// `None` where capacity is not metered.
    fn new(price: &CapacityPrice, step: Span) -> Option<Self> {
        let CapacityHow::Metered { plan, .. } = &price.how else { return None };
        // Any number of replicas is a good one: only the values are of interest.
        let good = Some((Side::Above, f64::NEG_INFINITY));
        let (period, slack, source) = (REPLICA_HISTORY, REPLICA_HISTORY, price.source.clone());
        let spec = MeterSpec { source, step, period, slack, good, ..MeterSpec::new(plan.clone()) };
        Some(Self { name: price.name.clone(), meter: Meter::new(spec) })
    }
}

/// A verdict to write the next one into, whole. Snapshots hold the last one, and mostly nobody the one before that.
fn writable<'a>(verdict: &'a mut Arc<Verdict>, spare: &mut Option<Arc<Verdict>>) -> &'a mut Verdict {
    if Arc::get_mut(verdict).is_none() {
        let free = spare.take().filter(|spare| Arc::strong_count(spare) == 1).unwrap_or_default();
        *spare = Some(std::mem::replace(verdict, free));
    }
    Arc::make_mut(verdict)
}

/// Burn rate over a window of the past: error ratio over budget, or occurrences over what is allowed.
pub(super) fn burn(slo: &Slo, track: &Track, end: Ms, window: Span) -> Option<f64> {
    burn_of(slo, &track.history.counts(end - window, end), window)
}

/// The burn of what was counted over a window.
pub(super) fn burn_of(slo: &Slo, counts: &Counts, window: Span) -> Option<f64> {
    match (&slo.sli, slo.target) {
        (Sli::Occurrences { allowed, per, .. }, _) => {
            let allowed = allowed.to_f64()? * window.secs_f64() / per.secs_f64();
            (counts.observed > 0 && allowed > 0.0).then(|| counts.bad / allowed)
        }
        (_, Some(target)) => counts.ratio().map(|ratio| ratio / target.budget()),
        _ => None,
    }
}

/// How much history of so many series is read at once: that of more of them in shorter stretches, whole hours long.
fn stretch(series: Option<usize>) -> Span {
    let times = series.map_or(1, |n| n.div_ceil(MANY_SERIES).max(1)) as i64;
    let hours = STRETCH.0 / times / Span::from_hours(1).0;
    Span::from_hours(hours.max(1))
}

fn feed_read(feed: FeedRef, meter: &mut Meter, at: Ms, stretch: Span) -> Option<FeedRead> {
    let mut from = meter.sealed().unwrap_or(at - meter.spec().period - Span::from_mins(30));
    let mut stretches = Vec::new();
    while from < at {
        let recent = from >= at - DETAILED;
        let through = if recent { at } else { (from + stretch).min(at - DETAILED) };
        let detail = if recent { Detail::Full } else { Detail::Counts };
        stretches.push(Stretch { through, asks: meter.asks(from, through, detail) });
        from = through;
    }
    (!stretches.is_empty()).then(|| FeedRead { feed, source: meter.spec().source.clone(), stretches })
}
