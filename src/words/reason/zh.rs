//! Recorded reasons in Chinese, from their numbers. What the numbers do not say (the SLO, windows, how long, a second signal) is
//! read off the sentence of that moment; where it has another form it is left out, and a reason whose code says nothing to us
//! stands as it was written.

use crate::domain::incident::ReasonText;
use crate::words::retold::{in_chinese, values};
use crate::words::units;

/// The reason: `availability：1h 燃烧率 28.0x（5m 58.0x），阈值 14.4x`.
pub(in crate::words) fn recorded(r: &ReasonText) -> String {
    if let Some(suspected) = suspicion(&r.text) {
        return suspected;
    }
    // Another tool's alert: its name and its words are that tool's.
    if let Some(alert) = r.text.strip_prefix("alert ").filter(|_| *r.code == *"alert") {
        return format!("告警 {alert}");
    }
    let (of, body) = parted(&r.text);
    match from_numbers(r, body) {
        Some(told) if of.is_empty() => told,
        Some(told) => format!("{of}：{told}"),
        None => in_chinese(&r.text).unwrap_or_else(|| r.text.to_string()),
    }
}

/// The SLO with its group, and what is said of it.
fn parted(text: &str) -> (&str, &str) {
    const BEGINNINGS: [&str; 7] =
        [": burn ", ": error ratio ", ": p50 latency ", ": p95 latency ", ": p99 latency ", ": occurrences ", ": value "];
    let at = BEGINNINGS.iter().filter_map(|mark| text.find(mark)).min();
    match at.or_else(|| text.find(": ")) {
        Some(at) => (&text[..at], &text[at + 2..]),
        None => ("", text),
    }
}

fn from_numbers(r: &ReasonText, body: &str) -> Option<String> {
    let (measured, second) = body.split_once(", while ").map_or((body, None), |(m, s)| (m, Some(s)));
    let windows: Vec<&str> = measured.split(" over ").skip(1).filter_map(|rest| rest.split([' ', ',']).next()).collect();
    let over = windows.first().map(|w| format!("{w} ")).unwrap_or_default();
    // `burn 28.0x over 1h and 58.0x over 5m`
    let short = measured.split_once(" and ").and_then(|(_, rest)| rest.split(' ').next()).zip(windows.get(1));
    let short = short.map(|(value, window)| format!("（{window} {value}）")).unwrap_or_default();
    let (value, level) = (r.value, r.threshold);
    let told = match &*r.code {
        "burn_rate" | "burn" => format!("{over}燃烧率 {}{short}，阈值 {}", units::burn_x(value), units::burn_x(level)),
        "error_ratio" => format!("{over}错误率 {}，阈值 {}", units::percent_auto(value), units::percent_level(level)),
        code @ ("latency_p50" | "latency_p95" | "latency_p99") => {
            let quantile = code.trim_start_matches("latency_");
            let times = bracketed(measured).and_then(|inside| values("{}x of {}", inside));
            let times = times.map(|v| format!("（{} 的 {}x）", v[1], v[0])).unwrap_or_default();
            format!("{over}{quantile} 延迟 {}，阈值 {}{times}", units::latency(value), units::latency(level))
        }
        "occurrences" if measured.contains(" occurrence") => {
            format!("{over}发生 {} 次，阈值 {}", units::count(value), units::number(level))
        }
        "occurrences" => format!("{over}发生次数为允许值的 {}{short}，阈值 {}", units::burn_x(value), units::burn_x(level)),
        "value" => format!("{over}数值 {}，阈值 {}", units::number(value), units::number(level)),
        "spike" => {
            let what = measured.split_once(", above ").and_then(|(said, _)| said.rsplit_once(' '));
            let what = what.map_or("数值", |(what, _)| if what == "value" { "数值" } else { what });
            let usual = bracketed(measured).and_then(|inside| values("{}x its {} average of {}", inside));
            let usual = usual.map(|v| format!("（{} 均值 {} 的 {}x）", v[1], v[2], v[0])).unwrap_or_default();
            format!("{what} {}，阈值 {}{usual}", units::number(value), units::number(level))
        }
        _ => return None,
    };
    Some(format!("{told}{}{}", lasting(measured), second.map(confirmed).unwrap_or_default()))
}

/// What stands in the last brackets.
fn bracketed(text: &str) -> Option<&str> {
    text.rsplit_once('(')?.1.split_once(')').map(|(inside, _)| inside)
}

/// ` for 3m` and ` 3 times in a row`.
fn lasting(text: &str) -> String {
    let hold = text.rsplit_once(" for ").and_then(|(_, rest)| rest.split(' ').next());
    let hold = hold.map(|hold| format!("，持续 {hold}")).unwrap_or_default();
    let times = text.strip_suffix(" times in a row").and_then(|t| t.rsplit(' ').next());
    hold + &times.map(|n| format!("，连续 {n} 次")).unwrap_or_default()
}

/// The second signal.
fn confirmed(text: &str) -> String {
    if let Some([slo, burn, window]) = values("{} burns {} over {}", text).as_deref() {
        return format!("，同时 {slo} 的 {window} 燃烧率为 {burn}");
    }
    for (form, side) in [("{} is {}, above {}", "高于"), ("{} is {}, below {}", "低于")] {
        if let Some([signal, value, level]) = values(form, text).as_deref() {
            return format!("，同时 {signal} 为 {value}，{side} {level}");
        }
    }
    format!("，同时 {text}")
}

/// What was true of a track, and why nothing fired: its rule is named by its own form.
fn suspicion(text: &str) -> Option<String> {
    let (head, why) = text.split_once(" is true, ")?;
    let (slo, name) = head.split_once(": ")?;
    let why = match why.strip_prefix("held back: ") {
        Some(by) => format!("暂缓：{}", held(by)),
        None if why == "not firing yet" => "尚未触发".into(),
        None if why == "waiting for its hold" => "等待持续时间".into(),
        None => why.to_owned(),
    };
    Some(format!("{slo}：满足 {}，{why}", rule(name)))
}

fn held(by: &str) -> &str {
    match by {
        "too few bad events" => "异常事件过少",
        "too few events to be sure" => "样本不足",
        "short history, and little of the whole budget is spent" => "历史尚短，预算消耗不多",
        "no traffic" => "无流量",
        "the SLO is only observed" => "该 SLO 仅观察",
        "the second signal is not past its level" => "未获佐证",
        "silenced" => "已静默",
        other => other,
    }
}

/// The name of a rule as it was recorded: `error ratio > 5% for 30s`.
pub(in crate::words) fn rule(text: &str) -> String {
    if let Some([factor, long, short]) = values("burn {}x over {} and {}", text).as_deref() {
        return format!("燃烧率 {factor}x，窗口 {long} 与 {short}");
    }
    let (main, second) = text.split_once(" while ").map_or((text, None), |(main, second)| (main, Some(second)));
    let Some((what, level)) = main.split_once(" > ") else { return text.to_owned() };
    let what = match what {
        "error ratio" => "错误率",
        "burn" => "燃烧率",
        "value" => "数值",
        other => other,
    };
    let bound = level.split(' ').next().unwrap_or(level);
    let usual = values("{}x its {} average", level.split(" for ").next().unwrap_or(level));
    let bound = usual.map_or_else(|| bound.to_owned(), |v| format!("{} 均值的 {}x", v[1], v[0]));
    let over = level.split_once(" over ").and_then(|(_, rest)| rest.split(' ').next());
    let over = over.map(|window| format!("，窗口 {window}")).unwrap_or_default();
    let second = second.map(|s| {
        let burns = values("{} burns > {}x over {}", s);
        burns.map_or_else(|| format!("，同时 {s}"), |v| format!("，同时 {} 的 {} 燃烧率 > {}x", v[0], v[2], v[1]))
    });
    format!("{what} > {bound}{over}{}{}", lasting(main), second.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, value: f64, threshold: f64, text: &str) -> String {
        recorded(&ReasonText { code: code.into(), value, threshold, text: text.into() })
    }

    #[test]
    fn numbers_are_told_with_what_the_sentence_of_that_moment_adds() {
        for (code, value, threshold, english, chinese) in [
            (
                "burn_rate",
                28.0,
                14.4,
                "availability: burn 28.0x over 1h and 58.0x over 5m, above 14.4x",
                "availability：1h 燃烧率 28.0x（5m 58.0x），阈值 14.4x",
            ),
            (
                "error_ratio",
                0.0531,
                0.05,
                "errors {zone=\"a: b\"}: error ratio 5.31% over 1m, above 5% for 30s",
                "errors {zone=\"a: b\"}：1m 错误率 5.31%，阈值 5%，持续 30s",
            ),
            (
                "latency_p99",
                3.2,
                0.75,
                "p99 latency 3.20 s over 1m, above 750 ms (3x of 250 ms) for 30s",
                "1m p99 延迟 3.20 s，阈值 750 ms（250 ms 的 3x），持续 30s",
            ),
            (
                "burn",
                3.12,
                2.5,
                "a: burn 3.1x over 5m, above 2.5x for 3m 2 times in a row, while gateway/availability burns 3.1x over 5m",
                "a：5m 燃烧率 3.1x，阈值 2.5x，持续 3m，连续 2 次，同时 gateway/availability 的 5m 燃烧率为 3.1x",
            ),
            ("value", 0.31, 0.25, "lag: value 0.31, above 0.25", "lag：数值 0.31，阈值 0.25"),
            (
                "occurrences",
                20.0,
                14.4,
                "occurrences 20.0x over 1h and 30.0x over 5m of what is allowed, above 14.4x",
                "1h 发生次数为允许值的 20.0x（5m 30.0x），阈值 14.4x",
            ),
            ("occurrences", 20.0, 3.0, "a: 20 occurrences over 5m, above 3", "a：5m 发生 20 次，阈值 3"),
            ("burn_rate", 28.0, 14.4, "", "燃烧率 28.0x，阈值 14.4x"),
            ("spike", 31.0, 10.0, "q: value 31, above 10 (2.5x its 1h average of 4)", "q：数值 31，阈值 10（1h 均值 4 的 2.5x）"),
            (
                "burn_rate",
                16.0,
                14.4,
                "a: burn 14.4x over 1h and 5m is true, held back: too few bad events",
                "a：满足 燃烧率 14.4x，窗口 1h 与 5m，暂缓：异常事件过少",
            ),
            (
                "breach",
                0.06,
                0.05,
                "a: error ratio > 5% for 30s is true, waiting for its hold",
                "a：满足 错误率 > 5%，持续 30s，等待持续时间",
            ),
            ("declared", 0.0, 0.0, "结账很慢: see chat", "结账很慢: see chat"),
            ("alert", 1.0, 0.0, "alert HighErrorRate: queue is full", "告警 HighErrorRate: queue is full"),
            ("declared", 0.0, 0.0, "alert fatigue", "alert fatigue"),
        ] {
            assert_eq!(told(code, value, threshold, english), chinese);
        }
    }

    #[test]
    fn rules_are_named_in_chinese() {
        for (english, chinese) in [
            ("burn 14.4x over 1h and 5m", "燃烧率 14.4x，窗口 1h 与 5m"),
            ("error ratio > 5% for 30s", "错误率 > 5%，持续 30s"),
            ("p99 > 3x over 5m for 30s", "p99 > 3x，窗口 5m，持续 30s"),
            ("value > 2x its 1h average for 0s", "数值 > 1h 均值的 2x，持续 0s"),
            (
                "burn > 2.5x over 5m for 3m while gateway/availability burns > 2x over 5m",
                "燃烧率 > 2.5x，窗口 5m，持续 3m，同时 gateway/availability 的 5m 燃烧率 > 2x",
            ),
            ("14.4x over 1h and 5m", "14.4x over 1h and 5m"),
        ] {
            assert_eq!(rule(english), chinese);
        }
    }
}
