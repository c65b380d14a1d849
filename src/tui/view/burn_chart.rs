//! Burn over time on a log scale, so that 1x, 6x, 14.4x and 58x are all readable at once, with the levels of the tiers.

use super::banners::tag;
use super::pen::Pen;
use super::plot::{self, Axes, Curve, Mark};
use crate::chart::Scale;
use crate::domain::base::Span;
use crate::domain::objective::Slo;
use crate::domain::view::SloRow;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use rust_decimal::prelude::ToPrimitive;

/// The sparks cover so much time up to the instant of the snapshot.
const SPARKED: Span = Span::from_hours(6);

/// The burn over 5 minutes that every snapshot carries, over six hours.
pub(super) fn draw(model: &Model, row: &SloRow, pen: &mut Pen<'_>) {
    pen.put_right(pen.width(), 0, pen.width(), pen.look.words.say("burn over 5m, last 6h (log)"), Role::Faint);
    let mut pen = pen.part(0, 1, usize::MAX, usize::MAX);
    let Some(to) = row.verdict.as_ref().map(|v| v.at) else { return };
    if pen.height() < 5 {
        return;
    }
    let timed = plot::columns(&pen);
    let axes = Axes { scale: Scale::BURN, marks: marks(&row.slo, Scale::BURN, true, &pen), from: to - SPARKED, to, timed };
    let curve = Curve { values: &row.spark, role: role(row), columns: 0..timed, sparse: false };
    plot::draw(&axes, &[curve], model.look.zone, &mut pen);
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
