//! The business file: revenue streams, labour rates, exchange rates and assumptions.
//!
//! Numbers are read from their text. What is given as null applies but is not known: it is listed, never taken as 0.

mod others;
mod streams;

use super::estimate::ask::{Takes, number};
use super::estimate::labour::premium;
use super::kinds::{BUSINESS_VERSION, Kind, check_version};
use super::policies::is_error;
use super::{LoadOptions, Parsed};
use crate::domain::base::{Currency, Money, Place, Problem, Text};
use crate::domain::objective::{Assumption, Business, ExchangeRate, Labour, ValueIs};
use crate::kit::yaml::{Fields, Findings, Node, Value};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const FIELDS: [&str; 14] = [
    "version",
    "currency",
    "headline",
    "streams",
    "labour",
    "contracts",
    "capacity",
    "churn",
    "refunds",
    "support",
    "penalties",
    "avoided_cost",
    "exchange",
    "assumptions",
];
/// Words that people try. Refused with the right place, never silently ignored.
const ELSEWHERE: [(&str, &str); 2] =
    [("premium_hours", "write `premium` inside `labour`"), ("baselines", "write `baseline` inside a stream")];
/// Components that no rule can tell: they are given as null, to be listed as not estimated.
const BY_HAND: [&str; 2] = ["penalties", "avoided_cost"];
const VALUES: [(&str, ValueIs); 3] = [("gmv", ValueIs::Gmv), ("revenue", ValueIs::Revenue), ("margin", ValueIs::Margin)];

/// The business and where its streams name services.
#[derive(Default)]
pub(super) struct BusinessDraft {
    /// Absent when there is none or it has errors: a wrong figure is worse than none.
    pub(super) business: Option<Arc<Business>>,
    /// Service, and where a stream names it.
    pub(super) services: Vec<(Text, Place)>,
}

/// Reads the business document, of which there may be one.
pub(super) fn read_all(parsed: &[Parsed], options: &LoadOptions, problems: &mut Vec<Problem>) -> BusinessDraft {
    let mut draft = BusinessDraft::default();
    let mut seen = false;
    for file in parsed.iter().filter(|f| f.kinds.contains(&Kind::Business)) {
        let mut out = Findings::new(&file.source);
        let broken = file.documents.problems.iter().any(is_error);
        for (root, _) in file.documents.roots.iter().zip(&file.kinds).filter(|(_, kind)| **kind == Kind::Business) {
            if seen {
                let hint = "put all of it into one business.yaml";
                out.error_hint(
                    "two-businesses",
                    &(root.span.start..root.span.start),
                    "there is a business document already",
                    hint,
                );
                continue;
            }
            seen = true;
            draft.business = read(&mut out, root, options, &mut draft.services).filter(|_| !broken).map(Arc::new);
        }
        problems.extend(out.finish());
    }
    draft
}

/// Streams and capacity may name a source, which must be one that there is.
fn known_sources(out: &mut Findings<'_>, node: &Node, known: Option<&BTreeSet<Text>>) {
    let Some(known) = known else { return };
    let named: Vec<&Node> = node.one_or_many().iter().filter_map(|item| item.get("source")).map(|n| &**n).collect();
    for node in named {
        let Some(name) = node.text().map(|text| text.trim()) else { continue };
        if !known.contains(name) {
            let names: Vec<&str> = known.iter().map(|name| &**name).collect();
            out.unknown("unknown-source", "source", name, &node.span, &names, "`sources` of the configuration");
        }
    }
}

fn read(out: &mut Findings<'_>, root: &Node, options: &LoadOptions, services: &mut Vec<(Text, Place)>) -> Option<Business> {
    let before = out.errors();
    let what = "the business file";
    let fields = out.fields_and(root, what, &FIELDS, &ELSEWHERE.map(|(name, _)| name))?;
    check_version(out, &fields, BUSINESS_VERSION);
    out.refuse(&fields, &ELSEWHERE);
    // XXX is ISO 4217 for no currency: the rest of the file is read though this one is wrong.
    let currency = fields.need(out, "currency", what).and_then(|n| read_currency(out, n)).or_else(|| Currency::parse("XXX"))?;
    let mut business = Business { file: out.source().name().clone(), ..Business::new(currency) };
    let mut nulls = Vec::new();
    if let Some(node) = given(&fields, "streams", "lost_revenue", &mut nulls) {
        business.streams = streams::read(out, node, currency, &mut nulls);
        known_sources(out, node, options.sources.as_ref());
        services.extend(named_services(out, node));
    }
    let labour = given(&fields, "labour", "responder_labour", &mut nulls);
    business.labour = labour.and_then(|n| read_labour(out, n, currency));
    if let Some(node) = given(&fields, "contracts", "sla_credits", &mut nulls) {
        business.contracts = others::contracts(out, node, currency);
        services.extend(named_services(out, node));
    }
    if let Some(node) = given(&fields, "capacity", "extra_capacity", &mut nulls) {
        business.capacity = others::capacity(out, node, currency, options.timing.step);
        known_sources(out, node, options.sources.as_ref());
        services.extend(named_services(out, node));
    }
    for name in others::CONSEQUENCES {
        let node = given(&fields, name, name, &mut nulls);
        business.consequences.extend(node.and_then(|n| others::consequence(out, n, name, &business)));
    }
    for name in BY_HAND {
        if let Some(node) = given(&fields, name, name, &mut nulls) {
            let hint = format!("write `{name}: null` to have it listed as not estimated, and price it with `cost estimate`");
            out.error_hint("not-supported", &node.span, format!("no rule can tell `{name}` of an incident"), hint);
        }
    }
    business.exchange = fields.get(out, "exchange").map(|n| read_exchange(out, n)).unwrap_or_default();
    business.assumptions = fields.get(out, "assumptions").map(|n| read_assumptions(out, n)).unwrap_or_default();
    business.headline = fields.get(out, "headline").and_then(|n| out.choice(n, "headline", &VALUES[1..]));
    business.nulls = nulls;
    missing_rates(out, &fields, &business);
    (out.errors() == before).then_some(business)
}

/// A component: absent is not applicable, null is not known.
fn given<'n>(fields: &Fields<'n>, name: &str, component: &str, nulls: &mut Vec<Text>) -> Option<&'n Node> {
    let node = fields.raw(name)?;
    if node.value == Value::Null {
        nulls.push(component.into());
        return None;
    }
    Some(node)
}

pub(super) fn read_currency(out: &mut Findings<'_>, node: &Node) -> Option<Currency> {
    let text = out.text(node, "`currency`")?.trim().to_owned();
    let currency = Currency::parse(&text);
    if currency.is_none() {
        let message = format!("`{}` is no currency", text.chars().take(20).collect::<String>());
        let mut problem = Problem::error("unknown-currency", message)
            .hint("currencies are three capital letters, such as USD or CNY")
            .at(out.place(node.span.clone()));
        problem.replacement = Currency::parse(&text.to_uppercase()).map(|c| c.to_string());
        out.push(problem);
    }
    currency
}

/// The services that the items of a list name, with their places.
fn named_services(out: &mut Findings<'_>, node: &Node) -> Vec<(Text, Place)> {
    let lists = node.one_or_many().into_iter().filter_map(|stream| stream.get("services"));
    let names = lists.flat_map(|list| list.one_or_many());
    names.filter_map(|n| Some((n.text()?.trim().into(), out.place(n.span.clone())))).collect()
}

/// `42.50`, or `42.50 EUR` for another currency than the file's.
fn read_money(out: &mut Findings<'_>, node: &Node, what: &str, currency: Currency) -> Option<Money> {
    let text = out.text(node, what)?.clone();
    let mut words = text.split_whitespace();
    let (amount, code) = (words.next().unwrap_or_default(), words.next());
    let currency = code.map_or(Some(currency), Currency::parse);
    let amount = crate::kit::yaml::parse_decimal(amount).filter(|_| words.next().is_none());
    match amount.zip(currency) {
        Some((amount, currency)) if amount >= Decimal::ZERO => Some(Money::new(amount, currency)),
        Some(_) => {
            out.error("bad-money", &node.span, format!("{what} may not be negative"));
            None
        }
        None => {
            let hint = "amounts look like 42.50, or 42.50 EUR, without thousands separators";
            out.error_hint("bad-money", &node.span, format!("{what} must be an amount of money"), hint);
            None
        }
    }
}

fn read_labour(out: &mut Findings<'_>, node: &Node, currency: Currency) -> Option<Labour> {
    let what = "`labour`";
    let fields = out.fields(node, what, &["rates", "people", "default_role", "premium", "review_hours", "currency"])?;
    let currency = fields.get(out, "currency").map_or(Some(currency), |n| read_currency(out, n))?;
    let mut rates = BTreeMap::new();
    let node = fields.need(out, "rates", what)?;
    for entry in out.entries(node, "`rates`")? {
        if let Some(rate) = read_money(out, &entry.value, "a rate", currency) {
            rates.insert(entry.key.clone(), rate);
        }
    }
    let roles: Vec<&str> = out.entries(node, "`rates`")?.iter().map(|e| &*e.key).collect();
    let mut people = BTreeMap::new();
    for entry in fields.get(out, "people").and_then(|n| out.entries(n, "`people`")).unwrap_or_default() {
        if let Some(role) = read_role(out, &entry.value, &roles) {
            people.insert(entry.key.clone(), role);
        }
    }
    let default_role = fields.get(out, "default_role").and_then(|n| read_role(out, n, &roles));
    let before = out.errors();
    let premium = fields.get(out, "premium").and_then(|n| premium(out, n));
    let review_hours = fields.get(out, "review_hours").and_then(|n| number(out, n, "`review_hours`", Takes::Positive));
    (out.errors() == before).then_some(Labour { rates, people, default_role, premium, review_hours })
}

fn read_role(out: &mut Findings<'_>, node: &Node, roles: &[&str]) -> Option<Text> {
    let role: Text = out.text(node, "a role")?.trim().into();
    if roles.contains(&&*role) {
        return Some(role);
    }
    out.unknown("unknown-role", "role", &role, &node.span, roles, "`rates`");
    None
}

pub(super) fn read_exchange(out: &mut Findings<'_>, node: &Node) -> Vec<ExchangeRate> {
    // One rate may stand alone, as SEMANTICS 8 writes it.
    node.one_or_many().into_iter().filter_map(|item| read_rate(out, item)).collect()
}

fn read_rate(out: &mut Findings<'_>, node: &Node) -> Option<ExchangeRate> {
    let what = "an exchange rate";
    let fields = out.fields(node, what, &["base", "quote", "rate", "as_of"])?;
    let base = fields.need(out, "base", what).and_then(|n| read_currency(out, n));
    let quote = fields.need(out, "quote", what).and_then(|n| read_currency(out, n));
    let as_of = fields.need(out, "as_of", what).and_then(|n| read_date(out, n));
    let node = fields.need(out, "rate", what)?;
    let rate = out.decimal(node, "`rate`")?;
    if rate <= Decimal::ZERO {
        out.error_hint("bad-number", &node.span, "`rate` must be more than 0", "1 base = rate quote");
        return None;
    }
    Some(ExchangeRate { base: base?, quote: quote?, rate, as_of: as_of? })
}

fn read_date(out: &mut Findings<'_>, node: &Node) -> Option<Text> {
    let text = out.text(node, "`as_of`")?.clone();
    if text.len() == 10 && NaiveDate::parse_from_str(&text, "%Y-%m-%d").is_ok() {
        return Some(text);
    }
    out.error_hint("bad-date", &node.span, "`as_of` must be a date", "dates look like 2026-03-02");
    None
}

pub(super) fn read_assumptions(out: &mut Findings<'_>, node: &Node) -> Vec<Assumption> {
    let what = "an assumption";
    let mut all = Vec::new();
    for item in out.list(node, "`assumptions`").unwrap_or_default() {
        let Some(fields) = out.fields(item, what, &["name", "value", "owner", "source", "as_of"]) else { continue };
        let name = fields.need(out, "name", what).and_then(|n| out.text(n, "`name`").cloned());
        let value = fields.need(out, "value", what).and_then(|n| out.text(n, "`value`").cloned());
        let owner = fields.get(out, "owner").and_then(|n| out.text(n, "`owner`").cloned());
        let source = fields.get(out, "source").and_then(|n| out.text(n, "`source`").cloned());
        let as_of = fields.get(out, "as_of").and_then(|n| read_date(out, n));
        if let (Some(name), Some(value)) = (name, value) {
            all.push(Assumption { name, value, owner, source, as_of });
        }
    }
    all
}

/// Amounts in a currency that no rate leads from cannot be added up.
fn missing_rates(out: &mut Findings<'_>, fields: &Fields<'_>, business: &Business) {
    let home = business.currency;
    let streams = business.streams.iter().map(|s| ("streams", s.value.currency));
    let labour = business.labour.iter().flat_map(|l| l.rates.values().map(|m| ("labour", m.currency)));
    let contracts = business.contracts.iter().map(|c| ("contracts", c.currency));
    let capacity = business.capacity.iter().map(|c| ("capacity", c.currency));
    let consequences = business.consequences.iter().map(|c| (c.kind.component(), c.currency));
    let all = streams.chain(labour).chain(contracts).chain(capacity).chain(consequences);
    for (part, currency) in all.filter(|(_, c)| *c != home) {
        let known =
            business.exchange.iter().any(|r| (r.base, r.quote) == (currency, home) || (r.base, r.quote) == (home, currency));
        if let Some(span) = fields.key_span(part).filter(|_| !known) {
            let message = format!("`{part}` has amounts in {currency}, and no exchange rate leads to {home}");
            let hint = format!("add `exchange: [{{base: {currency}, quote: {home}, rate: ..., as_of: ...}}]`");
            out.warn("no-exchange-rate", &span, message, hint);
        }
    }
}
