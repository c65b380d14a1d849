//! Alert policies: each condition is a breach rule of one window here, for that is what OpenSLO's burn rates have.

use super::{Part, World, window};
use crate::domain::base::{Severity, Span, Target, clean_line};
use crate::formats::import::Val;
use crate::kit::yaml::parse_decimal;
use rust_decimal::Decimal;

/// The rules of an SLO's policies; conditions that cannot be rules are refused, and the SLO keeps the others.
pub(super) fn read<'n>(w: &mut World<'_, '_, 'n>, spec: Part<'n>, target: Target, step: Span) -> Vec<Val> {
    let Some(list) = spec.get("alertPolicies") else { return Vec::new() };
    let mut rules = Vec::new();
    for item in list.node.one_or_many() {
        let part = Part { node: item, ..list };
        let Some(policy) = resolve(w, part, "AlertPolicy", "alertPolicyRef") else { continue };
        rules.extend(read_policy(w, policy, target, step));
    }
    rules
}

/// Marks what the SLO's policies refer to, where the rules themselves are known from elsewhere.
pub(super) fn used<'n>(w: &mut World<'_, '_, 'n>, spec: Part<'n>) {
    let items = |of: Part<'n>, key: &str| -> Vec<Part<'n>> {
        let list = of.get(key);
        list.map(|l| l.node.one_or_many().into_iter().map(|node| Part { node, ..l }).collect()).unwrap_or_default()
    };
    for policy in items(spec, "alertPolicies") {
        let Some(policy) = resolve(w, policy, "AlertPolicy", "alertPolicyRef") else { continue };
        for condition in items(policy, "conditions") {
            resolve(w, condition, "AlertCondition", "conditionRef");
        }
        for target in items(policy, "notificationTargets") {
            resolve(w, target, "AlertNotificationTarget", "targetRef");
        }
    }
}

/// A name, a reference or the thing itself: its `spec`.
fn resolve<'n>(w: &mut World<'_, '_, 'n>, part: Part<'n>, kind: &str, key: &str) -> Option<Part<'n>> {
    let name = part.text().or_else(|| part.get(key).and_then(Part::text));
    match name {
        Some(name) => {
            let object = w.find(kind, name, part)?;
            w.need(object, "spec", kind)
        }
        None => w.need(part, "spec", kind),
    }
}

fn read_policy<'n>(w: &mut World<'_, '_, 'n>, spec: Part<'n>, target: Target, step: Span) -> Vec<Val> {
    let known =
        ["description", "alertWhenNoData", "alertWhenResolved", "alertWhenBreaching", "conditions", "notificationTargets"];
    if w.known(spec, "an alert policy", &known).is_none() {
        return Vec::new();
    }
    for (key, why) in [
        ("alertWhenNoData", "missing data is a state of its own here, `no_data`"),
        ("alertWhenResolved", "receivers are told of recoveries here by their own settings"),
    ] {
        if let Some(part) = spec.get(key) {
            w.note(part, format!("`{key}` is not carried over: {why}"));
        }
    }
    for target in spec.get("notificationTargets").map(|p| p.node.one_or_many()).unwrap_or_default() {
        let part = Part { node: target, ..spec };
        let name = part.text().or_else(|| part.get("targetRef").and_then(Part::text));
        if let Some(object) =
            name.and_then(|n| w.objects.iter_mut().find(|o| o.kind == "AlertNotificationTarget" && o.name == n.trim()))
        {
            object.used = true;
        }
        let shown = name.map_or_else(|| "an inline target".to_owned(), |n| format!("`{}`", clean_line(n, 100)));
        w.note(
            part,
            format!("the notification target {shown} is not carried over: receivers and routes are in the configuration"),
        );
    }
    if let Some(part) = spec.get("alertWhenBreaching").filter(|p| p.text().is_some_and(|t| t.trim() == "false")) {
        w.note(part, "the policy says nothing while it is breached: its conditions are left out");
        return Vec::new();
    }
    let Some(list) = w.need(spec, "conditions", "an alert policy") else { return Vec::new() };
    let items = list.node.one_or_many();
    if items.len() > 1 {
        w.note(list, "OpenSLO allows one condition in a policy: each is a rule of its own here");
    }
    let parts: Vec<Part<'n>> = items.into_iter().map(|node| Part { node, ..list }).collect();
    parts.into_iter().filter_map(|part| condition(w, part, target, step)).collect()
}

/// `{severity, condition: {kind: burnrate, op, threshold, lookbackWindow, alertAfter}}` as a breach rule.
fn condition<'n>(w: &mut World<'_, '_, 'n>, part: Part<'n>, target: Target, step: Span) -> Option<Val> {
    let spec = resolve(w, part, "AlertCondition", "conditionRef")?;
    w.known(spec, "an alert condition", &["description", "severity", "condition"])?;
    let (word, word_at) = w.need_text(spec, "severity", "an alert condition")?;
    let severity = severity(word);
    w.note(word_at, format!("the severity `{}` is {} here", clean_line(word, 60), severity.name()));
    let body = w.need(spec, "condition", "an alert condition")?;
    w.known(body, "a condition", &["kind", "op", "threshold", "lookbackWindow", "alertAfter"])?;
    let (kind, kind_at) = w.need_text(body, "kind", "a condition")?;
    if !kind.trim().eq_ignore_ascii_case("burnrate") {
        w.error(
            kind_at,
            "other-condition",
            format!("conditions of kind `{}` are not read", clean_line(kind, 60)),
            "`burnrate` is OpenSLO's only kind",
        );
        return None;
    }
    if let Some(op) = body.get("op") {
        match op.text().map_or("", |t| t.trim()) {
            "gt" => {}
            "gte" => w.note(op, "a burn rate must be above the threshold here, not on it"),
            other => {
                let message =
                    format!("with `{}` the condition holds while the burn rate is low, when all is well", clean_line(other, 40));
                w.error(op, "condition-upside-down", message, "write `op: gt`");
                return None;
            }
        }
    }
    let (threshold, threshold_at) = w.need_text(body, "threshold", "a condition")?;
    let (over, over_at) = w.need_text(body, "lookbackWindow", "a condition")?;
    let Some(factor) = parse_decimal(threshold.trim()) else {
        w.error(threshold_at, "bad-number", "the threshold is no number", "it looks like 14.4");
        return None;
    };
    if factor.checked_mul(Decimal::ONE - target.share()).is_none_or(|needed| needed >= Decimal::ONE) {
        w.note(
            threshold_at,
            format!("the condition is left out: {factor} times the budget of {target} is more than every event"),
        );
        return None;
    }
    let hold = body.get("alertAfter").map(|at| (at.text().map_or("", |t| t.trim()), at));
    let spans = (window::span(over), hold.map_or(Some(Span::ZERO), |(text, _)| window::span(text)));
    let (Some(look), Some(after)) = spans else {
        let at = if spans.0.is_none() { over_at } else { hold.map_or(over_at, |(_, at)| at) };
        w.error(at, "bad-duration", "this is no duration of OpenSLO", "durations are a number and m, h, d, w, M, Q or Y");
        return None;
    };
    if look < step {
        w.error(over_at, "bad-duration", format!("the window must be at least a step of {step}"), "such as 1h");
        return None;
    }
    Some(Val::map([
        ("severity", w.val(severity.name(), word_at)),
        ("burn", w.val(factor.normalize().to_string(), threshold_at)),
        ("over", w.val(look.to_string(), over_at)),
        ("for", Val::own(after.to_string())),
    ]))
}

/// OpenSLO leaves the words for severities to people.
fn severity(word: &str) -> Severity {
    match &*word.trim().to_lowercase() {
        "page" | "critical" | "p0" | "sev0" | "emergency" => Severity::P0,
        "high" | "major" | "error" | "p1" | "sev1" => Severity::P1,
        _ => Severity::P2,
    }
}
