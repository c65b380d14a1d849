//! The one way out over HTTP: time-outs, certificates, proxies, credentials, redirects and size limits set in one place.
//!
//! Connections are kept and reused. Compression is never asked for: it makes Prometheus 7 to 11 times slower on a local link.
//! Certificates are read when the first `https` address is asked: it takes longer than a request over a local link.
//! Deliberately absent: retries and their waits (callers know what may be repeated), and any knowledge of what is fetched.

mod address;
mod answer;
mod error;

pub use address::Address;
pub use answer::HttpAnswer;
pub use error::{HttpError, clean};

use super::secrets::{Secret, SecretSource};
use crate::domain::base::Span;
use reqwest::header::{HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, ClientBuilder, Method, Url};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Redirects followed before an answer is called a loop.
const MAX_REDIRECTS: usize = 5;

/// A name and a secret, sent as `Authorization: Basic`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicAuth {
    /// The name.
    pub user: String,
    /// The password.
    pub password: SecretSource,
}

/// What every request of a client has in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// Limit for making a connection.
    pub connect: Span,
    /// Limit for the whole exchange, the body included.
    pub total: Span,
    /// Token sent as `Authorization: Bearer`.
    pub bearer: Option<SecretSource>,
    /// Name and password.
    pub basic: Option<BasicAuth>,
    /// Further headers, such as a tenant's id; their values are treated as secrets.
    pub headers: Vec<(String, SecretSource)>,
}

impl Default for HttpSettings {
    /// 5 s to connect, 10 s in all, no credentials.
    fn default() -> Self {
        Self { connect: Span::from_secs(5), total: Span::from_secs(10), bearer: None, basic: None, headers: Vec::new() }
    }
}

/// How a resource is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

/// What is sent along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpBody {
    /// Nothing.
    Empty,
    /// A web form.
    Form(Vec<(String, String)>),
    /// Bytes of a named type.
    Bytes {
        /// The `Content-Type`.
        content_type: &'static str,
        /// The bytes.
        data: Vec<u8>,
    },
}

/// One request.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// How.
    pub method: HttpMethod,
    /// Where.
    pub address: Address,
    /// Headers of this request alone.
    pub headers: Vec<(String, String)>,
    /// What is sent along.
    pub body: HttpBody,
    /// Another limit for the whole exchange than the client's.
    pub total: Option<Span>,
}

impl HttpRequest {
    /// A GET.
    pub fn get(address: Address) -> Self {
        Self { method: HttpMethod::Get, address, headers: Vec::new(), body: HttpBody::Empty, total: None }
    }

    /// A POST.
    pub fn post(address: Address, body: HttpBody) -> Self {
        Self { method: HttpMethod::Post, body, ..Self::get(address) }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// A client: keeps connections, adds credentials, enforces limits.
#[derive(Clone, Debug)]
pub struct Http {
    /// For `http`: it knows no certificates.
    plain: Client,
    /// Those that know certificates.
    trusting: Arc<Trusting>,
    /// The environment names a proxy; it is never used for loopback.
    has_proxy: bool,
    settings: HttpSettings,
}

/// Clients that are made when they are needed.
#[derive(Debug, Default)]
struct Trusting {
    direct: OnceLock<Result<Client, HttpError>>,
    proxied: OnceLock<Result<Client, HttpError>>,
}

impl Http {
    /// A client with these settings. Whether certificates can be read shows at the first request that needs them.
    ///
    /// # Errors
    /// A client cannot be set up on this machine at all.
    pub fn new(settings: HttpSettings) -> Result<Self, HttpError> {
        install_provider();
        let plain = basic(&settings).no_proxy().tls_certs_only([]).build();
        let plain = plain.map_err(|e| HttpError::Setup(error::innermost(&e)))?;
        Ok(Self { plain, trusting: Arc::default(), has_proxy: environment_has_proxy(), settings })
    }

    /// The client for an address. A proxy may itself be asked over TLS.
    fn client(&self, url: &Url) -> Result<&Client, HttpError> {
        let made = match (self.has_proxy && !address::is_loopback(url), url.scheme()) {
            (true, _) => self.trusting.proxied.get_or_init(|| build(&self.settings, |b| b)),
            (false, "http") => return Ok(&self.plain),
            (false, _) => self.trusting.direct.get_or_init(|| build(&self.settings, ClientBuilder::no_proxy)),
        };
        made.as_ref().map_err(Clone::clone)
    }

    /// Sends a request and returns when the answer's head has come, whatever its status.
    ///
    /// # Errors
    /// No connection, no answer in time, a redirect that would carry credentials elsewhere or turn a POST into a GET, a secret's
    /// file that cannot be read, or a header that HTTP does not allow.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpError> {
        let secrets = self.secrets(&request.address)?;
        let total = request.total.unwrap_or(self.settings.total);
        let mut url = request.address.plain().clone();
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.once(&request, &url, &secrets, total).await?;
            let Some(next) = redirect_target(&answer, &url) else {
                let secrets = secrets.all();
                return Ok(HttpAnswer::new(answer, secrets, total));
            };
            may_follow(&request, answer.status().as_u16(), &url, &next, secrets.any())?;
            url = next;
        }
        Err(HttpError::Redirected { to: "itself, in a loop".into() })
    }

    async fn once(
        &self,
        request: &HttpRequest,
        url: &Url,
        secrets: &Resolved,
        total: Span,
    ) -> Result<reqwest::Response, HttpError> {
        let asked = self.client(url)?.request(method(request.method), url.clone());
        let mut out = asked.timeout(Duration::from_millis(total.millis()));
        if let Some((user, password)) = &secrets.basic {
            out = out.basic_auth(user, Some(password.expose()));
        } else if let Some(token) = &secrets.bearer {
            out = out.bearer_auth(token.expose());
        }
        for (name, value) in &secrets.headers {
            out = out.header(header_name(name)?, header_value(name, value.expose())?);
        }
        for (name, value) in &request.headers {
            out = out.header(header_name(name)?, header_value(name, value)?);
        }
        out = match &request.body {
            HttpBody::Empty => out,
            HttpBody::Form(pairs) => out.form(pairs),
            HttpBody::Bytes { content_type, data } => out.header("Content-Type", *content_type).body(data.clone()),
        };
        out.send().await.map_err(|e| HttpError::of(e, self.settings.connect, total))
    }

    fn secrets(&self, address: &Address) -> Result<Resolved, HttpError> {
        let s = &self.settings;
        let mut headers = Vec::with_capacity(s.headers.len());
        for (name, source) in &s.headers {
            headers.push((name.clone(), source.get()?));
        }
        let bearer = s.bearer.as_ref().map(SecretSource::get).transpose()?;
        let configured = match &s.basic {
            Some(basic) => Some((basic.user.clone(), basic.password.get()?)),
            None => None,
        };
        // Credentials in the address are the nearer ones.
        let basic = address.credentials().cloned().or(configured);
        Ok(Resolved { bearer, basic, headers })
    }
}

/// Secrets as they are for one request.
struct Resolved {
    bearer: Option<Secret>,
    basic: Option<(String, Secret)>,
    headers: Vec<(String, Secret)>,
}

impl Resolved {
    fn any(&self) -> bool {
        self.bearer.is_some() || self.basic.is_some() || !self.headers.is_empty()
    }

    fn all(self) -> Vec<Secret> {
        let basic = self.basic.map(|(_, password)| password);
        self.bearer.into_iter().chain(basic).chain(self.headers.into_iter().map(|(_, v)| v)).collect()
    }
}

/// rustls wants its provider chosen once a process; a second choice is refused and changes nothing.
fn install_provider() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

fn environment_has_proxy() -> bool {
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].iter().any(|name| {
        let set = |n: &str| std::env::var_os(n).is_some_and(|v| !v.is_empty());
        set(name) || set(&name.to_ascii_lowercase())
    })
}

/// What all clients have in common.
fn basic(settings: &HttpSettings) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("burnledger/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_millis(settings.connect.millis()))
        .pool_idle_timeout(Duration::from_secs(90))
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
}

/// Builds a client with the machine's certificates; where it has no store of them, with the roots that come along.
fn build(settings: &HttpSettings, change: impl Fn(ClientBuilder) -> ClientBuilder) -> Result<Client, HttpError> {
    if let Ok(client) = change(basic(settings)).build() {
        return Ok(client);
    }
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
    let roots: Vec<_> = roots.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok()).collect();
    let certain = change(basic(settings)).tls_certs_only(roots).build();
    certain.map_err(|e| HttpError::Setup(error::innermost(&e)))
}

fn redirect_target(answer: &reqwest::Response, from: &Url) -> Option<Url> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    from.join(answer.headers().get(LOCATION)?.to_str().ok()?).ok()
}

/// Credentials stay on their host, and a POST is never turned into a GET that loses its body.
fn may_follow(request: &HttpRequest, status: u16, from: &Url, to: &Url, secret: bool) -> Result<(), HttpError> {
    let rewritten = request.method != HttpMethod::Get && !matches!(status, 307 | 308);
    let elsewhere = from.host_str() != to.host_str() || (from.scheme() == "https" && to.scheme() != "https");
    if rewritten || (elsewhere && secret) || !matches!(to.scheme(), "http" | "https") {
        return Err(HttpError::Redirected { to: Address::of(to.clone()).shown() });
    }
    Ok(())
}

fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
    }
}

fn header_name(name: &str) -> Result<HeaderName, HttpError> {
    name.parse().map_err(|_| HttpError::Setup(format!("`{}` is no name of a header", clean(name, 60))))
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, HttpError> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| HttpError::Setup(format!("the header `{name}` has a value that HTTP does not allow")))?;
    value.set_sensitive(true);
    Ok(value)
}
