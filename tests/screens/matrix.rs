//! The matrix: every screen in every state at every size, in all character sets and all colours, compared with what was looked
//! at and accepted (`snapshots/matrix`, a file for each screen and state).
//!
//! One letter tells how a cell looks in every theme at once (`legend.snap`), so a file holds the text of each size, the letters
//! of each row as runs, and of the other character sets only the rows that differ. A cell that looks like nothing in the legend
//! fails: no view makes up a style of its own. Where a picture exists, it must keep some promises whatever it shows (`keeps`).

use super::boards;
use super::fixture::{self, at};
use super::matrix_form::{Letters, Picture, SETS, of, themes};
use super::scene::Scene;
use burnledger::chart::Charset;
use burnledger::domain::base::{IncidentId, Labels, SloId};
use burnledger::domain::judge::TrackState;
use burnledger::domain::view::{Role, Snapshot, TrackId};
use burnledger::tui::Msg;
use burnledger::tui::export::{cells, grid};
use burnledger::tui::model::Overlay;
use burnledger::tui::theme::{Depth, Ground, Theme};
use burnledger::tui::view::layout;
use std::fmt::Write;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

const SIZES: [(u16, u16); 5] = [(160, 48), (120, 36), (80, 24), (60, 15), (30, 8)];

/// A state of the world: its name, and how a session comes into it with the keys of a screen.
type State = (&'static str, fn((u16, u16), &str) -> Scene);

const STATES: [State; 7] = [
    ("connecting", |size, keys| unanswered(Scene::of(fixture::connecting(), size).later(1), keys)),
    ("live", |size, keys| go(Scene::of(steady(), size), keys)),
    ("stale", |size, keys| go(Scene::of(fixture::stale(), size), keys).later(153)),
    ("empty", |size, keys| go(Scene::of(empty(), size), keys)),
    ("frozen", frozen),
    ("p0", |size, keys| go(Scene::of(fixture::busy(), size), keys)),
    ("replay", |size, keys| go(Scene::of(replayed(), size), keys)),
];

/// Rows in every state that pages nobody, and nothing open.
fn steady() -> Snapshot {
    let mut world = fixture::busy();
    let calm = world.slos.iter().find(|row| row.slo.service.as_ref() == "cart-api").cloned().expect("a calm row");
    for row in &mut world.slos {
        if row.incident.take().is_some() {
            (row.verdict, row.spark, row.spark_long) = (calm.verdict.clone(), calm.spark.clone(), calm.spark_long.clone());
        }
    }
    world.incidents.clear();
    world.recent.retain(|line| line.incident.is_none());
    world
}

fn empty() -> Snapshot {
    Snapshot { slos: vec![], incidents: vec![], recent: vec![], incident_count: 0, ..fixture::busy() }
}

fn replayed() -> Snapshot {
    Snapshot { role: Role::Replaying, speed: Some(60.0), ..fixture::busy() }
}

/// Held for 41 seconds, in which another incident began to page.
fn frozen(size: (u16, u16), keys: &str) -> Scene {
    let mut later = fixture::busy();
    let mut new = fixture::payments();
    let mut incident = (*new.incident).clone();
    incident.id = IncidentId(143);
    incident.milestones.detected = Some(at("14:31:30"));
    incident.acknowledged_by = None;
    new.incident = Arc::new(incident);
    later.incidents.insert(1, new);
    later.slos.reverse();
    // In a replay the key that freezes plays.
    let scene = Scene::of(fixture::busy(), size);
    let scene = if keys.starts_with('5') { go(scene.press("1 Space"), keys) } else { go(scene, keys).press("Space") };
    scene.later(41).world(later)
}

/// Presses the keys, every question answered; `@` selects an SLO with a histogram, `=text` types.
pub fn go(scene: Scene, keys: &str) -> Scene {
    pressed(scene, keys, Scene::told_past)
}

/// The same, and no question is answered.
fn unanswered(scene: Scene, keys: &str) -> Scene {
    pressed(scene, keys, |scene| scene)
}

fn pressed(mut scene: Scene, keys: &str, answered: fn(Scene) -> Scene) -> Scene {
    scene.tell(Msg::Dashboards(boards::dashboards()));
    for key in keys.split(' ') {
        scene = match key.strip_prefix('=') {
            Some(text) => scene.write(text),
            None if key == "@" => {
                scene.model.list.selected =
                    Some(TrackId { slo: SloId::new("payments-api", "latency"), group: Labels::default() });
                scene.press("Home Up")
            }
            None => scene.press(key),
        };
        scene = answered(scene);
    }
    scene
}

/// Walks a screen through the matrix.
fn screen(name: &str, keys: &str) {
    for (state, scene) in STATES {
        file(&format!("{name}-{state}"), keys, scene);
    }
}

/// Every size and set of one screen in one state, as one text.
fn file(name: &str, keys: &str, scene: fn((u16, u16), &str) -> Scene) {
    let letters = Letters::new();
    let mut out = String::new();
    for size in SIZES {
        let mut scene = scene(size, keys);
        let place = format!("{name} at {}x{}", size.0, size.1);
        let mut before: Option<Picture> = None;
        for (set, charset) in SETS {
            scene.model.look.glyphs = burnledger::tui::Glyphs::of(charset);
            let seen = picture(&mut scene, charset, &letters, &format!("{place}, {set}"));
            keeps(&scene, &seen, charset, &format!("{place}, {set}"));
            let _ = writeln!(out, "=== {}x{} {set}", size.0, size.1);
            seen.tell(before.as_ref(), &mut out);
            before = Some(seen);
        }
        sheet(name, &mut scene);
    }
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/matrix"}, {
        insta::assert_snapshot!(name, out);
    });
}

/// The picture in every theme: the same text, and for each cell one letter that stands for all its looks.
fn picture(scene: &mut Scene, charset: Charset, letters: &Letters, place: &str) -> Picture {
    let all = themes(charset);
    let mut bufs = Vec::new();
    for theme in &all {
        scene.model.look.theme = *theme;
        bufs.push(cells(&scene.model));
    }
    of(&bufs, &all, letters).unwrap_or_else(|why| panic!("{place}: {why}"))
}

/// What every picture keeps, whatever it shows.
fn keeps(scene: &Scene, seen: &Picture, charset: Charset, place: &str) {
    for line in &seen.text {
        match charset {
            Charset::Ascii => assert!(line.is_ascii(), "{place}: {line}"),
            Charset::Narrow => {
                for symbol in line.chars().map(String::from) {
                    assert_eq!(
                        symbol.width(),
                        symbol.width_cjk(),
                        "{place}: {symbol:?} shears where ambiguous characters are wide"
                    );
                }
            }
            Charset::Unicode => {}
        }
    }
    let (model, text) = (&scene.model, seen.text.join("\n"));
    let state = place.split([' ', '-']).nth(1).unwrap_or_default();
    // What began while the picture is held, or plays, is told at any size.
    let told = if model.is_replaying() { "is open!" } else { "INC-0143" };
    let news = model.is_replaying() && matches!(state, "p0" | "frozen" | "stale") || state == "frozen";
    assert!(!news || text.contains(told), "{place}: what is new is not told\n{text}");
    if layout::is_tiny(model.size.0, model.size.1) {
        return;
    }
    if model.overlay.is_none() {
        let last = seen.text.last().map(|l| l.trim_end()).unwrap_or_default();
        assert!(last.ends_with("? help  q quit"), "{place}: {last}");
    }
    let head = &seen.text[0];
    assert!(head.contains(" [") || model.size.0 < 80, "{place}: {head}");
    assert!(head.contains("prod-eu") || model.size.0 < 80, "{place}: the environment is cut: {head}");
    let says = |word: &str| assert!(head.contains(word), "{place}: {head}");
    match state {
        "connecting" => says("CONNECTING"),
        "frozen" if model.replay.is_none() => says("FROZEN"),
        "replay" => says("REPLAY"),
        "stale" if model.replay.is_none() => says("STALE"),
        "live" | "p0" | "empty" if model.replay.is_none() => says("LIVE"),
        _ => {}
    }
    let open = !matches!(state, "connecting" | "live" | "empty");
    assert!(!open || model.replay.is_some() || text.contains("INC-0142"), "{place}: the open incident is not told\n{text}");
    // A row that is stale is never fine.
    assert!(state != "stale" || !seen.text.iter().any(|l| l.starts_with(" ok ")), "{place}\n{text}");
}

/// Pictures for the eye: `BURNLEDGER_SHEETS=DIR` gets a PNG for each picture in each look.
fn sheet(name: &str, scene: &mut Scene) {
    let Ok(dir) = std::env::var("BURNLEDGER_SHEETS") else { return };
    let looks = std::env::var("BURNLEDGER_SHEETS_LOOKS").unwrap_or_else(|_| "dark".into());
    let wanted = std::env::var("BURNLEDGER_SHEETS_SIZES").unwrap_or_else(|_| "120x36".into());
    let size = format!("{}x{}", scene.model.size.0, scene.model.size.1);
    if !wanted.split(',').any(|w| w == size) {
        return;
    }
    for look in looks.split(',') {
        let (charset, depth, ground) = match look {
            "light" => (Charset::Unicode, Depth::TrueColor, Ground::Light),
            "contrast" => (Charset::Unicode, Depth::TrueColor, Ground::HighContrast),
            "256" => (Charset::Unicode, Depth::Ansi256, Ground::Dark),
            "16" => (Charset::Unicode, Depth::Ansi16, Ground::Dark),
            "light16" => (Charset::Unicode, Depth::Ansi16, Ground::Light),
            "mono" => (Charset::Unicode, Depth::Mono, Ground::Dark),
            "narrow" => (Charset::Narrow, Depth::TrueColor, Ground::Dark),
            "ascii" => (Charset::Ascii, Depth::Mono, Ground::Dark),
            _ => (Charset::Unicode, Depth::TrueColor, Ground::Dark),
        };
        scene.model.look.glyphs = burnledger::tui::Glyphs::of(charset);
        scene.model.look.theme = Theme { depth, ground };
        let drawn = burnledger::tui::png(&grid(&cells(&scene.model), scene.model.look.theme, name)).expect("fonts");
        std::fs::write(format!("{dir}/{name}-{size}-{look}.png"), drawn.bytes).expect("the folder is writable");
    }
}

#[test]
fn the_legend_tells_what_each_letter_looks_like() {
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/matrix"}, {
        insta::assert_snapshot!("legend", Letters::new().legend());
    });
}

#[test]
fn the_overview_in_every_state() {
    screen("overview", "1");
}

#[test]
fn one_slo_in_every_state() {
    screen("slo", "1 d");
}

#[test]
fn the_incident_in_every_state() {
    screen("incident", "2");
}

#[test]
fn the_past_incidents_in_every_state() {
    screen("history", "3 j j");
}

#[test]
fn the_heatmap_in_every_state() {
    screen("heat", "4 j h h");
}

#[test]
fn the_map_of_latency_in_every_state() {
    screen("latency", "4 @ Tab");
}

#[test]
fn the_replay_in_every_state() {
    screen("player", "5 ] ]");
}

#[test]
fn a_dashboard_of_ones_own_in_every_state() {
    screen("board", "6");
}

#[test]
fn help_and_texts_to_be_read_over_every_size() {
    let p0: fn((u16, u16), &str) -> Scene = STATES[5].1;
    for (name, keys) in [
        ("help", "1 ?"),
        ("help-found", "4 ? / =incident"),
        ("palette", ": =in"),
        ("log", "1 L"),
        ("cost", "2 c"),
        ("promql", "1 d p"),
        ("export", "1 e"),
        ("filter", "1 / =api"),
    ] {
        file(&format!("over-{name}"), keys, p0);
    }
}

#[test]
fn dialogs_over_every_size() {
    let p0: fn((u16, u16), &str) -> Scene = STATES[5].1;
    for (name, keys) in [
        ("severity", "s 1 Enter =few"),
        ("merge", "m j"),
        ("goto", "5 g =14:0"),
        ("what-if", "5 w =target=99.5% Enter"),
        ("what-if-typed", "5 w"),
        ("what-if-listed", "5 w =burn=14.4:10 Enter W"),
    ] {
        file(&format!("over-{name}"), keys, p0);
    }
}

/// Every panel that a small screen shows alone.
#[test]
fn panels_that_small_screens_show_alone() {
    let p0: fn((u16, u16), &str) -> Scene = STATES[5].1;
    for (name, keys) in
        [("slo-budget", "1 d Tab"), ("slo-rules", "1 d Tab Tab"), ("incident-cost", "2 Tab"), ("incident-signals", "2 Tab Tab")]
    {
        file(&format!("panel-{name}"), keys, p0);
    }
}

/// The states show what they are named for.
#[test]
fn the_states_are_what_their_names_say() {
    assert!(steady().slos.iter().any(|r| r.verdict.as_ref().is_some_and(|v| v.state == TrackState::NoData)));
    assert!(steady().slos.iter().all(|r| r.incident.is_none()));
    let frozen = frozen((120, 36), "1");
    assert_eq!(frozen.model.broke_through().len(), 1);
    assert!(!matches!(frozen.model.overlay, Some(Overlay::Help { .. })));
}
