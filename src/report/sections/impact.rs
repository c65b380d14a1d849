//! What users lost, and the burn rate over it.

use super::head::failed;
use super::{instant, length};
use crate::domain::incident::ImpactRecord;
use crate::domain::review::PostmortemFacts;
use crate::report::{burn as picture, md};
use crate::words::{Zone, time, units};

pub(in crate::report) fn impact(facts: &PostmortemFacts) -> String {
    let Some(impact) = &facts.incident.impact else {
        return "Impact has not been measured: the counts are unknown, which does not mean that nothing failed.".into();
    };
    let mut items = vec![
        format!("Users' requests: {}, counted from samples.", failed(impact)),
        bounds(impact),
        format!("Bad for {} in {}.", length(facts.impact_span), stretches(impact)),
    ];
    items.extend(impact.budget_spent.iter().map(|(slo, share)| {
        format!("Error budget of {}: {} of the period's budget spent.", md::text(slo.as_str()), units::percent_auto(*share))
    }));
    if impact.budget_spent.is_empty() {
        items.push("Error budget spent: unknown.".into());
    }
    md::list(items)
}

/// Restarts hide events between the last scrape and the end of a process.
fn bounds(impact: &ImpactRecord) -> String {
    let (low, high) = (units::count(impact.bad_low), units::count(impact.bad_high));
    if impact.bad_low < impact.bad_high {
        format!("The true count lies between {low} and {high}: restarts hide what came after the last scrape.")
    } else {
        "No restart is known to have hidden any.".into()
    }
}

fn stretches(impact: &ImpactRecord) -> String {
    let told = |list: &[crate::domain::base::Interval]| {
        let parts = list.iter().map(|i| format!("{} to {}", Zone::Utc.clock(i.from), Zone::Utc.clock(i.to)));
        parts.collect::<Vec<_>>().join(", ")
    };
    match &*impact.intervals {
        [] => "no known stretch".into(),
        [one] => format!("one stretch, {} to {}", instant(Some(one.from)), instant(Some(one.to))),
        list if list.len() <= 6 => format!("{} stretches (UTC): {}", list.len(), told(list)),
        list => format!("{} stretches, the first ones (UTC): {}", list.len(), told(&list[..6])),
    }
}

pub(in crate::report) fn burn(facts: &PostmortemFacts, zone: Zone) -> String {
    let Some(series) = facts.burn.as_ref().filter(|s| s.values.iter().any(|v| v.is_finite())) else {
        return "No samples were at hand when this report was made, so the burn rate is not drawn.".into();
    };
    let levels: Vec<String> = series.levels.iter().map(|(name, v)| format!("{} {}", md::text(name), units::burn_x(*v))).collect();
    let levels = if levels.is_empty() { String::new() } else { format!(" Levels: {}.", levels.join(", ")) };
    let window = time::window(series.window);
    let told = format!("Burn rate of {} over {window}, logarithmic.{levels}", md::text(series.slo.as_str()));
    md::join([told, md::block(&picture::chart(series, zone))])
}
