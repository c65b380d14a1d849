//! Lines that stand on every screen: the open incident, what broke through a held picture, and everything that is wrong with
//! sources, ledger, files and receivers, until it is mended.

use super::pen::{Pen, piece};
use crate::domain::base::{Ms, ProblemLevel, Severity, Span};
use crate::domain::incident::HeldPages;
use crate::domain::view::{Attachment, IncidentView, Role as Part, Snapshot, SourceHealth, SourceState};
use crate::ports::PAGES_NOBODY;
use crate::tui::keys::Scope;
use crate::tui::model::{Link, Model, Tab, state, ticker};
use crate::tui::theme::Role;
use crate::words::{Words, escape, money, time, units, width};
use std::collections::BTreeSet;

/// One line: pieces from the left, and a remark at the right.
#[derive(Clone, Debug)]
pub(super) struct Banner {
    left: Vec<(String, Role)>,
    right: String,
}

pub(super) fn draw(banners: &[Banner], pen: &mut Pen<'_>) {
    for (y, banner) in banners.iter().enumerate() {
        let room = pen.width().saturating_sub(1);
        let right = width::columns(&banner.right);
        let taken = banner.left.iter().map(|(t, _)| width::columns(t)).sum::<usize>() + 1;
        let fits = right > 0 && taken + 2 + right <= room;
        let mut x = 1;
        for (text, role) in &banner.left {
            x = pen.put_cut(x, y, room.saturating_sub(x), text, *role);
        }
        if fits {
            pen.put_right(room, y, right, &banner.right, Role::Key);
        }
    }
}

/// All lines that apply, the gravest first.
pub(super) fn of(model: &Model, columns: usize) -> Vec<Banner> {
    let (mut out, w) = (Vec::new(), model.look.words);
    out.extend(broke_through(model));
    if names_incident(model) {
        out.extend(open_incident(model, columns));
    }
    if model.cut_off && !model.is_film_alone() {
        let never = model.shown().is_some_and(|s| s.at.is_none() && s.slos.is_empty() && !s.problems.is_empty());
        let what =
            if never { "it could not start" } else { "the engine behind this screen has ended; what is shown stays as it was" };
        out.push(problem(w.say(what), w.say("q quits")));
    }
    let Some(snapshot) = model.shown() else { return out };
    // Problems are told as they are now, even over a held picture.
    let now = model.live.as_ref().unwrap_or(snapshot);
    if let Some(attached) = &now.attached {
        out.extend(attachment(model, attached));
    }
    out.extend(late(model, now));
    out.extend(sources(model, now));
    out.extend(ledger(w, now));
    out.extend(history(w, now));
    out.extend(files(w, now));
    out.extend(receivers(w, now));
    out.extend(following(w, now));
    out
}

/// What a banner opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// What broke through the held picture.
    BrokeThrough,
    /// The worst incident.
    Incident,
}

/// What the banner in a row opens, counted from the first one.
pub(super) fn opens(model: &Model, row: usize) -> Option<Opens> {
    let broke = usize::from(!model.broke_through().is_empty());
    let named = names_incident(model) && model.live_incidents().next().is_some();
    match row {
        _ if row < broke => Some(Opens::BrokeThrough),
        _ if row == broke && named => Some(Opens::Incident),
        _ => None,
    }
}

fn problem(text: impl Into<String>, right: &str) -> Banner {
    Banner { left: vec![piece("! ", Role::Problem), piece(text, Role::Text)], right: right.into() }
}

/// Tag of a severity as it stands in lists: three columns.
pub(super) fn tag(severity: Option<Severity>) -> (&'static str, Role) {
    match severity {
        Some(Severity::P0) => ("P0!", Role::P0Tag),
        Some(Severity::P1) => ("P1 ", Role::P1),
        Some(Severity::P2) => ("P2 ", Role::P2),
        None => ("-- ", Role::Faint),
    }
}

/// The gravest incident that pages now, in two words: for screens that show another time.
pub(super) fn gravest_live(snapshot: &Snapshot) -> Option<String> {
    let pages = |v: &&IncidentView| v.incident.phase.is_live() && v.incident.severity.is_some_and(Severity::pages);
    let view = snapshot.incidents.iter().filter(pages).max_by_key(|v| v.incident.severity)?;
    Some(format!("{} {}", view.incident.severity.map_or("", Severity::name), view.incident.id))
}

/// What an incident is called on a line: its number, its service and how many SLOs.
pub(super) fn name(w: Words, view: &IncidentView) -> String {
    let incident = &view.incident;
    let drill = if incident.drill { w.say(" (drill)") } else { "" };
    let slos: Vec<&str> = incident.services.iter().flat_map(|(_, slos)| slos.iter().map(|s| s.as_str())).collect();
    let what = match slos.as_slice() {
        [one] => (*one).to_string(),
        _ => format!("{}, {}", incident.service, w.counted(slos.len(), "SLO", "SLOs")),
    };
    format!("{} {what}{drill}", incident.id)
}

/// Pages of an open incident that are held back now: nobody was paged since, and nobody will be before that ends.
pub(super) fn held_back(view: &IncidentView, now: Ms) -> Option<&HeldPages> {
    let (at, held) = view.incident.held.last().filter(|_| view.incident.phase.is_live())?;
    let paged = view.incident.pages.iter().any(|page| page.created > *at);
    (!paged && held.until.is_none_or(|until| until > now)).then_some(held)
}

/// Who has it, or that nobody has.
pub(super) fn holder(w: Words, view: &IncidentView) -> (String, Role) {
    use crate::domain::incident::Phase;
    match (&view.incident.acknowledged_by, view.incident.phase) {
        (_, Phase::Mitigated) => (w.say("mitigated").into(), Role::Good),
        (Some((who, _)), _) => (w.fill("acked by {}", &[who]), Role::Text),
        (None, Phase::Suspected) => (w.say("suspected, not paged").into(), Role::Text),
        (None, _) => (w.say("UNACKED").into(), Role::Problem),
    }
}

/// The cost now, in a few characters; without its rate in fewer.
pub(super) fn cost(model: &Model, view: &IncidentView, with_rate: bool) -> Option<String> {
    let w = model.look.words;
    let ticked = ticker::tick(view, model.wall(), is_stale(model))?;
    let so_far = ticked.so_far.map_or_else(|| w.say(money::NOT_ESTIMATED).into(), money::brief);
    let rate = ticked.per_minute.filter(|_| with_rate).map(|m| w.fill(" +{}/min", &[&money::brief(m)]));
    let since = ticked.projected_since.filter(|_| with_rate);
    let since = since.map(|at| w.fill(" (projected since {})", &[&model.look.zone.clock(at)]));
    Some(format!("{so_far}{}{}", rate.unwrap_or_default(), since.unwrap_or_default()))
}

/// The data behind the screen is too old to trust.
pub(super) fn is_stale(model: &Model) -> bool {
    matches!(Link::now(model), Link::Late(_) | Link::Stale | Link::Failing | Link::CutOff | Link::Lost)
}

/// The worst open incident stands on every screen but its own. A replay tells what is open now in its own head.
fn names_incident(model: &Model) -> bool {
    let worst = model.live_incidents().next().map(|v| v.incident.id);
    match model.tab {
        Tab::Replay => false,
        Tab::Incident => model.on_screen().map(|v| v.incident.id) != worst,
        Tab::Overview | Tab::Slo | Tab::History | Tab::Heat | Tab::Board => true,
    }
}

/// The worst open incident in as many words as fit.
fn open_incident(model: &Model, columns: usize) -> Option<Banner> {
    let mut live = model.live_incidents();
    let view = live.next()?;
    let more = live.count();
    // The key is told only where it takes this incident and no other one.
    let takes =
        model.tab.scopes().contains(&Scope::OnIncident) && model.target().map(|t| t.incident.id) == Some(view.incident.id);
    let acks = takes && model.may_order() && !Model::is_handled(view);
    let right = model.look.words.say(if acks { "2 shows it  a ack" } else { "2 shows it" });
    let short = if acks { model.look.words.say("a ack") } else { "" };
    let room = columns.saturating_sub(2);
    let fits = |pieces: &[(String, Role)], right: &str| {
        pieces.iter().map(|(t, _)| width::columns(&escape::terminal(t))).sum::<usize>() + width::columns(right) + 2 <= room
    };
    // What it costs a minute is worth more than being told that 2 shows it.
    let tried = [(4, right), (3, right), (2, right), (1, right), (1, short), (0, right), (0, short)];
    let mut forms = tried.into_iter().map(|(room, right)| (incident_words(model, view, more, room), right));
    let (left, right) =
        forms.find(|(left, right)| fits(left, right)).unwrap_or_else(|| (incident_words(model, view, more, 0), ""));
    Some(Banner { left, right: right.into() })
}

/// Tag, name, how long, who has it, cost, budget, and how many more; with less room first the budget goes, then words, then
/// the SLO's name, then the rate of the cost.
fn incident_words(model: &Model, view: &IncidentView, more: usize, room: u8) -> Vec<(String, Role)> {
    let (rate, long, words, budget) = (room > 0, room > 1, room > 2, room > 3);
    let w = model.look.words;
    let (text, role) = tag(view.incident.severity);
    let called = if long { name(w, view) } else { format!("{} {}", view.incident.id, view.incident.service) };
    let mut out = vec![piece(text, role), piece(format!(" {called}"), Role::Strong)];
    if let Some(since) = Model::since(view) {
        let open = time::span(model.wall().since(since));
        let open = if words { w.fill("open {}", &[&open]) } else { open };
        out.push(piece(format!("  {open}"), Role::Text));
    }
    let (who, role) = holder(w, view);
    out.push(piece("  ", Role::Text));
    out.push(piece(who, role));
    if let Some(told) = cost(model, view, rate) {
        let told = if words { w.fill("cost {}", &[&told]) } else { told };
        out.push(piece(format!("  {told}"), Role::Text));
    }
    let spent = view.impact.as_ref().and_then(|i| i.budget_spent.iter().map(|(_, s)| *s).reduce(f64::max));
    if let Some(spent) = spent.filter(|_| budget) {
        out.push(piece(w.fill("  budget -{}", &[&units::percent_auto(spent)]), Role::Text));
    }
    match (more, room) {
        (0, _) => {}
        (_, 0) => out.push(piece(format!("  +{more}"), Role::Strong)),
        _ => out.push(piece(w.fill("  +{} more", &[&more]), Role::Strong)),
    }
    out
}

fn broke_through(model: &Model) -> Option<Banner> {
    let (new, w) = (model.broke_through(), model.look.words);
    let view = new.first()?;
    let (text, role) = tag(view.incident.severity);
    let before = model.frozen.as_ref().and_then(|f| f.snapshot.as_ref());
    let known = before.is_some_and(|s| s.incidents.iter().any(|v| v.incident.id == view.incident.id));
    let when = match view.incident.milestones.detected {
        Some(at) if !known => w.fill("opened at {}", &[&model.look.zone.clock(at)]),
        _ => w.say("got worse").into(),
    };
    let more = if new.len() > 1 { w.fill(", {} more", &[&(new.len() - 1)]) } else { String::new() };
    let said = w.fill(" {} {} while frozen{}", &[&name(w, view), &when, &more]);
    let right = w.say("Enter jumps to it  Space resumes").into();
    Some(Banner { left: vec![piece(text, role), piece(said, Role::Strong)], right })
}

/// A read hangs: nothing has failed yet, and nothing is new either.
fn late(model: &Model, snapshot: &Snapshot) -> Option<Banner> {
    let (Link::Late(waited), Some(pace)) = (Link::now(model), model.pace) else { return None };
    let at = snapshot.at.map(|at| model.look.zone.clock(at)).unwrap_or_default();
    let text = "no judgement for {}, one should come every {}: an answer is waited for; values as of {}";
    Some(problem(model.look.words.fill(text, &[&time::span(waited), &time::span(pace), &at]), ""))
}

fn sources(model: &Model, snapshot: &Snapshot) -> Option<Banner> {
    let mut failing = state::failing(snapshot);
    let first = failing.next()?;
    let more = failing.count();
    let also = if more > 0 { format!("  +{}", model.look.words.counted(more, "source", "sources")) } else { String::new() };
    Some(problem(format!("{}{also}", source(model, first)), model.look.words.say("L in full  C-r asks now")))
}

fn source(model: &Model, source: &SourceHealth) -> String {
    let w = model.look.words;
    let SourceState::Failing { since, error, tries, next_try } = &source.state else { return source.name.to_string() };
    let name = if error.contains(&*source.name) { String::new() } else { format!("{}: ", source.name) };
    let now = model.live_wall();
    let next = next_try.map(|at| w.fill(", next in {}", &[&time::span(at.since(now))])).unwrap_or_default();
    let tries = w.counted(*tries as usize, "try", "tries");
    w.fill("{}{} (for {}, {}{})", &[&name, &w.retold(error), &time::span(now.since(*since)), &tries, &next])
}

/// A clock that is off by more makes every age on the screen wrong.
const CLOCKS_APART: u64 = 5_000;

/// Where the pictures come from: as long as they come, who we are there; else since when none came, and why.
fn attachment(model: &Model, attached: &Attachment) -> Vec<Banner> {
    let (mut out, now, w) = (Vec::new(), model.live_wall(), model.look.words);
    let address = &attached.address;
    if let Some(lost) = &attached.lost {
        let (ago, next) = (time::span(now.since(lost.since)), time::span(lost.next_try.since(now)));
        let tries = w.counted(lost.tries as usize, "try", "tries");
        out.push(problem(
            w.fill("cut off from {} for {}: {} ({}, next in {})", &[address, &ago, &w.retold(&lost.error), &tries, &next]),
            w.say("C-r tries now"),
        ));
    } else if attached.program.is_some() {
        let (text, role) = match (&attached.who, &attached.read_only) {
            (Some(who), _) => (w.fill("attached to {} as {}", &[address, who]), Role::Faint),
            (None, Some(why)) => (w.fill("attached to {}, read-only: {}", &[address, &w.known(why)]), Role::P1),
            (None, None) => (w.fill("attached to {}", &[address]), Role::Faint),
        };
        let right = if attached.who.is_none() { "--token-file FILE" } else { "" };
        out.push(Banner { left: vec![piece(text, role)], right: right.into() });
    }
    let by = time::span(Span(attached.clock_ahead.saturating_abs()));
    match attached.clock_ahead {
        ahead if ahead.unsigned_abs() <= CLOCKS_APART => {}
        1.. => out.push(problem(w.fill("the clock of {} is {} ahead of this one: ages are off by as much", &[address, &by]), "")),
        _ => out.push(problem(w.fill("the clock of {} is {} behind this one: ages are off by as much", &[address, &by]), "")),
    }
    let ours = env!("CARGO_PKG_VERSION");
    if let Some(theirs) = attached.program.as_ref().filter(|p| &***p != ours) {
        let text = "{} runs burnledger {}, this screen {}: what is new there is not shown";
        out.push(problem(w.fill(text, &[address, theirs, &ours]), ""));
    }
    out
}

fn ledger(w: Words, snapshot: &Snapshot) -> Option<Banner> {
    snapshot.ledger_error.as_ref().map(|why| problem(w.fill("not recorded: {}", &[&w.retold(why)]), ""))
}

fn history(w: Words, snapshot: &Snapshot) -> Option<Banner> {
    snapshot.history.first().map(|why| problem(w.retold(why), ""))
}

/// Files with errors are not in force: they are named until mended. Warnings are counted.
fn files(w: Words, snapshot: &Snapshot) -> Option<Banner> {
    let errors: Vec<_> = snapshot.problems.iter().filter(|p| p.level == ProblemLevel::Error).collect();
    let hint = "burnledger check";
    if errors.is_empty() {
        let warnings = snapshot.problems.len();
        let first = snapshot.problems.first()?;
        let text = w.fill("{} in the files: {}", &[&w.counted(warnings, "warning", "warnings"), &first.message]);
        return Some(Banner { left: vec![piece("! ", Role::P1), piece(text, Role::Text)], right: hint.into() });
    }
    let files: BTreeSet<String> = errors.iter().filter_map(|p| p.place.as_ref()).map(|p| p.file.to_string()).collect();
    let text = match (errors.as_slice(), files.is_empty()) {
        ([one], _) => one
            .place
            .as_ref()
            .map_or_else(|| one.message.clone(), |p| format!("{}:{}:{} {}", p.file, p.line, p.column, one.message)),
        (_, true) => format!("{}: {}", w.counted(errors.len(), "problem", "problems"), errors[0].message),
        _ => {
            let list: Vec<String> = files.into_iter().collect();
            let template = if list.len() == 1 { "{} is not in force ({})" } else { "{} are not in force ({})" };
            w.fill(template, &[&list.join(", "), &w.counted(errors.len(), "error", "errors")])
        }
    };
    Some(problem(text, hint))
}

fn receivers(w: Words, snapshot: &Snapshot) -> Option<Banner> {
    let mut bad = snapshot.receivers.iter().filter_map(|r| r.error.as_ref().map(|e| (r, e)));
    let (first, error) = bad.next()?;
    let more = bad.count();
    let also = if more > 0 { format!("  +{}", w.counted(more, "receiver", "receivers")) } else { String::new() };
    let waiting = w.counted(first.waiting, "page waits", "pages wait");
    Some(problem(w.fill("receiver {}: {}, last answer: {}{}", &[&first.name, &waiting, &w.retold(error), &also]), ""))
}

fn following(w: Words, snapshot: &Snapshot) -> Option<Banner> {
    let (text, role, right) = match &snapshot.role {
        Part::Following { leader } => {
            let text = match leader.strip_suffix(PAGES_NOBODY) {
                Some(name) => w.fill("{} records and pages nobody; this view follows", &[&name]),
                None => w.fill("{} leads this ledger and pages; this view follows", &[leader]),
            };
            (text, Role::Faint, "")
        }
        Part::Recording => {
            (w.say("records, pages nobody: no watch leads this ledger").into(), Role::P1, w.say("burnledger watch pages"))
        }
        _ => return None,
    };
    Some(Banner { left: vec![piece(text, role)], right: right.into() })
}
