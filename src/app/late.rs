//! A desk that is there before its house: screens begin at once, and files, ledger and source are read behind them.
//!
//! Orders and questions wait until the house stands, or are refused when it cannot be raised. Deliberately absent: raising it.

use super::setup::SetupError;
use crate::domain::base::{CommitId, Problem, Text};
use crate::domain::incident::Entry;
use crate::domain::view::{Answer, Command, Question, Refusal, Snapshot};
use crate::ports::{Desk, Job};
use std::sync::Arc;
use tokio::sync::watch;

/// The desk that screens are given.
pub struct LateDesk {
    inside: watch::Receiver<Option<Arc<dyn Desk>>>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
}

/// The hold of whoever raises the house.
pub struct Opening {
    inside: watch::Sender<Option<Arc<dyn Desk>>>,
    snapshots: watch::Sender<Arc<Snapshot>>,
}

/// A desk with nothing behind it yet, and the hold to put something there.
pub fn late_desk() -> (LateDesk, Opening) {
    let (put, inside) = watch::channel(None);
    let (show, snapshots) = watch::channel(Arc::default());
    (LateDesk { inside, snapshots }, Opening { inside: put, snapshots: show })
}

impl Opening {
    /// Puts a desk behind the screen and passes its snapshots on until they or the screen end.
    pub async fn open(self, desk: Arc<dyn Desk>) {
        let mut from = desk.snapshots();
        from.mark_changed();
        self.inside.send_replace(Some(desk));
        loop {
            tokio::select! {
                () = self.snapshots.closed() => return,
                changed = from.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let newest = from.borrow_and_update().clone();
                    self.snapshots.send_replace(newest);
                }
            }
        }
    }

    /// Tells the screen why there will be nothing behind it.
    pub fn fail(self, error: &SetupError) {
        self.snapshots.send_replace(Arc::new(Snapshot { problems: problems(error), ..Snapshot::default() }));
    }
}

/// An error as the screens show what is wrong with files.
fn problems(error: &SetupError) -> Vec<Problem> {
    let one = |code| Problem::error(code, error.to_string());
    match error {
        SetupError::Problems(all) => all.clone(),
        SetupError::Source(_) => vec![one("source")],
        SetupError::Ledger(_) => vec![one("ledger")],
        SetupError::Other { hint, .. } => vec![Problem { hint: hint.clone(), ..one("setup") }],
    }
}

impl LateDesk {
    async fn desk(&self) -> Result<Arc<dyn Desk>, Refusal> {
        let gone = |_| Refusal::NotNow(Text::from("the engine behind this screen could not be started"));
        let mut inside = self.inside.clone();
        let there = inside.wait_for(Option::is_some).await.map_err(gone)?;
        there.clone().ok_or_else(|| Refusal::NotNow(Text::from("the engine behind this screen has not started yet")))
    }
}

impl Desk for LateDesk {
    fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    fn ask(&self, question: Question) -> Job<'_, Result<Answer, Refusal>> {
        Box::pin(async move { self.desk().await?.ask(question).await })
    }

    fn hurry(&self) {
        if let Some(desk) = &*self.inside.borrow() {
            desk.hurry();
        }
    }

    fn order(&self, id: CommitId, command: Command) -> Job<'_, Result<Vec<Entry>, Refusal>> {
        Box::pin(async move { self.desk().await?.order(id, command).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::desk::{LedgerDesk, no_ledger};
    use crate::app::machine_clock;

    #[tokio::test]
    async fn questions_wait_for_the_house_and_are_answered_by_it() {
        let (desk, opening) = late_desk();
        let asked = tokio::spawn(async move { desk.ask(Question::Incidents { limit: 5 }).await.map(|_| ()) });
        tokio::task::yield_now().await;
        assert!(!asked.is_finished());
        let behind: Arc<dyn Desk> = Arc::new(LedgerDesk::new(no_ledger(), machine_clock(), "test"));
        tokio::spawn(opening.open(behind));
        assert_eq!(asked.await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn a_house_that_cannot_be_raised_says_why_and_refuses() {
        let (desk, opening) = late_desk();
        let mut seen = desk.snapshots();
        opening.fail(&SetupError::Other { what: "there are no SLOs in ./slos".into(), hint: Some("write one".into()) });
        seen.changed().await.unwrap();
        let problem = seen.borrow_and_update().problems[0].clone();
        assert_eq!((&*problem.message, problem.hint.as_deref()), ("there are no SLOs in ./slos", Some("write one")));
        assert!(seen.changed().await.is_err(), "no more will come");
        let refused = desk.ask(Question::Incidents { limit: 5 }).await;
        assert!(matches!(refused, Err(Refusal::NotNow(_))), "{refused:?}");
    }
}
