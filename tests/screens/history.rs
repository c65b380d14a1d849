//! The screen of past incidents over a ledger: its figures are those of `stats`, a change is told only where the test finds one,
//! and what is not known is told as that.

use super::fixture::{self, NOW};
use super::scene::Scene;
use crate::ledger::make::{commit, entry, onset};
use burnledger::app::desk::LedgerDesk;
use burnledger::domain::base::{IncidentId, Ms, Now, Severity, SloId, Span};
use burnledger::domain::incident::{Actor, Change, Fact, ImpactRecord, Incident, IncidentRef, NewEntry, Notice, Onset, Phase};
use burnledger::domain::review::stats::{ShareKind, Standards};
use burnledger::domain::view::{Answer, Question, Snapshot};
use burnledger::ledger::SqliteLedger;
use burnledger::ports::{Desk, Ledger};
use burnledger::tui::{Effect, Msg};
use burnledger::words::{time, units};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const TARGETS: [(ShareKind, f64); 2] = [(ShareKind::AcknowledgedIn5, 0.9), (ShareKind::Proactive, 0.6)];
const CONFIG: &str = "ledger: ledger.db\ntargets: {acknowledged_in_5m: 90%, found_proactively: 60%}\n";

/// Half a year of incidents, one a week: since 90 days ago people acknowledge within three minutes instead of half an hour, and
/// the last but one took a night.
async fn record(dir: &Path) {
    let ledger = SqliteLedger::open(&dir.join("ledger.db")).unwrap();
    let mut number = 0;
    let mut put = async |incident: IncidentRef, fact: Fact, at: Ms, actor: Actor| {
        number += 1;
        let new = NewEntry { at, actor, ..entry(incident, fact) };
        let instant = Now { wall: at, ..fixture::now() };
        ledger.commit(commit(&format!("c{number}"), vec![new]), None, instant).await.unwrap();
    };
    for n in 0..25_i64 {
        let service = ["orders", "search", "pay"][n as usize % 3];
        let start = NOW - Span::from_days(171 - 7 * n) - Span::from_mins(13 * n);
        let after = |mins: i64| start + Span::from_mins(mins);
        if n % 6 == 0 {
            let change =
                Change { title: "rollout".into(), service: Some(service.into()), kind: "deploy".into(), ..Change::default() };
            put(
                IncidentRef::Known(IncidentId::LEDGER),
                Fact::Notice(Notice::Changed(change)),
                start - Span::from_mins(20),
                Actor::Auto,
            )
            .await;
        }
        let severity = Some(if n % 4 == 0 { Severity::P0 } else { Severity::P1 });
        let found =
            Onset { severity, impact_start: start, detected: after(if n % 5 == 0 { -1 } else { 2 + n % 7 }), ..onset(service) };
        let detected = found.detected;
        put(IncidentRef::Opens(0), Fact::Opened(found), detected, Actor::Auto).await;
        let id = IncidentRef::Known(IncidentId(n as u64 + 1));
        let acknowledged = detected + Span::from_mins(if n < 12 { 25 + n % 9 } else { 1 + n % 3 });
        put(id, Fact::Acknowledged, acknowledged, Actor::Person("ann".into())).await;
        let spent = ImpactRecord {
            budget_spent: vec![(SloId::new(service, "availability"), 0.013 * n as f64)],
            ..ImpactRecord::default()
        };
        let resolved = if n == 23 { 560 } else { 50 + n * 37 % 41 };
        put(id, Fact::Mitigated { reason: "".into(), impact: Some(spent.clone()) }, after(resolved - 9), Actor::Auto).await;
        put(id, Fact::Resolved { reason: "fixed".into(), impact: Some(spent) }, after(resolved), Actor::Auto).await;
    }
}

fn told_by_stats(dir: &Path, words: &[&str]) -> Value {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(["stats", "--format", "json", "--to", &NOW.rfc3339()])
        .args(words)
        .current_dir(dir)
        .env("XDG_STATE_HOME", "/nonexistent")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The screen's questions answered by a list and by what it is held against.
fn answered(mut scene: Scene, list: &[Arc<Incident>], standards: &Arc<Standards>) -> Scene {
    for _ in 0..3 {
        for effect in std::mem::take(&mut scene.effects) {
            let Effect::Ask { ticket, question } = effect else { continue };
            let answer = match question {
                Question::Incidents { .. } => Answer::Incidents(list.to_vec()),
                Question::Standards => Answer::Standards(Arc::clone(standards)),
                _ => continue,
            };
            scene.tell(Msg::Answer { ticket, result: Ok(answer) });
        }
    }
    scene
}

/// A world of which only the ledger is known.
fn quiet(count: usize) -> Snapshot {
    Snapshot { incidents: vec![], recent: vec![], incident_count: count, ..fixture::calm() }
}

/// What a ledger holds, as a desk tells it.
async fn asked(dir: &Path) -> (Vec<Arc<Incident>>, Arc<Standards>) {
    let desk = LedgerDesk::at_file(&dir.join("ledger.db"), "tui").await.unwrap();
    let Ok(Answer::Incidents(list)) = desk.ask(Question::Incidents { limit: 2_000 }).await else { panic!("a list") };
    let Ok(Answer::Standards(told)) = desk.ask(Question::Standards).await else { panic!("changes") };
    assert_eq!(told.changes.len(), 5);
    let mut standards = (*told).clone();
    for (kind, target) in TARGETS {
        standards.targets.set(kind, target);
    }
    (list, Arc::new(standards))
}

fn span(seconds: &Value) -> String {
    seconds.as_f64().and_then(time::from_secs).map_or_else(|| "-".into(), time::span)
}

/// The line of the panel of times that begins with a name.
fn line<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().skip_while(|l| !l.contains("TIMES BY")).find(|l| l.trim_start().starts_with(name)).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_those_of_stats() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("burnledger.yaml"), CONFIG).unwrap();
    record(dir.path()).await;
    let (list, standards) = asked(dir.path()).await;
    let scene = answered(Scene::of(quiet(list.len()), (160, 48)).press("3"), &list, &standards);
    let text = scene.text();
    let day = |days| (NOW - Span::from_days(days)).rfc3339();
    let of = told_by_stats(dir.path(), &["--from", &day(90)]);
    let group = &of["groups"][0];
    assert_eq!(group["n"], 13, "the fixture's own count");
    assert!(text.contains(&format!("all n={}", group["n"])) && text.contains("INCIDENTS 13 "), "{text}");
    let by_severity = told_by_stats(dir.path(), &["--from", &day(90), "--by", "severity"]);
    let compared = told_by_stats(dir.path(), &["--from", &day(180), "--split", &day(90)]);
    for (name, clock) in [("detect", "ttd"), ("ack", "tta"), ("mitigate", "ttm"), ("resolve", "ttr")] {
        let told = line(&text, name);
        for group in by_severity["groups"].as_array().unwrap().iter().chain([group]) {
            let clock = &group["clocks"][clock];
            let words = format!("{} / {}", span(&clock["median"]), span(&clock["p90"]));
            assert!(told.contains(&words), "{words} in {told}");
        }
        let change = &compared["groups"][0]["comparison"]["clocks"][clock];
        let ratio = change["geomean_ratio"].as_f64().unwrap();
        let words = match change["finding"].as_str().unwrap() {
            "cannot tell" => format!("cannot tell: {}, then {}", change["n_before"], change["n_after"]),
            "shorter" => format!("{} shorter", units::percent(1.0 - ratio, 0)),
            _ => format!("{} longer", units::percent(ratio - 1.0, 0)),
        };
        assert!(told.contains(&words), "{words} in {told}");
    }
    assert!(line(&text, "ack").contains(" shorter"), "people acknowledge sooner: {text}");
    assert!(line(&text, "resolve").contains("cannot tell") && !line(&text, "resolve").contains('%'), "{text}");
    let (mean, skew) = (line(&text, "MTTR mean"), &group["skewed_by"]);
    assert!(mean.contains(&span(&group["clocks"]["ttr"]["mean"])), "{mean}");
    let without = format!("{} without INC-0024 ({})", span(&skew["mean_without"]), span(&skew["seconds"]));
    assert!(skew["id"] == "INC-0024" && mean.contains(&without), "{without} in {mean}");
    for (at, name) in [(2, "acked in 5m"), (1, "found before users"), (5, "change-caused"), (3, "mitigated in 30m")] {
        let share = &group["shares"][at];
        let words = format!("{name} {} of {}, {}", share["k"], share["n"], units::percent(share["share"].as_f64().unwrap(), 0));
        assert!(text.contains(&words), "{words} in {text}");
    }
    assert_eq!((&group["shares"][5]["name"], &group["shares"][5]["k"]), (&"change_caused".into(), &3.into()));
    for standing in [&group["shares"][2]["standing"], &group["shares"][1]["standing"]] {
        assert!(text.contains(standing.as_str().unwrap()), "{standing} in {text}");
    }
    for (size, name) in [((120, 36), "120x36"), ((80, 24), "80x24"), ((100, 30), "100x30")] {
        answered(Scene::of(quiet(list.len()), size).press("3"), &list, &standards).check(&format!("history-compared-{name}"));
    }
    let chinese = |size| {
        let mut scene = Scene::of(quiet(list.len()), size);
        scene.model.look.words = burnledger::words::Words::of(burnledger::domain::base::Language::Zh);
        answered(scene.press("3"), &list, &standards)
    };
    for (size, name) in [((120, 36), "120x36"), ((80, 24), "80x24")] {
        chinese(size).check(&format!("zh-history-compared-{name}"));
    }
}

/// The list may be cut at its end: the range before is compared only when all of it is there.
#[test]
fn what_is_not_known_is_not_compared() {
    let one = |n: u64, began: Ms| {
        let mut incident = (*fixture::busy().incidents[0].incident).clone();
        incident.id = IncidentId(n);
        incident.phase = Phase::Resolved;
        incident.milestones.impact_start = Some(began);
        incident.milestones.detected = Some(began + Span::from_mins(2));
        incident.milestones.resolved = Some(began + Span::from_mins(60 + n as i64 % 30));
        Arc::new(incident)
    };
    let screen =
        |list: &[Arc<Incident>]| answered(Scene::of(quiet(list.len()), (120, 36)).press("3"), list, &Arc::default()).text();
    let few: Vec<_> = (0..5).map(|n| one(n, NOW - Span::from_days(n as i64 + 1))).collect();
    assert!(line(&screen(&few), "resolve").contains("nothing before"), "{}", screen(&few));
    let cut: Vec<_> = (0..2_000).map(|n| one(n, NOW - Span::from_mins(n as i64 * 30 + 90))).collect();
    assert!(line(&screen(&cut), "resolve").contains("not compared"), "{}", screen(&cut));
}

#[test]
fn the_budget_that_an_incident_spent_is_told_and_unknown_where_nobody_measured() {
    let row =
        |text: &str, id: &str| text.lines().find(|l| l.contains(id) && !l.contains("UNACKED")).unwrap_or_default().to_owned();
    for size in [(160, 48), (120, 36), (100, 30), (80, 24)] {
        let text = Scene::of(fixture::busy(), size).press("3").told_past().text();
        assert!(text.contains("BUDGET"), "{text}");
        assert!(row(&text, "INC-0142").contains("3.90%"), "an open one as measured now: {text}");
        assert!(row(&text, "INC-0140").contains("6.20%"), "{text}");
        assert!(row(&text, "INC-0141").ends_with(" -"), "{text}");
    }
}

#[test]
fn a_suspected_incident_is_told_where_the_list_leaves_it_out() {
    let mut world = fixture::calm();
    let mut view = fixture::checkout();
    let mut incident = (*view.incident).clone();
    incident.phase = Phase::Suspected;
    incident.severity = None;
    incident.peak_severity = None;
    incident.milestones.detected = None;
    incident.acknowledged_by = None;
    view.incident = Arc::new(incident);
    world.incident_count = 3;
    let list = [Arc::clone(&view.incident)];
    world.incidents = vec![view];
    let scene = answered(Scene::of(world, (120, 36)).press("3"), &list, &Arc::default());
    let text = scene.text();
    assert!(text.contains("INCIDENTS 0, 1 suspected"), "{text}");
    assert!(text.contains("INC-0142 is only suspected: nobody was paged, so it is not listed. 2 opens it."), "{text}");
    scene.check("history-suspected");
}

#[test]
fn every_grouping_has_its_times_and_costs() {
    let mut scene = Scene::of(fixture::busy(), (120, 36)).press("3").told_past();
    let titles = [
        ("TIMES BY SEVERITY", "COST BY SERVICE"),
        ("TIMES BY SERVICE", "COST BY SERVICE"),
        ("TIMES BY SLO", "COST BY SLO"),
        ("TIMES BY TEAM", "COST BY TEAM"),
        ("TIMES BY CAUSE", "COST BY CAUSE"),
        ("TIMES BY MONTH", "COST BY MONTH"),
        ("TIMES BY SEVERITY", "COST BY SERVICE"),
    ];
    for (times, cost) in titles {
        let text = scene.text();
        assert!(text.contains(times) && text.contains(cost), "{times}, {cost}: {text}");
        scene = scene.press("g");
    }
}

#[test]
fn the_table_is_written_as_csv_json_and_markdown() {
    let saved = |keys: &str| {
        let scene = Scene::of(fixture::busy(), (120, 36)).press("3").told_past().press(keys);
        let found = scene.effects.into_iter().rev().find_map(|e| match e {
            Effect::Save { ending, text, .. } => Some((ending, text)),
            _ => None,
        });
        found.expect("a file")
    };
    let (ending, json) = saved("e j");
    let rows: Value = serde_json::from_str(&json).unwrap();
    let first = rows.as_array().unwrap().iter().find(|r| r["incident"] == "INC-0140").unwrap();
    assert_eq!((ending, rows.as_array().unwrap().len()), ("json", 10));
    assert_eq!(
        (first["cost"].as_f64(), &first["currency"], &first["ttr_seconds"]),
        (Some(88_400.0), &"USD".into(), &2_100.into())
    );
    assert_eq!((&first["budget_spent"], &first["drill"], &first["root_cause"]), (&0.062.into(), &false.into(), &Value::Null));
    let (ending, csv) = saved("e c");
    let line = csv.lines().find(|l| l.starts_with("INC-0140,")).unwrap();
    assert!(ending == "csv" && line.contains(",88400.00,USD,") && line.ends_with(",0.062,,false"), "{line}");
    let (ending, markdown) = saved("e m");
    let lines: Vec<&str> = markdown.lines().collect();
    assert_eq!((ending, lines.len()), ("md", 12));
    assert!(lines[0].starts_with("| incident | severity | service |") && lines[1].contains("---:"), "{markdown}");
    assert!(lines.iter().all(|l| l.matches(" | ").count() == 17), "{markdown}");
}
