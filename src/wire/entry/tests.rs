//! Stored entries: every kind round trips to the bit, and what cannot be read is named.

use super::*;
use crate::domain::base::{Currency, Interval, Money, Ms, Severity, SloId, Span};
use crate::domain::cost::estimate::{
    Baseline, Beside, Capacity, Churn, Component, Credits, Customer, DayZone, Hours, Kind, Loss, Orders, Premium, Review,
    Seasonal, Shift, Tier,
};
use crate::domain::cost::{Basis, CostInput, CostLine, CostRecord, CostSheet, Effort, Priced, Restates, Share, Trace};
use crate::domain::incident::{
    Absorbed, Correction, Evidence, ImpactRecord, IncidentRef, Moment, Note, Onset, Outcome, ReasonText, RuleFired,
};
use crate::domain::objective::{ExchangeRate, ValueIs};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn text() -> impl Strategy<Value = Text> {
    ".{0,12}".prop_map(Text::from)
}

fn slo() -> impl Strategy<Value = SloId> {
    text().prop_map(SloId)
}

fn number() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("NaN is never equal to itself", |x| !x.is_nan())
}

fn ms() -> impl Strategy<Value = Ms> {
    any::<i64>().prop_map(Ms)
}

fn severity() -> impl Strategy<Value = Severity> {
    prop::sample::select(Severity::ALL.to_vec())
}

fn rules() -> impl Strategy<Value = Vec<RuleFired>> {
    vec((slo(), text(), severity()).prop_map(|(slo, rule, severity)| RuleFired { slo, rule, severity }), 0..3)
}

fn reasons() -> impl Strategy<Value = Vec<ReasonText>> {
    let one = (text(), number(), number(), text());
    vec(one.prop_map(|(code, value, threshold, text)| ReasonText { code, value, threshold, text }), 0..3)
}

fn onset() -> impl Strategy<Value = Onset> {
    let names = (text(), vec(slo(), 0..3), text());
    (names, option::of(severity()), rules(), reasons(), ms(), ms(), any::<bool>()).prop_map(
        |((service, slos, rulebook), severity, rules, reasons, impact_start, detected, drill)| Onset {
            service,
            slos,
            severity,
            rules,
            reasons,
            impact_start,
            detected,
            rulebook,
            drill,
        },
    )
}

fn impact() -> impl Strategy<Value = ImpactRecord> {
    let intervals = vec((ms(), ms()).prop_map(|(from, to)| Interval { from, to }), 0..3);
    (number(), option::of(number()), number(), number(), intervals, vec((slo(), number()), 0..3)).prop_map(
        |(bad, total, bad_low, bad_high, intervals, budget_spent)| ImpactRecord {
            bad,
            total,
            bad_low,
            bad_high,
            intervals,
            budget_spent,
        },
    )
}

fn decimal() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0_u32..10).prop_map(|(n, scale)| Decimal::new(n, scale))
}

fn basis() -> impl Strategy<Value = Basis> {
    prop::sample::select(vec![Basis::Measured, Basis::Derived, Basis::Declared])
}

fn line() -> impl Strategy<Value = CostLine> {
    let input = (text(), text(), basis(), text());
    let inputs = vec(input.prop_map(|(name, value, basis, source)| CostInput { name, value, basis, source }), 0..3);
    let value_is = option::of(prop::sample::select(vec![ValueIs::Gmv, ValueIs::Revenue, ValueIs::Margin]));
    let words = (text(), option::of(text()), option::of(text()), text(), option::of(text()));
    let amounts = (decimal(), option::of(decimal()), option::of(decimal()), decimal());
    (words, amounts, basis(), value_is, any::<bool>(), any::<bool>(), inputs).prop_map(
        |(
            (component, subject, booked_month, formula, note),
            (amount, low, high, unrounded),
            basis,
            value_is,
            cash,
            memo,
            inputs,
        )| {
            let amount = Money::new(amount, Currency::parse("CNY").unwrap());
            CostLine {
                component,
                subject,
                amount,
                low,
                high,
                unrounded,
                basis,
                value_is,
                cash,
                booked_month,
                formula,
                inputs,
                memo,
                note,
            }
        },
    )
}

fn sheet() -> impl Strategy<Value = CostSheet> {
    let totals = (option::of(decimal()), option::of(decimal()), option::of(decimal()));
    let lists = (vec(text(), 0..3), vec(text(), 0..3), vec(text(), 0..3));
    (vec(line(), 0..3), totals, any::<bool>(), lists).prop_map(
        |(lines, (total, low, high), complete, (not_estimated, assumptions, method_versions))| CostSheet {
            currency: Currency::parse("USD").unwrap(),
            lines,
            total,
            low,
            high,
            complete,
            not_estimated,
            assumptions,
            method_versions,
            provisional_until: None,
            restates: None,
            record: None,
        },
    )
}

fn paged() -> impl Strategy<Value = Fact> {
    let outcome = prop::sample::select(vec![Outcome::Delivered, Outcome::Failed, Outcome::Dropped]);
    (text(), text(), severity(), ms(), any::<u32>(), outcome, text()).prop_map(
        |(receiver, kind, severity, created, attempts, outcome, detail)| Fact::Paged {
            receiver,
            kind,
            severity,
            created,
            attempts,
            outcome,
            detail,
        },
    )
}

fn id() -> impl Strategy<Value = IncidentId> {
    any::<u64>().prop_map(IncidentId)
}

fn absorbed() -> impl Strategy<Value = Absorbed> {
    let times = (option::of(ms()), option::of(ms()), option::of(severity()), rules(), option::of(impact()));
    (id(), vec((text(), vec(slo(), 0..3)), 0..3), times, text()).prop_map(
        |(from, services, (impact_start, detected, severity, rules, impact), reason)| Absorbed {
            from,
            services,
            impact_start,
            detected,
            severity,
            rules,
            impact,
            reason,
        },
    )
}

fn correction() -> impl Strategy<Value = Correction> {
    let moment = prop::sample::select(Moment::ALL.to_vec());
    prop_oneof![
        (moment, option::of(ms())).prop_map(|(moment, at)| Correction::Moment(moment, at)),
        severity().prop_map(Correction::Severity),
        any::<u64>().prop_map(Correction::Bad),
        any::<u64>().prop_map(Correction::Total),
        any::<bool>().prop_map(Correction::Drill),
        text().prop_map(Correction::RootCause),
        (1_u32..=Effort::MOST, 1_i64..=1_000_000)
            .prop_map(|(people, hours)| { Correction::Effort(Effort::new(people, Decimal::new(hours, 2)).unwrap()) }),
    ]
}

/// What people change, and what follows from it.
fn changes() -> impl Strategy<Value = Fact> {
    prop_oneof![
        absorbed().prop_map(Fact::Absorbed),
        (id(), text()).prop_map(|(into, reason)| Fact::Merged { into, reason }),
        (id(), vec(text(), 0..3), text()).prop_map(|(into, services, reason)| Fact::SplitOff {
            into: IncidentRef::Known(into),
            services,
            reason
        }),
        id().prop_map(|from| Fact::SplitFrom { from }),
        text().prop_map(|service| Fact::SuspectNamed { service }),
        (text(), text(), option::of(text())).prop_map(|(kind, text, url)| Fact::Evidence(Evidence { kind, text, url })),
        (correction(), text()).prop_map(|(change, reason)| Fact::Corrected { change, reason }),
    ]
}

fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        onset().prop_map(Fact::Suspected),
        onset().prop_map(Fact::Opened),
        (text(), vec(slo(), 0..3), option::of(ms()), rules()).prop_map(|(service, slos, impact_start, rules)| Fact::Joined {
            service,
            slos,
            impact_start,
            rules
        }),
        (severity(), severity(), rules(), reasons()).prop_map(|(from, to, rules, reasons)| Fact::SeverityChanged {
            from,
            to,
            rules,
            reasons
        }),
        Just(Fact::Acknowledged),
        Just(Fact::Unacknowledged),
        (text(), option::of(impact())).prop_map(|(reason, impact)| Fact::Mitigated { reason, impact }),
        changes(),
        (text(), option::of(impact())).prop_map(|(reason, impact)| Fact::Resolved { reason, impact }),
        (ms(), rules(), reasons()).prop_map(|(impact_start, rules, reasons)| Fact::Reopened { impact_start, rules, reasons }),
        any::<bool>().prop_map(|not_paged| Fact::Closed { not_paged }),
        ms().prop_map(|since| Fact::NoData { since }),
        Just(Fact::DataBack),
        (text(), any::<bool>(), any::<bool>()).prop_map(|(text, action_item, customer_visible)| Fact::Note(Note {
            text,
            action_item,
            customer_visible
        })),
        paged(),
        impact().prop_map(Fact::Measured),
        sheet().prop_map(Fact::Costed),
    ]
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let actor = option::of(text()).prop_map(|name| name.map_or(Actor::Auto, Actor::Person));
    let numbers = (any::<u64>(), any::<u64>(), option::of(any::<u64>()));
    (numbers, any_fact(), ms(), ms(), actor, text(), text(), any::<[u8; 32]>()).prop_map(
        |((seq, incident, corrects), fact, at, recorded_at, actor, source, commit, hash)| Entry {
            seq: Seq(seq),
            incident: IncidentId(incident),
            fact,
            at,
            recorded_at,
            actor,
            source,
            corrects: corrects.map(Seq),
            commit: CommitId(commit),
            hash,
        },
    )
}

proptest! {
    #[test]
    fn every_entry_reads_back_as_it_was(entry in any_entry()) {
        let stored = encode(&entry).unwrap();
        let back = decode(&stored, entry.hash).unwrap();
        prop_assert_eq!(&back, &entry);
        prop_assert_eq!(encode(&back).unwrap(), stored, "written again, the bytes are the same");
    }

    #[test]
    fn damaged_bytes_are_an_error_and_no_panic(entry in any_entry(), at in any::<prop::sample::Index>()) {
        let stored = encode(&entry).unwrap();
        let cut: String = stored.chars().take(at.index(stored.chars().count())).collect();
        prop_assert!(decode(&cut, entry.hash).is_err());
    }
}

/// A note as version 1 stores it. This text must be readable for ever.
const NOTE: &str = r#"{"kind":"note","version":1,"seq":7,"incident":3,"at":1772417820000,"recorded_at":1772417820001,"person":"ann","source":"cli","corrects":null,"commit":"c1","payload":{"text":"rolled back"}}"#;

#[test]
fn the_stored_form_of_version_1_does_not_change() {
    let entry = decode(NOTE, [0; 32]).unwrap();
    assert_eq!((entry.seq, entry.incident, entry.at), (Seq(7), IncidentId(3), Ms(1_772_417_820_000)));
    assert_eq!(entry.fact, Fact::Note("rolled back".into()));
    assert_eq!(entry.actor, Actor::Person("ann".into()));
    assert_eq!(encode(&entry).unwrap(), NOTE);
}

#[test]
fn what_version_1_cannot_tell_is_written_in_version_2_and_nothing_else_is() {
    let plain = decode(NOTE, [0; 32]).unwrap();
    let stored = |fact: Fact| encode(&Entry { fact, ..plain.clone() }).unwrap();
    let flagged = stored(Fact::Note(Note { text: "tell them".into(), customer_visible: true, action_item: false }));
    assert!(flagged.contains(r#""kind":"note","version":2,"#), "{flagged}");
    assert!(flagged.ends_with(r#""payload":{"text":"tell them","customer_visible":true}}"#), "{flagged}");
    let effort = Correction::Effort(Effort::typed("5", "0.50").unwrap());
    let told = stored(Fact::Corrected { change: effort, reason: "".into() });
    assert!(told.contains(r#""kind":"corrected","version":2,"#), "{told}");
    assert!(told.ends_with(r#""payload":{"field":"effort","value":"5 x 0.5 h","reason":""}}"#), "{told}");
    let cause = stored(Fact::Corrected { change: Correction::RootCause("capacity".into()), reason: "".into() });
    assert!(cause.contains("\"version\":1"), "{cause}");
}

#[test]
fn what_a_newer_program_wrote_is_named_and_never_skipped() {
    let newer = |kind: &str, version| Err(StoredError::Newer { kind: kind.into(), version });
    assert_eq!(decode(&NOTE.replace("\"version\":1", "\"version\":3,\"mood\":\"calm\""), [0; 32]), newer("note", 3));
    assert_eq!(decode(&NOTE.replace("\"note\"", "\"levitated\""), [0; 32]), newer("levitated", 1));
    for (what, from, to) in [
        ("version 0", "\"version\":1", "\"version\":0"),
        ("an unknown field", "\"text\":", "\"mood\":\"calm\",\"text\":"),
        ("a missing field", "\"source\":\"cli\",", ""),
        ("no JSON", "{\"kind\"", "kind"),
    ] {
        let read = decode(&NOTE.replace(from, to), [0; 32]);
        assert!(matches!(read, Err(StoredError::Damaged(_))), "{what}: {read:?}");
    }
}

/// A cost as version 1 stores it: without what it was computed from.
const COST: &str = r#"{"kind":"costed","version":1,"seq":7,"incident":3,"at":1772417820000,"recorded_at":1772417820001,"person":null,"source":"watch","corrects":null,"commit":"c1","payload":{"currency":"USD","lines":[],"total":"1.50","low":null,"high":null,"complete":false,"not_estimated":["churn"],"assumptions":[],"method_versions":[]}}"#;

#[test]
fn costs_of_version_1_are_read_for_ever_and_new_ones_are_written_with_their_inputs() {
    let old = decode(COST, [0; 32]).unwrap();
    let Fact::Costed(sheet) = &old.fact else { panic!("{:?}", old.fact) };
    assert_eq!((sheet.total, sheet.record.clone(), sheet.provisional_until), (Some("1.50".parse().unwrap()), None, None));
    let record = everything();
    let sheet =
        CostSheet { restates: Some(Restates { seq: Seq(5), total: None, reason: "late samples".into() }), ..record.sheet() };
    assert!(sheet.lines.len() > 12 && sheet.record.is_some(), "{:?}", sheet.not_estimated);
    let entry = Entry { fact: Fact::Costed(sheet), ..old };
    let stored = encode(&entry).unwrap();
    assert!(stored.contains("\"version\":2"), "{stored}");
    assert_eq!(decode(&stored, entry.hash).unwrap(), entry);
    let Fact::Costed(back) = decode(&stored, entry.hash).unwrap().fact else { panic!("a cost") };
    assert_eq!(back.record.unwrap().sheet().lines, record.sheet().lines, "and gives the same figures");
}

/// A record of every component in every form.
fn everything() -> CostRecord {
    let n = |text: &str| text.parse::<Decimal>().unwrap();
    let usd = Currency::parse("USD").unwrap();
    let beside = || Beside { baseline: vec![n("50")], actual: vec![Some(n("55.5"))] };
    let seasonal = |baseline| Seasonal {
        bucket_minutes: n("15"),
        baseline,
        actual: vec![Some(n("60")), None],
        value: n("10"),
        before: Some(beside()),
        rebound: Some(beside()),
    };
    let weeks = || vec![Some(n("100")), None, Some(n("101")), Some(n("102"))];
    let shifts = Hours::Shifts {
        rates: [("ic".into(), n("120.00"))].into(),
        premium: Some(Premium {
            from: Span::from_hours(22),
            to: Span::from_hours(8),
            zone: DayZone::parse("Asia/Shanghai").unwrap(),
            multiplier: n("1.5"),
        }),
        shifts: vec![Shift { person: "p".into(), role: "ic".into(), time: Interval { from: Ms(0), to: Ms(3_600_000) } }],
        reviews: vec![Review { person: "p".into(), role: "ic".into(), hours: n("2") }],
    };
    let credits = Credits {
        tiers: vec![Tier { below_percent: n("99.9"), credit: n("0.10") }],
        customers: vec![Customer {
            id: "acme".into(),
            monthly_fee: n("50000.00"),
            month_minutes: n("43200"),
            before: n("1"),
            downtime: n("74"),
            excluded: n("0"),
        }],
        min_consecutive_minutes: Some(n("1")),
        cap: Some(n("1")),
        claim_share: Some(n("0.5")),
    };
    let (failed, value, recovered) = (n("7"), n("25.00"), n("0.3"));
    let kinds = vec![
        Kind::Lost(Loss::FailedTransactions { failed, value, recovered }),
        Kind::Lost(Loss::Excess { failed, normal: n("0.99"), incident: n("0.95"), value, recovered }),
        Kind::Lost(Loss::ShortfallRate { per_minute: n("3"), minutes: n("4"), drop: n("0.5"), value, recovered }),
        Kind::Lost(Loss::Seasonal(seasonal(Baseline::History(vec![weeks(), weeks()])))),
        Kind::Lost(Loss::Seasonal(seasonal(Baseline::Stated(vec![n("1"), n("2")])))),
        Kind::Lost(Loss::Conversion { sessions: n("10"), normal: n("0.5"), incident: n("0.25"), value, recovered }),
        Kind::Lost(Loss::Given { amount: n("1.5") }),
        Kind::Recovered { orders: Orders { count: n("1"), of: n("3") }, value },
        Kind::Credits(credits),
        Kind::Labour(shifts),
        Kind::Labour(Hours::Flat { engineers: n("2"), hours_each: n("3"), rate: n("90") }),
        Kind::Capacity(Capacity::Metered { price: n("0.384"), baseline: n("8"), samples: vec![(n("12"), n("74"))] }),
        Kind::Capacity(Capacity::Assumed { per_hour: n("10"), extra: n("0.5"), hours: n("2") }),
        Kind::Capacity(Capacity::During { per_hour: n("10"), extra: n("0.5"), minutes: n("74") }),
        Kind::Churn(Churn {
            affected: n("500"),
            normal: n("0.02"),
            after: n("0.03"),
            lifetime_value: n("425"),
            already_counted: n("1"),
        }),
        Kind::Support { tickets: n("3"), each: n("6.50") },
        Kind::Times { id: "refunds", count: n("3"), each: n("5") },
        Kind::Given { id: "avoided_cost", amount: n("-50") },
        Kind::Item { name: "venue".into(), amount: n("0.125") },
    ];
    let priced = |kind| Priced {
        subject: Some("s".into()),
        between: Some((n("6"), n("9"))),
        traces: vec![Trace { input: "F".into(), basis: Basis::Measured, source: "q".into() }],
        share: Some(Share { own: "a".into(), parts: vec![("a".into(), n("1")), ("b".into(), n("2"))], whole: n("3") }),
        booked_month: Some("2026-03".into()),
        note: Some("n".into()),
        assumption: Some("x".into()),
        ..Priced::new(Component { currency: usd, value_is: Some(ValueIs::Margin), kind })
    };
    CostRecord {
        file: "business.yaml".into(),
        currency: usd,
        headline: Some(ValueIs::Margin),
        exchange: vec![ExchangeRate {
            base: usd,
            quote: Currency::parse("CNY").unwrap(),
            rate: n("7.12"),
            as_of: "2026-03-02".into(),
        }],
        booked_month: None,
        priced: kinds.into_iter().map(priced).collect(),
        not_estimated: vec!["penalties: given as null".into()],
        assumptions: vec!["a".into()],
        provisional_until: Some(Ms(5)),
    }
}
