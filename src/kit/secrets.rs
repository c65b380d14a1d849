//! Secrets: kept out of logs, errors and Debug output, read from the config or from a file beside it.
//!
//! Deliberately absent: encryption. Whoever can read the process' memory can read them.

use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Longest secret that is read from a file; a longer file is surely not one.
const MAX_BYTES: u64 = 64 * 1024;

/// A secret text. Its Debug form never shows it.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Keeps `text` as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Reads a secret from a file; white space at its end is not part of it.
    ///
    /// # Errors
    /// The file cannot be read, is empty, is larger than 64 KiB, or is not UTF-8.
    pub fn read(path: &Path) -> Result<Self, SecretError> {
        let fail = |why: String| SecretError { path: path.display().to_string(), why };
        let file = std::fs::File::open(path).map_err(|e| fail(e.to_string()))?;
        let mut text = String::new();
        file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|e| fail(e.to_string()))?;
        if text.len() as u64 > MAX_BYTES {
            return Err(fail("it is larger than 64 KiB, which is no secret".into()));
        }
        match text.trim_end() {
            "" => Err(fail("it is empty".into())),
            secret => Ok(Self::new(secret)),
        }
    }

    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// A file that should hold a secret does not. Names the file, never its content.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the secret in {path} cannot be read: {why}")]
pub struct SecretError {
    /// The file.
    pub path: String,
    /// In words.
    pub why: String,
}

/// Where a secret comes from: `key` in the config, or its twin `key_file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// Written in the config or the environment.
    Inline(Secret),
    /// A file, read anew at each use, so that rotated tokens are taken up.
    File(PathBuf),
}

impl SecretSource {
    /// The secret as it is now.
    ///
    /// # Errors
    /// See [`Secret::read`].
    pub fn get(&self) -> Result<Secret, SecretError> {
        match self {
            Self::Inline(secret) => Ok(secret.clone()),
            Self::File(path) => Secret::read(path),
        }
    }
}

/// Replaces every secret that `text` quotes: some servers repeat what they were sent. Secrets under four characters are left,
/// as they would mangle any text.
pub fn scrub(text: &str, secrets: &[Secret]) -> String {
    let mut out = text.to_owned();
    for secret in secrets.iter().map(Secret::expose).filter(|s| s.len() >= 4) {
        if out.contains(secret) {
            out = out.replace(secret, "***");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_a_secret() {
        let source = SecretSource::Inline(Secret::new("hunter2hunter2"));
        assert_eq!(format!("{source:?} {:?}", source.get()), "Inline(Secret(***)) Ok(Secret(***))");
    }

    #[test]
    fn files_are_read_anew_and_trimmed_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let source = SecretSource::File(path.clone());
        assert!(source.get().unwrap_err().to_string().contains("token"));
        std::fs::write(&path, " one \r\n").unwrap();
        assert_eq!(source.get().unwrap().expose(), " one");
        std::fs::write(&path, "two").unwrap();
        assert_eq!(source.get().unwrap().expose(), "two");
        std::fs::write(&path, "\n").unwrap();
        assert_eq!(source.get().unwrap_err().why, "it is empty");
        std::fs::write(&path, vec![b'a'; 70_000]).unwrap();
        assert!(source.get().unwrap_err().why.contains("64 KiB"));
    }

    #[test]
    fn quoted_secrets_are_replaced() {
        let secrets = [Secret::new("tok-en"), Secret::new("ab")];
        assert_eq!(scrub("bad token 'tok-en', ab", &secrets), "bad token '***', ab");
    }
}
