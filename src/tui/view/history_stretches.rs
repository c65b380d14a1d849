//! Past incidents by week (or day, or month): how many of which severity, and what they cost. Severities stand as digits, so that the
//! picture says the same without colour. It fills room that the list leaves free and never takes any from it. Without any
//! cost the incidents have all of its width.

use super::pen::{Pen, piece};
use crate::chart::Charset;
use crate::domain::base::{Money, Severity};
use crate::tui::model::Model;
use crate::tui::model::history::Stretch;
use crate::tui::theme::Role;
use crate::words::{money, time};
use rust_decimal::prelude::ToPrimitive;

/// Rows of the columns.
const TALL: usize = 4;
/// Rows of the panel: rule, columns, axis, days.
const ROWS: usize = TALL + 3;
/// Columns in front of an axis.
const LABELS: usize = 8;

/// Rows of the panel beside a list of so many incidents on so many rows; 0 where the list needs them.
pub(super) const fn rows(listed: usize, height: usize, columns: usize) -> usize {
    let spare = height.saturating_sub(listed);
    if columns >= 80 && spare >= ROWS { ROWS } else { 0 }
}

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let (long, all) = model.history.stretches(model.wall());
    let title = piece(w.fill("PER {}", &[&time::window(long)]), Role::Title);
    if all.iter().all(|stretch| stretch.cost.is_zero()) {
        pen.rule(0, &[title, piece(w.say("  incidents, by severity"), Role::Faint)], w.say("no cost is known"));
        return incidents(model, &all, &mut pen.part(0, 1, usize::MAX, usize::MAX));
    }
    pen.rule(0, &[title, piece(w.say("  left incidents, by severity"), Role::Faint)], w.say("right what they cost"));
    let half = pen.width() / 2;
    incidents(model, &all, &mut pen.part(0, 1, half, usize::MAX));
    costs(model, &all, &mut pen.part(half, 1, usize::MAX, usize::MAX));
}

/// Columns that each stretch gets.
fn step(pen: &Pen<'_>, many: usize) -> usize {
    (pen.width().saturating_sub(LABELS + 2) / many.max(1)).clamp(1, 6)
}

fn incidents(model: &Model, all: &[Stretch], pen: &mut Pen<'_>) {
    let most = all.iter().map(|s| s.severities.len()).max().unwrap_or(0);
    // A digit stands for so many incidents.
    let each = most.div_ceil(TALL).max(1);
    let step = axis(model, all, &(each * TALL).to_string(), pen);
    for (i, stretch) in all.iter().enumerate() {
        for (row, severities) in stretch.severities.chunks(each).take(TALL).enumerate() {
            // The gravest of those that a digit stands for.
            let Some(worst) = severities.iter().max() else { continue };
            let role = match worst {
                Severity::P0 => Role::P0,
                Severity::P1 => Role::P1,
                Severity::P2 => Role::P2,
            };
            let digit = worst.name().trim_start_matches('P');
            pen.put(LABELS + 1 + i * step, TALL - 1 - row, digit, role);
        }
    }
}

fn costs(model: &Model, all: &[Stretch], pen: &mut Pen<'_>) {
    let most = all.iter().map(|s| s.cost).max().unwrap_or_default();
    let top = model.history.costs().0.map(|currency| money::brief(Money { amount: most, currency })).unwrap_or_default();
    let step = axis(model, all, &top, pen);
    let full = if pen.look.glyphs.charset == Charset::Unicode { "█" } else { "#" };
    for (i, stretch) in all.iter().enumerate() {
        let share = stretch.cost.checked_div(most).and_then(|s| s.to_f64()).unwrap_or(0.0);
        // What cost anything is seen.
        let tall = if share > 0.0 { ((share * TALL as f64).round() as usize).max(1) } else { 0 };
        for row in 0..tall.min(TALL) {
            pen.put(LABELS + 1 + i * step, TALL - 1 - row, &full.repeat(step.saturating_sub(1).clamp(1, 3)), Role::Good);
        }
    }
}

/// The axes, the greatest value at the left and days below. Returns the columns of a stretch.
fn axis(model: &Model, all: &[Stretch], top: &str, pen: &mut Pen<'_>) -> usize {
    let (step, glyphs) = (step(pen, all.len()), pen.look.glyphs);
    pen.put_right(LABELS - 1, 0, LABELS - 1, top, Role::Faint);
    for y in 0..TALL {
        pen.put(LABELS - 1, y, glyphs.axis, Role::Rule);
    }
    pen.put(LABELS - 1, TALL, glyphs.corner, Role::Rule);
    pen.put(LABELS, TALL, &glyphs.rule.repeat(step * all.len() + 1), Role::Rule);
    // A day and a space have six columns.
    let every = 7_usize.div_ceil(step).max(1);
    for (i, stretch) in all.iter().enumerate().step_by(every) {
        let day = model.look.zone.day_minute(stretch.from);
        pen.put(LABELS + 1 + i * step, TALL + 1, day.split(' ').next().unwrap_or_default(), Role::Faint);
    }
    step
}
