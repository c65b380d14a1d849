//! Which inputs move the total most: each changed by itself, everything else as it stands (reference 3.6, point 15).
//!
//! A component with a range goes to its low and its high; the others' inputs go down and up by a fifth. Deliberately absent:
//! inputs that move together; that is what the simulation is for.

use super::component::{Component, Kind};
use super::credits::Credits;
use super::hours::Hours;
use super::range::{Ranged, Spread};
use super::seasonal::{Baseline, Seasonal};
use super::{Capacity, Churn, Estimate, Loss};
use crate::domain::base::Text;
use crate::domain::cost::{CostLine, CostSheet};
use rust_decimal::Decimal;

/// What one input does to the total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swing {
    /// Component id.
    pub component: &'static str,
    /// The item's name, where the component is an item.
    pub subject: Option<Text>,
    /// The input's name, or `range` for a whole component with a range.
    pub input: Text,
    /// The total with the input at its low.
    pub low: Decimal,
    /// The total with the input at its high.
    pub high: Decimal,
}

impl Swing {
    /// How far the total moves.
    pub fn width(&self) -> Decimal {
        (self.high - self.low).abs()
    }
}

/// How many are told.
const MOST: usize = 10;

/// An input as the places in the component that hold it.
struct Lever<'a> {
    name: String,
    cells: Vec<&'a mut Decimal>,
    /// It cannot rise above this: 1 for a share.
    most: Option<Decimal>,
}

/// The inputs that move the total, widest first.
pub(super) fn swings(e: &Estimate, sheet: &CostSheet) -> Vec<Swing> {
    let Some(total) = sheet.total else { return Vec::new() };
    let mut all = Vec::new();
    for component in &e.components {
        let Ok(line) = e.line(component) else { continue };
        if line.memo {
            continue;
        }
        match e.ranges.iter().find(|r| r.component == component.id() && line.subject.is_none()) {
            Some(ranged) => all.extend(of_range(ranged, component, &line, total)),
            None => all.extend(of_inputs(e, component, &line, total)),
        }
    }
    all.retain(|s: &Swing| !s.width().is_zero());
    all.sort_by(|a, b| b.width().cmp(&a.width()).then_with(|| (a.component, &a.input).cmp(&(b.component, &b.input))));
    all.truncate(MOST);
    all
}

fn of_range(ranged: &Ranged, component: &Component, line: &CostLine, total: Decimal) -> Option<Swing> {
    let (low, high) = match ranged.spread {
        Spread::Pert { low, high, .. } => (low, high),
        Spread::Lognormal { p5, p95 } => (p5, p95),
    };
    let at = |amount| {
        let rounded = super::draft::rounded(amount, line.amount.currency);
        total.checked_sub(line.amount.amount)?.checked_add(rounded)
    };
    let (low, high) = (at(low)?, at(high)?);
    Some(Swing { component: component.id(), subject: None, input: "range".into(), low, high })
}

fn of_inputs(e: &Estimate, component: &Component, line: &CostLine, total: Decimal) -> Vec<Swing> {
    let count = levers(&mut component.kind.clone()).len();
    let at = |i: usize, factor: Decimal| {
        let mut changed = component.clone();
        let name = turn(levers(&mut changed.kind).into_iter().nth(i)?, factor)?;
        let amount = e.line(&changed).ok()?.amount.amount;
        Some((name, total.checked_sub(line.amount.amount)?.checked_add(amount)?))
    };
    let swing = |i| {
        let (name, low) = at(i, Decimal::new(8, 1))?;
        let (_, high) = at(i, Decimal::new(12, 1))?;
        Some(Swing { component: component.id(), subject: line.subject.clone(), input: name.into(), low, high })
    };
    (0..count).filter_map(swing).collect()
}

/// Sets the cells and gives the lever's name; `None` beyond decimals.
fn turn(lever: Lever<'_>, factor: Decimal) -> Option<String> {
    for cell in lever.cells {
        let moved = cell.checked_mul(factor)?;
        *cell = lever.most.map_or(moved, |most| moved.min(most));
    }
    Some(lever.name)
}

fn free<'a>(name: &str, cell: &'a mut Decimal) -> Lever<'a> {
    Lever { name: name.to_owned(), cells: vec![cell], most: None }
}

fn share<'a>(name: &str, cell: &'a mut Decimal) -> Lever<'a> {
    Lever { name: name.to_owned(), cells: vec![cell], most: Some(Decimal::ONE) }
}

fn levers(kind: &mut Kind) -> Vec<Lever<'_>> {
    match kind {
        Kind::Lost(loss) => of_loss(loss),
        // What came back moves with what was lost; by itself only its value does.
        Kind::Recovered { orders, value } => vec![free("orders", &mut orders.count), free("v", value)],
        Kind::Credits(credits) => of_credits(credits),
        Kind::Labour(hours) => of_hours(hours),
        Kind::Capacity(capacity) => of_capacity(capacity),
        Kind::Churn(Churn { affected, normal, after, lifetime_value, already_counted }) => vec![
            free("N", affected),
            share("after", after),
            share("normal", normal),
            free("LTV", lifetime_value),
            free("already counted", already_counted),
        ],
        Kind::Support { tickets, each } => vec![free("count", tickets), free("each", each)],
        Kind::Times { count, each, .. } => vec![free("count", count), free("each", each)],
        Kind::Given { amount, .. } | Kind::Item { amount, .. } => vec![free("amount", amount)],
    }
}

fn of_loss(loss: &mut Loss) -> Vec<Lever<'_>> {
    match loss {
        Loss::FailedTransactions { failed, value, recovered } => {
            vec![free("F", failed), free("v", value), share("r", recovered)]
        }
        Loss::Excess { failed, value, recovered, .. } => vec![free("F", failed), free("v", value), share("r", recovered)],
        Loss::ShortfallRate { per_minute, minutes, drop, value, recovered } => vec![
            free("baseline", per_minute),
            free("minutes", minutes),
            share("drop", drop),
            free("v", value),
            share("r", recovered),
        ],
        Loss::Seasonal(seasonal) => of_seasonal(seasonal),
        Loss::Conversion { sessions, normal, incident, value, recovered } => {
            vec![free("sessions", sessions), share("c0", normal), share("c", incident), free("v", value), share("r", recovered)]
        }
        Loss::Given { amount } => vec![free("amount", amount)],
    }
}

fn of_seasonal(seasonal: &mut Seasonal) -> Vec<Lever<'_>> {
    let cells = match &mut seasonal.baseline {
        Baseline::History(buckets) => buckets.iter_mut().flatten().flatten().collect(),
        Baseline::Stated(list) => list.iter_mut().collect(),
    };
    let baseline = Lever { name: "baseline".to_owned(), cells, most: None };
    vec![baseline, free("v", &mut seasonal.value)]
}

fn of_credits(credits: &mut Credits) -> Vec<Lever<'_>> {
    let claim = credits.claim_share.iter_mut().map(|c| share("claim share", c));
    let customers = credits.customers.iter_mut().flat_map(|c| {
        let room = (c.month_minutes - c.before).max(Decimal::ZERO);
        let downtime = Lever { name: format!("{} downtime", c.id), cells: vec![&mut c.downtime], most: Some(room) };
        [downtime, free(&format!("{} fee", c.id), &mut c.monthly_fee)]
    });
    claim.chain(customers).collect()
}

fn of_hours(hours: &mut Hours) -> Vec<Lever<'_>> {
    match hours {
        Hours::Flat { engineers, hours_each, rate } => {
            vec![free("people", engineers), free("hours", hours_each), free("rate", rate)]
        }
        Hours::Shifts { rates, .. } => rates.iter_mut().map(|(role, rate)| free(&format!("rate ({role})"), rate)).collect(),
    }
}

fn of_capacity(capacity: &mut Capacity) -> Vec<Lever<'_>> {
    match capacity {
        Capacity::Metered { price, baseline, samples } => {
            let minutes = Lever { name: "minutes".to_owned(), cells: samples.iter_mut().map(|(_, m)| m).collect(), most: None };
            vec![free("price", price), free("baseline", baseline), minutes]
        }
        Capacity::Assumed { per_hour, extra, hours } => {
            vec![free("base cost", per_hour), free("extra share", extra), free("hours", hours)]
        }
        Capacity::During { per_hour, extra, minutes } => {
            vec![free("base cost", per_hour), free("extra share", extra), free("minutes", minutes)]
        }
    }
}
