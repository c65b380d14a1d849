//! The selected SLO in detail: its windows against their levels, its burn over six hours, its budget.

use super::burn_chart;
use super::columns::{burn_role, name_of};
use super::pen::{Pen, piece};
use crate::chart::{Scale, bar, spark};
use crate::domain::base::Span;
use crate::domain::judge::{BreachVerdict, HeldBack, Quantile, TierVerdict, Verdict, WindowStatus};
use crate::domain::objective::{BreachRule, Level, Slo, Tier};
use crate::domain::view::SloRow;
use crate::tui::model::Model;
use crate::tui::model::list::burn_over;
use crate::tui::theme::Role;
use crate::words::{self, Words, time, units};
use rust_decimal::prelude::ToPrimitive;

pub(super) fn draw(model: &Model, row: &SloRow, full: bool, pen: &mut Pen<'_>) {
    title(row, pen);
    let mut body = pen.part(0, 1, usize::MAX, usize::MAX);
    let Some(verdict) = row.verdict.as_deref() else {
        unjudged(row, &mut body);
        return;
    };
    if full {
        // Windows take half of the width at most; the chart takes the rest.
        let left = (body.width() * 2 / 5).clamp(58, 66).min(body.width());
        windows(model, row, verdict, &mut body.part(0, 0, left, usize::MAX));
        budget_below(model, row, verdict, &mut body.part(0, 0, left, usize::MAX));
        let rest = body.width().saturating_sub(left + 3);
        burn_chart::draw(model, row, &mut body.part(left + 2, 0, rest, usize::MAX));
    } else {
        compact(model, row, verdict, &mut body);
    }
}

/// Before the first verdict: what will be judged.
pub(super) fn unjudged(row: &SloRow, pen: &mut Pen<'_>) {
    let w = pen.look.words;
    pen.put_cut(2, 0, pen.width().saturating_sub(3), w.say("Not evaluated yet. These rules will be judged:"), Role::Faint);
    let tiers = row.slo.tiers.iter().map(|t| (t.severity, w.tier(t)));
    let rules = tiers.chain(row.slo.breach.iter().map(|b| (b.severity, w.rule(b))));
    for (y, (severity, rule)) in rules.take(pen.height().saturating_sub(1)).enumerate() {
        pen.put_cut(2, y + 1, pen.width().saturating_sub(3), &format!("{severity}  {rule}"), Role::Text);
    }
}

/// Numbers that are no counts say so beside the name, whatever else there is room for.
pub(super) fn estimated(w: Words, row: &SloRow) -> Option<(String, Role)> {
    let is_estimate = row.verdict.as_deref().is_some_and(|v| v.interpolated) || row.slo.plan.pushed_down().is_some();
    is_estimate.then(|| piece(format!("  {}", w.say("estimated")), Role::P2))
}

/// Name, target, period at the left; the rules at the right as far as they fit.
fn title(row: &SloRow, pen: &mut Pen<'_>) {
    let mut title = vec![piece(name_of(row), Role::Title)];
    let target = row.slo.target.map(|t| format!("  {t}")).unwrap_or_default();
    let w = pen.look.words;
    title.push(piece(format!("{target}  {}  {}", w.period(&row.slo.period), w.kind(&row.slo.sli)), Role::Faint));
    title.extend(estimated(w, row));
    let used: usize = title.iter().map(|(t, _)| words::width::columns(t)).sum::<usize>() + 12;
    let mut remark = String::new();
    for tier in &row.slo.tiers {
        let next = tier_words(tier);
        if used + remark.len() + next.len() + 3 > pen.width() {
            break;
        }
        remark.push_str(if remark.is_empty() { "" } else { "   " });
        remark.push_str(&next);
    }
    pen.rule(0, &title, &remark);
}

fn tier_words(tier: &Tier) -> String {
    format!("{} {}x@{}&{}", tier.severity, tier.factor.normalize(), time::window(tier.long), time::window(tier.short))
}

/// One line per window: burn, its bar with the level as a mark, and how it stands.
fn windows(model: &Model, row: &SloRow, verdict: &Verdict, pen: &mut Pen<'_>) {
    let w = pen.width().saturating_sub(38).max(8);
    let words = pen.look.words;
    pen.put(1, 0, words.say("window"), Role::Faint);
    pen.put_right(15, 0, 7, words.say("burn"), Role::Faint);
    pen.put(17, 0, "0.1x", Role::Faint);
    if w >= 16 {
        pen.put(17 + w / 2 - 1, 0, words.say("log"), Role::Faint);
    }
    pen.put_right(17 + w, 0, 4, "100x", Role::Faint);
    pen.put(17 + w + 1, 0, words.say("level"), Role::Faint);
    // The last two rows are the budget's.
    let room = pen.height().saturating_sub(4);
    for (y, window) in shown(row, verdict, room).into_iter().enumerate() {
        window_line(row, verdict, window, w, y + 1, pen);
    }
    below_windows(model, row, verdict, shown(row, verdict, room).len() + 1, pen);
}

/// The windows of the tiers (the period's own is the budget); with little room the ones of the gravest tiers.
fn shown<'a>(row: &SloRow, verdict: &'a Verdict, room: usize) -> Vec<&'a WindowStatus> {
    let used = |w: &&WindowStatus| row.slo.tiers.iter().any(|t| t.long == w.window || t.short == w.window);
    let mut list: Vec<&WindowStatus> = verdict.windows.iter().filter(used).collect();
    if list.is_empty() {
        list = verdict.windows.iter().filter(|w| w.window < row.slo.period.span()).collect();
    }
    list.truncate(room);
    list
}

fn window_line(row: &SloRow, verdict: &Verdict, window: &WindowStatus, w: usize, y: usize, pen: &mut Pen<'_>) {
    let charset = pen.look.glyphs.charset;
    let burn = window.burn_rate.unwrap_or(f64::NAN);
    let tier = tier_of(&row.slo, verdict, window.window);
    let level = tier.and_then(|(t, _)| t.factor.to_f64());
    pen.put_right(7, y, 6, &time::window(window.window), Role::Text);
    pen.put_right(15, y, 7, &units::burn_x(burn), burn_role(burn));
    let drawn = bar::marked(burn, level, Scale::BURN, w, charset);
    pen.put(17, y, &drawn, if burn.is_nan() { Role::Faint } else { bar_role(burn, level) });
    let (text, role) = standing(pen.look.words, burn, tier, window);
    pen.put_cut(17 + w + 1, y, pen.width().saturating_sub(17 + w + 1), &text, role);
}

/// Above its level a window has the look of its burn, below it is calm.
fn bar_role(burn: f64, level: Option<f64>) -> Role {
    if level.is_some_and(|l| burn > l) { burn_role(burn) } else { Role::Good }
}

/// The tier a window is told with: the one that confirms by it, else one that lets go by it; a firing one first.
fn tier_of<'a>(slo: &'a Slo, verdict: &'a Verdict, window: Span) -> Option<(&'a Tier, Option<&'a TierVerdict>)> {
    let of = |i: usize| verdict.tiers.iter().find(|t| t.tier == i);
    let mut uses: Vec<_> = slo.tiers.iter().enumerate().filter(|(_, t)| t.long == window || t.short == window).collect();
    uses.sort_by_key(|(i, t)| (!of(*i).is_some_and(|v| v.firing), t.long != window));
    uses.first().map(|(i, t)| (*t, of(*i)))
}

pub(super) fn standing(
    w: Words,
    burn: f64,
    tier: Option<(&Tier, Option<&TierVerdict>)>,
    window: &WindowStatus,
) -> (String, Role) {
    let Some((tier, verdict)) = tier else { return (String::new(), Role::Faint) };
    let level = format!("{}x", tier.factor.normalize());
    if verdict.is_some_and(|v| v.firing) {
        return (w.fill("{} {} FIRING", &[&level, &tier.severity]), Role::P0);
    }
    if let Some(held) = verdict.and_then(|v| v.held_back_by) {
        return (w.fill("{} held: {}", &[&level, &w.held(held)]), Role::P2);
    }
    if burn.is_nan() {
        let why = if window.coverage > 0.0 { "no traffic" } else { "no data" };
        return (format!("{level} {}", w.say(why)), Role::Faint);
    }
    let above = tier.factor.to_f64().is_some_and(|f| burn > f);
    if above { (w.fill("above {}", &[&level]), Role::P2) } else { (w.fill("below {}", &[&level]), Role::Faint) }
}

/// Breach rules with their values, latency, and what makes the numbers doubtful, as far as there is room.
fn below_windows(model: &Model, row: &SloRow, verdict: &Verdict, from: usize, pen: &mut Pen<'_>) {
    let room = pen.height().saturating_sub(3).saturating_sub(from);
    let rules =
        verdict.breaches.iter().filter_map(|b| row.slo.breach.get(b.rule).map(|rule| breach_line(model.look.words, b, rule)));
    let width = pen.width().saturating_sub(2);
    let wrapped = |(text, role): (String, Role)| {
        words::width::wrap(&words::escape::terminal(&text), width).into_iter().map(move |line| vec![piece(line, role)])
    };
    let lines = rules.chain(notes(model, row, verdict).into_iter().flat_map(wrapped));
    for (i, line) in lines.take(room).enumerate() {
        pen.pieces(1, from + i, &line);
    }
}

pub(super) fn breach_line(w: Words, b: &BreachVerdict, rule: &BreachRule) -> Vec<(String, Role)> {
    let (state, role) = match (b.firing, b.held_back_by, b.is_true) {
        (true, ..) => ("FIRING", Role::P0),
        (false, Some(HeldBack::Unconfirmed), _) => ("not confirmed", Role::P2),
        (false, Some(HeldBack::ObserveMode), _) => ("observed", Role::P2),
        (false, _, true) => ("above", Role::P2),
        (false, _, false) => ("below", Role::Faint),
    };
    let value = b.value.map_or_else(
        || units::UNKNOWN.into(),
        |v| match rule.level {
            Level::QuantileTimes(..) | Level::QuantileSeconds(..) => units::latency(v),
            Level::ErrorRatio(_) => units::percent_auto(v),
            Level::Burn(_) => units::burn_x(v),
            Level::Value(_) | Level::Spike(_) => units::number(v),
        },
    );
    let least = if b.at_least { ">=" } else { "" };
    vec![
        piece(format!("{} {}", rule.severity, w.rule(rule)), Role::Text),
        piece(format!("  {least}{value} "), Role::Strong),
        piece(w.say(state), role),
    ]
}

/// Latency and value as measured, and what a reader should know before trusting a zero.
pub(super) fn notes(model: &Model, row: &SloRow, verdict: &Verdict) -> Vec<(String, Role)> {
    let (mut out, w) = (Vec::new(), model.look.words);
    out.extend(w.excluded(&row.slo, verdict.at, model.look.zone).map(|line| (line, Role::P2)));
    if let Some(l) = &verdict.latency {
        let one = |q: Quantile| format!("{}{}", if q.at_least { ">=" } else { "" }, units::latency(q.seconds));
        out.push((w.fill("p50 {}   p95 {}   p99 {}   over 5m", &[&one(l.p50), &one(l.p95), &one(l.p99)]), Role::Text));
    }
    out.extend(verdict.value.map(|v| (w.fill("value now {}", &[&units::number(v)]), Role::Text)));
    if verdict.errors_never_seen {
        out.push((w.say("no error was ever seen: is the selector right?").into(), Role::P2));
    }
    if verdict.partial {
        out.push((w.say("some targets sent nothing in the last slice").into(), Role::P2));
    }
    out.extend(row.doubts.iter().map(|doubt| (w.retold(doubt).into_owned(), Role::P2)));
    out
}

/// Two lines at the bottom: what is left of the budget, and when it is gone at which rate.
fn budget_below(model: &Model, row: &SloRow, verdict: &Verdict, pen: &mut Pen<'_>) {
    let y = pen.height().saturating_sub(2);
    pen.put_cut(1, y, pen.width().saturating_sub(1), &budget_words(model.look.words, row, verdict), Role::Text);
    pen.put_cut(1, y + 1, pen.width().saturating_sub(1), &exhaust_words(model, row, verdict), Role::Text);
}

/// `budget 57.9% left = 1,204 of 2,080 bad events`.
pub(super) fn budget_words(w: Words, row: &SloRow, verdict: &Verdict) -> String {
    let budget = &verdict.budget;
    let Some(left) = budget.remaining else { return w.say("budget not known: no traffic in the period").into() };
    let spent = if row.slo.target.is_some() { "  {} of {} bad events spent" } else { "  {} of {} occurrences spent" };
    let events = budget.allowed.map(|allowed| match budget.slice {
        Some(slice) => {
            let (bad, allowed) = (words::budget::lasting(budget.bad, slice), words::budget::lasting(allowed, slice));
            w.fill("  {} of {} spent", &[&bad, &allowed])
        }
        // A budget of less than an event is not a budget of 0.
        None if allowed < 1.0 => w.fill(spent, &[&units::short(budget.bad), &units::number(allowed)]),
        None => w.fill(spent, &[&units::short(budget.bad), &units::short(allowed)]),
    });
    w.fill("budget {} left{}", &[&units::percent_auto(left), &events.unwrap_or_default()])
}

/// What is left, and no more; nothing where it is not known.
pub(super) fn budget_left(w: Words, verdict: &Verdict) -> String {
    verdict.budget.remaining.map(|left| w.fill("budget {} left{}", &[&units::percent_auto(left), &""])).unwrap_or_default()
}

/// What is left and when it will be gone, in as many words as fit: first the events go, then what is left.
pub(super) fn budget_and_end(w: Words, row: &SloRow, verdict: &Verdict, exhausts: &str, room: usize) -> String {
    let forms = [budget_words(w, row, verdict), budget_left(w, verdict)];
    let mut lines = forms.iter().filter(|form| !form.is_empty()).map(|form| format!("{form}   {exhausts}"));
    let fits = lines.find(|line| words::width::columns(line) <= room);
    let only = if exhausts.is_empty() { &forms[0] } else { exhausts };
    fits.unwrap_or_else(|| only.to_string())
}

/// When the budget is gone at the rate of 5 minutes and of an hour.
pub(super) fn exhaust_words(model: &Model, row: &SloRow, verdict: &Verdict) -> String {
    let Some(left) = verdict.budget.remaining else { return String::new() };
    let w = model.look.words;
    if left <= 0.0 {
        return w.say("the budget is spent").into();
    }
    let period = row.slo.period.span();
    // By the calendar what is left is asked of the judge, who knows when it ends; so it is for slices, which burn by themselves.
    if verdict.budget.until.is_some() || verdict.budget.slice.is_some() {
        let ends = verdict.budget.until.map(|until| w.fill(", ends {}", &[&model.look.zone.near(until, model.wall())]));
        let left = verdict.budget.exhausts_in_seconds.and_then(time::from_secs).map(|left| verdict.at + left);
        return match left {
            Some(at) => {
                w.fill("exhausts {} at the 1h rate{}", &[&model.look.zone.near(at, model.wall()), &ends.unwrap_or_default()])
            }
            None => w.fill("lasts the period at the 1h rate{}", &[&ends.unwrap_or_default()]),
        };
    }
    let at = |name: &str, seconds: i64| {
        let burn = burn_over(verdict, seconds).filter(|b| *b > 0.0)?;
        let span = time::from_secs(left * period.secs_f64() / burn)?;
        let when = model.look.zone.near(verdict.at + span, model.wall());
        (span <= period).then(|| w.fill("{} at the {} rate", &[&when, &name]))
    };
    let list: Vec<String> = [at("5m", 300), at("1h", 3600)].into_iter().flatten().collect();
    if list.is_empty() {
        w.fill("exhausts not within {} at the present rates", &[&time::window(period)])
    } else {
        w.fill("exhausts {}", &[&list.join(", ")])
    }
}

/// Three lines for small terminals.
fn compact(model: &Model, row: &SloRow, verdict: &Verdict, pen: &mut Pen<'_>) {
    let mut x = 1;
    for window in shown(row, verdict, 8) {
        let burn = window.burn_rate.unwrap_or(f64::NAN);
        let firing = tier_of(&row.slo, verdict, window.window).is_some_and(|(_, v)| v.is_some_and(|v| v.firing));
        let text = format!("{} {}", time::window(window.window), units::burn_x(burn));
        let mark = if firing { words::width::columns(model.look.words.say("FIRING")) + 1 } else { 0 };
        if x + text.len() + mark >= pen.width() {
            break;
        }
        x = pen.put(x, 0, &text, burn_role(burn));
        x = if firing { pen.put(x + 1, 0, model.look.words.say("FIRING"), Role::P0) } else { x } + 3;
    }
    let budget = budget_words(model.look.words, row, verdict);
    let exhaust = exhaust_words(model, row, verdict);
    let joined = Some(budget_and_end(model.look.words, row, verdict, &exhaust, pen.width().saturating_sub(2)));
    let joined = joined.filter(|line| line.starts_with(&*budget_left(model.look.words, verdict)));
    pen.put_cut(1, 1, pen.width().saturating_sub(2), joined.as_ref().unwrap_or(&budget), Role::Text);
    if joined.is_none() {
        pen.put_cut(1, 2, pen.width().saturating_sub(2), &exhaust, Role::Text);
        return;
    }
    if let Some((text, role)) = notes(model, row, verdict).last() {
        pen.put_cut(1, 2, pen.width().saturating_sub(2), text, *role);
        return;
    }
    let x = pen.put(1, 2, &time::window(model.sparks_span()), Role::Faint) + 1;
    let room = pen.width().saturating_sub(x + 2);
    let drawn = spark::spark(model.spark_of(row), room, Scale::BURN, pen.look.glyphs.charset);
    pen.put(x, 2, &drawn, burn_chart::role(row));
}
