//! `coverage`: the services that are scraped, with the SLOs that look at them or the preset that would fit.

use super::{Common, Exit, Format, Out};
use crate::app::Setup;
use crate::jobs::coverage::Covered;
use crate::words::{escape, plural};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `coverage`.
#[derive(Clone, Debug, Args)]
pub struct CoverageArgs {
    /// Look at recorded samples (OpenMetrics text, plain, .gz or .zst) instead of Prometheus
    #[arg(long, value_name = "FILE")]
    pub samples: Option<PathBuf>,
}

/// Runs the verb: 0 whatever is covered, 3 when the source could not be asked.
pub async fn run(args: &CoverageArgs, common: &Common, out: &mut Out) -> Exit {
    let setup = match Setup::load_config(&common.overrides()) {
        Ok(setup) => setup,
        Err(error) => return super::tell(&error, out),
    };
    let mut covered = match setup.coverage(args.samples.as_deref()).await {
        Ok(covered) => covered,
        Err(error) => return super::tell(&error, out),
    };
    covered.sort_by_key(|c| !c.slos.is_empty());
    let without = covered.iter().filter(|c| c.slos.is_empty()).count();
    if common.format == Format::Json {
        let services: Vec<Value> = covered.iter().map(as_json).collect();
        out.line(&format!("{:#}", json!({"services": services, "covered": covered.len() - without, "uncovered": without})));
        return Exit::Fine;
    }
    let width = covered.iter().map(|c| name(c).chars().count()).max().unwrap_or(0);
    for one in &covered {
        out.line(&format!("{:width$}  {}", name(one), escape::terminal(&told(one))));
    }
    let all = plural::counted(covered.len(), "service", "services");
    out.say(&format!("{all}: {without} without an SLO"));
    if covered.iter().any(|c| c.slos.is_empty() && !c.service.fits.is_empty()) {
        out.say("`burnledger init --discover` writes SLO files for those that a preset fits");
    }
    Exit::Fine
}

fn name(of: &Covered) -> String {
    let source = of.source.as_ref().map_or_else(String::new, |name| format!("{name}: "));
    escape::terminal(&format!("{source}{}=\"{}\"", of.service.label, of.service.value))
}

fn told(of: &Covered) -> String {
    if !of.slos.is_empty() {
        let slos: Vec<&str> = of.slos.iter().map(crate::domain::base::SloId::as_str).collect();
        return slos.join(", ");
    }
    let fits: Vec<String> = of.service.fits.iter().map(|f| format!("{} ({})", f.preset, f.convention)).collect();
    if fits.is_empty() {
        return "no SLO; no preset fits".into();
    }
    format!("no SLO; preset {} would fit", fits.join(", "))
}

fn as_json(of: &Covered) -> Value {
    let fit = |f: &crate::jobs::discover::Fit| {
        let indicators: Vec<&str> = f.sights.iter().map(|s| &*s.name).collect();
        json!({"preset": &*f.preset, "convention": &*f.convention, "indicators": indicators})
    };
    json!({
        "source": of.source.as_deref(),
        "label": &*of.service.label,
        "service": &*of.service.value,
        "slos": of.slos.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        "fits": of.service.fits.iter().map(fit).collect::<Vec<_>>(),
    })
}
