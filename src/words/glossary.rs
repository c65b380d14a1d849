//! The table of Chinese terms in CONTRIBUTING.md, held against the tables of this room. That nowhere in the program a term stands
//! which is not used, `tests/screens/language.rs` sees.

use super::{retold, screen};
use std::collections::BTreeSet;

/// A row: English words and the Chinese one.
struct Term {
    english: Vec<&'static str>,
    chinese: &'static str,
}

fn terms() -> Vec<Term> {
    let text = include_str!("../../CONTRIBUTING.md");
    let table = text.split("## Words in Chinese").nth(1).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let english = cells.next().unwrap().split(", ").collect();
        Term { english, chinese: cells.next().unwrap() }
    })
    .collect()
}

/// The words of a text, in a row between spaces; what is typed (in backticks, or before a `=`) is no word.
fn spaced(text: &str) -> String {
    let said: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let typed = |part: &&str| !part.contains(['=', ':']);
    let words = said.split(' ').filter(typed).flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()));
    let words: Vec<String> = words.filter(|w| !w.is_empty()).map(str::to_ascii_lowercase).collect();
    format!(" {} ", words.join(" "))
}

/// English texts whose word means something else: a page of text, a part of a file's name, what capacity costs.
const OTHERWISE: &[&str] = &[
    "page down",
    "page up",
    "it has no such page; is it a burnledger of this version?",
    "{} with a web page, not a receiver's answer; is the address right?",
    "Write dashboards/NAME.yaml; docs/dashboard.md shows how, `burnledger check` tells what is wrong.",
    "Time of people is an opportunity cost: salaries are paid anyway",
    "Extra capacity is assumed as a share of the base cost, not metered",
];

#[test]
fn texts_use_the_terms_of_the_table() {
    let terms = terms();
    assert!(terms.len() > 25, "the table was not found");
    let mut wrong = BTreeSet::new();
    for (english, chinese) in screen::all().chain(retold::all()).filter(|(english, _)| !OTHERWISE.contains(english)) {
        let words = spaced(english);
        for term in &terms {
            if term.english.iter().any(|e| words.contains(&format!(" {e} "))) && !chinese.contains(term.chinese) {
                wrong.insert(format!("{} is {}: `{english}` / `{chinese}`", term.english[0], term.chinese));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
