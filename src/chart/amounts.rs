//! Amounts beside each other as SVG for a page: one bar a line with its bounds; what was gained goes to the left of zero.

use super::svg::xml;
use std::fmt::Write;

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// What it is.
    pub name: String,
    /// Its length.
    pub value: f64,
    /// Low and high bounds.
    pub range: Option<(f64, f64)>,
    /// The value in words.
    pub told: String,
    /// Shown, not added.
    pub faint: bool,
}

const WIDTH: f64 = 760.0;
const LEFT: f64 = 210.0;
const RIGHT: f64 = 90.0;
const ROW: f64 = 30.0;

/// The picture. `words` is its description for those who cannot see it; figures follow it.
pub fn svg(id: &str, title: &str, words: &str, amounts: &[Amount]) -> String {
    let height = ROW * amounts.len() as f64 + 10.0;
    let figures: Vec<String> = amounts.iter().map(|a| format!("{}: {}", a.name, a.told)).collect();
    let mut out = format!(
        "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
         <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{} {}.</desc>\n",
        xml(title),
        xml(words),
        xml(&figures.join("; "))
    );
    let ends = amounts.iter().flat_map(|a| [a.value, a.range.map_or(a.value, |r| r.0), a.range.map_or(a.value, |r| r.1)]);
    let (low, high) = ends.filter(|v| v.is_finite()).fold((0.0_f64, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
    let scale = if high > low { (WIDTH - LEFT - RIGHT) / (high - low) } else { 0.0 };
    let x = |value: f64| LEFT + (if value.is_finite() { value } else { 0.0 } - low) * scale;
    for (i, amount) in amounts.iter().enumerate() {
        bar(&mut out, amount, 5.0 + ROW * i as f64, &x);
    }
    let _ = writeln!(out, "<path class=\"axis\" d=\"M{:.1} 3V{:.1}\"/>\n</svg>", x(0.0), height - 3.0);
    out
}

fn bar(out: &mut String, a: &Amount, top: f64, x: &dyn Fn(f64) -> f64) {
    let middle = top + ROW / 2.0;
    let (from, to) = (x(a.value.min(0.0)), x(a.value.max(0.0)));
    let class = if a.faint { "bar faint" } else { "bar" };
    let _ = writeln!(
        out,
        "<text class=\"name\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        LEFT - 8.0,
        middle + 4.0,
        xml(&cut(&a.name))
    );
    let width = (to - from).max(1.0);
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\" rx=\"2\"/>",
        top + 6.0,
        ROW - 12.0
    );
    let mut end = to;
    if let Some((low, high)) = a.range {
        let (l, h) = (x(low), x(high));
        let _ = writeln!(
            out,
            "<path class=\"whisker\" d=\"M{l:.1} {middle:.1}H{h:.1}M{l:.1} {:.1}v8M{h:.1} {:.1}v8\"/>",
            middle - 4.0,
            middle - 4.0
        );
        end = end.max(h);
    }
    let _ = writeln!(out, "<text class=\"name\" x=\"{:.1}\" y=\"{:.1}\">{}</text>", end + 6.0, middle + 4.0, xml(&a.told));
}

/// Names that would run out of the picture end with an ellipsis.
fn cut(name: &str) -> String {
    const MOST: usize = 30;
    if name.chars().count() <= MOST { name.to_owned() } else { name.chars().take(MOST - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_lie_left_of_zero_and_nothing_is_no_number() {
        let amount = |name: &str, value| Amount {
            name: name.into(),
            value,
            range: Some((value - 1.0, value + 1.0)),
            told: "$1".into(),
            faint: false,
        };
        let picture = svg("cost", "t", "w", &[amount("lost <b>", 10.0), amount("recovered", -5.0), amount("odd", f64::NAN)]);
        assert!(picture.contains("lost &lt;b&gt;") && !picture.contains("NaN"), "{picture}");
        assert_eq!(picture.matches("class=\"bar\"").count(), 3);
        assert!(svg("cost", "t", "w", &[]).ends_with("</svg>\n"));
    }
}
