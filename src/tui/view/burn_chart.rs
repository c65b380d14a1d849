//! The burn of one SLO over six hours, on a log scale: 1x, 6x, 14.4x and 58x are all readable at once.

use super::banners::tag;
use super::pen::Pen;
use crate::chart::{Scale, line};
use crate::domain::base::{Ms, Span};
use crate::domain::view::SloRow;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use rust_decimal::prelude::ToPrimitive;

/// The sparks cover so much time up to the instant of the snapshot.
const SPARKED: Span = Span::from_hours(6);

/// The burn over 5 minutes on a log scale, with the levels of the tiers as lines.
pub(super) fn draw(model: &Model, row: &SloRow, pen: &mut Pen<'_>) {
    const LABELS: usize = 6;
    pen.put_right(pen.width(), 0, pen.width(), "burn over 5m, last 6h (log)", Role::Faint);
    let mut pen = pen.part(0, 1, usize::MAX, usize::MAX);
    let pen = &mut pen;
    let height = pen.height().saturating_sub(2);
    let width = pen.width().saturating_sub(LABELS + 1);
    if height < 3 || width < 12 {
        return;
    }
    let (axis, corner, rule) = (pen.look.glyphs.axis, pen.look.glyphs.corner, pen.look.glyphs.rule);
    for y in 0..height {
        pen.put(LABELS, y, axis, Role::Rule);
    }
    levels(row, height, width, LABELS, pen);
    let drawn = line::line(&row.spark, Scale::BURN, width, height, pen.look.glyphs.charset);
    let role = row.verdict.as_ref().and_then(|v| v.severity).map_or(Role::Good, |s| tag(Some(s)).1);
    let role = if role == Role::P0Tag { Role::P0 } else { role };
    for (y, cells) in drawn.iter().enumerate() {
        for (x, c) in cells.iter().enumerate().filter(|(_, c)| **c != ' ') {
            pen.put(LABELS + 1 + x, y, &c.to_string(), role);
        }
    }
    pen.put(LABELS, height, corner, Role::Rule);
    pen.put(LABELS + 1, height, &rule.repeat(width), Role::Rule);
    times(model, row, height + 1, LABELS + 1, width, pen);
}

/// A line and a label for each decade's end and each tier's level; labels that would meet are left out.
fn levels(row: &SloRow, height: usize, width: usize, labels: usize, pen: &mut Pen<'_>) {
    let glyphs = pen.look.glyphs;
    let mut taken: Vec<usize> = Vec::new();
    let mut wanted: Vec<(f64, String, Option<&str>)> =
        vec![(100.0, "100x".into(), None), (0.1, "0.1x".into(), None), (1.0, "1x".into(), Some(glyphs.ticket_level))];
    for tier in &row.slo.tiers {
        let factor = tier.factor.to_f64().unwrap_or(f64::NAN);
        let sign = if tier.severity.pages() { glyphs.page_level } else { glyphs.ticket_level };
        wanted.push((factor, format!("{}x", tier.factor.normalize()), Some(sign)));
    }
    for (level, name, sign) in wanted {
        let Some(y) = line::level_row(level, Scale::BURN, height) else { continue };
        if taken.contains(&y) {
            continue;
        }
        taken.push(y);
        pen.put_right(labels, y, labels, &name, Role::Faint);
        if let Some(sign) = sign {
            pen.put(labels + 1, y, &sign.repeat(width), Role::Rule);
        }
    }
}

/// Clock times under the axis, and `now` at its end.
fn times(model: &Model, row: &SloRow, y: usize, x: usize, width: usize, pen: &mut Pen<'_>) {
    let Some(end) = row.verdict.as_ref().map(|v| v.at) else { return };
    let count = (width / 14).clamp(1, 6);
    for i in 0..count {
        let share = i as f64 / count as f64;
        let at = Ms(end.0 - SPARKED.0 + (SPARKED.0 as f64 * share) as i64);
        pen.put(x + (share * width as f64) as usize, y, &model.look.zone.minute(at), Role::Faint);
    }
    pen.put_right(x + width, y, 8, &model.look.zone.minute(end), Role::Faint);
}
