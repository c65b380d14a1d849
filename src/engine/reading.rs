//! Carries out reads: those of a tick together; at a fill as many feeds together as memory allows, the stretches of each one
//! after the other, every answer told as it comes. Each source is read for itself, beside the others: one that is silent keeps
//! nobody else's answers back.

use super::board::{FeedRead, FeedRef, Stretch};
use crate::domain::base::{Ms, Text};
use crate::domain::measure::{Ask, Batch, Role};
use crate::ports::{MetricSource, SourceError, source_of};
use futures_util::future::join_all;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

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
const FIRST_ROUND: usize = 8;
/// Feeds in one round at most.
const MOST_FEEDS: usize = 256;
/// Samples of one round: two rounds are read at once and one may wait to be counted, at 16 bytes a sample.
const MOST_SAMPLES: usize = 1_500_000;

/// What is left to fill, and how large a stretch of a feed was at most.
struct Filling {
    left: Mutex<VecDeque<FeedRead>>,
    most: AtomicUsize,
}

impl Filling {
    /// The next feeds to be read together: as many as memory allows, and only such as begin at the same time.
    fn next(&self) -> Vec<FeedRead> {
        let most = self.most.load(Ordering::Relaxed);
        let size = MOST_SAMPLES.checked_div(most).map_or(FIRST_ROUND, |n| n.clamp(1, MOST_FEEDS));
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mut round: Vec<FeedRead> = Vec::new();
        while round.len() < size
            && left.front().is_some_and(|next| round.first().is_none_or(|first| begins(first) == begins(next)))
        {
            round.extend(left.pop_front());
        }
        round
    }
}

fn begins(read: &FeedRead) -> Option<Ms> {
    read.stretches.first().map(|stretch| stretch.through)
}

/// Long histories: feeds in rounds, so that one request brings a stretch of many; two rounds side by side, so that one is
/// counted while the other is read.
async fn fill(source: &One, mut reads: Vec<FeedRead>, concurrency: usize, answer: &mpsc::Sender<Done>) {
    reads.sort_by_key(begins);
    let filling = Filling { left: Mutex::new(reads.into()), most: AtomicUsize::new(0) };
    let rounds = async || {
        loop {
            let round = filling.next();
            if round.is_empty() || !read_round(source, round, &filling.most, answer).await {
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

/// The stretches of a round, one after the other; a feed that failed once is left alone, as later stretches could not be taken
/// without it. False when nobody listens any more.
async fn read_round(source: &One, round: Vec<FeedRead>, most: &AtomicUsize, answer: &mpsc::Sender<Done>) -> bool {
    let mut feeds: Vec<(FeedRef, std::vec::IntoIter<Stretch>)> =
        round.into_iter().map(|read| (read.feed, read.stretches.into_iter())).collect();
    loop {
        let next: Vec<(FeedRef, Stretch)> = feeds.iter_mut().filter_map(|(feed, list)| Some((*feed, list.next()?))).collect();
        if next.is_empty() {
            return true;
        }
        for done in source.read(next).await {
            let samples = done.result.iter().flatten().map(|(_, batch)| batch.len()).sum();
            most.fetch_max(samples, Ordering::Relaxed);
            if done.result.is_err() {
                feeds.retain(|(feed, _)| *feed != done.feed);
            }
            if answer.send(done).await.is_err() {
                return false;
            }
        }
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
        all.push(Done { feed, source: None, through, result, warnings });
    }
    all
}
