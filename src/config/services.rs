//! Receivers that are services, mail or a command, as the file has them; each with its secrets from files.
//!
//! Deliberately absent: what the services want sent (`notify`).

use super::sources::{beside, read_address, secret};
use crate::domain::base::{Span, Text};
use crate::kit::http::Address;
use crate::kit::secrets::{Secret, SecretSource};
use crate::kit::yaml::{Fields, Findings, Value};
use std::path::{Path, PathBuf};

/// A paging or chat service.
#[derive(Clone, Debug)]
pub enum ServiceSettings {
    /// PagerDuty.
    PagerDuty {
        /// The integration's routing key.
        routing_key: SecretSource,
        /// Another address than the service's own.
        url: Option<Address>,
    },
    /// Opsgenie.
    Opsgenie {
        /// The integration's key.
        api_key: SecretSource,
        /// Another address, such as Europe's.
        url: Option<Address>,
        /// Teams that answer.
        teams: Vec<Text>,
        /// Tags of every alert.
        tags: Vec<Text>,
    },
    /// Slack and what speaks its language.
    Slack {
        /// The webhook's address.
        url: SecretSource,
    },
    /// Feishu or Lark.
    Feishu {
        /// The robot's address.
        url: SecretSource,
        /// What signs.
        secret: Option<SecretSource>,
        /// Mention everybody at P0 and P1.
        mention_all: bool,
    },
    /// DingTalk.
    DingTalk {
        /// The robot's address.
        url: SecretSource,
        /// What signs.
        secret: Option<SecretSource>,
        /// Telephone numbers to mention.
        mobiles: Vec<Text>,
        /// Mention everybody at P0 and P1.
        mention_all: bool,
    },
    /// WeCom.
    WeCom {
        /// The robot's address.
        url: SecretSource,
        /// Members to mention.
        mention: Vec<Text>,
    },
    /// ntfy.
    Ntfy {
        /// Another server than ntfy.sh.
        url: Option<Address>,
        /// The topic.
        topic: SecretSource,
    },
}

/// How mail is encrypted on its way to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailEncryption {
    /// STARTTLS, demanded.
    #[default]
    StartTls,
    /// TLS from the start.
    Tls,
    /// None; only to this machine.
    Plain,
}

/// A mailbox by way of an SMTP server.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Encryption.
    pub encryption: MailEncryption,
    /// Name and password.
    pub login: Option<(String, SecretSource)>,
    /// Who it comes from.
    pub from: Text,
    /// Who gets it.
    pub to: Vec<Text>,
}

/// A command.
#[derive(Clone, Debug)]
pub struct CommandSettings {
    /// The program and its arguments; at least the program.
    pub command: Vec<Text>,
    /// Variables of its environment.
    pub env: Vec<(String, SecretSource)>,
    /// How long it may run.
    pub timeout: Span,
}

/// A command's time unless the file says otherwise, and the longest.
const COMMAND_TIME: Span = Span::from_secs(10);
const LONGEST_COMMAND: Span = Span::from_mins(10);
/// The longest a receiver's command may run: the courier gives up on any notifier a little later.
pub(super) const LONGEST_RECEIVER: Span = Span::from_secs(14);

/// The fields of a service's own, by its kind; beside them stand `language`, `rate` and `timeout`.
pub(super) const fn own_fields(kind: &str) -> &'static [&'static str] {
    match kind.as_bytes() {
        b"pagerduty" => &["routing_key", "routing_key_file", "url"],
        b"opsgenie" => &["api_key", "api_key_file", "url", "teams", "tags"],
        b"slack" => &["url", "url_file"],
        b"feishu" => &["url", "url_file", "secret", "secret_file", "mention_all"],
        b"dingtalk" => &["url", "url_file", "secret", "secret_file", "mobiles", "mention_all"],
        b"wecom" => &["url", "url_file", "mention"],
        b"ntfy" => &["url", "topic", "topic_file", "bearer_token", "bearer_token_file", "basic_auth", "headers"],
        b"email" => &["server", "tls", "username", "password", "password_file", "from", "to"],
        b"exec" => &["command", "env"],
        _ => &[],
    }
}

/// Reads a service.
pub(super) fn read_service(out: &mut Findings<'_>, kind: &str, fields: &Fields<'_>, folder: &Path) -> Option<ServiceSettings> {
    let url = |out: &mut Findings<'_>| need_url(out, fields, kind, folder);
    let own = |out: &mut Findings<'_>| fields.get(out, "url").and_then(|n| read_address(out, n, "`url`"));
    let loud = flag(out, fields, "mention_all");
    Some(match kind {
        "pagerduty" => {
            ServiceSettings::PagerDuty { routing_key: need_secret(out, fields, "routing_key", kind, folder)?, url: own(out) }
        }
        "opsgenie" => ServiceSettings::Opsgenie {
            api_key: need_secret(out, fields, "api_key", kind, folder)?,
            url: own(out),
            teams: texts(out, fields, "teams"),
            tags: texts(out, fields, "tags"),
        },
        "slack" => ServiceSettings::Slack { url: url(out)? },
        "feishu" => {
            let secret = secret(out, fields, "secret", folder);
            ServiceSettings::Feishu { url: url(out)?, secret, mention_all: loud }
        }
        "dingtalk" => {
            let secret = secret(out, fields, "secret", folder);
            let mobiles = texts(out, fields, "mobiles");
            ServiceSettings::DingTalk { url: url(out)?, secret, mobiles, mention_all: loud }
        }
        "wecom" => {
            let mention = texts(out, fields, "mention");
            ServiceSettings::WeCom { url: url(out)?, mention }
        }
        "ntfy" => ServiceSettings::Ntfy { url: own(out), topic: need_secret(out, fields, "topic", kind, folder)? },
        _ => return None,
    })
}

/// Reads `email`.
pub(super) fn read_mail(out: &mut Findings<'_>, fields: &Fields<'_>, folder: &Path) -> Option<MailSettings> {
    const WAYS: [(&str, MailEncryption); 3] =
        [("starttls", MailEncryption::StartTls), ("tls", MailEncryption::Tls), ("none", MailEncryption::Plain)];
    let server = fields.need(out, "server", "`email`");
    let from = fields.need(out, "from", "`email`").and_then(|n| out.text(n, "`from`").cloned());
    let to = fields.need(out, "to", "`email`").map(|n| out.texts(n, "`to`")).unwrap_or_default();
    let way = fields.get(out, "tls").map(|n| (n, out.choice(n, "tls", &WAYS)));
    let encryption = way.and_then(|(_, way)| way).unwrap_or_default();
    let user = fields.get(out, "username").and_then(|n| out.text(n, "`username`").cloned());
    let password = secret(out, fields, "password", folder);
    let server = server?;
    let text = out.text(server, "`server`")?.trim().to_owned();
    let Some((host, port)) = host_and_port(&text, encryption) else {
        let hint = "write it as mail.example:587";
        out.error_hint("bad-address", &server.span, "`server` must be a host name with a port", hint);
        return None;
    };
    if encryption == MailEncryption::Plain && !is_loopback(&host) {
        let message = "mail without encryption is for a server on this machine only";
        out.error_hint("not-encrypted", &server.span, message, "write `tls: starttls` or `tls: tls`");
    }
    let login = match (user, password) {
        (Some(user), Some(password)) => Some((user.to_string(), password)),
        (None, None) => None,
        _ => {
            let names = ["username", "password", "password_file"];
            fields.missing(out, &names, "`email` needs both `username` and `password_file`, or neither", "add the other one");
            None
        }
    };
    if to.is_empty() {
        return None;
    }
    let to = to.into_iter().map(|(text, _)| text).collect();
    Some(MailSettings { host, port, encryption, login, from: from?, to })
}

fn host_and_port(text: &str, encryption: MailEncryption) -> Option<(String, u16)> {
    let usual = match encryption {
        MailEncryption::StartTls => 587,
        MailEncryption::Tls => 465,
        MailEncryption::Plain => 25,
    };
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (text, usual),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
    (!host.is_empty() && host.chars().all(plain)).then(|| (host.to_owned(), port))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Reads `exec`: `command: [program, argument, ...]`, `env`, `timeout`.
pub(super) fn read_command(
    out: &mut Findings<'_>,
    fields: &Fields<'_>,
    folder: &Path,
    longest: Option<Span>,
) -> Option<CommandSettings> {
    let node = fields.need(out, "command", "a command")?;
    let Value::List(items) = &node.value else {
        let hint = "write it as a list: [/usr/local/bin/page, --urgent]; no shell reads it";
        out.error_hint("wrong-kind", &node.span, "`command` must be a list: the program and its arguments", hint);
        return None;
    };
    let command: Vec<Text> = items.iter().filter_map(|n| out.text(n, "`command`").cloned()).collect();
    if command.is_empty() || command.len() != items.len() {
        out.error("empty-value", &node.span, "`command` names no program");
        return None;
    }
    let mut env = Vec::new();
    for entry in fields.get(out, "env").and_then(|n| out.entries(n, "`env`")).unwrap_or_default() {
        let value = match &entry.value.value {
            Value::Map(_) => out
                .fields(&entry.value, "a variable", &["file"])
                .and_then(|f| f.need(out, "file", "a variable"))
                .and_then(|n| out.text(n, "`file`").map(|t| SecretSource::File(beside(folder, t)))),
            _ => out.text(&entry.value, "a variable").map(|t| SecretSource::Inline(Secret::new(&**t))),
        };
        env.extend(value.map(|v| (entry.key.to_string(), v)));
    }
    let longest = longest.unwrap_or(LONGEST_COMMAND);
    let timeout = fields.get(out, "timeout").map(|n| (n, out.span(n, "`timeout`")));
    if let Some((node, Some(span))) = timeout
        && span > longest
    {
        out.error("bad-duration", &node.span, format!("`timeout` of a command may be at most {longest} here"));
    }
    let timeout = timeout.and_then(|(_, span)| span).unwrap_or(COMMAND_TIME).min(longest);
    Some(CommandSettings { command, env, timeout })
}

/// The program with its folder: a name alone is looked up in `PATH`, a path starts at the file's folder.
impl CommandSettings {
    /// The program.
    pub fn program(&self, folder: &Path) -> PathBuf {
        let name = self.command.first().map_or("", |t| &**t);
        if name.contains('/') { beside(folder, name) } else { PathBuf::from(name) }
    }

    /// Its arguments.
    pub fn args(&self) -> Vec<String> {
        self.command.iter().skip(1).map(ToString::to_string).collect()
    }
}

/// An address that is a secret: from `url` or `url_file`.
pub(super) fn need_url(out: &mut Findings<'_>, fields: &Fields<'_>, kind: &str, folder: &Path) -> Option<SecretSource> {
    if !fields.has("url_file") {
        let node = fields.need(out, "url", &format!("`{kind}`"))?;
        read_address(out, node, "`url`")?;
    }
    secret(out, fields, "url", folder)
}

fn need_secret(
    out: &mut Findings<'_>,
    fields: &Fields<'_>,
    name: &'static str,
    kind: &str,
    folder: &Path,
) -> Option<SecretSource> {
    let twin = format!("{name}_file");
    if !fields.has(name) && !fields.has(&twin) {
        let message = format!("`{kind}` needs `{twin}` (or `{name}`)");
        fields.missing(out, &[name, &twin], &message, &format!("add `{twin}: FILE` here"));
        return None;
    }
    secret(out, fields, name, folder)
}

fn texts(out: &mut Findings<'_>, fields: &Fields<'_>, name: &str) -> Vec<Text> {
    let node = fields.get(out, name);
    node.map(|n| out.texts(n, &format!("`{name}`"))).unwrap_or_default().into_iter().map(|(text, _)| text).collect()
}

/// `true` or `false`; false when it is not there.
pub(super) fn flag(out: &mut Findings<'_>, fields: &Fields<'_>, name: &str) -> bool {
    let node = fields.get(out, name);
    node.and_then(|n| out.choice(n, name, &[("true", true), ("false", false)])).unwrap_or(false)
}
