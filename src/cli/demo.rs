//! `demo`: plays a recorded incident. Headless it prints events as they happen and ends with the report.

use super::tui::{self, ScreenArgs};
use super::{Common, Exit, Format, Out};
use crate::app::SetupError;
use crate::app::demo::{BUILT_IN, Demo, Happening, SCENARIOS, worst};
use crate::app::watch::{House, fixed_rules};
use crate::domain::base::Language;
use crate::domain::review::{Beside, PostmortemFacts};
use crate::report;
use crate::tui::Screen;
use crate::words;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Arguments of `demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Print events as they happen and end with the report, instead of the dashboard
    #[arg(long)]
    pub headless: bool,
    /// How many times as fast as it was, or `max` [default: 60; headless and pictures: max]
    #[arg(long, value_name = "N")]
    pub speed: Option<String>,
    /// What to play: connection-pool, read-only-primary, resize-storm
    #[arg(long, value_name = "NAME", default_value = BUILT_IN)]
    pub scenario: String,
    /// Stop playing here: RFC 3339, or a duration back from the end of the recording (`1h`)
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Print this screen at the end, instead of events and the report
    #[arg(long, value_enum, value_name = "SCREEN")]
    pub picture: Option<Picture>,
    /// How screens are printed.
    #[command(flatten)]
    pub look: ScreenArgs,
    /// The folder of the sample data, for scenarios that are not inside the program
    #[arg(long, value_name = "DIR", default_value = "sample-data")]
    pub data: PathBuf,
}

/// Which screen is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Picture {
    /// All SLOs.
    Overview,
    /// The worst incident.
    Incident,
}

impl From<Picture> for Screen {
    fn from(picture: Picture) -> Self {
        match picture {
            Picture::Overview => Self::Overview,
            Picture::Incident => Self::Incident,
        }
    }
}

/// As fast as a dashboard can follow.
const FASTEST: f64 = 3600.0;

/// How fast.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Speed {
    Max,
    Times(f64),
}

/// Runs the verb.
pub async fn run(args: &DemoArgs, common: &Common, out: &mut Out) -> Exit {
    let speed = match speed(args) {
        Ok(speed) => speed,
        Err(why) => {
            out.error(&why, Some("`--speed 60` is sixty times as fast as it was, `--speed max` does not wait at all"));
            return Exit::Usage;
        }
    };
    match play(args, speed, common, out).await {
        Ok(exit) => exit,
        Err(error) => super::tell(&error, out),
    }
}

fn speed(args: &DemoArgs) -> Result<Speed, String> {
    match args.speed.as_deref() {
        None if args.headless || args.picture.is_some() => Ok(Speed::Max),
        None => Ok(Speed::Times(60.0)),
        Some("max") => Ok(Speed::Max),
        Some(text) => match text.parse::<f64>() {
            Ok(times) if times.is_finite() && (0.01..=100_000.0).contains(&times) => Ok(Speed::Times(times)),
            _ => Err(format!("`{}` is no speed", words::escape::terminal(text))),
        },
    }
}

async fn play(args: &DemoArgs, speed: Speed, common: &Common, out: &mut Out) -> Result<Exit, SetupError> {
    let demo = Demo::load(&args.scenario, &args.data)?;
    match (args.headless || args.picture.is_some(), speed) {
        (true, speed) => headless(&demo, args, speed, common, out).await,
        (false, speed) => dashboard(&demo, args, speed, common, out).await,
    }
}

/// The dashboard over the recording; what is there when a person leaves is told.
async fn dashboard(demo: &Demo, args: &DemoArgs, speed: Speed, common: &Common, out: &mut Out) -> Result<Exit, SetupError> {
    if out.is_dumb {
        let (what, hint) = ("TERM=dumb: this terminal takes lines and shows no screens", "`demo --headless` tells it in lines");
        return Err(SetupError::Other { what: what.into(), hint: Some(hint.into()) });
    }
    let times = match speed {
        Speed::Max => FASTEST,
        Speed::Times(times) => times,
    };
    let ledger = Demo::ledger(common.ledger.as_ref()).await?;
    let rules = fixed_rules(&demo.book);
    let plan = demo.scaled(ledger, times);
    let house = House::raise(plan, rules.subscribe()).await?;
    let exit = tui::dashboard(&house, "demo", &args.look, common).await;
    let kept = common.ledger.as_ref().map(|path| path.display().to_string());
    house.stop().await;
    if let (Some(path), Ok(_)) = (kept, &exit) {
        out.say(&format!("the ledger is kept: burnledger incidents list --ledger {path}"));
    }
    exit
}

async fn headless(demo: &Demo, args: &DemoArgs, speed: Speed, common: &Common, out: &mut Out) -> Result<Exit, SetupError> {
    let ledger = Demo::ledger(common.ledger.as_ref()).await?;
    let until = match args.until.as_deref().map(|text| super::times::parse(text, demo.to)).transpose() {
        Ok(until) => until,
        Err(why) => return Err(SetupError::Other { what: format!("--until: {why}"), hint: None }),
    };
    // A picture alone is printed where one was asked for.
    let talk = Talk { format: common.format, quiet: args.picture.is_some() };
    let about = SCENARIOS.iter().find(|(name, _)| **name == *demo.name).map_or("", |(_, about)| about);
    let (from, to) = (words::Zone::Utc.full(demo.from), words::Zone::Utc.full(until.unwrap_or(demo.to)));
    talk.say(&format!("{}: {about}", demo.name), out);
    talk.say(&format!("the days before {from} are history; playing to {to}"), out);
    talk.say("", out);
    let step = demo.book.timing.step.secs_f64();
    let pause = match speed {
        Speed::Max => None,
        Speed::Times(times) => Some(Duration::from_secs_f64(step / times)),
    };
    let played = demo.play(Arc::clone(&ledger), until, pause, |news| talk.tell(&news, out)).await?;
    if let Some(error) = &played.snapshot.ledger_error {
        out.error(error, Some("`--ledger PATH` names another file; without it the demo keeps its ledger in memory"));
        return Ok(Exit::Ledger);
    }
    if let Some(screen) = args.picture {
        return Ok(tui::print(&played.snapshot, played.now, screen.into(), &args.look, tui::look(&args.look, common), out));
    }
    let Some(incident) = worst(&played.incidents) else {
        out.error("nothing happened in this recording", None);
        return Ok(Exit::No);
    };
    talk.say("", out);
    let beside = Beside { burn: played.burn, slos: demo.book.slos.clone(), rulebook: Some(demo.book.hash.clone()) };
    let facts = PostmortemFacts::of(&incident, beside);
    match common.format {
        Format::Json => match report::json(report::Subject::Incident(&facts)) {
            Ok(text) => out.line(&text),
            Err(error) => out.error(&format!("the report could not be written: {error}"), None),
        },
        _ => out.text(&report::markdown(report::Subject::Incident(&facts), words::Zone::Utc, Language::En)),
    }
    Ok(Exit::Fine)
}

/// How events are told: as data, but as talk where JSON was asked for, as then the report alone is data.
struct Talk {
    format: Format,
    quiet: bool,
}

impl Talk {
    fn say(&self, line: &str, out: &mut Out) {
        match self.format {
            _ if self.quiet => {}
            Format::Json => out.say(line),
            _ => out.line(line),
        }
        out.flush();
    }

    fn tell(&self, news: &Happening<'_>, out: &mut Out) -> bool {
        for entry in news.entries {
            let sentence = words::timeline::sentence(entry, words::Zone::Utc);
            self.say(&format!("{}  {}  {sentence}", words::Zone::Utc.clock(entry.at), entry.incident), out);
        }
        for line in news.pages.lines() {
            self.say(&format!("          {line}"), out);
        }
        !out.is_closed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        demo: DemoArgs,
    }

    #[test]
    fn what_nobody_watches_is_not_played_in_real_time() {
        let of = |args: &[&str]| speed(&Line::parse_from([&["demo"], args].concat()).demo);
        assert_eq!(of(&[]), Ok(Speed::Times(60.0)));
        assert_eq!(of(&["--picture", "overview"]), Ok(Speed::Max));
        assert_eq!(of(&["--headless"]), Ok(Speed::Max));
        assert_eq!(of(&["--headless", "--speed", "600"]), Ok(Speed::Times(600.0)));
        assert_eq!(of(&["--speed", "0"]), Err("`0` is no speed".into()));
    }
}
