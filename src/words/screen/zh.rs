//! The Chinese of the screens' texts, by screen. The English is the key, so that an entry is read beside what it says.
//!
//! Signs whose width East Asian terminals dispute are not used (see the test of `screen`). Deliberately absent: names, units,
//! keys and ids, which are the same in every language.

mod choices;
mod dialogs;
mod elsewhere;
mod frame;
mod history;
mod incident;
mod keys;
mod looking;
mod messages;
mod slos;

use std::collections::HashMap;
use std::sync::LazyLock;

/// English and Chinese.
type Pair = (&'static str, &'static str);

/// Nouns that stand behind a number, with their measure words; by their plural.
const COUNTED: &[Pair] = &[
    ("SLOs", " 个 SLO"),
    ("entries", " 条"),
    ("errors", " 个错误"),
    ("incidents", " 起事故"),
    ("people", " 人"),
    ("pages wait", " 条通知待发"),
    ("problems", " 个问题"),
    ("receivers", " 个接收方"),
    ("sources", " 个数据源"),
    ("tries", " 次尝试"),
    ("warnings", " 个警告"),
];

const TABLES: [&[Pair]; 10] = [
    choices::WORDS,
    dialogs::WORDS,
    elsewhere::WORDS,
    frame::WORDS,
    slos::WORDS,
    incident::WORDS,
    history::WORDS,
    keys::WORDS,
    looking::WORDS,
    messages::WORDS,
];

static INDEX: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| all().collect());

/// The Chinese of a text.
pub(super) fn of(english: &str) -> Option<&'static str> {
    INDEX.get(english).copied()
}

/// The Chinese for the kind of an entry.
pub(super) fn entry(english: &str) -> Option<&'static str> {
    incident::ENTRIES.iter().find(|(word, _)| *word == english).map(|(_, chinese)| *chinese)
}

/// The Chinese that follows a number.
pub(super) fn counted(many: &str) -> Option<&'static str> {
    COUNTED.iter().find(|(english, _)| *english == many).map(|(_, chinese)| *chinese)
}

/// Every entry.
pub(super) fn all() -> impl Iterator<Item = Pair> {
    TABLES.into_iter().flatten().copied()
}
