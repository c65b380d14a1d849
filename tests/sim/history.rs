//! History on disk: a watch that is killed and started again against a source that has forgotten almost everything says what
//! one that never stopped says; what is damaged is named and read again; a disk that fails stops nothing.

use super::town;
use crate::support::wait_until;
use burnledger::clock::ManualClock;
use burnledger::collector::{Horizon, Recorded};
use burnledger::domain::base::{Labels, Ms, Span, Text};
use burnledger::domain::judge::BudgetStatus;
use burnledger::domain::measure::{Ask, Counts, Coverage, Selector, Sink};
use burnledger::domain::objective::{Period, Rulebook, Slo, Timing};
use burnledger::domain::view::Role;
use burnledger::engine::health::Health;
use burnledger::engine::live::{Live, Options, World};
use burnledger::engine::state::{Settings, State};
use burnledger::jobs::pushdown::{choose, lately};
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Clock, FeedParts, FeedSave, FeedWish, Job, MetricSource, SliceStore, SourceError, StoreError};
use burnledger::slices::SqliteSlices;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PERIOD: Span = Span::from_days(5);
/// Midnight, so that pages are days.
const T0: Ms = Ms::from_secs(1_800_057_600);
const START: Ms = Ms(T0.0 + 6 * 86_400_000);

/// A source that keeps samples for so long only.
struct Forgetful {
    inner: Recorded,
    clock: Arc<ManualClock>,
    retention: Mutex<Span>,
}

impl MetricSource for Forgetful {
    fn name(&self) -> Text {
        "town".into()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        Box::pin(async move {
            let oldest = self.clock.now().wall - *self.retention.lock().unwrap();
            let Ask::Raw { selector, from, to } = ask else { return self.inner.read(ask, into).await };
            if *to <= oldest {
                return Ok(Coverage::default());
            }
            let ask = Ask::Raw { selector: selector.clone(), from: (*from).max(oldest), to: *to };
            self.inner.read(&ask, into).await
        })
    }

    fn series<'a>(&'a self, of: &'a [Selector], from: Ms, to: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        self.inner.series(of, from, to)
    }
}

/// A disk without room.
struct Full;

impl SliceStore for Full {
    fn name(&self) -> Text {
        "full.db".into()
    }

    fn append(&self, _: Vec<FeedSave>, _: Ms) -> Job<'_, Result<(), StoreError>> {
        Box::pin(async { Err(StoreError { path: "full.db".into(), why: "no room is left".into() }) })
    }

    fn scan(&self, _: Vec<FeedWish>) -> Job<'_, Result<Vec<FeedParts>, StoreError>> {
        Box::pin(async { Err(StoreError { path: "full.db".into(), why: "it cannot be read".into() }) })
    }
}

struct House {
    live: Live,
    source: Arc<Forgetful>,
    clock: Arc<ManualClock>,
    horizon: Horizon,
}

fn recording() -> String {
    let bad = |at: Ms| u64::try_from(at.0 / 15_000 % 97).unwrap() / 90;
    town::record(T0, START + Span::from_hours(3), |at| {
        // A gap of ten minutes each day, and more traffic by day than by night.
        let of_day = at.0 % 86_400_000 / 60_000;
        let total = 40 + u64::try_from(of_day / 30).unwrap() + u64::try_from(at.0 / 15_000 % 7).unwrap();
        (!(100..110).contains(&of_day)).then(|| town::Traffic { total, bad: bad(at) })
    })
}

fn start(recording: &str, at: Ms, store: Option<Arc<dyn SliceStore>>, retention: Span) -> House {
    let inner = Recorded::from_bytes("town.om", recording.as_bytes()).unwrap();
    let (horizon, clock) = (inner.horizon(), Arc::new(ManualClock::new(at)));
    let source = Arc::new(Forgetful { inner, clock: Arc::clone(&clock), retention: Mutex::new(retention) });
    let mut slo = town::slo(Vec::new());
    slo.period = Period::Rolling(PERIOD);
    let book = Arc::new(Rulebook {
        slos: vec![Arc::new(slo)],
        services: BTreeMap::new(),
        business: None,
        timing: Timing::default(),
        problems: Vec::new(),
        hash: "town".into(),
    });
    let settings = Settings {
        routes: burnledger::domain::paging::Routes::default(),
        environment: None,
        source: "test".into(),
        nonce: at.to_string().into(),
        drill: false,
    };
    let world = World {
        source: Arc::clone(&source) as Arc<dyn MetricSource>,
        ledger: Arc::new(MemoryLedger::new("town")),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        metrics: burnledger::telemetry::Metrics::default(),
        emergency: None,
    };
    let options = Options { who: "town".into(), wants_to_lead: true, lease: Span::from_mins(1), concurrency: 4, until: None };
    let health = Health::new("".into(), Role::Leading, "town".into(), Arc::new(Vec::new));
    let live = Live::new(State::new(book, settings), world, options, health).keeping(store, None);
    House { live, source, clock, horizon }
}

impl House {
    async fn play(&mut self, minutes: i64) {
        for _ in 0..minutes * 4 {
            self.clock.advance(Span::from_secs(town::STEP));
            self.horizon.set(self.clock.now().wall);
            self.live.advance().await;
        }
    }

    fn told(&self) -> (Option<Ms>, BudgetStatus, Vec<Counts>) {
        let (feed, at) = (&self.live.state().board.slos[0], self.live.state().board.at.unwrap());
        let counts = [Span::from_hours(1), Span::from_days(1), Span::from_days(3), PERIOD];
        let history = &feed.meter.tracks()[0].history;
        (Some(at), feed.verdicts[0].budget, counts.map(|span| history.counts(at - span, at)).to_vec())
    }

    fn health(&self) -> String {
        self.live.snapshots().borrow().history.join("\n")
    }
}

fn open(path: &Path) -> Arc<dyn SliceStore> {
    Arc::new(SqliteSlices::open(path).unwrap().0)
}

/// A watch that ran for forty minutes and was killed without a word.
async fn killed(recording: &str, path: &Path) {
    let mut house = start(recording, START, Some(open(path)), Span::from_days(40));
    house.play(40).await;
    let saved = || {
        let file = rusqlite::Connection::open(path).unwrap();
        file.query_row("SELECT count(*) FROM part WHERE kind = 0", [], |row| row.get::<_, i64>(0)) == Ok(1)
    };
    assert!(wait_until(Duration::from_mins(1), saved), "the feed was saved");
}

async fn steady(recording: &str) -> (Option<Ms>, BudgetStatus, Vec<Counts>) {
    let mut house = start(recording, START, None, Span::from_days(40));
    house.play(60).await;
    house.told()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_watch_goes_on_as_if_it_had_never_stopped() {
    let (folder, recording) = (tempfile::tempdir().unwrap(), recording());
    let path = folder.path().join("ledger.history.db");
    killed(&recording, &path).await;
    let (at, hour) = (START + Span::from_mins(40), Span::from_hours(1));
    let mut again = start(&recording, at, Some(open(&path)), hour);
    again.play(20).await;
    let expect = steady(&recording).await;
    assert_eq!(again.told(), expect);
    assert!(expect.1.bad > 100.0 && expect.2[3].coverage() > 0.98, "{expect:?}");
    assert_eq!(again.health(), "");
    let mut without = start(&recording, at, None, hour);
    without.play(20).await;
    assert!(without.told().1.bad < expect.1.bad / 10.0, "the source has forgotten");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_day_is_named_and_read_again_where_the_source_has_it() {
    let (folder, recording) = (tempfile::tempdir().unwrap(), recording());
    let path = folder.path().join("ledger.history.db");
    killed(&recording, &path).await;
    let expect = steady(&recording).await;
    for (after, retention, whole) in [(40, Span::from_days(40), true), (61, Span::from_hours(1), false)] {
        let file = rusqlite::Connection::open(&path).unwrap();
        let spoilt =
            file.execute("UPDATE part SET body = randomblob(99) WHERE kind = 2 AND page = ?1", [START.0 / 86_400_000 - 2]);
        assert_eq!(spoilt, Ok(1));
        let mut again = start(&recording, START + Span::from_mins(after), Some(open(&path)), retention);
        again.play(20).await;
        assert!(
            again.health().contains("api/availability: history of") && again.health().contains("damaged"),
            "{}",
            again.health()
        );
        if whole {
            assert_eq!(again.told(), expect);
        } else {
            let counts = again.told().2[3];
            assert!(counts.coverage() < 0.82 && counts.bad < expect.2[3].bad, "unknown is not guessed: {counts:?}");
            assert!(again.health().contains("no longer has it"), "{}", again.health());
        }
        assert_eq!(*again.source.retention.lock().unwrap(), retention);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_stops_nothing() {
    let recording = recording();
    let mut house = start(&recording, START, Some(Arc::new(Full)), Span::from_days(40));
    house.play(60).await;
    assert_eq!(house.told(), steady(&recording).await);
    assert!(house.health().contains("history is not kept on disk: full.db: no room is left"), "{}", house.health());
}

/// A reload leaves what was judged in place, with the instant it is of, until the new rules have judged; what is not as it was
/// waits for that.
#[tokio::test]
async fn between_new_rules_and_their_first_judgement_the_last_one_stays() {
    let mut house = start(&recording(), START, None, PERIOD);
    house.play(5).await;
    let snapshots = house.live.snapshots();
    let before = snapshots.borrow().clone();
    assert!(before.at.is_some() && before.slos[0].verdict.is_some());
    let book = house.live.state().book.clone();
    let same = |change: &dyn Fn(&mut burnledger::domain::objective::Slo)| {
        let mut slo = (*book.slos[0]).clone();
        change(&mut slo);
        Arc::new(slo)
    };
    let other = same(&|slo| slo.id = burnledger::domain::base::SloId::new("town", "zeal"));
    let with = |slos| Arc::new(Rulebook { slos, hash: "next".into(), ..(*book).clone() });
    house.live.take_rules(with(vec![same(&|_| {}), other]));
    let now = snapshots.borrow().clone();
    assert_eq!((now.at, now.data_through), (before.at, before.data_through), "its age is told by its instant");
    assert_eq!(now.slos[0].verdict, before.slos[0].verdict);
    assert!(now.slos[1].verdict.is_none(), "a new one waits");
    house.play(1).await;
    let judged = snapshots.borrow().clone();
    assert!(judged.at > before.at && judged.slos.iter().all(|row| row.verdict.is_some()));
    // Rules that mean something else have not judged anything.
    house.live.take_rules(with(vec![same(&|slo| slo.target = burnledger::domain::base::Target::parse("99%"))]));
    let changed = snapshots.borrow().clone();
    assert!(changed.at.is_none() && changed.slos[0].verdict.is_none());
}

/// The rules of a house with the server adding up, as its source makes them by a limit of one series.
async fn pushed_down(house: &House) -> Arc<Rulebook> {
    let book = &house.live.state().book;
    let small = Slo { count_up_to: 1, ..(*book.slos[0]).clone() };
    let book = Arc::new(Rulebook { slos: vec![Arc::new(small)], ..(**book).clone() });
    let source = Arc::clone(&house.source) as Arc<dyn MetricSource>;
    let chosen = choose(&source, &book, None, lately(house.clock.now().wall)).await;
    assert_eq!((chosen.switches.len(), chosen.errors.len()), (1, 0), "{chosen:?}");
    chosen.book
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_counted_stays_when_the_server_adds_up_and_through_a_restart() {
    let (folder, recording) = (tempfile::tempdir().unwrap(), recording());
    let path = folder.path().join("ledger.history.db");
    let day = Span::from_days(1);
    let counts = |house: &House, from: Ms, to: Ms| house.live.state().board.slos[0].meter.tracks()[0].history.counts(from, to);
    let mut house = start(&recording, START, Some(open(&path)), Span::from_days(40));
    house.play(20).await;
    let seam = house.live.state().board.slos[0].meter.sealed().unwrap();
    let counted = counts(&house, seam - day, seam);
    let book = pushed_down(&house).await;
    house.live.take_rules(Arc::clone(&book));
    house.play(20).await;
    let at = house.live.state().board.at.unwrap();
    assert_eq!(counts(&house, seam - day, seam), counted, "what was counted is as it was");
    let summed = counts(&house, seam, at);
    let mut exact = start(&recording, START, None, Span::from_days(40));
    exact.play(40).await;
    let truth = counts(&exact, seam, at);
    assert!((summed.total / truth.total - 1.0).abs() < 0.02 && summed.observed == truth.observed, "{summed:?} {truth:?}");
    let doubts = |house: &House| house.live.snapshots().borrow().slos[0].doubts.join("\n");
    assert!(
        doubts(&house).contains("added up by the server") && doubts(&house).contains("is counted event by event"),
        "{}",
        doubts(&house)
    );

    let saved = || {
        let file = rusqlite::Connection::open(&path).unwrap();
        file.query_row("SELECT count(*) FROM part WHERE kind = 0", [], |row| row.get::<_, i64>(0)) == Ok(2)
    };
    assert!(wait_until(Duration::from_mins(1), saved), "it is kept under what it is now");
    let mut again = start(&recording, START + Span::from_mins(40), Some(open(&path)), Span::from_hours(1));
    again.live.take_rules(book);
    again.play(10).await;
    assert_eq!(counts(&again, seam - day, seam), counted);
    assert_eq!(again.live.state().board.slos[0].meter.seams(), house.live.state().board.slos[0].meter.seams());
    assert_eq!(again.health(), "");
}
