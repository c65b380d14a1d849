//! Sentences of ours that come as text: recorded in a ledger, sent by a watch that speaks English, told as an error by a room
//! that knows no languages. They are known by their form, and told again in Chinese with the values they hold.
//!
//! Each table has the English form beside the Chinese one; a `{}` is whatever stands there, and is told again in turn where it
//! is such a sentence itself. Deliberately absent: what others said (servers, operating systems, people), which stands as it
//! is, and guessing: a sentence without an entry stays English, and the test of the screens finds it.

mod data;
mod measuring;
pub(super) mod money;
mod orders;
mod receivers;

use super::screen::filled;
use std::fmt::Display;

/// The English form and the Chinese one.
type Pair = (&'static str, &'static str);

const TABLES: [&[Pair]; 5] = [data::FORMS, orders::FORMS, money::FORMS, measuring::FORMS, receivers::FORMS];

/// How deep sentences stand in sentences.
const DEEPEST: usize = 4;

/// The Chinese of a sentence whose form is known.
pub(super) fn in_chinese(text: &str) -> Option<String> {
    within(text, DEEPEST)
}

fn within(text: &str, deep: usize) -> Option<String> {
    let deep = deep.checked_sub(1)?;
    let form = TABLES.into_iter().flatten().find_map(|(english, chinese)| {
        let told: Vec<String> =
            values(english, text)?.into_iter().map(|v| within(v, deep).unwrap_or_else(|| v.to_owned())).collect();
        let places: Vec<&dyn Display> = told.iter().map(|v| v as &dyn Display).collect();
        Some(filled(chinese, &places))
    });
    form.or_else(|| labelled(text, deep))
}

/// `http://am: no answer within 10s`: sentences behind the names of whom they are about, apart by semicolons.
fn labelled(text: &str, deep: usize) -> Option<String> {
    let one = |part: &str| {
        let (name, told) = part.split_once(": ").filter(|(name, _)| !name.contains(' '))?;
        Some(format!("{name}：{}", within(told, deep)?))
    };
    let parts: Vec<(&str, Option<String>)> = text.split("; ").map(|part| (part, one(part))).collect();
    let known = parts.iter().any(|(_, told)| told.is_some());
    known.then(|| parts.into_iter().map(|(part, told)| told.unwrap_or_else(|| part.into())).collect::<Vec<_>>().join("；"))
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
        for (english, chinese) in [
            ("http://am:9093: no answer within 10s", "http://am:9093：10s 内没有应答"),
            ("am0: HTTP 400: bad; am1: no answer within 10s", "am0: HTTP 400: bad；am1：10s 内没有应答"),
            ("accepted by 1 of 2; am1: no connection: refused", "2 个实例中 1 个接收；am1：无法建立连接：refused"),
            (
                "given up after 1h: https://qyapi: HTTP 200: 93000 (the robot was removed or its key is wrong)",
                "1h 后放弃：https://qyapi: HTTP 200: 93000（机器人已被移除，或密钥有误）",
            ),
            (
                "the ledger could not be written: /l.db: no room is left on the disk; free some, nothing was recorded (full)",
                "无法写入账本：/l.db：磁盘已满；请腾出空间，未记录任何内容（full）",
            ),
            (
                "added up by the server, not counted: `up{a=\"b\"}` matches 5001 series, more than 5000 (`count_up_to`); counts are \
                 extrapolated over 5m: the events of a gap as long are lost, and so are the first ones of a new series; a blip is \
                 spread over 5m, and what restarts hide has no bounds; what was until 2026-01-01T00:00:00Z is counted event by event",
                "由服务器求和，不逐个计数：`up{a=\"b\"}` 匹配 5001 条序列，超过 5000 条（`count_up_to`）；计数按 5m 外推：同样长的空缺中\
                 的事件会丢失，新序列最初的事件也会丢失；短暂的异常会摊到 5m 上，重启所隐藏的数量没有上下界；2026-01-01T00:00:00Z 之前\
                 逐个事件计数",
            ),
            (
                "`errors` uses `quantile`, which is no sum of counters; {{window}} is 1m",
                "`errors` 使用 `quantile`，它不是计数器之和；窗口 {{window}} 为 1m",
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
