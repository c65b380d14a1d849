//! A desk over the HTTP side of a watch elsewhere, from what a person wrote.
//!
//! Deliberately absent: following and ordering (the room `attach`).

use super::SetupError;
use crate::attach::{AttachSettings, AttachedDesk};
use crate::kit::http::Address;
use crate::kit::secrets::{Secret, SecretSource};
use std::path::Path;

/// Where the token is.
#[derive(Clone, Debug, Default)]
pub enum TokenPlace<'a> {
    /// Nowhere: nothing can be ordered.
    #[default]
    Nowhere,
    /// In a file that holds nothing else.
    File(&'a Path),
    /// It was handed over, as the environment does.
    Told(&'a str),
}

/// Attaches to `url`; must be called on a runtime.
///
/// # Errors
/// The URL is none, or the token cannot be read.
pub fn attach(url: &str, token: &TokenPlace<'_>) -> Result<AttachedDesk, SetupError> {
    let address = address(url)?;
    let token = match token {
        TokenPlace::Nowhere => None,
        TokenPlace::Told(text) => Some(SecretSource::Inline(Secret::new(text.trim()))),
        TokenPlace::File(path) => Some(SecretSource::File(path.to_path_buf())),
    };
    if let Some(token) = &token {
        let hint = "a token's file holds the token alone, not the name before it";
        let secret = token.get().map_err(|error| other(error.to_string(), hint))?;
        if secret.expose().is_empty() || secret.expose().contains(char::is_whitespace) {
            return Err(other("the token has white space in it, or is empty".into(), hint));
        }
    }
    AttachedDesk::start(AttachSettings { address, token }, super::machine_clock())
        .map_err(|error| other(error.to_string(), "is TLS set up on this machine?"))
}

fn other(what: String, hint: &str) -> SetupError {
    SetupError::Other { what, hint: Some(hint.into()) }
}

/// The address as a person wrote it. A bare name would be asked on port 80, where no watch listens: that is said before any try.
fn address(url: &str) -> Result<Address, SetupError> {
    let address = Address::parse(url).map_err(|error| {
        other(format!("--attach: {error}"), "write the address that `watch` names when it starts: http://127.0.0.1:9797")
    })?;
    let place = url.trim().split('/').next().unwrap_or_default();
    let has_port = place.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()));
    if url.contains("://") || has_port {
        return Ok(address);
    }
    // Without credentials.
    let shown = address.shown();
    let (host, path) = shown.split_once("://").and_then(|(_, rest)| rest.split_once('/')).unwrap_or((&shown, ""));
    let host = host.rsplit('/').next().unwrap_or(host);
    let slash = if path.is_empty() { "" } else { "/" };
    let hint = format!("a watch listens on port 9797 where it is told nothing else: `--attach http://{host}:9797{slash}{path}`");
    Err(other(format!("--attach: `{host}{slash}{path}` has neither http:// nor a port"), &hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_is_questioned_before_any_try() {
        for (text, told) in [
            ("foo", "http://foo:9797`"),
            ("ann:secret@foo", "http://foo:9797`"),
            ("foo/below", "http://foo:9797/below`"),
            ("[::1]", "http://[::1]:9797`"),
        ] {
            let Err(SetupError::Other { what, hint: Some(hint) }) = address(text) else { panic!("{text} was taken") };
            assert!(what.contains("has neither http:// nor a port") && hint.contains(told), "{what} {hint}");
            assert!(!what.contains("secret") && !hint.contains("secret"), "{what} {hint}");
        }
        for text in ["foo:9797", "http://foo", "https://foo/below", "[::1]:9797", " 127.0.0.1:9797 "] {
            assert!(address(text).is_ok(), "{text}");
        }
        assert!(address("ftp://foo").is_err());
    }
}
