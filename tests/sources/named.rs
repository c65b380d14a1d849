//! Several sources in one configuration: each SLO is asked of its own, and one that is down is nobody else's trouble.

use crate::support::{Guard, Prometheus, VictoriaMetrics, free_port, http, require, run, wait_until};
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use serde_json::Value;
use std::fmt::Write;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn now() -> i64 {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    now.as_secs().cast_signed()
}

/// Two hours at 15 s up to `end`: 40 requests a step, of which `bad` fail.
fn recording(end: i64, bad: i64) -> String {
    let mut out = String::from("# TYPE hits counter\n");
    for (code, each) in [("200", 40 - bad), ("500", bad)] {
        for i in 0..480 {
            let at = end - (479 - i) * 15;
            writeln!(out, "hits_total{{code=\"{code}\",job=\"shop\"}} {} {at}", (i + 1) * each).unwrap();
        }
    }
    out.push_str("# EOF\n");
    out
}

fn slo(source: &str) -> String {
    format!(
        "version: burnledger/v1\nservice: shop-{source}\nsource: {source}\nperiod: 1d\nslos:\n  - name: availability\n    target: 99%\n\
         \x20   guards: none\n    severity: [{{severity: P0, burn: 10, long: 1h, short: 5m}}]\n    sli: {{events: {{bad: 'hits_total{{code=\"500\"}}', total: hits_total}}}}\n"
    )
}

/// A folder with a configuration of two sources and an SLO for each.
fn folder(eu: &str, us: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    for source in ["eu", "us"] {
        std::fs::write(dir.path().join(format!("slos/{source}.yaml")), slo(source)).unwrap();
    }
    let config = format!(
        "step: 1s\nsources:\n  eu: {{url: '{eu}', timeout: 5s}}\n  us: {{url: '{us}', timeout: 5s, circuit: {{failures: 2, open: 1s}}}}\n\
         slos: slos\nledger: ledger.db\n"
    );
    std::fs::write(dir.path().join("burnledger.yaml"), config).unwrap();
    dir
}

/// State, severity and bad events of each SLO.
fn told(out: &str) -> Vec<(String, String, Value, Option<f64>)> {
    let json: Value = serde_json::from_str(out).unwrap();
    let text = |v: &Value| v.as_str().unwrap_or("-").to_owned();
    let of = |slo: &Value| (text(&slo["id"]), text(&slo["state"]), slo["severity"].clone(), slo["budget"]["bad"].as_f64());
    json["slos"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn each_slo_is_asked_of_its_own_source_by_every_verb() {
    if !require("prometheus") || !require("promtool") || !require("victoria-metrics") {
        return;
    }
    let end = now() - now() % 15;
    let eu = Prometheus::backfill(&recording(end, 20));
    let us = VictoriaMetrics::start();
    us.import(&recording(end, 0).replace("hits_total", "requests_total"));
    let dir = folder(&eu.url(), &us.url());
    std::fs::write(dir.path().join("slos/us.yaml"), slo("us").replace("hits_total", "requests_total")).unwrap();
    let at = chrono::DateTime::from_timestamp(end, 0).unwrap().to_rfc3339();
    let at = at.as_str();

    let (code, out, talk) = run(dir.path(), &["status", "--at", at, "--format", "json"]);
    assert_eq!(code, 0, "{talk}");
    let both = told(&out);
    assert_eq!(both[0], ("shop-eu/availability".into(), "ok".into(), "P0".into(), Some(9_580.0)), "{out}");
    assert_eq!(both[1], ("shop-us/availability".into(), "ok".into(), Value::Null, Some(0.0)), "{out}");
    let (_, out, _) = run(dir.path(), &["explain", "shop-us/availability", "--at", at]);
    assert!(out.contains("source    us"), "{out}");
    let (code, out, talk) = run(dir.path(), &["backtest", "--from", "20m", "--to", "now", "--format", "json", "--step", "15s"]);
    assert_eq!(code, 0, "{talk}");
    let past: Value = serde_json::from_str(&out).unwrap();
    let firings = |i: usize| past["slos"][i]["firings"].as_array().unwrap().len();
    assert!(firings(0) > 0 && firings(1) == 0, "{out}");

    let (code, out, talk) = run(dir.path(), &["check", "--online"]);
    assert!(code == 0 && !out.contains("requests_total") && !out.contains("hits_total"), "{out}{talk}");
    // The other source's metric is not there.
    std::fs::write(dir.path().join("slos/us.yaml"), slo("us")).unwrap();
    let (_, out, _) = run(dir.path(), &["check", "--online"]);
    assert!(out.contains("the source has no metric `hits_total`"), "{out}");
    std::fs::write(dir.path().join("slos/us.yaml"), slo("us").replace("hits_total", "requests_total")).unwrap();

    let (code, out, talk) = run(dir.path(), &["doctor"]);
    assert_eq!(code, 0, "{out}{talk}");
    for line in ["ok    source eu: ", "ok    source us: ", "ok    retention eu: "] {
        assert!(out.lines().any(|l| l.starts_with(line)), "{line}\n{out}");
    }
    assert!(!out.contains("localhost:9090"), "nobody asks for the default one: {out}");
    let (code, _, talk) = run(dir.path(), &["init", "--discover", "--out", "new"]);
    assert!(code == 2 && talk.contains("there are several sources: eu, us"), "{talk}");

    drop(us);
    let (code, out, talk) = run(dir.path(), &["status", "--at", at, "--format", "json"]);
    assert!(code == 3 && talk.contains("us (http://127.0.0.1:"), "{talk}");
    assert_eq!(told(&out)[0], both[0], "the other one is judged as before");
    assert_eq!(told(&out)[1].1, "no_data", "{out}");
    let (code, out, talk) = run(dir.path(), &["check", "--online"]);
    assert!(code == 3 && talk.contains("us (http://127.0.0.1:"), "{out}{talk}");
    let (code, out, _) = run(dir.path(), &["doctor"]);
    assert!(code == 3 && out.contains("fail  source us: ") && out.contains("ok    source eu: "), "{out}");
}

#[test]
fn a_watch_judges_what_it_can_and_says_which_source_is_silent() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let end = now() - now() % 15;
    let eu = Prometheus::backfill(&recording(end + 3600, 20));
    // A listener that never answers: connections are made and nothing comes.
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let us = format!("http://{}", silent.local_addr().unwrap());
    let dir = folder(&eu.url(), &us);
    let port = free_port();
    let mut command = Command::new(env!("CARGO_BIN_EXE_burnledger"));
    let address = format!("127.0.0.1:{port}");
    command.args(["watch", "--listen", &address, "--config"]).arg(dir.path().join("burnledger.yaml")).current_dir(dir.path());
    let guard = Guard::start("burnledger", dir, &mut command);
    let metrics = || http("GET", port, "/metrics", b"").map(|(_, body)| body).unwrap_or_default();
    let wanted = [
        format!("burnledger_source_up{{source=\"eu ({})\"}} 1", eu.url()),
        format!("burnledger_source_up{{source=\"us ({us})\"}} 0"),
        "burnledger_slo_firing{slo=\"shop-eu/availability\",group=\"\",severity=\"P0\"} 1".into(),
        "burnledger_slo_state{slo=\"shop-us/availability\",group=\"\",state=\"no_data\"} 1".into(),
    ];
    let all = || wanted.iter().all(|line| metrics().lines().any(|l| l.starts_with(line.as_str())));
    assert!(wait_until(Duration::from_mins(1), all), "{}\n{}", metrics(), guard.log());
    // It is ready, and one that is silent keeps nobody waiting: instants go by.
    assert_eq!(http("GET", port, "/readyz", b"").map(|(status, _)| status), Some(200));
    let evaluated = || {
        let text = metrics();
        let line = text.lines().find(|l| l.starts_with("burnledger_evaluations_total"));
        line.and_then(|l| l.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0)
    };
    let first = evaluated();
    assert!(wait_until(Duration::from_mins(1), || evaluated() >= first + 3.0), "{}", metrics());
    let (_, status) = http("GET", port, "/api/v1/snapshot", b"").unwrap();
    assert!(status.contains("\"failing\"") && status.contains("\"live\""), "{status}");
}

/// What a request carried: the tenant, and the form.
type Seen = Arc<Mutex<Vec<(String, String)>>>;

/// Answers each tenant with its own counters: every request of `b` fails, none of `a`.
async fn tenants(State(seen): State<Seen>, request: Request) -> impl IntoResponse {
    let tenant = request.headers().get("x-scope-orgid").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let form = String::from_utf8(body.to_vec()).unwrap();
    let field = |name: &str| form.split('&').find_map(|p| p.strip_prefix(name).map(str::to_owned)).unwrap_or_default();
    let end = field("time=").parse::<f64>().unwrap_or(0.0) as i64;
    let range = field("query=").split("%5B").nth(1).and_then(|r| r.split("ms").next()?.parse::<i64>().ok()).unwrap_or(0) / 1000;
    let times: Vec<i64> = (end - range + 1..=end).filter(|t| t % 15 == 0).collect();
    let series = |code: &str, each: i64| {
        let values: Vec<Value> = times.iter().map(|t| serde_json::json!([t, (t / 15 % 1_000_000 * each).to_string()])).collect();
        serde_json::json!({"metric": {"__name__": "hits_total", "code": code}, "values": values})
    };
    let (good, bad) = if tenant == "b" { (0, 10) } else { (10, 0) };
    let mut result = vec![series("500", bad)];
    if !field("query=").contains("500") {
        result.push(series("200", good));
    }
    let answer = serde_json::json!({"status": "success", "data": {"resultType": "matrix", "result": result}});
    seen.lock().unwrap().push((tenant, form));
    ([("content-type", "application/json")], answer.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_of_one_server_are_sources_of_their_own() {
    let seen = Seen::default();
    let app = axum::Router::new().fallback(tenants).with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let dir = folder(&url, &url);
    let config = format!(
        "sources:\n  eu: {{url: '{url}', tenant: a, remote_read: false}}\n  us: {{url: '{url}', tenant: b, dedup: false, partial_response: true}}\n\
         slos: slos\nledger: ledger.db\n"
    );
    std::fs::write(dir.path().join("burnledger.yaml"), config).unwrap();
    let path = dir.path().to_owned();
    let done = tokio::task::spawn_blocking(move || run(&path, &["status", "--format", "json"])).await.unwrap();
    assert_eq!(done.0, 0, "{}", done.2);
    let both = told(&done.1);
    assert_eq!((both[0].2.clone(), both[1].2.clone()), (Value::Null, "P0".into()), "{}", done.1);
    let seen = seen.lock().unwrap();
    assert!(seen.iter().any(|(tenant, _)| tenant == "a") && seen.iter().any(|(tenant, _)| tenant == "b"));
    for (tenant, form) in seen.iter() {
        let asks = form.contains("dedup=false") && form.contains("partial_response=true");
        assert_eq!(asks, tenant == "b", "{tenant}: {form}");
    }
}

#[test]
fn a_source_that_is_not_there_is_named_with_those_that_are() {
    let dir = folder("http://127.0.0.1:9", "http://127.0.0.1:9");
    std::fs::write(dir.path().join("slos/eu.yaml"), slo("eo")).unwrap();
    let business = "version: burnledger-business/v1\ncurrency: USD\nstreams:\n  - {name: orders, services: [shop-us], source: uk, failed: x_total, value: 1, value_is: gmv}\n";
    std::fs::write(dir.path().join("slos/business.yaml"), business).unwrap();
    let (code, out, _) = run(dir.path(), &["check"]);
    assert_eq!(code, 1, "{out}");
    for part in
        ["unknown source `eo` of `sources` of the configuration", "known: eu, us", "unknown source `uk`", "business.yaml:4:"]
    {
        assert!(out.contains(part), "{part}\n{out}");
    }
}
