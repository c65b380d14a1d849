//! Every page runs as written.

use super::page::{self, Step};
use super::{RENEW, paths, read, renews, root, run, write};

/// The pages of one kind, in the order of their paths.
fn run_all(mine: fn(&str) -> bool) {
    let only = std::env::var("PAGE").unwrap_or_default();
    let mut problems = Vec::new();
    let (mut pages, mut commands) = (0, 0);
    for path in paths().iter().filter(|path| mine(path) && path.contains(&only)) {
        let text = read(path);
        let steps = match page::read(&text) {
            Ok(steps) => steps,
            Err(why) => {
                problems.push(format!("{path}: {why}"));
                continue;
            }
        };
        if !steps.iter().any(|step| matches!(step, Step::Run(_))) {
            continue;
        }
        let Some(outcome) = run::run(path, &steps) else {
            eprintln!("skipped: {path}");
            continue;
        };
        pages += 1;
        commands += outcome.ran;
        if !outcome.fresh.is_empty() {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            for (place, fresh) in outcome.fresh.into_iter().rev() {
                lines.splice(place, fresh);
            }
            write(path, &(lines.join("\n") + "\n"));
        }
        problems.extend(outcome.problems);
    }
    eprintln!("{commands} commands of {pages} pages ran");
    assert!(problems.is_empty(), "{}\n\nif the program is right: {RENEW}", problems.join("\n\n"));
}

#[test]
fn the_readme_and_the_tutorial_run() {
    run_all(|path| path == "README.md" || path == "docs/tutorial.md");
}

#[test]
fn the_how_to_pages_run() {
    run_all(|path| path.starts_with("docs/how-to/"));
}

#[test]
fn the_reference_and_the_explanations_run() {
    run_all(|path| !path.starts_with("docs/how-to/") && path != "README.md" && path != "docs/tutorial.md");
}

/// What does not run stands in a list with its reason, so that it is seen when it grows.
#[test]
fn what_does_not_run_is_listed_with_its_reason() {
    let list = "tests/book/not-run.txt";
    let mut lines = Vec::new();
    let mut empty = Vec::new();
    for path in paths() {
        for step in page::read(&read(&path)).unwrap_or_else(|why| panic!("{path}: {why}")) {
            if let Step::NotRun { line, first, reason } = step {
                if reason.len() < 10 {
                    empty.push(format!("{path}:{line}: say why"));
                }
                lines.push(format!("{path}: {first}\n    {reason}"));
            }
        }
    }
    assert!(empty.is_empty(), "{}", empty.join("\n"));
    let text = format!("{} blocks of commands do not run in tests, for these reasons:\n\n{}\n", lines.len(), lines.join("\n"));
    eprint!("{text}");
    if renews() {
        std::fs::write(root().join(list), &text).unwrap();
    }
    let known = std::fs::read_to_string(root().join(list)).unwrap_or_default();
    assert_eq!(known, text, "{list} is not fresh; {RENEW} renews it");
}
