//! Looking closer: the open incident on every screen, values under a cursor, filters and groups of the past, a map zoomed into.

use super::fixture;
use super::scene::Scene;
use burnledger::domain::base::{IncidentId, Severity, SloId, Span};
use burnledger::domain::incident::{Act, HeldPages};
use burnledger::domain::objective::Slo;
use burnledger::domain::view::{Command, FilmAsk, Question, SloRow, Snapshot};
use burnledger::tui::model::{Overlay, Tab};
use burnledger::tui::{Effect, Ground, Msg};
use std::sync::Arc;

const SIZE: (u16, u16) = (120, 36);

fn busy() -> Scene {
    Scene::of(fixture::busy(), SIZE)
}

fn line(scene: &Scene, row: usize) -> String {
    scene.text().lines().nth(row).unwrap_or_default().to_owned()
}

/// The same world with a worse incident in front.
fn worse() -> Snapshot {
    let mut world = fixture::busy();
    let mut view = fixture::checkout();
    let mut incident = (*view.incident).clone();
    incident.id = IncidentId(150);
    incident.service = "orders-api".into();
    incident.services = vec![("orders-api".into(), vec![SloId::new("orders-api", "availability")])];
    view.incident = Arc::new(incident);
    world.incidents.insert(0, view);
    world
}

#[test]
fn the_worst_open_incident_stands_on_every_screen_but_its_own() {
    for keys in ["1", "1 d", "3", "4", "4 Tab", "6"] {
        let told = line(&busy().press(keys), 1);
        assert!(told.starts_with(" P0! INC-0142 checkout-api"), "{keys}: {told}");
        assert!(told.contains("UNACKED") && told.contains("2 shows it"), "{keys}: {told}");
    }
    // `a` is told where it takes this incident and nowhere else.
    assert!(line(&busy().press("1"), 1).contains("a ack"));
    for keys in ["3", "4", "6", "1 j j d"] {
        assert!(!line(&busy().press(keys), 1).contains("a ack"), "{keys}");
    }
    assert!(!line(&busy().press("2"), 1).contains("2 shows it"), "its own screen tells it anyway");
    assert!(line(&busy().press("2 l"), 1).starts_with(" P0! INC-0142"), "another one's screen does not hide it");
}

#[test]
fn the_incident_on_the_screen_stays_when_a_worse_one_opens_and_2_goes_to_the_worst() {
    let scene = busy().world(worse());
    assert_eq!(scene.model.on_screen().map(|v| v.incident.id), Some(IncidentId(142)), "nothing moves under a finger");
    assert!(line(&scene, 1).contains("INC-0150"), "{}", scene.text());
    let taken = scene.press("a").effects.iter().find_map(|e| match e {
        Effect::Order { command, .. } => command.incident(),
        _ => None,
    });
    assert_eq!(taken, Some(IncidentId(142)), "the one that was read is acknowledged");
    let told = busy().press("2 l 1").world(worse());
    assert!(line(&told, 1).contains("INC-0150"));
    assert_eq!(told.press("2").model.on_screen().map(|v| v.incident.id), Some(IncidentId(150)), "as the line says");
}

#[test]
fn an_open_incident_is_listed_with_what_it_costs_by_now() {
    let mut world = fixture::busy();
    let mut view = fixture::checkout();
    let mut incident = (*view.incident).clone();
    incident.cost = None;
    view.incident = Arc::new(incident);
    world.incidents = vec![view];
    let row = |scene: &Scene| {
        scene.text().lines().find(|l| l.contains("INC-0142") && l.contains("10-20")).unwrap_or_default().to_owned()
    };
    let scene = Scene::of(world, SIZE).press("3").told_past();
    let first = row(&scene);
    assert!(first.contains("$26.7k"), "{first}");
    let later = row(&scene.later(120));
    assert!(later.contains("$28.5k"), "two minutes at $918 a minute: {later}");
}

#[test]
fn a_cursor_tells_the_values_of_an_instant_and_the_replay_begins_there() {
    let scene = busy().press("1 d").told_past().press("v");
    let end = scene.model.slo.burn.past().expect("told").to;
    assert_eq!(scene.model.slo.cursor, Some(end));
    assert!(scene.text().contains("v off"), "{}", scene.text());
    let cell = scene.model.slo.burn.past().expect("told").cell;
    let scene = scene.press(", , .").told_past();
    assert_eq!(scene.model.slo.cursor, Some(end - cell));
    let asked = scene.press("5").effects.iter().find_map(|e| match e {
        Effect::Ask { question: Question::Film(FilmAsk::Stretch { from, to }), .. } => Some((*from, *to)),
        _ => None,
    });
    let (from, to) = asked.expect("a film around the cursor");
    assert!(from == end - cell - Span::from_mins(30) && to <= end + cell, "{from:?} {to:?}");
    // Beyond the edge the chart follows.
    let mut scene = busy().press("1 d +").told_past().press("v");
    let before = scene.model.slo.burn.past().expect("told").from;
    let cells = scene.model.slo.burn.past().expect("told").rows[0].values.len();
    for _ in 0..=cells {
        scene = scene.press(",");
    }
    let scene = scene.told_past();
    assert!(scene.model.slo.burn.past().expect("told").from < before);
    assert!(scene.model.slo.cursor.is_some_and(|at| at <= before), "{:?}", scene.model.slo.cursor);
    assert_eq!(scene.press("v").model.slo.cursor, None);
    assert_eq!(busy().press("1 d").told_past().press("v j").model.slo.cursor, None, "another SLO has no cursor yet");
}

#[test]
fn the_signals_of_an_incident_tell_an_instant_too() {
    let scene = busy().press("2 v");
    let newest = fixture::checkout().signals[0].to;
    assert_eq!(scene.model.incident.cursor, Some(newest));
    let scene = scene.press(", , , , , , , , , , , , , , , , , , , , , , , , , , , , , , , , , , , ,");
    assert!(scene.text().contains("values at 1"), "{}", scene.text());
    let ratio = |scene: &Scene| scene.text().lines().find(|l| l.contains("P0 > 5%")).unwrap_or_default().to_owned();
    assert!(!ratio(&scene).contains("5.71%"), "the value then, not now: {}", ratio(&scene));
    assert!(ratio(&busy().press("2")).contains("5.71%"));
    assert_eq!(scene.press("l").model.incident.cursor, None, "the next incident has its own time");
}

#[test]
fn what_is_asked_of_the_source_is_shown_and_copied() {
    let scene = busy().press("1 d p");
    assert!(matches!(scene.model.overlay, Some(Overlay::Sheet { .. })));
    let text = scene.text();
    assert!(text.contains("counted from raw samples") && text.contains("written in slos/checkout-api.yaml"), "{text}");
    let copied = scene.effects.iter().find_map(|e| if let Effect::Copy(text) = e { Some(text.clone()) } else { None });
    assert_eq!(copied.as_deref(), Some("bad\nall"));
    let heat = busy().press("1 j d m");
    assert_eq!(heat.model.tab, Tab::Heat);
    assert_eq!(heat.model.list.selected, busy().press("1 j").model.list.selected, "the map stands at that SLO");
}

#[test]
fn a_cell_of_the_map_is_looked_at_closer_until_its_slo_opens() {
    let scene = busy().press("4").told_past();
    let (span, before) = (scene.model.heat.stretch.span(), scene.model.heat.burn.past().expect("told").clone());
    let mut scene = scene.press("h h h h h h h h h h h h h h h h h h h h h h h h h h h h h h");
    let middle = before.to - before.cell * 30 - Span(before.cell.0 / 2);
    scene = scene.press("Enter").told_past();
    let past = scene.model.heat.burn.past().expect("told").clone();
    assert!(scene.model.heat.stretch.span() < span && past.from < middle && middle < past.to);
    let under = past.to - past.cell * scene.model.heat.back as i64;
    assert!(under.since(middle).0.abs() <= 2 * past.cell.0, "the cursor stays on its time: {under:?} {middle:?}");
    for _ in 0..6 {
        scene = if scene.model.tab == Tab::Heat { scene.press("Enter").told_past() } else { scene };
    }
    assert_eq!(scene.model.tab, Tab::Slo);
    assert_eq!(busy().press("4 /").write("cart").press("Enter").model.list.order.len(), 1);
}

#[test]
fn past_incidents_are_filtered_grouped_and_written_about() {
    let rows = |filter: &str| {
        let scene = busy().press("3").told_past().press("/").write(filter).press("Enter");
        scene.model.history.rows().iter().map(|i| i.id.0).collect::<Vec<_>>()
    };
    let all = rows("").len();
    assert_eq!(all, 10);
    assert_eq!(rows("inc-0142"), [142]);
    assert_eq!(rows("SEARCH").len(), 3);
    assert_eq!(rows("sev:p0 !state:resolved"), [142]);
    assert_eq!(rows("sev:p0").len() + rows("!sev:p0").len(), all);
    assert_eq!(rows("cause:none").len(), all);
    assert!(rows("team:nobody").is_empty() && rows("what:ever").is_empty());
    let scene = busy().press("3").told_past().press("/").write("zzz").press("Enter");
    assert!(scene.text().contains("None of them meets the filter"), "{}", scene.text());
    let back = scene.press("Esc");
    assert_eq!((back.model.tab, back.model.history.rows().len()), (Tab::History, all), "Esc takes the filter first");
    assert_eq!(back.press("Esc").model.tab, Tab::Overview);

    let grouped = busy().press("3").told_past();
    assert!(grouped.text().contains("TIMES BY SEVERITY") && grouped.text().contains("COST BY SERVICE"));
    let service = grouped.press("g");
    assert!(service.text().contains("TIMES BY SERVICE"), "{}", service.text());
    let cause = service.press("g g g");
    assert!(cause.text().contains("TIMES BY CAUSE") && cause.text().contains("COST BY CAUSE"));
    let month = cause.press("g");
    assert!(month.text().contains("COST BY MONTH") && month.text().contains("2026-10"), "{}", month.text());
    assert!(month.press("g").text().contains("TIMES BY SEVERITY"));

    let order = busy().press("3").told_past().press("Home P");
    assert!(order.text().contains("copied: burnledger report INC-"), "{}", order.text());
}

#[test]
fn another_past_incident_is_another_replay_and_any_other_screen_goes_back_to_the_one_that_is_on() {
    let asked = |scene: &Scene| scene.model.replay.as_ref().map(|r| r.ask.clone());
    let scene = busy().press("5").told_past();
    assert_eq!(asked(&scene), Some(FilmAsk::Incident(IncidentId(142))));
    let scene = scene.press("1 j 5");
    assert_eq!(asked(&scene), Some(FilmAsk::Incident(IncidentId(142))), "the one that is on");
    let mut chosen = busy().press("3").told_past().press("5").told_past().press("3");
    chosen.model.history.selected = Some(IncidentId(139));
    assert_eq!(asked(&chosen.press("5")), Some(FilmAsk::Incident(IncidentId(139))));
}

#[test]
fn figures_of_an_incident_are_never_cut() {
    let mut world = fixture::busy();
    let view = &mut world.incidents[0];
    view.exhausts_in_seconds = Some(3.0 * 86_400.0 + 72_000.0);
    let text = Scene::of(world, SIZE).press("2").text();
    assert!(text.contains("10-24 10:3") && text.contains("(3d20h)"), "{text}");
    let slo = busy().press("1 d").text();
    assert!(slo.contains("exhausts 21:4") && slo.contains("at the 1h rate") && slo.contains("good over 5m"), "{slo}");
    let small = Scene::of(fixture::busy(), (80, 24)).press("1 d").text();
    assert!(small.contains("at the 1h rate"), "when it is gone is not cut: {small}");
}

#[test]
fn a_resolved_incident_is_reopened_with_a_reason_from_its_screen_and_from_the_past() {
    let orders = |scene: &Scene| {
        let all =
            scene.effects.iter().filter_map(|e| if let Effect::Order { command, .. } = e { Some(command.clone()) } else { None });
        all.collect::<Vec<_>>()
    };
    let past = busy().press("3").told_past().press("End R");
    assert!(past.text().contains("is not over after all"), "{}", past.text());
    assert!(orders(&past.press("Enter")).is_empty(), "not without words");
    let past = busy().press("3").told_past().press("End R").write("it is back").press("Enter");
    let act = Act::Reopen { reason: "it is back".into(), at: None };
    assert_eq!(orders(&past), [Command::Act { incident: IncidentId(133), by: "wei".into(), act: act.clone() }]);
    let opened = busy().press("3").told_past().press("End Enter R").write("it is back").press("Enter");
    assert_eq!(orders(&opened), [Command::Act { incident: IncidentId(133), by: "wei".into(), act }]);
    assert!(orders(&busy().press("3").told_past().press("End R").write("x").press("Esc Esc Enter")).is_empty());
}

#[test]
fn the_help_begins_with_the_screen_behind_it_and_finds_keys_by_words() {
    let text = busy().press("4 ?").text();
    assert!(text.find("HEATMAP  ").is_some_and(|at| text.find("EVERYWHERE").is_none_or(|all| at < all)), "{text}");
    let found = busy().press("? /").write("postm");
    assert!(found.text().contains("how its postmortem is written") && !found.text().contains("EVERYWHERE"), "{}", found.text());
    let all = found.press("Enter Esc");
    assert!(matches!(all.model.overlay, Some(Overlay::Help { .. })) && all.text().contains("LISTS"), "{}", all.text());
    assert!(all.press("Esc").model.overlay.is_none());
    assert!(busy().press("? /").write("zzz").text().contains("no key is told with these words"));
}

#[test]
fn a_judgement_that_does_not_come_is_told_before_anything_failed() {
    let next = |world: Snapshot| Snapshot { at: world.at.map(|at| at + Span::from_secs(15)), ..world };
    let scene = Scene::of(fixture::busy(), SIZE).later(15).world(next(fixture::busy())).press("1");
    assert!(scene.text().contains("LIVE"));
    let scene = scene.later(30);
    assert!(scene.text().contains("LIVE"), "a slow read is no news");
    let scene = scene.later(11);
    let text = scene.text();
    assert!(text.contains("LATE 41s") && text.contains("no judgement for 41s, one should come every 15s"), "{text}");
    assert!(text.contains("projected since"), "the cost says what it is: {text}");
    assert!(!scene.world(next(next(fixture::busy()))).text().contains("LATE"));
    // Somebody's note makes a new picture of the same judgement.
    let noted = Scene::of(fixture::busy(), SIZE).later(15).world(next(fixture::busy())).press("1").later(30);
    assert!(noted.world(next(fixture::busy())).later(11).text().contains("LATE"));
}

#[test]
fn pages_that_are_held_back_are_told_where_the_incident_is() {
    let mut world = fixture::busy();
    let mut incident = (*world.incidents[0].incident).clone();
    let held = HeldPages {
        owner: None,
        severity: Severity::P0,
        by: "silence 12".into(),
        why: "load test".into(),
        until: Some(fixture::at("15:00:00")),
    };
    incident.held = vec![(fixture::at("14:31:00"), held)];
    incident.pages.clear();
    world.incidents[0].incident = Arc::new(incident);
    let scene = Scene::of(world, SIZE).press("2");
    assert!(scene.text().contains("PAGES HELD BACK by silence 12 until 15:00"), "{}", scene.text());
    assert!(scene.press("L").text().contains("pages at P0 are held back by silence 12 until 15:00: load test"));
    assert!(!busy().press("2").text().contains("HELD BACK"));
}

#[test]
fn what_failed_is_asked_again_at_once_when_somebody_asks_for_it() {
    let scene = Scene::of(fixture::stale(), SIZE).press("C-r");
    assert_eq!(scene.effects, [Effect::Hurry]);
    assert!(scene.text().contains("asked again") && scene.text().contains("C-r asks now"), "{}", scene.text());
}

#[test]
fn the_bell_rings_once_for_an_incident_that_pages_and_not_for_what_was_there() {
    let bells = |scene: &Scene| scene.effects.iter().filter(|e| **e == Effect::Bell).count();
    assert_eq!(bells(&busy()), 0, "it was there before anybody looked");
    let scene = Scene::of(fixture::calm(), SIZE).world(fixture::busy());
    assert_eq!(bells(&scene), 1, "two at once are one bell");
    assert_eq!(bells(&scene.world(fixture::calm()).world(fixture::busy())), 1, "once for an incident");
    assert_eq!(bells(&busy().press("1 Space").world(worse())), 1, "also over a held picture");
    let played = |world: Snapshot| Snapshot { role: burnledger::domain::view::Role::Replaying, ..world };
    assert_eq!(bells(&Scene::of(played(fixture::calm()), SIZE).world(played(fixture::busy()))), 0);
}

#[test]
fn a_narrow_screen_tells_the_rate_of_the_cost_and_whole_sentences_where_there_is_room() {
    let mut world = fixture::busy();
    world.incidents.truncate(1);
    world.recent.truncate(1);
    let words = "payments may be in trouble: success: error ratio above 1% for 2m is true, waiting for its hold to end";
    world.recent[0].text = words.into();
    let doubt = "no series matched `http_requests_total{code=~\"5..\",job=\"checkout\"}` in the last read: is it spelled so?";
    let at = world.slos.iter().position(|row| row.incident.is_some()).expect("a row");
    world.slos[at].doubts = Arc::new([doubt.into()]);
    let small = Scene::of(world.clone(), (80, 24)).press("1");
    assert!(line(&small, 1).contains("$26.7k +$918/min") && line(&small, 1).ends_with("a ack"), "{}", line(&small, 1));
    let tall = Scene::of(world.clone(), (80, 40)).press("1").text();
    assert!(tall.contains("hold to end"), "{tall}");
    let wide = Scene::of(world, SIZE).press("1").text();
    assert!(wide.contains("no series matched") && wide.contains("spelled so?"), "{wide}");
}

#[test]
fn a_filter_takes_words_fields_and_regular_expressions() {
    let shown = |filter: &str| {
        let scene = busy().press("1 /").write(filter).press("Enter");
        let snapshot = scene.model.live.clone().expect("a world");
        let mut names: Vec<String> = scene.model.list.order.iter().map(|i| snapshot.slos[*i].slo.id.to_string()).collect();
        names.sort();
        names
    };
    let all = shown("");
    assert!(all.len() > 8, "{all:?}");
    assert_eq!(shown("^(CART|map)-.*p95"), shown("^(cart|map)-.*p95"));
    assert!(shown("^(cart|map)-").len() >= 2 && shown("^(cart|map)-").len() < all.len(), "{:?}", shown("^(cart|map)-"));
    let (these, others) = (shown("api/.*y$"), shown("!api/.*y$"));
    assert_eq!(these.len() + others.len(), all.len(), "turned round: {these:?} {others:?}");
    assert!(!these.is_empty() && these.iter().all(|name| name.ends_with('y')), "{these:?}");
    assert_eq!(shown("(cart"), Vec::<String>::new(), "what is no expression yet is taken as it stands");
    assert_eq!(shown("sev:P0 api"), shown("sev:p0 API"));
    assert_eq!(shown("sev:P0").len() + shown("!sev:P0").len(), all.len());
    assert_eq!(shown("a{1000}{1000}{1000}["), Vec::<String>::new(), "an expression that would take too much is none");
}

#[test]
fn hundred_slos_of_one_service_are_told_apart_where_names_do_not_fit() {
    let mut world = fixture::busy();
    let row = world.slos[0].clone();
    world.slos = (0..100)
        .map(|i| {
            let id = SloId::new("payment-gateway-of-the-eastern-region", &format!("{i:03}-with-a-name-that-is-long-too"));
            let slo = Arc::new(Slo { id, ..(*row.slo).clone() });
            SloRow { slo, ..row.clone() }
        })
        .collect();
    for (size, tab) in [((120, 36), "1"), ((80, 24), "1"), ((120, 36), "4"), ((80, 24), "4")] {
        let scene = Scene::of(world.clone(), size).press(tab).told_past();
        let text = scene.text();
        assert!(["/000-", "/001-", "/002-"].iter().all(|part| text.contains(part)), "{size:?} {tab}: {text}");
    }
}

#[test]
fn a_title_keeps_what_is_going_on_when_the_name_is_long() {
    let mut world = fixture::busy();
    let mut incident = (*world.incidents[0].incident).clone();
    let service = "支付网关-非常长的服务名称用于测试列宽度与截断行为-and-more-of-it";
    incident.service = service.into();
    incident.services = vec![(service.into(), vec![SloId::new(service, "availability")])];
    world.incidents[0].incident = Arc::new(incident);
    let text = Scene::of(world, (80, 24)).press("2").text();
    assert!(text.contains("OPEN, UNACKED"), "{text}");
}

#[test]
fn a_budget_that_is_overspent_many_times_is_not_told_by_a_cut_number() {
    let mut world = fixture::busy();
    let mut verdict = (**world.slos[0].verdict.as_ref().expect("judged")).clone();
    verdict.budget.remaining = Some(-419.48);
    world.slos[0].verdict = Some(Arc::new(verdict));
    for size in [(120, 36), (80, 24)] {
        let text = Scene::of(world.clone(), size).press("1").text();
        assert!(text.contains(" -42k% "), "{text}");
    }
}

#[test]
fn the_program_tells_what_it_is_and_changes_its_colours_for_a_session() {
    let scene = busy().press("1 V");
    let text = scene.text();
    for part in
        [concat!("burnledger ", env!("CARGO_PKG_VERSION")), "terminal 120x36", "orders are given by wei", "source http://prom"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(busy().press(":").write("version").press("Enter").text().contains("orders are given by"));
    assert!(busy().press(":").write("keys").press("Enter").text().contains("find a key"), "help, by another name");
    let mut scene = busy().press(":").write("theme").press("Enter");
    assert!(scene.text().contains("colours: light"), "{}", scene.text());
    assert_eq!(scene.model.look.theme.ground, Ground::Light);
    scene.tell(Msg::Ground(Ground::Dark));
    assert_eq!(scene.model.look.theme.ground, Ground::Light, "what a person chose stands against a late answer");
    let scene = scene.press("T");
    assert_eq!(scene.model.look.theme.ground, Ground::HighContrast);
    assert_eq!(scene.press("T").model.look.theme.ground, Ground::Dark);
}
