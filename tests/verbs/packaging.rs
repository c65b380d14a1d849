//! What is shipped around the program fits it: the unit's command, the manifests' files, the package.

use crate::support::require;
use burnledger::config::{self, Overrides};
use burnledger::formats::{self, InputFile, LoadOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

fn packaging(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(packaging(path)).unwrap()
}

fn is_understood(words: &[&str]) {
    let all = std::iter::once("burnledger").chain(words.iter().copied());
    burnledger::cli::command().try_get_matches_from(all).unwrap_or_else(|e| panic!("{words:?}\n{e}"));
}

#[test]
fn the_unit_and_the_container_call_the_program_as_it_is() {
    let unit = read("systemd/burnledger.service");
    let line = unit.lines().find_map(|l| l.strip_prefix("ExecStart=/usr/bin/burnledger ")).expect("a command");
    is_understood(&line.split(' ').collect::<Vec<_>>());
    let container = read("container/Containerfile");
    let list = container.lines().find_map(|l| l.strip_prefix("CMD ")).expect("a command");
    let words: Vec<String> = serde_json::from_str(list).expect("a list");
    is_understood(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let manifest = read("kubernetes/burnledger.yaml");
    let args = manifest.lines().find_map(|l| l.trim().strip_prefix("args: [")).expect("arguments");
    is_understood(&args.trim_end_matches(']').split(", ").collect::<Vec<_>>());
}

/// The text of a block scalar: the lines below `key: |`, by their own indent.
fn block(text: &str, key: &str) -> String {
    let begin = text.lines().position(|l| l.trim() == format!("{key}: |")).unwrap_or_else(|| panic!("{key}"));
    let indent = |l: &str| l.len() - l.trim_start().len();
    let depth = indent(text.lines().nth(begin).unwrap());
    let lines = text.lines().skip(begin + 1).take_while(|l| l.trim().is_empty() || indent(l) > depth);
    let lines: Vec<&str> = lines.map(|l| l.get(depth + 2..).unwrap_or("")).collect();
    lines.join("\n") + "\n"
}

#[test]
fn the_files_in_the_manifest_and_the_package_are_read_without_a_problem() {
    let manifest = read("kubernetes/burnledger.yaml");
    let loaded =
        formats::load_files(&[InputFile::new("checkout.yaml", block(&manifest, "checkout.yaml"))], &LoadOptions::default());
    assert_eq!((loaded.rulebook.slos.len(), loaded.rulebook.problems.len()), (1, 0), "{:?}", loaded.rulebook.problems);

    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("api-tokens");
    std::fs::write(&tokens, block(&manifest, "api-tokens")).unwrap();
    let in_cluster =
        block(&manifest, "burnledger.yaml").replace("/etc/burnledger-tokens/api-tokens", &tokens.display().to_string());
    for text in [in_cluster, read("debian/burnledger.yaml")] {
        let file = folder.path().join("burnledger.yaml");
        std::fs::write(&file, text).unwrap();
        let overrides = Overrides { config: Some(file), ..Overrides::default() };
        let home = folder.path().display().to_string();
        let environment = move |name: &str| (name == "HOME").then(|| home.clone());
        if let Err(problems) = config::load(&overrides, &environment) {
            panic!("{problems:?}");
        }
    }
}

#[test]
fn a_debian_package_holds_the_program_its_manuals_and_its_unit() {
    if !require("dpkg-deb") {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let built = Command::new(packaging("debian/build"))
        .env("LEVEL", "1")
        .args([env!("CARGO_BIN_EXE_burnledger").as_ref(), out.path().as_os_str()])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let package = String::from_utf8(built.stdout).unwrap().trim().to_owned();
    let listed = Command::new("dpkg-deb").args(["--contents", &package]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for path in [
        "./usr/bin/burnledger",
        "./usr/share/man/man1/burnledger.1.gz",
        "./usr/share/man/man1/burnledger-watch.1.gz",
        "./usr/share/bash-completion/completions/burnledger",
        "./usr/share/zsh/vendor-completions/_burnledger",
        "./usr/lib/systemd/system/burnledger.service",
        "./etc/burnledger/burnledger.yaml",
        "./usr/share/doc/burnledger/docs/install.md",
        "./usr/share/doc/burnledger/docs/reference/verbs.md",
    ] {
        assert!(listed.lines().any(|l| l.ends_with(path)), "{path} is not in\n{listed}");
    }
    let field = |name: &str| {
        let shown = Command::new("dpkg-deb").args(["--field", &package, name]).output().unwrap();
        String::from_utf8(shown.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(field("Version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(field("Package"), "burnledger");
}
