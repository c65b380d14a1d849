//! Settings of the sources of samples, and what everything reached over HTTP has in common.

use crate::domain::base::{Span, Text};
use crate::kit::http::{Address, BasicAuth, HttpSettings};
use crate::kit::secrets::{Secret, SecretSource};
use crate::kit::yaml::{Fields, Findings, Node, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Requests under way at once unless the file says otherwise.
const CONCURRENCY: usize = 8;

/// A Prometheus server and how it is asked.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// Its address.
    pub address: Address,
    /// Credentials, headers and time-outs; `total` is `timeout`.
    pub http: HttpSettings,
    /// How much it is asked, and what it may answer.
    pub limits: SourceLimits,
}

/// How much a source is asked, how long it is waited for, and what it may answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLimits {
    /// Requests under way at once.
    pub concurrency: usize,
    /// Limit for one request of history.
    pub history_timeout: Span,
    /// Most series in one answer.
    pub max_series: usize,
    /// Most samples in one answer.
    pub max_samples: usize,
    /// Use remote read where it is offered, for history and for ticks.
    pub remote_read: bool,
    /// Thanos' `dedup`; its own default when absent.
    pub dedup: Option<bool>,
    /// Thanos' `partial_response`; its own default when absent.
    pub partial_response: Option<bool>,
    /// Failures in a row after which it is left alone.
    pub circuit_failures: u32,
    /// How long it is left alone at first.
    pub circuit_open: Span,
    /// How long it is left alone at most.
    pub circuit_longest: Span,
}

impl Default for SourceLimits {
    /// 8 at once, 60 s for history, a million series, 50 million samples; five failures, 5 s, at most a minute.
    fn default() -> Self {
        Self {
            concurrency: CONCURRENCY,
            history_timeout: Span::from_secs(60),
            max_series: 1_000_000,
            max_samples: 50_000_000,
            remote_read: true,
            dedup: None,
            partial_response: None,
            circuit_failures: 5,
            circuit_open: Span::from_secs(5),
            circuit_longest: Span::from_mins(1),
        }
    }
}

const SOURCE_FIELDS: [&str; 15] = [
    "url",
    "bearer_token",
    "bearer_token_file",
    "basic_auth",
    "headers",
    "tenant",
    "timeout",
    "history_timeout",
    "concurrency",
    "max_series",
    "max_samples",
    "remote_read",
    "dedup",
    "partial_response",
    "circuit",
];
/// The header by which Mimir, Cortex and Loki tell tenants apart.
const TENANT: &str = "X-Scope-OrgID";
/// Longest name of a source.
const NAME: usize = 60;
const BASIC_FIELDS: [&str; 3] = ["username", "password", "password_file"];
const LONGEST_TIMEOUT: Span = Span::from_mins(5);

/// `prometheus:` as the file has it.
#[derive(Default)]
pub(super) struct WrittenSource {
    pub(super) address: Option<Address>,
    pub(super) http: HttpSettings,
    pub(super) limits: SourceLimits,
}

/// Reads `prometheus: {url, ...}`, or one of `sources`.
pub(super) fn read_source(out: &mut Findings<'_>, node: &Node, what: &str, folder: &Path) -> WrittenSource {
    let Some(fields) = out.fields(node, what, &SOURCE_FIELDS) else { return WrittenSource::default() };
    let address = fields.get(out, "url").and_then(|n| read_address(out, n, "`url`"));
    let mut http = read_http(out, &fields, folder);
    if let Some(node) = fields.get(out, "tenant") {
        http.headers.extend(read_tenant(out, node, &http.headers));
    }
    WrittenSource { address, http, limits: read_limits(out, &fields) }
}

/// Reads `sources: {NAME: {url, ...}}`: others than the default one, which SLO files name.
pub(super) fn read_sources(out: &mut Findings<'_>, node: &Node, folder: &Path) -> BTreeMap<Text, SourceSettings> {
    let mut sources = BTreeMap::new();
    for entry in out.entries(node, "`sources`").unwrap_or_default() {
        let good = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if entry.key.is_empty() || !entry.key.chars().all(good) || entry.key.chars().count() > NAME {
            let hint = format!("use letters and digits with `-`, `_` and `.` between them, at most {NAME}");
            out.error_hint("bad-name", &entry.key_span, "this is no usable name of a source", hint);
            continue;
        }
        let written = read_source(out, &entry.value, &format!("the source `{}`", entry.key), folder);
        match written.address {
            Some(address) => {
                let settings = SourceSettings { address, http: written.http, limits: written.limits };
                sources.insert(entry.key.clone(), settings);
            }
            None if entry.value.get("url").is_none() => {
                let message = format!("the source `{}` needs `url`", entry.key);
                out.error_hint("missing-field", &entry.key_span, message, "add `url: https://prometheus.example:9090`");
            }
            None => {}
        }
    }
    sources
}

/// A tenant's id, sent as a header.
fn read_tenant(out: &mut Findings<'_>, node: &Node, headers: &[(String, SecretSource)]) -> Option<(String, SecretSource)> {
    let text = out.text(node, "`tenant`")?.trim().to_owned();
    if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(TENANT)) {
        let hint = "keep one of them";
        out.error_hint("two-meanings", &node.span, format!("`tenant` and a header {TENANT} are both given"), hint);
        return None;
    }
    if text.is_empty() || text.len() > 150 || !text.bytes().all(|b| b.is_ascii_graphic()) {
        let hint = "tenants look like team-a, or team-a|team-b for several";
        out.error_hint("bad-name", &node.span, "`tenant` is no tenant's id", hint);
        return None;
    }
    Some((TENANT.to_owned(), SecretSource::Inline(Secret::new(text))))
}

fn read_limits(out: &mut Findings<'_>, fields: &Fields<'_>) -> SourceLimits {
    let usual = SourceLimits::default();
    let mut number = |name: &str, most: usize| {
        let node = fields.get(out, name)?;
        let text = out.text(node, &format!("`{name}`"))?.clone();
        let number = text.trim().parse().ok().filter(|n| (1..=most).contains(n));
        if number.is_none() {
            out.error("bad-number", &node.span, format!("`{name}` must be a whole number from 1 to {most}"));
        }
        number
    };
    let concurrency = number("concurrency", 256).unwrap_or(usual.concurrency);
    let max_series = number("max_series", 100_000_000).unwrap_or(usual.max_series);
    let max_samples = number("max_samples", 10_000_000_000).unwrap_or(usual.max_samples);
    let mut choice = |name: &'static str| {
        let node = fields.get(out, name)?;
        out.choice(node, name, &[("true", true), ("false", false)])
    };
    let (dedup, partial_response) = (choice("dedup"), choice("partial_response"));
    // Remote read knows neither of them.
    let remote_read = choice("remote_read").unwrap_or(dedup.is_none() && partial_response.is_none());
    let history_timeout = fields.get(out, "history_timeout").and_then(|node| timeout(out, node, "`history_timeout`"));
    let limits = SourceLimits { concurrency, max_series, max_samples, remote_read, dedup, partial_response, ..usual };
    let limits = SourceLimits { history_timeout: history_timeout.unwrap_or(limits.history_timeout), ..limits };
    match fields.get(out, "circuit") {
        Some(node) => read_circuit(out, node, limits),
        None => limits,
    }
}

/// `circuit: {failures, open, longest}`.
fn read_circuit(out: &mut Findings<'_>, node: &Node, mut limits: SourceLimits) -> SourceLimits {
    let Some(fields) = out.fields(node, "`circuit`", &["failures", "open", "longest"]) else { return limits };
    if let Some(node) = fields.get(out, "failures")
        && let Some(text) = out.text(node, "`failures`").cloned()
    {
        match text.trim().parse().ok().filter(|n| (1..=1000).contains(n)) {
            Some(failures) => limits.circuit_failures = failures,
            None => out.error("bad-number", &node.span, "`failures` must be a whole number from 1 to 1000"),
        }
    }
    if let Some(open) = fields.get(out, "open").and_then(|node| timeout(out, node, "`open`")) {
        (limits.circuit_open, limits.circuit_longest) = (open, limits.circuit_longest.max(open));
    }
    if let Some(node) = fields.get(out, "longest")
        && let Some(longest) = timeout(out, node, "`longest`")
    {
        if longest < limits.circuit_open {
            out.error("bad-duration", &node.span, format!("`longest` is shorter than `open`, {}", limits.circuit_open));
        }
        limits.circuit_longest = longest;
    }
    limits
}

/// A time that something may take, at most [`LONGEST_TIMEOUT`].
fn timeout(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Span> {
    let span = out.span(node, what)?;
    if span > LONGEST_TIMEOUT {
        out.error("bad-duration", &node.span, format!("{what} may be at most {LONGEST_TIMEOUT}"));
    }
    Some(span)
}

/// Reads an address. What was written is not repeated in the message: it may hold credentials.
pub(super) fn read_address(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Address> {
    let text = out.text(node, what)?.clone();
    match Address::parse(&text) {
        Ok(address) => Some(address),
        Err(error) => {
            let message = format!("{what}: {error}");
            out.error_hint("bad-address", &node.span, message, "addresses look like https://prometheus.example:9090");
            None
        }
    }
}

/// Reads credentials, headers and the time-out of something reached over HTTP.
pub(super) fn read_http(out: &mut Findings<'_>, fields: &Fields<'_>, folder: &Path) -> HttpSettings {
    let mut http = HttpSettings { bearer: secret(out, fields, "bearer_token", folder), ..HttpSettings::default() };
    http.basic = fields.get(out, "basic_auth").and_then(|n| read_basic(out, n, folder));
    if let (Some(_), Some(_), Some(span)) = (&http.bearer, &http.basic, fields.key_span("basic_auth")) {
        out.error_hint("two-credentials", &span, "a bearer token and basic auth are both given", "keep one of them");
    }
    if let Some(node) = fields.get(out, "headers") {
        http.headers = read_headers(out, node, folder);
    }
    if let Some(span) = fields.get(out, "timeout").and_then(|node| timeout(out, node, "`timeout`")) {
        http.total = span;
        http.connect = http.connect.min(span);
    }
    http
}

fn read_basic(out: &mut Findings<'_>, node: &Node, folder: &Path) -> Option<BasicAuth> {
    let fields = out.fields(node, "`basic_auth`", &BASIC_FIELDS)?;
    let user = fields.need(out, "username", "`basic_auth`").and_then(|n| out.text(n, "`username`").cloned());
    let password = secret(out, &fields, "password", folder);
    if password.is_none() && !fields.has("password") && !fields.has("password_file") {
        let names = ["password", "password_file"];
        let message = "`basic_auth` needs `password` or `password_file`";
        fields.missing(out, &names, message, "add `password_file: FILE` here");
    }
    Some(BasicAuth { user: user?.to_string(), password: password? })
}

/// `name: value`, or `name: {file: FILE}` for a secret kept in a file.
fn read_headers(out: &mut Findings<'_>, node: &Node, folder: &Path) -> Vec<(String, SecretSource)> {
    let mut headers = Vec::new();
    for entry in out.entries(node, "`headers`").unwrap_or_default() {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if entry.key.is_empty() || !entry.key.bytes().all(token) {
            out.error("bad-header", &entry.key_span, "this is no name of an HTTP header");
            continue;
        }
        let value = match &entry.value.value {
            Value::Map(_) => out
                .fields(&entry.value, "a header", &["file"])
                .and_then(|f| f.need(out, "file", "a header"))
                .and_then(|n| out.text(n, "`file`").map(|t| SecretSource::File(beside(folder, t)))),
            _ => out.text(&entry.value, "a header").map(|t| SecretSource::Inline(Secret::new(&**t))),
        };
        headers.extend(value.map(|v| (entry.key.to_string(), v)));
    }
    headers
}

/// A secret from `name`, or from the file that `name_file` names.
pub(super) fn secret(out: &mut Findings<'_>, fields: &Fields<'_>, name: &str, folder: &Path) -> Option<SecretSource> {
    let twin = format!("{name}_file");
    let inline = fields.get(out, name).and_then(|n| out.text(n, &format!("`{name}`")).cloned());
    let file = fields.get(out, &twin).and_then(|n| out.text(n, &format!("`{twin}`")).cloned());
    if let (Some(_), Some(_), Some(span)) = (&inline, &file, fields.key_span(&twin)) {
        let message = format!("`{name}` and `{twin}` are both given");
        out.error_hint("two-credentials", &span, message, format!("keep `{twin}`, so that the secret stays out of this file"));
    }
    let from_file = file.map(|path| SecretSource::File(beside(folder, &path)));
    from_file.or_else(|| inline.map(|text| SecretSource::Inline(Secret::new(text.trim()))))
}

/// A path of the file: relative ones start at the file's own folder.
pub(super) fn beside(folder: &Path, path: &str) -> PathBuf {
    folder.join(path.trim())
}
