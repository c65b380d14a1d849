//! Selectors: which series are meant, in PromQL's terms, without a range.

use crate::domain::base::labels::escape;
use crate::domain::base::{Labels, Text};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`, anchored at both ends
    Regex,
    /// `!~`, anchored at both ends
    NotRegex,
}

impl MatchOp {
    /// The operator as PromQL writes it.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        }
    }
}

/// One condition on a label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Matcher {
    /// Label name; `__name__` for the metric.
    pub name: Text,
    /// Comparison.
    pub op: MatchOp,
    /// Value or pattern, unescaped.
    pub value: Text,
}

/// A set of conditions. Two selectors that mean the same compare equal: matchers are sorted and unique. Cheap to clone: the same
/// ones are asked at every tick.
#[derive(Clone, Debug, Eq, PartialOrd, Ord)]
pub struct Selector(Arc<[Matcher]>);

impl PartialEq for Selector {
    /// A selector and its clones are the same without a look.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Hash for Selector {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Selector {
    /// A selector from matchers in any order.
    pub fn new(mut matchers: Vec<Matcher>) -> Self {
        matchers.sort();
        matchers.dedup();
        Self(matchers.into())
    }

    /// The selector of one metric without other conditions.
    pub fn metric(name: &str) -> Self {
        Self([Matcher { name: "__name__".into(), op: MatchOp::Equal, value: name.into() }].into())
    }

    /// The conditions, sorted by label name.
    pub fn matchers(&self) -> &[Matcher] {
        &self.0
    }

    /// The metric's name where one is demanded by equality.
    pub fn name(&self) -> Option<&str> {
        self.0.iter().find(|m| &*m.name == "__name__" && m.op == MatchOp::Equal).map(|m| &*m.value)
    }

    /// The same selector with one more condition.
    #[must_use]
    pub fn and(&self, name: &str, op: MatchOp, value: &str) -> Self {
        let mut matchers = self.0.to_vec();
        matchers.push(Matcher { name: name.into(), op, value: value.into() });
        Self::new(matchers)
    }

    /// The same selector for another metric.
    #[must_use]
    pub fn renamed(&self, metric: &str) -> Self {
        Self(self.0.iter().filter(|m| &*m.name != "__name__").cloned().collect()).and("__name__", MatchOp::Equal, metric)
    }

    /// Decides by equality conditions alone; regex conditions count as met. For quick refusals; see `query` for the whole rule.
    pub fn may_match(&self, labels: &Labels) -> bool {
        self.0.iter().all(|m| match m.op {
            MatchOp::Equal => labels.get(&m.name) == &*m.value,
            MatchOp::NotEqual => labels.get(&m.name) != &*m.value,
            MatchOp::Regex | MatchOp::NotRegex => true,
        })
    }
}

impl fmt::Display for Selector {
    /// PromQL: `http_requests_total{code=~"5..", job="checkout"}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.name().filter(|n| is_metric_name(n));
        f.write_str(plain.unwrap_or(""))?;
        let rest: Vec<&Matcher> =
            self.0.iter().filter(|m| plain.is_none() || &*m.name != "__name__" || m.op != MatchOp::Equal).collect();
        if rest.is_empty() && plain.is_some() {
            return Ok(());
        }
        f.write_str("{")?;
        for (i, m) in rest.iter().enumerate() {
            f.write_str(if i > 0 { ", " } else { "" })?;
            label_name(f, &m.name)?;
            write!(f, "{}\"", m.op.sign())?;
            escape(f, &m.value)?;
            f.write_str("\"")?;
        }
        f.write_str("}")
    }
}

/// A label's name; in quotes where its characters demand them (UTF-8 names of Prometheus 3).
fn label_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if is_metric_name(name) && !name.contains(':') {
        return f.write_str(name);
    }
    f.write_str("\"")?;
    escape(f, name)?;
    f.write_str("\"")
}

/// True for names that PromQL accepts in front of the braces.
fn is_metric_name(name: &str) -> bool {
    let ok = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    name.starts_with(|c: char| ok(c) && !c.is_ascii_digit()) && name.chars().all(ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_print_as_promql_and_compare_by_meaning() {
        let a = Selector::metric("up").and("job", MatchOp::Equal, "a\"b").and("code", MatchOp::Regex, "5..");
        let b = Selector::metric("up").and("code", MatchOp::Regex, "5..").and("job", MatchOp::Equal, "a\"b");
        assert_eq!(a, b);
        assert_eq!(a.to_string(), r#"up{code=~"5..", job="a\"b"}"#);
        assert_eq!(Selector::metric("up").to_string(), "up");
        assert_eq!(Selector::metric("http.dur").to_string(), r#"{__name__="http.dur"}"#);
        assert_eq!(Selector::metric("x").and("le.x", MatchOp::Equal, "5").to_string(), r#"x{"le.x"="5"}"#);
        assert_eq!(a.renamed("down").name(), Some("down"));
    }
}
