//! A page as steps to carry out, in order: files to write, commands to run with what they print, and what is given before.
//!
//! Blocks fenced as `sh` hold commands; blocks fenced as `console` hold commands after `$ ` with what they print below. What
//! cannot be seen on the rendered page stands in comments, a line each:
//!
//! - `<!-- given: prometheus -->`, `quiet prometheus`, `alertmanager`, `services`, or a path of the repository that is in the
//!   folder where commands run;
//! - `<!-- run: COMMAND -->` runs before the next block;
//! - `<!-- file: PATH -->` says that the next block is that file; `<!-- adds to: PATH -->` that it goes on at its end;
//! - `<!-- not run: REASON -->` says why the commands of the next block cannot run in a test.
//!
//! Deliberately absent: carrying them out (`run`).

use std::ops::Range;

/// A command and what it prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// Its line in the page, from 1.
    pub(super) line: usize,
    /// As the shell reads it.
    pub(super) command: String,
    /// The lines that are shown below it, without the block's indent; none in a block of `sh`.
    pub(super) output: Option<Vec<String>>,
    /// Where those lines stand in the page, from 0.
    pub(super) place: Range<usize>,
    /// The block's indent.
    pub(super) indent: usize,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Something that is there before.
    Given { line: usize, what: String },
    /// A file; at the end of one that is there.
    File { path: String, text: String, more: bool },
    /// A command.
    Run(Shown),
    /// A block that does not run.
    NotRun { line: usize, first: String, reason: String },
}

enum Note {
    File(String),
    More(String),
    NotRun(String),
}

/// Reads a page.
///
/// # Errors
/// What is wrong with its comments or blocks, with the line.
pub(super) fn read(text: &str) -> Result<Vec<Step>, String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut steps = Vec::new();
    let mut note: Option<(usize, Note)> = None;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim();
        let indent = lines[at].len() - lines[at].trim_start().len();
        if let Some(language) = line.strip_prefix("```") {
            let end =
                (at + 1..lines.len()).find(|&i| lines[i].trim() == "```").ok_or(format!("line {}: never closed", at + 1))?;
            let block = Block { lines: &lines, place: at + 1..end, indent };
            match note.take() {
                Some((_, Note::NotRun(reason))) => {
                    let first = block.text().lines().next().unwrap_or("").to_owned();
                    steps.push(Step::NotRun { line: at + 1, first, reason });
                }
                Some((_, Note::File(path))) => steps.push(Step::File { path, text: block.text(), more: false }),
                Some((_, Note::More(path))) => steps.push(Step::File { path, text: block.text(), more: true }),
                None => steps.extend(block.commands(language.trim())?.into_iter().map(Step::Run)),
            }
            at = end;
        } else if let Some((key, value)) = comment(line) {
            if let Some((line, _)) = note {
                return Err(format!("line {line}: this comment belongs to no block"));
            }
            match key {
                "given" => steps.push(Step::Given { line: at + 1, what: value.to_owned() }),
                "run" => {
                    steps.push(Step::Run(Shown {
                        line: at + 1,
                        command: value.to_owned(),
                        output: None,
                        place: 0..0,
                        indent: 0,
                    }));
                }
                "file" => note = Some((at + 1, Note::File(value.to_owned()))),
                "adds to" => note = Some((at + 1, Note::More(value.to_owned()))),
                _ => note = Some((at + 1, Note::NotRun(value.to_owned()))),
            }
        } else if let (Some((from, _)), false) = (&note, line.is_empty()) {
            return Err(format!("line {from}: a block must follow this comment"));
        }
        at += 1;
    }
    Ok(steps)
}

const KEYS: [&str; 5] = ["given", "run", "file", "adds to", "not run"];

fn comment(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?.split_once(": ")?;
    KEYS.contains(&key).then_some((key, value))
}

struct Block<'a> {
    lines: &'a [&'a str],
    place: Range<usize>,
    indent: usize,
}

impl Block<'_> {
    fn line(&self, at: usize) -> &str {
        self.lines[at].get(self.indent..).unwrap_or("")
    }

    fn text(&self) -> String {
        self.place.clone().flat_map(|i| [self.line(i), "\n"]).collect()
    }

    fn commands(&self, language: &str) -> Result<Vec<Shown>, String> {
        match language {
            "sh" => Ok(self.plain()),
            "console" => self.session(),
            "bash" | "shell" | "zsh" => Err(format!("line {}: commands are fenced as sh or console", self.place.start)),
            _ => Ok(Vec::new()),
        }
    }

    /// Commands a line each; a backslash at its end, and a here-document, go on.
    fn plain(&self) -> Vec<Shown> {
        let mut found: Vec<Shown> = Vec::new();
        let mut open: Option<String> = None;
        let mut joined = false;
        for at in self.place.clone() {
            let line = self.line(at);
            if joined || open.is_some() {
                if let Some(last) = found.last_mut() {
                    last.command.push('\n');
                    last.command.push_str(line);
                }
            } else if line.trim().is_empty() || line.trim().starts_with('#') {
                continue;
            } else {
                found.push(Shown { line: at + 1, command: line.to_owned(), output: None, place: 0..0, indent: 0 });
            }
            match &open {
                Some(end) if line.trim() == end => open = None,
                Some(_) => {}
                None => open = heredoc(line),
            }
            joined = open.is_none() && line.ends_with('\\');
        }
        found
    }

    /// Commands after `$ `, going on after `> ` directly below; everything else is what they print.
    fn session(&self) -> Result<Vec<Shown>, String> {
        let mut found: Vec<Shown> = Vec::new();
        for at in self.place.clone() {
            let line = self.line(at);
            if let Some(command) = line.strip_prefix("$ ") {
                let (command, place) = (command.to_owned(), at + 1..at + 1);
                found.push(Shown { line: at + 1, command, output: Some(Vec::new()), place, indent: self.indent });
                continue;
            }
            let Some(last) = found.last_mut() else { return Err(format!("line {}: a session begins with `$ `", at + 1)) };
            let printed = last.output.get_or_insert_default();
            if let (Some(more), true) = (line.strip_prefix("> "), printed.is_empty()) {
                last.command.push('\n');
                last.command.push_str(more);
                last.place = at + 1..at + 1;
            } else {
                printed.push(line.to_owned());
                last.place.end = at + 1;
            }
        }
        Ok(found)
    }
}

/// The word that ends the here-document which this line begins.
fn heredoc(line: &str) -> Option<String> {
    let rest = line.split_once("<<")?.1.trim_start_matches('-');
    let word: String = rest.trim_start_matches(['\'', '"']).chars().take_while(|c| c.is_alphanumeric()).collect();
    (!word.is_empty()).then_some(word)
}

/// Whether printed lines are those shown; a shown line of `...` stands for any number of lines.
pub(super) fn fits(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first.trim() == "..." => (0..=printed.len()).any(|skip| fits(rest, &printed[skip..])),
        Some((first, rest)) => printed.split_first().is_some_and(|(p, more)| p == first && fits(rest, more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!-- given: prometheus -->\n1. Do\n\n   <!-- file: a/b.yaml -->\n   ```yaml\n   a: 1\n     b: 2\n   ```\n\n   \
        ```console\n   $ cat \\\n   > a/b.yaml\n   a: 1\n   ...\n   $ true\n   ```\n\n<!-- not run: needs root -->\n\n```sh\nreboot\n\
        ```\n\n```sh\n# said\ncat <<EOF | sort\nb\n\nEOF\necho a \\\n  b\n```\n\n```text\n$ no\n```\n";

    #[test]
    fn a_page_is_read_as_steps() {
        let steps = read(PAGE).unwrap();
        let told: Vec<String> = steps
            .iter()
            .map(|step| match step {
                Step::Given { what, line } => format!("given {what} {line}"),
                Step::File { path, text, more } => format!("file {path} {text:?} {more}"),
                Step::Run(s) => format!("run {} {:?} {:?} {:?}", s.line, s.command, s.output, s.place),
                Step::NotRun { first, reason, line } => format!("not {line} {first} {reason}"),
            })
            .collect();
        assert_eq!(
            told,
            [
                "given prometheus 1",
                "file a/b.yaml \"a: 1\\n  b: 2\\n\" false",
                "run 11 \"cat \\\\\\na/b.yaml\" Some([\"a: 1\", \"...\"]) 12..14",
                "run 15 \"true\" Some([]) 15..15",
                "not 20 reboot needs root",
                "run 26 \"cat <<EOF | sort\\nb\\n\\nEOF\" None 0..0",
                "run 30 \"echo a \\\\\\n  b\" None 0..0",
            ]
        );
    }

    #[test]
    fn comments_that_belong_to_nothing_are_told() {
        assert_eq!(read("<!-- not run: x -->\ntext\n").unwrap_err(), "line 1: a block must follow this comment");
        assert_eq!(read("<!-- file: x -->\n<!-- not run: x -->\n").unwrap_err(), "line 1: this comment belongs to no block");
        assert!(read("```bash\nls\n```\n").is_err() && read("```sh\nls\n").is_err() && read("```console\nls\n```\n").is_err());
    }

    #[test]
    fn dots_stand_for_any_number_of_lines() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        for (shown, printed, fit) in [
            ("a\n...\nc", "a\nb\nb\nc", true),
            ("a\n...\nc", "a\nc", true),
            ("...", "", true),
            ("a\n...\nc", "a\nb", false),
            ("a", "a\nb", false),
            ("...\nb", "a\nb\nb", true),
        ] {
            assert_eq!(fits(&lines(shown), &lines(printed)), fit, "{shown:?} {printed:?}");
        }
    }
}
