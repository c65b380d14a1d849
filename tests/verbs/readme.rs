//! The README is true: its files pass `check`, its commands run as written, against servers that the test starts.

use crate::support::{Alertmanager, Prometheus, require};
use std::path::Path;
use std::process::Command;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// Fenced blocks of one language, without the indent of the list they stand in.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(usize, Vec<&str>)> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        match &mut open {
            None if line.trim() == format!("```{language}") => open = Some((indent, Vec::new())),
            Some((_, lines)) if line.trim() == "```" => {
                found.push(lines.join("\n") + "\n");
                open = None;
            }
            Some((by, lines)) => lines.push(line.get(*by..).unwrap_or("")),
            None => {}
        }
    }
    found
}

fn run(dir: &Path, line: &str) -> (i32, String) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(&words[1..])
        .current_dir(dir)
        .env("XDG_STATE_HOME", dir)
        .env("XDG_CONFIG_HOME", dir)
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    (out.status.code().unwrap_or(-1), text)
}

#[test]
fn the_five_minutes_run_as_written() {
    if !require("prometheus") || !require("prometheus-alertmanager") {
        return;
    }
    let text = readme();
    let prometheus = Prometheus::start("global: {scrape_interval: 1s}\nscrape_configs: []\n");
    let alertmanager = Alertmanager::start("route: {receiver: none}\nreceivers:\n- name: none\n");
    let here = |text: &str| {
        text.replace("http://localhost:9090", &prometheus.url()).replace("http://localhost:9093", &alertmanager.url())
    };
    let yaml = blocks(&text, "yaml");
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    std::fs::write(dir.path().join("slos/checkout.yaml"), &yaml[0]).unwrap();
    std::fs::write(dir.path().join("burnledger.yaml"), here(&yaml[1])).unwrap();
    let commands: Vec<String> = blocks(&text, "sh").iter().flat_map(|b| b.lines().map(here).collect::<Vec<_>>()).collect();
    let mut ran = 0;
    for command in commands.iter().filter(|c| c.starts_with("burnledger ")) {
        // These two run until they are stopped; the live test and the screens' tests do.
        if command == "burnledger watch" || command == "burnledger tui" {
            continue;
        }
        let (code, told) = run(dir.path(), command);
        assert_eq!(code, 0, "`{command}` said:\n{told}");
        ran += 1;
    }
    assert!(ran >= 4, "only {ran} commands of {commands:?}");
    let (code, told) = run(dir.path(), "burnledger watch --once");
    assert_eq!(code, 0, "{told}");
}

#[test]
fn the_test_file_of_the_readme_holds() {
    let yaml = blocks(&readme(), "yaml");
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("checkout.yaml"), &yaml[0]).unwrap();
    std::fs::write(dir.path().join("checkout.test.yaml"), &yaml[2]).unwrap();
    let (code, told) = run(dir.path(), "burnledger test checkout.test.yaml");
    assert_eq!(code, 0, "{told}");
}

#[test]
fn the_exit_codes_and_verbs_of_the_readme_are_those_of_the_program() {
    let text = readme();
    for (exit, what) in burnledger::cli::Exit::TABLE {
        assert!(text.contains(&format!("| {} | {what} |", exit.code())), "{exit:?}");
    }
    for verb in burnledger::cli::command().get_subcommands() {
        assert!(text.contains(&format!("`{}", verb.get_name())), "the README does not name `{}`", verb.get_name());
    }
}
