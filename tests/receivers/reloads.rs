//! Receivers and routes follow the configuration's file; one that cannot be used leaves the former in force and says so.

use super::crooked::until;
use burnledger::app::Setup;
use burnledger::app::receivers::roster;
use burnledger::app::watch::follow_later;
use burnledger::config::Overrides;
use std::sync::Arc;
use tokio::sync::watch;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receivers_are_swapped_whole_and_a_bad_file_keeps_the_old_ones() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("burnledger.yaml");
    let write = |text: &str| std::fs::write(&file, format!("slos: slos\n{text}")).unwrap();
    write("receivers: {a: stderr}");
    let setup = Setup::load_config(&Overrides { config: Some(file.clone()), ..Overrides::default() }).unwrap();
    let rosters = watch::Sender::new(Arc::new(roster(&setup).unwrap()));
    let names = || rosters.borrow().notifiers.keys().map(ToString::to_string).collect::<Vec<_>>();
    let (rules, follower) = follow_later(&setup);
    let following = follower.start(Some(rosters.clone()));
    write("receivers: {a: stderr, b: stderr}\nroutes: [{receivers: [b]}]\nresponses: {r: {severity: P0, exec: {command: [x]}}}");
    until("the new receivers hold", || names() == ["a", "b", "response:r"]).await;
    assert_eq!(rosters.borrow().routes.responses.len(), 1);
    write("receivers: {c: {slack: {}}}");
    // The folder of SLOs, which is not there, is another matter.
    let of_configuration = |p: &&burnledger::domain::base::Problem| p.code == "bad-configuration";
    let complaint =
        || rules.borrow().problems.iter().filter(of_configuration).map(|p| p.message.clone()).collect::<Vec<_>>().join("; ");
    until("the mistake is told", || complaint().contains("the former configuration stays in force")).await;
    assert_eq!(names(), ["a", "b", "response:r"]);
    assert!(complaint().contains("`slack` needs `url`"), "{}", complaint());
    write("receivers: {c: stderr}");
    until("the mended file holds", || names() == ["c"] && complaint().is_empty()).await;
    following.abort();
}
