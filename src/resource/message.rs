//! From a run's problems to what a person reads: what was tried, AWS's words and request id, what
//! exists now, what to do.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Action, Cause, Failure, LinkName, Outcome, Problem, Severity};
use crate::value::Path;

use super::advice::advice;

/// Which verb of Terraform the run was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Update,
    Delete,
    Read,
}

/// Whose run it was.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    /// `service`
    pub(super) noun: &'a str,
    /// `orders-api`
    pub(super) name: &'a str,
    /// What the person did.
    pub(super) verb: Verb,
    /// The composite's own attributes, for paths.
    pub(super) has_attribute: &'a dyn Fn(&str) -> bool,
}

/// All problems of a run as diagnostics.
pub(super) fn diagnostics(outcome: &Outcome, subject: Subject<'_>) -> Diagnostics {
    let mut found = Diagnostics::new();
    for problem in &outcome.problems {
        found.push(diagnostic(problem, outcome, subject));
    }
    found
}

fn diagnostic(problem: &Problem, outcome: &Outcome, subject: Subject<'_>) -> Diagnostic {
    let object = object(&problem.link);
    if problem.severity == Severity::Warning {
        let mut reason = begin_sentence(&problem.cause.to_string());
        end_sentence(&mut reason);
        let detail = format!("{reason}{}", held(outcome));
        // Terraform shows one of several warnings with the same summary.
        let summary = format!("The {} {:?} waits for somebody ({object})", subject.noun, subject.name);
        return Diagnostic::warning(shorten(&summary), detail);
    }
    let is_stopped = matches!(problem.cause, Cause::Stopped);
    let (attempt, mut detail) = if is_stopped {
        ("Stopped at".to_owned(), "The run was stopped before this was done.".to_owned())
    } else {
        (format!("Cannot {}", problem.action), problem.cause.to_string())
    };
    let summary = shorten(&format!("{attempt} the {object} of {:?}", subject.name));
    if let Some(request_id) = problem.failure().and_then(|failure| failure.request_id.as_deref()) {
        let _ = write!(detail, "\nRequest ID: {request_id}");
    }
    if problem.waited.as_secs() > 0 && !is_stopped {
        let _ = write!(detail, "\nTried for {} s.", problem.waited.as_secs());
    }
    detail.push_str("\n\n");
    if subject.verb != Verb::Read {
        let _ = writeln!(detail, "Exists now, and is in the state: {}.", list(&outcome.report.exists));
        if !outcome.report.not_reached.is_empty() {
            let _ = writeln!(detail, "Not reached: {}.", list(&outcome.report.not_reached));
        }
        if !outcome.report.left_over.is_empty() {
            let _ = writeln!(detail, "Still to be removed: {}.", list(&outcome.report.left_over));
        }
        if !outcome.report.doubtful.is_empty() {
            let doubtful = list(&outcome.report.doubtful);
            let _ = writeln!(detail, "Exists perhaps, and the next apply or destroy looks for it: {doubtful}.");
        }
    }
    let _ = write!(detail, "What to do: {}", what_to_do(problem, subject.verb));
    let diagnostic = Diagnostic::error(summary, detail);
    match problem.failure().and_then(|failure| failure.attribute) {
        Some(attribute) if (subject.has_attribute)(attribute) => diagnostic.at(Path::attribute(attribute)),
        _ => diagnostic,
    }
}

/// A look at AWS before a change that did not succeed.
pub(super) fn look_failed(noun: &str, failure: &Failure) -> Diagnostic {
    before_all(format!("Cannot look at what the {noun} needs"), failure)
}

/// The first write of an update, by which a later run would find what this one makes, did not succeed.
pub(super) fn mark_failed(noun: &str, failure: &Failure) -> Diagnostic {
    before_all(format!("Cannot mark the {noun} before it is changed"), failure)
}

/// The end of a run before anything was changed.
fn before_all(summary: String, failure: &Failure) -> Diagnostic {
    let mut detail = failure.to_string();
    if let Some(request_id) = &failure.request_id {
        let _ = write!(detail, "\nRequest ID: {request_id}");
    }
    let mut advice = failure.advice.clone().unwrap_or_else(|| advice(failure.class).to_owned());
    end_sentence(&mut advice);
    let _ = write!(detail, "\n\nNothing was changed.\nWhat to do: {advice}");
    Diagnostic::error(summary, detail)
}

fn what_to_do(problem: &Problem, verb: Verb) -> String {
    let mut text = match &problem.cause {
        Cause::Failed(failure) => failure.advice.clone().unwrap_or_else(|| advice(failure.class).to_owned()),
        Cause::Broken { .. } => "AWS will not bring this object to life any more. Mend the cause that AWS names; the \
                                 next apply replaces the object."
            .to_owned(),
        Cause::Deadline { .. } => {
            format!("{} If this takes longer as a rule, raise the resource's timeouts.", go_on(verb))
        }
        Cause::Stopped => go_on(verb).to_owned(),
        Cause::Gate { reason } => reason.clone(),
    };
    end_sentence(&mut text);
    if verb == Verb::Create && problem.action != Action::Plan {
        text.push_str(
            "\nTerraform marks a resource whose creation failed as tainted: a plain apply removes what exists and starts \
             again; \"terraform untaint\" on it before the apply continues from here.",
        );
    }
    text
}

/// What a run that was cut short asks for. A creation is tainted, and no apply goes on with it by itself.
fn go_on(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "Apply again.",
        Verb::Update => "Apply again: it goes on from here.",
        Verb::Delete => "Apply or destroy again: it goes on from here.",
        Verb::Read => "Try again.",
    }
}

/// Begins a text of several sources with a capital, unless it begins with a name of AWS's.
fn begin_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first_word = text.split_whitespace().next().unwrap_or_default();
    match letters.next() {
        Some(first) if first_word.chars().all(char::is_alphabetic) => first.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

/// Ends a text of several sources with a full stop, where it has none.
pub fn end_sentence(text: &mut String) {
    if !text.ends_with(['.', '!', '?', ':']) {
        text.push('.');
    }
}

fn held(outcome: &Outcome) -> String {
    if outcome.report.held.is_empty() {
        return String::new();
    }
    format!("\n\nUntil then this waits: {}. The next apply after it carries on.", list(&outcome.report.held))
}

/// `listener "https"`, `endpoint service`.
fn object(link: &LinkName) -> String {
    let kind = link.kind().replace('_', " ");
    match link.key() {
        Some(key) => format!("{kind} {key:?}"),
        None => kind,
    }
}

fn list(links: &[LinkName]) -> String {
    if links.is_empty() {
        return "nothing".to_owned();
    }
    links.iter().map(LinkName::as_str).collect::<Vec<_>>().join(", ")
}

/// At most 80 characters, as Terraform shows a summary on one line.
fn shorten(summary: &str) -> String {
    if summary.chars().count() <= 80 {
        return summary.to_owned();
    }
    summary.chars().take(79).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_sources_say_reads_as_sentences() {
        let mut text = begin_sentence("the owner of vpce-svc-1 must accept");
        end_sentence(&mut text);
        assert_eq!(text, "The owner of vpce-svc-1 must accept.");
        let name = "com.amazonaws.us-east-1.sqs has no name.";
        assert_eq!(begin_sentence(name), name, "a name stays as it is");
    }
}
