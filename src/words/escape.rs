//! Escaping for each medium: whatever came from outside passes here before it is shown.

/// Characters that reorder, hide or join text on a screen: they could make one name look like another.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
        || matches!(c, '\u{E0000}'..='\u{E007F}')
}

/// For a terminal, as one line: line breaks and tabs become spaces, other control and deceptive characters become `?`.
/// Escape sequences thus lose their first byte and do nothing.
pub fn terminal(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { visible(c) }).collect()
}

/// For a terminal, line breaks kept.
pub fn terminal_lines(text: &str) -> Vec<String> {
    text.lines().map(terminal).collect()
}

/// The character itself, or `?` where it would act instead of being seen.
fn visible(c: char) -> char {
    if c.is_control() || is_deceptive(c) { '?' } else { c }
}

/// For Markdown, as one line: every character that could start a mark is escaped, so that the text reads as itself; HTML is
/// neutralised because Markdown passes it through.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in terminal(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' | '$' | '@' | ':' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    // A line that opens with these would become a list, a heading's underline or a numbered item.
    let opens_list = out.starts_with(['-', '=']);
    let digits = out.bytes().take_while(u8::is_ascii_digit).count();
    if opens_list {
        out.insert(0, '\\');
    } else if digits > 0 && out[digits..].starts_with('.') {
        out.insert(digits, '\\');
    }
    out
}

/// For HTML text and quoted attributes, and for SVG.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            _ => out.push(visible(c)),
        }
    }
    out
}

/// One cell of CSV (RFC 4180) that holds text. A text that a spreadsheet would run as a formula gets an apostrophe in front.
/// Numbers need no escaping and must not pass here: a minus would be taken for the start of a formula.
pub fn csv(text: &str) -> String {
    let text = terminal(text);
    let runs = text.trim_start().starts_with(['=', '+', '-', '@', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}']);
    let text = if runs { format!("'{text}") } else { text };
    if text.contains(['"', ',', ';', '\'']) || text.starts_with(' ') || text.ends_with(' ') {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

/// For Slack's mrkdwn: `&`, `<` and `>` open links and mentions, `*`, `_`, `~` and back-ticks marks. The latter cannot be escaped
/// there, so a character without width keeps them from pairing up.
pub fn slack(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in terminal(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '*' | '~' | '`' => out.extend(['\u{2060}', c]),
            _ => out.push(c),
        }
    }
    out
}

/// For the Markdown of Feishu and Lark cards, which reads HTML entities.
pub fn lark(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in terminal(text).chars() {
        match c {
            '&' | '<' | '>' | '*' | '~' | '[' | ']' | '`' | '_' | '#' | '|' => {
                out.push_str("&#");
                out.push_str(&u32::from(c).to_string());
                out.push(';');
            }
            _ => out.push(c),
        }
    }
    out
}

/// For the small Markdown of DingTalk and WeCom, which knows no escapes: characters that open links, mentions and marks become
/// their full-width twins, which read the same and do nothing.
pub fn chat(text: &str) -> String {
    let twin = |c: char| match c {
        '<' | '>' | '[' | ']' | '*' | '`' | '~' | '#' | '!' | '@' | '\\' => char::from_u32(u32::from(c) + 0xFEE0).unwrap_or('?'),
        c => c,
    };
    terminal(text).chars().map(twin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_escape_sequence_becomes_harmless_text() {
        assert_eq!(terminal("a\x1b[31mred\x07"), "a?[31mred?");
        assert_eq!(terminal("two\nlines\tand \u{9b}0m"), "two lines and ?0m");
        assert_eq!(terminal("pay\u{202E}gnp.exe"), "pay?gnp.exe");
        assert_eq!(terminal("订单 café"), "订单 café");
        assert_eq!(terminal_lines("a\x1b\nb"), ["a?", "b"]);
    }

    #[test]
    fn markdown_and_html_read_as_themselves() {
        assert_eq!(markdown("<b>|x|</b> [a](b)"), "&lt;b&gt;\\|x\\|&lt;/b&gt; \\[a\\]\\(b\\)");
        assert_eq!(markdown("- item"), "\\- item");
        assert_eq!(markdown("1. item"), "1\\. item");
        assert_eq!(html("a<b & \"c\" 'd'\u{0}"), "a&lt;b &amp; &quot;c&quot; &#39;d&#39;?");
    }

    #[test]
    fn a_cell_runs_no_formula_and_stays_one_cell() {
        assert_eq!(csv("plain text"), "plain text");
        assert_eq!(csv("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
        assert_eq!(csv("  @SUM(1)"), "\"'  @SUM(1)\"");
        assert_eq!(csv("-2+3"), "\"'-2+3\"");
        assert_eq!(csv("two\r\nlines, one cell"), "\"two  lines, one cell\"");
        assert_eq!(csv("\t=1"), "\"' =1\"");
    }

    #[test]
    fn nobody_is_mentioned_and_no_link_is_made_by_a_name() {
        let hostile = "<!channel> <at id=all></at> <@ann> [x](http://evil) *b* @all";
        assert!(slack(hostile).starts_with("&lt;!channel&gt; &lt;at id=all&gt;"));
        assert!(!lark(hostile).contains(['<', '>', '[', ']', '*']));
        assert!(!chat(hostile).contains(['<', '>', '[', ']', '*', '@']));
        assert_eq!(chat("order_db 订单"), "order_db 订单");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_reaches_a_terminal(text in "\\PC{0,20}[\\x00-\\x1f\\x7f-\\x9f]{0,5}\\PC{0,20}") {
            prop_assert!(!terminal(&text).chars().any(|c| c.is_control() || is_deceptive(c)));
            prop_assert!(!html(&text).contains(['<', '>', '"']));
        }
    }
}
