//! `coverage`: which of the services that are scraped have an SLO.
//!
//! A service has one when the series that an SLO looks at carry its name, or the SLO's selectors demand it.

use super::discover::Service;
use super::online::{Asker, selectors};
use crate::domain::base::{Ms, SloId, Text};
use crate::domain::measure::MatchOp;
use crate::domain::objective::Rulebook;
use crate::ports::{MetricSource, SourceError};
use std::collections::{BTreeMap, BTreeSet};

/// A service with the SLOs that look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Covered {
    /// The source by name; the default one when absent.
    pub source: Option<Text>,
    /// The service.
    pub service: Service,
    /// Its SLOs, by id.
    pub slos: Vec<SloId>,
}

/// Services of a source with the SLOs that are measured there, in the order of the services. `name` is the source's name.
///
/// # Errors
/// The source could not be asked.
pub async fn coverage(
    (name, source): (Option<&Text>, &dyn MetricSource),
    book: &Rulebook,
    services: Vec<Service>,
    now: Ms,
) -> Result<Vec<Covered>, SourceError> {
    let labels: BTreeSet<Text> = services.iter().map(|s| s.label.clone()).collect();
    let mut looked: BTreeMap<(Text, Text), BTreeSet<SloId>> = BTreeMap::new();
    let mut asker = Asker::new(source, now);
    for slo in book.slos.iter().filter(|slo| slo.source.as_ref() == name) {
        for used in selectors(slo) {
            let series = asker.lately(&used.selector).await?;
            let demanded = used.selector.matchers().iter().filter(|m| m.op == MatchOp::Equal);
            let demanded = demanded.map(|m| (m.name.clone(), m.value.clone()));
            let carried = series.iter().flat_map(|s| labels.iter().map(|label| (label.clone(), Text::from(s.get(label)))));
            for key in demanded.chain(carried) {
                looked.entry(key).or_default().insert(slo.id.clone());
            }
        }
    }
    let of = |service: Service| {
        let slos = looked.get(&(service.label.clone(), service.value.clone()));
        Covered { source: name.cloned(), slos: slos.into_iter().flatten().cloned().collect(), service }
    };
    Ok(services.into_iter().map(of).collect())
}
