//! Sentences of ours that come as text: recorded in a ledger, sent by a watch that speaks English, told as an error by a room
//! that knows no languages. They are known by their form, and told again in Chinese with the values they hold.
//!
//! Each table has the English form beside the Chinese one; a `{}` is whatever stands there, and is told again in turn where it
//! is such a sentence itself. Deliberately absent: what others said (servers, operating systems, people), which stands as it
//! is, and guessing: a sentence without an entry stays English, and the test of the screens finds it.

mod data;
pub(super) mod money;
mod orders;

use super::screen::filled;
use std::fmt::Display;

/// The English form and the Chinese one.
type Pair = (&'static str, &'static str);

const TABLES: [&[Pair]; 3] = [data::FORMS, orders::FORMS, money::FORMS];

/// How deep sentences stand in sentences.
const DEEPEST: usize = 4;

/// The Chinese of a sentence whose form is known.
pub(super) fn in_chinese(text: &str) -> Option<String> {
    within(text, DEEPEST)
}

fn within(text: &str, deep: usize) -> Option<String> {
    let deep = deep.checked_sub(1)?;
    TABLES.into_iter().flatten().find_map(|(english, chinese)| {
        let told: Vec<String> =
            values(english, text)?.into_iter().map(|v| within(v, deep).unwrap_or_else(|| v.to_owned())).collect();
        let places: Vec<&dyn Display> = told.iter().map(|v| v as &dyn Display).collect();
        Some(filled(chinese, &places))
    })
}

/// What stands at the places of a form, when the whole text has it; nothing stands nowhere.
pub(super) fn values<'a>(form: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = form.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let parts: Vec<&str> = parts.collect();
    let mut out = Vec::with_capacity(parts.len());
    for (i, part) in parts.iter().enumerate() {
        let end = if i + 1 == parts.len() { rest.strip_suffix(part)?.len() } else { rest.find(part)? };
        if end == 0 {
            return None;
        }
        out.push(&rest[..end]);
        rest = &rest[end + part.len()..];
    }
    rest.is_empty().then_some(out)
}

/// Every entry.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = Pair> {
    TABLES.into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn forms_are_known_by_their_whole_text() {
        assert_eq!(values("{} of {}", "1 of 2").unwrap(), ["1", "2"]);
        assert_eq!(values("as it is", "as it is").unwrap(), Vec::<&str>::new());
        for no in ["1 of ", " of 2", "1 off 2", "as it is not"] {
            assert_eq!((values("{} of {}", no), values("as it is", no)), (None, None), "{no}");
        }
    }

    #[test]
    fn sentences_are_told_again_with_their_values_and_others_stay_what_they_are() {
        for (english, chinese) in [
            ("http://prom:9090 did not answer within 10s", "http://prom:9090 在 10s 内没有应答"),
            (
                "the ledger could not be written: /l.db: entry 7 is damaged: its hash is wrong",
                "无法写入账本：/l.db：第 7 条记录已损坏：its hash is wrong",
            ),
            (
                "no series matched `up{job=\"a\"}` in the last day: is it spelled right, and does the source scrape it?",
                "最近一天没有序列匹配 `up{job=\"a\"}`：写对了吗？数据源采集了吗？",
            ),
        ] {
            assert_eq!(in_chinese(english).as_deref(), Some(chinese));
        }
        for other in ["", "panic: nil pointer", "回滚", "context deadline exceeded"] {
            assert_eq!(in_chinese(other), None, "{other}");
        }
    }

    #[test]
    fn every_form_is_long_enough_to_be_nobody_elses_and_has_its_values_in_chinese() {
        let mut seen = BTreeSet::new();
        for (english, chinese) in all() {
            assert!(seen.insert(english), "`{english}` stands twice");
            let letters = english.chars().filter(char::is_ascii_alphabetic).count();
            assert!(letters >= 7, "`{english}` could be anybody's");
            let places = english.matches("{}").count();
            assert!(!english.contains("{}{}"), "`{english}`: one value could not be told from the next");
            let kept = (1..=places).filter(|n| chinese.contains(&format!("{{{n}}}"))).count() + chinese.matches("{}").count();
            assert_eq!(kept, places, "`{english}`");
            assert!(in_chinese(english).is_some() || places > 0, "`{english}`");
        }
    }
}
