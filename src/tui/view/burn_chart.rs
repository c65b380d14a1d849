//! Burn over time on a log scale, so that 1x, 6x, 14.4x and 58x are all readable at once, with the levels of the tiers.

use super::banners::tag;
use super::pen::Pen;
use super::plot::{self, Axes, Curve, Mark};
use crate::chart::Scale;
use crate::domain::base::{Ms, Span};
use crate::domain::objective::Slo;
use crate::domain::view::SloRow;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::words::time;
use rust_decimal::prelude::ToPrimitive;

/// The sparks cover so much time up to the instant of the snapshot.
const SPARKED: Span = Span::from_hours(6);

/// The burn over 5 minutes that every snapshot carries, over six hours; or what was asked of another stretch.
pub(super) fn draw(model: &Model, row: &SloRow, pen: &mut Pen<'_>) {
    pen.put_right(pen.width(), 0, pen.width(), &title(model), Role::Faint);
    let mut pen = pen.part(0, 1, usize::MAX, usize::MAX);
    let Some((from, to)) = stretch(model, row) else { return waiting(model, &mut pen) };
    if pen.height() < 5 {
        return;
    }
    let timed = plot::columns(&pen);
    let axes =
        Axes { scale: Scale::BURN, marks: marks(&row.slo, Scale::BURN, true, &pen), from, to, timed, events: events(model, row) };
    let curve = Curve { values: model.spark_of(row), role: role(row), columns: 0..timed, sparse: false };
    plot::draw(&axes, &[curve], model.look.zone, &mut pen);
}

/// What is drawn: each cell of another stretch is the burn over that cell.
fn title(model: &Model) -> String {
    let (w, stretch) = (model.look.words, model.sparks.stretch);
    if !model.sparks_moved() {
        return w.say("burn over 5m, last 6h (log)").into();
    }
    let cell = model.sparks_past().map_or_else(|| stretch.span(), |past| past.cell);
    let (cell, span) = (time::span(cell), time::window(stretch.span()));
    match stretch.end {
        Some(end) => w.fill("burn by {}, {} up to {} (log)", &[&cell, &span, &model.look.zone.near(end, model.wall())]),
        None => w.fill("burn by {}, last {} (log)", &[&cell, &span]),
    }
}

/// From when until when.
fn stretch(model: &Model, row: &SloRow) -> Option<(Ms, Ms)> {
    if model.sparks_moved() {
        return model.sparks_past().map(|past| (past.from, past.to));
    }
    row.verdict.as_ref().map(|v| (v.at - SPARKED, v.at))
}

/// Why there is nothing to draw yet.
fn waiting(model: &Model, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let failed = model.sparks.past.failed.as_ref().map(|why| w.fill("not shown: {}", &[&w.retold(why)]));
    let text = failed.unwrap_or_else(|| w.say("reading history").into());
    pen.put_cut(plot::LABELS + 2, 1, pen.width().saturating_sub(plot::LABELS + 3), &text, Role::Faint);
}

/// When incidents of an SLO began, as far as the snapshot knows them, the oldest first.
pub(super) fn events(model: &Model, row: &SloRow) -> Vec<(Ms, String)> {
    let all = model.shown().into_iter().flat_map(|s| s.incidents.iter());
    let mine = all.filter(|v| v.incident.services.iter().any(|(_, slos)| slos.contains(&row.slo.id)));
    let mut out: Vec<_> = mine.filter_map(|v| Some((Model::since(v)?, v.incident.id.to_string()))).collect();
    out.sort();
    out
}

/// The look of an SLO's burn: its severity's.
pub(super) fn role(row: &SloRow) -> Role {
    let role = row.verdict.as_ref().and_then(|v| v.severity).map_or(Role::Good, |s| tag(Some(s)).1);
    if role == Role::P0Tag { Role::P0 } else { role }
}

/// The scale's ends, the sustainable rate, and the levels of the tiers.
pub(super) fn marks(slo: &Slo, scale: Scale, levels: bool, pen: &Pen<'_>) -> Vec<Mark> {
    let glyphs = pen.look.glyphs;
    let (Scale::Linear { low, high } | Scale::Log { low, high }) = scale;
    let end = |level: f64| Mark { level, name: format!("{}x", crate::words::units::burn(level)), sign: None };
    let mut out = match scale {
        Scale::Log { .. } => vec![
            Mark { name: "100x".into(), ..end(100.0) },
            Mark { name: "0.1x".into(), ..end(0.1) },
            Mark { level: 1.0, name: "1x".into(), sign: Some(glyphs.ticket_level) },
        ],
        Scale::Linear { .. } => {
            vec![end(high), end(low), Mark { level: 1.0, name: "1x".into(), sign: Some(glyphs.ticket_level) }]
        }
    };
    for tier in slo.tiers.iter().filter(|_| levels) {
        let level = tier.factor.to_f64().unwrap_or(f64::NAN);
        let sign = if tier.severity.pages() { glyphs.page_level } else { glyphs.ticket_level };
        out.push(Mark { level, name: format!("{}x", tier.factor.normalize()), sign: Some(sign) });
    }
    out
}
