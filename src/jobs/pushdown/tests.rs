//! Sizes as tables of text in, plans out; and that one answer too few changes nothing.

use super::*;
use crate::domain::measure::{Coverage, Sink};
use crate::formats::{InputFile, LoadOptions, load_files};
use crate::ports::Job;
use std::sync::Mutex;

/// Answers expressions by a table of jobs and numbers; what it does not know it refuses.
struct Server {
    known: BTreeMap<String, Vec<Row>>,
    asked: Mutex<Vec<String>>,
}

impl Server {
    fn new(known: &[(&str, &[(&str, f64)])]) -> Arc<Self> {
        let labels = |job: &str| Labels::new(Some(("job", job)).filter(|_| !job.is_empty()));
        let row = |(job, n): &(&str, f64)| (labels(job), *n);
        let known = known.iter().map(|(expr, rows)| ((*expr).to_owned(), rows.iter().map(row).collect())).collect();
        Arc::new(Self { known, asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

impl MetricSource for Server {
    fn name(&self) -> Text {
        "a table".into()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        Box::pin(async move {
            let Ask::Eval { expr, to, .. } = ask else { panic!("samples are not asked for") };
            self.asked.lock().unwrap().push(expr.to_string());
            let Some(rows) = self.known.get(&**expr) else { return Err(SourceError::Unsupported(expr.to_string())) };
            for (labels, n) in rows {
                into.series(labels);
                into.sample(*to, *n);
            }
            Ok(Coverage::default())
        })
    }

    fn series<'a>(&'a self, _: &'a [Selector], _: Ms, _: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

const SHOP: &str = "version: burnledger/v1
service: shop
slos:
  - name: answers
    target: 99.9%
    sli: {events: {bad: 'http_total{job=\"shop\", code=~\"5..\"}', total: 'http_total{job=\"shop\"}'}}
";

fn book(text: &str) -> Arc<Rulebook> {
    let loaded = load_files(&[InputFile::new("shop.yaml", text)], &LoadOptions::default());
    assert!(loaded.rulebook.problems.is_empty(), "{:?}", loaded.rulebook.problems);
    Arc::new(loaded.rulebook)
}

fn over() -> Interval {
    lately(Ms::from_secs(1_700_006_400))
}

const TABLE: &str = "count by (job) (http_total)";
const TABLE_BEFORE: &str = "max_over_time((count by (job) (http_total))[1d:1h])";
const ALL: &str = "count(http_total{job=\"shop\"})";
const ALL_BEFORE: &str = "max_over_time((count(http_total{job=\"shop\"}))[1d:1h])";
const BAD: &str = "count(http_total{code=~\"5..\", job=\"shop\"})";
const BAD_BEFORE: &str = "max_over_time((count(http_total{code=~\"5..\", job=\"shop\"}))[1d:1h])";
const SCRAPED: &str = "max(count_over_time(http_total{job=\"shop\"}[10m]))";

/// A server whose shop has `now` series, and had `before` at most.
fn shop(now: f64, before: f64) -> Arc<Server> {
    Server::new(&[
        (TABLE, &[("shop", now), ("other", 90_000.0)]),
        (TABLE_BEFORE, &[("shop", before)]),
        (ALL, &[("", now)]),
        (ALL_BEFORE, &[("", before)]),
        (BAD, &[("", 10.0)]),
        (BAD_BEFORE, &[("", 10.0)]),
        (SCRAPED, &[("", 20.0)]),
    ])
}

async fn chosen(server: &Arc<Server>, book: &Arc<Rulebook>, before: Option<&Rulebook>) -> Chosen {
    choose(&(Arc::clone(server) as Arc<dyn MetricSource>), book, before, over()).await
}

fn pushed(chosen: &Chosen) -> Option<Span> {
    chosen.book.slos[0].plan.pushed_down()
}

#[tokio::test]
async fn a_small_selector_is_counted_after_one_question_a_metric() {
    let server = shop(5_000.0, 4_000.0);
    let chosen = chosen(&server, &book(SHOP), None).await;
    assert_eq!((pushed(&chosen), chosen.switches.len(), chosen.errors.len()), (None, 0, 0));
    assert_eq!(server.asked(), [TABLE_BEFORE, TABLE], "both selectors are told by one table");
    assert_eq!(chosen.book.slos[0].series, Some(10_000), "at most: the table does not know the codes");
}

#[tokio::test]
async fn a_large_one_is_added_up_by_the_server_over_four_scrapes_and_says_so() {
    let server = shop(5_001.0, 10.0);
    let chosen = chosen(&server, &book(SHOP), None).await;
    assert_eq!(pushed(&chosen), Some(Span::from_mins(2)), "scrapes every 30 s");
    assert_eq!(
        &*chosen.switches[0].text,
        "shop/answers is added up by the server, not counted: `http_total{job=\"shop\"}` matches 5001 series, more than 5000 (`count_up_to`)"
    );
    assert_eq!(chosen.book.slos[0].series, Some(5_011));
    assert_eq!(chosen.book.hash, book(SHOP).hash, "the files are the same");
    assert_ne!(chosen.book.stamp(), book(SHOP).stamp());
    // A restart asks the same and finds the same.
    let again = self::chosen(&server, &book(SHOP), None).await;
    assert_eq!(again.book.slos, chosen.book.slos);
}

#[tokio::test]
async fn it_goes_on_until_a_whole_day_was_below_the_limit() {
    let first = chosen(&shop(6_000.0, 10.0), &book(SHOP), None).await;
    let later = chosen(&shop(100.0, 6_000.0), &first.book, Some(&first.book)).await;
    assert_eq!((later.book.slos[0].plan.clone(), later.switches.len()), (first.book.slos[0].plan.clone(), 0), "no news");
    let fresh = chosen(&shop(100.0, 6_000.0), &book(SHOP), None).await;
    assert!(pushed(&fresh).is_some(), "a process that starts meanwhile agrees");
    let calm = chosen(&shop(100.0, 4_000.0), &later.book, Some(&later.book)).await;
    assert_eq!(pushed(&calm), None);
    assert_eq!(
        &*calm.switches[0].text,
        "shop/answers is counted event by event: for a day no selector of it matched more than 5000 series"
    );
}

#[tokio::test]
async fn a_source_that_does_not_answer_changes_nothing() {
    let (silent, first) = (Server::new(&[]), chosen(&shop(6_000.0, 10.0), &book(SHOP), None).await);
    let same = chosen(&silent, &first.book, Some(&first.book)).await;
    assert!(pushed(&same).is_some() && same.switches.is_empty());
    assert_eq!(same.errors.len(), 1);
    let reread = chosen(&silent, &book(SHOP), Some(&first.book)).await;
    assert_eq!(reread.book.slos[0].plan, first.book.slos[0].plan, "files that are read again while it is silent");
    assert_eq!(pushed(&chosen(&silent, &book(SHOP), None).await), None);
    // A table alone that fails leaves the question for the selector itself.
    let mut server = Arc::try_unwrap(shop(6_000.0, 10.0)).ok().unwrap();
    server.known.retain(|expr, _| !expr.contains("count by"));
    assert!(pushed(&chosen(&Arc::new(server), &book(SHOP), None).await).is_some());
}

#[tokio::test]
async fn an_slo_has_a_limit_of_its_own_and_a_changed_one_is_said_anew() {
    let own = SHOP.replace("target: 99.9%", "target: 99.9%\n    count_up_to: 50");
    let chosen = chosen(&shop(60.0, 10.0), &book(&own), None).await;
    assert!(chosen.switches[0].text.ends_with("matches 60 series, more than 50 (`count_up_to`)"), "{:?}", chosen.switches);
    let other = book(&SHOP.replace("target: 99.9%", "target: 99.9%\n    count_up_to: 55"));
    let again = self::chosen(&shop(60.0, 10.0), &other, Some(&chosen.book)).await;
    let Plan::Asked { why, .. } = &again.book.slos[0].plan else { panic!("it is asked") };
    assert!(why.ends_with("more than 55 (`count_up_to`)") && again.switches.is_empty(), "{why}");
}

#[test]
fn windows_hold_four_scrapes_and_one_scrape_more_makes_no_difference() {
    let step = Span::from_secs(15);
    for (scrapes, minutes) in [(0, 1), (40, 1), (41, 1), (120, 1), (39, 1), (20, 2), (21, 2), (10, 5), (11, 5), (5, 10), (1, 60)]
    {
        assert_eq!(window(scrapes, step), Span::from_mins(minutes), "{scrapes} in ten minutes");
    }
    assert_eq!(window(40, Span::from_mins(1)), Span::from_mins(5), "four steps of a minute");
}
