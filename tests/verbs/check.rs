//! `check`: bad files in, problems out; and the verb itself, with its streams and exit codes.
//!
//! The cases are text files beside this one, so that a reader sees file and answer together.

use super::cases::{line, run_cases};
use burnledger::cli::check::{CheckArgs, run};
use burnledger::cli::{Common, Exit, Format, Out};
use burnledger::formats::{InputFile, LoadOptions, Loaded, load_files};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const HEAD: &str = "version: burnledger/v1\nservice: s\nslos:\n";

fn answer(loaded: &Loaded) -> String {
    let mut out = String::new();
    for problem in &loaded.rulebook.problems {
        writeln!(out, "{}", line(problem)).unwrap();
    }
    let kept: Vec<&str> = loaded.rulebook.slos.iter().map(|s| s.id.as_str()).collect();
    if !kept.is_empty() {
        writeln!(out, "kept: {}", kept.join(", ")).unwrap();
    }
    if let Some(business) = &loaded.rulebook.business {
        let names: Vec<&str> = business.streams.iter().map(|s| &*s.name).collect();
        writeln!(out, "business: streams [{}], not known [{}]", names.join(", "), business.nulls.join(", ")).unwrap();
    }
    out
}

fn run_file(file: &str, input_name: &str) {
    run_cases(file, |title, input| {
        let head = if title.starts_with("slo") { HEAD } else { "" };
        answer(&load_files(&[InputFile::new(input_name, format!("{head}{input}"))], &LoadOptions::default()))
    });
}

#[test]
fn bad_slo_files_get_the_answers_of_their_cases() {
    run_file("check/slos.case", "a.yaml");
}

/// Every example of the SLO file's reference is a file that `check` has nothing to say about.
#[test]
fn the_examples_of_the_slo_files_reference_are_sound() {
    let page = include_str!("../../docs/slo-file.md");
    let blocks: Vec<&str> = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 5, "examples are fenced as yaml");
    for block in blocks {
        let loaded = load_files(&[InputFile::new("a.yaml", block)], &LoadOptions::default());
        let problems: Vec<String> = loaded.rulebook.problems.iter().filter(|p| p.code != "unknown-service").map(line).collect();
        assert!(problems.is_empty() && !loaded.rulebook.slos.is_empty(), "{block}\n{}", problems.join("\n"));
    }
}

#[test]
fn bad_business_files_get_the_answers_of_their_cases() {
    run_file("check/business.case", "business.yaml");
}

/// A stream that can be read afterwards.
#[derive(Clone, Default)]
struct Caught(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Caught {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Caught {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Exit code, stdout and stderr of `check` on these paths.
fn check(paths: &[&Path], format: Format, color: bool) -> (Exit, String, String) {
    let (data, talk) = (Caught::default(), Caught::default());
    let mut out = Out::new(data.clone(), talk.clone());
    out.color = color;
    let args = CheckArgs { paths: paths.iter().map(|p| p.to_path_buf()).collect(), ..CheckArgs::default() };
    let exit = run(&args, &Common { format, ..Common::default() }, &mut out);
    drop(out);
    (exit, data.text(), talk.text())
}

const DASHBOARD: &str = "version: burnledger-dashboard/v1
title: Checkout
rows:
  - panels: [{burn: checkout/availabilty, width: 2}, {value: 'sum(up{job=\"a\")'}]
";

/// The examples to copy are sound, together and alone.
#[test]
fn the_examples_of_the_repository_are_sound() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for paths in [&["slos", "dashboards"][..], &["sample-data/connection-pool"]] {
        let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
        let (exit, data, talk) = check(&paths.iter().map(|p| &**p).collect::<Vec<_>>(), Format::Text, false);
        assert!(exit == Exit::Fine && data.is_empty(), "{data}{talk}");
    }
}

#[test]
fn a_dashboard_is_checked_with_its_slos_and_its_promql() {
    let dir = tempfile::tempdir().unwrap();
    let slos = dir.path().join("checkout.yaml");
    std::fs::write(&slos, "version: burnledger/v1\nservice: checkout\nslos:\n  - name: availability\n    target: 99.9%\n    sli: {events: {bad: e_total, total: t_total}}\n").unwrap();
    let boards = dir.path().join("dashboards");
    std::fs::create_dir(&boards).unwrap();
    std::fs::write(boards.join("a.yaml"), DASHBOARD).unwrap();
    let (exit, data, talk) = check(&[&slos, &boards], Format::Text, false);
    assert_eq!(exit, Exit::No, "{data}{talk}");
    assert!(data.contains("dashboards/a.yaml:4:") && data.contains("bad-query"), "{data}");
    let mended = DASHBOARD.replace("{job=\"a\")", "{job=\"a\"})");
    std::fs::write(boards.join("a.yaml"), &mended).unwrap();
    let (exit, data, _) = check(&[&slos, &boards], Format::Text, false);
    assert_eq!(exit, Exit::No, "{data}");
    assert!(data.contains("there is no SLO `checkout/availabilty`, did you mean `checkout/availability`?"), "{data}");
    std::fs::write(boards.join("a.yaml"), mended.replace("availabilty", "availability")).unwrap();
    let (exit, data, talk) = check(&[&slos, &boards], Format::Text, false);
    assert_eq!(exit, Exit::Fine, "{data}{talk}");
    let elsewhere = mended.replace("availabilty", "availability").replace("{value:", "{source: eu, value:");
    std::fs::write(boards.join("a.yaml"), elsewhere).unwrap();
    let (exit, data, _) = check(&[&slos, &boards], Format::Text, false);
    assert_eq!(exit, Exit::No, "{data}");
    assert!(data.contains("unknown source `eu`") && data.contains("a.yaml:4:"), "{data}");
}

const BAD: &str = "version: burnledger/v1
service: 结算
slos:
  - name: 可用性
    objectve: 99.9%
    sli: {events: {bad: 'e_total{错误=\"x\"}', total: t_total}}
  - name: fine
    target: 99%
    period: 28d
    sli: {events: {bad: e_total, total: t_total}}
";

fn bad_file() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.yaml");
    std::fs::write(&path, BAD).unwrap();
    (dir, path)
}

#[test]
fn text_shows_line_caret_and_mended_line_and_the_summary_is_talk() {
    let (dir, path) = bad_file();
    let (exit, data, talk) = check(&[&path], Format::Text, false);
    let data = data.replace(&dir.path().display().to_string(), "DIR");
    insta::assert_snapshot!(data, @r#"
    error[unknown-field]: unknown field `objectve` of an SLO, did you mean `target`?
     --> DIR/a.yaml:5:5
      |
    5 |     objectve: 99.9%
      |     ^^^^^^^^
      |
    help: write
      |
    5 -     objectve: 99.9%
    5 +     target: 99.9%
      |

    error[bad-query]: unexpected character `错`
     --> DIR/a.yaml:6:34
      |
    6 |     sli: {events: {bad: 'e_total{错误="x"}', total: t_total}}
      |                                  ^^
      |
      = help: names beyond a-z, 0-9, `_` and `:` are written in quotes: {"http.duration"}

    warning[tier-while-sustainable]: P2 `burn 0.9333x over 3d and 6h` of google-sre fires while the budget would last the whole period
     --> DIR/a.yaml:9:13
      |
    9 |     period: 28d
      |             ^^^
      |
      = help: burn rates below 1 are sustainable; write tiers for this period under `severity:`
    "#);
    assert_eq!(talk, "2 SLOs in 1 file: 2 errors, 1 warning\n");
    assert_eq!(exit, Exit::No);
    let (_, colored, _) = check(&[&path], Format::Text, true);
    assert!(colored.contains("\u{1b}["));
}

#[test]
fn json_holds_everything_a_program_needs() {
    let (_dir, path) = bad_file();
    let (exit, data, talk) = check(&[&path], Format::Json, true);
    let answer: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!((exit, &answer["files"], &answer["slos"]), (Exit::No, &1.into(), &2.into()));
    let problems = answer["problems"].as_array().unwrap();
    assert_eq!(
        problems[0],
        serde_json::json!({
            "code": "unknown-field",
            "level": "error",
            "message": "unknown field `objectve` of an SLO, did you mean `target`?",
            "file": path.display().to_string(),
            "line": 5,
            "column": 5,
            "end_column": 13,
            "excerpt": "    objectve: 99.9%",
            "hint": null,
            "replacement": "target",
        })
    );
    assert_eq!(problems[2]["level"], "warning");
    assert!(talk.starts_with("2 SLOs in 1 file"), "{talk}");
}

#[test]
fn good_files_and_warnings_are_fine_and_nothing_is_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (exit, data, talk) = check(&[&root.join("slos")], Format::Text, false);
    assert_eq!((exit, &*data, &*talk), (Exit::Fine, "", "5 SLOs in 15 files: no problems\n"));
    let dir = tempfile::tempdir().unwrap();
    let (exit, data, _) = check(&[dir.path()], Format::Text, false);
    assert_eq!(exit, Exit::No);
    assert!(data.contains("there are no SLO files in") && data.contains("--slos"), "{data}");
    let (exit, data, _) = check(&[&dir.path().join("gone.yaml")], Format::Json, false);
    assert_eq!(exit, Exit::No);
    assert!(data.contains("\"missing-file\"") && data.contains("\"line\": null"), "{data}");
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else { return };
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_burnledger")).arg("man").stdout(full).output().unwrap();
    let talk = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(2), "{talk}");
    assert!(talk.contains("the answer could not be written") && talk.contains("hint:"), "{talk}");
}

/// What the source says of SLOs whose names are a little off, in a recording of a whole day.
#[tokio::test]
async fn online_names_what_the_source_does_not_have_and_what_is_near() {
    let names = [
        "http_requests_total{job=\"checkout\",code=\"200\"}",
        "http_requests_total{job=\"checkout\",code=\"500\"}",
        "h_seconds_bucket{job=\"checkout\",le=\"0.1\"}",
        "h_seconds_bucket{job=\"checkout\",le=\"0.5\"}",
        "h_seconds_bucket{job=\"checkout\",le=\"+Inf\"}",
    ];
    let text = super::budgets::recording(26, &names, |_, t| t as f64);
    let source = burnledger::collector::Recorded::from_bytes("r.om", text.as_bytes()).unwrap();
    let slos = "  - {name: fine, target: 99%, period: 1d, sli: {events: {bad: 'http_requests_total{code=~\"5..\"}', total: 'http_requests_total{job=\"checkout\"}'}}}
  - {name: metric, target: 99%, period: 1d, sli: {events: {bad: 'http_requests_total{code=~\"5..\"}', total: http_request_total}}}
  - {name: label, target: 99%, period: 1d, sli: {events: {bad: 'http_requests_total{status=\"500\"}', total: http_requests_total}}}
  - {name: value, target: 99%, period: 1d, sli: {events: {bad: 'http_requests_total{job=\"chekout\",code=~\"5..\"}', total: 'http_requests_total{job=\"chekout\"}'}}}
  - {name: quiet, target: 99%, period: 1d, sli: {events: {bad: 'http_requests_total{code=~\"6..\"}', total: http_requests_total}}}
  - {name: bucket, target: 99%, period: 1d, sli: {latency: {histogram: h_seconds, under: 250ms}}}
  - {name: young, target: 99%, sli: {events: {bad: 'http_requests_total{code=~\"5..\"}', total: http_requests_total}}}
";
    let loaded = load_files(
        &[InputFile::new("a.yaml", format!("{HEAD}{slos}severity: [{{severity: P0, burn: 10, long: 1h, short: 5m}}]\n"))],
        &LoadOptions::default(),
    );
    assert_eq!(loaded.rulebook.slos.len(), 7, "{:?}", loaded.rulebook.problems);
    let now = source.range().unwrap().1;
    let source: std::sync::Arc<dyn burnledger::ports::MetricSource> = std::sync::Arc::new(source);
    let asked = burnledger::jobs::online::online(&source, &loaded.rulebook, &loaded.places, now).await;
    assert_eq!(asked.unreachable, []);
    let problems = asked.problems;
    let told: Vec<String> = problems.iter().map(line).collect();
    let has = |line: usize, parts: &[&str]| {
        let at = format!("{line}:");
        let found = told.iter().find(|t| t.starts_with(&at) && parts.iter().all(|p| t.contains(p)));
        assert!(found.is_some(), "nothing at line {line} with {parts:?}:\n{}", told.join("\n"));
    };
    has(5, &["selector-matches-nothing", "has no metric `http_request_total`", "did you mean `http_requests_total`?"]);
    has(6, &["unknown-label", "`http_requests_total` has no label `status`", "its labels are code, job"]);
    has(7, &["unknown-label-value", "is \"chekout\"", "did you mean `checkout`?"]);
    has(9, &["no-such-bucket", "no bucket of 0.25 s", "0.1 s and 0.5 s"]);
    has(10, &["history-shorter-than-period", "back to about 1d", "the period is 30d"]);
    assert!(!told.iter().any(|t| t.starts_with("4:") || t.starts_with("8:")), "{}", told.join("\n"));
}
