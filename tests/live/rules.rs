//! Exported rules in a real Prometheus and a real `watch` beside it, over the same scraped program: both fire and let go
//! together, for a fast burn, a slow burn and their recoveries. The same Prometheus scrapes the watch and answers every query
//! of the dashboards.

use super::program::Program;
use crate::support::{Guard, Prometheus, free_port, http, require, wait_until};
use crate::verbs::export::grafana;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Four in ten failing burn 4: a page and a ticket. Two in ten burn 2: a ticket.
const SLO: &str = r#"
version: burnledger/v1
service: shop
guards: none
slos:
  - name: availability
    target: 90%
    period: 1h
    severity:
      - {severity: P0, burn: 2.5, long: 12s, short: 6s}
      - {severity: P2, burn: 1.5, long: 16s, short: 8s}
    sli: {events: {bad: 'shop_requests_total{code=~"5.."}', total: shop_requests_total}}
---
version: burnledger-business/v1
currency: USD
streams:
  - {name: orders, services: [shop], failed: 'shop_requests_total{code=~"5.."}', value: 0.10, value_is: revenue}
"#;

const LIMIT: Duration = Duration::from_secs(90);

fn burnledger(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_burnledger"));
    command.args(["--config", "burnledger.yaml"]).current_dir(dir).env("XDG_STATE_HOME", dir);
    command
}

/// The result of a query.
fn ask(server: &Prometheus, query: &str) -> Vec<Value> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let encoded: String = query.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    let Some((status, body)) = http("GET", server.port, &format!("/api/v1/query?query={encoded}"), b"") else {
        return Vec::new();
    };
    assert_eq!(status, 200, "{query}: {body}");
    let answer: Value = serde_json::from_str(&body).unwrap();
    answer["data"]["result"].as_array().cloned().unwrap_or_default()
}

/// All samples of the only series of a query, in milliseconds.
fn samples(server: &Prometheus, selector: &str) -> Vec<(i64, f64)> {
    let found = ask(server, &format!("{selector}[30m]"));
    assert!(found.len() < 2, "{selector}: {found:#?}");
    let pair = |v: &Value| ((v[0].as_f64().unwrap() * 1000.0).round() as i64, v[1].as_str().unwrap().parse().unwrap());
    found.first().map(|series| series["values"].as_array().unwrap().iter().map(pair).collect()).unwrap_or_default()
}

/// Instants of evaluations, and whether the class fired: of the server's rules.
fn of_rules(server: &Prometheus, class: &str) -> Vec<(i64, bool)> {
    let firing = format!("ALERTS{{alertstate=\"firing\", sloth_severity=\"{class}\"}}");
    let on: BTreeSet<i64> = samples(server, &firing).into_iter().map(|(at, _)| at).collect();
    samples(server, "slo:objective:ratio").into_iter().map(|(at, _)| (at, on.contains(&at))).collect()
}

/// The same of the watch, as it was scraped: the instants are those that it had evaluated.
fn of_watch(server: &Prometheus, severity: &str) -> Vec<(i64, bool)> {
    let evaluated = samples(server, "burnledger_evaluated_seconds");
    let firing = samples(server, &format!("burnledger_slo_firing{{severity=\"{severity}\"}}"));
    let at_scrape = |scrape: i64| evaluated.iter().find(|(at, _)| *at == scrape).map(|(_, seconds)| (seconds * 1000.0) as i64);
    let mut all: Vec<(i64, bool)> = firing.into_iter().filter_map(|(at, on)| Some((at_scrape(at)?, on > 0.5))).collect();
    all.dedup_by_key(|(at, _)| *at);
    all
}

/// Places of the first and the last firing between two instants.
fn firing(of: &[(i64, bool)], from: i64, to: i64) -> Option<(usize, usize)> {
    let on = |(at, on): &(i64, bool)| *on && *at >= from && *at < to;
    Some((of.iter().position(on)?, of.iter().rposition(on)?))
}

/// The evaluation some places on, or the nearest there is.
fn near(of: &[(i64, bool)], place: usize, by: isize) -> i64 {
    of[place.saturating_add_signed(by).min(of.len() - 1)].0
}

/// A change between the place before and this one, in both: not more than an evaluation of each, and what lies between the
/// moments of the two, apart. Counted in evaluations that were made, because a busy machine leaves some out.
fn together(what: &str, rules: (&[(i64, bool)], usize), watch: (&[(i64, bool)], usize)) {
    let ((rules, j), (watch, i)) = (rules, watch);
    let apart = near(rules, j, -3) > near(watch, i, 1) || near(watch, i, -2) > near(rules, j, 2);
    assert!(!apart, "{what}: rules change at {}, the watch at {}\n{rules:?}\n{watch:?}", rules[j].0, near(watch, i, 0));
}

fn is_on(server: &Prometheus, class: &str, severity: &str) -> (bool, bool) {
    let rules = !ask(server, &format!("ALERTS{{alertstate=\"firing\", sloth_severity=\"{class}\"}}")).is_empty();
    (rules, !ask(server, &format!("burnledger_slo_firing{{severity=\"{severity}\"}} == 1")).is_empty())
}

/// Waits until page and ticket are so, of the rules and of the watch.
fn wait_for(server: &Prometheus, watch: &Guard, page: bool, ticket: bool, what: &str) {
    let mut seen = ((false, false), (false, false));
    let there = wait_until(LIMIT, || {
        seen = (is_on(server, "page", "P0"), is_on(server, "ticket", "P2"));
        // The watch tells the highest severity alone.
        seen.0 == (page, page) && seen.1 == (ticket, ticket && !page)
    });
    assert!(there, "{what}: page and ticket are {seen:?}\n{}", watch.log());
}

fn now(server: &Prometheus) -> i64 {
    let at = ask(server, "vector(time())");
    at[0]["value"][1].as_str().unwrap().parse::<f64>().map(|seconds| (seconds * 1000.0) as i64).unwrap()
}

#[test]
fn exported_rules_and_the_watch_fire_together_and_the_dashboards_are_answered() {
    if !require("prometheus") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    std::fs::write(dir.path().join("slos/shop.yaml"), SLO).unwrap();
    std::fs::write(dir.path().join("burnledger.yaml"), "step: 1s\n").unwrap();
    assert!(burnledger(dir.path()).args(["export", "rules", "--out", "rules"]).status().unwrap().success());
    let program = Program::start();
    let server = Prometheus::start(&format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: ['{}']\nscrape_configs:\n\
         - job_name: shop\n  static_configs:\n  - targets: ['127.0.0.1:{}']\n\
         - job_name: watch\n  static_configs:\n  - targets: ['127.0.0.1:{port}']\n",
        dir.path().join("rules/shop.rules.yaml").display(),
        program.port
    ));
    let config = format!(
        "prometheus: {{url: '{}'}}\nstep: 1s\nsettle: 1s\nclear: 5s\nledger: ledger.db\nlisten: 127.0.0.1:{port}\nreceivers: {{log: stderr}}\n",
        server.url()
    );
    std::fs::write(dir.path().join("burnledger.yaml"), config).unwrap();
    let mut command = burnledger(dir.path());
    let watch = Guard::start("burnledger watch", tempfile::tempdir().unwrap(), command.arg("watch"));
    let judges = || !ask(&server, "burnledger_slo_firing").is_empty() && program.scrapes().len() > 8;
    assert!(wait_until(LIMIT, judges), "the watch is scraped\n{}", watch.log());

    let start = now(&server);
    program.fail_of_ten(4);
    wait_for(&server, &watch, true, true, "a fast burn");
    every_query_is_answered(&server, &watch);
    program.fail_of_ten(0);
    wait_for(&server, &watch, false, false, "the recovery from a fast burn");
    let middle = now(&server);
    program.fail_of_ten(2);
    wait_for(&server, &watch, false, true, "a slow burn");
    program.fail_of_ten(0);
    wait_for(&server, &watch, false, false, "the recovery from a slow burn");
    // What comes after the last change must be there, too.
    let end = now(&server);
    let later = || of_rules(&server, "page").last().is_some_and(|(at, _)| *at > end + 4_000);
    assert!(wait_until(LIMIT, later), "evaluations go on");
    let later = || of_watch(&server, "P0").last().is_some_and(|(at, _)| *at > end + 4_000);
    assert!(wait_until(LIMIT, later), "evaluations go on\n{}", watch.log());

    let (page, p0) = (of_rules(&server, "page"), of_watch(&server, "P0"));
    let (ticket, p2) = (of_rules(&server, "ticket"), of_watch(&server, "P2"));
    for (what, rules, watch, from, to) in
        [("a fast burn", &page, &p0, start, middle), ("a slow burn", &ticket, &p2, middle, i64::MAX)]
    {
        let (first, last) = firing(rules, from, to).unwrap();
        let (ours_first, ours_last) = firing(watch, from, to).unwrap();
        together(what, (rules, first), (watch, ours_first));
        together(&format!("the recovery from {what}"), (rules, last + 1), (watch, ours_last + 1));
    }
    assert_eq!(firing(&page, middle, i64::MAX), None, "a slow burn pages nobody");
    assert_eq!(firing(&p0, middle, i64::MAX), None, "a slow burn pages nobody");
}

/// During an incident every panel of the dashboards shows something.
fn every_query_is_answered(server: &Prometheus, watch: &Guard) {
    let values = grafana::ANY.map(|(name, value)| (name, if name == "$window" { "6s" } else { value }));
    let mut left = grafana::queries(&values);
    assert!(left.len() > 30, "{}", left.len());
    let all = wait_until(LIMIT, || {
        left.retain(|(_, query)| ask(server, query).is_empty());
        left.is_empty()
    });
    assert!(all, "without an answer: {left:#?}\n{}", watch.log());
}
