//! Pictures over a wire and back, and what is refused of them.

use super::form::look_over;
use super::*;
use crate::domain::base::{Ms, Severity, SloId, Span};
use crate::domain::judge::{TrackState, Verdict, WindowStatus};
use crate::domain::measure::{AskedPlan, AskedUnit, Count, CountedPlan, Plan};
use crate::domain::objective::Slo;
use crate::domain::view::{Lookback, PastOf, RecentLine, Role, SloRow, Snapshot, SourceHealth, SourceState, Told, TrackId};

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

fn one_slo() -> SloRow {
    let text = r#"{"id":"a/b","service":"a","name":"b","description":null,"target":"0.999","period":{"rolling":2592000000},
        "budget":"occurrences","sli":{"ratio":{"errors":"e","total":"t"}},"counted":true,"group_by":[],"exclude":[],"tiers":[],
        "breach":[],"mode":"page","file":"a.yaml"}"#;
    let form: super::slo::SloForm = serde_json::from_str(text).unwrap();
    SloRow {
        slo: std::sync::Arc::new(form.back().unwrap()),
        group: crate::domain::base::Labels::default(),
        verdict: None,
        spark: [0.5, 2.0].into(),
        spark_long: [0.25].into(),
        stale: false,
        incident: None,
        owner: None,
        doubts: [].into(),
    }
}

#[test]
fn a_picture_comes_back_with_its_name_and_who_asked() {
    let text = write(&small(), Some(&"ann".into()), Ms(62_000), &Has::default()).unwrap();
    let received = Reader::default().read(text.as_bytes()).unwrap();
    assert_eq!((&*received.name, received.you.as_deref(), received.now), ("7.61000", Some("ann"), Ms(62_000)));
    assert_eq!(&*received.program, env!("CARGO_PKG_VERSION"));
    let back = received.snapshot;
    assert_eq!((back.role, back.sources, back.speed), (small().role, small().sources, Some(4.0)));
}

#[test]
fn what_a_reader_has_is_left_out_and_asked_for_by_its_name() {
    let mut reader = Reader::default();
    let first = write(&small(), None, Ms(0), reader.has()).unwrap();
    assert!(first.contains(r#","slos":[],"incidents":[],"sparks":[],"scene":"#), "{first}");
    reader.read(first.as_bytes()).unwrap();
    let has = reader.has().clone();
    assert!(has.rules.is_some() && has.cases.is_some() && has.charts.is_some());
    let second = write(&Snapshot { number: 8, ..small() }, None, Ms(0), &has).unwrap();
    assert!(second.contains(r#","slos":null,"incidents":null,"sparks":null,"scene":"#), "{second}");
    assert_eq!(reader.read(second.as_bytes()).unwrap().snapshot.number, 8);
    assert_eq!(reader.has(), &has);
    // Each is left out by itself, and never what the reader has not.
    let charts = Has { rules: None, ..has.clone() };
    assert!(write(&small(), None, Ms(0), &charts).unwrap().contains(r#""incidents":null,"sparks":null,"slos":[]"#));
    for (left_out, what) in [("\"incidents\":[]", "incidents"), ("\"sparks\":[]", "charts"), ("\"slos\":[]", "SLOs")] {
        let broken = first.replacen(left_out, &left_out.replace("[]", "null"), 1);
        let error = Reader::default().read(broken.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(&format!("leaves out {what} that were never sent")), "{error}");
    }
    let named = |name: &str| format!("\"cases\":\"{name}\"");
    let other = second.replace(&named(has.cases.as_ref().unwrap()), &named("another"));
    assert!(reader.read(other.as_bytes()).unwrap_err().to_string().contains("leaves out incidents"));
    assert_eq!(reader.has(), &has, "what cannot be read changes nothing");
}

#[test]
fn the_first_version_is_read_too() {
    let row = r#"{"slo":0,"group":[],"verdict":null,"spark":[1.5,null],"spark_long":[],"stale":false,"incident":null,"owner":null,"doubts":[]}"#;
    let picture = Snapshot { slos: vec![one_slo()], ..small() };
    let sent: serde_json::Value = serde_json::from_str(&write(&picture, None, Ms(0), &Has::default()).unwrap()).unwrap();
    let mut older = sent.clone();
    older["pictures"] = 1.into();
    older["scene"]["slos"] = serde_json::from_str(&format!("[{row}]")).unwrap();
    for name in ["cases", "charts", "sparks"] {
        older.as_object_mut().unwrap().remove(name);
    }
    let mut reader = Reader::default();
    let read = reader.read(older.to_string().as_bytes()).unwrap().snapshot;
    assert_eq!((read.slos[0].spark[0], read.slos[0].spark.len()), (1.5, 2));
    assert_eq!((reader.has().rules.is_some(), &reader.has().cases, &reader.has().charts), (true, &None, &None));
    // The present one keeps them apart.
    let read = reader.read(sent.to_string().as_bytes()).unwrap().snapshot;
    assert_eq!(&read.slos[0].spark[..], &one_slo().spark[..]);
    let mut few = sent;
    few["sparks"] = serde_json::json!([]);
    let error = reader.read(few.to_string().as_bytes()).unwrap_err().to_string();
    assert!(error.contains("the charts of row 0 are shown and not told"), "{error}");
}

#[test]
fn what_is_not_counted_says_why_and_what_the_server_adds_up_stays_an_estimate() {
    let slo = one_slo().slo;
    let sent = |plan: Plan| {
        let row = SloRow { slo: Slo { plan, ..Slo::clone(&slo) }.into(), ..one_slo() };
        let text = write(&Snapshot { slos: vec![row], ..small() }, None, Ms(0), &Has::default()).unwrap();
        Reader::default().read(text.as_bytes()).unwrap().snapshot.slos[0].slo.plan.clone()
    };
    let of = || CountedPlan::Events { bad: Count::default(), total: None };
    let summed = Plan::Asked { ask: AskedPlan::Increases { of: of(), window: Span::from_mins(5) }, why: "too many".into() };
    assert_eq!(sent(summed).pushed_down(), Some(Span::from_mins(5)));
    let ratio = AskedPlan::Ratio { errors: "a".into(), total: "b".into(), unit: AskedUnit::PerSecond };
    let asked = sent(Plan::Asked { ask: ratio, why: "a function".into() });
    assert!(asked.pushed_down().is_none() && matches!(&asked, Plan::Asked { why, .. } if &**why == "a function"));
    assert_eq!(sent(Plan::Counted(of())).name(), "counted");
}

#[test]
fn sentences_come_in_every_language_and_older_pictures_in_english() {
    let text = Told { en: "resolved".into(), zh: "已结束".into() };
    let line = RecentLine { at: Ms(5), severity: None, text, incident: None };
    let same = RecentLine { text: "INC-0001".into(), ..line.clone() };
    let picture = Snapshot { recent: vec![line.clone(), same.clone()], ..small() };
    let sent = write(&picture, None, Ms(0), &Has::default()).unwrap();
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
    let newer = told(reader.read(br#"{"burnledger":"9.1","pictures":9,"what":1}"#).unwrap_err());
    assert!(newer.contains("it runs burnledger 9.1, whose pictures (version 9)"), "{newer}");
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
    let text = write(&small(), None, Ms(0), &Has::default()).unwrap();
    let late = text.replace("\"made\":61000", "\"made\":999999999999999");
    let error = Reader::default().read(late.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("999999999999999 is no time"), "{error}");
}

#[test]
fn what_is_shown_and_not_told_is_refused() {
    let text = write(&small(), None, Ms(0), &Has::default()).unwrap();
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
fn a_film_that_is_too_long_to_send_is_sent_with_fewer_frames() {
    let frame = |k: i64| {
        let made = Ms(15_000 * k);
        std::sync::Arc::new(Snapshot { at: Some(made), made, slos: vec![one_slo(); 500], ..small() })
    };
    let film = |frames: i64| crate::domain::view::Film {
        to: Ms(15_000 * (frames - 1)),
        step: Span::from_secs(15),
        frames: (0..frames).map(frame).collect(),
        ..Default::default()
    };
    let sent = write_answer(&Answer::Film(film(61).into())).unwrap();
    let Answer::Film(back) = read_answer(sent.as_bytes()).unwrap() else { panic!("a film") };
    assert_eq!((back.frames.len(), back.step, back.to), (31, Span::from_secs(30), Ms(900_000)));
    assert_eq!(back.frame(Ms(44_000)).and_then(|f| f.at), Some(Ms(30_000)), "the last one that was judged by then and sent");
    let error = write_answer(&Answer::Film(film(1_600).into())).unwrap_err().to_string();
    assert!(error.contains("too many to send"), "{error}");
}

#[test]
fn what_incidents_are_held_against_comes_back_as_it_was() {
    use crate::domain::review::stats::{Change, ShareKind, Standards, Targets};
    let mut targets = Targets::default();
    targets.set(ShareKind::ChangeCaused, 0.2);
    targets.set(ShareKind::Proactive, 0.6);
    let changes = vec![Change { at: Ms(7), service: "pay".into() }];
    let standards = Answer::Standards(Standards { changes, targets }.into());
    let sent = write_answer(&standards).unwrap();
    let (Ok(Answer::Standards(back)), Answer::Standards(was)) = (read_answer(sent.as_bytes()), &standards) else {
        panic!("{sent}")
    };
    assert_eq!(back, *was);
    assert!(read_answer(sent.replace("0.6", "6.0").as_bytes()).is_err(), "no share is above 1");
    let newer = sent.replace("found_proactively", "a_share_of_next_year");
    let Ok(Answer::Standards(known)) = read_answer(newer.as_bytes()) else { panic!("{newer}") };
    assert_eq!((known.targets.get(ShareKind::Proactive), known.targets.get(ShareKind::ChangeCaused)), (None, Some(0.2)));
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
