//! An answer that a screen waits for or has: asked once per question, the old one shown until the new one comes.
//!
//! Late answers carry the ticket of a question nobody waits for any more and are dropped.

use crate::domain::base::Text;
use crate::domain::view::{Answer, Past, Question, Refusal, Values};
use std::sync::Arc;

/// A question with what came of it.
#[derive(Clone, Debug, Default)]
pub struct Fetch {
    question: Option<Question>,
    ticket: u64,
    waiting: bool,
    answer: Option<Answer>,
    /// Why the last question was not answered.
    pub failed: Option<Text>,
}

impl Fetch {
    /// Wants `question` answered: true when it must be asked now, under `ticket`.
    pub fn want(&mut self, question: &Question, ticket: u64) -> bool {
        if self.question.as_ref() == Some(question) {
            return false;
        }
        self.question = Some(question.clone());
        self.ticket = ticket;
        self.waiting = true;
        true
    }

    /// Forgets question and answer, so that the next wish is asked anew and shows nothing old.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The same question is to be asked again; the old answer is shown meanwhile.
    pub fn again(&mut self) {
        self.question = None;
    }

    /// Takes an answer; false when it is not the one waited for.
    pub fn take(&mut self, ticket: u64, result: &Result<Answer, Refusal>) -> bool {
        if !self.waiting || ticket != self.ticket {
            return false;
        }
        self.waiting = false;
        match result {
            Ok(answer) => {
                self.answer = Some(answer.clone());
                self.failed = None;
            }
            Err(why) => self.failed = Some(why.to_string().into()),
        }
        true
    }

    /// The last answer about the past.
    pub const fn past(&self) -> Option<&Arc<Past>> {
        match &self.answer {
            Some(Answer::Past(past)) => Some(past),
            _ => None,
        }
    }

    /// The last values of an expression.
    pub const fn values(&self) -> Option<&Arc<Values>> {
        match &self.answer {
            Some(Answer::Values(values)) => Some(values),
            _ => None,
        }
    }

    /// The last answer.
    pub const fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    /// A question is under way.
    pub const fn is_waiting(&self) -> bool {
        self.waiting
    }
}
