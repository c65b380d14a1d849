//! `gate --change DIR_OR_FILE`: proposed SLO files against today's over the last period, as Markdown for a pull request.

use super::{GateArgs, time};
use crate::app::{Setup, Wanted, load_options};
use crate::cli::{Exit, Format, Out, look};
use crate::domain::base::{Problem, ProblemLevel, Severity, Span};
use crate::domain::incident::Incident;
use crate::domain::objective::Rulebook;
use crate::domain::review::{Comparison, TrackChange, TrackSide, compare};
use crate::formats;
use crate::words::units::{self, UNKNOWN};
use crate::words::{Zone, escape, time as words_time};
use std::path::Path;
use std::sync::Arc;

/// Most rows of a table; a pull request's comment has a limit.
const MOST_ROWS: usize = 100;

/// Compares, prints, and shuts when it would page too much more.
pub(super) async fn run(args: &GateArgs, path: &Path, setup: &Setup, format: Format, out: &mut Out) -> Exit {
    let proposed = match proposed(args, path, setup, out) {
        Ok(book) => book,
        Err(exit) => return exit,
    };
    let today = setup.with_book(of_same_services(setup.rulebook(), &proposed, path));
    let samples: Vec<_> = args.samples.iter().cloned().collect();
    let past = match setup.past(&samples) {
        Ok(past) => past,
        Err(error) => return super::super::tell(&error, out),
    };
    let times = (
        args.from.as_deref().map_or(Ok(past.end - longest(&today, &proposed)), |from| time("--from", from, past.end, out)),
        time("--to", &args.to, past.end, out),
    );
    let (Ok(from), Ok(to)) = times else { return times.0.err().or(times.1.err()).unwrap_or(Exit::Usage) };
    let wanted = Wanted { from, to, beside: vec![Arc::new(proposed)], ..Wanted::default() };
    let done = match today.backtest(&past, wanted).await {
        Ok(done) => done,
        Err(error) => return super::super::tell(&error, out),
    };
    for error in &done.errors {
        out.error(&error.to_string(), Some("SLOs that need this read have no data in the comparison"));
    }
    let Some(after) = done.beside.first() else { return Exit::Usage };
    let compared = compare(&done.backtest, after);
    if format == Format::Json {
        look::print_json(out, &crate::wire::backtest::what_if(&path.display().to_string(), after, &compared));
    } else {
        let span = words_time::span(done.backtest.to.since(done.backtest.from));
        markdown(&compared, &span, out);
    }
    let more = compared.pages.1.saturating_sub(compared.pages.0);
    let shut = args.max_more_pages.is_some_and(|most| more > most);
    match (done.errors.is_empty(), shut) {
        (_, true) => Exit::No,
        (false, false) => Exit::Unreachable,
        (true, false) => Exit::Fine,
    }
}

/// The proposed rules. Files with errors are no proposal: what is wrong is told.
fn proposed(args: &GateArgs, path: &Path, setup: &Setup, out: &mut Out) -> Result<Rulebook, Exit> {
    let options = load_options(&setup.config);
    let mut book = formats::load(&[path.to_owned()], &options).rulebook;
    let errors: Vec<&Problem> = book.problems.iter().filter(|p| p.level == ProblemLevel::Error).collect();
    for problem in &errors {
        out.say(formats::render::problem(problem, out.talk_color, out.width).trim_end());
    }
    if !errors.is_empty() {
        return Err(Exit::No);
    }
    book.slos.retain(|slo| args.service.is_empty() || args.service.iter().any(|name| slo.is_named(name)));
    if book.slos.is_empty() {
        out.error(&format!("there are no SLOs in {}", path.display()), Some("`--change` names proposed SLO files"));
        return Err(Exit::Usage);
    }
    Ok(book)
}

/// Today's rules. One file is compared with what its services have today, a folder with all.
fn of_same_services(today: &Rulebook, proposed: &Rulebook, path: &Path) -> Rulebook {
    let mut book = today.clone();
    if path.is_file() {
        book.slos.retain(|slo| proposed.slos.iter().any(|p| p.service == slo.service));
    }
    book
}

/// The last period: the longest of both.
fn longest(today: &Setup, proposed: &Rulebook) -> Span {
    let all = today.rulebook().slos.iter().chain(&proposed.slos);
    all.map(|slo| slo.period.span()).max().unwrap_or(Span::from_days(30)).min(Span::from_days(400))
}

fn markdown(compared: &Comparison, span: &str, out: &mut Out) {
    out.line("### SLO change");
    out.line("");
    out.line(&format!("Over the last {span}, by the same samples. {}", crate::cli::backtest::beside::outcome(compared)));
    out.line("");
    out.line("| SLO | target | budget left | P0 | P1 | P2 | held back |");
    out.line("|---|---|---|---|---|---|---|");
    let changed: Vec<&TrackChange> = compared.tracks.iter().filter(|t| !t.is_same()).collect();
    for track in changed.iter().take(MOST_ROWS) {
        out.line(&row(track));
    }
    let same = compared.tracks.len() - changed.len();
    out.line("");
    out.line(&format!("{same} of {} unchanged.", crate::words::plural::counted(compared.tracks.len(), "track", "tracks")));
    incidents("Would page beside today's", &compared.gained, out);
    incidents("Would page no more", &compared.lost, out);
}

fn row(track: &TrackChange) -> String {
    let group = if track.group.is_empty() { String::new() } else { format!(" {}", track.group) };
    let both = |tell: &dyn Fn(&TrackSide) -> String| {
        let [before, after] = [&track.before, &track.after].map(|side| side.as_ref().map_or_else(|| UNKNOWN.into(), tell));
        if before == after { before } else { format!("{before} → {after}") }
    };
    let name = escape::markdown(&format!("{}{group}", track.slo));
    let whether = match (&track.before, &track.after) {
        (None, Some(_)) => " (new)",
        (Some(_), None) => " (removed)",
        _ => "",
    };
    let cells = [
        both(&|side| side.target.map_or_else(|| UNKNOWN.into(), |t| t.to_string())),
        both(&|side| side.remaining.map_or_else(|| UNKNOWN.into(), |r| units::percent(r, 1))),
        both(&|side| side.firings[0].to_string()),
        both(&|side| side.firings[1].to_string()),
        both(&|side| side.firings[2].to_string()),
        both(&|side| side.held_back.to_string()),
    ];
    format!("| {name}{whether} | {} |", cells.join(" | "))
}

fn incidents(title: &str, list: &[Arc<Incident>], out: &mut Out) {
    if list.is_empty() {
        return;
    }
    out.line("");
    out.line(&format!("{title}:"));
    out.line("");
    for incident in list.iter().take(MOST_ROWS) {
        let m = incident.milestones;
        let at = m.impact_start.or(m.detected).map_or_else(|| UNKNOWN.into(), |at| Zone::Utc.full(at));
        let severity = incident.peak_severity.map_or(UNKNOWN, Severity::name);
        out.line(&format!("- {severity} {} from {at}", escape::markdown(&incident.service)));
    }
}
