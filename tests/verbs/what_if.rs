//! `backtest` with other rules, labels, plots and fewer SLOs: over the sample data, as a user runs it.

use crate::ledger::make::{commit, entry, onset};
use burnledger::domain::base::{Interval, Ms, Now, Span};
use burnledger::domain::incident::{Fact, ImpactRecord, IncidentRef, NewEntry, Onset};
use burnledger::ledger::SqliteLedger;
use burnledger::ports::Ledger;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder(scenario: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data").join(scenario)
}

fn backtest(scenario: &str, args: &[&str]) -> (i32, String, String) {
    let samples = folder(scenario).join("samples.om.zst");
    run(&[&["--samples", samples.to_str().unwrap(), "--slos", folder(scenario).join("slos").to_str().unwrap()], args].concat())
}

fn run(args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_burnledger"));
    command.arg("backtest").args(args).env_remove("BURNLEDGER_CONFIG").env("TZ", "UTC").env("LC_ALL", "C.UTF-8");
    let out = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}

fn json(scenario: &str, args: &[&str]) -> Value {
    let (code, out, talk) = backtest(scenario, &[args, &["--format", "json"]].concat());
    assert_eq!((code, talk.as_str()), (0, ""));
    serde_json::from_str(&out).unwrap()
}

const STRETCH: [&str; 2] = ["--from", "4h"];

#[test]
fn todays_answer_does_not_depend_on_what_stands_beside_it() {
    let alone = json("connection-pool", &STRETCH);
    let beside =
        json("connection-pool", &[&STRETCH[..], &["--what-if", "target=95%", "--what-if", "period=7d", "guards=none"]].concat());
    for key in ["from", "to", "data_through", "slos", "incidents"] {
        assert_eq!(alone[key], beside[key], "{key}");
    }
    assert_eq!((&alone["what_if"], &alone["labels"]), (&serde_json::json!([]), &Value::Null));
    let changes: Vec<&Value> = beside["what_if"].as_array().unwrap().iter().map(|w| &w["change"]).collect();
    assert_eq!(changes, ["target=95%", "period=7d guards=none"]);
}

/// A change tried beside today's rules gives what the changed rules give alone.
#[test]
fn rules_beside_give_what_they_give_alone() {
    let dir = tempfile::tempdir().unwrap();
    let written = std::fs::read_to_string(folder("connection-pool").join("slos/payments.yaml")).unwrap();
    assert!(written.contains("target: 99.9%"), "{written}");
    std::fs::write(dir.path().join("payments.yaml"), written.replace("target: 99.9%", "target: 98%")).unwrap();
    let business = folder("connection-pool").join("slos/business.yaml");
    std::fs::copy(business, dir.path().join("business.yaml")).unwrap();
    let samples = folder("connection-pool").join("samples.om.zst");
    let args = ["--samples", samples.to_str().unwrap(), "--slos", dir.path().to_str().unwrap(), "--format", "json"];
    let (code, out, talk) = run(&[&args[..], &STRETCH].concat());
    assert_eq!(code, 0, "{talk}");
    // Costs name the file that says what an order is worth.
    let slos = folder("connection-pool").join("slos");
    let alone: Value = serde_json::from_str(&out.replace(dir.path().to_str().unwrap(), slos.to_str().unwrap())).unwrap();
    let beside = json("connection-pool", &[&STRETCH[..], &["--what-if", "target=98%", "slo=payments"]].concat());
    let changed = &beside["what_if"][0];
    assert_eq!((&changed["slos"], &changed["incidents"]), (&alone["slos"], &alone["incidents"]));
    assert_ne!(changed["slos"], beside["slos"]);
    assert_eq!((&changed["pages"]["before"], &changed["pages"]["after"]), (&1.into(), &1.into()));
}

#[test]
fn people_read_before_and_after() {
    let args = ["--from", "4h", "--what-if", "severity=google-sre", "target=80%"];
    let (code, out, talk) = backtest("connection-pool", &args);
    assert_eq!((code, talk.as_str()), (0, ""));
    for expected in ["What if severity=google-sre target=80%", "99.9% -> 80%", "Would page no more", "instead of 1 (1 fewer)"] {
        assert!(out.contains(expected), "`{expected}` is missing in\n{out}");
    }
}

#[test]
fn changes_that_make_no_sense_are_refused() {
    for (args, says) in [
        (&["--what-if", "target=100%"][..], "`target=100%` is no target"),
        (&["--what-if", "target=99%", "slo=nobody"], "no SLO that is looked at is `nobody`"),
        (&["--slo", "nobody"], "there is no SLO and no service `nobody`"),
        (&["--step", "2h"], "--step 2h cannot be"),
        (&["--labels", "/nowhere.csv"], "/nowhere.csv"),
    ] {
        let (code, out, talk) = backtest("connection-pool", &[&STRETCH[..], args].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {talk}");
        assert!(talk.contains(says), "{args:?}: {talk}");
    }
}

#[test]
fn slos_are_chosen_and_the_step_is_followed() {
    let answer = json("resize-storm", &["--from", "2h", "--step", "30s"]);
    let all = answer["slos"].as_array().unwrap().len();
    assert!(all > 1 && answer["step_seconds"] == 30, "{all} {}", answer["step_seconds"]);
    let id = answer["slos"][1]["id"].as_str().unwrap();
    let one = json("resize-storm", &["--from", "2h", "--step", "30s", "--slo", id]);
    assert_eq!(one["slos"], serde_json::json!([answer["slos"][1]]));
}

#[test]
fn labels_give_precision_recall_and_times() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("labels.csv");
    let text = "service,from,to\npayments,2026-03-17T02:17:00Z,2026-03-17T03:31:00Z\npayments,2026-03-17T01:00:00Z,2026-03-17T01:10:00Z\n";
    std::fs::write(&file, text).unwrap();
    let answer = json("connection-pool", &[&STRETCH[..], &["--labels", file.to_str().unwrap()]].concat());
    let pages = &answer["labels"]["pages"];
    assert_eq!(
        (&pages["fired"], &pages["right"], &pages["labels"], &pages["found"]),
        (&1.into(), &1.into(), &2.into(), &1.into())
    );
    assert_eq!((&pages["precision"], &pages["recall"]), (&1.into(), &0.5.into()));
    assert_eq!((&pages["detection_seconds"]["median"], &pages["detection_seconds"]["n"]), (&360.into(), &1.into()));
    let rule = answer["labels"]["rules"].as_array().unwrap().iter().find(|r| r["rule"] == "error ratio > 1% for 2m").unwrap();
    assert_eq!((&rule["severity"], &rule["right"], &rule["found"]), (&"P1".into(), &rule["fired"], &1.into()));
    let (code, out, talk) = backtest("connection-pool", &[&STRETCH[..], &["--labels", file.to_str().unwrap()]].concat());
    assert_eq!((code, talk.as_str()), (0, ""));
    assert!(out.contains("Against 2 labelled incidents") && out.contains("1 of 2     50%     6m00s (n=1)"), "{out}");
}

#[test]
fn a_plot_obeys_the_width_and_has_no_colour_in_a_pipe() {
    let dir = tempfile::tempdir().unwrap();
    let picture = dir.path().join("past.svg");
    let args = ["--from", "4h", "--plot", "--plot-out", picture.to_str().unwrap()];
    let (code, out, talk) = backtest("connection-pool", &args);
    assert_eq!(code, 0, "{talk}");
    let drawn = &out[out.find("payments/success  burn over 1h").unwrap()..];
    assert!(!out.contains('\x1b') && drawn.lines().all(|line| line.chars().count() <= 100), "{drawn}");
    assert!(
        drawn.contains("P1 ") && drawn.contains('━') && drawn.contains("budget left, ") && drawn.contains("14.4x"),
        "{drawn}"
    );
    let svg = std::fs::read_to_string(&picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("burn over 1h") && talk.contains("past.svg"), "{talk}");
    let (_, again, _) = backtest("connection-pool", &args);
    assert_eq!((again, std::fs::read_to_string(&picture).unwrap()), (out, svg), "the same samples draw the same");
    let args = ["--from", "4h", "--plot-out", "/nowhere/past.svg"];
    assert_eq!(backtest("connection-pool", &args).0, 2);
}

/// The same samples plain, as .gz and as .zst, and cut into two files.
#[test]
fn files_may_be_packed_and_cut() {
    let packed = std::fs::File::open(folder("connection-pool").join("samples.om.zst")).unwrap();
    let text = String::from_utf8(zstd::decode_all(packed).unwrap()).unwrap();
    let seconds = |line: &str| line.rsplit(' ').next().and_then(|t| t.parse::<i64>().ok());
    let last = text.lines().filter_map(seconds).max().unwrap();
    let part = |from: i64, to: i64| -> String {
        let lines = text.lines().filter(|l| seconds(l).is_some_and(|at| at > from && at <= to));
        lines.flat_map(|l| [l, "\n"]).chain(["# EOF\n"]).collect()
    };
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (cut, begin) = (last - 3 * 3600, last - 8 * 3600);
    std::fs::write(path("whole.om"), part(begin, last)).unwrap();
    std::fs::write(path("1.om.zst"), zstd::encode_all(part(begin, cut).as_bytes(), 1).unwrap()).unwrap();
    let mut gz = flate2::write::GzEncoder::new(std::fs::File::create(path("2.om.gz")).unwrap(), flate2::Compression::fast());
    gz.write_all(part(cut, last).as_bytes()).unwrap();
    gz.finish().unwrap();
    let slos = folder("connection-pool").join("slos");
    let answer = |files: &[&str]| {
        let mut args = vec!["--from", "5h", "--format", "json", "--slos", slos.to_str().unwrap()];
        for file in files {
            args.extend(["--samples", file]);
        }
        let (code, out, talk) = run(&args);
        assert_eq!(code, 0, "{talk}");
        out
    };
    let (whole, parts) = (answer(&[&path("whole.om")]), answer(&[&path("1.om.zst"), &path("2.om.gz")]));
    let parts = parts.replace(&format!("{}, {}", path("1.om.zst"), path("2.om.gz")), &path("whole.om"));
    assert!(whole.contains("83419"), "{whole}");
    assert_eq!(parts, whole);
}

/// The incidents of a ledger as labels: the real one, not the drill; its times are those of its impact.
#[tokio::test]
async fn the_ledgers_own_incidents_are_labels() {
    let dir = tempfile::tempdir().unwrap();
    let at = |text: &str| Ms::parse_rfc3339(text).unwrap();
    let (began, ended) = (at("2026-03-17T02:17:00Z"), at("2026-03-17T03:31:00Z"));
    let ledger = SqliteLedger::open(&dir.path().join("ledger.db")).unwrap();
    let record = ImpactRecord { intervals: vec![Interval { from: began, to: ended }], ..ImpactRecord::default() };
    let opened = |place: u8, drill: bool| {
        let detected = began + Span::from_mins(6);
        let onset = Onset { impact_start: began, detected, drill, ..onset("payments") };
        let opens = NewEntry { at: detected, ..entry(IncidentRef::Opens(place), Fact::Opened(onset)) };
        let over = Fact::Mitigated { reason: "".into(), impact: Some(record.clone()) };
        vec![opens, NewEntry { at: ended, ..entry(IncidentRef::Opens(place), over) }]
    };
    let now = Now { wall: ended + Span::from_hours(1), ..Now::default() };
    ledger.commit(commit("real", [opened(0, false), opened(1, true)].concat()), None, now).await.unwrap();
    drop(ledger);
    let config = dir.path().join("config.yaml");
    std::fs::write(&config, "ledger: ledger.db\n").unwrap();
    let answer = json("connection-pool", &[&STRETCH[..], &["--config", config.to_str().unwrap(), "--labels", "ledger"]].concat());
    let pages = &answer["labels"]["pages"];
    assert_eq!(
        (&pages["fired"], &pages["right"], &pages["labels"], &pages["found"]),
        (&1.into(), &1.into(), &1.into(), &1.into()),
        "{answer:#}"
    );
    assert_eq!((&pages["precision"], &pages["recall"]), (&1.into(), &1.into()));
    assert_eq!(&pages["detection_seconds"]["median"], 360);
}

/// The replay's screen and `backtest --what-if` judge by one engine: the same firings, whoever asks.
#[tokio::test]
async fn a_replays_what_if_fires_as_the_backtests() {
    use burnledger::app::Setup;
    use burnledger::app::desk::no_ledger;
    use burnledger::config::Overrides;
    use burnledger::domain::base::Ms;
    use burnledger::domain::view::{Answer, FilmAsk, Fired, Question, WhatIfAsk};
    use burnledger::ports::Desk;

    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("burnledger.yaml");
    std::fs::write(&config, "{}\n").unwrap();
    let slos = Some(folder("connection-pool").join("slos"));
    let setup = Setup::load(&Overrides { config: Some(config), slos, ..Overrides::default() }).unwrap();
    let past = setup.past(&[folder("connection-pool").join("samples.om.zst")]).unwrap();
    let desk = setup.film_desk(&past, no_ledger());
    let at = |text: &str| Ms::parse_rfc3339(text).unwrap();
    let (from, to) = ("2026-03-17T02:00:00Z", "2026-03-17T03:45:00Z");
    let film = FilmAsk::Stretch { from: at(from), to: at(to) };
    for (change, words) in [("target=98%", &["target=98%"][..]), ("burn=14.4:10 guards=none", &["burn=14.4:10", "guards=none"])] {
        let question = Question::WhatIf(WhatIfAsk { film: film.clone(), change: change.into() });
        let Ok(Answer::WhatIf(told)) = desk.ask(question).await else { panic!("it is judged") };
        let args = [&["--from", from, "--to", to, "--what-if"][..], words].concat();
        let answer = json("connection-pool", &args);
        let firings = |slos: &Value| -> Vec<String> {
            let of = |slo: &Value| -> Vec<String> {
                let id = slo["id"].as_str().unwrap();
                let one = |f: &Value| format!("{id} {} {} {} {}", f["severity"], f["rule"], f["from"], f["to"]);
                slo["firings"].as_array().unwrap().iter().map(one).collect()
            };
            slos.as_array().unwrap().iter().flat_map(of).collect()
        };
        let shown = |side: fn(&burnledger::domain::view::WhatIfTrack) -> &Vec<Fired>| -> Vec<String> {
            let text = |v: Option<String>| Value::from(v).to_string();
            let one = |id: &str, f: &Fired| {
                let (severity, rule) = (text(Some(f.severity.name().into())), text(Some(f.rule.to_string())));
                format!("{id} {severity} {rule} {} {}", text(Some(f.from.rfc3339())), text(f.to.map(Ms::rfc3339)))
            };
            told.tracks.iter().flat_map(|t| side(t).iter().map(|f| one(t.slo.as_str(), f)).collect::<Vec<_>>()).collect()
        };
        assert_eq!(shown(|t| &t.now), firings(&answer["slos"]), "{change}: by the rules in force");
        assert_eq!(shown(|t| &t.then), firings(&answer["what_if"][0]["slos"]), "{change}: by the others");
        assert_ne!(shown(|t| &t.now), shown(|t| &t.then), "{change} changes something here");
        let pages = &answer["what_if"][0]["pages"];
        assert_eq!(told.pages, (pages["before"].as_u64().unwrap() as usize, pages["after"].as_u64().unwrap() as usize));
    }
    for (change, why) in [
        ("burn=99:1", "no rule that is looked at has the threshold 99x"),
        ("severity=/etc/passwd", "no files"),
        ("target=98% slo=nobody", "no SLO that is looked at is `nobody`"),
        ("", "changes nothing"),
    ] {
        let refused = desk.ask(Question::WhatIf(WhatIfAsk { film: film.clone(), change: change.into() })).await.unwrap_err();
        assert!(refused.to_string().contains(why), "{change}: {refused}");
    }
}
