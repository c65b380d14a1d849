//! The words of the screens in the language of who sits before them.
//!
//! Views write English; the tables below `zh` have the Chinese of every one of those texts, whole sentences with places for
//! values, so that another language is another set of tables. A text without an entry stays English, and a test of every
//! screen finds it. Deliberately absent: what comes from outside (names, notes, messages of files and servers), which stands
//! as it was written.

mod zh;

use super::{plural, reason, report, retold, timeline, units};
use crate::domain::base::{Language, Ms, Span};
use crate::domain::cost::Basis;
use crate::domain::incident::{ChangeRecord, Entry, Fact, Phase, SilenceRecord};
use crate::domain::judge::HeldBack;
use crate::domain::objective::{BreachRule, Level, Period, Sli, Slo, Tier};
use crate::domain::view::Told;
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::fmt::{Display, Write};

/// What a text of a cost sheet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfCost {
    /// How an amount was computed.
    Formula,
    /// The name of an input.
    Input,
    /// What is taken for granted.
    Assumption,
    /// A note, a source, a value: sentences apart by semicolons.
    Remark,
}

/// The words in one language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words(Language);

impl Words {
    /// The words of a language.
    pub const fn of(language: Language) -> Self {
        Self(language)
    }

    /// The language.
    pub const fn language(self) -> Language {
        self.0
    }

    const fn is_zh(self) -> bool {
        matches!(self.0, Language::Zh)
    }

    /// A text without values.
    pub fn say(self, english: &'static str) -> &'static str {
        if self.is_zh() { zh::of(english).unwrap_or(english) } else { english }
    }

    /// A text with values at its `{}`, in their order; a translation may number them (`{2}`).
    pub fn fill(self, english: &'static str, values: &[&dyn Display]) -> String {
        filled(self.say(english), values)
    }

    /// A sentence in every language, made by `tell` with the words of each.
    pub fn both(tell: impl Fn(Self) -> String) -> Told {
        let [en, zh] = [Language::En, Language::Zh].map(|language| tell(Self(language)).into());
        Told { en, zh }
    }

    /// A sentence that comes in every language.
    pub fn told(self, told: &Told) -> &str {
        told.in_language(self.0)
    }

    /// A sentence of ours that comes as text: an error, a doubt, a refusal. What others said stays as it is.
    pub fn retold(self, text: &str) -> Cow<'_, str> {
        let chinese = if self.is_zh() { retold::in_chinese(text) } else { None };
        chinese.map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// A text of a few fixed ones that comes with data: translated where it is one of them.
    pub fn known(self, text: &str) -> &str {
        if self.is_zh() { zh::of(text).unwrap_or(text) } else { text }
    }

    /// So many things: `12 SLOs`.
    pub fn counted(self, n: usize, one: &'static str, many: &'static str) -> String {
        if self.is_zh() {
            format!("{}{}", units::whole(n as f64), self.noun(n, one, many))
        } else {
            plural::counted(n, one, many)
        }
    }

    /// The noun that goes with `n`; in Chinese with its measure word in front.
    pub fn noun(self, n: usize, one: &'static str, many: &'static str) -> &'static str {
        if self.is_zh() { zh::counted(many).unwrap_or(many) } else { plural::noun(n, one, many) }
    }

    /// Where an incident stands.
    pub const fn phase(self, phase: Phase) -> &'static str {
        report::phase(phase, self.0)
    }

    /// How a number is known.
    pub const fn basis(self, basis: Basis) -> &'static str {
        report::basis(basis, self.0)
    }

    /// A component of a cost.
    pub fn component(self, id: &str) -> String {
        report::component(id, self.0)
    }

    /// One short word for the kind of an entry.
    pub fn entry(self, fact: &Fact) -> &'static str {
        let english = timeline::word(fact);
        if self.is_zh() { zh::entry(english).unwrap_or(english) } else { english }
    }

    /// What an entry says.
    pub fn sentence(self, entry: &Entry, zone: super::Zone) -> String {
        timeline::sentence_in(entry, zone, self.0)
    }

    /// What a silence holds back.
    pub fn silence(self, record: &SilenceRecord) -> String {
        timeline::silence_in(record, self.0)
    }

    /// What was changed.
    pub fn change(self, record: &ChangeRecord) -> String {
        timeline::change_in(record, self.0)
    }

    /// What is missing of a cost, and why.
    pub fn missing(self, text: &str) -> (String, String) {
        report::missing(text, self.0)
    }

    /// A line of a cost sheet that tells more of a number.
    pub fn of_cost(self, text: &str, what: OfCost) -> String {
        if !self.is_zh() {
            return text.to_owned();
        }
        match what {
            OfCost::Formula => retold::money::formula(text),
            OfCost::Input => retold::money::input(text),
            OfCost::Assumption => retold::money::assumption(text),
            OfCost::Remark => retold::money::remarks(text),
        }
    }

    /// The name of a rule as it was recorded.
    pub fn rule_name(self, recorded: &str) -> String {
        if self.is_zh() { reason::zh::rule(recorded) } else { recorded.to_owned() }
    }

    /// The exclusion that holds at `at`, with its end.
    pub fn excluded(self, slo: &Slo, at: Ms, zone: super::Zone) -> Option<String> {
        let (until, why) = super::budget::excluded_now(slo, at)?;
        Some(self.fill("excluded until {}: {}", &[&zone.near(until, at), &why]))
    }

    /// The kind of an indicator.
    pub fn kind(self, sli: &Sli) -> &'static str {
        self.say(sli.kind())
    }

    /// Why a rule that is true does not fire, in a word or two.
    pub fn held(self, by: HeldBack) -> String {
        if self.is_zh() { zh::of(by.code()).unwrap_or(by.code()).into() } else { by.code().replace('_', " ") }
    }

    /// A period: `30d`, `month in UTC`.
    pub fn period(self, period: &Period) -> String {
        match period {
            Period::Rolling(span) => super::time::window(*span),
            Period::Calendar { unit, zone } => self.fill("{} in {}", &[&self.known(unit.name()), zone]),
        }
    }

    /// The name of a tier: `burn 14.4x over 1h and 5m`.
    pub fn tier(self, tier: &Tier) -> String {
        let factor = tier.factor.round_dp(4).normalize();
        self.fill("burn {}x over {} and {}", &[&factor, &tier.long, &tier.short])
    }

    /// The name of a breach rule: `error ratio > 5% for 30s`.
    pub fn rule(self, rule: &BreachRule) -> String {
        if !self.is_zh() {
            return rule.to_string();
        }
        let level = match &rule.level {
            Level::QuantileTimes(of, times) => format!("{} > {}x", of.name(), times.normalize()),
            Level::QuantileSeconds(of, seconds) => format!("{} > {}s", of.name(), seconds.normalize()),
            Level::ErrorRatio(ratio) => format!("错误率 > {}%", (ratio * Decimal::ONE_HUNDRED).normalize()),
            Level::Burn(factor) => format!("燃烧率 > {}x", factor.normalize()),
            Level::Value(level) => format!("数值 > {}", level.normalize()),
            Level::Spike(spike) => {
                let of = spike.of.as_ref().map_or_else(|| "数值".into(), |signal| signal.name().to_string());
                format!("{of} > {} 均值的 {}x", spike.average, spike.times.normalize())
            }
        };
        let over = if rule.over == Span::from_mins(1) { String::new() } else { format!("，窗口 {}", rule.over) };
        let hold = if rule.hold > Span::ZERO || rule.after <= 1 { format!("，持续 {}", rule.hold) } else { String::new() };
        let after = if rule.after > 1 { format!("，连续 {} 次", rule.after) } else { String::new() };
        let confirm = rule.confirm.as_ref().map(|c| format!("，同时 {c}")).unwrap_or_default();
        format!("{level}{over}{hold}{after}{confirm}")
    }
}

/// The template with its values; a place without a value stays as it is.
pub(super) fn filled(template: &str, values: &[&dyn Display]) -> String {
    let mut out = String::with_capacity(template.len() + 8 * values.len());
    let (mut rest, mut next) = (template, 0);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((inside, after)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        let place = if inside.is_empty() { Some(next) } else { inside.parse::<usize>().ok().and_then(|n| n.checked_sub(1)) };
        next += usize::from(inside.is_empty());
        // Writing to a string does not fail.
        match place.and_then(|place| values.get(place)) {
            Some(value) => drop(write!(out, "{value}")),
            None => drop(write!(out, "{{{inside}}}")),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Every entry of the tables.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    zh::all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn values_stand_in_their_order_or_by_number() {
        assert_eq!(filled("{} of {}", &[&1, &2]), "1 of 2");
        assert_eq!(filled("{2} 中的 {1}", &[&1, &2]), "2 中的 1");
        assert_eq!(filled("{} {} {x} {", &[&1]), "1 {} {x} {");
    }

    #[test]
    fn chinese_has_the_same_places_and_no_sign_of_disputed_width() {
        let places = |text: &str| text.matches(['{']).count();
        let mut seen = BTreeSet::new();
        for (english, chinese) in zh::all() {
            assert!(seen.insert(english), "`{english}` stands twice");
            assert_eq!(places(english), places(chinese), "`{english}`");
            // Of these a terminal may draw two columns where one was counted.
            assert!(!chinese.contains(['…', '·', '×', '“', '”', '‘', '’', '—', '→', '÷', '±', '°']), "`{chinese}`");
            assert!(!chinese.is_empty());
        }
    }

    #[test]
    fn english_is_left_as_it_is_written() {
        let (en, zh) = (Words::of(Language::En), Words::of(Language::Zh));
        assert_eq!(en.say("reading history"), "reading history");
        assert_ne!(zh.say("reading history"), "reading history");
        assert_eq!(zh.say("no such text"), "no such text");
        assert_eq!((en.counted(1, "SLO", "SLOs"), en.counted(2, "SLO", "SLOs")), ("1 SLO".into(), "2 SLOs".into()));
        assert_eq!(zh.counted(2, "SLO", "SLOs"), "2 个 SLO");
    }
}
