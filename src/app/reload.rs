//! Reloading: configuration and rules are read again when their files change, and swapped whole.
//!
//! Files are looked at every two seconds, and at a hang-up signal, not followed by events: editors and mounted configuration replace
//! whole folders, and a missed event would leave old rules in force unseen. Rules are read only when some file looks different. A configuration that cannot be used leaves the former one in force
//! and says so among the problems. Deliberately absent: addresses, ledger and source, which hold until the next start.

use super::notices::{self, Author};
use super::receivers;
use super::setup::{Setup, load_rules};
use super::signals::Wishes;
use crate::config;
use crate::domain::base::{Mono, Now, Problem, Span};
use crate::domain::incident::{Change, Notice};
use crate::domain::objective::Rulebook;
use crate::engine::courier::Roster;
use crate::formats::{self, Sight};
use crate::jobs::pushdown::{Switch, choose, lately};
use crate::ports::{Fence, Ledger, MetricSource};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

const LOOK_EVERY: Span = Span::from_secs(2);
/// How often sources are asked how many series there are; and how long after a start or the last look at the soonest.
const SIZES_EVERY: Span = Span::from_mins(15);
const SIZES_SOONEST: Span = Span::from_mins(1);

/// What follows the files.
pub(super) struct Followed {
    pub(super) rules: watch::Sender<Arc<Rulebook>>,
    /// Receivers; absent for who pages nobody.
    pub(super) rosters: Option<watch::Sender<Arc<Roster>>>,
    /// Who is asked how many series there are; absent where plans stay as the files have them.
    pub(super) sizes: Option<Sizes>,
}

/// Where the numbers of series come from, and who hears that an SLI is measured in another way.
pub(super) struct Sizes {
    pub(super) source: Arc<dyn MetricSource>,
    pub(super) ledger: Option<Arc<dyn Ledger>>,
    /// The lead of the ledger: of several processes one records.
    pub(super) lead: Option<watch::Receiver<Option<Fence>>>,
    /// Changes when a tick brought more series than may be counted.
    pub(super) crowded: Option<watch::Receiver<u64>>,
}

/// When numbers of series are looked at.
struct Looks {
    next: Mono,
    soonest: Mono,
    crowded: Option<watch::Receiver<u64>>,
}

impl Looks {
    fn new(now: Mono, crowded: Option<watch::Receiver<u64>>) -> Self {
        Self { next: now + SIZES_SOONEST, soonest: now + SIZES_SOONEST, crowded }
    }

    fn is_due(&self, now: Mono) -> bool {
        let crowded = self.crowded.as_ref().is_some_and(|ticks| ticks.has_changed().unwrap_or(false));
        now >= self.next || crowded && now >= self.soonest
    }

    fn done(&mut self, now: Mono) {
        (self.next, self.soonest) = (now + SIZES_EVERY, now + SIZES_SOONEST);
        self.crowded.iter_mut().for_each(watch::Receiver::mark_unchanged);
    }
}

impl Sizes {
    /// The rules with who adds up chosen anew; every change of it is told.
    async fn chosen(&self, book: Arc<Rulebook>, before: &Rulebook, now: Now) -> Arc<Rulebook> {
        let at = now.wall - book.timing.settle;
        let chosen = choose(&self.source, &book, Some(before), lately(at)).await;
        for switch in &chosen.switches {
            tracing::warn!("{}", switch.text);
            self.record(switch, now).await;
        }
        chosen.book
    }

    /// A change of how a service is measured stands beside its incidents like any other change.
    async fn record(&self, switch: &Switch, now: Now) {
        let leads = self.lead.as_ref().is_none_or(|lead| lead.borrow().is_some());
        let Some(ledger) = self.ledger.as_ref().filter(|_| leads) else { return };
        let change = Change {
            title: switch.text.clone(),
            service: Some(switch.service.clone()),
            kind: "measuring".into(),
            version: None,
            url: None,
        };
        let author = Author { by: "burnledger".into(), source: "watch".into(), now, once: None };
        if let Err(error) = notices::record(&**ledger, Notice::Changed(change), now.wall, &author).await {
            tracing::warn!(%error, "the ledger did not take that {} is measured in another way", switch.slo);
        }
    }
}

impl Followed {
    /// Who adds up, once more; other rules are in force only when that changed for some SLO.
    async fn look_at_sizes(&self, now: Now) {
        let known = self.rules.borrow().clone();
        let book = self.chosen(Arc::clone(&known), now).await;
        if book.stamp() != known.stamp() {
            self.rules.send_replace(book);
        }
    }

    async fn chosen(&self, book: Arc<Rulebook>, now: Now) -> Arc<Rulebook> {
        let before = self.rules.borrow().clone();
        match &self.sizes {
            Some(sizes) => sizes.chosen(book, &before, now).await,
            None => book,
        }
    }
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
    let mut looks = Looks::new(clock.now().mono, followed.sizes.as_ref().and_then(|sizes| sizes.crowded.clone()));
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
        if looks.is_due(clock.now().mono) {
            followed.look_at_sizes(clock.now()).await;
            looks.done(clock.now().mono);
        }
        if !fresh && !again {
            continue;
        }
        (files, again) = (Some(sight), fresh);
        let config = setup.config.clone();
        let Ok(mut book) = tokio::task::spawn_blocking(move || load_rules(&config)).await else { continue };
        if changed || book.hash != followed.rules.borrow().hash {
            tracing::info!(slos = book.slos.len(), problems = book.problems.len(), "files were read again");
            book.problems.extend(complaint.clone());
            let book = followed.chosen(Arc::new(book), clock.now()).await;
            followed.rules.send_replace(book);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::{Labels, Ms, Text};
    use crate::domain::incident::Fact;
    use crate::domain::measure::{Ask, Coverage, Selector, Sink};
    use crate::formats::{InputFile, LoadOptions, load_files};
    use crate::ledger::MemoryLedger;
    use crate::ports::{Job, SourceError};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Every expression has this value.
    struct Same(AtomicUsize);

    impl MetricSource for Same {
        fn name(&self) -> Text {
            "always the same".into()
        }

        fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
            Box::pin(async move {
                into.series(&Labels::default());
                into.sample(ask.span().1, self.0.load(Ordering::Relaxed) as f64);
                Ok(Coverage::default())
            })
        }

        fn series<'a>(&'a self, _: &'a [Selector], _: Ms, _: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    #[test]
    fn sizes_are_looked_at_every_quarter_of_an_hour_and_a_minute_after_the_last_look_when_a_tick_brought_too_many() {
        let minute = |n: i64| Mono::default() + Span::from_mins(n);
        let ticks = watch::Sender::new(0);
        let mut looks = Looks::new(minute(0), Some(ticks.subscribe()));
        assert!(!looks.is_due(Mono::default() + Span::from_secs(59)) && looks.is_due(minute(1)));
        looks.done(minute(1));
        assert!(!looks.is_due(minute(15)) && looks.is_due(minute(16)));
        ticks.send_modify(|n| *n += 1);
        assert!(!looks.is_due(minute(1) + Span::from_secs(59)) && looks.is_due(minute(2)));
        looks.done(minute(2));
        assert!(!looks.is_due(minute(10)), "one look for all that was heard before it");
        ticks.send_modify(|n| *n += 1);
        assert!(looks.is_due(minute(10)));
        let mut deaf = Looks::new(minute(0), None);
        deaf.done(minute(1));
        assert!(!deaf.is_due(minute(15)) && deaf.is_due(minute(16)));
    }

    #[tokio::test]
    async fn a_selector_that_grows_is_added_up_by_the_server_and_the_ledger_hears_of_it() {
        let text = "version: burnledger/v1\nservice: shop\nslos: [{name: a, target: 99%, sli: {events: {bad: b_total, total: t_total}}}]\n";
        let book = Arc::new(load_files(&[InputFile::new("shop.yaml", text)], &LoadOptions::default()).rulebook);
        let (source, ledger) = (Arc::new(Same(AtomicUsize::new(10))), Arc::new(MemoryLedger::new("n")));
        let rules = watch::Sender::new(book);
        let mut heard = rules.subscribe();
        let kept = Some(Arc::clone(&ledger) as Arc<_>);
        let sizes = Sizes { source: Arc::clone(&source) as Arc<_>, ledger: kept, lead: None, crowded: None };
        let followed = Followed { rules, rosters: None, sizes: Some(sizes) };
        let now = Now { wall: Ms::from_secs(1_700_006_400), ..Now::default() };
        let pushed = |followed: &Followed| followed.rules.borrow().slos[0].plan.pushed_down().is_some();

        followed.look_at_sizes(now).await;
        assert!(!pushed(&followed) && !heard.has_changed().unwrap(), "nothing is news");
        source.0.store(9_000, Ordering::Relaxed);
        followed.look_at_sizes(now).await;
        assert!(pushed(&followed) && heard.has_changed().unwrap());
        heard.mark_unchanged();
        source.0.store(9_500, Ordering::Relaxed);
        followed.look_at_sizes(now).await;
        assert!(pushed(&followed) && !heard.has_changed().unwrap(), "another number is no news");
        let told = ledger.since(crate::domain::base::Seq(0), 10).await.unwrap();
        let [entry] = &told[..] else { panic!("one entry: {told:?}") };
        let Fact::Notice(Notice::Changed(change)) = &entry.fact else { panic!("{entry:?}") };
        assert_eq!(change.service.as_deref(), Some("shop"));
        assert!(change.title.contains("added up by the server") && change.title.contains("matches 9000 series"), "{change:?}");
    }
}
