//! Whole screens with their styles, compared with what was looked at and accepted (`snapshots/`).

use super::fixture::{self, at, usd};
use super::scene::Scene;
use burnledger::chart::Charset;
use burnledger::domain::base::{IncidentId, Labels, Span};
use burnledger::domain::incident::Phase;
use burnledger::domain::view::{Role, Snapshot, SourceState};
use burnledger::tui::theme::Depth;
use std::sync::Arc;

#[test]
fn the_overview_at_every_size() {
    for (name, size) in
        [("160x48", (160, 48)), ("120x36", (120, 36)), ("80x24", (80, 24)), ("60x15", (60, 15)), ("30x8", (30, 8))]
    {
        Scene::of(fixture::busy(), size).press("1").check(&format!("overview-{name}"));
    }
}

#[test]
fn the_overview_in_other_characters_and_colours() {
    let busy = |charset, depth| Scene::new((120, 36), charset, depth).world(fixture::busy()).press("1");
    busy(Charset::Narrow, Depth::Ansi256).check("overview-narrow-256");
    busy(Charset::Ascii, Depth::Mono).check("overview-ascii-mono");
    Scene::new((80, 24), Charset::Ascii, Depth::Ansi16).world(fixture::busy()).press("1").check("overview-ascii-16");
}

#[test]
fn before_anything_came() {
    Scene::new((80, 24), Charset::Unicode, Depth::TrueColor).later(1).check("first-paint");
    Scene::of(fixture::connecting(), (120, 36)).later(1).check("connecting");
    let mut filling = fixture::connecting();
    filling.sources = vec![fixture::source(SourceState::Filling { done: 34, all: 120 })];
    Scene::of(filling, (100, 30)).check("filling");
}

#[test]
fn a_source_that_does_not_answer_leaves_the_last_values_and_their_age() {
    Scene::of(fixture::stale(), (120, 36)).press("1").later(153).check("stale");
    Scene::of(fixture::stale(), (80, 24)).later(153).check("stale-incident-narrow");
    let scene = Scene::of(fixture::busy(), (120, 36)).press("1").later(151);
    assert!(scene.text().contains("STALE"), "silence of the engine is told too");
}

#[test]
fn a_held_picture_stays_and_what_pages_breaks_through() {
    let mut later = fixture::busy();
    let mut new = fixture::payments();
    let mut incident = (*new.incident).clone();
    incident.id = IncidentId(143);
    incident.milestones.detected = Some(at("14:31:30"));
    incident.acknowledged_by = None;
    new.incident = Arc::new(incident);
    later.incidents.insert(1, new);
    later.slos.reverse();
    let scene = Scene::of(fixture::busy(), (120, 36)).press("1 Space").later(41).world(later);
    scene.check("frozen-breakthrough");
    let jumped = scene.press("Enter");
    assert_eq!(jumped.model.on_screen().map(|v| v.incident.id), Some(IncidentId(143)));
    assert!(jumped.model.frozen.is_none());
}

#[test]
fn a_cost_that_may_still_change_says_until_when() {
    let mut world = fixture::busy();
    let mut view = fixture::checkout();
    let mut incident = (*view.incident).clone();
    incident.phase = Phase::Mitigated;
    view.incident = Arc::new(incident);
    let ticker = view.cost.as_mut().unwrap();
    let mut sheet = (*ticker.sheet).clone();
    sheet.provisional_until = Some(at("15:31:00"));
    ticker.sheet = Arc::new(sheet);
    world.incidents = vec![view];
    let text = Scene::of(world, (120, 36)).press("2").text();
    assert!(text.contains("final  not before 15:31"), "{text}");
    assert!(text.contains("provisional until 15:31: orders may come back"), "{text}");
}

#[test]
fn a_replay_has_its_own_time() {
    let replay = |ended| Snapshot {
        role: Role::Replaying,
        speed: Some(60.0),
        ended,
        environment: "read-only-primary".into(),
        sources: vec![fixture::source(SourceState::Live)],
        ..fixture::busy()
    };
    // The machine's clock is a year ahead; the screen shows the recording's.
    let mut scene = Scene::new((120, 36), Charset::Unicode, Depth::TrueColor);
    scene.now.wall = scene.now.wall + Span::from_days(365);
    scene.world(replay(false)).press("1").check("replay");
    let over = Scene::of(replay(true), (80, 24)).press("1").later(10);
    assert!(over.text().contains("REPLAY ENDED") && over.text().contains("14:31:07"), "{}", over.text());
}

#[test]
fn nothing_to_show_says_why_and_what_to_try() {
    let empty = || Snapshot { slos: vec![], incidents: vec![], recent: vec![], incident_count: 0, ..fixture::busy() };
    Scene::of(empty(), (80, 24)).check("empty");
    Scene::of(empty(), (80, 24)).press("2").check("no-incident");
    Scene::of(fixture::calm(), (100, 30)).press("/").write("zzz").check("filter-without-match");
}

#[test]
fn what_is_wrong_stands_on_every_screen() {
    Scene::of(fixture::troubled(), (120, 36)).check("troubled");
    for keys in ["1", "2", "1 /"] {
        let text = Scene::of(fixture::troubled(), (80, 24)).press(keys).text();
        assert!(text.contains("slos/cart.yaml, slos/search.yaml are not in force"), "{text}");
        assert!(text.contains("no space left on device"), "{text}");
    }
}

#[test]
fn the_incident_at_every_size() {
    for (name, size) in [("160x48", (160, 48)), ("120x36", (120, 36)), ("80x24", (80, 24)), ("60x15", (60, 15))] {
        Scene::of(fixture::busy(), size).check(&format!("incident-{name}"));
    }
    Scene::new((120, 36), Charset::Narrow, Depth::Ansi256).world(fixture::busy()).check("incident-narrow");
}

#[test]
fn an_incident_without_a_price_says_so() {
    let scene = Scene::of(fixture::busy(), (100, 30)).press("l");
    scene.check("incident-not-estimated");
    assert!(scene.text().contains("not estimated"));
}

#[test]
fn help_is_the_key_table() {
    Scene::of(fixture::busy(), (120, 36)).press("1 ?").check("help-120x36");
    Scene::new((80, 24), Charset::Ascii, Depth::Mono).world(fixture::busy()).press("1 ? j j").check("help-80x24-ascii");
}

#[test]
fn dialogs_show_their_target() {
    Scene::of(fixture::busy(), (120, 36)).press("a").answered().later(1).check("acknowledged");
    Scene::of(fixture::busy(), (120, 36))
        .press("n")
        .write("rolled back eu-1, error rate flat; checking the pool of the orders database")
        .check("note");
    Scene::of(fixture::busy(), (80, 24))
        .press("R Tab")
        .write("rolled back")
        .press("Tab Space Tab")
        .write("143")
        .press("Enter")
        .check("resolve-80x24");
}

#[test]
fn hostile_and_wide_names_stay_in_their_columns() {
    let mut world = fixture::busy();
    let row = &mut world.slos[0];
    let mut slo = (*row.slo).clone();
    slo.id = burnledger::domain::base::SloId::new("订单服务", "可用性\x1b[31m\u{202e}");
    row.slo = Arc::new(slo);
    row.group = Labels::new([("region", "eu-1\n"), ("市", "上海")]);
    world.recent[0].text = "a\x1b]0;owned\x07b\tc".into();
    world.environment = "p\x1b[2Jrod".into();
    let scene = Scene::of(world, (100, 30)).press("1 G");
    scene.check("hostile");
    assert!(!scene.text().chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn formulas_keep_their_signs_in_every_character_set() {
    let mut world = fixture::busy();
    let mut cost = world.incidents[0].cost.clone().unwrap();
    let mut sheet = (*cost.sheet).clone();
    sheet.lines[0].formula = "F × v × (1 − r) = 1594 × 16.61".into();
    cost.sheet = Arc::new(sheet);
    world.incidents[0].cost = Some(cost);
    let text = |charset| Scene::new((120, 36), charset, Depth::Mono).world(world.clone()).text();
    assert!(text(Charset::Unicode).contains("F × v × (1 − r) = 1594 × 16.61"));
    assert!(text(Charset::Narrow).contains("F x v x (1 - r) = 1594 x 16.61"));
    assert!(text(Charset::Ascii).contains("F x v x (1 - r) = 1594 x 16.61"));
}

#[test]
fn many_rows_scroll_and_the_selection_stays_in_view() {
    let mut world = fixture::calm();
    let row = world.slos[0].clone();
    world.slos = (0..500)
        .map(|i| {
            let mut slo = (*row.slo).clone();
            slo.id = burnledger::domain::base::SloId::new("service", &format!("objective-{i:03}"));
            burnledger::domain::view::SloRow { slo: Arc::new(slo), ..row.clone() }
        })
        .collect();
    Scene::of(world, (80, 24)).press("C-d C-d j k C-d").check("scrolled");
}

#[test]
fn the_cost_ticks_by_its_rate_and_stands_still_when_it_is_over() {
    let scene = Scene::of(fixture::busy(), (120, 36)).later(60);
    assert!(
        scene.text().contains("at least $27,629"),
        "one minute adds {}:\n{}",
        burnledger::words::money::brief(usd("918")),
        scene.text()
    );
    let mut over = fixture::busy();
    let mut incident = (*over.incidents[0].incident).clone();
    incident.phase = burnledger::domain::incident::Phase::Mitigated;
    incident.milestones.mitigated = Some(at("14:31:00"));
    over.incidents[0].incident = Arc::new(incident);
    let scene = Scene::of(over, (120, 36)).press("2").later(60);
    assert!(scene.text().contains("at least $26,711"), "{}", scene.text());
    assert!(scene.text().contains("lasted"), "{}", scene.text());
}

#[test]
fn a_picture_has_all_colours_whatever_terminal_it_was_made_in() {
    let snapshot = Arc::new(fixture::busy());
    let plain = fixture::look(Charset::Ascii, Depth::Mono);
    let svg = burnledger::tui::picture(&snapshot, burnledger::tui::Screen::Overview, fixture::now(), (120, 36), plain.clone());
    assert!(svg.contains("#ff5f87") && svg.contains("checkout-api/availability") && svg.contains("UNACKED"), "{svg}");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.len() < 150_000, "{}", svg.len());
    let text = burnledger::tui::text(&snapshot, burnledger::tui::Screen::Incident, fixture::now(), (120, 36), plain);
    assert!(text.is_ascii() && text.contains("OPEN, UNACKED"), "{text}");
}

#[test]
fn what_makes_numbers_doubtful_is_told_beside_them() {
    use burnledger::domain::judge::{LatencyStatus, Quantile};
    let mut world = fixture::calm();
    let mut verdict = world.slos[0].verdict.as_deref().cloned().unwrap();
    verdict.errors_never_seen = true;
    verdict.partial = true;
    let q = |seconds, at_least| Quantile { seconds, at_least };
    verdict.latency = Some(LatencyStatus { p50: q(0.012, false), p95: q(0.18, false), p99: q(2.5, true) });
    world.slos[0].verdict = Some(Arc::new(verdict));
    let text = Scene::of(world, (120, 36)).press("o").text();
    for words in ["p50 12 ms   p95 180 ms   p99 >=2.50 s", "no error was ever seen", "some targets sent nothing"] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
}

#[test]
fn one_slo_with_its_burn_its_budget_and_its_rules() {
    for (name, size) in [("160x48", (160, 48)), ("120x36", (120, 36)), ("80x24", (80, 24)), ("60x15", (60, 15))] {
        Scene::of(fixture::busy(), size).press("1 d").told_past().check(&format!("slo-{name}"));
    }
    Scene::of(fixture::busy(), (80, 24)).press("1 d Tab").told_past().check("slo-80x24-budget");
    Scene::of(fixture::busy(), (80, 24)).press("1 d Tab Tab").told_past().check("slo-80x24-rules");
    let ascii = Scene::new((120, 36), Charset::Ascii, Depth::Mono).world(fixture::busy());
    ascii.press("1 d l w + [").told_past().check("slo-ascii-mono");
    Scene::of(fixture::busy(), (120, 36)).press("1 d").check("slo-reading");
}

#[test]
fn the_heatmap_of_all_slos_and_of_latency() {
    for (name, size) in [("160x48", (160, 48)), ("120x36", (120, 36)), ("80x24", (80, 24)), ("60x15", (60, 15))] {
        Scene::of(fixture::busy(), size).press("4 j h h").told_past().check(&format!("heat-{name}"));
    }
    let narrow = Scene::new((120, 36), Charset::Narrow, Depth::Ansi256).world(fixture::busy());
    narrow.press("4").told_past().check("heat-narrow-256");
    let ascii = Scene::new((80, 24), Charset::Ascii, Depth::Mono).world(fixture::busy());
    ascii.press("4").told_past().check("heat-ascii-mono");
    Scene::of(fixture::busy(), (120, 36)).press("4 j Tab").told_past().check("heat-latency");
}

#[test]
fn the_incidents_of_the_past() {
    for (name, size) in [("160x48", (160, 48)), ("120x36", (120, 36)), ("80x24", (80, 24)), ("60x15", (60, 15))] {
        Scene::of(fixture::busy(), size).press("3 j j j").told_past().press("j").check(&format!("history-{name}"));
    }
    Scene::of(fixture::calm(), (80, 24)).press("3").check("history-reading");
}

#[test]
fn a_replay_at_its_cursor() {
    for (name, size) in [("160x48", (160, 48)), ("120x36", (120, 36)), ("80x24", (80, 24)), ("60x15", (60, 15))] {
        Scene::of(fixture::busy(), size).press("5").told_past().press("] ]").check(&format!("replay-{name}"));
    }
    let ascii = Scene::new((120, 36), Charset::Ascii, Depth::Mono).world(fixture::busy());
    ascii.press("5").told_past().press("] Space").later(20).check("replay-ascii-running");
    Scene::of(fixture::busy(), (80, 24)).press("5").check("replay-reading");
}

/// Ways to the newer screens.
const NEWER: [(&str, &str); 4] = [("slo", "1 d"), ("heat", "4 j h h"), ("history", "3 j"), ("replay", "5 ] ]")];

#[test]
fn every_screen_keeps_its_most_important_lines_in_a_corner() {
    let incident = Scene::of(fixture::busy(), (30, 8));
    incident.check("incident-30x8");
    for (name, keys) in NEWER {
        let (way, then) = keys.split_once(' ').unwrap_or((keys, ""));
        Scene::of(fixture::busy(), (30, 8)).press(way).told_past().press(then).told_past().check(&format!("{name}-30x8"));
    }
}

#[test]
fn every_screen_in_the_other_character_sets() {
    let drawn = |charset, depth| Scene::new((120, 36), charset, depth).world(fixture::busy());
    drawn(Charset::Ascii, Depth::Ansi16).check("incident-ascii-16");
    for (name, keys) in NEWER {
        let (way, then) = keys.split_once(' ').unwrap_or((keys, ""));
        let told = |scene: Scene| scene.press(way).told_past().press(then).told_past();
        if name != "heat" {
            told(drawn(Charset::Narrow, Depth::Ansi256)).check(&format!("{name}-narrow-256"));
        }
        told(drawn(Charset::Ascii, Depth::Ansi16)).check(&format!("{name}-ascii-16"));
    }
}

#[test]
fn with_high_contrast_nothing_is_dim_and_what_is_selected_is_reversed() {
    use burnledger::tui::export::cells;
    use ratatui::style::Modifier;
    let contrast =
        |keys: &str| Scene::of(fixture::busy(), (120, 36)).on(burnledger::tui::Ground::HighContrast).press(keys).told_past();
    for (name, keys) in
        [("overview", "1"), ("incident", "2"), ("slo", "1 d"), ("heat", "4 j"), ("history", "3 j"), ("replay", "5")]
    {
        let scene = contrast(keys);
        scene.check(&format!("{name}-high-contrast"));
        let buf = cells(&scene.model);
        assert!(buf.content().iter().all(|c| !c.modifier.contains(Modifier::DIM)), "{name}");
        assert!(
            ["incident", "slo"].contains(&name) || buf.content().iter().any(|c| c.modifier.contains(Modifier::REVERSED)),
            "{name}"
        );
    }
}

#[test]
fn states_that_the_newer_screens_have_of_their_own() {
    let at = |world, keys: &str| Scene::of(world, (100, 30)).press(keys);
    at(fixture::stale(), "1 d").told_past().later(153).check("slo-stale");
    at(fixture::connecting(), "4").told_past().check("heat-connecting");
    at(fixture::stale(), "4").told_past().later(153).check("heat-stale");
    at(fixture::troubled(), "3").told_past().check("history-troubled");
    at(Snapshot { incidents: vec![], recent: vec![], incident_count: 0, ..fixture::calm() }, "3")
        .told_past()
        .check("history-empty");
    at(fixture::busy(), "5").told_past().press("End").check("replay-at-its-end");
    let frozen = at(fixture::busy(), "1 d").told_past().press("Space").later(41);
    frozen.check("slo-frozen");
}

#[test]
fn choices_show_what_they_do() {
    for (name, size) in [("120x36", (120, 36)), ("80x24", (80, 24))] {
        let severity = Scene::of(fixture::busy(), size).press("s 1 Enter").write("few users");
        severity.check(&format!("severity-{name}"));
        Scene::of(fixture::busy(), size).press("m j").check(&format!("merge-{name}"));
        let supposed = Scene::of(fixture::busy(), size).press("5").told_past().press("w").write("target=99.5%").press("Enter");
        supposed.told_past().check(&format!("what-if-{name}"));
    }
    let listed = Scene::of(fixture::busy(), (120, 36)).press("5").told_past().press("w").write("burn=14.4:10").press("Enter");
    listed.told_past().press("W").check("what-if-listed");
    Scene::of(fixture::busy(), (120, 36)).press("5").told_past().press("w").check("what-if-typed");
}
