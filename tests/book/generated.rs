//! Parts of pages that are made of the program's own tables, between `<!-- generated: NAME -->` and `<!-- end: NAME -->`.

use super::{RENEW, paths, read, renews, verbs, write};
use burnledger::cli::Exit;
use burnledger::serve;
use burnledger::telemetry;
use burnledger::tui::keys::{Scope, TABLE};
use std::fmt::Write as _;

/// What a part is made of; `None` for a name that nothing is made of.
fn part(name: &str) -> Option<String> {
    Some(match name {
        "verbs" => verbs::markdown(),
        "exit codes" => exit_codes(),
        "metrics" => metrics(),
        "keys" => keys(),
        "routes" => routes(),
        _ => return None,
    })
}

fn exit_codes() -> String {
    let rows = Exit::TABLE.map(|(exit, what)| format!("| {} | {what} |\n", exit.code()));
    format!("| exit code | means |\n|---|---|\n{}", rows.concat())
}

fn metrics() -> String {
    let mut text = String::from("| metric | kind | labels | tells |\n|---|---|---|---|\n");
    for metric in telemetry::TABLE {
        let labels: Vec<String> = metric.labels.iter().map(|l| format!("`{l}`")).collect();
        writeln!(text, "| `{}` | {} | {} | {} |", metric.scraped(), metric.kind, labels.join(", "), metric.help).unwrap();
    }
    text
}

fn keys() -> String {
    let mut text = String::new();
    for scope in Scope::ALL {
        write!(text, "## {}\n\n| keys | action | does |\n|---|---|---|\n", title(scope.title())).unwrap();
        for binding in TABLE.iter().filter(|b| b.scope == scope) {
            let keys: Vec<String> = binding.keys.iter().map(|key| code(&key.to_string())).collect();
            writeln!(text, "| {} | `{}` | {} |", keys.join(", "), binding.action.name(), binding.help).unwrap();
        }
        text.push('\n');
    }
    text
}

/// Inline code; a backtick needs fences of two.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// `INCIDENT SCREEN` as a heading.
fn title(words: &str) -> String {
    let lower = words.to_lowercase().replace("slo ", "SLO ");
    let mut chars = lower.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn routes() -> String {
    let rows = serve::ROUTES.map(|(route, what)| format!("| `{route}` | {what} |\n"));
    format!("| route | answers |\n|---|---|\n{}", rows.concat())
}

/// The page with its parts made anew.
fn fresh(page: &str, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!-- generated: ") {
        let (name, after) = after.split_once(" -->").unwrap_or_else(|| panic!("{page}: a part has no name"));
        let end = format!("<!-- end: {name} -->");
        let (_, after) = after.split_once(&end).unwrap_or_else(|| panic!("{page}: `{end}` is missing"));
        let made = part(name).unwrap_or_else(|| panic!("{page}: nothing makes a part called `{name}`"));
        write!(out, "{before}<!-- generated: {name} -->\n\n{}\n\n{end}", made.trim_end()).unwrap();
        rest = after;
    }
    out + rest
}

#[test]
fn generated_parts_are_fresh() {
    let mut stale = Vec::new();
    let mut parts = 0;
    for page in paths() {
        let text = read(&page);
        let made = fresh(&page, &text);
        parts += text.matches("<!-- generated: ").count();
        if made != text {
            if renews() {
                write(&page, &made);
            } else {
                stale.push(page);
            }
        }
    }
    assert!(stale.is_empty(), "{} are not what the program's tables say now: {RENEW} renews them", stale.join(", "));
    assert!(parts >= 5, "only {parts} generated parts were found");
}

/// The table of keys by hand has every key of the first level, and no other.
#[test]
fn the_reference_of_the_configuration_has_every_key() {
    let text = read("docs/reference/configuration.md");
    let table = text.split("| key |").nth(1).expect("a table of keys");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| "));
    let mut told: Vec<String> = rows
        .flat_map(|row| {
            let cell = row.split(" | ").next().unwrap_or("");
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let mut keys: Vec<String> = burnledger::config::keys().iter().map(|k| (*k).to_owned()).collect();
    told.sort();
    keys.sort();
    assert_eq!(told, keys, "the table of docs/reference/configuration.md and the keys that are read differ");
}
