//! Keeps the house in order: which floor may use which (ARCHITECTURE.md), which library enters by which door, that every
//! file says what it is for, and that nothing is left out or unfinished.
//!
//! Deliberately absent: anything rustfmt or clippy already checks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test says no by panicking"
)]
#![allow(clippy::disallowed_methods, reason = "tests wait for real servers with a limit")]
#![allow(missing_docs, unreachable_pub, reason = "nobody links tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A room and the rooms it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("query", &["domain"]),
    ("words", &["domain"]),
    ("chart", &["domain"]),
    ("ports", &["domain"]),
    ("telemetry", &["domain"]),
    ("kit", &["domain"]),
    ("wire", &["domain"]),
    ("engine", &["ports", "telemetry", "words", "domain"]),
    ("attach", &["kit", "wire", "ports", "telemetry", "query", "domain"]),
    ("clock", &["kit", "wire", "ports", "telemetry", "query", "domain"]),
    ("collector", &["kit", "wire", "ports", "telemetry", "query", "domain"]),
    ("config", &["kit", "wire", "ports", "telemetry", "query", "domain"]),
    ("formats", &["kit", "wire", "ports", "telemetry", "query", "domain"]),
    ("ledger", &["kit", "wire", "ports", "telemetry", "query", "domain"]),
    ("notify", &["kit", "wire", "ports", "telemetry", "query", "domain", "words"]),
    ("slices", &["kit", "wire", "ports", "telemetry", "query", "domain"]),
    ("jobs", &["engine", "ports", "query", "domain"]),
    ("serve", &["ports", "telemetry", "wire", "kit", "words", "domain"]),
    ("report", &["wire", "words", "chart", "domain"]),
    ("tui", &["ports", "words", "chart", "domain"]),
    (
        "app",
        &[
            "serve",
            "jobs",
            "engine",
            "attach",
            "clock",
            "collector",
            "config",
            "formats",
            "ledger",
            "notify",
            "slices",
            "kit",
            "wire",
            "ports",
            "telemetry",
            "query",
            "words",
            "chart",
            "domain",
        ],
    ),
    ("cli", &["app", "jobs", "report", "tui", "formats", "config", "query", "wire", "words", "chart", "ports", "domain"]),
];

/// Domain's subfolders in their order: each may use those before it.
const DOMAIN: &[&str] = &["base", "measure", "objective", "judge", "cost", "incident", "paging", "review", "view"];

/// A library and the rooms it may enter.
const GUESTS: &[(&str, &[&str])] = &[
    ("reqwest", &["kit"]),
    ("serde_saphyr", &["kit"]),
    ("axum", &["serve"]),
    ("rusqlite", &["ledger", "slices"]),
    ("promql_parser", &["query"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui", "cli"]),
    ("fontdb", &["tui"]),
    ("ttf_parser", &["tui"]),
    ("ab_glyph_rasterizer", &["tui"]),
    ("png", &["tui"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("flate2", &["collector", "kit"]),
];

/// Rooms without IO, clocks, async and serde, and what gives those away.
const GROUND: &[&str] = &["domain", "query", "words", "chart"];
const NOT_ON_GROUND: &[&str] =
    &["tokio", "serde", "serde_json", "std::fs", "std::net", "std::io", "std::env", "std::time", "rand"];

/// Files of the engine that await nothing.
const PURE_ENGINE: &[&str] = &["state", "event", "step", "effects", "open", "rows", "fast"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    files(folder, &["rs"])
}

/// Files below a folder with one of these endings.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| endings.iter().any(|ending| e == *ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The file as (path below the project, its code without comments and without its test module).
fn sources() -> Vec<(String, String)> {
    let files = rust_files(&root().join("src"));
    assert!(files.len() > 30, "the walk found only {} files", files.len());
    files
        .into_iter()
        .filter(|p| !p.ends_with("tests.rs") && !p.components().any(|c| c.as_os_str() == "tests"))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code: String = text
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap()
                .lines()
                .map(|l| l.find("//").map_or(l, |i| &l[..i]))
                .flat_map(|l| [l, "\n"])
                .collect();
            (path.strip_prefix(root()).unwrap().to_string_lossy().into_owned(), code)
        })
        .collect()
}

fn room(path: &str) -> &str {
    path.trim_start_matches("src/").split('/').next().unwrap().trim_end_matches(".rs")
}

/// Names that follow `prefix::` in the code, also inside a braced list.
fn names_after<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let word = |s: &'a str| s.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
    let mut names = BTreeSet::new();
    for (i, _) in code.match_indices(prefix) {
        let before = code[..i].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = code[i + prefix.len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(list) => {
                let mut depth = 0;
                let mut start = true;
                for (j, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && depth == 0 && !c.is_whitespace() => {
                            names.insert(word(&list[j..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
            None => {
                names.insert(word(rest));
            }
        }
    }
    names.remove("");
    names
}

fn complain(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn rooms_use_only_the_rooms_below_them() {
    let arrows: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let mut problems = Vec::new();
    for (path, code) in sources() {
        let own = room(&path);
        if own == "lib" || own == "main" {
            continue;
        }
        let Some(allowed) = arrows.get(own) else {
            problems.push(format!("{path}: room `{own}` is not in the table of arrows"));
            continue;
        };
        for used in names_after(&code, "crate::") {
            if used != own && !allowed.contains(&used) {
                problems.push(format!("{path}: {own} may not use {used}"));
            }
        }
    }
    complain(&problems);
}

#[test]
fn the_table_of_arrows_has_no_cycle() {
    let arrows: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    while done.len() < arrows.len() {
        let next: Vec<_> = arrows
            .iter()
            .filter(|(r, uses)| !done.contains(*r) && uses.iter().all(|u| done.contains(u)))
            .map(|(r, _)| *r)
            .collect();
        assert!(
            !next.is_empty(),
            "these rooms form a cycle: {:?}",
            arrows.keys().filter(|r| !done.contains(*r)).collect::<Vec<_>>()
        );
        done.extend(next);
    }
}

#[test]
fn the_domain_keeps_its_order() {
    let mut problems = Vec::new();
    for (path, code) in sources().into_iter().filter(|(p, _)| p.starts_with("src/domain/") && p != "src/domain/mod.rs") {
        let own = path.split('/').nth(2).unwrap();
        let rank = DOMAIN.iter().position(|d| *d == own).unwrap_or_else(|| panic!("{path}: `{own}` is not in the list"));
        for used in names_after(&code, "crate::domain::").union(&names_after(&code, "super::super::")) {
            if DOMAIN.iter().position(|d| d == used).is_some_and(|r| r > rank) {
                problems.push(format!("{path}: {own} may not use {used}, which stands after it"));
            }
        }
    }
    complain(&problems);
}

#[test]
fn guests_come_by_their_door() {
    let mut problems = Vec::new();
    for (path, code) in sources() {
        let own = room(&path);
        for (guest, rooms) in GUESTS {
            let used = code.contains(&format!("{guest}::")) || code.contains(&format!("use {guest};"));
            if used && own != "main" && !rooms.contains(&own) {
                problems.push(format!("{path}: {guest} enters only by {rooms:?}"));
            }
        }
    }
    complain(&problems);
}

#[test]
fn the_ground_floor_is_pure() {
    let mut problems = Vec::new();
    for (path, code) in sources() {
        let own = room(&path);
        let pure_engine = own == "engine" && PURE_ENGINE.iter().any(|f| path == format!("src/engine/{f}.rs"));
        if !GROUND.contains(&own) && !pure_engine {
            continue;
        }
        for word in NOT_ON_GROUND {
            if code
                .match_indices(&format!("{word}::"))
                .any(|(i, _)| !code[..i].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':'))
            {
                problems.push(format!("{path}: {word} has no place on the ground floor"));
            }
        }
        if code.contains("async fn") || code.contains(".await") {
            problems.push(format!("{path}: nothing awaits on the ground floor"));
        }
    }
    complain(&problems);
}

#[test]
fn every_file_opens_with_its_purpose() {
    let mut files = rust_files(&root().join("src"));
    files.extend(rust_files(&root().join("tests")));
    files.extend(["benches", "sample-data"].iter().map(|d| root().join(d)).filter(|d| d.exists()).flat_map(|d| rust_files(&d)));
    let problems: Vec<String> = files
        .iter()
        .filter(|p| !fs::read_to_string(p).unwrap().lines().next().is_some_and(|l| l.starts_with("//! ") && l.len() > 20))
        .map(|p| format!("{}: open with `//!` and what the file is for", p.display()))
        .collect();
    complain(&problems);
}

/// Every Rust file that `mod` lines reach from `file`.
fn reach(file: &Path, seen: &mut BTreeSet<PathBuf>) {
    if !seen.insert(file.to_path_buf()) {
        return;
    }
    let text = fs::read_to_string(file).unwrap();
    let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
    let folder = match stem.as_str() {
        "main" | "mod" | "lib" => file.parent().unwrap().to_path_buf(),
        _ => file.parent().unwrap().join(&stem),
    };
    for line in text.lines() {
        let line = line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ").trim_start_matches("pub ");
        let Some(name) = line.strip_prefix("mod ").and_then(|l| l.strip_suffix(';')) else { continue };
        for path in [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")] {
            if path.exists() {
                reach(&path, seen);
            }
        }
    }
}

#[test]
fn no_file_is_left_out() {
    for (start, folder, apart) in [("tests/main.rs", "tests", &["tidy.rs"][..]), ("src/lib.rs", "src", &["main.rs"][..])] {
        let mut seen = BTreeSet::new();
        reach(&root().join(start), &mut seen);
        let forgotten: Vec<String> = rust_files(&root().join(folder))
            .into_iter()
            .filter(|p| !seen.contains(p) && !apart.iter().any(|a| p == &root().join(folder).join(a)))
            .map(|p| format!("{} is named by no `mod` line", p.display()))
            .collect();
        complain(&forgotten);
    }
}

#[test]
fn nothing_is_unfinished() {
    let words = [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("#[ign", "ore"), concat!("FIX", "ME")];
    let mut files = rust_files(&root().join("src"));
    files.extend(rust_files(&root().join("tests")));
    let mut problems = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            for word in words.iter().filter(|w| line.contains(**w)) {
                problems.push(format!("{}:{}: {word}", path.display(), number + 1));
            }
        }
    }
    complain(&problems);
}

/// Words in s behind a 1 that are no plurals.
const NO_PLURALS: &[&str] = &["has", "is", "less", "minus", "series", "stops", "was"];

/// Where a plural stands behind a single thing: `1 SLOs`.
fn one_of_many(line: &str) -> Option<&str> {
    let mut words = line.split(|c: char| c.is_whitespace() || "\"'`()[]{}<>|│".contains(c));
    while let Some(word) = words.next() {
        let Some(next) = words.clone().next().filter(|_| word == "1") else { continue };
        let noun = next.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let plural = noun.len() > 2 && noun.ends_with('s') && noun.chars().all(|c| c.is_ascii_alphabetic());
        if plural && !NO_PLURALS.contains(&noun) {
            return Some(noun);
        }
    }
    None
}

/// What tests expect and documents show of the program's words: one SLO is no "1 SLOs".
#[test]
fn one_thing_has_no_plural() {
    assert_eq!(one_of_many("2 of 2 rules of 1 SLOs, it is 1 minus the rest"), Some("SLOs"));
    assert_eq!(one_of_many("0.1 units, P1 incidents, 11 SLOs, 1 series, 1 SLO"), None);
    let shown = ["txt", "snap", "case", "csv", "html", "md", "svg"];
    let mut all: Vec<PathBuf> =
        ["tests", "docs", "src", "sample-data"].iter().flat_map(|f| files(&root().join(f), &shown)).collect();
    all.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    assert!(all.len() > 100, "the walk found only {} files", all.len());
    let mut problems = Vec::new();
    for path in all {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            problems.extend(one_of_many(line).map(|noun| format!("{}:{}: 1 {noun}", path.display(), number + 1)));
        }
    }
    complain(&problems);
}

#[test]
fn files_have_one_subject() {
    let long: Vec<String> = rust_files(&root().join("src"))
        .into_iter()
        .filter_map(|p| {
            let lines = fs::read_to_string(&p).unwrap().lines().count();
            (lines > 700).then(|| format!("{}: {lines} lines; split it by subject", p.display()))
        })
        .collect();
    complain(&long);
}

/// Licences that may be linked into the program or used to build and test it.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
];

/// Whether an SPDX expression can be met by the licences allowed: `OR` needs one side, `AND` both; the old `/` is an `OR`.
fn is_allowed(expression: &str) -> bool {
    let text = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut rest = &words[..];
    any_of(&mut rest) == Some(true) && rest.is_empty()
}

/// `None`, here and below, where it is no SPDX expression.
fn any_of(words: &mut &[&str]) -> Option<bool> {
    let mut allowed = all_of(words)?;
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        allowed |= all_of(words)?;
    }
    Some(allowed)
}

fn all_of(words: &mut &[&str]) -> Option<bool> {
    let mut allowed = one_licence(words)?;
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        allowed &= one_licence(words)?;
    }
    Some(allowed)
}

fn one_licence(words: &mut &[&str]) -> Option<bool> {
    let (name, rest) = match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let allowed = any_of(words)?;
            let [")", rest @ ..] = *words else { return None };
            *words = rest;
            return Some(allowed);
        }
        [name, "WITH", exception, rest @ ..] => (format!("{name} WITH {exception}"), rest),
        [name, rest @ ..] => ((*name).to_owned(), rest),
        [] => return None,
    };
    *words = rest;
    Some(LICENCES.contains(&name.as_str()))
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    for yes in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        "MIT AND (ISC OR (Zlib AND MIT))",
    ] {
        assert!(is_allowed(yes), "{yes}");
    }
    for no in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "MIT OR",
        "(MIT",
        "MIT)",
        "Apache-2.0 WITH GPL-exception",
        "GPL-3.0 OR MIT AND AGPL-3.0",
    ] {
        assert!(!is_allowed(no), "{no}");
    }
}

/// Everything that is built here, tests and build scripts included, with its licence. `cargo tree` and not `cargo metadata`,
/// because the latter also lists libraries that no feature switches on.
#[test]
fn dependencies_have_licences_that_are_allowed() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let args = ["tree", "--offline", "--locked", "--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}|{l}"];
    let out = std::process::Command::new(cargo).args(args).current_dir(root()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    let lines: BTreeSet<&str> = text.lines().map(|l| l.trim_end_matches(" (*)")).filter(|l| !l.is_empty()).collect();
    assert!(lines.len() > 100, "only {} dependencies were listed", lines.len());
    let problems: Vec<String> = lines
        .iter()
        .map(|line| line.split_once('|').unwrap_or((line, "")))
        .filter(|(_, licence)| !is_allowed(licence))
        .map(|(package, licence)| format!("{package}: `{licence}` is not among the licences allowed"))
        .collect();
    complain(&problems);
}

/// Of every platform: nothing from git or a folder, nothing without a checksum.
#[test]
fn dependencies_come_from_the_public_registry() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let packages: Vec<&str> = lock.split("[[package]]").skip(1).collect();
    assert!(packages.len() > 100, "only {} packages are locked", packages.len());
    let value = |package: &str, key: &str| {
        package.lines().find_map(|l| l.strip_prefix(&format!("{key} = "))).map(|v| v.trim_matches('"').to_owned())
    };
    let guests: Vec<(String, &str)> =
        packages.iter().filter_map(|p| Some((value(p, "name")?, *p))).filter(|(name, _)| name != "burnledger").collect();
    let places: BTreeSet<Option<String>> = guests.iter().map(|(_, p)| value(p, "source")).collect();
    assert_eq!(places.len(), 1, "dependencies come from more than one place: {places:?}");
    let is_registry = |p: &str| value(p, "source").is_some_and(|s| s.starts_with("registry+https://"));
    let problems: Vec<String> = guests
        .into_iter()
        .filter(|(_, p)| !is_registry(p) || value(p, "checksum").is_none())
        .map(|(name, p)| format!("{name}: comes from {}", value(p, "source").unwrap_or_else(|| "a folder".into())))
        .collect();
    complain(&problems);
}
