//! What a source has that presets know: services by the labels that name them, and the indicators that would fit each.
//!
//! It asks for label sets of the last hour only, never for samples. Deliberately absent: writing files (see `app::init`).

use super::online::Asker;
use crate::domain::base::{Labels, Ms, Text, clean_line};
use crate::domain::measure::{MatchOp, Selector};
use crate::domain::objective::{Convention, Form, Indicator, Preset};
use crate::ports::{MetricSource, SourceError};
use crate::query::preset::selectors;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Values of a label that are told.
const SHOWN: usize = 8;

/// A service in the source's terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// The label that names it: `job`.
    pub label: Text,
    /// Its name there.
    pub value: Text,
    /// The presets that fit it.
    pub fits: Vec<Fit>,
}

/// A preset that fits a service, by the convention that is found most of.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The preset.
    pub preset: Text,
    /// The convention.
    pub convention: Text,
    /// What of it is there.
    pub sights: Vec<Sight>,
}

/// An indicator whose series are there.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    /// The indicator.
    pub name: Text,
    /// Its form.
    pub form: Form,
    /// The metric that was seen.
    pub metric: Text,
    /// How many series.
    pub series: usize,
    /// Values of the labels that tell conventions apart, the first few, cleaned.
    pub values: Vec<(Text, Vec<Text>)>,
    /// Bounds of a histogram, in its own unit, rising, without the infinite one.
    pub bounds: Vec<Decimal>,
}

/// Sights by preset and convention, both by their positions.
type Found = BTreeMap<usize, BTreeMap<usize, Vec<Sight>>>;

/// Every service that is scraped or named by what presets know, by label and name.
///
/// # Errors
/// The source could not be asked.
pub async fn discover(source: &dyn MetricSource, presets: &[&Preset], now: Ms) -> Result<Vec<Service>, SourceError> {
    let mut asker = Asker::new(source, now);
    let mut found: BTreeMap<(Text, Text), Found> = BTreeMap::new();
    // Jobs that carry other services' series, such as a proxy's.
    let mut carriers: BTreeSet<Text> = BTreeSet::new();
    for (p, preset) in presets.iter().enumerate() {
        for (c, convention) in preset.conventions.iter().enumerate() {
            for indicator in &convention.indicators {
                let Some(selector) = probe(convention, indicator) else { continue };
                let series = asker.lately(&selector).await?;
                for (key, own) in by_service(convention, &series) {
                    if &*key.0 != "job" {
                        carriers.extend(own.iter().map(|labels| labels.get("job").into()));
                    }
                    let sights = found.entry(key).or_default().entry(p).or_default().entry(c).or_default();
                    sights.push(sight(convention, indicator, &own));
                }
            }
        }
    }
    for labels in asker.lately(&Selector::metric("up")).await? {
        let job = labels.get("job");
        if !job.is_empty() && !carriers.contains(job) {
            found.entry(("job".into(), job.into())).or_default();
        }
    }
    Ok(found.into_iter().map(|((label, value), found)| Service { label, value, fits: best(presets, found) }).collect())
}

/// The series by which an indicator is recognised.
fn probe(convention: &Convention, indicator: &Indicator) -> Option<Selector> {
    let first = selectors(&indicator.form).ok()?.into_iter().next()?;
    let needs = if matches!(indicator.form, Form::Events { .. }) { &*convention.needs } else { &[] };
    Some(needs.iter().fold(first, |s, label| s.and(label, MatchOp::NotEqual, "")))
}

/// Series by the first of the convention's labels that names a service.
fn by_service<'a>(convention: &Convention, series: &'a [Labels]) -> BTreeMap<(Text, Text), Vec<&'a Labels>> {
    let mut groups: BTreeMap<(Text, Text), Vec<&Labels>> = BTreeMap::new();
    for labels in series {
        let named = convention.service.iter().find(|label| !labels.get(label).is_empty());
        if let Some(label) = named {
            groups.entry((label.clone(), labels.get(label).into())).or_default().push(labels);
        }
    }
    groups
}

fn sight(convention: &Convention, indicator: &Indicator, series: &[&Labels]) -> Sight {
    let read = |le: &str| le.parse::<Decimal>().ok().or_else(|| Decimal::from_scientific(le).ok());
    let bounds: BTreeSet<Decimal> = series.iter().filter_map(|s| read(s.get("le"))).map(|b| b.normalize()).collect();
    let values = convention.needs.iter().filter_map(|label| {
        let seen: BTreeSet<&str> = series.iter().map(|s| s.get(label)).filter(|v| !v.is_empty()).collect();
        let shown: Vec<Text> = seen.into_iter().take(SHOWN).map(|v| clean_line(v, 40)).collect();
        (!shown.is_empty()).then(|| (label.clone(), shown))
    });
    Sight {
        name: indicator.name.clone(),
        form: indicator.form.clone(),
        metric: series.first().map_or_else(|| "".into(), |s| s.get("__name__").into()),
        series: series.len(),
        values: values.collect(),
        bounds: if indicator.form.has_buckets() { bounds.into_iter().collect() } else { Vec::new() },
    }
}

/// Of each preset the convention of which most is there; of equals the earlier.
fn best(presets: &[&Preset], found: Found) -> Vec<Fit> {
    let fit = |(p, conventions): (usize, BTreeMap<usize, Vec<Sight>>)| {
        let (c, sights) = conventions.into_iter().rev().max_by_key(|(_, sights)| sights.len())?;
        let preset = presets.get(p)?;
        Some(Fit { preset: preset.name.clone(), convention: preset.conventions.get(c)?.name.clone(), sights })
    };
    found.into_iter().filter_map(fit).collect()
}
