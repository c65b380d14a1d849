//! A report as Markdown. Text from outside is escaped here; pictures are drawn in characters.

use super::doc::{Block, Doc, Inline, Line, Table};
use super::regions::{region, stamp};
use crate::words::escape;

/// The whole report.
pub(super) fn render(doc: &Doc) -> String {
    let mut blocks = vec![stamp(&doc.of), format!("# {}", line(&doc.title))];
    blocks.extend(doc.lead.iter().map(block));
    for section in &doc.sections {
        blocks.push(format!("## {}", section.heading));
        blocks.extend(section.blocks.iter().map(block));
    }
    blocks.retain(|b| !b.is_empty());
    blocks.join("\n\n") + "\n"
}

fn block(block: &Block) -> String {
    match block {
        Block::Sub(words) => format!("### {}", line(words)),
        Block::Paragraph(words) => line(words),
        Block::List(items) => items.iter().map(|i| format!("- {}", line(i))).collect::<Vec<_>>().join("\n"),
        Block::Table(rows) => table(rows),
        Block::Formula(formula) => code(formula),
        Block::Picture { caption, text, .. } if text.is_empty() => line(caption),
        // Charts never hold fences.
        Block::Picture { caption, text, .. } => format!("{}\n\n```text\n{}\n```", line(caption), text.join("\n")),
        Block::Yours { name, todo } => region(name, todo),
    }
}

fn line(words: &Line) -> String {
    let one = |i: &Inline| match i {
        Inline::Say(words) => words.clone(),
        Inline::Strong(words) => format!("**{words}**"),
        Inline::Text(outside) => escape::markdown(outside),
        Inline::Code(outside) => code(outside),
    };
    words.0.iter().map(one).collect()
}

/// Text from outside as code: a query, a hash. The fence is longer than any run of backticks inside.
fn code(words: &str) -> String {
    let clean = escape::terminal(words);
    let longest = clean.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 || clean.trim().len() < clean.len() || clean.is_empty() { " " } else { "" };
    format!("{fence}{pad}{clean}{pad}{fence}")
}

fn table(table: &Table) -> String {
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let rule = table.head.iter().map(|_| "---".to_owned()).collect();
    // A bar ends a cell even within code.
    let cell = |words: &Line| {
        let one = |i: &Inline| match i {
            Inline::Code(_) => line(&Line(vec![i.clone()])).replace('|', "\\|"),
            _ => line(&Line(vec![i.clone()])),
        };
        words.0.iter().map(one).collect::<String>()
    };
    let lines = [row(table.head.clone()), row(rule)].into_iter();
    lines.chain(table.rows.iter().map(|r| row(r.iter().map(cell).collect()))).collect::<Vec<_>>().join("\n")
}
