//! Stored form of what a cost was computed from. Every amount is text; what one version wrote is read for ever.

use super::cost::{BasisForm, ValueForm};
use super::parts::of;
use crate::domain::base::{Interval, Ms, Span, Text};
use crate::domain::cost::estimate::component::IDS;
use crate::domain::cost::estimate::{
    Baseline, Beside, Capacity, Churn, Component, Credits, Customer, DayZone, Hours, Kind, Loss, Orders, Premium, Review,
    Seasonal, Shift, Tier,
};
use crate::domain::cost::{CostRecord, Priced, Share, Trace};
use crate::domain::objective::ExchangeRate;
use crate::wire::exact::{CurrencyText, DecimalText as D};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

fn texts(list: &[Decimal]) -> Vec<D> {
    list.iter().map(|d| D(*d)).collect()
}

fn maybe_texts(list: &[Option<Decimal>]) -> Vec<Option<D>> {
    list.iter().map(|d| d.map(D)).collect()
}

fn numbers(list: Vec<D>) -> Vec<Decimal> {
    list.into_iter().map(|d| d.0).collect()
}

fn maybe_numbers(list: Vec<Option<D>>) -> Vec<Option<Decimal>> {
    list.into_iter().map(|d| d.map(|d| d.0)).collect()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BesideForm {
    baseline: Vec<D>,
    actual: Vec<Option<D>>,
}

impl From<&Beside> for BesideForm {
    fn from(b: &Beside) -> Self {
        Self { baseline: texts(&b.baseline), actual: maybe_texts(&b.actual) }
    }
}

impl From<BesideForm> for Beside {
    fn from(f: BesideForm) -> Self {
        Self { baseline: numbers(f.baseline), actual: maybe_numbers(f.actual) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BaselineForm {
    History(Vec<Vec<Option<D>>>),
    Stated(Vec<D>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerForm {
    id: Text,
    monthly_fee: D,
    month_minutes: D,
    before: D,
    downtime: D,
    excluded: D,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PremiumForm {
    from: i64,
    to: i64,
    zone: Text,
    multiplier: D,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftForm {
    person: Text,
    role: Text,
    from: i64,
    to: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReviewForm {
    person: Text,
    role: Text,
    hours: D,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum LossForm {
    FailedTransactions {
        failed: D,
        value: D,
        recovered: D,
    },
    Excess {
        failed: D,
        normal: D,
        incident: D,
        value: D,
        recovered: D,
    },
    ShortfallRate {
        per_minute: D,
        minutes: D,
        drop: D,
        value: D,
        recovered: D,
    },
    Seasonal {
        bucket_minutes: D,
        baseline: BaselineForm,
        actual: Vec<Option<D>>,
        value: D,
        before: Option<BesideForm>,
        rebound: Option<BesideForm>,
    },
    Conversion {
        sessions: D,
        normal: D,
        incident: D,
        value: D,
        recovered: D,
    },
    Given {
        amount: D,
    },
}

impl From<&Loss> for LossForm {
    fn from(loss: &Loss) -> Self {
        match loss {
            Loss::FailedTransactions { failed, value, recovered } => {
                Self::FailedTransactions { failed: D(*failed), value: D(*value), recovered: D(*recovered) }
            }
            Loss::Excess { failed, normal, incident, value, recovered } => Self::Excess {
                failed: D(*failed),
                normal: D(*normal),
                incident: D(*incident),
                value: D(*value),
                recovered: D(*recovered),
            },
            Loss::ShortfallRate { per_minute, minutes, drop, value, recovered } => Self::ShortfallRate {
                per_minute: D(*per_minute),
                minutes: D(*minutes),
                drop: D(*drop),
                value: D(*value),
                recovered: D(*recovered),
            },
            Loss::Seasonal(s) => Self::Seasonal {
                bucket_minutes: D(s.bucket_minutes),
                baseline: match &s.baseline {
                    Baseline::History(weeks) => BaselineForm::History(weeks.iter().map(|w| maybe_texts(w)).collect()),
                    Baseline::Stated(list) => BaselineForm::Stated(texts(list)),
                },
                actual: maybe_texts(&s.actual),
                value: D(s.value),
                before: s.before.as_ref().map(Into::into),
                rebound: s.rebound.as_ref().map(Into::into),
            },
            Loss::Conversion { sessions, normal, incident, value, recovered } => Self::Conversion {
                sessions: D(*sessions),
                normal: D(*normal),
                incident: D(*incident),
                value: D(*value),
                recovered: D(*recovered),
            },
            Loss::Given { amount } => Self::Given { amount: D(*amount) },
        }
    }
}

impl From<LossForm> for Loss {
    fn from(form: LossForm) -> Self {
        match form {
            LossForm::FailedTransactions { failed, value, recovered } => {
                Self::FailedTransactions { failed: failed.0, value: value.0, recovered: recovered.0 }
            }
            LossForm::Excess { failed, normal, incident, value, recovered } => {
                Self::Excess { failed: failed.0, normal: normal.0, incident: incident.0, value: value.0, recovered: recovered.0 }
            }
            LossForm::ShortfallRate { per_minute, minutes, drop, value, recovered } => Self::ShortfallRate {
                per_minute: per_minute.0,
                minutes: minutes.0,
                drop: drop.0,
                value: value.0,
                recovered: recovered.0,
            },
            LossForm::Seasonal { bucket_minutes, baseline, actual, value, before, rebound } => Self::Seasonal(Seasonal {
                bucket_minutes: bucket_minutes.0,
                baseline: match baseline {
                    BaselineForm::History(weeks) => Baseline::History(weeks.into_iter().map(maybe_numbers).collect()),
                    BaselineForm::Stated(list) => Baseline::Stated(numbers(list)),
                },
                actual: maybe_numbers(actual),
                value: value.0,
                before: before.map(Into::into),
                rebound: rebound.map(Into::into),
            }),
            LossForm::Conversion { sessions, normal, incident, value, recovered } => Self::Conversion {
                sessions: sessions.0,
                normal: normal.0,
                incident: incident.0,
                value: value.0,
                recovered: recovered.0,
            },
            LossForm::Given { amount } => Self::Given { amount: amount.0 },
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum KindForm {
    Lost(LossForm),
    Recovered { count: D, of: D, value: D },
    Credits { tiers: Vec<(D, D)>, customers: Vec<CustomerForm>, min_minutes: Option<D>, cap: Option<D>, claim_share: Option<D> },
    Shifts { rates: BTreeMap<Text, D>, premium: Option<PremiumForm>, shifts: Vec<ShiftForm>, reviews: Vec<ReviewForm> },
    Flat { engineers: D, hours_each: D, rate: D },
    Metered { price: D, baseline: D, samples: Vec<(D, D)> },
    Assumed { per_hour: D, extra: D, hours: D },
    During { per_hour: D, extra: D, minutes: D },
    Churn { affected: D, normal: D, after: D, lifetime_value: D, already_counted: D },
    Support { tickets: D, each: D },
    Times { component: Text, count: D, each: D },
    Given { component: Text, amount: D },
    Item { name: Text, amount: D },
}

impl From<&Kind> for KindForm {
    fn from(kind: &Kind) -> Self {
        match kind {
            Kind::Lost(loss) => Self::Lost(loss.into()),
            Kind::Recovered { orders, value } => Self::Recovered { count: D(orders.count), of: D(orders.of), value: D(*value) },
            Kind::Credits(credits) => credits_form(credits),
            Kind::Labour(hours) => hours_form(hours),
            Kind::Capacity(Capacity::Metered { price, baseline, samples }) => Self::Metered {
                price: D(*price),
                baseline: D(*baseline),
                samples: samples.iter().map(|(n, m)| (D(*n), D(*m))).collect(),
            },
            Kind::Capacity(Capacity::Assumed { per_hour, extra, hours }) => {
                Self::Assumed { per_hour: D(*per_hour), extra: D(*extra), hours: D(*hours) }
            }
            Kind::Capacity(Capacity::During { per_hour, extra, minutes }) => {
                Self::During { per_hour: D(*per_hour), extra: D(*extra), minutes: D(*minutes) }
            }
            Kind::Churn(c) => Self::Churn {
                affected: D(c.affected),
                normal: D(c.normal),
                after: D(c.after),
                lifetime_value: D(c.lifetime_value),
                already_counted: D(c.already_counted),
            },
            Kind::Support { tickets, each } => Self::Support { tickets: D(*tickets), each: D(*each) },
            Kind::Times { id, count, each } => Self::Times { component: (*id).into(), count: D(*count), each: D(*each) },
            Kind::Given { id, amount } => Self::Given { component: (*id).into(), amount: D(*amount) },
            Kind::Item { name, amount } => Self::Item { name: name.clone(), amount: D(*amount) },
        }
    }
}

fn credits_form(credits: &Credits) -> KindForm {
    let customer = |c: &Customer| CustomerForm {
        id: c.id.clone(),
        monthly_fee: D(c.monthly_fee),
        month_minutes: D(c.month_minutes),
        before: D(c.before),
        downtime: D(c.downtime),
        excluded: D(c.excluded),
    };
    KindForm::Credits {
        tiers: credits.tiers.iter().map(|t| (D(t.below_percent), D(t.credit))).collect(),
        customers: credits.customers.iter().map(customer).collect(),
        min_minutes: credits.min_consecutive_minutes.map(D),
        cap: credits.cap.map(D),
        claim_share: credits.claim_share.map(D),
    }
}

fn hours_form(hours: &Hours) -> KindForm {
    match hours {
        Hours::Flat { engineers, hours_each, rate } => {
            KindForm::Flat { engineers: D(*engineers), hours_each: D(*hours_each), rate: D(*rate) }
        }
        Hours::Shifts { rates, premium, shifts, reviews } => KindForm::Shifts {
            rates: rates.iter().map(|(role, rate)| (role.clone(), D(*rate))).collect(),
            premium: premium.as_ref().map(|p| PremiumForm {
                from: p.from.0,
                to: p.to.0,
                zone: p.zone.name().into(),
                multiplier: D(p.multiplier),
            }),
            shifts: shifts
                .iter()
                .map(|s| ShiftForm { person: s.person.clone(), role: s.role.clone(), from: s.time.from.0, to: s.time.to.0 })
                .collect(),
            reviews: reviews
                .iter()
                .map(|r| ReviewForm { person: r.person.clone(), role: r.role.clone(), hours: D(r.hours) })
                .collect(),
        },
    }
}

/// The id as the program knows it.
fn known(component: &str) -> Result<&'static str, String> {
    IDS.into_iter().find(|id| *id == component).ok_or_else(|| format!("`{component}` is no component"))
}

impl TryFrom<KindForm> for Kind {
    type Error = String;
    fn try_from(form: KindForm) -> Result<Self, String> {
        Ok(match form {
            KindForm::Lost(loss) => Self::Lost(loss.into()),
            KindForm::Recovered { count, of, value } => {
                Self::Recovered { orders: Orders { count: count.0, of: of.0 }, value: value.0 }
            }
            KindForm::Credits { tiers, customers, min_minutes, cap, claim_share } => Self::Credits(Credits {
                tiers: tiers.into_iter().map(|(below, credit)| Tier { below_percent: below.0, credit: credit.0 }).collect(),
                customers: customers.into_iter().map(customer).collect(),
                min_consecutive_minutes: min_minutes.map(|d| d.0),
                cap: cap.map(|d| d.0),
                claim_share: claim_share.map(|d| d.0),
            }),
            KindForm::Shifts { rates, premium, shifts, reviews } => Self::Labour(Hours::Shifts {
                rates: rates.into_iter().map(|(role, rate)| (role, rate.0)).collect(),
                premium: premium.as_ref().map(read_premium).transpose()?,
                shifts: shifts.into_iter().map(shift).collect(),
                reviews: reviews.into_iter().map(|r| Review { person: r.person, role: r.role, hours: r.hours.0 }).collect(),
            }),
            KindForm::Flat { engineers, hours_each, rate } => {
                Self::Labour(Hours::Flat { engineers: engineers.0, hours_each: hours_each.0, rate: rate.0 })
            }
            KindForm::Metered { price, baseline, samples } => Self::Capacity(Capacity::Metered {
                price: price.0,
                baseline: baseline.0,
                samples: samples.into_iter().map(|(n, m)| (n.0, m.0)).collect(),
            }),
            KindForm::Assumed { per_hour, extra, hours } => {
                Self::Capacity(Capacity::Assumed { per_hour: per_hour.0, extra: extra.0, hours: hours.0 })
            }
            KindForm::During { per_hour, extra, minutes } => {
                Self::Capacity(Capacity::During { per_hour: per_hour.0, extra: extra.0, minutes: minutes.0 })
            }
            KindForm::Churn { affected, normal, after, lifetime_value, already_counted } => Self::Churn(Churn {
                affected: affected.0,
                normal: normal.0,
                after: after.0,
                lifetime_value: lifetime_value.0,
                already_counted: already_counted.0,
            }),
            KindForm::Support { tickets, each } => Self::Support { tickets: tickets.0, each: each.0 },
            KindForm::Times { component, count, each } => Self::Times { id: known(&component)?, count: count.0, each: each.0 },
            KindForm::Given { component, amount } => Self::Given { id: known(&component)?, amount: amount.0 },
            KindForm::Item { name, amount } => Self::Item { name, amount: amount.0 },
        })
    }
}

fn customer(form: CustomerForm) -> Customer {
    Customer {
        id: form.id,
        monthly_fee: form.monthly_fee.0,
        month_minutes: form.month_minutes.0,
        before: form.before.0,
        downtime: form.downtime.0,
        excluded: form.excluded.0,
    }
}

fn read_premium(form: &PremiumForm) -> Result<Premium, String> {
    let zone = DayZone::parse(&form.zone).ok_or_else(|| format!("`{}` is no time zone", form.zone))?;
    Ok(Premium { from: Span(form.from), to: Span(form.to), zone, multiplier: form.multiplier.0 })
}

fn shift(form: ShiftForm) -> Shift {
    Shift { person: form.person, role: form.role, time: Interval { from: Ms(form.from), to: Ms(form.to) } }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TraceForm {
    input: Text,
    basis: BasisForm,
    source: Text,
}

impl From<&Trace> for TraceForm {
    fn from(t: &Trace) -> Self {
        Self { input: t.input.clone(), basis: t.basis.into(), source: t.source.clone() }
    }
}

impl From<TraceForm> for Trace {
    fn from(f: TraceForm) -> Self {
        Self { input: f.input, basis: f.basis.into(), source: f.source }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareForm {
    own: Text,
    parts: Vec<(Text, D)>,
    whole: D,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PricedForm {
    currency: CurrencyText,
    value_is: Option<ValueForm>,
    kind: KindForm,
    subject: Option<Text>,
    between: Option<(D, D)>,
    traces: Vec<TraceForm>,
    share: Option<ShareForm>,
    booked_month: Option<Text>,
    note: Option<Text>,
    assumption: Option<Text>,
}

impl From<&Priced> for PricedForm {
    fn from(p: &Priced) -> Self {
        let share = |s: &Share| ShareForm {
            own: s.own.clone(),
            parts: s.parts.iter().map(|(id, w)| (id.clone(), D(*w))).collect(),
            whole: D(s.whole),
        };
        Self {
            currency: CurrencyText(p.component.currency),
            value_is: p.component.value_is.map(Into::into),
            kind: (&p.component.kind).into(),
            subject: p.subject.clone(),
            between: p.between.map(|(low, high)| (D(low), D(high))),
            traces: of(&p.traces),
            share: p.share.as_ref().map(share),
            booked_month: p.booked_month.clone(),
            note: p.note.clone(),
            assumption: p.assumption.clone(),
        }
    }
}

impl TryFrom<PricedForm> for Priced {
    type Error = String;
    fn try_from(f: PricedForm) -> Result<Self, String> {
        let share =
            |s: ShareForm| Share { own: s.own, parts: s.parts.into_iter().map(|(id, w)| (id, w.0)).collect(), whole: s.whole.0 };
        Ok(Self {
            component: Component { currency: f.currency.0, value_is: f.value_is.map(Into::into), kind: f.kind.try_into()? },
            subject: f.subject,
            between: f.between.map(|(low, high)| (low.0, high.0)),
            traces: of(f.traces),
            share: f.share.map(share),
            booked_month: f.booked_month,
            note: f.note,
            assumption: f.assumption,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateForm {
    base: CurrencyText,
    quote: CurrencyText,
    rate: D,
    as_of: Text,
}

/// Stored form of a cost's inputs.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordForm {
    file: Text,
    currency: CurrencyText,
    headline: Option<ValueForm>,
    exchange: Vec<RateForm>,
    booked_month: Option<Text>,
    priced: Vec<PricedForm>,
    not_estimated: Vec<Text>,
    assumptions: Vec<Text>,
    provisional_until: Option<i64>,
}

impl From<&CostRecord> for RecordForm {
    fn from(r: &CostRecord) -> Self {
        let rate = |e: &ExchangeRate| RateForm {
            base: CurrencyText(e.base),
            quote: CurrencyText(e.quote),
            rate: D(e.rate),
            as_of: e.as_of.clone(),
        };
        Self {
            file: r.file.clone(),
            currency: CurrencyText(r.currency),
            headline: r.headline.map(Into::into),
            exchange: r.exchange.iter().map(rate).collect(),
            booked_month: r.booked_month.clone(),
            priced: of(&r.priced),
            not_estimated: r.not_estimated.clone(),
            assumptions: r.assumptions.clone(),
            provisional_until: r.provisional_until.map(|at| at.0),
        }
    }
}

impl TryFrom<RecordForm> for CostRecord {
    type Error = String;
    fn try_from(f: RecordForm) -> Result<Self, String> {
        let rate = |e: RateForm| ExchangeRate { base: e.base.0, quote: e.quote.0, rate: e.rate.0, as_of: e.as_of };
        Ok(Self {
            file: f.file,
            currency: f.currency.0,
            headline: f.headline.map(Into::into),
            exchange: f.exchange.into_iter().map(rate).collect(),
            booked_month: f.booked_month,
            priced: f.priced.into_iter().map(Priced::try_from).collect::<Result<_, _>>()?,
            not_estimated: f.not_estimated,
            assumptions: f.assumptions,
            provisional_until: f.provisional_until.map(Ms),
        })
    }
}
