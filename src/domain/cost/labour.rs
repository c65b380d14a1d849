//! `responder_labour` of an incident: the time of people known to have responded, at the rate of their role.
//!
//! Deliberately absent: joining stretches and premium hours, which the model has (`estimate/hours`).

use super::estimate::{Component, Hours, Kind, Review, Shift};
use super::record::{Priced, Trace};
use super::{Basis, CostQuestion, Responder};
use crate::domain::base::{Currency, Money, Text};
use crate::domain::objective::{Business, Labour};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Component id.
pub(super) const COMPONENT: &str = "responder_labour";
const SPAN: &str = "A responder works from their first entry on the incident to its mitigation";

/// People paid in one currency.
#[derive(Default)]
struct Crew {
    rates: BTreeMap<Text, Decimal>,
    shifts: Vec<Shift>,
    traces: Vec<Trace>,
}

/// The lines, one a currency, and what is missing of them.
pub(super) fn priced(labour: &Labour, question: &CostQuestion, business: &Business) -> (Vec<Priced>, Vec<String>) {
    if question.responders.is_empty() {
        return (Vec::new(), vec!["nobody is known to have responded".into()]);
    }
    let (mut crews, mut missing): (BTreeMap<Currency, Crew>, Vec<String>) = (BTreeMap::new(), Vec::new());
    for responder in &question.responders {
        match rate_of(labour, &responder.person) {
            Ok((role, rate)) => crews.entry(rate.currency).or_default().add(responder, role, rate, business),
            Err(why) => {
                let why = format!("{}: {why}", responder.person);
                missing.extend((!missing.contains(&why)).then_some(why));
            }
        }
    }
    let several = crews.len() > 1;
    let line = |(currency, crew): (Currency, Crew)| Priced {
        subject: several.then(|| currency.to_string().into()),
        traces: crew.traces.clone(),
        assumption: crew.traces.iter().any(|t| t.basis == Basis::Derived).then(|| SPAN.into()),
        ..Priced::new(crew.component(labour, currency))
    };
    (crews.into_iter().map(line).collect(), missing)
}

/// The rate of a person by their role, and the role. The error says what is missing.
pub(super) fn rate_of<'a>(labour: &'a Labour, person: &str) -> Result<(&'a Text, Money), String> {
    let role = labour.people.get(person).or(labour.default_role.as_ref());
    let role = role.ok_or_else(|| "has no role and there is no default role".to_string())?;
    let rate = labour.rates.get(role).ok_or_else(|| format!("the role {role} has no rate"))?;
    Ok((role, *rate))
}

impl Crew {
    fn add(&mut self, responder: &Responder, role: &Text, rate: Money, business: &Business) {
        let Responder { person, time, declared } = responder;
        self.rates.insert(role.clone(), rate.amount);
        self.shifts.push(Shift { person: person.clone(), role: role.clone(), time: *time });
        let (basis, source) = if *declared {
            (Basis::Declared, "declared by a person")
        } else {
            (Basis::Derived, "ledger: from the person's first entry on the incident to its mitigation, stretches joined")
        };
        let time = Trace { input: format!("time ({person}, {role})").into(), basis, source: source.into() };
        let source = format!("{}: labour rate of {role}", business.file).into();
        let rate = Trace { input: format!("rate ({role})").into(), basis: Basis::Declared, source };
        for trace in [time, rate] {
            match self.traces.iter_mut().find(|t| t.input == trace.input) {
                // One stretch from the ledger makes the whole time derived.
                Some(known) if known.basis == Basis::Declared => *known = trace,
                Some(_) => {}
                None => self.traces.push(trace),
            }
        }
    }

    fn component(self, labour: &Labour, currency: Currency) -> Component {
        let mut reviews: Vec<Review> = Vec::new();
        for shift in self.shifts.iter().filter(|_| labour.review_hours.is_some()) {
            if !reviews.iter().any(|r| r.person == shift.person) {
                let hours = labour.review_hours.unwrap_or_default();
                reviews.push(Review { person: shift.person.clone(), role: shift.role.clone(), hours });
            }
        }
        let premium = labour.premium.clone();
        let hours = Hours::Shifts { rates: self.rates, premium, shifts: self.shifts, reviews };
        Component { currency, value_is: None, kind: Kind::Labour(hours) }
    }
}
