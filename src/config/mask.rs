//! Takes secrets out of problems: an excerpt of the configuration must never show a token, wherever the mistake is.
//!
//! The file may be broken or a key mistyped, so what is secret cannot be told by names. What is harmless can: the values of
//! known harmless keys are shown, everything from the first other value on is not.

use crate::domain::base::Problem;
use regex::Regex;
use std::sync::LazyLock;

/// Keys whose values hold no secret.
const HARMLESS: [&str; 62] = [
    "slos",
    "ledger",
    "listen",
    "environment",
    "language",
    "fallback",
    "min_bad",
    "max_groups",
    "count_up_to",
    "step",
    "settle",
    "clear",
    "resolve_after",
    "reopen",
    "no_data_page",
    "escalate_after",
    "repeat",
    "url",
    "urls",
    "file",
    "bearer_token_file",
    "password_file",
    "url_file",
    "username",
    "timeout",
    "concurrency",
    "severity_label",
    "labels",
    "resend",
    "owner",
    "severity",
    "receivers",
    "levels",
    "routing_key_file",
    "api_key_file",
    "secret_file",
    "topic_file",
    "template_file",
    "content_type",
    "rate",
    "mention_all",
    "server",
    "tls",
    "slo",
    "from",
    "until",
    "every",
    "days",
    "hours",
    "zone",
    "service",
    "cool_down",
    "dry_run",
    "after",
    "api_tokens_file",
    "heartbeat",
    "routes",
    "sources",
    "silences",
    "theme",
    "glyphs",
    "keys",
];

/// A key with what opens its value.
static KEYS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?P<key>[^\s:,{}\[\]"']+)["']?\s*:(?:\s+|$)(?P<opens>\{|$)?"#).ok());
/// Addresses may hold credentials before `@` and tokens in their path.
static ADDRESSES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?P<scheme>[a-zA-Z]+://)[^\s'\x22,\]}]+|[^\s'\x22,\[{]*@").ok());

/// Removes what may be secret from the excerpts of problems.
pub(super) fn mask(problems: &mut [Problem]) {
    for place in problems.iter_mut().filter_map(|p| p.place.as_mut()) {
        place.excerpt = mask_line(&place.excerpt).into();
    }
}

fn mask_line(line: &str) -> String {
    let (Some(keys), Some(addresses)) = (KEYS.as_ref(), ADDRESSES.as_ref()) else { return String::new() };
    let mut seen = false;
    for found in keys.captures_iter(line) {
        seen = true;
        let whole = found.get(0).map_or(0..0, |m| m.range());
        let opens = found.name("opens").is_some();
        let value = line[whole.end..].trim_start_matches([' ', '\'', '"']);
        // An address without a scheme is known as one by nothing but its key.
        let hidden = &found["key"] == "url" && !value.split(['/', ' ']).next().is_some_and(|head| head.ends_with(':'));
        if !opens && (hidden || !HARMLESS.contains(&&found["key"])) {
            return format!("{} ***", addresses.replace_all(line[..whole.end].trim_end(), "${scheme}***"));
        }
    }
    if !seen && !line.trim().is_empty() {
        return "***".to_owned();
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
            ("  bearer_tokn: \"hunter2", "  bearer_tokn: ***"),
            ("basic_auth: {username: ann, password: hunter2, x: y}", "basic_auth: {username: ann, password: ***"),
            ("  X-Vault-Token: 'a b'", "  X-Vault-Token: ***"),
            ("  url: https://ann:pw@host/x?token=1", "  url: https://***"),
            ("  urls: [ann:pw@host:9093, 'https://x/y']", "  urls: [***host:9093, 'https://***']"),
            ("  hook: {webhook: {url: 'https://x/T0', bearer: abc}}", "  hook: {webhook: {url: 'https://***', bearer: ***"),
            ("  password: [hunter2]", "  password: ***"),
            ("  b: {slack: {url: 'hooks.slack.com:x/hunter2'}}", "  b: {slack: {url: ***"),
            ("    hunter2", "***"),
            ("    - hunter2", "***"),
            ("  password_file: /run/secret", "  password_file: /run/secret"),
            ("  timeout: 10x", "  timeout: 10x"),
            ("prometheus:", "prometheus:"),
            ("", ""),
        ] {
            assert_eq!(mask_line(line), masked);
        }
    }
}
