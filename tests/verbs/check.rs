//! `check`: bad files in, problems out; and the verb itself, with its streams and exit codes.
//!
//! The cases are text files beside this one, so that a reader sees file and answer together.

use burnledger::domain::base::{Problem, ProblemLevel};
use burnledger::formats::{InputFile, LoadOptions, Loaded, load_files};
use std::fmt::Write;
use std::path::Path;

const HEAD: &str = "version: burnledger/v1\nservice: s\nslos:\n";

/// One block of a case file.
struct Case<'a> {
    title: &'a str,
    input: String,
    expected: &'a str,
    /// Bytes of the answer in the case file.
    at: std::ops::Range<usize>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("\n== ").map(|i| from + i + 1) {
        let end = text[start..].find("\n== ").map_or(text.len(), |i| start + i + 1);
        let block = &text[start..end];
        let (title, rest) = block[3..].split_once('\n').unwrap();
        let split = rest.rfind("\n--\n").unwrap() + 1;
        let input = if title.starts_with("slo") { format!("{HEAD}{}", &rest[..split]) } else { rest[..split].to_owned() };
        let answer_at = end - (rest.len() - split - 3);
        out.push(Case { title, input, expected: text[answer_at..end].trim(), at: answer_at..end });
        from = end - 1;
    }
    out
}

fn line(problem: &Problem) -> String {
    let place = problem.place.as_ref().map_or_else(|| "-".to_owned(), |p| format!("{}:{}", p.line, p.column));
    let level = if problem.level == ProblemLevel::Error { "error" } else { "warning" };
    let mut text = format!("{place} {level} {}: {}", problem.code, problem.message);
    if let Some(hint) = &problem.hint {
        write!(text, "\n    hint: {hint}").unwrap();
    }
    if let Some(new) = &problem.replacement {
        write!(text, "\n    write: {new}").unwrap();
    }
    text
}

fn answer(loaded: &Loaded) -> String {
    let mut out = String::new();
    for problem in &loaded.rulebook.problems {
        writeln!(out, "{}", line(problem)).unwrap();
    }
    let kept: Vec<&str> = loaded.rulebook.slos.iter().map(|s| s.id.as_str()).collect();
    if !kept.is_empty() {
        writeln!(out, "kept: {}", kept.join(", ")).unwrap();
    }
    if let Some(business) = &loaded.rulebook.business {
        let names: Vec<&str> = business.streams.iter().map(|s| &*s.name).collect();
        writeln!(out, "business: streams [{}], not known [{}]", names.join(", "), business.nulls.join(", ")).unwrap();
    }
    out
}

fn run_cases(file: &str, input_name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verbs/check").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut fresh = text.clone();
    let mut wrong = Vec::new();
    let cases = cases(&text);
    assert!(cases.len() > 3, "{file} has no cases");
    for case in cases.iter().rev() {
        let loaded = load_files(&[InputFile::new(input_name, case.input.as_str())], &LoadOptions::default());
        let got = answer(&loaded);
        if got.trim() != case.expected {
            wrong.push(format!("== {}\n{got}", case.title));
            fresh.replace_range(case.at.clone(), &format!("{got}\n"));
        }
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, fresh).unwrap();
    } else {
        assert!(wrong.is_empty(), "{file}: other answers than expected:\n\n{}", wrong.join("\n"));
    }
}

#[test]
fn bad_slo_files_get_the_answers_of_their_cases() {
    run_cases("slos.case", "a.yaml");
}

#[test]
fn bad_business_files_get_the_answers_of_their_cases() {
    run_cases("business.case", "business.yaml");
}
