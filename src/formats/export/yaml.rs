//! YAML out: just enough of it for rules, manifests and tests. Text that could be read as anything else is quoted.

use std::fmt::Write;

/// A tree to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Yaml {
    /// Text, quoted where it must be.
    Text(String),
    /// Text over several lines, as a block where it can be.
    Block(String),
    /// A number, or true or false, as it is.
    Bare(String),
    /// Items.
    List(Vec<Yaml>),
    /// Keys with values, in this order.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// Text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number, or true or false.
    pub(super) fn bare(text: impl Into<String>) -> Self {
        Self::Bare(text.into())
    }

    /// A mapping from pairs.
    pub(super) fn map<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(pairs.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }

    /// A mapping of texts.
    pub(super) fn texts<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        Self::map(pairs.into_iter().map(|(k, v)| (k.clone(), Self::text(v))))
    }

    /// The document's text, with a line break at its end.
    pub(super) fn document(&self) -> String {
        let mut out = String::new();
        value(&mut out, self, 0, true);
        out
    }
}

/// Writes a value whose key or dash is written already; `fresh`: nothing stands on the line yet.
fn value(out: &mut String, yaml: &Yaml, indent: usize, fresh: bool) {
    match yaml {
        Yaml::Text(text) => line(out, &scalar(text), fresh),
        Yaml::Bare(text) => line(out, text, fresh),
        Yaml::Block(text) => block(out, text, indent, fresh),
        Yaml::List(items) if items.is_empty() => line(out, "[]", fresh),
        Yaml::Map(pairs) if pairs.is_empty() => line(out, "{}", fresh),
        Yaml::List(items) => {
            out.push_str(if fresh { "" } else { "\n" });
            for (i, item) in items.iter().enumerate() {
                pad(out, indent, fresh && i == 0);
                out.push('-');
                match item {
                    Yaml::Map(pairs) if !pairs.is_empty() => {
                        out.push(' ');
                        entries(out, pairs, indent + 2, true);
                    }
                    other => value(out, other, indent + 2, false),
                }
            }
        }
        Yaml::Map(pairs) => {
            out.push_str(if fresh { "" } else { "\n" });
            entries(out, pairs, indent, fresh);
        }
    }
}

/// Writes keys with their values; the first one goes on where the line is when `begun`.
fn entries(out: &mut String, pairs: &[(String, Yaml)], indent: usize, begun: bool) {
    for (i, (key, of)) in pairs.iter().enumerate() {
        pad(out, indent, begun && i == 0);
        out.push_str(&scalar(key));
        out.push(':');
        // Lists stand under their key without a further indent, as Prometheus' own files have them.
        let deeper = if matches!(of, Yaml::List(_)) { indent } else { indent + 2 };
        value(out, of, deeper, false);
    }
}

fn pad(out: &mut String, indent: usize, begun: bool) {
    if !begun {
        out.extend(std::iter::repeat_n(' ', indent));
    }
}

fn line(out: &mut String, text: &str, fresh: bool) {
    let _ = writeln!(out, "{}{text}", if fresh { "" } else { " " });
}

fn block(out: &mut String, text: &str, indent: usize, fresh: bool) {
    let plain = text.chars().all(|c| c == '\n' || !is_odd(c)) && !text.starts_with(char::is_whitespace) && !text.ends_with('\n');
    if !text.contains('\n') || !plain {
        return line(out, &if plain && is_plain(text) { text.to_owned() } else { quoted(text) }, fresh);
    }
    line(out, "|-", fresh);
    for one in text.lines() {
        pad(out, if one.is_empty() { 0 } else { indent }, false);
        let _ = writeln!(out, "{one}");
    }
}

/// Characters that YAML reads as line breaks, refuses, or that nobody sees.
fn is_odd(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Text that every reader of YAML 1.1 and 1.2 takes for text.
fn is_plain(text: &str) -> bool {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
        && !words.iter().any(|w| text.eq_ignore_ascii_case(w))
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if is_odd(c) => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::yaml::{Source, compose};

    #[test]
    fn trees_are_written_as_people_write_them() {
        let tree = Yaml::map([
            ("groups", Yaml::List(vec![Yaml::map([("name", Yaml::text("a b")), ("rules", Yaml::List(vec![Yaml::text("x")]))])])),
            ("expr", Yaml::Block("a\n/\nb".into())),
            ("empty", Yaml::List(Vec::new())),
        ]);
        let expected = "groups:\n- name: \"a b\"\n  rules:\n  - x\nexpr: |-\n  a\n  /\n  b\nempty: []\n";
        assert_eq!(tree.document(), expected);
    }

    proptest::proptest! {
        #[test]
        fn any_text_reads_back_as_itself(text in ".{0,40}", key in "[a-z]{1,5}", more in "(?s).{0,20}") {
            let tree = Yaml::map([(key.clone(), Yaml::text(&text)), ("block_".to_owned(), Yaml::Block(more.clone()))]);
            let written = tree.document();
            let read = compose(&Source::new("x.yaml", written.clone()));
            proptest::prop_assert!(read.problems.is_empty(), "{written}: {:?}", read.problems);
            let root = &read.roots[0];
            let got = |key: &str| root.get(key).and_then(|n| n.text()).map(|t| t.to_string());
            proptest::prop_assert_eq!(got(&key), Some(text), "{}", written);
            proptest::prop_assert_eq!(got("block_"), Some(more), "{}", written);
        }
    }
}
