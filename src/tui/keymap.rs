//! The key table with a person's own keys in it.
//!
//! An action has its usual keys or the one key that was given to it, never both. A key that would hide another action somewhere,
//! or be hidden by one, is refused with both names.

use super::keys::{Action, Binding, Code, Key, Scope, TABLE};
use super::model::Tab;

/// Keys in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    own: Vec<(Action, Key)>,
}

impl Keymap {
    /// The table with these keys given to these actions, both as people write them.
    ///
    /// # Errors
    /// The place of each wish that cannot be met, why, and what to try.
    pub fn of(wishes: &[(&str, &str)]) -> Result<Self, Vec<(usize, String, String)>> {
        let (mut own, mut wrong) = (Vec::new(), Vec::new());
        for (i, (name, key)) in wishes.iter().enumerate() {
            match (action(name), parse(key)) {
                (None, _) => wrong.push((i, format!("there is no action `{name}`"), nearest(name))),
                (_, None) => wrong.push((i, format!("`{key}` is no key that can be given away"), KEYS.into())),
                (Some(action), Some(key)) => own.push((i, action, key)),
            }
        }
        let map = Self { own: own.iter().map(|(_, action, key)| (*action, *key)).collect() };
        for (i, action, key) in own {
            if let Some(other) = map.conflict(action, key) {
                let hint = format!("give `{}` another key too, or choose one that is free", other.name());
                wrong.push((i, format!("`{key}` is already the key of `{}`", other.name()), hint));
            }
        }
        wrong.sort_by_key(|(i, ..)| *i);
        if wrong.is_empty() { Ok(map) } else { Err(wrong) }
    }

    /// The keys of a binding.
    pub fn keys(&self, binding: &Binding) -> Vec<Key> {
        match self.own.iter().find(|(action, _)| *action == binding.action) {
            Some((_, key)) => vec![*key],
            None => binding.keys.to_vec(),
        }
    }

    fn has(&self, binding: &Binding, key: Key) -> bool {
        match self.own.iter().find(|(action, _)| *action == binding.action) {
            Some((_, own)) => *own == key,
            None => binding.keys.contains(&key),
        }
    }

    /// What `key` does where these scopes hold; the first scope that knows it decides.
    pub fn lookup(&self, scopes: &[Scope], key: Key) -> Option<Action> {
        scopes.iter().find_map(|scope| TABLE.iter().find(|b| b.scope == *scope && self.has(b, key)).map(|b| b.action))
    }

    /// The keys of a binding as the help writes them.
    pub fn written(&self, binding: &Binding) -> String {
        self.keys(binding).iter().take(2).map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    /// Another action that has the key on a screen where `action` holds.
    fn conflict(&self, action: Action, key: Key) -> Option<Action> {
        Tab::ALL.into_iter().filter(|tab| holds(*tab, action)).find_map(|tab| {
            let here = TABLE.iter().filter(|b| tab.scopes().contains(&b.scope) && b.action != action);
            here.into_iter().find(|b| self.has(b, key)).map(|b| b.action)
        })
    }
}

fn holds(tab: Tab, action: Action) -> bool {
    TABLE.iter().any(|b| b.action == action && tab.scopes().contains(&b.scope))
}

fn action(name: &str) -> Option<Action> {
    TABLE.iter().map(|b| b.action).find(|action| action.name() == name.trim())
}

/// Advice for a name that does not exist.
fn nearest(name: &str) -> String {
    let name = name.to_lowercase();
    let like: Vec<String> = TABLE.iter().map(|b| b.action.name()).filter(|n| n.contains(&*name) || name.contains(&**n)).collect();
    match like.first() {
        Some(one) => format!("did you mean `{one}`?"),
        None => "the palette (`:`) lists every action by its name".into(),
    }
}

const KEYS: &str = "write a character, Space, Up, Down, Left, Right, Home, End, PgUp, PgDn or Tab, with C- or A- in front; \
                    Enter, Esc, C-c, C-j and C-m stay what they are";

/// Reads a key as the help writes it; those that no action may take are none.
fn parse(text: &str) -> Option<Key> {
    let (ctrl, rest) = text.strip_prefix("C-").filter(|r| !r.is_empty()).map_or((false, text), |rest| (true, rest));
    let (alt, rest) = rest.strip_prefix("A-").filter(|r| !r.is_empty()).map_or((false, rest), |rest| (true, rest));
    let code = match rest {
        "Space" => Code::Char(' '),
        "Up" => Code::Up,
        "Down" => Code::Down,
        "Left" => Code::Left,
        "Right" => Code::Right,
        "Home" => Code::Home,
        "End" => Code::End,
        "PgUp" => Code::PageUp,
        "PgDn" => Code::PageDown,
        "Tab" => Code::Tab,
        _ => {
            let mut all = rest.chars();
            let c = all.next().filter(|c| all.next().is_none() && !c.is_control() && !c.is_whitespace())?;
            Code::Char(c)
        }
    };
    let key = Key { code, ctrl, alt };
    (![Key::ctrl('c'), Key::ctrl('j'), Key::ctrl('m')].contains(&key)).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_has_its_own_key_instead_of_the_usual_ones() {
        let map = Keymap::of(&[("acknowledge", "C-a"), ("quit", "Q")]).unwrap();
        let scopes = Tab::Overview.scopes();
        assert_eq!(map.lookup(scopes, Key::ctrl('a')), Some(Action::Acknowledge));
        assert_eq!(map.lookup(scopes, Key::char('a')), None);
        assert_eq!((map.lookup(scopes, Key::char('Q')), map.lookup(scopes, Key::char('q'))), (Some(Action::Quit), None));
        let quit = TABLE.iter().find(|b| b.action == Action::Quit).unwrap();
        assert_eq!(map.written(quit), "Q");
    }

    #[test]
    fn without_wishes_it_is_the_table() {
        for b in TABLE {
            assert_eq!(Keymap::default().keys(b), b.keys);
        }
    }

    #[test]
    fn what_hides_another_action_is_refused_and_what_changes_places_with_it_is_not() {
        let wrong =
            |wishes: &[(&str, &str)]| Keymap::of(wishes).unwrap_err().into_iter().map(|(i, w, _)| (i, w)).collect::<Vec<_>>();
        assert_eq!(wrong(&[("copy", "a")]), [(0, "`a` is already the key of `acknowledge`".into())]);
        assert_eq!(wrong(&[("note", "q")]), [(0, "`q` is already the key of `quit`".into())]);
        assert_eq!(wrong(&[("note", "C-c")]), [(0, "`C-c` is no key that can be given away".into())]);
        assert_eq!(wrong(&[("resolv", "x")]), [(0, "there is no action `resolv`".into())]);
        assert_eq!(wrong(&[("note", "x"), ("resolve", "x")]).len(), 2);
        assert!(Keymap::of(&[("note", "y"), ("copy", "n")]).is_ok(), "they change places");
    }
}
