//! A supposed change as people write it on the command line: `target=99.5% slo=checkout/availability`.
//!
//! Deliberately absent: trying it out.

use super::find_policy;
use crate::domain::base::{Problem, Span, Target};
use crate::domain::objective::{Change, Guards};
use rust_decimal::Decimal;
use std::path::PathBuf;

const KEYS: [&str; 6] = ["target", "burn", "period", "guards", "severity", "slo"];
/// Longest period that is supposed; the same as of SLO files.
const LONGEST_PERIOD: Span = Span::from_days(366);

/// Reads the words of one change. Policies are those shipped, those beside `slos`, and files.
///
/// # Errors
/// What is wrong, with advice.
pub fn read(words: &[String], slos: &[PathBuf]) -> Result<Change, Vec<Problem>> {
    let mut change = Change { text: words.join(" ").into(), ..Change::default() };
    for word in words.iter().flat_map(|w| w.split_whitespace()) {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let set = |what: &str, hint: &str| vec![Problem::error("bad-what-if", what.to_owned()).hint(hint)];
        match key {
            "target" => {
                let target = Target::parse(value);
                change.target = Some(target.ok_or_else(|| set(&format!("`{word}` is no target"), "write `target=99.5%`"))?);
            }
            "period" => {
                let period = Span::parse(value).ok().filter(|p| *p > Span::from_hours(1) && *p <= LONGEST_PERIOD);
                let hint = "write `period=28d`: more than an hour, at most 366 days";
                change.period = Some(period.ok_or_else(|| set(&format!("`{word}` is no period"), hint))?);
            }
            "guards" => {
                let hint = "write `guards=none`, `guards=default` or `guards=min_bad:5,confidence:0.99`";
                change.guards = Some(guards(value).ok_or_else(|| set(&format!("`{word}` says no guards"), hint))?);
            }
            "burn" => {
                let hint = "write `burn=14.4:10`: rules that fire above 14.4x fire above 10x instead";
                change.burns.push(burns(value).ok_or_else(|| set(&format!("`{word}` says no threshold"), hint))?);
            }
            "severity" => change.policy = Some(find_policy(value, slos)?),
            "slo" if !value.is_empty() => change.slos.push(value.into()),
            _ => {
                let hint =
                    format!("changes are {}, such as `target=99.5% slo=checkout`", KEYS.map(|k| format!("{k}=")).join(", "));
                return Err(set(&format!("`{word}` is no change"), &hint));
            }
        }
    }
    let nothing = (&change.target, &change.period, &change.guards, &change.policy) == (&None, &None, &None, &None);
    if nothing && change.burns.is_empty() {
        let hint = "write at least one of target=, burn=, period=, guards= and severity=";
        return Err(vec![Problem::error("bad-what-if", format!("`{}` changes nothing", change.text)).hint(hint)]);
    }
    Ok(change)
}

/// `14.4:10`, each with or without its `x`.
fn burns(text: &str) -> Option<(Decimal, Decimal)> {
    let factor = |text: &str| {
        let factor: Decimal = text.trim_end_matches('x').parse().ok()?;
        (factor > Decimal::ZERO && factor <= Decimal::from(1_000_000)).then(|| factor.normalize())
    };
    let (from, to) = text.split_once(':')?;
    Some((factor(from)?, factor(to)?))
}

fn guards(text: &str) -> Option<Guards> {
    match text {
        "none" => return Some(Guards::NONE),
        "default" => return Some(Guards::default()),
        _ => {}
    }
    let mut guards = Guards::default();
    for part in text.split(',') {
        let (key, value) = part.split_once(':')?;
        let number: f64 = value.parse().ok()?;
        match key {
            "min_bad" if (0.0..=1e9).contains(&number) => guards.min_bad = number,
            "confidence" if (0.0..1.0).contains(&number) => guards.confidence = number,
            _ => return None,
        }
    }
    Some(guards)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match read(&[text.to_owned()], &[]) {
            Ok(c) => {
                let policy = c.policy.map(|p| (p.name.to_string(), p.tiers.len(), p.breach.len()));
                let target = c.target.map(|t| t.to_string());
                let guards = c.guards.map(|g| (g.min_bad, g.confidence, g.young_history));
                format!("{:?} {target:?} {:?} {guards:?} {policy:?}", c.slos, c.period.map(|p| p.to_string()))
            }
            Err(problems) => {
                let told = |p: &Problem| format!("{} | {}", p.message, p.hint.clone().unwrap_or_default());
                problems.iter().map(told).collect::<Vec<_>>().join("\n")
            }
        }
    }

    #[test]
    fn changes_are_read_as_they_are_written() {
        for (text, expect) in [
            ("target=99.5% slo=shop slo=pay/success", r#"["shop", "pay/success"] Some("99.5%") None None None"#),
            ("period=28d guards=none", r#"[] None Some("28d") Some((0.0, 0.0, false)) None"#),
            ("guards=min_bad:5,confidence:0.99", "[] None None Some((5.0, 0.99, true)) None"),
            ("severity=decision-tree", r#"[] None None None Some(("decision-tree", 0, 4))"#),
        ] {
            assert_eq!(told(text), expect, "{text}");
        }
    }

    #[test]
    fn what_is_no_change_is_refused_with_advice() {
        for (text, what) in [
            ("target=100%", "`target=100%` is no target"),
            ("period=5m", "`period=5m` is no period"),
            ("burn=14.4", "`burn=14.4` says no threshold"),
            ("burn=0:1", "`burn=0:1` says no threshold"),
            ("guards=some", "`guards=some` says no guards"),
            ("guards=confidence:2", "`guards=confidence:2` says no guards"),
            ("targets=99%", "`targets=99%` is no change"),
            ("slo=shop", "`slo=shop` changes nothing"),
            ("severity=nobody.yaml", "`nobody.yaml` is neither a severity policy nor a file | policies are google-sre"),
        ] {
            assert!(told(text).starts_with(what), "{text}: {}", told(text));
        }
    }
}
