//! A dashboard on a watch elsewhere: over a real socket to the program's own server, to servers that misbehave, and through
//! tmux to a real `watch` that is killed and comes back.

use super::fixture;
use super::terminal::Terminal;
use crate::support::{Prometheus, free_port, require, wait_until};
use burnledger::app::attach::{TokenPlace, attach};
use burnledger::app::desk::LedgerDesk;
use burnledger::app::intake::LedgerIntake;
use burnledger::attach::AttachedDesk;
use burnledger::clock::SystemClock;
use burnledger::domain::base::{CommitId, IncidentId, Ms, Seq, Severity, SloId};
use burnledger::domain::incident::{Act, Actor, Correction, Fact, IncidentRef, Incidents, NewEntry, Onset, Phase};
use burnledger::domain::paging::Commit;
use burnledger::domain::view::{Answer, Attachment, Command, Question, Refusal, Snapshot};
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Clock, Desk, Ledger};
use burnledger::serve::{Served, Tokens, listen, serve};
use burnledger::telemetry::Metrics;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const TOKEN: &str = "0123456789abcdef-ann";
const LIMIT: Duration = Duration::from_mins(1);

/// A server with a ledger and hand-made snapshots.
struct Server {
    port: u16,
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    stop: watch::Sender<bool>,
    dir: tempfile::TempDir,
}

impl Server {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("tokens"), format!("ann {TOKEN}\n")).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ledger: Arc<dyn Ledger> = Arc::new(MemoryLedger::new("lab"));
        let snapshots = watch::Sender::new(Arc::new(Snapshot { number: 1, ..calm() }));
        let mut server = Self { port: 0, ledger, clock, snapshots, stop: watch::Sender::new(false), dir };
        server.begin("127.0.0.1:0".into()).await;
        server
    }

    async fn begin(&mut self, at: String) {
        let (listener, at) = listen(&at).await.unwrap();
        self.stop = watch::Sender::new(false);
        let served = Served {
            snapshots: self.snapshots.subscribe(),
            metrics: Metrics::default(),
            clock: Arc::clone(&self.clock),
            desk: Arc::new(LedgerDesk::new(Arc::clone(&self.ledger), Arc::clone(&self.clock), "api")),
            intake: Arc::new(LedgerIntake::new(Arc::clone(&self.ledger), Arc::clone(&self.clock))),
            tokens: Tokens { file: Some(self.dir.path().join("tokens")), for_reading: false },
            root_causes: std::sync::Arc::default(),
        };
        tokio::spawn(serve(listener, served, self.stop.subscribe()));
        self.port = at.port();
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn opens(&self, commit: &str) -> IncidentId {
        let at = self.clock.now().wall;
        let onset = Onset {
            service: commit.into(),
            slos: vec![SloId::new(commit, "availability")],
            severity: Some(Severity::P0),
            rules: vec![],
            reasons: vec![],
            impact_start: at,
            detected: at,
            rulebook: "rb".into(),
            drill: false,
        };
        let entry = NewEntry {
            incident: IncidentRef::Opens(0),
            fact: Fact::Opened(onset),
            at,
            actor: Actor::Auto,
            source: "watch".into(),
            corrects: None,
        };
        let commit = Commit { id: CommitId(commit.into()), entries: vec![entry], dispatches: vec![], decided_at: None };
        self.ledger.commit(commit, None, self.clock.now()).await.unwrap()[0].incident
    }

    async fn incidents(&self) -> Incidents {
        Incidents::replay(&self.ledger.since(Seq(0), 1000).await.unwrap())
    }
}

fn calm() -> Snapshot {
    Snapshot { incidents: Vec::new(), ..fixture::calm() }
}

/// Waits until what the desk shows is so.
async fn sees(desk: &AttachedDesk, what: &str, test: impl Fn(&Snapshot, &Attachment) -> bool) -> Arc<Snapshot> {
    let mut snapshots = desk.snapshots();
    let found = tokio::time::timeout(LIMIT, snapshots.wait_for(|s| test(s, s.attached.as_ref().unwrap()))).await;
    let found = found.ok().and_then(|found| found.ok().map(|s| Arc::clone(&s)));
    found.unwrap_or_else(|| panic!("waited for {what}, saw {:?}", desk.snapshots().borrow().attached))
}

fn command(incident: IncidentId) -> Command {
    Command::Acknowledge { incident, by: "eve".into() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_follow_and_nothing_is_ordered_without_a_token_that_the_server_knows() {
    let server = Server::open().await;
    let desk = attach(&server.url(), &TokenPlace::Nowhere).unwrap();
    let first = sees(&desk, "a picture", |s, _| s.number == 1).await;
    assert_eq!(first.slos.len(), calm().slos.len());
    assert_eq!(first.slos[0].slo.tiers, calm().slos[0].slo.tiers);
    server.snapshots.send_replace(Arc::new(Snapshot { number: 2, ledger_error: Some("full".into()), ..calm() }));
    let next = sees(&desk, "the next picture", |s, _| s.number == 2).await;
    assert_eq!((next.ledger_error.as_deref(), next.slos.len()), (Some("full"), first.slos.len()), "SLOs are told once");

    let id = server.opens("checkout").await;
    let attached = next.attached.as_ref().unwrap();
    assert_eq!((attached.read_only.as_deref(), &attached.who), (Some("no token"), &None));
    let refused = desk.order(CommitId("1".into()), command(id)).await.unwrap_err();
    assert_eq!(refused.to_string(), "this view is read-only: no token; `--token-file FILE` names one");

    let wrong = attach(&server.url(), &TokenPlace::Told("not-the-token-of-anyone")).unwrap();
    sees(&wrong, "that it is unknown", |_, a| a.read_only.as_deref() == Some("the server does not know this token")).await;
    let refused = wrong.order(CommitId("1".into()), command(id)).await.unwrap_err();
    assert!(refused.to_string().contains("a token is required"), "{refused}");
    assert_eq!(server.incidents().await.get(id).unwrap().phase, Phase::Open);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_given_under_the_tokens_name_and_once() {
    let server = Server::open().await;
    let file = server.dir.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let desk = attach(&server.url(), &TokenPlace::File(&file)).unwrap();
    sees(&desk, "who we are", |_, a| a.who.as_deref() == Some("ann") && a.read_only.is_none()).await;
    let (older, younger) = (server.opens("checkout").await, server.opens("search").await);
    let told = desk.order(CommitId("a".into()), command(older)).await.unwrap();
    assert_eq!((told.len(), &told[0].fact, &told[0].actor), (1, &Fact::Acknowledged, &Actor::Person("ann".into())));
    let note = Command::Note { incident: older, by: "eve".into(), note: "rolled back".into() };
    for _ in 0..2 {
        assert_eq!(desk.order(CommitId("n".into()), note.clone()).await.unwrap().len(), 1);
    }
    let changes = vec![Correction::Severity(Severity::P2)];
    let act = Act::Correct { changes, reason: "few users".into() };
    desk.order(CommitId("s".into()), Command::Act { incident: older, by: "eve".into(), act }).await.unwrap();
    let merge = Command::Merge { incident: younger, with: older, by: "eve".into(), reason: "same cause".into() };
    desk.order(CommitId("m".into()), merge).await.unwrap();
    let incidents = server.incidents().await;
    let kept = incidents.get(older).unwrap();
    assert_eq!((kept.severity, kept.services.len()), (Some(Severity::P2), 2));
    assert_eq!(kept.entries.iter().filter(|e| matches!(e.fact, Fact::Note(_))).count(), 1);
    assert_eq!(incidents.get(younger).unwrap().merged_into, Some(older));
    let again =
        desk.order(CommitId("x".into()), Command::Merge { incident: younger, with: older, by: "eve".into(), reason: "".into() });
    assert!(matches!(again.await, Err(Refusal::NotNow(why)) if why.contains("part of")), "in the server's own words");

    let Ok(Answer::Incident(Some(asked))) = desk.ask(Question::Incident(older)).await else { panic!("it is there") };
    assert_eq!(*asked, **kept, "an incident that went over the wire is the same");
    let Ok(Answer::Incidents(list)) = desk.ask(Question::Incidents { limit: 5 }).await else { panic!("a list") };
    assert_eq!(list.iter().map(|i| i.id).collect::<Vec<_>>(), [younger, older]);
    let past = desk.ask(Question::Film(burnledger::domain::view::FilmAsk::Stretch { from: Ms(0), to: Ms(1) })).await;
    assert!(past.is_err(), "this server has no past");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_leaves_the_last_picture_and_one_that_is_back_is_followed_again() {
    let mut server = Server::open().await;
    let desk = attach(&server.url(), &TokenPlace::Nowhere).unwrap();
    sees(&desk, "a picture", |s, _| s.number == 1).await;
    server.stop.send_replace(true);
    let last = sees(&desk, "that the link is lost", |_, a| a.lost.is_some()).await;
    assert_eq!((last.number, last.slos.len()), (1, calm().slos.len()), "what was known stays");
    server.snapshots.send_replace(Arc::new(Snapshot { number: 9, ..calm() }));
    let port = server.port;
    server.begin(format!("127.0.0.1:{port}")).await;
    let back = sees(&desk, "the next picture", |s, a| s.number == 9 && a.lost.is_none()).await;
    assert!(back.attached.as_ref().unwrap().program.is_some());
}

/// Asks for a picture as it is or packed: the head and the body.
async fn got(server: &Server, path: &str, gzip: bool) -> (String, Vec<u8>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut link = tokio::net::TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let packed = if gzip { "Accept-Encoding: br, gzip;q=0.5\r\n" } else { "" };
    link.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n{packed}Connection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut all = Vec::new();
    link.read_to_end(&mut all).await.unwrap();
    let end = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&all[..end]).to_ascii_lowercase(), all[end + 4..].to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_are_packed_for_those_who_ask_and_parts_that_stay_the_same_are_sent_once() {
    use burnledger::kit::gzip::unpack;
    use burnledger::wire::picture::Reader;
    let server = Server::open().await;
    let (head, plain) = got(&server, "/api/v1/desk", false).await;
    assert!(!head.contains("content-encoding") && head.contains("vary: accept-encoding"), "{head}");
    let (head, packed) = got(&server, "/api/v1/desk", true).await;
    assert!(
        head.contains("content-encoding: gzip") && packed.len() * 2 < plain.len(),
        "{} of {}: {head}",
        packed.len(),
        plain.len()
    );
    let mut reader = Reader::default();
    let whole = reader.read(&unpack(&packed, plain.len() + 100).unwrap()).unwrap();
    assert_eq!(whole.snapshot.slos.len(), calm().slos.len());
    server.snapshots.send_replace(Arc::new(Snapshot { number: 2, ..calm() }));
    let has = reader.has().clone();
    let [rules, cases, charts] = [has.rules, has.cases, has.charts].map(Option::unwrap);
    let path = format!("/api/v1/desk?after={}&rules={rules}&cases={cases}&charts={charts}", whole.name);
    let (_, next) = got(&server, &path, true).await;
    let bytes = unpack(&next, plain.len()).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains(r#""slos":null,"incidents":null,"sparks":null"#), "{}", &text[..400]);
    assert!(next.len() < packed.len());
    let second = reader.read(&bytes).unwrap();
    assert_eq!((second.snapshot.number, second.snapshot.slos[0].spark.len()), (2, calm().slos[0].spark.len()));
    let (_, status) = got(&server, &format!("/api/v1/desk?after={}", second.name), true).await;
    assert!(status.is_empty(), "nothing new");
}

/// A server that answers everything with the same bytes.
fn crooked(answer: &[u8]) -> String {
    let answer = answer.to_vec();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for link in listener.incoming() {
            let Ok(mut link) = link else { return };
            let _ = link.read(&mut [0; 4096]);
            let _ = link.write_all(&answer);
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packed_answers_that_would_fill_the_memory_or_are_damaged_are_told_and_cost_nothing() {
    use burnledger::kit::gzip::{Piece, joined};
    let answer = |body: &[u8]| {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    let zeros = Piece::packed(&vec![b' '; 8 << 20]).unwrap();
    let bomb = joined(&[&zeros; 13]);
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    let good = joined(&[&Piece::packed(b"<html>").unwrap()]);
    let cases = [
        (bomb, "the answer is longer than 100663296 bytes"),
        (good[..good.len() - 4].to_vec(), "the answer was cut off"),
        (b"<html>".to_vec(), "the answer was cut off"),
        (good, "no picture of burnledger's"),
    ];
    for (body, told) in cases {
        let desk = attach(&crooked(&answer(&body)), &TokenPlace::Nowhere).unwrap();
        let why = |a: &Attachment| a.lost.as_ref().map(|lost| lost.error.to_string()).unwrap_or_default();
        sees(&desk, told, |_, a| why(a).contains(told)).await;
        assert!(desk.ask(Question::Incidents { limit: 1 }).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_are_none_of_ours_are_told_and_cost_nothing() {
    let cases: [(&[u8], &str); 5] = [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>", "no picture of burnledger's"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "longer than"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "is it a burnledger of this version?"),
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "it wants a token that it knows"),
        (
            b"HTTP/1.1 500 X\r\nContent-Length: 36\r\nConnection: close\r\n\r\n{\"error\": \"the disk \\u001b[31mfull\"}",
            "the disk [31mfull",
        ),
    ];
    for (answer, told) in cases {
        let desk = attach(&crooked(answer), &TokenPlace::Nowhere).unwrap();
        let why = |a: &Attachment| a.lost.as_ref().map(|lost| lost.error.to_string()).unwrap_or_default();
        sees(&desk, told, |_, a| why(a).contains(told) && !why(a).contains('\u{1b}')).await;
        assert!(desk.ask(Question::Incidents { limit: 1 }).await.is_err());
    }
}

#[test]
fn addresses_and_tokens_are_checked_before_anything_is_shown() {
    let told = |url: &str, token: &TokenPlace<'_>| attach(url, token).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(told("ftp://ann:secret@x", &TokenPlace::Nowhere).contains("neither http nor https"));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tokens");
    std::fs::write(&file, format!("ann {TOKEN}\n")).unwrap();
    let with_name = told("http://127.0.0.1:1", &TokenPlace::File(&file));
    assert!(with_name.contains("white space") && !with_name.contains(TOKEN), "{with_name}");
    assert!(told("http://127.0.0.1:1", &TokenPlace::File(&dir.path().join("none"))).contains("cannot be read"));
}

const BIN: &str = env!("CARGO_BIN_EXE_burnledger");

/// A real watch; killed at the end, whatever happened.
struct Watch(Child);

impl Watch {
    fn start(dir: &Path, port: u16) -> Self {
        let mut command = std::process::Command::new(BIN);
        command.args(["watch", "--listen", &format!("127.0.0.1:{port}"), "--ledger", "l.db"]).current_dir(dir);
        command.env("XDG_STATE_HOME", dir).env("XDG_CONFIG_HOME", dir).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn folder() -> tempfile::TempDir {
    folder_on(&format!("http://127.0.0.1:{}", free_port()))
}

fn folder_on(prometheus: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    for service in ["cart", "checkout"] {
        let slo = format!(
            "version: burnledger/v1\nservice: {service}\nslos:\n  - name: availability\n    target: 99.9%\n    sli: {{events: {{bad: 'x_total{{code=\"500\"}}', total: x_total}}}}\n"
        );
        std::fs::write(dir.path().join(format!("slos/{service}.yaml")), slo).unwrap();
    }
    std::fs::write(dir.path().join("tokens"), format!("ann {TOKEN}\n")).unwrap();
    std::fs::write(dir.path().join("mine"), TOKEN).unwrap();
    let config = format!("step: 5s\napi_tokens_file: tokens\nprometheus: {{url: '{prometheus}'}}\n");
    std::fs::write(dir.path().join("burnledger.yaml"), config).unwrap();
    dir
}

fn started(dir: &Path, args: &str) -> String {
    // Nothing of the watch's folder is known where the screen runs.
    let (home, elsewhere) = (dir.display(), dir.join("elsewhere"));
    std::fs::create_dir_all(&elsewhere).unwrap();
    let elsewhere = elsewhere.display();
    format!(
        "clear; (cd {elsewhere} && XDG_STATE_HOME={elsewhere} XDG_CONFIG_HOME={elsewhere} {BIN} tui {args}); echo rc=$? {home}"
    )
}

/// An incident by hand, where the watch is.
fn declare(dir: &Path) {
    let mut declare = std::process::Command::new(BIN);
    declare.args(["incidents", "declare", "checkout", "cards", "are", "refused", "--severity", "P1", "--by", "mei"]);
    declare.args(["--ledger", "l.db"]).current_dir(dir).env("XDG_STATE_HOME", dir).env("XDG_CONFIG_HOME", dir);
    assert!(declare.output().unwrap().status.success());
}

#[test]
fn a_chinese_dashboard_of_an_english_watch_speaks_chinese_throughout() {
    let Some(t) = Terminal::open(140, 36) else { return };
    let (dir, port) = (folder(), free_port());
    let token = dir.path().join("mine");
    t.line(&started(dir.path(), &format!("--attach 127.0.0.1:{port} --language zh --token-file {}", token.display())));
    t.wait(&format!("与 http://127.0.0.1:{port} 的连接已中断"));
    t.wait("无法建立连接");
    let watch = Watch::start(dir.path(), port);
    t.wait(&format!("已连接 http://127.0.0.1:{port}，身份 ann"));
    declare(dir.path());
    t.wait("INC-0001");
    t.keys(&["2"]);
    t.wait("无人确认");
    t.keys(&["a"]);
    t.wait("已确认 INC-0001，身份 ann");
    // The watch recorded it in English; here it is told from what was recorded.
    t.wait("ann 已确认");
    for english in ["acknowledged", "UNACKED", "attached", "LIVE", "declared", "timeline", "TIMELINE"] {
        assert!(!t.screen().contains(english), "`{english}` on:\n{}", t.screen());
    }
    t.keys(&["L"]);
    // What the watch says of its own source comes as text.
    t.wait("数据源 http://127.0.0.1");
    t.gone("could not be reached");
    t.keys(&["Escape"]);
    t.gone("数据源 http://127.0.0.1");
    drop(watch);
    t.wait("连接中断");
    t.wait("ann 已确认");
    t.keys(&["q"]);
    t.wait("rc=0");
    t.given_back();
}

/// Ten minutes of requests of which one in two thousand fails.
fn flowing() -> String {
    let now = SystemClock::new().now().wall.0 / 5_000 * 5;
    let mut text = String::from("# TYPE x counter\n");
    for (code, each) in [("200", 1_999), ("500", 1)] {
        for k in 0..=120_i64 {
            let _ = std::fmt::Write::write_fmt(
                &mut text,
                format_args!("x_total{{code=\"{code}\"}} {} {}\n", k * each, now - 600 + 5 * k),
            );
        }
    }
    text + "# EOF\n"
}

fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill {name}");
}

#[test]
fn a_watch_that_hangs_leaves_its_last_data_with_their_age_and_holds_nobody_back() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let Some(t) = Terminal::open(140, 36) else { return };
    let prometheus = Prometheus::backfill(&flowing());
    let (dir, port) = (folder_on(&prometheus.url()), free_port());
    let watch = Watch::start(dir.path(), port);
    let token = dir.path().join("mine");
    let run = started(dir.path(), &format!("--attach 127.0.0.1:{port} --token-file {}", token.display()));
    t.line(&run);
    t.wait(" 99.95");
    declare(dir.path());
    t.wait("INC-0001");
    signal(&watch.0, "-STOP");
    // Keys work before anybody can know that it hangs.
    t.keys(&["?"]);
    t.wait("find a key");
    t.keys(&["Escape"]);
    t.gone("find a key");
    t.wait("CUT OFF");
    let age = || Some(t.screen().lines().next()?.split("data ").nth(1)?.split(" old").next()?.to_owned());
    let (known, screen) = (age(), t.screen());
    assert!(known.is_some() && screen.contains(" 99.95") && screen.contains("INC-0001"), "{screen}");
    assert!(wait_until(LIMIT, || age().is_some_and(|now| Some(now) != known)), "its age stands still:\n{}", t.screen());
    // An order that nobody answers keeps nobody either.
    t.keys(&["2"]);
    t.wait("UNACKED");
    t.keys(&["a"]);
    t.keys(&["q"]);
    t.wait("rc=0");
    t.given_back();
    for leave in ["q", "C-c"] {
        t.line(&run);
        t.wait("Asking http://127.0.0.1");
        t.keys(&[leave]);
        t.wait("rc=0");
        t.given_back();
    }
    signal(&watch.0, "-CONT");
    t.line(&run);
    t.wait("attached to http://127.0.0.1");
    t.wait("LIVE");
    t.keys(&["q"]);
    t.wait("rc=0");
}

#[test]
fn a_dashboard_is_attached_to_a_watch_acts_there_and_outlives_it() {
    let Some(t) = Terminal::open(140, 36) else { return };
    let (dir, port) = (folder(), free_port());
    // It is there before the watch is.
    let token = dir.path().join("mine");
    t.line(&started(dir.path(), &format!("--attach 127.0.0.1:{port} --token-file {}", token.display())));
    t.wait(&format!("cut off from http://127.0.0.1:{port}"));
    let watch = Watch::start(dir.path(), port);
    t.wait(&format!("attached to http://127.0.0.1:{port} as ann"));
    t.wait("SLOs 2");
    declare(dir.path());
    t.wait("INC-0001");
    t.keys(&["2"]);
    t.wait("OPEN, UNACKED");
    t.keys(&["a"]);
    t.wait("acknowledged INC-0001 as ann");
    t.wait("ACKNOWLEDGED, acked by ann");
    drop(watch);
    t.wait("CUT OFF");
    t.wait("acked by ann");
    let again = Watch::start(dir.path(), port);
    let back = wait_until(LIMIT, || !t.screen().contains("CUT OFF") && t.screen().contains("acked by ann"));
    assert!(back, "{}", t.screen());
    t.keys(&["q"]);
    t.wait("rc=0");
    t.given_back();

    t.line(&started(dir.path(), &format!("--attach http://127.0.0.1:{port}")));
    t.wait("read-only: no token");
    t.keys(&["2", "u", "n"]);
    t.wait("read-only: no token that the server knows; `--token-file FILE`");
    t.keys(&["q"]);
    t.wait("rc=0");
    drop(again);
}

#[test]
fn a_server_that_accepts_and_never_answers_delays_neither_the_first_picture_nor_leaving() {
    let Some(t) = Terminal::open(120, 36) else { return };
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let at = silent.local_addr().unwrap();
    t.line(&started(dir.path(), &format!("--attach http://{at}")));
    t.wait(&format!("Asking http://{at} for its picture."));
    t.keys(&["?"]);
    t.wait("find a key");
    // One after the other: a terminal sends both at once as Alt-q.
    t.keys(&["Escape"]);
    assert!(wait_until(LIMIT, || !t.screen().contains("find a key")), "{}", t.screen());
    t.keys(&["q"]);
    t.wait("rc=0");
    t.given_back();
    t.line(&started(dir.path(), "--attach ftp://x"));
    t.wait("rc=2");
    t.wait("--attach: this is no address: `ftp` is neither http nor https");
}
