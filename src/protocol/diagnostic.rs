//! Diagnostic → message, with nothing in it that commands a terminal.

use super::value::{wire_path, wire_type};
use super::wire::tfplugin5 as proto;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::printable::{printable, printable_line};
use crate::schema::Block;
use crate::value::{Path, Step, Type};

/// The messages of a list, in its order; paths are cut to what core can follow in this block.
pub fn diagnostic_messages(block: &Block, diagnostics: &Diagnostics) -> Vec<proto::Diagnostic> {
    let ty = wire_type(block);
    diagnostics.iter().map(|diagnostic| message(&ty, diagnostic, &wire_path(block, &diagnostic.path))).collect()
}

/// The message of a diagnostic about no attribute.
pub fn diagnostic_message(diagnostic: &Diagnostic) -> proto::Diagnostic {
    message(&Type::Object(std::collections::BTreeMap::new()), diagnostic, &diagnostic.path)
}

/// The message of a path; `None` for the resource as a whole. It ends at the first set, whose
/// elements have no address, and at the first step that the block does not know.
pub fn path_message(block: &Block, path: &Path) -> Option<proto::AttributePath> {
    steps(&wire_type(block), &wire_path(block, path))
}

fn message(ty: &Type, diagnostic: &Diagnostic, path: &Path) -> proto::Diagnostic {
    // Severity 0 is shown without "Error:" and does not stop the run.
    let severity = match diagnostic.severity {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: printable_line(&diagnostic.summary),
        detail: printable(&diagnostic.detail).into_owned(),
        attribute: steps(ty, path),
    }
}

fn steps(ty: &Type, path: &Path) -> Option<proto::AttributePath> {
    use proto::attribute_path::step::Selector;
    let mut steps = Vec::new();
    let mut ty = ty;
    for step in path.steps() {
        let (selector, next) = match (ty, step) {
            (Type::Object(attributes), Step::Attribute(name)) => match attributes.get(name) {
                Some(next) => (Selector::AttributeName(name.clone()), next),
                None => break,
            },
            (Type::Map(element), Step::Key(key)) => (Selector::ElementKeyString(key.clone()), element.as_ref()),
            (Type::List(element), Step::Index(index)) => match i64::try_from(*index) {
                Ok(index) => (Selector::ElementKeyInt(index), element.as_ref()),
                Err(_) => break,
            },
            _ => break,
        };
        steps.push(proto::attribute_path::Step { selector: Some(selector) });
        ty = next;
    }
    (!steps.is_empty()).then_some(proto::AttributePath { steps })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Attribute, NestedBlock, Nesting, Presence};
    use proto::attribute_path::step::Selector;

    fn block() -> Block {
        let attribute = |name, ty| Attribute {
            name,
            ty,
            presence: Presence::Optional,
            sensitive: false,
            description: String::new(),
            default: None,
            rules: Vec::new(),
        };
        let inner = Block { attributes: vec![attribute("port", Type::Number)], ..Block::default() };
        let nested = |name, nesting| NestedBlock { name, nesting, block: inner.clone() };
        Block {
            attributes: vec![attribute("tags", Type::Map(Box::new(Type::String)))],
            blocks: vec![nested("rule", Nesting::List), nested("listener", Nesting::Set)],
            ..Block::default()
        }
    }

    fn selectors(path: &Path) -> Vec<Selector> {
        path_message(&block(), path)
            .map_or(Vec::new(), |path| path.steps.into_iter().map(|step| step.selector.unwrap()).collect())
    }

    #[test]
    fn a_path_goes_through_lists_and_maps() {
        assert_eq!(
            selectors(&Path::attribute("rule").with(Step::Index(1)).child("port")),
            [
                Selector::AttributeName("rule".into()),
                Selector::ElementKeyInt(1),
                Selector::AttributeName("port".into())
            ]
        );
        assert_eq!(
            selectors(&Path::attribute("tags").with(Step::Key("Owner".into()))),
            [Selector::AttributeName("tags".into()), Selector::ElementKeyString("Owner".into())]
        );
    }

    #[test]
    fn a_path_ends_at_the_set() {
        assert_eq!(
            selectors(&Path::attribute("listener").with(Step::Index(0)).child("port")),
            [Selector::AttributeName("listener".into())]
        );
    }

    #[test]
    fn a_path_ends_before_what_the_schema_does_not_know() {
        assert_eq!(selectors(&Path::attribute("nothing")), []);
        assert_eq!(path_message(&block(), &Path::root()), None);
    }

    #[test]
    fn no_message_commands_a_terminal() {
        let diagnostic = Diagnostic::error("a\u{1b}[2J\nb", "AWS says \u{9b}31m\0\nand more");
        let message = diagnostic_message(&diagnostic);
        assert_eq!(message.summary, "a\\u{1b}[2J b");
        assert_eq!(message.detail, "AWS says \\u{9b}31m\\u{0}\nand more");
    }

    #[test]
    fn severity_is_never_zero() {
        let mut diagnostics = Diagnostics::from(Diagnostic::error("a", "b"));
        diagnostics.push(Diagnostic::warning("c", "d"));
        let severities: Vec<_> =
            diagnostic_messages(&block(), &diagnostics).iter().map(|message| message.severity).collect();
        assert_eq!(severities, [1, 2]);
    }
}
