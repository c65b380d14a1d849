//! `--plot` and `--plot-out`: burn, budget and firings of every track over one axis of time.

use super::BacktestArgs;
use crate::chart::panel::{self, Ink, Panel, Row, Strip};
use crate::chart::svg::{Cell, Grid, Rgb, render};
use crate::chart::{Charset, Scale};
use crate::cli::{Exit, Out};
use crate::domain::base::{Ms, Severity, Span};
use crate::domain::review::{Backtest, TrackPast};
use crate::tui::Glyphs;
use crate::words::{Zone, escape, units};
use rust_decimal::prelude::ToPrimitive;
use std::fmt::Write;

/// Most tracks of a plot; the others are named.
const MOST: usize = 30;
/// Columns of a picture.
const PICTURE: usize = 110;
const GROUND: Rgb = (18, 18, 24);

/// Draws where it was asked for; the exit code when that failed.
pub(super) fn run(args: &BacktestArgs, past: &Backtest, is_text: bool, out: &mut Out) -> Option<Exit> {
    if args.plot && is_text {
        let charset = Glyphs::detect(&|name| std::env::var(name).ok());
        out.line("");
        for row in rows(past, out.width.min(200), charset, Zone::Local) {
            out.line(terminal(&row, out.color).trim_end());
        }
    }
    let path = args.plot_out.as_ref()?;
    let picture = picture(past);
    if let Err(error) = std::fs::write(path, picture) {
        let place = path.display();
        out.error(
            &format!("{place} cannot be written: {error}"),
            Some("`--plot-out FILE.svg` names a file in a folder that is there"),
        );
        return Some(Exit::Usage);
    }
    out.say(&format!("the picture is in {}", path.display()));
    None
}

/// Every track's panels, with a blank row between them.
fn rows(past: &Backtest, width: usize, charset: Charset, zone: Zone) -> Vec<Row> {
    let mut rows = Vec::new();
    for track in past.tracks.iter().take(MOST) {
        rows.extend(of_track(past, track, width, charset, zone));
        rows.push(Row::new());
    }
    if let Some(more) = past.tracks.len().checked_sub(MOST).filter(|n| *n > 0) {
        rows.push(panel::words(&format!("... and {more} more; `--slo NAME` chooses"), width, Ink::Faint));
    }
    rows
}

fn of_track(past: &Backtest, track: &TrackPast, width: usize, charset: Charset, zone: Zone) -> Vec<Row> {
    let group = if track.group.is_empty() { String::new() } else { format!(" {}", track.group) };
    let name = escape::terminal(&format!("{}{group}", track.slo.id));
    let number = |value: Option<f64>| value.map_or(f32::NAN, |v| v as f32);
    let burn: Vec<f32> = track.trail.iter().map(|p| number(p.burn)).collect();
    let budget: Vec<f32> = track.trail.iter().map(|p| number(p.remaining)).collect();
    let least = budget.iter().copied().filter(|v| v.is_finite()).fold(0.0_f32, f32::min);
    let title = format!("{name}  burn over 1h");
    let mut levels: Vec<(f64, String)> = track
        .slo
        .tiers
        .iter()
        .filter(|t| t.severity.pages())
        .filter_map(|t| Some((t.factor.to_f64()?, format!("{}x", t.factor.normalize()))))
        .collect();
    levels.push((1.0, "1x".into()));
    let mut rows = panel::panel(&Panel { title: &title, values: &burn, scale: Scale::BURN, height: 5, levels }, width, charset);
    for severity in Severity::ALL {
        rows.extend(strip(past, track, severity, width, charset));
    }
    let left = units::percent(track.budget.remaining.unwrap_or(f64::NAN), 1);
    let title = format!("budget left, {left} at the end");
    let scale = Scale::Linear { low: f64::from(least), high: 1.0 };
    let levels = vec![(1.0, "100%".into()), (0.0, "0%".into())];
    rows.extend(panel::panel(&Panel { title: &title, values: &budget, scale, height: 3, levels }, width, charset));
    let middle = past.from + Span(past.to.since(past.from).0 / 2);
    let [a, b, c] = [past.from, middle, past.to].map(|at| zone.day_minute(at));
    rows.push(panel::axis([&a, &b, &c], width));
    rows
}

/// When rules of a severity fired; nothing where none did.
fn strip(past: &Backtest, track: &TrackPast, severity: Severity, width: usize, charset: Charset) -> Option<Row> {
    let all = past.to.since(past.from).secs_f64().max(1.0);
    let share = |at: Ms| at.since(past.from).secs_f64() / all;
    let fired = track.firings.iter().filter(|f| f.severity == severity);
    let stretches: Vec<(f64, f64)> = fired.map(|f| (share(f.from), f.to.map_or(1.0, share))).collect();
    let ink = match severity {
        Severity::P0 => Ink::Grave,
        Severity::P1 => Ink::Serious,
        Severity::P2 => Ink::Mild,
    };
    (!stretches.is_empty()).then(|| panel::strip(&Strip { name: severity.name(), stretches, ink }, width, charset))
}

/// A row for a terminal.
fn terminal(row: &Row, color: bool) -> String {
    let mut text = String::with_capacity(row.len() * 2);
    for stretch in row.chunk_by(|a, b| a.1 == b.1) {
        let words: String = stretch.iter().map(|(c, _)| *c).collect();
        let code = match stretch[0].1 {
            Ink::Plain => "",
            Ink::Faint => "2",
            Ink::Line => "36",
            Ink::Grave => "1;31",
            Ink::Serious => "33",
            Ink::Mild => "34",
        };
        if color && !code.is_empty() {
            let _ = write!(text, "\x1b[{code}m{words}\x1b[0m");
        } else {
            text.push_str(&words);
        }
    }
    text
}

/// The same as a picture, whose times are UTC: files outlive places.
fn picture(past: &Backtest) -> String {
    let cell = |(symbol, ink): &(char, Ink)| {
        let fg = match ink {
            Ink::Plain => (214, 214, 220),
            Ink::Faint => (120, 120, 132),
            Ink::Line => (88, 196, 220),
            Ink::Grave => (255, 95, 95),
            Ink::Serious => (255, 190, 80),
            Ink::Mild => (110, 150, 255),
        };
        Cell { symbol: symbol.to_string(), fg, bg: None, bold: *ink == Ink::Grave, underline: false }
    };
    let head = format!("{} to {}, UTC", past.from, past.to);
    let mut rows = vec![panel::words(&head, PICTURE, Ink::Faint), Row::new()];
    rows.extend(rows_of(past));
    let blank = (' ', Ink::Plain);
    let cells = rows.iter().flat_map(|row| (0..PICTURE).map(|x| cell(row.get(x).unwrap_or(&blank))));
    let title = format!("Backtest {head}");
    render(&Grid { width: PICTURE, cells: cells.collect(), ground: GROUND, title })
}

fn rows_of(past: &Backtest) -> Vec<Row> {
    rows(past, PICTURE, Charset::Unicode, Zone::Utc)
}
