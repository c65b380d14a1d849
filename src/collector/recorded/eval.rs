//! Evaluated asks over a recording: unpacks what an expression can reach, and has `query` evaluate it.

use super::Recorded;
use crate::domain::base::{Ms, Span, Text};
use crate::domain::measure::{Coverage, Sample, Selector, Sink};
use crate::ports::SourceError;
use crate::query::ast::{At, Expr, Pick, Shift};
use crate::query::{EvalError, Evaluator, Rules, SeriesRef, SeriesSet, parse};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Expressions that are remembered.
const REMEMBERED: usize = 1024;

/// An expression, read once.
#[derive(Debug)]
struct Ready {
    expr: Expr,
    selectors: Vec<Selector>,
    /// How far it looks back; `None` when it may look anywhere (`@`, forward offsets).
    reach: Option<Span>,
}

/// Expressions by their text.
#[derive(Debug, Default)]
pub(super) struct Expressions(Mutex<HashMap<Text, Arc<Ready>>>);

impl Expressions {
    fn get(&self, text: &Text, rules: Rules) -> Result<Arc<Ready>, EvalError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = known.get(text) {
            return Ok(ready.clone());
        }
        let expr = parse(text)?;
        let mut selectors = Vec::new();
        expr.walk(&mut |part| {
            if let Expr::Vector(pick) | Expr::Matrix(pick, _) = part {
                selectors.push(pick.selector.clone());
            }
        });
        let reach = reach(&expr, rules);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let ready = Arc::new(Ready { expr, selectors, reach });
        known.insert(text.clone(), ready.clone());
        Ok(ready)
    }
}

/// How far an expression looks back from the instant it is evaluated at.
fn reach(expr: &Expr, rules: Rules) -> Option<Span> {
    match expr {
        Expr::Vector(Pick { shift, .. }) => Some(rules.lookback + back(shift)?),
        Expr::Matrix(Pick { shift, .. }, range) => Some(range.with(Span::ZERO) + back(shift)?),
        Expr::Subquery { of, range, step, shift } => {
            let step = step.map_or(rules.subquery_step, |s| s.with(Span::ZERO));
            Some(range.with(Span::ZERO) + step + back(shift)? + reach(of, rules)?)
        }
        other => other.parts().into_iter().try_fold(Span::ZERO, |most, part| Some(most.max(reach(part, rules)?))),
    }
}

fn back(shift: &Shift) -> Option<Span> {
    let at: Option<At> = shift.at;
    match (at, shift.offset) {
        (None, None) => Some(Span::ZERO),
        (None, Some((offset, false))) => Some(offset.with(Span::ZERO)),
        _ => None,
    }
}

/// The part of a recording that an evaluation can reach, unpacked.
struct Unpacked<'a> {
    source: &'a Recorded,
    samples: HashMap<usize, Vec<Sample>>,
}

impl<'a> Unpacked<'a> {
    fn new(source: &'a Recorded, ready: &Ready, from: Ms, to: Ms) -> Result<Self, SourceError> {
        // One millisecond more: closed windows hold their left end.
        let start = ready.reach.map_or(Ms(i64::MIN), |reach| from - reach - Span(1));
        let mut samples = HashMap::new();
        for selector in &ready.selectors {
            for &index in source.matching(selector)?.iter() {
                samples.entry(index).or_insert_with(|| {
                    let mut list = Vec::new();
                    source.series[index].1.read(start, to, |at, value| list.push(Sample { at, value }));
                    list
                });
            }
        }
        Ok(Self { source, samples })
    }
}

impl SeriesSet for Unpacked<'_> {
    fn select(&self, selector: &Selector) -> Result<Vec<SeriesRef<'_>>, EvalError> {
        let found = self.source.matching(selector).map_err(|e| EvalError::Refused(e.to_string()))?;
        let series = found.iter().filter_map(|i| Some((i, self.samples.get(i)?)));
        Ok(series.map(|(i, samples)| SeriesRef { labels: &self.source.series[*i].0, samples }).collect())
    }
}

impl Recorded {
    /// Evaluates at every multiple of `step` in `(from, to]`, as far as the horizon.
    pub(super) fn eval(
        &self,
        text: &Text,
        (from, to): (Ms, Ms),
        step: Span,
        into: &mut dyn Sink,
    ) -> Result<Coverage, SourceError> {
        let to = to.min(self.horizon.get());
        let failed = |error: EvalError| match error {
            EvalError::Refused(message) => SourceError::Refused { url: self.name.to_string(), message },
            other => SourceError::Unsupported(format!("`{text}`: {other}")),
        };
        let ready = self.expressions.get(text, self.rules).map_err(failed)?;
        let data = Unpacked::new(self, &ready, from, to)?;
        let evaluator = Evaluator::new(&ready.expr, &data, self.rules).map_err(failed)?;
        let mut coverage = Coverage::default();
        for (labels, samples) in evaluator.range(from, to, step).map_err(failed)? {
            coverage.series += 1;
            coverage.samples += samples.len();
            into.series(&labels);
            for sample in samples {
                into.sample(sample.at, sample.value);
            }
        }
        Ok(coverage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reach_is_known_or_everything() {
        let of = |text: &str| reach(&parse(text).unwrap(), Rules::default()).map(|s| s.to_string());
        assert_eq!(of("up").as_deref(), Some("5m"));
        assert_eq!(of("rate(a[1h] offset 10m) / ignoring(x) up").as_deref(), Some("1h10m"));
        assert_eq!(of("max_over_time(rate(a[5m])[1h:30s])").as_deref(), Some("1h5m30s"));
        assert_eq!(of("max_over_time(up[1h:])").as_deref(), Some("1h6m"));
        assert_eq!(of("1 + 1").as_deref(), Some("0s"));
        assert_eq!(of("up @ 5"), None);
        assert_eq!(of("sum(up offset -5m)"), None);
    }
}
