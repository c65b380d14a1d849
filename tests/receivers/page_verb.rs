//! `page test RECEIVER`.

use super::bench::{START, hook};
use super::crooked::{Crooked, Does};
use burnledger::cli::page::{PageAction, PageArgs, run};
use burnledger::cli::{Common, Exit, Format, Out};
use burnledger::domain::base::{Mono, Now};
use burnledger::notify::Terminal;
use burnledger::ports::Notifier;
use burnledger::words::Zone;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// A writer that others can read.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(data)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

async fn test(receiver: &str, format: Format, receivers: &[Arc<dyn Notifier>]) -> (Exit, String, String) {
    let (data, talk) = (Paper::default(), Paper::default());
    let args = PageArgs { action: PageAction::Test { receiver: receiver.into() } };
    let common = Common { format, ..Common::default() };
    let mut out = Out::new(data.clone(), talk.clone());
    let now = Now { wall: START, mono: Mono(0) };
    let exit = run(&args, &common, receivers, Some("staging".into()), now, &mut out).await;
    out.flush();
    (exit, data.text(), talk.text())
}

#[tokio::test]
async fn the_outcome_is_told_in_the_receivers_own_terms() {
    let server = Crooked::start([]).await;
    let receivers = [hook("ops", &server)];
    let at = format!("http://127.0.0.1:{}", server.port);
    let (exit, data, _) = test("ops", Format::Text, &receivers).await;
    assert_eq!((exit, data), (Exit::Fine, format!("ops: delivered ({at}: HTTP 200: {{\"ok\":true}})\n")));
    let told = &server.seen()[0];
    assert_eq!((told.text("/kind"), told.text("/status")), ("test".into(), "test".into()));
    assert_eq!(told.text("/text/title"), "[TEST] burnledger can reach you; nothing is wrong in staging");

    server.then(Does::body(200, r#"{"ok":false,"error":"channel_is_archived"}"#));
    let (exit, data, talk) = test("ops", Format::Json, &receivers).await;
    let json: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!((exit, &json["outcome"], talk.as_str()), (Exit::No, &"refused".into(), ""));
    assert!(json["detail"].as_str().unwrap().contains("channel_is_archived"));
}

#[tokio::test]
async fn who_cannot_be_reached_exits_3_and_who_is_unknown_2() {
    let server = Crooked::start([]).await;
    server.then(Does::Close);
    let receivers = [hook("ops", &server), hook("chat", &server)];
    let (exit, data, talk) = test("ops", Format::Text, &receivers).await;
    assert_eq!((exit, data.as_str()), (Exit::Unreachable, ""));
    assert!(talk.starts_with("error: ops: unreachable ("), "{talk}");
    let (exit, _, talk) = test("opps\u{1b}[2J", Format::Text, &receivers).await;
    assert_eq!(exit, Exit::Usage);
    assert_eq!(talk, "error: there is no receiver `opps?[2J`\n  hint: receivers are: chat, ops\n");
    let (exit, _, talk) = test("ops", Format::Text, &[]).await;
    assert!(exit == Exit::Usage && talk.contains("names no receivers"), "{talk}");
}

#[tokio::test]
async fn the_terminal_shows_pages_as_harmless_text() {
    let paper = Paper::default();
    let terminal = Terminal::new("stderr", Zone::Utc, paper.clone());
    let mut page = super::webhook::row(burnledger::domain::paging::DispatchKind::First, burnledger::domain::base::Severity::P0);
    page.content.service = "check\u{1b}[2Jout".into();
    page.content.reasons[0].text = "burn\nPAGE [P0] forged".into();
    let now = Now { wall: START, mono: Mono(0) };
    terminal.deliver(&page, now).await;
    let text = paper.text();
    assert!(
        text.starts_with("PAGE [P0] check?[2Jout: availability is failing (INC-0017)\n     why: burn PAGE [P0] forged\n"),
        "{text}"
    );
    assert_eq!(text.lines().filter(|l| l.starts_with("PAGE")).count(), 1, "no line can be forged");
}

#[tokio::test]
async fn a_closed_terminal_is_refused_for_good() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let receivers: [Arc<dyn Notifier>; 1] = [Arc::new(Terminal::new("stderr", Zone::Utc, Closed))];
    let (exit, _, talk) = test("stderr", Format::Text, &receivers).await;
    assert!(exit == Exit::No && talk.contains("the terminal is closed"), "{talk}");
}
