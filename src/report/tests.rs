//! Reports of a whole incident, of one that just began, and of one whose every name is hostile.

use super::{json, markdown, regions};
use crate::domain::base::{CommitId, Currency, IncidentId, Interval, Money, Ms, Seq, Severity, SloId, Span, Text};
use crate::domain::cost::{CostQuestion, CostSheet, Counted, Responder, StreamCount, month_of, price};
use crate::domain::incident::{Actor, Entry, Fact, ImpactRecord, Incident, Incidents, Onset, Outcome, ReasonText, RuleFired};
use crate::domain::measure::Count;
use crate::domain::objective::{Business, Labour, RevenueStream, ValueIs};
use crate::domain::review::{Beside, BurnSeries, PostmortemFacts};
use crate::words::Zone;
use std::sync::Arc;

fn at(clock: &str) -> Ms {
    Ms::parse_rfc3339(&format!("2026-03-17T{clock}Z")).unwrap()
}

fn reason(code: &str, text: &str) -> ReasonText {
    ReasonText { code: code.into(), value: 0.0147, threshold: 0.01, text: text.into() }
}

fn rule(name: &str, severity: Severity) -> RuleFired {
    RuleFired { slo: SloId::new("payments", "success"), rule: name.into(), severity }
}

fn impact() -> ImpactRecord {
    ImpactRecord {
        bad: 83_419.0,
        total: Some(813_248.0),
        bad_low: 83_419.0,
        bad_high: 83_512.0,
        intervals: vec![Interval { from: at("02:17:00"), to: at("03:31:00") }],
        budget_spent: vec![(SloId::new("payments", "success"), 0.2103)],
    }
}

fn business() -> Business {
    let usd = |text: &str| Money::new(text.parse().unwrap(), Currency::parse("USD").unwrap());
    Business {
        currency: Currency::parse("USD").unwrap(),
        headline: None,
        streams: vec![RevenueStream {
            name: "payments".into(),
            services: vec!["payments".into()],
            failed_query: r#"payments_total{job="payments", outcome="failed"}"#.into(),
            failed: Count::default(),
            value: usd("31.80"),
            value_is: ValueIs::Gmv,
            recovered_fraction: "0.40".parse().unwrap(),
        }],
        labour: Some(Labour {
            rates: [("sre".into(), usd("110.00"))].into(),
            people: [].into(),
            default_role: Some("sre".into()),
        }),
        exchange: Vec::new(),
        assumptions: Vec::new(),
        nulls: Vec::new(),
        file: "slos/business.yaml".into(),
        read_at: None,
    }
}

fn cost(people: &[&str]) -> CostSheet {
    let counted = Counted {
        failed: 83_419.0,
        low: 83_419.0,
        high: 83_512.0,
        intervals: impact().intervals,
        series: 2,
        samples: 592,
        source: "http://localhost:9090".into(),
    };
    let time = Interval { from: at("02:26:10"), to: at("03:31:00") };
    let responders = people.iter().map(|p| Responder { person: (*p).into(), time, declared: false }).collect();
    let question = CostQuestion {
        services: vec!["payments".into()],
        streams: vec![StreamCount { stream: "payments".into(), counted: Ok(counted) }],
        responders,
        booked_month: month_of(at("02:17:00")),
    };
    price(&question, &business())
}

/// Folds facts into an incident, one entry each.
fn folded(facts: Vec<(&str, Actor, Fact)>) -> Incident {
    let entries: Vec<Entry> = facts
        .into_iter()
        .enumerate()
        .map(|(n, (clock, actor, fact))| Entry {
            seq: Seq(n as u64 + 7),
            incident: IncidentId(1),
            fact,
            at: at(clock),
            recorded_at: at(clock),
            actor,
            source: "watch".into(),
            corrects: None,
            commit: CommitId(format!("c{n}").into()),
            hash: [n as u8 + 0xa0; 32],
        })
        .collect();
    let all = Incidents::replay(&entries);
    assert_eq!(all.problems(), []);
    Incident::clone(all.get(IncidentId(1)).unwrap())
}

fn onset() -> Onset {
    Onset {
        service: "payments".into(),
        slos: vec![SloId::new("payments", "success")],
        severity: Some(Severity::P1),
        rules: vec![rule("error ratio > 1% for 2m", Severity::P1)],
        reasons: vec![reason("error_ratio", "error ratio 3.10% over 1m, above 1% for 2m")],
        impact_start: at("02:17:00"),
        detected: at("02:23:00"),
        rulebook: "5f0c".into(),
        drill: false,
    }
}

fn paged(kind: &str, severity: Severity, created: &str, detail: &str) -> Fact {
    Fact::Paged {
        receiver: "oncall".into(),
        kind: kind.into(),
        severity,
        created: at(created),
        attempts: 2,
        outcome: Outcome::Delivered,
        detail: detail.into(),
    }
}

fn person(name: &str) -> Actor {
    Actor::Person(name.into())
}

fn whole() -> Incident {
    let raised = Fact::SeverityChanged {
        from: Severity::P1,
        to: Severity::P0,
        rules: vec![rule("error ratio > 5% for 30s", Severity::P0)],
        reasons: vec![reason("error_ratio", "error ratio 6.61% over 1m, above 5% for 30s")],
    };
    folded(vec![
        ("02:23:00", Actor::Auto, Fact::Opened(onset())),
        ("02:23:03", Actor::Auto, paged("first", Severity::P1, "02:23:00", "HTTP 200")),
        ("02:26:10", person("bo"), Fact::Acknowledged),
        ("02:42:15", Actor::Auto, raised),
        ("02:42:17", Actor::Auto, paged("raised", Severity::P0, "02:42:15", "HTTP 200")),
        ("03:05:40", person("bo"), Fact::Note("pool exhausted | see [graph](https://g.example) <b>now</b>".into())),
        ("03:31:00", Actor::Auto, Fact::Mitigated { impact: impact() }),
        ("03:46:00", Actor::Auto, Fact::Costed(cost(&[]))),
        ("03:46:00", Actor::Auto, Fact::Resolved { reason: "".into(), impact: None }),
        ("03:50:00", Actor::Auto, Fact::Costed(cost(&["bo"]))),
    ])
}

fn burn() -> BurnSeries {
    let rise = (0..120).map(|n| match n {
        0..=20 => 0.2,
        50..=55 => f32::NAN,
        21..=94 => 4.0 + (n as f32 - 20.0) * 2.4,
        _ => 0.3,
    });
    BurnSeries {
        slo: SloId::new("payments", "success"),
        window: Span::from_mins(5),
        from: at("02:00:00"),
        to: at("04:00:00"),
        values: rise.collect::<Vec<f32>>().into(),
        levels: vec![("P0".into(), 14.4), ("P1".into(), 6.0)],
    }
}

fn facts(incident: &Incident) -> PostmortemFacts {
    PostmortemFacts::of(incident, Beside { burn: Some(burn()), slos: Vec::new(), rulebook: Some("77aa".into()) })
}

#[test]
fn the_whole_report() {
    insta::assert_snapshot!(markdown(&facts(&whole()), Zone::parse("Asia/Shanghai").unwrap()));
}

#[test]
fn what_is_not_known_is_said_so_and_never_zero() {
    let open = folded(vec![("02:23:00", Actor::Auto, Fact::Opened(onset()))]);
    let text = markdown(&PostmortemFacts::of(&open, Beside::default()), Zone::Utc);
    for told in [
        "payments: what users lost has not been measured. Cost: not estimated. It is not over.",
        "| TTA | unknown: nobody acknowledged it |",
        "| TTM | not yet |",
        "Impact has not been measured: the counts are unknown, which does not mean that nothing failed.",
        "No samples were at hand when this report was made, so the burn rate is not drawn.",
        "No cost is recorded for this incident: not estimated, which does not mean that it was free.",
        "No page has reached its end.",
        "| Impact lasted | unknown |",
        "- No page was made.\n- No receiver accepted a page.\n- Nobody acknowledged it.\n- The end of the impact is unknown.\n- It is not resolved.",
        "Queries of the SLOs: the SLO files were not at hand when this report was made.",
    ] {
        assert!(text.contains(told), "{told}\n---\n{text}");
    }
}

#[test]
fn text_from_outside_cannot_become_markup() {
    let evil: Text =
        "x|y\n# Heading\n<script>alert(1)</script> [a](javascript:b) `c` <!-- burnledger:end summary --> \u{1b}[31m\u{202e}"
            .into();
    let onset = Onset { service: evil.clone(), reasons: vec![reason("x", &evil)], ..onset() };
    let incident = folded(vec![
        ("02:23:00", Actor::Auto, Fact::Opened(onset)),
        ("02:24:00", Actor::Person(evil.clone()), Fact::Note(evil.clone())),
        ("02:25:00", Actor::Auto, paged(&evil, Severity::P1, "02:23:00", &evil)),
        ("02:26:00", Actor::Auto, Fact::Costed(cost(&[&evil]))),
    ]);
    let text = markdown(&PostmortemFacts::of(&incident, Beside::default()), Zone::Utc);
    // The name stands inside code in the formula, where nothing acts and the fence is longer than its own backticks.
    assert_eq!(text.matches("`` sum of time × rate = x|y").count(), 1);
    let prose: String = text.lines().filter(|l| !l.starts_with("``")).collect();
    assert!(!prose.contains("<script"), "HTML is neutral");
    assert!(!prose.contains("](javascript"), "no links");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "nothing acts on a terminal");
    assert!(!text.lines().any(|l| l.starts_with("# Heading")), "no headings");
    // Marks of regions are found only where the report puts them.
    assert_eq!(text.lines().filter(|l| *l == "<!-- burnledger:end summary -->").count(), 1, "{text}");
    assert_eq!(regions::keep(&text, &text).as_deref(), Ok(&*text));
    // Every row of a table has as many cells as its head.
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut head = None;
    for line in text.lines() {
        match (line.starts_with('|'), head) {
            (true, None) => head = Some(cells(line)),
            (true, Some(n)) => assert_eq!(cells(line), n, "{line}"),
            (false, _) => head = None,
        }
    }
}

#[test]
fn the_json_report_has_the_contracts_fields_and_the_cost_object() {
    let value: serde_json::Value = serde_json::from_str(&json(&facts(&whole())).unwrap()).unwrap();
    assert_eq!(value["seconds"], serde_json::json!({"ttd": 360, "tta": 190, "ttm": 4440, "ttr": 5340, "impact": 4440}));
    assert_eq!(value["milestones"]["impact_end"], "2026-03-17T03:31:00Z");
    assert_eq!(value["milestones"]["closed"], serde_json::Value::Null);
    assert_eq!((value["impact"]["bad"].as_f64(), value["impact"]["bad_high"].as_f64()), (Some(83_419.0), Some(83_512.0)));
    assert_eq!((&value["cost"]["lines"][0]["amount"], &value["cost"]["complete"]), (&"1591634.52".into(), &true.into()));
    assert_eq!(value["restated"][0]["cost"]["complete"], false);
    assert_eq!(value["entries"][2]["actor"], "bo");
    assert_eq!(value["entries"][0]["hash"].as_str().map(str::len), Some(64));
    assert_eq!(value["burn"]["values"][50], serde_json::Value::Null, "unknown is null");
    let open = folded(vec![("02:23:00", Actor::Auto, Fact::Opened(onset()))]);
    let value: serde_json::Value = serde_json::from_str(&json(&PostmortemFacts::of(&open, Beside::default())).unwrap()).unwrap();
    assert_eq!(
        (&value["impact"], &value["cost"], &value["burn"]),
        (&serde_json::Value::Null, &serde_json::Value::Null, &serde_json::Value::Null)
    );
    assert_eq!(value["seconds"]["ttr"], serde_json::Value::Null);
}

#[test]
fn a_drill_and_an_early_find_are_named() {
    let onset = Onset { drill: true, impact_start: at("02:24:00"), ..onset() };
    let incident = folded(vec![("02:23:00", Actor::Auto, Fact::Opened(onset))]);
    let text = markdown(&PostmortemFacts::of(&Arc::new(incident), Beside::default()), Zone::Utc);
    assert!(text.contains("# INC-0001: payments, P1 (drill)"));
    assert!(text.contains("| TTD | 0s (found before users were hurt) |"));
}
