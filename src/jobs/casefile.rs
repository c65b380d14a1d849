//! A unit test of SLOs: the engine of `watch` and `backtest` runs over the samples of a case, and what it says is compared
//! with what the case expects.
//!
//! Deliberately absent: reading case files, and printing.

use super::backtest::{Order, watched};
use crate::domain::base::Ms;
use crate::domain::objective::Rulebook;
use crate::domain::paging::Routes;
use crate::domain::review::casefile::{Case, Mismatch, Moment, check_moment, check_run};
use crate::engine::fast::Fast;
use crate::engine::state::Settings;
use crate::ports::{MetricSource, SourceError};
use std::sync::Arc;

/// What came of a case.
#[derive(Debug)]
pub struct CaseOutcome {
    /// Every expectation that was not met, by its place in the file.
    pub mismatches: Vec<Mismatch>,
    /// Reads that the recording could not answer, such as PromQL outside of the evaluator's subset.
    pub errors: Vec<SourceError>,
}

impl CaseOutcome {
    /// True when everything was as expected.
    pub fn is_passed(&self) -> bool {
        self.mismatches.is_empty() && self.errors.is_empty()
    }
}

/// Runs a case over `source`, which holds its samples.
pub async fn run_case(case: &Case, book: Arc<Rulebook>, source: Arc<dyn MetricSource>) -> CaseOutcome {
    let mut moments: Vec<&Moment> = case.moments.iter().collect();
    moments.sort_by_key(|m| m.at);
    let (mut next, mut mismatches) = (0, Vec::new());
    let order = Order::new(book, settings(), source, (case.from, case.to));
    let mut see = |at: Ms, fast: &Fast| {
        while let Some(moment) = moments.get(next).filter(|m| m.at <= at) {
            mismatches.extend(look(moment, fast));
            next += 1;
        }
    };
    let done = watched(order, &mut see).await;
    mismatches.extend(check_run(case, &done.backtest));
    mismatches.sort_by_key(|m| m.line);
    CaseOutcome { mismatches, errors: done.errors }
}

fn look(moment: &Moment, fast: &Fast) -> Vec<Mismatch> {
    let state = fast.state();
    let Some(feed) = state.board.slos.iter().find(|feed| feed.slo.id == moment.slo) else { return Vec::new() };
    let verdict = feed.judged().find(|(track, _)| track.group == moment.group).map(|(_, verdict)| &**verdict);
    let of_service = state.incidents.iter().rev().find(|i| i.services.iter().any(|(name, _)| *name == feed.slo.service));
    check_moment(moment, &feed.slo, verdict, of_service.map(|i| &**i))
}

fn settings() -> Settings {
    Settings { routes: Routes::default(), environment: None, source: "test".into(), nonce: "test".into(), drill: false }
}
