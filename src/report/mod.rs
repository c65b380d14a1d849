//! Postmortem reports in Markdown and JSON.
