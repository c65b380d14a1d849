//! Charts with axes: levels at the left, times below, curves between; shared by every screen that draws values over time.

use super::pen::Pen;
use crate::chart::{Scale, line};
use crate::domain::base::{Ms, Span};
use crate::tui::theme::Role;
use crate::words::{Zone, width};
use std::ops::Range;

/// Columns in front of the axis.
pub(super) const LABELS: usize = 6;

/// A level with its name, and the sign its line is drawn with.
pub(super) struct Mark {
    pub(super) level: f64,
    pub(super) name: String,
    pub(super) sign: Option<&'static str>,
}

/// A chart's axes.
pub(super) struct Axes {
    pub(super) scale: Scale,
    /// The first of those that would share a row is drawn.
    pub(super) marks: Vec<Mark>,
    pub(super) from: Ms,
    pub(super) to: Ms,
    /// How many columns `from` to `to` take; the rest has a time of its own, or none.
    pub(super) timed: usize,
    /// What happened, with a name: marked on the axis.
    pub(super) events: Vec<(Ms, String)>,
}

/// Values over some of the chart's columns.
pub(super) struct Curve<'a> {
    pub(super) values: &'a [f32],
    pub(super) role: Role,
    pub(super) columns: Range<usize>,
    /// Every other column only: what is not measured but expected.
    pub(super) sparse: bool,
}

/// Columns for curves on a chart over the whole pen.
pub(super) const fn columns(pen: &Pen<'_>) -> usize {
    pen.width().saturating_sub(LABELS + 1)
}

/// Draws a chart over the pen; the last two rows are the axis and its times.
pub(super) fn draw(axes: &Axes, curves: &[Curve<'_>], zone: Zone, pen: &mut Pen<'_>) {
    let (width, height) = (columns(pen), pen.height().saturating_sub(2));
    if height < 2 || width < 12 {
        return;
    }
    let glyphs = pen.look.glyphs;
    for y in 0..height {
        pen.put(LABELS, y, glyphs.axis, Role::Rule);
    }
    marks(axes, width, height, pen);
    for curve in curves {
        draw_curve(curve, axes.scale, height, pen);
    }
    pen.put(LABELS, height, glyphs.corner, Role::Rule);
    pen.put(LABELS + 1, height, &glyphs.rule.repeat(width), Role::Rule);
    times(axes, zone, axes.timed.min(width), pen);
    events(axes, axes.timed.min(width), pen);
}

fn marks(axes: &Axes, width: usize, height: usize, pen: &mut Pen<'_>) {
    let mut taken: Vec<usize> = Vec::new();
    for mark in &axes.marks {
        let Some(y) = line::level_row(mark.level, axes.scale, height).filter(|y| !taken.contains(y)) else { continue };
        taken.push(y);
        pen.put_right(LABELS, y, LABELS, &mark.name, Role::Faint);
        if let Some(sign) = mark.sign {
            pen.put(LABELS + 1, y, &sign.repeat(width), Role::Rule);
        }
    }
}

fn draw_curve(curve: &Curve<'_>, scale: Scale, height: usize, pen: &mut Pen<'_>) {
    let drawn = line::line(curve.values, scale, curve.columns.len(), height, pen.look.glyphs.charset);
    for (y, cells) in drawn.iter().enumerate() {
        let seen = cells.iter().enumerate().filter(|(x, c)| **c != ' ' && !(curve.sparse && x % 2 == 1));
        for (x, c) in seen {
            pen.put(LABELS + 1 + curve.columns.start + x, y, &c.to_string(), curve.role);
        }
    }
}

/// A mark on the axis for each thing that happened, and its name behind it, or before it where that has no room.
fn events(axes: &Axes, width: usize, pen: &mut Pen<'_>) {
    let (span, y) = (axes.to.since(axes.from).0.max(1), pen.height().saturating_sub(2));
    let mut free = 0;
    for (at, name) in axes.events.iter().filter(|(at, _)| *at >= axes.from && *at < axes.to) {
        let x = (at.since(axes.from).0 as f64 / span as f64 * width as f64) as usize;
        let (needs, x) = (width::columns(name), x.min(width.saturating_sub(1)));
        if x + 1 + needs <= width {
            pen.put(LABELS + 2 + x, y, name, Role::Faint);
        } else if x >= free + needs {
            pen.put(LABELS + 1 + x - needs, y, name, Role::Faint);
        }
        pen.put(LABELS + 1 + x, y, "^", Role::Strong);
        free = x + 1 + needs;
    }
}

/// Times under the axis at even distances, and the end's at its end.
fn times(axes: &Axes, zone: Zone, width: usize, pen: &mut Pen<'_>) {
    let span = axes.to.since(axes.from);
    let long = span > Span::from_hours(24);
    let name = |at: Ms| if long { zone.day_minute(at) } else { zone.minute(at) };
    let (x, y) = (LABELS + 1, pen.height() - 1);
    let room = if long { 20 } else { 14 };
    let count = (width / room).clamp(1, 6);
    let end = name(axes.to);
    // On a short axis its end says more than its start.
    let first = usize::from(count == 1 && width < 2 * end.len() + 1);
    for i in first..count {
        let share = i as f64 / count as f64;
        pen.put(x + (share * width as f64) as usize, y, &name(axes.from + Span((span.0 as f64 * share) as i64)), Role::Faint);
    }
    pen.put_right(x + width, y, 12, &end, Role::Faint);
}
