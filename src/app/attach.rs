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
    let other = |what: String, hint: &str| SetupError::Other { what, hint: Some(hint.into()) };
    let address = Address::parse(url).map_err(|error| {
        other(format!("--attach: {error}"), "write the address that `watch` names when it starts: http://127.0.0.1:9797")
    })?;
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
