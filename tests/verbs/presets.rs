//! Presets by name in SLO files, `presets`, `init` and `coverage`: on recorded samples, and on a real Prometheus that scrapes.

use super::cases::{line, run_cases};
use crate::support::{Prometheus, require, run, wait_until};
use burnledger::domain::objective::{Form, Side, Sli};
use burnledger::formats::{InputFile, KnownPreset, LoadOptions, known_presets, load_files};
use burnledger::query::plan_lines;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// The SLI that a sound one became, as `explain` shows it.
fn told(sli: &Sli) -> String {
    match sli {
        Sli::Events { bad, good, total } => {
            let (name, text) = if let Some(bad) = bad { ("bad", bad) } else { ("good", good.as_ref().unwrap()) };
            format!("{name} {text}\ntotal {total}")
        }
        Sli::Latency { histogram, under_seconds, .. } => format!("histogram {histogram} under {under_seconds}"),
        Sli::Occurrences { count, allowed, per } => format!("count {count} allowed {allowed} per {per}"),
        Sli::Threshold { value, side, level } => format!("value {value} {side:?} {level}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn presets_become_ordinary_indicators_and_mistakes_have_places() {
    run_cases("check/presets.case", |_, input| {
        let mut files = Vec::new();
        for (n, document) in input.split("=====\n").enumerate() {
            let own = document.contains("version:");
            let head = if own { "" } else { "version: burnledger/v1\nservice: s\nslos:\n" };
            files.push(InputFile::new(&format!("{n}.yaml"), format!("{head}{document}")));
        }
        let loaded = load_files(&files, &LoadOptions::default());
        let mut out: Vec<String> = loaded.rulebook.problems.iter().map(line).collect();
        out.extend(loaded.rulebook.slos.iter().map(|slo| format!("{}\n{}", slo.id, told(&slo.sli))));
        out.join("\n")
    });
}

fn shipped() -> Vec<KnownPreset> {
    let nowhere = tempfile::tempdir().unwrap();
    known_presets(&[nowhere.path().to_owned()]).0
}

/// Every indicator of every convention of every shipped preset is an SLO that can be measured.
#[test]
fn every_shipped_indicator_is_a_sound_slo() {
    let (mut document, mut count) = ("version: burnledger/v1\nservice: s\nslos:\n".to_owned(), 0);
    for preset in shipped().iter().map(|k| &k.preset) {
        for convention in &preset.conventions {
            for indicator in &convention.indicators {
                count += 1;
                let under = if indicator.form.takes_under() { ", under: 250ms" } else { "" };
                let target = if matches!(indicator.form, Form::Occurrences { .. }) { "" } else { "    target: 99%\n" };
                write!(
                    document,
                    "  - name: n{count}\n{target}    sli: {{preset: {}, convention: '{}', indicator: {}, selector: '{{job=\"a\"}}'{under}}}\n",
                    preset.name, convention.name, indicator.name
                )
                .unwrap();
            }
        }
    }
    let loaded = load_files(&[InputFile::new("a.yaml", document)], &LoadOptions::default());
    let problems: Vec<String> = loaded.rulebook.problems.iter().map(line).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!(loaded.rulebook.slos.len(), count);
    assert!(count > 40, "{count}");
    for slo in &loaded.rulebook.slos {
        assert!(told(&slo.sli).contains("job=\"a\""), "{}", told(&slo.sli));
        assert!(!plan_lines(&slo.plan).is_empty());
    }
}

fn page(known: &[KnownPreset]) -> String {
    let mut page = include_str!("presets/head.md").to_owned();
    for preset in known.iter().map(|k| &k.preset) {
        write!(page, "\n### {}\n\n{}.\n\n", preset.name, preset.description).unwrap();
        page.push_str("| convention | names | service | indicator | measures |\n|---|---|---|---|---|\n");
        for c in &preset.conventions {
            for (i, indicator) in c.indicators.iter().enumerate() {
                let (name, about, service) =
                    if i == 0 { (&*c.name, &*c.about, c.service.join("`, `")) } else { ("", "", String::new()) };
                let service = if service.is_empty() { service } else { format!("`{service}`") };
                let measures = measures(&indicator.form).replace('|', "\\|");
                writeln!(page, "| {name} | {about} | {service} | {} | {measures} |", indicator.name).unwrap();
            }
        }
    }
    page
}

fn measures(form: &Form) -> String {
    match form {
        Form::Events { bad, total } => format!("bad `{bad}` of `{total}`"),
        Form::Seconds { histogram } => format!("histogram `{histogram}`, with `under`"),
        Form::Millis { histogram, .. } => format!("histogram `{histogram}` in ms, with `under`"),
        Form::Threshold { value, side, level } => {
            let side = if *side == Side::Below { "below" } else { "above" };
            format!("`{value}` {side} {}", level.map_or_else(|| "`under`".to_owned(), |l| l.to_string()))
        }
        Form::Occurrences { count, allowed, per } => format!("`{count}`, {allowed} per {per} unless `allowed` says otherwise"),
    }
}

/// `UPDATE_DOCS=1` writes it anew.
#[test]
fn the_page_of_presets_shows_the_presets_there_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/presets.md");
    let fresh = page(&shipped());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), fresh, "docs/presets.md: UPDATE_DOCS=1 renews it");
}

#[test]
fn the_examples_of_the_page_are_sound() {
    let page = include_str!("presets/head.md");
    let blocks: Vec<&str> = page.split("```yaml\n").skip(1).collect();
    assert!(blocks.len() >= 2);
    for block in blocks {
        let block = block.split("```").next().unwrap();
        let files: Vec<InputFile> =
            block.split("---\n").enumerate().map(|(i, text)| InputFile::new(&format!("{i}.yaml"), text)).collect();
        let loaded = load_files(&files, &LoadOptions::default());
        let problems: Vec<String> = loaded.rulebook.problems.iter().map(line).collect();
        assert!(problems.is_empty() && !loaded.rulebook.slos.is_empty(), "{block}\n{}", problems.join("\n"));
    }
}

const RECORDING: &str = r#"# TYPE up gauge
up{job="shop/cart",instance="a"} 1 100
up{job="batch",instance="b"} 1 100
up{job="mesh",instance="c"} 1 100
# TYPE http_requests counter
http_requests_total{job="shop/cart",instance="a",code="200"} 7 100
http_requests_total{job="shop/cart",instance="a",code="503"} 1 100
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{job="shop/cart",instance="a",le="0.1"} 3 100
http_request_duration_seconds_bucket{job="shop/cart",instance="a",le="0.3"} 5 100
http_request_duration_seconds_bucket{job="shop/cart",instance="a",le="+Inf"} 8 100
# TYPE go_sql_wait_count counter
go_sql_wait_count_total{job="shop/cart",instance="a",db_name="main"} 2 100
# TYPE istio_requests counter
istio_requests_total{job="mesh",reporter="destination",destination_service_name="o'rders",response_code="200"} 9 100
# TYPE istio_request_duration_milliseconds histogram
istio_request_duration_milliseconds_bucket{job="mesh",reporter="destination",destination_service_name="o'rders",le="100"} 3 100
istio_request_duration_milliseconds_bucket{job="mesh",reporter="destination",destination_service_name="o'rders",le="+Inf"} 9 100
# EOF
"#;

fn recording() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("r.om"), RECORDING).unwrap();
    dir
}

#[test]
fn init_writes_what_a_recording_shows_and_check_accepts_it() {
    let dir = recording();
    let (code, data, talk) = run(dir.path(), &["init", "--discover", "--samples", "r.om"]);
    assert_eq!((code, &*data), (0, "./slos/o-rders.yaml\n./slos/shop-cart.yaml\n"), "{talk}");
    assert!(talk.contains("left: job=\"batch\": no preset fits"), "{talk}");
    assert!(!talk.contains("mesh"), "a proxy's job is no service of its own: {talk}");
    let cart = std::fs::read_to_string(dir.path().join("slos/shop-cart.yaml")).unwrap();
    let slos = cart.split("slos:\n").nth(1).unwrap();
    insta::assert_snapshot!(slos, @r#"
      # seen: http_requests_total, 2 series; code: 200, 503
      - name: availability
        target: 99.9%
        sli:
          preset: http
          convention: 'code'
          indicator: availability
          selector: '{job="shop/cart"}'
      # seen: http_request_duration_seconds_bucket, 3 series; bounds: 0.1s, 0.3s
      - name: latency
        target: 99%
        sli:
          preset: http
          convention: 'code'
          indicator: latency
          selector: '{job="shop/cart"}'
          under: 300ms
      # seen: go_sql_wait_count_total, 1 series
      - name: waits
        sli:
          preset: go-sql-pool
          convention: 'client-golang'
          indicator: waits
          selector: '{job="shop/cart"}'
    "#);
    let (code, data, talk) = run(dir.path(), &["check"]);
    assert_eq!((code, &*data), (0, ""), "{talk}");
    let (code, data, _) = run(dir.path(), &["explain", "o-rders/latency", "--samples", "r.om"]);
    assert_eq!(code, 0);
    assert!(
        data.contains(
            r#"good      istio_request_duration_milliseconds_bucket{destination_service_name="o'rders", le=~"100(\\.0)?""#
        ),
        "{data}"
    );

    std::fs::write(dir.path().join("slos/shop-cart.yaml"), "mine").unwrap();
    std::fs::remove_file(dir.path().join("slos/o-rders.yaml")).unwrap();
    let (code, data, talk) = run(dir.path(), &["init", "--discover", "--samples", "r.om"]);
    assert_eq!((code, &*data), (0, "./slos/o-rders.yaml\n"));
    assert!(talk.contains("left: ./slos/shop-cart.yaml: the file is there already"), "{talk}");
    assert_eq!(std::fs::read_to_string(dir.path().join("slos/shop-cart.yaml")).unwrap(), "mine");
}

#[test]
fn init_says_so_when_nothing_fits_and_writes_an_example_without_a_source() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("r.om"), "# TYPE up gauge\nup{job=\"x\"} 1 100\n# EOF\n").unwrap();
    let (code, data, talk) = run(dir.path(), &["init", "--discover", "--samples", "r.om", "--out", "new"]);
    assert_eq!((code, &*data), (1, ""));
    assert!(talk.contains("nothing was written: 1 service in"), "{talk}");
    let (code, data, _) = run(dir.path(), &["init", "--out", "new", "--service", "cart"]);
    assert_eq!((code, &*data), (0, "new/cart.yaml\n"));
    let (code, _, talk) = run(dir.path(), &["check", "new"]);
    assert_eq!(code, 0, "{talk}");
    assert_eq!(run(dir.path(), &["init", "--out", "new", "--service", "cart"]).0, 1, "nothing is written over");
    assert_eq!(run(dir.path(), &["init", "--out", "new", "--service", "../cart"]).0, 2);
}

#[test]
fn coverage_lists_what_has_no_slo_first() {
    let dir = recording();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    let slo = "version: burnledger/v1\nservice: cart\nslos:\n  - name: a\n    target: 99%\n    sli: {preset: http, selector: '{instance=\"a\"}'}\n";
    std::fs::write(dir.path().join("slos/cart.yaml"), slo).unwrap();
    let (code, data, talk) = run(dir.path(), &["coverage", "--samples", "r.om"]);
    assert_eq!(code, 0, "{talk}");
    insta::assert_snapshot!(data, @r#"
    destination_service_name="o'rders"  no SLO; preset istio (telemetry-v2) would fit
    job="batch"                         no SLO; no preset fits
    job="shop/cart"                     cart/a
    "#);
    let (code, data, _) = run(dir.path(), &["coverage", "--samples", "r.om", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!((code, &json["uncovered"], &json["covered"]), (0, &2.into(), &1.into()));
    assert_eq!(json["services"][0]["fits"][0]["indicators"], serde_json::json!(["availability", "latency"]));
    let (code, _, _) = run(dir.path(), &["coverage", "--prometheus", "http://127.0.0.1:1"]);
    assert_eq!(code, 3);
}

#[test]
fn presets_are_listed_shown_and_replaced_by_the_users_own() {
    let dir = tempfile::tempdir().unwrap();
    let (code, data, _) = run(dir.path(), &["presets", "list"]);
    assert_eq!(code, 0);
    for name in [
        "http",
        "grpc",
        "envoy",
        "istio",
        "nginx-ingress",
        "traefik",
        "kubernetes-apiserver",
        "otel-http",
        "go-sql-pool",
        "map-operations",
        "probe",
    ] {
        assert!(data.lines().any(|l| l.starts_with(&format!("{name} "))), "{name}: {data}");
    }
    let (code, http, _) = run(dir.path(), &["presets", "show", "http"]);
    assert_eq!((code, &*http), (0, include_str!("../../slos/presets/http.yaml")));
    assert_eq!(run(dir.path(), &["presets", "show", "htpp"]).0, 2);
    std::fs::create_dir_all(dir.path().join("slos/presets")).unwrap();
    std::fs::write(dir.path().join("slos/presets/http.yaml"), http.replace("http_requests_total", "web_requests_total")).unwrap();
    let (_, data, _) = run(dir.path(), &["presets", "show", "http", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(json["shipped"], false);
    assert_eq!(json["conventions"][0]["indicators"][0]["sli"]["total"], "web_requests_total");
}

#[tokio::test(flavor = "multi_thread")]
async fn init_looks_at_a_real_prometheus_that_scrapes() {
    if !require("prometheus") {
        return;
    }
    let exporter = crate::sources::misbehaving::serve(|_| {
        use axum::response::IntoResponse;
        let text = "http_server_request_duration_seconds_count{http_response_status_code=\"200\"} 8\n\
            # TYPE http_server_request_duration_seconds histogram\n\
            http_server_request_duration_seconds_bucket{le=\"0.1\"} 5\n\
            http_server_request_duration_seconds_bucket{le=\"0.25\"} 6\n\
            http_server_request_duration_seconds_bucket{le=\"+Inf\"} 8\n";
        ([("content-type", "text/plain")], text).into_response()
    })
    .await;
    let target = exporter.trim_start_matches("http://").to_owned();
    let config = format!(
        "global: {{scrape_interval: 250ms}}\nscrape_configs: [{{job_name: cart, static_configs: [{{targets: ['{target}']}}]}}]\n"
    );
    tokio::task::block_in_place(|| {
        let server = Prometheus::start(&config);
        let query = "/api/v1/query?query=http_server_request_duration_seconds_bucket";
        let scraped = || crate::support::http("GET", server.port, query, b"").is_some_and(|(_, body)| body.contains("cart"));
        assert!(wait_until(Duration::from_mins(1), scraped), "no scrape came");
        let dir = tempfile::tempdir().unwrap();
        let url = server.url();
        let (code, data, talk) = run(dir.path(), &["init", "--discover", "--prometheus", &url]);
        assert_eq!((code, &*data), (0, "./slos/cart.yaml\n"), "{talk}");
        let (code, data, talk) = run(dir.path(), &["check", "--online", "--prometheus", &url]);
        assert_eq!(code, 0, "{data}{talk}");
        assert!(!data.contains("matches nothing") && !data.contains("bucket"), "{data}");
        let (code, data, _) = run(dir.path(), &["coverage", "--prometheus", &url]);
        assert_eq!((code, data.trim_end()), (0, "job=\"cart\"  cart/availability, cart/latency"));
    });
}
