//! Calm: a track of which it is sure, without judging it, that a verdict would say nothing new.
//!
//! Whoever walks through months of the past steps over such instants. Sure means: the same state as at the last verdict, that
//! one without a rule that was true, and no tier's long window above its level by whatever came since. Everything else is
//! judged. Deliberately absent: what a verdict holds besides (burn rates, budget), which goes on moving.

use super::{HOUR, Judge, burn, state_of};
use crate::domain::base::Ms;
use crate::domain::judge::TrackState;
use crate::domain::judge::burn::{Scale, TierPlan};
use crate::domain::measure::{Ceiling, Room, Track};

/// What must stay as it is for a track to be calm: its state, and bad events within what all tiers bear.
#[derive(Clone, Copy, Debug)]
pub struct Lull {
    state: TrackState,
    room: Room,
}

impl Lull {
    /// True while it is sure at `at` that the track is calm for everybody whose lull this is. It says no before it says
    /// anything wrong: then judges are to be asked again.
    pub fn lasts(&self, track: &Track, at: Ms) -> bool {
        track.history.has_room(&self.room, at) && state_of(track.sampled_slice(at), track.has_total()) == self.state
    }

    /// Calm for both, of one track.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        (self.state == other.state).then(|| Self { room: self.room.and(other.room), ..self })
    }
}

impl Judge {
    /// A lull when a verdict at `at` would have the state of the last one and no rule in it would be true, held back or
    /// firing.
    pub fn lull(&mut self, track: &Track, at: Ms) -> Option<Lull> {
        let known = self.idle && self.breaches.is_empty();
        let (state, _) = self.state.filter(|_| known)?;
        let (scale, history) = (self.scale, &track.history);
        let mut whole = history.any_room();
        for (plan, room) in self.tiers.iter().zip(&mut self.rooms) {
            if !history.has_room(room, at) {
                *room = renewed(scale, plan, track, at)?;
            }
            whole = whole.and(*room);
        }
        (state_of(track.sampled_slice(at), track.has_total()) == state).then_some(Lull { state, room: whole })
    }

    /// True when a verdict at `at` would have the state of the last one and no rule in it would be true, held back or firing.
    pub fn is_calm(&mut self, track: &Track, at: Ms) -> bool {
        self.lull(track, at).is_some()
    }

    /// The burn rate over an hour at `at`, as a verdict would tell it.
    pub fn hour_burn(&mut self, track: &Track, at: Ms) -> Option<f64> {
        let counts = self.windows[self.hour].read(&track.history, at.floor_to(self.step));
        burn(self.scale, HOUR, &counts)
    }
}

/// What a tier's long window bears from now on. A tier needs both windows; the long one moves less.
fn renewed(scale: Scale, plan: &TierPlan, track: &Track, at: Ms) -> Option<Room> {
    let ceiling = match scale {
        Scale::Ratio(..) => Ceiling::Ratio(plan.long_level),
        Scale::Allowed { .. } => Ceiling::Count(plan.long_level),
        Scale::None => Ceiling::Count(f64::INFINITY),
    };
    track.history.room(plan.long_span, at, ceiling)
}
