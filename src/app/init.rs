//! First SLO files: from what a source has, or as an example. Never writes over anything.
//!
//! What they hold are guesses with their reasons beside them; people decide. Deliberately absent: finding services (see
//! `jobs::discover`).

use super::setup::{Setup, SetupError, open_recording};
use crate::domain::base::{Ms, Span, Text, clean_line};
use crate::domain::measure::{MatchOp, Matcher, Selector};
use crate::domain::objective::{Form, Preset};
use crate::formats::{self, LoadOptions, known_presets};
use crate::jobs::coverage::{Covered, coverage};
use crate::jobs::discover::{Service, Sight, discover};
use crate::ports::{MetricSource, source_of};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most files of one run; a source with more services is written service by service.
const MOST_FILES: usize = 500;
/// The threshold that latency is written with, where the histogram has a bound near it.
const USUAL_MS: f64 = 250.0;

/// What a source has.
pub struct Seen {
    /// The source's address.
    pub source: Text,
    /// Its name in the configuration; absent of the default one.
    pub name: Option<Text>,
    /// When it was looked at.
    pub at: Ms,
    /// Its services.
    pub services: Vec<Service>,
}

/// What came of writing.
#[derive(Debug, Default)]
pub struct Written {
    /// Files that are new.
    pub files: Vec<PathBuf>,
    /// What was not written, and why.
    pub left: Vec<(String, String)>,
}

impl Setup {
    /// The services that a source (the default one, or `of` that name) or a recording has.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn discover(&self, samples: Option<&Path>, of: Option<&str>) -> Result<Seen, SetupError> {
        let (all, at) = self.looked_at(samples)?;
        let name = match of {
            None if samples.is_none() && !self.config.default_source => return Err(self.which_source()),
            None => None,
            Some(of) => match self.config.sources.get_key_value(of) {
                Some((name, _)) => Some(name.clone()),
                None => return Err(self.no_such_source(of)),
            },
        };
        let source = source_of(&all, name.as_deref());
        let services = self.services(&*source, at).await?;
        Ok(Seen { source: source.name(), name, at, services })
    }

    fn which_source(&self) -> SetupError {
        let names: Vec<&str> = self.config.sources.keys().map(|name| &**name).collect();
        SetupError::Other {
            what: format!("there are several sources: {}", names.join(", ")),
            hint: Some("`--source NAME` says which one to look at".into()),
        }
    }

    fn no_such_source(&self, name: &str) -> SetupError {
        let names: Vec<&str> = self.config.sources.keys().map(|name| &**name).collect();
        let hint =
            if names.is_empty() { "the configuration names none".into() } else { format!("there are {}", names.join(", ")) };
        SetupError::Other { what: format!("no source is called `{}`", clean_line(name, 60)), hint: Some(hint) }
    }

    /// The services that the sources, or a recording, have, with the SLOs that look at them.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn coverage(&self, samples: Option<&Path>) -> Result<Vec<Covered>, SetupError> {
        let (all, at) = self.looked_at(samples)?;
        let mut book = (*self.book).clone();
        let mut names: Vec<Option<Text>> = self.sources_in_use().into_iter().map(|(name, _)| name).collect();
        if samples.is_some() {
            // A recording is whatever the SLOs name.
            names = vec![None];
            for slo in &mut book.slos {
                Arc::make_mut(slo).source = None;
            }
        }
        let mut covered = Vec::new();
        for name in names {
            let source = source_of(&all, name.as_deref());
            let services = self.services(&*source, at).await?;
            covered.extend(coverage((name.as_ref(), &*source), &book, services, at).await?);
        }
        Ok(covered)
    }

    async fn services(&self, source: &dyn MetricSource, at: Ms) -> Result<Vec<Service>, SetupError> {
        let known = known_presets(std::slice::from_ref(&self.config.slos)).0;
        let presets: Vec<&Preset> = known.iter().map(|k| &k.preset).collect();
        Ok(discover(source, &presets, at).await?)
    }

    fn looked_at(&self, samples: Option<&Path>) -> Result<(Arc<dyn MetricSource>, Ms), SetupError> {
        let now = self.clock.now().wall;
        let Some(path) = samples else { return Ok((self.source()?, now)) };
        let recorded = open_recording(path)?;
        let last = recorded.range().map_or(now, |(_, last)| last);
        Ok((Arc::new(recorded), last))
    }
}

/// Writes a file for each service that a preset fits. `only`: the service of that name.
///
/// # Errors
/// The folder cannot be made.
pub fn write_discovered(seen: &Seen, only: Option<&str>, folder: &Path) -> Result<Written, SetupError> {
    let mut taken = services_of(folder);
    let mut written = Written::default();
    make(folder)?;
    for service in seen.services.iter().filter(|s| only.is_none_or(|only| &*s.value == only)) {
        let shown = format!("{}=\"{}\"", service.label, clean_line(&service.value, 100));
        match draft(seen, service, &mut taken) {
            Ok(_) if written.files.len() >= MOST_FILES => {
                written.left.push((shown, format!("more than {MOST_FILES} services; name it with --service")));
            }
            Ok((name, text)) => put(folder, &name, &text, &mut written),
            Err(why) => written.left.push((shown, why)),
        }
    }
    Ok(written)
}

/// Writes an example for a service.
///
/// # Errors
/// The folder cannot be made, or the name is none.
pub fn write_example(service: &str, folder: &Path) -> Result<Written, SetupError> {
    if usable(service).as_deref() != Some(service) {
        return Err(SetupError::Other {
            what: "this is no usable name for a service".into(),
            hint: Some("use letters and digits with `-`, `_` and `.` between them".into()),
        });
    }
    make(folder)?;
    let mut written = Written::default();
    put(folder, service, &example(service), &mut written);
    Ok(written)
}

fn make(folder: &Path) -> Result<(), SetupError> {
    std::fs::create_dir_all(folder).map_err(|error| SetupError::Other {
        what: format!("{} cannot be made: {error}", folder.display()),
        hint: Some("`--out DIR` names another folder".into()),
    })
}

/// Services that have SLOs in the folder already.
fn services_of(folder: &Path) -> BTreeSet<Text> {
    if !folder.exists() {
        return BTreeSet::new();
    }
    formats::load(&[folder.to_owned()], &LoadOptions::default()).rulebook.services.into_keys().collect()
}

/// A new file; one that is there stays as it is.
fn put(folder: &Path, name: &str, text: &str, written: &mut Written) {
    let path = folder.join(format!("{name}.yaml"));
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => written.files.push(path),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            written.left.push((path.display().to_string(), "the file is there already; nothing was written over".into()));
        }
        Err(error) => written.left.push((path.display().to_string(), format!("it cannot be written: {error}"))),
    }
}

/// The name and the file of a service, or why it has none.
fn draft(seen: &Seen, service: &Service, taken: &mut BTreeSet<Text>) -> Result<(Text, String), String> {
    if service.fits.is_empty() {
        return Err("no preset fits; write its SLOs by hand (docs/slo-file.md)".into());
    }
    if *clean_line(&service.value, 200) != *service.value {
        return Err("its name is too long, or has characters that do not show".into());
    }
    let name: Text = usable(&service.value).ok_or("its name has no letters or digits")?.into();
    if taken.contains(&name) {
        return Err(format!("`{name}` has SLOs already"));
    }
    let text = document(seen, service, &name).ok_or("its histograms have no bounds of whole milliseconds")?;
    taken.insert(name.clone());
    Ok((name, text))
}

/// A name that a service can have: what cannot be in one becomes `-`.
fn usable(text: &str) -> Option<String> {
    let kept: String = text.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '.') { c } else { '-' }).collect();
    let parts: Vec<&str> = kept.split('-').filter(|part| !part.is_empty()).collect();
    let cut: String = parts.join("-").chars().take(80).collect();
    let name = cut.trim_matches(|c: char| !c.is_alphanumeric());
    (!name.is_empty()).then(|| name.to_owned())
}

/// The file of a service. Absent where nothing can be written of it.
fn document(seen: &Seen, service: &Service, name: &str) -> Option<String> {
    let mut slos = String::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for fit in &service.fits {
        for sight in &fit.sights {
            let Some(under) = threshold(sight) else { continue };
            let mut own = sight.name.to_string();
            if names.contains(&own) {
                own = format!("{}-{own}", fit.preset);
            }
            if !names.insert(own.clone()) {
                continue;
            }
            let told = write!(slos, "{}", comment(sight)).and_then(|()| {
                writeln!(slos, "  - name: {own}")?;
                target(&sight.form).map_or(Ok(()), |target| writeln!(slos, "    target: {target}"))?;
                let selector = yaml_quoted(&selector(service));
                writeln!(slos, "    sli:\n      preset: {}\n      convention: {}", fit.preset, yaml_quoted(&fit.convention))?;
                writeln!(slos, "      indicator: {}\n      selector: {selector}", sight.name)?;
                under.map_or(Ok(()), |under| writeln!(slos, "      under: {under}"))
            });
            debug_assert!(told.is_ok(), "writing to a string does not fail");
        }
    }
    let source = clean_line(&seen.source, 200);
    let of = seen.name.as_ref().map_or_else(String::new, |name| format!("source: {name}\n"));
    let head = format!(
        "# Written by `burnledger init --discover` from what {source} had at {}.\n\
         # Targets and thresholds are usual ones, not yours: look them over. `burnledger check --online` and\n\
         # `burnledger backtest --from 30d` tell what they would have done.\n\
         version: burnledger/v1\nservice: {name}\n{of}# owner: who is paged\n# runbook: https://...\nslos:\n",
        seen.at.rfc3339()
    );
    (!slos.is_empty()).then(|| head + &slos)
}

/// What was seen of an indicator.
fn comment(sight: &Sight) -> String {
    let mut parts = vec![format!("  # seen: {}, {} series", clean_line(&sight.metric, 200), sight.series)];
    for (label, values) in &sight.values {
        parts.push(format!("{label}: {}", values.join(", ")));
    }
    if !sight.bounds.is_empty() {
        let unit = if matches!(sight.form, Form::Millis { .. }) { "ms" } else { "s" };
        let bounds: Vec<String> = sight.bounds.iter().take(20).map(|b| format!("{b}{unit}")).collect();
        parts.push(format!("bounds: {}", bounds.join(", ")));
    }
    parts.join("; ") + "\n"
}

const fn target(form: &Form) -> Option<&'static str> {
    match form {
        Form::Events { .. } => Some("99.9%"),
        Form::Seconds { .. } | Form::Millis { .. } | Form::Threshold { .. } => Some("99%"),
        Form::Occurrences { .. } => None,
    }
}

/// `under`, where one is needed: the bound nearest to the usual one. Outer absent where there is none that can be written.
#[expect(clippy::option_option, reason = "absent by want and absent by need are different")]
fn threshold(sight: &Sight) -> Option<Option<Span>> {
    match &sight.form {
        Form::Seconds { .. } => nearest(&sight.bounds, Decimal::ONE_THOUSAND).map(Some),
        Form::Millis { .. } => nearest(&sight.bounds, Decimal::ONE).map(Some),
        form if form.takes_under() => Some(Some(Span::from_secs(1))),
        _ => Some(None),
    }
}

/// The bound that is nearest to the usual threshold by its ratio, among those of whole milliseconds.
fn nearest(bounds: &[Decimal], factor: Decimal) -> Option<Span> {
    let whole = bounds.iter().filter_map(|b| b.checked_mul(factor)).filter(|ms| ms.fract().is_zero() && *ms > Decimal::ZERO);
    let far = |ms: i64| (ms as f64 / USUAL_MS).ln().abs();
    whole.filter_map(|ms| ms.to_i64()).min_by(|a, b| far(*a).total_cmp(&far(*b))).map(Span)
}

fn selector(service: &Service) -> String {
    let own = Matcher { name: service.label.clone(), op: MatchOp::Equal, value: service.value.clone() };
    Selector::new(vec![own]).to_string()
}

/// A text as YAML, in single quotes.
fn yaml_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn example(service: &str) -> String {
    let selector = yaml_quoted(&format!("{{job=\"{service}\"}}"));
    format!(
        "# A first SLO file. `burnledger check` reads it, docs/slo-file.md tells everything that can stand here, and\n\
         # `burnledger presets list` shows other presets than http. `init --discover` looks at your source instead.\n\
         version: burnledger/v1\n\
         service: {service}\n\
         # owner: who is paged\n\
         # runbook: https://...\n\
         slos:\n\
         \x20 # of a thousand requests, 999 are answered without a 5xx\n\
         \x20 - name: availability\n\
         \x20   target: 99.9%\n\
         \x20   sli: {{preset: http, selector: {selector}}}\n\
         \x20 # of a hundred requests, 99 are answered within 250 ms; the histogram needs a bucket of that bound\n\
         \x20 - name: latency\n\
         \x20   target: 99%\n\
         \x20   sli: {{preset: http, selector: {selector}, under: 250ms}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_jobs_become_names_of_services_and_of_files() {
        for (job, name) in [
            ("checkout", Some("checkout")),
            ("shop/checkout", Some("shop-checkout")),
            ("https://a.example/x?y", Some("https-a.example-x-y")),
            ("../../etc/passwd", Some("etc-passwd")),
            ("..", None),
            ("结算", Some("结算")),
            ("-a-", Some("a")),
        ] {
            assert_eq!(usable(job).as_deref(), name, "{job}");
        }
    }

    #[test]
    fn the_threshold_is_a_bound_that_is_there() {
        let bounds = |texts: &[&str]| texts.iter().map(|t| t.parse().unwrap()).collect::<Vec<Decimal>>();
        assert_eq!(nearest(&bounds(&["0.1", "0.3", "1"]), Decimal::ONE_THOUSAND), Some(Span(300)));
        assert_eq!(nearest(&bounds(&["0.0001", "2.5"]), Decimal::ONE_THOUSAND), Some(Span(2_500)));
        assert_eq!(nearest(&bounds(&["0.5"]), Decimal::ONE), None);
    }
}
