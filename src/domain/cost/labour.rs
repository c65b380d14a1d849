//! `responder_labour` of an incident: the time of people known to have responded, at the rate of their role; or what a person
//! said of how many there were and for how long, at the usual rate.
//!
//! Deliberately absent: joining stretches and premium hours, which the model has (`estimate/hours`).

use super::estimate::{Component, Hours, Kind, Review, Shift};
use super::record::{Priced, Trace};
use super::{Basis, CostQuestion, Responder};
use crate::domain::base::{Currency, Money, Text};
use crate::domain::objective::{Business, Labour};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::fmt;

/// Component id.
pub(super) const COMPONENT: &str = "responder_labour";
const WHOLE: &str = "People's hours are those that a person declared for all of them, reviews included";
const SPAN: &str = "A responder works from their first entry on the incident to its mitigation";

/// How many people worked on an incident and for how many hours each, as a person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    people: u32,
    hours_each: Decimal,
}

impl Effort {
    /// Most people, and most hours of each.
    pub const MOST: u32 = 10_000;

    /// Checks the numbers: 1 to 10,000 people, more than no and at most 10,000 hours each with at most four decimals.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn new(people: u32, hours_each: Decimal) -> Result<Self, &'static str> {
        let hours_each = hours_each.normalize();
        if !(1..=Self::MOST).contains(&people) {
            return Err("responders are 1 to 10000 people");
        }
        if hours_each <= Decimal::ZERO || hours_each > Decimal::from(Self::MOST) || hours_each.scale() > 4 {
            return Err("hours each are more than 0 and at most 10000, such as 0.5");
        }
        Ok(Self { people, hours_each })
    }

    /// Reads numbers as a person types them.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn typed(people: &str, hours_each: &str) -> Result<Self, &'static str> {
        let people = people.trim().parse().map_err(|_| "responders are 1 to 10000 people")?;
        let hours = hours_each.trim().parse().map_err(|_| "hours each are more than 0 and at most 10000, such as 0.5")?;
        Self::new(people, hours)
    }

    /// Reads what it is displayed as. `None` for other texts.
    pub fn parse(text: &str) -> Option<Self> {
        let (people, hours) = text.strip_suffix(" h")?.split_once(" x ")?;
        Self::typed(people, hours).ok()
    }

    /// People.
    pub const fn people(self) -> u32 {
        self.people
    }

    /// Hours of each.
    pub const fn hours_each(self) -> Decimal {
        self.hours_each
    }
}

impl fmt::Display for Effort {
    /// `5 x 0.5 h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {} h", self.people, self.hours_each)
    }
}

/// People paid in one currency.
#[derive(Default)]
struct Crew {
    rates: BTreeMap<Text, Decimal>,
    shifts: Vec<Shift>,
    traces: Vec<Trace>,
}

/// The lines, one a currency, and what is missing of them.
pub(super) fn priced(labour: &Labour, question: &CostQuestion, business: &Business) -> (Vec<Priced>, Vec<String>) {
    if let Some((effort, by)) = &question.effort {
        return match declared(labour, *effort, by, business) {
            Ok(line) => (vec![line], Vec::new()),
            Err(why) => (Vec::new(), vec![why]),
        };
    }
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

/// People and hours as a person said them, at the rate of the default role, or of the only one.
fn declared(labour: &Labour, effort: Effort, by: &Text, business: &Business) -> Result<Priced, String> {
    let only = || labour.rates.keys().next().filter(|_| labour.rates.len() == 1);
    let role = labour.default_role.as_ref().or_else(only);
    let role = role.ok_or_else(|| format!("{effort} were declared, and no default role says at which rate"))?;
    let rate = labour.rates.get(role).ok_or_else(|| format!("the role {role} has no rate"))?;
    let trace = |input: &str, source: String| Trace { input: input.into(), basis: Basis::Declared, source: source.into() };
    let (said, engineers) = (format!("declared by {by}"), Decimal::from(effort.people));
    let hours = Hours::Flat { engineers, hours_each: effort.hours_each, rate: rate.amount };
    Ok(Priced {
        traces: vec![
            trace("people", said.clone()),
            trace("hours", said),
            trace("rate", format!("{}: labour rate of {role}", business.file)),
        ],
        assumption: Some(WHOLE.into()),
        ..Priced::new(Component { currency: rate.currency, value_is: None, kind: Kind::Labour(hours) })
    })
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
