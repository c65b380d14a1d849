//! Who may change something: a file with a name and a token on each line.
//!
//! It is read at each request, so that a token that was taken away opens nothing any more. Tokens are compared by their hash, in
//! a time that tells nothing of how much of one was right. Deliberately absent: rights that differ between names.

use crate::domain::base::{Text, clean_line};
use crate::kit::secrets::Secret;
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// The shortest token that counts: shorter ones can be guessed.
const SHORTEST: usize = 16;

/// The file of names and tokens.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// Absent: nobody may change anything.
    pub file: Option<PathBuf>,
    /// Reading needs a token, too: the address is not this machine's alone.
    pub for_reading: bool,
}

impl Tokens {
    /// The name behind a token; `None` when there is none.
    pub(super) fn who(&self, token: &str) -> Option<Text> {
        let text = Secret::read(self.file.as_deref()?).ok()?;
        let wanted = Sha256::digest(token.as_bytes());
        let mut found = None;
        // All lines are compared, whatever was found: the time tells nothing.
        for line in text.expose().lines().filter(|l| !l.trim_start().starts_with('#')) {
            let Some((name, secret)) = line.trim().split_once(char::is_whitespace) else { continue };
            let secret = secret.trim();
            let differs = Sha256::digest(secret.as_bytes()).iter().zip(&wanted).fold(0_u8, |d, (a, b)| d | (a ^ b));
            if differs == 0 && secret.len() >= SHORTEST {
                found = Some(clean_line(name, 100));
            }
        }
        found
    }
}
