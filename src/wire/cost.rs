//! The cost object of the contract (`cost`, `report`, `incidents show`) and of stored entries, in both directions.
//!
//! Money is text with all its decimals, unknown is null and never 0 or absent. Inputs keep their order.
//! Deliberately absent: arithmetic; a sheet is read back as it was written, never computed anew.

use crate::domain::base::{Currency, Money, Ms, Seq, Text};
use crate::domain::cost::estimate::{OverlapShare, QUANTILES, Range, Shares, Swing};
use crate::domain::cost::{Basis, CostInput, CostLine, CostSheet, Estimated, Restates};
use crate::domain::objective::ValueIs;
use rust_decimal::Decimal;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use std::fmt;
use thiserror::Error;

/// Why a stored or sent sheet cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: `{value}` is not {expected}")]
pub struct CostError {
    /// Which field.
    pub field: &'static str,
    /// What stood there.
    pub value: String,
    /// What was expected.
    pub expected: &'static str,
}

/// A cost sheet as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostSheetJson {
    /// ISO 4217.
    pub currency: String,
    /// Lines, in the order of the component table.
    pub lines: Vec<CostLineJson>,
    /// Sum of the lines that are no memo; null when nothing could be estimated.
    pub total: Option<String>,
    /// Sum of low bounds.
    pub low: Option<String>,
    /// Sum of high bounds.
    pub high: Option<String>,
    /// Nothing that applies is missing.
    pub complete: bool,
    /// What is missing, with the reason.
    pub not_estimated: Vec<String>,
    /// What the figures rest on.
    pub assumptions: Vec<String>,
    /// Methods with versions.
    pub method_versions: Vec<String>,
    /// Figures may change until then (RFC 3339, UTC); null once they are final, and of estimates.
    pub provisional_until: Option<String>,
    /// What these figures replace; null when they replace nothing.
    pub restates: Option<RestatesJson>,
    /// Quantiles by simulation; null until asked for.
    pub range: Option<serde_json::Value>,
    /// Shares of overlapping incidents; null without overlap.
    pub overlaps: Option<serde_json::Value>,
}

/// Earlier figures as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestatesJson {
    /// Their entry.
    pub seq: u64,
    /// Their total.
    pub total: Option<String>,
    /// How far the total moved.
    pub difference: Option<String>,
    /// Why they were replaced.
    pub reason: String,
}

/// One line as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostLineJson {
    /// Component id.
    pub component: String,
    /// What it is about when a component has several lines (a stream's name).
    pub subject: Option<String>,
    /// Rounded amount.
    pub amount: String,
    /// Low bound.
    pub low: Option<String>,
    /// High bound.
    pub high: Option<String>,
    /// The amount before rounding.
    pub unrounded: String,
    /// ISO 4217.
    pub currency: String,
    /// `measured`, `derived` or `declared`.
    pub basis: String,
    /// `gmv`, `revenue` or `margin`; null where it means nothing.
    pub value_is: Option<String>,
    /// Paid out or opportunity.
    pub cash: bool,
    /// `2026-03`.
    pub booked_month: Option<String>,
    /// The formula with numbers filled in.
    pub formula: String,
    /// The formula's inputs by name.
    pub inputs: Inputs,
    /// Shown, not added.
    pub memo: bool,
    /// A remark.
    pub note: Option<String>,
}

/// One input of a formula as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostInputJson {
    /// The number as it was used.
    pub value: String,
    /// `measured`, `derived` or `declared`.
    pub basis: String,
    /// Where it comes from.
    pub source: String,
}

/// Inputs by name, in the order of the formula.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs(pub Vec<(String, CostInputJson)>);

impl Serialize for Inputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, input) in &self.0 {
            map.serialize_entry(name, input)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Inputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Inputs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of inputs by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Inputs, A::Error> {
                let mut list = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    list.push(entry);
                }
                Ok(Inputs(list))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl From<&CostSheet> for CostSheetJson {
    fn from(sheet: &CostSheet) -> Self {
        Self {
            currency: sheet.currency.to_string(),
            lines: sheet.lines.iter().map(CostLineJson::from).collect(),
            total: shown(sheet.total),
            low: shown(sheet.low),
            high: shown(sheet.high),
            complete: sheet.complete,
            not_estimated: texts(&sheet.not_estimated),
            assumptions: texts(&sheet.assumptions),
            method_versions: texts(&sheet.method_versions),
            provisional_until: sheet.provisional_until.map(Ms::rfc3339),
            restates: sheet.restates.as_ref().map(|r| RestatesJson {
                seq: r.seq.0,
                total: shown(r.total),
                difference: shown(sheet.difference()),
                reason: r.reason.to_string(),
            }),
            range: None,
            overlaps: None,
        }
    }
}

impl From<&Estimated> for CostSheetJson {
    fn from(estimated: &Estimated) -> Self {
        let overlaps = estimated.overlaps.as_ref().map(overlaps_json);
        Self { overlaps, range: estimated.range.as_ref().map(range_json), ..Self::from(&estimated.sheet) }
    }
}

fn range_json(range: &Range) -> serde_json::Value {
    let Range { asked, quantiles, mean, chance, variance, sensitivity } = range;
    let exceeds = asked.exceeds.zip(*chance).map(|(sum, p)| json!({"amount": sum.to_string(), "probability": p}));
    let variance: serde_json::Map<_, _> = variance.iter().map(|(id, share)| ((*id).to_owned(), json!(share))).collect();
    let mut all = json!({
        "method": asked.method.name(), "seed": asked.seed, "draws": asked.draws, "mean": mean.to_string(),
        "exceeds": exceeds, "variance": variance, "sensitivity": sensitivity.iter().map(swing_json).collect::<Vec<_>>(),
    });
    for ((name, _), value) in QUANTILES.iter().zip(quantiles) {
        all[*name] = json!(value.to_string());
    }
    all
}

/// The total with one input at its low and at its high: of its range, or a fifth below and above what it is.
fn swing_json(swing: &Swing) -> serde_json::Value {
    let Swing { component, subject, input, low, high } = swing;
    json!({
        "component": component, "subject": subject.as_deref(), "input": &**input,
        "low": low.to_string(), "high": high.to_string(),
    })
}

fn overlaps_json(shares: &Shares) -> serde_json::Value {
    let share = |s: &OverlapShare| json!({"id": &*s.id, "amount": s.amount.to_string()});
    let incidents: Vec<_> = shares.incidents.iter().map(share).collect();
    json!({"union": shares.union.to_string(), "incidents": incidents})
}

impl From<&CostLine> for CostLineJson {
    fn from(line: &CostLine) -> Self {
        Self {
            component: line.component.to_string(),
            subject: line.subject.as_deref().map(String::from),
            amount: line.amount.amount.to_string(),
            low: shown(line.low),
            high: shown(line.high),
            unrounded: line.unrounded.to_string(),
            currency: line.amount.currency.to_string(),
            basis: line.basis.name().into(),
            value_is: line.value_is.map(|v| v.name().into()),
            cash: line.cash,
            booked_month: line.booked_month.as_deref().map(String::from),
            formula: line.formula.to_string(),
            inputs: Inputs(line.inputs.iter().map(input_json).collect()),
            memo: line.memo,
            note: line.note.as_deref().map(String::from),
        }
    }
}

fn input_json(input: &CostInput) -> (String, CostInputJson) {
    let CostInput { name, value, basis, source } = input;
    (name.to_string(), CostInputJson { value: value.to_string(), basis: basis.name().into(), source: source.to_string() })
}

impl TryFrom<CostSheetJson> for CostSheet {
    type Error = CostError;
    fn try_from(json: CostSheetJson) -> Result<Self, CostError> {
        Ok(Self {
            currency: currency(&json.currency)?,
            lines: json.lines.into_iter().map(CostLine::try_from).collect::<Result<_, _>>()?,
            total: maybe_decimal("total", json.total.as_deref())?,
            low: maybe_decimal("low", json.low.as_deref())?,
            high: maybe_decimal("high", json.high.as_deref())?,
            complete: json.complete,
            not_estimated: json.not_estimated.into_iter().map(Text::from).collect(),
            assumptions: json.assumptions.into_iter().map(Text::from).collect(),
            method_versions: json.method_versions.into_iter().map(Text::from).collect(),
            provisional_until: json.provisional_until.as_deref().map(instant).transpose()?,
            restates: json.restates.map(restates).transpose()?,
            record: None,
        })
    }
}

impl TryFrom<CostLineJson> for CostLine {
    type Error = CostError;
    fn try_from(json: CostLineJson) -> Result<Self, CostError> {
        Ok(Self {
            component: json.component.into(),
            subject: json.subject.map(Text::from),
            amount: Money::new(decimal("amount", &json.amount)?, currency(&json.currency)?),
            low: maybe_decimal("low", json.low.as_deref())?,
            high: maybe_decimal("high", json.high.as_deref())?,
            unrounded: decimal("unrounded", &json.unrounded)?,
            basis: basis(&json.basis)?,
            value_is: json.value_is.as_deref().map(value_is).transpose()?,
            cash: json.cash,
            booked_month: json.booked_month.map(Text::from),
            formula: json.formula.into(),
            inputs: json.inputs.0.into_iter().map(input).collect::<Result<_, _>>()?,
            memo: json.memo,
            note: json.note.map(Text::from),
        })
    }
}

fn input((name, json): (String, CostInputJson)) -> Result<CostInput, CostError> {
    let basis = basis(&json.basis)?;
    Ok(CostInput { name: name.into(), value: json.value.into(), basis, source: json.source.into() })
}

fn restates(json: RestatesJson) -> Result<Restates, CostError> {
    Ok(Restates { seq: Seq(json.seq), total: maybe_decimal("restates", json.total.as_deref())?, reason: json.reason.into() })
}

fn instant(text: &str) -> Result<Ms, CostError> {
    Ms::parse_rfc3339(text).ok_or_else(|| refuse("provisional_until", text, "a time"))
}

fn shown(amount: Option<Decimal>) -> Option<String> {
    amount.map(|d| d.to_string())
}

fn texts(list: &[Text]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn refuse(field: &'static str, value: &str, expected: &'static str) -> CostError {
    CostError { field, value: value.chars().take(40).collect(), expected }
}

fn decimal(field: &'static str, text: &str) -> Result<Decimal, CostError> {
    text.parse().map_err(|_| refuse(field, text, "a decimal number"))
}

fn maybe_decimal(field: &'static str, text: Option<&str>) -> Result<Option<Decimal>, CostError> {
    text.map(|t| decimal(field, t)).transpose()
}

fn currency(text: &str) -> Result<Currency, CostError> {
    Currency::parse(text).ok_or_else(|| refuse("currency", text, "a currency code of three capital letters"))
}

fn basis(text: &str) -> Result<Basis, CostError> {
    let all = [Basis::Measured, Basis::Derived, Basis::Declared];
    all.into_iter().find(|b| b.name() == text).ok_or_else(|| refuse("basis", text, "measured, derived or declared"))
}

fn value_is(text: &str) -> Result<ValueIs, CostError> {
    let all = [ValueIs::Gmv, ValueIs::Revenue, ValueIs::Margin];
    all.into_iter().find(|v| v.name() == text).ok_or_else(|| refuse("value_is", text, "gmv, revenue or margin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> CostSheet {
        let usd = Currency::parse("USD").unwrap();
        let input = |name: &str, value: &str, basis| CostInput {
            name: name.into(),
            value: value.into(),
            basis,
            source: "a \"source\"\u{7}".into(),
        };
        CostSheet {
            currency: usd,
            lines: vec![CostLine {
                component: "lost_revenue".into(),
                subject: Some("orders".into()),
                amount: Money::new("85.00".parse().unwrap(), usd),
                low: Some("80.00".parse().unwrap()),
                high: None,
                unrounded: "84.9999".parse().unwrap(),
                basis: Basis::Derived,
                value_is: Some(ValueIs::Gmv),
                cash: false,
                booked_month: Some("2026-03".into()),
                formula: "F × v".into(),
                inputs: vec![input("v", "42.50 USD", Basis::Declared), input("F", "2", Basis::Measured)],
                memo: false,
                note: None,
            }],
            total: Some("85.00".parse().unwrap()),
            low: None,
            high: None,
            complete: false,
            not_estimated: vec!["responder_labour: nobody is known to have responded".into()],
            assumptions: vec!["one".into()],
            method_versions: vec!["failed_transactions/1".into()],
            provisional_until: None,
            restates: None,
            record: None,
        }
    }

    #[test]
    fn the_cost_object_is_the_contracts_and_unknown_is_null() {
        let text = serde_json::to_string(&CostSheetJson::from(&sheet())).unwrap();
        let expected = r#"{"currency":"USD","lines":[{"component":"lost_revenue","subject":"orders","amount":"85.00","low":"80.00","high":null,"unrounded":"84.9999","currency":"USD","basis":"derived","value_is":"gmv","cash":false,"booked_month":"2026-03","formula":"F × v","inputs":{"v":{"value":"42.50 USD","basis":"declared","source":"a \"source\"\u0007"},"F":{"value":"2","basis":"measured","source":"a \"source\"\u0007"}},"memo":false,"note":null}],"total":"85.00","low":null,"high":null,"complete":false,"not_estimated":["responder_labour: nobody is known to have responded"],"assumptions":["one"],"method_versions":["failed_transactions/1"],"provisional_until":null,"restates":null,"range":null,"overlaps":null}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn a_sheet_is_read_back_as_it_was_written_with_its_inputs_in_order() {
        let text = serde_json::to_string(&CostSheetJson::from(&sheet())).unwrap();
        let json: CostSheetJson = serde_json::from_str(&text).unwrap();
        assert_eq!(CostSheet::try_from(json).unwrap(), sheet());
    }

    #[test]
    fn what_is_no_sheet_is_refused_by_field() {
        let good = CostSheetJson::from(&sheet());
        let broken = |change: fn(&mut CostSheetJson)| {
            let mut json = good.clone();
            change(&mut json);
            CostSheet::try_from(json).unwrap_err().to_string()
        };
        assert_eq!(broken(|j| j.total = Some("much".into())), "total: `much` is not a decimal number");
        assert_eq!(broken(|j| j.currency = "usd".into()), "currency: `usd` is not a currency code of three capital letters");
        assert_eq!(broken(|j| j.lines[0].basis = "guessed".into()), "basis: `guessed` is not measured, derived or declared");
        assert_eq!(broken(|j| j.lines[0].value_is = Some("net".into())), "value_is: `net` is not gmv, revenue or margin");
    }
}
