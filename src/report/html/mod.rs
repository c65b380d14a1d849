//! A report as one HTML file: style and pictures within, no script, nothing from the network, and a policy that forbids both.
//!
//! Everything is escaped; only our own SVG goes in as it is. Words of people come from a Markdown draft and are shown as text.

use super::doc::{Block, Doc, Inline, Line, Table, pick};
use crate::domain::base::Language;
use crate::words::escape::html as escape;
use base64::Engine;
use sha2::{Digest, Sha256};

/// Longest name of a row that is never broken, in characters.
const SHORT: usize = 20;
const STYLE: &str = include_str!("style.css");

/// The whole page. `words` are what people wrote, by the name of their region.
pub(super) fn render(doc: &Doc, words: &[(String, String)]) -> String {
    let language = pick(doc.language, "en", "zh-CN");
    let title = plain(&doc.title);
    let style = format!("\n{STYLE}");
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style.as_bytes()));
    let lead = concat(doc.lead.iter().map(|b| block(b, doc.language, words)));
    let sections = concat(doc.sections.iter().map(|s| {
        let blocks = concat(s.blocks.iter().map(|b| block(b, doc.language, words)));
        format!(
            "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n{blocks}</section>\n",
            escape(&s.heading),
            id = s.id
        )
    }));
    let links = concat(doc.sections.iter().map(|s| format!("<li><a href=\"#{}\">{}</a></li>\n", s.id, escape(&s.heading))));
    let contents = escape(&pick(doc.language, "Contents", "目录"));
    let skip = escape(&pick(doc.language, "Skip to the report", "跳到正文"));
    let foot = escape(&pick(
        doc.language,
        "Made by burnledger from its ledger. Facts come from samples and entries; unknown is said as unknown.",
        "由 burnledger 根据账本生成。事实来自样本和条目；未知即写未知。",
    ));
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"burnledger-report\" content=\"{}\">\n<title>{}</title>\n\
         <style>{style}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#report\">{skip}</a>\n\
         <header>\n<h1>{}</h1>\n</header>\n<nav aria-label=\"{contents}\">\n<ol>\n{links}</ol>\n</nav>\n\
         <main id=\"report\">\n{lead}{sections}</main>\n<footer>\n<p>{foot}</p>\n</footer>\n</body>\n</html>\n",
        escape(&doc.of),
        escape(&title),
        line(&doc.title)
    )
}

/// What a page says it is of; `None` when it is no report of ours.
pub fn of(page: &str) -> Option<&str> {
    page.lines().find_map(|l| l.strip_prefix("<meta name=\"burnledger-report\" content=\"")?.strip_suffix("\">"))
}

fn block(block: &Block, language: Language, words: &[(String, String)]) -> String {
    match block {
        Block::Sub(words) => format!("<h3>{}</h3>\n", line(words)),
        Block::Paragraph(words) => format!("<p>{}</p>\n", line(words)),
        Block::List(items) => {
            let items = concat(items.iter().map(|i| format!("<li>{}</li>\n", line(i))));
            format!("<ul>\n{items}</ul>\n")
        }
        Block::Table(rows) => table(rows),
        Block::Formula(formula) => format!("<p class=\"formula\"><code>{}</code></p>\n", escape(formula)),
        Block::Picture { caption, svg, .. } if caption.0.is_empty() => format!("<figure>\n{svg}</figure>\n"),
        Block::Picture { caption, svg, .. } => {
            format!("<figure>\n{svg}<figcaption>{}</figcaption>\n</figure>\n", line(caption))
        }
        Block::Yours { name, todo } => yours(name, todo, language, words),
    }
}

/// What people wrote, or a mark that somebody should.
fn yours(name: &str, todo: &str, language: Language, words: &[(String, String)]) -> String {
    let written =
        words.iter().find(|(n, _)| n == name).map(|(_, text)| text.trim()).filter(|text| !text.is_empty() && *text != todo);
    if let Some(text) = written {
        return format!("<div class=\"yours\">{}</div>\n", escape(text));
    }
    let first = todo.lines().find(|l| l.contains("TODO:") || l.contains("TODO：")).unwrap_or_default();
    let what = first.trim_start_matches(['-', ' ']).trim_start_matches("TODO").trim_start_matches([':', '：']).trim();
    let what = if what.is_empty() { pick(language, "for people to write", "待人填写") } else { what.to_owned() };
    format!("<p class=\"todo\"><mark>TODO</mark> {}</p>\n", escape(&what))
}

fn line(words: &Line) -> String {
    let one = |i: &Inline| match i {
        Inline::Say(words) if words.contains('`') => ticks(words),
        Inline::Say(words) | Inline::Text(words) => escape(words),
        Inline::Strong(words) => format!("<strong>{}</strong>", escape(words)),
        Inline::Code(words) => format!("<code>{}</code>", escape(words)),
    };
    words.0.iter().map(one).collect()
}

/// Our own words may hold commands between back-ticks.
fn ticks(words: &str) -> String {
    let part = |(i, part): (usize, &str)| if i % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) };
    words.split('`').enumerate().map(part).collect()
}

fn concat(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().concat()
}

fn plain(words: &Line) -> String {
    let one = |i: &Inline| match i {
        Inline::Say(words) | Inline::Text(words) | Inline::Strong(words) | Inline::Code(words) => words.clone(),
    };
    words.0.iter().map(one).collect()
}

/// A table that scrolls by itself where the page is narrow, so that the page does not.
fn table(t: &Table) -> String {
    let class = |i: usize| if t.numbers.contains(&i) { " class=\"n\"" } else { "" };
    let heads = t.head.iter().any(|h| !h.is_empty());
    let head = concat(t.head.iter().enumerate().map(|(i, h)| format!("<th scope=\"col\"{}>{}</th>", class(i), escape(h))));
    let head = if heads { format!("<thead><tr>{head}</tr></thead>\n") } else { String::new() };
    let row = |cells: &Vec<Line>| {
        let cell = |(i, c): (usize, &Line)| match i {
            // Short names and instants stay on one line.
            0 if plain(c).chars().count() <= SHORT => format!("<th scope=\"row\" class=\"s\">{}</th>", line(c)),
            0 => format!("<th scope=\"row\">{}</th>", line(c)),
            _ => format!("<td{}>{}</td>", class(i), line(c)),
        };
        format!("<tr>{}</tr>\n", concat(cells.iter().enumerate().map(cell)))
    };
    let rows = concat(t.rows.iter().map(row));
    let caption = escape(&t.caption);
    format!(
        "<div class=\"wide\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\n<table>\n<caption>{caption}</caption>\n{head}<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
}
