//! `promtool test rules` files: a fast burn, a slow burn and a recovery for each SLO whose events can be made up.
//!
//! Series are made so that the SLO's own selectors see good and bad events; what must fire when follows from exact sums over the
//! made-up minutes, and is asked only where it is clear by a third. So the file proves the rules by other means than theirs.

use super::measure::counts;
use super::{Class, Rule, Written, names};
use crate::domain::base::{Labels, Span, Text};
use crate::domain::measure::{Count, MatchOp, Matcher, Selector};
use crate::domain::objective::{Slo, Tier};
use crate::formats::export::yaml::Yaml;
use crate::query::SelectorMatcher;
use crate::query::re2;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Clean steps before anything happens.
const CLEAN: usize = 60;
/// Longest story, steps.
const LONGEST: usize = 1_500;
/// Events in a step.
const EVENTS: u64 = 1_000_000;
/// How clearly a ratio must be above or below its level.
const CLEAR: f64 = 1.33;

/// The whole test file.
pub(super) fn file(rules: &str, tests: Vec<Yaml>) -> String {
    let head = format!(
        "# {} rules`: run it with `promtool test rules`. Windows longer than a test's history see what there is.\n",
        super::MARK
    );
    let tree = Yaml::map([
        ("rule_files", Yaml::List(vec![Yaml::text(rules)])),
        ("evaluation_interval", Yaml::text("1m")),
        ("tests", Yaml::List(tests)),
    ]);
    head + &tree.document()
}

/// Series that a good and a bad event raise.
struct Events {
    series: Vec<Labels>,
    good: Vec<usize>,
    bad: Vec<usize>,
}

/// What happens, step by step: bad events of [`EVENTS`].
struct Story {
    bad: Vec<u64>,
}

/// The tests of one SLO.
pub(super) fn tests(slo: &Slo, written: &Written) -> Result<Vec<Yaml>, String> {
    let step = Span::from_mins(1);
    if slo.mode == crate::domain::objective::Mode::Observe || written.tiers.is_empty() {
        return Err("it has no alerts of burn rates".into());
    }
    if written.tiers.iter().any(|t| t.short < step * 4) {
        return Err("its windows are too short for a test by minutes".into());
    }
    let target = slo.target.ok_or("it has no target")?;
    let events = events(slo)?;
    let levels: Vec<f64> = written.tiers.iter().map(|t| t.level(target)).collect();
    let judge = Judge { tiers: &written.tiers, levels: &levels, step };
    let test = |name: &str, story: &Story, at: &[usize]| test(slo, written, &events, &judge, name, story, at);
    let mut tests = Vec::new();
    let main = written.tiers.iter().map(|t| Class::of(t.severity)).max_by_key(|c| *c == Class::Page).unwrap_or(Class::Page);
    let outage = |steps: usize| Story { bad: [vec![0; CLEAN], vec![EVENTS; steps]].concat() };
    if let Some(at) = judge.first(&outage(LONGEST), CLEAN, |judged| judged.is(main, true)) {
        tests.push(test("a fast burn", &outage(at - CLEAN), &[CLEAN, at]));
        let mut story = outage(at - CLEAN);
        story.bad.extend(vec![0; LONGEST]);
        if let Some(over) = judge.first(&story, at, |judged| judged.is(main, false)) {
            story.bad.truncate(over);
            tests.push(test("a recovery", &story, &[at, over]));
        }
    }
    if let Some((share, class)) = slow(&written.tiers, &levels) {
        let bad = (share * EVENTS as f64).round() as u64;
        let mut story = Story { bad: [vec![0; CLEAN], vec![bad; LONGEST]].concat() };
        if let Some(at) = judge.first(&story, CLEAN, |judged| judged.is(class, true)) {
            story.bad.truncate(at);
            tests.push(test("a slow burn", &story, &[CLEAN, at]));
        }
    }
    if tests.is_empty() { Err("no burn would be clear within a day".into()) } else { Ok(tests) }
}

/// An error ratio that only the lowest tier minds, and whom it calls.
fn slow(tiers: &[Tier], levels: &[f64]) -> Option<(f64, Class)> {
    let (lowest, tier) = levels.iter().zip(tiers).min_by(|a, b| a.0.total_cmp(b.0))?;
    let next = levels.iter().copied().filter(|l| l > lowest).fold(1.0_f64, f64::min);
    Some(((lowest * next).sqrt().min(lowest * 3.0), Class::of(tier.severity)))
}

/// Which classes are on; absent where it is not clear.
struct Judged([Option<bool>; 2]);

impl Judged {
    fn is(&self, class: Class, on: bool) -> bool {
        let index = usize::from(class == Class::Ticket);
        self.0.iter().all(Option::is_some) && self.0[index] == Some(on)
    }
}

struct Judge<'a> {
    tiers: &'a [Tier],
    levels: &'a [f64],
    step: Span,
}

impl Judge<'_> {
    /// The first step after `from` at which everything is clear and as wanted.
    fn first(&self, story: &Story, from: usize, wanted: impl Fn(&Judged) -> bool) -> Option<usize> {
        let sums = story.sums();
        (from + 1..sums.len()).find(|at| wanted(&self.at(&sums, *at)))
    }

    fn at(&self, sums: &[u64], at: usize) -> Judged {
        Judged(Class::ALL.map(|class| {
            let mine = self.tiers.iter().zip(self.levels).filter(|(t, _)| Class::of(t.severity) == class);
            let all: Vec<Option<bool>> = mine.map(|(tier, level)| self.fires(tier, *level, sums, at)).collect();
            match (all.contains(&Some(true)), all.contains(&None)) {
                (true, _) => Some(true),
                (false, true) => None,
                (false, false) => Some(false),
            }
        }))
    }

    fn fires(&self, tier: &Tier, level: f64, sums: &[u64], at: usize) -> Option<bool> {
        let ratio = |window: Span| {
            let from = at.saturating_sub((window.0 / self.step.0) as usize);
            (sums[at] - sums[from]) as f64 / ((at - from) as u64 * EVENTS) as f64
        };
        let both = [ratio(tier.long), ratio(tier.short)];
        if both.iter().any(|e| *e < level / CLEAR) {
            return Some(false);
        }
        both.iter().all(|e| *e > level * CLEAR).then_some(true)
    }
}

impl Story {
    /// Bad events up to each step.
    fn sums(&self) -> Vec<u64> {
        let mut sum = 0;
        let added = self.bad.iter().map(|bad| {
            sum += bad;
            sum
        });
        std::iter::once(0).chain(added).collect()
    }

    /// `0+5x120 603+3x9`: the values of a series, by what it rises in each step.
    fn values(&self, rise: impl Fn(u64) -> u64) -> String {
        let (mut out, mut value, mut at) = (String::new(), 0, 0);
        while at < self.bad.len() {
            let run = self.bad[at..].iter().take_while(|b| **b == self.bad[at]).count();
            let by = rise(self.bad[at]);
            // The first run has the value before it, too.
            let (from, times) = if at == 0 { (0, run) } else { (value + by, run - 1) };
            out.push_str(if at == 0 { "" } else { " " });
            let _ = write!(out, "{from}+{by}x{times}");
            value += by * run as u64;
            at += run;
        }
        out
    }
}

fn test(slo: &Slo, written: &Written, events: &Events, judge: &Judge<'_>, name: &str, story: &Story, at: &[usize]) -> Yaml {
    let input = events.series.iter().enumerate().map(|(i, labels)| {
        let rise = |bad: u64| {
            let of = |list: &[usize], n: u64| if list.contains(&i) { n } else { 0 };
            of(&events.good, EVENTS - bad) + of(&events.bad, bad)
        };
        Yaml::map([("series", Yaml::text(labels.to_string())), ("values", Yaml::text(story.values(rise)))])
    });
    let sums = story.sums();
    let expected = at.iter().flat_map(|at| alerts(slo, written, &judge.at(&sums, *at), *at, events));
    Yaml::map([
        ("name", Yaml::text(format!("{}: {name}", slo.id))),
        ("interval", Yaml::text("1m")),
        ("input_series", Yaml::List(input.collect())),
        ("alert_rule_test", Yaml::List(expected.collect())),
    ])
}

/// What must be on at a step.
fn alerts(slo: &Slo, written: &Written, judged: &Judged, at: usize, events: &Events) -> Vec<Yaml> {
    let mut on: BTreeMap<String, Vec<Yaml>> = BTreeMap::new();
    for rule in &written.judged {
        let Rule::Alert { name, labels, annotations, .. } = rule else { continue };
        let class = Class::ALL.into_iter().find(|c| labels.get("sloth_severity").is_some_and(|s| s == c.name()));
        // Breach rules have other levels.
        let Some(class) = class.filter(|_| !labels.contains_key("breach")) else { continue };
        let list = on.entry(name.clone()).or_default();
        if judged.is(class, true) {
            let record = written.judged.iter().find_map(|r| match r {
                Rule::Record { labels, .. } if labels.contains_key("sloth_window") => Some(labels.clone()),
                _ => None,
            });
            let mut all = record.unwrap_or_default();
            all.remove("sloth_window");
            let groups = slo.group_by.iter().map(|l| (l.to_string(), events.series[0].get(l).to_owned()));
            all.extend(groups);
            all.extend(labels.clone());
            let told: BTreeMap<String, String> = annotations.iter().map(|(k, v)| (k.clone(), names::told(v, slo))).collect();
            list.push(Yaml::map([("exp_labels", Yaml::texts(&all)), ("exp_annotations", Yaml::texts(&told))]));
        }
    }
    let time = Yaml::text(format!("{at}m"));
    let one = |(name, list): (String, Vec<Yaml>)| {
        Yaml::map([("eval_time", time.clone()), ("alertname", Yaml::text(name)), ("exp_alerts", Yaml::List(list))])
    };
    on.into_iter().map(one).collect()
}

/// Series for good and bad events that the SLO's selectors see as such.
fn events(slo: &Slo) -> Result<Events, String> {
    let (bad, total) = counts(&slo.plan).ok_or("its queries are no sums of counters")?;
    let candidates = candidates(slo, &bad, &total);
    let weigh = |count: &Count| -> Result<Vec<i32>, String> {
        let compile = |s: &Selector| SelectorMatcher::new(s).map_err(|e| e.message);
        let plus = count.plus.iter().map(compile).collect::<Result<Vec<_>, _>>()?;
        let minus = count.minus.iter().map(compile).collect::<Result<Vec<_>, _>>()?;
        let times = |all: &[SelectorMatcher], l: &Labels| all.iter().filter(|m| m.matches(l)).count() as i32;
        Ok(candidates.iter().map(|l| times(&plus, l) - times(&minus, l)).collect())
    };
    let (bads, totals) = (weigh(&bad)?, weigh(&total)?);
    let find = |wanted: i32| {
        let ok = |list: &[usize]| {
            list.iter().map(|i| bads[*i]).sum::<i32>() == wanted && list.iter().map(|i| totals[*i]).sum::<i32>() == 1
        };
        let n = candidates.len();
        let ones = (0..n).map(|i| vec![i]);
        let twos = (0..n).flat_map(|i| (i + 1..n).map(move |j| vec![i, j]));
        ones.chain(twos).find(|list| ok(list))
    };
    let (Some(good), Some(bad)) = (find(0), find(1)) else {
        return Err("no made-up series would be its good and bad events".into());
    };
    let used: Vec<usize> = (0..candidates.len()).filter(|i| good.contains(i) || bad.contains(i)).collect();
    let renumbered = |list: &[usize]| used.iter().enumerate().filter(|(_, i)| list.contains(i)).map(|(n, _)| n).collect();
    let (good, bad) = (renumbered(&good), renumbered(&bad));
    Ok(Events { series: used.iter().map(|i| candidates[*i].clone()).collect(), good, bad })
}

/// Label sets that its selectors may see: one for each selector, and one for each condition that forbids something.
fn candidates(slo: &Slo, bad: &Count, total: &Count) -> Vec<Labels> {
    let mut found: Vec<Labels> = Vec::new();
    for selector in [bad, total].into_iter().flat_map(|c| c.plus.iter().chain(&c.minus)) {
        let plain = example(selector, slo, None);
        let forbidden = selector.matchers().iter().filter(|m| matches!(m.op, MatchOp::NotEqual | MatchOp::NotRegex));
        let made = std::iter::once(plain).chain(forbidden.map(|m| example(selector, slo, Some(m))));
        found.extend(made.flatten());
    }
    found.sort();
    found.dedup();
    found.truncate(16);
    found
}

/// Labels that meet a selector's conditions, but for the one that is turned round.
fn example(selector: &Selector, slo: &Slo, turned: Option<&Matcher>) -> Option<Labels> {
    let mut pairs: BTreeMap<Text, Text> = slo.group_by.iter().map(|l| (l.clone(), Text::from("a"))).collect();
    for matcher in selector.matchers() {
        let wanted = matches!(matcher.op, MatchOp::Equal | MatchOp::Regex) != (turned == Some(matcher));
        if !wanted {
            continue;
        }
        let value = match matcher.op {
            MatchOp::Equal | MatchOp::NotEqual => matcher.value.clone(),
            MatchOp::Regex | MatchOp::NotRegex => re2::example(&matcher.value)?.into(),
        };
        pairs.insert(matcher.name.clone(), value);
    }
    let labels = Labels::new(pairs);
    // promtool reads series as PromQL: names that are none cannot be written there.
    let name = labels.get("__name__");
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    (!name.is_empty() && name.chars().all(plain)).then_some(labels)
}
