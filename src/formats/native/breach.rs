//! Breach rules: `{severity, p99 | error_ratio | burn | value, over, for}`.

use super::lint::{self, Kind};
use super::rules::{RuleItem, positive, read_breaches, read_severity_name, read_times};
use super::sli::seconds;
use crate::domain::base::{Problem, Span};
use crate::domain::objective::{BreachRule, Level, Sli};
use crate::kit::yaml::{Fields, Findings, Node};
use rust_decimal::Decimal;

const LEVELS: [&str; 4] = ["p99", "error_ratio", "burn", "value"];
const FIELDS: [&str; 7] = ["severity", "p99", "error_ratio", "burn", "value", "over", "for"];
const LATER: [(&str, &str); 3] = [
    ("spike", "levels are p99, error_ratio, burn and value"),
    ("confirm", "a rule confirms by its hold time `for`"),
    ("after", "rules fire on their own"),
];

/// The rules of an SLO's own `breach:`; those that do not fit its kind are problems.
pub(super) fn read_own(out: &mut Findings<'_>, node: &Node, kind: &Kind<'_>) -> Vec<BreachRule> {
    let items = read_breaches(out, node);
    for item in &items {
        match kind.sli.filter(|sli| !item.rule.level.fits(sli)) {
            Some(sli) => {
                let (message, hint) = misfit(&item.rule.level, sli);
                out.error_hint("level-does-not-fit", &item.span, message, hint);
            }
            None => lint::breach(out, item, kind),
        }
    }
    items.into_iter().map(|item| item.rule).collect()
}

fn misfit(level: &Level, sli: &Sli) -> (String, &'static str) {
    let kind = sli.kind();
    match level {
        Level::ErrorRatio(_) => (format!("{kind} SLIs have no error ratio"), "use `burn`, the count against what is allowed"),
        Level::Value(_) => (format!("{kind} SLIs have no value to compare"), "use `error_ratio` or `burn`"),
        _ => (format!("{kind} SLIs have no p99"), "p99 needs `sli: {latency: ...}`; use `error_ratio` or `burn`"),
    }
}

/// One rule. Absent after an error.
pub(super) fn read_rule(out: &mut Findings<'_>, node: &Node) -> Option<RuleItem<BreachRule>> {
    let what = "a breach rule";
    let fields = out.fields_and(node, what, &FIELDS, &LATER.map(|(name, _)| name))?;
    out.refuse(&fields, &LATER);
    let severity = read_severity_name(out, &fields, what);
    let level = read_level(out, &fields);
    let over = fields.get(out, "over").map_or(Some(Span::from_mins(1)), |n| out.span(n, "`over`"));
    let hold = fields.need(out, "for", what).and_then(|n| {
        let nothing = n.text().is_some_and(|t| matches!(t.trim(), "0" | "0s"));
        if nothing { Some(Span::ZERO) } else { out.span(n, "`for`") }
    });
    let rule = BreachRule { severity: severity?, level: level?, over: over?, hold: hold? };
    Some(RuleItem { rule, span: node.span.clone() })
}

fn read_level(out: &mut Findings<'_>, fields: &Fields<'_>) -> Option<Level> {
    let written: Vec<&str> = LEVELS.into_iter().filter(|name| fields.has(name)).collect();
    let [name] = written[..] else {
        // A level that is only refused has been told already.
        if !written.is_empty() || !fields.has("spike") {
            let message = format!("a breach rule needs exactly one level, this has {}", written.len());
            let hint = format!("levels are {}", LEVELS.join(", "));
            if written.is_empty() {
                fields.missing(out, &LEVELS, &message, &hint);
            } else {
                out.error_hint("one-level", &fields.head(), message, hint);
            }
        }
        return None;
    };
    let node = fields.get(out, name)?;
    match name {
        "p99" => read_p99(out, node),
        "error_ratio" => {
            let share = out.share(node, "`error_ratio`")?;
            if share == Decimal::ONE {
                let hint = "a ratio is never more than 100 %; lower the level";
                out.error_hint("level-never-reached", &node.span, "an error ratio above 100 % cannot happen", hint);
                return None;
            }
            Some(Level::ErrorRatio(share))
        }
        "burn" => {
            let times = read_times(out, node, "`burn`")?;
            positive(out, node, times, "`burn`").map(Level::Burn)
        }
        _ => out.decimal(node, "`value`").map(Level::Value),
    }
}

/// `3x` of the SLO's threshold, or a duration.
fn read_p99(out: &mut Findings<'_>, node: &Node) -> Option<Level> {
    let text = out.text(node, "`p99`")?.trim().to_owned();
    if let Some(times) = text.strip_suffix('x') {
        let Ok(times) = times.trim().parse::<Decimal>() else {
            out.error_hint("bad-number", &node.span, format!("`{text}` is no multiple"), "multiples look like 3x or 1.5x");
            return None;
        };
        return positive(out, node, times, "`p99`").map(Level::P99Times);
    }
    if let Ok(number) = text.parse::<Decimal>() {
        let mut problem = Problem::error("bad-duration", "`p99` needs a unit").at(out.place(node.span.clone()));
        problem.hint = Some(format!("write `{number}x` for a multiple of the SLO's threshold, or a duration such as 750ms"));
        problem.replacement = Some(format!("{number}x"));
        out.push(problem);
        return None;
    }
    out.span(node, "`p99`").map(|span| Level::P99Seconds(seconds(span)))
}
