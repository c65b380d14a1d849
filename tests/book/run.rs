//! Carries out a page's steps in a folder of its own, with the real program in the path and what the page says is given.
//!
//! The page's addresses stand for ports of chance. In what commands print, ports, the folder and the version are written as the
//! page would. On pages with a live server, whose answers depend on the moment, times and numbers stand for any time and any
//! number, and gaps between words for any gap. Nothing else is forgiven.

use super::page::{self, Shown, Step};
use super::shop;
use super::{renews, root};
use crate::support::{Alertmanager, Guard, Prometheus, free_port, http, require, wait_until};
use regex::Regex;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

/// How long a command may take, in seconds, on a machine that does other things.
const PATIENCE: &str = "300";
const UP: Duration = Duration::from_mins(2);
/// Programs of others that pages use.
const TOOLS: [&str; 3] = ["curl", "promtool", "jq"];

/// Where a page's commands run.
struct House {
    dir: tempfile::TempDir,
    /// An address of the page and the one that is meant here.
    addresses: Vec<(String, String)>,
    listen: u16,
    live: bool,
    last: i32,
    // Stopped when the page is done.
    watches: Vec<Guard>,
    servers: (Vec<Prometheus>, Vec<Alertmanager>, Vec<shop::Service>),
}

/// What came of a page.
pub(super) struct Outcome {
    /// Commands that ran.
    pub(super) ran: usize,
    /// What is wrong.
    pub(super) problems: Vec<String>,
    /// What the page should show instead, by its lines from 0.
    pub(super) fresh: Vec<(std::ops::Range<usize>, Vec<String>)>,
}

/// Carries out all steps. `None`: a server or tool is missing, which was told.
pub(super) fn run(page: &str, steps: &[Step]) -> Option<Outcome> {
    if !installed(steps) {
        return None;
    }
    let mut house = House::new(steps);
    let mut outcome = Outcome { ran: 0, problems: Vec::new(), fresh: Vec::new() };
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Given { line, what } => house.given(page, *line, what, &mut outcome),
            Step::File { path, text, more } => house.write(path, text, *more),
            Step::NotRun { .. } => {}
            Step::Run(shown) => {
                outcome.ran += 1;
                let told = matches!(steps.get(at + 1), Some(Step::Run(next)) if next.command == "echo $?");
                if !house.command(page, shown, told, &mut outcome) {
                    break;
                }
            }
        }
    }
    Some(outcome)
}

fn installed(steps: &[Step]) -> bool {
    steps.iter().all(|step| match step {
        Step::Given { what, .. } if what.ends_with("prometheus") => require("prometheus") && require("promtool"),
        Step::Given { what, .. } if what == "alertmanager" => require("prometheus-alertmanager"),
        Step::Run(shown) => {
            TOOLS.iter().filter(|tool| shown.command.split_whitespace().any(|w| w == **tool)).all(|tool| require(tool))
        }
        _ => true,
    })
}

impl House {
    fn new(steps: &[Step]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("burnledger")).unwrap();
        let listen = free_port();
        let live = |step: &Step| match step {
            Step::Given { what, .. } => what.ends_with("prometheus"),
            Step::Run(shown) => is_watch(&shown.command),
            _ => false,
        };
        let mut house = Self {
            dir,
            addresses: Vec::new(),
            listen,
            live: steps.iter().any(live),
            last: 0,
            watches: Vec::new(),
            servers: (Vec::new(), Vec::new(), Vec::new()),
        };
        house.stands_for("9797", listen);
        house
    }

    fn work(&self) -> PathBuf {
        self.dir.path().join("burnledger")
    }

    fn stands_for(&mut self, port: &str, here: u16) {
        self.addresses.push((format!("localhost:{port}"), format!("127.0.0.1:{here}")));
        self.addresses.push((format!("127.0.0.1:{port}"), format!("127.0.0.1:{here}")));
    }

    fn given(&mut self, page: &str, line: usize, what: &str, outcome: &mut Outcome) {
        match what {
            "prometheus" | "quiet prometheus" => {
                let history = shop::history(chrono::Utc::now().timestamp(), what == "prometheus");
                let prometheus = Prometheus::backfill(&history);
                self.stands_for("9090", prometheus.port);
                self.servers.0.push(prometheus);
            }
            "alertmanager" => {
                let alertmanager = Alertmanager::start("route: {receiver: none}\nreceivers:\n- name: none\n");
                self.stands_for("9093", alertmanager.port);
                self.servers.1.push(alertmanager);
            }
            "services" => {
                for (address, answer) in shop::SERVICES {
                    let service = shop::Service::start(answer);
                    self.addresses.push((address.into(), format!("http://127.0.0.1:{}", service.port)));
                    self.servers.2.push(service);
                }
            }
            path if root().join(path).exists() => copy(&root().join(path), &self.work().join(path)),
            other => outcome.problems.push(format!("{page}:{line}: `{other}` cannot be given")),
        }
    }

    fn write(&self, path: &str, text: &str, more: bool) {
        let file = self.work().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let before = if more { std::fs::read_to_string(&file).unwrap() } else { String::new() };
        std::fs::write(file, before + &self.here(text)).unwrap();
    }

    /// The page's addresses as they are here.
    fn here(&self, text: &str) -> String {
        self.addresses.iter().fold(text.to_owned(), |text, (page, here)| text.replace(page, here))
    }

    /// What was printed, as the page would write it.
    fn there(&self, text: &str) -> Vec<String> {
        let text = self.addresses.iter().fold(text.to_owned(), |text, (page, here)| text.replace(here, page));
        let home = self.dir.path().to_str().unwrap();
        let text = text.replace(home, "/home/you");
        // Said only where a look takes more than three seconds, as it may on a machine that does other things.
        let prompt = |line: &&str| !line.starts_with("still reading;");
        let mut lines: Vec<String> = text.lines().filter(prompt).map(|l| l.trim_end().to_owned()).collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }

    fn shell(&self, command: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_burnledger")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("timeout");
        shell.args([PATIENCE, "sh", "-c", command]).current_dir(self.work()).env_clear();
        let home = self.dir.path();
        shell.env("PATH", format!("{}:{path}", program.display())).env("HOME", home).env("USER", "you").env("TZ", "UTC");
        shell.env("LANG", "C.UTF-8").env("TERM", "xterm").env("XDG_STATE_HOME", home.join(".local/state"));
        shell.env("XDG_CONFIG_HOME", home.join(".config")).env("BURNLEDGER_LISTEN", format!("127.0.0.1:{}", self.listen));
        if let Some((_, here)) = self.addresses.iter().find(|(page, _)| page == "localhost:9090") {
            shell.env("BURNLEDGER_PROMETHEUS", format!("http://{here}"));
        }
        shell
    }

    /// Runs one command; false when the page cannot go on. `told`: the next command shows its exit code.
    fn command(&mut self, page: &str, shown: &Shown, told: bool, outcome: &mut Outcome) -> bool {
        let here = self.here(&shown.command);
        if is_watch(&shown.command) {
            self.watch(page, shown, &here, outcome);
            return true;
        }
        let script = format!("exec 2>&1\n(exit {})\n{here}", self.last);
        let done = self.shell(&script).stdin(Stdio::null()).output().unwrap();
        let printed = self.there(&String::from_utf8_lossy(&done.stdout));
        self.last = done.status.code().unwrap_or(-1);
        let told_so = format!("{page}:{}: `{}`", shown.line, shown.command);
        if self.last != 0 && !told {
            let hint = "a command that ends otherwise is followed by `$ echo $?` in a console block";
            outcome.problems.push(format!("{told_so} ended with {}; {hint}\n{}", self.last, printed.join("\n")));
            return false;
        }
        if let Some(wanted) = &shown.output
            && !page::fits(&self.plain(wanted), &self.plain(&printed))
        {
            if renews() && !wanted.iter().any(|l| l.trim() == "...") {
                let by = " ".repeat(shown.indent);
                let indented = printed.iter().map(|l| format!("{by}{l}").trim_end().to_owned()).collect();
                outcome.fresh.push((shown.place.clone(), indented));
            } else {
                outcome.problems.push(format!("{told_so} prints something else:\n{}", printed.join("\n")));
            }
        }
        true
    }

    /// Starts a watch, and waits until it is ready and has said what the page shows.
    fn watch(&mut self, page: &str, shown: &Shown, here: &str, outcome: &mut Outcome) {
        let log = tempfile::tempdir().unwrap();
        let script = format!("exec {}", here.trim_end().trim_end_matches('&'));
        let mut command = self.shell("");
        let mut direct = Command::new("sh");
        direct.args(["-c", &script]).current_dir(self.work()).env_clear();
        for (name, value) in command.get_envs().filter_map(|(n, v)| Some((n.to_owned(), v?.to_owned()))).collect::<Vec<_>>() {
            direct.env(name, value);
        }
        command.stdin(Stdio::null());
        let mut guard = Guard::start("burnledger watch", log, &mut direct);
        let port = self.listen;
        guard.wait_ready(UP, || matches!(http("GET", port, "/readyz", b""), Some((200, _))));
        let wanted: Vec<String> = shown.output.iter().flatten().filter(|l| l.trim() != "...").cloned().collect();
        let wanted = self.plain(&wanted);
        let said = |lines: &[String]| wanted.iter().all(|w| lines.contains(w));
        if !wait_until(UP, || said(&self.plain(&self.there(&guard.log())))) {
            let log = self.there(&guard.log()).join("\n");
            outcome.problems.push(format!("{page}:{}: the watch says something else:\n{log}", shown.line));
        }
        self.watches.push(guard);
    }

    /// Lines without what differs from run to run.
    fn plain(&self, lines: &[String]) -> Vec<String> {
        static VERSION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"burnledger[ /]v?\d+\.\d+\.\d+").unwrap());
        static TIME: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"(\d{4}-\d\d-\d\d[ T])?\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z|\+00:00)?").unwrap());
        static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r">?-?\b\d[\d,.]*\w*%?").unwrap());
        let one = |line: &String| {
            let line = VERSION.replace_all(line, "burnledger VERSION").replace("127.0.0.1", "localhost");
            if !self.live {
                return line;
            }
            let line = NUMBER.replace_all(&TIME.replace_all(&line, "TIME"), "N").into_owned();
            line.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        lines.iter().map(one).collect()
    }
}

/// A watch that runs until it is stopped.
fn is_watch(command: &str) -> bool {
    let mut words = command.split_whitespace();
    words.next() == Some("burnledger") && words.next() == Some("watch") && !words.any(|w| matches!(w, "--once" | "--help"))
}

/// What the repository has, for commands to read; large files are not copied.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else if from.metadata().unwrap().len() > 256 * 1024 {
        std::os::unix::fs::symlink(from, to).unwrap();
    } else {
        std::fs::copy(from, to).unwrap();
    }
}
