//! Writes Terraform's language, formatted as `terraform fmt` formats it.
//!
//! Only what a configuration of resources needs: attributes, blocks, comments, references. The crates that write HCL do not
//! align equal signs as `terraform fmt` does, so that `terraform fmt -check` would refuse every file.

use std::fmt::Write as _;

use crate::printable::printable_line;

/// Columns after which a list is written with one element a line, and a sentence goes on in the next line.
const WIDTH: usize = 100;

/// What a line of a comment begins with.
const COMMENT: &str = "# ";

/// Columns of one level.
const INDENT: &str = "  ";

/// A value, as it is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// `null`
    Null,
    /// `true` and `false`
    Bool(bool),
    /// A number in its digits.
    Number(String),
    /// A string, in which nothing is a template.
    Text(String),
    /// What stands for a value: `aws_subnet.a.id`, `var.name`, `each.key`.
    Reference(String),
    /// `[…]`
    List(Vec<Expression>),
    /// `{…}` with its keys in this order.
    Object(Vec<(String, Expression)>),
    /// A function of one argument.
    Call(&'static str, Box<Expression>),
}

impl Expression {
    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A JSON document as the value that `jsonencode` takes.
    pub fn of_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Bool(*flag),
            Json::Number(number) => Self::Number(number.to_string()),
            Json::String(text) => Self::text(text.as_str()),
            Json::Array(items) => Self::List(items.iter().map(Self::of_json).collect()),
            Json::Object(entries) => {
                Self::Object(entries.iter().map(|(key, value)| (key.clone(), Self::of_json(value))).collect())
            }
        }
    }

    /// On one line; `None` where it takes several.
    fn line(&self) -> Option<String> {
        Some(match self {
            Self::Null => "null".to_owned(),
            Self::Bool(flag) => flag.to_string(),
            Self::Number(digits) => digits.clone(),
            Self::Text(text) => quoted(text),
            Self::Reference(name) => name.clone(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::line).collect::<Option<_>>()?;
                format!("[{}]", items.join(", "))
            }
            Self::Object(entries) if entries.is_empty() => "{}".to_owned(),
            Self::Object(_) => return None,
            Self::Call(name, argument) => format!("{name}({})", argument.line()?),
        })
    }

    /// Appends it; `depth` is the level of the line on which it begins, `used` how many columns that line has.
    fn write(&self, out: &mut String, depth: usize, used: usize) {
        match (self, self.line()) {
            (Self::List(_) | Self::Call(..), Some(line)) if used + line.chars().count() > WIDTH => {
                self.write_in_lines(out, depth);
            }
            (_, Some(line)) => out.push_str(&line),
            (_, None) => self.write_in_lines(out, depth),
        }
    }

    fn write_in_lines(&self, out: &mut String, depth: usize) {
        let inner = INDENT.repeat(depth + 1);
        match self {
            Self::List(items) => {
                out.push_str("[\n");
                for item in items {
                    out.push_str(&inner);
                    item.write(out, depth + 1, inner.len());
                    out.push_str(",\n");
                }
                let _ = write!(out, "{}]", INDENT.repeat(depth));
            }
            Self::Object(entries) => {
                out.push_str("{\n");
                let entries: Vec<(String, &Self)> = entries.iter().map(|(key, value)| (name(key), value)).collect();
                write_aligned(out, &entries, depth + 1);
                let _ = write!(out, "{}}}", INDENT.repeat(depth));
            }
            Self::Call(name, argument) => {
                let _ = write!(out, "{name}(");
                argument.write_in_lines(out, depth);
                out.push(')');
            }
            other => out.push_str(&other.line().unwrap_or_default()),
        }
    }
}

/// A sentence of a comment on as many lines as it takes. The lines of an item of a list, and of a note, are set in from the second one on;
/// a word stays whole, however long it is.
pub fn wrapped(sentence: &str) -> String {
    let is_set_in = ["- ", "Note: "].iter().any(|beginning| sentence.starts_with(beginning));
    let indent = if is_set_in { INDENT } else { "" };
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split(' ') {
        let columns = |line: &String| COMMENT.len() + line.chars().count() + 1 + word.chars().count();
        match lines.last_mut() {
            Some(line) if columns(line) <= WIDTH || *line == "-" => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("{indent}{word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// A string in quotes: escapes are HCL's, and what would begin a template is doubled.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if letters.peek() == Some(&'{') => {
                out.push(letter);
                out.push(letter);
            }
            letter if letter.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// Whether a text can stand as a name, without quotes.
pub fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'))
}

/// A key of an object.
fn name(key: &str) -> String {
    if is_identifier(key) { key.to_owned() } else { quoted(key) }
}

/// Lines of names and values. Neighbours that take one line each have their equal signs in one column.
fn write_aligned(out: &mut String, entries: &[(String, &Expression)], depth: usize) {
    let indent = INDENT.repeat(depth);
    let columns = |name: &str| name.chars().count();
    let written: Vec<(&String, String)> = entries
        .iter()
        .map(|(name, value)| {
            let mut text = String::new();
            value.write(&mut text, depth, indent.len() + columns(name) + 3);
            (name, text)
        })
        .collect();
    for run in written.chunk_by(|(_, one), (_, next)| !one.contains('\n') && !next.contains('\n')) {
        let widest = run.iter().map(|(name, _)| columns(name)).max().unwrap_or_default();
        for (name, text) in run {
            let gap = " ".repeat(widest - columns(name));
            let _ = writeln!(out, "{indent}{name}{gap} = {text}");
        }
    }
}

/// What stands between braces, or in a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Body {
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq)]
enum Item {
    /// An empty line.
    Gap,
    Comment(String),
    Attribute(String, Expression),
    Block(Block),
}

/// A block with its labels.
#[derive(Debug, Clone, PartialEq)]
struct Block {
    kind: String,
    labels: Vec<String>,
    body: Body,
}

impl Body {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds an attribute.
    pub fn set(&mut self, name: &str, value: Expression) {
        self.items.push(Item::Attribute(name.to_owned(), value));
    }

    /// Adds a block.
    pub fn block(&mut self, kind: &str, labels: &[&str], body: Self) {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        self.items.push(Item::Block(Block { kind: kind.to_owned(), labels, body }));
    }

    /// Adds an empty line, which sets what stands above it apart.
    pub fn gap(&mut self) {
        self.items.push(Item::Gap);
    }

    /// Adds a comment on what follows. Lines stay lines; what commands a terminal is written as its code point.
    pub fn comment(&mut self, text: &str) {
        self.items.push(Item::Comment(text.to_owned()));
    }

    /// Adds all of another body.
    pub fn extend(&mut self, other: Self) {
        self.items.extend(other.items);
    }

    /// The text of a file.
    pub fn render(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        let indent = INDENT.repeat(depth);
        let mut rest = self.items.as_slice();
        // Blocks stand apart from what is above them, unless that is a comment on them.
        let mut is_close = true;
        while let Some((item, others)) = rest.split_first() {
            let is_apart = matches!(item, Item::Block(_) | Item::Comment(_) | Item::Gap);
            if !is_close && is_apart {
                out.push('\n');
            }
            is_close = matches!(item, Item::Comment(_) | Item::Gap);
            rest = others;
            match item {
                Item::Gap => {}
                Item::Comment(text) => {
                    for line in text.lines() {
                        let line = printable_line(line);
                        let _ = writeln!(out, "{}", format!("{indent}{COMMENT}{line}").trim_end());
                    }
                    // The line is empty already where something else comes that stands apart.
                    if matches!(others.first(), Some(Item::Gap)) {
                        is_close = false;
                    }
                }
                Item::Attribute(name, value) => {
                    let mut entries = vec![(name.clone(), value)];
                    while let Some((Item::Attribute(name, value), others)) = rest.split_first() {
                        entries.push((name.clone(), value));
                        rest = others;
                    }
                    write_aligned(out, &entries, depth);
                }
                Item::Block(block) => {
                    let labels = std::iter::once(block.kind.clone())
                        .chain(block.labels.iter().map(|label| quoted(label.as_str())));
                    let head = labels.collect::<Vec<_>>().join(" ");
                    if block.body.is_empty() {
                        let _ = writeln!(out, "{indent}{head} {{}}");
                    } else {
                        let _ = writeln!(out, "{indent}{head} {{");
                        block.body.write(out, depth + 1);
                        let _ = writeln!(out, "{indent}}}");
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_go_on_in_the_next_line() {
        let long = ["word"; 30].join(" ");
        for (sentence, set_in) in [(long.clone(), ""), (format!("- {long}"), INDENT), (format!("Note: {long}"), INDENT)]
        {
            let text = wrapped(&sentence);
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), 2, "{text}");
            assert!(lines.iter().all(|line| COMMENT.len() + line.len() <= WIDTH), "{text}");
            assert!(lines[1].starts_with(&format!("{set_in}word")), "{text}");
            assert_eq!(text.replace(&format!("\n{set_in}"), " "), sentence);
        }
        let address = format!("- {}", "module.endpoints.".repeat(9));
        assert_eq!(wrapped(&address), address, "a word stays whole");
        assert_eq!(wrapped(""), "");
    }

    #[test]
    fn attributes_are_aligned_and_blocks_stand_apart() {
        let mut inner = Body::new();
        inner.set("name", Expression::text("https"));
        inner.set("port", Expression::Number("443".to_owned()));
        let mut body = Body::new();
        body.set("provider", Expression::Reference("privatelink.a".to_owned()));
        body.gap();
        body.set("name", Expression::text("orders"));
        body.set("subnet_ids", Expression::List(vec![Expression::Reference("aws_subnet.a.id".to_owned())]));
        body.set("tags", Expression::Object(vec![("Name".to_owned(), Expression::text("x"))]));
        body.set("force_destroy", Expression::Bool(true));
        body.block("listener", &[], inner);
        let mut file = Body::new();
        file.comment("what the file is");
        file.gap();
        file.comment("first line\nsecond line");
        file.block("resource", &["privatelink_service", "orders"], body);
        file.block("provider", &["privatelink"], Body::new());
        let wanted = r#"# what the file is

# first line
# second line
resource "privatelink_service" "orders" {
  provider = privatelink.a

  name       = "orders"
  subnet_ids = [aws_subnet.a.id]
  tags = {
    Name = "x"
  }
  force_destroy = true

  listener {
    name = "https"
    port = 443
  }
}

provider "privatelink" {}
"#;
        assert_eq!(file.render(), wanted);
    }

    #[test]
    fn texts_are_no_templates_and_long_lists_take_lines() {
        assert_eq!(quoted("a${b}%{c}$d\"\\\n\u{1b}"), "\"a$${b}%%{c}$d\\\"\\\\\\n\\u001b\"");
        let ids = (0..9).map(|number| Expression::text(format!("subnet-{number:017}"))).collect();
        let mut body = Body::new();
        body.set("subnet_ids", Expression::List(ids));
        let text = body.render();
        assert!(
            text.starts_with("subnet_ids = [\n  \"subnet-00000000000000000\",\n") && text.ends_with(",\n]\n"),
            "{text}"
        );
    }

    #[test]
    fn a_comment_stays_a_comment() {
        let mut body = Body::new();
        body.comment("evil\rresource \u{1b}[2J\u{2028}x");
        assert_eq!(body.render().lines().count(), 1);
        assert!(body.render().starts_with("# evil"), "{}", body.render());
    }

    #[test]
    fn documents_become_what_jsonencode_takes() {
        let json = serde_json::json!({"Version": "2012-10-17", "Statement": [{"aws:x": ["a"], "Effect": "Allow"}]});
        let mut body = Body::new();
        body.set("policy", Expression::Call("jsonencode", Box::new(Expression::of_json(&json))));
        let wanted = "policy = jsonencode({\n  Statement = [\n    {\n      Effect  = \"Allow\"\n      \"aws:x\" = [\"a\"]\n    },\n  \
                      ]\n  Version = \"2012-10-17\"\n})\n";
        assert_eq!(body.render(), wanted);
    }
}
