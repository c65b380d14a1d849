//! The film of a stretch of the past: the backtest's run, with a snapshot kept of every instant.
//!
//! About a recorded incident its own entries are shown, each from the moment it was recorded; otherwise what the rules would
//! have decided. Deliberately absent: playing (screens do) and where samples come from.

use super::backtest::{Order, watched};
use crate::domain::base::{Ms, Span, Text};
use crate::domain::incident::{Entry, Fact, Incident, Incidents};
use crate::domain::objective::Rulebook;
use crate::domain::view::{Film, FilmMark, Role, Snapshot};
use crate::engine::fast::Fast;
use crate::engine::health::Health;
use crate::engine::rows;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How much is shown before an incident began.
const BEFORE: Span = Span::from_mins(30);
/// How much is shown after it ended.
const AFTER: Span = Span::from_mins(15);

/// The stretch an incident's film covers, at most up to `now`.
pub fn stretch_of(incident: &Incident, now: Ms) -> Option<(Ms, Ms)> {
    let began = incident.milestones.impact_start.or(incident.milestones.detected)?;
    let ended = incident.milestones.resolved.or(incident.milestones.impact_end).filter(|_| !incident.phase.is_live());
    Some((began - BEFORE, ended.map_or(now, |end| (end + AFTER).min(now))))
}

/// The rules of an incident's services alone.
pub fn rules_of(book: &Rulebook, incident: &Incident) -> Rulebook {
    let mine = |service: &Text| incident.services.iter().any(|(s, _)| s == service);
    Rulebook { slos: book.slos.iter().filter(|slo| mine(&slo.service)).cloned().collect(), ..book.clone() }
}

/// Makes the film; with `about` the incident that the ledger recorded. Every instant is judged; of a long stretch of many SLOs a
/// frame is kept of every second one, or fewer.
pub async fn film(order: Order, about: Option<Arc<Incident>>) -> Film {
    film_within(order, about, Film::MOST_ROWS).await
}

/// The same with another limit of rows.
pub async fn film_within(order: Order, about: Option<Arc<Incident>>, most: usize) -> Film {
    let settle = order.book.timing.settle;
    let step = order.book.timing.step;
    let step = step * Film::apart(order.instants(), order.book.slos.len(), most, step).unwrap_or(1) as i64;
    let mut shot = Shot {
        health: Health::new(environment(&order), Role::Replaying, order.source.name(), Arc::new(Vec::new)),
        frames: Vec::new(),
        step,
        about: about.as_deref().map(|i| About::new(i.entries.clone())),
        settle,
    };
    let (from, to) = (order.from.floor_to(step), order.to.floor_to(step));
    let done = watched(Order { draws: true, from, to, ..order }, &mut |at, fast| shot.see(at, fast)).await;
    let incident = about.as_deref().or_else(|| done.backtest.incidents.first().map(|i| &**i));
    Film {
        from,
        to,
        step,
        marks: incident.map(|i| marks(i, from, to)).unwrap_or_default(),
        incident: incident.map(|i| i.id),
        frames: shot.frames,
        errors: done.errors.iter().map(|e| e.plainly().into()).collect(),
    }
}

fn environment(order: &Order) -> Text {
    order.settings.environment.clone().unwrap_or_else(|| "".into())
}

struct Shot {
    health: Health,
    frames: Vec<Arc<Snapshot>>,
    /// Between two frames.
    step: Span,
    about: Option<About>,
    settle: Span,
}

impl Shot {
    fn see(&mut self, at: Ms, fast: &Fast) {
        if at.floor_to(self.step) != at {
            return;
        }
        let now = fast.now_at(at);
        self.health.read_came(now.wall, &BTreeSet::new());
        self.health.number += 1;
        let mut frame = rows::snapshot(fast.state(), &self.health, now);
        if let Some(about) = &mut self.about {
            let known = about.until(at + self.settle);
            frame.recent = rows::recent(&about.folded);
            frame.incidents = known.iter().map(|i| rows::view(fast.state(), i)).collect();
            let first = known.first();
            for row in &mut frame.slos {
                let live = first.filter(|i| i.phase.is_live());
                row.incident = live.filter(|i| i.services.iter().any(|(_, s)| s.contains(&row.slo.id))).map(|i| i.id);
            }
        }
        self.frames.push(Arc::new(frame));
    }
}

/// A recorded incident as it was known at a moment.
struct About {
    entries: Vec<Entry>,
    folded: Incidents,
    next: usize,
}

impl About {
    fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|e| e.seq);
        Self { entries, folded: Incidents::default(), next: 0 }
    }

    fn until(&mut self, now: Ms) -> Vec<Arc<Incident>> {
        while let Some(entry) = self.entries.get(self.next).filter(|e| e.recorded_at <= now) {
            self.folded.apply(entry);
            self.next += 1;
        }
        self.folded.iter().cloned().collect()
    }
}

fn marks(incident: &Incident, from: Ms, to: Ms) -> Vec<FilmMark> {
    let m = &incident.milestones;
    let moments = [
        (m.impact_start, 'S', "impact began"),
        (m.detected, 'D', "detected"),
        (m.mitigated, 'M', "mitigated"),
        (m.resolved, 'R', "resolved"),
    ];
    let mut out: Vec<FilmMark> =
        moments.into_iter().filter_map(|(at, sign, text)| Some(FilmMark { at: at?, sign, text: text.into() })).collect();
    out.extend(incident.entries.iter().filter_map(mark));
    out.retain(|mark| (from..=to).contains(&mark.at));
    out.sort_by_key(|mark| mark.at);
    out
}

/// What people did, and what became graver or milder.
fn mark(entry: &Entry) -> Option<FilmMark> {
    let (sign, text) = match entry.fact {
        Fact::Acknowledged => ('A', "acknowledged"),
        Fact::Note(_) => ('n', "note"),
        Fact::SeverityChanged { .. } => ('s', "severity changed"),
        Fact::Reopened { .. } => ('O', "reopened"),
        _ => return None,
    };
    Some(FilmMark { at: entry.at, sign, text: text.into() })
}
