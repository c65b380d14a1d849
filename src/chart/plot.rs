//! A line over time as SVG for a page: levels, stretches and moments. Colours are classes that the page's style sheet fills,
//! so that one picture serves light, dark and paper.

use super::svg::xml;
use super::{Scale, pool_max};
use std::fmt::Write;

/// What is drawn. Places along the time axis are shares of its length, 0 to 1.
#[derive(Clone, Debug)]
pub struct Plot<'a> {
    /// Its id within the page, letters only.
    pub id: &'a str,
    /// Its title.
    pub title: String,
    /// The picture in words.
    pub words: String,
    /// Values at even steps; NaN breaks the line.
    pub values: &'a [f32],
    /// From values to heights.
    pub scale: Scale,
    /// Values worth a line across, with their names.
    pub levels: Vec<(f64, String)>,
    /// Stretches that are shaded.
    pub bands: Vec<(f64, f64)>,
    /// Moments with their names.
    pub marks: Vec<(f64, String)>,
    /// Labels of the time axis.
    pub times: Vec<(f64, String)>,
    /// The zone's name, at the axis' end.
    pub unit: String,
}

const WIDTH: f64 = 760.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 84.0;
const PLOT: f64 = 190.0;
/// Rows of moments' names above the plot.
const ROW: f64 = 16.0;
/// About the width of a letter, for keeping names apart.
const LETTER: f64 = 7.0;

/// The picture.
pub fn svg(plot: &Plot<'_>) -> String {
    let rows = mark_rows(&plot.marks);
    let top = ROW * (rows.iter().max().map_or(0.0, |r| *r as f64 + 1.0)) + 8.0;
    let (bottom, height) = (top + PLOT, top + PLOT + 26.0);
    let mut out = format!(
        "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
         <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>\n",
        xml(&plot.title),
        xml(&plot.words),
        id = plot.id
    );
    for (from, to) in &plot.bands {
        let (x, w) = (across(*from), (across(*to) - across(*from)).max(1.0));
        let _ = writeln!(out, "<rect class=\"band\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{w:.1}\" height=\"{PLOT}\"/>");
    }
    grid(&mut out, plot, top);
    for (x, name) in &plot.times {
        let anchor = if *x <= 0.0 {
            "start"
        } else if *x >= 1.0 {
            "end"
        } else {
            "middle"
        };
        let _ = writeln!(
            out,
            "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            across(*x),
            bottom + 17.0,
            xml(name)
        );
    }
    let _ = writeln!(
        out,
        "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        WIDTH - RIGHT + 8.0,
        bottom + 17.0,
        xml(&plot.unit)
    );
    line(&mut out, plot, top);
    for ((x, name), row) in plot.marks.iter().zip(rows) {
        let (x, y) = (across(*x), ROW * (row as f64 + 1.0));
        let _ = writeln!(out, "<path class=\"mark\" d=\"M{x:.1} {:.1}V{bottom:.1}\"/>", y + 3.0);
        // Names hang to the right of their moment, and to the left at the end of the picture.
        let end = x + name_width(name) > WIDTH;
        let (anchor, x) = if end { ("end", x - 3.0) } else { ("start", x + 3.0) };
        let _ = writeln!(out, "<text class=\"name\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", xml(name));
    }
    out.push_str("</svg>\n");
    out
}

fn across(share: f64) -> f64 {
    LEFT + share * (WIDTH - LEFT - RIGHT)
}

fn name_width(name: &str) -> f64 {
    name.chars().map(|c| if c.is_ascii() { LETTER } else { 2.0 * LETTER }).sum::<f64>() + 6.0
}

/// The row of each name, counted from the top: the first one where it touches no other.
fn mark_rows(marks: &[(f64, String)]) -> Vec<usize> {
    let mut ends: Vec<f64> = Vec::new();
    marks
        .iter()
        .map(|(x, name)| {
            let (from, to) = (across(*x), across(*x) + name_width(name));
            let row = ends.iter().position(|end| *end <= from).unwrap_or(ends.len());
            if row == ends.len() {
                ends.push(to);
            } else {
                ends[row] = to;
            }
            row
        })
        .collect()
}

/// Decades of a logarithmic scale, ends of a linear one, and the named levels.
fn grid(out: &mut String, plot: &Plot<'_>, top: f64) {
    let (low, high) = match plot.scale {
        Scale::Linear { low, high } | Scale::Log { low, high } => (low, high),
    };
    let ticks: Vec<f64> = match plot.scale {
        Scale::Linear { .. } => vec![low, f64::midpoint(low, high), high],
        Scale::Log { .. } => (-6..12).map(|e| 10_f64.powi(e)).filter(|v| *v >= low * 0.999 && *v <= high).collect(),
    };
    let right = WIDTH - RIGHT;
    for value in ticks {
        let y = up(plot, value, top);
        let _ = writeln!(out, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>");
        let _ = writeln!(
            out,
            "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value}x</text>",
            LEFT - 6.0,
            y + 4.0
        );
    }
    let mut last = f64::NEG_INFINITY;
    let mut levels: Vec<(f64, &str)> = plot.levels.iter().map(|(v, name)| (up(plot, *v, top), name.as_str())).collect();
    levels.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (y, name) in levels {
        // Names of close levels are pushed apart; their lines stay.
        let at = (y + 4.0).max(last + 13.0);
        last = at;
        let _ = writeln!(out, "<path class=\"level\" d=\"M{LEFT} {y:.1}H{right}\"/>");
        let _ = writeln!(out, "<text class=\"name\" x=\"{:.1}\" y=\"{at:.1}\">{}</text>", right + 8.0, xml(name));
    }
}

fn up(plot: &Plot<'_>, value: f64, top: f64) -> f64 {
    top + (1.0 - plot.scale.place(value)) * PLOT
}

/// The line, broken at gaps; a lone value is a dot.
fn line(out: &mut String, plot: &Plot<'_>, top: f64) {
    let columns = plot.values.len().clamp(1, 640);
    let points = pool_max(plot.values, columns);
    let x = |i: usize| across(if columns > 1 { i as f64 / (columns - 1) as f64 } else { 0.5 });
    let mut path = String::new();
    let mut pen_down = false;
    for (i, value) in points.iter().enumerate() {
        let y = up(plot, f64::from(*value), top);
        if y.is_nan() {
            pen_down = false;
            continue;
        }
        let _ = write!(path, "{}{:.1} {y:.1}", if pen_down { 'L' } else { 'M' }, x(i));
        let alone = !pen_down && points.get(i + 1).is_none_or(|next| next.is_nan());
        if alone {
            path.push_str("h0.1");
        }
        pen_down = true;
    }
    let _ = writeln!(out, "<path class=\"line\" d=\"{path}\"/>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(values: &[f32]) -> Plot<'_> {
        Plot {
            id: "burn",
            title: "a < b".into(),
            words: "words".into(),
            values,
            scale: Scale::BURN,
            levels: vec![(14.4, "P0 14.4x".into()), (13.0, "P1 13x".into())],
            bands: vec![(0.2, 0.6)],
            marks: vec![(0.1, "detected".into()), (0.12, "acknowledged".into()), (0.99, "resolved".into())],
            times: vec![(0.0, "02:00".into()), (1.0, "04:00".into())],
            unit: "UTC".into(),
        }
    }

    #[test]
    fn a_gap_breaks_the_line_and_a_lone_value_is_a_dot() {
        let picture = svg(&plot(&[1.0, 2.0, f32::NAN, 3.0, f32::NAN]));
        let d = picture.split("class=\"line\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!((d.matches('M').count(), d.matches('L').count(), d.matches('h').count()), (2, 1, 1), "{d}");
        assert!(picture.contains("a &lt; b") && picture.contains("role=\"img\""));
        assert!(!svg(&plot(&[])).contains("NaN"));
    }

    #[test]
    fn names_of_moments_do_not_lie_on_each_other() {
        assert_eq!(mark_rows(&plot(&[]).marks), [0, 1, 0]);
    }
}
