//! Every recorded incident, played through the real engine, ledger, outbox and receivers, ends with the truth's numbers:
//! counts equal to the observable ones, times and cost to the cent.

use burnledger::app::demo::{Demo, worst};
use burnledger::domain::base::Ms;
use burnledger::domain::review::{Beside, PostmortemFacts};
use burnledger::report;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn sample_data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data")
}

fn truth(scenario: &str) -> Value {
    let text = std::fs::read_to_string(sample_data().join(scenario).join("truth.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn instant(value: &Value) -> Ms {
    Ms::parse_rfc3339(value.as_str().unwrap_or_else(|| panic!("{value} is no time"))).unwrap()
}

fn indicator<'a>(truth: &'a Value, id: &str) -> &'a Value {
    truth["indicators"].as_array().unwrap().iter().find(|i| i["id"] == id).unwrap_or_else(|| panic!("{id} is in the truth"))
}

/// Plays a scenario to its end and compares.
async fn check(scenario: &str) {
    let truth = truth(scenario);
    let demo = Demo::load(scenario, &sample_data()).unwrap();
    let ledger = Demo::ledger(None).await.unwrap();
    let played = demo.play(ledger, None, None, |_| true).await.unwrap();
    let incident = worst(&played.incidents).expect("an incident");
    let facts = PostmortemFacts::of(&incident, Beside { burn: played.burn, slos: Vec::new(), rulebook: None });
    let report: Value = serde_json::from_str(&report::json(burnledger::report::Subject::Incident(&facts)).unwrap()).unwrap();

    let told = &truth["incident"];
    let moments = incident.milestones;
    assert_eq!(moments.impact_start, Some(instant(&told["impact_start"])), "impact start");
    assert_eq!(moments.impact_end, Some(instant(&told["impact_end"])), "impact end");
    assert_eq!(moments.detected, Some(instant(&told["detected"])), "detected");
    assert_eq!(report["impact"]["intervals"], told["intervals"], "intervals");

    let first = &indicator(&truth, facts.slos[0].as_str())["impact"];
    assert_eq!(report["impact"]["bad"], first["observable"]["bad"], "bad events");
    if report["impact"]["total"].is_number() {
        assert_eq!(report["impact"]["total"], first["observable"]["total"], "all events");
    }
    let happened = first["true"]["bad"].as_f64().unwrap();
    let bound = |name: &str| report["impact"][name].as_f64().unwrap();
    assert!(
        bound("bad_low") <= happened && happened <= bound("bad_high"),
        "the true count lies within the bounds: {:#}",
        report["impact"]
    );

    assert_eq!(report["cost"]["total"], truth["cost"]["total"], "cost: {:#}", report["cost"]);
    assert_eq!(report["cost"]["currency"], truth["cost"]["currency"]);
    let money = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let (line, true_amount) = (&report["cost"]["lines"][0], money(&truth["cost"]["lines"][0]["true_amount"]));
    assert!(money(&line["low"]) <= true_amount && true_amount <= money(&line["high"]), "{true_amount} within {line:#}");

    for row in &played.snapshot.slos {
        let verdict = row.verdict.as_ref().expect("judged");
        let month = &indicator(&truth, row.slo.id.as_str())["last_30d"];
        assert_eq!(verdict.at, instant(&month["to"]), "{}", row.slo.id);
        assert_eq!(verdict.budget.bad, month["observable"]["bad"].as_f64().unwrap(), "30 d bad of {}", row.slo.id);
        if let Some(total) = verdict.budget.total {
            assert_eq!(total, month["observable"]["total"].as_f64().unwrap(), "30 d total of {}", row.slo.id);
        }
    }
}

#[tokio::test]
async fn connection_pool() {
    check("connection-pool").await;
}

#[tokio::test]
async fn read_only_primary() {
    check("read-only-primary").await;
}

#[tokio::test]
async fn resize_storm() {
    check("resize-storm").await;
}
