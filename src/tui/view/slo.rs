//! One SLO: its burn against the levels over any stretch of time, how its budget was spent and when it will be gone, and
//! each rule with what it needs to fire.

use super::burn_chart;
use super::columns::{name_of, tag_of};
use super::detail::{breach_line, budget_and_end, estimated, exhaust_words, notes, standing, unjudged};
use super::layout;
use super::pen::{Pen, piece};
use super::plot::{self, Axes, Curve, LABELS, Mark};
use crate::chart::{Scale, spark};
use crate::domain::base::{Ms, Span};
use crate::domain::judge::{TierVerdict, Verdict};
use crate::domain::objective::Tier;
use crate::domain::view::{Past, SloRow};
use crate::tui::model::list::burn_over;
use crate::tui::model::{Fetch, Model, SloPanel};
use crate::tui::theme::Role;
use crate::words::{Words, time, units};
use rust_decimal::prelude::ToPrimitive;

/// Rows of a chart at least: rule, four of curve, axis and times.
const LEAST_CHART: usize = 7;

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let Some(row) = model.slo_row() else { return gone(model, pen) };
    title(row, pen);
    let Some(verdict) = row.verdict.as_deref() else {
        return unjudged(row, &mut pen.part(0, 2, usize::MAX, usize::MAX));
    };
    let told = facts(model, row, verdict, pen);
    let mut rest = pen.part(0, 1 + told, usize::MAX, usize::MAX);
    let rules = rules(model, row, verdict);
    if rest.height() > 2 * LEAST_CHART + rules.len() && rest.width() >= 100 {
        return all(model, row, verdict, &rules, &mut rest);
    }
    match model.slo.panel {
        SloPanel::Burn => burn(model, row, &mut rest),
        SloPanel::Budget => budget(model, row, verdict, &mut rest),
        SloPanel::Windows => windows(model, &rules, &mut rest),
    }
}

/// The SLO is not in force any more.
fn gone(model: &Model, pen: &mut Pen<'_>) {
    let name = model.slo.track.as_ref().map(|t| t.slo.to_string()).unwrap_or_default();
    let w = model.look.words;
    pen.rule(0, &[piece(name, Role::Title)], w.say("Esc back"));
    pen.put(2, 2, w.say("This SLO is not in force any more."), Role::Text);
}

/// The three panels below each other; the burn gets what the others leave.
fn all(model: &Model, row: &SloRow, verdict: &Verdict, rules: &[Line], pen: &mut Pen<'_>) {
    let windows_rows = rules.len() + 1;
    let charts = pen.height().saturating_sub(windows_rows);
    let spent = (charts * 2 / 5).max(LEAST_CHART);
    burn(model, row, &mut pen.part(0, 0, usize::MAX, charts - spent));
    budget(model, row, verdict, &mut pen.part(0, charts - spent, usize::MAX, spent));
    windows(model, rules, &mut pen.part(0, charts, usize::MAX, windows_rows));
}

fn title(row: &SloRow, pen: &mut Pen<'_>) {
    let (tag, role) = tag_of(row);
    let mut title = vec![piece(tag, role), piece(format!(" {}", name_of(row)), Role::Title)];
    title.extend(estimated(pen.look.words, row));
    pen.rule(0, &title, pen.look.words.say("j/k next SLO   Esc back"));
}

/// Target and period, what was counted in it and whose it is; below it what is left and when it will be gone, which a low
/// screen has alone. Returns how many rows were taken.
fn facts(model: &Model, row: &SloRow, verdict: &Verdict, pen: &mut Pen<'_>) -> usize {
    let w = model.look.words;
    let room = pen.width().saturating_sub(3);
    let y = if pen.height() >= 16 { 2 } else { 1 };
    if y == 2 {
        pen.put_cut(2, 1, room, &measured(w, row, verdict), Role::Text);
    }
    let exhausts = exhaust_words(model, row, verdict);
    let text = budget_and_end(w, row, verdict, &exhausts, room);
    pen.put_cut(2, y, room, &text, Role::Text);
    y
}

/// `99.9% 30d events   SLI now 94.20%   99.958% good   owner payments`.
fn measured(w: Words, row: &SloRow, verdict: &Verdict) -> String {
    let target = row.slo.target.map(|t| format!("{t} ")).unwrap_or_default();
    let first = format!("{target}{} {}", time::window(row.slo.period.span()), w.kind(&row.slo.sli));
    let five = verdict.windows.iter().find(|w| w.window == Span::from_mins(5)).and_then(|w| w.error_ratio);
    let now = five.map(|e| w.fill("good over 5m {}", &[&units::percent_auto(1.0 - e)]));
    let budget = &verdict.budget;
    let good = budget.total.filter(|t| *t > 0.0).map(|total| {
        let share = units::percent_auto(1.0 - budget.bad / total);
        w.fill("over {} {}", &[&time::window(row.slo.period.span()), &share])
    });
    let owner = row.owner.as_ref().map(|o| w.fill("owner {}", &[o]));
    [Some(first), now, good, owner].into_iter().flatten().collect::<Vec<_>>().join("   ")
}

/// The title of a panel; on a small screen it is the one that `Tab` has brought.
fn head(model: &Model, panel: SloPanel, text: &str, remark: &str, pen: &mut Pen<'_>) {
    let role = if model.slo.panel == panel { Role::Active } else { Role::Title };
    pen.rule(0, &[piece(text, role)], remark);
}

fn burn(model: &Model, row: &SloRow, pen: &mut Pen<'_>) {
    let tab = &model.slo;
    let (way, stretch) = (if tab.linear { "linear" } else { "log" }, tab.stretch);
    let w = model.look.words;
    let place = if stretch.end.is_some() { w.say("   0 back to now") } else { "" };
    let (window, span) = (time::window(tab.window()), time::window(stretch.span()));
    let text = match stretch.end.map(|end| model.look.zone.near(end, model.wall())) {
        None => w.fill("BURN {}, last {} ({})", &[&window, &span, &w.say(way)]),
        Some(end) => w.fill("BURN {}, {} up to {} ({})", &[&window, &span, &end, &w.say(way)]),
    };
    let remark = tab.cursor.and_then(|at| under(model, at));
    let remark = remark.unwrap_or_else(|| w.fill("[ ] pan   +/- zoom   w window{}", &[&place]));
    head(model, SloPanel::Burn, &text, &remark, pen);
    let mut chart = pen.part(0, 1, usize::MAX, usize::MAX);
    let Some(past) = ready(&tab.burn, &mut chart) else { return };
    let Some(values) = past.rows.first().map(|r| &r.values) else { return nothing(&mut chart) };
    let scale = if tab.linear { linear(values) } else { Scale::BURN };
    let strip = tab.strip.past().and_then(|p| p.rows.first()).filter(|_| chart.height() >= 8);
    let height = chart.height() - usize::from(strip.is_some());
    let (timed, marks) = (plot::columns(&chart), burn_chart::marks(&row.slo, scale, tab.levels, &chart));
    let axes = Axes { scale, marks, from: past.from, to: past.to, timed, events: burn_chart::events(model, row) };
    let curve = Curve { values, role: burn_chart::role(row), columns: 0..timed, sparse: false };
    plot::draw(&axes, &[curve], model.look.zone, &mut chart.part(0, 0, usize::MAX, height));
    if let Some((cell, _)) = tab.cursor.and_then(|at| value_at(past, at)) {
        let (x, sign) = (LABELS + 1 + cell * timed / values.len().max(1), chart.look.glyphs.axis);
        for y in 0..height.saturating_sub(2) {
            chart.put(x, y, sign, Role::Strong);
        }
        chart.put(x, height.saturating_sub(2), "^", Role::Strong);
    }
    if let Some(strip) = strip {
        let drawn = spark::spark(&strip.values, plot::columns(&chart), Scale::BURN, chart.look.glyphs.charset);
        chart.put_right(LABELS, height, LABELS, "5m", Role::Faint);
        chart.put(LABELS + 1, height, &drawn, burn_chart::role(row));
    }
}

/// The place of an instant in an answer, and the value that was read there.
fn value_at(past: &Past, at: Ms) -> Option<(usize, f64)> {
    let values = &past.rows.first()?.values;
    // A value is read at the end of its cell.
    let cell = (at.since(past.from).0 - 1).div_euclid(past.cell.0.max(1));
    let cell = usize::try_from(cell).ok().filter(|cell| *cell < values.len())?;
    Some((cell, f64::from(values[cell])))
}

/// What the cursor stands on, in words.
fn under(model: &Model, at: Ms) -> Option<String> {
    let (tab, zone) = (&model.slo, model.look.zone);
    let (_, burn) = value_at(tab.burn.past()?, at)?;
    let short = tab.strip.past().and_then(|p| value_at(p, at)).map_or(f64::NAN, |(_, burn)| burn);
    let when = if zone.same_day(at, model.wall()) { zone.clock(at) } else { zone.day_minute(at) };
    let told = format!("{when}   {} {}   5m {}", time::window(tab.window()), units::burn_x(burn), units::burn_x(short));
    Some(model.look.words.fill("{}   , . sample   5 replay   v off", &[&told]))
}

/// From nothing to a tenth above the greatest value.
fn linear(values: &[f32]) -> Scale {
    let top = values.iter().copied().filter(|v| v.is_finite()).fold(1.0_f32, f32::max);
    Scale::Linear { low: 0.0, high: f64::from(top) * 1.1 }
}

/// How the budget of the period was spent; beyond now, the ways it goes on at the present rates.
fn budget(model: &Model, row: &SloRow, verdict: &Verdict, pen: &mut Pen<'_>) {
    let period = row.slo.period.span();
    let w = model.look.words;
    let text = w.fill("ERROR BUDGET, {}", &[&time::window(period)]);
    head(model, SloPanel::Budget, &text, w.say("spent so far, then at the rate of 1h and of 5m"), pen);
    let mut chart = pen.part(0, 1, usize::MAX, usize::MAX);
    let Some(past) = ready(&model.slo.budget, &mut chart) else { return };
    let (Some(values), Some(left)) = (past.rows.first().map(|r| &r.values), verdict.budget.remaining) else {
        return nothing(&mut chart);
    };
    let columns = plot::columns(&chart);
    let (before, after) = layout::budget_columns(columns);
    let ways: Vec<Way> = [(3600, Role::P1), (300, Role::P0)].into_iter().filter_map(|w| way(verdict, left, period, w)).collect();
    let horizon = ways.iter().map(|w| w.gone).filter(|g| *g <= period).max().map_or(period, |g| Span(g.0 + g.0 / 10));
    let low = if left < 0.0 { left.max(-2.0) } else { 0.0 };
    let scale = Scale::Linear { low, high: 1.0 };
    let axes = Axes { scale, marks: shares(low, &chart), from: past.from, to: past.to, timed: before, events: Vec::new() };
    let drawn: Vec<(Role, Vec<f32>)> = ways.iter().map(|w| (w.role, w.values(left, horizon, after * 2))).collect();
    let now = Curve { values, role: Role::Good, columns: 0..before, sparse: false };
    let then = drawn.iter().map(|(role, values)| Curve { values, role: *role, columns: before..columns, sparse: true });
    let curves: Vec<Curve<'_>> = std::iter::once(now).chain(then).collect();
    plot::draw(&axes, &curves, model.look.zone, &mut chart);
    times(model, verdict, horizon, (before, columns), &mut chart);
}

/// Below the chart the past ends at `now`, and the future has its own measure.
fn times(model: &Model, verdict: &Verdict, horizon: Span, (before, columns): (usize, usize), chart: &mut Pen<'_>) {
    let y = chart.height().saturating_sub(1);
    let now = crate::words::width::right(model.look.words.say("now"), 12, "");
    chart.put_right(LABELS + 1 + before, y, 12, &now, Role::Strong);
    let end = model.look.zone.near(verdict.at + horizon, model.wall());
    chart.put_right(LABELS + 1 + columns, y, 14, &end, Role::Faint);
}

/// How a budget goes on at one rate.
struct Way {
    role: Role,
    /// Time until nothing is left.
    gone: Span,
}

fn way(verdict: &Verdict, left: f64, period: Span, (seconds, role): (i64, Role)) -> Option<Way> {
    let burn = burn_over(verdict, seconds).filter(|b| *b > 0.0 && left > 0.0)?;
    Some(Way { role, gone: time::from_secs(left * period.secs_f64() / burn)? })
}

impl Way {
    /// From what is left now down to nothing, over `horizon`.
    fn values(&self, left: f64, horizon: Span, points: usize) -> Vec<f32> {
        let gone = self.gone.secs_f64().max(1.0);
        let at = |i: usize| left * (1.0 - horizon.secs_f64() * i as f64 / points.max(1) as f64 / gone);
        (0..points).map(at).map(|v| if v < 0.0 { f32::NAN } else { v as f32 }).collect()
    }
}

fn shares(low: f64, pen: &Pen<'_>) -> Vec<Mark> {
    let mark = |level: f64, sign| Mark { level, name: units::percent(level, 0), sign };
    let zero = mark(0.0, Some(pen.look.glyphs.page_level));
    let mut out = vec![zero, mark(1.0, None), mark(0.5, None)];
    if low < 0.0 {
        out.push(mark(low, None));
    }
    out
}

/// The answer, or words for why there is none yet.
fn ready<'a>(fetch: &'a Fetch, pen: &mut Pen<'_>) -> Option<&'a Past> {
    let past = fetch.past();
    if past.is_none() {
        let w = pen.look.words;
        let text =
            fetch.failed.as_ref().map_or(w.say("reading history").into(), |why| w.fill("not shown: {}", &[&w.retold(why)]));
        pen.put_cut(LABELS + 2, 1, pen.width().saturating_sub(LABELS + 3), &text, Role::Faint);
    }
    past.map(|p| &**p)
}

fn nothing(pen: &mut Pen<'_>) {
    pen.put(LABELS + 2, 1, pen.look.words.say("nothing is known of this stretch"), Role::Faint);
}

type Line = Vec<(String, Role)>;

/// A line for each tier and breach rule, and what a reader should know beside.
fn rules(model: &Model, row: &SloRow, verdict: &Verdict) -> Vec<Line> {
    let w = model.look.words;
    let tier = |(i, tier): (usize, &Tier)| tier_line(w, tier, verdict.tiers.iter().find(|v| v.tier == i), verdict);
    let tiers = row.slo.tiers.iter().enumerate().map(tier);
    let breaches = verdict.breaches.iter().filter_map(|b| row.slo.breach.get(b.rule).map(|rule| breach_line(w, b, rule)));
    let notes = notes(model, row, verdict).into_iter().map(|(text, role)| vec![piece(text, role)]);
    tiers.chain(breaches).chain(notes).collect()
}

fn tier_line(w: Words, tier: &Tier, told: Option<&TierVerdict>, verdict: &Verdict) -> Line {
    let burn = |b: Option<f64>| units::burn_x(b.unwrap_or(f64::NAN));
    let (long, short) = (told.and_then(|t| t.long_burn), told.and_then(|t| t.short_burn));
    let share = tier.factor.to_f64().unwrap_or(f64::NAN);
    let read = format!(
        "{}  {:>4} {:>7}   {:>4} {:>7}   ",
        tier.severity,
        time::window(tier.long),
        burn(long),
        time::window(tier.short),
        burn(short),
    );
    let words = read + &w.fill("needs both above {}   ", &[&format!("{:>6}", units::burn_x(share))]);
    let window = verdict.windows.iter().find(|w| w.window == tier.long);
    let state = window.map(|window| standing(w, long.unwrap_or(f64::NAN), Some((tier, told)), window));
    let (state, role) = state.unwrap_or_else(|| (w.say("not judged").into(), Role::Faint));
    vec![piece(words, Role::Text), piece(state, role)]
}

fn windows(model: &Model, rules: &[Line], pen: &mut Pen<'_>) {
    let w = model.look.words;
    head(model, SloPanel::Windows, w.say("RULES"), w.say("a tier fires when both windows are above its level"), pen);
    for (y, line) in rules.iter().take(pen.height().saturating_sub(1)).enumerate() {
        pen.pieces(2, y + 1, line);
    }
}
