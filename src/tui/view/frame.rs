//! What surrounds every screen: the header, the footer with keys, and passing messages.

use super::dialogs::boxed;
use super::pen::{Pen, piece};
use crate::tui::keys::{Action, Binding, Code, Key, Scope, TABLE};
use crate::tui::model::{HeatKind, Link, Model, Mood, Tab, Tone, state};
use crate::tui::theme::Role;
use crate::words::{escape, time, width};

/// Number, name, screen and action of each tab.
const TABS: [(char, &str, Tab, Action); 5] = [
    ('1', "SLOs", Tab::Overview, Action::Overview),
    ('2', "Incident", Tab::Incident, Action::Incident),
    ('3', "History", Tab::History, Action::History),
    ('4', "Heatmap", Tab::Heat, Action::Heat),
    ('5', "Replay", Tab::Replay, Action::Replay),
];
/// The actions of dashboards of one's own, in their order.
const OWN: [Action; 4] = [Action::Board1, Action::Board2, Action::Board3, Action::Board4];

/// Where the header's parts stand: one plan for drawing it and for pointing at it.
struct Header {
    environment: Option<(usize, usize, String)>,
    tabs: Vec<TabAt>,
    right: Vec<(String, Role)>,
    /// The first column of what stands at the right.
    room: usize,
}

/// A tab on the header's line.
struct TabAt {
    x: usize,
    text: String,
    active: bool,
    action: Action,
}

/// How tabs are written, the longest first; the one in front always has its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// All by their names: `[2] Incident`.
    Named,
    /// Numbers: `[2]`.
    Bracketed,
    /// Digits: `2`.
    Digits,
    /// The one in front.
    Alone,
}

/// Text, whether it is in front, and action.
type TabText = (String, bool, Action);

/// The usual tabs in a form, and dashboards of one's own behind them.
fn texts(model: &Model, form: Form) -> Vec<TabText> {
    let written = |number: char, name: &str, active: bool, named: bool| match form {
        _ if active || named => Some(format!("[{number}] {name}")),
        Form::Named | Form::Bracketed => Some(format!("[{number}]")),
        Form::Digits => Some(number.to_string()),
        Form::Alone => None,
    };
    let mut tabs: Vec<TabText> = Vec::new();
    for (number, name, tab, action) in TABS {
        let active = model.tab == tab || (tab == Tab::Overview && model.tab == Tab::Slo);
        let text = written(number, model.look.words.say(name), active, form == Form::Named);
        tabs.extend(text.map(|text| (text, active, action)));
    }
    for (((at, dashboard), action), number) in model.board.all.all.iter().enumerate().zip(OWN).zip('6'..) {
        let active = model.tab == Tab::Board && model.board.at == at;
        let text = written(number, &dashboard.title, active, false);
        let text = text.map(|text| width::cut(&escape::terminal(&text), 20, model.look.glyphs.ellipsis));
        tabs.extend(text.map(|text| (text, active, action)));
    }
    tabs
}

/// The tabs in one form beside what stands at the right, in its long form or its short one.
struct Laid {
    right: Vec<(String, Role)>,
    room: usize,
    gap: usize,
    tabs: Vec<TabText>,
    /// Columns of the tabs, each with its gap.
    used: usize,
}

fn laid(model: &Model, columns: usize, (long, form): (bool, Form)) -> Laid {
    let right = right_side(model, long);
    let room = columns.saturating_sub(right.iter().map(|(t, _)| width::columns(t)).sum::<usize>() + 1);
    let gap = if form == Form::Digits { 1 } else { 2 };
    let tabs = texts(model, form);
    let used = tabs.iter().map(|(text, ..)| width::columns(text) + gap).sum::<usize>();
    Laid { right, room, gap, tabs, used }
}

fn plan(model: &Model, columns: usize) -> Header {
    let wide = columns >= 100;
    let first = ENVIRONMENT + usize::from(wide);
    // The environment's name is never cut for the names of tabs, and those are worth more than the words of the clock; but a
    // held picture says since when.
    let environment = model.shown().map_or(0, |s| width::columns(&escape::terminal(&s.environment)).min(MOST_ENVIRONMENT));
    let needed = if environment > 0 { environment + 2 } else { 0 };
    let mut forms = if wide { vec![(true, Form::Named, needed)] } else { Vec::new() };
    forms.extend((wide && model.frozen.is_none()).then_some((false, Form::Named, needed)));
    forms.extend([(wide, Form::Bracketed, needed), (false, Form::Digits, needed), (false, Form::Digits, 0)]);
    let mut all = forms.into_iter().map(|(long, form, needed)| (laid(model, columns, (long, form)), needed));
    let fits = all.find(|(laid, needed)| first + needed + laid.used < laid.room + laid.gap);
    place(model, first, fits.map_or_else(|| laid(model, columns, (false, Form::Alone)), |(laid, _)| laid))
}

/// Columns of an environment's name at most.
const MOST_ENVIRONMENT: usize = 24;

/// Gives the environment what the tabs leave.
fn place(model: &Model, first: usize, laid: Laid) -> Header {
    let (mut x, mut environment) = (first, None);
    let whole = model.shown().map(|s| s.environment.to_string()).unwrap_or_default();
    let w = (laid.room + laid.gap).saturating_sub(first + laid.used + 3).min(MOST_ENVIRONMENT);
    if w >= 4 && !whole.is_empty() {
        x += 2 + width::columns(&width::cut(&escape::terminal(&whole), w, model.look.glyphs.ellipsis));
        environment = Some((ENVIRONMENT, w, whole));
    }
    let mut tabs = Vec::new();
    for (text, active, action) in laid.tabs {
        let end = x + width::columns(&text);
        tabs.push(TabAt { x, text, active, action });
        x = end + laid.gap;
    }
    Header { environment, tabs, right: laid.right, room: laid.room }
}

/// Where the environment begins.
const ENVIRONMENT: usize = 1 + PROGRAM.len() + 2;

/// The name in the corner.
const PROGRAM: &str = "burnledger";

/// Program, environment and tabs at the left; state of the link, time and age of the data at the right.
pub(super) fn header(model: &Model, pen: &mut Pen<'_>) {
    let plan = plan(model, pen.width());
    pen.put(1, 0, PROGRAM, Role::Strong);
    if let Some((x, w, environment)) = &plan.environment {
        pen.put_cut(*x, 0, *w, environment, Role::Text);
    }
    for tab in &plan.tabs {
        pen.put(tab.x, 0, &tab.text, if tab.active { Role::Active } else { Role::Faint });
    }
    pen.pieces(plan.room, 0, &plan.right);
}

/// The tab in a column of the header's line.
pub(super) fn tab_at(model: &Model, columns: usize, column: usize) -> Option<Action> {
    let plan = plan(model, columns);
    let hit = |tab: &&TabAt| (tab.x..tab.x + width::columns(&tab.text)).contains(&column);
    plan.tabs.iter().filter(|_| column < plan.room).find(hit).map(|tab| tab.action)
}

fn right_side(model: &Model, wide: bool) -> Vec<(String, Role)> {
    let link = Link::of(model);
    let role = match link.tone() {
        // A picture that is held must not be taken for the present.
        _ if matches!(link, Link::Frozen(..)) => Role::Active,
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

/// A key with its word on the footer's line.
struct Hint {
    x: usize,
    written: String,
    word: String,
    key: Key,
}

/// The keys that do something here, as far as they fit; help and quit are never dropped and stand at the right.
fn keys(model: &Model, columns: usize) -> Vec<Hint> {
    let w = model.look.words;
    let fixed = [('?', w.say("help")), ('q', w.say("quit"))];
    let right: usize = fixed.iter().map(|(_, word)| width::columns(word) + 2).sum::<usize>() + 3;
    let end = columns.saturating_sub(right);
    let (mut x, mut out) = (1, Vec::new());
    for (written, word, key) in hints(model) {
        let after = x + width::columns(&written) + 1 + width::columns(&word) + 2;
        if after > end {
            break;
        }
        out.push(Hint { x, written, word, key });
        x = after;
    }
    x = end;
    for (key, word) in fixed {
        out.push(Hint { x, written: key.to_string(), word: word.into(), key: Key::char(key) });
        x += width::columns(word) + 4;
    }
    out
}

/// The rule and the keys.
pub(super) fn footer(model: &Model, pen: &mut Pen<'_>) {
    pen.rule(0, &[], "");
    for hint in keys(model, pen.width()) {
        let x = pen.put(hint.x, 1, &hint.written, Role::Key);
        pen.put(x + 1, 1, &hint.word, Role::Faint);
    }
}

/// The key in a column of the footer's line: of a pair like `[ ]` the one that is pointed at.
pub(super) fn key_at(model: &Model, columns: usize, column: usize) -> Option<Key> {
    let hint = keys(model, columns).into_iter().find(|hint| {
        let end = hint.x + width::columns(&hint.written) + 1 + width::columns(&hint.word);
        (hint.x..end).contains(&column)
    })?;
    let pair: Vec<char> = hint.written.chars().collect();
    match (pair.as_slice(), column - hint.x) {
        ([_, ' ' | '/', second], 1..=2) if hint.key.code != Code::Char(' ') => Some(Key::char(*second)),
        ([first, ' ' | '/', _], 0) => Some(Key::char(*first)),
        _ => Some(hint.key),
    }
}

/// Keys with a word for the footer that hold on this screen: as it is written, the word, and the key.
fn hints(model: &Model) -> Vec<(String, String, Key)> {
    let handled = model.target().is_none_or(Model::is_handled);
    let scopes = scopes(model);
    let own = &model.look.keys;
    // A key that a narrower scope has taken is told there.
    let holds = |b: &&Binding| {
        own.keys(b).first().is_some_and(|k| own.lookup(&scopes, *k) == Some(b.action)) && scopes.contains(&b.scope)
    };
    let mut out: Vec<(String, String, Key)> = TABLE
        .iter()
        .filter(holds)
        .filter(|b| !(handled && b.action == Action::Acknowledge))
        .filter(|b| !b.action.changes() || model.may_order())
        .filter(|b| !(has_no_cursor(model) && WITH_CURSOR.contains(&b.action)))
        .filter_map(|b| {
            let word = match b.action {
                Action::Freeze if model.frozen.is_some() => "resume",
                Action::Resolve if resolves(model) => "resolve",
                Action::Resolve => "reopen",
                _ => b.footer?,
            };
            Some((footer_key(model, b)?, model.look.words.say(word).to_string(), *own.keys(b).first()?))
        })
        .collect();
    if model.undo.is_some() {
        out.insert(0, ("u".into(), model.look.words.say("undo ack").into(), Key::char('u')));
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
    if let Some(title) = toast.title.as_ref().filter(|_| pen.width() >= 60 && pen.height() >= 12) {
        return note_of_order(title, &toast.text, &tail, pen);
    }
    let title = toast.title.as_ref().map(|title| format!("{title}  ")).unwrap_or_default();
    let text = format!(" {title}{}{tail} ", toast.text);
    let w = width::columns(&text).min(pen.width().saturating_sub(2));
    let y = pen.height().saturating_sub(1);
    let role = match toast.mood {
        Mood::Failed => Role::P0Tag,
        Mood::Done | Mood::Told => Role::Active,
    };
    pen.put_cut(pen.width().saturating_sub(w + 1), y, w, &text, role);
}

/// What was done, in a box at the right above the footer: the title in its upper line, the way back at its right.
fn note_of_order(title: &str, text: &str, back: &str, pen: &mut Pen<'_>) {
    let wide = width::columns(title).max(width::columns(text) + width::columns(back)) + 6;
    let w = wide.clamp(50, pen.width().saturating_sub(2).max(50));
    let (x, y) = (pen.width().saturating_sub(w + 1), pen.height().saturating_sub(4));
    let mut corner = pen.part(x, y, w, 3);
    let mut inside = boxed(&mut corner, w, 3, title, "");
    let room = inside.width();
    inside.put_cut(0, 0, room, text, Role::Strong);
    inside.put_right(room, 0, room, back.trim_start(), Role::Key);
}
