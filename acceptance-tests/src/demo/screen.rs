//! The terminal of the demo: calm lines, colour only where somebody looks.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};

const HEADING: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// Where lines go, and whether in colour.
#[derive(Debug)]
pub struct Screen<W = io::StdoutLock<'static>> {
    out: W,
    coloured: bool,
}

impl Screen {
    /// Takes standard output, with colour on a terminal unless `NO_COLOR` is set.
    pub fn of_standard_output() -> Self {
        let coloured = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { out: io::stdout().lock(), coloured }
    }
}

impl<W: Write> Screen<W> {
    /// Writes to anything.
    pub fn new(out: W, coloured: bool) -> Self {
        Self { out, coloured }
    }

    fn paint(&self, style: Style, text: impl Display) -> String {
        if self.coloured { format!("{style}{text}{style:#}") } else { text.to_string() }
    }

    /// Writes a line; a terminal that went away is no reason to stop.
    fn line(&mut self, text: impl Display) {
        let _gone = writeln!(self.out, "{text}");
        let _gone = self.out.flush();
    }

    /// Leaves a line free.
    pub fn gap(&mut self) {
        self.line("");
    }

    /// Begins a part.
    pub fn heading(&mut self, text: &str) {
        let text = self.paint(HEADING, text);
        self.line(format_args!("\n  {text}"));
    }

    /// Says something in passing.
    pub fn note(&mut self, text: &str) {
        let text = self.paint(QUIET, text);
        self.line(format_args!("  {text}"));
    }

    /// Says something as it is, to be copied.
    pub fn plain(&mut self, text: &str) {
        for line in text.lines() {
            self.line(format_args!("    {line}"));
        }
    }

    /// Shows an object that appeared (`+`) or went (`-`).
    pub fn object(&mut self, after: Duration, sign: char, side: &str, kind: &str, id: &str) {
        let sign = self.paint(if sign == '+' { GOOD } else { QUIET }, sign);
        let time = self.paint(QUIET, seconds(after));
        self.line(format_args!("  {time}  {sign} {side:<9} {kind:<22} {id}"));
    }

    /// Shows a hop of the packet.
    pub fn hop(&mut self, at: &str, detail: &str) {
        let tick = self.paint(GOOD, "→");
        self.line(format_args!("    {tick} {at:<24} {detail}"));
    }

    /// Shows where the packet ended.
    pub fn broken(&mut self, at: &str, why: &str) {
        let cross = self.paint(BAD, "✗");
        self.line(format_args!("    {cross} {at:<24} {why}"));
    }

    /// Ends a part: how long it took and what came of it.
    pub fn done(&mut self, took: Duration, text: &str) {
        let time = self.paint(QUIET, seconds(took));
        let tick = self.paint(GOOD, "✓");
        self.line(format_args!("  {time}  {tick} {text}"));
    }

    /// Says the last line of a demo that went well.
    pub fn success(&mut self, text: &str) {
        let text = self.paint(GOOD, text);
        self.line(format_args!("\n{text}"));
    }

    /// Says the last line of one that did not; what the reason quotes comes before it.
    pub fn failure(&mut self, reason: &str) {
        let (first, rest) = reason.split_once('\n').unwrap_or((reason, ""));
        self.gap();
        self.plain(rest.trim_end());
        let text = self.paint(BAD, format_args!("demo failed: {first}"));
        self.line(format_args!("\n{text}"));
    }
}

/// Writes seconds in a column of its own.
fn seconds(duration: Duration) -> String {
    format!("{:5.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(coloured: bool, write: impl FnOnce(&mut Screen<&mut Vec<u8>>)) -> String {
        let mut out = Vec::new();
        write(&mut Screen::new(&mut out, coloured));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn there_is_no_escape_code_where_nobody_looks() {
        let story = |screen: &mut Screen<&mut Vec<u8>>| {
            screen.heading("Apply");
            screen.object(Duration::from_millis(1500), '+', "service", "load balancer", "net/x");
            screen.success("works");
        };
        assert!(!printed(false, story).contains('\u{1b}'));
        assert!(printed(true, story).contains('\u{1b}'));
    }

    #[test]
    fn a_failure_ends_with_one_line_that_says_what_it_is() {
        let text = printed(false, |screen| screen.failure("apply ended with code 1\nError: no\n"));
        assert_eq!(text.lines().last(), Some("demo failed: apply ended with code 1"));
        assert!(text.contains("    Error: no\n"));
    }
}
