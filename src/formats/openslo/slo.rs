//! SLOs: each objective becomes an SLO of its own; objectives with indicators of their own are the members of a composite.

use super::metric::{self, Indicator};
use super::{Part, World, alerts, document, own, service, window};
use crate::domain::base::{Span, Target, clean_line};
use crate::formats::import::{Doc, DraftSlo, Options, Val, standard_severity};
use crate::kit::yaml::{Node, parse_decimal};
use rust_decimal::Decimal;
use std::sync::Arc;

const V1: [&str; 8] =
    ["description", "service", "indicator", "indicatorRef", "timeWindow", "budgetingMethod", "objectives", "alertPolicies"];
const ALPHA: [&str; 6] = ["description", "service", "indicator", "timeWindows", "budgetingMethod", "objectives"];
const OBJECTIVE: [&str; 11] = [
    "displayName",
    "op",
    "value",
    "target",
    "targetPercent",
    "timeSliceTarget",
    "timeSliceWindow",
    "indicatorRef",
    "indicator",
    "compositeWeight",
    "ratioMetrics",
];

/// What all objectives of an SLO share.
struct Common<'n> {
    spec: Part<'n>,
    name: &'n str,
    name_at: Part<'n>,
    description: Option<Part<'n>>,
    method: Method,
    alpha: bool,
    step: Span,
    /// Fields of ours that our export left in the annotations.
    own: Vec<(&'static str, Val)>,
    /// Its objectives have indicators of their own.
    composite: bool,
}

impl Common<'_> {
    fn own(&self, name: &str) -> Option<Val> {
        self.own.iter().find(|(known, _)| *known == name).map(|(_, val)| val.clone())
    }
}

/// Fields that our export leaves in annotations.
const OWN: [&str; 15] = [
    "name",
    "sli",
    "period",
    "budget",
    "severity",
    "breach",
    "mode",
    "guards",
    "group_by",
    "max_groups",
    "count_up_to",
    "dedupe",
    "target_labels",
    "births",
    "source",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Occurrences,
    Timeslices,
    RatioTimeslices,
}

/// An SLO document; absent when all of it is refused.
pub(super) fn read<'n>(w: &mut World<'_, '_, 'n>, part: Part<'n>, alpha: bool, options: &Options) -> Option<Doc> {
    let spec = w.need(part, "spec", "an SLO")?;
    w.known(spec, "`spec`", if alpha { &ALPHA } else { &V1 })?;
    let meta = part.get("metadata")?;
    let (own, others) = own(w, meta, &OWN);
    for key in ["displayName", "labels", "annotations"] {
        if let Some(part) = meta.get(key).filter(|_| key != "annotations" || others) {
            w.note(part, format!("`metadata.{key}` is not carried over"));
        }
    }
    let (name, name_at) = w.need_text(meta, "name", "`metadata`")?;
    let (service_name, service_at) = w.need_text(spec, "service", "an SLO")?;
    let method = read_method(w, spec)?;
    let list = w.need(spec, "objectives", "an SLO")?;
    let items = w.r(list).out.list(list.node, "`objectives`")?;
    if items.is_empty() {
        w.error(list, "empty-value", "an SLO needs an objective", "add one with a `target`");
    }
    let common = Common {
        spec,
        name: name.trim(),
        name_at,
        description: spec.get("description").filter(|p| p.text().is_some_and(|t| !t.trim().is_empty())),
        method,
        alpha,
        step: options.load.timing.step,
        composite: own.iter().all(|(name, _)| *name != "sli") && is_composite(spec, items),
        own,
    };
    if common.composite {
        can_be_composite(w, &common, list)?;
    }
    let (mut slos, mut members) = (Vec::new(), Vec::new());
    for (i, item) in items.iter().enumerate() {
        let node = Part { node: item, ..list };
        let number = (items.len() > 1 || common.composite).then_some(i + 1);
        match objective(w, &common, node, number) {
            Some((slo, target)) => {
                members.push((i + 1, target, node));
                slos.push(slo);
            }
            // A composite without one of its parts would mean something else.
            None if common.composite => return None,
            None => {}
        }
    }
    if slos.is_empty() {
        return None;
    }
    if common.composite {
        slos.push(whole(w, &common, list, &members)?);
    }
    let fields = service(w, service_name, service_at);
    Some(document(w, part, fields, slos))
}

/// The SLO has no indicator, its objectives have.
fn is_composite(spec: Part<'_>, items: &[Arc<Node>]) -> bool {
    let own = |item: &Arc<Node>| item.get("indicator").is_some() || item.get("indicatorRef").is_some();
    spec.get("indicator").is_none() && spec.get("indicatorRef").is_none() && items.iter().any(own)
}

/// Where the budget counts events, OpenSLO adds its members' burn by weight, and so does a weighted composite here. Its time slices
/// are another thing.
fn can_be_composite(w: &mut World<'_, '_, '_>, common: &Common<'_>, list: Part<'_>) -> Option<()> {
    let at = common.spec.get("budgetingMethod").unwrap_or(common.spec);
    let why = match common.method {
        _ if common.alpha => {
            w.error(list, "composite", "v1alpha has no composite SLOs", "write it as `openslo/v1`");
            return None;
        }
        Method::Occurrences => return Some(()),
        Method::Timeslices => "a slice of the whole is bad when one of any member is, which is no mean and no worst of budgets",
        Method::RatioTimeslices => "missing parts of slices are added up, whatever the members' own targets",
    };
    let hint = "write an SLO for each indicator, and one with `composite:` of them";
    w.error(at, "composite", format!("this composite SLO is not imported: {why}"), hint);
    None
}

/// The composite itself: the mean of its members' burn rates by weight, with the alert policies.
fn whole<'n>(
    w: &mut World<'_, '_, 'n>,
    common: &Common<'n>,
    list: Part<'n>,
    members: &[(usize, Target, Part<'n>)],
) -> Option<DraftSlo> {
    let (period, length) = window::read(w, common.spec, common.alpha)?;
    let mut fields = vec![("name", w.val(common.name, common.name_at))];
    if let Some(part) = common.description {
        let text = clean_line(part.text()?, 500);
        fields.push(("description", w.val(&*text, part)));
    }
    fields.push(("period", period));
    let (mut of, mut weights) = (Vec::new(), Vec::new());
    for (number, _, node) in members {
        of.push(Val::own(format!("{}-{number}", common.name)));
        weights.push(match node.get("compositeWeight") {
            Some(part) => {
                let text = part.text().map_or("", |text| text.trim());
                if parse_decimal(text).is_none_or(|weight| weight <= Decimal::ZERO) {
                    w.error(part, "bad-number", "`compositeWeight` must be a number above 0", "1 is usual");
                    return None;
                }
                w.val(text, part)
            }
            None => Val::own("1"),
        });
    }
    let weighted = [("of", Val::List(of)), ("as", Val::own("weighted")), ("weights", Val::List(weights))];
    fields.push(("composite", Val::map(weighted)));
    w.note(list, "the weights are shares of their sum: the burn rate of the whole is the mean of its members' by weight");
    w.note(list, "a member without traffic in a window is left out of the mean here; OpenSLO does not say what becomes of it");
    // No mean is above the highest burn rate that a member can have: that of the strictest target.
    let strictest = members.iter().map(|(_, target, _)| *target).max_by_key(|target| target.share())?;
    fields.extend(rules(w, common, strictest, length));
    let place = w.r(list).out.place(crate::formats::import::head(list.node));
    Some(DraftSlo { place, fields, notes: Vec::new() })
}

fn read_method(w: &mut World<'_, '_, '_>, spec: Part<'_>) -> Option<Method> {
    let part = spec.get("budgetingMethod");
    match part.and_then(Part::text).map(|t| t.trim()) {
        Some("Occurrences") => Some(Method::Occurrences),
        Some("Timeslices") => Some(Method::Timeslices),
        Some("RatioTimeslices") => Some(Method::RatioTimeslices),
        other => {
            let message = format!("`{}` is no budgeting method", clean_line(other.unwrap_or("nothing"), 40));
            w.error(part.unwrap_or(spec), "unknown-word", message, "they are Occurrences, Timeslices and RatioTimeslices");
            None
        }
    }
}

fn objective<'n>(
    w: &mut World<'_, '_, 'n>,
    common: &Common<'n>,
    node: Part<'n>,
    number: Option<usize>,
) -> Option<(DraftSlo, Target)> {
    w.known(node, "an objective", &OBJECTIVE)?;
    let spec = common.spec;
    let target = read_target(w, node);
    let sli = match common.own("sli") {
        Some(val) => {
            if let Some(reference) = spec.get("indicatorRef") {
                w.find("SLI", reference.text()?, reference);
            }
            Some(Indicator { val, raw: false })
        }
        None => indicator(w, common, node),
    };
    let period = match common.own("period") {
        Some(val) => Some((val, Span::from_days(30))),
        None => window::read(w, spec, common.alpha),
    };
    let budget = match common.own("budget") {
        Some(val) => Some(Some(val)),
        None => budget(w, common, node),
    };
    let ((target, target_at), sli, (period, length), budget) = (target?, sli?, period?, budget?);
    let name = named(w, common, node, number);
    let mut fields = vec![("name", name)];
    if let Some(part) = common.description {
        let text = clean_line(part.text()?, 500);
        fields.push(("description", w.val(&*text, part)));
    }
    fields.push(("target", w.val(target.to_string(), target_at)));
    fields.push(("period", period));
    fields.extend(budget.map(|budget| ("budget", budget)));
    fields.push(("sli", sli.val));
    if common.composite {
        w.note(node, "a part of the composite: it is judged and recorded, and pages nobody (`mode: observe`)");
        fields.extend([("severity", standard_severity(target, length)), ("mode", Val::own("observe"))]);
    } else if let Some(tiers) = common.own("severity") {
        alerts::used(w, spec);
        fields.push(("severity", tiers));
        fields.extend(common.own("breach").map(|rules| ("breach", rules)));
        fields.extend(common.own("mode").map(|mode| ("mode", mode)));
    } else {
        fields.extend(rules(w, common, target, length));
    }
    if let Some(guards) = common.own("guards").or_else(|| sli.raw.then(|| Val::own("none"))) {
        fields.push(("guards", guards));
    }
    for name in ["group_by", "max_groups", "count_up_to", "dedupe", "target_labels", "births", "source"] {
        fields.extend(common.own(name).map(|val| (name, val)));
    }
    let span = crate::formats::import::head(node.node);
    let place = w.r(node).out.place(span);
    Some((DraftSlo { place, fields, notes: Vec::new() }, target))
}

/// Rules of the SLO's alert policies.
fn rules<'n>(w: &mut World<'_, '_, 'n>, common: &Common<'n>, target: Target, length: Span) -> Vec<(&'static str, Val)> {
    let rules = alerts::read(w, common.spec, target, common.step);
    if rules.is_empty() {
        w.note(
            common.name_at,
            "no alert policy is carried out: it is judged by google-sre and recorded, and pages nobody (`mode: observe`)",
        );
        return vec![("severity", standard_severity(target, length)), ("mode", Val::own("observe"))];
    }
    w.note(
        common.name_at,
        "conditions of one window are breach rules; burn-rate tiers confirm by two (`severity: [google-sre]`)",
    );
    vec![("severity", Val::List(Vec::new())), ("breach", Val::List(rules))]
}

/// The SLO's name; of several objectives each adds what it is called, else its number.
fn named(w: &mut World<'_, '_, '_>, common: &Common<'_>, node: Part<'_>, number: Option<usize>) -> Val {
    let display = node.get("displayName");
    if let (None, Some(name)) = (number, common.own("name")) {
        return name;
    }
    let Some(number) = number else {
        if let Some(part) = display {
            w.note(part, "`displayName` of the objective is not carried over");
        }
        return w.val(common.name, common.name_at);
    };
    let text = format!("{}-{number}", common.name);
    w.note(node, format!("objective {number} is the SLO `{}` here", clean_line(&text, 150)));
    w.val(text, common.name_at)
}

fn read_target<'n>(w: &mut World<'_, '_, 'n>, node: Part<'n>) -> Option<(Target, Part<'n>)> {
    let percent = node.get("targetPercent").is_some();
    let key = if percent { "targetPercent" } else { "target" };
    let (text, at) = w.need_text(node, key, "an objective")?;
    let share = parse_decimal(text.trim()).and_then(|n| if percent { n.checked_div(Decimal::ONE_HUNDRED) } else { Some(n) });
    let target = share.and_then(Target::new);
    if target.is_none() {
        w.error(
            at,
            "bad-target",
            format!("`{key}: {}` is no objective between nothing and all", clean_line(text, 40)),
            "it looks like target: 0.999 or targetPercent: 99.9",
        );
    }
    target.map(|t| (t, at))
}

/// The indicator of an objective: its own ratio (v1alpha), or the SLO's.
fn indicator<'n>(w: &mut World<'_, '_, 'n>, common: &Common<'n>, node: Part<'n>) -> Option<Indicator> {
    if let Some(ratio) = node.get("ratioMetrics") {
        return metric::ratio(w, ratio);
    }
    let of = if common.composite { node } else { common.spec };
    if !common.composite
        && let Some(own) = node.get("indicator").or_else(|| node.get("indicatorRef")).or_else(|| node.get("compositeWeight"))
    {
        let hint = "a composite has indicators at its objectives alone; remove the SLO's own, or write an SLO for each";
        w.error(
            own,
            "composite",
            "the SLO has an indicator of its own beside its objectives': nobody knows which one is meant",
            hint,
        );
        return None;
    }
    let spec = match (of.get("indicator"), of.get("indicatorRef")) {
        (Some(inline), _) if common.alpha => inline,
        (Some(inline), _) => w.need(inline, "spec", "an indicator")?,
        (None, Some(reference)) => {
            let object = w.find("SLI", reference.text()?, reference)?;
            w.need(object, "spec", "an SLI")?
        }
        (None, None) => {
            let at = if common.composite { node } else { common.name_at };
            w.error(at, "missing-field", "the SLO has no indicator", "add `indicator` or `indicatorRef`");
            return None;
        }
    };
    w.known(spec, "an indicator", &["description", "thresholdMetric", "ratioMetric"])?;
    match (spec.get("ratioMetric"), spec.get("thresholdMetric")) {
        (Some(ratio), None) => {
            for key in ["op", "value"] {
                if let Some(part) = node.get(key) {
                    w.warn(part, format!("`{key}` means nothing beside a ratio"));
                }
            }
            metric::ratio(w, ratio)
        }
        (None, Some(threshold)) => metric::threshold(w, threshold, node),
        _ => {
            w.error(
                spec,
                "one-sli-kind",
                "an indicator needs exactly one of ratioMetric and thresholdMetric",
                "keep one of them",
            );
            None
        }
    }
}

/// The budget as it will be written; inner `None` for events.
#[expect(clippy::option_option, reason = "absent by error and absent by kind are different")]
fn budget<'n>(w: &mut World<'_, '_, 'n>, common: &Common<'n>, node: Part<'n>) -> Option<Option<Val>> {
    let slices = ["timeSliceTarget", "timeSliceWindow"];
    if common.method == Method::Occurrences {
        for part in slices.iter().filter_map(|key| node.get(key)) {
            w.warn(part, "time slices mean nothing with the budgeting method Occurrences");
        }
        return Some(None);
    }
    let width = if let Some(at) = node.get("timeSliceWindow") {
        let text = at.text().map_or("", |t| t.trim());
        let Some(span) = window::span(text).filter(|s| *s > Span::ZERO) else {
            let message = format!("`{}` is no duration of OpenSLO", clean_line(text, 40));
            w.error(at, "bad-duration", message, "it looks like 1m or 5m");
            return None;
        };
        w.val(span.to_string(), at)
    } else {
        w.warn(node, "no `timeSliceWindow` says how wide a slice is: it is taken as 1m");
        Val::own("1m")
    };
    if common.method == Method::RatioTimeslices {
        return Some(Some(Val::map([("method", Val::own("ratio_timeslices")), ("slice", width)])));
    }
    let threshold = common.spec.get("indicator").is_some_and(|i| i.get("spec").unwrap_or(i).get("thresholdMetric").is_some());
    let mut fields = vec![("method".to_owned(), Val::own("timeslices")), ("slice".to_owned(), width)];
    match node.get("timeSliceTarget") {
        Some(at) => fields.push(("good".to_owned(), w.val(at.text()?.trim(), at))),
        None if threshold => {}
        None => {
            w.error(node, "missing-field", "Timeslices need `timeSliceTarget`", "add the share of good events in a good slice");
            return None;
        }
    }
    Some(Some(Val::Map(fields)))
}
