//! `presets`: the indicators by name that SLO files may use, and the files they stand in.

use super::{Common, Exit, Format, Out};
use crate::config;
use crate::domain::objective::{Form, Side};
use crate::formats::{KnownPreset, known_presets, render};
use crate::words::escape;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Arguments of `presets`.
#[derive(Clone, Debug, Args)]
pub struct PresetsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Every preset with the ways its metrics are named
    List,
    /// A preset's file; written to slos/presets/ and changed, it takes the preset's place
    Show {
        /// The preset
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// Runs the verb.
pub fn run(args: &PresetsArgs, common: &Common, out: &mut Out) -> Exit {
    let config = match config::load(&common.overrides(), &|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(problems) => return super::tell(&crate::app::SetupError::Problems(problems), out),
    };
    let (known, problems) = known_presets(std::slice::from_ref(&config.slos));
    for problem in &problems {
        let text = render::problem(problem, out.talk_color, out.width);
        out.say(text.trim_end());
    }
    match &args.what {
        What::List => list(&known, common, out),
        What::Show { name } => show(&known, name, common, out),
    }
}

fn list(known: &[KnownPreset], common: &Common, out: &mut Out) -> Exit {
    if common.format == Format::Json {
        let presets: Vec<Value> = known.iter().map(as_json).collect();
        out.line(&format!("{:#}", json!({ "presets": presets })));
        return Exit::Fine;
    }
    let width = known.iter().map(|k| k.preset.name.chars().count()).max().unwrap_or(0);
    for KnownPreset { preset, file, shipped, .. } in known {
        let own = if *shipped { String::new() } else { format!("  ({})", escape::terminal(file)) };
        let (name, what) = (escape::terminal(&preset.name), escape::terminal(&preset.description));
        out.line(&format!("{name:width$}  {what}{own}"));
        let names: Vec<&str> = preset.conventions.iter().map(|c| &*c.name).collect();
        out.line(&escape::terminal(&format!("{:width$}  conventions: {}", "", names.join(", "))));
    }
    Exit::Fine
}

fn show(known: &[KnownPreset], name: &str, common: &Common, out: &mut Out) -> Exit {
    let Some(found) = known.iter().find(|k| &*k.preset.name == name) else {
        let names: Vec<&str> = known.iter().map(|k| &*k.preset.name).collect();
        let near = names.iter().max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        let hint = near.map(|near| format!("did you mean `{near}`? `presets list` shows all"));
        out.error(&format!("there is no preset `{}`", escape::terminal(name)), hint.as_deref());
        return Exit::Usage;
    };
    if common.format == Format::Json {
        out.line(&format!("{:#}", as_json(found)));
    } else {
        for line in escape::terminal_lines(&found.text) {
            out.line(&line);
        }
    }
    Exit::Fine
}

fn as_json(known: &KnownPreset) -> Value {
    let preset = &known.preset;
    let conventions: Vec<Value> = preset
        .conventions
        .iter()
        .map(|c| {
            let indicators: Vec<Value> = c
                .indicators
                .iter()
                .map(|i| json!({"name": &*i.name, "takes_under": i.form.takes_under(), "sli": form(&i.form)}))
                .collect();
            let words = |all: &[crate::domain::base::Text]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
            json!({"name": &*c.name, "about": &*c.about, "service_labels": words(&c.service), "needs": words(&c.needs),
                   "indicators": indicators})
        })
        .collect();
    json!({"name": &*preset.name, "description": &*preset.description, "file": &*known.file, "shipped": known.shipped,
           "conventions": conventions})
}

fn form(form: &Form) -> Value {
    match form {
        Form::Events { bad, total } => json!({"kind": "events", "bad": &**bad, "total": &**total}),
        Form::Seconds { histogram } => json!({"kind": "latency", "histogram": &**histogram, "unit": "s"}),
        Form::Millis { histogram, bounds } => {
            let bounds: Vec<String> = bounds.iter().map(ToString::to_string).collect();
            json!({"kind": "latency", "histogram": &**histogram, "unit": "ms", "bounds": bounds})
        }
        Form::Threshold { value, side, level } => {
            let side = if *side == Side::Below { "below" } else { "above" };
            let level = level.map_or_else(|| "under".to_owned(), |l| l.to_string());
            json!({"kind": "threshold", "value": &**value, "side": side, "level": level})
        }
        Form::Occurrences { count, allowed, per } => {
            json!({"kind": "occurrences", "count": &**count, "allowed": allowed.to_string(), "per": per.to_string()})
        }
    }
}
