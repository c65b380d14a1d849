//! `tui`: the dashboard, over its own engine and the same ledger as a running watch.
//!
//! The engine here pages nobody. It records while no watch leads the ledger, and gives way to one that starts; with
//! `--watch-only` it records nothing by itself. People's orders go into the ledger in any case.

use super::attach::{self, AttachArgs};
use super::out::ColorChoice;
use super::{Common, Exit, Out, times};
use crate::app::dashboards::{example, follow};
use crate::app::desk::{no_ledger, open_existing_ledger};
use crate::app::late::late_desk;
use crate::app::watch::{Duty, House, Plan, follow_later};
use crate::app::{Setup, SetupError, logging};
use crate::chart::Charset;
use crate::chart::svg::Grid;
use crate::config::{self, Config, Overrides, ScreenSettings};
use crate::domain::base::{IncidentId, Language, Ms, Problem, Text};
use crate::domain::view::{Dashboards, FilmAsk, Snapshot};
use crate::ports::Desk;
use crate::tui::pixels::{advice, few};
use crate::tui::{self, Depth, Ended, Glyphs, Ground, Kept, Keymap, Look, Screen, TuiOptions, Wanted, Wishes};
use crate::words::escape;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Arguments of `tui`.
#[derive(Clone, Debug, Args)]
pub struct TuiArgs {
    /// Evaluate once, print the screen and end
    #[arg(long)]
    pub once: bool,
    /// One line for each change instead of screens, as for screen readers and logs; what happens where stdout is no terminal
    /// or `TERM=dumb`
    #[arg(long, conflicts_with = "once")]
    pub plain: bool,
    /// Look only: record nothing, even while no watch does
    #[arg(long)]
    pub watch_only: bool,
    /// Replay an incident of the ledger (17), or a stretch of time (30m, or FROM..TO)
    #[arg(long, value_name = "WHAT", conflicts_with = "once")]
    pub replay: Option<String>,
    /// Replay a recording (OpenMetrics with timestamps, plain or .zst) instead of Prometheus' past
    #[arg(long, value_name = "FILE", conflicts_with = "once")]
    pub samples: Vec<PathBuf>,
    /// A watch elsewhere.
    #[command(flatten)]
    pub attached: AttachArgs,
    /// How screens are printed.
    #[command(flatten)]
    pub look: ScreenArgs,
}

/// How a screen is printed or drawn.
#[derive(Clone, Debug, Args)]
pub struct ScreenArgs {
    /// Form of a printed screen
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub export: Export,
    /// Columns and rows of a printed screen
    #[arg(long, default_value = "120x36", value_name = "WxH", value_parser = size)]
    pub size: (u16, u16),
    /// Characters to draw with: `narrow` for terminals that draw blocks and lines two columns wide [default: unicode where
    /// the locale is UTF-8, else ascii]
    #[arg(long, value_enum, env = "BURNLEDGER_GLYPHS", value_name = "SET")]
    pub glyphs: Option<GlyphSet>,
    /// Colours [default: `theme` of the configuration, or dark]
    #[arg(long, value_enum, env = "BURNLEDGER_THEME", value_name = "GROUND")]
    pub theme: Option<ThemeName>,
    /// How many colours the terminal has [default: as COLORTERM, TERM and the terminal database say; none under NO_COLOR]
    #[arg(long, value_enum, env = "BURNLEDGER_COLORS", value_name = "DEPTH")]
    pub colors: Option<DepthName>,
    /// Language of the screens [default: `language` of the configuration, else the locale's]
    #[arg(long, alias = "lang", value_enum, env = "BURNLEDGER_LANGUAGE", value_name = "LANGUAGE")]
    pub language: Option<Tongue>,
    /// The mouse selects and scrolls (the terminal's own selection then needs Shift)
    #[arg(long)]
    pub mouse: bool,
    /// Your name, for the ledger [default: $USER]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Sets of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GlyphSet {
    /// Blocks, braille and lines.
    Unicode,
    /// Braille and ASCII: nothing whose width is disputed.
    Narrow,
    /// No byte above 127.
    Ascii,
}

/// Languages of screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tongue {
    /// English.
    En,
    /// Chinese; English where the characters are ASCII.
    Zh,
}

impl From<Tongue> for Language {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::En => Self::En,
            Tongue::Zh => Self::Zh,
        }
    }
}

/// Depths of colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DepthName {
    /// 24 bits: what ssh does not tell.
    Truecolor,
    /// The cube of 256.
    #[value(name = "256")]
    Cube,
    /// The 16 named ones, as the terminal's theme draws them.
    #[value(name = "16")]
    Named,
    /// None: bold, dim and reverse.
    Mono,
}

impl From<DepthName> for Depth {
    fn from(name: DepthName) -> Self {
        match name {
            DepthName::Truecolor => Self::TrueColor,
            DepthName::Cube => Self::Ansi256,
            DepthName::Named => Self::Ansi16,
            DepthName::Mono => Self::Mono,
        }
    }
}

/// Grounds of terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ThemeName {
    /// Light letters on dark.
    Dark,
    /// Dark letters on light.
    Light,
    /// Dark, and nothing dim.
    HighContrast,
    /// As COLORFGBG says, else as the terminal answers.
    Auto,
}

/// Forms of a printed screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Export {
    /// Plain text.
    #[default]
    Text,
    /// A picture.
    Svg,
    /// A picture in pixels, drawn with the fonts of this machine.
    Png,
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    parts
        .filter(|(w, h)| (1..=500).contains(w) && (1..=200).contains(h))
        .ok_or_else(|| "write a size as 120x36, at most 500x200".into())
}

/// Runs the verb.
pub async fn run(args: &TuiArgs, common: &Common, out: &mut Out) -> Exit {
    // The file of settings is small; SLO files, ledger and source are read behind the first picture.
    let config = match config::load(&common.overrides(), &|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(problems) => return super::tell(&SetupError::Problems(problems), out),
    };
    // A line on standard error would tear the picture, so what there is to log goes to a file beside the ledger.
    let _log = config.ledger.parent().and_then(logging::to_file);
    match show(args, common, &config, out).await {
        Ok(exit) => exit,
        Err(error) => super::tell(&error, out),
    }
}

async fn show(args: &TuiArgs, common: &Common, config: &Config, out: &mut Out) -> Result<Exit, SetupError> {
    let options = whole(&args.look, common, config)?;
    if let Some(desk) = args.attached.desk()? {
        return attach::show(desk, args, with_dashboards(options, config, true), out).await;
    }
    if !args.samples.is_empty() || args.replay.is_some() {
        return replay(&load(common).await?, args, options, out).await;
    }
    let duty = if args.watch_only || args.once { Duty::Looks } else { Duty::Records };
    if args.once {
        let raised = raise(common.overrides(), duty).await?;
        let snapshot = first_evaluation(&raised.house).await;
        let exit = print(&snapshot, raised.house.clock.now(), Screen::Overview, &args.look, options.look, out);
        raised.end().await;
        return Ok(exit);
    }
    if args.plain || !out.shows_screens() {
        let raised = raise(common.overrides(), duty).await?;
        let exit = super::plain::follow(raised.house.snapshots.clone(), &options.look, out).await;
        raised.end().await;
        return exit;
    }
    live(with_dashboards(options, config, false), common, duty).await
}

/// The dashboard, at once; its house is raised behind it.
async fn live(options: TuiOptions, common: &Common, duty: Duty) -> Result<Exit, SetupError> {
    let (desk, opening) = late_desk();
    let overrides = common.overrides();
    let raising = tokio::spawn(async move {
        let raised = raise(overrides, duty).await;
        match &raised {
            Ok(raised) => drop(tokio::spawn(opening.open(Arc::new(raised.house.desk("tui"))))),
            Err(error) => opening.fail(error),
        }
        raised
    });
    let shown = show_desk(Arc::new(desk), options).await;
    if !raising.is_finished() {
        raising.abort();
    }
    match raising.await {
        Ok(Ok(raised)) => raised.end().await,
        Ok(Err(error)) => return Err(shown.err().unwrap_or(error)),
        // A person left before it stood.
        Err(_) => {}
    }
    shown
}

/// A house that follows its files.
struct Raised {
    house: House,
    following: JoinHandle<()>,
}

impl Raised {
    async fn end(self) {
        self.following.abort();
        self.house.stop().await;
    }
}

/// Reads everything and raises the house.
async fn raise(overrides: Overrides, duty: Duty) -> Result<Raised, SetupError> {
    let setup = read(overrides).await?;
    let (plan, history) = (Plan::without_pages(&setup, duty).await?, setup.history(false).await);
    let setup = setup.measured(&plan.source).await;
    let plan = Plan { book: Arc::clone(setup.rulebook()), ..plan };
    let (rules, follower) = follow_later(&setup);
    let follower = follower.looking(Arc::clone(&plan.source), None);
    let house = House::raise_keeping(plan, rules, history).await?;
    Ok(Raised { house, following: follower.start(None) })
}

async fn load(common: &Common) -> Result<Setup, SetupError> {
    read(common.overrides()).await
}

/// Reading hundreds of files takes its time; the screen does not wait for it.
async fn read(overrides: Overrides) -> Result<Setup, SetupError> {
    let broken = |e| SetupError::Other { what: format!("the files could not be read: {e}"), hint: None };
    tokio::task::spawn_blocking(move || Setup::load(&overrides)).await.map_err(broken)?
}

/// The past, without an engine beside it.
async fn replay(setup: &Setup, args: &TuiArgs, options: TuiOptions, out: &mut Out) -> Result<Exit, SetupError> {
    let past = setup.past(&args.samples)?;
    let ask = film_ask(args.replay.as_deref().unwrap_or("6h"), past.end)?;
    let needs_ledger = matches!(ask, FilmAsk::Incident(_));
    let ledger = if needs_ledger { open_existing_ledger(&setup.config.ledger).await? } else { no_ledger() };
    let desk: Arc<dyn Desk> = Arc::new(setup.film_desk(&past, ledger));
    show_replay(desk, ask, args.plain, options, out).await
}

/// A replay as screens or, where nobody could see them, as lines.
pub(super) async fn show_replay(
    desk: Arc<dyn Desk>,
    ask: FilmAsk,
    plain: bool,
    options: TuiOptions,
    out: &mut Out,
) -> Result<Exit, SetupError> {
    if plain || !out.shows_screens() {
        return super::plain::replay(&*desk, ask, &options.look, out).await;
    }
    // A replay leaves the next session's state alone.
    show_desk(desk, TuiOptions { replay: Some(ask), state: None, ..options }).await
}

/// What is to be replayed: an incident's number, a duration back from the end, or two times.
pub(super) fn film_ask(text: &str, end: Ms) -> Result<FilmAsk, SetupError> {
    let no = |why: String| SetupError::Other {
        what: format!("--replay: {why}"),
        hint: Some("write an incident's number (17), a duration back from the end (2h), or FROM..TO".into()),
    };
    if let Some(id) = IncidentId::parse(text) {
        return Ok(FilmAsk::Incident(id));
    }
    let (from, to) = text.split_once("..").unwrap_or((text, "now"));
    let (from, to) = (times::parse(from, end).map_err(no)?, times::parse(to, end).map_err(no)?);
    if from >= to {
        return Err(no("the stretch is empty".into()));
    }
    Ok(FilmAsk::Stretch { from, to })
}

/// The first snapshot that holds verdicts, or the present one when none comes in half a minute.
async fn first_evaluation(house: &House) -> Arc<Snapshot> {
    let mut snapshots = house.snapshots.clone();
    let judged = snapshots.wait_for(|s| s.at.is_some());
    let _ = tokio::time::timeout(Duration::from_secs(30), judged).await;
    Arc::clone(&house.snapshots.borrow())
}

/// Prints a screen that nobody looks at in a terminal; a PNG that cannot be drawn is told.
pub fn print(
    snapshot: &Arc<Snapshot>,
    now: crate::domain::base::Now,
    screen: Screen,
    args: &ScreenArgs,
    look: Look,
    out: &mut Out,
) -> Exit {
    match args.export {
        Export::Text => out.text(&tui::text(snapshot, screen, now, args.size, look)),
        Export::Svg => out.text(&tui::picture(snapshot, screen, now, args.size, look)),
        Export::Png => return print_pixels(&tui::pictured(snapshot, screen, now, args.size, look), out),
    }
    Exit::Fine
}

/// A PNG is bytes: a terminal gets none of them, and what its fonts lack is said beside it.
fn print_pixels(grid: &Grid, out: &mut Out) -> Exit {
    if out.is_terminal {
        out.error("a PNG is nothing for a terminal", Some("send it into a file: `--export png > screen.png`"));
        return Exit::Usage;
    }
    match tui::png(grid) {
        Ok(drawn) => {
            out.bytes(&drawn.bytes);
            if !drawn.lacking.is_empty() {
                let (some, package) = (escape::terminal(&few(&drawn.lacking)), advice(&drawn.lacking));
                out.say(&format!("no font of this machine has {some}: boxes stand for them (Debian: {package})"));
            }
            Exit::Fine
        }
        Err(why) => {
            out.error(&why, Some("`--export svg` and `--export text` need no fonts"));
            Exit::Usage
        }
    }
}

/// How screens look where no configuration is read.
pub fn look(args: &ScreenArgs, common: &Common) -> Look {
    options(args, common).look
}

/// Shows the dashboard of a house until a person leaves.
///
/// # Errors
/// There is no terminal, or it cannot be used.
pub async fn dashboard(house: &House, source: &str, args: &ScreenArgs, common: &Common) -> Result<Exit, SetupError> {
    let dashboards = Some(match &common.dashboards {
        Some(folder) => follow(folder.clone(), true, None, crate::app::machine_clock()),
        None => given(example()),
    });
    show_desk(Arc::new(house.desk(source)), TuiOptions { dashboards, ..options(args, common) }).await
}

/// With the dashboards of this machine's files, wherever the numbers come from; a watch elsewhere has sources of its own.
fn with_dashboards(options: TuiOptions, config: &Config, elsewhere: bool) -> TuiOptions {
    let sources = (!elsewhere).then(|| config.sources.keys().cloned().collect());
    let (folder, must_be) = (config.dashboards.clone(), config.has_named_dashboards());
    TuiOptions { dashboards: Some(follow(folder, must_be, sources, crate::app::machine_clock())), ..options }
}

/// Dashboards that never change.
fn given(dashboards: Dashboards) -> watch::Receiver<Arc<Dashboards>> {
    watch::channel(Arc::new(dashboards)).1
}

pub(super) async fn show_desk(desk: Arc<dyn Desk>, options: TuiOptions) -> Result<Exit, SetupError> {
    match tui::run(desk, crate::app::machine_clock(), options).await {
        Ok(Ended::Quit) => Ok(Exit::Fine),
        Ok(Ended::Interrupted | Ended::TerminalGone) => Ok(Exit::Interrupted),
        Err(error) => Err(SetupError::Other {
            what: error.to_string(),
            hint: Some("`tui --plain`, `tui --once`, `status` and `demo --headless` print without a terminal".into()),
        }),
    }
}

/// How screens look: as options say, else the configuration, else the environment.
fn options(args: &ScreenArgs, common: &Common) -> TuiOptions {
    settled(args, common, &ScreenSettings::default(), Keymap::default())
}

fn settled(args: &ScreenArgs, common: &Common, written: &ScreenSettings, keys: Keymap) -> TuiOptions {
    let color = match common.color {
        ColorChoice::Auto => Wanted::Auto,
        ColorChoice::Always => Wanted::Always,
        ColorChoice::Never => Wanted::Never,
    };
    let charset = args.glyphs.map(|set| match set {
        GlyphSet::Unicode => Charset::Unicode,
        GlyphSet::Narrow => Charset::Narrow,
        GlyphSet::Ascii => Charset::Ascii,
    });
    let charset = charset.or_else(|| written.glyphs.and_then(Glyphs::parse));
    let env = |name: &str| std::env::var(name).ok();
    let named = |theme: &str| ThemeName::from_str(theme, true).ok();
    let ground = match args.theme.or_else(|| written.theme.and_then(named)).unwrap_or(ThemeName::Dark) {
        ThemeName::Dark => Some(Ground::Dark),
        ThemeName::Light => Some(Ground::Light),
        ThemeName::HighContrast => Some(Ground::HighContrast),
        ThemeName::Auto => None,
    };
    let mouse = args.mouse || written.mouse;
    let language = args.language.map(Language::from).or(written.language);
    let wishes = Wishes {
        color,
        depth: args.colors.map(Depth::from),
        charset,
        ground,
        language,
        mouse,
        bell: written.bell,
        keys,
        who: args.by.as_deref().map(Text::from),
        ..Wishes::default()
    };
    let causes = config::ROOT_CAUSES.map(Text::from).to_vec();
    TuiOptions { causes, ..TuiOptions::resolve(wishes, &env) }
}

/// The look of a dashboard over a real house: also the configuration's keys, and the state that the last session left.
fn whole(args: &ScreenArgs, common: &Common, config: &Config) -> Result<TuiOptions, SetupError> {
    let written = &config.screen;
    let wishes: Vec<(&str, &str)> = written.keys.iter().map(|k| (&*k.action, &*k.key)).collect();
    let keys = Keymap::of(&wishes).map_err(|wrong| {
        let problem = |(i, what, hint): (usize, String, String)| {
            let problem = Problem::error("bad-key", what).hint(hint);
            match written.keys.get(i) {
                Some(setting) => problem.at(setting.place.clone()),
                None => problem,
            }
        };
        SetupError::Problems(wrong.into_iter().map(problem).collect())
    })?;
    // Beside the ledger that is used when nobody names one: in the XDG state folder.
    let state =
        config::default_ledger(&|name| std::env::var(name).ok()).parent().filter(|p| p.is_absolute()).map(Path::to_path_buf);
    let kept = state.as_ref().map(|folder| Kept::load(&folder.join(tui::STATE))).unwrap_or_default();
    let causes = config.root_causes.clone();
    Ok(TuiOptions { kept, state, causes, ..settled(args, common, written, keys) })
}
