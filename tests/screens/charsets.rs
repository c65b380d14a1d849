//! Characters: what a terminal that cannot draw them is never sent. Every screen and every dialog, in every state, with names
//! and notes in scripts from all over the world.

use super::fixture;
use super::scene::Scene;
use burnledger::chart::Charset;
use burnledger::domain::base::SloId;
use burnledger::domain::view::Snapshot;
use burnledger::tui::export::cells;
use burnledger::tui::theme::Depth;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// Ways to every screen, panel and dialog.
const WAYS: &[&str] = &[
    "1",
    "1 o o",
    "1 G",
    "1 Space",
    "1 /",
    "1 d",
    "1 d l w + [",
    "1 d Tab",
    "1 d Tab Tab",
    "2",
    "2 Tab",
    "2 Tab Tab",
    "2 l",
    "2 a",
    "2 n",
    "2 R",
    "2 R Tab Tab",
    "2 c",
    "2 b",
    "2 P",
    "2 y",
    "2 e",
    "2 u",
    "3",
    "3 j j",
    "3 o t",
    "4",
    "4 h h",
    "4 j Tab",
    "4 i",
    "5",
    "5 ] ]",
    "5 Space",
    "5 g",
    ":",
    "L",
    "?",
    "? j j j j",
];

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (30, 8)];

/// Names and texts from outside that no 7-bit terminal can draw, and some whose width terminals disagree about.
fn of_the_world(mut world: Snapshot) -> Snapshot {
    for (i, name) in ["订单服务", "Größe", "платежи", "注文", "café·menu…", "α→β ①"].iter().enumerate() {
        let Some(row) = world.slos.get_mut(i) else { break };
        let mut slo = (*row.slo).clone();
        slo.id = SloId::new(name, "可用性 “×”");
        row.owner = Some("équipe ±".into());
        row.slo = Arc::new(slo);
    }
    for view in &mut world.incidents {
        let mut incident = (*view.incident).clone();
        incident.service = "订单服务 § e\u{301}".into();
        view.incident = Arc::new(incident);
        view.runbook = Some("https://wiki.example/手册".into());
    }
    for line in &mut world.recent {
        line.text = format!("{} ★ 数据库 «°C»", line.text.en).as_str().into();
    }
    world.environment = "生产".into();
    world
}

fn worlds() -> Vec<Snapshot> {
    let plain =
        [fixture::busy(), fixture::calm(), fixture::stale(), fixture::troubled(), fixture::connecting(), Snapshot::default()];
    let foreign = of_the_world(fixture::busy());
    plain.into_iter().chain([foreign]).collect()
}

/// Every scene in a character set.
fn all(charset: Charset, mut seen: impl FnMut(&str, &Scene)) {
    for (w, world) in worlds().into_iter().enumerate() {
        // What the characters depend on is the world, less the size.
        for size in SIZES.into_iter().filter(|size| w == 6 || *size == SIZES[w % SIZES.len()]) {
            for way in WAYS {
                let mut scene = Scene::new(size, charset, Depth::Ansi256).world(world.clone()).press(way);
                scene = scene.told_past();
                seen(&format!("world {w}, {size:?}, keys {way}"), &scene);
                if way.ends_with('n') {
                    seen("a note being written", &scene.write("回滚 é ×"));
                }
            }
        }
    }
}

#[test]
fn the_ascii_set_sends_no_byte_above_127_from_any_screen() {
    all(Charset::Ascii, |at, scene| {
        let text = scene.text();
        let wrong: Vec<&str> = text.lines().filter(|l| !l.is_ascii()).collect();
        assert!(wrong.is_empty(), "{at}: {wrong:#?}");
    });
}

#[test]
fn the_narrow_set_sends_nothing_whose_width_terminals_dispute() {
    all(Charset::Narrow, |at, scene| {
        for cell in cells(&scene.model).content() {
            let symbol = cell.symbol();
            assert_eq!(symbol.width(), symbol.width_cjk(), "{at}: {symbol:?} shears where ambiguous characters are wide");
        }
    });
}
