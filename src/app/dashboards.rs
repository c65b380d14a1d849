//! Dashboards of one's own, followed: their files are looked at every two seconds and taken over when they change.
//!
//! A file that is wrong by now leaves its former screen in force, and what is wrong with it stands on the screens. Deliberately
//! absent: whether SLOs they name exist; that is known where they are drawn.

use crate::domain::base::{Span, Text};
use crate::domain::view::{Dashboard, Dashboards};
use crate::formats::dashboards::{DashboardFile, load, load_bytes, unknown_sources};
use crate::ports::Clock;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

const LOOK_EVERY: Span = Span::from_secs(2);
/// What the demo shows.
const EXAMPLE: &str = include_str!("../../sample-data/connection-pool/dashboards/on-call.yaml");

/// The dashboards of a folder (or a file) now and whenever they change, read beside the screens until nobody looks any more.
/// That it is not there is told where it `must_be`.
///
/// A screen that names a source which is not among `sources` is wrong; without a list its names are the business of whoever is asked.
pub fn follow(
    path: PathBuf,
    must_be: bool,
    sources: Option<Vec<Text>>,
    clock: Arc<dyn Clock>,
) -> watch::Receiver<Arc<Dashboards>> {
    let (tell, told) = watch::channel(Arc::default());
    tokio::spawn(async move {
        let mut kept = Kept { sources, ..Kept::default() };
        loop {
            let path = path.clone();
            if let Ok(files) = tokio::task::spawn_blocking(move || load(&path, must_be)).await
                && let Some(now) = kept.take(files)
            {
                tell.send_replace(Arc::new(now));
            }
            let wake = clock.now().mono + LOOK_EVERY;
            tokio::select! {
                () = clock.sleep_until(wake) => {}
                () = tell.closed() => return,
            }
        }
    });
    told
}

/// The demo's dashboard, which is inside the program.
pub fn example() -> Dashboards {
    Kept::default().take(vec![load_bytes("dashboards/on-call.yaml", EXAMPLE)]).unwrap_or_default()
}

/// What was taken over.
#[derive(Default)]
struct Kept {
    /// Names of sources, where they are known.
    sources: Option<Vec<Text>>,
    sound: BTreeMap<Text, Arc<Dashboard>>,
    seen: Option<Vec<DashboardFile>>,
}

impl Kept {
    /// The dashboards after a look; nothing when no file has changed.
    fn take(&mut self, mut files: Vec<DashboardFile>) -> Option<Dashboards> {
        if let Some(sources) = &self.sources {
            for file in &mut files {
                let wrong = unknown_sources(&file.read, sources);
                if !wrong.is_empty() {
                    file.read = None;
                }
                file.problems.extend(wrong);
            }
        }
        if self.seen.as_ref() == Some(&files) {
            return None;
        }
        self.sound.retain(|name, _| files.iter().any(|file| file.name == *name));
        for file in &files {
            if let Some(read) = &file.read {
                self.sound.insert(file.name.clone(), Arc::clone(&read.dashboard));
            }
        }
        let problems = files.iter().flat_map(|file| file.problems.iter().cloned()).collect();
        self.seen = Some(files);
        Some(Dashboards { all: self.sound.values().cloned().collect(), problems })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "version: burnledger-dashboard/v1\ntitle: One\nrows:\n  - panels: [{text: hello}]\n";

    #[test]
    fn a_file_that_is_broken_leaves_its_former_screen_and_says_why() {
        let mut kept = Kept::default();
        let first = kept.take(vec![load_bytes("a.yaml", ONE)]).unwrap();
        assert_eq!((first.all.len(), first.problems.len()), (1, 0));
        assert_eq!(kept.take(vec![load_bytes("a.yaml", ONE)]), None, "nothing has changed");
        let broken = kept.take(vec![load_bytes("a.yaml", ONE.replace("rows", "rowz"))]).unwrap();
        assert_eq!(broken.all, first.all);
        assert!(broken.problems[0].message.contains("did you mean `rows`?"), "{:?}", broken.problems);
        let mended = kept.take(vec![load_bytes("a.yaml", ONE.replace("One", "Two"))]).unwrap();
        assert_eq!((&*mended.all[0].title, mended.problems.len()), ("Two", 0));
        assert_eq!(kept.take(Vec::new()).unwrap(), Dashboards::default(), "a file that is gone takes its screen with it");
    }

    #[test]
    fn a_source_that_is_not_configured_is_a_mistake_where_the_sources_are_known() {
        let named = ONE.replace("text: hello", "value: up, source: eu");
        let read = |sources: Option<&[&str]>| {
            let sources = sources.map(|all| all.iter().map(|name| Text::from(*name)).collect());
            let now = Kept { sources, ..Kept::default() }.take(vec![load_bytes("a.yaml", named.clone())]).unwrap();
            (now.all.len(), now.problems.into_iter().map(|p| p.message).collect::<Vec<_>>())
        };
        assert_eq!(read(Some(&["eu"])), (1, vec![]));
        assert_eq!(read(Some(&["us", "eu1"])), (0, vec!["unknown source `eu`, did you mean `eu1`?".into()]));
        assert_eq!(read(None), (1, vec![]), "elsewhere they may be others");
    }

    #[test]
    fn the_example_is_sound() {
        let example = example();
        assert_eq!((example.problems.as_slice(), example.all.len()), (&[][..], 1));
    }
}
