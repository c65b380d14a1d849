//! A web server that does what a script says: answers, half answers, silence, a closed door. It remembers every request.

use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What it does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// Answers with a status, headers (lines) and a body.
    Says(u16, &'static str, String),
    /// Reads the request and never answers.
    Nothing,
    /// Promises a body and closes in its middle.
    HalfBody,
    /// Reads the request and closes.
    Close,
}

impl Does {
    pub(crate) fn ok() -> Self {
        Self::Says(200, "", r#"{"ok":true}"#.into())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Says(status, "", String::new())
    }

    pub(crate) fn body(status: u16, body: &str) -> Self {
        Self::Says(status, "", body.into())
    }
}

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The first line.
    pub(crate) line: String,
    /// Headers, names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body as JSON; null when it is none.
    pub(crate) body: Value,
    /// The body as text.
    pub(crate) raw: String,
    /// What was done with it.
    pub(crate) accepted: bool,
}

impl Seen {
    /// A text field of the body by its path, such as `/text/title`.
    pub(crate) fn text(&self, path: &str) -> String {
        self.body.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// Decides what to do with a request by looking at it.
type Acts = Arc<dyn Fn(&Seen) -> Does + Send + Sync>;

#[derive(Default)]
struct Book {
    script: VecDeque<Does>,
    after: Option<Does>,
    acts: Option<Acts>,
    seen: Vec<Seen>,
}

/// The server; it ends with this value.
pub(crate) struct Crooked {
    pub(crate) port: u16,
    book: Arc<Mutex<Book>>,
    task: JoinHandle<()>,
}

impl Crooked {
    /// Follows the script, then accepts everything.
    pub(crate) async fn start(script: impl IntoIterator<Item = Does>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let book = Arc::new(Mutex::new(Book { script: script.into_iter().collect(), ..Book::default() }));
        let task = tokio::spawn({
            let book = book.clone();
            async move {
                while let Ok((link, _)) = listener.accept().await {
                    tokio::spawn(answer(link, book.clone()));
                }
            }
        });
        Self { port, book, task }
    }

    /// Looks at every request, as a real service does.
    pub(crate) async fn acting(acts: impl Fn(&Seen) -> Does + Send + Sync + 'static) -> Self {
        let server = Self::start([]).await;
        server.book.lock().unwrap().acts = Some(Arc::new(acts));
        server
    }

    /// What it does once the script is over.
    pub(crate) fn then(&self, does: Does) {
        self.book.lock().unwrap().after = Some(does);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.book.lock().unwrap().seen.clone()
    }

    /// `kind severity` of every page that it accepted.
    pub(crate) fn accepted(&self) -> Vec<String> {
        let told = |s: &Seen| format!("{} {} {}", s.text("/service"), s.text("/kind"), s.text("/severity"));
        self.seen().iter().filter(|s| s.accepted).map(told).collect()
    }
}

impl Drop for Crooked {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut link: TcpStream, book: Arc<Mutex<Book>>) {
    let Some((line, headers, body)) = read(&mut link).await else { return };
    let does = {
        let mut book = book.lock().unwrap();
        let seen = Seen {
            line: line.clone(),
            headers: headers.clone(),
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            raw: String::from_utf8_lossy(&body).into_owned(),
            accepted: false,
        };
        let acted = || book.acts.clone().map(|acts| acts(&seen));
        let acted = acted();
        let does = book.script.pop_front().or(acted).or_else(|| book.after.clone()).unwrap_or_else(Does::ok);
        let accepted = matches!(&does, Does::Says(200..=299, _, body) if body.is_empty() || body.contains("\"ok\":true"));
        book.seen.push(Seen { accepted, ..seen });
        does
    };
    let text = match does {
        Does::Says(status, headers, body) => {
            let length = body.len();
            format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        }
        Does::HalfBody => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n{\"ok\":".to_owned(),
        Does::Nothing => {
            // Until the other side gives up.
            let _ = link.read(&mut [0; 1]).await;
            return;
        }
        Does::Close => return,
    };
    let _ = link.write_all(text.as_bytes()).await;
    let _ = link.shutdown().await;
}

/// Reads one request: first line, headers, body.
async fn read(link: &mut TcpStream) -> Option<(String, BTreeMap<String, String>, Vec<u8>)> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        match link.read(&mut piece).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&piece[..n]),
            _ => return None,
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let headers: BTreeMap<String, String> =
        lines.filter_map(|l| l.split_once(": ")).map(|(k, v)| (k.to_ascii_lowercase(), v.to_owned())).collect();
    let length: usize = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        match link.read(&mut piece).await {
            Ok(n) if n > 0 => body.extend_from_slice(&piece[..n]),
            _ => return None,
        }
    }
    Some((line, headers, body))
}

/// Polls a condition until it holds; fails with `what` after twenty seconds.
pub(crate) async fn until(what: &str, mut cond: impl FnMut() -> bool) {
    for _ in 0..4000 {
        if cond() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("waited in vain until {what}");
}
