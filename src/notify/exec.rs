//! A command as a receiver: the page as JSON on its standard input, no shell, a limit on its time.
//!
//! It gets the arguments as they are written, `PATH`, the variables of the configuration and a few `BURNLEDGER_...`; nothing of
//! the page stands among its arguments. Exit 0 means accepted, 64 to 78 (but 75), 126 and 127 refused for good, anything else
//! and a passed limit "try again". Deliberately absent: shells, unless one is written as the command.

use super::provider::Basics;
use super::webhook::payload::payload;
use crate::domain::base::{Now, Span, Text};
use crate::domain::paging::{Dispatch, Limit, SendOutcome};
use crate::kit::http::clean;
use crate::kit::secrets::{Secret, SecretSource, scrub};
use crate::ports::{Job, Notifier};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// As much of its output as is read.
const OUTPUT: u64 = 64 * 1024;
/// As much of it as is told, in characters.
const WORDS: usize = 200;

/// What the receiver is made from.
#[derive(Clone, Debug)]
pub struct ExecSettings {
    /// Name, zone and language.
    pub basics: Basics,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables of its environment.
    pub env: Vec<(String, SecretSource)>,
    /// How long it may take.
    pub timeout: Span,
}

/// The receiver.
#[derive(Debug)]
pub struct Exec {
    settings: ExecSettings,
}

impl Exec {
    /// A receiver with these settings.
    pub const fn new(settings: ExecSettings) -> Self {
        Self { settings }
    }

    async fn run(&self, page: &Dispatch, now: Now) -> SendOutcome {
        let s = &self.settings;
        let document = payload(page, s.basics.zone, s.basics.language, now.wall);
        let data = match serde_json::to_vec(&document) {
            Ok(data) => data,
            Err(error) => return SendOutcome::Permanent { why: format!("the page has no JSON form: {error}").into() },
        };
        let (mut command, secrets) = match self.command(page) {
            Ok(ready) => ready,
            Err(outcome) => return outcome,
        };
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                let why = format!("{} cannot be started: {error}", s.program.display());
                return SendOutcome::Permanent { why: why.into() };
            }
        };
        let group = child.id();
        let limit = Duration::from_millis(s.timeout.millis());
        let ended = tokio::time::timeout(limit, talk(child, &data)).await;
        match ended {
            Err(_) => {
                end(group);
                SendOutcome::Retry { after: None, why: format!("it ran longer than {} and was ended", s.timeout).into() }
            }
            Ok(Err(error)) => SendOutcome::Retry { after: None, why: format!("its end was not heard: {error}").into() },
            Ok(Ok((status, said))) => judge(status, &scrub(&clean(&said, WORDS), &secrets)),
        }
    }

    fn command(&self, page: &Dispatch) -> Result<(Command, Vec<Secret>), SendOutcome> {
        let s = &self.settings;
        let mut command = Command::new(&s.program);
        command.args(&s.args).env_clear();
        for name in ["PATH", "HOME", "LANG", "TZ"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("BURNLEDGER_KEY", super::address::header_text(&page.key))
            .env("BURNLEDGER_KIND", page.kind.name())
            .env("BURNLEDGER_SEVERITY", page.severity.name());
        let mut secrets = Vec::new();
        for (name, source) in &s.env {
            let value = super::provider::open(source)?;
            command.env(name, value.expose());
            secrets.push(value);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).process_group(0);
        Ok((command, secrets))
    }
}

/// Hands the page over and hears how it went. A program that does not read its input is no failure.
async fn talk(mut child: Child, data: &[u8]) -> std::io::Result<(ExitStatus, String)> {
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async move {
        if let Some(mut input) = input {
            let _ = input.write_all(data).await;
        }
    };
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let hear = async {
        if let Some(output) = output {
            let _ = output.take(OUTPUT).read_to_end(&mut said).await;
        }
    };
    let heed = async {
        if let Some(errors) = errors {
            let _ = errors.take(OUTPUT).read_to_end(&mut complained).await;
        }
    };
    // Output beyond the limit is not read any more: the pipe closes and the program hears of it.
    let ((), (), (), status) = tokio::join!(feed, hear, heed, child.wait());
    let words = if complained.is_empty() { &said } else { &complained };
    let text = String::from_utf8_lossy(words).into_owned();
    status.map(|status| (status, text))
}

fn judge(status: ExitStatus, words: &str) -> SendOutcome {
    let told = |what: String| Text::from(if words.is_empty() { what } else { format!("{what}: {words}") });
    match status.code() {
        Some(0) => SendOutcome::Delivered { detail: told("exit 0".into()) },
        Some(code @ (64..=74 | 76..=78 | 126 | 127)) => SendOutcome::Permanent { why: told(format!("exit {code}")) },
        Some(code) => SendOutcome::Retry { after: None, why: told(format!("exit {code}")) },
        None => SendOutcome::Retry { after: None, why: told("it was killed".into()) },
    }
}

/// Ends the program with everything it started.
fn end(group: Option<u32>) {
    let pid = group.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself a moment ago.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}

impl Notifier for Exec {
    fn name(&self) -> Text {
        self.settings.basics.name.clone()
    }

    fn deliver<'a>(&'a self, dispatch: &'a Dispatch, now: Now) -> Job<'a, SendOutcome> {
        Box::pin(self.run(dispatch, now))
    }

    fn limit(&self) -> Limit {
        self.settings.basics.limit.unwrap_or(Limit::per_minute(60))
    }
}
