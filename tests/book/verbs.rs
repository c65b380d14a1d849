//! The reference of verbs and options, from the table that parses the command line.

use burnledger::cli::examples;
use clap::{Arg, Command};
use std::fmt::Write as _;

/// All verbs, one heading each.
pub(super) fn markdown() -> String {
    let mut command = burnledger::cli::command();
    command.build();
    let mut text = String::from("## Options of every verb\n\n");
    options(&mut text, command.get_arguments().filter(|a| a.is_global_set()));
    for sub in command.get_subcommands() {
        verb(&mut text, sub, "##", sub.get_name());
    }
    text
}

fn verb(text: &mut String, command: &Command, level: &str, path: &str) {
    write!(text, "{level} {path}\n\n{}.\n\n", one_line(&command.get_about().unwrap_or_default().to_string())).unwrap();
    let leaf = command.get_subcommands().next().is_none();
    if leaf {
        let usage = command.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").split_whitespace().collect::<Vec<_>>().join(" ");
        write!(text, "```text\n{usage}\n```\n\n").unwrap();
        let own = command.get_arguments().filter(|a| !a.is_global_set() && !matches!(a.get_id().as_str(), "help" | "version"));
        options(text, own);
        for (line, what) in examples::of(path) {
            writeln!(text, "- `{line}`: {what}").unwrap();
        }
        text.push('\n');
    }
    for sub in command.get_subcommands() {
        verb(text, sub, &format!("{level}#"), &format!("{path} {}", sub.get_name()));
    }
}

fn options<'a>(text: &mut String, args: impl Iterator<Item = &'a Arg>) {
    let mut args = args.filter(|a| !a.is_hide_set()).peekable();
    if args.peek().is_none() {
        return;
    }
    text.push_str("| argument or option | means |\n|---|---|\n");
    for arg in args {
        writeln!(text, "| `{}` | {} |", name(arg), meaning(arg)).unwrap();
    }
    text.push('\n');
}

fn name(arg: &Arg) -> String {
    let values: Vec<&str> = arg.get_value_names().unwrap_or_default().iter().map(|v| v.as_str()).collect();
    let value = if arg.get_action().takes_values() { values.join(" ") } else { String::new() };
    let name = match (arg.get_long(), arg.get_short()) {
        (Some(long), Some(short)) => format!("-{short}, --{long} {value}"),
        (Some(long), None) => format!("--{long} {value}"),
        (None, Some(short)) => format!("-{short} {value}"),
        (None, None) => value,
    };
    name.trim().replace('|', "\\|")
}

fn meaning(arg: &Arg) -> String {
    let mut text = one_line(&arg.get_help().unwrap_or_default().to_string());
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|v| !v.is_hide_set() && arg.get_action().takes_values())
        .map(|v| format!("`{}`", v.get_name()))
        .collect();
    if !values.is_empty() {
        write!(text, ": {}", values.join(", ")).unwrap();
    }
    let defaults: Vec<String> = arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
    if !arg.is_hide_default_value_set() && !defaults.is_empty() && arg.get_action().takes_values() {
        write!(text, " [default: {}]", defaults.join(" ")).unwrap();
    }
    if let Some(env) = arg.get_env() {
        write!(text, " (`{}`)", env.to_string_lossy()).unwrap();
    }
    text.replace('|', "\\|").replace('<', "&lt;")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
