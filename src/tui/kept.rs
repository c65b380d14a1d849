//! What a session leaves for the next one: screen, sort, filter and zoom. Never that a picture was held.
//!
//! A small text of `name=value` lines; what is not understood is left out, so that an older or newer program reads it too.

use super::model::history::RANGES;
use super::model::slo::SPANS;
use super::model::{Model, SortBy, Tab};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// More than this is not read.
const MOST: u64 = 4_096;
/// The longest filter that is kept, in characters.
const FILTER: usize = 200;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    tab: Tab,
    sort: SortBy,
    reverse: bool,
    filter: String,
    zoom: Option<usize>,
    range: usize,
}

const TABS: [(&str, Tab); 3] = [("overview", Tab::Overview), ("history", Tab::History), ("heatmap", Tab::Heat)];
const SORTS: [(&str, SortBy); 5] = [
    ("severity", SortBy::Severity),
    ("name", SortBy::Name),
    ("budget", SortBy::Budget),
    ("burn", SortBy::Burn),
    ("exhausts", SortBy::Exhausts),
];

impl Kept {
    /// What is worth keeping of a model. Screens that need something selected open as the overview.
    pub fn of(model: &Model) -> Self {
        let tab = TABS.iter().map(|(_, tab)| *tab).find(|tab| *tab == model.tab).unwrap_or_default();
        Self {
            tab,
            sort: model.list.sort,
            reverse: model.list.reverse,
            filter: model.list.filter.chars().filter(|c| !c.is_control()).take(FILTER).collect(),
            zoom: Some(model.slo.stretch.zoom),
            range: model.history.range,
        }
    }

    /// Puts a new model into that state; an incident that pages still opens on its own screen.
    pub fn apply(&self, model: &mut Model) {
        model.tab = self.tab;
        model.list.sort = self.sort;
        model.list.reverse = self.reverse;
        model.list.filter.clone_from(&self.filter);
        model.slo.stretch.zoom = self.zoom.unwrap_or(model.slo.stretch.zoom).min(SPANS.len() - 1);
        model.history.range = self.range.min(RANGES.len() - 1);
    }

    /// Reads a text; whatever it says, a state comes of it.
    pub fn parse(text: &str) -> Self {
        let mut kept = Self::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            match name {
                "tab" => kept.tab = named(&TABS, value).unwrap_or_default(),
                "sort" => kept.sort = named(&SORTS, value).unwrap_or_default(),
                "reverse" => kept.reverse = value == "true",
                "filter" => kept.filter = value.chars().filter(|c| !c.is_control()).take(FILTER).collect(),
                "zoom" => kept.zoom = value.parse().ok(),
                "range" => kept.range = value.parse().unwrap_or_default(),
                _ => {}
            }
        }
        kept
    }

    /// The text.
    pub fn text(&self) -> String {
        let name = |tab| TABS.iter().find(|(_, t)| *t == tab).map_or("overview", |(name, _)| name);
        let sort = SORTS.iter().find(|(_, s)| *s == self.sort).map_or("severity", |(name, _)| name);
        let zoom = self.zoom.map(|z| format!("zoom={z}\n")).unwrap_or_default();
        let (tab, range) = (name(self.tab), self.range);
        format!("tab={tab}\nsort={sort}\nreverse={}\nfilter={}\n{zoom}range={range}\n", self.reverse, self.filter)
    }

    /// Reads the file; a state comes of it in any case.
    pub fn load(path: &Path) -> Self {
        let mut text = String::new();
        match File::open(path).and_then(|file| file.take(MOST).read_to_string(&mut text)) {
            Ok(_) => Self::parse(&text),
            Err(_) => Self::default(),
        }
    }

    /// Writes the file whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let beside = path.with_extension(format!("{}.new", std::process::id()));
        let written = File::create(&beside).and_then(|mut file| file.write_all(self.text().as_bytes()));
        let moved = written.and_then(|()| fs::rename(&beside, path));
        if moved.is_err() {
            let _ = fs::remove_file(&beside);
        }
        moved
    }
}

fn named<T: Copy>(all: &[(&str, T)], name: &str) -> Option<T> {
    all.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_and_what_was_read_is_written_the_same(text in "\\PC{0,40}(\n(tab|sort|filter|zoom|range|reverse)=\\PC{0,20}){0,8}") {
            let kept = Kept::parse(&text);
            prop_assert_eq!(Kept::parse(&kept.text()), kept);
        }
    }

    #[test]
    fn a_file_is_replaced_whole_and_a_missing_one_is_the_default() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("burnledger/screen");
        assert_eq!(Kept::load(&path), Kept::default());
        let kept = Kept { tab: Tab::History, sort: SortBy::Burn, filter: "sev:p0 a=b".into(), zoom: Some(2), ..Kept::default() };
        kept.save(&path).unwrap();
        assert_eq!(Kept::load(&path), kept);
        kept.save(&path).unwrap();
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }
}
