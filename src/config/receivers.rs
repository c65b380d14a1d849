//! Receivers and routes as the file has them.

use super::services::{self, CommandSettings, MailSettings, ServiceSettings};
use super::sources::{beside, read_address, read_http};
use crate::domain::base::{Language, Severity, Span, Text};
use crate::domain::paging::{Limit, Route, Routes};
use crate::kit::http::{Address, HttpSettings};
use crate::kit::secrets::SecretSource;
use crate::kit::yaml::{Fields, Findings, Node, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// A receiver: the way to it, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct ReceiverSettings {
    /// The way.
    pub way: Way,
    /// Language of its pages; the configuration's own when absent.
    pub language: Option<Language>,
    /// How many messages it takes; the receiver's own limit when absent.
    pub limit: Option<Limit>,
    /// Time-outs, credentials, headers.
    pub http: HttpSettings,
}

/// Where pages can go, with what is needed to get there.
#[derive(Clone, Debug)]
pub enum Way {
    /// Alertmanagers of one cluster: each gets every alert.
    Alertmanager {
        /// Their addresses.
        urls: Vec<Address>,
        /// Whether severity is a label of the alerts.
        severity_label: bool,
        /// Further labels of every alert.
        labels: BTreeMap<Text, Text>,
        /// How often live alerts are sent again, before Alertmanager forgets them.
        resend: Span,
    },
    /// Anything that takes a POST.
    Webhook {
        /// Its address, which often carries a token and is kept as a secret.
        url: SecretSource,
        /// A template of its body, as text, and the body's type.
        template: Option<(Text, Text)>,
    },
    /// A paging or chat service.
    Service(ServiceSettings),
    /// E-mail.
    Email(MailSettings),
    /// A command.
    Exec(CommandSettings),
    /// Standard error of the process.
    Stderr,
}

impl ReceiverSettings {
    /// Pages on standard error.
    pub fn stderr() -> Self {
        Self { way: Way::Stderr, language: None, limit: None, http: HttpSettings::default() }
    }

    /// The kind as the file writes it.
    pub const fn kind(&self) -> &'static str {
        match &self.way {
            Way::Alertmanager { .. } => "alertmanager",
            Way::Webhook { .. } => "webhook",
            Way::Service(ServiceSettings::PagerDuty { .. }) => "pagerduty",
            Way::Service(ServiceSettings::Opsgenie { .. }) => "opsgenie",
            Way::Service(ServiceSettings::Slack { .. }) => "slack",
            Way::Service(ServiceSettings::Feishu { .. }) => "feishu",
            Way::Service(ServiceSettings::DingTalk { .. }) => "dingtalk",
            Way::Service(ServiceSettings::WeCom { .. }) => "wecom",
            Way::Service(ServiceSettings::Ntfy { .. }) => "ntfy",
            Way::Email(_) => "email",
            Way::Exec(_) => "exec",
            Way::Stderr => "stderr",
        }
    }
}

const KINDS: [&str; 14] = [
    "alertmanager",
    "webhook",
    "pagerduty",
    "opsgenie",
    "slack",
    "feishu",
    "lark",
    "dingtalk",
    "wecom",
    "ntfy",
    "email",
    "exec",
    "stderr",
    "terminal",
];
const ALERTMANAGER_FIELDS: [&str; 8] =
    ["urls", "bearer_token", "bearer_token_file", "basic_auth", "headers", "severity_label", "labels", "resend"];
const WEBHOOK_FIELDS: [&str; 8] =
    ["url", "url_file", "bearer_token", "bearer_token_file", "basic_auth", "headers", "template_file", "content_type"];
/// What every receiver may say.
const COMMON_FIELDS: [&str; 3] = ["timeout", "language", "rate"];
/// How often live alerts are sent again: well within the 5 minutes after which Alertmanager forgets them.
const RESEND: Span = Span::from_mins(1);
/// Longest template that is read.
const LONGEST_TEMPLATE: u64 = 256 * 1024;
const ROUTE_FIELDS: [&str; 7] = ["owner", "service", "severity", "receivers", "levels", "escalate_after", "repeat"];

/// Reads `receivers:`, a mapping of names to receivers.
pub(super) fn read_receivers(out: &mut Findings<'_>, node: &Node, folder: &Path) -> BTreeMap<Text, ReceiverSettings> {
    let mut receivers = BTreeMap::new();
    for entry in out.entries(node, "`receivers`").unwrap_or_default() {
        if let Some(receiver) = read_receiver(out, &entry.value, folder) {
            receivers.insert(entry.key.clone(), receiver);
        }
    }
    receivers
}

/// `{alertmanager: {...}}`, `{webhook: {...}}`, `{slack: {...}}` and so on, or the word `stderr`.
fn read_receiver(out: &mut Findings<'_>, node: &Node, folder: &Path) -> Option<ReceiverSettings> {
    if let Value::Scalar { text, .. } = &node.value {
        if matches!(text.trim(), "stderr" | "terminal") {
            return Some(ReceiverSettings::stderr());
        }
        // The word is not repeated: it may be an address with a token in it.
        let hint = "write `webhook: {url: ...}`, `alertmanager: {urls: [...]}`, or the word `stderr`";
        out.error_hint("unknown-receiver", &node.span, "this is no kind of receiver", hint);
        return None;
    }
    let fields = out.fields(node, "a receiver", &KINDS)?;
    let [entry] = fields.entries() else {
        let message = "a receiver needs exactly one kind, such as `alertmanager`, `webhook` or `stderr`";
        out.error_hint("wrong-kind", &fields.head(), message, "give each receiver a name of its own");
        return None;
    };
    // Lark is Feishu by another name.
    let kind = if &*entry.key == "lark" { "feishu" } else { &*entry.key };
    if !KINDS.contains(&kind) {
        return None;
    }
    if matches!(kind, "stderr" | "terminal") {
        return Some(read_stderr(out, &entry.value));
    }
    let own: &[&'static str] = match kind {
        "alertmanager" => &ALERTMANAGER_FIELDS,
        "webhook" => &WEBHOOK_FIELDS,
        kind => services::own_fields(kind),
    };
    let known: Vec<&'static str> = own.iter().chain(&COMMON_FIELDS).copied().collect();
    read_way(out, kind, &entry.value, &known, folder)
}

/// What a response runs: a webhook, or a command that may take minutes.
pub(super) fn read_runner(out: &mut Findings<'_>, kind: &'static str, node: &Node, folder: &Path) -> Option<ReceiverSettings> {
    let own: &[&'static str] = if kind == "webhook" { &WEBHOOK_FIELDS } else { services::own_fields(kind) };
    let known: Vec<&'static str> = own.iter().chain(&COMMON_FIELDS).copied().collect();
    if kind == "webhook" {
        return read_way(out, kind, node, &known, folder);
    }
    let fields = out.fields(node, "`exec`", &known)?;
    let common = read_common(out, kind, &fields, folder);
    let way = services::read_command(out, &fields, folder, None).map(Way::Exec)?;
    Some(ReceiverSettings { way, ..common })
}

fn read_way(out: &mut Findings<'_>, kind: &str, node: &Node, known: &[&'static str], folder: &Path) -> Option<ReceiverSettings> {
    let fields = out.fields(node, &format!("`{kind}`"), known)?;
    let common = read_common(out, kind, &fields, folder);
    let way = match kind {
        "alertmanager" => read_alertmanager(out, &fields),
        "webhook" => read_webhook(out, &fields, folder),
        "email" => services::read_mail(out, &fields, folder).map(Way::Email),
        "exec" => services::read_command(out, &fields, folder, Some(services::LONGEST_RECEIVER)).map(Way::Exec),
        kind => services::read_service(out, kind, &fields, folder).map(Way::Service),
    }?;
    Some(ReceiverSettings { way, ..common })
}

fn read_stderr(out: &mut Findings<'_>, node: &Node) -> ReceiverSettings {
    let mut receiver = ReceiverSettings::stderr();
    if !matches!(&node.value, Value::Null)
        && let Some(fields) = out.fields(node, "`stderr`", &["language"])
    {
        receiver.language = fields.get(out, "language").and_then(|n| out.choice(n, "language", &Language::ALL));
    }
    receiver
}

/// What every receiver may say, whatever its kind.
fn read_common(out: &mut Findings<'_>, kind: &str, fields: &Fields<'_>, folder: &Path) -> ReceiverSettings {
    let language = fields.get(out, "language").and_then(|n| out.choice(n, "language", &Language::ALL));
    let limit = fields.get(out, "rate").and_then(|n| read_rate(out, n));
    let http = if kind == "exec" { HttpSettings::default() } else { read_http(out, fields, folder) };
    ReceiverSettings { way: Way::Stderr, language, limit, http }
}

/// `20 per 1m`, as budgets of occurrences are written.
fn read_rate(out: &mut Findings<'_>, node: &Node) -> Option<Limit> {
    let text = out.text(node, "`rate`")?.clone();
    let parts = text.split_once(" per ");
    let limit = parts.and_then(|(count, per)| {
        let count = count.trim().parse::<u32>().ok().filter(|n| (1..=100_000).contains(n))?;
        let per = Span::parse(per.trim()).ok().filter(|per| *per > Span::ZERO)?;
        Some(Limit { count, per })
    });
    if limit.is_none() {
        out.error_hint("bad-rate", &node.span, "`rate` must say how many messages in how long", "rates look like `20 per 1m`");
    }
    limit
}

fn read_alertmanager(out: &mut Findings<'_>, fields: &Fields<'_>) -> Option<Way> {
    let urls = fields.need(out, "urls", "`alertmanager`")?;
    let items = out.list(urls, "`urls`")?;
    if items.is_empty() {
        out.error("empty-value", &urls.span, "`urls` names no Alertmanager");
        return None;
    }
    let urls: Vec<Address> = items.iter().filter_map(|n| read_address(out, n, "an Alertmanager")).collect();
    let severity_label = services::flag(out, fields, "severity_label");
    let resend = fields.get(out, "resend").and_then(|n| out.span(n, "`resend`")).unwrap_or(RESEND);
    let mut labels = BTreeMap::new();
    for entry in fields.get(out, "labels").and_then(|n| out.entries(n, "`labels`")).unwrap_or_default() {
        if let Some(value) = out.text(&entry.value, "a label's value") {
            labels.insert(entry.key.clone(), value.clone());
        }
    }
    (urls.len() == items.len()).then_some(Way::Alertmanager { urls, severity_label, labels, resend })
}

fn read_webhook(out: &mut Findings<'_>, fields: &Fields<'_>, folder: &Path) -> Option<Way> {
    let url = services::need_url(out, fields, "webhook", folder)?;
    let kind = fields.get(out, "content_type").and_then(|n| out.text(n, "`content_type`").cloned());
    let template = match fields.get(out, "template_file") {
        Some(node) => Some((read_template(out, node, folder)?, kind.unwrap_or_else(|| "application/json".into()))),
        None => None,
    };
    Some(Way::Webhook { url, template })
}

/// The text of a template's file. Whether it is one is found when the receiver is made.
fn read_template(out: &mut Findings<'_>, node: &Node, folder: &Path) -> Option<Text> {
    use std::io::Read;
    let path = beside(folder, out.text(node, "`template_file`")?);
    let mut text = String::new();
    let read = std::fs::File::open(&path).and_then(|f| f.take(LONGEST_TEMPLATE).read_to_string(&mut text));
    if let Err(error) = read {
        out.error("unreadable-file", &node.span, format!("{} cannot be read: {error}", path.display()));
        return None;
    }
    Some(text.into())
}

/// Nobody configured means everybody on standard error, so that no page is lost in silence.
pub(super) fn or_stderr(
    receivers: BTreeMap<Text, ReceiverSettings>,
    routes: Routes,
) -> (BTreeMap<Text, ReceiverSettings>, Routes) {
    if !receivers.is_empty() {
        return (receivers, routes);
    }
    let name: Text = "stderr".into();
    (BTreeMap::from([(name.clone(), ReceiverSettings::stderr())]), Routes::to_all([name]))
}

/// Reads `routes:` and `fallback:` against the receivers there are. `receivers` is absent when they could not be read.
pub(super) fn read_routes(
    out: &mut Findings<'_>,
    routes: Option<&Node>,
    fallback: Option<&Node>,
    receivers: &BTreeMap<Text, ReceiverSettings>,
    known: &[&str],
) -> Routes {
    let fallback = fallback.map(|n| read_names(out, n, "`fallback`", known)).unwrap_or_default();
    let Some(node) = routes else { return Routes { fallback, ..Routes::to_all(receivers.keys().cloned()) } };
    let items = out.list(node, "`routes`").unwrap_or_default();
    let routes: Vec<Route> = items.iter().filter_map(|n| read_route(out, n, known)).collect();
    if routes.len() == items.len() && routes.iter().all(|r| r.owner.is_some() || !r.services.is_empty()) {
        let message = "every route names an owner or a service: pages of others reach nobody";
        out.warn("no-default-route", &node.span, message, "add a last route without `owner` and `service`");
    }
    Routes { routes, fallback, ..Routes::default() }
}

fn read_route(out: &mut Findings<'_>, node: &Node, known: &[&str]) -> Option<Route> {
    let fields = out.fields(node, "a route", &ROUTE_FIELDS)?;
    let owner = fields.get(out, "owner").and_then(|n| out.text(n, "`owner`").cloned());
    let services = fields.get(out, "service").map(|n| out.texts(n, "`service`")).unwrap_or_default();
    let severities = fields.get(out, "severity").map(|n| read_severities(out, n)).unwrap_or_default();
    let escalate_after = fields.get(out, "escalate_after").and_then(|n| out.span(n, "`escalate_after`"));
    let repeat = fields.get(out, "repeat").and_then(|n| out.span(n, "`repeat`"));
    let mut delays = Vec::new();
    let levels = match (fields.get(out, "receivers"), fields.get(out, "levels")) {
        (Some(_), Some(levels)) => {
            let message = "`receivers` and `levels` are both given";
            out.error_hint("two-meanings", &levels.span, message, "put the receivers into the first of the `levels`");
            return None;
        }
        (Some(names), None) => vec![read_names(out, names, "`receivers`", known)],
        (None, Some(levels)) => {
            let items = out.list(levels, "`levels`")?;
            let read: Vec<_> = items.iter().filter_map(|n| read_level(out, n, known)).collect();
            delays = read.iter().map(|(_, delay)| *delay).collect();
            read.into_iter().map(|(names, _)| names).collect()
        }
        (None, None) => {
            fields.need(out, "receivers", "a route");
            return None;
        }
    };
    let services = services.into_iter().map(|(name, _)| name).collect();
    Some(Route { owner, services, severities, levels, delays, escalate_after, repeat })
}

/// A list of names, or `{receivers: [...], after: 10m}`: how long the level before it has to answer.
fn read_level(out: &mut Findings<'_>, node: &Node, known: &[&str]) -> Option<(Vec<Text>, Option<Span>)> {
    if !matches!(node.value, Value::Map(_)) {
        return Some((read_names(out, node, "a level", known), None));
    }
    let fields = out.fields(node, "a level", &["receivers", "after"])?;
    let names = fields.need(out, "receivers", "a level").map(|n| read_names(out, n, "`receivers`", known))?;
    Some((names, fields.get(out, "after").and_then(|n| out.span(n, "`after`"))))
}

pub(super) fn read_severities(out: &mut Findings<'_>, node: &Node) -> Vec<Severity> {
    let names: [(&str, Severity); 3] = Severity::ALL.map(|s| (s.name(), s));
    node.one_or_many().into_iter().filter_map(|n| out.choice(n, "severity", &names)).collect()
}

/// A receiver's name, or a list of them.
fn read_names(out: &mut Findings<'_>, node: &Node, what: &str, known: &[&str]) -> Vec<Text> {
    let mut names = Vec::new();
    for item in node.one_or_many() {
        let Some(name) = out.text(item, what).cloned() else { continue };
        if known.contains(&&*name) {
            names.push(name);
        } else {
            out.unknown("unknown-receiver", "receiver", &name, &item.span, known, "");
        }
    }
    names
}
