//! What pages find on `localhost:9090`: a shop of two services, `checkout`, of which a tenth fails since half an hour, and
//! `search`, which is well; on a quiet one both are. And the services that page people, as far as they accept whatever comes.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Distance of samples, in seconds.
const STEP: i64 = 15;
/// What is there before and after now: pages take their time, and a server that scrapes nothing goes stale.
const BEFORE: i64 = 6 * 3600;
const AFTER: i64 = 3600;
// Long after one tier begins to fire and long before the next: nothing flips while a page runs.
const FAILS_SINCE: i64 = 30 * 60;
const EACH_STEP: u64 = 1_000;
const BOUNDS: [(&str, u64); 5] = [("0.05", 600), ("0.1", 850), ("0.25", 995), ("1", 998), ("+Inf", 1_000)];

/// OpenMetrics text around a moment, in seconds since 1970.
pub(super) fn history(now: i64, fails: bool) -> String {
    let now = now - now.rem_euclid(STEP);
    let mut text = String::from("# TYPE up gauge\n");
    let times = || (now - BEFORE..=now + AFTER).step_by(STEP as usize);
    for job in ["checkout", "search"] {
        times().for_each(|at| writeln!(text, "up{{job=\"{job}\",instance=\"{job}-0:8080\"}} 1 {at}").unwrap());
    }
    text.push_str("# TYPE http_requests counter\n");
    for job in ["checkout", "search"] {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        let (mut sum_good, mut sum_bad) = (0, 0);
        for (i, at) in times().enumerate() {
            let fails = if fails && job == "checkout" && at > now - FAILS_SINCE { EACH_STEP / 10 } else { u64::from(i % 8 == 0) };
            sum_good += EACH_STEP - fails;
            sum_bad += fails;
            good.push((at, sum_good));
            bad.push((at, sum_bad));
        }
        for (code, samples) in [("200", good), ("500", bad)] {
            for (at, value) in samples {
                writeln!(text, "http_requests_total{{job=\"{job}\",instance=\"{job}-0:8080\",code=\"{code}\"}} {value} {at}")
                    .unwrap();
            }
        }
    }
    text.push_str("# TYPE http_request_duration_seconds histogram\n");
    for job in ["checkout", "search"] {
        let name = |suffix: &str| format!("http_request_duration_seconds_{suffix}{{job=\"{job}\",instance=\"{job}-0:8080\"");
        for (i, at) in times().enumerate() {
            let n = i as u64 + 1;
            for (le, share) in BOUNDS {
                writeln!(text, "{},le=\"{le}\"}} {} {at}", name("bucket"), share * n).unwrap();
            }
            writeln!(text, "{}}} {} {at}\n{}}} {} {at}", name("count"), EACH_STEP * n, name("sum"), 62 * n).unwrap();
        }
    }
    text.push_str("# EOF\n");
    text
}

/// Addresses of services as pages have them, and what each says when it accepts a page.
pub(super) const SERVICES: [(&str, &str); 3] = [
    ("https://events.eu.pagerduty.com", r#"{"status":"success","message":"Event processed","dedup_key":"burnledger"}"#),
    ("https://hooks.slack.com", "ok"),
    ("https://open.feishu.cn", r#"{"code":0,"msg":"success","data":{}}"#),
];

/// A service that accepts everything with the same words.
pub(super) struct Service {
    pub(super) port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    pub(super) fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for link in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let _ = accept(link, answer);
            }
        });
        Self { port, stop, thread: Some(thread) }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // It waits for a connection: this is its last one.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        self.thread.take().map(JoinHandle::join);
    }
}

/// Reads a request to its end and accepts it.
fn accept(mut link: TcpStream, answer: &str) -> std::io::Result<()> {
    link.set_read_timeout(Some(std::time::Duration::from_secs(30)))?;
    let (mut seen, mut part) = (Vec::new(), [0; 4096]);
    while !is_whole(&seen) {
        let n = link.read(&mut part)?;
        if n == 0 {
            break;
        }
        seen.extend_from_slice(&part[..n]);
    }
    let length = answer.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    link.write_all(head.as_bytes())?;
    link.write_all(answer.as_bytes())
}

fn is_whole(seen: &[u8]) -> bool {
    let text = String::from_utf8_lossy(seen);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_none_or(|length| body.len() >= length)
}
