//! Selectors made ready to be compared with many label sets.

use super::error::QueryError;
use super::re2;
use crate::domain::base::{Labels, Text};
use crate::domain::measure::{MatchOp, Selector};
use regex::Regex;

/// A compiled [`Selector`].
#[derive(Clone, Debug)]
pub struct SelectorMatcher(Vec<Condition>);

#[derive(Clone, Debug)]
struct Condition {
    name: Text,
    test: Test,
    wanted: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Same(Text),
    Pattern(Regex),
}

impl SelectorMatcher {
    /// Compiles a selector.
    ///
    /// # Errors
    /// A regular expression is broken; the place is that of the pattern within itself, for callers that know no text.
    pub fn new(selector: &Selector) -> Result<Self, QueryError> {
        let condition = |m: &crate::domain::measure::Matcher| {
            let test = match m.op {
                MatchOp::Equal | MatchOp::NotEqual => Test::Same(m.value.clone()),
                MatchOp::Regex | MatchOp::NotRegex => Test::Pattern(re2::compile(&m.value).map_err(|why| {
                    QueryError::new(format!("the regular expression of `{}` is broken: {why}", m.name), 0..m.value.len())
                })?),
            };
            Ok(Condition { name: m.name.clone(), test, wanted: matches!(m.op, MatchOp::Equal | MatchOp::Regex) })
        };
        let mut conditions = selector.matchers().iter().map(condition).collect::<Result<Vec<_>, QueryError>>()?;
        // Cheap comparisons first: most label sets fail on one of them.
        conditions.sort_by_key(|c| matches!(c.test, Test::Pattern(_)));
        Ok(Self(conditions))
    }

    /// Whether a label set is meant. An absent label is an empty one.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|c| {
            let value = labels.get(&c.name);
            c.wanted
                == match &c.test {
                    Test::Same(text) => **text == *value,
                    Test::Pattern(regex) => regex.is_match(value),
                }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(query: &str, labels: &[(&str, &str)]) -> bool {
        let crate::query::ast::Expr::Vector(pick) = crate::query::parse(query).unwrap() else { panic!("{query}") };
        SelectorMatcher::new(&pick.selector).unwrap().matches(&Labels::new(labels.iter().copied()))
    }

    #[test]
    fn an_absent_label_is_an_empty_one() {
        let labels = [("__name__", "up"), ("job", "api"), ("code", "503")];
        assert!(hits(r#"up{code=~"5..", job!="web", zone=""}"#, &labels));
        assert!(hits(r#"up{zone!="x", zone=~".*", job!~"web|db"}"#, &labels));
        assert!(!hits(r#"up{zone=~".+"}"#, &labels));
        assert!(!hits(r#"up{code=~"5"}"#, &labels));
        assert!(!hits(r#"{__name__!="up", job="api"}"#, &labels));
    }
}
