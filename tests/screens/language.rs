//! Screens in Chinese: no English word is left on any of them, nothing shears, and English screens have none of it.

use super::fixture;
use super::scene::Scene;
use burnledger::chart::Charset;
use burnledger::domain::base::Language;
use burnledger::domain::view::Snapshot;
use burnledger::tui::export::cells;
use burnledger::tui::theme::Depth;
use burnledger::tui::{TuiOptions, Wishes};
use burnledger::words::{Words, width};
use std::collections::BTreeSet;

fn chinese(world: Snapshot, size: (u16, u16), charset: Charset) -> Scene {
    let mut scene = Scene::new(size, charset, Depth::TrueColor);
    scene.model.look.words = Words::of(Language::Zh);
    scene.world(world)
}

/// Every screen and dialog that keys lead to.
const WAYS: &[&str] = &[
    "1",
    "1 ?",
    "1 ? / z z z",
    "3 End R",
    "1 ? C-d j j j j j j j j j j j j j j j j j j j j",
    "1 /",
    "1 :",
    "1 e",
    "1 L",
    "1 d",
    "1 d Tab",
    "1 d Tab Tab",
    "1 d l w",
    "1 Space",
    "2",
    "2 Tab",
    "2 l",
    "2 a",
    "2 n",
    "2 n x Esc",
    "2 R",
    "2 R Tab",
    "2 c",
    "2 b",
    "2 P",
    "2 y",
    "2 u",
    "3",
    "3 o t",
    "3 g",
    "3 g g g",
    "3 / z z Enter",
    "1 d v , .",
    "1 d p",
    "2 v , .",
    "4",
    "4 Tab",
    "4 i",
    "5",
    "5 ]",
    "5 [ [ [",
    "5 g",
    "5 g x Enter",
    "6",
    "1 : z z Enter",
    "2 R Tab Tab Tab Enter",
    "1 8",
];

#[test]
fn wide_characters_never_shear_a_row() {
    for size in [(120, 36), (80, 24), (60, 15), (30, 8)] {
        for charset in [Charset::Unicode, Charset::Narrow] {
            for keys in WAYS {
                let scene = chinese(fixture::busy(), size, charset).press(keys);
                let buf = cells(&scene.model);
                for row in buf.content().chunks(usize::from(buf.area.width)) {
                    let mut x = 0;
                    while x < row.len() {
                        let columns = width::columns(row[x].symbol());
                        assert!(x + columns.max(1) <= row.len(), "{keys}: `{}` stands over the edge", row[x].symbol());
                        x += columns.max(1);
                    }
                }
            }
        }
    }
}

#[test]
fn an_english_session_shows_no_chinese() {
    for keys in WAYS {
        let text = Scene::of(fixture::busy(), (120, 36)).press(keys).text();
        let chinese: String =
            text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c) || ('\u{ff00}'..='\u{ffef}').contains(c)).collect();
        assert_eq!(chinese, "", "{keys}");
    }
}

#[test]
fn the_language_is_wished_else_the_locales_and_never_chinese_in_ascii() {
    let told = |wished: Option<Language>, vars: &'static [(&'static str, &'static str)]| {
        let env = move |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string());
        TuiOptions::resolve(Wishes { language: wished, ..Wishes::default() }, &env).look.words.language()
    };
    assert_eq!(told(None, &[("LANG", "zh_CN.UTF-8")]), Language::Zh);
    assert_eq!(told(None, &[("LANG", "de_DE.UTF-8")]), Language::En);
    assert_eq!(told(Some(Language::Zh), &[("LANG", "de_DE.UTF-8")]), Language::Zh);
    assert_eq!(told(Some(Language::En), &[("LANG", "zh_CN.UTF-8")]), Language::En);
    assert_eq!(told(Some(Language::Zh), &[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")]), Language::En, "ASCII has no Chinese");
}

/// Texts that are the same in Chinese.
const IDENTICAL: &[&str] = &["SLI %", "5m", "1h", "6h", "24h", "SLO 1", "{} p99"];

/// The literal that begins behind `mark`, each time it occurs.
fn literals<'a>(code: &'a str, mark: &str) -> Vec<&'a str> {
    let behind = code.match_indices(mark).map(|(at, _)| code[at + mark.len()..].trim_start());
    behind.filter_map(|rest| rest.strip_prefix('"')?.split_once('"').map(|(text, _)| text)).collect()
}

#[test]
fn every_text_that_views_ask_for_has_its_chinese() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui")];
    let (mut lacking, mut seen, zh) = (BTreeSet::new(), 0, Words::of(Language::Zh));
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let code = std::fs::read_to_string(&path).unwrap();
            let marks = [".say(", ".fill(", "say(model, Mood::Told,", "say(model, Mood::Failed,"];
            for text in marks.iter().flat_map(|mark| literals(&code, mark)) {
                seen += 1;
                if zh.known(text) == text && !IDENTICAL.contains(&text) {
                    lacking.insert(text.to_owned());
                }
            }
        }
    }
    for binding in burnledger::tui::keys::TABLE {
        for text in std::iter::once(binding.help).chain(binding.footer).chain([binding.scope.title()]) {
            if zh.known(text) == text {
                lacking.insert(text.to_owned());
            }
        }
    }
    assert!(seen > 200, "the walk found only {seen} texts");
    assert!(lacking.is_empty(), "without Chinese: {lacking:#?}");
}
