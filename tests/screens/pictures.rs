//! Whole screens with their styles, compared with what was looked at and accepted.

use super::fixture::{self, look, now};
use burnledger::chart::Charset;
use burnledger::domain::view::Snapshot;
use burnledger::tui::export::{cells, plain, svg};
use burnledger::tui::theme::Depth;
use burnledger::tui::{Key, Model, Msg, update};
use std::sync::Arc;

#[test]
fn dump() {
    let Ok(dir) = std::env::var("DUMP") else { return };
    let scenes: Vec<(&str, Snapshot)> = vec![
        ("busy", fixture::busy()),
        ("stale", fixture::stale()),
        ("connecting", fixture::connecting()),
        ("calm", fixture::calm()),
        ("troubled", fixture::troubled()),
    ];
    for (name, snapshot) in scenes {
        let snapshot = Arc::new(snapshot);
        for (w, h) in [(160, 48), (120, 36), (80, 24), (60, 15), (30, 8)] {
            for keys in ["", "1", "1?", "2R"] {
                for charset in [Charset::Unicode, Charset::Narrow, Charset::Ascii] {
                    let when = if name == "stale" { fixture::later(153) } else { now() };
                    let mut model = Model::new(look(charset, Depth::TrueColor), (w, h), when);
                    update(&mut model, when, Msg::Snapshot(Arc::clone(&snapshot)));
                    for key in keys.chars() {
                        update(&mut model, when, Msg::Key(Key::char(key)));
                    }
                    let buf = cells(&model);
                    let file = format!(
                        "{dir}/{name}-{w}x{h}-{}-{charset:?}",
                        if keys.is_empty() { "start" } else { keys }.replace('?', "help")
                    );
                    std::fs::write(format!("{file}.txt"), plain(&buf)).unwrap();
                    if charset == Charset::Unicode {
                        std::fs::write(format!("{file}.svg"), svg(&buf, model.look.theme, "x")).unwrap();
                    }
                }
            }
        }
    }
}
