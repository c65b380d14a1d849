//! Aggregations over the elements of a vector.

use super::EvalError;
use super::node::{Elements, NAME};
use super::windows::{compensated, quantile, variance};
use crate::domain::base::{Labels, Text};
use crate::query::ast::{Fold, Grouping};
use std::collections::HashMap;

/// Aggregates. `param` is the number of topk, bottomk and quantile; `text` the label of count_values.
pub(super) fn fold(op: Fold, grouping: &Grouping, param: f64, text: &str, elements: Elements) -> Result<Elements, EvalError> {
    let groups = split(grouping, elements);
    Ok(match op {
        Fold::Topk => groups.into_iter().flat_map(|(_, g)| best(g, param, true)).collect(),
        Fold::Bottomk => groups.into_iter().flat_map(|(_, g)| best(g, param, false)).collect(),
        Fold::CountValues => groups.into_iter().flat_map(|(key, g)| values(&key, text, &g)).collect(),
        _ => {
            let one = |g: Elements| number(op, param, &g.into_iter().map(|(_, v)| v).collect::<Vec<_>>());
            groups.into_iter().map(|(key, g)| one(g).map(|v| (key, v))).collect::<Result<_, _>>()?
        }
    })
}

/// The groups in the order of their first elements.
fn split(grouping: &Grouping, elements: Elements) -> Vec<(Labels, Elements)> {
    let key: Box<dyn Fn(&Labels) -> Labels> = match grouping {
        Grouping::By(labels) if labels.is_empty() => {
            return if elements.is_empty() { Vec::new() } else { vec![(Labels::default(), elements)] };
        }
        Grouping::By(labels) => Box::new(move |l| l.only(labels)),
        Grouping::Without(labels) => {
            let drop: Vec<Text> = labels.iter().cloned().chain([NAME.into()]).collect();
            Box::new(move |l| l.without(&drop))
        }
    };
    let mut groups: Vec<(Labels, Elements)> = Vec::new();
    let mut index: HashMap<Labels, usize> = HashMap::new();
    for (labels, value) in elements {
        let i = *index.entry(key(&labels)).or_insert_with_key(|key| {
            groups.push((key.clone(), Vec::new()));
            groups.len() - 1
        });
        groups[i].1.push((labels, value));
    }
    groups
}

fn number(op: Fold, param: f64, values: &[f64]) -> Result<f64, EvalError> {
    let n = values.len() as f64;
    let all = || values.iter().copied();
    let extreme = |better: fn(f64, f64) -> bool| all().reduce(|a, b| if a.is_nan() || better(a, b) { b } else { a });
    Ok(match op {
        Fold::Sum => compensated(all()),
        Fold::Avg => compensated(all()) / n,
        Fold::Count => n,
        Fold::Group => 1.0,
        Fold::Min => extreme(|a, b| b < a).unwrap_or(f64::NAN),
        Fold::Max => extreme(|a, b| b > a).unwrap_or(f64::NAN),
        Fold::Stdvar => variance(all()),
        Fold::Stddev => variance(all()).sqrt(),
        Fold::Quantile => quantile(param, values.to_vec()),
        other => return Err(EvalError::Unsupported(format!("`{}`", other.name()))),
    })
}

/// The `k` largest or smallest elements, with their own labels. NaN comes last.
fn best(mut elements: Elements, k: f64, largest: bool) -> Elements {
    elements.sort_by(|(_, a), (_, b)| {
        let by_value = if largest { b.partial_cmp(a) } else { a.partial_cmp(b) };
        by_value.unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
    });
    // A negative, NaN or fractional k is cut as a conversion to an integer cuts it.
    elements.truncate(if k >= 1.0 { k as usize } else { 0 });
    elements
}

/// How often each value comes, the value as a label.
fn values(key: &Labels, label: &str, elements: &Elements) -> Elements {
    let mut counts: Vec<(String, f64)> = Vec::new();
    for (_, value) in elements {
        let text = written(*value);
        match counts.iter_mut().find(|(t, _)| *t == text) {
            Some((_, n)) => *n += 1.0,
            None => counts.push((text, 1.0)),
        }
    }
    let labels =
        |text: String| Labels::new(key.iter().map(|(k, v)| (k.to_string(), v.to_string())).chain([(label.to_string(), text)]));
    counts.into_iter().map(|(text, n)| (labels(text), n)).collect()
}

/// A number as Go writes it with `%v` in `count_values`: the shortest decimal, no exponent.
fn written(value: f64) -> String {
    if value.is_infinite() { (if value > 0.0 { "+Inf" } else { "-Inf" }).into() } else { value.to_string() }
}
