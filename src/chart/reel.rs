//! Screens one after another as one SVG that plays: a recording for pages that show pictures and run no scripts.
//!
//! Every element is drawn once and shown in the frames that have it, so a recording is hardly larger than the screens that
//! differ. CSS alone moves it; whoever asks for less motion, and every reader that knows no CSS animation, sees one frame.
//! Deliberately absent: sound reasons for a frame's length; who records knows what is worth looking at.

use super::svg::{Grid, Layer, Piece, Rgb, head, pieces, rows};
use std::collections::BTreeMap;
use std::fmt::Write;

/// One screen of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What is seen. All frames are as large as the first and have its ground.
    pub grid: Grid,
    /// How long, in milliseconds.
    pub millis: u32,
}

/// Frames that show a piece, in order.
type Shown = Vec<bool>;

/// The recording, playing for ever. `still` is the frame that stands for all where nothing moves; the first when there is
/// no such frame. Without frames there is no picture.
pub fn render(frames: &[Frame], still: usize) -> String {
    let Some(first) = frames.first() else { return String::new() };
    let still = if still < frames.len() { still } else { 0 };
    let mut groups: BTreeMap<Shown, Vec<Piece>> = BTreeMap::new();
    for (piece, shown) in seen(frames) {
        groups.entry(shown).or_default().push(piece);
    }
    let mut out = head(&first.grid, &style(frames, groups.keys()));
    for under in [true, false] {
        for (name, (shown, pieces)) in groups.iter().enumerate() {
            let layer: Vec<&Piece> = pieces.iter().filter(|p| (p.layer == Layer::Ground) == under).collect();
            if !layer.is_empty() {
                group(name, shown, still, &layer, &mut out);
            }
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Every piece once, with the frames that have it. Letters for copying are left out: nobody copies from what moves.
fn seen(frames: &[Frame]) -> BTreeMap<Piece, Shown> {
    let mut all: BTreeMap<Piece, Shown> = BTreeMap::new();
    for (i, frame) in frames.iter().enumerate() {
        for piece in (0..rows(&frame.grid)).flat_map(|row| pieces(&frame.grid, row)) {
            if piece.layer != Layer::Unseen {
                all.entry(piece).or_insert_with(|| vec![false; frames.len()])[i] = true;
            }
        }
    }
    all
}

/// Pieces that come and go together, by colour.
fn group(name: usize, shown: &Shown, still: usize, pieces: &[&Piece], out: &mut String) {
    let always = shown.iter().all(|s| *s);
    let hidden = if shown[still] { "" } else { " visibility=\"hidden\"" };
    let _ = if always { writeln!(out, "<g>") } else { writeln!(out, "<g class=\"f{name}\"{hidden}>") };
    let mut by_colour: BTreeMap<Rgb, Vec<&Piece>> = BTreeMap::new();
    for piece in pieces {
        by_colour.entry(piece.fill).or_default().push(piece);
    }
    for ((r, g, b), pieces) in by_colour {
        let _ = writeln!(out, "<g fill=\"#{r:02x}{g:02x}{b:02x}\">");
        for piece in pieces {
            piece.write(false, out);
        }
        out.push_str("</g>\n");
    }
    out.push_str("</g>\n");
}

/// One animation for each set of frames that some piece is seen in.
fn style<'a>(frames: &[Frame], sets: impl Iterator<Item = &'a Shown>) -> String {
    let whole: f64 = frames.iter().map(|f| f64::from(f.millis)).sum();
    let mut rules = String::new();
    for (name, shown) in sets.enumerate().filter(|(_, shown)| shown.iter().any(|s| !*s)) {
        let mut steps = String::new();
        let mut begun = 0.0;
        for (i, frame) in frames.iter().enumerate() {
            if i == 0 || shown[i] != shown[i - 1] {
                let state = if shown[i] { "visible" } else { "hidden" };
                let _ = write!(steps, "{:.3}%{{visibility:{state}}}", begun / whole.max(1.0) * 100.0);
            }
            begun += f64::from(frame.millis);
        }
        let _ = write!(
            rules,
            "\n@keyframes f{name}{{{steps}}}.f{name}{{animation:f{name} {:.2}s step-end infinite}}",
            whole / 1000.0
        );
    }
    if rules.is_empty() { rules } else { format!("\n@media (prefers-reduced-motion:no-preference){{{rules}}}\n") }
}

#[cfg(test)]
mod tests {
    use super::super::svg::Cell;
    use super::*;

    fn frame(text: &str, millis: u32) -> Frame {
        let cell = |c: char| Cell { symbol: c.to_string(), fg: (208, 208, 208), bg: None, bold: false, underline: false };
        let cells: Vec<Cell> = text.lines().flat_map(|l| l.chars()).map(cell).collect();
        Frame { grid: Grid { width: 8, cells, ground: (16, 16, 20), title: "a story".into() }, millis }
    }

    #[test]
    fn what_stays_is_drawn_once_and_what_changes_comes_and_goes() {
        let frames = [frame("same    one     ", 1000), frame("same    two     ", 3000)];
        let svg = render(&frames, 1);
        assert_eq!(svg.matches(">same<").count(), 1, "{svg}");
        assert!(svg.contains("0.000%{visibility:visible}25.000%{visibility:hidden}"), "{svg}");
        assert!(svg.contains("0.000%{visibility:hidden}25.000%{visibility:visible}"), "{svg}");
        assert!(svg.contains("4.00s step-end infinite"), "{svg}");
        let first = svg.lines().position(|l| l.contains(">one<")).unwrap();
        let group = svg.lines().take(first).filter(|l| l.starts_with("<g class")).last().unwrap();
        assert!(group.contains("visibility=\"hidden\""), "the still is the second frame: {group}");
    }

    #[test]
    fn one_frame_does_not_move_and_none_is_nothing() {
        let svg = render(&[frame("alone   ", 500)], 7);
        assert!(svg.contains(">alone<") && !svg.contains("@keyframes") && !svg.contains("hidden"), "{svg}");
        assert_eq!(render(&[], 0), "");
    }

    #[test]
    fn nothing_in_it_runs() {
        let svg = render(&[frame("<script>", 1), frame("javascrip", 1)], 0);
        assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;"), "{svg}");
    }
}
