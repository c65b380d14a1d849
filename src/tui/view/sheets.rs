//! Texts to be read in front of a screen: where an incident's cost comes from, and everything that is wrong.

use super::banners::held_back;
use super::pen::piece;
use super::what_if;
use crate::domain::base::{IncidentId, Ms, ProblemLevel};
use crate::domain::cost::{CostLine, CostSheet};
use crate::domain::measure::Plan;
use crate::domain::objective::{Side, Sli};
use crate::domain::view::{Snapshot, SourceState};
use crate::tui::model::{Model, Sheet};
use crate::tui::plain::role_words;
use crate::tui::theme::Role;
use crate::tui::update::expressions;
use crate::words::screen::OfCost;
use crate::words::width::wrap;
use crate::words::{Words, escape, money, time};
use std::sync::Arc;

type Line = Vec<(String, Role)>;

/// Columns of text on a terminal of so many.
pub(super) fn width(terminal: usize) -> usize {
    terminal.saturating_sub(4).clamp(1, 104)
}

pub(super) fn title(w: Words, sheet: Sheet) -> String {
    match sheet {
        Sheet::Log => w.say("what is wrong now").into(),
        Sheet::WhatIf => w.say("what fires by the rules in force, and by the others").into(),
        Sheet::Promql => w.say("what is asked of the source (copied)").into(),
        Sheet::About => concat!("burnledger ", env!("CARGO_PKG_VERSION")).into(),
        Sheet::Cost(id) => w.fill("cost of {}: estimates from declared numbers, not accounting", &[&id]),
    }
}

/// The text in lines of at most `w` columns.
pub(super) fn lines(model: &Model, sheet: Sheet, w: usize) -> Vec<Line> {
    match sheet {
        Sheet::Log => log(model, w),
        Sheet::Cost(id) => cost(model, id, w),
        Sheet::WhatIf => what_if::listed(model),
        Sheet::Promql => promql(model, w),
        Sheet::About => about(model, w),
    }
}

/// Which program this is, what it looks at and how it draws: what is asked first when a screen is not as somebody expects.
fn about(model: &Model, w: usize) -> Vec<Line> {
    let (mut out, words, zone) = (Vec::new(), model.look.words, model.look.zone);
    if let Some(snapshot) = &model.live {
        let environment = Some(&snapshot.environment).filter(|name| !name.is_empty());
        out.extend(environment.map(|name| vec![piece(words.fill("environment {}", &[&escape::terminal(name)]), Role::Strong)]));
        match &snapshot.attached {
            Some(attached) => paragraph(&mut out, 0, &words.fill("attached to {}", &[&attached.address]), Role::Text, w),
            None => paragraph(&mut out, 0, &role_words(words, &snapshot.role), Role::Text, w),
        }
        let slos = words.counted(snapshot.slos.len(), "SLO", "SLOs");
        let at = snapshot.at.map_or_else(|| words.say("never").to_owned(), |at| zone.full(at));
        paragraph(&mut out, 0, &words.fill("{}, judged last: {}", &[&slos, &at]), Role::Text, w);
        let held = words.counted(snapshot.incident_count, "incident", "incidents");
        paragraph(&mut out, 0, &words.fill("the ledger holds {}", &[&held]), Role::Text, w);
        sources(model, snapshot, w, &mut out);
    }
    let (look, (columns, rows)) = (&model.look, model.size);
    let charset = format!("{:?}", look.glyphs.charset).to_lowercase();
    let (colours, ground) = (look.theme.depth.name(), look.theme.ground.name());
    let screen = words.fill("terminal {}x{}, glyphs {}, colours {}, theme {}", &[&columns, &rows, &charset, &colours, &ground]);
    paragraph(&mut out, 0, &screen, Role::Faint, w);
    paragraph(
        &mut out,
        0,
        &words.fill("times in {}; orders are given by {}", &[&zone.offset(model.wall()), &look.who]),
        Role::Faint,
        w,
    );
    paragraph(&mut out, 0, words.say("`burnledger doctor` looks at files, source, ledger and receivers"), Role::Faint, w);
    out
}

/// A paragraph with an indent, broken at spaces.
fn paragraph(out: &mut Vec<Line>, indent: usize, text: &str, role: Role, w: usize) {
    let room = w.saturating_sub(indent).max(8);
    for line in wrap(&escape::terminal(text), room) {
        out.push(vec![piece(" ".repeat(indent), Role::Text), piece(line, role)]);
    }
}

/// The expressions of the SLO on the screen, how they are measured, and where they are written.
fn promql(model: &Model, w: usize) -> Vec<Line> {
    let (mut out, words) = (Vec::new(), model.look.words);
    let Some(row) = model.slo_row() else {
        paragraph(&mut out, 0, words.say("This SLO is not in force any more."), Role::Text, w);
        return out;
    };
    let slo = &row.slo;
    for (name, expr) in expressions(&slo.sli) {
        out.push(vec![piece(words.say(name), Role::Title)]);
        paragraph(&mut out, 2, &expr, Role::Strong, w);
    }
    match &slo.sli {
        Sli::Latency { under_seconds, .. } => {
            paragraph(&mut out, 0, &words.fill("good is what took at most {} s", &[&under_seconds.normalize()]), Role::Text, w);
        }
        Sli::Threshold { side, level, .. } => {
            let sign = if *side == Side::Below { "<" } else { ">" };
            paragraph(&mut out, 0, &words.fill("good while {} {}", &[&sign, level]), Role::Text, w);
        }
        Sli::Composite(_) => paragraph(&mut out, 0, words.say("made of other SLOs; nothing is asked for it"), Role::Text, w),
        Sli::Events { .. } | Sli::Occurrences { .. } | Sli::Ratio { .. } => {}
    }
    out.push(Vec::new());
    match &slo.plan {
        _ if slo.sli.composite().is_some() => {}
        Plan::Counted(_) => {
            paragraph(&mut out, 0, words.say("counted from raw samples, series by series, with resets"), Role::Text, w);
        }
        Plan::Asked { why, .. } => {
            paragraph(&mut out, 0, &words.fill("evaluated by the server: {}", &[&words.retold(why)]), Role::Text, w);
        }
    }
    let source = slo.source.as_deref().unwrap_or(words.say("the default one"));
    paragraph(&mut out, 0, &words.fill("source {}, written in {}", &[&source, &slo.file]), Role::Faint, w);
    paragraph(&mut out, 0, &words.fill("`burnledger explain {}` tells it in numbers", &[&slo.id]), Role::Faint, w);
    out
}

fn sheet_of(model: &Model, id: IncidentId) -> Option<Arc<CostSheet>> {
    let opened = || model.opened.as_ref().filter(|v| v.incident.id == id);
    let view = model.incident_of(id).or_else(opened)?;
    view.cost.as_ref().map(|c| Arc::clone(&c.sheet)).or_else(|| view.incident.cost.clone().map(Arc::new))
}

fn cost(model: &Model, id: IncidentId, w: usize) -> Vec<Line> {
    let (mut out, words) = (Vec::new(), model.look.words);
    let Some(sheet) = sheet_of(model, id) else {
        let none = words.say("Not estimated: no business file prices what this incident hurt.");
        paragraph(&mut out, 0, none, Role::Text, w);
        return out;
    };
    for line in &sheet.lines {
        cost_line(words, &mut out, line, w);
    }
    for missing in &sheet.not_estimated {
        let (what, why) = words.missing(missing);
        let text = if why.is_empty() { what } else { words.fill("{}: {}", &[&what, &why]) };
        paragraph(&mut out, 0, &words.fill("not estimated: {}", &[&text]), Role::P1, w);
    }
    if !sheet.assumptions.is_empty() {
        out.push(vec![piece(words.say("assumptions"), Role::Title)]);
        for text in &sheet.assumptions {
            paragraph(&mut out, 2, &words.of_cost(text, OfCost::Assumption), Role::Faint, w);
        }
    }
    out
}

fn cost_line(words: Words, out: &mut Vec<Line>, line: &CostLine, w: usize) {
    let subject = line.subject.as_ref().map(|s| format!(" {s}")).unwrap_or_default();
    let range = line.low.zip(line.high).map(|(low, high)| format!("  ({})", money::brief_range(low, high, line.amount.currency)));
    let memo = if line.memo { words.say("  shown, not added") } else { "" };
    let (what, basis) = (words.component(&line.component), words.basis(line.basis));
    let head = format!("{what}{subject}  {}{}  {basis}{memo}", money::exact(line.amount), range.unwrap_or_default());
    paragraph(out, 0, &head, Role::Strong, w);
    paragraph(out, 2, &words.of_cost(&line.formula, OfCost::Formula), Role::Text, w);
    for input in &line.inputs {
        let (name, source) = (words.of_cost(&input.name, OfCost::Input), words.of_cost(&input.source, OfCost::Remark));
        let value = words.of_cost(&input.value, OfCost::Remark);
        let text = format!("{name} = {value}  {}, {source}", words.basis(input.basis));
        paragraph(out, 4, &text, Role::Faint, w);
    }
    if let Some(note) = &line.note {
        paragraph(out, 2, &words.of_cost(note, OfCost::Remark), Role::Faint, w);
    }
    out.push(Vec::new());
}

/// Problems are told as they are now, even over a held picture or a replay.
fn log(model: &Model, w: usize) -> Vec<Line> {
    let (mut out, words) = (Vec::new(), model.look.words);
    let Some(snapshot) = &model.live else { return vec![vec![piece(words.say("Nothing has come yet."), Role::Faint)]] };
    sources(model, snapshot, w, &mut out);
    let ledger = snapshot.ledger_error.iter().map(|why| words.fill("ledger: not recorded: {}", &[&words.retold(why)]));
    let history = snapshot.history.iter().map(|text| words.retold(text).into_owned());
    let receivers = snapshot.receivers.iter().filter_map(|r| {
        let waiting = words.counted(r.waiting, "page waits", "pages wait");
        Some(words.fill("receiver {}: {}: {}", &[&r.name, &waiting, &words.retold(r.error.as_ref()?)]))
    });
    let held = snapshot.incidents.iter().filter_map(|view| {
        let held = held_back(view, model.live_wall())?;
        let until =
            held.until.map(|at| words.fill(" until {}", &[&model.look.zone.near(at, model.live_wall())])).unwrap_or_default();
        let text = "{}: pages at {} are held back by {}{}: {}";
        Some(words.fill(text, &[&view.incident.id, &held.severity, &words.retold(&held.by), &until, &words.retold(&held.why)]))
    });
    for text in ledger.chain(history).chain(receivers).chain(held) {
        paragraph(&mut out, 0, &text, Role::Text, w);
    }
    for problem in &snapshot.problems {
        let place = problem.place.as_ref().map(|p| format!("{}:{}:{} ", p.file, p.line, p.column)).unwrap_or_default();
        let level = if problem.level == ProblemLevel::Error { "error" } else { "warning" };
        paragraph(&mut out, 0, &format!("{place}{}: {}", words.say(level), problem.message), Role::Text, w);
        if let Some(hint) = &problem.hint {
            paragraph(&mut out, 2, hint, Role::Faint, w);
        }
    }
    out
}

fn sources(model: &Model, snapshot: &Snapshot, w: usize, out: &mut Vec<Line>) {
    let (clock, words) = (|at: Ms| model.look.zone.clock(at), model.look.words);
    for source in &snapshot.sources {
        let (text, role) = match &source.state {
            SourceState::Connecting => (words.say("not asked yet").into(), Role::Faint),
            SourceState::Filling { done, all } => (words.fill("reading history, {} of {}", &[done, all]), Role::Text),
            SourceState::Live => (words.say("answers").to_string(), Role::Good),
            SourceState::Failing { since, error, tries, .. } => {
                let tries = words.counted(*tries as usize, "try", "tries");
                (words.fill("fails since {} ({}): {}", &[&clock(*since), &tries, &words.retold(error)]), Role::Problem)
            }
        };
        paragraph(out, 0, &words.fill("source {}: {}", &[&source.name, &text]), role, w);
        if let Some(good) = source.last_good {
            let ago = time::span(snapshot.made.since(good));
            let text = words.fill("last good answer {} ({} before this picture)", &[&clock(good), &ago]);
            paragraph(out, 2, &text, Role::Faint, w);
        }
        for warning in &source.warnings {
            paragraph(out, 2, warning, Role::P1, w);
        }
    }
}
