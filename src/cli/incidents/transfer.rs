//! `incidents export` and `incidents import`.
//!
//! Deliberately absent: what comes along and what is odd about it (`incident::transfer`, `app::transfer`).

use super::By;
use crate::app::desk::LedgerDesk;
use crate::app::transfer::{Imported, import_entries, import_records, lines};
use crate::cli::{Exit, Format, Out};
use crate::domain::base::{IncidentId, Problem, ProblemLevel, Text};
use crate::formats::records::{Columns, MAX_BYTES, Records, read};
use crate::formats::render;
use crate::ports::LedgerError;
use crate::wire::entry::export::is_ours;
use crate::words::{escape, plural};
use serde_json::json;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

/// All entries of some incidents, or of all, as JSON lines.
pub(super) async fn export(
    desk: &LedgerDesk,
    ids: &[IncidentId],
    file: Option<&Path>,
    out: &mut Out,
) -> Result<Exit, LedgerError> {
    let all = desk.incidents().await?;
    if let Some(unknown) = ids.iter().find(|id| all.get(**id).is_none()) {
        return Ok(super::unknown(*unknown, &all, out));
    }
    let text: String = lines(desk.ledger(), ids).await?.into_iter().flat_map(|line| [line, "\n".into()]).collect();
    let Some(file) = file else {
        out.text(&text);
        return Ok(Exit::Fine);
    };
    let written = fs::OpenOptions::new().write(true).create_new(true).open(file).and_then(|mut f| {
        f.write_all(text.as_bytes())?;
        f.sync_all()
    });
    let name = escape::terminal(&file.display().to_string());
    Ok(match written {
        Ok(()) => {
            out.say(&format!("{name}: {}", plural::counted(text.lines().count(), "entry", "entries")));
            Exit::Fine
        }
        Err(error) => {
            out.error(&format!("{name}: {error}"), Some("an export overwrites nothing; `--out` may name another file"));
            Exit::Usage
        }
    })
}

/// Records what a file holds. 0 when all of it came or had come; 1 when something was left out or is odd.
pub(super) async fn import(
    desk: &LedgerDesk,
    file: &Path,
    columns: Option<&Columns>,
    by: &By,
    format: Format,
    out: &mut Out,
) -> Result<Exit, LedgerError> {
    let name = file.display().to_string();
    let text = match text_of(file) {
        Ok(text) => text,
        Err(why) => {
            out.error(&format!("{}: {why}", escape::terminal(&name)), None);
            return Ok(Exit::Usage);
        }
    };
    let by = by.name();
    if by.trim().is_empty() {
        out.error("a name is missing: the ledger keeps who did what", Some("--by NAME says who you are"));
        return Ok(Exit::Usage);
    }
    let (found, problems) = if is_ours(&text) {
        (import_entries(desk.ledger(), &text, desk.instant()).await?, false)
    } else {
        let records = read(&name, text, &columns.cloned().unwrap_or_default());
        let problems = tell_problems(&records, out);
        let stem = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        (import_records(desk.ledger(), &records.rows, &stem, &by, desk.instant()).await?, problems)
    };
    match format {
        Format::Json => super::print(&form(&found), out),
        _ => tell(&found, out),
    }
    let odd = problems || !found.flagged.is_empty() || !found.left_out.is_empty();
    Ok(if odd { Exit::No } else { Exit::Fine })
}

fn text_of(file: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    fs::File::open(file).and_then(|f| f.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("it is larger than {} MiB; split it into several files", MAX_BYTES >> 20));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".into())
}

fn tell_problems(records: &Records, out: &mut Out) -> bool {
    for problem in &records.problems {
        out.say(render::problem(problem, out.talk_color, out.width).trim_end());
    }
    records.problems.iter().any(|p: &Problem| p.level == ProblemLevel::Error)
}

fn form(found: &Imported) -> serde_json::Value {
    let pairs =
        |list: &[(Text, Text)]| list.iter().map(|(what, why)| json!({ "record": &**what, "why": &**why })).collect::<Vec<_>>();
    let incidents = found.incidents.iter().map(|(there, here)| json!({ "record": &**there, "id": here.0 }));
    json!({
        "imported": incidents.collect::<Vec<_>>(),
        "flagged": pairs(&found.flagged),
        "left_out": pairs(&found.left_out),
        "known": found.known.iter().map(|k| &**k).collect::<Vec<&str>>(),
    })
}

fn tell(found: &Imported, out: &mut Out) {
    let shown = |text: &Text| escape::terminal(text);
    for (there, here) in &found.incidents {
        out.line(&format!("{here}  {}", shown(there)));
    }
    for (what, why) in &found.flagged {
        out.line(&format!("flagged   {}: {}", shown(what), shown(why)));
    }
    for (what, why) in &found.left_out {
        out.line(&format!("left out  {}: {}", shown(what), shown(why)));
    }
    let (new, known) = (found.incidents.len(), found.known.len());
    out.line(&format!(
        "{new} imported, {} flagged, {} left out, {known} there already",
        found.flagged.len(),
        found.left_out.len()
    ));
}
