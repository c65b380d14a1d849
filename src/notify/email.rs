//! E-mail over SMTP: one plain-text message a page, threaded by incident.
//!
//! The `Message-ID` is the same at every try, so that mail systems can drop a double. Connections are encrypted (TLS from the
//! start, or STARTTLS, never "if possible"); plain ones are for a server on this machine. Deliberately absent: HTML.

use super::provider::{Basics, digest, footer};
use crate::domain::base::{Now, Text};
use crate::domain::paging::{Dispatch, DispatchKind, Limit, SendOutcome};
use crate::kit::http::clean;
use crate::kit::secrets::{Secret, SecretSource, scrub};
use crate::ports::{Job, Notifier};
use crate::words::fit;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::time::{Duration, SystemTime};

/// Longest subject, in characters.
const SUBJECT: usize = 200;

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailTls {
    /// Begins plain and turns to TLS before anything is said (port 587).
    #[default]
    StartTls,
    /// TLS from the first byte (port 465).
    Tls,
    /// Not at all: for a server on this machine.
    Plain,
}

/// What the receiver is made from.
#[derive(Clone, Debug)]
pub struct EmailSettings {
    /// Name, time-outs, zone and language.
    pub basics: Basics,
    /// The server's host name; its certificate must be for it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Encryption.
    pub tls: MailTls,
    /// Name and password.
    pub login: Option<(String, SecretSource)>,
    /// Who it comes from.
    pub from: Text,
    /// Who gets it.
    pub to: Vec<Text>,
}

/// The receiver.
#[derive(Debug)]
pub struct Email {
    settings: EmailSettings,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl Email {
    /// A receiver with these settings.
    ///
    /// # Errors
    /// An address is none; which one, in words.
    pub fn new(settings: EmailSettings) -> Result<Self, String> {
        let read = |text: &Text| text.parse::<Mailbox>().map_err(|e| format!("`{}` is no mail address: {e}", clean(text, 100)));
        let from = read(&settings.from)?;
        let to = settings.to.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { settings, from, to })
    }

    async fn send(&self, page: &Dispatch, now: Now) -> SendOutcome {
        let (message, transport, secret) = match self.prepare(page, now) {
            Ok(ready) => ready,
            Err(outcome) => return outcome,
        };
        let total = self.settings.basics.http.total;
        let limit = Duration::from_millis(total.millis());
        let told = |text: &str| format!("{}: {}", self.settings.host, scrub(&clean(text, 200), &secret)).into();
        match tokio::time::timeout(limit, transport.send(message)).await {
            Err(_) => SendOutcome::Retry { after: None, why: told(&format!("no answer within {total}")) },
            Ok(Ok(response)) => {
                let said = response.message().collect::<Vec<_>>().join(" ");
                SendOutcome::Delivered { detail: told(&format!("{} {said}", response.code())) }
            }
            // 5xx is for good, wrong passwords (535) included; 4xx, time-outs and connections are not.
            Ok(Err(error)) if error.is_permanent() => SendOutcome::Permanent { why: told(&chain(&error)) },
            Ok(Err(error)) => SendOutcome::Retry { after: None, why: told(&chain(&error)) },
        }
    }

    fn prepare(
        &self,
        page: &Dispatch,
        now: Now,
    ) -> Result<(lettre::Message, AsyncSmtpTransport<Tokio1Executor>, Vec<Secret>), SendOutcome> {
        let permanent = |why: String| SendOutcome::Permanent { why: why.into() };
        let message = self.message(page, now).map_err(|e| permanent(format!("the message cannot be made: {e}")))?;
        let s = &self.settings;
        let parameters = || TlsParameters::new(s.host.clone()).map_err(|e| permanent(format!("TLS cannot be set up: {e}")));
        let tls = match s.tls {
            MailTls::StartTls => Tls::Required(parameters()?),
            MailTls::Tls => Tls::Wrapper(parameters()?),
            MailTls::Plain => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&s.host)
            .port(s.port)
            .tls(tls)
            .timeout(Some(Duration::from_millis(s.basics.http.connect.millis())));
        let mut secrets = Vec::new();
        if let Some((user, password)) = &s.login {
            let password = super::provider::open(password)?;
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
            secrets.push(password);
        }
        Ok((message, builder.build(), secrets))
    }

    fn message(&self, page: &Dispatch, now: Now) -> Result<lettre::Message, lettre::error::Error> {
        let text = self.settings.basics.words(page);
        let date = SystemTime::UNIX_EPOCH + Duration::from_millis(now.wall.0.unsigned_abs());
        let thread = message_id(&page.key);
        let mut builder = lettre::Message::builder()
            .from(self.from.clone())
            .date(date)
            .subject(fit::line(&text.title, SUBJECT, fit::Unit::Chars, fit::plain))
            .message_id(Some(message_id(&page.idempotency_key())))
            .header(ContentType::TEXT_PLAIN);
        if page.kind != DispatchKind::Test {
            builder = builder.in_reply_to(thread.clone()).references(thread);
        }
        for to in &self.to {
            builder = builder.to(to.clone());
        }
        builder.body(format!("{}\n\n{}\n\n-- \n{}\n", text.title, text.lines.join("\n"), footer(page)))
    }
}

/// The same name for the same text, in the form that mail wants.
fn message_id(text: &str) -> String {
    format!("<{}@burnledger>", digest(text))
}

/// An error with its causes: the outermost one rarely says what is wrong.
fn chain(error: &dyn std::error::Error) -> String {
    let mut out = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !out.contains(&text) {
            out = format!("{out}: {text}");
        }
        next = cause.source();
    }
    out
}

impl Notifier for Email {
    fn name(&self) -> Text {
        self.settings.basics.name.clone()
    }

    fn deliver<'a>(&'a self, dispatch: &'a Dispatch, now: Now) -> Job<'a, SendOutcome> {
        Box::pin(self.send(dispatch, now))
    }

    fn limit(&self) -> Limit {
        self.settings.basics.limit.unwrap_or(Limit::per_minute(30))
    }
}
