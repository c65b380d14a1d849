//! What surrounds every screen: the header, the footer with keys, and passing messages.

use super::pen::{Pen, piece};
use crate::tui::keys::{Action, Binding, Key, Scope, TABLE};
use crate::tui::model::{HeatKind, Link, Model, Mood, Tab, Tone, state};
use crate::tui::theme::Role;
use crate::words::{time, width};

/// Number, name and screen of each tab.
const TABS: [(char, &str, Tab); 5] = [
    ('1', "SLOs", Tab::Overview),
    ('2', "Incident", Tab::Incident),
    ('3', "History", Tab::History),
    ('4', "Heatmap", Tab::Heat),
    ('5', "Replay", Tab::Replay),
];

/// Program, environment and tabs at the left; state of the link, time and age of the data at the right.
pub(super) fn header(model: &Model, pen: &mut Pen<'_>) {
    let wide = pen.width() >= 100;
    let mut x = pen.put(1, 0, "burnledger", Role::Strong);
    let right = right_side(model, wide);
    let room = pen.width().saturating_sub(right.iter().map(|(t, _)| width::columns(t)).sum::<usize>() + 1);
    // Names only where all of them fit beside what stands at the right.
    let named = wide && x + 3 + tabs_width(model, wide) + own_width(model) <= room + 1;
    let environment = model.shown().map(|s| s.environment.to_string()).unwrap_or_default();
    if !environment.is_empty() {
        let w = room.saturating_sub(x + 2 + tabs_width(model, named) + 3).min(24);
        x = if w >= 4 { pen.put_cut(x + 2, 0, w, &environment, Role::Text) } else { x };
    }
    x += if wide { 3 } else { 2 };
    for (number, name, tab) in TABS {
        let active = model.tab == tab || (tab == Tab::Overview && model.tab == Tab::Slo);
        let name = model.look.words.say(name);
        let text = if named || active { format!("[{number}] {name}") } else { format!("[{number}]") };
        x = pen.put(x, 0, &text, if active { Role::Active } else { Role::Faint }) + 2;
    }
    own_tabs(model, x, room, pen);
    pen.pieces(room, 0, &right);
}

/// What the tabs of dashboards of one's own take at most.
fn own_width(model: &Model) -> usize {
    match model.board.all.all.len() {
        0 => 0,
        many => many.min(4) * 5 + 16,
    }
}

/// Dashboards of one's own behind the usual tabs, as far as there is room; the one in front by its title.
fn own_tabs(model: &Model, mut x: usize, room: usize, pen: &mut Pen<'_>) {
    for (at, dashboard) in model.board.all.all.iter().enumerate().take(4) {
        let active = model.tab == Tab::Board && model.board.at == at;
        let text = if active { format!("[{}] {}", at + 6, dashboard.title) } else { format!("[{}]", at + 6) };
        let text = width::cut(&text, 20, pen.look.glyphs.ellipsis);
        if x + width::columns(&text) + 1 >= room {
            return;
        }
        x = pen.put(x, 0, &text, if active { Role::Active } else { Role::Faint }) + 2;
    }
}

/// What the tabs take at most: narrow screens name the active one only.
fn tabs_width(model: &Model, wide: bool) -> usize {
    let name = |(_, name, _): &(char, &'static str, Tab)| width::columns(model.look.words.say(name)) + 6;
    if wide { TABS.iter().map(name).sum() } else { TABS.len() * 4 + 10 }
}

fn right_side(model: &Model, wide: bool) -> Vec<(String, Role)> {
    let link = Link::of(model);
    let role = match link.tone() {
        Tone::Fine => Role::Good,
        Tone::Watch => Role::Strong,
        Tone::Bad => Role::Problem,
    };
    let (zone, now) = (model.look.zone, model.wall());
    let clock = if wide { format!("  {} {}", zone.clock(now), zone.offset(now)) } else { format!(" {}", zone.clock(now)) };
    let age = state::age(model).map(time::span);
    let w = model.look.words;
    let age = match (age, wide) {
        (Some(age), true) => w.fill("  data {} old", &[&age]),
        (Some(age), false) => format!(" {age}"),
        (None, true) => w.say("  no data").into(),
        (None, false) => String::new(),
    };
    let frozen = matches!(link, Link::Frozen(..));
    let mut words = link.words(model);
    if frozen && !wide {
        words = w.say("FROZEN").into();
    }
    let clock = if frozen && wide { String::new() } else { clock };
    vec![piece(words, role), piece(clock, Role::Text), piece(age, Role::Text)]
}

/// The rule and the keys that do something here; help and quit are never dropped.
pub(super) fn footer(model: &Model, pen: &mut Pen<'_>) {
    pen.rule(0, &[], "");
    let w = model.look.words;
    let fixed = [("?", w.say("help")), ("q", w.say("quit"))];
    let right: usize = fixed.iter().map(|(k, word)| k.len() + width::columns(word) + 1).sum::<usize>() + 3;
    let end = pen.width().saturating_sub(right);
    let mut x = 1;
    for (key, word) in hints(model) {
        if x + width::columns(&key) + 1 + width::columns(&word) + 2 > end {
            break;
        }
        x = pen.put(x, 1, &key, Role::Key);
        x = pen.put(x + 1, 1, &word, Role::Faint) + 2;
    }
    let mut x = end;
    for (key, word) in fixed {
        x = pen.put(x, 1, key, Role::Key);
        x = pen.put(x + 1, 1, word, Role::Faint) + 2;
    }
}

/// Keys with a word for the footer that hold on this screen.
fn hints(model: &Model) -> Vec<(String, String)> {
    let handled = model.target().is_none_or(Model::is_handled);
    let scopes = scopes(model);
    let own = &model.look.keys;
    // A key that a narrower scope has taken is told there.
    let holds = |b: &&Binding| {
        own.keys(b).first().is_some_and(|k| own.lookup(&scopes, *k) == Some(b.action)) && scopes.contains(&b.scope)
    };
    let mut out: Vec<(String, String)> = TABLE
        .iter()
        .filter(holds)
        .filter(|b| !(handled && b.action == Action::Acknowledge))
        .filter(|b| !(has_no_cursor(model) && WITH_CURSOR.contains(&b.action)))
        .filter_map(|b| {
            let word = match b.action {
                Action::Freeze if model.frozen.is_some() => "resume",
                Action::Resolve if resolves(model) => "resolve",
                Action::Resolve => "reopen",
                _ => b.footer?,
            };
            Some((footer_key(model, b)?, model.look.words.say(word).to_string()))
        })
        .collect();
    if model.undo.is_some() {
        out.insert(0, ("u".into(), model.look.words.say("undo ack").into()));
    }
    out
}

/// What `R` would act on is not over.
fn resolves(model: &Model) -> bool {
    let past = model.history.chosen().filter(|_| model.tab == Tab::History).map(|i| i.phase);
    past.or_else(|| model.target().map(|v| v.incident.phase)).is_some_and(|phase| phase.is_live())
}

/// Keys of the map of all SLOs that mean nothing on the map of latency.
const WITH_CURSOR: [Action; 5] = [Action::PanBack, Action::ZoomIn, Action::CellBack, Action::IncidentHere, Action::ZoomCell];

/// The map of latency fills the screen: it has its hour and no cursor.
fn has_no_cursor(model: &Model) -> bool {
    model.tab == Tab::Heat && model.heat.kind == HeatKind::Latency
}

/// The scopes in which keys are looked up, less what needs an incident where there is none.
fn scopes(model: &Model) -> Vec<Scope> {
    let incident = model.target().is_some();
    let needs = |s: &Scope| !incident && matches!(s, Scope::OnIncident | Scope::Incident);
    model.tab.scopes().iter().copied().filter(|s| !needs(s)).collect()
}

/// A key, or a pair of keys that do the same in both directions.
fn footer_key(model: &Model, binding: &Binding) -> Option<String> {
    let key = *model.look.keys.keys(binding).first()?;
    if Some(&key) != binding.keys.first() {
        return Some(key.to_string());
    }
    let pairs = [('j', "j/k"), ('[', "[ ]"), (']', "[ ]"), ('+', "+/-"), ('h', "h/l"), ('.', ", ."), ('>', "< >")];
    let pair = pairs.iter().find(|(c, _)| key == Key::char(*c)).map(|(_, both)| (*both).to_string());
    Some(pair.unwrap_or_else(|| key.to_string()))
}

/// A message above the footer, at the right.
pub(super) fn toast(model: &Model, pen: &mut Pen<'_>) {
    let Some(toast) = &model.toast else { return };
    let undo = model.undo.map(|u| u.until.0.saturating_sub(model.now.mono.0).div_ceil(1000));
    let tail =
        undo.filter(|_| toast.mood == Mood::Done).map(|s| model.look.words.fill("   u undo ({}s)", &[&s])).unwrap_or_default();
    let text = format!(" {}{tail} ", toast.text);
    let w = width::columns(&text).min(pen.width().saturating_sub(2));
    let y = pen.height().saturating_sub(1);
    let role = match toast.mood {
        Mood::Failed => Role::P0Tag,
        Mood::Done | Mood::Told => Role::Active,
    };
    pen.put_cut(pen.width().saturating_sub(w + 1), y, w, &text, role);
}
