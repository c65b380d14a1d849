//! The line mode's lines for hand-made snapshots.

use super::fixture;
use burnledger::domain::base::Ms;
use burnledger::domain::view::{Attachment, LostLink, Role, Snapshot};
use burnledger::tui::Plain;
use burnledger::words::{Words, Zone};

fn numbered(snapshot: Snapshot) -> Snapshot {
    Snapshot { number: 1, ..snapshot }
}

#[test]
fn only_changes_are_told_and_each_is_one_line() {
    let mut plain = Plain::new(Words::default(), Zone::Utc, false);
    let calm = numbered(fixture::calm());
    let first = plain.lines(&calm);
    assert!(first.iter().any(|l| l.contains(" SLOs, ")), "{first:#?}");
    assert_eq!(plain.lines(&calm), Vec::<String>::new(), "nothing changed");
    let busy = numbered(fixture::busy());
    let then = plain.lines(&busy);
    let burning = then.iter().find(|l| l.contains(" P0 checkout")).unwrap_or_else(|| panic!("{then:#?}"));
    assert!(burning.contains(" burn ") && burning.contains(" cost $") && burning.contains("INC-0142"), "{burning}");
    assert!(then.iter().all(|l| !l.contains(['\n', '\u{1b}']) && l.as_bytes()[2] == b':'), "{then:#?}");
    let back = plain.lines(&calm);
    assert!(back.iter().any(|l| l.ends_with(" -- checkout-api/availability is not evaluated any more, it was P0")), "{back:#?}");
}

#[test]
fn who_records_and_pages_is_said_and_said_again_when_it_changes() {
    let mut plain = Plain::new(Words::default(), Zone::Utc, true);
    let alone = Snapshot { role: Role::Recording, ..numbered(fixture::calm()) };
    assert!(plain.lines(&alone)[0].ends_with(" records, pages nobody"));
    let watched = Snapshot { role: Role::Following { leader: "h\u{e9}:7".into() }, ..alone };
    let lines = plain.lines(&watched);
    assert!(lines[0].ends_with(" h?:7 leads this ledger; this view follows"), "no byte above 127: {lines:?}");
}

#[test]
fn a_link_that_is_lost_before_anything_came_is_told_with_its_time() {
    let since = Ms::parse_rfc3339("2026-03-17T14:31:07Z").unwrap();
    let lost = LostLink { since, error: "refused".into(), tries: 1, next_try: since };
    let attached = Attachment { address: "http://watch:9".into(), lost: Some(lost), ..Attachment::default() };
    let lines =
        Plain::new(Words::default(), Zone::Utc, true).lines(&Snapshot { attached: Some(attached.into()), ..Snapshot::default() });
    assert_eq!(lines, ["14:31:07 ! cut off from http://watch:9: refused"]);
}

#[test]
fn a_replay_is_told_in_lines_from_its_first_to_its_last_instant() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/connection-pool");
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("burnledger.yaml"), "{}\n").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_burnledger"));
    command
        .args(["tui", "--replay", "2026-03-17T02:00:00Z..2026-03-17T03:45:00Z", "--samples"])
        .arg(folder.join("samples.om.zst"));
    command.arg("--slos").arg(folder.join("slos")).current_dir(home.path()).env("TZ", "UTC").env("LC_ALL", "C");
    let out = command.env("XDG_STATE_HOME", home.path()).env("XDG_CONFIG_HOME", home.path()).output().unwrap();
    let (text, talk) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8_lossy(&out.stderr).into_owned());
    assert_eq!((out.status.code(), &*talk), (Some(0), ""));
    let at = |what: &str| text.lines().position(|l| l.contains(what)).unwrap_or_else(|| panic!("no `{what}` in\n{text}"));
    assert!(at("plays recorded samples") < at(" P1 payments/") && at(" P1 payments/") < at(" P0 payments/"), "{text}");
    assert!(at("INC-0001") > 0 && text.is_ascii());
    let clocks: Vec<&str> = text.lines().map(|l| &l[..8]).collect();
    assert!(clocks.iter().all(|c| c.as_bytes()[2] == b':'), "{text}");
}
