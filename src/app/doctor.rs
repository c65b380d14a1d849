//! The doctor: looks at everything a watch needs, and says of each whether it is well, doubtful or broken, and what to try.
//!
//! It pages nobody and changes nothing: receivers are only reached for, and what became of their last page is read from the
//! ledger. Deliberately absent: printing.

use super::desk::{fold_all, open_existing_ledger};
use super::setup::Setup;
use crate::config::{ReceiverSettings, ServiceSettings, SourceSettings, Way};
use crate::domain::base::{Ms, ProblemLevel, Span, Text};
use crate::domain::incident::{Incidents, Outcome};
use crate::kit::http::{Address, Http, HttpRequest, HttpSettings, clean};
use crate::kit::secrets::SecretSource;
use crate::notify::{Ntfy, Opsgenie, PagerDuty};
use crate::words::plural::{counted, noun};
use crate::words::time;
use futures_util::future::join_all;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// More than this between two clocks is worth a warning: signatures and slices suffer.
const SKEW: Span = Span::from_mins(5);
/// A doubt about clocks that is told but not warned of.
const SKEW_SEEN: Span = Span::from_secs(30);
/// How long a receiver may take to be reached.
const REACH: Span = Span::from_secs(3);
/// As much of an answer as is read.
const BODY: usize = 256 * 1024;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// Well.
    Ok,
    /// Doubtful.
    Warn,
    /// Broken.
    Fail,
}

impl Health {
    /// The word that stands before a line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What a finding is about; it decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// Configuration and SLO files.
    Files,
    /// The source.
    Source,
    /// A receiver.
    Receiver,
    /// The ledger.
    Ledger,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub area: Area,
    /// Its name: `source`, `receiver ops`.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// In words.
    pub text: String,
    /// What to try.
    pub hint: Option<String>,
}

impl Finding {
    fn new(area: Area, name: &str, health: Health, text: impl Into<String>) -> Self {
        Self { area, name: name.into(), health, text: text.into(), hint: None }
    }

    fn hint(mut self, hint: &str) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Looks at everything.
pub async fn examine(setup: &Setup) -> Vec<Finding> {
    let mut out = files(setup);
    let sources = setup.sources_in_use();
    for found in join_all(sources.iter().map(|(name, settings)| source(setup, name.as_ref(), settings))).await {
        out.extend(found);
    }
    let (found, incidents) = ledger(setup).await;
    out.extend(found);
    let receivers = setup.config.receivers.iter().map(|(name, how)| receiver(name, how, incidents.as_ref()));
    out.extend(join_all(receivers).await);
    out.push(heartbeat(setup));
    out.extend(listening(setup));
    out
}

fn files(setup: &Setup) -> Vec<Finding> {
    let config = match (&setup.config.file, setup.config.warnings.as_slice()) {
        (None, _) => Finding::new(Area::Files, "configuration", Health::Ok, "no file; the defaults hold"),
        (Some(file), []) => Finding::new(Area::Files, "configuration", Health::Ok, file.display().to_string()),
        (Some(file), [first, ..]) => {
            let text = format!("{}: {}", file.display(), first.message);
            Finding::new(Area::Files, "configuration", Health::Warn, text)
        }
    };
    let book = setup.rulebook();
    let errors = book.problems.iter().filter(|p| p.level == ProblemLevel::Error).count();
    let folder = setup.config.slos.display();
    let slos = counted(book.slos.len(), "SLO", "SLOs");
    let rules = match (book.slos.len(), errors, book.problems.len()) {
        (0, 0, _) => Finding::new(Area::Files, "SLO files", Health::Fail, format!("there are no SLOs in {folder}"))
            .hint("`--slos DIR` names another folder; the README shows an SLO of ten lines"),
        (_, 0, 0) => Finding::new(Area::Files, "SLO files", Health::Ok, format!("{slos} in {folder}")),
        (_, 0, warnings) => {
            let text = format!("{slos} in {folder}, with {}", counted(warnings, "warning", "warnings"));
            Finding::new(Area::Files, "SLO files", Health::Warn, text).hint("`burnledger check` shows them")
        }
        (_, errors, _) => {
            let text = format!("{slos} can be used, {} in {folder}", counted(errors, "mistake", "mistakes"));
            Finding::new(Area::Files, "SLO files", Health::Fail, text).hint("`burnledger check` shows every one with its place")
        }
    };
    vec![config, rules]
}

async fn source(setup: &Setup, of: Option<&Text>, settings: &SourceSettings) -> Vec<Finding> {
    let (address, name) = (&settings.address, settings.address.shown());
    let titled = |title: &str| of.map_or_else(|| title.to_owned(), |of| format!("{title} {of}"));
    let fail = |text: String| {
        let hint = match of {
            None => "`--prometheus URL` names the server; is it running, and are its credentials right?",
            Some(_) => "it stands under `sources` in the configuration; is it running, and are its credentials right?",
        };
        vec![Finding::new(Area::Source, &titled("source"), Health::Fail, format!("{name}: {text}")).hint(hint)]
    };
    let http = match Http::new(settings.http.clone()) {
        Ok(http) => http,
        Err(error) => return fail(error.to_string()),
    };
    let (built, date) = match get(&http, &address.join("api/v1/status/buildinfo")).await {
        Ok(found) => found,
        Err(why) => return fail(why),
    };
    let version = built.pointer("/data/version").and_then(Value::as_str).unwrap_or("an unknown version");
    let text = format!("{name} answers, version {}", clean(version, 40));
    let mut out = vec![Finding::new(Area::Source, "source", Health::Ok, text)];
    out.extend(date.map(|date| clocks(date, setup.clock().now().wall)));
    out.push(retention(setup, of, (&http, address)).await);
    for finding in &mut out {
        finding.name = titled(&finding.name);
    }
    out
}

/// A JSON answer and the server's own clock.
async fn get(http: &Http, address: &Address) -> Result<(Value, Option<Ms>), String> {
    let mut answer = http.send(HttpRequest::get(address.clone())).await.map_err(|e| e.to_string())?;
    let status = answer.status();
    let date = answer.header("date").and_then(|d| chrono::DateTime::parse_from_rfc2822(d).ok());
    let date = date.map(|d| Ms(d.timestamp_millis()));
    let body = answer.bytes(BODY).await.map_err(|e| e.to_string())?;
    match status {
        200..=299 => Ok((serde_json::from_slice(&body).unwrap_or(Value::Null), date)),
        401 | 403 => Err(format!("it refused the credentials (HTTP {status})")),
        _ => Err(format!("HTTP {status}: {}", answer.words(&String::from_utf8_lossy(&body), 100))),
    }
}

fn clocks(theirs: Ms, ours: Ms) -> Finding {
    // A date header is cut to the second and has travelled.
    let apart = Span(ours.since(theirs).0.abs());
    let text = format!("the source's clock and ours are {} apart", time::span(apart));
    if apart > SKEW {
        let hint = "set both by NTP; windows end in the future or the past, and robots refuse signatures";
        return Finding::new(Area::Source, "clock", Health::Warn, text).hint(hint);
    }
    let text = if apart > SKEW_SEEN { text } else { "the source's clock agrees with ours".into() };
    Finding::new(Area::Source, "clock", Health::Ok, text)
}

async fn retention(setup: &Setup, of: Option<&Text>, (http, address): (&Http, &Address)) -> Finding {
    let own = setup.rulebook().slos.iter().filter(|slo| slo.source.as_ref() == of);
    let longest = own.map(|slo| slo.period.span()).max();
    let flags = get(http, &address.join("api/v1/status/flags")).await.unwrap_or((Value::Null, None)).0;
    let kept = flags.pointer("/data/storage.tsdb.retention.time").and_then(Value::as_str).and_then(|t| Span::parse(t).ok());
    match (longest, kept.filter(|k| *k > Span::ZERO)) {
        (Some(longest), Some(kept)) if kept < longest => {
            let text = format!("the source keeps {kept}, the longest period is {longest}");
            let hint = "budgets cover what is there and say so; raise the source's retention for whole ones";
            Finding::new(Area::Source, "retention", Health::Warn, text).hint(hint)
        }
        (Some(longest), Some(kept)) => {
            let text = format!("the source keeps {kept}, enough for periods of {longest}");
            Finding::new(Area::Source, "retention", Health::Ok, text)
        }
        _ => Finding::new(Area::Source, "retention", Health::Ok, "the source does not say how long it keeps samples"),
    }
}

async fn ledger(setup: &Setup) -> (Vec<Finding>, Option<Incidents>) {
    let path = &setup.config.ledger;
    let shown = path.display();
    if !path.exists() {
        let text = format!("{shown} is not there yet; the first watch makes it");
        return (vec![Finding::new(Area::Ledger, "ledger", Health::Ok, text)], None);
    }
    let read = async { fold_all(&*open_existing_ledger(path).await?).await };
    match read.await {
        Err(error) => {
            let hint = "keep a copy of the file before anything else; `--ledger PATH` names another";
            (vec![Finding::new(Area::Ledger, "ledger", Health::Fail, error.to_string()).hint(hint)], None)
        }
        Ok((incidents, last)) if incidents.problems().is_empty() => {
            let entries = counted(usize::try_from(last.0).unwrap_or(usize::MAX), "entry", "entries");
            let held = counted(incidents.len(), "incident", "incidents");
            let text = format!("{shown}: {entries}, the chain of hashes is whole, {held}");
            (vec![Finding::new(Area::Ledger, "ledger", Health::Ok, text)], Some(incidents))
        }
        Ok((incidents, _)) => {
            let first = incidents.problems().first().map(ToString::to_string).unwrap_or_default();
            let n = incidents.problems().len();
            let text = format!("{shown}: {} {} nothing: {first}", counted(n, "entry", "entries"), noun(n, "changes", "change"));
            (vec![Finding::new(Area::Ledger, "ledger", Health::Warn, text)], Some(incidents))
        }
    }
}

async fn receiver(name: &Text, how: &ReceiverSettings, incidents: Option<&Incidents>) -> Finding {
    let title = format!("receiver {name}");
    let last = incidents.and_then(|all| last_page(all, name)).unwrap_or_default();
    match reach(how).await {
        Ok(text) => Finding::new(Area::Receiver, &title, Health::Ok, format!("{}: {text}{last}", how.kind())),
        Err(why) => {
            let hint = format!("`burnledger page test {name}` sends one marked page and tells the answer");
            Finding::new(Area::Receiver, &title, Health::Fail, format!("{}: {why}{last}", how.kind())).hint(&hint)
        }
    }
}

/// How the newest page to a receiver ended.
fn last_page(all: &Incidents, name: &str) -> Option<String> {
    let pages = all.iter().flat_map(|i| &i.pages).filter(|p| *p.receiver == *name && p.outcome != Outcome::Dropped);
    let page = pages.max_by_key(|p| p.created)?;
    let how = if page.outcome == Outcome::Delivered { "accepted" } else { "refused" };
    Some(format!("; its last page, at {}, was {how}", page.created))
}

/// Reaches for a receiver without paging it; what was found, in words.
async fn reach(how: &ReceiverSettings) -> Result<String, String> {
    let secret = |source: &SecretSource| source.get().map_err(|e| e.to_string());
    let of = |source: &SecretSource| {
        let url = secret(source)?;
        Address::parse(url.expose()).map_err(|e| e.to_string())
    };
    let own =
        |url: &Option<Address>, usual: &str| url.clone().map_or_else(|| Address::parse(usual).map_err(|e| e.to_string()), Ok);
    match &how.way {
        Way::Stderr => Ok("prints".into()),
        Way::Alertmanager { urls, .. } => {
            let answers = join_all(urls.iter().map(|url| touch(url.join("-/healthy"), &how.http))).await;
            let silent: Vec<String> = answers.into_iter().filter_map(Result::err).collect();
            if silent.len() == urls.len() {
                Err(silent.join("; "))
            } else if silent.is_empty() {
                Ok("answers".into())
            } else {
                Err(format!("{} of {}: {}", silent.len(), counted(urls.len(), "instance", "instances"), silent.join("; ")))
            }
        }
        Way::Webhook { url, .. } => host(&of(url)?).await,
        Way::Service(service) => {
            let address = match service {
                ServiceSettings::PagerDuty { routing_key, url } => {
                    secret(routing_key)?;
                    own(url, PagerDuty::URL)?
                }
                ServiceSettings::Opsgenie { api_key, url, .. } => {
                    secret(api_key)?;
                    own(url, Opsgenie::URL)?
                }
                ServiceSettings::Ntfy { url, topic } => {
                    secret(topic)?;
                    own(url, Ntfy::URL)?
                }
                ServiceSettings::Slack { url } | ServiceSettings::WeCom { url, .. } => of(url)?,
                ServiceSettings::Feishu { url, secret: sign, .. } | ServiceSettings::DingTalk { url, secret: sign, .. } => {
                    sign.as_ref().map(secret).transpose()?;
                    of(url)?
                }
            };
            host(&address).await
        }
        Way::Email(mail) => {
            mail.login.as_ref().map(|(_, password)| secret(password)).transpose()?;
            let connecting = tokio::net::TcpStream::connect((mail.host.as_str(), mail.port));
            match tokio::time::timeout(Duration::from_millis(REACH.millis()), connecting).await {
                Ok(Ok(_)) => Ok(format!("{}:{} takes connections", mail.host, mail.port)),
                Ok(Err(error)) => Err(format!("{}:{}: {error}", mail.host, mail.port)),
                Err(_) => Err(format!("{}:{}: no connection within {REACH}", mail.host, mail.port)),
            }
        }
        Way::Exec(command) => program(command.command.first().map_or("", |t| &**t)),
    }
}

/// Any answer will do: what it says to a GET says nothing about pages, and nobody is paged by one to the root.
async fn host(address: &Address) -> Result<String, String> {
    let root = Address::parse(&address.origin()).map_err(|e| e.to_string())?;
    let origin = root.shown();
    touch(root, &HttpSettings::default()).await.map(|()| format!("{origin} can be reached"))
}

async fn touch(address: Address, settings: &HttpSettings) -> Result<(), String> {
    let shown = address.origin();
    let http = Http::new(HttpSettings { connect: REACH, total: REACH, ..settings.clone() }).map_err(|e| e.to_string())?;
    match http.send(HttpRequest::get(address)).await {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

fn program(name: &str) -> Result<String, String> {
    let runs = |path: &Path| path.is_file();
    let found = if name.contains('/') {
        runs(Path::new(name))
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|dir| runs(&dir.join(name)))
    };
    if found { Ok(format!("{name} is there")) } else { Err(format!("{name} is not there")) }
}

fn heartbeat(setup: &Setup) -> Finding {
    match &setup.config.heartbeat {
        Some(beat) => {
            let text = format!("a sign of life every {} to {}", beat.every, beat.receivers.join(", "));
            Finding::new(Area::Receiver, "heartbeat", Health::Ok, text)
        }
        None => Finding::new(Area::Receiver, "heartbeat", Health::Warn, "when burnledger stops, nobody hears of it")
            .hint("`heartbeat: {receivers: [NAME]}` sends a sign of life whose absence can page"),
    }
}

fn listening(setup: &Setup) -> Option<Finding> {
    let (listen, tokens) = (setup.config.listen, &setup.config.api_tokens_file);
    let open = !listen.ip().is_loopback();
    match tokens {
        None if open => Some(
            Finding::new(Area::Files, "API", Health::Fail, format!("{listen} is open to other machines and there are no tokens"))
                .hint("write `api_tokens_file: FILE`, a name and a token on each line"),
        ),
        Some(file) if !file.is_file() => {
            Some(Finding::new(Area::Files, "API", Health::Fail, format!("the tokens' file {} is not there", file.display())))
        }
        _ => None,
    }
}
