//! `export openslo`: what goes out comes back as it was, and what OpenSLO has no place for is told.

use super::{burnledger, export, house, root, rules::KINDS};
use burnledger::domain::objective::{Rulebook, Slo};
use burnledger::formats::export::{openslo, rules};
use burnledger::formats::import::{Format, Options, import_files};
use burnledger::formats::{InputFile, LoadOptions, known_presets, load, load_files};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

fn read(text: &str) -> Rulebook {
    load_files(&[InputFile::new("a.yaml", text)], &LoadOptions::default()).rulebook
}

/// An SLO without what OpenSLO has no place for, and without the file that it is in.
fn bare(slo: &Slo) -> Slo {
    Slo { exclude: Vec::new(), file: "".into(), ..slo.clone() }
}

/// The rules that a rulebook is exported as, without the comments on top.
fn exported(book: &Rulebook, only: &BTreeMap<String, Slo>) -> BTreeMap<String, String> {
    let slos = book.slos.iter().filter(|s| only.contains_key(s.id.as_str())).map(|s| bare(s).into()).collect();
    let files = rules::export(&Rulebook { slos, ..book.clone() }, rules::RulesOptions::default()).files;
    let plain = |text: &str| text.lines().filter(|l| !l.starts_with('#')).fold(String::new(), |all, l| all + l + "\n");
    files.iter().map(|f| (f.name.clone(), plain(&f.text))).collect()
}

/// Exports a rulebook and imports what came of it; every SLO that is not left out must be what it was. How many came back.
fn there_and_back(name: &str, book: &Rulebook) -> usize {
    let out = openslo::export(book);
    let files: Vec<InputFile> = out.files.iter().map(|f| InputFile::new(&f.name, f.text.clone())).collect();
    let back = import_files(&files, Vec::new(), Some(Format::OpenSlo), &Options::default());
    let refused: Vec<String> = back.refusals().map(|p| p.message.clone()).collect();
    assert!(refused.is_empty(), "{name}: {refused:#?}\n{}", out.files[0].text);
    assert!(back.notes.iter().all(|n| !n.text.contains("is not used by any SLO")), "{name}: {:#?}", back.notes);
    let came: BTreeMap<String, Slo> = back.slos.iter().map(|s| (s.slo.id.to_string(), bare(&s.slo))).collect();
    for slo in &book.slos {
        let left_out = out.notes.iter().any(|n| n.left_out && n.slo.as_ref() == Some(&slo.id));
        match came.get(slo.id.as_str()) {
            Some(one) => assert_eq!(*one, bare(slo), "{name}"),
            None => assert!(left_out, "{name}: {} is gone and nobody was told\n{}", slo.id, out.files[0].text),
        }
    }
    assert_eq!((came.len(), out.slos), (back.slos.len(), back.slos.len()), "{name}");
    let text: String = back.files.iter().fold(String::new(), |all, f| all + "---\n" + &f.yaml);
    let again = read(&text);
    assert_eq!(exported(&again, &came), exported(book, &came), "{name}: other rules");
    for slo in &again.slos {
        assert_eq!(again.service(&slo.service), book.service(&slo.service), "{name}");
    }
    came.len()
}

#[test]
fn what_goes_out_comes_back_as_it_was() {
    let mut samples: Vec<PathBuf> = vec!["slos/checkout.yaml".into()];
    for scenario in ["connection-pool", "read-only-primary", "resize-storm"] {
        samples.push(format!("sample-data/{scenario}/slos").into());
    }
    for path in samples {
        let book = load(&[root().join(&path)], &LoadOptions::default()).rulebook;
        assert!(there_and_back(&path.display().to_string(), &book) > 0, "{path:?}");
    }
    assert_eq!(there_and_back("every kind", &read(KINDS)), 7);
    let specimen = std::fs::read_to_string(root().join("tests/verbs/export/schema/slo.yaml")).unwrap();
    let gateway = "---\nversion: burnledger/v1\nservice: gateway\nslos: [{name: availability, target: 99%, sli: {events: {bad: g_bad_total, total: g_total}}}]\n";
    assert!(there_and_back("every field", &read(&format!("{specimen}{gateway}"))) >= 5);
    assert!(there_and_back("presets", &read(&presets())) > 20);
}

/// Every indicator of every shipped preset as an SLO.
fn presets() -> String {
    let nowhere = tempfile::tempdir().unwrap();
    let (mut text, mut count) = ("version: burnledger/v1\nservice: s\nslos:\n".to_owned(), 0);
    for preset in known_presets(&[nowhere.path().to_owned()]).0.iter().map(|k| &k.preset) {
        for convention in &preset.conventions {
            for indicator in &convention.indicators {
                count += 1;
                let under = if indicator.form.takes_under() { ", under: 250ms" } else { "" };
                let counted = matches!(indicator.form, burnledger::domain::objective::Form::Occurrences { .. });
                let target = if counted { "" } else { "    target: 99%\n" };
                let (name, of, what) = (&preset.name, &convention.name, &indicator.name);
                writeln!(
                    text,
                    "  - name: n{count}\n{target}    sli: {{preset: {name}, convention: '{of}', indicator: {what}, selector: '{{job=\"a\"}}'{under}}}"
                )
                .unwrap();
            }
        }
    }
    text
}

#[test]
fn the_files_are_openslo_and_what_it_lacks_is_told() {
    let dir = house(KINDS);
    let (code, out, talk) = export(dir.path(), &["openslo"]);
    assert_eq!(code, 0, "{talk}");
    for said in [
        "shop/good: `severity`, `guards` stand as annotations burnledger/...",
        "shop/good: alert policies of tiers have their long windows alone",
        "shop/latency: `p99 > 3x for 30s` is no alert of OpenSLO",
        "shop/resizes: left out: OpenSLO has no budgets of so many in so long",
        "shop/minutes: `exclude` is left out",
    ] {
        assert!(talk.contains(said), "`{said}` is missing in\n{talk}");
        assert!(out.contains(&format!("# - {said}")), "`{said}` is not in the file's comments");
    }
    for written in [
        "kind: DataSource",
        "kind: AlertNotificationTarget",
        "  budgetingMethod: Timeslices\n",
        "    timeZone: Europe/Berlin\n",
        "    timeSliceTarget: 0.95\n",
        "  - target: 0.99\n",
        "    threshold: 14.4\n    lookbackWindow: \"1h\"\n    alertAfter: \"0m\"\n",
        "query: \"request_seconds_bucket{",
    ] {
        assert!(out.contains(written), "`{written}` is missing in\n{out}");
    }
    std::fs::write(dir.path().join("out.yaml"), &out).unwrap();
    let (code, back, talk) = burnledger(dir.path(), &["import", "openslo", "out.yaml"]);
    assert_eq!(code, 0, "{talk}");
    assert!(back.contains("service: shop\n") && back.contains("histogram:"), "{back}");
    let (code, _, talk) = export(dir.path(), &["openslo", "--slo", "resizes"]);
    assert!(code == 1 && talk.contains("left out"), "{talk}");
}
