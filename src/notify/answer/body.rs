//! The conventions by which receivers say "no" or "later" in the body of an HTTP 200.

use crate::domain::base::Span;
use serde_json::Value;

/// What a body says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Accepted, or nothing to the contrary.
    Yes,
    /// Not now; how long to wait, when the convention has a figure.
    Later(Option<Span>),
    /// Refused.
    No,
    /// A page for people: a login form or an error page of something in between.
    WebPage,
}

/// DingTalk and WeCom: too fast; both ask for a minute's rest at least.
const ERRCODE_TOO_FAST: [i64; 3] = [130_101, 410_100, 45_009];
/// DingTalk: busy.
const ERRCODE_BUSY: i64 = -1;
/// Feishu and Lark: too fast.
const CODE_TOO_FAST: i64 = 11_232;

/// Judges the body of a 2xx answer.
pub(super) fn judge(body: &str) -> Said {
    let text = body.trim_start_matches('\u{feff}').trim();
    let head: String = text.chars().take(15).collect::<String>().to_ascii_lowercase();
    if head.starts_with("<!doctype html") || head.starts_with("<html") {
        return Said::WebPage;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) if value.is_object() => of_object(&value),
        _ => Said::Yes,
    }
}

/// The first convention that the object follows decides.
fn of_object(value: &Value) -> Said {
    let number = |key: &str| value.get(key).and_then(as_number);
    if let Some(code) = number("errcode") {
        return match code {
            0 => Said::Yes,
            ERRCODE_BUSY => Said::Later(None),
            code if ERRCODE_TOO_FAST.contains(&code) => Said::Later(Some(Span::from_mins(1))),
            _ => Said::No,
        };
    }
    if let Some(code) = number("code").or_else(|| number("StatusCode")) {
        return match code {
            // Some say 0 and some repeat HTTP's 200.
            0 | 200..=299 => Said::Yes,
            CODE_TOO_FAST | 429 | 500..=599 => Said::Later(None),
            _ => Said::No,
        };
    }
    for key in ["ok", "success", "Success"] {
        if let Some(ok) = value.get(key).and_then(Value::as_bool) {
            return if ok { Said::Yes } else { no_or_later(value) };
        }
    }
    let status = value.get("status").and_then(Value::as_str).unwrap_or("").to_ascii_lowercase();
    let error = ["error", "errors"].iter().any(|key| value.get(key).is_some_and(says_something));
    if error || matches!(status.as_str(), "error" | "fail" | "failed" | "failure") { no_or_later(value) } else { Said::Yes }
}

/// Words that ask for patience; everything else is a refusal.
fn no_or_later(value: &Value) -> Said {
    let words = value.to_string().to_ascii_lowercase();
    let asks = ["ratelimit", "rate_limit", "rate limit", "too many", "try again", "temporar", "busy", "timeout"];
    if asks.iter().any(|w| words.contains(w)) { Said::Later(None) } else { Said::No }
}

/// A number, or a text that is one.
fn as_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str().and_then(|s| s.trim().parse().ok()))
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(s) => !s.is_empty(),
        Value::Array(a) => !a.is_empty(),
        Value::Object(o) => !o.is_empty(),
        Value::Bool(true) => true,
        Value::Number(n) => n.as_i64() != Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_200_that_says_no_is_no() {
        for (body, expect) in [
            ("", Said::Yes),
            ("ok", Said::Yes),
            ("[]", Said::Yes),
            (r#"{"ok":true}"#, Said::Yes),
            (r#"{"ok":false,"error":"channel_not_found"}"#, Said::No),
            (r#"{"ok":false,"error":"ratelimited"}"#, Said::Later(None)),
            (r#"{"errcode":0,"errmsg":"ok"}"#, Said::Yes),
            (r#"{"errcode":130101,"errmsg":"send too fast"}"#, Said::Later(Some(Span::from_mins(1)))),
            (r#"{"errcode":"410100"}"#, Said::Later(Some(Span::from_mins(1)))),
            (r#"{"errcode":310000,"errmsg":"keywords not in content"}"#, Said::No),
            (r#"{"errcode":-1}"#, Said::Later(None)),
            (r#"{"code":0,"msg":"success"}"#, Said::Yes),
            (r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"#, Said::No),
            (r#"{"code":11232}"#, Said::Later(None)),
            (r#"{"StatusCode":0,"StatusMessage":"success"}"#, Said::Yes),
            (r#"{"code":200,"data":null}"#, Said::Yes),
            (r#"{"status":"success","dedup_key":"x"}"#, Said::Yes),
            (r#"{"status":"error"}"#, Said::No),
            (r#"{"error":null,"id":7}"#, Said::Yes),
            (r#"{"error":"invalid token"}"#, Said::No),
            (r#"{"errors":[]}"#, Said::Yes),
            (r#"{"success":false,"message":"Too many requests"}"#, Said::Later(None)),
            ("<!DOCTYPE html><title>Sign in</title>", Said::WebPage),
            ("\u{feff}\n <HTML>", Said::WebPage),
        ] {
            assert_eq!(judge(body), expect, "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(body in "(?s).{0,200}") {
            judge(&body);
        }
    }
}
