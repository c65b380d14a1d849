//! `import`: real files of other tools, each with an outcome that was looked at; and the verb with its streams and exit codes.
//!
//! The real files lie beside the repository (`../shared/data`); without them that test says so and passes.

use burnledger::cli::import::{ImportArgs, Tool, run};
use burnledger::cli::{Common, Exit, Format, Out};
use burnledger::domain::base::{ProblemLevel, Span};
use burnledger::formats::import::{Options, import};
use burnledger::words::plural::counted;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

fn files_below(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// What came of one file: SLOs and notes, then each refusal with its line.
fn outcome(path: &Path) -> String {
    let found = import(&[path.to_owned()], None, &Options::default());
    let mut out = format!("{}, {}", counted(found.slos.len(), "SLO", "SLOs"), counted(found.notes.len(), "note", "notes"));
    for problem in found.problems.iter().filter(|p| p.level == ProblemLevel::Error) {
        let place = problem.place.as_ref().unwrap_or_else(|| panic!("{}: no place: {}", path.display(), problem.message));
        let message = problem.message.replace(&*path.to_string_lossy(), "(file)");
        write!(out, "\n    {}: {message}", place.line).unwrap();
    }
    let silent = found.slos.is_empty() && found.notes.is_empty() && found.refusals().next().is_none();
    assert!(!silent, "{} gave nothing and says nothing", path.display());
    out
}

/// `UPDATE_EXPECT=1` writes the table anew; then it must be looked at.
#[test]
fn every_real_file_imports_or_is_refused_with_its_reason() {
    let root = Path::new("../shared/data");
    if !root.is_dir() {
        eprintln!("skipped: there are no files of other tools in ../shared/data");
        return;
    }
    let (mut files, mut told) = (Vec::new(), String::new());
    files_below(root, &mut files);
    for path in &files {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        writeln!(told, "{name}: {}", outcome(path)).unwrap();
    }
    let table = Path::new("tests/verbs/import/outcomes.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(table, &told).unwrap();
    }
    let wanted = std::fs::read_to_string(table).unwrap();
    for (line, want) in told.lines().zip(wanted.lines()) {
        assert_eq!(line, want);
    }
    assert_eq!(told.lines().count(), wanted.lines().count());
}

#[derive(Clone, Default)]
struct Stream(Arc<Mutex<Vec<u8>>>);

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Stream {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn verb(args: &ImportArgs, format: Format) -> (Exit, String, String) {
    let (data, talk) = (Stream::default(), Stream::default());
    let mut out = Out::new(data.clone(), talk.clone());
    let exit = run(args, &Common { format, ..Common::default() }, &mut out);
    out.flush();
    (exit, data.text(), talk.text())
}

const SLOTH: &str = "version: prometheus/v1\nservice: shop\nslos:\n  - name: a\n    objective: 99.9\n    sli: {events: {error_query: 'sum(rate(e_total[{{.window}}]))', total_query: 'sum(rate(t_total[{{.window}}]))'}}\n    alerting: {name: X}\n";

#[test]
fn the_verb_prints_writes_and_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sloth.yml");
    std::fs::write(&file, SLOTH).unwrap();
    let mut args = ImportArgs {
        tool: Tool::Sloth,
        paths: vec![file.clone()],
        out: None,
        force: false,
        period: Span::from_days(28),
        service: None,
    };
    let (exit, data, talk) = verb(&args, Format::Text);
    assert_eq!(exit, Exit::Fine, "{talk}");
    assert!(data.contains("version: burnledger/v1\nservice: shop\n") && data.contains("    period: 28d\n"), "{data}");
    assert!(talk.contains("sloth.yml:7:16: `name` is not carried over (X)"), "{talk}");

    let folder = dir.path().join("out");
    args.out = Some(folder.clone());
    let (exit, data, _) = verb(&args, Format::Text);
    let written = folder.join("sloth.yaml");
    assert_eq!((exit, data.trim()), (Exit::Fine, &*written.to_string_lossy()));
    let (again, _, talk) = verb(&args, Format::Text);
    assert!(again == Exit::Usage && talk.contains("is there already"), "{talk}");
    args.force = true;
    assert_eq!(verb(&args, Format::Text).0, Exit::Fine);

    std::fs::write(&file, format!("{SLOTH}---\nversion: prometheus/v1\nservice: other\nslos: [{{name: b, objective: 100}}]\n"))
        .unwrap();
    args.out = None;
    args.force = false;
    let (exit, data, _) = verb(&args, Format::Json);
    let answer: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(exit, Exit::No);
    assert_eq!(answer["slos"][0]["id"], "shop/a");
    let refusals = answer["refusals"].as_array().unwrap();
    assert!(refusals.iter().any(|r| r["line"] == 11 && r["code"] == "bad-target"), "{data}");
    assert!(answer["notes"].as_array().unwrap().len() >= 4, "{data}");
    args.tool = Tool::Openslo;
    let (exit, _, talk) = verb(&args, Format::Text);
    assert!(exit == Exit::No && talk.contains("this is a Sloth document, not an OpenSLO document"), "{talk}");
}

#[test]
fn a_file_that_is_not_there_is_answered_with_what_is_looked_for() {
    let dir = tempfile::tempdir().unwrap();
    let missing = |args: &[&str]| {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_burnledger"))
            .args(args)
            .current_dir(dir.path())
            .env("XDG_STATE_HOME", dir.path())
            .output()
            .unwrap();
        assert!(!out.status.success(), "{args:?}");
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
    };
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    for (args, wants) in [
        (&["import", "sloth", "nowhere.yaml"][..], "`import` takes files and folders of Sloth, OpenSLO and Pyrra"),
        (&["import", "pyrra", "empty"], "put *.yaml, *.yml or *.json files of the other tool there"),
        (&["cost", "estimate", "nowhere.yaml"], "version: burnledger-cost/v1"),
        (&["test", "nowhere.yaml"], "version: burnledger-test/v1"),
        (&["check", "nowhere.yaml"], "`--slos DIR` names the folder of SLO files"),
    ] {
        let talk = missing(args);
        assert!(talk.contains(wants), "{args:?}: {talk}");
        assert!(args[0] == "check" || !talk.contains("--slos"), "{args:?}: {talk}");
    }
}
