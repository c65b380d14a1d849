//! Takes secrets out of problems: an excerpt of the configuration must never show a token, wherever the mistake is.

use crate::domain::base::Problem;
use regex::Regex;
use std::sync::LazyLock;

/// Keys whose value may be secret, up to the end of the line: also in lines that are no YAML. Header lines are covered by
/// their usual names; addresses by the credentials and queries in them.
static SECRETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)^(?P<key>.*(?:token|password|secret|authorization|credential|cookie|api[-_]?key|x-[a-z0-9-]+)["']?\s*:)\s*\S.*$"#,
    )
    .ok()
});
static ADDRESSES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?P<scheme>[a-zA-Z]+://)\S+").ok());

/// Removes what may be secret from the excerpts of problems. Messages never quote values of such keys.
pub(super) fn mask(problems: &mut [Problem]) {
    for place in problems.iter_mut().filter_map(|p| p.place.as_mut()) {
        place.excerpt = mask_line(&place.excerpt).into();
    }
}

fn mask_line(line: &str) -> String {
    let (Some(secrets), Some(addresses)) = (SECRETS.as_ref(), ADDRESSES.as_ref()) else { return String::new() };
    if let Some(found) = secrets.captures(line)
        && !found["key"].trim_end_matches(':').ends_with("_file")
    {
        return format!("{} ***", &found["key"]);
    }
    addresses.replace_all(line, "${scheme}***").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_what_may_be_secret_and_keep_the_rest() {
        for (line, masked) in [
            ("  bearer_token: hunter2", "  bearer_token: ***"),
            ("  bearer_token: \"hunter2", "  bearer_token: ***"),
            ("basic_auth: {username: ann, password: hunter2, x: y}", "basic_auth: {username: ann, password: ***"),
            ("  X-Vault-Token: 'a b'", "  X-Vault-Token: ***"),
            ("  Authorization: Bearer abc", "  Authorization: ***"),
            ("  url: https://ann:pw@host/x?token=1", "  url: https://***"),
            ("  url: https://hooks.example/T0/B0/abc", "  url: https://***"),
            ("  password_file: /run/secret", "  password_file: /run/secret"),
            ("  timeout: 10x", "  timeout: 10x"),
        ] {
            assert_eq!(mask_line(line), masked);
        }
    }
}
