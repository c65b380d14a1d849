//! Responses through the courier: dry by default, run at most once, unknown after a crash.

use super::bench::{Bench, START, content, levels};
use super::crooked::until;
use burnledger::domain::base::{CommitId, IncidentId, Severity, Span};
use burnledger::domain::incident::{Actor, Fact, IncidentRef, NewEntry, Outcome};
use burnledger::domain::paging::{Commit, DispatchKind, DispatchState, NewDispatch};
use burnledger::notify::{Basics, Exec, ExecSettings, Response};
use burnledger::ports::{Clock, Notifier};
use std::path::Path;
use std::sync::Arc;

const NAME: &str = "response:scale-out";

fn response(script: &str, dry_run: bool) -> Arc<dyn Notifier> {
    let exec = Exec::new(ExecSettings {
        basics: Basics::new(NAME),
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        env: vec![],
        timeout: Span::from_secs(20),
    });
    Arc::new(Response::new(NAME.into(), "`scale`".into(), Arc::new(exec), dry_run, Span::from_secs(20)))
}

async fn rises(bench: &Bench) -> IncidentId {
    let incident = bench.opens("checkout", Severity::P0, &[]).await;
    let note = NewEntry {
        incident: IncidentRef::Known(incident),
        fact: Fact::Note("it rose".into()),
        at: START,
        actor: Actor::Auto,
        source: "watch".into(),
        corrects: None,
    };
    let row = NewDispatch {
        incident: IncidentRef::Known(incident),
        kind: DispatchKind::Response,
        severity: Severity::P0,
        level: 0,
        receiver: NAME.into(),
        number: 0,
        content: content("checkout"),
    };
    let commit = |id: &str| Commit {
        id: CommitId(id.into()),
        entries: vec![note.clone()],
        dispatches: vec![row.clone()],
        decided_at: None,
    };
    bench.ledger.commit(commit("rise"), Some(bench.fence), bench.clock.now()).await.unwrap();
    // The same decision made again adds no second row.
    bench.ledger.commit(commit("rise again"), Some(bench.fence), bench.clock.now()).await.unwrap();
    incident
}

async fn ended(bench: &Bench, incident: IncidentId) -> (DispatchState, String) {
    bench.pass_until_settled().await;
    let rows = bench.rows(incident).await;
    assert_eq!(rows.len(), 1);
    (rows[0].state, rows[0].detail.to_string())
}

fn runs(file: &Path) -> usize {
    std::fs::read_to_string(file).map_or(0, |text| text.lines().count())
}

#[tokio::test]
async fn a_response_is_dry_until_it_is_told_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ran");
    let script = format!("echo x >> {}", file.display());
    let bench = Bench::new(vec![response(&script, true)], levels(&["ops"])).await.start();
    let incident = rises(&bench).await;
    let (state, detail) = ended(&bench, incident).await;
    assert_eq!(state, DispatchState::Delivered);
    assert!(detail.contains("dry run: `scale` would be run") && runs(&file) == 0, "{detail}");
}

#[tokio::test]
async fn it_is_run_once_and_its_outcome_is_an_entry_whatever_it_was() {
    for (end, state) in [("exit 0", DispatchState::Delivered), ("echo no >&2; exit 1", DispatchState::Failed)] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ran");
        let script = format!("echo x >> {}; {end}", file.display());
        let bench = Bench::new(vec![response(&script, false)], levels(&["ops"])).await.start();
        let incident = rises(&bench).await;
        assert_eq!(ended(&bench, incident).await.0, state, "a failure is not tried again");
        for _ in 0..5 {
            bench.clock.advance(Span::from_mins(10));
        }
        assert_eq!(runs(&file), 1);
        let entries = bench.ledger.since(burnledger::domain::base::Seq(0), 100).await.unwrap();
        let told = entries.iter().filter(|e| matches!(&e.fact, Fact::Paged { kind, .. } if &**kind == "response")).count();
        assert_eq!(told, 1);
    }
}

#[tokio::test]
async fn after_a_crash_while_it_ran_its_outcome_is_unknown_and_it_is_not_run_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ran");
    let script = format!("echo x >> {}; exec sleep 30", file.display());
    let bench = Bench::new(vec![response(&script, false)], levels(&["ops"])).await.start();
    let incident = rises(&bench).await;
    until("it runs", || runs(&file) == 1).await;
    let bench = bench.crash_and_restart().await;
    let (state, detail) = ended(&bench, incident).await;
    assert_eq!(state, DispatchState::Failed);
    assert!(detail.contains("outcome unknown") && runs(&file) == 1, "{detail}");
    let entries = bench.ledger.since(burnledger::domain::base::Seq(0), 100).await.unwrap();
    assert!(entries.iter().any(|e| matches!(&e.fact, Fact::Paged { outcome: Outcome::Failed, .. })));
}
