//! `extra_capacity`: machines beyond the usual, metered or assumed.

use super::component::Component;
use super::draft::{Draft, inputs, over, product, sum};
use rust_decimal::Decimal;

/// How extra capacity is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// Sum of (replicas − baseline) × time × price. Replicas below the baseline count against.
    Metered {
        /// Price of one replica an hour.
        price: Decimal,
        /// Replicas on other days.
        baseline: Decimal,
        /// Replicas, and for how many minutes.
        samples: Vec<(Decimal, Decimal)>,
    },
    /// Base cost × share × hours.
    Assumed {
        /// Cost an hour on other days.
        per_hour: Decimal,
        /// Additional share: 0.5 is half as much again.
        extra: Decimal,
        /// How long.
        hours: Decimal,
    },
    /// The same, for minutes that were measured.
    During {
        /// Cost an hour on other days.
        per_hour: Decimal,
        /// Additional share.
        extra: Decimal,
        /// How long.
        minutes: Decimal,
    },
}

impl Capacity {
    pub(super) fn draft(&self, c: &Component) -> Result<Draft, String> {
        match self {
            Self::Metered { price, baseline, samples } => metered(c, *price, *baseline, samples),
            Self::Assumed { per_hour, extra, hours } => {
                let amount = product(&[*per_hour, *extra, *hours])?;
                Ok(assumed(c, (*per_hour, *extra), amount, ("hours", format!("{hours} h"))))
            }
            Self::During { per_hour, extra, minutes } => {
                let amount = over(product(&[*per_hour, *extra, *minutes])?, Decimal::from(60))?;
                Ok(assumed(c, (*per_hour, *extra), amount, ("hours", format!("{minutes} min ÷ 60"))))
            }
        }
    }
}

fn metered(c: &Component, price: Decimal, baseline: Decimal, samples: &[(Decimal, Decimal)]) -> Result<Draft, String> {
    let replica_minutes = samples.iter().map(|(replicas, minutes)| product(&[replicas - baseline, *minutes]));
    let replica_minutes = sum(replica_minutes.collect::<Result<Vec<_>, _>>()?)?;
    let shown: Vec<String> = samples.iter().map(|(n, m)| format!("({n} − {baseline}) × {m} min")).collect();
    let formula =
        format!("sum of (replicas − baseline) × time × price = ({}) × {price} {}/h ÷ 60", shown.join(" + "), c.currency);
    let list: Vec<String> = samples.iter().map(|(n, m)| format!("{n} for {m} min")).collect();
    let inputs = inputs([
        ("replicas", list.join(", ")),
        ("baseline", baseline.to_string()),
        ("price", format!("{price} {}/h", c.currency)),
    ]);
    let amount = over(product(&[replica_minutes, price])?, Decimal::from(60))?;
    Ok(Draft { amount, formula, inputs, ..c.blank("extra_capacity_metered/1") })
}

fn assumed(c: &Component, (per_hour, extra): (Decimal, Decimal), amount: Decimal, (name, time): (&str, String)) -> Draft {
    let formula = format!("base cost × extra share × hours = {per_hour} {}/h × {extra} × {time}", c.currency);
    let inputs = inputs([
        ("base cost", format!("{per_hour} {}/h", c.currency)),
        ("extra share", extra.to_string()),
        (name, time.trim_end_matches(" h").to_owned()),
    ]);
    let assumption = Some("Extra capacity is assumed as a share of the base cost, not metered");
    Draft { amount, formula, inputs, assumption, ..c.blank("extra_capacity_assumed/1") }
}
