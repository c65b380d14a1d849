//! The one key table: what a key does, where, how it is written, and what help and footer say about it.
//!
//! Only what works is listed.

use std::fmt;

/// A key without its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// A character as typed (with Shift applied).
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// A key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The key.
    pub code: Code,
    /// Control held.
    pub ctrl: bool,
    /// Alt held.
    pub alt: bool,
}

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// A character.
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// Control and a character.
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c), ctrl: true, alt: false }
    }
}

impl fmt::Display for Key {
    /// As the screens write it: `j`, `C-d`, `PgDn`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.ctrl { "C-" } else { "" })?;
        f.write_str(if self.alt { "A-" } else { "" })?;
        match self.code {
            Code::Char(' ') => f.write_str("Space"),
            Code::Char(c) => write!(f, "{c}"),
            Code::BackTab => f.write_str("S-Tab"),
            Code::PageUp => f.write_str("PgUp"),
            Code::PageDown => f.write_str("PgDn"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Show the overview.
    Overview,
    /// Show the incident.
    Incident,
    /// Show the selected SLO.
    Slo,
    /// Show past incidents.
    History,
    /// Show the heatmap.
    Heat,
    /// Replay the incident, or the last hours.
    Replay,
    /// Play, or stand still.
    Play,
    /// One instant on.
    StepOn,
    /// One instant back.
    StepBack,
    /// Faster.
    Faster,
    /// Slower.
    Slower,
    /// To the next moment.
    NextMark,
    /// To the moment before.
    PrevMark,
    /// To a time.
    GoTo,
    /// Suppose other rules.
    WhatIf,
    /// What fires by both rules.
    Firings,
    /// Leave the replay.
    Live,
    /// The first dashboard of one's own.
    Board1,
    /// The second.
    Board2,
    /// The third.
    Board3,
    /// The fourth.
    Board4,
    /// The next dashboard.
    NextBoard,
    /// The dashboard before.
    PrevBoard,
    /// Show or close the help.
    Help,
    /// Leave.
    Quit,
    /// Stop as a job of the shell.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Open what is selected.
    Open,
    /// Close, then go back.
    Back,
    /// Next panel.
    NextPanel,
    /// Previous panel.
    PrevPanel,
    /// One down.
    Down,
    /// One up.
    Up,
    /// To the first.
    First,
    /// To the last.
    Last,
    /// Half a page down.
    PageDown,
    /// Half a page up.
    PageUp,
    /// Filter the list.
    Filter,
    /// Sort by the next column.
    Sort,
    /// Turn the order round.
    Reverse,
    /// Hold the picture, or let it go.
    Freeze,
    /// Acknowledge.
    Acknowledge,
    /// Take the acknowledgement back.
    Undo,
    /// Write a note.
    Note,
    /// Resolve.
    Resolve,
    /// Set another severity.
    Severity,
    /// Make one of two incidents.
    Merge,
    /// The next incident.
    NextIncident,
    /// The previous incident.
    PrevIncident,
    /// The chart's next window.
    Window,
    /// Logarithmic or linear.
    Scale,
    /// Levels drawn or not.
    Levels,
    /// A quarter of the stretch back.
    PanBack,
    /// A quarter of the stretch on.
    PanOn,
    /// A shorter stretch.
    ZoomIn,
    /// A longer stretch.
    ZoomOut,
    /// Up to the present again.
    ToNow,
    /// The next SLO of the list.
    NextSlo,
    /// The SLO before it in the list.
    PrevSlo,
    /// A longer or shorter past.
    Range,
    /// One cell to the left.
    CellBack,
    /// One cell to the right.
    CellOn,
    /// The other map.
    OtherMap,
    /// The incident at the cell.
    IncidentHere,
    /// The screen before this one.
    LastView,
    /// Any action by its name.
    Palette,
    /// What is selected, to the terminal's clipboard.
    Copy,
    /// The screen or its table into a file.
    Export,
    /// What is wrong with sources, ledger and files.
    Log,
    /// Where the incident's cost comes from.
    Cost,
    /// The incident's runbook.
    Runbook,
    /// How its postmortem is written.
    Postmortem,
    /// The values at one instant of a chart, or no longer.
    Values,
    /// That instant one sample back.
    SampleBack,
    /// That instant one sample on.
    SampleOn,
    /// What is asked of the source.
    Promql,
    /// Past incidents grouped by something else.
    Group,
    /// A closer look around the cell.
    ZoomCell,
    /// What failed is asked again at once.
    AskNow,
    /// Other colours.
    Theme,
    /// What this program is, and what it looks at.
    About,
}

impl Action {
    /// It gives an order that the ledger keeps, or opens the dialog for one.
    pub const fn changes(self) -> bool {
        matches!(self, Self::Acknowledge | Self::Undo | Self::Note | Self::Resolve | Self::Severity | Self::Merge)
    }

    /// Its name in the palette: `next-panel`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }

    /// Which dashboard of one's own it opens, counted from 0.
    pub const fn board(self) -> Option<usize> {
        match self {
            Self::Board1 => Some(0),
            Self::Board2 => Some(1),
            Self::Board3 => Some(2),
            Self::Board4 => Some(3),
            _ => None,
        }
    }
}

/// Where a key means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everywhere outside of dialogs.
    Global,
    /// In lists and timelines.
    List,
    /// On the overview only.
    Overview,
    /// On the SLO's screen only.
    Slo,
    /// Wherever time runs along an axis.
    Time,
    /// Among past incidents only.
    History,
    /// On the heatmap only.
    Heat,
    /// In a replay only.
    Replay,
    /// On dashboards of one's own only.
    Board,
    /// Wherever there is an incident to act on.
    OnIncident,
    /// On the incident's screen only.
    Incident,
}

impl Scope {
    /// The heading in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Global => "EVERYWHERE",
            Self::List => "LISTS",
            Self::Overview => "OVERVIEW",
            Self::Slo => "SLO SCREEN",
            Self::Time => "CHARTS",
            Self::History => "HISTORY",
            Self::Heat => "HEATMAP",
            Self::Replay => "REPLAY",
            Self::Board => "DASHBOARDS",
            Self::OnIncident => "INCIDENT",
            Self::Incident => "INCIDENT SCREEN",
        }
    }

    /// All scopes in the order of the help.
    pub const ALL: [Self; 11] = [
        Self::Global,
        Self::List,
        Self::Overview,
        Self::Slo,
        Self::Time,
        Self::OnIncident,
        Self::Incident,
        Self::History,
        Self::Heat,
        Self::Replay,
        Self::Board,
    ];
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where.
    pub scope: Scope,
    /// Keys that do it; the first two are shown.
    pub keys: &'static [Key],
    /// What.
    pub action: Action,
    /// For the help.
    pub help: &'static str,
    /// For the footer, where it is worth a place there.
    pub footer: Option<&'static str>,
}

const fn on(scope: Scope, keys: &'static [Key], action: Action, help: &'static str, footer: Option<&'static str>) -> Binding {
    Binding { scope, keys, action, help, footer }
}

const fn k(code: Code) -> Key {
    Key::plain(code)
}

/// The table. Where two scopes have the same key, the narrower one wins (see [`crate::tui::keymap`]).
pub const TABLE: &[Binding] = &[
    on(Scope::Global, &[Key::char('1')], Action::Overview, "overview of all SLOs", None),
    on(Scope::Global, &[Key::char('2')], Action::Incident, "incident", None),
    on(Scope::Global, &[Key::char('3')], Action::History, "past incidents", None),
    on(Scope::Global, &[Key::char('4')], Action::Heat, "heatmap", None),
    on(Scope::Global, &[Key::char('5')], Action::Replay, "replay from cursor, incident or last 6 h", None),
    on(Scope::Global, &[Key::char('6')], Action::Board1, "your first dashboard", None),
    on(Scope::Global, &[Key::char('7')], Action::Board2, "your second dashboard", None),
    on(Scope::Global, &[Key::char('8')], Action::Board3, "your third dashboard", None),
    on(Scope::Global, &[Key::char('9')], Action::Board4, "your fourth dashboard", None),
    on(Scope::Global, &[k(Code::Esc)], Action::Back, "close, then go back", None),
    on(Scope::Global, &[Key::char('?')], Action::Help, "this help", None),
    on(Scope::Global, &[Key::char('q'), Key::ctrl('c')], Action::Quit, "quit", None),
    on(Scope::Global, &[Key::ctrl('z')], Action::Suspend, "suspend (fg comes back)", None),
    on(Scope::Global, &[Key::ctrl('l')], Action::Redraw, "draw the screen anew", None),
    on(Scope::Global, &[Key::ctrl('r')], Action::AskNow, "ask again what failed, without waiting", None),
    on(Scope::Global, &[Key::char('-'), Key::char('`')], Action::LastView, "the screen before this one", None),
    on(Scope::Global, &[Key::char('y')], Action::Copy, "copy what is selected (OSC 52)", None),
    on(Scope::Global, &[Key::char('L')], Action::Log, "what is wrong, in full", None),
    on(Scope::Global, &[Key::char('V')], Action::About, "about: version, ledger, sources, terminal", None),
    on(Scope::Global, &[Key::char('T')], Action::Theme, "other colours: dark, light, high contrast", None),
    on(Scope::List, &[Key::char('j'), k(Code::Down)], Action::Down, "down", Some("move")),
    on(Scope::List, &[Key::char('k'), k(Code::Up)], Action::Up, "up", None),
    on(Scope::List, &[Key::char('g'), k(Code::Home)], Action::First, "first", None),
    on(Scope::List, &[Key::char('G'), k(Code::End)], Action::Last, "last", None),
    on(Scope::List, &[Key::ctrl('d'), k(Code::PageDown)], Action::PageDown, "page down", None),
    on(Scope::List, &[Key::ctrl('u'), k(Code::PageUp)], Action::PageUp, "page up", None),
    on(Scope::Overview, &[k(Code::Enter)], Action::Open, "open the incident, else the SLO", Some("open")),
    on(Scope::Overview, &[Key::char('d')], Action::Slo, "open the SLO in detail", Some("detail")),
    on(Scope::Slo, &[k(Code::Tab)], Action::NextPanel, "next panel", Some("panel")),
    on(Scope::Slo, &[k(Code::BackTab)], Action::PrevPanel, "previous panel", None),
    on(Scope::Slo, &[Key::char('j'), k(Code::Down)], Action::NextSlo, "next SLO of the list", Some("next")),
    on(Scope::Slo, &[Key::char('k'), k(Code::Up)], Action::PrevSlo, "previous SLO", None),
    on(Scope::Slo, &[k(Code::Enter)], Action::Incident, "open its incident", None),
    on(Scope::Slo, &[Key::char('w')], Action::Window, "next window of the burn", Some("window")),
    on(Scope::Slo, &[Key::char('l')], Action::Scale, "logarithmic or linear", Some("log/lin")),
    on(Scope::Slo, &[Key::char('t')], Action::Levels, "levels shown or not", Some("levels")),
    on(Scope::Slo, &[Key::char('v')], Action::Values, "values at one instant, or not", Some("values")),
    on(Scope::Slo, &[Key::char('.')], Action::SampleOn, "one sample on", Some("sample")),
    on(Scope::Slo, &[Key::char(',')], Action::SampleBack, "one sample back", None),
    on(Scope::Slo, &[Key::char('m')], Action::Heat, "the heatmap, at this SLO", Some("heatmap")),
    on(Scope::Slo, &[Key::char('p')], Action::Promql, "what the source is asked, shown and copied", Some("PromQL")),
    on(Scope::OnIncident, &[Key::char('a')], Action::Acknowledge, "acknowledge, at once", Some("ack")),
    on(Scope::OnIncident, &[Key::char('u')], Action::Undo, "take the ack back (10 s)", None),
    on(Scope::OnIncident, &[Key::char('n')], Action::Note, "note for the timeline", Some("note")),
    on(Scope::OnIncident, &[Key::char('R')], Action::Resolve, "resolve, or reopen (asks first)", Some("resolve")),
    on(Scope::Overview, &[Key::char('/')], Action::Filter, "filter", Some("filter")),
    on(Scope::Overview, &[Key::char('o')], Action::Sort, "sort by the next column", Some("sort")),
    on(Scope::Overview, &[Key::char('O')], Action::Reverse, "turn the order round", None),
    on(Scope::Global, &[Key::char(' ')], Action::Freeze, "freeze the screen", Some("freeze")),
    on(Scope::Time, &[Key::char('['), k(Code::Left)], Action::PanBack, "back in time", Some("pan")),
    on(Scope::Time, &[Key::char(']'), k(Code::Right)], Action::PanOn, "on in time", None),
    on(Scope::Time, &[Key::char('+'), Key::char('=')], Action::ZoomIn, "shorter stretch", Some("zoom")),
    on(Scope::Time, &[Key::char('-')], Action::ZoomOut, "longer stretch", None),
    on(Scope::Time, &[Key::char('0')], Action::ToNow, "up to now again", None),
    on(Scope::History, &[k(Code::Enter)], Action::Open, "open the incident", Some("open")),
    on(Scope::History, &[Key::char('o')], Action::Sort, "newest, gravest, dearest, longest first", Some("sort")),
    on(Scope::History, &[Key::char('/')], Action::Filter, "filter", Some("filter")),
    on(Scope::History, &[Key::char('g')], Action::Group, "severity, service, SLO, team, cause, month", Some("group")),
    on(Scope::History, &[Key::char('R')], Action::Resolve, "resolve, or reopen (asks first)", Some("reopen")),
    on(Scope::History, &[Key::char('P')], Action::Postmortem, "how its postmortem is written", Some("postmortem")),
    on(Scope::History, &[Key::char('t')], Action::Range, "7, 30, 90 or 365 days", Some("range")),
    on(Scope::Heat, &[k(Code::Tab)], Action::OtherMap, "SLOs by time, latency by time", Some("map")),
    on(Scope::Heat, &[Key::char('h'), Key::char(',')], Action::CellBack, "one cell back", Some("cell")),
    on(Scope::Heat, &[Key::char('l'), Key::char('.')], Action::CellOn, "one cell on", None),
    on(Scope::Heat, &[k(Code::Enter)], Action::ZoomCell, "a closer look around that cell", Some("zoom in")),
    on(Scope::Heat, &[Key::char('d')], Action::Slo, "the SLO around that cell", Some("detail")),
    on(Scope::Heat, &[Key::char('i')], Action::IncidentHere, "its incident at that cell", Some("incident")),
    on(Scope::Heat, &[Key::char('/')], Action::Filter, "filter", Some("filter")),
    on(Scope::Replay, &[Key::char(' ')], Action::Play, "play, or stand still", Some("play")),
    on(Scope::Replay, &[Key::char('.'), k(Code::Right)], Action::StepOn, "one instant on", Some("step")),
    on(Scope::Replay, &[Key::char(','), k(Code::Left)], Action::StepBack, "one instant back", None),
    on(Scope::Replay, &[Key::char('>')], Action::Faster, "faster", Some("speed")),
    on(Scope::Replay, &[Key::char('<')], Action::Slower, "slower", None),
    on(Scope::Replay, &[Key::char(']')], Action::NextMark, "to the next moment", Some("moment")),
    on(Scope::Replay, &[Key::char('[')], Action::PrevMark, "to the moment before", None),
    on(Scope::Replay, &[Key::char('g')], Action::GoTo, "go to a time: 02:31, -10m", Some("go to")),
    on(Scope::Replay, &[Key::char('w')], Action::WhatIf, "what if: target=99.5%, burn=14.4:10", Some("what if")),
    on(Scope::Replay, &[Key::char('W')], Action::Firings, "what fires by both rules", None),
    on(Scope::Replay, &[k(Code::Home)], Action::First, "to the start", None),
    on(Scope::Replay, &[k(Code::End)], Action::Last, "to the end", None),
    on(Scope::Replay, &[k(Code::Esc)], Action::Live, "back to the present", Some("live")),
    on(Scope::Board, &[k(Code::Tab)], Action::NextBoard, "next dashboard", Some("next")),
    on(Scope::Board, &[k(Code::BackTab)], Action::PrevBoard, "previous dashboard", None),
    on(Scope::Incident, &[k(Code::Tab)], Action::NextPanel, "next panel", Some("panel")),
    on(Scope::Incident, &[k(Code::BackTab)], Action::PrevPanel, "previous panel", None),
    on(Scope::Incident, &[Key::char('v')], Action::Values, "values at one instant, or not", Some("values")),
    on(Scope::Incident, &[Key::char('.')], Action::SampleOn, "one sample on", None),
    on(Scope::Incident, &[Key::char(',')], Action::SampleBack, "one sample back", None),
    on(Scope::Incident, &[Key::char('l'), k(Code::Right)], Action::NextIncident, "next incident", None),
    on(Scope::Incident, &[Key::char('h'), k(Code::Left)], Action::PrevIncident, "previous incident", None),
    // At the end, so that on narrow screens the keys above keep their place in the footer.
    on(Scope::OnIncident, &[Key::char('s')], Action::Severity, "another severity (asks why)", Some("severity")),
    on(Scope::OnIncident, &[Key::char('m')], Action::Merge, "merge with another one (asks)", Some("merge")),
    on(Scope::OnIncident, &[Key::char('c')], Action::Cost, "where its cost comes from", Some("cost")),
    on(Scope::OnIncident, &[Key::char('b')], Action::Runbook, "its runbook, shown and copied", Some("runbook")),
    on(Scope::OnIncident, &[Key::char('P')], Action::Postmortem, "how its postmortem is written", Some("postmortem")),
    on(Scope::Global, &[Key::char('e')], Action::Export, "screen or table into a file here", Some("export")),
    on(Scope::Global, &[Key::char(':')], Action::Palette, "any action by name; :open 17", Some("actions")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_means_two_things_in_one_scope_and_no_action_has_two_lines_there() {
        let mut keys = HashSet::new();
        let mut actions = HashSet::new();
        for b in TABLE {
            assert!(!b.keys.is_empty() && !b.help.is_empty());
            assert!(actions.insert((b.scope, b.action)), "{:?} is listed twice", b.action);
            for key in b.keys {
                assert!(keys.insert((b.scope, *key)), "{key} is bound twice in {:?}", b.scope);
            }
        }
    }

    #[test]
    fn every_action_has_a_name_of_its_own() {
        let names: HashSet<String> = TABLE.iter().map(|b| b.action.name()).collect();
        let actions: HashSet<Action> = TABLE.iter().map(|b| b.action).collect();
        assert_eq!(names.len(), actions.len());
        assert!(names.contains("next-panel") && names.contains("acknowledge"), "{names:?}");
    }

    #[test]
    fn no_key_is_enter_in_disguise() {
        for b in TABLE {
            assert!(!b.keys.contains(&Key::ctrl('j')) && !b.keys.contains(&Key::ctrl('m')));
        }
    }

    #[test]
    fn keys_are_written_as_people_say_them() {
        let shown: Vec<String> = [Key::char(' '), Key::ctrl('d'), k(Code::PageDown), k(Code::BackTab), Key::char('G')]
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(shown, ["Space", "C-d", "PgDn", "S-Tab", "G"]);
    }
}
