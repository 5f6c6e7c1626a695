//! Text that comes from outside, made safe for a terminal.
//!
//! Replies of AWS, of proxies and of strangers in their place are shown to people in diagnostics and written into
//! logs, and both end on terminals. An escape sequence in them could clear the screen, change its title or hide a line.
//! Every diagnostic and every log line passes through here on its way out.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns the text with each character that commands a terminal, or hides or reorders text, written as its code
/// point, such as `\u{1b}`. Line breaks and tabs stay; a carriage return before a line break goes.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\r' && letters.peek() == Some(&'\n') {
            continue;
        }
        if is_unsafe(letter) {
            // Writing to a string does not fail.
            let _ = write!(clean, "{}", letter.escape_unicode());
        } else {
            clean.push(letter);
        }
    }
    Cow::Owned(clean)
}

/// The same on one line.
pub(crate) fn printable_line(text: &str) -> String {
    printable(text).replace('\n', " ")
}

/// Whether a character is more than a sign on paper: C0, DEL and C1 controls, and the marks of Unicode that reorder,
/// break or hide text.
fn is_unsafe(letter: char) -> bool {
    (letter.is_control() && !matches!(letter, '\n' | '\t'))
        || matches!(
            letter,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_commands_a_terminal_is_written_as_its_code_point() {
        for (text, clean) in [
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("bell\u{7}", "bell\\u{7}"),
            ("nothing\0", "nothing\\u{0}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{7f}", "\\u{7f}"),
            ("over\rwritten", "over\\u{d}written"),
            ("\u{202e}live", "\\u{202e}live"),
            ("two\r\nlines\tand a tab", "two\nlines\tand a tab"),
        ] {
            assert_eq!(printable(text), clean);
        }
    }

    #[test]
    fn text_that_is_safe_is_not_copied() {
        let text = "Zürich → 東京 🦀\n\tone, two";
        assert!(matches!(printable(text), Cow::Borrowed(_)));
        assert_eq!(printable_line("one\ntwo"), "one two");
    }

    proptest! {
        #[test]
        fn whatever_comes_nothing_of_it_commands_a_terminal(text in any::<String>()) {
            let clean = printable(&text);
            prop_assert!(!clean.chars().any(is_unsafe));
            prop_assert_eq!(printable(&clean), clean.as_ref());
        }
    }
}
