//! Regions that belong to people: making a report again never overwrites what stands in them.
//!
//! A region lies between `<!-- burnledger:yours NAME -->` and `<!-- burnledger:end NAME -->`, each on a line of its own.

use thiserror::Error;

const OPEN: &str = "<!-- burnledger:yours ";
const CLOSE: &str = "<!-- burnledger:end ";
const TAIL: &str = " -->";

/// Why an old report cannot be carried over.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RegionError {
    /// The file has none of our marks.
    #[error("it holds no regions of a burnledger report")]
    NotOurs,
    /// A region begins and does not end.
    #[error("line {line}: the region `{name}` has no end; put back `<!-- burnledger:end {name} -->`")]
    Open {
        /// Its name.
        name: String,
        /// Line of its beginning, from 1.
        line: usize,
    },
    /// Two regions have one name.
    #[error("line {line}: there is a second region `{name}`")]
    Twice {
        /// Its name.
        name: String,
        /// Line of the second one, from 1.
        line: usize,
    },
    /// It is the report of another incident.
    #[error("it is the report of {0}")]
    Other(String),
}

/// A region with something to say in it.
pub(super) fn region(name: &str, content: &str) -> String {
    format!("{OPEN}{name}{TAIL}\n\n{content}\n\n{CLOSE}{name}{TAIL}")
}

/// The new report with the contents of the old one's regions. Regions that the new one does not have any more are kept at its
/// end, so that no word is lost.
///
/// # Errors
/// The old text has no regions, or broken ones, or is of another incident: nothing may be overwritten then.
pub fn keep(old: &str, new: &str) -> Result<String, RegionError> {
    let theirs = read(old)?;
    if theirs.is_empty() {
        return Err(RegionError::NotOurs);
    }
    if let (Some(was), Some(is)) = (of_incident(old), of_incident(new))
        && was != is
    {
        return Err(RegionError::Other(was.into()));
    }
    let (mut out, mut used, mut skipping) = (Vec::new(), Vec::new(), false);
    for line in new.lines() {
        if let Some(name) = mark(line, OPEN) {
            out.push(line);
            if let Some((kept, lines)) = theirs.iter().find(|(n, _)| n == name) {
                out.extend(lines);
                used.push(kept.as_str());
                skipping = true;
            }
        } else if mark(line, CLOSE).is_some() {
            skipping = false;
            out.push(line);
        } else if !skipping {
            out.push(line);
        }
    }
    let mut text = out.join("\n") + "\n";
    for (name, lines) in theirs.iter().filter(|(n, _)| !used.contains(&n.as_str())) {
        text = format!("{text}\n{OPEN}{name}{TAIL}\n{}\n{CLOSE}{name}{TAIL}\n", lines.join("\n"));
    }
    Ok(text)
}

/// What people wrote, by the name of its region.
///
/// # Errors
/// The text has no regions, or broken ones, or is of something else than `of`.
pub fn words(text: &str, of: &str) -> Result<Vec<(String, String)>, RegionError> {
    let regions = read(text)?;
    if regions.is_empty() {
        return Err(RegionError::NotOurs);
    }
    match of_incident(text).filter(|was| *was != of) {
        Some(was) => Err(RegionError::Other(was.into())),
        None => Ok(regions.into_iter().map(|(name, lines)| (name, lines.join("\n"))).collect()),
    }
}

/// The mark that names the incident, on the first lines of a report.
pub(super) fn stamp(incident: &str) -> String {
    format!("<!-- burnledger:report {incident}{TAIL}")
}

fn of_incident(text: &str) -> Option<&str> {
    text.lines().find_map(|l| mark(l, "<!-- burnledger:report "))
}

fn mark<'a>(line: &'a str, kind: &str) -> Option<&'a str> {
    line.trim().strip_prefix(kind)?.strip_suffix(TAIL)
}

/// Regions by name with their lines.
fn read(text: &str) -> Result<Vec<(String, Vec<&str>)>, RegionError> {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    let mut open: Option<(String, usize, Vec<&str>)> = None;
    for (number, line) in text.lines().enumerate().map(|(n, l)| (n + 1, l)) {
        match (mark(line, OPEN), mark(line, CLOSE), open.take()) {
            (Some(name), _, None) if found.iter().any(|(n, _)| n == name) => {
                return Err(RegionError::Twice { name: name.into(), line: number });
            }
            (Some(name), _, None) => open = Some((name.into(), number, Vec::new())),
            (Some(_), _, Some((name, line, _))) => return Err(RegionError::Open { name, line }),
            (None, Some(end), Some((name, _, lines))) if end == name => found.push((name, lines)),
            (None, _, Some((name, at, mut lines))) => {
                lines.push(line);
                open = Some((name, at, lines));
            }
            (None, _, None) => {}
        }
    }
    match open {
        Some((name, line, _)) => Err(RegionError::Open { name, line }),
        None => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(facts: &str, cause: &str) -> String {
        let (cause, learned) = (region("cause", cause), region("learned", "- [ ] TODO"));
        format!("{}\n# INC-0001\n\n{facts}\n\n{cause}\n\n{learned}\n", stamp("INC-0001"))
    }

    #[test]
    fn what_people_wrote_survives_and_facts_are_made_new() {
        let old = report("42 failed", "A slow query.\n\nFound by **Bo**.");
        assert_eq!(keep(&old, &report("43 failed", "TODO")).unwrap(), report("43 failed", "A slow query.\n\nFound by **Bo**."));
    }

    #[test]
    fn a_region_that_is_gone_is_kept_at_the_end() {
        let old = report("42", "why").replace(" cause -->", " trigger -->");
        let new = keep(&old, &report("43", "TODO")).unwrap();
        assert!(new.ends_with("<!-- burnledger:yours trigger -->\n\nwhy\n\n<!-- burnledger:end trigger -->\n"), "{new}");
        assert!(new.contains("yours cause -->\n\nTODO"));
    }

    #[test]
    fn nothing_is_overwritten_when_the_marks_are_broken_or_not_ours() {
        let new = report("43", "TODO");
        assert_eq!(keep("# my notes\n", &new), Err(RegionError::NotOurs));
        let torn = report("42", "why").replace("<!-- burnledger:end cause -->\n", "");
        assert_eq!(keep(&torn, &new), Err(RegionError::Open { name: "cause".into(), line: 6 }));
        let twice = report("42", "why").replace(" learned -->", " cause -->");
        assert_eq!(keep(&twice, &new), Err(RegionError::Twice { name: "cause".into(), line: 12 }));
        let other = report("42", "why").replace("report INC-0001", "report INC-0002");
        assert_eq!(keep(&other, &new), Err(RegionError::Other("INC-0002".into())));
    }
}
