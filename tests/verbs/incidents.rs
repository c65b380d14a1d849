//! `incidents list|show|ack|resolve|note`, in process, on a ledger in memory and on a file.

use crate::ledger::make::{commit, entry, onset, page, with_pages};
use burnledger::app::desk::LedgerDesk;
use burnledger::cli::incidents::{IncidentsArgs, run, run_at};
use burnledger::cli::{Common, Exit, Format, Out};
use burnledger::clock::ManualClock;
use burnledger::domain::base::{CommitId, IncidentId, Interval, Ms, Severity, Span};
use burnledger::domain::incident::{Fact, ImpactRecord, IncidentRef, Onset};
use burnledger::domain::paging::{DispatchKind, Settlement};
use burnledger::domain::view::{Command, Refusal};
use burnledger::ledger::{MemoryLedger, SqliteLedger};
use burnledger::ports::{Clock, Desk, Lead, Ledger};
use burnledger::words::Zone;
use clap::Parser;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: IncidentsArgs,
}

fn args(line: &[&str]) -> Result<IncidentsArgs, clap::Error> {
    Line::try_parse_from(std::iter::once("incidents").chain(line.iter().copied())).map(|l| l.args)
}

/// Bytes written to a stream.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A ledger, a clock and a desk between them.
pub(super) struct Office {
    ledger: Arc<dyn Ledger>,
    clock: Arc<ManualClock>,
    desk: LedgerDesk,
}

fn start() -> Ms {
    Ms::parse_rfc3339("2026-03-02T02:17:00Z").unwrap()
}

impl Office {
    pub(super) fn over(ledger: Arc<dyn Ledger>) -> Self {
        let clock = Arc::new(ManualClock::new(start() + Span::from_mins(6)));
        let desk = LedgerDesk::new(Arc::clone(&ledger), Arc::clone(&clock) as Arc<dyn Clock>, "cli");
        Self { ledger, clock, desk }
    }

    pub(super) fn new() -> Self {
        Self::over(Arc::new(MemoryLedger::new("test")))
    }

    async fn record(&self, id: &str, fact: Fact, at: Ms, pages: &[&str]) {
        let known = IncidentRef::Known(IncidentId(1));
        let incident = if matches!(fact, Fact::Opened(_)) { IncidentRef::Opens(0) } else { known };
        let pages = pages.iter().map(|receiver| page(incident, receiver, DispatchKind::First, 0)).collect();
        let new = burnledger::domain::incident::NewEntry { at, ..entry(incident, fact) };
        self.ledger.commit(with_pages(commit(id, vec![new]), pages), None, self.clock.now()).await.unwrap();
    }

    /// An incident that began at 02:17 and was detected and paged at 02:23.
    pub(super) async fn open(&self, service: &str) {
        let detected = start() + Span::from_mins(6);
        let fact = Fact::Opened(Onset { impact_start: start(), detected, ..onset(service) });
        self.record(&format!("open {service}"), fact, detected, &["pager"]).await;
    }

    pub(super) async fn send_pages(&self) {
        let Lead::Held { fence, .. } = self.ledger.lead("w".into(), Span::from_secs(30), self.clock.now()).await.unwrap() else {
            panic!("not led")
        };
        for row in self.ledger.claim(fence, 9, self.clock.now()).await.unwrap() {
            let done = Settlement::Delivered { detail: "202".into() };
            self.ledger.settle(row.id, done, fence, self.clock.now()).await.unwrap();
        }
    }

    async fn run(&self, line: &[&str], format: Format) -> (Exit, String, String) {
        let (data, talk) = (Pipe::default(), Pipe::default());
        let mut out = Out::new(data.clone(), talk.clone());
        let exit = run_at(&args(line).unwrap(), format, &self.desk, Zone::Utc, &mut out).await;
        drop(out);
        (exit, data.text(), talk.text())
    }

    pub(super) async fn text(&self, line: &[&str]) -> (Exit, String, String) {
        self.run(line, Format::Text).await
    }

    async fn on_a_small_terminal(&self, line: &[&str]) -> String {
        let data = Pipe::default();
        let mut out = Out::new(data.clone(), Pipe::default());
        (out.width, out.is_terminal) = (80, true);
        run_at(&args(line).unwrap(), Format::Text, &self.desk, Zone::Utc, &mut out).await;
        drop(out);
        data.text()
    }

    pub(super) async fn json(&self, line: &[&str]) -> Value {
        let (exit, data, _) = self.run(line, Format::Json).await;
        assert_eq!(exit, Exit::Fine);
        serde_json::from_str(&data).unwrap()
    }

    pub(super) fn pass(&self, minutes: i64) {
        self.clock.advance(Span::from_mins(minutes));
    }
}

fn impact() -> ImpactRecord {
    let intervals = vec![Interval { from: start(), to: start() + Span::from_mins(47) }];
    let (bad, total) = (83_419.0, Some(471_242.0));
    ImpactRecord { bad, total, bad_low: bad, bad_high: bad + 12.0, intervals, budget_spent: vec![] }
}

#[tokio::test]
async fn an_incident_is_taken_noted_and_resolved_by_hand() {
    let office = Office::new();
    office.open("checkout").await;
    office.send_pages().await;
    office.pass(4);
    let done = office.text(&["ack", "INC-0001", "--by", "ann"]).await;
    assert_eq!(done, (Exit::Fine, "INC-0001 acknowledged by ann\n".into(), String::new()));
    let again = office.text(&["ack", "1", "--by", "ann"]).await;
    assert_eq!(again, (Exit::Fine, "INC-0001 is acknowledged by ann already\n".into(), String::new()));
    let note = office.text(&["note", "1", "rolled", "back\u{1b}[2J", "--by", "ann"]).await;
    assert_eq!(note.1, "INC-0001 rolled back [2J\n");
    office.pass(30);
    let resolved = office.text(&["resolve", "1", "--reason", "rollback", "--at", "10m", "--by", "ben"]).await;
    assert_eq!(resolved, (Exit::Fine, "INC-0001 resolved by ben: rollback\n".into(), String::new()));
    let shown = office.json(&["show", "1"]).await;
    assert_eq!(shown["state"], "resolved");
    assert_eq!(shown["milestones"]["resolved"], "2026-03-02T02:47:00Z");
    let kinds: Vec<&Value> = shown["entries"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    assert_eq!(kinds, ["opened", "paged", "acknowledged", "note", "resolved"]);
}

#[tokio::test]
async fn show_gives_the_contracts_json() {
    let office = Office::new();
    office.open("checkout").await;
    office.send_pages().await;
    office.pass(4);
    office.text(&["ack", "1", "--by", "ann"]).await;
    let end = start() + Span::from_mins(47);
    office.record("m", Fact::Mitigated { reason: "".into(), impact: Some(impact()) }, end, &[]).await;
    let resolved = Fact::Resolved { reason: "".into(), impact: None };
    office.record("r", resolved, end + Span::from_mins(15), &[]).await;
    let mut shown = office.json(&["show", "1"]).await;
    let entries = shown["entries"].take();
    assert_eq!(
        shown,
        json!({
            "id": 1,
            "service": "checkout",
            "services": [{"service": "checkout", "role": "suspect", "slos": ["checkout/availability"]}],
            "state": "resolved",
            "no_data": false,
            "changes": [],
            "held": [],
            "drill": false,
            "severity": "P1",
            "peak_severity": "P1",
            "severity_history": [{"at": "2026-03-02T02:23:00Z", "severity": "P1"}],
            "merged_into": null,
            "merged": [],
            "root_cause": null,
            "effort": null,
            "milestones": {
                "impact_start": "2026-03-02T02:17:00Z", "detected": "2026-03-02T02:23:00Z", "paged": "2026-03-02T02:23:00Z",
                "delivered": "2026-03-02T02:23:00Z", "acknowledged": "2026-03-02T02:27:00Z", "mitigated": "2026-03-02T03:04:00Z",
                "impact_end": "2026-03-02T03:04:00Z", "resolved": "2026-03-02T03:19:00Z", "closed": null
            },
            "seconds": {"ttd": 360, "tta": 240, "ttm": 2820, "ttr": 3720, "impact": 2820},
            "proactive": false,
            "flaps": 0,
            "impact": {
                "bad": 83419, "total": 471242, "bad_low": 83419, "bad_high": 83431,
                "intervals": [{"from": "2026-03-02T02:17:00Z", "to": "2026-03-02T03:04:00Z"}], "budget_spent": []
            },
            "pages": [{
                "receiver": "pager", "kind": "first", "severity": "P1", "created": "2026-03-02T02:23:00Z",
                "delivered": "2026-03-02T02:23:00Z", "attempts": 1, "outcome": "delivered", "detail": "202"
            }],
            "evidence": [],
            "notes": [],
            "corrections": [],
            "entries": null,
            "cost": null
        })
    );
    let first = &entries[0];
    assert_eq!(first["seq"], 1);
    assert_eq!((&first["kind"], &first["actor"], &first["source"]), (&json!("opened"), &json!("auto"), &json!("watch")));
    assert_eq!(first["text"], "P1 on checkout, bad since 02:17:00: burns 7.1x");
    assert_eq!(first["hash"].as_str().unwrap().len(), 64);
    assert_eq!(first["corrects"], Value::Null);
}

#[tokio::test]
async fn a_page_on_its_way_counts_as_paged_and_has_no_outcome_yet() {
    let office = Office::new();
    office.open("checkout").await;
    office.pass(2);
    office.text(&["ack", "1", "--by", "ann"]).await;
    let shown = office.json(&["show", "1"]).await;
    assert_eq!(shown["milestones"]["paged"], "2026-03-02T02:23:00Z");
    assert_eq!((&shown["milestones"]["delivered"], &shown["seconds"]["tta"]), (&Value::Null, &json!(120)));
    assert_eq!((&shown["pages"][0]["outcome"], &shown["pages"][0]["delivered"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn show_reads_well() {
    let office = Office::new();
    office.open("checkout\u{1b}[31m").await;
    office.send_pages().await;
    office.pass(4);
    office.text(&["ack", "1", "--by", "ann"]).await;
    office.record("m", Fact::Mitigated { reason: "".into(), impact: Some(impact()) }, start() + Span::from_mins(47), &[]).await;
    let (exit, text, talk) = office.text(&["show", "1"]).await;
    assert_eq!((exit, &*talk), (Exit::Fine, ""));
    assert_eq!(
        text,
        "\
INC-0001  P1  mitigated  checkout?[31m
  objectives    checkout?[31m/availability
  impact began  2026-03-02 02:17:00 UTC
  detected      2026-03-02 02:23:00 UTC, 6m00s after impact began
  first page    2026-03-02 02:23:00 UTC
  acknowledged  2026-03-02 02:27:00 UTC, 4m00s after the first page; ann has it
  mitigated     2026-03-02 03:04:00 UTC, 47m00s after impact began
  resolved      -
  lasted        10m00s
  impact        83,419 bad of 471,242 events (17.7%) in 47m00s of bad minutes
  cost          -

Pages
  02:23:00  pager: first at P1, accepted 02:23:00

Timeline (UTC)
  02:23:00  open      P1 on checkout?[31m, bad since 02:17:00: burns 7.1x  [auto]
  02:23:00  page      pager accepted the first page at P1: 202  [auto]
  02:27:00  ack       acknowledged by ann  [ann]
  03:04:00  mitigate  users are served again; 83,419 of 471,242 events failed (17.7%) within 47m00s  [auto]
"
    );
}

#[tokio::test]
async fn list_gives_the_newest_first() {
    let office = Office::new();
    assert_eq!(office.text(&["list"]).await, (Exit::Fine, String::new(), "no incidents yet\n".into()));
    for service in ["checkout", "search", "a-service-with-a-very-long-name"] {
        office.open(service).await;
    }
    office.pass(60);
    office.text(&["ack", "2", "--by", "ann"]).await;
    let (_, text, talk) = office.text(&["list", "--limit", "2"]).await;
    assert_eq!(talk, "2 of 3 incidents; --limit shows more\n");
    assert_eq!(
        text,
        "\
ID        SEV  STATE         SERVICE              BEGAN                       LASTED    TAKEN BY         COST
INC-0003  P1   open          a-service-with-a-ve… 2026-03-02 02:17:00 UTC     1h06m     -                -
INC-0002  P1   acknowledged  search               2026-03-02 02:17:00 UTC     1h06m     ann              -
"
    );
    assert_eq!(
        office.on_a_small_terminal(&["list", "--limit", "1"]).await,
        "\
ID        SEV  STATE         SERVICE        BEGAN UTC        LASTED  COST
INC-0003  P1   open          a-service-wit… 2026-03-02 02:17 1h06m   -
"
    );
    let listed = office.json(&["list"]).await;
    let ids: Vec<&Value> = listed["incidents"].as_array().unwrap().iter().map(|i| &i["id"]).collect();
    assert_eq!(ids, [3, 2, 1]);
    assert_eq!(listed["incidents"][1]["state"], "acknowledged");
    assert!(listed["incidents"][1].get("entries").is_none());
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_the_reason() {
    let office = Office::new();
    let empty = office.text(&["show", "1"]).await;
    assert_eq!(empty.0, Exit::No);
    assert!(empty.2.contains("the ledger holds no incidents yet"), "{}", empty.2);
    office.open("checkout").await;
    office.pass(5);
    let future = "2027-01-01T00:00:00Z";
    let before = "2026-03-02T01:00:00Z";
    for (line, code, told) in [
        (vec!["show", "9"], Exit::No, "there is no incident INC-0009 in this ledger"),
        (vec!["ack", "9", "--by", "ann"], Exit::No, "the newest ones are INC-0001 (checkout, open)"),
        (vec!["note", "1", " \u{7} ", "--by", "ann"], Exit::No, "a note needs words"),
        (vec!["note", "1", "x", "--by", " "], Exit::No, "--by NAME says who you are"),
        (vec!["resolve", "1", "--by", "ann", "--at", future], Exit::No, "lies in the future"),
        (vec!["resolve", "1", "--by", "ann", "--at", before], Exit::No, "it cannot have ended at 2026-03-02T01:00:00Z"),
        (vec!["resolve", "1", "--by", "ann", "--at", "soon"], Exit::Usage, "--at: `soon` is no time"),
        (vec!["resolve", "1", "--by", "ann"], Exit::Fine, ""),
        (vec!["resolve", "1", "--by", "ann"], Exit::No, "INC-0001 is resolved already"),
        (vec!["ack", "1", "--by", "ann"], Exit::No, "INC-0001 is resolved already"),
    ] {
        let (exit, _, talk) = office.text(&line).await;
        assert_eq!(exit, code, "{line:?}: {talk}");
        assert!(talk.contains(told), "{line:?}: {talk}");
    }
}

#[test]
fn numbers_are_read_as_people_type_them() {
    for good in ["17", "INC-0017", "inc-17"] {
        assert!(args(&["show", good]).is_ok(), "{good}");
    }
    for bad in ["0", "x", "INC-", "1.5"] {
        let error = args(&["show", bad]).unwrap_err().to_string();
        assert!(error.contains("incidents are numbered: 17 or INC-0017"), "{bad}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_at_one_desk_is_seen_at_another_and_severity_asks_for_a_new_acknowledgement() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let open = || -> Arc<dyn Ledger> { Arc::new(SqliteLedger::open(&path).unwrap()) };
    let (watch, cli) = (Office::over(open()), Office::over(open()));
    watch.open("checkout").await;
    cli.text(&["ack", "1", "--by", "ann"]).await;
    assert_eq!(watch.json(&["show", "1"]).await["state"], "acknowledged");
    let raised = Fact::SeverityChanged { from: Severity::P1, to: Severity::P0, rules: vec![], reasons: vec![] };
    watch.record("raise", raised, watch.clock.now().wall, &[]).await;
    let again = cli.text(&["ack", "1", "--by", "ann"]).await;
    assert_eq!(again.1, "INC-0001 acknowledged by ann\n", "a P0 is acknowledged anew");
}

#[tokio::test]
async fn an_order_is_carried_out_once_however_often_it_is_sent() {
    let office = Office::new();
    office.open("checkout").await;
    let resolve =
        Command::Resolve { incident: IncidentId(1), by: "ann".into(), reason: "done".into(), at: None, findings: vec![] };
    let id = CommitId("order-1".into());
    let first = office.desk.order(id.clone(), resolve.clone()).await.unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(office.desk.order(id, resolve.clone()).await.unwrap(), first, "the first result, though it is resolved by now");
    let refused = office.desk.order(CommitId("order-2".into()), resolve).await;
    assert_eq!(refused, Err(Refusal::NotNow("INC-0001 is resolved already".into())));
    let nobody = Command::Acknowledge { incident: IncidentId(7), by: "ann".into() };
    let unknown = office.desk.order(CommitId("order-3".into()), nobody).await;
    assert_eq!(unknown, Err(Refusal::Unknown(IncidentId(7))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_from_many_desks_at_once_are_all_decided_on_fresh_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let open = || -> Arc<dyn Ledger> { Arc::new(SqliteLedger::open(&path).unwrap()) };
    let office = Office::over(open());
    office.open("checkout").await;
    let people: Vec<_> = (0..4)
        .map(|n| {
            let other = Office::over(open());
            tokio::spawn(async move {
                let (by, at) = (format!("p{n}"), None);
                let note = Command::Note { incident: IncidentId(1), by: by.as_str().into(), note: "here".into() };
                other.desk.order(CommitId(format!("note-{n}").into()), note).await.unwrap();
                let resolve =
                    Command::Resolve { incident: IncidentId(1), by: by.into(), reason: "".into(), at, findings: vec![] };
                other.desk.order(CommitId(format!("resolve-{n}").into()), resolve).await.is_ok()
            })
        })
        .collect();
    let mut resolved = 0;
    for person in people {
        resolved += usize::from(person.await.unwrap());
    }
    assert_eq!(resolved, 1, "only one of them ends it; the others learn that it has ended");
    let all = office.desk.incidents().await.unwrap();
    assert_eq!((all.problems(), all.get(IncidentId(1)).unwrap().entries.len()), (&[][..], 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_cannot_be_used_is_exit_code_4() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "these are notes, not a ledger ".repeat(50)).unwrap();
    for (path, told) in [
        (folder.path().join("none.db"), "there is no ledger yet"),
        (text.clone(), "it is no burnledger ledger"),
        (folder.path().to_owned(), "it is a folder"),
    ] {
        let (data, talk) = (Pipe::default(), Pipe::default());
        let mut out = Out::new(data.clone(), talk.clone());
        let common = Common { ledger: Some(path), ..Common::default() };
        let exit = run(&args(&["list"]).unwrap(), &common, &mut out).await;
        drop(out);
        assert_eq!((exit, &*data.text()), (Exit::Ledger, ""));
        assert!(talk.text().contains(told), "{}", talk.text());
    }
    assert_eq!(std::fs::read(&text).unwrap(), "these are notes, not a ledger ".repeat(50).as_bytes());
}
