//! The mouse: what is pointed at does what it says, and no slip of a hand changes or ends anything.

use super::fixture;
use super::matrix::go;
use super::scene::Scene;
use burnledger::tui::model::{Overlay, Tab};
use burnledger::tui::view::layout;
use burnledger::tui::{Effect, Msg, update};
use burnledger::words::width;

const SIZE: (u16, u16) = (120, 36);

fn busy(keys: &str) -> Scene {
    go(Scene::of(fixture::busy(), SIZE), keys)
}

/// The column at which a text stands in a row.
fn column(scene: &Scene, row: usize, text: &str) -> u16 {
    let line = scene.text().lines().nth(row).unwrap_or_default().to_owned();
    let at = line.find(text).unwrap_or_else(|| panic!("no {text} in: {line}"));
    width::columns(&line[..at]) as u16
}

fn clicked(mut scene: Scene, column: u16, row: u16) -> Scene {
    scene.effects.clear();
    scene.tell(Msg::Click(column, row));
    scene
}

/// Clicks on a text of the last row.
fn footer(scene: Scene, text: &str, offset: u16) -> Scene {
    let row = scene.model.size.1 - 1;
    let x = column(&scene, usize::from(row), text) + offset;
    clicked(scene, x, row)
}

#[test]
fn a_click_on_a_tab_opens_it() {
    for (text, tab) in [
        ("[1]", Tab::Overview),
        ("[2]", Tab::Incident),
        ("[3]", Tab::History),
        ("[4]", Tab::Heat),
        ("[5]", Tab::Replay),
        ("[6]", Tab::Board),
        ("[7]", Tab::Board),
    ] {
        for size in [(160, 48), (120, 36), (80, 24)] {
            let scene = go(Scene::of(fixture::busy(), size), if tab == Tab::Heat { "3" } else { "4" });
            let line = scene.text().lines().next().unwrap_or_default().to_owned();
            // Where there is little room tabs are digits.
            let digit = format!(" {} ", &text[1..2]);
            let x = if line.contains(text) { column(&scene, 0, text) + 2 } else { column(&scene, 0, &digit) + 1 };
            assert_eq!(clicked(scene, x, 0).model.tab, tab, "{text} at {size:?}: {line}");
        }
    }
    let small = go(Scene::of(fixture::busy(), (60, 15)), "1");
    let x = column(&small, 0, " 3 ") + 1;
    assert_eq!(clicked(small, x, 0).model.tab, Tab::History, "a digit is a tab too");
    let right = busy("4");
    assert_eq!(clicked(right, 119, 0).model.tab, Tab::Heat, "the clock is no tab");
    let between = busy("4");
    let x = column(&between, 0, "[2]") - 1;
    assert_eq!(clicked(between, x, 0).model.tab, Tab::Heat);
}

#[test]
fn a_click_on_a_key_of_the_footer_is_that_key() {
    assert!(matches!(footer(busy("1"), "? help", 3).model.overlay, Some(Overlay::Help { .. })));
    assert!(matches!(footer(busy("1"), "/ filter", 0).model.overlay, Some(Overlay::Filter { .. })));
    assert_eq!(footer(busy("1"), "d detail", 5).model.tab, Tab::Slo);
    // Of a pair the one that is pointed at; on the word the first.
    let at = |text: &str, offset| footer(busy("1 g"), text, offset).model.list.at;
    assert_eq!([at("j/k move", 0), at("j/k move", 5)], [1, 1]);
    assert_eq!(footer(busy("1 g j j"), "j/k move", 2).model.list.at, 1);
    let back = footer(busy("4"), "[ ] pan", 0);
    assert!(back.model.heat.stretch.end.is_some());
    assert!(footer(back, "[ ] pan", 2).model.heat.stretch.end.is_none());
    assert!(footer(busy("4"), "[ ] pan", 4).model.heat.stretch.end.is_some());
}

#[test]
fn no_click_acknowledges_or_leaves() {
    let ack = footer(busy("1"), "a ack", 0);
    assert_eq!(ack.effects, []);
    assert!(ack.text().contains("the mouse does not do this: press a"), "{}", ack.text());
    let quit = footer(busy("1"), "q quit", 3);
    assert_eq!(quit.effects, []);
    assert!(quit.text().contains("press q"), "{}", quit.text());
}

#[test]
fn the_line_of_the_incident_opens_it() {
    let scene = clicked(busy("1 j"), 40, 1);
    assert_eq!(scene.model.tab, Tab::Incident);
    assert_eq!(clicked(go(Scene::of(fixture::calm(), SIZE), "1"), 40, 1).model.tab, Tab::Overview, "there is none");
}

#[test]
fn a_cell_of_the_map_is_selected_and_then_looked_at_closer() {
    let scene = busy("4");
    let top = layout::body(&scene.model, 120, 36).top as u16;
    let scene = clicked(scene, 60, top + 2 + 3);
    assert_eq!(scene.model.list.at, 3);
    let (back, span) = (scene.model.heat.back, scene.model.heat.stretch.span());
    assert!(back > 0);
    let closer = clicked(scene, 60, top + 2 + 3);
    assert!(closer.model.heat.stretch.span() < span, "the second click on a cell zooms in");
    let named = clicked(busy("4 h h"), 8, top + 2 + 1);
    assert_eq!((named.model.list.at, named.model.heat.back), (1, 2), "a name has no time");
}

#[test]
fn the_wheel_moves_lists_and_texts_and_leaves_the_slo_alone() {
    let wheeled = |keys: &str, rows| {
        let mut scene = busy(keys);
        scene.tell(Msg::Wheel(rows));
        scene
    };
    assert_eq!(wheeled("1 g", 3).model.list.at, 3);
    let slo = wheeled("1 d", 3);
    assert_eq!(slo.model.list.selected, slo.model.slo.track, "what is selected is what is shown");
    assert!(matches!(wheeled("1 ?", 3).model.overlay, Some(Overlay::Help { scroll: 3, .. })));
}

#[test]
fn a_click_anywhere_on_any_screen_does_no_harm() {
    for size in [(160, 48), (120, 36), (80, 24), (60, 15), (59, 15), (30, 8), (1, 1)] {
        for keys in ["1", "1 d", "2", "3 j", "4", "4 @ Tab", "5 ]", "6", "1 ?", "1 Space", "R", "n"] {
            let scene = go(Scene::of(fixture::busy(), size), keys);
            // Every cell of the lines that do something, some of the others, and beyond the edges.
            let rows = (0..size.1 + 2).filter(|y| *y < 3 || *y + 2 >= size.1 || y % 5 == 0);
            for row in rows {
                for column in (0..size.0 + 3).filter(|x| row == 0 || row + 1 == size.1 || x % 17 == 0 || x + 2 >= size.0) {
                    let mut model = scene.model.clone();
                    let effects = update(&mut model, scene.now, Msg::Click(column, row));
                    let harm = effects.iter().find(|e| matches!(e, Effect::Quit | Effect::Order { .. } | Effect::Suspend));
                    assert_eq!(harm, None, "{size:?} {keys}: a click at {column},{row}");
                }
            }
        }
    }
}
