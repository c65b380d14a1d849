//! The recent past slice by slice: bucket increases for quantiles, values for threshold SLIs. Rings, an hour or more deep.

use super::bytes::{Reader, Writer};

/// More bounds than any histogram has; the rest is left out of quantiles.
const MAX_BOUNDS: usize = 400;

/// The value of every slice.
#[derive(Clone, Debug)]
pub(super) struct Values {
    depth: usize,
    rows: Vec<(i64, f64)>,
}

impl Values {
    pub(super) const fn new(depth: usize) -> Self {
        Self { depth, rows: Vec::new() }
    }

    /// Sets the value of slice `k`, unless its place holds a newer one.
    pub(super) fn put(&mut self, k: i64, value: f64) {
        if self.rows.is_empty() {
            self.rows = vec![(i64::MIN, 0.0); self.depth];
        }
        let row = &mut self.rows[k.rem_euclid(self.depth as i64) as usize];
        if row.0 <= k {
            *row = (k, value);
        }
    }

    pub(super) fn save(&self, to: &mut Writer) {
        let rows: Vec<&(i64, f64)> = self.rows.iter().filter(|(k, _)| *k != i64::MIN).collect();
        to.list(rows.into_iter(), |to, (k, value)| {
            to.int(*k);
            to.float(*value);
        });
    }

    pub(super) fn load(depth: usize, from: &mut Reader<'_>) -> Option<Self> {
        let mut values = Self::new(depth);
        from.list(|from| Some((from.int()?, from.float()?)))?.into_iter().for_each(|(k, value)| values.put(k, value));
        Some(values)
    }

    /// No slice ever had one.
    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The value of slice `k`, when it is still here.
    pub(super) fn get(&self, k: i64) -> Option<f64> {
        let (slice, value) = self.rows.get(k.rem_euclid(self.depth as i64) as usize)?;
        (*slice == k).then_some(*value)
    }

    pub(super) fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<(i64, f64)>()
    }
}

/// Increases of every bucket per slice.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    depth: usize,
    /// Finite upper bounds in seconds, ascending; the infinite bucket follows them.
    bounds: Vec<f64>,
    /// The slice that each row holds.
    rows: Vec<i64>,
    /// `depth` rows of `width` numbers.
    cells: Vec<f32>,
    width: usize,
}

/// A latency quantile, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileValue {
    /// Interpolated within its bucket, as Prometheus does.
    pub seconds: f64,
    /// It lies above the top finite bucket, whose bound this is: at least so long.
    pub at_least: bool,
}

impl Recent {
    pub(super) const fn new(depth: usize) -> Self {
        Self { depth, bounds: Vec::new(), rows: Vec::new(), cells: Vec::new(), width: 0 }
    }

    pub(super) fn save(&self, to: &mut Writer) {
        let Self { depth: _, bounds, rows, cells, width } = self;
        to.list(bounds.iter(), |to, bound| to.float(*bound));
        to.uint(*width as u64);
        let filled: Vec<(usize, &i64)> = rows.iter().enumerate().filter(|(_, k)| **k != i64::MIN).collect();
        to.list(filled.iter(), |to, (_, k)| to.int(**k));
        // Column by column: what lies side by side is alike.
        for column in 0..*width {
            for (row, _) in &filled {
                to.small(cells[row * width + column]);
            }
        }
    }

    pub(super) fn load(depth: usize, from: &mut Reader<'_>) -> Option<Self> {
        let mut recent = Self::new(depth);
        recent.bounds = from.list(|from| from.float())?;
        let width = from.size()?;
        let slices = from.list(|from| from.int())?;
        let fits = recent.bounds.len() <= MAX_BOUNDS && (width == 0 || width == recent.bounds.len() + 1);
        if !fits || slices.len() > depth || (width == 0 && !slices.is_empty()) {
            return None;
        }
        if width > 0 {
            recent.widen(width);
        }
        for column in 0..width {
            for k in &slices {
                let value = from.small()?;
                let row = recent.row(*k)?;
                recent.cells[row * width + column] = value;
            }
        }
        Some(recent)
    }

    /// Finite bounds seen, ascending.
    pub(super) fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// Adds to the bucket under `bound` (infinite for the last) of slice `k`.
    pub(super) fn add(&mut self, k: i64, bound: f64, by: f64) {
        let Some(column) = self.column(bound) else { return };
        if let Some(row) = self.row(k) {
            self.cells[row * self.width + column] += by.min(1e30) as f32;
        }
    }

    /// Cumulative counts per bucket over those of the slices `from + 1 ..= to` that count, never falling.
    pub(super) fn cumulate(&self, from: i64, to: i64, counts: impl Fn(i64) -> bool, into: &mut Vec<f64>) {
        into.clear();
        into.resize(self.width, 0.0);
        for row in (from + 1..=to).filter(|k| counts(*k)).filter_map(|k| self.find(k)) {
            let cells = &self.cells[row * self.width..(row + 1) * self.width];
            into.iter_mut().zip(cells).for_each(|(sum, by)| *sum += f64::from(*by));
        }
        // A bucket that a target lacks must not make a greater one smaller (Prometheus forces this, too).
        (1..into.len()).for_each(|i| into[i] = into[i].max(into[i - 1]));
    }

    pub(super) fn bytes(&self) -> usize {
        self.rows.capacity() * 8 + self.cells.capacity() * 4 + self.bounds.capacity() * 8
    }

    fn find(&self, k: i64) -> Option<usize> {
        if self.rows.is_empty() {
            return None;
        }
        let row = k.rem_euclid(self.depth as i64) as usize;
        (self.rows[row] == k).then_some(row)
    }

    /// The row of slice `k`, emptied when it held an older one; `None` when it holds a newer one.
    fn row(&mut self, k: i64) -> Option<usize> {
        let row = k.rem_euclid(self.depth as i64) as usize;
        if self.rows[row] > k {
            return None;
        }
        if self.rows[row] < k {
            self.rows[row] = k;
            self.cells[row * self.width..(row + 1) * self.width].fill(0.0);
        }
        Some(row)
    }

    fn widen(&mut self, width: usize) {
        if self.rows.is_empty() {
            self.rows = vec![i64::MIN; self.depth];
        }
        if self.width < width {
            self.width = width;
            self.cells = vec![0.0; self.depth * width];
        }
    }

    /// The column of a bound; a bound seen for the first time gets its place between the others.
    fn column(&mut self, bound: f64) -> Option<usize> {
        self.widen(1);
        if bound.is_infinite() {
            return Some(self.width - 1);
        }
        let at = self.bounds.partition_point(|b| *b < bound);
        if self.bounds.get(at) != Some(&bound) {
            if self.bounds.len() >= MAX_BOUNDS {
                return None;
            }
            self.bounds.insert(at, bound);
            let old = std::mem::take(&mut self.cells);
            for row in old.chunks(self.width) {
                self.cells.extend_from_slice(&row[..at]);
                self.cells.push(0.0);
                self.cells.extend_from_slice(&row[at..]);
            }
            self.width += 1;
        }
        Some(at)
    }
}

/// Prometheus' `histogram_quantile` over cumulative counts, the last of which belongs to the infinite bucket.
pub(super) fn quantile(q: f64, bounds: &[f64], counts: &[f64]) -> Option<QuantileValue> {
    let total = *counts.last()?;
    if total <= 0.0 || bounds.is_empty() {
        return None;
    }
    let rank = q * total;
    let at = counts.iter().position(|c| *c >= rank)?;
    if at >= bounds.len() {
        return Some(QuantileValue { seconds: bounds[bounds.len() - 1], at_least: true });
    }
    let (lower, below) = if at == 0 { (0.0, 0.0) } else { (bounds[at - 1], counts[at - 1]) };
    if at == 0 && bounds[0] <= 0.0 {
        return Some(QuantileValue { seconds: bounds[0], at_least: false });
    }
    let inside = counts[at] - below;
    let share = if inside > 0.0 { (rank - below) / inside } else { 1.0 };
    Some(QuantileValue { seconds: lower + (bounds[at] - lower) * share, at_least: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_as_prometheus_does() {
        let mut recent = Recent::new(8);
        for (bound, by) in [(0.1, 50.0), (f64::INFINITY, 100.0), (0.5, 90.0), (0.25, 80.0)] {
            recent.add(3, bound, by);
        }
        let within = |q, from| {
            let mut counts = Vec::new();
            recent.cumulate(from, 8, |_| true, &mut counts);
            quantile(q, recent.bounds(), &counts)
        };
        let at = |q| within(q, 0);
        let near = |q: f64, seconds: f64| assert!((at(q).unwrap().seconds - seconds).abs() < 1e-9, "{q}: {:?}", at(q));
        near(0.5, 0.1);
        near(0.25, 0.05);
        near(0.65, 0.175);
        near(0.85, 0.375);
        assert_eq!(at(0.99), Some(QuantileValue { seconds: 0.5, at_least: true }));
        assert_eq!(within(0.5, 3), None);
    }

    #[test]
    fn the_ring_forgets_what_is_older_than_its_depth() {
        let mut recent = Values::new(4);
        (1..=6).for_each(|k| recent.put(k, k as f64));
        recent.put(2, 9.0);
        let kept: Vec<_> = (1..=7).map(|k| recent.get(k)).collect();
        assert_eq!(kept, [None, None, Some(3.0), Some(4.0), Some(5.0), Some(6.0), None]);
    }
}
