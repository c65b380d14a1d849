//! Incidents out of a ledger and into one: `incidents export` and `incidents import`.
//!
//! Nothing is dropped in silence: what is odd is flagged, what stays out is listed. Deliberately absent: what comes along and
//! what does not (`incident::transfer`), and reading other tools' files (`formats/records`).

use crate::domain::base::{CommitId, IncidentId, Ms, Now, Seq, Severity, Text};
use crate::domain::incident::transfer::{Transfer, sort};
use crate::domain::incident::{Actor, Entry, EntryHash, Fact, IncidentRef, Incidents, NewEntry, Onset, Outcome, ReasonText};
use crate::domain::paging::Commit;
use crate::domain::review::stats::Record;
use crate::ledger::{ZERO_HASH, chain};
use crate::ports::{Ledger, LedgerError};
use crate::wire::entry::export::{self, Exported};
use std::collections::BTreeMap;

/// Entries read at once.
const READ: usize = 1_000;

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Names there and numbers here.
    pub incidents: Vec<(Text, IncidentId)>,
    /// What is odd about those that came, in sentences.
    pub flagged: Vec<(Text, Text)>,
    /// Those that did not come, and why.
    pub left_out: Vec<(Text, Text)>,
    /// Those that had come before.
    pub known: Vec<Text>,
}

/// The lines of an export: all entries of the incidents named, of all of them when none is.
///
/// # Errors
/// The ledger cannot be read.
pub async fn lines(ledger: &dyn Ledger, only: &[IncidentId]) -> Result<Vec<String>, LedgerError> {
    let (mut previous, mut last, mut out): (EntryHash, Seq, Vec<String>) = (ZERO_HASH, Seq(0), Vec::new());
    loop {
        let entries = ledger.since(last, READ).await?;
        for entry in &entries {
            // Silences and changes are the ledger's own and stay there.
            let wanted = only.is_empty() || only.contains(&entry.incident);
            if wanted && entry.incident != IncidentId::LEDGER {
                let line = export::line(&ledger.id(), &previous, entry);
                out.push(line.map_err(|e| LedgerError::Refused(e.to_string()))?);
            }
            (previous, last) = (entry.hash, entry.seq);
        }
        if entries.len() < READ {
            return Ok(out);
        }
    }
}

/// Records the incidents of an export. `text` is the whole file; the same file again records nothing new.
///
/// # Errors
/// The ledger cannot be read or written.
pub async fn import_entries(ledger: &dyn Ledger, text: &str, now: Now) -> Result<Imported, LedgerError> {
    let mut out = Imported::default();
    let mut ledgers: BTreeMap<Text, Vec<Entry>> = BTreeMap::new();
    for (line, number) in text.lines().zip(1..).filter(|(line, _): &(&str, i32)| !line.trim().is_empty()) {
        match read(line) {
            Ok(exported) => ledgers.entry(exported.ledger).or_default().push(exported.entry),
            Err(why) => out.left_out.push((format!("line {number}").into(), why)),
        }
    }
    let (have, _) = super::desk::fold_all(ledger).await?;
    for (from, entries) in ledgers {
        if *from == *ledger.id() {
            out.left_out.push((from, "these entries are this very ledger's".into()));
            continue;
        }
        of_ledger(ledger, &from, entries, &have, now, &mut out).await?;
    }
    Ok(out)
}

/// A line whose hash is that of its content.
fn read(line: &str) -> Result<Exported, Text> {
    let exported = export::read(line).map_err(|e| Text::from(e.to_string()))?;
    if chain(&exported.previous, &exported.stored) == exported.entry.hash {
        Ok(exported)
    } else {
        Err("its hash is wrong: it was altered after the export".into())
    }
}

async fn of_ledger(
    ledger: &dyn Ledger,
    from: &Text,
    entries: Vec<Entry>,
    have: &Incidents,
    now: Now,
    out: &mut Imported,
) -> Result<(), LedgerError> {
    let there = |id: IncidentId| Text::from(format!("{id} of {from}"));
    let source = |id: IncidentId| format!("import {from}/{}", id.0);
    let ids: Vec<IncidentId> = entries.iter().map(|e| e.incident).collect();
    let sorted = sort(entries);
    // The whole file names the import, so that one that was broken off goes on as the same one.
    let name = name_of(from, &sorted.entries);
    let known: Vec<IncidentId> = ids.into_iter().filter(|id| came_before(have, &source(*id), &name)).collect();
    let mut told: Vec<IncidentId> = known.clone();
    told.sort();
    told.dedup();
    out.known.extend(told.into_iter().map(there));
    out.left_out.extend(sorted.left_out.into_iter().filter(|(id, _)| !known.contains(id)).map(|(id, why)| (there(id), why)));
    let fresh: Vec<Entry> = sorted.entries.into_iter().filter(|e| !known.contains(&e.incident)).collect();
    let ids: Vec<IncidentId> = fresh.iter().map(|e| e.incident).collect();
    let flagged = sorted.flagged.into_iter().filter(|(id, _)| ids.contains(id));
    let flagged: Vec<(IncidentId, Text)> = flagged.collect();
    let mut transfer = Transfer::new(fresh, name.clone(), Text::from(""));
    while let Some(mut portion) = transfer.portion() {
        for (entry, there) in portion.entries.iter_mut().zip(transfer.under_way()) {
            entry.source = source(there).into();
        }
        let commit = Commit { id: portion.id, entries: portion.entries, dispatches: Vec::new(), decided_at: None };
        let recorded = ledger.commit(commit, None, now).await?;
        transfer.recorded(&recorded);
    }
    let notes = flagged.iter().filter_map(|(id, why)| {
        let here = transfer.incidents().get(id)?;
        Some(note(*here, format!("import: {why}").into(), &source(*id).into(), now.wall))
    });
    let notes: Vec<NewEntry> = notes.collect();
    if !notes.is_empty() {
        let id = CommitId(format!("{name}/flags").into());
        ledger.commit(Commit { id, entries: notes, dispatches: Vec::new(), decided_at: None }, None, now).await?;
    }
    out.flagged.extend(flagged.into_iter().map(|(id, why)| (there(id), why)));
    for (id, here) in transfer.incidents() {
        if have.get(*here).is_some_and(|i| !i.phase.is_live()) {
            out.known.push(there(*id));
        } else {
            out.incidents.push((there(*id), *here));
        }
    }
    Ok(())
}

/// An import of the same entries has the same name, so that one that was broken off goes on.
fn name_of(from: &str, entries: &[Entry]) -> Text {
    let hash = entries.iter().fold(ZERO_HASH, |hash, entry| chain(&hash, &export::hex(&entry.hash)));
    format!("import/{from}/{}", export::hex(&hash[..8])).into()
}

/// The incident came with another import than the one of that name.
fn came_before(have: &Incidents, source: &str, import: &str) -> bool {
    let other = |e: &Entry| *e.source == *source && !e.commit.0.starts_with(import);
    have.iter().any(|i| i.entries.first().is_some_and(other))
}

fn note(incident: IncidentId, text: Text, source: &Text, at: Ms) -> NewEntry {
    let incident = IncidentRef::Known(incident);
    NewEntry { incident, fact: Fact::Note(text.into()), at, actor: Actor::Auto, source: source.clone(), corrects: None }
}

/// Records incidents of other tools, by the person `by`. `file` names the file they are from.
///
/// # Errors
/// The ledger cannot be read or written.
pub async fn import_records(
    ledger: &dyn Ledger,
    rows: &[(usize, Record)],
    file: &str,
    by: &Text,
    now: Now,
) -> Result<Imported, LedgerError> {
    let (have, _) = super::desk::fold_all(ledger).await?;
    let mut out = Imported::default();
    for (line, record) in rows {
        let named: Text = format!("line {line} ({})", record.id).into();
        let source: Text = format!("import {file}/{}", record.id).into();
        if came_before(&have, &source, "no import has this name") {
            out.known.push(named);
            continue;
        }
        match as_entries(record, &source, by) {
            Err(why) => out.left_out.push((named, why)),
            Ok((entries, flags)) => {
                let id = CommitId(format!("{source}/{line}").into());
                let commit = Commit { id, entries, dispatches: Vec::new(), decided_at: None };
                let recorded = ledger.commit(commit, None, now).await?;
                out.flagged.extend(flags.into_iter().map(|why| (named.clone(), why)));
                out.incidents.extend(recorded.first().map(|e| (named, e.incident)));
            }
        }
    }
    Ok(out)
}

/// The entries of a record, and what is odd about it; or why it cannot be an incident here.
fn as_entries(record: &Record, source: &Text, by: &Text) -> Result<(Vec<NewEntry>, Vec<Text>), Text> {
    let times = record.times;
    let start = times.impact_start.ok_or("nobody knows when impact began; `--columns impact_start=...` may name it")?;
    let resolved = times.resolved.ok_or("it has not ended; declare it instead")?;
    if resolved < start {
        return Err(format!("`resolved` ({resolved}) comes before `impact_start` ({start})").into());
    }
    let severity = record.severity.as_deref().and_then(|text| Severity::parse(&text.to_uppercase()));
    let severity = severity.ok_or("its severity is none of P0, P1 and P2")?;
    let detected = times.detected.or(times.paged).ok_or("nobody knows when it was detected")?;
    let mut flags = Vec::new();
    let mut fit = |name: &str, at: Option<Ms>, earliest: Ms| {
        let at = at?;
        if at < earliest || at > resolved {
            flags.push(Text::from(format!("`{name}` ({at}) does not lie between {earliest} and `resolved` ({resolved})")));
            return None;
        }
        Some(at)
    };
    let acknowledged = fit("acknowledged", times.acknowledged, detected.min(resolved));
    let mitigated = fit("mitigated", times.mitigated, start);
    let paged = fit("paged", times.paged, Ms(i64::MIN));
    let person = Actor::Person(by.clone());
    let entry = |fact, at, actor: &Actor| NewEntry {
        incident: IncidentRef::Opens(0),
        fact,
        at,
        actor: actor.clone(),
        source: source.clone(),
        corrects: None,
    };
    let title = record.title.clone().unwrap_or_else(|| record.id.clone());
    let onset = Onset {
        service: record.service.clone(),
        slos: Vec::new(),
        severity: Some(severity),
        rules: Vec::new(),
        reasons: vec![ReasonText { code: "imported".into(), value: 0.0, threshold: 0.0, text: title }],
        impact_start: start,
        detected,
        rulebook: Text::from(""),
        drill: record.drill,
    };
    let mut entries = vec![entry(Fact::Opened(onset), detected, &person)];
    entries.extend(paged.map(|at| entry(page(at, severity), at, &Actor::Auto)));
    entries.extend(acknowledged.map(|at| entry(Fact::Acknowledged, at, &Actor::Person("unknown".into()))));
    entries.extend(mitigated.map(|at| entry(Fact::Mitigated { reason: Text::from(""), impact: None }, at, &person)));
    entries.push(entry(Fact::Resolved { reason: Text::from(""), impact: None }, resolved, &person));
    entries.extend(flags.iter().map(|why| entry(Fact::Note(format!("import: {why}").into()), resolved, &person)));
    Ok((entries, flags))
}

/// A page that another tool sent.
fn page(at: Ms, severity: Severity) -> Fact {
    Fact::Paged {
        receiver: "imported".into(),
        kind: "first".into(),
        severity,
        created: at,
        attempts: 1,
        outcome: Outcome::Delivered,
        detail: Text::from(""),
    }
}
