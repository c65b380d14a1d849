//! From an expression to a node: selectors resolved, functions found, everything outside the subset named.

use super::maths::Replace;
use super::node::{Node, nameless};
use super::select::{Ranged, Selected, When};
use super::series::SeriesSet;
use super::{EvalError, Rules, maths, windows};
use crate::domain::base::Labels;
use crate::domain::measure::{MatchOp, Selector};
use crate::query::ast::{Expr, Fold, Kind, Pick, Shift, Stretch};
use std::cell::Cell;

/// What compiling needs.
pub(super) struct Compiler<'a> {
    pub(super) data: &'a dyn SeriesSet,
    pub(super) rules: Rules,
    /// How often what is compiled now will run for one evaluation: subqueries within subqueries multiply.
    pub(super) runs: Cell<i64>,
}

/// Most evaluations of one subquery at one instant, as Prometheus limits the points of a range.
const MAX_TICKS: i64 = 11_000;
/// Most evaluations of nested subqueries together.
const MAX_RUNS: i64 = 1_000_000;

type Made<T> = Result<T, EvalError>;

fn unsupported<T>(what: impl Into<String>) -> Made<T> {
    Err(EvalError::Unsupported(what.into()))
}

impl<'a> Compiler<'a> {
    /// Compiles a whole expression.
    pub(super) fn root(&self, expr: &Expr) -> Made<Node<'a>> {
        match expr.kind() {
            Kind::Scalar | Kind::Vector => self.node(expr),
            Kind::Matrix => unsupported("a range of samples as a result"),
            Kind::Text => unsupported("text as a result"),
        }
    }

    fn boxed(&self, expr: &Expr) -> Made<Box<Node<'a>>> {
        self.node(expr).map(Box::new)
    }

    fn node(&self, expr: &Expr) -> Made<Node<'a>> {
        Ok(match expr {
            Expr::Number(n) => Node::Number(*n),
            Expr::Paren(of) => self.node(of)?,
            Expr::Neg(of) => Node::Neg(self.boxed(of)?),
            Expr::Vector(pick) => Node::Select(self.selected(pick)?),
            Expr::Call { name, args, .. } => self.call(name, args)?,
            Expr::Fold { op: Fold::Limitk | Fold::LimitRatio, .. } => return unsupported("`limitk` and `limit_ratio`"),
            Expr::Fold { op, grouping, param, of } => {
                let (param, text) = match param.as_deref().map(Expr::bare) {
                    Some(Expr::Text(text)) => (None, text.to_string()),
                    Some(param) => (Some(self.boxed(param)?), String::new()),
                    None => (None, String::new()),
                };
                Node::Fold { op: *op, grouping: grouping.clone(), param, text, of: self.boxed(of)? }
            }
            Expr::Binary { matching, .. } if matching.fill != (None, None) => return unsupported("`fill`"),
            Expr::Binary { op, left, right, matching } => {
                Node::Binary { op: *op, left: self.boxed(left)?, right: self.boxed(right)?, matching: matching.clone() }
            }
            Expr::Matrix(..) | Expr::Subquery { .. } => return unsupported("a range of samples in this place"),
            Expr::Text(_) => return unsupported("text in this place"),
        })
    }

    fn call(&self, name: &str, args: &[Expr]) -> Made<Node<'a>> {
        if let Some((f, param_first)) = windows::named(name) {
            return self.over_time(name, args, f, param_first);
        }
        if let (Some(f), [of, with @ ..]) = (maths::named(name), args) {
            let with = with.iter().map(|a| self.node(a)).collect::<Made<_>>()?;
            return Ok(Node::Map { f, of: self.boxed(of)?, with, is_clamp: name == "clamp" });
        }
        if let Some(f) = maths::calendar(name) {
            return Ok(Node::Calendar(f, args.first().map(|a| self.boxed(a)).transpose()?));
        }
        Ok(match (name, args) {
            ("time", []) => Node::Time,
            ("pi", []) => Node::Number(std::f64::consts::PI),
            ("vector", [of]) => Node::ToVector(self.boxed(of)?),
            ("scalar", [of]) => Node::ToScalar(self.boxed(of)?),
            ("sort", [of]) => Node::Sort(self.boxed(of)?, false),
            ("sort_desc", [of]) => Node::Sort(self.boxed(of)?, true),
            ("absent", [of]) => Node::Absent(self.boxed(of)?, absent_labels(of)),
            ("absent_over_time", [of]) => Node::AbsentOverTime(self.ranged(of)?, absent_labels(of)),
            ("histogram_quantile", [q, of]) => Node::Quantile(self.boxed(q)?, self.boxed(of)?),
            ("timestamp", [of]) => match of.bare() {
                Expr::Vector(pick) => Node::SampleTime(self.selected(pick)?),
                other => Node::NowOf(self.boxed(other)?),
            },
            ("label_replace", [of, rest @ ..]) => {
                let [to, replacement, from, regex] = &texts(rest)?[..] else {
                    return unsupported("`label_replace` without four texts");
                };
                Node::Replace(self.boxed(of)?, Replace::new(to, replacement, from, regex)?)
            }
            ("label_join", [of, rest @ ..]) => {
                let [to, by, from @ ..] = &texts(rest)?[..] else { return unsupported("`label_join` without texts") };
                Node::Join { of: self.boxed(of)?, to: to.clone(), by: by.clone(), from: from.to_vec() }
            }
            _ => return unsupported(format!("`{name}`")),
        })
    }

    fn over_time(&self, name: &str, args: &[Expr], f: windows::OverTime, param_first: Option<bool>) -> Made<Node<'a>> {
        let (of, param) = match (param_first, args) {
            (None, [of]) => (of, None),
            (Some(true), [param, of]) | (Some(false), [of, param]) => (of, Some(self.boxed(param)?)),
            _ => return unsupported(format!("`{name}` with these arguments")),
        };
        // These give back samples as they were, and so keep the metric's name.
        let keeps_name = matches!(name, "last_over_time" | "first_over_time");
        Ok(Node::OverTime { f, of: self.ranged(of)?, param, keeps_name })
    }

    fn ranged(&self, expr: &Expr) -> Made<Ranged<'a>> {
        match expr.bare() {
            Expr::Matrix(pick, range) => Ok(Ranged::Series(self.selected(pick)?, fixed(*range)?)),
            Expr::Subquery { of, range, step, shift } => {
                let (range, step) = (fixed(*range)?, step.map_or(Ok(self.rules.subquery_step.0), fixed)?.max(1));
                let of = self.repeated(of, range / step + 1)?;
                Ok(Ranged::Sub { of, range, step, when: when(shift)? })
            }
            _ => unsupported("a range function of something without a range"),
        }
    }

    /// Compiles what a subquery runs `ticks` times.
    fn repeated(&self, of: &Expr, ticks: i64) -> Made<Box<Node<'a>>> {
        let outside = self.runs.get();
        let runs = outside.saturating_mul(ticks);
        if ticks > MAX_TICKS || runs > MAX_RUNS {
            let most = if ticks > MAX_TICKS { MAX_TICKS } else { MAX_RUNS };
            return Err(EvalError::Refused(format!("a subquery of more than {most} evaluations")));
        }
        self.runs.set(runs);
        let made = self.boxed(of);
        self.runs.set(outside);
        made
    }

    fn selected(&self, pick: &Pick) -> Made<Selected<'a>> {
        if !pick.or.is_empty() {
            return unsupported("`or` between labels");
        }
        let series = self.data.select(&pick.selector)?;
        let nameless = series.iter().map(|s| nameless(s.labels)).collect();
        Ok(Selected { series, nameless, when: when(&pick.shift)? })
    }
}

fn fixed(stretch: Stretch) -> Made<i64> {
    match stretch {
        Stretch::Fixed(span) => Ok(span.0),
        Stretch::Window => unsupported("the placeholder {{window}} without a value"),
    }
}

fn when(shift: &Shift) -> Made<When> {
    let offset = match shift.offset {
        None => 0,
        Some((stretch, ahead)) => fixed(stretch)? * if ahead { -1 } else { 1 },
    };
    Ok(When { offset, at: shift.at })
}

/// The texts among a function's arguments; all must be.
fn texts(args: &[Expr]) -> Made<Vec<String>> {
    let one = |a: &Expr| match a.bare() {
        Expr::Text(text) => Ok(text.to_string()),
        _ => unsupported("a label function with computed texts"),
    };
    args.iter().map(one).collect()
}

/// The labels `absent` gives its element: those that the selector fixes by one equality.
fn absent_labels(of: &Expr) -> Labels {
    match of {
        Expr::Vector(pick) | Expr::Matrix(pick, _) => fixed_labels(&pick.selector),
        _ => Labels::default(),
    }
}

fn fixed_labels(selector: &Selector) -> Labels {
    let all = selector.matchers();
    let once = |name: &str| all.iter().filter(|m| *m.name == *name).count() == 1;
    let fixed = all.iter().filter(|m| m.op == MatchOp::Equal && &*m.name != "__name__" && once(&m.name));
    Labels::new(fixed.map(|m| (m.name.clone(), m.value.clone())))
}
