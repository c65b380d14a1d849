//! Values of expressions for dashboards: asked of the source that a panel names, and of no other.

use super::T0;
use burnledger::app::desk::{LedgerDesk, Studio, no_ledger};
use burnledger::clock::ManualClock;
use burnledger::collector::{Recorded, Sources};
use burnledger::domain::base::Span;
use burnledger::domain::review::stats::Targets;
use burnledger::domain::view::{Answer, Question, Refusal, ValuesAsk};
use burnledger::engine::state::Settings;
use burnledger::formats::{LoadOptions, load_files};
use burnledger::ports::{Desk, MetricSource};
use std::sync::Arc;
use tokio::sync::watch;

/// A source whose `x` has one value.
fn source(value: u32) -> Arc<dyn MetricSource> {
    let text = format!("# TYPE x gauge\nx {value} {}\n# EOF\n", T0.0 / 1000);
    Arc::new(Recorded::from_bytes("x.om", text.as_bytes()).unwrap())
}

async fn ask(source: &Arc<dyn MetricSource>, name: Option<&str>) -> Result<f64, Refusal> {
    let book = load_files(&[], &LoadOptions::default()).rulebook;
    let (_told, rules) = watch::channel(Arc::new(book));
    let studio =
        Studio { rules, settings: Settings::default(), source: Arc::clone(source), concurrency: 1, targets: Targets::default() };
    let desk = LedgerDesk::new(no_ledger(), Arc::new(ManualClock::new(T0)), "test").with_studio(studio);
    let asked = ValuesAsk { source: name.map(Into::into), expr: "x".into(), to: T0, cell: Span::from_secs(15), cells: 1 };
    match desk.ask(Question::Values(asked)).await? {
        Answer::Values(values) => Ok(values.rows[0].values[0]),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn values_come_from_the_source_that_is_named() {
    let several: Arc<dyn MetricSource> = Arc::new(Sources::new(source(1), [("eu".into(), source(2))].into()));
    assert_eq!(ask(&several, None).await, Ok(1.0));
    assert_eq!(ask(&several, Some("eu")).await, Ok(2.0));
    let why = ask(&several, Some("mars")).await.unwrap_err().to_string();
    assert!(why.contains("there is no source `mars` here"), "another source's numbers would be a lie: {why}");
    assert_eq!(ask(&source(3), Some("mars")).await, Ok(3.0), "a recording stands for every source");
}
