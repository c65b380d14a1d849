//! Stored form of a cost sheet. Apart from the JSON that people get: that one may change, stored bytes may not.

use super::parts::of;
use super::record::RecordForm;
use crate::domain::base::{Money, Ms, Seq, Text};
use crate::domain::cost::{Basis, CostInput, CostLine, CostRecord, CostSheet, Restates};
use crate::domain::objective::ValueIs;
use crate::wire::exact::{CurrencyText, DecimalText, MoneyText};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BasisForm {
    Measured,
    Derived,
    Declared,
}

impl From<Basis> for BasisForm {
    fn from(b: Basis) -> Self {
        match b {
            Basis::Measured => Self::Measured,
            Basis::Derived => Self::Derived,
            Basis::Declared => Self::Declared,
        }
    }
}

impl From<BasisForm> for Basis {
    fn from(b: BasisForm) -> Self {
        match b {
            BasisForm::Measured => Self::Measured,
            BasisForm::Derived => Self::Derived,
            BasisForm::Declared => Self::Declared,
        }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ValueForm {
    Gmv,
    Revenue,
    Margin,
}

impl From<ValueIs> for ValueForm {
    fn from(v: ValueIs) -> Self {
        match v {
            ValueIs::Gmv => Self::Gmv,
            ValueIs::Revenue => Self::Revenue,
            ValueIs::Margin => Self::Margin,
        }
    }
}

impl From<ValueForm> for ValueIs {
    fn from(v: ValueForm) -> Self {
        match v {
            ValueForm::Gmv => Self::Gmv,
            ValueForm::Revenue => Self::Revenue,
            ValueForm::Margin => Self::Margin,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputForm {
    name: Text,
    value: Text,
    basis: BasisForm,
    source: Text,
}

impl From<&CostInput> for InputForm {
    fn from(i: &CostInput) -> Self {
        Self { name: i.name.clone(), value: i.value.clone(), basis: i.basis.into(), source: i.source.clone() }
    }
}

impl From<InputForm> for CostInput {
    fn from(i: InputForm) -> Self {
        Self { name: i.name, value: i.value, basis: i.basis.into(), source: i.source }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineForm {
    component: Text,
    subject: Option<Text>,
    amount: MoneyText,
    low: Option<DecimalText>,
    high: Option<DecimalText>,
    unrounded: DecimalText,
    basis: BasisForm,
    value_is: Option<ValueForm>,
    cash: bool,
    booked_month: Option<Text>,
    formula: Text,
    inputs: Vec<InputForm>,
    memo: bool,
    note: Option<Text>,
}

impl From<&CostLine> for LineForm {
    fn from(l: &CostLine) -> Self {
        Self {
            component: l.component.clone(),
            subject: l.subject.clone(),
            amount: l.amount.into(),
            low: l.low.map(DecimalText),
            high: l.high.map(DecimalText),
            unrounded: DecimalText(l.unrounded),
            basis: l.basis.into(),
            value_is: l.value_is.map(Into::into),
            cash: l.cash,
            booked_month: l.booked_month.clone(),
            formula: l.formula.clone(),
            inputs: of(&l.inputs),
            memo: l.memo,
            note: l.note.clone(),
        }
    }
}

impl From<LineForm> for CostLine {
    fn from(l: LineForm) -> Self {
        Self {
            component: l.component,
            subject: l.subject,
            amount: Money::from(l.amount),
            low: l.low.map(|d| d.0),
            high: l.high.map(|d| d.0),
            unrounded: l.unrounded.0,
            basis: l.basis.into(),
            value_is: l.value_is.map(Into::into),
            cash: l.cash,
            booked_month: l.booked_month,
            formula: l.formula,
            inputs: of(l.inputs),
            memo: l.memo,
            note: l.note,
        }
    }
}

/// Stored form of a cost sheet, all of version 1.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SheetForm {
    currency: CurrencyText,
    lines: Vec<LineForm>,
    total: Option<DecimalText>,
    low: Option<DecimalText>,
    high: Option<DecimalText>,
    complete: bool,
    not_estimated: Vec<Text>,
    assumptions: Vec<Text>,
    method_versions: Vec<Text>,
}

impl SheetForm {
    fn bare(s: &CostSheet) -> Self {
        Self {
            currency: CurrencyText(s.currency),
            lines: of(&s.lines),
            total: s.total.map(DecimalText),
            low: s.low.map(DecimalText),
            high: s.high.map(DecimalText),
            complete: s.complete,
            not_estimated: s.not_estimated.clone(),
            assumptions: s.assumptions.clone(),
            method_versions: s.method_versions.clone(),
        }
    }
}

impl From<SheetForm> for CostSheet {
    fn from(s: SheetForm) -> Self {
        Self {
            currency: s.currency.0,
            lines: of(s.lines),
            total: s.total.map(|d| d.0),
            low: s.low.map(|d| d.0),
            high: s.high.map(|d| d.0),
            complete: s.complete,
            not_estimated: s.not_estimated,
            assumptions: s.assumptions,
            method_versions: s.method_versions,
            provisional_until: None,
            restates: None,
            record: None,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RestatesForm {
    seq: u64,
    total: Option<DecimalText>,
    reason: Text,
}

/// Version 2: the sheet, what it replaces, and what every line was computed from.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CostForm {
    sheet: SheetForm,
    provisional_until: Option<i64>,
    restates: Option<RestatesForm>,
    record: Option<RecordForm>,
}

impl From<&CostSheet> for CostForm {
    fn from(s: &CostSheet) -> Self {
        let restates = |r: &Restates| RestatesForm { seq: r.seq.0, total: r.total.map(DecimalText), reason: r.reason.clone() };
        Self {
            sheet: SheetForm::bare(s),
            provisional_until: s.provisional_until.map(|at| at.0),
            restates: s.restates.as_ref().map(restates),
            record: s.record.as_deref().map(Into::into),
        }
    }
}

impl TryFrom<CostForm> for CostSheet {
    type Error = String;
    fn try_from(f: CostForm) -> Result<Self, String> {
        let restates = |r: RestatesForm| Restates { seq: Seq(r.seq), total: r.total.map(|d| d.0), reason: r.reason };
        Ok(Self {
            provisional_until: f.provisional_until.map(Ms),
            restates: f.restates.map(restates),
            record: f.record.map(|r| CostRecord::try_from(r).map(Arc::new)).transpose()?,
            ..f.sheet.into()
        })
    }
}
