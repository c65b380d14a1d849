//! An instrumented program: it serves its own counters in Prometheus' text form, counts what really happened, and logs the
//! values of every scrape it answered. It shares no code with what is tested.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Requests answered well.
    pub(crate) good: u64,
    /// Requests answered with an error.
    pub(crate) bad: u64,
}

impl Counters {
    /// All requests.
    pub(crate) const fn total(&self) -> u64 {
        self.good + self.bad
    }
}

#[derive(Default)]
struct Shared {
    now: Mutex<Counters>,
    scrapes: Mutex<Vec<Counters>>,
    /// Of ten requests.
    failing: AtomicU64,
    stop: AtomicBool,
}

/// The program while it runs.
pub(crate) struct Program {
    /// Its port.
    pub(crate) port: u16,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Program {
    /// Starts traffic of about 200 requests a second and the page that is scraped.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let (traffic, page) = (Arc::clone(&shared), Arc::clone(&shared));
        let threads =
            vec![std::thread::spawn(move || serve_traffic(&traffic)), std::thread::spawn(move || serve_page(&listener, &page))];
        Self { port, shared, threads }
    }

    /// Switches errors on or off: two in five fail.
    pub(crate) fn fail(&self, failing: bool) {
        self.fail_of_ten(if failing { 4 } else { 0 });
    }

    /// So many of ten requests fail from now on.
    pub(crate) fn fail_of_ten(&self, failing: u64) {
        self.shared.failing.store(failing.min(10), Ordering::SeqCst);
    }

    /// What really happened so far.
    pub(crate) fn counters(&self) -> Counters {
        *self.shared.now.lock().unwrap()
    }

    /// The values of every scrape that was answered, oldest first.
    pub(crate) fn scrapes(&self) -> Vec<Counters> {
        self.shared.scrapes.lock().unwrap().clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // The page waits for a connection: this is its last one.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn serve_traffic(shared: &Shared) {
    let mut turn = 0_u64;
    while !shared.stop.load(Ordering::SeqCst) {
        {
            let mut now = shared.now.lock().unwrap();
            let bad = shared.failing.load(Ordering::SeqCst);
            now.bad += bad;
            now.good += 10 - bad;
        }
        turn += 1;
        std::thread::sleep(Duration::from_millis(if turn.is_multiple_of(7) { 45 } else { 51 }));
    }
}

fn serve_page(listener: &TcpListener, shared: &Shared) {
    for link in listener.incoming() {
        if shared.stop.load(Ordering::SeqCst) {
            return;
        }
        if let Ok(link) = link {
            let _ = answer(link, shared);
        }
    }
}

fn answer(mut link: TcpStream, shared: &Shared) -> std::io::Result<()> {
    link.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut line = String::new();
    let mut reader = BufReader::new(link.try_clone()?);
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let body = {
        // The lock is held while the scrape is logged, so that the log's order is the scrapes' order.
        let mut scrapes = shared.scrapes.lock().unwrap();
        let now = *shared.now.lock().unwrap();
        scrapes.push(now);
        format!(
            "# TYPE shop_requests_total counter\nshop_requests_total{{code=\"200\"}} {}\nshop_requests_total{{code=\"500\"}} {}\n",
            now.good, now.bad
        )
    };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\nContent-Length: ";
    write!(link, "{head}{}\r\n\r\n{body}", body.len())?;
    link.flush()
}
