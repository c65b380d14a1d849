//! Reloading: rules are read again when their files change, and swapped whole.
//!
//! Files are looked at every two seconds by content, not by events: editors and mounted configuration replace whole folders,
//! and a missed event would leave old rules in force unseen.

use super::setup::{Setup, load_rules};
use crate::domain::base::Span;
use crate::domain::objective::Rulebook;
use std::sync::Arc;
use tokio::sync::watch;

const LOOK_EVERY: Span = Span::from_secs(2);

/// Follows the files until nobody listens any more.
pub(super) async fn follow(setup: Setup, rules: watch::Sender<Arc<Rulebook>>) {
    let clock = setup.shared_clock();
    loop {
        let wake = clock.now().mono + LOOK_EVERY;
        tokio::select! {
            () = clock.sleep_until(wake) => {}
            () = rules.closed() => return,
        }
        let config = setup.config.clone();
        let Ok(book) = tokio::task::spawn_blocking(move || load_rules(&config)).await else { continue };
        if book.hash != rules.borrow().hash {
            tracing::info!(slos = book.slos.len(), problems = book.problems.len(), "rules were read again");
            rules.send_replace(Arc::new(book));
        }
    }
}
