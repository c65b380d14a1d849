//! The state of the link to the data, as the header names it, and the age of what is shown.

use super::Model;
use crate::domain::base::{Ms, Span};
use crate::domain::view::{Role, Snapshot, SourceHealth, SourceState};
use crate::words::time;

/// How grave a state is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Fine,
    /// Worth a look.
    Watch,
    /// Wrong.
    Bad,
}

/// The link's state.
#[derive(Clone, Debug, PartialEq)]
pub enum Link {
    /// Nothing came yet, for so long.
    Connecting(Span),
    /// History is being read: done, all.
    Filling(usize, usize),
    /// New data comes.
    Live,
    /// No judgement came for so long, although it should have: a read hangs. Values are those of the last one.
    Late(Span),
    /// A source fails, data is still young.
    Failing,
    /// Data is old.
    Stale,
    /// The person holds the picture since then, so long ago.
    Frozen(Ms, Span),
    /// Recorded samples are played, at this speed where there is one.
    Replay(Option<f64>),
    /// The recording has ended.
    Ended,
    /// The engine behind the screen is gone.
    CutOff,
    /// The program elsewhere that this screen is attached to cannot be reached.
    Lost,
}

/// No snapshot for so long means that the engine does not run; steps of up to two minutes are no silence.
const SILENCE: Span = Span::from_secs(150);

impl Link {
    /// The state of what `model` shows.
    pub fn of(model: &Model) -> Self {
        if let Some(replay) = model.replay.as_ref().filter(|r| r.film().is_some()) {
            return Self::Replay(replay.is_running().then(|| replay.times()));
        }
        if let Some(frozen) = &model.frozen {
            return Self::Frozen(frozen.at, model.live_wall().since(frozen.at));
        }
        Self::now(model)
    }

    /// The state as it is now, even over a held picture.
    pub fn now(model: &Model) -> Self {
        if model.is_film_alone() {
            return Self::Replay(None);
        }
        if model.cut_off {
            return Self::CutOff;
        }
        if model.live.as_ref().and_then(|s| s.attached.as_ref()).is_some_and(|a| a.lost.is_some()) {
            return Self::Lost;
        }
        let waited = Span(model.now.mono.0.saturating_sub(model.started.0).cast_signed());
        let Some(snapshot) = &model.live else { return Self::Connecting(waited) };
        match snapshot.role {
            Role::Replaying if snapshot.ended => return Self::Ended,
            Role::Replaying if snapshot.at.is_some() => return Self::Replay(snapshot.speed),
            _ => {}
        }
        Self::of_sources(model, snapshot, waited)
    }

    fn of_sources(model: &Model, snapshot: &Snapshot, waited: Span) -> Self {
        let any = |test: fn(&SourceState) -> bool| snapshot.sources.iter().any(|s| test(&s.state));
        let filling = snapshot.sources.iter().find_map(|s| match s.state {
            SourceState::Filling { done, all } => Some(Self::Filling(done, all)),
            _ => None,
        });
        let failing = any(|s| matches!(s, SourceState::Failing { .. }));
        if snapshot.at.is_none() {
            return if failing { Self::Failing } else { filling.unwrap_or(Self::Connecting(waited)) };
        }
        let silent = snapshot.role != Role::Replaying && model.now.wall.since(snapshot.made) > SILENCE;
        if silent || snapshot.slos.iter().any(|row| row.stale) {
            Self::Stale
        } else if failing {
            Self::Failing
        } else if let Some(waited) = model.overdue() {
            Self::Late(waited)
        } else {
            filling.unwrap_or(Self::Live)
        }
    }

    /// As the header says it.
    pub fn words(&self, model: &Model) -> String {
        let w = model.look.words;
        match self {
            Self::Connecting(waited) => w.fill("CONNECTING {}", &[&time::span(*waited)]),
            Self::Filling(done, all) => w.fill("FILLING {}/{}", &[done, all]),
            Self::Live => w.say("LIVE").into(),
            Self::Late(waited) => w.fill("LATE {}", &[&time::span(*waited)]),
            Self::Failing => w.say("FAILING").into(),
            Self::Stale => w.say("STALE").into(),
            Self::Frozen(at, ago) => w.fill("FROZEN at {} (+{})", &[&model.look.zone.clock(*at), &time::span(*ago)]),
            Self::Replay(None) => w.say("REPLAY").into(),
            Self::Replay(Some(speed)) => w.fill("REPLAY {}x", &[&crate::words::units::number(*speed)]),
            Self::Ended => w.say("REPLAY ENDED").into(),
            Self::CutOff => w.say("ENGINE GONE").into(),
            Self::Lost => w.say("CUT OFF").into(),
        }
    }

    /// How grave it is.
    pub const fn tone(&self) -> Tone {
        match self {
            Self::Live | Self::Replay(_) | Self::Ended => Tone::Fine,
            Self::Connecting(_) | Self::Filling(..) | Self::Frozen(..) => Tone::Watch,
            Self::Late(_) | Self::Failing | Self::Stale | Self::CutOff | Self::Lost => Tone::Bad,
        }
    }
}

/// The age of the data that is shown.
pub fn age(model: &Model) -> Option<Span> {
    let through = model.shown()?.data_through?;
    Some(model.wall().since(through))
}

/// Sources that fail now.
pub fn failing(snapshot: &Snapshot) -> impl Iterator<Item = &SourceHealth> {
    snapshot.sources.iter().filter(|s| matches!(s.state, SourceState::Failing { .. }))
}
