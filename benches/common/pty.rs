//! The program in a terminal of its own, without a terminal's delay: `script` gives the pseudo-terminal, and a few lines
//! here read what the program writes.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A program in a terminal; it is killed with the value.
pub struct Pty {
    script: Child,
    keys: ChildStdin,
    output: Receiver<Vec<u8>>,
    screen: Screen,
    /// Bytes that were written so far.
    pub written: usize,
    /// What a session leaves for the next one, which is another's.
    _state: tempfile::TempDir,
}

impl Pty {
    /// Starts a shell command in 120 columns and 36 rows of 256 colours.
    pub fn start(command: &str) -> Self {
        Self::with(command, &[])
    }

    /// The same with more in its environment.
    pub fn with(command: &str, env: &[(&str, &str)]) -> Self {
        let state = tempfile::tempdir().expect("a temp folder");
        let line = format!("stty rows 36 cols 120; exec {command}");
        let mut script = Command::new("script")
            .args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"])
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8")
            .env("SHELL", "/bin/sh")
            .env("TZ", "UTC")
            .env("XDG_STATE_HOME", state.path())
            .env_remove("COLORTERM")
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("script starts");
        let (keys, mut out) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while let Ok(n) = out.read(&mut buffer) {
                if n == 0 || send.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { script, keys, output, screen: Screen::new(), written: 0, _state: state }
    }

    /// Types bytes.
    pub fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).and_then(|()| self.keys.flush()).expect("the terminal takes keys");
    }

    /// How long it takes from now until the screen is as wanted.
    pub fn until(&mut self, limit: Duration, wanted: impl Fn(&str) -> bool) -> Duration {
        let from = Instant::now();
        while !wanted(&self.screen.text()) {
            let left = limit.checked_sub(from.elapsed());
            match self.output.recv_timeout(left.unwrap_or_else(|| panic!("waited in vain, saw:\n{}", self.screen.text()))) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("the program ended:\n{}", self.screen.text()),
            }
        }
        from.elapsed()
    }

    /// Lets time pass.
    pub fn watch(&mut self, span: Duration) {
        let from = Instant::now();
        while let Some(left) = span.checked_sub(from.elapsed()) {
            if let Ok(bytes) = self.output.recv_timeout(left) {
                self.take(&bytes);
            }
        }
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.screen.text()
    }

    /// The lengths of the frames since this was asked last, in bytes.
    pub fn frames(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.screen.frames)
    }

    /// How long it takes until the program has ended.
    pub fn end(mut self) -> Duration {
        let from = Instant::now();
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_secs(20)) {
            self.take(&bytes);
        }
        let _ = self.script.wait();
        assert!(self.screen.is_given_back(), "the terminal was not given back: {:?}", self.screen.modes);
        from.elapsed()
    }

    /// The process in the terminal.
    pub fn pid(&self) -> u32 {
        let id = self.script.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        children.split_whitespace().next().and_then(|pid| pid.parse().ok()).expect("a child of script")
    }

    fn take(&mut self, bytes: &[u8]) {
        self.written += bytes.len();
        self.screen.take(bytes);
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

/// What a terminal would show: cursor moves and characters; colours are passed over.
struct Screen {
    cells: Vec<Vec<char>>,
    at: (usize, usize),
    rest: Vec<u8>,
    /// Private modes by number as they were set last.
    modes: BTreeMap<u32, bool>,
    /// Bytes of the frame under way: what lies between the begin and the end of a synchronized update.
    frame: Option<usize>,
    frames: Vec<usize>,
}

/// The mode of synchronized updates.
const UPDATE: u32 = 2026;

impl Screen {
    fn new() -> Self {
        Self {
            cells: vec![vec![' '; 120]; 36],
            at: (0, 0),
            rest: Vec::new(),
            modes: BTreeMap::new(),
            frame: None,
            frames: Vec::new(),
        }
    }

    fn text(&self) -> String {
        self.cells.iter().flat_map(|row| row.iter().chain(&['\n'])).collect()
    }

    /// The main screen, a cursor that is seen (25), no mouse (1000-1006), no pasting in brackets (2004).
    fn is_given_back(&self) -> bool {
        let is = |mode: u32| self.modes.get(&mode).copied();
        is(1049) == Some(false) && is(25) != Some(false) && (1000..=1006).chain([2004]).all(|mode| is(mode) != Some(true))
    }

    fn take(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.rest);
        let mut i = 0;
        while i < all.len() {
            match self.step(&all[i..]) {
                Some(used) => {
                    i += used;
                    self.measure(used);
                }
                None => break,
            }
        }
        self.rest = all[i..].to_vec();
    }

    /// Counts what belongs to a frame.
    fn measure(&mut self, used: usize) {
        let open = self.modes.get(&UPDATE) == Some(&true);
        match &mut self.frame {
            Some(bytes) => *bytes += used,
            None if open => self.frame = Some(used),
            None => {}
        }
        if !open && let Some(bytes) = self.frame.take() {
            self.frames.push(bytes);
        }
    }

    /// Takes one character or sequence; `None` while it has not come whole.
    fn step(&mut self, bytes: &[u8]) -> Option<usize> {
        match bytes[0] {
            0x1b => self.sequence(bytes),
            0x00..0x20 => Some(1),
            first => {
                let length = match first {
                    0xf0.. => 4,
                    0xe0.. => 3,
                    0xc0.. => 2,
                    _ => 1,
                };
                let text = std::str::from_utf8(bytes.get(..length)?).unwrap_or("?");
                let (row, column) = self.at;
                if let Some(cell) = self.cells.get_mut(row).and_then(|r| r.get_mut(column)) {
                    *cell = text.chars().next().unwrap_or('?');
                }
                self.at.1 += 1;
                Some(length)
            }
        }
    }

    fn sequence(&mut self, bytes: &[u8]) -> Option<usize> {
        match *bytes.get(1)? {
            b'[' => {
                let end = 2 + bytes[2..].iter().position(|b| (0x40..0x7f).contains(b))?;
                let text = String::from_utf8_lossy(&bytes[2..end]).into_owned();
                match bytes[end] {
                    b'H' => {
                        let mut numbers = text.split(';').map(|n| n.parse::<usize>().unwrap_or(1));
                        self.at = (numbers.next().unwrap_or(1) - 1, numbers.next().unwrap_or(1) - 1);
                    }
                    b'J' => self.cells = Self::new().cells,
                    set @ (b'h' | b'l') => {
                        let modes = text.strip_prefix('?').into_iter().flat_map(|t| t.split(';')).filter_map(|m| m.parse().ok());
                        self.modes.extend(modes.map(|mode| (mode, set == b'h')));
                    }
                    _ => {}
                }
                Some(end + 1)
            }
            b']' => bytes.iter().position(|b| *b == 0x07 || *b == b'\\').map(|end| end + 1),
            _ => Some(2),
        }
    }
}
