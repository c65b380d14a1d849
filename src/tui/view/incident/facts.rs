//! The facts of an incident: how long, what it costs, what it does to the budget and to users.

use crate::domain::base::{Interval, Span};
use crate::domain::incident::Phase;
use crate::domain::view::IncidentView;
use crate::tui::model::ticker::Ticked;
use crate::tui::model::{Model, ticker};
use crate::tui::theme::Role;
use crate::tui::view::banners;
use crate::tui::view::pen::Pen;
use crate::words::{Words, money, time, units, width};

/// A name and its value.
type Fact = (&'static str, String, Role);

/// From so many columns on the facts stand in four columns.
const WIDE: usize = 116;

/// What each of the four columns gets of the width: what users lost needs least, times to come most.
const SHARES: [usize; 4] = [29, 29, 32, 27];

/// Rows the facts take: with air around them where there is room.
pub(super) const fn rows(columns: usize, height: usize) -> usize {
    match (columns >= WIDE, height >= 26) {
        (true, true) => 5,
        (true, false) => 3,
        (false, _) => 4,
    }
}

pub(super) fn draw(model: &Model, view: &IncidentView, pen: &mut Pen<'_>) {
    let ticked = ticker::tick(view, model.wall(), banners::is_stale(model));
    let columns = [times(model, view), cost(model, view, ticked), budget(model, view), users(model.look.words, view)];
    if pen.width() >= WIDE {
        let top = usize::from(pen.height() >= 5);
        let (w, all) = (pen.width() - 3, SHARES.iter().sum::<usize>());
        let mut before = 0;
        for (column, share) in columns.iter().zip(SHARES) {
            let (x, end) = (before * w / all, (before + share) * w / all);
            draw_column(column, 3 + x, top, (end - x).saturating_sub(2), pen);
            before += share;
        }
        return;
    }
    // Two columns: each line takes what fits.
    let w = (pen.width() - 2) / 2;
    let [times, cost, budget, users] = columns;
    draw_column(&times, 2, 0, w - 1, pen);
    draw_column(&cost, 2 + w, 0, w - 1, pen);
    let joined = |facts: &[Fact]| facts.iter().map(|(name, value, _)| format!("{name} {value}")).collect::<Vec<_>>().join("   ");
    let last = if budget.is_empty() { joined(&users) } else { joined(&budget) };
    let users = joined(&users[..users.len().min(2)]);
    let both = format!("{last}   {users}");
    let fits = width::columns(&both) + 3 <= pen.width() && !budget.is_empty();
    pen.put_cut(2, 3, pen.width() - 3, if fits { &both } else { &last }, Role::Text);
}

fn draw_column(facts: &[Fact], x: usize, top: usize, w: usize, pen: &mut Pen<'_>) {
    let names = facts.iter().map(|(name, ..)| width::columns(name)).max().unwrap_or(0);
    for (i, (name, value, role)) in facts.iter().enumerate() {
        pen.put_cut(x, top + i, names, name, Role::Faint);
        pen.put_cut(x + names + 2, top + i, w.saturating_sub(names + 2), value, *role);
    }
}

/// How long it lasts, when it was seen, who has it.
fn times(model: &Model, view: &IncidentView) -> Vec<Fact> {
    let incident = &view.incident;
    let m = incident.milestones;
    let over =
        m.resolved.or(m.mitigated).filter(|_| !matches!(incident.phase, Phase::Open | Phase::Acknowledged | Phase::Suspected));
    let end = over.unwrap_or_else(|| model.wall());
    let lasted = Model::since(view).map_or_else(|| units::UNKNOWN.into(), |since| time::stopwatch(end.since(since)));
    let w = model.look.words;
    let mut out: Vec<Fact> = vec![(w.say(if over.is_some() { "lasted" } else { "open for" }), lasted, Role::Strong)];
    let detected = match (incident.is_proactive(), incident.time_to_detect()) {
        (true, _) => w.say("before users were hurt").into(),
        (_, Some(span)) => format!("+{}", time::span(span)),
        (_, None) => units::UNKNOWN.into(),
    };
    out.push((w.say("detected"), detected, Role::Text));
    out.push(acknowledged(model, view));
    out
}

fn acknowledged(model: &Model, view: &IncidentView) -> Fact {
    let (m, w) = (view.incident.milestones, model.look.words);
    match (&view.incident.acknowledged_by, view.incident.phase) {
        (Some((who, at)), _) => {
            let after = m.paged.or(m.detected).map(|from| format!("+{} ", time::span(at.since(from)))).unwrap_or_default();
            (w.say("acked"), w.fill("{}by {}", &[&after, who]), Role::Text)
        }
        (None, Phase::Open) => {
            let waited = m.paged.or(m.detected).map_or(Span::ZERO, |from| model.wall().since(from));
            let waited_words = time::span(waited);
            let told = match view.acknowledge_within {
                Some(within) if waited > within => w.fill("{}, due {}!", &[&waited_words, &within]),
                Some(within) => w.fill("{}, due {}", &[&waited_words, &within]),
                None => w.fill("for {}", &[&waited_words]),
            };
            (w.say("no ack"), told, Role::Problem)
        }
        (None, _) => (w.say("acked"), w.say("by nobody").into(), Role::Text),
    }
}

/// Until when the recorded figures may still change.
pub(super) fn provisional(model: &Model, view: &IncidentView) -> Option<String> {
    let until = view.cost.as_ref()?.sheet.provisional_until.filter(|until| *until > model.wall())?;
    Some(model.look.zone.near(until, model.wall()))
}

/// What it costs, ticking.
fn cost(model: &Model, view: &IncidentView, ticked: Option<Ticked>) -> Vec<Fact> {
    let w = model.look.words;
    let Some(t) = ticked else {
        let none = w.say(money::NOT_ESTIMATED).into();
        return vec![(w.say("cost"), none, Role::Text), (w.say("rate"), units::UNKNOWN.into(), Role::Faint)];
    };
    let so_far = t.so_far.map_or_else(|| w.say(money::NOT_ESTIMATED).into(), money::whole);
    let partial = view.cost.as_ref().is_some_and(|c| !c.sheet.complete && t.so_far.is_some());
    let so_far = if partial { w.fill("at least {}", &[&so_far]) } else { so_far };
    let mut out: Vec<Fact> = vec![(w.say("cost"), so_far, Role::Strong)];
    out.push(match (t.per_minute, provisional(model, view)) {
        (Some(rate), _) => (w.say("rate"), w.fill("+{}/min", &[&money::brief(rate)]), Role::Text),
        (None, Some(until)) => (w.say("final"), w.fill("not before {}", &[&until]), Role::Text),
        (None, None) => (w.say("rate"), units::UNKNOWN.into(), Role::Text),
    });
    match (t.projected_since, view.cost.as_ref().map(|c| &c.sheet)) {
        (Some(at), _) => {
            out.push((w.say("projected"), w.fill("since {}", &[&model.look.zone.clock(at)]), Role::Problem));
        }
        (None, Some(sheet)) => {
            let range = sheet.low.zip(sheet.high).filter(|(l, h)| l != h);
            let range = range.map_or_else(|| units::UNKNOWN.into(), |(l, h)| money::brief_range(l, h, sheet.currency));
            out.push((w.say("range"), range, Role::Text));
        }
        (None, None) => {}
    }
    out
}

fn budget(model: &Model, view: &IncidentView) -> Vec<Fact> {
    let spent = view.impact.as_ref().and_then(|i| i.budget_spent.iter().map(|(_, s)| *s).reduce(f64::max));
    let (mut out, w): (Vec<Fact>, Words) = (Vec::new(), model.look.words);
    out.extend(spent.map(|s| (w.say("budget"), w.fill("{} spent by this", &[&units::percent_auto(s)]), Role::Text)));
    if let Some(left) = view.budget_remaining {
        out.push((w.say("left"), units::percent_auto(left), if left <= 0.0 { Role::P0 } else { Role::Text }));
    }
    if let Some(span) = view.exhausts_in_seconds.and_then(time::from_secs) {
        let words = if span <= Span::ZERO {
            w.say("already gone").into()
        } else {
            // Counted from the evaluation that said so, not from a later now.
            let from = model.shown().and_then(|s| s.at).unwrap_or_else(|| model.wall());
            format!("{} ({})", model.look.zone.near(from + span, model.wall()), time::span(span))
        };
        out.push((w.say("exhausts"), words, Role::Text));
    }
    out
}

/// What users lost, and whose it is.
fn users(w: Words, view: &IncidentView) -> Vec<Fact> {
    let mut out: Vec<Fact> = Vec::new();
    if let Some(impact) = &view.impact {
        out.push((w.say("failed"), units::count(impact.bad), Role::Strong));
        if let Some(total) = impact.total.filter(|t| *t > 0.0) {
            let of = format!("{} ({})", units::count(total), units::percent_auto(impact.bad / total));
            out.push((w.say("of"), of, Role::Text));
        } else {
            let span = Interval::union_span(impact.intervals.iter().copied());
            out.push((w.say("within"), time::span(span), Role::Text));
        }
    }
    out.extend(view.owner.as_ref().map(|o| (w.say("owner"), o.to_string(), Role::Text)));
    out.extend(view.runbook.as_ref().filter(|_| out.len() < 3).map(|r| (w.say("runbook"), r.to_string(), Role::Text)));
    out
}
