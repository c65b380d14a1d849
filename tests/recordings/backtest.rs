//! Every recording, backtested: the incidents of the truth files, and to the last fact what a live run over the same samples
//! recorded.

use super::{SCENARIOS, folder, truth};
use burnledger::app::demo::{Demo, PlayedDemo};
use burnledger::collector::Recorded;
use burnledger::domain::base::{Ms, Span};
use burnledger::domain::incident::{Fact, Incident, Milestones};
use burnledger::domain::objective::Rulebook;
use burnledger::domain::paging::Routes;
use burnledger::domain::review::{Backtest, Chronicle};
use burnledger::domain::view::Snapshot;
use burnledger::engine::state::Settings;
use burnledger::formats::{self, LoadOptions};
use burnledger::jobs::{Order, backtest};
use serde_json::Value;
use std::sync::Arc;

fn settings() -> Settings {
    Settings { routes: Routes::default(), environment: None, source: "backtest".into(), nonce: "test".into(), drill: false }
}

async fn run(book: &Arc<Rulebook>, recorded: &Arc<Recorded>, from: Ms, to: Ms) -> Backtest {
    let source: Arc<Recorded> = Arc::clone(recorded);
    let order = Order::new(Arc::clone(book), settings(), source, (from, to));
    let done = backtest(order).await;
    assert_eq!(done.errors, []);
    done.backtest
}

fn recorded(scenario: &str) -> Recorded {
    let path = folder(scenario).join("samples.om.zst");
    if scenario == "connection-pool" {
        // The name that costs are traced to, as the demo has it.
        return Recorded::from_bytes(scenario, &std::fs::read(path).unwrap()).unwrap();
    }
    Recorded::open(&path).unwrap()
}

/// Facts without those of receivers, of which a backtest has none.
fn facts(incident: &Incident) -> Vec<(Ms, Ms, &Fact)> {
    let all = incident.entries.iter().filter(|e| !matches!(e.fact, Fact::Paged { .. }));
    all.map(|e| (e.at, e.recorded_at, &e.fact)).collect()
}

fn without_pages(milestones: Milestones) -> Milestones {
    Milestones { paged: None, delivered: None, ..milestones }
}

fn same(scenario: &str, past: &Backtest, played: &PlayedDemo) {
    assert_eq!(past.incidents.len(), played.incidents.len(), "{scenario}");
    for (again, live) in past.incidents.iter().zip(&played.incidents) {
        assert_eq!((again.id, again.phase), (live.id, live.phase), "{scenario}");
        assert_eq!(without_pages(again.milestones), without_pages(live.milestones), "{scenario}");
        assert_eq!(again.impact, live.impact, "{scenario}");
        assert_eq!(again.cost, live.cost, "{scenario}");
        assert_eq!(facts(again), facts(live), "{scenario}");
    }
    for (track, row) in past.tracks.iter().zip(&played.snapshot.slos) {
        assert_eq!((&track.slo.id, &track.group), (&row.slo.id, &row.group), "{scenario}");
        assert_eq!(Some(track.budget), row.verdict.as_ref().map(|v| v.budget), "{scenario} {}", row.slo.id);
    }
}

/// What a live run's verdicts show, written down tick by tick.
#[derive(Default)]
struct Seen {
    at: Option<Ms>,
    tracks: Vec<Chronicle>,
}

impl Seen {
    fn see(&mut self, snapshot: &Snapshot) {
        if snapshot.at.is_none() || snapshot.at == self.at {
            return;
        }
        self.at = snapshot.at;
        for (place, row) in snapshot.slos.iter().enumerate() {
            if self.tracks.len() == place {
                self.tracks.push(Chronicle::new(Arc::clone(&row.slo), row.group.clone()));
            }
            self.tracks[place].see(row.verdict.as_ref().unwrap());
        }
    }
}

/// Firings and what was held back, of every track, to the instant.
fn same_firings(scenario: &str, past: &Backtest, seen: Seen) {
    let live: Vec<_> = seen.tracks.into_iter().map(Chronicle::end).collect();
    assert_eq!(past.tracks.len(), live.len(), "{scenario}");
    let mut fired = 0;
    for (again, live) in past.tracks.iter().zip(&live) {
        assert_eq!((&again.slo.id, &again.group), (&live.slo.id, &live.group), "{scenario}");
        assert_eq!(again.firings, live.firings, "{scenario} {}", live.slo.id);
        assert_eq!(again.held_back, live.held_back, "{scenario} {}", live.slo.id);
        fired += live.firings.len();
    }
    assert!(fired > 1, "{scenario}: nothing fired, so nothing was compared");
}

#[tokio::test]
async fn a_backtest_fires_and_records_what_a_live_run_over_the_same_samples_does() {
    for scenario in SCENARIOS {
        let demo = Demo::load(scenario, folder(scenario).parent().unwrap()).unwrap();
        let mut seen = Seen::default();
        let see = |step: burnledger::app::demo::Happening<'_>| {
            seen.see(step.snapshot);
            true
        };
        let played = demo.play(Demo::ledger(None).await.unwrap(), None, None, see).await.unwrap();
        seen.see(&played.snapshot);
        let timing = demo.book.timing;
        let from = (demo.from - timing.settle).floor_to(timing.step);
        let past = run(&demo.book, &Arc::new(recorded(scenario)), from, demo.to.slice_end(timing.step)).await;
        same(scenario, &past, &played);
        same_firings(scenario, &past, seen);
    }
}

fn instant(value: &Value) -> Ms {
    Ms::parse_rfc3339(value.as_str().unwrap()).unwrap()
}

/// From days before the incident, so that stretches are crossed.
#[tokio::test]
async fn the_recordings_give_the_incidents_of_the_truth_files() {
    for scenario in SCENARIOS {
        let truth = truth(scenario);
        let loaded = formats::load(&[folder(scenario).join("slos")], &LoadOptions::default());
        let book = Arc::new(loaded.rulebook);
        let to = instant(&truth["recording"]["to"]);
        let from = to - Span::from_days(2);
        let past = run(&book, &Arc::new(recorded(scenario)), from, to).await;
        assert_eq!((past.from, past.to, past.data_through), (from, to, Some(to)), "{scenario}");
        let json = serde_json::to_value(burnledger::wire::backtest::backtest(&past)).unwrap();
        let incidents = json["incidents"].as_array().unwrap();
        assert_eq!(incidents.len(), 1, "{scenario}: {incidents:#?}");
        let (found, told) = (&incidents[0], &truth["incident"]);
        for moment in ["impact_start", "detected", "impact_end"] {
            assert_eq!(found[moment], told[moment], "{scenario} {moment}");
        }
        let first = truth["indicators"].as_array().unwrap().iter().find(|i| i["id"] == found["slos"][0]).unwrap();
        assert_eq!(found["bad"], first["impact"]["observable"]["bad"], "{scenario}");
        assert_eq!(found["cost"]["total"], truth["cost"]["total"], "{scenario}");
        let firings: Vec<&Value> =
            json["slos"].as_array().unwrap().iter().flat_map(|s| s["firings"].as_array().unwrap()).collect();
        for told in told["firings"].as_array().unwrap() {
            let same = |f: &&&Value| f["rule"] == told["rule"] && f["from"] == told["at"] && f["severity"] == told["severity"];
            assert!(firings.iter().any(|f| same(&f)), "{scenario}: {told:#} in {firings:#?}");
        }
        for slo in json["slos"].as_array().unwrap() {
            let truth = truth["indicators"].as_array().unwrap().iter().find(|i| i["id"] == slo["id"]).unwrap();
            assert_eq!(slo["budget"]["bad"], truth["last_30d"]["observable"]["bad"], "{scenario} {}", slo["id"]);
        }
    }
}

/// Two groups of one SLO; the second is born six hours after the first and fails at once.
fn born_later() -> (Arc<Rulebook>, Arc<Recorded>) {
    let slo = "
version: burnledger/v1
service: shop
slos:
  - name: answers
    target: 99%
    group_by: [region]
    guards: none
    sli:
      events:
        bad: http_requests_total{code=\"500\"}
        total: http_requests_total
";
    let mut text = String::from("# TYPE http_requests counter\n");
    let start = 1_700_000_000 / 900 * 900;
    for i in 0..=2880_i64 {
        let at = start + i * 15;
        let line = |region: &str, code: &str, value: i64| {
            format!("http_requests_total{{region=\"{region}\",code=\"{code}\",instance=\"{region}\"}} {value} {at}\n")
        };
        text += &line("north", "200", i * 100);
        text += &line("north", "500", i / 10);
        if i >= 1440 {
            text += &line("south", "200", (i - 1439) * 50);
            text += &line("south", "500", (i - 1439) * 50);
        }
    }
    text += "# EOF\n";
    let files = [formats::InputFile::new("shop.yaml", slo)];
    let loaded = formats::load_files(&files, &LoadOptions::default());
    assert!(!loaded.rulebook.slos.is_empty(), "{:?}", loaded.rulebook.problems);
    (Arc::new(loaded.rulebook), Arc::new(Recorded::from_bytes("born later", text.as_bytes()).unwrap()))
}

/// What is known at an instant does not depend on what was read beyond it.
#[tokio::test]
async fn nothing_is_decided_with_knowledge_of_the_future() {
    let (book, recorded) = born_later();
    let (first, last) = recorded.range().unwrap();
    let hour = Span::from_hours(1);
    let whole = run(&book, &recorded, first + hour, last).await;
    let before = run(&book, &recorded, first + hour, first + hour * 5).await;
    let groups = |past: &Backtest| past.tracks.iter().map(|t| t.group.to_string()).collect::<Vec<_>>();
    assert_eq!(groups(&before), ["{region=\"north\"}"]);
    assert_eq!(groups(&whole), ["{region=\"north\"}", "{region=\"south\"}"]);
    let south = &whole.tracks[1];
    assert!(south.coverage > 0.99, "it was not known before it was born: {}", south.coverage);
    assert!(!south.firings.is_empty() && south.firings.iter().all(|f| f.from >= first + hour * 6));
    assert_eq!(whole.incidents.len(), 1);
    let facts = facts(&whole.incidents[0]);
    assert!(!facts.iter().any(|(_, _, fact)| matches!(fact, Fact::NoData { .. })), "{facts:#?}");
    assert!(whole.incidents[0].phase.is_live() && whole.incidents[0].impact.is_some(), "measured although it has not ended");
}

#[tokio::test]
async fn two_backtests_of_the_same_are_the_same() {
    let (book, recorded) = born_later();
    let (first, last) = recorded.range().unwrap();
    let json = |past: &Backtest| serde_json::to_string(&burnledger::wire::backtest::backtest(past)).unwrap();
    let (one, two) = (run(&book, &recorded, first, last).await, run(&book, &recorded, first, last).await);
    assert_eq!(json(&one), json(&two));
}
