//! `doctor`: everything a watch needs, looked at once; each line says how it is and what to try.
//!
//! Deliberately absent: the looking, which `app` does.

use super::{Common, Exit, Format, Out};
use crate::app::Setup;
use crate::app::doctor::{Area, Finding, Health, examine};
use crate::words::escape;
use serde_json::json;

/// Runs the verb.
pub async fn run(common: &Common, out: &mut Out) -> Exit {
    let setup = match Setup::load_config(&common.overrides()) {
        Ok(setup) => setup,
        Err(error) => return super::tell(&error, out),
    };
    let findings = examine(&setup).await;
    match common.format {
        Format::Json => {
            let list: Vec<_> = findings
                .iter()
                .map(|f| json!({ "name": f.name, "health": f.health.name(), "text": f.text, "hint": f.hint }))
                .collect();
            out.line(&json!({ "findings": list }).to_string());
        }
        _ => findings.iter().for_each(|f| tell(f, out)),
    }
    exit(&findings)
}

fn tell(finding: &Finding, out: &mut Out) {
    let line = format!("{:<4}  {}: {}", finding.health.name(), finding.name, finding.text);
    out.line(&escape::terminal(&line));
    if let Some(hint) = finding.hint.as_ref().filter(|_| finding.health != Health::Ok) {
        out.line(&escape::terminal(&format!("      {hint}")));
    }
}

/// What is broken worst decides: the ledger, then what cannot be reached, then files.
fn exit(findings: &[Finding]) -> Exit {
    let fails = |area: Area| findings.iter().any(|f| f.health == Health::Fail && f.area == area);
    if fails(Area::Ledger) {
        Exit::Ledger
    } else if fails(Area::Source) || fails(Area::Receiver) {
        Exit::Unreachable
    } else if fails(Area::Files) {
        Exit::Usage
    } else {
        Exit::Fine
    }
}
