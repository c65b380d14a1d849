//! Carries out reads: those of a tick together; at a fill feeds side by side, the stretches of each one after the other,
//! every answer told as it comes.

use super::board::{FeedRead, FeedRef, Stretch};
use crate::domain::base::Ms;
use crate::domain::measure::{Ask, Batch, Role};
use crate::ports::{MetricSource, SourceError};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A stretch of a feed, and how its reads ended.
pub struct Done {
    /// The feed.
    pub feed: FeedRef,
    /// End of the stretch.
    pub through: Ms,
    /// Its answers, in the order of the asks.
    pub result: Result<Vec<(Role, Arc<Batch>)>, SourceError>,
    /// What the source warned of.
    pub warnings: Vec<String>,
}

/// Carries out `reads`; ends early when nobody listens any more. Feeds that follow (one stretch) are read together, so that a
/// source can answer many by one request; longer ones `concurrency` at once.
pub async fn read_all(source: Arc<dyn MetricSource>, reads: Vec<FeedRead>, concurrency: usize, answer: mpsc::Sender<Done>) {
    let (following, filling): (Vec<FeedRead>, Vec<FeedRead>) = reads.into_iter().partition(|r| r.stretches.len() == 1);
    tokio::join!(follow(&source, following, &answer), fill(&source, filling, concurrency, &answer));
}

async fn fill(source: &Arc<dyn MetricSource>, reads: Vec<FeedRead>, concurrency: usize, answer: &mpsc::Sender<Done>) {
    let feeds = reads.into_iter().map(|read| read_feed(Arc::clone(source), read, answer.clone()));
    let mut feeds = futures_util::stream::iter(feeds).buffer_unordered(concurrency.max(1));
    while feeds.next().await.is_some() {
        if answer.is_closed() {
            return;
        }
    }
}

/// One stretch of each feed, all at once.
async fn follow(source: &Arc<dyn MetricSource>, reads: Vec<FeedRead>, answer: &mpsc::Sender<Done>) {
    let stretches: Vec<(FeedRef, Stretch)> =
        reads.into_iter().flat_map(|r| r.stretches.into_iter().map(move |s| (r.feed, s))).collect();
    let asks: Vec<Ask> = stretches.iter().flat_map(|(_, s)| s.asks.iter().map(|(_, ask)| ask.clone())).collect();
    let mut answers = source.read_many(&asks).await.into_iter();
    for (feed, stretch) in stretches {
        let (mut warnings, mut result) = (Vec::new(), Ok(Vec::new()));
        // Every answer is taken off the list, also after one that failed.
        for ((role, _), answer) in stretch.asks.iter().zip(answers.by_ref()) {
            match (answer, &mut result) {
                (Ok((batch, coverage)), Ok(list)) => {
                    warnings.extend(coverage.warnings);
                    list.push((*role, Arc::new(batch)));
                }
                (Err(error), Ok(_)) => result = Err(error),
                (_, Err(_)) => {}
            }
        }
        if answer.send(Done { feed, through: stretch.through, result, warnings }).await.is_err() {
            return;
        }
    }
}

/// Stretches in order; the first failure ends the feed, as later ones could not be taken without it.
async fn read_feed(source: Arc<dyn MetricSource>, read: FeedRead, answer: mpsc::Sender<Done>) {
    for stretch in read.stretches {
        let done = read_stretch(&source, read.feed, stretch).await;
        let failed = done.result.is_err();
        if answer.send(done).await.is_err() || failed {
            return;
        }
    }
}

async fn read_stretch(source: &Arc<dyn MetricSource>, feed: FeedRef, stretch: Stretch) -> Done {
    let asks = stretch.asks.into_iter().map(|(role, ask)| read_one(Arc::clone(source), role, ask));
    let mut warnings = Vec::new();
    let result = try_join_all(asks).await.map(|answers| {
        let told = answers.into_iter().map(|(role, batch, told)| {
            warnings.extend(told);
            (role, batch)
        });
        told.collect()
    });
    Done { feed, through: stretch.through, result, warnings }
}

async fn read_one(source: Arc<dyn MetricSource>, role: Role, ask: Ask) -> Result<(Role, Arc<Batch>, Vec<String>), SourceError> {
    let mut batch = Batch::default();
    let coverage = source.read(&ask, &mut batch).await?;
    Ok((role, Arc::new(batch), coverage.warnings))
}
