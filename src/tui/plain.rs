//! The line mode: one line for each change, without colours, cursor movements or an alternate screen. For screen readers, logs,
//! pipes and terminals that can do nothing else.
//!
//! Pure: snapshots in, lines out. Deliberately absent: writing them, and keys.

use super::model::list::burn_over;
use super::model::ticker;
use super::view::columns::{name_of, tag_of};
use crate::domain::base::{Ms, Text};
use crate::domain::view::{IncidentView, RecentLine, Role, SloRow, Snapshot, SourceState, TrackId};
use crate::ports::PAGES_NOBODY;
use crate::words::{Words, Zone, escape, money, time, units};
use std::collections::BTreeMap;

/// What was told, so that only changes are.
pub struct Plain {
    words: Words,
    zone: Zone,
    ascii: bool,
    /// Tag and name of each track.
    rows: BTreeMap<TrackId, (String, String)>,
    begun: bool,
    newest: Option<RecentLine>,
    source: BTreeMap<Text, &'static str>,
    role: Option<Role>,
    trouble: Vec<Text>,
}

impl Plain {
    /// Nothing was told yet. Times are in `zone`; `ascii` leaves no byte above 127.
    pub fn new(words: Words, zone: Zone, ascii: bool) -> Self {
        let (rows, source, trouble) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self { words, zone, ascii, rows, begun: false, newest: None, source, role: None, trouble }
    }

    /// The lines of what changed since the last snapshot, oldest first.
    pub fn lines(&mut self, snapshot: &Snapshot) -> Vec<String> {
        // A link is lost after the last that came over it, or before anything did.
        let lost = snapshot.attached.as_ref().and_then(|a| a.lost.as_ref());
        let at = lost.map_or(snapshot.made, |lost| snapshot.made.max(lost.since));
        let mut out = Vec::new();
        out.extend(self.part(snapshot, at));
        self.sources(snapshot, &mut out);
        self.troubles(snapshot, at, &mut out);
        self.news(snapshot, &mut out);
        if snapshot.at.is_some() {
            self.tracks(snapshot, at, &mut out);
        }
        out.into_iter().map(|line| self.safe(&line)).collect()
    }

    fn safe(&self, line: &str) -> String {
        let text = escape::terminal(line);
        if self.ascii { text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect() } else { text }
    }

    fn at(&self, at: Ms, text: impl std::fmt::Display) -> String {
        format!("{} {text}", self.zone.clock(at))
    }

    /// Who records and pages.
    fn part(&mut self, snapshot: &Snapshot, at: Ms) -> Option<String> {
        if self.role.as_ref() == Some(&snapshot.role) || snapshot.number == 0 {
            return None;
        }
        self.role = Some(snapshot.role.clone());
        let address = snapshot.attached.as_ref().map(|a| format!("{}: ", a.address)).unwrap_or_default();
        Some(self.at(at, format!("{address}{}", role_words(self.words, &snapshot.role))))
    }

    fn sources(&mut self, snapshot: &Snapshot, out: &mut Vec<String>) {
        let w = self.words;
        for source in &snapshot.sources {
            let (state, text) = match &source.state {
                SourceState::Connecting => continue,
                SourceState::Filling { .. } => ("filling", w.say("reading history").into()),
                SourceState::Live => ("live", w.say("answers").into()),
                SourceState::Failing { error, .. } => ("failing", w.retold(error)),
            };
            if self.source.insert(source.name.clone(), state) != Some(state) {
                out.push(self.at(snapshot.made, w.fill("source {}: {}", &[&source.name, &text])));
            }
        }
    }

    /// What is wrong with ledger, files, history and receivers: each text once, until it is gone.
    fn troubles(&mut self, snapshot: &Snapshot, at: Ms, out: &mut Vec<String>) {
        let w = self.words;
        let ledger = snapshot.ledger_error.iter().map(|why| Text::from(w.fill("not recorded: {}", &[&w.retold(why)])));
        let files = snapshot.problems.iter().map(|p| {
            let place = p.place.as_ref().map(|at| format!("{}:{}:{} ", at.file, at.line, at.column)).unwrap_or_default();
            Text::from(format!("{place}{}", p.message))
        });
        let receivers = snapshot.receivers.iter().filter_map(|r| Some((r, r.error.as_ref()?)));
        let receivers = receivers.map(|(r, error)| Text::from(w.fill("receiver {}: {}", &[&r.name, &w.retold(error)])));
        let link = snapshot.attached.as_ref().and_then(|a| Some((a, a.lost.as_ref()?)));
        let link = link.map(|(a, lost)| Text::from(w.fill("cut off from {}: {}", &[&a.address, &w.retold(&lost.error)])));
        let now: Vec<Text> = ledger
            .chain(link)
            .chain(files)
            .chain(snapshot.history.iter().map(|text| Text::from(&*w.retold(text))))
            .chain(receivers)
            .collect();
        for text in now.iter().filter(|text| !self.trouble.contains(text)) {
            out.push(self.at(at, format!("! {text}")));
        }
        self.trouble = now;
    }

    /// What the ledger recorded, from this session's start on.
    fn news(&mut self, snapshot: &Snapshot, out: &mut Vec<String>) {
        let fresh: Vec<&RecentLine> = snapshot.recent.iter().take_while(|line| Some(*line) != self.newest.as_ref()).collect();
        for line in fresh.into_iter().rev() {
            let severity = line.severity.map_or("--", |s| s.name());
            let text = self.words.told(&line.text);
            let named = line.incident.filter(|id| !text.contains(&id.to_string()));
            let id = named.map(|id| format!("{id} ")).unwrap_or_default();
            out.push(self.at(line.at, format!("{severity} {id}{text}")));
        }
        self.newest = snapshot.recent.first().cloned();
    }

    /// Rows whose tag changed. The first time: how many there are, and those that are not well.
    fn tracks(&mut self, snapshot: &Snapshot, at: Ms, out: &mut Vec<String>) {
        if !std::mem::replace(&mut self.begun, true) {
            let well = snapshot.slos.iter().filter(|row| tag(row) == "ok").count();
            let many = self.words.counted(snapshot.slos.len(), "SLO", "SLOs");
            out.push(self.at(at, self.words.fill("{}, {} ok", &[&many, &well])));
        }
        let mut rows = BTreeMap::new();
        for row in &snapshot.slos {
            let (id, tag) = (TrackId::of(row), tag(row));
            let before = self.rows.get(&id).map_or("ok", |(tag, _)| tag.as_str());
            if before != tag {
                out.push(self.at(at, track(self.words, snapshot, row, &tag)));
            }
            rows.insert(id, (tag, name_of(row)));
        }
        let gone = self.rows.iter().filter(|(id, (tag, _))| tag != "ok" && !rows.contains_key(*id));
        let told = |tag: &String, name: &String| self.words.fill("-- {} is not evaluated any more, it was {}", &[name, tag]);
        out.extend(gone.map(|(_, (tag, name))| self.at(at, told(tag, name))));
        self.rows = rows;
    }
}

/// Who this program is on its ledger, in words.
pub fn role_words(w: Words, role: &Role) -> String {
    let text = match role {
        Role::Leading => "leads this ledger: records and pages",
        Role::Recording => "records, pages nobody",
        Role::Following { leader } => {
            let named = leader.strip_suffix(PAGES_NOBODY).map(|name| w.fill("{} (pages nobody)", &[&name]));
            return w.fill("{} leads this ledger; this view follows", &[&named.as_deref().unwrap_or(leader)]);
        }
        Role::Watching => "looks only: records nothing, pages nobody",
        Role::Replaying => "plays recorded samples",
    };
    w.say(text).into()
}

fn tag(row: &SloRow) -> String {
    tag_of(row).0.trim().trim_end_matches('!').into()
}

/// `P0 checkout-api burn 58.0x cost $26.7k`.
fn track(w: Words, snapshot: &Snapshot, row: &SloRow, tag: &str) -> String {
    let verdict = row.verdict.as_deref();
    let burn = verdict.and_then(|v| burn_over(v, 300)).map(|burn| w.fill(" burn {}", &[&units::burn_x(burn)]));
    let left = verdict.and_then(|v| v.budget.remaining).map(|left| w.fill(" budget {}", &[&units::percent_auto(left)]));
    let view = row.incident.and_then(|id| snapshot.incidents.iter().find(|v| v.incident.id == id));
    let happening = view.map(|view| incident(w, snapshot, view));
    let rest: String = [burn, left, happening].into_iter().flatten().collect();
    format!("{tag} {}{rest}", name_of(row))
}

fn incident(w: Words, snapshot: &Snapshot, view: &IncidentView) -> String {
    let now = snapshot.at.unwrap_or(snapshot.made);
    let cost = ticker::tick(view, now, false).and_then(|t| t.so_far).map(|m| w.fill(" cost {}", &[&money::brief(m)]));
    let open = super::model::Model::since(view).map(|since| w.fill(" for {}", &[&time::span(now.since(since))]));
    format!("{} {}{}", cost.unwrap_or_default(), view.incident.id, open.unwrap_or_default())
}
