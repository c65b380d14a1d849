//! JSON of silences, as `silence list` and `/api/v1/silences` give it. Unknown is null; times are RFC 3339 UTC.

use crate::domain::base::Ms;
use crate::domain::incident::SilenceRecord;
use crate::domain::paging::PlannedSilence;
use serde_json::{Value, json};

/// `active`, `pending`, `ended` before its time, or `over`.
pub fn state(record: &SilenceRecord, now: Ms) -> &'static str {
    match (&record.ended, record.is_active(now)) {
        (Some(_), _) => "ended",
        (None, true) => "active",
        (None, false) if now < record.silence.from => "pending",
        (None, false) => "over",
    }
}

/// A silence that somebody made.
pub fn silence_json(record: &SilenceRecord, now: Ms) -> Value {
    let (s, scope) = (&record.silence, &record.silence.scope);
    let severities: Vec<&str> = scope.severities.iter().map(|s| s.name()).collect();
    json!({
        "id": record.id.0, "state": state(record, now), "service": scope.service.as_deref(), "slo": scope.slo.as_deref(),
        "owner": scope.owner.as_deref(), "severities": severities, "from": s.from.rfc3339(), "until": s.until.rfc3339(),
        "author": &*record.author, "reason": &*s.reason, "ended": record.ended.as_ref().map(|(at, _)| at.rfc3339()),
    })
}

/// A silence of the configuration.
pub fn planned_json(s: &PlannedSilence, now: Ms) -> Value {
    json!({
        "scope": s.scope.to_string(), "author": &*s.author, "reason": &*s.reason,
        "active_until": s.time.active_until(now).map(Ms::rfc3339),
    })
}
