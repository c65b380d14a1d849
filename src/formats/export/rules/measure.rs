//! An indicator as PromQL: its error ratio over a window.
//!
//! Sums before quotients, so that every window weighs by traffic; a missing series of errors is no errors; no traffic gives no
//! value instead of NaN. Deliberately absent: what to compare the ratio with.

use super::names;
use crate::domain::base::{Span, Text};
use crate::domain::measure::{Count, CountedPlan, HistogramPlan, MatchOp, Plan, Selector};
use crate::domain::objective::{Percentile, Side, Sli, Slo};
use crate::query;
use crate::query::ast::{Expr, Op};
use crate::query::guard::with_window;
use rust_decimal::Decimal;

/// How the ratio is written.
enum How {
    /// Counters.
    Counted { bad: Count, total: Count },
    /// Texts with a placeholder for the window.
    Windowed { errors: Text, total: Text, is_good: bool },
    /// Texts without one: their values are added up over the window.
    Levels { errors: Text, total: Text, is_good: bool },
    /// A ratio as it is, with a placeholder: there is nothing to add up.
    Raw { errors: Text },
    /// So many may happen: the burn rate itself.
    Occurrences { count: Count, allowed: Decimal, per: Span },
    /// The share of values on the wrong side.
    Threshold { value: Text, side: Side, level: f64 },
}

/// An indicator, ready to be written.
pub(super) struct Measure<'a> {
    slo: &'a Slo,
    how: How,
}

/// The bucket at a threshold. Servers write whole numbers with or without `.0`.
fn bucket(plan: &HistogramPlan) -> Selector {
    let under = plan.under_seconds.normalize();
    if under.fract().is_zero() {
        return plan.buckets.and("le", MatchOp::Regex, &format!("{under}(\\.0)?"));
    }
    plan.buckets.and("le", MatchOp::Equal, &under.to_string())
}

/// The bad and all events of a counted plan that has both.
pub(super) fn counts(plan: &Plan) -> Option<(Count, Count)> {
    let Plan::Counted(counted) = plan else { return None };
    match counted {
        CountedPlan::Events { bad, total } => Some((bad.clone(), total.clone()?)),
        CountedPlan::Histogram(h) => {
            let all = h.buckets.and("le", MatchOp::Equal, "+Inf");
            let bad = Count { plus: vec![all.clone()], minus: vec![bucket(h)] };
            Some((bad, Count { plus: vec![all], minus: Vec::new() }))
        }
    }
}

impl<'a> Measure<'a> {
    /// The indicator of an SLO.
    pub(super) fn of(slo: &'a Slo) -> Result<Self, String> {
        let how = match (counts(&slo.plan), &slo.sli) {
            (Some((bad, total)), _) => How::Counted { bad, total },
            (None, Sli::Occurrences { allowed, per, .. }) => match &slo.plan {
                Plan::Counted(CountedPlan::Events { bad, .. }) => {
                    How::Occurrences { count: bad.clone(), allowed: *allowed, per: *per }
                }
                _ => return Err("its counter cannot be read as a sum of counters".into()),
            },
            (None, Sli::Threshold { value, side, level }) => {
                let Plan::Asked { ask: crate::domain::measure::AskedPlan::Value { value: asked }, .. } = &slo.plan else {
                    return Err(format!("`{value}` is not asked as a value"));
                };
                How::Threshold { value: asked.clone(), side: *side, level: *level }
            }
            (None, Sli::Events { bad: Some(bad), total, .. }) => texts(bad, total, false)?,
            (None, Sli::Events { good: Some(good), total, .. }) => texts(good, total, true)?,
            (None, Sli::Ratio { errors, total }) => texts(errors, total, false)?,
            (None, Sli::Composite(_)) => return Err("it is made of other SLOs, which have rules of their own".into()),
            (None, Sli::Events { .. } | Sli::Latency { .. }) => return Err("it has no queries to write".into()),
        };
        Ok(Self { slo, how })
    }

    /// What a window's record is called.
    pub(super) fn record(&self, window: Span) -> String {
        let stem = match self.how {
            How::Occurrences { .. } => "slo:occurrences:burn_rate",
            _ => "slo:sli_error:ratio_rate",
        };
        format!("{stem}{}", names::duration(window))
    }

    /// True where ratios are made of records and so begin with them.
    pub(super) const fn begins_with_records(&self) -> bool {
        matches!(self.how, How::Levels { .. } | How::Threshold { .. })
    }

    /// True where the records are burn rates already, because there is no target.
    pub(super) const fn is_burn(&self) -> bool {
        matches!(self.how, How::Occurrences { .. })
    }

    /// Records that are needed before the ratios, where there is nothing to count: levels, or a value and whether it is bad.
    pub(super) fn levels(&self) -> Result<Vec<(&'static str, String)>, String> {
        match &self.how {
            How::Levels { errors, total, is_good } => Ok(vec![
                (names::ERRORS, pretty(&errors_of(errors, total, *is_good))?),
                (names::TOTAL, pretty(&format!("({total}\n) >= 0"))?),
            ]),
            How::Threshold { value, side, level } => {
                let sign = if *side == Side::Below { ">=" } else { "<=" };
                let bad = format!("{} {sign} bool {level}", names::selector(names::VALUE, self.slo));
                // A value that is NaN is none.
                Ok(vec![(names::VALUE, pretty(&format!("({value}\n) == ({value}\n)"))?), (names::BAD, pretty(&bad)?)])
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The ratio over a window, as PromQL of a few lines. `function` is `rate`, or `increase` where sums are meant: the
    /// quotient is the same.
    pub(super) fn ratio(&self, function: &str, window: Span) -> Result<String, String> {
        let over = |function: &str, record: &str| format!("{function}({}[{window}])", names::selector(record, self.slo));
        let text = match &self.how {
            How::Counted { bad, total } => self.counted(bad, total, function, window),
            How::Windowed { errors, total, is_good } => {
                let fill = |text: &str| with_window(text, window).map_err(|e| e.message);
                let (errors, total) = (fill(errors)?, fill(total)?);
                quotient(&errors_of(&errors, &total, *is_good), &total)
            }
            How::Raw { errors } => with_window(errors, window).map_err(|e| e.message)?,
            How::Levels { .. } => {
                format!("{} / ({} > 0)", over("sum_over_time", names::ERRORS), over("sum_over_time", names::TOTAL))
            }
            How::Occurrences { count, allowed, per } => {
                let so_many = allowed.checked_mul(Decimal::from(window.0)).and_then(|n| n.checked_div(Decimal::from(per.0)));
                let so_many = so_many.ok_or("its allowance is beyond all numbers")?.normalize();
                format!("({}) / {so_many}", self.sum_of(count, "increase", window, None))
            }
            How::Threshold { .. } => over("avg_over_time", names::BAD),
        };
        pretty(&text)
    }

    /// A percentile over a window, of latency SLIs.
    pub(super) fn quantile(&self, of: Percentile, window: Span) -> Option<Result<String, String>> {
        let Plan::Counted(CountedPlan::Histogram(plan)) = &self.slo.plan else { return None };
        let by: Vec<&str> = std::iter::once("le").chain(self.slo.group_by.iter().map(|l| &**l)).collect();
        let rate = self.deduped(&format!("rate({}[{window}])", plan.buckets));
        Some(pretty(&format!("histogram_quantile({}, sum by ({}) ({rate}))", of.share(), by.join(", "))))
    }

    fn counted(&self, bad: &Count, total: &Count, function: &str, window: Span) -> String {
        let all: Vec<String> = total.plus.iter().map(|s| self.sum(s, function, window)).collect();
        let zero = format!("0 * ({})", all.join(" or "));
        let only = (all.len() == 1 && total.minus.is_empty()).then(|| total.plus[0].clone());
        let total = match &only {
            Some(_) => all[0].clone(),
            None => self.sum_of(total, function, window, Some(&zero)),
        };
        let mut text = String::new();
        for (sign, selector) in bad.plus.iter().map(|s| ("+", s)).chain(bad.minus.iter().map(|s| ("-", s))) {
            let sum = self.sum(selector, function, window);
            // What is there whenever the total is needs no zero; a bucket that is not there must not read as all bad.
            let whole = only.as_ref() == Some(selector) || selector.matchers().iter().any(|m| &*m.name == "le");
            let term = if whole { sum } else { format!("({sum} or {zero})") };
            let sign = if text.is_empty() && sign == "+" { "" } else { sign };
            text = format!("{text} {sign} {term}");
        }
        format!("({text}) / ({total} > 0)")
    }

    /// Terms of a count; `zero` stands for those that are missing.
    fn sum_of(&self, count: &Count, function: &str, window: Span, zero: Option<&str>) -> String {
        let mut text = String::new();
        for (sign, selector) in count.plus.iter().map(|s| ("+", s)).chain(count.minus.iter().map(|s| ("-", s))) {
            let sum = self.sum(selector, function, window);
            let term = zero.map_or_else(|| sum.clone(), |zero| format!("({sum} or {zero})"));
            let sign = if text.is_empty() && sign == "+" { "" } else { sign };
            text = format!("{text} {sign} {term}");
        }
        text
    }

    fn sum(&self, selector: &Selector, function: &str, window: Span) -> String {
        let by = if self.slo.group_by.is_empty() { String::new() } else { format!(" by ({})", self.slo.group_by.join(", ")) };
        format!("sum{by} ({})", self.deduped(&format!("{function}({selector}[{window}])")))
    }

    /// Replicas of one thing count once.
    fn deduped(&self, text: &str) -> String {
        if self.slo.dedupe.is_empty() {
            return text.to_owned();
        }
        format!("max without ({}) ({text})", self.slo.dedupe.join(", "))
    }
}

/// A pair of texts, with or without a window in them.
fn texts(errors: &Text, total: &Text, is_good: bool) -> Result<How, String> {
    let uses = |text: &str| {
        let with = |span| with_window(text, span).map_err(|e| e.message);
        Ok::<bool, String>(with(Span::from_mins(1))? != with(Span::from_mins(2))?)
    };
    let (errors, total) = (errors.clone(), total.clone());
    if total.trim() == "vector(1)" && uses(&errors)? {
        return Ok(How::Raw { errors });
    }
    match (uses(&errors)?, uses(&total)?) {
        (true, true) => Ok(How::Windowed { errors, total, is_good }),
        (false, false) => Ok(How::Levels { errors, total, is_good }),
        _ => Err("only one of its two queries has the window in it, so their values are of different times".into()),
    }
}

/// Errors as written, or what is not good; what is missing is none.
fn errors_of(text: &str, total: &str, is_good: bool) -> String {
    let or_none = format!("(({text}\n) or 0 * ({total}\n))");
    if is_good { format!("({total}\n) - {or_none}") } else { or_none }
}

fn quotient(errors: &str, total: &str) -> String {
    format!("({errors}) / (({total}\n) > 0)")
}

/// PromQL as our printer writes it; a quotient over three lines.
fn pretty(text: &str) -> Result<String, String> {
    let tree = query::parse(text).map_err(|e| e.message)?;
    let part = |e: &Expr| {
        let e = e.bare();
        if matches!(e, Expr::Binary { .. }) { format!("({e})") } else { e.to_string() }
    };
    match &tree {
        Expr::Binary { op: Op::Div, left, right, matching } if *matching == crate::query::ast::Matching::default() => {
            Ok(format!("{}\n/\n{}", part(left), part(right)))
        }
        tree => Ok(tree.to_string()),
    }
}
