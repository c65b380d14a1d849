//! Pieces of Markdown: tables, lists and code, with everything from outside escaped.

use crate::words::escape;

/// Text from outside, as one line of Markdown.
pub(super) fn text(words: &str) -> String {
    escape::markdown(words)
}

/// Text from outside as code: a query, a hash. The fence is longer than any run of backticks inside.
pub(super) fn code(words: &str) -> String {
    let clean = escape::terminal(words);
    let longest = clean.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 || clean.trim().len() < clean.len() || clean.is_empty() { " " } else { "" };
    format!("{fence}{pad}{clean}{pad}{fence}")
}

/// A table; cells are Markdown already.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let rule = head.iter().map(|_| "---".to_owned()).collect();
    let first = head.iter().map(|h| (*h).to_owned()).collect();
    let lines: Vec<String> = [line(first), line(rule)].into_iter().chain(rows.iter().cloned().map(line)).collect();
    lines.join("\n")
}

/// A list; items are Markdown already.
pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<String> = items.into_iter().map(|i| format!("- {i}")).collect();
    lines.join("\n")
}

/// A block that is shown as it stands. Its lines must not hold fences; charts never do.
pub(super) fn block(lines: &[String]) -> String {
    format!("```text\n{}\n```", lines.join("\n"))
}

/// Blocks with an empty line between them; empty ones are left out.
pub(super) fn join(blocks: impl IntoIterator<Item = String>) -> String {
    let blocks: Vec<String> = blocks.into_iter().filter(|b| !b.is_empty()).collect();
    blocks.join("\n\n")
}
