//! A process that is killed when its guard is dropped, and the small tools around it.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A running program with a folder of its own, killed on drop.
pub(crate) struct Guard {
    name: String,
    child: Child,
    dir: TempDir,
}

impl Guard {
    /// Starts `command`; what it prints goes to a file that [`Guard::log`] reads.
    pub(crate) fn start(name: &str, dir: TempDir, command: &mut Command) -> Self {
        let log = File::create(dir.path().join("server.log")).expect("a log file in the temp folder");
        let twin = log.try_clone().expect("a second handle of the log");
        let child = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(twin)
            .spawn()
            .unwrap_or_else(|e| panic!("{name} could not be started: {e}"));
        Self { name: name.to_owned(), child, dir }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its folder.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What it printed so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("server.log")).unwrap_or_default()
    }

    /// True while it runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal by its name: `STOP`, `CONT`, `TERM`, `KILL`.
    pub(crate) fn signal(&self, signal: &str) {
        let done = Command::new("kill").arg(format!("-{signal}")).arg(self.id().to_string()).status();
        assert!(done.is_ok_and(|s| s.success()), "kill -{signal} {} failed", self.name);
        if signal == "STOP" {
            assert!(wait_until(Duration::from_secs(30), || self.is_stopped()), "{} does not stop", self.name);
        }
    }

    /// Every thread of the process is stopped: the signal takes a moment to reach them.
    fn is_stopped(&self) -> bool {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.id())).into_iter().flatten().flatten();
        let state = |task: std::fs::DirEntry| {
            let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            stat.rsplit(") ").next().and_then(|rest| rest.chars().next())
        };
        tasks.map(state).all(|state| state == Some('T'))
    }

    /// Waits until `ready` holds; fails with the log when the program ends before or the limit passes.
    pub(crate) fn wait_ready(&mut self, limit: Duration, mut ready: impl FnMut() -> bool) {
        let up = wait_until(limit, || ready() || !self.is_running());
        assert!(up && self.is_running(), "{} did not become ready:\n{}", self.name, self.log());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback port that nobody listens on right now.
pub(crate) fn free_port() -> u16 {
    let probe = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
    probe.local_addr().expect("its address").port()
}

/// Polls `cond` until it holds or `limit` passes; returns whether it held.
pub(crate) fn wait_until(limit: Duration, mut cond: impl FnMut() -> bool) -> bool {
    let pause = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    loop {
        if cond() {
            return true;
        }
        if waited >= limit {
            return false;
        }
        // The one pause of the tests: between two looks at a condition, with a limit.
        std::thread::sleep(pause);
        waited += pause;
    }
}

/// True when `binary` is installed. Otherwise says that the test is skipped, or fails it where servers are required.
pub(crate) fn require(binary: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|dir| dir.join(binary).is_file()) {
        return true;
    }
    let required = std::env::var("BURNLEDGER_REQUIRE_SERVERS").is_ok_and(|v| v == "1");
    assert!(!required, "{binary} is not installed, and BURNLEDGER_REQUIRE_SERVERS=1 demands it");
    eprintln!("skipped: {binary} is not installed");
    false
}

/// One plain HTTP/1.0 request to loopback: status and body. `None` when nobody answers within 5 s.
pub(crate) fn http(method: &str, port: u16, path: &str, body: &[u8]) -> Option<(u16, String)> {
    let mut link = TcpStream::connect(("127.0.0.1", port)).ok()?;
    link.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
    );
    link.write_all(head.as_bytes()).ok()?;
    link.write_all(body).ok()?;
    let mut answer = Vec::new();
    link.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}
