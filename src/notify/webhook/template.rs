//! A webhook's body in any form: a template over the document of [`super::payload`], with a bound on its work.
//!
//! In a JSON template every `{{ value }}` is written as JSON with its quotes, so no name can break out; what comes out must
//! be JSON. HTML templates escape for HTML. Deliberately absent: including other files, and any function that does something.

use super::payload::Payload;
use minijinja::Environment;
use thiserror::Error;

/// Steps that a template may take: far more than any message needs, far less than a second.
const FUEL: u64 = 100_000;
/// Longest result in bytes.
const LONGEST: usize = 256 * 1024;

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the template cannot be used: {0}")]
pub struct TemplateError(pub String);

/// A compiled template.
#[derive(Clone, Debug)]
pub struct Template {
    environment: Environment<'static>,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Html,
    Text,
}

impl Form {
    /// The name decides what minijinja escapes for.
    const fn name(self) -> &'static str {
        match self {
            Self::Json => "page.json",
            Self::Html => "page.html",
            Self::Text => "page.txt",
        }
    }
}

impl Template {
    /// Reads a template; `content_type` is `application/json`, `text/html` or `text/plain`.
    ///
    /// # Errors
    /// It is no template, or the type is another.
    pub fn new(source: &str, content_type: &str) -> Result<Self, TemplateError> {
        let form = match content_type {
            "application/json" => Form::Json,
            "text/html" => Form::Html,
            "text/plain" => Form::Text,
            other => {
                let what = format!("`{other}` is none of application/json, text/html and text/plain");
                return Err(TemplateError(what));
            }
        };
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(50);
        let added = environment.add_template_owned(form.name(), source.to_owned());
        added.map_err(|error| TemplateError(error.to_string()))?;
        Ok(Self { environment, form })
    }

    /// The type of what it makes.
    pub const fn content_type(&self) -> &'static str {
        match self.form {
            Form::Json => "application/json",
            Form::Html => "text/html; charset=utf-8",
            Form::Text => "text/plain; charset=utf-8",
        }
    }

    /// The text of one page.
    ///
    /// # Errors
    /// It takes too many steps, is too long, or should be JSON and is not.
    pub fn render(&self, page: &Payload) -> Result<String, TemplateError> {
        let wrong = |error: minijinja::Error| TemplateError(error.to_string());
        let text = self.environment.get_template(self.form.name()).map_err(wrong)?;
        let text = text.render(minijinja::value::Serde(page)).map_err(wrong)?;
        if text.len() > LONGEST {
            return Err(TemplateError(format!("it made {} bytes, more than {LONGEST}", text.len())));
        }
        if self.form == Form::Json {
            serde_json::from_str::<serde::de::IgnoredAny>(&text)
                .map_err(|error| TemplateError(format!("what it made is no JSON: {error}")))?;
        }
        Ok(text)
    }
}
