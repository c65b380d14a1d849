//! One incident, live: errors are switched on and off in a scraped program; the watch opens, pages, mitigates and resolves
//! by rule, and the report's counts are those of the program itself.

use super::program::{Counters, Program};
use crate::support::{Alertmanager, Guard, Prometheus, http, require, wait_until};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SLO: &str = r#"
version: burnledger/v1
service: shop
owner: shop-team
slos:
  - name: availability
    target: 99.9%
    sli:
      events:
        bad: shop_requests_total{job="shop", code=~"5.."}
        total: shop_requests_total{job="shop"}
    breach:
      - {severity: P0, error_ratio: 5%, over: 5s, for: 2s}
"#;

fn config(prometheus: &str, alertmanager: &str) -> String {
    format!(
        "prometheus: {{url: \"{prometheus}\"}}\nstep: 1s\nsettle: 1s\nclear: 5s\nresolve_after: 10s\nlisten: 127.0.0.1:0\n\
         receivers:\n  am: {{alertmanager: {{urls: [\"{alertmanager}\"]}}}}\n  log: stderr\n"
    )
}

/// Evaluations that a busy machine may leave out, in milliseconds.
const LEFT_OUT: i64 = 8_000;

/// Everything that runs, and where its files are.
struct Shop {
    program: Program,
    prometheus: Prometheus,
    alertmanager: Alertmanager,
    watch: Guard,
    config: PathBuf,
    slos: PathBuf,
    ledger: PathBuf,
}

impl Shop {
    fn open() -> Self {
        let program = Program::start();
        let target = format!("127.0.0.1:{}", program.port);
        let prometheus = Prometheus::start(&format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n- job_name: shop\n  static_configs:\n  \
             - targets: ['{target}']\n"
        ));
        let alertmanager = Alertmanager::start("route: {receiver: none}\nreceivers:\n- name: none\n");
        let dir = tempfile::tempdir().unwrap();
        let (slos, config_file) = (dir.path().join("slos"), dir.path().join("burnledger.yaml"));
        let ledger = dir.path().join("ledger.db");
        std::fs::create_dir(&slos).unwrap();
        std::fs::write(slos.join("shop.yaml"), SLO).unwrap();
        std::fs::write(&config_file, config(&prometheus.url(), &alertmanager.url())).unwrap();
        let watch = start_watch(dir, &config_file, &slos, &ledger);
        Self { program, prometheus, alertmanager, watch, config: config_file, slos, ledger }
    }

    fn burnledger(&self, args: &[&str]) -> (i32, String, String) {
        let out = command(&self.config, &self.slos, &self.ledger).args(args).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
    }

    fn incident(&self) -> Option<Value> {
        let (code, out, _) = self.burnledger(&["incidents", "show", "1", "--format", "json"]);
        (code == 0).then(|| serde_json::from_str(&out).unwrap())
    }

    /// Waits until the incident is in one of these states.
    fn wait_for(&self, states: &[&str], limit: Duration) -> Value {
        let mut last = Value::Null;
        let there = wait_until(limit, || {
            last = self.incident().unwrap_or(Value::Null);
            states.iter().any(|s| last["state"] == **s)
        });
        assert!(there, "waited for {states:?}, saw {last:#}\nwatch says:\n{}", self.watch.log());
        last
    }

    /// What Alertmanager holds.
    fn alerts(&self) -> Vec<Value> {
        let (status, body) = http("GET", self.alertmanager.port, "/api/v2/alerts", b"").unwrap();
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The raw values Prometheus holds for one code, as (milliseconds, value).
    fn scraped(&self, code: &str) -> Vec<(i64, u64)> {
        let query = format!("/api/v1/query?query=shop_requests_total%7Bcode%3D%22{code}%22%7D%5B15m%5D");
        let (status, body) = http("GET", self.prometheus.port, &query, b"").unwrap();
        assert_eq!(status, 200, "{body}");
        let answer: Value = serde_json::from_str(&body).unwrap();
        let values = answer["data"]["result"][0]["values"].as_array().unwrap();
        let pair = |v: &Value| ((v[0].as_f64().unwrap() * 1000.0).round() as i64, v[1].as_str().unwrap().parse().unwrap());
        values.iter().map(pair).collect()
    }
}

fn command(config: &Path, slos: &Path, ledger: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_burnledger"));
    command.arg("--config").arg(config).arg("--slos").arg(slos).arg("--ledger").arg(ledger);
    command
}

fn start_watch(dir: tempfile::TempDir, config: &Path, slos: &Path, ledger: &Path) -> Guard {
    Guard::start("burnledger watch", dir, command(config, slos, ledger).arg("watch"))
}

fn millis(value: &Value) -> i64 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no time"));
    burnledger::domain::base::Ms::parse_rfc3339(text).unwrap().0
}

/// The last value at or before an instant.
fn value_at(samples: &[(i64, u64)], at: i64) -> u64 {
    samples.iter().rev().find(|(t, _)| *t <= at).map_or(0, |(_, v)| *v)
}

#[test]
fn an_outage_is_opened_paged_mitigated_resolved_and_counted() {
    if !require("prometheus") || !require("prometheus-alertmanager") {
        return;
    }
    let shop = Shop::open();
    assert!(wait_until(Duration::from_secs(90), || shop.program.scrapes().len() > 8), "Prometheus scrapes the program");
    // The bad minute must be one that was scraped from its start on, or its first value cannot be checked.
    let first = shop.scraped("200")[0].0;
    let minute = |at: i64| at.div_euclid(60_000);
    let newest = || shop.scraped("200").last().map_or(0, |(at, _)| *at);
    assert!(wait_until(Duration::from_secs(75), || minute(newest()) > minute(first)), "a minute has begun");

    shop.program.fail(true);
    let open = shop.wait_for(&["open"], Duration::from_secs(90));
    assert_eq!(open["severity"], "P0");
    detected_in_time(&shop, &open);
    alertmanager_holds_it(&shop, &open);

    let (code, _, talk) = shop.burnledger(&["incidents", "ack", "1", "--by", "wei"]);
    assert_eq!(code, 0, "{talk}");
    shop.wait_for(&["acknowledged"], Duration::from_secs(90));

    shop.program.fail(false);
    let bad = shop.program.counters().bad;
    shop.wait_for(&["mitigated", "resolved"], Duration::from_mins(2));
    let resolved = shop.wait_for(&["resolved"], Duration::from_secs(90));
    assert_eq!(shop.program.counters().bad, bad, "no error after the switch");
    counts_are_the_programs(&shop, &resolved, bad);
    let cleared = wait_until(Duration::from_secs(90), || shop.alerts().is_empty());
    assert!(cleared, "Alertmanager still holds {:?}", shop.alerts());
}

/// Within two evaluations after the first scrape that satisfies the rule and its guards; a machine that does other work as
/// well leaves evaluations out, which the simulation, whose time is made, does not.
fn detected_in_time(shop: &Shop, open: &Value) {
    let (bad, good) = (shop.scraped("500"), shop.scraped("200"));
    let first = bad.windows(2).find(|w| w[1].1 > w[0].1).expect("a scrape with errors")[1].0;
    // The ratio over 5 s is above 5 % from that scrape on, with at least 3 bad events: two in five of 200 a second fail.
    assert!(value_at(&bad, first) >= 3 && value_at(&good, first) > 0);
    let satisfied = first.div_euclid(1000) * 1000 + 1000 + 2000;
    let detected = millis(&open["milestones"]["detected"]);
    assert!(detected <= satisfied + 2000 + LEFT_OUT, "satisfied at {satisfied}, detected at {detected}");
    assert!(detected >= first, "nothing is detected before it is scraped");
}

fn alertmanager_holds_it(shop: &Shop, open: &Value) {
    let mut alerts = Vec::new();
    let held = wait_until(Duration::from_secs(90), || {
        alerts = shop.alerts();
        !alerts.is_empty()
    });
    assert!(held, "Alertmanager holds nothing; watch says:\n{}", shop.watch.log());
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert_eq!(alerts[0]["labels"]["service"], "shop");
    assert_eq!(millis(&alerts[0]["startsAt"]), millis(&open["milestones"]["impact_start"]));
    let delivered =
        wait_until(Duration::from_secs(90), || shop.incident().is_some_and(|i| i["milestones"]["delivered"].is_string()));
    assert!(delivered, "the ledger knows that the page was delivered: {:#}", shop.incident().unwrap_or_default());
}

/// The report's bad events are those the program counted; its totals are values the program logged with its scrapes.
fn counts_are_the_programs(shop: &Shop, resolved: &Value, bad: u64) {
    let (code, out, talk) = shop.burnledger(&["report", "1", "--format", "json"]);
    assert_eq!(code, 0, "{talk}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let impact = &report["impact"];
    assert_eq!(impact["bad"].as_u64(), Some(bad), "{impact:#}");
    assert_eq!(resolved["impact"]["bad"].as_u64(), Some(bad));
    let logged = shop.program.scrapes();
    let (bads, goods) = (shop.scraped("500"), shop.scraped("200"));
    let was_logged = |at: i64| {
        let seen = Counters { bad: value_at(&bads, at), good: value_at(&goods, at) };
        assert!(logged.contains(&seen), "the program never logged {seen:?}");
        seen.total()
    };
    let total: u64 = impact["intervals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| was_logged(millis(&i["to"])) - was_logged(millis(&i["from"])))
        .sum();
    assert_eq!(impact["total"].as_u64(), Some(total), "{impact:#}");
    let (code, markdown, _) = shop.burnledger(&["report", "1", "--format", "md"]);
    assert_eq!(code, 0);
    assert!(markdown.contains("INC-0001"), "{markdown}");
}
