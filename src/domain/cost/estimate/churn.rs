//! `churn`: customers who left beyond those who leave anyway, at what they would still have brought.

use super::component::Component;
use super::draft::{Draft, inputs, product};
use rust_decimal::Decimal;

/// N × max(0, after − normal) × LTV, less what lost revenue counts already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Churn {
    /// Customers who were affected.
    pub affected: Decimal,
    /// Share that leaves anyway.
    pub normal: Decimal,
    /// Share that left afterwards.
    pub after: Decimal,
    /// What a customer would still have brought.
    pub lifetime_value: Decimal,
    /// Margin of their orders that is in lost revenue already.
    pub already_counted: Decimal,
}

impl Churn {
    /// The loss before what is counted already; `None` when it is too large.
    pub fn gross(&self) -> Option<Decimal> {
        product(&[self.affected, (self.after - self.normal).max(Decimal::ZERO), self.lifetime_value]).ok()
    }

    pub(super) fn draft(&self, c: &Component) -> Result<Draft, String> {
        let Self { affected, normal, after, lifetime_value, already_counted } = self;
        let gross = self.gross().ok_or_else(crate::domain::cost::revenue::too_large)?;
        let code = c.currency;
        let formula = format!(
            "N × max(0, after − normal) × LTV − already counted = {affected} × max(0, {after} − {normal}) × {lifetime_value} {code} − {already_counted} {code}"
        );
        let inputs = inputs([
            ("N", affected.to_string()),
            ("after", after.to_string()),
            ("normal", normal.to_string()),
            ("LTV", format!("{lifetime_value} {code}")),
            ("already counted", format!("{already_counted} {code}")),
        ]);
        let note = (after <= normal).then(|| "no more left than on other days: nothing was lost".to_owned());
        let assumption = Some("Customers who left beyond the normal share left because of the incident");
        Ok(Draft { amount: gross - already_counted, formula, inputs, note, assumption, ..c.blank("churn/1") })
    }
}
