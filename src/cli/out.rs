//! Where verbs write: data on stdout, talk on stderr. The only place that touches them outside the dashboard.

use super::Exit;
use std::io::{self, IsTerminal, Write};

/// The two streams and what they can show.
pub struct Out {
    data: Box<dyn Write + Send>,
    talk: Box<dyn Write + Send>,
    /// Colour on stdout.
    pub color: bool,
    /// Colour on stderr.
    pub talk_color: bool,
    /// stdout is a terminal.
    pub is_terminal: bool,
    /// The terminal only takes lines (`TERM=dumb`: an editor's shell, a log).
    pub is_dumb: bool,
    /// stderr is a terminal.
    pub talk_is_terminal: bool,
    /// Columns of the terminal; 100 when piped.
    pub width: usize,
    /// Something waits to be pushed out. Where nothing does, stdout is let alone: a dashboard's painter may hold it for ever,
    /// on a terminal that takes nothing any more.
    waiting: bool,
    /// stdout is closed (`| head`): nothing more is written.
    closed: bool,
    /// What was to be written was lost, and not because nobody wanted it: why.
    lost: Option<io::Error>,
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Out {
    /// The process' own streams.
    pub fn process(color: ColorChoice) -> Self {
        let (tty, talk_tty) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let is_dumb = std::env::var("TERM").is_ok_and(|t| t == "dumb");
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || is_dumb;
        let decide = |tty: bool| match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => tty && !plain,
        };
        let width = if tty { crossterm::terminal::size().map_or(100, |(w, _)| usize::from(w).max(20)) } else { 100 };
        Self {
            data: Box::new(io::BufWriter::new(io::stdout())),
            talk: Box::new(io::stderr()),
            color: decide(tty),
            talk_color: decide(talk_tty),
            is_terminal: tty,
            is_dumb,
            talk_is_terminal: talk_tty,
            width,
            waiting: false,
            closed: false,
            lost: None,
        }
    }

    /// Streams of one's own, without colour, 100 columns wide: for tests and embedding.
    pub fn new(data: impl Write + Send + 'static, talk: impl Write + Send + 'static) -> Self {
        Self {
            data: Box::new(data),
            talk: Box::new(talk),
            color: false,
            talk_color: false,
            is_terminal: false,
            is_dumb: false,
            talk_is_terminal: false,
            width: 100,
            waiting: false,
            closed: false,
            lost: None,
        }
    }

    /// Somebody watches: stdout or stderr is a terminal.
    pub fn has_terminal(&self) -> bool {
        self.is_terminal || io::stderr().is_terminal()
    }

    /// stdout can show whole screens.
    pub const fn shows_screens(&self) -> bool {
        self.is_terminal && !self.is_dumb
    }

    /// Data: a line on stdout. A closed pipe ends output quietly.
    pub fn line(&mut self, text: &str) {
        self.text(text);
        self.text("\n");
    }

    /// Data without a line break added.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Data that is no text.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if !self.closed && !bytes.is_empty() {
            self.waiting = true;
            let written = self.data.write_all(bytes);
            self.heed(written);
        }
    }

    /// Talk: a line on stderr.
    pub fn say(&mut self, text: &str) {
        self.flush();
        let _ = writeln!(self.talk, "{text}");
    }

    /// An error on stderr, with advice on its own line.
    pub fn error(&mut self, what: &str, hint: Option<&str>) {
        let (on, off) = if self.talk_color { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
        self.say(&format!("{on}error:{off} {what}"));
        if let Some(hint) = hint {
            self.say(&format!("  hint: {hint}"));
        }
    }

    /// Pushes buffered data out.
    pub fn flush(&mut self) {
        if !self.closed && std::mem::take(&mut self.waiting) {
            let written = self.data.flush();
            self.heed(written);
        }
    }

    fn heed(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            self.closed = true;
            self.lost = Some(error).filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        }
    }

    /// Pushes everything out; when data was lost (a full disk), it is said, and a good exit is none.
    pub fn finish(&mut self, exit: Exit) -> Exit {
        self.flush();
        let Some(error) = self.lost.take() else { return exit };
        self.error(
            &format!("the answer could not be written: {error}"),
            Some("make room where stdout goes, or name another place"),
        );
        if exit == Exit::Fine { Exit::Usage } else { exit }
    }

    /// The reader of stdout has gone.
    pub fn is_closed(&self) -> bool {
        self.closed
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        self.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts how often it is touched.
    #[derive(Clone, Default)]
    struct Touched(Arc<AtomicUsize>);

    impl Write for Touched {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.flush().map(|()| bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }

    #[test]
    fn stdout_is_let_alone_by_who_has_nothing_for_it() {
        let data = Touched::default();
        let mut out = Out::new(data.clone(), io::sink());
        out.say("the ledger is kept");
        out.text("");
        assert_eq!(out.finish(Exit::Interrupted), Exit::Interrupted);
        drop(out);
        assert_eq!(data.0.load(Ordering::SeqCst), 0, "a painter may hold stdout for ever");
        let mut out = Out::new(data.clone(), io::sink());
        out.line("now");
        out.flush();
        assert!(data.0.load(Ordering::SeqCst) >= 2, "what was written is pushed out");
    }
}
