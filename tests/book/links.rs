//! Links between pages lead somewhere: the file is there, and so is the heading.

use super::{paths, read, root};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Lines outside of fenced blocks, without inline code.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let parts: Vec<&str> = line.split('`').step_by(2).collect();
            out.push_str(&parts.join("`"));
            out.push('\n');
        }
    }
    out
}

/// Targets of links and pictures.
fn targets(text: &str) -> Vec<String> {
    let text = prose(text);
    text.match_indices("](").filter_map(|(at, _)| Some(text[at + 2..].split_once(')')?.0.to_owned())).collect()
}

/// Anchors as the usual renderers make them of headings: lower case, no punctuation, spaces as hyphens; doubles are numbered.
fn anchors(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let title = line.trim_start_matches('#');
        if fenced || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let slug: String = title.trim().to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect();
        let count = seen.entry(slug.clone()).or_insert(0);
        found.push(if *count == 0 { slug } else { format!("{slug}-{count}") });
        *count += 1;
    }
    found
}

fn flat(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            out.pop();
        } else {
            out.push(part);
        }
    }
    out
}

#[test]
fn every_link_of_every_page_leads_somewhere() {
    let mut pages = paths();
    pages.extend(["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "sample-data/README.md"].map(str::to_owned));
    let mut problems = Vec::new();
    let mut links = 0;
    for page in &pages {
        let text = read(page);
        for target in targets(&text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            links += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { PathBuf::from(page) } else { flat(&Path::new(page).parent().unwrap().join(file)) };
            if !root().join(&path).exists() {
                problems.push(format!("{page}: `{target}` leads nowhere"));
            } else if !anchor.is_empty() && !anchors(&read(path.to_str().unwrap())).iter().any(|a| a == anchor) {
                problems.push(format!("{page}: `{target}`: {} has no such heading", path.display()));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(links > 30, "only {links} links were found");
}

/// A page that no other names is found by nobody.
#[test]
fn every_page_stands_in_the_table_of_contents() {
    let contents = targets(&read("docs/README.md"));
    let missing: Vec<String> = paths()
        .into_iter()
        .filter_map(|page| Some(page.strip_prefix("docs/")?.to_owned()))
        .filter(|page| page != "README.md" && !contents.contains(page))
        .collect();
    assert!(missing.is_empty(), "docs/README.md does not name {missing:?}");
}

#[test]
fn anchors_are_made_as_renderers_do() {
    let text = "# The gate: budgets\n```sh\n# no\n```\n## `sli` & more\n## Twice\n## Twice\n#no\n";
    assert_eq!(anchors(text), ["the-gate-budgets", "sli--more", "twice", "twice-1"]);
    assert_eq!(targets("a [b](c.md#d) `[x](no)` ![p](e.svg)\n```\n[f](g)\n```\n"), ["c.md#d", "e.svg"]);
}
