//! A problem as people see it: what, where with the line and a caret, what to try, and the line as it should be.
//!
//! The line comes from the problem itself, so that screens can show problems of files that have changed since.

use crate::domain::base::{Place, Problem, ProblemLevel};
use crate::kit::yaml::column_in_excerpt;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet, normalize_untrusted_str};
use std::ops::Range;

/// Renders one problem, without a line break at its end. `width` is the number of columns there are.
pub fn problem(problem: &Problem, color: bool, width: usize) -> String {
    let level = match problem.level {
        ProblemLevel::Error => Level::ERROR,
        ProblemLevel::Warning => Level::WARNING,
    };
    let message = normalize_untrusted_str(&problem.message);
    let hint = problem.hint.as_deref().map(normalize_untrusted_str);
    let replacement = problem.replacement.as_deref().map(normalize_untrusted_str);
    let shown = problem.place.as_ref().map(Shown::new);
    let mut main = Group::with_title(level.primary_title(message.as_str()).id(problem.code));
    if let Some(shown) = &shown {
        // The place of a long or masked line is not the place in what is shown of it.
        main = match shown.origin() {
            Some(origin) => main.element(origin).element(shown.snippet(None)),
            None => main.element(shown.snippet(Some(&shown.path))),
        };
    }
    if let Some(hint) = &hint {
        main = main.element(Level::HELP.message(hint.as_str()));
    }
    let mut report = vec![main];
    if let (Some(shown), Some(new)) = (&shown, &replacement)
        && !shown.marked().is_empty()
    {
        let patch = Patch::new(shown.mark.clone(), new.as_str());
        let snippet = Snippet::source(shown.line.as_str()).line_start(shown.at.line).fold(false).patch(patch);
        report.push(Group::with_title(Level::HELP.secondary_title("write")).element(snippet));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(width.max(40)).render(&report)
}

/// A problem's line, ready to be drawn: without control characters, and with the marked bytes in it.
struct Shown<'a> {
    at: &'a Place,
    path: String,
    line: String,
    mark: Range<usize>,
}

impl<'a> Shown<'a> {
    fn new(at: &'a Place) -> Self {
        let skip = column_in_excerpt(at);
        let chars: Vec<char> = at.excerpt.chars().collect();
        let skip = skip.min(chars.len());
        // The excerpt is one line: a range that goes on is marked to the line's end.
        let (before, rest): (String, String) = (chars[..skip].iter().collect(), chars[skip..].iter().collect());
        let mut len = at.span.len().min(rest.len());
        while !rest.is_char_boundary(len) {
            len -= 1;
        }
        let marked = rest[..len].trim_end();
        // What replaces control characters has another length, so each part is cleaned alone.
        let (clean_before, clean_marked) = (normalize_untrusted_str(&before), normalize_untrusted_str(marked));
        let clean_after = normalize_untrusted_str(&rest[marked.len()..]);
        let mark = clean_before.len()..clean_before.len() + clean_marked.len();
        let line = format!("{clean_before}{clean_marked}{clean_after}");
        Self { at, path: normalize_untrusted_str(&at.file), line, mark }
    }

    fn marked(&self) -> &str {
        &self.line[self.mark.clone()]
    }

    fn origin(&self) -> Option<Origin<'_>> {
        let column = self.line[..self.mark.start].chars().count() + 1;
        let origin = || Origin::path(self.path.as_str()).line(self.at.line).char_column(self.at.column);
        (column != self.at.column).then(origin)
    }

    fn snippet<'s>(&'s self, path: Option<&'s str>) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
        let mark = if self.mark.is_empty() { self.caret() } else { self.mark.clone() };
        Snippet::source(self.line.as_str())
            .line_start(self.at.line)
            .path(path)
            .fold(false)
            .annotation(AnnotationKind::Primary.span(mark))
    }

    /// Something to point at when the range is empty: the character there, or the line's end.
    fn caret(&self) -> Range<usize> {
        let start = self.mark.start;
        start..start + self.line[start..].chars().next().map_or(0, char::len_utf8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::yaml::Source;

    fn shown(text: &str, part: &str, replacement: Option<&str>) -> String {
        let source = Source::new("slos/a.yaml", text.into());
        let at = text.find(part).unwrap();
        let mut one = Problem::error("unknown-field", "unknown field").at(source.place(at..at + part.len()));
        one.replacement = replacement.map(Into::into);
        if replacement.is_none() {
            one.hint = Some("try another".into());
        }
        problem(&one, false, 80)
    }

    #[test]
    fn the_caret_stands_under_the_place_also_after_wide_characters() {
        insta::assert_snapshot!(shown("a: 1\n名字: 值, bad: 2\n", "bad", None), @"
        error[unknown-field]: unknown field
         --> slos/a.yaml:2:8
          |
        2 | 名字: 值, bad: 2
          |           ^^^
          |
          = help: try another
        ");
        insta::assert_snapshot!(shown("  objectve: 99.9%\n", "objectve", Some("target")), @"
        error[unknown-field]: unknown field
         --> slos/a.yaml:1:3
          |
        1 |   objectve: 99.9%
          |   ^^^^^^^^
          |
        help: write
          |
        1 -   objectve: 99.9%
        1 +   target: 99.9%
          |
        ");
    }

    #[test]
    fn control_characters_and_long_lines_do_no_harm() {
        let evil = shown("a: \u{1b}[2Jx\u{202e}y bad\n", "bad", Some("good"));
        assert!(!evil.contains('\u{1b}') && !evil.contains('\u{202e}'), "{evil:?}");
        let long = format!("{}bad{}", "x".repeat(1_000_000), "y".repeat(1_000_000));
        let text = shown(&long, "bad", None);
        assert!(text.len() < 4_000 && text.contains("1:1000001"), "{text}");
        let masked = Problem::error("x", "y").at(Place {
            file: "f".into(),
            line: 1,
            column: 90,
            span: 89..99,
            excerpt: "short ***".into(),
        });
        assert!(problem(&masked, true, 10).contains("short"));
    }

    proptest::proptest! {
        #[test]
        fn any_problem_can_be_shown(text in ".{0,60}", from in 0_usize..80, len in 0_usize..80, column in 1_usize..500, width in 0_usize..200) {
            let source = Source::new("f", text.clone());
            let mut one = Problem::warning("x", text.clone()).hint(text.clone()).at(source.place(from..from + len));
            one.replacement = Some(text);
            problem(&one, true, width);
            if let Some(place) = one.place.as_mut() {
                place.column = column;
            }
            problem(&one, false, width);
        }
    }
}
