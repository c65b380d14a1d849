//! Calm: a track of which it is sure, without judging it, that a verdict would say nothing new.
//!
//! Whoever walks through months of the past steps over such instants. Sure means: the same state as at the last verdict, that
//! one without a rule that was true, and of no tier both windows above their level by whatever came since. Everything else is
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
        let has_traffic = state == TrackState::Ok;
        for (plan, kept) in self.tiers.iter().zip(&mut self.rooms) {
            if !history.has_room(&kept.room, at) || kept.needs_traffic && !has_traffic {
                *kept = renewed(scale, plan, track, (at, has_traffic))?;
            }
            whole = whole.and(kept.room);
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

/// What one of a tier's windows bears.
#[derive(Clone, Copy, Debug)]
pub(super) struct TierRoom {
    room: Room,
    /// It is that of the short window, which says nothing once it has no traffic.
    needs_traffic: bool,
}

impl TierRoom {
    /// Of a tier that was never looked at.
    pub(super) const NONE: Self = Self { room: Room::NONE, needs_traffic: false };
}

/// What one of a tier's windows bears from now on. A tier needs both: the long one moves less, and where it is above, as for days
/// after an incident, the short one tells, as long as there is traffic in it.
fn renewed(scale: Scale, plan: &TierPlan, track: &Track, (at, has_traffic): (Ms, bool)) -> Option<TierRoom> {
    let room = |span, level| {
        let ceiling = match scale {
            Scale::Ratio(..) => Ceiling::Ratio(level),
            Scale::Allowed { .. } => Ceiling::Count(level),
            Scale::None => Ceiling::Count(f64::INFINITY),
        };
        track.history.room(span, at, ceiling)
    };
    let long = room(plan.long_span, plan.long_level).map(|room| TierRoom { room, needs_traffic: false });
    let short = || room(plan.short_span, plan.short_level).map(|room| TierRoom { room, needs_traffic: true });
    long.or_else(|| if has_traffic { short() } else { None })
}
