//! A command as a receiver: what it gets, what its exit means, and that nothing of it outlives its time.

use super::providers::{NOW, word};
use super::webhook::row;
use burnledger::domain::base::{Severity, Span};
use burnledger::domain::paging::DispatchKind;
use burnledger::kit::secrets::{Secret, SecretSource};
use burnledger::notify::{Basics, Exec, ExecSettings};
use burnledger::ports::Notifier;
use serde_json::Value;

fn command(script: &str, change: impl FnOnce(&mut ExecSettings)) -> Exec {
    let mut settings = ExecSettings {
        basics: Basics::new("cmd"),
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        env: vec![],
        timeout: Span::from_secs(10),
    };
    change(&mut settings);
    Exec::new(settings)
}

async fn ends(exec: &Exec) -> (String, String) {
    word(&exec.deliver(&row(DispatchKind::First, Severity::P0), NOW).await)
}

#[tokio::test]
async fn it_gets_the_page_on_its_input_and_nothing_of_it_among_its_arguments() {
    let dir = tempfile::tempdir().unwrap();
    let (page, env) = (dir.path().join("page"), dir.path().join("env"));
    let exec = command(&format!("cat > {}; env > {}; echo thanks", page.display(), env.display()), |s| {
        s.env = vec![("TOKEN".into(), SecretSource::Inline(Secret::new("t0ken-of-env")))];
    });
    let (word, detail) = ends(&exec).await;
    assert_eq!((word.as_str(), detail.as_str()), ("delivered", "exit 0: thanks"));
    let document: Value = serde_json::from_str(&std::fs::read_to_string(page).unwrap()).unwrap();
    assert_eq!((&document["service"], &document["kind"]), (&"checkout".into(), &"first".into()));
    let env = std::fs::read_to_string(env).unwrap();
    assert!(env.contains("TOKEN=t0ken-of-env\n") && env.contains("BURNLEDGER_KEY=burnledger/lab/17\n"), "{env}");
    assert!(!env.contains("CARGO"), "the rest of our own environment stays here: {env}");
    assert!(!format!("{exec:?}").contains("t0ken"), "{exec:?}");
}

#[tokio::test]
async fn its_exit_says_whether_to_try_again() {
    for (script, want, says) in [
        ("exit 0", "delivered", "exit 0"),
        ("exit 1", "retry", "exit 1"),
        ("exit 75", "retry", "exit 75"),
        ("echo 'bad address' >&2; exit 64", "refused", "exit 64: bad address"),
        ("exit 127", "refused", "exit 127"),
        ("kill -9 $$", "retry", "killed"),
        ("cat >/dev/null; printf 'a\\033[31mb'", "delivered", "a [31mb"),
    ] {
        let (word, text) = ends(&command(script, |_| {})).await;
        assert_eq!(word, want, "{script}: {text}");
        assert!(text.contains(says), "{script}: {text}");
    }
    let missing = command("", |s| s.program = "/no/such/program".into());
    assert_eq!(ends(&missing).await.0, "refused");
}

#[tokio::test]
async fn what_it_started_ends_with_it_when_its_time_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("pid");
    let script = format!("sleep 600 & echo $! > {}; wait", mark.display());
    let exec = command(&script, |s| s.timeout = Span(400));
    let (word, why) = ends(&exec).await;
    assert!(word == "retry" && why.contains("ran longer than 400ms"), "{why}");
    let pid = std::fs::read_to_string(&mark).unwrap().trim().to_owned();
    let gone = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z")
    };
    assert!(crate::support::wait_until(std::time::Duration::from_secs(30), gone), "its child {pid} lives on");
}

#[tokio::test]
async fn a_flood_of_output_neither_fills_memory_nor_hangs() {
    let (word, text) = ends(&command("cat >/dev/null; yes | head -c 3000000; exit 0", |_| {})).await;
    assert!(word == "delivered" || word == "retry", "{text}");
    assert!(text.len() < 1000, "{}", text.len());
}
