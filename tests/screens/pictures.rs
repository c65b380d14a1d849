//! Whole screens with their styles, compared with what was looked at and accepted (`snapshots/`).

use super::fixture::{self, at, usd};
use super::scene::Scene;
use burnledger::chart::Charset;
use burnledger::domain::base::{IncidentId, Labels, Span};
use burnledger::domain::incident::Phase;
use burnledger::domain::view::{Attachment, Role, Snapshot, SourceState};
use burnledger::tui::Effect;
use burnledger::tui::theme::Depth;
use std::sync::Arc;

#[test]
fn before_anything_came() {
    Scene::new((80, 24), Charset::Unicode, Depth::TrueColor).later(1).check("first-paint");
    let mut filling = fixture::connecting();
    filling.sources = vec![fixture::source(SourceState::Filling { done: 34, all: 120 })];
    Scene::of(filling, (100, 30)).check("filling");
}

#[test]
fn a_source_that_does_not_answer_leaves_the_last_values_and_their_age() {
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
    let jumped = Scene::of(fixture::busy(), (120, 36)).press("1 Space").later(41).world(later).press("Enter");
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
    let text = scene.world(replay(false)).press("1").text();
    assert!(text.contains("REPLAY 60x") && text.contains("14:31:07"), "{text}");
    let over = Scene::of(replay(true), (80, 24)).press("1").later(10);
    assert!(over.text().contains("REPLAY ENDED") && over.text().contains("14:31:07"), "{}", over.text());
}

#[test]
fn nothing_to_show_says_why_and_what_to_try() {
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
fn an_incident_without_a_price_says_so() {
    let scene = Scene::of(fixture::busy(), (100, 30)).press("l");
    scene.check("incident-not-estimated");
    assert!(scene.text().contains("not estimated"));
}

#[test]
fn help_is_the_key_table() {
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
        .press("Tab Space Tab Space Space Tab")
        .write("5")
        .press("Tab")
        .write("0.5")
        .press("Tab")
        .write("143")
        .press("Enter")
        .check("resolve-80x24");
}

/// The field with the keys and the line that decides are seen at every size, and nothing of the dialog lies outside.
#[test]
fn dialogs_fit_small_terminals() {
    for (size, name) in [((120, 36), "120x36"), ((60, 15), "60x15"), ((30, 8), "30x8")] {
        let scene = || Scene::of(fixture::busy(), size);
        scene().press("R Tab Tab Tab Space").check(&format!("resolve-cause-{name}"));
        scene().press("R Tab Tab Tab Tab Tab Tab").write("01").check(&format!("resolve-typing-{name}"));
        scene().press("n").write("the pool is full; @l").press("Tab Tab Space").check(&format!("note-marked-{name}"));
        scene().press("s j Enter").write("fewer users").check(&format!("severity-typing-{name}"));
    }
    Scene::of(fixture::busy(), (80, 24)).press("a").answered().check("acknowledged-80x24");
    Scene::of(fixture::busy(), (30, 8)).press("a").answered().check("acknowledged-30x8");
}

#[test]
fn what_the_server_would_refuse_is_not_offered() {
    for size in [(120, 36), (80, 24), (52, 12)] {
        let with = |attached: Attachment| {
            let world = Snapshot { attached: Some(Arc::new(attached)), ..fixture::busy() };
            Scene::of(world, size).press("1")
        };
        let address =
            || Attachment { address: "http://watch:9797".into(), program: Some("0.1.0".into()), ..Attachment::default() };
        let reader = with(Attachment { read_only: Some("no token".into()), ..address() });
        assert!(!reader.text().contains("a ack") && !reader.text().contains("n note"), "{size:?}:\n{}", reader.text());
        let writer = with(Attachment { who: Some("wei".into()), ..address() });
        assert!(writer.text().contains("a ack"), "{size:?}:\n{}", writer.text());
        assert!(reader.press("a").effects.iter().all(|e| !matches!(e, Effect::Order { .. })), "nor sent");
    }
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
    let ascii = Scene::new((120, 36), Charset::Ascii, Depth::Mono).world(fixture::busy());
    ascii.press("1 d l w + [").told_past().check("slo-ascii-mono");
    Scene::of(fixture::busy(), (120, 36)).press("1 d").check("slo-reading");
}

#[test]
fn a_replay_at_its_cursor() {
    let ascii = Scene::new((120, 36), Charset::Ascii, Depth::Mono).world(fixture::busy());
    ascii.press("5").told_past().press("] Space").later(20).check("replay-ascii-running");
    Scene::of(fixture::busy(), (80, 24)).press("5").check("replay-reading");
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
    at(fixture::troubled(), "3").told_past().check("history-troubled");
    at(fixture::busy(), "5").told_past().press("End").check("replay-at-its-end");
}
