//! Case files: text in, text out. Each block has a title, an input and, after `--`, the answer.
//!
//! With `UPDATE_EXPECT=1` wrong answers are written into the files; look at what changed.

use burnledger::domain::base::{Problem, ProblemLevel};
use std::fmt::Write;
use std::path::Path;

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
        let input = rest[..split].to_owned();
        let answer_at = end - (rest.len() - split - 3);
        out.push(Case { title, input, expected: text[answer_at..end].trim(), at: answer_at..end });
        from = end - 1;
    }
    out
}

/// A problem in one line, with advice below it.
pub(super) fn line(problem: &Problem) -> String {
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

/// Runs every case of a file below this folder; `answer` gets title and input.
pub(super) fn run_cases(file: &str, answer: impl Fn(&str, &str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verbs").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut fresh = text.clone();
    let mut wrong = Vec::new();
    let cases = cases(&text);
    assert!(cases.len() > 3, "{file} has no cases");
    for case in cases.iter().rev() {
        let got = answer(case.title, &case.input);
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
