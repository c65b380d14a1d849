//! `--help` has examples for every verb, they parse, and so do the commands that pages mention in passing. Typos are answered
//! with what was probably meant.

use super::{paths, read};
use burnledger::cli::examples;
use clap::Command;
use clap::error::ErrorKind;

/// Words as a shell makes them, up to a pipe or a redirection; `None` for what is no plain command.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => (quote, any) = (Some(c), true),
            (None, '|' | '>' | '<' | ';' | '&') => break,
            (None, c) if c.is_whitespace() => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            (Some(_) | None, c) => word.push(c),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    (quote.is_none() && words.first().is_some_and(|w| w == "burnledger")).then_some(words)
}

/// What clap says of a command line; `--help` and `--version` are fine, and so are the kinds of error that are forgiven.
fn parse_but(line: &str, forgiven: &[ErrorKind]) -> Result<(), String> {
    let words = words(line).ok_or_else(|| format!("`{line}` is no command line"))?;
    match burnledger::cli::command().try_get_matches_from(&words) {
        Err(error) if error.use_stderr() && !forgiven.contains(&error.kind()) => Err(format!("`{line}`: {error}")),
        _ => Ok(()),
    }
}

fn parse(line: &str) -> Result<(), String> {
    parse_but(line, &[])
}

fn verbs(command: &Command, path: &str, found: &mut Vec<String>) {
    for sub in command.get_subcommands() {
        let path = if path.is_empty() { sub.get_name().to_owned() } else { format!("{path} {}", sub.get_name()) };
        found.push(path.clone());
        verbs(sub, &path, found);
    }
}

#[test]
fn every_verb_has_examples_and_each_of_them_parses() {
    let mut all = Vec::new();
    verbs(&burnledger::cli::command(), "", &mut all);
    let mut problems = Vec::new();
    for verb in &all {
        if examples::of(verb).is_empty() {
            problems.push(format!("`{verb}` has no example: add one to the table in src/cli/examples.rs"));
        }
    }
    for (verb, list) in examples::TABLE {
        if !all.iter().any(|v| v == verb) {
            problems.push(format!("there is no verb `{verb}`; its examples stand in src/cli/examples.rs"));
        }
        for (line, what) in *list {
            problems.extend(parse(line).err());
            if !format!("{line} ").starts_with(&format!("burnledger {verb} ")) || what.is_empty() {
                problems.push(format!("`{line}` is no example of `{verb}`"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn help_ends_with_the_examples() {
    let mut command = burnledger::cli::command();
    let status = command.find_subcommand_mut("status").unwrap().render_help().to_string();
    assert!(status.contains("Examples:\n  burnledger status\n      every SLO, now\n"), "{status}");
    let own = command.render_help().to_string();
    assert!(own.contains("Exit codes:") && own.contains("burnledger VERB --help"), "{own}");
}

/// Inline code, and lines of blocks that are no shell's (pipelines of other tools).
#[test]
fn commands_that_pages_mention_in_passing_are_understood() {
    // A verb may be named without what it needs.
    let named =
        [ErrorKind::MissingRequiredArgument, ErrorKind::MissingSubcommand, ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand];
    let mut problems = Vec::new();
    let mut seen = 0;
    for page in paths() {
        for line in mentioned(&read(&page)) {
            seen += 1;
            problems.extend(parse_but(&line, &named).err().map(|why| format!("{page}: {why}")));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(seen > 40, "only {seen} commands were found");
}

fn mentioned(text: &str) -> Vec<String> {
    let (mut found, mut fence) = (Vec::new(), None);
    for line in text.lines() {
        if let Some(language) = line.trim().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(language.to_owned()) };
            continue;
        }
        let parts: Vec<&str> = match fence.as_deref() {
            None => line.split('`').skip(1).step_by(2).collect(),
            Some("yaml") => vec![line.trim().trim_start_matches("- ").trim_start_matches("run: ")],
            Some(_) => Vec::new(),
        };
        // Notation for "one of", "may be left out" and "and more" is no command line.
        let plain = |part: &&str| {
            part.starts_with("burnledger ") && !part.contains("VERB") && !part.contains(['|', '[', '…']) && !part.contains("...")
        };
        found.extend(parts.into_iter().filter(plain).map(str::to_owned));
    }
    found
}

#[test]
fn words_are_split_as_a_shell_does() {
    let split = |line: &str| words(line).map(|w| w.join("/"));
    assert_eq!(split("burnledger a \"b c\" --d='e f' ''"), Some("burnledger/a/b c/--d=e f/".into()));
    assert_eq!(split("burnledger a > b"), Some("burnledger/a".into()));
    assert_eq!((split("burnledger \"a"), split("cat a")), (None, None));
}

fn program(args: &[&str]) -> String {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_burnledger")).args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn completions_know_every_verb_and_bash_reads_them() {
    let mut all = Vec::new();
    verbs(&burnledger::cli::command(), "", &mut all);
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let text = program(&["completions", shell]);
        for word in all.iter().flat_map(|verb| verb.split(' ')).chain(["--prometheus", "--format"]) {
            assert!(text.contains(word.trim_start_matches("--")), "{shell} does not complete `{word}`");
        }
        std::fs::write(dir.path().join(shell), text).unwrap();
    }
    let read = std::process::Command::new("bash").arg("-n").arg(dir.path().join("bash")).output().unwrap();
    assert!(read.status.success() && read.stderr.is_empty(), "{}", String::from_utf8_lossy(&read.stderr));
}

#[test]
fn every_verb_has_a_manual_page_with_its_examples() {
    let dir = tempfile::tempdir().unwrap();
    program(&["man", "--out", dir.path().to_str().unwrap()]);
    for (verb, list) in examples::TABLE {
        let page = dir.path().join(format!("burnledger-{}.1", verb.replace(' ', "-")));
        let text = std::fs::read_to_string(&page).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
        // Hyphens and quotes are escaped in the page's own way.
        let plain = text.replace('\\', "").replace("(aq", "'").replace("(dq", "\"");
        for (line, _) in *list {
            let start: String = line.split(['"', '~']).next().unwrap().trim().to_owned();
            assert!(plain.contains(&start), "{}: `{start}` is not in\n{plain}", page.display());
        }
    }
}

#[test]
fn typos_are_answered_with_what_was_probably_meant() {
    for (line, meant) in [
        ("burnledger statsu", "'status'"),
        ("burnledger incidents shwo 17", "'show'"),
        ("burnledger status --promethues http://a", "'--prometheus'"),
        ("burnledger stats --format jsn", "'json'"),
        ("burnledger import slth a.yaml", "'sloth'"),
    ] {
        let told = parse(line).unwrap_err();
        assert!(told.contains(meant), "{told}");
    }
}
