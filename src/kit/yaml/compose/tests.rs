//! Documents in, trees and problems out; hostile files.

use super::*;
use std::fmt::Write;

fn read(text: &str) -> (Vec<String>, Vec<String>) {
    let source = Source::new("f.yaml", text.into());
    let documents = compose(&source);
    let problems = documents
        .problems
        .iter()
        .map(|p| {
            let place = p.place.as_ref().unwrap();
            format!("{}:{} {} {}", place.line, place.column, p.code, p.message)
        })
        .collect();
    (documents.roots.iter().map(|n| show(n)).collect(), problems)
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

fn show(node: &Node) -> String {
    match &node.value {
        Value::Null => "~".into(),
        Value::Scalar { text, .. } => text.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(|n| show(n)).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            format!("{{{}}}", entries.iter().map(|e| format!("{}: {}", e.key, show(&e.value))).collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn odd_but_valid_files_are_read() {
    for (text, wanted) in [
        ("\u{feff}a: 1\r\nb: [x, \"y\"]\r\n", vec!["{a: 1, b: [x, y]}"]),
        ("a: 1\n---\n# nothing\n---\nb: 2\n...\n", vec!["{a: 1}", "{b: 2}"]),
        ("a: &x {k: v}\nb: *x\n", vec!["{a: {k: v}, b: {k: v}}"]),
        ("base: &x {k: v, l: w}\nb: {<<: *x, l: own}\n", vec!["{base: {k: v, l: w}, b: {l: own, k: v}}"]),
        ("p: 1.50\nq: 0x10\nr: yes\ns: !!str 5\n", vec!["{p: 1.50, q: 0x10, r: yes, s: 5}"]),
        ("a:\nb: ~\nc: 'null'\n", vec!["{a: ~, b: ~, c: null}"]),
        ("", vec![]),
        ("# only a remark\n", vec![]),
        ("--- {a: 1}\n", vec!["{a: 1}"]),
    ] {
        assert_eq!(read(text), (wanted.into_iter().map(String::from).collect(), vec![]), "{text:?}");
    }
}

#[test]
fn every_problem_is_told_with_its_place_and_other_documents_are_read() {
    for (text, roots, problems) in [
        (
            "a: 1\na: 2\nb: 3\nb: 4\n",
            vec!["{a: 1, b: 3}"],
            vec!["2:1 duplicate-key `a` is written twice", "4:1 duplicate-key `b` is written twice"],
        ),
        ("a:\n\tb: 1\n", vec![], vec!["2:1 yaml-tab a tab cannot indent YAML"]),
        ("a: 1\n---\nb: [1\n---\nc: 2\n", vec!["{a: 1}", "{c: 2}"], vec!["3:4 yaml-syntax `[` is never closed"]),
        ("a: b: c\n", vec![], vec!["1:5 yaml-syntax `: ` is not allowed here"]),
        ("a: *no\nb: 1\n", vec!["{a: ~, b: 1}"], vec!["1:4 unknown-anchor unknown anchor `no`"]),
        ("a: &x [*x]\n", vec!["{a: [~]}"], vec!["1:8 recursive-alias this alias stands inside its own anchor"]),
        ("[1, 2]: x\n", vec!["{}"], vec!["1:1 bad-key a key must be text, this is a list"]),
        ("a: !run x\n", vec!["{a: x}"], vec!["1:9 unknown-tag the tag `!run` is not understood"]),
        ("<<: 5\n", vec!["{}"], vec!["1:5 bad-merge `<<` merges mappings only"]),
        ("a: \"x\0y\"\n", vec![], vec!["1:6 yaml-syntax the character `\\u{0}` is not allowed here"]),
    ] {
        let wanted = (roots.into_iter().map(String::from).collect(), problems.into_iter().map(String::from).collect());
        assert_eq!(read(text), wanted, "{text:?}");
    }
}

#[test]
fn ten_thousand_levels_and_alias_bombs_are_refused_quickly() {
    let mut staircase = String::new();
    for i in 0..2_000 {
        staircase.push_str(&" ".repeat(i));
        staircase.push_str("a:\n");
    }
    for text in [
        "[".repeat(10_000),
        format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("{}x{}", "{a: ".repeat(10_000), "}".repeat(10_000)),
        staircase,
        "- ".repeat(10_000),
        "? ".repeat(10_000),
    ] {
        let (_, problems) = read(&text);
        assert!(problems.iter().any(|p| p.contains("too-deep")), "{problems:?}");
    }
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..30 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        writeln!(bomb, "a{i}: &a{i} [{aliases}]").unwrap();
    }
    let (roots, problems) = read(&bomb);
    assert_eq!(roots.len(), 0);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("too-many-values"));
    let mut deep = String::from("a0: &a0 [x]\n");
    for i in 1..200 {
        writeln!(deep, "a{i}: &a{i} [*a{}]", i - 1).unwrap();
    }
    assert!(read(&deep).1.iter().any(|p| p.contains("too-deep")));
}

#[test]
fn great_flat_files_take_linear_time() {
    let keys = lines(150_000, |i| format!("k{i}: {i}\n"));
    let (roots, problems) = read(&keys);
    assert_eq!((roots.len(), problems.len()), (1, 0));
    let line = format!("a: {}\n", "x".repeat(1_000_000));
    assert_eq!(read(&line).1.len(), 0);
    let merges = lines(2_000, |i| format!("m{i}: {{<<: *b}}\n"));
    let base = lines(1_000, |i| format!("k{i}: v, "));
    assert_eq!(read(&format!("b: &b {{{base}}}\n{merges}")).1.len(), 1);
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        if let Ok(source) = Source::decode("f.yaml", &bytes) {
            compose(&source);
        }
    }

    #[test]
    fn no_yaml_like_text_makes_it_panic(text in "([a-c&*!|>'\"\\[\\]{}:,?<#%@`~0-9. \t\r\n\u{feff}-]|<<: |--- |\\.\\.\\.\n|- |\n  ){0,80}") {
        let source = Source::new("f.yaml", text);
        for problem in compose(&source).problems {
            let place = problem.place.unwrap();
            proptest::prop_assert!(place.span.end <= source.text().len() && place.line >= 1 && place.column >= 1);
        }
    }
}
