//! Label sets of series: sorted by name, without empty values, cheap to clone.

use super::Text;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A label set. The metric's name is the label `__name__`.
#[derive(Clone, Debug, Default, Eq, PartialOrd, Ord)]
pub struct Labels(Arc<[(Text, Text)]>);

impl PartialEq for Labels {
    /// Sets that share their memory are the same without a look: those of one source mostly do, at every tick.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Labels {
    /// Builds a set from pairs in any order. Empty values are left out, as Prometheus does; of a repeated name the last stays.
    pub fn new<K: Into<Text>, V: Into<Text>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut list: Vec<(Text, Text)> = pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        list.sort_by(|a, b| a.0.cmp(&b.0));
        let mut out: Vec<(Text, Text)> = Vec::with_capacity(list.len());
        for pair in list {
            match out.last_mut() {
                Some(last) if last.0 == pair.0 => *last = pair,
                _ => out.push(pair),
            }
        }
        out.retain(|(_, v)| !v.is_empty());
        Self(out.into())
    }

    /// The value of `name`; empty when the label is absent, as in PromQL.
    pub fn get(&self, name: &str) -> &str {
        self.0.binary_search_by(|(k, _)| (**k).cmp(name)).map_or("", |i| &self.0[i].1)
    }

    /// They are one in memory: equal, without a look.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The pairs in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (&**k, &**v))
    }

    /// Number of labels.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True for the empty set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels named in `names`, the rest left out.
    #[must_use]
    pub fn only(&self, names: &[Text]) -> Self {
        Self(self.0.iter().filter(|(k, _)| names.contains(k)).cloned().collect())
    }

    /// The labels but those named in `names`.
    #[must_use]
    pub fn without(&self, names: &[Text]) -> Self {
        Self(self.0.iter().filter(|(k, _)| !names.contains(k)).cloned().collect())
    }
}

impl fmt::Display for Labels {
    /// PromQL's form: `name{a="b"}`, with `\`, `"` and line breaks escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get("__name__"))?;
        let mut first = true;
        for (k, v) in self.iter().filter(|(k, _)| *k != "__name__") {
            f.write_str(if first { "{" } else { ", " })?;
            first = false;
            write!(f, "{k}=\"")?;
            escape(f, v)?;
            f.write_str("\"")?;
        }
        f.write_str(if first { "" } else { "}" })
    }
}

/// Writes `value` as it stands between double quotes in PromQL.
pub(crate) fn escape(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    use fmt::Write;
    for c in value.chars() {
        match c {
            '\\' => f.write_str("\\\\")?,
            '"' => f.write_str("\\\"")?,
            '\n' => f.write_str("\\n")?,
            _ => f.write_char(c)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_and_empty_values_mean_absent() {
        let labels = Labels::new([("job", "api"), ("__name__", "up"), ("zone", ""), ("a", "x\"y")]);
        assert_eq!(labels.to_string(), r#"up{a="x\"y", job="api"}"#);
        assert_eq!(labels.get("zone"), "");
        assert_eq!(labels.get("job"), "api");
        assert_eq!(labels.only(&["job".into()]).to_string(), r#"{job="api"}"#);
    }
}
