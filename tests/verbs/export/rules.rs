//! `export rules`: accepted by Prometheus' own tool, proven by its own tests, and firing when the engine fires.

use super::{burnledger, export, house, promtool, root};
use crate::support::require;
use burnledger::domain::base::Ms;
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

const SHOP: &str = r#"
version: burnledger/v1
service: shop
owner: payments
runbook: https://runbooks.example/{{shop}}
labels: {tier: "1"}
slos:
  - name: answers
    description: 'what {{ "people" }} see'
    target: 99.9%
    sli: {events: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}}
"#;

/// Every kind of indicator, and everything that rules cannot say.
pub(super) const KINDS: &str = r#"
version: burnledger/v1
service: shop
slos:
  - name: good
    target: 99%
    period: 28d
    sli: {events: {good: 'http_requests_total{code!~"5..|429"}', total: http_requests_total}}
  - name: sums
    target: 99%
    guards: none
    dedupe: [replica]
    group_by: [region]
    sli: {events: {bad: 'a_errors_total + b_errors_total', total: 'a_total{kind!="probe"} + b_total'}}
  - name: latency
    target: 99%
    sli: {latency: {histogram: 'request_seconds{job="shop"}', under: 1s}}
    breach:
      - {severity: P0, p99: 3x, for: 30s}
      - {severity: P1, p99: 750ms, over: 5m, for: 2m}
      - {severity: P1, error_ratio: 5%, for: 2m}
      - {severity: P2, burn: 2.5, over: 10m, for: 3m}
  - name: resizes
    sli: {occurrences: {count: 'map_resize_total', allowed: 6 per 1h}}
  - name: queue
    target: 99%
    severity: [{severity: P1, burn: 6, long: 6h, short: 30m}]
    sli: {threshold: {value: 'max(queue_depth)', below: 100}}
    breach: [{severity: P1, value: 500, for: 1m}]
  - name: ratio
    target: 99.5%
    sli: {ratio: {errors: 'sum(irate(e_total[{{window}}])) # late', total: 'sum(irate(t_total[{{window}}]))'}}
  - name: levels
    target: 99%
    sli: {ratio: {errors: 'sum(jobs_failed)', total: 'sum(jobs_known)'}}
  - name: minutes
    target: 99%
    mode: observe
    period: {calendar: month, zone: Europe/Berlin}
    budget: {method: timeslices, slice: 1m, good: 95%}
    exclude: [{from: 2026-03-01T02:00:00Z, to: 2026-03-01T04:00:00Z, reason: move}]
    sli: {events: {bad: e_total, total: t_total}}
"#;

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn rules_are_clean_and_their_own_tests_hold() {
    if !require("promtool") {
        return;
    }
    let shipped = std::fs::read_to_string(root().join("slos/checkout.yaml")).unwrap();
    for slos in [SHOP, KINDS, &shipped] {
        let dir = house(slos);
        let (code, out, talk) = export(dir.path(), &["rules", "--out", "rules"]);
        assert_eq!(code, 0, "{out}{talk}");
        let rules = dir.path().join("rules");
        let names = files(&rules);
        assert_eq!(names.len(), 2, "{names:?}");
        let (clean, said) = promtool(&rules, &["check", "rules", &names[1]]);
        assert!(clean && !said.contains("WARN"), "{said}\n{}", std::fs::read_to_string(rules.join(&names[1])).unwrap());
        let (held, said) = promtool(&rules, &["test", "rules", &names[0]]);
        let test = std::fs::read_to_string(rules.join(&names[0])).unwrap();
        assert!(held, "{said}\n{test}");
        for story in ["a fast burn", "a recovery", "a slow burn"] {
            assert!(test.contains(story), "{story} is missing in\n{test}");
        }
    }
}

#[test]
fn what_rules_cannot_say_is_said() {
    let dir = house(KINDS);
    let (code, out, talk) = export(dir.path(), &["rules"]);
    assert_eq!(code, 0, "{talk}");
    for said in [
        "shop/good: alerts do not wait for evidence (3 bad events, 95 % confidence",
        "shop/minutes: without alerts: its mode is `observe`",
        "shop/minutes: the period is the last 30d, not the calendar's month in Europe/Berlin",
        "shop/minutes: without the period's records: its budget counts timeslices",
        "shop/minutes: excluded time counts in rules",
        "shop/resizes: without a promtool test: it has no target",
        "shop/queue: its history begins when the rules are loaded",
        "shop/sums: groups have no cap",
    ] {
        assert!(talk.contains(said), "`{said}` is missing in\n{talk}");
        assert!(out.contains(&format!("# - {said}")), "`{said}` is not in the file's comments");
    }
    assert!(!talk.contains("shop/sums: alerts do not wait"), "it has no guards: {talk}");
    let (code, out, talk) = export(dir.path(), &["rules", "--slo", "good", "--format", "json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, talk.as_str(), &answer["slos"]), (0, "", &1.into()));
    assert!(answer["notes"].as_array().unwrap().iter().any(|n| n["slo"] == "shop/good" && n["left_out"] == false), "{answer}");
    assert_eq!(export(dir.path(), &["rules", "--slo", "nobody"]).0, 2);
    assert_eq!(export(dir.path(), &["rules", "--interval", "10m"]).0, 2);
}

#[test]
fn the_rules_of_an_slo_read_like_sloths() {
    let dir = house(SHOP);
    let (code, out, _) = export(dir.path(), &["rules", "--slo", "shop/answers"]);
    assert_eq!(code, 0);
    let rules = out.split("---\n").find(|t| t.contains("shop.rules.yaml\n# Made")).unwrap();
    let rules: String = rules.lines().filter(|l| !l.contains("sloth_version")).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!("shop_rules", rules);
}

#[test]
fn a_file_of_somebody_else_is_not_overwritten() {
    let dir = house(SHOP);
    let path = dir.path().join("rules");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("shop.rules.yaml"), "groups: []\n").unwrap();
    let (code, _, talk) = export(dir.path(), &["rules", "--out", "rules"]);
    assert_eq!(code, 2);
    assert!(talk.contains("a file of another origin"), "{talk}");
    assert_eq!(std::fs::read_to_string(path.join("shop.rules.yaml")).unwrap(), "groups: []\n");
    std::fs::remove_file(path.join("shop.rules.yaml")).unwrap();
    assert_eq!(export(dir.path(), &["rules", "--out", "rules"]).0, 0);
    assert_eq!(export(dir.path(), &["rules", "--out", "rules"]).0, 0, "our own files are made again");
}

/// What recording rules of ratios get wrong (see tests/cases/flaws.test.yaml), asked of ours.
#[test]
fn budgets_weigh_by_traffic_and_nothing_poisons_them() {
    if !require("promtool") {
        return;
    }
    let slos = SHOP.replace(
        "    target: 99.9%\n",
        "    target: 99.9%\n    period: 1d\n    severity: [{severity: P0, burn: 2, long: 1h, short: 5m}]\n",
    );
    let dir = house(&slos);
    assert_eq!(export(dir.path(), &["rules", "--out", "."]).0, 0);
    let left = |at: &str, value: &str| {
        format!(
            "  - expr: round(slo:period_error_budget_remaining:ratio, 0.0001) * on () group_left () vector(1)\n    eval_time: {at}\n    \
             exp_samples: [{{labels: '{{sloth_id=\"shop-answers\", sloth_service=\"shop\", sloth_slo=\"answers\", owner=\"payments\", \
             tier=\"1\", sloth_window=\"1d\"}}', value: {value}}}]\n"
        )
    };
    // A busy day with one quiet hour that is all bad: 120 of 1,449,120.
    let weighted = left("24h", "0.9172");
    // Twenty minutes without traffic, then traffic again: no ratio meanwhile, a whole budget afterwards.
    let quiet =
        format!("  - {{expr: 'count(slo:sli_error:ratio_rate5m)', eval_time: 78m, exp_samples: []}}\n{}", left("2h", "1"));
    // No series of errors yet.
    let unborn = left("1h", "1");
    let mut test = "rule_files: [shop.rules.yaml]\nevaluation_interval: 2m\ntests:\n".to_owned();
    for (series, expected) in [
        (["0+1050x1380 1449000+0x59", "0x1380 2+2x59"], weighted),
        (["0+150x60 9000+0x20 9150+150x40", "0x120"], quiet),
        (["0+100x60", ""], unborn),
    ] {
        test += "- interval: 1m\n  input_series:\n";
        for (code, values) in [200, 500].iter().zip(series).filter(|(_, v)| !v.is_empty()) {
            let _ = writeln!(test, "  - {{series: 'http_requests_total{{code=\"{code}\"}}', values: '{values}'}}");
        }
        let _ = write!(test, "  promql_expr_test:\n{expected}");
    }
    std::fs::write(dir.path().join("budget.test.yaml"), &test).unwrap();
    let (held, said) = promtool(dir.path(), &["test", "rules", "budget.test.yaml"]);
    assert!(held, "{said}\n{test}");
}

/// Minutes of a story: how many, and how many of 10,000 requests fail in each. A fast burn, a slow one, and what comes after.
const STORY: [(usize, u64); 5] = [(400, 0), (40, 2000), (400, 0), (240, 40), (150, 0)];

/// The samples of the story as OpenMetrics and as promtool's series.
fn samples(start: Ms) -> (String, String) {
    let (mut text, mut good, mut bad) = ("# TYPE http_requests counter\n".to_owned(), 0_u64, 0_u64);
    let mut lines = [String::new(), String::new()];
    let mut series = [String::from("0+0x0"), String::from("0+0x0")];
    let mut at = start.0 / 1000;
    let mut tell = |at: i64, good: u64, bad: u64| {
        for (line, (code, value)) in lines.iter_mut().zip([(200, good), (500, bad)]) {
            let _ = writeln!(line, "http_requests_total{{code=\"{code}\"}} {value} {at}");
        }
    };
    tell(at, 0, 0);
    for (minutes, fails) in STORY {
        for (i, (value, by)) in [(good, 10_000 - fails), (bad, fails)].into_iter().enumerate() {
            let _ = write!(series[i], " {}+{by}x{}", value + by, minutes - 1);
        }
        for _ in 0..minutes {
            (good, bad, at) = (good + 10_000 - fails, bad + fails, at + 60);
            tell(at, good, bad);
        }
    }
    text += &lines.concat();
    text += "# EOF\n";
    let input = [200, 500].iter().zip(series).fold(String::new(), |mut all, (code, values)| {
        let _ = writeln!(all, "  - {{series: 'http_requests_total{{code=\"{code}\"}}', values: '{values}'}}");
        all
    });
    (text, input)
}

/// Minutes after the start at which a class of tiers begins and ends to fire, of a backtest's answer.
fn edges(slo: &Value, start: Ms, pages: bool) -> Vec<(i64, i64)> {
    let minute = |v: &Value| (Ms::parse_rfc3339(v.as_str().unwrap()).unwrap().0 - start.0) / 60_000;
    let firings = slo["firings"].as_array().unwrap().iter();
    let mine = firings.filter(|f| (f["severity"] != "P2") == pages).map(|f| (minute(&f["from"]), minute(&f["to"])));
    let mut spans: Vec<(i64, i64)> = mine.collect();
    spans.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[test]
fn a_fast_burn_a_slow_burn_and_recoveries_are_told_within_one_evaluation_of_the_engine() {
    if !require("promtool") {
        return;
    }
    // Without guards: rules have none, and near a level evidence comes some minutes later than the level.
    let tiers = "{severity: P0, burn: 14.4, long: 30m, short: 5m}, {severity: P1, burn: 6, long: 2h, short: 15m}, \
                 {severity: P2, burn: 2, long: 6h, short: 1h}";
    let dir = house(&SHOP.replace(
        "    target: 99.9%\n",
        &format!("    target: 99.9%\n    period: 1d\n    guards: none\n    severity: [{tiers}]\n"),
    ));
    let start = Ms::parse_rfc3339("2026-03-02T00:00:00Z").unwrap();
    let (text, input) = samples(start);
    std::fs::write(dir.path().join("samples.om"), text).unwrap();
    let args = ["backtest", "--samples", "samples.om", "--from", "2026-03-02T06:00:00Z", "--step", "1m", "--format", "json"];
    let (code, out, talk) = burnledger(dir.path(), &args);
    assert_eq!(code, 0, "{talk}");
    let answer: Value = serde_json::from_str(&out).unwrap();
    let slo = &answer["slos"][0];
    let (pages, tickets) = (edges(slo, start, true), edges(slo, start, false));
    // The fast burn pages and makes a ticket, the slow one makes a ticket only.
    assert_eq!((pages.len(), tickets.len()), (1, 2), "{pages:?} {tickets:?}");

    assert_eq!(export(dir.path(), &["rules", "--out", "."]).0, 0);
    let mut expected = String::new();
    let mut ask = |class: &str, at: i64, on: bool| {
        let on = u8::from(on);
        let _ = writeln!(
            expected,
            "  - {{expr: 'count(ALERTS{{sloth_severity=\"{class}\", alertstate=\"firing\"}}) or vector(0)', eval_time: {at}m, \
             exp_samples: [{{labels: '{{}}', value: {on}}}]}}"
        );
    };
    for (class, spans) in [("page", &pages), ("ticket", &tickets)] {
        for (from, to) in spans {
            // Off one evaluation before, on one evaluation after; and the other way round at the end.
            ask(class, from - 2, false);
            ask(class, from + 1, true);
            ask(class, to - 2, true);
            ask(class, to + 1, false);
        }
    }
    let test = format!(
        "rule_files: [shop.rules.yaml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n{input}  promql_expr_test:\n{expected}"
    );
    std::fs::write(dir.path().join("engine.test.yaml"), &test).unwrap();
    let (held, said) = promtool(dir.path(), &["test", "rules", "engine.test.yaml"]);
    assert!(held, "{pages:?} {tickets:?}\n{said}\n{test}");
}
