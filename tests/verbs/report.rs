//! `report`: on a ledger's file, to stdout and into files that people write in.

use crate::ledger::make::{commit, entry, onset};
use burnledger::cli::report::{ReportArgs, run};
use burnledger::cli::{Common, Exit, Format, Out};
use burnledger::domain::base::{IncidentId, Mono, Ms, Now, SloId};
use burnledger::domain::incident::{Fact, IncidentRef, NewEntry, Onset};
use burnledger::ledger::SqliteLedger;
use burnledger::ports::Ledger;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Pipe {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn at(clock: &str) -> Ms {
    Ms::parse_rfc3339(&format!("2026-03-17T{clock}Z")).unwrap()
}

/// A folder with a ledger in it that holds one incident, and what is needed to report on it.
struct Desk {
    folder: tempfile::TempDir,
    ledger: SqliteLedger,
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = SqliteLedger::open(&folder.path().join("ledger.db")).unwrap();
        let desk = Self { folder, ledger };
        let slo = SloId::new("payments", "success");
        let onset = Onset {
            slos: vec![slo],
            rules: Vec::new(),
            impact_start: at("02:17:00"),
            detected: at("02:23:00"),
            ..onset("payments")
        };
        desk.record("open", Fact::Opened(onset), at("02:23:00")).await;
        desk
    }

    async fn record(&self, id: &str, fact: Fact, at: Ms) {
        let incident = if matches!(fact, Fact::Opened(_)) { IncidentRef::Opens(0) } else { IncidentRef::Known(IncidentId(1)) };
        let new = NewEntry { at, ..entry(incident, fact) };
        self.ledger.commit(commit(id, vec![new]), None, Now { wall: at, mono: Mono(0) }).await.unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn run(&self, args: ReportArgs, format: Format) -> (Exit, String, String) {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/connection-pool");
        let common =
            Common { ledger: Some(self.path("ledger.db")), slos: Some(samples.join("slos")), format, ..Common::default() };
        let (data, talk) = (Pipe::default(), Pipe::default());
        let mut out = Out::new(data.clone(), talk.clone());
        let exit = run(&args, &common, &mut out).await;
        drop(out);
        (exit, data.text(), talk.text())
    }
}

fn offline(out: Option<PathBuf>) -> ReportArgs {
    ReportArgs { id: Some(IncidentId(1)), out, offline: true, ..ReportArgs::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_markdown_or_json_and_draws_from_a_recording() {
    let desk = Desk::new().await;
    desk.record("end", Fact::Resolved { reason: "fixed".into(), impact: None }, at("03:46:00")).await;
    let (exit, text, talk) = desk.run(offline(None), Format::Text).await;
    assert_eq!((exit, talk.as_str()), (Exit::Fine, ""));
    assert!(text.starts_with("<!-- burnledger:report INC-0001 -->\n\n# INC-0001: payments, P1\n"), "{text}");
    assert!(text.contains("No samples were at hand when this report was made"));
    assert!(text.contains(r#"payments/success: bad `payments_total{job="payments", outcome="failed"}`"#), "{text}");

    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/connection-pool/samples.om.zst");
    let args = ReportArgs { samples: Some(samples), offline: false, ..offline(None) };
    let (exit, text, talk) = desk.run(args, Format::Json).await;
    assert_eq!((exit, talk.as_str()), (Exit::Fine, ""));
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&report["id"], &report["name"], &report["cost"]), (&1.into(), &"INC-0001".into(), &serde_json::Value::Null));
    let burn: Vec<f64> = report["burn"]["values"].as_array().unwrap().iter().filter_map(serde_json::Value::as_f64).collect();
    let peak = burn.iter().copied().fold(0.0, f64::max);
    assert!((170.0..185.0).contains(&peak), "17.7 % of 0.1 %: {peak}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_made_again_and_what_people_wrote_stays() {
    let desk = Desk::new().await;
    let file = desk.path("postmortem.md");
    let (exit, data, talk) = desk.run(offline(Some(file.clone())), Format::Text).await;
    assert_eq!((exit, data.as_str()), (Exit::Fine, ""), "{talk}");
    let written = std::fs::read_to_string(&file).unwrap().replace("TODO: what set it off.", "A migration took every lock.");
    std::fs::write(&file, written).unwrap();

    desk.record("note", Fact::Note("pool doubled".into()), at("02:50:00")).await;
    assert_eq!(desk.run(offline(Some(file.clone())), Format::Text).await.0, Exit::Fine);
    let again = std::fs::read_to_string(&file).unwrap();
    assert!(again.contains("A migration took every lock.") && again.contains("pool doubled"), "{again}");

    let torn = again.replace("<!-- burnledger:end trigger -->", "");
    std::fs::write(&file, &torn).unwrap();
    let (exit, _, talk) = desk.run(offline(Some(file.clone())), Format::Text).await;
    assert_eq!(exit, Exit::Usage);
    assert!(talk.contains("the region `trigger` has no end") && talk.contains("nothing was overwritten"), "{talk}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), torn);
    assert_eq!(
        std::fs::read_dir(desk.folder.path())
            .unwrap()
            .filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|x| x == "tmp"))
            .count(),
        0
    );

    // JSON holds no words of people, but a stranger's file is not replaced either.
    let (exit, _, _) = desk.run(offline(Some(file.clone())), Format::Json).await;
    assert_eq!(exit, Exit::Usage);
    let json = desk.path("report.json");
    for _ in 0..2 {
        assert_eq!(desk.run(offline(Some(json.clone())), Format::Json).await.0, Exit::Fine);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_incident_and_a_source_that_is_away_are_told() {
    let desk = Desk::new().await;
    let (exit, _, talk) = desk.run(ReportArgs { id: Some(IncidentId(9)), ..offline(None) }, Format::Text).await;
    assert_eq!(exit, Exit::No);
    assert!(talk.contains("INC-0001 (payments, open)"), "{talk}");

    let samples = Some(desk.path("gone.om.zst"));
    let (exit, text, talk) = desk.run(ReportArgs { samples, offline: false, ..offline(None) }, Format::Text).await;
    assert_eq!(exit, Exit::Fine, "the report does not depend on the chart");
    assert!(talk.contains("warning: the burn rate is not drawn") && text.contains("## Annex: cost"), "{talk}");
}

#[test]
fn markdown_may_be_asked_for_by_name() {
    for format in ["md", "text", "json"] {
        let line = ["burnledger", "report", "INC-0017", "--format", format];
        assert!(burnledger::cli::command().try_get_matches_from(line).is_ok(), "{format}");
    }
    for line in [&["report", "--from", "90d", "--format", "html", "--lang", "zh"][..], &["report", "17", "--format", "csv"]] {
        let line = [&["burnledger"][..], line].concat();
        assert!(burnledger::cli::command().try_get_matches_from(&line).is_ok(), "{line:?}");
    }
    for line in [&["report"][..], &["report", "17", "--from", "90d"], &["report", "17", "--lang", "fr"]] {
        let line = [&["burnledger"][..], line].concat();
        assert!(burnledger::cli::command().try_get_matches_from(&line).is_err(), "{line:?}");
    }
    let refused = burnledger::cli::command().try_get_matches_from(["burnledger", "report", "17", "--format", "pdf"]);
    assert!(refused.unwrap_err().to_string().contains("text"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_and_spreadsheets_are_replaced_only_by_their_own_kind() {
    let desk = Desk::new().await;
    let draft = desk.path("postmortem.md");
    assert_eq!(desk.run(offline(Some(draft.clone())), Format::Text).await.0, Exit::Fine);
    let written = std::fs::read_to_string(&draft).unwrap().replace("TODO: what set it off.", "A migration took every lock.");
    std::fs::write(&draft, written).unwrap();
    let page = desk.path("postmortem.html");
    for _ in 0..2 {
        let args = ReportArgs { draft: Some(draft.clone()), ..offline(Some(page.clone())) };
        let (exit, _, talk) = desk.run(args, Format::Html).await;
        assert_eq!(exit, Exit::Fine, "{talk}");
    }
    assert!(std::fs::read_to_string(&page).unwrap().contains("A migration took every lock."));
    let table = desk.path("postmortem.csv");
    for _ in 0..2 {
        assert_eq!(desk.run(offline(Some(table.clone())), Format::Csv).await.0, Exit::Fine);
    }
    std::fs::write(&page, "<p>my own page</p>").unwrap();
    let (exit, _, talk) = desk.run(offline(Some(page.clone())), Format::Html).await;
    assert_eq!((exit, talk.contains("nothing was overwritten")), (Exit::Usage, true), "{talk}");
    assert_eq!(std::fs::read_to_string(&page).unwrap(), "<p>my own page</p>");

    let period = || ReportArgs {
        id: None,
        from: Some("2026-03-01T00:00:00Z".into()),
        to: Some("2026-04-01T00:00:00Z".into()),
        ..offline(None)
    };
    let (exit, text, talk) = desk.run(period(), Format::Text).await;
    assert_eq!(exit, Exit::Fine, "{talk}");
    assert!(text.contains("# Incidents, 2026-03-01 to 2026-04-01") && text.contains("| INC-0001 | payments | P1 |"), "{text}");
    let quarter = desk.path("period.json");
    for _ in 0..2 {
        let args = ReportArgs { out: Some(quarter.clone()), ..period() };
        assert_eq!(desk.run(args, Format::Json).await.0, Exit::Fine);
    }
    let wrong = ReportArgs { to: Some("2026-02-01T00:00:00Z".into()), ..period() };
    assert_eq!(desk.run(wrong, Format::Text).await.0, Exit::Usage);
}
