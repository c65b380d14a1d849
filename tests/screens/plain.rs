//! The line mode's lines for hand-made snapshots.

use super::fixture;
use burnledger::domain::view::{Role, Snapshot};
use burnledger::tui::Plain;
use burnledger::words::Zone;

fn numbered(snapshot: Snapshot) -> Snapshot {
    Snapshot { number: 1, ..snapshot }
}

#[test]
fn only_changes_are_told_and_each_is_one_line() {
    let mut plain = Plain::new(Zone::Utc, false);
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
    let mut plain = Plain::new(Zone::Utc, true);
    let alone = Snapshot { role: Role::Recording, ..numbered(fixture::calm()) };
    assert!(plain.lines(&alone)[0].ends_with(" records, pages nobody"));
    let watched = Snapshot { role: Role::Following { leader: "h\u{e9}:7".into() }, ..alone };
    let lines = plain.lines(&watched);
    assert!(lines[0].ends_with(" h?:7 leads this ledger; this view follows"), "no byte above 127: {lines:?}");
}
