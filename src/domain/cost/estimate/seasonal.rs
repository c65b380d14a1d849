//! Orders against a baseline of earlier weeks (reference 3.2): the signed sum over all buckets, clipped once.
//!
//! Clipping each bucket would invent loss where there is none. A level factor (the median of actual / baseline over the
//! buckets before the impact, clipped to 0.5..2) lifts or lowers the baseline to the present week.

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
    /// The buckets just before the impact, which tell how this week compares with the earlier ones.
    pub before: Option<Beside>,
    /// The buckets afterwards, in which orders came back.
    pub rebound: Option<Beside>,
}

/// Where a baseline comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// The same bucket of earlier weeks, per bucket; `None` for a week that may not be used. At least three are known.
    History(Vec<Vec<Option<Decimal>>>),
    /// Stated, per bucket.
    Stated(Vec<Decimal>),
}

/// Buckets before or after the impact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
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
    /// Sum of the baseline over known buckets, at the level of this week.
    expected: Decimal,
    /// The same before the level factor, and the factor where there is one.
    level: Option<(Decimal, Decimal)>,
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
pub fn median(values: impl IntoIterator<Item = Decimal>) -> Option<Decimal> {
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

/// Bounds of the level factor.
const LEVEL: (Decimal, Decimal) = (Decimal::from_parts(5, 0, 0, false, 1), Decimal::TWO);
/// Decimals of the level factor: what is printed is what is used.
const LEVEL_DIGITS: u32 = 6;

impl Seasonal {
    /// How this week compares with the earlier ones just before the impact; `None` when nobody knows.
    pub fn level(&self) -> Option<Decimal> {
        Self::level_of(self.before.as_ref())
    }

    /// The same from the buckets before the impact alone.
    pub fn level_of(before: Option<&Beside>) -> Option<Decimal> {
        let before = before?;
        let pairs = before.baseline.iter().zip(&before.actual);
        let ratios = pairs.filter_map(|(b, a)| (*a)?.checked_div(*b));
        Some(median(ratios)?.clamp(LEVEL.0, LEVEL.1).round_dp(LEVEL_DIGITS).normalize())
    }

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
        let plain = sum(known(&base))?;
        let factor = self.level();
        let at_level = |d: Decimal| d.checked_mul(factor.unwrap_or(Decimal::ONE)).ok_or_else(too_large);
        let expected = at_level(plain)?;
        let signed = expected.checked_sub(sum(self.actual.iter().flatten().copied())?).ok_or_else(too_large)?;
        let spreads = spreads.map(|s| known(&s).into_iter().map(at_level).collect::<Result<Vec<_>, _>>()).transpose()?;
        let measurable = spreads.as_ref().map_or(Ok(true), |s| beyond_chance(signed, s))?;
        Ok(Shortfall {
            signed,
            orders: if measurable { signed.max(Decimal::ZERO) } else { Decimal::ZERO },
            expected,
            level: factor.map(|g| (plain, g)),
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
        let level = self.level().unwrap_or(Decimal::ONE);
        let above =
            pairs.map(|(b, a)| a.checked_sub(b.checked_mul(level)?)).try_fold(Decimal::ZERO, |sum, d| sum.checked_add(d?))?;
        Some(Orders::new(above.max(Decimal::ZERO).min(lost)))
    }

    pub(super) fn draft(&self, c: &Component) -> Result<Draft, String> {
        let short = self.shortfall()?;
        let actual = (short.expected - short.signed).normalize();
        let expected = short.level.map_or_else(|| short.expected.to_string(), |(plain, g)| format!("{g} × {plain}"));
        let symbols = if short.level.is_some() { "g × baseline" } else { "baseline" };
        let difference = format!("max(0, {expected} − {actual})");
        let orders = if short.measurable { difference } else { format!("0 ({difference} is within chance)") };
        let formula = format!("max(0, sum of ({symbols} − actual)) × v = {orders} × {} {}", self.value, c.currency);
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
            Baseline::History(_) if self.before.is_some() => {
                "Without the incident orders would have been the median of the earlier weeks, at the level of the time before it (g)"
            }
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
            ("baseline", short.level.map_or(short.expected, |(plain, _)| plain).to_string()),
            ("actual", actual.to_string()),
            ("v", format!("{} {}", self.value, c.currency)),
        ]);
        list.extend(short.level.map(|(_, g)| ("g".to_owned(), g.to_string())));
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
