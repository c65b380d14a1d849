//! Presets become ordinary SLIs: the conditions that say whose are added to every selector of the preset's PromQL.
//!
//! The PromQL is read, changed as a tree and printed: nothing is pasted into text. Deliberately absent: which presets there are.

use super::ast::Expr;
use super::error::QueryError;
use super::guard::parse;
use super::print::restrict;
use crate::domain::base::{Span, Text};
use crate::domain::measure::{MatchOp, Matcher, Selector};
use crate::domain::objective::{Form, Sli};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// What an SLO says beside the preset's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Conditions that say whose events are meant.
    pub whose: Vec<Matcher>,
    /// The threshold of latency.
    pub under: Option<Span>,
    /// How many are allowed in how long, where the preset's own number is not wanted.
    pub allowed: Option<(Decimal, Span)>,
}

/// The conditions of a selector without a metric's name, such as `{job="checkout"}`; `{}` is no condition.
///
/// # Errors
/// It is no such selector, with the place in it.
pub fn conditions(text: &str) -> Result<Vec<Matcher>, QueryError> {
    if text.trim().strip_prefix('{').and_then(|t| t.strip_suffix('}')).is_some_and(|t| t.trim().is_empty()) {
        return Ok(Vec::new());
    }
    let all = 0..text.trim_end().len();
    match parse(text)? {
        Expr::Vector(pick) if pick.or.is_empty() && pick.shift.is_none() => match pick.selector.name() {
            Some(name) => Err(QueryError::new(format!("a preset brings its own metrics, so `{name}` has no place here"), all)
                .hint("write the labels alone: {job=\"checkout\"}")),
            None => Ok(pick.selector.matchers().to_vec()),
        },
        _ => Err(QueryError::new("this must be a selector without function, range and offset", all)
            .hint("write labels: {job=\"checkout\"}")),
    }
}

/// The SLI that a preset's form means for somebody. Absent where it needs `under` and has none.
///
/// # Errors
/// The form's own PromQL is broken.
pub fn expand(form: &Form, wish: &Wish) -> Result<Option<Sli>, QueryError> {
    let narrow = |text: &str| narrowed(text, &wish.whose);
    Ok(match form {
        Form::Events { bad, total } => Some(Sli::Events { bad: Some(narrow(bad)?), good: None, total: narrow(total)? }),
        Form::Seconds { histogram } => match wish.under {
            Some(under) => {
                Some(Sli::Latency { histogram: narrow(histogram)?, under_seconds: seconds(under), interpolate: false })
            }
            None => None,
        },
        Form::Millis { histogram, .. } => match wish.under {
            Some(under) => Some(within(histogram, under, &wish.whose)?),
            None => None,
        },
        Form::Threshold { value, side, level } => {
            let level = level.or_else(|| wish.under.map(seconds)).and_then(|l| l.to_f64());
            match level {
                Some(level) => Some(Sli::Threshold { value: narrow(value)?, side: *side, level }),
                None => None,
            }
        }
        Form::Occurrences { count, allowed, per } => {
            let (allowed, per) = wish.allowed.unwrap_or((*allowed, *per));
            Some(Sli::Occurrences { count: narrow(count)?, allowed, per })
        }
    })
}

/// The selectors by which a form's series are found: buckets of histograms, everything in the main expression otherwise.
///
/// # Errors
/// The form's own PromQL is broken.
pub fn selectors(form: &Form) -> Result<Vec<Selector>, QueryError> {
    if form.has_buckets() {
        return Ok(vec![series_of(form.main(), "_bucket")?]);
    }
    let mut found = Vec::new();
    parse(form.main())?.walk(&mut |part| {
        if let Expr::Vector(pick) | Expr::Matrix(pick, _) = part {
            found.push(pick.selector.clone());
        }
    });
    Ok(found)
}

/// PromQL with more conditions in every selector.
fn narrowed(text: &str, by: &[Matcher]) -> Result<Text, QueryError> {
    let mut expr = parse(text)?;
    restrict(&mut expr, by);
    Ok(expr.to_string().into())
}

/// A histogram in milliseconds: the bucket of one bound, of the count. Servers write whole bounds as `250` or `250.0`.
fn within(histogram: &str, under: Span, whose: &[Matcher]) -> Result<Sli, QueryError> {
    let (buckets, count) = (series_of(histogram, "_bucket")?, series_of(histogram, "_count")?);
    let for_whom = |s: Selector| whose.iter().fold(s, |s, m| s.and(&m.name, m.op, &m.value));
    let good = for_whom(buckets.and("le", MatchOp::Regex, &format!("{}(\\.0)?", under.0)));
    Ok(Sli::Events { bad: None, good: Some(good.to_string().into()), total: for_whom(count).to_string().into() })
}

/// A histogram's selector for one of its kinds of series.
fn series_of(histogram: &str, suffix: &str) -> Result<Selector, QueryError> {
    let no = || QueryError::new("a histogram is named by a selector", 0..histogram.len());
    let Expr::Vector(pick) = parse(histogram)? else { return Err(no()) };
    let name = pick.selector.name().ok_or_else(no)?;
    Ok(pick.selector.renamed(&format!("{name}{suffix}")))
}

fn seconds(span: Span) -> Decimal {
    Decimal::new(span.0, 3).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::objective::Side;

    fn wish(under: i64) -> Wish {
        Wish { whose: conditions("{job=\"a\\\"b\"}").unwrap(), under: Some(Span(under)), allowed: None }
    }

    #[test]
    fn every_selector_of_a_form_is_narrowed_and_its_text_stays_promql() {
        let value = "max(x{a=~\"b|c\"} / (y > 0))".into();
        let sli = expand(&Form::Threshold { value, side: Side::Below, level: None }, &wish(1_500)).unwrap().unwrap();
        let Sli::Threshold { value, level, .. } = sli else { unreachable!("{sli:?}") };
        assert_eq!(&*value, r#"max(x{a=~"b|c", job="a\"b"} / (y{job="a\"b"} > 0))"#);
        assert!((level - 1.5).abs() < f64::EPSILON);
        assert_eq!(parse(&value).unwrap().to_string(), &*value);
    }

    #[test]
    fn a_histogram_in_milliseconds_is_counted_by_one_bucket_however_its_bound_is_written() {
        let form = Form::Millis { histogram: "d_ms{r=\"d\"}".into(), bounds: Vec::new() };
        let sli = expand(&form, &wish(250)).unwrap().unwrap();
        let Sli::Events { bad: None, good: Some(good), total } = sli else { unreachable!("{sli:?}") };
        assert_eq!(&*good, r#"d_ms_bucket{job="a\"b", le=~"250(\\.0)?", r="d"}"#);
        assert_eq!(&*total, r#"d_ms_count{job="a\"b", r="d"}"#);
        assert_eq!(expand(&form, &Wish::default()).unwrap(), None, "no threshold, no SLI");
    }

    #[test]
    fn conditions_are_labels_and_nothing_else() {
        assert_eq!(conditions(" { } ").unwrap(), []);
        assert_eq!(conditions("{a=\"b\", c!~\"d\"}").unwrap().len(), 2);
        for bad in ["x{a=\"b\"}", "sum({a=\"b\"})", "{a=\"b\"}[5m]", "{a=\"b\"} offset 5m", "{a=}", "{a=~\".*\"}"] {
            assert!(conditions(bad).is_err(), "{bad}");
        }
    }
}
