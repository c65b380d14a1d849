//! Names and labels as Sloth's generated rules have them, so that its dashboards and readers work with ours.

use crate::domain::base::Span;
use crate::domain::objective::{ServiceInfo, Slo};
use crate::query::quote::quoted;
use std::collections::BTreeMap;

/// The record of a threshold's value. Sloth has none of these four.
pub(super) const VALUE: &str = "slo:sli_value:current";
/// Whether that value is on the wrong side.
pub(super) const BAD: &str = "slo:sli_bad:bool";
/// Errors where there are no counters.
pub(super) const ERRORS: &str = "slo:sli_errors:current";
/// All where there are no counters.
pub(super) const TOTAL: &str = "slo:sli_total:current";

/// A duration as Prometheus writes it in names: whole weeks and years as such.
pub(super) fn duration(span: Span) -> String {
    let (day, ms) = (86_400_000, span.0);
    for (unit, days) in [("y", 365), ("w", 7)] {
        if ms > 0 && ms % (day * days) == 0 {
            return format!("{}{unit}", ms / (day * days));
        }
    }
    span.to_string()
}

/// Sloth's id: service and name with a dash between them.
pub(super) fn id(slo: &Slo) -> String {
    format!("{}-{}", slo.service, slo.name)
}

/// The labels that say which SLO it is.
fn identity(slo: &Slo) -> [(&'static str, String); 3] {
    [("sloth_id", id(slo)), ("sloth_service", slo.service.to_string()), ("sloth_slo", slo.name.to_string())]
}

/// `record{sloth_id="..", ..}`
pub(super) fn selector(record: &str, slo: &Slo) -> String {
    let labels: Vec<String> = identity(slo).iter().map(|(k, v)| format!("{k}={}", quoted(v))).collect();
    format!("{record}{{{}}}", labels.join(", "))
}

/// The labels of every rule: the service's own, its owner, and which SLO it is. A label that splits the SLO keeps its values.
pub(super) fn labels(slo: &Slo, info: &ServiceInfo) -> BTreeMap<String, String> {
    let own = info.labels.iter().map(|(k, v)| (k.to_string(), v.to_string()));
    let owner = info.owner.iter().map(|o| ("owner".to_owned(), o.to_string()));
    let splits = |name: &str| slo.group_by.iter().any(|l| &**l == name);
    let mut all: BTreeMap<String, String> =
        owner.chain(own).filter(|(k, v)| !k.starts_with("__") && !splits(k) && !v.is_empty()).collect();
    all.extend(identity(slo).map(|(k, v)| (k.to_owned(), v)));
    all
}

/// `CheckoutAvailability` of `checkout/availability`.
pub(super) fn camel(slo: &Slo) -> String {
    let words = [&slo.service, &slo.name].into_iter().flat_map(|t| t.split(|c: char| !c.is_alphanumeric()));
    words.filter(|w| !w.is_empty()).map(upper_first).collect()
}

fn upper_first(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// Text in a template of an alert: braces that would be run are written as text.
pub(super) fn plain(text: &str) -> String {
    text.replace("{{", "{{\"{{\"}}")
}

/// What an annotation's template says once it is run, for the templates that are written here.
pub(super) fn told(template: &str, slo: &Slo) -> String {
    let named = template.replace("{{$labels.sloth_service}}", &slo.service).replace("{{$labels.sloth_slo}}", &slo.name);
    named.replace("{{\"{{\"}}", "{{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_names_are_prometheus_own() {
        for (written, name) in [("5m", "5m"), ("1d", "1d"), ("30d", "30d"), ("28d", "4w"), ("7d", "1w"), ("90m", "1h30m")] {
            assert_eq!(duration(Span::parse(written).unwrap()), name);
        }
    }

    #[test]
    fn a_template_in_a_note_is_text() {
        assert_eq!(plain("see {{ .x }}"), "see {{\"{{\"}} .x }}");
    }
}
