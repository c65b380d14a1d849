//! `responder_labour` as declared: intervals by person with roles, premium hours and reviews, or hours x people x rate.
//!
//! A person's minute is paid once: overlapping stretches are joined, and in two roles at once the dearer one counts.

use super::component::Component;
use super::draft::{Draft, inputs, over, product, sum};
use crate::domain::base::{Interval, Ms, Span, Text};
use crate::domain::objective::Premium;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// How people's time is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hours {
    /// Who worked when.
    Shifts {
        /// Rate an hour by role.
        rates: BTreeMap<Text, Decimal>,
        /// Hours that are paid more.
        premium: Option<Premium>,
        /// Stretches of work.
        shifts: Vec<Shift>,
        /// Time afterwards, at the plain rate.
        reviews: Vec<Review>,
    },
    /// So many people for so many hours.
    Flat {
        /// People.
        engineers: Decimal,
        /// Hours of each.
        hours_each: Decimal,
        /// Rate an hour.
        rate: Decimal,
    },
}

/// A stretch of somebody's work. Its role has a rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Who.
    pub person: Text,
    /// In which role.
    pub role: Text,
    /// When.
    pub time: Interval,
}

/// Hours of a review. Its role has a rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Who.
    pub person: Text,
    /// In which role.
    pub role: Text,
    /// How many hours.
    pub hours: Decimal,
}

/// One person's time in one role.
struct Worked<'a> {
    person: &'a Text,
    role: &'a Text,
    rate: Decimal,
    plain: Span,
    premium: Span,
}

const MILLIS_AN_HOUR: i64 = 3_600_000;
const SALARIED: &str = "Time of people is an opportunity cost: salaries are paid anyway";

impl Hours {
    pub(super) fn draft(&self, c: &Component) -> Result<Draft, String> {
        match self {
            Self::Flat { engineers, hours_each, rate } => flat(c, *engineers, *hours_each, *rate),
            Self::Shifts { rates, premium, shifts, reviews } => {
                by_shifts(c, rates, premium.as_ref(), &worked(rates, premium.as_ref(), shifts), reviews)
            }
        }
    }
}

fn flat(c: &Component, engineers: Decimal, hours_each: Decimal, rate: Decimal) -> Result<Draft, String> {
    let amount = product(&[engineers, hours_each, rate])?;
    let formula = format!("people × hours × rate = {engineers} × {hours_each} h × {rate} {}/h", c.currency);
    let inputs = inputs([
        ("people", engineers.to_string()),
        ("hours", hours_each.to_string()),
        ("rate", format!("{rate} {}/h", c.currency)),
    ]);
    Ok(Draft { amount, formula, inputs, assumption: Some(SALARIED), ..c.blank("responder_labour_hours/1") })
}

/// Time by person and role, each instant in the dearest of the roles that cover it.
fn worked<'a>(rates: &BTreeMap<Text, Decimal>, premium: Option<&Premium>, shifts: &'a [Shift]) -> Vec<Worked<'a>> {
    let mut people: BTreeMap<&Text, Vec<&Shift>> = BTreeMap::new();
    for shift in shifts {
        people.entry(&shift.person).or_default().push(shift);
    }
    let rate = |role: &Text| rates.get(role).copied().unwrap_or_default();
    let mut out = Vec::new();
    for (person, shifts) in people {
        for (role, stretches) in by_role(&shifts, rate) {
            let paid_more = |i: &Interval| premium.map_or(Span::ZERO, |p| p.within(*i));
            let more = stretches.iter().fold(Span::ZERO, |sum, i| sum + paid_more(i));
            let all = stretches.iter().fold(Span::ZERO, |sum, i| sum + i.span());
            out.push(Worked { person, role, rate: rate(role), plain: all - more, premium: more });
        }
    }
    out
}

/// One person's stretches by role, apart from each other.
fn by_role<'a>(shifts: &[&'a Shift], rate: impl Fn(&Text) -> Decimal) -> BTreeMap<&'a Text, Vec<Interval>> {
    let bounds: BTreeSet<Ms> = shifts.iter().flat_map(|s| [s.time.from, s.time.to]).collect();
    let bounds: Vec<Ms> = bounds.into_iter().collect();
    let mut roles: BTreeMap<&Text, Vec<Interval>> = BTreeMap::new();
    for pair in bounds.windows(2) {
        let stretch = Interval { from: pair[0], to: pair[1] };
        let covers = shifts.iter().filter(|s| s.time.from <= stretch.from && stretch.to <= s.time.to);
        if let Some(shift) = covers.max_by_key(|s| (rate(&s.role), &s.role)) {
            roles.entry(&shift.role).or_default().push(stretch);
        }
    }
    roles
}

fn by_shifts(
    c: &Component,
    rates: &BTreeMap<Text, Decimal>,
    premium: Option<&Premium>,
    worked: &[Worked<'_>],
    reviews: &[Review],
) -> Result<Draft, String> {
    let multiplier = premium.map_or(Decimal::ONE, |p| p.multiplier);
    // Money times milliseconds, divided by the hour once at the end.
    let (mut amounts, mut terms, mut list) = (Vec::new(), Vec::new(), Vec::new());
    let code = c.currency;
    for w in worked {
        amounts.push(product(&[Decimal::from(w.plain.0), w.rate])?);
        amounts.push(product(&[Decimal::from(w.premium.0), w.rate, multiplier])?);
        for (span, times) in [(w.plain, String::new()), (w.premium, format!(" × {multiplier}"))] {
            if span > Span::ZERO {
                let seconds = seconds(span);
                terms.push(format!("{} ({}) {seconds} s × {} {code}/h ÷ 3600{times}", w.person, w.role, w.rate));
            }
        }
        let premium = if w.premium > Span::ZERO { format!(", {} s at a premium", seconds(w.premium)) } else { String::new() };
        list.push((format!("time ({}, {})", w.person, w.role), format!("{} s{premium}", seconds(w.plain + w.premium))));
    }
    for review in reviews {
        let rate = rates.get(&review.role).copied().unwrap_or_default();
        amounts.push(product(&[review.hours, rate, Decimal::from(MILLIS_AN_HOUR)])?);
        terms.push(format!("{} ({}) review {} h × {rate} {code}/h", review.person, review.role, review.hours));
        list.push((format!("review ({}, {})", review.person, review.role), format!("{} h", review.hours)));
    }
    list.extend(rates.iter().map(|(role, rate)| (format!("rate ({role})"), format!("{rate} {code}/h"))));
    list.extend(premium.map(|p| ("premium".to_owned(), described(p))));
    let formula = format!("sum of time × rate = {}", if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") });
    let amount = over(sum(amounts)?, Decimal::from(MILLIS_AN_HOUR))?;
    let draft = c.blank("responder_labour_intervals/1");
    Ok(Draft { amount, formula, inputs: merged(list), assumption: Some(SALARIED), ..draft })
}

/// Reviews of one person in one role more than once keep names of their own.
fn merged(list: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::with_capacity(list.len());
    for (name, value) in list {
        match out.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = format!("{old} + {value}"),
            None => out.push((name, value)),
        }
    }
    out
}

/// Exact seconds: milliseconds are kept where there are some.
fn seconds(span: Span) -> Decimal {
    Decimal::new(span.0, 3).normalize()
}

fn described(p: &Premium) -> String {
    let clock = |s: Span| format!("{:02}:{:02}", s.0 / MILLIS_AN_HOUR, s.0 / 60_000 % 60);
    format!("× {} from {} to {} ({})", p.multiplier, clock(p.from), clock(p.to), p.zone.name())
}
