//! The help, generated from the key table.

use super::pen::{Pen, piece};
use crate::tui::keymap::Keymap;
use crate::tui::keys::{Binding, Scope, TABLE};
use crate::tui::model::{Model, Overlay};
use crate::tui::theme::Role;
use crate::tui::update::told;
use crate::words::{Words, width};

/// What the signs mean, for readers who see them first here.
const SIGNS: [(&str, &str); 9] = [
    ("P0! P1", "pages a person"),
    ("P2", "makes a ticket"),
    ("EX", "budget spent"),
    ("??", "no data: never means fine"),
    ("ER", "data makes no sense"),
    ("nt", "no traffic"),
    ("~", "stale: severity as last known"),
    ("5m 1h", "burn: 1.0 spends exactly the budget"),
    ("LEFT", "budget left of the SLO's period"),
];

/// Rows of text that fit into the dialog on a terminal of so many rows.
pub(super) fn rows(terminal: usize) -> usize {
    terminal.saturating_sub(7).max(1)
}

/// A line: keys and words, or a heading.
pub(super) type Line = Vec<(String, Role)>;

/// The help of a model: the keys of its screen first.
pub(super) fn of(model: &Model) -> Vec<Line> {
    let find = match &model.overlay {
        Some(Overlay::Help { find, .. }) => find.text(),
        _ => String::new(),
    };
    let columns = usize::from(model.size.0);
    lines((&model.look.keys, model.look.words), &|b| told(model, b), columns, model.tab.scopes(), find.trim())
}

/// The help as lines for a terminal `columns` wide: two columns of scopes where there is room. Scopes of the screen in front
/// come `first`; with words to `find`, only lines that have them.
fn lines(
    (keys, words): (&Keymap, Words),
    told: &dyn Fn(&Binding) -> String,
    columns: usize,
    first: &[Scope],
    find: &str,
) -> Vec<Line> {
    let others = Scope::ALL.into_iter().filter(|s| !first.contains(s));
    let mut blocks: Vec<Vec<Line>> = first.iter().copied().chain(others).map(|s| scope(keys, words, told, s)).collect();
    blocks.push(typing(words));
    blocks.push(signs(words));
    for block in &mut blocks {
        keep(block, &find.to_lowercase());
    }
    blocks.retain(|block| block.len() > 1);
    if columns < 90 {
        return blocks.into_iter().flat_map(|b| b.into_iter().chain([vec![]])).collect();
    }
    two_columns(blocks, (columns.min(116) - 4) / 2)
}

/// Lines with the words, and the heading above them.
fn keep(block: &mut Vec<Line>, find: &str) {
    let has = |line: &Line| line.iter().map(|(text, _)| text.as_str()).collect::<String>().to_lowercase().contains(find);
    let mut heading = true;
    block.retain(|line| std::mem::take(&mut heading) || find.is_empty() || has(line));
}

fn scope(keys: &Keymap, words: Words, told: &dyn Fn(&Binding) -> String, scope: Scope) -> Vec<Line> {
    let mut out = vec![vec![piece(words.say(scope.title()), Role::Title)]];
    for b in TABLE.iter().filter(|b| b.scope == scope) {
        out.push(entry(&keys.written(b), &told(b)));
    }
    out
}

fn entry(keys: &str, words: &str) -> Line {
    vec![piece(format!("  {}", width::left(keys, 10, "")), Role::Key), piece(format!(" {words}"), Role::Text)]
}

fn typing(words: Words) -> Vec<Line> {
    let mut out = vec![vec![piece(words.say("DIALOGS"), Role::Title)]];
    let list = [
        ("Enter", "save, or go on to the next field"),
        ("A-Enter", "new line in a note"),
        ("C-e", "a note in $EDITOR"),
        ("Tab S-Tab", "next, previous field"),
        ("Esc", "close without doing anything"),
    ];
    out.extend(list.into_iter().map(|(keys, what)| entry(keys, words.say(what))));
    out
}

fn signs(words: Words) -> Vec<Line> {
    let mut out = vec![vec![piece(words.say("SIGNS (colour never carries meaning alone)"), Role::Title)]];
    out.extend(SIGNS.into_iter().map(|(sign, what)| entry(words.known(sign), words.say(what))));
    out
}

/// Blocks flow down the left column and go on in the right one.
fn two_columns(blocks: Vec<Vec<Line>>, column: usize) -> Vec<Line> {
    let total: usize = blocks.iter().map(|b| b.len() + 1).sum();
    let (mut left, mut right): (Vec<Line>, Vec<Line>) = (Vec::new(), Vec::new());
    for block in blocks {
        let side = if left.len() + block.len() <= total / 2 + 2 && right.is_empty() { &mut left } else { &mut right };
        side.extend(block);
        side.push(Vec::new());
    }
    let rows = left.len().max(right.len());
    left.resize(rows, Vec::new());
    right.resize(rows, Vec::new());
    left.into_iter().zip(right).map(|(l, r)| beside(l, r, column)).collect()
}

fn beside(mut left: Line, right: Line, column: usize) -> Line {
    let used: usize = left.iter().map(|(t, _)| width::columns(t)).sum();
    left.push(piece(" ".repeat(column.saturating_sub(used)), Role::Text));
    left.extend(right);
    left
}

/// Draws the lines that are in view.
pub(super) fn draw(model: &Model, scroll: usize, pen: &mut Pen<'_>) {
    for (y, line) in of(model).iter().skip(scroll).take(pen.height()).enumerate() {
        pen.pieces(0, y, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::model::Tab;

    #[test]
    fn every_key_of_the_table_is_in_the_help_at_every_width() {
        let words = Words::default();
        for columns in [60, 80, 120, 200] {
            let map = Keymap::default();
            let all = |first: &[Scope]| lines((&map, words), &|b| b.help.into(), columns, first, "");
            let text: String = all(Tab::Replay.scopes()).iter().flatten().map(|(t, _)| t.as_str()).collect::<Vec<_>>().join("\n");
            for b in TABLE {
                assert!(text.contains(b.help), "{} at {columns}", b.help);
            }
            for line in all(&[]) {
                assert!(line.iter().map(|(t, _)| width::columns(t)).sum::<usize>() <= columns - 4, "{line:?}");
            }
        }
    }
}
