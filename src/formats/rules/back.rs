//! From a rule's PromQL back to what it was made from: ranges of a known length become the placeholder, and comparisons of
//! recorded ratios give windows and burn rates.

use crate::domain::base::{Span, Text};
use crate::domain::measure::Selector;
use crate::query::ast::{Expr, Op, Stretch};
use crate::query::parse;
use rust_decimal::Decimal;

/// The text of an expression with the placeholder for every range of this length; absent when there is none.
pub(super) fn windowed(expr: &Expr, window: Span) -> Option<String> {
    let mut tree = expr.clone();
    let mut found = false;
    tree.walk_mut(&mut |e| {
        if let Expr::Matrix(_, range) | Expr::Subquery { range, .. } = e
            && *range == Stretch::Fixed(window)
        {
            *range = Stretch::Window;
            found = true;
        }
    });
    found.then(|| tree.bare().to_string())
}

/// `recorded_ratio5m{..} > (14.4 * 0.001)`
pub(super) struct Comparison {
    /// The record and its labels.
    pub(super) selector: Selector,
    /// The window at the end of the record's name.
    pub(super) window: Span,
    /// The burn rate, where it is written as a product.
    pub(super) factor: Option<Decimal>,
    /// The error ratio it compares with.
    pub(super) level: Decimal,
}

/// The comparisons of an alert, in order.
pub(super) fn comparisons(text: &str) -> Vec<Comparison> {
    let mut found = Vec::new();
    if let Ok(tree) = parse(text) {
        tree.walk(&mut |e| {
            if let Expr::Binary { op: Op::Gt, left, right, .. } = e
                && let Expr::Vector(pick) = left.bare()
                && let Some((factor, level)) = level(right)
                && let Some(window) = pick.selector.name().and_then(window_of)
            {
                found.push(Comparison { selector: pick.selector.clone(), window, factor, level });
            }
        });
    }
    found
}

/// The duration that a record's name ends with.
pub(super) fn window_of(name: &str) -> Option<Span> {
    let at = name.rfind(|c: char| !(c.is_ascii_digit() || matches!(c, 'm' | 's' | 'h' | 'd' | 'w' | 'y')))?;
    let tail = &name[at + 1..];
    let start = tail.find(|c: char| c.is_ascii_digit())?;
    Span::parse(&tail[start..]).ok().filter(|s| *s > Span::ZERO)
}

/// A product's first factor and its value.
fn level(expr: &Expr) -> Option<(Option<Decimal>, Decimal)> {
    let number = value(expr)?;
    let factor = match expr.bare() {
        Expr::Binary { op: Op::Mul, left, .. } => value(left),
        _ => None,
    };
    Some((factor, number))
}

fn value(expr: &Expr) -> Option<Decimal> {
    match expr {
        Expr::Number(n) => Decimal::try_from(*n).ok(),
        Expr::Paren(of) => value(of),
        Expr::Binary { op, left, right, .. } => {
            let (a, b) = (value(left)?, value(right)?);
            match op {
                Op::Add => a.checked_add(b),
                Op::Sub => a.checked_sub(b),
                Op::Mul => a.checked_mul(b),
                Op::Div => a.checked_div(b),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The value of a label that a selector fixes.
pub(super) fn label<'s>(selector: &'s Selector, name: &str) -> Option<&'s Text> {
    selector.matchers().iter().find(|m| &*m.name == name && m.op == crate::domain::measure::MatchOp::Equal).map(|m| &m.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_from_the_ends_of_names() {
        for (name, window) in [
            ("slo:sli_error:ratio_rate1d", "1d"),
            ("http_requests:burnrate5m", "5m"),
            ("a:burnrate1h4m", "1h4m"),
            ("x_total", "0"),
        ] {
            assert_eq!(window_of(name), Span::parse(window).ok().filter(|s| *s > Span::ZERO), "{name}");
        }
    }

    #[test]
    fn ranges_become_placeholders_and_comparisons_burn_rates() {
        let tree = parse("sum(rate(a[5m])) + max_over_time(b[5m:30s]) - rate(c[1h])").unwrap();
        assert_eq!(
            windowed(&tree, Span::from_mins(5)).unwrap(),
            "sum(rate(a[{{window}}])) + max_over_time(b[{{window}}:30s]) - rate(c[1h])"
        );
        let found = comparisons("(max(r5m{id=\"x\"} > (14.4 * 0.001)) without (w)) and r1h{id=\"x\"} > (14 * (1-0.995))");
        let shown: Vec<String> =
            found.iter().map(|c| format!("{} {:?} {}", c.window, c.factor.map(|f| f.to_string()), c.level.normalize())).collect();
        assert_eq!(shown, ["5m Some(\"14.4\") 0.0144", "1h Some(\"14\") 0.07"]);
        assert_eq!(label(&found[0].selector, "id").map(|t| &**t), Some("x"));
    }
}
