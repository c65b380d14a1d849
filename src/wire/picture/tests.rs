//! Pictures over a wire and back, and what is refused of them.

use super::form::look_over;
use super::*;
use crate::domain::base::{Severity, SloId, Span};
use crate::domain::judge::{TrackState, Verdict, WindowStatus};
use crate::domain::view::{Lookback, PastOf, RecentLine, Role, SourceHealth, SourceState, Told, TrackId};

fn small() -> Snapshot {
    let failing = SourceState::Failing { since: Ms(5), error: "gone".into(), tries: 2, next_try: None };
    Snapshot {
        at: Some(Ms(60_000)),
        made: Ms(61_000),
        number: 7,
        role: Role::Following { leader: "host:1".into() },
        sources: vec![SourceHealth { name: "prom".into(), state: failing, ..SourceHealth::default() }],
        speed: Some(4.0),
        ..Snapshot::default()
    }
}

#[test]
fn a_picture_comes_back_with_its_name_and_who_asked() {
    let text = write(&small(), Some(&"ann".into()), Ms(62_000), None).unwrap();
    let received = Reader::default().read(text.as_bytes()).unwrap();
    assert_eq!((&*received.name, received.you.as_deref(), received.now), ("7.61000", Some("ann"), Ms(62_000)));
    assert_eq!(&*received.program, env!("CARGO_PKG_VERSION"));
    let back = received.snapshot;
    assert_eq!((back.role, back.sources, back.speed), (small().role, small().sources, Some(4.0)));
}

#[test]
fn sentences_come_in_every_language_and_older_pictures_in_english() {
    let text = Told { en: "resolved".into(), zh: "已结束".into() };
    let line = RecentLine { at: Ms(5), severity: None, text, incident: None };
    let same = RecentLine { text: "INC-0001".into(), ..line.clone() };
    let picture = Snapshot { recent: vec![line.clone(), same.clone()], ..small() };
    let sent = write(&picture, None, Ms(0), None).unwrap();
    assert_eq!(Reader::default().read(sent.as_bytes()).unwrap().snapshot.recent, [line.clone(), same.clone()]);
    let older = sent.replace(r#","zh":"已结束""#, "");
    assert_ne!(older, sent);
    let english = RecentLine { text: "resolved".into(), ..line };
    assert_eq!(Reader::default().read(older.as_bytes()).unwrap().snapshot.recent, [english, same]);
}

#[test]
fn another_version_of_the_form_is_told_by_its_name_and_nonsense_is_told_as_such() {
    let mut reader = Reader::default();
    let told = |e: Unreadable| e.to_string();
    let newer = told(reader.read(br#"{"burnledger":"9.1","pictures":2,"what":1}"#).unwrap_err());
    assert!(newer.contains("it runs burnledger 9.1, whose pictures (version 2)"), "{newer}");
    for bad in ["", "<html>", "[]", "{}", r#"{"burnledger":"1","pictures":1}"#, "{\"burnledger\":\"\\u001b[31m\",\"pictures\":1}"]
    {
        let error = told(reader.read(bad.as_bytes()).unwrap_err());
        assert!(error.starts_with("what it sent is no picture"), "{bad}: {error}");
        assert!(!error.contains('\u{1b}'));
    }
}

#[test]
fn numbers_and_texts_beyond_reason_are_refused_before_they_are_read() {
    for good in ["{\"a\": 123456789012345}", "[0.12345678901234567890]", r#"["12345678901234567890", "\\\"1"]"#, "1e300"] {
        assert_eq!(look_over(good.as_bytes()), Ok(()), "{good}");
    }
    for bad in ["{\"a\": 1234567890123456}", "[-9223372036854775808]", r#"["\\", 1234567890123456]"#] {
        assert!(look_over(bad.as_bytes()).is_err(), "{bad}");
    }
    assert!(look_over(format!("\"{}\"", "x".repeat(100_000)).as_bytes()).is_err());
    let text = write(&small(), None, Ms(0), None).unwrap();
    let late = text.replace("\"made\":61000", "\"made\":999999999999999");
    let error = Reader::default().read(late.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("999999999999999 is no time"), "{error}");
}

#[test]
fn what_is_shown_and_not_told_is_refused() {
    let text = write(&small(), None, Ms(0), None).unwrap();
    let row = r#""slos":[{"slo":3,"group":[],"verdict":null,"spark":[],"spark_long":[],"stale":false,"incident":null,"owner":null,"doubts":[]}],"incidents":[],"incident_count""#;
    let broken = text.replace(r#""slos":[],"incidents":[],"incident_count""#, row);
    assert_ne!(text, broken);
    let error = Reader::default().read(broken.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("SLO 3 is shown and not told"), "{error}");
    let left_out = text.replacen("\"slos\":[]", "\"slos\":null", 1);
    assert_ne!(text, left_out);
    let error = Reader::default().read(left_out.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("never sent"), "{error}");
}

#[test]
fn verdicts_keep_every_number_and_the_unknown_stays_unknown() {
    use super::form::Form;
    let window =
        WindowStatus { window: Span(300_000), burn_rate: Some(f64::INFINITY), bad: 0.1 + 0.2, ..WindowStatus::default() };
    let verdict = Verdict {
        at: Ms(1),
        state: TrackState::NoTraffic,
        severity: Some(Severity::P1),
        windows: vec![window],
        ..Verdict::default()
    };
    let text = serde_json::to_string(&super::verdict::VerdictForm::of(&verdict)).unwrap();
    let form: super::verdict::VerdictForm = serde_json::from_str(&text).unwrap();
    assert_eq!(form.back().unwrap(), verdict);
}

#[test]
fn questions_are_bounded_where_they_are_read() {
    let track = TrackId { slo: SloId::new("a", "b"), group: crate::domain::base::Labels::new([("x", "y")]) };
    let of = PastOf::Burn { track, window: None };
    let lookback = Lookback { of, from: Ms(0), to: Ms(1), cells: 50 };
    let question = Question::Past(lookback);
    assert_eq!(read_question(write_question(&question).unwrap().as_bytes()), Ok(question));
    let many = write_question(&Question::Incidents { limit: 1_000_000 }).unwrap();
    assert_eq!(read_question(many.as_bytes()), Ok(Question::Incidents { limit: 2_000 }));
    let ask = |cells| {
        let (expr, cell) = ("sum(up)".into(), Span::from_secs(15));
        Question::Values(crate::domain::view::ValuesAsk { source: None, expr, to: Ms(60_000), cell, cells })
    };
    assert_eq!(read_question(write_question(&ask(40)).unwrap().as_bytes()), Ok(ask(40)));
    assert_eq!(read_question(write_question(&ask(40_000)).unwrap().as_bytes()), Ok(ask(1_000)));
    assert!(read_question(b"{\"order\":1}").is_err());
}
