//! Orders against a baseline of earlier weeks (reference 3.2): the signed sum over all buckets, clipped once.
//!
//! Clipping each bucket would invent loss where there is none. Deliberately absent: the level factor of the hour before,
//! which a file of the incident's own buckets cannot tell.

use super::component::Component;
use super::draft::{Draft, inputs, product, sum};
use super::loss::Orders;
use crate::domain::cost::revenue::too_large;
use rust_decimal::Decimal;

/// A shortfall against a baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seasonal {
    /// Length of a bucket.
    pub bucket_minutes: Decimal,
    /// What would have come.
    pub baseline: Baseline,
    /// What came, per bucket; `None` where nobody knows (a gap is not zero).
    pub actual: Vec<Option<Decimal>>,
    /// Value of one order.
    pub value: Decimal,
    /// The buckets afterwards, in which orders came back.
    pub rebound: Option<Rebound>,
}

/// Where a baseline comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// The same bucket of earlier weeks, per bucket; `None` for a week that may not be used. At least three are known.
    History(Vec<Vec<Option<Decimal>>>),
    /// Stated, per bucket.
    Stated(Vec<Decimal>),
}

/// What came back, bucket by bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebound {
    /// What would have come.
    pub baseline: Vec<Decimal>,
    /// What came.
    pub actual: Vec<Option<Decimal>>,
}

/// What is missing against the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shortfall {
    /// Sum of baseline − actual, with sign.
    pub(super) signed: Decimal,
    /// Lost orders: the signed sum clipped once; nothing when it cannot be told from chance.
    pub(super) orders: Decimal,
    /// Sum of the baseline over known buckets.
    expected: Decimal,
    /// Sum of the buckets' spreads; `None` for a stated baseline.
    spread: Option<Decimal>,
    /// False when the sum is within two standard errors.
    measurable: bool,
    /// Buckets that nobody knows.
    gaps: usize,
    /// Weeks that were left out, over all buckets.
    weeks_out: usize,
}

/// The median; of an even count the mean of the middle two (SEMANTICS 8). `None` of nothing.
fn median(values: impl IntoIterator<Item = Decimal>) -> Option<Decimal> {
    let mut sorted: Vec<Decimal> = values.into_iter().collect();
    sorted.sort();
    let middle = sorted.len() / 2;
    let high = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(high);
    }
    sorted.get(middle.checked_sub(1)?)?.checked_add(high)?.checked_div(Decimal::TWO)
}

/// Median and spread (1.4826 × median distance from it) of one bucket.
fn of_weeks(weeks: &[Option<Decimal>]) -> Option<(Decimal, Decimal)> {
    let middle = median(weeks.iter().flatten().copied())?;
    let away = median(weeks.iter().flatten().map(|w| (w - middle).abs()))?;
    Some((middle, away.checked_mul(Decimal::new(14826, 4))?))
}

impl Seasonal {
    /// What is missing, with its test against chance.
    pub(super) fn shortfall(&self) -> Result<Shortfall, String> {
        let (base, spreads): (Vec<Decimal>, Option<Vec<Decimal>>) = match &self.baseline {
            Baseline::Stated(list) => (list.clone(), None),
            Baseline::History(buckets) => {
                let both: Option<Vec<_>> = buckets.iter().map(|weeks| of_weeks(weeks)).collect();
                let (base, spreads) = both.ok_or_else(too_large)?.into_iter().unzip();
                (base, Some(spreads))
            }
        };
        let known = |list: &[Decimal]| -> Vec<Decimal> {
            list.iter().zip(&self.actual).filter(|(_, a)| a.is_some()).map(|(b, _)| *b).collect()
        };
        let expected = sum(known(&base))?;
        let signed = expected.checked_sub(sum(self.actual.iter().flatten().copied())?).ok_or_else(too_large)?;
        let spreads = spreads.map(|s| known(&s));
        let measurable = spreads.as_ref().map_or(Ok(true), |s| beyond_chance(signed, s))?;
        Ok(Shortfall {
            signed,
            orders: if measurable { signed.max(Decimal::ZERO) } else { Decimal::ZERO },
            expected,
            spread: spreads.map(sum).transpose()?,
            measurable,
            gaps: self.actual.iter().filter(|a| a.is_none()).count(),
            weeks_out: self.weeks_out(),
        })
    }

    fn weeks_out(&self) -> usize {
        match &self.baseline {
            Baseline::History(buckets) => buckets.iter().flatten().filter(|w| w.is_none()).count(),
            Baseline::Stated(_) => 0,
        }
    }

    /// Orders that came back: what came above the baseline afterwards, at most what was lost.
    pub fn recovered(&self) -> Option<Orders> {
        let rebound = self.rebound.as_ref()?;
        let lost = self.shortfall().ok()?.orders;
        let pairs = rebound.baseline.iter().zip(&rebound.actual).filter_map(|(b, a)| Some((*b, (*a)?)));
        let above = pairs.map(|(b, a)| a - b).try_fold(Decimal::ZERO, Decimal::checked_add)?;
        Some(Orders::new(above.max(Decimal::ZERO).min(lost)))
    }

    pub(super) fn draft(&self, c: &Component) -> Result<Draft, String> {
        let short = self.shortfall()?;
        let actual = short.expected - short.signed;
        let difference = format!("max(0, {} − {actual})", short.expected);
        let orders = if short.measurable { difference } else { format!("0 ({difference} is within chance)") };
        let formula = format!("max(0, sum of (baseline − actual)) × v = {orders} × {} {}", self.value, c.currency);
        let clipped = |orders: Decimal| product(&[orders.max(Decimal::ZERO), self.value]);
        let bounds = match short.spread {
            Some(spread) => Some((clipped((short.signed - spread).min(short.orders))?, clipped(short.signed + spread)?)),
            None => None,
        };
        Ok(Draft {
            amount: product(&[short.orders, self.value])?,
            bounds,
            formula,
            inputs: self.inputs(&short, actual, c),
            note: note(&short),
            assumption: Some(self.assumption()),
            ..c.blank("shortfall_seasonal/1")
        })
    }

    const fn assumption(&self) -> &'static str {
        match self.baseline {
            Baseline::History(_) => {
                "Without the incident orders would have been the median of the earlier weeks, without a level factor"
            }
            Baseline::Stated(_) => "Without the incident orders would have been the stated baseline",
        }
    }

    fn inputs(&self, short: &Shortfall, actual: Decimal, c: &Component) -> Vec<(String, String)> {
        let buckets = format!("{} of {} min", self.actual.len(), self.bucket_minutes);
        let mut list = inputs([
            ("buckets", buckets),
            ("baseline", short.expected.to_string()),
            ("actual", actual.to_string()),
            ("v", format!("{} {}", self.value, c.currency)),
        ]);
        list.extend(short.spread.map(|s| ("spread of the baseline".to_owned(), s.normalize().to_string())));
        list
    }
}

/// The sum lies more than two standard errors from nothing. Buckets scatter by their spreads, apart from each other.
fn beyond_chance(signed: Decimal, spreads: &[Decimal]) -> Result<bool, String> {
    let squares = spreads.iter().map(|s| s.checked_mul(*s)).try_fold(Decimal::ZERO, |all, s| all.checked_add(s?));
    let bound = squares.and_then(|s| s.checked_mul(Decimal::from(4))).ok_or_else(too_large)?;
    if signed <= Decimal::ZERO {
        return Ok(true);
    }
    Ok(signed.checked_mul(signed).ok_or_else(too_large)? > bound)
}

/// What a reader should know of the sum.
fn note(short: &Shortfall) -> Option<String> {
    let chance = "no measurable loss: the shortfall is within two standard errors of the baseline".to_owned();
    let gaps = format!("buckets without data, left out on both sides: {}", short.gaps);
    let weeks = format!("weeks left out of the baseline: {}", short.weeks_out);
    let above = "more came than the baseline: nothing was lost".to_owned();
    let all = [
        (short.measurable && short.signed < Decimal::ZERO, above),
        (!short.measurable, chance),
        (short.gaps > 0, gaps),
        (short.weeks_out > 0, weeks),
    ];
    let said: Vec<String> = all.into_iter().filter(|(is, _)| *is).map(|(_, text)| text).collect();
    (!said.is_empty()).then(|| said.join("; "))
}
