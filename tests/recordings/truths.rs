//! Truth files against the recordings they tell of.

use super::naive::{Recount, Span};
use super::{SCENARIOS, folder, generator, truth};
use burnledger::domain::base::{Interval, Ms};
use burnledger::domain::cost::{CostQuestion, Counted, StreamCount, price};
use burnledger::domain::objective::Rulebook;
use burnledger::formats::{LoadOptions, load};
use serde_json::Value;

fn seconds(text: &Value) -> i64 {
    Ms::parse_rfc3339(text.as_str().unwrap()).unwrap().0 / 1000
}

fn span(value: &Value) -> Span {
    (seconds(&value["from"]), seconds(&value["to"]))
}

fn stretches(truth: &Value) -> Vec<Span> {
    truth["incident"]["intervals"].as_array().unwrap().iter().map(span).collect()
}

fn rulebook(scenario: &str) -> Rulebook {
    let loaded = load(&[folder(scenario).join("slos")], &LoadOptions::default());
    Rulebook::clone(&loaded.rulebook)
}

#[test]
fn observable_counts_are_what_the_samples_show() {
    for scenario in SCENARIOS {
        let truth = truth(scenario);
        let indicators = truth["indicators"].as_array().unwrap();
        let spans = vec![vec![span(&indicators[0]["whole"])], vec![span(&indicators[0]["last_30d"])], stretches(&truth)];
        let recount = Recount::read(&folder(scenario).join("samples.om.zst"), indicators, spans);
        for indicator in indicators {
            for (n, part) in ["whole", "last_30d", "impact"].into_iter().enumerate() {
                assert_eq!(recount.counts(indicator, n), indicator[part]["observable"], "{scenario} {} {part}", indicator["id"]);
            }
        }
        let told = &truth["recording"];
        assert_eq!(told["samples"].as_u64(), Some(recount.samples));
        assert_eq!((seconds(&told["first_sample"]), seconds(&told["last_sample"])), recount.times);
    }
}

#[test]
fn scrapes_never_show_more_than_happened_and_only_restarts_hide() {
    for scenario in SCENARIOS {
        let truth = truth(scenario);
        let hidden: u64 = truth["restarts"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|r| r["lost_events"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()))
            .sum();
        assert!(hidden > 0, "{scenario} has restarts that hide something");
        for indicator in truth["indicators"].as_array().unwrap() {
            let (happened, seen) = (&indicator["whole"]["true"], &indicator["whole"]["observable"]);
            let missed = happened["bad"].as_u64().unwrap() - seen["bad"].as_u64().unwrap();
            assert!(missed <= hidden, "{scenario} {}: {missed} of {hidden}", indicator["id"]);
        }
    }
}

#[test]
fn slo_and_business_files_are_faultless_and_name_the_truths_objectives() {
    for scenario in SCENARIOS {
        let rules = rulebook(scenario);
        assert_eq!(rules.problems, [], "{scenario}");
        let mut known: Vec<String> = rules.slos.iter().map(|s| s.id.to_string()).collect();
        let truth = truth(scenario);
        let mut told: Vec<&str> = truth["indicators"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap()).collect();
        known.sort();
        told.sort_unstable();
        assert_eq!(known, told, "{scenario}");
    }
}

#[test]
fn pricing_the_observable_failures_gives_the_truths_cost() {
    for scenario in SCENARIOS {
        let (rules, truth) = (rulebook(scenario), truth(scenario));
        let business = rules.business.unwrap();
        let told = &truth["cost"]["lines"][0];
        let failed = told["failed"].as_f64().unwrap();
        let intervals: Vec<Interval> =
            stretches(&truth).iter().map(|(from, to)| Interval { from: Ms(from * 1000), to: Ms(to * 1000) }).collect();
        let impact = intervals.clone();
        let counted = Counted::failed(failed, intervals, 2, 0, "a recording".into());
        let sheet = price(
            &CostQuestion {
                services: vec![rules.slos[0].service.clone()],
                streams: vec![StreamCount { stream: told["subject"].as_str().unwrap().into(), counted: Ok(counted) }],
                impact,
                ..CostQuestion::default()
            },
            &business,
        );
        assert_eq!(sheet.lines[0].amount.amount.to_string(), told["amount"].as_str().unwrap(), "{scenario}");
        assert_eq!(sheet.total.unwrap().to_string(), truth["cost"]["total"].as_str().unwrap());
        assert_eq!(sheet.currency.code(), truth["cost"]["currency"]);
        assert_eq!(Some(sheet.complete), truth["cost"]["complete"].as_bool());
        assert!(
            sheet.not_estimated[0].starts_with(truth["cost"]["not_estimated"][0].as_str().unwrap()),
            "{:?}",
            sheet.not_estimated
        );
    }
}

#[test]
fn the_stories_hold() {
    let pool = truth("connection-pool");
    let incident = &pool["incident"];
    assert_eq!(pool["indicators"][0]["impact"]["true"]["bad"], 83_419);
    assert_eq!(
        (&incident["impact_start"], &incident["impact_end"]),
        (&"2026-03-17T02:17:00Z".into(), &"2026-03-17T03:31:00Z".into())
    );
    assert_eq!((&incident["detected"], &incident["firings"][0]["severity"]), (&"2026-03-17T02:23:00Z".into(), &"P1".into()));
    let usual = incident["usual_ratio"].as_f64().unwrap();
    let worst = incident["worst_ratio_5m"].as_f64().unwrap();
    assert!((usual - 0.0002).abs() < 0.00001 && (worst - 0.177).abs() < 0.001, "99.98 % to 82.3 %: {usual}, {worst}");

    let orders = truth("read-only-primary");
    assert_eq!(orders["incident"]["impact_seconds"], 47 * 60);
    let counts = &orders["indicators"][0]["impact"]["true"];
    let down = counts["bad"].as_f64().unwrap() / counts["total"].as_f64().unwrap();
    assert!((down - 0.92).abs() < 0.01, "order volume is down 92 %: {down}");

    let cost = &pool["cost"];
    assert_eq!((&cost["currency"], &cost["total"]), (&"CNY".into(), &"4270032.00".into()), "near 4.27 million");
    assert!(!cost.to_string().contains("2168894"), "requests that were turned away are no payments");

    let storm = truth("resize-storm");
    let p99 = &storm["indicators"][0]["p99_seconds"];
    let (usual, worst) = (p99["day_before"].as_f64().unwrap(), p99["worst_5m"].as_f64().unwrap());
    assert!((usual - 0.186).abs() < 0.001 && (3.1..3.5).contains(&worst), "p99 from 186 ms to 3.2 s: {usual}, {worst}");
    let errors = &storm["indicators"][2]["impact"]["true"];
    assert!(errors["bad"].as_f64().unwrap() / errors["total"].as_f64().unwrap() < 0.01, "few errors");
}

/// The whole check takes a minute: `cargo run --release --example generate-sample-data -- --check`. Here the smallest one.
#[test]
fn the_generator_makes_the_stored_recording_again() {
    assert_eq!(generator::run("read-only-primary", true).unwrap(), "reproduced");
}
