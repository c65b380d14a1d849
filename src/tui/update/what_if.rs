//! What if, in a replay: a change of target or thresholds is typed and judged elsewhere; the answer stays beside the film.

use super::Effect;
use super::dialogs::{after_edit, edit, focused};
use crate::domain::base::Text;
use crate::domain::view::{Answer, Question, Refusal, WhatIfAsk};
use crate::tui::keys::{Code, Key};
use crate::tui::model::{Input, Model, Overlay};

/// Opens the line; the last change stands in it.
pub(super) fn open(model: &mut Model) {
    let Some(replay) = model.replay.as_ref().filter(|r| r.film().is_some()) else { return };
    let last = replay.supposed.as_ref().map(|c| c.to_string()).unwrap_or_default();
    model.overlay = Some(Overlay::WhatIf { input: Input::new(&last) });
}

pub(super) fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::WhatIf { input }) = &model.overlay else { return Vec::new() };
    match key.code {
        Code::Esc => model.overlay = None,
        Code::Enter => {
            let text: Text = input.text().trim().into();
            model.overlay = None;
            return suppose(model, text);
        }
        _ => {
            if let Some(input) = focused(model) {
                edit(input, key, false);
            }
            after_edit(model);
        }
    }
    Vec::new()
}

/// An empty line takes the supposition back.
fn suppose(model: &mut Model, change: Text) -> Vec<Effect> {
    let ticket = model.next_ticket;
    let Some(replay) = &mut model.replay else { return Vec::new() };
    replay.what_if.clear();
    replay.supposed = Some(change.clone()).filter(|c| !c.is_empty());
    if replay.supposed.is_none() {
        return Vec::new();
    }
    let question = Question::WhatIf(WhatIfAsk { film: replay.ask.clone(), change });
    replay.what_if.want(&question, ticket);
    model.next_ticket += 1;
    vec![Effect::Ask { ticket, question }]
}

/// Takes an answer; false when it is none of ours.
pub(super) fn take(model: &mut Model, ticket: u64, result: &Result<Answer, Refusal>) -> bool {
    model.replay.as_mut().is_some_and(|replay| replay.what_if.take(ticket, result))
}
