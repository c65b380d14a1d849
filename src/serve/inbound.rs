//! Alertmanager's webhook, version 4, as alerts of other tools. Unknown fields are taken as they come.
//!
//! Deliberately absent: burnledger's own alerts, which come back here when somebody routes everything to us.

use crate::domain::base::{Ms, Severity, Text, clean_line};
use crate::domain::incident::HeardAlert;
use crate::domain::view::InboundAlert;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Alerts that are read of one message.
const MOST_ALERTS: usize = 1_000;
/// Longest words that are kept, in characters.
const MOST_WORDS: usize = 400;
/// Labels that name a service, the first one that is there wins.
const SERVICE: [&str; 4] = ["service", "job", "app", "namespace"];

#[derive(Deserialize)]
struct Message {
    version: String,
    #[serde(default, rename = "groupKey")]
    group_key: String,
    #[serde(default)]
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    starts_at: String,
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
    #[serde(default)]
    fingerprint: String,
}

/// Reads a message.
///
/// # Errors
/// It is none of version 4; why, in words.
pub(super) fn read(body: &[u8]) -> Result<Vec<InboundAlert>, String> {
    let message: Message =
        serde_json::from_slice(body).map_err(|error| format!("this is no message of Alertmanager's webhook: {error}"))?;
    if message.version != "4" {
        let version = clean_line(&message.version, 20);
        return Err(format!("version `{version}` of Alertmanager's webhook is not known here, only `4`"));
    }
    let ours = |alert: &Alert| alert.labels.contains_key("burnledger_ledger");
    let group = &message.group_key;
    Ok(message.alerts.iter().filter(|a| !ours(a)).take(MOST_ALERTS).map(|alert| inbound(alert, group)).collect())
}

fn inbound(alert: &Alert, group: &str) -> InboundAlert {
    let label = |name: &str| alert.labels.get(name).filter(|v| !v.is_empty());
    let name: Text = label("alertname").map_or_else(|| "alert".into(), |n| clean_line(n, 200));
    let service = SERVICE.iter().find_map(|n| label(n)).map_or_else(|| name.clone(), |s| clean_line(s, 200));
    let word = label("severity").map(|s| clean_line(s, 40)).unwrap_or_default();
    let told = |name: &str| alert.annotations.get(name).map(|t| clean_line(t, MOST_WORDS)).filter(|t| !t.is_empty());
    let is_web = |url: &Text| url.starts_with("https://") || url.starts_with("http://");
    let fingerprint = if alert.fingerprint.is_empty() { labels_as_text(&alert.labels) } else { alert.fingerprint.clone() };
    let firing = alert.status == "firing";
    let state = if firing { "firing" } else { "resolved" };
    InboundAlert {
        service,
        severity: severity(&word),
        starts_at: Ms::parse_rfc3339(&alert.starts_at).filter(|at| at.0 > 0),
        id: format!("{}/{}/{state}/{}", clean_line(group, 200), clean_line(&fingerprint, 200), alert.starts_at).into(),
        alert: HeardAlert {
            name,
            fingerprint: clean_line(&fingerprint, 200),
            firing,
            severity: word,
            text: told("summary").or_else(|| told("description")).unwrap_or_default(),
            url: Some(clean_line(&alert.generator_url, MOST_WORDS)).filter(is_web),
        },
    }
}

fn labels_as_text(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
}

/// Other tools' words for how bad it is.
fn severity(word: &str) -> Severity {
    match word.to_ascii_lowercase().as_str() {
        "p0" | "critical" | "emergency" | "page" | "fatal" | "sev1" => Severity::P0,
        "p1" | "error" | "major" | "high" | "sev2" => Severity::P1,
        _ => Severity::P2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = r#"{"version":"4","groupKey":"{}:{}","truncatedAlerts":0,"status":"firing","receiver":"us","new":1,
        "alerts":[{"status":"firing","labels":{"alertname":"DiskFull","service":"pay","severity":"critical"},
        "annotations":{"summary":"93 % full"},"startsAt":"2026-03-02T02:00:00Z","endsAt":"0001-01-01T00:00:00Z",
        "generatorURL":"http://prom/graph","fingerprint":"aabbccddeeff0011"},
        {"status":"firing","labels":{"alertname":"SLOBurn","burnledger_ledger":"x"}}]}"#;

    #[test]
    fn a_message_is_read_and_our_own_alerts_are_passed_over() {
        let alerts = read(MESSAGE.as_bytes()).unwrap();
        let [one] = alerts.as_slice() else { panic!("{alerts:?}") };
        assert_eq!((&*one.service, one.severity, one.alert.firing), ("pay", Severity::P0, true));
        assert_eq!((&*one.alert.text, &*one.alert.fingerprint), ("93 % full", "aabbccddeeff0011"));
        assert_eq!(&*one.id, "{}:{}/aabbccddeeff0011/firing/2026-03-02T02:00:00Z");
        assert!(read(br#"{"version":"3"}"#).unwrap_err().contains("only `4`"));
        assert!(read(b"<html>").is_err());
    }
}
