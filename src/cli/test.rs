//! `test`: unit tests of SLOs. What is not as expected goes to stdout, the summary to stderr.

use super::{Common, Exit, Format, Out};
use crate::app::casefile::{TestedCase, TestedFile, test_file};
use crate::domain::base::{Ms, ProblemLevel, Span};
use crate::domain::review::casefile::{Mismatch, Seen};
use crate::formats::render;
use crate::words::{escape, plural};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `test`.
#[derive(Clone, Debug, Args)]
pub struct TestArgs {
    /// Test files: `version: burnledger-test/v1`
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Run only cases whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub only: String,
}

/// Runs the verb: 0 when everything is as expected, 1 when something is not or a file has errors, 2 when one cannot be read.
pub async fn run(args: &TestArgs, common: &Common, out: &mut Out) -> Exit {
    let mut tested = Vec::with_capacity(args.files.len());
    for path in &args.files {
        let file = test_file(path, &args.only).await;
        for problem in &file.problems {
            let text = render::problem(problem, out.talk_color, out.width);
            out.say(&text);
            out.say("");
        }
        if common.format == Format::Text {
            print_file(path, &file, out);
        }
        tested.push(file);
    }
    if common.format == Format::Json {
        out.line(&format!("{:#}", as_json(args, &tested)));
    }
    out.say(&summary(args, &tested));
    exit(args, &tested)
}

fn exit(args: &TestArgs, tested: &[TestedFile]) -> Exit {
    let errors = || tested.iter().flat_map(|f| &f.problems).filter(|p| p.level == ProblemLevel::Error);
    if errors().any(|p| p.place.is_none()) {
        return Exit::Usage;
    }
    let none_ran = tested.iter().all(|f| f.cases.is_empty());
    if errors().next().is_none() && none_ran && !args.only.is_empty() {
        return Exit::Usage;
    }
    let passed = tested.iter().flat_map(|f| &f.cases).all(|c| c.outcome.is_passed());
    if passed && errors().next().is_none() { Exit::Fine } else { Exit::No }
}

fn summary(args: &TestArgs, tested: &[TestedFile]) -> String {
    let cases = tested.iter().map(|f| f.cases.len()).sum::<usize>();
    if cases == 0 && !args.only.is_empty() {
        return format!("no case has `{}` in its name", escape::terminal(&args.only));
    }
    let failed = tested.iter().flat_map(|f| &f.cases).filter(|c| !c.outcome.is_passed()).count();
    let files = plural::counted(tested.len(), "file", "files");
    let broken = tested.iter().filter(|f| f.problems.iter().any(|p| p.level == ProblemLevel::Error)).count();
    let broken = if broken == 0 { String::new() } else { format!("; {} not run", plural::counted(broken, "file", "files")) };
    let all = plural::counted(cases, "case", "cases");
    if cases == 0 && !broken.is_empty() {
        return format!("no case was run in {files}{broken}");
    }
    match failed {
        0 => format!("{all} in {files}: as expected{broken}"),
        _ => format!("{all} in {files}: {failed} not as expected{broken}"),
    }
}

fn print_file(path: &Path, file: &TestedFile, out: &mut Out) {
    let (red, green, off) = if out.color { ("\x1b[1;31m", "\x1b[32m", "\x1b[0m") } else { ("", "", "") };
    let name = escape::terminal(&path.display().to_string());
    for case in &file.cases {
        let title = escape::terminal(&case.name);
        if case.outcome.is_passed() {
            out.line(&format!("{green}ok{off}    {title}"));
            continue;
        }
        out.line(&format!("{red}FAIL{off}  {title}  ({name}:{})", case.line));
        for error in &case.outcome.errors {
            out.line(&format!("      not judged: {}", escape::terminal(&error.to_string())));
        }
        for block in blocks(&case.outcome.mismatches) {
            print_block(case, block, out);
        }
    }
}

/// Neighbours that concern the same track at the same instant.
fn blocks(all: &[Mismatch]) -> impl Iterator<Item = &[Mismatch]> {
    all.chunk_by(|a, b| a.at == b.at && a.of == b.of)
}

fn print_block(case: &TestedCase, block: &[Mismatch], out: &mut Out) {
    let Some(first) = block.first() else { return };
    let of = escape::terminal(&first.of);
    match first.at {
        Some(at) => out.line(&format!("      {of} at {}", moment(case.start, at))),
        None => out.line(&format!("      {of}")),
    }
    let width = block.iter().map(|m| m.field.chars().count()).max().unwrap_or(0);
    for one in block {
        let (field, wanted) = (escape::terminal(&one.field), escape::terminal(&one.wanted));
        let seen = told(&one.seen, &one.wanted, case.start);
        out.line(&format!("        {field:width$}  expected {wanted}, is {}  (line {})", escape::terminal(&seen), one.line));
    }
}

/// An instant as the file would write it: the time since the start.
fn moment(start: Ms, at: Ms) -> String {
    if at < start { at.rfc3339() } else { at.since(start).to_string() }
}

/// What was found, in the form in which the expectation was written.
fn told(seen: &Seen, wanted: &str, start: Ms) -> String {
    match seen {
        Seen::None => "none".into(),
        Seen::Word(word) => word.to_string(),
        Seen::Number(n) if wanted.ends_with('%') => format!("{}%", figures(n * 100.0)),
        Seen::Number(n) => duration(*n, wanted).unwrap_or_else(|| figures(*n)),
        Seen::Capped(seconds) => format!("at least {}s", figures(*seconds)),
        Seen::Time(at) => moment(start, *at),
        Seen::Words(words) if words.is_empty() => "none".into(),
        Seen::Words(words) => words.join(", "),
    }
}

/// Seconds as a duration, where one was expected.
fn duration(seconds: f64, wanted: &str) -> Option<String> {
    let wanted = wanted.trim_start_matches(['<', '>', '=', ' ']);
    let is_one = Span::parse(wanted).is_ok() && wanted.ends_with(char::is_alphabetic);
    (is_one && seconds.is_finite()).then(|| Span((seconds * 1000.0).round() as i64).to_string())
}

/// At most six decimals, without zeros at the end.
fn figures(n: f64) -> String {
    let text = format!("{n:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

fn as_json(args: &TestArgs, tested: &[TestedFile]) -> Value {
    let files: Vec<Value> = args.files.iter().zip(tested).map(|(path, file)| file_json(path, file)).collect();
    let all = || tested.iter().flat_map(|f| &f.cases);
    let passed = all().filter(|c| c.outcome.is_passed()).count();
    json!({"files": files, "passed": passed, "failed": all().count() - passed})
}

fn file_json(path: &Path, file: &TestedFile) -> Value {
    let problem = |p: &crate::domain::base::Problem| json!({"code": p.code, "message": p.message, "line": p.place.as_ref().map(|at| at.line)});
    let problems: Vec<Value> = file.problems.iter().map(problem).collect();
    let cases: Vec<Value> = file.cases.iter().map(case_json).collect();
    json!({"file": path.display().to_string(), "problems": problems, "cases": cases})
}

fn case_json(case: &TestedCase) -> Value {
    let mismatch = |m: &Mismatch| {
        let seen = told(&m.seen, &m.wanted, case.start);
        json!({"line": m.line, "at": m.at.map(Ms::rfc3339), "of": &*m.of, "field": &*m.field, "expected": &*m.wanted, "is": seen})
    };
    let mismatches: Vec<Value> = case.outcome.mismatches.iter().map(mismatch).collect();
    let errors: Vec<String> = case.outcome.errors.iter().map(ToString::to_string).collect();
    json!({"name": &*case.name, "line": case.line, "passed": case.outcome.is_passed(), "mismatches": mismatches, "errors": errors})
}
