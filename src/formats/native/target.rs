//! `target:` of an SLO, with an answer for each way to get it wrong.

use crate::domain::base::{Problem, Target};
use crate::domain::objective::Sli;
use crate::kit::yaml::{Fields, Findings, Node, Style, Value};
use rust_decimal::Decimal;

/// Outer `None` after an error; inner `None` for occurrences, which have no target.
#[expect(clippy::option_option, reason = "absent by error and absent by kind are different")]
pub(super) fn read(out: &mut Findings<'_>, fields: &Fields<'_>, sli: Option<&Sli>) -> Option<Option<Target>> {
    if let Some(Sli::Occurrences { .. }) = sli {
        if let Some(span) = fields.key_span("target") {
            let message = "occurrences have no target: `allowed` says how many may happen";
            out.error_hint("needless-target", &span, message, "remove `target`");
            return None;
        }
        return Some(None);
    }
    if let Some(Sli::Composite(_)) = sli {
        return Some(None);
    }
    // Without a sound SLI nobody knows whether a target is needed.
    if sli.is_none() && !fields.has("target") {
        return None;
    }
    let node = fields.need(out, "target", "an SLO")?;
    let text = out.text(node, "`target`")?.trim().to_owned();
    let target = Target::parse(&text);
    if target.is_none() {
        let problem = wrong(&text, node).at(out.place(node.span.clone()));
        out.push(problem);
    }
    target.map(Some)
}

/// Why a text is no target.
fn wrong(text: &str, node: &Node) -> Problem {
    let percent = text.ends_with('%');
    let share = text.trim_end_matches('%').trim();
    let number: Option<Decimal> = share.parse().ok();
    let (zero, one, hundred) = (Decimal::ZERO, Decimal::ONE, Decimal::ONE_HUNDRED);
    let say = |message: &str, hint: &str| Problem::error("bad-target", message).hint(hint);
    match number {
        Some(n) if n == zero => say("a target of 0 promises nothing", "targets lie between 0 and 100 %, such as 99.9%"),
        Some(n) if n == hundred || (n == one && !percent) => say(
            "a target of 100 % leaves no error budget: every burn rate would be infinite",
            "promise a little less, such as 99.99%",
        ),
        Some(n) if n > one && n < hundred && !percent => {
            let mut problem = say(&format!("`target: {share}` is more than 1"), &format!("did you mean `{share}%`?"));
            let plain = matches!(&node.value, Value::Scalar { style: Style::Plain, .. });
            problem.replacement = plain.then(|| format!("{share}%"));
            problem
        }
        _ => say("`target` must be a share between 0 and 100 %", "targets look like 99.9% or 0.999"),
    }
}
