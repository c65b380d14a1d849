//! A film has every instant of its stretch, and each frame is what a backtest of it judged.

use super::folder;
use burnledger::collector::Recorded;
use burnledger::domain::base::{Ms, Severity, Span};
use burnledger::domain::paging::Routes;
use burnledger::engine::state::Settings;
use burnledger::formats::{self, LoadOptions};
use burnledger::jobs::film::{film, film_within};
use burnledger::jobs::{Order, backtest};
use std::sync::Arc;

fn order() -> Order {
    let folder = folder("connection-pool");
    let loaded = formats::load(&[folder.join("slos")], &LoadOptions::default());
    let settings = Settings {
        routes: Routes::default(),
        environment: None,
        source: "replay".into(),
        nonce: "film".into(),
        ..Settings::default()
    };
    let at = |text: &str| Ms::parse_rfc3339(text).unwrap();
    let source = Arc::new(Recorded::open(&folder.join("samples.om.zst")).unwrap());
    let span = (at("2026-03-17T02:00:00Z"), at("2026-03-17T03:45:00Z"));
    Order { draws: true, ..Order::new(Arc::new(loaded.rulebook), settings, source, span) }
}

#[tokio::test]
async fn every_instant_has_its_frame_and_shows_what_was_judged() {
    let made = film(order(), None).await;
    assert_eq!(made.errors, Vec::<burnledger::domain::base::Text>::new());
    assert_eq!(made.frames.len(), 105 * 4 + 1);
    assert!(made.frames.iter().enumerate().all(|(i, f)| f.at == Some(made.from + made.step * i as i64)));

    let judged = backtest(order()).await.backtest;
    for firing in judged.tracks.iter().flat_map(|t| &t.firings) {
        let before = made.frame(firing.from - made.step).unwrap();
        let then = made.frame(firing.from).unwrap();
        assert_ne!(before.slos.len(), 0);
        assert!(then.slos.iter().any(|r| r.verdict.as_ref().is_some_and(|v| v.severity >= Some(firing.severity))), "{firing:?}");
    }
    // The truth file: P1 at 02:23:00, P0 at 02:42:15, impact from 02:17 on.
    let severity = |clock: &str| {
        let frame = made.frame(Ms::parse_rfc3339(&format!("2026-03-17T{clock}Z")).unwrap()).unwrap();
        frame.incidents.first().and_then(|v| v.incident.severity)
    };
    assert_eq!((severity("02:22:59"), severity("02:23:00")), (None, Some(Severity::P1)));
    assert_eq!((severity("02:42:14"), severity("02:42:15")), (Some(Severity::P1), Some(Severity::P0)));
    assert_eq!(made.marks[0].at, Ms::parse_rfc3339("2026-03-17T02:17:00Z").unwrap());
    assert_eq!(made.marks[0].sign, 'S');
    assert!(
        made.frame(made.to + Span::from_days(1)).is_some_and(|f| f.at == Some(made.to)),
        "beyond its end the last frame stays"
    );
}

#[tokio::test]
async fn a_long_film_has_fewer_frames_and_each_is_what_the_whole_one_has() {
    let slos = order().book.slos.len();
    let (whole, sparse) = (film(order(), None).await, film_within(order(), None, 150 * slos).await);
    // 421 instants in at most 150 frames: every third one would do, every fourth one is there at whole five minutes.
    assert_eq!((sparse.step, sparse.frames.len()), (whole.step * 4, 106));
    assert!(sparse.frames.iter().enumerate().all(|(i, f)| f.at == Some(sparse.from + sparse.step * i as i64)));
    assert_eq!(sparse.marks.first(), whole.marks.first());
    for frame in sparse.frames.iter().step_by(20) {
        let other = whole.frame(frame.at.unwrap()).unwrap();
        let told = |s: &burnledger::domain::view::Snapshot| s.slos.iter().map(|r| r.verdict.clone()).collect::<Vec<_>>();
        assert_eq!((frame.at, told(frame)), (other.at, told(other)));
    }
}

#[tokio::test]
async fn what_went_over_a_wire_draws_the_same_screens() {
    use burnledger::domain::base::Now;
    use burnledger::domain::view::{Answer, Snapshot};
    use burnledger::tui::{Screen, TuiOptions, Wishes, text};
    use burnledger::wire::picture::{self, Reader};
    use burnledger::words::Zone;

    let made = film(order(), None).await;
    let look = TuiOptions::resolve(Wishes { zone: Some(Zone::Utc), ..Wishes::default() }, &|_| None).look;
    let drawn = |snapshot: &Arc<Snapshot>| {
        let now = Now { wall: snapshot.made, ..Now::default() };
        let [overview, incident] =
            [Screen::Overview, Screen::Incident].map(|screen| text(snapshot, screen, now, (160, 48), look.clone()));
        overview + &incident
    };
    // One reader for all: it is told the SLOs once.
    let mut reader = Reader::default();
    for place in [0, 100, 180, 300, made.frames.len() - 1] {
        let frame = &made.frames[place];
        let sent = picture::write(frame, None, frame.made, reader.has()).unwrap();
        assert_eq!(sent.contains("\"slos\":null"), place > 0);
        let back = Arc::new(reader.read(sent.as_bytes()).unwrap().snapshot);
        assert_eq!(drawn(frame), drawn(&back), "frame {place}");
        assert_eq!(
            back.incidents.iter().map(|v| &v.incident).collect::<Vec<_>>(),
            frame.incidents.iter().map(|v| &v.incident).collect::<Vec<_>>()
        );
    }
    let sent = picture::write_answer(&Answer::Film(Arc::new(made.clone()))).unwrap();
    let Answer::Film(back) = picture::read_answer(sent.as_bytes()).unwrap() else { panic!("it is a film") };
    assert_eq!((back.from, back.to, back.step, back.incident), (made.from, made.to, made.step, made.incident));
    assert_eq!((&back.marks, back.frames.len()), (&made.marks, made.frames.len()));
    for place in [0, 180, 299, 420] {
        assert_eq!(drawn(&made.frames[place]), drawn(&back.frames[place]), "frame {place} of the film");
    }
}
