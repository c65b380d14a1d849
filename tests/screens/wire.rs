//! A dashboard on a watch elsewhere draws the watch's own cells: every tab, dialog and state, in English and Chinese, whatever its
//! screens ask of the past, and every kind of fact.
//!
//! Worlds go through the bytes that `serve` sends. What a screen is to say of the link itself is left as it was.

use super::fixture;
use super::language::{STATES, WAYS, worlds};
use super::scene::Scene;
use burnledger::chart::Charset;
use burnledger::domain::base::{IncidentId, Labels, Language, Seq, Severity, Span};
use burnledger::domain::incident::{Actor, Correction, Entry, Fact, Incident};
use burnledger::domain::measure::{AskedPlan, AskedUnit, Count, CountedPlan, Exclude, Plan};
use burnledger::domain::objective::{Combine, Composite, Exclusion, Mode, Slo};
use burnledger::domain::view::{Answer, Film, IncidentView, Question, Snapshot};
use burnledger::tui::export::{cells, plain};
use burnledger::tui::theme::Depth;
use burnledger::tui::{Effect, Msg, Written};
use burnledger::wire::picture::{Reader, read_answer, read_question, write, write_answer, write_question};
use burnledger::words::Words;
use std::sync::Arc;

/// An incident as its entries make it: what is sent is nothing else.
fn folded(entries: &[Entry]) -> Arc<Incident> {
    Arc::new(entries.iter().fold(None, |known, entry| Incident::fold(known, entry).0).expect("an incident"))
}

fn honest(mut world: Snapshot) -> Snapshot {
    let refolded = |view: IncidentView| IncidentView { incident: folded(&view.incident.entries), ..view };
    world.incidents = world.incidents.into_iter().map(refolded).collect();
    world
}

/// Incidents that are over, each with its own course.
fn past() -> Vec<Arc<Incident>> {
    let like = fixture::checkout().incident.entries[0].clone();
    let Fact::Opened(onset) = &like.fact else { panic!("it opens") };
    (0..6_i64)
        .map(|n| {
            let began = fixture::NOW - Span::from_days(3 + 9 * n) - Span::from_mins(37 * n);
            let at = |minutes: i64| began + Span::from_mins(minutes);
            let severity = Some(if n % 3 == 0 { Severity::P0 } else { Severity::P1 });
            let (service, drill) = (["orders-api", "search-api", "ledger-writer"][n as usize % 3].into(), n == 5);
            let onset = burnledger::domain::incident::Onset {
                service,
                severity,
                drill,
                impact_start: began,
                detected: at(2),
                ..onset.clone()
            };
            let cause = Correction::RootCause(["change", "capacity"][n as usize % 2].into());
            let facts = [
                (2, Fact::Opened(onset)),
                (3 + n, Fact::Acknowledged),
                (20 + 11 * n, Fact::Mitigated { reason: "".into(), impact: None }),
                (35 + 11 * n, Fact::Resolved { reason: "rolled back".into(), impact: None }),
                (40 + 11 * n, Fact::Corrected { change: cause, reason: "dns".into() }),
                (41 + 11 * n, Fact::Costed(fixture::sheet())),
            ];
            let entry = |(k, (minutes, fact)): (u64, (i64, Fact))| Entry {
                seq: Seq(100 * n as u64 + k),
                incident: IncidentId(140 - n as u64),
                at: at(minutes),
                recorded_at: at(minutes),
                actor: if k == 1 { Actor::Person("mei".into()) } else { Actor::Auto },
                fact,
                ..like.clone()
            };
            folded(&(0..).zip(facts).map(entry).collect::<Vec<_>>())
        })
        .collect()
}

/// SLOs of every making: what can be counted and is not, what cannot, what is made of others, what is excluded.
fn estimated() -> Snapshot {
    let mut world = fixture::busy();
    let counted = || CountedPlan::Events { bad: Count::default(), total: None };
    let why = "`http_total{job=\"shop\"}` matches 5001 series, more than 5000 (`count_up_to`)";
    let plans = [
        Plan::Asked { ask: AskedPlan::Increases { of: counted(), window: Span::from_mins(5) }, why: why.into() },
        Plan::Asked {
            ask: AskedPlan::Ratio { errors: "a".into(), total: "b".into(), unit: AskedUnit::PerSecond },
            why: "`quantile_over_time` needs the server".into(),
        },
        Plan::Asked { ask: AskedPlan::Value { value: "up".into() }, why: "it is a value".into() },
    ];
    for (row, plan) in world.slos.iter_mut().zip(plans) {
        row.slo = Arc::new(Slo { plan, description: Some("what users see".into()), ..Slo::clone(&row.slo) });
        row.group = Labels::new([("zone", "eu-1"), ("team", "a\u{202e}b")]);
    }
    if let Some(row) = world.slos.get_mut(3) {
        let verdict = row.verdict.as_deref().cloned().map(|v| burnledger::domain::judge::Verdict { interpolated: true, ..v });
        row.verdict = verdict.map(Arc::new);
        let when = Exclude::Once(burnledger::domain::base::Interval {
            from: fixture::NOW - Span::from_hours(1),
            to: fixture::NOW + Span::from_hours(1),
        });
        let exclude = vec![Exclusion { when, reason: "migration".into(), author: Some("ann".into()) }];
        row.slo = Arc::new(Slo { exclude, mode: Mode::Observe, source: Some("eu".into()), ..Slo::clone(&row.slo) });
    }
    if let Some(row) = world.slos.get_mut(4) {
        let of = vec![(row.slo.id.clone(), 2.into())];
        let sli = burnledger::domain::objective::Sli::Composite(Composite { of, how: Combine::Weighted });
        row.slo = Arc::new(Slo { sli, ..Slo::clone(&row.slo) });
    }
    world
}

/// What the watch's own engine answers.
fn own(world: &Snapshot, question: &Question) -> Answer {
    let all = || world.incidents.iter().map(|view| Arc::clone(&view.incident)).chain(past());
    match question {
        Question::Incident(id) => Answer::Incident(all().find(|incident| incident.id == *id)),
        Question::Incidents { limit } => Answer::Incidents(all().take(*limit).collect()),
        Question::Film(_) => {
            let Answer::Film(film) = fixture::answer(world, question) else { panic!("a film") };
            // A film is sent whole: a tenth of it is enough here.
            let frames = film.frames.iter().step_by(10).cloned().collect();
            Answer::Film(Arc::new(Film { frames, step: film.step * 10, ..Film::clone(&film) }))
        }
        _ => fixture::answer(world, question),
    }
}

/// The same over the wire, the question too.
fn theirs(world: &Snapshot, question: &Question) -> Answer {
    let asked = read_question(write_question(question).unwrap().as_bytes()).unwrap();
    assert_eq!(&asked, question, "a screen asks for no more than may be asked");
    read_answer(write_answer(&own(world, &asked)).unwrap().as_bytes()).unwrap()
}

/// Presses keys; whatever they ask is answered, whatever they order is done.
fn walk(mut scene: Scene, keys: &str, answer: &dyn Fn(&Question) -> Answer) -> Scene {
    for key in keys.split(' ') {
        scene = scene.press(key);
        for effect in std::mem::take(&mut scene.effects) {
            match effect {
                Effect::Ask { ticket, question } => {
                    let result =
                        if scene.model.live.as_ref().is_some_and(|world| world.slos.len() > 1 && !world.incidents.is_empty()) {
                            Ok(answer(&question))
                        } else {
                            Err(burnledger::domain::view::Refusal::NotNow("not here".into()))
                        };
                    scene.tell(Msg::Answer { ticket, result });
                }
                Effect::Order { ticket, .. } => scene.tell(Msg::Reply { ticket, result: Ok(()) }),
                Effect::Save { .. } | Effect::Draw { .. } => {
                    scene.tell(Msg::Saved(Ok(Written { name: "file".into(), lacking: String::new() })));
                }
                _ => {}
            }
        }
    }
    scene
}

fn scene(world: &Snapshot, size: (u16, u16), language: Language) -> Scene {
    let mut scene = Scene::new(size, Charset::Unicode, Depth::TrueColor);
    scene.model.look.words = Words::of(language);
    scene.tell(Msg::Dashboards(super::boards::dashboards()));
    scene.world(world.clone())
}

/// Draws both and compares.
fn compare(world: &Snapshot, reader: &mut Reader, size: (u16, u16), language: Language, ways: &[&str]) {
    let bytes = write(world, None, fixture::NOW, reader.has()).unwrap();
    let read = reader.read(bytes.as_bytes()).unwrap().snapshot;
    let sent = Snapshot { attached: world.attached.clone(), ..read };
    for keys in ways {
        let here = walk(scene(world, size, language), keys, &|q| own(world, q));
        let there = walk(scene(&sent, size, language), keys, &|q| theirs(world, q));
        let (here, there) = (cells(&here.model), cells(&there.model));
        assert_eq!(plain(&here), plain(&there), "{keys} at {size:?}");
        assert_eq!(here, there, "{keys} at {size:?}: another look");
    }
}

#[test]
fn every_screen_in_every_state_is_the_watchs_own() {
    // One reader for all, as a session has: what it was sent before must not stand for what comes now.
    let mut reader = Reader::default();
    for (n, world) in worlds().into_iter().chain([estimated()]).map(honest).enumerate() {
        let (size, language) = match n % 3 {
            0 => ((120, 36), Language::En),
            1 => ((80, 24), Language::Zh),
            _ => ((160, 48), Language::En),
        };
        compare(&world, &mut reader, size, language, STATES);
    }
}

#[test]
fn every_way_into_a_screen_shows_the_watchs_own() {
    for (world, language) in [(worlds().remove(0), Language::Zh), (estimated(), Language::En)] {
        compare(&honest(world), &mut Reader::default(), (120, 36), language, WAYS);
    }
}

#[test]
fn what_the_server_adds_up_is_called_an_estimate_elsewhere_too() {
    let world = honest(estimated());
    let bytes = write(&world, None, fixture::NOW, Reader::default().has()).unwrap();
    let sent = Reader::default().read(bytes.as_bytes()).unwrap().snapshot;
    let id = &world.slos[0].slo.id;
    let keys = format!("1 / {} Enter d", id.0.chars().map(String::from).collect::<Vec<_>>().join(" "));
    let text = walk(scene(&sent, (120, 36), Language::En), &keys, &|q| theirs(&world, q)).text();
    assert!(text.contains("estimated"), "{text}");
    let asked = walk(scene(&sent, (120, 36), Language::En), &format!("{keys} p"), &|q| theirs(&world, q)).text();
    assert!(asked.contains("matches 5001 series"), "{asked}");
}
