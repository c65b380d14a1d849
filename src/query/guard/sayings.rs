//! The parser's sentences in the words of this program, with hints.

use super::MARK;
use crate::query::ast::Fold;
use crate::query::error::QueryError;
use crate::query::scan::Lexeme;
use std::ops::Range;

/// The problem behind "unknown function", at the function's name and with the nearest known one.
pub(super) fn unknown_function(tokens: &[Lexeme], message: &str) -> Option<QueryError> {
    let name = message.strip_prefix("unknown function with name '")?.strip_suffix('\'')?;
    let at = tokens.windows(2).find(|w| w[0].name() == Some(name) && w[1].is("("))?[0].at.clone();
    let shown: String = name.chars().take(60).collect();
    let error = QueryError::new(format!("unknown function `{shown}`"), at);
    let near = FUNCTIONS
        .iter()
        .copied()
        .chain(Fold::NAMES.iter().map(|(_, n)| *n))
        .map(|f| (strsim::damerau_levenshtein(&shown.to_lowercase(), f), !f.starts_with(&shown), f))
        .min()
        .filter(|(distance, _, f)| *distance <= 1 + f.len() / 4);
    Some(match near {
        Some((.., f)) => error.hint(format!("did you mean `{f}`?")),
        None => error,
    })
}

/// The parser's sentence in the words of this program, where they are clearer.
pub(super) fn clear(message: &str, at: Range<usize>) -> QueryError {
    if let Some(rest) = message.strip_prefix("expected type matrix in call to function '") {
        let name = rest.split('\'').next().unwrap_or_default();
        return QueryError::new(format!("`{name}` wants a range, such as x[5m]"), at)
            .hint(format!("write {name}(x[{{{{window}}}}])"));
    }
    if let Some(rest) = message.strip_prefix("expected type vector in call to function '") {
        let (name, got) = rest.split_once("', got ").unwrap_or((rest, "something else"));
        return QueryError::new(format!("`{name}` wants an instant vector, and got a {got}"), at);
    }
    if message.starts_with("metric name must not be set twice") {
        return QueryError::new("the metric is named twice", at);
    }
    let plain = message.contains(MARK) || message == "invalid promql query";
    QueryError::new(if plain { "this is no valid PromQL" } else { message }, at)
}

/// PromQL's functions, for "did you mean".
const FUNCTIONS: [&str; 68] = [
    "abs",
    "absent",
    "absent_over_time",
    "acos",
    "asin",
    "atan",
    "avg_over_time",
    "ceil",
    "changes",
    "clamp",
    "clamp_max",
    "clamp_min",
    "cos",
    "count_over_time",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "deg",
    "delta",
    "deriv",
    "exp",
    "first_over_time",
    "floor",
    "histogram_avg",
    "histogram_count",
    "histogram_fraction",
    "histogram_quantile",
    "histogram_stddev",
    "histogram_sum",
    "hour",
    "idelta",
    "increase",
    "irate",
    "label_join",
    "label_replace",
    "last_over_time",
    "ln",
    "log10",
    "log2",
    "mad_over_time",
    "max_over_time",
    "min_over_time",
    "minute",
    "month",
    "pi",
    "predict_linear",
    "present_over_time",
    "quantile_over_time",
    "rad",
    "rate",
    "resets",
    "round",
    "scalar",
    "sgn",
    "sin",
    "sort",
    "sort_desc",
    "sqrt",
    "stddev_over_time",
    "stdvar_over_time",
    "sum_over_time",
    "tan",
    "time",
    "timestamp",
    "vector",
    "year",
    "double_exponential_smoothing",
];
