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
        (&60.into(), &301.into(), &30.1.into())
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
    assert!(text.contains("1 more group is left out: at most 3 are measured (`max_groups`)"), "{text}");
}

/// What `status` says of the first SLO's first breach rule.
fn rule(slos: &str, samples: &str, at: &str) -> Value {
    status(slos, samples, at)[0]["breaches"][0].clone()
}

#[test]
fn a_spike_against_the_own_past_fires_for_any_promql_and_says_its_average() {
    let slos = format!(
        "{HEAD}  - name: a\n    target: 99%\n    {SLI}\n    breach:\n      \
         - {{severity: P1, spike: {{value: max(queue), times: 2.5, average: 1h}}, for: 1m}}\n"
    );
    // A queue of 4 that grows to 11 at 02:00.
    let samples = recording(3, &["t_total", "e_total", "queue"], |name, t| match name {
        "t_total" => t as f64,
        "e_total" => 0.0,
        _ if t >= 7200 => 11.0,
        _ => 4.0,
    });
    let told = rule(&slos, &samples, "2026-03-01T02:02:00Z");
    assert_eq!((&told["value"], &told["firing"]), (&11.into(), &true.into()), "{told:#}");
    let level = told["level"].as_f64().unwrap();
    assert!((10.0..11.0).contains(&level), "2.5 times a little more than 4: {level}");
    assert_eq!(rule(&slos, &samples, "2026-03-01T01:59:00Z")["firing"], false);
    // Half an hour later the average has come up to it.
    assert_eq!(rule(&slos, &samples, "2026-03-01T02:40:00Z")["firing"], false);
    let (_, text, _) = run(&slos, &samples, &["explain", "a", "--at", "2026-03-01T02:02:00Z"]);
    assert!(text.contains("P1 because max(queue) 11, above 10.66 (2.5x its 1h average of 4.26) for 1m"), "{text}");
    assert!(text.contains("P1 max(queue) > 2.5x its 1h average for 1m: 11 against 10."), "{text}");
}

#[test]
fn a_rule_that_must_be_confirmed_counts_only_while_the_second_signal_is_past_its_level() {
    let with = |confirm: &str| {
        format!(
            "{HEAD}  - name: a\n    target: 99%\n    guards: none\n    {SLI}\n    breach:\n      \
             - {{severity: P0, error_ratio: 5%, for: 30s, confirm: {confirm}}}\n  - {{name: b, target: 99%, {SLI_B}}}\n"
        )
    };
    // Both fail at 50 % from 02:00; b's requests stop failing at 02:05. The queue is long from 02:03 on.
    let samples = recording(3, &["t_total", "e_total", "b_total", "b_bad_total", "queue"], |name, t| match name {
        "t_total" | "b_total" => t as f64 / 15.0 * 4.0,
        "e_total" => (t - 7200).max(0) as f64 / 15.0 * 2.0,
        "b_bad_total" => (t - 7200).clamp(0, 300) as f64 / 15.0 * 2.0,
        _ => f64::from(u8::from(t >= 7380)) * 50.0,
    });
    let at = |minute: u32| format!("2026-03-01T02:{minute:02}:00Z");
    let by_slo = with("{slo: shop/b, burn: 2, over: 1m}");
    let told = rule(&by_slo, &samples, &at(4));
    assert_eq!((&told["firing"], &told["confirming"]), (&true.into(), &50.into()), "{told:#}");
    let told = rule(&by_slo, &samples, &at(8));
    assert_eq!((&told["firing"], &told["held_back_by"]), (&false.into(), &"unconfirmed".into()), "{told:#}");
    let by_value = with("{value: max(queue), above: 10}");
    assert_eq!(rule(&by_value, &samples, &at(2))["held_back_by"], "unconfirmed");
    assert_eq!(rule(&by_value, &samples, &at(4))["firing"], true);
    let (_, text, _) = run(&by_value, &samples, &["status", "--at", &at(4)]);
    assert!(text.contains("error ratio 50.0% over 1m, above 5% for 30s, while max(queue) is 50, above 10"), "{text}");
    let (_, text, _) = run(&by_slo, &samples, &["status", "--at", &at(8)]);
    assert!(text.contains("is held back: the second signal is not past its level"), "{text}");
}

#[test]
fn a_rule_may_wait_for_so_many_violations_in_a_row_and_an_observed_slo_pages_nobody() {
    let slos = |mode: &str| {
        format!(
            "{HEAD}  - name: a\n    target: 99%\n    guards: none\n    mode: {mode}\n    {SLI}\n    breach:\n      \
             - {{severity: P0, error_ratio: 5%, after: 8}}\n"
        )
    };
    let told = |mode: &str, at: &str| rule(&slos(mode), &shop(), at);
    let waiting = told("page", "2026-03-01T02:01:30Z");
    assert_eq!((&waiting["firing"], &waiting["in_a_row"]), (&false.into(), &6.into()), "{waiting:#}");
    assert_eq!(told("page", "2026-03-01T02:02:00Z")["firing"], true);
    let observed = told("observe", "2026-03-01T02:02:00Z");
    assert_eq!((&observed["firing"], &observed["held_back_by"]), (&false.into(), &"observe_mode".into()));
    let (_, text, _) = run(&slos("observe"), &shop(), &["status", "--at", "2026-03-01T02:02:00Z"]);
    assert!(text.contains("P0 error ratio > 5% 8 times in a row is held back: the SLO is only observed"), "{text}");
    let (_, text, _) = run(&slos("page"), &shop(), &["explain", "a", "--at", "2026-03-01T02:01:30Z"]);
    assert!(text.contains("above, 6 of 8 in a row"), "{text}");
}

const SLI_B: &str = "sli: {events: {bad: b_bad_total, total: b_total}}";

#[test]
fn a_composite_is_judged_by_its_members_and_opens_an_incident_with_their_losses() {
    let slos = format!(
        "{HEAD}  - {{name: a, target: 99%, mode: observe, {SLI}}}\n  - {{name: b, target: 95%, mode: observe, {SLI_B}}}\n  \
         - {{name: journey, composite: {{of: [a, shop/b], as: worst}}, guards: none, severity: [{{severity: P0, burn: 14.4, long: 1h, short: 5m}}]}}\n  \
         - {{name: mean, mode: observe, composite: {{of: [a, b], as: weighted, weights: [1, 3]}}}}\n"
    );
    let samples = recording(6, &["t_total", "e_total", "b_total", "b_bad_total"], |name, t| match name {
        "t_total" | "b_total" => t as f64 / 15.0 * 4.0,
        "e_total" => (t - 7200).clamp(0, 1800) as f64 / 15.0 * 2.0,
        _ => 0.0,
    });
    let all = status(&slos, &samples, "2026-03-01T02:30:00Z");
    let of = |name: &str| all.as_array().unwrap().iter().find(|s| s["name"] == name).unwrap().clone();
    let burn = |slo: &Value, window: &str| {
        let windows = slo["windows"].as_array().unwrap().clone();
        windows.iter().find(|w| w["window"] == window).unwrap()["burn_rate"].as_f64().unwrap()
    };
    let (a, journey, mean) = (of("a"), of("journey"), of("mean"));
    assert_eq!((&journey["kind"], &journey["target"], &journey["state"]), (&"composite".into(), &Value::Null, &"ok".into()));
    assert!((burn(&journey, "1h") - burn(&a, "1h")).abs() < 1e-9 && burn(&a, "1h") > 20.0);
    assert!((burn(&mean, "1h") - burn(&a, "1h") / 4.0).abs() < 1e-9);
    assert_eq!(journey["budget"]["remaining"], a["budget"]["remaining"]);
    assert_eq!((&journey["severity"], &mean["severity"]), (&"P0".into(), &Value::Null));
    // Asked alone it is read with its members, and they are not printed.
    let (_, text, _) = run(&slos, &samples, &["explain", "journey", "--at", "2026-03-01T02:30:00Z"]);
    assert!(text.contains("worst of 2 SLOs") && text.contains("shop/b") && text.contains("P0 because burn 25."), "{text}");
    let (code, text, talk) =
        run(&slos, &samples, &["backtest", "--from", "2026-03-01T01:00:00Z", "--to", "2026-03-01T04:00:00Z", "--format", "json"]);
    assert_eq!(code, 0, "{talk}");
    let past: Value = serde_json::from_str(&text).unwrap();
    let incident = &past["incidents"][0];
    assert_eq!((&incident["severity"], &incident["bad"]), (&"P0".into(), &240.into()), "{past:#}");
    assert_eq!(incident["impact_start"], "2026-03-01T02:00:00Z");
    assert!(incident["resolved"].is_string(), "{incident:#}");
}
