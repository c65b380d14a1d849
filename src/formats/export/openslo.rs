//! OpenSLO v1: for each service its Service, a DataSource, and for each SLO an SLI, an SLO and alert policies.
//!
//! What OpenSLO cannot say stands as annotations of the SLO (`burnledger/severity` and others): other tools pass over them,
//! and our own import takes them for what they were, so that an SLO that went out and came back is the same. Deliberately
//! absent: SLOs without a target and composites, whose weights mean something else there.

use super::yaml::Yaml;
use super::{Exported, MARK, Note, OutputFile};
use crate::domain::base::{Severity, Span, Target, Text};
use crate::domain::measure::{Births, COUNT_UP_TO, CountedPlan, HistogramPlan, MAX_TRACKS, MatchOp, Plan, Side};
use crate::domain::objective::{
    BreachRule, BudgetMethod, Confirm, Guards, Level, Mode, Period, Rulebook, ServiceInfo, Signal, Sli, Slo, Tier,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Before the name of a field in annotations.
pub(in crate::formats) const ANNOTATION: &str = "burnledger/";
/// A day on which a week, a month and a quarter begin.
const MONDAY: &str = "2024-01-01 00:00:00";
const SOURCE: &str = "prometheus";
const TARGET: &str = "burnledger";

/// A file for each service.
pub fn export(book: &Rulebook) -> Exported {
    let mut done = Exported::default();
    let services: BTreeSet<&Text> = book.slos.iter().map(|slo| &slo.service).collect();
    for service in services {
        let (mut documents, mut notes, before) = (Vec::new(), Vec::new(), done.slos);
        for slo in book.slos.iter().filter(|slo| slo.service == *service) {
            match write(slo, &mut notes) {
                Ok(mut written) => {
                    done.slos += 1;
                    documents.append(&mut written);
                }
                Err(why) => notes.push(Note::without(&slo.id, why)),
            }
        }
        if done.slos > before {
            let mut all = vec![of_service(service, &book.service(service)), data_source(), target()];
            all.append(&mut documents);
            done.files.push(OutputFile { name: format!("{service}.openslo.yaml"), text: file(service, &notes, &all) });
        }
        done.notes.append(&mut notes);
    }
    done
}

fn file(service: &str, notes: &[Note], documents: &[Yaml]) -> String {
    let clean = |text: &str| crate::domain::base::clean_line(text, 2_000);
    let mut text = format!("# {MARK} openslo` for the service {}.\n", clean(service));
    for note in notes {
        let _ = writeln!(text, "# - {}", clean(&note.line()));
    }
    let all: Vec<String> = documents.iter().map(Yaml::document).collect();
    text + &all.join("---\n")
}

fn object(kind: &str, metadata: Yaml, spec: Yaml) -> Yaml {
    Yaml::map([("apiVersion", Yaml::text("openslo/v1")), ("kind", Yaml::text(kind)), ("metadata", metadata), ("spec", spec)])
}

fn named(name: &str) -> Yaml {
    Yaml::map([("name", Yaml::text(name))])
}

/// The name, and annotations where there are any.
fn metadata(name: &str, labels: Vec<(String, Yaml)>, annotations: Vec<(String, Yaml)>) -> Yaml {
    let mut pairs = vec![("name", Yaml::text(name))];
    pairs.extend((!labels.is_empty()).then_some(("labels", Yaml::Map(labels))));
    pairs.extend((!annotations.is_empty()).then_some(("annotations", Yaml::Map(annotations))));
    Yaml::map(pairs)
}

fn of_service(service: &str, info: &ServiceInfo) -> Yaml {
    let labels = info.labels.iter().map(|(k, v)| (k.to_string(), Yaml::text(&**v))).collect();
    let named = [("owner", &info.owner), ("runbook", &info.runbook)];
    let said = named.into_iter().filter_map(|(name, text)| Some((name, json!(&**text.as_ref()?))));
    let needs = (!info.depends_on.is_empty()).then(|| ("depends_on", texts(&info.depends_on)));
    let annotations = said.chain(needs).map(|(name, value)| (format!("{ANNOTATION}{name}"), Yaml::text(plain(&value)))).collect();
    object("Service", metadata(service, labels, annotations), Yaml::Map(Vec::new()))
}

fn data_source() -> Yaml {
    let spec = [("type", Yaml::text("Prometheus")), ("connectionDetails", Yaml::Map(Vec::new()))];
    object("DataSource", named(SOURCE), Yaml::map(spec))
}

/// OpenSLO wants a target of notifications in every alert policy.
fn target() -> Yaml {
    let says = "receivers and routes are in burnledger's configuration";
    object(
        "AlertNotificationTarget",
        named(TARGET),
        Yaml::map([("target", Yaml::text(TARGET)), ("description", Yaml::text(says))]),
    )
}

/// The documents of one SLO, or why OpenSLO has none for it.
fn write(slo: &Slo, notes: &mut Vec<Note>) -> Result<Vec<Yaml>, String> {
    let (indicator, mut objective, whole) = indicator(slo)?;
    let target = slo.target.ok_or("OpenSLO has no budgets without a target")?;
    let mut annotations = annotations(slo);
    annotations.extend((!whole).then(|| ("sli", sli(&slo.sli))));
    objective.push(("target", Yaml::bare(target.share().normalize().to_string())));
    let (method, slices, period) = (slo.budget, slices(slo.budget), window(&slo.period));
    match slices {
        Some(fields) => objective.extend(fields),
        None => annotations.push(("budget", budget(method))),
    }
    if period.is_none() {
        annotations.push(("period", json!(slo.period.to_string())));
    }
    let mut spec: Vec<(&str, Yaml)> = slo.description.iter().map(|d| ("description", Yaml::text(&**d))).collect();
    spec.push(("service", Yaml::text(&*slo.service)));
    spec.push(("indicatorRef", Yaml::text(label(slo, ""))));
    spec.push(("timeWindow", Yaml::List(vec![period.unwrap_or_else(|| rolling("30d"))])));
    let name = match method {
        BudgetMethod::Occurrences => "Occurrences",
        BudgetMethod::Timeslices { .. } => "Timeslices",
        BudgetMethod::RatioTimeslices { .. } => "RatioTimeslices",
    };
    spec.push(("budgetingMethod", Yaml::text(name)));
    spec.push(("objectives", Yaml::List(vec![Yaml::map(objective)])));
    let policies = if slo.mode == Mode::Page { policies(slo, target, notes) } else { Vec::new() };
    if !policies.is_empty() {
        let refs = policies.iter().map(|p| Yaml::map([("alertPolicyRef", Yaml::text(&p.name))])).collect();
        spec.push(("alertPolicies", Yaml::List(refs)));
    }
    say(slo, &annotations, notes);
    let annotations =
        annotations.into_iter().map(|(name, value)| (format!("{ANNOTATION}{name}"), Yaml::text(plain(&value)))).collect();
    let mut documents = vec![
        object("SLI", named(&label(slo, "")), indicator),
        object("SLO", metadata(&label(slo, ""), Vec::new(), annotations), Yaml::map(spec)),
    ];
    documents.extend(policies.iter().flat_map(Policy::documents));
    Ok(documents)
}

/// What has no equal, field by field.
fn say(slo: &Slo, annotations: &[(&str, Value)], notes: &mut Vec<Note>) {
    let names: Vec<String> = annotations.iter().filter(|(n, _)| *n != "name").map(|(name, _)| format!("`{name}`")).collect();
    if !names.is_empty() {
        let text = format!(
            "{} stand as annotations {ANNOTATION}..., which only burnledger reads: OpenSLO has no equal",
            names.join(", ")
        );
        notes.push(Note::of(&slo.id, text));
    }
    if !slo.exclude.is_empty() {
        notes.push(Note::of(&slo.id, "`exclude` is left out: OpenSLO has no time that does not count"));
    }
    if matches!(slo.period, Period::Calendar { .. }) {
        notes.push(Note::of(&slo.id, "the calendar's `startTime` is a Monday at which a month and a quarter begin, too"));
    }
}

/// A word as it is, anything else as JSON, which is YAML.
fn plain(value: &Value) -> String {
    let is_word = |text: &&str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':'))
            && !text.ends_with(':')
            && *text != "null"
    };
    value.as_str().filter(is_word).map_or_else(|| value.to_string(), Into::into)
}

fn texts(all: &[Text]) -> Value {
    all.iter().map(|t| Value::from(&**t)).collect()
}

/// An SLI's spec, fields of the objective, and whether that says all of it.
type Indicator = (Yaml, Vec<(&'static str, Yaml)>, bool);

fn indicator(slo: &Slo) -> Result<Indicator, String> {
    let ratio = |side: &'static str, events: &str, total: &str| {
        let metric = Yaml::map([("counter", Yaml::bare("true")), (side, query(events)), ("total", query(total))]);
        Yaml::map([("ratioMetric", metric)])
    };
    Ok(match (&slo.sli, &slo.plan) {
        (Sli::Events { bad: Some(bad), total, .. }, _) => (ratio("bad", bad, total), Vec::new(), true),
        (Sli::Events { good: Some(good), total, .. }, _) => (ratio("good", good, total), Vec::new(), true),
        (Sli::Latency { .. }, Plan::Counted(CountedPlan::Histogram(plan))) => {
            let (good, all) = buckets(plan);
            (ratio("good", &good, &all), Vec::new(), false)
        }
        (Sli::Ratio { errors, total }, _) => (ratio("bad", errors, total), Vec::new(), false),
        (Sli::Threshold { value, side, level }, _) => {
            let op = if *side == Side::Below { "lt" } else { "gt" };
            let fields = vec![("op", Yaml::text(op)), ("value", Yaml::bare(level.to_string()))];
            (Yaml::map([("thresholdMetric", query(value))]), fields, true)
        }
        (Sli::Occurrences { .. }, _) => return Err("OpenSLO has no budgets of so many in so long".into()),
        (Sli::Composite(_), _) => return Err("the weights of OpenSLO's composites mean something else".into()),
        _ => return Err("it has no queries to write".into()),
    })
}

/// The buckets under a threshold and of everything.
fn buckets(plan: &HistogramPlan) -> (String, String) {
    let under = plan.under_seconds.normalize();
    // Servers write whole numbers with or without `.0`.
    let good = if under.fract().is_zero() {
        plan.buckets.and("le", MatchOp::Regex, &format!("{under}(\\.0)?"))
    } else {
        plan.buckets.and("le", MatchOp::Equal, &under.to_string())
    };
    (good.to_string(), plan.buckets.and("le", MatchOp::Equal, "+Inf").to_string())
}

/// What objects of an SLO are called: RFC 1123 labels, unique across services.
fn label(slo: &Slo, more: &str) -> String {
    let text = format!("{}-{}{more}", slo.service, slo.name).to_lowercase();
    let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let start = plain.len().saturating_sub(63);
    plain[start..].trim_matches('-').to_owned()
}

fn query(text: &str) -> Yaml {
    let spec = Yaml::map([("query", Yaml::Block(text.to_owned()))]);
    let source = [("metricSourceRef", Yaml::text(SOURCE)), ("type", Yaml::text("Prometheus")), ("spec", spec)];
    Yaml::map([("metricSource", Yaml::map(source))])
}

/// An integer with a unit of OpenSLO; absent for what it has no unit for.
fn shorthand(span: Span) -> Option<String> {
    if span == Span::ZERO {
        return Some("0m".into());
    }
    let units = [('d', 86_400_000), ('h', 3_600_000), ('m', 60_000)];
    units.into_iter().find(|(_, ms)| span.0 % ms == 0).map(|(unit, ms)| format!("{}{unit}", span.0 / ms))
}

fn rolling(duration: &str) -> Yaml {
    Yaml::map([("duration", Yaml::text(duration)), ("isRolling", Yaml::bare("true"))])
}

fn window(period: &Period) -> Option<Yaml> {
    match period {
        Period::Rolling(span) => shorthand(*span).map(|text| rolling(&text)),
        Period::Calendar { unit, zone } => {
            let duration = match unit.name() {
                "week" => "1w",
                "month" => "1M",
                _ => "1Q",
            };
            let calendar = Yaml::map([("startTime", Yaml::text(MONDAY)), ("timeZone", Yaml::text(zone.to_string()))]);
            let pairs = [("duration", Yaml::text(duration)), ("isRolling", Yaml::bare("false")), ("calendar", calendar)];
            Some(Yaml::map(pairs))
        }
    }
}

/// Fields of time slices; absent where OpenSLO has no such width.
fn slices(budget: BudgetMethod) -> Option<Vec<(&'static str, Yaml)>> {
    match budget {
        BudgetMethod::Occurrences => Some(Vec::new()),
        BudgetMethod::Timeslices { slice, good } => Some(vec![
            ("timeSliceTarget", Yaml::bare(good.normalize().to_string())),
            ("timeSliceWindow", Yaml::text(shorthand(slice)?)),
        ]),
        BudgetMethod::RatioTimeslices { slice } => Some(vec![("timeSliceWindow", Yaml::text(shorthand(slice)?))]),
    }
}

fn budget(method: BudgetMethod) -> Value {
    match method {
        BudgetMethod::Occurrences => json!({"method": method.name()}),
        BudgetMethod::Timeslices { slice, good } => {
            json!({"method": method.name(), "slice": slice.to_string(), "good": good.normalize().to_string()})
        }
        BudgetMethod::RatioTimeslices { slice } => json!({"method": method.name(), "slice": slice.to_string()}),
    }
}

/// Fields of an SLO that OpenSLO has no place for, as our files have them. Usual values are not written, but for those that a
/// configuration may change.
fn annotations(slo: &Slo) -> Vec<(&'static str, Value)> {
    let mut all = vec![("name", json!(&*slo.name)), ("severity", slo.tiers.iter().map(tier).collect::<Value>())];
    all.extend((!slo.breach.is_empty()).then(|| ("breach", slo.breach.iter().map(breach).collect())));
    all.push(("guards", guards(slo.guards)));
    for (name, labels) in [("group_by", &slo.group_by), ("dedupe", &slo.dedupe), ("target_labels", &slo.target_labels)] {
        all.extend((!labels.is_empty()).then(|| (name, texts(labels))));
    }
    let capped = !slo.group_by.is_empty() || slo.max_groups != MAX_TRACKS;
    all.extend(capped.then(|| ("max_groups", json!(slo.max_groups))));
    all.extend((slo.count_up_to != COUNT_UP_TO).then(|| ("count_up_to", json!(slo.count_up_to))));
    all.extend(slo.source.iter().map(|source| ("source", json!(&**source))));
    all.extend((slo.mode == Mode::Observe).then(|| ("mode", json!("observe"))));
    match slo.births {
        Births::Auto => {}
        Births::FromZero => all.push(("births", json!("from_zero"))),
        Births::Baseline => all.push(("births", json!("baseline"))),
    }
    all
}

fn sli(sli: &Sli) -> Value {
    match sli {
        Sli::Latency { histogram, under_seconds, interpolate } => {
            json!({"latency": {"histogram": &**histogram, "under": span(*under_seconds), "interpolate": interpolate}})
        }
        Sli::Ratio { errors, total } => json!({"ratio": {"errors": &**errors, "total": &**total}}),
        _ => Value::Null,
    }
}

/// Seconds as a duration.
fn span(seconds: Decimal) -> String {
    use rust_decimal::prelude::ToPrimitive;
    let ms = seconds.checked_mul(Decimal::ONE_THOUSAND).and_then(|ms| ms.to_i64());
    ms.map_or_else(|| format!("{seconds}s"), |ms| Span(ms).to_string())
}

fn guards(guards: Guards) -> Value {
    if guards == Guards::NONE {
        return json!("none");
    }
    json!({"min_bad": guards.min_bad.to_string(), "confidence": guards.confidence.to_string()})
}

fn number(number: Decimal) -> Value {
    number.normalize().to_string().into()
}

fn tier(tier: &Tier) -> Value {
    json!({"severity": tier.severity.name(), "burn": number(tier.factor), "long": tier.long.to_string(), "short": tier.short.to_string()})
}

fn breach(rule: &BreachRule) -> Value {
    let (name, level) = match &rule.level {
        Level::QuantileTimes(of, times) => (of.name(), json!(format!("{}x", times.normalize()))),
        Level::QuantileSeconds(of, seconds) => (of.name(), json!(span(*seconds))),
        Level::ErrorRatio(share) => ("error_ratio", number(*share)),
        Level::Burn(factor) => ("burn", number(*factor)),
        Level::Value(value) => ("value", number(*value)),
        Level::Spike(spike) => {
            let mut of = json!({"times": number(spike.times), "average": spike.average.to_string()});
            if let Some(signal) = &spike.of {
                of["value"] = json!(&*signal.text);
            }
            ("spike", of)
        }
    };
    let mut all = json!({"severity": rule.severity.name(), name: level, "over": rule.over.to_string()});
    if rule.after > 1 {
        all["after"] = json!(rule.after);
    }
    if rule.after <= 1 || rule.hold > Span::ZERO {
        all["for"] = json!(if rule.hold == Span::ZERO { "0".to_owned() } else { rule.hold.to_string() });
    }
    if let Some(second) = &rule.confirm {
        all["confirm"] = confirm(second);
    }
    all
}

fn confirm(second: &Confirm) -> Value {
    match second {
        Confirm::Slo { id, burn, over } => json!({"slo": id.as_str(), "burn": number(*burn), "over": over.to_string()}),
        Confirm::Value { signal: Signal { text, side, .. }, level, over } => {
            // What is good on one side confirms on the other.
            let side = if *side == Side::Below { "above" } else { "below" };
            json!({"value": &**text, side: number(*level), "over": over.to_string()})
        }
    }
}

/// An alert of one window, as OpenSLO has them.
struct Policy {
    name: String,
    severity: Severity,
    says: String,
    burn: Decimal,
    over: String,
    hold: String,
}

/// Tiers by their long windows, and breach rules that are burn rates.
fn policies(slo: &Slo, target: Target, notes: &mut Vec<Note>) -> Vec<Policy> {
    let mut all: Vec<Policy> = Vec::new();
    let mut add = |severity: Severity, burn: Option<Decimal>, over: Span, hold: Span, says: String, notes: &mut Vec<Note>| {
        let name = label(slo, &format!("-{}-{}", severity.name(), all.len() + 1));
        match (burn, shorthand(over), shorthand(hold)) {
            (Some(burn), Some(over), Some(hold)) => all.push(Policy { name, severity, says, burn, over, hold }),
            _ => notes
                .push(Note::of(&slo.id, format!("`{says}` is no alert of OpenSLO: it has burn rates over whole minutes alone"))),
        }
    };
    if !slo.tiers.is_empty() {
        let text =
            "alert policies of tiers have their long windows alone: OpenSLO's conditions have one window, so they let go later";
        notes.push(Note::of(&slo.id, text));
    }
    for tier in &slo.tiers {
        add(tier.severity, Some(tier.factor), tier.long, Span::ZERO, tier.to_string(), notes);
    }
    let budget = Decimal::ONE - target.share();
    for rule in &slo.breach {
        let burn = match rule.level {
            _ if rule.after > 1 || rule.confirm.is_some() => None,
            Level::Burn(factor) => Some(factor),
            Level::ErrorRatio(share) => share.checked_div(budget),
            _ => None,
        };
        add(rule.severity, burn, rule.over, rule.hold, rule.to_string(), notes);
    }
    all
}

impl Policy {
    fn documents(&self) -> [Yaml; 2] {
        let condition = Yaml::map([
            ("kind", Yaml::text("burnrate")),
            ("op", Yaml::text("gt")),
            ("threshold", Yaml::bare(self.burn.normalize().to_string())),
            ("lookbackWindow", Yaml::text(&self.over)),
            ("alertAfter", Yaml::text(&self.hold)),
        ]);
        let condition = Yaml::map([
            ("description", Yaml::text(&self.says)),
            ("severity", Yaml::text(self.severity.name())),
            ("condition", condition),
        ]);
        let policy = Yaml::map([
            ("description", Yaml::text(&self.says)),
            ("alertWhenBreaching", Yaml::bare("true")),
            ("conditions", Yaml::List(vec![Yaml::map([("conditionRef", Yaml::text(&self.name))])])),
            ("notificationTargets", Yaml::List(vec![Yaml::map([("targetRef", Yaml::text(TARGET))])])),
        ]);
        [object("AlertCondition", named(&self.name), condition), object("AlertPolicy", named(&self.name), policy)]
    }
}
