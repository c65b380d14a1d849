//! The report on a period: its incidents, how recovery went, how often, and what it cost.

use super::doc::{Block, Doc, Line, Section, Table, pick};
use crate::chart::amounts::{self, Amount};
use crate::domain::base::{Language, Money, Ms, Span};
use crate::domain::incident::Incident;
use crate::domain::review::stats::drills::FORMULA;
use crate::domain::review::stats::{CostStats, Group};
use crate::domain::review::{ClockKind, PeriodFacts};
use crate::words::plural::{counted, noun, noun_of};
use crate::words::units::{UNKNOWN, number, percent_auto, percent_level};
use crate::words::{Zone, escape, money, report as names, time};
use rust_decimal::prelude::ToPrimitive;

/// Most incidents in the picture of costs.
const DEAREST: usize = 12;

struct Told<'a> {
    facts: &'a PeriodFacts,
    language: Language,
}

/// The report as a document.
pub(super) fn document(facts: &PeriodFacts, language: Language) -> Doc {
    let t = &Told { facts, language };
    let asked = &facts.stats.asked;
    let (from, to) = (day(asked.from), day(asked.to));
    let title = Line::say(t.say(format!("Incidents, {from} to {to}"), format!("事故，{from} 至 {to}")));
    let section = |id, en: &str, zh: &str, blocks| Section { id, heading: t.say(en, zh), blocks };
    let yours = |name, en: &str, zh: &str| vec![Block::Yours { name, todo: t.say(en, zh) }];
    let whole = facts.stats.groups.iter().find(|g| g.key.is_empty());
    let mut sections = vec![
        section(
            "summary",
            "Summary",
            "摘要",
            yours("summary", "TODO: what this period was like, in three sentences.", "TODO：用三句话说明这一时期。"),
        ),
        section("incidents", "Incidents", "事故", incidents(t)),
    ];
    if let Some(group) = whole.filter(|g| g.n > 0) {
        sections.push(section("recovery", "How long recovery took", "恢复用时", recovery(t, group)));
        sections.push(section("shares", "Resilience", "韧性", shares(t, group)));
        sections.push(section("cost", "Cost", "损失", cost(t, group)));
    }
    sections.push(section("drills", "Drills", "演练", drills(t)));
    sections.push(section("learned", "What was learned", "学到什么", yours("learned", "- TODO", "- TODO")));
    sections.push(section("actions", "What will change", "将改变什么", yours("actions", "- TODO", "- TODO")));
    sections.push(section("definitions", "Definitions", "定义", definitions(t)));
    let of = format!("{} {}", asked.from.rfc3339(), asked.to.rfc3339());
    Doc { of, title, language, lead: vec![lead(t, whole)], sections }
}

impl Told<'_> {
    fn say(&self, en: impl Into<String>, zh: impl Into<String>) -> String {
        pick(self.language, en, zh)
    }

    fn table(&self, caption: (&str, &str), head: &[(&str, &str)], rows: Vec<Vec<Line>>, numbers: &'static [usize]) -> Block {
        let head: Vec<String> = head.iter().map(|(en, zh)| self.say(*en, *zh)).collect();
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        Block::Table(Table::new(self.say(caption.0, caption.1), &head, rows).numbers(numbers))
    }
}

fn day(at: Ms) -> String {
    at.rfc3339().chars().take(10).collect()
}

fn lead(t: &Told<'_>, whole: Option<&Group>) -> Block {
    let asked = &t.facts.stats.asked;
    let row = |en: &str, zh: &str, value: String| vec![Line::say(t.say(en, zh)), Line::say(value)];
    let to = t.say("to", "至");
    let mut rows = vec![row("Period", "时期", format!("{} {to} {}", Zone::Utc.full(asked.from), Zone::Utc.full(asked.to)))];
    match whole.filter(|g| g.n > 0) {
        None => rows.push(row("Incidents", "事故", t.say("none was detected", "没有发现"))),
        Some(g) => {
            let counts = t.say(
                format!("{}, {} not over, {} never acknowledged", g.n, g.n_open, g.n_never_acked),
                format!("{} 个，{} 个未结束，{} 个从未确认", g.n, g.n_open, g.n_never_acked),
            );
            rows.push(row("Incidents", "事故", counts));
            rows.push(row("How often", "频率", how_often(t, g)));
            rows.push(row(
                "Cost",
                "损失",
                g.cost.as_ref().map_or_else(|| t.say(money::NOT_ESTIMATED, "未估算"), |c| total(t, c)),
            ));
        }
    }
    t.table(("The period in short", "时期概况"), &[("", ""), ("", "")], rows, &[])
}

fn how_often(t: &Told<'_>, g: &Group) -> String {
    let (r, per) = (&g.rate, |count: f64| number(count * 30.0 / g.rate.days.max(f64::MIN_POSITIVE)));
    let (point, low, high, days) = (per(r.count as f64), per(r.interval.0), per(r.interval.1), number(r.days));
    t.say(
        format!("{point} in 30 days (95%: {low} to {high}), over {days} {}", noun_of(r.days, "day", "days")),
        format!("每 30 天 {point} 个（95%：{low} 至 {high}），共 {days} 天"),
    )
}

fn total(t: &Told<'_>, c: &CostStats) -> String {
    let shown = money::exact(Money::new(c.total, c.currency));
    match c.n_partial {
        0 => shown,
        n => {
            let are = noun(n, "is", "are");
            t.say(
                format!("at least {shown} ({n} of {} {are} partial)", c.n),
                format!("至少 {shown}（{} 个中 {n} 个不完整）", c.n),
            )
        }
    }
}

fn incidents(t: &Told<'_>) -> Vec<Block> {
    if t.facts.incidents.is_empty() {
        return vec![Block::say(t.say("No incident was detected in this period.", "这一时期没有发现事故。"))];
    }
    let rows = t.facts.incidents.iter().map(|i| incident(t, i)).collect();
    let head = [
        ("id", "编号"),
        ("service", "服务"),
        ("severity", "级别"),
        ("began (UTC)", "开始（UTC）"),
        ("TTD", "TTD"),
        ("TTM", "TTM"),
        ("TTR", "TTR"),
        ("cost", "损失"),
        ("state", "状态"),
    ];
    vec![t.table(("Incidents of the period", "时期内的事故"), &head, rows, &[4, 5, 6, 7])]
}

fn incident(t: &Told<'_>, i: &Incident) -> Vec<Line> {
    let span = |s: Option<Span>| Line::say(s.map_or_else(|| UNKNOWN.into(), time::span));
    let cost = i.cost.as_ref().and_then(|c| Some((c, c.total?)));
    let cost = cost.map_or_else(
        || t.say(money::NOT_ESTIMATED, "未估算"),
        |(c, total)| {
            let shown = money::exact(Money::new(total, c.currency));
            if c.complete { shown } else { t.say(format!("at least {shown}"), format!("至少 {shown}")) }
        },
    );
    let drill = if i.drill { t.say(", drill", "，演练") } else { String::new() };
    vec![
        Line::say(i.id.to_string()),
        Line::text(&i.service),
        Line::say(i.peak_severity.map_or(UNKNOWN, |s| s.name())),
        Line::say(i.milestones.impact_start.map_or_else(|| UNKNOWN.into(), |at| Zone::Utc.full(at).replace(" UTC", ""))),
        span(i.time_to_detect()),
        span(i.time_to_mitigate()),
        span(i.time_to_resolve()),
        Line::say(cost),
        Line::say(format!("{}{drill}", names::phase(i.phase, t.language))),
    ]
}

fn seconds(value: Option<f64>) -> String {
    value.and_then(time::from_secs).map_or_else(|| UNKNOWN.into(), time::span)
}

fn ends(range: Option<(f64, f64)>) -> String {
    range.map_or_else(|| UNKNOWN.into(), |(low, high)| format!("{} – {}", seconds(Some(low)), seconds(Some(high))))
}

fn recovery(t: &Told<'_>, g: &Group) -> Vec<Block> {
    let rows = g.clocks.iter().map(|c| {
        let mean =
            c.mean().map_or_else(|| UNKNOWN.into(), |m| format!("{} / {} = {}", seconds(Some(c.total)), c.n, seconds(Some(m))));
        let cells = [
            c.n.to_string(),
            c.censored.to_string(),
            seconds(c.median),
            ends(c.median_interval),
            seconds(c.p90),
            seconds(c.geomean),
            ends(c.geomean_interval),
            mean,
        ];
        std::iter::once(Line::say(c.kind.name())).chain(cells.map(Line::say)).collect()
    });
    let head = [
        ("clock", "时钟"),
        ("n", "n"),
        ("still ran", "未结束"),
        ("median", "中位数"),
        ("95%", "95%"),
        ("P90", "P90"),
        ("geometric mean", "几何平均"),
        ("95%", "95%"),
        ("total / n (for totals only)", "总和 / n（仅用于合计）"),
    ];
    let trend = match &g.trend {
        None => t.say("Trend: nothing can be said under 5 ended incidents.", "趋势：结束的事故少于 5 个，无法判断。"),
        Some(trend) if trend.p >= 0.05 => {
            let p = format!("{:.3}", trend.p);
            t.say(
                format!("Trend of TTR: none can be told (Mann-Kendall, p = {p})."),
                format!("TTR 趋势：无法判断（Mann-Kendall，p = {p}）。"),
            )
        }
        Some(trend) => {
            let (slope, p) = (seconds(Some(trend.sen_slope.abs())), format!("{:.3}", trend.p));
            let (en, zh) = if trend.s > 0 { ("grows", "增加") } else { ("shrinks", "减少") };
            t.say(
                format!("Trend: TTR {en} by about {slope} an incident (Sen; Mann-Kendall, p = {p})."),
                format!("趋势：每个事故 TTR 约{zh} {slope}（Sen；Mann-Kendall，p = {p}）。"),
            )
        }
    };
    let table = t.table(("Recovery times", "恢复时间"), &head, rows.collect(), &[1, 2, 3, 4, 5, 6, 7, 8]);
    vec![table, Block::say(trend)]
}

fn shares(t: &Told<'_>, g: &Group) -> Vec<Block> {
    let rows = g.shares.iter().map(|s| {
        let unknown = || t.say("unknown", "未知");
        let target = s.target.map_or_else(
            || UNKNOWN.into(),
            |target| format!("{} {}", if s.kind.at_most() { "≤" } else { "≥" }, percent_level(target)),
        );
        let interval =
            s.interval().map_or_else(|| UNKNOWN.into(), |(low, high)| format!("{} – {}", percent_auto(low), percent_auto(high)));
        let standing = s.standing().map_or(UNKNOWN, |s| s.name());
        let cells =
            [format!("{} / {}", s.k, s.n), s.share().map_or_else(unknown, percent_auto), interval, target, standing.to_owned()];
        std::iter::once(Line::say(names::share(s.kind, t.language))).chain(cells.map(Line::say)).collect()
    });
    let head = [("figure", "指标"), ("of", "数量"), ("share", "比例"), ("95%", "95%"), ("target", "目标"), ("standing", "达成")];
    vec![t.table(("Resilience figures against their targets", "韧性指标与目标"), &head, rows.collect(), &[1, 2, 3, 4])]
}

fn cost(t: &Told<'_>, g: &Group) -> Vec<Block> {
    let Some(c) = &g.cost else {
        return vec![Block::say(t.say(
            "No incident has a cost: not estimated, which does not mean that it was free.",
            "没有一起事故估算了损失：未知，这不表示没有损失。",
        ))];
    };
    let shown = |amount| money::exact(Money::new(amount, c.currency));
    let mut items = vec![
        t.say(
            format!("Total of {}: {}.", counted(c.n, "incident", "incidents"), total(t, c)),
            format!("{} 个事故合计：{}。", c.n, total(t, c)),
        ),
        t.say(format!("Median: {}.", shown(c.median)), format!("中位数：{}。", shown(c.median))),
    ];
    items.extend(c.p90.map(|p| format!("P90: {}.", shown(p))));
    items.extend(c.concentration.map(|(k, share)| {
        let share = percent_auto(share.to_f64().unwrap_or(f64::NAN));
        t.say(
            format!("{k} of {} {} {share} of the cost.", counted(c.n, "incident", "incidents"), noun(k, "carries", "carry")),
            format!("{} 个事故中的 {k} 个承担损失的 {share}。", c.n),
        )
    }));
    if !c.others.is_empty() {
        let others = c.others.iter().map(|o| o.code()).collect::<Vec<_>>().join(", ");
        items.push(t.say(format!("Costs in {others} are not in these figures."), format!("{others} 的损失不在其中。")));
    }
    let list = Block::List(items.into_iter().map(Line::say).collect());
    picture(t, c).into_iter().chain([list]).collect()
}

/// The dearest incidents.
fn picture(t: &Told<'_>, c: &CostStats) -> Option<Block> {
    let own = |i: &&std::sync::Arc<Incident>| {
        !i.drill && i.cost.as_ref().is_some_and(|s| s.currency == c.currency && s.total.is_some())
    };
    let mut dear: Vec<&std::sync::Arc<Incident>> = t.facts.incidents.iter().filter(own).collect();
    dear.sort_by_key(|i| std::cmp::Reverse(i.cost.as_ref().and_then(|s| s.total)));
    let bars: Vec<Amount> = dear
        .into_iter()
        .take(DEAREST)
        .filter_map(|i| {
            let sheet = i.cost.as_ref()?;
            let (total, plain) = (sheet.total?, |d: rust_decimal::Decimal| d.to_f64().unwrap_or(f64::NAN));
            let range = sheet.low.zip(sheet.high).map(|(low, high)| (plain(low), plain(high)));
            let told = money::brief(Money::new(total, sheet.currency));
            Some(Amount {
                name: escape::terminal(&format!("{} {}", i.id, i.service)),
                value: plain(total),
                range,
                told,
                faint: false,
            })
        })
        .collect();
    if bars.is_empty() {
        return None;
    }
    let (title, words) =
        (t.say("Dearest incidents", "损失最高的事故"), t.say("Cost by incident, with bounds.", "各事故损失及界限。"));
    let svg = amounts::svg("dearest", &title, &words, &bars);
    Some(Block::Picture { caption: Line::say(title), svg, text: Vec::new() })
}

fn drills(t: &Told<'_>) -> Vec<Block> {
    let drills = &t.facts.stats.drills;
    if drills.rows.is_empty() {
        return vec![Block::say(t.say("No drill was held.", "没有演练。"))];
    }
    let cell = |now: Option<f64>, before: Option<f64>| {
        let before = before.map_or_else(String::new, |b| format!(" ({})", seconds(Some(b))));
        Line::say(format!("{}{before}", seconds(now)))
    };
    let rows = drills.rows.iter().map(|r| {
        let score = r.score.map_or_else(|| UNKNOWN.into(), |s| format!("{s:.0}"));
        let clocks = (0..3).map(|i| cell(r.clocks[i], r.before[i]));
        [Line::text(&r.id), Line::text(&r.service), Line::say(day(r.at))]
            .into_iter()
            .chain(clocks)
            .chain([Line::say(score)])
            .collect()
    });
    let head = [
        ("id", "编号"),
        ("service", "服务"),
        ("day", "日期"),
        ("TTD (before)", "TTD（上次）"),
        ("TTA (before)", "TTA（上次）"),
        ("TTM (before)", "TTM（上次）"),
        ("score", "得分"),
    ];
    let table = t.table(
        ("Drills, with the last one of the service in brackets", "演练，括号内为该服务上一次"),
        &head,
        rows.collect(),
        &[3, 4, 5, 6],
    );
    let score = drills.score.map_or_else(|| UNKNOWN.into(), |s| format!("{s:.0}"));
    let said = t.say(format!("Resilience score: {score} of 100; {FORMULA}."), format!("韧性得分：{score} / 100；{FORMULA}。"));
    vec![table, Block::say(said)]
}

fn definitions(t: &Told<'_>) -> Vec<Block> {
    let clocks = ClockKind::ALL.map(|k| Line::say(format!("{} = {}", k.name(), names::definition(k, t.language))));
    let rest = t.say(
        "Members: detected in the period, without drills, merged ones and those that paged nobody. Open and never acknowledged ones are censored, not dropped. Medians have exact intervals from 6 on, P90 is told from 10.",
        "统计对象：在时期内发现的事故，不含演练、已合并和未通知任何人的。未结束和从未确认的按删失处理，不丢弃。中位数自 6 个起有精确区间，P90 自 10 个起给出。",
    );
    vec![Block::List(clocks.into_iter().chain([Line::say(rest)]).collect())]
}
