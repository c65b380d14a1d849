//! Why a request came to nothing, in words without addresses and secrets; and cleaning of what servers say.

use crate::domain::base::Span;
use crate::kit::secrets::SecretError;
use std::error::Error;
use thiserror::Error as ThisError;

/// Why a request came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum HttpError {
    /// The address cannot be used.
    #[error("this is no address: {0}")]
    Address(String),
    /// TLS, a header or the request itself cannot be made.
    #[error("the request cannot be made: {0}")]
    Setup(String),
    /// A secret's file cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// No connection.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The limit passed before the answer was whole.
    #[error("no answer within {}s", .0.secs_f64())]
    Timeout(Span),
    /// The server sends us elsewhere and following would be wrong.
    #[error("it redirects to {to}; configure that address instead")]
    Redirected {
        /// Where to, without credentials.
        to: String,
    },
    /// The answer ended before it was whole.
    #[error("the answer was cut off: {0}")]
    CutOff(String),
    /// The answer is longer than allowed.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
}

impl HttpError {
    /// Translates the library's error.
    pub(super) fn of(error: reqwest::Error, connect: Span, total: Span) -> Self {
        let error = error.without_url();
        if error.is_timeout() && error.is_connect() {
            Self::Unreachable(format!("no connection within {}s", connect.min(total).secs_f64()))
        } else if error.is_timeout() {
            Self::Timeout(total)
        } else if error.is_builder() {
            Self::Setup(innermost(&error))
        } else if error.is_connect() {
            Self::Unreachable(innermost(&error))
        } else {
            Self::CutOff(innermost(&error))
        }
    }
}

/// The cause at the bottom of a chain of errors: the only one that says something to people.
pub(super) fn innermost(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    clean(&last.to_string(), 200)
}

/// Makes a server's words safe and short: control and direction characters become spaces, runs of spaces one, and what is longer
/// than `max` characters is cut.
pub fn clean(text: &str, max: usize) -> String {
    let unsafe_char = |c: char| {
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut out = String::new();
    let mut length = 0;
    for word in text.split(|c: char| c.is_whitespace() || unsafe_char(c)).filter(|w| !w.is_empty()) {
        for c in (length > 0).then_some(' ').into_iter().chain(word.chars()) {
            if length == max {
                out.push('…');
                return out;
            }
            out.push(c);
            length += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_servers_are_made_safe_and_short() {
        assert_eq!(clean("  bad\n\tquery \x1b[31mred\u{202e}! ", 100), "bad query [31mred !");
        assert_eq!(clean("abcdef", 6), "abcdef");
        assert_eq!(clean("abcdefg", 6), "abcdef…");
        assert_eq!(clean("äöü äöü", 4), "äöü …");
        assert_eq!(clean("", 4), "");
    }
}
