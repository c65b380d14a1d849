//! A text that a pattern matches: for made-up series in generated tests.

use super::{compile, translate};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Longest text that is made.
const LONGEST: usize = 200;

/// A short text that a PromQL pattern matches, not empty where that is possible; `None` for broken and for odd patterns.
pub fn example(pattern: &str) -> Option<String> {
    let hir = regex_syntax::parse(&format!("(?s:{})", translate(pattern).ok()?)).ok()?;
    let mut out = String::new();
    append(&hir, &mut out)?;
    compile(pattern).ok()?.is_match(&out).then_some(out)
}

fn append(hir: &Hir, out: &mut String) -> Option<()> {
    if out.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => out.push(of_class(class)?),
        HirKind::Repetition(times) => {
            for _ in 0..times.min.max(1).min(times.max.unwrap_or(u32::MAX)) {
                append(&times.sub, out)?;
            }
        }
        HirKind::Capture(capture) => append(&capture.sub, out)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| append(part, out))?,
        HirKind::Alternation(parts) => append(parts.first()?, out)?,
    }
    Some(())
}

/// A digit or a letter where the class has one, else its first character that can be seen.
fn of_class(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let has = |c: &char| class.ranges().iter().any(|r| r.start() <= *c && *c <= r.end());
    ['0', 'a', 'A'].into_iter().chain('!'..='~').find(has).or_else(|| class.ranges().first().map(|r| r.start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_short_and_match() {
        for (pattern, text) in
            [("5..", "500"), ("(5..|429)", "500"), ("4..|5..", "400"), (".+", "0"), (".*", "0"), ("[^5].*", "00"), ("GET", "GET")]
        {
            assert_eq!(example(pattern).as_deref(), Some(text), "{pattern}");
        }
        assert_eq!(example("("), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_made_matches(pattern in r"[a-c.\\[\\]|()*+?^$]{0,12}") {
            if let (Some(text), Ok(regex)) = (example(&pattern), compile(&pattern)) {
                proptest::prop_assert!(regex.is_match(&text));
            }
        }
    }
}
