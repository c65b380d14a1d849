//! The documentation is true: every command of every page runs, what a page shows is what the program prints, generated parts
//! are fresh, links lead somewhere, and `--help` has examples that parse.
//!
//! `UPDATE_DOCS=1 cargo test --test all book::` renews what is generated and what pages show; look at the diff afterwards.
//! `PAGE=how-to/gate cargo test --test all book::pages` runs the pages whose path contains that.

mod generated;
mod help;
mod json;
mod links;
mod page;
mod pages;
mod readme;
mod run;
mod shop;
mod verbs;

use std::path::{Path, PathBuf};

/// The command that renews pages, for messages.
pub(crate) const RENEW: &str = "UPDATE_DOCS=1 cargo test --test all book::";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn renews() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some_and(|v| !v.is_empty() && v != "0")
}

/// README.md and every page below docs/, by their paths in the repository.
fn paths() -> Vec<String> {
    let mut found = vec!["README.md".to_owned()];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Writes a page anew where something changed; otherwise `cargo` would see a change of what it embeds.
fn write(path: &str, text: &str) {
    if read(path) != text {
        std::fs::write(root().join(path), text).unwrap();
    }
}
