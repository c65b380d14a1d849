//! The signatures of Feishu and DingTalk: mirror images of each other, which is why they stand side by side.
//!
//! Feishu puts the text into the key and signs nothing, in seconds; DingTalk signs the text with the secret, in milliseconds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `base64(HMAC-SHA256(key = "<seconds>\n<secret>", message = ""))`.
pub(super) fn feishu(seconds: i64, secret: &str) -> String {
    hmac(format!("{seconds}\n{secret}").as_bytes(), b"")
}

/// `base64(HMAC-SHA256(key = secret, message = "<milliseconds>\n<secret>"))`; still to be encoded for an address, once.
pub(super) fn dingtalk(milliseconds: i64, secret: &str) -> String {
    hmac(secret.as_bytes(), format!("{milliseconds}\n{secret}").as_bytes())
}

fn hmac(key: &[u8], message: &[u8]) -> String {
    // HMAC takes keys of any length; were one refused, the wrong signature would be refused in turn.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(message);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2, in base64.
    #[test]
    fn the_hmac_is_the_standards() {
        assert_eq!(hmac(b"Jefe", b"what do ya want for nothing?"), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
        assert_ne!(feishu(1_599_360_473, "SECx"), dingtalk(1_599_360_473, "SECx"));
    }
}
