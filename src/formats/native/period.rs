//! `period:` and `budget:`: what a budget is for, and what it counts.

use super::Context;
use super::slo::{inherited, inherited_raw};
use crate::domain::base::{CalendarUnit, Span, Zone};
use crate::domain::objective::{BudgetMethod, Period, Sli};
use crate::kit::yaml::{Fields, Findings, Node, Value};
use rust_decimal::Decimal;

/// The period of SLOs that say none.
const DEFAULT_PERIOD: Span = Span::from_days(30);
const LONGEST_PERIOD: Span = Span::from_days(366);
/// Time slices divide this.
const QUARTER: Span = Span::from_mins(15);

/// The period; absent after an error.
pub(super) fn read(out: &mut Findings<'_>, fields: &Fields<'_>, context: &Context<'_>) -> Option<Period> {
    if !fields.has("period") && !context.document.has("period") {
        return Some(Period::Rolling(DEFAULT_PERIOD));
    }
    let node = inherited(out, fields, context, "period")?;
    if let Value::Map(_) = &node.value {
        return read_calendar(out, node);
    }
    if let Some(unit) = node.text().and_then(|t| CalendarUnit::ALL.into_iter().find(|u| u.name() == t.trim())) {
        let hint = format!("write `period: {{calendar: {}, zone: UTC}}`; the zone says whose midnight", unit.name());
        out.error_hint("bad-period", &node.span, format!("`{}` is a calendar period and needs a zone", unit.name()), hint);
        return None;
    }
    let period = out.span(node, "`period`")?;
    let (step, hour) = (context.options.timing.step, Span::from_hours(1));
    if period < hour || period > LONGEST_PERIOD {
        let hint = "usual periods are 7d, 28d, 30d and 90d";
        out.error_hint("bad-period", &node.span, format!("`period` must be from {hour} to {LONGEST_PERIOD}"), hint);
        return None;
    }
    if period.0 % step.0.max(1) != 0 {
        out.error("bad-period", &node.span, format!("`period` must be a multiple of the step, {step}"));
        return None;
    }
    Some(Period::Rolling(period))
}

/// `{calendar: month, zone: Asia/Shanghai}`
fn read_calendar(out: &mut Findings<'_>, node: &Node) -> Option<Period> {
    let what = "a calendar period";
    let fields = out.fields(node, "`period`", &["calendar", "zone"])?;
    let names = CalendarUnit::ALL.map(|unit| (unit.name(), unit));
    let unit = fields.need(out, "calendar", what).and_then(|n| out.choice(n, "calendar period", &names));
    let zone = fields.need(out, "zone", what).and_then(|n| read_zone(out, n));
    Some(Period::Calendar { unit: unit?, zone: zone? })
}

/// An IANA name.
pub(super) fn read_zone(out: &mut Findings<'_>, node: &Node) -> Option<Zone> {
    let text = out.text(node, "`zone`")?.clone();
    let zone = Zone::parse(&text);
    if zone.is_none() {
        let shown: String = text.chars().take(60).collect();
        let hint = "zones are names of the IANA database, such as Asia/Shanghai, Europe/Berlin or UTC";
        out.error_hint("unknown-zone", &node.span, format!("`{shown}` is no zone"), hint);
    }
    zone
}

/// `budget: {method, slice, good}`; occurrences when it is not written. Absent after an error.
pub(super) fn read_budget(
    out: &mut Findings<'_>,
    fields: &Fields<'_>,
    context: &Context<'_>,
    sli: Option<&Sli>,
) -> Option<BudgetMethod> {
    let what = "`budget`";
    let Some(raw) = inherited_raw(fields, context, "budget") else { return Some(BudgetMethod::Occurrences) };
    let raw = raw.span.clone();
    let node = inherited(out, fields, context, "budget")?;
    let budget = out.fields(node, what, &["method", "slice", "good"])?;
    let names = [("occurrences", 0_u8), ("timeslices", 1), ("ratio_timeslices", 2)];
    let method = budget.need(out, "method", what).and_then(|n| out.choice(n, "budget method", &names))?;
    if method == 0 {
        needless(out, &budget, &["slice", "good"], "budgets of events have no slices");
        return Some(BudgetMethod::Occurrences);
    }
    if matches!(sli, Some(Sli::Occurrences { .. } | Sli::Composite(_))) {
        let message = "time slices need an error ratio, which this kind of SLI does not have";
        out.error_hint("budget-does-not-fit", &raw, message, "remove `budget`");
        return None;
    }
    let slice = read_slice(out, &budget, context)?;
    if method == 2 {
        needless(out, &budget, &["good"], "ratio time slices are neither good nor bad: their ratios are averaged");
        return Some(BudgetMethod::RatioTimeslices { slice });
    }
    let good = match (budget.get(out, "good"), sli) {
        (Some(node), _) => out.share(node, "`good`").filter(|good| {
            let sound = !good.is_zero();
            if !sound {
                out.error_hint("bad-share", &node.span, "every slice would be good", "write a share such as `good: 95%`");
            }
            sound
        })?,
        // Of a value each slice of the step is on one side or the other.
        (None, Some(Sli::Threshold { .. })) if !budget.has("good") => Decimal::ONE,
        (None, _) => {
            budget.missing(
                out,
                &["good"],
                "time slices need `good`",
                "add the share of good events in a good slice: `good: 95%`",
            );
            return None;
        }
    };
    Some(BudgetMethod::Timeslices { slice, good })
}

fn read_slice(out: &mut Findings<'_>, budget: &Fields<'_>, context: &Context<'_>) -> Option<Span> {
    let step = context.options.timing.step;
    let Some(node) = budget.get(out, "slice") else {
        return (!budget.has("slice")).then_some(Span::from_mins(1));
    };
    let slice = out.span(node, "`slice`")?;
    if slice.0 % step.0.max(1) != 0 || QUARTER.0 % slice.0 != 0 {
        let message = format!("`slice` must be a multiple of the step, {step}, and divide {QUARTER}");
        out.error_hint("bad-slice", &node.span, message, "usual slices are 1m and 5m");
        return None;
    }
    Some(slice)
}

fn needless(out: &mut Findings<'_>, fields: &Fields<'_>, names: &[&str], why: &str) {
    for name in names {
        if let Some(span) = fields.key_span(name) {
            out.error_hint("needless-field", &span, format!("{why}: `{name}` says nothing here"), format!("remove `{name}`"));
        }
    }
}
