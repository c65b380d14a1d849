//! Addresses of servers: what is sent, and what may be shown.

use super::HttpError;
use crate::kit::secrets::Secret;
use reqwest::Url;
use std::fmt;

/// An `http` or `https` address. Credentials written into it are taken out and kept as a secret.
#[derive(Clone)]
pub struct Address {
    url: Url,
    credentials: Option<(String, Secret)>,
}

impl Address {
    /// Reads an address; `localhost:9090` means `http://localhost:9090`.
    ///
    /// # Errors
    /// It is no address, has no host, or asks for something else than HTTP. The error never repeats credentials.
    pub fn parse(text: &str) -> Result<Self, HttpError> {
        let text = text.trim();
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&full).map_err(|e| HttpError::Address(e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HttpError::Address(format!("`{}` is neither http nor https", url.scheme())));
        }
        Ok(Self::of(url))
    }

    /// Takes the credentials out of a parsed address.
    pub(super) fn of(mut url: Url) -> Self {
        let user = decode(url.username());
        let password = url.password().map(decode);
        let credentials = (!user.is_empty() || password.is_some()).then(|| (user, Secret::new(password.unwrap_or_default())));
        // Both fail only for addresses without a host, which `http` always has.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        Self { url, credentials }
    }

    /// The address of `path` below this one: the path is added, the query kept.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        let mut out = self.clone();
        out.url.set_path(&format!("{}/{}", self.url.path().trim_end_matches('/'), path.trim_start_matches('/')));
        out
    }

    /// The same address with one more pair in its query.
    #[must_use]
    pub fn with_query(&self, name: &str, value: &str) -> Self {
        let mut out = self.clone();
        out.url.query_pairs_mut().append_pair(name, value);
        out
    }

    /// For people: without credentials, query and fragment, which may hold tokens.
    pub fn shown(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// The whole address, which may hold credentials or a token in its path.
    pub fn to_secret(&self) -> Secret {
        let mut url = self.url.clone();
        if let Some((user, password)) = &self.credentials {
            // An address that can have a host can have credentials.
            let _ = url.set_username(user);
            let _ = url.set_password(Some(password.expose()));
        }
        Secret::new(url.as_str())
    }

    /// Scheme, host and port alone: for receivers whose path is itself a secret.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// True for `localhost`, 127.0.0.0/8 and `::1`.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    pub(super) fn plain(&self) -> &Url {
        &self.url
    }

    pub(super) fn credentials(&self) -> Option<&(String, Secret)> {
        self.credentials.as_ref()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.shown())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// True where a proxy has no business.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("").trim_start_matches('[').trim_end_matches(']');
    let name = host == "localhost" || host.ends_with(".localhost");
    name || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Undoes percent encoding; what is not UTF-8 afterwards stays as it was.
fn decode(text: &str) -> String {
    let (bytes, mut out, mut i) = (text.as_bytes(), Vec::new(), 0);
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) if bytes[i] == b'%' => {
                out.push(byte);
                i += 3;
            }
            _ => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_queries_are_never_shown() {
        let address = Address::parse("https://ann:p%40ss@prom.example/base/?token=abc#x").unwrap();
        assert_eq!(address.shown(), "https://prom.example/base");
        assert_eq!(format!("{address:?} {address}"), "Address(https://prom.example/base) https://prom.example/base");
        assert_eq!(address.origin(), "https://prom.example");
        let (user, password) = address.credentials().unwrap();
        assert_eq!((user.as_str(), password.expose()), ("ann", "p@ss"));
        let joined = address.join("/api/v1/query");
        assert_eq!(joined.plain().as_str(), "https://prom.example/base/api/v1/query?token=abc");
    }

    #[test]
    fn what_people_type_is_read() {
        assert_eq!(Address::parse(" localhost:9090 ").unwrap().shown(), "http://localhost:9090");
        assert!(Address::parse("localhost:9090").unwrap().is_loopback());
        assert!(Address::parse("http://[::1]:9090").unwrap().is_loopback());
        assert!(Address::parse("http://127.9.9.9").unwrap().is_loopback());
        assert!(!Address::parse("http://localhost.example").unwrap().is_loopback());
        for bad in ["", "ftp://u:secret@x", "http://", "http://a:b:c:secret"] {
            let error = Address::parse(bad).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
