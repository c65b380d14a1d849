//! Shares of incidents, with Wilson's interval and the target they are held against.

/// Which share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShareKind {
    /// Changes that an incident of their service followed within an hour.
    ChangeFailure,
    /// Detected before users were hurt.
    Proactive,
    /// Acknowledged by a person within 5 minutes of the first page.
    AcknowledgedIn5,
    /// Users served again within 30 minutes.
    MitigatedIn30,
    /// Ended ones with a postmortem.
    WithPostmortem,
    /// Incidents that a change caused, as far as anybody can say.
    ChangeCaused,
}

impl ShareKind {
    /// All, in the order of screens and JSON.
    pub const ALL: [Self; 6] = [
        Self::ChangeFailure,
        Self::Proactive,
        Self::AcknowledgedIn5,
        Self::MitigatedIn30,
        Self::WithPostmortem,
        Self::ChangeCaused,
    ];

    /// Its name in JSON and under `targets:` in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChangeFailure => "change_failure_rate",
            Self::Proactive => "found_proactively",
            Self::AcknowledgedIn5 => "acknowledged_in_5m",
            Self::MitigatedIn30 => "mitigated_in_30m",
            Self::WithPostmortem => "with_postmortem",
            Self::ChangeCaused => "change_caused",
        }
    }

    /// Less is better.
    pub const fn at_most(self) -> bool {
        matches!(self, Self::ChangeFailure | Self::ChangeCaused)
    }
}

/// Targets for shares, from the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Targets([Option<f64>; 6]);

impl Targets {
    /// The target of a share, 0 to 1.
    pub const fn get(&self, kind: ShareKind) -> Option<f64> {
        self.0[kind as usize]
    }

    /// Sets it.
    pub const fn set(&mut self, kind: ShareKind, target: f64) {
        self.0[kind as usize] = Some(target);
    }
}

/// How a share stands to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The whole interval is on the right side.
    Met,
    /// The whole interval is on the wrong side.
    Missed,
    /// The share is on the right side, its interval is not.
    MetNotProven,
    /// The share is on the wrong side, its interval is not.
    MissedNotProven,
}

impl Standing {
    /// In a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::MetNotProven => "met, not proven",
            Self::MissedNotProven => "missed, not proven",
        }
    }
}

/// A share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareStats {
    /// Which.
    pub kind: ShareKind,
    /// How many did.
    pub k: u64,
    /// Of how many of which it is known.
    pub n: u64,
    /// The target, when one is set.
    pub target: Option<f64>,
}

impl ShareStats {
    /// `k / n`; absent when nothing is known.
    pub fn share(&self) -> Option<f64> {
        (self.n > 0).then(|| self.k as f64 / self.n as f64)
    }

    /// Wilson's 95 % interval.
    pub fn interval(&self) -> Option<(f64, f64)> {
        wilson(self.k, self.n)
    }

    /// How it stands to its target.
    pub fn standing(&self) -> Option<Standing> {
        let (share, (low, high), target) = (self.share()?, self.interval()?, self.target?);
        let good = |value: f64| if self.kind.at_most() { value <= target } else { value >= target };
        Some(match (good(share), good(low) && good(high)) {
            (true, true) => Standing::Met,
            (true, false) => Standing::MetNotProven,
            (false, _) if !good(low) && !good(high) => Standing::Missed,
            (false, _) => Standing::MissedNotProven,
        })
    }
}

/// Wilson's (1927) 95 % score interval of `k` of `n`. `None` for none.
pub fn wilson(k: u64, n: u64) -> Option<(f64, f64)> {
    const Z: f64 = 1.959_963_985;
    if n == 0 {
        return None;
    }
    let (count, n) = (k as f64, n as f64);
    let p = count / n;
    let middle = p + Z * Z / (2.0 * n);
    let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    // At the ends the bound is the end itself; rounding would miss it by a hair.
    let low = if k == 0 { 0.0 } else { (middle - reach) / scale };
    let high = if count == n { 1.0 } else { (middle + reach) / scale };
    Some((low, high))
}
