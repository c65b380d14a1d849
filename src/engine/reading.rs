//! Carries out reads: those of a tick together; at a fill as many feeds together as memory allows, the stretches of each one
//! after the other, every answer told as it comes. Each source is read for itself, beside the others: one that is silent keeps
//! nobody else's answers back.

use super::board::{FeedRead, FeedRef, Stretch};
use crate::domain::base::{Ms, Text};
use crate::domain::measure::{Ask, Batch, Role};
use crate::ports::{MetricSource, SourceError, source_of};
use futures_util::StreamExt;
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// A stretch of a feed, and how its reads ended.
pub struct Done {
    /// The feed.
    pub feed: FeedRef,
    /// The source that was asked, by name; the default one when absent.
    pub source: Option<Text>,
    /// End of the stretch.
    pub through: Ms,
    /// Its answers, in the order of the asks.
    pub result: Result<Vec<(Role, Arc<Batch>)>, SourceError>,
    /// What the source warned of.
    pub warnings: Vec<String>,
    /// Its part of the room that its round takes in memory: the next round is read when all feeds of one were taken.
    pub(super) room: Option<Arc<OwnedSemaphorePermit>>,
}

/// Carries out `reads`; ends early when nobody listens any more. Feeds are read together, so that a source can answer many by
/// one request; with a `concurrency` of 1 nothing is read while something else is.
pub async fn read_all(source: Arc<dyn MetricSource>, reads: Vec<FeedRead>, concurrency: usize, answer: mpsc::Sender<Done>) {
    let mut of_sources: BTreeMap<Option<Text>, Vec<FeedRead>> = BTreeMap::new();
    for read in reads {
        of_sources.entry(read.source.clone()).or_default().push(read);
    }
    let each = of_sources.into_iter().map(|(name, reads)| {
        let one = One { source: source_of(&source, name.as_deref()), name };
        let answer = &answer;
        async move { read_one(&one, reads, concurrency, answer).await }
    });
    join_all(each).await;
}

/// A source and the name that feeds know it by.
struct One {
    source: Arc<dyn MetricSource>,
    name: Option<Text>,
}

async fn read_one(source: &One, reads: Vec<FeedRead>, concurrency: usize, answer: &mpsc::Sender<Done>) {
    let (following, filling): (Vec<FeedRead>, Vec<FeedRead>) = reads.into_iter().partition(|r| r.stretches.len() == 1);
    tokio::join!(follow(source, following, answer), fill(source, filling, concurrency, answer));
}

/// Feeds whose history is read by one round of requests at first, while nothing is known of their size.
const FIRST_ROUND: usize = 4;
/// Feeds in one round at most.
const MOST_FEEDS: usize = 256;
/// Rounds of one source in memory: two are read at once, and one may wait to be counted. Reading is quicker than counting, so all
/// of the past would wait otherwise.
const ROUNDS: usize = 3;
/// Samples of one round, at 16 bytes a sample. Many feeds have thousands of them a request, few have megabytes in memory.
const MOST_SAMPLES: usize = 250_000;

/// What is left to fill, and how large a stretch of a feed was at most.
struct Filling {
    left: Mutex<VecDeque<FeedRead>>,
    most: AtomicUsize,
    rooms: Arc<Semaphore>,
}

/// Feeds that are read together.
struct Round {
    /// Of each feed that is not at its end yet, its next stretch.
    stretches: Vec<Vec<(FeedRef, Stretch)>>,
    /// So many stretches are asked for at once.
    at_once: usize,
}

impl Round {
    fn new(reads: Vec<FeedRead>, at_once: usize) -> Self {
        let mut stretches = Vec::new();
        for read in reads {
            for (i, stretch) in read.stretches.into_iter().enumerate() {
                if stretches.len() <= i {
                    stretches.push(Vec::new());
                }
                stretches[i].push((read.feed, stretch));
            }
        }
        Self { stretches, at_once }
    }
}

impl Filling {
    /// The next feeds to be read together: as many as memory allows, and only such as begin at the same time.
    fn next(&self) -> Option<Round> {
        let most = self.most.load(Ordering::Relaxed);
        let size = MOST_SAMPLES.checked_div(most).map_or(FIRST_ROUND, |n| n.clamp(1, MOST_FEEDS));
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mut round: Vec<FeedRead> = Vec::new();
        while round.len() < size
            && left.front().is_some_and(|next| round.first().is_none_or(|first| begins(first) == begins(next)))
        {
            round.extend(left.pop_front());
        }
        // Few feeds alone have room for one stretch more, so that the source works while the one before is decoded.
        let few = left.is_empty() && round.len() <= FIRST_ROUND;
        (!round.is_empty()).then(|| Round::new(round, if few { 2 } else { 1 }))
    }

    /// The stretches of a round, in their order, so many asked for at once; a feed that failed once is left alone, as later
    /// stretches could not be taken without it. False when nobody listens any more.
    async fn read(&self, source: &One, round: Round, answer: &mpsc::Sender<Done>) -> bool {
        let failed: Mutex<BTreeSet<FeedRef>> = Mutex::default();
        let lock = || failed.lock().unwrap_or_else(PoisonError::into_inner);
        let stretches = round.stretches.into_iter().map(|mut next| {
            next.retain(|(feed, _)| !lock().contains(feed));
            self.read_in_room(source, next)
        });
        let mut answers = futures_util::stream::iter(stretches).buffered(round.at_once);
        while let Some(all) = answers.next().await {
            for done in all {
                let samples = done.result.iter().flatten().map(|(_, batch)| batch.len()).sum();
                self.most.fetch_max(samples, Ordering::Relaxed);
                if lock().contains(&done.feed) {
                    continue;
                }
                if done.result.is_err() {
                    lock().insert(done.feed);
                }
                if answer.send(done).await.is_err() {
                    return false;
                }
            }
        }
        true
    }

    async fn read_in_room(&self, source: &One, stretches: Vec<(FeedRef, Stretch)>) -> Vec<Done> {
        // Never closed, so this always gives a permit.
        let room = Arc::clone(&self.rooms).acquire_owned().await.ok().map(Arc::new);
        let mut all = source.read(stretches).await;
        for done in &mut all {
            done.room.clone_from(&room);
        }
        all
    }
}

fn begins(read: &FeedRead) -> Option<Ms> {
    read.stretches.first().map(|stretch| stretch.through)
}

/// Long histories: feeds in rounds, so that one request brings a stretch of many; two rounds side by side, so that one is
/// counted while the other is read.
async fn fill(source: &One, mut reads: Vec<FeedRead>, concurrency: usize, answer: &mpsc::Sender<Done>) {
    reads.sort_by_key(begins);
    let filling = Filling { left: Mutex::new(reads.into()), most: AtomicUsize::new(0), rooms: Arc::new(Semaphore::new(ROUNDS)) };
    let rounds = async || {
        while let Some(mut round) = filling.next() {
            round.at_once = round.at_once.min(concurrency.max(1));
            if !filling.read(source, round, answer).await {
                return;
            }
        }
    };
    if concurrency > 1 {
        tokio::join!(rounds(), rounds());
    } else {
        rounds().await;
    }
}

/// One stretch of each feed, all at once.
async fn follow(source: &One, reads: Vec<FeedRead>, answer: &mpsc::Sender<Done>) {
    let stretches: Vec<(FeedRef, Stretch)> =
        reads.into_iter().flat_map(|r| r.stretches.into_iter().map(move |s| (r.feed, s))).collect();
    for done in source.read(stretches).await {
        if answer.send(done).await.is_err() {
            return;
        }
    }
}

impl One {
    async fn read(&self, stretches: Vec<(FeedRef, Stretch)>) -> Vec<Done> {
        let done = read_together(&self.source, stretches).await;
        done.into_iter().map(|done| Done { source: self.name.clone(), ..done }).collect()
    }
}

/// A stretch of each feed, asked for together of one source.
pub(super) async fn read_together(source: &Arc<dyn MetricSource>, stretches: Vec<(FeedRef, Stretch)>) -> Vec<Done> {
    let (mut asks, mut wanted) = (Vec::new(), Vec::with_capacity(stretches.len()));
    for (feed, stretch) in stretches {
        let (roles, own): (Vec<Role>, Vec<Ask>) = stretch.asks.into_iter().unzip();
        asks.extend(own);
        wanted.push((feed, stretch.through, roles));
    }
    let mut answers = source.read_many(&asks).await.into_iter();
    let mut all = Vec::with_capacity(wanted.len());
    for (feed, through, roles) in wanted {
        let (mut warnings, mut result) = (Vec::new(), Ok(Vec::with_capacity(roles.len())));
        // Every answer is taken off the list, also after one that failed.
        for (role, answer) in roles.into_iter().zip(answers.by_ref()) {
            match (answer, &mut result) {
                (Ok((batch, coverage)), Ok(list)) => {
                    warnings.extend(coverage.warnings);
                    list.push((role, Arc::new(batch)));
                }
                (Err(error), Ok(_)) => result = Err(error),
                (_, Err(_)) => {}
            }
        }
        all.push(Done { feed, source: None, through, result, warnings, room: None });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::{Labels, Span};
    use crate::domain::measure::{Coverage, Selector, Sink};
    use crate::ports::Job;

    const FEEDS: usize = 60;
    const STRETCHES: i64 = 3;
    const SAMPLES: i64 = 50_000;

    /// Answers at once, with many samples, and counts how often it was asked.
    #[derive(Default)]
    struct Ready {
        requests: AtomicUsize,
        asks: AtomicUsize,
    }

    impl MetricSource for Ready {
        fn name(&self) -> Text {
            "ready".into()
        }

        fn read<'a>(&'a self, _: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
            into.series(&Labels::default());
            (0..SAMPLES).for_each(|at| into.sample(Ms(at), 1.0));
            Box::pin(async { Ok(Coverage::default()) })
        }

        fn read_many<'a>(&'a self, asks: &'a [Ask]) -> Job<'a, Vec<Result<(Batch, Coverage), SourceError>>> {
            self.requests.fetch_add(1, Ordering::Relaxed);
            self.asks.fetch_add(asks.len(), Ordering::Relaxed);
            Box::pin(async move {
                let mut answers = Vec::new();
                for ask in asks {
                    let mut batch = Batch::default();
                    answers.push(self.read(ask, &mut batch).await.map(|coverage| (batch, coverage)));
                }
                answers
            })
        }

        fn series<'a>(&'a self, _: &'a [Selector], _: Ms, _: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    fn read(feed: usize) -> FeedRead {
        let day = Span::from_days(1).0;
        let ask = |i: i64| Ask::Eval { expr: "1".into(), from: Ms(i * day), to: Ms((i + 1) * day), step: Span(1_000) };
        let stretch = |i: i64| Stretch { through: Ms((i + 1) * day), asks: vec![(Role::default(), ask(i))] };
        FeedRead { feed: FeedRef::Slo(feed), source: None, stretches: (0..STRETCHES).map(stretch).collect() }
    }

    #[tokio::test]
    async fn what_is_not_counted_yet_keeps_the_past_from_piling_up_in_memory() {
        let source = Arc::new(Ready::default());
        let (answer, mut answers) = mpsc::channel(1_000);
        let reading =
            tokio::spawn(read_all(Arc::clone(&source) as Arc<dyn MetricSource>, (0..FEEDS).map(read).collect(), 4, answer));
        let (mut taken, mut through) = (0, vec![Ms(0); FEEDS]);
        let most = ROUNDS * (MOST_SAMPLES / SAMPLES as usize).max(FIRST_ROUND);
        while let Some(done) = answers.recv().await {
            // It gets all the time it wants to read further.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            let waiting = source.asks.load(Ordering::Relaxed) - taken;
            assert!(waiting <= most, "{waiting} answers of {SAMPLES} samples in memory");
            let FeedRef::Slo(feed) = done.feed else { panic!("{:?}", done.feed) };
            assert!(through[feed] < done.through, "stretches come in their order");
            through[feed] = done.through;
            taken += 1;
        }
        reading.await.unwrap();
        assert_eq!(taken, FEEDS * STRETCHES as usize);
        // Several feeds share a request all the same.
        assert!(source.requests.load(Ordering::Relaxed) <= taken / 4, "{} requests", source.requests.load(Ordering::Relaxed));
    }
}
