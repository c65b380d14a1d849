//! Where a text that promql-parser refuses goes wrong: the parser gives a sentence, this gives the place.
//!
//! Grammar: a walk over the tokens finds the first that cannot stand where it does. Types and arities: the smallest
//! bracketed part that is refused with the same sentence. Deliberately absent: deciding what is valid; that is the parser's.

use super::ast::{Fold, Op};
use super::error::QueryError;
use super::scan::{Lexeme, Token};
use std::ops::Range;

/// Tokens that may be parsed again while looking for the place: keeps hostile input from taking long.
const BUDGET: usize = 40_000;

/// The place of the parser's `message`; `refuses` parses the tokens of a range and gives the parser's sentence.
pub(super) fn locate(tokens: &[Lexeme], message: &str, refuses: &dyn Fn(Range<usize>) -> Option<String>) -> Range<usize> {
    let whole = 0..tokens.len();
    let mut budget = BUDGET;
    for part in parts(tokens) {
        if part.len() > budget {
            break;
        }
        budget -= part.len();
        if refuses(part.clone()).as_deref() == Some(message) {
            return span(tokens, &part);
        }
    }
    span(tokens, &whole)
}

/// The bytes of a range of tokens.
pub(super) fn span(tokens: &[Lexeme], part: &Range<usize>) -> Range<usize> {
    match (tokens.get(part.start), part.end.checked_sub(1).and_then(|i| tokens.get(i))) {
        (Some(first), Some(last)) => first.at.start..last.at.end,
        _ => 0..0,
    }
}

/// Bracketed parts, the inner before the outer: calls with their name, and insides of parentheses.
fn parts(tokens: &[Lexeme]) -> Vec<Range<usize>> {
    let (mut open, mut out) = (Vec::new(), Vec::new());
    for (i, token) in tokens.iter().enumerate() {
        if token.is("(") {
            open.push(i);
        } else if token.is(")")
            && let Some(start) = open.pop()
        {
            out.push(head(tokens, start)..i + 1);
        }
    }
    out
}

/// The first token of the call or aggregation whose argument list opens at `open`.
fn head(tokens: &[Lexeme], open: usize) -> usize {
    let before = |i: usize| i.checked_sub(1).map(|i| &tokens[i]);
    match before(open) {
        Some(t) if t.name().is_some_and(|n| !is_keyword(n)) => open - 1,
        Some(t) if t.is(")") => {
            // `sum by (a) (..)`: step over the label list.
            let list = (0..open).rev().find(|i| tokens[*i].is("(")).unwrap_or(open);
            match list.checked_sub(2) {
                Some(i) if is_grouping(&tokens[i + 1]) && tokens[i].name().and_then(Fold::named).is_some() => i,
                _ => open,
            }
        }
        _ => open,
    }
}

fn is_grouping(token: &Lexeme) -> bool {
    token.is_word("by") || token.is_word("without")
}

fn is_keyword(name: &str) -> bool {
    Op::signed(name).is_some()
        || ["by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset"]
            .iter()
            .any(|k| k.eq_ignore_ascii_case(name))
}

/// The first token that cannot stand where it does; `None` when the walk finds nothing to say.
pub(super) fn grammar(tokens: &[Lexeme], end: usize) -> Option<QueryError> {
    let mut walk = Walk { tokens, at: 0, open: Vec::new(), end };
    loop {
        let done = walk.operand().and_then(|()| walk.after());
        match done {
            Ok(true) => return None,
            Ok(false) => {}
            Err(e) => return Some(e),
        }
    }
}

struct Walk<'a> {
    tokens: &'a [Lexeme],
    at: usize,
    /// Open parentheses: true for argument lists, where commas may stand.
    open: Vec<bool>,
    end: usize,
}

type Step<T> = Result<T, QueryError>;

impl Walk<'_> {
    fn peek(&self) -> Option<&Lexeme> {
        self.tokens.get(self.at)
    }

    fn sign(&self) -> &'static str {
        match self.peek().map(|t| &t.token) {
            Some(Token::Sign(s)) => s,
            _ => "",
        }
    }

    fn eat(&mut self, sign: &str) -> bool {
        let hit = self.sign() == sign;
        self.at += usize::from(hit);
        hit
    }

    fn eat_word(&mut self, words: &[&str]) -> bool {
        let hit = self.peek().is_some_and(|t| words.iter().any(|w| t.is_word(w)));
        self.at += usize::from(hit);
        hit
    }

    fn fail<T>(&self, wanted: &str) -> Step<T> {
        match self.peek() {
            Some(t) => Err(QueryError::new(format!("{wanted} was expected here"), t.at.clone())),
            None => Err(QueryError::new(format!("{wanted} is missing at the end"), self.end..self.end)),
        }
    }

    fn want(&mut self, sign: &str) -> Step<()> {
        if self.eat(sign) { Ok(()) } else { self.fail(&format!("`{sign}`")) }
    }

    /// A metric, number, string, call or parenthesis; leaves the walk after it, or inside it at its first operand.
    fn operand(&mut self) -> Step<()> {
        while self.eat("+") || self.eat("-") {}
        match self.peek().map(|t| t.token.clone()) {
            Some(Token::Name(name)) => self.named(&name),
            Some(Token::Number(_) | Token::Text(_) | Token::Duration(_)) => {
                self.at += 1;
                Ok(())
            }
            Some(Token::Sign("(")) => {
                self.at += 1;
                self.open.push(false);
                self.operand()
            }
            Some(Token::Sign("{")) => self.braces(),
            _ => self.fail("an expression"),
        }
    }

    fn named(&mut self, name: &str) -> Step<()> {
        self.at += 1;
        let grouped = Fold::named(name).is_some() && self.eat_word(&["by", "without"]);
        if grouped {
            self.labels()?;
        }
        if grouped || self.sign() == "(" {
            self.want("(")?;
            self.open.push(true);
            return if self.sign() == ")" { Ok(()) } else { self.operand() };
        }
        if self.sign() == "{" { self.braces() } else { Ok(()) }
    }

    fn labels(&mut self) -> Step<()> {
        self.want("(")?;
        while !self.eat(")") {
            match self.peek().map(|t| &t.token) {
                Some(Token::Name(_) | Token::Text(_)) => self.at += 1,
                _ => return self.fail("a label"),
            }
            if !self.eat(",") && self.sign() != ")" {
                return self.fail("`,` or `)`");
            }
        }
        Ok(())
    }

    fn braces(&mut self) -> Step<()> {
        self.want("{")?;
        while !self.eat("}") {
            let quoted = matches!(self.peek().map(|t| &t.token), Some(Token::Text(_)));
            if !quoted && self.peek().and_then(Lexeme::name).is_none() {
                return self.fail("a label");
            }
            self.at += 1;
            if ["=", "!=", "=~", "!~"].contains(&self.sign()) {
                self.at += 1;
                if !matches!(self.peek().map(|t| &t.token), Some(Token::Text(_))) {
                    return self.fail("a quoted value");
                }
                self.at += 1;
            } else if !quoted {
                return self.fail("`=`, `!=`, `=~` or `!~`");
            }
            if !self.eat(",") && !self.eat_word(&["or"]) && self.sign() != "}" {
                return self.fail("`,` or `}`");
            }
        }
        Ok(())
    }

    /// What may follow an operand, up to the next one. True at a good end.
    fn after(&mut self) -> Step<bool> {
        loop {
            match self.peek().map(|t| t.token.clone()) {
                None if self.open.is_empty() => return Ok(true),
                None => return self.fail("`)`"),
                Some(Token::Sign("[")) => self.range()?,
                Some(Token::Sign("@")) => self.instant()?,
                Some(Token::Name(n)) if n.eq_ignore_ascii_case("offset") => self.offset()?,
                Some(Token::Sign(")")) if !self.open.is_empty() => self.close()?,
                Some(Token::Sign(",")) if self.open.last() == Some(&true) => {
                    self.at += 1;
                    return Ok(false);
                }
                Some(Token::Sign(s)) if Op::signed(s).is_some() => return self.operator(),
                Some(Token::Name(n)) if Op::signed(&n).is_some() => return self.operator(),
                _ => return self.fail("an operator"),
            }
        }
    }

    fn close(&mut self) -> Step<()> {
        self.at += 1;
        if self.open.pop() == Some(true) && self.eat_word(&["by", "without"]) { self.labels() } else { Ok(()) }
    }

    fn operator(&mut self) -> Step<bool> {
        self.at += 1;
        self.eat_word(&["bool"]);
        if self.eat_word(&["on", "ignoring"]) {
            self.labels()?;
            if self.eat_word(&["group_left", "group_right"]) && self.sign() == "(" {
                self.labels()?;
            }
        }
        Ok(false)
    }

    fn length(&mut self) -> Step<()> {
        match self.peek().map(|t| &t.token) {
            Some(Token::Duration(_) | Token::Number(_) | Token::Window) => {
                self.at += 1;
                Ok(())
            }
            _ => self.fail("a duration such as 5m"),
        }
    }

    fn range(&mut self) -> Step<()> {
        self.want("[")?;
        self.length()?;
        if self.eat(":") && self.sign() != "]" {
            self.length()?;
        }
        let computed = ["+", "-", "*", "/", "%", "^"].contains(&self.sign());
        let hint = "write the length itself, such as 30m: computed durations are an experiment of newer Prometheus";
        self.want("]").map_err(|e| if computed { e.hint(hint) } else { e })
    }

    fn offset(&mut self) -> Step<()> {
        self.at += 1;
        let _ = self.eat("-") || self.eat("+");
        self.length()
    }

    fn instant(&mut self) -> Step<()> {
        self.want("@")?;
        if self.eat_word(&["start", "end"]) {
            self.want("(")?;
            return self.want(")");
        }
        let _ = self.eat("-") || self.eat("+");
        match self.peek().map(|t| &t.token) {
            Some(Token::Number(_)) => {
                self.at += 1;
                Ok(())
            }
            _ => self.fail("a time in seconds, `start()` or `end()`"),
        }
    }
}
