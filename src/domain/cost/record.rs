//! The recorded inputs of an incident's cost: enough to compute every line again, years later, without samples or files.
//!
//! A sheet is a pure function of its record, so `cost verify` compares what was recorded with what it gives now.

use super::estimate::draft::{Draft, Frame, rounded};
use super::estimate::{Component, Kind, Loss, Rests};
use super::price::add_up;
use super::revenue::too_large;
use super::share::Share;
use super::{Basis, CostInput, CostLine, CostSheet};
use crate::domain::base::{Currency, Ms, Text};
use crate::domain::objective::{ExchangeRate, ValueIs};
use rust_decimal::Decimal;
use std::sync::Arc;

/// Where an input of a line comes from, when it is not simply said by the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The input's name in the formula.
    pub input: Text,
    /// How it is known.
    pub basis: Basis,
    /// Where it comes from.
    pub source: Text,
}

/// One line's inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// What is priced, in its own currency.
    pub component: Component,
    /// What it is about when there are several.
    pub subject: Option<Text>,
    /// Least and most failed transactions, where the count has bounds.
    pub between: Option<(Decimal, Decimal)>,
    /// Where inputs come from.
    pub traces: Vec<Trace>,
    /// What this incident bears, where several share.
    pub share: Option<Share>,
    /// The month it is booked in, where it differs from the incident's.
    pub booked_month: Option<Text>,
    /// A remark for the reader.
    pub note: Option<Text>,
    /// What is taken for granted beside the method's own assumption.
    pub assumption: Option<Text>,
}

/// Everything a sheet was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostRecord {
    /// The file that declares.
    pub file: Text,
    /// Currency of the total.
    pub currency: Currency,
    /// The kind of value the total adds up.
    pub headline: Option<ValueIs>,
    /// Exchange rates.
    pub exchange: Vec<ExchangeRate>,
    /// The month the incident is booked in.
    pub booked_month: Option<Text>,
    /// Lines' inputs.
    pub priced: Vec<Priced>,
    /// What applies and is not known, with the reason.
    pub not_estimated: Vec<Text>,
    /// Assumptions of the file, one sentence each.
    pub assumptions: Vec<Text>,
    /// The figures may change until then.
    pub provisional_until: Option<Ms>,
}

impl Priced {
    /// A component that the file declares, about nothing in particular.
    pub const fn new(component: Component) -> Self {
        Self {
            component,
            subject: None,
            between: None,
            traces: Vec::new(),
            share: None,
            booked_month: None,
            note: None,
            assumption: None,
        }
    }

    fn line(&self, frame: &Frame<'_>) -> Result<(Draft, CostLine), String> {
        let why = |(_, why)| why;
        let frame = Frame { booked_month: self.booked_month.as_ref().or(frame.booked_month), ..*frame };
        let mut draft = self.component.draft().map_err(why)?;
        draft.subject.clone_from(&self.subject);
        let mut line = draft.line(&frame).map_err(why)?;
        if let Some((low, high)) = self.between {
            line.low = Some(self.with_count(low, &frame)?);
            line.high = Some(self.with_count(high, &frame)?);
        }
        for input in &mut line.inputs {
            if let Some(trace) = self.traces.iter().find(|t| t.input == input.name) {
                (input.basis, input.source) = (trace.basis, trace.source.clone());
            }
        }
        if let Some(share) = &self.share {
            take_share(share, &mut line, frame.currency)?;
        }
        line.basis = basis(&line.inputs);
        let notes: Vec<&str> = line.note.iter().chain(&self.note).map(|n| &**n).collect();
        line.note = (!notes.is_empty()).then(|| notes.join("; ").into());
        Ok((draft, line))
    }

    /// The rounded amount had another number of transactions failed.
    fn with_count(&self, count: Decimal, frame: &Frame<'_>) -> Result<Decimal, String> {
        let mut other = self.component.clone();
        if let Kind::Lost(Loss::FailedTransactions { failed, .. } | Loss::Excess { failed, .. }) = &mut other.kind {
            *failed = count;
        }
        let line = other.draft().and_then(|d| d.line(frame)).map_err(|(_, why)| why)?;
        Ok(line.amount.amount)
    }
}

/// The line of the union becomes that of this incident.
fn take_share(share: &Share, line: &mut CostLine, currency: Currency) -> Result<(), String> {
    let (own, amount) = share.of(line.unrounded, currency).ok_or_else(too_large)?;
    let ids: Vec<&str> = share.parts.iter().map(|(id, _)| &**id).collect();
    let weight = share.parts.iter().find(|(id, _)| *id == share.own).map_or(Decimal::ZERO, |(_, w)| *w);
    let value = format!("{} / {}", weight.round_dp(6).normalize(), share.whole.round_dp(6).normalize());
    let shown = own.round_dp(6).normalize();
    line.formula = format!("{}; of it {value} for {}: {shown} {currency}", line.formula, share.own).into();
    line.inputs.push(CostInput {
        name: "share".into(),
        value: value.into(),
        basis: Basis::Derived,
        source: format!("minutes that several of {} cover are split evenly between them", ids.join(", ")).into(),
    });
    let part = |bound: Decimal| share.exact(bound).map(|b| rounded(b, currency));
    line.low = line.low.and_then(part).map(|low| low.min(amount));
    line.high = line.high.and_then(part).map(|high| high.max(amount));
    line.unrounded = own;
    line.amount.amount = amount;
    Ok(())
}

/// Like its inputs when they are alike, derived when they are not.
fn basis(inputs: &[CostInput]) -> Basis {
    let first = inputs.first().map_or(Basis::Declared, |i| i.basis);
    if inputs.iter().all(|i| i.basis == first) { first } else { Basis::Derived }
}

impl CostRecord {
    const fn frame(&self) -> Frame<'_> {
        Frame {
            file: &self.file,
            currency: self.currency,
            exchange: self.exchange.as_slice(),
            headline: self.headline,
            booked_month: self.booked_month.as_ref(),
        }
    }

    /// The sheet. Pure: the same record gives the same sheet.
    pub fn sheet(&self) -> CostSheet {
        let (mut lines, mut missing, mut rests) = (Vec::new(), Vec::new(), Rests::default());
        let mut assumed: Vec<Text> = Vec::new();
        let mut sorted: Vec<&Priced> = self.priced.iter().collect();
        sorted.sort_by_key(|p| p.component.rank());
        for priced in sorted {
            match priced.line(&self.frame()) {
                Ok((draft, line)) => {
                    rests.add(&draft);
                    assumed.extend(priced.assumption.clone().filter(|a| !assumed.contains(a)));
                    lines.push(line);
                }
                Err(why) => missing.push(unpriced(priced, &why)),
            }
        }
        missing.extend(self.not_estimated.iter().cloned());
        let Rests { assumptions, methods } = rests;
        let assumptions = assumptions.into_iter().map(Text::from).chain(assumed).chain(self.assumptions.iter().cloned());
        CostSheet {
            assumptions: assumptions.collect(),
            method_versions: methods.into_iter().map(Text::from).collect(),
            provisional_until: self.provisional_until,
            record: Some(Arc::new(self.clone())),
            ..add_up(lines, missing, self.currency)
        }
    }
}

fn unpriced(priced: &Priced, why: &str) -> Text {
    let subject = priced.subject.as_deref().map_or_else(String::new, |s| format!(" ({s})"));
    format!("{}{subject}: {why}", priced.component.id()).into()
}
