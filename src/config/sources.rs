//! Settings of the source of samples, and what everything reached over HTTP has in common.

use crate::domain::base::Span;
use crate::kit::http::{Address, BasicAuth, HttpSettings};
use crate::kit::secrets::{Secret, SecretSource};
use crate::kit::yaml::{Fields, Findings, Node, Value};
use std::path::{Path, PathBuf};

/// Requests under way at once unless the file says otherwise.
pub(super) const CONCURRENCY: usize = 8;

/// A Prometheus server and how it is asked.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// Its address.
    pub address: Address,
    /// Credentials, headers and time-outs; `total` is `timeout`.
    pub http: HttpSettings,
    /// Requests under way at once.
    pub concurrency: usize,
}

const SOURCE_FIELDS: [&str; 7] = ["url", "bearer_token", "bearer_token_file", "basic_auth", "headers", "timeout", "concurrency"];
const BASIC_FIELDS: [&str; 3] = ["username", "password", "password_file"];
const LONGEST_TIMEOUT: Span = Span::from_mins(5);

/// `prometheus:` as the file has it.
#[derive(Default)]
pub(super) struct WrittenSource {
    pub(super) address: Option<Address>,
    pub(super) http: HttpSettings,
    pub(super) concurrency: Option<usize>,
}

/// Reads `prometheus: {url, ...}`.
pub(super) fn read_source(out: &mut Findings<'_>, node: &Node, folder: &Path) -> WrittenSource {
    let Some(fields) = out.fields(node, "`prometheus`", &SOURCE_FIELDS) else { return WrittenSource::default() };
    let address = fields.get(out, "url").and_then(|n| read_address(out, n, "`url`"));
    let concurrency = fields.get(out, "concurrency").and_then(|n| {
        let text = out.text(n, "`concurrency`")?.clone();
        let number = text.trim().parse().ok().filter(|n| (1..=256).contains(n));
        if number.is_none() {
            out.error("bad-number", &n.span, "`concurrency` must be a whole number from 1 to 256");
        }
        number
    });
    WrittenSource { address, http: read_http(out, &fields, folder), concurrency }
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
    if let Some(node) = fields.get(out, "timeout")
        && let Some(span) = out.span(node, "`timeout`")
    {
        if span > LONGEST_TIMEOUT {
            out.error("bad-duration", &node.span, format!("`timeout` may be at most {LONGEST_TIMEOUT}"));
        }
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
