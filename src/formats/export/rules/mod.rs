//! Prometheus recording and alerting rules, named and labelled as Sloth's, for rulers of Prometheus, Thanos, Mimir and
//! VictoriaMetrics.
//!
//! Unlike Sloth's, the period's ratio is a sum of increases over a sum of increases and not a mean of ratios; a missing series
//! of errors is no errors; no traffic is no value. Windows and alerts of an SLO are one group, so that an alert sees the ratios
//! of its own instant. Deliberately absent: what rules cannot say (evidence, exclusions, time slices), which becomes a note.

mod measure;
mod names;
mod proof;

use super::yaml::Yaml;
use super::{Exported, MARK, Note, OutputFile};
use crate::domain::base::{Severity, Span, Target, Text};
use crate::domain::objective::{
    BreachRule, BudgetMethod, Guards, Level, Mode, Percentile, Period, Rulebook, ServiceInfo, Sli, Slo, Tier,
};
use crate::query::parse;
use measure::Measure;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

/// What is written the same for all SLOs.
#[derive(Clone, Copy, Debug, Default)]
pub struct RulesOptions {
    /// Distance of evaluations of the windows' groups; the server's own when absent.
    pub interval: Option<Span>,
}

/// Distance of evaluations of a period's sums, which read a lot and change little: short enough for Prometheus' look-back of 5m.
const SLOW: Span = Span::from_mins(2);

/// One rule.
#[derive(Clone, Debug)]
enum Rule {
    Record { name: String, expr: String, labels: BTreeMap<String, String> },
    Alert { name: String, expr: String, hold: Span, labels: BTreeMap<String, String>, annotations: BTreeMap<String, String> },
}

/// The rules of one SLO.
struct Written {
    /// Windows, what describes the SLO, alerts.
    judged: Vec<Rule>,
    /// What is about the period.
    period: Vec<Rule>,
    notes: Vec<Note>,
    /// Tiers that are in the alerts.
    tiers: Vec<Tier>,
}

/// Who an alert is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Page,
    Ticket,
}

impl Class {
    const ALL: [Self; 2] = [Self::Page, Self::Ticket];

    const fn of(severity: Severity) -> Self {
        if severity.pages() { Self::Page } else { Self::Ticket }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
        }
    }
}

/// The rules of every SLO: a file for each service and, where a test could be made, its promtool test beside it.
pub fn export(book: &Rulebook, options: RulesOptions) -> Exported {
    let mut done = Exported::default();
    done.notes.extend(general());
    let services: BTreeSet<&Text> = book.slos.iter().map(|slo| &slo.service).collect();
    for service in services {
        let slos: Vec<&Arc<Slo>> = book.slos.iter().filter(|slo| slo.service == *service).collect();
        of_service(book, service, &slos, options, &mut done);
    }
    done
}

/// What holds of all rules.
fn general() -> Vec<Note> {
    let say = |text: &str| Note { slo: None, left_out: false, text: text.into() };
    vec![
        say("rates are extrapolated, and the first value of a new series is not counted; burnledger itself counts both exactly"),
        say("P0 and P1 are sloth_severity=\"page\", P2 is \"ticket\"; there are no incidents, costs or exclusions in rules"),
    ]
}

fn of_service(book: &Rulebook, service: &Text, slos: &[&Arc<Slo>], options: RulesOptions, done: &mut Exported) {
    let info = book.service(service);
    let (mut groups, mut tests, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for slo in slos {
        match write(slo, &info) {
            Ok(mut written) => {
                done.slos += 1;
                notes.append(&mut written.notes);
                let interval = options.interval.or(slow_enough(slo));
                groups.push(group(&format!("sloth-slo-{}", names::id(slo)), interval, &written.judged));
                if !written.period.is_empty() {
                    let slow = options.interval.map_or(SLOW, |i| i.max(SLOW));
                    groups.push(group(&format!("sloth-slo-period-{}", names::id(slo)), Some(slow), &written.period));
                }
                match proof::tests(slo, &written) {
                    Ok(mut made) => tests.append(&mut made),
                    Err(why) => notes.push(Note::of(&slo.id, format!("without a promtool test: {why}"))),
                }
            }
            Err(why) => notes.push(Note::without(&slo.id, why)),
        }
    }
    if !groups.is_empty() {
        let rules = format!("{service}.rules.yaml");
        let head = head(service, slos, &notes);
        done.files.push(OutputFile { name: rules.clone(), text: head + &Yaml::map([("groups", Yaml::List(groups))]).document() });
        if !tests.is_empty() {
            done.files.push(OutputFile { name: format!("{service}.rules.test.yaml"), text: proof::file(&rules, tests) });
        }
    }
    done.notes.append(&mut notes);
}

/// Windows of seconds need evaluations as often; otherwise the server's own distance does.
fn slow_enough(slo: &Slo) -> Option<Span> {
    let shortest = windows(slo, &slo.tiers).into_iter().min()?;
    (shortest < Span::from_mins(5)).then(|| Span::from_secs((shortest.0 / 5000).max(1)))
}

/// The comment at the top: where it comes from, and what it does not say.
fn head(service: &str, slos: &[&Arc<Slo>], notes: &[Note]) -> String {
    let files: BTreeSet<String> = slos.iter().map(|slo| comment(base(&slo.file))).collect();
    let files: Vec<String> = files.into_iter().collect();
    let mut text = format!("# {MARK} rules` from {} for the service {}.\n", files.join(", "), comment(service));
    text.push_str("# Change the SLOs and make it again: changes made here are lost. Load it as one of Prometheus' rule_files.\n");
    for note in general().iter().chain(notes) {
        let _ = writeln!(text, "# - {}", comment(&note.line()));
    }
    text
}

/// A path without its folders, which are nobody's business.
fn base(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

fn comment(text: &str) -> String {
    crate::domain::base::clean_line(text, 2_000).to_string()
}

fn group(name: &str, interval: Option<Span>, rules: &[Rule]) -> Yaml {
    let mut pairs = vec![("name", Yaml::text(name))];
    pairs.extend(interval.map(|i| ("interval", Yaml::text(names::duration(i)))));
    pairs.push(("rules", Yaml::List(rules.iter().map(rule).collect())));
    Yaml::map(pairs)
}

fn rule(rule: &Rule) -> Yaml {
    match rule {
        Rule::Record { name, expr, labels } => {
            Yaml::map([("record", Yaml::text(name)), ("expr", Yaml::Block(expr.clone())), ("labels", Yaml::texts(labels))])
        }
        Rule::Alert { name, expr, hold, labels, annotations } => {
            let mut pairs = vec![("alert", Yaml::text(name)), ("expr", Yaml::Block(expr.clone()))];
            if *hold > Span::ZERO {
                pairs.push(("for", Yaml::text(names::duration(*hold))));
            }
            let templates: BTreeMap<String, String> = labels.iter().map(|(k, v)| (k.clone(), names::plain(v))).collect();
            pairs.push(("labels", Yaml::texts(&templates)));
            pairs.push(("annotations", Yaml::texts(annotations)));
            Yaml::map(pairs)
        }
    }
}

/// Every window that is recorded: those of tiers and breach rules, at least one.
fn windows(slo: &Slo, tiers: &[Tier]) -> BTreeSet<Span> {
    let of_breaches = slo.breach.iter().filter(|b| matches!(b.level, Level::ErrorRatio(_) | Level::Burn(_))).map(|b| b.over);
    let mut all: BTreeSet<Span> = tiers.iter().flat_map(|t| [t.short, t.long]).chain(of_breaches).collect();
    if all.is_empty() {
        all.insert(Span::from_mins(5));
    }
    all
}

/// Everything about one SLO, or why it cannot be said.
fn write(slo: &Slo, info: &ServiceInfo) -> Result<Written, String> {
    let measure = Measure::of(slo)?;
    let labels = names::labels(slo, info);
    let mut notes = notes(slo, measure.begins_with_records());
    let tiers = reachable(slo, &mut notes);
    let mut judged = Vec::new();
    for (name, expr) in measure.levels()? {
        judged.push(Rule::Record { name: name.into(), expr, labels: labels.clone() });
    }
    for window in windows(slo, &tiers) {
        let mut labels = labels.clone();
        labels.insert("sloth_window".into(), names::duration(window));
        judged.push(Rule::Record { name: measure.record(window), expr: measure.ratio("rate", window)?, labels });
    }
    judged.extend(described(slo, &measure, &tiers, &labels));
    if slo.mode == Mode::Page {
        judged.extend(Class::ALL.into_iter().filter_map(|class| burn_alert(slo, info, &measure, &tiers, class)));
        for breach in &slo.breach {
            match breach_alert(slo, info, &measure, breach) {
                Ok(alert) => judged.push(alert),
                Err(why) => notes.push(Note::of(&slo.id, format!("`{breach}` is left out: {why}"))),
            }
        }
    }
    let period = of_period(slo, &measure, &labels)?;
    for text in judged.iter().chain(&period).map(|r| match r {
        Rule::Record { expr, .. } | Rule::Alert { expr, .. } => expr,
    }) {
        parse(text).map_err(|e| format!("its PromQL would not be read back: {}", e.message))?;
    }
    Ok(Written { judged, period, notes, tiers })
}

/// Tiers that can fire at all.
fn reachable(slo: &Slo, notes: &mut Vec<Note>) -> Vec<Tier> {
    let budget = slo.target.map(|t| Decimal::ONE - t.share());
    let fires = |tier: &Tier| budget.is_none_or(|b| tier.factor.checked_mul(b).is_some_and(|level| level < Decimal::ONE));
    for tier in slo.tiers.iter().filter(|t| !fires(t)) {
        let target = slo.target.map(|t| t.to_string()).unwrap_or_default();
        notes.push(Note::of(&slo.id, format!("`{tier}` is left out: with the target {target} it can never fire")));
    }
    slo.tiers.iter().filter(|t| fires(t)).cloned().collect()
}

/// What is known of an SLO and cannot be said in rules.
fn notes(slo: &Slo, begins_with_records: bool) -> Vec<Note> {
    let mut all = Vec::new();
    let mut say = |text: String| all.push(Note::of(&slo.id, text));
    if slo.mode == Mode::Observe {
        say("without alerts: its mode is `observe`".into());
    } else if slo.guards != Guards::NONE && !slo.tiers.is_empty() {
        let (least, confidence) = (slo.guards.min_bad, slo.guards.confidence * 100.0);
        say(format!(
            "alerts do not wait for evidence ({least} bad events, {confidence} % confidence, a young history's spent budget): at little \
             traffic or after a start they fire where burnledger holds back"
        ));
    }
    if let Period::Calendar { .. } = slo.period {
        say(format!("the period is the last {}, not the calendar's {}", slo.period.span(), slo.period));
    }
    if slo.budget != BudgetMethod::Occurrences {
        say(format!("without the period's records: its budget counts {}, which rules cannot", slo.budget.name()));
    }
    if !slo.exclude.is_empty() {
        say("excluded time counts in rules; silence the alerts meanwhile".into());
    }
    if matches!(slo.sli, Sli::Latency { interpolate: true, .. }) {
        say("needs a bucket exactly at its threshold: rules do not interpolate, and record nothing without one".into());
    }
    if begins_with_records {
        say("its history begins when the rules are loaded: its values are recorded from then on".into());
    }
    if let Some(source) = &slo.source {
        say(format!("its source is `{source}`: its rules belong to the ruler of that one"));
    }
    if !slo.group_by.is_empty() {
        say(format!("groups have no cap in rules (here {})", slo.max_groups));
    }
    all
}

/// Objective, budget, period, current burn and the info record.
fn described(slo: &Slo, measure: &Measure<'_>, tiers: &[Tier], labels: &BTreeMap<String, String>) -> Vec<Rule> {
    let record = |name: &str, expr: String| Rule::Record { name: name.into(), expr, labels: labels.clone() };
    let mut rules = Vec::new();
    if let Some(target) = slo.target {
        rules.push(record("slo:objective:ratio", format!("vector({})", target.share())));
        rules.push(record("slo:error_budget:ratio", format!("vector({})", (Decimal::ONE - target.share()).normalize())));
    }
    let days = Decimal::from(slo.period.span().0) / Decimal::from(86_400_000);
    rules.push(record("slo:time_period:days", format!("vector({})", days.round_dp(6).normalize())));
    let current = tiers.first().map(|t| t.short).or_else(|| windows(slo, tiers).into_iter().next());
    if let Some(window) = current {
        rules.push(record("slo:current_burn_rate:ratio", burn_of(slo, measure, &measure.record(window))));
    }
    let mut info = labels.clone();
    let objective = slo.target.map(|t| (t.share() * Decimal::ONE_HUNDRED).normalize().to_string());
    info.extend(objective.map(|o| ("sloth_objective".to_owned(), o)));
    info.insert("sloth_mode".into(), "burnledger-export".into());
    info.insert("sloth_spec".into(), "burnledger/v1".into());
    info.insert("sloth_version".into(), env!("CARGO_PKG_VERSION").into());
    rules.push(Rule::Record { name: "sloth_slo_info".into(), expr: "vector(1)".into(), labels: info });
    rules
}

/// A recorded ratio as a burn rate.
fn burn_of(slo: &Slo, measure: &Measure<'_>, record: &str) -> String {
    let ratio = names::selector(record, slo);
    if measure.is_burn() {
        return ratio;
    }
    let budget = names::selector("slo:error_budget:ratio", slo);
    format!("{ratio}\n/ on (sloth_id, sloth_slo, sloth_service) group_left ()\n{budget}")
}

/// The period's own records, where the budget counts events.
fn of_period(slo: &Slo, measure: &Measure<'_>, labels: &BTreeMap<String, String>) -> Result<Vec<Rule>, String> {
    if slo.budget != BudgetMethod::Occurrences {
        return Ok(Vec::new());
    }
    let span = slo.period.span();
    let mut windowed = labels.clone();
    windowed.insert("sloth_window".into(), names::duration(span));
    let record = |name: &str, expr: String| Rule::Record { name: name.into(), expr, labels: labels.clone() };
    let remaining = format!("1 - {}", names::selector("slo:period_burn_rate:ratio", slo));
    Ok(vec![
        Rule::Record { name: measure.record(span), expr: measure.ratio("increase", span)?, labels: windowed },
        record("slo:period_burn_rate:ratio", burn_of(slo, measure, &measure.record(span))),
        record("slo:period_error_budget_remaining:ratio", remaining),
    ])
}

/// What a tier's ratios are compared with, as it is written.
fn level(slo: &Slo, factor: Decimal) -> String {
    match slo.target {
        Some(target) => format!("({} * {})", factor.normalize(), (Decimal::ONE - target.share()).normalize()),
        None => factor.normalize().to_string(),
    }
}

/// The alert of all tiers of a class: long and short window of any of them.
fn burn_alert(slo: &Slo, info: &ServiceInfo, measure: &Measure<'_>, tiers: &[Tier], class: Class) -> Option<Rule> {
    let mine: Vec<&Tier> = tiers.iter().filter(|t| Class::of(t.severity) == class).collect();
    let above = |window: Span, tier: &Tier| {
        let record = names::selector(&measure.record(window), slo);
        format!("    max({record} > {}) without (sloth_window)\n", level(slo, tier.factor))
    };
    let pair = |tier: &&Tier| format!("(\n{}    and\n{})", above(tier.short, tier), above(tier.long, tier));
    let expr = mine.iter().map(pair).collect::<Vec<_>>().join("\nor\n");
    let words: Vec<String> = mine.iter().map(|t| format!("{} ({})", t, t.severity)).collect();
    let name = format!("{}ErrorBudgetBurn", names::camel(slo));
    let title = format!(
        "({}) {{{{$labels.sloth_service}}}} {{{{$labels.sloth_slo}}}} SLO error budget burn rate is too fast.",
        class.name()
    );
    let labels = BTreeMap::from([("sloth_severity".to_owned(), class.name().to_owned())]);
    let annotations = annotations(slo, info, title, &words.join(", or "));
    (!mine.is_empty()).then_some(Rule::Alert { name, expr, hold: Span::ZERO, labels, annotations })
}

fn annotations(slo: &Slo, info: &ServiceInfo, title: String, summary: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::from([("title".to_owned(), title), ("summary".to_owned(), names::plain(summary))]);
    all.extend(slo.description.iter().map(|d| ("description".to_owned(), names::plain(d))));
    all.extend(info.runbook.iter().map(|r| ("runbook_url".to_owned(), names::plain(r))));
    all
}

/// A breach rule: a level that holds for a while.
fn breach_alert(slo: &Slo, info: &ServiceInfo, measure: &Measure<'_>, rule: &BreachRule) -> Result<Rule, String> {
    if rule.after > 1 {
        return Err("rules do not count evaluations in a row".into());
    }
    if rule.confirm.is_some() {
        return Err("rules have no second signal".into());
    }
    let number = |d: Option<Decimal>| d.map(|d| d.normalize().to_string()).ok_or("its level is beyond all numbers");
    let ratio = || names::selector(&measure.record(rule.over), slo);
    let budget = slo.target.map(|t: Target| Decimal::ONE - t.share());
    let expr = match (&rule.level, &slo.sli) {
        (Level::ErrorRatio(level), _) => format!("max({} > {}) without (sloth_window)", ratio(), level.normalize()),
        (Level::Burn(factor), _) => {
            let level = budget.map_or(Some(*factor), |b| factor.checked_mul(b));
            format!("max({} > {}) without (sloth_window)", ratio(), number(level)?)
        }
        (Level::Value(level), Sli::Threshold { side, .. }) => {
            let sign = if *side == crate::domain::objective::Side::Below { ">" } else { "<" };
            let over = format!("avg_over_time({}[{}])", names::selector(names::VALUE, slo), rule.over);
            format!("{over} {sign} {}", level.normalize())
        }
        (Level::QuantileTimes(of, times), Sli::Latency { under_seconds, .. }) => {
            format!("{} > {}", quantile(measure, *of, rule.over)?, number(times.checked_mul(*under_seconds))?)
        }
        (Level::QuantileSeconds(of, seconds), _) => {
            format!("{} > {}", quantile(measure, *of, rule.over)?, seconds.normalize())
        }
        (Level::Spike(_), _) => return Err("rules have no averages of the past as the engine keeps them".into()),
        _ => return Err("it does not fit the indicator".into()),
    };
    let class = Class::of(rule.severity).name().to_owned();
    let mut labels = BTreeMap::from([("sloth_severity".to_owned(), class.clone())]);
    labels.insert("severity_level".into(), rule.severity.name().to_owned());
    labels.insert("breach".into(), rule.to_string());
    if !matches!(rule.level, Level::ErrorRatio(_) | Level::Burn(_)) {
        // What is no record has no labels yet.
        labels = names::labels(slo, info).into_iter().chain(labels).collect();
    }
    let title = format!("({class}) {} {}: {rule}", names::plain(&slo.service), names::plain(&slo.name));
    let annotations = annotations(slo, info, title, &format!("{rule} ({})", rule.severity));
    Ok(Rule::Alert { name: format!("{}Breach", names::camel(slo)), expr, hold: rule.hold, labels, annotations })
}

fn quantile(measure: &Measure<'_>, of: Percentile, over: Span) -> Result<String, String> {
    measure.quantile(of, over).ok_or("it has no histogram")?
}
