//! Binary operators between scalars and vectors, with Prometheus' vector matching.

use super::EvalError;
use super::node::{Elements, NAME, Yield, nameless};
use crate::domain::base::{Labels, Text};
use crate::query::ast::{Grouping, Many, Matching, Op};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// Applies an operator.
pub(super) fn apply(op: Op, matching: &Matching, left: Yield, right: Yield) -> Result<Yield, EvalError> {
    Ok(match (left, right) {
        (Yield::Scalar(a), Yield::Scalar(b)) => {
            Yield::Scalar(if op.compares() { truth(compare(op, a, b)) } else { number(op, a, b) })
        }
        (Yield::Vector(v), Yield::Scalar(s)) => Yield::Vector(with_scalar(op, matching, v, s, false)),
        (Yield::Scalar(s), Yield::Vector(v)) => Yield::Vector(with_scalar(op, matching, v, s, true)),
        (Yield::Vector(a), Yield::Vector(b)) if op.is_set() => Yield::Vector(set(op, matching, a, b)),
        (Yield::Vector(a), Yield::Vector(b)) => Yield::Vector(matched(op, matching, a, b)?),
    })
}

fn truth(yes: bool) -> f64 {
    if yes { 1.0 } else { 0.0 }
}

fn number(op: Op, a: f64, b: f64) -> f64 {
    match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div => a / b,
        Op::Mod => a % b,
        Op::Pow => a.powf(b),
        Op::Atan2 => a.atan2(b),
        _ => f64::NAN,
    }
}

fn compare(op: Op, a: f64, b: f64) -> bool {
    match op {
        Op::Eq => a == b,
        Op::Ne => a != b,
        Op::Lt => a < b,
        Op::Le => a <= b,
        Op::Gt => a > b,
        Op::Ge => a >= b,
        _ => false,
    }
}

/// The value of a pair and whether it stays: arithmetic always does, comparisons filter unless they say `bool`.
fn pair(op: Op, matching: &Matching, a: f64, b: f64) -> Option<f64> {
    if !op.compares() {
        return Some(number(op, a, b));
    }
    let yes = compare(op, a, b);
    if matching.returns_bool { Some(truth(yes)) } else { yes.then_some(a) }
}

fn drops_name(op: Op, matching: &Matching) -> bool {
    !op.compares() || matching.returns_bool
}

fn with_scalar(op: Op, matching: &Matching, vector: Elements, scalar: f64, scalar_first: bool) -> Elements {
    let filters = op.compares() && !matching.returns_bool;
    let one = |(labels, value): (Labels, f64)| {
        let (a, b) = if scalar_first { (scalar, value) } else { (value, scalar) };
        let result = pair(op, matching, a, b)?;
        // A filter keeps the element's own value on whichever side it stands.
        let result = if filters { value } else { result };
        Some((if drops_name(op, matching) { nameless(&labels) } else { labels }, result))
    };
    vector.into_iter().filter_map(one).collect()
}

/// What elements have in common when they match.
fn key(matching: &Matching, labels: &Labels) -> Labels {
    match &matching.labels {
        None => nameless(labels),
        Some(Grouping::By(names)) => labels.only(names),
        Some(Grouping::Without(names)) => {
            let names: Vec<Text> = names.iter().cloned().chain([NAME.into()]).collect();
            labels.without(&names)
        }
    }
}

fn set(op: Op, matching: &Matching, left: Elements, right: Elements) -> Elements {
    let keys = |elements: &Elements| elements.iter().map(|(l, _)| key(matching, l)).collect::<HashSet<_>>();
    if op == Op::Or {
        let known = keys(&left);
        let added = right.into_iter().filter(|(l, _)| !known.contains(&key(matching, l)));
        return left.into_iter().chain(added).collect();
    }
    let known = keys(&right);
    left.into_iter().filter(|(l, _)| known.contains(&key(matching, l)) == (op == Op::And)).collect()
}

fn matched(op: Op, matching: &Matching, left: Elements, right: Elements) -> Result<Elements, EvalError> {
    // `many` is walked, `one` is looked up; with group_right the right side is the many.
    let swapped = matches!(matching.many, Many::Right(_));
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    let mut lookup = HashMap::with_capacity(one.len());
    for (labels, value) in one {
        match lookup.entry(key(matching, &labels)) {
            Entry::Vacant(slot) => slot.insert((labels, value)),
            Entry::Occupied(slot) => {
                let side = if swapped { "left" } else { "right" };
                return Err(EvalError::Refused(format!(
                    "many elements match {} on the {side} side: {} and {labels}",
                    shown(slot.key()),
                    slot.get().0
                )));
            }
        };
    }
    let (mut out, mut seen) = (Vec::with_capacity(many.len()), HashSet::new());
    for (labels, value) in many {
        let key = key(matching, &labels);
        let Some((other, other_value)) = lookup.get(&key) else { continue };
        let (a, b) = if swapped { (*other_value, value) } else { (value, *other_value) };
        let Some(result) = pair(op, matching, a, b) else { continue };
        let metric = result_labels(op, matching, &labels, other);
        let unique = if matching.many == Many::None { key } else { metric.clone() };
        if !seen.insert(unique.clone()) {
            return Err(EvalError::Refused(format!("many elements match {}: say group_left or group_right", shown(&unique))));
        }
        out.push((metric, result));
    }
    Ok(out)
}

fn shown(labels: &Labels) -> String {
    if labels.is_empty() { "{}".into() } else { labels.to_string() }
}

fn result_labels(op: Op, matching: &Matching, many: &Labels, one: &Labels) -> Labels {
    let base = if drops_name(op, matching) { nameless(many) } else { many.clone() };
    let include = match &matching.many {
        Many::None => {
            return match &matching.labels {
                None => base,
                Some(Grouping::By(names)) => base.only(names),
                Some(Grouping::Without(names)) => base.without(names),
            };
        }
        Many::Left(labels) | Many::Right(labels) => labels,
    };
    if include.is_empty() {
        return base;
    }
    let own = base.without(include);
    let taken = include.iter().map(|l| (l.to_string(), one.get(l).to_string()));
    Labels::new(own.iter().map(|(k, v)| (k.to_string(), v.to_string())).chain(taken))
}
