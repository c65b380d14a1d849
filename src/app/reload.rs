//! Reloading: configuration and rules are read again when their files change, and swapped whole.
//!
//! Files are looked at every two seconds, and at a hang-up signal, not followed by events: editors and mounted configuration replace
//! whole folders, and a missed event would leave old rules in force unseen. Rules are read only when some file looks different. A configuration that cannot be used leaves the former one in force
//! and says so among the problems. Deliberately absent: addresses, ledger and source, which hold until the next start.

use super::receivers;
use super::setup::{Setup, load_rules};
use super::signals::Wishes;
use crate::config;
use crate::domain::base::{Problem, Span};
use crate::domain::objective::Rulebook;
use crate::engine::courier::Roster;
use crate::formats::{self, Sight};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

const LOOK_EVERY: Span = Span::from_secs(2);

/// What follows the files.
pub(super) struct Followed {
    pub(super) rules: watch::Sender<Arc<Rulebook>>,
    /// Receivers; absent for who pages nobody.
    pub(super) rosters: Option<watch::Sender<Arc<Roster>>>,
}

/// Follows the files until nobody listens any more.
pub(super) async fn follow(mut setup: Setup, followed: Followed) {
    let clock = setup.shared_clock();
    let mut seen = setup.seen.clone();
    let mut complaint: Option<Problem> = None;
    let mut files: Option<Sight> = None;
    // Files that were just written are read once more: their times are too coarse to tell two writes apart.
    let mut again = false;
    // A dashboard ends with its terminal.
    let mut wishes = Wishes::listen(followed.rosters.is_some());
    loop {
        let mut wished = false;
        let wake = clock.now().mono + LOOK_EVERY;
        tokio::select! {
            () = clock.sleep_until(wake) => {}
            () = wishes.next() => wished = true,
            () = followed.rules.closed() => return,
        }
        let file = setup.config.file.clone();
        let now = tokio::task::spawn_blocking(move || file.as_deref().and_then(content)).await.unwrap_or(None);
        let changed = wished || now != seen;
        if changed {
            seen = now;
            complaint = renew(&mut setup, followed.rosters.as_ref());
        }
        let slos = setup.config.slos.clone();
        let Ok(sight) = tokio::task::spawn_blocking(move || formats::sight(&[slos])).await else { continue };
        let fresh = changed || files.as_ref() != Some(&sight);
        if !fresh && !again {
            continue;
        }
        (files, again) = (Some(sight), fresh);
        let config = setup.config.clone();
        let Ok(mut book) = tokio::task::spawn_blocking(move || load_rules(&config)).await else { continue };
        if changed || book.hash != followed.rules.borrow().hash {
            tracing::info!(slos = book.slos.len(), problems = book.problems.len(), "files were read again");
            book.problems.extend(complaint.clone());
            followed.rules.send_replace(Arc::new(book));
        }
    }
}

/// A file's bytes; absent when it cannot be read.
pub(super) fn content(path: &Path) -> Option<Arc<[u8]>> {
    std::fs::read(path).ok().map(Arc::from)
}

/// Takes a new configuration over; what is wrong with it when it cannot be.
fn renew(setup: &mut Setup, rosters: Option<&watch::Sender<Arc<Roster>>>) -> Option<Problem> {
    let kept = "the former configuration stays in force";
    let read = config::load(setup.overrides(), &|name| std::env::var(name).ok());
    let config = match read {
        Ok(config) => config,
        Err(problems) => {
            let first = problems.into_iter().next();
            let what = first.as_ref().map_or_else(String::new, |p| p.message.clone());
            let message = format!("the configuration was changed and cannot be used: {what}; {kept}");
            let mut problem = Problem::error("bad-configuration", message);
            problem.place = first.and_then(|p| p.place);
            return Some(problem);
        }
    };
    let next = Setup { config, ..setup.clone() };
    match receivers::roster(&next) {
        Ok(roster) => {
            if let Some(rosters) = rosters {
                rosters.send_replace(Arc::new(roster));
            }
            *setup = next;
            None
        }
        Err(error) => {
            Some(Problem::error("bad-configuration", format!("the receivers were changed and cannot be used: {error}; {kept}")))
        }
    }
}
