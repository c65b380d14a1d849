//! A plan in lines for `explain`: which selectors are added and subtracted, or what is asked and why.

use super::is_le;
use crate::domain::measure::meter::loss;
use crate::domain::measure::{AskedPlan, AskedUnit, Count, CountedPlan, Plan};
use crate::query::parse;

/// The plan in plain English, one fact a line.
pub fn plan_lines(plan: &Plan) -> Vec<String> {
    match plan {
        Plan::Counted(CountedPlan::Events { bad, total }) => {
            let mut lines = vec!["counted from raw counter samples".to_string()];
            count(&mut lines, if total.is_some() { "bad" } else { "count" }, bad);
            if let Some(total) = total {
                count(&mut lines, "total", total);
            }
            lines
        }
        Plan::Counted(CountedPlan::Histogram(h)) => {
            let under = h.under_seconds.normalize();
            let good = format!("good  + the bucket le={under} of {}", h.buckets);
            let total = format!("total + the bucket le=+Inf of {}", h.buckets);
            let estimate = "        interpolated between its neighbours where there is no such bucket: an estimate, no count";
            let lines = ["counted from raw histogram buckets".into(), good].into_iter();
            lines.chain(h.interpolate.then(|| estimate.into())).chain([total]).collect()
        }
        Plan::Asked { ask: AskedPlan::Value { value }, why } => {
            vec![format!("asked of the server at every step: {why}"), format!("value   {}", line(value))]
        }
        Plan::Asked { ask: AskedPlan::Increases { of, window }, why } => {
            let mut lines = vec![format!("added up by the server, increase over {window} at every step: {why}"), loss(*window)];
            lines.extend(plan_lines(&Plan::Counted(of.clone())).into_iter().skip(1));
            lines
        }
        Plan::Asked { ask: AskedPlan::Ratio { errors, total, unit }, why } => vec![
            format!("asked of the server at every step: {why}"),
            format!("errors  {}", line(errors)),
            format!("total   {}", line(total)),
            match unit {
                AskedUnit::PerSecond => "values are events a second".into(),
                AskedUnit::PerWindow(span) => format!("values are events in {span}"),
            },
        ],
    }
}

fn count(lines: &mut Vec<String>, name: &str, count: &Count) {
    let signed = count.plus.iter().map(|s| ('+', s)).chain(count.minus.iter().map(|s| ('-', s)));
    for (i, (sign, selector)) in signed.enumerate() {
        let bucket =
            selector.matchers().iter().find(|m| is_le(m)).map(|m| format!("   (up to {} s)", m.value)).unwrap_or_default();
        lines.push(format!("{:<5} {sign} {selector}{bucket}", if i == 0 { name } else { "" }));
    }
}

/// A query on one line, comments left out.
fn line(text: &str) -> String {
    parse(text).map_or_else(|_| text.to_string(), |tree| tree.to_string())
}
