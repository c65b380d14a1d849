//! Carries out reads: feeds side by side, each told when all of its asks are answered or one failed.

use super::board::{FeedRead, FeedRef};
use crate::domain::base::Ms;
use crate::domain::measure::{Ask, Batch, Role};
use crate::ports::{MetricSource, SourceError};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A feed's reads and how they ended.
pub(super) struct Done {
    pub feed: FeedRef,
    pub through: Ms,
    pub result: Result<Vec<(Role, Arc<Batch>)>, SourceError>,
    pub warnings: Vec<String>,
}

/// Carries out `reads`, feeds in their order, `concurrency` of them at once; ends early when nobody listens any more.
pub(super) async fn read_all(
    source: Arc<dyn MetricSource>,
    reads: Vec<FeedRead>,
    concurrency: usize,
    answer: mpsc::Sender<Done>,
) {
    let mut results =
        futures_util::stream::iter(reads).map(|read| read_feed(Arc::clone(&source), read)).buffer_unordered(concurrency.max(1));
    while let Some(done) = results.next().await {
        if answer.send(done).await.is_err() {
            return;
        }
    }
}

async fn read_feed(source: Arc<dyn MetricSource>, read: FeedRead) -> Done {
    let asks = read.asks.into_iter().map(|(role, ask)| read_one(Arc::clone(&source), role, ask));
    let mut warnings = Vec::new();
    let result = try_join_all(asks).await.map(|answers| {
        let told = answers.into_iter().map(|(role, batch, told)| {
            warnings.extend(told);
            (role, batch)
        });
        told.collect()
    });
    Done { feed: read.feed, through: read.through, result, warnings }
}

async fn read_one(source: Arc<dyn MetricSource>, role: Role, ask: Ask) -> Result<(Role, Arc<Batch>, Vec<String>), SourceError> {
    let mut batch = Batch::default();
    let coverage = source.read(&ask, &mut batch).await?;
    Ok((role, Arc::new(batch), coverage.warnings))
}
