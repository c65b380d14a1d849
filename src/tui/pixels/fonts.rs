//! Which font of this machine draws a character, and what of each pixel it covers.
//!
//! Deliberately absent: hinting, kerning and ligatures; cells have one width.

use super::Stamp;
use ab_glyph_rasterizer::{Point, Rasterizer, point};
use fontdb::{Database, FaceInfo, Family, ID, Query, Style, Weight};
use std::collections::BTreeMap;
use ttf_parser::{Face, OutlineBuilder, Tag};

/// Fonts that are made for screens like ours, the better known first; after them whatever is even.
const KNOWN: [Family<'static>; 7] = [
    Family::Name("SF Mono"),
    Family::Name("JetBrains Mono"),
    Family::Name("Menlo"),
    Family::Name("Consolas"),
    Family::Name("DejaVu Sans Mono"),
    Family::Name("Liberation Mono"),
    Family::Monospace,
];

/// The fonts of a machine, in the order in which they are asked for a character.
pub(super) struct Fonts {
    found: Database,
    order: Vec<ID>,
    bold: Option<ID>,
    /// Files that drew something, whole: most characters come from one.
    open: BTreeMap<ID, (Vec<u8>, u32)>,
}

/// One character, not yet placed.
pub(super) struct Glyph {
    /// How far the next one stands, in pixels.
    pub(super) advance: f32,
    /// Pixels for each unit of its font.
    scale: f32,
    outline: Outline,
    /// Its font has no bold letters: they are drawn twice.
    twice: bool,
}

impl Fonts {
    /// None where there is no font.
    pub(super) fn of(found: Database) -> Option<Self> {
        let ask = |families: &[Family<'_>], weight| found.query(&Query { families, weight, ..Query::default() });
        let even = |face: &&FaceInfo| face.monospaced && face.style == Style::Normal;
        let plain = ask(&KNOWN, Weight::NORMAL)
            .or_else(|| found.faces().filter(even).min_by_key(|face| rank(face)).map(|face| face.id))
            .or_else(|| found.faces().min_by_key(|face| rank(face)).map(|face| face.id))?;
        let family = found.face(plain).and_then(|face| face.families.first()).map(|(name, _)| name.clone())?;
        let bold = ask(&[Family::Name(&family)], Weight::BOLD).filter(|id| *id != plain);
        let mut others: Vec<&FaceInfo> = found.faces().filter(|face| face.id != plain).collect();
        others.sort_by_key(|face| rank(face));
        let order = std::iter::once(plain).chain(others.into_iter().map(|face| face.id)).collect();
        Some(Self { found, order, bold, open: BTreeMap::new() })
    }

    /// The character, from the first font that has lines for it.
    pub(super) fn glyph(&mut self, c: char, bold: bool, size: f32) -> Option<Glyph> {
        let first = self.bold.filter(|_| bold).into_iter().chain(self.order.first().copied());
        let known: Vec<ID> = first.chain(self.open.keys().copied()).collect();
        let from_open = known.into_iter().find_map(|id| self.from(id, c, bold, size));
        from_open.or_else(|| {
            let has = |id: &ID| self.found.with_face_data(*id, |data, index| outline(data, index, c, bold).is_some());
            let id = self.order.iter().copied().find(|id| has(id) == Some(true))?;
            self.from(id, c, bold, size)
        })
    }

    fn from(&mut self, id: ID, c: char, bold: bool, size: f32) -> Option<Glyph> {
        if !self.open.contains_key(&id) {
            let file = self.found.with_face_data(id, |data, index| (data.to_vec(), index))?;
            self.open.insert(id, file);
        }
        let (data, index) = self.open.get(&id)?;
        let (drawn, is_bold) = outline(data, *index, c, bold)?;
        let scale = size / drawn.units;
        Some(Glyph { advance: drawn.advance * scale, scale, outline: drawn, twice: bold && !is_bold })
    }
}

/// The plainer a face, the sooner it is asked: even ones first, then upright ones, then those of common weight.
fn rank(face: &FaceInfo) -> (bool, bool, u16, String) {
    (!face.monospaced, face.style != Style::Normal, face.weight.0.abs_diff(Weight::NORMAL.0), face.post_script_name.clone())
}

/// A character's lines, and whether they are bold.
fn outline(data: &[u8], index: u32, c: char, bold: bool) -> Option<(Outline, bool)> {
    let mut face = Face::parse(data, index).ok()?;
    // The weight that a font of many begins with may be its thinnest.
    let weighed = face.set_variation(Tag::from_bytes(b"wght"), if bold { 700.0 } else { 400.0 }).is_some();
    let id = face.glyph_index(c).filter(|id| id.0 != 0)?;
    let units = f32::from(face.units_per_em());
    let advance = f32::from(face.glyph_hor_advance(id)?);
    let mut lines = Outline { units, advance, ..Outline::default() };
    face.outline_glyph(id, &mut lines)?;
    (!lines.curves.is_empty()).then(|| (lines, bold && weighed || face.is_bold()))
}

/// Lines of a character in its font's units, upwards; all as curves of the third order.
#[derive(Default)]
struct Outline {
    units: f32,
    advance: f32,
    curves: Vec<[Point; 4]>,
    begun: Point,
    at: Point,
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.close();
        (self.begun, self.at) = (point(x, y), point(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = point(x, y);
        self.curves.push([self.at, self.at, to, to]);
        self.at = to;
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (bend, to) = (point(x1, y1), point(x, y));
        let third = |end: Point| point(end.x + (bend.x - end.x) * 2.0 / 3.0, end.y + (bend.y - end.y) * 2.0 / 3.0);
        self.curves.push([self.at, third(self.at), third(to), to]);
        self.at = to;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let to = point(x, y);
        self.curves.push([self.at, point(x1, y1), point(x2, y2), to]);
        self.at = to;
    }

    fn close(&mut self) {
        if self.at != self.begun {
            self.line_to(self.begun.x, self.begun.y);
        }
    }
}

/// No letter is larger, in pixels: a broken font must not ask for all memory.
const MOST: f32 = 400.0;

impl Glyph {
    /// What it covers when it begins at `left` and stands on `base`, `narrower` than its font has it.
    pub(super) fn stamp(&self, left: f32, base: f32, narrower: f32) -> Vec<Stamp> {
        let place = |p: &Point| point(left + p.x * self.scale * narrower, base - p.y * self.scale);
        let curves: Vec<[Point; 4]> =
            self.outline.curves.iter().map(|c| [place(&c[0]), place(&c[1]), place(&c[2]), place(&c[3])]).collect();
        let all = || curves.iter().flatten();
        let low = |of: fn(&Point) -> f32| all().map(of).fold(f32::MAX, f32::min).floor() - 1.0;
        let high = |of: fn(&Point) -> f32| all().map(of).fold(f32::MIN, f32::max).ceil() + 1.0;
        let (x, y) = (low(|p| p.x), low(|p| p.y));
        let (width, height) = (high(|p| p.x) - x, high(|p| p.y) - y);
        if !(1.0..=MOST).contains(&width) || !(1.0..=MOST).contains(&height) {
            return Vec::new();
        }
        let (width, height) = (width as usize, height as usize);
        let mut raster = Rasterizer::new(width, height);
        for c in &curves {
            let moved = c.map(|p| point(p.x - x, p.y - y));
            if c[0] == c[1] && c[2] == c[3] {
                raster.draw_line(moved[0], moved[3]);
            } else {
                raster.draw_cubic(moved[0], moved[1], moved[2], moved[3]);
            }
        }
        let mut cover = vec![0u8; width * height];
        raster.for_each_pixel(|i, part| {
            if let Some(pixel) = cover.get_mut(i) {
                *pixel = (part.clamp(0.0, 1.0) * 255.0).round() as u8;
            }
        });
        let at = |more: i32| (x as i32 + more, y as i32);
        let copies = if self.twice { 2 } else { 1 };
        (0..copies).map(|more| Stamp { at: at(more), width, cover: cover.clone() }).collect()
    }
}
