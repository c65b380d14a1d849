//! Receivers and routes as the file has them.

use super::sources::{read_address, read_http, secret};
use crate::domain::base::{Severity, Span, Text};
use crate::domain::paging::{Route, Routes};
use crate::kit::http::{Address, HttpSettings};
use crate::kit::secrets::SecretSource;
use crate::kit::yaml::{Findings, Node, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Where pages can go, with what is needed to get there.
#[derive(Clone, Debug)]
pub enum ReceiverSettings {
    /// Alertmanagers of one cluster: each gets every alert.
    Alertmanager {
        /// Their addresses.
        urls: Vec<Address>,
        /// Credentials, headers, time-outs.
        http: HttpSettings,
        /// Whether severity is a label of the alerts.
        severity_label: bool,
        /// Further labels of every alert.
        labels: BTreeMap<Text, Text>,
        /// How often live alerts are sent again, before Alertmanager forgets them.
        resend: Span,
    },
    /// Anything that takes a JSON POST.
    Webhook {
        /// Its address, which often carries a token and is kept as a secret.
        url: SecretSource,
        /// Credentials, headers, time-outs.
        http: HttpSettings,
    },
    /// Standard error of the process.
    Stderr,
}

impl ReceiverSettings {
    /// The kind as the file writes it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Alertmanager { .. } => "alertmanager",
            Self::Webhook { .. } => "webhook",
            Self::Stderr => "stderr",
        }
    }
}

const KINDS: [&str; 4] = ["alertmanager", "webhook", "stderr", "terminal"];
const ALERTMANAGER_FIELDS: [&str; 9] =
    ["urls", "bearer_token", "bearer_token_file", "basic_auth", "headers", "timeout", "severity_label", "labels", "resend"];
const WEBHOOK_FIELDS: [&str; 7] = ["url", "url_file", "bearer_token", "bearer_token_file", "basic_auth", "headers", "timeout"];
/// How often live alerts are sent again: well within the 5 minutes after which Alertmanager forgets them.
const RESEND: Span = Span::from_mins(1);
const ROUTE_FIELDS: [&str; 4] = ["owner", "severity", "receivers", "levels"];

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

/// `{alertmanager: {...}}`, `{webhook: {...}}`, or the word `stderr`.
fn read_receiver(out: &mut Findings<'_>, node: &Node, folder: &Path) -> Option<ReceiverSettings> {
    if let Value::Scalar { text, .. } = &node.value {
        if matches!(text.trim(), "stderr" | "terminal") {
            return Some(ReceiverSettings::Stderr);
        }
        // The word is not repeated: it may be an address with a token in it.
        let hint = "write `webhook: {url: ...}`, `alertmanager: {urls: [...]}`, or the word `stderr`";
        out.error_hint("unknown-receiver", &node.span, "this is no kind of receiver", hint);
        return None;
    }
    let fields = out.fields(node, "a receiver", &KINDS)?;
    let [entry] = fields.entries() else {
        let message = "a receiver needs exactly one of `alertmanager`, `webhook` and `stderr`";
        out.error_hint("wrong-kind", &fields.head(), message, "give each receiver a name of its own");
        return None;
    };
    match &*entry.key {
        "alertmanager" => read_alertmanager(out, &entry.value, folder),
        "webhook" => read_webhook(out, &entry.value, folder),
        "stderr" | "terminal" => {
            if !matches!(&entry.value.value, Value::Null) {
                out.fields(&entry.value, "`stderr`", &[]);
            }
            Some(ReceiverSettings::Stderr)
        }
        _ => None,
    }
}

fn read_alertmanager(out: &mut Findings<'_>, node: &Node, folder: &Path) -> Option<ReceiverSettings> {
    let fields = out.fields(node, "`alertmanager`", &ALERTMANAGER_FIELDS)?;
    let http = read_http(out, &fields, folder);
    let urls = fields.need(out, "urls", "`alertmanager`")?;
    let items = out.list(urls, "`urls`")?;
    if items.is_empty() {
        out.error("empty-value", &urls.span, "`urls` names no Alertmanager");
        return None;
    }
    let urls: Vec<Address> = items.iter().filter_map(|n| read_address(out, n, "an Alertmanager")).collect();
    let severity_label = fields
        .get(out, "severity_label")
        .and_then(|n| out.choice(n, "severity_label", &[("true", true), ("false", false)]))
        .unwrap_or(false);
    let resend = fields.get(out, "resend").and_then(|n| out.span(n, "`resend`")).unwrap_or(RESEND);
    let mut labels = BTreeMap::new();
    for entry in fields.get(out, "labels").and_then(|n| out.entries(n, "`labels`")).unwrap_or_default() {
        if let Some(value) = out.text(&entry.value, "a label's value") {
            labels.insert(entry.key.clone(), value.clone());
        }
    }
    (urls.len() == items.len()).then_some(ReceiverSettings::Alertmanager { urls, http, severity_label, labels, resend })
}

fn read_webhook(out: &mut Findings<'_>, node: &Node, folder: &Path) -> Option<ReceiverSettings> {
    let fields = out.fields(node, "`webhook`", &WEBHOOK_FIELDS)?;
    let http = read_http(out, &fields, folder);
    let url = match fields.get(out, "url_file") {
        Some(_) => secret(out, &fields, "url", folder),
        None => fields.need(out, "url", "`webhook`").and_then(|n| {
            read_address(out, n, "`url`")?;
            secret(out, &fields, "url", folder)
        }),
    }?;
    Some(ReceiverSettings::Webhook { url, http })
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
    (BTreeMap::from([(name.clone(), ReceiverSettings::Stderr)]), Routes::to_all([name]))
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
    if routes.len() == items.len() && routes.iter().all(|r| r.owner.is_some()) {
        let message = "every route names an owner: pages of services without one reach nobody";
        out.warn("no-default-route", &node.span, message, "add a last route without `owner`");
    }
    Routes { routes, fallback }
}

fn read_route(out: &mut Findings<'_>, node: &Node, known: &[&str]) -> Option<Route> {
    let fields = out.fields(node, "a route", &ROUTE_FIELDS)?;
    let owner = fields.get(out, "owner").and_then(|n| out.text(n, "`owner`").cloned());
    let severities = fields.get(out, "severity").map(|n| read_severities(out, n)).unwrap_or_default();
    let levels = match (fields.get(out, "receivers"), fields.get(out, "levels")) {
        (Some(_), Some(levels)) => {
            let message = "`receivers` and `levels` are both given";
            out.error_hint("two-meanings", &levels.span, message, "put the receivers into the first of the `levels`");
            return None;
        }
        (Some(names), None) => vec![read_names(out, names, "`receivers`", known)],
        (None, Some(levels)) => out.list(levels, "`levels`")?.iter().map(|n| read_names(out, n, "a level", known)).collect(),
        (None, None) => {
            fields.need(out, "receivers", "a route");
            return None;
        }
    };
    Some(Route { owner, severities, levels })
}

fn read_severities(out: &mut Findings<'_>, node: &Node) -> Vec<Severity> {
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
