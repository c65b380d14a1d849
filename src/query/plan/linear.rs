//! Recognises sums and differences of counters in PromQL.
//!
//! A term is a selector, read plainly or through `rate` or `increase`; the window is the program's own, so literal ranges and
//! placeholders are alike. Whatever is no such sum is refused with the rest of a sentence that begins with its field's name.

use super::groups;
use crate::domain::base::Text;
use crate::domain::measure::{Count, Selector};
use crate::query::ast::{Expr, Fold, Matching, Op, Pick, Stretch};

/// What the terms of a sum are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    /// Raw counters.
    Plain,
    /// Events a second.
    Rate,
    /// Events in this range.
    Increase(Stretch),
}

/// A sum of counters times a factor.
#[derive(Clone, Debug)]
pub(super) struct Linear {
    /// The counters.
    pub(super) count: Count,
    /// Common factor of all terms, not 0.
    pub(super) factor: f64,
    /// Common unit of all terms.
    pub(super) unit: Unit,
}

/// Why an expression is no sum of counters.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum No {
    /// It must be asked: the rest of a sentence.
    Asked(String),
    /// It contradicts the SLO: message and hint.
    Wrong(String, String),
}

impl Linear {
    fn one(pick: &Pick, unit: Unit) -> Result<Self, No> {
        let name = pick.selector.name().unwrap_or("a selector").to_string();
        if pick.shift.offset.is_some() {
            return asked(format!("reads `{name}` with an offset"));
        }
        if pick.shift.at.is_some() {
            return asked(format!("reads `{name}` at a fixed time"));
        }
        if !pick.or.is_empty() {
            return asked(format!("reads `{name}` with `or` between its labels"));
        }
        let count = Count { plus: vec![pick.selector.clone()], minus: Vec::new() };
        Ok(Self { count, factor: 1.0, unit })
    }

    /// The same sum with a factor; a negative one turns its signs.
    fn times(mut self, factor: f64) -> Result<Self, No> {
        if !factor.is_finite() || factor == 0.0 {
            return asked(format!("is multiplied by {factor}"));
        }
        if factor < 0.0 {
            std::mem::swap(&mut self.count.plus, &mut self.count.minus);
        }
        self.factor *= factor.abs();
        Ok(self)
    }

    fn plus(mut self, other: Self) -> Result<Self, No> {
        if self.factor != other.factor {
            return asked("weighs its terms differently".into());
        }
        if self.unit != other.unit && !matches!((self.unit, other.unit), (Unit::Increase(a), Unit::Increase(b)) if a == b) {
            return asked("adds terms of different units or ranges".into());
        }
        self.count.plus.extend(other.count.plus);
        self.count.minus.extend(other.count.minus);
        self.cancel();
        Ok(self)
    }

    /// This sum less another of the same factor, whatever its unit.
    pub(super) fn minus(mut self, other: Self) -> Self {
        self.count.plus.extend(other.count.minus);
        self.count.minus.extend(other.count.plus);
        self.cancel();
        self
    }

    /// Leaves out what is both added and subtracted.
    fn cancel(&mut self) {
        let minus = &mut self.count.minus;
        self.count.plus.retain(|p| match minus.iter().position(|m| m == p) {
            Some(i) => {
                minus.remove(i);
                false
            }
            None => true,
        });
    }

    /// The same sum, if it can be counted as it stands: something is added, nothing twice, and plain selectors are counters.
    pub(super) fn one_kind(self, plain_counts: bool) -> Result<Self, String> {
        let all = || self.count.plus.iter().chain(&self.count.minus);
        if self.count.plus.is_empty() {
            return Err("adds no counter, it only subtracts".into());
        }
        if let Some(twice) = repeated(&self.count.plus).or_else(|| repeated(&self.count.minus)) {
            return Err(format!("counts `{twice}` twice"));
        }
        let gauge = all().find(|s| self.unit == Unit::Plain && !plain_counts && !is_counter(s));
        if let Some(s) = gauge {
            return Err(format!("reads `{s}` without `rate` or `increase`, and its name is no counter's"));
        }
        Ok(self)
    }
}

fn asked<T>(why: String) -> Result<T, No> {
    Err(No::Asked(why))
}

fn repeated(list: &[Selector]) -> Option<&Selector> {
    list.iter().enumerate().find(|(i, s)| list[..*i].contains(s)).map(|(_, s)| s)
}

/// True when a selector's name follows the convention of counters.
fn is_counter(selector: &Selector) -> bool {
    let name = selector.name().unwrap_or_default();
    ["_total", "_count", "_bucket"].iter().any(|s| name.ends_with(s))
}

/// Reads an expression as a sum of counters. `group_by` are the labels that must stay.
pub(super) fn linear(expr: &Expr, group_by: &[Text]) -> Result<Linear, No> {
    match expr {
        Expr::Paren(of) => linear(of, group_by),
        Expr::Neg(of) => linear(of, group_by)?.times(-1.0),
        Expr::Vector(pick) => Linear::one(pick, Unit::Plain),
        Expr::Call { name, args, .. } => call(name, args),
        Expr::Fold { op: Fold::Sum, grouping, of, .. } => {
            groups::kept(grouping, group_by).map_err(|(message, hint)| No::Wrong(message, hint))?;
            linear(of, group_by)
        }
        Expr::Fold { op, .. } => asked(format!("uses `{}`, which is no sum", op.name())),
        Expr::Binary { op, left, right, matching } => binary(*op, left, right, matching, group_by),
        Expr::Number(_) => asked("holds a constant that is no counter".into()),
        Expr::Text(_) | Expr::Matrix(..) | Expr::Subquery { .. } => asked("is no sum of counters".into()),
    }
}

fn call(name: &str, args: &[Expr]) -> Result<Linear, No> {
    match (name, args) {
        ("rate", [Expr::Matrix(pick, _)]) => Linear::one(pick, Unit::Rate),
        ("increase", [Expr::Matrix(pick, range)]) => Linear::one(pick, Unit::Increase(*range)),
        ("rate" | "increase", _) => asked(format!("takes `{name}` of a subquery")),
        ("irate", _) => asked("uses `irate`, which sees two samples only".into()),
        _ => asked(format!("uses `{name}`, which is no sum of counters")),
    }
}

fn binary(op: Op, left: &Expr, right: &Expr, matching: &Matching, group_by: &[Text]) -> Result<Linear, No> {
    let constants = (constant(left), constant(right));
    match (op, constants) {
        // Missing errors are zero errors anyway.
        (Op::Or, _) if is_zero(right) => linear(left, group_by),
        // A filter that only drops zeros.
        (Op::Gt | Op::Ne, (_, Some(0.0))) if !matching.returns_bool => linear(left, group_by),
        (Op::Mul, (None, Some(k))) => linear(left, group_by)?.times(k),
        (Op::Mul, (Some(k), None)) => linear(right, group_by)?.times(k),
        (Op::Div, (None, Some(k))) => linear(left, group_by)?.times(1.0 / k),
        (Op::Add | Op::Sub, (None, None)) if *matching == Matching::default() => {
            let sign = if op == Op::Sub { -1.0 } else { 1.0 };
            linear(left, group_by)?.plus(linear(right, group_by)?.times(sign)?)
        }
        (Op::Add | Op::Sub, (None, None)) => asked("matches its terms by chosen labels".into()),
        (Op::Add | Op::Sub, _) => asked("adds a constant".into()),
        _ if op.compares() => asked(format!("compares with `{}`", op.sign())),
        _ => asked(format!("uses `{}`, which makes no sum of counters", op.sign())),
    }
}

/// The value of an expression of numbers alone.
fn constant(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Number(n) => Some(*n),
        Expr::Paren(of) => constant(of),
        Expr::Neg(of) => constant(of).map(|n| -n),
        Expr::Binary { op, left, right, .. } => {
            let (a, b) = (constant(left)?, constant(right)?);
            match op {
                Op::Add => Some(a + b),
                Op::Sub => Some(a - b),
                Op::Mul => Some(a * b),
                Op::Div => Some(a / b),
                _ => None,
            }
        }
        _ => None,
    }
}

/// True for `vector(0)`, `0 * x` and `x * 0`: what people write after `or` to have a number at all.
fn is_zero(expr: &Expr) -> bool {
    match expr.bare() {
        Expr::Call { name, args, .. } => &**name == "vector" && args.first().and_then(constant) == Some(0.0),
        Expr::Binary { op: Op::Mul, left, right, .. } => [left, right].iter().any(|e| constant(e) == Some(0.0) || is_zero(e)),
        _ => false,
    }
}
