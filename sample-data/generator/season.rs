//! Seasons of traffic: hours of the day and days of the week, and a slow drift on top.

use super::rng::Rng;

/// Relative traffic at each full hour of the local day, in thousandths.
const DAY: [f64; 24] = [
    550.0, 380.0, 280.0, 240.0, 250.0, 330.0, 480.0, 680.0, 850.0, 980.0, 1080.0, 1150.0, 1180.0, 1120.0, 1060.0, 1040.0, 1050.0,
    1080.0, 1150.0, 1300.0, 1450.0, 1420.0, 1180.0, 850.0,
];
/// Relative traffic from Monday to Sunday.
const WEEK: [f64; 7] = [1.0, 0.99, 1.0, 1.01, 1.06, 1.18, 1.12];

/// Traffic of a service.
pub(crate) struct Season {
    /// Events a second on average.
    pub(crate) mean: f64,
    /// Hours that local time is ahead of UTC.
    pub(crate) ahead: i64,
    drift: f64,
}

impl Season {
    pub(crate) fn new(mean: f64, ahead: i64) -> Self {
        Self { mean, ahead, drift: 0.0 }
    }

    /// Expected events in the second that starts at `t`.
    pub(crate) fn rate(&mut self, t: i64, rng: &mut Rng) -> f64 {
        if t % 300 == 0 {
            self.drift = 0.9 * self.drift + 0.01 * rng.normal();
        }
        let local = t + self.ahead * 3600;
        let (hour, part) = (local.rem_euclid(86_400) / 3600, (local.rem_euclid(3600)) as f64 / 3600.0);
        let (this, next) = (DAY[hour as usize], DAY[((hour + 1) % 24) as usize]);
        let weekday = (local.div_euclid(86_400) + 3).rem_euclid(7);
        self.mean * (this + (next - this) * part) / 1000.0 * WEEK[weekday as usize] * (1.0 + self.drift)
    }
}
