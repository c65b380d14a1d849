//! What receivers with a secret in their address have in common: only the host is ever told.

use crate::domain::base::Text;
use crate::domain::paging::SendOutcome;
use crate::kit::secrets::Secret;

/// Names the host in an outcome.
pub(super) fn at(origin: &str, outcome: SendOutcome) -> SendOutcome {
    let told = |text: Text| Text::from(format!("{origin}: {text}"));
    match outcome {
        SendOutcome::Delivered { detail } => SendOutcome::Delivered { detail: told(detail) },
        SendOutcome::Retry { after, why } => SendOutcome::Retry { after, why: told(why) },
        SendOutcome::Permanent { why } => SendOutcome::Permanent { why: told(why) },
    }
}

/// Header values are ASCII; a service's name in an emergency key may be anything.
pub(super) fn header_text(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).collect()
}

/// Parts of the address that an answer may repeat and that may not be told: what looks like a token, and the whole path.
pub(super) fn secrets_of(url: &Secret) -> Vec<Secret> {
    let rest = url.expose().split_once("://").map_or(url.expose(), |(_, rest)| rest);
    let Some((_, path)) = rest.split_once('/') else { return Vec::new() };
    let token = |part: &&str| part.len() >= 12 || (part.len() >= 6 && part.bytes().any(|b| b.is_ascii_digit()));
    let parts = path.split(['/', '?', '&', '=', '#']).filter(token);
    std::iter::once(path).filter(|p| p.len() >= 12).chain(parts).map(Secret::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_in_an_address_are_known_as_secrets() {
        let list = |url: &str| secrets_of(&Secret::new(url)).iter().map(|s| s.expose().to_owned()).collect::<Vec<_>>();
        assert_eq!(
            list("https://hooks.example/services/T00/B1234567/xyzxyzxyzxyz?token=abc123"),
            ["services/T00/B1234567/xyzxyzxyzxyz?token=abc123", "B1234567", "xyzxyzxyzxyz", "abc123"]
        );
        assert_eq!(list("http://localhost:8080/hook"), Vec::<String>::new());
        assert_eq!(header_text("burnledger/unrecorded/订单 x/1"), "burnledger/unrecorded/___x/1");
    }
}
