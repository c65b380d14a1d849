//! Budgets, exclusions and rules as a person sees them: `status` and `explain` over a small recording made here.

use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

const START: i64 = 1_772_323_200; // 2026-03-01T00:00:00Z
const STEP: i64 = 15;

/// A recording from 2026-03-01T00:00:00Z: for each step, counters that grow and gauges that stand, by name and labels.
pub(super) fn recording(hours: i64, names: &[&str], at: impl Fn(&str, i64) -> f64) -> String {
    let mut text = String::new();
    for name in names {
        for i in 0..=hours * 3600 / STEP {
            let time = START + i * STEP;
            writeln!(text, "{name} {} {time}", at(name, i * STEP)).unwrap();
        }
    }
    text + "# EOF\n"
}

/// Writes files into a folder and runs the verb on them: exit code, stdout, stderr.
pub(super) fn run(slos: &str, samples: &str, args: &[&str]) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    std::fs::write(dir.path().join("slos/a.yaml"), slos).unwrap();
    std::fs::write(dir.path().join("samples.om"), samples).unwrap();
    let of = |name: &str| dir.path().join(name).display().to_string();
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(args)
        .args(["--slos", &of("slos"), "--samples", &of("samples.om")])
        .env("TZ", "UTC")
        .env_remove("BURNLEDGER_CONFIG")
        .current_dir(Path::new(dir.path()))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}

pub(super) fn status(slos: &str, samples: &str, at: &str) -> Value {
    let (code, out, talk) = run(slos, samples, &["status", "--format", "json", "--at", at]);
    assert_eq!(code, 0, "{talk}{out}");
    serde_json::from_str::<Value>(&out).unwrap()["slos"].take()
}

/// Four requests a step; from 02:00 to 03:00 every second one fails.
fn shop() -> String {
    recording(6, &["t_total", "e_total"], |name, t| match name {
        "t_total" => t as f64 / 15.0 * 4.0,
        _ => (t - 7200).clamp(0, 3600) as f64 / 15.0 * 2.0,
    })
}

const HEAD: &str = "version: burnledger/v1\nservice: shop\nslos:\n";
const SLI: &str = "sli: {events: {bad: e_total, total: t_total}}";

#[test]
fn an_exclusion_forgives_the_budget_and_is_named_and_taken_away_all_is_as_before() {
    let excluded = format!(
        "{HEAD}  - {{name: a, target: 99%, {SLI}, exclude: [{{from: 2026-03-01T02:00:00Z, to: 2026-03-01T03:00:00Z, \
         reason: database move, author: anna}}]}}\n"
    );
    let plain = format!("{HEAD}  - {{name: a, target: 99%, {SLI}}}\n");
    let at = "2026-03-01T05:00:00Z";
    let (before, after) = (status(&plain, &shop(), at), status(&excluded, &shop(), at));
    assert_eq!(before[0]["budget"]["bad"], 480);
    assert_eq!((&after[0]["budget"]["bad"], &after[0]["budget"]["total"]), (&0.into(), &3840.into()), "{after:#}");
    assert_eq!(after[0]["budget"]["excluded_seconds"], 3600);
    assert_eq!(after[0]["exclusions"][0]["reason"], "database move");
    let severity = |slos: &str| status(slos, &shop(), "2026-03-01T03:00:00Z")[0]["severity"].clone();
    assert_eq!((severity(&plain), severity(&excluded)), ("P0".into(), Value::Null));
    assert_eq!(status(&plain, &shop(), at), before);

    let during = status(&excluded, &shop(), "2026-03-01T02:30:00Z");
    assert_eq!((&during[0]["state"], &during[0]["severity"]), (&"excluded".into(), &Value::Null));
    let (_, text, _) = run(&excluded, &shop(), &["status", "--at", "2026-03-01T02:30:00Z"]);
    assert!(text.contains("-- shop/a: excluded until 03:00: database move (anna)"), "{text}");
    let (_, text, _) = run(&excluded, &shop(), &["explain", "a", "--at", at]);
    assert!(text.contains("excluded: 1h00m of the period does not count"), "{text}");
    assert!(text.contains("2026-03-01 02:00:00 UTC for 1h00m: database move (anna)"), "{text}");
}

#[test]
fn budgets_of_time_and_of_the_calendar_say_their_unit() {
    let slos = format!(
        "{HEAD}  - {{name: a, target: 90%, budget: {{method: timeslices, good: 90%}}, period: {{calendar: week, zone: UTC}}, {SLI}}}\n"
    );
    // 2026-03-01 is a Sunday: the week ends with it.
    let told = &status(&slos, &shop(), "2026-03-01T05:00:00Z")[0];
    assert_eq!((&told["period"], &told["budget"]["slice"]), (&"week in UTC".into(), &"1m".into()));
    assert_eq!(
        (&told["budget"]["bad"], &told["budget"]["total"], &told["budget"]["allowed"]),
        (&60.into(), &300.into(), &30.into())
    );
    assert_eq!(told["budget"]["until"], "2026-03-02T00:00:00Z");
    let (_, text, _) = run(&slos, &shop(), &["explain", "a", "--at", "2026-03-01T05:00:00Z"]);
    assert!(text.contains("1h00m bad of 30m06s allowed in 1m slices"), "{text}");
    assert!(text.contains("week in UTC: 88.7% passed, ends 2026-03-02 00:00:00 UTC"), "{text}");
}

#[test]
fn groups_have_a_budget_each_the_worst_is_shown_first_and_what_is_cut_off_is_said() {
    let slos = format!("{HEAD}  - {{name: a, target: 99%, group_by: [region], max_groups: 3, {SLI}}}\n");
    let names: Vec<String> =
        ["t_total", "e_total"].iter().flat_map(|m| ["a", "b", "c", "d"].map(|r| format!("{m}{{region=\"{r}\"}}"))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Region b fails at 10 %, region c at 2 %.
    let samples = recording(3, &names, |name, t| {
        let share = if name.contains("\"b\"") {
            1.0
        } else if name.contains("\"c\"") {
            0.2
        } else {
            0.0
        };
        t as f64 / 15.0 * if name.starts_with('e') { share } else { 10.0 }
    });
    let told = status(&slos, &samples, "2026-03-01T02:00:00Z");
    let groups: Vec<&str> = told.as_array().unwrap().iter().map(|s| s["group"]["region"].as_str().unwrap()).collect();
    assert_eq!(groups, ["b", "c", "a"], "worst first");
    assert_eq!(told[0]["budget"]["remaining"], -9.0);
    let (_, text, _) = run(&slos, &samples, &["status", "--at", "2026-03-01T02:00:00Z"]);
    assert!(text.contains("1 more groups are left out: at most 3 are measured (`max_groups`)"), "{text}");
}
